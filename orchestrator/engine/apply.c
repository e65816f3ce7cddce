/* case_apply: what each kind of event changes in a case, as a table from kind to function. */
#include "engine/apply_part.h"
#include "engine/engine.h"
#include "model/limits.h"

static bool apply_started(struct case_state *s, const struct event *e) {
    state_case_move(&s->phase, CASE_RUNNING);
    s->started_at_us = e->at_us;
    s->parent_index = e->parent_index;
    s->priority = e->priority;
    for (uint16_t i = 0; i < s->definition->step_count; i++)
        if (case_holds_open(s->definition, i, -1))
            s->open_count++;
    return case_keep(s, &s->thing, e->thing) && case_keep(s, &s->definition_hash, e->definition) &&
           case_keep(s, &s->region, e->region) && case_keep(s, &s->parent, e->parent) &&
           case_keep(s, &s->parent_step, e->parent_step) && case_keep(s, &s->source, e->source) &&
           case_keep(s, &s->source_id, e->id) && apply_submission(s, e->data, e->extra);
}

static bool apply_stop(struct case_state *s, const struct event *e) {
    if (s->phase != CASE_STOPPING)
        state_case_move(&s->phase, CASE_STOPPING);
    s->stop = e->stop;
    return apply_tolerated_over(s) && case_keep(s, &s->stop_reason, e->reason);
}

static bool apply_closed(struct case_state *s, const struct event *e) {
    state_case_move(&s->phase, CASE_CLOSED);
    s->outcome = e->outcome;
    s->closed_at_us = e->at_us;
    return true;
}

static bool apply_signal(struct case_state *s, const struct event *e) {
    uint32_t at = 0;
    while (at < s->signal_count && !text_equal(s->signals[at].name, e->id))
        at++;
    if (at == s->signal_count || s->draft) {
        struct signal_row *rows = arena_new_array(case_arena(s), s->signal_count + 1, struct signal_row);
        if (!rows)
            return false;
        if (s->signal_count)
            memcpy(rows, s->signals, s->signal_count * sizeof *rows);
        s->signals = rows;
        if (at == s->signal_count)
            s->signal_count++;
    }
    s->signals[at].at_us = e->at_us;
    return case_keep(s, &s->signals[at].name, e->id) && case_keep(s, &s->signals[at].data, e->data);
}

static bool apply_rated(struct case_state *s, const struct event *e) {
    s->rating = e->count;
    return true;
}

/* Says that something happened; the events behind it say what it changed. */
static bool apply_nothing(struct case_state *s, const struct event *e) {
    (void)s;
    (void)e;
    return true;
}

