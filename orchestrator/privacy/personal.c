/* Finds what is personal by the marks of schemas, and writes a case's JSON without it. */
#include "privacy/personal.h"

#include "definition/schema_walk.h"
#include "model/limits.h"

enum { KNOWN_BYTES_LEAST = 4, MASKED_BYTES_MOST = LIMIT_message_bytes_most };

/* ---- marks ---- */

struct reading { struct arena *arena; struct personal_marks *marks; bool has_no_memory; };

static bool note(void *context, const struct schema_leaf *leaf) {
    struct reading *r = context;
    struct personal_marks *marks = r->marks;
    const struct json *title = json_get_string(leaf->schema, "x-title");
    if (!json_is_true(json_get_string(leaf->schema, "x-personal")))
        return true;
    if (marks->count == marks->room) {
        uint32_t room = marks->room ? marks->room * 2 : 16;
        struct personal_mark *at = arena_new_array(r->arena, room, struct personal_mark);
        if (at && marks->count)
            memcpy(at, marks->at, marks->count * sizeof *at);
        marks->at = at ? at : marks->at;
        marks->room = at ? room : marks->room;
    }
    struct personal_mark mark = {.count = leaf->count, .mask = mask_of(json_get_text(leaf->schema, TEXT("x-mask"))), .title = JSON_NULL_VALUE};
    mark.segments = arena_new_array(r->arena, leaf->count + 1, struct text);
    for (size_t i = 0; mark.segments && i < leaf->count; i++)
        mark.segments[i] = text_copy(r->arena, leaf->segments[i]);
    if (title && title->type == JSON_OBJECT &&
        json_read(r->arena, text_copy(r->arena, title->text), 2, &mark.title, NULL) != OUTCOME_OK)
        mark.title = JSON_NULL_VALUE;
    r->has_no_memory = r->arena->failed || marks->count == marks->room;
    if (!r->has_no_memory)
        marks->at[marks->count++] = mark;
    return !r->has_no_memory;
}

/* `schema`: a path in the canonical form's `schemas`, or the schema itself. */
static bool read_marks(const struct schema_library *library, struct text name, const struct json *schema, struct arena *arena,
                       struct personal_marks *ret) {
    struct reading r = {arena, ret, false};
    struct schema_source root = {name, schema};
    for (size_t i = 0; schema && schema->type == JSON_STRING && i < library->count; i++)
        if (text_equal(library->at[i].path, schema->text))
            root = library->at[i];
    if (!root.value || root.value->type != JSON_OBJECT)
        return true;
    return schema_leaves(library, &root, note, &r) && !r.has_no_memory;
}

bool personal_read(const struct json *canonical, struct arena *arena, struct personal *ret) {
    const struct json *schemas = json_get_string(canonical, "schemas"), *steps = json_get_string(canonical, "steps");
    uint32_t count = schemas && schemas->type == JSON_OBJECT ? schemas->count : 0;
    struct schema_source *sources = arena_new_array(arena, count + 1u, struct schema_source);
    struct personal personal = {.step_count = steps && steps->type == JSON_ARRAY ? steps->count : 0};
    if (canonical->type != JSON_OBJECT || !sources)
        return false;
    for (uint32_t i = 0; i < count; i++)
        sources[i] = (struct schema_source){schemas->children[i].key, &schemas->children[i].value};
    struct schema_library library = {sources, count};
    personal.steps = arena_new_array(arena, personal.step_count + 1u, struct personal_step);
    bool fine = personal.steps && read_marks(&library, TEXT("form"), json_get_string(canonical, "form"), arena, &personal.form);
    for (uint32_t i = 0; fine && i < personal.step_count; i++) {
        const struct json *step = json_at(steps, i);
        personal.steps[i].id = text_copy(arena, json_get_text(step, TEXT("id")));
        fine = read_marks(&library, TEXT("input"), json_get_string(step, "input_schema"), arena, &personal.steps[i].input) &&
               read_marks(&library, TEXT("result"), json_get_string(step, "result"), arena, &personal.steps[i].result);
    }
    if (fine)
        *ret = personal;
    return fine;
}

