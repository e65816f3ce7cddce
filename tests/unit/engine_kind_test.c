/* Kinds of steps beside the plain task: each, sub-cases, waits, approvals, lookups (DESIGN §3 and §4). */
#include "engine_builder.h"

/* ---- each ---- */

#define BANKS {.id = "bank", .each = ".form.banks", .as = "bank", .department = "banks"}
static const char three_banks[] = "{\"banks\":[\"a\",\"b\",\"c\"]}";

static void test_each_asks_every_element(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "bank", .each = ".form.banks", .as = "bank", .input = "{\"code\":\"${ .bank }\"}"});
    submit(run, three_banks);
    assert_int_equal(count_of(run, EVENT_STEP_ASKED), 3);
    const struct event *second = event_at(run, EVENT_STEP_ASKED, "bank.1", 0);
    assert_non_null(strstr(second->data.at, "\"input\":{\"code\":\"b\"}"));
    struct command_list commands;
    engine_commands(run->state.id, second, &commands);
    assert_string_equal(commands.at[0].id, "44130020260302000017:bank.1:1");
    run_end(run);
}

static void test_each_gathers_all_its_elements(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(BANKS, {.id = "report", .needs = "bank", .input = "{\"all\":\"${ .steps.bank.result }\"}"});
    submit(run, three_banks);
    grant_with(run, "bank.2", "{\"n\":2}");
    grant_with(run, "bank.0", "{\"n\":0}");
    assert_state(run, "bank", STEP_RUNNING);
    grant_with(run, "bank.1", "{\"n\":1}");
    assert_state(run, "bank", STEP_GRANTED);
    assert_non_null(strstr(event_at(run, EVENT_STEP_ASKED, "report", 0)->data.at, "[{\"n\":0},{\"n\":1},{\"n\":2}]"));
    grant(run, "report");
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_empty_each_is_skipped(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(BANKS, {.id = "report", .needs = "bank"});
    submit(run, "{\"banks\":[]}");
    assert_state(run, "bank", STEP_SKIPPED);
    assert_state(run, "report", STEP_RUNNING);
    run_end(run);
}

static void test_each_over_what_is_no_array_is_an_incident(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(BANKS);
    submit(run, "{\"banks\":\"many\"}");
    assert_state(run, "bank", STEP_STUCK);
    assert_true(text_is(event_at(run, EVENT_STEP_STUCK, "bank", 0)->reason, "each_not_an_array"));
    run_end(run);
}

static void test_refused_element_makes_gathering_all_unsatisfied(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(BANKS, {.id = "report", .needs = "bank"});
    submit(run, three_banks);
    refuse(run, "bank.1");
    assert_state(run, "bank", STEP_UNSATISFIED);
    assert_state(run, "report", STEP_UNSATISFIED);
    assert_open(run);
    grant(run, "bank.0");
    refuse(run, "bank.2");
    assert_true(work(run, "bank.2")->spent);
    assert_closed(run, CASE_PARTIAL);
    run_end(run);
}

static void test_refused_element_that_continues_is_gathered(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "bank", .each = ".form.banks", .as = "bank", .on_refused = ON_REFUSED_CONTINUE},
                              {.id = "report", .needs = "bank"});
    submit(run, three_banks);
    refuse(run, "bank.1");
    grant(run, "bank.0");
    grant(run, "bank.2");
    assert_state(run, "bank", STEP_GRANTED);
    grant(run, "report");
    assert_closed(run, CASE_PARTIAL);
    run_end(run);
}

