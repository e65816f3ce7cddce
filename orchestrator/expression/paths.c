/* Which paths of the scope an expression reads: the walk follows values without having any. */
#include "expression/internal.h"

#define PLACES_MOST 64   /* an `if` may leave several places for one value; past these they are named one by one */

/* A place in the scope, as a chain to the root. */
struct spot {
    const struct spot *parent;   /* NULL: the scope itself */
    struct text name;            /* absent: any element or member */
    uint16_t depth;
};

/* What a value may be: one of these places, or something made (no place: what it was made of is reported already). */
struct places {
    const struct spot *at[PLACES_MOST];
    uint32_t count;
};

struct reading {
    struct arena *scratch;
    void (*visit)(void *context, const struct expression_path *);
    void *context;
    unsigned reports;
};

static bool read_node(struct reading *, const struct expression *, const struct places *input, struct places *ret);

static bool report_spot(struct reading *r, const struct spot *spot, const struct expression *at) {
    struct text *segments = arena_new_array(r->scratch, (size_t)spot->depth + 1, struct text);
    if (!segments)
        return false;
    uint16_t depth = spot->depth;
    for (const struct spot *s = spot; s->parent; s = s->parent)
        segments[s->depth - 1] = s->name;
    struct expression_path path = {segments, depth, at};
    r->reports++;
    r->visit(r->context, &path);
    return true;
}

static bool report(struct reading *r, const struct places *places, const struct expression *at) {
    for (uint32_t i = 0; i < places->count; i++)
        if (!report_spot(r, places->at[i], at))
            return false;
    return true;
}

/* Reads `node` and uses its value up. */
static bool read_whole(struct reading *r, const struct expression *node, const struct places *input) {
    struct places *places = arena_new(r->scratch, struct places);
    return places && read_node(r, node, input, places) && report(r, places, node);
}

/* What was walked to and then not looked into is still needed to be there: [ .list[] | 1 ] reads the list. */
static bool report_unused(struct reading *r, const struct places *places, unsigned reports_before,
                          const struct places *result, const struct expression *at) {
    return r->reports != reports_before || (result && result->count) || report(r, places, at);
}

static bool step_down(struct reading *r, struct places *places, struct text name) {
    for (uint32_t i = 0; i < places->count; i++) {
        struct spot *spot = arena_new(r->scratch, struct spot);
        if (!spot)
            return false;
        *spot = (struct spot){places->at[i], name, (uint16_t)(places->at[i]->depth + 1)};
        places->at[i] = spot;
    }
    return true;
}

/* Both may be the value; past the bound the second is reported as used, which names more than is read. */
static bool unite(struct reading *r, struct places *into, const struct places *more, const struct expression *at) {
    if (into->count + more->count > PLACES_MOST)
        return report(r, more, at);
    for (uint32_t i = 0; i < more->count; i++)
        into->at[into->count++] = more->at[i];
    return true;
}

static bool read_either(struct reading *r, const struct expression *node, const struct places *input, uint32_t first,
                        struct places *ret) {
    struct places *other = arena_new(r->scratch, struct places);
    return other && read_node(r, node->children[first], input, ret) &&
           read_node(r, node->children[first + 1], input, other) && unite(r, ret, other, node->children[first + 1]);
}

static bool read_step(struct reading *r, const struct expression *node, const struct places *input,
                      struct places *ret) {
    if (!read_node(r, node->children[0], input, ret))
        return false;
    for (uint32_t i = 1; i < node->count; i++)
        if (!read_whole(r, node->children[i], input))
            return false;
    if (node->kind == EXPRESSION_SLICE)
        return true;   /* a part of it: the steps that follow say of which */
    return step_down(r, ret, node->kind == EXPRESSION_FIELD ? node->name : TEXT_NONE);
}

static bool read_elements(struct reading *r, const struct expression *node, const struct places *input,
                          struct places *ret) {
    unsigned before = r->reports;
    *ret = *input;
    return step_down(r, ret, TEXT_NONE) && read_whole(r, node->children[0], ret) &&
           report_unused(r, input, before, NULL, node);
}

