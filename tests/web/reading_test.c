/* Reading: pages, tags, who sees what, and events while they happen. */
#include "kit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void test_page_with_more_behind_it_names_the_next_cursor(void **state) {
    (void)state;
    fake_records_rows(&records, "cases_list", "{\"id\":\"c3\"}", "{\"id\":\"c2\"}", "{\"id\":\"c1\"}", NULL);
    const struct reply *reply = call("operator", "GET", "/v1/cases?limit=2&q=%E4%BA%8C+x&phase=open", NULL, NULL);
    assert_string_equal(member(reply, "/items/1/id"), "c2");
    assert_string_equal(member(reply, "/items/2/id"), "");
    assert_string_equal(member(reply, "/next"), "c2");
    assert_string_equal(fake_records_parameter(&records, "cases_list", 8), "3");
    assert_string_equal(fake_records_parameter(&records, "cases_list", 5), "二 x");
    assert_string_equal(fake_records_parameter(&records, "cases_list", 1), "open");
    reply = call("operator", "GET", "/v1/cases?limit=3&cursor=c9", NULL, NULL);
    assert_string_equal(member(reply, "/next"), "");
    assert_string_equal(fake_records_parameter(&records, "cases_list", 7), "c9");
}

static void test_numeric_cursors_are_texts_to_send_back(void **state) {
    (void)state;
    fake_records_rows(&records, "dead_list", "{\"id\":9}", "{\"id\":8}", NULL);
    assert_string_equal(member(call("operator", "GET", "/v1/dead-letters?limit=1", NULL, NULL), "/next"), "9");
}

static void test_case_has_its_version_as_tag_and_304_when_it_is_known(void **state) {
    (void)state;
    fake_records_rows(&records, "case_show", "{\"id\":\"N\",\"version\":4,\"steps\":[]}", NULL);
    const struct reply *reply = call("operator", "GET", "/v1/cases/N", NULL, NULL);
    assert_string_equal(header_of(reply, "ETag"), "\"4\"");
    reply = call("operator", "GET", "/v1/cases/N", "If-None-Match: W/\"1\", \"4\"", NULL);
    assert_int_equal(reply->status, 304);
    assert_string_equal(reply->body, "");
    assert_int_equal(call("operator", "GET", "/v1/cases/N", "If-None-Match: \"3\"", NULL)->status, 200);
    fake_records_rows(&records, "case_show", NULL);
    assert_int_equal(call("operator", "GET", "/v1/cases/N", NULL, NULL)->status, 404);
}

static void test_department_sees_cases_of_its_own_steps_only(void **state) {
    (void)state;
    fake_records_rows(&records, "case_show",
                      "{\"id\":\"N\",\"version\":4,\"steps\":[{\"department\":\"housing\",\"region\":\"441300\"}]}", NULL);
    assert_int_equal(call("department", "GET", "/v1/cases/N", NULL, NULL)->status, 404);
    assert_int_equal(call("department", "GET", "/v1/cases/N/timeline", NULL, NULL)->status, 404);
    assert_int_equal(call("department", "GET", "/v1/cases/N/events", NULL, NULL)->status, 404);
    fake_records_rows(&records, "case_show", "{\"id\":\"N\",\"version\":4,\"steps\":[{\"department\":\"tax\",\"region\":\"441300\"}]}", NULL);
    assert_int_equal(call("department", "GET", "/v1/cases/N", NULL, NULL)->status, 200);
    call("department", "GET", "/v1/cases?department=housing", NULL, NULL);
    assert_string_equal(fake_records_parameter(&records, "cases_list", 4), "tax");
    assert_int_equal(call("department", "GET", "/v1/tasks?department=housing", NULL, NULL)->status, 403);
    call("department", "GET", "/v1/tasks", NULL, NULL);
    assert_string_equal(fake_records_parameter(&records, "tasks_list", 0), "tax");
    assert_string_equal(fake_records_parameter(&records, "tasks_list", 1), "441300");
    assert_int_equal(call("department", "GET", "/v1/departments/housing", NULL, NULL)->status, 403);
}

static void test_data_of_events_is_for_those_who_need_it(void **state) {
    (void)state;
    static const struct { const char *role, *scope; } expected[] = {
        {"window", "*"}, {"operator", "*"}, {"auditor", "*"}, {"department", "tax"}, {"supervisor", ""}, {"integrator", ""}, {"admin", ""}};
    fake_records_rows(&records, "case_show", "{\"id\":\"N\",\"version\":4,\"steps\":[{\"department\":\"tax\",\"region\":\"441300\"}]}", NULL);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_int_equal(call(expected[i].role, "GET", "/v1/cases/N/timeline", NULL, NULL)->status, 200);
        assert_string_equal(fake_records_parameter(&records, "case_events", 2), expected[i].scope);
    }
}

