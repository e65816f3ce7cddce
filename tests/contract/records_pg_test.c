/* The records port on PostgreSQL: commands written together, keys that come again, numbers, and every query by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <signal.h>

#include "base/json.h"
#include "base/murmur2.h"
#include "lib/pg_cluster.h"
#include "model/number.h"
#include "store/migrate.h"
#include "store/statements.h"
#include "store/store.h"

#define SHARDS 12
#define CANONICAL "{\"thing\":\"sale\",\"title\":{\"en\":\"Sale\"},\"regions\":[\"441300\"]}"

static char cluster[512], here[600];
static struct records *records;
static struct records_port port;
static struct arena arena;
static struct error error;

static void sql(const char *text) { assert_true(pg_cluster_sql(here, text, NULL, 0)); }
static long ask(const char *text) {
    char value[64];
    assert_true(pg_cluster_sql(here, text, value, sizeof value));
    return strtol(value, NULL, 10);
}
static int set_up(void **state) {
    (void)state;
    arena_init(&arena, (size_t)16 << 20);
    sql("TRUNCATE inbox, command_answer, case_, step, journal, incident, dead_letter, unsent, definition, api_token, member");
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    arena_free(&arena);
    return 0;
}

static struct record_command command(const char *root, const char *key, const char *data) {
    return (struct record_command){.kind = TEXT("withdraw"), .root = text_from(root), .case_id = text_from(root),
                                   .data = text_from(data), .idempotency_key = text_from(key)};
}
static enum outcome put(struct record_command *commands, uint32_t count, struct record_ticket *tickets) {
    return port.put(port.context, commands, count, tickets, &error);
}
static struct record_list query(const char *name, const char *a, const char *b, const char *c) {
    const struct text parameters[] = {text_from(a), text_from(b), text_from(c)};
    struct record_list list = {0};
    uint32_t count = query_parameter_count(query_find(name));
    if (port.query(port.context, name, parameters, count < 3 ? count : 3, &arena, &list, &error) != OUTCOME_OK)
        fail_msg("%s: %s", name, error.message);
    return list;
}

static void test_command_goes_to_the_shard_of_its_root(void **state) {
    (void)state;
    struct record_command one = command("441300202603020000017", NULL, "{}");
    struct record_ticket ticket;
    assert_int_equal(put(&one, 1, &ticket), OUTCOME_OK);
    assert_false(ticket.repeated);
    assert_int_equal(ask("SELECT shard FROM inbox"), murmur2_partition(one.root, SHARDS));
    assert_int_equal(ask("SELECT id FROM inbox"), ticket.inbox_id);
}

static void test_same_key_and_content_gives_the_first_ticket_again(void **state) {
    (void)state;
    struct record_command one = command("n1", "k", "{\"at\":1}");
    one.content = TEXT("{}");
    struct record_ticket first, second;
    assert_int_equal(put(&one, 1, &first), OUTCOME_OK);
    sql("DELETE FROM inbox");   /* done meanwhile */
    one.data = TEXT("{\"at\":2}");
    assert_int_equal(put(&one, 1, &second), OUTCOME_OK);
    assert_true(second.repeated);
    assert_int_equal(second.inbox_id, first.inbox_id);
    assert_int_equal(ask("SELECT count(*) FROM inbox"), 0);
}

static void test_same_key_with_other_content_is_a_conflict(void **state) {
    (void)state;
    struct record_command one = command("n1", "k", "{}"), other = command("n1", "k", "{\"b\":1}");
    struct record_ticket ticket = {.inbox_id = -7};
    assert_int_equal(put(&one, 1, &(struct record_ticket){0}), OUTCOME_OK);
    assert_int_equal(put(&other, 1, &ticket), OUTCOME_REJECT);
    assert_string_equal(error.code, "idempotency_conflict");
    assert_int_equal(ticket.inbox_id, -7);
    assert_int_equal(ask("SELECT count(*) FROM inbox"), 1);
}

