/* Expressions in their place: compiles them and holds every path they read against the form, the results, the needs and
 * what the receiving department is entitled to. */
#include "definition/compile.h"

/* What `.case` has. The engine's scope (engine/) gives exactly these. */
static const char *const case_names[] = {"id", "number", "thing", "region", "started_at", "offered_by", NULL};
static const char *const step_names[] = {"state", "result", "reason", "missing", NULL};

struct visit { struct reading *reading; const struct node *node; bool is_whole_path; };

static struct text text_of_path(struct compiler *c, const struct text *segments, size_t count) {
    struct buffer out;
    buffer_init(&out, 4096);
    for (size_t i = 0; i < count; i++) {
        buffer_put_byte(&out, '.');
        buffer_put_text(&out, segments[i].at ? segments[i] : TEXT("[]"));
    }
    struct text path = text_copy(c->arena, buffer_text(&out));
    buffer_free(&out);
    return path;
}

static struct place place_of_path(const struct visit *visit, const struct expression_path *path) {
    struct compiler *c = visit->reading->compiler;
    if (visit->is_whole_path || !node_is_text(visit->node) || c->faults.list->full)   /* a place costs a walk */
        return visit->node->place;
    return node_place_within(visit->node, c->source, path->at ? path->at->offset : 0);
}

/* Where segment `index` of the path is written, as far as the tree says. */
static struct place place_of_segment(const struct visit *visit, const struct expression_path *path, size_t index) {
    struct expression_path part = *path;
    for (size_t back = path->count - 1; part.at && back > index; back--) {
        bool steps = part.at->kind == EXPRESSION_FIELD || part.at->kind == EXPRESSION_INDEX ||
                     part.at->kind == EXPRESSION_ITERATE || part.at->kind == EXPRESSION_SLICE;
        if (!steps || part.at->count == 0)
            break;
        part.at = part.at->children[0];
    }
    return place_of_path(visit, &part);
}

/* A name that is not among `known`. */
static void unknown_name(const struct visit *visit, const struct expression_path *path, const char *code,
                         const char *const *known, size_t at) {
    struct compiler *c = visit->reading->compiler;
    struct text names[16];
    size_t count = 0;
    for (; count < 16 && known[count]; count++)
        names[count] = text_from(known[count]);
    struct text nearest = nearest_of(path->segments[at], names, count);
    compiler_fault_remedy(c, place_of_segment(visit, path, at), code,
                          nearest.at ? text_format(c->arena, "Did you mean %.*s?", TEXT_ARG(nearest)) : TEXT_NONE,
                          "`%s` reads %.*s, which there is not", visit->reading->key,
                          TEXT_ARG(text_of_path(c, path->segments, at + 1)));
}

static bool is_among(const char *const *known, struct text name) {
    for (; *known; known++)
        if (text_is(name, *known))
            return true;
    return false;
}

static void mark_personal(struct compiler *c, const struct text *segments, size_t count) {
    for (uint32_t i = 0; i < c->personal_count; i++) {
        struct personal_field *field = &c->personal[i];
        size_t common = field->count < count ? field->count : count, k = 0;
        while (k < common && (!segments[k].at || !field->segments[k].at || text_equal(segments[k], field->segments[k])))
            k++;
        field->is_read |= k == common;
    }
}

static void check_form_path(const struct visit *visit, const struct expression_path *path) {
    struct compiler *c = visit->reading->compiler;
    mark_personal(c, path->segments + 1, path->count - 1);
    if (c->form) {
        struct schema_answer answer = schemas_walk(c, c->form, path->segments + 1, path->count - 1);
        if (answer.reach == REACH_NONE)
            compiler_fault_remedy(
                c, place_of_segment(visit, path, answer.segments + 1), "path_not_in_form",
                answer.near.at ? text_format(c->arena, "Did you mean %.*s?", TEXT_ARG(answer.near)) : TEXT_NONE,
                "`%s` reads %.*s, which the form's schema can't have", visit->reading->key,
                TEXT_ARG(text_of_path(c, path->segments, answer.segments + 2 < path->count ? answer.segments + 2 : path->count)));
    }
    const struct department *refused = visit->reading->receiver
        ? entitled_not_to_field(c, visit->reading->receiver, path->segments + 1, path->count - 1) : NULL;
    if (refused)
        compiler_fault(c, place_of_path(visit, path), "not_entitled", "department %.*s is not entitled to %.*s",
                       TEXT_ARG(refused->id), TEXT_ARG(text_of_path(c, path->segments, path->count)));
}

