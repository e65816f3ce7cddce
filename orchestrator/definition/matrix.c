/* Walks what each step gives away and holds every path it reads against the form's fields. */
#include "definition/matrix.h"

#include "definition/schema_walk.h"
#include "expression/expression.h"
#include "model/limits.h"

enum { FIELDS_MOST = 4096 };

struct field {
    struct text *segments;           /* an absent text: any element */
    size_t count;
    struct text name, title;
    bool personal;
};
struct builder {
    const struct definition *definition;
    struct text language;
    struct arena *arena;
    struct matrix *out;
    struct field *fields;
    uint32_t field_count, field_room;
    const struct json *form;         /* the form's schema as JSON */
};
/* Who reads, while the paths of one expression are visited. */
struct receiver {
    struct builder *builder;
    struct text department, basis;
    const struct step_definition *step;
    uint32_t from;                   /* its rows begin here: one field stands once */
    const struct text *prefix;       /* the list whose element `as` is; NULL: none */
    size_t prefix_count;
};

struct text matrix_title(const struct title *title, struct text language, struct text otherwise) {
    struct text text = text_is(language, "zh-Hant") ? title->zh_hant
                     : text_is(language, "zh-Hans") ? title->zh_hans : title->en;
    return text.length ? text : otherwise;
}

struct text matrix_department_title(const struct directory *directory, struct text id, struct text language) {
    const struct department *department = directory ? directory_find(directory, id) : NULL;
    return department ? matrix_title(&department->title, language, id) : id;
}

/* ---- the form's fields ---- */

static const struct json *followed(const struct builder *b, const struct json *schema) {
    struct text reference = json_get_text(schema, TEXT("$ref"));
    for (int depth = 0; depth < 8 && text_starts_with(reference, "#/"); depth++) {
        schema = json_pointer(b->form, text_span(reference.at + 1, reference.length - 1));
        reference = json_get_text(schema, TEXT("$ref"));
    }
    return schema;
}

/* "The child / Name": the titles on the way to the field. */
static struct text title_of(struct builder *b, const struct text *segments, size_t count, struct text otherwise) {
    const struct json *schema = b->form;
    struct text title = TEXT_NONE;
    for (size_t i = 0; i < count; i++) {
        schema = followed(b, schema);
        schema = segments[i].at ? json_get(json_get_string(schema, "properties"), segments[i]) : json_get_string(schema, "items");
        struct text own = json_get_text(json_get_string(schema, "x-title"), b->language);
        if (own.length)
            title = title.length ? text_format(b->arena, "%.*s / %.*s", TEXT_ARG(title), TEXT_ARG(own)) : own;
    }
    return title.length ? title : otherwise;
}

static struct text name_of(struct builder *b, const struct text *segments, size_t count) {
    struct buffer out;
    buffer_init(&out, 4096);
    for (size_t i = 0; i < count; i++) {
        if (i && segments[i].at)
            buffer_put_byte(&out, '.');
        buffer_put_text(&out, segments[i].at ? segments[i] : TEXT("[]"));
    }
    struct text name = text_copy(b->arena, buffer_text(&out));
    buffer_free(&out);
    return name;
}

static bool note_field(void *context, const struct schema_leaf *leaf) {
    struct builder *b = context;
    struct text name = name_of(b, leaf->segments, leaf->count);
    for (uint32_t i = 0; i < b->field_count; i++)
        if (text_equal(b->fields[i].name, name)) {   /* a condition of the schema names it again */
            b->fields[i].personal |= json_is_true(json_get_string(leaf->schema, "x-personal"));
            return true;
        }
    if (b->field_count == b->field_room) {
        uint32_t room = b->field_room ? b->field_room * 2 : 64;
        struct field *fields = arena_new_array(b->arena, room, struct field);
        if (!fields)
            return false;
        if (b->field_count)
            memcpy(fields, b->fields, b->field_count * sizeof *fields);
        b->fields = fields;
        b->field_room = room;
    }
    struct text *segments = arena_new_array(b->arena, leaf->count + 1, struct text);
    if (!segments)
        return false;
    if (leaf->count)
        memcpy(segments, leaf->segments, leaf->count * sizeof *segments);
    b->fields[b->field_count++] =
        (struct field){segments, leaf->count, name, title_of(b, segments, leaf->count, name),
                       json_is_true(json_get_string(leaf->schema, "x-personal"))};
    return b->field_count < FIELDS_MOST;
}