static void test_gathering_at_least_k_opens_with_the_kth_element(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "bank", .each = ".form.banks", .as = "bank", .gather = AT_LEAST(2)},
                              {.id = "report", .needs = "bank"});
    submit(run, three_banks);
    grant(run, "bank.0");
    grant(run, "bank.2");
    assert_state(run, "bank", STEP_GRANTED);
    assert_state(run, "bank.1", STEP_RUNNING);
    grant(run, "report");
    assert_open(run);
    grant(run, "bank.1");
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_gathering_by_deadline_names_the_silent_elements(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "bank", .each = ".form.banks", .as = "bank", .gather = {.deadline = WITHIN(3 * DAYS)}},
                              {.id = "report", .needs = "bank", .input = "{\"silent\":\"${ .steps.bank.missing }\"}"});
    submit(run, three_banks);
    grant(run, "bank.0");
    grant(run, "bank.2");
    pass(run, 3 * DAYS);
    assert_state(run, "bank", STEP_GRANTED);
    assert_state(run, "bank.1", STEP_EXPIRED);
    assert_non_null(event_at(run, EVENT_CANCEL_ASKED, "bank.1", 0));
    assert_non_null(strstr(event_at(run, EVENT_STEP_ASKED, "report", 0)->data.at,
                           "\"silent\":[{\"step\":\"bank\",\"index\":1,\"department\":\"housing\""));
    grant(run, "report");
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_element_has_its_own_attempts(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(BANKS);
    submit(run, three_banks);
    fail_retryably(run, "bank.1");
    pass(run, 1 * SECONDS);
    assert_int_equal(work(run, "bank.1")->attempt, 2);
    assert_int_equal(work(run, "bank.0")->attempt, 1);
    fail_for_good(run, "bank.1");
    assert_state(run, "bank.1", STEP_STUCK);
    operate(run, INPUT_SKIP, "bank.1");
    grant(run, "bank.0");
    grant(run, "bank.2");
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_answer_that_names_no_element_is_refused(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(BANKS);
    submit(run, three_banks);
    grant(run, "bank");
    assert_rejected(run, "unknown_element");
    grant(run, "bank.3");
    assert_rejected(run, "unknown_element");
    run_end(run);
}

static void test_granted_elements_are_undone(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "bank", .each = ".form.banks", .as = "bank", .reversible = true, .compensate = ""},
                              {.id = "c", .needs = "bank", .on_refused = ON_REFUSED_COMPENSATE});
    submit(run, "{\"banks\":[1,2]}");
    grant(run, "bank.0");
    grant(run, "bank.1");
    refuse(run, "c");
    assert_int_equal(count_of(run, EVENT_UNDO_ASKED), 2);
    undo_answered(run, "bank.0", 1, ANSWER_RESULT);
    assert_state(run, "bank", STEP_UNDOING);
    undo_answered(run, "bank.1", 1, ANSWER_RESULT);
    assert_state(run, "bank", STEP_COMPENSATED);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

static void test_deadline_expires_an_each_with_its_elements(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(BANKS, {.id = "a"}, {.id = "c", .needs = "a bank", .join = {.deadline = WITHIN(1 * DAYS)}});
    submit(run, three_banks);
    grant(run, "a");
    grant(run, "bank.0");
    pass(run, 1 * DAYS);
    assert_state(run, "bank", STEP_EXPIRED);
    assert_state(run, "bank.1", STEP_EXPIRED);
    assert_int_equal(count_of(run, EVENT_CANCEL_ASKED), 2);
    grant(run, "c");
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_closing_refusal_of_an_element_cancels_the_others(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "bank", .each = ".form.banks", .as = "bank", .on_refused = ON_REFUSED_CLOSE});
    submit(run, three_banks);
    refuse(run, "bank.0");
    assert_state(run, "bank.1", STEP_CANCELLING);
    answer(run, "bank.1", ANSWER_CANCELLED);
    answer(run, "bank.2", ANSWER_CANCELLED);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

static void test_a_thousand_elements_are_the_most(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "bank", .each = ".form.banks", .as = "bank"});
    static char form[8192] = "{\"banks\":[0";
    for (int i = 1; i <= LIMIT_elements_most; i++)
        strcat(form, ",0");
    strcat(form, "]}");
    submit(run, form);
    assert_true(text_is(event_at(run, EVENT_STEP_STUCK, "bank", 0)->reason, "elements_most"));
    run_end(run);
}

