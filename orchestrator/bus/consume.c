/* Reading: exactly the partitions we own, each from the offset we were told, in order.
 *
 * Partitions are handed to librdkafka (incremental assign) only when the scout has seen their topic. A partition is
 * sent elsewhere by taking it back and assigning it anew, never by its seek; reading rests by not polling, never by its
 * pause: both lose or double messages in librdkafka before 2.1 when mixed with what lies in its queue. */
#include "bus/bus_part.h"

#include <poll.h>
#include "base/log.h"
#include "model/limits.h"

/* No further message once so many headers are held: a message of 1 MiB can have 300,000. */
#define HEADERS_A_POLL 65536

static void list_drop(rd_kafka_topic_partition_list_t **list) {
    if (*list)
        rd_kafka_topic_partition_list_destroy(*list);
}
#define _cleanup_list_ _cleanup_(list_drop)

static void kafka_error_drop(rd_kafka_error_t **error) {
    if (*error)
        rd_kafka_error_destroy(*error);
}

static enum outcome one_reader_change(rd_kafka_t *reader, rd_kafka_topic_partition_list_t *list, bool start,
                                      struct error *error) {
    if (list->cnt == 0)
        return OUTCOME_OK;
    _cleanup_(kafka_error_drop) rd_kafka_error_t *failed =
        start ? rd_kafka_incremental_assign(reader, list) : rd_kafka_incremental_unassign(reader, list);
    if (!failed)
        return OUTCOME_OK;
    return error_set(error, OUTCOME_FATAL, "bus_assign", "partitions can't be %s: %s; start the bus afresh",
                     start ? "assigned" : "taken back", rd_kafka_error_string(failed));
}

/* Starts or ends reading of the list's partitions in librdkafka. */
static enum outcome reader_change(struct bus *bus, const rd_kafka_topic_partition_list_t *list, bool start,
                                  struct error *error) {
    enum outcome outcome = OUTCOME_OK;
    for (int reader = 0; !outcome && reader < BUS_READERS; reader++) {
        _cleanup_list_ rd_kafka_topic_partition_list_t *its = rd_kafka_topic_partition_list_new(list->cnt + 1);
        for (int i = 0; i < list->cnt; i++) {
            const rd_kafka_topic_partition_t *one = &list->elems[i];
            const struct bus_topic_entry *entry = map_get(&bus->topics, text_from(one->topic));
            if (entry && (int)entry->reader == reader)
                rd_kafka_topic_partition_list_add(its, one->topic, one->partition)->offset = one->offset;
        }
        outcome = one_reader_change(bus->readers[reader], its, start, error);
    }
    return outcome;
}

static void list_add(rd_kafka_topic_partition_list_t *list, const struct bus_partition *partition) {
    rd_kafka_topic_partition_t *one =
        rd_kafka_topic_partition_list_add(list, partition->topic->name.at, partition->number);
    one->offset = partition->next == BUS_OFFSET_BEGINNING ? RD_KAFKA_OFFSET_BEGINNING : partition->next;
}

static bool topic_open(struct bus *bus, struct bus_topic_entry *entry) {
    struct bus_handle *handle = &entry->handles[entry->reader];
    if (handle->topic)
        return true;
    *handle = (struct bus_handle){.entry = entry, .reader = entry->reader};
    rd_kafka_topic_conf_t *conf = rd_kafka_default_topic_conf_dup(bus->readers[entry->reader]);
    rd_kafka_topic_conf_set_opaque(conf, handle);
    handle->topic = rd_kafka_topic_new(bus->readers[entry->reader], entry->name.at, conf);
    return handle->topic != NULL;
}