/* The form and the schemas it may refer to stand in the canonical form. */
static bool gather_fields(struct builder *b) {
    struct json canonical;
    if (json_read(b->arena, b->definition->canonical, LIMIT_json_depth_most * 2, &canonical, NULL) != OUTCOME_OK)
        return false;
    const struct json *form = json_get_string(&canonical, "form"), *schemas = json_get_string(&canonical, "schemas");
    uint32_t count = schemas ? schemas->count : 0;
    struct schema_source *sources = arena_new_array(b->arena, count + 1u, struct schema_source);
    struct schema_source root = {TEXT("form"), form};
    for (uint32_t i = 0; sources && i < count; i++) {
        sources[i] = (struct schema_source){schemas->children[i].key, &schemas->children[i].value};
        if (form && form->type == JSON_STRING && text_equal(form->text, sources[i].path))
            root = sources[i];
    }
    struct schema_library library = {sources, count};
    b->form = root.value;
    return sources && (!root.value || schema_leaves(&library, &root, note_field, b));
}

/* ---- what is given ---- */

static bool put_row(struct builder *b, struct matrix_row row) {
    struct matrix *m = b->out;
    if (m->count == m->room) {
        uint32_t room = m->room ? m->room * 2 : 128;
        struct matrix_row *rows = arena_new_array(b->arena, room, struct matrix_row);
        if (!rows)
            return false;
        if (m->count)
            memcpy(rows, m->rows, m->count * sizeof *rows);
        m->rows = rows;
        m->room = room;
    }
    m->rows[m->count++] = row;
    return true;
}

static const struct item_definition *item_of(const struct builder *b, const struct step_definition *step) {
    return step->item != NO_INDEX ? &b->definition->items[step->item] : NULL;
}

static void give(const struct receiver *r, uint32_t index) {
    struct builder *b = r->builder;
    const struct field *field = &b->fields[index];
    for (uint32_t i = r->from; i < b->out->count; i++)
        if (b->out->rows[i].kind == MATRIX_FIELD && text_equal(b->out->rows[i].name, field->name) &&
            text_equal(b->out->rows[i].department, r->department))
            return;
    /* A sub-case's own matrix says on which bases it gives on what it was given. */
    b->out->personal_without_basis += field->personal && !r->basis.length && r->step->kind != STEP_THING;
    put_row(b, (struct matrix_row){MATRIX_FIELD, field->name, field->title, field->personal, r->step, item_of(b, r->step),
                                   r->department, r->basis});
}

/* Is the field what is read, or below it, or (a list read as a whole) above it? */
static bool is_read(const struct field *field, const struct text *segments, size_t count) {
    size_t common = field->count < count ? field->count : count, k = 0;
    while (k < common && (!segments[k].at || !field->segments[k].at || text_equal(segments[k], field->segments[k])))
        k++;
    return k == common;
}

static void visit_path(void *context, const struct expression_path *path) {
    const struct receiver *r = context;
    struct text segments[64];
    size_t count = 0;
    if (path->count == 0 || !path->segments[0].at)
        return;
    if (!text_is(path->segments[0], "form")) {
        if (!r->prefix || !text_equal(path->segments[0], r->step->each_as))
            return;
        for (; count < r->prefix_count && count < 32; count++)
            segments[count] = r->prefix[count];
        segments[count++] = TEXT_NONE;
    }
    for (size_t i = 1; i < path->count && count < 64; i++)
        segments[count++] = path->segments[i];
    for (uint32_t i = 0; i < r->builder->field_count; i++)
        if (is_read(&r->builder->fields[i], segments, count))
            give(r, i);
}