/* ---- a walk along the marks ---- */

/* Where a value stands: a chain up to the root. */
struct place { const struct place *above; struct text name; size_t depth; };   /* name absent: an element */

static bool holds(const struct personal_mark *mark, const struct place *place) {
    if (place->depth < mark->count)
        return false;
    for (; place->depth > mark->count; place = place->above)
        ;
    for (size_t i = mark->count; i > 0; i--, place = place->above) {
        struct text wanted = mark->segments[i - 1];
        if (text_is_none(wanted) != text_is_none(place->name) || (!text_is_none(wanted) && !text_equal(wanted, place->name)))
            return false;
    }
    return true;
}

static const struct personal_mark *mark_at(const struct personal_marks *marks, const struct place *place) {
    for (uint32_t i = 0; marks && i < marks->count; i++)
        if (holds(&marks->at[i], place))
            return &marks->at[i];
    return NULL;
}

struct gathering { const struct personal_marks *marks; struct arena *arena; struct personal_values *values; };

static bool add_value(struct gathering *g, const struct json *value, const struct personal_mark *mark, struct text pointer) {
    struct personal_values *values = g->values;
    if (values->count == values->room) {
        uint32_t room = values->room ? values->room * 2 : 32;
        struct personal_value *at = arena_new_array(g->arena, room, struct personal_value);
        if (!at)
            return false;
        if (values->count)
            memcpy(at, values->at, values->count * sizeof *at);
        values->at = at;
        values->room = room;
    }
    values->at[values->count++] = (struct personal_value){pointer, value, mark};
    return true;
}

/* "~" and "/" in a name (RFC 6901). */
static struct text pointer_below(struct arena *arena, struct text pointer, struct text name, uint32_t index) {
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, 65536);
    buffer_put_text(&out, pointer);
    buffer_put_byte(&out, '/');
    if (text_is_none(name))
        buffer_put_int64(&out, index);
    for (size_t i = 0; i < name.length; i++)
        if (name.at[i] == '~' || name.at[i] == '/')
            buffer_put_string(&out, name.at[i] == '~' ? "~0" : "~1");
        else
            buffer_put_byte(&out, name.at[i]);
    return text_copy(arena, buffer_text(&out));
}

static bool gather(struct gathering *g, const struct json *value, const struct place *place, struct text pointer) {
    const struct personal_mark *mark = mark_at(g->marks, place);
    bool container = value->type == JSON_OBJECT || value->type == JSON_ARRAY;
    if (!container)
        return !mark || value->type == JSON_NULL || add_value(g, value, mark, pointer);
    for (uint32_t i = 0; i < value->count; i++) {
        struct text name = value->type == JSON_OBJECT ? value->children[i].key : TEXT_NONE;
        struct place below = {place, name, place->depth + 1};
        struct text at = pointer_below(g->arena, pointer, name, i);
        if (text_is_none(at) || !gather(g, &value->children[i].value, &below, at))
            return false;
    }
    return true;
}

bool personal_values_add(const struct personal_marks *marks, const struct json *form, struct arena *arena, struct personal_values *values) {
    struct gathering g = {marks, arena, values};
    struct place root = {0};
    return gather(&g, form, &root, TEXT(""));
}

/* ---- written without it ---- */

struct masking { struct json_writer *w; const struct personal_marks *marks; const struct personal_values *known; bool all; };

static void put_masked(struct json_writer *w, enum mask mask, const struct json *value) {
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, MASKED_BYTES_MOST);
    mask_put(&out, value->type == JSON_STRING ? mask : MASK_WHOLE, value->text);
    json_put_text(w, buffer_text(&out));
}

