/* Failed attempts, time that runs out, and what an operator does (DESIGN §3, Answers). */
#include "engine_builder.h"

#define SERIAL {.id = "a"}, {.id = "b", .needs = "a"}

/* ---- retry ---- */

static void test_retryable_error_is_tried_again_within_its_back_off(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .retry = {5, 10 * SECONDS, 1 * HOURS, 0}});
    submit(run, "{}");
    fail_retryably(run, "a");
    int64_t due = event_at(run, EVENT_RETRY_SET, "a", 0)->due_us;
    assert_in_range(due - run->now_us, 0, 10 * SECONDS);
    assert_int_equal(case_next_due(&run->state), due);
    pass(run, due - run->now_us);
    assert_int_equal(event_at(run, EVENT_STEP_ASKED, "a", 0)->attempt, 2);
    fail_retryably(run, "a");
    assert_in_range(event_at(run, EVENT_RETRY_SET, "a", 0)->due_us - run->now_us, 0, 20 * SECONDS);
    run_end(run);
}

static void test_back_off_is_the_same_for_the_same_case_step_and_attempt(void **unused) {
    (void)unused;
    int64_t due[2];
    for (int i = 0; i < 2; i++) {
        struct run *run = RUN_NEW({.id = "a", .retry = {5, 1 * HOURS, 1 * DAYS, 0}});
        submit(run, "{}");
        fail_retryably(run, "a");
        due[i] = event_at(run, EVENT_RETRY_SET, "a", 0)->due_us;
        run_end(run);
    }
    assert_int_equal(due[0], due[1]);
}

static void test_step_is_stuck_when_its_attempts_are_used_up(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .retry = {2, 1 * SECONDS, 1 * SECONDS, 0}});
    submit(run, "{}");
    fail_retryably(run, "a");
    pass(run, 1 * SECONDS);
    fail_retryably(run, "a");
    assert_state(run, "a", STEP_STUCK);
    assert_int_equal(run->state.incident_count, 1);
    assert_true(text_is(event_at(run, EVENT_STEP_STUCK, "a", 0)->reason, "attempts_used_up"));
    run_end(run);
}

static void test_step_is_stuck_when_its_time_to_give_up_has_come(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .retry = {100, 1 * SECONDS, 1 * SECONDS, 1 * HOURS}});
    submit(run, "{}");
    run->now_us += 1 * HOURS + 1;
    fail_retryably(run, "a");
    assert_state(run, "a", STEP_STUCK);
    assert_true(text_is(event_at(run, EVENT_STEP_STUCK, "a", 0)->reason, "gave_up"));
    run_end(run);
}

static void test_error_that_is_not_retryable_is_stuck_at_once(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"});
    submit(run, "{}");
    fail_for_good(run, "a");
    assert_state(run, "a", STEP_STUCK);
    assert_non_null(strstr(event_at(run, EVENT_STEP_STUCK, "a", 0)->data.at, "no such unit"));
    run_end(run);
}

static void test_result_of_the_failed_attempt_is_taken_while_it_waits_to_be_retried(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"});
    submit(run, "{}");
    fail_retryably(run, "a");
    grant(run, "a");
    assert_closed(run, CASE_GRANTED);
    assert_int_equal(case_next_due(&run->state), TIME_NONE);
    run_end(run);
}

static void test_result_of_a_stuck_step_closes_its_incident(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"});
    submit(run, "{}");
    fail_for_good(run, "a");
    grant(run, "a");
    assert_closed(run, CASE_GRANTED);
    assert_int_equal(run->state.incident_count, 0);
    run_end(run);
}

/* ---- time ---- */

static void test_timeout_that_expires_calls_the_task_back(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .timeout = WITHIN(1 * DAYS)});
    submit(run, "{}");
    pass(run, 1 * DAYS);
    assert_state(run, "a", STEP_EXPIRED);
    assert_non_null(event_at(run, EVENT_CANCEL_ASKED, "a", 0));
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

