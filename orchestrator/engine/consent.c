/* Consents (個人信息保護法 13–16, 29, 31): what is fetched with a party's consent (or its guardian's) that party may give, refuse
 * and withdraw for itself; a duty of the law and a court's appointment it may not. A word comes as a signal of a name of its own
 * and is kept as one for each person and source, so that every lookup that would be asked later finds it. The last word holds;
 * who has said nothing has consented by applying, unless the application's `consent` says otherwise. A separate consent
 * (單獨同意, 29) nobody has given by applying, nor by a word about everything: it names its source. */
#include "engine/kinds.h"

#define WITHDRAWN "consent_withdrawn"   /* for everybody and for good, at the window */
#define SAID "consent_said"             /* {"person": "seller.0", "word": "given" | "refused" | "withdrawn", "source"?, "reason"?} */

/* ---- what is looked up by consent ---- */

/* Is the source (absent: any) looked up by a basis of these, here or in a sub-case? */
static bool is_asked(const struct decision *d, const struct definition *definition, struct text source, bool (*by)(struct text),
                     unsigned depth) {
    for (uint16_t i = 0; i < definition->step_count; i++) {
        const struct step_definition *step = &definition->steps[i];
        if (step->kind == STEP_LOOKUP && by(step->lookup.basis) && (text_is_none(source) || text_equal(source, step->lookup.source)))
            return true;
        if (step->kind != STEP_THING || depth == LIMIT_nesting_most)
            continue;
        const struct definition *sub = d->world->find_definition
            ? d->world->find_definition(d->world->context, definition->things[step->thing.thing].hash) : NULL;
        if (!sub || is_asked(d, definition_for_region(sub, d->draft.region), source, by, depth + 1))
            return true;   /* what can't be seen may ask */
    }
    return false;
}

bool consent_takes(const struct decision *d, struct text signal) {
    if (!text_is(signal, WITHDRAWN) && !text_is(signal, SAID))
        return false;
    for (uint16_t i = 0; i < d->definition->step_count; i++)
        if (step_of(d, i)->kind == STEP_WAIT && text_equal(step_of(d, i)->wait.signal, signal))
            return false;   /* the definition means a signal of its own */
    return !text_is_none(d->input->parent) || is_asked(d, d->definition, TEXT_NONE, basis_is_consent, 0);
}

/* ---- what was said ---- */

static struct text name_of(struct decision *d, struct text person, struct text source) {
    struct text name = text_is_none(source) ? text_format(d->arena, "consent.%.*s", TEXT_ARG(person))
                                            : text_format(d->arena, "consent.%.*s.%.*s", TEXT_ARG(person), TEXT_ARG(source));
    d->failed = d->failed || text_is_none(name);
    return name;
}

static const struct signal_row *signal_find(const struct decision *d, struct text name) {
    for (uint32_t i = 0; i < d->draft.signal_count; i++)
        if (text_equal(d->draft.signals[i].name, name))
            return &d->draft.signals[i];
    return NULL;
}

static bool is_withdrawn_for_all(const struct decision *d) { return signal_find(d, TEXT(WITHDRAWN)) != NULL; }

static bool is_word(struct decision *d, const struct signal_row *said, struct text word) {
    struct json data = JSON_NULL_VALUE;
    if (json_read(d->arena, said->data, LIMIT_json_depth_most, &data, NULL) == OUTCOME_FATAL)
        d->failed = true;
    return text_equal(json_get_text(&data, TEXT("word")), word);
}

static bool is_given(struct decision *d, const struct signal_row *said) { return is_word(d, said, TEXT("given")); }

/* A `consent` of an application: false, or false for the source, or for "*", all that it does not name. */
static bool refuses(const struct json *consent, struct text source) {
    const struct json *named = json_get(consent, source);
    if (!named)
        named = json_get_string(consent, "*");
    return consent && (consent->type == JSON_OBJECT ? named && named->type == JSON_FALSE : consent->type == JSON_FALSE);
}

/* Has the application named the source and said yes? */
static bool names_and_gives(const struct json *consent, struct text source) {
    const struct json *named = consent && consent->type == JSON_OBJECT ? json_get(consent, source) : NULL;
    return named && named->type == JSON_TRUE;
}

