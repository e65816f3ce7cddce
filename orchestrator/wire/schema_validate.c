/* One walk over document and schema together: every keyword says yes or notes why not, and all work is counted. */
#include "wire/schema_part.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- faults ---- */

static struct text path_text(struct arena *arena, const struct instance_path *path) {
    const struct instance_path *chain[SCHEMA_DEPTH_MOST];
    size_t length = 0;
    for (; path->up && length < SCHEMA_DEPTH_MOST; path = path->up)
        chain[length++] = path;
    struct text at = TEXT("");
    while (length > 0 && !text_is_none(at)) {
        const struct instance_path *step = chain[--length];
        char number[24];
        struct text key = step->key;
        if (text_is_none(key))
            key = text_span(number, (size_t)snprintf(number, sizeof number, "%zu", step->index));
        at = location_child(arena, at, key);
    }
    return at;
}

static bool add_fault(struct validation *v, const struct instance_path *path, struct text keyword, const char *code,
                      struct text property, struct text message) {
    struct schema_fault fault = {.at = path_text(v->scratch, path), .keyword = keyword, .code = code,
                                 .property = property, .message = message};
    if (text_is_none(fault.at) || text_is_none(message)) {
        v->no_memory = v->stopped = true;
    } else if (!schema_fault_add(v->faults, v->scratch, &fault)) {
        v->no_memory |= !v->faults->cut;
        v->stopped = true;
    }
    return false;
}

