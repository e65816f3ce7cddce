/* Provisioning: which topics there are, and making one as an installation needs it. Blocking; for yjsctl and the
 * readiness check, never for the conductor. */
#include "bus/bus_part.h"

#include <stdio.h>
#include <time.h>

#define ANSWER_MS 10000
#define NAME_MS 1000             /* it stands in the metadata that was read before */
#define APPEAR_MS 10000          /* a topic just made is known to every broker within this */

struct bus_admin {
    struct bus_admin_port port;
    rd_kafka_t *client;
};

static void metadata_drop(const struct rd_kafka_metadata **metadata) {
    if (*metadata)
        rd_kafka_metadata_destroy(*metadata);
}
static void event_drop(rd_kafka_event_t **event) {
    if (*event)
        rd_kafka_event_destroy(*event);
}
static void queue_drop(rd_kafka_queue_t **queue) { rd_kafka_queue_destroy(*queue); }
static void options_drop(rd_kafka_AdminOptions_t **options) { rd_kafka_AdminOptions_destroy(*options); }
static void new_topic_drop(rd_kafka_NewTopic_t **topic) {
    if (*topic)
        rd_kafka_NewTopic_destroy(*topic);
}
static void resource_drop(rd_kafka_ConfigResource_t **resource) {
    if (*resource)
        rd_kafka_ConfigResource_destroy(*resource);
}

static enum outcome refuse_away(struct error *error, rd_kafka_resp_err_t reason) {
    return error_set(error, OUTCOME_RETRY, "bus_away", "no broker answers: %s; check kafka.bootstrap and the brokers",
                     rd_kafka_err2str(reason));
}

/* All topics are asked for: naming one could make it. */
static enum outcome topics_ask(struct bus_admin *admin, const struct rd_kafka_metadata **ret, struct error *error) {
    rd_kafka_resp_err_t failed = rd_kafka_metadata(admin->client, 1, NULL, ret, ANSWER_MS);
    return failed ? refuse_away(error, failed) : OUTCOME_OK;
}

static const struct rd_kafka_metadata_topic *topic_find(const struct rd_kafka_metadata *metadata, const char *name) {
    for (int i = 0; i < metadata->topic_cnt; i++)
        if (!strcmp(metadata->topics[i].topic, name) && !metadata->topics[i].err)
            return &metadata->topics[i];
    return NULL;
}

/* Waits for the answer to the request just made with `queue`. */
static rd_kafka_event_t *answer_wait(rd_kafka_queue_t *queue) { return rd_kafka_queue_poll(queue, ANSWER_MS + 1000); }

static rd_kafka_AdminOptions_t *options_make(struct bus_admin *admin, rd_kafka_admin_op_t operation) {
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(admin->client, operation);
    char reason[128];
    rd_kafka_AdminOptions_set_request_timeout(options, ANSWER_MS, reason, sizeof reason);
    return options;
}

/* librdkafka's mock cluster, the trial broker, leaves every question of administration without an answer; it is known by
 * the name it gives itself. */
static bool admin_is_known(struct bus_admin *admin) {
    char *name = rd_kafka_clusterid(admin->client, NAME_MS);
    bool mock = name && !strncmp(name, "mockCluster", 11);
    rd_kafka_mem_free(admin->client, name);
    return !mock;
}

/* The topics' configurations; NULL when the broker tells none (the trial broker knows no such question). */
static rd_kafka_event_t *configs_ask(struct bus_admin *admin, const struct bus_topic *topics, uint32_t count) {
    if (!admin_is_known(admin))
        return NULL;
    _cleanup_(queue_drop) rd_kafka_queue_t *queue = rd_kafka_queue_new(admin->client);
    _cleanup_(options_drop) rd_kafka_AdminOptions_t *options = options_make(admin, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_ConfigResource_t **resources = memory_alloc((count + 1) * sizeof(rd_kafka_ConfigResource_t *));
    if (!resources)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        resources[i] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topics[i].name);
    rd_kafka_DescribeConfigs(admin->client, resources, count, options, queue);
    rd_kafka_ConfigResource_destroy_array(resources, count);
    memory_free(resources);
    rd_kafka_event_t *event = answer_wait(queue);
    if (event && (rd_kafka_event_error(event) || rd_kafka_event_type(event) != RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT)) {
        rd_kafka_event_destroy(event);
        return NULL;
    }
    return event;
}

