/* Messages that can't be sent: each is put aside, with an incident, and the flow goes on behind it. Which ones were is
 * kept until everything before them has arrived, so that going back over the journal does not meet them again. */
#include "conductor/internal.h"

#include "wire/event_codec.h"

bool aside_has(const struct shard *shard, int64_t seq) {
    for (uint32_t i = 0; i < shard->aside_count; i++)
        if (shard->aside[i] == seq)
            return true;
    return false;
}

bool aside_waits(const struct conductor *c, const struct shard *shard) {
    for (uint32_t i = 0; i < c->put_aside.count; i++)
        if (vector_at(&c->put_aside, struct store_unsent)[i].shard == shard->number)
            return true;
    return false;
}

void aside_pass(struct shard *shard, int64_t acknowledged) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < shard->aside_count; i++)
        if (shard->aside[i] > acknowledged)
            shard->aside[kept++] = shard->aside[i];
    shard->aside_count = kept;
}

static bool keep_seq(struct shard *shard, int64_t seq) {
    if (shard->aside_count == shard->aside_room) {
        uint32_t room = shard->aside_room ? shard->aside_room * 2 : 16;
        int64_t *grown = memory_resize(shard->aside, sizeof *grown * room);
        if (!grown)
            return false;
        shard->aside = grown;
        shard->aside_room = room;
    }
    shard->aside[shard->aside_count++] = seq;
    return true;
}

static bool is_task_topic(struct conductor *c, struct text topic) {
    const struct topic_known *known = text_is_none(topic) ? NULL : map_get(&c->topics, topic);
    return known && known->kind == TOPIC_TASK;
}

void aside_put(struct conductor *c, struct shard *shard, int64_t seq, struct text topic, const char *reason) {
    if (aside_has(shard, seq))
        return;
    struct arena *arena = &c->aside_arena;
    struct text why = text_copy(arena, text_from(reason)), id = text_format(arena, "unsent:%d:%lld", shard->number, (long long)seq);
    struct store_unsent *row = text_is_none(why) || text_is_none(id) ? NULL : vector_new(&c->put_aside, arena, struct store_unsent);
    if (!row || !keep_seq(shard, seq)) {
        c->put_aside.count -= row != NULL;
        return; /* it is tried again */
    }
    *row = (struct store_unsent){.shard = shard->number, .seq = seq, .topic = text_is_none(topic) ? TEXT("") : topic, .reason = why,
                                 .at_us = conductor_now(c)};
    shard->stalled_since_us = 0;
    shard->resume_at_us = 0;
    METER_ADD(c, unsent, 1);
    if (!is_task_topic(c, topic))   /* nobody waits for it; a task's case opens an incident of its own (aside_gather) */
        note_incident(c, shard->number, TEXT_NONE, id, TEXT("unsent"),
                      text_format(arena, "{\"shard\":%d,\"seq\":%lld}", shard->number, (long long)seq));
    log_error("unsent", "a message can't be published and was put aside", LOG_INT("shard", shard->number),
              LOG_INT("seq", seq), LOG_TEXT("topic", topic), LOG_STRING("why", reason));
}

/* The event that asked for the message says whose task it is. */
static enum outcome read_input(struct conductor *c, struct batch *batch, const struct store_unsent *row, struct input *ret,
                               struct error *error) {
    struct store_event *rows = NULL;
    uint32_t count = 0;
    struct event event;
    struct command_list commands;
    enum outcome outcome = c->ports.store.events_after(c->ports.store.context, row->shard, row->seq - 1, 1, batch->arena, &rows,
                                                       &count, error);
    if (outcome != OUTCOME_OK || count == 0)
        return outcome;
    outcome = event_read(batch->arena, rows->kind, (uint32_t)rows->version, rows->at_us, rows->step, rows->data, &event, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    engine_commands(rows->case_id, &event, &commands);
    if (commands.count == 0 || text_is_none(commands.at[0].department))
        return OUTCOME_OK;
    *ret = input_of(INPUT_UNSENT, batch->now_us);
    ret->case_id = rows->case_id;
    ret->step = event.step;
    ret->index = event.index;
    ret->attempt = event.attempt;
    ret->undo = commands.at[0].message == MESSAGE_COMPENSATE ? event.ordinal : 0;
    ret->department = event.department;
    ret->region = event.region;
    ret->source = TEXT("yijianshi:unsent");
    ret->id = text_copy(batch->arena, text_from(commands.at[0].id));
    ret->reason = row->reason;
    return text_is_none(ret->id) ? error_no_memory(error) : OUTCOME_OK;
}

enum outcome aside_gather(struct conductor *c, struct batch *batch, struct error *error) {
    for (uint32_t i = 0; i < c->put_aside.count; i++) {
        const struct store_unsent *row = &vector_at(&c->put_aside, struct store_unsent)[i];
        struct input input = {.kind = INPUT_NONE};
        enum outcome outcome = is_task_topic(c, row->topic) ? read_input(c, batch, row, &input, error) : OUTCOME_OK;
        if (outcome != OUTCOME_OK)
            return outcome;
        if (input.kind == INPUT_NONE)
            continue;
        struct pending *pending = vector_new(&batch->pending, batch->arena, struct pending);
        if (!pending)
            return error_no_memory(error);
        *pending = (struct pending){.origin = ORIGIN_INTERNAL, .shard = row->shard, .input = input};
    }
    return OUTCOME_OK;
}

int64_t aside_settled(const struct conductor *c, const struct shard *shard) {
    int64_t settled = publish_acknowledged(shard);
    for (uint32_t i = 0; i < c->put_aside.count; i++) {
        const struct store_unsent *row = &vector_at(&c->put_aside, struct store_unsent)[i];
        if (row->shard == shard->number && row->seq <= settled)
            settled = row->seq - 1;
    }
    return settled;
}

/* What was to be written of a shard that is ours no more is another's to find out. -1: of all. */
void aside_forget(struct conductor *c, int32_t shard) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < c->put_aside.count; i++)
        if (shard >= 0 && vector_at(&c->put_aside, struct store_unsent)[i].shard != shard)
            vector_at(&c->put_aside, struct store_unsent)[kept++] = vector_at(&c->put_aside, struct store_unsent)[i];
    c->put_aside.count = kept;
    kept = 0;
    for (uint32_t i = 0; i < c->noted.count; i++)
        if (shard >= 0 && vector_at(&c->noted, struct store_incident)[i].shard != shard)
            vector_at(&c->noted, struct store_incident)[kept++] = vector_at(&c->noted, struct store_incident)[i];
    c->noted.count = kept;
    if (c->put_aside.count + c->noted.count == 0) {
        c->put_aside = c->noted = (struct vector){0};
        arena_reset(&c->aside_arena);
    }
    if (shard >= 0)
        c->shards[shard].aside_count = 0;
}
