/* Examples from schemas: the required members, the least of everything. */
#include "proof/sample.h"

#include "model/limits.h"

enum { SAMPLE_DEPTH_MOST = 24, SAMPLE_TEXT_MOST = 512 };

static const struct { const char *format; struct text example; } formats[] = {
    {"date", {"2026-03-02", 10}},
    {"time", {"09:00:00+08:00", 14}},
    {"date-time", {"2026-03-02T09:00:00+08:00", 25}},
    {"email", {"a@example.org", 13}},
    {"idn-email", {"a@example.org", 13}},
    {"hostname", {"example.org", 11}},
    {"ipv4", {"192.0.2.1", 9}},
    {"ipv6", {"2001:db8::1", 11}},
    {"uri", {"urn:example:a", 13}},
    {"uri-reference", {"a", 1}},
    {"iri", {"urn:example:a", 13}},
    {"iri-reference", {"a", 1}},
    {"citizen-id", {"11010519491231002X", 18}},
    {"company-id", {"91350100M000100Y43", 18}},
    {"real-estate-unit", {"441302001001GB00123F00010001", 28}},
    {"region-code", {"441300", 6}},
};

/* ---- patterns: a string that one matches, for the plain ones that forms have ---- */

struct pattern { struct text source; size_t at; bool failed; };

static char peek(const struct pattern *p) { return p->at < p->source.length ? p->source.at[p->at] : '\0'; }

static void put_escape(struct pattern *p, struct buffer *out) {
    char c = peek(p);
    p->at++;
    switch (c) {
    case 'd': buffer_put_byte(out, '1'); break;
    case 'w': buffer_put_byte(out, 'a'); break;
    case 's': buffer_put_byte(out, ' '); break;
    case 'D': case 'S': buffer_put_byte(out, 'a'); break;
    case '\0': case 'W': case 'b': case 'B': case 'p': case 'P': case 'u': case 'x': p->failed = true; break;
    default: buffer_put_byte(out, c);
    }
}

/* The bytes of the code point that begins here. */
static size_t code_point(const struct pattern *p) {
    size_t length = 1;
    while (p->at + length < p->source.length && ((unsigned char)p->source.at[p->at + length] & 0xC0) == 0x80)
        length++;
    return length;
}

/* The first member of [ … ]; of a negated one the first of a few that it does not name. */
static void put_class(struct pattern *p, struct buffer *out) {
    bool negated = peek(p) == '^';
    if (negated)
        p->at++;
    size_t from = p->at;
    bool put = false;
    for (bool first = true; p->at < p->source.length && (first || peek(p) != ']'); first = false) {
        bool escaped = peek(p) == '\\';
        if (escaped)
            p->at++;
        if (!negated && !put && escaped)
            put_escape(p, out);
        else if (!negated && !put) {
            size_t length = code_point(p);
            buffer_put(out, p->source.at + p->at, length);
            p->at += length;
        } else
            p->at += code_point(p);
        put = true;
    }
    struct text members = text_span(p->source.at + from, p->at - from);
    static const char others[] = "a1A_ -";
    for (size_t i = 0; negated && i < sizeof others - 1; i++)
        if (text_find(members, others[i]) == SIZE_MAX) {
            buffer_put_byte(out, others[i]);
            negated = false;
        }
    p->failed |= negated || p->at >= p->source.length;
    p->at++;
}

static void put_alternatives(struct pattern *p, struct buffer *out, unsigned depth);

static void put_group(struct pattern *p, struct buffer *out, unsigned depth) {
    if (peek(p) == '?') {
        p->failed |= p->at + 1 >= p->source.length || p->source.at[p->at + 1] != ':';
        p->at += 2;
    }
    if (!p->failed)
        put_alternatives(p, out, depth + 1);
    p->failed |= peek(p) != ')';
    p->at++;
}

