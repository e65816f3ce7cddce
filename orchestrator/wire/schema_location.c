/* Where subschemas are: `$id`, base URIs and what a `$ref` points at, within the documents that are there. */
#include "wire/schema_part.h"

#include <stdio.h>

#define WALK_DEPTH_MOST 256

static const char *const schema_keywords[] = {"additionalItems", "items", "contains", "additionalProperties",
                                              "propertyNames",   "not",   "if",       "then", "else"};
static const char *const list_keywords[] = {"allOf", "anyOf", "oneOf", "items"};
static const char *const map_keywords[] = {"properties", "patternProperties", "definitions", "dependencies"};

static bool is_among(struct text key, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (text_is(key, names[i]))
            return true;
    return false;
}
#define IS_AMONG(key, table) is_among((key), (table), sizeof(table) / sizeof(table)[0])

struct text location_child(struct arena *arena, struct text at, struct text key) {
    size_t extra = 0;
    for (size_t i = 0; i < key.length; i++)
        extra += key.at[i] == '~' || key.at[i] == '/';
    char *room = arena_alloc(arena, at.length + 1 + key.length + extra + 1);
    if (!room)
        return TEXT_NONE;
    if (at.length)
        memcpy(room, at.at, at.length);
    char *out = room + at.length;
    *out++ = '/';
    for (size_t i = 0; i < key.length; i++) {
        bool special = key.at[i] == '~' || key.at[i] == '/';
        *out++ = special ? '~' : key.at[i];
        if (special)
            *out++ = key.at[i] == '~' ? '0' : '1';
    }
    return text_span(room, (size_t)(out - room));
}

static void index_fault(struct location_index *index, const struct location *where, const char *keyword,
                        const char *code, struct text message) {
    struct schema_fault fault = {.at = where->at, .keyword = text_from(keyword), .code = code, .message = message};
    index->failed |= text_is_none(message) || text_is_none(where->at);
    if (!schema_fault_add(index->faults, index->arena, &fault))
        index->failed |= !index->faults->cut;
}

static void register_uri(struct location_index *index, struct text uri, struct location *location) {
    const struct location *known = text_is_none(uri) ? NULL : map_get(&index->by_uri, uri);
    if (text_is_none(uri))
        index->failed = true;
    else if (known && known->value != location->value)
        index_fault(index, location, "$id", "schema_id_twice",
                    text_format(index->arena, "another subschema has the identifier %.*s too", TEXT_ARG(uri)));
    else if (!map_put(&index->by_uri, uri, location))
        index->failed = true;
}

/* `$id` moves the base; its fragment names the place. */
static void read_id(struct location_index *index, struct location *location) {
    struct text id = json_get_text(location->value, TEXT("$id")), uri, anchor;
    if (text_is_none(id) || json_get_string(location->value, "$ref"))
        return;
    uri_split(id, &uri, &anchor);
    if (uri.length) {
        location->base = uri_resolve(index->arena, location->base, uri);
        register_uri(index, location->base, location);
    }
    if (anchor.length)
        register_uri(index, text_format(index->arena, "%.*s#%.*s", TEXT_ARG(location->base), TEXT_ARG(anchor)),
                     location);
}

static struct location *walk(struct location_index *, const struct json *, struct text base, struct text at,
                             unsigned depth);

static void walk_children(struct location_index *index, const struct json *container, struct text base,
                          struct text at, unsigned depth) {
    for (uint32_t i = 0; i < container->count; i++) {
        const struct json_member *child = &container->children[i];
        struct text key = child->key;
        char number[16];
        if (container->type == JSON_ARRAY)
            key = text_span(number, (size_t)snprintf(number, sizeof number, "%u", i));
        if (child->value.type == JSON_OBJECT)
            walk(index, &child->value, base, location_child(index->arena, at, key), depth);
    }
}

static struct location *walk(struct location_index *index, const struct json *value, struct text base, struct text at,
                             unsigned depth) {
    struct location *location = arena_new(index->arena, struct location);
    if (!location || text_is_none(at) || text_is_none(base)) {
        index->failed = true;
        return NULL;
    }
    *location = (struct location){.value = value, .base = base, .at = at};
    if (value->type != JSON_OBJECT)
        return location;
    if (depth == WALK_DEPTH_MOST) {
        index_fault(index, location, "", "schema_limit", TEXT("the schema is nested too deep"));
        return location;
    }
    read_id(index, location);
    if (!map_put(&index->by_value, text_span((const char *)&location->value, sizeof location->value), location))
        index->failed = true;
    for (uint32_t i = 0; i < value->count && !index->failed; i++) {
        const struct json_member *member = &value->children[i];
        struct text child = location_child(index->arena, at, member->key);
        bool object = member->value.type == JSON_OBJECT, list = member->value.type == JSON_ARRAY;
        if (object && IS_AMONG(member->key, schema_keywords))
            walk(index, &member->value, location->base, child, depth + 1);
        else if ((object && IS_AMONG(member->key, map_keywords)) || (list && IS_AMONG(member->key, list_keywords)))
            walk_children(index, &member->value, location->base, child, depth + 1);
    }
    return location;
}

