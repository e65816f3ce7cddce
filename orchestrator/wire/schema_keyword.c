/* The keywords of draft-07, a row each: which values of the schema they take and what they become. */
#include "wire/schema_part.h"

#include <stdio.h>

#define MULTIPLE_DIGITS_MOST 18

const char *const schema_keyword_names[KEYWORD_KINDS] = {
    [KEYWORD_REF] = "$ref", [KEYWORD_TYPE] = "type", [KEYWORD_ENUM] = "enum", [KEYWORD_CONST] = "const",
    [KEYWORD_MINIMUM] = "minimum", [KEYWORD_MAXIMUM] = "maximum", [KEYWORD_EXCLUSIVE_MINIMUM] = "exclusiveMinimum",
    [KEYWORD_EXCLUSIVE_MAXIMUM] = "exclusiveMaximum", [KEYWORD_MULTIPLE_OF] = "multipleOf",
    [KEYWORD_MIN_LENGTH] = "minLength", [KEYWORD_MAX_LENGTH] = "maxLength", [KEYWORD_PATTERN] = "pattern",
    [KEYWORD_FORMAT] = "format", [KEYWORD_CONTENT_ENCODING] = "contentEncoding",
    [KEYWORD_CONTENT_MEDIA_TYPE] = "contentMediaType", [KEYWORD_ITEMS] = "items", [KEYWORD_CONTAINS] = "contains",
    [KEYWORD_MIN_ITEMS] = "minItems", [KEYWORD_MAX_ITEMS] = "maxItems", [KEYWORD_UNIQUE_ITEMS] = "uniqueItems",
    [KEYWORD_OBJECT] = "properties", [KEYWORD_MIN_PROPERTIES] = "minProperties",
    [KEYWORD_MAX_PROPERTIES] = "maxProperties", [KEYWORD_PROPERTY_NAMES] = "propertyNames",
    [KEYWORD_DEPENDENCIES] = "dependencies", [KEYWORD_ALL_OF] = "allOf", [KEYWORD_ANY_OF] = "anyOf",
    [KEYWORD_ONE_OF] = "oneOf", [KEYWORD_NOT] = "not", [KEYWORD_IF] = "if",
};

/* What one keyword is compiled from. */
struct clause { struct text name; const struct json *value; const struct json *schema; };

static bool bad_value(struct compilation *c, struct text name, const char *expected) {
    compile_fault(c, name, "schema_keyword_value", "the value of %.*s has to be %s", TEXT_ARG(name), expected);
    return false;
}
static struct text child_at(struct compilation *c, struct text name) {
    return location_child(c->arena, c->current->at, name);
}

static bool compile_type(struct compilation *c, const struct clause *clause, struct schema_keyword *k) {
    static const struct { const char *name; unsigned mask; } types[] = {
        {"null", ON_NULL}, {"boolean", ON_BOOLEAN}, {"number", ON_NUMBER},
        {"string", ON_STRING}, {"array", ON_ARRAY}, {"object", ON_OBJECT},
    };
    const char *expected = "the name of a type, or a list of different ones";
    bool list = clause->value->type == JSON_ARRAY, integer = false;
    uint32_t count = list ? clause->value->count : 1;
    for (uint32_t i = 0; i < count; i++) {
        const struct json *value = list ? json_at(clause->value, i) : clause->value;
        unsigned mask = 0;
        if (value->type != JSON_STRING)
            return bad_value(c, clause->name, expected);
        integer |= text_is(value->text, "integer");
        for (size_t t = 0; t < sizeof types / sizeof types[0]; t++)
            if (text_is(value->text, types[t].name))
                mask = types[t].mask;
        if (!mask && !text_is(value->text, "integer"))
            return bad_value(c, clause->name, expected);
        k->type.mask |= mask;
    }
    k->type.integer = integer && !(k->type.mask & ON_NUMBER);
    k->type.mask |= integer ? ON_NUMBER : 0;
    return count > 0 ? true : bad_value(c, clause->name, expected);
}

static bool compile_ref(struct compilation *c, const struct clause *clause, struct schema_keyword *k) {
    if (clause->value->type != JSON_STRING)
        return bad_value(c, clause->name, "a URI reference");
    struct location location;
    struct text reference = clause->value->text;
    const char *code = location_find(&c->index, c->current->base, reference, &location);
    if (code) {
        bool remote = strcmp(code, "schema_ref_remote") == 0;
        compile_fault(c, clause->name, code, remote ? "%.*s leads to a document that is not here; nothing is fetched"
                                                    : "%.*s: nothing is there", TEXT_ARG(reference));
        return false;
    }
    k->node = compile_location(c, &location);
    return true;
}

