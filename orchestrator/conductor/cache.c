/* Open cases in memory: a bounded cache over the journals. The epoch makes this daemon their sole writer, so what is
 * here and was committed is the truth; what was not committed is forgotten, never mended. */
#include "conductor/internal.h"

#include "wire/event_codec.h"

struct open_case *cache_find(struct conductor *c, struct text case_id) {
    struct open_case *open = map_get(&c->cases, case_id);
    if (open) {
        list_remove(&open->by_use);
        list_append(&c->cases_by_use, &open->by_use);
    }
    return open;
}

void cache_count(struct conductor *c, struct open_case *open) {
    size_t bytes = sizeof *open + open->arena.used_bytes;
    c->cache_bytes += bytes - open->counted_bytes;
    open->counted_bytes = bytes;
    METER_SET(c, cache_bytes, (int64_t)c->cache_bytes);
}

static void free_case(struct open_case *open) {
    arena_free(&open->arena);
    memory_free(open);
}

struct open_case *cache_make(struct conductor *c, struct text case_id, const struct definition *definition) {
    struct open_case *open = memory_alloc(sizeof *open);
    if (!open)
        return NULL;
    arena_init(&open->arena, LIMIT_case_state_bytes_most);
    list_init(&open->by_use);
    open->timer_at_us = TIME_NONE;
    open->timer_in_doubt = true;
    open->shard = conductor_shard_of(c, case_id);
    open->rows_written = arena_new_array(&open->arena, definition->step_count + 1u, uint32_t);
    if (!open->rows_written || case_init(&open->state, &open->arena, definition, case_id) != OUTCOME_OK ||
        !map_put(&c->cases, open->state.id, open)) {
        free_case(open);
        return NULL;
    }
    list_append(&c->cases_by_use, &open->by_use);
    cache_count(c, open);
    METER_SET(c, cache_cases, (int64_t)c->cases.count);
    return open;
}

void cache_forget(struct conductor *c, struct open_case *open) {
    map_remove(&c->cases, open->state.id);
    list_remove(&open->by_use);
    c->cache_bytes -= open->counted_bytes;
    free_case(open);
    METER_SET(c, cache_cases, (int64_t)c->cases.count);
    METER_SET(c, cache_bytes, (int64_t)c->cache_bytes);
}

void cache_forget_shard(struct conductor *c, int32_t shard) {
    list_each_safe(&c->cases_by_use, node) {
        struct open_case *open = list_entry(node, struct open_case, by_use);
        if (shard < 0 || open->shard == shard)
            cache_forget(c, open);
    }
}

void cache_trim(struct conductor *c) {
    list_each_safe(&c->cases_by_use, node) {
        struct open_case *open = list_entry(node, struct open_case, by_use);
        if (mutation_is(cache_unbounded) || c->cache_bytes <= c->settings.cache_bytes_most)
            return;
        bool is_pinned = open->touched || (c->under_way && open->last_batch == c->under_way->serial);
        if (!is_pinned)   /* else what changed it is not yet in the store */
            cache_forget(c, open);
    }
}

/* The definition a journal is pinned to: the last that an event named. */
static const struct definition *pinned(struct conductor *c, struct arena *arena, const struct store_event *rows,
                                       uint32_t count, struct error *error) {
    struct text hash = TEXT_NONE, region = TEXT_NONE;
    for (uint32_t i = 0; i < count; i++) {
        struct event event;
        if (!text_is(rows[i].kind, event_kind_name(EVENT_CASE_STARTED)) &&
            !text_is(rows[i].kind, event_kind_name(EVENT_MIGRATED)))
            continue;
        if (event_read(arena, rows[i].kind, (uint32_t)rows[i].version, rows[i].at_us, rows[i].step, rows[i].data, &event,
                       error) != OUTCOME_OK)
            return NULL;
        hash = event.definition;
        if (event.kind == EVENT_CASE_STARTED)
            region = event.region;
    }
    if (text_is_none(hash)) {
        error_set(error, OUTCOME_FATAL, "journal_broken", "a journal has no first event");
        return NULL;
    }
    const struct definition *definition = definitions_get(c, hash, error);
    return definition ? definition_for_region(definition, region) : NULL;
}

/* A journal that can't be read leaves its case out, with a line in the log: it is nobody else's matter. */
static enum outcome leave_out(struct conductor *c, struct arena *arena, struct text case_id, const struct error *why, struct error *ret) {
    struct text *place = vector_new(&c->unreadable, arena, struct text);
    if (!place || text_is_none(*place = text_copy(arena, case_id)))
        return error_no_memory(ret);
    log_error("journal_unreadable", "a case's journal can't be replayed", LOG_TEXT("case", case_id), LOG_STRING("code", why->code),
              LOG_STRING("why", why->message));
    return OUTCOME_OK;
}

