/* What becomes of an answer, a correction and a submission (DESIGN §3, Answers). */
#include "engine_builder.h"

#define SERIAL {.id = "a"}, {.id = "b", .needs = "a"}

static void test_answer_to_a_closed_case_is_recorded(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"});
    submit(run, "{}");
    grant(run, "a");
    refuse(run, "a");
    assert_recorded(run, FATE_CASE_CLOSED);
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_answer_to_a_waiting_step_is_recorded_and_its_true_answer_is_no_repeat(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(SERIAL);
    submit(run, "{}");
    struct input early = answer_input(run, "b", ANSWER_RESULT);
    early.attempt = 1;
    run_input(run, &early);
    assert_recorded(run, FATE_NOT_ASKED);
    grant(run, "a");
    early.id = TEXT("a1");      /* the very same message */
    run_input(run, &early);
    assert_state(run, "b", STEP_GRANTED);
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_answer_to_a_skipped_step_is_recorded(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .when = "false"}, {.id = "b"});
    submit(run, "{}");
    grant(run, "a");
    assert_recorded(run, FATE_NOT_ASKED);
    run_end(run);
}

static void test_answer_to_an_older_attempt_is_recorded(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(SERIAL);
    submit(run, "{}");
    fail_retryably(run, "a");
    pass(run, 1 * SECONDS);
    struct input old = answer_input(run, "a", ANSWER_RESULT);
    old.attempt = 1;
    run_input(run, &old);
    assert_recorded(run, FATE_OLDER_ATTEMPT);
    assert_state(run, "a", STEP_RUNNING);
    old.attempt = 2;            /* the same message, true now */
    run_input(run, &old);
    assert_state(run, "a", STEP_GRANTED);
    run_end(run);
}

static void test_attempt_nought_means_the_current_one(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(SERIAL);
    submit(run, "{}");
    fail_retryably(run, "a");
    pass(run, 1 * SECONDS);
    grant(run, "a");
    assert_state(run, "a", STEP_GRANTED);
    run_end(run);
}

static void test_the_same_message_again_is_a_duplicate_without_effect(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(SERIAL);
    submit(run, "{}");
    struct input in = answer_input(run, "a", ANSWER_RESULT);
    run_input(run, &in);
    run_input(run, &in);
    assert_recorded(run, FATE_DUPLICATE);
    assert_int_equal(work(run, "b")->attempt, 1);
    run_end(run);
}

static void test_the_same_final_content_under_another_id_is_a_duplicate(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(SERIAL);
    submit(run, "{}");
    grant_with(run, "a", "{\"n\":1.0,\"m\":\"x\"}");
    grant_with(run, "a", "{\"m\":\"x\",\"n\":1}");
    assert_recorded(run, FATE_DUPLICATE);
    assert_false(work(run, "a")->disputed);
    run_end(run);
}

static void test_repeated_error_message_does_not_use_up_an_attempt(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(SERIAL);
    submit(run, "{}");
    struct input in = answer_input(run, "a", ANSWER_ERROR);
    in.retryable = true;
    run_input(run, &in);
    run_input(run, &in);
    assert_recorded(run, FATE_DUPLICATE);
    run_end(run);
}

