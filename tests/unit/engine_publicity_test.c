/* Publicity: full days, those who are told, objections and what they do. */
#include "calendar/calendar.h"
#include "engine_builder.h"

#define DAYS_LONG(n) ((struct limit_time){LIMIT_CALENDAR_DAYS, (n)})
/* Midnight at the end of a day of March 2026 in China. */
#define END_OF_MARCH(day) (START_US + ((day) - 2) * DAYS + 15 * HOURS)

static struct run *public_for(int days, enum on_objection on_objection, const char *told) {
    struct run *run = RUN_NEW({.id = "notice", .kind = STEP_PUBLICITY, .department = "market", .span = DAYS_LONG(days),
                               .on_objection = on_objection, .told = told},
                              {.id = "registration", .needs = "notice"});
    submit(run, "{}");
    return run;
}

static enum outcome object(struct run *run, const char *reason) {
    struct input in = input_of(INPUT_SIGNAL, run->now_us);
    in.id = TEXT("objection");
    in.actor = TEXT("creditor");
    in.reason = text_from(reason);
    return run_input(run, &in);
}

static void test_lasts_its_full_days_and_is_granted(void **unused) {
    (void)unused;
    struct run *run = public_for(20, ON_OBJECTION_BLOCK, NULL);
    const struct event *held = event_at(run, EVENT_STEP_HELD, "notice", 0);
    assert_string_equal(held->reason.at, "publicity");
    /* Twenty days after 2 March are over on Sunday the 22nd: 民法典 203 makes Monday the last one. */
    assert_true(text_is(held->data, "{\"first_day\":\"2026-03-03\",\"last_day\":\"2026-03-23\"}"));
    assert_int_equal(held->due_us, END_OF_MARCH(23));
    run->now_us = held->due_us - 1;
    pass(run, 0);
    assert_int_equal(run->events.count, 0);
    pass(run, 1);
    assert_state(run, "notice", STEP_GRANTED);
    assert_true(text_is(work(run, "notice")->result, "{\"objections\":0,\"first_day\":\"2026-03-03\",\"last_day\":\"2026-03-23\"}"));
    assert_state(run, "registration", STEP_RUNNING);
    run_end(run);
}

static void test_last_day_that_is_a_working_day_is_the_last(void **unused) {
    (void)unused;
    struct run *run = public_for(3, ON_OBJECTION_BLOCK, NULL);
    assert_int_equal(work(run, "notice")->due_at_us, END_OF_MARCH(5));
    run_end(run);
}

static void test_objection_bars_what_needs_it(void **unused) {
    (void)unused;
    struct run *run = public_for(20, ON_OBJECTION_BLOCK, NULL);
    object(run, "the company owes me wages");
    assert_true(text_is(event_at(run, EVENT_OBJECTION_RAISED, "notice.0", 0)->actor, "creditor"));
    assert_state(run, "notice", STEP_REFUSED);
    assert_true(text_is(work(run, "notice")->reason, "the company owes me wages"));
    assert_state(run, "registration", STEP_UNSATISFIED);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

static void test_objection_that_continues_is_recorded_only(void **unused) {
    (void)unused;
    struct run *run = public_for(20, ON_OBJECTION_CONTINUE, NULL);
    object(run, "too loud");
    assert_state(run, "notice", STEP_RUNNING);
    pass(run, 30 * DAYS);
    assert_state(run, "notice", STEP_GRANTED);
    assert_true(text_starts_with(work(run, "notice")->result, "{\"objections\":1,"));
    run_end(run);
}

static void test_objection_after_the_last_day_is_late(void **unused) {
    (void)unused;
    struct run *run = public_for(3, ON_OBJECTION_BLOCK, NULL);
    run->now_us = END_OF_MARCH(5);   /* the timer has not fired yet */
    object(run, "me too");
    assert_recorded(run, FATE_LATE);
    pass(run, 0);
    object(run, "me too");
    assert_recorded(run, FATE_LATE);
    assert_state(run, "notice", STEP_GRANTED);
    run_end(run);
}

static void test_objection_said_in_time_counts_when_it_comes(void **unused) {
    (void)unused;
    struct run *run = public_for(3, ON_OBJECTION_BLOCK, NULL);
    run->now_us = END_OF_MARCH(5) + HOURS;
    struct input in = input_of(INPUT_SIGNAL, run->now_us);
    in.id = TEXT("objection");
    in.reason = TEXT("in time");
    in.sent_us = END_OF_MARCH(5) - 1;
    run_input(run, &in);
    assert_state(run, "notice", STEP_REFUSED);
    run_end(run);
}

static void test_objection_before_its_publicity_is_not_asked(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "filing"}, {.id = "notice", .kind = STEP_PUBLICITY, .needs = "filing", .span = DAYS_LONG(3)});
    submit(run, "{}");
    object(run, "early");
    assert_recorded(run, FATE_NOT_ASKED);
    run_end(run);
}

