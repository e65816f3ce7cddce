/* A question for a due date as people put it: the date or moment and the limit in words, read and answered. For yjsctl
 * and the API. Pure; any thread. */
#ifndef YJS_DEFINITION_CALENDAR_QUESTION_H
#define YJS_DEFINITION_CALENDAR_QUESTION_H

#include "calendar/calendar.h"
#include "definition/limit.h"

/* "2026-02-13" (its first moment in China), "2026-02-13T09:30" (of China) or RFC 3339 with an offset. REJECT bad_date,
 * saying whether it is not a date or one that does not exist. */
enum outcome calendar_moment_parse(struct text, int64_t *ret_us, struct error *);
/* REJECT bad_date, bad_limit, calendar_limit, window_over (a window of dates that ended before `from`). */
enum outcome calendar_answer(const struct calendar *, enum calendar_clock, struct text from, struct text limit,
                             int64_t *ret_start_us, struct limit_time *ret_limit, int64_t *ret_due_us, struct error *);

#endif