void bus_take_up(struct bus *bus, struct bus_topic_entry *entry) {
    if (entry->state != BUS_TOPIC_THERE || !bus->readers[BUS_READS_ANSWERS])
        return;
    _cleanup_list_ rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
    for (uint32_t i = 0; i < bus->assigned_count; i++) {
        struct bus_partition *partition = bus->assigned[i];
        if (partition->topic != entry || partition->state != BUS_PARTITION_WAITING ||
            partition->number >= entry->partition_count)
            continue;
        list_add(list, partition);
        partition->state = BUS_PARTITION_READING;
    }
    struct error error = {0};
    if (list->cnt && !topic_open(bus, entry))
        bus_give_up(bus, "a topic's handle can't be made");
    else if (reader_change(bus, list, true, &error))
        bus_give_up(bus, error.message);
}

void bus_move(struct bus *bus, struct bus_topic_entry *entry, enum bus_reader to) {
    _cleanup_list_ rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(64);
    struct error error = {0};
    entry->moved_at_us = bus_now_us();
    if (bus_reader_start(bus, to, &error)) {   /* it is read where it was, then */
        log_warn("bus_reader", "a topic that is far behind can't be read apart", LOG_TEXT("topic", entry->name),
                 LOG_STRING("why", error.message));
        return;
    }
    for (uint32_t i = 0; i < bus->assigned_count; i++)
        if (bus->assigned[i]->topic == entry && bus->assigned[i]->state == BUS_PARTITION_READING)
            list_add(list, bus->assigned[i]);
    enum outcome outcome = reader_change(bus, list, false, &error);
    bus->behind_count += to == BUS_READS_BEHIND;
    bus->behind_count -= entry->reader == BUS_READS_BEHIND;
    entry->reader = to;
    if (!outcome && list->cnt && !topic_open(bus, entry))
        bus_give_up(bus, "a topic's handle can't be made");
    else if (outcome || reader_change(bus, list, true, &error))
        bus_give_up(bus, error.message);
}

/* Room for `more` further assigned partitions. */
static bool assigned_reserve(struct bus *bus, uint32_t more) {
    if (bus->assigned_room - bus->assigned_count >= more)
        return true;
    uint32_t room = bus->assigned_count + more + 64;
    struct bus_partition **grown = memory_resize(bus->assigned, room * sizeof *grown);
    if (!grown)
        return false;
    bus->assigned = grown;
    bus->assigned_room = room;
    return true;
}

/* Takes note of one wanted partition; a new one is put on `list` when its topic has been seen. */
static enum outcome assign_one(struct bus *bus, const struct bus_position *position,
                               rd_kafka_topic_partition_list_t *list, struct error *error) {
    struct bus_topic_entry *entry = bus_topic_get(bus, position->topic);
    struct bus_partition *partition = entry ? bus_partition_get(entry, position->partition) : NULL;
    if (!partition)
        return error_no_memory(error);
    partition->assigned_in = bus->assign_count;
    if (partition->state != BUS_PARTITION_UNREAD)
        return OUTCOME_OK;
    if (position->bulk)
        entry->reader = BUS_READS_BULK;
    partition->next = position->offset;
    partition->asked_low = false;
    partition->state = BUS_PARTITION_WAITING;
    bus->assigned[bus->assigned_count++] = partition;
    if (entry->state == BUS_TOPIC_THERE && partition->number < entry->partition_count && topic_open(bus, entry)) {
        list_add(list, partition);
        partition->state = BUS_PARTITION_READING;
    } else if (!entry->wanted || entry->state == BUS_TOPIC_THERE) {
        scout_look_for(&bus->scout, entry); /* seen anew: it may have more partitions by now */
    }
    return OUTCOME_OK;
}

