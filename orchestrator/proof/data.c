/* Finds what a case's way depends on: the expressions, the sources they read, the atoms that tell examples apart. */
#include "proof/data_part.h"


/* Of a material that may come later: whether it is needed, and whose may. It is looked at with the first step it is given to. */
static void late_expressions(const struct definition *d, uint16_t step, void (*visit)(void *, const struct expression *), void *context) {
    for (uint16_t m = 0; m < d->material_count; m++) {
        bool first = d->materials[m].tolerable_until.unit != LIMIT_NONE && definition_step_lists(d, step, m);
        for (uint16_t i = 0; first && i < step; i++)
            first = !definition_step_lists(d, i, m);
        if (first && d->materials[m].when)
            visit(context, d->materials[m].when);
        if (first && d->trust)
            visit(context, d->trust);
    }
}

void data_flow_expressions(const struct definition *d, uint16_t step, void (*visit)(void *, const struct expression *),
                           void *context) {
    const struct step_definition *s = &d->steps[step];
    const struct expression *const all[] = {
        s->when, s->each_in, s->approve.condition, s->wait.until, s->department.is, s->department.at,
        s->approve.check_department.is, s->approve.check_department.at, s->delegated.follow,
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i])
            visit(context, all[i]);
    for (uint16_t i = 0; i < s->inspection.item_count; i++)
        if (s->inspection.items[i].when)
            visit(context, s->inspection.items[i].when);
    late_expressions(d, step, visit, context);
}

/* ---- which sources an expression reads ---- */

struct reading { struct data *data; uint16_t owner; uint64_t sources[DATA_STEP_WORDS + 1]; uint32_t count; uint16_t only;
                 bool is_recording; };

static uint16_t source_of(struct data *d, uint16_t step) {
    if (step == NO_INDEX)
        return 0;
    if (d->source_of[step] == NO_INDEX) {
        d->source_of[step] = (uint16_t)d->source_count;
        d->sources[d->source_count++] = (struct data_source){.step = step};
    }
    return d->source_of[step];
}

static void note_source(struct reading *r, uint16_t source) {
    uint64_t bit = UINT64_C(1) << (source % 64);
    if (!(r->sources[source / 64] & bit))
        r->count++;
    r->sources[source / 64] |= bit;
    r->only = source;
}

static void visit_source(void *context, const struct expression_path *path) {
    struct reading *r = context;
    struct data *d = r->data;
    if (path->count == 0 || !path->segments[0].at)
        return;
    if (text_is(path->segments[0], "form"))
        note_source(r, 0);
    if (!text_is(path->segments[0], "steps") || path->count < 2 || !path->segments[1].at)
        return;
    uint16_t step = definition_find_step(d->definition, path->segments[1]);
    if (step == NO_INDEX)
        return;
    d->readers[(size_t)step * DATA_STEP_WORDS + r->owner / 64] |= UINT64_C(1) << (r->owner % 64);
    if (path->count > 2 && path->segments[2].at && text_is(path->segments[2], "result") &&
        d->definition->steps[step].kind != STEP_THING)
        note_source(r, source_of(d, step));
}

static struct reading sources_of(struct data *d, uint16_t owner, const struct expression *e) {
    struct reading r = {.data = d, .owner = owner};
    expression_paths(e, d->arena, visit_source, &r);
    return r;
}

static void add_atom(struct data *d, struct data_atom atom) {
    if (d->atom_count == d->atom_room) {
        uint32_t room = d->atom_room ? d->atom_room * 2 : 64;
        struct data_atom *at = arena_new_array(d->arena, room, struct data_atom);
        if (!at)
            return;
        if (d->atom_count)
            memcpy(at, d->atoms, d->atom_count * sizeof *at);
        d->atoms = at;
        d->atom_room = room;
    }
    d->atoms[d->atom_count++] = atom;
}

/* An expression over several sources is a function of its parts, where these read the same `.`. */
static bool has_parts(const struct expression *e) {
    switch (e->kind) {
    case EXPRESSION_AND: case EXPRESSION_OR: case EXPRESSION_BINARY: case EXPRESSION_NEGATE: case EXPRESSION_IF:
    case EXPRESSION_ALTERNATIVE:
        return true;
    default:
        return false;
    }
}

static void find_atoms(struct data *d, uint16_t owner, const struct expression *e) {
    struct reading r = sources_of(d, owner, e);
    if (r.count == 0)
        return;
    bool each_result = r.count == 1 && r.only != 0 && d->definition->steps[d->sources[r.only].step].is_each;
    if (r.count == 1 && !each_result) {
        add_atom(d, (struct data_atom){owner, r.only, e, e == d->definition->steps[owner].each_in, NULL});
        return;
    }
    if (r.count > 1 && has_parts(e)) {
        for (uint32_t i = 0; i < e->count; i++)
            find_atoms(d, owner, e->children[i]);
        return;
    }
    if (r.count > 1 && e->kind == EXPRESSION_PIPE) {   /* what is behind it sees nothing but what comes out of it */
        find_atoms(d, owner, e->children[0]);
        return;
    }
    for (uint32_t s = 0; s < d->source_count; s++)     /* no telling: every example is another */
        if (r.sources[s / 64] >> (s % 64) & 1)
            add_atom(d, (struct data_atom){owner, (uint16_t)s, NULL, false, NULL});
}

