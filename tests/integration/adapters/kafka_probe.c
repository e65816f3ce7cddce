/* kafka_probe: the tests' hand on Kafka.
 *
 *   kafka_probe broker PARTITIONS TOPIC…      librdkafka's mock cluster; prints its address, lives until stdin ends
 *   kafka_probe topics BOOTSTRAP PARTITIONS TOPIC…    makes topics on a real Kafka
 *   kafka_probe forget BOOTSTRAP REGION…      deletes all topics of these regions
 *   kafka_probe produce BOOTSTRAP             stdin: one JSON a line {topic, key, headers: {…}, value}; ends when all are acknowledged
 *   kafka_probe read BOOTSTRAP TOPIC PARTITIONS   prints every message as a JSON line, from the beginning, until killed
 *   kafka_probe load BOOTSTRAP TOPIC REPLY_TO COUNT   posts COUNT tasks of about 600 bytes
 */
#include <jansson.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static rd_kafka_t *client(rd_kafka_type_t type, const char *bootstrap) {
    static const char *const rows[][2] = {
        {"enable.auto.commit", "false"}, {"auto.offset.reset", "earliest"}, {"group.id", "kafka_probe"},
        {"fetch.wait.max.ms", "10"},     {"partitioner", "murmur2_random"}, {"queue.buffering.max.messages", "1000000"},
        {"log_level", "3"},           {"linger.ms", "0"},
    };
    char reason[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (bootstrap)
        rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, NULL, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        rd_kafka_conf_set(conf, rows[i][0], rows[i][1], NULL, 0);
    rd_kafka_t *rk = rd_kafka_new(type, conf, reason, sizeof(reason));
    if (!rk) {
        fprintf(stderr, "%s\n", reason);
        exit(1);
    }
    return rk;
}

static int run_broker(int partitions, char **topics) {
    rd_kafka_t *rk = client(RD_KAFKA_PRODUCER, NULL);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(rk, 1);
    for (; *topics; topics++)
        rd_kafka_mock_topic_create(cluster, *topics, partitions, 1);
    printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
    fflush(stdout);
    char line[16];
    while (fgets(line, sizeof(line), stdin))
        continue;
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(rk);
    return 0;
}

static int run_topics(const char *bootstrap, int partitions, char **topics) {
    rd_kafka_t *rk = client(RD_KAFKA_PRODUCER, bootstrap);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    char reason[512];
    int failed = 0;
    for (; *topics; topics++) {
        rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(*topics, partitions, 1, reason, sizeof(reason));
        rd_kafka_CreateTopics(rk, &topic, 1, NULL, queue);
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 30000);
        failed |= !event || rd_kafka_event_error(event);
        rd_kafka_event_destroy(event);
        rd_kafka_NewTopic_destroy(topic);
    }
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
    return failed;
}

static bool is_of(const char *topic, char **regions) {
    for (; *regions; regions++) {
        size_t length = strlen(*regions);
        if (strncmp(topic, *regions, length) == 0 && topic[length] == '.')
            return true;
    }
    return false;
}

static int run_forget(const char *bootstrap, char **regions) {
    rd_kafka_t *rk = client(RD_KAFKA_PRODUCER, bootstrap);
    const struct rd_kafka_metadata *known;
    if (rd_kafka_metadata(rk, 1, NULL, &known, 30000))
        return 1;
    rd_kafka_DeleteTopic_t **doomed = calloc((size_t)known->topic_cnt + 1, sizeof(*doomed));
    size_t count = 0;
    for (int i = 0; doomed && i < known->topic_cnt; i++)
        if (is_of(known->topics[i].topic, regions))
            doomed[count++] = rd_kafka_DeleteTopic_new(known->topics[i].topic);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_event_t *event = NULL;
    if (count > 0) {
        rd_kafka_DeleteTopics(rk, doomed, count, NULL, queue);
        event = rd_kafka_queue_poll(queue, 60000);
    }
    int failed = !doomed || (count > 0 && (!event || rd_kafka_event_error(event)));
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_DeleteTopic_destroy_array(doomed, count);
    free(doomed);
    rd_kafka_metadata_destroy(known);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
    return failed;
}

static void produce_one(rd_kafka_t *rk, const char *line) {
    json_error_t error;
    json_t *message = json_loads(line, 0, &error);
    if (!message) {
        fprintf(stderr, "bad line: %s\n", error.text);
        exit(1);
    }
    rd_kafka_headers_t *headers = rd_kafka_headers_new(16);
    const char *name;
    json_t *value, *body = json_object_get(message, "value");
    json_object_foreach(json_object_get(message, "headers"), name, value)
        rd_kafka_header_add(headers, name, -1, json_string_value(value), -1);
    char *text = json_is_string(body) ? strdup(json_string_value(body)) : json_dumps(body, JSON_COMPACT);
    const char *key = json_string_value(json_object_get(message, "key"));
    rd_kafka_resp_err_t code;
    while ((code = rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(json_string_value(json_object_get(message, "topic"))),
                                     RD_KAFKA_V_KEY(key, strlen(key)), RD_KAFKA_V_VALUE(text, strlen(text)),
                                     RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                     RD_KAFKA_V_END)) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        rd_kafka_poll(rk, 100);
    if (code) {
        fprintf(stderr, "%s\n", rd_kafka_err2str(code));
        exit(1);
    }
    free(text);
    json_decref(message);
}