enum outcome bus_assign(void *context, const struct bus_position *positions, uint32_t count, struct error *error) {
    struct bus *bus = context;
    if (!bus->readers[BUS_READS_ANSWERS])
        return error_set(error, OUTCOME_FATAL, "bus_stopped", "the bus has not been started");
    if (!assigned_reserve(bus, count))
        return error_no_memory(error);
    _cleanup_list_ rd_kafka_topic_partition_list_t *fresh = rd_kafka_topic_partition_list_new((int)count);
    _cleanup_list_ rd_kafka_topic_partition_list_t *gone = rd_kafka_topic_partition_list_new(16);
    bus->assign_count++;
    enum outcome outcome = OUTCOME_OK;
    for (uint32_t i = 0; i < count && !outcome; i++)
        outcome = assign_one(bus, &positions[i], fresh, error);
    if (outcome) {   /* some stand as being read, and are not */
        bus_give_up(bus, "there is no memory for what is to be read");
        return outcome;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < bus->assigned_count; i++) {
        struct bus_partition *partition = bus->assigned[i];
        if (partition->assigned_in == bus->assign_count) {
            bus->assigned[kept++] = partition;
            continue;
        }
        if (partition->state == BUS_PARTITION_READING)
            list_add(gone, partition);
        partition->state = BUS_PARTITION_UNREAD;
    }
    bus->assigned_count = kept;
    outcome = reader_change(bus, gone, false, error);
    if (!outcome)
        outcome = reader_change(bus, fresh, true, error);
    if (outcome)
        bus_give_up(bus, "what is read can't be changed");
    return outcome;
}

enum outcome bus_seek(void *context, const struct bus_position *position, struct error *error) {
    struct bus *bus = context;
    struct bus_topic_entry *entry = map_get(&bus->topics, position->topic);
    struct bus_partition *partition = entry ? bus_partition_find(entry, position->partition) : NULL;
    if (!partition || partition->state == BUS_PARTITION_UNREAD)
        return error_set(error, OUTCOME_REJECT, "bus_not_assigned", "%.*s/%d is not assigned; assign it with its offset",
                         TEXT_ARG(position->topic), position->partition);
    _cleanup_list_ rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    enum outcome outcome = OUTCOME_OK;
    if (partition->state == BUS_PARTITION_READING) {
        list_add(list, partition);
        outcome = reader_change(bus, list, false, error);
        rd_kafka_topic_partition_list_del_by_idx(list, 0);
    }
    partition->next = position->offset;
    partition->asked_low = false;
    if (!outcome && partition->state != BUS_PARTITION_WAITING) {
        partition->state = BUS_PARTITION_READING;
        list_add(list, partition);
        outcome = reader_change(bus, list, true, error);
    }
    if (outcome)
        bus_give_up(bus, "a partition can't be sent elsewhere");
    return outcome;
}

void bus_pause(void *context, bool paused) {
    struct bus *bus = context;
    bus->paused = paused;
    if (!paused)
        bus_fd_raise(bus->reader_fd);
}

void bus_release(void *context) {
    struct bus *bus = context;
    if (bus->held_count == 0)
        return;
    struct bus_held *held = &bus->held[bus->held_first];
    for (uint32_t i = 0; i < held->count; i++)
        rd_kafka_message_destroy(held->messages[i]);
    held->count = 0;
    bus->held_first = (bus->held_first + 1) % BUS_POLLS_HELD_MOST;
    bus->held_count--;
}

/* The log no longer has (or does not yet have) the offset: stops the partition; the scout finds both ends. */
static void partition_stop(struct bus *bus, struct bus_partition *partition, const char *reason) {
    _cleanup_list_ rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    list_add(list, partition);
    reader_change(bus, list, false, NULL);
    partition->state = BUS_PARTITION_STOPPED;
    scout_ask(&bus->scout, SCOUT_OFFSET_GONE, partition, reason);
}

/* NULL: it is about no topic of ours, or comes from a client that no longer reads it. */
static struct bus_topic_entry *entry_of(const rd_kafka_message_t *message) {
    const struct bus_handle *handle = message->rkt ? rd_kafka_topic_opaque(message->rkt) : NULL;
    return handle && handle->reader == handle->entry->reader ? handle->entry : NULL;
}

