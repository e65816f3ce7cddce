/* One visit for several items: arranged by the lead, each item passes, is rectified or fails, on its own. */
#include "engine_builder.h"

static struct run *restaurant(uint16_t rounds) {
    struct run *run = RUN_NEW({.id = "visit", .kind = STEP_INSPECTION, .department = "market", .rounds = rounds,
                               .inspects = "food fire? signboard"},
                              {.id = "food_permit", .item = "food", .needs = "visit",
                               .input = "{\"how\":\"${ .steps.visit.result.food.outcome }\",\"score\":\"${ .steps.visit.result.food.result.score }\"}"},
                              {.id = "fire_permit", .item = "fire", .needs = "visit"},
                              {.id = "report", .needs = "visit",
                               .input = "{\"signboard\":\"${ .steps.visit.result.signboard }\"}"});
    submit(run, "{\"fire\":true}");
    return run;
}

static void test_lead_arranges_one_visit_for_all(void **unused) {
    (void)unused;
    struct run *run = restaurant(2);
    const struct event *asked = event_at(run, EVENT_STEP_ASKED, "visit", 0);
    assert_true(text_is(asked->department, "market"));
    assert_non_null(strstr(asked->data.at, "\"items\":[\"food\",\"fire\",\"signboard\"]"));
    grant_with(run, "visit", "{\"on\":\"2026-03-09\"}");
    assert_state(run, "visit", STEP_RUNNING);
    asked = event_at(run, EVENT_STEP_ASKED, "visit.1", 0);
    assert_true(text_is(asked->department, "fire"));
    assert_non_null(strstr(asked->data.at, "\"item\":\"fire\""));
    assert_non_null(strstr(asked->data.at, "\"visit\":{\"on\":\"2026-03-09\"}"));
    assert_int_equal(run->state.steps[0].element_count, 3);
    run_end(run);
}

static void test_what_needs_one_item_goes_on_when_that_item_passes(void **unused) {
    (void)unused;
    struct run *run = restaurant(2);
    grant(run, "visit");
    grant_with(run, "visit.0", "{\"score\":96}");
    assert_state(run, "visit", STEP_RUNNING);
    const struct event *asked = event_at(run, EVENT_STEP_ASKED, "food_permit", 0);
    assert_non_null(strstr(asked->data.at, "\"how\":\"passed\",\"score\":96"));
    assert_state(run, "fire_permit", STEP_WAITING);
    assert_state(run, "report", STEP_WAITING);
    grant(run, "visit.1");
    assert_state(run, "fire_permit", STEP_RUNNING);
    assert_state(run, "report", STEP_WAITING);
    grant(run, "visit.2");
    assert_state(run, "visit", STEP_GRANTED);
    assert_state(run, "report", STEP_RUNNING);
    grant(run, "food_permit");
    grant(run, "fire_permit");
    grant(run, "report");
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_item_that_fails_stops_what_needs_it_and_nothing_else(void **unused) {
    (void)unused;
    struct run *run = restaurant(2);
    grant(run, "visit");
    refuse(run, "visit.1");
    assert_state(run, "fire_permit", STEP_UNSATISFIED);
    grant(run, "visit.0");
    grant(run, "visit.2");
    assert_state(run, "visit", STEP_GRANTED);
    grant(run, "food_permit");
    grant(run, "report");
    assert_closed(run, CASE_PARTIAL);
    run_end(run);
}

static void test_visit_that_nothing_passes_is_refused(void **unused) {
    (void)unused;
    struct run *run = restaurant(2);
    grant(run, "visit");
    refuse(run, "visit.0");
    refuse(run, "visit.1");
    refuse(run, "visit.2");
    assert_state(run, "visit", STEP_REFUSED);
    assert_state(run, "report", STEP_UNSATISFIED);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

static enum outcome rectified(struct run *run, const char *step) {
    struct input in = input_of(INPUT_CORRECTION_ANSWERED, run->now_us);
    name_step(&in, step);
    in.data = TEXT("{\"form\":{\"kitchen\":\"tiled\"}}");
    return run_input(run, &in);
}

static void test_rectify_is_the_applicants_turn_and_then_another_look(void **unused) {
    (void)unused;
    struct run *run = restaurant(3);
    grant(run, "visit");
    answer(run, "visit.0", ANSWER_ACCEPTED);
    answer(run, "visit.0", ANSWER_CORRECTION);
    assert_true(work(run, "visit.0")->correcting);
    assert_int_equal(run->state.incident_count, 0);   /* no second 補正: the rounds are meant */
    rectified(run, "visit.0");
    assert_true(text_is(event_at(run, EVENT_CORRECTION_SENT, "visit.0", 0)->department, "food"));
    answer(run, "visit.0", ANSWER_CORRECTION);
    assert_int_equal(run->state.incident_count, 0);
    rectified(run, "visit.0");
    grant(run, "visit.0");
    assert_state(run, "visit.0", STEP_GRANTED);
    run_end(run);
}

static void test_rectify_in_the_last_round_is_a_failure(void **unused) {
    (void)unused;
    struct run *run = restaurant(2);
    grant(run, "visit");
    answer(run, "visit.0", ANSWER_CORRECTION);
    rectified(run, "visit.0");
    struct input in = answer_input(run, "visit.0", ANSWER_CORRECTION);
    in.reason = TEXT("still no grease trap");
    run_input(run, &in);
    assert_state(run, "visit.0", STEP_REFUSED);
    assert_true(text_is(work(run, "visit.0")->reason, "still no grease trap"));
    run_input(run, &in);
    assert_recorded(run, FATE_DUPLICATE);
    run_end(run);
}

static void test_item_that_is_not_wanted_is_skipped(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "visit", .kind = STEP_INSPECTION, .department = "market", .inspects = "food fire?"},
                              {.id = "fire_permit", .item = "fire", .needs = "visit"});
    submit(run, "{\"fire\":false}");
    assert_non_null(strstr(event_at(run, EVENT_STEP_ASKED, "visit", 0)->data.at, "\"items\":[\"food\"]"));
    grant(run, "visit");
    assert_state(run, "visit.1", STEP_SKIPPED);
    assert_state(run, "fire_permit", STEP_RUNNING);   /* promised instead of inspected: it goes on */
    run_end(run);
}

