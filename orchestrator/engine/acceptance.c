/* Acceptance of an item (行政許可法 32, 42, 45): received, corrected once, accepted by word or by silence; what a
 * department says of special procedures and of an extension. */
#include "engine/clock.h"

#include "model/procedure.h"

static struct event item_event(const struct decision *d, enum event_kind kind, uint16_t item, uint16_t step, int32_t index) {
    struct event event = step_event(d, kind, step, index);
    event.item = d->definition->items[item].id;
    event.thing = d->draft.thing;
    event.region = d->draft.region;
    return event;
}

static void incident(struct decision *d, uint16_t step, int32_t index, const char *code, const char *message) {
    struct event opened = step_event(d, EVENT_INCIDENT_OPENED, step, index);
    opened.thing = d->draft.thing;
    opened.region = d->draft.region;
    opened.reason = text_from(code);
    opened.data = message_data(d, message);
    emit(d, &opened);
}

bool acceptance_is_given(const struct decision *d, uint16_t step, int32_t index) {
    uint16_t item = case_item_of(d->definition, step, index);
    return d->draft.items && item != NO_INDEX && case_item(&d->draft, item)->phase == ITEM_ACCEPTED;
}

bool acceptance_uncounted(const struct definition *definition, uint16_t item, struct text reason, struct text *ret_reason,
                          struct text *ret_basis, bool *ret_of_statute) {
    const struct procedure *listed = procedure_find(reason);
    const struct item_definition *named = item == NO_INDEX ? NULL : &definition->items[item];
    *ret_reason = listed ? text_from(listed->name) : reason;
    *ret_basis = listed ? TEXT(PROCEDURE_BASIS) : TEXT_NONE;
    *ret_of_statute = listed != NULL;
    for (uint16_t i = 0; named && i < named->uncounted_count; i++) {
        const struct uncounted *row = &named->uncounted[i];
        if (!text_equal(row->reason, *ret_reason))
            continue;
        if (!text_is_none(row->basis))
            *ret_basis = row->basis;
        *ret_of_statute = listed || row->of_statute;
        return true;
    }
    return listed != NULL;
}

int64_t acceptance_by(const struct decision *d, uint16_t item, int64_t received_us) {
    struct limit_time within = d->definition->items[item].correction_within;
    int64_t due_us;
    if (within.unit == LIMIT_NONE)
        within = CLOCK_CORRECTION_WITHIN;
    if (calendar_due(d->world->calendar, CALENDAR_STATUTE, received_us, within, &due_us, NULL) != OUTCOME_OK)
        return TIME_NONE;
    return due_us;
}

void acceptance_receive(struct decision *d, uint16_t item, uint16_t step, int32_t index) {
    struct event received = item_event(d, EVENT_ITEM_RECEIVED, item, step, index);
    received.due_us = acceptance_by(d, item, d->input->at_us);
    if (d->world->calendar)
        received.calendar = d->world->calendar->version;
    emit(d, &received);
}

void acceptance_accept(struct decision *d, uint16_t item, uint16_t step, int32_t index, int64_t since_us, struct text by) {
    struct event accepted = item_event(d, EVENT_ITEM_ACCEPTED, item, step, index);
    accepted.since_us = since_us;
    accepted.reason = by;
    if (!emit(d, &accepted))
        return;
    clock_set(d, item, CLOCK_PROMISE, since_us, TEXT("began"));
    clock_set(d, item, CLOCK_STATUTE, since_us, TEXT("began"));
}

const char *const acceptance_applicant_reasons[ACCEPTANCE_APPLICANT_REASONS] = {"correction", "rectify", "applicant"};

/* A correction before acceptance is the applicant's right and comes once. Later ones are an incident; they stop no
 * clock but where the item cites a basis for leaving them, or the applicant's time, out. What an inspection has
 * rectified is no correction: it stops what the item leaves out for it. */
static void correction(struct decision *d, uint16_t item, const struct event *noted) {
    const struct work_state *work = work_of(d, noted->step_index, noted->index);
    bool rectifies = step_of(d, noted->step_index)->kind == STEP_INSPECTION;
    struct text reason, basis;
    bool of_statute;
    if (case_item(&d->draft, item)->phase == ITEM_CORRECTING && work->correction == 1)
        return;
    for (size_t i = rectifies; i < ACCEPTANCE_APPLICANT_REASONS; i += rectifies ? 1 : 2) {
        struct text named = text_from(acceptance_applicant_reasons[i]);
        if (!acceptance_uncounted(d->definition, item, named, &reason, &basis, &of_statute) ||
            (!rectifies && text_is_none(basis)))
            continue;
        clock_pause_begin(d, item, noted->step_index, noted->index, reason, basis, of_statute);
        return;
    }
}

