/* A case stops: by a refusal (close, compensate), by its party, by an operator. It starts nothing new. */
#include "engine/clock.h"
#include "engine/kinds.h"

/* What becomes of one step or element when the case stops. */
static void stop_work(struct decision *d, uint16_t step, int32_t index, enum case_stop stop) {
    const struct work_state *work = work_of(d, step, index);
    const struct step_definition *stopped = step_of(d, step);
    bool asks = stopped->kind != STEP_WAIT && stopped->kind != STEP_PUBLICITY;
    bool runs_on = (work->accepted || acceptance_is_given(d, step, index)) && stop != CASE_STOP_WITHDRAW;   /* what is accepted must be decided, unless withdrawn */
    struct text why = text_from(state_stop_name(stop));
    if (work->hold != HOLD_NONE) {   /* it has not begun */
        flow_end_as(d, step, index, STEP_CANCELLED, why);
        return;
    }
    if (stop == CASE_STOP_VOID) {
        if (state_step_has_ended(work->state))
            return;
        /* A sub-case that was told to close until now is void with its parent. */
        bool closing_below = stopped->kind == STEP_THING && work->state == STEP_CANCELLING;
        if (asks && (work->state == STEP_RUNNING || closing_below))
            ask_cancel(d, step, index, STEP_WAITING, why);
        flow_end_as(d, step, index, STEP_CANCELLED, why);
        return;
    }
    switch (work->state) {
    case STEP_WAITING: flow_end_as(d, step, index, STEP_CANCELLED, why); break;
    case STEP_RUNNING:
        if (!asks)
            flow_end_as(d, step, index, STEP_CANCELLED, why);
        else if (!runs_on)
            ask_cancel(d, step, index, STEP_CANCELLING, why);
        break;
    case STEP_RETRYING:   /* nothing is out: there is nothing to call back */
        if (!runs_on)
            flow_end_as(d, step, index, STEP_CANCELLED, why);
        break;
    case STEP_STUCK:      /* never asked: nothing new begins; else an operator decides */
        if (work->attempt == 0)
            flow_end_as(d, step, index, STEP_CANCELLED, why);
        break;
    default: break;
    }
}

static void stop_step(struct decision *d, uint16_t step, enum case_stop stop) {
    const struct step_definition *stopped = step_of(d, step);
    bool by_refusal = stop == CASE_STOP_CLOSE || stop == CASE_STOP_COMPENSATE;
    if (by_refusal && stopped->kind == STEP_DELIVER)
        return;   /* what is granted is delivered after closing */
    bool check = stopped->kind == STEP_APPROVE;
    if (check && by_refusal && state_step_has_ended(row_of(d, step)->self.state))
        return;   /* what was granted on a promise is still checked */
    uint32_t count = row_of(d, step)->element_count;
    if (stopped->is_fetch && row_of(d, step)->self.state == STEP_WAITING)
        return;   /* nobody has asked for that material */
    if (stopped->kind == STEP_PUBLICITY) {   /* its end takes along what stands beside it */
        stop_work(d, step, -1, stop);
        return;
    }
    if (count == 0 || row_of(d, step)->self.state == STEP_STUCK)
        stop_work(d, step, -1, stop);
    for (uint32_t i = 0; i < count && !d->failed; i++)
        stop_work(d, step, (int32_t)i, stop);
}

void stop_begin(struct decision *d, enum case_stop stop, uint16_t step, struct text reason, struct text actor) {
    struct event decided = event_of(EVENT_STOP_DECIDED, d->input->at_us);
    if (step != NO_INDEX)
        decided = step_event(d, EVENT_STOP_DECIDED, step, -1);
    decided.stop = stop;
    decided.reason = reason;
    decided.actor = actor;
    if (!emit(d, &decided))
        return;
    for (uint16_t i = 0; i < d->definition->step_count && !d->failed; i++)
        stop_step(d, i, stop);
}