static void test_timeout_that_is_an_incident_lets_the_step_run_on(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .timeout = WITHIN(1 * DAYS), .timeout_then = ON_TIMEOUT_INCIDENT});
    submit(run, "{}");
    pass(run, 1 * DAYS);
    assert_state(run, "a", STEP_RUNNING);
    assert_int_equal(run->state.incident_count, 1);
    pass(run, 1 * DAYS);
    assert_int_equal(run->events.count, 0);
    grant(run, "a");
    assert_closed(run, CASE_GRANTED);
    assert_int_equal(run->state.incident_count, 0);
    run_end(run);
}

static void test_timer_with_nothing_due_does_nothing(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .timeout = WITHIN(1 * DAYS)});
    submit(run, "{}");
    pass(run, 1 * HOURS);
    assert_int_equal(run->outcome, OUTCOME_OK);
    assert_int_equal(run->events.count, 0);
    assert_int_equal(case_next_due(&run->state), START_US + 1 * DAYS);
    run_end(run);
}

static void test_timeout_counts_from_the_first_attempt(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .timeout = WITHIN(1 * DAYS)});
    submit(run, "{}");
    run->now_us += 12 * HOURS;
    fail_retryably(run, "a");
    pass(run, 1 * SECONDS);
    assert_int_equal(event_at(run, EVENT_STEP_ASKED, "a", 0)->due_us, START_US + 1 * DAYS);
    run_end(run);
}

/* ---- operators ---- */

static void test_operator_retries_a_stuck_step_with_fresh_attempts(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .retry = {2, 1 * SECONDS, 1 * SECONDS, 0}});
    submit(run, "{}");
    fail_for_good(run, "a");
    operate(run, INPUT_RETRY, "a");
    assert_int_equal(event_at(run, EVENT_STEP_ASKED, "a", 0)->attempt, 2);
    assert_int_equal(run->state.incident_count, 0);
    assert_int_equal(run->events.at[0].kind, EVENT_OPERATOR_ACTED);
    fail_retryably(run, "a");
    assert_state(run, "a", STEP_RETRYING);
    pass(run, 1 * SECONDS);
    fail_retryably(run, "a");
    assert_state(run, "a", STEP_STUCK);
    run_end(run);
}

static void test_operator_retry_works_everything_out_again(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "x"}, {.id = "a", .needs = "x", .when = ".steps.x.result.wanted"}, {.id = "z"});
    submit(run, "{}");
    grant_with(run, "x", "{\"wanted\":\"yes\"}");
    assert_state(run, "a", STEP_STUCK);
    operate(run, INPUT_RETRY, "a");
    assert_state(run, "a", STEP_STUCK);
    assert_int_equal(run->state.incident_count, 1);
    operate(run, INPUT_SKIP, "a");
    assert_state(run, "a", STEP_SKIPPED);
    run_end(run);
}

static void test_operator_skips_a_stuck_step_and_the_case_goes_on(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(SERIAL);
    submit(run, "{}");
    fail_for_good(run, "a");
    operate(run, INPUT_SKIP, "a");
    assert_state(run, "a", STEP_SKIPPED);
    assert_state(run, "b", STEP_RUNNING);
    run_end(run);
}

static void test_operator_refuses_a_stuck_step(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(SERIAL);
    submit(run, "{}");
    fail_for_good(run, "a");
    operate(run, INPUT_REFUSE, "a");
    assert_state(run, "a", STEP_REFUSED);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

static void assert_incident_closed_by_li(struct run *run, const char *how) {
    const struct event *closed = event_at(run, EVENT_INCIDENT_CLOSED, "a", 0);
    assert_non_null(closed);
    assert_true(text_is(closed->actor, "li"));
    assert_true(text_is(closed->reason, how));
    assert_int_equal(closed->count, 1);
}

static void test_incident_says_which_operator_closed_it_and_how(void **unused) {
    (void)unused;
    static const struct { enum input_kind kind; const char *how; } rows[] = {
        {INPUT_RETRY, "retry"}, {INPUT_SKIP, "skip"}, {INPUT_REFUSE, "refuse"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run *run = RUN_NEW(SERIAL);
        submit(run, "{}");
        fail_for_good(run, "a");
        operate(run, rows[i].kind, "a");
        assert_incident_closed_by_li(run, rows[i].how);
        run_end(run);
    }
}

static void test_incident_that_ends_with_its_case_is_closed_by_whoever_closed_the_case(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "x"}, {.id = "a", .needs = "x", .when = ".steps.x.result.wanted"});
    submit(run, "{}");
    grant_with(run, "x", "{\"wanted\":\"yes\"}");   /* neither true nor false: stuck before it was asked */
    operate(run, INPUT_CLOSE, NULL);
    assert_state(run, "a", STEP_CANCELLED);
    assert_incident_closed_by_li(run, "step_ended");
    run_end(run);
}

