/* Clocks for people: a row for each, with why its due date is what it is. Pure; a projection of the state, written by
 * the conductor beside the case's rows and printed by tools. */
#ifndef YJS_ENGINE_CLOCK_VIEW_H
#define YJS_ENGINE_CLOCK_VIEW_H

#include "base/arena.h"
#include "model/case.h"

struct calendar;

struct clock_view {
    struct text item;              /* absent: the case itself */
    struct text department;        /* whose item it is */
    struct text clock;             /* acceptance, promise, statute or delivery */
    struct text state;             /* an item's phase for acceptance, else a clock's state */
    struct text light;
    int64_t started_us, due_us, ended_us;
    /* JSON: {"limit":{"amount","unit"},"extended_days"?,"began","uncounted":[{"reason","basis"?,"of","step","from","to"?}…],
     * "passed":[{"from","to","kind","name"?,"basis"?}…],"yellow"?,"counted"?,"of"?,"own"?,"provisional"?} */
    struct text explained;
};

/* Views of everything that an event after `since_version` has changed, in `arena`; counted is as of `now_us`. False: no
 * memory. */
bool clock_views(const struct case_state *, const struct calendar *, uint32_t since_version, int64_t now_us, struct arena *,
                 struct clock_view **ret, uint32_t *ret_count);

/* How the unit of a limit is written: "workdays", "half_days", "hours", "days", "on_the_spot", "until", "duration". */
const char *clock_unit_name(enum limit_unit);

#endif
