/* The longest way by the items' promises, and a run that takes it. */
#include "proof/slow.h"

#include "calendar/calendar.h"
#include "definition/limit.h"

enum { SLOW_MOVES_MOST = 20000 };

/* ---- the way ---- */

struct way_row { int64_t end_eighths; uint16_t before; };

static bool item_goes_on(const struct explorer *e, uint16_t step, bool before) {
    const struct definition *d = e->definition;
    for (uint16_t i = 0; i < d->step_count; i++) {
        if (i == step || d->steps[i].item != d->steps[step].item || !e->happened[i])
            continue;
        if (before ? set_has(&e->data.ancestors[step], i) : set_has(&e->data.ancestors[i], step))
            return true;
    }
    return false;
}

/* An item begins when its first step may start and ends its promise later, with its last step. */
static void walk_way(const struct explorer *e, struct way_row *rows, int64_t *item_start) {
    const struct definition *d = e->definition;
    for (uint16_t i = 0; i < d->item_count; i++)
        item_start[i] = -1;
    for (uint16_t i = 0; i < d->step_count; i++) {
        const struct step_definition *step = &d->steps[i];
        rows[i] = (struct way_row){0, NO_INDEX};
        for (uint16_t k = 0; k < step->need_count; k++)
            if (rows[i].before == NO_INDEX || rows[step->needs[k]].end_eighths > rows[i].end_eighths)
                rows[i] = (struct way_row){rows[step->needs[k]].end_eighths, step->needs[k]};
        if (step->item == NO_INDEX || step->kind == STEP_DELIVER || !e->happened[i])
            continue;
        int64_t *start = &item_start[step->item];
        if (*start < 0 || (!item_goes_on(e, i, true) && rows[i].end_eighths < *start))
            *start = rows[i].end_eighths;
        int64_t end = *start + limit_workday_eighths(d->items[step->item].promise);
        if (!item_goes_on(e, i, false) && end > rows[i].end_eighths)
            rows[i].end_eighths = end;
    }
}

bool slow_way(struct explorer *e, struct proof_report *report) {
    const struct definition *d = e->definition;
    struct way_row *rows = arena_new_array(e->arena, d->step_count, struct way_row);
    int64_t *item_start = arena_new_array(e->arena, (size_t)d->item_count + 1, int64_t);
    struct proof_way *way = arena_new_array(e->arena, d->step_count, struct proof_way);
    uint16_t last = NO_INDEX;
    uint32_t count = 0;
    if (!rows || !item_start || !way)
        return false;
    walk_way(e, rows, item_start);
    for (uint16_t i = 0; i < d->step_count; i++)
        if (last == NO_INDEX || rows[i].end_eighths > rows[last].end_eighths)
            last = i;
    for (uint16_t i = last; i != NO_INDEX; i = rows[i].before) {
        int64_t before = rows[i].before == NO_INDEX ? 0 : rows[rows[i].before].end_eighths;
        if (d->steps[i].item != NO_INDEX && rows[i].end_eighths > before)
            way[count++] = (struct proof_way){d->items[d->steps[i].item].id, d->steps[i].id, rows[i].end_eighths - before,
                                              rows[i].end_eighths};
    }
    for (uint32_t i = 0; i < count / 2; i++) {
        struct proof_way swap = way[i];
        way[i] = way[count - 1 - i];
        way[count - 1 - i] = swap;
    }
    report->way = way;
    report->way_count = count;
    report->way_eighths = last == NO_INDEX ? 0 : rows[last].end_eighths;
    report->promise_eighths = limit_workday_eighths(d->promise);
    return true;
}

/* ---- the run ---- */

static bool has_deadline(const struct definition *d, const struct case_state *s, uint16_t step) {
    const struct step_definition *it = &d->steps[step];
    if (it->timeout.unit != LIMIT_NONE && it->timeout_then == ON_TIMEOUT_EXPIRE)
        return true;
    if (it->is_each && it->gather.deadline.unit != LIMIT_NONE)
        return true;
    for (uint16_t i = 0; i < it->dependent_count; i++)
        if (d->steps[it->dependents[i]].join.deadline.unit != LIMIT_NONE &&
            s->steps[it->dependents[i]].self.state == STEP_WAITING)
            return true;
    return false;
}

/* When its item was first asked for. */
static int64_t item_began_us(const struct case_state *s, uint16_t item) {
    int64_t first = TIME_NONE;
    for (uint16_t i = 0; i < s->definition->step_count; i++) {
        int64_t asked = s->definition->steps[i].item == item ? s->steps[i].self.asked_at_us : TIME_NONE;
        if (asked != TIME_NONE && (first == TIME_NONE || asked < first))
            first = asked;
    }
    return first;
}

