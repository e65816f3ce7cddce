/* What operators and path steps do with values. */
#include "expression/internal.h"

const char *type_word(const struct json *value) {
    static const char *const words[] = {"null", "false", "true", "a number", "a string", "an array", "an object"};
    return words[value->type];
}

bool value_is_true(const struct json *value) { return value->type != JSON_NULL && value->type != JSON_FALSE; }

static struct json number_of(struct text text) { return (struct json){.type = JSON_NUMBER, .text = text}; }

static bool keep_text(struct evaluation *e, const char *at, size_t length, struct text *ret) {
    char *copy = spend_alloc(e, length + 1);
    if (!copy)
        return false;
    memcpy(copy, at, length);
    *ret = text_span(copy, length);
    return true;
}

bool value_integer(struct evaluation *e, int64_t value, struct json *ret) {
    struct json number = json_int64(e->arena, value);
    if (number.type != JSON_NUMBER || text_is_none(number.text)) {
        error_no_memory(&e->error);
        e->final = true;
        return false;
    }
    *ret = number;
    return true;
}

/* ---- order --------------------------------------------------------------------------------------------------------*/

static int compare_texts(struct text a, struct text b) { return text_compare(a, b); }

/* Positions of the members in the order of their keys. */
static bool sorted_members(struct evaluation *e, const struct json *object, const struct json_member ***ret) {
    const struct json_member **members = spend_alloc(e, (object->count + 1) * sizeof(*members));
    if (!members)
        return false;
    /* Few members: insertion; the steps are paid for. */
    for (uint32_t i = 0; i < object->count; i++) {
        uint32_t at = i;
        while (at > 0 && compare_texts(members[at - 1]->key, object->children[i].key) > 0) {
            members[at] = members[at - 1];
            at--;
        }
        members[at] = &object->children[i];
        if (!spend_steps(e, 1 + (i - at) / 8))
            return false;
    }
    *ret = members;
    return true;
}

static bool compare_objects(struct evaluation *e, const struct json *a, const struct json *b, int *ret) {
    const struct json_member **x, **y;
    if (!sorted_members(e, a, &x) || !sorted_members(e, b, &y))
        return false;
    uint32_t shorter = a->count < b->count ? a->count : b->count;
    int order = 0;
    for (uint32_t i = 0; i < shorter && order == 0; i++)
        order = compare_texts(x[i]->key, y[i]->key);
    if (order == 0)
        order = (a->count > b->count) - (a->count < b->count);
    for (uint32_t i = 0; i < shorter && order == 0; i++)
        if (!value_compare(e, &x[i]->value, &y[i]->value, &order))
            return false;
    *ret = order;
    return true;
}

bool value_compare(struct evaluation *e, const struct json *a, const struct json *b, int *ret) {
    if (!spend_steps(e, 1))
        return false;
    if (a->type != b->type) {
        *ret = a->type < b->type ? -1 : 1;   /* json_type is in jq's order */
        return true;
    }
    size_t shorter = a->text.length < b->text.length ? a->text.length : b->text.length;
    switch (a->type) {
    case JSON_NULL: case JSON_FALSE: case JSON_TRUE:
        *ret = 0;
        return true;
    case JSON_NUMBER:
        *ret = json_number_compare(a->text, b->text);
        return spend_steps(e, shorter / 64);
    case JSON_STRING:
        *ret = compare_texts(a->text, b->text);
        return spend_steps(e, shorter / 64);
    case JSON_OBJECT:
        return compare_objects(e, a, b, ret);
    case JSON_ARRAY:
        break;
    }
    int order = 0;
    for (uint32_t i = 0; order == 0 && i < a->count && i < b->count; i++)
        if (!value_compare(e, &a->children[i].value, &b->children[i].value, &order))
            return false;
    *ret = order ? order : (a->count > b->count) - (a->count < b->count);
    return true;
}

bool value_equal(struct evaluation *e, const struct json *a, const struct json *b, bool *ret) {
    int order;
    if (!value_compare(e, a, b, &order))
        return false;
    *ret = order == 0;
    return true;
}

/* ---- arithmetic ---------------------------------------------------------------------------------------------------*/

static const char *const operator_words[] = {
    [EXPRESSION_ADD] = "+", [EXPRESSION_SUBTRACT] = "-", [EXPRESSION_MULTIPLY] = "*", [EXPRESSION_DIVIDE] = "/",
    [EXPRESSION_MODULO] = "%", [EXPRESSION_EQUAL] = "==", [EXPRESSION_NOT_EQUAL] = "!=", [EXPRESSION_LESS] = "<",
    [EXPRESSION_LESS_EQUAL] = "<=", [EXPRESSION_GREATER] = ">", [EXPRESSION_GREATER_EQUAL] = ">=",
    [EXPRESSION_INCLUDES] = "has", [EXPRESSION_OVER] = "over", [EXPRESSION_UNDER] = "under",
};

