/* The load of the benchmarks: submits cases to the intake topic and counts those that were closed.
 *
 *   load --bootstrap HOST:PORT --thing w2 [--region 441300] [--payload BYTES] [--elements N] [--tasks N]
 *        [--open N | --rate CASES] [--warmup S] [--seconds S | --cases N] [--answer]
 *   load --bootstrap HOST:PORT --thing w2 [--payload BYTES] --first
 *
 * --open: that many cases are kept open (closed loop: the greatest throughput). --rate: so many cases begin a second,
 * whatever becomes of them (open loop: latency). --answer: answers the tasks of the departments bench_a … bench_e itself,
 * and measures the hand-off: an answer is produced → the next task of the same case is in our hands.
 *
 * --first: one case is submitted, its first task waited for and not answered: {"case": its number, "first_task_ms": the
 * clock when the task was read}. The case stays open.
 *
 * Prints "mark begin" and "mark end" at the measured time's ends (run.sh samples the processes then) and one JSON object.
 * Only cases whose end (`case_closed` on the case topic) was read within the measured time count. Afterwards nothing new
 * is submitted, and every case still open is waited for: `unfinished` must be 0. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include "bench/samples.h"
#include "bench/traffic.h"

#define DRAIN_MOST_US (60 * INT64_C(1000000))
#define CONSUME_MOST 1000
#define POOL_BYTES (1 << 20)

struct options {
    const char *bootstrap, *thing, *region;
    int payload, elements, tasks, open, cases;
    double rate, warmup, seconds;
    bool answer, first;
};

/* A case, by the number at the end of its 流水號. */
struct begun { int64_t at_us, answered_us; };

struct load {
    struct options options;
    struct traffic traffic;
    struct begun *begun;
    uint32_t begun_count, begun_room, closed_count;
    char *pool;                          /* random letters that payloads are cut from: they don't compress */
    char *form;
    char prefix[32];
    int64_t started_us, begin_us, end_us, last_closed_us;
    bool measuring, ended;
    uint32_t closed_measured, not_granted, strange;
    struct samples case_latency, hand_off;
};

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void die(const char *what, const char *why) {
    fprintf(stderr, "load: %s: %s\n", what, why);
    exit(1);
}

static void *need(void *memory) {
    if (!memory)
        die("memory", "there is none");
    return memory;
}

/* ---- cases ---- */

/* Our case by its number ("<prefix>-<digits>"), whatever stands behind; NULL: not ours. */
static struct begun *case_of(struct load *load, const char *number, size_t length) {
    size_t prefix = strlen(load->prefix);
    if (length <= prefix || memcmp(number, load->prefix, prefix))
        return NULL;
    uint32_t index = 0;
    for (size_t i = prefix; i < length && number[i] >= '0' && number[i] <= '9'; i++)
        index = index * 10 + (uint32_t)(number[i] - '0');
    return index < load->begun_count ? &load->begun[index] : NULL;
}

/* {"thing":…,"form":{"payload":…[,"list":[…]]}} with `payload` bytes from somewhere in the pool. */
static size_t write_form(struct load *load, uint32_t index) {
    const struct options *o = &load->options;
    char *at = load->form;
    at += sprintf(at, "{\"thing\":\"%s\",\"form\":{\"payload\":\"", o->thing);
    memcpy(at, load->pool + (size_t)index * 7919 % (POOL_BYTES - (size_t)o->payload), (size_t)o->payload);
    at += o->payload;
    *at++ = '"';
    if (o->elements > 0) {
        at += sprintf(at, ",\"list\":[");
        for (int i = 0; i < o->elements; i++)
            at += sprintf(at, "%s%d", i ? "," : "", i);
        *at++ = ']';
    }
    at += sprintf(at, "}}");
    return (size_t)(at - load->form);
}

/* False: the producer's queue is full. `due_us`: when it should have begun. */
static bool submit(struct load *load, int64_t due_us) {
    if (load->begun_count == load->begun_room) {
        load->begun_room = load->begun_room ? load->begun_room * 2 : 65536;
        load->begun = need(realloc(load->begun, load->begun_room * sizeof *load->begun));
    }
    char number[64];
    int length = snprintf(number, sizeof number, "%s%07u", load->prefix, load->begun_count);
    if (!traffic_submit(&load->traffic, number, (size_t)length, load->form, write_form(load, load->begun_count)))
        return false;
    load->begun[load->begun_count++] = (struct begun){due_us, 0};
    return true;
}

