/* Who the applicant is, and what of the form is not for others: the values that it marks by x-mask. */
#include "document/document_part.h"

#include <stdlib.h>

#include "model/limits.h"

enum { NAMES_MOST = 12, HIDDEN_MOST = 2000, DEPTH_MOST = 24, SHOWN_OF_ADDRESS = 6 };

struct search {
    const struct json *root;           /* the form's schema, for its references */
    struct arena *arena;
    struct hidden *hidden; uint32_t hidden_count;
    struct text *names; uint32_t name_count;
};

static size_t bytes_of(struct text t, size_t code_points) {
    size_t at = 0;
    while (at < t.length && code_points-- > 0)
        for (at++; at < t.length && ((unsigned char)t.at[at] & 0xc0) == 0x80;)
            at++;
    return at;
}

/* 張*, 4413**********1234, 138****0001, the first characters of an address (DOMAIN.md, Privacy). */
static struct text masked(struct arena *arena, struct text kind, struct text value) {
    size_t points = text_code_points(value);
    if (text_is(kind, "name"))
        return text_format(arena, "%.*s*", (int)bytes_of(value, 1), value.at);
    if (text_is(kind, "id") && value.length > 8)
        return text_format(arena, "%.4s%.*s%.4s", value.at, (int)(value.length - 8 > 10 ? 10 : value.length - 8), "**********",
                           value.at + value.length - 4);
    if (text_is(kind, "phone") && value.length > 7)
        return text_format(arena, "%.3s****%.4s", value.at, value.at + value.length - 4);
    if (text_is(kind, "address") && points > SHOWN_OF_ADDRESS)
        return text_format(arena, "%.*s****", (int)bytes_of(value, SHOWN_OF_ADDRESS), value.at);
    return TEXT("****");
}

static const struct json *resolved(const struct search *s, const struct json *schema) {
    for (int i = 0; schema && i < DEPTH_MOST; i++) {
        struct text reference = json_get_text(schema, TEXT("$ref"));
        if (text_is_none(reference))
            return schema;
        if (reference.length == 0 || reference.at[0] != '#')
            return NULL;
        schema = json_pointer(s->root, text_span(reference.at + 1, reference.length - 1));
    }
    return NULL;
}

static void hide(struct search *s, struct text kind, struct text value) {
    if (text_code_points(value) < 2 || s->hidden_count == HIDDEN_MOST)   /* one character would be found in other words */
        return;
    for (uint32_t i = 0; i < s->hidden_count; i++)
        if (text_equal(s->hidden[i].value, value))
            return;
    s->hidden[s->hidden_count++] = (struct hidden){value, masked(s->arena, kind, value)};
}

static void walk(struct search *s, const struct json *schema, const struct json *value, int depth) {
    static const char *const combined[] = {"allOf", "anyOf", "oneOf"}, *const branches[] = {"if", "then", "else"};
    schema = depth < DEPTH_MOST ? resolved(s, schema) : NULL;
    if (!schema || schema->type != JSON_OBJECT)
        return;
    struct text kind = json_get_text(schema, TEXT("x-mask"));
    if (!text_is_none(kind) && value->type == JSON_STRING)
        hide(s, kind, value->text);
    const struct json *properties = json_get_string(schema, "properties"), *items = json_get_string(schema, "items");
    for (uint32_t i = 0; value->type == JSON_OBJECT && properties && i < value->count; i++) {
        const struct json *of = json_get(properties, value->children[i].key);
        if (of)
            walk(s, of, &value->children[i].value, depth + 1);
    }
    for (uint32_t i = 0; value->type == JSON_ARRAY && items && i < value->count; i++)
        walk(s, items->type == JSON_ARRAY ? json_at(items, i) : items, &value->children[i].value, depth + 1);
    for (size_t k = 0; k < 3; k++) {
        const struct json *list = json_get(schema, text_from(combined[k])), *branch = json_get(schema, text_from(branches[k]));
        for (uint32_t i = 0; list && list->type == JSON_ARRAY && i < list->count; i++)
            walk(s, &list->children[i].value, value, depth + 1);
        if (branch)
            walk(s, branch, value, depth + 1);
    }
}

