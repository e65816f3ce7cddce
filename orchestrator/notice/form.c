/* The one form: its fields, and which department, item and step uses each. */
#include "notice/notice_part.h"

#include "model/limits.h"

enum { FIELDS_MOST = 2048, SEGMENTS_MOST = 32 };

void use_add(struct arena *arena, struct use *use, struct text id) {
    for (uint32_t i = 0; i < use->count; i++)
        if (text_equal(use->at[i], id))
            return;
    if ((use->count & (use->count - 1)) == 0) {   /* room is the next power of two */
        struct text *more = arena_new_array(arena, use->count ? use->count * 2u : 1u, struct text);
        if (!more)
            return;
        if (use->count)
            memcpy(more, use->at, use->count * sizeof *more);
        use->at = more;
    }
    use->at[use->count++] = id;
}

/* ---- the fields ---- */

struct gathering { struct arena *arena; struct field_list *fields; };

static bool note_leaf(void *context, const struct schema_leaf *leaf) {
    struct gathering *g = context;
    if (g->fields->count == FIELDS_MOST || leaf->count == 0)
        return g->fields->count < FIELDS_MOST;
    struct text *segments = arena_new_array(g->arena, leaf->count, struct text);
    if (!segments)
        return false;
    memcpy(segments, leaf->segments, leaf->count * sizeof *segments);
    g->fields->at[g->fields->count++] = (struct field){.segments = segments, .count = leaf->count, .schema = leaf->schema};
    return true;
}

/* Definitions carry what they refer to in their canonical form. */
static bool gather(const struct definition *d, struct arena *arena, struct field_list *ret) {
    struct json canonical;
    struct schema_source own = {TEXT("form"), d->form}, *all;
    size_t count = 1;
    if (!d->form || json_read(arena, d->canonical, LIMIT_json_depth_most, &canonical, NULL) != OUTCOME_OK)
        return !arena->failed;
    const struct json *schemas = json_get_string(&canonical, "schemas"), *form = json_get_string(&canonical, "form");
    all = arena_new_array(arena, 1 + (size_t)(schemas ? schemas->count : 0), struct schema_source);
    if (!all)
        return false;
    if (form && form->type == JSON_STRING)
        own.path = form->text;
    all[0] = own;
    for (uint32_t i = 0; schemas && i < schemas->count; i++)
        if (!text_equal(schemas->children[i].key, own.path))
            all[count++] = (struct schema_source){schemas->children[i].key, &schemas->children[i].value};
    struct schema_library library = {all, count};
    struct gathering g = {arena, ret};
    return schema_leaves(&library, &all[0], note_leaf, &g) && !arena->failed;
}

static bool stands_in(const struct field *a, const struct field *b) {
    if (a->count > b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if ((a->segments[i].at == NULL) != (b->segments[i].at == NULL) || !text_equal(a->segments[i], b->segments[i]))
            return false;
    return true;
}

/* A rule beside a field (if … then) may name it again, or what stands around it: it is asked once. */
static void keep_each_once(struct field_list *fields) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < fields->count; i++) {
        bool again = false;
        for (uint32_t k = 0; k < kept && !again; k++)      /* what was kept before it … */
            again = stands_in(&fields->at[i], &fields->at[k]);
        for (uint32_t k = i + 1; k < fields->count && !again; k++)   /* … or what is finer behind it */
            again = fields->at[k].count > fields->at[i].count && stands_in(&fields->at[i], &fields->at[k]);
        if (!again)
            fields->at[kept++] = fields->at[i];
    }
    fields->count = kept;
}

/* ---- who reads them ---- */

struct reader { struct arena *arena; struct field_list *fields; const struct step_definition *step; struct text department, item;
                bool decides; };

static bool same_segment(struct text a, struct text b) { return !a.at || !b.at || text_equal(a, b); }

/* A field is read with what it stands in, and with what stands in it. */
static bool covers(const struct field *field, const struct text *path, size_t count) {
    for (size_t i = 0; i < field->count && i < count; i++)
        if (!same_segment(field->segments[i], path[i]))
            return false;
    return count > 0;
}

static void note_read(struct reader *r, const struct text *path, size_t count) {
    for (uint32_t i = 0; i < r->fields->count; i++) {
        struct field *field = &r->fields->at[i];
        if (!covers(field, path, count))
            continue;
        if (r->decides) {
            use_add(r->arena, &field->decides, r->step->id);
            continue;
        }
        use_add(r->arena, &field->steps, r->step->id);
        if (!text_is_none(r->department))
            use_add(r->arena, &field->departments, r->department);
        if (!text_is_none(r->item))
            use_add(r->arena, &field->items, r->item);
    }
}

