/* Torture of the store: every call of libpq fails once, before it did anything or after it had done all, and every
 * allocation is refused once. Whatever fails, what the store says of a commit must be what PostgreSQL has, and a session
 * that is opened afterwards works. Calls of libpq are wrapped at linking (--wrap). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <signal.h>

#include "lib/pg_cluster.h"
#include "store/migrate.h"
#include "store/store.h"

#define AT INT64_C(1900000000000000)

/* ---- libpq, that fails when it is told to ---- */

static struct { bool armed, behind; long at, seen; } strike;   /* behind: the call is made, its success is not told */

static bool strikes(void) { return strike.armed && strike.seen++ == strike.at; }

#define WRAP(type, failure, name, parameters, arguments)   \
    type __real_##name parameters;                         \
    type __wrap_##name parameters;                         \
    type __wrap_##name parameters {                        \
        bool struck = strikes();                           \
        type value = struck && !strike.behind ? (failure) : __real_##name arguments; \
        return struck ? (failure) : value;                 \
    }
WRAP(int, 0, PQenterPipelineMode, (PGconn *c), (c))
WRAP(int, 0, PQexitPipelineMode, (PGconn *c), (c))
WRAP(int, 0, PQpipelineSync, (PGconn *c), (c))
WRAP(int, 0, PQconsumeInput, (PGconn *c), (c))
WRAP(int, -1, PQflush, (PGconn *c), (c))
WRAP(int, -1, PQsetnonblocking, (PGconn *c, int on), (c, on))
WRAP(int, 0, PQsendQuery, (PGconn *c, const char *sql), (c, sql))
WRAP(int, 0, PQsendPrepare, (PGconn *c, const char *name, const char *sql, int n, const Oid *types), (c, name, sql, n, types))
WRAP(int, 0, PQsendQueryPrepared,
     (PGconn *c, const char *name, int n, const char *const *values, const int *lengths, const int *formats, int format),
     (c, name, n, values, lengths, formats, format))

/* A result that never came: libpq's own error, without a word of the server. */
PGresult *__real_PQgetResult(PGconn *c);
PGresult *__wrap_PQgetResult(PGconn *c);
PGresult *__wrap_PQgetResult(PGconn *c) {
    if (!strikes())
        return __real_PQgetResult(c);
    if (strike.behind)
        PQclear(__real_PQgetResult(c));
    return PQmakeEmptyPGresult(NULL, PGRES_FATAL_ERROR);
}
PGconn *__real_PQconnectdbParams(const char *const *keywords, const char *const *values, int expand);
PGconn *__wrap_PQconnectdbParams(const char *const *keywords, const char *const *values, int expand);
PGconn *__wrap_PQconnectdbParams(const char *const *keywords, const char *const *values, int expand) {
    return strikes() ? NULL : __real_PQconnectdbParams(keywords, values, expand);
}

/* ---- the scene ---- */

static char cluster[512], here[600];
static struct store *made;
static struct store_port port;
static struct arena arena;
static struct error error;
static int64_t truth_seq;   /* events that stand in the database */

static long ask(const char *text) {
    char value[64];
    assert_true(pg_cluster_sql(here, text, value, sizeof value));
    return strtol(value, NULL, 10);
}

static void make_store(void) {
    const struct store_settings settings = {.conninfo = here, .instance = "a", .statement_timeout_ms = 4000, .wait_ms = 6000};
    store_free(made);
    assert_int_equal(store_create(&settings, &made, &error), OUTCOME_OK);
    port = store_port(made);
}

static struct store_shard open_and_take(void) {
    struct store_shard *taken = NULL;
    uint32_t count = 0;
    int32_t shard = 3;
    arena_reset(&arena);
    port.close(port.context);
    assert_int_equal(port.open(port.context, &error), OUTCOME_OK);
    assert_int_equal(port.take(port.context, TEXT("a"), &shard, 1, &arena, &taken, &count, &error), OUTCOME_OK);
    assert_int_equal(count, 1);
    return taken[0];
}

