/* Ending a whole case: its party withdraws it, an operator closes it or declares it void, a parent stops its sub-case. */
#include "engine/decision.h"

static enum outcome closed_already(struct decision *d) {
    return error_set(d->error, OUTCOME_REJECT, "case_closed", "case %.*s is closed", TEXT_ARG(d->draft.id));
}

static void operator_acted(struct decision *d, const char *verb) {
    struct event acted = event_of(EVENT_OPERATOR_ACTED, d->input->at_us);
    acted.reason = text_from(verb);
    acted.actor = d->input->actor;
    emit(d, &acted);
}

enum outcome decide_withdrawn(struct decision *d) {
    if (d->draft.phase == CASE_RUNNING)
        stop_begin(d, CASE_STOP_WITHDRAW, NO_INDEX, d->input->reason, d->input->actor);
    else
        record(d, NO_INDEX, d->draft.phase == CASE_CLOSED ? FATE_CASE_CLOSED : FATE_OUT_OF_PLACE);
    return OUTCOME_OK;
}

/* By the parent: `stop` says how its own stopping, or a deadline, wants it. A closed one is opened only to be undone;
 * void does not interrupt an undoing that has begun, as decide_void does not: what departments are undoing is undone. */
static enum outcome close_by_parent(struct decision *d) {
    enum case_stop stop = d->input->stop;
    bool undo = stop == CASE_STOP_COMPENSATE && d->draft.phase == CASE_CLOSED;
    bool graver = stop == CASE_STOP_VOID && d->draft.phase == CASE_STOPPING && d->draft.undo_count == 0;
    if (d->draft.phase == CASE_RUNNING || undo || graver)
        stop_begin(d, stop, NO_INDEX, d->input->reason, d->input->actor);
    else
        record(d, NO_INDEX, d->draft.phase == CASE_CLOSED ? FATE_CASE_CLOSED : FATE_OUT_OF_PLACE);
    return OUTCOME_OK;
}

enum outcome decide_close(struct decision *d) {
    if (d->input->stop != CASE_STOP_NONE && !text_is_none(d->draft.parent))
        return close_by_parent(d);
    if (d->draft.phase == CASE_CLOSED)
        return closed_already(d);
    if (d->draft.phase == CASE_STOPPING)
        return error_set(d->error, OUTCOME_REJECT, "case_stopping", "case %.*s is stopping already (%s)",
                         TEXT_ARG(d->draft.id), state_stop_name(d->draft.stop));
    operator_acted(d, "close");
    stop_begin(d, CASE_STOP_TERMINATE, NO_INDEX, d->input->reason, d->input->actor);
    return OUTCOME_OK;
}

enum outcome decide_void(struct decision *d) {
    if (d->draft.phase == CASE_CLOSED)
        return closed_already(d);
    if (d->draft.undo_count > 0)
        return error_set(d->error, OUTCOME_REJECT, "case_undoing",
                         "case %.*s is being undone; let that end first", TEXT_ARG(d->draft.id));
    operator_acted(d, "void");
    stop_begin(d, CASE_STOP_VOID, NO_INDEX, d->input->reason, d->input->actor);
    return OUTCOME_OK;
}