static void test_conflict_in_a_call_of_several_writes_none_of_them(void **state) {
    (void)state;
    struct record_command one = command("n1", "k", "{}");
    struct record_ticket tickets[3];
    assert_int_equal(put(&one, 1, tickets), OUTCOME_OK);
    struct record_command several[] = {command("n2", "k2", "{}"), command("n1", "k", "{\"other\":1}"), command("n3", NULL, "{}")};
    assert_int_equal(put(several, 3, tickets), OUTCOME_REJECT);
    assert_int_equal(ask("SELECT count(*) FROM inbox"), 1);
    several[1].data = TEXT("{}");
    assert_int_equal(put(several, 3, tickets), OUTCOME_OK);
    assert_true(tickets[1].repeated && !tickets[0].repeated && !tickets[2].repeated);
    assert_int_equal(ask("SELECT count(*) FROM inbox"), 3);
}

static void test_key_twice_in_one_call_is_one_command(void **state) {
    (void)state;
    struct record_command both[] = {command("n2", "k2", "{}"), command("n2", "k2", "{}")};
    struct record_ticket tickets[2];
    assert_int_equal(put(both, 2, tickets), OUTCOME_OK);
    assert_true(!tickets[0].repeated && tickets[1].repeated);
    assert_int_equal(tickets[0].inbox_id, tickets[1].inbox_id);
}

#define THREADS 16
#define EACH 25
static void *put_many(void *context) {
    long thread = (long)context;
    for (int i = 0; i < EACH; i++) {
        char key[40], root[40];
        snprintf(key, sizeof key, "k%ld.%d", thread % 8, i);   /* two threads share every key */
        snprintf(root, sizeof root, "n%ld.%d", thread % 8, i);
        struct record_command one = command(root, key, "{}");
        struct record_ticket ticket;
        if (port.put(port.context, &one, 1, &ticket, NULL) != OUTCOME_OK)
            return "failed";
    }
    return NULL;
}

