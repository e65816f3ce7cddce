/* Whose data goes where: entitlements, personal fields, materials, and items that ask the same datum differently. */
#include "definition/compile.h"

#include "model/limits.h"

/* ---- entitlement ---- */

/* Is the path `segments` the field "a.b" or below it? */
static bool is_covered(struct text field, const struct text *segments, size_t count) {
    for (size_t i = 0; field.length; i++) {
        size_t dot = text_find(field, '.');
        struct text name = text_span(field.at, dot == SIZE_MAX ? field.length : dot);
        if (i >= count || (segments[i].at && !text_equal(segments[i], name)))
            return i < count && !segments[i].at;
        field = dot == SIZE_MAX ? TEXT_NONE : text_span(field.at + dot + 1, field.length - dot - 1);
        if (field.length && i + 1 < count && !segments[i + 1].at) {   /* any element of a list */
            segments++;
            count--;
        }
    }
    return true;
}

static bool is_in_group(const struct department *department, struct text group) {
    for (uint16_t i = 0; i < department->group_count; i++) {
        struct text entry = department->groups[i];
        if (text_equal(entry, group) || (entry.length > group.length && entry.at[group.length] == ':' &&
                                         memcmp(entry.at, group.at, group.length) == 0))
            return true;
    }
    return false;
}

static bool may_have_field(const struct department *department, const struct text *segments, size_t count) {
    for (uint16_t i = 0; i < department->field_count; i++)
        if (is_covered(department->fields[i], segments, count))
            return true;
    return department->field_count == 0;
}

static bool may_have_material(const struct department *department, struct text material) {
    for (uint16_t i = 0; i < department->material_count; i++)
        if (text_equal(department->materials[i], material))
            return true;
    return department->material_count == 0;
}

static bool is_receiver(const struct department_rule *rule, const struct department *department) {
    return rule->id.at ? text_equal(department->id, rule->id) : rule->group.at && is_in_group(department, rule->group);
}

const struct department *entitled_not_to_field(const struct compiler *c, const struct department_rule *rule,
                                               const struct text *segments, size_t count) {
    const struct directory *directory = c->context->directory;
    for (uint16_t i = 0; directory && i < directory->count; i++)
        if (is_receiver(rule, &directory->departments[i]) &&
            !may_have_field(&directory->departments[i], segments, count))
            return &directory->departments[i];
    return NULL;
}

const struct department *entitled_not_to_material(const struct compiler *c, const struct department_rule *rule,
                                                  struct text material) {
    const struct directory *directory = c->context->directory;
    for (uint16_t i = 0; directory && i < directory->count; i++)
        if (is_receiver(rule, &directory->departments[i]) && !may_have_material(&directory->departments[i], material))
            return &directory->departments[i];
    return NULL;
}

/* ---- personal fields ---- */

static bool note_personal(void *context, const struct schema_leaf *leaf) {
    struct compiler *c = context;
    if (!json_is_true(json_get_string(leaf->schema, "x-personal")))
        return true;
    if (c->personal_count == c->personal_room) {
        uint32_t room = c->personal_room ? c->personal_room * 2 : 32;
        struct personal_field *at = arena_new_array(c->arena, room, struct personal_field);
        if (!at)
            return false;
        if (c->personal_count)
            memcpy(at, c->personal, c->personal_count * sizeof *at);
        c->personal = at;
        c->personal_room = room;
    }
    struct text *segments = arena_new_array(c->arena, leaf->count, struct text);
    if (!segments)
        return false;
    if (leaf->count)
        memcpy(segments, leaf->segments, leaf->count * sizeof *segments);
    c->personal[c->personal_count++] = (struct personal_field){segments, leaf->count, false};
    return true;
}

void personal_gather(struct compiler *c) {
    if (c->form && !schema_leaves(&c->library, &c->library.at[c->form->index], note_personal, c))
        c->arena->failed = true;
}

static void put_path(struct buffer *out, const struct text *segments, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (segments[i].at && i)
            buffer_put_byte(out, '.');
        buffer_put_text(out, segments[i].at ? segments[i] : TEXT("[]"));
    }
}

void check_personal(struct compiler *c) {
    for (uint32_t i = 0; i < c->personal_count; i++) {
        struct buffer path;
        if (c->personal[i].is_read)
            continue;
        buffer_init(&path, 512);
        put_path(&path, c->personal[i].segments, c->personal[i].count);
        compiler_fault(c, node_get(c->root, "form")->place, "personal_unneeded",
                       "the form asks the personal field %s, which nobody reads", path.failed ? "" : path.at);
        buffer_free(&path);
    }
}

/* ---- materials ---- */

static bool is_or_holds(const struct compiler *c, uint16_t listed, uint16_t material) {
    const struct material_definition *group = &c->materials[listed];
    for (uint16_t i = 0; i < group->any_of_count; i++)
        if (group->any_of[i] == material)
            return true;
    return listed == material;
}

