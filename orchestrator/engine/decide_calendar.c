/* A newly published calendar: every open legal due moment is reckoned again. Machine durations do not move. */
#include "engine/clock.h"
#include "engine/kinds.h"

static void move(struct decision *d, uint16_t step, int32_t index, const char *which, struct limit_time limit,
                 int64_t start_us, int64_t old_us) {
    int64_t due_us;
    bool legal = limit.unit != LIMIT_NONE && limit.unit != LIMIT_MICROSECONDS && limit.unit != LIMIT_UNTIL_DATE;
    if (old_us == TIME_NONE || start_us == TIME_NONE || !legal ||
        calendar_due(d->world->calendar, CALENDAR_PROMISE, start_us, limit, &due_us, NULL) != OUTCOME_OK ||
        due_us == old_us)
        return;
    struct event changed = step_event(d, EVENT_CALENDAR_CHANGED, step, index);
    changed.reason = text_from(which);
    changed.due_us = due_us;
    if (d->world->calendar)
        changed.calendar = d->world->calendar->version;
    emit(d, &changed);
}

/* When the first need of a waiting step was asked. */
static int64_t first_need_asked_us(const struct decision *d, uint16_t step) {
    int64_t first = TIME_NONE;
    for (uint16_t i = 0; i < step_of(d, step)->need_count; i++) {
        int64_t asked = row_of(d, step_of(d, step)->needs[i])->self.asked_at_us;
        if (asked != TIME_NONE && (first == TIME_NONE || asked < first))
            first = asked;
    }
    return first;
}

enum outcome decide_calendar(struct decision *d) {
    for (uint16_t i = 0; i < d->definition->step_count && !d->failed; i++) {
        const struct step_definition *step = step_of(d, i);
        const struct step_row *row = row_of(d, i);
        move(d, i, -1, "deadline", step->join.deadline, first_need_asked_us(d, i), row->deadline_at_us);
        move(d, i, -1, "gather", step->gather.deadline, row->self.asked_at_us, row->gather_at_us);
        for (int32_t j = -1; j < (int32_t)row_of(d, i)->element_count && !d->failed; j++) {
            const struct work_state *work = work_of(d, i, j);
            if (step->kind == STEP_PUBLICITY && (j < 0 || publicity_is_told(d, i, j)))
                publicity_calendar(d, i, j);
            else if (step->kind == STEP_WAIT && step->wait.mode == WAIT_FOR_DURATION)
                move(d, i, j, "wait", step->wait.span, work->attempt_at_us, work->due_at_us);
            else
                move(d, i, j, "timeout",
                     case_is_check(d->definition, i, j) ? step->approve.check_within : step->timeout, work->since_us,
                     work->due_at_us);
        }
    }
    material_calendar(d);
    clock_calendar(d);
    return OUTCOME_OK;
}
