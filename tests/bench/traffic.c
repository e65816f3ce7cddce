/* Kafka clients of the load: see traffic.h. */
#include "bench/traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct property { const char *name, *value; };

static rd_kafka_t *client(rd_kafka_type_t type, const char *bootstrap, const struct property *properties, char *why, size_t size) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, why, size);
    rd_kafka_conf_set(conf, "socket.nagle.disable", "true", why, size);
    for (const struct property *p = properties; p->name; p++)
        if (rd_kafka_conf_set(conf, p->name, p->value, why, size) != RD_KAFKA_CONF_OK)
            return NULL;
    return rd_kafka_new(type, conf, why, size);
}

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque) {
    (void)rk, (void)opaque;
    if (m->err) {
        fprintf(stderr, "load: not delivered: %s\n", rd_kafka_err2str(m->err));
        exit(1);
    }
}

static int partitions_of(rd_kafka_t *rk, const char *topic) {
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(rk, topic, NULL);
    int count = 0;
    if (!rd_kafka_metadata(rk, 0, handle, &metadata, 10000)) {
        count = metadata->topic_cnt == 1 && !metadata->topics[0].err ? metadata->topics[0].partition_cnt : 0;
        rd_kafka_metadata_destroy(metadata);
    }
    rd_kafka_topic_destroy(handle);
    return count;
}

static bool read_topic(struct traffic *t, rd_kafka_topic_partition_list_t *list, const char *topic, char *why, size_t size) {
    int count = partitions_of(t->consumer, topic);
    for (int i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    if (count == 0)
        snprintf(why, size, "topic %s is not there", topic);
    return count > 0;
}

static bool read_all(struct traffic *t, const char *region, bool departments, char *why, size_t size) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(64);
    char topic[128];
    snprintf(topic, sizeof topic, "%s.case.v1", region);
    bool fine = read_topic(t, list, topic, why, size);
    for (int i = 0; fine && departments && i < TRAFFIC_DEPARTMENTS; i++) {
        snprintf(topic, sizeof topic, "%s.bench-%c.task.v1", region, 'a' + i);
        fine = read_topic(t, list, topic, why, size);
    }
    if (fine)
        rd_kafka_assign(t->consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    return fine;
}

bool traffic_open(struct traffic *t, const char *bootstrap, const char *region, bool departments, char *why, size_t size) {
    static const struct property consuming[] = {
        {"group.id", "load"}, {"enable.auto.commit", "false"}, {"auto.offset.reset", "error"}, {"fetch.wait.max.ms", "100"},
        {"queued.min.messages", "100000"}, {"check.crcs", "false"}, {0}};
    static const struct property producing[] = {
        {"acks", "all"}, {"enable.idempotence", "true"}, {"linger.ms", "0"}, {"partitioner", "murmur2_random"},
        {"queue.buffering.max.messages", "200000"}, {"queue.buffering.max.kbytes", "1048576"}, {0}};
    *t = (struct traffic){.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    t->consumer = client(RD_KAFKA_CONSUMER, bootstrap, consuming, why, size);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, why, size);
    rd_kafka_conf_set(conf, "socket.nagle.disable", "true", why, size);
    for (const struct property *p = producing; p->name; p++)
        rd_kafka_conf_set(conf, p->name, p->value, why, size);
    t->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, size);
    if (!t->consumer || !t->producer || t->wake_fd < 0)
        return false;
    rd_kafka_poll_set_consumer(t->consumer);
    t->queue = rd_kafka_queue_get_consumer(t->consumer);
    static const uint64_t one = 1;
    rd_kafka_queue_io_event_enable(t->queue, t->wake_fd, &one, sizeof one);
    char topic[128];
    snprintf(topic, sizeof topic, "%s.intake.v1", region);
    t->intake = rd_kafka_topic_new(t->producer, topic, NULL);
    for (int i = 0; i < TRAFFIC_DEPARTMENTS; i++) {
        snprintf(topic, sizeof topic, "%s.bench-%c.result.v1", region, 'a' + i);
        t->results[i] = rd_kafka_topic_new(t->producer, topic, NULL);
    }
    return read_all(t, region, departments, why, size);
}

