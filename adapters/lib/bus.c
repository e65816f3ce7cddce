/* Kafka: one consumer of the department's task topic, one producer of answers.
 *
 * librdkafka's traps minded here (2.0.2): groups use `range` and static membership; queues are large, because a full one
 * pauses a partition for a second; nothing is paused or sought, because messages are read in batches: when there is
 * too much to do the adapter simply does not read (max.poll.interval.ms is a day for that reason).
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "internal.h"

#define METADATA_WAIT_MS 200
#define COMMIT_WAIT_MS 2000
#define CLOSE_WAIT_MS 1000

static const struct yjs_property common_properties[] = {
    {"socket.nagle.disable", "true"},
    {"reconnect.backoff.ms", "50"},
    {"reconnect.backoff.max.ms", "2000"},
    {"log.connection.close", "false"},
    {"socket.timeout.ms", "5000"},                      /* a broker that stands still keeps its connections: it is left … */
    {"topic.metadata.refresh.interval.ms", "5000"},     /* … and its partitions are found at their new leader */
};
static const struct yjs_property consumer_properties[] = {
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"auto.offset.reset", "earliest"},
    {"queued.min.messages", "10000"},
    {"queued.max.messages.kbytes", "65536"},
    {"fetch.wait.max.ms", "100"},
    {"fetch.error.backoff.ms", "50"},
    {"partition.assignment.strategy", "range"},
    {"session.timeout.ms", "6000"},
    {"heartbeat.interval.ms", "1500"},
    {"max.poll.interval.ms", "86400000"},
    {"allow.auto.create.topics", "false"},
    {"coordinator.query.interval.ms", "2000"},          /* as long a commit waits for its coordinator, and with it an end */
};
static const struct yjs_property producer_properties[] = {
    {"acks", "all"},
    {"enable.idempotence", "true"},
    {"linger.ms", "0.5"},        /* a burst is handed over within it, and leaves in one request a partition */
    {"partitioner", "murmur2_random"},
    {"message.timeout.ms", "0"}, /* what is under way to a broker that stands still would wait for it as long as this */
    {"queue.buffering.max.messages", "200000"},
};

/* Failed connections come again and again, and settings of one client are told to the other: both for debugging only. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text) {
    (void)rk;
    bool noise = !strcmp(facility, "FAIL") || !strcmp(facility, "CONFWARN") || !strcmp(facility, "METADATA");
    enum log_level at = noise ? LOG_DEBUG : level <= 3 ? LOG_WARN : level <= 5 ? LOG_INFO : LOG_DEBUG;
    log_at(at, "kafka", text);
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque) {
    struct yjs_adapter *a = opaque;
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !a->said_away) {
        a->said_away = true;
        log_warn("broker_away", "Kafka cannot be reached; trying again until it can", LOG_STRING("reason", reason));
    } else if (code == RD_KAFKA_RESP_ERR__FATAL && rk == a->producer) {
        log_warn("kafka_fatal", "the producer's Kafka client can't go on; it is made afresh", LOG_STRING("reason", reason));
        a->producer_broken = true;
    } else if (code == RD_KAFKA_RESP_ERR__FATAL) {
        log_error("kafka_fatal", "the Kafka client cannot go on; the adapter stops", LOG_STRING("reason", reason));
        a->broken = true;
    }
}

static void is_back(struct yjs_adapter *a) {
    if (a->said_away)
        log_info("broker_back", "Kafka is there again", LOG_STRING("department", a->options.department));
    a->said_away = false;
}

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque) {
    (void)rk;
    if (!m->err)
        is_back(opaque);
    outbox_report(opaque, m->_private, m->err);
}

static void partitions_set_active(struct yjs_adapter *a, const rd_kafka_topic_partition_list_t *list, bool active) {
    for (int i = 0; i < list->cnt; i++) {
        struct partition *p = partition_get(a, list->elems[i].partition);
        partition_reset(p, -1);
        p->active = active;
    }
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list, void *opaque) {
    struct yjs_adapter *a = opaque;
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        partitions_set_active(a, list, true);
        rd_kafka_assign(rk, list);
        log_info("partitions_assigned", "partitions were given to this process", LOG_INT("count", list->cnt));
        return;
    }
    if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS && !a->stopping)     /* at an end that was done before */
        bus_commit_group(a, true);
    partitions_set_active(a, list, false);
    rd_kafka_assign(rk, NULL);
}

