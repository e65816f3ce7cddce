/* The canonical form: the source as JSON with sorted keys, its schemas and the hashes of its sub-things inside, so that
 * it needs no file to be read again; its SHA-256 is the definition's name. */
#include "definition/compile.h"

#include "base/sha256.h"
#include "model/limits.h"

#define CANONICAL_VERSION 1

static bool is_made_here(struct text key) {
    return text_is(key, "canonical") || text_is(key, "schemas") || text_is(key, "things");
}

static struct json schemas_value(struct compiler *c) {
    uint32_t count = 0;
    struct json value = json_object(c->arena, c->schema_count);
    for (uint32_t i = 0; value.children && i < c->schema_count; i++)
        if (!c->schemas[i]->is_inline)
            value.children[count++] = (struct json_member){c->schemas[i]->path, *c->schemas[i]->value};
    value.count = count;
    return value;
}

static struct json things_value(struct compiler *c) {
    struct json value = json_object(c->arena, c->out->thing_count);
    for (uint16_t i = 0; value.children && i < c->out->thing_count; i++)
        value.children[i] = (struct json_member){c->things[i].thing, json_string(c->things[i].hash)};
    return value;
}

bool canonical_make(struct compiler *c) {
    uint32_t count = 0;
    struct json whole = json_object(c->arena, c->root->count + 3);
    if (!whole.children)
        return false;
    for (uint32_t i = 0; i < c->root->count; i++)
        if (!is_made_here(c->root->members[i].key))
            whole.children[count++] = (struct json_member){c->root->members[i].key, *c->root->members[i].node.value};
    whole.children[count++] = (struct json_member){TEXT("canonical"), json_int64(c->arena, CANONICAL_VERSION)};
    whole.children[count++] = (struct json_member){TEXT("schemas"), schemas_value(c)};
    whole.children[count++] = (struct json_member){TEXT("things"), things_value(c)};
    whole.count = count;

    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, (size_t)LIMIT_definition_bytes_most * 8);   /* wide, so that a refusal below the limit is memory's */
    json_write_canonical(&out, &whole);
    if (out.failed && out.length <= LIMIT_definition_bytes_most)
        return false;
    if (out.failed || out.length > LIMIT_definition_bytes_most) {
        compiler_fault(c, PLACE_NONE, "definition_too_large", "more than %d bytes", (int)LIMIT_definition_bytes_most);
        return true;
    }
    char room[SHA256_TEXT_SIZE];
    c->out->canonical = text_copy(c->arena, buffer_text(&out));
    c->out->hash = text_copy(c->arena, sha256_text(c->out->canonical, room));
    return !c->arena->failed;
}
