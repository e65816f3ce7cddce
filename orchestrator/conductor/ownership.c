/* Which shards are ours: PostgreSQL alone decides (DESIGN §5 "Shards"); this file asks it and tells the bus. */
#include "conductor/internal.h"
#include "conductor/shares.h"

#define REOPEN_FIRST_US (100 * INT64_C(1000))
#define REOPEN_MOST_US (5 * TIME_SECOND_US)

/* The store is opened again after a while, longer each time. */
static void reopen_later(struct conductor *c, int64_t monotonic_us) {
    c->store_open = false;
    METER_SET(c, store_up, 0);
    METER_SET(c, ready, 0);
    c->reopen_wait_us = c->reopen_wait_us == 0 ? REOPEN_FIRST_US : c->reopen_wait_us * 2;
    if (c->reopen_wait_us > REOPEN_MOST_US)
        c->reopen_wait_us = REOPEN_MOST_US;
    c->reopen_at_us = monotonic_us + c->reopen_wait_us;
}

enum outcome ownership_open_store(struct conductor *c, int64_t monotonic_us) {
    struct error error = {0};
    if (monotonic_us < c->reopen_at_us)
        return OUTCOME_RETRY;
    enum outcome outcome = c->ports.store.open(c->ports.store.context, &error);
    if (outcome != OUTCOME_OK) {
        if (!c->store_away_said)
            log_warn("store_away", "the database can't be used; trying again until it can", LOG_STRING("code", error.code),
                     LOG_STRING("why", error.message));
        c->store_away_said = true;
        reopen_later(c, monotonic_us);
        return outcome == OUTCOME_FATAL ? OUTCOME_FATAL : OUTCOME_RETRY;
    }
    int32_t count = c->ports.store.shard_count(c->ports.store.context);
    if (c->shard_count != count) {
        memory_free(c->shards);
        c->shards = memory_alloc(sizeof(struct shard) * (size_t)count);
        if (!c->shards)
            return OUTCOME_FATAL;
        c->shard_count = count;
        for (int32_t i = 0; i < count; i++)
            c->shards[i].number = i;
    }
    if (c->store_away_said)
        log_info("store_back", "the database answers");
    c->store_open = true;
    c->store_away_said = false;
    c->reopen_wait_us = 0;
    c->heartbeat_at_us = c->definitions_at_us = 0;
    c->look_for_mine = true;
    METER_SET(c, store_up, 1);
    return OUTCOME_OK;
}

void ownership_drop(struct conductor *c, int32_t number) {
    struct shard *shard = &c->shards[number];
    if (!shard->owned)
        return;
    shard->owned = false;
    publish_forget(shard, c);
    aside_forget(c, number);
    if (!mutation_is(cache_kept))
        cache_forget_shard(c, number);
    c->assignment_stale = true;
    METER_ADD(c, shards_owned, -1);
}

void ownership_drop_all(struct conductor *c, const char *why) {
    log_warn("shards_dropped", "what was in memory is forgotten; the truth is read again", LOG_STRING("why", why));
    c->ports.store.close(c->ports.store.context); /* until then a batch under way may be looked at */
    if (c->under_way)
        batch_release(c, c->under_way);
    c->under_way = NULL;
    for (int32_t i = 0; i < c->shard_count; i++)
        ownership_drop(c, i);
    c->ports.bus.purge(c->ports.bus.context);
    reopen_later(c, conductor_monotonic(c));
    ownership_assign(c);
}

static bool is_member(const struct text *members, uint32_t count, struct text name) {
    for (uint32_t i = 0; i < count; i++)
        if (text_equal(members[i], name))
            return true;
    return false;
}

/* `shares`: whose each shard is to be. */
static enum outcome give_away(struct conductor *c, const struct text *shares, struct error *error) {
    struct vector leaving = {0};
    for (int32_t i = 0; i < c->shard_count; i++) {
        struct shard *shard = &c->shards[i];
        if (!shard->owned || text_equal(shares[i], c->settings.instance))
            continue;
        struct store_shard *row = vector_new(&leaving, &c->turn_arena, struct store_shard);
        if (!row)
            return error_no_memory(error);
        *row = (struct store_shard){.shard = i, .epoch = shard->epoch, .next_seq = shard->next_seq,
                                    .published_seq = aside_settled(c, shard)};
    }
    if (leaving.count == 0)
        return OUTCOME_OK;
    enum outcome outcome = c->ports.store.let_go(c->ports.store.context, vector_at(&leaving, struct store_shard),
                                                 leaving.count, error);
    for (uint32_t i = 0; i < leaving.count; i++)
        ownership_drop(c, vector_at(&leaving, struct store_shard)[i].shard);
    log_info("shards_given", "shards were given to another daemon", LOG_INT("shards", leaving.count));
    return outcome;
}

