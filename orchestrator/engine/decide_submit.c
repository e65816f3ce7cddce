/* A new case: what it must bring, and its first steps. */
#include "engine/kinds.h"

static const struct json *member_of(const struct json *extra, const char *name) {
    return json_get(extra, text_from(name));
}

static enum outcome read_optional(struct decision *d, struct text bytes, struct json *ret) {
    *ret = JSON_NULL_VALUE;
    return text_is_none(bytes) ? OUTCOME_OK : json_read(d->arena, bytes, LIMIT_json_depth_most, ret, d->error);
}

static bool same(const struct json *a, const struct json *b) {
    static const struct json null = {.type = JSON_NULL};
    return json_equal(a ? a : &null, b ? b : &null);
}

/* Names the first-level fields of the form that differ. */
static void name_differences(const struct json *old, const struct json *new_, struct buffer *out) {
    for (uint32_t i = 0; old->type == JSON_OBJECT && i < old->count; i++)
        if (!same(&old->children[i].value, json_get(new_, old->children[i].key)))
            buffer_format(out, "%s/form/%.*s", out->length ? ", " : "", TEXT_ARG(old->children[i].key));
    for (uint32_t i = 0; new_->type == JSON_OBJECT && i < new_->count; i++)
        if (!json_get(old, new_->children[i].key))
            buffer_format(out, "%s/form/%.*s", out->length ? ", " : "", TEXT_ARG(new_->children[i].key));
}

/* The same number again: the same content is the same case, other content a conflict. */
static enum outcome submit_again(struct decision *d, const struct json *form, const struct json *extra) {
    const struct case_state *s = &d->draft;
    _cleanup_buffer_ struct buffer fields;
    buffer_init(&fields, LIMIT_reason_bytes_most);
    if (!text_is_none(d->input->thing) && !text_equal(d->input->thing, s->thing))
        buffer_put_string(&fields, "/thing");
    name_differences(&s->form, form, &fields);
    if (!same(s->readdressed ? &s->first_parties : &s->parties, member_of(extra, "parties")))
        buffer_format(&fields, "%s/parties", fields.length ? ", " : "");
    if (!same(&s->materials, member_of(extra, "materials")))
        buffer_format(&fields, "%s/materials", fields.length ? ", " : "");
    if (fields.length || !same(&s->form, form))
        return error_set(d->error, OUTCOME_REJECT, "case_conflict",
                         "number %.*s is a case with other content; these differ: %.*s", TEXT_ARG(s->id),
                         TEXT_ARG(buffer_text(&fields)));
    struct event recorded = event_of(EVENT_ANSWER_RECORDED, d->input->at_us);
    recorded.fate = FATE_DUPLICATE;
    recorded.source = d->input->source;
    recorded.id = d->input->id;
    recorded.reason = TEXT("submit");
    emit(d, &recorded);
    return OUTCOME_OK;
}

static enum outcome find_region(struct decision *d, struct text *ret) {
    const struct definition *definition = d->definition;
    bool child = !text_is_none(d->input->parent);
    *ret = d->input->region;
    if (text_is_none(*ret) && definition->region_count)
        *ret = definition->regions[0];
    if (child || definition->region_count == 0)
        return OUTCOME_OK;
    for (uint16_t i = 0; i < definition->region_count; i++)
        if (text_equal(definition->regions[i], *ret))
            return OUTCOME_OK;
    return error_set(d->error, OUTCOME_REJECT, "region_not_offered", "%.*s is not offered in region %.*s",
                     TEXT_ARG(definition->thing), TEXT_ARG(*ret));
}

/* 免申即享: a department may start a case of what the definition lets it offer; the basis stands in the journal. */
static enum outcome check_offer(struct decision *d, const struct json *extra, struct text *ret_basis) {
    const struct definition *definition = d->definition;
    const struct json *offer = member_of(extra, "offer");
    struct text by = json_get_text(offer, TEXT("by")), basis = json_get_text(offer, TEXT("basis"));
    if (!offer || offer->type == JSON_NULL)
        return OUTCOME_OK;
    if (text_is_none(definition->offered.by) || !text_equal(definition->offered.by, by))
        return error_set(d->error, OUTCOME_REJECT, "offer_not_allowed", "department \"%.*s\" may not start cases of %.*s",
                         TEXT_ARG(by), TEXT_ARG(definition->thing));
    *ret_basis = text_is_none(basis) ? definition->offered.basis : basis;
    return OUTCOME_OK;
}

/* The nodes that reading gives, and the strings that it has to decode: those do not lie in the source. */
static size_t bytes_read(const struct json *value, struct text source) {
    size_t bytes = (size_t)value->count * sizeof(struct json_member);
    for (uint32_t i = 0; i < value->count; i++) {
        const struct json_member *member = &value->children[i];
        const struct text texts[] = {member->key, member->value.type == JSON_STRING ? member->value.text : TEXT_NONE};
        for (size_t k = 0; k < 2; k++)
            if (!text_is_none(texts[k]) && (texts[k].at < source.at || texts[k].at >= source.at + source.length))
                bytes += texts[k].length + 32;
        bytes += bytes_read(&member->value, source);
    }
    return bytes;
}

enum outcome decide_submit(struct decision *d) {
    const struct input *in = d->input;
    struct json form, extra;
    enum outcome outcome = in->value ? (form = *in->value, OUTCOME_OK) : read_optional(d, in->data, &form);
    if (outcome == OUTCOME_OK)
        outcome = read_optional(d, in->extra, &extra);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (d->draft.phase != CASE_NONE)
        return submit_again(d, &form, &extra);
    if (in->data.length > LIMIT_form_bytes_most)
        return error_set(d->error, OUTCOME_REJECT, "form_bytes_most", "the form has %zu bytes; at most %d are allowed",
                         in->data.length, (int)LIMIT_form_bytes_most);
    struct event started = event_of(EVENT_CASE_STARTED, in->at_us);
    outcome = find_region(d, &started.region);
    if (outcome == OUTCOME_OK)
        outcome = check_offer(d, &extra, &started.reason);
    if (outcome == OUTCOME_OK)
        outcome = hold_submission(d);
    if (outcome != OUTCOME_OK)
        return outcome;
    started.thing = d->definition->thing;
    started.definition = d->definition->hash;
    started.number = d->draft.root;
    started.parent = in->parent;
    started.parent_step = in->parent_step;
    started.parent_index = in->parent_index;
    started.priority = in->priority;
    started.source = in->source;
    started.id = in->id;
    started.actor = in->actor;
    started.data = in->data;
    started.extra = in->extra;
    d->overlay.form = &form;
    if (!emit(d, &started))
        return OUTCOME_FATAL;
    d->applied_bytes += bytes_read(&form, in->data);   /* the draft has the form as it was read before */
    outcome = materials_at_intake(d);
    for (uint16_t i = 0; outcome == OUTCOME_OK && i < d->definition->step_count && !d->failed; i++)
        if (step_of(d, i)->need_count == 0)
            flow_evaluate(d, i);
    return outcome;
}
