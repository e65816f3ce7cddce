/* One entry of the ledger out of one event. */
#include "privacy/disclosure.h"

#include "expression/expression.h"

static const char *const basis_kinds[] = {"duty", "consent", "separate_consent", "guardian", "court"};

enum basis_kind basis_kind_of(struct text basis) {
    for (unsigned i = BASIS_CONSENT; i <= BASIS_COURT; i++)
        if (text_is(basis, basis_kinds[i]))
            return (enum basis_kind)i;
    return BASIS_DUTY;
}

const char *basis_kind_name(enum basis_kind kind) { return basis_kinds[kind]; }

static void put_member(struct json_writer *w, const char *name, struct text value) {
    json_key(w, text_from(name));
    json_put_text(w, value);
}

/* ---- on which basis ---- */

/* The event says it of a lookup; else the item does for which it was asked. */
static struct text basis_of(const struct disclosing *d, const struct step_definition *step, const struct json *data) {
    struct text said = json_get_text(data, TEXT("basis")), item = json_get_text(data, TEXT("item"));
    if (!text_is_none(said))
        return said;
    for (uint16_t i = 0; !text_is_none(item) && i < d->definition->item_count; i++)
        if (text_equal(d->definition->items[i].id, item))
            return d->definition->items[i].basis;
    return step && step->item != NO_INDEX ? d->definition->items[step->item].basis : TEXT_NONE;
}

static void put_basis(struct json_writer *w, struct text basis) {
    enum basis_kind kind = basis_kind_of(basis);
    json_key(w, TEXT("basis"));
    json_open(w, '{');
    put_member(w, "kind", text_from(basis_kind_name(kind)));
    if (kind == BASIS_DUTY)
        put_member(w, "law", basis.length > 0 ? basis : TEXT_NONE);
    json_close(w, '}');
}

/* ---- which fields ---- */

/* Has the form anything at a matrix's name: sellers[].name, home.address? */
static bool is_there(const struct json *form, struct text name) {
    if (!form || form->type == JSON_NULL)
        return false;
    if (name.length == 0)
        return (form->type != JSON_ARRAY && form->type != JSON_OBJECT) || form->count > 0;
    if (name.at[0] == '.')
        return is_there(form, text_span(name.at + 1, name.length - 1));
    if (name.length >= 2 && name.at[0] == '[') {
        for (uint32_t i = 0; form->type == JSON_ARRAY && i < form->count; i++)
            if (is_there(json_at(form, i), text_span(name.at + 2, name.length - 2)))
                return true;
        return false;
    }
    size_t end = 0;
    while (end < name.length && name.at[end] != '.' && name.at[end] != '[')
        end++;
    return is_there(json_get(form, text_span(name.at, end)), text_span(name.at + end, name.length - end));
}

static void put_field(struct json_writer *w, const struct matrix_row *row) {
    json_open(w, '{');
    put_member(w, "field", row->name);
    put_member(w, "title", row->title);
    json_key(w, TEXT("personal"));
    json_put_bool(w, row->personal);
    json_close(w, '}');
}

/* A list or an object of which parts are named does not stand beside them. */
static bool is_named_by_parts(const struct disclosing *d, const struct matrix_row *row) {
    for (uint32_t i = 0; i < d->matrix.count; i++) {
        struct text name = d->matrix.rows[i].name;
        if (name.length > row->name.length && memcmp(name.at, row->name.at, row->name.length) == 0 && strchr(".[", name.at[row->name.length]) &&
            d->matrix.rows[i].step == row->step)
            return true;
    }
    return false;
}

static bool row_is(const struct matrix_row *row, const struct step_definition *step, struct text department) {
    return row->kind == MATRIX_FIELD && text_equal(row->step->id, step->id) &&
           (text_is_none(department) || text_equal(row->department, department));
}

/* What the step's input reads. A member of a group, and who was asked instead, stands in no row: then all of the step's. */
static void put_read(struct json_writer *w, const struct disclosing *d, const struct step_definition *step, struct text department,
                     const struct json *form) {
    bool named = false;
    for (uint32_t i = 0; i < d->matrix.count && !named; i++)
        named = row_is(&d->matrix.rows[i], step, department);
    for (uint32_t i = 0; i < d->matrix.count; i++)
        if (row_is(&d->matrix.rows[i], step, named ? department : TEXT_NONE) && is_there(form, d->matrix.rows[i].name) &&
            !is_named_by_parts(d, &d->matrix.rows[i]))
            put_field(w, &d->matrix.rows[i]);
}

/* What a correction brought: the rows of any step that name what its form has; each name once. */
static void put_brought(struct json_writer *w, const struct disclosing *d, const struct json *form) {
    for (uint32_t i = 0; i < d->matrix.count; i++) {
        const struct matrix_row *row = &d->matrix.rows[i];
        bool before = row->kind != MATRIX_FIELD || !is_there(form, row->name);
        for (uint32_t k = 0; k < i && !before; k++)
            before = d->matrix.rows[k].kind == MATRIX_FIELD && text_equal(d->matrix.rows[k].name, row->name);
        if (!before)
            put_field(w, row);
    }
}

/* ---- which results of earlier steps ---- */

struct results { const struct disclosing *d; struct json_writer *w; struct arena *arena; struct text said[64]; uint32_t count; };

