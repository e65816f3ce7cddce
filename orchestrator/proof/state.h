/* Two states of a case are one when nothing that is still to come can tell them apart. Written here is what can:
 *
 *  - the case's phase and how it stops; whether anything was granted, whether anything speaks against it (its outcome);
 *  - of a step that waits: that it does; of one at work: its state, whether it was ever asked, accepted, is being
 *    corrected, is overdue; its elements' states, in no order;
 *  - of a step that has ended: how, as far as a join that still waits counts it or a condition still to be asked reads
 *    it, and whether it can still be undone; else that it has ended;
 *  - what the conditions still to be asked see of the form and of results (data.h);
 *  - the order of open deadlines;
 *  - which materials are still to come, and which did not come in time and are still asked by a step.
 * Left out: ids, moments, texts, attempts, versions, numbers of corrections, incidents and disputes, marks of answers.
 * Steps that are alike (same_class) are put in order of their states. Pure. */
#ifndef YJS_PROOF_STATE_H
#define YJS_PROOF_STATE_H

#include "model/case.h"
#include "proof/data.h"

struct fingerprint { uint64_t a, b; };

struct class_word { uint32_t class; uint64_t word; uint16_t step; };
struct classes {
    const struct data *data;
    uint16_t *class_of;
    struct class_word *words;          /* of the last state looked at */
    bool *is_like_another;             /* of its steps: another of the same class is in the same state and stands for it */
};
bool classes_make(struct classes *, const struct data *, struct arena *);

/* `form`: the example of the form with which the case was begun. */
struct fingerprint state_fingerprint(const struct classes *, const struct case_state *, uint16_t form);
/* Would the two examples of a step's data make the same state, were it granted now? */
bool state_sees_difference(const struct data *, const struct case_state *, uint16_t source, uint32_t a, uint32_t b);
/* A deadline of the case, with a step it belongs to; `visit` for each that is open, of a material for each step that is given it. */
void state_deadlines(const struct case_state *, void (*visit)(void *, uint16_t step, int64_t at_us), void *context);

#endif
