/* Calendars at random: tables against walking from day to day, and pauses that neither lose nor invent time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "calendar/calendar.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ROUNDS 300
#define CASES 40

static uint64_t seed;
static uint64_t draw(uint64_t below) {   /* splitmix64 */
    uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) % below;
}

static int64_t first_day(int year) { return civil_to_days((struct civil_date){year, 1, 1}); }

static struct calendar_hours random_hours(void) {
    int16_t from = (int16_t)(15 * draw(40)), morning = (int16_t)(15 + 15 * draw(16)), noon = (int16_t)(15 * draw(8));
    int16_t afternoon = (int16_t)(15 + 15 * draw(16));
    return (struct calendar_hours){from, (int16_t)(from + morning), (int16_t)(from + morning + noon),
                                   (int16_t)(from + morning + noon + afternoon)};
}

/* One to three years, with a gap at times, holidays, worked weekends and closures anywhere. */
static const struct calendar *random_calendar(struct arena *arena) {
    static const struct text regions[] = {{"441300", 6}};
    struct calendar_content *content = arena_new(arena, struct calendar_content);
    uint32_t year_count = 1 + (uint32_t)draw(3), closure_count = (uint32_t)draw(4);
    struct calendar_year *years = arena_new_array(arena, year_count, struct calendar_year);
    struct calendar_closure *closures = arena_new_array(arena, closure_count, struct calendar_closure);
    int year = 2020;
    for (uint32_t i = 0; i < year_count; i++, year += 1 + (int)draw(2)) {
        struct calendar_holiday *holidays = arena_new_array(arena, 8, struct calendar_holiday);
        int32_t *worked = arena_new_array(arena, 8, int32_t);
        years[i] = (struct calendar_year){year, TEXT("basis"), (uint32_t)draw(8), holidays, 0, worked};
        for (uint32_t k = 0; k < years[i].holiday_count; k++) {
            int32_t from = (int32_t)(first_day(year) + (int64_t)draw(350));
            holidays[k] = (struct calendar_holiday){{from, from + (int32_t)draw(10)}, TEXT("holiday")};
        }
        for (uint32_t k = 0; k < 8; k++) {
            int64_t day = first_day(year) + (int64_t)draw(360);
            if (civil_weekday(day) >= 5)
                worked[years[i].worked_weekend_count++] = (int32_t)day;
        }
    }
    for (uint32_t i = 0; i < closure_count; i++) {
        int32_t from = (int32_t)(first_day(2019) + (int64_t)draw(2200));
        closures[i] = (struct calendar_closure){{from, from + (int32_t)draw(4)}, (uint32_t)draw(2), regions, TEXT("typhoon"),
                                                TEXT("order"), draw(2) ? TEXT("law") : TEXT_NONE};
    }
    *content = (struct calendar_content){random_hours(), year_count, years, closure_count, closures};
    const struct calendar *calendar;
    assert_int_equal(calendar_build(arena, content, TEXT("v"), &calendar, NULL), OUTCOME_OK);
    return calendar_for_region(calendar, draw(2) ? TEXT("441302") : TEXT("110000"));
}

static int64_t random_day(void) { return first_day(2018) + (int64_t)draw(3000); }
static int64_t random_moment(void) { return calendar_day_begins_us(random_day()) + (int64_t)draw((uint64_t)TIME_DAY_US); }

static struct limit_time random_limit(void) {
    static const enum limit_unit units[] = {LIMIT_WORKDAYS, LIMIT_HALF_DAYS, LIMIT_BUSINESS_HOURS, LIMIT_CALENDAR_DAYS,
                                            LIMIT_MICROSECONDS};
    enum limit_unit unit = units[draw(COUNT(units))];
    return (struct limit_time){unit, unit == LIMIT_MICROSECONDS ? (int64_t)draw(40 * TIME_DAY_US) : 1 + (int64_t)draw(40)};
}