static void test_second_final_answer_that_differs_opens_a_dispute_and_the_first_stands(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(SERIAL);
    submit(run, "{}");
    grant_with(run, "a", "{\"n\":1}");
    grant_with(run, "a", "{\"n\":2}");
    assert_int_equal(count_of(run, EVENT_DISPUTE_OPENED), 1);
    assert_int_equal(run->state.dispute_count, 1);
    assert_true(text_is(work(run, "a")->result, "{\"n\":1}"));
    refuse(run, "a");
    assert_int_equal(run->state.dispute_count, 1);
    assert_state(run, "a", STEP_GRANTED);
    grant(run, "b");
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_disputing_answer_again_is_a_duplicate(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(SERIAL);
    submit(run, "{}");
    grant(run, "a");
    refuse(run, "a");
    refuse(run, "a");
    assert_recorded(run, FATE_DUPLICATE);
    run_end(run);
}

static void test_resolved_dispute_lets_the_first_answer_stand(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(SERIAL);
    submit(run, "{}");
    grant(run, "a");
    refuse(run, "a");
    operate(run, INPUT_RESOLVE_DISPUTE, "a");
    assert_int_equal(run->state.dispute_count, 0);
    assert_state(run, "a", STEP_GRANTED);
    operate(run, INPUT_RESOLVE_DISPUTE, "a");
    assert_rejected(run, "no_dispute");
    run_end(run);
}

static void test_resolved_dispute_may_let_the_second_answer_stand(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(SERIAL);
    submit(run, "{}");
    grant(run, "a");
    refuse(run, "a");
    struct input in = input_of(INPUT_RESOLVE_DISPUTE, 0);
    in.step = TEXT("a");
    in.answer = ANSWER_REJECTED;
    in.actor = TEXT("li");
    run_input(run, &in);
    assert_state(run, "a", STEP_REFUSED);
    grant(run, "b");
    assert_closed(run, CASE_PARTIAL);
    run_end(run);
}

static void test_answer_of_another_department_is_refused(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .department = "tax"});
    submit(run, "{}");
    struct input in = answer_input(run, "a", ANSWER_RESULT);
    in.department = TEXT("gas");
    in.region = TEXT("441300");
    run_input(run, &in);
    assert_rejected(run, "wrong_department");
    in.department = TEXT("tax");
    in.region = TEXT("441302");
    run_input(run, &in);
    assert_rejected(run, "wrong_department");
    in.region = TEXT("441300");
    run_input(run, &in);
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_answer_to_an_unknown_step_is_refused(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"});
    submit(run, "{}");
    grant(run, "zzz");
    assert_rejected(run, "unknown_step");
    grant(run, "a.3");
    assert_rejected(run, "unknown_element");
    run_end(run);
}

static void test_input_to_a_case_that_never_was_is_refused(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"});
    grant(run, "a");
    assert_rejected(run, "unknown_case");
    run_end(run);
}

static void test_progress_is_noted_without_an_end(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"});
    submit(run, "{}");
    answer(run, "a", ANSWER_RECEIVED);
    assert_int_equal(count_of(run, EVENT_ANSWER_NOTED), 1);
    answer(run, "a", ANSWER_ACCEPTED);
    assert_true(work(run, "a")->accepted);
    assert_state(run, "a", STEP_RUNNING);
    run_end(run);
}

static void test_cancelled_without_a_cancel_is_out_of_place(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"});
    submit(run, "{}");
    answer(run, "a", ANSWER_CANCELLED);
    assert_recorded(run, FATE_OUT_OF_PLACE);
    assert_state(run, "a", STEP_RUNNING);
    run_end(run);
}

static void test_progress_after_the_end_is_out_of_place(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(SERIAL);
    submit(run, "{}");
    grant(run, "a");
    answer(run, "a", ANSWER_ACCEPTED);
    assert_recorded(run, FATE_OUT_OF_PLACE);
    run_end(run);
}

/* ---- correction ---- */

static enum outcome correct(struct run *run, const char *step, const char *data) {
    struct input in = input_of(INPUT_CORRECTION_ANSWERED, run->now_us);
    name_step(&in, step);
    in.data = text_from(data);
    return run_input(run, &in);
}

static void test_correction_keeps_its_attempt_and_carries_its_number(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"});
    submit(run, "{}");
    answer(run, "a", ANSWER_CORRECTION);
    assert_true(work(run, "a")->correcting);
    correct(run, "a", "{\"form\":{\"x\":1}}");
    struct command_list commands;
    engine_commands(run->state.id, event_at(run, EVENT_CORRECTION_SENT, "a", 0), &commands);
    assert_int_equal(commands.at[0].message, MESSAGE_CORRECTION_ANSWER);
    assert_string_equal(commands.at[0].id, "44130020260302000017:a:1:1");
    assert_false(work(run, "a")->correcting);
    grant(run, "a");
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_corrected_form_is_what_later_steps_read(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b", .needs = "a", .input = "{\"x\":\"${ .form.home.x }\",\"y\":\"${ .form.home.y }\"}"});
    submit(run, "{\"home\":{\"x\":1,\"y\":2}}");
    answer(run, "a", ANSWER_CORRECTION);
    correct(run, "a", "{\"form\":{\"home\":{\"x\":9}}}");
    grant(run, "a");
    assert_non_null(strstr(event_at(run, EVENT_STEP_ASKED, "b", 0)->data.at, "\"input\":{\"x\":9,\"y\":2}"));
    run_end(run);
}

