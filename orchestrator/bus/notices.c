/* What the bus has to tell beside messages and deliveries, and librdkafka's errors and log lines on their way there. */
#include "bus/bus_part.h"

#include <stdio.h>
#include "base/log.h"

#define NOTICES_MOST 65536

void bus_notice_add(struct bus *bus, const struct bus_notice *notice) {
    if (bus->notice_count == bus->notice_room) {
        uint32_t room = bus->notice_room ? bus->notice_room * 2 : 16;
        struct bus_notice *more = room <= NOTICES_MOST ? memory_resize(bus->notices, room * sizeof *more) : NULL;
        if (!more) {
            log_error("bus_notice_lost", "no memory for a notice of the bus", LOG_INT("kind", notice->kind),
                      LOG_STRING("topic", notice->topic), LOG_STRING("reason", notice->reason));
            return;
        }
        bus->notices = more;
        bus->notice_room = room;
    }
    bus->notices[bus->notice_count++] = *notice;
    bus_fd_raise(bus->scout.fd);
}

uint32_t bus_notices(void *context, struct bus_notice *room, uint32_t most) {
    struct bus *bus = context;
    bus_take_findings(bus);
    uint32_t count = bus->notice_count < most ? bus->notice_count : most;
    if (!count)
        return 0;
    memcpy(room, bus->notices, count * sizeof *room);
    bus->notice_count -= count;
    memmove(bus->notices, bus->notices + count, bus->notice_count * sizeof *room);
    if (bus->notice_count == 0)
        bus_fd_lower(bus->scout.fd);
    return count;
}

static void take_topic(struct bus *bus, const struct scout_finding *finding) {
    struct bus_topic_entry *entry = finding->topic;
    bool there = finding->partition_count > 0;
    entry->state = there ? BUS_TOPIC_THERE : BUS_TOPIC_MISSING;
    entry->partition_count = finding->partition_count;
    entry->missing_at_us = bus_now_us();
    if (there)
        entry->missing_said = false;
    bus_take_up(bus, entry);
    if (there || entry->missing_said)
        return;
    for (uint32_t i = 0; i < bus->assigned_count; i++) {
        if (bus->assigned[i]->topic != entry)
            continue;
        struct bus_notice notice = {.kind = BUS_NOTICE_TOPIC_MISSING, .partition = bus->assigned[i]->number};
        snprintf(notice.topic, sizeof notice.topic, "%s", finding->topic->name.at);
        snprintf(notice.reason, sizeof notice.reason, "%s", finding->reason);
        bus_notice_add(bus, &notice);
        entry->missing_said = true;
        return;
    }
}

static void take_offsets(struct bus *bus, const struct scout_finding *finding) {
    struct bus_partition *partition = bus_partition_find(finding->topic, finding->partition);
    if (finding->kind == SCOUT_LOW_FOR_LAG) {
        if (partition->state == BUS_PARTITION_READING && partition->next == BUS_OFFSET_BEGINNING)
            partition->next = finding->low;
        return;
    }
    if (partition->state != BUS_PARTITION_STOPPED)
        return; /* it was dropped or sent elsewhere meanwhile */
    if (finding->offset >= finding->low && finding->offset <= finding->high) {
        partition->state = BUS_PARTITION_WAITING; /* a broker that was no longer its leader, and did not know it, had said so */
        bus_take_up(bus, finding->topic);
        return;
    }
    struct bus_notice notice = {.kind = BUS_NOTICE_OFFSET_GONE, .partition = finding->partition,
                                .offset = finding->offset, .low = finding->low, .high = finding->high};
    snprintf(notice.topic, sizeof notice.topic, "%s", finding->topic->name.at);
    snprintf(notice.reason, sizeof notice.reason, "%s", finding->reason);
    bus_notice_add(bus, &notice);
}

