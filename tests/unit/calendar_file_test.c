/* config/calendar as it is shipped, and the whole that is published file by file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "definition/calendar_file.h"
#include "definition/calendar_question.h"
#include "unit/calendar_kit.h"

static struct arena arena;

static int setup(void **unused) {
    (void)unused;
    arena_init(&arena, 16 << 20);
    return 0;
}

static int teardown(void **unused) {
    (void)unused;
    arena_free(&arena);
    return 0;
}

static struct calendar_source shipped(const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/config/calendar/%s", YJS_SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *content = arena_alloc(&arena, 1 << 16);
    size_t length = fread(content, 1, 1 << 16, file);
    fclose(file);
    return (struct calendar_source){text_from(name), text_span(content, length)};
}

static const struct calendar *compile(struct text before, const struct calendar_source *sources, uint32_t count,
                                      struct text *ret_canonical) {
    struct fault_list faults;
    const struct calendar *calendar = NULL;
    assert_int_equal(calendar_compile(&arena, before, sources, count, &faults, &calendar, ret_canonical, NULL), OUTCOME_OK);
    assert_int_equal(faults.count, 0);
    return calendar;
}

/* The files say, day by day, what the notices say. */
static void test_shipped_years_are_the_notices(void **unused) {
    (void)unused;
    const struct calendar_source sources[] = {shipped("2026.yaml"), shipped("2025.yaml")};
    const struct calendar *calendar = compile(TEXT_NONE, sources, 2, NULL), *notices = calendar_of_both(&arena, NULL, 0);
    for (int64_t day = day_of("2024-12-01"); day < day_of("2027-02-01"); day++) {
        assert_int_equal(calendar_day(calendar, day).kind, calendar_day(notices, day).kind);
        assert_int_equal(calendar_is_working_day(calendar, CALENDAR_STATUTE, day),
                         calendar_is_working_day(notices, CALENDAR_STATUTE, day));
    }
    assert_int_equal(calendar_working_days(calendar, CALENDAR_PROMISE, day_of("2025-12-31"), day_of("2026-12-31")), 248);
    assert_true(text_is(calendar_find_year(calendar, 2026)->basis, "國辦發明電〔2025〕7號"));
}

static void test_version_is_of_what_is_said_not_of_how(void **unused) {
    (void)unused;
    const struct calendar_source sources[] = {shipped("2026.yaml"), shipped("2025.yaml")};
    const struct calendar_source other_way[] = {sources[1], sources[0]};
    struct text canonical, again;
    const struct calendar *calendar = compile(TEXT_NONE, sources, 2, &canonical);
    assert_true(text_equal(calendar->version, compile(TEXT_NONE, other_way, 2, NULL)->version));
    assert_true(text_equal(calendar->version, compile(canonical, NULL, 0, &again)->version));
    assert_true(text_equal(canonical, again));
    assert_int_equal(calendar->version.length, 64);
    assert_false(text_equal(calendar->version, compile(TEXT_NONE, sources, 1, NULL)->version));
}

static void test_published_file_replaces_the_one_of_its_name(void **unused) {
    (void)unused;
    const struct calendar_source both[] = {shipped("2025.yaml"), shipped("2026.yaml")};
    struct text canonical, second, third;
    const struct calendar *first = compile(TEXT_NONE, both, 2, &canonical);
    static const char typhoon[] = "year: 2026\nbasis: b\nholidays: []\nclosures:\n"
                                  "  - {days: 2026-09-08, regions: [\"441300\"], reason: 颱風, basis: 令}\n";
    const struct calendar_source year = {TEXT("t.yaml"), text_from(typhoon)};
    const struct calendar_source hours = {TEXT("h.yaml"), TEXT("hours: {morning: 08:30-12:00, afternoon: 14:30-17:30}\n")};
    const struct calendar *after = compile(canonical, &year, 1, &second);
    assert_false(text_equal(first->version, after->version));
    assert_true(calendar_is_working_day(first, CALENDAR_PROMISE, day_of("2026-09-08")));
    assert_true(calendar_is_working_day(after, CALENDAR_PROMISE, day_of("2026-09-08")));
    assert_false(calendar_is_working_day(calendar_for_region(after, TEXT("441302")), CALENDAR_PROMISE, day_of("2026-09-08")));
    assert_true(calendar_is_working_day(calendar_for_region(after, TEXT("441302")), CALENDAR_STATUTE, day_of("2026-09-08")));
    assert_int_equal(calendar_day(after, day_of("2025-10-01")).kind, CALENDAR_DAY_HOLIDAY);   /* 2025 stayed */
    const struct calendar *last = compile(second, &hours, 1, &third);
    assert_int_equal(last->hours.afternoon_to, 17 * 60 + 30);
    assert_int_equal(last->content->year_count, 2);
    assert_true(text_equal(compile(third, &both[1], 1, NULL)->version, compile(canonical, &hours, 1, NULL)->version));
}

