/* Sets of steps that are not independent, and their closure in a state. */
#include "proof/independence.h"

static bool meet(const struct step_set *a, const struct step_set *b) {
    for (size_t i = 0; i < DATA_STEP_WORDS; i++)
        if (a->word[i] & b->word[i])
            return true;
    return false;
}

static void join_sets(struct step_set *into, const struct step_set *from) {
    for (size_t i = 0; i < DATA_STEP_WORDS; i++)
        into->word[i] |= from->word[i];
}

static struct dependence *add(struct independence *all, uint16_t step, bool until_opened) {
    struct dependence *one = &all->at[all->count++];
    *one = (struct dependence){.while_step = step, .until_opened = until_opened};
    set_add(&one->members, step);
    return one;
}

static bool stops_the_case(const struct step_definition *s) {
    return s->on_refused >= ON_REFUSED_CLOSE || s->on_expired >= ON_REFUSED_CLOSE;
}

static bool same_signal(const struct step_definition *a, const struct step_definition *b) {
    if (a->kind != STEP_WAIT || b->kind != STEP_WAIT || a->wait.mode != b->wait.mode)
        return false;
    return a->wait.mode == WAIT_SIGNED || (a->wait.mode == WAIT_SIGNAL && text_equal(a->wait.signal, b->wait.signal));
}

static void add_signals(struct independence *all, uint16_t step) {
    const struct definition *d = all->definition;
    for (uint16_t i = 0; i < step; i++)
        if (same_signal(&d->steps[i], &d->steps[step])) {
            struct dependence *one = add(all, step, false);
            set_add(&one->members, i);
            join_sets(&one->members, &all->data->ancestors[i]);
            join_sets(&one->members, &all->data->ancestors[step]);
            return;
        }
}

/* A step that is held for a material goes on by the end of its lookup alone. */
static void add_fetch(struct independence *all, uint16_t fetch) {
    const struct definition *d = all->definition;
    struct dependence *one = add(all, fetch, false);
    one->while_asked = true;   /* who asks it first makes no difference */
    for (uint16_t i = 0; i < d->step_count; i++)
        if (definition_step_lists(d, i, d->steps[fetch].fetches))
            set_add(&one->members, i);
}

bool independence_make(struct independence *all, const struct data *data, struct arena *arena) {
    const struct definition *d = data->definition;
    *all = (struct independence){.data = data, .definition = d};
    all->at = arena_new_array(arena, (size_t)d->step_count * 3, struct dependence);
    if (!all->at)
        return false;
    for (uint16_t i = 0; i < d->step_count; i++) {
        const struct step_definition *step = &d->steps[i];
        if (stops_the_case(step)) {
            struct dependence *one = add(all, i, false);
            for (uint16_t k = 0; k < d->step_count; k++)
                if (!set_has(&data->ancestors[k], i))
                    set_add(&one->members, k);
        }
        if (step->need_count > 1 && (step->join.mode == JOIN_AT_LEAST || step->join.deadline.unit != LIMIT_NONE))
            join_sets(&add(all, i, true)->members, &data->ancestors[i]);
        add_signals(all, i);
        if (step->is_fetch)
            add_fetch(all, i);
    }
    return true;
}

/* Can another step be at work when this one stops the case? */
static bool is_alone(const struct data *data, const struct case_state *s, uint16_t step) {
    const struct step_definition *stopping = &s->definition->steps[step];
    bool alone = !stopping->is_each && stopping->kind != STEP_INSPECTION;
    for (uint16_t i = 0; alone && i < s->definition->step_count; i++)
        alone = i == step || set_has(&data->ended_before[step], i) || set_has(&data->ancestors[i], step) ||
                (state_step_has_ended(s->steps[i].self.state) && s->steps[i].element_count == 0);
    return alone;
}

static bool holds_now(const struct independence *all, const struct dependence *one, const struct case_state *s) {
    enum step_state state = s->steps[one->while_step].self.state;
    if (one->while_asked && state == STEP_WAITING)
        return false;
    if (one->until_opened)
        return state == STEP_WAITING;
    return !state_step_has_ended(state) && (!stops_the_case(&s->definition->steps[one->while_step]) ||
                                            !is_alone(all->data, s, one->while_step));
}

void independence_grow(const struct independence *all, const struct case_state *s, struct step_set *seeds) {
    for (bool grew = s->phase == CASE_RUNNING; grew;) {
        grew = false;
        for (uint32_t i = 0; i < all->count; i++) {
            const struct dependence *one = &all->at[i];
            struct step_set open = one->members, before = *seeds;
            for (uint16_t k = 0; k < s->definition->step_count; k++)
                if (state_step_has_ended(s->steps[k].self.state) && s->steps[k].element_count == 0)
                    open.word[k / 64] &= ~(UINT64_C(1) << (k % 64));
            if (!holds_now(all, one, s) || !meet(&open, seeds))
                continue;
            join_sets(seeds, &open);
            grew |= memcmp(&before, seeds, sizeof before) != 0;
        }
    }
}
