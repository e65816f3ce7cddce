/* Events that move a step or an element: asked, ended, retrying, stuck, cancelled, undone. */
#include "engine/apply_part.h"

void apply_due(struct case_state *s, int64_t *moment, int64_t to_us) {
    s->due_count += (to_us != TIME_NONE) - (*moment != TIME_NONE);
    *moment = to_us;
}

void apply_move(struct case_state *s, uint16_t step, int32_t index, struct work_state *work, enum step_state to) {
    enum step_state from = work->state;
    if (from == to)
        return;
    state_step_move(&work->state, to);
    if (!case_holds_open(s->definition, step, index))
        return;
    s->open_count += (uint32_t)!state_step_has_ended(to) - (uint32_t)!state_step_has_ended(from);
    s->undo_count += (uint32_t)state_step_is_undoing(to) - (uint32_t)state_step_is_undoing(from);
}

/* The step leaves waiting: its join has opened. */
static bool open_join(struct case_state *s, const struct event *e) {
    if (e->index >= 0)
        return true;
    struct step_row *row = case_row_write(s, e->step_index);
    if (!row)
        return false;
    row->join_open = true;
    apply_due(s, &row->deadline_at_us, TIME_NONE);
    return text_is_none(e->missing) || case_keep(s, &row->missing, e->missing);
}

bool apply_asked(struct case_state *s, const struct event *e) {
    struct work_state *work = case_work_write(s, e->step_index, e->index);
    if (!work || !open_join(s, e))
        return false;
    apply_move(s, e->step_index, e->index, work, STEP_RUNNING);
    work->attempt = e->attempt;
    work->cancel_asked = work->correcting = work->accepted = false;   /* a new task, not yet accepted */
    work->seen_count = 0;
    work->hold = HOLD_NONE;
    work->attempt_at_us = e->at_us;
    if (work->asked_at_us == TIME_NONE)
        work->asked_at_us = work->since_us = e->at_us;
    apply_due(s, &work->due_at_us, e->due_us);
    apply_due(s, &work->retry_at_us, TIME_NONE);
    return case_keep(s, &work->department, e->department) && case_keep(s, &work->region, e->region) &&
           apply_mirrored(s, e, work);
}

bool apply_expanded(struct case_state *s, const struct event *e) {
    struct work_state *work = case_work_write(s, e->step_index, -1);
    struct step_row *row = case_row_write(s, e->step_index);
    if (!work || !row || !case_elements_make(s, e->step_index, e->count))
        return false;
    if (case_is_beside(s->definition, e->step_index, 0))   /* the step itself goes its own way */
        return true;
    if (s->definition->steps[e->step_index].kind == STEP_INSPECTION)
        return apply_visit(s, e, work);
    if (!open_join(s, e) || !case_keep(s, &row->elements_data, e->data))
        return false;
    apply_move(s, e->step_index, -1, work, STEP_RUNNING);
    work->hold = HOLD_NONE;
    apply_due(s, &work->due_at_us, TIME_NONE);
    work->asked_at_us = work->since_us = work->attempt_at_us = e->at_us;
    s->open_count += e->count;
    apply_due(s, &row->gather_at_us, e->due_us);
    return true;
}

bool apply_held(struct case_state *s, const struct event *e) {
    struct work_state *work = case_work_write(s, e->step_index, e->index);
    if (!work || !open_join(s, e))
        return false;
    apply_move(s, e->step_index, e->index, work, STEP_RUNNING);
    work->hold = text_is(e->reason, "window") ? HOLD_WINDOW : text_is(e->reason, "materials") ? HOLD_MATERIALS : HOLD_NONE;
    apply_due(s, &work->due_at_us, e->due_us);
    if (work->hold != HOLD_NONE)   /* it has not begun: nobody's time runs */
        return true;
    if (work->asked_at_us == TIME_NONE)
        work->asked_at_us = work->since_us = e->at_us;
    work->attempt_at_us = e->at_us;
    return case_keep(s, &work->reason, e->reason) && (text_is_none(e->data) || case_keep(s, &work->about, e->data));
}

bool apply_child_asked(struct case_state *s, const struct event *e) {
    struct work_state *work = case_work_write(s, e->step_index, e->index);
    return work && apply_asked(s, e) && case_keep(s, &work->child, e->child);
}

/* Counters of a gathering, so that an answer costs the same however many elements there are. */
static bool count_element(struct case_state *s, const struct event *e, int by) {
    struct step_row *row = case_row_write(s, e->step_index);
    if (!row)
        return false;
    const struct step_definition *step = &s->definition->steps[e->step_index];
    bool continues = (e->state == STEP_REFUSED && step->on_refused == ON_REFUSED_CONTINUE) ||
                     (e->state == STEP_EXPIRED && step->on_expired == ON_REFUSED_CONTINUE);
    row->ended_count += (uint32_t)by;
    if (e->state == STEP_GRANTED)
        row->granted_count += (uint32_t)by;
    else if (e->state == STEP_SKIPPED)
        row->skipped_count += (uint32_t)by;
    else if (continues)
        row->continued_count += (uint32_t)by;
    else
        row->refused_count += (uint32_t)by;
    return true;
}

/* What the answer that ended it leaves behind. */
bool apply_final(struct case_state *s, struct work_state *work, const struct event *e) {
    work->final_answer = e->answer;
    if (e->answer == ANSWER_NONE)
        return true;
    return case_keep(s, &work->final_source, e->source) && case_keep(s, &work->final_id, e->id) &&
           apply_seen(s, work, e->source, e->id);
}

