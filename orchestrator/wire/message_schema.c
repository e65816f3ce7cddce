/* Compiles the built-in schemas once and holds messages against them. */
#include "wire/message_schema.h"

#include "model/limits.h"
#include "wire/fault_text.h"
#include "wire/schema.h"

struct message_schemas { uint32_t count; struct { struct text type; struct schema *schema; } at[]; };

enum outcome message_schemas_make(struct arena *arena, struct message_schemas **ret, struct error *error) {
    uint32_t count = 0;
    while (message_schema_sources[count].type)
        count++;
    struct message_schemas *all = arena_alloc(arena, sizeof *all + count * sizeof all->at[0]);
    if (!all)
        return error_no_memory(error);
    for (uint32_t i = 0; i < count; i++) {
        struct json *document = arena_new(arena, struct json);
        if (!document)
            return error_no_memory(error);
        enum outcome outcome = json_read(arena, text_from(message_schema_sources[i].text), LIMIT_json_depth_most, document, error);
        if (outcome == OUTCOME_OK)
            outcome = schema_compile(arena, document, NULL, NULL, &all->at[i].schema, error);
        if (outcome != OUTCOME_OK) {
            message_schemas_free(all);
            return error_set(error, OUTCOME_FATAL, "message_schema_bad", "schemas/messages/%s.json can't be compiled",
                             message_schema_sources[i].type);
        }
        all->at[i].type = text_from(message_schema_sources[i].type);
        all->count = i + 1;
    }
    *ret = all;
    return OUTCOME_OK;
}

void message_schemas_free(struct message_schemas *all) {
    for (uint32_t i = 0; all && i < all->count; i++)
        schema_free(all->at[i].schema);
}

enum outcome message_schemas_check(const struct message_schemas *all, struct text type, const struct json *data,
                                   struct arena *arena, struct error *error) {
    static const struct json empty = {.type = JSON_OBJECT};
    if (!data || data->type == JSON_NULL)
        data = &empty;
    for (uint32_t i = 0; i < all->count; i++)
        if (text_equal(all->at[i].type, type))
            return fault_text_check(all->at[i].schema, data, "message_invalid", arena, error);
    return error_set(error, OUTCOME_REJECT, "message_unknown", "there is no message of type \"%.*s\"", TEXT_ARG(type));
}
