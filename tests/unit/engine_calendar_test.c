/* Due moments of a case and the calendar that they were reckoned by: named by every event, and reckoned anew by the next. */
#include "calendar/calendar.h"
#include "engine_builder.h"

static struct arena arena;

static int setup(void **unused) {
    (void)unused;
    arena_init(&arena, 1 << 20);
    return 0;
}

static int teardown(void **unused) {
    (void)unused;
    arena_free(&arena);
    return 0;
}

/* START_US is a Monday; `closed` days after it are off. */
static const struct calendar *calendar_of(const char *version, int32_t closed) {
    struct calendar_closure *closure = arena_new(&arena, struct calendar_closure);
    struct calendar_content *content = arena_new(&arena, struct calendar_content);
    const struct calendar *calendar = NULL;
    int32_t first = (int32_t)calendar_day_of(START_US) + 1;
    *closure = (struct calendar_closure){.days = {first, first + closed - 1}, .reason = TEXT("typhoon"), .basis = TEXT("order")};
    *content = (struct calendar_content){.hours = CALENDAR_HOURS_USUAL, .closure_count = closed > 0, .closures = closure};
    assert_int_equal(calendar_build(&arena, content, text_from(version), &calendar, NULL), OUTCOME_OK);
    return calendar;
}

#define CASE \
    {.id = "timed", .timeout = {LIMIT_WORKDAYS, 2}}, {.id = "clocked", .timeout = {LIMIT_MICROSECONDS, 5 * HOURS}}, \
    {.id = "waits", .kind = STEP_WAIT, .wait = WAIT_FOR_DURATION, .span = {LIMIT_HALF_DAYS, 3}}, \
    {.id = "joined", .needs = "timed clocked", .join = {.deadline = {LIMIT_CALENDAR_DAYS, 2}}}

static const struct { enum event_kind kind; const char *step; bool is_reckoned; } dues[] = {
    {EVENT_STEP_ASKED, "timed", true}, {EVENT_STEP_ASKED, "clocked", false}, {EVENT_STEP_HELD, "waits", true},
    {EVENT_DEADLINE_SET, "joined", true}};

static void test_event_with_a_due_moment_names_the_calendar(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(CASE);
    run->world.calendar = calendar_of("v1", 0);
    submit(run, "{}");
    for (size_t i = 0; i < sizeof dues / sizeof dues[0]; i++) {
        const struct event *event = event_at(run, dues[i].kind, dues[i].step, 0);
        assert_non_null(event);
        assert_true(event->due_us != TIME_NONE);
        assert_true(dues[i].is_reckoned ? text_is(event->calendar, "v1") : text_is_none(event->calendar));
    }
    run_end(run);
}

static void test_new_calendar_moves_what_counts_days_and_nothing_else(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW(CASE);
    run->world.calendar = calendar_of("v1", 0);
    submit(run, "{}");
    run->world.calendar = calendar_of("v2", 2);   /* Tuesday and Wednesday are off */
    operate(run, INPUT_CALENDAR_CHANGED, NULL);
    static const struct { const char *step, *which; } moved[] = {{"timed", "timeout"}, {"waits", "wait"}, {"joined", "deadline"}};
    assert_int_equal(count_of(run, EVENT_CALENDAR_CHANGED), 3);
    for (size_t i = 0; i < sizeof moved / sizeof moved[0]; i++) {
        const struct event *event = event_at(run, EVENT_CALENDAR_CHANGED, moved[i].step, 0);
        assert_non_null(event);
        assert_true(text_is(event->reason, moved[i].which) && text_is(event->calendar, "v2"));
    }
    operate(run, INPUT_CALENDAR_CHANGED, NULL);   /* once more: nothing is left to be moved */
    assert_int_equal(run->events.count, 0);
    run_end(run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event_with_a_due_moment_names_the_calendar),
        cmocka_unit_test(test_new_calendar_moves_what_counts_days_and_nothing_else),
    };
    return cmocka_run_group_tests_name("engine: calendars", tests, setup, teardown);
}
