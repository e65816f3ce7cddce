/* The schemas a definition names: read, with the documents they refer to, and compiled, each once. */
#include "definition/compile.h"

#include "model/limits.h"

#define SCHEMA_DOCUMENTS_MOST 2048
#define SCHEMA_FAULTS_SHOWN 20
#define URI_PREFIX "file:///"     /* gives a relative path of the project an absolute URI; nothing is ever fetched */

static struct schema_entry *find(struct compiler *c, struct text path) {
    for (uint32_t i = 0; i < c->schema_count; i++)
        if (text_equal(c->schemas[i]->path, path))
            return c->schemas[i];
    return NULL;
}

static struct schema_entry *append(struct compiler *c, struct text path, const struct json *value) {
    if (c->schema_count == c->schema_room) {
        uint32_t room = c->schema_room ? c->schema_room * 2 : 32;
        struct schema_entry **at = arena_new_array(c->arena, room, struct schema_entry *);
        struct schema_source *sources = arena_new_array(c->arena, room, struct schema_source);
        if (!at || !sources)
            return NULL;
        if (c->schema_count) {
            memcpy(at, c->schemas, c->schema_count * sizeof *at);
            memcpy(sources, c->library.at, c->schema_count * sizeof *sources);
        }
        c->schemas = at;
        c->library.at = sources;
        c->schema_room = room;
    }
    struct schema_source *sources = (struct schema_source *)c->library.at;
    sources[c->schema_count] = (struct schema_source){path, value};
    struct schema_entry *entry = arena_new(c->arena, struct schema_entry);
    if (!entry)
        return NULL;
    *entry = (struct schema_entry){.path = path, .value = value, .index = c->schema_count};
    c->schemas[c->schema_count] = entry;
    c->library.count = ++c->schema_count;
    return entry;
}

/* The text of a document: from the canonical form, else through the reader. */
static const struct json *load(struct compiler *c, struct place place, struct text path) {
    struct error error = {0};
    struct text content = TEXT_NONE;
    const struct node *carried = c->is_canonical ? node_get(c->root, "schemas") : NULL;
    for (uint32_t i = 0; carried && carried->type == JSON_OBJECT && i < carried->count; i++)
        if (text_equal(carried->members[i].key, path))
            return carried->members[i].node.value;
    if (!c->context->reader) {
        compiler_fault(c, place, "unknown_schema", "%.*s can't be read: there is no reader", TEXT_HEAD(path));
        return NULL;
    }
    enum outcome outcome = c->context->reader->read(c->context->reader->context, path, c->arena, &content, &error);
    if (outcome != OUTCOME_OK) {
        c->arena->failed |= outcome == OUTCOME_FATAL;
        compiler_fault(c, place, "unknown_schema", "%.*s can't be read: %s", TEXT_HEAD(path), error.message);
        return NULL;
    }
    struct json *value = arena_new(c->arena, struct json);
    if (!value)
        return NULL;
    outcome = json_read(c->arena, content, LIMIT_json_depth_most, value, &error);
    if (outcome == OUTCOME_OK)
        return value;
    if (outcome == OUTCOME_REJECT)
        compiler_fault(c, place, "bad_json", "%.*s: %s", TEXT_HEAD(path), error.message);
    return NULL;
}

static bool gather_references(struct compiler *, struct place, struct text path, const struct json *, unsigned depth);

static bool load_reference(struct compiler *c, struct place place, struct text path, struct text reference) {
    char room[512];
    struct text target;
    if (reference.length == 0 || reference.at[0] == '#' || text_find(reference, ':') != SIZE_MAX)
        return true;   /* within the document, or absolute: the validator knows the metaschema and refuses the rest */
    struct schema_entry *from = find(c, path);
    if (from)
        from->refers_outside = true;
    if (!schema_path_join(path, reference, room, sizeof room, &target)) {
        compiler_fault(c, place, "unknown_schema", "%.*s refers to %.*s, which leads out of the project", TEXT_HEAD(path),
                       TEXT_HEAD(reference));
        return false;
    }
    if (find(c, target))
        return true;
    if (c->schema_count >= SCHEMA_DOCUMENTS_MOST) {
        compiler_fault(c, place, "unknown_schema", "more than %d schema documents", SCHEMA_DOCUMENTS_MOST);
        return false;
    }
    target = text_copy(c->arena, target);
    const struct json *value = load(c, place, target);
    return value && append(c, target, value) && gather_references(c, place, target, value, 1);
}

