/* A publicity (公示): it lasts its full days; who is told of it, and whoever hears of it, may object within them.
 *
 * Its elements stand beside it: first those who are told (each has a task until the last day; `rejected` is its
 * objection), then one for every objection. An objection that a department decides is that element's task: `result`
 * upholds it, `rejected` dismisses it. */
#include "engine/kinds.h"

static const struct step_definition *publicity_of(const struct decision *d, uint16_t step) { return step_of(d, step); }

bool publicity_is_told(const struct decision *d, uint16_t step, int32_t index) {
    const struct step_definition *publicity = publicity_of(d, step);
    return publicity->kind == STEP_PUBLICITY && index >= 0 && index < (int32_t)publicity->publicity.told_count;
}

bool publicity_takes(const struct decision *d, struct text signal) {
    for (uint16_t i = 0; text_is(signal, "objection") && i < d->definition->step_count; i++)
        if (step_of(d, i)->kind == STEP_PUBLICITY)
            return true;
    return false;
}

bool publicity_due(struct decision *d, uint16_t step, int64_t start_us, int64_t *ret_us, struct error *error) {
    return calendar_publicity_end(d->world->calendar, CALENDAR_STATUTE, start_us, publicity_of(d, step)->publicity.span,
                                  ret_us, error) == OUTCOME_OK;
}

static struct text period_of(struct decision *d, int64_t start_us, int64_t due_us) {
    int64_t from = (start_us + TIME_CHINA_OFFSET_US) / TIME_DAY_US + 1, to = (due_us - 1 + TIME_CHINA_OFFSET_US) / TIME_DAY_US;
    struct civil_date first = civil_from_days(from < to ? from : to), last = civil_from_days(to);
    struct text period = text_format(d->arena, "{\"first_day\":\"%04d-%02d-%02d\",\"last_day\":\"%04d-%02d-%02d\"}",
                                     first.year, first.month, first.day, last.year, last.month, last.day);
    d->failed = d->failed || text_is_none(period);
    return period;
}

void open_publicity(struct decision *d, uint16_t step, struct text missing) {
    uint16_t told = publicity_of(d, step)->publicity.told_count;
    struct error error;
    struct event held = step_event(d, EVENT_STEP_HELD, step, -1);
    held.missing = missing;
    held.reason = TEXT("publicity");
    if (!publicity_due(d, step, d->input->at_us, &held.due_us, &error)) {
        stuck(d, step, -1, missing, error.code, error.message);
        return;
    }
    held.data = period_of(d, d->input->at_us, held.due_us);
    if (d->world->calendar)
        held.calendar = d->world->calendar->version;
    if (!emit(d, &held))
        return;
    flow_asked(d, step);
    if (told == 0)
        return;
    struct event expanded = step_event(d, EVENT_STEP_EXPANDED, step, -1);
    expanded.count = told;
    expanded.reason = TEXT("told");
    if (emit(d, &expanded))
        for (uint16_t i = 0; i < told && !d->failed; i++)
            ask_work(d, step, i, TEXT_NONE);
}

/* ---- its end ---- */

static bool is_undecided(const struct decision *d, uint16_t step) {
    for (uint32_t i = publicity_of(d, step)->publicity.told_count; i < row_of(d, step)->element_count; i++) {
        const struct work_state *objection = work_of(d, step, (int32_t)i);
        if (state_step_is_active(objection->state) || objection->incident_count > 0)
            return true;
    }
    return false;
}

static void end_granted(struct decision *d, uint16_t step) {
    uint32_t raised = row_of(d, step)->element_count - (row_of(d, step)->element_count ? publicity_of(d, step)->publicity.told_count : 0u);
    struct text period = work_of(d, step, -1)->about;
    struct event ended = step_event(d, EVENT_STEP_ENDED, step, -1);
    ended.state = STEP_GRANTED;
    ended.data = text_format(d->arena, "{\"objections\":%u,%.*s", (unsigned)raised, (int)period.length - 1, period.at + 1);
    if (text_is_none(ended.data))
        d->failed = true;
    else
        flow_end(d, &ended);
}

