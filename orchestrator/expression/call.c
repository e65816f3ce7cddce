/* Calls of functions: checks the types that the table names, then hands over to the function's own code. */
#include "expression/internal.h"

static bool type_allowed(unsigned types, const struct json *value) { return (types & EXPRESSION_TYPE(value->type)) != 0; }

static bool check_types(struct evaluation *e, const struct expression_function *f, const struct json *input,
                        const struct json *argument) {
    if (!type_allowed(f->input_types, input))
        return fail_type(e, "%s has no meaning for %s", f->name, type_word(input));
    if (argument && !type_allowed(f->argument_types, argument))
        return fail_type(e, "%s does not take %s as its argument", f->name, type_word(argument));
    return true;
}

static enum yield call_has(struct evaluation *e, const struct json *container, const struct json *key,
                           struct json *ret) {
    bool has = false;
    if (container->type == JSON_OBJECT && key->type == JSON_STRING) {
        has = json_get(container, key->text) != NULL;
    } else if (container->type == JSON_ARRAY && key->type == JSON_NUMBER) {
        double position = decimal_double(key->text);
        has = position > -1 && position < (double)container->count;   /* jq cuts the fraction off */
    } else if (container->type != JSON_NULL) {
        fail_type(e, "%s has no key that is %s", type_word(container), type_word(key));
        return YIELD_FAILED;
    }
    *ret = json_bool(has);
    return YIELD_VALUE;
}

/* Is b within a? Depth is that of b. */
static bool contains(struct evaluation *e, const struct json *a, const struct json *b, bool *ret) {
    if (!spend_steps(e, 1 + (a->type == JSON_STRING ? a->text.length / 64 : 0)))
        return false;
    if (a->type != b->type) {
        *ret = false;
        return true;
    }
    if (a->type == JSON_STRING) {
        *ret = text_search(a->text, b->text, 0) != SIZE_MAX;
        return true;
    }
    if (a->type != JSON_ARRAY && a->type != JSON_OBJECT)
        return value_equal(e, a, b, ret);
    bool all = true;
    for (uint32_t i = 0; i < b->count && all; i++) {
        const struct json *part = &b->children[i].value;
        bool found = false;
        if (a->type == JSON_OBJECT) {
            const struct json *member = json_get(a, b->children[i].key);
            if (member && !contains(e, member, part, &found))
                return false;
        }
        for (uint32_t j = 0; a->type == JSON_ARRAY && j < a->count && !found; j++)
            if (!contains(e, &a->children[j].value, part, &found))
                return false;
        all = found;
    }
    *ret = all;
    return true;
}

static enum yield call_contains(struct evaluation *e, const struct json *a, const struct json *b, struct json *ret) {
    bool within;
    if (a->type != b->type)
        fail_type(e, "%s cannot contain %s", type_word(a), type_word(b));
    else if (contains(e, a, b, &within)) {
        *ret = json_bool(within);
        return YIELD_VALUE;
    }
    return YIELD_FAILED;
}

static enum yield call_number(struct evaluation *e, enum function_id id, const struct json *input, struct json *ret) {
    static const enum decimal_rounding roundings[] = {DECIMAL_FLOOR, DECIMAL_CEIL, DECIMAL_ROUND};
    char text[DECIMAL_TEXT_SIZE];
    size_t length;
    enum decimal_result result = decimal_round(roundings[id - FUNCTION_FLOOR], input->text, text, &length);
    if (result != DECIMAL_OK) {
        if (result == DECIMAL_DIGITS)
            fail_with(e, true, "expression_digits", "arithmetic on more than %d digits", EXPRESSION_DIGITS_MOST);
        else
            fail_with(e, true, "expression_number", "the number lies past a double's range");
        return YIELD_FAILED;
    }
    char *kept = spend_alloc(e, length + 1);
    if (!kept)
        return YIELD_FAILED;
    memcpy(kept, text, length);
    *ret = (struct json){.type = JSON_NUMBER, .text = text_span(kept, length)};
    return YIELD_VALUE;
}

