/* The law's time of an item (事項) and of a case: what its clocks and its acceptance can be, and the one gate of each.
 *
 * An item has clocks of its own for each limit that the law or its department set; they run, stand still and stop by
 * themselves, so that what only the promise may leave out never stops the statute. Changed by case_apply alone; the
 * moments at which a clock is due are reckoned in decide, by the calendar, and stand in the events.
 * Names (clock_…_name) stand in the journal, the rows and the API: they never change. */
#ifndef YJS_MODEL_CLOCK_H
#define YJS_MODEL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include "base/text.h"
#include "base/time.h"

enum clock_kind {
    CLOCK_NONE,
    CLOCK_PROMISE,        /* 承諾時限 */
    CLOCK_STATUTE,        /* 法定時限 */
    CLOCK_DELIVERY,       /* 送達: 10 working days after the decision (行政許可法 44) */
    CLOCK_KIND_COUNT
};
#define CLOCK_BIT(kind) (1u << (kind))

enum clock_state {
    CLOCK_IDLE,           /* not begun */
    CLOCK_RUNNING,
    CLOCK_PAUSED,         /* begun, and standing still: at least one pause is open */
    CLOCK_STOPPED,
    CLOCK_STATE_COUNT
};

/* 亮燈. Red is past the promise, deep red past a limit of the law. */
enum clock_light { LIGHT_GREEN, LIGHT_YELLOW, LIGHT_RED, LIGHT_DEEP_RED, LIGHT_COUNT };

/* How an application stands with the item's department (行政許可法 32). */
enum item_phase {
    ITEM_WAITING,         /* no complete application lies before a department yet */
    ITEM_RECEIVED,        /* 預受理: it does; silence beyond the item's correction_within accepts it */
    ITEM_CORRECTING,      /* 補正告知: the one notice is out */
    ITEM_ACCEPTED,        /* 受理, 補正受理: the clocks run */
    ITEM_ENDED,           /* decided, 不予受理, or no longer pursued */
    ITEM_PHASE_COUNT
};

const char *clock_kind_name(enum clock_kind);
const char *clock_state_name(enum clock_state);
const char *clock_light_name(enum clock_light);
const char *item_phase_name(enum item_phase);
bool clock_kind_parse(struct text, enum clock_kind *ret);
bool clock_light_parse(struct text, enum clock_light *ret);

bool clock_may_move(enum clock_state from, enum clock_state to);
bool item_may_move(enum item_phase from, enum item_phase to);
/* The gates. Write *state; abort the process when the table has no such transition. */
void clock_move(enum clock_state *state, enum clock_state to);
void item_move(enum item_phase *phase, enum item_phase to);

/* The light of a clock whose limit is over. */
static inline enum clock_light clock_light_over(enum clock_kind kind) {
    return kind == CLOCK_PROMISE ? LIGHT_RED : LIGHT_DEEP_RED;
}

/* ---- rows of a case_state ---- */

struct clock_row {
    enum clock_state state;
    enum clock_light light;
    int64_t start_us;              /* acceptance (or the day of receipt), decision, submission; TIME_NONE: not begun */
    int64_t due_us;                /* TIME_NONE: none, or standing still */
    int64_t yellow_us;             /* when it turns yellow */
    int64_t end_us;
    int64_t timer_us;              /* the next change of its light: the one moment case_next_due looks for */
};
/* A time that is left out, of the promise alone or (of_statute) of both. */
struct clock_pause {
    bool of_statute;
    struct text reason, basis;
    uint16_t step;                 /* whose */
    int32_t index;
    int64_t from_us, to_us;        /* to_us TIME_NONE: open */
};
/* One item; also the case itself, which has a promise and nothing else. */
struct item_row {
    enum item_phase phase;
    int64_t received_us;           /* when the complete application lay before the department */
    uint16_t step;                 /* as whose task it did */
    int32_t index;
    int64_t accept_by_us;          /* silence until then accepts; TIME_NONE: not awaited */
    int64_t accepted_us;           /* when it was said (or silence had said it) */
    struct text accepted_by;       /* accepted, silence, correction_answered, answered */
    int64_t ended_us;
    struct text ended_by;
    uint32_t correction_count;
    bool is_extended;
    uint32_t extended_days;        /* 延長: working days */
    uint32_t changed_version;      /* of the case: the last event that changed this row */
    struct clock_row clocks[CLOCK_KIND_COUNT];
    struct clock_pause *pauses;
    uint32_t pause_count;
};

#endif