/* ---- sub-cases ---- */

#define CHILD {.id = "sub", .kind = STEP_THING, .thing = "child"}

static void test_thing_starts_its_sub_case_in_the_same_batch(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "sub", .kind = STEP_THING, .thing = "child", .thing_form = "{\"x\":\"${ .form.x }\"}"});
    submit(run, "{\"x\":5}");
    struct command_list commands;
    struct input child;
    engine_commands(run->state.id, event_at(run, EVENT_CHILD_ASKED, "sub", 0), &commands);
    assert_int_equal(commands.at[0].kind, COMMAND_START_CHILD);
    assert_true(engine_command_input(run->state.id, &commands.at[0], &child));
    assert_int_equal(child.kind, INPUT_SUBMIT);
    assert_true(text_is(child.case_id, "44130020260302000017/sub.0"));
    assert_true(text_is(child.data, "{\"x\":5}"));
    assert_true(text_is(child.parent_step, "sub"));
    run_end(run);
}

static void test_thing_is_granted_when_its_sub_case_ends_granted_or_partial(void **unused) {
    (void)unused;
    for (int i = 0; i < 2; i++) {
        struct run *run = RUN_NEW(CHILD, {.id = "b", .needs = "sub", .when = ".steps.sub.result.outcome == \"partial\""});
        submit(run, "{}");
        child_ended(run, "sub", i ? CASE_PARTIAL : CASE_GRANTED);
        assert_state(run, "sub", STEP_GRANTED);
        assert_state(run, "b", i ? STEP_RUNNING : STEP_SKIPPED);
        run_end(run);
    }
}

static void test_thing_is_refused_when_its_sub_case_ends_otherwise(void **unused) {
    (void)unused;
    const enum case_outcome others[] = {CASE_REFUSED, CASE_WITHDRAWN, CASE_TERMINATED, CASE_VOID};
    for (int i = 0; i < 4; i++) {
        struct run *run = RUN_NEW(CHILD);
        submit(run, "{}");
        child_ended(run, "sub", others[i]);
        assert_state(run, "sub", STEP_REFUSED);
        assert_closed(run, CASE_REFUSED);
        run_end(run);
    }
}

static void test_stopping_case_stops_its_sub_case(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(CHILD, {.id = "a", .on_refused = ON_REFUSED_CLOSE});
    submit(run, "{}");
    refuse(run, "a");
    const struct event *asked = event_at(run, EVENT_CHILD_CANCEL_ASKED, "sub", 0);
    assert_int_equal(asked->stop, CASE_STOP_CLOSE);
    child_ended(run, "sub", CASE_REFUSED);
    assert_state(run, "sub", STEP_CANCELLED);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

static void test_compensating_a_thing_compensates_its_sub_case(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "sub", .kind = STEP_THING, .thing = "child", .reversible = true},
                              {.id = "a", .needs = "sub", .on_refused = ON_REFUSED_COMPENSATE});
    submit(run, "{}");
    child_ended(run, "sub", CASE_GRANTED);
    refuse(run, "a");
    assert_state(run, "sub", STEP_UNDOING);
    assert_int_equal(event_at(run, EVENT_CHILD_CANCEL_ASKED, "sub", 0)->stop, CASE_STOP_COMPENSATE);
    child_ended(run, "sub", CASE_REFUSED);
    assert_state(run, "sub", STEP_COMPENSATED);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

