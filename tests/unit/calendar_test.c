/* Legal limits: working days with 調休, half days, business hours, calendar days (DOMAIN.md, Time). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "calendar/calendar.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int32_t holidays[64], worked[16];
static struct calendar china;

static int32_t day(int month, int number) { return (int32_t)civil_to_days((struct civil_date){2026, month, number}); }

/* The State Council's calendar of 2026. */
static int setup(void **unused) {
    (void)unused;
    static const int ranges[][3] = {{1, 1, 3}, {2, 15, 23}, {4, 4, 6}, {5, 1, 5}, {6, 19, 21}, {9, 25, 27}, {10, 1, 7}};
    static const int weekends[][2] = {{1, 4}, {2, 14}, {2, 28}, {5, 9}, {9, 20}, {10, 10}};
    china = (struct calendar){.version = TEXT("2026"), .holidays = holidays, .worked_weekends = worked};
    for (size_t i = 0; i < COUNT(ranges); i++)
        for (int d = ranges[i][1]; d <= ranges[i][2]; d++)
            holidays[china.holiday_count++] = day(ranges[i][0], d);
    for (size_t i = 0; i < COUNT(weekends); i++)
        worked[china.worked_weekend_count++] = day(weekends[i][0], weekends[i][1]);
    return 0;
}

static void assert_due(const struct calendar *calendar, const char *start, enum limit_unit unit, int64_t amount,
                       const char *expected) {
    int64_t start_us, due_us;
    char room[TIME_TEXT_SIZE];
    assert_int_equal(time_parse(text_from(start), &start_us, NULL), OUTCOME_OK);
    assert_int_equal(calendar_due(calendar, start_us, (struct limit_time){unit, amount}, &due_us, NULL), OUTCOME_OK);
    assert_string_equal(time_format_china(due_us, room).at, expected);
}

static void test_a_year_has_248_working_days(void **unused) {
    (void)unused;
    int working = 0;
    for (int32_t d = day(1, 1); d <= day(12, 31); d++)
        working += calendar_is_working_day(&china, d);
    assert_int_equal(working, 248);
}

static void test_the_day_of_the_beginning_is_not_counted(void **unused) {
    (void)unused;
    assert_due(&china, "2026-03-02T09:00+08:00", LIMIT_WORKDAYS, 1, "2026-03-03T18:00:00+08:00");
    assert_due(&china, "2026-03-02T23:59+08:00", LIMIT_WORKDAYS, 1, "2026-03-03T18:00:00+08:00");
}

static void test_working_days_pass_over_weekends_and_holidays_and_count_worked_weekends(void **unused) {
    (void)unused;
    assert_due(&china, "2026-03-06T09:00+08:00", LIMIT_WORKDAYS, 1, "2026-03-09T18:00:00+08:00");
    assert_due(&china, "2026-02-13T09:00+08:00", LIMIT_WORKDAYS, 1, "2026-02-14T18:00:00+08:00");   /* a worked Saturday */
    assert_due(&china, "2026-02-13T09:00+08:00", LIMIT_WORKDAYS, 7, "2026-03-02T18:00:00+08:00");
    assert_due(&china, "2026-09-30T09:00+08:00", LIMIT_WORKDAYS, 3, "2026-10-10T18:00:00+08:00");
}

static void test_without_a_calendar_only_weekends_are_off(void **unused) {
    (void)unused;
    assert_due(NULL, "2026-02-13T09:00+08:00", LIMIT_WORKDAYS, 1, "2026-02-16T18:00:00+08:00");
}

static void test_the_day_is_china_s(void **unused) {
    (void)unused;
    assert_due(&china, "2026-03-02T17:00:00Z", LIMIT_WORKDAYS, 1, "2026-03-04T18:00:00+08:00");   /* already the 3rd there */
}

static void test_half_days(void **unused) {
    (void)unused;
    assert_due(&china, "2026-03-02T09:30+08:00", LIMIT_HALF_DAYS, 1, "2026-03-02T18:00:00+08:00");
    assert_due(&china, "2026-03-02T15:00+08:00", LIMIT_HALF_DAYS, 1, "2026-03-03T12:00:00+08:00");
    assert_due(&china, "2026-03-06T15:00+08:00", LIMIT_HALF_DAYS, 2, "2026-03-09T18:00:00+08:00");
}

static void test_hours_are_business_hours(void **unused) {
    (void)unused;
    assert_due(&china, "2026-03-02T11:00+08:00", LIMIT_BUSINESS_HOURS, 2, "2026-03-02T15:00:00+08:00");
    assert_due(&china, "2026-03-02T17:00+08:00", LIMIT_BUSINESS_HOURS, 2, "2026-03-03T10:00:00+08:00");
    assert_due(&china, "2026-03-07T10:00+08:00", LIMIT_BUSINESS_HOURS, 1, "2026-03-09T10:00:00+08:00");
}

static void test_calendar_days_that_end_on_a_day_off_end_on_the_next_working_day(void **unused) {
    (void)unused;
    assert_due(&china, "2026-03-02T09:00+08:00", LIMIT_CALENDAR_DAYS, 3, "2026-03-05T18:00:00+08:00");
    assert_due(&china, "2026-03-02T09:00+08:00", LIMIT_CALENDAR_DAYS, 5, "2026-03-09T18:00:00+08:00");
    assert_due(&china, "2026-02-10T09:00+08:00", LIMIT_CALENDAR_DAYS, 5, "2026-02-24T18:00:00+08:00");
}

static void test_impossible_amounts_are_refused(void **unused) {
    (void)unused;
    struct error error;
    int64_t due_us;
    assert_int_equal(calendar_due(NULL, 0, (struct limit_time){LIMIT_WORKDAYS, 0}, &due_us, &error), OUTCOME_REJECT);
    assert_string_equal(error.code, "calendar_limit");
    assert_int_equal(calendar_due(NULL, 0, (struct limit_time){LIMIT_WORKDAYS, 99999}, &due_us, &error), OUTCOME_REJECT);
    assert_int_equal(calendar_due(NULL, 5, (struct limit_time){LIMIT_MICROSECONDS, INT64_MAX}, &due_us, &error),
                     OUTCOME_REJECT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_year_has_248_working_days),
        cmocka_unit_test(test_the_day_of_the_beginning_is_not_counted),
        cmocka_unit_test(test_working_days_pass_over_weekends_and_holidays_and_count_worked_weekends),
        cmocka_unit_test(test_without_a_calendar_only_weekends_are_off),
        cmocka_unit_test(test_the_day_is_china_s),
        cmocka_unit_test(test_half_days),
        cmocka_unit_test(test_hours_are_business_hours),
        cmocka_unit_test(test_calendar_days_that_end_on_a_day_off_end_on_the_next_working_day),
        cmocka_unit_test(test_impossible_amounts_are_refused),
    };
    return cmocka_run_group_tests_name("calendar", tests, setup, NULL);
}