/* What another daemon took while we stood still is let go of at once: with nothing to do there we would not meet the fence,
 * and nobody would own it when the other gives it back. */
static void drop_lost(struct conductor *c, const struct text *owners) {
    uint32_t lost = 0;
    for (int32_t i = 0; i < c->shard_count; i++) {
        if (!c->shards[i].owned || text_equal(owners[i], c->settings.instance))
            continue;
        ownership_drop(c, i);
        lost++;
    }
    if (lost == 0)
        return;
    c->ports.bus.purge(c->ports.bus.context);
    ownership_assign(c);   /* what is taken again in the same breath is read from where the other left off */
    METER_ADD(c, fenced, lost);
    log_warn("fenced", "shards were taken by another daemon", LOG_INT("shards", lost));
}

static enum outcome take_wanted(struct conductor *c, const struct text *members, const struct text *owners, uint32_t count,
                                const struct text *shares, struct error *error) {
    int32_t *wanted = arena_new_array(&c->turn_arena, (size_t)c->shard_count, int32_t);
    if (!wanted)
        return error_no_memory(error);
    uint32_t wanted_count = 0;
    bool mine_left = false;
    for (int32_t i = 0; i < c->shard_count; i++) {
        bool is_wanted = text_equal(shares[i], c->settings.instance);
        if (c->shards[i].owned || (!is_wanted && !c->look_for_mine))
            continue;
        /* A living owner that is not us lets go by itself, at its next heartbeat. What stands under our own name and is
         * not ours (an earlier life's) is taken in any case: whoever is to have it waits for us to let it go. */
        bool is_mine = text_equal(owners[i], c->settings.instance) && (is_wanted || !mutation_is(own_name_ignored));
        mine_left |= is_mine;
        if (is_mine || (is_wanted && (text_is_none(owners[i]) || !is_member(members, count, owners[i]))))
            wanted[wanted_count++] = i;
    }
    c->look_for_mine = mine_left;
    if (wanted_count == 0)
        return OUTCOME_OK;
    struct store_shard *taken = NULL;
    uint32_t taken_count = 0;
    enum outcome outcome = c->ports.store.take(c->ports.store.context, c->settings.instance, wanted, wanted_count,
                                               &c->turn_arena, &taken, &taken_count, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    for (uint32_t i = 0; i < taken_count; i++) {
        struct shard *shard = &c->shards[taken[i].shard];
        publish_forget(shard, c);
        shard->owned = true;
        shard->epoch = taken[i].epoch;
        shard->next_seq = taken[i].next_seq;
        shard->committed_seq = taken[i].next_seq - 1;
        shard->sent_seq = shard->written_published_seq = taken[i].published_seq;
        shard->stalled_since_us = shard->resume_at_us = shard->unreadable_seq = 0;
        shard->aside_count = 0;
        shard->calendar_state = CALENDAR_UNREAD;
        c->again_at_us = 0;    /* who knows what its topics lost meanwhile */
        c->calendar_at_us = 0; /* no batch before the calendar is known to be as new as the former owner's */
        poison_taken(c, shard, &taken[i]);
    }
    METER_ADD(c, shards_owned, taken_count);
    METER_ADD(c, takeovers, taken_count);
    c->assignment_stale = taken_count > 0 || c->assignment_stale;
    c->inbox_hint = true;
    log_info("shards_taken", "shards were taken", LOG_INT("shards", taken_count));
    return OUTCOME_OK;
}

/* How far behind the topics are, shard by shard: told to people through the store, and in all as a gauge. */
static enum outcome note_unread(struct conductor *c, struct error *error) {
    int32_t *shards = arena_new_array(&c->turn_arena, (size_t)c->shard_count, int32_t);
    int64_t *messages = arena_new_array(&c->turn_arena, (size_t)c->shard_count, int64_t);
    uint32_t count = 0;
    if (!shards || !messages)
        return error_no_memory(error);
    for (int32_t i = 0; i < c->shard_count; i++) {
        if (!c->shards[i].owned)
            continue;
        shards[count] = i;
        messages[count++] = c->ports.bus.lag(c->ports.bus.context, TEXT_NONE, i);
    }
    METER_SET(c, bus_lag, c->ports.bus.lag(c->ports.bus.context, TEXT_NONE, -1));
    return count > 0 ? c->ports.store.note_unread(c->ports.store.context, shards, messages, count, error) : OUTCOME_OK;
}

void ownership_keep(struct conductor *c, int64_t monotonic_us) {
    if (monotonic_us < c->heartbeat_at_us)
        return;
    c->heartbeat_at_us = monotonic_us + c->settings.heartbeat_us;
    struct error error = {0};
    struct text *members = NULL, *owners = NULL;
    uint32_t count = 0;
    arena_reset(&c->turn_arena);
    enum outcome outcome = c->ports.store.heartbeat(c->ports.store.context, c->settings.instance,
                                                    c->settings.member_ttl_us, &c->turn_arena, &members, &count, &error);
    if (outcome == OUTCOME_OK)
        outcome = c->ports.store.owners(c->ports.store.context, &c->turn_arena, &owners, &error);
    if (outcome == OUTCOME_OK)
        drop_lost(c, owners);
    const struct text *shares = outcome == OUTCOME_OK ? shares_of(&c->turn_arena, members, count, c->shard_count) : NULL;
    if (outcome == OUTCOME_OK && !shares)
        outcome = error_no_memory(&error);
    if (outcome == OUTCOME_OK)
        outcome = take_wanted(c, members, owners, count, shares, &error);
    if (outcome == OUTCOME_OK)
        outcome = give_away(c, shares, &error);
    if (outcome == OUTCOME_OK)
        outcome = note_unread(c, &error);
    if (outcome != OUTCOME_OK)
        ownership_drop_all(c, error.message);
    else
        METER_SET(c, ready, 1);
}

/* ---- what the bus reads ---- */

static int64_t offset_of(const struct store_offset *offsets, uint32_t count, int32_t shard, struct text topic) {
    for (uint32_t i = 0; i < count && !mutation_is(offsets_ignored); i++)
        if (offsets[i].shard == shard && text_equal(offsets[i].topic, topic))
            return offsets[i].next;
    return BUS_OFFSET_BEGINNING;
}

void ownership_assign(struct conductor *c) {
    struct error error = {0};
    int32_t *owned = arena_new_array(&c->turn_arena, (size_t)c->shard_count + 1, int32_t);
    uint32_t owned_count = 0, offset_count = 0;
    struct store_offset *offsets = NULL;
    struct vector positions = {0};
    if (!owned)
        return;
    for (int32_t i = 0; i < c->shard_count; i++)
        if (c->shards[i].owned)
            owned[owned_count++] = i;
    if (owned_count > 0 && c->ports.store.offsets(c->ports.store.context, owned, owned_count, &c->turn_arena, &offsets,
                                                  &offset_count, &error) != OUTCOME_OK) {
        ownership_drop_all(c, error.message);
        return;
    }
    map_each(&c->topics, slot) {
        const struct topic_known *topic = slot->value;
        if (topic->kind != TOPIC_RESULT && topic->kind != TOPIC_INTAKE)
            continue;
        for (uint32_t i = 0; i < owned_count; i++) {
            struct bus_position *p = vector_new(&positions, &c->turn_arena, struct bus_position);
            if (!p)
                return;
            *p = (struct bus_position){topic->name, owned[i], offset_of(offsets, offset_count, owned[i], topic->name),
                                       .bulk = topic->kind == TOPIC_INTAKE};
        }
    }
    if (c->ports.bus.assign(c->ports.bus.context, vector_at(&positions, struct bus_position), positions.count, &error) == OUTCOME_OK)
        c->assignment_stale = false;
    else
        log_warn("assign_failed", "the bus did not take the partitions; trying again", LOG_STRING("why", error.message));
}
