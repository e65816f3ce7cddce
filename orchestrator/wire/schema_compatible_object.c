/* Objects in the comparison of schemas: properties that come, go, become required or change, and what excludes what. */
#include "wire/schema_compatible.h"

static bool is_closed(const struct schema_object *object) {
    return object->additional && object->additional->verdict == NODE_NOTHING;
}

/* The schemas that `object` has for a property of this name; false when it has none by name or pattern. */
static bool object_names(const struct comparison *c, const struct schema_object *object, struct text key,
                         struct facts *facts) {
    const struct schema_property *property = schema_property_find(object, key);
    bool named = property && property->node;
    if (named && facts)
        facts_add(facts, property->node);
    for (uint32_t i = 0; i < object->pattern_count; i++) {
        if (!schema_pattern_matches(c->after, object->patterns[i].pattern, key))
            continue;
        named = true;
        if (facts)
            facts_add(facts, object->patterns[i].node);
    }
    return named;
}

void facts_of_property(struct comparison *c, const struct facts *facts, struct text key, struct facts *ret,
                       bool *closed) {
    *closed = false;
    facts_each(facts, KEYWORD_OBJECT, old) {
        bool named = object_names(c, &old->object, key, ret);
        if (!named && old->object.additional)
            facts_add(ret, old->object.additional);
        *closed |= !named && is_closed(&old->object);
    }
}

static bool imply_required(struct comparison *c, const struct facts *facts, const struct schema_object *after) {
    bool implied = true;
    for (uint32_t i = 0; i < after->property_count && !c->stopped; i++) {
        const struct schema_property *property = &after->properties[i];
        bool required = !property->required;
        facts_each(facts, KEYWORD_OBJECT, old) {
            const struct schema_property *same = schema_property_find(&old->object, property->key);
            required |= same && same->required;
        }
        if (!required)
            implied = comparison_fault(c, TEXT("required"), "schema_narrowed", property->key,
                                       "the property \"%.*s\" is required now and was not before",
                                       TEXT_ARG(property->key));
    }
    return implied;
}

#define MENTION_DEPTH_MOST 12

static bool keyword_mentions(struct comparison *, const struct schema_keyword *, struct text key, unsigned depth);

/* Does this schema say anything about a property of that name, in any of its branches? In doubt: yes. */
static bool node_mentions(struct comparison *c, const struct schema_node *node, struct text key, unsigned depth) {
    if (depth == MENTION_DEPTH_MOST || c->steps == 0)
        return true;
    c->steps--;
    for (uint32_t i = 0; node && i < node->keyword_count; i++)
        if (keyword_mentions(c, &node->keywords[i], key, depth + 1))
            return true;
    return false;
}

static bool keyword_mentions(struct comparison *c, const struct schema_keyword *k, struct text key, unsigned depth) {
    bool mentions = false;
    switch (k->kind) {
    case KEYWORD_OBJECT:
        return schema_property_find(&k->object, key) || k->object.additional || object_names(c, &k->object, key, NULL);
    case KEYWORD_REF:
    case KEYWORD_NOT: return node_mentions(c, k->node, key, depth);
    case KEYWORD_ALL_OF:
    case KEYWORD_ANY_OF:
    case KEYWORD_ONE_OF:
        for (uint32_t i = 0; i < k->nodes.count && !mentions; i++)
            mentions = node_mentions(c, k->nodes.node[i], key, depth);
        return mentions;
    case KEYWORD_IF:
        return node_mentions(c, k->branch.test, key, depth) || node_mentions(c, k->branch.then, key, depth) ||
               node_mentions(c, k->branch.otherwise, key, depth);
    case KEYWORD_DEPENDENCIES:
        for (uint32_t i = 0; i < k->dependencies.count && !mentions; i++)
            mentions = text_equal(k->dependencies.dependency[i].key, key) ||
                       node_mentions(c, k->dependencies.dependency[i].node, key, depth);
        return mentions;
    default: return false;
    }
}

static bool are_objects(const struct facts *facts) {
    unsigned mask = ON_ALL;
    facts_each(facts, KEYWORD_TYPE, type) mask &= type->type.mask;
    return !(mask & ~(unsigned)ON_OBJECT);
}

/* Does `before` speak of an object here? A type that was only assumed for a case (it has no source) says nothing. */
static bool speak_of_objects(const struct facts *facts) {
    struct facts written = {.count = 0};
    for (unsigned i = 0; i < facts->count; i++)
        if (facts->node[i]->source)
            written.node[written.count++] = facts->node[i];
    facts_each(&written, KEYWORD_OBJECT, object) return object != NULL;
    return are_objects(&written);
}

