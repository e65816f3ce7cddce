/* Offsets for tools that show a group's lag: a client of its own, made when first wanted, because an unanswered commit
 * would hold up the reader's next assignment. Nothing hangs on its success. */
#include "bus/bus_part.h"

#include <time.h>

int64_t bus_now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static bool committer_open(struct bus *bus) {
    if (bus->committer)
        return true;
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_dup(bus->committer_conf);
    bus->committer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (!bus->committer) {
        rd_kafka_conf_destroy(conf);
        return false;
    }
    rd_kafka_poll_set_consumer(bus->committer);
    return true;
}

void bus_commit_for_lag_tools(void *context, const struct bus_position *positions, uint32_t count) {
    struct bus *bus = context;
    int64_t now = bus_now_us();
    if (!bus->readers[BUS_READS_ANSWERS] || count == 0 || (bus->committed_at_us && now - bus->committed_at_us < BUS_COMMIT_EVERY_US))
        return;
    bus->committed_at_us = now;
    if (!committer_open(bus))
        return;
    rd_kafka_message_t *event = rd_kafka_consumer_poll(bus->committer, 0); /* what became of the last one */
    if (event)
        rd_kafka_message_destroy(event);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (uint32_t i = 0; i < count; i++) {
        char topic[BUS_TOPIC_NAME_SIZE];
        if (positions[i].offset < 0 || positions[i].topic.length >= sizeof topic)
            continue;
        memcpy(topic, positions[i].topic.at, positions[i].topic.length);
        topic[positions[i].topic.length] = '\0';
        rd_kafka_topic_partition_list_add(list, topic, positions[i].partition)->offset = positions[i].offset;
    }
    if (list->cnt)
        rd_kafka_commit(bus->committer, list, 1);
    rd_kafka_topic_partition_list_destroy(list);
}