void publicity_over(struct decision *d, uint16_t step) {
    if (!is_undecided(d, step)) {
        end_granted(d, step);
        return;
    }
    struct event over = step_event(d, EVENT_PERIOD_OVER, step, -1);
    emit(d, &over);
}

void publicity_go_on(struct decision *d, uint16_t step) {
    const struct work_state *self = work_of(d, step, -1);
    if (publicity_of(d, step)->kind == STEP_PUBLICITY && self->state == STEP_RUNNING && self->overdue &&
        !is_undecided(d, step))
        end_granted(d, step);
}

/* ---- objections ---- */

static void open_incident(struct decision *d, uint16_t step, int32_t index) {
    struct event incident = step_event(d, EVENT_INCIDENT_OPENED, step, index);
    incident.thing = d->draft.thing;
    incident.region = d->draft.region;
    incident.reason = TEXT("objection");
    incident.data = message_data(d, "an objection was raised; acknowledge it to dismiss it, refuse the step to uphold it");
    emit(d, &incident);
}

static void refuse_by(struct decision *d, uint16_t step, struct text reason) {
    flow_end_as(d, step, -1, STEP_REFUSED, reason);
}

static void objection_follows(struct decision *d, uint16_t step, int32_t index, struct text reason) {
    switch (publicity_of(d, step)->publicity.on_objection) {
    case ON_OBJECTION_CONTINUE: break;
    case ON_OBJECTION_INCIDENT: open_incident(d, step, index); break;
    case ON_OBJECTION_DECIDE: ask_work(d, step, index, TEXT_NONE); break;
    default: refuse_by(d, step, reason); break;
    }
}

static struct text objection_data(struct decision *d, struct text by, struct text reason) {
    char room[TIME_TEXT_SIZE];
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, LIMIT_message_bytes_most);
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("by"));
    json_put_text(&w, by);
    json_key(&w, TEXT("reason"));
    json_put_text(&w, reason);
    json_key(&w, TEXT("at"));
    json_put_text(&w, time_format_utc(d->input->at_us, room));
    if (d->input->kind == INPUT_SIGNAL && !text_is_none(d->input->data)) {
        json_key(&w, TEXT("data"));
        json_put_raw(&w, d->input->data);
    }
    json_close(&w, '}');
    return keep_buffer(d, &out);
}

static void raise_objection(struct decision *d, uint16_t step, struct text department, struct text by,
                            struct text reason) {
    struct event raised = step_event(d, EVENT_OBJECTION_RAISED, step, (int32_t)row_of(d, step)->element_count);
    raised.department = department;
    raised.reason = reason;
    raised.actor = d->input->actor;
    raised.source = d->input->source;
    raised.id = d->input->id;
    raised.data = objection_data(d, by, reason);
    if (emit(d, &raised))
        objection_follows(d, step, raised.index, reason);
}

void publicity_element_ended(struct decision *d, uint16_t step, int32_t index) {
    const struct work_state *work = work_of(d, step, index);
    if (work_of(d, step, -1)->state != STEP_RUNNING)
        return;
    if (!publicity_is_told(d, step, index)) {
        if (work->state == STEP_GRANTED)
            refuse_by(d, step, text_is_none(work->reason) ? TEXT("objection upheld") : work->reason);
        else
            publicity_go_on(d, step);
    } else if (work->state == STEP_REFUSED) {
        if (row_of(d, step)->element_count >= LIMIT_objections_most)
            open_incident(d, step, index);
        else
            raise_objection(d, step, work->department, work->department, work->reason);
    }
}

/* ---- an objection comes from outside ---- */

static bool runs(const struct decision *d, uint16_t step) {
    const struct work_state *self = work_of(d, step, -1);
    return step_of(d, step)->kind == STEP_PUBLICITY && self->state == STEP_RUNNING && self->hold == HOLD_NONE;
}