static enum yield call_absolute(const struct json *input, struct json *ret) {
    *ret = *input;
    if (input->text.at[0] == '-')
        ret->text = text_span(input->text.at + 1, input->text.length - 1);
    return YIELD_VALUE;
}

static enum yield call_length(struct evaluation *e, const struct json *input, struct json *ret) {
    if (input->type == JSON_NUMBER)
        return call_absolute(input, ret);
    if (input->type == JSON_STRING && !spend_steps(e, input->text.length / 64))
        return YIELD_FAILED;
    size_t length = input->type == JSON_STRING ? text_code_points(input->text)
                    : input->type == JSON_NULL ? 0 : input->count;
    return value_integer(e, (int64_t)length, ret) ? YIELD_VALUE : YIELD_FAILED;
}

static enum yield call_type(const struct json *input, struct json *ret) {
    static const char *const names[] = {"null", "boolean", "boolean", "number", "string", "array", "object"};
    *ret = json_string(text_from(names[input->type]));
    return YIELD_VALUE;
}

static enum yield call_value_function(struct evaluation *e, const struct expression *node, const struct json *input,
                                      const struct json *argument, struct json *ret) {
    enum function_id id = node->function->id;
    if (!check_types(e, node->function, input, argument))
        return YIELD_FAILED;
    switch (id) {
    case FUNCTION_LENGTH:
        return call_length(e, input, ret);
    case FUNCTION_HAS:
        return call_has(e, input, argument, ret);
    case FUNCTION_IN:
        return call_has(e, argument, input, ret);
    case FUNCTION_CONTAINS:
        return call_contains(e, input, argument, ret);
    case FUNCTION_INSIDE:
        return call_contains(e, argument, input, ret);
    case FUNCTION_TYPE:
        return call_type(input, ret);
    case FUNCTION_NOT:
        *ret = json_bool(!value_is_true(input));
        return YIELD_VALUE;
    case FUNCTION_FLOOR: case FUNCTION_CEIL: case FUNCTION_ROUND:
        return call_number(e, id, input, ret);
    case FUNCTION_FABS:
        return call_absolute(input, ret);
    case FUNCTION_VALUES:
        *ret = *input;
        return input->type == JSON_NULL ? YIELD_NOTHING : YIELD_VALUE;
    case FUNCTION_INDEX: case FUNCTION_TONUMBER: case FUNCTION_TOSTRING: case FUNCTION_TOJSON: case FUNCTION_STARTSWITH:
    case FUNCTION_ENDSWITH: case FUNCTION_LTRIMSTR: case FUNCTION_RTRIMSTR: case FUNCTION_SPLIT: case FUNCTION_JOIN:
    case FUNCTION_ASCII_DOWNCASE: case FUNCTION_ASCII_UPCASE:
        return call_text(e, node, input, argument, ret);
    default:
        return call_collection(e, node, input, argument, ret);
    }
}

enum yield call_function(struct evaluation *e, const struct expression *node, const struct json *input,
                         struct json *ret) {
    struct json whole, argument;
    if (node->function->id == FUNCTION_EMPTY)
        return YIELD_NOTHING;   /* looks at nothing, also at the scope, as expression_paths says of it */
    if (!input && !evaluate_scope(e, &whole))   /* a function of the scope itself */
        return YIELD_FAILED;
    const struct json *on = input ? input : &whole;
    if (node->function->filter)
        return check_types(e, node->function, on, NULL) ? call_filter(e, node, on, ret) : YIELD_FAILED;
    if (node->count == 0)
        return call_value_function(e, node, on, NULL, ret);
    enum yield yield = evaluate_one(e, node->children[0], input, &argument);
    return yield == YIELD_VALUE ? call_value_function(e, node, on, &argument, ret) : yield;
}
