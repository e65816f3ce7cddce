/* Walks over all states of a case: depth first, the plain way first, each state entered once. */
#include "proof/explore.h"

#include "model/limits.h"

enum { DECISION_ARENA_MOST = 64 << 20 };

/* ---- states that were seen ---- */

static bool grow_seen(struct explorer *e) {
    size_t room = e->seen_room ? e->seen_room * 2 : 4096;
    void *at = memory_alloc(room * sizeof *e->seen);
    if (!at)
        return false;
    __typeof__(e->seen) old = e->seen;
    size_t old_room = e->seen_room;
    e->seen = at;
    e->seen_room = room;
    for (size_t i = 0; i < room; i++)
        e->seen[i].node = NO_NODE;
    for (size_t i = 0; i < old_room; i++) {
        if (old[i].node == NO_NODE)
            continue;
        size_t place = old[i].key.a & (room - 1);
        while (e->seen[place].node != NO_NODE)
            place = (place + 1) & (room - 1);
        e->seen[place] = old[i];
    }
    memory_free(old);
    return true;
}

/* The node of a state; *ret_fresh: it was not known before. */
static uint32_t enter(struct explorer *e, struct fingerprint key, uint32_t parent, const struct move *move, bool *ret_fresh) {
    if (((size_t)e->node_count + 1) * 2 > e->seen_room && !grow_seen(e))
        return NO_NODE;
    size_t place = key.a & (e->seen_room - 1);
    while (e->seen[place].node != NO_NODE && (e->seen[place].key.a != key.a || e->seen[place].key.b != key.b))
        place = (place + 1) & (e->seen_room - 1);
    *ret_fresh = e->seen[place].node == NO_NODE;
    if (!*ret_fresh)
        return e->seen[place].node;
    if (e->node_count == e->node_room) {
        uint32_t room = e->node_room ? e->node_room * 2 : 4096;
        struct node *nodes = memory_resize(e->nodes, room * sizeof *nodes);
        if (!nodes)
            return NO_NODE;
        e->nodes = nodes;
        e->node_room = room;
    }
    e->nodes[e->node_count] = (struct node){.parent = parent, .move = *move};
    e->seen[place].key = key;
    e->seen[place].node = e->node_count;
    return e->node_count++;
}

static bool add_edge(struct explorer *e, uint32_t from, uint32_t to, enum move_by by) {
    if (e->edge_count == e->edge_room) {
        size_t room = e->edge_room ? e->edge_room * 2 : 8192;
        struct edge *edges = memory_resize(e->edges, room * sizeof *edges);
        if (!edges)
            return false;
        e->edges = edges;
        e->edge_room = room;
    }
    e->edges[e->edge_count++] = (struct edge){from, to, (uint8_t)by};
    return true;
}

/* ---- what may happen ---- */

static bool put_move(struct position *p, struct move move) {
    if (p->move_count == p->move_room) {
        uint32_t room = p->move_room ? p->move_room * 2 : 32;
        struct move *moves = memory_resize(p->moves, room * sizeof *moves);
        if (!moves)
            return false;
        p->moves = moves;
        p->move_room = room;
    }
    p->moves[p->move_count++] = move;
    return true;
}

/* One move for each person who has not signed yet. */
static bool put_signers(struct position *p, uint16_t step) {
    struct text party;
    uint32_t index;
    for (uint32_t i = 0; move_signer(&p->state, step, i, &party, &index); i++)
        if (!move_has_signed(&p->state, party, index) &&
            !put_move(p, (struct move){.kind = MOVE_SIGN, .step = step, .index = -1, .example = (uint16_t)i}))
            return false;
    return true;
}

