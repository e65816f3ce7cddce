/* What a refusal does, how a case stops, is undone and closes (DESIGN §3). */
#include "engine_builder.h"

static void test_blocking_refusal_stops_what_needs_it_and_nothing_else(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "title"}, {.id = "water", .needs = "title"}, {.id = "gas", .needs = "title"},
                              {.id = "meter", .needs = "gas"});
    submit(run, "{}");
    grant(run, "title");
    refuse(run, "gas");
    assert_state(run, "meter", STEP_UNSATISFIED);
    grant(run, "water");
    assert_closed(run, CASE_PARTIAL);
    assert_state(run, "title", STEP_GRANTED);
    run_end(run);
}

static void test_not_accepted_is_a_refusal(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b", .needs = "a"});
    submit(run, "{}");
    answer(run, "a", ANSWER_NOT_ACCEPTED);
    assert_state(run, "a", STEP_REFUSED);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

static void test_case_of_one_refused_step_is_refused(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"});
    submit(run, "{}");
    refuse(run, "a");
    assert_closed(run, CASE_REFUSED);
    assert_true(text_is(work(run, "a")->reason, "no"));
    run_end(run);
}

static void test_closing_refusal_starts_nothing_new(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .on_refused = ON_REFUSED_CLOSE}, {.id = "b"}, {.id = "c", .needs = "b"});
    submit(run, "{}");
    answer(run, "b", ANSWER_ACCEPTED);
    refuse(run, "a");
    assert_int_equal(run->state.phase, CASE_STOPPING);
    assert_state(run, "c", STEP_CANCELLED);
    grant(run, "b");
    assert_null(event_at(run, EVENT_STEP_ASKED, "c", 0));
    assert_closed(run, CASE_PARTIAL);
    run_end(run);
}

static void test_closing_refusal_cancels_what_is_not_accepted(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .on_refused = ON_REFUSED_CLOSE}, {.id = "b"});
    submit(run, "{}");
    refuse(run, "a");
    assert_state(run, "b", STEP_CANCELLING);
    assert_non_null(event_at(run, EVENT_CANCEL_ASKED, "b", 0));
    answer(run, "b", ANSWER_CANCELLED);
    assert_state(run, "b", STEP_CANCELLED);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

static void test_closing_refusal_lets_what_is_accepted_run_to_its_decision(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .on_refused = ON_REFUSED_CLOSE}, {.id = "b"});
    submit(run, "{}");
    answer(run, "b", ANSWER_ACCEPTED);
    refuse(run, "a");
    assert_state(run, "b", STEP_RUNNING);
    assert_null(event_at(run, EVENT_CANCEL_ASKED, "b", 0));
    assert_open(run);
    grant(run, "b");
    assert_closed(run, CASE_PARTIAL);
    run_end(run);
}

static void test_refused_cancel_lets_the_decision_follow(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .on_refused = ON_REFUSED_CLOSE}, {.id = "b"});
    submit(run, "{}");
    refuse(run, "a");
    answer(run, "b", ANSWER_CANCEL_REFUSED);
    assert_state(run, "b", STEP_RUNNING);
    grant(run, "b");
    assert_closed(run, CASE_PARTIAL);
    run_end(run);
}

static void test_result_that_crosses_a_cancel_stands(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .on_refused = ON_REFUSED_CLOSE}, {.id = "b"});
    submit(run, "{}");
    refuse(run, "a");
    grant(run, "b");
    assert_state(run, "b", STEP_GRANTED);
    assert_closed(run, CASE_PARTIAL);
    run_end(run);
}

static void test_first_stopping_refusal_wins(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .on_refused = ON_REFUSED_CLOSE}, {.id = "b", .on_refused = ON_REFUSED_COMPENSATE},
                              {.id = "c", .reversible = true, .compensate = ""});
    submit(run, "{}");
    grant(run, "c");
    answer(run, "b", ANSWER_ACCEPTED);
    refuse(run, "a");
    refuse(run, "b");
    assert_int_equal(run->state.stop, CASE_STOP_CLOSE);
    assert_state(run, "c", STEP_GRANTED);
    assert_closed(run, CASE_PARTIAL);
    run_end(run);
}

