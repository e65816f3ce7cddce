/* Counts working days, half days, business hours and calendar days from a moment on. */
#include "calendar/calendar.h"

#include <stdlib.h>

#define MORNING_FROM_US (9 * TIME_HOUR_US)
#define MORNING_TO_US (12 * TIME_HOUR_US)
#define AFTERNOON_FROM_US (14 * TIME_HOUR_US)
#define CLOSE_OF_BUSINESS_US (18 * TIME_HOUR_US)

static int compare_days(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static bool has_day(const int32_t *days, uint32_t count, int64_t day) {
    int32_t wanted = (int32_t)day;
    return count > 0 && bsearch(&wanted, days, count, sizeof *days, compare_days) != NULL;
}

bool calendar_is_working_day(const struct calendar *calendar, int64_t day) {
    bool weekend = civil_weekday(day) >= 5;
    if (!calendar)
        return !weekend;
    if (has_day(calendar->holidays, calendar->holiday_count, day))
        return false;
    return !weekend || has_day(calendar->worked_weekends, calendar->worked_weekend_count, day);
}

/* Day in China and the time of that day. */
static int64_t split_china(int64_t us, int64_t *ret_of_day_us) {
    int64_t local = us + TIME_CHINA_OFFSET_US;
    int64_t day = local / TIME_DAY_US;
    if (local % TIME_DAY_US < 0)
        day--;
    *ret_of_day_us = local - day * TIME_DAY_US;
    return day;
}

static int64_t join_china(int64_t day, int64_t of_day_us) { return day * TIME_DAY_US + of_day_us - TIME_CHINA_OFFSET_US; }

static int64_t next_working_day(const struct calendar *calendar, int64_t day) {
    do
        day++;
    while (!calendar_is_working_day(calendar, day));
    return day;
}

static int64_t due_workdays(const struct calendar *calendar, int64_t day, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        day = next_working_day(calendar, day);
    return join_china(day, CLOSE_OF_BUSINESS_US);
}

/* `left_us` of business time from a moment of `day` on. */
static int64_t due_business(const struct calendar *calendar, int64_t day, int64_t of_day_us, int64_t left_us) {
    static const int64_t spans[2][2] = {{MORNING_FROM_US, MORNING_TO_US}, {AFTERNOON_FROM_US, CLOSE_OF_BUSINESS_US}};
    if (!calendar_is_working_day(calendar, day)) {
        day = next_working_day(calendar, day);
        of_day_us = 0;
    }
    for (;; day = next_working_day(calendar, day), of_day_us = 0)
        for (int i = 0; i < 2; i++) {
            int64_t from = of_day_us > spans[i][0] ? of_day_us : spans[i][0];
            int64_t room = spans[i][1] - from;
            if (room <= 0)
                continue;
            if (left_us <= room)
                return join_china(day, from + left_us);
            left_us -= room;
        }
}

/* `count` half days: the rest of the half in which it begins is not counted. */
static int64_t due_half_days(const struct calendar *calendar, int64_t day, int64_t of_day_us, int64_t count) {
    bool morning_left = calendar_is_working_day(calendar, day) && of_day_us < MORNING_FROM_US;
    bool afternoon_left = calendar_is_working_day(calendar, day) && of_day_us < AFTERNOON_FROM_US;
    for (;; day = next_working_day(calendar, day), morning_left = afternoon_left = true) {
        if (morning_left && --count == 0)
            return join_china(day, MORNING_TO_US);
        if (afternoon_left && --count == 0)
            return join_china(day, CLOSE_OF_BUSINESS_US);
    }
}

static int64_t due_calendar_days(const struct calendar *calendar, int64_t day, int64_t count) {
    day += count;
    if (!calendar_is_working_day(calendar, day))
        day = next_working_day(calendar, day);
    return join_china(day, CLOSE_OF_BUSINESS_US);
}

enum outcome calendar_due(const struct calendar *calendar, int64_t start_us, struct limit_time limit, int64_t *ret_us,
                          struct error *error) {
    bool counted = limit.unit == LIMIT_WORKDAYS || limit.unit == LIMIT_HALF_DAYS ||
                   limit.unit == LIMIT_BUSINESS_HOURS || limit.unit == LIMIT_CALENDAR_DAYS;
    if (counted && (limit.amount < 1 || limit.amount > CALENDAR_LIMIT_DAYS_MOST))
        return error_set(error, OUTCOME_REJECT, "calendar_limit", "a limit must be between 1 and %d, not %lld",
                         (int)CALENDAR_LIMIT_DAYS_MOST, (long long)limit.amount);
    int64_t of_day_us, day = split_china(start_us, &of_day_us);
    switch (limit.unit) {
    case LIMIT_NONE: *ret_us = TIME_NONE; break;
    case LIMIT_MICROSECONDS:
        if (__builtin_add_overflow(start_us, limit.amount, ret_us))
            return error_set(error, OUTCOME_REJECT, "calendar_limit", "a duration of %lld µs is beyond all time",
                             (long long)limit.amount);
        break;
    case LIMIT_WORKDAYS: *ret_us = due_workdays(calendar, day, limit.amount); break;
    case LIMIT_HALF_DAYS: *ret_us = due_half_days(calendar, day, of_day_us, limit.amount); break;
    case LIMIT_BUSINESS_HOURS:
        *ret_us = due_business(calendar, day, of_day_us, limit.amount * TIME_HOUR_US);
        break;
    case LIMIT_CALENDAR_DAYS: *ret_us = due_calendar_days(calendar, day, limit.amount); break;
    case LIMIT_ON_THE_SPOT: *ret_us = join_china(day, CLOSE_OF_BUSINESS_US); break;
    case LIMIT_UNTIL_DATE: *ret_us = limit.amount; break;
    }
    return OUTCOME_OK;
}