static void test_closed_sub_case_is_opened_again_to_be_undone(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .reversible = true, .compensate = ""});
    struct input in = input_of(INPUT_SUBMIT, 0);
    in.parent = TEXT("P");
    in.parent_step = TEXT("sub");
    in.data = TEXT("{}");
    run_input(run, &in);
    grant(run, "a");
    assert_closed(run, CASE_GRANTED);
    struct command_list commands;
    struct input told;
    engine_commands(run->state.id, event_at(run, EVENT_CASE_CLOSED, NULL, 0), &commands);
    assert_int_equal(commands.count, 2);
    assert_true(engine_command_input(run->state.id, &commands.at[1], &told));
    assert_int_equal(told.kind, INPUT_CHILD_ENDED);
    assert_true(text_is(told.case_id, "P"));
    assert_int_equal(told.outcome, CASE_GRANTED);
    in = input_of(INPUT_CLOSE, 0);
    in.stop = CASE_STOP_COMPENSATE;
    run_input(run, &in);
    assert_state(run, "a", STEP_UNDOING);
    undo_answered(run, "a", 1, ANSWER_RESULT);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

static void test_sub_case_that_can_t_be_started_is_an_incident(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(CHILD);
    submit(run, "{}");
    child_ended(run, "sub", CASE_OUTCOME_NONE);
    assert_state(run, "sub", STEP_STUCK);
    operate(run, INPUT_RETRY, "sub");
    assert_true(text_is(event_at(run, EVENT_CHILD_ASKED, "sub", 0)->child, "44130020260302000017/sub.0"));
    run_end(run);
}

static void test_things_over_each_are_sub_cases_by_index(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "sub", .kind = STEP_THING, .thing = "child", .each = ".form.list", .as = "one",
                               .thing_form = "{\"n\":\"${ .one }\"}"});
    submit(run, "{\"list\":[7,8]}");
    assert_true(text_is(event_at(run, EVENT_CHILD_ASKED, "sub.1", 0)->child, "44130020260302000017/sub.1"));
    child_ended(run, "sub.0", CASE_GRANTED);
    child_ended(run, "sub.1", CASE_GRANTED);
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

/* ---- wait ---- */

static void test_wait_for_a_time_is_granted_when_it_is_over(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "w", .kind = STEP_WAIT, .wait = WAIT_FOR_DURATION, .span = WITHIN(2 * DAYS)},
                              {.id = "a", .needs = "w"});
    submit(run, "{}");
    pass(run, 2 * DAYS - 1);
    assert_state(run, "w", STEP_RUNNING);
    pass(run, 1);
    assert_state(run, "w", STEP_GRANTED);
    assert_state(run, "a", STEP_RUNNING);
    run_end(run);
}

static void test_wait_until_a_moment_of_the_form(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "w", .kind = STEP_WAIT, .wait = WAIT_UNTIL, .until = ".form.when"}, {.id = "a", .needs = "w"});
    submit(run, "{\"when\":\"2026-03-04T09:00:00+08:00\"}");
    assert_int_equal(case_next_due(&run->state), START_US + 2 * DAYS);
    pass(run, 2 * DAYS);
    assert_state(run, "a", STEP_RUNNING);
    run_end(run);
}

static void test_wait_until_a_date_ends_as_its_day_begins_in_china(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "w", .kind = STEP_WAIT, .wait = WAIT_UNTIL, .until = ".form.when"}, {.id = "a", .needs = "w"});
    submit(run, "{\"when\":\"2026-03-04\"}");
    assert_int_equal(case_next_due(&run->state), START_US + 2 * DAYS - 9 * TIME_HOUR_US);   /* it starts at nine */
    run_end(run);
}

static void test_wait_until_a_day_that_does_not_exist_is_an_incident(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "w", .kind = STEP_WAIT, .wait = WAIT_UNTIL, .until = ".form.when"});
    submit(run, "{\"when\":\"2026-02-30\"}");
    assert_state(run, "w", STEP_STUCK);
    run_end(run);
}

static void test_wait_until_a_moment_that_is_past_goes_on_at_once(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "w", .kind = STEP_WAIT, .wait = WAIT_UNTIL, .until = ".form.when"}, {.id = "a", .needs = "w"});
    submit(run, "{\"when\":\"2026-01-04T09:00:00+08:00\"}");
    assert_state(run, "a", STEP_RUNNING);
    run_end(run);
}

