/* Clocks as rows for people: those that the batch's events changed. A case without clocks has none and costs nothing. */
#include "conductor/internal.h"

#include "engine/clock_view.h"

bool rows_clocks(struct batch *batch, const struct open_case *open, const struct calendar *calendar) {
    struct clock_view *views;
    uint32_t count;
    const struct case_state *state = &open->state;
    if (!state->items)
        return true;
    if (!clock_views(state, calendar, open->version_before, batch->now_us, batch->arena, &views, &count))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        struct store_clock *row = vector_new(&batch->clocks, batch->arena, struct store_clock);
        if (!row)
            return false;
        *row = (struct store_clock){
            .case_id = state->id, .item = text_is_none(views[i].item) ? TEXT("") : views[i].item, .clock = views[i].clock,
            .shard = open->shard, .thing = state->thing, .region = state->region, .department = views[i].department,
            .state = views[i].state, .light = views[i].light, .started_at_us = views[i].started_us,
            .due_at_us = views[i].due_us, .ended_at_us = views[i].ended_us, .changed_at_us = state->changed_at_us,
            .explained = views[i].explained};
    }
    return true;
}