bool apply_ended(struct case_state *s, const struct event *e) {
    struct work_state *work = case_work_write(s, e->step_index, e->index);
    if (!work)
        return false;
    bool waited = work->state == STEP_WAITING, undone = state_step_is_undoing(work->state);
    if ((waited || work->state == STEP_STUCK) && !open_join(s, e))
        return false;
    apply_move(s, e->step_index, e->index, work, e->state);
    work->ended_at_us = e->at_us;
    work->hold = HOLD_NONE;
    work->correcting = false;
    apply_due(s, &work->due_at_us, TIME_NONE);
    apply_due(s, &work->retry_at_us, TIME_NONE);
    if (undone) {   /* what it was granted with stays to be read */
        work->undo_over = e->state == STEP_GRANTED;
        return text_is_none(e->source) || apply_seen(s, work, e->source, e->id);
    }
    work->spent = e->spent;
    if (!waited && e->index < 0 && s->definition->steps[e->step_index].is_each) {
        struct step_row *row = case_row_write(s, e->step_index);
        if (!row || (!text_is_none(e->missing) && !case_keep(s, &row->missing, e->missing)))
            return false;
        apply_due(s, &row->gather_at_us, TIME_NONE);
    }
    if (e->index >= 0 && !count_element(s, e, 1))
        return false;
    /* The lead's answer, which arranged the visit, stays the inspection's: its end is the items'. */
    bool arranged = e->index < 0 && s->definition->steps[e->step_index].kind == STEP_INSPECTION && e->answer == ANSWER_NONE;
    if (!arranged && !apply_final(s, work, e))
        return false;
    if (s->definition->steps[e->step_index].is_fetch && e->state == STEP_GRANTED && !apply_fetched(s, e))
        return false;
    return apply_mirrored(s, e, work) && case_keep(s, &work->reason, e->reason) && case_keep(s, &work->result, e->data) &&
           case_keep(s, &work->certificates, e->extra);
}

bool apply_retry(struct case_state *s, const struct event *e) {
    struct work_state *work = case_work_write(s, e->step_index, e->index);
    if (!work)
        return false;
    apply_move(s, e->step_index, e->index, work, e->state);
    apply_due(s, &work->retry_at_us, e->due_us);
    return case_keep_over(s, &work->reason, e->reason) && apply_seen(s, work, e->source, e->id);
}

/* With its first element the step itself is being undone. */
static bool begin_undo(struct case_state *s, const struct event *e, struct work_state *work, enum step_state to) {
    apply_move(s, e->step_index, e->index, work, to);
    struct work_state *self = e->index < 0 ? NULL : case_work_write(s, e->step_index, -1);
    if (self && self->state == STEP_GRANTED)
        apply_move(s, e->step_index, -1, self, STEP_UNDOING);
    return e->index < 0 || self != NULL;
}

bool apply_stuck(struct case_state *s, const struct event *e) {
    struct work_state *work = case_work_write(s, e->step_index, e->index);
    if (!work || !open_join(s, e))
        return false;
    bool undoing = state_step_is_undoing(work->state) || work->state == STEP_GRANTED;
    if (!undoing)
        apply_move(s, e->step_index, e->index, work, STEP_STUCK);
    else if (!begin_undo(s, e, work, STEP_UNDO_STUCK))
        return false;
    apply_due(s, &work->retry_at_us, TIME_NONE);
    if (work->hold != HOLD_NONE)
        apply_due(s, &work->due_at_us, TIME_NONE);
    work->hold = HOLD_NONE;
    work->incident_count++;
    work->incident_version = e->version;
    s->incident_count++;
    return case_keep_over(s, &work->reason, e->reason) && apply_seen(s, work, e->source, e->id);
}

/* A cancel is out. When the step has ended already (expired), the cancel follows its end and moves nothing. */
bool apply_cancel(struct case_state *s, const struct event *e) {
    struct work_state *work = case_work_write(s, e->step_index, e->index);
    if (!work)
        return false;
    work->cancel_asked = true;
    if (e->stop == CASE_STOP_COMPENSATE && work->state == STEP_GRANTED)
        return begin_undo(s, e, work, STEP_UNDOING);
    if (e->state == STEP_CANCELLING)
        apply_move(s, e->step_index, e->index, work, STEP_CANCELLING);
    return true;
}

bool apply_undo(struct case_state *s, const struct event *e) {
    struct work_state *work = case_work_write(s, e->step_index, e->index);
    if (!work)
        return false;
    if (!begin_undo(s, e, work, STEP_UNDOING))
        return false;
    work->undo = e->ordinal;
    work->attempt_at_us = e->at_us;   /* the marks stay: what came of the granted task may come again */
    apply_due(s, &work->retry_at_us, TIME_NONE);
    return true;
}

bool apply_noted(struct case_state *s, const struct event *e) {
    struct work_state *work = case_work_write(s, e->step_index, e->index);
    if (!work)
        return false;
    if (e->answer == ANSWER_ACCEPTED && !state_step_is_undoing(work->state))
        work->accepted = true;
    if (e->answer == ANSWER_CORRECTION) {
        work->correction = e->ordinal;
        work->correcting = true;
        if (!apply_item_correcting(s, e))
            return false;
    }
    if (e->answer == ANSWER_CANCEL_REFUSED && work->state == STEP_CANCELLING) {
        apply_move(s, e->step_index, e->index, work, STEP_RUNNING);
        work->accepted = true;   /* it will be decided */
    }
    if (!apply_mirrored(s, e, work))
        return false;
    return apply_seen(s, work, e->source, e->id);
}
