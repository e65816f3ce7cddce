/* Time as numbers: microseconds since 1970-01-01T00:00:00Z, without leap seconds. Reads no clock.
 *
 * China has had one zone and no summer time since 1992: local time is UTC+08:00 throughout. */
#ifndef YJS_BASE_TIME_H
#define YJS_BASE_TIME_H

#include "error.h"

#define TIME_NONE INT64_MIN                      /* no such moment */
#define TIME_SECOND_US INT64_C(1000000)
#define TIME_MINUTE_US (60 * TIME_SECOND_US)
#define TIME_HOUR_US (60 * TIME_MINUTE_US)
#define TIME_DAY_US (24 * TIME_HOUR_US)
#define TIME_CHINA_OFFSET_US (8 * TIME_HOUR_US)
#define TIME_TEXT_SIZE 40

/* RFC 3339 date-time ("2026-03-02T09:00+08:00" without seconds is taken too); an offset is required. REJECT with code
 * "bad_time" otherwise, an impossible date included. Years 1900 to 9999 (of the moment in UTC). Digits below the
 * microsecond are dropped; a leap second (23:59:60 UTC only) is the second after it. */
enum outcome time_parse(struct text, int64_t *ret_us, struct error *);
/* "2026-03-02T01:00:00.000000Z" with as few fraction digits as needed (0, 3 or 6). Writes at most TIME_TEXT_SIZE.
 * TIME_NONE gives absent, here and below. */
struct text time_format_utc(int64_t us, char room[TIME_TEXT_SIZE]);
/* "2026-03-02T09:00:00+08:00", whole seconds. */
struct text time_format_china(int64_t us, char room[TIME_TEXT_SIZE]);

/* Durations of machines (back-off, timeouts): "250ms", "10s", "5m", "2h", "1d" (and "us") and sums "1h30m", the largest
 * unit first. REJECT "bad_duration".
 * Legal limits ("3 workdays") are not durations: see calendar/. */
enum outcome duration_parse(struct text, int64_t *ret_us, struct error *);
/* "1h30m", the shortest form that duration_parse reads back as the same value. */
struct text duration_format(int64_t us, char room[TIME_TEXT_SIZE]);

/* Proleptic Gregorian calendar day <-> days since 1970-01-01. */
struct civil_date { int year; int month; int day; };
int64_t civil_to_days(struct civil_date);
struct civil_date civil_from_days(int64_t days);
bool civil_is_valid(struct civil_date);
/* Reads "2026-03-02"; false when it is not written so. The day may still be impossible: civil_is_valid. */
bool civil_read(struct text, struct civil_date *ret);
int civil_weekday(int64_t days);                 /* 0 Monday … 6 Sunday */

#endif
