/* The bus suite on a real Kafka: KAFKA_BOOTSTRAP names it (tests/lib/kafka.sh start); with KAFKA_DIR, the folder that
 * kafka.sh printed, its node is killed and brought back too. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <librdkafka/rdkafka.h>
#include "bus/bus.h"
#include "bus_suite.h"

#define SKIPPED 77

struct kafka { struct bus_settings settings; struct bus_admin *admin; rd_kafka_t *asker; const char *dir; };

static const struct bus_port *kafka_open(void *context, uint32_t queue_messages) {
    struct bus_settings settings = ((struct kafka *)context)->settings;
    settings.queue_messages = queue_messages;
    struct bus *bus;
    struct error error;
    if (bus_create(&settings, &bus, &error)) {
        fprintf(stderr, "%s: %s\n", error.code, error.message);
        return NULL;
    }
    return bus_port(bus);
}
static void kafka_close(void *context, const struct bus_port *port) { (void)context; bus_destroy(port->context); }
/* A broker says that a topic is made before it leads its partitions. What is handed to one meanwhile is refused and tried
 * again, and a batch behind it may land first: a broker that knows nothing of a producer takes any number of its as first. */
static bool leaders_are_there(rd_kafka_t *asker, const char *name, int partition_count) {
    int tries = 100;
    for (int i = 0; i < partition_count && tries > 0;) {
        int64_t low, high;
        if (rd_kafka_query_watermark_offsets(asker, name, i, &low, &high, 1000) == RD_KAFKA_RESP_ERR_NO_ERROR) {
            i++;
            continue;
        }
        tries--;
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    return tries > 0;
}
static bool kafka_topic_make(void *context, const char *name, int partition_count) {
    struct bus_topic topic = {.partition_count = partition_count};
    snprintf(topic.name, sizeof topic.name, "%s", name);
    const struct bus_admin_port *admin = bus_admin_port(((struct kafka *)context)->admin);
    struct error error;
    if (admin->topic_make(admin->context, &topic, &error) == OUTCOME_OK)
        return leaders_are_there(((struct kafka *)context)->asker, name, partition_count);
    fprintf(stderr, "%s: %s\n", error.code, error.message);
    return false;
}
static void kafka_node(void *context, const char *verb) {
    char command[1024];
    snprintf(command, sizeof command, "%s/tests/lib/kafka.sh %s '%s' 1", YJS_SOURCE_DIR, verb,
             ((struct kafka *)context)->dir);
    if (system(command))
        fprintf(stderr, "failed: %s\n", command);
}
static void kafka_stop(void *context) { kafka_node(context, "kill"); }
static void kafka_go(void *context) { kafka_node(context, "resume"); }

int main(void) {
    struct kafka kafka = {.settings = {.bootstrap = getenv("KAFKA_BOOTSTRAP"), .instance = "suite"},
                          .dir = getenv("KAFKA_DIR")};
    if (!kafka.settings.bootstrap || !*kafka.settings.bootstrap) {
        puts("skipped: KAFKA_BOOTSTRAP is not set; tests/lib/kafka.sh start gives it");
        return SKIPPED;
    }
    struct error error;
    if (bus_admin_create(&kafka.settings, &kafka.admin, &error)) {
        fprintf(stderr, "%s: %s\n", error.code, error.message);
        return 1;
    }
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", kafka.settings.bootstrap, NULL, 0);
    if (!(kafka.asker = rd_kafka_new(RD_KAFKA_CONSUMER, conf, NULL, 0))) {
        rd_kafka_conf_destroy(conf);
        fputs("no client can be made\n", stderr);
        return 1;
    }
    struct bus_suite_factory factory = {.name = "kafka", .context = &kafka, .open = kafka_open, .close = kafka_close,
                                        .topic_make = kafka_topic_make, .tells_times = true,
                                        .broker_stop = kafka.dir ? kafka_stop : NULL,
                                        .broker_go = kafka.dir ? kafka_go : NULL};
    int failed = bus_suite_run(&factory);
    rd_kafka_destroy(kafka.asker);
    bus_admin_destroy(kafka.admin);
    return failed;
}