/* Why the person's consent is not there, absent when it is. `given`: what stood in the application. */
static struct text lack_of(struct decision *d, const struct step_definition *lookup, struct text person, const struct json *given) {
    struct text source = lookup->lookup.source;
    const struct signal_row *of_source = signal_find(d, name_of(d, person, source));
    const struct signal_row *said = of_source ? of_source : signal_find(d, name_of(d, person, TEXT_NONE));
    if (said ? !is_given(d, said) : refuses(given, source))
        return TEXT(WITHDRAWN);
    bool separately = of_source || names_and_gives(given, source);
    return basis_is_separate(lookup->lookup.basis) && !separately ? TEXT("consent_not_given") : TEXT_NONE;
}

static bool is_among(const struct decision *d, const struct step_definition *lookup, struct text party) {
    for (uint16_t i = 0; i < lookup->lookup.of_count; i++)
        if (text_equal(d->definition->parties[lookup->lookup.of[i]].id, party))
            return true;
    return lookup->lookup.of_count == 0;
}

/* The persons of a party in turn; NULL behind the last. */
static const struct json *person_at(const struct json *party, uint32_t index) {
    if (party->type == JSON_ARRAY)
        return index < party->count ? &party->children[index].value : NULL;
    return party->type == JSON_OBJECT && index == 0 ? party : NULL;
}

static struct text person_name(struct decision *d, struct text party, uint32_t index) {
    struct text name = text_format(d->arena, "%.*s.%u", TEXT_ARG(party), (unsigned)index);
    d->failed = d->failed || text_is_none(name);
    return name;
}

/* The first lack among the persons on whose consent the lookup rests; `nobodys`: what holds where there is none of them. */
static struct text lack_of_persons(struct decision *d, const struct step_definition *lookup, struct text nobodys) {
    const struct json *parties = &d->draft.parties, *person;
    struct text lack = nobodys;
    for (uint32_t i = 0; parties->type == JSON_OBJECT && i < parties->count; i++)
        for (uint32_t k = 0; is_among(d, lookup, parties->children[i].key) && (person = person_at(&parties->children[i].value, k)); k++) {
            lack = lack_of(d, lookup, person_name(d, parties->children[i].key, k), json_get_string(person, "consent"));
            if (!text_is_none(lack))
                return lack;
        }
    return lack;
}

/* What the application says for all refuses for all; it gives only for those who stand in no party. */
struct text consent_lack(struct decision *d, uint16_t step) {
    const struct step_definition *lookup = step_of(d, step);
    if (lookup->kind != STEP_LOOKUP || !basis_is_consent(lookup->lookup.basis))
        return TEXT_NONE;
    struct text lack = is_withdrawn_for_all(d) ? TEXT(WITHDRAWN) : lack_of(d, lookup, TEXT("applicant"), &d->draft.consent);
    return text_is(lack, WITHDRAWN) ? lack : lack_of_persons(d, lookup, lack);
}

/* ---- a word comes ---- */

static bool is_somebody_named(const struct decision *d) {
    const struct json *parties = &d->draft.parties;
    for (uint32_t i = 0; parties->type == JSON_OBJECT && i < parties->count; i++)
        if (person_at(&parties->children[i].value, 0))
            return true;
    return false;
}

static bool is_person(struct decision *d, struct text person) {
    const struct json *parties = &d->draft.parties;
    for (uint32_t i = 0; parties->type == JSON_OBJECT && i < parties->count; i++)
        for (uint32_t k = 0; person_at(&parties->children[i].value, k); k++)
            if (text_equal(person_name(d, parties->children[i].key, k), person))
                return true;
    return text_is(person, "applicant") && !is_somebody_named(d);
}

static void note(struct decision *d, struct text name, struct text person, struct text source, const struct json *said) {
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, LIMIT_message_bytes_most);
    json_begin(&w, &out);
    json_open(&w, '{');
    for (uint32_t i = 0; i < said->count; i++)
        if (!text_is(said->children[i].key, "person") && !text_is(said->children[i].key, "source")) {
            json_key(&w, said->children[i].key);
            json_put_value(&w, &said->children[i].value);
        }
    json_key(&w, TEXT("person"));
    json_put_text(&w, person);
    if (!text_is_none(source)) {
        json_key(&w, TEXT("source"));
        json_put_text(&w, source);
    }
    json_close(&w, '}');
    struct event noted = event_of(EVENT_SIGNAL_NOTED, d->input->at_us);
    noted.id = name;
    noted.source = d->input->source;
    noted.actor = d->input->actor;
    noted.data = keep_buffer(d, &out);
    emit(d, &noted);
}

