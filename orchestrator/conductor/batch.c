/* One batch, one transaction: what has arrived is decided, written with the offsets it came from, and published. The
 * store works on one batch while the next is decided. */
#include "conductor/internal.h"

#include <stdlib.h>

/* The socket takes some hundred inputs' rows at a time, which the store has worked off within milliseconds. */
void batch_push(struct conductor *c, uint32_t done) {
    if (done % 16 == 0 && c->under_way)
        c->ports.store.commit_push(c->ports.store.context);
}

struct batch *batch_make(struct conductor *c) {
    int place = c->under_way == &c->batches[0];
    struct batch *batch = &c->batches[place];
    struct batch last = *batch;
    struct arena *arena = &c->batch_arenas[place];
    arena_reset(arena);
    c->unreadable = (struct vector){0};
    *batch = (struct batch){.arena = arena, .serial = ++c->batch_serial, .messages = c->messages[place],
                            .now_us = conductor_now(c) + (mutation_is(clock_ahead) ? TIME_SECOND_US : 0)};
    /* As much as the last one took: batches are alike, and rows are large. */
    vector_reserve(&batch->pending, arena, last.pending.count, sizeof(struct pending));
    vector_reserve(&batch->events, arena, last.events.count, sizeof(struct store_event));
    vector_reserve(&batch->commands_of, arena, last.commands_of.count, sizeof(struct event));
    vector_reserve(&batch->cases, arena, last.cases.count, sizeof(struct store_case));
    vector_reserve(&batch->steps, arena, last.steps.count, sizeof(struct store_step));
    vector_reserve(&batch->touched, arena, last.touched.count, sizeof(struct open_case *));
    return batch;
}

void batch_release(struct conductor *c, struct batch *batch) {
    if (batch->has_messages)
        c->ports.bus.release(c->ports.bus.context);
    batch->has_messages = false;
}

static void forget_touched(struct conductor *c, struct batch *batch) {
    for (uint32_t i = 0; i < batch->touched.count; i++) {
        struct open_case *open = vector_at(&batch->touched, struct open_case *)[i];
        open->touched = false;
        open->fresh = false;
        open->dirty = (struct vector){0};
    }
    for (int32_t i = 0; i < c->shard_count; i++)
        c->shards[i].touched = false;
}

/* The cases of the inputs from `begin` on that are not in memory; a sub-case that begins is none yet. */
static enum outcome load_cases(struct conductor *c, struct batch *batch, const struct vector *inputs, uint32_t begin, struct error *error) {
    struct text *ids = arena_new_array(batch->arena, inputs->count - begin + 1, struct text);
    uint32_t count = 0;
    if (!ids)
        return error_no_memory(error);
    for (uint32_t i = begin; i < inputs->count; i++) {
        const struct pending *pending = &vector_at(inputs, struct pending)[i];
        bool begins = pending->origin == ORIGIN_INTERNAL && pending->input.kind == INPUT_SUBMIT;
        if (!begins && !pending->dead && !pending->forwarded && !text_is_none(pending->input.case_id))
            ids[count++] = pending->input.case_id;
    }
    return cache_load(c, ids, count, batch->arena, error);
}

struct asked { struct text case_id; uint32_t place, first; };   /* an internal input; where its case's first one stands */

static int by_case(const void *a, const void *b) {
    const struct asked *one = a, *other = b;
    int order = text_compare(one->case_id, other->case_id);
    return order ? order : (one->place > other->place) - (one->place < other->place);
}

static int by_first(const void *a, const void *b) {
    const struct asked *one = a, *other = b;
    uint64_t here = (uint64_t)one->first << 32 | one->place, there = (uint64_t)other->first << 32 | other->place;
    return (here > there) - (here < there);
}

/* Internal inputs from `begin` on: a case's together and in their order, the cases in the order of their first ones. */
static struct asked *order_internal(struct batch *batch, uint32_t begin, uint32_t count) {
    struct asked *asked = arena_new_array(batch->arena, count, struct asked);
    if (!asked)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        asked[i] = (struct asked){vector_at(&batch->internal, struct pending)[begin + i].input.case_id, begin + i, begin + i};
    qsort(asked, count, sizeof *asked, by_case);
    for (uint32_t i = 1; i < count; i++)
        if (text_equal(asked[i].case_id, asked[i - 1].case_id))
            asked[i].first = asked[i - 1].first;
    qsort(asked, count, sizeof *asked, by_first);
    return asked;
}