static int64_t retention_in(const rd_kafka_ConfigResource_t *resource) {
    size_t count;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);
    for (size_t i = 0; i < count; i++) {
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);
        int64_t ms;
        if (!strcmp(rd_kafka_ConfigEntry_name(entries[i]), "retention.ms") && value &&
            text_to_int64(text_from(value), &ms))
            return ms;
    }
    return 0;
}

static void retentions_fill(struct bus_admin *admin, struct bus_topic *topics, uint32_t count) {
    _cleanup_(event_drop) rd_kafka_event_t *event = count ? configs_ask(admin, topics, count) : NULL;
    if (!event)
        return;
    size_t answered;
    const rd_kafka_ConfigResource_t **resources =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &answered);
    for (size_t i = 0; i < answered; i++)
        for (uint32_t t = 0; t < count; t++)
            if (!strcmp(topics[t].name, rd_kafka_ConfigResource_name(resources[i])))
                topics[t].retention_ms = retention_in(resources[i]);
}

static void topic_describe(const struct rd_kafka_metadata_topic *from, struct bus_topic *ret) {
    *ret = (struct bus_topic){.partition_count = from->partition_cnt,
                              .replication = from->partition_cnt ? from->partitions[0].replica_cnt : 0};
    snprintf(ret->name, sizeof ret->name, "%s", from->topic);
}

static enum outcome admin_topics(void *context, struct bus_topic *room, uint32_t most, uint32_t *ret_count,
                                 struct error *error) {
    struct bus_admin *admin = context;
    _cleanup_(metadata_drop) const struct rd_kafka_metadata *metadata = NULL;
    enum outcome outcome = topics_ask(admin, &metadata, error);
    if (outcome)
        return outcome;
    uint32_t count = 0;
    for (int i = 0; i < metadata->topic_cnt; i++) {
        if (metadata->topics[i].err || !strncmp(metadata->topics[i].topic, "__", 2))
            continue;
        if (count == most)
            return error_set(error, OUTCOME_REJECT, "topics_too_many", "there are more than %u topics", most);
        topic_describe(&metadata->topics[i], &room[count++]);
    }
    retentions_fill(admin, room, count);
    *ret_count = count;
    return OUTCOME_OK;
}

static rd_kafka_NewTopic_t *topic_plan(const struct bus_topic *topic, struct error *error) {
    char reason[256], number[24];
    rd_kafka_NewTopic_t *plan = rd_kafka_NewTopic_new(
        topic->name, topic->partition_count, topic->replication > 0 ? topic->replication : -1, reason, sizeof reason);
    if (!plan) {
        error_set(error, OUTCOME_REJECT, "topic_not_made", "topic \"%s\": %s", topic->name, reason);
        return NULL;
    }
    rd_kafka_NewTopic_set_config(plan, "cleanup.policy", "delete");
    snprintf(number, sizeof number, "%d", BUS_MESSAGE_BYTES_MOST);
    rd_kafka_NewTopic_set_config(plan, "max.message.bytes", number);
    if (topic->retention_ms) {
        snprintf(number, sizeof number, "%lld", (long long)topic->retention_ms);
        rd_kafka_NewTopic_set_config(plan, "retention.ms", number);
    }
    if (topic->replication >= 3)
        rd_kafka_NewTopic_set_config(plan, "min.insync.replicas", "2");
    return plan;
}

static enum outcome refuse_made(struct error *error, const char *name, rd_kafka_resp_err_t code, const char *reason) {
    if (code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE)
        return error_set(error, OUTCOME_REJECT, "topic_not_made",
                         "this broker can't make topics: give \"%s\" to the trial broker's --topics", name);
    if (code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT)
        return refuse_away(error, code);
    return error_set(error, OUTCOME_REJECT, "topic_not_made", "the broker refuses topic \"%s\": %s", name,
                     reason ? reason : rd_kafka_err2str(code));
}

