/* A join is met: `when` is asked once, and the step begins by its kind. Whatever can't be worked out is an incident. */
#include "engine/kinds.h"

static void stuck_by(struct decision *d, uint16_t step, int32_t index, struct text missing, const struct error *error) {
    stuck(d, step, index, missing, error->code, error->message);
}

static void end_opened(struct decision *d, uint16_t step, enum step_state state, struct text result,
                       struct text reason, struct text missing) {
    struct event ended = step_event(d, EVENT_STEP_ENDED, step, -1);
    ended.state = state;
    ended.data = result;
    ended.reason = reason;
    ended.missing = missing;
    flow_end(d, &ended);
}

static struct text value_text(struct decision *d, const struct json *value) {
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, (size_t)64 << 20);
    json_write(&out, value);
    return keep_buffer(d, &out);
}

static void open_approve(struct decision *d, uint16_t step, struct text missing) {
    const struct step_definition *approve = step_of(d, step);
    struct error error;
    bool granted = true;
    if (approve->approve.condition && !evaluate_condition(d, approve->approve.condition, step, &granted, &error)) {
        stuck_by(d, step, -1, missing, &error);
        return;
    }
    end_opened(d, step, granted ? STEP_GRANTED : STEP_REFUSED, TEXT_NONE, granted ? TEXT_NONE : TEXT("rule"), missing);
    if (!granted || !approve->approve.has_check)
        return;
    struct event check = step_event(d, EVENT_STEP_EXPANDED, step, -1);
    check.count = text_is_none(approve->approve.revoked_by) ? 1 : 2;
    check.reason = TEXT("check");
    if (emit(d, &check))
        ask_work(d, step, 0, TEXT_NONE);
}

static bool wait_end(struct decision *d, uint16_t step, int64_t *ret_us, struct error *error) {
    const struct step_definition *wait = step_of(d, step);
    struct json moment;
    struct civil_date date;
    switch (wait->wait.mode) {
    case WAIT_FOR_DURATION:
        return calendar_due(d->world->calendar, CALENDAR_PROMISE, d->input->at_us, wait->wait.span, ret_us, error) ==
               OUTCOME_OK;
    case WAIT_UNTIL:
        if (!evaluate(d, wait->wait.until, step, -1, &moment, error))
            return false;
        if (moment.type != JSON_STRING) {
            error_set(error, OUTCOME_REJECT, "until_not_a_time", "`until` must give a date or a date-time as text");
            return false;
        }
        if (moment.text.length == 10 && civil_read(moment.text, &date) && civil_is_valid(date)) {   /* its day begins in China */
            *ret_us = civil_to_days(date) * TIME_DAY_US - TIME_CHINA_OFFSET_US;
            return true;
        }
        return time_parse(moment.text, ret_us, error) == OUTCOME_OK;
    case WAIT_SIGNAL: case WAIT_SIGNED: break;
    }
    return calendar_due(d->world->calendar, CALENDAR_PROMISE, d->input->at_us, wait->timeout, ret_us, error) ==
           OUTCOME_OK;
}

static const struct signal_row *find_signal(const struct decision *d, struct text name) {
    for (uint32_t i = 0; i < d->draft.signal_count; i++)
        if (text_equal(d->draft.signals[i].name, name))
            return &d->draft.signals[i];
    return NULL;
}

static void open_wait(struct decision *d, uint16_t step, struct text missing) {
    const struct step_definition *wait = step_of(d, step);
    struct error error;
    struct event held = step_event(d, EVENT_STEP_HELD, step, -1);
    held.missing = missing;
    if (!wait_end(d, step, &held.due_us, &error)) {
        stuck_by(d, step, -1, missing, &error);
        return;
    }
    if (wait->wait.mode != WAIT_UNTIL)
        held.calendar = calendar_of(d, wait->wait.mode == WAIT_FOR_DURATION ? wait->wait.span : wait->timeout);
    held.reason = wait->wait.mode == WAIT_SIGNAL ? wait->wait.signal
                  : wait->wait.mode == WAIT_SIGNED ? TEXT("signed")
                  : wait->wait.mode == WAIT_UNTIL ? TEXT("until") : TEXT("for");
    if (!emit(d, &held))
        return;
    flow_asked(d, step);
    if (wait->wait.mode == WAIT_SIGNED) {
        signatures_look(d, step);
        return;
    }
    if (wait->wait.mode != WAIT_SIGNAL) {
        if (held.due_us <= d->input->at_us)
            end_opened(d, step, STEP_GRANTED, TEXT_NONE, TEXT_NONE, TEXT_NONE);
        return;
    }
    const struct signal_row *signal = find_signal(d, wait->wait.signal);   /* it may have come before its wait */
    if (signal)
        end_opened(d, step, STEP_GRANTED, signal->data, TEXT_NONE, TEXT_NONE);
}

