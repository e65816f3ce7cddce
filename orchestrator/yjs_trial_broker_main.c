/* yjs-trial-broker: librdkafka's mock cluster as a process of its own, so that yijianshi can be tried without Kafka.
 * It lives once, in memory; it is for trials and tests only. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "base/text.h"

#define TOPIC_BYTES_MOST 249
#define PARTITIONS_MOST 1024
#define NUDGE_EVERY_US 5000

static const char help[] =
    "yjs-trial-broker: an in-memory stand-in for Kafka, for trials. Not for work that matters.\n"
    "\n"
    "  --partitions P      partitions of every topic (needed; the P the database was made with)\n"
    "  --topics A,B,C      topics to make\n"
    "  --topics-file FILE  more of them, one a line (# starts a comment)\n"
    "  --ready-file FILE   is written, with the address in it, once everything is there\n"
    "  --brokers N         brokers in the cluster (1)\n"
    "  --stdin             each line on standard input is a topic to make; its end ends the broker\n"
    "  --with-parent       ends when its parent process does\n"
    "\n"
    "Makes every topic, then prints bootstrap=127.0.0.1:PORT on a line of its own (a port the system chose), and\n"
    "topic=NAME for each topic made by --stdin after that. Ends on SIGTERM and SIGINT.\n"
    "\n"
    "Warning: it keeps at most 5 MiB a partition and drops older messages without a word, keeps nothing across its own\n"
    "end, makes topics that a producer names with 4 partitions, knows no administration (topics, retention, access) and\n"
    "no TLS or SASL. When it ends, stop everything that used it and begin with a fresh database.\n";

struct options {
    int partitions, brokers;
    const char *topics, *topics_file, *ready_file;
    bool from_stdin, with_parent;
};

struct broker {
    rd_kafka_t *client;
    rd_kafka_mock_cluster_t *cluster;
    struct options options;
};

static int fail(const char *what, const char *why) {
    fprintf(stderr, "yjs-trial-broker: %s: %s\n", what, why);
    return -1;
}

static int read_number(const char *text, int most, const char *name) {
    int64_t number;
    if (text_to_int64(text_from(text), &number) && number >= 1 && number <= most)
        return (int)number;
    fprintf(stderr, "yjs-trial-broker: %s is a number from 1 to %d, not \"%s\"\n", name, most, text);
    exit(2);
}

static struct options read_options(int argc, char **argv) {
    static const struct option names[] = {
        {"partitions", required_argument, NULL, 'p'}, {"topics", required_argument, NULL, 't'},
        {"topics-file", required_argument, NULL, 'f'}, {"ready-file", required_argument, NULL, 'r'},
        {"brokers", required_argument, NULL, 'b'},     {"stdin", no_argument, NULL, 's'},
        {"with-parent", no_argument, NULL, 'w'},       {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct options options = {.brokers = 1};
    for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (c) {
        case 'p': options.partitions = read_number(optarg, PARTITIONS_MOST, "--partitions"); break;
        case 't': options.topics = optarg; break;
        case 'f': options.topics_file = optarg; break;
        case 'r': options.ready_file = optarg; break;
        case 'b': options.brokers = read_number(optarg, 9, "--brokers"); break;
        case 's': options.from_stdin = true; break;
        case 'w': options.with_parent = true; break;
        case 'h': fputs(help, stdout); exit(0);
        default: fputs("yjs-trial-broker: --help says what there is\n", stderr); exit(2);
        }
    }
    if (optind < argc || options.partitions == 0) {
        fputs("yjs-trial-broker: --partitions is needed; --help says what there is\n", stderr);
        exit(2);
    }
    return options;
}

/* Makes one topic, named by `length` bytes; blanks around it and comments are passed over. */
static int make_topic(struct broker *broker, const char *at, size_t length, bool say) {
    while (length && (*at == ' ' || *at == '\t'))
        at++, length--;
    while (length && (at[length - 1] == ' ' || at[length - 1] == '\t' || at[length - 1] == '\r'))
        length--;
    if (length == 0 || *at == '#')
        return 0;
    char name[TOPIC_BYTES_MOST + 1];
    if (length > TOPIC_BYTES_MOST)
        return fail("a topic's name", "longer than 249 bytes");
    memcpy(name, at, length);
    name[length] = '\0';
    rd_kafka_resp_err_t refused = rd_kafka_mock_topic_create(broker->cluster, name, broker->options.partitions,
                                                             broker->options.brokers < 3 ? broker->options.brokers : 3);
    if (refused && refused != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        return fail(name, rd_kafka_err2str(refused));
    if (say) {
        printf("topic=%s\n", name);
        fflush(stdout);
    }
    return 0;
}

/* The mock cluster's thread (librdkafka 2.0.2 to 2.8) may read away the wake-up of the next request after it has looked
 * at its queue, and then sleeps for a second with the request in it: ninety topics took up to a minute. Any traffic at a
 * broker's port lets it look again; so, while topics are made, someone knocks there. */
struct nudger {
    pthread_t thread;
    struct sockaddr_in at;
    atomic_bool done;
};

static void *nudge(void *argument) {
    struct nudger *nudger = argument;
    while (!atomic_load(&nudger->done)) {
        int knock = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (knock >= 0)
            (void)connect(knock, (struct sockaddr *)&nudger->at, sizeof nudger->at);
        usleep(NUDGE_EVERY_US);
        if (knock >= 0)
            close(knock);
    }
    return NULL;
}

/* Begins to knock at the first broker's port. Without a thread topics are made too, only slowly. */
static bool nudger_start(struct nudger *nudger, const struct broker *broker) {
    const char *bootstrap = rd_kafka_mock_cluster_bootstraps(broker->cluster);
    const char *colon = strchr(bootstrap, ':');
    unsigned long port = colon ? strtoul(colon + 1, NULL, 10) : 0;
    if (port == 0 || port > UINT16_MAX)
        return false;
    nudger->at = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    return pthread_create(&nudger->thread, NULL, nudge, nudger) == 0;
}

static void nudger_stop(struct nudger *nudger) {
    atomic_store(&nudger->done, true);
    pthread_join(nudger->thread, NULL);
}

static int make_named_topics(struct broker *broker) {
    for (const char *at = broker->options.topics; at && *at;) {
        size_t length = strcspn(at, ",");
        if (make_topic(broker, at, length, false))
            return -1;
        at += length + (at[length] == ',');
    }
    if (!broker->options.topics_file)
        return 0;
    FILE *file = fopen(broker->options.topics_file, "re");
    if (!file)
        return fail(broker->options.topics_file, strerror(errno));
    char line[1024];
    int failed = 0;
    while (!failed && fgets(line, sizeof line, file))
        failed = make_topic(broker, line, strcspn(line, "\n"), false);
    fclose(file);
    return failed;
}

static int make_topics(struct broker *broker) {
    struct nudger nudger = {0};
    bool nudged = nudger_start(&nudger, broker);
    int failed = make_named_topics(broker);
    if (nudged)
        nudger_stop(&nudger);
    return failed;
}

/* The file appears whole or not at all. */
static int write_ready_file(const char *path, const char *bootstrap) {
    char draft[4096];
    if ((size_t)snprintf(draft, sizeof draft, "%s.new", path) >= sizeof draft)
        return fail(path, "the name is too long");
    FILE *file = fopen(draft, "we");
    if (!file)
        return fail(draft, strerror(errno));
    bool written = fprintf(file, "bootstrap=%s\n", bootstrap) > 0;
    if (fclose(file) || !written || rename(draft, path))
        return fail(path, strerror(errno));
    return 0;
}

static int announce(struct broker *broker) {
    const char *bootstrap = rd_kafka_mock_cluster_bootstraps(broker->cluster);
    if (broker->options.ready_file && write_ready_file(broker->options.ready_file, bootstrap))
        return -1;
    printf("bootstrap=%s\n", bootstrap);
    return fflush(stdout) ? fail("standard output", strerror(errno)) : 0;
}

/* Makes the topics of whole lines that have come; false: the end of standard input. */
static bool take_lines(struct broker *broker) {
    static char lines[8192];
    static size_t length;
    ssize_t got = read(STDIN_FILENO, lines + length, sizeof lines - length);
    if (got <= 0)
        return got < 0 && (errno == EINTR || errno == EAGAIN);
    length += (size_t)got;
    struct nudger nudger = {0};
    bool nudged = nudger_start(&nudger, broker);
    size_t from = 0;
    for (char *end; (end = memchr(lines + from, '\n', length - from)); from = (size_t)(end - lines) + 1)
        make_topic(broker, lines + from, (size_t)(end - lines) - from, true);
    if (nudged)
        nudger_stop(&nudger);
    memmove(lines, lines + from, length - from);
    length -= from;
    if (length == sizeof lines)
        length = 0; /* no topic has such a name */
    return true;
}

static int serve(struct broker *broker, int signals) {
    struct pollfd ready[] = {{.fd = signals, .events = POLLIN},
                             {.fd = broker->options.from_stdin ? STDIN_FILENO : -1, .events = POLLIN}};
    for (;;) {
        if (poll(ready, 2, 1000) < 0 && errno != EINTR)
            return fail("poll", strerror(errno));
        rd_kafka_poll(broker->client, 0);
        if (ready[0].revents || (ready[1].revents && !take_lines(broker)))
            return 0;
    }
}

int main(int argc, char **argv) {
    struct broker broker = {.options = read_options(argc, argv)};
    if (broker.options.with_parent) {
        pid_t parent = getppid();
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent || parent == 1)
            return 1; /* it had ended already */
    }
    signal(SIGPIPE, SIG_IGN);
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL); /* inherited by librdkafka's threads: only signalfd sees them */
    int signals = signalfd(-1, &ends, SFD_CLOEXEC);
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "3", reason, sizeof reason); /* the client itself has no broker, and says so */
    broker.client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (signals < 0 || !broker.client)
        return fail("start", broker.client ? strerror(errno) : reason) ? 1 : 0;
    broker.cluster = rd_kafka_mock_cluster_new(broker.client, broker.options.brokers);
    if (!broker.cluster)
        return fail("start", "the mock cluster can't be made") ? 1 : 0;
    int failed = make_topics(&broker);
    if (!failed)
        failed = announce(&broker);
    if (!failed)
        failed = serve(&broker, signals);
    rd_kafka_mock_cluster_destroy(broker.cluster);
    rd_kafka_destroy(broker.client);
    return failed ? 1 : 0;
}
