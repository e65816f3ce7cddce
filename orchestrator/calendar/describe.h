/* A calendar as JSON, for programs: the same from yjsctl and from the API. Pure; any thread. */
#ifndef YJS_CALENDAR_DESCRIBE_H
#define YJS_CALENDAR_DESCRIBE_H

#include "calendar/calendar.h"

const char *calendar_clock_name(enum calendar_clock);           /* "promise", "statute" */
bool calendar_clock_parse(struct text, enum calendar_clock *ret);
#define CALENDAR_DATE_SIZE 16
/* "2026-03-02" of a day within the years 0 to 9999. */
struct text calendar_date_text(int64_t day, char room[CALENDAR_DATE_SIZE]);
/* The day with which a limit that is due at `due_us` ends: midnight belongs to the day before. */
int64_t calendar_last_day(int64_t due_us);

/* Is the closure one of the days `first` to `last`, and of this calendar's region? One of no region shows all. */
bool calendar_shows_closure(const struct calendar *, const struct calendar_closure *, int64_t first, int64_t last);
/* {"year","provisional","basis","version","region","hours","working_days":{"promise","statute"},"days":[…],
 * "closures":[…]}: `days` are those that are no plain working day and no plain weekend here, each {"date","kind","name",
 * "basis","working":{…}}; `closures` those of the region, or all: {"from","to","reason","basis","statute","regions"}. */
void calendar_write_year(const struct calendar *, int32_t year, struct buffer *);
/* {"from","limit","clock","region","due","due_at","provisional","version"}: `due` a date, `due_at` the moment. */
void calendar_write_due(const struct calendar *, enum calendar_clock, int64_t start_us, struct text limit, int64_t due_us,
                        struct buffer *);

#endif