static void test_visit_that_no_item_wants_is_skipped(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "visit", .kind = STEP_INSPECTION, .department = "market", .inspects = "fire?"});
    submit(run, "{\"fire\":false}");
    assert_state(run, "visit", STEP_SKIPPED);
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_condition_that_is_none_is_an_incident(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "visit", .kind = STEP_INSPECTION, .department = "market", .inspects = "fire?"});
    submit(run, "{}");
    assert_state(run, "visit", STEP_STUCK);
    run_end(run);
}

static void test_lead_that_refuses_ends_the_inspection(void **unused) {
    (void)unused;
    struct run *run = restaurant(2);
    refuse(run, "visit");
    assert_state(run, "visit", STEP_REFUSED);
    assert_state(run, "food_permit", STEP_UNSATISFIED);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

static void test_second_answer_of_the_lead_has_no_effect(void **unused) {
    (void)unused;
    struct run *run = restaurant(2);
    struct input in = answer_input(run, "visit", ANSWER_RESULT);
    in.data = TEXT("{\"on\":\"2026-03-09\"}");
    run_input(run, &in);
    run_input(run, &in);
    assert_recorded(run, FATE_DUPLICATE);
    grant_with(run, "visit", "{\"on\":\"2026-03-10\"}");
    assert_non_null(event_at(run, EVENT_DISPUTE_OPENED, "visit", 0));
    assert_int_equal(run->state.steps[0].element_count, 3);
    run_end(run);
}

static void test_withdrawal_calls_the_visit_back(void **unused) {
    (void)unused;
    struct run *run = restaurant(2);
    grant(run, "visit");
    grant(run, "visit.0");
    operate(run, INPUT_WITHDRAWN, NULL);
    assert_non_null(event_at(run, EVENT_CANCEL_ASKED, "visit.1", 0));
    answer(run, "visit.1", ANSWER_CANCELLED);
    answer(run, "visit.2", ANSWER_CANCELLED);
    answer(run, "food_permit", ANSWER_CANCELLED);
    assert_state(run, "visit", STEP_GRANTED);   /* one item had passed */
    assert_closed(run, CASE_WITHDRAWN);
    run_end(run);
}

static void test_deadline_opens_with_what_passed(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "visit", .kind = STEP_INSPECTION, .department = "market", .inspects = "food fire"},
                              {.id = "report", .needs = "visit", .join = {.deadline = WITHIN(3 * DAYS)},
                               .input = "{\"food\":\"${ .steps.visit.result.food.outcome }\",\"fire\":\"${ .steps.visit.result.fire.outcome }\",\"missing\":\"${ .steps.report.missing }\"}"});
    submit(run, "{}");
    grant(run, "visit");
    grant(run, "visit.0");
    pass(run, 3 * DAYS);
    assert_state(run, "visit", STEP_EXPIRED);
    assert_state(run, "visit.1", STEP_EXPIRED);
    const struct event *asked = event_at(run, EVENT_STEP_ASKED, "report", 0);
    assert_non_null(strstr(asked->data.at, "\"food\":\"passed\",\"fire\":\"unknown\""));
    assert_non_null(strstr(asked->data.at, "\"missing\":[{\"step\":\"visit\",\"index\":1,\"department\":\"fire\""));
    run_end(run);
}

