/* Makes the nodes of a tree and checks how many values each may yield, so that parser, template and condition build the
 * same thing. */
#include "expression/internal.h"

#include <stdarg.h>
#include <stdio.h>

bool making_no_memory(struct making *m) {
    m->fault = (struct expression_fault){.code = "out_of_memory", .message = TEXT("no memory for the expression"),
                                         .pointer = TEXT("")};
    return false;
}

bool making_fault(struct making *m, uint32_t offset, const char *code, const char *format, ...) {
    if (m->fault.code)
        return false;
    char message[ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    struct text copy = text_copy(m->arena, text_print(message, sizeof(message), format, arguments));
    va_end(arguments);
    if (text_is_none(copy))
        return making_no_memory(m);
    m->fault = (struct expression_fault){.code = code, .message = copy, .offset = offset, .pointer = TEXT("")};
    return false;
}

struct expression *node_new(struct making *m, enum expression_kind kind, uint32_t offset, uint32_t count) {
    struct expression *node = arena_new(m->arena, struct expression);
    const struct expression **children = count ? arena_new_array(m->arena, count, const struct expression *) : NULL;
    if (!node || (count && !children)) {
        making_no_memory(m);
        return NULL;
    }
    node->kind = kind;
    node->offset = offset;
    node->count = count;
    node->children = children;
    node->height = 1;
    return node;
}

void node_child(struct expression *node, uint32_t index, const struct expression *child) {
    /* The array was made writable by node_new; const is for those who read the tree. */
    ((const struct expression **)(uintptr_t)node->children)[index] = child;
}

struct expression *node_close(struct making *m, struct expression *node) {
    unsigned height = 0;
    for (uint32_t i = 0; i < node->count; i++) {
        if (!node->children[i])
            return NULL;
        if (node->children[i]->height > height)
            height = node->children[i]->height;
    }
    if (height + 1 > EXPRESSION_HEIGHT_MOST) {
        making_fault(m, node->offset, "expression_nesting",
                     "the expression is built higher than %d operators on each other; compute a part of it elsewhere",
                     EXPRESSION_HEIGHT_MOST);
        return NULL;
    }
    node->height = (uint16_t)(height + 1);
    return node;
}

struct expression *node_literal(struct making *m, uint32_t offset, struct json value) {
    struct expression *node = node_new(m, EXPRESSION_LITERAL, offset, 0);
    if (node)
        node->literal = value;
    return node;
}

struct expression *node_binary(struct making *m, enum expression_kind kind, enum expression_operator operator,
                               uint32_t offset, const struct expression *left, const struct expression *right) {
    if (!left || !right)
        return NULL;
    struct expression *node = node_new(m, kind, offset, 2);
    if (!node)
        return NULL;
    node->operator = operator;
    node_child(node, 0, left);
    node_child(node, 1, right);
    return node_close(m, node);
}

struct expression *node_field(struct making *m, uint32_t offset, const struct expression *base, struct text name) {
    struct expression *node = base ? node_new(m, EXPRESSION_FIELD, offset, 1) : NULL;
    if (!node)
        return NULL;
    node->name = name;
    node_child(node, 0, base);
    return node_close(m, node);
}

/* ---- how many values ----------------------------------------------------------------------------------------------*/

enum flow { FLOW_ONE, FLOW_SOME, FLOW_MANY };   /* one value is needed; none or one may come; any number may */

static bool flow_node(struct making *m, struct expression *node, enum flow flow);

static enum flow flow_operand(enum flow flow) { return flow == FLOW_MANY ? FLOW_SOME : flow; }

static bool flow_refuse_many(struct making *m, const struct expression *node, enum flow flow) {
    const char *what = node->kind == EXPRESSION_COMMA ? "`,`" : "`.[]`";
    if (flow == FLOW_ONE)
        return making_fault(m, node->offset, "expression_many_values",
                            "%s yields any number of values where exactly one is needed; collect them: [ .[] | … ]",
                            what);
    return making_fault(m, node->offset, "expression_many_values",
                        "%s yields any number of values as an operand; pipe them instead: [ .[] | . + 1 ], not [ .[] + 1 ]",
                        what);
}

static enum flow flow_of_argument(const struct expression_function *function, enum flow flow) {
    switch (function->id) {
    case FUNCTION_MAP: case FUNCTION_WITH_ENTRIES: case FUNCTION_SORT_BY: case FUNCTION_GROUP_BY:
    case FUNCTION_UNIQUE_BY: case FUNCTION_MIN_BY: case FUNCTION_MAX_BY:
        return FLOW_MANY;
    case FUNCTION_SELECT: case FUNCTION_ANY: case FUNCTION_ALL:
        return FLOW_SOME;
    default:
        return flow_operand(flow);
    }
}

static enum flow flow_of_child(const struct expression *node, uint32_t child, enum flow flow) {
    switch (node->kind) {
    case EXPRESSION_ARRAY:
        return FLOW_MANY;
    case EXPRESSION_ITERATE: case EXPRESSION_COMMA: case EXPRESSION_PIPE: case EXPRESSION_TRY: case EXPRESSION_FIELD:
        return flow;
    case EXPRESSION_INDEX: case EXPRESSION_SLICE:
        return child == 0 ? flow : flow_operand(flow);
    case EXPRESSION_IF:
        return child == 0 ? flow_operand(flow) : flow;
    case EXPRESSION_CALL:
        return flow_of_argument(node->function, flow);
    default:
        return flow_operand(flow);
    }
}

static bool flow_passes_many(const struct expression *node, uint32_t child) {
    switch (node->kind) {
    case EXPRESSION_COMMA: case EXPRESSION_ITERATE: case EXPRESSION_PIPE: case EXPRESSION_TRY: case EXPRESSION_FIELD:
        return true;
    case EXPRESSION_INDEX: case EXPRESSION_SLICE:
        return child == 0;
    case EXPRESSION_IF:
        return child != 0;
    default:
        return false;
    }
}

static bool flow_node(struct making *m, struct expression *node, enum flow flow) {
    node->collected = flow != FLOW_ONE;
    node->many = node->kind == EXPRESSION_ITERATE || node->kind == EXPRESSION_COMMA;
    if (node->many && flow != FLOW_MANY)
        return flow_refuse_many(m, node, flow);
    bool may_be_none = node->kind == EXPRESSION_CALL && (node->function->id == FUNCTION_SELECT ||
                       node->function->id == FUNCTION_EMPTY || node->function->id == FUNCTION_VALUES);
    if (may_be_none && flow == FLOW_ONE)
        return making_fault(m, node->offset, "expression_many_values",
                            "%s may yield nothing, so it stands only inside a collection: map(%s…) or [ .[] | %s… ]",
                            node->function->name, node->function->name, node->function->name);
    for (uint32_t i = 0; i < node->count; i++) {
        struct expression *child = (struct expression *)(uintptr_t)node->children[i];
        if (!flow_node(m, child, flow_of_child(node, i, flow)))
            return false;
        node->many |= child->many && flow_passes_many(node, i);
    }
    return true;
}

bool flow_check(struct making *m, const struct expression *root) {
    return flow_node(m, (struct expression *)(uintptr_t)root, FLOW_ONE);
}
