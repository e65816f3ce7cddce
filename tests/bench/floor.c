/* The floor under the benchmarks: the leanest loop with the messages and commits of W2 and nothing of its logic. What
 * yjsd needs beyond it is the price of the product.
 *
 *   bench_floor --pg CONNINFO --bootstrap HOST:PORT
 *
 * A batch is what has arrived (at most 1,000 messages): one transaction in one pipeline: fence, one journal row a message
 * with the bytes of the next task, one state blob a case, offsets, COMMIT. Then the tasks go out; acknowledgements are
 * not waited for, the next batch writes how far they came. An application starts a case (case_started, first task), a
 * result asks the next task, the fifth closes the case (case_closed). Nothing is read strictly, checked or decided. */
#include "bench/floor.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/map.h"

#define STEPS 5
#define BATCH 1000
#define STATE_BYTES 256

struct floor_case { struct text number; int step; uint32_t version; struct text data; bool fresh, touched; };

struct floor {
    rd_kafka_t *consumer, *producer;
    rd_kafka_queue_t *queue;
    rd_kafka_topic_t *tasks[STEPS], *life;
    struct floor_store store;
    struct map cases;
    struct floor_row rows[BATCH];
    struct floor_case *of_row[BATCH], *touched[BATCH];
    int partitions[BATCH];
    uint32_t row_count, touched_count;
    int64_t acknowledged;
    int wake_fd;
    char time[32];
};

static void die(const char *what, const char *why) {
    fprintf(stderr, "floor: %s: %s\n", what, why);
    exit(1);
}

static void *need(void *memory) {
    if (!memory)
        die("memory", "there is none");
    return memory;
}

/* ---- Kafka ---- */

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque) {
    (void)rk;
    if (m->err)
        die("not delivered", rd_kafka_err2str(m->err));
    ((struct floor *)opaque)->acknowledged++;
}

static rd_kafka_t *client(struct floor *f, rd_kafka_type_t type, const char *bootstrap) {
    static const char *const both[][2] = {{"socket.nagle.disable", "true"}};
    static const char *const reader[][2] = {{"group.id", "floor"}, {"enable.auto.commit", "false"}, {"fetch.wait.max.ms", "100"},
                                            {"queued.min.messages", "100000"}};
    static const char *const writer[][2] = {{"acks", "all"}, {"enable.idempotence", "true"}, {"linger.ms", "0"},
                                            {"queue.buffering.max.messages", "200000"}};
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_opaque(conf, f);
    rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, why, sizeof why);
    rd_kafka_conf_set(conf, both[0][0], both[0][1], why, sizeof why);
    for (int i = 0; type == RD_KAFKA_CONSUMER && i < 4; i++)
        rd_kafka_conf_set(conf, reader[i][0], reader[i][1], why, sizeof why);
    for (int i = 0; type == RD_KAFKA_PRODUCER && i < 4; i++)
        rd_kafka_conf_set(conf, writer[i][0], writer[i][1], why, sizeof why);
    if (type == RD_KAFKA_PRODUCER)
        rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof why);
    if (!rk)
        die("Kafka", why);
    return rk;
}

static int add_topic(struct floor *f, rd_kafka_topic_partition_list_t *list, const char *name) {
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(f->consumer, name, NULL);
    if (rd_kafka_metadata(f->consumer, 0, topic, &metadata, 10000) || metadata->topics[0].err)
        die("topic", name);
    int count = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(topic);
    /* what other runs left is not read */
    for (int i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, name, i)->offset = RD_KAFKA_OFFSET_END;
    return count;
}

static int open_kafka(struct floor *f, const char *bootstrap) {
    char name[64];
    f->consumer = client(f, RD_KAFKA_CONSUMER, bootstrap);
    f->producer = client(f, RD_KAFKA_PRODUCER, bootstrap);
    f->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    rd_kafka_poll_set_consumer(f->consumer);
    f->queue = rd_kafka_queue_get_consumer(f->consumer);
    rd_kafka_queue_io_event_enable(f->queue, f->wake_fd, &(uint64_t){1}, sizeof(uint64_t));
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(64);
    int count = add_topic(f, list, "441300.intake.v1");
    for (int i = 0; i < STEPS; i++) {
        snprintf(name, sizeof name, "441300.bench-%c.result.v1", 'a' + i);
        add_topic(f, list, name);
        snprintf(name, sizeof name, "441300.bench-%c.task.v1", 'a' + i);
        f->tasks[i] = rd_kafka_topic_new(f->producer, name, NULL);
    }
    f->life = rd_kafka_topic_new(f->producer, "441300.case.v1", NULL);
    rd_kafka_assign(f->consumer, list);
    /* END is asked of the broker when fetching begins: wait until it is known, or what comes now would be passed over */
    for (int i = 0; i < list->cnt; i++) {
        int64_t low, high;
        rd_kafka_query_watermark_offsets(f->consumer, list->elems[i].topic, list->elems[i].partition, &low, &high, 10000);
    }
    rd_kafka_topic_partition_list_destroy(list);
    return count;
}

static void put(rd_kafka_headers_t *headers, const char *name, const char *value, size_t length) {
    rd_kafka_header_add(headers, name, -1, value, (ssize_t)length);
}

