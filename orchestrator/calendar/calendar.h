/* Calendar: which days are worked, when a legal limit ends, and how much of it has been counted.
 *
 * Called by the engine (inside decide), by the API and by tools; pure, from any thread. A calendar is immutable; a newly
 * published one is another struct with another version. Wherever a calendar is wanted NULL may be given: then every
 * year is provisional (days off are Saturdays and Sundays) and the hours are CALENDAR_HOURS_USUAL.
 *
 * The rules, each with its source (DOMAIN.md, Time, where nothing else is named):
 *
 *   day of beginning      is not counted (民法典 201); a rest of a half day neither. Hours begin at once.
 *   n working days        end at the close of business of the nth working day after the day of beginning. Working days
 *                         follow the State Council's notices with 調休: holidays are off, worked weekends are worked.
 *   half days, hours      count business time alone. A half day is a morning or an afternoon.
 *   calendar days         end at the close of business of the nth day after; when that is a day off, of the next working
 *                         day (民法典 203).
 *   publicity             lasts its full days, up to midnight (calendar_publicity_end).
 *   on the spot           ends at the close of business of the same day; begun after it or on a day off, of the next
 *                         working day.
 *   until a date          ends with that day, whatever day it is: a window is as it was announced.
 *   machine durations     run by the clock on the wall (hours marked wall-clock, `4h`).
 *   closures              a local day off (a typhoon) moves promises. It moves statutory dates only if it names its basis
 *                         for that, because 行政許可法 82 excludes legal holidays alone. Hence two clocks.
 *   year not published    is provisional: weekends alone are off.
 *
 * Counting. Time is counted in *parts*, whole numbers, so that no division ever drops any: working days and hours in
 * microseconds of business time, half days in parts of which a morning and an afternoon have equally many, calendar days
 * and machine durations in microseconds of the clock. Counting is additive: for a <= b <= c, from a to b and from b to c
 * together are exactly what is counted from a to c. A pause therefore takes out exactly what would have been counted
 * within it, whenever it begins and ends, and a pause outside of business time takes out nothing.
 * A limit in days or half days whose last one has come ends with the business hours of that one, also after a pause in
 * the middle of a day (民法典 203: the last day ends when business ends); in hours it ends to the microsecond.
 *
 * Parts belong to one version of the calendar (its business hours): do not store them. Store the moments, count again. */
#ifndef YJS_CALENDAR_CALENDAR_H
#define YJS_CALENDAR_CALENDAR_H

#include "base/arena.h"
#include "base/error.h"
#include "base/time.h"
#include "model/definition.h"

enum {
    CALENDAR_LIMIT_DAYS_MOST = 36500,       /* amount of any legal limit: a hundred years of days */
    CALENDAR_YEAR_LEAST = 1990, CALENDAR_YEAR_MOST = 2199,
    CALENDAR_YEARS_MOST = 64,               /* from the first published year to the last */
    CALENDAR_REGIONS_MOST = 512,            /* regions named by closures: each has its own table of days */
    CALENDAR_HOURS_GRAIN_MINUTES = 15,      /* business hours begin and end on it: keeps parts within 64 bits */
};

/* Promises and statutory limits see different days off. */
enum calendar_clock { CALENDAR_PROMISE, CALENDAR_STATUTE, CALENDAR_CLOCK_COUNT };

/* ---- what a calendar is made of ---- */

/* Days are days since 1970-01-01 (civil_to_days); both ends belong to it. */
struct calendar_span { int32_t from, to; };
/* Minutes of the day in China; morning_from < morning_to <= afternoon_from < afternoon_to <= 1440, on the grain. */
struct calendar_hours { int16_t morning_from, morning_to, afternoon_from, afternoon_to; };
#define CALENDAR_HOURS_USUAL ((struct calendar_hours){9 * 60, 12 * 60, 14 * 60, 18 * 60})

struct calendar_holiday { struct calendar_span days; struct text name; };
struct calendar_year {
    int32_t year;
    struct text basis;                                          /* the notice that published it */
    uint32_t holiday_count;        const struct calendar_holiday *holidays;
    uint32_t worked_weekend_count; const int32_t *worked_weekends;   /* weekend days that are worked (調休) */
};
struct calendar_closure {
    struct calendar_span days;
    uint32_t region_count; const struct text *regions;          /* with all below them; 0: everywhere */
    struct text reason, basis;                                  /* why, and by whose order */
    struct text statute_basis;                                  /* absent: statutory limits run on */
};
/* Checked by who made it (definition/calendar_compile.c reports faults with their places). */
struct calendar_content {
    struct calendar_hours hours;
    uint32_t year_count;    const struct calendar_year *years;         /* ascending */
    uint32_t closure_count; const struct calendar_closure *closures;
};

struct calendar_region;
struct calendar {
    struct text version;                    /* of the whole; the same in each region */
    struct text region;                     /* absent: where no closure of a region holds */
    const struct calendar_content *content;
    struct calendar_hours hours;
    int64_t first_day; int32_t day_count;   /* the days that the table covers */
    /* [i]: working days more (or fewer) than weekdays in the first i days of the table */
    const int16_t *shift[CALENDAR_CLOCK_COUNT];
    uint32_t region_count; const struct calendar_region *regions;
};
struct calendar_region { struct text region; const struct calendar *calendar; };

/* Builds the calendar in `arena`; content (borrowed) and version must live as long. REJECT calendar_content: years not
 * ascending or out of bounds, a day outside of its year, hours that are none. FATAL: out of memory. */
enum outcome calendar_build(struct arena *, const struct calendar_content *, struct text version,
                            const struct calendar **ret, struct error *);
