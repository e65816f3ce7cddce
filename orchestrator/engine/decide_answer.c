/* What a department says of a step, in the order of DESIGN §3, Answers. */
#include "engine/clock.h"
#include "engine/kinds.h"

#include "engine/apply_part.h"

enum outcome find_work(struct decision *d, uint16_t *ret_step) {
    const struct input *in = d->input;
    uint16_t step = definition_find_step(d->definition, in->step);
    if (step == NO_INDEX)
        return error_set(d->error, OUTCOME_REJECT, "unknown_step", "case %.*s has no step \"%.*s\"",
                         TEXT_ARG(d->draft.id), TEXT_ARG(in->step));
    const struct step_row *row = row_of(d, step);
    bool many = case_has_elements(step_of(d, step));
    if (in->index >= 0 && (!many || (row->element_count > 0 && (uint32_t)in->index >= row->element_count)))
        return error_set(d->error, OUTCOME_REJECT, "unknown_element", "step %.*s has no element %d", TEXT_ARG(in->step),
                         (int)in->index);
    *ret_step = step;
    return OUTCOME_OK;
}

void record(struct decision *d, uint16_t step, enum answer_fate fate) {
    const struct input *in = d->input;
    struct event recorded = step == NO_INDEX ? event_of(EVENT_ANSWER_RECORDED, in->at_us)
                                             : step_event(d, EVENT_ANSWER_RECORDED, step, in->index);
    recorded.fate = fate;
    recorded.answer = in->answer;
    recorded.attempt = in->attempt;
    recorded.ordinal = in->undo;
    recorded.department = in->department;
    recorded.source = in->source;
    recorded.id = in->id;
    recorded.reason = in->reason;
    recorded.actor = in->actor;
    recorded.data = in->data;
    recorded.extra = in->extra;
    emit(d, &recorded);
}

void acted_for(struct decision *d, uint16_t step) {
    const struct input *in = d->input;
    if (in->kind != INPUT_ANSWER_FOR)
        return;
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, LIMIT_message_bytes_most);
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("evidence"));
    json_put_text(&w, in->evidence);
    json_key(&w, TEXT("confirmed_by"));
    json_put_text(&w, in->confirmed_by);
    json_close(&w, '}');
    struct event acted = step_event(d, EVENT_OPERATOR_ACTED, step, in->index);
    acted.reason = TEXT("answer_for");
    acted.actor = in->actor;
    acted.answer = in->answer;
    acted.extra = keep_buffer(d, &out);
    emit(d, &acted);
}

bool was_seen(const struct work_state *work, const struct input *in) {
    if (text_is_none(in->source) || text_is_none(in->id))
        return false;
    uint64_t mark = answer_mark(in->source, in->id);
    uint32_t count = work->seen_count < CASE_SEEN_MOST ? work->seen_count : CASE_SEEN_MOST;
    for (uint32_t i = 0; i < count; i++)
        if (work->seen[i] == mark)
            return true;
    return text_equal(work->final_source, in->source) && text_equal(work->final_id, in->id);
}

static bool same_json(struct decision *d, struct text a, struct text b) {
    if (text_is_none(a) || text_is_none(b) || text_equal(a, b))
        return text_is_none(a) == text_is_none(b);
    struct json left, right;
    return json_read(d->arena, a, LIMIT_json_depth_most, &left, NULL) == OUTCOME_OK &&
           json_read(d->arena, b, LIMIT_json_depth_most, &right, NULL) == OUTCOME_OK && json_equal(&left, &right);
}

static bool is_same_final(struct decision *d, const struct work_state *work) {
    const struct input *in = d->input;
    return work->final_answer == in->answer && text_equal(work->reason, in->reason) &&
           same_json(d, work->result, in->data) && same_json(d, work->certificates, in->extra);
}

static void open_dispute(struct decision *d, uint16_t step) {
    const struct input *in = d->input;
    acted_for(d, step);
    struct event opened = step_event(d, EVENT_DISPUTE_OPENED, step, in->index);
    opened.attempt = work_of(d, step, in->index)->attempt;
    opened.answer = in->answer;
    opened.fate = FATE_DISPUTED;
    opened.department = in->department;
    opened.source = in->source;
    opened.id = in->id;
    opened.reason = in->reason;
    opened.data = in->data;
    opened.extra = in->extra;
    emit(d, &opened);
}

