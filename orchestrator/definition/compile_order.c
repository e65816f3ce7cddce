/* Puts the steps into an order in which needs come first, finds the rings that forbid it, and works out who is whose
 * ancestor. Rings are reported and then taken as they are, so that everything else is still checked. */
#include "definition/compile.h"

#include <stdio.h>
#include <stdlib.h>

#include "model/limits.h"

struct ordering {
    struct compiler *c;
    uint16_t count;
    const struct node **nodes;       /* in the order of the source */
    uint16_t **needs;
    uint16_t *need_count;
    uint16_t *open_needs;            /* needs not yet placed */
    uint16_t *position;              /* NO_INDEX: not yet placed */
    uint16_t *order;                 /* source index by position */
    bool *is_meant;                  /* by position: by its id; not of a doubled id the second */
    uint16_t placed;
    uint64_t *reached;               /* rows like the compiler's ancestors, in the order of the source; NULL: no rings */
};

static bool ordering_make(struct ordering *o) {
    struct arena *arena = o->c->arena;
    o->needs = arena_new_array(arena, o->count, uint16_t *);
    o->need_count = arena_new_array(arena, o->count, uint16_t);
    o->open_needs = arena_new_array(arena, o->count, uint16_t);
    o->position = arena_new_array(arena, o->count, uint16_t);
    o->order = arena_new_array(arena, o->count, uint16_t);
    o->is_meant = arena_new_array(arena, o->count, bool);
    return !arena->failed;
}

/* A step without an id is reported, and checked all the same. */
static struct text step_name(const struct ordering *o, uint16_t step) {
    const struct node *id = node_get(o->nodes[step], "id");
    return node_is_text(id) ? id->text : TEXT("?");
}

static void read_needs(struct ordering *o, uint16_t step) {
    struct compiler *c = o->c;
    const struct node *list = node_get(o->nodes[step], "needs");
    struct text id = step_name(o, step);
    uint16_t count = 0;
    if (!list || list->type != JSON_ARRAY || list->count == 0)
        return;
    if (list->count > LIMIT_needs_most) {
        compiler_fault(c, list->place, "too_many_needs", "%u needs; the limit needs_most is %d", list->count,
                       (int)LIMIT_needs_most);
        return;
    }
    o->needs[step] = arena_new_array(c->arena, list->count, uint16_t);
    for (uint32_t i = 0; o->needs[step] && i < list->count; i++) {
        const struct node *name = &list->members[i].node;
        uint16_t need = compiler_find(&c->step_ids, node_text(name));
        bool is_double = false;
        if (!node_is_text(name) || !id_is_well_formed(name->text))
            continue;
        for (uint16_t k = 0; k < count; k++)
            is_double |= o->needs[step][k] == need;
        if (need == NO_INDEX)
            compiler_unknown(c, name->place, "unknown_step", "step", &c->step_ids, name->text);
        else if (need == step)
            compiler_fault(c, name->place, "self_need", "step %.*s needs itself", TEXT_ARG(id));
        else if (is_double)
            compiler_fault(c, name->place, "duplicate_need", "step %.*s needs %.*s twice", TEXT_ARG(id),
                           TEXT_ARG(name->text));
        else
            o->needs[step][count++] = need;
    }
    o->need_count[step] = o->open_needs[step] = count;
}

static void place_ready(struct ordering *o) {
    for (bool moved = true; moved;) {
        moved = false;
        for (uint16_t step = 0; step < o->count; step++) {
            if (o->position[step] != NO_INDEX)
                continue;
            uint16_t open = 0;
            for (uint16_t k = 0; k < o->need_count[step]; k++)
                open += o->position[o->needs[step][k]] == NO_INDEX;
            if (open)
                continue;
            o->position[step] = o->placed;
            o->order[o->placed++] = step;
            moved = true;
        }
    }
}

static uint16_t first_open_need(const struct ordering *o, uint16_t step) {
    for (uint16_t k = 0; k < o->need_count[step]; k++)
        if (o->position[o->needs[step][k]] == NO_INDEX)
            return o->needs[step][k];
    return NO_INDEX;
}

