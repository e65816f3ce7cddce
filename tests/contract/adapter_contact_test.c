/* An answer that a broker refused is not taken for delivered because the one behind it was taken (base/contact.h): the
 * library on librdkafka's mock cluster, which takes any sequence number, as a broker does that does not know the writer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include "yjs_adapter.h"

#define TASKS "441300.water.task.v1"
#define RESULTS "441300.water.result.v1"
#define PATIENCE_S 20
#define PRODUCE 0

static rd_kafka_mock_cluster_t *cluster;

static void post_task(rd_kafka_t *client, const char *id) {
    rd_kafka_resp_err_t code = rd_kafka_producev(
        client, RD_KAFKA_V_TOPIC(TASKS), RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY("N-1", 3), RD_KAFKA_V_VALUE("{\"number\":\"N-1\"}", 16), RD_KAFKA_V_HEADER("ce_specversion", "1.0", 3),
        RD_KAFKA_V_HEADER("ce_id", id, (ssize_t)strlen(id)), RD_KAFKA_V_HEADER("ce_source", "/test", 5),
        RD_KAFKA_V_HEADER("ce_type", "task", 4), RD_KAFKA_V_HEADER("ce_caseid", "N-1", 3),
        RD_KAFKA_V_HEADER("ce_thing", "water", 5), RD_KAFKA_V_HEADER("ce_step", "s", 1),
        RD_KAFKA_V_HEADER("ce_attempt", "1", 1), RD_KAFKA_V_END);
    if (code)
        fail_msg("%s", rd_kafka_err2str(code));
}

/* The first task is answered at once, and refused; the second while the broker takes its time for that. */
static void start(void *user, struct yjs_task *task) {
    (void)user;
    if (!strcmp(task->id, "N-1:s:2") && !task->state) {
        yjs_wait(task, "{}", yjs_now_us() + 60000);
        return;
    }
    if (!strcmp(task->id, "N-1:s:1")) {
        rd_kafka_mock_broker_set_rtt(cluster, 1, 500);
        rd_kafka_mock_push_request_errors(cluster, PRODUCE, 1, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
    }
    static const char data[] = "{\"result\":{\"ok\":true}}";
    yjs_answer(task, YJS_RESULT, data, sizeof data - 1);
}

static void *run(void *adapter) {
    yjs_adapter_run(adapter);
    return NULL;
}

static rd_kafka_t *client_of(rd_kafka_type_t type) {
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster), reason, sizeof reason);
    rd_kafka_conf_set(conf, "group.id", "test", reason, sizeof reason);
    rd_kafka_conf_set(conf, "auto.offset.reset", "earliest", reason, sizeof reason);
    rd_kafka_t *client = rd_kafka_new(type, conf, reason, sizeof reason);
    assert_non_null(client);
    return client;
}

/* How many of the two answers are on the result topic within the time given. */
static int answers_there(rd_kafka_t *reader) {
    bool seen[2] = {false, false};
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, RESULTS, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(reader, list);
    rd_kafka_topic_partition_list_destroy(list);
    for (int i = 0; i < PATIENCE_S * 10 && !(seen[0] && seen[1]); i++) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(reader, 100);
        rd_kafka_headers_t *headers;
        const void *id;
        size_t size;
        if (m && !m->err && !rd_kafka_message_headers(m, &headers) && !rd_kafka_header_get_last(headers, "ce_id", &id, &size))
            for (int j = 0; j < 2; j++)
                seen[j] |= !strcmp(id, j == 0 ? "N-1:s:1:result" : "N-1:s:2:result");
        if (m)
            rd_kafka_message_destroy(m);
    }
    return seen[0] + seen[1];
}

static void test_an_answer_that_was_refused_is_posted_again_though_the_next_was_taken(void **state) {
    (void)state;
    char folder[] = "/tmp/yjs-contact.XXXXXX", path[64], reason[256];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/store.sqlite", folder);
    rd_kafka_t *host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), reason, sizeof reason);
    cluster = rd_kafka_mock_cluster_new(host, 1);
    rd_kafka_mock_topic_create(cluster, TASKS, 1, 1);
    rd_kafka_mock_topic_create(cluster, RESULTS, 1, 1);
    rd_kafka_t *writer = client_of(RD_KAFKA_PRODUCER), *reader = client_of(RD_KAFKA_CONSUMER);
    post_task(writer, "N-1:s:1");
    post_task(writer, "N-1:s:2");
    assert_int_equal(rd_kafka_flush(writer, PATIENCE_S * 1000), 0);

    struct yjs_options options = {.bootstrap = rd_kafka_mock_cluster_bootstraps(cluster), .region = "441300",
                                  .department = "water", .store_path = path, .drain_us = 1};
    struct yjs_error error;
    struct yjs_adapter *adapter;
    pthread_t thread;
    assert_int_equal(yjs_adapter_open(&options, &(struct yjs_handler){.start = start}, &adapter, &error), 0);
    assert_int_equal(pthread_create(&thread, NULL, run, adapter), 0);
    int there = answers_there(reader);
    yjs_adapter_stop(adapter);
    pthread_join(thread, NULL);
    yjs_adapter_close(adapter);
    rd_kafka_consumer_close(reader);
    rd_kafka_destroy(reader);
    rd_kafka_destroy(writer);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
    snprintf(path, sizeof path, "rm -r %s", folder);
    assert_int_equal(system(path), 0);
    assert_int_equal(there, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_an_answer_that_was_refused_is_posted_again_though_the_next_was_taken)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
