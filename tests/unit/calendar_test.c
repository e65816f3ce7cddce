/* The rules of calendar.h, each a table of rows: what begins when, and when it ends. A row's note says its reason. */
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

struct row { const char *start; enum limit_unit unit; int64_t amount; const char *due; const char *note; };

static void assert_rows(const struct calendar *calendar, const struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int64_t due_us;
        print_message("    %s + %lld: %s\n", rows[i].start, (long long)rows[i].amount, rows[i].note);
        assert_int_equal(calendar_due(calendar, CALENDAR_PROMISE, moment(rows[i].start),
                                      (struct limit_time){rows[i].unit, rows[i].amount}, &due_us, NULL), OUTCOME_OK);
        assert_moment(due_us, rows[i].due);
    }
}
#define ASSERT_ROWS(calendar, ...) \
    assert_rows((calendar), (const struct row[]){__VA_ARGS__}, COUNT(((const struct row[]){__VA_ARGS__})))

static void test_each_published_year_has_248_working_days(void **unused) {
    (void)unused;
    for (int clock = 0; clock < CALENDAR_CLOCK_COUNT; clock++) {
        assert_int_equal(calendar_working_days(china, clock, day_of("2024-12-31"), day_of("2025-12-31")), 248);
        assert_int_equal(calendar_working_days(china, clock, day_of("2025-12-31"), day_of("2026-12-31")), 248);
        assert_int_equal(calendar_working_days(china, clock, day_of("2026-12-31"), day_of("2025-12-31")), -248);
    }
}

/* 民法典 201: the day of beginning is not counted. */
static void test_the_day_of_the_beginning_is_not_counted(void **unused) {
    (void)unused;
    ASSERT_ROWS(china,
        {"2026-03-02T09:00", LIMIT_WORKDAYS, 1, "2026-03-03T18:00", "in the morning"},
        {"2026-03-02T00:00", LIMIT_WORKDAYS, 1, "2026-03-03T18:00", "at midnight"},
        {"2026-03-02T18:00", LIMIT_WORKDAYS, 1, "2026-03-03T18:00", "at the close of business"},
        {"2026-03-02T23:59", LIMIT_WORKDAYS, 1, "2026-03-03T18:00", "late at night"},
        {"2026-03-07T10:00", LIMIT_WORKDAYS, 1, "2026-03-09T18:00", "on a Saturday: the first working day after it"},
        {"2026-02-18T10:00", LIMIT_WORKDAYS, 1, "2026-02-24T18:00", "within the Spring Festival"},
        {"2026-03-02T10:00", LIMIT_CALENDAR_DAYS, 1, "2026-03-03T18:00", "calendar days likewise"});
}

/* DOMAIN, Time: working days follow the State Council's notices with 調休. */
static void test_working_days_pass_over_holidays_and_count_worked_weekends(void **unused) {
    (void)unused;
    ASSERT_ROWS(china,
        {"2026-03-06T09:00", LIMIT_WORKDAYS, 1, "2026-03-09T18:00", "over a weekend"},
        {"2026-02-13T09:00", LIMIT_WORKDAYS, 1, "2026-02-14T18:00", "a worked Saturday"},
        {"2026-02-13T09:00", LIMIT_WORKDAYS, 7, "2026-03-02T18:00", "over the Spring Festival, two worked Saturdays"},
        {"2026-09-18T09:00", LIMIT_WORKDAYS, 1, "2026-09-20T18:00", "a worked Sunday"},
        {"2026-09-30T09:00", LIMIT_WORKDAYS, 3, "2026-10-10T18:00", "over the National Day to a worked Saturday"},
        {"2026-02-14T09:00", LIMIT_WORKDAYS, 1, "2026-02-24T18:00", "begun on a worked Saturday"},
        {"2025-12-31T09:00", LIMIT_WORKDAYS, 1, "2026-01-04T18:00", "from year to year, to a worked Sunday"},
        {"2025-01-02T09:00", LIMIT_WORKDAYS, 495, "2026-12-31T18:00", "both years"});
}

