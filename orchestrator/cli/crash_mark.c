/* Handlers that write one byte and let the signal do what it does. */
#include "cli/crash_mark.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static int mark_fd = -1; /* a handler has no argument: the one thing it can reach is static */

static void on_fatal(int signal_number) {
    char mark = (char)('0' + signal_number % 10);
    if (write(mark_fd, &mark, 1) == 1)
        fdatasync(mark_fd);
    raise(signal_number); /* SA_RESETHAND: the default action */
}

bool crash_mark_arm(const char *folder, const char *instance) {
    static char stack[16384];
    char path[4096];
    if (!folder || snprintf(path, sizeof path, "%s/%s.crash", folder, instance) >= (int)sizeof path)
        return false;
    mark_fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (mark_fd < 0) {
        log_info("no_state_folder", "the state folder can't be written: a poisonous input will not be recognised",
                 LOG_STRING("folder", folder), LOG_STRING("why", strerror(errno)));
        return false;
    }
    char mark;
    bool marked = pread(mark_fd, &mark, 1, 0) == 1;
    if (ftruncate(mark_fd, 0) != 0)
        log_warn("state_folder", "the crash mark can't be wiped", LOG_STRING("why", strerror(errno)));
    stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&alternative, NULL);
    struct sigaction action = {.sa_handler = on_fatal, .sa_flags = (int)(SA_RESETHAND | SA_ONSTACK | SA_NODEFER)};
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++)
        sigaction(fatal[i], &action, NULL);
    return marked;
}