/* Delivery by whoever `by` names; a means without a department of that name needs nobody to answer. */
static void open_deliver(struct decision *d, uint16_t step, struct text missing) {
    const struct step_definition *deliver = step_of(d, step);
    bool asks = !text_is_none(deliver->department.id) || !text_is_none(deliver->department.group) ||
                (d->world->directory && !text_is_none(deliver->deliver.by) &&
                 directory_find(d->world->directory, deliver->deliver.by));
    if (asks) {
        ask_work(d, step, -1, missing);
        return;
    }
    struct error error;
    struct json what = JSON_NULL_VALUE;
    if (deliver->deliver.what && !evaluate(d, deliver->deliver.what, step, -1, &what, &error)) {
        stuck_by(d, step, -1, missing, &error);
        return;
    }
    end_opened(d, step, STEP_GRANTED, deliver->deliver.what ? value_text(d, &what) : TEXT_NONE, TEXT_NONE, missing);
}

static bool each_array(struct decision *d, uint16_t step, struct json *ret, struct error *error) {
    if (!evaluate(d, step_of(d, step)->each_in, step, -1, ret, error))
        return false;
    if (ret->type != JSON_ARRAY) {
        error_set(error, OUTCOME_REJECT, "each_not_an_array", "`each: in` must give an array");
        return false;
    }
    if (ret->count > LIMIT_elements_most) {
        error_set(error, OUTCOME_REJECT, "elements_most", "`each: in` gives %u elements; at most %d are allowed",
                  (unsigned)ret->count, (int)LIMIT_elements_most);
        return false;
    }
    return true;
}

static void open_each(struct decision *d, uint16_t step, struct text missing) {
    struct error error;
    struct json array;
    if (!each_array(d, step, &array, &error)) {
        stuck_by(d, step, -1, missing, &error);
        return;
    }
    if (array.count == 0) {
        end_opened(d, step, STEP_SKIPPED, TEXT_NONE, TEXT("empty"), missing);
        return;
    }
    struct event expanded = step_event(d, EVENT_STEP_EXPANDED, step, -1);
    expanded.data = value_text(d, &array);
    expanded.count = array.count;
    expanded.missing = missing;
    if (calendar_due(d->world->calendar, CALENDAR_PROMISE, d->input->at_us, step_of(d, step)->gather.deadline,
                     &expanded.due_us, &error) != OUTCOME_OK) {
        stuck_by(d, step, -1, missing, &error);
        return;
    }
    expanded.calendar = calendar_of(d, step_of(d, step)->gather.deadline);
    if (!emit(d, &expanded))
        return;
    flow_asked(d, step);
    for (uint32_t i = 0; i < array.count && !d->failed; i++)
        if (work_of(d, step, (int32_t)i)->state == STEP_WAITING)
            open_work(d, step, (int32_t)i, TEXT_NONE);
}

void open_work(struct decision *d, uint16_t step, int32_t index, struct text missing) {
    if (step_of(d, step)->kind == STEP_THING)
        open_child(d, step, index, missing);
    else
        ask_work(d, step, index, missing);
}

