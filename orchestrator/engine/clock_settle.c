/* What a decision means to the clocks: before it, what has come due; behind it, what its events began, paused, ended. */
#include "engine/clock.h"

static struct event clock_event(const struct decision *d, enum event_kind kind, uint16_t row_index, enum clock_kind clock) {
    struct event event = event_of(kind, d->input->at_us);
    if (row_index < d->definition->item_count)
        event.item = d->definition->items[row_index].id;
    event.clock = clock;
    event.thing = d->draft.thing;
    event.region = d->draft.region;
    return event;
}

static bool is_clocked(const struct decision *d) { return d->draft.items && d->draft.phase != CASE_NONE && !d->failed; }

/* A step hands an item over when it names it, or (naming none) needs a step of it. */
static bool is_delivered_by(const struct decision *d, uint16_t item, uint16_t step) {
    const struct step_definition *deliver = step_of(d, step);
    if (deliver->kind != STEP_DELIVER)
        return false;
    for (uint16_t i = 0; deliver->item == NO_INDEX && i < deliver->need_count; i++)
        if (step_of(d, deliver->needs[i])->item == item)
            return true;
    return deliver->item == item;
}

/* ---- lights ---- */

static void warn(struct decision *d, uint16_t item, uint16_t step, int32_t index, const struct event *light) {
    const struct work_state *work = work_of(d, step, index);
    if (work->state != STEP_RUNNING || work->attempt == 0 || text_is_none(work->department))
        return;
    struct event warning = step_event(d, EVENT_WARNING_SENT, step, index);
    warning.item = d->definition->items[item].id;
    warning.thing = d->draft.thing;
    warning.attempt = work->attempt;
    warning.department = work->department;
    warning.region = work->region;
    warning.reason = text_from(clock_light_name(light->light));
    warning.clock = light->clock;
    warning.due_us = light->due_us;
    emit(d, &warning);
}

/* The department, or whoever now has a task of this item, hears of the light. */
static void warn_departments(struct decision *d, uint16_t item, const struct event *light) {
    bool delivers = light->clock == CLOCK_DELIVERY;
    for (uint16_t i = 0; i < d->definition->step_count && !d->failed; i++)
        for (int32_t j = -1; j < (int32_t)row_of(d, i)->element_count && !d->failed; j++)
            if (delivers ? is_delivered_by(d, item, i) && j < 0
                         : case_item_of(d->definition, i, j) == item && case_holds_open(d->definition, i, j))
                warn(d, item, i, j, light);
}

static void show_light(struct decision *d, uint16_t row_index, enum clock_kind kind) {
    const struct clock_row *clock = &case_item(&d->draft, row_index)->clocks[kind];
    int64_t now_us = d->input->at_us;
    enum clock_light light = clock->due_us != TIME_NONE && now_us >= clock->due_us ? clock_light_over(kind)
                             : clock->yellow_us != TIME_NONE && now_us >= clock->yellow_us ? LIGHT_YELLOW : LIGHT_GREEN;
    if (clock->state != CLOCK_RUNNING || light <= clock->light)
        return;
    struct event changed = clock_event(d, EVENT_LIGHT_CHANGED, row_index, kind);
    changed.light = light;
    changed.due_us = clock->due_us;
    if (emit(d, &changed) && row_index < d->definition->item_count)
        warn_departments(d, row_index, &changed);
}

/* Silence accepts, as of the day of receipt: the clocks are reckoned back to it. */
static void catch_up_item(struct decision *d, uint16_t row_index) {
    const struct item_row *row = case_item(&d->draft, row_index);
    if (row->accept_by_us != TIME_NONE && row->accept_by_us <= d->input->at_us)
        acceptance_accept(d, row_index, row->step, row->index, row->received_us, TEXT("silence"));
    for (enum clock_kind kind = CLOCK_PROMISE; kind < CLOCK_KIND_COUNT && !d->failed; kind++)
        show_light(d, row_index, kind);
}

void clock_catch_up(struct decision *d) {
    for (uint16_t i = 0; is_clocked(d) && i <= d->definition->item_count; i++)
        catch_up_item(d, i);
    d->clock_seen = d->events->count;
}

