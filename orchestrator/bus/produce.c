/* Writing: every publication taken has a place in a ring until what became of it was reported, so nothing is lost for
 * want of room.
 *
 * Order within a partition is librdkafka's (idempotent producer) as long as nothing fails. A message that ends alone, by
 * librdkafka's message.timeout.ms, is overtaken by those behind it, which lie in the queue still. So its clock is off:
 * when a partition has acknowledged nothing for BUS_GIVE_UP_US, everything under way is taken back at once, that of other
 * partitions too, as librdkafka can take back no less; likewise when one fails for another reason. Whoever publishes
 * hears of all of it before he hands over anything new. */
#include "bus/bus_part.h"

#include <stdio.h>

/* The caller has counted the publication as outstanding: there is room. */
static void ring_add(struct bus *bus, uint64_t token, rd_kafka_resp_err_t error) {
    bus->ring[(bus->ring_first + bus->ring_count++) % bus->ring_room] =
        (struct bus_delivered){.token = token, .error = error};
}

static bool error_is_of_topic(rd_kafka_resp_err_t error) {
    return error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
           error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

static const struct fate {
    rd_kafka_resp_err_t error;
    enum bus_delivery_fate fate;
} fates[] = {
    /* what is not here is BUS_FAILED: it may be tried again */
    {RD_KAFKA_RESP_ERR_NO_ERROR, BUS_DELIVERED},
    {RD_KAFKA_RESP_ERR__PURGE_QUEUE, BUS_PURGED},
    {RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, BUS_PURGED},
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, BUS_IMPOSSIBLE},
    {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, BUS_IMPOSSIBLE},
    {RD_KAFKA_RESP_ERR_INVALID_RECORD, BUS_IMPOSSIBLE},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, BUS_IMPOSSIBLE},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, BUS_IMPOSSIBLE},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, BUS_IMPOSSIBLE},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, BUS_IMPOSSIBLE},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, BUS_IMPOSSIBLE},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, BUS_IMPOSSIBLE},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, BUS_IMPOSSIBLE},
};

static enum bus_delivery_fate fate_of(rd_kafka_resp_err_t error) {
    for (size_t i = 0; i < sizeof fates / sizeof *fates; i++)
        if (fates[i].error == error)
            return fates[i].fate;
    return BUS_FAILED;
}

void bus_on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *context) {
    struct bus *bus = context;
    (void)client;
    struct bus_topic_entry *entry = rd_kafka_topic_opaque(message->rkt);
    rd_kafka_resp_err_t error = message->err;
    if (entry && message->partition >= 0 && message->partition < entry->writing_room) {
        struct bus_writing *writing = &entry->writing[message->partition];
        contact_reported(&writing->contact, !error, bus->polled_at_us);
        writing->moved_at_us = bus->polled_at_us;
        if (error_is_of_topic(error))
            writing->contact.met_at_us = 0; /* what is made in its place knows nobody */
    }
    if (bus->giving_up && fate_of(error) == BUS_PURGED)
        error = RD_KAFKA_RESP_ERR__MSG_TIMED_OUT;
    bus->gap |= fate_of(error) == BUS_FAILED;
    ring_add(bus, (uint64_t)(uintptr_t)message->_private, error);
    if (entry && error_is_of_topic(error))
        scout_look_for(&bus->scout, entry); /* it was there: it has been removed */
}

/* Does a partition stand still? */
static bool is_stuck(const struct bus *bus) {
    map_each(&bus->topics, slot) {
        const struct bus_topic_entry *entry = slot->value;
        for (int32_t i = 0; i < entry->writing_room; i++)
            if (entry->writing[i].contact.open > 0 && bus->polled_at_us - entry->writing[i].moved_at_us >= BUS_GIVE_UP_US)
                return true;
    }
    return false;
}

/* Serves librdkafka's reports; after a failure of those behind it too, so that none of them is under way any more. */
static void writer_poll(struct bus *bus) {
    bus_fd_lower(bus->writer_fd);
    bus->polled_at_us = bus_now_us();
    rd_kafka_poll(bus->writer, 0);
    if (bus->outstanding > bus->ring_count && bus->polled_at_us - bus->looked_at_us >= BUS_LOOK_EVERY_US) {
        bus->looked_at_us = bus->polled_at_us;
        bus->gap |= is_stuck(bus);
    }
    if (!bus->gap)
        return;
    bus->giving_up = true;
    bus_purge(bus);
    bus->giving_up = false;
}

uint32_t bus_deliveries(void *context, struct bus_delivery *room, uint32_t most) {
    struct bus *bus = context;
    if (bus->writer)
        writer_poll(bus);
    uint32_t count = bus->ring_count < most ? bus->ring_count : most;
    for (uint32_t i = 0; i < count; i++) {
        const struct bus_delivered *one = &bus->ring[bus->ring_first];
        room[i].token = one->token;
        room[i].fate = fate_of(one->error);
        room[i].reason[0] = '\0';
        if (one->error)
            snprintf(room[i].reason, sizeof room[i].reason, "%s", rd_kafka_err2str(one->error));
        bus->ring_first = (bus->ring_first + 1) % bus->ring_room;
    }
    bus->ring_count -= count;
    bus->outstanding -= count;
    if (bus->ring_count)
        bus_fd_raise(bus->writer_fd);
    return count;
}

