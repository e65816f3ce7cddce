/* Paths, methods, tokens, bodies: what is refused before anything is done, and how it is said. */
#include "kit.h"
#include "model/state.h"
#include "web/parameter.h"
#include "web/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_problem(const struct reply *reply, long status, const char *code) {
    assert_int_equal(reply->status, status);
    assert_string_equal(header_of(reply, "Content-Type"), "application/problem+json");
    assert_string_equal(member(reply, "/code"), code);
    assert_true(strlen(member(reply, "/title")) > 0);
    assert_true(strncmp(member(reply, "/type"), "urn:yijianshi:problem:", 22) == 0);
    assert_int_equal(atol(member(reply, "/status")), status);
}

static void test_health_needs_no_token(void **state) {
    (void)state;
    assert_int_equal(call(NULL, "GET", "/healthz", NULL, NULL)->status, 200);
    assert_int_equal(call(NULL, "GET", "/readyz", NULL, NULL)->status, 200);
    assert_int_equal(call(NULL, "GET", "/metrics", NULL, NULL)->status, 200);
}

static void test_database_that_is_away_makes_the_daemon_unready_and_reads_503(void **state) {
    (void)state;
    assert_int_equal(call("operator", "GET", "/v1/shards", NULL, NULL)->status, 200);
    records.away = true;
    assert_int_equal(call(NULL, "GET", "/readyz", NULL, NULL)->status, 503);
    const struct reply *reply = call("operator", "GET", "/v1/shards", NULL, NULL);
    assert_problem(reply, 503, "store_away");
    assert_string_equal(header_of(reply, "Retry-After"), "2");
    records.away = false;
}

static void test_missing_and_wrong_tokens_are_401_with_a_challenge(void **state) {
    (void)state;
    assert_problem(call(NULL, "GET", "/v1/things", NULL, NULL), 401, "token_missing");
    const struct reply *reply = call(NULL, "GET", "/v1/things", "Authorization: Bearer nobody-has-this-token", NULL);
    assert_problem(reply, 401, "token_bad");
    assert_string_equal(header_of(reply, "WWW-Authenticate"), "Bearer realm=\"yijianshi\"");
    assert_problem(call(NULL, "GET", "/v1/things", "Authorization: Basic eDp5", NULL), 401, "token_missing");
    assert_problem(call(NULL, "GET", "/v1/things", "Authorization: Bearer x", NULL), 401, "token_bad");
}

static void test_role_that_may_not_is_403(void **state) {
    (void)state;
    assert_problem(call("window", "GET", "/v1/tokens", NULL, NULL), 403, "role_forbidden");
    assert_problem(call("department", "POST", "/v1/cases", JSON_BODY, "{}"), 403, "role_forbidden");
    assert_problem(call("auditor", "POST", "/v1/cases/1/steps/a/skip", JSON_BODY, "{\"reason\":\"x\"}"), 403, "role_forbidden");
    assert_int_equal(records.command_count, 0);
}

/* The places of a path filled with something. */
static void fill(const char *path, char *room, size_t size) {
    size_t length = 0;
    for (; *path && length + 2 < size; path++) {
        if (*path == '{') {
            room[length++] = '1';
            path = strchr(path, '}');
        } else {
            room[length++] = *path;
        }
    }
    room[length] = '\0';
}

static void test_every_route_is_for_the_roles_of_the_table_alone(void **state) {
    (void)state;
    char path[512];
    int refused = 0;
    for (const struct route *route = route_table; route->method; route++) {
        fill(route->path, path, sizeof path);
        if (route->roles == 0)
            continue;
        assert_problem(call(NULL, route->method, path, NULL, NULL), 401, "token_missing");
        for (unsigned role = ROLE_WINDOW; role < ROLE_COUNT; role++) {
            if (route->roles & 1u << role)
                continue;
            assert_problem(call(role_name((enum role)role), route->method, path, NULL, NULL), 403, "role_forbidden");
            refused++;
        }
    }
    assert_true(refused > 100);
    assert_int_equal(records.command_count, 0);
}