/* What the department is sent when the applicant corrects `form`, the step's input being `input`. */
static void given_of(const char *input, const char *form, const char *wanted) {
    struct run *run = RUN_NEW({.id = "a", .input = input});
    submit(run, "{\"home\":{\"x\":1,\"y\":2},\"people\":[]}");
    answer(run, "a", ANSWER_CORRECTION);
    correct(run, "a", text_format(&run->definition_arena, "{\"form\":%s,\"materials\":[{\"id\":\"deed\"}]}", form).at);
    const struct event *sent = event_at(run, EVENT_CORRECTION_SENT, "a", 0);
    assert_string_equal(text_format(&run->definition_arena, "%.*s", TEXT_ARG(sent->data)).at,
                        text_format(&run->definition_arena, "{\"form\":%s,\"materials\":[{\"id\":\"deed\"}]}", form).at);
    assert_string_equal(text_format(&run->definition_arena, "%.*s", TEXT_ARG(sent->extra)).at,
                        text_format(&run->definition_arena, "{\"form\":%s,\"materials\":[]}", wanted).at);
    run_end(run);
}

static void test_of_a_correction_the_department_is_given_what_its_step_reads(void **unused) {
    (void)unused;
    given_of("{\"x\":\"${ .form.home.x }\"}", "{\"home\":{\"x\":3,\"y\":4},\"phone\":\"1\"}", "{\"home\":{\"x\":3}}");
    given_of("{\"home\":\"${ .form.home }\"}", "{\"home\":{\"x\":3,\"y\":4},\"phone\":\"1\"}", "{\"home\":{\"x\":3,\"y\":4}}");
    given_of("{\"names\":\"${ [ .form.people[] | .name ] }\"}", "{\"people\":[{\"name\":\"a\",\"id\":\"1\"},{\"id\":\"2\"}]}",
             "{\"people\":[{\"name\":\"a\"},{}]}");
    given_of("{\"x\":\"${ .form.home.x }\"}", "{\"home\":null,\"phone\":null}", "{\"home\":null}");
    given_of("{\"x\":\"${ .form.home.x }\"}", "{\"home\":\"a secret laid where an object belongs\"}", "{}");
    given_of("{\"all\":\"${ .form }\"}", "{\"phone\":\"1\"}", "{\"phone\":\"1\"}");
    given_of("{\"no\":\"${ .case.number }\"}", "{\"phone\":\"1\"}", "{}");
    given_of(NULL, "{\"phone\":\"1\"}", "{}");
}

static void test_second_correction_is_an_incident(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"});
    submit(run, "{}");
    answer(run, "a", ANSWER_CORRECTION);
    correct(run, "a", "{\"form\":{}}");
    answer(run, "a", ANSWER_CORRECTION);
    assert_true(text_is(event_at(run, EVENT_INCIDENT_OPENED, "a", 0)->reason, "second_correction"));
    operate(run, INPUT_ACKNOWLEDGE, "a");
    assert_int_equal(run->state.incident_count, 0);
    run_end(run);
}

static void test_correction_after_acceptance_is_an_incident(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"});
    submit(run, "{}");
    answer(run, "a", ANSWER_ACCEPTED);
    answer(run, "a", ANSWER_CORRECTION);
    assert_true(text_is(event_at(run, EVENT_INCIDENT_OPENED, "a", 0)->reason, "correction_after_acceptance"));
    grant(run, "a");
    assert_int_equal(run->state.incident_count, 0);
    run_end(run);
}

static void test_correction_that_nobody_asked_for_is_out_of_place(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"});
    submit(run, "{}");
    correct(run, "a", "{\"form\":{}}");
    assert_recorded(run, FATE_OUT_OF_PLACE);
    run_end(run);
}

/* ---- submission ---- */