/* When the work is answered by the rules of this run; TIME_NONE: it is not. */
static int64_t answered_at_us(const struct explorer *e, const struct position *p, uint16_t step, bool silent) {
    const struct definition *d = e->definition;
    int64_t due = p->now_us;
    uint16_t item = d->steps[step].item;
    if (item != NO_INDEX && d->items[item].promise.unit != LIMIT_NONE && d->steps[step].kind != STEP_WAIT) {
        int64_t began = item_began_us(&p->state, item);
        if (began == TIME_NONE || calendar_due(e->options->calendar, CALENDAR_PROMISE, began, d->items[item].promise, &due, NULL) != OUTCOME_OK)
            return p->now_us;
        return due > p->now_us ? due : p->now_us;
    }
    return silent && has_deadline(d, &p->state, step) && d->steps[step].kind != STEP_WAIT ? TIME_NONE : due;
}

static enum move_kind plain_move(const struct step_definition *s, const struct work_state *work) {
    if (work->state != STEP_RUNNING || work->hold != HOLD_NONE || s->kind == STEP_PUBLICITY)
        return MOVE_NONE;
    if (s->kind == STEP_WAIT)
        return s->wait.mode == WAIT_SIGNAL ? MOVE_SIGNAL : s->wait.mode == WAIT_SIGNED ? MOVE_SIGN : MOVE_NONE;
    return s->kind == STEP_THING ? MOVE_CHILD_GRANTED : MOVE_GRANT;
}

static void consider(const struct explorer *e, const struct position *p, uint16_t step, int32_t index, bool silent,
                     struct move *best, int64_t *best_us) {
    const struct work_state *work = index < 0 ? &p->state.steps[step].self : &p->state.steps[step].elements[index];
    enum move_kind kind = plain_move(&e->definition->steps[step], work);
    int64_t at_us = kind == MOVE_NONE ? TIME_NONE : answered_at_us(e, p, step, silent);
    if (at_us == TIME_NONE || (*best_us != TIME_NONE && at_us >= *best_us))
        return;
    struct text party;
    uint32_t signer = 0, person;
    while (kind == MOVE_SIGN && move_signer(&p->state, step, signer, &party, &person) &&
           move_has_signed(&p->state, party, person))
        signer++;
    *best = (struct move){.kind = kind, .step = step, .index = (int16_t)index, .example = (uint16_t)signer};
    *best_us = at_us;
}

enum outcome slow_run(struct explorer *e, uint16_t form, bool silent, struct position *ret, struct played *played, bool *ret_waited,
                      struct error *error) {
    struct event_list events;
    struct input in;
    struct move move = {.kind = MOVE_SUBMIT, .step = NO_INDEX, .index = -1, .example = form};
    arena_reset(&ret->arena);
    if (case_init(&ret->state, &ret->arena, e->definition, TEXT("run")) != OUTCOME_OK)
        return error_no_memory(error);
    ret->now_us = e->options->start_us;
    *ret_waited = false;
    for (int i = 0; i < SLOW_MOVES_MOST && ret->state.phase != CASE_CLOSED; i++) {
        int64_t due = i == 0 ? TIME_NONE : position_next_due(ret), best_us = TIME_NONE;
        for (uint16_t k = 0; i > 0 && k < e->definition->step_count; k++) {
            const struct step_row *row = &ret->state.steps[k];
            const struct step_definition *step = &e->definition->steps[k];
            bool by_elements = (step->is_each || step->kind == STEP_INSPECTION) && row->element_count;
            bool lasts = (step->kind == STEP_WAIT && step->wait.mode != WAIT_SIGNAL && step->wait.mode != WAIT_SIGNED) ||
                         step->kind == STEP_PUBLICITY || step->window.present;
            *ret_waited |= (lasts || !text_is_none(step->uncounted)) && row->self.asked_at_us != TIME_NONE;
            for (int32_t j = by_elements ? 0 : -1; j < (int32_t)row->element_count;
                 j++)
                consider(e, ret, k, j, silent, &move, &best_us);
        }
        if (i > 0 && best_us == TIME_NONE && due == TIME_NONE)
            return OUTCOME_OK;   /* it waits for a person */
        if (i > 0 && (best_us == TIME_NONE || (due != TIME_NONE && due < best_us)))
            move = (struct move){.kind = MOVE_TIME, .step = NO_INDEX, .index = -1};
        else if (i > 0)
            ret->now_us = best_us;
        enum outcome outcome = explore_step(e, ret, &move, &events, &in, error);
        if (outcome != OUTCOME_OK)
            return outcome;
        if (!played_add(played, e->arena, &in))
            return error_no_memory(error);
        if (move.kind == MOVE_TIME)
            ret->now_us = in.at_us;
    }
    return OUTCOME_OK;
}
