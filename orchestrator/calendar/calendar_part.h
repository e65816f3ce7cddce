/* What the files of calendar/ share: days as numbers of working days, and the business hours in microseconds. */
#ifndef YJS_CALENDAR_CALENDAR_PART_H
#define YJS_CALENDAR_CALENDAR_PART_H

#include "calendar/calendar.h"

struct business_day { int64_t morning_from, morning_to, afternoon_from, afternoon_to; };   /* µs of the day */

struct business_day business_day_of(const struct calendar *);
/* Day in China and the time of that day. */
int64_t split_china(int64_t us, int64_t *ret_of_day_us);
int64_t join_china(int64_t day, int64_t of_day_us);
/* Working days before `day`, from a fixed Monday on (negative before it). */
int64_t working_days_before(const struct calendar *, enum calendar_clock, int64_t day);
/* The one working day with so many before it, less one: the smallest day with working_days_before(day + 1) >= number. */
int64_t working_day_numbered(const struct calendar *, enum calendar_clock, int64_t number);

/* ---- count.c ---- */
static inline int64_t divide_up(int64_t a, int64_t b) { return a / b + (a % b > 0); }
enum outcome check_limit(int64_t start_us, struct limit_time, struct error *);
/* Where counting begins: not within the day, or half day, of the start. */
int64_t counting_begins_us(const struct calendar_count *);
/* The place of a moment on the ruler of the limit's unit; the first moment that has it. */
int64_t place_of(const struct calendar_count *, int64_t us);
int64_t moment_at(const struct calendar_count *, int64_t place);
/* When the limit is over, `lacking` parts being lacking at `from_us`, from where the clock runs on. */
int64_t due_from(const struct calendar_count *, int64_t from_us, int64_t lacking);
int64_t fixed_end(const struct calendar_count *);

#endif
