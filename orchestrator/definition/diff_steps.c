/* Steps and forms of two versions: added, removed, renamed, changed; and what a case must not have reached. */
#include "definition/diff.h"

#include "definition/schema_walk.h"

/* What a change of a step's key means. A key that is not here is said as it is and blocks cases at the step. */
static const struct key_meaning { const char *key, *code, *says; bool blocks; } meanings[] = {
    {"title", "title_changed", "title", false},
    {"department", "department_changed", "asks department", true},
    {"at", "department_changed", "asks the office of region", true},
    {"source", "department_changed", "looks up at", true},
    {"item", "step_changed", "works on item", false},
    {"needs", "needs_changed", "needs", true},
    {"join", "needs_changed", "join", true},
    {"when", "step_changed", "when", true},
    {"retry", "step_changed", "retry", false},
    {"priority", "step_changed", "priority", false},
    {"timeout", "step_changed", "timeout", false},
    {"result", "schema_changed", "result", true},
    {"input_schema", "schema_changed", "input schema", true},
};

static const struct key_meaning *meaning_of(struct text key) {
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (text_is(key, meanings[i].key))
            return &meanings[i];
    return NULL;
}

static void changed_key(struct diff *d, struct text id, struct text key, const struct json *before,
                        const struct json *after) {
    const struct key_meaning *meaning = meaning_of(key);
    struct text says = meaning ? text_from(meaning->says) : key;
    diff_add(d, meaning ? meaning->code : "step_changed", id, id, meaning ? meaning->blocks : true,
             text_format(d->arena, "step %.*s: %.*s %.*s instead of %.*s", TEXT_ARG(id), TEXT_ARG(says),
                         TEXT_ARG(diff_show(d, after)), TEXT_ARG(diff_show(d, before))));
}

/* The schema a step names by its path may have changed under the same path. */
static void changed_schema(struct diff *d, struct text id, const struct json *step, const char *key) {
    struct text path = json_get_text(step, text_from(key));
    const struct json *before = json_get(json_get_string(d->before, "schemas"), path);
    const struct json *after = json_get(json_get_string(d->after, "schemas"), path);
    if (path.at && before && after && !json_equal(before, after))
        diff_add(d, "schema_changed", id, id, true,
                 text_format(d->arena, "step %.*s: %.*s has changed", TEXT_ARG(id), TEXT_ARG(path)));
}

static void changed_step(struct diff *d, struct text id, const struct json *before, const struct json *after) {
    for (uint32_t i = 0; i < before->count; i++) {
        const struct json *there = json_get(after, before->children[i].key);
        if (!diff_same(&before->children[i].value, there))
            changed_key(d, id, before->children[i].key, &before->children[i].value, there);
    }
    for (uint32_t i = 0; i < after->count; i++)
        if (!json_get(before, after->children[i].key))
            changed_key(d, id, after->children[i].key, NULL, &after->children[i].value);
    changed_schema(d, id, after, "result");
    changed_schema(d, id, after, "input_schema");
}

/* Equal but for the id. */
static bool is_renamed(const struct json *before, const struct json *after) {
    if (before->count != after->count)
        return false;
    for (uint32_t i = 0; i < before->count; i++)
        if (!text_is(before->children[i].key, "id") &&
            !diff_same(&before->children[i].value, json_get(after, before->children[i].key)))
            return false;
    return true;
}

/* A step that is new must not come too late: what needs it must not have been reached. */
static void added_step(struct diff *d, struct text id) {
    uint16_t index = definition_find_step(d->new_, id);
    if (index == NO_INDEX)
        return;
    const struct step_definition *step = &d->new_->steps[index];
    bool blocks = false;
    for (uint16_t k = 0; k < step->dependent_count; k++) {
        struct text after = d->new_->steps[step->dependents[k]].id;
        if (definition_find_step(d->old, after) == NO_INDEX)
            continue;
        blocks = true;
        diff_add(d, "step_added", id, after, true,
                 text_format(d->arena, "step %.*s is new, before %.*s", TEXT_ARG(id), TEXT_ARG(after)));
    }
    if (!blocks)
        diff_add(d, "step_added", id, TEXT_NONE, false, text_format(d->arena, "step %.*s is new", TEXT_ARG(id)));
}

static const struct json *renamed_to(const struct json *steps, const struct json *others, const struct json *step) {
    for (uint32_t i = 0; others && i < others->count; i++) {
        const struct json *candidate = &others->children[i].value;
        if (!diff_find(steps, json_get_text(candidate, TEXT("id"))) && is_renamed(step, candidate))
            return candidate;
    }
    return NULL;
}

