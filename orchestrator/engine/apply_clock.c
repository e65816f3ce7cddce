/* Events of acceptance and clocks: received, accepted, extended, ended; set, paused, resumed, stopped; lights. */
#include "engine/apply_part.h"
#include "engine/clock.h"

/* The row that the event speaks of; NULL: it names an item that is not there, or there is no memory. */
static struct item_row *find_row(struct case_state *s, const struct event *e, uint16_t *ret_index) {
    uint16_t row = 0;
    if (!s->items)
        return NULL;
    while (row < s->definition->item_count && !text_equal(s->definition->items[row].id, e->item))
        row++;
    if (row == clock_case_row(s->definition) && !text_is_none(e->item))
        return NULL;
    *ret_index = row;
    struct item_row *found = case_item_write(s, row);
    if (found)
        found->changed_version = e->version;
    return found;
}

static struct item_row *row_of_event(struct case_state *s, const struct event *e) {
    uint16_t index;
    return find_row(s, e, &index);
}

/* The next change of its light; none while it stands still, or when the light can grow no worse. */
static void arm(struct case_state *s, struct clock_row *clock) {
    int64_t next_us = TIME_NONE;
    if (clock->state == CLOCK_RUNNING && clock->light == LIGHT_GREEN)
        next_us = clock->yellow_us != TIME_NONE ? clock->yellow_us : clock->due_us;
    else if (clock->state == CLOCK_RUNNING && clock->light == LIGHT_YELLOW)
        next_us = clock->due_us;
    apply_due(s, &clock->timer_us, next_us);
}

static void stop(struct case_state *s, struct clock_row *clock, int64_t at_us) {
    if (clock->state != CLOCK_RUNNING && clock->state != CLOCK_PAUSED)
        return;
    clock_move(&clock->state, CLOCK_STOPPED);
    clock->end_us = at_us;
    arm(s, clock);
}

bool apply_item_received(struct case_state *s, const struct event *e) {
    struct item_row *row = row_of_event(s, e);
    if (!row)
        return false;
    item_move(&row->phase, ITEM_RECEIVED);
    row->received_us = e->at_us;
    row->step = e->step_index;
    row->index = e->index;
    apply_due(s, &row->accept_by_us, e->due_us);
    return true;
}

bool apply_acceptance_moved(struct case_state *s, const struct event *e) {
    struct item_row *row = row_of_event(s, e);
    if (row)
        apply_due(s, &row->accept_by_us, e->due_us);
    return row != NULL;
}

bool apply_item_accepted(struct case_state *s, const struct event *e) {
    struct item_row *row = row_of_event(s, e);
    if (!row)
        return false;
    item_move(&row->phase, ITEM_ACCEPTED);
    row->accepted_us = e->at_us;
    apply_due(s, &row->accept_by_us, TIME_NONE);
    return case_keep(s, &row->accepted_by, e->reason);
}

bool apply_item_extended(struct case_state *s, const struct event *e) {
    struct item_row *row = row_of_event(s, e);
    if (!row)
        return false;
    row->is_extended = true;
    row->extended_days = e->count;
    return true;
}

bool apply_item_ended(struct case_state *s, const struct event *e) {
    struct item_row *row = row_of_event(s, e);
    if (!row)
        return false;
    item_move(&row->phase, ITEM_ENDED);
    row->ended_us = e->at_us;
    apply_due(s, &row->accept_by_us, TIME_NONE);
    stop(s, &row->clocks[CLOCK_PROMISE], e->at_us);
    stop(s, &row->clocks[CLOCK_STATUTE], e->at_us);
    return case_keep(s, &row->ended_by, e->reason);
}