/* The known value that begins at `at`: the longest. */
static const struct personal_value *known_at(const struct personal_values *known, struct text text, size_t at) {
    const struct personal_value *found = NULL;
    for (uint32_t i = 0; known && i < known->count; i++) {
        const struct json *value = known->at[i].value;
        if (value->type == JSON_STRING && value->text.length >= KNOWN_BYTES_LEAST && value->text.length <= text.length - at &&
            memcmp(text.at + at, value->text.at, value->text.length) == 0 && (!found || value->text.length > found->value->text.length))
            found = &known->at[i];
    }
    return found;
}

static void put_string(struct masking *m, struct text text) {
    _cleanup_buffer_ struct buffer out;
    size_t at = 0;
    buffer_init(&out, MASKED_BYTES_MOST * 2);
    while (at < text.length) {
        const struct personal_value *value = known_at(m->known, text, at);
        if (value)
            mask_put(&out, value->mark->mask, value->value->text);
        else
            buffer_put_byte(&out, text.at[at]);
        at += value ? value->value->text.length : 1;
    }
    json_put_text(m->w, buffer_text(&out));
}

static void put(struct masking *m, const struct json *value, const struct place *place) {
    const struct personal_mark *mark = mark_at(m->marks, place);
    if (value->type != JSON_OBJECT && value->type != JSON_ARRAY) {
        if ((mark || m->all) && value->type != JSON_NULL)
            put_masked(m->w, mark ? mark->mask : mask_of(place->name), value);
        else if (value->type == JSON_STRING)
            put_string(m, value->text);
        else
            json_put_value(m->w, value);
        return;
    }
    bool object = value->type == JSON_OBJECT;
    json_open(m->w, object ? '{' : '[');
    for (uint32_t i = 0; i < value->count; i++) {
        struct place below = {place, object ? value->children[i].key : TEXT_NONE, place->depth + 1};
        if (object)
            json_key(m->w, value->children[i].key);
        put(m, &value->children[i].value, &below);
    }
    json_close(m->w, object ? '}' : ']');
}

void personal_put(struct json_writer *w, const struct personal_marks *marks, const struct personal_values *known, const struct json *value) {
    struct masking m = {w, marks, known, false};
    struct place root = {0};
    put(&m, value, &root);
}

/* ---- events ---- */

enum data_is { DATA_OTHER, DATA_FORM, DATA_TASK, DATA_GIVEN, DATA_RESULT };
static const struct { const char *kind; enum data_is is; } data_of[] = {
    {"case_started", DATA_FORM},     {"step_asked", DATA_TASK},          {"undo_asked", DATA_TASK},      {"cancel_asked", DATA_TASK},
    {"correction_sent", DATA_GIVEN}, {"materials_given", DATA_GIVEN},    {"materials_sent", DATA_GIVEN}, {"step_ended", DATA_RESULT},
    {"answer_noted", DATA_RESULT},   {"answer_recorded", DATA_RESULT},   {"dispute_opened", DATA_RESULT}, {"dispute_resolved", DATA_RESULT},
};

static const struct personal_step *step_of(const struct personal *p, struct text id) {
    for (uint32_t i = 0; i < p->step_count; i++)
        if (text_equal(p->steps[i].id, id))
            return &p->steps[i];
    return NULL;
}

/* An object whose member `name` has marks of its own. */
static void put_member_marked(struct json_writer *w, const char *name, const struct personal_marks *marks,
                              const struct personal_values *known, const struct json *value) {
    if (value->type != JSON_OBJECT) {
        personal_put(w, NULL, known, value);
        return;
    }
    json_open(w, '{');
    for (uint32_t i = 0; i < value->count; i++) {
        json_key(w, value->children[i].key);
        personal_put(w, text_is(value->children[i].key, name) ? marks : NULL, known, &value->children[i].value);
    }
    json_close(w, '}');
}

