/* JSON values that are made, not read. */
#include "base/json.h"

struct json json_string(struct text t) {
    return (struct json){.type = JSON_STRING, .text = t};
}

struct json json_int64(struct arena *arena, int64_t number) {
    struct text t = text_format(arena, "%lld", (long long)number);
    return text_is_none(t) ? JSON_NULL_VALUE : (struct json){.type = JSON_NUMBER, .text = t};
}

struct json json_bool(bool value) {
    return (struct json){.type = value ? JSON_TRUE : JSON_FALSE};
}

static struct json json_container(struct arena *arena, enum json_type type, size_t count) {
    struct json value = {.type = type};
    if (count > UINT32_MAX) {
        arena->failed = true;
        return value;
    }
    value.children = count ? arena_new_array(arena, count, struct json_member) : NULL;
    value.count = value.children ? (uint32_t)count : 0;
    return value;
}

struct json json_array(struct arena *arena, size_t count) {
    return json_container(arena, JSON_ARRAY, count);
}

struct json json_object(struct arena *arena, size_t count) {
    return json_container(arena, JSON_OBJECT, count);
}

struct json json_merged(struct arena *arena, const struct json *old, const struct json *patch) {
    if (patch->type != JSON_OBJECT)
        return *patch;
    uint32_t old_count = old && old->type == JSON_OBJECT ? old->count : 0;
    struct json result = json_object(arena, (size_t)old_count + patch->count);
    if (!result.children)
        return result;
    uint32_t count = 0;
    for (uint32_t i = 0; i < old_count; i++) {
        const struct json *by = json_get(patch, old->children[i].key);
        if (!by)
            result.children[count++] = old->children[i];
        else if (by->type != JSON_NULL)
            result.children[count++] =
                (struct json_member){old->children[i].key, json_merged(arena, &old->children[i].value, by)};
    }
    for (uint32_t i = 0; i < patch->count; i++)
        if (patch->children[i].value.type != JSON_NULL && !(old_count && json_get(old, patch->children[i].key)))
            result.children[count++] =
                (struct json_member){patch->children[i].key, json_merged(arena, NULL, &patch->children[i].value)};
    result.count = count;
    return result;
}