static bool is_worked(const struct calendar *calendar, enum calendar_clock clock, int64_t day) {
    return calendar_day(calendar, day).is_working[clock];
}

/* The nth working day found by walking. */
static void test_tables_agree_with_walking_from_day_to_day(void **unused) {
    (void)unused;
    for (seed = 1; seed <= ROUNDS; seed++) {
        uint64_t round = seed;
        struct arena arena;
        arena_init(&arena, 1 << 20);
        const struct calendar *calendar = random_calendar(&arena);
        for (int i = 0; i < CASES; i++) {
            enum calendar_clock clock = (enum calendar_clock)draw(2);
            int64_t start = random_day(), day = start, n = 1 + (int64_t)draw(60);
            for (int64_t left = n; left > 0; left -= is_worked(calendar, clock, day))
                day++;
            assert_int_equal(calendar_nth_working_day(calendar, clock, start, n), day);
            assert_int_equal(calendar_working_days(calendar, clock, start, day), n);
            assert_int_equal(calendar_working_days(calendar, clock, day, start), -n);
            assert_int_equal(calendar_is_working_day(calendar, clock, start), is_worked(calendar, clock, start));
            for (day = start; n > 0; n -= is_worked(calendar, clock, day))
                day--;
            assert_int_equal(calendar_nth_working_day(calendar, clock, start, -calendar_working_days(calendar, clock, day - 1, start - 1)), day);
        }
        arena_free(&arena);
        seed = round;
    }
}

/* Business time by walking from quarter to quarter is what is counted of hours. */
static void test_hours_agree_with_walking_from_quarter_to_quarter(void **unused) {
    (void)unused;
    const int64_t quarter = CALENDAR_HOURS_GRAIN_MINUTES * TIME_MINUTE_US;
    for (seed = 1; seed <= ROUNDS; seed++) {
        uint64_t round = seed;
        struct arena arena;
        arena_init(&arena, 1 << 20);
        const struct calendar *calendar = random_calendar(&arena);
        int64_t from = calendar_day_begins_us(random_day()) + (int64_t)draw(96) * quarter, counted = 0;
        int64_t to = from + (int64_t)draw(1000) * quarter;
        struct calendar_count count = {calendar, CALENDAR_PROMISE, {LIMIT_BUSINESS_HOURS, 1}, from};
        for (int64_t at = from; at < to; at += quarter) {
            int64_t day = calendar_day_of(at), minute = (at - calendar_day_begins_us(day)) / TIME_MINUTE_US;
            struct calendar_hours h = calendar->hours;
            bool open = (minute >= h.morning_from && minute < h.morning_to) ||
                        (minute >= h.afternoon_from && minute < h.afternoon_to);
            counted += open && is_worked(calendar, CALENDAR_PROMISE, day) ? quarter : 0;
        }
        assert_int_equal(calendar_counted(&count, from, to), counted);
        arena_free(&arena);
        seed = round;
    }
}