static void report_ring(struct ordering *o, uint16_t start) {
    struct buffer ring;
    uint16_t step = start;
    buffer_init(&ring, 900);
    do {
        buffer_put_text(&ring, step_name(o, step));
        buffer_put_string(&ring, " → ");
        step = first_open_need(o, step);
    } while (step != start && !ring.failed);
    buffer_put_text(&ring, step_name(o, start));
    compiler_fault(o->c, node_get(o->nodes[start], "needs")->place, "cycle", "the steps need each other in a ring: %s",
                   ring.failed ? "too long to print" : ring.at);
    buffer_free(&ring);
}

/* Every step left over is in a ring or behind one. Follows first open needs, which must come around. */
static bool report_rings(struct ordering *o) {
    uint16_t *seen = arena_new_array(o->c->arena, o->count, uint16_t);   /* the walk that came here, from 1 */
    if (!seen)
        return false;
    for (uint16_t start = 0; start < o->count; start++) {
        uint16_t step = start;
        if (o->position[start] != NO_INDEX || seen[start])
            continue;
        while (step != NO_INDEX && !seen[step]) {
            seen[step] = start + 1;
            step = first_open_need(o, step);
        }
        if (step != NO_INDEX && seen[step] == start + 1)
            report_ring(o, step);
    }
    return true;
}

static bool bit_is_set(const uint64_t *row, uint16_t bit) { return row[bit / 64] >> (bit % 64) & 1; }
static void bit_set(uint64_t *row, uint16_t bit) { row[bit / 64] |= UINT64_C(1) << (bit % 64); }

static uint64_t *reached_from(const struct ordering *o, uint16_t step) {
    return o->reached + (size_t)step * o->c->ancestor_words;
}

/* What each step needs, directly or not, by the indices of the source: a step on a ring reaches itself. */
static bool fill_reached(struct ordering *o) {
    uint16_t *stack = arena_new_array(o->c->arena, o->count + 1u, uint16_t);
    o->reached = arena_new_array(o->c->arena, (size_t)o->count * o->c->ancestor_words, uint64_t);
    for (uint16_t start = 0; stack && o->reached && start < o->count; start++) {
        uint64_t *row = reached_from(o, start);
        size_t depth = 0;
        stack[depth++] = start;
        while (depth) {
            uint16_t step = stack[--depth];
            for (uint16_t k = 0; k < o->need_count[step]; k++) {
                uint16_t need = o->needs[step][k];
                if (bit_is_set(row, need))
                    continue;
                bit_set(row, need);
                if (need != start)
                    stack[depth++] = need;
            }
        }
    }
    return stack && o->reached;
}

static void report_behind_rings(struct ordering *o) {
    for (uint16_t step = 0; step < o->count; step++)
        if (o->position[step] == NO_INDEX && !bit_is_set(reached_from(o, step), step))
            compiler_fault(o->c, o->nodes[step]->place, "unreachable_step",
                           "step %.*s can never start: it waits for steps that need each other",
                           TEXT_ARG(step_name(o, step)));
}

/* A step of a ring that waits for nothing but its own ring. Among those left there always is one. */
static uint16_t next_of_ring(const struct ordering *o) {
    for (uint16_t step = 0; step < o->count; step++) {
        bool fits = o->position[step] == NO_INDEX;
        for (uint16_t k = 0; k < o->need_count[step] && fits; k++) {
            uint16_t need = o->needs[step][k];
            fits = o->position[need] != NO_INDEX || bit_is_set(reached_from(o, need), step);
        }
        if (fits)
            return step;
    }
    abort();
}

/* Rings, and what stands behind them, are placed as if each ring were open before one of its steps. */
static bool place_the_rest(struct ordering *o) {
    if (!report_rings(o) || !fill_reached(o))
        return false;
    report_behind_rings(o);
    while (o->placed < o->count) {
        uint16_t step = next_of_ring(o);
        o->position[step] = o->placed;
        o->order[o->placed++] = step;
        place_ready(o);
    }
    return true;
}

