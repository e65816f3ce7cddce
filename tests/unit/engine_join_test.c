/* When a step becomes ready: straight paths, joins, conditions, deadlines (DESIGN §3). */
#include "engine_builder.h"

static void test_first_steps_are_asked_when_the_case_starts(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b"}, {.id = "c", .needs = "a"});
    assert_int_equal(submit(run, "{}"), OUTCOME_OK);
    assert_non_null(event_at(run, EVENT_STEP_ASKED, "a", 0));
    assert_non_null(event_at(run, EVENT_STEP_ASKED, "b", 0));
    assert_null(event_at(run, EVENT_STEP_ASKED, "c", 0));
    assert_state(run, "c", STEP_WAITING);
    run_end(run);
}

static void test_a_result_hands_the_case_to_the_next_department_at_once(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b", .needs = "a"});
    submit(run, "{}");
    grant(run, "a");
    assert_int_equal(run->events.count, 2);
    assert_int_equal(run->events.at[0].kind, EVENT_STEP_ENDED);
    assert_int_equal(run->events.at[1].kind, EVENT_STEP_ASKED);
    grant(run, "b");
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_all_waits_for_every_need(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b"}, {.id = "c", .needs = "a b"});
    submit(run, "{}");
    grant(run, "b");
    assert_state(run, "c", STEP_WAITING);
    grant(run, "a");
    assert_state(run, "c", STEP_RUNNING);
    run_end(run);
}

static void test_all_is_unsatisfied_as_soon_as_one_need_is_refused(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b"}, {.id = "c", .needs = "a b"});
    submit(run, "{}");
    refuse(run, "a");
    assert_state(run, "c", STEP_UNSATISFIED);
    assert_state(run, "b", STEP_RUNNING);
    grant(run, "b");
    assert_closed(run, CASE_PARTIAL);
    run_end(run);
}

static void test_unsatisfied_goes_on_to_what_needs_it(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b", .needs = "a"}, {.id = "c", .needs = "b"}, {.id = "d", .needs = "c"});
    submit(run, "{}");
    refuse(run, "a");
    assert_state(run, "d", STEP_UNSATISFIED);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

static void test_refused_step_that_continues_counts_as_met_for_all(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .on_refused = ON_REFUSED_CONTINUE}, {.id = "b", .needs = "a"});
    submit(run, "{}");
    refuse(run, "a");
    assert_state(run, "b", STEP_RUNNING);
    run_end(run);
}

static void test_refused_step_that_continues_closes_case_as_partial(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .on_refused = ON_REFUSED_CONTINUE}, {.id = "b", .needs = "a"});
    submit(run, "{}");
    refuse(run, "a");
    grant(run, "b");
    assert_closed(run, CASE_PARTIAL);
    run_end(run);
}

static void test_skipped_need_is_met_for_all(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .when = "false"}, {.id = "b", .needs = "a"});
    submit(run, "{}");
    assert_state(run, "a", STEP_SKIPPED);
    assert_state(run, "b", STEP_RUNNING);
    run_end(run);
}

static void test_any_opens_with_the_first_granted_need(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b"}, {.id = "c", .needs = "a b", .join = ANY});
    submit(run, "{}");
    grant(run, "b");
    assert_state(run, "c", STEP_RUNNING);
    assert_state(run, "a", STEP_RUNNING);
    run_end(run);
}

static void test_any_is_unsatisfied_when_the_last_need_is_refused(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b"}, {.id = "c", .needs = "a b", .join = ANY});
    submit(run, "{}");
    refuse(run, "a");
    assert_state(run, "c", STEP_WAITING);
    refuse(run, "b");
    assert_state(run, "c", STEP_UNSATISFIED);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

static void test_refused_need_that_continues_is_not_granted_for_any(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .on_refused = ON_REFUSED_CONTINUE}, {.id = "b"}, {.id = "c", .needs = "a b", .join = ANY});
    submit(run, "{}");
    refuse(run, "a");
    assert_state(run, "c", STEP_WAITING);
    run_end(run);
}

static void test_at_least_opens_with_the_kth_granted_need(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b"}, {.id = "c"}, {.id = "d", .needs = "a b c", .join = AT_LEAST(2)});
    submit(run, "{}");
    grant(run, "c");
    assert_state(run, "d", STEP_WAITING);
    grant(run, "a");
    assert_state(run, "d", STEP_RUNNING);
    run_end(run);
}