void traffic_close(struct traffic *t) {
    rd_kafka_flush(t->producer, 5000);
    rd_kafka_topic_destroy(t->intake);
    for (int i = 0; i < TRAFFIC_DEPARTMENTS; i++)
        rd_kafka_topic_destroy(t->results[i]);
    rd_kafka_queue_destroy(t->queue);
    rd_kafka_destroy_flags(t->consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    rd_kafka_destroy(t->producer);
    close(t->wake_fd);
}

/* UTC, to the millisecond. */
static const char *time_text(struct traffic *t) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (ms != t->time_ms) {
        struct tm parts;
        gmtime_r(&now.tv_sec, &parts);
        size_t length = strftime(t->time, sizeof t->time, "%Y-%m-%dT%H:%M:%S", &parts);
        snprintf(t->time + length, sizeof t->time - length, ".%03dZ", (int)(ms % 1000));
        t->time_ms = ms;
    }
    return t->time;
}

static void put(rd_kafka_headers_t *headers, const char *name, const char *value, size_t length) {
    rd_kafka_header_add(headers, name, -1, value, (ssize_t)length);
}

bool traffic_submit(struct traffic *t, const char *number, size_t length, const char *application, size_t application_length) {
    rd_kafka_headers_t *headers = rd_kafka_headers_new(6);
    const char *time = time_text(t);
    put(headers, "ce_specversion", "1.0", 3);
    put(headers, "ce_id", number, length);
    put(headers, "ce_source", "/window", 7);
    put(headers, "ce_type", "application", 11);
    put(headers, "ce_time", time, strlen(time));
    put(headers, "content-type", "application/json", 16);
    rd_kafka_resp_err_t code = rd_kafka_producev(
        t->producer, RD_KAFKA_V_RKT(t->intake), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(number, length),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)application, application_length), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (code)
        rd_kafka_headers_destroy(headers);
    return !code;
}

bool traffic_read(struct traffic *t, const rd_kafka_message_t *m, struct message *ret) {
    (void)t;
    if (m->err) {
        fprintf(stderr, "load: %s\n", rd_kafka_message_errstr(m));
        return false;
    }
    const char *topic = strstr(rd_kafka_topic_name(m->rkt), ".bench-");
    *ret = (struct message){.key = m->key, .key_length = m->key_len, .value = m->payload, .value_length = m->len,
                            .department = topic ? topic[7] - 'a' : -1};
    const struct { const char *name; struct header *field; } wanted[] = {
        {"ce_id", &ret->id},       {"ce_type", &ret->type}, {"ce_caseid", &ret->caseid},
        {"ce_thing", &ret->thing}, {"ce_step", &ret->step}, {"ce_attempt", &ret->attempt}};
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t size;
    if (rd_kafka_message_headers(m, &headers))
        return false;
    for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &value, &size); i++)
        for (size_t j = 0; j < sizeof wanted / sizeof *wanted; j++)
            if (!strcmp(name, wanted[j].name))
                *wanted[j].field = (struct header){value, size};
    return ret->type.at && ret->caseid.at && ret->key;
}

void traffic_answer(struct traffic *t, const struct message *task) {
    static const char data[] = "{\"result\":{\"ok\":true}}";
    rd_kafka_headers_t *headers = rd_kafka_headers_new(10);
    char id[512], source[] = "/441300/bench_?";
    int id_length = snprintf(id, sizeof id, "%.*s:result", (int)task->id.length, task->id.at);
    const char *time = time_text(t);
    source[sizeof source - 2] = (char)('a' + task->department);
    put(headers, "ce_specversion", "1.0", 3);
    put(headers, "ce_id", id, (size_t)id_length);
    put(headers, "ce_source", source, sizeof source - 1);
    put(headers, "ce_type", "result", 6);
    put(headers, "ce_time", time, strlen(time));
    put(headers, "ce_caseid", task->caseid.at, task->caseid.length);
    if (task->thing.at)
        put(headers, "ce_thing", task->thing.at, task->thing.length);
    put(headers, "ce_step", task->step.at, task->step.length);
    put(headers, "ce_attempt", task->attempt.at, task->attempt.length);
    put(headers, "content-type", "application/json", 16);
    rd_kafka_resp_err_t code;
    do {
        code = rd_kafka_producev(t->producer, RD_KAFKA_V_RKT(t->results[task->department]),
                                 RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(task->key, task->key_length),
                                 RD_KAFKA_V_VALUE((void *)(uintptr_t)data, sizeof data - 1), RD_KAFKA_V_HEADERS(headers),
                                 RD_KAFKA_V_END);
        if (code)
            rd_kafka_poll(t->producer, 10);
    } while (code == RD_KAFKA_RESP_ERR__QUEUE_FULL);
    if (code) {
        fprintf(stderr, "load: an answer can't be sent: %s\n", rd_kafka_err2str(code));
        exit(1);
    }
}
