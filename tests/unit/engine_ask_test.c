/* Whom a step asks, and the bytes of what it asks (DESIGN §3 and §4, schemas/README.md). */
#include "engine_builder.h"

static void add_department(struct run *run, const char *id, const char *region, bool connected, const char *fallback) {
    struct office *office = arena_new(&run->definition_arena, struct office);
    *office = (struct office){text_from(region), connected};
    run->departments[run->directory.count++] =
        (struct department){.id = text_from(id), .office_count = 1, .offices = office, .fallback = optional(fallback)};
    run->directory.departments = run->departments;
    run->with_directory = true;
}

static void add_group(struct run *run, const char *group) {
    struct text *groups = arena_new(&run->definition_arena, struct text);
    *groups = text_from(group);
    run->departments[run->directory.count - 1].groups = groups;
    run->departments[run->directory.count - 1].group_count = 1;
}

static void test_task_is_the_whole_message(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .department = "real_estate", .input = "{\"no\":\"${ .form.contract.number }\",\"plain\":1.50}",
                               .timeout = WITHIN(5 * DAYS), .priority = 2});
    submit(run, "{\"contract\":{\"number\":\"HT-1\"}}");
    assert_string_equal(event_at(run, EVENT_STEP_ASKED, "a", 0)->data.at,
                        "{\"department\":\"real_estate\",\"region\":\"441300\",\"input\":{\"no\":\"HT-1\",\"plain\":1.50},"
                        "\"materials\":[],\"reply_to\":\"441300.real-estate.result.v1\",\"due\":\"2026-03-07T01:00:00Z\","
                        "\"priority\":2}");
    run_end(run);
}

static void test_ids_of_task_and_cancel(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .timeout = WITHIN(1 * DAYS)});
    submit(run, "{}");
    struct command_list commands;
    engine_commands(run->state.id, event_at(run, EVENT_STEP_ASKED, "a", 0), &commands);
    assert_int_equal(commands.count, 1);
    assert_string_equal(commands.at[0].id, "44130020260302000017:a:1");
    pass(run, 1 * DAYS);
    const struct event *cancel = event_at(run, EVENT_CANCEL_ASKED, "a", 0);
    engine_commands(run->state.id, cancel, &commands);
    assert_string_equal(commands.at[0].id, "44130020260302000017:a:1:cancel");
    assert_string_equal(cancel->data.at, "{\"task\":\"44130020260302000017:a:1\",\"reason\":\"timeout\"}");
    run_end(run);
}

static void test_life_cycle_events_go_to_the_case_topic_of_the_region(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"});
    struct command_list commands;
    submit(run, "{}");
    engine_commands(run->state.id, &run->events.at[0], &commands);
    assert_int_equal(commands.at[0].message, MESSAGE_CASE_STARTED);
    assert_true(text_is_none(commands.at[0].department));
    assert_true(text_is(commands.at[0].region, "441300"));
    grant(run, "a");
    engine_commands(run->state.id, event_at(run, EVENT_STEP_ENDED, "a", 0), &commands);
    assert_int_equal(commands.at[0].message, MESSAGE_STEP_ENDED);
    engine_commands(run->state.id, event_at(run, EVENT_CASE_CLOSED, NULL, 0), &commands);
    assert_int_equal(commands.at[0].message, MESSAGE_CASE_CLOSED);
    assert_int_equal(commands.count, 1);
    run_end(run);
}

static void test_office_without_an_adapter_has_its_fallback(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .department = "water"});
    add_department(run, "water", "441300", false, "worklist");
    submit(run, "{}");
    const struct event *asked = event_at(run, EVENT_STEP_ASKED, "a", 0);
    assert_true(text_is(asked->department, "worklist"));
    assert_non_null(strstr(asked->data.at, "\"department\":\"water\""));
    assert_non_null(strstr(asked->data.at, "\"reply_to\":\"441300.worklist.result.v1\""));
    run_end(run);
}

static void test_office_without_adapter_or_fallback_is_an_incident(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .department = "water"});
    add_department(run, "water", "441300", false, NULL);
    submit(run, "{}");
    assert_true(text_is(event_at(run, EVENT_STEP_STUCK, "a", 0)->reason, "no_adapter"));
    run->departments[0].fallback = TEXT("worklist");
    operate(run, INPUT_RETRY, "a");
    assert_state(run, "a", STEP_RUNNING);
    run_end(run);
}

static void test_region_without_its_own_office_is_served_by_the_city_s(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .department = "water", .at = ".form.area"});
    add_department(run, "water", "441300", true, NULL);
    submit(run, "{\"area\":\"441302\"}");
    assert_true(text_is(work(run, "a")->region, "441300"));
    run_end(run);
}

static void test_unknown_department_is_an_incident(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .department = "steam"});
    add_department(run, "water", "441300", true, NULL);
    submit(run, "{}");
    assert_true(text_is(event_at(run, EVENT_STEP_STUCK, "a", 0)->reason, "no_department"));
    run_end(run);
}