static bool compile_values(struct compilation *c, const struct clause *clause, struct schema_keyword *k) {
    bool is_const = text_is(clause->name, "const");
    bool empty = clause->value->count == 0 && c->options->strict;    /* draft-07 §6.1.2: SHOULD have one */
    if (!is_const && (clause->value->type != JSON_ARRAY || empty))
        return bad_value(c, clause->name, "a list of values");
    k->values = schema_values_make(c->arena, clause->value, !is_const);
    return true;
}

static bool compile_bound(struct compilation *c, const struct clause *clause, struct schema_keyword *k) {
    if (clause->value->type != JSON_NUMBER)
        return bad_value(c, clause->name, "a number");
    k->bound.text = clause->value->text;
    k->bound.is_whole = text_to_int64(clause->value->text, &k->bound.whole);
    return true;
}

static bool compile_multiple(struct compilation *c, const struct clause *clause, struct schema_keyword *k) {
    if (clause->value->type != JSON_NUMBER)
        return bad_value(c, clause->name, "a number above 0 with at most 18 digits");
    k->multiple.text = clause->value->text;
    k->multiple.step = decimal_read(clause->value->text);
    const struct decimal *step = &k->multiple.step;
    if (step->negative || step->digit_count == 0 || step->digit_count > MULTIPLE_DIGITS_MOST)
        return bad_value(c, clause->name, "a number above 0 with at most 18 digits");
    return true;
}

static bool compile_size(struct compilation *c, const struct clause *clause, struct schema_keyword *k) {
    int64_t size;
    if (clause->value->type != JSON_NUMBER || !json_to_int64(clause->value, &size) || size < 0)
        return bad_value(c, clause->name, "a whole number, 0 or more");
    k->size = (uint64_t)size;
    return true;
}

static bool compile_regex(struct compilation *c, const struct clause *clause, struct schema_keyword *k) {
    if (clause->value->type != JSON_STRING)
        return bad_value(c, clause->name, "a regular expression");
    k->pattern = compile_pattern(c, clause->name, clause->value->text);
    return k->pattern != NULL;
}

static bool compile_format(struct compilation *c, const struct clause *clause, struct schema_keyword *k) {
    if (clause->value->type != JSON_STRING)
        return bad_value(c, clause->name, "the name of a format");
    k->format = format_find(clause->value->text);
    if (!k->format && c->options->strict)
        compile_fault(c, clause->name, "schema_format_unknown", "there is no format \"%.*s\"",
                      TEXT_ARG(clause->value->text));
    return k->format != NULL;
}

static bool compile_content(struct compilation *c, const struct clause *clause, struct schema_keyword *k) {
    if (clause->value->type != JSON_STRING)
        return bad_value(c, clause->name, "a string");
    struct text encoding = json_get_text(clause->schema, TEXT("contentEncoding")), name = clause->value->text;
    k->decode_first = text_is(encoding, "base64");
    if (k->kind == KEYWORD_CONTENT_ENCODING)
        return text_is(name, "base64");
    return text_is(name, "application/json") && (k->decode_first || text_is_none(encoding));
}

static bool compile_nodes(struct compilation *c, struct text name, const struct json *list, struct schema_nodes *ret) {
    struct text at = child_at(c, name);
    ret->node = arena_new_array(c->arena, list->count, struct schema_node *);
    ret->count = ret->node ? list->count : 0;
    for (uint32_t i = 0; i < ret->count; i++) {
        char number[16];
        struct text key = text_span(number, (size_t)snprintf(number, sizeof number, "%u", i));
        ret->node[i] = compile_child(c, json_at(list, i), location_child(c->arena, at, key));
    }
    c->failed |= c->arena->failed;
    return !c->failed;
}

/* items with additionalItems */
static bool compile_items(struct compilation *c, const struct clause *clause, struct schema_keyword *k) {
    if (clause->value->type != JSON_ARRAY) {
        k->items.rest = compile_child(c, clause->value, child_at(c, clause->name));
        return true;
    }
    const struct json *rest = json_get_string(clause->schema, "additionalItems");
    if (rest)
        k->items.rest = compile_child(c, rest, child_at(c, TEXT("additionalItems")));
    return compile_nodes(c, clause->name, clause->value, &k->items.first);
}

static bool compile_single(struct compilation *c, const struct clause *clause, struct schema_keyword *k) {
    k->node = compile_child(c, clause->value, child_at(c, clause->name));
    return true;
}