static void test_while_a_case_stops_its_waits_end_cancelled(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .on_refused = ON_REFUSED_CLOSE},
                              {.id = "pay", .kind = STEP_WAIT, .wait = WAIT_SIGNAL, .signal = "paid"});
    submit(run, "{}");
    refuse(run, "a");
    assert_state(run, "pay", STEP_CANCELLED);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

static void test_while_a_case_stops_an_accepted_task_may_retry(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .on_refused = ON_REFUSED_CLOSE}, {.id = "b"});
    submit(run, "{}");
    answer(run, "b", ANSWER_ACCEPTED);
    refuse(run, "a");
    fail_retryably(run, "b");
    assert_state(run, "b", STEP_RETRYING);
    pass(run, 1 * SECONDS);
    assert_state(run, "b", STEP_RUNNING);
    assert_int_equal(work(run, "b")->attempt, 2);
    grant(run, "b");
    assert_closed(run, CASE_PARTIAL);
    run_end(run);
}

static void test_while_a_case_stops_a_stuck_task_needs_an_operator(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .on_refused = ON_REFUSED_CLOSE}, {.id = "b"});
    submit(run, "{}");
    fail_for_good(run, "b");
    refuse(run, "a");
    assert_state(run, "b", STEP_STUCK);
    assert_open(run);
    operate(run, INPUT_SKIP, "b");
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

static void test_refusal_whose_dependents_have_left_waiting_triggers_nothing(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b", .on_refused = ON_REFUSED_CLOSE}, {.id = "c", .needs = "a b", .join = ANY});
    submit(run, "{}");
    grant(run, "a");
    refuse(run, "b");
    assert_int_equal(run->state.phase, CASE_RUNNING);
    assert_true(work(run, "b")->spent);
    run_end(run);
}

static void test_spent_refusal_does_not_count_for_the_outcome(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b"}, {.id = "c", .needs = "a b", .join = ANY});
    submit(run, "{}");
    grant(run, "a");
    refuse(run, "b");
    grant(run, "c");
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_refusal_of_a_step_without_dependents_is_not_spent(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b", .on_refused = ON_REFUSED_CLOSE});
    submit(run, "{}");
    refuse(run, "b");
    assert_int_equal(run->state.phase, CASE_STOPPING);
    run_end(run);
}

static void test_expiry_does_as_on_expired_says(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .timeout = WITHIN(1 * DAYS), .own_on_expired = true, .on_expired = ON_REFUSED_CONTINUE},
                              {.id = "b", .needs = "a"});
    submit(run, "{}");
    pass(run, 1 * DAYS);
    assert_state(run, "a", STEP_EXPIRED);
    assert_state(run, "b", STEP_RUNNING);
    grant(run, "b");
    assert_closed(run, CASE_PARTIAL);
    run_end(run);
}

static void test_expiry_without_on_expired_does_as_on_refused_says(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .timeout = WITHIN(1 * DAYS), .on_refused = ON_REFUSED_CLOSE}, {.id = "b"});
    submit(run, "{}");
    pass(run, 1 * DAYS);
    assert_int_equal(run->state.stop, CASE_STOP_CLOSE);
    assert_state(run, "b", STEP_CANCELLING);
    run_end(run);
}

/* ---- compensation ---- */

static struct run *granted_pair(void) {
    struct run *run = RUN_NEW({.id = "a", .reversible = true, .compensate = ""},
                              {.id = "b", .needs = "a", .reversible = true, .compensate = ""},
                              {.id = "c", .needs = "b", .on_refused = ON_REFUSED_COMPENSATE});
    submit(run, "{}");
    grant(run, "a");
    grant(run, "b");
    return run;
}