/* One move for each example of the data that anybody can still tell apart. */
static bool put_row(const struct explorer *e, struct position *p, const struct move_row *row, uint16_t step, int32_t index) {
    struct move move = {.kind = row->kind, .step = step, .index = (int16_t)index};
    uint16_t source = e->data.source_of[step];
    if (row->kind == MOVE_SIGN)
        return put_signers(p, step);
    uint32_t count = row->has_data && source != NO_INDEX ? e->data.sources[source].count : 1;
    for (uint32_t i = 0; i < count; i++) {
        bool known = false;
        for (uint32_t k = 0; k < i && !known; k++)
            known = !state_sees_difference(&e->data, &p->state, source, k, i);
        move.example = (uint16_t)i;
        if (!known && !put_move(p, move))
            return false;
    }
    return true;
}

static bool put_work(const struct explorer *e, struct position *p, uint16_t step, int32_t index) {
    const struct work_state *work = index < 0 ? &p->state.steps[step].self : &p->state.steps[step].elements[index];
    for (int k = MOVE_GRANT; k < MOVE_KIND_COUNT; k++)
        if (move_rows[k].kind && move_may_come(&move_rows[k], &e->data, &p->state, step, index, work) &&
            !put_row(e, p, &move_rows[k], step, index))
            return false;
    return true;
}

/* Of elements in the same state the first stands for all. */
static bool stands_for_others(const struct step_row *row, uint32_t index) {
    const struct work_state *a = &row->elements[index];
    for (uint32_t i = 0; i < index; i++) {
        const struct work_state *b = &row->elements[i];
        if (a->state == b->state && a->accepted == b->accepted && a->correcting == b->correcting &&
            a->cancel_asked == b->cancel_asked && (a->attempt > 0) == (b->attempt > 0) && a->overdue == b->overdue &&
            a->due_at_us == b->due_at_us)
            return false;
    }
    return true;
}

static bool has_moves(const struct explorer *e, const struct position *p, uint16_t step) {
    const struct step_row *row = &p->state.steps[step];
    (void)e;
    if (state_step_is_active(row->self.state))
        return true;
    for (uint32_t i = 0; i < row->element_count; i++)
        if (state_step_is_active(row->elements[i].state))
            return true;
    return false;
}

struct owners { struct step_set *set; int64_t until_us; };

static void add_owner(void *context, uint16_t step, int64_t at_us) {
    struct owners *o = context;
    if (at_us <= o->until_us)
        set_add(o->set, step);
}

/* What is held for a material and the lookups that fetch materials are tried together: no need says who waits for whom. */
static void add_held(const struct explorer *e, const struct position *p, struct step_set *chosen) {
    bool any = false;
    for (uint16_t i = 0; i < e->definition->step_count; i++)
        if (p->state.steps[i].self.hold == HOLD_MATERIALS && p->state.steps[i].self.state == STEP_RUNNING) {
            set_add(chosen, i);
            any = true;
        }
    for (uint16_t i = 0; any && i < e->definition->step_count; i++)
        if (e->definition->steps[i].kind == STEP_LOOKUP && state_step_is_active(p->state.steps[i].self.state))
            set_add(chosen, i);
}

static struct step_set steps_to_try(const struct explorer *e, const struct position *p, int64_t due) {
    struct step_set chosen = {{0}};
    if (e->options->every_order) {
        memset(&chosen, 0xff, sizeof chosen);
        return chosen;
    }
    struct owners owners = {&chosen, due};
    if (due != TIME_NONE)
        state_deadlines(&p->state, add_owner, &owners);
    for (uint16_t i = 0; due == TIME_NONE && i < e->definition->step_count; i++)
        if (has_moves(e, p, i)) {
            set_add(&chosen, i);
            break;
        }
    add_held(e, p, &chosen);
    independence_grow(&e->independence, &p->state, &chosen);
    return chosen;
}

/* A correction, or that it can't be worked on, concerns nobody but the step, until it ends. Where nothing can stop the
 * case meanwhile, what others do meanwhile is the same as if they had done it before. */
static bool is_aside(const struct work_state *work) { return work->state == STEP_STUCK || (work->state == STEP_RUNNING && work->correcting); }