/* The attempt has its final answer, or the step ended without one. */
static void answer_after_end(struct decision *d, uint16_t step) {
    const struct input *in = d->input;
    const struct work_state *work = work_of(d, step, in->index);
    bool is_final = answer_kind_is_final(in->answer);
    /* Where an operator ended the step, the department that carries out our cancellation contradicts nobody. */
    bool obeys = in->answer == ANSWER_CANCELLED && work->cancel_asked && text_is_none(work->final_source);
    if (is_final && work->final_answer != ANSWER_NONE && is_same_final(d, work))
        record(d, step, FATE_DUPLICATE);
    else if (obeys || work->state == STEP_EXPIRED || work->state == STEP_CANCELLED || work->state == STEP_UNSATISFIED)
        record(d, step, FATE_LATE);
    else if (!is_final || (in->answer == ANSWER_CANCELLED && !work->cancel_asked))
        record(d, step, FATE_OUT_OF_PLACE);
    else if (work->disputed && work->dispute_answer == in->answer && text_equal(work->dispute_reason, in->reason) &&
             same_json(d, work->dispute_result, in->data))
        record(d, step, FATE_DUPLICATE);
    else
        open_dispute(d, step);
}

static void answer_ends(struct decision *d, uint16_t step, enum step_state state, struct text reason) {
    const struct input *in = d->input;
    acted_for(d, step);
    struct event ended = step_event(d, EVENT_STEP_ENDED, step, in->index);
    ended.state = state;
    ended.answer = in->answer;
    ended.data = in->data;
    ended.extra = in->extra;
    ended.reason = reason;
    ended.source = in->source;
    ended.id = in->id;
    ended.actor = in->actor;
    ended.sent_us = in->sent_us;
    flow_end(d, &ended);
}

static void note(struct decision *d, uint16_t step) {
    const struct input *in = d->input;
    acted_for(d, step);
    const struct work_state *work = work_of(d, step, in->index);
    struct event noted = step_event(d, EVENT_ANSWER_NOTED, step, in->index);
    noted.answer = in->answer;
    noted.attempt = work->attempt;
    noted.number = delegated_number(d, step);
    bool is_told = in->answer == ANSWER_CORRECTION || in->answer == ANSWER_SPECIAL_START || in->answer == ANSWER_SPECIAL_END;
    if (is_told) {
        noted.thing = d->draft.thing;
        noted.region = d->draft.region;
    }
    noted.ordinal = in->answer == ANSWER_CORRECTION ? work->correction + 1 : 0;
    noted.data = in->data;
    noted.extra = in->extra;
    noted.reason = in->reason;
    noted.source = in->source;
    noted.id = in->id;
    noted.actor = in->actor;
    emit(d, &noted);
}

/* Correction comes once and before acceptance (行政許可法 32); later ones are written down, and a person looks. */
static void note_correction(struct decision *d, uint16_t step) {
    const struct work_state *work = work_of(d, step, d->input->index);
    bool second = work->correction > 0, late = work->accepted || (!second && acceptance_is_given(d, step, d->input->index));
    note(d, step);
    if ((!second && !late) || step_of(d, step)->kind == STEP_INSPECTION)   /* rectify is no 補正: there are rounds of it */
        return;
    struct event incident = step_event(d, EVENT_INCIDENT_OPENED, step, d->input->index);
    incident.thing = d->draft.thing;
    incident.region = d->draft.region;
    incident.reason = late ? TEXT("correction_after_acceptance") : TEXT("second_correction");
    incident.data = message_data(d, late ? "the department asks for a correction after it has accepted"
                                         : "the department asks for a correction a second time");
    emit(d, &incident);
}

/* An answer to the current attempt, which has no final one yet. */
static void answer_current(struct decision *d, uint16_t step) {
    const struct input *in = d->input;
    enum step_state state = work_of(d, step, in->index)->state;
    if (material_not_found(d, step))
        return;
    switch (in->answer) {
    case ANSWER_RESULT:
        if (lookup_is_distrusted(d, step))
            answer_ends(d, step, STEP_REFUSED, TEXT("trust_too_low"));
        else if (step_of(d, step)->kind == STEP_INSPECTION && in->index < 0)
            inspection_arranged(d, step);
        else
            answer_ends(d, step, STEP_GRANTED, in->reason);
        break;
    case ANSWER_REJECTED: case ANSWER_NOT_ACCEPTED: answer_ends(d, step, STEP_REFUSED, in->reason); break;
    case ANSWER_CANCELLED:
        if (state == STEP_CANCELLING)
            answer_ends(d, step, STEP_CANCELLED, in->reason);
        else
            record(d, step, FATE_OUT_OF_PLACE);
        break;
    case ANSWER_CANCEL_REFUSED:
        if (state == STEP_CANCELLING)
            note(d, step);
        else
            record(d, step, FATE_OUT_OF_PLACE);
        break;
    case ANSWER_ERROR:
        if (state == STEP_RUNNING) {
            acted_for(d, step);
            attempt_failed(d, step, in->index, in->retryable);
        } else if (state == STEP_CANCELLING) {   /* nothing is being worked on: there is nothing left to cancel */
            answer_ends(d, step, STEP_CANCELLED, in->reason);
        } else {
            record(d, step, FATE_OUT_OF_PLACE);
        }
        break;
    case ANSWER_CORRECTION:
        if (!inspection_rectify(d, step))
            note_correction(d, step);
        break;
    default: note(d, step); break;
    }
}