static void test_waiting_calls_are_written_together_and_every_key_once(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    for (long i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, put_many, (void *)i);
    for (int i = 0; i < THREADS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(ask("SELECT count(*) FROM inbox"), THREADS / 2 * EACH);
    long transactions = ask("SELECT count(DISTINCT xmin::text) FROM inbox");
    assert_true(transactions < THREADS / 2 * EACH / 2);
}

static void test_answer_waits_and_then_says_what_became_of_the_command(void **state) {
    (void)state;
    struct record_command one = command("n1", NULL, "{}");
    struct record_ticket ticket;
    int32_t status = -1;
    struct text body;
    assert_int_equal(put(&one, 1, &ticket), OUTCOME_OK);
    assert_int_equal(port.answer(port.context, ticket.inbox_id, &arena, &status, &body, &error), OUTCOME_OK);
    assert_int_equal(status, 0);
    sql("UPDATE command_answer SET status = 201, body = '{\"id\":\"n1\"}'");
    assert_int_equal(port.answer(port.context, ticket.inbox_id, &arena, &status, &body, &error), OUTCOME_OK);
    assert_int_equal(status, 201);
    assert_true(text_is(body, "{\"id\":\"n1\"}"));
    assert_int_equal(port.answer(port.context, 999999, &arena, &status, &body, &error), OUTCOME_REJECT);
}

static void test_numbers_differ_and_carry_a_sound_check_digit(void **state) {
    (void)state;
    struct text seen[120];
    for (int i = 0; i < 120; i++) {
        assert_int_equal(port.number(port.context, TEXT("441300"), TEXT("20260302"), &arena, &seen[i], &error), OUTCOME_OK);
        assert_true(text_starts_with(seen[i], "44130020260302"));
        assert_true(case_number_is_sound(seen[i]));
        for (int j = 0; j < i; j++)
            assert_false(text_equal(seen[i], seen[j]));
    }
    assert_int_equal(port.number(port.context, TEXT("4413"), TEXT("20260302"), &arena, &seen[0], &error), OUTCOME_REJECT);
    assert_int_equal(port.number(port.context, TEXT("441300"), TEXT("20260230"), &arena, &seen[0], &error), OUTCOME_REJECT);
}

static void test_definition_is_published_once_and_the_latest_is_current(void **state) {
    (void)state;
    const struct text first[] = {TEXT("h1"), TEXT("sale"), TEXT("thing: sale"), TEXT(CANONICAL), TEXT("li")};
    const struct text second[] = {TEXT("h2"), TEXT("sale"), TEXT("thing: sale #2"), TEXT(CANONICAL), TEXT("li")};
    struct record_list list;
    const struct text *order[] = {first, first, second, first, second};
    for (int i = 0; i < 5; i++)
        if (port.query(port.context, "definition_publish", order[i], 5, &arena, &list, &error) != OUTCOME_OK || list.count != 1)
            fail_msg("%s", error.message);
    assert_int_equal(ask("SELECT count(*) FROM definition"), 2);
    assert_int_equal(ask("SELECT count(*) FROM definition WHERE current AND hash = 'h2'"), 1);
    assert_int_equal(ask("SELECT count(*) FROM definition WHERE current"), 1);
    assert_int_equal(query("things_list", NULL, NULL, NULL).count, 1);
    assert_int_equal(query("thing_show", "h1", NULL, NULL).count, 1);
    assert_int_equal(query("thing_show", "sale", NULL, NULL).count, 1);
    assert_int_equal(query("definition_withdraw", "sale", "li", NULL).count, 1);
    assert_int_equal(query("things_list", NULL, NULL, NULL).count, 0);
}

static void fill(void) {
    sql("INSERT INTO definition VALUES ('h', 'sale', 'thing: sale', '" CANONICAL "', now(), 'li', true)");
    sql("INSERT INTO case_ (id, root, shard, thing, region, title, started_at, definition_hash, priority, phase, outcome, "
        "incidents, changed_at, version) SELECT 'n' || i, 'n' || i, 0, 'sale', '441300', '张*', timestamptz '2026-03-02 09:00+08' "
        "+ i * interval '1 minute', 'h', 0, CASE WHEN i % 2 = 0 THEN 'closed' ELSE 'running' END, 'none', 0, now(), 2 "
        "FROM generate_series(1, 9) i");
    sql("INSERT INTO case_ SELECT 'n1:sub:0', 'n1', 'n1', shard, thing, region, NULL, NULL, title, started_at, "
        "definition_hash, 0, phase, outcome, NULL, NULL, 0, changed_at, 1 FROM case_ WHERE id = 'n1'");
    sql("INSERT INTO step (case_id, step, index, shard, position, kind, department, region, attempt, open, state, asked_at) "
        "SELECT 'n' || i, 'tax', -1, 0, 1, 'task', 'tax', '441300', 1, true, CASE WHEN i = 3 THEN 'stuck' ELSE 'running' END, now() "
        "FROM generate_series(1, 9, 2) i");
    sql("INSERT INTO journal (shard, version, seq, at, events, case_id, data) VALUES (0, 1, 1, now(), 2, 'n1', "
        "'[{\"kind\":\"case_started\",\"data\":{\"form\":{}}},{\"kind\":\"step_asked\",\"step\":\"tax\",\"data\":{\"index\":-1}}]')");
    sql("INSERT INTO incident (id, case_id, step, index, shard, code, message, department, opened_at) "
        "VALUES ('n3:tax:1', 'n3', 'tax', -1, 0, 'stuck', 'gave up', 'tax', now()), ('t@0:5', NULL, NULL, -1, 0, 'offset_gone', 'x', "
        "NULL, now())");
    sql("INSERT INTO dead_letter (shard, topic, partition, \"offset\", at, code, message, key, headers, value) "
        "VALUES (0, 't', 0, 5, now(), 'json_utf8', 'no', 'k', '{}', '\\xff0001')");
    sql("INSERT INTO unsent VALUES (0, 2, 't', 'too large', now())");
    sql("INSERT INTO member VALUES ('a', now(), now())");
}

static void test_every_query_runs_and_gives_json(void **state) {
    (void)state;
    fill();
    uint32_t rows = 0;
    for (const struct query *const *table = query_tables; *table; table++)
        for (const struct query *q = *table; q->name; q++) {
            struct text parameters[16];
            struct record_list list;
            for (uint32_t i = 0; i < 16; i++)
                parameters[i] = TEXT_NONE;
            if (port.query(port.context, q->name, parameters, 0, &arena, &list, &error) != OUTCOME_OK) {
                /* What can't be without its first parameter is refused, not broken. */
                assert_int_equal(error.outcome, OUTCOME_REJECT);
                assert_true(q->writes || text_starts_with(text_from(q->name), "case_versions"));
                continue;
            }
            for (uint32_t i = 0; i < list.count; i++, rows++) {
                struct json value;
                assert_int_equal(json_read(&arena, list.at[i], 64, &value, &error), OUTCOME_OK);
                assert_int_equal(value.type, JSON_OBJECT);
            }
        }
    if (rows < 30)
        fail_msg("only %u rows", rows);
}

static uint32_t cases(const struct text *parameters) {
    struct record_list list;
    if (port.query(port.context, "cases_list", parameters, 10, &arena, &list, &error) != OUTCOME_OK)
        fail_msg("%s", error.message);
    return list.count;
}

static void test_cases_are_found_by_every_filter(void **state) {
    (void)state;
    fill();
    static const struct { int parameter; struct text value; uint32_t count; } filters[] = {
        {0, TEXT("sale"), 9}, {0, TEXT("other"), 0}, {1, TEXT("closed"), 4}, {1, TEXT("open"), 5}, {1, TEXT("running"), 5},
        {2, TEXT("granted"), 0}, {3, TEXT("441300"), 9}, {3, TEXT("441302"), 0}, {4, TEXT("tax"), 5}, {4, TEXT("gas"), 0},
        {5, TEXT("n3"), 1}, {5, TEXT("张"), 9}, {5, TEXT("n%"), 0}, {6, TEXT("2026-03-02T00:00:00Z"), 9},
        {6, TEXT("2099-01-01T00:00:00Z"), 0}, {7, TEXT("n4"), 3}, {8, TEXT("2"), 2}, {9, TEXT("all"), 10},
    };
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        struct text parameters[10] = {{0}};
        parameters[filters[i].parameter] = filters[i].value;
        if (cases(parameters) != filters[i].count)
            fail_msg("filter %d: %u, not %u", (int)i, cases(parameters), filters[i].count);
    }
}

