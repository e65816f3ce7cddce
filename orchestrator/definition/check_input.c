/* What a step gives its department, against the schema of what the department wants. */
#include "definition/compile.h"

static bool is_one_expression(const struct node *n) {
    return node_is_text(n) && memmem(n->text.at, n->text.length, "${", 2) != NULL;
}

static void check_value(struct reading *reading, const struct schema_entry *schema, struct text *segments, size_t count,
                        const struct node *n, struct place place);

static void check_required(struct reading *reading, const struct json *schema, const struct node *n) {
    const struct json *required = json_get_string(schema, "required");
    for (uint32_t i = 0; required && required->type == JSON_ARRAY && i < required->count; i++) {
        struct text name = required->children[i].value.text;
        bool is_there = false;
        for (uint32_t k = 0; k < n->count; k++)
            is_there |= text_equal(n->members[k].key, name);
        if (!is_there)
            compiler_fault(reading->compiler, n->place, "input_missing", "the schema requires \"%.*s\"", TEXT_HEAD(name));
    }
}

static void check_members(struct reading *reading, const struct schema_entry *schema, struct text *segments,
                          size_t count, const struct node *n) {
    for (uint32_t i = 0; i < n->count && count < 16; i++) {
        segments[count] = n->type == JSON_OBJECT ? n->members[i].key : TEXT_NONE;
        check_value(reading, schema, segments, count + 1, &n->members[i].node,
                    n->type == JSON_OBJECT ? n->members[i].key_place : n->members[i].node.place);
    }
}

static void check_value(struct reading *reading, const struct schema_entry *schema, struct text *segments, size_t count,
                        const struct node *n, struct place place) {
    struct compiler *c = reading->compiler;
    struct schema_answer answer = schemas_walk(c, schema, segments, count);
    if (answer.reach == REACH_NONE) {
        compiler_fault_remedy(
            c, place, "input_not_in_schema",
            answer.near.at ? text_format(c->arena, "Did you mean %.*s?", TEXT_ARG(answer.near)) : TEXT_NONE,
            "the schema has no \"%.*s\"", TEXT_HEAD(segments[count - 1].at ? segments[count - 1] : TEXT("[]")));
        return;
    }
    if (answer.reach == REACH_OPEN)
        return;
    unsigned types = is_one_expression(n) ? read_type(reading, n) : 1u << n->type;
    if (types & ~EXPRESSION_TYPE_NULL)
        types &= ~EXPRESSION_TYPE_NULL;   /* that it may be missing is the data's affair */
    if (!(types & answer.declared_types)) {
        compiler_fault(c, n->place, "input_wrong_type", "\"%.*s\" is of a type that the schema refuses",
                       TEXT_HEAD(segments[count - 1].at ? segments[count - 1] : TEXT("[]")));
        return;
    }
    if (n->type == JSON_OBJECT || n->type == JSON_ARRAY)
        check_members(reading, schema, segments, count, n);
}

void check_input(struct reading *reading, const struct schema_entry *schema, const struct node *n) {
    static const struct node nothing = {.type = JSON_OBJECT};
    struct text segments[16];
    if (!n || n->type == JSON_NULL) {
        struct node empty = nothing;
        empty.place = reading->compiler->step_nodes[reading->step]->place;
        check_required(reading, schema->value, &empty);
        return;
    }
    if (n->type != JSON_OBJECT)
        return;   /* one expression gives the whole */
    check_required(reading, schema->value, n);
    check_members(reading, schema, segments, 0, n);
}