static void test_compensation_reads_the_result_of_its_own_step_also_when_it_is_asked_again(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .reversible = true, .compensate = "", .compensate_input = "{\"no\": \"${ .steps.a.result.no }\"}"},
                              {.id = "b", .on_refused = ON_REFUSED_COMPENSATE});
    submit(run, "{}");
    grant_with(run, "a", "{\"no\":\"R-7\"}");
    refuse(run, "b");
    assert_non_null(strstr(event_at(run, EVENT_UNDO_ASKED, "a", 0)->data.at, "\"input\":{\"no\":\"R-7\"}"));
    undo_answered(run, "a", 1, ANSWER_REJECTED);
    operate(run, INPUT_RETRY, "a");
    assert_non_null(strstr(event_at(run, EVENT_UNDO_ASKED, "a", 0)->data.at, "\"input\":{\"no\":\"R-7\"}"));
    run_end(run);
}

static void test_compensation_of_an_element_reads_the_result_of_that_element(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .each = "[1, 2]", .as = "n", .reversible = true, .compensate = "",
                               .compensate_input = "{\"no\": \"${ .steps.a.result.no }\", \"n\": \"${ .n }\"}"},
                              {.id = "b", .on_refused = ON_REFUSED_COMPENSATE});
    submit(run, "{}");
    grant_with(run, "a.0", "{\"no\":\"R-0\"}");
    grant_with(run, "a.1", "{\"no\":\"R-1\"}");
    refuse(run, "b");
    assert_int_equal(count_of(run, EVENT_UNDO_ASKED), 2);
    assert_non_null(strstr(event_at(run, EVENT_UNDO_ASKED, "a.0", 0)->data.at, "\"input\":{\"no\":\"R-0\",\"n\":1}"));
    assert_non_null(strstr(event_at(run, EVENT_UNDO_ASKED, "a.1", 0)->data.at, "\"input\":{\"no\":\"R-1\",\"n\":2}"));
    run_end(run);
}

static void test_compensating_refusal_undoes_granted_reversible_steps(void **unused) {
    (void)unused;
    struct run *run = granted_pair();
    refuse(run, "c");
    assert_state(run, "b", STEP_UNDOING);
    undo_answered(run, "b", 1, ANSWER_RESULT);
    undo_answered(run, "a", 1, ANSWER_RESULT);
    assert_state(run, "a", STEP_COMPENSATED);
    assert_state(run, "b", STEP_COMPENSATED);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

static void test_a_step_is_undone_after_all_that_need_it(void **unused) {
    (void)unused;
    struct run *run = granted_pair();
    refuse(run, "c");
    assert_state(run, "a", STEP_GRANTED);
    undo_answered(run, "b", 1, ANSWER_RESULT);
    assert_state(run, "a", STEP_UNDOING);
    run_end(run);
}

static void test_undoing_waits_for_those_that_need_it_indirectly(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .reversible = true, .compensate = ""}, {.id = "m", .needs = "a"},
                              {.id = "b", .needs = "m", .reversible = true, .compensate = ""},
                              {.id = "c", .needs = "b", .on_refused = ON_REFUSED_COMPENSATE});
    submit(run, "{}");
    grant(run, "a");
    grant(run, "m");
    grant(run, "b");
    refuse(run, "c");
    assert_state(run, "b", STEP_UNDOING);
    assert_state(run, "a", STEP_GRANTED);
    undo_answered(run, "b", 1, ANSWER_RESULT);
    undo_answered(run, "a", 1, ANSWER_RESULT);
    assert_state(run, "m", STEP_GRANTED);
    assert_closed(run, CASE_PARTIAL);
    run_end(run);
}

static void test_granted_step_that_is_not_reversible_stays_granted(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .compensate = ""}, {.id = "c", .needs = "a", .on_refused = ON_REFUSED_COMPENSATE});
    submit(run, "{}");
    grant(run, "a");
    refuse(run, "c");
    assert_state(run, "a", STEP_GRANTED);
    assert_closed(run, CASE_PARTIAL);
    run_end(run);
}

