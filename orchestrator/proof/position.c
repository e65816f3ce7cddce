/* A state at hand: copied, asked for its deadlines, moved on by one move. */
#include "proof/explore.h"

#include "model/limits.h"

enum { SPAN_US = 1000000 /* between a deadline and what follows it */ };

struct position *position_new(void) {
    struct position *p = memory_alloc(sizeof *p);
    if (p)
        arena_init(&p->arena, (size_t)LIMIT_case_state_bytes_most * 4);
    return p;
}

void position_free(struct position *p) {
    if (!p)
        return;
    arena_free(&p->arena);
    memory_free(p->moves);
    memory_free(p);
}

bool position_copy(struct position *to, const struct position *from) {
    arena_reset(&to->arena);
    to->now_us = from->now_us;
    to->form = from->form;
    to->move_count = to->next = 0;
    return case_copy(&to->state, &from->state, &to->arena);
}

static void keep_earliest(void *context, uint16_t step, int64_t at_us) {
    int64_t *earliest = context;
    (void)step;
    if (*earliest == TIME_NONE || at_us < *earliest)
        *earliest = at_us;
}

int64_t position_next_due(const struct position *p) {
    int64_t earliest = TIME_NONE;
    state_deadlines(&p->state, keep_earliest, &earliest);
    return earliest;
}

static bool goes_on_after_closing(const struct case_state *s, uint16_t step) {
    const struct step_row *row = &s->steps[step];
    bool deliver = s->definition->steps[step].kind == STEP_DELIVER;
    if (deliver && !state_step_has_ended(row->self.state))
        return true;
    for (uint32_t i = 0; s->definition->steps[step].kind == STEP_APPROVE && i < row->element_count; i++)
        if (state_step_is_active(row->elements[i].state))
            return true;
    return false;
}

bool position_is_end(const struct position *p) {
    if (p->state.phase != CASE_CLOSED)
        return false;
    for (uint16_t i = 0; i < p->state.definition->step_count; i++)
        if (goes_on_after_closing(&p->state, i))
            return false;
    return true;
}

int64_t move_at_us(const struct position *p, const struct move *move) {
    int64_t due = position_next_due(p);
    if (move->kind == MOVE_TIME)
        return due > p->now_us ? due : p->now_us;
    return move->is_late && due != TIME_NONE && due - SPAN_US > p->now_us ? due - SPAN_US : p->now_us;
}

/* ---- one step ---- */

static struct text data_of(const struct explorer *e, const struct move *move) {
    const struct data *d = &e->data;
    if (move->kind == MOVE_SUBMIT)
        return d->sources[0].bytes[move->example];
    if (move->step != NO_INDEX && move->kind == MOVE_GRANT && !step_has_result_schema(&e->definition->steps[move->step], move->index))
        return TEXT_NONE;
    return move->step == NO_INDEX || d->source_of[move->step] == NO_INDEX
               ? TEXT_NONE : d->sources[d->source_of[move->step]].bytes[move->example];
}

static struct input submission(const struct explorer *e, const struct move *move, int64_t at_us) {
    struct input in = input_of(INPUT_SUBMIT, at_us);
    in.case_id = in.number = TEXT("run");
    in.thing = e->definition->thing;
    in.definition = e->definition->hash;
    in.region = e->options->region;
    in.data = data_of(e, move);
    in.source = TEXT("script");
    in.id = TEXT("submit");
    return in;
}

enum outcome explore_step(struct explorer *e, struct position *p, const struct move *move, struct event_list *ret_events,
                          struct input *ret_input, struct error *error) {
    arena_reset(&e->decision);
    int64_t at_us = move_at_us(p, move);
    struct input in = move->kind == MOVE_SUBMIT ? submission(e, move, at_us)
                                                : move_input(e->definition, &p->state, move, data_of(e, move), &e->decision, at_us);
    if (move->kind == MOVE_SUBMIT) {
        in.extra = move->is_late ? e->extra_late : e->extra;
        p->form = move->example;
    }
    *ret_input = in;
    *ret_events = (struct event_list){0};
    enum outcome outcome = engine_decide(&e->world, &p->state, &in, &e->decision, ret_events, error);
    for (uint32_t i = 0; i < ret_events->count && outcome == OUTCOME_OK; i++)
        if (!case_apply(&p->state, &ret_events->at[i]))
            outcome = error_no_memory(error);
    /* What follows a deadline comes a moment after it: an input of the same moment would come before it. */
    p->now_us = move->kind == MOVE_TIME ? at_us + SPAN_US : at_us;
    return outcome;
}
