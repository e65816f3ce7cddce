/* Commands: applications, idempotency, waiting for the answer, verbs on steps, answers of departments. */
#include "kit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GOOD "{\"thing\":\"t\",\"form\":{\"a\":\"x\",\"b\":1}}"

static int start(void **state) { return kit_start(state); }

static struct fake_command *last_command(void) { return records.command_count ? &records.commands[records.command_count - 1] : NULL; }

static void test_form_that_does_not_fit_is_422_with_a_pointer_for_each_fault(void **state) {
    (void)state;
    const struct reply *reply = call("window", "POST", "/v1/cases", JSON_BODY, "{\"thing\":\"t\",\"form\":{\"a\":\"long\",\"b\":\"x\"}}");
    assert_int_equal(reply->status, 422);
    assert_string_equal(member(reply, "/code"), "form_invalid");
    assert_string_equal(member(reply, "/faults/0/pointer"), "/form/a");
    assert_string_equal(member(reply, "/faults/0/keyword"), "maxLength");
    assert_string_equal(member(reply, "/faults/1/pointer"), "/form/b");
    assert_null(strstr(reply->body, "long\"x"));
    assert_int_equal(records.command_count, 0);
}

static void test_application_without_waiting_is_202_with_the_place_of_its_answer(void **state) {
    (void)state;
    const struct reply *reply = call("window", "POST", "/v1/cases", JSON_BODY, GOOD);
    assert_int_equal(reply->status, 202);
    assert_string_equal(header_of(reply, "Location"), "/v1/commands/1");
    assert_string_equal(member(reply, "/state"), "waiting");
    assert_string_equal(last_command()->kind, "submit");
    assert_non_null(strstr(last_command()->data, "\"actor\":\"window-1\""));
    assert_non_null(strstr(last_command()->data, "\"region\":\"441300\""));
    assert_int_equal(strncmp(last_command()->root, "441300", 6), 0);
    reply = call("window", "GET", "/v1/commands/1", NULL, NULL);
    assert_string_equal(member(reply, "/state"), "waiting");
    fake_records_answer(&records, 1, 201, "{\"case\":\"N\"}");
    reply = call("window", "GET", "/v1/commands/1", NULL, NULL);
    assert_string_equal(member(reply, "/state"), "done");
    assert_string_equal(member(reply, "/answer/case"), "N");
    assert_int_equal(call("window", "GET", "/v1/commands/99", NULL, NULL)->status, 404);
}

static void *answer_later(void *context) {
    KIT_AWAIT(fake_records_commands(&records));
    fake_records_answer(&records, 1, 201, context);
    return NULL;
}

static void test_prefer_wait_gives_201_with_the_case_as_soon_as_it_is_there(void **state) {
    pthread_t thread;
    (void)state;
    pthread_create(&thread, NULL, answer_later, "{\"case\":\"N/s.0\",\"version\":3,\"repeated\":false}");
    const struct reply *reply = call("window", "POST", "/v1/cases", JSON_BODY "\nPrefer: respond-async, wait=5", GOOD);
    pthread_join(thread, NULL);
    assert_int_equal(reply->status, 201);
    assert_string_equal(header_of(reply, "Location"), "/v1/cases/N%2Fs.0");
    assert_string_equal(member(reply, "/version"), "3");
}

static void test_wait_that_is_over_gives_202(void **state) {
    (void)state;
    const struct reply *reply = call("window", "POST", "/v1/cases", JSON_BODY "\nPrefer: wait=1", GOOD);
    assert_int_equal(reply->status, 202);
    assert_string_equal(header_of(reply, "Location"), "/v1/commands/1");
}

static void test_refusal_of_the_conductor_is_a_problem_with_its_code(void **state) {
    (void)state;
    records.answer_status = 409;
    records.answer_body = "{\"code\":\"number_conflict\",\"detail\":\"number 7 is a case with other content in: /form/a\"}";
    const struct reply *reply = call("window", "POST", "/v1/cases", JSON_BODY "\nPrefer: wait=5",
                                     "{\"thing\":\"t\",\"number\":\"7\",\"form\":{\"a\":\"x\",\"b\":1}}");
    assert_int_equal(reply->status, 409);
    assert_string_equal(header_of(reply, "Content-Type"), "application/problem+json");
    assert_string_equal(member(reply, "/code"), "number_conflict");
    assert_non_null(strstr(member(reply, "/detail"), "/form/a"));
}