static enum store_fate commit(struct store_shard *shard) {
    struct store_event event = {.shard = 3, .seq = shard->next_seq++, .case_id = TEXT("n1"), .at_us = AT, .kind = TEXT("case_started"),
                                .data = TEXT("{}")};
    event.version = (int32_t)event.seq;
    struct store_offset offset = {.shard = 3, .topic = TEXT("t"), .next = event.seq};
    struct store_batch batch = {.shards = shard, .shard_count = 1, .events = &event, .event_count = 1, .offsets = &offset,
                                .offset_count = 1};
    int32_t *fenced = NULL;
    uint32_t count = 0;
    return store_commit_whole(&port, &batch, &arena, &fenced, &count, &error);
}

/* One commit that something happens to; then PostgreSQL is asked, and the next one has to go well. */
static void assert_commit_tells_the_truth(enum store_fate fate, long where, uint32_t *counts) {
    strike.armed = false;
    memory_fail_after(SIZE_MAX);
    counts[fate]++;
    struct store_shard next = open_and_take();   /* ends a session that may still be at it */
    long there = ask("SELECT count(*) FROM event WHERE shard = 3");
    if (fate == STORE_COMMITTED && there != truth_seq + 1)
        fail_msg("%ld: said to be committed, and is not there", where);
    if (fate != STORE_COMMITTED && fate != STORE_UNKNOWN && there != truth_seq)
        fail_msg("%ld: said not to be committed (%d), and is there", where, (int)fate);
    assert_int_equal(next.next_seq, there + 1);
    assert_int_equal(ask("SELECT coalesce(max(next), 0) FROM shard_offset WHERE shard = 3"), there);
    assert_int_equal(commit(&next), STORE_COMMITTED);
    truth_seq = there + 1;
    assert_int_equal(ask("SELECT count(*) FROM event WHERE shard = 3"), truth_seq);
}

static void torture_commit(bool behind) {
    uint32_t counts[8] = {0};
    long n = 0;
    for (bool over = false; !over; n++) {
        struct store_shard shard = open_and_take();
        strike.behind = behind;
        strike.at = n;
        strike.seen = 0;
        strike.armed = true;
        enum store_fate fate = commit(&shard);
        over = strike.seen <= n;
        assert_commit_tells_the_truth(fate, n, counts);
    }
    print_message("%ld calls: %u committed, %u away, %u of unknown fate\n", n, (unsigned)counts[STORE_COMMITTED],
                  (unsigned)counts[STORE_AWAY], (unsigned)counts[STORE_UNKNOWN]);
    assert_true(n > 10 && counts[STORE_AWAY] > 0 && counts[STORE_UNKNOWN] > 0);
}

static void test_commit_whose_call_fails_tells_the_truth(void **unused) {
    (void)unused;
    torture_commit(false);
}

static void test_commit_whose_call_is_done_and_fails_tells_the_truth(void **unused) {
    (void)unused;
    torture_commit(true);
}

static void test_commit_that_finds_no_memory_tells_the_truth(void **unused) {
    (void)unused;
    uint32_t counts[8] = {0};
    bool refused = true;
    size_t n = 0;
    for (; refused; n++) {
        make_store();   /* what grew once is not asked for again */
        struct store_shard shard = open_and_take();
        memory_fail_once_after(n);
        enum store_fate fate = commit(&shard);
        refused = memory_has_refused_one();
        assert_commit_tells_the_truth(fate, (long)n, counts);
    }
    print_message("%zu allocations\n", n - 1);
    assert_true(n > 10);
}