static bool fail_operands(struct evaluation *e, enum expression_operator operator, const struct json *a,
                          const struct json *b) {
    return fail_type(e, "%s %s %s has no meaning", type_word(a), operator_words[operator], type_word(b));
}

static bool decimal_fail(struct evaluation *e, enum decimal_result result) {
    if (result == DECIMAL_DIVISION)
        return fail_with(e, false, "expression_division", "division by zero");
    if (result == DECIMAL_DIGITS)
        return fail_with(e, true, "expression_digits", "arithmetic on more than %d digits", EXPRESSION_DIGITS_MOST);
    return fail_with(e, true, "expression_number", "the result lies past a double's range");
}

static bool operate_numbers(struct evaluation *e, enum expression_operator operator, const struct json *a,
                            const struct json *b, struct json *ret) {
    char text[DECIMAL_TEXT_SIZE];
    size_t length;
    /* The work grows with the digits' product. */
    size_t x = a->text.length < EXPRESSION_DIGITS_MOST ? a->text.length : EXPRESSION_DIGITS_MOST;
    size_t y = b->text.length < EXPRESSION_DIGITS_MOST ? b->text.length : EXPRESSION_DIGITS_MOST;
    if (!spend_steps(e, x * y / 64))
        return false;
    enum decimal_result result = decimal_operate(operator, a->text, b->text, text, &length);
    if (result != DECIMAL_OK)
        return decimal_fail(e, result);
    struct text kept;
    if (!keep_text(e, text, length, &kept))
        return false;
    *ret = number_of(kept);
    return true;
}

bool value_negate(struct evaluation *e, const struct json *value, struct json *ret) {
    const struct json zero = number_of(TEXT("0"));
    if (value->type != JSON_NUMBER)
        return fail_type(e, "%s has no negative", type_word(value));
    return operate_numbers(e, EXPRESSION_SUBTRACT, &zero, value, ret);
}

static bool concatenate(struct evaluation *e, struct text a, struct text b, struct json *ret) {
    char *text = spend_alloc(e, a.length + b.length + 1);
    if (!text)
        return false;
    if (a.length)
        memcpy(text, a.at, a.length);
    if (b.length)
        memcpy(text + a.length, b.at, b.length);
    *ret = json_string(text_span(text, a.length + b.length));
    return true;
}

static bool append_arrays(struct evaluation *e, const struct json *a, const struct json *b, struct json *ret) {
    struct json_member *children = spend_alloc(e, ((size_t)a->count + b->count) * sizeof(*children));
    if (!children || !spend_steps(e, ((size_t)a->count + b->count) / 8))
        return false;
    if (a->count)
        memcpy(children, a->children, a->count * sizeof(*children));
    if (b->count)
        memcpy(children + a->count, b->children, b->count * sizeof(*children));
    *ret = (struct json){.type = JSON_ARRAY, .count = a->count + b->count, .children = children};
    return true;
}

/* b's members over a's; `deep`: objects in both are merged likewise. */
static bool merge_objects(struct evaluation *e, const struct json *a, const struct json *b, bool deep,
                          struct json *ret) {
    struct value_list list = {0};
    for (uint32_t i = 0; i < a->count; i++)
        if (!list_add(e, &list, a->children[i].key, a->children[i].value))
            return false;
    for (uint32_t i = 0; i < b->count; i++) {
        const struct json *old = deep ? json_get(a, b->children[i].key) : NULL;
        struct json value = b->children[i].value;
        if (old && old->type == JSON_OBJECT && value.type == JSON_OBJECT &&
            !merge_objects(e, old, &b->children[i].value, true, &value))
            return false;
        if (!list_set(e, &list, b->children[i].key, value))
            return false;
    }
    *ret = list_object(&list);
    return true;
}

static bool operate_add(struct evaluation *e, const struct json *a, const struct json *b, struct json *ret) {
    if (a->type == JSON_NULL || b->type == JSON_NULL) {
        *ret = a->type == JSON_NULL ? *b : *a;
        return true;
    }
    if (a->type != b->type)
        return fail_operands(e, EXPRESSION_ADD, a, b);
    switch (a->type) {
    case JSON_NUMBER:
        return operate_numbers(e, EXPRESSION_ADD, a, b, ret);
    case JSON_STRING:
        return concatenate(e, a->text, b->text, ret);
    case JSON_ARRAY:
        return append_arrays(e, a, b, ret);
    case JSON_OBJECT:
        return merge_objects(e, a, b, false, ret);
    default:
        return fail_operands(e, EXPRESSION_ADD, a, b);
    }
}