static void test_department_may_be_a_member_of_a_group_by_data(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "bank", .each = ".form.banks", .as = "bank", .group = "banks", .is = ".bank.code"});
    add_department(run, "icbc", "441300", true, NULL);
    add_group(run, "banks:102");
    add_department(run, "abc", "441300", true, NULL);
    add_group(run, "banks");
    submit(run, "{\"banks\":[{\"code\":\"102\"},{\"code\":\"abc\"},{\"code\":\"999\"}]}");
    assert_true(text_is(work(run, "bank.0")->department, "icbc"));
    assert_true(text_is(work(run, "bank.1")->department, "abc"));
    assert_state(run, "bank.2", STEP_STUCK);
    run_end(run);
}

static void test_input_that_is_no_object_is_an_incident(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .input = "\"${ .form.x }\""});
    submit(run, "{\"x\":1}");
    assert_true(text_is(event_at(run, EVENT_STEP_STUCK, "a", 0)->reason, "input_not_an_object"));
    run_end(run);
}

static void test_failing_expression_is_an_incident_naming_its_cause(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .input = "{\"x\":\"${ .form.x + 1 }\"}"});
    submit(run, "{\"x\":\"one\"}");
    assert_true(text_is(event_at(run, EVENT_STEP_STUCK, "a", 0)->reason, "expression_type"));
    run_end(run);
}

static void test_lookup_says_its_legal_basis(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "deed", .kind = STEP_LOOKUP, .department = "e_licence", .basis = "consent"});
    submit(run, "{}");
    assert_non_null(strstr(event_at(run, EVENT_STEP_ASKED, "deed", 0)->data.at, "\"basis\":\"consent\""));
    grant_with(run, "deed", "{\"found\":false}");
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_expressions_see_the_case_and_what_others_answered(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "s", .when = "false"},
                              {.id = "b", .needs = "a s",
                               .input = "{\"n\":\"${ .case.number }\",\"r\":\"${ .case.region }\",\"a\":\"${ .steps.a.state }\","
                                        "\"s\":\"${ .steps.s.state }\",\"none\":\"${ .steps.s.result }\"}"});
    submit(run, "{}");
    grant(run, "a");
    assert_non_null(strstr(event_at(run, EVENT_STEP_ASKED, "b", 0)->data.at,
                           "\"input\":{\"n\":\"44130020260302000017\",\"r\":\"441300\",\"a\":\"granted\",\"s\":\"skipped\","
                           "\"none\":null}"));
    run_end(run);
}

static void test_task_longer_than_a_message_is_an_incident(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .input = "{\"a\":\"${ .form.x }\",\"b\":\"${ .form.x }\",\"c\":\"${ .form.x }\",\"d\":\"${ .form.x }\"}"});
    char *form = malloc(262200);   /* four of it are just what an expression may give, and the message has more than the input */
    strcpy(form, "{\"x\":\"");
    memset(form + 6, 'x', 262130);
    strcpy(form + 262136, "\"}");
    submit(run, form);
    assert_int_equal(run->outcome, OUTCOME_OK);
    assert_true(text_is(event_at(run, EVENT_STEP_STUCK, "a", 0)->reason, "message_bytes_most"));
    free(form);
    run_end(run);
}

static void test_trace_of_an_input_goes_with_its_events(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b", .needs = "a"});
    submit(run, "{}");
    struct input in = answer_input(run, "a", ANSWER_RESULT);
    in.traceparent = TEXT("00-aa-bb-01");
    run_input(run, &in);
    assert_true(text_is(event_at(run, EVENT_STEP_ASKED, "b", 0)->traceparent, "00-aa-bb-01"));
    run_end(run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_task_is_the_whole_message),
        cmocka_unit_test(test_ids_of_task_and_cancel),
        cmocka_unit_test(test_life_cycle_events_go_to_the_case_topic_of_the_region),
        cmocka_unit_test(test_office_without_an_adapter_has_its_fallback),
        cmocka_unit_test(test_office_without_adapter_or_fallback_is_an_incident),
        cmocka_unit_test(test_region_without_its_own_office_is_served_by_the_city_s),
        cmocka_unit_test(test_unknown_department_is_an_incident),
        cmocka_unit_test(test_department_may_be_a_member_of_a_group_by_data),
        cmocka_unit_test(test_input_that_is_no_object_is_an_incident),
        cmocka_unit_test(test_failing_expression_is_an_incident_naming_its_cause),
        cmocka_unit_test(test_lookup_says_its_legal_basis),
        cmocka_unit_test(test_expressions_see_the_case_and_what_others_answered),
        cmocka_unit_test(test_task_longer_than_a_message_is_an_incident),
        cmocka_unit_test(test_trace_of_an_input_goes_with_its_events),
    };
    return cmocka_run_group_tests_name("engine: asking", tests, NULL, NULL);
}
