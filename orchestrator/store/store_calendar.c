/* What the conductor reads of calendars: the one that holds, and how far the shards' open cases have been reckoned by it. */
#include "store/store_part.h"

enum outcome store_calendar(void *context, struct text known, struct arena *arena, struct text *ret_version,
                            struct text *ret_canonical, struct error *error) {
    struct store *store = context;
    struct pg_arguments arguments = {0};
    pg_argument_text(&arguments, known);
    _cleanup_result_ PGresult *result = NULL;
    enum outcome outcome = pg_run(&store->aside, "calendar", &arguments, true, &result, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    bool is_there = PQntuples(result) > 0;
    *ret_version = is_there ? pg_get_text(arena, result, 0, 0) : TEXT_NONE;
    *ret_canonical = is_there ? pg_get_text(arena, result, 0, 1) : TEXT_NONE;
    return arena->failed ? error_no_memory(error) : OUTCOME_OK;
}

enum outcome store_calendar_progress(void *context, const int32_t *shards, uint32_t count, struct arena *arena,
                                     struct store_calendar **ret, uint32_t *ret_count, struct error *error) {
    struct store *store = context;
    struct pg_arguments arguments = {0};
    pg_argument_text(&arguments, store_int32_array(&store->scratch[0], shards, count));
    _cleanup_result_ PGresult *result = NULL;
    enum outcome outcome = pg_run(&store->aside, "calendar_progress", &arguments, true, &result, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    struct store_calendar *rows = arena_new_array(arena, (size_t)PQntuples(result), struct store_calendar);
    for (int i = 0; rows && i < PQntuples(result); i++)
        rows[i] = (struct store_calendar){.shard = pg_get_int32(result, i, 0, -1),
                                          .version = pg_get_text(arena, result, i, 1),
                                          .after = pg_get_text(arena, result, i, 2),
                                          .done = pg_get_bool(result, i, 3)};
    if (arena->failed)
        return error_no_memory(error);
    *ret = rows;
    *ret_count = (uint32_t)PQntuples(result);
    return OUTCOME_OK;
}

enum outcome store_cases_after(void *context, struct text after, uint32_t most, struct arena *arena,
                               struct store_case_place **ret, uint32_t *ret_count, struct error *error) {
    struct store *store = context;
    struct pg_arguments arguments = {0};
    pg_argument_text(&arguments, text_is_none(after) ? TEXT("") : after);
    pg_argument_int32(&arguments, (int32_t)most);
    _cleanup_result_ PGresult *result = NULL;
    enum outcome outcome = pg_run(&store->aside, "cases_after", &arguments, true, &result, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    struct store_case_place *rows = arena_new_array(arena, (size_t)PQntuples(result), struct store_case_place);
    for (int i = 0; rows && i < PQntuples(result); i++)
        rows[i] = (struct store_case_place){.case_id = pg_get_text(arena, result, i, 0),
                                            .shard = pg_get_int32(result, i, 1, -1), .open = pg_get_bool(result, i, 2)};
    if (arena->failed)
        return error_no_memory(error);
    *ret = rows;
    *ret_count = (uint32_t)PQntuples(result);
    return OUTCOME_OK;
}