bool cache_is_unreadable(const struct conductor *c, struct text case_id) {
    for (uint32_t i = 0; i < c->unreadable.count; i++)
        if (text_equal(vector_at(&c->unreadable, struct text)[i], case_id))
            return true;
    return false;
}

static enum outcome too_large(const struct arena *arena, struct error *error) {
    return error_set(error, OUTCOME_REJECT, "journal_too_large", "reading all that happened in this case takes more than %zu bytes of memory",
                     arena->ceiling_bytes);
}

enum outcome cache_short_of_memory(const struct conductor *c, struct error *error) {
    return c->journal_arena.full ? too_large(&c->journal_arena, error) : error_no_memory(error);
}

enum outcome cache_read_journals(struct conductor *c, const struct text *ids, uint32_t count, struct store_event **ret,
                                 uint32_t *ret_count, struct error *error) {
    arena_reset(&c->journal_arena);
    enum outcome outcome = c->ports.store.journals(c->ports.store.context, ids, count, &c->journal_arena, ret, ret_count, error);
    return outcome == OUTCOME_FATAL && c->journal_arena.failed ? cache_short_of_memory(c, error) : outcome;
}

/* Folds one case's rows, which lie in the arena of journals. FATAL: no memory. REJECT: they take more than there may be. */
static enum outcome replay(struct conductor *c, struct arena *batch_arena, const struct store_event *rows, uint32_t count, struct error *ret) {
    struct error error = {0};
    struct arena *arena = &c->journal_arena;
    const struct definition *definition = pinned(c, arena, rows, count, &error);
    struct open_case *open = definition ? cache_make(c, rows[0].case_id, definition) : NULL;
    bool good = open != NULL, short_of_memory = definition && !open;
    for (uint32_t i = 0; good && i < count; i++) {
        struct event event;
        good = event_read(arena, rows[i].kind, (uint32_t)rows[i].version, rows[i].at_us, rows[i].step, rows[i].data, &event,
                          &error) == OUTCOME_OK &&
               event.version == open->state.version + 1 && case_apply(&open->state, &event);
        uint16_t step = good && !text_is_none(event.step) ? definition_find_step(definition, event.step) : NO_INDEX;
        if (step != NO_INDEX)
            open->rows_written[step] = 1 + open->state.steps[step].element_count;
    }
    short_of_memory |= arena->failed || (open && open->arena.failed);
    if (!good && short_of_memory) {
        bool is_full = arena->full || (open && open->arena.full);
        if (open)
            cache_forget(c, open);
        return is_full ? too_large(arena, ret) : error_no_memory(ret);
    }
    if (!good) {
        if (open)
            cache_forget(c, open);
        return leave_out(c, batch_arena, rows[0].case_id, &error, ret);
    }
    cache_count(c, open);
    METER_ADD(c, cases_loaded, 1);
    return OUTCOME_OK;
}

/* Where some journals can't be read, by the store or for their size, each is read alone, and those that can't even then are left out. */
static enum outcome load(struct conductor *c, const struct text *ids, uint32_t count, struct arena *arena, struct error *error) {
    struct store_event *rows = NULL;
    uint32_t row_count = 0;
    enum outcome outcome = cache_read_journals(c, ids, count, &rows, &row_count, error);
    for (uint32_t i = 0, j; outcome == OUTCOME_OK && i < row_count; i = j) {
        for (j = i + 1; j < row_count && text_equal(rows[j].case_id, rows[i].case_id); j++)
            ;
        outcome = replay(c, arena, rows + i, j - i, error);
    }
    if (outcome == OUTCOME_REJECT && count == 1)
        return leave_out(c, arena, ids[0], error, error);
    if (outcome == OUTCOME_REJECT)
        for (uint32_t i = 0; i < count && (i == 0 || outcome == OUTCOME_OK); i++)
            outcome = cache_find(c, ids[i]) || cache_is_unreadable(c, ids[i]) ? OUTCOME_OK : load(c, &ids[i], 1, arena, error);
    return outcome;
}

enum outcome cache_load(struct conductor *c, const struct text *ids, uint32_t count, struct arena *arena,
                        struct error *error) {
    struct text *absent = arena_new_array(arena, count ? count : 1, struct text);
    uint32_t absent_count = 0;
    if (!absent)
        return error_no_memory(error);
    struct map seen;
    map_init(&seen);
    for (uint32_t i = 0; i < count; i++)
        if (!cache_find(c, ids[i]) && !map_get(&seen, ids[i])) {
            absent[absent_count++] = ids[i];
            if (!map_put(&seen, ids[i], &absent[absent_count - 1])) {
                map_free(&seen);
                return error_no_memory(error);
            }
        }
    map_free(&seen);
    return absent_count > 0 ? load(c, absent, absent_count, arena, error) : OUTCOME_OK;
}