/* Deliveries and later checks go on after 辦結. */
static bool open_after_closing(const struct decision *d, uint16_t step, int32_t index) {
    const struct step_row *row = row_of(d, step);
    if (index >= 0 && (uint32_t)index >= row->element_count)
        return false;
    return !case_holds_open(d->definition, step, index) && state_step_is_active(work_of(d, step, index)->state);
}

static enum outcome check_department(struct decision *d, const struct work_state *work) {
    const struct input *in = d->input;
    if (text_is_none(in->department) || (text_equal(in->department, work->department) &&
                                         (text_is_none(in->region) || text_equal(in->region, work->region))))
        return OUTCOME_OK;
    return error_set(d->error, OUTCOME_REJECT, "wrong_department",
                     "step %.*s was asked of %.*s in region %.*s; %.*s in %.*s may not answer it", TEXT_ARG(in->step),
                     TEXT_ARG(work->department), TEXT_ARG(work->region), TEXT_ARG(in->department), TEXT_ARG(in->region));
}

/* Where an answer that is about no task at all, or about an old one, ends. True when it was recorded. */
static bool record_unasked(struct decision *d, uint16_t step) {
    const struct input *in = d->input;
    bool no_element = in->index >= 0 && (uint32_t)in->index >= row_of(d, step)->element_count;
    if (no_element || row_of(d, step)->self.state == STEP_WAITING) {
        record(d, step, FATE_NOT_ASKED);
        return true;
    }
    const struct work_state *work = work_of(d, step, in->index);
    if (in->undo && work->undo > 0)
        return false;   /* the compensation that it names is looked at by its own number */
    bool asks = step_of(d, step)->kind != STEP_THING && step_of(d, step)->kind != STEP_WAIT;
    bool never = work->attempt == 0 || !asks || work->state == STEP_SKIPPED || in->attempt > work->attempt;
    if (!never && (in->attempt == 0 || in->attempt == work->attempt))
        return false;
    record(d, step, never ? FATE_NOT_ASKED : FATE_OLDER_ATTEMPT);
    return true;
}

static enum outcome answer_step(struct decision *d, uint16_t step) {
    const struct input *in = d->input;
    if (d->draft.phase == CASE_CLOSED && !open_after_closing(d, step, in->index)) {
        record(d, step, FATE_CASE_CLOSED);
        return OUTCOME_OK;
    }
    if (step_of(d, step)->is_each && in->index < 0 && row_of(d, step)->element_count)
        return error_set(d->error, OUTCOME_REJECT, "unknown_element", "step %.*s has elements; the answer names none",
                         TEXT_ARG(in->step));
    if (record_unasked(d, step))
        return OUTCOME_OK;
    const struct work_state *work = work_of(d, step, in->index);
    enum outcome outcome = in->undo ? OUTCOME_OK : check_department(d, work);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (was_seen(work, in))
        record(d, step, FATE_DUPLICATE);
    else if (in->undo)
        return undo_answer(d, step);
    else if (work->state >= STEP_UNDOING || (in->index < 0 && kind_is_its_elements(d, step)))
        answer_after_end(d, step);
    else
        answer_current(d, step);
    return OUTCOME_OK;
}

enum outcome decide_answer(struct decision *d) {
    uint16_t step;
    if (d->input->answer == ANSWER_NONE)
        return error_set(d->error, OUTCOME_REJECT, "answer_kind_unknown", "the answer has no kind");
    if (d->input->data.length > LIMIT_answer_bytes_most)
        return error_set(d->error, OUTCOME_REJECT, "answer_bytes_most", "the answer has %zu bytes; at most %d are allowed",
                         d->input->data.length, (int)LIMIT_answer_bytes_most);
    enum outcome outcome = find_work(d, &step);
    return outcome == OUTCOME_OK ? answer_step(d, step) : outcome;
}

/* 代錄: an operator records a department's answer, with its evidence and a second person's confirmation. */
enum outcome decide_answer_for(struct decision *d) {
    const struct input *in = d->input;
    if (in->actor.length == 0 || in->evidence.length == 0 || in->confirmed_by.length == 0)
        return error_set(d->error, OUTCOME_REJECT, "answer_for_incomplete",
                         "an answer on a department's behalf needs its actor, evidence and the person who confirms it");
    if (text_equal(in->actor, in->confirmed_by))
        return error_set(d->error, OUTCOME_REJECT, "answer_for_same_person",
                         "the person who confirms must be another than the one who records");
    return decide_answer(d);
}