/* DOMAIN, Time: a year not yet published is provisional, weekends only. */
static void test_a_year_not_published_has_weekends_alone(void **unused) {
    (void)unused;
    ASSERT_ROWS(NULL, {"2026-02-13T09:00", LIMIT_WORKDAYS, 1, "2026-02-16T18:00", "no calendar at all"});
    ASSERT_ROWS(china,
        {"2026-12-31T09:00", LIMIT_WORKDAYS, 1, "2027-01-01T18:00", "into 2027, New Year's day a Friday"},
        {"2026-12-31T09:00", LIMIT_WORKDAYS, 2, "2027-01-04T18:00", "over its first weekend"},
        {"2024-12-30T09:00", LIMIT_WORKDAYS, 2, "2025-01-02T18:00", "from 2024 into 2025, New Year's day off"},
        {"2031-05-01T09:00", LIMIT_WORKDAYS, 2, "2031-05-05T18:00", "far from any"},
        {"1999-12-30T09:00", LIMIT_WORKDAYS, 2, "2000-01-03T18:00", "long before any"});
    assert_true(calendar_is_provisional(china, 2027) && calendar_is_provisional(NULL, 2026));
    assert_false(calendar_is_provisional(china, 2026));
    assert_true(calendar_is_provisional_between(china, moment("2026-12-31T09:00"), moment("2027-01-01T00:00")));
    assert_false(calendar_is_provisional_between(china, moment("2025-01-01T09:00"), moment("2026-12-31T23:59")));
}

static void test_the_day_is_china_s(void **unused) {
    (void)unused;
    int64_t start_us, due_us;
    assert_int_equal(time_parse(TEXT("2026-03-02T17:00:00Z"), &start_us, NULL), OUTCOME_OK);   /* already the 3rd there */
    assert_int_equal(calendar_due(china, CALENDAR_PROMISE, start_us, (struct limit_time){LIMIT_WORKDAYS, 1}, &due_us,
                                  NULL), OUTCOME_OK);
    assert_moment(due_us, "2026-03-04T18:00");
}

/* DOMAIN, Time: half days and hours count business hours. */
static void test_half_days(void **unused) {
    (void)unused;
    ASSERT_ROWS(china,
        {"2026-03-02T08:59", LIMIT_HALF_DAYS, 1, "2026-03-02T12:00", "before business: the morning"},
        {"2026-03-02T09:00", LIMIT_HALF_DAYS, 1, "2026-03-02T18:00", "the morning has begun: the afternoon"},
        {"2026-03-02T13:00", LIMIT_HALF_DAYS, 1, "2026-03-02T18:00", "at noon"},
        {"2026-03-02T15:00", LIMIT_HALF_DAYS, 1, "2026-03-03T12:00", "the afternoon has begun: the next morning"},
        {"2026-03-06T15:00", LIMIT_HALF_DAYS, 2, "2026-03-09T18:00", "over a weekend"},
        {"2026-03-07T10:00", LIMIT_HALF_DAYS, 1, "2026-03-09T12:00", "begun on a Saturday"},
        {"2026-02-14T15:00", LIMIT_HALF_DAYS, 1, "2026-02-24T12:00", "from a worked Saturday over the holiday"});
}

static void test_hours_are_business_hours(void **unused) {
    (void)unused;
    ASSERT_ROWS(china,
        {"2026-03-02T11:00", LIMIT_BUSINESS_HOURS, 1, "2026-03-02T12:00", "up to noon"},
        {"2026-03-02T11:00", LIMIT_BUSINESS_HOURS, 2, "2026-03-02T15:00", "over noon"},
        {"2026-03-02T17:00", LIMIT_BUSINESS_HOURS, 2, "2026-03-03T10:00", "over night"},
        {"2026-03-02T20:00", LIMIT_BUSINESS_HOURS, 7, "2026-03-03T18:00", "a whole day"},
        {"2026-03-07T10:00", LIMIT_BUSINESS_HOURS, 1, "2026-03-09T10:00", "from a Saturday on"});
}

/* 民法典 203. */
static void test_calendar_days_that_end_on_a_day_off_end_on_the_next_working_day(void **unused) {
    (void)unused;
    ASSERT_ROWS(china,
        {"2026-03-02T09:00", LIMIT_CALENDAR_DAYS, 3, "2026-03-05T18:00", "on a Thursday"},
        {"2026-03-02T09:00", LIMIT_CALENDAR_DAYS, 5, "2026-03-09T18:00", "on a Saturday"},
        {"2026-02-10T09:00", LIMIT_CALENDAR_DAYS, 4, "2026-02-14T18:00", "on a worked Saturday"},
        {"2026-02-10T09:00", LIMIT_CALENDAR_DAYS, 5, "2026-02-24T18:00", "in the Spring Festival"});
}