/* "Title of the step / receipt_no" */
static struct text result_title(struct results *r, const struct expression_path *path) {
    uint16_t step = definition_find_step(r->d->definition, path->segments[1]);
    struct text id = path->segments[1], last = TEXT_NONE;
    struct text title = step == NO_INDEX ? id : matrix_title(&r->d->definition->steps[step].title, r->d->language, id);
    for (size_t i = 3; i < path->count; i++)
        last = text_is_none(path->segments[i]) ? last : path->segments[i];
    return text_is_none(last) ? title : text_format(r->arena, "%.*s / %.*s", TEXT_ARG(title), TEXT_ARG(last));
}

static void visit_result(void *context, const struct expression_path *path) {
    struct results *r = context;
    struct text pointer = TEXT("");
    if (path->count < 3 || !text_is(path->segments[0], "steps") || !text_is(path->segments[2], "result"))
        return;
    for (size_t i = 0; i < path->count; i++)
        pointer = text_format(r->arena, "%.*s/%.*s", TEXT_ARG(pointer),
                              TEXT_ARG(text_is_none(path->segments[i]) ? TEXT("*") : path->segments[i]));
    for (uint32_t i = 0; i < r->count; i++)
        if (text_equal(r->said[i], pointer))
            return;
    if (r->count < 64)
        r->said[r->count++] = pointer;
    json_open(r->w, '{');
    put_member(r->w, "result", pointer);
    put_member(r->w, "title", result_title(r, path));
    json_close(r->w, '}');
}

static bool put_results(struct json_writer *w, const struct disclosing *d, const struct step_definition *step, struct arena *arena) {
    struct results r = {.d = d, .w = w, .arena = arena};
    const struct expression *what[] = {step->input, step->deliver.what, step->approve.check_input};
    bool fine = true;
    for (size_t i = 0; i < sizeof what / sizeof what[0]; i++)
        fine = fine && (!what[i] || expression_paths(what[i], arena, visit_result, &r));
    for (uint16_t i = 0; step->kind == STEP_INSPECTION && i < step->inspection.item_count; i++)
        fine = fine && (!step->inspection.items[i].input || expression_paths(step->inspection.items[i].input, arena, visit_result, &r));
    return fine && !arena->failed;
}

/* ---- which materials ---- */

static void put_materials(struct json_writer *w, const struct disclosing *d, const struct json *materials) {
    for (uint32_t i = 0; materials && materials->type == JSON_ARRAY && i < materials->count; i++) {
        const struct json *given = json_at(materials, i);
        struct text id = json_get_text(given, TEXT("id")), digest = json_get_text(given, TEXT("digest"));
        json_open(w, '{');
        put_member(w, "id", id);
        for (uint16_t k = 0; k < d->definition->material_count; k++)
            if (text_equal(d->definition->materials[k].id, id))
                put_member(w, "title", matrix_title(&d->definition->materials[k].title, d->language, id));
        if (!text_is_none(digest))
            put_member(w, "digest", digest);
        json_close(w, '}');
    }
}

static const char *what_of(const struct step_definition *step, struct text kind, const struct json *index) {
    if (text_is(kind, "correction_sent"))
        return "correction";
    if (text_is(kind, "materials_sent"))
        return "materials";
    if (text_is(kind, "undo_asked"))
        return "undo";
    if (step && step->kind == STEP_APPROVE && index)
        return "check";
    return step ? step_kind_name(step->kind) : "task";
}

bool disclosure_put(struct json_writer *w, const struct disclosing *d, const struct json *form, const struct disclosure_event *e,
                    struct arena *scratch) {
    uint16_t at = definition_find_step(d->definition, e->step);
    const struct step_definition *step = at == NO_INDEX ? NULL : &d->definition->steps[at];
    bool brought = text_is(e->kind, "correction_sent") || text_is(e->kind, "materials_sent"), fine = true;
    const struct json *given = text_is(e->kind, "correction_sent") ? json_get_string(e->fields, "extra") : NULL;
    const struct json *data = given ? given : json_get_string(e->fields, "data"), *index = json_get_string(e->fields, "index");
    struct text department = json_get_text(e->fields, TEXT("department"));
    json_open(w, '{');
    put_member(w, "case", e->case_id);
    put_member(w, "at", e->at);
    put_member(w, "step", e->step);
    put_member(w, "title", step ? matrix_title(&step->title, d->language, e->step) : e->step);
    if (index) {
        json_key(w, TEXT("index"));
        json_put_value(w, index);
    }
    put_member(w, "what", text_from(what_of(step, e->kind, index)));
    put_member(w, "department", department);
    put_member(w, "department_title", matrix_department_title(d->directory, department, d->language));
    put_member(w, "region", json_get_text(e->fields, TEXT("region")));
    put_basis(w, basis_of(d, step, data));
    json_key(w, TEXT("fields"));
    json_open(w, '[');
    if (brought)
        put_brought(w, d, json_get_string(data, "form"));
    else if (step)
        put_read(w, d, step, department, form);
    json_close(w, ']');
    json_key(w, TEXT("results"));
    json_open(w, '[');
    if (step && !brought)
        fine = put_results(w, d, step, scratch);
    json_close(w, ']');
    json_key(w, TEXT("materials"));
    json_open(w, '[');
    put_materials(w, d, json_get_string(data, "materials"));
    json_close(w, ']');
    json_close(w, '}');
    return fine;
}