static void test_same_key_and_body_get_the_first_answer_and_other_body_a_conflict(void **state) {
    (void)state;
    records.answer_status = 201;
    records.answer_body = "{\"case\":\"N\"}";
    const char *headers = JSON_BODY "\nPrefer: wait=5\nIdempotency-Key: k@1";
    assert_int_equal(call("window", "POST", "/v1/cases", headers, GOOD)->status, 201);
    const struct reply *reply = call("window", "POST", "/v1/cases", headers, GOOD);
    assert_int_equal(reply->status, 201);
    assert_string_equal(header_of(reply, "Idempotency-Replayed"), "true");
    assert_int_equal(records.command_count, 1);
    assert_null(strchr(last_command()->key, '@'));
    reply = call("window", "POST", "/v1/cases", headers, "{\"thing\":\"t\",\"form\":{\"a\":\"y\",\"b\":1}}");
    assert_int_equal(reply->status, 409);
    assert_string_equal(member(reply, "/code"), "idempotency_conflict");
    assert_string_equal(member(reply, "/detail"), "the key \"k@1\" was used for another content");
    assert_int_equal(call("integrator", "POST", "/v1/cases", headers, GOOD)->status, 201);
    assert_int_equal(records.command_count, 2);   /* a token's keys are its own */
}

static void test_bad_numbers_and_keys_are_refused(void **state) {
    (void)state;
    const struct reply *reply = call("window", "POST", "/v1/cases", JSON_BODY, "{\"thing\":\"t\",\"number\":\"a/b\",\"form\":{}}");
    assert_int_equal(reply->status, 422);
    assert_string_equal(member(reply, "/code"), "number_bad");
    assert_int_equal(call("window", "POST", "/v1/cases", JSON_BODY "\nIdempotency-Key: a b", GOOD)->status, 400);
    reply = call("window", "POST", "/v1/cases", JSON_BODY, "{\"thing\":\"t\",\"region\":\"44130x\",\"form\":{}}");
    assert_int_equal(reply->status, 422);
    assert_string_equal(member(reply, "/faults/0/pointer"), "/region");
}

static void test_too_many_waiting_commands_are_503_with_retry_after(void **state) {
    (void)state;
    fake_records_rows(&records, "inbox_waiting", "{\"waiting\":20000}", NULL);
    const struct reply *reply = call("window", "POST", "/v1/cases", JSON_BODY, GOOD);
    assert_int_equal(reply->status, 503);
    assert_string_equal(member(reply, "/code"), "inbox_full");
    assert_string_equal(header_of(reply, "Retry-After"), "2");
}

static void test_unknown_thing_is_404(void **state) {
    (void)state;
    fake_records_rows(&records, "thing_current", NULL);
    assert_string_equal(member(call("window", "POST", "/v1/cases", JSON_BODY, GOOD), "/code"), "thing_unknown");
}

static void test_operators_need_a_reason(void **state) {
    (void)state;
    static const char *const verbs[] = {"retry", "skip", "refuse", "acknowledge", "reassign", "resolve_dispute", "answer_for"};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        char path[64] = "/v1/cases/N/steps/tax/";
        strcat(path, verbs[i]);
        assert_int_equal(call("operator", "POST", path, JSON_BODY, "{}")->status, 422);
    }
    assert_int_equal(records.command_count, 0);
    assert_int_equal(call("operator", "POST", "/v1/cases/N/steps/banks.3/retry", JSON_BODY, "{\"reason\":\"line was down\"}")->status, 202);
    assert_string_equal(last_command()->kind, "retry");
    assert_non_null(strstr(last_command()->data, "\"step\":\"banks\""));
    assert_non_null(strstr(last_command()->data, "\"index\":3"));
    assert_non_null(strstr(last_command()->data, "\"actor\":\"operator-2\""));
}