static void test_case_is_shown_with_its_steps_children_and_incidents(void **state) {
    (void)state;
    fill();
    struct json value;
    struct record_list list = query("case_show", "n1", NULL, NULL);
    assert_int_equal(list.count, 1);
    assert_int_equal(json_read(&arena, list.at[0], 64, &value, &error), OUTCOME_OK);
    assert_int_equal(json_get(&value, TEXT("steps"))->count, 1);
    assert_int_equal(json_get(&value, TEXT("children"))->count, 1);
    assert_int_equal(query("case_show", "nothing", NULL, NULL).count, 0);
    list = query("case_timeline", "n1", "1", "yes");
    assert_int_equal(list.count, 1);
    assert_int_equal(json_read(&arena, list.at[0], 64, &value, &error), OUTCOME_OK);
    assert_non_null(json_pointer(&value, TEXT("/data/index")));
    list = query("case_timeline", "n1", NULL, NULL);
    assert_int_equal(list.count, 2);
    assert_int_equal(json_read(&arena, list.at[0], 64, &value, &error), OUTCOME_OK);
    assert_int_equal(json_get(&value, TEXT("data"))->type, JSON_NULL);
    assert_int_equal(query("case_versions", "[\"n1\",\"n2\",\"zz\"]", NULL, NULL).count, 2);
    assert_int_equal(query("tasks_list", "tax", NULL, NULL).count, 5);
    list = query("task_show", "n1", "tax", NULL);
    assert_int_equal(list.count, 1);
    assert_int_equal(json_read(&arena, list.at[0], 64, &value, &error), OUTCOME_OK);
    assert_non_null(json_pointer(&value, TEXT("/asked/data/index")));
}