static enum outcome refuse_full(struct error *error) {
    return error_set(error, OUTCOME_RETRY, "bus_queue_full", "too many messages wait for the broker's answer");
}

/* Answers for a publication that librdkafka never sees. */
static enum outcome report_now(struct bus *bus, uint64_t token, rd_kafka_resp_err_t reason) {
    bus->outstanding++;
    ring_add(bus, token, reason);
    bus_fd_raise(bus->writer_fd);
    return OUTCOME_OK;
}

static enum outcome topic_open(struct bus *bus, struct bus_topic_entry *entry, struct error *error) {
    if (entry->state == BUS_TOPIC_MISSING && bus_now_us() - entry->missing_at_us > BUS_MISSING_FOR_US) {
        entry->state = BUS_TOPIC_UNCHECKED;   /* whoever made it says so by writing to it */
        scout_look_for(&bus->scout, entry);
    }
    if (entry->state == BUS_TOPIC_UNCHECKED) {
        /* the writer must not name a topic that is not there: that may make it, with any number of partitions */
        if (!entry->wanted)
            scout_look_for(&bus->scout, entry);
        return error_set(error, OUTCOME_RETRY, "bus_topic_unchecked", "topic %s is being looked up", entry->name.at);
    }
    if (entry->state == BUS_TOPIC_THERE && !entry->writer) {
        rd_kafka_topic_conf_t *conf = rd_kafka_default_topic_conf_dup(bus->writer);
        rd_kafka_topic_conf_set_opaque(conf, entry);
        entry->writer = rd_kafka_topic_new(bus->writer, entry->name.at, conf);
        if (!entry->writer)
            return error_no_memory(error);
    }
    return OUTCOME_OK;
}

static rd_kafka_headers_t *headers_make(const struct bus_publication *publication) {
    rd_kafka_headers_t *headers = rd_kafka_headers_new(publication->header_count);
    for (uint32_t i = 0; headers && i < publication->header_count; i++) {
        const struct bus_header *header = &publication->headers[i];
        rd_kafka_header_add(headers, header->name.at, (ssize_t)header->name.length, header->value.at,
                            (ssize_t)header->value.length);
    }
    return headers;
}

enum outcome bus_publish(void *context, const struct bus_publication *publication, struct error *error) {
    struct bus *bus = context;
    if (!bus->writer || bus->fatal)
        return error_set(error, OUTCOME_FATAL, "bus_stopped", "the producer can't go on; start the bus afresh");
    if (bus->outstanding == bus->ring_room)
        return refuse_full(error);
    struct bus_topic_entry *entry = bus_topic_get(bus, publication->topic);
    if (!entry) {
        bool bad_name = publication->topic.length == 0 || publication->topic.length >= BUS_TOPIC_NAME_SIZE;
        return bad_name ? report_now(bus, publication->token, RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION)
                        : error_no_memory(error);
    }
    enum outcome outcome = topic_open(bus, entry, error);
    if (outcome)
        return outcome;
    if (entry->state == BUS_TOPIC_MISSING)
        return report_now(bus, publication->token, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC);
    if (publication->partition < 0 || publication->partition >= entry->partition_count)
        return report_now(bus, publication->token, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION);
    if (!bus_writing_reserve(entry, entry->partition_count))
        return error_no_memory(error);
    struct bus_writing *writing = &entry->writing[publication->partition];
    if (!contact_takes(&writing->contact, bus->polled_at_us))
        return error_set(error, OUTCOME_RETRY, "bus_first_contact", "the first message to this partition goes alone");
    rd_kafka_headers_t *headers = headers_make(publication);
    if (!headers)
        return error_no_memory(error);
    rd_kafka_resp_err_t refused = rd_kafka_producev(
        bus->writer, RD_KAFKA_V_RKT(entry->writer), RD_KAFKA_V_PARTITION(publication->partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(publication->key.at, publication->key.length),
        RD_KAFKA_V_VALUE((void *)publication->value.at, publication->value.length), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_OPAQUE((void *)(uintptr_t)publication->token), RD_KAFKA_V_END);
    if (!refused) {
        if (writing->contact.open++ == 0)
            writing->moved_at_us = bus_now_us();
        bus->outstanding++;
        return OUTCOME_OK;
    }
    rd_kafka_headers_destroy(headers);
    if (refused == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        return refuse_full(error);
    if (fate_of(refused) == BUS_IMPOSSIBLE)
        return report_now(bus, publication->token, refused);
    return error_set(error, OUTCOME_FATAL, "bus_publish", "a message can't be handed over: %s; start the bus afresh",
                     rd_kafka_err2str(refused));
}

void bus_purge(void *context) {
    struct bus *bus = context;
    if (!bus->writer)
        return;
    rd_kafka_purge(bus->writer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_poll(bus->writer, 0);
    bus->gap = false;
    bus_fd_raise(bus->writer_fd);
}