static enum outcome topic_create(struct bus_admin *admin, const struct bus_topic *topic, struct error *error) {
    if (!admin_is_known(admin))
        return refuse_made(error, topic->name, RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, NULL);
    _cleanup_(new_topic_drop) rd_kafka_NewTopic_t *plan = topic_plan(topic, error);
    if (!plan)
        return OUTCOME_REJECT;
    _cleanup_(queue_drop) rd_kafka_queue_t *queue = rd_kafka_queue_new(admin->client);
    _cleanup_(options_drop) rd_kafka_AdminOptions_t *options = options_make(admin, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_CreateTopics(admin->client, &plan, 1, options, queue);
    _cleanup_(event_drop) rd_kafka_event_t *event = answer_wait(queue);
    rd_kafka_resp_err_t code = event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (code)
        return refuse_made(error, topic->name, code, event ? rd_kafka_event_error_string(event) : NULL);
    size_t count;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    code = count ? rd_kafka_topic_result_error(results[0]) : RD_KAFKA_RESP_ERR_UNKNOWN;
    if (!code || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        return OUTCOME_OK;
    return refuse_made(error, topic->name, code, count ? rd_kafka_topic_result_error_string(results[0]) : NULL);
}

/* AlterConfigs (all that librdkafka 2.0.2 has) replaces everything a topic was given: the rest is given again. */
static void config_keep(rd_kafka_ConfigResource_t *changed, const rd_kafka_ConfigResource_t *now) {
    size_t count;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(now, &count);
    for (size_t i = 0; i < count; i++) {
        const char *name = rd_kafka_ConfigEntry_name(entries[i]), *value = rd_kafka_ConfigEntry_value(entries[i]);
        if (rd_kafka_ConfigEntry_source(entries[i]) == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG && value &&
            strcmp(name, "retention.ms"))
            rd_kafka_ConfigResource_set_config(changed, name, value);
    }
}

static rd_kafka_event_t *retention_send(struct bus_admin *admin, const struct bus_topic *topic,
                                        const rd_kafka_ConfigResource_t *now) {
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)topic->retention_ms);
    _cleanup_(resource_drop) rd_kafka_ConfigResource_t *changed =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic->name);
    _cleanup_(queue_drop) rd_kafka_queue_t *queue = rd_kafka_queue_new(admin->client);
#if RD_KAFKA_VERSION >= 0x020200ff
    (void)now;
    (void)config_keep;
    _cleanup_(options_drop) rd_kafka_AdminOptions_t *options =
        options_make(admin, RD_KAFKA_ADMIN_OP_INCREMENTALALTERCONFIGS);
    rd_kafka_error_t *bad = rd_kafka_ConfigResource_add_incremental_config(
        changed, "retention.ms", RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET, number);
    if (bad)
        rd_kafka_error_destroy(bad);
    rd_kafka_IncrementalAlterConfigs(admin->client, &changed, 1, options, queue);
#else
    _cleanup_(options_drop) rd_kafka_AdminOptions_t *options = options_make(admin, RD_KAFKA_ADMIN_OP_ALTERCONFIGS);
    config_keep(changed, now);
    rd_kafka_ConfigResource_set_config(changed, "retention.ms", number);
    rd_kafka_AlterConfigs(admin->client, &changed, 1, options, queue);
#endif
    return answer_wait(queue);
}

/* What the broker said about the one resource that was changed. */
static rd_kafka_resp_err_t retention_answer(rd_kafka_event_t *event, const char **ret_reason) {
    rd_kafka_resp_err_t code = event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (code)
        return code;
    size_t count;
#if RD_KAFKA_VERSION >= 0x020200ff
    const rd_kafka_ConfigResource_t **resources = rd_kafka_IncrementalAlterConfigs_result_resources(
        rd_kafka_event_IncrementalAlterConfigs_result(event), &count);
#else
    const rd_kafka_ConfigResource_t **resources =
        rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event), &count);
