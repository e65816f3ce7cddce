/* Objects: properties, patternProperties, additionalProperties and required are one keyword here, because one walk over
 * the members answers all four. */
#include "wire/schema_part.h"

static struct schema_property *property_slot(struct schema_object *object, struct text key) {
    uint64_t hash = text_hash(key);
    for (uint32_t i = (uint32_t)hash & object->slot_mask;; i = (i + 1) & object->slot_mask) {
        uint32_t *slot = &object->slots[i];
        if (*slot && !text_equal(object->properties[*slot - 1].key, key))
            continue;
        if (!*slot) {
            object->properties[object->property_count] = (struct schema_property){.key = key, .hash = hash};
            *slot = ++object->property_count;
        }
        return &object->properties[*slot - 1];
    }
}

const struct schema_property *schema_property_find(const struct schema_object *object, struct text key) {
    if (!object->slots)
        return NULL;
    uint64_t hash = text_hash(key);
    for (uint32_t i = (uint32_t)hash & object->slot_mask;; i = (i + 1) & object->slot_mask) {
        uint32_t slot = object->slots[i];
        if (!slot)
            return NULL;
        const struct schema_property *property = &object->properties[slot - 1];
        if (property->hash == hash && text_equal(property->key, key))
            return property;
    }
}

static const struct json *part_of(struct compilation *c, const struct json *schema, const char *name,
                                  enum json_type type, const char *expected) {
    const struct json *part = json_get(schema, text_from(name));
    if (!part || part->type == type)
        return part;
    compile_fault(c, text_from(name), "schema_keyword_value", "the value of %s has to be %s", name, expected);
    return NULL;
}

static bool make_table(struct compilation *c, struct schema_object *object, size_t names) {
    uint32_t room = 4;
    while (room < names * 2)
        room *= 2;
    object->properties = arena_new_array(c->arena, names, struct schema_property);
    object->slots = arena_new_array(c->arena, room, uint32_t);
    object->slot_mask = room - 1;
    c->failed |= !object->properties || !object->slots;
    return !c->failed;
}

static void compile_required(struct compilation *c, struct schema_object *object, const struct json *required) {
    for (uint32_t i = 0; required && i < required->count; i++) {
        const struct json *name = json_at(required, i);
        if (name->type != JSON_STRING) {
            compile_fault(c, TEXT("required"), "schema_keyword_value", "required is a list of names");
            return;
        }
        struct schema_property *property = property_slot(object, name->text);
        object->required_count += !property->required;
        property->required = true;
    }
}

static void compile_name_patterns(struct compilation *c, struct schema_object *object, const struct json *patterns) {
    if (!patterns)
        return;
    struct text keyword = TEXT("patternProperties"), at = location_child(c->arena, c->current->at, keyword);
    object->patterns = arena_new_array(c->arena, patterns->count, struct schema_name_pattern);
    for (uint32_t i = 0; object->patterns && i < patterns->count; i++) {
        const struct json_member *member = &patterns->children[i];
        struct schema_pattern *pattern = compile_pattern(c, keyword, member->key);
        struct schema_node *node = compile_child(c, &member->value, location_child(c->arena, at, member->key));
        if (pattern)
            object->patterns[object->pattern_count++] = (struct schema_name_pattern){pattern, node};
    }
}

void compile_object(struct compilation *c, struct schema_node *node, struct schema_keyword *k) {
    const struct json *schema = node->source;
    const struct json *properties = part_of(c, schema, "properties", JSON_OBJECT, "an object of schemas");
    const struct json *required = part_of(c, schema, "required", JSON_ARRAY, "a list of names");
    const struct json *patterns = part_of(c, schema, "patternProperties", JSON_OBJECT, "an object of schemas");
    const struct json *additional = json_get_string(schema, "additionalProperties");
    struct schema_object *object = &k->object;
    size_t names = (properties ? properties->count : 0) + (required ? required->count : 0);
    if (names && !make_table(c, object, names))
        return;
    struct text at = properties ? location_child(c->arena, node->at, TEXT("properties")) : TEXT("");
    for (uint32_t i = 0; properties && i < properties->count; i++) {
        const struct json_member *member = &properties->children[i];
        property_slot(object, member->key)->node =
            compile_child(c, &member->value, location_child(c->arena, at, member->key));
    }
    compile_required(c, object, required);
    compile_name_patterns(c, object, patterns);
    if (additional)
        object->additional =
            compile_child(c, additional, location_child(c->arena, node->at, TEXT("additionalProperties")));
    c->failed |= c->arena->failed;
}

static bool report_missing(struct validation *v, const struct schema_object *object, const struct json *value,
                           const struct instance_path *path) {
    for (uint32_t i = 0; i < object->property_count && !v->stopped; i++) {
        const struct schema_property *property = &object->properties[i];
        if (property->required && !json_get(value, property->key))
            validate_fault(v, path, KEYWORD_OBJECT, property->key, "the property \"%.*s\" is missing",
                           TEXT_ARG(property->key));
    }
    return false;
}

/* The name among the schema's own that is nearest to an unknown one, for "is … meant?". */
static struct text nearest_name(const struct schema_object *object, struct text key) {
    struct text nearest = TEXT_NONE;
    unsigned least = 3;
    for (uint32_t i = 0; i < object->property_count && i < 256 && key.length <= 64; i++) {
        unsigned distance = text_distance(key, object->properties[i].key, 2);
        if (distance < least && distance < key.length) {
            least = distance;
            nearest = object->properties[i].key;
        }
    }
    return nearest;
}

static bool report_unknown(struct validation *v, const struct schema_object *object, struct text key,
                           const struct instance_path *here) {
    struct text nearest = v->quiet || !v->faults ? TEXT_NONE : nearest_name(object, key);
    bool found = !text_is_none(nearest);
    return validate_fault(v, here, KEYWORD_KINDS, key, "no property of this name is expected here%s%.*s%s",
                          found ? "; is \"" : "", TEXT_ARG(nearest), found ? "\" meant?" : "");
}

static bool validate_member(struct validation *v, const struct schema_object *object,
                            const struct schema_property *property, const struct json_member *member,
                            const struct instance_path *path) {
    struct instance_path here = {.up = path, .key = member->key};
    bool known = property && property->node, valid = true;
    if (known)
        valid = validate_node(v, property->node, &member->value, &here);
    for (uint32_t i = 0; i < object->pattern_count && !v->stopped; i++) {
        if (!validate_pattern(v, object->patterns[i].pattern, member->key))
            continue;
        known = true;
        valid &= validate_node(v, object->patterns[i].node, &member->value, &here);
    }
    if (known || !object->additional || v->stopped)
        return valid;
    if (object->additional->verdict == NODE_NOTHING)
        return report_unknown(v, object, member->key, &here);
    return validate_node(v, object->additional, &member->value, &here);
}

bool validate_object(struct validation *v, const struct schema_keyword *k, const struct json *value,
                     const struct instance_path *path) {
    const struct schema_object *object = &k->object;
    uint32_t required = 0;
    bool valid = true, hurry = v->quiet || !v->faults;
    for (uint32_t i = 0; i < value->count && !v->stopped && (valid || !hurry); i++) {
        const struct json_member *member = &value->children[i];
        const struct schema_property *property = schema_property_find(object, member->key);
        required += property && property->required;
        if ((property && property->node) || object->pattern_count || object->additional)
            valid &= validate_member(v, object, property, member, path);
    }
    if (v->stopped || (hurry && !valid))
        return false;
    return required == object->required_count ? valid : report_missing(v, object, value, path);
}