/* An inspection gives {"<item>": {"outcome", "reason", "result"}}. */
static bool check_visit_path(const struct visit *visit, const struct expression_path *path, uint16_t step) {
    static const char *const members[] = {"outcome", "reason", "result", NULL};
    struct compiler *c = visit->reading->compiler;
    const struct step_definition *inspection = &c->steps[step];
    const char *items[64] = {NULL};
    for (uint16_t i = 0; i < inspection->inspection.item_count && i < 63; i++)   /* an id of a canonical form has no end of its own */
        items[i] = text_format(c->arena, "%.*s", TEXT_ARG(c->items[inspection->inspection.items[i].item].id)).at;
    if (path->count > 3 && (!path->segments[3].at || !is_among(items, path->segments[3])))
        unknown_name(visit, path, "path_not_in_result", items, 3);
    else if (path->count > 4 && (!path->segments[4].at || !is_among(members, path->segments[4])))
        unknown_name(visit, path, "path_not_in_result", members, 4);
    else
        return path->count > 5 && text_is(path->segments[4], "result");
    return false;
}

static void check_result_path(const struct visit *visit, const struct expression_path *path, uint16_t step) {
    struct compiler *c = visit->reading->compiler;
    const struct schema_entry *result = c->step_results[step];
    bool own = visit->reading->undoes && step == visit->reading->step;
    size_t from = c->steps[step].is_each && !own ? 4 : 3;   /* each gives a list of its elements' results */
    if (c->steps[step].kind == STEP_INSPECTION) {
        if (!check_visit_path(visit, path, step))
            return;
        from = 5;
    }
    if (path->count < 4 || (!result && from != 4))
        return;
    if (from == 4 && path->segments[3].at) {
        compiler_fault_remedy(c, place_of_path(visit, path), "path_not_in_result",
                              TEXT("Read its elements: .steps.<id>.result[]."), "`%s` reads %.*s, but %.*s gives a list",
                              visit->reading->key, TEXT_ARG(text_of_path(c, path->segments, 4)),
                              TEXT_ARG(c->steps[step].id));
        return;
    }
    if (!result)
        return;
    struct schema_answer answer = schemas_walk(c, result, path->segments + from, path->count - from);
    size_t shown = answer.segments + from + 1;
    if (answer.reach == REACH_NONE)
        compiler_fault_remedy(
            c, place_of_segment(visit, path, shown - 1), "path_not_in_result",
            answer.near.at ? text_format(c->arena, "Did you mean %.*s?", TEXT_ARG(answer.near)) : TEXT_NONE,
            "`%s` reads %.*s, which the result of %.*s can't have", visit->reading->key,
            TEXT_ARG(text_of_path(c, path->segments, shown < path->count ? shown : path->count)),
            TEXT_ARG(c->steps[step].id));
}

