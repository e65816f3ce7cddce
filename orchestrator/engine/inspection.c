/* An inspection (聯合核驗): the lead arranges one visit, each item's department says pass (`result`), rectify
 * (`correction`: the applicant's turn, then it looks again) or fail (`rejected`).
 *
 * Its elements are the items, in the definition's order. What needs the inspection and works on one of its items waits
 * for that item alone; anything else waits for the whole visit. */
#include "engine/kinds.h"

int32_t inspection_element(const struct step_definition *step, uint16_t item) {
    if (step->kind != STEP_INSPECTION || item == NO_INDEX)
        return -1;
    for (uint16_t i = 0; i < step->inspection.item_count; i++)
        if (step->inspection.items[i].item == item)
            return i;
    return -1;
}

bool inspection_items(struct decision *d, uint16_t step, bool *wanted, struct error *error) {
    const struct step_definition *inspection = step_of(d, step);
    for (uint16_t i = 0; i < inspection->inspection.item_count; i++) {
        const struct expression *when = inspection->inspection.items[i].when;
        wanted[i] = true;
        if (when && !evaluate_condition(d, when, step, &wanted[i], error))
            return false;
    }
    return true;
}

static bool *wanted_items(struct decision *d, uint16_t step, struct text missing) {
    struct error error;
    bool *wanted = arena_new_array(d->arena, step_of(d, step)->inspection.item_count, bool);
    if (!wanted) {
        d->failed = true;
        return NULL;
    }
    if (inspection_items(d, step, wanted, &error))
        return wanted;
    stuck(d, step, -1, missing, error.code, error.message);
    return NULL;
}

void open_inspection(struct decision *d, uint16_t step, struct text missing) {
    bool *wanted = wanted_items(d, step, missing);
    bool any = false;
    for (uint16_t i = 0; wanted && i < step_of(d, step)->inspection.item_count; i++)
        any = any || wanted[i];
    if (any) {
        ask_work(d, step, -1, missing);
    } else if (wanted) {   /* nothing is to be looked at */
        struct event ended = step_event(d, EVENT_STEP_ENDED, step, -1);
        ended.state = STEP_SKIPPED;
        ended.missing = missing;
        flow_end(d, &ended);
    }
}

void inspection_arranged(struct decision *d, uint16_t step) {
    const struct input *in = d->input;
    bool *wanted = wanted_items(d, step, TEXT_NONE);
    if (!wanted)
        return;
    acted_for(d, step);
    struct event arranged = step_event(d, EVENT_STEP_EXPANDED, step, -1);
    arranged.count = step_of(d, step)->inspection.item_count;
    arranged.answer = in->answer;
    arranged.attempt = work_of(d, step, -1)->attempt;
    arranged.data = in->data;
    arranged.extra = in->extra;
    arranged.source = in->source;
    arranged.id = in->id;
    arranged.actor = in->actor;
    arranged.sent_us = in->sent_us;
    if (!emit(d, &arranged))
        return;
    for (uint32_t i = 0; i < arranged.count && !d->failed; i++)
        if (wanted[i])
            ask_work(d, step, (int32_t)i, TEXT_NONE);
        else
            flow_end_as(d, step, (int32_t)i, STEP_SKIPPED, TEXT_NONE);
}

bool inspection_rectify(struct decision *d, uint16_t step) {
    const struct input *in = d->input;
    const struct step_definition *inspection = step_of(d, step);
    if (inspection->kind != STEP_INSPECTION || in->index < 0)
        return false;
    if (work_of(d, step, in->index)->correction + 1u < inspection->inspection.rounds)
        return false;   /* noted as any correction: the applicant's turn */
    struct event ended = step_event(d, EVENT_STEP_ENDED, step, in->index);
    acted_for(d, step);
    ended.state = STEP_REFUSED;
    ended.answer = in->answer;
    ended.data = in->data;
    ended.reason = text_is_none(in->reason) ? TEXT("rounds used up") : in->reason;
    ended.source = in->source;
    ended.id = in->id;
    ended.actor = in->actor;
    ended.sent_us = in->sent_us;
    flow_end(d, &ended);
    return true;
}

/* Granted as soon as one item passed, as a sub-case is by a partial outcome; what failed stands in the result. */
void inspection_gather(struct decision *d, uint16_t step) {
    const struct step_row *row = row_of(d, step);
    bool refused = false, expired = false;
    if (row->ended_count < row->element_count)
        return;
    for (uint32_t i = 0; i < row->element_count; i++) {
        enum step_state state = work_of(d, step, (int32_t)i)->state;
        refused = refused || state == STEP_REFUSED;
        expired = expired || state == STEP_EXPIRED;
    }
    flow_end_as(d, step, -1, row->granted_count ? STEP_GRANTED : refused ? STEP_REFUSED
                             : expired ? STEP_EXPIRED : row->skipped_count == row->element_count ? STEP_SKIPPED
                                                                                                   : STEP_CANCELLED,
                TEXT_NONE);
}

bool inspection_dependents_left(const struct decision *d, uint16_t step, int32_t index) {
    const struct step_definition *inspection = step_of(d, step);
    bool some = false;
    for (uint16_t i = 0; i < inspection->dependent_count; i++) {
        int32_t element = inspection_element(inspection, step_of(d, inspection->dependents[i])->item);
        if (element >= 0 && element != index)
            continue;
        if (row_of(d, inspection->dependents[i])->self.state == STEP_WAITING)
            return false;
        some = true;
    }
    return some;
}

static const char *name_of_outcome(enum step_state state) {
    switch (state) {
    case STEP_GRANTED: return "passed";
    case STEP_REFUSED: return "failed";
    case STEP_SKIPPED: return "not_looked_at";
    default: return state_step_has_ended(state) ? "unknown" : "open";
    }
}

static struct json item_result(struct decision *d, const struct work_state *work) {
    struct json one = {.type = JSON_OBJECT}, result = JSON_NULL_VALUE;
    if (work->state == STEP_GRANTED && !text_is_none(work->result) &&
        json_read(d->arena, work->result, LIMIT_json_depth_most, &result, NULL) == OUTCOME_FATAL)
        d->failed = true;
    kind_set_member(d, &one, "outcome", json_string(text_from(name_of_outcome(work->state))));
    kind_set_member(d, &one, "reason", text_is_none(work->reason) ? JSON_NULL_VALUE : json_string(work->reason));
    kind_set_member(d, &one, "result", result);
    return one;
}

const struct json *inspection_result(struct decision *d, uint16_t step) {
    const struct step_row *row = row_of(d, step);
    struct json *all = arena_new(d->arena, struct json);
    if (!all || row->element_count == 0)
        return NULL;
    *all = json_object(d->arena, row->element_count);
    for (uint32_t i = 0; all->children && i < row->element_count; i++)
        all->children[i] = (struct json_member){d->definition->items[step_of(d, step)->inspection.items[i].item].id,
                                                item_result(d, work_of(d, step, (int32_t)i))};
    return all;
}
