/* Holds moments, durations and the civil calendar to their texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/time.h"

static void test_moments_are_read_with_their_offset(void **state) {
    (void)state;
    static const struct { const char *text; int64_t us; const char *utc; } table[] = {
        {"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"},
        {"2026-03-02T09:00+08:00", INT64_C(1772413200000000), "2026-03-02T01:00:00Z"},
        {"2026-03-02T09:00:00+08:00", INT64_C(1772413200000000), "2026-03-02T01:00:00Z"},
        {"2026-03-02t01:00:00z", INT64_C(1772413200000000), "2026-03-02T01:00:00Z"},
        {"2026-03-02T01:00:00.5Z", INT64_C(1772413200500000), "2026-03-02T01:00:00.500Z"},
        {"2026-03-02T01:00:00.000001Z", INT64_C(1772413200000001), "2026-03-02T01:00:00.000001Z"},
        {"2026-03-02T01:00:00.0000019Z", INT64_C(1772413200000001), "2026-03-02T01:00:00.000001Z"},
        {"2026-03-02T01:00:00.000Z", INT64_C(1772413200000000), "2026-03-02T01:00:00Z"},
        {"2026-03-01T20:30:00-04:30", INT64_C(1772413200000000), "2026-03-02T01:00:00Z"},
        {"2024-02-29T00:00:00Z", INT64_C(1709164800000000), "2024-02-29T00:00:00Z"},
        {"1969-12-31T23:59:59.999999Z", -1, "1969-12-31T23:59:59.999999Z"},
        {"1900-01-01T00:00:00Z", INT64_C(-2208988800000000), "1900-01-01T00:00:00Z"},
        {"9999-12-31T23:59:59.999999Z", INT64_C(253402300799999999), "9999-12-31T23:59:59.999999Z"},
        {"1998-12-31T23:59:60Z", INT64_C(915148800000000), "1999-01-01T00:00:00Z"},
        {"1999-01-01T07:59:60+08:00", INT64_C(915148800000000), "1999-01-01T00:00:00Z"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int64_t us;
        char room[TIME_TEXT_SIZE];
        assert_int_equal(time_parse(text_from(table[i].text), &us, NULL), OUTCOME_OK);
        assert_true(us == table[i].us);
        assert_true(text_is(time_format_utc(us, room), table[i].utc));
        assert_string_equal(room, table[i].utc);
    }
}

static void test_what_is_no_moment_is_refused(void **state) {
    (void)state;
    static const char *const table[] = {
        "", "2026-03-02", "2026-03-02T09:00:00", "2026-03-02 09:00:00Z", "2026-3-2T09:00:00Z", "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z",
        "2026-01-01T12:00:60Z", "2026-01-01T23:59:60+08:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+8:00",
        "2026-01-01T00:00:00+0800", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+08:60", "2026-01-01T00:00:00Zx",
        "1899-12-31T23:59:59Z", "10000-01-01T00:00:00Z", "1900-01-01T00:00:00+08:00", "9999-12-31T23:00:00-08:00",
        "9999-12-31T23:00:00-01:00",
        "２026-01-01T00:00:00Z", "2026-01-01T00:00:00,5Z",
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int64_t us = 42;
        struct error error;
        assert_int_equal(time_parse(text_from(table[i]), &us, &error), OUTCOME_REJECT);
        assert_string_equal(error.code, "bad_time");
        assert_int_equal(us, 42);
    }
    int64_t us;
    assert_int_equal(time_parse(text_span("2026-01-01T00:00:00Z\0", 21), &us, NULL), OUTCOME_REJECT);
}

static void test_chinese_time_is_eight_hours_ahead(void **state) {
    (void)state;
    char room[TIME_TEXT_SIZE];
    assert_true(text_is(time_format_china(INT64_C(1772413200999999), room), "2026-03-02T09:00:00+08:00"));
    assert_true(text_is(time_format_china(-1, room), "1970-01-01T07:59:59+08:00"));
    assert_true(text_is_none(time_format_china(TIME_NONE, room)));
    assert_true(text_is_none(time_format_utc(TIME_NONE, room)));
    assert_true(time_format_utc(INT64_MAX, room).length < TIME_TEXT_SIZE);
    assert_true(time_format_utc(INT64_MIN + 1, room).length < TIME_TEXT_SIZE);
}

static void test_days_run_on_through_the_calendar(void **state) {
    (void)state;
    struct civil_date date = {1899, 12, 31};
    int64_t days = civil_to_days(date);
    assert_int_equal(civil_weekday(days), 6); /* a Sunday */
    for (int i = 0; i < 366 * 300; i++) {
        struct civil_date next = {date.year, date.month, date.day + 1};
        if (!civil_is_valid(next))
            next = (struct civil_date){date.year, date.month + 1, 1};
        if (!civil_is_valid(next))
            next = (struct civil_date){date.year + 1, 1, 1};
        assert_true(civil_to_days(next) == days + 1);
        assert_int_equal(civil_weekday(days + 1), (civil_weekday(days) + 1) % 7);
        struct civil_date back = civil_from_days(++days);
        assert_true(back.year == next.year && back.month == next.month && back.day == next.day);
        date = next;
    }
    assert_int_equal(civil_weekday(0), 3);
    assert_int_equal(civil_weekday(civil_to_days((struct civil_date){2026, 3, 2})), 0);
    assert_true(civil_to_days((struct civil_date){0, 3, 1}) == -719468);
}

