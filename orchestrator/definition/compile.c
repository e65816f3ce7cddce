/* The way of one definition through the checker: read, hold against the tables, compile, check as a whole, name by its
 * hash. */
#include "definition/compile.h"

#include "definition/override.h"
#include "model/limits.h"

static void compiler_free(struct compiler *c) {
    map_free(&c->step_ids);
    map_free(&c->item_ids);
    map_free(&c->material_ids);
    map_free(&c->party_ids);
}

static void compiler_init(struct compiler *c) {
    map_init(&c->step_ids);
    map_init(&c->item_ids);
    map_init(&c->material_ids);
    map_init(&c->party_ids);
}

/* ---- sub-things ---- */

static bool reaches_thing(struct compiler *c, const struct definition *definition, struct text thing, unsigned depth,
                          unsigned *ret_deepest) {
    bool found = false;
    *ret_deepest = depth > *ret_deepest ? depth : *ret_deepest;
    if (depth > LIMIT_nesting_most)
        return false;
    for (uint16_t i = 0; i < definition->thing_count && !found; i++) {
        const struct thing_reference *reference = &definition->things[i];
        if (text_equal(reference->thing, thing))
            return true;
        const struct definition *below =
            c->context->find_thing(c->context->find_context, reference->thing, reference->hash);
        found = below && reaches_thing(c, below, thing, depth + 1, ret_deepest);
    }
    return found;
}

static const struct node *thing_step(struct compiler *c, uint16_t thing) {
    for (uint16_t i = 0; i < c->out->step_count; i++)
        if (c->steps[i].kind == STEP_THING && c->steps[i].thing.thing == thing)
            return step_get(c->step_nodes[i], "name");
    return NULL;
}

static void fix_hash(struct compiler *c, struct thing_reference *reference, const struct node *at) {
    const struct node *fixed = c->is_canonical ? node_get(c->root, "things") : NULL;
    unsigned deepest = 1;
    for (uint32_t i = 0; fixed && fixed->type == JSON_OBJECT && i < fixed->count; i++)
        if (text_equal(fixed->members[i].key, reference->thing))
            reference->hash = node_text(&fixed->members[i].node);
    if (text_equal(reference->thing, c->out->thing)) {
        compiler_fault(c, at->place, "thing_recursion", "%.*s runs itself as a sub-case", TEXT_ARG(c->out->thing));
        return;
    }
    if (!c->context->find_thing)
        return;
    const struct definition *found =
        c->context->find_thing(c->context->find_context, reference->thing, reference->hash);
    if (!found)
        compiler_fault(c, at->place, "unknown_thing", "no thing \"%.*s\" is published", TEXT_HEAD(reference->thing));
    else if (reaches_thing(c, found, c->out->thing, 1, &deepest))
        compiler_fault(c, at->place, "thing_recursion", "%.*s runs %.*s again as a sub-case",
                       TEXT_ARG(reference->thing), TEXT_ARG(c->out->thing));
    else if (deepest >= LIMIT_nesting_most)
        compiler_fault(c, at->place, "thing_too_deep", "sub-cases %u deep; the limit nesting_most is %d", deepest + 1,
                       (int)LIMIT_nesting_most);
    else if (text_is_none(reference->hash))
        reference->hash = found->hash;
}

void check_things(struct compiler *c) {
    for (uint16_t i = 0; i < c->out->thing_count; i++)
        fix_hash(c, &c->things[i], thing_step(c, i));
}

/* ---- one definition ---- */

static void compile_regions(struct compiler *c) {
    const struct node *list = node_get(c->root, "regions");
    uint16_t count = 0;
    if (!list || list->type != JSON_ARRAY)
        return;
    struct text *regions = arena_new_array(c->arena, list->count, struct text);
    for (uint32_t i = 0; regions && i < list->count && count < UINT16_MAX; i++) {
        const struct node *n = &list->members[i].node;
        bool is_double = false;
        for (uint16_t k = 0; k < count; k++)
            is_double |= text_equal(regions[k], n->text);
        if (is_double)
            compiler_fault(c, n->place, "duplicate_id", "the region %.*s stands here twice", TEXT_HEAD(n->text));
        else if (node_is_text(n))
            regions[count++] = n->text;
    }
    c->out->regions = regions;
    c->out->region_count = count;
}

static bool compile_tree(struct compiler *c) {
    const struct node *form = node_get(c->root, "form");
    c->out->thing = node_text(node_get(c->root, "thing"));
    c->out->title = read_title(c, node_get(c->root, "title"));
    c->out->promise = read_limit(node_get(c->root, "promise"));
    c->out->window = compile_window(c, node_get(c->root, "window"));
    c->out->holds_early = text_is(node_text(node_get(node_get(c->root, "window"), "early")), "hold");
    compile_offered(c, node_get(c->root, "offered"));
    compile_regions(c);
    c->form = schemas_get(c, form, "form");
    c->out->form = c->form ? c->form->value : NULL;
    c->out->form_schema = c->form ? c->form->schema : NULL;
    personal_gather(c);
    compile_parties(c);
    compile_items(c);
    if (c->arena->failed || !compile_step_order(c))
        return false;
    compile_materials(c);
    compile_steps(c);
    if (c->arena->failed)
        return false;
    check_things(c);
    check_graph(c);
    check_clocks(c);
    check_items_agree(c);
    check_personal(c);
    check_materials(c);
    return !c->arena->failed;
}