static void test_calendar_without_files_is_provisional_throughout(void **unused) {
    (void)unused;
    const struct calendar *calendar = compile(TEXT_NONE, NULL, 0, NULL);
    assert_true(calendar_is_provisional(calendar, 2026));
    assert_true(calendar_is_working_day(calendar, CALENDAR_PROMISE, day_of("2026-10-01")));
}

static void test_questions_in_words(void **unused) {
    (void)unused;
    static const struct { const char *from, *limit, *due, *code; } rows[] = {
        {"2026-02-13", "7 workdays", "2026-03-02T18:00", NULL},
        {"2026-02-13T10:20", "3 hours", "2026-02-13T15:20", NULL},
        {"2026-02-13T10:20:30", "1 half day", "2026-02-13T18:00", NULL},
        {"2026-02-13T02:20:00Z", "3 hours", "2026-02-13T15:20", NULL},
        {"2026-02-13", "until 2026-08-31", "2026-09-01T00:00", NULL},
        {"2026-02-30", "1 workday", NULL, "bad_date"},
        {"2026-13-01", "1 workday", NULL, "bad_date"},
        {"1899-12-31", "1 workday", NULL, "bad_date"},
        {"13.02.2026", "1 workday", NULL, "bad_date"},
        {"2026-02-13 ", "1 workday", NULL, "bad_date"},
        {"2026-02-13T25:00", "1 workday", NULL, "bad_date"},
        {"", "1 workday", NULL, "bad_date"},
        {"2026-02-13", "0 workdays", NULL, "bad_limit"},
        {"2026-02-13", "1 week", NULL, "bad_limit"},
        {"2026-02-13", "99999 workdays", NULL, "bad_limit"},
        {"2026-02-13", "until 2026-02-12", NULL, "window_over"},
        {"9999-12-31", "3 workdays", NULL, "calendar_limit"},
        {"2026-02-13", "9999999d", NULL, "calendar_limit"},
        {"9999-12-30", "1 workday", "9999-12-31T18:00", NULL},
    };
    const struct calendar_source sources[] = {shipped("2026.yaml"), shipped("2025.yaml")};
    const struct calendar *calendar = compile(TEXT_NONE, sources, 2, NULL);
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t start_us, due_us;
        struct limit_time limit;
        struct error error = {0};
        enum outcome outcome = calendar_answer(calendar, CALENDAR_PROMISE, text_from(rows[i].from), text_from(rows[i].limit),
                                               &start_us, &limit, &due_us, &error);
        assert_int_equal(outcome, rows[i].due ? OUTCOME_OK : OUTCOME_REJECT);
        if (rows[i].due)
            assert_moment(due_us, rows[i].due);
        else
            assert_string_equal(error.code, rows[i].code);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shipped_years_are_the_notices),
        cmocka_unit_test(test_version_is_of_what_is_said_not_of_how),
        cmocka_unit_test(test_published_file_replaces_the_one_of_its_name),
        cmocka_unit_test(test_calendar_without_files_is_provisional_throughout),
        cmocka_unit_test(test_questions_in_words),
    };
    return cmocka_run_group_tests_name("config/calendar", tests, setup, teardown);
}