/* ---- setting, pausing ---- */

void clock_set(struct decision *d, uint16_t row_index, enum clock_kind kind, int64_t start_us, struct text reason) {
    const struct item_row *row = case_item(&d->draft, row_index);
    struct clock_moments moments;
    if (d->failed || clock_limit(d->definition, row_index, row, kind).unit == LIMIT_NONE)
        return;
    if (!clock_reckon(d->world->calendar, d->arena, d->definition, row_index, row, kind, start_us, d->input->at_us, &moments)) {
        d->failed = d->arena->failed;
        return;
    }
    struct event set = clock_event(d, EVENT_CLOCK_SET, row_index, kind);
    set.since_us = start_us;
    set.due_us = moments.due_us;
    set.yellow_us = moments.yellow_us;
    /* A light that gets worse is an event of its own, which warns; one that gets better is simply so. */
    set.light = moments.light < row->clocks[kind].light ? moments.light : row->clocks[kind].light;
    set.reason = reason;
    set.count = row->extended_days;
    if (d->world->calendar)
        set.calendar = d->world->calendar->version;
    if (emit(d, &set))
        show_light(d, row_index, kind);
}

static const struct clock_pause *find_pause(const struct item_row *row, uint16_t step, int32_t index, struct text reason) {
    for (uint32_t i = 0; i < row->pause_count; i++) {
        const struct clock_pause *pause = &row->pauses[i];
        if (pause->to_us == TIME_NONE && pause->step == step && pause->index == index &&
            (text_is_none(reason) || text_equal(pause->reason, reason)))
            return pause;
    }
    return NULL;
}

void clock_pause_begin(struct decision *d, uint16_t row_index, uint16_t step, int32_t index, struct text reason,
                       struct text basis, bool of_statute) {
    if (d->failed || find_pause(case_item(&d->draft, row_index), step, index, reason))
        return;
    struct event paused = step_event(d, EVENT_CLOCK_PAUSED, step, index);
    if (row_index < d->definition->item_count)
        paused.item = d->definition->items[row_index].id;
    paused.clock = of_statute ? CLOCK_STATUTE : CLOCK_PROMISE;
    paused.reason = reason;
    paused.basis = basis;
    paused.thing = d->draft.thing;
    paused.region = d->draft.region;
    emit(d, &paused);
}

void clock_pause_end(struct decision *d, uint16_t row_index, uint16_t step, int32_t index, struct text reason) {
    const struct clock_pause *pause;
    bool any = false;
    while (!d->failed && (pause = find_pause(case_item(&d->draft, row_index), step, index, reason)) != NULL) {
        struct event resumed = step_event(d, EVENT_CLOCK_RESUMED, step, index);
        if (row_index < d->definition->item_count)
            resumed.item = d->definition->items[row_index].id;
        resumed.clock = pause->of_statute ? CLOCK_STATUTE : CLOCK_PROMISE;
        resumed.reason = pause->reason;
        resumed.thing = d->draft.thing;
        resumed.region = d->draft.region;
        emit(d, &resumed);
        any = true;
    }
    for (enum clock_kind kind = CLOCK_PROMISE; any && kind <= CLOCK_STATUTE && !d->failed; kind++) {
        const struct item_row *row = case_item(&d->draft, row_index);
        if (row->clocks[kind].state == CLOCK_PAUSED && !clock_is_paused(d->definition, row_index, row, kind))
            clock_set(d, row_index, kind, row->clocks[kind].start_us, TEXT("resumed"));
    }
}

/* ---- items ---- */

/* Is some step that hands the item's result over neither ended nor impossible? */
static bool is_to_be_delivered(const struct decision *d, uint16_t item) {
    for (uint16_t i = 0; i < d->definition->step_count; i++)
        if (is_delivered_by(d, item, i) && !state_step_has_ended(row_of(d, i)->self.state))
            return true;
    return false;
}

/* How the works of an item ended, each looked at in turn. */
struct ends { bool is_open, is_not_accepted; enum step_state as; };

