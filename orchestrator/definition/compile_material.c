/* Compiles the materials: who brings them, what may come later, which one of several is enough; and makes the lookups that
 * fetch them steps of their own, behind all others, so that the engine asks, retries and shows them as any lookup. */
#include "definition/compile.h"

#include "base/time.h"
#include "model/limits.h"

#define FETCH "fetch_"

static enum if_not_found compile_if_not_found(const struct node *n) {
    return text_is(node_text(n), "refuse") ? IF_NOT_FOUND_REFUSE
           : text_is(node_text(n), "continue") ? IF_NOT_FOUND_CONTINUE : IF_NOT_FOUND_ASK;
}

char read_least_trust(const struct node *n) { return node_text(n).length == 1 ? node_text(n).at[0] : 0; }

static void compile_from(struct compiler *c, struct reading *reading, const struct node *from, struct material_definition *m) {
    struct department_rule source = compile_department(c, node_get(from, "lookup"), NULL, NO_INDEX, false);
    m->from_lookup = true;
    m->if_not_found = compile_if_not_found(node_get(from, "if_not_found"));
    m->lookup_source = node_text(node_get(from, "lookup"));
    m->basis = node_text(node_get(from, "basis"));
    m->least_trust = read_least_trust(node_get(from, "least_trust"));
    m->of_count = compile_consent_of(c, node_get(from, "of"), m->basis, &m->of);
    reading->key = "input";
    reading->receiver = source.id.at ? &source : NULL;
    m->lookup_input = read_template(reading, node_get(from, "input"));
    reading->receiver = NULL;
    const struct department *department =
        c->context->directory && source.id.at ? directory_find(c->context->directory, source.id) : NULL;
    if (department && !department->may_act_as_source)
        compiler_fault(c, node_get(from, "lookup")->place, "not_a_source", "department %.*s does not answer lookups",
                       TEXT_HEAD(source.id));
}

static void compile_tolerable(struct compiler *c, const struct node *tolerable, struct material_definition *m) {
    const struct node *trust = node_get(tolerable, "trust");
    char grades[8];
    size_t count = 0;
    m->tolerable_until = read_limit(node_get(tolerable, "until"));
    m->if_missing = node_text(node_get(tolerable, "if_missing"));
    for (uint32_t i = 0; trust && trust->type == JSON_ARRAY && i < trust->count && count < sizeof grades; i++)
        if (trust->members[i].node.text.length == 1)
            grades[count++] = trust->members[i].node.text.at[0];
    m->tolerable_trust = text_copy(c->arena, text_span(grades, count));
}

/* "application/pdf": two names of RFC 6838 in small letters. */
static bool is_media_type(struct text t) {
    size_t slash = text_find(t, '/');
    bool fits = slash != SIZE_MAX && slash > 0 && slash + 1 < t.length && t.length < 128;
    for (size_t i = 0; fits && i < t.length; i++)
        fits = i == slash || (t.at[i] >= 'a' && t.at[i] <= 'z') || (t.at[i] >= '0' && t.at[i] <= '9') || strchr("!#$&-^_.+", t.at[i]);
    return fits;
}

static void check_types(struct compiler *c, const struct node *types) {
    for (uint32_t i = 0; types && types->type == JSON_ARRAY && i < types->count; i++) {
        const struct node *type = &types->members[i].node;
        if (node_is_text(type) && !is_media_type(type->text))
            compiler_fault(c, type->place, "bad_media_type", "\"%.*s\" is no media type", TEXT_HEAD(type->text));
    }
}

static void compile_material(struct compiler *c, const struct node *n, struct material_definition *m) {
    struct reading reading = {.compiler = c, .step = NO_INDEX, .key = "when"};
    const struct node *from = node_get(n, "from");
    m->when = read_condition(&reading, node_get(n, "when"));
    m->fetch_step = NO_INDEX;
    if (from && from->type == JSON_OBJECT)
        compile_from(c, &reading, from, m);
    compile_tolerable(c, node_get(n, "tolerable"), m);
    const struct node *least = node_get(n, "least_trust");
    if (least && m->from_lookup)
        compiler_fault(c, least->place, "least_trust_nonsense", "the material %.*s is fetched: `from` says what it must be worth", TEXT_HEAD(m->id));
    else if (least)
        m->least_trust = read_least_trust(least);
    if (m->least_trust == 'A' && (m->tolerable_until.unit != LIMIT_NONE || (m->required && m->if_not_found == IF_NOT_FOUND_ASK)))
        compiler_fault(c, node_get(from, "least_trust")->place, "least_trust_nonsense", "the material %.*s, which nobody can bring, would be brought by the applicant %s",
                       TEXT_HEAD(m->id), m->tolerable_until.unit != LIMIT_NONE ? "later" : "when it is not found");
    check_types(c, node_get(n, "types"));
}

