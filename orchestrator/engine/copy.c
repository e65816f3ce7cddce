/* A second case that goes on from where the first one stands: for those who try what may come of it. */
#include "engine/engine.h"

/* Texts are shared, but for those that are overwritten in their place (case_keep_over). */
static bool copy_work(struct arena *arena, struct work_state *work) {
    struct text *const own[] = {&work->reason, &work->dispute_result, &work->dispute_reason};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (own[i]->at) {
            *own[i] = text_copy(arena, *own[i]);
            if (!own[i]->at)
                return false;
        }
    return true;
}

static bool copy_row(struct arena *arena, struct step_row *row) {
    if (!copy_work(arena, &row->self))
        return false;
    if (row->element_count == 0)
        return true;
    struct work_state *elements = arena_new_array(arena, row->element_count, struct work_state);
    if (!elements)
        return false;
    memcpy(elements, row->elements, row->element_count * sizeof *elements);
    row->elements = elements;
    row->element_room = row->element_count;
    for (uint32_t i = 0; i < row->element_count; i++)
        if (!copy_work(arena, &elements[i]))
            return false;
    return true;
}

/* Room for pauses is the next power of two of their number (apply_clock.c). */
static bool copy_item(struct arena *arena, struct item_row *row) {
    uint32_t room = 1;
    while (room < row->pause_count)
        room *= 2;
    struct clock_pause *pauses = row->pause_count ? arena_new_array(arena, room, struct clock_pause) : NULL;
    if (row->pause_count && !pauses)
        return false;
    if (pauses)
        memcpy(pauses, row->pauses, row->pause_count * sizeof *pauses);
    row->pauses = pauses;
    return true;
}

bool case_copy(struct case_state *to, const struct case_state *from, struct arena *arena) {
    uint16_t steps = from->definition->step_count;
    uint32_t items = from->items ? from->definition->item_count + 1u : 0;
    *to = *from;
    to->arena = arena;
    to->steps = arena_new_array(arena, steps, struct step_row);
    to->signals = arena_new_array(arena, from->signal_count + 1u, struct signal_row);
    to->tolerated = arena_new_array(arena, from->tolerated_count + 1u, struct tolerated_row);
    to->items = items ? arena_new_array(arena, items, struct item_row) : NULL;
    if (!to->steps || !to->signals || !to->tolerated || (items && !to->items))
        return false;
    memcpy(to->steps, from->steps, steps * sizeof *to->steps);
    if (from->signal_count)
        memcpy(to->signals, from->signals, from->signal_count * sizeof *to->signals);
    if (from->tolerated_count)
        memcpy(to->tolerated, from->tolerated, from->tolerated_count * sizeof *to->tolerated);
    if (items)
        memcpy(to->items, from->items, items * sizeof *to->items);
    for (uint16_t i = 0; i < steps; i++)
        if (!copy_row(arena, &to->steps[i]))
            return false;
    for (uint32_t i = 0; i < items; i++)
        if (!copy_item(arena, &to->items[i]))
            return false;
    return true;
}
