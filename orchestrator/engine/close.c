/* A case closes when no step waits or runs; its outcome follows from what was granted, however it closed. */
#include "engine/decision.h"
#include "engine/kinds.h"

struct tally { bool granted, against; };

static void count(struct tally *tally, const struct work_state *work) {
    switch (work->state) {
    case STEP_GRANTED: tally->granted = true; break;
    case STEP_REFUSED: case STEP_EXPIRED: tally->against = tally->against || !work->spent; break;
    case STEP_UNSATISFIED: case STEP_CANCELLED: tally->against = true; break;
    default: break;
    }
}

static enum case_outcome outcome_of(const struct decision *d) {
    switch (d->draft.stop) {
    case CASE_STOP_WITHDRAW: return CASE_WITHDRAWN;
    case CASE_STOP_TERMINATE: return CASE_TERMINATED;
    case CASE_STOP_VOID: return CASE_VOID;
    default: break;
    }
    struct tally tally = {0};
    for (uint16_t i = 0; i < d->definition->step_count; i++) {
        if (step_of(d, i)->kind == STEP_DELIVER || step_of(d, i)->is_fetch)
            continue;
        count(&tally, &row_of(d, i)->self);
        for (uint32_t j = 0; case_is_its_elements(step_of(d, i)) && j < row_of(d, i)->element_count; j++)
            count(&tally, work_of(d, i, (int32_t)j));
    }
    if (!tally.against)   /* what was undone without a refusal of its own was refused somewhere else: in the parent */
        return tally.granted || d->draft.stop != CASE_STOP_COMPENSATE ? CASE_GRANTED : CASE_REFUSED;
    return tally.granted ? CASE_PARTIAL : CASE_REFUSED;
}

/* Data that nobody waits for any more is not asked for again: a lookup that is out is called back, one that is to be tried
 * again or stands stuck is over. */
static void drop_fetches(struct decision *d) {
    for (uint16_t i = 0; i < d->definition->step_count && !d->failed; i++) {
        enum step_state now = row_of(d, i)->self.state;
        if (!step_of(d, i)->is_fetch || now == STEP_WAITING || state_step_has_ended(now))
            continue;
        if (now == STEP_RUNNING)
            ask_cancel(d, i, -1, STEP_WAITING, TEXT("case_closed"));
        flow_end_as(d, i, -1, STEP_CANCELLED, TEXT("case_closed"));
    }
}

bool close_when_done(struct decision *d) {
    bool open = d->draft.phase == CASE_RUNNING || d->draft.phase == CASE_STOPPING;
    if (!open || d->draft.open_count > 0)
        return false;
    drop_fetches(d);
    struct event closed = event_of(EVENT_CASE_CLOSED, d->input->at_us);
    closed.outcome = outcome_of(d);
    closed.stop = d->draft.stop;
    closed.thing = d->draft.thing;
    closed.region = d->draft.region;
    closed.parent = d->draft.parent;
    closed.parent_step = d->draft.parent_step;
    closed.parent_index = d->draft.parent_index;
    if (!emit(d, &closed))
        return false;
    for (uint16_t i = 0; i < d->definition->step_count && !d->failed; i++)
        if (step_of(d, i)->kind == STEP_DELIVER)
            flow_evaluate(d, i);
    return true;
}