/* A group: one of its members is enough, so none of them is required itself. */
static void compile_any_of(struct compiler *c, uint16_t group) {
    const struct node *n = c->material_nodes[group], *list = node_get(n, "any_of");
    uint16_t count = 0;
    if (!list || list->type != JSON_ARRAY)
        return;
    uint16_t *members = arena_new_array(c->arena, list->count, uint16_t);
    for (uint32_t i = 0; members && i < list->count; i++) {
        const struct node *id = &list->members[i].node;
        uint16_t member = compiler_find(&c->material_ids, node_text(id));
        bool is_double = false;
        for (uint16_t k = 0; k < count; k++)
            is_double |= members[k] == member;
        if (!node_is_text(id))
            continue;
        if (member == NO_INDEX)
            compiler_unknown(c, id->place, "unknown_material", "material", &c->material_ids, id->text);
        else if (is_double)
            compiler_fault(c, id->place, "duplicate_id", "the material %.*s stands here twice", TEXT_HEAD(id->text));
        else if (member == group || node_get(c->material_nodes[member], "any_of"))
            compiler_fault(c, id->place, "any_of_nonsense", "%.*s is a group itself", TEXT_HEAD(id->text));
        else if (c->materials[member].required)
            compiler_fault(c, id->place, "any_of_nonsense", "%.*s is required whatever else is given", TEXT_HEAD(id->text));
        else
            members[count++] = member;
    }
    c->materials[group].any_of = members;
    c->materials[group].any_of_count = count;
    if (list->count < 2)
        compiler_fault(c, list->place, "any_of_nonsense", "one of several wants at least two");
    if (node_get(n, "from"))
        compiler_fault(c, node_get(n, "from")->place, "any_of_nonsense", "a group comes from where its members come from");
}

void compile_materials(struct compiler *c) {
    uint16_t count = compiler_gather(c, "materials", &c->material_ids, &c->material_nodes);
    c->materials = arena_new_array(c->arena, count, struct material_definition);
    if (count > LIMIT_materials_most) {
        compiler_fault(c, node_get(c->root, "materials")->place, "too_many_materials", "%u materials; the limit materials_most is %d",
                       count, (int)LIMIT_materials_most);
        count = 0;
    }
    for (uint16_t i = 0; c->materials && i < count; i++) {
        const struct node *n = c->material_nodes[i];
        c->materials[i] = (struct material_definition){
            .id = node_text(node_get(n, "id")), .title = read_title(c, node_get(n, "title")),
            .required = node_is_true(node_get(n, "required"))};
        compile_material(c, n, &c->materials[i]);
    }
    for (uint16_t i = 0; c->materials && i < count; i++)
        compile_any_of(c, i);
    c->out->material_count = c->materials ? count : 0;
    c->out->materials = c->materials;
    struct reading reading = {.compiler = c, .step = NO_INDEX, .key = "trust"};
    c->out->trust = read_typed(&reading, node_get(c->root, "trust"), EXPRESSION_TYPE_STRING,
                               "a grade from \"A\" to \"D\"");
}

/* ---- the lookups as steps ---- */

static const struct node *fetched_by(const struct node *material) {
    const struct node *from = node_get(material, "from"), *id = node_get(material, "id");
    bool is_fetched = from && from->type == JSON_OBJECT && node_is_text(id) && id_is_well_formed(id->text);
    return is_fetched ? id : NULL;
}

uint16_t fetch_steps_count(struct compiler *c) {
    const struct node *list = node_get(c->root, "materials");
    uint16_t count = 0;
    for (uint32_t i = 0; list && list->type == JSON_ARRAY && i < list->count && count < LIMIT_materials_most; i++)
        count += fetched_by(&list->members[i].node) != NULL;
    return count;
}

bool fetch_steps_place(struct compiler *c, uint16_t first) {
    const struct node *list = node_get(c->root, "materials");
    uint16_t at = first;
    for (uint32_t i = 0; list && list->type == JSON_ARRAY && i < list->count && at - first < LIMIT_materials_most; i++) {
        const struct node *id = fetched_by(&list->members[i].node);
        if (!id)
            continue;
        struct text name = text_format(c->arena, FETCH "%.*s", TEXT_ARG(id->text));
        if (name.length > LIMIT_name_bytes_most)
            compiler_fault(c, id->place, "name_too_long", "the lookup of %.*s would be called %.*s", TEXT_HEAD(id->text), TEXT_HEAD(name));
        else if (map_get(&c->step_ids, name))
            compiler_fault(c, id->place, "duplicate_id", "the lookup of %.*s is called %.*s, as something else is",
                           TEXT_HEAD(id->text), TEXT_HEAD(name));
        else if (!map_put(&c->step_ids, name, (void *)(uintptr_t)(at + 1u)))
            return false;
        c->steps[at].id = name;
        c->steps[at].is_fetch = true;
        c->step_nodes[at++] = &list->members[i].node;
    }
    return !c->arena->failed;
}

static bool is_of(const struct compiler *c, const struct step_definition *fetch, uint16_t material) {
    struct text id = c->materials[material].id;
    return c->materials[material].from_lookup && fetch->id.length == id.length + strlen(FETCH) &&
           memcmp(fetch->id.at + strlen(FETCH), id.at, id.length) == 0;
}

void fetch_step_compile(struct compiler *c, uint16_t step) {
    struct step_definition *fetch = &c->steps[step];
    fetch->kind = STEP_LOOKUP;
    fetch->item = fetch->thing.thing = NO_INDEX;
    fetch->join.at_least = 1;
    fetch->window = (struct window){false, TIME_NONE, TIME_NONE};
    fetch->retry = (struct retry_rule){8, TIME_SECOND_US, 5 * TIME_MINUTE_US, TIME_DAY_US};
    fetch->line = c->step_nodes[step]->place.line;
    fetch->column = c->step_nodes[step]->place.column;
    for (uint16_t i = 0; i < c->out->material_count; i++) {
        struct material_definition *material = &c->materials[i];
        if (!is_of(c, fetch, i))
            continue;
        material->fetch_step = step;
        fetch->fetches = i;
        fetch->title = material->title;
        fetch->department.id = fetch->lookup.source = material->lookup_source;
        fetch->lookup.basis = material->basis;
        fetch->lookup.least_trust = material->least_trust;
        fetch->lookup.of = material->of;
        fetch->lookup.of_count = material->of_count;
        fetch->input = material->lookup_input;
    }
}