static bool gather_references(struct compiler *c, struct place place, struct text path, const struct json *value,
                              unsigned depth) {
    if (value->type != JSON_OBJECT && value->type != JSON_ARRAY)
        return true;
    for (uint32_t i = 0; i < value->count; i++) {
        const struct json_member *member = &value->children[i];
        if (text_is(member->key, "$ref") && member->value.type == JSON_STRING) {
            if (!load_reference(c, place, path, member->value.text))
                return false;
        } else if (!gather_references(c, place, path, &member->value, depth + 1)) {
            return false;
        }
    }
    return true;
}

static bool compile_entry(struct compiler *c, struct place place, struct schema_entry *entry) {
    uint32_t count = entry->refers_outside ? c->schema_count : 0;   /* every document handed in costs time */
    struct schema_document *documents = arena_new_array(c->arena, count, struct schema_document);
    struct schema_fault_list faults = {.most = SCHEMA_FAULTS_SHOWN};
    struct error error = {0};
    if (!documents)
        return false;
    for (uint32_t i = 0; i < count; i++)
        documents[i] = (struct schema_document){
            text_format(c->arena, URI_PREFIX "%.*s", TEXT_ARG(c->schemas[i]->path)), c->schemas[i]->value};
    struct schema_options options = {.base_uri = text_format(c->arena, URI_PREFIX "%.*s", TEXT_ARG(entry->path)),
                                     .documents = documents, .document_count = count, .strict = !c->is_canonical};
    enum outcome outcome = schema_compile(c->arena, entry->value, &options, &faults, &entry->schema, &error);
    if (outcome == OUTCOME_FATAL)
        c->arena->failed = true;
    for (size_t i = 0; outcome == OUTCOME_REJECT && i < faults.count; i++)
        compiler_fault(c, place, "bad_schema", "%.*s at \"%.*s\": %.*s", TEXT_HEAD(entry->path), TEXT_HEAD(faults.fault[i].at),
                       TEXT_ARG(faults.fault[i].message));
    entry->is_refused = outcome != OUTCOME_OK;
    return outcome == OUTCOME_OK;
}

const struct schema_entry *schemas_get(struct compiler *c, const struct node *value, const char *key) {
    struct text path = TEXT_NONE;
    const struct json *document = NULL;
    if (node_is_text(value) && value->text.length)
        path = value->text;
    else if (value && value->type == JSON_OBJECT)
        document = value->value;
    else
        return NULL;
    if (document)
        path = text_format(c->arena, "inline/%s_%u", key, c->schema_count);
    struct schema_entry *entry = find(c, path);
    for (uint32_t i = 0; document && !entry && i < c->schema_count; i++)
        if (c->schemas[i]->value == document)
            entry = c->schemas[i];
    if (!entry) {
        if (!document)
            document = load(c, value->place, path);
        entry = document ? append(c, path, document) : NULL;
        if (!entry)
            return NULL;
        entry->is_inline = value->type == JSON_OBJECT;
    }
    if (!entry->schema && !entry->is_refused &&
        (!gather_references(c, value->place, entry->path, entry->value, 1) || !compile_entry(c, value->place, entry)))
        entry->is_refused = true;
    return entry->is_refused ? NULL : entry;
}

struct schema_answer schemas_walk(struct compiler *c, const struct schema_entry *entry, const struct text *segments,
                                  size_t count) {
    return schema_walk(&c->library, &c->library.at[entry->index], segments, count);
}

void schemas_free(struct compiler *c) {
    for (uint32_t i = 0; i < c->schema_count; i++)
        schema_free(c->schemas[i]->schema);
    c->schema_count = 0;
}