static void test_incident_that_an_answer_ends_is_closed_by_nobody(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"});
    submit(run, "{}");
    fail_for_good(run, "a");
    grant(run, "a");
    const struct event *closed = event_at(run, EVENT_INCIDENT_CLOSED, "a", 0);
    assert_true(text_is_none(closed->actor));
    assert_true(text_is(closed->reason, "step_ended"));
    run_end(run);
}

static void test_operator_reassigns_a_step_to_another_department(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .department = "tax"});
    submit(run, "{}");
    fail_for_good(run, "a");
    struct input in = input_of(INPUT_REASSIGN, 0);
    in.step = TEXT("a");
    in.actor = TEXT("li");
    in.department = TEXT("housing");
    run_input(run, &in);
    assert_true(text_is(event_at(run, EVENT_STEP_ASKED, "a", 0)->department, "housing"));
    assert_int_equal(work(run, "a")->attempt, 2);
    run_end(run);
}

static void test_reassigning_a_running_step_calls_its_task_back(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .department = "tax"});
    submit(run, "{}");
    struct input in = input_of(INPUT_REASSIGN, 0);
    in.step = TEXT("a");
    in.department = TEXT("housing");
    run_input(run, &in);
    assert_true(text_is(event_at(run, EVENT_CANCEL_ASKED, "a", 0)->department, "tax"));
    assert_true(text_is(event_at(run, EVENT_STEP_ASKED, "a", 0)->department, "housing"));
    run_end(run);
}

static void test_operator_verb_out_of_place_is_refused(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(SERIAL);
    submit(run, "{}");
    operate(run, INPUT_RETRY, "b");
    assert_rejected(run, "not_in_place");
    grant(run, "a");
    operate(run, INPUT_SKIP, "a");
    assert_rejected(run, "not_in_place");
    grant(run, "b");
    operate(run, INPUT_CLOSE, NULL);
    assert_rejected(run, "case_closed");
    run_end(run);
}

static struct input answer_for(struct run *run, const char *step) {
    struct input in = answer_input(run, step, ANSWER_RESULT);
    in.kind = INPUT_ANSWER_FOR;
    in.actor = TEXT("li");
    in.confirmed_by = TEXT("wang");
    in.evidence = TEXT("sm3:abc");
    return in;
}

static void test_whoever_acts_on_an_incident_does_not_close_a_newer_one(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .timeout = WITHIN(1 * DAYS), .timeout_then = ON_TIMEOUT_INCIDENT});
    submit(run, "{}");
    pass(run, 1 * DAYS);
    struct input in = input_of(INPUT_RETRY, run->now_us);
    in.actor = TEXT("op");
    in.incident = event_at(run, EVENT_INCIDENT_OPENED, "a", 0)->version;
    name_step(&in, "a");
    fail_for_good(run, "a");
    uint32_t newest = event_at(run, EVENT_STEP_STUCK, "a", 0)->version;
    run_input(run, &in);
    assert_rejected(run, "incident_newer");
    in.incident = newest;
    assert_int_equal(run_input(run, &in), OUTCOME_OK);
    assert_state(run, "a", STEP_RUNNING);
    assert_int_equal(run->state.incident_count, 0);
    run_end(run);
}

static void test_answer_recorded_for_a_department_is_marked_and_counted(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(SERIAL);
    submit(run, "{}");
    struct input in = answer_for(run, "a");
    run_input(run, &in);
    assert_state(run, "a", STEP_GRANTED);
    assert_state(run, "b", STEP_RUNNING);
    assert_true(work(run, "a")->answered_for);
    assert_int_equal(run->state.answered_for_count, 1);
    run_end(run);
}