#endif
    if (count == 0)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    *ret_reason = rd_kafka_ConfigResource_error_string(resources[0]);
    return rd_kafka_ConfigResource_error(resources[0]);
}

static enum outcome retention_apply(struct bus_admin *admin, const struct bus_topic *topic, struct error *error) {
    if (topic->retention_ms == 0)
        return OUTCOME_OK;
    _cleanup_(event_drop) rd_kafka_event_t *now = configs_ask(admin, topic, 1);
    if (!now)
        return OUTCOME_OK; /* the trial broker keeps what it keeps */
    size_t count;
    const rd_kafka_ConfigResource_t **resources =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(now), &count);
    if (count == 0 || rd_kafka_ConfigResource_error(resources[0]) ||
        retention_in(resources[0]) == topic->retention_ms)
        return OUTCOME_OK;
    _cleanup_(event_drop) rd_kafka_event_t *event = retention_send(admin, topic, resources[0]);
    const char *reason = NULL;
    rd_kafka_resp_err_t code = retention_answer(event, &reason);
    if (!code)
        return OUTCOME_OK;
    return error_set(error, OUTCOME_REJECT, "topic_retention", "the broker refuses retention of \"%s\": %s",
                     topic->name, reason ? reason : rd_kafka_err2str(code));
}

static enum outcome topic_await(struct bus_admin *admin, const struct bus_topic *topic, struct error *error) {
    for (int waited_ms = 0; waited_ms <= APPEAR_MS; waited_ms += 50) {
        _cleanup_(metadata_drop) const struct rd_kafka_metadata *metadata = NULL;
        enum outcome outcome = topics_ask(admin, &metadata, error);
        if (outcome)
            return outcome;
        const struct rd_kafka_metadata_topic *there = topic_find(metadata, topic->name);
        if (there && there->partition_cnt != topic->partition_count)
            return error_set(error, OUTCOME_REJECT, "topic_partitions",
                             "topic \"%s\" has %d partitions, all must have %d; remove it when it is empty, or make "
                             "the database with %d", topic->name, there->partition_cnt, topic->partition_count,
                             there->partition_cnt);
        if (there)
            return OUTCOME_OK;
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    return error_set(error, OUTCOME_RETRY, "topic_not_seen", "topic \"%s\" was made and is not seen yet", topic->name);
}

static enum outcome admin_topic_make(void *context, const struct bus_topic *topic, struct error *error) {
    struct bus_admin *admin = context;
    _cleanup_(metadata_drop) const struct rd_kafka_metadata *metadata = NULL;
    enum outcome outcome = topics_ask(admin, &metadata, error);
    if (outcome)
        return outcome;
    if (!topic_find(metadata, topic->name))
        outcome = topic_create(admin, topic, error);
    if (!outcome)
        outcome = topic_await(admin, topic, error);
    return outcome ? outcome : retention_apply(admin, topic, error);
}

enum outcome bus_admin_create(const struct bus_settings *settings, struct bus_admin **ret, struct error *error) {
    rd_kafka_conf_t *conf;
    enum outcome outcome = bus_conf_make(settings, BUS_ADMIN, &conf, error);
    if (outcome)
        return outcome;
    char reason[256];
    struct bus_admin *admin = memory_alloc(sizeof *admin);
    rd_kafka_t *client = admin ? rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason) : NULL;
    if (!client) {
        rd_kafka_conf_destroy(conf);
        if (!admin)
            return error_no_memory(error);
        memory_free(admin);
        return error_set(error, OUTCOME_FATAL, "bus_client", "a Kafka client can't be made: %s", reason);
    }
    admin->client = client;
    admin->port = (struct bus_admin_port){.context = admin, .topics = admin_topics, .topic_make = admin_topic_make};
    *ret = admin;
    return OUTCOME_OK;
}

const struct bus_admin_port *bus_admin_port(struct bus_admin *admin) { return &admin->port; }

void bus_admin_destroy(struct bus_admin *admin) {
    if (!admin)
        return;
    rd_kafka_destroy(admin->client);
    memory_free(admin);
}
