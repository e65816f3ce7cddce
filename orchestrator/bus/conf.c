/* The librdkafka properties of each client as a table: which are ours, which an operator may change, and why. */
#include "bus/bus_part.h"

#include <stdio.h>

#include "model/limits.h"

#define ALL (BUS_READER | BUS_WRITER | BUS_COMMITTER | BUS_ADMIN)
#define CONSUMERS (BUS_READER | BUS_COMMITTER)

/* fixed: an operator may not change it. optional: newer librdkafka only. The reason is for whoever edits the table. */
static const struct row {
    const char *name, *value;
    unsigned roles;
    bool fixed, optional;
    const char *reason;
} rows[] = {
    {"enable.auto.commit", "false", CONSUMERS, true, false, "PostgreSQL has the offsets"},
    {"enable.auto.offset.store", "false", CONSUMERS, true, false, "as above"},
    {"auto.offset.reset", "error", CONSUMERS, true, false, "an offset outside the log is an incident, not a jump"},
    {"allow.auto.create.topics", "false", CONSUMERS, true, false, "a topic has exactly P partitions"},
    {"enable.partition.eof", "false", CONSUMERS, true, false, "one event for each batch read, for nothing"},
    {"enable.idempotence", "true", BUS_WRITER, true, false, "no doubled, no reordered message within a client's life"},
    {"acks", "all", BUS_WRITER, true, false, "delivered means kept"},
    {"partitioner", "murmur2_random", BUS_WRITER, false, false, "partitions are explicit; this is for the eye"},
    {"message.timeout.ms", "0", BUS_WRITER, true, false, "one that ends alone is overtaken: produce.c ends all of them"},
    {"request.timeout.ms", "8000", BUS_WRITER, false, false, "below BUS_GIVE_UP_US"},
    {"socket.timeout.ms", "5000", ALL, false, false, "a broker that stands still is left before BUS_GIVE_UP_US"},
    {"topic.metadata.refresh.interval.ms", "5000", ALL, false, false, "its partitions are found at their new leader"},
    {"max.poll.interval.ms", "86400000", CONSUMERS, false, false, "no group, no rebalance"},
    {"socket.nagle.disable", "true", ALL, false, false, "round trip p99 15 ms -> 5 ms"},
    {"socket.keepalive.enable", "true", ALL, false, false, "a silent firewall is noticed"},
    {"reconnect.backoff.ms", "50", ALL, false, false, "a broker that restarts is taken up at once"},
    {"reconnect.backoff.max.ms", "1000", ALL, false, false, "as above"},
    {"topic.metadata.refresh.fast.interval.ms", "100", ALL, false, false, "a moved leader is found at once"},
    {"retry.backoff.ms", "100", BUS_WRITER, false, false, "as above"},
    {"fetch.wait.max.ms", "100", BUS_READER, false, false, "a newly assigned partition waits for the running fetch"},
    {"fetch.error.backoff.ms", "100", BUS_READER, false, false, "a moved leader is found at once"},
    {"fetch.queue.backoff.ms", "20", BUS_READER, false, true, "a full queue pauses a partition this long (2.0.2: 1 s)"},
    {"queued.min.messages", "30000", BUS_READER, false, false, "a second's work, because of that pause; no more: others' wait behind it"},
    {"check.crcs", "true", BUS_READER, false, false, "a damaged message is noticed, not decided upon"},
};
static const size_t row_count = sizeof rows / sizeof *rows;

static enum outcome conf_set(rd_kafka_conf_t *conf, const char *name, const char *value, bool optional,
                             struct error *error) {
    char reason[256];
    rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, name, value, reason, sizeof reason);
    if (result == RD_KAFKA_CONF_OK || (optional && result == RD_KAFKA_CONF_UNKNOWN))
        return OUTCOME_OK;
    return error_set(error, OUTCOME_REJECT, "bus_property", "librdkafka %s refuses %s: %s", rd_kafka_version_str(),
                     name, reason);
}

static enum outcome conf_set_number(rd_kafka_conf_t *conf, const char *name, long value, struct error *error) {
    char number[24];
    snprintf(number, sizeof number, "%ld", value);
    return conf_set(conf, name, number, false, error);
}

