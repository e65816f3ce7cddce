/* The store suite on PostgreSQL, and what only a real database can do to a daemon: a zombie that holds locks, sessions
 * that end in the middle of a commit, an answer to COMMIT that never comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "lib/pg_cluster.h"
#include "store/migrate.h"
#include "store/store.h"
#include "store/store_part.h"
#include "store_suite.h"

#define AT INT64_C(1900000000000000)

static char cluster[512];       /* conninfo without a database of ours */
static char here[600];          /* of the current test's database */
static struct store *made[8];
static int made_count, databases;

static void sql(const char *text) { assert_true(pg_cluster_sql(here, text, NULL, 0)); }
static long ask(const char *text) {
    char value[64];
    assert_true(pg_cluster_sql(here, text, value, sizeof value));
    return strtol(value, NULL, 10);
}

/* A migrated database is made once; each test gets a copy. */
static void reset(void *context) {
    (void)context;
    char text[200];
    for (int i = 0; i < made_count; i++)
        store_free(made[i]);
    made_count = 0;
    if (databases > 0 && getenv("YJS_TEST_PG")) {   /* a cluster of our own goes as a whole, which is quicker */
        snprintf(text, sizeof text, "DROP DATABASE suite%d WITH (FORCE)", databases);
        assert_true(pg_cluster_sql(cluster, text, NULL, 0));
    }
    snprintf(text, sizeof text, "CREATE DATABASE suite%d TEMPLATE suite0", ++databases);
    assert_true(pg_cluster_sql(cluster, text, NULL, 0));
    snprintf(here, sizeof here, "%s dbname=suite%d", cluster, databases);
}

static struct store_port make_on(const char *conninfo, const char *instance) {
    const struct store_settings settings = {.conninfo = conninfo, .instance = instance, .statement_timeout_ms = 4000,
                                            .wait_ms = 6000};
    struct error error;
    assert_int_equal(store_create(&settings, &made[made_count], &error), OUTCOME_OK);
    return store_port(made[made_count++]);
}
static struct store_port make(void *context, const char *instance) {
    (void)context;
    return make_on(here, instance);
}

struct scene { struct arena arena; struct store_port a, b; struct store *inner; struct error error; };

static int set_up(void **state) {
    static struct scene scene;
    memset(&scene, 0, sizeof scene);
    arena_init(&scene.arena, (size_t)64 << 20);
    reset(NULL);
    scene.a = make(NULL, "a");
    scene.inner = made[0];
    scene.b = make(NULL, "b");
    assert_int_equal(scene.a.open(scene.a.context, &scene.error), OUTCOME_OK);
    assert_int_equal(scene.b.open(scene.b.context, &scene.error), OUTCOME_OK);
    *state = &scene;
    return 0;
}
static int tear_down(void **state) {
    arena_free(&((struct scene *)*state)->arena);
    return 0;
}

static struct store_shard take_one(struct scene *s, struct store_port *port, const char *instance, int32_t shard) {
    struct store_shard *taken = NULL;
    uint32_t count = 0;
    if (port->take(port->context, text_from(instance), &shard, 1, &s->arena, &taken, &count, &s->error) != OUTCOME_OK)
        fail_msg("%s", s->error.message);
    assert_int_equal(count, 1);
    return taken[0];
}
static enum store_fate commit_one(struct scene *s, struct store_port *port, struct store_shard *shard) {
    struct store_event event = {.shard = shard->shard, .seq = shard->next_seq++, .case_id = TEXT("n1"), .version = 1, .at_us = AT,
                                .kind = TEXT("case_started"), .data = TEXT("{}")};
    event.version = (int32_t)event.seq;
    struct store_offset offset = {.shard = shard->shard, .topic = TEXT("t"), .next = 1};
    struct store_batch batch = {.shards = shard, .shard_count = 1, .events = &event, .event_count = 1, .offsets = &offset,
                                .offset_count = 1};
    int32_t *fenced = NULL;
    uint32_t count = 0;
    return store_commit_whole(port, &batch, &s->arena, &fenced, &count, &s->error);
}