static bool compile_flag(struct compilation *c, const struct clause *clause, struct schema_keyword *k) {
    (void)k;
    if (clause->value->type != JSON_TRUE && clause->value->type != JSON_FALSE)
        return bad_value(c, clause->name, "true or false");
    return json_is_true(clause->value);
}

static bool compile_list(struct compilation *c, const struct clause *clause, struct schema_keyword *k) {
    if (clause->value->type != JSON_ARRAY || clause->value->count == 0)
        return bad_value(c, clause->name, "a list of schemas");
    return compile_nodes(c, clause->name, clause->value, &k->nodes);
}

static bool compile_branch(struct compilation *c, const struct clause *clause, struct schema_keyword *k) {
    const struct json *then = json_get_string(clause->schema, "then");
    const struct json *otherwise = json_get_string(clause->schema, "else");
    k->branch.test = compile_child(c, clause->value, child_at(c, clause->name));
    k->branch.then = then ? compile_child(c, then, child_at(c, TEXT("then"))) : NULL;
    k->branch.otherwise = otherwise ? compile_child(c, otherwise, child_at(c, TEXT("else"))) : NULL;
    return then || otherwise;
}

static bool is_list_of_names(const struct json *value) {
    for (uint32_t i = 0; i < value->count; i++)
        if (value->type != JSON_ARRAY || json_at(value, i)->type != JSON_STRING)
            return false;
    return value->type == JSON_ARRAY;
}

static bool compile_dependencies(struct compilation *c, const struct clause *clause, struct schema_keyword *k) {
    if (clause->value->type != JSON_OBJECT)
        return bad_value(c, clause->name, "an object of schemas or of lists of names");
    struct schema_dependency *list = arena_new_array(c->arena, clause->value->count, struct schema_dependency);
    struct text at = child_at(c, clause->name);
    for (uint32_t i = 0; list && i < clause->value->count; i++) {
        const struct json_member *member = &clause->value->children[i];
        list[i].key = member->key;
        if (member->value.type != JSON_ARRAY)
            list[i].node = compile_child(c, &member->value, location_child(c->arena, at, member->key));
        else if (is_list_of_names(&member->value))
            list[i].names = &member->value;
        else
            return bad_value(c, clause->name, "an object of schemas or of lists of names");
    }
    k->dependencies.dependency = list;
    k->dependencies.count = clause->value->count;
    return true;
}

/* Each returns whether the keyword has something to check. */
static const struct row {
    enum schema_keyword_kind kind;
    unsigned applies;
    bool (*compile)(struct compilation *, const struct clause *, struct schema_keyword *);
} rows[] = {                                            /* in the order of checking: what is quick first */
    {KEYWORD_TYPE, ON_ALL, compile_type},
    {KEYWORD_CONST, ON_ALL, compile_values},
    {KEYWORD_ENUM, ON_ALL, compile_values},
    {KEYWORD_MINIMUM, ON_NUMBER, compile_bound},
    {KEYWORD_MAXIMUM, ON_NUMBER, compile_bound},
    {KEYWORD_EXCLUSIVE_MINIMUM, ON_NUMBER, compile_bound},
    {KEYWORD_EXCLUSIVE_MAXIMUM, ON_NUMBER, compile_bound},
    {KEYWORD_MULTIPLE_OF, ON_NUMBER, compile_multiple},
    {KEYWORD_MIN_LENGTH, ON_STRING, compile_size},
    {KEYWORD_MAX_LENGTH, ON_STRING, compile_size},
    {KEYWORD_FORMAT, ON_STRING, compile_format},
    {KEYWORD_PATTERN, ON_STRING, compile_regex},
    {KEYWORD_CONTENT_ENCODING, ON_STRING, compile_content},
    {KEYWORD_CONTENT_MEDIA_TYPE, ON_STRING, compile_content},
    {KEYWORD_MIN_ITEMS, ON_ARRAY, compile_size},
    {KEYWORD_MAX_ITEMS, ON_ARRAY, compile_size},
    {KEYWORD_ITEMS, ON_ARRAY, compile_items},
    {KEYWORD_CONTAINS, ON_ARRAY, compile_single},
    {KEYWORD_UNIQUE_ITEMS, ON_ARRAY, compile_flag},
    {KEYWORD_MIN_PROPERTIES, ON_OBJECT, compile_size},
    {KEYWORD_MAX_PROPERTIES, ON_OBJECT, compile_size},
    {KEYWORD_PROPERTY_NAMES, ON_OBJECT, compile_single},
    {KEYWORD_DEPENDENCIES, ON_OBJECT, compile_dependencies},
    {KEYWORD_ALL_OF, ON_ALL, compile_list},
    {KEYWORD_ANY_OF, ON_ALL, compile_list},
    {KEYWORD_ONE_OF, ON_ALL, compile_list},
    {KEYWORD_NOT, ON_ALL, compile_single},
    {KEYWORD_IF, ON_ALL, compile_branch},
};
#define ROW_COUNT (sizeof rows / sizeof rows[0])

