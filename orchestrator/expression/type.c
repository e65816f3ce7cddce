/* Which JSON types an expression's value may have, so that a condition that never decides is found before a case is. */
#include "expression/internal.h"

#define T_ANY EXPRESSION_TYPE_ANY
#define T_NULL EXPRESSION_TYPE_NULL
#define T_FALSE EXPRESSION_TYPE_FALSE
#define T_TRUE EXPRESSION_TYPE_TRUE
#define T_BOOLEAN EXPRESSION_TYPE_BOOLEAN
#define T_NUMBER EXPRESSION_TYPE_NUMBER
#define T_STRING EXPRESSION_TYPE_STRING
#define T_ARRAY EXPRESSION_TYPE_ARRAY
#define T_OBJECT EXPRESSION_TYPE_OBJECT
#define T_FALSY (T_NULL | T_FALSE)
#define T_TRUTHY (T_ANY & ~T_FALSY)
#define PATH_MOST 32

struct typing {
    const struct expression_typing *known;
    struct arena *scratch;
};

/* What `.` is: the scope itself, or a value of one of these types. */
struct input { bool scope; unsigned types; };

static unsigned type_node(const struct typing *, const struct expression *, struct input);

/* The names of a path that is nothing but fields of the scope; SIZE_MAX when it is something else. */
static size_t path_names(const struct expression *node, struct text names[PATH_MOST]) {
    size_t count = 0;
    for (const struct expression *at = node; at->kind != EXPRESSION_IDENTITY; at = at->children[0])
        if (at->kind != EXPRESSION_FIELD || ++count > PATH_MOST)
            return SIZE_MAX;
    for (size_t i = count; i > 0; i--, node = node->children[0])
        names[i - 1] = node->name;
    return count;
}

static unsigned type_step(const struct typing *t, const struct expression *node, struct input input) {
    struct text names[PATH_MOST];
    if (input.scope && t->known && t->known->type_of) {
        size_t count = path_names(node, names);
        if (count != SIZE_MAX) {
            unsigned types = t->known->type_of(t->known->context, names, count);
            return types ? types & T_ANY : T_ANY;
        }
    }
    unsigned base = type_node(t, node->children[0], input), result = 0;
    if (node->kind == EXPRESSION_SLICE) {
        result = base & (T_ARRAY | T_STRING | T_NULL);
    } else if (node->kind == EXPRESSION_FIELD) {
        result = (base & T_OBJECT ? T_ANY : 0) | (base & T_NULL);
    } else if (node->kind == EXPRESSION_INDEX) {
        unsigned key = type_node(t, node->children[1], input);
        result = (base & T_NULL && key & (T_STRING | T_NUMBER | T_OBJECT)) ? T_NULL : 0;
        if ((base & T_OBJECT && key & T_STRING) || (base & T_ARRAY && key & (T_NUMBER | T_ARRAY)))
            result = T_ANY;
    } else {
        result = base & (T_ARRAY | T_OBJECT) ? T_ANY : 0;
    }
    return node->optional ? result | T_NULL : result;
}

static unsigned type_logic(unsigned left, unsigned right, bool is_and) {
    unsigned result = 0;
    if (!left || (!right && !(left & (is_and ? T_FALSY : T_TRUTHY))))
        return 0;
    bool left_true = left & T_TRUTHY, left_false = left & T_FALSY;
    bool right_true = right & T_TRUTHY, right_false = right & T_FALSY;
    if (is_and ? left_true && right_true : left_true || (left_false && right_true))
        result |= T_TRUE;
    if (is_and ? left_false || (left_true && right_false) : left_false && right_false)
        result |= T_FALSE;
    return result;
}

static unsigned type_arithmetic(enum expression_operator operator, unsigned a, unsigned b) {
    unsigned both = a & b, result = 0;
    switch (operator) {
    case EXPRESSION_ADD:
        return (both & (T_NUMBER | T_STRING | T_ARRAY | T_OBJECT)) | (a & T_NULL ? b : 0) | (b & T_NULL ? a : 0);
    case EXPRESSION_SUBTRACT:
        return both & (T_NUMBER | T_ARRAY);
    case EXPRESSION_MULTIPLY:
        result = both & (T_NUMBER | T_OBJECT);
        return (a & T_STRING && b & T_NUMBER) || (a & T_NUMBER && b & T_STRING) ? result | T_STRING | T_NULL : result;
    case EXPRESSION_DIVIDE:
        return (both & T_NUMBER) | (both & T_STRING ? T_ARRAY : 0);
    default:
        return both & T_NUMBER;
    }
}

/* Do all values of a lie before all of b in the order of types? Only where no type is shared. */
static bool all_before(unsigned a, unsigned b) {
    unsigned lowest_b = b & (~b + 1);
    return a && b && a < lowest_b;
}

static bool is_one_value(unsigned types) { return types == T_NULL || types == T_FALSE || types == T_TRUE; }

