/* The calendar of 2025 and 2026 for tests, made by hand from the State Council's notices, and moments written as text. */
#ifndef YJS_TESTS_UNIT_CALENDAR_KIT_H
#define YJS_TESTS_UNIT_CALENDAR_KIT_H

#include "calendar/calendar.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static inline int32_t day_of(const char *date) {   /* "2026-03-02" */
    char text[32] = {0};
    int64_t us;
    memcpy(text, date, 10);
    strcat(text, "T00:00+08:00");
    assert_int_equal(time_parse(text_from(text), &us, NULL), OUTCOME_OK);
    return (int32_t)calendar_day_of(us);
}

/* "2026-03-02T09:00", in China. */
static inline int64_t moment(const char *text) {
    char room[40];
    int64_t us;
    snprintf(room, sizeof room, "%s+08:00", text);
    assert_int_equal(time_parse(text_from(room), &us, NULL), OUTCOME_OK);
    return us;
}

static inline void assert_moment(int64_t us, const char *expected) {
    char room[TIME_TEXT_SIZE];
    struct text text = us == TIME_NONE ? TEXT("none") : time_format_china(us, room);
    char shown[TIME_TEXT_SIZE] = {0};
    memcpy(shown, text.at, text.length > 16 ? 16 : text.length);   /* to the minute */
    assert_string_equal(shown, expected);
}

static inline struct calendar_holiday holiday(const char *from, const char *to) {
    return (struct calendar_holiday){{day_of(from), day_of(to)}, TEXT("holiday")};
}

/* Both years, with `closures`, in `arena`. */
static inline const struct calendar *calendar_of_both(struct arena *arena, const struct calendar_closure *closures,
                                                      uint32_t closure_count) {
    static struct calendar_holiday off_2025[6], off_2026[7];
    static int32_t worked_2025[5], worked_2026[6];
    static struct calendar_year years[2];
    static const char *const ranges_2025[][2] = {
        {"2025-01-01", "2025-01-01"}, {"2025-01-28", "2025-02-04"}, {"2025-04-04", "2025-04-06"},
        {"2025-05-01", "2025-05-05"}, {"2025-05-31", "2025-06-02"}, {"2025-10-01", "2025-10-08"}};
    static const char *const ranges_2026[][2] = {
        {"2026-01-01", "2026-01-03"}, {"2026-02-15", "2026-02-23"}, {"2026-04-04", "2026-04-06"},
        {"2026-05-01", "2026-05-05"}, {"2026-06-19", "2026-06-21"}, {"2026-09-25", "2026-09-27"},
        {"2026-10-01", "2026-10-07"}};
    static const char *const weekends_2025[] = {"2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"};
    static const char *const weekends_2026[] = {"2026-01-04", "2026-02-14", "2026-02-28",
                                                "2026-05-09", "2026-09-20", "2026-10-10"};
    for (size_t i = 0; i < COUNT(off_2025); i++)
        off_2025[i] = holiday(ranges_2025[i][0], ranges_2025[i][1]);
    for (size_t i = 0; i < COUNT(off_2026); i++)
        off_2026[i] = holiday(ranges_2026[i][0], ranges_2026[i][1]);
    for (size_t i = 0; i < COUNT(worked_2025); i++)
        worked_2025[i] = day_of(weekends_2025[i]);
    for (size_t i = 0; i < COUNT(worked_2026); i++)
        worked_2026[i] = day_of(weekends_2026[i]);
    years[0] = (struct calendar_year){2025, TEXT("notice"), COUNT(off_2025), off_2025, COUNT(worked_2025), worked_2025};
    years[1] = (struct calendar_year){2026, TEXT("notice"), COUNT(off_2026), off_2026, COUNT(worked_2026), worked_2026};
    struct calendar_content *content = arena_new(arena, struct calendar_content);
    *content = (struct calendar_content){CALENDAR_HOURS_USUAL, 2, years, closure_count, closures};
    const struct calendar *calendar;
    assert_int_equal(calendar_build(arena, content, TEXT("both"), &calendar, NULL), OUTCOME_OK);
    return calendar;
}

#endif