static bool find_aside(const struct explorer *e, const struct position *p, uint16_t *ret_step, int32_t *ret_index) {
    if (p->state.phase != CASE_RUNNING)
        return false;
    for (uint16_t i = 0; i < p->state.definition->step_count; i++)
        for (int32_t k = -1; k < (int32_t)p->state.steps[i].element_count; k++)
            if (is_aside(k < 0 ? &p->state.steps[i].self : &p->state.steps[i].elements[k]) &&
                !move_may_be_stopped(&e->data, &p->state, i)) {
                *ret_step = i;
                *ret_index = k;
                return true;
            }
    return false;
}

static bool put_steps(const struct explorer *e, struct position *p, const struct step_set *chosen) {
    for (uint16_t i = 0; i < e->definition->step_count; i++) {
        const struct step_row *row = &p->state.steps[i];
        if (!set_has(chosen, i) || (e->classes.is_like_another[i] && !e->options->every_order))
            continue;
        enum step_kind kind = e->definition->steps[i].kind;
        bool by_elements = (e->definition->steps[i].is_each || kind == STEP_INSPECTION) && row->element_count > 0;
        if ((!by_elements || row->self.state == STEP_STUCK) && !put_work(e, p, i, -1))
            return false;
        for (uint32_t k = 0; k < row->element_count; k++)
            if ((!e->definition->steps[i].is_each || stands_for_others(row, k)) && !put_work(e, p, i, (int32_t)k))
                return false;
    }
    for (uint16_t i = 0; i < e->definition->step_count; i++)
        if (!set_has(chosen, i) && p->state.steps[i].self.state == STEP_EXPIRED && !put_work(e, p, i, -1))
            return false;   /* nothing but its late answer */
    return true;
}

/* Behind state_fingerprint of the same state. */
static bool find_moves(const struct explorer *e, struct position *p) {
    uint16_t step;
    int32_t index;
    int64_t due = position_next_due(p);
    struct move time = {.kind = MOVE_TIME, .step = NO_INDEX, .index = -1};
    struct move withdraw = {.kind = MOVE_WITHDRAW, .step = NO_INDEX, .index = -1};
    p->move_count = p->next = 0;
    if (due != TIME_NONE && due <= p->now_us)   /* it is due: nothing comes before it */
        return put_move(p, time);
    if (!e->options->every_order && find_aside(e, p, &step, &index)) {
        if (!put_work(e, p, step, index))
            return false;
    } else {
        struct step_set chosen = steps_to_try(e, p, due);
        if (!put_steps(e, p, &chosen))
            return false;
    }
    if (due != TIME_NONE && !put_move(p, time))
        return false;
    for (uint32_t i = 0; p->state.phase == CASE_RUNNING && i < p->state.tolerated_count; i++)
        if (p->state.tolerated[i].is_open &&
            !put_move(p, (struct move){.kind = MOVE_BRING, .step = NO_INDEX, .index = -1, .example = (uint16_t)i}))
            return false;
    return p->state.phase != CASE_RUNNING || put_move(p, withdraw);
}

/* ---- what a step of the walk shows ---- */

void explore_find(struct explorer *e, const char *code, uint16_t step, uint32_t node, struct text message) {
    for (uint32_t i = 0; i < e->finding_count; i++)
        if (e->findings[i].code == code && e->findings[i].step == step)
            return;
    if (e->finding_count == e->finding_room) {
        uint32_t room = e->finding_room ? e->finding_room * 2 : 16;
        struct finding *findings = memory_resize(e->findings, room * sizeof *findings);
        if (!findings) {
            e->failed = true;
            return;
        }
        e->findings = findings;
        e->finding_room = room;
    }
    e->findings[e->finding_count++] = (struct finding){code, step, node, text_copy(e->arena, message)};
}

