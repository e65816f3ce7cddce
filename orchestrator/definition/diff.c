/* What changed between two versions of a definition, in the domain's words, and which open cases could migrate.
 *
 * Both are compared by their canonical forms, member by member, by tables: for each mapping which keys matter, what is
 * said of them, and whether a case that has reached the step can still change over. */
#include "definition/diff.h"

#include "model/limits.h"

const struct difference_code definition_difference_codes[] = {
    {"step_added", "a step is new: cases may migrate that have not reached what follows it"},
    {"step_removed", "a step is gone: only cases that have not reached it may migrate"},
    {"step_renamed", "a step has another id, all else the same"},
    {"step_changed", "something about a step: who, when, with what, how long"},
    {"needs_changed", "a step needs others than before"},
    {"department_changed", "another department is asked"},
    {"item_added", "an item is new"},
    {"item_removed", "an item is gone"},
    {"item_changed", "an item's limits, department or basis"},
    {"material_added", "another material is asked"},
    {"material_removed", "a material is no longer asked"},
    {"material_changed", "a material's rule"},
    {"party_added", "a party is new"},
    {"party_removed", "a party is gone"},
    {"party_changed", "a party's rule"},
    {"field_added", "the form asks another field"},
    {"field_removed", "the form no longer asks a field"},
    {"field_changed", "a field's type or rule"},
    {"field_required", "a field is now required: a form that was sent may lack it"},
    {"schema_changed", "the schema of a result or an input"},
    {"promise_changed", "the case's promise"},
    {"title_changed", "a name on screens"},
    {"region_added", "offered in another region"},
    {"region_removed", "no longer offered in a region"},
    {"override_changed", "what differs in a region"},
    {"thing_changed", "a sub-case runs another version of its thing"},
    {"thing_renamed", "another thing altogether: no case can migrate"},
    {NULL, NULL},
};

static const char *code_of(const char *code) {
    for (const struct difference_code *row = definition_difference_codes; row->code; row++)
        if (strcmp(row->code, code) == 0)
            return row->code;
    return code;
}

void diff_add(struct diff *d, const char *code, struct text subject, struct text step, bool blocks, struct text sentence) {
    struct difference_list *list = d->list;
    if (list->count == list->room) {
        uint32_t room = list->room ? list->room * 2 : 16;
        struct difference *at = arena_new_array(d->arena, room, struct difference);
        if (!at)
            return;
        if (list->count)
            memcpy(at, list->at, list->count * sizeof *at);
        list->at = at;
        list->room = room;
    }
    list->at[list->count++] = (struct difference){code_of(code), subject, sentence, blocks, step};
}

/* A value as a person would write it in a sentence. */
struct text diff_show(struct diff *d, const struct json *value) {
    struct buffer out;
    if (!value)
        return TEXT("nothing");
    if (value->type == JSON_STRING && value->text.length <= 60)
        return value->text;
    buffer_init(&out, 1 << 20);
    json_write(&out, value);
    struct text text = text_copy(d->arena, buffer_text(&out));
    buffer_free(&out);
    if (text.length <= 60)
        return text;
    size_t kept = 57;
    while (kept && ((unsigned char)text.at[kept] & 0xc0) == 0x80)
        kept--;
    return text_format(d->arena, "%.*s…", (int)kept, text.at);
}

bool diff_same(const struct json *a, const struct json *b) { return a == b || (a && b && json_equal(a, b)); }

const struct json *diff_find(const struct json *list, struct text id) {
    for (uint32_t i = 0; list && list->type == JSON_ARRAY && i < list->count; i++)
        if (text_equal(json_get_text(&list->children[i].value, TEXT("id")), id))
            return &list->children[i].value;
    return NULL;
}

/* ---- items, materials, parties ---- */

struct part { const char *list, *what, *added, *removed, *changed; bool added_blocks; };
static const struct part parts[] = {
    {"items", "item", "item_added", "item_removed", "item_changed", false},
    {"materials", "material", "material_added", "material_removed", "material_changed", true},
    {"parties", "party", "party_added", "party_removed", "party_changed", true},
};

