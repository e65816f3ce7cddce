/* Invariants of a case: nothing asked before its join or after its close, no timer early, rows as the journal says. */
#include "sim_check.h"

#include "engine/clock_view.h"

static const struct work_state *work_at(const struct case_state *state, uint16_t step, int32_t index) {
    const struct step_row *row = &state->steps[step];
    if (index < 0)
        return &row->self;
    return (uint32_t)index < row->element_count ? &row->elements[index] : NULL;
}

/* What works on an item that a visit looks at needs that item's answer, not the whole visit's. */
static enum step_state need_state(const struct case_state *state, const struct step_definition *waiting, uint16_t need) {
    const struct step_definition *visit = &state->definition->steps[need];
    const struct step_row *row = &state->steps[need];
    for (uint16_t i = 0; visit->kind == STEP_INSPECTION && i < visit->inspection.item_count && i < row->element_count; i++)
        if (visit->inspection.items[i].item == waiting->item)
            return row->elements[i].state;
    return row->self.state;
}

/* An account of the join apart from the engine's: by what each need is, as DESIGN says it. */
static bool join_is_met(const struct case_state *state, uint16_t step) {
    const struct step_definition *waiting = &state->definition->steps[step];
    uint32_t granted = 0, skipped = 0, passed = 0;
    for (uint16_t i = 0; i < waiting->need_count; i++) {
        const struct step_definition *need = &state->definition->steps[waiting->needs[i]];
        enum step_state now = need_state(state, waiting, waiting->needs[i]);
        granted += now == STEP_GRANTED;
        skipped += now == STEP_SKIPPED;
        passed += now == STEP_GRANTED || now == STEP_SKIPPED || (now == STEP_REFUSED && need->on_refused == ON_REFUSED_CONTINUE) ||
                  (now == STEP_EXPIRED && need->on_expired == ON_REFUSED_CONTINUE);
    }
    if (waiting->join.mode == JOIN_ALL)
        return passed == waiting->need_count;
    uint32_t wanted = waiting->need_count - skipped;
    return granted >= (waiting->join.at_least < wanted ? waiting->join.at_least : wanted);
}

static void check_asking(struct sim *s, const struct case_state *state, const struct event *e) {
    const struct step_definition *step = &state->definition->steps[e->step_index];
    const struct step_row *row = &state->steps[e->step_index];
    bool after = step->kind == STEP_DELIVER || (step->kind == STEP_APPROVE && e->index >= 0);
    if (state->phase == CASE_CLOSED && !after)
        sim_fail(s, "%.*s:%.*s is asked after its case has closed", TEXT_ARG(state->id), TEXT_ARG(e->step));
    if (row->self.state != STEP_WAITING)
        return;
    if (state->phase == CASE_STOPPING)
        sim_fail(s, "%.*s:%.*s begins while its case stops", TEXT_ARG(state->id), TEXT_ARG(e->step));
    if (!text_is_none(e->missing) && step->join.deadline.unit != LIMIT_NONE) {
        if (row->deadline_at_us == TIME_NONE || e->at_us < row->deadline_at_us)
            sim_fail(s, "%.*s:%.*s opens before its deadline", TEXT_ARG(state->id), TEXT_ARG(e->step));
    } else if (!join_is_met(state, e->step_index)) {
        sim_fail(s, "%.*s:%.*s is asked before its join", TEXT_ARG(state->id), TEXT_ARG(e->step));
    }
}

void check_event(struct sim *s, const struct case_state *state, const struct event *e) {
    if (e->at_us > s->now_us)
        sim_fail(s, "case %.*s: an event of the future", TEXT_ARG(state->id));
    if (e->at_us < state->changed_at_us && state->changed_at_us != TIME_NONE)
        sim_fail(s, "case %.*s: time went back", TEXT_ARG(state->id));
    if (e->step_index == NO_INDEX)
        return;
    bool asks = e->kind == EVENT_STEP_ASKED || e->kind == EVENT_STEP_EXPANDED || e->kind == EVENT_STEP_HELD || e->kind == EVENT_CHILD_ASKED;
    if (asks)
        check_asking(s, state, e);
    const struct work_state *work = work_at(state, e->step_index, e->index);
    if (!work)
        return;
    const struct step_definition *step = &state->definition->steps[e->step_index];
    if (e->kind == EVENT_STEP_ASKED && work->state == STEP_RETRYING && e->at_us < work->retry_at_us) {
        const struct fake_case *one = store_truth_case(&s->store, state->id);   /* an operator may be quicker */
        const struct store_event *acted = NULL;
        for (uint32_t i = 0; one && i < one->events.count; i++) {
            const struct store_event *event = vector_at(&one->events, struct store_event *)[i];
            if (event->at_us == e->at_us && text_is(event->kind, "operator_acted"))
                acted = event;
        }
        if (!acted)
            sim_fail(s, "%.*s:%.*s is tried again too early", TEXT_ARG(state->id), TEXT_ARG(e->step));
    }
    if (e->kind == EVENT_STEP_ENDED && step->kind == STEP_WAIT && step->wait.mode == WAIT_FOR_DURATION && e->state == STEP_GRANTED &&
        e->at_us < work->due_at_us)
        sim_fail(s, "%.*s:%.*s ends its wait too early", TEXT_ARG(state->id), TEXT_ARG(e->step));
    bool by_deadline = text_is(e->reason, "deadline");
    if (e->kind == EVENT_STEP_ENDED && e->state == STEP_EXPIRED && !by_deadline && work->due_at_us != TIME_NONE &&
        e->at_us < work->due_at_us)
        sim_fail(s, "%.*s:%.*s expires too early", TEXT_ARG(state->id), TEXT_ARG(e->step));
}

