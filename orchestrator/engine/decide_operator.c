/* An operator's hand: retry, skip, reassign, refuse, acknowledge, resolve a dispute. What is not in its place is refused
 * with the reason, so that the person sees it. */
#include "engine/kinds.h"

static enum outcome refuse_verb(struct decision *d, const char *verb, const struct work_state *work) {
    return error_set(d->error, OUTCOME_REJECT, "not_in_place", "step %.*s is %s; %s does not fit", TEXT_ARG(d->input->step),
                     state_step_name(work->state), verb);
}

static void acted(struct decision *d, uint16_t step, const char *verb) {
    struct event event = step == NO_INDEX ? event_of(EVENT_OPERATOR_ACTED, d->input->at_us)
                                          : step_event(d, EVENT_OPERATOR_ACTED, step, d->input->index);
    event.reason = text_from(verb);
    event.actor = d->input->actor;
    if (!text_is_none(d->input->reason)) {
        _cleanup_buffer_ struct buffer out;
        buffer_init(&out, LIMIT_message_bytes_most);
        buffer_put_string(&out, "{\"reason\":");
        json_write_string(&out, d->input->reason);
        buffer_put_byte(&out, '}');
        event.extra = keep_buffer(d, &out);
    }
    emit(d, &event);
}

static void close_incidents(struct decision *d, uint16_t step, const char *verb) {
    uint32_t open = work_of(d, step, d->input->index)->incident_count;
    if (!open)
        return;
    struct event closed = step_event(d, EVENT_INCIDENT_CLOSED, step, d->input->index);
    closed.count = open;
    closed.reason = text_from(verb);
    closed.actor = d->input->actor;
    emit(d, &closed);
}

/* Who acts on an incident that he saw does not close one that he did not see. */
static enum outcome has_seen_all(const struct decision *d, uint16_t step) {
    if (d->input->incident == 0 || work_of(d, step, d->input->index)->incident_version <= d->input->incident)
        return OUTCOME_OK;
    return error_set(d->error, OUTCOME_REJECT, "incident_newer", "step %.*s has a newer incident; look at it first",
                     TEXT_ARG(d->input->step));
}

/* The work that the input names, when it is there and its case still runs (deliveries and checks: also after). */
static enum outcome find_operable(struct decision *d, uint16_t *ret_step) {
    enum outcome outcome = find_work(d, ret_step);
    if (outcome != OUTCOME_OK)
        return outcome;
    int32_t index = d->input->index;
    if (index >= 0 && (uint32_t)index >= row_of(d, *ret_step)->element_count)
        return error_set(d->error, OUTCOME_REJECT, "unknown_element", "step %.*s has no element %d yet",
                         TEXT_ARG(d->input->step), (int)index);
    if (d->draft.phase == CASE_CLOSED && case_holds_open(d->definition, *ret_step, index))
        return error_set(d->error, OUTCOME_REJECT, "case_closed", "case %.*s is closed", TEXT_ARG(d->draft.id));
    return has_seen_all(d, *ret_step);
}

/* A step that is its elements: they are retried, skipped or refused, not it, once there are any. */
static bool is_its_elements(const struct decision *d, uint16_t step) {
    return d->input->index < 0 && case_is_its_elements(step_of(d, step)) && row_of(d, step)->element_count > 0;
}

static bool may_ask_again(const struct decision *d, uint16_t step) {
    const struct work_state *work = work_of(d, step, d->input->index);
    if (is_its_elements(d, step))
        return false;
    if (work->state == STEP_RUNNING)   /* lost, perhaps: its task is called back and asked anew; a sub-case is not */
        return work->attempt > 0 && step_of(d, step)->kind != STEP_THING;
    if (work->state == STEP_UNDOING)   /* likewise: the compensation goes out anew under its next number */
        return step_of(d, step)->kind != STEP_THING;
    return work->state == STEP_STUCK || work->state == STEP_RETRYING || work->state == STEP_UNDO_STUCK ||
           work->state == STEP_UNDO_RETRYING;
}

static void ask_again(struct decision *d, uint16_t step, const char *verb) {
    int32_t index = d->input->index;
    enum step_state state = work_of(d, step, index)->state;
    close_incidents(d, step, verb);
    if (state == STEP_RUNNING)
        ask_cancel(d, step, index, STEP_WAITING, text_from(verb));
    if (state_step_is_undoing(state))
        ask_undo(d, step, index);
    else if (index < 0 && work_of(d, step, index)->attempt == 0)
        open_step(d, step, TEXT_NONE);   /* it never came to be asked: everything is worked out again */
    else
        open_work(d, step, index, TEXT_NONE);
}