static void test_at_least_is_unsatisfied_when_too_few_can_still_be_granted(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b"}, {.id = "c"}, {.id = "d", .needs = "a b c", .join = AT_LEAST(2)});
    submit(run, "{}");
    refuse(run, "a");
    assert_state(run, "d", STEP_WAITING);
    refuse(run, "c");
    assert_state(run, "d", STEP_UNSATISFIED);
    run_end(run);
}

static void test_at_least_asks_no_more_than_are_not_skipped(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b", .when = ".form.b"}, {.id = "c", .when = ".form.c"},
                              {.id = "d", .needs = "a b c", .join = AT_LEAST(2)});
    submit(run, "{\"b\":false,\"c\":false}");
    assert_state(run, "d", STEP_WAITING);
    grant(run, "a");
    assert_state(run, "d", STEP_RUNNING);
    run_end(run);
}

static void test_at_least_with_all_needs_skipped_is_met(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .when = "false"}, {.id = "b", .when = "false"}, {.id = "c", .needs = "a b", .join = AT_LEAST(2)});
    submit(run, "{}");
    assert_state(run, "c", STEP_RUNNING);
    run_end(run);
}

static void test_a_skip_can_make_a_join_met_that_waited(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "x"}, {.id = "b", .needs = "x", .when = "false"},
                              {.id = "c", .needs = "a b", .join = AT_LEAST(2)});
    submit(run, "{}");
    grant(run, "a");
    assert_state(run, "c", STEP_WAITING);
    grant(run, "x");
    assert_state(run, "b", STEP_SKIPPED);
    assert_state(run, "c", STEP_RUNNING);
    run_end(run);
}

static void test_join_that_opened_early_lets_the_other_branches_run_on(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b"}, {.id = "c", .needs = "a b", .join = ANY}, {.id = "d", .needs = "b"});
    submit(run, "{}");
    grant(run, "a");
    grant(run, "b");
    assert_int_equal(work(run, "c")->attempt, 1);
    assert_state(run, "d", STEP_RUNNING);
    run_end(run);
}

static void test_join_opens_once(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b"}, {.id = "c", .needs = "a b", .join = ANY});
    submit(run, "{}");
    grant(run, "a");
    grant(run, "c");
    grant(run, "b");
    assert_null(event_at(run, EVENT_STEP_ASKED, "c", 0));
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_when_is_asked_at_the_moment_the_join_is_met(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b", .needs = "a", .when = ".steps.a.result.wanted"});
    submit(run, "{}");
    grant_with(run, "a", "{\"wanted\":false}");
    assert_state(run, "b", STEP_SKIPPED);
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_when_that_is_neither_true_nor_false_is_an_incident(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .when = ".form.wanted"});
    submit(run, "{}");
    assert_state(run, "a", STEP_STUCK);
    assert_int_equal(run->state.incident_count, 1);
    assert_true(text_is(event_at(run, EVENT_STEP_STUCK, "a", 0)->reason, "expression_not_boolean"));
    assert_open(run);
    run_end(run);
}

static void test_all_skipped_closes_as_granted(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .when = "false"}, {.id = "b", .needs = "a", .when = "false"});
    submit(run, "{}");
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_deadline_counts_from_when_the_first_need_was_asked(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "x"}, {.id = "a", .needs = "x"}, {.id = "b", .needs = "x"},
                              {.id = "c", .needs = "a b", .join = {.deadline = WITHIN(3 * DAYS)}});
    submit(run, "{}");
    assert_int_equal(case_next_due(&run->state), TIME_NONE);
    run->now_us += 1 * DAYS;
    grant(run, "x");
    assert_int_equal(count_of(run, EVENT_DEADLINE_SET), 1);
    assert_int_equal(case_next_due(&run->state), START_US + 4 * DAYS);
    run_end(run);
}

static void test_join_opens_at_its_deadline_with_what_is_there(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b"}, {.id = "c", .needs = "a b", .join = {.deadline = WITHIN(3 * DAYS)}});
    submit(run, "{}");
    grant(run, "a");
    pass(run, 3 * DAYS - 1);
    assert_int_equal(run->events.count, 0);
    pass(run, 1);
    assert_state(run, "c", STEP_RUNNING);
    run_end(run);
}