static void see_end(struct ends *ends, const struct work_state *work) {
    enum step_state state = state_step_is_undoing(work->state) ? STEP_GRANTED : work->state;
    ends->is_open = ends->is_open || !state_step_has_ended(state);
    ends->is_not_accepted = ends->is_not_accepted || work->final_answer == ANSWER_NOT_ACCEPTED;
    if (ends->as == STEP_REFUSED || state == STEP_SKIPPED)
        return;
    if (state == STEP_REFUSED || ends->as == STEP_SKIPPED || state != STEP_GRANTED)
        ends->as = state;
}

static struct ends ends_of(const struct decision *d, uint16_t item) {
    struct ends ends = {.as = STEP_SKIPPED};
    for (uint16_t i = 0; i < d->definition->step_count; i++) {
        const struct step_definition *step = step_of(d, i);
        if (step->kind == STEP_DELIVER)
            continue;
        for (uint16_t k = 0; step->kind == STEP_INSPECTION && k < step->inspection.item_count; k++)
            if (step->inspection.items[k].item == item)   /* before the visit is arranged: the step itself */
                see_end(&ends, work_of(d, i, k < row_of(d, i)->element_count ? k : -1));
        if (step->item == item)
            see_end(&ends, &row_of(d, i)->self);
    }
    return ends;
}

static void end_item(struct decision *d, uint16_t item) {
    const struct item_row *row = case_item(&d->draft, item);
    if (row->phase == ITEM_WAITING || row->phase == ITEM_ENDED)
        return;
    struct ends ends = ends_of(d, item);
    if (ends.is_open)
        return;
    bool is_decided = ends.as == STEP_GRANTED || ends.as == STEP_REFUSED;
    struct event ended = clock_event(d, EVENT_ITEM_ENDED, item, CLOCK_NONE);
    ended.state = ends.as;
    ended.reason = ends.is_not_accepted ? TEXT("not_accepted") : is_decided ? TEXT("decided") : TEXT("dropped");
    if (emit(d, &ended) && ends.as == STEP_GRANTED && is_to_be_delivered(d, item))
        clock_set(d, item, CLOCK_DELIVERY, d->input->at_us, TEXT("began"));
}

static void end_delivery(struct decision *d, uint16_t item) {
    enum clock_state state = case_item(&d->draft, item)->clocks[CLOCK_DELIVERY].state;
    if (state != CLOCK_RUNNING || is_to_be_delivered(d, item))
        return;
    struct event stopped = clock_event(d, EVENT_CLOCK_STOPPED, item, CLOCK_DELIVERY);
    stopped.reason = TEXT("delivered");
    emit(d, &stopped);
}

/* ---- what is not counted ---- */

/* The step's own reason, while it is open. */
static struct text uncounted_of(const struct decision *d, uint16_t step) {
    const struct step_definition *open = step_of(d, step);
    return text_is_none(open->uncounted) && open->kind == STEP_PUBLICITY ? TEXT("publicity") : open->uncounted;
}

static void follow_uncounted_of(struct decision *d, uint16_t step, uint16_t item, bool is_open) {
    struct text reason, basis;
    bool of_statute;
    if (item == NO_INDEX || case_item(&d->draft, item)->phase == ITEM_ENDED ||
        !acceptance_uncounted(d->definition, item, uncounted_of(d, step), &reason, &basis, &of_statute))
        return;
    if (is_open)
        clock_pause_begin(d, item, step, -1, reason, basis, of_statute);
    else
        clock_pause_end(d, item, step, -1, reason);
}

static void follow_uncounted(struct decision *d, uint16_t step) {
    const struct step_definition *timed = step_of(d, step);
    enum step_state state = row_of(d, step)->self.state;
    bool is_open = state_step_is_active(state) && !state_step_is_undoing(state);
    if (text_is_none(uncounted_of(d, step)))
        return;
    follow_uncounted_of(d, step, timed->item, is_open);
    for (uint16_t k = 0; timed->kind == STEP_INSPECTION && k < timed->inspection.item_count; k++)
        follow_uncounted_of(d, step, timed->inspection.items[k].item, is_open);
}