/* ---- regional variants ---- */

static bool compile_override(struct compiler *c, const struct node_member *region, struct region_override *ret) {
    struct node root;
    _cleanup_(compiler_free) struct compiler variant = {
        .arena = c->arena, .source = c->source, .is_canonical = c->is_canonical, .faults = c->faults,
        .context = c->context, .root = &root, .library = c->library, .schemas = c->schemas,
        .schema_count = c->schema_count, .schema_room = c->schema_room};
    compiler_init(&variant);
    variant.out = arena_new(c->arena, struct definition);
    if (!variant.out || !override_lay_over(c, region, &root))
        return false;
    bool is_made = compile_tree(&variant);
    c->library = variant.library;   /* schemas made for a variant belong to the whole */
    c->schemas = variant.schemas;
    c->schema_count = variant.schema_count;
    c->schema_room = variant.schema_room;
    *ret = (struct region_override){region->key, variant.out};
    return is_made;
}

static bool compile_overrides(struct compiler *c) {
    const struct node *list = node_get(c->root, "override");
    if (!list || list->type != JSON_OBJECT || list->count == 0)
        return true;
    struct region_override *overrides = arena_new_array(c->arena, list->count, struct region_override);
    for (uint32_t i = 0; overrides && i < list->count; i++) {
        const struct node_member *region = &list->members[i];
        bool is_offered = c->out->region_count == 0;
        for (uint16_t k = 0; k < c->out->region_count; k++)
            is_offered |= text_equal(c->out->regions[k], region->key);
        if (!is_offered && region_is_well_formed(region->key))
            compiler_fault(c, region->key_place, "unknown_region", "%.*s is not among `regions`", TEXT_HEAD(region->key));
        if (!compile_override(c, region, &overrides[i]))
            return false;
    }
    c->out->overrides = overrides;
    c->out->override_count = overrides ? (uint16_t)list->count : 0;
    return overrides != NULL;
}

/* ---- the whole ---- */

static bool read_source(struct compiler *c, struct node *root) {
    if (!c->is_canonical)
        return node_read_yaml(c->arena, c->source, &c->faults, root) && node_to_json(c->arena, root);
    struct json *value = arena_new(c->arena, struct json);
    struct error error = {0};
    enum outcome outcome = value ? json_read(c->arena, c->source, LIMIT_json_depth_most, value, &error) : OUTCOME_FATAL;
    if (outcome == OUTCOME_REJECT)
        compiler_fault(c, PLACE_NONE, "bad_canonical", "%s", error.message);
    c->source = TEXT_NONE;
    return outcome == OUTCOME_OK && node_from_json(c->arena, value, root) && node_to_json(c->arena, root);
}

static void share_names(struct compiler *c) {
    struct schema **schemas = arena_new_array(c->arena, c->schema_count, struct schema *);
    if (!schemas)
        return;
    for (uint32_t i = 0; i < c->schema_count; i++)
        schemas[i] = c->schemas[i]->schema;
    c->out->schemas = schemas;
    c->out->schema_count = c->schema_count;
    for (uint16_t i = 0; i < c->out->override_count; i++) {
        struct definition *variant = (struct definition *)c->out->overrides[i].definition;
        variant->hash = c->out->hash;
        variant->canonical = c->out->canonical;
        variant->things = c->out->things;
        variant->thing_count = c->out->thing_count;
    }
}

static bool compile_whole(struct compiler *c) {
    if (!read_source(c, c->root))
        return false;
    if (c->root->type != JSON_OBJECT) {
        compiler_fault(c, c->root->place, "wrong_type", "a definition is a mapping of keys");
        return false;
    }
    shape_check_node(&c->faults, &shape_definition, c->root, c->is_canonical);
    if (!compile_tree(c) || !compile_overrides(c))
        return false;
    if (c->faults.list->error_count == 0 && !canonical_make(c))
        return false;
    share_names(c);
    return !c->arena->failed;
}

enum outcome definition_compile(struct arena *arena, struct text source, struct text file_name,
                                const struct definition_context *context, struct fault_list *faults,
                                const struct definition **ret, struct error *error) {
    static const struct definition_context nothing = {0};
    struct node root = {0};
    *faults = (struct fault_list){0};
    _cleanup_(compiler_free) struct compiler c = {
        .arena = arena, .context = context ? context : &nothing, .root = &root,
        .is_canonical = text_starts_with(source, "{\"canonical\":")};
    compiler_init(&c);
    c.source = text_copy(arena, source);
    c.faults = (struct faults){arena, text_copy(arena, file_name), faults};
    c.out = arena_new(arena, struct definition);
    bool is_whole = !arena->failed && compile_whole(&c);
    fault_list_sort(faults);
    if (!arena->failed && is_whole && faults->error_count == 0) {
        *ret = c.out;
        return OUTCOME_OK;
    }
    schemas_free(&c);
    /* What stopped without a fault stopped for want of memory. */
    return arena->failed || faults->error_count == 0 ? error_no_memory(error) : fault_list_refuse(faults, error);
}

void definition_free(const struct definition *definition) {
    for (uint32_t i = 0; definition && i < definition->schema_count; i++)
        schema_free(definition->schemas[i]);
}