static bool read_call(struct reading *r, const struct expression *node, const struct places *input,
                      struct places *ret) {
    struct places *element = arena_new(r->scratch, struct places);
    if (!element)
        return false;
    switch ((enum function_id)node->function->id) {
    case FUNCTION_EMPTY:
        return true;
    case FUNCTION_REVERSE:
        *ret = *input;
        return true;
    case FUNCTION_FIRST: case FUNCTION_LAST:
        *ret = *input;
        return step_down(r, ret, TEXT_NONE);
    case FUNCTION_VALUES:
        *ret = *input;
        return true;
    case FUNCTION_SELECT:
        *ret = *input;
        return read_whole(r, node->children[0], input);
    case FUNCTION_MAP: case FUNCTION_ANY: case FUNCTION_ALL:
        if (node->count)
            return read_elements(r, node, input, element);
        return report(r, input, node);
    case FUNCTION_SORT_BY: case FUNCTION_UNIQUE_BY:
        *ret = *input;
        return read_elements(r, node, input, element);
    case FUNCTION_MIN_BY: case FUNCTION_MAX_BY:
        *ret = *input;
        return read_elements(r, node, input, element) && step_down(r, ret, TEXT_NONE);
    case FUNCTION_HAS:
        if (node->children[0]->kind == EXPRESSION_LITERAL && node->children[0]->literal.type == JSON_STRING) {
            *element = *input;
            return step_down(r, element, node->children[0]->literal.text) && report(r, element, node);
        }
        break;
    case FUNCTION_WITH_ENTRIES: case FUNCTION_GROUP_BY:   /* the argument sees values that are made */
        return report(r, input, node) && read_whole(r, node->children[0], element);
    default:
        break;
    }
    if (!report(r, input, node))
        return false;
    return node->count == 0 || read_whole(r, node->children[0], input);
}

static bool read_piped(struct reading *r, const struct expression *node, const struct places *between,
                       struct places *ret) {
    unsigned before = r->reports;
    return read_node(r, node->children[1], between, ret) &&
           report_unused(r, between, before, ret, node->children[0]);
}

static bool read_node(struct reading *r, const struct expression *node, const struct places *input,
                      struct places *ret) {
    struct places *between;
    switch (node->kind) {
    case EXPRESSION_IDENTITY:
        *ret = *input;
        return true;
    case EXPRESSION_LITERAL:
        return true;
    case EXPRESSION_FIELD: case EXPRESSION_INDEX: case EXPRESSION_SLICE: case EXPRESSION_ITERATE:
        return read_step(r, node, input, ret);
    case EXPRESSION_TRY:
        return read_node(r, node->children[0], input, ret);
    case EXPRESSION_PIPE:
        between = arena_new(r->scratch, struct places);
        return between && read_node(r, node->children[0], input, between) && read_piped(r, node, between, ret);
    case EXPRESSION_IF:
        return read_whole(r, node->children[0], input) && read_either(r, node, input, 1, ret);
    case EXPRESSION_ALTERNATIVE:
        return read_either(r, node, input, 0, ret);
    case EXPRESSION_CALL:
        return read_call(r, node, input, ret);
    default:   /* makes a new value of its children's: each is used up */
        for (uint32_t i = 0; i < node->count; i++)
            if (!read_whole(r, node->children[i], input))
                return false;
        return true;
    }
}

bool expression_paths(const struct expression *root, struct arena *scratch,
                      void (*visit)(void *context, const struct expression_path *), void *context) {
    static const struct spot scope;
    struct reading reading = {scratch, visit, context, 0};
    struct places input = {.at = {&scope}, .count = 1};
    return read_whole(&reading, root, &input);
}

static void count_visit(void *context, const struct expression_path *path) {
    (void)path;
    (*(unsigned *)context)++;
}

bool evaluate_closed(const struct expression *root, struct arena *arena, bool *ret_closed, struct json *ret) {
    static const struct json nothing = {.type = JSON_OBJECT};
    struct expression_scope scope = expression_scope_of(&nothing);
    struct expression_budget budget = EXPRESSION_BUDGET;
    unsigned reads = 0;
    *ret_closed = false;
    if (!expression_paths(root, arena, count_visit, &reads) || reads)
        return false;
    enum outcome outcome = expression_evaluate(root, &scope, &budget, arena, ret, NULL);
    *ret_closed = outcome != OUTCOME_FATAL;
    return outcome == OUTCOME_OK;
}

bool expression_constant(const struct expression *root, struct arena *arena, struct json *ret) {
    bool closed;
    return evaluate_closed(root, arena, &closed, ret);
}
