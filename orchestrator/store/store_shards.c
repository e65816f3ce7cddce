/* Who is there and who owns what: members, taking shards and letting them go. */
#include "store/store_part.h"

#include <stdlib.h>

#include "base/log.h"

#define CHORES_EVERY_MS (INT64_C(24) * 3600 * 1000)
#define CHORE_ROWS 2000   /* some milliseconds' work */

/* What has to be done once a day by anyone: the journal's coming partitions, old command answers and numbers, members long gone.
 * One bite a heartbeat: a day's answers may be millions, and a statement that took longer than it may would come to nothing every
 * time. What fails is said, waits for the next day, and holds up nobody. */
static void do_chore(struct store *store) {
    static const struct { const char *statement; bool in_bites; } chores[] = {
        {"maintain_partitions", false}, {"maintain_answers", true}, {"maintain_numbers", true}, {"maintain_members", false}};
    struct error error = {0};
    int64_t now = store_monotonic_ms();
    if (now < store->chores_at_ms)
        return;
    struct pg_arguments most = {0};
    if (chores[store->chore].in_bites)
        pg_argument_int32(&most, CHORE_ROWS);
    _cleanup_result_ PGresult *result = NULL;
    if (pg_run(&store->pg, chores[store->chore].statement, &most, true, &result, &error) != OUTCOME_OK)
        log_warn("chore_failed", "the database's housekeeping could not be done; it is tried again tomorrow",
                 LOG_STRING("what", chores[store->chore].statement), LOG_STRING("why", error.message));
    else if (chores[store->chore].in_bites && strtol(PQcmdTuples(result), NULL, 10) >= CHORE_ROWS)
        return;
    if (++store->chore < sizeof chores / sizeof *chores)
        return;
    store->chore = 0;
    store->chores_at_ms = now + CHORES_EVERY_MS;
}

