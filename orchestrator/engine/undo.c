/* Compensation: each granted reversible step is undone, after all those that (directly or not) need it. */
#include "engine/decision.h"

static bool is_undoable(const struct step_definition *step) {
    return step->reversible && (step->compensate.present || step->kind == STEP_THING);
}

static bool is_pending(const struct work_state *work) { return work->state == STEP_GRANTED && !work->undo_over; }

/* Calls for the step itself, or for each of its elements; stops at the first true. */
static bool any_work(const struct decision *d, uint16_t step, bool (*holds)(const struct work_state *)) {
    if (!step_of(d, step)->is_each)
        return holds(work_of(d, step, -1));
    for (uint32_t i = 0; i < row_of(d, step)->element_count; i++)
        if (holds(work_of(d, step, (int32_t)i)))
            return true;
    return false;
}

static bool is_undoing(const struct work_state *work) { return state_step_is_undoing(work->state); }

static void undo_step(struct decision *d, uint16_t step) {
    if (!step_of(d, step)->is_each) {
        ask_undo(d, step, -1);
        return;
    }
    for (uint32_t i = 0; i < row_of(d, step)->element_count && !d->failed; i++)
        if (is_pending(work_of(d, step, (int32_t)i)))
            ask_undo(d, step, (int32_t)i);
}

bool undo_next(struct decision *d) {
    if (d->draft.phase != CASE_STOPPING || d->draft.stop != CASE_STOP_COMPENSATE ||
        d->draft.open_count != d->draft.undo_count)
        return false;
    /* Is a step, or one that needs it, still to be undone? Needs come first in the order of steps. */
    bool *held = arena_new_array(d->arena, d->definition->step_count, bool);
    if (!held) {
        d->failed = true;
        return false;
    }
    uint32_t before = d->draft.version;
    for (uint16_t i = d->definition->step_count; i-- > 0 && !d->failed;) {
        const struct step_definition *step = step_of(d, i);
        bool below = false;
        for (uint16_t j = 0; j < step->dependent_count; j++)
            below = below || held[step->dependents[j]];
        bool pending = is_undoable(step) && any_work(d, i, is_pending);
        held[i] = below || pending || any_work(d, i, is_undoing);
        if (pending && !below)
            undo_step(d, i);
    }
    return d->draft.version != before && !d->failed;
}

void undo_of_elements(struct decision *d, uint16_t step) {
    const struct work_state *self = work_of(d, step, -1);
    if (!state_step_is_undoing(self->state) || any_work(d, step, is_undoing) || any_work(d, step, is_pending))
        return;
    bool stays = false;
    for (uint32_t i = 0; i < row_of(d, step)->element_count; i++)
        stays = stays || work_of(d, step, (int32_t)i)->state == STEP_GRANTED;
    flow_end_as(d, step, -1, stays ? STEP_GRANTED : STEP_COMPENSATED, TEXT_NONE);
}

static void undo_ended(struct decision *d, uint16_t step) {
    struct event ended = step_event(d, EVENT_STEP_ENDED, step, d->input->index);
    ended.state = STEP_COMPENSATED;
    ended.source = d->input->source;
    ended.id = d->input->id;
    ended.ordinal = work_of(d, step, d->input->index)->undo;
    flow_end(d, &ended);
    if (d->input->index >= 0)
        undo_of_elements(d, step);
}

/* An answer to the n'th compensation of a step. */
enum outcome undo_answer(struct decision *d, uint16_t step) {
    const struct input *in = d->input;
    const struct work_state *work = work_of(d, step, in->index);
    if (in->undo > work->undo) {
        record(d, step, FATE_NOT_ASKED);
        return OUTCOME_OK;
    }
    if (in->undo < work->undo) {
        record(d, step, FATE_OLDER_ATTEMPT);
        return OUTCOME_OK;
    }
    bool stands = state_step_is_undoing(work->state);
    bool final_end = in->answer == ANSWER_REJECTED || in->answer == ANSWER_NOT_ACCEPTED;
    if (!stands || in->answer == ANSWER_CANCELLED || in->answer == ANSWER_CANCEL_REFUSED ||
        (in->answer == ANSWER_ERROR && work->state != STEP_UNDOING) ||
        (final_end && work->state == STEP_UNDO_STUCK)) {
        record(d, step, FATE_OUT_OF_PLACE);
        return OUTCOME_OK;
    }
    acted_for(d, step);
    if (in->answer == ANSWER_RESULT) {
        undo_ended(d, step);
    } else if (in->answer == ANSWER_ERROR) {
        attempt_failed(d, step, in->index, in->retryable);
    } else if (final_end) {
        stuck(d, step, in->index, TEXT_NONE, "undo_refused", "the department refused to undo what it had granted");
    } else {
        struct event noted = step_event(d, EVENT_ANSWER_NOTED, step, in->index);
        noted.answer = in->answer;
        noted.attempt = work->attempt;
        noted.data = in->data;
        noted.reason = in->reason;
        noted.source = in->source;
        noted.id = in->id;
        emit(d, &noted);
    }
    return OUTCOME_OK;
}
