/* State machines: what a case and a step can be, and the one gate of each.
 *
 * Every transition in the program goes through state_case_move or state_step_move, which walk a table of allowed
 * successors and stop the process on a transition that is not in it: such a case can't be trusted.
 * Names (state_…_name) are what stands in the journal, the rows and the API: they never change. */
#ifndef YJS_MODEL_STATE_H
#define YJS_MODEL_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/text.h"

/* A case. `closing` = stopping: starts nothing new, accepted tasks run to their decision (close), or undoing goes on
 * (compensate). */
enum case_phase {
    CASE_NONE,            /* before its first event */
    CASE_RUNNING,
    CASE_STOPPING,        /* close, compensate, withdrawal or termination under way */
    CASE_CLOSED,          /* 辦結; deliver steps may still run */
    CASE_PHASE_COUNT
};

enum case_outcome {
    CASE_OUTCOME_NONE,
    CASE_GRANTED,         /* 准予 */
    CASE_PARTIAL,         /* 部分辦結 */
    CASE_REFUSED,         /* 不予許可 */
    CASE_WITHDRAWN,       /* 撤回 */
    CASE_TERMINATED,      /* 終止 */
    CASE_VOID,            /* 作廢 */
    CASE_OUTCOME_COUNT
};

/* Why a case stops. */
enum case_stop { CASE_STOP_NONE, CASE_STOP_CLOSE, CASE_STOP_COMPENSATE, CASE_STOP_WITHDRAW, CASE_STOP_TERMINATE,
                 CASE_STOP_VOID, CASE_STOP_COUNT };

/* A step, or an element of one. The seven ends are the last seven. */
enum step_state {
    STEP_WAITING,         /* its join is not yet met */
    STEP_RUNNING,         /* asked; an attempt is out (task, lookup, sub-case), or it waits for signal, time, rule */
    STEP_RETRYING,        /* the last attempt failed; the next one is due at retry_at */
    STEP_STUCK,           /* gave up; an incident is open; an operator decides */
    STEP_CANCELLING,      /* a cancel is out */
    STEP_UNDOING,         /* granted, its compensation is out */
    STEP_UNDO_RETRYING,
    STEP_UNDO_STUCK,      /* its compensation was refused or gave up */
    STEP_GRANTED,
    STEP_REFUSED,
    STEP_SKIPPED,
    STEP_UNSATISFIED,
    STEP_EXPIRED,
    STEP_CANCELLED,
    STEP_COMPENSATED,
    STEP_STATE_COUNT
};

const char *state_case_name(enum case_phase);
const char *state_outcome_name(enum case_outcome);       /* "none", "granted", … */
const char *state_stop_name(enum case_stop);
const char *state_step_name(enum step_state);
bool state_case_parse(struct text, enum case_phase *ret);
bool state_outcome_parse(struct text, enum case_outcome *ret);
bool state_stop_parse(struct text, enum case_stop *ret);
bool state_step_parse(struct text, enum step_state *ret);

static inline bool state_step_has_ended(enum step_state s) { return s >= STEP_GRANTED; }
/* Neither waiting nor ended: holds the case open. */
static inline bool state_step_is_active(enum step_state s) { return s > STEP_WAITING && s < STEP_GRANTED; }

/* Its compensation is under way. */
static inline bool state_step_is_undoing(enum step_state s) { return s >= STEP_UNDOING && s <= STEP_UNDO_STUCK; }

bool state_case_may_move(enum case_phase from, enum case_phase to);
bool state_step_may_move(enum step_state from, enum step_state to);
/* The gates. Write *state; abort the process when the table has no such transition. */
void state_case_move(enum case_phase *state, enum case_phase to);
void state_step_move(enum step_state *state, enum step_state to);
/* What every gate does with a transition that its table does not have: says so and aborts. */
_Noreturn void state_refuse_move(const char *machine, const char *from, const char *to);

#endif
