/* Days: which are worked, and how many working days lie between two of them, without walking from one to the other. */
#include "calendar/calendar_part.h"

#define MONDAY 4            /* 1970-01-05: weeks are counted from here */
#define MINUTE TIME_MINUTE_US

struct business_day business_day_of(const struct calendar *calendar) {
    struct calendar_hours h = calendar ? calendar->hours : CALENDAR_HOURS_USUAL;
    return (struct business_day){h.morning_from * MINUTE, h.morning_to * MINUTE, h.afternoon_from * MINUTE,
                                 h.afternoon_to * MINUTE};
}

int64_t split_china(int64_t us, int64_t *ret_of_day_us) {
    int64_t local = us + TIME_CHINA_OFFSET_US, day = local / TIME_DAY_US, of_day_us = local % TIME_DAY_US;
    *ret_of_day_us = of_day_us < 0 ? of_day_us + TIME_DAY_US : of_day_us;
    return of_day_us < 0 ? day - 1 : day;
}

int64_t join_china(int64_t day, int64_t of_day_us) { return day * TIME_DAY_US + of_day_us - TIME_CHINA_OFFSET_US; }

int64_t calendar_day_of(int64_t us) {
    int64_t of_day_us;
    return split_china(us, &of_day_us);
}

int64_t calendar_day_begins_us(int64_t day) { return join_china(day, 0); }

int64_t calendar_close_us(const struct calendar *calendar, int64_t day) {
    return join_china(day, business_day_of(calendar).afternoon_to);
}

/* Mondays to Fridays before `day`, from MONDAY on. */
static int64_t weekdays_before(int64_t day) {
    int64_t since = day - MONDAY, week = since / 7, rest = since % 7;
    if (rest < 0) {
        rest += 7;
        week--;
    }
    return week * 5 + (rest < 5 ? rest : 5);
}

int64_t working_days_before(const struct calendar *calendar, enum calendar_clock clock, int64_t day) {
    int64_t weekdays = weekdays_before(day);
    if (!calendar || day <= calendar->first_day)
        return weekdays;
    int64_t within = day - calendar->first_day;
    return weekdays + calendar->shift[clock][within < calendar->day_count ? within : calendar->day_count];
}

/* Begins where weekdays alone would have it and closes in: a step of as many days as working days are lacking never
 * goes past it, and likewise back. */
int64_t working_day_numbered(const struct calendar *calendar, enum calendar_clock clock, int64_t number) {
    int64_t week = (number - 1) / 5, rest = (number - 1) % 5;
    if (rest < 0) {
        rest += 5;
        week--;
    }
    int64_t day = MONDAY + week * 7 + rest;
    for (;;) {
        int64_t lacking = number - working_days_before(calendar, clock, day + 1);
        if (lacking > 0) {
            day += lacking;
            continue;
        }
        int64_t beyond = working_days_before(calendar, clock, day) - number + 1;
        if (beyond <= 0)
            return day;
        day -= beyond;
    }
}

bool calendar_is_working_day(const struct calendar *calendar, enum calendar_clock clock, int64_t day) {
    return working_days_before(calendar, clock, day + 1) > working_days_before(calendar, clock, day);
}

int64_t calendar_working_days(const struct calendar *calendar, enum calendar_clock clock, int64_t from, int64_t to) {
    return working_days_before(calendar, clock, to + 1) - working_days_before(calendar, clock, from + 1);
}

int64_t calendar_nth_working_day(const struct calendar *calendar, enum calendar_clock clock, int64_t day, int64_t n) {
    int64_t number = n > 0 ? working_days_before(calendar, clock, day + 1) + n
                           : working_days_before(calendar, clock, day) + 1 + n;
    return working_day_numbered(calendar, clock, number);
}

/* ---- what a day is called ---- */

const struct calendar_year *calendar_find_year(const struct calendar *calendar, int64_t year) {
    for (uint32_t i = 0; calendar && i < calendar->content->year_count; i++)
        if (calendar->content->years[i].year == year)
            return &calendar->content->years[i];
    return NULL;
}

