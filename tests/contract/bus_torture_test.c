/* Torture of the bus: every call of librdkafka that can fail returns each of its errors once, and a broker answers a
 * publication with each of its refusals once. Whatever fails, the bus says so, goes on or is started afresh, as the
 * conductor does; nothing is told as delivered that is not in the log, nothing is told twice, and all comes to its end.
 * Calls are wrapped at linking (--wrap); the broker is librdkafka's mock cluster. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "bus/bus_part.h"

/* ---- librdkafka, that fails when it is told to ---- */

enum { MESSAGES = 4, PARTITIONS = 2, TURNS_MS = 15000 };
enum call { CALL_NONE, CALL_new, CALL_conf_set, CALL_topic_new, CALL_producev, CALL_assign, CALL_unassign, CALL_metadata, CALL_times,
            CALL_marks, CALL_flush, CALL_purge, CALL_commit };
static struct { _Atomic int call, code, at, seen; } strike;

static bool strikes(enum call call) {
    return atomic_load(&strike.call) == (int)call && atomic_fetch_add(&strike.seen, 1) == atomic_load(&strike.at);
}
static rd_kafka_resp_err_t code(void) { return (rd_kafka_resp_err_t)atomic_load(&strike.code); }

#define WRAP(type, call, failure, name, parameters, arguments) \
    type __real_##name parameters;                             \
    type __wrap_##name parameters;                             \
    type __wrap_##name parameters { return strikes(call) ? (failure) : __real_##name arguments; }

static rd_kafka_t *no_client(char *reason, size_t room) { return snprintf(reason, room, "no client today"), (rd_kafka_t *)NULL; }
static rd_kafka_conf_res_t no_setting(char *reason, size_t room) { return snprintf(reason, room, "no setting today"), RD_KAFKA_CONF_INVALID; }

WRAP(rd_kafka_t *, CALL_new, no_client(reason, room), rd_kafka_new, (rd_kafka_type_t t, rd_kafka_conf_t *c, char *reason, size_t room), (t, c, reason, room))
WRAP(rd_kafka_conf_res_t, CALL_conf_set, no_setting(reason, room), rd_kafka_conf_set,
     (rd_kafka_conf_t *c, const char *name, const char *value, char *reason, size_t room), (c, name, value, reason, room))
WRAP(rd_kafka_topic_t *, CALL_topic_new, NULL, rd_kafka_topic_new, (rd_kafka_t *k, const char *name, rd_kafka_topic_conf_t *c), (k, name, c))
WRAP(rd_kafka_error_t *, CALL_assign, rd_kafka_error_new(code(), "struck"), rd_kafka_incremental_assign,
     (rd_kafka_t *k, const rd_kafka_topic_partition_list_t *l), (k, l))
WRAP(rd_kafka_error_t *, CALL_unassign, rd_kafka_error_new(code(), "struck"), rd_kafka_incremental_unassign,
     (rd_kafka_t *k, const rd_kafka_topic_partition_list_t *l), (k, l))
WRAP(rd_kafka_resp_err_t, CALL_metadata, code(), rd_kafka_metadata,
     (rd_kafka_t *k, int all, rd_kafka_topic_t *t, const struct rd_kafka_metadata **ret, int ms), (k, all, t, ret, ms))
WRAP(rd_kafka_resp_err_t, CALL_times, code(), rd_kafka_offsets_for_times, (rd_kafka_t *k, rd_kafka_topic_partition_list_t *l, int ms), (k, l, ms))
WRAP(rd_kafka_resp_err_t, CALL_marks, code(), rd_kafka_get_watermark_offsets,
     (rd_kafka_t *k, const char *t, int32_t p, int64_t *low, int64_t *high), (k, t, p, low, high))
WRAP(rd_kafka_resp_err_t, CALL_flush, code(), rd_kafka_flush, (rd_kafka_t *k, int ms), (k, ms))
WRAP(rd_kafka_resp_err_t, CALL_purge, code(), rd_kafka_purge, (rd_kafka_t *k, int flags), (k, flags))
WRAP(rd_kafka_resp_err_t, CALL_commit, code(), rd_kafka_commit, (rd_kafka_t *k, const rd_kafka_topic_partition_list_t *l, int a), (k, l, a))