struct list_reader { struct reader *reader; const struct text *rest; size_t count; };

/* What an `as` name has stands in the list that `each: in` gives. */
static void visit_list(void *context, const struct expression_path *path) {
    struct list_reader *l = context;
    struct text whole[SEGMENTS_MOST];
    if (path->count < 2 || !path->segments[0].at || !text_is(path->segments[0], "form") ||
        path->count + l->count + 1 > SEGMENTS_MOST)
        return;
    size_t count = path->count - 1;
    memcpy(whole, path->segments + 1, count * sizeof *whole);
    whole[count++] = TEXT_NONE;
    if (l->count)
        memcpy(whole + count, l->rest, l->count * sizeof *whole);
    note_read(l->reader, whole, count + l->count);
}

static void visit_path(void *context, const struct expression_path *path) {
    struct reader *r = context;
    if (path->count == 0 || !path->segments[0].at)
        return;
    if (text_is(path->segments[0], "form")) {
        note_read(r, path->segments + 1, path->count - 1);
    } else if (r->step->is_each && text_equal(path->segments[0], r->step->each_as)) {
        struct list_reader l = {r, path->segments + 1, path->count - 1};
        expression_paths(r->step->each_in, r->arena, visit_list, &l);
    }
}

static struct text receiver(const struct department_rule *rule, struct text otherwise, struct arena *arena) {
    if (!text_is_none(rule->id))
        return rule->id;
    return text_is_none(rule->group) ? otherwise : text_format(arena, "group %.*s", TEXT_ARG(rule->group));
}

static void read_given(struct reader *r, const struct expression *e, struct text department) {
    r->department = department;
    r->decides = false;
    if (e)
        expression_paths(e, r->arena, visit_path, r);
}

static void read_deciding(struct reader *r, const struct expression *e) {
    r->decides = true;
    if (e)
        expression_paths(e, r->arena, visit_path, r);
}

static void read_step(const struct definition *d, const struct step_definition *s, struct arena *arena, struct field_list *fields) {
    struct reader r = {.arena = arena, .fields = fields, .step = s};
    struct text otherwise = s->kind == STEP_LOOKUP ? s->lookup.source : s->kind == STEP_DELIVER ? s->deliver.by
                            : s->kind == STEP_DELEGATED ? s->delegated.system : TEXT_NONE;
    struct text own = receiver(&s->department, otherwise, arena);
    r.item = s->item == NO_INDEX ? TEXT_NONE : d->items[s->item].id;
    read_given(&r, s->input, own);
    read_given(&r, s->deliver.what, own);
    read_given(&r, s->delegated.follow, own);
    read_given(&r, s->compensate.input, receiver(&s->compensate.department, own, arena));
    read_given(&r, s->approve.check_input, receiver(&s->approve.check_department, TEXT_NONE, arena));
    if (s->kind == STEP_THING)
        read_given(&r, s->thing.form, text_format(arena, "thing %.*s", TEXT_ARG(d->things[s->thing.thing].thing)));
    for (uint16_t i = 0; i < s->inspection.item_count; i++) {
        const struct item_definition *item = &d->items[s->inspection.items[i].item];
        r.item = item->id;
        read_given(&r, s->inspection.items[i].input ? s->inspection.items[i].input : s->input, item->department);
        read_deciding(&r, s->inspection.items[i].when);
    }
    const struct expression *const deciding[] = {s->when, s->each_in, s->approve.condition, s->wait.until, s->department.is,
                                                 s->department.at, s->approve.check_department.is, s->approve.check_department.at};
    for (size_t i = 0; i < sizeof deciding / sizeof *deciding; i++)
        read_deciding(&r, deciding[i]);
}

bool fields_find(const struct definition *d, struct arena *arena, struct field_list *ret) {
    *ret = (struct field_list){arena_new_array(arena, FIELDS_MOST, struct field), 0};
    if (!ret->at || !gather(d, arena, ret))
        return false;
    keep_each_once(ret);
    for (uint16_t i = 0; i < d->step_count; i++)
        read_step(d, &d->steps[i], arena, ret);
    /* What a material's lookup is asked with goes to its source. */
    for (uint16_t i = 0; i < d->material_count; i++)
        if (d->materials[i].from_lookup && d->materials[i].lookup_input) {
            const struct step_definition as_step = {.id = d->materials[i].id};
            struct reader r = {.arena = arena, .fields = ret, .step = &as_step};
            read_given(&r, d->materials[i].lookup_input, d->materials[i].lookup_source);
        }
    return !arena->failed;
}