bool calendar_is_provisional(const struct calendar *calendar, int64_t year) { return !calendar_find_year(calendar, year); }

bool calendar_is_provisional_between(const struct calendar *calendar, int64_t from_us, int64_t to_us) {
    int year = civil_from_days(calendar_day_of(from_us)).year, last = civil_from_days(calendar_day_of(to_us)).year;
    for (; year <= last; year++)
        if (calendar_is_provisional(calendar, year))
            return true;
    return false;
}

static bool span_has(struct calendar_span span, int64_t day) { return span.from <= day && day <= span.to; }

bool calendar_region_lies_in(struct text region, struct text outer) {
    size_t digits = outer.length;
    while (digits > 2 && digits % 2 == 0 && memcmp(outer.at + digits - 2, "00", 2) == 0)
        digits -= 2;
    return region.length >= digits && memcmp(region.at, outer.at, digits) == 0;
}

bool calendar_closure_holds(const struct calendar *calendar, const struct calendar_closure *closure) {
    for (uint32_t i = 0; i < closure->region_count; i++)
        if (!text_is_none(calendar->region) && calendar_region_lies_in(calendar->region, closure->regions[i]))
            return true;
    return closure->region_count == 0;
}

/* A closure takes nothing from a day that is off anyway; of two on one day the first gives the name. */
static void put_closures(const struct calendar *calendar, int64_t day, struct calendar_day *ret) {
    if (!ret->is_working[CALENDAR_PROMISE])
        return;
    for (uint32_t i = 0; i < calendar->content->closure_count; i++) {
        const struct calendar_closure *closure = &calendar->content->closures[i];
        if (!span_has(closure->days, day) || !calendar_closure_holds(calendar, closure))
            continue;
        if (ret->kind != CALENDAR_DAY_CLOSURE) {
            ret->kind = CALENDAR_DAY_CLOSURE;
            ret->name = closure->reason;
            ret->basis = closure->basis;
        }
        ret->is_working[CALENDAR_PROMISE] = false;
        ret->is_working[CALENDAR_STATUTE] = ret->is_working[CALENDAR_STATUTE] && text_is_none(closure->statute_basis);
    }
}

/* The day by its content, from which the tables are made. */
struct calendar_day calendar_day(const struct calendar *calendar, int64_t day) {
    const struct calendar_year *year = calendar_find_year(calendar, civil_from_days(day).year);
    bool weekend = civil_weekday(day) >= 5;
    struct calendar_day found = {.kind = weekend ? CALENDAR_DAY_WEEKEND : CALENDAR_DAY_WORKING, .is_provisional = !year};
    for (uint32_t i = 0; year && i < year->worked_weekend_count; i++)
        if (year->worked_weekends[i] == day)
            found.kind = CALENDAR_DAY_WORKED_WEEKEND;
    for (uint32_t i = 0; year && i < year->holiday_count; i++)
        if (span_has(year->holidays[i].days, day)) {
            found.kind = CALENDAR_DAY_HOLIDAY;
            found.name = year->holidays[i].name;
        }
    if (year)
        found.basis = year->basis;
    for (int clock = 0; clock < CALENDAR_CLOCK_COUNT; clock++)
        found.is_working[clock] = found.kind == CALENDAR_DAY_WORKING || found.kind == CALENDAR_DAY_WORKED_WEEKEND;
    if (calendar)
        put_closures(calendar, day, &found);
    return found;
}

const char *calendar_day_kind_name(enum calendar_day_kind kind) {
    static const char *const names[] = {[CALENDAR_DAY_WORKING] = "working", [CALENDAR_DAY_WEEKEND] = "weekend",
                                        [CALENDAR_DAY_HOLIDAY] = "holiday",
                                        [CALENDAR_DAY_WORKED_WEEKEND] = "worked_weekend",
                                        [CALENDAR_DAY_CLOSURE] = "closure"};
    return names[kind];
}