static bool is_departments_doing(struct text code) {
    static const char *const codes[] = {"not_retryable", "attempts_used_up", "gave_up", "undo_refused", "child_not_started"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (text_is(code, codes[i]))
            return true;
    return false;
}

static bool is_of_item(const struct step_definition *step, uint16_t item) {
    return step->item == item && step->kind != STEP_DELIVER && step->kind != STEP_WAIT && step->kind != STEP_LOOKUP;
}

/* What was granted with the whole of its item is undone by the definition's word when nothing of the item that came with
 * it or after it stays granted. */
static bool says_undone(const struct explorer *e, const struct case_state *s, uint16_t step) {
    const struct definition *d = e->definition;
    uint16_t item = d->steps[step].item;
    bool stays = false;
    if (!d->steps[step].reversible)
        return false;
    for (uint16_t i = 0; item != NO_INDEX && i < d->step_count; i++) {
        enum step_state state = s->steps[i].self.state;
        if (i == step || !is_of_item(&d->steps[i], item))
            continue;
        if (!state_step_has_ended(state) && !state_step_is_undoing(state))
            return true;   /* the item is not decided yet */
        stays |= state == STEP_GRANTED && !d->steps[i].reversible && !set_has(&e->data.ancestors[step], i);
    }
    return !stays;
}

/* Did an operator put his hand to it? Then he sees what comes of it. */
static bool is_by_hand(const struct explorer *e, uint32_t node) {
    for (; node != NO_NODE; node = e->nodes[node].parent) {
        enum move_kind kind = e->nodes[node].move.kind;
        if (kind == MOVE_SKIP || kind == MOVE_SKIP_FREELY || kind == MOVE_REFUSE)
            return true;
    }
    return false;
}

static void note_end(struct explorer *e, uint16_t step, enum step_state state, enum case_stop stop) {
    unsigned bit = (unsigned)state * CASE_STOP_COUNT + (unsigned)stop;
    e->step_ends[step].bits[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static void look_at_event(struct explorer *e, const struct position *p, const struct event *event, const struct input *in,
                          const struct move *move, uint32_t parent, uint32_t node) {
    uint16_t step = event->step_index;
    const struct definition *d = e->definition;
    if (event->kind == EVENT_CASE_CLOSED) {
        if (!(e->outcomes >> event->outcome & 1))
            e->first_with_outcome[event->outcome] = node;
        e->outcomes |= 1u << event->outcome;
    }
    if (step == NO_INDEX)
        return;
    bool undoing = event->kind == EVENT_UNDO_ASKED ||
                   (event->kind == EVENT_CHILD_CANCEL_ASKED && event->stop == CASE_STOP_COMPENSATE);
    switch (event->kind) {
    case EVENT_STEP_ASKED: case EVENT_STEP_EXPANDED: case EVENT_CHILD_ASKED: e->happened[step] = true; break;
    case EVENT_STEP_HELD: e->happened[step] |= p->state.steps[step].self.hold == HOLD_NONE; break;
    case EVENT_STEP_ENDED:
        if (event->state == STEP_GRANTED || event->state == STEP_REFUSED)
            e->happened[step] = true;
        note_end(e, step, event->state, p->state.stop);
        e->granted[step] |= event->state == STEP_GRANTED;
        e->refused[step] |= event->state == STEP_REFUSED;
        e->passed_over[step] |= event->state == STEP_SKIPPED && in->kind != INPUT_SKIP;
        if (!e->happened[step] && event->index < 0 && e->without[step] == NO_NODE)
            e->without[step] = node;
        break;
    case EVENT_STEP_STUCK:
        if (!is_departments_doing(event->reason) && !is_by_hand(e, parent) && move_rows[move->kind].by != BY_OPERATOR &&
            move->kind != MOVE_SKIP_FREELY)
            explore_find(e, "expression_fails", step, node,
                         text_format(&e->decision, "%.*s: %.*s: %.*s", TEXT_ARG(d->steps[step].id), TEXT_ARG(event->reason),
                                     TEXT_ARG(event->data)));
        break;
    default: break;
    }
    if (undoing && !says_undone(e, &p->state, step))
        explore_find(e, "granted_item_undone", step, node,
                     text_format(&e->decision, "%.*s, which was granted, is undone, though not every step of its item is "
                                 "reversible", TEXT_ARG(d->steps[step].id)));
}

/* ---- the walk ---- */

static struct position *push(struct explorer *e) {
    if (e->depth == e->stack_room) {
        uint32_t room = e->stack_room ? e->stack_room * 2 : 64;
        struct position **stack = memory_resize(e->stack, room * sizeof *stack);
        if (!stack)
            return NULL;
        memset(stack + e->stack_room, 0, (room - e->stack_room) * sizeof *stack);
        e->stack = stack;
        e->stack_room = room;
    }
    if (!e->stack[e->depth] && !(e->stack[e->depth] = position_new()))
        return NULL;
    return e->stack[e->depth];
}

struct armed { int64_t known[64]; uint32_t known_count; bool more; };

static void note_known(void *context, uint16_t step, int64_t at_us) {
    struct armed *a = context;
    (void)step;
    if (a->known_count < 64)
        a->known[a->known_count++] = at_us;
}

static void note_new(void *context, uint16_t step, int64_t at_us) {
    struct armed *a = context;
    bool known = false;
    (void)step;
    for (uint32_t i = 0; i < a->known_count; i++)
        known |= a->known[i] == at_us;
    a->more |= !known;
}

/* An answer that starts a clock while another runs may also come at the last moment: then the other ends first. */
static bool may_also_be_late(const struct position *before, const struct position *after, const struct move *move) {
    struct armed armed = {.known_count = 0};
    if (move->is_late || move->kind == MOVE_TIME || move->kind == MOVE_SUBMIT || position_next_due(before) == TIME_NONE)
        return false;
    state_deadlines(&before->state, note_known, &armed);
    state_deadlines(&after->state, note_new, &armed);
    return armed.more;
}

static bool refused_move(struct explorer *e, struct position *from, const struct move *move, const struct error *error) {
    bool is_memory = error->outcome == OUTCOME_FATAL;
    e->failed |= is_memory;
    if (!is_memory)
        explore_find(e, "move_refused", move->step, from->node == NO_NODE ? 0 : from->node,
                     text_format(&e->decision, "%s is refused: %s", move_rows[move->kind].says, error->message));
    return !is_memory;
}

/* One move from the state on top; the state behind it is put on top when it is new. */
static bool follow(struct explorer *e, struct position *from, struct move move) {
    struct event_list events;
    struct input in;
    struct error error = {0};
    bool fresh;
    bool applies_late = move.kind == MOVE_SUBMIT && move.is_late;
    if (applies_late && e->late_tried)
        return true;
    struct position *to = push(e);
    if (!to || !position_copy(to, from))
        return false;
    enum outcome outcome = explore_step(e, to, &move, &events, &in, &error);
    e->transitions++;
    e->late_tried |= applies_late && outcome == OUTCOME_OK && to->state.tolerated_count > 0;
    if (applies_late && outcome == OUTCOME_REJECT)
        return true;   /* this form's subject may not */
    if (outcome != OUTCOME_OK)
        return refused_move(e, from, &move, &error);
    struct fingerprint key = state_fingerprint(&e->classes, &to->state, to->form);
    uint32_t node = enter(e, key, from->node, &move, &fresh);
    if (node == NO_NODE || (from->node != NO_NODE && !add_edge(e, from->node, node, move_rows[move.kind].by)))
        return false;
    if (from->node != NO_NODE && move.kind == MOVE_LATE && node != from->node)
        explore_find(e, "late_answer_counts", move.step, node, TEXT("an answer that came too late changed the case"));
    for (uint32_t i = 0; i < events.count; i++)
        look_at_event(e, to, &events.at[i], &in, &move, from->node, node);
    if (may_also_be_late(from, to, &move)) {
        move.is_late = true;
        if (!put_move(from, move))
            return false;
    }
    if (!fresh)
        return !e->failed;
    e->nodes[node].phase = (uint8_t)to->state.phase;
    e->nodes[node].is_end = position_is_end(to);
    e->ends += e->nodes[node].is_end;
    to->node = node;
    if (!find_moves(e, to))
        return false;
    e->depth++;
    return !e->failed;
}

static void check_budget(struct explorer *e) {
    const struct proof_options *o = e->options;
    if (e->node_count >= o->states_most)
        e->stopped_by = "states";
    else if (o->go_on && e->transitions % 1024 == 0 && !o->go_on(o->go_on_context))
        e->stopped_by = "time";
}

static bool walk(struct explorer *e) {
    struct position *first = push(e);
    if (!first || case_init(&first->state, &first->arena, e->definition, TEXT("run")) != OUTCOME_OK)
        return false;
    first->node = NO_NODE;
    first->now_us = e->options->start_us;
    for (uint32_t i = 0; i < e->data.sources[0].count; i++)
        if (!put_move(first, (struct move){.kind = MOVE_SUBMIT, .step = NO_INDEX, .index = -1, .example = (uint16_t)i}))
            return false;
    /* Behind them, so that what is found is shown without late materials where it comes without. */
    for (uint32_t i = 0; e->extra_late.length > 0 && i < e->data.sources[0].count; i++)
        if (!put_move(first, (struct move){.kind = MOVE_SUBMIT, .step = NO_INDEX, .index = -1, .example = (uint16_t)i, .is_late = true}))
            return false;
    e->depth = 1;
    while (e->depth > 0 && !e->stopped_by) {
        struct position *top = e->stack[e->depth - 1];
        if (top->next == top->move_count) {
            e->depth--;
            continue;
        }
        if (!follow(e, top, top->moves[top->next++]))
            return false;
        check_budget(e);
    }
    return true;
}

enum outcome explore(struct explorer *e, const struct proof_options *options, struct arena *arena, struct error *error) {
    const struct definition *d = options->definition;
    *e = (struct explorer){.options = options, .definition = d, .arena = arena};
    e->world = (struct world){.definition = d, .find_definition = options->find_definition, .context = options->find_context,
                              .directory = options->directory, .calendar = options->calendar};
    arena_init(&e->decision, DECISION_ARENA_MOST);
    e->happened = arena_new_array(arena, d->step_count, bool);
    e->granted = arena_new_array(arena, d->step_count, bool);
    e->refused = arena_new_array(arena, d->step_count, bool);
    e->passed_over = arena_new_array(arena, d->step_count, bool);
    e->without = arena_new_array(arena, d->step_count, uint32_t);
    e->step_ends = arena_new_array(arena, d->step_count, struct proof_ends);
    if (!e->step_ends || !e->happened || !e->granted || !e->refused || !e->passed_over || !e->without)
        return error_no_memory(error);
    for (uint16_t i = 0; i < d->step_count; i++)
        e->without[i] = NO_NODE;
    enum outcome outcome = data_prepare(&e->data, options, arena, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    e->extra = data_extra(&e->data, false);
    e->extra_late = data_has_late_materials(&e->data) ? data_extra(&e->data, true) : TEXT("");
    if (text_is_none(e->extra) || text_is_none(e->extra_late))
        return error_no_memory(error);
    if (!classes_make(&e->classes, &e->data, arena) || !independence_make(&e->independence, &e->data, arena) || !walk(e))
        return error_no_memory(error);
    if (!e->stopped_by && e->data.cut)
        e->stopped_by = "data";
    if (!e->stopped_by && e->extra_late.length > 0 && !e->late_tried)
        e->stopped_by = "data: with no form was an application taken whose materials come later";
    return OUTCOME_OK;
}

void explore_free(struct explorer *e) {
    for (uint32_t i = 0; i < e->stack_room; i++)
        position_free(e->stack[i]);
    memory_free(e->stack);
    memory_free(e->nodes);
    memory_free(e->edges);
    memory_free(e->seen);
    memory_free(e->findings);
    arena_free(&e->decision);
}
