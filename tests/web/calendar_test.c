/* /v1/calendar: years and due dates, as the daemon's other parts answer them. */
#include "kit.h"

#include <stdio.h>
#include <string.h>

static struct text asked_region;
static int32_t asked_year;
static struct { char from[64], limit[64], region[64], clock[64]; } asked;
static enum outcome fate;

static struct text json_answer(struct arena *arena) { return text_format(arena, "{\"answered\":true}"); }

static enum outcome year(void *context, int32_t number, struct text region, struct arena *arena, struct text *ret,
                         struct error *error) {
    (void)context;
    asked_year = number;
    asked_region = text_is_none(region) ? TEXT_NONE : TEXT("given");
    *ret = json_answer(arena);
    return fate == OUTCOME_OK ? OUTCOME_OK : error_set(error, fate, "store_away", "the database is away");
}

static void keep(char room[64], struct text t) { snprintf(room, 64, "%.*s", TEXT_ARG(t)); }

static enum outcome due(void *context, const struct calendar_question *question, struct arena *arena, struct text *ret,
                        struct error *error) {
    (void)context;
    keep(asked.from, question->from);
    keep(asked.limit, question->limit);
    keep(asked.region, question->region);
    keep(asked.clock, question->clock);
    *ret = json_answer(arena);
    return fate == OUTCOME_OK ? OUTCOME_OK : error_set(error, fate, "bad_limit", "\"1 week\" is no limit");
}

static void test_year_is_asked_with_its_region(void **state) {
    (void)state;
    const struct reply *reply = call("window", "GET", "/v1/calendar/2026", NULL, NULL);
    assert_int_equal(reply->status, 200);
    assert_string_equal(reply->body, "{\"answered\":true}");
    assert_int_equal(asked_year, 2026);
    assert_true(text_is_none(asked_region));
    assert_int_equal(call("department", "GET", "/v1/calendar/2027?region=441302", NULL, NULL)->status, 200);
    assert_false(text_is_none(asked_region));
    assert_int_equal(asked_year, 2027);
}

static void test_due_date_is_asked_with_all_that_was_given(void **state) {
    (void)state;
    const char *path = "/v1/calendar/due?from=2026-02-13&limit=7%20workdays&region=441302&clock=statute";
    assert_int_equal(call("auditor", "GET", path, NULL, NULL)->status, 200);
    assert_string_equal(asked.from, "2026-02-13");
    assert_string_equal(asked.limit, "7 workdays");
    assert_string_equal(asked.region, "441302");
    assert_string_equal(asked.clock, "statute");
}

static void test_what_can_t_be_understood_is_said(void **state) {
    (void)state;
    static const struct { const char *path; long status; const char *code; } rows[] = {
        {"/v1/calendar/next", 404, "calendar_year_unknown"},
        {"/v1/calendar/20260", 404, "calendar_year_unknown"},
        {"/v1/calendar/1066", 404, "calendar_year_unknown"},
        {"/v1/calendar/due?from=2026-02-13", 400, "parameter_bad"},
        {"/v1/calendar/due?from=2026-02-13&limit=7%20workdays&to=x", 400, "parameter_unknown"},
        {"/v1/calendar/2026?to=x", 400, "parameter_unknown"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct reply *reply = call("operator", "GET", rows[i].path, NULL, NULL);
        assert_int_equal(reply->status, rows[i].status);
        assert_string_equal(member(reply, "/code"), rows[i].code);
    }
    fate = OUTCOME_REJECT;
    const struct reply *reply = call("operator", "GET", "/v1/calendar/due?from=2026-02-13&limit=1%20week", NULL, NULL);
    assert_int_equal(reply->status, 400);
    assert_string_equal(member(reply, "/code"), "parameter_bad");
    assert_non_null(strstr(member(reply, "/detail"), "is no limit [bad_limit]"));
    fate = OUTCOME_RETRY;
    assert_int_equal(call("operator", "GET", "/v1/calendar/2026", NULL, NULL)->status, 503);
    fate = OUTCOME_OK;
}

static void test_token_is_needed(void **state) {
    (void)state;
    assert_int_equal(call(NULL, "GET", "/v1/calendar/2026", NULL, NULL)->status, 401);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_year_is_asked_with_its_region),
        cmocka_unit_test(test_due_date_is_asked_with_all_that_was_given),
        cmocka_unit_test(test_what_can_t_be_understood_is_said),
        cmocka_unit_test(test_token_is_needed),
    };
    kit_settings.parts.calendar_year = year;
    kit_settings.parts.calendar_due = due;
    return cmocka_run_group_tests_name("web: calendar", tests, kit_start, kit_stop);
}
