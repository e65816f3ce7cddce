/* A limit that is paused: when it ends, when its light turns yellow, how much was counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "unit/calendar_kit.h"

static struct arena arena;
static const struct calendar *china;

static int setup(void **unused) {
    (void)unused;
    arena_init(&arena, 1 << 20);
    china = calendar_of_both(&arena, NULL, 0);
    return 0;
}

static int teardown(void **unused) {
    (void)unused;
    arena_free(&arena);
    return 0;
}

static struct calendar_run run_of(enum limit_unit unit, int64_t amount, const char *start,
                                  const struct calendar_pause *pauses, size_t pause_count) {
    struct calendar_count count = {china, CALENDAR_STATUTE, {unit, amount}, moment(start)};
    struct calendar_run run;
    assert_int_equal(calendar_run(&count, pauses, pause_count, moment("2026-12-01T00:00"), &run, NULL), OUTCOME_OK);
    return run;
}

/* DOMAIN, Time: yellow when 20 % is left; from 3 working days on no later than one working day before the end. */
static void test_light_turns_yellow(void **unused) {
    (void)unused;
    static const struct { enum limit_unit unit; int64_t amount; const char *start, *yellow, *due, *note; } rows[] = {
        {LIMIT_WORKDAYS, 1, "2026-03-02T10:00", "2026-03-03T16:36", "2026-03-03T18:00", "20 % of seven hours"},
        {LIMIT_WORKDAYS, 2, "2026-03-02T10:00", "2026-03-04T15:12", "2026-03-04T18:00", "20 % of two days"},
        {LIMIT_WORKDAYS, 3, "2026-03-02T10:00", "2026-03-04T18:00", "2026-03-05T18:00", "one working day, not 20 %"},
        {LIMIT_WORKDAYS, 5, "2026-03-02T10:00", "2026-03-06T18:00", "2026-03-09T18:00", "both the same, over a weekend"},
        {LIMIT_WORKDAYS, 10, "2026-03-02T10:00", "2026-03-12T18:00", "2026-03-16T18:00", "20 % are two days"},
        {LIMIT_HALF_DAYS, 2, "2026-03-02T08:00", "2026-03-02T16:24", "2026-03-02T18:00", "20 % of a day, by halves"},
        {LIMIT_HALF_DAYS, 6, "2026-03-02T08:00", "2026-03-03T18:00", "2026-03-04T18:00", "three days in halves"},
        {LIMIT_BUSINESS_HOURS, 5, "2026-03-02T09:00", "2026-03-02T15:00", "2026-03-02T16:00", "one hour left"},
        {LIMIT_BUSINESS_HOURS, 21, "2026-03-02T09:00", "2026-03-03T18:00", "2026-03-04T18:00", "three days in hours"},
        {LIMIT_CALENDAR_DAYS, 1, "2026-03-02T10:00", "2026-03-03T14:24", "2026-03-03T18:00", "20 % of the day's 18 hours"},
        {LIMIT_CALENDAR_DAYS, 3, "2026-03-02T10:00", "2026-03-04T18:00", "2026-03-05T18:00", "one working day before"},
        {LIMIT_CALENDAR_DAYS, 20, "2026-03-02T10:00", "2026-03-18T19:12", "2026-03-23T18:00", "20 % of twenty days"},
        {LIMIT_CALENDAR_DAYS, 4, "2026-03-05T10:00", "2026-03-09T00:00", "2026-03-09T18:00", "two working days: 20 %"},
        {LIMIT_ON_THE_SPOT, 0, "2026-03-02T10:00", "2026-03-02T16:24", "2026-03-02T18:00", "20 % of the day's rest"},
        {LIMIT_MICROSECONDS, 10 * TIME_HOUR_US, "2026-03-02T10:00", "2026-03-02T18:00", "2026-03-02T20:00", "by the clock"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("    %s\n", rows[i].note);
        struct calendar_run run = run_of(rows[i].unit, rows[i].amount, rows[i].start, NULL, 0);
        assert_moment(run.yellow_us, rows[i].yellow);
        assert_moment(run.due_us, rows[i].due);
    }
    struct calendar_run window = run_of(LIMIT_UNTIL_DATE, moment("2026-03-09T00:00"), "2026-03-02T10:00", NULL, 0);
    assert_moment(window.yellow_us, "2026-03-06T00:00");   /* until Sunday: its last working day is Friday */
}

/* 行政許可法 45: what is not counted moves the end by exactly so much; 民法典 203: the last day ends with business. */
static void test_pauses_move_the_end(void **unused) {
    (void)unused;
    static const struct {
        enum limit_unit unit; int64_t amount; const char *start, *from, *to, *due, *note;
    } rows[] = {
        {LIMIT_WORKDAYS, 5, "2026-03-02T10:00", "2026-03-04T18:00", "2026-03-06T18:00", "2026-03-11T18:00", "two whole days"},
        {LIMIT_WORKDAYS, 5, "2026-03-02T10:00", "2026-03-04T11:00", "2026-03-06T11:00", "2026-03-11T18:00", "two days, from hour to hour"},
        {LIMIT_WORKDAYS, 5, "2026-03-02T10:00", "2026-03-04T18:01", "2026-03-05T08:59", "2026-03-09T18:00", "a night counts nothing"},
        {LIMIT_WORKDAYS, 5, "2026-03-02T10:00", "2026-03-06T18:00", "2026-03-09T09:00", "2026-03-09T18:00", "nor does a weekend"},
        {LIMIT_WORKDAYS, 5, "2026-03-02T10:00", "2026-03-04T12:30", "2026-03-04T13:30", "2026-03-09T18:00", "nor does noon"},
        {LIMIT_WORKDAYS, 5, "2026-03-02T10:00", "2026-03-04T11:00", "2026-03-04T11:10", "2026-03-10T18:00", "ten minutes: the last day is another"},
        {LIMIT_WORKDAYS, 5, "2026-03-02T10:00", "2026-03-02T11:00", "2026-03-02T17:00", "2026-03-09T18:00", "on the day of acceptance"},
        {LIMIT_WORKDAYS, 5, "2026-03-02T10:00", "2026-03-02T11:00", "2026-03-04T09:00", "2026-03-10T18:00", "from it to the next but one"},
        {LIMIT_WORKDAYS, 5, "2026-02-10T10:00", "2026-02-14T10:00", "2026-02-25T10:00", "2026-02-26T18:00", "over the Spring Festival: two worked days"},
        {LIMIT_WORKDAYS, 5, "2026-03-02T10:00", "2026-03-10T09:00", "2026-03-20T09:00", "2026-03-09T18:00", "what was over stays over"},
        {LIMIT_WORKDAYS, 5, "2026-03-02T10:00", "2026-03-09T18:00", "2026-03-20T09:00", "2026-03-09T18:00", "paused as it ends"},
        {LIMIT_WORKDAYS, 5, "2026-03-02T10:00", "2026-03-05T09:00", NULL, "none", "paused still"},
        {LIMIT_WORKDAYS, 5, "2026-03-02T10:00", "2026-03-10T09:00", NULL, "2026-03-09T18:00", "paused after its end"},
        {LIMIT_WORKDAYS, 1, "2025-12-30T10:00", "2025-12-31T11:00", "2027-01-04T11:00", "2027-01-04T18:00", "from year to year, the last provisional"},
        {LIMIT_HALF_DAYS, 2, "2026-03-02T15:00", "2026-03-03T10:30", "2026-03-03T16:00", "2026-03-04T12:00", "half a morning, half an afternoon"},
        {LIMIT_HALF_DAYS, 1, "2026-03-02T15:00", "2026-03-03T09:00", "2026-03-03T12:00", "2026-03-03T18:00", "a morning for an afternoon"},
        {LIMIT_BUSINESS_HOURS, 4, "2026-03-02T09:00", "2026-03-02T10:00", "2026-03-02T17:30", "2026-03-03T11:30", "to the minute"},
        {LIMIT_CALENDAR_DAYS, 3, "2026-03-02T10:00", "2026-03-03T12:00", "2026-03-04T12:00", "2026-03-06T18:00", "a day of the clock"},
        {LIMIT_CALENDAR_DAYS, 3, "2026-03-02T10:00", "2026-03-03T12:00", "2026-03-05T12:00", "2026-03-09T18:00", "to a Saturday, so to Monday"},
        {LIMIT_ON_THE_SPOT, 0, "2026-03-02T10:00", "2026-03-02T12:00", "2026-03-03T12:00", "2026-03-02T18:00", "not paused"},
        {LIMIT_MICROSECONDS, TIME_HOUR_US, "2026-03-02T10:00", "2026-03-02T10:30", "2026-03-02T12:00", "2026-03-02T12:30", "by the clock"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("    %s\n", rows[i].note);
        struct calendar_pause pause = {moment(rows[i].from), rows[i].to ? moment(rows[i].to) : TIME_NONE};
        struct calendar_run run = run_of(rows[i].unit, rows[i].amount, rows[i].start, &pause, 1);
        assert_moment(run.due_us, rows[i].due);
    }
}

static void test_last_day_that_was_paused_is_followed_by_another(void **unused) {
    (void)unused;
    const struct calendar_pause pauses[] = {{moment("2026-03-04T11:00"), moment("2026-03-04T18:00")},
                                            {moment("2026-03-10T17:00"), moment("2026-03-13T10:00")}};
    struct calendar_run run = run_of(LIMIT_WORKDAYS, 5, "2026-03-02T10:00", pauses, 2);   /* full on the 10th, 16:00 */
    assert_moment(run.due_us, "2026-03-13T18:00");
    assert_moment(run.yellow_us, "2026-03-09T16:00");
    assert_int_equal(run.parts_of_unit, 7 * TIME_HOUR_US);
    assert_int_equal(run.parts, 35 * TIME_HOUR_US);
    assert_true(run.counted > run.parts);
}

static void test_light_that_was_yellow_before_a_pause_stays_so(void **unused) {
    (void)unused;
    struct calendar_pause open = {moment("2026-03-05T10:00"), TIME_NONE};
    struct calendar_run run = run_of(LIMIT_WORKDAYS, 3, "2026-03-02T10:00", &open, 1);
    assert_moment(run.yellow_us, "2026-03-04T18:00");
    assert_moment(run.due_us, "none");
    assert_int_equal(run.counted, 15 * TIME_HOUR_US);   /* the 3rd, the 4th, an hour of the 5th */
}

static void test_pauses_that_overlap_are_refused(void **unused) {
    (void)unused;
    struct calendar_count count = {china, CALENDAR_PROMISE, {LIMIT_WORKDAYS, 5}, moment("2026-03-02T10:00")};
    const struct calendar_pause bad[][2] = {
        {{moment("2026-03-03T10:00"), moment("2026-03-05T10:00")}, {moment("2026-03-04T10:00"), TIME_NONE}},
        {{moment("2026-03-03T10:00"), TIME_NONE}, {moment("2026-03-04T10:00"), TIME_NONE}},
        {{moment("2026-03-03T10:00"), moment("2026-03-03T09:00")}, {moment("2026-03-04T10:00"), TIME_NONE}},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct calendar_run run;
        struct error error;
        assert_int_equal(calendar_run(&count, bad[i], 2, 0, &run, &error), OUTCOME_REJECT);
        assert_string_equal(error.code, "calendar_pauses");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_light_turns_yellow),
        cmocka_unit_test(test_pauses_move_the_end),
        cmocka_unit_test(test_last_day_that_was_paused_is_followed_by_another),
        cmocka_unit_test(test_light_that_was_yellow_before_a_pause_stays_so),
        cmocka_unit_test(test_pauses_that_overlap_are_refused),
    };
    return cmocka_run_group_tests_name("calendar: pauses", tests, setup, teardown);
}
