/* The topics and partitions the bus has ever been asked for, found by name: nothing on the hot path looks a name up in
 * librdkafka. They are kept until the bus is destroyed; there are as many as an installation has topics. */
#include "bus/bus_part.h"

struct bus_topic_entry *bus_topic_get(struct bus *bus, struct text name) {
    struct bus_topic_entry *entry = map_get(&bus->topics, name);
    if (entry)
        return entry;
    if (name.length == 0 || name.length >= BUS_TOPIC_NAME_SIZE)
        return NULL;
    entry = memory_alloc(sizeof *entry + name.length + 1);
    if (!entry)
        return NULL;
    char *copy = (char *)(entry + 1);
    memcpy(copy, name.at, name.length);
    entry->name = text_span(copy, name.length);
    if (!map_put(&bus->topics, entry->name, entry)) {
        memory_free(entry);
        return NULL;
    }
    return entry;
}

struct bus_partition *bus_partition_find(const struct bus_topic_entry *entry, int32_t number) {
    return number >= 0 && number < entry->partition_room ? entry->partitions[number] : NULL;
}

struct bus_partition *bus_partition_get(struct bus_topic_entry *entry, int32_t number) {
    struct bus_partition *partition = bus_partition_find(entry, number);
    if (partition || number < 0)
        return partition;
    if (number >= entry->partition_room) {
        int32_t room = number + 16;
        struct bus_partition **more = memory_resize(entry->partitions, (size_t)room * sizeof *more);
        if (!more)
            return NULL;
        memset(more + entry->partition_room, 0, (size_t)(room - entry->partition_room) * sizeof *more);
        entry->partitions = more;
        entry->partition_room = room;
    }
    partition = memory_alloc(sizeof *partition);
    if (!partition)
        return NULL;
    partition->topic = entry;
    partition->number = number;
    return entry->partitions[number] = partition;
}

bool bus_writing_reserve(struct bus_topic_entry *entry, int32_t count) {
    if (count <= entry->writing_room)
        return true;
    struct bus_writing *more = memory_resize(entry->writing, (size_t)count * sizeof *more);
    if (!more)
        return false;
    memset(more + entry->writing_room, 0, (size_t)(count - entry->writing_room) * sizeof *more);
    entry->writing = more;
    entry->writing_room = count;
    return true;
}

void bus_topics_forget_handles(struct bus *bus) {
    map_each(&bus->topics, slot) {
        struct bus_topic_entry *entry = slot->value;
        for (int i = 0; i < BUS_READERS; i++) {
            if (entry->handles[i].topic)
                rd_kafka_topic_destroy(entry->handles[i].topic);
            entry->handles[i].topic = NULL;
        }
        if (entry->writer)
            rd_kafka_topic_destroy(entry->writer);
        entry->writer = NULL;
        if (entry->reader == BUS_READS_BEHIND)
            entry->reader = BUS_READS_ANSWERS;
        for (int32_t i = 0; i < entry->partition_room; i++)
            if (entry->partitions[i])
                entry->partitions[i]->asked_reaches = false; /* a scout that ends takes its questions along */
        for (int32_t i = 0; i < entry->writing_room; i++)
            entry->writing[i].contact = (struct contact){0};
        entry->state = BUS_TOPIC_UNCHECKED;
        entry->missing_said = entry->wanted = false;
    }
}

void bus_topics_free(struct bus *bus) {
    map_each(&bus->topics, slot) {
        struct bus_topic_entry *entry = slot->value;
        for (int32_t i = 0; i < entry->partition_room; i++)
            memory_free(entry->partitions[i]);
        memory_free(entry->partitions);
        memory_free(entry->writing);
        memory_free(entry);
    }
    map_free(&bus->topics);
}
