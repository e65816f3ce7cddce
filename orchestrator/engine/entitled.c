/* What of a form the department of a step is given: the places that the step's input reads, and nothing beside them. The task
 * itself carries its input alone; this holds the same for what follows it, which has the form's shape. What an element of an
 * `each` reads of itself is no place of the form: the list has the others', too. */
#include "engine/kinds.h"

struct place { const struct text *segments; size_t count; };   /* behind `form` */
struct reading { struct decision *d; struct place *at; uint32_t count, room; bool whole; };

static void note_path(void *context, const struct expression_path *path) {
    struct reading *r = context;
    if (path->count > 0 && (text_is_none(path->segments[0]) || !text_is(path->segments[0], "form")))
        return;
    if (path->count <= 1) {   /* the form, or all there is */
        r->whole = true;
        return;
    }
    if (r->count == r->room) {
        uint32_t room = r->room ? r->room * 2 : 16;
        struct place *at = arena_new_array(r->d->arena, room, struct place);
        if (!at) {
            r->d->failed = true;
            return;
        }
        if (r->count)
            memcpy(at, r->at, r->count * sizeof *at);
        r->at = at;
        r->room = room;
    }
    struct text *segments = arena_new_array(r->d->arena, path->count - 1, struct text);
    if (!segments) {
        r->d->failed = true;
        return;
    }
    memcpy(segments, path->segments + 1, (path->count - 1) * sizeof *segments);
    r->at[r->count++] = (struct place){segments, path->count - 1};
}

static void read_places(struct reading *r, uint16_t step, int32_t index) {
    const struct step_definition *asked = step_of(r->d, step);
    const struct expression *of[] = {asked->input, asked->kind == STEP_DELIVER ? asked->deliver.what : NULL,
                                     asked->kind == STEP_APPROVE ? asked->approve.check_input : NULL};
    if (asked->kind == STEP_INSPECTION && index >= 0 && asked->inspection.items[index].input)
        of[0] = asked->inspection.items[index].input;
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++)
        r->d->failed = r->d->failed || (of[i] && !expression_paths(of[i], r->d->arena, note_path, r));
}

static bool leads_to(const struct place *place, size_t depth, struct text name) {
    return depth < place->count && (text_is_none(place->segments[depth]) || (!text_is_none(name) && text_equal(place->segments[depth], name)));
}

/* `chosen`: the places that the way down to `value` has kept to, `depth` of their segments. */
static void put(struct decision *d, struct json_writer *w, const struct json *value, const struct place *const *chosen, uint32_t count, size_t depth) {
    const struct place **below = arena_new_array(d->arena, count, const struct place *);
    bool is_object = value->type == JSON_OBJECT, whole = value->type != JSON_OBJECT && value->type != JSON_ARRAY;
    for (uint32_t i = 0; i < count && !whole; i++)
        whole = chosen[i]->count == depth;
    if (whole || !below) {
        d->failed = d->failed || !below;
        json_put_value(w, value);
        return;
    }
    json_open(w, is_object ? '{' : '[');
    for (uint32_t i = 0; i < value->count; i++) {
        struct text name = is_object ? value->children[i].key : TEXT_NONE;
        const struct json *member = &value->children[i].value;
        uint32_t kept = 0;
        bool ends = false;
        for (uint32_t k = 0; k < count; k++)
            if (leads_to(chosen[k], depth, name)) {
                below[kept++] = chosen[k];
                ends = ends || chosen[k]->count == depth + 1;
            }
        /* A plain value where more was expected is nothing that the input reads; null takes away what it did. */
        bool plain = member->type != JSON_OBJECT && member->type != JSON_ARRAY && member->type != JSON_NULL;
        if (kept == 0 || (plain && !ends))
            continue;
        if (is_object)
            json_key(w, name);
        put(d, w, member, below, kept, depth + 1);
    }
    json_close(w, is_object ? '}' : ']');
}

void entitled_put_form(struct decision *d, struct json_writer *w, uint16_t step, int32_t index, const struct json *form) {
    struct reading r = {.d = d};
    if (form && form->type == JSON_OBJECT)
        read_places(&r, step, index);
    const struct place **all = arena_new_array(d->arena, r.count + 1u, const struct place *);
    d->failed = d->failed || !all;
    for (uint32_t i = 0; all && i < r.count; i++)
        all[i] = &r.at[i];
    if (!all || !form || form->type != JSON_OBJECT || (r.count == 0 && !r.whole))
        json_put_raw(w, TEXT("{}"));
    else if (r.whole)
        json_put_value(w, form);
    else
        put(d, w, form, all, r.count, 0);
}

void entitled_put_materials(struct decision *d, struct json_writer *w, uint16_t step, const struct json *materials) {
    json_open(w, '[');
    for (uint32_t i = 0; materials && materials->type == JSON_ARRAY && i < materials->count; i++)
        if (material_is_carried(d, step, json_get_text(&materials->children[i].value, TEXT("id"))))
            json_put_value(w, &materials->children[i].value);
    json_close(w, ']');
}
