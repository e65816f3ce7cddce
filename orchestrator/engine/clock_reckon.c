/* What a clock's moments are: its limit, its beginning and its pauses, reckoned by the calendar. Pure. */
#include "engine/clock.h"

#include <stdlib.h>

struct limit_time clock_limit(const struct definition *definition, uint16_t row_index, const struct item_row *row,
                              enum clock_kind kind) {
    struct limit_time limit = {LIMIT_NONE, 0};
    if (row_index == clock_case_row(definition)) {
        if (kind == CLOCK_PROMISE)
            limit = definition->promise;
        return limit;
    }
    const struct item_definition *item = &definition->items[row_index];
    switch (kind) {
    case CLOCK_PROMISE: limit = item->promise; break;
    case CLOCK_STATUTE: limit = item->statute; break;
    case CLOCK_DELIVERY: return CLOCK_DELIVERY_WITHIN;
    default: return limit;
    }
    /* 延長 is granted in working days (行政許可法 82). */
    switch (limit.unit) {
    case LIMIT_WORKDAYS: case LIMIT_CALENDAR_DAYS: limit.amount += row->extended_days; break;
    case LIMIT_HALF_DAYS: limit.amount += 2 * (int64_t)row->extended_days; break;
    case LIMIT_BUSINESS_HOURS: limit.amount += 7 * (int64_t)row->extended_days; break;
    case LIMIT_MICROSECONDS: case LIMIT_UNTIL_DATE: limit.amount += row->extended_days * TIME_DAY_US; break;
    default: break;
    }
    return limit;
}

bool clock_is_paused(const struct definition *definition, uint16_t row_index, const struct item_row *row,
                     enum clock_kind kind) {
    bool can_pause = calendar_is_pausable(clock_limit(definition, row_index, row, kind));
    for (uint32_t i = 0; can_pause && i < row->pause_count; i++)
        if (row->pauses[i].to_us == TIME_NONE && clock_pause_is_of(&row->pauses[i], kind))
            return true;
    return false;
}

/* Pauses stand in the order in which they began. */
struct calendar_pause *clock_pauses(struct arena *arena, const struct item_row *row, enum clock_kind kind,
                                    size_t *ret_count) {
    struct calendar_pause *pauses = arena_new_array(arena, row->pause_count + 1u, struct calendar_pause);
    size_t count = 0;
    for (uint32_t i = 0; pauses && i < row->pause_count; i++) {
        const struct clock_pause *pause = &row->pauses[i];
        if (!clock_pause_is_of(pause, kind))
            continue;
        struct calendar_pause *last = count ? &pauses[count - 1] : NULL;
        if (last && (last->to_us == TIME_NONE || last->to_us >= pause->from_us)) {   /* one runs into the other */
            if (last->to_us != TIME_NONE && (pause->to_us == TIME_NONE || pause->to_us > last->to_us))
                last->to_us = pause->to_us;
        } else {
            pauses[count++] = (struct calendar_pause){pause->from_us, pause->to_us};
        }
    }
    *ret_count = count;
    return pauses;
}

static enum calendar_clock calendar_clock_of(enum clock_kind kind) {
    return kind == CLOCK_PROMISE ? CALENDAR_PROMISE : CALENDAR_STATUTE;
}

bool clock_reckon(const struct calendar *calendar, struct arena *arena, const struct definition *definition,
                  uint16_t row_index, const struct item_row *row, enum clock_kind kind, int64_t start_us, int64_t now_us,
                  struct clock_moments *ret_moments) {
    size_t count;
    struct calendar_pause *pauses = clock_pauses(arena, row, kind, &count);
    struct calendar_count limit = {calendar, calendar_clock_of(kind), clock_limit(definition, row_index, row, kind), start_us};
    struct calendar_run run;
    *ret_moments = (struct clock_moments){TIME_NONE, TIME_NONE, LIGHT_GREEN};
    if (!pauses || calendar_run(&limit, pauses, count, now_us, &run, NULL) != OUTCOME_OK)
        return false;
    ret_moments->due_us = run.due_us;
    ret_moments->yellow_us = run.yellow_us;
    if (run.due_us != TIME_NONE && now_us >= run.due_us)
        ret_moments->light = clock_light_over(kind);
    else if (run.yellow_us != TIME_NONE && now_us >= run.yellow_us)
        ret_moments->light = LIGHT_YELLOW;
    return true;
}

static void keep_earlier(int64_t *earliest_us, int64_t us) {
    if (us != TIME_NONE && (*earliest_us == TIME_NONE || us < *earliest_us))
        *earliest_us = us;
}