static void test_thing_shows_the_schema_of_its_form(void **state) {
    (void)state;
    const struct reply *reply = call("window", "GET", "/v1/things/t", NULL, NULL);
    assert_string_equal(member(reply, "/form/required/0"), "a");
    assert_string_equal(member(reply, "/title/en"), "T");
    assert_string_equal(header_of(reply, "ETag"), "\"abc\"");
}

static void *grow_later(void *context) {
    (void)context;
    KIT_AWAIT(fake_records_asked(&records, "case_events"));
    fake_records_rows(&records, "case_events", "{\"version\":6,\"kind\":\"case_closed\",\"data\":\n{\"x\":\"a\\nb\"}}", NULL);
    fake_records_rows(&records, "case_versions", "{\"id\":\"N\",\"version\":6}", NULL);
    return NULL;
}

static void test_stream_replays_what_is_behind_the_last_id_and_goes_on(void **state) {
    pthread_t thread;
    (void)state;
    fake_records_rows(&records, "case_show", "{\"id\":\"N\",\"version\":5,\"steps\":[]}", NULL);
    fake_records_rows(&records, "case_versions", "{\"id\":\"N\",\"version\":5}", NULL);
    fake_records_rows(&records, "case_events", "{\"version\":4,\"kind\":\"step_asked\"}",
                      "{\"version\":5,\"kind\":\"step_ended\",\"data\":{\"data\":{\"who\":\"John Smith\"}}}", NULL);
    fake_records_rows(&records, "case_personal", "{\"definition\":\"abc\",\"forms\":[{\"name\":\"John Smith\"}]}", NULL);
    fake_records_rows(&records, "thing_show",
                      "{\"canonical\":{\"steps\":[],\"form\":{\"properties\":{\"name\":{\"x-personal\":true,\"x-mask\":\"name\"}}}}}", NULL);
    pthread_create(&thread, NULL, grow_later, NULL);
    const char *const parts[] = {"id: 6\n", ": alive\n\n", NULL};
    const struct reply *reply = listen_until("operator", "/v1/cases/N/events", "Last-Event-ID: 4", parts);
    pthread_join(thread, NULL);
    assert_int_equal(reply->status, 200);
    assert_string_equal(header_of(reply, "Content-Type"), "text/event-stream");
    assert_null(strstr(reply->body, "id: 4\n"));
    assert_non_null(strstr(reply->body, "id: 5\nevent: step_ended\ndata: {\"version\":5,\"kind\":\"step_ended\",\"data\":{\"data\":{\"who\":\"J*\"}}}\n"));
    assert_non_null(strstr(reply->body, "id: 6\nevent: case_closed\ndata: {\"version\":6,\"kind\":\"case_closed\",\"data\":{\"x\":\"a\\nb\"}}\n\n"));
    assert_non_null(strstr(reply->body, ": alive\n\n"));
    assert_int_equal(call("operator", "GET", "/v1/cases/N/events", "Last-Event-ID: x", NULL)->status, 400);
}

static void *stop_soon(void *context) {
    (void)context;
    kit_await_body();
    web_stop(web);
    return NULL;
}

static void test_stop_ends_streams_and_waiting_requests(void **state) {
    pthread_t thread;
    (void)state;
    fake_records_rows(&records, "case_show", "{\"id\":\"N\",\"version\":5,\"steps\":[]}", NULL);
    pthread_create(&thread, NULL, stop_soon, NULL);
    const struct reply *reply = listen_until("operator", "/v1/cases/N/events", NULL, (const char *const[]){"never", NULL});
    pthread_join(thread, NULL);
    assert_int_equal(reply->status, 200);
    assert_false(reply->timed_out);
    assert_non_null(strstr(reply->body, "retry: 2000"));
}

static int start(void **state) {
    kit_settings.heartbeat_us = 300000;
    return kit_start(state);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, kit_stop)
    const struct CMUnitTest tests[] = {
        TEST(test_page_with_more_behind_it_names_the_next_cursor),
        TEST(test_numeric_cursors_are_texts_to_send_back),
        TEST(test_case_has_its_version_as_tag_and_304_when_it_is_known),
        TEST(test_department_sees_cases_of_its_own_steps_only),
        TEST(test_data_of_events_is_for_those_who_need_it),
        TEST(test_thing_shows_the_schema_of_its_form),
        TEST(test_stream_replays_what_is_behind_the_last_id_and_goes_on),
        TEST(test_stop_ends_streams_and_waiting_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