static bool operate_subtract(struct evaluation *e, const struct json *a, const struct json *b, struct json *ret) {
    if (a->type == JSON_NUMBER && b->type == JSON_NUMBER)
        return operate_numbers(e, EXPRESSION_SUBTRACT, a, b, ret);
    if (a->type != JSON_ARRAY || b->type != JSON_ARRAY)
        return fail_operands(e, EXPRESSION_SUBTRACT, a, b);
    struct value_list list = {0};
    for (uint32_t i = 0; i < a->count; i++) {
        bool taken = false;
        for (uint32_t j = 0; j < b->count && !taken; j++)
            if (!value_equal(e, &a->children[i].value, &b->children[j].value, &taken))
                return false;
        if (!taken && !list_add(e, &list, TEXT_NONE, a->children[i].value))
            return false;
    }
    *ret = list_array(&list);
    return true;
}

/* "ab" * 3; null for zero and less, once for what lies between 0 and 2. */
static bool repeat_text(struct evaluation *e, struct text text, const struct json *number, struct json *ret) {
    double times = decimal_double(number->text);
    if (times <= 0) {
        *ret = JSON_NULL_VALUE;
        return true;
    }
    size_t count = times < 2 ? 1 : times > (double)EXPRESSION_BYTES_MOST + 1 ? EXPRESSION_BYTES_MOST + 1 : (size_t)times;
    if (text.length == 0) {
        *ret = json_string(text);
        return true;
    }
    char *out = spend_alloc(e, text.length > EXPRESSION_BYTES_MOST ? SIZE_MAX : text.length * count + 1);
    if (!out)
        return false;
    for (size_t i = 0; i < count; i++)
        memcpy(out + i * text.length, text.at, text.length);
    *ret = json_string(text_span(out, text.length * count));
    return true;
}

static bool operate_multiply(struct evaluation *e, const struct json *a, const struct json *b, struct json *ret) {
    if (a->type == JSON_NUMBER && b->type == JSON_NUMBER)
        return operate_numbers(e, EXPRESSION_MULTIPLY, a, b, ret);
    if (a->type == JSON_STRING && b->type == JSON_NUMBER)
        return repeat_text(e, a->text, b, ret);
    if (a->type == JSON_NUMBER && b->type == JSON_STRING)
        return repeat_text(e, b->text, a, ret);
    if (a->type == JSON_OBJECT && b->type == JSON_OBJECT)
        return merge_objects(e, a, b, true, ret);
    return fail_operands(e, EXPRESSION_MULTIPLY, a, b);
}

/* Plain conditions' `has`. */
static bool operate_includes(struct evaluation *e, const struct json *a, const struct json *b, struct json *ret) {
    bool found = false;
    if (a->type == JSON_STRING && b->type == JSON_STRING)
        found = text_search(a->text, b->text, 0) != SIZE_MAX;
    else if (a->type != JSON_ARRAY && a->type != JSON_NULL)
        return fail_operands(e, EXPRESSION_INCLUDES, a, b);
    for (uint32_t i = 0; a->type == JSON_ARRAY && i < a->count && !found; i++)
        if (!value_equal(e, &a->children[i].value, b, &found))
            return false;
    *ret = json_bool(found);
    return true;
}

static bool operate_over(struct evaluation *e, enum expression_operator operator, const struct json *a,
                         const struct json *b, struct json *ret) {
    int order = 0;
    if (a->type != JSON_NULL) {
        if (a->type != b->type || (a->type != JSON_NUMBER && a->type != JSON_STRING))
            return fail_operands(e, operator, a, b);
        if (!value_compare(e, a, b, &order))
            return false;
    }
    *ret = json_bool(operator == EXPRESSION_OVER ? order > 0 : order < 0);
    return true;
}

static bool operate_compare(struct evaluation *e, enum expression_operator operator, const struct json *a,
                            const struct json *b, struct json *ret) {
    int order;
    if (!value_compare(e, a, b, &order))
        return false;
    bool holds[] = {order == 0, order != 0, order < 0, order <= 0, order > 0, order >= 0};
    *ret = json_bool(holds[operator - EXPRESSION_EQUAL]);
    return true;
}

bool value_operate(struct evaluation *e, enum expression_operator operator, const struct json *a, const struct json *b,
                   struct json *ret) {
    switch (operator) {
    case EXPRESSION_ADD:
        return operate_add(e, a, b, ret);
    case EXPRESSION_SUBTRACT:
        return operate_subtract(e, a, b, ret);
    case EXPRESSION_MULTIPLY:
        return operate_multiply(e, a, b, ret);
    case EXPRESSION_DIVIDE:
        if (a->type == JSON_STRING && b->type == JSON_STRING)
            return value_split(e, a->text, b->text, ret);
        /* fall through */
    case EXPRESSION_MODULO:
        return a->type == JSON_NUMBER && b->type == JSON_NUMBER ? operate_numbers(e, operator, a, b, ret)
                                                                : fail_operands(e, operator, a, b);
    case EXPRESSION_INCLUDES:
        return operate_includes(e, a, b, ret);
    case EXPRESSION_OVER: case EXPRESSION_UNDER:
        return operate_over(e, operator, a, b, ret);
    default:
        return operate_compare(e, operator, a, b, ret);
    }
}