static void check_step_path(const struct visit *visit, const struct expression_path *path) {
    struct compiler *c = visit->reading->compiler;
    uint16_t reader = visit->reading->step;
    if (path->count < 2 || !path->segments[1].at) {
        compiler_fault(c, place_of_path(visit, path), "scope_whole", "`%s` reads all steps at once",
                       visit->reading->key);
        return;
    }
    uint16_t step = compiler_find(&c->step_ids, path->segments[1]);
    if (reader == NO_INDEX) {
        compiler_fault(c, place_of_path(visit, path), "not_an_ancestor",
                       "`%s` of a material reads step %.*s, but materials are asked before any step",
                       visit->reading->key, TEXT_HEAD(path->segments[1]));
        return;
    }
    if (step == NO_INDEX) {
        compiler_unknown(c, place_of_segment(visit, path, 1), "unknown_step", "step", &c->step_ids, path->segments[1]);
        return;
    }
    /* What a join by deadline lacks is its own step's to tell. */
    bool is_own = text_equal(c->steps[step].id, c->steps[reader].id);   /* of a doubled id, too */
    bool own_missing = is_own && c->steps[reader].join.deadline.unit != LIMIT_NONE && path->count > 2 &&
                       path->segments[2].at && text_is(path->segments[2], "missing");
    bool own_result = is_own && visit->reading->undoes && path->count > 2 && path->segments[2].at &&
                      text_is(path->segments[2], "result");
    if (!own_missing && !own_result && !compiler_is_ancestor(c, reader, step))
        compiler_fault_remedy(c, place_of_segment(visit, path, 1), "not_an_ancestor",
                              text_format(c->arena, "Add %.*s to the needs of %.*s or of a step it needs.",
                                          TEXT_ARG(path->segments[1]), TEXT_ARG(c->steps[reader].id)),
                              "`%s` of step %.*s reads step %.*s, which it does not need", visit->reading->key,
                              TEXT_ARG(c->steps[reader].id), TEXT_ARG(path->segments[1]));
    if (path->count < 3)
        return;
    if (!path->segments[2].at || !is_among(step_names, path->segments[2]))
        unknown_name(visit, path, "unknown_name", step_names, 2);
    else if (text_is(path->segments[2], "result"))
        check_result_path(visit, path, step);
}

static void check_part_path(const struct visit *visit, const struct expression_path *path, const struct map *ids,
                            const char *code, const char *what) {
    struct compiler *c = visit->reading->compiler;
    if (path->count > 1 && path->segments[1].at && compiler_find(ids, path->segments[1]) == NO_INDEX)
        compiler_unknown(c, place_of_segment(visit, path, 1), code, what, ids, path->segments[1]);
}

static void visit_path(void *context, const struct expression_path *path) {
    struct visit *visit = context;
    struct compiler *c = visit->reading->compiler;
    static const char *const roots[] = {"form", "case", "parties", "materials", "steps", NULL};
    struct text as = visit->reading->as_is_known ? c->steps[visit->reading->step].each_as : TEXT_NONE;
    if (path->count == 0 || !path->segments[0].at) {
        compiler_fault(c, place_of_path(visit, path), "scope_whole", "`%s` reads everything at once",
                       visit->reading->key);
        return;
    }
    struct text root = path->segments[0];
    if (as.at && text_equal(root, as))
        return;
    if (text_is(root, "form"))
        check_form_path(visit, path);
    else if (text_is(root, "steps"))
        check_step_path(visit, path);
    else if (text_is(root, "parties"))
        check_part_path(visit, path, &c->party_ids, "unknown_party", "party");
    else if (text_is(root, "materials"))
        check_part_path(visit, path, &c->material_ids, "unknown_material", "material");
    else if (!text_is(root, "case"))
        unknown_name(visit, path, "unknown_name", roots, 0);
    else if (path->count > 1 && path->segments[1].at && !is_among(case_names, path->segments[1]))
        unknown_name(visit, path, "unknown_name", case_names, 1);
}

/* ---- compiling, with faults at their places ---- */

static void report(struct reading *reading, const struct node *node, const struct expression_fault *first) {
    struct compiler *c = reading->compiler;
    for (const struct expression_fault *f = first; f; f = f->next) {
        const struct node *at = f->value ? node_of_value(node, f->value) : node;
        struct place place = c->faults.list->full ? PLACE_NONE : node_place_within(at ? at : node, c->source, f->offset);
        compiler_fault(c, place, "bad_expression", "`%s`: %.*s (%s)", reading->key, TEXT_ARG(f->message), f->code);
    }
}

static void visit_paths(struct visit *visit, const struct expression *expression) {
    if (!expression_paths(expression, visit->reading->compiler->arena, visit_path, visit))
        visit->reading->compiler->arena->failed = true;
}