static void test_zombie_that_holds_the_rows_is_ended_by_who_takes_them(void **state) {
    struct scene *s = *state;
    struct store_shard shard = take_one(s, &s->a, "a", 3);
    /* The zombie was stopped between its fence and its COMMIT. */
    char text[100];
    snprintf(text, sizeof text, "BEGIN; SELECT fence(ARRAY[3], ARRAY[%lld::bigint])", (long long)shard.epoch);
    assert_int_equal(pg_script(&s->inner->pg, text, &s->error), OUTCOME_OK);
    struct store_shard now = take_one(s, &s->b, "b", 3);
    assert_int_equal(now.epoch, shard.epoch + 1);
    assert_int_equal(commit_one(s, &s->a, &shard), STORE_AWAY);   /* woken: its session is gone */
    assert_int_equal(s->a.open(s->a.context, &s->error), OUTCOME_OK);
    assert_int_equal(commit_one(s, &s->a, &shard), STORE_FENCED);
    assert_int_equal(ask("SELECT count(*) FROM event"), 0);
}

static void test_backend_with_a_used_again_process_id_is_not_ended(void **state) {
    struct scene *s = *state;
    take_one(s, &s->a, "a", 3);
    sql("UPDATE shard SET backend_start = backend_start - interval '1 second' WHERE shard = 3");
    take_one(s, &s->b, "b", 3);
    assert_true(pg_refresh(&s->inner->pg));
}

static void test_session_ended_before_a_batch_means_nothing_was_written(void **state) {
    struct scene *s = *state;
    struct store_shard shard = take_one(s, &s->a, "a", 3);
    sql("SELECT pg_terminate_backend(backend_pid, 1000) FROM shard WHERE shard = 3");
    assert_int_equal(commit_one(s, &s->a, &shard), STORE_AWAY);
    assert_int_equal(commit_one(s, &s->a, &shard), STORE_AWAY);   /* and stays away until it is opened */
    assert_int_equal(s->a.leave(s->a.context, TEXT("a"), &s->error), OUTCOME_RETRY);
    assert_int_equal(s->a.open(s->a.context, &s->error), OUTCOME_OK);
    assert_int_equal(ask("SELECT count(*) FROM event"), 0);
    shard = take_one(s, &s->a, "a", 3);
    assert_int_equal(commit_one(s, &s->a, &shard), STORE_COMMITTED);
}