/* How often at least: ? * {0,} give none. */
static size_t least_of(struct pattern *p) {
    size_t least = 1;
    char c = peek(p);
    if (c == '?' || c == '*' || c == '+') {
        least = c == '+';
        p->at++;
    } else if (c == '{') {
        for (least = 0, p->at++; peek(p) >= '0' && peek(p) <= '9' && least < SAMPLE_TEXT_MOST; p->at++)
            least = least * 10 + (size_t)(peek(p) - '0');
        while (p->at < p->source.length && peek(p) != '}')
            p->at++;
        p->at++;
    } else {
        return 1;
    }
    if (peek(p) == '?')
        p->at++;
    return least;
}

static void put_sequence(struct pattern *p, struct buffer *out, unsigned depth) {
    while (!p->failed && p->at < p->source.length && peek(p) != '|' && peek(p) != ')') {
        size_t from = out->length;
        char c = peek(p);
        if (c == '^' || c == '$') {
            p->at++;
            continue;
        }
        if (c == '[' || c == '(' || c == '\\' || c == '.')
            p->at++;
        if (c == '[')
            put_class(p, out);
        else if (c == '(')
            put_group(p, out, depth);
        else if (c == '\\')
            put_escape(p, out);
        else if (c == '.')
            buffer_put_byte(out, 'a');
        else {
            size_t length = code_point(p);
            buffer_put(out, p->source.at + p->at, length);
            p->at += length;
        }
        size_t least = least_of(p), length = out->length - from;
        char once[SAMPLE_TEXT_MOST];
        if (length > sizeof once || out->failed || length * least > SAMPLE_TEXT_MOST * 8) {
            p->failed = true;
            return;
        }
        memcpy(once, out->at ? out->at + from : "", length);
        if (least == 0)
            out->length = from;
        for (size_t i = 1; i < least; i++)
            buffer_put(out, once, length);
    }
}

/* The first alternative; the others are read and dropped. */
static void put_alternatives(struct pattern *p, struct buffer *out, unsigned depth) {
    p->failed |= depth > SAMPLE_DEPTH_MOST;
    if (p->failed)
        return;
    put_sequence(p, out, depth);
    size_t kept = out->length;
    while (!p->failed && peek(p) == '|') {
        p->at++;
        put_sequence(p, out, depth);
        out->length = kept;
    }
}

static bool sample_text(const struct sampler *s, const struct json *schema, struct json *ret) {
    struct text format = json_get_text(schema, TEXT("format")), pattern = json_get_text(schema, TEXT("pattern"));
    int64_t least = 0;
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, SAMPLE_TEXT_MOST * 16);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (text_is(format, formats[i].format)) {
            *ret = json_string(formats[i].example);
            return true;
        }
    struct pattern p = {.source = pattern};
    if (!text_is_none(pattern))
        put_alternatives(&p, &out, 0);
    if (!json_to_int64(json_get_string(schema, "minLength"), &least))
        least = 0;
    struct text made = buffer_text(&out);
    for (int64_t has = (int64_t)text_code_points(made); has < least && has < SAMPLE_TEXT_MOST; has++)
        buffer_put_byte(&out, '1');
    if (out.length == 0 && text_is_none(pattern))
        buffer_put_byte(&out, 'a');
    *ret = json_string(text_copy(s->arena, buffer_text(&out)));
    return !p.failed && !out.failed && !text_is_none(ret->text);
}

static bool sample_number(const struct sampler *s, const struct json *schema, struct json *ret) {
    const struct json *least = json_get_string(schema, "minimum"), *above = json_get_string(schema, "exclusiveMinimum");
    const struct json *most = json_get_string(schema, "maximum");
    int64_t bound = 1;
    if (least && !json_to_int64(least, &bound)) {
        *ret = *least;
        return true;
    }
    if (above && json_to_int64(above, &bound))
        bound++;
    if (!least && !above && most && json_to_int64(most, &bound) && bound > 1)
        bound = 1;
    *ret = json_int64(s->arena, bound);
    return true;
}

/* ---- the schema at a place ---- */