/* Every string of a template apart, so that what it reads has its place. */
static void visit_template(struct reading *reading, const struct node *node) {
    for (uint32_t i = 0; i < node->count; i++)
        visit_template(reading, &node->members[i].node);
    if (!node_is_text(node))
        return;
    struct expression_fault fault = {0};
    const struct expression *part;
    struct visit visit = {reading, node, false};
    if (expression_from_template(reading->compiler->arena, node->value, &part, &fault) == OUTCOME_OK)
        visit_paths(&visit, part);
}

static void visit_condition(struct reading *reading, const struct node *node) {
    const struct node *field = node_get(node, "field");
    if (node_is_text(node)) {
        visit_template(reading, node);
        return;
    }
    if (!field) {
        for (uint32_t i = 0; i < node->count; i++)
            visit_condition(reading, &node->members[i].node);
        return;
    }
    struct json_member members[2] = {{TEXT("field"), *field->value}, {TEXT("exists"), {.type = JSON_TRUE}}};
    struct json alone = {.type = JSON_OBJECT, .count = 2, .children = members};
    struct expression_fault fault = {0};
    const struct expression *part;
    struct visit visit = {reading, field, true};
    if (expression_from_condition(reading->compiler->arena, &alone, &part, &fault) == OUTCOME_OK)
        visit_paths(&visit, part);
    for (uint32_t i = 0; i < node->count; i++)
        if (!text_is(node->members[i].key, "field"))
            visit_template(reading, &node->members[i].node);
}

/* ---- types ---- */

static unsigned type_of_path(void *context, const struct text *path, size_t count) {
    struct reading *reading = context;
    struct compiler *c = reading->compiler;
    struct schema_answer answer = {.reach = REACH_OPEN};
    if (count == 0)
        return EXPRESSION_TYPE_OBJECT;
    if (text_is(path[0], "form") && c->form) {
        answer = schemas_walk(c, c->form, path + 1, count - 1);
    } else if (text_is(path[0], "steps") && count >= 3) {
        uint16_t step = compiler_find(&c->step_ids, path[1]);
        if (text_is(path[2], "state"))
            return EXPRESSION_TYPE_STRING | EXPRESSION_TYPE_NULL;
        if (step != NO_INDEX && text_is(path[2], "result") && c->step_results[step] && !c->steps[step].is_each &&
            c->steps[step].kind != STEP_INSPECTION)
            answer = schemas_walk(c, c->step_results[step], path + 3, count - 3);
        answer.types |= EXPRESSION_TYPE_NULL;
    }
    return answer.reach == REACH_FOUND && answer.types ? answer.types : EXPRESSION_TYPE_ANY;
}

static void check_condition_value(struct reading *reading, const struct node *node, const struct expression *tree) {
    struct compiler *c = reading->compiler;
    struct expression_typing typing = {type_of_path, reading};
    unsigned types = expression_type(tree, &typing, c->arena);
    const char *false_means = text_is(text_from(reading->key), "if") ? "refused" : "skipped";
    if (!(types & EXPRESSION_TYPE_BOOLEAN))
        compiler_fault(c, node->place, "when_not_boolean", "`%s` can be neither true nor false", reading->key);
    else if (!(types & EXPRESSION_TYPE_TRUE))
        compiler_fault(c, node->place, "when_never_true", "`%s` can never be true: the step is always %s", reading->key,
                       false_means);
    else if (!(types & EXPRESSION_TYPE_FALSE))
        compiler_fault(c, node->place, "when_never_false", "`%s` can never be false", reading->key);
    else if (types != EXPRESSION_TYPE_ANY && (types & ~EXPRESSION_TYPE_BOOLEAN))
        compiler_fault(c, node->place, "when_may_not_decide",
                       "`%s` may be something else than true or false%s", reading->key,
                       types & EXPRESSION_TYPE_NULL ? ": what it reads may be missing" : "");
}

