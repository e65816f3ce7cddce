/* Makes examples of a source of data: a plain one, and every combination of what is worth trying at its places; of those
 * that no expression can tell apart the first stays. */
#include "proof/data_part.h"

#include "wire/schema.h"

enum { MENDS_MOST = 6 };

static bool is_allowed(const struct data_source *source, const struct json *value) {
    struct arena scratch;
    if (value->type != JSON_OBJECT)
        return false;
    if (!source->compiled)
        return true;
    arena_init(&scratch, (size_t)16 << 20);
    bool allowed = schema_validate(source->compiled, value, &scratch, NULL) == OUTCOME_OK;
    arena_free(&scratch);
    return allowed;
}

/* ---- what the atoms see ---- */

static uint64_t hash_value(const struct json *value, bool is_length) {
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, (size_t)4 << 20);
    if (is_length)
        return value->type == JSON_ARRAY ? value->count + 2 : 1;
    json_write_canonical(&out, value);
    return text_hash(buffer_text(&out)) | 1;
}

static uint64_t see(const struct data *d, const struct data_atom *atom, const struct json *example) {
    const struct data_source *source = &d->sources[atom->source];
    struct arena scratch;
    struct json value, step, steps, top;
    struct error error;
    if (!atom->expression)   /* no telling what it makes of it */
        return hash_value(example, false);
    arena_init(&scratch, (size_t)16 << 20);
    struct json_member step_members[] = {{TEXT("state"), json_string(TEXT("granted"))},
                                         {TEXT("result"), *example}};
    step = (struct json){.type = JSON_OBJECT, .count = 2, .children = step_members};
    struct json_member steps_members[] = {{source->step == NO_INDEX ? TEXT("none") : d->definition->steps[source->step].id, step}};
    steps = (struct json){.type = JSON_OBJECT, .count = 1, .children = steps_members};
    struct json_member top_members[] = {{TEXT("form"), source->step == NO_INDEX ? *example : JSON_NULL_VALUE},
                                        {TEXT("steps"), steps}};
    top = (struct json){.type = JSON_OBJECT, .count = 2, .children = top_members};
    struct expression_scope scope = expression_scope_of(&top);
    struct expression_budget budget = EXPRESSION_BUDGET;
    uint64_t seen = 0;   /* 0: it fails */
    if (expression_evaluate(atom->expression, &scope, &budget, &scratch, &value, &error) == OUTCOME_OK)
        seen = hash_value(&value, atom->is_length);
    arena_free(&scratch);
    return seen;
}

/* ---- examples ---- */

/* Enters an example unless no expression can tell it from one that is there. */
static bool put_example(struct data *d, struct data_source *source, struct json value) {
    if (source->count == DATA_EXAMPLES_MOST) {
        d->cut = true;
        return false;
    }
    uint16_t index = (uint16_t)(source - d->sources);
    _cleanup_memory_ uint64_t *seen = memory_alloc((d->atom_count + 1) * sizeof *seen);
    if (!seen)
        return false;
    for (uint32_t a = 0; a < d->atom_count; a++)
        seen[a] = d->atoms[a].source == index ? see(d, &d->atoms[a], &value) : 0;
    for (uint32_t i = 0; i < source->count; i++) {
        bool known = true;
        for (uint32_t a = 0; a < d->atom_count && known; a++)
            known = d->atoms[a].source != index || d->atoms[a].values[i] == seen[a];
        if (known)
            return true;
    }
    if (source->count == 0) {
        source->at = arena_new_array(d->arena, DATA_EXAMPLES_MOST, struct json);
        source->bytes = arena_new_array(d->arena, DATA_EXAMPLES_MOST, struct text);
        for (uint32_t a = 0; a < d->atom_count; a++)
            if (d->atoms[a].source == index)
                d->atoms[a].values = arena_new_array(d->arena, DATA_EXAMPLES_MOST, uint64_t);
    }
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, (size_t)LIMIT_form_bytes_most);
    json_write_canonical(&out, &value);
    if (out.failed || d->arena->failed)
        return false;
    for (uint32_t a = 0; a < d->atom_count; a++)
        if (d->atoms[a].source == index)
            d->atoms[a].values[source->count] = seen[a];
    source->bytes[source->count] = text_copy(d->arena, buffer_text(&out));
    if (d->arena->failed || json_read(d->arena, source->bytes[source->count], LIMIT_json_depth_most,
                                      &source->at[source->count], NULL) != OUTCOME_OK)
        return false;
    source->count++;
    return true;
}

/* Is this what stands there anyway? */
static bool is_there(const struct json *value, const struct place *place, const struct json *candidate) {
    for (size_t i = 0; i < place->count && value; i++)
        value = place->segments[i].at ? json_get(value, place->segments[i]) : json_at(value, 0);
    return value && candidate ? json_equal(value, candidate) : !value && !candidate;
}