static unsigned type_comparison(enum expression_operator operator, unsigned a, unsigned b) {
    if (!a || !b)
        return 0;
    bool equal_possible = (a & b) != 0, equal_certain = a == b && is_one_value(a);
    bool less = all_before(a, b), greater = all_before(b, a);
    switch (operator) {
    case EXPRESSION_EQUAL:
        return equal_certain ? T_TRUE : equal_possible ? T_BOOLEAN : T_FALSE;
    case EXPRESSION_NOT_EQUAL:
        return equal_certain ? T_FALSE : equal_possible ? T_BOOLEAN : T_TRUE;
    case EXPRESSION_LESS: case EXPRESSION_LESS_EQUAL:
        return less ? T_TRUE : greater ? T_FALSE : T_BOOLEAN;
    case EXPRESSION_GREATER: case EXPRESSION_GREATER_EQUAL:
        return greater ? T_TRUE : less ? T_FALSE : T_BOOLEAN;
    case EXPRESSION_INCLUDES:
        return (a & T_ARRAY || (a & b & T_STRING)) ? T_BOOLEAN : a & T_NULL ? T_FALSE : 0;
    default:   /* over, under */
        return a & b & (T_NUMBER | T_STRING) ? T_BOOLEAN : a & T_NULL ? T_FALSE : 0;
    }
}

static unsigned type_binary(const struct typing *t, const struct expression *node, struct input input) {
    if (node->children[0]->kind == EXPRESSION_LITERAL && node->children[1]->kind == EXPRESSION_LITERAL) {
        struct json value;   /* 1 == 2 */
        return expression_constant(node, t->scratch, &value) ? EXPRESSION_TYPE(value.type) : 0;
    }
    unsigned a = type_node(t, node->children[0], input), b = type_node(t, node->children[1], input);
    return node->operator <= EXPRESSION_MODULO ? type_arithmetic(node->operator, a, b)
                                               : type_comparison(node->operator, a, b);
}

static unsigned type_if(const struct typing *t, const struct expression *node, struct input input) {
    unsigned condition = type_node(t, node->children[0], input);
    return (condition & T_TRUTHY ? type_node(t, node->children[1], input) : 0) |
           (condition & T_FALSY ? type_node(t, node->children[2], input) : 0);
}

static unsigned type_call(const struct typing *t, const struct expression *node, struct input input) {
    const struct expression_function *f = node->function;
    unsigned on = input.scope ? T_OBJECT : input.types;
    if (!(on & f->input_types))
        return 0;
    if (node->count && !f->filter && !(type_node(t, node->children[0], input) & f->argument_types))
        return 0;
    switch ((enum function_id)f->id) {
    case FUNCTION_NOT:
        return (on & T_FALSY ? T_TRUE : 0) | (on & T_TRUTHY ? T_FALSE : 0);
    case FUNCTION_SELECT:
        return on;
    case FUNCTION_VALUES:
        return on & ~T_NULL;
    case FUNCTION_LTRIMSTR: case FUNCTION_RTRIMSTR:
        return on;
    default:
        return f->result_types;
    }
}

static unsigned type_made(const struct typing *t, const struct expression *node, struct input input) {
    if (node->kind == EXPRESSION_ARRAY)
        return T_ARRAY;   /* its children may yield nothing, which is no failure */
    for (uint32_t i = 0; i < node->count; i++) {
        unsigned types = type_node(t, node->children[i], input);
        bool is_key = node->kind == EXPRESSION_OBJECT && i % 2 == 0;
        if (!(is_key ? types & T_STRING : types))
            return 0;
    }
    return node->kind == EXPRESSION_OBJECT ? T_OBJECT : T_STRING;
}

static unsigned type_pipe(const struct typing *t, const struct expression *node, struct input input) {
    if (input.scope && node->children[0]->kind == EXPRESSION_IDENTITY)
        return type_node(t, node->children[1], input);
    struct input between = {.types = type_node(t, node->children[0], input)};
    return between.types ? type_node(t, node->children[1], between) : 0;
}

static unsigned type_node(const struct typing *t, const struct expression *node, struct input input) {
    unsigned types = 0;
    switch (node->kind) {
    case EXPRESSION_IDENTITY:
        return input.scope ? T_OBJECT : input.types;
    case EXPRESSION_LITERAL:
        return EXPRESSION_TYPE(node->literal.type);
    case EXPRESSION_FIELD: case EXPRESSION_INDEX: case EXPRESSION_SLICE: case EXPRESSION_ITERATE:
        return type_step(t, node, input);
    case EXPRESSION_TRY:
        return type_node(t, node->children[0], input) | T_NULL;
    case EXPRESSION_PIPE:
        return type_pipe(t, node, input);
    case EXPRESSION_COMMA:
        for (uint32_t i = 0; i < node->count; i++)
            types |= type_node(t, node->children[i], input);
        return types;
    case EXPRESSION_NEGATE:
        return type_node(t, node->children[0], input) & T_NUMBER;
    case EXPRESSION_BINARY:
        return type_binary(t, node, input);
    case EXPRESSION_AND: case EXPRESSION_OR:
        return type_logic(type_node(t, node->children[0], input), type_node(t, node->children[1], input),
                          node->kind == EXPRESSION_AND);
    case EXPRESSION_ALTERNATIVE:
        types = type_node(t, node->children[0], input);
        return (types & T_TRUTHY) | (types & T_FALSY || node->collected ? type_node(t, node->children[1], input) : 0);
    case EXPRESSION_IF:
        return type_if(t, node, input);
    case EXPRESSION_ARRAY: case EXPRESSION_OBJECT: case EXPRESSION_INTERPOLATION:
        return type_made(t, node, input);
    case EXPRESSION_CALL:
        return type_call(t, node, input);
    }
    return T_ANY;
}

unsigned expression_type(const struct expression *root, const struct expression_typing *typing, struct arena *scratch) {
    struct typing t = {typing, scratch};
    struct json value;
    bool closed;
    if (!evaluate_closed(root, scratch, &closed, &value))
        return closed ? 0 : type_node(&t, root, (struct input){.scope = true});
    return EXPRESSION_TYPE(value.type);
}