void clock_visit_dues(const struct case_state *state, int64_t *earliest_us) {
    for (uint16_t i = 0; state->items && i <= state->definition->item_count; i++) {
        const struct item_row *row = case_item(state, i);
        keep_earlier(earliest_us, row->accept_by_us);
        for (enum clock_kind kind = CLOCK_PROMISE; kind < CLOCK_KIND_COUNT; kind++)
            keep_earlier(earliest_us, row->clocks[kind].timer_us);
    }
}

/* ---- a department's own time ---- */

static int compare_spans(const void *a, const void *b) {
    const struct calendar_pause *x = a, *y = b;
    return (x->from_us > y->from_us) - (x->from_us < y->from_us);
}

static void add_span(struct calendar_pause *spans, size_t *count, const struct work_state *work, int64_t now_us) {
    if (work->attempt == 0 || work->asked_at_us == TIME_NONE)
        return;
    spans[(*count)++] = (struct calendar_pause){work->asked_at_us, work->ended_at_us == TIME_NONE ? now_us : work->ended_at_us};
}

/* When tasks of the item lay with a department. NULL: no memory. */
static struct calendar_pause *spans_asked(struct arena *arena, const struct case_state *state, uint16_t item, int64_t now_us,
                                          size_t *ret_count) {
    size_t room = 1, count = 0;
    for (uint16_t i = 0; i < state->definition->step_count; i++)
        room += 1u + case_row(state, i)->element_count;
    struct calendar_pause *spans = arena_new_array(arena, room, struct calendar_pause);
    for (uint16_t i = 0; spans && i < state->definition->step_count; i++)
        for (int32_t j = -1; j < (int32_t)case_row(state, i)->element_count; j++)
            if (case_item_of(state->definition, i, j) == item && state->definition->steps[i].kind != STEP_THING &&
                case_holds_open(state->definition, i, j))
                add_span(spans, &count, case_work(state, i, j), now_us);
    if (count)
        qsort(spans, count, sizeof *spans, compare_spans);
    *ret_count = count;
    return spans;
}

/* Parts counted in a span, less the pauses (ascending, not overlapping) within it. */
static int64_t counted_without(const struct calendar_count *count, struct calendar_pause span, const struct calendar_pause *pauses,
                               size_t pause_count) {
    int64_t parts = 0;
    for (size_t i = 0; i < pause_count && span.from_us < span.to_us; i++) {
        int64_t to_us = pauses[i].to_us == TIME_NONE ? INT64_MAX : pauses[i].to_us;
        if (to_us <= span.from_us)
            continue;
        if (pauses[i].from_us >= span.to_us)
            break;
        if (pauses[i].from_us > span.from_us)
            parts += calendar_counted(count, span.from_us, pauses[i].from_us);
        span.from_us = to_us;
    }
    return span.from_us < span.to_us ? parts + calendar_counted(count, span.from_us, span.to_us) : parts;
}

int64_t clock_own_parts(const struct calendar *calendar, struct arena *arena, const struct case_state *state, uint16_t item,
                        int64_t now_us, int64_t *ret_unit) {
    const struct item_definition *definition = &state->definition->items[item];
    struct limit_time limit = definition->promise.unit != LIMIT_NONE ? definition->promise : definition->statute;
    struct calendar_count whole = {calendar, CALENDAR_PROMISE, {limit.unit, 1}, now_us};
    bool by_clock = limit.unit == LIMIT_CALENDAR_DAYS || limit.unit == LIMIT_MICROSECONDS;
    if (!calendar_is_pausable(limit))
        whole.limit.unit = LIMIT_WORKDAYS;
    *ret_unit = limit.unit == LIMIT_MICROSECONDS ? TIME_HOUR_US : calendar_parts_of_unit(&whole);
    if (limit.unit == LIMIT_HALF_DAYS) {   /* their parts are their own; here business time is counted */
        whole.limit.unit = LIMIT_WORKDAYS;
        *ret_unit = calendar_parts_of_unit(&whole) / 2;
    }
    /* From the moment of asking on: the day on which a limit begins is not counted, a department's hours are. */
    struct calendar_count count = {calendar, CALENDAR_PROMISE, {by_clock ? LIMIT_MICROSECONDS : LIMIT_BUSINESS_HOURS, 1}, 0};
    size_t span_count, pause_count;
    struct calendar_pause *spans = spans_asked(arena, state, item, now_us, &span_count);
    struct calendar_pause *pauses = clock_pauses(arena, case_item(state, item), CLOCK_PROMISE, &pause_count);
    int64_t parts = 0, until_us = INT64_MIN;
    for (size_t i = 0; spans && pauses && i < span_count; i++) {
        if (spans[i].from_us < until_us)
            spans[i].from_us = until_us;
        parts += counted_without(&count, spans[i], pauses, pause_count);
        until_us = spans[i].to_us > until_us ? spans[i].to_us : until_us;
    }
    return parts;
}