/* ---- what one value asks of others ---- */

static size_t segments_of(struct arena *arena, const struct json *value, struct text pointer, struct text *segments) {
    size_t count = 0;
    while (pointer.length > 1 && count < SEGMENTS_MOST) {
        pointer = text_span(pointer.at + 1, pointer.length - 1);
        size_t slash = text_find(pointer, '/');
        struct text name = text_span(pointer.at, slash == SIZE_MAX ? pointer.length : slash);
        bool element = value && value->type == JSON_ARRAY;
        segments[count++] = element ? TEXT_NONE : text_copy(arena, name);
        value = !value ? NULL : element ? json_at(value, 0) : json_get(value, name);
        pointer = slash == SIZE_MAX ? TEXT_NONE : text_span(pointer.at + slash, pointer.length - slash);
    }
    return count;
}

/* Adds what is missing beside a value, and takes out what may not stand there. False: nothing was to be done. */
static bool mend_one(struct data *d, struct data_source *source, struct arena *arena, struct json *value,
                     const struct schema_fault *fault) {
    const struct sampler sampler = {arena, &d->library};
    struct text segments[SEGMENTS_MOST + 1];
    size_t count = segments_of(arena, value, fault->at, segments);
    const struct schema_source *there = source->root;
    struct json made;
    if (text_is(fault->keyword, "required") && !text_is_none(fault->property)) {
        segments[count++] = text_copy(arena, fault->property);
        const struct json *schema = sample_find(&sampler, &there, source->schema, segments, count);
        if (!schema || !sample_make(&sampler, there, schema, 0, &made))
            return false;
        *value = json_with(arena, value, segments, count, &made);
        return true;
    }
    if (!text_is_none(fault->property) && text_is(fault->keyword, "additionalProperties")) {
        segments[count++] = text_copy(arena, fault->property);
        *value = json_with(arena, value, segments, count, NULL);
        return true;
    }
    return false;
}

/* A value may ask for others (if … then … required): they are added. False: it is not allowed. */
static bool mend(struct data *d, struct data_source *source, struct arena *arena, struct json *value) {
    for (int round = 0; round < MENDS_MOST; round++) {
        struct arena scratch;
        struct schema_fault_list faults = {.most = 8};
        if (is_allowed(source, value))
            return true;
        if (!source->compiled || value->type != JSON_OBJECT)
            return false;
        arena_init(&scratch, (size_t)16 << 20);
        bool mended = false;
        if (schema_validate(source->compiled, value, &scratch, &faults) == OUTCOME_REJECT)
            for (size_t i = 0; i < faults.count && !mended; i++)
                mended = mend_one(d, source, arena, value, &faults.fault[i]);
        arena_free(&scratch);
        if (!mended)
            return false;
    }
    return false;
}

/* ---- every combination ---- */

/* How many ways there are at a place: as it is, each candidate, absent, each choice of the words. */
static uint32_t ways_of(const struct place *place) {
    bool as_it_is = !place->must || place->candidate_count == 0;
    return (uint32_t)as_it_is + place->candidate_count + place->absent + (UINT32_C(1) << place->word_count) - 1;
}

static struct json choice_of(struct arena *arena, const struct place *place, uint32_t set) {
    struct json list = json_array(arena, place->word_count);
    uint32_t count = 0;
    for (uint32_t i = 0; list.children && i < place->word_count; i++)
        if (set >> i & 1)
            list.children[count++].value = place->words[i];
    list.count = count;
    return list;
}

/* Goes the `way`th way at a place. False: it is what stands there anyway. */
static bool go_way(struct arena *arena, const struct place *place, uint32_t way, struct json *value) {
    bool as_it_is = !place->must || place->candidate_count == 0;
    struct json list;
    const struct json *candidate = NULL;
    if (as_it_is && way-- == 0)
        return true;
    if (way < place->candidate_count) {
        candidate = &place->candidates[way];
    } else if (way - place->candidate_count >= place->absent) {
        list = choice_of(arena, place, way - place->candidate_count - place->absent + 1);
        candidate = &list;
    }
    if (!place->must && is_there(value, place, candidate))
        return false;
    *value = json_with(arena, value, place->segments, place->count, candidate);
    return true;
}