static void test_objection_needs_its_reason(void **unused) {
    (void)unused;
    struct run *run = public_for(3, ON_OBJECTION_BLOCK, NULL);
    send_signal(run, "objection", "{\"by\":\"somebody\"}");
    assert_rejected(run, "objection_without_reason");
    send_signal(run, "objection", "{\"by\":\"somebody\",\"reason\":\"noise\"}");
    assert_state(run, "notice", STEP_REFUSED);
    run_end(run);
}

static void test_objection_of_one_said_again_is_the_same(void **unused) {
    (void)unused;
    struct run *run = public_for(3, ON_OBJECTION_CONTINUE, NULL);
    object(run, "noise");
    object(run, "noise");
    assert_recorded(run, FATE_DUPLICATE);
    object(run, "smell");
    assert_int_equal(count_of(run, EVENT_OBJECTION_RAISED), 1);
    assert_int_equal(run->state.steps[0].element_count, 2);
    run_end(run);
}

static void test_several_publicities_are_told_apart(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .kind = STEP_PUBLICITY, .span = DAYS_LONG(3)},
                              {.id = "b", .kind = STEP_PUBLICITY, .span = DAYS_LONG(5)});
    submit(run, "{}");
    object(run, "to which?");
    assert_rejected(run, "objection_to_which");
    send_signal(run, "objection", "{\"step\":\"b\",\"reason\":\"to b\"}");
    assert_state(run, "b", STEP_REFUSED);
    assert_state(run, "a", STEP_RUNNING);
    send_signal(run, "objection", "{\"step\":\"c\",\"reason\":\"to none\"}");
    assert_rejected(run, "unknown_step");
    run_end(run);
}

/* ---- those who are told ---- */

static void test_told_departments_have_a_task_until_the_last_day(void **unused) {
    (void)unused;
    struct run *run = public_for(3, ON_OBJECTION_BLOCK, "tax social");
    const struct event *asked = event_at(run, EVENT_STEP_ASKED, "notice.1", 0);
    assert_true(text_is(asked->department, "social"));
    assert_int_equal(asked->due_us, END_OF_MARCH(5));
    assert_non_null(strstr(asked->data.at, "\"publicity\":{\"first_day\":\"2026-03-03\""));
    grant(run, "notice.0");   /* no objection */
    pass(run, 4 * DAYS);
    assert_state(run, "notice", STEP_GRANTED);
    assert_state(run, "notice.0", STEP_GRANTED);
    assert_state(run, "notice.1", STEP_CANCELLED);   /* silence is no objection; its task is called back */
    assert_state(run, "registration", STEP_RUNNING);
    assert_int_equal(run->state.open_count, 1);
    run_end(run);
}

