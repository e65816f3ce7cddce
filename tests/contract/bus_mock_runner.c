/* The bus suite on librdkafka's mock cluster: what the trial broker is. */
#include <stdio.h>
#include <stdlib.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include "bus/bus.h"
#include "bus_suite.h"

struct mock { rd_kafka_t *client; rd_kafka_mock_cluster_t *cluster; };
struct opened { struct bus *bus; };

static const struct bus_port *mock_open(void *context, uint32_t queue_messages) {
    struct mock *mock = context;
    struct bus_settings settings = {.bootstrap = rd_kafka_mock_cluster_bootstraps(mock->cluster),
                                    .instance = "suite", .queue_messages = queue_messages};
    struct bus *bus;
    struct error error;
    if (bus_create(&settings, &bus, &error)) {
        fprintf(stderr, "%s: %s\n", error.code, error.message);
        return NULL;
    }
    return bus_port(bus);
}
static void mock_close(void *context, const struct bus_port *port) { (void)context; bus_destroy(port->context); }
static bool mock_topic_make(void *context, const char *name, int partition_count) {
    return !rd_kafka_mock_topic_create(((struct mock *)context)->cluster, name, partition_count, 1);
}
static void mock_stop(void *context) { rd_kafka_mock_broker_set_down(((struct mock *)context)->cluster, 1); }
static void mock_go(void *context) { rd_kafka_mock_broker_set_up(((struct mock *)context)->cluster, 1); }
static void mock_refuse_next_write(void *context) {
    struct mock *mock = context;
    rd_kafka_mock_broker_set_rtt(mock->cluster, 1, 200);
    rd_kafka_mock_push_request_errors(mock->cluster, 0 /* Produce */, 1, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
}
static void mock_answer_at_once(void *context) { rd_kafka_mock_broker_set_rtt(((struct mock *)context)->cluster, 1, 0); }

int main(void) {
    struct mock mock = {0};
    char reason[128];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "3", reason, sizeof reason);
    mock.client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    mock.cluster = rd_kafka_mock_cluster_new(mock.client, 1);
    struct bus_suite_factory factory = {.name = "mock", .context = &mock, .open = mock_open, .close = mock_close,
                                        .topic_make = mock_topic_make, .broker_stop = mock_stop,
                                        .broker_go = mock_go, .refuse_next_write = mock_refuse_next_write,
                                        .answer_at_once = mock_answer_at_once};
    int failed = bus_suite_run(&factory);
    rd_kafka_mock_cluster_destroy(mock.cluster);
    rd_kafka_destroy(mock.client);
    return failed;
}