/* DOMAIN, Time: a publicity period always lasts its full days. */
static void test_publicity_lasts_its_full_days(void **unused) {
    (void)unused;
    static const struct row rows[] = {
        {"2026-03-02T09:00", LIMIT_CALENDAR_DAYS, 3, "2026-03-06T00:00", "midnight after the third day"},
        {"2026-03-02T09:00", LIMIT_CALENDAR_DAYS, 20, "2026-03-24T00:00", "ends on a Sunday: the Monday is in it"},
        {"2026-03-02T09:00", LIMIT_WORKDAYS, 5, "2026-03-10T00:00", "working days too"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t end_us;
        assert_int_equal(calendar_publicity_end(china, CALENDAR_STATUTE, moment(rows[i].start),
                                                (struct limit_time){rows[i].unit, rows[i].amount}, &end_us, NULL),
                         OUTCOME_OK);
        assert_moment(end_us, rows[i].due);
    }
}

static void test_on_the_spot_and_windows_of_dates(void **unused) {
    (void)unused;
    ASSERT_ROWS(china,
        {"2026-03-02T09:00", LIMIT_ON_THE_SPOT, 0, "2026-03-02T18:00", "while the counter is open"},
        {"2026-03-02T18:00", LIMIT_ON_THE_SPOT, 0, "2026-03-03T18:00", "when it has closed"},
        {"2026-03-07T09:00", LIMIT_ON_THE_SPOT, 0, "2026-03-09T18:00", "on a day off"});
    int64_t window_us = moment("2026-08-31T00:00") + TIME_DAY_US, due_us;   /* a window's last day is as announced */
    assert_int_equal(calendar_due(china, CALENDAR_PROMISE, moment("2026-07-01T09:00"),
                                  (struct limit_time){LIMIT_UNTIL_DATE, window_us}, &due_us, NULL), OUTCOME_OK);
    assert_true(due_us == window_us);
}

/* DOMAIN, Time; 行政許可法 82: a closure moves promises, the statute only with a basis of its own. */
static void test_closures_move_promises_and_statutes_with_a_basis_alone(void **unused) {
    (void)unused;
    static const struct text huizhou[] = {{"441300", 6}}, huicheng[] = {{"441302", 6}}, guangdong[] = {{"440000", 6}};
    const struct calendar_closure closures[] = {
        {{day_of("2026-07-07"), day_of("2026-07-08")}, 1, huizhou, TEXT("typhoon"), TEXT("order 1"), TEXT_NONE},
        {{day_of("2026-07-09"), day_of("2026-07-09")}, 1, huicheng, TEXT("flood"), TEXT("order 2"), TEXT("law 3")},
        {{day_of("2026-08-03"), day_of("2026-08-03")}, 1, guangdong, TEXT("storm"), TEXT("order 4"), TEXT_NONE},
        {{day_of("2027-01-05"), day_of("2027-01-05")}, 0, NULL, TEXT("mourning"), TEXT("order 5"), TEXT_NONE},
    };
    static const struct { const char *region, *start, *promise, *statute; } rows[] = {
        {"110000", "2026-07-06T09:00", "2026-07-07T18:00", "2026-07-07T18:00"},
        {"441300", "2026-07-06T09:00", "2026-07-09T18:00", "2026-07-07T18:00"},
        {"441303", "2026-07-06T09:00", "2026-07-09T18:00", "2026-07-07T18:00"},
        {"441302", "2026-07-06T09:00", "2026-07-10T18:00", "2026-07-07T18:00"},
        {"441302", "2026-07-08T09:00", "2026-07-10T18:00", "2026-07-10T18:00"},
        {"441302", "2026-07-31T09:00", "2026-08-04T18:00", "2026-08-03T18:00"},
        {"440100", "2026-07-31T09:00", "2026-08-04T18:00", "2026-08-03T18:00"},
        {"450100", "2026-07-31T09:00", "2026-08-03T18:00", "2026-08-03T18:00"},
        {"110000", "2027-01-04T09:00", "2027-01-06T18:00", "2027-01-05T18:00"},
    };
    const struct calendar *whole = calendar_of_both(&arena, closures, COUNT(closures));
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct calendar *calendar = calendar_for_region(whole, text_from(rows[i].region));
        struct limit_time one = {LIMIT_WORKDAYS, 1};
        int64_t promise_us, statute_us;
        assert_int_equal(calendar_due(calendar, CALENDAR_PROMISE, moment(rows[i].start), one, &promise_us, NULL), 0);
        assert_int_equal(calendar_due(calendar, CALENDAR_STATUTE, moment(rows[i].start), one, &statute_us, NULL), 0);
        assert_moment(promise_us, rows[i].promise);
        assert_moment(statute_us, rows[i].statute);
    }
    struct calendar_day closed = calendar_day(calendar_for_region(whole, TEXT("441302")), day_of("2026-07-09"));
    assert_int_equal(closed.kind, CALENDAR_DAY_CLOSURE);
    assert_true(text_is(closed.name, "flood") && text_is(closed.basis, "order 2"));
}