rd_kafka_resp_err_t __real_rd_kafka_producev(rd_kafka_t *, ...);
rd_kafka_resp_err_t __wrap_rd_kafka_producev(rd_kafka_t *, ...);
rd_kafka_resp_err_t __wrap_rd_kafka_producev(rd_kafka_t *client, ...) {
    rd_kafka_topic_t *topic = NULL;
    rd_kafka_headers_t *headers = NULL;
    void *key = NULL, *value = NULL, *opaque = NULL;
    size_t key_length = 0, value_length = 0;
    int32_t partition = -1;
    int flags = 0;
    va_list list;
    va_start(list, client);
    for (rd_kafka_vtype_t one; (one = va_arg(list, rd_kafka_vtype_t)) != RD_KAFKA_VTYPE_END;)
        switch (one) {
        case RD_KAFKA_VTYPE_RKT: topic = va_arg(list, rd_kafka_topic_t *); break;
        case RD_KAFKA_VTYPE_PARTITION: partition = va_arg(list, int32_t); break;
        case RD_KAFKA_VTYPE_MSGFLAGS: flags = va_arg(list, int); break;
        case RD_KAFKA_VTYPE_KEY: key = va_arg(list, void *), key_length = va_arg(list, size_t); break;
        case RD_KAFKA_VTYPE_VALUE: value = va_arg(list, void *), value_length = va_arg(list, size_t); break;
        case RD_KAFKA_VTYPE_HEADERS: headers = va_arg(list, rd_kafka_headers_t *); break;
        case RD_KAFKA_VTYPE_OPAQUE: opaque = va_arg(list, void *); break;
        default: abort();   /* the bus gives something new */
        }
    va_end(list);
    if (strikes(CALL_producev))
        return code();
    return __real_rd_kafka_producev(client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(flags),
                                    RD_KAFKA_V_KEY(key, key_length), RD_KAFKA_V_VALUE(value, value_length),
                                    RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
}

/* ---- what can fail, and how ---- */

#define E(name) RD_KAFKA_RESP_ERR_##name
static const struct { const char *name; enum call call; uint32_t places; rd_kafka_resp_err_t codes[8]; } rows[] = {
    {"rd_kafka_new", CALL_new, 4, {E(_FAIL)}},
    {"rd_kafka_conf_set", CALL_conf_set, 30, {E(_INVALID_ARG)}},
    {"rd_kafka_topic_new", CALL_topic_new, 3, {E(_INVALID_ARG)}},
    {"rd_kafka_producev", CALL_producev, 3,
     {E(_QUEUE_FULL), E(MSG_SIZE_TOO_LARGE), E(_UNKNOWN_TOPIC), E(_UNKNOWN_PARTITION), E(_FATAL), E(_FENCED), E(_INVALID_ARG)}},
    {"rd_kafka_incremental_assign", CALL_assign, 4, {E(_STATE), E(_FATAL), E(_INVALID_ARG)}},
    {"rd_kafka_incremental_unassign", CALL_unassign, 3, {E(_STATE), E(_FATAL), E(_INVALID_ARG)}},
    {"rd_kafka_metadata", CALL_metadata, 2, {E(_TRANSPORT), E(_TIMED_OUT), E(UNKNOWN_TOPIC_OR_PART), E(LEADER_NOT_AVAILABLE)}},
    {"rd_kafka_offsets_for_times", CALL_times, 1, {E(_TIMED_OUT), E(_UNKNOWN_PARTITION), E(LEADER_NOT_AVAILABLE)}},
    {"rd_kafka_get_watermark_offsets", CALL_marks, 1, {E(_UNKNOWN_PARTITION)}},
    {"rd_kafka_flush", CALL_flush, 2, {E(_TIMED_OUT), E(_NOT_IMPLEMENTED)}},
    {"rd_kafka_purge", CALL_purge, 1, {E(_INVALID_ARG)}},
    {"rd_kafka_commit", CALL_commit, 1, {E(_TRANSPORT), E(_STATE)}},
};

/* ---- a small conductor ---- */

static struct { rd_kafka_t *client; rd_kafka_mock_cluster_t *cluster; } mock;
static struct {
    char topic[32];
    struct bus *bus;
    const struct bus_port *port;
    bool accepted[MESSAGES], delivered[MESSAGES], impossible[MESSAGES];
    bool started;
    bool is_stale;                        /* not all that is to be read was assigned */
    uint32_t told_more, read[PARTITIONS], read_before[PARTITIONS], starts, fatals, moves;
} scene;

static int64_t now_ms(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

static void publish(void) {
    struct error error;
    for (uint32_t i = 0; i < MESSAGES; i++) {
        if (scene.accepted[i] || scene.delivered[i] || scene.impossible[i])
            continue;
        struct bus_header header = {TEXT("ce_id"), TEXT("x")};
        struct bus_publication one = {.topic = text_from(scene.topic), .partition = (int32_t)i % PARTITIONS, .key = TEXT("k"), .value = TEXT("{}"),
                                      .headers = &header, .header_count = 1, .token = i + 1};
        enum outcome outcome = scene.port->publish(scene.port->context, &one, &error);
        scene.accepted[i] = outcome == OUTCOME_OK;
        if (outcome == OUTCOME_FATAL) {
            scene.port->stop(scene.port->context, 0);
            scene.started = false;
            scene.fatals++;
        }
        if (outcome != OUTCOME_OK)
            return;
    }
}

static void take_told(void) {
    struct bus_delivery told[8];
    for (uint32_t i = 0, count = scene.port->deliveries(scene.port->context, told, 8); i < count; i++) {
        uint64_t which = told[i].token - 1;
        assert_true(which < MESSAGES);
        scene.told_more += !scene.accepted[which];
        scene.accepted[which] = false;
        scene.delivered[which] = scene.delivered[which] || told[i].fate == BUS_DELIVERED;
        scene.impossible[which] = scene.impossible[which] || told[i].fate == BUS_IMPOSSIBLE;
    }
}

static void hear(void) {
    struct bus_notice notice;
    take_told();
    while (scene.started && scene.port->notices(scene.port->context, &notice, 1) == 1)
        if (notice.kind == BUS_NOTICE_FATAL) {
            scene.port->stop(scene.port->context, 0);
            scene.started = false;
            scene.fatals++;
            take_told();   /* what was under way then: a start forgets it */
        }
}

static enum outcome assign(int32_t first, int32_t end) {
    struct bus_position at[PARTITIONS];
    struct error error;
    for (int32_t i = first; i < end; i++)
        at[i - first] = (struct bus_position){text_from(scene.topic), i, scene.read[i] ? (int64_t)scene.read[i] : BUS_OFFSET_BEGINNING, false};
    return scene.port->assign(scene.port->context, at, (uint32_t)(end - first), &error);
}

/* Started, and assigned: one partition, then both. What is not taken is told again (is_stale), as the conductor does: it is the
 * bus that says when it has to be started afresh. */
static bool begin(void) {
    struct error error;
    if (scene.port->start(scene.port->context, &error) != OUTCOME_OK)
        return false;
    scene.starts++;
    scene.is_stale = assign(0, 1) != OUTCOME_OK || assign(0, 2) != OUTCOME_OK;
    return scene.started = true;
}

static void take_messages(void) {
    struct bus_message room[16];
    uint32_t count = scene.port->poll(scene.port->context, 20, room, 16);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(room[i].offset, scene.read[room[i].partition]);   /* in order, none left out */
        scene.read[room[i].partition]++;
    }
    if (count > 0)
        scene.port->release(scene.port->context);
}

/* As if the topic were far behind, or no longer. */
static void move(enum bus_reader to) {
    struct bus_topic_entry *entry = map_get(&scene.bus->topics, text_from(scene.topic));
    if (scene.started && entry && entry->reader != to)
        bus_move(scene.bus, entry, to);
}

static bool is_done(void) {
    uint32_t delivered[PARTITIONS] = {0};
    for (uint32_t i = 0; i < MESSAGES; i++) {
        if (!scene.delivered[i] && !scene.impossible[i])
            return false;
        delivered[i % PARTITIONS] += scene.delivered[i];
    }
    return scene.read[0] - scene.read_before[0] >= delivered[0] && scene.read[1] - scene.read_before[1] >= delivered[1];
}

/* All messages are sent, and those that were told as delivered are read. */
static void send_and_read(const char *what, int64_t until) {
    memset(scene.accepted, 0, sizeof scene.accepted);
    memset(scene.delivered, 0, sizeof scene.delivered);
    memset(scene.impossible, 0, sizeof scene.impossible);
    memcpy(scene.read_before, scene.read, sizeof scene.read);
    while (!is_done()) {
        if (now_ms() > until)
            fail_msg("%s: it does not come to its end", what);
        if (!scene.started && !begin())
            continue;
        scene.port->lag(scene.port->context, TEXT_NONE, -1);
        if (scene.is_stale)
            scene.is_stale = assign(0, 2) != OUTCOME_OK;
        publish();
        hear();
        if (scene.started)
            take_messages();
        if (scene.read[0] > 0 && scene.moves++ == 0)
            move(BUS_READS_BEHIND);
    }
}

static void play(const char *what) {
    static uint32_t number;
    const struct bus_settings settings = {.bootstrap = rd_kafka_mock_cluster_bootstraps(mock.cluster), .instance = "torture", .queue_messages = 100};
    struct error error = {0};
    memset(&scene, 0, sizeof scene);
    snprintf(scene.topic, sizeof scene.topic, "torture-%u", ++number);
    assert_int_equal(rd_kafka_mock_topic_create(mock.cluster, scene.topic, PARTITIONS, 1), 0);
    enum outcome made = bus_create(&settings, &scene.bus, &error);
    if (made != OUTCOME_OK && bus_create(&settings, &scene.bus, &error) != OUTCOME_OK)
        fail_msg("%s: no bus the second time: %s", what, error.message);
    scene.port = bus_port(scene.bus);
    int64_t until = now_ms() + TURNS_MS;
    send_and_read(what, until);
    move(BUS_READS_ANSWERS);
    hear();
    scene.is_stale = !scene.started || assign(1, 2) != OUTCOME_OK || assign(0, 2) != OUTCOME_OK;   /* one is given back and taken again */
    send_and_read(what, until);
    struct bus_position at = {text_from(scene.topic), 0, scene.read[0], false};
    scene.port->ask_reaches(scene.port->context, text_from(scene.topic), 0, 1);
    scene.port->commit_for_lag_tools(scene.port->context, &at, 1);
    scene.port->lag(scene.port->context, TEXT_NONE, -1);
    struct bus_position beyond = {text_from(scene.topic), 1, 1000, false};   /* outside the log: it is asked what there is */
    struct error refused;
    if (atomic_load(&strike.call) == CALL_times)   /* its end takes a second and more */
        scene.port->seek(scene.port->context, &beyond, &refused);
    for (int i = 0; i < 10; i++, hear())   /* the scout has time to ask */
        if (scene.started)
            take_messages();
    scene.port->purge(scene.port->context);
    hear();
    scene.port->stop(scene.port->context, 1000);
    bus_destroy(scene.bus);
    if (scene.told_more > 0)
        fail_msg("%s: %u deliveries of nothing that was under way", what, (unsigned)scene.told_more);
}

static void test_every_call_that_fails_is_borne(void **unused) {
    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t runs = 0, struck = 0, fatals = 0;
        for (int j = 0; j < 8 && rows[i].codes[j]; j++)
            for (uint32_t at = 0; at < rows[i].places; at++) {
                char what[96];
                snprintf(what, sizeof what, "%s, call %u: %s", rows[i].name, (unsigned)at, rd_kafka_err2name(rows[i].codes[j]));
                atomic_store(&strike.code, (int)rows[i].codes[j]);
                atomic_store(&strike.at, (int)at);
                atomic_store(&strike.seen, 0);
                atomic_store(&strike.call, (int)rows[i].call);
                play(what);
                atomic_store(&strike.call, CALL_NONE);
                runs++;
                struck += atomic_load(&strike.seen) > (int)at;
                fatals += scene.fatals;
            }
        print_message("%-34s %3u runs, %3u struck, %2u started afresh\n", rows[i].name, (unsigned)runs, (unsigned)struck, (unsigned)fatals);
        if (struck == 0)
            fail_msg("%s was never called", rows[i].name);
    }
}