static void check_step_row(struct sim *s, const struct case_state *state, const struct fake_case *one, uint16_t position, int32_t index) {
    const struct work_state *work = work_at(state, position, index);
    const struct step_definition *step = &state->definition->steps[position];
    const struct store_step *row = NULL;
    for (uint32_t i = 0; i < one->steps.count && !row; i++) {
        const struct store_step *at = &vector_at(&one->steps, struct fake_step)[i].row;
        if (at->index == index && text_equal(at->step, step->id))
            row = at;
    }
    if (!row) {
        if (work->state != STEP_WAITING)
            sim_fail(s, "%.*s:%.*s.%d has no row and is %s", TEXT_ARG(state->id), TEXT_ARG(step->id), index, state_step_name(work->state));
        return;
    }
    bool same = text_is(row->state, state_step_name(work->state)) && row->attempt == (int32_t)work->attempt &&
                row->asked_at_us == work->asked_at_us && row->ended_at_us == work->ended_at_us &&
                text_equal(row->department, work->department) && text_equal(row->child, work->child) &&
                text_equal(row->reason, work->reason);
    if (!same)
        sim_fail(s, "the row of %.*s:%.*s.%d says %.*s, its journal %s", TEXT_ARG(state->id), TEXT_ARG(step->id), index,
                 TEXT_ARG(row->state), state_step_name(work->state));
}

static void check_incidents(struct sim *s, const struct case_state *state) {
    bool incident = false, dispute = false;
    for (uint32_t i = 0; i < s->store.incident_list.count; i++) {
        const struct store_incident *row = &vector_at(&s->store.incident_list, struct fake_incident *)[i]->row;
        if (row->closed_at_us != TIME_NONE || !text_equal(row->case_id, state->id) || text_is(row->code, "timer_refused"))
            continue;   /* a timer's incident is the conductor's, no event of the case */
        *(text_is(row->code, "disputed") ? &dispute : &incident) = true;
    }
    if (incident != (state->incident_count > 0) || dispute != (state->dispute_count > 0))
        sim_fail(s, "case %.*s: open incidents %u, disputes %u; its rows say %s, %s", TEXT_ARG(state->id), state->incident_count,
                 state->dispute_count, incident ? "some" : "none", dispute ? "some" : "none");
}

/* Every clock that the journal's state has is a row, as it stands. */
static void check_clock_rows(struct sim *s, const struct case_state *state, const struct fake_case *one) {
    struct clock_view *views;
    uint32_t count = 0;
    if (!clock_views(state, NULL, 0, s->now_us, &s->arena, &views, &count) || count != one->clocks.count)
        sim_fail(s, "case %.*s has %u clocks and %u rows of them", TEXT_ARG(state->id), count, one->clocks.count);
    for (uint32_t i = 0; i < count; i++) {
        const struct store_clock *row = NULL;
        for (uint32_t j = 0; j < one->clocks.count && !row; j++) {
            const struct store_clock *at = &vector_at(&one->clocks, struct fake_clock)[j].row;
            if (text_equal(at->clock, views[i].clock) && (text_is_none(views[i].item) ? at->item.length == 0 : text_equal(at->item, views[i].item)))
                row = at;
        }
        if (!row || !text_equal(row->state, views[i].state) || !text_equal(row->light, views[i].light) ||
            row->due_at_us != views[i].due_us || row->started_at_us != views[i].started_us || row->ended_at_us != views[i].ended_us)
            sim_fail(s, "the row of the clock %.*s of %.*s in case %.*s is not its journal", TEXT_ARG(views[i].clock),
                     TEXT_ARG(views[i].item), TEXT_ARG(state->id));
    }
}

void check_rows(struct sim *s, const struct check_case *checked) {
    const struct case_state *state = &checked->state;
    const struct fake_case *one = store_truth_case(&s->store, state->id);
    if (!one || !one->there) {
        sim_fail(s, "case %.*s has no row", TEXT_ARG(state->id));
        return;
    }
    const struct store_case *row = &one->row;
    bool same = text_is(row->phase, state_case_name(state->phase)) && text_is(row->outcome, state_outcome_name(state->outcome)) &&
                row->version == (int32_t)state->version && row->started_at_us == state->started_at_us &&
                row->closed_at_us == state->closed_at_us && row->changed_at_us == state->changed_at_us &&
                text_equal(row->root, state->root) && text_equal(row->thing, state->thing) &&
                text_equal(row->definition_hash, state->definition_hash) &&
                row->incidents == (int32_t)(state->incident_count + state->dispute_count);
    if (!same)
        sim_fail(s, "the row of case %.*s (version %d, %.*s) is not its journal (version %u, %s)", TEXT_ARG(state->id), row->version,
                 TEXT_ARG(row->phase), state->version, state_case_name(state->phase));
    for (uint16_t i = 0; i < state->definition->step_count; i++) {
        check_step_row(s, state, one, i, -1);
        for (uint32_t j = 0; j < state->steps[i].element_count; j++)
            check_step_row(s, state, one, i, (int32_t)j);
    }
    int64_t due = case_next_due(state);
    if (due != TIME_NONE && (one->timer_us == TIME_NONE || one->timer_us > due))
        sim_fail(s, "case %.*s is due %.3f s from now and has no timer for it", TEXT_ARG(state->id), (double)(due - s->now_us) / 1e6);
    check_incidents(s, state);
    check_clock_rows(s, state, one);
}