void open_step(struct decision *d, uint16_t step, struct text missing) {
    const struct step_definition *opening = step_of(d, step);
    struct error error;
    bool wanted = true;
    d->opening = text_is_none(missing) ? NO_INDEX : step;
    d->opening_missing = missing;
    if (opening->when && !evaluate_condition(d, opening->when, step, &wanted, &error)) {
        stuck_by(d, step, -1, missing, &error);
        return;
    }
    if (!wanted) {
        end_opened(d, step, STEP_SKIPPED, TEXT_NONE, TEXT_NONE, missing);
        return;
    }
    if (!hold(d, step, missing))
        begin_step(d, step, missing);
}

void begin_step(struct decision *d, uint16_t step, struct text missing) {
    const struct step_definition *opening = step_of(d, step);
    if (opening->is_each) {
        open_each(d, step, missing);
        return;
    }
    switch (opening->kind) {
    case STEP_TASK: case STEP_LOOKUP: case STEP_THING: case STEP_DELEGATED: open_work(d, step, -1, missing); break;
    case STEP_INSPECTION: open_inspection(d, step, missing); break;
    case STEP_PUBLICITY: open_publicity(d, step, missing); break;
    case STEP_APPROVE: open_approve(d, step, missing); break;
    case STEP_WAIT: open_wait(d, step, missing); break;
    case STEP_DELIVER: open_deliver(d, step, missing); break;
    case STEP_KIND_COUNT: break;
    }
}

/* ---- sub-cases ---- */

static unsigned nesting(struct text id) {
    unsigned levels = 0;
    for (size_t i = 0; i < id.length; i++)
        levels += id.at[i] == '/';
    return levels;
}

static struct text parent_extra(struct decision *d) {
    const struct case_state *s = &d->draft;
    if (s->parties.type == JSON_NULL && s->materials.type == JSON_NULL && text_is_none(s->trust) && s->consent.type == JSON_NULL &&
        s->signal_count == 0)
        return TEXT_NONE;
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, LIMIT_message_bytes_most);
    struct json_writer w;
    json_begin(&w, &out);
    json_open(&w, '{');
    consent_put_parties(d, &w);
    if (s->materials.type != JSON_NULL) {
        json_key(&w, TEXT("materials"));
        json_put_value(&w, &s->materials);
    }
    if (!text_is_none(s->trust)) {
        json_key(&w, TEXT("trust"));
        json_put_text(&w, s->trust);
    }
    json_close(&w, '}');
    return keep_buffer(d, &out);
}

void open_child(struct decision *d, uint16_t step, int32_t index, struct text missing) {
    const struct step_definition *opening = step_of(d, step);
    const struct thing_reference *thing = &d->definition->things[opening->thing.thing];
    struct error error;
    struct json form = d->draft.form;
    if (nesting(d->draft.id) >= LIMIT_nesting_most) {
        stuck(d, step, index, missing, "nesting_most", "sub-cases are nested too deep");
        return;
    }
    if (opening->thing.form && !evaluate(d, opening->thing.form, step, index, &form, &error)) {
        stuck_by(d, step, index, missing, &error);
        return;
    }
    struct event asked = step_event(d, EVENT_CHILD_ASKED, step, index);
    asked.attempt = work_of(d, step, index)->attempt + 1;
    asked.child = text_format(d->arena, "%.*s/%.*s.%d", TEXT_ARG(d->draft.id), TEXT_ARG(opening->id),
                              index < 0 ? 0 : index);
    if (asked.child.length > LIMIT_case_id_bytes_most) {
        stuck(d, step, index, missing, "case_id_bytes_most", "the sub-case's id would be longer than a message can name");
        return;
    }
    asked.thing = thing->thing;
    asked.definition = thing->hash;
    asked.region = d->draft.region;
    asked.priority = d->draft.priority;
    asked.data = value_text(d, &form);
    asked.extra = parent_extra(d);
    asked.missing = missing;
    if (calendar_due(d->world->calendar, CALENDAR_PROMISE, d->input->at_us, opening->timeout, &asked.due_us, &error) !=
        OUTCOME_OK) {
        stuck_by(d, step, index, missing, &error);
        return;
    }
    asked.calendar = calendar_of(d, opening->timeout);
    if (emit(d, &asked) && index < 0)
        flow_asked(d, step);
}