/* Produce (API key 0) answered once with each of its errors. */
static void test_every_refusal_of_a_publication_is_borne(void **unused) {
    (void)unused;
    static const rd_kafka_resp_err_t refusals[] = {
        E(UNKNOWN), E(UNKNOWN_TOPIC_OR_PART), E(LEADER_NOT_AVAILABLE), E(NOT_LEADER_FOR_PARTITION), E(REQUEST_TIMED_OUT),
        E(MSG_SIZE_TOO_LARGE), E(NETWORK_EXCEPTION), E(INVALID_MSG), E(TOPIC_EXCEPTION), E(RECORD_LIST_TOO_LARGE), E(NOT_ENOUGH_REPLICAS),
        E(NOT_ENOUGH_REPLICAS_AFTER_APPEND), E(INVALID_REQUIRED_ACKS), E(TOPIC_AUTHORIZATION_FAILED), E(CLUSTER_AUTHORIZATION_FAILED),
        E(UNSUPPORTED_VERSION), E(KAFKA_STORAGE_ERROR), E(INVALID_TIMESTAMP), E(POLICY_VIOLATION), E(INVALID_RECORD)};
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        rd_kafka_mock_push_request_errors(mock.cluster, 0, 1, refusals[i]);
        play(rd_kafka_err2name(refusals[i]));
        uint32_t delivered = 0;
        for (uint32_t j = 0; j < MESSAGES; j++)
            delivered += scene.delivered[j];
        print_message("%-36s %u of %u delivered, %u started afresh\n", rd_kafka_err2name(refusals[i]), (unsigned)delivered, (unsigned)MESSAGES,
                      (unsigned)scene.fatals);
        rd_kafka_mock_clear_request_errors(mock.cluster, 0);
    }
}

int main(void) {
    char reason[128];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "2", reason, sizeof reason);
    mock.client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    mock.cluster = rd_kafka_mock_cluster_new(mock.client, 1);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_call_that_fails_is_borne),
                                       cmocka_unit_test(test_every_refusal_of_a_publication_is_borne)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rd_kafka_mock_cluster_destroy(mock.cluster);
    rd_kafka_destroy(mock.client);
    return failed;
}
