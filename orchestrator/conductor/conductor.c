/* The conductor's turn: what is done, and in which order. */
#include "conductor/internal.h"

#define BATCH_ARENA_MOST ((size_t)256 << 20)

enum outcome conductor_create(const struct conductor_settings *settings, const struct conductor_ports *ports,
                              const struct directory *directory, struct conductor **ret, struct error *error) {
    struct conductor *c = memory_alloc(sizeof *c);
    if (!c)
        return error_no_memory(error);
    c->settings = *settings;
    c->ports = *ports;
    arena_init(&c->arena, (size_t)16 << 20);
    for (int i = 0; i < 2; i++)
        arena_init(&c->batch_arenas[i], BATCH_ARENA_MOST);
    arena_init(&c->catch_up_arena, BATCH_ARENA_MOST);
    arena_init(&c->journal_arena, BATCH_ARENA_MOST);
    arena_init(&c->turn_arena, (size_t)64 << 20);
    arena_init(&c->current_arena, (size_t)64 << 20);
    arena_init(&c->aside_arena, (size_t)16 << 20);
    arena_init(&c->dead_arena, (size_t)16 << 20);
    buffer_init(&c->scratch, LIMIT_case_state_bytes_most);
    map_init(&c->topics);
    map_init(&c->task_logs);
    map_init(&c->cases);
    map_init(&c->definitions);
    map_init(&c->current);
    list_init(&c->cases_by_use);
    c->settings.instance = text_copy(&c->arena, settings->instance);
    c->settings.region = text_copy(&c->arena, settings->region);
    c->batch_most = settings->batch_inputs_most;
    enum outcome outcome = message_schemas_make(&c->arena, &c->messages_known, error);
    if (outcome != OUTCOME_OK) {
        conductor_free(c);
        return outcome;
    }
    if (text_is_none(c->settings.instance) || text_is_none(c->settings.region)) {
        conductor_free(c);
        return error_no_memory(error);
    }
    conductor_set_directory(c, directory);
    *ret = c;
    return OUTCOME_OK;
}

const struct topic_known *conductor_know_topic(struct conductor *c, struct text name) {
    struct topic_known *topic = map_get(&c->topics, name);
    if (topic)
        return topic;
    topic = arena_new(&c->arena, struct topic_known);
    if (!topic || text_is_none(topic->name = text_copy(&c->arena, name)))
        return NULL;
    topic->kind = topic_parse(&c->arena, topic->name, &topic->region, &topic->department);
    return map_put(&c->topics, topic->name, topic) ? topic : NULL;
}

static void know_topic(struct conductor *c, struct text region, struct text department, const char *suffix) {
    struct text name = topic_name(&c->turn_arena, region, department, suffix);
    if (!text_is_none(name))
        conductor_know_topic(c, name);
}

void conductor_set_directory(struct conductor *c, const struct directory *directory) {
    c->directory = directory;
    know_topic(c, c->settings.region, TEXT_NONE, "intake.v1");
    for (uint16_t i = 0; directory && i < directory->count; i++)
        for (uint16_t j = 0; j < directory->departments[i].office_count; j++)
            know_topic(c, directory->departments[i].offices[j].region, directory->departments[i].id, "result.v1");
    c->assignment_stale = true;
}

bool conductor_is_reading(const struct conductor *c) {
    return c->store_open && !c->draining && !publish_is_full(c);
}

void conductor_hint_inbox(struct conductor *c) { c->inbox_hint = true; }