/* Reached within the warm-up, little by little: begun all at once, the cases would go from step to step in a wave. */
static uint32_t open_most(const struct load *load, int64_t at_us) {
    double share = (double)(at_us - load->started_us + 100000) / (load->options.warmup * 0.7e6 + 1);
    return (uint32_t)(load->options.open * (share < 1 ? share : 1));
}

static void submit_what_is_due(struct load *load, int64_t at_us) {
    const struct options *o = &load->options;
    if (load->ended)
        return;
    if (o->rate > 0) {
        for (;;) {
            int64_t due = load->started_us + (int64_t)((double)load->begun_count * 1e6 / o->rate);
            if (due > at_us || !submit(load, due))
                return;
        }
    }
    while (load->begun_count - load->closed_count < open_most(load, at_us) && submit(load, at_us))
        ;
}

/* ---- what comes back ---- */

static void take_case_event(struct load *load, const struct message *m, int64_t at_us) {
    struct begun *begun = case_of(load, m->key, m->key_length);
    if (!begun || !header_is(&m->type, "case_closed") || memchr(m->caseid.at, '/', m->caseid.length))
        return;
    load->closed_count++;
    load->last_closed_us = at_us;
    if (!memmem(m->value, m->value_length, "\"granted\"", 9))
        load->not_granted++;
    if (!load->measuring)
        return;
    load->closed_measured++;
    if (begun->at_us >= load->begin_us)
        samples_add(&load->case_latency, at_us - begun->at_us);
}

static void take_task(struct load *load, const struct message *m, int64_t at_us) {
    struct begun *begun = case_of(load, m->key, m->key_length);
    if (!begun)
        return; /* left by another run */
    if (!header_is(&m->type, "task")) {
        load->strange++;
        return;
    }
    if (begun->answered_us > 0 && load->measuring && begun->answered_us >= load->begin_us)
        samples_add(&load->hand_off, at_us - begun->answered_us);
    begun->answered_us = now_us();
    traffic_answer(&load->traffic, m);
}

static void take_messages(struct load *load, int wait_ms) {
    struct pollfd ready = {.fd = load->traffic.wake_fd, .events = POLLIN};
    uint64_t count;
    if (wait_ms > 0)
        poll(&ready, 1, wait_ms);
    if (read(load->traffic.wake_fd, &count, sizeof count) < 0 && errno != EAGAIN)
        die("waiting", strerror(errno));
    rd_kafka_message_t *room[CONSUME_MOST];
    ssize_t got;
    do {
        got = rd_kafka_consume_batch_queue(load->traffic.queue, 0, room, CONSUME_MOST);
        int64_t at_us = now_us();
        for (ssize_t i = 0; i < got; i++) {
            struct message m;
            if (traffic_read(&load->traffic, room[i], &m)) {
                if (m.department < 0)
                    take_case_event(load, &m, at_us);
                else
                    take_task(load, &m, at_us);
            }
            rd_kafka_message_destroy(room[i]);
        }
    } while (got == CONSUME_MOST);
}

/* ---- the run ---- */

static void mark(const char *which) {
    printf("mark %s\n", which);
    fflush(stdout);
}

static void move_on(struct load *load, int64_t at_us) {
    const struct options *o = &load->options;
    if (!load->measuring && !load->ended && at_us - load->started_us >= (int64_t)(o->warmup * 1e6)) {
        load->measuring = true;
        load->begin_us = at_us;
        mark("begin");
    }
    bool done = o->cases > 0 ? load->closed_measured >= (uint32_t)o->cases : at_us - load->begin_us >= (int64_t)(o->seconds * 1e6);
    if (load->measuring && done) {
        load->measuring = false;
        load->ended = true;
        load->end_us = at_us;
        mark("end");
    }
}

static void run(struct load *load) {
    load->started_us = load->last_closed_us = now_us();
    for (;;) {
        int64_t at_us = now_us();
        move_on(load, at_us);
        submit_what_is_due(load, at_us);
        rd_kafka_poll(load->traffic.producer, 0);
        take_messages(load, 1);
        if (load->ended && (load->closed_count >= load->begun_count || at_us - load->last_closed_us > DRAIN_MOST_US))
            return;
    }
}

/* Until the first task of the one case was read. */
static void run_first(struct load *load) {
    if (!submit(load, now_us()))
        die("Kafka", "the application could not be submitted");
    for (;;) {
        rd_kafka_message_t *got = rd_kafka_consume_queue(load->traffic.queue, 100);
        rd_kafka_poll(load->traffic.producer, 0);
        struct message m;
        bool ours = got && traffic_read(&load->traffic, got, &m) && m.department >= 0 && case_of(load, m.key, m.key_length);
        struct timespec clock;
        clock_gettime(CLOCK_REALTIME, &clock);
        if (ours)
            printf("{\"case\":\"%.*s\",\"first_task_ms\":%" PRId64 "}\n", (int)m.key_length, m.key,
                   (int64_t)clock.tv_sec * 1000 + clock.tv_nsec / 1000000);
        if (got)
            rd_kafka_message_destroy(got);
        if (ours)
            return;
    }
}