static void changed_members(struct diff *d, const struct part *part, struct text id, const struct json *before,
                            const struct json *after) {
    for (int turn = 0; turn < 2; turn++) {
        const struct json *one = turn ? after : before, *other = turn ? before : after;
        for (uint32_t i = 0; i < one->count; i++) {
            struct text key = one->children[i].key;
            const struct json *there = json_get(other, key);
            if ((turn && there) || diff_same(&one->children[i].value, there))
                continue;
            diff_add(d, text_is(key, "title") ? "title_changed" : part->changed, id, TEXT_NONE, false,
                     text_format(d->arena, "%s %.*s: %.*s %.*s instead of %.*s", part->what, TEXT_ARG(id), TEXT_ARG(key),
                                 TEXT_ARG(diff_show(d, json_get(after, key))),
                                 TEXT_ARG(diff_show(d, json_get(before, key)))));
        }
    }
}

static void diff_part(struct diff *d, const struct part *part) {
    const struct json *before = json_get(d->before, text_from(part->list)), *after = json_get(d->after, text_from(part->list));
    for (uint32_t i = 0; before && i < before->count; i++) {
        struct text id = json_get_text(&before->children[i].value, TEXT("id"));
        const struct json *there = diff_find(after, id);
        if (there)
            changed_members(d, part, id, &before->children[i].value, there);
        else
            diff_add(d, part->removed, id, TEXT_NONE, false,
                     text_format(d->arena, "%s %.*s is gone", part->what, TEXT_ARG(id)));
    }
    for (uint32_t i = 0; after && i < after->count; i++) {
        struct text id = json_get_text(&after->children[i].value, TEXT("id"));
        bool is_asked = part->added_blocks && (json_is_true(json_get_string(&after->children[i].value, "required")) ||
                                               json_is_true(json_get_string(&after->children[i].value, "signs")));
        if (!diff_find(before, id))
            diff_add(d, part->added, id, TEXT_NONE, is_asked,
                     text_format(d->arena, "%s %.*s is new%s", part->what, TEXT_ARG(id),
                                 is_asked ? ": a case that was submitted lacks it" : ""));
    }
}

/* ---- head ---- */

static bool list_has(const struct json *list, struct text value) {
    for (uint32_t i = 0; list && i < list->count; i++)
        if (text_equal(list->children[i].value.text, value))
            return true;
    return false;
}

static void diff_regions(struct diff *d) {
    const struct json *before = json_get_string(d->before, "regions"), *after = json_get_string(d->after, "regions");
    for (uint32_t i = 0; after && i < after->count; i++)
        if (before && !list_has(before, after->children[i].value.text))
            diff_add(d, "region_added", after->children[i].value.text, TEXT_NONE, false,
                     text_format(d->arena, "offered in %.*s", TEXT_ARG(after->children[i].value.text)));
    for (uint32_t i = 0; before && i < before->count; i++)
        if (after && !list_has(after, before->children[i].value.text))
            diff_add(d, "region_removed", before->children[i].value.text, TEXT_NONE, false,
                     text_format(d->arena, "no longer offered in %.*s; cases there may stay on their own definition",
                                 TEXT_ARG(before->children[i].value.text)));
}

static void diff_head(struct diff *d) {
    struct text before = json_get_text(d->before, TEXT("thing")), after = json_get_text(d->after, TEXT("thing"));
    if (!text_equal(before, after))
        diff_add(d, "thing_renamed", after, TEXT_NONE, true,
                 text_format(d->arena, "another thing: %.*s instead of %.*s", TEXT_ARG(after), TEXT_ARG(before)));
    if (!diff_same(json_get_string(d->before, "promise"), json_get_string(d->after, "promise")))
        diff_add(d, "promise_changed", after, TEXT_NONE, false,
                 text_format(d->arena, "the case promises %.*s instead of %.*s",
                             TEXT_ARG(diff_show(d, json_get_string(d->after, "promise"))),
                             TEXT_ARG(diff_show(d, json_get_string(d->before, "promise")))));
    if (!diff_same(json_get_string(d->before, "title"), json_get_string(d->after, "title")))
        diff_add(d, "title_changed", after, TEXT_NONE, false, TEXT("the thing has another title"));
    if (!diff_same(json_get_string(d->before, "override"), json_get_string(d->after, "override")))
        diff_add(d, "override_changed", after, TEXT_NONE, false, TEXT("what differs in regions has changed"));
    diff_regions(d);
    const struct json *things = json_get_string(d->after, "things"), *old = json_get_string(d->before, "things");
    for (uint32_t i = 0; things && i < things->count; i++) {
        const struct json *hash = json_get(old, things->children[i].key);
        if (hash && !json_equal(hash, &things->children[i].value))
            diff_add(d, "thing_changed", things->children[i].key, TEXT_NONE, false,
                     text_format(d->arena, "the sub-case %.*s runs a newer version", TEXT_ARG(things->children[i].key)));
    }
}