struct finding { struct data *data; uint16_t owner; };

static void visit_flow(void *context, const struct expression *e) {
    struct finding *f = context;
    find_atoms(f->data, f->owner, e);
}

/* ---- schemas of sources ---- */

static const struct json *step_source(const struct data *d, struct text id) {
    const struct json *steps = json_get_string(&d->canonical, "steps");
    for (uint32_t i = 0; steps && i < steps->count; i++)
        if (text_equal(json_get_text(json_at(steps, i), TEXT("id")), id))
            return json_at(steps, i);
    return NULL;
}

static void find_schema(struct data *d, struct data_source *source, const struct json *named) {
    if (!named)
        return;
    source->schema = named;
    for (size_t i = 0; named->type == JSON_STRING && i < d->library.count; i++)
        if (text_equal(d->library.at[i].path, named->text)) {
            source->root = &d->library.at[i];
            source->schema = source->root->value;
        }
    if (source->root)
        return;
    struct schema_source *inline_one = arena_new(d->arena, struct schema_source);
    if (inline_one)
        *inline_one = (struct schema_source){TEXT("inline"), named};
    source->root = inline_one;
}

static bool read_library(struct data *d, struct error *error) {
    if (json_read(d->arena, d->definition->canonical, LIMIT_json_depth_most, &d->canonical, error) != OUTCOME_OK)
        return false;
    const struct json *schemas = json_get_string(&d->canonical, "schemas");
    size_t count = schemas ? schemas->count : 0;
    struct schema_source *at = arena_new_array(d->arena, count, struct schema_source);
    for (size_t i = 0; at && i < count; i++)
        at[i] = (struct schema_source){schemas->children[i].key, &schemas->children[i].value};
    d->library = (struct schema_library){at, at ? count : 0};
    return at != NULL;
}

static void join_sets(struct step_set *into, const struct step_set *from) {
    for (size_t i = 0; i < DATA_STEP_WORDS; i++)
        into->word[i] |= from->word[i];
}

/* Needs come first in the order of steps. A join that may open early waits surely for nobody, a fan-out that is content
 * with some leaves the others at work. */
static bool find_ancestors(struct data *d) {
    const struct definition *definition = d->definition;
    d->ancestors = arena_new_array(d->arena, definition->step_count, struct step_set);
    d->ended_before = arena_new_array(d->arena, definition->step_count, struct step_set);
    for (uint16_t i = 0; d->ancestors && d->ended_before && i < definition->step_count; i++) {
        const struct step_definition *step = &definition->steps[i];
        bool early = step->need_count > 1 && (step->join.mode == JOIN_AT_LEAST || step->join.deadline.unit != LIMIT_NONE);
        for (uint16_t k = 0; k < step->need_count; k++) {
            const struct step_definition *need = &definition->steps[step->needs[k]];
            set_add(&d->ancestors[i], step->needs[k]);
            join_sets(&d->ancestors[i], &d->ancestors[step->needs[k]]);
            if (early || step->join.deadline.unit != LIMIT_NONE)
                continue;
            join_sets(&d->ended_before[i], &d->ended_before[step->needs[k]]);
            if (need->kind != STEP_INSPECTION && (!need->is_each || need->gather.mode == JOIN_ALL))
                set_add(&d->ended_before[i], step->needs[k]);
        }
    }
    return d->ancestors && d->ended_before;
}

enum outcome data_prepare(struct data *d, const struct proof_options *options, struct arena *arena, struct error *error) {
    const struct definition *definition = options->definition;
    *d = (struct data){.options = options, .definition = definition, .arena = arena};
    d->sources = arena_new_array(arena, (size_t)definition->step_count + 1, struct data_source);
    d->source_of = arena_new_array(arena, definition->step_count, uint16_t);
    d->readers = arena_new_array(arena, (size_t)definition->step_count * DATA_STEP_WORDS, uint64_t);
    if (!d->sources || !d->source_of || !d->readers || !find_ancestors(d))
        return error_no_memory(error);
    if (!read_library(d, error))
        return OUTCOME_REJECT;
    for (uint16_t i = 0; i < definition->step_count; i++)
        d->source_of[i] = NO_INDEX;
    d->sources[d->source_count++] = (struct data_source){.step = NO_INDEX, .compiled = definition->form_schema};
    find_schema(d, &d->sources[0], json_get_string(&d->canonical, "form"));
    for (uint16_t i = 0; i < definition->step_count; i++) {
        struct finding finding = {d, i};
        data_flow_expressions(definition, i, visit_flow, &finding);
    }
    /* Every step that a department answers needs an example, also where nobody reads it. */
    for (uint16_t i = 0; i < definition->step_count; i++)
        if (definition->steps[i].kind != STEP_THING)
            source_of(d, i);
    enum outcome outcome = OUTCOME_OK;
    for (uint16_t s = 0; s < d->source_count && outcome == OUTCOME_OK; s++) {
        struct data_source *source = &d->sources[s];
        if (s > 0) {
            source->compiled = definition->steps[source->step].result_schema;
            find_schema(d, source, json_get_string(step_source(d, definition->steps[source->step].id), "result"));
        }
        outcome = examples_make(d, source, error);
    }
    return outcome;
}
