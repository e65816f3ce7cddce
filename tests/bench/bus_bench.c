/* How fast the bus port is on a Kafka: messages in, messages out through poll with headers, and the round trip at a
 * given rate, for each linger. KAFKA_BOOTSTRAP names the Kafka (tests/lib/kafka.sh start).
 *
 *   bus_bench [--messages N] [--bytes B] [--partitions P] [--rate R] [--seconds S] [--linger MS[,MS…]] */
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <sys/resource.h>
#include "bus/bus.h"

struct bench {
    const char *bootstrap;
    int messages, bytes, partitions, rate, seconds;
    const struct bus_port *port;
    char topic[64];
    char payload[65536];
};

static const struct bus_header headers[] = {
    {TEXT("ce_specversion"), TEXT("1.0")},
    {TEXT("ce_id"), TEXT("441300-20260302-000001-7:title_transfer:1")},
    {TEXT("ce_source"), TEXT("yijianshi/441300")},
    {TEXT("ce_type"), TEXT("task")},
    {TEXT("ce_time"), TEXT("2026-03-02T01:00:00.000000Z")},
    {TEXT("ce_caseid"), TEXT("441300-20260302-000001-7")},
    {TEXT("ce_thing"), TEXT("secondhand_home_transfer")},
    {TEXT("ce_step"), TEXT("title_transfer")},
    {TEXT("ce_attempt"), TEXT("1")},
    {TEXT("content-type"), TEXT("application/json")},
};
#define HEADERS (sizeof headers / sizeof *headers)

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
static double cpu(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void die(const struct error *error) {
    fprintf(stderr, "bus_bench: %s: %s\n", error->code, error->message);
    exit(1);
}

static uint32_t take_deliveries(struct bench *bench) {
    struct bus_delivery room[1024];
    uint32_t count = bench->port->deliveries(bench->port->context, room, 1024);
    for (uint32_t i = 0; i < count; i++)
        if (room[i].fate != BUS_DELIVERED) {
            fprintf(stderr, "bus_bench: not delivered: %s\n", room[i].reason);
            exit(1);
        }
    return count;
}

static bool publish(struct bench *bench, int number, size_t length) {
    struct bus_publication one = {.topic = text_from(bench->topic), .partition = number % bench->partitions,
                                  .key = TEXT("441300-20260302-000001-7"), .value = text_span(bench->payload, length),
                                  .headers = headers, .header_count = HEADERS, .token = (uint64_t)number};
    struct error error;
    enum outcome outcome = bench->port->publish(bench->port->context, &one, &error);
    if (outcome == OUTCOME_FATAL)
        die(&error);
    return outcome == OUTCOME_OK;
}

/* Waits for the descriptor; takes notices, so that it falls. */
static void rest(struct bench *bench, int ms) {
    struct pollfd ready = {.fd = bench->port->descriptor(bench->port->context), .events = POLLIN};
    poll(&ready, 1, ms);
    struct bus_notice notice;
    while (bench->port->notices(bench->port->context, &notice, 1))
        fprintf(stderr, "bus_bench: notice %d %s\n", notice.kind, notice.reason);
}

static void rest_until(struct bench *bench, double when) {
    double left = when - now();
    if (left <= 0)
        return;
    struct pollfd ready = {.fd = bench->port->descriptor(bench->port->context), .events = POLLIN};
    ppoll(&ready, 1, &(struct timespec){(time_t)left, (long)((left - (double)(time_t)left) * 1e9)}, NULL);
    rest(bench, 0);
}

static void bench_in(struct bench *bench) {
    double from = now(), burnt = cpu();
    int sent = 0, acknowledged = 0;
    while (acknowledged < bench->messages) {
        int before = sent;
        while (sent < bench->messages && sent - before < 1000 && publish(bench, sent, (size_t)bench->bytes))
            sent++;
        uint32_t count = take_deliveries(bench);
        acknowledged += (int)count;
        if (sent == before && count == 0)
            rest(bench, 100);
    }
    printf("  in          %8.0f msg/s  %5.2f us CPU a message\n", bench->messages / (now() - from),
           (cpu() - burnt) * 1e6 / bench->messages);
}

static void assign_all(struct bench *bench, int64_t offset) {
    struct bus_position *positions = calloc((size_t)bench->partitions, sizeof *positions);
    for (int i = 0; i < bench->partitions; i++)
        positions[i] = (struct bus_position){text_from(bench->topic), i, offset, false};
    struct error error;
    if (bench->port->assign(bench->port->context, positions, (uint32_t)bench->partitions, &error))
        die(&error);
    free(positions);
}

static void bench_out(struct bench *bench) {
    assign_all(bench, 0);
    static struct bus_message room[1000];
    int read = 0, most = 0;
    uint32_t seen_headers = 0;
    double from = now(), burnt = cpu();
    while (read < bench->messages) {
        uint32_t count = bench->port->poll(bench->port->context, 0, room, 1000);
        for (uint32_t i = 0; i < count; i++)
            seen_headers += room[i].header_count;
        read += (int)count;
        most = (int)count > most ? (int)count : most;
        if (!count)
            rest(bench, 100);
    }
    bench->port->release(bench->port->context);
    printf("  out         %8.0f msg/s  %5.2f us CPU a message  (%d headers each, up to %d a poll)\n",
           bench->messages / (now() - from), (cpu() - burnt) * 1e6 / bench->messages, (int)(seen_headers / read), most);
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double at(const double *sorted, int count, double part) { return count ? sorted[(int)((count - 1) * part)] * 1e3 : 0; }

/* Open loop: a message each 1/rate second, its time in its first bytes; read back by the same bus. */
static void bench_round_trip(struct bench *bench) {
    int all = bench->rate * bench->seconds, sent = 0, read = 0;
    double *trips = calloc((size_t)all, sizeof *trips), from = now(), burnt = cpu();
    static struct bus_message room[1000];
    while (read < all && now() - from < bench->seconds + 10) {
        while (sent < all && now() - from >= (double)sent / bench->rate) {
            double due = from + (double)sent / bench->rate;
            memcpy(bench->payload, &due, sizeof due);
            if (!publish(bench, sent, (size_t)bench->bytes))
                break;
            sent++;
        }
        take_deliveries(bench);
        uint32_t count = bench->port->poll(bench->port->context, 0, room, 1000);
        double arrived = now();
        for (uint32_t i = 0; i < count; i++) {
            double due;
            memcpy(&due, room[i].value.at, sizeof due);
            trips[read++] = arrived - due;
        }
        bench->port->release(bench->port->context);
        if (!count)
            rest_until(bench, sent < all ? from + (double)sent / bench->rate : now() + 0.1);
    }
    qsort(trips, (size_t)read, sizeof *trips, by_size);
    printf("  round trip  at %d/s: p50 %.2f  p99 %.2f  most %.2f ms  %.1f us CPU a message  (%d of %d)\n", bench->rate,
           at(trips, read, 0.5), at(trips, read, 0.99), at(trips, read, 1), (cpu() - burnt) * 1e6 / all, read, all);
    free(trips);
}

static void topic_make(struct bench *bench, const struct bus_settings *settings, int number) {
    struct bus_admin *admin;
    struct error error;
    snprintf(bench->topic, sizeof bench->topic, "bench.%d.%d", getpid(), number);
    struct bus_topic topic = {.partition_count = bench->partitions};
    snprintf(topic.name, sizeof topic.name, "%s", bench->topic);
    if (bus_admin_create(settings, &admin, &error) ||
        bus_admin_port(admin)->topic_make(bus_admin_port(admin)->context, &topic, &error))
        die(&error);
    bus_admin_destroy(admin);
}

static void bench_linger(struct bench *bench, int linger_ms, int number) {
    struct bus_settings settings = {.bootstrap = bench->bootstrap, .instance = "bench", .linger_us = linger_ms * 1000};
    topic_make(bench, &settings, 2 * number);
    struct bus *bus;
    struct error error;
    if (bus_create(&settings, &bus, &error))
        die(&error);
    bench->port = bus_port(bus);
    if (bench->port->start(bench->port->context, &error))
        die(&error);
    printf("linger %d ms, %d bytes, %d partitions\n", linger_ms, bench->bytes, bench->partitions);
    while (!publish(bench, 0, 16)) /* the topic is looked up; the connections are made */
        rest(bench, 100);
    while (!take_deliveries(bench))
        rest(bench, 100);
    bench_in(bench);
    bench_out(bench);
    topic_make(bench, &settings, 2 * number + 1);
    assign_all(bench, 0);
    while (!publish(bench, 0, 16))
        rest(bench, 100);
    sleep(1);
    struct bus_message room[8];
    while (bench->port->poll(bench->port->context, 100, room, 8))
        bench->port->release(bench->port->context);
    bench_round_trip(bench);
    bus_destroy(bus);
}

int main(int argc, char **argv) {
    static const struct option names[] = {
        {"messages", 1, NULL, 'm'}, {"bytes", 1, NULL, 'b'}, {"partitions", 1, NULL, 'p'}, {"rate", 1, NULL, 'r'},
        {"seconds", 1, NULL, 's'},  {"linger", 1, NULL, 'l'}, {0}};
    static struct bench bench = {.messages = 500000, .bytes = 500, .partitions = 6, .rate = 1000, .seconds = 10};
    const char *lingers = "0,1,5";
    for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (c) {
        case 'm': bench.messages = atoi(optarg); break;
        case 'b': bench.bytes = atoi(optarg); break;
        case 'p': bench.partitions = atoi(optarg); break;
        case 'r': bench.rate = atoi(optarg); break;
        case 's': bench.seconds = atoi(optarg); break;
        case 'l': lingers = optarg; break;
        default: return 2;
        }
    }
    bench.bootstrap = getenv("KAFKA_BOOTSTRAP");
    if (!bench.bootstrap || bench.bytes < 16 || bench.bytes > (int)sizeof bench.payload || bench.partitions < 1) {
        fputs("bus_bench: KAFKA_BOOTSTRAP names a Kafka (tests/lib/kafka.sh start); --bytes 16 to 65536\n", stderr);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int number = 0; *lingers; number++) {
        bench_linger(&bench, atoi(lingers), number);
        lingers += strcspn(lingers, ",");
        lingers += *lingers == ',';
    }
    return 0;
}