/* ---- the whole ---- */

enum outcome definition_diff(const struct definition *old, const struct definition *new_, struct arena *arena,
                             struct difference_list *ret, struct error *error) {
    struct difference_list list = {0};
    struct json before, after;
    struct diff d = {.arena = arena, .list = &list, .before = &before, .after = &after, .old = old, .new_ = new_};
    if (text_equal(old->hash, new_->hash)) {
        *ret = list;
        return OUTCOME_OK;
    }
    enum outcome outcome = json_read(arena, old->canonical, LIMIT_json_depth_most, &before, error);
    if (outcome == OUTCOME_OK)
        outcome = json_read(arena, new_->canonical, LIMIT_json_depth_most, &after, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    diff_head(&d);
    diff_steps(&d);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        diff_part(&d, &parts[i]);
    diff_forms(&d);
    if (arena->failed)
        return error_no_memory(error);
    *ret = list;
    return OUTCOME_OK;
}

static bool migration_is_possible(const struct difference_list *list) {
    for (uint32_t i = 0; i < list->count; i++)
        if (list->at[i].blocks && text_is_none(list->at[i].step))
            return false;
    return true;
}

/* Is this the first difference that names its step? */
static bool names_step_first(const struct difference_list *list, uint32_t index) {
    if (!list->at[index].blocks || text_is_none(list->at[index].step))
        return false;
    for (uint32_t i = 0; i < index; i++)
        if (list->at[i].blocks && text_equal(list->at[i].step, list->at[index].step))
            return false;
    return true;
}

void definition_diff_write_text(const struct difference_list *list, struct buffer *out) {
    bool names_any = false;
    if (list->count == 0) {
        buffer_put_string(out, "nothing has changed\n");
        return;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        buffer_format(out, "%s %.*s\n", list->at[i].blocks ? "!" : " ", TEXT_ARG(list->at[i].sentence));
        names_any |= names_step_first(list, i);
    }
    if (!migration_is_possible(list)) {
        buffer_put_string(out, "open cases can't migrate: they stay on their own definition\n");
        return;
    }
    buffer_put_string(out, names_any ? "open cases could migrate that have not reached: " : "every open case could migrate\n");
    const char *between = "";
    for (uint32_t i = 0; i < list->count; i++)
        if (names_step_first(list, i)) {
            buffer_format(out, "%s%.*s", between, TEXT_ARG(list->at[i].step));
            between = ", ";
        }
    if (names_any)
        buffer_put_byte(out, '\n');
}

void definition_diff_write_json(const struct difference_list *list, struct buffer *out) {
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, '{');
    json_key(&w, TEXT("differences"));
    json_open(&w, '[');
    for (uint32_t i = 0; i < list->count; i++) {
        json_open(&w, '{');
        json_key(&w, TEXT("code"));
        json_put_text(&w, text_from(list->at[i].code));
        json_key(&w, TEXT("subject"));
        json_put_text(&w, list->at[i].subject);
        json_key(&w, TEXT("sentence"));
        json_put_text(&w, list->at[i].sentence);
        json_key(&w, TEXT("blocks"));
        json_put_bool(&w, list->at[i].blocks);
        json_key(&w, TEXT("step"));
        json_put_text(&w, list->at[i].step);
        json_close(&w, '}');
    }
    json_close(&w, ']');
    json_key(&w, TEXT("migration"));
    json_open(&w, '{');
    json_key(&w, TEXT("possible"));
    json_put_bool(&w, migration_is_possible(list));
    json_key(&w, TEXT("not_reached"));
    json_open(&w, '[');
    for (uint32_t i = 0; i < list->count; i++)
        if (names_step_first(list, i))
            json_put_text(&w, list->at[i].step);
    json_close(&w, ']');
    json_close(&w, '}');
    json_close(&w, '}');
}