/* Ends the backend of shard 3's owner as soon as it waits for what `wait` names. */
static void *end_waiting_owner(void *wait) {
    char text[300], pid[32] = "";
    snprintf(text, sizeof text, "SELECT a.pid FROM shard s JOIN pg_stat_activity a ON a.pid = s.backend_pid "
                                "WHERE s.shard = 3 AND a.wait_event = '%s'", (const char *)wait);
    for (int i = 0; i < 300 && !pid[0]; i++) {
        pg_cluster_sql(here, text, pid, sizeof pid);
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    snprintf(text, sizeof text, "SELECT pg_terminate_backend(%s)", pid[0] ? pid : "0");
    pg_cluster_sql(here, text, NULL, 0);
    return NULL;
}

static void test_session_ended_at_the_fence_means_nothing_was_written(void **state) {
    struct scene *s = *state;
    struct store_shard shard = take_one(s, &s->a, "a", 3);
    assert_int_equal(pg_script(&made[1]->pg, "BEGIN; SELECT FROM shard WHERE shard = 3 FOR UPDATE", &s->error), OUTCOME_OK);
    pthread_t other;
    pthread_create(&other, NULL, end_waiting_owner, "transactionid");
    assert_int_equal(commit_one(s, &s->a, &shard), STORE_AWAY);
    pthread_join(other, NULL);
    assert_int_equal(pg_script(&made[1]->pg, "ROLLBACK", &s->error), OUTCOME_OK);
    assert_int_equal(ask("SELECT count(*) FROM event"), 0);
}

static void test_session_ended_within_commit_leaves_its_fate_unknown(void **state) {
    struct scene *s = *state;
    /* A constraint that is looked at in COMMIT, slowly. */
    sql("CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(3); RETURN NULL; END'");
    sql("CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON shard_offset DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION slow()");
    struct store_shard shard = take_one(s, &s->a, "a", 3);
    pthread_t other;
    pthread_create(&other, NULL, end_waiting_owner, "PgSleep");
    assert_int_equal(commit_one(s, &s->a, &shard), STORE_UNKNOWN);
    pthread_join(other, NULL);
    assert_int_equal(s->a.open(s->a.context, &s->error), OUTCOME_OK);
    shard = take_one(s, &s->a, "a", 3);   /* the truth: it was not */
    assert_int_equal(shard.next_seq, 1);
}

static void test_lock_that_is_not_to_be_had_means_nothing_was_written_and_the_store_goes_on(void **state) {
    struct scene *s = *state;
    struct store_shard shard = take_one(s, &s->a, "a", 3);
    assert_int_equal(pg_script(&made[1]->pg, "BEGIN; SELECT FROM shard WHERE shard = 3 FOR UPDATE", &s->error), OUTCOME_OK);
    assert_int_equal(commit_one(s, &s->a, &shard), STORE_AWAY);
    assert_string_equal(s->error.code, "store_busy");
    assert_int_equal(pg_script(&made[1]->pg, "ROLLBACK", &s->error), OUTCOME_OK);
    shard.next_seq = 1;
    assert_int_equal(commit_one(s, &s->a, &shard), STORE_COMMITTED);
}

/* A man in the middle on a socket of its own: passes everything on, until it is told to swallow the server's answers
 * and hang up. */
struct middle { char folder[100], server[200]; int listener; volatile bool swallow; pthread_t thread; };

static void *pass_on(void *context) {
    struct middle *m = context;
    int client = accept(m->listener, NULL, NULL), server = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", m->server);
    if (connect(server, (struct sockaddr *)(void *)&address, sizeof address) != 0)
        return NULL;
    struct pollfd ends[2] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
    char bytes[65536];
    for (bool swallowed = false; !swallowed && poll(ends, 2, 10000) > 0;)
        for (int i = 0; i < 2; i++) {
            if (!(ends[i].revents & (POLLIN | POLLHUP)))
                continue;
            ssize_t length = read(ends[i].fd, bytes, sizeof bytes);
            if (length <= 0 || (i == 1 && m->swallow)) {
                swallowed = true;
                break;
            }
            if (write(ends[1 - i].fd, bytes, (size_t)length) != length)
                swallowed = true;
        }
    close(client);
    close(server);
    return NULL;
}

static void test_commit_whose_answer_is_lost_is_unknown_and_may_well_have_happened(void **state) {
    struct scene *s = *state;
    struct middle m = {.folder = "/tmp/yjs-middle.XXXXXX"};
    char folder[200], port[16], through[400];
    assert_true(pg_cluster_sql(here, "SHOW unix_socket_directories", folder, sizeof folder));
    assert_true(pg_cluster_sql(here, "SHOW port", port, sizeof port));
    snprintf(m.server, sizeof m.server, "%.150s/.s.PGSQL.%s", folder, port);
    assert_non_null(mkdtemp(m.folder));
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%.80s/.s.PGSQL.%s", m.folder, port);
    m.listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(m.listener, (struct sockaddr *)(void *)&address, sizeof address), 0);
    assert_int_equal(listen(m.listener, 1), 0);
    pthread_create(&m.thread, NULL, pass_on, &m);
    snprintf(through, sizeof through, "host=%s port=%s user=yjs dbname=suite%d", m.folder, port, databases);
    struct store_port c = make_on(through, "c");
    /* Only the first connection goes through; LISTEN's is not served, which must be no error. */
    made[made_count - 1]->listen_again_ms = INT64_MAX;
    if (pg_open(&made[made_count - 1]->pg, &(struct pg_settings){.conninfo = through, .application = "c", .wait_ms = 5000,
                                            .statement_timeout_ms = 4000}, NULL, &s->error) != OUTCOME_OK)
        fail_msg("%s", s->error.message);
    extern const struct pg_statement statements_store[];
    assert_int_equal(pg_prepare(&made[made_count - 1]->pg, statements_store, &s->error), OUTCOME_OK);
    struct store_shard shard = take_one(s, &c, "c", 3);
    m.swallow = true;
    assert_int_equal(commit_one(s, &c, &shard), STORE_UNKNOWN);
    pthread_join(m.thread, NULL);
    close(m.listener);
    unlink(address.sun_path);
    rmdir(m.folder);
    shard = take_one(s, &s->b, "b", 3);
    assert_int_equal(shard.next_seq, 2);
}

