/* Windows of dates: of the applications and of single steps. */
#include "engine_builder.h"

#define OPENS (START_US + 5 * DAYS)
#define CLOSES (START_US + 20 * DAYS)

static void test_step_is_held_until_its_window_opens(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "lookup"}, {.id = "admission", .needs = "lookup", .opens_us = OPENS, .closes_us = CLOSES,
                               .when = ".form.child", .timeout = WITHIN(2 * DAYS)});
    submit(run, "{\"child\":true}");
    grant(run, "lookup");
    assert_string_equal(event_at(run, EVENT_STEP_HELD, "admission", 0)->reason.at, "window");
    assert_state(run, "admission", STEP_RUNNING);
    assert_int_equal(work(run, "admission")->hold, HOLD_WINDOW);
    assert_int_equal(case_next_due(&run->state), OPENS);
    grant(run, "admission");
    assert_recorded(run, FATE_NOT_ASKED);
    run->now_us = OPENS;
    pass(run, 0);
    assert_non_null(event_at(run, EVENT_STEP_ASKED, "admission", 0));
    assert_int_equal(work(run, "admission")->due_at_us, OPENS + 2 * DAYS);   /* its own time begins now */
    grant(run, "admission");
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_step_within_its_window_begins_at_once(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "admission", .opens_us = START_US, .closes_us = CLOSES});
    submit(run, "{}");
    assert_non_null(event_at(run, EVENT_STEP_ASKED, "admission", 0));
    run_end(run);
}

static void test_step_after_its_window_expires(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "lookup"}, {.id = "admission", .needs = "lookup", .closes_us = CLOSES});
    submit(run, "{}");
    run->now_us = CLOSES;
    grant(run, "lookup");
    assert_state(run, "admission", STEP_EXPIRED);
    assert_true(text_is(work(run, "admission")->reason, "window_closed"));
    assert_closed(run, CASE_PARTIAL);
    run_end(run);
}

static void test_held_step_of_each_kind_begins_as_its_kind(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "each", .each = ".form.list", .as = "one", .opens_us = OPENS},
                              {.id = "paid", .kind = STEP_WAIT, .wait = WAIT_SIGNAL, .signal = "paid", .opens_us = OPENS},
                              {.id = "rule", .kind = STEP_APPROVE, .condition = "true", .opens_us = OPENS},
                              {.id = "sub", .kind = STEP_THING, .thing = "leaf", .opens_us = OPENS});
    submit(run, "{\"list\":[1,2]}");
    assert_int_equal(count_of(run, EVENT_STEP_HELD), 4);
    send_signal(run, "paid", "{}");
    assert_state(run, "paid", STEP_RUNNING);   /* it finds the signal when it begins */
    run->now_us = OPENS;
    pass(run, 0);
    assert_int_equal(run->state.steps[0].element_count, 2);
    assert_state(run, "paid", STEP_GRANTED);
    assert_state(run, "rule", STEP_GRANTED);
    assert_non_null(event_at(run, EVENT_CHILD_ASKED, "sub", 0));
    run_end(run);
}

static void test_case_that_stops_ends_what_is_held(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "admission", .opens_us = OPENS});
    submit(run, "{}");
    operate(run, INPUT_WITHDRAWN, NULL);
    assert_state(run, "admission", STEP_CANCELLED);
    assert_closed(run, CASE_WITHDRAWN);
    assert_int_equal(case_next_due(&run->state), TIME_NONE);
    run_end(run);
}

static void test_operator_may_skip_what_is_held(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "admission", .opens_us = OPENS});
    submit(run, "{}");
    operate(run, INPUT_RETRY, "admission");
    assert_rejected(run, "not_in_place");
    operate(run, INPUT_SKIP, "admission");
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static struct run *season(bool holds_early) {
    struct run *run = RUN_NEW({.id = "lookup"}, {.id = "admission", .needs = "lookup"});
    run->definition.window = (struct window){true, OPENS, CLOSES};
    run->definition.holds_early = holds_early;
    return run;
}

static void test_application_outside_the_window_is_refused_with_the_date(void **unused) {
    (void)unused;
    struct run *run = season(false);
    submit(run, "{}");
    assert_rejected(run, "window_not_open");
    assert_non_null(strstr(run->error.message, "2026-03-07T09:00:00+08:00"));
    run->now_us = CLOSES;
    submit(run, "{}");
    assert_rejected(run, "window_closed");
    assert_int_equal(run->state.phase, CASE_NONE);
    run->now_us = OPENS;
    assert_int_equal(submit(run, "{}"), OUTCOME_OK);
    run_end(run);
}

static void test_application_sent_in_time_is_in_time(void **unused) {
    (void)unused;
    struct run *run = season(false);
    run->now_us = CLOSES + 1 * HOURS;
    struct input in = input_of(INPUT_SUBMIT, run->now_us);
    in.thing = run->definition.thing;
    in.region = TEXT("441300");
    in.data = TEXT("{}");
    in.sent_us = CLOSES - 1;
    assert_int_equal(run_input(run, &in), OUTCOME_OK);
    run_end(run);
}

static void test_early_application_may_be_held_until_the_window_opens(void **unused) {
    (void)unused;
    struct run *run = season(true);
    assert_int_equal(submit(run, "{}"), OUTCOME_OK);
    assert_non_null(event_at(run, EVENT_STEP_HELD, "lookup", 0));
    run->now_us = OPENS;
    pass(run, 0);
    grant(run, "lookup");
    assert_non_null(event_at(run, EVENT_STEP_ASKED, "admission", 0));
    run_end(run);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step_is_held_until_its_window_opens),
        cmocka_unit_test(test_step_within_its_window_begins_at_once),
        cmocka_unit_test(test_step_after_its_window_expires),
        cmocka_unit_test(test_held_step_of_each_kind_begins_as_its_kind),
        cmocka_unit_test(test_case_that_stops_ends_what_is_held),
        cmocka_unit_test(test_operator_may_skip_what_is_held),
        cmocka_unit_test(test_application_outside_the_window_is_refused_with_the_date),
        cmocka_unit_test(test_application_sent_in_time_is_in_time),
        cmocka_unit_test(test_early_application_may_be_held_until_the_window_opens),
    };
    return cmocka_run_group_tests_name("engine: windows", tests, NULL, NULL);
}
