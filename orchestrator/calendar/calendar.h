/* Calendar: when a legal limit ends.
 *
 * Called by the engine (inside decide) and by tools; pure, from any thread. A calendar is immutable while in use; a
 * newly published one is another struct with another version.
 *
 * Rules (DOMAIN.md, Time): the day on which a limit begins is not counted; a limit of n working days ends at the close
 * of business (18:00 in China) of the nth working day after it; half days and hours count business hours (9:00–12:00
 * and 14:00–18:00); a limit in calendar days that ends on a day off ends on the next working day (民法典 203). */
#ifndef YJS_CALENDAR_CALENDAR_H
#define YJS_CALENDAR_CALENDAR_H

#include "base/error.h"
#include "base/time.h"
#include "model/definition.h"

/* Days are days since 1970-01-01 (civil_to_days), each list sorted. */
struct calendar {
    struct text version;
    const int32_t *holidays;         uint32_t holiday_count;          /* days off besides weekends */
    const int32_t *worked_weekends;  uint32_t worked_weekend_count;   /* weekend days that are worked (調休) */
};

enum { CALENDAR_LIMIT_DAYS_MOST = 36500 };

/* Is this day (in China) a working day? NULL calendar: weekends only. */
bool calendar_is_working_day(const struct calendar *, int64_t day);

/* The moment at which `limit`, begun at `start_us`, is over. LIMIT_NONE gives TIME_NONE. REJECT calendar_limit: the
 * amount is negative or beyond CALENDAR_LIMIT_DAYS_MOST days. */
enum outcome calendar_due(const struct calendar *, int64_t start_us, struct limit_time limit, int64_t *ret_us,
                          struct error *);

#endif
