/* Provisioning against a real Kafka (KAFKA_BOOTSTRAP), and what tools see of our place: topics are made with exactly the
 * partitions asked for, another count is refused, retention is mended without touching the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include <librdkafka/rdkafka.h>
#include "bus/bus.h"

#define SKIPPED 77
#define DAY_MS INT64_C(86400000)

struct place { struct bus_settings settings; struct bus_admin *admin; const struct bus_admin_port *port; };

static struct bus_topic topic_named(const char *suffix, int partition_count, int64_t retention_ms) {
    struct bus_topic topic = {.partition_count = partition_count, .retention_ms = retention_ms};
    snprintf(topic.name, sizeof topic.name, "admin.%d.%s", getpid(), suffix);
    return topic;
}

static struct bus_topic topic_seen(struct place *place, const char *name) {
    static struct bus_topic room[4096];
    uint32_t count;
    assert_int_equal(place->port->topics(place->port->context, room, 4096, &count, NULL), OUTCOME_OK);
    for (uint32_t i = 0; i < count; i++)
        if (!strcmp(room[i].name, name))
            return room[i];
    return (struct bus_topic){0};
}

static void test_a_topic_is_made_as_asked_and_made_again_without_harm(void **state) {
    struct place *place = *state;
    struct bus_topic topic = topic_named("made", 6, 400 * DAY_MS);
    for (int i = 0; i < 2; i++)
        assert_int_equal(place->port->topic_make(place->port->context, &topic, NULL), OUTCOME_OK);
    struct bus_topic seen = topic_seen(place, topic.name);
    assert_int_equal(seen.partition_count, 6);
    assert_int_equal(seen.retention_ms, 400 * DAY_MS);
    assert_true(seen.replication >= 1);
}

static void test_another_partition_count_is_refused(void **state) {
    struct place *place = *state;
    struct bus_topic topic = topic_named("count", 6, 0);
    assert_int_equal(place->port->topic_make(place->port->context, &topic, NULL), OUTCOME_OK);
    topic.partition_count = 12;
    struct error error = {0};
    assert_int_equal(place->port->topic_make(place->port->context, &topic, &error), OUTCOME_REJECT);
    assert_string_equal(error.code, "topic_partitions");
    assert_int_equal(topic_seen(place, topic.name).partition_count, 6);
}

static void test_retention_that_differs_is_set_and_the_size_limit_stays(void **state) {
    struct place *place = *state;
    struct bus_topic topic = topic_named("kept", 1, DAY_MS);
    assert_int_equal(place->port->topic_make(place->port->context, &topic, NULL), OUTCOME_OK);
    topic.retention_ms = 3650 * DAY_MS;
    assert_int_equal(place->port->topic_make(place->port->context, &topic, NULL), OUTCOME_OK);
    struct bus_topic seen = {0};
    for (int i = 0; i < 100 && seen.retention_ms != topic.retention_ms; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        seen = topic_seen(place, topic.name);
    }
    assert_int_equal(seen.retention_ms, topic.retention_ms);
    /* a message above the broker's own limit of 1 MB goes through only where max.message.bytes stayed */
    struct bus *bus;
    assert_int_equal(bus_create(&place->settings, &bus, NULL), OUTCOME_OK);
    const struct bus_port *port = bus_port(bus);
    assert_int_equal(port->start(port->context, NULL), OUTCOME_OK);
    size_t length = 1500000;
    struct bus_publication large = {.topic = text_from(topic.name), .partition = 0, .value = {calloc(1, length), length}};
    struct bus_delivery delivery = {.fate = BUS_PURGED};
    for (int i = 0; i < 2000 && port->publish(port->context, &large, NULL) == OUTCOME_RETRY; i++) {
        struct bus_notice notice;
        port->notices(port->context, &notice, 1);
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    for (int i = 0; i < 2000 && !port->deliveries(port->context, &delivery, 1); i++)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    assert_int_equal(delivery.fate, BUS_DELIVERED);
    free((void *)large.value.at);
    bus_destroy(bus);
}

static void test_a_name_kafka_does_not_take_is_refused(void **state) {
    struct place *place = *state;
    struct bus_topic topic = topic_named("no spaces", 1, 0);
    struct error error = {0};
    assert_int_equal(place->port->topic_make(place->port->context, &topic, &error), OUTCOME_REJECT);
    assert_string_equal(error.code, "topic_not_made");
}