/* Was an object spoken of, and is the property new to it altogether? Then it is the exception of evolution. */
static bool is_new(struct comparison *c, const struct facts *facts, struct text key) {
    if (!speak_of_objects(facts))
        return false;
    for (unsigned i = 0; i < facts->count; i++)
        if (node_mentions(c, facts->node[i], key, 0))
            return false;
    return !c->exact;
}

/* One property by name, against one schema of `after`. */
static bool imply_property(struct comparison *c, const struct facts *facts, struct text key,
                           const struct schema_node *node) {
    struct facts inner = {.count = 0};
    bool closed;
    facts_of_property(c, facts, key, &inner, &closed);
    if (closed || (node->verdict != NODE_NOTHING && is_new(c, facts, key)))
        return true;
    if (node->verdict == NODE_NOTHING)
        return comparison_fault(c, TEXT("properties"), "schema_narrowed", key,
                                "the property \"%.*s\" was allowed and is not any more", TEXT_ARG(key));
    return facts_imply(c, &inner, node);
}

static bool imply_properties(struct comparison *c, const struct facts *facts, const struct schema_object *after) {
    bool implied = true;
    for (uint32_t i = 0; i < after->property_count && !c->stopped; i++)
        if (after->properties[i].node)
            implied &= imply_property(c, facts, after->properties[i].key, after->properties[i].node);
    return implied;
}

/* The schema that names neither named nor matched by a pattern have by the facts. False: there are none such names. */
static bool facts_of_others(const struct facts *facts, struct facts *ret) {
    bool open = true;
    facts_each(facts, KEYWORD_OBJECT, old) {
        if (old->object.additional)
            facts_add(ret, old->object.additional);
        open &= !is_closed(&old->object);
    }
    return open;
}

static bool has_pattern(const struct schema_object *object, struct text source) {
    for (uint32_t i = 0; i < object->pattern_count; i++)
        if (text_equal(object->patterns[i].pattern->source, source))
            return true;
    return false;
}

/* Every name that is a pattern's in the facts, against one schema of `after`. */
static bool imply_patterns_of_facts(struct comparison *c, const struct facts *facts, const struct schema_node *node,
                                    const struct schema_object *spared) {
    bool implied = true;
    facts_each(facts, KEYWORD_OBJECT, old) {
        for (uint32_t i = 0; i < old->object.pattern_count && !c->stopped; i++) {
            struct facts inner = {.count = 0};
            facts_add(&inner, old->object.patterns[i].node);
            if (!spared || !has_pattern(spared, old->object.patterns[i].pattern->source))
                implied &= facts_imply(c, &inner, node);
        }
    }
    return implied;
}

/* Branches may name properties of their own. */
static bool has_branches(const struct facts *facts) {
    static const enum schema_keyword_kind kinds[] = {KEYWORD_ANY_OF, KEYWORD_ONE_OF, KEYWORD_NOT, KEYWORD_IF,
                                                     KEYWORD_DEPENDENCIES};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        facts_each(facts, kinds[i], branch) return branch != NULL;
    return false;
}

static bool imply_name_patterns(struct comparison *c, const struct facts *facts, const struct schema_object *after) {
    bool implied = true;
    for (uint32_t p = 0; p < after->pattern_count && !c->stopped; p++) {
        const struct schema_name_pattern *new = &after->patterns[p];
        struct facts others = {.count = 0};
        facts_each(facts, KEYWORD_OBJECT, old) {
            for (uint32_t i = 0; i < old->object.property_count; i++) {
                struct text key = old->object.properties[i].key;
                if (schema_pattern_matches(c->after, new->pattern, key))
                    implied &= imply_property(c, facts, key, new->node);
            }
        }
        implied &= imply_patterns_of_facts(c, facts, new->node, NULL);
        bool strict = has_branches(facts) || !speak_of_objects(facts) || c->exact;
        bool open = facts_of_others(facts, &others);
        if (open && (others.count || strict || new->node->verdict == NODE_NOTHING))
            implied &= facts_imply(c, &others, new->node);
    }
    return implied;
}

static bool imply_additional(struct comparison *c, const struct facts *facts, const struct schema_object *after) {
    const struct schema_node *additional = after->additional;
    if (!additional || additional->verdict == NODE_ANYTHING)
        return true;
    bool implied = true;
    facts_each(facts, KEYWORD_OBJECT, old) {
        for (uint32_t i = 0; i < old->object.property_count && !c->stopped; i++) {
            struct text key = old->object.properties[i].key;
            if (old->object.properties[i].node && !object_names(c, after, key, NULL))
                implied &= imply_property(c, facts, key, additional);
        }
    }
    implied &= imply_patterns_of_facts(c, facts, additional, after);
    struct facts others = {.count = 0};
    if (!facts_of_others(facts, &others))
        return implied;
    if (additional->verdict == NODE_NOTHING)
        return comparison_fault(c, TEXT("additionalProperties"), "schema_narrowed", TEXT_NONE,
                                "properties of other names were allowed and are not any more");
    return facts_imply(c, &others, additional) && implied;
}