static void test_unknown_paths_are_404_and_other_methods_405_with_allow(void **state) {
    (void)state;
    assert_problem(call("admin", "GET", "/v1/nothing", NULL, NULL), 404, "route_unknown");
    assert_problem(call("admin", "GET", "/", NULL, NULL), 404, "route_unknown");
    assert_problem(call("admin", "GET", "/v1/cases/", NULL, NULL), 404, "route_unknown");
    const struct reply *reply = call("admin", "PATCH", "/v1/cases", NULL, NULL);
    assert_problem(reply, 405, "method_not_allowed");
    assert_string_equal(header_of(reply, "Allow"), "POST, GET, HEAD");
}

static void test_head_says_what_get_says_without_a_body(void **state) {
    (void)state;
    const struct reply *reply = call("admin", "HEAD", "/v1/things", NULL, NULL);
    assert_int_equal(reply->status, 200);
    assert_string_equal(reply->body, "");
    assert_string_equal(header_of(reply, "Content-Type"), "application/json");
}

static void test_every_answer_has_the_security_headers(void **state) {
    (void)state;
    const struct reply *reply = call(NULL, "GET", "/healthz", NULL, NULL);
    assert_string_equal(header_of(reply, "X-Content-Type-Options"), "nosniff");
    assert_string_equal(header_of(reply, "Cache-Control"), "no-store");
    assert_string_equal(header_of(reply, "Content-Security-Policy"), "default-src 'none'; frame-ancestors 'none'");
}

static void test_body_of_another_type_is_415(void **state) {
    (void)state;
    assert_problem(call("window", "POST", "/v1/cases", "Content-Type: text/plain", "{}"), 415, "content_type_bad");
    assert_problem(call("window", "POST", "/v1/cases", "Content-Type:", "{}"), 415, "content_type_bad");
    assert_problem(call("window", "POST", "/v1/cases", JSON_BODY "\nContent-Encoding: gzip", "{}"), 415, "content_type_bad");
    assert_int_equal(call("window", "POST", "/v1/cases", "Content-Type: Application/JSON; charset=utf-8", "{}")->status, 422);
}

static void test_body_past_the_limit_is_413_naming_it(void **state) {
    (void)state;
    size_t length = 1048577;
    char *body = malloc(length + 1);
    memset(body, ' ', length);
    body[length] = '\0';
    const struct reply *reply = call("window", "POST", "/v1/cases", JSON_BODY, body);
    assert_problem(reply, 413, "body_too_long");
    assert_non_null(strstr(member(reply, "/detail"), "message_bytes_most"));
    reply = call("window", "POST", "/v1/cases", JSON_BODY "\nTransfer-Encoding: chunked", body);
    assert_problem(reply, 413, "body_too_long");
    free(body);
}

static void test_json_is_read_strictly(void **state) {
    (void)state;
    assert_problem(call("window", "POST", "/v1/cases", JSON_BODY, "{\"thing\":\"a\",\"thing\":\"b\"}"), 400, "json_duplicate_key");
    assert_problem(call("window", "POST", "/v1/cases", JSON_BODY, "{\"thing\":\"\xff\"}"), 400, "json_utf8");
    assert_problem(call("window", "POST", "/v1/cases", JSON_BODY, "{\"thing\":\"a\\u0000\"}"), 400, "json_nul");
    assert_problem(call("window", "POST", "/v1/cases", JSON_BODY, "{} x"), 400, "json_trailing");
    assert_problem(call("window", "POST", "/v1/cases", JSON_BODY, "{"), 400, "json_syntax");
    assert_problem(call("window", "POST", "/v1/cases", JSON_BODY, "[]"), 422, "body_invalid");
}

static void test_all_faults_of_a_body_come_at_once(void **state) {
    (void)state;
    const struct reply *reply = call("window", "POST", "/v1/cases", JSON_BODY, "{\"form\":[],\"bogus\":1}");
    assert_problem(reply, 422, "body_invalid");
    assert_string_equal(member(reply, "/faults/0/message"), "\"thing\" is missing");
    assert_string_equal(member(reply, "/faults/1/pointer"), "/form");
    assert_string_equal(member(reply, "/faults/2/pointer"), "/bogus");
}