static void test_nobody_there_says_so_and_may_be_tried_again(void **state) {
    (void)state;
    struct bus_settings nowhere = {.bootstrap = "127.0.0.1:1", .instance = "admin"};
    struct bus_admin *admin;
    assert_int_equal(bus_admin_create(&nowhere, &admin, NULL), OUTCOME_OK);
    struct bus_topic topic = topic_named("none", 1, 0);
    struct error error = {0};
    assert_int_equal(bus_admin_port(admin)->topic_make(bus_admin_port(admin)->context, &topic, &error), OUTCOME_RETRY);
    assert_string_equal(error.code, "bus_away");
    bus_admin_destroy(admin);
}

static void test_properties_that_correctness_hangs_on_are_refused_and_wrong_ones_named(void **state) {
    (void)state;
    static const struct { struct bus_property property; const char *code; } cases[] = {
        {{"acks", "1"}, "bus_property_fixed"},
        {{"enable.idempotence", "false"}, "bus_property_fixed"},
        {{"consumer.auto.offset.reset", "latest"}, "bus_property_fixed"},
        {{"bootstrap.servers", "elsewhere:9092"}, "bus_property_fixed"},
        {{"no.such.property", "1"}, "bus_property"},
        {{"producer.linger.ms", "often"}, "bus_property"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bus_settings settings = {.bootstrap = "127.0.0.1:1", .instance = "x",
                                        .properties = &cases[i].property, .property_count = 1};
        struct bus *bus;
        struct error error = {0};
        assert_int_equal(bus_create(&settings, &bus, &error), OUTCOME_REJECT);
        assert_string_equal(error.code, cases[i].code);
    }
    struct bus_property fine = {"producer.compression.type", "lz4"};
    struct bus_settings settings = {.bootstrap = "127.0.0.1:1", .instance = "x", .properties = &fine, .property_count = 1};
    struct bus *bus;
    assert_int_equal(bus_create(&settings, &bus, NULL), OUTCOME_OK);
    bus_destroy(bus);
}

/* What a tool sees of a group's place. */
static int64_t place_of_group(const char *bootstrap, const char *group, const char *topic) {
    char reason[128];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, reason, sizeof reason);
    rd_kafka_conf_set(conf, "group.id", group, reason, sizeof reason);
    rd_kafka_t *tool = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, 0);
    rd_kafka_committed(tool, list, 10000);
    int64_t offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(tool);
    return offset;
}

static void test_lag_tools_see_our_place(void **state) {
    struct place *place = *state;
    struct bus_topic topic = topic_named("lag", 1, 0);
    assert_int_equal(place->port->topic_make(place->port->context, &topic, NULL), OUTCOME_OK);
    char group[64];
    snprintf(group, sizeof group, "admin.%d", getpid());
    struct bus_settings settings = place->settings;
    settings.group = group;
    struct bus *bus;
    assert_int_equal(bus_create(&settings, &bus, NULL), OUTCOME_OK);
    const struct bus_port *port = bus_port(bus);
    assert_int_equal(port->start(port->context, NULL), OUTCOME_OK);
    struct bus_position here = {text_from(topic.name), 0, 17, false};
    port->commit_for_lag_tools(port->context, &here, 1);
    here.offset = 18;
    port->commit_for_lag_tools(port->context, &here, 1); /* too soon: not sent */
    int64_t seen = -1;
    for (int i = 0; i < 100 && seen < 0; i++)
        seen = place_of_group(settings.bootstrap, group, topic.name);
    assert_int_equal(seen, 17);
    bus_destroy(bus);
}

int main(void) {
    struct place place = {.settings = {.bootstrap = getenv("KAFKA_BOOTSTRAP"), .instance = "admin"}};
    if (!place.settings.bootstrap || !*place.settings.bootstrap) {
        puts("skipped: KAFKA_BOOTSTRAP is not set; tests/lib/kafka.sh start gives it");
        return SKIPPED;
    }
    if (bus_admin_create(&place.settings, &place.admin, NULL))
        return 1;
    place.port = bus_admin_port(place.admin);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_a_topic_is_made_as_asked_and_made_again_without_harm, &place),
        cmocka_unit_test_prestate(test_another_partition_count_is_refused, &place),
        cmocka_unit_test_prestate(test_retention_that_differs_is_set_and_the_size_limit_stays, &place),
        cmocka_unit_test_prestate(test_a_name_kafka_does_not_take_is_refused, &place),
        cmocka_unit_test(test_nobody_there_says_so_and_may_be_tried_again),
        cmocka_unit_test(test_properties_that_correctness_hangs_on_are_refused_and_wrong_ones_named),
        cmocka_unit_test_prestate(test_lag_tools_see_our_place, &place),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    bus_admin_destroy(place.admin);
    return failed;
}