/* What events asked of other cases of the same roots, and what those ask again. What fifty sub-cases of a batch tell
 * their parent comes one behind the other, and so stands in one row of the journal. */
static enum outcome decide_internal(struct conductor *c, struct batch *batch, struct error *error) {
    enum outcome outcome = OUTCOME_OK;
    for (uint32_t begin = 0, count; outcome == OUTCOME_OK && (count = batch->internal.count - begin) > 0; begin += count) {
        struct asked *asked = order_internal(batch, begin, count);
        outcome = asked ? load_cases(c, batch, &batch->internal, begin, error) : error_no_memory(error);
        for (uint32_t i = 0; outcome == OUTCOME_OK && i < count; i++) {
            struct pending pending = vector_at(&batch->internal, struct pending)[asked[i].place];   /* the vector may grow meanwhile */
            outcome = decide_pending(c, batch, &pending, error);
        }
    }
    batch->internal.count = 0;
    return outcome;
}

/* Decides everything that arrived, and behind it what that asks of other cases. */
static enum outcome decide_all(struct conductor *c, struct batch *batch, struct error *error) {
    enum outcome outcome = OUTCOME_OK;
    for (uint32_t i = 0; outcome == OUTCOME_OK && i < batch->pending.count; i++) {
        struct pending pending = vector_at(&batch->pending, struct pending)[i];
        if (pending.forwarded)
            continue;
        outcome = decide_pending(c, batch, &pending, error);
        if (outcome == OUTCOME_OK && batch->internal.count >= LIMIT_batch_inputs_most)   /* memory for so many is enough */
            outcome = decide_internal(c, batch, error);
        if (outcome == OUTCOME_OK)
            batch_push(c, ++batch->input_count);
    }
    return outcome == OUTCOME_OK ? decide_internal(c, batch, error) : outcome;
}

static struct store_batch store_batch_of(const struct batch *b) {
    return (struct store_batch){
        .shards = b->shards.at, .shard_count = b->shards.count, .offsets = b->offsets.at, .offset_count = b->offsets.count,
        .events = b->events.at, .event_count = b->events.count, .cases = b->cases.at, .case_count = b->cases.count,
        .steps = b->steps.at, .step_count = b->steps.count, .clocks = b->clocks.at, .clock_count = b->clocks.count,
        .timers = b->timers.at, .timer_count = b->timers.count,
        .incidents = b->incidents.at, .incident_count = b->incidents.count,
        .closings = b->closings.at, .closing_count = b->closings.count, .dead = b->dead.at, .dead_count = b->dead.count,
        .forwards = b->forwards.at, .forward_count = b->forwards.count,
        .inbox_done = b->inbox_done.at, .inbox_done_count = b->inbox_done.count,
        .answers = b->answers.at, .answer_count = b->answers.count, .unsent = b->unsent.at, .unsent_count = b->unsent.count,
        .calendars = b->calendars.at, .calendar_count = b->calendars.count,
        .notices = b->notices.at, .notice_count = b->notices.count,
    };
}

static void add_counters(struct conductor *c, const struct conductor_meters *counted) {
#define X(name, help)                                                                                                        \
    if (counted->name)                                                                                                       \
        METER_ADD(c, name, counted->name);
    CONDUCTOR_COUNTERS(X)
#undef X
}

static void measure_hand_offs(struct conductor *c, const struct batch *batch) {
    static const int64_t bounds_us[] = CONDUCTOR_HAND_OFF_BOUNDS_US;
    int64_t now_us = conductor_now(c);
    for (uint32_t i = 0; i < batch->commands_of.count; i++) {
        const struct event *event = &vector_at(&batch->commands_of, struct event)[i];
        if (event->sent_us == TIME_NONE)
            continue;
        int64_t took_us = now_us > event->sent_us ? now_us - event->sent_us : 0;
        int bucket = 0;
        while (bucket < CONDUCTOR_HAND_OFF_BUCKETS - 1 && took_us > bounds_us[bucket])
            bucket++;
        METER_ADD(c, hand_offs[bucket], 1);
        METER_ADD(c, hand_off_sum_us, took_us);
    }
}

