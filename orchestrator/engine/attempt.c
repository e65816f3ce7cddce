/* A failed attempt: the next one after a back-off with full jitter, or a person's turn (DESIGN §3, Answers). */
#include "engine/decision.h"

void stuck(struct decision *d, uint16_t step, int32_t index, struct text missing, const char *code, const char *message) {
    if (d->failed)
        return;
    struct event event = step_event(d, EVENT_STEP_STUCK, step, index);
    event.attempt = work_of(d, step, index)->attempt;
    event.missing = missing;
    event.reason = text_copy(d->arena, text_from(code));
    event.data = message_data(d, message);
    event.thing = d->draft.thing;
    event.region = d->draft.region;
    if (d->input->kind == INPUT_ANSWER || d->input->kind == INPUT_ANSWER_FOR) {
        event.source = d->input->source;
        event.id = d->input->id;
    }
    emit(d, &event);
}

/* splitmix64: a good spread from a weak seed. */
static uint64_t mixed(uint64_t seed) {
    seed += UINT64_C(0x9E3779B97F4A7C15);
    seed = (seed ^ (seed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    seed = (seed ^ (seed >> 27)) * UINT64_C(0x94D049BB133111EB);
    return seed ^ (seed >> 31);
}

/* Full jitter: anything from nothing to min(most, first · 2^(n-1)), the same for the same case, step and attempt. */
static int64_t back_off_us(const struct decision *d, uint16_t step, int32_t index, uint32_t made, uint32_t number) {
    const struct retry_rule *rule = &step_of(d, step)->retry;
    int64_t most = rule->most_us > rule->first_us ? rule->most_us : rule->first_us, span = rule->first_us;
    for (uint32_t i = 1; i < made && span < most; i++)
        span = span > most / 2 ? most : span * 2;
    if (span <= 0)
        return 0;
    uint64_t seed = text_hash(d->draft.id) ^ mixed(text_hash(step_of(d, step)->id)) ^
                    mixed(((uint64_t)number << 32) + (uint32_t)index);
    return (int64_t)(mixed(seed) % ((uint64_t)span + 1));
}

void attempt_failed(struct decision *d, uint16_t step, int32_t index, bool retryable) {
    const struct work_state *work = work_of(d, step, index);
    const struct retry_rule *rule = &step_of(d, step)->retry;
    bool undoing = state_step_is_undoing(work->state);
    uint32_t number = undoing ? work->undo : work->attempt;
    uint32_t made = number - (undoing ? work->undos_before : work->attempts_before);
    struct text said = d->input->reason;
    const char *message = text_is_none(said) ? "the department could not work on it"
                                             : text_format(d->arena, "%.*s", TEXT_ARG(said)).at;
    int64_t due_us = d->input->at_us + back_off_us(d, step, index, made, number);
    if (!message)
        d->failed = true;
    else if (!retryable)
        stuck(d, step, index, TEXT_NONE, "not_retryable", message);
    else if (made >= rule->attempts || number >= LIMIT_attempts_most)
        stuck(d, step, index, TEXT_NONE, "attempts_used_up", message);
    else if (!undoing && rule->give_up_after_us > 0 && due_us > work->since_us + rule->give_up_after_us)
        stuck(d, step, index, TEXT_NONE, "gave_up", message);
    else {
        struct event set = step_event(d, EVENT_RETRY_SET, step, index);
        set.state = undoing ? STEP_UNDO_RETRYING : STEP_RETRYING;
        set.attempt = work->attempt;
        set.ordinal = undoing ? work->undo : 0;
        set.due_us = due_us;
        set.reason = said;
        set.source = d->input->source;
        set.id = d->input->id;
        emit(d, &set);
    }
}
