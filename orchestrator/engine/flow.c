/* What follows from the end of a step: joins open or can't be met, refusals do what their definition says, deadlines
 * let joins open with what is there. */
#include "engine/clock.h"
#include "engine/kinds.h"

static void queue_push(struct decision *d, uint16_t step) {
    if (d->queued[step])
        return;
    d->queued[step] = true;
    d->queue[d->queue_tail] = step;
    d->queue_tail = (d->queue_tail + 1) % (d->definition->step_count + 1u);
}

static bool queue_pop(struct decision *d, uint16_t *ret) {
    if (d->queue_head == d->queue_tail)
        return false;
    *ret = d->queue[d->queue_head];
    d->queue_head = (d->queue_head + 1) % (d->definition->step_count + 1u);
    d->queued[*ret] = false;
    return true;
}

static bool all_dependents_left(const struct decision *d, uint16_t step) {
    const struct step_definition *ended = step_of(d, step);
    for (uint16_t i = 0; i < ended->dependent_count; i++)
        if (row_of(d, ended->dependents[i])->self.state == STEP_WAITING)
            return false;
    return ended->dependent_count > 0;
}

/* "A refusal from a step whose dependents (it has some) have all left waiting is recorded and triggers nothing." What
 * waits for an element is its gathering. */
static bool is_spent(const struct decision *d, uint16_t step, int32_t index) {
    if (case_is_beside(d->definition, step, index))
        return true;
    if (index >= 0 && state_step_has_ended(row_of(d, step)->self.state))
        return true;
    if (index >= 0 && step_of(d, step)->kind == STEP_INSPECTION)
        return inspection_dependents_left(d, step, index);
    return all_dependents_left(d, step);
}

/* Closed by whoever gave the input that this follows from: a person, a department's clerk; nobody: time, a message. */
static void close_incidents(struct decision *d, uint16_t step, int32_t index) {
    uint32_t open = work_of(d, step, index)->incident_count;
    if (!open)
        return;
    struct event closed = step_event(d, EVENT_INCIDENT_CLOSED, step, index);
    closed.count = open;
    closed.reason = TEXT("step_ended");
    closed.actor = d->input->actor;
    emit(d, &closed);
}

static void gather(struct decision *d, uint16_t step) {
    if (row_of(d, step)->self.state != STEP_RUNNING)
        return;
    if (step_of(d, step)->kind == STEP_INSPECTION) {
        queue_push(d, step);   /* what waits for this item alone goes on */
        inspection_gather(d, step);
        return;
    }
    enum join_verdict verdict = join_of_elements(d, step);
    if (verdict != JOIN_OPEN)
        flow_end_as(d, step, -1, verdict == JOIN_MET ? STEP_GRANTED : STEP_UNSATISFIED, TEXT_NONE);
}

static void follow_policy(struct decision *d, uint16_t step, enum step_state state) {
    const struct step_definition *ended = step_of(d, step);
    enum on_refused policy = state == STEP_EXPIRED ? ended->on_expired : ended->on_refused;
    if (policy == ON_REFUSED_CLOSE)
        stop_begin(d, CASE_STOP_CLOSE, step, TEXT("refused"), TEXT_NONE);
    else if (policy == ON_REFUSED_COMPENSATE)
        stop_begin(d, CASE_STOP_COMPENSATE, step, TEXT("refused"), TEXT_NONE);
}

void flow_end(struct decision *d, struct event *ended) {
    uint16_t step = ended->step_index;
    int32_t index = ended->index;
    enum step_state state = ended->state;
    bool refusal = (state == STEP_REFUSED || state == STEP_EXPIRED) &&
                   !state_step_is_undoing(work_of(d, step, index)->state);
    if (refusal)
        ended->spent = ended->spent || is_spent(d, step, index);
    ended->attempt = work_of(d, step, index)->attempt;
    ended->department = work_of(d, step, index)->department;
    ended->thing = d->draft.thing;
    ended->region = d->draft.region;
    ended->delivers = step_of(d, step)->kind == STEP_DELIVER;
    if (!emit(d, ended))
        return;
    close_incidents(d, step, index);
    if (case_is_beside(d->definition, step, index)) {
        kind_element_ended(d, step, index);
        return;
    }
    if (refusal && !ended->spent && d->draft.phase == CASE_RUNNING)
        follow_policy(d, step, state);
    if (index < 0) {
        queue_push(d, step);
        kind_step_ended(d, step);
    } else {
        gather(d, step);
    }
}

void flow_end_as(struct decision *d, uint16_t step, int32_t index, enum step_state state, struct text reason) {
    struct event ended = step_event(d, EVENT_STEP_ENDED, step, index);
    ended.state = state;
    ended.reason = reason;
    flow_end(d, &ended);
}