/* A case that the batch behind this one has changed, too, is that one's to look after. */
static void settle_touched(struct conductor *c, struct batch *batch) {
    for (uint32_t i = 0; i < batch->touched.count; i++) {
        struct open_case *open = vector_at(&batch->touched, struct open_case *)[i];
        if (open->last_batch != batch->serial)
            continue;
        if (open->state.phase == CASE_CLOSED || open->state.version == 0)
            cache_forget(c, open);
        else
            cache_count(c, open);
    }
    cache_trim(c);
}

static void committed(struct conductor *c, struct batch *batch) {
    for (uint32_t i = 0; i < batch->shards.count; i++) {
        const struct store_shard *row = &vector_at(&batch->shards, struct store_shard)[i];
        c->shards[row->shard].written_published_seq = row->published_seq;
        c->shards[row->shard].committed_seq = row->next_seq - 1;
    }
    if (batch->has_notes) {
        c->put_aside = c->noted = (struct vector){0};
        arena_reset(&c->aside_arena);
    }
    calendar_committed(c, batch);
    add_counters(c, &batch->counted);
    METER_ADD(c, batches, 1);
    measure_hand_offs(c, batch);
}

void batch_publish(struct conductor *c, struct batch *batch) {
    publish_batch(c, batch);
    publish_dead_letters(c, batch);
    settle_touched(c, batch);
    batch_release(c, batch);
}

void batch_take_apart(struct conductor *c) {
    c->batch_most = 1;
    c->careful_left = c->settings.batch_inputs_most;
}

/* The database refused what was written and would again: the batch is taken apart, one input at a time, and an input
 * that is refused alone goes to the dead letters; a timer is put off, with an incident. */
static enum outcome refused(struct conductor *c, struct batch *batch, struct error *error) {
    if (batch->has_notes) {
        /* Notes of our own come with every batch: no input may be blamed for them. Their log lines stand. */
        log_error("notes_refused", "the database refused a batch with notes of the daemon's own; they are dropped",
                  LOG_INT("notes", c->put_aside.count + c->noted.count), LOG_STRING("why", error->message));
        c->put_aside = c->noted = (struct vector){0};
        arena_reset(&c->aside_arena);
        return OUTCOME_RETRY;
    }
    if (batch->pending.count > 1 || c->batch_most == 1) {
        log_error("batch_refused", "the database refused a batch; it is taken apart", LOG_INT("inputs", batch->pending.count),
                  LOG_STRING("why", error->message));
    }
    bool alone = batch->pending.count == 1;
    batch_take_apart(c);
    if (!alone)
        return OUTCOME_RETRY;
    struct pending pending = vector_at(&batch->pending, struct pending)[0];
    struct batch only = {.arena = batch->arena, .now_us = batch->now_us, .offsets = batch->offsets,
                         .calendars = batch->calendars};
    bool is_due = pending.origin == ORIGIN_TIMER || pending.origin == ORIGIN_CALENDAR;
    pending.error = *error;
    if (is_due) {   /* not at once again, and not never: the timer's matter from now on */
        pending.origin = ORIGIN_TIMER;
        pending.dead = true;
    }
    if (!(is_due ? rows_timer_refused(c, &only, &pending, true) : rows_problem(&only, &pending)))
        return error_no_memory(error);
    /* The state in memory is ahead of the store: sequence numbers are read again, so only the refusal is written. */
    for (uint32_t i = 0; i < batch->shards.count; i++) {
        struct store_shard *row = vector_new(&only.shards, only.arena, struct store_shard);
        if (!row)
            return error_no_memory(error);
        *row = vector_at(&batch->shards, struct store_shard)[i];
        for (uint32_t j = 0; j < batch->events.count; j++)
            row->next_seq -= vector_at(&batch->events, struct store_event)[j].shard == row->shard;
    }
    struct store_batch rows = store_batch_of(&only);
    int32_t *fenced;
    uint32_t fenced_count;
    store_commit_whole(&c->ports.store, &rows, batch->arena, &fenced, &fenced_count, error);
    return OUTCOME_RETRY; /* and everything is taken afresh, from the truth */
}