void conductor_free(struct conductor *c) {
    if (!c)
        return;
    cache_forget_shard(c, -1);
    calendar_free_all(c);
    map_each(&c->definitions, slot) {
        definitions_forget(slot->value);
    }
    for (int32_t i = 0; i < c->shard_count; i++) {
        memory_free(c->shards[i].ring);
        memory_free(c->shards[i].aside);
    }
    memory_free(c->shards);
    message_schemas_free(c->messages_known);
    map_free(&c->topics);
    map_free(&c->task_logs);
    map_free(&c->cases);
    map_free(&c->definitions);
    map_free(&c->current);
    arena_free(&c->arena);
    for (int i = 0; i < 2; i++)
        arena_free(&c->batch_arenas[i]);
    arena_free(&c->catch_up_arena);
    arena_free(&c->journal_arena);
    arena_free(&c->turn_arena);
    arena_free(&c->current_arena);
    arena_free(&c->aside_arena);
    arena_free(&c->dead_arena);
    buffer_free(&c->scratch);
    memory_free(c);
}

void conductor_read_meters(const struct conductor *c, struct conductor_meters *ret) {
#define X(name, help) ret->name = __atomic_load_n(&c->meters.name, __ATOMIC_RELAXED);
    CONDUCTOR_COUNTERS(X)
    CONDUCTOR_GAUGES(X)
#undef X
    for (int i = 0; i < CONDUCTOR_HAND_OFF_BUCKETS; i++)
        ret->hand_offs[i] = __atomic_load_n(&c->meters.hand_offs[i], __ATOMIC_RELAXED);
    ret->hand_off_sum_us = __atomic_load_n(&c->meters.hand_off_sum_us, __ATOMIC_RELAXED);
}

/* The partition stands still until somebody decides where to go on: said as an incident that names both ends. */
static void note_offset_gone(struct conductor *c, const struct bus_notice *notice) {
    struct text id = text_format(&c->aside_arena, "%s@%d", notice->topic, notice->partition);
    struct text message = text_format(&c->aside_arena, "{\"topic\":\"%s\",\"partition\":%d,\"offset\":%lld,\"low\":%lld,\"high\":%lld}",
                                      notice->topic, notice->partition, (long long)notice->offset, (long long)notice->low,
                                      (long long)notice->high);
    note_incident(c, notice->partition, TEXT_NONE, id, TEXT("offset_gone"), message);
}

static void take_notices(struct conductor *c) {
    struct bus_notice notice;
    while (c->ports.bus.notices(c->ports.bus.context, &notice, 1) == 1) {
        switch (notice.kind) {
        case BUS_NOTICE_AWAY:
            METER_SET(c, bus_up, 0);
            c->bus_told_away = true;
            log_warn("bus_away", "no broker answers; trying again until one does", LOG_STRING("why", notice.reason));
            break;
        case BUS_NOTICE_BACK:
            METER_SET(c, bus_up, 1);
            publish_bus_back(c, conductor_monotonic(c));
            if (c->bus_told_away)
                log_info("bus_back", "the broker answers");
            c->bus_told_away = false;
            break;
        case BUS_NOTICE_OFFSET_GONE:
            log_error("offset_gone", "a partition's position lies outside its log: it is stopped, see the incident",
                      LOG_STRING("topic", notice.topic), LOG_INT("partition", notice.partition),
                      LOG_INT("offset", notice.offset), LOG_INT("low", notice.low), LOG_INT("high", notice.high));
            note_offset_gone(c, &notice);
            break;
        case BUS_NOTICE_TOPIC_MISSING:
            log_warn("topic_missing", "a topic is not there yet; yjsctl topic apply makes it", LOG_STRING("topic", notice.topic));
            break;
        case BUS_NOTICE_LOG_BEGINS:
            again_begins(c, &notice);
            break;
        case BUS_NOTICE_FATAL:
            log_error("bus_fatal", "the broker's client can't go on; starting afresh", LOG_STRING("why", notice.reason));
            c->ports.bus.stop(c->ports.bus.context, 0);
            c->bus_started = false;
            ownership_drop_all(c, "the broker's client was started afresh");
            return;
        }
    }
}