static void test_worklist_has_the_higher_priority_first_then_the_oldest_page_by_page(void **state) {
    (void)state;
    fill();
    sql("INSERT INTO definition VALUES ('hp', 'low', 'thing: low', "
        "'{\"steps\":[{\"id\":\"tax\",\"priority\":-5},{\"id\":\"gas\"}]}', now(), 'li', true)");
    sql("UPDATE case_ SET definition_hash = 'hp' WHERE id IN ('n1', 'n5')");
    sql("UPDATE case_ SET priority = 15 WHERE id = 'n5'");
    sql("UPDATE step SET asked_at = asked_at - interval '1 hour' WHERE case_id = 'n9'");
    static const char *const wanted[] = {"n5", "n9", "n3", "n7", "n1"};   /* 10, 0 and older, 0, 0, -5 */
    static const int64_t priorities[] = {10, 0, 0, 0, -5};
    char cursor[256] = "";
    for (size_t i = 0; i < 5; i++) {
        struct text parameters[] = {TEXT("tax"), TEXT_NONE, i ? text_from(cursor) : TEXT_NONE, TEXT("1"), TEXT_NONE};
        struct record_list list;
        struct json row;
        int64_t priority;
        if (port.query(port.context, "tasks_list", parameters, 5, &arena, &list, &error) != OUTCOME_OK)
            fail_msg("%s", error.message);
        assert_int_equal(list.count, 1);
        assert_int_equal(json_read(&arena, list.at[0], 64, &row, &error), OUTCOME_OK);
        assert_true(text_is(json_get_text(&row, TEXT("case")), wanted[i]));
        assert_true(json_to_int64(json_get_string(&row, "priority"), &priority));
        assert_int_equal(priority, priorities[i]);
        snprintf(cursor, sizeof cursor, "%.*s", TEXT_ARG(json_get_text(&row, TEXT("at"))));
    }
}

static void test_lights_come_page_by_page_the_first_due_first_and_the_cases_own_promise_with_them(void **state) {
    (void)state;
    static const char *const wanted[] = {"n2/deed/statute", "n1//promise", "n1/deed/promise", "n1/deed/statute"};
    char cursor[256] = "";
    fill();
    sql("INSERT INTO clock (case_id, item, clock, shard, thing, state, light, due_at, changed_at, explained) "
        "SELECT c, i, k, 0, 't', 'running', l, timestamptz '2026-11-30 10:00+08' + d * interval '1 day', now(), '{}' FROM (VALUES "
        "('n1', 'deed', 'statute', 'red', 1), ('n1', '', 'promise', 'yellow', 1), ('n1', 'deed', 'promise', 'yellow', 1), "
        "('n2', 'deed', 'statute', 'red', 0), ('n2', 'deed', 'promise', 'green', 0)) AS v (c, i, k, l, d)");
    for (int i = 0; i < 5; i++) {
        struct text parameters[] = {TEXT_NONE, TEXT_NONE, TEXT_NONE, i ? text_from(cursor) : TEXT_NONE, TEXT("1")};
        struct record_list list;
        struct json row;
        if (port.query(port.context, "clocks_list", parameters, 5, &arena, &list, &error) != OUTCOME_OK)
            fail_msg("%s", error.message);
        assert_int_equal(list.count, i < 4);
        if (i == 4)
            break;
        assert_int_equal(json_read(&arena, list.at[0], 64, &row, &error), OUTCOME_OK);
        snprintf(cursor, sizeof cursor, "%.*s", TEXT_ARG(json_get_text(&row, TEXT("at"))));
        assert_string_equal(cursor, wanted[i]);
    }
}

static void test_dead_letter_is_redriven_by_one_only(void **state) {
    (void)state;
    fill();
    struct json value;
    char id[32];
    assert_true(pg_cluster_sql(here, "SELECT id FROM dead_letter", id, sizeof id));
    struct record_list list = query("dead_redrive_mark", id, "li", NULL);
    assert_int_equal(list.count, 1);
    assert_int_equal(json_read(&arena, list.at[0], 64, &value, &error), OUTCOME_OK);
    assert_true(text_is(json_get_text(&value, TEXT("value")), "/wAB"));
    assert_int_equal(query("dead_redrive_mark", id, "wang", NULL).count, 0);
    assert_int_equal(query("dead_list", "yes", NULL, NULL).count, 0);
    assert_int_equal(query("dead_list", NULL, NULL, NULL).count, 1);
}

