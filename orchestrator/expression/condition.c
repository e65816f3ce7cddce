/* Plain conditions, for those who write a `when` without knowing jq. */
#include "expression/internal.h"

static const struct operation { const char *name; enum expression_operator operator; } operations[] = {
    {"is", EXPRESSION_EQUAL}, {"not", EXPRESSION_NOT_EQUAL}, {"has", EXPRESSION_INCLUDES}, {"over", EXPRESSION_OVER},
    {"under", EXPRESSION_UNDER}, {"exists", EXPRESSION_NOT_EQUAL},
};

static const struct expression *condition_node(struct walk *, const struct place *, const struct json *, unsigned depth);

static const struct expression *fault_here(struct walk *w, const struct place *place, const struct json *value,
                                           const char *code, const char *message) {
    making_fault(&w->making, 0, code, "%s", message);
    walk_fault(w, place, value);
    return NULL;
}

static bool is_name(struct text t) {
    for (size_t i = 0; i < t.length; i++) {
        char c = t.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (i && c >= '0' && c <= '9')))
            return false;
    }
    return t.length > 0;
}

/* One name or position of a dotted path on top of `base`. */
static const struct expression *field_step(struct making *m, const struct expression *base, struct text name,
                                           uint32_t offset) {
    int64_t position;
    if (is_name(name))
        return node_field(m, offset, base, name);
    if (base->kind == EXPRESSION_IDENTITY || name.length > 9 || !text_to_int64(name, &position) || position < 0 ||
        !decimal_is_number(name)) {
        making_fault(m, offset, "condition_field",
                     "a field is names with points between, without one in front: form.owners.0.name");
        return NULL;
    }
    const struct expression *key = node_literal(m, offset, (struct json){.type = JSON_NUMBER, .text = name});
    return key ? node_binary(m, EXPRESSION_INDEX, 0, offset, base, key) : NULL;
}

static const struct expression *field_path(struct making *m, struct text field) {
    if (field.length > EXPRESSION_SOURCE_BYTES_MOST) {
        making_fault(m, 0, "expression_too_long", "the field has %zu bytes, the limit is %d", field.length,
                     EXPRESSION_SOURCE_BYTES_MOST);
        return NULL;
    }
    const struct expression *node = node_new(m, EXPRESSION_IDENTITY, 0, 0);
    for (size_t at = 0; node && at <= field.length;) {
        size_t end = at;
        while (end < field.length && field.at[end] != '.')
            end++;
        node = field_step(m, node, text_span(field.at + at, end - at), (uint32_t)at);
        at = end + 1;
    }
    return node;
}

static const struct expression *join(struct making *m, enum expression_kind kind, const struct expression *left,
                                     const struct expression *right) {
    return left ? node_binary(m, kind, 0, 0, left, right) : right;
}

static const struct operation *operation_named(struct text name) {
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
        if (text_is(name, operations[i].name))
            return &operations[i];
    return NULL;
}

static const struct expression *operation_node(struct walk *w, const struct place *place, const struct operation *op,
                                               const struct expression *path, const struct json *operand) {
    enum expression_operator operator = op->operator;
    const struct expression *right;
    if (strcmp(op->name, "exists") == 0) {
        if (operand->type != JSON_TRUE && operand->type != JSON_FALSE)
            return fault_here(w, place, operand, "condition_operand", "exists takes true or false");
        operator = operand->type == JSON_TRUE ? EXPRESSION_NOT_EQUAL : EXPRESSION_EQUAL;
        right = node_literal(&w->making, 0, JSON_NULL_VALUE);
    } else {
        if ((operator == EXPRESSION_OVER || operator == EXPRESSION_UNDER) && operand->type != JSON_NUMBER &&
            operand->type != JSON_STRING)
            return fault_here(w, place, operand, "condition_operand",
                              "over and under take a number, or a text such as a date");
        right = template_node(w, place, operand, 1);
    }
    return right ? node_binary(&w->making, EXPRESSION_BINARY, operator, 0, path, right) : NULL;
}