static void test_answer_for_needs_evidence_and_a_second_person(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(SERIAL);
    submit(run, "{}");
    struct input in = answer_for(run, "a");
    in.evidence = TEXT_NONE;
    run_input(run, &in);
    assert_rejected(run, "answer_for_incomplete");
    in = answer_for(run, "a");
    in.confirmed_by = in.actor;
    run_input(run, &in);
    assert_rejected(run, "answer_for_same_person");
    assert_state(run, "a", STEP_RUNNING);
    run_end(run);
}

/* ---- void, and what follows an operator's end ---- */

static void test_department_that_carries_out_the_cancellation_after_a_refusal_contradicts_nobody(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b"});
    submit(run, "{}");
    operate(run, INPUT_REFUSE, "a");
    answer(run, "a", ANSWER_CANCELLED);
    assert_recorded(run, FATE_LATE);
    assert_int_equal(run->state.dispute_count, 0);
    run_end(run);
}

static void test_void_of_a_parent_does_not_interrupt_the_undoing_of_its_sub_case(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .reversible = true, .compensate = ""}, {.id = "b", .on_refused = ON_REFUSED_COMPENSATE});
    struct input in = input_of(INPUT_SUBMIT, 0);
    in.parent = TEXT("P");
    in.parent_step = TEXT("sub");
    in.data = TEXT("{}");
    run_input(run, &in);
    grant(run, "a");
    refuse(run, "b");
    undo_answered(run, "a", 1, ANSWER_REJECTED);
    in = input_of(INPUT_CLOSE, 0);
    in.stop = CASE_STOP_VOID;
    run_input(run, &in);
    assert_recorded(run, FATE_OUT_OF_PLACE);
    assert_state(run, "a", STEP_UNDO_STUCK);
    operate(run, INPUT_RETRY, "a");
    undo_answered(run, "a", 2, ANSWER_RESULT);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

static void test_sub_case_that_is_told_to_close_and_in_which_all_is_cancelled_is_not_granted(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b", .needs = "a"});
    struct input in = input_of(INPUT_SUBMIT, 0);
    in.parent = TEXT("P");
    in.parent_step = TEXT("sub");
    in.data = TEXT("{}");
    run_input(run, &in);
    in = input_of(INPUT_CLOSE, 0);
    in.stop = CASE_STOP_CLOSE;
    run_input(run, &in);
    answer(run, "a", ANSWER_CANCELLED);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

static void test_void_reaches_a_sub_case_that_was_told_to_close(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "sub", .kind = STEP_THING, .thing = "child"}, {.id = "b", .on_refused = ON_REFUSED_CLOSE});
    submit(run, "{}");
    refuse(run, "b");
    assert_int_equal(event_at(run, EVENT_CHILD_CANCEL_ASKED, "sub", 0)->stop, CASE_STOP_CLOSE);
    operate(run, INPUT_VOID, NULL);
    assert_int_equal(event_at(run, EVENT_CHILD_CANCEL_ASKED, "sub", 0)->stop, CASE_STOP_VOID);
    assert_closed(run, CASE_VOID);
    run_end(run);
}

/* ---- a message that no broker takes ---- */

static enum outcome unsent(struct run *run, const char *step, const char *id, uint32_t attempt, uint32_t undo) {
    struct input in = input_of(INPUT_UNSENT, run->now_us);
    name_step(&in, step);
    in.attempt = attempt;
    in.undo = undo;
    in.department = TEXT("housing");
    in.source = TEXT("yijianshi:unsent");
    in.id = text_from(id);
    in.reason = TEXT("too large");
    return run_input(run, &in);
}