bool apply_clock_set(struct case_state *s, const struct event *e) {
    uint16_t index;
    struct item_row *row = find_row(s, e, &index);
    if (!row || e->clock == CLOCK_NONE)
        return false;
    struct clock_row *clock = &row->clocks[e->clock];
    enum clock_state to = clock_is_paused(s->definition, index, row, e->clock) ? CLOCK_PAUSED : CLOCK_RUNNING;
    if (clock->state == CLOCK_IDLE)
        clock->start_us = e->since_us;
    if (clock->state != to)
        clock_move(&clock->state, to);
    clock->due_us = e->due_us;
    clock->yellow_us = e->yellow_us;
    clock->light = e->light;
    arm(s, clock);
    return true;
}

static bool add_pause(struct case_state *s, struct item_row *row, const struct event *e) {
    uint32_t count = row->pause_count;
    bool is_full = s->draft || (count & (count - 1)) == 0;   /* room is the next power of two */
    if (is_full) {
        struct clock_pause *pauses = arena_new_array(case_arena(s), s->draft ? count + 1u : count ? count * 2u : 1u,
                                                     struct clock_pause);
        if (!pauses)
            return false;
        if (count)
            memcpy(pauses, row->pauses, count * sizeof *pauses);
        row->pauses = pauses;
    }
    struct clock_pause *pause = &row->pauses[count];
    *pause = (struct clock_pause){.of_statute = e->clock == CLOCK_STATUTE, .step = e->step_index, .index = e->index,
                                  .from_us = e->at_us, .to_us = TIME_NONE};
    row->pause_count++;
    return case_keep(s, &pause->reason, e->reason) && case_keep(s, &pause->basis, e->basis);
}

bool apply_clock_paused(struct case_state *s, const struct event *e) {
    uint16_t index;
    struct item_row *row = find_row(s, e, &index);
    if (!row || !add_pause(s, row, e))
        return false;
    for (enum clock_kind kind = CLOCK_PROMISE; kind <= CLOCK_STATUTE; kind++) {
        struct clock_row *clock = &row->clocks[kind];
        if (clock->state != CLOCK_RUNNING || !clock_is_paused(s->definition, index, row, kind))
            continue;
        clock_move(&clock->state, CLOCK_PAUSED);
        if (clock->due_us > e->at_us)   /* what was over before the pause stays over */
            clock->due_us = TIME_NONE;
        if (clock->yellow_us > e->at_us)
            clock->yellow_us = TIME_NONE;
        arm(s, clock);
    }
    return true;
}

bool apply_clock_resumed(struct case_state *s, const struct event *e) {
    struct item_row *row = row_of_event(s, e);
    for (uint32_t i = 0; row && i < row->pause_count; i++) {
        struct clock_pause *pause = &row->pauses[i];
        if (pause->to_us == TIME_NONE && pause->step == e->step_index && pause->index == e->index &&
            text_equal(pause->reason, e->reason))
            pause->to_us = e->at_us;
    }
    return row != NULL;
}

bool apply_clock_stopped(struct case_state *s, const struct event *e) {
    struct item_row *row = row_of_event(s, e);
    if (!row || e->clock == CLOCK_NONE)
        return false;
    stop(s, &row->clocks[e->clock], e->at_us);
    return true;
}

bool apply_light(struct case_state *s, const struct event *e) {
    struct item_row *row = row_of_event(s, e);
    if (!row || e->clock == CLOCK_NONE)
        return false;
    row->clocks[e->clock].light = e->light;
    arm(s, &row->clocks[e->clock]);
    return true;
}

bool apply_item_correcting(struct case_state *s, const struct event *e) {
    uint16_t item = case_item_of(s->definition, e->step_index, e->index);
    bool rectifies = s->definition->steps[e->step_index].kind == STEP_INSPECTION;
    if (!s->items || item == NO_INDEX || rectifies || case_item(s, item)->phase != ITEM_RECEIVED)
        return true;
    struct item_row *row = case_item_write(s, item);
    if (!row)
        return false;
    row->changed_version = e->version;
    item_move(&row->phase, ITEM_CORRECTING);
    row->correction_count++;
    apply_due(s, &row->accept_by_us, TIME_NONE);
    return true;
}