static void test_told_department_that_rejects_objects(void **unused) {
    (void)unused;
    struct run *run = public_for(20, ON_OBJECTION_CLOSE, "tax social");
    run->steps[0].on_refused = ON_REFUSED_CLOSE;   /* as the checker compiles it */
    struct input in = answer_input(run, "notice.0", ANSWER_REJECTED);
    in.reason = TEXT("taxes are owed");
    run_input(run, &in);
    assert_true(text_is(event_at(run, EVENT_OBJECTION_RAISED, "notice.2", 0)->department, "tax"));
    assert_state(run, "notice", STEP_REFUSED);
    assert_non_null(event_at(run, EVENT_CANCEL_ASKED, "notice.1", 0));
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

/* ---- a department decides ---- */

static void test_objection_that_is_dismissed_lets_the_days_run_on(void **unused) {
    (void)unused;
    struct run *run = public_for(3, ON_OBJECTION_DECIDE, NULL);
    object(run, "noise");
    const struct event *asked = event_at(run, EVENT_STEP_ASKED, "notice.0", 0);
    assert_true(text_is(asked->department, "market"));
    assert_non_null(strstr(asked->data.at, "\"objection\":{\"by\":\"creditor\",\"reason\":\"noise\""));
    refuse(run, "notice.0");
    assert_state(run, "notice", STEP_RUNNING);
    pass(run, 4 * DAYS);
    assert_state(run, "notice", STEP_GRANTED);
    run_end(run);
}

static void test_objection_that_is_upheld_refuses_the_step(void **unused) {
    (void)unused;
    struct run *run = public_for(3, ON_OBJECTION_DECIDE, NULL);
    object(run, "noise");
    object(run, "smell");
    grant(run, "notice.1");
    assert_state(run, "notice", STEP_REFUSED);
    assert_state(run, "notice.0", STEP_CANCELLED);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

static void test_days_that_are_over_wait_for_the_decision(void **unused) {
    (void)unused;
    struct run *run = public_for(3, ON_OBJECTION_DECIDE, NULL);
    object(run, "noise");
    pass(run, 4 * DAYS);
    assert_int_equal(count_of(run, EVENT_PERIOD_OVER), 1);
    assert_state(run, "notice", STEP_RUNNING);
    assert_int_equal(case_next_due(&run->state), TIME_NONE);
    object(run, "a later one");
    assert_recorded(run, FATE_LATE);
    refuse(run, "notice.0");
    assert_state(run, "notice", STEP_GRANTED);
    run_end(run);
}

static void test_decision_that_can_not_be_had_is_retried_as_any_task(void **unused) {
    (void)unused;
    struct run *run = public_for(3, ON_OBJECTION_DECIDE, NULL);
    object(run, "noise");
    fail_for_good(run, "notice.0");
    assert_state(run, "notice.0", STEP_STUCK);
    pass(run, 4 * DAYS);
    assert_state(run, "notice", STEP_RUNNING);
    operate(run, INPUT_RETRY, "notice.0");
    assert_int_equal(work(run, "notice.0")->attempt, 2);
    refuse(run, "notice.0");
    assert_state(run, "notice", STEP_GRANTED);
    run_end(run);
}

static void test_incident_holds_the_end_until_it_is_acknowledged(void **unused) {
    (void)unused;
    struct run *run = public_for(3, ON_OBJECTION_INCIDENT, NULL);
    object(run, "noise");
    assert_true(text_is(event_at(run, EVENT_INCIDENT_OPENED, "notice.0", 0)->reason, "objection"));
    pass(run, 4 * DAYS);
    assert_state(run, "notice", STEP_RUNNING);
    operate(run, INPUT_ACKNOWLEDGE, "notice.0");
    assert_state(run, "notice", STEP_GRANTED);
    run_end(run);
}

static void test_incident_that_an_operator_upholds_refuses(void **unused) {
    (void)unused;
    struct run *run = public_for(3, ON_OBJECTION_INCIDENT, NULL);
    object(run, "noise");
    operate(run, INPUT_REFUSE, "notice");
    assert_state(run, "notice", STEP_REFUSED);
    assert_int_equal(run->state.incident_count, 0);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

static void test_case_that_stops_ends_the_publicity(void **unused) {
    (void)unused;
    struct run *run = public_for(20, ON_OBJECTION_DECIDE, "tax");
    object(run, "noise");
    operate(run, INPUT_WITHDRAWN, NULL);
    assert_state(run, "notice", STEP_CANCELLED);
    assert_state(run, "notice.0", STEP_CANCELLED);
    assert_state(run, "notice.1", STEP_CANCELLED);
    assert_closed(run, CASE_WITHDRAWN);
    assert_int_equal(case_next_due(&run->state), TIME_NONE);
    run_end(run);
}

static void test_two_hundred_objections_are_the_most(void **unused) {
    (void)unused;
    struct run *run = public_for(20, ON_OBJECTION_CONTINUE, "tax");
    char reason[32];
    for (int i = 0; i < LIMIT_objections_most - 1; i++) {
        snprintf(reason, sizeof reason, "reason %d", i);
        assert_int_equal(object(run, reason), OUTCOME_OK);
    }
    object(run, "one more");
    assert_rejected(run, "objections_most");
    run_end(run);
}

static void test_new_calendar_never_shortens_what_was_announced(void **unused) {
    (void)unused;
    static const struct calendar_holiday off[] = {{{20517, 20517}, {"a new holiday", 13}}};   /* 2026-03-05, a Thursday */
    struct calendar_year year = {.year = 2026, .basis = TEXT("notice"), .holiday_count = 1, .holidays = off};
    struct calendar_content content = {.hours = CALENDAR_HOURS_USUAL, .year_count = 1, .years = &year};
    struct run *run = public_for(3, ON_OBJECTION_BLOCK, "tax");
    const struct calendar *calendar = NULL;
    assert_int_equal(calendar_build(&run->definition_arena, &content, TEXT("2026b"), &calendar, NULL), OUTCOME_OK);
    run->world.calendar = calendar;
    operate(run, INPUT_CALENDAR_CHANGED, NULL);
    assert_int_equal(work(run, "notice")->due_at_us, END_OF_MARCH(6));
    assert_int_equal(work(run, "notice.0")->due_at_us, END_OF_MARCH(6));
    assert_true(text_is(work(run, "notice")->about, "{\"first_day\":\"2026-03-03\",\"last_day\":\"2026-03-06\"}"));
    run->world.calendar = NULL;
    operate(run, INPUT_CALENDAR_CHANGED, NULL);
    assert_int_equal(run->events.count, 0);
    run_end(run);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lasts_its_full_days_and_is_granted),
        cmocka_unit_test(test_last_day_that_is_a_working_day_is_the_last),
        cmocka_unit_test(test_objection_bars_what_needs_it),
        cmocka_unit_test(test_objection_that_continues_is_recorded_only),
        cmocka_unit_test(test_objection_after_the_last_day_is_late),
        cmocka_unit_test(test_objection_said_in_time_counts_when_it_comes),
        cmocka_unit_test(test_objection_before_its_publicity_is_not_asked),
        cmocka_unit_test(test_objection_needs_its_reason),
        cmocka_unit_test(test_objection_of_one_said_again_is_the_same),
        cmocka_unit_test(test_several_publicities_are_told_apart),
        cmocka_unit_test(test_told_departments_have_a_task_until_the_last_day),
        cmocka_unit_test(test_told_department_that_rejects_objects),
        cmocka_unit_test(test_objection_that_is_dismissed_lets_the_days_run_on),
        cmocka_unit_test(test_objection_that_is_upheld_refuses_the_step),
        cmocka_unit_test(test_days_that_are_over_wait_for_the_decision),
        cmocka_unit_test(test_decision_that_can_not_be_had_is_retried_as_any_task),
        cmocka_unit_test(test_incident_holds_the_end_until_it_is_acknowledged),
        cmocka_unit_test(test_incident_that_an_operator_upholds_refuses),
        cmocka_unit_test(test_case_that_stops_ends_the_publicity),
        cmocka_unit_test(test_two_hundred_objections_are_the_most),
        cmocka_unit_test(test_new_calendar_never_shortens_what_was_announced),
    };
    return cmocka_run_group_tests_name("engine: publicity", tests, NULL, NULL);
}