static void test_answer_on_behalf_needs_evidence_and_another_person(void **state) {
    (void)state;
    const char *path = "/v1/cases/N/steps/tax/answer_for";
    const struct reply *reply = call("operator", "POST", path, JSON_BODY, "{\"type\":\"result\",\"reason\":\"r\",\"confirmed_by\":\"x\"}");
    assert_string_equal(member(reply, "/faults/0/message"), "\"evidence\" is missing");
    reply = call("operator", "POST", path, JSON_BODY,
                 "{\"type\":\"result\",\"reason\":\"r\",\"confirmed_by\":\"operator-2\",\"evidence\":\"scan-1\"}");
    assert_string_equal(member(reply, "/code"), "answer_for_same_person");
    reply = call("operator", "POST", path, JSON_BODY,
                 "{\"type\":\"result\",\"data\":{\"result\":{\"n\":1}},\"reason\":\"r\",\"confirmed_by\":\"lee\",\"evidence\":\"scan-1\"}");
    assert_int_equal(reply->status, 202);
    assert_non_null(strstr(last_command()->data, "\"confirmed_by\":\"lee\""));
    assert_non_null(strstr(last_command()->data, "\"data\":{\"n\":1}"));
}

static void test_department_answers_its_own_tasks_only(void **state) {
    (void)state;
    fake_records_rows(&records, "task_show", "{\"department\":\"housing\",\"region\":\"441300\",\"attempt\":1}", NULL);
    const char *body = "{\"type\":\"result\",\"data\":{\"result\":{\"receipt_no\":\"1\"}}}";
    const struct reply *reply = call("department", "POST", "/v1/tasks/N:tax:1/answer", JSON_BODY, body);
    assert_int_equal(reply->status, 404);
    assert_string_equal(member(reply, "/code"), "task_unknown");
    fake_records_rows(&records, "task_show", "{\"department\":\"tax\",\"region\":\"441302\",\"attempt\":1}", NULL);
    assert_int_equal(call("department", "POST", "/v1/tasks/N:tax:1/answer", JSON_BODY, body)->status, 404);   /* another office */
    fake_records_rows(&records, "task_show", "{\"department\":\"tax\",\"region\":\"441300\",\"attempt\":1}", NULL);
    assert_int_equal(records.command_count, 0);
    assert_int_equal(call("department", "POST", "/v1/tasks/N:tax:1/answer", JSON_BODY, body)->status, 202);
    assert_non_null(strstr(last_command()->data, "\"department\":\"tax\""));
    assert_non_null(strstr(last_command()->data, "\"answer\":\"result\""));
    assert_int_equal(call("department", "POST", "/v1/tasks/N:tax:1/answer", JSON_BODY, "{\"type\":\"perhaps\"}")->status, 422);
    reply = call("department", "POST", "/v1/tasks/N:tax:1/answer", JSON_BODY, "{\"type\":\"rejected\",\"data\":{}}");
    assert_string_equal(member(reply, "/code"), "answer_data_bad");
}

static void test_faulty_result_is_refused_at_once_with_all_its_faults(void **state) {
    (void)state;
    fake_records_rows(&records, "task_show", "{\"department\":\"tax\",\"region\":\"441300\",\"attempt\":1}", NULL);
    fake_records_rows(&records, "case_definition", "{\"definition\":\"abc\"}", NULL);
    fake_records_rows(&records, "step_result",
                      "{\"kind\":null,\"schema\":{\"type\":\"object\",\"required\":[\"no\"],\"properties\":{\"no\":{\"type\":\"string\"},"
                      "\"sum\":{\"type\":\"integer\"}}}}", NULL);
    static const struct { const char *role, *path, *more; } ways[] = {
        {"department", "/v1/tasks/N:tax:1/answer", ""},
        {"operator", "/v1/cases/N/steps/tax/answer_for", ",\"reason\":\"r\",\"confirmed_by\":\"lee\",\"evidence\":\"scan-1\""}};
    char body[512];
    for (size_t i = 0; i < 2; i++) {
        snprintf(body, sizeof body, "{\"type\":\"result\",\"data\":{\"result\":{\"no\":1,\"sum\":\"x\"}}%s}", ways[i].more);
        const struct reply *reply = call(ways[i].role, "POST", ways[i].path, JSON_BODY, body);
        assert_int_equal(reply->status, 422);
        assert_string_equal(member(reply, "/code"), "result_invalid");
        assert_string_equal(member(reply, "/faults/0/pointer"), "/data/result/no");
        assert_string_equal(member(reply, "/faults/1/pointer"), "/data/result/sum");
        snprintf(body, sizeof body, "{\"type\":\"result\",\"data\":{\"no\":\"1\"}%s}", ways[i].more);
        reply = call(ways[i].role, "POST", ways[i].path, JSON_BODY, body);
        assert_int_equal(reply->status, 422);
        assert_string_equal(member(reply, "/faults/0/pointer"), "/data/result");
        assert_int_equal(records.command_count, i);
        snprintf(body, sizeof body, "{\"type\":\"result\",\"data\":{\"result\":{\"no\":\"1\"}}%s}", ways[i].more);
        assert_int_equal(call(ways[i].role, "POST", ways[i].path, JSON_BODY, body)->status, 202);
    }
    assert_int_equal(fake_records_asked(&records, "step_result"), 1);   /* compiled once */
    assert_int_equal(call("department", "POST", "/v1/tasks/N:tax:1:undo:1/answer", JSON_BODY, "{\"type\":\"result\"}")->status, 202);
}