static void test_task_that_could_not_be_sent_opens_an_incident_and_is_asked_anew(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"});
    submit(run, "{}");
    unsent(run, "a", "C:a:1", 1, 0);
    assert_string_equal(event_at(run, EVENT_INCIDENT_OPENED, "a", 0)->reason.at, "unsent");
    assert_state(run, "a", STEP_RUNNING);
    unsent(run, "a", "C:a:1", 1, 0);   /* said again after a take-over */
    assert_int_equal(run->state.incident_count, 1);
    operate(run, INPUT_RETRY, "a");
    assert_int_equal(run->state.incident_count, 0);
    assert_int_equal(work(run, "a")->attempt, 2);
    unsent(run, "a", "C:a:1", 1, 0);   /* of the older attempt: nobody waits for it */
    assert_int_equal(run->state.incident_count, 0);
    grant(run, "a");
    assert_closed(run, CASE_GRANTED);
    unsent(run, "a", "C:a:2", 2, 0);   /* it was answered: it had arrived */
    assert_int_equal(run->state.incident_count, 0);
    run_end(run);
}

static void test_cancellation_that_could_not_be_sent_opens_an_incident(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b", .on_refused = ON_REFUSED_CLOSE});
    submit(run, "{}");
    refuse(run, "b");
    assert_state(run, "a", STEP_CANCELLING);
    unsent(run, "a", "C:a:1:cancel", 1, 0);
    assert_int_equal(run->state.incident_count, 1);
    operate(run, INPUT_SKIP, "a");
    assert_int_equal(run->state.incident_count, 0);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

/* a granted, b refused: a's first compensation is out. */
static struct run *undoing_run(void) {
    struct run *run = RUN_NEW({.id = "a", .reversible = true, .compensate = ""}, {.id = "b", .on_refused = ON_REFUSED_COMPENSATE});
    submit(run, "{}");
    grant(run, "a");
    refuse(run, "b");
    assert_state(run, "a", STEP_UNDOING);
    return run;
}

static void test_compensation_that_could_not_be_sent_is_asked_anew(void **unused) {
    (void)unused;
    struct run *run = undoing_run();
    unsent(run, "a", "C:a:1:undo:1", 1, 1);
    assert_int_equal(run->state.incident_count, 1);
    operate(run, INPUT_RETRY, "a");
    assert_int_equal(run->state.incident_count, 0);
    assert_int_equal(event_at(run, EVENT_UNDO_ASKED, "a", 0)->ordinal, 2);
    undo_answered(run, "a", 1, ANSWER_RESULT);
    assert_recorded(run, FATE_OLDER_ATTEMPT);
    undo_answered(run, "a", 2, ANSWER_RESULT);
    assert_state(run, "a", STEP_COMPENSATED);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

static void test_what_came_of_a_granted_task_is_still_known_while_it_is_undone(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .reversible = true, .compensate = ""}, {.id = "b", .on_refused = ON_REFUSED_COMPENSATE});
    submit(run, "{}");
    grant(run, "a");
    struct input other = answer_input(run, "a", ANSWER_REJECTED);
    other.attempt = 1;
    other.id = TEXT("other");
    run_input(run, &other);
    assert_int_equal(run->state.dispute_count, 1);
    operate(run, INPUT_RESOLVE_DISPUTE, "a");
    refuse(run, "b");
    assert_state(run, "a", STEP_UNDOING);
    run_input(run, &other);   /* the same message again */
    assert_recorded(run, FATE_DUPLICATE);
    assert_int_equal(run->state.dispute_count, 0);
    run_end(run);
}

static void test_operator_gives_up_a_compensation_that_is_out(void **unused) {
    (void)unused;
    struct run *run = undoing_run();
    operate(run, INPUT_SKIP, "a");
    assert_state(run, "a", STEP_GRANTED);
    assert_closed(run, CASE_PARTIAL);
    run_end(run);
}

static void test_operator_reassigns_a_compensation_that_is_out(void **unused) {
    (void)unused;
    struct run *run = undoing_run();
    struct input in = input_of(INPUT_REASSIGN, 0);
    in.step = TEXT("a");
    in.department = TEXT("archive");
    in.actor = TEXT("li");
    run_input(run, &in);
    const struct event *asked = event_at(run, EVENT_UNDO_ASKED, "a", 0);
    assert_int_equal(asked->ordinal, 2);
    assert_string_equal(asked->department.at, "archive");
    run_end(run);
}

