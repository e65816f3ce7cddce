/* Limits as a definition writes them: the law's ("3 workdays") and machines' ("4h").
 *
 *   3 workdays        working days            工作日     resolved by calendar/
 *   2 half days       half working days       半個工作日
 *   4 hours           business hours          工作時間
 *   20 days           calendar days           日(自然日)
 *   on the spot       at once                 當場
 *   until 2026-08-31  the end of that day in China (a window's last day)
 *   4h, 90s, 1d12h    a machine's duration, exact (base/time.h)
 *
 * Singular and plural are the same (1 workday). Pure; any thread. */
#ifndef YJS_DEFINITION_LIMIT_H
#define YJS_DEFINITION_LIMIT_H

#include "base/error.h"
#include "model/definition.h"

#define LIMIT_TIME_TEXT_SIZE 48
#define LIMIT_TIME_AMOUNT_MOST 36500    /* of any legal unit: a hundred years of days */

/* REJECT bad_limit: the message says what is understood. */
enum outcome limit_parse(struct text, struct limit_time *ret, struct error *);
/* The form that limit_parse reads back as the same; "none" for LIMIT_NONE. */
struct text limit_format(struct limit_time, char room[LIMIT_TIME_TEXT_SIZE]);

/* The rows of the reference: how a unit is written and what it means; ends with unit LIMIT_NONE. */
struct limit_unit_row { enum limit_unit unit; const char *singular, *plural, *meaning; };
extern const struct limit_unit_row limit_units[];

/* Is `a` surely longer than `b`, on whatever day they begin? Limits of one kind compare exactly; a working day against
 * calendar days only where no calendar can make the answer another. Dates compare with dates only. */
bool limit_is_surely_longer(struct limit_time a, struct limit_time b);
/* The share of working days that a limit surely needs, in eighths of a day (a half day 4, a business hour 1); 0 for what
 * is at once, a date or a machine's duration. Calendar days count five of seven. */
int64_t limit_workday_eighths(struct limit_time);

#endif