static void test_unknown_and_bad_query_parameters_are_refused(void **state) {
    (void)state;
    assert_problem(call("admin", "GET", "/v1/cases?colour=red", NULL, NULL), 400, "parameter_unknown");
    assert_problem(call("admin", "GET", "/v1/cases?limit=201", NULL, NULL), 400, "parameter_bad");
    assert_problem(call("admin", "GET", "/v1/cases?limit=0", NULL, NULL), 400, "parameter_bad");
    assert_problem(call("admin", "GET", "/v1/cases?changed_since=yesterday", NULL, NULL), 400, "parameter_bad");
    assert_problem(call("operator", "GET", "/v1/incidents?open=perhaps", NULL, NULL), 400, "parameter_bad");
    const struct reply *reply = call("admin", "GET", "/v1/cases?phase=asleep&limit=-1&phase=open&q=x&region=4413", NULL, NULL);
    assert_problem(reply, 400, "parameter_bad");
    assert_string_equal(member(reply, "/detail"),
                        "phase is one of running, stopping, closed, open; limit is a number from 1 to 200; phase stands twice; "
                        "region is a region code of six digits (GB/T 2260)");
    reply = call("admin", "GET", "/v1/cases?colour=red", NULL, NULL);
    assert_string_equal(member(reply, "/detail"), "there is no parameter \"colour\" here; this path takes thing, phase, outcome, "
                                                  "region, department, q, changed_since, scope, cursor, limit");
}

/* Every route with every parameter of its own: first a value that fits, then one that can be none. */
static void test_no_route_takes_a_value_that_is_none_of_its_kind(void **state) {
    (void)state;
    static const char *const fits[] = {
        [PARAMETER_TEXT] = "x", [PARAMETER_ID] = "tax_2", [PARAMETER_WORD] = NULL, [PARAMETER_NOTICE] = "closed",
        [PARAMETER_REGION] = "441300", [PARAMETER_NUMBER] = "7", [PARAMETER_MOMENT] = "2026-03-02T09:00:00Z",
        [PARAMETER_TASK_AT] = "-3~1764000000000000~N1:tax.2:1"};
    static const char *const none[] = {
        [PARAMETER_TEXT] = NULL, [PARAMETER_ID] = "Not%20an%20id", [PARAMETER_WORD] = "junk", [PARAMETER_NOTICE] = "junk",
        [PARAMETER_REGION] = "44130x", [PARAMETER_NUMBER] = "-1", [PARAMETER_MOMENT] = "yesterday", [PARAMETER_TASK_AT] = "x~1~N1:tax.2:1"};
    char path[2048], word[64], longer[700];
    int tried = 0;
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    for (const struct route *route = route_table; route->method; route++) {
        struct text list = text_from(route->parameters), name;
        const struct parameter_rule *rule;
        const char *role = route->roles & 1u << ROLE_OPERATOR ? "operator" : "admin";
        while (strchr(route->path, '{') == NULL && (rule = parameter_next(&list, &name))) {
            snprintf(word, sizeof word, "%.*s", rule->words ? (int)strcspn(rule->words, ",") : 0, rule->words ? rule->words : "");
            snprintf(path, sizeof path, "%s?%.*s=%s", route->path, TEXT_ARG(name), *word ? word : fits[rule->kind]);
            bool is_refused = strstr(call(role, route->method, path, NULL, NULL)->body, "parameter_bad") != NULL;
            bool is_cursor = text_is(name, "cursor") && rule->kind == PARAMETER_TEXT;   /* x is no row */
            if (is_refused != is_cursor)
                fail_msg("%s", path);
            snprintf(path, sizeof path, "%s?%.*s=%s", route->path, TEXT_ARG(name), none[rule->kind] ? none[rule->kind] : longer);
            assert_problem(call(role, route->method, path, NULL, NULL), 400, "parameter_bad");
            tried++;
        }
    }
    assert_true(tried > 30);
}