static void test_undoing_begins_when_accepted_tasks_have_been_decided(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .reversible = true, .compensate = ""}, {.id = "b"},
                              {.id = "c", .on_refused = ON_REFUSED_COMPENSATE});
    submit(run, "{}");
    grant(run, "a");
    answer(run, "b", ANSWER_ACCEPTED);
    refuse(run, "c");
    assert_state(run, "a", STEP_GRANTED);
    grant(run, "b");
    assert_state(run, "a", STEP_UNDOING);
    run_end(run);
}

static void test_what_is_granted_while_the_case_stops_is_undone_too(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "b", .reversible = true, .compensate = ""}, {.id = "c", .on_refused = ON_REFUSED_COMPENSATE});
    submit(run, "{}");
    answer(run, "b", ANSWER_ACCEPTED);
    refuse(run, "c");
    grant(run, "b");
    assert_state(run, "b", STEP_UNDOING);
    run_end(run);
}

static void test_undo_has_its_own_id_and_names_what_it_undoes(void **unused) {
    (void)unused;
    struct run *run = granted_pair();
    refuse(run, "c");
    const struct event *asked = event_at(run, EVENT_UNDO_ASKED, "b", 0);
    struct command_list commands;
    engine_commands(run->state.id, asked, &commands);
    assert_int_equal(commands.count, 1);
    assert_int_equal(commands.at[0].message, MESSAGE_COMPENSATE);
    assert_string_equal(commands.at[0].id, "44130020260302000017:b:1:undo:1");
    assert_non_null(strstr(asked->data.at, "\"undoes\":\"44130020260302000017:b:1\""));
    run_end(run);
}

static void test_refused_undo_becomes_stuck(void **unused) {
    (void)unused;
    struct run *run = granted_pair();
    refuse(run, "c");
    undo_answered(run, "b", 1, ANSWER_REJECTED);
    assert_state(run, "b", STEP_UNDO_STUCK);
    assert_int_equal(run->state.incident_count, 1);
    assert_open(run);
    run_end(run);
}

static void test_stuck_undo_is_retried_under_the_next_number(void **unused) {
    (void)unused;
    struct run *run = granted_pair();
    refuse(run, "c");
    undo_answered(run, "b", 1, ANSWER_REJECTED);
    operate(run, INPUT_RETRY, "b");
    assert_int_equal(event_at(run, EVENT_UNDO_ASKED, "b", 0)->ordinal, 2);
    assert_int_equal(run->state.incident_count, 0);
    undo_answered(run, "b", 2, ANSWER_RESULT);
    assert_state(run, "b", STEP_COMPENSATED);
    run_end(run);
}

static void test_stuck_undo_that_is_skipped_stays_granted(void **unused) {
    (void)unused;
    struct run *run = granted_pair();
    refuse(run, "c");
    undo_answered(run, "b", 1, ANSWER_REJECTED);
    operate(run, INPUT_SKIP, "b");
    assert_state(run, "b", STEP_GRANTED);
    assert_state(run, "a", STEP_UNDOING);
    undo_answered(run, "a", 1, ANSWER_RESULT);
    assert_closed(run, CASE_PARTIAL);
    run_end(run);
}

static void test_failed_undo_is_tried_again(void **unused) {
    (void)unused;
    struct run *run = granted_pair();
    refuse(run, "c");
    undo_answered(run, "b", 1, ANSWER_ERROR);
    assert_state(run, "b", STEP_UNDO_RETRYING);
    pass(run, 1 * SECONDS);
    assert_state(run, "b", STEP_UNDOING);
    undo_answered(run, "b", 1, ANSWER_RESULT);
    assert_recorded(run, FATE_OLDER_ATTEMPT);
    undo_answered(run, "b", 2, ANSWER_RESULT);
    assert_state(run, "b", STEP_COMPENSATED);
    run_end(run);
}