static struct location *load(struct location_index *index, const struct json *value, struct text uri) {
    struct text without, fragment;
    uri_split(uri, &without, &fragment);
    struct location *location = walk(index, value, without, TEXT(""), 0);
    if (location)
        register_uri(index, without, location);
    return location;
}

enum outcome location_index_init(struct location_index *index, struct arena *arena, const struct json *root,
                                 const struct schema_options *options, struct schema_fault_list *faults,
                                 struct location *ret) {
    *index = (struct location_index){.arena = arena, .options = options, .faults = faults};
    map_init(&index->by_uri);
    map_init(&index->by_value);
    index->loaded = arena_new_array(arena, options->document_count + 1, bool);
    if (!index->loaded)
        return OUTCOME_FATAL;
    struct text base = text_is_none(options->base_uri) ? TEXT("") : options->base_uri;
    struct location *location = load(index, root, base);
    if (!location || index->failed)
        return OUTCOME_FATAL;
    *ret = *location;
    return OUTCOME_OK;
}

void location_index_free(struct location_index *index) {
    map_free(&index->by_uri);
    map_free(&index->by_value);
}

/* Takes in what may have this URI: the metaschema, the document that stands there, at last every document, as any may
 * have it as an `$id` inside. */
static struct location *load_more(struct location_index *index, struct text uri) {
    const struct schema_options *options = index->options;
    struct schema_fault_list *faults = index->faults;
    if (text_is(uri, schema_metaschema_uri) && !index->metaschema_loaded) {
        struct json *value = arena_new(index->arena, struct json);
        index->metaschema_loaded = true;
        if (!value || json_read(index->arena, text_from(schema_metaschema_text), 64, value, NULL) != OUTCOME_OK) {
            index->failed = true;
            return NULL;
        }
        load(index, value, uri);
    }
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < options->document_count; i++) {
            struct text without, fragment;
            uri_split(options->documents[i].uri, &without, &fragment);
            if (index->loaded[i] || (pass == 0 && !text_equal(without, uri)))
                continue;
            index->loaded[i] = true;
            index->faults = pass == 0 ? faults : NULL;      /* what is wrong elsewhere is no fault of this schema */
            load(index, options->documents[i].value, without);
            index->faults = faults;
        }
        struct location *found = map_get(&index->by_uri, uri);
        if (found || index->failed)
            return found;
    }
    return NULL;
}

/* One token of a JSON pointer, unescaped; absent without memory. */
static struct text read_token(struct arena *arena, struct text token) {
    if (text_find(token, '~') == SIZE_MAX)
        return token;
    char *room = arena_copy(arena, token.at, token.length);
    size_t out = 0;
    for (size_t i = 0; room && i < token.length; i++) {
        bool escaped = token.at[i] == '~' && i + 1 < token.length;
        room[out++] = !escaped ? token.at[i] : token.at[i + 1] == '1' ? '/' : '~';
        i += escaped;
    }
    return room ? text_span(room, out) : TEXT_NONE;
}

static const struct json *child_of(const struct json *value, struct text token) {
    int64_t number;
    if (value->type == JSON_OBJECT)
        return json_get(value, token);
    bool is_index = value->type == JSON_ARRAY && format_is_digits(token) && text_to_int64(token, &number);
    return is_index ? json_at(value, (size_t)number) : NULL;
}

/* Follows a JSON pointer from *location, minding every `$id` on the way. */
static bool follow(struct location_index *index, struct text pointer, struct location *location) {
    size_t from = 1;
    for (size_t i = 1; i <= pointer.length; i++) {
        if (i < pointer.length && pointer.at[i] != '/')
            continue;
        struct text token = read_token(index->arena, text_part(pointer, from, i - from));
        const struct json *child = text_is_none(token) ? NULL : child_of(location->value, token);
        if (!child)
            return false;
        const struct location *known = map_get(&index->by_value, text_span((const char *)&child, sizeof child));
        struct text at = location_child(index->arena, location->at, token);
        *location = known ? *known : (struct location){.value = child, .base = location->base, .at = at};
        from = i + 1;
    }
    index->failed |= index->arena->failed;
    return true;
}

const char *location_find(struct location_index *index, struct text base, struct text reference,
                          struct location *ret) {
    struct text ignored, fragment, uri = uri_resolve(index->arena, base, reference);
    uri_split(reference, &ignored, &fragment);
    fragment = uri_decode(index->arena, fragment);
    index->failed |= index->arena->failed;
    if (text_is_none(uri) || text_is_none(fragment))
        return "schema_ref_missing";
    const struct location *found = map_get(&index->by_uri, uri);
    if (!found)
        found = load_more(index, uri);
    if (!found)
        return "schema_ref_remote";
    struct location location = *found;
    if (fragment.length && fragment.at[0] != '/') {
        found = map_get(&index->by_uri, text_format(index->arena, "%.*s#%.*s", TEXT_ARG(uri), TEXT_ARG(fragment)));
        if (!found)
            return "schema_ref_missing";
        location = *found;
    } else if (fragment.length && !follow(index, fragment, &location)) {
        return "schema_ref_missing";
    }
    *ret = location;
    return NULL;
}
