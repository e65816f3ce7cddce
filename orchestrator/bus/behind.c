/* A department that was away for a week brings all its answers at once. While a topic is far behind, a client of its own
 * reads it, so that no one else's messages wait behind its thousands in one queue.
 *
 * A topic moves as a partition is sent elsewhere: taken back at one client, assigned at the other from the place where we
 * stand. What the first had fetched is dropped, by its handle (consume.c). */
#include "bus/bus_part.h"

#include "base/log.h"

#define LOOK_EVERY_US 250000
#define STAYS_US 2000000        /* at least: what a client knows of a log's end is as old as its last fetch */
#define TAKEN_A_LOOK 250        /* who brings less than that delays nobody */
#define BEHIND_FROM 4000        /* messages: a quarter of a second's work at full speed */
#define BEHIND_UNTIL 400

static bool is_looked_at(const struct bus_topic_entry *entry) {
    return entry->reader == BUS_READS_BEHIND || (entry->reader == BUS_READS_ANSWERS && entry->taken >= TAKEN_A_LOOK);
}

/* What each topic that is looked at has in its log still; a partition of which nothing is known yet counts as empty. */
static void reckon(struct bus *bus) {
    for (uint32_t i = 0; i < bus->assigned_count; i++)
        bus->assigned[i]->topic->behind = 0;
    for (uint32_t i = 0; i < bus->assigned_count; i++) {
        const struct bus_partition *partition = bus->assigned[i];
        struct bus_topic_entry *entry = partition->topic;
        int64_t low, high;
        if (partition->state == BUS_PARTITION_READING && partition->next != BUS_OFFSET_BEGINNING && is_looked_at(entry) &&
            !rd_kafka_get_watermark_offsets(bus->readers[entry->reader], entry->name.at, partition->number, &low, &high))
            entry->behind += high > partition->next ? high - partition->next : 0;
    }
}

void bus_look_who_is_behind(struct bus *bus, bool has_more) {
    if (!has_more && bus->behind_count == 0)
        return;
    int64_t now_us = bus_now_us();
    if (now_us - bus->behind_looked_us < LOOK_EVERY_US)
        return;
    bus->behind_looked_us = now_us;
    reckon(bus);
    map_each(&bus->topics, slot) {
        struct bus_topic_entry *entry = slot->value;
        bool looked_at = is_looked_at(entry);
        entry->taken = 0;
        if (!looked_at || now_us - entry->moved_at_us < STAYS_US)
            continue;
        if (entry->reader == BUS_READS_ANSWERS && entry->behind >= BEHIND_FROM) {
            log_info("topic_behind", "a topic is far behind: it is read apart, so that others' messages need not wait",
                     LOG_TEXT("topic", entry->name), LOG_INT("messages", entry->behind));
            bus_move(bus, entry, BUS_READS_BEHIND);
        } else if (entry->reader == BUS_READS_BEHIND && entry->behind <= BEHIND_UNTIL) {
            bus_move(bus, entry, BUS_READS_ANSWERS);
        }
    }
}