static const struct expression *field_condition(struct walk *w, const struct place *place, const struct json *value) {
    const struct json *field = json_get(value, TEXT("field"));
    struct place at_field = {place, TEXT("field"), 0};
    if (field->type != JSON_STRING)
        return fault_here(w, &at_field, field, "condition_field", "field is a text: form.area");
    const struct expression *path = field_path(&w->making, field->text), *all = NULL;
    if (!path && !walk_fault(w, &at_field, field))
        return NULL;
    for (uint32_t i = 0; i < value->count; i++) {
        struct text name = value->children[i].key;
        struct place here = {place, name, 0};
        const struct operation *op = operation_named(name);
        if (text_is(name, "field"))
            continue;
        if (!op) {
            fault_here(w, &here, &value->children[i].value, "condition_shape",
                       "beside field stand is, not, has, over, under or exists");
            continue;
        }
        const struct expression *one = path ? operation_node(w, &here, op, path, &value->children[i].value) : NULL;
        if (one)
            all = join(&w->making, EXPRESSION_AND, all, one);
    }
    if (value->count == 1)
        return fault_here(w, place, value, "condition_shape", "beside field stands one of is, not, has, over, under, exists");
    return all;
}

static const struct expression *group_condition(struct walk *w, const struct place *place, const struct json *value,
                                                unsigned depth) {
    const struct json_member *member = &value->children[0];
    struct place here = {place, member->key, 0};
    const struct expression *node = NULL;
    enum expression_kind kind = text_is(member->key, "all") ? EXPRESSION_AND : EXPRESSION_OR;
    if (member->value.type != JSON_ARRAY || member->value.count == 0)
        return fault_here(w, &here, &member->value, "condition_shape", "all and any take a list of at least one condition");
    for (uint32_t i = 0; i < member->value.count; i++) {
        struct place element = {&here, TEXT_NONE, i};
        const struct expression *one = condition_node(w, &element, &member->value.children[i].value, depth + 1);
        if (one)
            node = join(&w->making, kind, node, one);
        if (w->making.fault.code)
            return NULL;
    }
    return node;
}

static const struct expression *condition_shape(struct walk *w, const struct place *place, const struct json *value,
                                                unsigned depth) {
    if (depth >= EXPRESSION_NESTING_MOST)
        return fault_here(w, place, value, "expression_nesting", "conditions nested deeper than 64");
    if (value->type == JSON_TRUE || value->type == JSON_FALSE)
        return node_literal(&w->making, 0, *value);
    if (value->type == JSON_STRING && value->text.length > 1 && memmem(value->text.at, value->text.length, "${", 2))
        return template_node(w, place, value, 0);
    if (value->type == JSON_OBJECT && json_get(value, TEXT("field")))
        return field_condition(w, place, value);
    if (value->type == JSON_OBJECT && value->count == 1 &&
        (text_is(value->children[0].key, "all") || text_is(value->children[0].key, "any")))
        return group_condition(w, place, value, depth);
    return fault_here(w, place, value, "condition_shape",
                      "a condition is \"${ … }\", {field: …, is: …}, {all: […]} or {any: […]}");
}

static const struct expression *condition_node(struct walk *w, const struct place *place, const struct json *value,
                                               unsigned depth) {
    const struct expression *node = condition_shape(w, place, value, depth);
    if (!node && w->making.fault.code)   /* a tree past its limits */
        walk_fault(w, place, value);
    return node;
}

enum outcome expression_from_condition(struct arena *arena, const struct json *condition, const struct expression **ret,
                                       struct expression_fault *ret_fault) {
    struct walk walk = {.making.arena = arena};
    const struct expression *root = condition_node(&walk, NULL, condition, 0);
    return walk_end(&walk, root, ret, ret_fault);
}
