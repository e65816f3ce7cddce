/* Sets of values: enum, const and uniqueItems by hash, so that a long list costs no square. */
#include "wire/schema_part.h"

#include <stdlib.h>

#define LINEAR_MOST 6         /* up to here comparing all is quicker than hashing */

static uint64_t mix(uint64_t hash) {
    hash ^= hash >> 32;
    hash *= UINT64_C(0xd6e8feb86659fd93);
    return hash ^ hash >> 29;
}

/* Equal values (json_equal) have equal hashes: numbers by value, objects without order. */
uint64_t schema_value_hash(const struct json *value) {
    uint64_t hash = mix((uint64_t)value->type + 1);
    switch (value->type) {
    case JSON_NUMBER: return mix(hash + decimal_hash(value->text));
    case JSON_STRING: return mix(hash + text_hash(value->text));
    case JSON_ARRAY:
        for (uint32_t i = 0; i < value->count; i++)
            hash = mix(hash * 3 + schema_value_hash(&value->children[i].value));
        return hash;
    case JSON_OBJECT:
        for (uint32_t i = 0; i < value->count; i++)
            hash += mix(text_hash(value->children[i].key) * 5 + schema_value_hash(&value->children[i].value));
        return mix(hash);
    default: return hash;
    }
}

static int compare_order(const void *a, const void *b, void *hashes_) {
    const uint64_t *hashes = hashes_;
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    if (hashes[left] != hashes[right])
        return hashes[left] < hashes[right] ? -1 : 1;
    return left < right ? -1 : left > right;
}

static void sort_by_hash(uint32_t *order, uint32_t count, uint64_t *hashes) {
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    qsort_r(order, count, sizeof *order, compare_order, hashes);
}

struct schema_values schema_values_make(struct arena *arena, const struct json *value, bool is_list) {
    uint32_t count = is_list ? value->count : 1;
    struct json *copies = arena_new_array(arena, count, struct json);
    for (uint32_t i = 0; copies && i < count; i++)
        copies[i] = is_list ? value->children[i].value : *value;
    struct schema_values values = {.value = copies, .count = copies ? count : 0};
    if (count <= LINEAR_MOST)
        return values;
    uint64_t *hashes = arena_new_array(arena, count, uint64_t);
    uint32_t *order = arena_new_array(arena, count, uint32_t);
    if (!hashes || !order || !copies)
        return values;
    for (uint32_t i = 0; i < count; i++)
        hashes[i] = schema_value_hash(&copies[i]);
    sort_by_hash(order, count, hashes);
    values.hashes = hashes;
    values.order = order;
    return values;
}

bool schema_values_has(const struct schema_values *values, const struct json *value) {
    if (!values->order) {
        for (uint32_t i = 0; i < values->count; i++)
            if (json_equal(&values->value[i], value))
                return true;
        return false;
    }
    uint64_t hash = schema_value_hash(value);
    uint32_t low = 0, high = values->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (values->hashes[values->order[middle]] < hash)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < values->count && values->hashes[values->order[low]] == hash; low++)
        if (json_equal(&values->value[values->order[low]], value))
            return true;
    return false;
}

static bool find_twins_linear(const struct json *array, uint32_t *ret_first, uint32_t *ret_second) {
    for (uint32_t i = 1; i < array->count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (json_equal(&array->children[i].value, &array->children[j].value)) {
                *ret_first = j;
                *ret_second = i;
                return true;
            }
        }
    }
    return false;
}

bool schema_find_twins(const struct json *array, struct arena *scratch, size_t *steps, uint32_t *ret_first,
                       uint32_t *ret_second) {
    if (array->count <= LINEAR_MOST)
        return find_twins_linear(array, ret_first, ret_second);
    uint64_t *hashes = arena_new_array(scratch, array->count, uint64_t);
    uint32_t *order = arena_new_array(scratch, array->count, uint32_t);
    if (!hashes || !order)
        return false;
    for (uint32_t i = 0; i < array->count; i++)
        hashes[i] = schema_value_hash(&array->children[i].value);
    sort_by_hash(order, array->count, hashes);
    for (uint32_t i = 1; i < array->count; i++) {
        for (uint32_t j = i; j > 0 && hashes[order[j - 1]] == hashes[order[i]]; j--) {
            if (*steps == 0)                              /* someone made values whose hashes meet */
                return false;
            --*steps;
            if (json_equal(&array->children[order[j - 1]].value, &array->children[order[i]].value)) {
                *ret_first = order[j - 1];
                *ret_second = order[i];
                return true;
            }
        }
    }
    return false;
}