/* Why nothing of this work counts against the case's promise; absent: it counts. */
static struct text idle_reason(const struct decision *d, uint16_t step, int32_t index) {
    const struct work_state *work = work_of(d, step, index);
    uint16_t item = case_item_of(d->definition, step, index);
    if (!text_is_none(uncounted_of(d, step)))
        return uncounted_of(d, step);
    if (item == NO_INDEX)
        return work->correcting ? TEXT("correction") : TEXT_NONE;
    const struct item_row *row = case_item(&d->draft, item);
    if (work->correcting && row->phase == ITEM_CORRECTING)
        return TEXT("correction");
    const struct clock_pause *pause = find_pause(row, step, index, TEXT_NONE);
    return pause ? pause->reason : TEXT_NONE;
}

/* The case's promise stands still while everything that is open waits for somebody whose time is not counted; as long
 * as one department has work, its time counts. *ret_reason: that of the first. */
static bool case_is_idle(const struct decision *d, uint16_t *ret_step, int32_t *ret_index, struct text *ret_reason) {
    bool any = false;
    for (uint16_t i = 0; i < d->definition->step_count; i++) {
        uint32_t elements = case_is_its_elements(step_of(d, i)) ? row_of(d, i)->element_count : 0;
        if (!case_holds_open(d->definition, i, -1))
            continue;
        for (int32_t j = elements ? 0 : -1; j < (int32_t)elements; j++) {
            if (!state_step_is_active(work_of(d, i, j)->state))
                continue;
            struct text reason = idle_reason(d, i, j);
            if (text_is_none(reason))
                return false;
            if (!any) {
                *ret_step = i;
                *ret_index = j;
                *ret_reason = reason;
            }
            any = true;
        }
    }
    return any;
}

/* Is what a pause of the case was begun for still what it waits for? */
static bool still_waits(const struct decision *d, const struct clock_pause *pause) {
    return state_step_is_active(work_of(d, pause->step, pause->index)->state) &&
           text_equal(idle_reason(d, pause->step, pause->index), pause->reason);
}

static void follow_case(struct decision *d) {
    uint16_t row_index = clock_case_row(d->definition), step = 0;
    const struct item_row *row = case_item(&d->draft, row_index);
    const struct clock_row *promise = &row->clocks[CLOCK_PROMISE];
    int32_t index = -1;
    struct text reason = TEXT_NONE;
    if (promise->state == CLOCK_IDLE && d->draft.phase == CASE_RUNNING)
        clock_set(d, row_index, CLOCK_PROMISE, d->draft.started_at_us, TEXT("began"));
    if (promise->state == CLOCK_STOPPED || promise->state == CLOCK_IDLE)
        return;
    if (d->draft.phase == CASE_CLOSED) {
        struct event stopped = clock_event(d, EVENT_CLOCK_STOPPED, row_index, CLOCK_PROMISE);
        stopped.reason = TEXT("closed");
        emit(d, &stopped);
        return;
    }
    if (!calendar_is_pausable(d->definition->promise))
        return;
    bool is_idle = case_is_idle(d, &step, &index, &reason), is_named = false;
    row = case_item(&d->draft, row_index);
    for (uint32_t i = 0; is_idle && i < row->pause_count; i++)
        is_named = is_named || (row->pauses[i].to_us == TIME_NONE && still_waits(d, &row->pauses[i]));
    if (is_idle && !is_named)   /* before the old one ends: the clock stands still in between, too */
        clock_pause_begin(d, row_index, step, index, reason, TEXT_NONE, false);
    row = case_item(&d->draft, row_index);
    for (uint32_t i = 0; i < row->pause_count && !d->failed; i++)
        if (row->pauses[i].to_us == TIME_NONE && !(is_idle && still_waits(d, &row->pauses[i]))) {
            clock_pause_end(d, row_index, row->pauses[i].step, row->pauses[i].index, row->pauses[i].reason);
            row = case_item(&d->draft, row_index);
        }
}

/* ---- a decision's events ---- */

/* The complete application lies before a department: its first task is out, or a further attempt after a correction
 * that was asked of the one before. */