static void test_new_inbox_row_wakes_the_listener(void **state) {
    struct scene *s = *state;
    struct pollfd fd = {.fd = s->a.descriptor(s->a.context), .events = POLLIN};
    struct store_inbox *inbox = NULL;
    uint32_t count = 0;
    int32_t three = 3;
    assert_true(fd.fd >= 0);
    assert_int_equal(poll(&fd, 1, 50), 0);
    sql("INSERT INTO inbox (shard, root, kind, data) VALUES (3, 'n', 'submit', '{}')");
    assert_int_equal(poll(&fd, 1, 2000), 1);
    assert_int_equal(s->a.inbox(s->a.context, &three, 1, 10, &s->arena, &inbox, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 1);
    assert_int_equal(poll(&fd, 1, 50), 0);   /* drained */
}

static void test_lost_listener_is_no_error_and_comes_back(void **state) {
    struct scene *s = *state;
    struct store_inbox *inbox = NULL;
    uint32_t count = 0;
    int32_t three = 3;
    sql("SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE query = 'LISTEN yjs_inbox' AND application_name = 'a'");
    assert_int_equal(s->a.inbox(s->a.context, &three, 1, 10, &s->arena, &inbox, &count, &s->error), OUTCOME_OK);
    s->inner->listen_again_ms = 0;
    assert_int_equal(s->a.inbox(s->a.context, &three, 1, 10, &s->arena, &inbox, &count, &s->error), OUTCOME_OK);
    assert_true(s->a.descriptor(s->a.context) >= 0);
}

static void test_rows_say_what_was_committed(void **state) {
    struct scene *s = *state;
    struct store_shard shard = take_one(s, &s->a, "a", 4);
    struct store_case row = {.case_id = TEXT("n1"), .root = TEXT("n1"), .thing = TEXT("sale"), .definition_hash = TEXT("h"),
                             .region = TEXT("441300"), .phase = TEXT("running"), .outcome = TEXT("none"), .shard = 4, .version = 2,
                             .started_at_us = AT, .changed_at_us = AT, .closed_at_us = TIME_NONE, .title = TEXT("\xe5\xbc\xa0*")};
    struct store_step step = {.case_id = TEXT("n1"), .step = TEXT("tax"), .index = -1, .state = TEXT("running"), .shard = 4,
                              .department = TEXT("tax"), .kind = TEXT("task"), .attempt = 1, .asked_at_us = AT,
                              .ended_at_us = TIME_NONE, .due_at_us = TIME_NONE};
    struct store_batch batch = {.shards = &shard, .shard_count = 1, .cases = &row, .case_count = 1, .steps = &step, .step_count = 1};
    int32_t *fenced = NULL;
    uint32_t count = 0;
    assert_int_equal(store_commit_whole(&s->a, &batch, &s->arena, &fenced, &count, &s->error), STORE_COMMITTED);
    assert_int_equal(ask("SELECT count(*) FROM open_step WHERE department = 'tax' AND thing = 'sale'"), 1);
    row.phase = TEXT("closed");
    row.closed_at_us = AT + TIME_SECOND_US;
    step.state = TEXT("granted");
    step.ended_at_us = AT;
    assert_int_equal(store_commit_whole(&s->a, &batch, &s->arena, &fenced, &count, &s->error), STORE_COMMITTED);
    assert_int_equal(ask("SELECT count(*) FROM open_step"), 0);
    assert_int_equal(ask("SELECT extract(epoch FROM closed_at - started_at) FROM case_ WHERE phase = 'closed' AND title = '张*'"), 1);
}

static void test_events_without_a_month_wait_in_the_default_and_move_to_their_month(void **state) {
    struct scene *s = *state;
    struct store_shard shard = take_one(s, &s->a, "a", 3);
    assert_int_equal(commit_one(s, &s->a, &shard), STORE_COMMITTED);   /* of 2030 */
    assert_int_equal(ask("SELECT count(*) FROM journal_default"), 1);
    sql("UPDATE journal SET at = now() + interval '4 months'");
    sql("SELECT make_journal_partitions(5)");
    assert_int_equal(ask("SELECT count(*) FROM journal_default"), 0);
    assert_int_equal(ask("SELECT count(*) FROM event"), 1);
    assert_int_equal(ask("SELECT make_journal_partitions(5)"), 0);
}

static enum outcome heartbeat(struct scene *s) {
    struct text *members = NULL;
    uint32_t count = 0;
    return s->a.heartbeat(s->a.context, TEXT("a"), 5 * TIME_SECOND_US, &s->arena, &members, &count, &s->error);
}

static void test_housekeeping_that_can_not_be_done_is_no_matter_of_the_heartbeat(void **state) {
    struct scene *s = *state;
    assert_int_equal(pg_script(&made[1]->pg, "BEGIN; LOCK TABLE command_answer IN SHARE MODE", &s->error), OUTCOME_OK);
    for (int i = 0; i < 5; i++)
        if (heartbeat(s) != OUTCOME_OK)
            fail_msg("%s", s->error.message);
    assert_int_equal(ask("SELECT count(*) FROM member WHERE instance = 'a'"), 1);
}

static void test_housekeeping_takes_old_rows_some_at_a_time_until_none_is_left(void **state) {
    struct scene *s = *state;
    sql("INSERT INTO command_answer (inbox_id, digest, at, status) SELECT i, '', now() - interval '8 days', CASE WHEN i % 1000 = 0 "
        "THEN 0 ELSE 200 END FROM generate_series(1, 5000) i");   /* five wait still */
    sql("INSERT INTO command_answer (inbox_id, digest, status) SELECT i, '', 200 FROM generate_series(5001, 8000) i");
    sql("INSERT INTO number_given (source, id, region, value, at) SELECT 's', i, 'r', i, now() - interval '91 days' * (i % 2) "
        "FROM generate_series(1, 6000) i");
    assert_int_equal(heartbeat(s), OUTCOME_OK);   /* partitions */
    assert_int_equal(heartbeat(s), OUTCOME_OK);
    assert_int_equal(ask("SELECT count(*) FROM command_answer"), 6000);
    for (int i = 0; i < 5; i++)
        assert_int_equal(heartbeat(s), OUTCOME_OK);
    assert_int_equal(ask("SELECT count(*) FROM command_answer"), 3005);
    assert_int_equal(ask("SELECT count(*) FROM number_given"), 3000);
    assert_int_equal(ask("SELECT count(*) FROM number_given WHERE at < now() - interval '1 day'"), 0);
}

static void test_closing_closes_what_is_of_its_kind(void **state) {
    struct scene *s = *state;
    struct store_shard shard = take_one(s, &s->a, "a", 3);
    struct store_incident open[] = {
        {.id = TEXT("n1:tax:1"), .case_id = TEXT("n1"), .step = TEXT("tax"), .code = TEXT("stuck")},
        {.id = TEXT("n1:tax:2"), .case_id = TEXT("n1"), .step = TEXT("tax"), .code = TEXT("disputed")},
        {.id = TEXT("n1:timer"), .case_id = TEXT("n1"), .code = TEXT("timer_refused")},
        {.id = TEXT("notice:1"), .case_id = TEXT("n1"), .code = TEXT("notice_undelivered")},
    };
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
        open[i].index = -1;
        open[i].shard = 3;
        open[i].message = TEXT("m");
        open[i].opened_at_us = AT;
        open[i].closed_at_us = TIME_NONE;
    }
    struct store_batch batch = {.shards = &shard, .shard_count = 1, .incidents = open, .incident_count = sizeof open / sizeof open[0]};
    int32_t *fenced = NULL;
    uint32_t count = 0;
    assert_int_equal(store_commit_whole(&s->a, &batch, &s->arena, &fenced, &count, &s->error), STORE_COMMITTED);
    static const struct { const char *step, *of; long closed; } tries[] = {
        {NULL, "dispute", 0}, {"tax", "timer", 0}, {"tax", "dispute", 1}, {"tax", "incident", 2}, {NULL, "timer", 3},
    };
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        struct store_closing closing = {.case_id = TEXT("n1"), .step = tries[i].step ? text_from(tries[i].step) : TEXT_NONE,
                                        .index = -1, .of = text_from(tries[i].of), .at_us = AT + 1, .by = TEXT("li"),
                                        .how = TEXT("skip")};
        batch = (struct store_batch){.shards = &shard, .shard_count = 1, .closings = &closing, .closing_count = 1};
        assert_int_equal(store_commit_whole(&s->a, &batch, &s->arena, &fenced, &count, &s->error), STORE_COMMITTED);
        assert_int_equal(ask("SELECT count(*) FROM incident WHERE closed_at IS NOT NULL"), tries[i].closed);
    }
    assert_int_equal(ask("SELECT count(*) FROM incident WHERE id = 'notice:1' AND closed_at IS NULL"), 1);
}

