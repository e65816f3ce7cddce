/* Where the flow reads in a source, and which values are worth trying there. */
#include "proof/data_part.h"

enum { LITERALS_MOST = 32 };

struct placing { struct data *data; uint16_t owner, source; const struct expression *whole; struct places *places;
                 struct json literals[LITERALS_MOST]; uint32_t literal_count; };

static void gather_literals(struct placing *p, const struct expression *e) {
    if (e->kind == EXPRESSION_LITERAL && p->literal_count < LITERALS_MOST)
        p->literals[p->literal_count++] = e->literal;
    for (uint32_t i = 0; i < e->count; i++)
        gather_literals(p, e->children[i]);
}

static void add_candidate(struct place *place, struct json value) {
    for (uint32_t i = 0; i < place->candidate_count; i++)
        if (json_equal(&place->candidates[i], &value))
            return;
    if (place->candidate_count < CANDIDATES_MOST)
        place->candidates[place->candidate_count++] = value;
}

static struct place *find_place(struct placing *p, const struct text *segments, size_t count) {
    struct places *places = p->places;
    if (count == 0 || count > SEGMENTS_MOST)
        return NULL;
    for (uint32_t i = 0; i < places->count; i++) {
        size_t same = 0;
        while (places->at[i].count == count && same < count &&
               (segments[same].at == NULL) == (places->at[i].segments[same].at == NULL) &&
               text_equal(segments[same], places->at[i].segments[same]))
            same++;
        if (same == count)
            return &places->at[i];
    }
    if (places->count == PATHS_MOST) {
        p->data->cut = true;
        return NULL;
    }
    struct place *place = &places->at[places->count++];
    *place = (struct place){.count = count, .absent = true};
    memcpy(place->segments, segments, count * sizeof *segments);
    return place;
}

/* The words that are looked for in a list, over all expressions that read it. */
static void add_words(struct placing *p, struct place *place, const struct json *listed) {
    for (uint32_t i = 0; i < p->literal_count; i++) {
        bool possible = p->literals[i].type == JSON_STRING && !listed;
        for (uint32_t k = 0; listed && k < listed->count; k++)
            possible |= json_equal(json_at(listed, k), &p->literals[i]);
        for (uint32_t k = 0; k < place->word_count; k++)
            possible = possible && !json_equal(&place->words[k], &p->literals[i]);
        if (possible && place->word_count < WORDS_MOST)
            place->words[place->word_count++] = p->literals[i];
        else
            p->data->cut |= possible;
    }
}

static void add_lists(struct placing *p, struct place *place, const struct schema_source *there, const struct json *items) {
    struct arena *arena = p->data->arena;
    const struct sampler sampler = {arena, &p->data->library};
    const struct json *followed = items ? sample_follow(&sampler, &there, items) : NULL;
    struct json one;
    bool made = followed && sample_make(&sampler, there, followed, 0, &one);
    add_words(p, place, json_get_string(followed, "enum"));
    for (uint32_t n = 0; n <= (made ? 2 : 0); n++) {
        struct json list = json_array(arena, n);
        for (uint32_t i = 0; list.children && i < n; i++)
            list.children[i].value = one;
        add_candidate(place, list);
    }
}

static void add_neighbours(struct placing *p, struct place *place, const struct json *literal) {
    int64_t number;
    add_candidate(place, *literal);
    if (literal->type == JSON_NUMBER && json_to_int64(literal, &number)) {
        add_candidate(place, json_int64(p->data->arena, number + 1));
        add_candidate(place, json_int64(p->data->arena, number - 1));
    }
    struct text t = literal->text;
    if (literal->type == JSON_STRING && t.length == 10 && t.at[4] == '-' && t.at[7] == '-') {
        add_candidate(place, json_string(TEXT("1990-01-01")));
        add_candidate(place, json_string(TEXT("2099-12-31")));
    }
}

static void add_by_schema(struct placing *p, struct place *place) {
    struct data_source *source = &p->data->sources[p->source];
    const struct sampler sampler = {p->data->arena, &p->data->library};
    const struct schema_source *there = source->root;
    const struct json *schema = source->schema ? sample_find(&sampler, &there, source->schema, place->segments, place->count)
                                               : NULL;
    const struct json *listed = json_get_string(schema, "enum");
    struct text type = json_get_text(schema, TEXT("type"));
    struct json made;
    for (uint32_t i = 0; listed && i < listed->count; i++)
        add_candidate(place, *json_at(listed, i));
    if (text_is(type, "boolean") || !schema) {
        add_candidate(place, json_bool(false));
        add_candidate(place, json_bool(true));
    }
    if (text_is(type, "array") || json_get_string(schema, "items"))
        add_lists(p, place, there, json_get_string(schema, "items"));
    for (uint32_t i = 0; i < p->literal_count; i++)
        add_neighbours(p, place, &p->literals[i]);
    if (schema && sample_make(&sampler, there, schema, 0, &made))
        add_candidate(place, made);
}