static void test_token_is_found_until_it_is_revoked_or_expires(void **state) {
    (void)state;
    const struct text token[] = {TEXT("x1"), TEXT("department"), TEXT("tax"), TEXT("441300"), TEXT("adapter"), TEXT("li"), TEXT_NONE};
    const struct text old[] = {TEXT("x2"), TEXT("admin"), TEXT_NONE, TEXT_NONE, TEXT("old"), TEXT("li"), TEXT("2020-01-01T00:00:00Z")};
    struct record_list list;
    assert_int_equal(port.query(port.context, "token_create", token, 7, &arena, &list, &error), OUTCOME_OK);
    assert_int_equal(port.query(port.context, "token_create", old, 7, &arena, &list, &error), OUTCOME_OK);
    assert_int_equal(port.query(port.context, "token_create", token, 7, &arena, &list, &error), OUTCOME_REJECT);
    assert_int_equal(query("token_find", "x1", NULL, NULL).count, 1);
    assert_int_equal(query("token_find", "x2", NULL, NULL).count, 0);
    assert_int_equal(query("token_list", NULL, NULL, NULL).count, 2);
    char id[32];
    assert_true(pg_cluster_sql(here, "SELECT id FROM api_token WHERE hash = 'x1'", id, sizeof id));
    assert_int_equal(query("token_revoke", id, NULL, NULL).count, 1);
    assert_int_equal(query("token_find", "x1", NULL, NULL).count, 0);
}

static void test_unknown_query_and_bad_parameter_are_refused(void **state) {
    (void)state;
    struct record_list list;
    const struct text bad = TEXT("no number");
    assert_int_equal(port.query(port.context, "nothing", NULL, 0, &arena, &list, &error), OUTCOME_REJECT);
    assert_string_equal(error.code, "unknown_statement");
    assert_int_equal(port.query(port.context, "dead_show", &bad, 1, &arena, &list, &error), OUTCOME_REJECT);
    assert_int_equal(query("readiness", NULL, NULL, NULL).count, 1);
}

static void test_ended_sessions_are_replaced_without_a_word(void **state) {
    (void)state;
    query("readiness", NULL, NULL, NULL);
    sql("SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE application_name = 'web'");
    query("readiness", NULL, NULL, NULL);
    struct record_command one = command("n1", NULL, "{}");
    struct record_ticket ticket;
    sql("SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE application_name = 'web'");
    assert_int_equal(put(&one, 1, &ticket), OUTCOME_OK);
    assert_true(port.is_up(port.context));
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    pg_cluster_start(cluster, sizeof cluster);
    pg_cluster_sql(cluster, "CREATE DATABASE records", NULL, 0);
    snprintf(here, sizeof here, "%s dbname=records", cluster);
    const struct migrate_settings migration = {.conninfo = here, .shard_count = SHARDS, .region = "441300"};
    const struct store_settings settings = {.conninfo = here, .instance = "web"};
    if (migrate_apply(&migration, NULL, &error) != OUTCOME_OK || records_create(&settings, &records, &error) != OUTCOME_OK) {
        fprintf(stderr, "%s: %s\n", error.code, error.message);
        return 1;
    }
    port = records_port(records);
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_command_goes_to_the_shard_of_its_root),
        T(test_same_key_and_content_gives_the_first_ticket_again),
        T(test_same_key_with_other_content_is_a_conflict),
        T(test_conflict_in_a_call_of_several_writes_none_of_them),
        T(test_key_twice_in_one_call_is_one_command),
        T(test_waiting_calls_are_written_together_and_every_key_once),
        T(test_answer_waits_and_then_says_what_became_of_the_command),
        T(test_numbers_differ_and_carry_a_sound_check_digit),
        T(test_definition_is_published_once_and_the_latest_is_current),
        T(test_every_query_runs_and_gives_json),
        T(test_cases_are_found_by_every_filter),
        T(test_case_is_shown_with_its_steps_children_and_incidents),
        T(test_worklist_has_the_higher_priority_first_then_the_oldest_page_by_page),
        T(test_lights_come_page_by_page_the_first_due_first_and_the_cases_own_promise_with_them),
        T(test_dead_letter_is_redriven_by_one_only),
        T(test_token_is_found_until_it_is_revoked_or_expires),
        T(test_unknown_query_and_bad_parameter_are_refused),
        T(test_ended_sessions_are_replaced_without_a_word),
    };
    int failed = cmocka_run_group_tests_name("records_pg", tests, NULL, NULL);
    records_free(records);
    return failed;
}
