/* Functions whose argument is run on each element: map, select, any, all, and the …_by family. */
#include "expression/internal.h"

static enum yield call_select(struct evaluation *e, const struct expression *filter, const struct json *input,
                              struct json *ret) {
    struct json verdict;
    enum yield yield = evaluate_one(e, filter, input, &verdict);
    if (yield != YIELD_VALUE)
        return yield;
    *ret = *input;
    return value_is_true(&verdict) ? YIELD_VALUE : YIELD_NOTHING;
}

static bool call_map(struct evaluation *e, const struct expression *filter, const struct json *input,
                     struct json *ret) {
    struct value_list list = {0};
    for (uint32_t i = 0; i < input->count; i++)
        if (!spend_steps(e, 1) || !evaluate_many(e, filter, &input->children[i].value, &list))
            return false;
    *ret = list_array(&list);
    return true;
}

static bool call_any_all(struct evaluation *e, const struct expression *filter, const struct json *input, bool all,
                         struct json *ret) {
    bool result = all;
    for (uint32_t i = 0; i < input->count && result == all; i++) {
        struct json verdict;
        enum yield yield = evaluate_one(e, filter, &input->children[i].value, &verdict);
        if (yield == YIELD_FAILED || !spend_steps(e, 1))
            return false;
        if (yield == YIELD_VALUE)
            result = value_is_true(&verdict);
    }
    *ret = json_bool(result);
    return true;
}

/* For each element the array of what the filter yields: jq sorts by that. */
static bool make_keys(struct evaluation *e, const struct expression *filter, const struct json *input,
                      struct json **ret) {
    struct json *keys = spend_alloc(e, ((size_t)input->count + 1) * sizeof(*keys));
    if (!keys)
        return false;
    for (uint32_t i = 0; i < input->count; i++) {
        struct value_list values = {0};
        if (!spend_steps(e, 1) || !evaluate_many(e, filter, &input->children[i].value, &values))
            return false;
        keys[i] = list_array(&values);
    }
    *ret = keys;
    return true;
}

static bool call_extreme_by(struct evaluation *e, const struct json *keys, const struct json *input, bool max,
                            struct json *ret) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < input->count; i++) {
        int order;
        if (!value_compare(e, &keys[i], &keys[best], &order))
            return false;
        if ((order < 0) != max)
            best = i;
    }
    *ret = input->count ? input->children[best].value : JSON_NULL_VALUE;
    return true;
}

/* Elements in the order of their keys; `groups`: an array of each equal run; `once`: only the first of each. */
static bool call_order_by(struct evaluation *e, const struct json *keys, const struct json *input,
                          enum function_id id, struct json *ret) {
    uint32_t *order;
    struct value_list list = {0}, group = {0};
    if (!value_sort(e, input->children, keys, input->count, &order))
        return false;
    for (uint32_t i = 0; i < input->count; i++) {
        struct json element = input->children[order[i]].value;
        bool same = false;
        if (id != FUNCTION_SORT_BY && i && !value_equal(e, &keys[order[i - 1]], &keys[order[i]], &same))
            return false;
        if (id == FUNCTION_GROUP_BY) {
            if (i && !same) {
                if (!list_add(e, &list, TEXT_NONE, list_array(&group)))
                    return false;
                group = (struct value_list){0};
            }
            if (!list_add(e, &group, TEXT_NONE, element))
                return false;
        } else if (!same && !list_add(e, &list, TEXT_NONE, element)) {
            return false;
        }
    }
    if (group.count && !list_add(e, &list, TEXT_NONE, list_array(&group)))
        return false;
    *ret = list_array(&list);
    return true;
}

static bool call_with_entries(struct evaluation *e, const struct expression *filter, const struct json *input,
                              struct json *ret) {
    struct json entries, mapped;
    return collection_to_entries(e, input, &entries) && call_map(e, filter, &entries, &mapped) &&
           collection_from_entries(e, &mapped, ret);
}

static bool call_by(struct evaluation *e, enum function_id id, const struct expression *filter,
                    const struct json *input, struct json *ret) {
    struct json *keys;
    if (!make_keys(e, filter, input, &keys))
        return false;
    if (id == FUNCTION_MIN_BY || id == FUNCTION_MAX_BY)
        return call_extreme_by(e, keys, input, id == FUNCTION_MAX_BY, ret);
    return call_order_by(e, keys, input, id, ret);
}

enum yield call_filter(struct evaluation *e, const struct expression *node, const struct json *input,
                       struct json *ret) {
    const struct expression *filter = node->children[0];
    bool done;
    switch ((enum function_id)node->function->id) {
    case FUNCTION_SELECT:
        return call_select(e, filter, input, ret);
    case FUNCTION_MAP:
        done = call_map(e, filter, input, ret);
        break;
    case FUNCTION_ANY: case FUNCTION_ALL:
        done = call_any_all(e, filter, input, node->function->id == FUNCTION_ALL, ret);
        break;
    case FUNCTION_WITH_ENTRIES:
        done = call_with_entries(e, filter, input, ret);
        break;
    default:
        done = call_by(e, node->function->id, filter, input, ret);
        break;
    }
    return done ? YIELD_VALUE : YIELD_FAILED;
}