static void take_error(struct bus *bus, enum bus_reader reader, const rd_kafka_message_t *message) {
    struct bus_topic_entry *entry = entry_of(message);
    struct bus_partition *partition = entry ? bus_partition_find(entry, message->partition) : NULL;
    switch (message->err) {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
#if RD_KAFKA_VERSION >= 0x020100ff
    case RD_KAFKA_RESP_ERR__LOG_TRUNCATION:
#endif
        if (partition && partition->state == BUS_PARTITION_READING)
            partition_stop(bus, partition, rd_kafka_message_errstr(message));
        return;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        if (entry)
            scout_look_for(&bus->scout, entry);
        return;
    default:
        bus_on_error(bus->readers[reader], message->err, rd_kafka_message_errstr(message), bus);
    }
}

static bool headers_reserve(struct bus_held *held, size_t more) {
    if (held->header_room - held->header_count >= more)
        return true;
    size_t room = held->header_room * 2 + more + 4096;
    struct bus_header *grown = memory_resize(held->headers, room * sizeof *grown);
    if (!grown)
        return false;
    held->headers = grown;
    held->header_room = room;
    return true;
}

/* Puts the message's headers behind the others; they are found by their count afterwards, as the table may move. False:
 * no memory. */
static bool take_headers(struct bus_held *held, const rd_kafka_message_t *message, struct bus_message *ret) {
    ret->headers = NULL;
    ret->header_count = 0;
    rd_kafka_headers_t *headers;
    if (rd_kafka_message_headers(message, &headers))
        return true;
    size_t count = rd_kafka_header_cnt(headers), length;
    if (!headers_reserve(held, count))
        return false;
    const char *name;
    const void *value;
    for (size_t i = 0; i < count && !rd_kafka_header_get_all(headers, i, &name, &value, &length); i++) {
        held->headers[held->header_count++] =
            (struct bus_header){.name = text_from(name), .value = value ? text_span(value, length) : TEXT_NONE};
        ret->header_count++;
    }
    return true;
}

/* False: the message is an error, or of a partition that is no longer ours, or its reader's. */
static bool take_message(struct bus *bus, enum bus_reader reader, struct bus_held *held, const rd_kafka_message_t *message,
                         struct bus_message *ret) {
    if (message->err) {
        take_error(bus, reader, message);
        return false;
    }
    struct bus_topic_entry *entry = entry_of(message);
    struct bus_partition *partition = entry ? bus_partition_find(entry, message->partition) : NULL;
    if (!partition || partition->state != BUS_PARTITION_READING || message->offset < partition->next)
        return false;
    if (!take_headers(held, message, ret)) {   /* it comes again */
        struct bus_position again = {.topic = entry->name, .partition = message->partition, .offset = message->offset};
        bus_seek(bus, &again, NULL);
        return false;
    }
    partition->next = message->offset + 1;
    entry->taken++;
    ret->topic = entry->name;
    ret->partition = message->partition;
    ret->offset = message->offset;
    ret->timestamp_us = rd_kafka_message_timestamp(message, NULL) * 1000;
    ret->key = text_span(message->key, message->key_len);
    ret->value = text_span(message->payload, message->len);
    return true;
}

static uint32_t rest(struct bus *bus, int wait_ms) {
    struct pollfd any = {.fd = bus->epoll_fd, .events = POLLIN};
    if (wait_ms > 0)
        poll(&any, 1, wait_ms);
    return 0;
}

/* What a reader has, until `most` are held. False: its queue was seen empty. */
static bool poll_one(struct bus *bus, enum bus_reader reader, struct bus_held *held, uint32_t most, struct bus_message *room) {
    if (!bus->readers[reader])
        return false;
    while (held->count < most && held->header_count < HEADERS_A_POLL) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(bus->readers[reader], 0);
        if (!message)
            return false;
        if (take_message(bus, reader, held, message, &room[held->count]))
            held->messages[held->count++] = message;
        else
            rd_kafka_message_destroy(message);
    }
    return true;
}