static void test_join_by_deadline_names_the_silent_by_department_and_since_when(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b", .department = "gas"},
                              {.id = "c", .needs = "a b", .join = {.deadline = WITHIN(3 * DAYS)},
                               .input = "{\"silent\":\"${ .steps.c.missing }\"}"});
    submit(run, "{}");
    grant(run, "a");
    pass(run, 3 * DAYS);
    struct text missing = run->state.steps[2].missing;
    assert_true(text_is(missing,
                        "[{\"step\":\"b\",\"department\":\"gas\",\"since\":\"2026-03-02T01:00:00Z\"}]"));
    assert_non_null(strstr(event_at(run, EVENT_STEP_ASKED, "c", 0)->data.at, "\"input\":{\"silent\":[{\"step\":\"b\""));
    run_end(run);
}

static void test_open_need_that_nobody_else_waits_for_expires_at_the_deadline(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b"}, {.id = "c", .needs = "a b", .join = {.deadline = WITHIN(3 * DAYS)}});
    submit(run, "{}");
    grant(run, "a");
    pass(run, 3 * DAYS);
    assert_state(run, "b", STEP_EXPIRED);
    assert_non_null(event_at(run, EVENT_CANCEL_ASKED, "b", 0));
    assert_true(work(run, "b")->spent);
    run_end(run);
}

static void test_answer_after_the_deadline_is_recorded_as_late(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b"}, {.id = "c", .needs = "a b", .join = {.deadline = WITHIN(3 * DAYS)}});
    submit(run, "{}");
    grant(run, "a");
    pass(run, 3 * DAYS);
    grant(run, "b");
    assert_recorded(run, FATE_LATE);
    assert_state(run, "b", STEP_EXPIRED);
    run_end(run);
}

static void test_open_need_of_another_waiting_step_runs_on_past_the_deadline(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b"}, {.id = "c", .needs = "a b", .join = {.deadline = WITHIN(3 * DAYS)}},
                              {.id = "d", .needs = "b"});
    submit(run, "{}");
    grant(run, "a");
    pass(run, 3 * DAYS);
    assert_state(run, "c", STEP_RUNNING);
    assert_state(run, "b", STEP_RUNNING);
    grant(run, "b");
    assert_state(run, "d", STEP_RUNNING);
    run_end(run);
}

static void test_case_with_a_silent_department_is_granted_by_deadline(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b"}, {.id = "c", .needs = "a b", .join = {.deadline = WITHIN(3 * DAYS)}});
    submit(run, "{}");
    grant(run, "a");
    pass(run, 3 * DAYS);
    grant(run, "c");
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_deadline_is_forgotten_when_the_join_is_met_before(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b"}, {.id = "c", .needs = "a b", .join = {.deadline = WITHIN(3 * DAYS)}});
    submit(run, "{}");
    grant(run, "a");
    grant(run, "b");
    assert_int_equal(case_next_due(&run->state), TIME_NONE);
    pass(run, 3 * DAYS);
    assert_int_equal(run->events.count, 0);
    run_end(run);
}

static void test_need_that_waits_itself_expires_at_the_deadline(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "x"}, {.id = "b", .needs = "x"},
                              {.id = "c", .needs = "a b", .join = {.deadline = WITHIN(1 * DAYS)}});
    submit(run, "{}");
    grant(run, "a");
    pass(run, 1 * DAYS);
    assert_state(run, "b", STEP_EXPIRED);
    assert_state(run, "x", STEP_RUNNING);
    assert_state(run, "c", STEP_RUNNING);
    grant(run, "c");
    assert_open(run);
    grant(run, "x");
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_need_that_only_an_expiring_need_waited_for_expires_with_it(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b", .needs = "a"},
                              {.id = "j", .needs = "a b", .join = {.deadline = WITHIN(3 * HOURS)}});
    submit(run, "{}");
    pass(run, 3 * HOURS);
    assert_state(run, "b", STEP_EXPIRED);
    assert_state(run, "a", STEP_EXPIRED);
    assert_state(run, "j", STEP_RUNNING);
    run_end(run);
}

static void test_rule_that_is_applied_is_nobody_asked_and_starts_no_deadline(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "rule", .kind = STEP_APPROVE, .condition = "true"},
                              {.id = "a", .kind = STEP_WAIT, .wait = WAIT_FOR_DURATION, .span = WITHIN(9 * HOURS)},
                              {.id = "b", .needs = "a"},
                              {.id = "j", .needs = "rule b", .join = {.deadline = WITHIN(3 * HOURS)}});
    submit(run, "{}");
    assert_int_equal(count_of(run, EVENT_DEADLINE_SET), 0);
    pass(run, 9 * HOURS);
    assert_int_equal(event_at(run, EVENT_DEADLINE_SET, "j", 0)->due_us, run->now_us + 3 * HOURS);
    run_end(run);
}

