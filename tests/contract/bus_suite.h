/* What every bus must hold, as tests that run alike on the fake, on the trial broker and on real Kafka.
 *
 * A runner fills a factory and calls bus_suite_run from main; what it can't do (NULL) is skipped, saying so. Each test
 * opens a bus of its own and makes topics of its own. */
#ifndef YJS_TESTS_BUS_SUITE_H
#define YJS_TESTS_BUS_SUITE_H

#include "port/bus.h"

struct bus_suite_factory {
    const char *name;                    /* "mock", "kafka", "fake" */
    void *context;
    /* A port on which start() has not been called; at most `queue_messages` unacknowledged publications (0: default). */
    const struct bus_port *(*open)(void *context, uint32_t queue_messages);
    void (*close)(void *context, const struct bus_port *);
    bool (*topic_make)(void *context, const char *name, int partition_count);
    /* All brokers end, or stop answering; they come back with what was acknowledged. */
    void (*broker_stop)(void *context);
    void (*broker_go)(void *context);
    /* The next request to write is refused as by a broker that does not know yet that it leads the partition; until
     * answer_at_once, answers take so long that what is sent meanwhile is under way together with it. */
    void (*refuse_next_write)(void *context);
    void (*answer_at_once)(void *context);
    bool tells_times;                    /* it knows the offsets of times (the mock cluster does not) */
};

/* As cmocka's group: the number of failed tests. */
int bus_suite_run(const struct bus_suite_factory *);

#endif