static void add_name(struct search *s, struct text name) {
    for (uint32_t i = 0; i < s->name_count; i++)
        if (text_equal(s->names[i], name))
            return;
    if (name.length > 0 && s->name_count < NAMES_MOST)
        s->names[s->name_count++] = name;
}

/* `name` of an object, or of the objects of a list or within it. */
static void add_names(struct search *s, const struct json *value, int depth) {
    if (!value || depth > 3)
        return;
    add_name(s, json_get_text(value, TEXT("name")));
    bool lists = value->type == JSON_ARRAY || (value->type == JSON_OBJECT && text_is_none(json_get_text(value, TEXT("name"))));
    for (uint32_t i = 0; lists && i < value->count; i++)
        add_names(s, &value->children[i].value, depth + 1);
}

/* The parties that the application names; else the form's members that are called as the definition's parties are (seller:
 * `seller` or `sellers`); else whoever the form names first. */
static void find_names(struct search *s, const struct definition *d, const struct json *form, const struct json *parties) {
    add_names(s, parties, 0);
    for (uint16_t i = 0, given = s->name_count > 0; !given && i < d->party_count; i++) {
        struct text id = d->parties[i].id;
        const struct json *found = json_get(form, id);
        add_names(s, found ? found : json_get(form, text_format(s->arena, "%.*ss", TEXT_ARG(id))), 1);
    }
    for (uint32_t i = 0; s->name_count == 0 && form->type == JSON_OBJECT && i < form->count; i++)
        add_names(s, &form->children[i].value, 1);
}

static int longest_first(const void *a, const void *b) {
    const struct hidden *x = a, *y = b;
    return x->value.length != y->value.length ? (x->value.length < y->value.length ? 1 : -1) : text_compare(x->value, y->value);
}

bool people_find(const struct document_journal *j, struct arena *arena, struct people *ret) {
    struct search s = {.root = j->definition->form, .arena = arena, .names = arena_new_array(arena, NAMES_MOST, struct text),
                       .hidden = arena_new_array(arena, HIDDEN_MOST, struct hidden)};
    struct json form = JSON_NULL_VALUE, extra = JSON_NULL_VALUE, later;
    if (!s.names || !s.hidden)
        return false;
    for (uint32_t i = 0; i < j->event_count; i++) {
        const struct event *e = &j->events[i];
        bool starts = e->kind == EVENT_CASE_STARTED;
        if (!starts && e->kind != EVENT_CORRECTION_SENT && e->kind != EVENT_MATERIALS_GIVEN)
            continue;
        if (text_is_none(e->data) || json_read(arena, e->data, LIMIT_json_depth_most, &later, NULL) != OUTCOME_OK)
            continue;
        const struct json *of = starts ? &later : json_get_string(&later, "form");
        if (starts && !text_is_none(e->extra))
            json_read(arena, e->extra, LIMIT_json_depth_most, &extra, NULL);
        if (!of || of->type != JSON_OBJECT)
            continue;
        form = starts ? later : json_merged(arena, &form, of);
        if (s.root)
            walk(&s, s.root, &form, 0);
    }
    find_names(&s, j->definition, &form, json_get_string(&extra, "parties"));
    qsort(s.hidden, s.hidden_count, sizeof *s.hidden, longest_first);
    *ret = (struct people){s.names, s.name_count, s.hidden, s.hidden_count};
    return !arena->failed;
}

struct text people_masked(const struct people *people, struct arena *arena, struct text text) {
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, (size_t)1 << 20);
    for (size_t at = 0; at < text.length;) {
        const struct hidden *found = NULL;
        for (uint32_t i = 0; !found && i < people->hidden_count; i++) {
            struct text value = people->hidden[i].value;
            if (value.length <= text.length - at && memcmp(value.at, text.at + at, value.length) == 0)
                found = &people->hidden[i];
        }
        if (found)
            buffer_put_text(&out, found->masked);
        else
            buffer_put_byte(&out, text.at[at]);
        at += found ? found->value.length : 1;
    }
    return text_is_none(text) || out.failed ? TEXT_NONE : text_copy(arena, buffer_text(&out));
}
