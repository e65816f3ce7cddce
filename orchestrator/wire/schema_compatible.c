/* Does a new version of a schema still take everything that the old one took? What cannot be shown counts as no. */
#include "wire/schema_compatible.h"

#include <stdarg.h>
#include <stdio.h>

bool comparison_fault(struct comparison *c, struct text keyword, const char *code, struct text property,
                      const char *format, ...) {
    if (c->quiet || !c->faults)
        return false;
    char room[ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    struct text message = text_copy(c->scratch, text_print(room, sizeof room, format, arguments));
    va_end(arguments);
    struct schema_fault fault = {.at = c->current->at, .keyword = keyword, .code = code, .property = property,
                                 .message = message};
    if (text_is_none(fault.message) || !schema_fault_add(c->faults, c->scratch, &fault)) {
        c->no_memory |= text_is_none(fault.message) || !c->faults->cut;
        c->stopped = true;
    }
    return false;
}

static bool narrowed(struct comparison *c, const struct schema_keyword *k, const char *what) {
    return comparison_fault(c, text_from(schema_keyword_names[k->kind]), "schema_narrowed", TEXT_NONE, "%s", what);
}
static bool unclear(struct comparison *c, const struct schema_keyword *k) {
    return comparison_fault(c, text_from(schema_keyword_names[k->kind]), "schema_unclear", TEXT_NONE,
                            "it can't be shown that this takes everything the old schema took");
}

void facts_add(struct facts *facts, const struct schema_node *node) {
    for (unsigned i = 0; i < facts->count; i++)
        if (facts->node[i] == node)
            return;
    if (node->verdict == NODE_ANYTHING || facts->count == FACTS_MOST)
        return;
    facts->node[facts->count++] = node;
    for (uint32_t i = 0; i < node->keyword_count; i++) {
        const struct schema_keyword *k = &node->keywords[i];
        if (k->kind == KEYWORD_REF)
            facts_add(facts, k->node);
        for (uint32_t n = 0; k->kind == KEYWORD_ALL_OF && n < k->nodes.count; n++)
            facts_add(facts, k->nodes.node[n]);
    }
}

static bool facts_impossible(const struct facts *facts) {
    for (unsigned i = 0; i < facts->count; i++)
        if (facts->node[i]->verdict == NODE_NOTHING)
            return true;
    return false;
}

/* The types that the facts leave. *integer: numbers are whole. */
static unsigned facts_types(const struct facts *facts, bool *integer) {
    unsigned mask = ON_ALL;
    *integer = false;
    facts_each(facts, KEYWORD_TYPE, type) {
        mask &= type->type.mask;
        *integer |= type->type.integer;
    }
    return mask;
}

static bool node_takes(struct comparison *c, const struct schema_node *node, const struct json *value) {
    return schema_node_validate(c->after, node, value, c->scratch) == OUTCOME_OK;
}

/* The values that an enum or const leaves; NULL when the facts have none. */
static const struct schema_values *facts_values(const struct facts *facts) {
    const struct schema_values *least = NULL;
    facts_each(facts, KEYWORD_ENUM, list) least = !least || list->values.count < least->count ? &list->values : least;
    facts_each(facts, KEYWORD_CONST, one) least = &one->values;
    return least;
}

static bool fulfils(struct comparison *c, const struct facts *facts, const struct json *value) {
    for (unsigned i = 0; i < facts->count; i++)
        if (!node_takes(c, facts->node[i], value))
            return false;
    return true;
}

/* The facts leave a list of values: ask each of them. */
static bool values_fit(struct comparison *c, const struct facts *facts, const struct schema_values *values,
                       const struct schema_node *node) {
    for (uint32_t i = 0; i < values->count; i++) {
        const struct json *value = &values->value[i];
        if (node_takes(c, node, value) || !fulfils(c, facts, value))
            continue;
        bool shown = value->type == JSON_STRING || value->type == JSON_NUMBER;
        return comparison_fault(c, TEXT("enum"), "schema_narrowed", TEXT_NONE,
                                "a value that was allowed is not any more%s%.*s", shown ? ": " : "",
                                TEXT_ARG(shown ? value->text : TEXT("")));
    }
    return true;
}

/* ---- single keywords ---- */

static bool implies_type(struct comparison *c, const struct facts *facts, const struct schema_keyword *k) {
    bool integer;
    unsigned mask = facts_types(facts, &integer);
    if (mask & ~k->type.mask)
        return narrowed(c, k, "a type that was allowed is not any more");
    bool whole = !(mask & ON_NUMBER) || !k->type.integer || integer;
    return whole ? true : narrowed(c, k, "numbers with a fraction were allowed and are not any more");
}

static bool implies_values(struct comparison *c, const struct facts *facts, const struct schema_keyword *k) {
    static const enum json_type small[] = {JSON_NULL, JSON_FALSE, JSON_TRUE};
    bool integer;
    unsigned mask = facts_types(facts, &integer);
    bool listed = !(mask & ~(unsigned)(ON_NULL | ON_BOOLEAN));
    for (size_t i = 0; i < 3 && listed; i++) {
        struct json value = {.type = small[i]};
        listed = !(mask >> small[i] & 1) || schema_values_has(&k->values, &value);
    }
    return listed ? true : narrowed(c, k, "only some values are allowed now");
}

/* `sign` 1 for lower bounds, −1 for upper ones; a bound of the facts holds when it is as tight. */
static bool implies_bound(struct comparison *c, const struct facts *facts, const struct schema_keyword *k) {
    bool lower = k->kind == KEYWORD_MINIMUM || k->kind == KEYWORD_EXCLUSIVE_MINIMUM;
    bool exclusive = k->kind == KEYWORD_EXCLUSIVE_MINIMUM || k->kind == KEYWORD_EXCLUSIVE_MAXIMUM;
    int sign = lower ? 1 : -1;
    facts_each(facts, lower ? KEYWORD_MINIMUM : KEYWORD_MAXIMUM, with)
        if (json_number_compare(with->bound.text, k->bound.text) * sign >= (exclusive ? 1 : 0))
            return true;
    facts_each(facts, lower ? KEYWORD_EXCLUSIVE_MINIMUM : KEYWORD_EXCLUSIVE_MAXIMUM, without)
        if (json_number_compare(without->bound.text, k->bound.text) * sign >= 0)
            return true;
    return narrowed(c, k, "the range of numbers is smaller than it was");
}

static bool implies_multiple(struct comparison *c, const struct facts *facts, const struct schema_keyword *k) {
    bool integer;
    facts_types(facts, &integer);
    if (integer && decimal_is_multiple(TEXT("1"), &k->multiple.step))
        return true;
    facts_each(facts, KEYWORD_MULTIPLE_OF, old)
        if (decimal_is_multiple(old->multiple.text, &k->multiple.step))
            return true;
    return narrowed(c, k, "only multiples are allowed now");
}

static bool implies_size(struct comparison *c, const struct facts *facts, const struct schema_keyword *k) {
    bool least = k->kind == KEYWORD_MIN_LENGTH || k->kind == KEYWORD_MIN_ITEMS || k->kind == KEYWORD_MIN_PROPERTIES;
    if (least && k->size == 0)
        return true;
    facts_each(facts, k->kind, old)
        if (least ? old->size >= k->size : old->size <= k->size)
            return true;
    return narrowed(c, k, least ? "less was allowed before" : "more was allowed before");
}

static bool implies_pattern(struct comparison *c, const struct facts *facts, const struct schema_keyword *k) {
    facts_each(facts, KEYWORD_PATTERN, old)
        if (text_equal(old->pattern->source, k->pattern->source))
            return true;
    return narrowed(c, k, "the text has to have a form now that it did not need to have");
}

static bool implies_format(struct comparison *c, const struct facts *facts, const struct schema_keyword *k) {
    static const char *const wider[][2] = {
        {"email", "idn-email"}, {"hostname", "idn-hostname"}, {"uri", "uri-reference"}, {"uri", "iri"},
        {"uri", "iri-reference"}, {"uri-reference", "iri-reference"}, {"iri", "iri-reference"},
    };
    facts_each(facts, KEYWORD_FORMAT, old) {
        if (old->format == k->format)
            return true;
        for (size_t i = 0; i < sizeof wider / sizeof wider[0]; i++)
            if (strcmp(old->format->name, wider[i][0]) == 0 && strcmp(k->format->name, wider[i][1]) == 0)
                return true;
    }
    return narrowed(c, k, "the text has to be of a format now that it did not need to be of");
}

static bool implies_content(struct comparison *c, const struct facts *facts, const struct schema_keyword *k) {
    facts_each(facts, k->kind, old)
        if (old->decode_first == k->decode_first)
            return true;
    return narrowed(c, k, "the content was not restricted before");
}

static bool implies_unique(struct comparison *c, const struct facts *facts, const struct schema_keyword *k) {
    facts_each(facts, KEYWORD_UNIQUE_ITEMS, old) return old != NULL;
    facts_each(facts, KEYWORD_MAX_ITEMS, most) if (most->size <= 1) return true;
    return narrowed(c, k, "equal elements were allowed before");
}

static bool implies_items(struct comparison *c, const struct facts *facts, const struct schema_keyword *k) {
    uint32_t places = k->items.first.count;
    uint64_t most = UINT64_MAX;
    facts_each(facts, KEYWORD_ITEMS, list) places = list->items.first.count > places ? list->items.first.count : places;
    facts_each(facts, KEYWORD_MAX_ITEMS, size) most = size->size < most ? size->size : most;
    for (uint32_t i = 0; i <= places && i < most && !c->stopped; i++) {      /* the last stands for all behind it */
        const struct schema_node *node = i < k->items.first.count ? k->items.first.node[i] : k->items.rest;
        struct facts inner = {.count = 0};
        facts_each(facts, KEYWORD_ITEMS, old) {
            const struct schema_node *fact = i < old->items.first.count ? old->items.first.node[i] : old->items.rest;
            if (fact)
                facts_add(&inner, fact);
        }
        if (node && !facts_imply(c, &inner, node))
            return false;
    }
    return true;
}

static bool implies_contains(struct comparison *c, const struct facts *facts, const struct schema_keyword *k) {
    bool implied = false;
    c->quiet++;
    facts_each(facts, KEYWORD_CONTAINS, old) {
        struct facts inner = {.count = 0};
        facts_add(&inner, old->node);
        implied |= facts_imply(c, &inner, k->node);
    }
    c->quiet--;
    return implied ? true : narrowed(c, k, "an element has to be there now that was not needed before");
}

/* ---- combinations ---- */

static bool implies_any_of(struct comparison *c, const struct facts *facts, const struct schema_keyword *k) {
    bool implied = false;
    c->quiet++;
    for (uint32_t i = 0; i < k->nodes.count && !implied; i++)
        implied = facts_imply(c, facts, k->nodes.node[i]);
    c->quiet--;
    return implied ? true : unclear(c, k);
}

static bool are_equivalent(struct comparison *c, const struct schema_node *a, const struct schema_node *b) {
    struct facts of_a = {.count = 0}, of_b = {.count = 0};
    facts_add(&of_a, a);
    facts_add(&of_b, b);
    c->quiet++;
    c->exact++;
    bool same = facts_imply(c, &of_a, b) && facts_imply(c, &of_b, a);
    c->exact--;
    c->quiet--;
    return same;
}

static bool implies_one_of(struct comparison *c, const struct facts *facts, const struct schema_keyword *k) {
    facts_each(facts, KEYWORD_ONE_OF, old) {
        bool same = old->nodes.count == k->nodes.count;
        for (uint32_t i = 0; i < k->nodes.count && same; i++)
            same = are_equivalent(c, old->nodes.node[i], k->nodes.node[i]);
        if (same)
            return true;
    }
    for (uint32_t i = 0; i < k->nodes.count && !c->stopped; i++) {
        c->quiet++;
        bool alone = facts_imply(c, facts, k->nodes.node[i]);
        for (uint32_t other = 0; other < k->nodes.count && alone; other++)
            alone = other == i || facts_exclude(c, facts, k->nodes.node[other]);
        c->quiet--;
        if (alone)
            return true;
    }
    return unclear(c, k);
}

static bool implies_not(struct comparison *c, const struct facts *facts, const struct schema_keyword *k) {
    bool implied = facts_exclude(c, facts, k->node);
    struct facts forbidden = {.count = 0};
    facts_add(&forbidden, k->node);
    c->quiet++;
    c->exact++;
    facts_each(facts, KEYWORD_NOT, old) implied = implied || facts_imply(c, &forbidden, old->node);
    c->exact--;
    c->quiet--;
    return implied ? true : unclear(c, k);
}

static bool implies_maybe(struct comparison *c, const struct facts *facts, const struct schema_node *also,
                          const struct schema_node *node) {
    struct facts more = *facts;
    if (also)
        facts_add(&more, also);
    return !node || facts_imply(c, &more, node);
}

static bool implies_branch(struct comparison *c, const struct facts *facts, const struct schema_keyword *k) {
    c->quiet++;
    bool implied = implies_maybe(c, facts, k->branch.test, k->branch.then) &&
                   implies_maybe(c, facts, NULL, k->branch.otherwise);
    facts_each(facts, KEYWORD_IF, old) {
        implied = implied || (are_equivalent(c, old->branch.test, k->branch.test) &&
                              implies_maybe(c, facts, old->branch.then, k->branch.then) &&
                              implies_maybe(c, facts, old->branch.otherwise, k->branch.otherwise));
    }
    c->quiet--;
    return implied ? true : unclear(c, k);
}

static bool implies_property_names(struct comparison *c, const struct facts *facts, const struct schema_keyword *k) {
    static struct schema_keyword is_text = {.kind = KEYWORD_TYPE, .applies = ON_ALL, .type = {.mask = ON_STRING}};
    static const struct schema_node text_node = {.verdict = NODE_KEYWORDS, .keywords = &is_text, .keyword_count = 1,
                                                 .at = {"", 0}};
    struct facts inner = {.count = 0};
    facts_add(&inner, &text_node);
    facts_each(facts, KEYWORD_PROPERTY_NAMES, old) facts_add(&inner, old->node);
    facts_each(facts, KEYWORD_OBJECT, old) {
        const struct schema_object *object = &old->object;
        bool closed = object->additional && object->additional->verdict == NODE_NOTHING && !object->pattern_count;
        for (uint32_t i = 0; i < object->property_count && closed; i++) {
            struct json name = json_string(object->properties[i].key);
            closed = !object->properties[i].node || node_takes(c, k->node, &name);
        }
        if (closed)
            return true;
    }
    return facts_imply(c, &inner, k->node);
}

static bool implies_keyword(struct comparison *c, const struct facts *facts, const struct schema_keyword *k) {
    switch (k->kind) {
    case KEYWORD_REF: return facts_imply(c, facts, k->node);
    case KEYWORD_TYPE: return implies_type(c, facts, k);
    case KEYWORD_ENUM:
    case KEYWORD_CONST: return implies_values(c, facts, k);
    case KEYWORD_MINIMUM:
    case KEYWORD_MAXIMUM:
    case KEYWORD_EXCLUSIVE_MINIMUM:
    case KEYWORD_EXCLUSIVE_MAXIMUM: return implies_bound(c, facts, k);
    case KEYWORD_MULTIPLE_OF: return implies_multiple(c, facts, k);
    case KEYWORD_MIN_LENGTH:
    case KEYWORD_MAX_LENGTH:
    case KEYWORD_MIN_ITEMS:
    case KEYWORD_MAX_ITEMS:
    case KEYWORD_MIN_PROPERTIES:
    case KEYWORD_MAX_PROPERTIES: return implies_size(c, facts, k);
    case KEYWORD_PATTERN: return implies_pattern(c, facts, k);
    case KEYWORD_FORMAT: return implies_format(c, facts, k);
    case KEYWORD_CONTENT_ENCODING:
    case KEYWORD_CONTENT_MEDIA_TYPE: return implies_content(c, facts, k);
    case KEYWORD_ITEMS: return implies_items(c, facts, k);
    case KEYWORD_CONTAINS: return implies_contains(c, facts, k);
    case KEYWORD_UNIQUE_ITEMS: return implies_unique(c, facts, k);
    case KEYWORD_OBJECT: return facts_imply_object(c, facts, &k->object);
    case KEYWORD_PROPERTY_NAMES: return implies_property_names(c, facts, k);
    case KEYWORD_DEPENDENCIES: return facts_imply_dependencies(c, facts, k);
    case KEYWORD_ANY_OF: return implies_any_of(c, facts, k);
    case KEYWORD_ONE_OF: return implies_one_of(c, facts, k);
    case KEYWORD_NOT: return implies_not(c, facts, k);
    case KEYWORD_IF: return implies_branch(c, facts, k);
    case KEYWORD_ALL_OF: {
        bool implied = true;
        for (uint32_t i = 0; i < k->nodes.count && !c->stopped; i++)
            implied &= facts_imply(c, facts, k->nodes.node[i]);
        return implied;
    }
    case KEYWORD_KINDS: break;
    }
    return unclear(c, k);
}

/* Where alternatives are allowed now, it is enough that each type that the facts leave implies them. */
static bool implied_by_types(struct comparison *c, const struct facts *facts, const struct schema_node *one) {
    static struct schema_keyword types[] = {
        {.kind = KEYWORD_TYPE, .applies = ON_ALL, .type = {.mask = ON_NULL}},
        {.kind = KEYWORD_TYPE, .applies = ON_ALL, .type = {.mask = ON_BOOLEAN}},
        {.kind = KEYWORD_TYPE, .applies = ON_ALL, .type = {.mask = ON_NUMBER}},
        {.kind = KEYWORD_TYPE, .applies = ON_ALL, .type = {.mask = ON_STRING}},
        {.kind = KEYWORD_TYPE, .applies = ON_ALL, .type = {.mask = ON_ARRAY}},
        {.kind = KEYWORD_TYPE, .applies = ON_ALL, .type = {.mask = ON_OBJECT}},
    };
    bool integer, implied = true;
    unsigned mask = facts_types(facts, &integer);
    for (size_t i = 0; i < sizeof types / sizeof types[0] && implied; i++) {
        struct schema_node type = {.at = one->at, .verdict = NODE_KEYWORDS, .keywords = &types[i], .keyword_count = 1};
        struct facts more = *facts;
        if (!(mask & types[i].type.mask))
            continue;
        facts_add(&more, &type);
        implied = mask != types[i].type.mask && more.count > facts->count && facts_imply(c, &more, one);
    }
    return implied;
}

/* The facts have alternatives: it is enough when each of them, together with the rest, implies the keyword. */
static bool implied_by_cases(struct comparison *c, const struct facts *facts, const struct schema_node *node,
                             const struct schema_keyword *k) {
    static const enum schema_keyword_kind kinds[] = {KEYWORD_ANY_OF, KEYWORD_ONE_OF};
    struct schema_node one = {.source = node->source, .at = node->at, .base = node->base, .verdict = NODE_KEYWORDS,
                              .keywords = (struct schema_keyword *)k, .keyword_count = 1};
    if ((k->kind == KEYWORD_ANY_OF || k->kind == KEYWORD_ONE_OF) && implied_by_types(c, facts, &one))
        return true;
    for (size_t i = 0; i < 2; i++) {
        facts_each(facts, kinds[i], cases) {
            bool implied = true;
            for (uint32_t n = 0; n < cases->nodes.count && implied; n++) {
                struct facts more = *facts;
                unsigned before = more.count;
                facts_add(&more, cases->nodes.node[n]);
                bool anew = more.count > before || cases->nodes.node[n]->verdict == NODE_NOTHING;
                implied = anew && facts_imply(c, &more, &one);
            }
            if (implied)
                return true;
        }
    }
    return false;
}

static bool is_assumed(const struct comparison *c, const struct facts *facts, const struct schema_node *node) {
    for (const struct comparison_frame *f = c->frame; f; f = f->up)
        if (f->node == node && f->facts->count == facts->count &&
            memcmp(f->facts->node, facts->node, facts->count * sizeof facts->node[0]) == 0)
            return true;
    return false;
}

static bool imply_keywords(struct comparison *c, const struct facts *facts, const struct schema_node *node) {
    bool integer, implied = true;
    unsigned mask = facts_types(facts, &integer);
    for (uint32_t i = 0; i < node->keyword_count && !c->stopped && (implied || !c->quiet); i++) {
        const struct schema_keyword *k = &node->keywords[i];
        if (!(k->applies & mask))
            continue;
        c->quiet++;
        bool shown = implies_keyword(c, facts, k) || implied_by_cases(c, facts, node, k);
        c->quiet--;
        if (shown)
            continue;
        implied = false;
        c->current = node;
        if (!c->quiet)
            implies_keyword(c, facts, k);
        c->current = node;
    }
    return implied;
}

bool facts_imply(struct comparison *c, const struct facts *facts, const struct schema_node *node) {
    if (node->verdict == NODE_ANYTHING || facts_impossible(facts) || is_assumed(c, facts, node))
        return true;
    const struct schema_node *outer = c->current;
    c->current = node;
    bool implied = false;
    const struct schema_values *values = facts_values(facts);
    if (c->depth == COMPARE_DEPTH_MOST || c->steps == 0) {
        comparison_fault(c, TEXT(""), "schema_unclear", TEXT_NONE, "the schemas are too involved to be compared");
    } else if (node->verdict == NODE_NOTHING) {
        comparison_fault(c, TEXT(""), "schema_narrowed", TEXT_NONE, "nothing is allowed here any more");
    } else if (values) {
        c->steps--;
        implied = values_fit(c, facts, values, node);
    } else {
        struct comparison_frame frame = {.up = c->frame, .facts = facts, .node = node};
        c->frame = &frame;
        c->depth++;
        c->steps--;
        implied = imply_keywords(c, facts, node);
        c->depth--;
        c->frame = frame.up;
    }
    c->current = outer;
    return implied;
}

enum outcome schema_compatible(const struct schema *before, const struct schema *after, struct arena *scratch,
                               struct schema_fault_list *faults) {
    struct comparison c = {.before = before, .after = after, .scratch = scratch, .faults = faults,
                           .steps = COMPARE_STEPS_MOST, .current = after->root};
    struct facts facts = {.count = 0};
    if (faults) {
        faults->count = 0;
        faults->cut = false;
    }
    facts_add(&facts, before->root);
    bool implied = facts_imply(&c, &facts, after->root);
    if (c.no_memory || scratch->failed)
        return OUTCOME_FATAL;
    return implied ? OUTCOME_OK : OUTCOME_REJECT;
}