bool validate_fault(struct validation *v, const struct instance_path *path, enum schema_keyword_kind kind,
                    struct text property, const char *format, ...) {
    if (v->quiet || !v->faults)
        return false;
    char room[ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    struct text message = text_copy(v->scratch, text_print(room, sizeof room, format, arguments));
    va_end(arguments);
    bool missing = kind == KEYWORD_OBJECT;
    struct text keyword = missing ? TEXT("required") : kind == KEYWORD_KINDS ? TEXT("additionalProperties")
                                                                             : text_from(schema_keyword_names[kind]);
    return add_fault(v, path, keyword, "schema_mismatch", property, message);
}

bool validate_exceeded(struct validation *v) {
    v->exceeded = v->stopped = true;
    return false;
}

/* ---- scalars ---- */

static const char *const type_names[] = {"null", "boolean", "boolean", "number", "string", "array", "object"};

static struct text type_list(struct validation *v, const struct schema_keyword *k) {
    struct text list = TEXT("");
    for (int type = JSON_NULL; type <= JSON_OBJECT; type++) {
        if (!(k->type.mask >> type & 1) || type == JSON_TRUE)
            continue;
        const char *name = type == JSON_NUMBER && k->type.integer ? "whole number" : type_names[type];
        list = text_format(v->scratch, "%.*s%s%s", TEXT_ARG(list), list.length ? " or " : "", name);
    }
    return list;
}

static bool check_type(struct validation *v, const struct schema_keyword *k, const struct json *value,
                       const struct instance_path *path) {
    bool fits = k->type.mask >> value->type & 1;
    if (fits && (value->type != JSON_NUMBER || !k->type.integer || decimal_is_integer(value->text)))
        return true;
    if (v->quiet || !v->faults)
        return false;
    struct text expected = type_list(v, k);
    return validate_fault(v, path, k->kind, TEXT_NONE, "expected is %.*s; this is %s", TEXT_ARG(expected),
                          fits ? "a number with a fraction" : type_names[value->type]);
}

static bool check_values(struct validation *v, const struct schema_keyword *k, const struct json *value,
                         const struct instance_path *path) {
    if (schema_values_has(&k->values, value))
        return true;
    bool is_const = k->kind == KEYWORD_CONST;
    const struct json *only = &k->values.value[0];
    if (is_const && (only->type == JSON_STRING || only->type == JSON_NUMBER))
        return validate_fault(v, path, k->kind, TEXT_NONE, "the only value allowed here is %.*s",
                              TEXT_ARG(only->text));
    return validate_fault(v, path, k->kind, TEXT_NONE, is_const ? "this is not the one value allowed here"
                                                                : "this is none of the %u values allowed here",
                          k->values.count);
}

static bool check_bound(struct validation *v, const struct schema_keyword *k, const struct json *value,
                        const struct instance_path *path) {
    static const char *const words[] = {"at least", "at most", "more than", "less than"};
    int64_t whole;
    int order = k->bound.is_whole && value->text.length <= 18 && text_to_int64(value->text, &whole)
                    ? (whole > k->bound.whole) - (whole < k->bound.whole)
                    : json_number_compare(value->text, k->bound.text);
    bool fits = k->kind == KEYWORD_MINIMUM             ? order >= 0
                : k->kind == KEYWORD_MAXIMUM           ? order <= 0
                : k->kind == KEYWORD_EXCLUSIVE_MINIMUM ? order > 0
                                                       : order < 0;
    return fits ? true : validate_fault(v, path, k->kind, TEXT_NONE, "the number has to be %s %.*s",
                                        words[k->kind - KEYWORD_MINIMUM], TEXT_ARG(k->bound.text));
}

static bool check_multiple(struct validation *v, const struct schema_keyword *k, const struct json *value,
                           const struct instance_path *path) {
    return decimal_is_multiple(value->text, &k->multiple.step)
               ? true
               : validate_fault(v, path, k->kind, TEXT_NONE, "the number has to be a multiple of %.*s",
                                TEXT_ARG(k->multiple.text));
}

static bool check_size(struct validation *v, const struct schema_keyword *k, const struct json *value,
                       const struct instance_path *path) {
    static const char *const things[] = {[JSON_STRING] = "character", [JSON_ARRAY] = "element",
                                         [JSON_OBJECT] = "property"};
    bool least = k->kind == KEYWORD_MIN_LENGTH || k->kind == KEYWORD_MIN_ITEMS || k->kind == KEYWORD_MIN_PROPERTIES;
    size_t size = value->count;
    if (value->type == JSON_STRING) {
        /* between a quarter of its bytes and all of them: often that is answer enough */
        size_t bytes = value->text.length;
        if (least ? bytes / 4 >= k->size : bytes <= k->size)
            return true;
        size = text_code_points(value->text);
    }
    if (least ? size >= k->size : size <= k->size)
        return true;
    return validate_fault(v, path, k->kind, TEXT_NONE, "%s %llu %s%s expected; there %s %zu",
                          least ? "at least" : "at most", (unsigned long long)k->size, things[value->type],
                          k->size == 1 ? " is" : value->type == JSON_OBJECT ? " names are" : "s are",
                          size == 1 ? "is" : "are", size);
}

static bool check_pattern(struct validation *v, const struct schema_keyword *k, const struct json *value,
                          const struct instance_path *path) {
    if (validate_pattern(v, k->pattern, value->text) || v->stopped)
        return !v->stopped;
    return validate_fault(v, path, k->kind, TEXT_NONE, "the text does not have the form %.*s",
                          TEXT_ARG(k->pattern->source));
}

static bool check_format(struct validation *v, const struct schema_keyword *k, const struct json *value,
                         const struct instance_path *path) {
    const char *why = "";
    return k->format->check(value->text, &why)
               ? true
               : validate_fault(v, path, k->kind, TEXT_NONE, "this is no %s: %s", k->format->name, why);
}

/* ---- arrays ---- */

static bool check_items(struct validation *v, const struct schema_keyword *k, const struct json *value,
                        const struct instance_path *path) {
    bool valid = true, hurry = v->quiet || !v->faults;
    uint32_t count = k->items.rest || value->count < k->items.first.count ? value->count : k->items.first.count;
    for (uint32_t i = 0; i < count && !v->stopped && (valid || !hurry); i++) {
        struct instance_path here = {.up = path, .index = i};
        const struct schema_node *node = i < k->items.first.count ? k->items.first.node[i] : k->items.rest;
        valid &= validate_node(v, node, &value->children[i].value, &here);
    }
    return valid;
}

static bool check_contains(struct validation *v, const struct schema_keyword *k, const struct json *value,
                           const struct instance_path *path) {
    bool found = false;
    v->quiet++;
    for (uint32_t i = 0; i < value->count && !found && !v->stopped; i++) {
        struct instance_path here = {.up = path, .index = i};
        found = validate_node(v, k->node, &value->children[i].value, &here);
    }
    v->quiet--;
    return found ? true : validate_fault(v, path, k->kind, TEXT_NONE, "no element is of the kind that has to be there");
}

static bool check_unique(struct validation *v, const struct schema_keyword *k, const struct json *value,
                         const struct instance_path *path) {
    uint32_t first, second;
    if (schema_find_twins(value, v->scratch, &v->steps, &first, &second))
        return validate_fault(v, path, k->kind, TEXT_NONE, "the elements %u and %u are equal; all have to differ",
                              first, second);
    if (v->scratch->failed)
        v->no_memory = v->stopped = true;
    return v->steps > 0 ? true : validate_exceeded(v);
}

/* ---- objects ---- */

static bool check_property_names(struct validation *v, const struct schema_keyword *k, const struct json *value,
                                 const struct instance_path *path) {
    bool valid = true;
    for (uint32_t i = 0; i < value->count && !v->stopped; i++) {
        struct text key = value->children[i].key;
        struct json name = json_string(key);
        v->quiet++;
        bool fits = validate_node(v, k->node, &name, path);
        v->quiet--;
        if (!fits)
            valid = validate_fault(v, path, k->kind, key, "the name \"%.*s\" may not stand here", TEXT_ARG(key));
    }
    return valid;
}

static bool check_dependencies(struct validation *v, const struct schema_keyword *k, const struct json *value,
                               const struct instance_path *path) {
    bool valid = true;
    for (uint32_t i = 0; i < k->dependencies.count && !v->stopped; i++) {
        const struct schema_dependency *dependency = &k->dependencies.dependency[i];
        if (!json_get(value, dependency->key))
            continue;
        if (dependency->node)
            valid &= validate_node(v, dependency->node, value, path);
        for (uint32_t n = 0; dependency->names && n < dependency->names->count; n++) {
            struct text name = json_at(dependency->names, n)->text;
            if (!json_get(value, name))
                valid = validate_fault(v, path, k->kind, name, "with \"%.*s\" there has to be \"%.*s\" too",
                                       TEXT_ARG(dependency->key), TEXT_ARG(name));
        }
    }
    return valid;
}

/* ---- combinations ---- */

static bool check_ref(struct validation *v, const struct schema_keyword *k, const struct json *value,
                      const struct instance_path *path) {
    return validate_node(v, k->node, value, path);
}

static bool check_all_of(struct validation *v, const struct schema_keyword *k, const struct json *value,
                         const struct instance_path *path) {
    bool valid = true;
    for (uint32_t i = 0; i < k->nodes.count && !v->stopped; i++)
        valid &= validate_node(v, k->nodes.node[i], value, path);
    return valid;
}

static uint32_t count_matches(struct validation *v, const struct schema_keyword *k, const struct json *value,
                              const struct instance_path *path, uint32_t enough) {
    uint32_t matches = 0;
    v->quiet++;
    for (uint32_t i = 0; i < k->nodes.count && matches < enough && !v->stopped; i++)
        matches += validate_node(v, k->nodes.node[i], value, path);
    v->quiet--;
    return matches;
}

/* None of the alternatives fits. What is wrong with the one that got farthest is most likely what is to be mended. */
static bool report_no_match(struct validation *v, const struct schema_keyword *k, const struct json *value,
                            const struct instance_path *path) {
    if (v->quiet || !v->faults || v->stopped)
        return false;
    struct schema_fault nearest = {.message = TEXT_NONE};
    struct schema_fault_list *faults = v->faults;
    for (uint32_t i = 0; i < k->nodes.count && !v->stopped; i++) {
        struct schema_fault_list list = {.most = 1};
        v->faults = &list;
        validate_node(v, k->nodes.node[i], value, path);
        v->stopped = v->exceeded || v->no_memory;           /* a full list of one is no reason to stop */
        if (list.count && (text_is_none(nearest.message) || list.fault[0].at.length > nearest.at.length))
            nearest = list.fault[0];
    }
    v->faults = faults;
    return validate_fault(v, path, k->kind, TEXT_NONE, "this fits none of the %u forms allowed here; the nearest: "
                          "at \"%.*s\", %.*s", k->nodes.count, TEXT_ARG(nearest.at), TEXT_ARG(nearest.message));
}

static bool check_any_of(struct validation *v, const struct schema_keyword *k, const struct json *value,
                         const struct instance_path *path) {
    return count_matches(v, k, value, path, 1) ? true : report_no_match(v, k, value, path);
}

static bool check_one_of(struct validation *v, const struct schema_keyword *k, const struct json *value,
                         const struct instance_path *path) {
    uint32_t matches = count_matches(v, k, value, path, 2);
    if (matches == 0)
        return report_no_match(v, k, value, path);
    return matches == 1 ? true : validate_fault(v, path, k->kind, TEXT_NONE,
                                                "this fits more than one of the %u forms; exactly one is allowed",
                                                k->nodes.count);
}

static bool check_not(struct validation *v, const struct schema_keyword *k, const struct json *value,
                      const struct instance_path *path) {
    v->quiet++;
    bool matches = validate_node(v, k->node, value, path);
    v->quiet--;
    return matches ? validate_fault(v, path, k->kind, TEXT_NONE, "this has the form that is forbidden here") : true;
}

static bool check_branch(struct validation *v, const struct schema_keyword *k, const struct json *value,
                         const struct instance_path *path) {
    v->quiet++;
    bool matches = validate_node(v, k->branch.test, value, path);
    v->quiet--;
    const struct schema_node *next = matches ? k->branch.then : k->branch.otherwise;
    return next && !v->stopped ? validate_node(v, next, value, path) : true;
}

/* ---- the walk ---- */

static bool (*const checks[KEYWORD_KINDS])(struct validation *, const struct schema_keyword *, const struct json *,
                                           const struct instance_path *) = {
    [KEYWORD_REF] = check_ref, [KEYWORD_TYPE] = check_type, [KEYWORD_ENUM] = check_values,
    [KEYWORD_CONST] = check_values, [KEYWORD_MINIMUM] = check_bound, [KEYWORD_MAXIMUM] = check_bound,
    [KEYWORD_EXCLUSIVE_MINIMUM] = check_bound, [KEYWORD_EXCLUSIVE_MAXIMUM] = check_bound,
    [KEYWORD_MULTIPLE_OF] = check_multiple, [KEYWORD_MIN_LENGTH] = check_size, [KEYWORD_MAX_LENGTH] = check_size,
    [KEYWORD_PATTERN] = check_pattern, [KEYWORD_FORMAT] = check_format, [KEYWORD_CONTENT_ENCODING] = validate_content,
    [KEYWORD_CONTENT_MEDIA_TYPE] = validate_content, [KEYWORD_ITEMS] = check_items,
    [KEYWORD_CONTAINS] = check_contains, [KEYWORD_MIN_ITEMS] = check_size, [KEYWORD_MAX_ITEMS] = check_size,
    [KEYWORD_UNIQUE_ITEMS] = check_unique, [KEYWORD_OBJECT] = validate_object, [KEYWORD_MIN_PROPERTIES] = check_size,
    [KEYWORD_MAX_PROPERTIES] = check_size, [KEYWORD_PROPERTY_NAMES] = check_property_names,
    [KEYWORD_DEPENDENCIES] = check_dependencies, [KEYWORD_ALL_OF] = check_all_of, [KEYWORD_ANY_OF] = check_any_of,
    [KEYWORD_ONE_OF] = check_one_of, [KEYWORD_NOT] = check_not, [KEYWORD_IF] = check_branch,
};

bool validate_node(struct validation *v, const struct schema_node *node, const struct json *value,
                   const struct instance_path *path) {
    if (node->verdict == NODE_ANYTHING)
        return true;
    if (v->steps == 0 || v->depth == SCHEMA_DEPTH_MOST)
        return validate_exceeded(v);
    v->steps--;
    if (node->verdict == NODE_NOTHING)
        return validate_fault(v, path, KEYWORD_NOT, TEXT_NONE, "nothing may stand here");
    v->depth++;
    bool valid = true, hurry = v->quiet || !v->faults;
    unsigned bit = 1u << value->type;
    for (uint32_t i = 0; i < node->keyword_count && !v->stopped && (valid || !hurry); i++) {
        const struct schema_keyword *keyword = &node->keywords[i];
        if (!(keyword->applies & bit))
            continue;
        bool fits = checks[keyword->kind](v, keyword, value, path);
        valid &= fits;
        if (!fits && keyword->kind == KEYWORD_TYPE)      /* what else to say of a value of the wrong type? */
            break;
    }
    v->depth--;
    return valid && !v->stopped;
}

static enum outcome validate_from(const struct schema *schema, const struct schema_node *root,
                                  const struct json *value, struct arena *scratch, struct schema_fault_list *faults) {
    struct validation v = {.schema = schema, .scratch = scratch, .faults = faults, .steps = schema->steps_most};
    struct instance_path top = {.up = NULL};
    bool valid = validate_node(&v, root, value, &top);
    if (v.exceeded && faults && !v.no_memory)
        add_fault(&v, &top, TEXT(""), "schema_work", TEXT_NONE,
                  TEXT("whether the document is valid could not be decided within the limits of work"));
    pcre2_match_data_free(v.match);
    if (v.no_memory || scratch->failed)
        return OUTCOME_FATAL;
    return valid && !v.stopped ? OUTCOME_OK : OUTCOME_REJECT;
}

enum outcome schema_node_validate(const struct schema *schema, const struct schema_node *node,
                                  const struct json *value, struct arena *scratch) {
    return validate_from(schema, node, value, scratch, NULL);
}

enum outcome schema_validate(const struct schema *schema, const struct json *value, struct arena *scratch,
                             struct schema_fault_list *faults) {
    if (faults) {
        faults->count = 0;
        faults->cut = false;
    }
    return validate_from(schema, schema->root, value, scratch, faults);
}
