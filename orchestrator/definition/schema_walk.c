/* Follows a path through a JSON Schema: properties, items, references, and every branch that may hold. */
#include "definition/schema_walk.h"

#include "definition/keys.h"

#define CANDIDATES_MOST 64    /* subschemas that may apply at one place; beyond, nothing is said (REACH_OPEN) */
#define REFERENCES_MOST 32
#define LEAF_DEPTH_MOST 32
#define LEAVES_MOST 20000     /* places visited: a schema that refers to itself has no end */

struct candidate { const struct json *schema; const struct schema_source *source; bool is_certain; };
struct candidates { struct candidate at[CANDIDATES_MOST]; size_t count; bool overflowed; };
struct walking { const struct schema_library *library; };

bool schema_path_join(struct text base, struct text reference, char *room, size_t size, struct text *ret) {
    size_t length = 0, hash = text_find(reference, '#');
    struct text file = text_span(reference.at, hash == SIZE_MAX ? reference.length : hash);
    for (size_t i = base.length; i > 0 && !length; i--)
        if (base.at[i - 1] == '/')
            length = i;
    if (file.length == 0 || file.at[0] == '/' || text_find(file, ':') != SIZE_MAX || length + file.length >= size)
        return false;
    memcpy(room, base.at, length);
    while (file.length) {
        if (text_starts_with(file, "./")) {
            file = text_span(file.at + 2, file.length - 2);
        } else if (text_starts_with(file, "../")) {
            if (length == 0)
                return false;
            for (length--; length > 0 && room[length - 1] != '/';)
                length--;
            file = text_span(file.at + 3, file.length - 3);
        } else {
            size_t slash = text_find(file, '/');
            size_t part = slash == SIZE_MAX ? file.length : slash + 1;
            memcpy(room + length, file.at, part);
            length += part;
            file = text_span(file.at + part, file.length - part);
        }
    }
    room[length] = '\0';
    *ret = text_span(room, length);
    return true;
}

const struct json *schema_resolve(const struct schema_library *library, struct text path, const struct json *document,
                                  struct text reference, const struct schema_source **ret_source) {
    char room[512];
    struct text target;
    size_t hash = text_find(reference, '#');
    if (hash != 0) {
        if (!schema_path_join(path, reference, room, sizeof room, &target))
            return NULL;
        document = NULL;
        for (size_t i = 0; i < library->count && !document; i++)
            if (text_equal(library->at[i].path, target)) {
                document = library->at[i].value;
                *ret_source = &library->at[i];
            }
    }
    if (!document || hash == SIZE_MAX)
        return document;
    return json_pointer(document, text_span(reference.at + hash + 1, reference.length - hash - 1));
}

/* Adds a schema and everything that applies beside it. */
static void add(struct walking *walking, struct candidates *set, struct candidate one, unsigned depth) {
    static const struct { const char *keyword; bool is_certain; } lists[] = {
        {"allOf", true}, {"anyOf", false}, {"oneOf", false}};
    static const char *const singles[] = {"then", "else"};
    if (set->count == CANDIDATES_MOST || depth > REFERENCES_MOST) {
        set->overflowed = true;
        return;
    }
    const struct json *reference = json_get_string(one.schema, "$ref");
    if (reference && reference->type == JSON_STRING) {
        const struct schema_source *source = one.source;
        const struct json *target =
            schema_resolve(walking->library, source->path, source->value, reference->text, &source);
        if (target)
            add(walking, set, (struct candidate){target, source, one.is_certain}, depth + 1);
        else
            set->overflowed = true;
        return;
    }
    set->at[set->count++] = one;
    for (size_t k = 0; k < 3; k++) {
        const struct json *list = json_get(one.schema, text_from(lists[k].keyword));
        for (uint32_t i = 0; list && list->type == JSON_ARRAY && i < list->count; i++)
            add(walking, set, (struct candidate){&list->children[i].value, one.source,
                                                 one.is_certain && lists[k].is_certain}, depth + 1);
    }
    for (size_t k = 0; k < 2; k++) {
        const struct json *single = json_get(one.schema, text_from(singles[k]));
        if (single)
            add(walking, set, (struct candidate){single, one.source, false}, depth + 1);
    }
}