static void test_wait_until_what_is_no_moment_is_an_incident(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "w", .kind = STEP_WAIT, .wait = WAIT_UNTIL, .until = ".form.when"});
    submit(run, "{\"when\":\"soon\"}");
    assert_state(run, "w", STEP_STUCK);
    run_end(run);
}

static void test_signal_ends_the_wait_for_it(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "w", .kind = STEP_WAIT, .wait = WAIT_SIGNAL, .signal = "paid"},
                              {.id = "a", .needs = "w", .input = "{\"amount\":\"${ .steps.w.result.amount }\"}"});
    submit(run, "{}");
    assert_state(run, "w", STEP_RUNNING);
    send_signal(run, "paid", "{\"amount\":\"12.50\"}");
    assert_non_null(strstr(event_at(run, EVENT_STEP_ASKED, "a", 0)->data.at, "\"amount\":\"12.50\""));
    run_end(run);
}

static void test_signal_that_comes_before_its_wait_is_not_lost(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "w", .kind = STEP_WAIT, .needs = "a", .wait = WAIT_SIGNAL, .signal = "paid"});
    submit(run, "{}");
    send_signal(run, "paid", "{}");
    assert_state(run, "w", STEP_WAITING);
    grant(run, "a");
    assert_state(run, "w", STEP_GRANTED);
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_signal_twice_is_a_duplicate_and_an_unknown_one_is_refused(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "w", .kind = STEP_WAIT, .wait = WAIT_SIGNAL, .signal = "paid"}, {.id = "a"});
    submit(run, "{}");
    send_signal(run, "paid", "{}");
    send_signal(run, "paid", "{}");
    assert_recorded(run, FATE_DUPLICATE);
    send_signal(run, "pade", "{}");
    assert_rejected(run, "unknown_signal");
    run_end(run);
}

static void test_wait_for_a_signal_may_time_out(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "w", .kind = STEP_WAIT, .wait = WAIT_SIGNAL, .signal = "paid", .timeout = WITHIN(1 * DAYS)});
    submit(run, "{}");
    pass(run, 1 * DAYS);
    assert_state(run, "w", STEP_EXPIRED);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

/* ---- approve ---- */

static void test_approval_by_rule_is_granted_at_once(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "p", .kind = STEP_APPROVE, .condition = ".form.area < 100"}, {.id = "a", .needs = "p"});
    submit(run, "{\"area\":90}");
    assert_state(run, "p", STEP_GRANTED);
    assert_state(run, "a", STEP_RUNNING);
    run_end(run);
}

static void test_approval_by_rule_may_refuse(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "p", .kind = STEP_APPROVE, .condition = ".form.area < 100"}, {.id = "a", .needs = "p"});
    submit(run, "{\"area\":190}");
    assert_state(run, "p", STEP_REFUSED);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

static void test_later_check_does_not_hold_the_case_open(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "p", .kind = STEP_APPROVE, .condition = "true", .check = "fire", .check_within = WITHIN(20 * DAYS)});
    submit(run, "{}");
    assert_closed(run, CASE_GRANTED);
    assert_true(text_is(event_at(run, EVENT_STEP_ASKED, "p.0", 0)->department, "fire"));
    grant(run, "p.0");
    assert_state(run, "p.0", STEP_GRANTED);
    assert_int_equal(run->state.incident_count, 0);
    run_end(run);
}