/* Of a source that the name of a signal has behind the person's; absent: it is another's, or about everything. */
static struct text source_of(struct text name, struct text all) {
    bool is_his = name.length > all.length && memcmp(name.at, all.at, all.length) == 0 && name.at[all.length] == '.';
    return is_his ? text_span(name.at + all.length + 1, name.length - all.length - 1) : TEXT_NONE;
}

/* Does a word about everything change what was said of this one? Whoever gives a separate consent names its source. */
static bool reaches(struct decision *d, struct text single, const struct signal_row *said, struct text word) {
    bool keeps = text_is(word, "given") && is_asked(d, d->definition, single, basis_is_separate, 0);
    return !text_is_none(single) && !keeps && !is_word(d, said, word);
}

static bool was_said_so(struct decision *d, struct text person, struct text source, struct text word) {
    struct text all = name_of(d, person, TEXT_NONE);
    const struct signal_row *said = signal_find(d, name_of(d, person, source));
    if (!said || !is_word(d, said, word))
        return false;
    for (uint32_t i = 0; text_is_none(source) && i < d->draft.signal_count; i++)
        if (reaches(d, source_of(d->draft.signals[i].name, all), &d->draft.signals[i], word))
            return false;
    return true;
}

/* A word about everything stands over what was said of single sources before. */
static void note_word(struct decision *d, struct text person, struct text source, const struct json *said) {
    struct text all = name_of(d, person, TEXT_NONE), word = json_get_text(said, TEXT("word"));
    uint32_t count = d->draft.signal_count;
    for (uint32_t i = 0; text_is_none(source) && i < count && !d->failed; i++) {
        struct text name = d->draft.signals[i].name, single = source_of(name, all);
        if (reaches(d, single, &d->draft.signals[i], word))
            note(d, name, person, single, said);
    }
    if (!d->failed)
        note(d, name_of(d, person, source), person, source, said);
}

static void tell_sub_cases(struct decision *d) {
    for (uint16_t i = 0; i < d->definition->step_count; i++)
        for (int32_t k = -1; step_of(d, i)->kind == STEP_THING && k < (int32_t)row_of(d, i)->element_count && !d->failed; k++) {
            const struct work_state *work = work_of(d, i, k);
            if (text_is_none(work->child) || !state_step_is_active(work->state))
                continue;
            struct event told = step_event(d, EVENT_CHILD_TOLD, i, k);
            told.child = work->child;
            told.id = d->input->id;
            told.actor = d->input->actor;
            told.data = d->input->data;
            emit(d, &told);
        }
}

static enum outcome check_word(struct decision *d, struct text person, struct text word, struct text source) {
    if (!text_is(word, "given") && !text_is(word, "refused") && !text_is(word, "withdrawn"))
        return error_set(d->error, OUTCOME_REJECT, "consent_word_bad", "a consent is given, refused or withdrawn");
    if (!is_person(d, person))
        return error_set(d->error, OUTCOME_REJECT, "person_unknown", "the case has no person \"%.*s\"", TEXT_ARG(person));
    if (text_is_none(d->input->parent) && !text_is_none(source) && !is_asked(d, d->definition, source, basis_is_consent, 0))
        return error_set(d->error, OUTCOME_REJECT, "consent_not_asked",
                         "nothing is looked up at \"%.*s\" by anybody's consent: a duty of the law can't be refused", TEXT_ARG(source));
    return OUTCOME_OK;
}

static enum outcome withdraw_all(struct decision *d) {
    if (is_withdrawn_for_all(d)) {
        record(d, NO_INDEX, FATE_DUPLICATE);
        return OUTCOME_OK;
    }
    struct event noted = event_of(EVENT_SIGNAL_NOTED, d->input->at_us);
    noted.id = d->input->id;
    noted.source = d->input->source;
    noted.actor = d->input->actor;
    noted.data = d->input->data;
    emit(d, &noted);
    tell_sub_cases(d);
    return OUTCOME_OK;
}