/* The members of a group are what a rule may pick. */
static void add_members(struct placing *p, struct place *place, struct text group) {
    const struct directory *directory = p->data->options->directory;
    uint32_t found = 0;
    for (uint16_t i = 0; directory && i < directory->count && found < 2; i++)
        for (uint16_t k = 0; k < directory->departments[i].group_count && found < 2; k++) {
            struct text entry = directory->departments[i].groups[k];
            size_t colon = text_find(entry, ':');
            struct text name = text_span(entry.at, colon == SIZE_MAX ? entry.length : colon);
            if (!text_equal(name, group))
                continue;
            add_candidate(place, json_string(colon == SIZE_MAX ? directory->departments[i].id
                                                               : text_span(entry.at + colon + 1, entry.length - colon - 1)));
            found++;
        }
}

static void put_place(struct placing *p, const struct text *segments, size_t count) {
    const struct step_definition *owner = &p->data->definition->steps[p->owner];
    struct place *place = find_place(p, segments, count);
    if (!place)
        return;
    if (p->whole == owner->department.is || p->whole == owner->approve.check_department.is) {
        place->absent = false;
        place->must = true;   /* a member that is not there is a person's matter: as if it couldn't be worked on */
        add_members(p, place, owner->department.group.at ? owner->department.group : owner->approve.check_department.group);
        return;
    }
    if (p->whole == owner->department.at)
        add_candidate(place, json_string(p->data->options->region));
    else
        add_by_schema(p, place);
    /* A list that is looked into may be empty. */
    for (size_t i = 1; i < count; i++)
        if (!segments[i].at) {
            struct place *list = find_place(p, segments, i);
            if (list)
                add_candidate(list, json_array(p->data->arena, 0));
        }
}

/* A result that is read as a whole: whatever of it can only be one of a few is tried. */
static void put_whole(struct placing *p) {
    struct data_source *source = &p->data->sources[p->source];
    const struct sampler sampler = {p->data->arena, &p->data->library};
    const struct schema_source *there = source->root;
    const struct json *schema = source->schema ? sample_follow(&sampler, &there, source->schema) : NULL;
    const struct json *properties = json_get_string(schema, "properties");
    for (uint32_t i = 0; properties && properties->type == JSON_OBJECT && i < properties->count; i++) {
        const struct schema_source *inner = there;
        const struct json *one = sample_follow(&sampler, &inner, &properties->children[i].value);
        if (text_is(json_get_text(one, TEXT("type")), "boolean") || json_get_string(one, "enum"))
            put_place(p, &properties->children[i].key, 1);
    }
}

static void visit_place(void *context, const struct expression_path *path) {
    struct placing *p = context;
    struct data *d = p->data;
    uint16_t step = d->sources[p->source].step;
    struct text segments[SEGMENTS_MOST * 2];
    size_t count = 0, from = path->count;
    if (path->count == 0 || path->count > SEGMENTS_MOST || !path->segments[0].at)
        return;
    if (step == NO_INDEX && text_is(path->segments[0], "form"))
        from = 1;
    else if (step != NO_INDEX && text_is(path->segments[0], "steps") && path->count > 2 && path->segments[1].at &&
             path->segments[2].at && text_equal(path->segments[1], d->definition->steps[step].id) &&
             text_is(path->segments[2], "result")) {
        from = d->definition->steps[step].is_each ? 4 : 3;
        if (path->count <= from)
            put_whole(p);
    }
    for (size_t i = from; i < path->count; i++)
        segments[count++] = path->segments[i];
    put_place(p, segments, count);
}

/* What an `as` name leads to stands in the list that `each: in` gives. */
struct as_path { struct placing *p; struct text rest[SEGMENTS_MOST]; size_t count; struct text as; bool found; };

static void visit_list(void *context, const struct expression_path *path) {
    struct as_path *a = context;
    struct text whole[SEGMENTS_MOST * 2];
    if (path->count + 1 + a->count > SEGMENTS_MOST)
        return;
    memcpy(whole, path->segments, path->count * sizeof *whole);
    whole[path->count] = TEXT_NONE;
    memcpy(whole + path->count + 1, a->rest, a->count * sizeof *whole);
    struct expression_path joined = {whole, path->count + 1 + a->count, path->at};
    visit_place(a->p, &joined);
}

static void visit_as(void *context, const struct expression_path *path) {
    struct as_path *a = context;
    const struct step_definition *owner = &a->p->data->definition->steps[a->p->owner];
    if (path->count < 2 || path->count > SEGMENTS_MOST || !path->segments[0].at ||
        !text_equal(path->segments[0], owner->each_as))
        return;
    a->count = path->count - 1;
    memcpy(a->rest, path->segments + 1, a->count * sizeof *a->rest);
    expression_paths(owner->each_in, a->p->data->arena, visit_list, a);
}

static void visit_placing(void *context, const struct expression *e) {
    struct placing *p = context;
    const struct step_definition *owner = &p->data->definition->steps[p->owner];
    p->whole = e;
    p->literal_count = 0;
    gather_literals(p, e);
    expression_paths(e, p->data->arena, visit_place, p);
    if (owner->is_each && owner->each_in) {
        struct as_path as = {.p = p};
        expression_paths(e, p->data->arena, visit_as, &as);
    }
}

bool places_find(struct data *d, uint16_t source, struct arena *arena, struct places *ret) {
    *ret = (struct places){arena_new_array(arena, PATHS_MOST, struct place), 0};
    struct placing placing = {.data = d, .source = source, .places = ret};
    for (uint16_t i = 0; ret->at && i < d->definition->step_count; i++) {
        placing.owner = i;
        data_flow_expressions(d->definition, i, visit_placing, &placing);
    }
    return ret->at != NULL;
}