/* As many headers as a task of the product has. */
static void send_message(struct floor *f, rd_kafka_topic_t *topic, int partition, const struct floor_case *c, const char *type,
                         struct text value) {
    char id[128], step[] = {(char)('a' + c->step), 0};
    rd_kafka_headers_t *headers = rd_kafka_headers_new(10);
    int length = snprintf(id, sizeof id, "%.*s:%s:%s", TEXT_ARG(c->number), step, type);
    put(headers, "ce_specversion", "1.0", 3);
    put(headers, "ce_id", id, (size_t)length);
    put(headers, "ce_source", "yijianshi", 9);
    put(headers, "ce_type", type, strlen(type));
    put(headers, "ce_time", "2026-03-02T01:00:00.000000Z", 27);
    put(headers, "ce_caseid", c->number.at, c->number.length);
    put(headers, "ce_thing", "w2", 2);
    put(headers, "ce_step", step, 1);
    put(headers, "ce_attempt", "1", 1);
    put(headers, "content-type", "application/json", 16);
    while (rd_kafka_producev(f->producer, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition),
                             RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(c->number.at, c->number.length),
                             RD_KAFKA_V_VALUE((void *)(uintptr_t)value.at, value.length), RD_KAFKA_V_HEADERS(headers),
                             RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        rd_kafka_poll(f->producer, 1);
}

/* ---- a batch ---- */

static struct floor_case *begin_case(struct floor *f, const rd_kafka_message_t *m) {
    static const char head[] = "{\"reply_to\":\"441300.bench-a.result.v1\",\"input\":", tail[] = "}";
    struct floor_case *c = need(calloc(1, sizeof *c + m->key_len + m->len + sizeof head + sizeof tail));
    char *number = (char *)(c + 1), *data = number + m->key_len;
    memcpy(number, m->key, m->key_len);
    size_t length = sizeof head - 1;
    memcpy(data, head, length);
    memcpy(data + length, m->payload, m->len);
    length += m->len;
    memcpy(data + length, tail, sizeof tail - 1);
    c->number = text_span(number, m->key_len);
    c->data = text_span(data, length + sizeof tail - 1);
    c->step = -1;
    c->fresh = true;
    map_put(&f->cases, c->number, c);
    return c;
}

static void take(struct floor *f, const rd_kafka_message_t *m) {
    if (m->err)
        return;
    struct floor_case *c = map_get(&f->cases, text_span(m->key, m->key_len));
    bool begins = strstr(rd_kafka_topic_name(m->rkt), ".intake.") != NULL;
    if (begins == (c != NULL))
        return; /* of another run */
    if (!c)
        c = begin_case(f, m);
    c->step++;
    c->version += 2;
    if (!c->touched) {
        c->touched = true;
        f->touched[f->touched_count++] = c;
    }
    f->of_row[f->row_count] = c;
    f->partitions[f->row_count] = m->partition;
    f->rows[f->row_count++] = (struct floor_row){m->partition, 0, c->number, c->version, c->data};
    floor_store_offset(&f->store, rd_kafka_topic_name(m->rkt), m->partition, m->offset + 1);
}

static void publish(struct floor *f) {
    for (uint32_t i = 0; i < f->row_count; i++) {
        struct floor_case *c = f->of_row[i];
        if (c->step == 0)
            send_message(f, f->life, f->partitions[i], c, "case_started", TEXT("{\"outcome\":null}"));
        if (c->step < STEPS)
            send_message(f, f->tasks[c->step], f->partitions[i], c, "task", c->data);
        else
            send_message(f, f->life, f->partitions[i], c, "case_closed", TEXT("{\"outcome\":\"granted\"}"));
    }
    for (uint32_t i = 0; i < f->touched_count; i++) {
        struct floor_case *c = f->touched[i];
        c->fresh = c->touched = false;
        if (c->step == STEPS) {
            map_remove(&f->cases, c->number);
            free(c);
        }
    }
}

static void write_states(struct floor *f) {
    char blob[STATE_BYTES];
    memset(blob, 'x', sizeof blob);
    for (uint32_t i = 0; i < f->touched_count; i++) {
        int length = snprintf(blob, sizeof blob, "%d %u", f->touched[i]->step, f->touched[i]->version);
        blob[length] = ' ';
        floor_store_state(&f->store, f->touched[i]->number, text_span(blob, sizeof blob), f->touched[i]->fresh);
    }
}

static bool turn(struct floor *f) {
    rd_kafka_message_t *messages[BATCH];
    ssize_t count = rd_kafka_consume_batch_queue(f->queue, 0, messages, BATCH);
    if (count <= 0)
        return false;
    f->row_count = f->touched_count = 0;
    floor_store_begin(&f->store);
    for (ssize_t i = 0; i < count; i++)
        take(f, messages[i]);
    if (f->row_count > 0) {
        write_states(f);
        floor_store_commit(&f->store, f->rows, f->row_count, f->acknowledged);
        publish(f);
    }
    for (ssize_t i = 0; i < count; i++)
        rd_kafka_message_destroy(messages[i]);
    return true;
}

int main(int argc, char **argv) {
    static struct floor f;
    const char *conninfo = NULL, *bootstrap = NULL;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--pg"))
            conninfo = argv[i + 1];
        else if (!strcmp(argv[i], "--bootstrap"))
            bootstrap = argv[i + 1];
    }
    if (!conninfo || !bootstrap)
        die("arguments", "--pg and --bootstrap are needed");
    map_init(&f.cases);
    int partitions = open_kafka(&f, bootstrap);
    floor_store_open(&f.store, conninfo, partitions);
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        rd_kafka_poll(f.producer, 0);
        if (turn(&f))
            continue;
        struct pollfd ready = {.fd = f.wake_fd, .events = POLLIN};
        uint64_t hints;
        poll(&ready, 1, 100);
        if (read(f.wake_fd, &hints, sizeof hints) < 0 && errno != EAGAIN)
            die("waiting", strerror(errno));
    }
}
