/* Functions of arrays and objects that look at the elements themselves. */
#include "expression/internal.h"

static bool call_keys(struct evaluation *e, const struct json *input, struct json *ret) {
    struct value_list keys = {0};
    uint32_t *order;
    for (uint32_t i = 0; i < input->count; i++) {
        struct json key = json_string(input->children[i].key);
        if (input->type == JSON_ARRAY && !value_integer(e, i, &key))
            return false;
        if (!list_add(e, &keys, TEXT_NONE, key))
            return false;
    }
    if (input->type == JSON_OBJECT) {
        struct value_list sorted = {0};
        if (!value_sort(e, keys.at, NULL, keys.count, &order))
            return false;
        for (uint32_t i = 0; i < keys.count; i++)
            if (!list_add(e, &sorted, TEXT_NONE, keys.at[order[i]].value))
                return false;
        keys = sorted;
    }
    *ret = list_array(&keys);
    return true;
}

/* Strings and arrays are laid behind each other at once: by + they would be copied again for every element. */
static bool add_strings(struct evaluation *e, const struct json *input, struct json *ret) {
    size_t length = 0;
    for (uint32_t i = 0; i < input->count; i++)
        length += input->children[i].value.text.length;
    char *out = spend_alloc(e, length + 1);
    if (!out)
        return false;
    length = 0;
    for (uint32_t i = 0; i < input->count; i++) {
        struct text part = input->children[i].value.text;
        if (part.length)
            memcpy(out + length, part.at, part.length);
        length += part.length;
    }
    *ret = json_string(text_span(out, length));
    return true;
}

static bool add_arrays(struct evaluation *e, const struct json *input, struct json *ret) {
    struct value_list list = {0};
    for (uint32_t i = 0; i < input->count; i++) {
        const struct json *part = &input->children[i].value;
        if (!spend_steps(e, part->count / 8))
            return false;
        for (uint32_t j = 0; j < part->count; j++)
            if (!list_add(e, &list, TEXT_NONE, part->children[j].value))
                return false;
    }
    *ret = list_array(&list);
    return true;
}

static bool call_add(struct evaluation *e, const struct json *input, struct json *ret) {
    unsigned types = 0;
    if (!spend_steps(e, input->count))
        return false;
    for (uint32_t i = 0; i < input->count; i++)
        types |= EXPRESSION_TYPE(input->children[i].value.type);
    if (types == EXPRESSION_TYPE_STRING)
        return add_strings(e, input, ret);
    if (types == EXPRESSION_TYPE_ARRAY)
        return add_arrays(e, input, ret);
    struct json sum = JSON_NULL_VALUE;
    for (uint32_t i = 0; i < input->count; i++) {
        struct json before = sum;
        if (!value_operate(e, EXPRESSION_ADD, &before, &input->children[i].value, &sum))
            return false;
    }
    *ret = sum;
    return true;
}

static bool call_any_all(struct evaluation *e, const struct json *input, bool all, struct json *ret) {
    bool result = all;
    if (!spend_steps(e, input->count))
        return false;
    for (uint32_t i = 0; i < input->count && result == all; i++)
        result = value_is_true(&input->children[i].value);
    *ret = json_bool(result);
    return true;
}

/* Of equals, min gives the first and max the last, as jq. */
static bool call_extreme(struct evaluation *e, const struct json *input, bool max, struct json *ret) {
    const struct json *best = NULL;
    for (uint32_t i = 0; i < input->count; i++) {
        const struct json *element = &input->children[i].value;
        int order = -1;
        if (best && !value_compare(e, element, best, &order))
            return false;
        if (!best || (order < 0) != max)
            best = element;
    }
    *ret = best ? *best : JSON_NULL_VALUE;
    return true;
}

static bool call_sort(struct evaluation *e, const struct json *input, bool unique, struct json *ret) {
    uint32_t *order;
    struct value_list list = {0};
    if (!value_sort(e, input->children, NULL, input->count, &order))
        return false;
    for (uint32_t i = 0; i < input->count; i++) {
        const struct json *element = &input->children[order[i]].value;
        bool again = false;
        if (unique && list.count && !value_equal(e, &list.at[list.count - 1].value, element, &again))
            return false;
        if (!again && !list_add(e, &list, TEXT_NONE, *element))
            return false;
    }
    *ret = list_array(&list);
    return true;
}

static bool call_reverse(struct evaluation *e, const struct json *input, struct json *ret) {
    struct value_list list = {0};
    for (uint32_t i = input->type == JSON_ARRAY ? input->count : 0; i > 0; i--)
        if (!spend_steps(e, 1) || !list_add(e, &list, TEXT_NONE, input->children[i - 1].value))
            return false;
    *ret = list_array(&list);
    return true;
}