static void test_incident_said_again_keeps_when_it_was_opened_until_it_is_closed(void **state) {
    struct scene *s = *state;
    struct store_shard shard = take_one(s, &s->a, "a", 4);
    struct store_incident row = {.id = TEXT("n1:timer"), .case_id = TEXT("n1"), .index = -1, .shard = 4, .code = TEXT("timer_refused"),
                                 .message = TEXT("first"), .opened_at_us = AT, .closed_at_us = TIME_NONE};
    struct store_closing closing = {.case_id = TEXT("n1"), .index = -1, .of = TEXT("timer"), .at_us = AT, .by = TEXT("p"), .how = TEXT("done")};
    struct store_batch batch = {.shards = &shard, .shard_count = 1, .incidents = &row, .incident_count = 1};
    int32_t *fenced;
    uint32_t count;
    for (int i = 0; i < 2; i++, row.opened_at_us += TIME_MINUTE_US, row.message = TEXT("again"))
        assert_int_equal(store_commit_whole(&s->a, &batch, &s->arena, &fenced, &count, &s->error), STORE_COMMITTED);
    assert_int_equal(ask("SELECT extract(epoch FROM opened_at) FROM incident WHERE message = 'again'"), AT / TIME_SECOND_US);
    batch.closings = &closing;
    batch.closing_count = 1;
    assert_int_equal(store_commit_whole(&s->a, &batch, &s->arena, &fenced, &count, &s->error), STORE_COMMITTED);   /* closed, and anew */
    assert_int_equal(ask("SELECT extract(epoch FROM opened_at) FROM incident WHERE closed_at IS NULL"), AT / TIME_SECOND_US + 120);
}