static void test_durations_are_sums_of_units(void **state) {
    (void)state;
    static const struct { const char *text; int64_t us; const char *shortest; } table[] = {
        {"250ms", 250000, "250ms"},      {"10s", 10 * TIME_SECOND_US, "10s"},  {"5m", 5 * TIME_MINUTE_US, "5m"},
        {"2h", 2 * TIME_HOUR_US, "2h"},  {"1d", TIME_DAY_US, "1d"},            {"1h30m", 90 * TIME_MINUTE_US, "1h30m"},
        {"90m", 90 * TIME_MINUTE_US, "1h30m"}, {"24h", TIME_DAY_US, "1d"},     {"0s", 0, "0s"}, {"0d", 0, "0s"},
        {"1500ms", 1500000, "1s500ms"},  {"1d1ms1us", TIME_DAY_US + 1001, "1d1ms1us"}, {"007s", 7000000, "7s"},
        {"106751991d", INT64_C(106751991) * TIME_DAY_US, "106751991d"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int64_t us, again;
        char room[TIME_TEXT_SIZE];
        assert_int_equal(duration_parse(text_from(table[i].text), &us, NULL), OUTCOME_OK);
        assert_true(us == table[i].us);
        assert_true(text_is(duration_format(us, room), table[i].shortest));
        assert_int_equal(duration_parse(text_from(room), &again, NULL), OUTCOME_OK);
        assert_true(again == us);
    }
    char room[TIME_TEXT_SIZE];
    assert_true(duration_format(INT64_MAX, room).length < TIME_TEXT_SIZE);
    assert_true(duration_format(INT64_MIN, room).length < TIME_TEXT_SIZE);
}

static void test_what_is_no_duration_is_refused(void **state) {
    (void)state;
    static const char *const table[] = {"", "10", "s", "-1s", "1.5s", "1 s", " 1s", "1s ", "30m1h", "1s1s", "1w", "1S",
                                        "3 workdays", "106751992d", "9223372036854775808us", "99999999999999999999s",
                                        "106751991d23h", "1h30"};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int64_t us = 42;
        struct error error;
        assert_int_equal(duration_parse(text_from(table[i]), &us, &error), OUTCOME_REJECT);
        assert_string_equal(error.code, "bad_duration");
        assert_int_equal(us, 42);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moments_are_read_with_their_offset),
        cmocka_unit_test(test_what_is_no_moment_is_refused),
        cmocka_unit_test(test_chinese_time_is_eight_hours_ahead),
        cmocka_unit_test(test_days_run_on_through_the_calendar),
        cmocka_unit_test(test_durations_are_sums_of_units),
        cmocka_unit_test(test_what_is_no_duration_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
