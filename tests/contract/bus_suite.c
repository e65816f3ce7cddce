/* The bus suite's bench: opens a bus for each test, and says in one line what a test means by publish, read, wait. */
#include "bus_suite_part.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const struct bus_suite_factory *factory;   /* cmocka hands a group's state to no setup of ours */

int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void sleep_ms(int ms) { nanosleep(&(struct timespec){ms / 1000, (long)(ms % 1000) * 1000000}, NULL); }

void topic_name(const struct bench *bench, const char *suffix, char room[64]) {
    snprintf(room, 64, "%.40s.%.16s", bench->topic, suffix);
}

int bench_setup(void **state) {
    static int number;
    struct bench *bench = calloc(1, sizeof *bench);
    bench->factory = factory;
    bench->tokens_in_order = true;
    snprintf(bench->topic, sizeof bench->topic, "suite.%d.%d.%lld", getpid(), number++, (long long)(now_ms() % 100000));
    if (!factory->topic_make(factory->context, bench->topic, 4))
        return -1;
    bench->port = factory->open(factory->context, 0);
    if (!bench->port || bench->port->start(bench->port->context, NULL))
        return -1;
    *state = bench;
    return 0;
}

int bench_teardown(void **state) {
    struct bench *bench = *state;
    if (!bench)
        return 0;
    bench->port->stop(bench->port->context, 0);
    factory->close(factory->context, bench->port);
    free(bench);
    return 0;
}

struct bus_position position_at(const char *topic, int32_t partition, int64_t offset) {
    return (struct bus_position){.topic = text_from(topic), .partition = partition, .offset = offset};
}

enum outcome try_publish(struct bench *bench, const char *topic, int32_t partition, struct text value) {
    struct bus_header header = {TEXT("ce_id"), TEXT("one")};
    struct bus_publication one = {.topic = text_from(topic), .partition = partition, .key = TEXT("key"),
                                  .value = value, .headers = &header, .header_count = 1,
                                  .token = bench->next_token + 1};
    enum outcome outcome = bench->port->publish(bench->port->context, &one, NULL);
    if (outcome == OUTCOME_OK)
        bench->next_token++;
    return outcome;
}

void take_deliveries(struct bench *bench) {
    struct bus_delivery room[64];
    uint32_t count = bench->port->deliveries(bench->port->context, room, 64);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t *const counters[] = {[BUS_DELIVERED] = &bench->delivered, [BUS_FAILED] = &bench->failed,
                                      [BUS_IMPOSSIBLE] = &bench->impossible, [BUS_PURGED] = &bench->purged};
        ++*counters[room[i].fate];
        if (room[i].token <= bench->last_token)
            bench->tokens_in_order = false;
        bench->last_token = room[i].token;
    }
}

void publish(struct bench *bench, const char *topic, int32_t partition, struct text value) {
    int64_t end = now_ms() + PATIENCE_MS;
    enum outcome outcome;
    while ((outcome = try_publish(bench, topic, partition, value)) == OUTCOME_RETRY && now_ms() < end) {
        take_deliveries(bench);
        saw_notice(bench, BUS_NOTICE_FATAL);
        sleep_ms(1);
    }
    assert_int_equal(outcome, OUTCOME_OK);
}

void publish_number(struct bench *bench, const char *topic, int32_t partition, int number) {
    char text[24];
    snprintf(text, sizeof text, "%d", number);
    publish(bench, topic, partition, text_from(text));
}

void await_deliveries(struct bench *bench, uint32_t all) {
    int64_t end = now_ms() + PATIENCE_MS;
    while (bench->delivered + bench->failed + bench->impossible + bench->purged < all) {
        assert_true(now_ms() < end);
        take_deliveries(bench);
        saw_notice(bench, BUS_NOTICE_FATAL);
        sleep_ms(1);
    }
    assert_int_equal(bench->delivered + bench->failed + bench->impossible + bench->purged, all);
}

bool saw_notice(struct bench *bench, enum bus_notice_kind kind) {
    struct bus_notice notice;
    while (bench->port->notices(bench->port->context, &notice, 1)) {
        if (notice.kind != kind)
            continue;
        bench->notice = notice;
        return true;
    }
    return false;
}

bool await_notice(struct bench *bench, enum bus_notice_kind kind, int patience_ms) {
    int64_t end = now_ms() + patience_ms;
    do {
        struct bus_message message;
        bench->port->poll(bench->port->context, 10, &message, 1);
        bench->port->release(bench->port->context);
        take_deliveries(bench);
        if (saw_notice(bench, kind))
            return true;
    } while (now_ms() < end);
    return false;
}

void assign_one(struct bench *bench, const char *topic, int32_t partition, int64_t offset) {
    struct bus_position position = position_at(topic, partition, offset);
    assert_int_equal(bench->port->assign(bench->port->context, &position, 1, NULL), OUTCOME_OK);
}

int number_of(const struct bus_message *message) {
    int64_t number = -1;
    text_to_int64(message->value, &number);
    return (int)number;
}

void expect_numbers(struct bench *bench, int first, int count) {
    struct bus_message room[256];
    int64_t end = now_ms() + PATIENCE_MS;
    for (int read = 0; read < count;) {
        uint32_t most = count - read < 256 ? (uint32_t)(count - read) : 256;
        uint32_t got = bench->port->poll(bench->port->context, 50, room, most);
        for (uint32_t i = 0; i < got; i++)
            assert_int_equal(number_of(&room[i]), first + read++);
        bench->port->release(bench->port->context);
        assert_true(now_ms() < end);
    }
}

void expect_silence(struct bench *bench, int ms) {
    struct bus_message message;
    int64_t end = now_ms() + ms;
    while (now_ms() < end)
        assert_int_equal(bench->port->poll(bench->port->context, 20, &message, 1), 0);
}

int bus_suite_run(const struct bus_suite_factory *with) {
    factory = with;
    printf("bus suite on %s\n", with->name);
    int failed = _cmocka_run_group_tests("bus suite: reading", bus_suite_reading, bus_suite_reading_count, NULL, NULL);
    return failed +
           _cmocka_run_group_tests("bus suite: writing", bus_suite_writing, bus_suite_writing_count, NULL, NULL);
}
