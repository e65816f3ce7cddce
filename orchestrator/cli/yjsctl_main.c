/* yjsctl: the command line. Reads the words, calls the verb's handler, ends with its status. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>

#include "base/log.h"
#include "cli/verb.h"

/* What was printed has to arrive: a full disk is a failure, a reader that has gone (| head) is none. */
static bool is_printed(void) {
    struct pollfd out = {1, POLLOUT, 0};
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    if (poll(&out, 1, 0) == 1 && (out.revents & POLLERR))
        return true;
    fputs("yjsctl: standard output can't be written\n", stderr);
    return false;
}

int main(int argc, char **argv) {
    struct invocation invocation = {0};
    enum verb_status status;
    signal(SIGPIPE, SIG_IGN);
    /* What floors below have to say belongs to people here: on standard error, from warnings on. */
    log_setup(2, LOG_WARN, LOG_FORMAT_TEXT, "yjsctl");
    if (invocation_read(&invocation, argc, (const char **)argv, &status))
        status = invocation.verb->run(&invocation);
    invocation_free(&invocation);
    if (!is_printed() && status == STATUS_DONE)
        status = STATUS_REFUSED;
    return (int)status;
}
