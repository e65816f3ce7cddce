/* engine_decide: prepares the draft, hands the input to its kind's function, and lets everything settle. */
#include "engine/clock.h"
#include "engine/decision.h"

#include <string.h>

static const struct {
    enum outcome (*decide)(struct decision *);
    bool starts;      /* may come before the case exists */
} kinds[INPUT_KIND_COUNT] = {
    [INPUT_SUBMIT] = {decide_submit, true},
    [INPUT_ANSWER] = {decide_answer, false},
    [INPUT_CORRECTION_ANSWERED] = {decide_correction, false},
    [INPUT_WITHDRAWN] = {decide_withdrawn, false},
    [INPUT_TIMER_FIRED] = {decide_timer, false},
    [INPUT_SIGNAL] = {decide_signal, false},
    [INPUT_RETRY] = {decide_retry, false},
    [INPUT_SKIP] = {decide_skip, false},
    [INPUT_REASSIGN] = {decide_reassign, false},
    [INPUT_REFUSE] = {decide_refuse, false},
    [INPUT_CLOSE] = {decide_close, false},
    [INPUT_VOID] = {decide_void, false},
    [INPUT_RESOLVE_DISPUTE] = {decide_resolve_dispute, false},
    [INPUT_ANSWER_FOR] = {decide_answer_for, false},
    [INPUT_CHILD_ENDED] = {decide_child_ended, false},
    [INPUT_ACKNOWLEDGE] = {decide_acknowledge, false},
    [INPUT_UNSENT] = {decide_unsent, false},
    [INPUT_CALENDAR_CHANGED] = {decide_calendar, false},
    [INPUT_RATED] = {decide_rated, false},
    [INPUT_CONTACT_CHANGED] = {decide_contact, false},
    [INPUT_MATERIALS_GIVEN] = {decide_materials, false},
};

bool emit(struct decision *d, struct event *event) {
    if (d->failed)
        return false;
    event->version = d->draft.version + 1;
    event->at_us = d->input->at_us;
    event->traceparent = d->input->traceparent;
    bool added = event_list_add(d->events, d->arena, event);
    size_t before = d->arena->used_bytes;
    if (!added || !case_apply(&d->draft, event)) {
        d->failed = true;
        return false;
    }
    bool is_doubled = event->kind == EVENT_OBJECTION_RAISED || event->kind == EVENT_CLOCK_PAUSED;   /* the case's own rooms double */
    d->applied_bytes += (d->arena->used_bytes - before) << is_doubled;
    return true;
}

struct event step_event(const struct decision *d, enum event_kind kind, uint16_t step, int32_t index) {
    struct event event = event_of(kind, d->input->at_us);
    event.step_index = step;
    event.step = d->definition->steps[step].id;
    event.index = index;
    return event;
}

struct text keep_buffer(struct decision *d, struct buffer *buffer) {
    struct text kept = buffer->failed ? TEXT_NONE : text_copy(d->arena, buffer_text(buffer));
    if (text_is_none(kept))
        d->failed = true;
    return kept;
}

struct text message_data(struct decision *d, const char *message) {
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, LIMIT_reason_bytes_most * 8);
    buffer_put_string(&out, "{\"message\":");
    json_write_string(&out, text_from(message));
    buffer_put_byte(&out, '}');
    return keep_buffer(d, &out);
}

static bool decision_init(struct decision *d, const struct world *world, const struct case_state *before) {
    size_t steps = d->definition->step_count;
    char *room = arena_alloc(d->arena, steps * (sizeof(struct draft_row *) + sizeof(uint16_t) + sizeof(bool)) +
                                           sizeof(uint16_t));
    if (!room)
        return false;
    d->world = world;
    d->draft = *before;
    d->draft.draft = &d->overlay;
    d->overlay.arena = d->arena;
    d->overlay.rows = (struct draft_row **)(void *)room;
    d->queue = (uint16_t *)(void *)(room + steps * sizeof(struct draft_row *));
    d->queued = (bool *)(d->queue + steps + 1);
    return true;
}

/* What the events would add to the case's memory; past its limit the input is refused, never cut. Rows and values that are read
 * took as much when the draft applied them; texts it does not keep. The last sixteenth is for what nobody can make smaller:
 * timers, operators, withdrawals, a sub-case's end have room when answers have none any more. */
static enum outcome check_size(const struct decision *d, const struct case_state *before) {
    size_t more = d->applied_bytes;
    for (uint32_t i = 0; i < d->events->count; i++) {
        const struct event *event = &d->events->at[i];
        more += event->data.length + event->extra.length + event->reason.length + event->missing.length + event->source.length +
                event->id.length + event->child.length + 256;
    }
    bool is_free = (text_is_none(d->input->data) && text_is_none(d->input->extra)) || d->input->kind == INPUT_CHILD_ENDED;
    size_t kept = !is_free ? before->arena->ceiling_bytes / 16 : 0;
    if (before->arena->used_bytes + more + kept <= before->arena->ceiling_bytes)
        return OUTCOME_OK;
    return error_set(d->error, OUTCOME_REJECT, "case_state_bytes_most",
                     "the case would hold more than %zu bytes; larger data are materials and travel by reference",
                     before->arena->ceiling_bytes);
}

enum outcome engine_decide(const struct world *world, const struct case_state *before, const struct input *input,
                           struct arena *arena, struct event_list *ret_events, struct error *error) {
    if (input->kind <= INPUT_NONE || input->kind >= INPUT_KIND_COUNT || !kinds[input->kind].decide)
        return error_set(error, OUTCOME_REJECT, "not_running_yet", "an input \"%s\" is not run by this version",
                         input_kind_name(input->kind));
    if (before->phase == CASE_NONE && !kinds[input->kind].starts)
        return error_set(error, OUTCOME_REJECT, "unknown_case", "there is no case %.*s", TEXT_ARG(before->id));
    struct event_list events = {0};
    struct decision d = {.definition = before->definition, .input = input, .arena = arena, .events = &events,
                         .error = error, .opening = NO_INDEX, .undoing = NO_INDEX};
    if (!decision_init(&d, world, before))
        return error_no_memory(error);
    clock_catch_up(&d);
    enum outcome outcome = kinds[input->kind].decide(&d);
    if (outcome == OUTCOME_OK)
        flow_settle(&d);
    if (d.failed)
        return error_no_memory(error);
    if (outcome == OUTCOME_OK)
        outcome = check_size(&d, before);
    if (outcome == OUTCOME_OK)
        *ret_events = events;
    return outcome;
}