static struct json data_of(struct decision *d, struct text data) {
    struct json value = JSON_NULL_VALUE;
    enum outcome outcome = text_is_none(data) ? OUTCOME_OK : json_read(d->arena, data, LIMIT_json_depth_most, &value, NULL);
    d->failed = d->failed || outcome == OUTCOME_FATAL;
    return outcome == OUTCOME_OK ? value : JSON_NULL_VALUE;
}

static void special(struct decision *d, uint16_t item, const struct event *noted) {
    struct json data = data_of(d, noted->data);
    struct text named = json_get_text(&data, TEXT("procedure")), reason, basis;
    bool of_statute;
    if (!acceptance_uncounted(d->definition, item, named, &reason, &basis, &of_statute)) {
        if (noted->answer == ANSWER_SPECIAL_START)
            incident(d, noted->step_index, noted->index, "procedure_without_basis",
                     "neither 行政許可法 45 nor the item leaves this procedure out; no clock stands still for it");
        return;
    }
    if (noted->answer == ANSWER_SPECIAL_START)
        clock_pause_begin(d, item, noted->step_index, noted->index, reason, basis, of_statute);
    else
        clock_pause_end(d, item, noted->step_index, noted->index, reason);
}

static void extend(struct decision *d, uint16_t item, const struct event *noted) {
    const struct item_row *row = case_item(&d->draft, item);
    struct json data = data_of(d, noted->data);
    struct text approved_by = json_get_text(&data, TEXT("approved_by"));
    int64_t days = 0;
    json_to_int64(json_get_string(&data, "days"), &days);
    const char *code = row->is_extended ? "second_extension"
                       : row->phase != ITEM_ACCEPTED ? "extension_out_of_place"
                       : approved_by.length == 0 ? "extension_unapproved"
                       : days < 1 || days > d->definition->items[item].extension_days ? "extension_too_long" : NULL;
    if (code) {
        incident(d, noted->step_index, noted->index, code,
                 row->is_extended ? "an item is extended once (行政許可法 42); the clocks are not moved"
                 : row->phase != ITEM_ACCEPTED ? "an item that is not accepted has no limit to extend"
                 : approved_by.length == 0 ? "the extension does not say who approved it; the clocks are not moved"
                                           : "the extension is longer than the item allows; the clocks are not moved");
        return;
    }
    struct event extended = item_event(d, EVENT_ITEM_EXTENDED, item, noted->step_index, noted->index);
    extended.count = (uint32_t)days;
    extended.reason = noted->reason;
    extended.actor = approved_by;
    if (!emit(d, &extended))
        return;
    clock_set(d, item, CLOCK_PROMISE, row->clocks[CLOCK_PROMISE].start_us, TEXT("extended"));
    clock_set(d, item, CLOCK_STATUTE, row->clocks[CLOCK_STATUTE].start_us, TEXT("extended"));
}

void acceptance_answer(struct decision *d, const struct event *answer) {
    uint16_t step = answer->step_index, item = case_item_of(d->definition, step, answer->index);
    const struct item_row *row = case_item(&d->draft, item);
    bool waits = row->phase == ITEM_RECEIVED || row->phase == ITEM_CORRECTING;
    int64_t now_us = d->input->at_us;
    switch (answer->answer) {
    case ANSWER_ACCEPTED:
        if (waits)
            acceptance_accept(d, item, step, answer->index, now_us, TEXT("accepted"));
        break;
    case ANSWER_CORRECTION:
        if (waits && step_of(d, step)->kind == STEP_INSPECTION)   /* who looked at it has accepted it */
            acceptance_accept(d, item, step, answer->index, row->received_us, TEXT("answered"));
        correction(d, item, answer);
        break;
    /* Who works on it or decides has accepted it; as of the day of receipt, since nothing was wanting. */
    case ANSWER_SPECIAL_START: case ANSWER_SPECIAL_END: case ANSWER_EXTEND: case ANSWER_RESULT: case ANSWER_REJECTED:
        if (waits)
            acceptance_accept(d, item, step, answer->index, row->phase == ITEM_RECEIVED ? row->received_us : now_us,
                              TEXT("answered"));
        if (answer->answer == ANSWER_EXTEND)
            extend(d, item, answer);
        else if (answer->answer == ANSWER_SPECIAL_START || answer->answer == ANSWER_SPECIAL_END)
            special(d, item, answer);
        break;
    default: break;
    }
}
