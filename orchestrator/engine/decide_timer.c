/* Time: what is due by now, earliest first; and when the next moment comes. */
#include "engine/clock.h"
#include "engine/kinds.h"

#include <stdlib.h>

enum due_kind { DUE_RETRY, DUE_STEP, DUE_JOIN, DUE_GATHER, DUE_MATERIAL /* index: of the tolerated row */ };
struct due { int64_t at_us; enum due_kind kind; uint16_t step; int32_t index; };

/* Calls `visit` for every moment the case waits for. */
static void visit_dues(const struct case_state *s, void (*visit)(void *, struct due), void *context) {
    for (uint16_t i = 0; i < s->definition->step_count; i++) {
        const struct step_row *row = case_row(s, i);
        if (row->deadline_at_us != TIME_NONE)
            visit(context, (struct due){row->deadline_at_us, DUE_JOIN, i, -1});
        if (row->gather_at_us != TIME_NONE)
            visit(context, (struct due){row->gather_at_us, DUE_GATHER, i, -1});
        for (int32_t j = -1; j < (int32_t)row->element_count; j++) {
            const struct work_state *work = case_work(s, i, j);
            if (work->retry_at_us != TIME_NONE)
                visit(context, (struct due){work->retry_at_us, DUE_RETRY, i, j});
            if (work->due_at_us != TIME_NONE)
                visit(context, (struct due){work->due_at_us, DUE_STEP, i, j});
        }
    }
    for (uint32_t i = 0; i < s->tolerated_count; i++)
        if (s->tolerated[i].due_at_us != TIME_NONE)
            visit(context, (struct due){s->tolerated[i].due_at_us, DUE_MATERIAL, NO_INDEX, (int32_t)i});
}

static void keep_earliest(void *context, struct due due) {
    int64_t *earliest = context;
    if (*earliest == TIME_NONE || due.at_us < *earliest)
        *earliest = due.at_us;
}

int64_t case_next_due(const struct case_state *state) {
    int64_t earliest = TIME_NONE;
    if (state->due_count > 0) {
        visit_dues(state, keep_earliest, &earliest);
        clock_visit_dues(state, &earliest);
    }
    return earliest;
}

struct due_list { struct due *at; uint32_t count, room; int64_t now_us; };

static void collect(void *context, struct due due) {
    struct due_list *list = context;
    if (due.at_us <= list->now_us && list->count < list->room)
        list->at[list->count++] = due;
}

static int compare(const void *a, const void *b) {
    const struct due *x = a, *y = b;
    if (x->at_us != y->at_us)
        return x->at_us < y->at_us ? -1 : 1;
    if (x->step != y->step)
        return x->step < y->step ? -1 : 1;
    if (x->index != y->index)
        return x->index < y->index ? -1 : 1;
    return (x->kind > y->kind) - (x->kind < y->kind);
}

/* Does the moment still stand, now that those before it have been worked off? */
static bool still_stands(const struct decision *d, const struct due *due) {
    if (due->kind == DUE_MATERIAL)
        return d->draft.tolerated[due->index].due_at_us == due->at_us;
    const struct step_row *row = row_of(d, due->step);
    const struct work_state *work = work_of(d, due->step, due->index);
    switch (due->kind) {
    case DUE_RETRY: return work->retry_at_us == due->at_us;
    case DUE_STEP: return work->due_at_us == due->at_us;
    case DUE_JOIN: return row->deadline_at_us == due->at_us && row->self.state == STEP_WAITING;
    case DUE_GATHER: return row->gather_at_us == due->at_us && row->self.state == STEP_RUNNING;
    case DUE_MATERIAL: break;
    }
    return false;
}

static void time_over(struct decision *d, uint16_t step, int32_t index) {
    const struct step_definition *timed = step_of(d, step);
    if (kind_time_over(d, step, index))
        return;
    if (timed->kind == STEP_WAIT && timed->wait.mode != WAIT_SIGNAL &&
        timed->wait.mode != WAIT_SIGNED) {
        flow_end_as(d, step, index, STEP_GRANTED, TEXT_NONE);
        return;
    }
    if (timed->timeout_then == ON_TIMEOUT_EXPIRE || case_is_check(d->definition, step, index)) {
        if (work_of(d, step, index)->state == STEP_RUNNING)
            ask_cancel(d, step, index, STEP_WAITING, TEXT("timeout"));
        flow_end_as(d, step, index, STEP_EXPIRED, TEXT("timeout"));
        return;
    }
    struct event incident = step_event(d, EVENT_INCIDENT_OPENED, step, index);
    incident.attempt = work_of(d, step, index)->attempt;
    incident.thing = d->draft.thing;
    incident.region = d->draft.region;
    incident.reason = TEXT("timeout");
    incident.data = message_data(d, "the step's time is over");
    emit(d, &incident);
}

static void fire(struct decision *d, const struct due *due) {
    switch (due->kind) {
    case DUE_RETRY:
        if (work_of(d, due->step, due->index)->state == STEP_UNDO_RETRYING)
            ask_undo(d, due->step, due->index);
        else
            open_work(d, due->step, due->index, TEXT_NONE);
        break;
    case DUE_STEP: time_over(d, due->step, due->index); break;
    case DUE_JOIN: flow_open_by_deadline(d, due->step); break;
    case DUE_GATHER: flow_gather_by_deadline(d, due->step); break;
    case DUE_MATERIAL: material_missed(d, (uint32_t)due->index); break;
    }
}

/* Ends that a moment brings are followed up before the next moment is looked at. */
enum outcome decide_timer(struct decision *d) {
    while (!d->failed) {
        struct due_list list = {.room = d->draft.due_count, .now_us = d->input->at_us};
        list.at = arena_new_array(d->arena, list.room, struct due);
        if (!list.at)
            return error_no_memory(d->error);
        visit_dues(&d->draft, collect, &list);
        if (list.count == 0)
            break;
        qsort(list.at, list.count, sizeof *list.at, compare);
        for (uint32_t i = 0; i < list.count && !d->failed; i++)
            if (still_stands(d, &list.at[i])) {
                fire(d, &list.at[i]);
                flow_settle(d);
            }
    }
    return OUTCOME_OK;
}