bool facts_imply_object(struct comparison *c, const struct facts *facts, const struct schema_object *after) {
    bool implied = imply_required(c, facts, after);
    implied &= imply_properties(c, facts, after);
    implied &= imply_name_patterns(c, facts, after);
    implied &= imply_additional(c, facts, after);
    return implied;
}

static bool is_always_there(const struct facts *facts, struct text with, struct text name) {
    facts_each(facts, KEYWORD_OBJECT, old) {
        const struct schema_property *property = schema_property_find(&old->object, name);
        if (property && property->required)
            return true;
    }
    facts_each(facts, KEYWORD_DEPENDENCIES, old) {
        for (uint32_t i = 0; i < old->dependencies.count; i++) {
            const struct schema_dependency *dependency = &old->dependencies.dependency[i];
            for (uint32_t n = 0; dependency->names && n < dependency->names->count; n++)
                if (text_equal(dependency->key, with) && text_equal(json_at(dependency->names, n)->text, name))
                    return true;
        }
    }
    return false;
}

bool facts_imply_dependencies(struct comparison *c, const struct facts *facts, const struct schema_keyword *k) {
    for (uint32_t i = 0; i < k->dependencies.count && !c->stopped; i++) {
        const struct schema_dependency *new = &k->dependencies.dependency[i];
        struct facts ignored = {.count = 0}, more = *facts;
        bool closed = false;
        facts_of_property(c, facts, new->key, &ignored, &closed);
        if (closed)
            continue;
        for (uint32_t n = 0; new->names && n < new->names->count; n++)
            if (!is_always_there(facts, new->key, json_at(new->names, n)->text))
                return comparison_fault(c, TEXT("dependencies"), "schema_narrowed", new->key,
                                        "a property is needed now together with \"%.*s\", and was not before",
                                        TEXT_ARG(new->key));
        facts_each(facts, KEYWORD_DEPENDENCIES, old) {
            for (uint32_t d = 0; d < old->dependencies.count; d++)
                if (old->dependencies.dependency[d].node && text_equal(old->dependencies.dependency[d].key, new->key))
                    facts_add(&more, old->dependencies.dependency[d].node);
        }
        if (new->node && !facts_imply(c, &more, new->node))
            return false;
    }
    return true;
}

/* ---- what excludes what ---- */

static const struct schema_values *values_of(const struct facts *facts) {
    facts_each(facts, KEYWORD_CONST, one) return &one->values;
    facts_each(facts, KEYWORD_ENUM, list) return &list->values;
    return NULL;
}

static bool types_exclude(const struct facts *a, const struct facts *b) {
    unsigned mask = ON_ALL;
    facts_each(a, KEYWORD_TYPE, left) mask &= left->type.mask;
    facts_each(b, KEYWORD_TYPE, right) mask &= right->type.mask;
    return mask == 0;
}

/* Have both a list of values, with none in common? */
static bool values_exclude(const struct facts *a, const struct facts *b) {
    const struct schema_values *left = values_of(a), *right = values_of(b);
    for (uint32_t i = 0; left && right && i < left->count; i++)
        if (schema_values_has(right, &left->value[i]))
            return false;
    return left && right;
}

/* A property that one of them requires and that cannot be as both want it, such as a "kind" with another const. */
static bool properties_exclude(struct comparison *c, const struct facts *a, const struct facts *b) {
    facts_each(a, KEYWORD_OBJECT, object) {
        for (uint32_t i = 0; i < object->object.property_count; i++) {
            const struct schema_property *property = &object->object.properties[i];
            struct facts left = {.count = 0}, right = {.count = 0};
            bool no_left, no_right;
            facts_of_property(c, a, property->key, &left, &no_left);
            facts_of_property(c, b, property->key, &right, &no_right);
            if (property->required && (no_right || types_exclude(&left, &right) || values_exclude(&left, &right)))
                return true;
        }
    }
    return false;
}

bool facts_exclude(struct comparison *c, const struct facts *facts, const struct schema_node *node) {
    struct facts other = {.count = 0};
    facts_add(&other, node);
    if (node->verdict == NODE_NOTHING || types_exclude(facts, &other) || values_exclude(facts, &other))
        return true;
    bool objects = are_objects(facts) || are_objects(&other);
    return objects && (properties_exclude(c, facts, &other) || properties_exclude(c, &other, facts));
}
