/* From a schema's JSON to nodes of keywords: one node a subschema, made when it is first met, so that recursion in the
 * schema becomes a ring of pointers. */
#include "wire/schema_part.h"

#include <stdarg.h>
#include <stdio.h>

void compile_fault(struct compilation *c, struct text keyword, const char *code, const char *format, ...) {
    char room[ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    struct text message = text_copy(c->arena, text_print(room, sizeof room, format, arguments));
    va_end(arguments);
    struct schema_fault fault = {.keyword = keyword, .code = code, .message = message};
    fault.at = keyword.length ? location_child(c->arena, c->current->at, keyword) : c->current->at;
    if (!schema_fault_add(c->faults, c->arena, &fault) && !c->faults->cut)
        c->failed = true;
    c->failed |= c->arena->failed;
}

static struct schema_node *node_for(struct compilation *c, const struct json *value, struct text base, struct text at) {
    struct schema_node *node = map_get(&c->nodes, text_span((const char *)&value, sizeof value));
    if (node)
        return node;
    node = arena_new(c->arena, struct schema_node);
    if (!node || text_is_none(at)) {
        c->failed = true;
        return NULL;
    }
    *node = (struct schema_node){.source = value, .at = at, .base = base};
    *(c->last ? &c->last->next : &c->first) = node;
    c->last = node;
    if (!map_put(&c->nodes, text_span((const char *)&node->source, sizeof node->source), node))
        c->failed = true;
    if (++c->node_count == SCHEMA_NODES_MOST + 1)
        compile_fault(c, TEXT(""), "schema_limit", "there are more than %d subschemas", SCHEMA_NODES_MOST);
    return node;
}

struct schema_node *compile_child(struct compilation *c, const struct json *value, struct text at) {
    const struct location *known = map_get(&c->index.by_value, text_span((const char *)&value, sizeof value));
    return node_for(c, value, known ? known->base : c->current->base, at);
}

struct schema_node *compile_location(struct compilation *c, const struct location *location) {
    return node_for(c, location->value, location->base, location->at);
}

static void check_draft(struct compilation *c, const struct json *schema) {
    struct text draft = json_get_text(schema, TEXT("$schema")), uri, fragment;
    if (text_is_none(draft))
        return;
    uri_split(draft, &uri, &fragment);
    if (fragment.length || !text_is(uri, schema_metaschema_uri))
        compile_fault(c, TEXT("$schema"), "schema_draft", "%.*s is not draft-07, the one draft spoken here; write %s#",
                      TEXT_ARG(draft), schema_metaschema_uri);
}

static void compile_node(struct compilation *c, struct schema_node *node) {
    c->current = node;
    switch (node->source->type) {
    case JSON_TRUE: node->verdict = NODE_ANYTHING; break;
    case JSON_FALSE: node->verdict = NODE_NOTHING; break;
    case JSON_OBJECT:
        node->verdict = NODE_KEYWORDS;
        check_draft(c, node->source);
        compile_keywords(c, node);
        if (node->keyword_count == 0)
            node->verdict = NODE_ANYTHING;
        break;
    default: compile_fault(c, TEXT(""), "schema_keyword_value", "a schema is an object, true or false");
    }
}

static const struct schema_node *ref_target(const struct schema_node *node) {
    bool is_ref = node && node->keyword_count == 1 && node->keywords[0].kind == KEYWORD_REF;
    return is_ref ? node->keywords[0].node : NULL;
}

/* Does the chain of references from `node` come back to it? Two walkers, one twice as quick, meet in a ring; then the
 * ring is searched. */
static bool is_in_ref_loop(const struct schema_node *node) {
    const struct schema_node *slow = node, *quick = ref_target(node);
    while (quick && quick != slow) {
        slow = ref_target(slow);
        quick = ref_target(ref_target(quick));
    }
    if (!quick)
        return false;
    for (slow = ref_target(quick); slow != quick && slow != node; slow = ref_target(slow))
        continue;
    return slow == node;
}

/* A `$ref` to a `$ref` to … itself would never say anything about a value. */
static void refuse_ref_loops(struct compilation *c) {
    for (struct schema_node *node = c->first; node && !c->failed; node = node->next) {
        if (!is_in_ref_loop(node))
            continue;
        c->current = node;
        compile_fault(c, TEXT("$ref"), "schema_ref_loop", "the reference leads back to itself");
    }
}

static enum outcome finish(struct compilation *c, struct error *error) {
    if (c->failed || c->index.failed)
        return error_no_memory(error);
    if (c->faults->count == 0)
        return OUTCOME_OK;
    const struct schema_fault *first = &c->faults->fault[0];
    return error_set(error, OUTCOME_REJECT, "schema_bad", "the schema has %zu faults, the first at \"%.*s\": %.*s",
                     c->faults->count, TEXT_ARG(first->at), TEXT_ARG(first->message));
}

static void compilation_free(struct compilation *c) {
    location_index_free(&c->index);
    map_free(&c->nodes);
    schema_free(c->schema);                  /* NULL when it was handed out */
}

static enum outcome compile_all(struct compilation *c, const struct json *document, struct error *error) {
    struct location root;
    if (location_index_init(&c->index, c->arena, document, c->options, c->faults, &root) != OUTCOME_OK)
        return error_no_memory(error);
    struct schema_node top = {.at = TEXT("")};
    c->current = &top;
    c->schema->root = compile_location(c, &root);
    for (struct schema_node *node = c->first; node && !c->failed && c->node_count <= SCHEMA_NODES_MOST;
         node = node->next)
        compile_node(c, node);
    if (!c->failed)
        refuse_ref_loops(c);
    return finish(c, error);
}

enum outcome schema_compile(struct arena *arena, const struct json *document, const struct schema_options *options,
                            struct schema_fault_list *faults, struct schema **ret, struct error *error) {
    static const struct schema_options plain;
    struct compilation c _cleanup_(compilation_free) = {.arena = arena, .options = options ? options : &plain};
    c.faults = faults ? faults : &c.own;
    c.faults->count = 0;
    c.faults->cut = false;
    c.schema = arena_new(arena, struct schema);
    if (!c.schema)
        return error_no_memory(error);
    c.schema->arena = arena;
    c.schema->steps_most = c.options->steps_most ? c.options->steps_most : SCHEMA_STEPS_MOST;
    enum outcome outcome = compile_all(&c, document, error);
    if (outcome == OUTCOME_OK) {
        *ret = c.schema;
        c.schema = NULL;
    }
    return outcome;
}
