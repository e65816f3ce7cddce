/* What arrived becomes pending inputs: messages of departments and intake platforms, commands of the inbox, timers. */
#include "conductor/internal.h"

#include "base/murmur2.h"
#include "model/number.h"
#include "wire/input_codec.h"

int32_t conductor_shard_of(const struct conductor *c, struct text case_id) {
    return murmur2_partition(case_root(case_id), c->shard_count);
}

static struct pending *pending_add(struct batch *batch, enum origin_kind origin, int32_t shard) {
    struct pending *pending = vector_new(&batch->pending, batch->arena, struct pending);
    if (pending) {
        pending->origin = origin;
        pending->shard = shard;
        pending->input = input_of(INPUT_NONE, batch->now_us);
    }
    return pending;
}

/* The next offset to read, in the batch's own list: one row a (shard, topic). */
static bool advance_offset(struct conductor *c, struct batch *batch, const struct bus_message *message) {
    if (mutation_is(offset_forgotten))
        return true;
    int64_t next = message->offset + 1 + (mutation_is(offset_ahead) ? message->offset % 4 == 2 : 0);
    const struct topic_known *topic = map_get(&c->topics, message->topic);
    struct text name = topic ? topic->name : message->topic;
    for (uint32_t i = batch->offsets.count; i-- > 0;) {
        struct store_offset *row = &vector_at(&batch->offsets, struct store_offset)[i];
        if (row->shard == message->partition && text_equal(row->topic, name)) {
            row->next = next;
            return true;
        }
    }
    struct store_offset *row = vector_new(&batch->offsets, batch->arena, struct store_offset);
    if (row)
        *row = (struct store_offset){message->partition, name, next};
    return row != NULL;
}

