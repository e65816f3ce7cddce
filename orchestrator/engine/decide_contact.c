/* A person of the case, or his agent, is reached otherwise from now on: another telephone, another address, another language.
 * The journal keeps who changed it; what he was told before stays where it was sent. */
#include "engine/decision.h"

/* How somebody is reached, and nothing else of him. */
static bool is_contact(const struct json *contact) {
    static const char *const known[] = {"phone", "email", "language", "channel"};
    for (uint32_t i = 0; i < contact->count; i++) {
        bool fine = false;
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
            fine = fine || text_is(contact->children[i].key, known[k]);
        if (!fine || (contact->children[i].value.type != JSON_STRING && contact->children[i].value.type != JSON_NULL))
            return false;
    }
    return contact->count > 0;
}

static const struct json *read_change(struct decision *d, struct text *ret_party, int64_t *ret_index, bool *ret_agent) {
    struct json *data = arena_new(d->arena, struct json);
    if (!data || text_is_none(d->input->data) || json_read(d->arena, d->input->data, LIMIT_json_depth_most, data, d->error) != OUTCOME_OK)
        return NULL;
    const struct json *index = json_get_string(data, "index");
    *ret_party = json_get_text(data, TEXT("party"));
    *ret_index = 0;
    *ret_agent = json_is_true(json_get_string(data, "agent"));
    if (index && (!json_to_int64(index, ret_index) || *ret_index < 0))
        *ret_party = TEXT_NONE;
    const struct json *contact = json_get_string(data, "contact");
    return contact && contact->type == JSON_OBJECT && is_contact(contact) ? contact : NULL;
}

/* A copy of an object or array with one child another. */
static struct json with_child(struct arena *arena, const struct json *old, uint32_t at, struct json child) {
    struct json copy = old->type == JSON_ARRAY ? json_array(arena, old->count) : json_object(arena, old->count);
    if (!copy.children)
        return copy;
    memcpy(copy.children, old->children, old->count * sizeof *old->children);
    copy.children[at].value = child;
    copy.text = TEXT_NONE;
    return copy;
}

/* The parties with `contact` merged into that person. False: there is no such person. */
static bool change_parties(struct decision *d, struct text party, int64_t index, bool agent, const struct json *contact, struct json *ret) {
    const struct json *parties = &d->draft.parties;
    for (uint32_t i = 0; parties->type == JSON_OBJECT && i < parties->count; i++) {
        const struct json *of = &parties->children[i].value;
        if (!text_equal(parties->children[i].key, party))
            continue;
        const struct json *person = of->type == JSON_ARRAY ? json_at(of, (size_t)index) : index == 0 ? of : NULL;
        const struct json *own = agent ? json_get_string(person, "agent") : person;
        if (!own || own->type != JSON_OBJECT)
            return false;
        struct json patch = *contact;
        if (agent) {
            patch = json_object(d->arena, 1);
            if (patch.children)
                patch.children[0] = (struct json_member){TEXT("agent"), *contact};
        }
        struct json changed = json_merged(d->arena, person, &patch);
        if (of->type == JSON_ARRAY)
            changed = with_child(d->arena, of, (uint32_t)index, changed);
        *ret = with_child(d->arena, parties, i, changed);
        return true;
    }
    return false;
}

static struct text write_extra(struct decision *d, const struct json *parties) {
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, LIMIT_case_state_bytes_most);   /* which is asked when all is decided */
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("parties"));
    json_put_value(&w, parties);
    json_close(&w, '}');
    return out.failed ? TEXT_NONE : text_copy(d->arena, buffer_text(&out));
}

/* Which members were said, not what: the values stand among the parties alone. */
static struct text write_data(struct decision *d, struct text party, int64_t index, bool agent, const struct json *contact) {
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, LIMIT_message_bytes_most);
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("party"));
    json_put_text(&w, party);
    json_key(&w, TEXT("index"));
    json_put_int64(&w, index);
    json_key(&w, TEXT("agent"));
    json_put_bool(&w, agent);
    json_key(&w, TEXT("changed"));
    json_open(&w, '[');
    for (uint32_t i = 0; i < contact->count; i++)
        json_put_text(&w, contact->children[i].key);
    json_close(&w, ']');
    json_close(&w, '}');
    return out.failed ? TEXT_NONE : text_copy(d->arena, buffer_text(&out));
}

enum outcome decide_contact(struct decision *d) {
    struct text party = TEXT_NONE;
    int64_t index = 0;
    bool agent = false;
    struct json parties;
    const struct json *contact = read_change(d, &party, &index, &agent);
    if (!contact)
        return error_set(d->error, OUTCOME_REJECT, "input_unreadable", "a change of contact names a person and his phone, email, language or channel");
    if (!text_is_none(d->draft.parent))
        return error_set(d->error, OUTCOME_REJECT, "not_in_place", "who is told of a sub-case is who is told of the whole: %.*s",
                         TEXT_ARG(d->draft.root));
    if (!change_parties(d, party, index, agent, contact, &parties))
        return error_set(d->error, OUTCOME_REJECT, "person_unknown", "the case has no person %.*s.%lld%s", TEXT_ARG(party),
                         (long long)index, agent ? ".agent" : "");
    if (json_equal(&parties, &d->draft.parties)) {
        record(d, NO_INDEX, FATE_DUPLICATE);
        return OUTCOME_OK;
    }
    struct event changed = event_of(EVENT_CONTACT_CHANGED, d->input->at_us);
    changed.actor = d->input->actor;
    changed.source = d->input->source;
    changed.id = d->input->id;
    changed.data = write_data(d, party, index, agent, contact);
    changed.extra = write_extra(d, &parties);
    if (text_is_none(changed.data) || text_is_none(changed.extra))
        return error_no_memory(d->error);
    emit(d, &changed);
    return OUTCOME_OK;
}