static bool flatten(struct evaluation *e, const struct json *input, unsigned levels, struct value_list *list) {
    if (!spend_steps(e, 1 + input->count / 8))
        return false;
    for (uint32_t i = 0; i < input->count; i++) {
        const struct json *element = &input->children[i].value;
        if (element->type == JSON_ARRAY && levels > 0) {
            if (!flatten(e, element, levels - 1, list))
                return false;
        } else if (!list_add(e, list, TEXT_NONE, *element)) {
            return false;
        }
    }
    return true;
}

/* Deeper than the tree and its data can build; a depth that is no integer never comes to 0 (as in jq). */
#define FLATTEN_MOST (2u * EXPRESSION_HEIGHT_MOST)

static bool call_flatten(struct evaluation *e, const struct json *input, const struct json *depth, struct json *ret) {
    struct value_list list = {0};
    int64_t levels = FLATTEN_MOST;
    if (depth) {
        double wanted = decimal_double(depth->text);
        if (wanted < 0)
            return fail_type(e, "flatten's depth is not negative");
        if (!json_to_int64(depth, &levels) || levels > (int64_t)FLATTEN_MOST)
            levels = FLATTEN_MOST;
    }
    if (!flatten(e, input, (unsigned)levels, &list))
        return false;
    *ret = list_array(&list);
    return true;
}

bool collection_to_entries(struct evaluation *e, const struct json *input, struct json *ret) {
    struct value_list list = {0};
    for (uint32_t i = 0; i < input->count; i++) {
        struct value_list entry = {0};
        struct json key = json_string(input->children[i].key);
        if (input->type == JSON_ARRAY && !value_integer(e, i, &key))
            return false;
        if (!list_add(e, &entry, TEXT("key"), key) ||
            !list_add(e, &entry, TEXT("value"), input->children[i].value) ||
            !list_add(e, &list, TEXT_NONE, list_object(&entry)) || !spend_steps(e, 1))
            return false;
    }
    *ret = list_array(&list);
    return true;
}

/* .key // .Key // .name // .Name, and .value or else .Value. */
static bool read_entry(struct evaluation *e, const struct json *entry, struct text *ret_key, struct json *ret_value) {
    static const char *const names[] = {"key", "Key", "name", "Name"};
    const struct json *key = NULL, *value;
    if (entry->type != JSON_OBJECT)
        return fail_type(e, "from_entries wants objects with key and value, not %s", type_word(entry));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && (!key || !value_is_true(key)); i++)
        key = json_get(entry, text_from(names[i]));
    if (!key || key->type != JSON_STRING)
        return fail_type(e, "from_entries wants a string as key, not %s", key ? type_word(key) : "null");
    value = json_get(entry, TEXT("value"));
    if (!value)
        value = json_get(entry, TEXT("Value"));
    *ret_key = key->text;
    *ret_value = value ? *value : JSON_NULL_VALUE;
    return true;
}

bool collection_from_entries(struct evaluation *e, const struct json *input, struct json *ret) {
    struct value_list list = {0};
    for (uint32_t i = 0; i < input->count; i++) {
        struct text key;
        struct json value;
        if (!read_entry(e, &input->children[i].value, &key, &value) || !list_set(e, &list, key, value))
            return false;
    }
    *ret = list_object(&list);
    return true;
}

static bool call_end(const struct json *input, bool last, struct json *ret) {
    *ret = JSON_NULL_VALUE;
    if (input->type == JSON_ARRAY && input->count)
        *ret = input->children[last ? input->count - 1 : 0].value;
    return true;
}

enum yield call_collection(struct evaluation *e, const struct expression *node, const struct json *input,
                           const struct json *argument, struct json *ret) {
    bool done = false;
    switch ((enum function_id)node->function->id) {
    case FUNCTION_KEYS: done = call_keys(e, input, ret); break;
    case FUNCTION_ADD: done = call_add(e, input, ret); break;
    case FUNCTION_ANY: done = call_any_all(e, input, false, ret); break;
    case FUNCTION_ALL: done = call_any_all(e, input, true, ret); break;
    case FUNCTION_MIN: done = call_extreme(e, input, false, ret); break;
    case FUNCTION_MAX: done = call_extreme(e, input, true, ret); break;
    case FUNCTION_SORT: done = call_sort(e, input, false, ret); break;
    case FUNCTION_UNIQUE: done = call_sort(e, input, true, ret); break;
    case FUNCTION_REVERSE: done = call_reverse(e, input, ret); break;
    case FUNCTION_FIRST: done = call_end(input, false, ret); break;
    case FUNCTION_LAST: done = call_end(input, true, ret); break;
    case FUNCTION_FLATTEN: done = call_flatten(e, input, argument, ret); break;
    case FUNCTION_TO_ENTRIES: done = collection_to_entries(e, input, ret); break;
    case FUNCTION_FROM_ENTRIES: done = collection_from_entries(e, input, ret); break;
    default: fail_with(e, true, "expression_type", "%s is not implemented", node->function->name); break;
    }
    return done ? YIELD_VALUE : YIELD_FAILED;
}