static void vary(struct data *d, struct data_source *source, const struct places *places) {
    uint32_t ways[PATHS_MOST] = {0};
    struct json plain = source->at[0];
    struct arena trial;
    arena_init(&trial, (size_t)64 << 20);
    for (uint32_t tries = 0;; tries++) {
        struct json value = plain;
        bool fresh = true;
        uint32_t next = 0;
        arena_reset(&trial);
        for (uint32_t i = 0; i < places->count && fresh; i++)
            fresh = go_way(&trial, &places->at[i], ways[i], &value);
        if (fresh && mend(d, source, &trial, &value))
            put_example(d, source, value);
        while (next < places->count && ++ways[next] == ways_of(&places->at[next]))
            ways[next++] = 0;
        d->cut |= next < places->count && tries == DATA_TRIES_MOST;
        if (next == places->count || tries == DATA_TRIES_MOST || d->arena->failed)
            break;
    }
    arena_free(&trial);
}

/* What people wrote into scripts for this step. */
static void take_from_scripts(struct data *d, struct data_source *source) {
    const struct step_definition *step = &d->definition->steps[source->step];
    for (uint32_t i = 0; i < d->options->script_count; i++) {
        const struct json *answers = json_get(json_get_string(d->options->scripts[i], "answers"), step->id);
        const struct json *inputs = json_get_string(d->options->scripts[i], "inputs");
        uint32_t count = answers && answers->type == JSON_ARRAY ? answers->count : answers ? 1 : 0;
        for (uint32_t k = 0; k < count; k++) {
            const struct json *answer = answers->type == JSON_ARRAY ? json_at(answers, k) : answers;
            const struct json *data = json_get_string(answer, "data");
            struct text kind = json_get_text(answer, TEXT("kind"));
            if (data && (text_is_none(kind) || text_is(kind, "result")) && is_allowed(source, data))
                put_example(d, source, *data);
        }
        for (uint32_t k = 0; inputs && inputs->type == JSON_ARRAY && k < inputs->count; k++) {
            const struct json *input = json_at(inputs, k), *data = json_get_string(input, "data");
            bool signal = step->kind == STEP_WAIT && text_equal(json_get_text(input, TEXT("id")), step->wait.signal);
            if (data && signal && is_allowed(source, data))
                put_example(d, source, *data);
        }
    }
}

static enum outcome make_plain(struct data *d, struct data_source *source, struct error *error) {
    const struct sampler sampler = {d->arena, &d->library};
    struct json plain = {.type = JSON_OBJECT};
    if (source->step == NO_INDEX) {
        const struct json *form = json_get_string(d->options->application, "form");
        if (form && is_allowed(source, form))
            put_example(d, source, *form);
        for (uint32_t i = 0; i < d->options->script_count; i++) {
            const struct json *other = json_get_string(d->options->scripts[i], "form");
            if (other && is_allowed(source, other))
                put_example(d, source, *other);
        }
    } else {
        take_from_scripts(d, source);
    }
    bool made = source->count == 0 && (!source->schema || sample_make(&sampler, source->root, source->schema, 0, &plain));
    if (made && is_allowed(source, &plain))
        put_example(d, source, plain);
    if (source->count > 0 || d->arena->failed)
        return d->arena->failed ? error_no_memory(error) : OUTCOME_OK;
    if (source->step == NO_INDEX)
        return error_set(error, OUTCOME_REJECT, "no_example", "no form could be made that the form's schema allows: give an "
                         "application that is sound");
    return error_set(error, OUTCOME_REJECT, "no_example", "no result of step %.*s could be made that its schema allows: give "
                     "a script of `thing run` that answers for it", TEXT_ARG(d->definition->steps[source->step].id));
}

