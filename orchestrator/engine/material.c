/* Materials: what must be there when the application comes, and what a lookup fetches (免提交) before the first step that
 * needs it, once for all of them. What comes later: material_later.c. */
#include "engine/kinds.h"

static const struct material_definition *material_of(const struct decision *d, uint16_t material) {
    return &d->definition->materials[material];
}

/* ---- what it is worth by the way it came; its lookup's result says its own, A when it says nothing ---- */

static char worth_as_brought(const struct json *given) {
    return trust_as_seen(json_get_text(given, TEXT("seen")));
}

static const char *least_in_words(char least_trust) {
    return least_trust == 'B' ? "an original that was seen at the window" : "an original or a certified copy that was seen at the window";
}

static const struct json *given_as(const struct decision *d, struct text id) {
    const struct json *given = &d->draft.materials;
    for (uint32_t i = 0; given->type == JSON_ARRAY && i < given->count; i++)
        if (text_equal(json_get_text(&given->children[i].value, TEXT("id")), id))
            return &given->children[i].value;
    return NULL;
}

bool material_is_trusted(const struct decision *d, uint16_t material) {
    const struct material_definition *wanted = material_of(d, material);
    if (!wanted->least_trust)
        return true;
    const struct work_state *fetched = wanted->fetch_step == NO_INDEX ? NULL : work_of(d, wanted->fetch_step, -1);
    return (fetched && fetched->state == STEP_GRANTED && fetched->final_answer == ANSWER_RESULT) ||
           worth_as_brought(given_as(d, wanted->id)) <= wanted->least_trust;
}

static bool is_there(const struct decision *d, uint16_t material) {
    return given_as(d, material_of(d, material)->id) && material_is_trusted(d, material);
}

bool material_is_given(const struct decision *d, uint16_t material) {
    const struct material_definition *wanted = material_of(d, material);
    for (uint16_t i = 0; i < wanted->any_of_count; i++)
        if (is_there(d, wanted->any_of[i]))
            return true;
    return is_there(d, material);
}

bool material_is_carried(const struct decision *d, uint16_t step, struct text id) {
    for (uint16_t i = 0; i < d->definition->material_count; i++)
        if (text_equal(material_of(d, i)->id, id))
            return definition_step_lists(d->definition, step, i);
    return false;
}

/* The lookup that fetches it: of a group the first one that has any; NO_INDEX: none. */
static uint16_t fetch_of(const struct decision *d, uint16_t material) {
    const struct material_definition *wanted = material_of(d, material);
    uint16_t fetch = wanted->from_lookup ? wanted->fetch_step : NO_INDEX;
    for (uint16_t i = 0; fetch == NO_INDEX && i < wanted->any_of_count; i++)
        if (material_of(d, wanted->any_of[i])->from_lookup)
            fetch = material_of(d, wanted->any_of[i])->fetch_step;
    return fetch;
}

static bool is_wanted(struct decision *d, uint16_t material, bool *ret, struct error *error) {
    const struct expression *when = material_of(d, material)->when;
    *ret = true;
    return !when || evaluate_condition(d, when, 0, ret, error);
}

/* ---- at intake ---- */

static void name_missing(const struct decision *d, uint16_t material, struct buffer *out) {
    const struct material_definition *wanted = material_of(d, material);
    buffer_format(out, "%s/materials/%.*s", out->length ? ", " : "", TEXT_ARG(wanted->id));
    for (uint16_t i = 0; i < wanted->any_of_count; i++)
        buffer_format(out, "%s%.*s", i ? " | " : " (", TEXT_ARG(material_of(d, wanted->any_of[i])->id));
    if (wanted->any_of_count)
        buffer_put_byte(out, ')');
    if (wanted->least_trust)
        buffer_format(out, " (%s)", least_in_words(wanted->least_trust));
    if (wanted->tolerable_until.unit != LIMIT_NONE)
        buffer_format(out, " (later only with trust %.*s)", TEXT_ARG(wanted->tolerable_trust));
}