void diff_steps(struct diff *d) {
    const struct json *before = json_get_string(d->before, "steps"), *after = json_get_string(d->after, "steps");
    for (uint32_t i = 0; before && i < before->count; i++) {
        const struct json *step = &before->children[i].value;
        struct text id = json_get_text(step, TEXT("id"));
        const struct json *there = diff_find(after, id), *renamed = there ? NULL : renamed_to(before, after, step);
        if (there)
            changed_step(d, id, step, there);
        else if (renamed)
            diff_add(d, "step_renamed", id, id, true,
                     text_format(d->arena, "step %.*s is now called %.*s", TEXT_ARG(id),
                                 TEXT_ARG(json_get_text(renamed, TEXT("id")))));
        else
            diff_add(d, "step_removed", id, id, true, text_format(d->arena, "step %.*s is gone", TEXT_ARG(id)));
    }
    for (uint32_t i = 0; after && i < after->count; i++) {
        const struct json *step = &after->children[i].value;
        struct text id = json_get_text(step, TEXT("id"));
        if (!diff_find(before, id) && !renamed_to(after, before, step))
            added_step(d, id);
    }
}

/* ---- the form's fields ---- */

struct fields { struct diff *d; struct text *paths; const struct json **schemas; uint32_t count, room; };

static struct text path_of(struct arena *arena, const struct schema_leaf *leaf) {
    struct buffer out;
    buffer_init(&out, 4096);
    for (size_t i = 0; i < leaf->count; i++) {
        if (i && leaf->segments[i].at)
            buffer_put_byte(&out, '.');
        buffer_put_text(&out, leaf->segments[i].at ? leaf->segments[i] : TEXT("[]"));
    }
    struct text path = text_copy(arena, buffer_text(&out));
    buffer_free(&out);
    return path;
}

static bool note_field(void *context, const struct schema_leaf *leaf) {
    struct fields *f = context;
    if (f->count == f->room) {
        uint32_t room = f->room ? f->room * 2 : 64;
        struct text *paths = arena_new_array(f->d->arena, room, struct text);
        const struct json **schemas = arena_new_array(f->d->arena, room, const struct json *);
        if (!paths || !schemas)
            return false;
        if (f->count) {
            memcpy(paths, f->paths, f->count * sizeof *paths);
            memcpy(schemas, f->schemas, f->count * sizeof *schemas);
        }
        f->paths = paths;
        f->schemas = schemas;
        f->room = room;
    }
    f->paths[f->count] = path_of(f->d->arena, leaf);
    f->schemas[f->count++] = leaf->schema;
    return f->count < 4096;
}

static struct fields fields_of(struct diff *d, const struct json *canonical) {
    struct fields fields = {.d = d};
    const struct json *form = json_get_string(canonical, "form"), *schemas = json_get_string(canonical, "schemas");
    uint32_t count = schemas ? schemas->count : 0;
    struct schema_source *sources = arena_new_array(d->arena, count + 1u, struct schema_source);
    struct schema_source root = {TEXT("form"), form};
    for (uint32_t i = 0; sources && i < count; i++) {
        sources[i] = (struct schema_source){schemas->children[i].key, &schemas->children[i].value};
        if (form && form->type == JSON_STRING && text_equal(form->text, sources[i].path))
            root = sources[i];
    }
    struct schema_library library = {sources, count};
    if (root.value && sources && !schema_leaves(&library, &root, note_field, &fields))
        d->arena->failed = true;
    return fields;
}

static const struct json *field_of(const struct fields *f, struct text path) {
    for (uint32_t i = 0; i < f->count; i++)
        if (text_equal(f->paths[i], path))
            return f->schemas[i];
    return NULL;
}

static const struct json *form_of(const struct json *canonical) {
    const struct json *form = json_get_string(canonical, "form");
    return form && form->type == JSON_STRING ? json_get(json_get_string(canonical, "schemas"), form->text) : form;
}

static void diff_required(struct diff *d) {
    const struct json *before = json_get_string(form_of(d->before), "required");
    const struct json *after = json_get_string(form_of(d->after), "required");
    for (uint32_t i = 0; after && i < after->count; i++) {
        struct text name = after->children[i].value.text;
        bool was = false;
        for (uint32_t k = 0; before && k < before->count; k++)
            was |= text_equal(before->children[k].value.text, name);
        if (!was)
            diff_add(d, "field_required", name, TEXT_NONE, true,
                     text_format(d->arena, "the form requires %.*s: a case that was submitted may lack it", TEXT_ARG(name)));
    }
}

void diff_forms(struct diff *d) {
    struct fields before = fields_of(d, d->before), after = fields_of(d, d->after);
    for (uint32_t i = 0; i < before.count; i++) {
        const struct json *there = field_of(&after, before.paths[i]);
        if (!there)
            diff_add(d, "field_removed", before.paths[i], TEXT_NONE, false,
                     text_format(d->arena, "the form no longer asks %.*s", TEXT_ARG(before.paths[i])));
        else if (!json_equal(before.schemas[i], there))
            diff_add(d, "field_changed", before.paths[i], TEXT_NONE, false,
                     text_format(d->arena, "the field %.*s has another rule or name", TEXT_ARG(before.paths[i])));
    }
    for (uint32_t i = 0; i < after.count; i++)
        if (!field_of(&before, after.paths[i]))
            diff_add(d, "field_added", after.paths[i], TEXT_NONE, false,
                     text_format(d->arena, "the form asks %.*s", TEXT_ARG(after.paths[i])));
    diff_required(d);
}
