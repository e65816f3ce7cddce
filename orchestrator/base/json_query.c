/* Asking JSON values: members, pointers, equality. */
#include "base/json_part.h"

const struct json *json_get(const struct json *value, struct text key) {
    if (!value || value->type != JSON_OBJECT)
        return NULL;
    for (uint32_t i = 0; i < value->count; i++)
        if (text_equal(value->children[i].key, key))
            return &value->children[i].value;
    return NULL;
}

struct text json_get_text(const struct json *object, struct text key) {
    const struct json *value = json_get(object, key);
    return value && value->type == JSON_STRING ? value->text : TEXT_NONE;
}

const struct json *json_at(const struct json *array, size_t index) {
    if (!array || array->type != JSON_ARRAY || index >= array->count)
        return NULL;
    return &array->children[index].value;
}

/* Is the pointer's token, with ~0 for '~' and ~1 for '/', this key? */
static bool token_is_key(struct text token, struct text key) {
    size_t i = 0, j = 0;
    for (; i < token.length && j < key.length; i++, j++) {
        char byte = token.at[i];
        if (byte == '~') {
            if (++i == token.length || (token.at[i] != '0' && token.at[i] != '1'))
                return false;
            byte = token.at[i] == '0' ? '~' : '/';
        }
        if (byte != key.at[j])
            return false;
    }
    return i == token.length && j == key.length;
}

static const struct json *json_step(const struct json *value, struct text token) {
    if (value->type == JSON_OBJECT) {
        for (uint32_t i = 0; i < value->count; i++)
            if (token_is_key(token, value->children[i].key))
                return &value->children[i].value;
        return NULL;
    }
    int64_t index;
    if (value->type != JSON_ARRAY || token.length == 0 || token.at[0] == '-' ||
        (token.at[0] == '0' && token.length > 1) || !text_to_int64(token, &index))
        return NULL;
    return json_at(value, (size_t)index);
}

const struct json *json_pointer(const struct json *value, struct text pointer) {
    while (value && pointer.length) {
        if (pointer.at[0] != '/')
            return NULL;
        pointer = text_span(pointer.at + 1, pointer.length - 1);
        size_t slash = text_find(pointer, '/');
        size_t length = slash == SIZE_MAX ? pointer.length : slash;
        value = json_step(value, text_span(pointer.at, length));
        pointer = text_span(pointer.at + length, pointer.length - length);
    }
    return value;
}

bool json_is_true(const struct json *value) {
    return value && value->type == JSON_TRUE;
}

/* Objects larger than this are compared by sorted keys, if there is memory for it. */
#define EQUAL_BY_SEARCH_MOST 32

static bool objects_equal_by_search(const struct json *a, const struct json *b) {
    for (uint32_t i = 0; i < a->count; i++) {
        const struct json_member *member = &a->children[i];
        const struct json *other = text_equal(member->key, b->children[i].key) ? &b->children[i].value
                                                                               : json_get(b, member->key);
        if (!other || !json_equal(&member->value, other))
            return false;
    }
    return true;
}

static bool objects_equal(const struct json *a, const struct json *b) {
    _cleanup_memory_ void *room = NULL;
    uint32_t count = a->count;
    if (count <= EQUAL_BY_SEARCH_MOST || !(room = memory_alloc(2 * sizeof(void *) * (size_t)count)))
        return objects_equal_by_search(a, b);
    const struct json_member **of_a = room, **of_b = of_a + count;
    for (uint32_t i = 0; i < count; i++) {
        of_a[i] = &a->children[i];
        of_b[i] = &b->children[i];
    }
    json_sort_members(of_a, count);
    json_sort_members(of_b, count);
    for (uint32_t i = 0; i < count; i++)
        if (!text_equal(of_a[i]->key, of_b[i]->key) || !json_equal(&of_a[i]->value, &of_b[i]->value))
            return false;
    return true;
}

bool json_equal(const struct json *a, const struct json *b) {
    if (a == b)
        return true;
    if (!a || !b || a->type != b->type || a->count != b->count)
        return false;
    switch (a->type) {
    case JSON_NUMBER:
        return json_number_compare(a->text, b->text) == 0;
    case JSON_STRING:
        return text_equal(a->text, b->text);
    case JSON_ARRAY:
        for (uint32_t i = 0; i < a->count; i++)
            if (!json_equal(&a->children[i].value, &b->children[i].value))
                return false;
        return true;
    case JSON_OBJECT:
        return objects_equal(a, b);
    default:
        return true;
    }
}

/* Lets the member at `root` sink to its place in the heap of `count`. */
static void heap_sink(const struct json_member **members, size_t root, size_t count) {
    const struct json_member *sinking = members[root];
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && text_compare(members[child]->key, members[child + 1]->key) < 0)
            child++;
        if (text_compare(sinking->key, members[child]->key) >= 0)
            break;
        members[root] = members[child];
    }
    members[root] = sinking;
}

void json_sort_members(const struct json_member **members, size_t count) {
    for (size_t root = count / 2; root-- > 0;)
        heap_sink(members, root, count);
    for (size_t end = count; end-- > 1;) {
        const struct json_member *largest = members[0];
        members[0] = members[end];
        members[end] = largest;
        heap_sink(members, 0, end);
    }
}