static void test_traceparent_is_taken_over_when_it_is_one(void **state) {
    (void)state;
    const char *trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    char headers[256];
    snprintf(headers, sizeof headers, JSON_BODY "\ntraceparent: %s", trace);
    call("window", "POST", "/v1/cases", headers, GOOD);
    assert_non_null(strstr(last_command()->data, trace));
    call("window", "POST", "/v1/cases", JSON_BODY "\ntraceparent: nonsense", GOOD);
    assert_null(strstr(last_command()->data, "traceparent"));
}

static void test_bulk_retry_makes_a_command_for_each_open_incident_of_a_step(void **state) {
    (void)state;
    fake_records_rows(&records, "incidents_list", "{\"id\":\"N:tax:stuck\",\"case_id\":\"N\",\"step\":\"tax\",\"index\":-1,\"closed_at\":null}",
                      "{\"id\":\"t@1:2\",\"case_id\":null,\"step\":null,\"index\":-1,\"closed_at\":null}", NULL);
    const struct reply *reply = call("operator", "POST", "/v1/incidents/bulk", JSON_BODY,
                                     "{\"filter\":{\"department\":\"tax\"},\"action\":\"retry\",\"reason\":\"line is back\"}");
    assert_int_equal(reply->status, 202);
    assert_string_equal(member(reply, "/commands/0/case"), "N");
    assert_string_equal(member(reply, "/commands/1/case"), "");
    assert_string_equal(member(reply, "/skipped/0/incident"), "t@1:2");
    assert_string_equal(last_command()->kind, "retry");
    assert_string_equal(fake_records_parameter(&records, "incidents_list", 0), "yes");
    assert_int_equal(call("operator", "POST", "/v1/incidents/bulk", JSON_BODY, "{\"action\":\"retry\",\"reason\":\"x\"}")->status, 422);
    assert_int_equal(call("operator", "POST", "/v1/incidents/bulk", JSON_BODY,
                          "{\"ids\":[],\"action\":\"delete\",\"reason\":\"x\"}")->status, 422);
}