enum outcome decide_retry(struct decision *d) {
    uint16_t step;
    enum outcome outcome = find_operable(d, &step);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (!may_ask_again(d, step))
        return refuse_verb(d, "retry", work_of(d, step, d->input->index));
    acted(d, step, "retry");
    ask_again(d, step, "retry");
    return OUTCOME_OK;
}

enum outcome decide_reassign(struct decision *d) {
    uint16_t step;
    enum outcome outcome = find_operable(d, &step);
    if (outcome != OUTCOME_OK)
        return outcome;
    const struct work_state *work = work_of(d, step, d->input->index);
    enum step_kind kind = step_of(d, step)->kind;
    bool asks = kind != STEP_WAIT && kind != STEP_THING &&
                ((kind != STEP_APPROVE && kind != STEP_PUBLICITY) || d->input->index >= 0);
    bool waits = work->state == STEP_WAITING && !step_of(d, step)->is_each;
    if (!asks || (!waits && !may_ask_again(d, step)))
        return refuse_verb(d, "reassign", work);
    if (text_is_none(d->input->department) && text_is_none(d->input->region))
        return error_set(d->error, OUTCOME_REJECT, "reassign_to_nobody", "reassign names neither department nor region");
    if (d->world->directory && !text_is_none(d->input->department) &&
        !directory_find(d->world->directory, d->input->department))
        return error_set(d->error, OUTCOME_REJECT, "no_department", "there is no department \"%.*s\"",
                         TEXT_ARG(d->input->department));
    acted(d, step, "reassign");
    struct event reassigned = step_event(d, EVENT_REASSIGNED, step, d->input->index);
    reassigned.department = d->input->department;
    reassigned.region = d->input->region;
    emit(d, &reassigned);
    if (!waits)
        ask_again(d, step, "reassign");
    return OUTCOME_OK;
}

/* Ends a step by hand; what is out is called back. */
static void end_by_hand(struct decision *d, uint16_t step, enum step_state state, const char *verb) {
    int32_t index = d->input->index;
    acted(d, step, verb);
    close_incidents(d, step, verb);   /* by this hand, not by the end that follows */
    if (work_of(d, step, index)->state == STEP_RUNNING)
        ask_cancel(d, step, index, STEP_WAITING, text_from(verb));
    struct event ended = step_event(d, EVENT_STEP_ENDED, step, index);
    ended.state = state;
    ended.answer = state == STEP_REFUSED ? ANSWER_REJECTED : ANSWER_NONE;
    ended.reason = d->input->reason;
    ended.actor = d->input->actor;
    flow_end(d, &ended);
    if (index >= 0)
        undo_of_elements(d, step);
}

enum outcome decide_skip(struct decision *d) {
    uint16_t step;
    enum outcome outcome = find_operable(d, &step);
    if (outcome != OUTCOME_OK)
        return outcome;
    const struct work_state *work = work_of(d, step, d->input->index);
    bool undone_below = step_of(d, step)->kind == STEP_THING && state_step_is_undoing(work->state);
    if (state_step_is_undoing(work->state) && !undone_below && !is_its_elements(d, step))
        end_by_hand(d, step, STEP_GRANTED, "skip");   /* its compensation is given up: it stays granted */
    else if (state_step_has_ended(work->state) || undone_below || is_its_elements(d, step))
        return refuse_verb(d, "skip", work);
    else
        end_by_hand(d, step, STEP_SKIPPED, "skip");
    return OUTCOME_OK;
}

enum outcome decide_refuse(struct decision *d) {
    uint16_t step;
    enum outcome outcome = find_operable(d, &step);
    if (outcome != OUTCOME_OK)
        return outcome;
    const struct work_state *work = work_of(d, step, d->input->index);
    bool fits = state_step_is_active(work->state) && !state_step_is_undoing(work->state) && !is_its_elements(d, step);
    if (!fits)
        return refuse_verb(d, "refuse", work);
    end_by_hand(d, step, STEP_REFUSED, "refuse");
    return OUTCOME_OK;
}

/* Not an operator's, but what calls for one: a message to a department that no broker takes. Whoever waits for its answer
 * waits for nothing until a person retries, reassigns or skips; where nobody waits any more, nothing is said. */
