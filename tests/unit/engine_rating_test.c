/* 好差評: once, after the case has closed, on five levels. */
#include "engine_builder.h"

static enum outcome rate(struct run *run, uint32_t level) {
    struct input in = input_of(INPUT_RATED, run->now_us);
    in.level = level;
    in.reason = TEXT("quick");
    in.actor = TEXT("wang");
    return run_input(run, &in);
}

static struct run *closed(void) {
    struct run *run = RUN_NEW({.id = "a"});
    submit(run, "{}");
    grant(run, "a");
    assert_closed(run, CASE_GRANTED);
    return run;
}

static void test_closed_case_is_rated_once(void **unused) {
    (void)unused;
    struct run *run = closed();
    assert_int_equal(rate(run, 4), OUTCOME_OK);
    const struct event *rated = event_at(run, EVENT_CASE_RATED, NULL, 0);
    assert_non_null(rated);
    assert_int_equal(rated->count, 4);
    assert_true(text_is(rated->reason, "quick"));
    assert_int_equal(run->state.rating, 4);
    rate(run, 4);
    assert_recorded(run, FATE_DUPLICATE);
    rate(run, 1);
    assert_rejected(run, "rated_already");
    run_end(run);
}

static void test_open_case_is_not_rated(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"});
    submit(run, "{}");
    rate(run, 5);
    assert_rejected(run, "case_open");
    run_end(run);
}

static void test_levels_are_one_to_five(void **unused) {
    (void)unused;
    struct run *run = closed();
    rate(run, 0);
    assert_rejected(run, "rating_bad");
    rate(run, 6);
    assert_rejected(run, "rating_bad");
    run_end(run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closed_case_is_rated_once),
        cmocka_unit_test(test_open_case_is_not_rated),
        cmocka_unit_test(test_levels_are_one_to_five),
    };
    return cmocka_run_group_tests_name("engine: rating", tests, NULL, NULL);
}
