/* What the conductor reads: offsets, journals, inbox, timers, definitions; on a connection of its own, so that a commit
 * under way is no hindrance. Rows are copied into the caller's arena. */
#include "store/store_part.h"

/* Runs `name` and makes an array of `count` elements of `size`; *ret_rows and *result are valid on OK. */
static enum outcome read_rows(struct store *store, const char *name, const struct pg_arguments *arguments, size_t size,
                              struct arena *arena, PGresult **result, void **ret_rows, struct error *error) {
    enum outcome outcome = pg_run(&store->aside, name, arguments, true, result, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    *ret_rows = arena_array(arena, (size_t)PQntuples(*result), size);
    return *ret_rows ? OUTCOME_OK : error_no_memory(error);
}

enum outcome store_offsets(void *context, const int32_t *shards, uint32_t count, struct arena *arena,
                           struct store_offset **ret, uint32_t *ret_count, struct error *error) {
    struct store *store = context;
    struct pg_arguments arguments = {0};
    pg_argument_text(&arguments, store_int32_array(&store->scratch[0], shards, count));
    _cleanup_result_ PGresult *result = NULL;
    void *room = NULL;
    enum outcome outcome = read_rows(store, "offsets", &arguments, sizeof **ret, arena, &result, &room, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    struct store_offset *rows = room;
    for (int i = 0; i < PQntuples(result); i++)
        rows[i] = (struct store_offset){.shard = pg_get_int32(result, i, 0, -1), .topic = pg_get_text(arena, result, i, 1),
                                        .next = pg_get_int64(result, i, 2, 0)};
    if (arena->failed)
        return error_no_memory(error);
    *ret = rows;
    *ret_count = (uint32_t)PQntuples(result);
    return OUTCOME_OK;
}

static enum outcome read_events(struct store *store, const char *name, const struct pg_arguments *arguments,
                                struct arena *arena, struct store_event **ret, uint32_t *ret_count, struct error *error) {
    _cleanup_result_ PGresult *result = NULL;
    enum outcome outcome = pg_run(&store->aside, name, arguments, true, &result, error);
    return outcome == OUTCOME_OK ? store_journal_read(result, arena, ret, ret_count, error) : outcome;
}

enum outcome store_events_after(void *context, int32_t shard, int64_t after, uint32_t most, struct arena *arena,
                                struct store_event **ret, uint32_t *ret_count, struct error *error) {
    struct pg_arguments arguments = {0};
    pg_argument_int32(&arguments, shard);
    pg_argument_int64(&arguments, after);
    pg_argument_int32(&arguments, (int32_t)most);
    struct store_event *events = NULL;
    uint32_t count = 0, passed = 0;
    enum outcome outcome = read_events(context, "events_after", &arguments, arena, &events, &count, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    while (passed < count && events[passed].seq <= after)
        passed++;
    *ret = events + passed;
    *ret_count = count - passed < most ? count - passed : most;
    return OUTCOME_OK;
}

enum outcome store_journals(void *context, const struct text *case_ids, uint32_t count, struct arena *arena,
                            struct store_event **ret, uint32_t *ret_count, struct error *error) {
    struct store *store = context;
    pg_array_begin(&store->scratch[0], PG_TEXT);
    for (uint32_t i = 0; i < count; i++)
        pg_array_text(&store->scratch[0], case_ids[i]);
    struct pg_arguments arguments = {0};
    pg_argument_text(&arguments, pg_array_end(&store->scratch[0]));
    return read_events(store, "journals", &arguments, arena, ret, ret_count, error);
}

enum outcome store_inbox(void *context, const int32_t *shards, uint32_t count, uint32_t most, struct arena *arena,
                         struct store_inbox **ret, uint32_t *ret_count, struct error *error) {
    struct store *store = context;
    store_drain(store);
    struct pg_arguments arguments = {0};
    pg_argument_text(&arguments, store_int32_array(&store->scratch[0], shards, count));
    pg_argument_int32(&arguments, (int32_t)most);
    _cleanup_result_ PGresult *result = NULL;
    void *room = NULL;
    enum outcome outcome = read_rows(store, "inbox", &arguments, sizeof **ret, arena, &result, &room, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    struct store_inbox *rows = room;
    for (int i = 0; i < PQntuples(result); i++)
        rows[i] = (struct store_inbox){
            .id = pg_get_int64(result, i, 0, 0),
            .shard = pg_get_int32(result, i, 1, -1),
            .kind = pg_get_text(arena, result, i, 2),
            .case_id = pg_get_text(arena, result, i, 3),
            .data = pg_get_text(arena, result, i, 4),
            .idempotency_key = pg_get_text(arena, result, i, 5),
            .at_us = pg_get_time(result, i, 6),
            .root = pg_get_text(arena, result, i, 7),
        };
    if (arena->failed)
        return error_no_memory(error);
    *ret = rows;
    *ret_count = (uint32_t)PQntuples(result);
    return OUTCOME_OK;
}

enum outcome store_timers(void *context, const int32_t *shards, uint32_t count, int64_t until_us, uint32_t most,
                          struct arena *arena, struct store_due **ret, uint32_t *ret_count, struct error *error) {
    struct store *store = context;
    struct pg_arguments arguments = {0};
    pg_argument_text(&arguments, store_int32_array(&store->scratch[0], shards, count));
    pg_argument_int64(&arguments, until_us - PG_EPOCH_US);
    pg_argument_int32(&arguments, (int32_t)most);
    _cleanup_result_ PGresult *result = NULL;
    void *room = NULL;
    enum outcome outcome = read_rows(store, "timers", &arguments, sizeof **ret, arena, &result, &room, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    struct store_due *rows = room;
    for (int i = 0; i < PQntuples(result); i++)
        rows[i] = (struct store_due){.case_id = pg_get_text(arena, result, i, 0), .shard = pg_get_int32(result, i, 1, -1),
                                     .due_at_us = pg_get_time(result, i, 2)};
    if (arena->failed)
        return error_no_memory(error);
    *ret = rows;
    *ret_count = (uint32_t)PQntuples(result);
    return OUTCOME_OK;
}

enum outcome store_definitions(void *context, struct text hash, struct arena *arena, struct store_definition **ret,
                               uint32_t *ret_count, struct error *error) {
    struct store *store = context;
    bool all = text_is_none(hash);
    struct pg_arguments arguments = {0};
    if (!all)
        pg_argument_text(&arguments, hash);
    _cleanup_result_ PGresult *result = NULL;
    void *room = NULL;
    enum outcome outcome = read_rows(store, all ? "definitions" : "definition", &arguments, sizeof **ret, arena, &result,
                                     &room, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    struct store_definition *rows = room;
    for (int i = 0; i < PQntuples(result); i++)
        rows[i] = (struct store_definition){
            .hash = pg_get_text(arena, result, i, 0),
            .thing = pg_get_text(arena, result, i, 1),
            .current = pg_get_bool(result, i, 2),
            .published_at_us = pg_get_time(result, i, 3),
            .canonical = pg_get_text(arena, result, i, 4),
        };
    if (arena->failed)
        return error_no_memory(error);
    *ret = rows;
    *ret_count = (uint32_t)PQntuples(result);
    return OUTCOME_OK;
}