static void follow_asked(struct decision *d, const struct event *asked) {
    uint16_t step = asked->step_index, item = case_item_of(d->definition, step, asked->index);
    enum item_phase phase = case_item(&d->draft, item)->phase;
    if (asked->attempt > 1)   /* what the former attempt began is over */
        clock_pause_end(d, item, step, asked->index, TEXT_NONE);
    if (phase == ITEM_WAITING || (phase == ITEM_CORRECTING && asked->attempt > 1))
        acceptance_receive(d, item, step, asked->index);
}

static void follow(struct decision *d, const struct event *event) {
    uint16_t step = event->step_index;
    uint16_t item = step == NO_INDEX ? NO_INDEX : case_item_of(d->definition, step, event->index);
    bool was_asked = step != NO_INDEX && (event->index < 0 || (uint32_t)event->index < row_of(d, step)->element_count);
    if (item == NO_INDEX || !was_asked || !case_holds_open(d->definition, step, event->index))
        return;
    switch (event->kind) {
    case EVENT_STEP_ASKED: case EVENT_CHILD_ASKED: follow_asked(d, event); break;
    case EVENT_ANSWER_NOTED:
        if (!state_step_is_undoing(work_of(d, step, event->index)->state))
            acceptance_answer(d, event);
        break;
    case EVENT_CORRECTION_SENT:
        if (case_item(&d->draft, item)->phase == ITEM_CORRECTING)   /* 補正受理: from its arrival */
            acceptance_accept(d, item, step, event->index, d->input->at_us, TEXT("correction_answered"));
        for (size_t i = 0; i < ACCEPTANCE_APPLICANT_REASONS; i++)
            clock_pause_end(d, item, step, event->index, text_from(acceptance_applicant_reasons[i]));
        break;
    case EVENT_STEP_ENDED:
        acceptance_answer(d, event);
        clock_pause_end(d, item, step, event->index, TEXT_NONE);
        break;
    default: break;
    }
}

void clock_settle(struct decision *d) {
    if (!is_clocked(d))
        return;
    uint32_t from = d->clock_seen, to = d->events->count;
    d->clock_seen = to;
    for (uint32_t i = from; i < to && !d->failed; i++) {
        struct event event = d->events->at[i];   /* a copy: the list grows */
        follow(d, &event);
    }
    for (uint16_t i = 0; from < to && i < d->definition->step_count && !d->failed; i++)
        follow_uncounted(d, i);
    for (uint16_t i = 0; from < to && i < d->definition->item_count && !d->failed; i++) {
        end_item(d, i);
        end_delivery(d, i);
    }
    if (from < to && !d->failed)
        follow_case(d);
    d->clock_seen = d->events->count;
}

static void move_acceptance(struct decision *d, uint16_t item) {
    const struct item_row *row = case_item(&d->draft, item);
    int64_t due_us = row->accept_by_us == TIME_NONE ? TIME_NONE : acceptance_by(d, item, row->received_us);
    if (due_us == row->accept_by_us)
        return;
    struct event changed = step_event(d, EVENT_CALENDAR_CHANGED, row->step, row->index);
    changed.item = d->definition->items[item].id;
    changed.reason = TEXT("acceptance");
    changed.due_us = due_us;
    if (d->world->calendar)
        changed.calendar = d->world->calendar->version;
    emit(d, &changed);
}

void clock_calendar(struct decision *d) {
    for (uint16_t i = 0; is_clocked(d) && i < d->definition->item_count; i++)
        move_acceptance(d, i);
    for (uint16_t i = 0; is_clocked(d) && i <= d->definition->item_count; i++)
        for (enum clock_kind kind = CLOCK_PROMISE; kind < CLOCK_KIND_COUNT && !d->failed; kind++) {
            const struct item_row *row = case_item(&d->draft, i);
            const struct clock_row *clock = &row->clocks[kind];
            struct clock_moments moments;
            bool is_open = clock->state == CLOCK_RUNNING || clock->state == CLOCK_PAUSED;
            if (is_open && clock_reckon(d->world->calendar, d->arena, d->definition, i, row, kind, clock->start_us,
                                        d->input->at_us, &moments) &&
                (moments.due_us != clock->due_us || moments.yellow_us != clock->yellow_us))
                clock_set(d, i, kind, clock->start_us, TEXT("calendar"));
        }
}
