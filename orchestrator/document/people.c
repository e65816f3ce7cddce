/* Who the applicant is, and what of the form is not for others: what it marks as personal, by the house's masks. */
#include "document/document_part.h"

#include <stdlib.h>

#include "model/limits.h"
#include "privacy/personal.h"

enum { NAMES_MOST = 12, HIDDEN_MOST = 2000, DEPTH_MOST = 24 };
#define MASKED_BYTES_MOST ((size_t)1 << 16)

struct search {
    struct arena *arena;
    struct hidden *hidden; uint32_t hidden_count;
    struct text *names; uint32_t name_count;
};

static void hide(struct search *s, enum mask mask, struct text value) {
    _cleanup_buffer_ struct buffer out = {0};
    if (text_code_points(value) < 2 || s->hidden_count == HIDDEN_MOST)   /* one character would be found in other words */
        return;
    for (uint32_t i = 0; i < s->hidden_count; i++)
        if (text_equal(s->hidden[i].value, value))
            return;
    buffer_init(&out, MASKED_BYTES_MOST);
    mask_put(&out, mask, value);
    s->hidden[s->hidden_count++] = (struct hidden){value, out.failed ? TEXT("***") : text_copy(s->arena, buffer_text(&out))};
}

/* A marked field is personal with all below it. */
static void hide_all(struct search *s, enum mask mask, const struct json *value, int depth) {
    if (value->type == JSON_STRING)
        hide(s, mask, value->text);
    for (uint32_t i = 0; depth < DEPTH_MOST && (value->type == JSON_ARRAY || value->type == JSON_OBJECT) && i < value->count; i++)
        hide_all(s, mask, &value->children[i].value, depth + 1);
}

static bool hide_marked(struct search *s, const struct personal *personal, const struct json *form) {
    struct personal_values values = {0};
    if (!personal_values_add(&personal->form, form, s->arena, &values))
        return false;
    for (uint32_t i = 0; i < values.count; i++)
        hide_all(s, values.at[i].mark->mask, values.at[i].value, 0);
    return true;
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

/* A definition that is not canonical (a draft) has no marks. */
static bool read_marks(const struct definition *d, struct arena *arena, struct personal *ret) {
    struct json canonical;
    if (text_is_none(d->canonical))
        return true;
    enum outcome outcome = json_read(arena, d->canonical, LIMIT_json_depth_most * 2, &canonical, NULL);
    return outcome != OUTCOME_OK ? outcome != OUTCOME_FATAL : personal_read(&canonical, arena, ret) || !arena->failed;
}

bool people_find(const struct document_journal *j, struct arena *arena, struct people *ret) {
    struct personal personal = {0};
    struct search s = {.arena = arena, .names = arena_new_array(arena, NAMES_MOST, struct text),
                       .hidden = arena_new_array(arena, HIDDEN_MOST, struct hidden)};
    struct json form = JSON_NULL_VALUE, extra = JSON_NULL_VALUE, later;
    if (!s.names || !s.hidden || !read_marks(j->definition, arena, &personal))
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
        if (!hide_marked(&s, &personal, &form))
            return false;
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