const struct json *sample_follow(const struct sampler *s, const struct schema_source **source,
                                 const struct json *schema) {
    for (unsigned depth = 0; schema && depth < SAMPLE_DEPTH_MOST; depth++) {
        struct text reference = json_get_text(schema, TEXT("$ref"));
        if (text_is_none(reference))
            return schema;
        schema = schema_resolve(s->library, (*source)->path, (*source)->value, reference, source);
    }
    return NULL;
}

static const struct json *find_below(const struct sampler *s, const struct schema_source **source,
                                     const struct json *schema, const struct text *segments, size_t count,
                                     unsigned depth) {
    const struct schema_source *here = *source;
    schema = depth > SAMPLE_DEPTH_MOST ? NULL : sample_follow(s, &here, schema);
    if (!schema)
        return NULL;
    if (count == 0) {
        *source = here;
        return schema;
    }
    const struct json *next = segments[0].at ? json_get(json_get_string(schema, "properties"), segments[0])
                                             : json_get_string(schema, "items");
    if (next && next->type == JSON_ARRAY)
        next = json_at(next, 0);
    const struct json *found = NULL;
    *source = here;
    if (next && (found = find_below(s, source, next, segments + 1, count - 1, depth + 1)))
        return found;
    static const char *const beside[] = {"allOf", "anyOf", "oneOf"};
    for (size_t i = 0; i < 3; i++) {
        const struct json *list = json_get(schema, text_from(beside[i]));
        for (uint32_t k = 0; list && list->type == JSON_ARRAY && k < list->count; k++) {
            *source = here;
            if ((found = find_below(s, source, json_at(list, k), segments, count, depth + 1)))
                return found;
        }
    }
    static const char *const single[] = {"then", "else"};
    for (size_t i = 0; i < 2; i++) {
        *source = here;
        const struct json *one = json_get(schema, text_from(single[i]));
        if (one && (found = find_below(s, source, one, segments, count, depth + 1)))
            return found;
    }
    return NULL;
}

const struct json *sample_find(const struct sampler *s, const struct schema_source **source, const struct json *schema,
                               const struct text *segments, size_t count) {
    return find_below(s, source, schema, segments, count, 0);
}

/* ---- values ---- */

static struct json with_member(struct arena *arena, const struct json *object, struct text key, const struct json *value) {
    uint32_t old = object->type == JSON_OBJECT ? object->count : 0, count = 0;
    struct json made = json_object(arena, (size_t)old + 1);
    bool placed = false;
    for (uint32_t i = 0; made.children && i < old; i++) {
        bool it = text_equal(object->children[i].key, key);
        if (it && value)
            made.children[count++] = (struct json_member){key, *value};
        else if (!it)
            made.children[count++] = object->children[i];
        placed |= it;
    }
    if (made.children && !placed && value)
        made.children[count++] = (struct json_member){key, *value};
    made.count = made.children ? count : 0;
    return made;
}

struct json json_with(struct arena *arena, const struct json *whole, const struct text *segments, size_t count,
                      const struct json *value) {
    if (count == 0)
        return value ? *value : JSON_NULL_VALUE;
    if (!segments[0].at) {
        if (!whole || whole->type != JSON_ARRAY)
            return whole ? *whole : JSON_NULL_VALUE;
        struct json made = json_array(arena, whole->count);
        for (uint32_t i = 0; made.children && i < whole->count; i++)
            made.children[i].value = json_with(arena, &whole->children[i].value, segments + 1, count - 1, value);
        return made;
    }
    struct json empty = {.type = JSON_OBJECT};
    const struct json *object = whole && whole->type == JSON_OBJECT ? whole : &empty;
    if (count == 1)
        return with_member(arena, object, segments[0], value);
    const struct json *old = json_get(object, segments[0]);
    if (!old && !value)
        return *object;
    struct json below = json_with(arena, old, segments + 1, count - 1, value);
    return with_member(arena, object, segments[0], &below);
}

