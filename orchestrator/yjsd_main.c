/* yjsd: the daemon. Puts the parts together, waits for what they wait for, and stops when it is told to. It holds
 * nothing that a crash may lose: no way out is needed beyond kill -9, a graceful one only makes the next start quicker. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "bus/bus.h"
#include "cli/daemon.h"
#include "cli/settings.h"
#include "conductor/conductor.h"

enum { FLAGS_MOST = 64 };

static const char usage[] =
    "usage: yjsd [--config FILE] [--SETTING=VALUE …]\n"
    "       yjsd --check-config [--config FILE]    read everything, say all that is wrong, end\n"
    "       yjsd --settings [markdown | yaml]      print every setting\n"
    "       yjsd --version | --help\n"
    "SIGTERM drains and ends, SIGHUP reads log settings, departments and rules of notices again.\n";

struct arguments {
    const char *config;
    bool check;
    struct setting_flag flags[FLAGS_MOST];
    uint32_t flag_count;
};

/* -1: go on; else the exit status. */
static int read_arguments(int argc, char **argv, struct arguments *ret) {
    for (int i = 1; i < argc; i++) {
        struct setting_flag flag;
        if (strcmp(argv[i], "--help") == 0)
            return fputs(usage, stdout), 0;
        if (strcmp(argv[i], "--version") == 0)
            return printf("yjsd %s\n", YJS_VERSION), 0;
        if (strcmp(argv[i], "--settings") == 0) {
            const char *form = i + 1 < argc ? argv[i + 1] : "markdown";
            if (strcmp(form, "yaml") == 0)
                return settings_print_yaml(stdout), 0;
            if (strcmp(form, "markdown") == 0)
                return settings_print_reference(stdout), 0;
            return fprintf(stderr, "yjsd: --settings prints markdown or yaml, not \"%s\"\n", form), 2;
        }
        if (strcmp(argv[i], "--check-config") == 0) {
            ret->check = true;
        } else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
            ret->config = argv[++i];
        } else if (strncmp(argv[i], "--config=", 9) == 0) {
            ret->config = argv[i] + 9;
        } else if (settings_flag(argv[i], &flag) && ret->flag_count < FLAGS_MOST) {
            if (!flag.value && i + 1 < argc)
                flag.value = argv[++i];
            if (!flag.value)
                return fprintf(stderr, "yjsd: %s needs a value\n", argv[i]), 2;
            ret->flags[ret->flag_count++] = flag;
        } else {
            return fprintf(stderr, "yjsd: unknown argument \"%s\"\n%s", argv[i], usage), 2;
        }
    }
    return -1;
}

static int64_t now_us(void *context) {
    (void)context;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * TIME_SECOND_US + t.tv_nsec / 1000;
}

static int64_t monotonic_us(void *context) {
    (void)context;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * TIME_SECOND_US + t.tv_nsec / 1000;
}

static void random_bytes(void *context, void *room, size_t length) {
    (void)context;
    while (length > 0) {
        ssize_t n = getrandom(room, length, 0);
        if (n <= 0)
            continue;
        room = (char *)room + n;
        length -= (size_t)n;
    }
}

/* systemd's notification protocol (sd_notify(3)); nothing happens where NOTIFY_SOCKET is not set. */
static void notify_systemd(const char *state) {
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!path || strlen(path) >= sizeof address.sun_path)
        return;
    memcpy(address.sun_path, path, strlen(path));
    if (address.sun_path[0] == '@')
        address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, length) < 0)
        log_debug("notify_failed", "systemd did not take the notification");
    close(fd);
}

struct loop {
    struct daemon *daemon;
    struct arguments *arguments;
    int signal_fd;
    bool ready_said;
};

/* True: stop. */
static bool take_signals(struct loop *loop) {
    struct signalfd_siginfo info;
    bool stop = false;
    while (read(loop->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP)
            daemon_reload(loop->daemon, loop->arguments->config, loop->arguments->flags, loop->arguments->flag_count);
        else
            stop = true;
    }
    return stop;
}

static void wait_until(struct loop *loop, int64_t wake_at_us) {
    struct pollfd fds[4] = {{loop->signal_fd, POLLIN, 0}};
    int count = 1 + daemon_descriptors(loop->daemon, fds + 1, 3);
    int64_t wait_us = wake_at_us - monotonic_us(NULL);
    if (wait_us <= 0)
        wait_us = 0;
    struct timespec timeout = {wait_us / TIME_SECOND_US, wait_us % TIME_SECOND_US * 1000};
    if (ppoll(fds, (nfds_t)count, &timeout, NULL) < 0 && errno != EINTR)
        log_warn("poll_failed", "waiting failed", LOG_STRING("why", strerror(errno)));
}

static int run(struct loop *loop) {
    struct error error = {0};
    int64_t wake_at_us;
    for (;;) {
        if (daemon_turn(loop->daemon, &wake_at_us, &error) != OUTCOME_OK) {
            log_error("stopped", "the daemon can't go on", LOG_STRING("code", error.code), LOG_STRING("why", error.message));
            return 1;
        }
        if (!loop->ready_said && daemon_is_ready(loop->daemon)) {
            loop->ready_said = true;
            log_info("ready", "the daemon is ready");
            notify_systemd("READY=1");
        }
        if (wake_at_us > monotonic_us(NULL))
            wait_until(loop, wake_at_us);
        if (take_signals(loop))
            break;
    }
    log_info("stopping", "stopping: what is under way is finished first");
    notify_systemd("STOPPING=1");
    daemon_drain(loop->daemon);
    return 0;
}

int main(int argc, char **argv) {
    struct arguments arguments = {0};
    int status = read_arguments(argc, argv, &arguments);
    if (status >= 0)
        return status;
    static const struct clock_port clock = {NULL, now_us, monotonic_us, random_bytes};
    struct error error = {0};
    struct daemon *daemon = NULL;
    _cleanup_buffer_ struct buffer faults;
    buffer_init(&faults, 1 << 20);
    /* Blocked before any thread starts, so that all signals come by the descriptor. */
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    enum outcome outcome = daemon_create(arguments.config, arguments.flags, arguments.flag_count, &clock, arguments.check,
                                         &daemon, &faults, &error);
    fprintf(stderr, "%.*s", TEXT_ARG(buffer_text(&faults)));
    if (outcome != OUTCOME_OK) {
        fprintf(stderr, "yjsd: %s [%s]\n", error.message, error.code);
        return 2;
    }
    if (arguments.check) {
        printf("yjsd: the configuration is sound\n");
        daemon_free(daemon);
        return 0;
    }
    struct loop loop = {.daemon = daemon, .arguments = &arguments,
                        .signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC)};
    status = run(&loop);
    daemon_free(daemon);
    close(loop.signal_fd);
    return status;
}