static void test_dead_letter_is_taken_again_as_the_input_it_wanted_to_be(void **state) {
    (void)state;
    /* the value: {"result":{"n":"二"}} */
    fake_records_rows(&records, "dead_show",
                      "{\"id\":5,\"topic\":\"441300.real-estate.result.v1\",\"redriven_at\":null,\"headers\":[[\"ce_specversion\",\"1.0\"],"
                      "[\"ce_id\",\"m1\"],[\"ce_source\",\"dep\"],[\"ce_type\",\"result\"],[\"ce_caseid\",\"N\"],[\"ce_step\",\"title\"],"
                      "[\"ce_attempt\",\"1\"]],\"key\":\"Tg==\",\"value\":\"eyJyZXN1bHQiOnsibiI6IuS6jCJ9fQ==\"}", NULL);
    fake_records_rows(&records, "dead_redrive_mark", "{\"id\":5}", NULL);
    records.answer_status = 200;
    records.answer_body = "{\"case\":\"N\",\"version\":4}";
    const struct reply *reply = call("operator", "POST", "/v1/dead-letters/5/redrive", NULL, NULL);
    assert_int_equal(reply->status, 200);
    assert_string_equal(member(reply, "/version"), "4");
    assert_non_null(strstr(last_command()->data, "\"department\":\"real_estate\""));
    assert_non_null(strstr(last_command()->data, "\"data\":{\"n\":\"二\"}"));
    assert_string_equal(last_command()->root, "N");
    assert_string_equal(fake_records_parameter(&records, "dead_redrive_mark", 0), "5");
    call("operator", "POST", "/v1/dead-letters/5/redrive", NULL, NULL);
    assert_int_equal(records.command_count, 1);   /* who comes again has no second effect */
    fake_records_rows(&records, "dead_show", "{\"id\":5,\"topic\":\"441300.tax.result.v1\",\"redriven_at\":null,\"headers\":[],\"key\":null,"
                      "\"value\":\"e30=\"}", NULL);
    reply = call("operator", "POST", "/v1/dead-letters/6/redrive", NULL, NULL);
    assert_string_equal(member(reply, "/code"), "redrive_refused");
    fake_records_rows(&records, "dead_show", "{\"id\":5,\"topic\":\"441300.tax.result.v1\",\"redriven_at\":\"2026-01-01\",\"redriven_by\":\"x\"}", NULL);
    assert_int_equal(call("operator", "POST", "/v1/dead-letters/5/discard", JSON_BODY, "{\"reason\":\"junk\"}")->status, 409);
}

static void test_dead_letter_that_the_case_still_refuses_stays_with_the_newest_reason(void **state) {
    (void)state;
    fake_records_rows(&records, "dead_show",
                      "{\"id\":5,\"topic\":\"441300.tax.result.v1\",\"redriven_at\":null,\"headers\":[[\"ce_specversion\",\"1.0\"],"
                      "[\"ce_id\",\"m1\"],[\"ce_source\",\"dep\"],[\"ce_type\",\"result\"],[\"ce_caseid\",\"N\"],[\"ce_step\",\"tax\"],"
                      "[\"ce_attempt\",\"1\"]],\"key\":\"Tg==\",\"value\":\"eyJyZXN1bHQiOnsibiI6IuS6jCJ9fQ==\"}", NULL);
    records.answer_status = 404;
    records.answer_body = "{\"code\":\"case_unknown\",\"detail\":\"there is no case N\"}";
    const struct reply *reply = call("operator", "POST", "/v1/dead-letters/5/redrive", NULL, NULL);
    assert_int_equal(reply->status, 409);
    assert_string_equal(member(reply, "/code"), "redrive_refused");
    assert_string_equal(member(reply, "/detail"), "case_unknown: there is no case N");
    assert_string_equal(fake_records_parameter(&records, "dead_reason", 2), "there is no case N");
    assert_int_equal(fake_records_asked(&records, "dead_redrive_mark"), 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, kit_stop)
    const struct CMUnitTest tests[] = {
        TEST(test_form_that_does_not_fit_is_422_with_a_pointer_for_each_fault),
        TEST(test_application_without_waiting_is_202_with_the_place_of_its_answer),
        TEST(test_prefer_wait_gives_201_with_the_case_as_soon_as_it_is_there),
        TEST(test_wait_that_is_over_gives_202),
        TEST(test_refusal_of_the_conductor_is_a_problem_with_its_code),
        TEST(test_same_key_and_body_get_the_first_answer_and_other_body_a_conflict),
        TEST(test_bad_numbers_and_keys_are_refused),
        TEST(test_too_many_waiting_commands_are_503_with_retry_after),
        TEST(test_unknown_thing_is_404),
        TEST(test_operators_need_a_reason),
        TEST(test_answer_on_behalf_needs_evidence_and_another_person),
        TEST(test_department_answers_its_own_tasks_only),
        TEST(test_faulty_result_is_refused_at_once_with_all_its_faults),
        TEST(test_traceparent_is_taken_over_when_it_is_one),
        TEST(test_bulk_retry_makes_a_command_for_each_open_incident_of_a_step),
        TEST(test_dead_letter_is_taken_again_as_the_input_it_wanted_to_be),
        TEST(test_dead_letter_that_the_case_still_refuses_stays_with_the_newest_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
