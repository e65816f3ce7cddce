/* The gates: which state may follow which, as tables, and the only two functions that move a state. */
#include "model/state.h"

#include <stdio.h>
#include <stdlib.h>

#include "model/names.h"

static const char *const case_names[CASE_PHASE_COUNT] = {
    [CASE_NONE] = "none", [CASE_RUNNING] = "running", [CASE_STOPPING] = "stopping", [CASE_CLOSED] = "closed",
};
static const char *const outcome_names[CASE_OUTCOME_COUNT] = {
    [CASE_OUTCOME_NONE] = "none",     [CASE_GRANTED] = "granted",     [CASE_PARTIAL] = "partial",
    [CASE_REFUSED] = "refused",       [CASE_WITHDRAWN] = "withdrawn", [CASE_TERMINATED] = "terminated",
    [CASE_VOID] = "void",
};
static const char *const stop_names[CASE_STOP_COUNT] = {
    [CASE_STOP_NONE] = "none",         [CASE_STOP_CLOSE] = "close",         [CASE_STOP_COMPENSATE] = "compensate",
    [CASE_STOP_WITHDRAW] = "withdraw", [CASE_STOP_TERMINATE] = "terminate", [CASE_STOP_VOID] = "void",
};
static const char *const step_names[STEP_STATE_COUNT] = {
    [STEP_WAITING] = "waiting",           [STEP_RUNNING] = "running",
    [STEP_RETRYING] = "retrying",         [STEP_STUCK] = "stuck",
    [STEP_CANCELLING] = "cancelling",     [STEP_UNDOING] = "undoing",
    [STEP_UNDO_RETRYING] = "undo_retrying", [STEP_UNDO_STUCK] = "undo_stuck",
    [STEP_GRANTED] = "granted",           [STEP_REFUSED] = "refused",
    [STEP_SKIPPED] = "skipped",           [STEP_UNSATISFIED] = "unsatisfied",
    [STEP_EXPIRED] = "expired",           [STEP_CANCELLED] = "cancelled",
    [STEP_COMPENSATED] = "compensated",
};

NAMES_DEFINE(case_phase, state_case_name, state_case_parse, case_names)
NAMES_DEFINE(case_outcome, state_outcome_name, state_outcome_parse, outcome_names)
NAMES_DEFINE(case_stop, state_stop_name, state_stop_parse, stop_names)
NAMES_DEFINE(step_state, state_step_name, state_step_parse, step_names)

/* Bit n: may move to value n. */
#define TO(value) (1u << (value))
static const unsigned case_moves[CASE_PHASE_COUNT] = {
    [CASE_NONE] = TO(CASE_RUNNING),
    [CASE_RUNNING] = TO(CASE_STOPPING) | TO(CASE_CLOSED),
    [CASE_STOPPING] = TO(CASE_CLOSED),
    [CASE_CLOSED] = TO(CASE_STOPPING),   /* a closed sub-case whose parent compensates it */
};
/* What ends an asked step, however it stands. */
#define TO_END (TO(STEP_GRANTED) | TO(STEP_REFUSED) | TO(STEP_SKIPPED) | TO(STEP_EXPIRED) | TO(STEP_CANCELLED))
static const unsigned step_moves[STEP_STATE_COUNT] = {
    [STEP_WAITING] = TO(STEP_RUNNING) | TO(STEP_STUCK) | TO(STEP_UNSATISFIED) | TO_END,
    [STEP_RUNNING] = TO(STEP_RETRYING) | TO(STEP_STUCK) | TO(STEP_CANCELLING) | TO(STEP_UNSATISFIED) | TO_END,
    [STEP_RETRYING] = TO(STEP_RUNNING) | TO(STEP_STUCK) | TO_END,
    [STEP_STUCK] = TO(STEP_RUNNING) | TO_END,
    [STEP_CANCELLING] = TO(STEP_RUNNING) | TO_END,
    [STEP_UNDOING] = TO(STEP_UNDO_RETRYING) | TO(STEP_UNDO_STUCK) | TO(STEP_COMPENSATED) | TO(STEP_GRANTED),
    [STEP_UNDO_RETRYING] = TO(STEP_UNDOING) | TO(STEP_UNDO_STUCK) | TO(STEP_COMPENSATED) | TO(STEP_GRANTED),
    [STEP_UNDO_STUCK] = TO(STEP_UNDOING) | TO(STEP_COMPENSATED) | TO(STEP_GRANTED),
    [STEP_GRANTED] = TO(STEP_UNDOING) | TO(STEP_UNDO_STUCK) | TO(STEP_REFUSED),   /* refused: a dispute was resolved */
    [STEP_REFUSED] = TO(STEP_GRANTED),                                            /* likewise */
};

bool state_case_may_move(enum case_phase from, enum case_phase to) {
    return from < CASE_PHASE_COUNT && to < CASE_PHASE_COUNT && (case_moves[from] & TO(to)) != 0;
}

bool state_step_may_move(enum step_state from, enum step_state to) {
    return from < STEP_STATE_COUNT && to < STEP_STATE_COUNT && (step_moves[from] & TO(to)) != 0;
}

_Noreturn void state_refuse_move(const char *machine, const char *from, const char *to) {
    fprintf(stderr, "the gate of the %s knows no way from %s to %s; its case can't be trusted\n", machine, from, to);
    abort();
}

void state_case_move(enum case_phase *state, enum case_phase to) {
    if (!state_case_may_move(*state, to))
        state_refuse_move("case", state_case_name(*state), state_case_name(to));
    *state = to;
}

void state_step_move(enum step_state *state, enum step_state to) {
    if (!state_step_may_move(*state, to))
        state_refuse_move("step", state_step_name(*state), state_step_name(to));
    *state = to;
}
