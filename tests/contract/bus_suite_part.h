/* Helpers that the bus suite's tests share. */
#ifndef YJS_TESTS_BUS_SUITE_PART_H
#define YJS_TESTS_BUS_SUITE_PART_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "bus_suite.h"

#define PATIENCE_MS 20000

struct bench {
    const struct bus_suite_factory *factory;
    const struct bus_port *port;
    char topic[64];                      /* with four partitions; a new one each test */
    uint64_t next_token;
    uint32_t delivered, failed, impossible, purged;
    uint64_t last_token;                 /* of the last delivery, for order */
    bool tokens_in_order;
    struct bus_notice notice;            /* the last of the kind that was awaited */
};

int64_t now_ms(void);
void sleep_ms(int ms);
void topic_name(const struct bench *, const char *suffix, char room[64]);
struct bus_position position_at(const char *topic, int32_t partition, int64_t offset);
enum outcome try_publish(struct bench *, const char *topic, int32_t partition, struct text value);
/* Publishes, patiently. */
void publish(struct bench *, const char *topic, int32_t partition, struct text value);
void publish_number(struct bench *, const char *topic, int32_t partition, int number);
/* Takes in deliveries until so many have come in all. */
void await_deliveries(struct bench *, uint32_t all);
void take_deliveries(struct bench *);
bool await_notice(struct bench *, enum bus_notice_kind, int patience_ms);
bool saw_notice(struct bench *, enum bus_notice_kind);
void assign_one(struct bench *, const char *topic, int32_t partition, int64_t offset);
/* Reads `count` numbered messages of one partition and checks that they are first, first + 1 … */
void expect_numbers(struct bench *, int first, int count);
int number_of(const struct bus_message *);
/* Asserts that nothing comes for so long. */
void expect_silence(struct bench *, int ms);

extern const struct CMUnitTest bus_suite_reading[], bus_suite_writing[];
extern const size_t bus_suite_reading_count, bus_suite_writing_count;
int bench_setup(void **state);
int bench_teardown(void **state);
#define BUS_TEST(function) cmocka_unit_test_setup_teardown(function, bench_setup, bench_teardown)

#endif