static int run_produce(const char *bootstrap) {
    rd_kafka_t *rk = client(RD_KAFKA_PRODUCER, bootstrap);
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0) {
        produce_one(rk, line);
        rd_kafka_poll(rk, 0);
    }
    free(line);
    int left = rd_kafka_flush(rk, 30000) != RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_destroy(rk);
    return left;
}

static void print_message(const rd_kafka_message_t *m) {
    rd_kafka_headers_t *headers = NULL;
    json_t *names = json_object();
    const char *name;
    const void *value;
    size_t size;
    if (!rd_kafka_message_headers(m, &headers))
        for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &value, &size); i++)
            json_object_set_new(names, name, json_stringn(value, size));
    json_t *message = json_pack("{s:i,s:I,s:s%,s:o,s:s%}", "partition", (int)m->partition, "offset", (json_int_t)m->offset,
                                "key", m->key, m->key_len, "headers", names, "value", m->payload, m->len);
    char *text = json_dumps(message, JSON_COMPACT);
    puts(text ? text : "{}");
    fflush(stdout);
    free(text);
    json_decref(message);
}

static int run_read(const char *bootstrap, const char *topic, int partitions) {
    rd_kafka_t *rk = client(RD_KAFKA_CONSUMER, bootstrap);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    rd_kafka_poll_set_consumer(rk);
    for (int i = 0; i < partitions; i++)
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(rk, list);
    for (;;) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, 200);
        if (!m && getppid() == 1)
            return 0;
        if (m && !m->err)
            print_message(m);
        if (m)
            rd_kafka_message_destroy(m);
    }
}

static void load_one(rd_kafka_t *rk, const char *topic, const char *reply_to, int i) {
    char number[32], id[64], data[1024];
    snprintf(number, sizeof(number), "L%08d", i);
    snprintf(id, sizeof(id), "%s:filing:1", number);
    int length = snprintf(data, sizeof(data),
        "{\"number\":\"%s\",\"thing\":\"load\",\"step\":\"filing\",\"title\":{\"en\":\"Filing\",\"zh-Hans\":\"备案\"},"
        "\"department\":\"housing\",\"region\":\"441300\",\"input\":{\"contract_no\":\"C-%d\",\"unit_number\":\"U-%d\","
        "\"address\":\"No. 1, Example Road, Example Town, a street long enough to be one\",\"buyers\":[{\"name\":\"A\"},"
        "{\"name\":\"B\"}]},\"materials\":[{\"id\":\"contract\",\"uri\":\"https://materials.example/1\",\"digest\":"
        "\"sm3:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\",\"size\":12345,\"media_type\":"
        "\"application/pdf\"}],\"reply_to\":\"%s\"}", number, i, i, reply_to);
    rd_kafka_resp_err_t code;
    while ((code = rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY(number, strlen(number)),
                RD_KAFKA_V_VALUE(data, (size_t)length), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                RD_KAFKA_V_HEADER("ce_specversion", "1.0", -1), RD_KAFKA_V_HEADER("ce_id", id, -1),
                RD_KAFKA_V_HEADER("ce_source", "/yijianshi/441300", -1), RD_KAFKA_V_HEADER("ce_type", "task", -1),
                RD_KAFKA_V_HEADER("ce_time", "2026-03-02T01:00:00Z", -1), RD_KAFKA_V_HEADER("ce_caseid", number, -1),
                RD_KAFKA_V_HEADER("ce_thing", "load", -1), RD_KAFKA_V_HEADER("ce_step", "filing", -1),
                RD_KAFKA_V_HEADER("ce_attempt", "1", -1), RD_KAFKA_V_HEADER("content-type", "application/json", -1),
                RD_KAFKA_V_END)) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        rd_kafka_poll(rk, 100);
    if (code) {
        fprintf(stderr, "%s\n", rd_kafka_err2str(code));
        exit(1);
    }
}

static int run_load(const char *bootstrap, const char *topic, const char *reply_to, int count) {
    rd_kafka_t *rk = client(RD_KAFKA_PRODUCER, bootstrap);
    for (int i = 0; i < count; i++)
        load_one(rk, topic, reply_to, i);
    int left = rd_kafka_flush(rk, 60000) != RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_destroy(rk);
    return left;
}

int main(int count, char **a) {
    if (count >= 4 && !strcmp(a[1], "broker"))
        return run_broker(atoi(a[2]), a + 3);
    if (count >= 5 && !strcmp(a[1], "topics"))
        return run_topics(a[2], atoi(a[3]), a + 4);
    if (count >= 4 && !strcmp(a[1], "forget"))
        return run_forget(a[2], a + 3);
    if (count == 3 && !strcmp(a[1], "produce"))
        return run_produce(a[2]);
    if (count == 5 && !strcmp(a[1], "read"))
        return run_read(a[2], a[3], atoi(a[4]));
    if (count == 6 && !strcmp(a[1], "load"))
        return run_load(a[2], a[3], a[4], atoi(a[5]));
    fprintf(stderr, "usage: kafka_probe broker|topics|forget|produce|read|load …\n");
    return 2;
}