/* A plain condition that compares with a value the field's list of values does not have. */
static void check_listed(struct reading *reading, const struct node *field, const struct node_member *operand) {
    struct compiler *c = reading->compiler;
    bool is_has = text_is(operand->key, "has");
    struct text segments[32], rest = field->text;
    size_t count = 0;
    if (!c->form || !text_starts_with(rest, "form.") || !operand->node.value ||
        (!is_has && !text_is(operand->key, "is") && !text_is(operand->key, "not")) ||
        operand->node.type == JSON_NULL || (node_is_text(&operand->node) && memmem(operand->node.text.at, operand->node.text.length, "${", 2)))
        return;
    for (rest = text_span(rest.at + 5, rest.length - 5); rest.length && count < 31;) {
        size_t dot = text_find(rest, '.');
        struct text name = text_span(rest.at, dot == SIZE_MAX ? rest.length : dot);
        bool is_index = name.length && name.at[0] >= '0' && name.at[0] <= '9';
        segments[count++] = is_index ? TEXT_NONE : name;
        rest = dot == SIZE_MAX ? TEXT_NONE : text_span(rest.at + dot + 1, rest.length - dot - 1);
    }
    struct schema_answer answer = schemas_walk(c, c->form, segments, count);
    if (is_has && answer.reach == REACH_FOUND && (answer.types & EXPRESSION_TYPE_ARRAY)) {
        segments[count++] = TEXT_NONE;
        answer = schemas_walk(c, c->form, segments, count);
    }
    if (answer.reach != REACH_FOUND || !answer.all_listed)
        return;
    for (size_t k = 0; k < answer.allowed_count; k++)
        for (uint32_t i = 0; i < answer.allowed[k]->count; i++)
            if (json_equal(&answer.allowed[k]->children[i].value, operand->node.value))
                return;
    compiler_fault(c, operand->node.place, "value_not_possible", "%.*s can never be this value", TEXT_ARG(field->text));
}

static void check_listed_under(struct reading *reading, const struct node *node) {
    const struct node *field = node_get(node, "field");
    for (uint32_t i = 0; i < node->count; i++) {
        if (node_is_text(field) && !text_is(node->members[i].key, "field"))
            check_listed(reading, field, &node->members[i]);
        else if (!field)
            check_listed_under(reading, &node->members[i].node);
    }
}

const struct expression *read_condition(struct reading *reading, const struct node *node) {
    const struct expression *tree = NULL;
    struct expression_fault fault = {0};
    if (!node)
        return NULL;
    enum outcome outcome = expression_from_condition(reading->compiler->arena, node->value, &tree, &fault);
    if (outcome == OUTCOME_REJECT)
        report(reading, node, &fault);
    if (outcome != OUTCOME_OK) {
        reading->compiler->arena->failed |= outcome == OUTCOME_FATAL;
        return NULL;
    }
    visit_condition(reading, node);
    check_condition_value(reading, node, tree);
    check_listed_under(reading, node);
    return tree;
}

const struct expression *read_template(struct reading *reading, const struct node *node) {
    const struct expression *tree = NULL;
    struct expression_fault fault = {0};
    if (!node)
        return NULL;
    enum outcome outcome = expression_from_template(reading->compiler->arena, node->value, &tree, &fault);
    if (outcome == OUTCOME_REJECT)
        report(reading, node, &fault);
    if (outcome != OUTCOME_OK) {
        reading->compiler->arena->failed |= outcome == OUTCOME_FATAL;
        return NULL;
    }
    visit_template(reading, node);
    return tree;
}

unsigned read_type(struct reading *reading, const struct node *node) {
    const struct expression *tree;
    struct expression_fault fault = {0};
    struct expression_typing typing = {type_of_path, reading};
    if (expression_from_template(reading->compiler->arena, node->value, &tree, &fault) != OUTCOME_OK)
        return EXPRESSION_TYPE_ANY;
    return expression_type(tree, &typing, reading->compiler->arena);
}

const struct expression *read_typed(struct reading *reading, const struct node *node, unsigned types,
                                    const char *wanted) {
    const struct expression *tree = read_template(reading, node);
    struct expression_typing typing = {type_of_path, reading};
    if (tree && !(expression_type(tree, &typing, reading->compiler->arena) & types))
        compiler_fault(reading->compiler, node->place, "wrong_value_type", "`%s` never gives %s", reading->key, wanted);
    return tree;
}
