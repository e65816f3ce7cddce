/* Counting: a ruler for each unit, on which every moment has a place in whole parts. What is counted between two moments
 * is the difference of their places, and a due moment is the first one whose place is far enough. */
#include "calendar/calendar_part.h"

#define DAY_LEAST INT64_C(-25567)      /* 1900-01-01 */
#define DAY_BEYOND INT64_C(2932897)    /* 10000-01-01 */

/* Business time in parts: those of a morning and of an afternoon pass at a rate of their own (1 but for half days). */
struct ruler {
    struct business_day day;
    int64_t morning_rate, afternoon_rate;
    int64_t morning_parts, day_parts;
};

static int64_t greatest_common_divisor(int64_t a, int64_t b) {
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static struct ruler ruler_of(const struct calendar *calendar, enum limit_unit unit) {
    struct ruler ruler = {.day = business_day_of(calendar), .morning_rate = 1, .afternoon_rate = 1};
    int64_t morning = ruler.day.morning_to - ruler.day.morning_from;
    int64_t afternoon = ruler.day.afternoon_to - ruler.day.afternoon_from;
    if (unit == LIMIT_HALF_DAYS) {
        int64_t divisor = greatest_common_divisor(morning, afternoon);
        ruler.morning_rate = afternoon / divisor;
        ruler.afternoon_rate = morning / divisor;
    }
    ruler.morning_parts = morning * ruler.morning_rate;
    ruler.day_parts = ruler.morning_parts + afternoon * ruler.afternoon_rate;
    return ruler;
}

static int64_t within(int64_t at, int64_t from, int64_t to) { return at <= from ? 0 : (at < to ? at : to) - from; }

static bool is_business(enum limit_unit unit) {
    return unit == LIMIT_WORKDAYS || unit == LIMIT_HALF_DAYS || unit == LIMIT_BUSINESS_HOURS;
}

bool calendar_is_pausable(struct limit_time limit) {
    return is_business(limit.unit) || limit.unit == LIMIT_CALENDAR_DAYS || limit.unit == LIMIT_MICROSECONDS;
}

int64_t place_of(const struct calendar_count *count, int64_t us) {
    if (!is_business(count->limit.unit))
        return us;
    struct ruler ruler = ruler_of(count->calendar, count->limit.unit);
    int64_t of_day_us, day = split_china(us, &of_day_us);
    int64_t place = working_days_before(count->calendar, count->clock, day) * ruler.day_parts;
    if (calendar_is_working_day(count->calendar, count->clock, day))
        place += within(of_day_us, ruler.day.morning_from, ruler.day.morning_to) * ruler.morning_rate +
                 within(of_day_us, ruler.day.afternoon_from, ruler.day.afternoon_to) * ruler.afternoon_rate;
    return place;
}

int64_t moment_at(const struct calendar_count *count, int64_t place) {
    if (!is_business(count->limit.unit))
        return place;
    struct ruler ruler = ruler_of(count->calendar, count->limit.unit);
    int64_t number = divide_up(place, ruler.day_parts), of_day = place - (number - 1) * ruler.day_parts;
    int64_t day = working_day_numbered(count->calendar, count->clock, number);
    if (of_day <= ruler.morning_parts)
        return join_china(day, ruler.day.morning_from + divide_up(of_day, ruler.morning_rate));
    return join_china(day, ruler.day.afternoon_from + divide_up(of_day - ruler.morning_parts, ruler.afternoon_rate));
}

int64_t counting_begins_us(const struct calendar_count *count) {
    enum limit_unit unit = count->limit.unit;
    if (unit != LIMIT_WORKDAYS && unit != LIMIT_CALENDAR_DAYS && unit != LIMIT_HALF_DAYS)
        return count->start_us;
    struct business_day hours = business_day_of(count->calendar);
    int64_t of_day_us, day = split_china(count->start_us, &of_day_us);
    if (unit == LIMIT_HALF_DAYS && of_day_us < hours.morning_from)
        return count->start_us;
    if (unit == LIMIT_HALF_DAYS && of_day_us < hours.afternoon_from)
        return join_china(day, hours.afternoon_from);
    return join_china(day + 1, 0);
}

int64_t calendar_parts_of_unit(const struct calendar_count *count) {
    struct ruler ruler = ruler_of(count->calendar, count->limit.unit);
    switch (count->limit.unit) {
    case LIMIT_WORKDAYS: return ruler.day_parts;
    case LIMIT_HALF_DAYS: return ruler.morning_parts;
    case LIMIT_BUSINESS_HOURS: return TIME_HOUR_US;
    case LIMIT_CALENDAR_DAYS: return TIME_DAY_US;
    case LIMIT_MICROSECONDS: return 1;
    default: return 0;
    }
}

int64_t calendar_parts(const struct calendar_count *count) {
    return calendar_parts_of_unit(count) * count->limit.amount;
}

int64_t calendar_counted(const struct calendar_count *count, int64_t from_us, int64_t to_us) {
    int64_t begins_us = counting_begins_us(count), ends_us = calendar_day_begins_us(DAY_BEYOND);
    from_us = from_us > begins_us ? from_us : begins_us;
    to_us = to_us < ends_us ? to_us : ends_us;
    return calendar_is_pausable(count->limit) && from_us < to_us ? place_of(count, to_us) - place_of(count, from_us) : 0;
}

/* ---- due ---- */

enum outcome check_limit(int64_t start_us, struct limit_time limit, struct error *error) {
    int64_t end_us;
    if (limit.unit == LIMIT_MICROSECONDS && __builtin_add_overflow(start_us, limit.amount, &end_us))
        return error_set(error, OUTCOME_REJECT, "calendar_limit", "a duration of %lld µs is beyond all time",
                         (long long)limit.amount);
    if ((is_business(limit.unit) || limit.unit == LIMIT_CALENDAR_DAYS) &&
        (limit.amount < 1 || limit.amount > CALENDAR_LIMIT_DAYS_MOST))
        return error_set(error, OUTCOME_REJECT, "calendar_limit", "a limit must be between 1 and %d, not %lld",
                         (int)CALENDAR_LIMIT_DAYS_MOST, (long long)limit.amount);
    bool is_of_days = is_business(limit.unit) || limit.unit == LIMIT_CALENDAR_DAYS || limit.unit == LIMIT_ON_THE_SPOT;
    if (is_of_days && (start_us < calendar_day_begins_us(DAY_LEAST) || start_us >= calendar_day_begins_us(DAY_BEYOND)))
        return error_set(error, OUTCOME_REJECT, "calendar_limit", "a limit must begin in the years 1900 to 9999");
    return OUTCOME_OK;
}

/* The first end of a working day, or of its morning, after `us`. */
static int64_t next_end(const struct calendar_count *count, bool of_halves, int64_t us) {
    struct business_day hours = business_day_of(count->calendar);
    int64_t of_day_us, day = split_china(us, &of_day_us);
    int64_t worked = calendar_nth_working_day(count->calendar, count->clock, day - 1, 1);
    if (worked == day && of_day_us >= hours.afternoon_to)
        worked = calendar_nth_working_day(count->calendar, count->clock, day, 1);
    bool is_morning = worked > day || of_day_us < hours.morning_to;
    return join_china(worked, of_halves && is_morning ? hours.morning_to : hours.afternoon_to);
}

/* What no pause moves. */
int64_t fixed_end(const struct calendar_count *count) {
    if (count->limit.unit == LIMIT_ON_THE_SPOT)
        return next_end(count, false, count->start_us);
    return count->limit.unit == LIMIT_UNTIL_DATE ? count->limit.amount : TIME_NONE;
}

/* A limit in days ends when business does on the day that its count became full, which for calendar days is the day
 * that ends then. Were that over before the clock ran again, the last day is the one that follows. */
int64_t due_from(const struct calendar_count *count, int64_t from_us, int64_t lacking) {
    int64_t begins_us = counting_begins_us(count), full_us = from_us > begins_us ? from_us : begins_us, end_us;
    if (lacking > 0)
        full_us = moment_at(count, place_of(count, full_us) + lacking);
    switch (count->limit.unit) {
    case LIMIT_WORKDAYS: end_us = next_end(count, false, full_us - 1); break;
    case LIMIT_HALF_DAYS: end_us = next_end(count, true, full_us - 1); break;
    case LIMIT_CALENDAR_DAYS: end_us = next_end(count, false, join_china(calendar_day_of(full_us - 1), 0)); break;
    default: return full_us;
    }
    return end_us >= from_us ? end_us : next_end(count, count->limit.unit == LIMIT_HALF_DAYS, from_us - 1);
}

enum outcome calendar_due_after(const struct calendar_count *count, int64_t from_us, int64_t counted, int64_t *ret_us,
                                struct error *error) {
    enum outcome outcome = check_limit(count->start_us, count->limit, error);
    if (outcome == OUTCOME_OK && calendar_is_pausable(count->limit))
        outcome = check_limit(from_us, count->limit, error);
    if (outcome == OUTCOME_OK)
        *ret_us = calendar_is_pausable(count->limit) ? due_from(count, from_us, calendar_parts(count) - counted)
                                                     : fixed_end(count);
    return outcome;
}

enum outcome calendar_due(const struct calendar *calendar, enum calendar_clock clock, int64_t start_us,
                          struct limit_time limit, int64_t *ret_us, struct error *error) {
    struct calendar_count count = {calendar, clock, limit, start_us};
    return calendar_due_after(&count, start_us, 0, ret_us, error);
}

enum outcome calendar_publicity_end(const struct calendar *calendar, enum calendar_clock clock, int64_t start_us,
                                    struct limit_time limit, int64_t *ret_us, struct error *error) {
    int64_t due_us;
    enum outcome outcome = calendar_due(calendar, clock, start_us, limit, &due_us, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    bool in_days = limit.unit == LIMIT_WORKDAYS || limit.unit == LIMIT_CALENDAR_DAYS || limit.unit == LIMIT_HALF_DAYS;
    *ret_us = in_days ? calendar_day_begins_us(calendar_day_of(due_us) + 1) : due_us;
    return OUTCOME_OK;
}
