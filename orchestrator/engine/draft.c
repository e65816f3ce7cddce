/* Where a case's rows are: in the case, or copied into a draft when a decision changes them. */
#include "engine/draft.h"

#include "engine/clock.h"
#include "engine/engine.h"

static void work_init(struct work_state *work) {
    *work = (struct work_state){.asked_at_us = TIME_NONE, .since_us = TIME_NONE, .attempt_at_us = TIME_NONE,
                                .ended_at_us = TIME_NONE, .due_at_us = TIME_NONE, .retry_at_us = TIME_NONE};
}

/* Where nothing has a limit of the law's, no clock costs anything. */
static bool items_make(struct case_state *state) {
    const struct definition *definition = state->definition;
    if (definition->item_count == 0 && definition->promise.unit == LIMIT_NONE)
        return true;
    state->items = arena_new_array(state->arena, definition->item_count + 1u, struct item_row);
    for (uint32_t i = 0; state->items && i <= definition->item_count; i++) {
        struct item_row *row = &state->items[i];
        row->received_us = row->accept_by_us = row->accepted_us = row->ended_us = TIME_NONE;
        for (int k = 0; k < CLOCK_KIND_COUNT; k++)
            row->clocks[k] = (struct clock_row){.start_us = TIME_NONE, .due_us = TIME_NONE, .yellow_us = TIME_NONE,
                                                .end_us = TIME_NONE, .timer_us = TIME_NONE};
    }
    return state->items != NULL;
}

enum outcome case_init(struct case_state *state, struct arena *arena, const struct definition *definition,
                       struct text id) {
    *state = (struct case_state){.arena = arena, .definition = definition, .parent_index = -1,
                                 .started_at_us = TIME_NONE, .closed_at_us = TIME_NONE, .changed_at_us = TIME_NONE};
    state->id = text_copy(arena, id);
    size_t slash = text_find(state->id, '/');
    state->root = text_span(state->id.at, slash == SIZE_MAX ? state->id.length : slash);
    state->steps = arena_new_array(arena, definition->step_count, struct step_row);
    if (!state->id.at || !state->steps || !items_make(state))
        return OUTCOME_FATAL;
    for (uint16_t i = 0; i < definition->step_count; i++) {
        work_init(&state->steps[i].self);
        state->steps[i].deadline_at_us = state->steps[i].gather_at_us = TIME_NONE;
    }
    return OUTCOME_OK;
}

struct step_row *case_row_write(struct case_state *state, uint16_t step) {
    if (!state->draft)
        return &state->steps[step];
    struct draft_row *copy = state->draft->rows[step];
    if (!copy) {
        copy = arena_new(state->draft->arena, struct draft_row);
        if (!copy)
            return NULL;
        copy->row = state->steps[step];
        state->draft->rows[step] = copy;
    }
    return &copy->row;
}

struct item_row *case_item_write(struct case_state *state, uint16_t row_index) {
    struct case_draft *draft = state->draft;
    if (!draft)
        return &state->items[row_index];
    if (!draft->items)
        draft->items = arena_new_array(draft->arena, state->definition->item_count + 1u, struct item_row *);
    if (!draft->items)
        return NULL;
    if (!draft->items[row_index]) {
        struct item_row *copy = arena_new(draft->arena, struct item_row);
        if (!copy)
            return NULL;
        *copy = state->items[row_index];
        if (copy->pause_count) {   /* an open one may be closed */
            copy->pauses = arena_new_array(draft->arena, copy->pause_count, struct clock_pause);
            if (!copy->pauses)
                return NULL;
            memcpy(copy->pauses, state->items[row_index].pauses, copy->pause_count * sizeof *copy->pauses);
        }
        draft->items[row_index] = copy;
    }
    return draft->items[row_index];
}

struct work_state *case_work_write(struct case_state *state, uint16_t step, int32_t index) {
    struct step_row *row = case_row_write(state, step);
    if (!row)
        return NULL;
    if (index < 0)
        return &row->self;
    if ((uint32_t)index >= row->element_count)
        return NULL;
    if (!state->draft || state->draft->rows[step]->owns_elements)
        return &row->elements[index];
    struct draft_row *copy = state->draft->rows[step];
    if (!copy->elements)
        copy->elements = arena_new_array(state->draft->arena, row->element_count, struct work_state *);
    if (!copy->elements)
        return NULL;
    if (!copy->elements[index]) {
        copy->elements[index] = arena_new(state->draft->arena, struct work_state);
        if (!copy->elements[index])
            return NULL;
        *copy->elements[index] = row->elements[index];
    }
    return copy->elements[index];
}

bool case_elements_make(struct case_state *state, uint16_t step, uint32_t count) {
    struct step_row *row = case_row_write(state, step);
    struct work_state *elements = row ? arena_new_array(case_arena(state), count, struct work_state) : NULL;
    if (!elements)
        return false;
    for (uint32_t i = 0; i < count; i++)
        work_init(&elements[i]);
    row->elements = elements;
    row->element_count = row->element_room = count;
    if (state->draft)
        state->draft->rows[step]->owns_elements = true;
    return true;
}

bool case_element_add(struct case_state *state, uint16_t step) {
    struct step_row *row = case_row_write(state, step);
    if (!row)
        return false;
    uint32_t count = row->element_count;
    if (state->draft || count == row->element_room) {
        uint32_t room = state->draft ? count + 1 : count ? count * 2 : 4;
        struct work_state *elements = arena_new_array(case_arena(state), room, struct work_state);
        if (!elements)
            return false;
        for (uint32_t i = 0; i < count; i++)
            elements[i] = *case_work(state, step, (int32_t)i);
        row->elements = elements;
        row->element_room = room;
    }
    if (state->draft) {
        state->draft->rows[step]->owns_elements = true;
        state->draft->rows[step]->elements = NULL;
    }
    work_init(&row->elements[count]);
    row->element_count = count + 1;
    return true;
}

struct arena *case_arena(struct case_state *state) { return state->draft ? state->draft->arena : state->arena; }

bool case_keep(struct case_state *state, struct text *into, struct text from) {
    if (state->draft || text_is_none(from)) {
        *into = from;
        return true;
    }
    if (into->at && text_equal(*into, from))
        return true;
    *into = text_copy(state->arena, from);
    return into->at != NULL;
}

bool case_keep_over(struct case_state *state, struct text *into, struct text from) {
    if (state->draft || !into->at || text_is_none(from) || from.length > into->length)
        return case_keep(state, into, from);
    char *room = (char *)into->at;   /* ours: case_keep copied it into the arena */
    memmove(room, from.at, from.length);
    room[from.length] = '\0';
    into->length = from.length;
    return true;
}
