/* What may happen next to a case, as one table: a row a kind of happening, with the kinds of step and the states in which
 * it may come, and who has to act. proof/ explores by it and knows nothing else of kinds of step. */
#ifndef YJS_PROOF_MOVES_H
#define YJS_PROOF_MOVES_H

#include "model/case.h"
#include "model/input.h"
#include "proof/data.h"

/* Who acts. A case must be able to end though its applicant never acts again; departments answer in the end, time passes
 * by itself, and what has an open incident is seen by an operator. */
enum move_by { BY_DEPARTMENT, BY_TIME, BY_OPERATOR, BY_SUBCASE, BY_APPLICANT, BY_CHOICE /* an operator's, for no reason */ };

enum move_kind {
    MOVE_NONE,
    MOVE_SUBMIT, MOVE_TIME, MOVE_WITHDRAW, MOVE_BRING,                      /* of the case */
    MOVE_GRANT, MOVE_REJECT, MOVE_ACCEPT, MOVE_CORRECT, MOVE_CORRECTED, MOVE_FAIL,
    MOVE_CANCELLED, MOVE_CANCEL_REFUSED, MOVE_LATE,
    MOVE_SIGNAL, MOVE_SIGN, MOVE_OBJECT, MOVE_DISMISS,
    MOVE_CHILD_GRANTED, MOVE_CHILD_PARTIAL, MOVE_CHILD_REFUSED, MOVE_CHILD_NOT_STARTED, MOVE_CHILD_UNDONE,
    MOVE_RETRY, MOVE_SKIP, MOVE_SKIP_FREELY, MOVE_REFUSE,
    MOVE_UNDONE, MOVE_UNDO_REFUSED,
    MOVE_KIND_COUNT
};

/* is_late: at the last moment; of an application: without the materials that may come later. example: of a material that is
 * brought, its row among those tolerated. */
struct move { enum move_kind kind; uint16_t step; int16_t index; uint16_t example; bool is_late; };

struct move_row {
    enum move_kind kind;
    enum move_by by;
    unsigned kinds;                    /* set of 1 << step_kind; an approval's is its later check */
    unsigned states;                   /* set of 1 << step_state */
    bool (*when)(const struct data *, const struct case_state *, uint16_t step, const struct work_state *);   /* NULL: always */
    bool has_data;                     /* one move an example of the step's data */
    const char *says;                  /* for people: "tax is granted" */
};
extern const struct move_row move_rows[MOVE_KIND_COUNT];   /* by kind */

/* May a row's happening come to this work? */
bool move_may_come(const struct move_row *, const struct data *, const struct case_state *, uint16_t step, int32_t index,
                   const struct work_state *);
/* Can a refusal or an expiry still stop the case while this step is at work? Only then does it matter whether it was
 * accepted. */
bool move_may_be_stopped(const struct data *, const struct case_state *, uint16_t step);
/* The `number`th person of all parties that a wait for signatures names, and whether there is one. */
bool move_signer(const struct case_state *, uint16_t step, uint32_t number, struct text *ret_party, uint32_t *ret_index);
bool move_has_signed(const struct case_state *, struct text party, uint32_t index);
/* The input by which the move comes, at `at_us`; `data` for what carries any;
 * made texts in `arena`. */
struct input move_input(const struct definition *, const struct case_state *, const struct move *, struct text data,
                        struct arena *arena, int64_t at_us);

#endif
