/* The law's time of a case: acceptance, clocks, pauses, extensions, lights (DOMAIN.md, Time). For engine/ alone.
 *
 * A case has clocks when its definition has items or a promise; every other case pays nothing here. Rows: one an item,
 * and behind them one of the case itself, which events name by no item.
 *
 *   engine_decide  clock_catch_up   what is due by now comes first: silence accepts, lights change
 *                  …the input's own function; flow_settle…
 *                  clock_settle     what the decision's events mean to acceptance and clocks
 *
 * All events of a decision have one moment, so it does not matter to a clock in which order they stand. */
#ifndef YJS_ENGINE_CLOCK_H
#define YJS_ENGINE_CLOCK_H

#include "calendar/calendar.h"
#include "engine/decision.h"
#include "model/clock.h"

#define CLOCK_CORRECTION_WITHIN ((struct limit_time){LIMIT_WORKDAYS, 5})    /* 行政許可法 32 */
#define CLOCK_DELIVERY_WITHIN ((struct limit_time){LIMIT_WORKDAYS, 10})     /* 行政許可法 44 */

/* The row behind the items: the case's own promise. */
static inline uint16_t clock_case_row(const struct definition *definition) { return definition->item_count; }

/* ---- clock_reckon.c: pure; what a clock's moments are, from its row and the calendar ---- */
struct clock_moments { int64_t due_us, yellow_us; enum clock_light light; };
/* The limit of a row's clock, extended if it was; LIMIT_NONE: it has none. */
struct limit_time clock_limit(const struct definition *, uint16_t row_index, const struct item_row *, enum clock_kind);
/* Of a clock that began at `start_us`, as it stands at `now_us`. False: memory, or a limit beyond all time (then
 * *ret_moments has no due moment). */
bool clock_reckon(const struct calendar *, struct arena *, const struct definition *, uint16_t row_index,
                  const struct item_row *, enum clock_kind, int64_t start_us, int64_t now_us,
                  struct clock_moments *ret_moments);
/* The pauses of one clock as the calendar wants them: ascending, not overlapping. In `arena`; NULL: no memory. */
struct calendar_pause *clock_pauses(struct arena *, const struct item_row *, enum clock_kind, size_t *ret_count);
static inline bool clock_pause_is_of(const struct clock_pause *pause, enum clock_kind kind) {
    return kind == CLOCK_PROMISE || (kind == CLOCK_STATUTE && pause->of_statute);
}
/* Is a pause of this clock open? On the spot, and until a date, nothing stands still. */
bool clock_is_paused(const struct definition *, uint16_t row_index, const struct item_row *, enum clock_kind);
/* What of its own time a department has used: parts counted while the item's tasks lay with it, less the pauses of the
 * promise, in the item's unit; *ret_unit: parts of one. */
int64_t clock_own_parts(const struct calendar *, struct arena *, const struct case_state *, uint16_t item, int64_t now_us,
                        int64_t *ret_unit);

/* Brings *earliest (TIME_NONE: none) forward to the first moment at which silence accepts or a light changes. */
void clock_visit_dues(const struct case_state *, int64_t *earliest_us);

/* ---- clock_settle.c ---- */
void clock_catch_up(struct decision *);
void clock_settle(struct decision *);
/* A new calendar: every open clock's moments are reckoned again. */
void clock_calendar(struct decision *);
/* Emits CLOCK_SET for a clock that begins, goes on, is extended or reckoned again. */
void clock_set(struct decision *, uint16_t row_index, enum clock_kind, int64_t start_us, struct text reason);
void clock_pause_begin(struct decision *, uint16_t row_index, uint16_t step, int32_t index, struct text reason,
                       struct text basis, bool of_statute);
/* Ends the open pauses of this work: of one reason, or (absent) all of them; clocks that nothing stops any more go on. */
void clock_pause_end(struct decision *, uint16_t row_index, uint16_t step, int32_t index, struct text reason);

/* ---- acceptance.c ---- */
/* Reasons by which an item may leave out that the applicant corrects (補正) or rectifies (整改). */
enum { ACCEPTANCE_APPLICANT_REASONS = 3 };
extern const char *const acceptance_applicant_reasons[ACCEPTANCE_APPLICANT_REASONS];
/* What an answer of the department, noted or final, means to its item. */
void acceptance_answer(struct decision *, const struct event *);
/* The complete application lies before the department. */
void acceptance_receive(struct decision *, uint16_t item, uint16_t step, int32_t index);
/* When silence accepts an application that was received then; TIME_NONE: never. */
int64_t acceptance_by(const struct decision *, uint16_t item, int64_t received_us);
void acceptance_accept(struct decision *, uint16_t item, uint16_t step, int32_t index, int64_t since_us, struct text by);
/* An item whose application is accepted, by word or by silence: what its department has to decide. */
bool acceptance_is_given(const struct decision *, uint16_t step, int32_t index);
/* The reason by which an item leaves time out, as its definition or 行政許可法 45 names it. False: neither does. */
bool acceptance_uncounted(const struct definition *, uint16_t item, struct text reason, struct text *ret_reason,
                          struct text *ret_basis, bool *ret_of_statute);

/* ---- clock_json.c ---- */
/* Members `clock` (of the case) and `items` of the object that is open; nothing where no clock runs. */
void clock_write_case(struct json_writer *, const struct case_state *);

/* ---- draft.c ---- */
struct item_row *case_item_write(struct case_state *, uint16_t row_index);
static inline const struct item_row *case_item(const struct case_state *state, uint16_t row_index) {
    if (state->draft && state->draft->items && state->draft->items[row_index])
        return state->draft->items[row_index];
    return &state->items[row_index];
}

#endif