static void test_events_of_one_input_are_one_row_and_are_read_one_by_one(void **state) {
    struct scene *s = *state;
    struct store_shard shard = take_one(s, &s->a, "a", 3);
    enum { EVENTS = 110 };
    struct store_event events[EVENTS];
    for (int i = 0; i < EVENTS; i++) { /* 100 events of one case, then 10 of the same at another moment */
        events[i] = (struct store_event){.shard = 3, .seq = i + 1, .case_id = TEXT("n1"), .version = i + 1,
                                         .at_us = AT + (i >= 100), .kind = TEXT("step_asked"), .step = TEXT("tax"),
                                         .data = TEXT("{\"a\":1}")};
    }
    shard.next_seq = EVENTS + 1;
    struct store_batch batch = {.shards = &shard, .shard_count = 1, .events = events, .event_count = EVENTS};
    int32_t *fenced = NULL;
    uint32_t count = 0;
    assert_int_equal(store_commit_whole(&s->a, &batch, &s->arena, &fenced, &count, &s->error), STORE_COMMITTED);
    assert_int_equal(ask("SELECT count(*) FROM journal"), 3);   /* 64, 36, 10 */
    assert_int_equal(ask("SELECT count(*) FROM event WHERE seq = version AND kind = 'step_asked'"), EVENTS);
    assert_int_equal(ask("SELECT count(*) FROM event WHERE data = '{\"a\":1}'"), EVENTS);
    for (int64_t after = 0; after <= EVENTS; after++) {
        struct store_event *read = NULL;
        assert_int_equal(s->a.events_after(s->a.context, 3, after, 7, &s->arena, &read, &count, &s->error), OUTCOME_OK);
        assert_int_equal(count, EVENTS - after < 7 ? EVENTS - after : 7);
        for (uint32_t i = 0; i < count; i++)
            assert_int_equal(read[i].seq, after + 1 + i);
    }
}

static void test_migrations_apply_once_and_an_edited_one_is_refused(void **state) {
    struct scene *s = *state;
    struct migrate_settings settings = {.conninfo = here, .shard_count = STORE_SUITE_SHARDS, .region = "441300"};
    struct migrate_report report = {0};
    assert_int_equal(migrate_apply(&settings, &report, &s->error), OUTCOME_OK);
    assert_int_equal(report.applied, 0);
    assert_int_equal(report.version, migrate_version());
    settings.shard_count = STORE_SUITE_SHARDS + 1;
    assert_int_equal(migrate_apply(&settings, NULL, &s->error), OUTCOME_REJECT);
    assert_string_equal(s->error.code, "shard_count_differs");
    settings.shard_count = 0;
    assert_int_equal(migrate_apply(&settings, NULL, &s->error), OUTCOME_OK);
    sql("UPDATE schema_version SET checksum = 'x' WHERE version = 2");
    assert_int_equal(migrate_apply(&settings, NULL, &s->error), OUTCOME_REJECT);
    assert_string_equal(s->error.code, "migration_changed");
}