static void test_operator_retries_one_item(void **unused) {
    (void)unused;
    struct run *run = restaurant(2);
    grant(run, "visit");
    fail_for_good(run, "visit.2");
    assert_state(run, "visit.2", STEP_STUCK);
    operate(run, INPUT_RETRY, "visit");
    assert_rejected(run, "not_in_place");
    operate(run, INPUT_RETRY, "visit.2");
    assert_int_equal(work(run, "visit.2")->attempt, 2);
    run_end(run);
}

static void test_failure_that_closes_closes_the_case(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "visit", .kind = STEP_INSPECTION, .department = "market", .inspects = "food fire",
                               .on_refused = ON_REFUSED_CLOSE},
                              {.id = "food_permit", .item = "food", .needs = "visit"});
    submit(run, "{}");
    grant(run, "visit");
    refuse(run, "visit.1");
    assert_int_equal(run->state.phase, CASE_STOPPING);
    answer(run, "visit.0", ANSWER_CANCELLED);
    assert_state(run, "visit", STEP_REFUSED);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

/* ---- delegated ---- */

static void test_delegated_step_mirrors_the_other_system(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "birth", .kind = STEP_DELEGATED, .system = "province", .follow = ".form.number",
                               .retry = {1, SECONDS, SECONDS, 0}});
    submit(run, "{\"number\":\"GD-7\"}");
    const struct event *asked = event_at(run, EVENT_STEP_ASKED, "birth", 0);
    assert_true(text_is(asked->department, "province"));
    assert_true(text_is(asked->number, "GD-7"));
    assert_non_null(strstr(asked->data.at, "\"follow\":\"GD-7\""));
    assert_true(text_is(work(run, "birth")->foreign_number, "GD-7"));
    struct input in = answer_input(run, "birth", ANSWER_ACCEPTED);
    in.data = TEXT("{\"number\":\"GD-7-1\"}");
    run_input(run, &in);
    assert_int_equal(work(run, "birth")->mirrored, ANSWER_ACCEPTED);
    assert_true(text_is(work(run, "birth")->foreign_number, "GD-7-1"));
    answer(run, "birth", ANSWER_SPECIAL_START);
    assert_int_equal(work(run, "birth")->mirrored, ANSWER_SPECIAL_START);
    grant(run, "birth");
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_delegated_step_whose_number_is_not_known_yet(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "birth", .kind = STEP_DELEGATED, .system = "province", .follow = ".form.number"});
    submit(run, "{}");
    assert_true(text_is_none(event_at(run, EVENT_STEP_ASKED, "birth", 0)->number));
    run_end(run);
}

static void test_delegated_step_that_fails_waits_for_a_person(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "birth", .kind = STEP_DELEGATED, .system = "province", .retry = {1, SECONDS, SECONDS, 0}});
    submit(run, "{}");
    fail_retryably(run, "birth");
    assert_state(run, "birth", STEP_STUCK);
    run_end(run);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lead_arranges_one_visit_for_all),
        cmocka_unit_test(test_what_needs_one_item_goes_on_when_that_item_passes),
        cmocka_unit_test(test_item_that_fails_stops_what_needs_it_and_nothing_else),
        cmocka_unit_test(test_visit_that_nothing_passes_is_refused),
        cmocka_unit_test(test_rectify_is_the_applicants_turn_and_then_another_look),
        cmocka_unit_test(test_rectify_in_the_last_round_is_a_failure),
        cmocka_unit_test(test_item_that_is_not_wanted_is_skipped),
        cmocka_unit_test(test_visit_that_no_item_wants_is_skipped),
        cmocka_unit_test(test_condition_that_is_none_is_an_incident),
        cmocka_unit_test(test_lead_that_refuses_ends_the_inspection),
        cmocka_unit_test(test_second_answer_of_the_lead_has_no_effect),
        cmocka_unit_test(test_withdrawal_calls_the_visit_back),
        cmocka_unit_test(test_deadline_opens_with_what_passed),
        cmocka_unit_test(test_operator_retries_one_item),
        cmocka_unit_test(test_failure_that_closes_closes_the_case),
        cmocka_unit_test(test_delegated_step_mirrors_the_other_system),
        cmocka_unit_test(test_delegated_step_whose_number_is_not_known_yet),
        cmocka_unit_test(test_delegated_step_that_fails_waits_for_a_person),
    };
    return cmocka_run_group_tests_name("engine: inspection and delegated", tests, NULL, NULL);
}