static void test_undo_may_go_to_another_department(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .reversible = true, .compensate = "tax", .compensate_input = "{\"why\":\"${ .steps.a.result.n }\"}"},
                              {.id = "c", .needs = "a", .on_refused = ON_REFUSED_COMPENSATE});
    submit(run, "{}");
    grant_with(run, "a", "{\"n\":7}");
    refuse(run, "c");
    const struct event *asked = event_at(run, EVENT_UNDO_ASKED, "a", 0);
    assert_true(text_is(asked->department, "tax"));
    assert_non_null(strstr(asked->data.at, "\"why\":7"));
    run_end(run);
}

/* ---- closing by hand ---- */

static void test_withdrawal_calls_back_accepted_tasks_too(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b"}, {.id = "c", .needs = "a b"});
    submit(run, "{}");
    grant(run, "a");
    answer(run, "b", ANSWER_ACCEPTED);
    operate(run, INPUT_WITHDRAWN, NULL);
    assert_state(run, "b", STEP_CANCELLING);
    answer(run, "b", ANSWER_CANCELLED);
    assert_closed(run, CASE_WITHDRAWN);
    assert_state(run, "a", STEP_GRANTED);
    run_end(run);
}

static void test_closing_by_an_operator_terminates(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b", .needs = "a"});
    submit(run, "{}");
    answer(run, "a", ANSWER_ACCEPTED);
    operate(run, INPUT_CLOSE, NULL);
    grant(run, "a");
    assert_closed(run, CASE_TERMINATED);
    run_end(run);
}

static void test_void_ends_everything_at_once(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b", .needs = "a"});
    submit(run, "{}");
    answer(run, "a", ANSWER_ACCEPTED);
    operate(run, INPUT_VOID, NULL);
    assert_closed(run, CASE_VOID);
    assert_non_null(event_at(run, EVENT_CANCEL_ASKED, "a", 0));
    run_end(run);
}

static void test_withdrawal_of_a_closed_case_is_recorded(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"});
    submit(run, "{}");
    grant(run, "a");
    operate(run, INPUT_WITHDRAWN, NULL);
    assert_recorded(run, FATE_CASE_CLOSED);
    run_end(run);
}

/* ---- delivery ---- */

static void test_delivery_runs_after_closing_and_does_not_hold_it_open(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "post", .kind = STEP_DELIVER, .department = "post", .needs = "a"});
    submit(run, "{}");
    grant(run, "a");
    assert_closed(run, CASE_GRANTED);
    assert_state(run, "post", STEP_RUNNING);
    grant(run, "post");
    assert_state(run, "post", STEP_GRANTED);
    run_end(run);
}

static void test_delivery_of_what_was_refused_does_not_happen(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "post", .kind = STEP_DELIVER, .department = "post", .needs = "a"});
    submit(run, "{}");
    refuse(run, "a");
    assert_closed(run, CASE_REFUSED);
    assert_state(run, "post", STEP_UNSATISFIED);
    run_end(run);
}

static void test_what_is_granted_is_delivered_after_a_closing_refusal(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b", .on_refused = ON_REFUSED_CLOSE},
                              {.id = "post", .kind = STEP_DELIVER, .department = "post", .needs = "a"});
    submit(run, "{}");
    grant(run, "a");
    refuse(run, "b");
    assert_closed(run, CASE_PARTIAL);
    assert_state(run, "post", STEP_RUNNING);
    run_end(run);
}

static void test_failed_delivery_is_retried_after_closing(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "post", .kind = STEP_DELIVER, .department = "post", .needs = "a"});
    submit(run, "{}");
    grant(run, "a");
    fail_retryably(run, "post");
    assert_state(run, "post", STEP_RETRYING);
    pass(run, 1 * SECONDS);
    assert_state(run, "post", STEP_RUNNING);
    run_end(run);
}