/* Answers before bulk, which has a quarter; of the answers' share a quarter is for those of topics that are behind. What
 * one leaves the others have. Where few are asked for a quarter is one in so many polls. False: all queues were seen empty. */
static bool poll_all(struct bus *bus, struct bus_held *held, uint32_t most, struct bus_message *room) {
    uint32_t turn = bus->polls++, answers = most - (most + turn % 4) / 4, behind = (answers + turn / 4 % 4) / 4;
    bool more = poll_one(bus, BUS_READS_ANSWERS, held, bus->behind_count ? answers - behind : answers, room);
    more |= poll_one(bus, BUS_READS_BEHIND, held, answers, room);
    more |= poll_one(bus, BUS_READS_BULK, held, most, room);
    if (!more)
        return false;
    more = poll_one(bus, BUS_READS_ANSWERS, held, most, room);
    return poll_one(bus, BUS_READS_BEHIND, held, most, room) || more || held->count == most;
}

uint32_t bus_poll(void *context, int wait_ms, struct bus_message *room, uint32_t most) {
    struct bus *bus = context;
    bus_take_findings(bus);
    if (!bus->readers[BUS_READS_ANSWERS] || bus->paused || bus->held_count == BUS_POLLS_HELD_MOST)
        return rest(bus, wait_ms);
    struct bus_held *held = &bus->held[(bus->held_first + bus->held_count) % BUS_POLLS_HELD_MOST];
    held->header_count = 0;
    if (most > BUS_POLL_MOST)
        most = BUS_POLL_MOST;
    bus_fd_lower(bus->reader_fd);
    held->count = 0;
    bool more = poll_all(bus, held, most, room);
    for (int64_t until_us = wait_ms > 0 ? bus_now_us() + wait_ms * INT64_C(1000) : 0, left_us; held->count == 0; ) {
        if (wait_ms <= 0 || (left_us = until_us - bus_now_us()) <= 0)
            break;
        struct pollfd any = {.fd = bus->reader_fd, .events = POLLIN};
        poll(&any, 1, (int)(left_us / 1000) + 1);
        bus_fd_lower(bus->reader_fd);
        more = poll_all(bus, held, most, room);
    }
    if (more) /* a queue was not seen empty, and it raises the descriptor only when it stops being so */
        bus_fd_raise(bus->reader_fd);
    uint32_t count = held->count;
    bus->held_count += count > 0;
    const struct bus_header *headers = held->headers;
    for (uint32_t i = 0; i < count; i++) {
        room[i].headers = headers;
        headers += room[i].header_count;
    }
    bus_look_who_is_behind(bus, more);
    return count;
}

/* -1: not known yet. */
static int64_t partition_lag(struct bus *bus, struct bus_partition *partition) {
    int64_t low, high;
    if (partition->state == BUS_PARTITION_WAITING && partition->topic->state == BUS_TOPIC_MISSING)
        return 0;
    if (partition->state != BUS_PARTITION_READING ||
        rd_kafka_get_watermark_offsets(bus->readers[partition->topic->reader], partition->topic->name.at, partition->number, &low, &high) ||
        high < 0)
        return -1;
    if (partition->next != BUS_OFFSET_BEGINNING)
        return high > partition->next ? high - partition->next : 0;
    if (high == 0)
        return 0;
    if (!partition->asked_low)
        scout_ask(&bus->scout, SCOUT_LOW_FOR_LAG, partition, "");
    partition->asked_low = true;
    return -1;
}

int64_t bus_lag(void *context, struct text topic, int32_t number) {
    struct bus *bus = context;
    int64_t sum = 0;
    for (uint32_t i = 0; i < bus->assigned_count; i++) {
        struct bus_partition *partition = bus->assigned[i];
        if ((!text_is_none(topic) && !text_equal(topic, partition->topic->name)) || (number >= 0 && number != partition->number))
            continue;
        int64_t lag = partition_lag(bus, partition);
        if (lag < 0)
            return -1;
        sum += lag;
    }
    return sum;
}