static void report(struct load *load) {
    const struct options *o = &load->options;
    double seconds = (double)(load->end_us - load->begin_us) / 1e6;
    printf("{\"thing\":\"%s\",\"payload\":%d,\"loop\":\"%s\",\"open\":%d,\"rate\":%g,\"answered_by\":\"%s\",\"seconds\":%.3f,"
           "\"cases\":%u,\"steps\":%u,\"cases_per_s\":%.1f,\"steps_per_s\":%.1f,\"unfinished\":%u,\"not_granted\":%u,\"strange\":%u,",
           o->thing, o->payload, o->rate > 0 ? "open" : "closed", o->rate > 0 ? 0 : o->open, o->rate,
           o->answer ? "load" : "adapter", seconds, load->closed_measured, load->closed_measured * (uint32_t)o->tasks,
           load->closed_measured / seconds, load->closed_measured * o->tasks / seconds, load->begun_count - load->closed_count,
           load->not_granted, load->strange);
    samples_print(&load->case_latency, "case_latency");
    printf(",");
    samples_print(&load->hand_off, "hand_off");
    printf("}\n");
}

static void prepare(struct load *load) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const struct options *o = &load->options;
    uint64_t random = (uint64_t)time(NULL) * UINT64_C(0x9e3779b97f4a7c15);
    load->pool = need(malloc(POOL_BYTES));
    load->form = need(malloc((size_t)o->payload + (size_t)o->elements * 12 + 256));
    snprintf(load->prefix, sizeof load->prefix, "L%08x-", (unsigned)(random >> 32));
    for (int i = 0; i < POOL_BYTES; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        load->pool[i] = letters[random >> 58];
    }
    char why[256] = "";
    if (!traffic_open(&load->traffic, o->bootstrap, o->region, o->answer || o->first, why, sizeof why))
        die("Kafka", why);
}

static const struct option long_options[] = {
    {"bootstrap", required_argument, NULL, 'b'}, {"thing", required_argument, NULL, 't'},
    {"region", required_argument, NULL, 'r'},    {"payload", required_argument, NULL, 'p'},
    {"elements", required_argument, NULL, 'e'},  {"tasks", required_argument, NULL, 'k'},
    {"open", required_argument, NULL, 'o'},      {"rate", required_argument, NULL, 'R'},
    {"warmup", required_argument, NULL, 'w'},    {"seconds", required_argument, NULL, 's'},
    {"cases", required_argument, NULL, 'c'},     {"answer", no_argument, NULL, 'a'},
    {"first", no_argument, NULL, 'f'}, {0},
};

int main(int argc, char **argv) {
    static struct load load = {.options = {.thing = "w2", .region = "441300", .payload = 1024, .tasks = 5, .open = 4000,
                                           .warmup = 5, .seconds = 10}};
    struct options *o = &load.options;
    for (int option; (option = getopt_long(argc, argv, "", long_options, NULL)) != -1;) {
        switch (option) {
        case 'b': o->bootstrap = optarg; break;
        case 't': o->thing = optarg; break;
        case 'r': o->region = optarg; break;
        case 'p': o->payload = atoi(optarg); break;
        case 'e': o->elements = atoi(optarg); break;
        case 'k': o->tasks = atoi(optarg); break;
        case 'o': o->open = atoi(optarg); break;
        case 'R': o->rate = atof(optarg); break;
        case 'w': o->warmup = atof(optarg); break;
        case 's': o->seconds = atof(optarg); break;
        case 'c': o->cases = atoi(optarg); break;
        case 'a': o->answer = true; break;
        case 'f': o->first = true; break;
        default: return 2;
        }
    }
    if (!o->bootstrap || o->payload < 0 || o->payload > 200000 || o->open < 1)
        die("arguments", "--bootstrap is needed; --payload is at most 200000");
    prepare(&load);
    if (o->first) {
        run_first(&load);
        traffic_close(&load.traffic);
        return 0;
    }
    run(&load);
    report(&load);
    fflush(stdout);
    sleep(1); /* run.sh still reads what this process used */
    traffic_close(&load.traffic);
    return load.begun_count == load.closed_count && load.not_granted == 0 ? 0 : 1;
}