static bool conf_is_fixed(const char *name) {
    if (!strcmp(name, "request.required.acks") || !strcmp(name, "bootstrap.servers") ||
        !strcmp(name, "metadata.broker.list"))
        return true;
    for (size_t i = 0; i < row_count; i++)
        if (rows[i].fixed && !strcmp(rows[i].name, name))
            return true;
    return false;
}

/* Is the property for this side, and under which name? NULL: not for it. */
static const char *conf_name_for(const char *name, enum bus_role role) {
    bool consumer = (role & CONSUMERS) != 0;
    if (!strncmp(name, "consumer.", 9))
        return consumer ? name + 9 : NULL;
    if (!strncmp(name, "producer.", 9))
        return role == BUS_WRITER ? name + 9 : NULL;
    return name;
}

static enum outcome conf_add_properties(rd_kafka_conf_t *conf, const struct bus_settings *settings, enum bus_role role,
                                        struct error *error) {
    for (uint32_t i = 0; i < settings->property_count; i++) {
        const char *name = conf_name_for(settings->properties[i].name, role);
        if (!name)
            continue;
        if (conf_is_fixed(name))
            return error_set(error, OUTCOME_REJECT, "bus_property_fixed",
                             "%s can't be changed: correctness hangs on it; take it out of the settings", name);
        enum outcome outcome = conf_set(conf, name, settings->properties[i].value, false, error);
        if (outcome)
            return outcome;
    }
    return OUTCOME_OK;
}

static enum outcome conf_add_sizes(rd_kafka_conf_t *conf, const struct bus_settings *settings, enum bus_role role,
                                   struct error *error) {
    enum outcome outcome = conf_set_number(conf, "message.max.bytes", BUS_MESSAGE_BYTES_MOST, error);
    if (!outcome && role == BUS_READER)
        outcome = conf_set_number(conf, "queued.max.messages.kbytes",
                                  settings->fetch_kbytes ? settings->fetch_kbytes : BUS_FETCH_KBYTES_DEFAULT, error);
    if (outcome || role != BUS_WRITER)
        return outcome;
    char linger_ms[24];
    snprintf(linger_ms, sizeof linger_ms, "%.3f", settings->linger_us / 1000.0);
    outcome = conf_set(conf, "linger.ms", linger_ms, false, error);
    if (!outcome)
        outcome = conf_set_number(conf, "queue.buffering.max.messages",
                                  settings->queue_messages ? settings->queue_messages : BUS_QUEUE_MESSAGES_DEFAULT,
                                  error);
    if (!outcome)
        outcome = conf_set_number(conf, "queue.buffering.max.kbytes", LIMIT_publications_bytes_most / 1024 * 2, error);
    return outcome;
}

static void conf_drop(rd_kafka_conf_t **conf) {
    if (*conf)
        rd_kafka_conf_destroy(*conf);
}

enum outcome bus_conf_make(const struct bus_settings *settings, enum bus_role role, rd_kafka_conf_t **ret,
                           struct error *error) {
    _cleanup_(conf_drop) rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (!conf)
        return error_no_memory(error);
    enum outcome outcome = conf_set(conf, "bootstrap.servers", settings->bootstrap, false, error);
    if (!outcome)
        outcome = conf_set(conf, "client.id", settings->instance, false, error);
    if (!outcome && (role & CONSUMERS))
        outcome = conf_set(conf, "group.id", settings->group ? settings->group : "yijianshi", false, error);
    for (size_t i = 0; !outcome && i < row_count; i++)
        if (rows[i].roles & role)
            outcome = conf_set(conf, rows[i].name, rows[i].value, rows[i].optional, error);
    if (!outcome)
        outcome = conf_add_sizes(conf, settings, role, error);
    if (!outcome)
        outcome = conf_add_properties(conf, settings, role, error);
    if (outcome)
        return outcome;
    rd_kafka_conf_set_log_cb(conf, bus_on_log);
    *ret = conf;
    conf = NULL;
    return OUTCOME_OK;
}