/* A row that the batch under way takes out of the inbox stands there still. Its ids ascend, as they were read. */
static bool takes_command(const struct batch *under_way, int64_t id) {
    const int64_t *ids = under_way ? under_way->inbox_done.at : NULL;
    uint32_t low = 0, high = under_way ? under_way->inbox_done.count : 0;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (ids[middle] == id)
            return true;
        if (ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* A timer that the batch under way has used or moved stands in the store still. */
static bool is_moved(struct conductor *c, const struct store_due *due) {
    const struct open_case *open = cache_find(c, due->case_id);
    return open && open->timer_known && (open->timer_at_us == TIME_NONE || open->timer_at_us > due->due_at_us);
}

/* One of so many parts of a batch. Where a batch is smaller than that it is all of one in so many batches: `turn` says which. */
static uint32_t part_of(const struct conductor *c, const struct batch *batch, uint32_t parts, uint32_t turn) {
    return (c->batch_most + (batch->serial + turn) % parts) / parts;
}

/* Answers before new work: however many commands wait, three quarters of a batch are the bus's when it has so much, and all
 * of it when the inbox is not looked into now. What has begun is finished first, so that more work than can be done waits
 * in the inbox, where the API sees it and refuses. */
static enum outcome gather_messages(struct conductor *c, struct batch *batch, uint32_t most, struct error *error) {
    uint32_t count = most > 0 ? c->ports.bus.poll(c->ports.bus.context, 0, batch->messages, most) : 0;
    enum outcome outcome = OUTCOME_OK;
    batch->has_messages = count > 0;
    for (uint32_t i = 0; i < count && outcome == OUTCOME_OK; i++) {
        batch_push(c, i);
        outcome = intake_message(c, batch, &batch->messages[i], error);
    }
    return outcome;
}

static enum outcome gather_inbox(struct conductor *c, struct batch *batch, const int32_t *owned, uint32_t owned_count, uint32_t most,
                                 struct error *error) {
    struct store_inbox *rows = NULL;
    uint32_t count = 0;
    enum outcome outcome =
        c->ports.store.inbox(c->ports.store.context, owned, owned_count, most, batch->arena, &rows, &count, error);
    for (uint32_t i = 0; i < count && outcome == OUTCOME_OK; i++)
        if (!takes_command(c->under_way, rows[i].id) || mutation_is(inbox_again))
            outcome = intake_inbox(c, batch, &rows[i], error);
    c->inbox_hint = count == most; /* there may be more */
    return outcome;
}

static enum outcome gather_timers(struct conductor *c, struct batch *batch, const int32_t *owned, uint32_t owned_count,
                                  uint32_t most, struct error *error) {
    struct store_due *due = NULL;
    uint32_t count = 0;
    enum outcome outcome = c->ports.store.timers(c->ports.store.context, owned, owned_count, batch->now_us, most,
                                                 batch->arena, &due, &count, error);
    for (uint32_t i = 0; i < count && outcome == OUTCOME_OK; i++)
        if (!c->under_way || !is_moved(c, &due[i]))
            outcome = intake_timer(c, batch, &due[i], error);
    return outcome;
}

/* Everything that has arrived, at most batch_most inputs. Whoever is looked at has a part that those before him leave: however
 * much they have, and be a batch one input, he comes to his turn. */
static enum outcome gather(struct conductor *c, struct batch *batch, int64_t monotonic_us, struct error *error) {
    int32_t *owned = arena_new_array(batch->arena, (size_t)c->shard_count, int32_t);
    uint32_t owned_count = 0;
    if (!owned)
        return error_no_memory(error);
    for (int32_t i = 0; i < c->shard_count; i++)
        if (c->shards[i].owned)
            owned[owned_count++] = i;
    if (owned_count == 0)
        return OUTCOME_OK;
    bool reads_inbox = c->inbox_hint || monotonic_us >= c->inbox_at_us, reads_timers = monotonic_us >= c->timers_at_us;
    uint32_t of_calendar = calendar_is_behind(c) ? part_of(c, batch, 8, 0) : 0;
    uint32_t of_timers = reads_timers ? part_of(c, batch, 8, 2) : 0;
    uint32_t of_inbox = reads_inbox ? part_of(c, batch, 4, 1) : 0;
    uint32_t most = c->batch_most - of_calendar - of_timers;
    enum outcome outcome = gather_messages(c, batch, most - of_inbox, error);
    if (outcome == OUTCOME_OK && reads_inbox && batch->pending.count < most) {
        c->inbox_at_us = monotonic_us + c->settings.inbox_poll_us;
        outcome = gather_inbox(c, batch, owned, owned_count, most - batch->pending.count, error);
    }
    if (outcome == OUTCOME_OK && reads_timers && batch->pending.count < most + of_timers) {
        c->timers_at_us = monotonic_us + c->settings.inbox_poll_us;
        outcome = gather_timers(c, batch, owned, owned_count, most + of_timers - batch->pending.count, error);
    }
    if (outcome == OUTCOME_OK)
        outcome = calendar_gather(c, batch, error);
    if (outcome == OUTCOME_OK && batch->pending.count == 0 && most == of_inbox)   /* nobody took the turn that was not the bus's */
        outcome = gather_messages(c, batch, c->batch_most, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    /* without memory what was gathered is not whole, and nothing of it is looked at */
    outcome = batch->arena->failed ? error_no_memory(error) : intake_numbers(c, batch, error);
    if (outcome == OUTCOME_OK)
        outcome = intake_materials(c, batch, error);
    if (outcome == OUTCOME_OK)
        outcome = aside_gather(c, batch, error);
    return batch->arena->failed ? error_no_memory(error) : outcome;
}

/* Nothing to decide: now and then the store is told how far publication has come; at once what was put aside, for which the flow
 * behind it waits. */
static bool has_to_mark(struct conductor *c, int64_t monotonic_us) {
    bool behind = c->put_aside.count > 0 || c->noted.count > 0;
    if (monotonic_us < c->mark_at_us && c->put_aside.count == 0)
        return false;
    c->mark_at_us = monotonic_us + c->settings.heartbeat_us;
    for (int32_t i = 0; i < c->shard_count; i++)
        behind |= c->shards[i].owned && publish_acknowledged(&c->shards[i]) != c->shards[i].written_published_seq;
    return behind;
}

/* After anything doubtful: from the truth again; what was too much together may go alone. */
static void drop_all(struct conductor *c, const struct error *why) {
    if (strcmp(why->code, "out_of_memory") == 0)
        batch_take_apart(c);
    ownership_drop_all(c, why->message);
}

/* False: it went wrong, and the shards were dropped. */
static bool land(struct conductor *c) {
    struct error error = {0};
    struct batch *landed;
    if (batch_land(c, &landed, &error) != OUTCOME_OK) {
        drop_all(c, &error);
        return false;
    }
    if (landed)
        batch_publish(c, landed);
    return true;
}

/* Takes what has come, decides it while the store still has the batch before, waits for that one, and hands over this.
 * The store is given this one before the other's messages leave: it is the slower of the two.
 * Inputs tried one at a time, notes of the daemon's own and the cases that a calendar moves go alone. True when something
 * was done. */
static bool run_batch(struct conductor *c, int64_t monotonic_us) {
    struct error error = {0};
    bool alone = c->careful || c->batch_most < c->settings.batch_inputs_most || c->put_aside.count + c->noted.count > 0 ||
                 calendar_is_behind(c);
    if (alone && !land(c))
        return true;
    struct batch *batch = batch_make(c);
    enum outcome outcome = gather(c, batch, monotonic_us, &error);
    bool is_empty = outcome == OUTCOME_OK && batch->pending.count == 0 && batch->calendars.count == 0;
    if (is_empty && (c->under_way || !has_to_mark(c, monotonic_us))) {
        bool worked = c->under_way && (land(c), true);   /* its messages were read before these, which are none of ours */
        batch_release(c, batch);
        return worked;
    }
    if (outcome == OUTCOME_OK)
        outcome = batch_decide(c, batch, &error);
    /* What the store has in hand is waited for in any case: it may well be done. */
    struct error lost = {0};
    struct batch *before;
    bool landed = batch_land(c, &before, &lost) == OUTCOME_OK || mutation_is(goes_on_after_loss);
    bool sent = outcome == OUTCOME_OK && landed && batch_send(c, batch, &error) == OUTCOME_OK;
    if (before)
        batch_publish(c, before);
    if (sent)
        return !alone || (land(c), true);
    if (outcome != OUTCOME_OK && strcmp(error.code, "out_of_memory") == 0)
        poison_no_room(c, batch);
    batch_release(c, batch);
    drop_all(c, outcome == OUTCOME_OK && !landed ? &lost : &error);
    return true;
}

enum outcome conductor_turn(struct conductor *c, int64_t *ret_wake_at_us, struct error *error) {
    int64_t now = conductor_monotonic(c);
    *ret_wake_at_us = now + c->settings.inbox_poll_us;
    arena_reset(&c->turn_arena);
    if (!c->bus_started) {
        enum outcome outcome = c->ports.bus.start(c->ports.bus.context, error);
        if (outcome == OUTCOME_FATAL || outcome == OUTCOME_REJECT)
            return OUTCOME_FATAL;
        c->bus_started = outcome == OUTCOME_OK;
        c->assignment_stale = true;
    }
    take_notices(c);
    if (!c->store_open) {
        enum outcome outcome = ownership_open_store(c, now);
        if (outcome == OUTCOME_FATAL)
            return error_set(error, OUTCOME_FATAL, "store_unusable", "the database can't be used; see the log");
        if (outcome != OUTCOME_OK) {
            *ret_wake_at_us = c->reopen_at_us;
            return OUTCOME_OK;
        }
    }
    if (c->assignment_stale)
        ownership_assign(c);
    if (c->store_open && (c->draining || now >= c->heartbeat_at_us || now >= c->calendar_at_us))
        land(c);
    if (c->store_open && !c->draining)
        ownership_keep(c, now);
    if (c->store_open && c->assignment_stale)
        ownership_assign(c);
    publish_deliveries(c, now);
    publish_dead_again(c);
    if (c->store_open)
        publish_catch_up(c, now);
    if (!c->store_open || c->draining)
        return OUTCOME_OK;
    bool more = again_turn(c, now);
    definitions_refresh(c, now);
    if (!calendar_keep(c, now))
        return OUTCOME_OK;
    if (publish_is_full(c)) {
        land(c);
        *ret_wake_at_us = now + 5000;
        return OUTCOME_OK;
    }
    *ret_wake_at_us = run_batch(c, now) || more ? now : publish_next_resume(c, *ret_wake_at_us);
    return OUTCOME_OK;
}

static bool has_to_send(const struct conductor *c) {
    bool behind = false;
    for (int32_t i = 0; i < c->shard_count; i++)
        behind |= c->shards[i].owned && (c->shards[i].open > 0 || c->shards[i].sent_seq < c->shards[i].committed_seq);
    return behind;
}

bool conductor_drain(struct conductor *c, int64_t until_monotonic_us) {
    c->draining = true;
    int64_t wake;
    struct error error = {0};
    if (conductor_turn(c, &wake, &error) == OUTCOME_OK && has_to_send(c) && conductor_monotonic(c) < until_monotonic_us)
        return false;
    struct vector leaving = {0};
    for (int32_t i = 0; i < c->shard_count; i++) {
        struct shard *shard = &c->shards[i];
        struct store_shard *row = shard->owned ? vector_new(&leaving, &c->turn_arena, struct store_shard) : NULL;
        if (row)
            *row = (struct store_shard){.shard = i, .epoch = shard->epoch, .next_seq = shard->next_seq,
                                        .published_seq = aside_settled(c, shard)};
    }
    if (leaving.count > 0 && c->store_open)
        c->ports.store.let_go(c->ports.store.context, leaving.at, leaving.count, &error);
    if (c->store_open)
        c->ports.store.leave(c->ports.store.context, c->settings.instance, &error);
    for (int32_t i = 0; i < c->shard_count; i++)
        ownership_drop(c, i);
    return true;
}
