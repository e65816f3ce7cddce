/* Events of the kinds of step beyond a task: an objection, the visit that was arranged, what another system says. */
#include "engine/apply_part.h"

bool apply_objection(struct case_state *s, const struct event *e) {
    if ((uint32_t)e->index != case_row(s, e->step_index)->element_count || !case_element_add(s, e->step_index))
        return false;
    struct work_state *objection = case_work_write(s, e->step_index, e->index);
    return objection && case_keep(s, &objection->about, e->data) && case_keep(s, &objection->reason, e->reason);
}

bool apply_period_over(struct case_state *s, const struct event *e) {
    struct work_state *self = case_work_write(s, e->step_index, -1);
    if (!self)
        return false;
    apply_due(s, &self->due_at_us, TIME_NONE);
    self->overdue = true;
    return true;
}

/* The lead's task has its final answer; from now on the items hold the case open. */
bool apply_visit(struct case_state *s, const struct event *e, struct work_state *self) {
    s->open_count += e->count;
    apply_due(s, &self->due_at_us, TIME_NONE);
    apply_due(s, &self->retry_at_us, TIME_NONE);
    apply_move(s, e->step_index, -1, self, STEP_RUNNING);
    return apply_final(s, self, e) && case_keep(s, &self->about, e->data) && case_keep(s, &self->certificates, e->extra);
}

bool apply_mirrored(struct case_state *s, const struct event *e, struct work_state *work) {
    if (s->definition->steps[e->step_index].kind != STEP_DELEGATED)
        return true;
    work->mirrored = e->answer == ANSWER_NONE ? work->mirrored : e->answer;
    return text_is_none(e->number) || case_keep(s, &work->foreign_number, e->number);
}