static enum outcome find_publicity(struct decision *d, const struct json *data, uint16_t *ret) {
    struct text named = text_is_none(d->input->step) ? json_get_text(data, TEXT("step")) : d->input->step;
    uint16_t found = NO_INDEX, running = NO_INDEX, count = 0, running_count = 0;
    for (uint16_t i = 0; i < d->definition->step_count; i++) {
        if (step_of(d, i)->kind != STEP_PUBLICITY || (!text_is_none(named) && !text_equal(named, step_of(d, i)->id)))
            continue;
        found = i;
        count++;
        running = runs(d, i) ? i : running;
        running_count += runs(d, i);
    }
    if (count == 0)
        return error_set(d->error, OUTCOME_REJECT, "unknown_step", "case %.*s has no publicity \"%.*s\"",
                         TEXT_ARG(d->draft.id), TEXT_ARG(named));
    if (count > 1 && running_count != 1)
        return error_set(d->error, OUTCOME_REJECT, "objection_to_which",
                         "the case has several publicities; name the step to which this is an objection");
    *ret = running_count == 1 ? running : found;
    return OUTCOME_OK;
}

/* What was objected before in the same words is no second objection. */
static bool is_repeated(struct decision *d, uint16_t step, struct text by, struct text reason) {
    for (uint32_t i = publicity_of(d, step)->publicity.told_count; i < row_of(d, step)->element_count; i++) {
        struct json about;
        if (json_read(d->arena, work_of(d, step, (int32_t)i)->about, LIMIT_json_depth_most + 1, &about, NULL) == OUTCOME_OK &&
            text_equal(json_get_text(&about, TEXT("by")), by) && text_equal(json_get_text(&about, TEXT("reason")), reason))
            return true;
    }
    return false;
}

/* When it was said counts, as far as the broker or the desk that took it tells. */
static bool is_late(const struct decision *d, uint16_t step) {
    const struct work_state *self = work_of(d, step, -1);
    int64_t said_us = d->input->sent_us == TIME_NONE ? d->input->at_us : d->input->sent_us;
    return self->state != STEP_RUNNING || self->overdue || (self->due_at_us != TIME_NONE && said_us >= self->due_at_us);
}

enum outcome decide_objection(struct decision *d) {
    const struct input *in = d->input;
    struct json data = JSON_NULL_VALUE;
    uint16_t step = NO_INDEX;
    if (!text_is_none(in->data) && json_read(d->arena, in->data, LIMIT_json_depth_most, &data, d->error) != OUTCOME_OK)
        return d->error->outcome;
    struct text reason = text_is_none(in->reason) ? json_get_text(&data, TEXT("reason")) : in->reason;
    struct text by = text_is_none(in->department) ? json_get_text(&data, TEXT("by")) : in->department;
    if (text_is_none(by))
        by = in->actor;
    if (reason.length == 0 || reason.length > LIMIT_reason_bytes_most)
        return error_set(d->error, OUTCOME_REJECT, "objection_without_reason",
                         "an objection needs its reason, of at most %d bytes", (int)LIMIT_reason_bytes_most);
    enum outcome outcome = find_publicity(d, &data, &step);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (d->draft.phase == CASE_CLOSED)
        record(d, step, FATE_CASE_CLOSED);
    else if (work_of(d, step, -1)->state == STEP_WAITING || work_of(d, step, -1)->hold != HOLD_NONE)
        record(d, step, FATE_NOT_ASKED);
    else if (is_late(d, step))
        record(d, step, FATE_LATE);
    else if (is_repeated(d, step, by, reason))
        record(d, step, FATE_DUPLICATE);
    else if (row_of(d, step)->element_count >= LIMIT_objections_most)
        return error_set(d->error, OUTCOME_REJECT, "objections_most", "a publicity takes at most %d objections",
                         (int)LIMIT_objections_most);
    else
        raise_objection(d, step, in->department, by, reason);
    return OUTCOME_OK;
}

void publicity_calendar(struct decision *d, uint16_t step, int32_t index) {
    const struct work_state *self = work_of(d, step, -1), *work = work_of(d, step, index);
    int64_t due_us;
    if (work->due_at_us == TIME_NONE || !publicity_due(d, step, self->asked_at_us, &due_us, NULL) || due_us <= work->due_at_us)
        return;
    struct event changed = step_event(d, EVENT_CALENDAR_CHANGED, step, index);
    changed.reason = TEXT("wait");
    changed.due_us = due_us;
    if (index < 0)
        changed.data = period_of(d, self->asked_at_us, due_us);
    if (d->world->calendar)
        changed.calendar = d->world->calendar->version;
    emit(d, &changed);
}