static void test_deadline_in_workdays_follows_the_calendar(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b", .needs = "a", .join = {.deadline = {LIMIT_WORKDAYS, 3}}});
    run->now_us = START_US + 3 * DAYS;      /* a Thursday */
    submit(run, "{}");
    assert_int_equal(case_next_due(&run->state), START_US + 8 * DAYS + 9 * HOURS);   /* Tuesday, 18:00 */
    run_end(run);
}

static void test_sixty_steps_in_a_row_run_to_the_end(void **unused) {
    (void)unused;
    static char ids[60][8];
    struct spec specs[60] = {0};
    for (int i = 0; i < 60; i++) {
        snprintf(ids[i], sizeof ids[i], "s%d", i);
        specs[i].id = ids[i];
        specs[i].needs = i ? ids[i - 1] : NULL;
    }
    struct run *run = run_new(specs, 60);
    submit(run, "{}");
    for (int i = 0; i < 60; i++)
        grant(run, ids[i]);
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_steps_are_asked_when_the_case_starts),
        cmocka_unit_test(test_a_result_hands_the_case_to_the_next_department_at_once),
        cmocka_unit_test(test_all_waits_for_every_need),
        cmocka_unit_test(test_all_is_unsatisfied_as_soon_as_one_need_is_refused),
        cmocka_unit_test(test_unsatisfied_goes_on_to_what_needs_it),
        cmocka_unit_test(test_refused_step_that_continues_counts_as_met_for_all),
        cmocka_unit_test(test_refused_step_that_continues_closes_case_as_partial),
        cmocka_unit_test(test_skipped_need_is_met_for_all),
        cmocka_unit_test(test_any_opens_with_the_first_granted_need),
        cmocka_unit_test(test_any_is_unsatisfied_when_the_last_need_is_refused),
        cmocka_unit_test(test_refused_need_that_continues_is_not_granted_for_any),
        cmocka_unit_test(test_at_least_opens_with_the_kth_granted_need),
        cmocka_unit_test(test_at_least_is_unsatisfied_when_too_few_can_still_be_granted),
        cmocka_unit_test(test_at_least_asks_no_more_than_are_not_skipped),
        cmocka_unit_test(test_at_least_with_all_needs_skipped_is_met),
        cmocka_unit_test(test_a_skip_can_make_a_join_met_that_waited),
        cmocka_unit_test(test_join_that_opened_early_lets_the_other_branches_run_on),
        cmocka_unit_test(test_join_opens_once),
        cmocka_unit_test(test_when_is_asked_at_the_moment_the_join_is_met),
        cmocka_unit_test(test_when_that_is_neither_true_nor_false_is_an_incident),
        cmocka_unit_test(test_all_skipped_closes_as_granted),
        cmocka_unit_test(test_deadline_counts_from_when_the_first_need_was_asked),
        cmocka_unit_test(test_join_opens_at_its_deadline_with_what_is_there),
        cmocka_unit_test(test_join_by_deadline_names_the_silent_by_department_and_since_when),
        cmocka_unit_test(test_open_need_that_nobody_else_waits_for_expires_at_the_deadline),
        cmocka_unit_test(test_answer_after_the_deadline_is_recorded_as_late),
        cmocka_unit_test(test_open_need_of_another_waiting_step_runs_on_past_the_deadline),
        cmocka_unit_test(test_case_with_a_silent_department_is_granted_by_deadline),
        cmocka_unit_test(test_deadline_is_forgotten_when_the_join_is_met_before),
        cmocka_unit_test(test_need_that_waits_itself_expires_at_the_deadline),
        cmocka_unit_test(test_need_that_only_an_expiring_need_waited_for_expires_with_it),
        cmocka_unit_test(test_rule_that_is_applied_is_nobody_asked_and_starts_no_deadline),
        cmocka_unit_test(test_deadline_in_workdays_follows_the_calendar),
        cmocka_unit_test(test_sixty_steps_in_a_row_run_to_the_end),
    };
    return cmocka_run_group_tests_name("engine: joins", tests, NULL, NULL);
}
