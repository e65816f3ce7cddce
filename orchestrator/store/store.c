/* The conductor's store: making, opening and closing it, and its port. */
#include "store/store_part.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "store/migrate.h"
#include "store/statements.h"

int64_t store_monotonic_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static char *copy_string(const char *string) {
    size_t size = strlen(string) + 1;
    char *copy = memory_alloc(size);
    return copy ? memcpy(copy, string, size) : NULL;
}

enum outcome store_create(const struct store_settings *settings, struct store **ret, struct error *error) {
    struct store *store = memory_alloc(sizeof *store);
    if (!store)
        return error_no_memory(error);
    store->conninfo = copy_string(settings->conninfo);
    store->instance = copy_string(settings->instance);
    store->statement_timeout_ms = settings->statement_timeout_ms ? settings->statement_timeout_ms : 10000;
    store->wait_ms = settings->wait_ms ? settings->wait_ms : 30000;
    store->chores_at_ms = INT64_MIN;
    if (!store->conninfo || !store->instance || getrandom(&store->run, sizeof store->run, 0) != sizeof store->run) {
        store_free(store);
        return error_no_memory(error);
    }
    *ret = store;
    return OUTCOME_OK;
}

void store_free(struct store *store) {
    if (!store)
        return;
    pg_close(&store->pg);
    pg_close(&store->aside);
    pg_close(&store->listener);
    for (size_t i = 0; i < STORE_PARTS_MOST; i++)
        for (size_t j = 0; j < STORE_COLUMNS_MOST; j++)
            pg_array_free(&store->columns[i][j]);
    for (size_t i = 0; i < sizeof store->scratch / sizeof *store->scratch; i++)
        pg_array_free(&store->scratch[i]);
    memory_free(store->conninfo);
    memory_free(store->instance);
    memory_free(store);
}

struct text store_int32_array(struct pg_array *array, const int32_t *values, uint32_t count) {
    pg_array_begin(array, PG_INT32);
    for (uint32_t i = 0; i < count; i++)
        pg_array_int32(array, values[i]);
    return pg_array_end(array);
}

/* The schema must be at least the one this program was built with, and P the one it was made with. */
static enum outcome read_settings(struct store *store, struct error *error) {
    _cleanup_result_ PGresult *result = NULL;
    enum outcome outcome = pg_run(&store->pg, "settings", NULL, true, &result, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    int32_t version = pg_get_int32(result, 0, 0, 0), shard_count = pg_get_int32(result, 0, 1, 0);
    if (version < migrate_version())
        return error_set(error, OUTCOME_REJECT, "schema_old",
                         "the database's schema is version %d, this program needs %d: run `yjsctl db migrate`", version,
                         migrate_version());
    if (shard_count <= 0)
        return error_set(error, OUTCOME_REJECT, "schema_missing", "the database has no shards: run `yjsctl db migrate`");
    store->shard_count = shard_count;
    return OUTCOME_OK;
}

static enum outcome store_open(void *context, struct error *error) {
    struct store *store = context;
    const struct pg_settings settings = {.conninfo = store->conninfo, .application = store->instance,
                                         .plan_cache_mode = "force_generic_plan", .by_index = true,
                                         .statement_timeout_ms = store->statement_timeout_ms, .wait_ms = store->wait_ms};
    pg_close(&store->pg);
    pg_close(&store->aside);
    store->under_way = 0;
    enum outcome outcome = pg_open(&store->pg, &settings, NULL, error);
    if (outcome == OUTCOME_OK)
        outcome = migrate_is_there(&store->pg, error);
    if (outcome == OUTCOME_OK)
        outcome = pg_prepare(&store->pg, statements_store, error);
    if (outcome == OUTCOME_OK)
        outcome = read_settings(store, error);
    if (outcome == OUTCOME_OK)
        outcome = pg_open(&store->aside, &settings, statements_store, error);
    if (outcome != OUTCOME_OK) {
        pg_close(&store->pg);
        return outcome;
    }
    store->listen_again_ms = 0;
    store_listen(store);
    return OUTCOME_OK;
}

static void store_close(void *context) {
    struct store *store = context;
    store->under_way = 0;
    pg_close(&store->pg);
    pg_close(&store->aside);
    pg_close(&store->listener);
}

static int32_t store_shard_count(void *context) {
    return ((struct store *)context)->shard_count;
}

static int store_descriptor(void *context) {
    struct store *store = context;
    return pg_is_up(&store->listener) ? PQsocket(store->listener.connection) : -1;
}

static enum outcome store_numbers(void *context, struct store_number *numbers, uint32_t count, struct arena *arena,
                                  struct error *error) {
    struct store *store = context;
    struct pg_arguments arguments = {0};
    for (int column = 0; column < 3; column++) {
        struct pg_array *array = &store->scratch[column];
        pg_array_begin(array, PG_TEXT);
        for (uint32_t i = 0; i < count; i++)
            pg_array_text(array, column == 0 ? numbers[i].source : column == 1 ? numbers[i].id : numbers[i].region);
        pg_argument_text(&arguments, pg_array_end(array));
    }
    pg_argument_int64(&arguments, count > 0 ? numbers[0].at_us - PG_EPOCH_US : 0);   /* a timestamptz in binary */
    _cleanup_result_ PGresult *result = NULL;
    enum outcome outcome = pg_run(&store->aside, "numbers", &arguments, true, &result, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (PQntuples(result) != (int)count)
        return error_set(error, OUTCOME_REJECT, "store_refused", "%u numbers were asked for, %d came", count, PQntuples(result));
    for (uint32_t i = 0; i < count; i++) {
        numbers[i].value = pg_get_int64(result, (int)i, 0, 0);
        numbers[i].at_us = pg_get_time(result, (int)i, 1);
        numbers[i].region = pg_get_text(arena, result, (int)i, 2);
    }
    return arena->failed ? error_no_memory(error) : OUTCOME_OK;
}

struct store_port store_port(struct store *store) {
    return (struct store_port){
        .context = store,
        .open = store_open,
        .close = store_close,
        .shard_count = store_shard_count,
        .heartbeat = store_heartbeat,
        .note_unread = store_note_unread,
        .leave = store_leave,
        .take = store_take,
        .let_go = store_let_go,
        .owners = store_owners,
        .offsets = store_offsets,
        .events_after = store_events_after,
        .journals = store_journals,
        .inbox = store_inbox,
        .timers = store_timers,
        .definitions = store_definitions,
        .calendar = store_calendar,
        .calendar_progress = store_calendar_progress,
        .cases_after = store_cases_after, .asked_offices = store_asked_offices, .asked_steps = store_asked_steps,
        .commit_begin = store_commit_begin,
        .commit_push = store_commit_push,
        .commit_end = store_commit_end,
        .trying = store_trying,
        .numbers = store_numbers, .materials = store_materials,
        .descriptor = store_descriptor,
    };
}