static enum outcome read_message(struct conductor *c, const struct topic_known *topic, struct batch *batch, const struct bus_message *message,
                                 struct pending *pending) {
    struct cloud_event *event = arena_new(batch->arena, struct cloud_event);   /* the input points into it */
    if (!event)
        return error_no_memory(&pending->error);
    if (message->header_count > LIMIT_headers_most)
        return error_set(&pending->error, OUTCOME_REJECT, "headers_too_many", "a message has at most headers_most (%d) headers",
                         LIMIT_headers_most);
    enum outcome outcome = cloud_event_read(batch->arena, message->value, message->headers, message->header_count, event,
                                            &pending->error);
    if (outcome == OUTCOME_OK)
        outcome = message_schemas_check(c->messages_known, event->type, &event->data, batch->arena, &pending->error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (topic->kind == TOPIC_INTAKE)
        return cloud_event_application(event, message->key, topic->region, batch->now_us, &pending->input, &pending->error);
    return cloud_event_answer(event, topic->department, topic->region, batch->now_us, &pending->input, &pending->error);
}

/* Which shard it belongs to is known: it is decided here, or carried there. */
static void place(struct conductor *c, struct batch *batch, struct pending *pending) {
    int32_t partition = pending->message->partition, shard = conductor_shard_of(c, pending->input.case_id);
    if (mutation_is(forward_omitted))
        shard = partition;
    if (mutation_is(forward_lost) && shard != partition)
        pending->forwarded = true;
    else if (shard != partition && !forward_write(batch, pending, shard)) {
        error_no_memory(&pending->error);
        pending->dead = true;
    }
}

static bool is_unnumbered(const struct pending *pending) {
    return pending->origin == ORIGIN_BUS && !pending->dead && text_is_none(pending->input.case_id);
}

/* Applications without a number get theirs, all of a batch at once. */
enum outcome intake_numbers(struct conductor *c, struct batch *batch, struct error *error) {
    struct pending *pending = batch->pending.at;
    uint32_t count = 0, asked = 0;
    for (uint32_t i = 0; i < batch->pending.count; i++)
        count += is_unnumbered(&pending[i]);
    struct store_number *numbers = count > 0 ? arena_new_array(batch->arena, count, struct store_number) : NULL;
    if (!numbers)
        return count > 0 ? error_no_memory(error) : OUTCOME_OK;
    for (uint32_t i = 0; i < batch->pending.count; i++)
        if (is_unnumbered(&pending[i]))
            numbers[asked++] = (struct store_number){.source = pending[i].input.source, .id = pending[i].input.id,
                                                     .region = pending[i].input.region, .at_us = batch->now_us};
    enum outcome outcome = c->ports.store.numbers(c->ports.store.context, numbers, count, batch->arena, error);
    for (uint32_t i = 0, at = 0; outcome == OUTCOME_OK && i < batch->pending.count; i++) {
        if (!is_unnumbered(&pending[i]))
            continue;
        const struct store_number *given = &numbers[at++];
        struct civil_date day = civil_from_days((given->at_us + TIME_CHINA_OFFSET_US) / TIME_DAY_US);
        pending[i].input.number = pending[i].input.case_id = case_number(batch->arena, given->region, day, given->value);
        if (text_is_none(pending[i].input.number))
            return error_no_memory(error);
        place(c, batch, &pending[i]);
    }
    return outcome;
}

enum outcome intake_message(struct conductor *c, struct batch *batch, const struct bus_message *message, struct error *error) {
    const struct topic_known *topic = map_get(&c->topics, message->topic);
    if (message->partition < 0 || message->partition >= c->shard_count || !c->shards[message->partition].owned || !topic)
        return OUTCOME_OK; /* fetched before the partition was given away */
    struct pending *pending = pending_add(batch, ORIGIN_BUS, message->partition);
    if (!pending || !advance_offset(c, batch, message))
        return error_no_memory(error);
    pending->message = message;
    enum outcome outcome = poison_name(c, batch, pending, error);
    if (outcome != OUTCOME_OK || pending->dead)
        return outcome;
    if (read_message(c, topic, batch, message, pending) != OUTCOME_OK) {
        pending->dead = true;
        return OUTCOME_OK;
    }
    if (message->timestamp_us > 0)
        pending->input.sent_us = message->timestamp_us;
    if (mutation_is(identity_lost))
        pending->input.source = pending->input.id = TEXT_NONE;
    if (!text_is_none(pending->input.case_id))   /* else it waits for its number */
        place(c, batch, pending);
    return OUTCOME_OK;
}

/* A message that came on another shard's partition, as it came; `case_id`: the number that it was given. */
static enum outcome read_carried(struct conductor *c, struct batch *batch, struct text case_id, struct pending *pending) {
    const struct topic_known *topic = map_get(&c->topics, pending->message->topic);
    if (!topic)
        return error_set(&pending->error, OUTCOME_REJECT, "topic_unknown", "no office has the topic %.*s any more",
                         TEXT_ARG(pending->message->topic));
    enum outcome outcome = read_message(c, topic, batch, pending->message, pending);
    if (outcome == OUTCOME_OK && text_is_none(pending->input.case_id))
        pending->input.number = pending->input.case_id = case_id;
    return outcome;
}

static enum outcome read_row(struct batch *batch, const struct store_inbox *row, struct pending *pending) {
    struct json object;
    enum outcome outcome = json_read(batch->arena, row->data, LIMIT_json_depth_most + 2, &object, &pending->error);
    return outcome == OUTCOME_OK ? input_read(batch->arena, &object, batch->now_us, &pending->input, &pending->error) : outcome;
}

enum outcome intake_inbox(struct conductor *c, struct batch *batch, const struct store_inbox *row, struct error *error) {
    struct pending *pending = pending_add(batch, ORIGIN_INBOX, row->shard);
    if (!pending)
        return error_no_memory(error);
    pending->row = row;
    struct text carried_case = TEXT_NONE;
    enum outcome read = OUTCOME_OK, named;
    if (forward_is_message(row))   /* only what we wrote around it: it is named by the place that it came from */
        read = forward_read(batch, row, &pending->message, &carried_case, &pending->error);
    if ((named = poison_name(c, batch, pending, error)) != OUTCOME_OK || pending->dead)
        return named;
    if (read == OUTCOME_OK)
        read = forward_is_message(row) ? read_carried(c, batch, carried_case, pending) : read_row(batch, row, pending);
    if (read != OUTCOME_OK) {
        pending->dead = true;
        return OUTCOME_OK;
    }
    if (text_is_none(pending->input.case_id))
        pending->input.case_id = row->case_id;
    if (conductor_shard_of(c, pending->input.case_id) != row->shard) { /* not ours to write */
        error_set(&pending->error, OUTCOME_REJECT, "case_elsewhere", "case %.*s does not belong to the number of this command",
                  TEXT_ARG(pending->input.case_id));
        pending->dead = true;
    }
    return OUTCOME_OK;
}

static enum outcome take_case(struct conductor *c, struct batch *batch, enum origin_kind origin, enum input_kind kind, int32_t shard,
                              struct text case_id, struct error *error) {
    struct pending *pending = pending_add(batch, origin, shard);
    if (!pending)
        return error_no_memory(error);
    pending->input.kind = kind;
    pending->input.case_id = case_id;
    return poison_name(c, batch, pending, error);
}

enum outcome intake_timer(struct conductor *c, struct batch *batch, const struct store_due *due, struct error *error) {
    return take_case(c, batch, ORIGIN_TIMER, INPUT_TIMER_FIRED, due->shard, due->case_id, error);
}

enum outcome intake_calendar(struct conductor *c, struct batch *batch, const struct store_case_place *place, struct error *error) {
    return take_case(c, batch, ORIGIN_CALENDAR, INPUT_CALENDAR_CHANGED, place->shard, place->case_id, error);
}