static void test_same_number_and_content_is_the_same_case(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"});
    submit(run, "{\"x\":1,\"y\":[1,2]}");
    submit(run, "{\"y\":[1,2],\"x\":1.0}");
    assert_recorded(run, FATE_DUPLICATE);
    run_end(run);
}

static void test_same_number_with_other_content_is_a_conflict_naming_the_fields(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"});
    submit(run, "{\"x\":1,\"y\":2}");
    submit(run, "{\"x\":1,\"y\":3,\"z\":0}");
    assert_rejected(run, "case_conflict");
    assert_non_null(strstr(run->error.message, "/form/y, /form/z"));
    run_end(run);
}

static void test_missing_required_material_is_refused_by_name(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .material = "contract"});
    run->materials[0].required = true;
    submit(run, "{}");
    assert_rejected(run, "material_missing");
    assert_non_null(strstr(run->error.message, "contract"));
    struct input in = input_of(INPUT_SUBMIT, 0);
    in.region = TEXT("441300");
    in.data = TEXT("{}");
    in.extra = TEXT("{\"materials\":[{\"id\":\"contract\",\"uri\":\"file:1\"}]}");
    run_input(run, &in);
    assert_non_null(strstr(event_at(run, EVENT_STEP_ASKED, "a", 0)->data.at,
                           "\"materials\":[{\"id\":\"contract\",\"uri\":\"file:1\"}]"));
    run_end(run);
}

static void test_thing_is_not_taken_in_a_region_where_it_is_not_offered(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"});
    run->regions[0] = TEXT("441302");
    run->definition.region_count = 1;
    submit(run, "{}");
    assert_rejected(run, "region_not_offered");
    run_end(run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer_to_a_closed_case_is_recorded),
        cmocka_unit_test(test_answer_to_a_waiting_step_is_recorded_and_its_true_answer_is_no_repeat),
        cmocka_unit_test(test_answer_to_a_skipped_step_is_recorded),
        cmocka_unit_test(test_answer_to_an_older_attempt_is_recorded),
        cmocka_unit_test(test_attempt_nought_means_the_current_one),
        cmocka_unit_test(test_the_same_message_again_is_a_duplicate_without_effect),
        cmocka_unit_test(test_the_same_final_content_under_another_id_is_a_duplicate),
        cmocka_unit_test(test_repeated_error_message_does_not_use_up_an_attempt),
        cmocka_unit_test(test_second_final_answer_that_differs_opens_a_dispute_and_the_first_stands),
        cmocka_unit_test(test_disputing_answer_again_is_a_duplicate),
        cmocka_unit_test(test_resolved_dispute_lets_the_first_answer_stand),
        cmocka_unit_test(test_resolved_dispute_may_let_the_second_answer_stand),
        cmocka_unit_test(test_answer_of_another_department_is_refused),
        cmocka_unit_test(test_answer_to_an_unknown_step_is_refused),
        cmocka_unit_test(test_input_to_a_case_that_never_was_is_refused),
        cmocka_unit_test(test_progress_is_noted_without_an_end),
        cmocka_unit_test(test_cancelled_without_a_cancel_is_out_of_place),
        cmocka_unit_test(test_progress_after_the_end_is_out_of_place),
        cmocka_unit_test(test_correction_keeps_its_attempt_and_carries_its_number),
        cmocka_unit_test(test_corrected_form_is_what_later_steps_read),
        cmocka_unit_test(test_of_a_correction_the_department_is_given_what_its_step_reads),
        cmocka_unit_test(test_second_correction_is_an_incident),
        cmocka_unit_test(test_correction_after_acceptance_is_an_incident),
        cmocka_unit_test(test_correction_that_nobody_asked_for_is_out_of_place),
        cmocka_unit_test(test_same_number_and_content_is_the_same_case),
        cmocka_unit_test(test_same_number_with_other_content_is_a_conflict_naming_the_fields),
        cmocka_unit_test(test_missing_required_material_is_refused_by_name),
        cmocka_unit_test(test_thing_is_not_taken_in_a_region_where_it_is_not_offered),
    };
    return cmocka_run_group_tests_name("engine: answers", tests, NULL, NULL);
}