static void test_sub_case_that_is_being_undone_is_not_retried_or_skipped_from_above(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .kind = STEP_THING, .thing = "child", .reversible = true},
                              {.id = "b", .on_refused = ON_REFUSED_COMPENSATE});
    submit(run, "{}");
    child_ended(run, "a", CASE_GRANTED);
    refuse(run, "b");
    assert_state(run, "a", STEP_UNDOING);
    assert_int_equal(operate(run, INPUT_RETRY, "a"), OUTCOME_REJECT);
    assert_int_equal(operate(run, INPUT_SKIP, "a"), OUTCOME_REJECT);
    run_end(run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_retryable_error_is_tried_again_within_its_back_off),
        cmocka_unit_test(test_back_off_is_the_same_for_the_same_case_step_and_attempt),
        cmocka_unit_test(test_step_is_stuck_when_its_attempts_are_used_up),
        cmocka_unit_test(test_step_is_stuck_when_its_time_to_give_up_has_come),
        cmocka_unit_test(test_error_that_is_not_retryable_is_stuck_at_once),
        cmocka_unit_test(test_result_of_the_failed_attempt_is_taken_while_it_waits_to_be_retried),
        cmocka_unit_test(test_result_of_a_stuck_step_closes_its_incident),
        cmocka_unit_test(test_timeout_that_expires_calls_the_task_back),
        cmocka_unit_test(test_timeout_that_is_an_incident_lets_the_step_run_on),
        cmocka_unit_test(test_timer_with_nothing_due_does_nothing),
        cmocka_unit_test(test_timeout_counts_from_the_first_attempt),
        cmocka_unit_test(test_operator_retries_a_stuck_step_with_fresh_attempts),
        cmocka_unit_test(test_operator_retry_works_everything_out_again),
        cmocka_unit_test(test_operator_skips_a_stuck_step_and_the_case_goes_on),
        cmocka_unit_test(test_operator_refuses_a_stuck_step),
        cmocka_unit_test(test_incident_says_which_operator_closed_it_and_how),
        cmocka_unit_test(test_incident_that_ends_with_its_case_is_closed_by_whoever_closed_the_case),
        cmocka_unit_test(test_incident_that_an_answer_ends_is_closed_by_nobody),
        cmocka_unit_test(test_operator_reassigns_a_step_to_another_department),
        cmocka_unit_test(test_reassigning_a_running_step_calls_its_task_back),
        cmocka_unit_test(test_operator_verb_out_of_place_is_refused),
        cmocka_unit_test(test_whoever_acts_on_an_incident_does_not_close_a_newer_one),
        cmocka_unit_test(test_answer_recorded_for_a_department_is_marked_and_counted),
        cmocka_unit_test(test_answer_for_needs_evidence_and_a_second_person),
        cmocka_unit_test(test_department_that_carries_out_the_cancellation_after_a_refusal_contradicts_nobody),
        cmocka_unit_test(test_void_of_a_parent_does_not_interrupt_the_undoing_of_its_sub_case),
        cmocka_unit_test(test_sub_case_that_is_told_to_close_and_in_which_all_is_cancelled_is_not_granted),
        cmocka_unit_test(test_void_reaches_a_sub_case_that_was_told_to_close),
        cmocka_unit_test(test_task_that_could_not_be_sent_opens_an_incident_and_is_asked_anew),
        cmocka_unit_test(test_cancellation_that_could_not_be_sent_opens_an_incident),
        cmocka_unit_test(test_compensation_that_could_not_be_sent_is_asked_anew),
        cmocka_unit_test(test_what_came_of_a_granted_task_is_still_known_while_it_is_undone),
        cmocka_unit_test(test_operator_gives_up_a_compensation_that_is_out),
        cmocka_unit_test(test_operator_reassigns_a_compensation_that_is_out),
        cmocka_unit_test(test_sub_case_that_is_being_undone_is_not_retried_or_skipped_from_above),
    };
    return cmocka_run_group_tests_name("engine: retries and operators", tests, NULL, NULL);
}