/* begins_us 0: it reaches back far enough, or nobody could say. */
static void take_begin(struct bus *bus, const struct scout_finding *finding) {
    bus_partition_find(finding->topic, finding->partition)->asked_reaches = false;
    if (finding->begins_us == 0)
        return;
    struct bus_notice notice = {.kind = BUS_NOTICE_LOG_BEGINS, .partition = finding->partition,
                                .asked_us = finding->asked_us, .begins_us = finding->begins_us};
    snprintf(notice.topic, sizeof notice.topic, "%s", finding->topic->name.at);
    bus_notice_add(bus, &notice);
}

void bus_ask_reaches(void *context, struct text topic, int32_t partition, int64_t asked_us) {
    struct bus *bus = context;
    struct bus_topic_entry *entry = bus->scout.running ? bus_topic_get(bus, topic) : NULL;
    struct bus_partition *one = entry ? bus_partition_get(entry, partition) : NULL;
    if (!one || one->asked_reaches)
        return;
    one->asked_reaches = true;
    scout_ask_reaches(&bus->scout, one, asked_us);
}

void bus_take_findings(struct bus *bus) {
    if (!bus->scout.running)
        return;
    struct scout_findings found = scout_take(&bus->scout);
    for (uint32_t i = 0; i < found.count; i++) {
        const struct scout_finding *finding = &found.at[i];
        struct bus_notice notice = {.kind = finding->kind == SCOUT_AWAY ? BUS_NOTICE_AWAY : BUS_NOTICE_BACK,
                                    .partition = -1};
        switch (finding->kind) {
        case SCOUT_AWAY:
        case SCOUT_BACK:
            snprintf(notice.reason, sizeof notice.reason, "%s", finding->reason);
            bus_notice_add(bus, &notice);
            break;
        case SCOUT_TOPIC:
            take_topic(bus, finding);
            break;
        case SCOUT_LOW_FOR_LAG:
        case SCOUT_OFFSET_GONE:
            take_offsets(bus, finding);
            break;
        case SCOUT_LOG_BEGINS:
            take_begin(bus, finding);
            break;
        }
    }
    memory_free(found.at);
    if (bus->notice_count)
        bus_fd_raise(bus->scout.fd);
}

void bus_give_up(struct bus *bus, const char *why) {
    struct bus_notice notice = {.kind = BUS_NOTICE_FATAL, .partition = -1};
    snprintf(notice.reason, sizeof notice.reason, "%s", why);
    if (!bus->fatal)
        bus_notice_add(bus, &notice);
    bus->fatal = true;
    bus_fd_raise(bus->scout.fd);
}

/* Called by librdkafka from within our own polls. */
void bus_on_error(rd_kafka_t *client, int error, const char *reason, void *context) {
    struct bus *bus = context;
    if (error == RD_KAFKA_RESP_ERR__FATAL) {
        char why[160] = "";
        rd_kafka_fatal_error(client, why, sizeof why);   /* nothing, were it not this client's */
        bus_give_up(bus, why);
        return;
    }
    if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || error == RD_KAFKA_RESP_ERR__TRANSPORT ||
        error == RD_KAFKA_RESP_ERR__RESOLVE || error == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
        error == RD_KAFKA_RESP_ERR__SSL) {
        scout_suspect(&bus->scout); /* a single connection may end at any time: the scout looks before we say so */
        return;
    }
    log_info("bus_error", "librdkafka reports an error that it mends by itself",
             LOG_STRING("error", rd_kafka_err2name(error)), LOG_STRING("reason", reason));
}

/* Called by librdkafka from any of its threads. Levels are syslog's. A connection that fails is told once, as AWAY. */
void bus_on_log(const rd_kafka_t *client, int level, const char *facility, const char *line) {
    (void)client;
    enum log_level ours = level <= 3 ? LOG_WARN : level <= 5 ? LOG_INFO : LOG_DEBUG;
    if (!strcmp(facility, "FAIL") || !strcmp(facility, "ERROR") || !strcmp(facility, "AUTOCREATE"))
        ours = LOG_DEBUG;
    log_at(ours, "librdkafka", line, LOG_STRING("facility", facility));
}