void check_materials(struct compiler *c) {
    for (uint16_t m = 0; m < c->out->material_count; m++) {
        bool is_given = !compiler_owns(&c->material_ids, c->materials[m].id, m);
        for (uint16_t i = 0; i < c->out->step_count; i++)
            for (uint16_t k = 0; k < c->steps[i].material_count; k++)
                is_given |= is_or_holds(c, c->steps[i].materials[k], m);
        if (!is_given)
            compiler_fault(c, c->material_nodes[m]->place, "material_unused",
                           "the material %.*s is asked, but no step is given it", TEXT_ARG(c->materials[m].id));
    }
}

/* ---- items that disagree about a datum ---- */

struct datum { uint16_t item; const struct text *segments; size_t count; const struct json *schema; };
struct data { struct compiler *c; struct datum *at; uint32_t count, room; uint16_t item; };

static bool note_datum(void *context, const struct schema_leaf *leaf) {
    struct data *data = context;
    if (data->count == data->room) {
        uint32_t room = data->room ? data->room * 2 : 64;
        struct datum *at = arena_new_array(data->c->arena, room, struct datum);
        if (!at)
            return false;
        if (data->count)
            memcpy(at, data->at, data->count * sizeof *at);
        data->at = at;
        data->room = room;
    }
    struct text *segments = arena_new_array(data->c->arena, leaf->count, struct text);
    if (!segments)
        return false;
    if (leaf->count)
        memcpy(segments, leaf->segments, leaf->count * sizeof *segments);
    data->at[data->count++] = (struct datum){data->item, segments, leaf->count, leaf->schema};
    return data->count < 4096;
}

static bool same_path(const struct datum *a, const struct datum *b) {
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if ((a->segments[i].at == NULL) != (b->segments[i].at == NULL) || !text_equal(a->segments[i], b->segments[i]))
            return false;
    return true;
}

/* Words for people say nothing about the datum's type or rule. */
static bool is_rule(struct text keyword) {
    static const char *const words[] = {"title", "description", "default", "examples", "$comment", "$id"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_is(keyword, words[i]))
            return false;
    return !text_starts_with(keyword, "x-");
}

/* A keyword by which two schemas differ; absent: they agree. */
static struct text first_difference(const struct json *a, const struct json *b) {
    for (int turn = 0; turn < 2; turn++) {
        for (uint32_t i = 0; a->type == JSON_OBJECT && i < a->count; i++) {
            struct text keyword = a->children[i].key;
            const struct json *other = json_get(b, keyword);
            if (is_rule(keyword) && (!other || !json_equal(&a->children[i].value, other)))
                return keyword;
        }
        const struct json *swap = a;
        a = b;
        b = swap;
    }
    return TEXT_NONE;
}

static void compare_data(struct compiler *c, const struct datum *a, const struct datum *b) {
    struct text keyword = first_difference(a->schema, b->schema);
    struct buffer path;
    if (!keyword.at)
        return;
    buffer_init(&path, 512);
    put_path(&path, a->segments, a->count);
    if (a->item == NO_INDEX)
        compiler_fault(c, node_get(c->item_nodes[b->item], "form")->place, "items_disagree",
                       "item %.*s and the form disagree about %s: `%.*s` differs", TEXT_ARG(c->items[b->item].id),
                       path.failed ? "" : path.at, TEXT_HEAD(keyword));
    else
        compiler_fault(c, node_get(c->item_nodes[b->item], "form")->place, "items_disagree",
                       "items %.*s and %.*s disagree about %s: `%.*s` differs", TEXT_ARG(c->items[a->item].id),
                       TEXT_ARG(c->items[b->item].id), path.failed ? "" : path.at, TEXT_HEAD(keyword));
    buffer_free(&path);
}

static void check_datum_in_form(struct compiler *c, const struct datum *datum) {
    struct buffer path;
    if (!c->form || schemas_walk(c, c->form, datum->segments, datum->count).reach != REACH_NONE)
        return;
    buffer_init(&path, 512);
    put_path(&path, datum->segments, datum->count);
    compiler_fault(c, node_get(c->item_nodes[datum->item], "form")->place, "path_not_in_form",
                   "item %.*s asks %s, which the form does not have", TEXT_ARG(c->items[datum->item].id),
                   path.failed ? "" : path.at);
    buffer_free(&path);
}

void check_items_agree(struct compiler *c) {
    struct data data = {.c = c, .item = NO_INDEX};
    if (c->form && !schema_leaves(&c->library, &c->library.at[c->form->index], note_datum, &data))
        c->arena->failed = true;
    for (uint16_t i = 0; i < c->out->item_count; i++) {
        data.item = i;
        if (c->item_forms[i] &&
            !schema_leaves(&c->library, &c->library.at[c->item_forms[i]->index], note_datum, &data))
            c->arena->failed = true;
    }
    for (uint32_t b = 0; b < data.count; b++) {
        if (data.at[b].item == NO_INDEX)
            continue;
        check_datum_in_form(c, &data.at[b]);
        for (uint32_t a = 0; a < b; a++)
            if (data.at[a].item != data.at[b].item && same_path(&data.at[a], &data.at[b]))
                compare_data(c, &data.at[a], &data.at[b]);
    }
}