/* ---- figures ---- */

struct notice_figures figures_of(const struct definition *d, const struct field_list *fields) {
    struct notice_figures f = {0};
    for (uint32_t i = 0; i < fields->count; i++) {
        uint32_t users = fields->at[i].departments.count;
        f.fields += users > 0;
        f.shared += users > 1;
        f.keyings += users > 1 ? users - 1 : 0;
    }
    for (uint16_t i = 0; i < d->material_count; i++)
        f.fetched += d->materials[i].from_lookup;
    for (uint16_t i = 0; i < d->step_count; i++)
        f.lookups += d->steps[i].kind == STEP_LOOKUP;
    return f;
}

enum outcome notice_figures(const struct definition *d, struct arena *arena, struct notice_figures *ret, struct error *error) {
    struct field_list fields;
    if (!fields_find(d, arena, &fields))
        return error_no_memory(error);
    *ret = figures_of(d, &fields);
    return OUTCOME_OK;
}

/* ---- writing ---- */

void put_text_member(struct json_writer *w, const char *name, struct text text) {
    if (text_is_none(text))
        return;
    json_key(w, text_from(name));
    json_put_text(w, text);
}

void put_title(struct json_writer *w, const struct title *title) {
    json_open(w, '{');
    put_text_member(w, "zh-Hant", title->zh_hant);
    put_text_member(w, "zh-Hans", title->zh_hans);
    put_text_member(w, "en", title->en);
    json_close(w, '}');
}

void put_ids(struct json_writer *w, const char *name, const struct use *use) {
    json_key(w, text_from(name));
    json_open(w, '[');
    for (uint32_t i = 0; i < use->count; i++)
        json_put_text(w, use->at[i]);
    json_close(w, ']');
}

void put_figures(struct json_writer *w, const struct notice_figures *f) {
    const struct { const char *name; uint32_t value; } rows[] = {
        {"fields", f->fields}, {"fields_shared", f->shared}, {"keyings_saved", f->keyings},
        {"materials_fetched", f->fetched}, {"lookups", f->lookups},
    };
    json_key(w, TEXT("figures"));
    json_open(w, '{');
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_key(w, text_from(rows[i].name));
        json_put_int64(w, rows[i].value);
    }
    json_close(w, '}');
}

static struct text path_of(const struct field *field, struct arena *arena) {
    struct text path = TEXT_NONE;
    for (size_t i = 0; i < field->count; i++)
        path = text_format(arena, "%.*s%s%.*s", TEXT_ARG(path), i && field->segments[i].at ? "." : "",
                           TEXT_ARG(field->segments[i].at ? field->segments[i] : TEXT("[]")));
    return path;
}

static void put_field(struct json_writer *w, const struct field *field, struct arena *arena) {
    const struct json *title = json_get_string(field->schema, "x-title"), *type = json_get_string(field->schema, "type");
    json_open(w, '{');
    put_text_member(w, "field", path_of(field, arena));
    if (title) {
        json_key(w, TEXT("title"));
        json_put_value(w, title);
    }
    if (type) {
        json_key(w, TEXT("type"));
        json_put_value(w, type);
    }
    json_key(w, TEXT("personal"));
    json_put_bool(w, json_is_true(json_get_string(field->schema, "x-personal")));
    put_ids(w, "departments", &field->departments);
    put_ids(w, "items", &field->items);
    put_ids(w, "steps", &field->steps);
    put_ids(w, "decides", &field->decides);
    json_close(w, '}');
}

enum outcome notice_write_form(const struct definition *d, struct arena *arena, struct buffer *out, struct error *error) {
    struct field_list fields;
    struct json_writer w;
    if (!fields_find(d, arena, &fields))
        return error_no_memory(error);
    struct notice_figures figures = figures_of(d, &fields);
    json_begin(&w, out);
    json_open(&w, '{');
    put_text_member(&w, "thing", d->thing);
    json_key(&w, TEXT("title"));
    put_title(&w, &d->title);
    json_key(&w, TEXT("fields"));
    json_open(&w, '[');
    for (uint32_t i = 0; i < fields.count; i++)
        put_field(&w, &fields.at[i], arena);
    json_close(&w, ']');
    put_figures(&w, &figures);
    json_close(&w, '}');
    return out->failed || arena->failed ? error_no_memory(error) : OUTCOME_OK;
}