static void test_case_closes_when_no_step_waits_or_runs(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b"});
    submit(run, "{}");
    grant(run, "a");
    assert_open(run);
    fail_for_good(run, "b");
    assert_open(run);
    operate(run, INPUT_REFUSE, "b");
    assert_closed(run, CASE_PARTIAL);
    run_end(run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocking_refusal_stops_what_needs_it_and_nothing_else),
        cmocka_unit_test(test_not_accepted_is_a_refusal),
        cmocka_unit_test(test_case_of_one_refused_step_is_refused),
        cmocka_unit_test(test_closing_refusal_starts_nothing_new),
        cmocka_unit_test(test_closing_refusal_cancels_what_is_not_accepted),
        cmocka_unit_test(test_closing_refusal_lets_what_is_accepted_run_to_its_decision),
        cmocka_unit_test(test_refused_cancel_lets_the_decision_follow),
        cmocka_unit_test(test_result_that_crosses_a_cancel_stands),
        cmocka_unit_test(test_first_stopping_refusal_wins),
        cmocka_unit_test(test_while_a_case_stops_its_waits_end_cancelled),
        cmocka_unit_test(test_while_a_case_stops_an_accepted_task_may_retry),
        cmocka_unit_test(test_while_a_case_stops_a_stuck_task_needs_an_operator),
        cmocka_unit_test(test_refusal_whose_dependents_have_left_waiting_triggers_nothing),
        cmocka_unit_test(test_spent_refusal_does_not_count_for_the_outcome),
        cmocka_unit_test(test_refusal_of_a_step_without_dependents_is_not_spent),
        cmocka_unit_test(test_expiry_does_as_on_expired_says),
        cmocka_unit_test(test_expiry_without_on_expired_does_as_on_refused_says),
        cmocka_unit_test(test_compensation_reads_the_result_of_its_own_step_also_when_it_is_asked_again),
        cmocka_unit_test(test_compensation_of_an_element_reads_the_result_of_that_element),
        cmocka_unit_test(test_compensating_refusal_undoes_granted_reversible_steps),
        cmocka_unit_test(test_a_step_is_undone_after_all_that_need_it),
        cmocka_unit_test(test_undoing_waits_for_those_that_need_it_indirectly),
        cmocka_unit_test(test_granted_step_that_is_not_reversible_stays_granted),
        cmocka_unit_test(test_undoing_begins_when_accepted_tasks_have_been_decided),
        cmocka_unit_test(test_what_is_granted_while_the_case_stops_is_undone_too),
        cmocka_unit_test(test_undo_has_its_own_id_and_names_what_it_undoes),
        cmocka_unit_test(test_refused_undo_becomes_stuck),
        cmocka_unit_test(test_stuck_undo_is_retried_under_the_next_number),
        cmocka_unit_test(test_stuck_undo_that_is_skipped_stays_granted),
        cmocka_unit_test(test_failed_undo_is_tried_again),
        cmocka_unit_test(test_undo_may_go_to_another_department),
        cmocka_unit_test(test_withdrawal_calls_back_accepted_tasks_too),
        cmocka_unit_test(test_closing_by_an_operator_terminates),
        cmocka_unit_test(test_void_ends_everything_at_once),
        cmocka_unit_test(test_withdrawal_of_a_closed_case_is_recorded),
        cmocka_unit_test(test_delivery_runs_after_closing_and_does_not_hold_it_open),
        cmocka_unit_test(test_delivery_of_what_was_refused_does_not_happen),
        cmocka_unit_test(test_what_is_granted_is_delivered_after_a_closing_refusal),
        cmocka_unit_test(test_failed_delivery_is_retried_after_closing),
        cmocka_unit_test(test_case_closes_when_no_step_waits_or_runs),
    };
    return cmocka_run_group_tests_name("engine: refusals", tests, NULL, NULL);
}