/* Known, but compiled with others or only read by people. */
static const char *const other_keywords[] = {
    "properties", "patternProperties", "additionalProperties", "required", "additionalItems", "then", "else",
    "$ref", "$schema", "$id", "$comment", "definitions", "title", "description", "default", "examples", "readOnly",
    "writeOnly",
};

bool schema_keyword_is_known(struct text name) {
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (text_is(name, schema_keyword_names[rows[i].kind]))
            return true;
    for (size_t i = 0; i < sizeof other_keywords / sizeof other_keywords[0]; i++)
        if (text_is(name, other_keywords[i]))
            return true;
    return text_starts_with(name, "x-");
}

static const char *nearest_keyword(struct text name) {
    const char *nearest = NULL;
    unsigned least = 3;
    for (size_t i = 0; i < ROW_COUNT + sizeof other_keywords / sizeof other_keywords[0]; i++) {
        const char *known = i < ROW_COUNT ? schema_keyword_names[rows[i].kind] : other_keywords[i - ROW_COUNT];
        unsigned distance = text_distance(name, text_from(known), 2);
        if (distance < least) {
            least = distance;
            nearest = known;
        }
    }
    return nearest;
}

static void refuse_unknown(struct compilation *c, const struct json *schema) {
    for (uint32_t i = 0; i < schema->count; i++) {
        struct text name = schema->children[i].key;
        if (schema_keyword_is_known(name))
            continue;
        const char *nearest = nearest_keyword(name);
        compile_fault(c, name, "schema_keyword_unknown", "draft-07 has no keyword \"%.*s\"%s%s%s", TEXT_ARG(name),
                      nearest ? "; is \"" : " (names of one's own begin with x-)", nearest ? nearest : "",
                      nearest ? "\" meant?" : "");
    }
}

/* What nothing refers to is compiled too: it should be right before somebody refers to it. */
static void compile_definitions(struct compilation *c, const struct json *schema) {
    const struct json *definitions = json_get_string(schema, "definitions");
    struct text name = TEXT("definitions"), at = definitions ? child_at(c, name) : TEXT_NONE;
    if (definitions && definitions->type != JSON_OBJECT)
        bad_value(c, name, "an object of schemas");
    for (uint32_t i = 0; definitions && definitions->type == JSON_OBJECT && i < definitions->count; i++)
        compile_child(c, &definitions->children[i].value, location_child(c->arena, at, definitions->children[i].key));
}

static bool has_object_keywords(const struct json *schema) {
    return json_get_string(schema, "properties") || json_get_string(schema, "patternProperties") ||
           json_get_string(schema, "additionalProperties") || json_get_string(schema, "required");
}

void compile_keywords(struct compilation *c, struct schema_node *node) {
    const struct json *schema = node->source, *ref = json_get_string(schema, "$ref");
    node->keywords = arena_new_array(c->arena, ref ? 1 : ROW_COUNT + 1 < schema->count + 1 ? ROW_COUNT + 1
                                                                                         : schema->count + 1,
                                     struct schema_keyword);
    if (!node->keywords) {
        c->failed = true;
        return;
    }
    if (c->options->strict)
        refuse_unknown(c, schema);
    struct schema_keyword *next = node->keywords;
    if (ref) {                                          /* draft-07 §8.3: what stands beside it is ignored */
        *next = (struct schema_keyword){.kind = KEYWORD_REF, .applies = ON_ALL};
        struct clause clause = {TEXT("$ref"), ref, schema};
        node->keyword_count = compile_ref(c, &clause, next);
        return;
    }
    for (size_t i = 0; i < ROW_COUNT; i++) {
        struct clause clause = {.name = text_from(schema_keyword_names[rows[i].kind]), .schema = schema};
        clause.value = json_get(schema, clause.name);
        *next = (struct schema_keyword){.kind = rows[i].kind, .applies = rows[i].applies};
        if (clause.value && rows[i].compile(c, &clause, next))
            next++;
        if (rows[i].kind == KEYWORD_UNIQUE_ITEMS && has_object_keywords(schema)) {
            *next = (struct schema_keyword){.kind = KEYWORD_OBJECT, .applies = ON_OBJECT};
            compile_object(c, node, next++);
        }
    }
    node->keyword_count = (uint32_t)(next - node->keywords);
    compile_definitions(c, schema);
    c->failed |= c->arena->failed;
}