struct list_path { struct builder *builder; struct text segments[32]; size_t count; bool found; };

static void note_list(void *context, const struct expression_path *path) {
    struct list_path *list = context;
    if (list->found || path->count < 2 || !path->segments[0].at || !text_is(path->segments[0], "form"))
        return;
    list->found = true;
    for (size_t i = 1; i < path->count && list->count < 32; i++)
        list->segments[list->count++] = path->segments[i];
}

static bool give_read(struct builder *b, const struct step_definition *step, const struct expression *what, struct text department,
                      struct text basis, uint32_t from) {
    struct list_path list = {.builder = b};
    struct receiver r = {b, department, basis, step, from, NULL, 0};
    if (!what || !department.at)
        return true;
    if (step->is_each && step->each_in && !expression_paths(step->each_in, b->arena, note_list, &list))
        return false;
    if (list.found) {
        r.prefix = list.segments;
        r.prefix_count = list.count;
    }
    return expression_paths(what, b->arena, visit_path, &r);
}

static struct text id_of(const struct department_rule *rule) { return rule->id.at ? rule->id : rule->group; }

static bool give_step(struct builder *b, const struct step_definition *step) {
    uint32_t from = b->out->count;
    const struct item_definition *item = item_of(b, step);
    struct text basis = step->kind == STEP_LOOKUP ? step->lookup.basis : item ? item->basis : TEXT_NONE;
    struct text department = step->kind == STEP_DELIVER ? step->deliver.by : id_of(&step->department);
    bool fine = give_read(b, step, step->input, department, basis, from);
    if (step->kind == STEP_DELIVER)
        fine = fine && give_read(b, step, step->deliver.what, department, basis, from);
    if (step->kind == STEP_THING && step->thing.thing != NO_INDEX)
        fine = fine && give_read(b, step, step->thing.form, b->definition->things[step->thing.thing].thing, basis, from);
    for (uint16_t i = 0; step->kind == STEP_PUBLICITY && i < step->publicity.told_count; i++)
        fine = fine && give_read(b, step, step->input, step->publicity.told[i], basis, from);
    for (uint16_t i = 0; step->kind == STEP_INSPECTION && i < step->inspection.item_count; i++) {
        const struct inspected_item *looked = &step->inspection.items[i];
        const struct item_definition *its = &b->definition->items[looked->item];
        fine = fine && give_read(b, step, looked->input ? looked->input : step->input, its->department, its->basis, from);
    }
    if (step->kind == STEP_APPROVE && step->approve.has_check)
        fine = fine && give_read(b, step, step->approve.check_input, id_of(&step->approve.check_department), basis, from);
    if (step->compensate.present)
        fine = fine && give_read(b, step, step->compensate.input,
                                 id_of(&step->compensate.department).at ? id_of(&step->compensate.department) : department,
                                 basis, from);
    for (uint16_t i = 0; fine && i < step->material_count; i++) {
        const struct material_definition *m = &b->definition->materials[step->materials[i]];
        fine = put_row(b, (struct matrix_row){MATRIX_MATERIAL, m->id, matrix_title(&m->title, b->language, m->id), false, step, item,
                                              department, basis});
    }
    return fine;
}

enum outcome definition_matrix(const struct definition *definition, struct text language, struct arena *arena,
                               struct matrix *ret, struct error *error) {
    struct matrix matrix = {0};
    struct builder b = {.definition = definition, .language = language, .arena = arena, .out = &matrix};
    bool fine = gather_fields(&b);
    for (uint16_t i = 0; fine && i < definition->step_count; i++)
        fine = give_step(&b, &definition->steps[i]);
    if (!fine || arena->failed)
        return error_no_memory(error);
    *ret = matrix;
    return OUTCOME_OK;
}