static enum outcome may_be_brought(struct decision *d, uint32_t place, const struct material_definition *material, const struct json *given) {
    char worth = worth_as_brought(given);
    if (!material->least_trust || worth <= material->least_trust)
        return OUTCOME_OK;
    if (material->least_trust == 'A')
        return error_set(d->error, OUTCOME_REJECT, "material_trust_too_low", "/materials/%u: %.*s is taken only as %.*s has it (trust A)",
                         (unsigned)place, TEXT_ARG(material->id), TEXT_ARG(material->lookup_source));
    return error_set(d->error, OUTCOME_REJECT, "material_trust_too_low",
                     "/materials/%u: %.*s is taken as %s (trust %c at least); as it is brought it is worth %c", (unsigned)place,
                     TEXT_ARG(material->id), least_in_words(material->least_trust), material->least_trust, worth);
}

enum outcome materials_may_be_brought(struct decision *d, const struct json *list) {
    enum outcome outcome = OUTCOME_OK;
    for (uint32_t i = 0; list && list->type == JSON_ARRAY && i < list->count; i++)
        for (uint16_t k = 0; k < d->definition->material_count && outcome == OUTCOME_OK; k++)
            if (text_equal(material_of(d, k)->id, json_get_text(&list->children[i].value, TEXT("id"))))
                outcome = may_be_brought(d, i, material_of(d, k), &list->children[i].value);
    return outcome;
}

enum outcome materials_at_intake(struct decision *d) {
    _cleanup_buffer_ struct buffer missing;
    buffer_init(&missing, LIMIT_reason_bytes_most);
    if (text_is_none(d->input->parent) && materials_may_be_brought(d, &d->draft.materials) != OUTCOME_OK)
        return OUTCOME_REJECT;   /* what a parent passes on is looked up again */
    for (uint16_t i = 0; i < d->definition->material_count && !d->failed; i++) {
        struct error error;
        bool wanted;
        if (!material_of(d, i)->required || fetch_of(d, i) != NO_INDEX || material_is_given(d, i))
            continue;
        if (!is_wanted(d, i, &wanted, &error))
            return d->failed ? OUTCOME_FATAL
                             : error_set(d->error, OUTCOME_REJECT, "material_condition",
                                         "whether material %.*s is needed can't be told from the form: %s",
                                         TEXT_ARG(material_of(d, i)->id), error.message);
        if (wanted && !material_tolerate(d, i))
            name_missing(d, i, &missing);
    }
    if (missing.length == 0)
        return OUTCOME_OK;
    return error_set(d->error, OUTCOME_REJECT, "material_missing", "these materials are required and missing: %.*s",
                     TEXT_ARG(buffer_text(&missing)));
}

/* ---- fetched before the step that needs it ---- */

/* Was its lookup over without it, so that the definition has the step refused? */
static bool refuses(const struct decision *d, uint16_t material, uint16_t fetch) {
    return material_of(d, step_of(d, fetch)->fetches)->if_not_found == IF_NOT_FOUND_REFUSE &&
           row_of(d, fetch)->self.state == STEP_REFUSED && !material_is_tolerated(d, material);
}

/* The fetch that a step still needs for one of its materials; NO_INDEX: none. False: its condition can't be told. */
static bool needed_fetch(struct decision *d, uint16_t material, uint16_t *ret_fetch, struct error *error) {
    bool wanted = true;
    *ret_fetch = material_is_given(d, material) ? NO_INDEX : fetch_of(d, material);
    if (*ret_fetch != NO_INDEX && !is_wanted(d, material, &wanted, error))
        return false;
    if (!wanted)
        *ret_fetch = NO_INDEX;
    return true;
}

static void end_refused(struct decision *d, uint16_t step, struct text missing) {
    struct event ended = step_event(d, EVENT_STEP_ENDED, step, -1);
    ended.state = STEP_REFUSED;
    ended.reason = TEXT("material_missing");
    ended.missing = missing;
    flow_end(d, &ended);
}

static void hold_and_fetch(struct decision *d, uint16_t step, struct text missing, const uint16_t *fetches, uint16_t count) {
    if (work_of(d, step, -1)->hold != HOLD_MATERIALS) {
        struct event hold = step_event(d, EVENT_STEP_HELD, step, -1);
        hold.reason = TEXT("materials");
        hold.missing = missing;
        emit(d, &hold);
    }
    for (uint16_t i = 0; i < count && !d->failed; i++)
        if (row_of(d, fetches[i])->self.state == STEP_WAITING)
            ask_work(d, fetches[i], -1, TEXT_NONE);
}