static int set_properties(rd_kafka_conf_t *conf, const struct yjs_property *list, size_t count, struct yjs_error *error) {
    char reason[512];
    for (size_t i = 0; i < count; i++)
        if (rd_kafka_conf_set(conf, list[i].name, list[i].value, reason, sizeof(reason)) != RD_KAFKA_CONF_OK)
            return adapter_fault(error, "kafka_property", "%s", reason);
    return 0;
}
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static rd_kafka_t *client_new(struct yjs_adapter *a, rd_kafka_type_t type, struct yjs_error *error) {
    const struct yjs_options *o = &a->options;
    char reason[512], group[512], client[512];
    snprintf(group, sizeof(group), "yjs-adapter.%s.%s", o->region, o->department);
    snprintf(client, sizeof(client), "yjs-adapter.%s.%s", o->region, o->department);
    struct yjs_property own[] = {{"bootstrap.servers", o->bootstrap}, {"client.id", client}};
    struct yjs_property grouping[] = {{"group.id", group}, {"group.instance.id", o->instance}};
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bool consumer = type == RD_KAFKA_CONSUMER;
    rd_kafka_conf_set_opaque(conf, a);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_error_cb(conf, on_error);
    int failed = set_properties(conf, own, 2, error) || set_properties(conf, common_properties, COUNT(common_properties), error);
    if (!failed && consumer) {
        failed = set_properties(conf, consumer_properties, COUNT(consumer_properties), error) ||
                 set_properties(conf, grouping, o->assign == YJS_ASSIGN_GROUP ? 2 : 1, error);
        rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    } else if (!failed) {
        failed = set_properties(conf, producer_properties, COUNT(producer_properties), error);
        rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    }
    if (!failed)
        failed = set_properties(conf, o->kafka, o->kafka_count, error);
    rd_kafka_t *rk = failed ? NULL : rd_kafka_new(type, conf, reason, sizeof(reason));
    if (!rk) {
        rd_kafka_conf_destroy(conf);
        if (!failed)
            adapter_fault(error, "kafka_client", "%s", reason);
    }
    return rk;
}

/* From now on the descriptor is raised whenever the queue stops being empty. What came before that would never raise it:
 * so it is raised once at the beginning. */
static void watch(rd_kafka_queue_t *queue, int fd) {
    static const uint64_t one = 1;
    rd_kafka_queue_io_event_enable(queue, fd, &one, sizeof(one));
    ssize_t written = write(fd, &one, sizeof(one));
    (void)written;
}

static int event_fd(rd_kafka_queue_t *queue) {
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd >= 0)
        watch(queue, fd);
    return fd;
}

int bus_open(struct yjs_adapter *a, struct yjs_error *error) {
    a->kafka_fd = a->report_fd = -1;
    if (!(a->producer = client_new(a, RD_KAFKA_PRODUCER, error)) || !(a->consumer = client_new(a, RD_KAFKA_CONSUMER, error)))
        return -1;
    rd_kafka_poll_set_consumer(a->consumer);
    a->queue = rd_kafka_queue_get_consumer(a->consumer);
    a->reports = rd_kafka_queue_get_main(a->producer);
    a->batch = adapter_alloc(CONSUME_BATCH * sizeof(rd_kafka_message_t *));
    a->kafka_fd = event_fd(a->queue);
    a->report_fd = event_fd(a->reports);
    if (a->kafka_fd < 0 || a->report_fd < 0)
        return adapter_fault(error, "no_descriptor", "the system gave no file descriptor");
    return 0;
}

/* Asks for the result topic's partitions and their leaders now: the first answer would wait for them. */
static void warm_writer(struct yjs_adapter *a) {
    const struct rd_kafka_metadata *metadata = NULL;
    a->contacts_at_us = yjs_steady_us() + TIME_SECOND_US;
    if (!a->answers)
        a->answers = rd_kafka_topic_new(a->producer, a->result_topic, NULL);
    if (!a->answers || rd_kafka_metadata(a->producer, 0, a->answers, &metadata, METADATA_WAIT_MS))
        return;
    int32_t count = metadata->topic_cnt == 1 && !metadata->topics[0].err ? metadata->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(metadata);
    if (a->contact_count > 0 || a->contact_unknown.open > 0 || count < 1 || count > PARTITIONS_MOST)
        return;
    a->contacts = adapter_alloc((size_t)count * sizeof *a->contacts);
    a->contact_count = count;
}

void bus_forget_contacts(struct yjs_adapter *a) {
    free(a->contacts);
    a->contacts = NULL;
    a->contact_count = 0;
    a->contacts_at_us = 0;
    a->contact_unknown = a->contact_elsewhere = (struct contact){0};
}