static void put_data(struct json_writer *w, const struct personal *p, const struct personal_values *known, struct text kind,
                     struct text step, const struct json *data) {
    const struct personal_step *of = step_of(p, step);
    enum data_is is = DATA_OTHER;
    for (size_t i = 0; i < sizeof data_of / sizeof data_of[0]; i++)
        if (text_is(kind, data_of[i].kind))
            is = data_of[i].is;
    if (is == DATA_TASK)
        put_member_marked(w, "input", of ? &of->input : NULL, known, data);
    else if (is == DATA_GIVEN)
        put_member_marked(w, "form", &p->form, known, data);
    else
        personal_put(w, is == DATA_FORM ? &p->form : is == DATA_RESULT && of ? &of->result : NULL, known, data);
}

/* Parties: who they are stands in no schema, so nothing of them is shown; how a member is masked is told from its name. */
static void put_extra(struct json_writer *w, const struct personal_values *known, const struct json *extra) {
    if (extra->type != JSON_OBJECT) {
        personal_put(w, NULL, known, extra);
        return;
    }
    json_open(w, '{');
    for (uint32_t i = 0; i < extra->count; i++) {
        struct masking m = {w, NULL, known, text_is(extra->children[i].key, "parties")};
        struct place root = {0};
        json_key(w, extra->children[i].key);
        put(&m, &extra->children[i].value, &root);
    }
    json_close(w, '}');
}

void personal_put_event(struct json_writer *w, const struct personal *p, const struct personal_values *known, struct text kind,
                        struct text step, const struct json *fields) {
    if (fields->type != JSON_OBJECT) {
        personal_put(w, NULL, known, fields);
        return;
    }
    json_open(w, '{');
    for (uint32_t i = 0; i < fields->count; i++) {
        const struct json *value = &fields->children[i].value;
        struct text key = fields->children[i].key;
        json_key(w, key);
        if (text_is(key, "data"))
            put_data(w, p, known, kind, step, value);
        else if (text_is(key, "extra") && text_is(kind, "correction_sent"))
            put_data(w, p, known, kind, step, value);
        else if (text_is(key, "extra"))
            put_extra(w, known, value);
        else if (text_is(key, "reason"))
            personal_put(w, NULL, known, value);
        else
            json_put_value(w, value);
    }
    json_close(w, '}');
}

/* ---- messages ---- */

/* What says where a message belongs, and nothing of a person. */
static bool is_address(struct text key) {
    static const char *const keys[] = {"thing", "number", "region", "task", "case", "kind", "step", "index", "attempt", "department", "retryable", "code"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (text_is(key, keys[i]))
            return true;
    return false;
}

void personal_put_message(struct json_writer *w, const struct personal *p, const struct personal_values *known, struct text step,
                          const struct json *value) {
    const struct personal_step *of = p && !text_is_none(step) ? step_of(p, step) : NULL;
    struct place root = {0};
    json_open(w, '{');
    for (uint32_t i = 0; i < value->count; i++) {
        struct text key = value->children[i].key;
        const struct json *member = &value->children[i].value;
        struct masking all = {w, NULL, known, true};
        json_key(w, key);
        if (is_address(key) && member->type != JSON_OBJECT && member->type != JSON_ARRAY)
            json_put_value(w, member);
        else if (!p || (!of && (text_is(key, "result") || (text_is(key, "data") && !text_is_none(step)))))
            put(&all, member, &root);
        else if (text_is(key, "form"))
            personal_put(w, &p->form, known, member);
        else if (text_is(key, "extra"))
            put_extra(w, known, member);
        else if (text_is(key, "data") && json_get_string(member, "form"))
            put_member_marked(w, "form", &p->form, known, member);
        else if (text_is(key, "result") || (text_is(key, "data") && of))
            personal_put(w, &of->result, known, member);
        else if (text_is(key, "data"))
            personal_put(w, &p->form, known, member);
        else
            personal_put(w, NULL, known, member);
    }
    json_close(w, '}');
}