/* Everything else that is asked of the store. */
static enum outcome run_all(void) {
    int32_t shard = 3, *shards = &shard;
    uint32_t count;
    struct text *texts, id = TEXT("n1");
    struct store_offset *offsets;
    struct store_event *events;
    struct store_inbox *inbox;
    struct store_due *due;
    struct store_definition *definitions;
    struct store_shard *taken = NULL;
    enum outcome outcome = port.open(port.context, &error);
    if (!outcome)
        outcome = port.heartbeat(port.context, TEXT("a"), 4000000, &arena, &texts, &count, &error);
    if (!outcome)
        outcome = port.note_unread(port.context, shards, &(int64_t){7}, 1, &error);
    if (!outcome)
        outcome = port.owners(port.context, &arena, &texts, &error);
    if (!outcome)
        outcome = port.take(port.context, TEXT("a"), shards, 1, &arena, &taken, &count, &error);
    if (!outcome)
        outcome = port.offsets(port.context, shards, 1, &arena, &offsets, &count, &error);
    if (!outcome)
        outcome = port.events_after(port.context, 3, 0, 10, &arena, &events, &count, &error);
    if (!outcome)
        outcome = port.journals(port.context, &id, 1, &arena, &events, &count, &error);
    if (!outcome)
        outcome = port.inbox(port.context, shards, 1, 10, &arena, &inbox, &count, &error);
    if (!outcome)
        outcome = port.timers(port.context, shards, 1, AT, 10, &arena, &due, &count, &error);
    if (!outcome)
        outcome = port.definitions(port.context, TEXT_NONE, &arena, &definitions, &count, &error);
    if (!outcome)
        outcome = port.let_go(port.context, taken, 1, &error);
    return outcome ? outcome : port.leave(port.context, TEXT("a"), &error);
}

static void torture_reading(bool memory, bool behind) {
    bool over = false;
    long n = 0, failed = 0;
    for (; !over; n++) {
        port.close(port.context);
        arena_reset(&arena);
        error = (struct error){0};
        strike.behind = behind;
        strike.at = n;
        strike.seen = 0;
        strike.armed = !memory;
        if (memory)
            memory_fail_once_after((size_t)n);
        enum outcome outcome = run_all();
        over = memory ? !memory_has_refused_one() : strike.seen <= n;
        strike.armed = false;
        memory_fail_after(SIZE_MAX);
        failed += outcome != OUTCOME_OK;
        if (outcome != OUTCOME_OK && outcome != OUTCOME_RETRY && strcmp(error.code, "out_of_memory") != 0)
            fail_msg("%ld: %s: %s: %s", n, outcome_name(outcome), error.code, error.message);
        if (over)
            assert_int_equal(outcome, OUTCOME_OK);
    }
    print_message("%ld places, %ld failed\n", n - 1, failed);
    struct store_shard shard = open_and_take();
    assert_int_equal(commit(&shard), STORE_COMMITTED);
    truth_seq++;
}

static void test_any_other_call_that_fails_says_try_again(void **unused) {
    (void)unused;
    torture_reading(false, false);
    torture_reading(false, true);
}

static void test_any_other_call_without_memory_says_so(void **unused) {
    (void)unused;
    torture_reading(true, false);
}

static int start(void **unused) {
    (void)unused;
    pg_cluster_start(cluster, sizeof cluster);
    if (getenv("YJS_TEST_PG"))
        pg_cluster_sql(cluster, "DROP DATABASE IF EXISTS torture WITH (FORCE)", NULL, 0);
    assert_true(pg_cluster_sql(cluster, "CREATE DATABASE torture", NULL, 0));
    snprintf(here, sizeof here, "%s dbname=torture", cluster);
    const struct migrate_settings schema = {.conninfo = here, .shard_count = 4, .region = "441300"};
    assert_int_equal(migrate_apply(&schema, NULL, &error), OUTCOME_OK);
    arena_init(&arena, (size_t)64 << 20);
    make_store();
    return 0;
}

static int end(void **unused) {
    (void)unused;
    store_free(made);
    arena_free(&arena);
    return 0;
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commit_whose_call_fails_tells_the_truth),
        cmocka_unit_test(test_commit_whose_call_is_done_and_fails_tells_the_truth),
        cmocka_unit_test(test_commit_that_finds_no_memory_tells_the_truth),
        cmocka_unit_test(test_any_other_call_that_fails_says_try_again),
        cmocka_unit_test(test_any_other_call_without_memory_says_so),
    };
    return cmocka_run_group_tests_name("store: torture", tests, start, end);
}
