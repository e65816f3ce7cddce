/* Signatures of parties: each person of a party that signs says so by a signal "signed" (`{"party": "seller", "index": 1}`),
 * kept under a name of its own, so that a wait that opens later finds it. */
#include "engine/kinds.h"

static uint16_t find_party(const struct definition *definition, struct text id) {
    for (uint16_t i = 0; i < definition->party_count; i++)
        if (text_equal(definition->parties[i].id, id))
            return i;
    return NO_INDEX;
}

bool signature_takes(const struct decision *d, struct text signal) {
    bool signs = false;
    for (uint16_t i = 0; i < d->definition->step_count; i++)
        if (step_of(d, i)->kind == STEP_WAIT && step_of(d, i)->wait.mode == WAIT_SIGNAL &&
            text_equal(step_of(d, i)->wait.signal, signal))
            return false;   /* the definition means a signal of its own */
    for (uint16_t i = 0; i < d->definition->party_count; i++)
        signs = signs || d->definition->parties[i].signs;
    return signs && text_is(signal, "signed");
}

/* How many persons a party has in this case. */
static uint32_t persons_of(const struct decision *d, struct text party) {
    const struct json *given = json_get(&d->draft.parties, party);
    if (!given || given->type == JSON_NULL)
        return 0;
    return given->type == JSON_ARRAY ? given->count : 1;
}

static struct text name_of(struct decision *d, struct text party, int64_t index) {
    struct text name = text_format(d->arena, "signed.%.*s.%d", TEXT_ARG(party), (int)index);
    d->failed = d->failed || text_is_none(name);
    return name;
}

static bool has_signed(struct decision *d, struct text party, uint32_t index) {
    struct text name = name_of(d, party, index);
    for (uint32_t i = 0; !d->failed && i < d->draft.signal_count; i++)
        if (text_equal(d->draft.signals[i].name, name))
            return true;
    return false;
}

void signatures_look(struct decision *d, uint16_t step) {
    const struct step_definition *wait = step_of(d, step);
    uint32_t count = 0;
    for (uint16_t i = 0; i < wait->wait.party_count; i++) {
        struct text party = d->definition->parties[wait->wait.parties[i]].id;
        uint32_t persons = persons_of(d, party);
        for (uint32_t k = 0; k < persons; k++)
            if (!has_signed(d, party, k))
                return;
        count += persons;
    }
    struct event ended = step_event(d, EVENT_STEP_ENDED, step, -1);
    ended.state = STEP_GRANTED;
    ended.data = text_format(d->arena, "{\"signatures\":%u}", (unsigned)count);
    if (text_is_none(ended.data))
        d->failed = true;
    else
        flow_end(d, &ended);
}

static enum outcome read_signature(struct decision *d, struct text *ret_party, int64_t *ret_index) {
    struct json data = JSON_NULL_VALUE;
    const struct json *index = NULL;
    if (!text_is_none(d->input->data) && json_read(d->arena, d->input->data, LIMIT_json_depth_most, &data, d->error) != OUTCOME_OK)
        return d->error->outcome;
    *ret_party = json_get_text(&data, TEXT("party"));
    *ret_index = 0;
    index = json_get(&data, TEXT("index"));
    uint16_t party = find_party(d->definition, *ret_party);
    if (party == NO_INDEX || !d->definition->parties[party].signs)
        return error_set(d->error, OUTCOME_REJECT, "unknown_party", "%.*s has no party \"%.*s\" that signs",
                         TEXT_ARG(d->definition->thing), TEXT_ARG(*ret_party));
    if ((index && !json_to_int64(index, ret_index)) || *ret_index < 0 || *ret_index >= persons_of(d, *ret_party))
        return error_set(d->error, OUTCOME_REJECT, "unknown_party", "the case has no person %lld of party \"%.*s\"",
                         (long long)*ret_index, TEXT_ARG(*ret_party));
    return OUTCOME_OK;
}

enum outcome decide_signature(struct decision *d) {
    struct text party;
    int64_t index;
    enum outcome outcome = read_signature(d, &party, &index);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (d->draft.phase == CASE_CLOSED || has_signed(d, party, (uint32_t)index)) {
        record(d, NO_INDEX, d->draft.phase == CASE_CLOSED ? FATE_CASE_CLOSED : FATE_DUPLICATE);
        return OUTCOME_OK;
    }
    struct event noted = event_of(EVENT_SIGNAL_NOTED, d->input->at_us);
    noted.id = name_of(d, party, index);
    noted.source = d->input->source;
    noted.actor = d->input->actor;
    noted.data = d->input->data;
    emit(d, &noted);
    for (uint16_t i = 0; i < d->definition->step_count && !d->failed; i++) {
        const struct work_state *work = work_of(d, i, -1);
        if (step_of(d, i)->kind == STEP_WAIT && step_of(d, i)->wait.mode == WAIT_SIGNED && work->state == STEP_RUNNING &&
            work->hold == HOLD_NONE)
            signatures_look(d, i);
    }
    return OUTCOME_OK;
}