struct contact *bus_contact(struct yjs_adapter *a, const struct task *task, int32_t *ret_partition) {
    bool ours = !strcmp(task->open.reply_to, a->result_topic);
    *ret_partition = -1;
    if (!ours)
        return &a->contact_elsewhere;
    if (a->contact_count == 0 && a->contact_unknown.open == 0 && yjs_steady_us() >= a->contacts_at_us)
        warm_writer(a);
    if (a->contact_count == 0)
        return &a->contact_unknown;
    *ret_partition = rd_kafka_msg_partitioner_murmur2(a->answers, task->open.number, strlen(task->open.number), a->contact_count,
                                                      NULL, NULL);
    return &a->contacts[*ret_partition];
}

/* Everything that was under way is reported as undelivered first, so the outbox posts it again. */
static void producer_end(struct yjs_adapter *a, int wait_ms) {
    rd_kafka_purge(a->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(a->producer, wait_ms);
    if (a->reports)
        rd_kafka_queue_destroy(a->reports);
    if (a->answers)
        rd_kafka_topic_destroy(a->answers);
    rd_kafka_destroy(a->producer);
    a->producer = NULL;
    a->reports = NULL;
    a->answers = NULL;
    bus_forget_contacts(a);
}

/* An idempotent producer does not go on after a broker that has forgotten, or kept, what it should not have; a new one
 * does. What arrived twice is known by its id. */
static void producer_renew(struct yjs_adapter *a) {
    struct yjs_error error;
    producer_end(a, 5000);
    a->producer_broken = false;
    if (!(a->producer = client_new(a, RD_KAFKA_PRODUCER, &error))) {
        log_error("kafka_client", "the producer can't be made afresh; the adapter stops", LOG_STRING("why", error.message));
        a->broken = true;
        return;
    }
    a->reports = rd_kafka_queue_get_main(a->producer);
    watch(a->reports, a->report_fd);
    warm_writer(a);
}

/* rd_kafka_consumer_close waits for a broker that stands still for as long as it does, to tell it what was told before. */
void bus_leave(struct yjs_adapter *a) {
    if (a->queue)
        rd_kafka_queue_destroy(a->queue);
    a->queue = NULL;
    if (!a->consumer)
        return;
    int64_t until_us = yjs_steady_us() + CLOSE_WAIT_MS * INT64_C(1000);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(a->consumer);
    rd_kafka_error_destroy(rd_kafka_consumer_close_queue(a->consumer, queue));
    while (!rd_kafka_consumer_closed(a->consumer) && yjs_steady_us() < until_us) {
        rd_kafka_message_t *late = rd_kafka_consume_queue(queue, 20);    /* read before, taken by nobody: it is read again */
        if (late)
            rd_kafka_message_destroy(late);
    }
    bool closed = rd_kafka_consumer_closed(a->consumer);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy_flags(a->consumer, closed ? 0 : RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    a->consumer = NULL;
}

void bus_close(struct yjs_adapter *a) {
    bus_leave(a);
    if (a->producer)
        producer_end(a, 100);
    if (a->kafka_fd >= 0)
        close(a->kafka_fd);
    if (a->report_fd >= 0)
        close(a->report_fd);
    free(a->batch);
}

/* ---- Taking up the partitions ---- */

static void later(struct yjs_adapter *a, int64_t now_us) {
    a->assign_backoff_us = a->assign_backoff_us ? a->assign_backoff_us * 2 : 100000;
    if (a->assign_backoff_us > 3 * TIME_SECOND_US)
        a->assign_backoff_us = 3 * TIME_SECOND_US;
    a->assign_at_us = now_us + a->assign_backoff_us;
}

static void subscribe(struct yjs_adapter *a) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, a->task_topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_subscribe(a->consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    a->assigned = true;
}

/* Offsets belong to one Kafka: on another cluster they mean nothing, and every task is read from the start (those
 * known by their ids stay known). */
static void check_cluster(struct yjs_adapter *a) {
    char known[256];
    char *cluster = rd_kafka_clusterid(a->consumer, METADATA_WAIT_MS);
    store_get_meta(&a->store, "cluster", known, sizeof(known));
    if (cluster && strcmp(cluster, known)) {
        if (known[0]) {
            log_warn("other_cluster", "this is another Kafka than before: tasks are read from the beginning",
                     LOG_STRING("cluster", cluster));
            store_forget_offsets(&a->store);
        }
        store_put_meta(&a->store, "cluster", cluster);
    }
    if (cluster)
        rd_kafka_mem_free(a->consumer, cluster);
}

static void assign_all(struct yjs_adapter *a, int count) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
    for (int i = 0; i < count; i++) {
        int64_t next = store_get_offset(&a->store, a->task_topic, i);
        struct partition *p = partition_get(a, i);
        partition_reset(p, next);
        p->active = true;
        rd_kafka_topic_partition_list_add(list, a->task_topic, i)->offset = next >= 0 ? next : RD_KAFKA_OFFSET_BEGINNING;
    }
    rd_kafka_assign(a->consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    a->assigned = true;
    warm_writer(a);
    is_back(a);
    log_info("reading", "reading the department's tasks", LOG_STRING("topic", a->task_topic), LOG_INT("partitions", count));
}

void bus_assign(struct yjs_adapter *a, int64_t now_us) {
    if (a->assigned || now_us < a->assign_at_us)
        return;
    if (a->options.assign == YJS_ASSIGN_GROUP) {
        subscribe(a);
        return;
    }
    rd_kafka_topic_t *topic = rd_kafka_topic_new(a->consumer, a->task_topic, NULL);
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code = rd_kafka_metadata(a->consumer, 0, topic, &metadata, METADATA_WAIT_MS);
    rd_kafka_topic_destroy(topic);
    if (code) {
        if (!a->said_away)
            log_warn("broker_away", "Kafka cannot be reached; trying again until it can", LOG_STRING("reason", rd_kafka_err2str(code)));
        a->said_away = true;
        later(a, now_us);
        return;
    }
    int count = metadata->topic_cnt == 1 && !metadata->topics[0].err ? metadata->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(metadata);
    if (count < 1 || count > PARTITIONS_MOST) {
        if (!a->topic_said)
            log_warn("topic_missing", "the task topic is not there yet; waiting for it", LOG_STRING("topic", a->task_topic));
        a->topic_said = true;
        later(a, now_us);
        return;
    }
    check_cluster(a);
    assign_all(a, count);
}

/* ---- Reading ---- */

static void drain_fd(int fd) {
    uint64_t count;
    ssize_t got = read(fd, &count, sizeof(count));
    (void)got;
}

static void note_error(struct yjs_adapter *a, const rd_kafka_message_t *m) {
    if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        return;
    if (m->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || m->err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) {
        a->assigned = a->options.assign == YJS_ASSIGN_GROUP;
        later(a, a->last_turn_us);
    }
    log_warn("consume_failed", "Kafka reports a fault in reading", LOG_STRING("reason", rd_kafka_message_errstr(m)),
             LOG_INT("partition", m->partition));
}

size_t bus_consume(struct yjs_adapter *a) {
    int64_t room = a->options.most_open - (int64_t)(a->tasks.count + a->outbox.count);
    if (a->stopping || room <= 0)
        return 0;
    drain_fd(a->kafka_fd);
    ssize_t count = rd_kafka_consume_batch_queue(a->queue, 0, a->batch, room < CONSUME_BATCH ? (size_t)room : CONSUME_BATCH);
    for (ssize_t i = 0; i < count; i++) {
        rd_kafka_message_t *m = a->batch[i];
        if (m->err)
            note_error(a, m);
        else
            inbound_take(a, m);
        if (!m->err)
            is_back(a);
        rd_kafka_message_destroy(m);
    }
    return count > 0 ? (size_t)count : 0;
}

void bus_reports(struct yjs_adapter *a) {
    drain_fd(a->report_fd);
    rd_kafka_poll(a->producer, 0);
    if (a->producer_broken)
        producer_renew(a);
}

static void on_committed(rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *offsets, void *opaque) {
    (void)rk, (void)code, (void)offsets, (void)opaque;      /* told to the waiting queue: that it came is enough */
}

/* rd_kafka_commit would wait for a coordinator that stands still for as long as it does. */
static void commit_and_wait(struct yjs_adapter *a, const rd_kafka_topic_partition_list_t *list) {
    rd_kafka_queue_t *queue = rd_kafka_queue_new(a->consumer);
    if (!rd_kafka_commit_queue(a->consumer, list, queue, on_committed, NULL) && rd_kafka_queue_poll_callback(queue, COMMIT_WAIT_MS) == 0)
        log_warn("group_not_told", "the group was not told how far was read: some tasks may be read again",
                 LOG_STRING("department", a->options.department));
    rd_kafka_queue_destroy(queue);
}

/* Tells the group where we are; what it names is durable in the store first. */
void bus_commit_group(struct yjs_adapter *a, bool wait) {
    if (a->options.assign != YJS_ASSIGN_GROUP || store_commit(&a->store))
        return;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
    for (size_t i = 0; i < a->partition_count; i++)
        if (a->partitions[i].active && a->partitions[i].safe >= 0)
            rd_kafka_topic_partition_list_add(list, a->task_topic, (int32_t)i)->offset = a->partitions[i].safe;
    if (list->cnt && wait)
        commit_and_wait(a, list);
    else if (list->cnt)
        rd_kafka_commit(a->consumer, list, true);
    rd_kafka_topic_partition_list_destroy(list);
}