static int compare(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* What holds for one limit with pauses whose ends are `at`, ascending, two by two. */
static void assert_exact(const struct calendar_count *count, const int64_t *at, size_t pause_count) {
    struct calendar_pause pauses[4];
    struct calendar_run run, closed;
    int64_t paused = 0;
    for (size_t i = 0; i < pause_count; i++)
        pauses[i] = (struct calendar_pause){at[2 * i], at[2 * i + 1]};
    assert_int_equal(calendar_run(count, pauses, pause_count, 0, &run, NULL), OUTCOME_OK);
    assert_true(run.due_us != TIME_NONE && run.yellow_us != TIME_NONE && run.yellow_us <= run.due_us);
    int64_t from = count->start_us, counted = 0, later;
    for (size_t i = 0; i < pause_count; i++) {
        paused += calendar_counted(count, at[2 * i], at[2 * i + 1]);
        counted += calendar_counted(count, from, at[2 * i]);
        from = at[2 * i + 1];
    }
    /* counted and paused together are all the time there was: none lost, none invented */
    assert_int_equal(counted + paused, calendar_counted(count, count->start_us, from));
    assert_int_equal(calendar_run(count, pauses, pause_count, from, &closed, NULL), OUTCOME_OK);
    assert_int_equal(closed.counted, counted);
    assert_int_equal(calendar_due_after(count, from, counted, &later, NULL), OUTCOME_OK);
    if (run.due_us > from)   /* else it was over before the last pause ended */
        assert_int_equal(run.due_us, later);
    assert_int_equal(calendar_run(count, pauses, pause_count, run.due_us, &closed, NULL), OUTCOME_OK);
    if (count->limit.unit == LIMIT_CALENDAR_DAYS)
        return;   /* the last of them ends with business, before it is full */
    assert_true(closed.counted >= closed.parts);   /* it is not over before all is counted */
    int64_t day_parts = count->limit.unit == LIMIT_WORKDAYS || count->limit.unit == LIMIT_HALF_DAYS ? closed.parts_of_unit : 1;
    if (pause_count == 0)
        assert_true(closed.counted == closed.parts);
    assert_true(calendar_run(count, pauses, pause_count, run.due_us - 1, &closed, NULL) == OUTCOME_OK);
    assert_true(run.parts == 0 || closed.counted < run.parts + 2 * day_parts);
}

static void test_pausing_and_resuming_neither_loses_nor_invents_time(void **unused) {
    (void)unused;
    for (seed = 1; seed <= ROUNDS; seed++) {
        uint64_t round = seed;
        struct arena arena;
        arena_init(&arena, 1 << 20);
        const struct calendar *calendar = random_calendar(&arena);
        for (int i = 0; i < CASES; i++) {
            struct calendar_count count = {calendar, (enum calendar_clock)draw(2), random_limit(), random_moment()};
            int64_t at[8];
            for (size_t k = 0; k < COUNT(at); k++)
                at[k] = count.start_us + (int64_t)draw((uint64_t)(60 * TIME_DAY_US));
            qsort(at, COUNT(at), sizeof *at, compare);
            assert_exact(&count, at, draw(5));
        }
        arena_free(&arena);
        seed = round;
    }
}

/* A pause of no length changes nothing, wherever it lies; one of no business time neither, but for the clock's units. */
static void test_pause_of_no_length_changes_nothing(void **unused) {
    (void)unused;
    for (seed = 1; seed <= ROUNDS; seed++) {
        uint64_t round = seed;
        struct arena arena;
        arena_init(&arena, 1 << 20);
        const struct calendar *calendar = random_calendar(&arena);
        for (int i = 0; i < CASES; i++) {
            struct calendar_count count = {calendar, (enum calendar_clock)draw(2), random_limit(), random_moment()};
            struct calendar_run plain, paused;
            int64_t at = count.start_us + (int64_t)draw((uint64_t)(60 * TIME_DAY_US)), due_us;
            assert_int_equal(calendar_run(&count, NULL, 0, at, &plain, NULL), OUTCOME_OK);
            assert_int_equal(calendar_run(&count, &(struct calendar_pause){at, at}, 1, at, &paused, NULL), OUTCOME_OK);
            assert_int_equal(plain.due_us, paused.due_us);
            assert_int_equal(plain.yellow_us, paused.yellow_us);
            assert_int_equal(plain.counted, paused.counted);
            assert_int_equal(calendar_due(calendar, count.clock, count.start_us, count.limit, &due_us, NULL), OUTCOME_OK);
            assert_int_equal(plain.due_us, due_us);
        }
        arena_free(&arena);
        seed = round;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables_agree_with_walking_from_day_to_day),
        cmocka_unit_test(test_hours_agree_with_walking_from_quarter_to_quarter),
        cmocka_unit_test(test_pausing_and_resuming_neither_loses_nor_invents_time),
        cmocka_unit_test(test_pause_of_no_length_changes_nothing),
    };
    return cmocka_run_group_tests_name("calendars at random", tests, NULL, NULL);
}