enum outcome decide_unsent(struct decision *d) {
    const struct input *in = d->input;
    uint16_t step;
    enum outcome outcome = find_work(d, &step);
    if (outcome != OUTCOME_OK || (in->index >= 0 && (uint32_t)in->index >= row_of(d, step)->element_count))
        return outcome;
    const struct work_state *work = work_of(d, step, in->index);
    bool calls_back = text_ends_with(in->id, ":cancel"), undoing = state_step_is_undoing(work->state);
    bool current = in->attempt == work->attempt && in->undo == (undoing ? work->undo : 0);
    bool waited = calls_back ? text_is_none(work->final_source) : state_step_is_active(work->state);
    if (!current || !waited || was_seen(work, in))
        return OUTCOME_OK;
    struct event incident = step_event(d, EVENT_INCIDENT_OPENED, step, in->index);
    incident.thing = d->draft.thing;
    incident.region = in->region;
    incident.department = in->department;
    incident.source = in->source;
    incident.id = in->id;
    incident.reason = TEXT("unsent");
    struct text message = text_format(d->arena, "%.*s could not be sent to its topic: %.*s", TEXT_ARG(in->id),
                                      TEXT_ARG(in->reason));
    if (text_is_none(message))
        d->failed = true;
    else {
        incident.data = message_data(d, message.at);
        emit(d, &incident);
    }
    return OUTCOME_OK;
}

enum outcome decide_acknowledge(struct decision *d) {
    uint16_t step;
    if (text_is_none(d->input->step)) {
        return error_set(d->error, OUTCOME_REJECT, "no_incident", "acknowledge names no step");
    }
    enum outcome outcome = find_work(d, &step);
    if (outcome != OUTCOME_OK)
        return outcome;
    int32_t index = d->input->index;
    if (index >= 0 && (uint32_t)index >= row_of(d, step)->element_count)
        return error_set(d->error, OUTCOME_REJECT, "unknown_element", "step %.*s has no element %d yet",
                         TEXT_ARG(d->input->step), (int)index);
    const struct work_state *work = work_of(d, step, index);
    if (work->state == STEP_STUCK || work->state == STEP_UNDO_STUCK)
        return refuse_verb(d, "acknowledge (it waits to be retried, reassigned, skipped or refused)", work);
    outcome = has_seen_all(d, step);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (work->incident_count == 0)
        return error_set(d->error, OUTCOME_REJECT, "no_incident", "step %.*s has no open incident",
                         TEXT_ARG(d->input->step));
    acted(d, step, "acknowledge");
    close_incidents(d, step, "acknowledge");
    publicity_go_on(d, step);
    return OUTCOME_OK;
}

/* `answer` none, or the kind of the first answer: the first stands; the kind of the second: that one stands from now
 * on for whatever is still to read it. What has been started or not started by the first is not turned back. */
enum outcome decide_resolve_dispute(struct decision *d) {
    uint16_t step;
    enum outcome outcome = find_work(d, &step);
    if (outcome != OUTCOME_OK)
        return outcome;
    int32_t index = d->input->index;
    bool no_element = index >= 0 && (uint32_t)index >= row_of(d, step)->element_count;
    const struct work_state *work = no_element ? NULL : work_of(d, step, index);
    if (!work || !work->disputed)
        return error_set(d->error, OUTCOME_REJECT, "no_dispute", "step %.*s has no open dispute", TEXT_ARG(d->input->step));
    enum answer_kind stands = d->input->answer;
    bool second = stands != ANSWER_NONE && stands == work->dispute_answer;
    if (stands != ANSWER_NONE && stands != work->dispute_answer && stands != work->final_answer)
        return error_set(d->error, OUTCOME_REJECT, "not_in_place", "no answer to step %.*s was \"%s\"",
                         TEXT_ARG(d->input->step), answer_kind_name(stands));
    bool ended_by_answer = work->state == STEP_GRANTED || work->state == STEP_REFUSED;
    if (second && (!ended_by_answer || stands == ANSWER_CANCELLED))
        return refuse_verb(d, "letting the second answer stand", work);
    acted(d, step, "resolve_dispute");
    struct event resolved = step_event(d, EVENT_DISPUTE_RESOLVED, step, index);
    resolved.actor = d->input->actor;
    resolved.state = work->state;
    resolved.reason = d->input->reason;
    if (second) {
        resolved.answer = stands;
        resolved.state = stands == ANSWER_RESULT ? STEP_GRANTED : STEP_REFUSED;
        resolved.data = work->dispute_result;
        resolved.reason = work->dispute_reason;
    }
    emit(d, &resolved);
    return OUTCOME_OK;
}
