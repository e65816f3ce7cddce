/* What departments are asked of and have not answered, as the conductor reads it to see whether their topics still have it. */
#include "store/store_part.h"

static enum outcome give(struct arena *arena, struct store_asked *rows, const PGresult *result, struct store_asked **ret,
                         uint32_t *ret_count, struct error *error) {
    if (arena->failed)
        return error_no_memory(error);
    *ret = rows;
    *ret_count = (uint32_t)PQntuples(result);
    return OUTCOME_OK;
}

enum outcome store_asked_offices(void *context, const int32_t *shards, uint32_t count, struct arena *arena,
                                 struct store_asked **ret, uint32_t *ret_count, struct error *error) {
    struct store *store = context;
    struct pg_arguments arguments = {0};
    pg_argument_text(&arguments, store_int32_array(&store->scratch[0], shards, count));
    _cleanup_result_ PGresult *result = NULL;
    enum outcome outcome = pg_run(&store->aside, "asked_offices", &arguments, true, &result, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    struct store_asked *rows = arena_new_array(arena, (size_t)PQntuples(result), struct store_asked);
    for (int i = 0; rows && i < PQntuples(result); i++)
        rows[i] = (struct store_asked){.shard = pg_get_int32(result, i, 0, -1), .department = pg_get_text(arena, result, i, 1),
                                       .region = pg_get_text(arena, result, i, 2), .asked_at_us = pg_get_time(result, i, 3),
                                       .index = -1};
    return give(arena, rows, result, ret, ret_count, error);
}

enum outcome store_asked_steps(void *context, const struct store_asked *after, int64_t before_us, uint32_t most,
                               struct arena *arena, struct store_asked **ret, uint32_t *ret_count, struct error *error) {
    struct store *store = context;
    struct pg_arguments arguments = {0};
    bool begins = after->asked_at_us == TIME_NONE;
    pg_argument_int32(&arguments, after->shard);
    pg_argument_text(&arguments, after->department);
    pg_argument_text(&arguments, after->region);
    pg_argument_int64(&arguments, before_us - PG_EPOCH_US);
    pg_argument_int64(&arguments, begins ? INT64_MIN : after->asked_at_us - PG_EPOCH_US);   /* INT64_MIN: -infinity */
    pg_argument_text(&arguments, begins ? TEXT("") : after->case_id);
    pg_argument_text(&arguments, begins ? TEXT("") : after->step);
    pg_argument_int32(&arguments, after->index);
    pg_argument_int32(&arguments, (int32_t)most);
    _cleanup_result_ PGresult *result = NULL;
    enum outcome outcome = pg_run(&store->aside, "asked_steps", &arguments, true, &result, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    struct store_asked *rows = arena_new_array(arena, (size_t)PQntuples(result), struct store_asked);
    for (int i = 0; rows && i < PQntuples(result); i++)
        rows[i] = (struct store_asked){.shard = after->shard, .department = after->department, .region = after->region,
                                       .case_id = pg_get_text(arena, result, i, 0), .step = pg_get_text(arena, result, i, 1),
                                       .index = pg_get_int32(result, i, 2, -1), .asked_at_us = pg_get_time(result, i, 3)};
    return give(arena, rows, result, ret, ret_count, error);
}