static void test_failed_later_check_is_an_incident_and_what_was_granted_stays(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "p", .kind = STEP_APPROVE, .condition = "true", .check = "fire", .check_within = WITHIN(20 * DAYS),
                               .on_fail = "revoke"}, {.id = "a"});
    submit(run, "{}");
    refuse(run, "p.0");
    assert_true(text_is(event_at(run, EVENT_INCIDENT_OPENED, "p.0", 0)->reason, "revoke"));
    assert_state(run, "p", STEP_GRANTED);
    operate(run, INPUT_ACKNOWLEDGE, "p.0");
    assert_int_equal(run->state.incident_count, 0);
    grant(run, "a");
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_later_check_that_is_not_made_in_time_is_an_incident(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "p", .kind = STEP_APPROVE, .condition = "true", .check = "fire", .check_within = WITHIN(20 * DAYS)});
    submit(run, "{}");
    pass(run, 20 * DAYS);
    assert_state(run, "p.0", STEP_EXPIRED);
    assert_int_equal(run->state.incident_count, 1);
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_asks_every_element),
        cmocka_unit_test(test_each_gathers_all_its_elements),
        cmocka_unit_test(test_empty_each_is_skipped),
        cmocka_unit_test(test_each_over_what_is_no_array_is_an_incident),
        cmocka_unit_test(test_refused_element_makes_gathering_all_unsatisfied),
        cmocka_unit_test(test_refused_element_that_continues_is_gathered),
        cmocka_unit_test(test_gathering_at_least_k_opens_with_the_kth_element),
        cmocka_unit_test(test_gathering_by_deadline_names_the_silent_elements),
        cmocka_unit_test(test_element_has_its_own_attempts),
        cmocka_unit_test(test_answer_that_names_no_element_is_refused),
        cmocka_unit_test(test_granted_elements_are_undone),
        cmocka_unit_test(test_deadline_expires_an_each_with_its_elements),
        cmocka_unit_test(test_closing_refusal_of_an_element_cancels_the_others),
        cmocka_unit_test(test_a_thousand_elements_are_the_most),
        cmocka_unit_test(test_thing_starts_its_sub_case_in_the_same_batch),
        cmocka_unit_test(test_thing_is_granted_when_its_sub_case_ends_granted_or_partial),
        cmocka_unit_test(test_thing_is_refused_when_its_sub_case_ends_otherwise),
        cmocka_unit_test(test_stopping_case_stops_its_sub_case),
        cmocka_unit_test(test_compensating_a_thing_compensates_its_sub_case),
        cmocka_unit_test(test_closed_sub_case_is_opened_again_to_be_undone),
        cmocka_unit_test(test_sub_case_that_can_t_be_started_is_an_incident),
        cmocka_unit_test(test_things_over_each_are_sub_cases_by_index),
        cmocka_unit_test(test_wait_for_a_time_is_granted_when_it_is_over),
        cmocka_unit_test(test_wait_until_a_moment_of_the_form),
        cmocka_unit_test(test_wait_until_a_date_ends_as_its_day_begins_in_china),
        cmocka_unit_test(test_wait_until_a_day_that_does_not_exist_is_an_incident),
        cmocka_unit_test(test_wait_until_a_moment_that_is_past_goes_on_at_once),
        cmocka_unit_test(test_wait_until_what_is_no_moment_is_an_incident),
        cmocka_unit_test(test_signal_ends_the_wait_for_it),
        cmocka_unit_test(test_signal_that_comes_before_its_wait_is_not_lost),
        cmocka_unit_test(test_signal_twice_is_a_duplicate_and_an_unknown_one_is_refused),
        cmocka_unit_test(test_wait_for_a_signal_may_time_out),
        cmocka_unit_test(test_approval_by_rule_is_granted_at_once),
        cmocka_unit_test(test_approval_by_rule_may_refuse),
        cmocka_unit_test(test_later_check_does_not_hold_the_case_open),
        cmocka_unit_test(test_failed_later_check_is_an_incident_and_what_was_granted_stays),
        cmocka_unit_test(test_later_check_that_is_not_made_in_time_is_an_incident),
    };
    return cmocka_run_group_tests_name("engine: kinds", tests, NULL, NULL);
}
