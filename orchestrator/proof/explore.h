/* The exploration: a depth-first walk over the states of a case, each entered once. For proof/ alone. */
#ifndef YJS_PROOF_EXPLORE_H
#define YJS_PROOF_EXPLORE_H

#include "engine/engine.h"
#include "proof/independence.h"
#include "proof/moves.h"
#include "proof/state.h"

#define NO_NODE UINT32_MAX

/* A state that was reached: from which, by what. */
struct node { uint32_t parent; struct move move; uint8_t phase; bool is_end; };
struct edge { uint32_t from, to; uint8_t by; };

/* A state at hand. */
struct position {
    struct case_state state;
    struct arena arena;
    int64_t now_us;
    uint16_t form;
    uint32_t node;
    struct move *moves;
    uint32_t move_count, move_room, next;
};

/* Something wrong that showed at a node; told once for a code and a subject. */
struct finding { const char *code; uint16_t step; uint32_t node; struct text message; };

struct explorer {
    const struct proof_options *options;
    const struct definition *definition;
    struct world world;
    struct arena *arena;                 /* the report's */
    struct data data;
    struct classes classes;
    struct independence independence;
    struct arena decision;               /* of one decision */
    struct text extra, extra_late;       /* parties and materials that go with every form, as JSON; late: what may come later is left out */
    bool late_tried;                     /* an application was taken without it: that of the first form is tried */
    struct position **stack;
    uint32_t depth, stack_room;
    struct node *nodes;
    uint32_t node_count, node_room;
    struct edge *edges;
    size_t edge_count, edge_room;
    struct { struct fingerprint key; uint32_t node; } *seen;
    size_t seen_room;                    /* a power of two */
    uint64_t transitions, ends;
    unsigned outcomes;
    uint32_t first_with_outcome[CASE_OUTCOME_COUNT];
    /* by step */
    bool *happened, *granted, *refused, *passed_over;   /* passed_over: `when` was false */
    struct proof_ends *step_ends;        /* how each has ended */
    uint32_t *without;                   /* a node at which it had ended without having begun; NO_NODE */
    struct finding *findings;
    uint32_t finding_count, finding_room;
    const char *stopped_by;
    bool failed;                         /* no memory */
};

enum outcome explore(struct explorer *, const struct proof_options *, struct arena *, struct error *);
void explore_free(struct explorer *);
void explore_find(struct explorer *, const char *code, uint16_t step, uint32_t node, struct text message);

/* ---- one step of the walk, shared with the making of scripts ---- */
/* `to` becomes what `from` is; FATAL: no memory. */
bool position_copy(struct position *to, const struct position *from);
struct position *position_new(void);
void position_free(struct position *);
/* The moment at which a move comes to a state. */
int64_t move_at_us(const struct position *, const struct move *);
/* Decides the move and applies what follows. *ret_events are in e->decision, which each call begins anew. */
enum outcome explore_step(struct explorer *, struct position *, const struct move *, struct event_list *ret_events,
                          struct input *ret_input, struct error *);
/* The earliest open deadline, TIME_NONE: none. */
int64_t position_next_due(const struct position *);
/* All that has to be done is done: closed, delivered, checked. */
bool position_is_end(const struct position *);

#endif