static bool put_required(const struct sampler *s, const struct schema_source *source, const struct json *schema,
                         unsigned depth, struct json *into) {
    const struct json *required = json_get_string(schema, "required");
    for (uint32_t i = 0; required && required->type == JSON_ARRAY && i < required->count; i++) {
        struct text name = json_at(required, i)->text;
        if (json_get(into, name))
            continue;
        const struct json *member = json_get(json_get_string(schema, "properties"), name);
        struct json value = json_string(TEXT("a"));
        if (member && !sample_make(s, source, member, depth + 1, &value))
            return false;
        *into = with_member(s->arena, into, name, &value);
    }
    return true;
}

static bool sample_object(const struct sampler *s, const struct schema_source *source, const struct json *schema,
                          unsigned depth, struct json *ret) {
    *ret = (struct json){.type = JSON_OBJECT};
    if (!put_required(s, source, schema, depth, ret))
        return false;
    static const char *const beside[] = {"allOf", "anyOf", "oneOf"};
    for (size_t i = 0; i < 3; i++) {
        const struct json *list = json_get(schema, text_from(beside[i]));
        uint32_t count = list && list->type == JSON_ARRAY ? (i == 0 ? list->count : list->count > 0) : 0;
        for (uint32_t k = 0; k < count; k++) {
            const struct schema_source *there = source;
            const struct json *part = sample_follow(s, &there, json_at(list, k));
            if (!part || !put_required(s, there, part, depth + 1, ret))
                return false;
        }
    }
    return true;
}

static bool sample_array(const struct sampler *s, const struct schema_source *source, const struct json *schema,
                         unsigned depth, struct json *ret) {
    int64_t least = 0;
    const struct json *items = json_get_string(schema, "items");
    if (!json_to_int64(json_get_string(schema, "minItems"), &least) || least < 0 || least > 16)
        least = 0;
    *ret = json_array(s->arena, (size_t)least);
    for (uint32_t i = 0; ret->children && i < ret->count; i++)
        if (items && items->type == JSON_OBJECT && !sample_make(s, source, items, depth + 1, &ret->children[i].value))
            return false;
    return true;
}

static struct text type_of(const struct json *schema) {
    const struct json *type = json_get_string(schema, "type");
    if (type && type->type == JSON_ARRAY)
        type = json_at(type, 0);
    if (type && type->type == JSON_STRING)
        return type->text;
    static const struct { const char *keyword, *type; } rows[] = {
        {"properties", "object"}, {"required", "object"}, {"items", "array"}, {"pattern", "string"}, {"format", "string"},
        {"minLength", "string"}, {"minimum", "number"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (json_get(schema, text_from(rows[i].keyword)))
            return text_from(rows[i].type);
    return TEXT("object");
}

bool sample_make(const struct sampler *s, const struct schema_source *source, const struct json *schema, unsigned depth,
                 struct json *ret) {
    schema = depth > SAMPLE_DEPTH_MOST ? NULL : sample_follow(s, &source, schema);
    if (!schema)
        return false;
    const struct json *constant = json_get_string(schema, "const"), *listed = json_get_string(schema, "enum");
    if (constant || (listed && json_at(listed, 0))) {
        *ret = constant ? *constant : *json_at(listed, 0);
        return true;
    }
    static const char *const choices[] = {"allOf", "anyOf", "oneOf"};
    struct text type = type_of(schema);
    for (size_t i = 0; i < 3 && !json_get_string(schema, "type") && !json_get_string(schema, "properties"); i++) {
        const struct json *list = json_get(schema, text_from(choices[i]));
        if (list && json_at(list, 0) && (i > 0 || list->count == 1))
            return sample_make(s, source, json_at(list, 0), depth + 1, ret);
    }
    if (text_is(type, "string"))
        return sample_text(s, schema, ret);
    if (text_is(type, "number") || text_is(type, "integer"))
        return sample_number(s, schema, ret);
    if (text_is(type, "boolean")) {
        *ret = json_bool(true);
        return true;
    }
    if (text_is(type, "array"))
        return sample_array(s, source, schema, depth, ret);
    if (text_is(type, "null")) {
        *ret = JSON_NULL_VALUE;
        return true;
    }
    return sample_object(s, source, schema, depth, ret);
}
