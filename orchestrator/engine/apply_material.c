/* Events of materials: what a lookup found, what the applicant brings later, what was tolerated and did not come. */
#include "engine/apply_part.h"

#include "base/json.h"
#include "model/limits.h"

/* Rows for writing, with room for `more`; a draft has its own copy. */
static bool tolerated_write(struct case_state *s, uint32_t more) {
    if (!s->draft && more == 0)
        return true;
    struct tolerated_row *rows = arena_new_array(case_arena(s), s->tolerated_count + more, struct tolerated_row);
    if (!rows)
        return false;
    if (s->tolerated_count)
        memcpy(rows, s->tolerated, s->tolerated_count * sizeof *rows);
    s->tolerated = rows;
    return true;
}

static void end_row(struct case_state *s, struct tolerated_row *row) {
    if (!row->is_open)
        return;
    row->is_open = false;
    s->open_count--;
    apply_due(s, &row->due_at_us, TIME_NONE);
}

/* It, or of a group one of its members. */
static bool has_material(const struct case_state *s, uint16_t material) {
    const struct material_definition *wanted = &s->definition->materials[material];
    for (uint32_t i = 0; s->materials.type == JSON_ARRAY && i < s->materials.count; i++) {
        struct text id = json_get_text(&s->materials.children[i].value, TEXT("id"));
        if (text_equal(id, wanted->id))
            return true;
        for (uint16_t k = 0; k < wanted->any_of_count; k++)
            if (text_equal(id, s->definition->materials[wanted->any_of[k]].id))
                return true;
    }
    return false;
}

/* What has come is not waited for any more. */
static bool end_what_has_come(struct case_state *s) {
    if (s->tolerated_count == 0)
        return true;
    if (!tolerated_write(s, 0))
        return false;
    for (uint32_t i = 0; i < s->tolerated_count; i++)
        if (has_material(s, s->tolerated[i].material))
            end_row(s, &s->tolerated[i]);
    return true;
}

static uint16_t find_material(const struct case_state *s, struct text id) {
    for (uint16_t i = 0; i < s->definition->material_count; i++)
        if (text_equal(s->definition->materials[i].id, id))
            return i;
    return NO_INDEX;
}

bool apply_material_asked(struct case_state *s, const struct event *e) {
    struct work_state *work = case_work_write(s, e->step_index, -1);
    if (!work)
        return false;
    work->correcting = true;
    work->correction = e->ordinal;
    return case_keep_over(s, &work->reason, e->reason) && apply_seen(s, work, e->source, e->id);
}

bool apply_materials_given(struct case_state *s, const struct event *e) {
    if (e->step_index != NO_INDEX) {
        struct work_state *work = case_work_write(s, e->step_index, -1);
        if (!work)
            return false;
        work->correcting = false;
    }
    return apply_corrected_form(s, e->data) && end_what_has_come(s);
}

bool apply_material_tolerated(struct case_state *s, const struct event *e) {
    uint16_t material = find_material(s, e->material);
    if (material == NO_INDEX)
        return false;
    for (uint32_t i = 0; i < s->tolerated_count; i++)
        if (s->tolerated[i].material == material) {   /* a new calendar */
            if (!tolerated_write(s, 0))
                return false;
            apply_due(s, &s->tolerated[i].due_at_us, e->due_us);
            return true;
        }
    if (!tolerated_write(s, 1))
        return false;
    struct tolerated_row *row = &s->tolerated[s->tolerated_count++];
    *row = (struct tolerated_row){.material = material, .is_open = true, .since_us = e->at_us, .due_at_us = TIME_NONE};
    s->open_count++;
    apply_due(s, &row->due_at_us, e->due_us);
    return case_keep(s, &row->grade, e->reason);
}

bool apply_material_missed(struct case_state *s, const struct event *e) {
    uint16_t material = find_material(s, e->material);
    if (!tolerated_write(s, 0))
        return false;
    for (uint32_t i = 0; i < s->tolerated_count; i++)
        if (s->tolerated[i].material == material)
            end_row(s, &s->tolerated[i]);
    return true;
}

bool apply_tolerated_over(struct case_state *s) {
    if (s->tolerated_count == 0)
        return true;
    if (!tolerated_write(s, 0))
        return false;
    for (uint32_t i = 0; i < s->tolerated_count; i++)
        end_row(s, &s->tolerated[i]);
    return true;
}

bool apply_fetched(struct case_state *s, const struct event *e) {
    struct json found = {.type = JSON_OBJECT};
    struct text kept = TEXT_NONE, id = s->definition->materials[s->definition->steps[e->step_index].fetches].id;
    if (e->answer != ANSWER_RESULT)   /* the applicant brought it */
        return true;
    if (!case_keep(s, &kept, e->data))
        return false;
    if (!text_is_none(kept) && json_read(case_arena(s), kept, LIMIT_json_depth_most, &found, NULL) != OUTCOME_OK)
        return false;
    uint32_t members = found.type == JSON_OBJECT ? found.count : 0, count = 0;
    struct json one = json_object(case_arena(s), members + 1u), list = json_array(case_arena(s), 1);
    if (!one.children || !list.children)
        return false;
    one.children[count++] = (struct json_member){TEXT("id"), json_string(id)};
    for (uint32_t i = 0; i < members; i++)
        if (!text_is(found.children[i].key, "id"))
            one.children[count++] = found.children[i];
    one.count = count;
    list.children[0].value = one;
    return apply_materials(s, &list) && end_what_has_come(s);
}
