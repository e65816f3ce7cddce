/* A signal (payment made, objection raised, party signed): what waits for it goes on; it is kept for what waits later. */
#include "engine/kinds.h"

static bool is_signal_of(const struct step_definition *step, struct text name) {
    return step->kind == STEP_WAIT && step->wait.mode == WAIT_SIGNAL && text_equal(step->wait.signal, name);
}

enum outcome decide_signal(struct decision *d) {
    const struct input *in = d->input;
    bool known = false;
    if (consent_takes(d, in->id))
        return decide_consent(d);
    if (publicity_takes(d, in->id))
        return decide_objection(d);
    if (signature_takes(d, in->id))
        return decide_signature(d);
    for (uint16_t i = 0; i < d->definition->step_count && !known; i++)
        known = is_signal_of(step_of(d, i), in->id);
    if (!known)
        return error_set(d->error, OUTCOME_REJECT, "unknown_signal", "no step of %.*s waits for a signal \"%.*s\"",
                         TEXT_ARG(d->definition->thing), TEXT_ARG(in->id));
    if (d->draft.phase == CASE_CLOSED) {
        record(d, NO_INDEX, FATE_CASE_CLOSED);
        return OUTCOME_OK;
    }
    for (uint32_t i = 0; i < d->draft.signal_count; i++)
        if (text_equal(d->draft.signals[i].name, in->id) && text_is_none(d->draft.signals[i].data) == text_is_none(in->data) &&
            text_equal(d->draft.signals[i].data, in->data)) {
            record(d, NO_INDEX, FATE_DUPLICATE);
            return OUTCOME_OK;
        }
    struct event noted = event_of(EVENT_SIGNAL_NOTED, in->at_us);
    noted.id = in->id;
    noted.source = in->source;
    noted.actor = in->actor;
    noted.data = in->data;
    emit(d, &noted);
    for (uint16_t i = 0; i < d->definition->step_count && !d->failed; i++) {
        if (!is_signal_of(step_of(d, i), in->id) || row_of(d, i)->self.state != STEP_RUNNING ||
            row_of(d, i)->self.hold != HOLD_NONE)
            continue;
        struct event ended = step_event(d, EVENT_STEP_ENDED, i, -1);
        ended.state = STEP_GRANTED;
        ended.data = in->data;
        flow_end(d, &ended);
    }
    return OUTCOME_OK;
}