static void test_a_day_is_called_by_what_it_is(void **unused) {
    (void)unused;
    assert_int_equal(calendar_day(china, day_of("2026-02-17")).kind, CALENDAR_DAY_HOLIDAY);
    assert_int_equal(calendar_day(china, day_of("2026-02-14")).kind, CALENDAR_DAY_WORKED_WEEKEND);
    assert_int_equal(calendar_day(china, day_of("2026-03-07")).kind, CALENDAR_DAY_WEEKEND);
    assert_int_equal(calendar_day(china, day_of("2026-03-09")).kind, CALENDAR_DAY_WORKING);
    assert_true(calendar_day(china, day_of("2027-10-01")).is_working[CALENDAR_PROMISE]);
    assert_true(calendar_day(china, day_of("2027-10-01")).is_provisional);
}

static void test_impossible_limits_are_refused(void **unused) {
    (void)unused;
    static const struct limit_time limits[] = {{LIMIT_WORKDAYS, 0}, {LIMIT_WORKDAYS, 99999}, {LIMIT_CALENDAR_DAYS, -1},
                                               {LIMIT_HALF_DAYS, 36501}, {LIMIT_MICROSECONDS, INT64_MAX}};
    struct error error;
    int64_t due_us;
    for (size_t i = 0; i < COUNT(limits); i++) {
        assert_int_equal(calendar_due(NULL, CALENDAR_PROMISE, 5, limits[i], &due_us, &error), OUTCOME_REJECT);
        assert_string_equal(error.code, "calendar_limit");
    }
    assert_int_equal(calendar_due(NULL, CALENDAR_PROMISE, INT64_MAX, (struct limit_time){LIMIT_WORKDAYS, 1}, &due_us,
                                  &error), OUTCOME_REJECT);
    assert_int_equal(calendar_due(NULL, CALENDAR_PROMISE, TIME_NONE, (struct limit_time){LIMIT_MICROSECONDS, 1}, &due_us,
                                  &error), OUTCOME_OK);
}

static void test_business_hours_of_a_calendar(void **unused) {
    (void)unused;
    struct calendar_content content = {{8 * 60 + 30, 12 * 60, 14 * 60 + 30, 17 * 60 + 30}, 0, NULL, 0, NULL};
    const struct calendar *calendar;
    assert_int_equal(calendar_build(&arena, &content, TEXT("hours"), &calendar, NULL), OUTCOME_OK);
    ASSERT_ROWS(calendar,
        {"2026-03-02T09:00", LIMIT_WORKDAYS, 1, "2026-03-03T17:30", "the close of business"},
        {"2026-03-02T08:15", LIMIT_HALF_DAYS, 1, "2026-03-02T12:00", "a morning"},
        {"2026-03-02T11:30", LIMIT_BUSINESS_HOURS, 1, "2026-03-02T15:00", "over a longer noon"});
    static const struct calendar_hours bad[] = {{540, 540, 840, 1080}, {540, 720, 700, 1080}, {541, 720, 840, 1080},
                                                {540, 720, 840, 1455}, {-15, 720, 840, 1080}};
    struct error error;
    for (size_t i = 0; i < COUNT(bad); i++) {
        content.hours = bad[i];
        assert_int_equal(calendar_build(&arena, &content, TEXT("bad"), &calendar, &error), OUTCOME_REJECT);
        assert_string_equal(error.code, "calendar_content");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_published_year_has_248_working_days),
        cmocka_unit_test(test_the_day_of_the_beginning_is_not_counted),
        cmocka_unit_test(test_working_days_pass_over_holidays_and_count_worked_weekends),
        cmocka_unit_test(test_a_year_not_published_has_weekends_alone),
        cmocka_unit_test(test_the_day_is_china_s),
        cmocka_unit_test(test_half_days),
        cmocka_unit_test(test_hours_are_business_hours),
        cmocka_unit_test(test_calendar_days_that_end_on_a_day_off_end_on_the_next_working_day),
        cmocka_unit_test(test_publicity_lasts_its_full_days),
        cmocka_unit_test(test_on_the_spot_and_windows_of_dates),
        cmocka_unit_test(test_closures_move_promises_and_statutes_with_a_basis_alone),
        cmocka_unit_test(test_a_day_is_called_by_what_it_is),
        cmocka_unit_test(test_impossible_limits_are_refused),
        cmocka_unit_test(test_business_hours_of_a_calendar),
    };
    return cmocka_run_group_tests_name("calendar", tests, setup, teardown);
}