bool hold_by_materials(struct decision *d, uint16_t step, struct text missing) {
    const struct step_definition *held = step_of(d, step);
    uint16_t fetches[LIMIT_materials_most], count = 0;
    bool waits = false;
    for (uint16_t i = 0; i < held->material_count && count < LIMIT_materials_most; i++) {
        struct error error;
        uint16_t fetch;
        if (!needed_fetch(d, held->materials[i], &fetch, &error)) {
            stuck(d, step, -1, missing, error.code, error.message);
            return true;
        }
        if (fetch == NO_INDEX)
            continue;
        if (refuses(d, held->materials[i], fetch)) {
            end_refused(d, step, missing);
            return true;
        }
        waits = waits || !state_step_has_ended(row_of(d, fetch)->self.state);
        if (row_of(d, fetch)->self.state == STEP_WAITING)
            fetches[count++] = fetch;
    }
    if (waits)
        hold_and_fetch(d, step, missing, fetches, count);
    return waits;
}

/* A step that lists a group is held for the group's lookup, too. */
void material_fetched(struct decision *d, uint16_t fetch) {
    for (uint16_t i = 0; i < d->definition->step_count && !d->failed; i++)
        if (work_of(d, i, -1)->hold == HOLD_MATERIALS && d->draft.phase != CASE_STOPPING &&
            definition_step_lists(d->definition, i, step_of(d, fetch)->fetches))
            hold_over(d, i);
}

/* ---- it found nothing ---- */

bool lookup_is_distrusted(const struct decision *d, uint16_t step) {
    struct json data = JSON_NULL_VALUE;
    char least = step_of(d, step)->kind == STEP_LOOKUP ? step_of(d, step)->lookup.least_trust : 0;
    if (!least || d->input->answer != ANSWER_RESULT || text_is_none(d->input->data) ||
        json_read(d->arena, d->input->data, LIMIT_json_depth_most, &data, NULL) != OUTCOME_OK)
        return false;
    struct text trust = json_get_text(&data, TEXT("trust"));
    return trust.length > 0 && (trust.length != 1 || trust.at[0] < 'A' || trust.at[0] > least);   /* what is no grade is none */
}

static bool says_not_found(const struct decision *d) {
    struct json data;
    const struct json *found = NULL;
    if (d->input->answer == ANSWER_REJECTED || d->input->answer == ANSWER_NOT_ACCEPTED)
        return true;
    if (d->input->answer == ANSWER_RESULT && !text_is_none(d->input->data) &&
        json_read(d->arena, d->input->data, LIMIT_json_depth_most, &data, NULL) == OUTCOME_OK)
        found = json_get(&data, TEXT("found"));
    return found && found->type == JSON_FALSE;
}

/* The material itself is required, or a group that it is in. */
static bool is_required(const struct decision *d, uint16_t material) {
    for (uint16_t i = 0; i < d->definition->material_count; i++)
        if (material_of(d, i)->required && definition_group_has(d->definition, i, material))
            return true;
    return material_of(d, material)->required;
}

bool material_not_found(struct decision *d, uint16_t step) {
    const struct step_definition *fetch = step_of(d, step);
    bool distrusted = lookup_is_distrusted(d, step);
    if (!fetch->is_fetch || (!distrusted && !says_not_found(d)))
        return false;
    const struct material_definition *material = material_of(d, fetch->fetches);
    bool asks = material->if_not_found == IF_NOT_FOUND_ASK && is_required(d, fetch->fetches) &&
                !material_tolerate(d, fetch->fetches);
    struct event event = step_event(d, asks ? EVENT_MATERIAL_ASKED : EVENT_STEP_ENDED, step, -1);
    acted_for(d, step);
    event.reason = distrusted ? TEXT("trust_too_low") : text_is_none(d->input->reason) ? TEXT("not_found") : d->input->reason;
    event.source = d->input->source;
    event.id = d->input->id;
    event.actor = d->input->actor;
    if (asks) {
        event.material = material->id;
        event.ordinal = work_of(d, step, -1)->correction + 1;
        emit(d, &event);
    } else {
        event.state = STEP_REFUSED;
        event.answer = d->input->answer;
        event.data = d->input->data;
        flow_end(d, &event);
    }
    return true;
}