enum outcome decide_consent(struct decision *d) {
    struct json said = JSON_NULL_VALUE;
    if (d->draft.phase == CASE_CLOSED) {
        record(d, NO_INDEX, FATE_CASE_CLOSED);
        return OUTCOME_OK;
    }
    if (text_is(d->input->id, WITHDRAWN))
        return withdraw_all(d);
    if (!text_is_none(d->input->data) && json_read(d->arena, d->input->data, LIMIT_json_depth_most, &said, d->error) != OUTCOME_OK)
        return d->error->outcome;
    struct text person = json_get_text(&said, TEXT("person")), source = json_get_text(&said, TEXT("source"));
    enum outcome outcome = check_word(d, person, json_get_text(&said, TEXT("word")), source);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (was_said_so(d, person, source, json_get_text(&said, TEXT("word")))) {
        record(d, NO_INDEX, FATE_DUPLICATE);
        return OUTCOME_OK;
    }
    note_word(d, person, source, &said);
    tell_sub_cases(d);
    return OUTCOME_OK;
}

/* ---- what a sub-case begins with ---- */

/* {"*": …, "e_licence": …}: what the person said, over what stood in the application. */
static void put_consent(struct decision *d, struct json_writer *w, struct text person, const struct json *given) {
    struct text all = name_of(d, person, TEXT_NONE);
    const struct signal_row *general = signal_find(d, all);
    json_open(w, '{');
    for (uint32_t i = 0; !general && given && given->type == JSON_OBJECT && i < given->count; i++)
        if (!signal_find(d, name_of(d, person, given->children[i].key))) {
            json_key(w, given->children[i].key);
            json_put_value(w, &given->children[i].value);
        }
    if (general || (given && given->type == JSON_FALSE)) {
        json_key(w, TEXT("*"));
        json_put_bool(w, general && is_given(d, general));
    }
    for (uint32_t i = 0; i < d->draft.signal_count; i++) {
        struct text single = source_of(d->draft.signals[i].name, all);
        if (text_is_none(single))
            continue;
        json_key(w, single);
        json_put_bool(w, is_given(d, &d->draft.signals[i]));
    }
    json_close(w, '}');
}

static void put_person(struct decision *d, struct json_writer *w, struct text name, const struct json *person) {
    json_open(w, '{');
    for (uint32_t i = 0; i < person->count; i++)
        if (!text_is(person->children[i].key, "consent")) {
            json_key(w, person->children[i].key);
            json_put_value(w, &person->children[i].value);
        }
    json_key(w, TEXT("consent"));
    put_consent(d, w, name, json_get_string(person, "consent"));
    json_close(w, '}');
}

static void put_party(struct decision *d, struct json_writer *w, struct text party, const struct json *persons) {
    const struct json *person;
    bool many = persons->type == JSON_ARRAY;
    if (!many && persons->type != JSON_OBJECT) {
        json_put_value(w, persons);
        return;
    }
    if (many)
        json_open(w, '[');
    for (uint32_t k = 0; (person = person_at(persons, k)); k++)
        if (person->type == JSON_OBJECT)
            put_person(d, w, person_name(d, party, k), person);
        else
            json_put_value(w, person);
    if (many)
        json_close(w, ']');
}

/* Has anybody said anything? What nobody did stays as it came, byte for byte. */
static bool was_said(const struct decision *d) {
    for (uint32_t i = 0; i < d->draft.signal_count; i++)
        if (text_starts_with(d->draft.signals[i].name, "consent."))
            return true;
    return false;
}

void consent_put_parties(struct decision *d, struct json_writer *w) {
    const struct json *parties = &d->draft.parties;
    bool said = was_said(d);
    if (parties->type != JSON_NULL) {
        json_key(w, TEXT("parties"));
        if (said && parties->type == JSON_OBJECT) {
            json_open(w, '{');
            for (uint32_t i = 0; i < parties->count; i++) {
                json_key(w, parties->children[i].key);
                put_party(d, w, parties->children[i].key, &parties->children[i].value);
            }
            json_close(w, '}');
        } else {
            json_put_value(w, parties);
        }
    }
    if (is_withdrawn_for_all(d)) {
        json_key(w, TEXT("consent"));
        json_put_bool(w, false);
    } else if (said && !is_somebody_named(d)) {
        json_key(w, TEXT("consent"));
        put_consent(d, w, TEXT("applicant"), &d->draft.consent);
    } else if (d->draft.consent.type != JSON_NULL) {
        json_key(w, TEXT("consent"));
        json_put_value(w, &d->draft.consent);
    }
}