enum outcome store_heartbeat(void *context, struct text instance, int64_t ttl_us, struct arena *arena,
                             struct text **ret_members, uint32_t *ret_count, struct error *error) {
    struct store *store = context;
    struct pg_arguments arguments = {0};
    pg_argument_text(&arguments, instance);
    pg_argument_int64(&arguments, ttl_us);
    _cleanup_result_ PGresult *result = NULL;
    enum outcome outcome = pg_run(&store->pg, "heartbeat", &arguments, true, &result, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    uint32_t count = (uint32_t)PQntuples(result);
    struct text *members = arena_new_array(arena, count, struct text);
    for (uint32_t i = 0; members && i < count; i++)
        members[i] = pg_get_text(arena, result, (int)i, 0);
    if (arena->failed)
        return error_no_memory(error);
    *ret_members = members;
    *ret_count = count;
    do_chore(store);
    return OUTCOME_OK;
}

enum outcome store_note_unread(void *context, const int32_t *shards, const int64_t *messages, uint32_t count, struct error *error) {
    struct store *store = context;
    struct pg_arguments arguments = {0};
    pg_argument_text(&arguments, store_int32_array(&store->scratch[0], shards, count));
    pg_array_begin(&store->scratch[1], PG_INT64);
    for (uint32_t i = 0; i < count; i++)
        pg_array_int64(&store->scratch[1], messages[i]);
    pg_argument_text(&arguments, pg_array_end(&store->scratch[1]));
    _cleanup_result_ PGresult *result = NULL;
    return pg_run(&store->pg, "note_unread", &arguments, true, &result, error);
}

enum outcome store_leave(void *context, struct text instance, struct error *error) {
    struct store *store = context;
    struct pg_arguments arguments = {0};
    pg_argument_text(&arguments, instance);
    _cleanup_result_ PGresult *result = NULL;
    return pg_run(&store->pg, "leave", &arguments, true, &result, error);
}

/* First the former owners' sessions end, by themselves: only then are the rows theirs no more. */
enum outcome store_take(void *context, struct text instance, const int32_t *shards, uint32_t count, struct arena *arena,
                        struct store_shard **ret, uint32_t *ret_count, struct error *error) {
    struct store *store = context;
    struct pg_arguments arguments = {0};
    pg_argument_text(&arguments, store_int32_array(&store->scratch[0], shards, count));
    _cleanup_result_ PGresult *ended = NULL;
    enum outcome outcome = pg_run(&store->pg, "end_owners", &arguments, true, &ended, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    pg_argument_text(&arguments, instance);
    pg_argument_int64(&arguments, store->run);
    _cleanup_result_ PGresult *result = NULL;
    outcome = pg_run(&store->pg, "take", &arguments, true, &result, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    uint32_t taken = (uint32_t)PQntuples(result);
    struct store_shard *rows = arena_new_array(arena, taken, struct store_shard);
    for (uint32_t i = 0; rows && i < taken; i++)
        rows[i] = (struct store_shard){
            .shard = pg_get_int32(result, (int)i, 0, -1),
            .epoch = pg_get_int64(result, (int)i, 1, 0),
            .next_seq = pg_get_int64(result, (int)i, 2, 0),
            .published_seq = pg_get_int64(result, (int)i, 3, 0),
            .trying_deaths = pg_get_int32(result, (int)i, 4, 0),
            .trying = pg_get_text(arena, result, (int)i, 5),
            .unclean = pg_get_bool(result, (int)i, 6),
        };
    if (arena->failed)
        return error_no_memory(error);
    *ret = rows;
    *ret_count = taken;
    return OUTCOME_OK;
}

enum outcome store_let_go(void *context, const struct store_shard *shards, uint32_t count, struct error *error) {
    struct store *store = context;
    pg_array_begin(&store->scratch[0], PG_INT32);
    pg_array_begin(&store->scratch[1], PG_INT64);
    pg_array_begin(&store->scratch[2], PG_INT64);
    for (uint32_t i = 0; i < count; i++) {
        pg_array_int32(&store->scratch[0], shards[i].shard);
        pg_array_int64(&store->scratch[1], shards[i].epoch);
        pg_array_int64(&store->scratch[2], shards[i].published_seq);
    }
    struct pg_arguments arguments = {0};
    pg_argument_text(&arguments, pg_array_end(&store->scratch[0]));
    pg_argument_text(&arguments, pg_array_end(&store->scratch[1]));
    pg_argument_text(&arguments, pg_array_end(&store->scratch[2]));
    _cleanup_result_ PGresult *result = NULL;
    return pg_run(&store->pg, "let_go", &arguments, true, &result, error);
}

enum outcome store_owners(void *context, struct arena *arena, struct text **ret_owner_by_shard, struct error *error) {
    struct store *store = context;
    _cleanup_result_ PGresult *result = NULL;
    enum outcome outcome = pg_run(&store->pg, "owners", NULL, true, &result, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (PQntuples(result) != store->shard_count)
        return error_set(error, OUTCOME_REJECT, "schema_damaged", "the table shard has %d rows, the setting says %d",
                         PQntuples(result), store->shard_count);
    struct text *owners = arena_new_array(arena, (size_t)store->shard_count, struct text);
    for (int i = 0; owners && i < store->shard_count; i++)
        owners[i] = pg_get_text(arena, result, i, 0);
    if (arena->failed)
        return error_no_memory(error);
    *ret_owner_by_shard = owners;
    return OUTCOME_OK;
}

enum outcome store_trying(void *context, const struct store_shard *shard, struct error *error) {
    struct store *store = context;
    struct pg_arguments arguments = {0};
    pg_argument_int32(&arguments, shard->shard);
    pg_argument_int64(&arguments, shard->epoch);
    pg_argument_text(&arguments, shard->trying);
    pg_argument_int32(&arguments, shard->trying_deaths);
    _cleanup_result_ PGresult *result = NULL;
    enum outcome outcome = pg_run(&store->pg, "trying", &arguments, true, &result, error);
    if (outcome == OUTCOME_OK && PQntuples(result) == 0)
        return error_set(error, OUTCOME_RETRY, "store_fenced", "shard %d has another owner", shard->shard);
    return outcome;
}