static void test_words_of_parameters_are_the_words_of_the_model(void **state) {
    (void)state;
    char path[128];
    for (int phase = CASE_RUNNING; phase < CASE_PHASE_COUNT; phase++) {
        snprintf(path, sizeof path, "/v1/cases?phase=%s", state_case_name((enum case_phase)phase));
        assert_int_equal(call("admin", "GET", path, NULL, NULL)->status, 200);
    }
    for (int outcome = CASE_GRANTED; outcome < CASE_OUTCOME_COUNT; outcome++) {
        snprintf(path, sizeof path, "/v1/cases?outcome=%s", state_outcome_name((enum case_outcome)outcome));
        assert_int_equal(call("admin", "GET", path, NULL, NULL)->status, 200);
    }
    for (int step = 0; step < STEP_STATE_COUNT; step++) {
        snprintf(path, sizeof path, "/v1/tasks?state=%s", state_step_name((enum step_state)step));
        bool is_open = state_step_is_active((enum step_state)step);
        assert_int_equal(call("operator", "GET", path, NULL, NULL)->status, is_open ? 200 : 400);
    }
}

static void test_cursor_that_is_no_row_is_refused_and_the_last_rows_is_an_empty_page(void **state) {
    (void)state;
    fake_records_rows(&records, "case_show", NULL);
    assert_problem(call("admin", "GET", "/v1/cases?cursor=junk", NULL, NULL), 400, "parameter_bad");
    assert_problem(call("operator", "GET", "/v1/incidents?cursor=junk", NULL, NULL), 400, "parameter_bad");
    assert_problem(call("operator", "GET", "/v1/clocks?cursor=junk", NULL, NULL), 400, "parameter_bad");
    assert_problem(call("operator", "GET", "/v1/dead-letters?cursor=junk", NULL, NULL), 400, "parameter_bad");
    fake_records_rows(&records, "case_show", "{\"id\":\"N1\"}", NULL);
    const struct reply *reply = call("admin", "GET", "/v1/cases?cursor=N1", NULL, NULL);
    assert_int_equal(reply->status, 200);
    assert_string_equal(reply->body, "{\"items\":[],\"next\":null}");
}

static void test_broken_percent_encoding_is_400(void **state) {
    (void)state;
    assert_problem(call("admin", "GET", "/v1/cases/%zz", NULL, NULL), 400, "request_malformed");
    assert_problem(call("admin", "GET", "/v1/cases/%", NULL, NULL), 400, "request_malformed");
    assert_problem(call("admin", "GET", "/v1/cases/%ff%fe", NULL, NULL), 400, "request_malformed");
    assert_problem(call("admin", "GET", "/v1/cases/a%00b", NULL, NULL), 400, "request_malformed");
    assert_problem(call("admin", "GET", "/v1/cases?q=%f", NULL, NULL), 400, "request_malformed");
}

static void test_head_past_its_limit_is_refused_in_our_words(void **state) {
    (void)state;
    static const int kilobytes[] = {31, 33, 64, 100};
    static char headers[128 * 1024], path[128 * 1024];
    for (size_t i = 0; i < sizeof kilobytes / sizeof kilobytes[0]; i++) {
        int length = snprintf(headers, sizeof headers, "X-Long: %0*d", kilobytes[i] * 1024, 0);
        const struct reply *reply = call("operator", "GET", "/v1/shards", headers, NULL);
        if (length < 32 * 1024) {
            assert_int_equal(reply->status, 200);
            continue;
        }
        assert_problem(reply, 431, "head_too_long");
        assert_non_null(strstr(member(reply, "/detail"), "http_head_bytes_most"));
        snprintf(path, sizeof path, "/v1/cases?q=%0*d", kilobytes[i] * 1024, 0);
        assert_problem(call("operator", "GET", path, NULL, NULL), 431, "head_too_long");
    }
}

static void test_name_that_is_too_long_is_refused_by_its_limit(void **state) {
    (void)state;
    char path[1200] = "/v1/cases/";
    memset(path + strlen(path), 'a', 1025);
    const struct reply *reply = call("admin", "GET", path, NULL, NULL);
    assert_problem(reply, 400, "request_malformed");
    assert_non_null(strstr(member(reply, "/detail"), "id_bytes_most"));
    path[strlen(path) - 1] = '\0';
    assert_int_not_equal(call("admin", "GET", path, NULL, NULL)->status, 400);
}