static bool (*const applies[EVENT_KIND_COUNT])(struct case_state *, const struct event *) = {
    [EVENT_CASE_STARTED] = apply_started,
    [EVENT_STEP_ASKED] = apply_asked,
    [EVENT_STEP_EXPANDED] = apply_expanded,
    [EVENT_STEP_HELD] = apply_held,
    [EVENT_CHILD_ASKED] = apply_child_asked,
    [EVENT_STEP_ENDED] = apply_ended,
    [EVENT_ANSWER_NOTED] = apply_noted,
    [EVENT_ANSWER_RECORDED] = apply_recorded,
    [EVENT_CORRECTION_SENT] = apply_correction,
    [EVENT_RETRY_SET] = apply_retry,
    [EVENT_STEP_STUCK] = apply_stuck,
    [EVENT_DEADLINE_SET] = apply_deadline,
    [EVENT_CANCEL_ASKED] = apply_cancel,
    [EVENT_CHILD_CANCEL_ASKED] = apply_cancel,
    [EVENT_UNDO_ASKED] = apply_undo,
    [EVENT_STOP_DECIDED] = apply_stop,
    [EVENT_INCIDENT_OPENED] = apply_incident_opened,
    [EVENT_INCIDENT_CLOSED] = apply_incident_closed,
    [EVENT_DISPUTE_OPENED] = apply_dispute_opened,
    [EVENT_DISPUTE_RESOLVED] = apply_dispute_resolved,
    [EVENT_SIGNAL_NOTED] = apply_signal,
    [EVENT_OPERATOR_ACTED] = apply_operator,
    [EVENT_REASSIGNED] = apply_reassigned,
    [EVENT_CASE_CLOSED] = apply_closed,
    [EVENT_MIGRATED] = apply_nothing,
    [EVENT_CALENDAR_CHANGED] = apply_calendar,
    [EVENT_OBJECTION_RAISED] = apply_objection,
    [EVENT_PERIOD_OVER] = apply_period_over,
    [EVENT_MATERIAL_ASKED] = apply_material_asked,
    [EVENT_MATERIALS_GIVEN] = apply_materials_given,
    [EVENT_MATERIALS_SENT] = apply_nothing,
    [EVENT_MATERIAL_TOLERATED] = apply_material_tolerated,
    [EVENT_MATERIAL_MISSED] = apply_material_missed,
    [EVENT_ITEM_RECEIVED] = apply_item_received,
    [EVENT_ITEM_ACCEPTED] = apply_item_accepted,
    [EVENT_ITEM_EXTENDED] = apply_item_extended,
    [EVENT_ITEM_ENDED] = apply_item_ended,
    [EVENT_CLOCK_SET] = apply_clock_set,
    [EVENT_CLOCK_PAUSED] = apply_clock_paused,
    [EVENT_CLOCK_RESUMED] = apply_clock_resumed,
    [EVENT_CLOCK_STOPPED] = apply_clock_stopped,
    [EVENT_LIGHT_CHANGED] = apply_light,
    [EVENT_WARNING_SENT] = apply_nothing,
    [EVENT_CASE_RATED] = apply_rated,
    [EVENT_CHILD_TOLD] = apply_nothing,
    [EVENT_CONTACT_CHANGED] = apply_contact,
};

/* Kinds that always speak of a step. */
static bool needs_step(enum event_kind kind) {
    switch (kind) {
    case EVENT_CASE_STARTED: case EVENT_STOP_DECIDED: case EVENT_INCIDENT_OPENED: case EVENT_INCIDENT_CLOSED:
    case EVENT_SIGNAL_NOTED: case EVENT_OPERATOR_ACTED: case EVENT_CASE_CLOSED: case EVENT_MIGRATED:
    case EVENT_ANSWER_RECORDED: case EVENT_ITEM_ACCEPTED: case EVENT_ITEM_ENDED: case EVENT_CLOCK_SET:
    case EVENT_CLOCK_STOPPED: case EVENT_LIGHT_CHANGED: case EVENT_CASE_RATED: case EVENT_CONTACT_CHANGED:
    case EVENT_MATERIALS_GIVEN: case EVENT_MATERIAL_TOLERATED: case EVENT_MATERIAL_MISSED:
        return false;
    default:
        return true;
    }
}

bool case_apply(struct case_state *state, const struct event *event) {
    if (event->kind <= EVENT_NONE || event->kind >= EVENT_KIND_COUNT || event->version != state->version + 1)
        return false;
    struct event known = *event;
    if (known.step_index == NO_INDEX)
        known.step_index = definition_find_step(state->definition, event->step);
    if (known.step_index == NO_INDEX ? needs_step(event->kind) : known.step_index >= state->definition->step_count)
        return false;
    if (known.step_index != NO_INDEX && known.index >= 0 && event->kind != EVENT_ANSWER_RECORDED &&
        event->kind != EVENT_OBJECTION_RAISED && (uint32_t)known.index >= case_row(state, known.step_index)->element_count)
        return false;
    if (!applies[event->kind](state, &known))
        return false;
    state->version = event->version;
    state->changed_at_us = event->at_us;
    return true;
}