void flow_evaluate(struct decision *d, uint16_t step) {
    enum case_phase wanted = step_of(d, step)->kind == STEP_DELIVER ? CASE_CLOSED : CASE_RUNNING;
    if (d->failed || step_of(d, step)->is_fetch || d->draft.phase != wanted || row_of(d, step)->self.state != STEP_WAITING)
        return;
    enum join_verdict verdict = join_of_needs(d, step);
    if (verdict == JOIN_UNSATISFIED)
        flow_end_as(d, step, -1, STEP_UNSATISFIED, TEXT_NONE);
    else if (verdict == JOIN_MET)
        open_step(d, step, TEXT_NONE);
}

void flow_settle(struct decision *d) {
    do {
        uint16_t step;
        while (!d->failed && queue_pop(d, &step)) {
            const struct step_definition *ended = step_of(d, step);
            for (uint16_t i = 0; i < ended->dependent_count; i++)
                flow_evaluate(d, ended->dependents[i]);
        }
        clock_settle(d);
    } while (!d->failed && (undo_next(d) || close_when_done(d)));
}

void flow_asked(struct decision *d, uint16_t step) {
    const struct step_definition *asked = step_of(d, step);
    for (uint16_t i = 0; i < asked->dependent_count; i++) {
        uint16_t waiting = asked->dependents[i];
        const struct join_rule *join = &step_of(d, waiting)->join;
        const struct step_row *row = row_of(d, waiting);
        if (step_of(d, waiting)->kind == STEP_DELIVER && d->draft.phase != CASE_CLOSED)
            continue;   /* when its time comes, all that it needs has ended */
        if (join->deadline.unit == LIMIT_NONE || row->self.state != STEP_WAITING || row->deadline_at_us != TIME_NONE)
            continue;
        struct event set = step_event(d, EVENT_DEADLINE_SET, waiting, -1);
        if (calendar_due(d->world->calendar, CALENDAR_PROMISE, d->input->at_us, join->deadline, &set.due_us, NULL) !=
            OUTCOME_OK)
            continue;
        if (d->world->calendar && join->deadline.unit != LIMIT_MICROSECONDS)
            set.calendar = d->world->calendar->version;
        emit(d, &set);
    }
}

/* A task that is out is called back; a sub-case is told to close. */
static void expire_work(struct decision *d, uint16_t step, int32_t index) {
    enum step_state state = work_of(d, step, index)->state;
    if (state_step_has_ended(state))
        return;
    if (state == STEP_RUNNING)
        ask_cancel(d, step, index, STEP_WAITING, TEXT("deadline"));
    struct event ended = step_event(d, EVENT_STEP_ENDED, step, index);
    ended.state = STEP_EXPIRED;
    ended.spent = true;
    ended.reason = TEXT("deadline");
    flow_end(d, &ended);
}

void flow_expire(struct decision *d, uint16_t step) {
    uint32_t count = case_is_its_elements(step_of(d, step)) ? row_of(d, step)->element_count : 0;
    if (!count) {
        expire_work(d, step, -1);
        return;
    }
    /* The step first: its gathering is over, so that no element's end decides it otherwise. */
    struct event ended = step_event(d, EVENT_STEP_ENDED, step, -1);
    ended.state = STEP_EXPIRED;
    ended.spent = true;
    ended.reason = TEXT("deadline");
    flow_end(d, &ended);
    for (uint32_t i = 0; i < count && !d->failed; i++)
        expire_work(d, step, (int32_t)i);
}

static bool another_waits(const struct decision *d, uint16_t need, uint16_t but) {
    const struct step_definition *needed = step_of(d, need);
    for (uint16_t i = 0; i < needed->dependent_count; i++)
        if (needed->dependents[i] != but && row_of(d, needed->dependents[i])->self.state == STEP_WAITING)
            return true;
    return false;
}

void flow_open_by_deadline(struct decision *d, uint16_t step) {
    struct text missing = missing_needs(d, step);
    /* The silent ones first, so that what opens sees them as expired. One that only such a one waited for is waited for
     * by nobody, wherever it stands among the needs. */
    for (bool again = true; again && !d->failed;) {
        again = false;
        for (uint16_t i = 0; i < step_of(d, step)->need_count && !d->failed; i++) {
            uint16_t need = step_of(d, step)->needs[i];
            if (state_step_has_ended(kind_need_state(d, step, need)) || another_waits(d, need, step))
                continue;
            flow_expire(d, need);
            again = true;
        }
    }
    if (!d->failed)
        open_step(d, step, missing);
}

void flow_gather_by_deadline(struct decision *d, uint16_t step) {
    struct event ended = step_event(d, EVENT_STEP_ENDED, step, -1);
    ended.state = STEP_GRANTED;
    ended.missing = missing_elements(d, step);
    if (d->failed)
        return;
    flow_end(d, &ended);
    for (uint32_t i = 0; i < row_of(d, step)->element_count && !d->failed; i++)
        expire_work(d, step, (int32_t)i);
}