static unsigned type_bit(struct text name) {
    static const struct { const char *name; unsigned types; } rows[] = {
        {"null", 1u << JSON_NULL}, {"boolean", 1u << JSON_FALSE | 1u << JSON_TRUE}, {"number", 1u << JSON_NUMBER},
        {"integer", 1u << JSON_NUMBER}, {"string", 1u << JSON_STRING}, {"array", 1u << JSON_ARRAY},
        {"object", 1u << JSON_OBJECT}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (text_is(name, rows[i].name))
            return rows[i].types;
    return 0x7f;
}

static unsigned types_here(const struct json *schema) {
    const struct json *type = json_get_string(schema, "type"), *constant = json_get_string(schema, "const");
    const struct json *listed = json_get_string(schema, "enum");
    unsigned types = 0x7f, some = 0;
    if (type && type->type == JSON_STRING)
        types = type_bit(type->text);
    for (uint32_t i = 0; type && type->type == JSON_ARRAY && i < type->count; i++)
        some |= type_bit(type->children[i].value.text);
    if (some)
        types &= some;
    if (constant)
        types &= 1u << constant->type;
    some = 0;
    for (uint32_t i = 0; listed && listed->type == JSON_ARRAY && i < listed->count; i++)
        some |= 1u << listed->children[i].value.type;
    return some ? types & some : types;
}

/* Types by all that applies: certain ones together, the others as alternatives beside them. */
static unsigned types_of(const struct candidates *set) {
    unsigned certain = 0x7f;
    for (size_t i = 0; i < set->count; i++)
        if (set->at[i].is_certain)
            certain &= types_here(set->at[i].schema);
    return certain;
}

struct step_result { bool declares, opens; struct text near; bool may_be_absent; };

static void child_add(struct walking *walking, struct candidates *next, const struct candidate *from,
                      const struct json *schema) {
    add(walking, next, (struct candidate){schema, from->source, from->is_certain}, 0);
}

static void step_object(struct walking *walking, const struct candidate *c, struct text name, struct candidates *next,
                        struct step_result *result) {
    const struct json *properties = json_get_string(c->schema, "properties");
    const struct json *more = json_get_string(c->schema, "additionalProperties");
    const struct json *patterns = json_get_string(c->schema, "patternProperties");
    const struct json *property = name.at ? json_get(properties, name) : NULL;
    const struct json *required = json_get_string(c->schema, "required");
    for (uint32_t i = 0; c->is_certain && required && required->type == JSON_ARRAY && i < required->count; i++)
        if (name.at && text_equal(required->children[i].value.text, name))
            result->may_be_absent = false;
    result->declares |= (properties && properties->count) || (more && more->type == JSON_FALSE);
    result->opens |= (more && more->type != JSON_FALSE && more->type != JSON_OBJECT) || (patterns && patterns->count);
    if (property)
        child_add(walking, next, c, property);
    else if (more && more->type == JSON_OBJECT)
        child_add(walking, next, c, more);
    for (uint32_t i = 0; !name.at && properties && i < properties->count; i++)
        child_add(walking, next, c, &properties->children[i].value);
    if (!property && name.at && properties && !result->near.at) {
        struct text known[64];
        size_t count = 0;
        for (uint32_t i = 0; i < properties->count && count < 64; i++)
            known[count++] = properties->children[i].key;
        result->near = nearest_of(name, known, count);
    }
}

static void step_array(struct walking *walking, const struct candidate *c, struct candidates *next) {
    const struct json *items = json_get_string(c->schema, "items");
    const struct json *more = json_get_string(c->schema, "additionalItems");
    if (items && items->type != JSON_ARRAY)
        child_add(walking, next, c, items);
    for (uint32_t i = 0; items && items->type == JSON_ARRAY && i < items->count; i++)
        child_add(walking, next, c, &items->children[i].value);
    if (more && more->type == JSON_OBJECT)
        child_add(walking, next, c, more);
}

static struct step_result step(struct walking *walking, const struct candidates *now, struct text name,
                               struct candidates *next) {
    struct step_result result = {.may_be_absent = true};
    unsigned types = types_of(now), wanted = 1u << JSON_OBJECT | (name.at ? 0 : 1u << JSON_ARRAY);
    next->count = 0;
    next->overflowed = false;
    if (!(types & wanted)) {
        result.declares = true;
        return result;
    }
    for (size_t i = 0; i < now->count; i++) {
        if (types & 1u << JSON_OBJECT)
            step_object(walking, &now->at[i], name, next, &result);
        if (!name.at && (types & 1u << JSON_ARRAY))
            step_array(walking, &now->at[i], next);
    }
    result.opens |= now->overflowed;
    if (!name.at && (types & 1u << JSON_ARRAY))
        result.opens = true;
    return result;
}

static void note_allowed(const struct candidates *set, struct schema_answer *answer) {
    for (size_t i = 0; i < set->count; i++) {
        const struct json *listed = json_get_string(set->at[i].schema, "enum");
        if (listed && listed->type == JSON_ARRAY && set->at[i].is_certain && answer->allowed_count < 8) {
            answer->allowed[answer->allowed_count++] = listed;
            answer->all_listed = true;
        }
    }
}

struct schema_answer schema_walk(const struct schema_library *library, const struct schema_source *root,
                                 const struct text *segments, size_t count) {
    struct walking walking = {library};
    struct candidates sets[2], *now = &sets[0], *next = &sets[1];
    bool may_be_absent = false;
    now->count = 0;
    now->overflowed = false;
    add(&walking, now, (struct candidate){root->value, root, true}, 0);
    for (size_t i = 0; i < count; i++) {
        struct step_result result = step(&walking, now, segments[i], next);
        if (next->count == 0) {
            if (result.declares && !result.opens)
                return (struct schema_answer){.reach = REACH_NONE, .segments = i, .near = result.near};
            return (struct schema_answer){.reach = REACH_OPEN, .types = 0x7f};
        }
        may_be_absent |= result.may_be_absent;
        struct candidates *swap = now;
        now = next;
        next = swap;
    }
    struct schema_answer answer = {.reach = REACH_FOUND, .types = now->overflowed ? 0x7f : types_of(now)};
    /* A property that may come from several branches has the types of any of them: nothing surer is known. */
    if (now->count > 1 && !now->at[0].is_certain)
        answer.types = 0x7f;
    answer.declared_types = answer.types;
    if (may_be_absent)
        answer.types |= 1u << JSON_NULL;
    if (!now->overflowed)
        note_allowed(now, &answer);
    return answer;
}

/* ---- leaves ---- */

struct leaf_walk {
    struct walking walking;
    bool (*visit)(void *, const struct schema_leaf *);
    void *context;
    struct text segments[LEAF_DEPTH_MOST];
    bool stopped, has_no_memory;
    uint32_t visited;
};

static void leaves_under(struct leaf_walk *walk, struct candidate one, size_t depth) {
    struct candidates *set = memory_alloc(sizeof *set);
    bool has_children = false;
    walk->has_no_memory |= !set;
    if (!set || ++walk->visited > LEAVES_MOST) {
        memory_free(set);
        return;
    }
    add(&walk->walking, set, one, 0);
    for (size_t i = 0; i < set->count && depth < LEAF_DEPTH_MOST && !walk->stopped; i++) {
        const struct json *properties = json_get_string(set->at[i].schema, "properties");
        const struct json *items = json_get_string(set->at[i].schema, "items");
        for (uint32_t k = 0; properties && properties->type == JSON_OBJECT && k < properties->count; k++) {
            has_children = true;
            walk->segments[depth] = properties->children[k].key;
            leaves_under(walk, (struct candidate){&properties->children[k].value, set->at[i].source, true}, depth + 1);
        }
        if (items && items->type == JSON_OBJECT) {
            has_children = true;
            walk->segments[depth] = TEXT_NONE;
            leaves_under(walk, (struct candidate){items, set->at[i].source, true}, depth + 1);
        }
    }
    for (size_t i = 0; i < set->count && !walk->stopped; i++) {
        bool is_marked = json_is_true(json_get_string(set->at[i].schema, "x-personal"));
        if (i == 0 ? (!has_children || is_marked) : is_marked) {
            struct schema_leaf leaf = {walk->segments, depth, set->at[i].schema};
            walk->stopped = !walk->visit(walk->context, &leaf);
        }
    }
    memory_free(set);
}

bool schema_leaves(const struct schema_library *library, const struct schema_source *root,
                   bool (*visit)(void *, const struct schema_leaf *), void *context) {
    struct leaf_walk walk = {.walking = {library}, .visit = visit, .context = context};
    leaves_under(&walk, (struct candidate){root->value, root, true}, 0);
    return !walk.has_no_memory;
}