enum outcome batch_decide(struct conductor *c, struct batch *batch, struct error *error) {
    batch->begun_us = conductor_monotonic(c);
    c->doubtful = false;
    enum outcome outcome = load_cases(c, batch, &batch->pending, 0, error);
    if (outcome == OUTCOME_OK)
        outcome = decide_all(c, batch, error);
    if (c->doubtful) /* what was decided so is worth nothing: unknown is not the same as not asked */
        outcome = error_set(error, OUTCOME_RETRY, "doubtful", "a definition or memory was not to be had");
    if (outcome == OUTCOME_OK && !rows_gather(c, batch))
        outcome = error_no_memory(error);
    if (outcome == OUTCOME_OK)
        return OUTCOME_OK;
    forget_touched(c, batch);
    return OUTCOME_RETRY; /* nothing was written: the shards are taken afresh */
}

/* What its fate means for the conductor. */
static enum outcome conclude(struct conductor *c, struct batch *batch, enum store_fate fate, uint32_t fenced_count,
                             struct error *error) {
    METER_SET(c, batch_inputs_last, (int64_t)batch->input_count);
    METER_SET(c, batch_microseconds_last, conductor_monotonic(c) - batch->begun_us);
    if ((mutation_is(unknown_is_done) && fate == STORE_UNKNOWN) || (mutation_is(refused_is_done) && fate == STORE_REFUSED) ||
        (mutation_is(away_is_done) && fate == STORE_AWAY) || (mutation_is(fenced_is_done) && fate == STORE_FENCED))
        fate = STORE_COMMITTED;
    if (fate == STORE_COMMITTED) {
        committed(c, batch);
        if (c->careful_left > 0 && batch->pending.count > 0 && --c->careful_left == 0) {
            c->batch_most = c->settings.batch_inputs_most;
            c->careful = c->settings.crashed = false;
        }
        return OUTCOME_OK;
    }
    METER_ADD(c, batches_lost, 1);
    if (fate == STORE_FENCED) {
        METER_ADD(c, fenced, fenced_count);
        log_warn("fenced", "shards were taken by another daemon", LOG_INT("shards", fenced_count));
        return error_set(error, OUTCOME_RETRY, "fenced", "shards were taken by another daemon");
    }
    if (fate == STORE_AWAY && batch->pending.count > 1 && strcmp(error->code, "store_busy") == 0)
        batch_take_apart(c);   /* as large as it was it may take too long every time */
    return fate == STORE_REFUSED ? refused(c, batch, error) : OUTCOME_RETRY;
}

enum outcome batch_send(struct conductor *c, struct batch *batch, struct error *error) {
    struct store_batch rows = store_batch_of(batch);
    if (mutation_is(publish_before_commit))
        publish_batch(c, batch);
    enum store_fate fate = c->ports.store.commit_begin(c->ports.store.context, &rows, error);
    forget_touched(c, batch);
    if (fate != STORE_UNDER_WAY) {
        enum outcome outcome = conclude(c, batch, fate, 0, error);
        if (outcome == OUTCOME_OK)   /* a mutation's */
            batch_publish(c, batch);
        return outcome;
    }
    c->under_way = batch;
    return OUTCOME_OK;
}

enum outcome batch_land(struct conductor *c, struct batch **ret_landed, struct error *error) {
    struct batch *batch = c->under_way;
    int32_t *fenced = NULL;
    uint32_t fenced_count = 0;
    *ret_landed = NULL;
    if (!batch)
        return OUTCOME_OK;
    enum store_fate fate = c->ports.store.commit_end(c->ports.store.context, batch->arena, &fenced, &fenced_count, error);
    c->under_way = NULL;
    enum outcome outcome = conclude(c, batch, fate, fenced_count, error);
    if (outcome == OUTCOME_OK)
        *ret_landed = batch;
    else
        batch_release(c, batch);
    return outcome;
}
