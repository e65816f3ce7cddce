/* What can't happen, though every step is well written: steps that never start, compensations that never run. */
#include "definition/compile.h"

/* Can this step ever end granted; can it be skipped? By what is known before any case. */
struct chances { bool may_start, may_be_granted, may_be_skipped; };

static bool constant_is(const struct expression *e, struct arena *scratch, bool wanted) {
    struct json value;
    return e && expression_constant(e, scratch, &value) && value.type == (wanted ? JSON_TRUE : JSON_FALSE);
}

/* May `need`, at its best, help a join of `dependent`? */
static bool need_may_be_met(const struct compiler *c, const struct chances *chances, uint16_t need,
                            enum join_mode mode) {
    const struct step_definition *step = &c->steps[need];
    if (chances[need].may_be_granted || chances[need].may_be_skipped)
        return true;
    return mode == JOIN_ALL && chances[need].may_start && step->on_refused == ON_REFUSED_CONTINUE;
}

static void check_join(struct compiler *c, struct chances *chances, uint16_t index) {
    const struct step_definition *step = &c->steps[index];
    uint16_t met = 0, blocking = NO_INDEX;
    for (uint16_t k = 0; k < step->need_count; k++) {
        if (need_may_be_met(c, chances, step->needs[k], step->join.mode))
            met++;
        else
            blocking = step->needs[k];
    }
    uint16_t wanted = step->join.mode == JOIN_ALL ? step->need_count : step->join.at_least;
    if (wanted > step->need_count)
        wanted = step->need_count;   /* reported as join_never_met */
    if (met >= wanted || step->join.deadline.unit != LIMIT_NONE)
        return;
    chances[index].may_start = false;
    compiler_fault(c, c->step_nodes[index]->place, "unreachable_step",
                   "step %.*s can never start: its need %.*s can never be granted", TEXT_ARG(step->id),
                   TEXT_ARG(c->steps[blocking].id));
}

static void check_behind_deliver(struct compiler *c, uint16_t index) {
    const struct step_definition *step = &c->steps[index];
    for (uint16_t k = 0; k < step->need_count && step->kind != STEP_DELIVER; k++)
        if (c->steps[step->needs[k]].kind == STEP_DELIVER)
            compiler_fault(c, c->step_nodes[index]->place, "unreachable_step",
                           "step %.*s can never start: it needs %.*s, which runs after the case has closed",
                           TEXT_ARG(step->id), TEXT_ARG(c->steps[step->needs[k]].id));
}

/* A sub-case is undone by its own definition. */
static bool says_how(const struct step_definition *step) { return step->compensate.present || step->kind == STEP_THING; }

static void check_compensation(struct compiler *c) {
    bool anybody_compensates = false, anything_reversible = false;
    for (uint16_t i = 0; i < c->out->step_count; i++) {
        const struct step_definition *step = &c->steps[i];
        anybody_compensates |= step->on_refused == ON_REFUSED_COMPENSATE || step->on_expired == ON_REFUSED_COMPENSATE ||
                               step->publicity.on_objection == ON_OBJECTION_COMPENSATE;
        anything_reversible |= step->reversible && says_how(step);
        if (step->compensate.present && !step->reversible)
            compiler_fault(c, step_get(c->step_nodes[i], "compensate")->place, "compensate_not_reversible",
                           "step %.*s has a compensation but is not reversible: it would never run", TEXT_ARG(step->id));
        if (step->reversible && !says_how(step))
            compiler_fault(c, c->step_nodes[i]->place, "reversible_without_compensate",
                           "step %.*s is reversible but does not say how", TEXT_ARG(step->id));
    }
    for (uint16_t i = 0; i < c->out->step_count; i++) {
        const struct step_definition *step = &c->steps[i];
        bool asks = step->on_refused == ON_REFUSED_COMPENSATE || step->on_expired == ON_REFUSED_COMPENSATE;
        if (asks && !anything_reversible)
            compiler_fault(c, c->step_nodes[i]->place, "nothing_to_compensate",
                           "step %.*s compensates, but no step is reversible", TEXT_ARG(step->id));
        if (step->reversible && says_how(step) && !anybody_compensates)
            compiler_fault(c, c->step_nodes[i]->place, "compensation_never_runs",
                           "nothing asks for the compensation of step %.*s", TEXT_ARG(step->id));
    }
}

void check_graph(struct compiler *c) {
    struct chances *chances = arena_new_array(c->arena, c->out->step_count, struct chances);
    if (!chances)
        return;
    for (uint16_t i = 0; i < c->out->step_count; i++)   /* the best is believed of what stands later: it is on a ring */
        chances[i] = (struct chances){true, true, true};
    for (uint16_t i = 0; i < c->out->step_count; i++) {
        const struct step_definition *step = &c->steps[i];
        chances[i].may_start = !constant_is(step->when, c->arena, false);
        chances[i].may_be_skipped = step->when && !constant_is(step->when, c->arena, true);
        if (step->is_each)
            chances[i].may_be_skipped = true;   /* an empty list */
        check_join(c, chances, i);
        check_behind_deliver(c, i);
        chances[i].may_be_granted = chances[i].may_start &&
            !(step->kind == STEP_APPROVE && constant_is(step->approve.condition, c->arena, false));
    }
    check_compensation(c);
}
