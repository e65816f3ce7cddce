/* Proof of a definition: every combination of outcomes is played through the engine, states merged, and what must hold
 * of any definition is held against all of it (DESIGN §4; README "Proof").
 *
 * Called by yjsctl (thing verify) and tests. Pure: reads no clock; whoever calls says when it has been enough. There is
 * no model beside the engine: a move is an input, engine_decide says what follows, case_apply what the case is then.
 *
 * What is explored: moves.h has the table of what may happen next. What makes it small:
 *  - two states are one when nothing that is still to come can tell them apart (state.h says what is left out: moments,
 *    ids, counters, data that no condition still to be asked reads, how a step ended when nobody still asks);
 *  - of steps that are alike (the same needs, dependents and rules) and of elements of an `each` only the number in each
 *    state counts; an `each` has no, one or two elements;
 *  - of steps that can't disturb each other (independence.h) the moves are tried in one order only.
 * Time is abstract in one way: of open deadlines the order is kept, not the distance. An answer comes at once or, where
 * it starts a new clock while another runs, also at the last moment. */
#ifndef YJS_PROOF_PROOF_H
#define YJS_PROOF_PROOF_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "model/definition.h"
#include "model/directory.h"

struct calendar;

struct proof_options {
    const struct definition *definition;       /* compiled from its source: with its canonical form */
    const struct directory *directory;         /* may be NULL */
    const struct calendar *calendar;           /* may be NULL: weekends only */
    const struct definition *(*find_definition)(void *context, struct text hash);   /* of sub-things; may be NULL */
    void *find_context;
    struct text region;                        /* absent: the definition's first */
    int64_t start_us;                          /* when cases begin */
    const struct json *application;            /* {form, parties, materials}; NULL: made from the form's schema */
    const struct json *const *scripts;         /* of `thing run`: their answers are examples of results */
    uint32_t script_count;
    bool every_order;                          /* nothing but equal states is left out: the measure of what the rest leaves out */
    uint64_t states_most;
    bool (*go_on)(void *context);              /* asked every few thousand states; may be NULL */
    void *go_on_context;
};

enum proof_verdict {
    PROOF_HOLDS,                               /* everything was tried and holds */
    PROOF_FAILS,                               /* at least one fault */
    PROOF_NOT_EXHAUSTED,                       /* no fault was found, but not everything was tried */
};

/* A fault of a definition that only shows when it runs. `script`: JSON of a script for `thing run` that shows it; its
 * `expect` is what is wrong. Absent where the fault is that something never happens and no run comes near it. */
struct proof_fault { const char *code; struct text subject, message, script; };
struct proof_code { const char *code, *meaning, *remedy; };
extern const struct proof_code proof_codes[];   /* ends with code == NULL */

/* One step of the longest promised way. */
struct proof_way { struct text item, step; int64_t eighths, end_eighths; };

/* How a step was seen to end: bit state · CASE_STOP_COUNT + stop (how the case was stopping then). */
struct proof_ends { uint64_t bits[2]; };

struct proof_report {
    enum proof_verdict verdict;
    const char *stopped_by;                    /* NOT_EXHAUSTED: "states", "time", "data" */
    uint64_t states, transitions, ends;        /* ends: states in which the case is over */
    uint32_t forms, examples, steps, steps_happened;
    const struct proof_ends *step_ends;        /* of each step of the region's definition … */
    const uint16_t *alike;                     /* … and the first of those that are like it: one's end stands for all */
    unsigned outcomes;                         /* set of 1 << case_outcome seen */
    struct text never_refused;                 /* steps whose rule no data made false; absent: none */
    uint32_t fault_count;
    const struct proof_fault *faults;
    uint32_t way_count;                        /* the longest way through the items' promises, in working days */
    const struct proof_way *way;
    int64_t way_eighths, promise_eighths;      /* promise 0: the case promises nothing in working days */
    int64_t silence_workdays;                  /* until closing where whoever has promised nothing is silent to his deadline */
};

/* OK with *ret in `arena`, whatever the verdict. REJECT no_example, form_invalid …: it could not be begun. */
enum outcome proof_run(const struct proof_options *, struct arena *, struct proof_report *ret, struct error *);
const char *proof_verdict_name(enum proof_verdict);     /* holds, fails, not_exhausted */

#endif