enum outcome examples_make(struct data *d, struct data_source *source, struct error *error) {
    struct places places;
    enum outcome outcome = make_plain(d, source, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (!places_find(d, (uint16_t)(source - d->sources), d->arena, &places))
        return error_no_memory(error);
    vary(d, source, &places);   /* of the plain one; what people gave beside it stands as it is */
    return d->arena->failed ? error_no_memory(error) : OUTCOME_OK;
}

/* ---- what goes with every form ---- */

static bool asks_separately(const struct step_definition *step) {
    return step->kind == STEP_LOOKUP && basis_is_separate(step->lookup.basis);
}

/* Who says nothing in the sample application gives what has to be given by name: a source that is refused is tried anyway. */
static void put_consent(struct json_writer *w, const struct data *d) {
    json_key(w, TEXT("consent"));
    json_open(w, '{');
    for (uint16_t i = 0; i < d->definition->step_count; i++) {
        const struct step_definition *step = &d->definition->steps[i];
        bool asks = asks_separately(step);
        for (uint16_t k = 0; asks && k < i; k++)
            asks = !asks_separately(&d->definition->steps[k]) ||
                   !text_equal(d->definition->steps[k].lookup.source, step->lookup.source);
        if (!asks)
            continue;
        json_key(w, step->lookup.source);
        json_put_bool(w, true);
    }
    json_close(w, '}');
}

static void put_person(struct json_writer *w, const struct data *d, const struct json *person) {
    if (person->type != JSON_OBJECT || json_get_string(person, "consent")) {
        json_put_value(w, person);
        return;
    }
    json_open(w, '{');
    for (uint32_t i = 0; i < person->count; i++) {
        json_key(w, person->children[i].key);
        json_put_value(w, &person->children[i].value);
    }
    put_consent(w, d);
    json_close(w, '}');
}

static void put_party(struct json_writer *w, const struct data *d, const struct json *persons) {
    if (persons->type != JSON_ARRAY) {
        put_person(w, d, persons);
        return;
    }
    json_open(w, '[');
    for (uint32_t i = 0; i < persons->count; i++)
        put_person(w, d, json_at(persons, i));
    json_close(w, ']');
}

/* Those of the sample application; of a party that signs and is not there, one person. */
static void put_parties(struct json_writer *w, const struct data *d, const struct json *given) {
    struct json_member named = {TEXT("name"), {.type = JSON_STRING, .text = TEXT("tried")}};
    const struct json tried = {.type = JSON_OBJECT, .count = 1, .children = &named};
    json_key(w, TEXT("parties"));
    json_open(w, '{');
    for (uint32_t i = 0; given && given->type == JSON_OBJECT && i < given->count; i++) {
        json_key(w, given->children[i].key);
        put_party(w, d, &given->children[i].value);
    }
    for (uint16_t i = 0; i < d->definition->party_count; i++)
        if (d->definition->parties[i].signs && !json_get(given, d->definition->parties[i].id)) {
            json_key(w, d->definition->parties[i].id);
            put_party(w, d, &tried);
        }
    json_close(w, '}');
}

static bool may_come_later(const struct definition *d, struct text id) {
    for (uint16_t i = 0; i < d->material_count; i++)
        if (text_equal(d->materials[i].id, id))
            return d->materials[i].tolerable_until.unit != LIMIT_NONE;
    return false;
}

/* Of whoever may bring a material later: the best of the grades that the first of them names. */
static struct text grade_of(const struct definition *d) {
    for (uint16_t i = 0; i < d->material_count; i++)
        if (d->materials[i].tolerable_until.unit != LIMIT_NONE && d->materials[i].tolerable_trust.length > 0)
            return text_span(d->materials[i].tolerable_trust.at, 1);
    return TEXT_NONE;
}

bool data_has_late_materials(const struct data *d) { return !text_is_none(grade_of(d->definition)); }

/* Parties and materials of the sample application go with every form, and every material that may be asked: what is not
 * asked harms nothing. */
struct text data_extra(const struct data *d, bool late) {
    const struct json *given = json_get_string(d->options->application, "extra");
    const struct json *materials = json_get_string(given, "materials");
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, LIMIT_message_bytes_most);
    json_begin(&w, &out);
    json_open(&w, '{');
    for (uint32_t i = 0; given && i < given->count; i++)
        if (!text_is(given->children[i].key, "materials") && !text_is(given->children[i].key, "parties") &&
            !(late && text_is(given->children[i].key, "trust"))) {
            json_key(&w, given->children[i].key);
            json_put_value(&w, &given->children[i].value);
        }
    if (!json_get_string(given, "consent"))
        put_consent(&w, d);
    put_parties(&w, d, json_get_string(given, "parties"));
    json_key(&w, TEXT("materials"));
    json_open(&w, '[');
    for (uint32_t i = 0; materials && i < materials->count; i++)
        if (!late || !may_come_later(d->definition, json_get_text(json_at(materials, i), TEXT("id"))))
            json_put_value(&w, json_at(materials, i));
    for (uint16_t i = 0; i < d->definition->material_count; i++) {
        const struct material_definition *material = &d->definition->materials[i];
        bool known = material->from_lookup || (late && material->tolerable_until.unit != LIMIT_NONE);
        for (uint32_t k = 0; materials && k < materials->count && !known; k++)
            known = text_equal(json_get_text(json_at(materials, k), TEXT("id")), material->id);
        if (!known)
            json_put_raw(&w, text_format(d->arena, "{\"id\":\"%.*s\",\"uri\":\"file:%.*s\",\"digest\":\"sm3:%064d\",\"size\":1,"
                                         "\"media_type\":\"application/pdf\"%s}", TEXT_ARG(material->id), TEXT_ARG(material->id), 0,
                                         material->least_trust ? ",\"seen\":\"original\"" : ""));
    }
    json_close(&w, ']');
    if (late) {
        json_key(&w, TEXT("trust"));
        json_put_text(&w, grade_of(d->definition));
    }
    json_close(&w, '}');
    return out.failed ? TEXT_NONE : text_copy(d->arena, buffer_text(&out));
}