static void test_sub_case_is_named_with_an_encoded_slash(void **state) {
    (void)state;
    fake_records_rows(&records, "case_show", "{\"id\":\"N1/sub.0\",\"version\":4,\"steps\":[]}", NULL);
    const struct reply *reply = call("operator", "GET", "/v1/cases/N1%2Fsub.0", NULL, NULL);
    assert_int_equal(reply->status, 200);
    assert_string_equal(fake_records_parameter(&records, "case_show", 0), "N1/sub.0");
    assert_int_equal(call("operator", "GET", "/v1/cases/N1/sub.0", NULL, NULL)->status, 404);
}

static void test_token_is_believed_for_a_while_and_forgotten_when_one_is_revoked(void **state) {
    (void)state;
    call("supervisor", "GET", "/v1/things", NULL, NULL);
    uint32_t asked = fake_records_asked(&records, "token_find");
    call("supervisor", "GET", "/v1/things", NULL, NULL);
    assert_int_equal(fake_records_asked(&records, "token_find"), asked);
    fake_records_rows(&records, "token_revoke", "{\"id\":3}", NULL);
    assert_int_equal(call("admin", "DELETE", "/v1/tokens/3", NULL, NULL)->status, 200);
    call("supervisor", "GET", "/v1/things", NULL, NULL);
    assert_true(fake_records_asked(&records, "token_find") > asked);
}

static void test_new_token_is_shown_once_and_kept_as_its_hash(void **state) {
    (void)state;
    fake_records_rows(&records, "token_create", "{\"id\":9,\"role\":\"department\"}", NULL);
    const struct reply *reply = call("admin", "POST", "/v1/tokens", JSON_BODY,
                                     "{\"role\":\"department\",\"department\":\"tax\",\"name\":\"n\"}");
    assert_int_equal(reply->status, 201);
    assert_true(strncmp(member(reply, "/secret"), "yjs_", 4) == 0);
    assert_int_equal(strlen(fake_records_parameter(&records, "token_create", 0)), 64);
    assert_null(strstr(member(reply, "/secret"), fake_records_parameter(&records, "token_create", 0)));
    assert_problem(call("admin", "POST", "/v1/tokens", JSON_BODY, "{\"role\":\"department\",\"name\":\"n\"}"), 422, "body_invalid");
    assert_problem(call("admin", "POST", "/v1/tokens", JSON_BODY, "{\"role\":\"king\",\"name\":\"n\"}"), 422, "body_invalid");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_health_needs_no_token),
        cmocka_unit_test(test_database_that_is_away_makes_the_daemon_unready_and_reads_503),
        cmocka_unit_test(test_missing_and_wrong_tokens_are_401_with_a_challenge),
        cmocka_unit_test(test_role_that_may_not_is_403),
        cmocka_unit_test(test_every_route_is_for_the_roles_of_the_table_alone),
        cmocka_unit_test(test_unknown_paths_are_404_and_other_methods_405_with_allow),
        cmocka_unit_test(test_head_says_what_get_says_without_a_body),
        cmocka_unit_test(test_every_answer_has_the_security_headers),
        cmocka_unit_test(test_body_of_another_type_is_415),
        cmocka_unit_test(test_body_past_the_limit_is_413_naming_it),
        cmocka_unit_test(test_json_is_read_strictly),
        cmocka_unit_test(test_all_faults_of_a_body_come_at_once),
        cmocka_unit_test(test_unknown_and_bad_query_parameters_are_refused),
        cmocka_unit_test(test_no_route_takes_a_value_that_is_none_of_its_kind),
        cmocka_unit_test(test_words_of_parameters_are_the_words_of_the_model),
        cmocka_unit_test(test_cursor_that_is_no_row_is_refused_and_the_last_rows_is_an_empty_page),
        cmocka_unit_test(test_broken_percent_encoding_is_400),
        cmocka_unit_test(test_head_past_its_limit_is_refused_in_our_words),
        cmocka_unit_test(test_name_that_is_too_long_is_refused_by_its_limit),
        cmocka_unit_test(test_sub_case_is_named_with_an_encoded_slash),
        cmocka_unit_test(test_token_is_believed_for_a_while_and_forgotten_when_one_is_revoked),
        cmocka_unit_test(test_new_token_is_shown_once_and_kept_as_its_hash),
    };
    return cmocka_run_group_tests(tests, kit_start, kit_stop);
}