static bool fill_steps(struct ordering *o) {
    struct compiler *c = o->c;
    for (uint16_t at = 0; at < o->count; at++) {   /* by source index so far; of two of one id the first is meant */
        uint16_t source = o->order[at];
        o->is_meant[at] = compiler_owns(&c->step_ids, node_text(node_get(o->nodes[source], "id")), source);
    }
    for (uint16_t at = 0; at < o->count; at++) {
        uint16_t source = o->order[at];
        struct step_definition *step = &c->steps[at];
        c->step_nodes[at] = o->nodes[source];
        step->id = step_name(o, source);
        step->need_count = o->need_count[source];
        step->needs = o->needs[source];
        for (uint16_t k = 0; k < step->need_count; k++) {
            o->needs[source][k] = o->position[o->needs[source][k]];
            c->steps[step->needs[k]].dependent_count++;
        }
        if (o->is_meant[at] && !map_put(&c->step_ids, step->id, (void *)(uintptr_t)(at + 1u)))
            return false;
    }
    for (uint16_t at = 0; at < o->count; at++) {
        c->steps[at].dependents = arena_new_array(c->arena, c->steps[at].dependent_count, uint16_t);
        c->steps[at].dependent_count = 0;
    }
    for (uint16_t at = 0; at < o->count && !c->arena->failed; at++)
        for (uint16_t k = 0; k < c->steps[at].need_count; k++) {
            struct step_definition *need = &c->steps[c->steps[at].needs[k]];
            ((uint16_t *)need->dependents)[need->dependent_count++] = at;
        }
    return !c->arena->failed;
}

/* In the order of the steps: what the needs have, and the needs. Where there are rings: what was reached. */
static void fill_ancestors(const struct ordering *o) {
    struct compiler *c = o->c;
    for (uint16_t at = 0; at < o->count; at++) {
        uint64_t *row = c->ancestors + (size_t)at * c->ancestor_words;
        for (uint16_t other = 0; o->reached && other < o->count; other++)
            if (bit_is_set(reached_from(o, o->order[at]), o->order[other]))
                bit_set(row, other);
        for (uint16_t k = 0; k < c->steps[at].need_count && !o->reached; k++) {
            uint16_t need = c->steps[at].needs[k];
            const uint64_t *its = c->ancestors + (size_t)need * c->ancestor_words;
            for (uint32_t w = 0; w < c->ancestor_words; w++)
                row[w] |= its[w];
            bit_set(row, need);
        }
    }
}

static int order_by_id(const void *left, const void *right, void *context) {
    const struct step_definition *steps = context;
    return text_compare(steps[*(const uint16_t *)left].id, steps[*(const uint16_t *)right].id);
}

/* Room for all steps: those that are written, and `total` with the lookups of materials behind them. */
static bool steps_make(struct compiler *c, uint16_t total) {
    c->steps = arena_new_array(c->arena, total, struct step_definition);
    c->step_nodes = arena_new_array(c->arena, total, const struct node *);
    c->step_results = arena_new_array(c->arena, total, const struct schema_entry *);
    c->step_inputs = arena_new_array(c->arena, total, const struct schema_entry *);
    c->ancestor_words = (total + 63u) / 64u;
    c->ancestors = arena_new_array(c->arena, (size_t)total * c->ancestor_words, uint64_t);
    return !c->arena->failed;
}

bool compile_step_order(struct compiler *c) {
    struct ordering o = {.c = c};
    const struct node *list = node_get(c->root, "steps");
    o.count = compiler_gather(c, "steps", &c->step_ids, &o.nodes);
    if (list && list->type == JSON_ARRAY && list->count == 0)
        compiler_fault(c, list->place, "no_steps", "a definition has at least one step");
    uint16_t fetches = fetch_steps_count(c), total = o.count + fetches;
    if (total > LIMIT_steps_most) {
        compiler_fault(c, list->place, "too_many_steps", "%u steps; the limit steps_most is %d", total,
                       (int)LIMIT_steps_most);
        o.count = fetches = total = 0;
    }
    uint16_t *by_id = arena_new_array(c->arena, total, uint16_t);
    if (!steps_make(c, total) || !ordering_make(&o))
        return false;
    for (uint16_t i = 0; i < o.count; i++)
        o.position[i] = NO_INDEX;
    for (uint16_t i = 0; i < o.count; i++)
        read_needs(&o, i);
    place_ready(&o);
    if ((o.placed < o.count && !place_the_rest(&o)) || !fill_steps(&o) || (fetches && !fetch_steps_place(c, o.count)))
        return false;
    fill_ancestors(&o);
    for (uint16_t i = 0; i < total; i++)
        by_id[i] = i;
    qsort_r(by_id, total, sizeof *by_id, order_by_id, c->steps);
    c->out->step_order_by_id = by_id;
    c->out->steps = c->steps;
    c->out->step_count = total;
    c->out->fetch_count = fetches;
    return true;
}