/* The calendar as it holds in `region`: of that region, else its city (first four digits + "00"), else its province,
 * else the given one. NULL gives NULL. */
const struct calendar *calendar_for_region(const struct calendar *, struct text region);

/* Does `region` lie in `outer`, which may be a city's or a province's code? */
bool calendar_region_lies_in(struct text region, struct text outer);

/* ---- days ---- */

enum calendar_day_kind { CALENDAR_DAY_WORKING, CALENDAR_DAY_WEEKEND, CALENDAR_DAY_HOLIDAY, CALENDAR_DAY_WORKED_WEEKEND,
                         CALENDAR_DAY_CLOSURE };
struct calendar_day {
    enum calendar_day_kind kind;
    struct text name;                       /* the holiday's or the closure's reason; else absent */
    struct text basis;                      /* the notice's, the closure's; absent in a provisional year */
    bool is_working[CALENDAR_CLOCK_COUNT];
    bool is_provisional;
};
struct calendar_day calendar_day(const struct calendar *, int64_t day);
const char *calendar_day_kind_name(enum calendar_day_kind);   /* "working", "weekend", "holiday", "worked_weekend", "closure" */
/* What was published of a year; NULL: nothing, the year is provisional. */
const struct calendar_year *calendar_find_year(const struct calendar *, int64_t year);
/* Does this closure hold in the calendar's region? */
bool calendar_closure_holds(const struct calendar *, const struct calendar_closure *);
/* Has this year not been published? */
bool calendar_is_provisional(const struct calendar *, int64_t year);
/* Does any day from the one of `from_us` to the one of `to_us` lie in a provisional year? */
bool calendar_is_provisional_between(const struct calendar *, int64_t from_us, int64_t to_us);

bool calendar_is_working_day(const struct calendar *, enum calendar_clock, int64_t day);
/* Working days among the days after `from` up to and with `to`; negative when `to` lies before `from`. */
int64_t calendar_working_days(const struct calendar *, enum calendar_clock, int64_t from, int64_t to);
/* The nth working day after `day`; n < 0: before it. n != 0. */
int64_t calendar_nth_working_day(const struct calendar *, enum calendar_clock, int64_t day, int64_t n);
/* The day in China of a moment; the moment a day begins there. */
int64_t calendar_day_of(int64_t us);
int64_t calendar_day_begins_us(int64_t day);
/* When business closes on `day`, be it worked or not. */
int64_t calendar_close_us(const struct calendar *, int64_t day);

/* ---- due moments ---- */

/* The moment at which `limit`, begun at `start_us` and never paused, is over. LIMIT_NONE gives TIME_NONE. REJECT
 * calendar_limit: an amount below 1 or beyond CALENDAR_LIMIT_DAYS_MOST, a moment outside of the years 1900 to 9999. */
enum outcome calendar_due(const struct calendar *, enum calendar_clock, int64_t start_us, struct limit_time limit,
                          int64_t *ret_us, struct error *);
/* When a publicity begun at `start_us` is over: midnight after its last full day; calendar days that would end on a day
 * off last to the end of the next working day (民法典 203). REJECT as calendar_due. */
enum outcome calendar_publicity_end(const struct calendar *, enum calendar_clock, int64_t start_us,
                                    struct limit_time limit, int64_t *ret_us, struct error *);
/* Is the limit one that pauses can move (working days, half days, hours, calendar days, machine durations)? */
bool calendar_is_pausable(struct limit_time limit);

/* ---- counting, with pauses ---- */

/* One limit as it runs: all that its due moment follows from, but for the pauses. */
struct calendar_count {
    const struct calendar *calendar;        /* of the case's region; NULL: weekends alone */
    enum calendar_clock clock;
    struct limit_time limit;
    int64_t start_us;                       /* acceptance, or what else the limit begins with */
};
/* Half open: time from `from_us` on is not counted, from `to_us` on it is again. to_us TIME_NONE: still paused. */
struct calendar_pause { int64_t from_us, to_us; };

/* Parts that the whole limit has; of one unit of it (a working day, a half day …). 0 for what can't be paused. */
int64_t calendar_parts(const struct calendar_count *);
int64_t calendar_parts_of_unit(const struct calendar_count *);
/* Parts counted from `from_us` to `to_us`; what lies before the beginning (the day of acceptance) counts 0. Additive. */
int64_t calendar_counted(const struct calendar_count *, int64_t from_us, int64_t to_us);
/* When the limit is over if from `from_us` on it is not paused and `counted` parts were counted before. Never before
 * from_us. REJECT as calendar_due. */
enum outcome calendar_due_after(const struct calendar_count *, int64_t from_us, int64_t counted, int64_t *ret_us,
                                struct error *);

struct calendar_run {
    int64_t parts, parts_of_unit;           /* as above */
    int64_t due_us;                         /* TIME_NONE: paused, and not over before the pause */
    /* When the light turns yellow: 20 % are left; for limits of 3 working days or more no later than one working day
     * before the end. TIME_NONE: paused before it. Never after due_us. */
    int64_t yellow_us;
    int64_t counted;                        /* parts counted up to `until_us` */
};
/* The whole of a limit with its pauses, which are ascending and do not overlap (they may touch; only the last may be
 * open): when it is due, when it turns yellow, how much was counted up to `until_us`. A limit that was over before a
 * pause stays over. What can't be paused (on the spot, until a date) has parts 0 and takes no notice of pauses.
 * REJECT calendar_limit as calendar_due; calendar_pauses: not ascending. */
enum outcome calendar_run(const struct calendar_count *, const struct calendar_pause *, size_t pause_count,
                          int64_t until_us, struct calendar_run *ret, struct error *);

#endif
