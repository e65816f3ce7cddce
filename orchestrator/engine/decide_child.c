/* A sub-case has ended: its step in the parent ends with it. */
#include "engine/decision.h"

static struct text child_result(struct decision *d, struct text child) {
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, LIMIT_answer_bytes_most);
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("outcome"));
    json_put_text(&w, text_from(state_outcome_name(d->input->outcome)));
    json_key(&w, TEXT("case"));
    json_put_text(&w, child);
    json_close(&w, '}');
    return keep_buffer(d, &out);
}

static enum step_state end_of(const struct work_state *work, enum case_outcome outcome) {
    if (state_step_is_undoing(work->state))
        return STEP_COMPENSATED;
    if (outcome == CASE_GRANTED || outcome == CASE_PARTIAL)
        return STEP_GRANTED;
    return work->state == STEP_CANCELLING ? STEP_CANCELLED : STEP_REFUSED;
}

enum outcome decide_child_ended(struct decision *d) {
    const struct input *in = d->input;
    uint16_t step;
    enum outcome outcome = find_work(d, &step);
    if (outcome != OUTCOME_OK)
        return outcome;
    bool no_element = (in->index >= 0 && (uint32_t)in->index >= row_of(d, step)->element_count) ||
                      (in->index < 0 && step_of(d, step)->is_each);
    if (step_of(d, step)->kind != STEP_THING || no_element)
        return error_set(d->error, OUTCOME_REJECT, "unknown_element", "step %.*s has no such sub-case", TEXT_ARG(in->step));
    const struct work_state *work = work_of(d, step, in->index);
    if (work->state == STEP_STUCK || !state_step_is_active(work->state)) {
        bool late = work->state == STEP_EXPIRED || work->state == STEP_CANCELLED;
        record(d, step, late ? FATE_LATE : FATE_OUT_OF_PLACE);
        return OUTCOME_OK;
    }
    if (in->outcome == CASE_OUTCOME_NONE && work->state == STEP_RUNNING) {
        const char *why = text_is_none(in->reason) ? "the sub-case could not be started"
                                                   : text_format(d->arena, "%.*s", TEXT_ARG(in->reason)).at;
        stuck(d, step, in->index, TEXT_NONE, "child_not_started", why ? why : "");
        return OUTCOME_OK;
    }
    struct event ended = step_event(d, EVENT_STEP_ENDED, step, in->index);
    ended.state = end_of(work, in->outcome);
    ended.outcome = in->outcome;
    ended.child = work->child;
    ended.data = child_result(d, work->child);
    flow_end(d, &ended);
    if (in->index >= 0)
        undo_of_elements(d, step);
    return OUTCOME_OK;
}