static void test_empty_or_old_schema_is_told_at_opening(void **state) {
    struct scene *s = *state;
    sql("DELETE FROM schema_version WHERE version > 1");
    assert_int_equal(s->a.open(s->a.context, &s->error), OUTCOME_REJECT);
    assert_string_equal(s->error.code, "schema_old");
    sql("DROP TABLE schema_version");
    assert_int_equal(s->a.open(s->a.context, &s->error), OUTCOME_REJECT);
    assert_string_equal(s->error.code, "schema_missing");
}

static void test_database_that_is_not_there_is_told_and_tried_again(void **state) {
    struct scene *s = *state;
    struct store_port c = make_on("host=/nonexistent dbname=x", "c");
    assert_int_equal(c.open(c.context, &s->error), OUTCOME_RETRY);
    assert_string_equal(s->error.code, "store_away");
}

static void test_daemons_role_may_work_but_not_change_the_journal(void **state) {
    struct scene *s = *state;
    sql("DO $$ BEGIN CREATE ROLE yjsd LOGIN IN ROLE yjs_daemon; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
    char conninfo[700];
    snprintf(conninfo, sizeof conninfo, "%s user=yjsd", here);
    struct store_port c = make_on(conninfo, "c");
    if (c.open(c.context, &s->error) != OUTCOME_OK)
        fail_msg("%s", s->error.message);
    struct text *members;
    uint32_t count;
    if (c.heartbeat(c.context, TEXT("c"), TIME_SECOND_US, &s->arena, &members, &count, &s->error) != OUTCOME_OK)
        fail_msg("%s", s->error.message);
    struct store_shard shard = take_one(s, &c, "c", 3);
    if (commit_one(s, &c, &shard) != STORE_COMMITTED)
        fail_msg("%s", s->error.message);
    assert_false(pg_cluster_sql(conninfo, "UPDATE journal SET data = '{}'", NULL, 0));
    assert_false(pg_cluster_sql(conninfo, "DELETE FROM journal", NULL, 0));
    assert_false(pg_cluster_sql(conninfo, "DROP TABLE journal", NULL, 0));
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    pg_cluster_start(cluster, sizeof cluster);
    pg_cluster_sql(cluster, "CREATE DATABASE suite0", NULL, 0);
    snprintf(here, sizeof here, "%s dbname=suite0", cluster);
    struct error error;
    const struct migrate_settings settings = {.conninfo = here, .shard_count = STORE_SUITE_SHARDS, .region = "441300"};
    if (migrate_apply(&settings, NULL, &error) != OUTCOME_OK) {
        fprintf(stderr, "%s: %s\n", error.code, error.message);
        return 1;
    }
    const struct store_world world = {.reset = reset, .make = make};
    int failed = store_suite_run(&world);
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_zombie_that_holds_the_rows_is_ended_by_who_takes_them),
        T(test_backend_with_a_used_again_process_id_is_not_ended),
        T(test_session_ended_before_a_batch_means_nothing_was_written),
        T(test_session_ended_at_the_fence_means_nothing_was_written),
        T(test_session_ended_within_commit_leaves_its_fate_unknown),
        T(test_lock_that_is_not_to_be_had_means_nothing_was_written_and_the_store_goes_on),
        T(test_commit_whose_answer_is_lost_is_unknown_and_may_well_have_happened),
        T(test_new_inbox_row_wakes_the_listener),
        T(test_lost_listener_is_no_error_and_comes_back),
        T(test_rows_say_what_was_committed),
        T(test_housekeeping_that_can_not_be_done_is_no_matter_of_the_heartbeat),
        T(test_housekeeping_takes_old_rows_some_at_a_time_until_none_is_left),
        T(test_closing_closes_what_is_of_its_kind),
        T(test_incident_said_again_keeps_when_it_was_opened_until_it_is_closed),
        T(test_events_of_one_input_are_one_row_and_are_read_one_by_one),
        T(test_events_without_a_month_wait_in_the_default_and_move_to_their_month),
        T(test_migrations_apply_once_and_an_edited_one_is_refused),
        T(test_empty_or_old_schema_is_told_at_opening),
        T(test_database_that_is_not_there_is_told_and_tried_again),
        T(test_daemons_role_may_work_but_not_change_the_journal),
    };
    failed += cmocka_run_group_tests_name("store_pg", tests, NULL, NULL);
    reset(NULL);
    return failed;
}
