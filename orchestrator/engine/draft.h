/* Rows of a case, read and written: in the case itself when an event is applied, in a draft while a decision is made.
 *
 * A draft is a case_state whose rows are copied on the first write, so that case_apply, the only code that changes a
 * case, serves both and a decision costs what it changes, not what the case holds. For engine/ alone. */
#ifndef YJS_ENGINE_DRAFT_H
#define YJS_ENGINE_DRAFT_H

#include "model/case.h"

struct draft_row {
    struct step_row row;
    struct work_state **elements;      /* changed elements, NULL: not changed; the array is made by the first change */
    bool owns_elements;                /* row.elements was made in this draft */
};
struct case_draft {
    struct arena *arena;
    struct draft_row **rows;           /* changed rows, NULL: not changed */
    struct item_row **items;           /* changed rows of items, NULL: not changed; NULL: none */
    const struct json *form;           /* the submission's form when somebody has read it already */
};

/* The row of a step as it stands now. */
static inline const struct step_row *case_row(const struct case_state *state, uint16_t step) {
    if (state->draft && state->draft->rows[step])
        return &state->draft->rows[step]->row;
    return &state->steps[step];
}
/* The step itself (index < 0) or its element; index < element_count. */
static inline const struct work_state *case_work(const struct case_state *state, uint16_t step, int32_t index) {
    const struct step_row *row = case_row(state, step);
    if (index < 0)
        return &row->self;
    if (state->draft && state->draft->rows[step] && state->draft->rows[step]->elements &&
        state->draft->rows[step]->elements[index])
        return state->draft->rows[step]->elements[index];
    return &row->elements[index];
}

/* For writing; NULL when there is no memory. */
struct step_row *case_row_write(struct case_state *, uint16_t step);
struct work_state *case_work_write(struct case_state *, uint16_t step, int32_t index);
/* Makes `count` fresh elements. */
bool case_elements_make(struct case_state *, uint16_t step, uint32_t count);
/* Adds one, fresh, behind the others. */
bool case_element_add(struct case_state *, uint16_t step);
/* The arena into which the state's texts go, and a text as the state keeps it. */
struct arena *case_arena(struct case_state *);
bool case_keep(struct case_state *, struct text *into, struct text from);
/* The same into room that is used again and again: what was there is overwritten when it fits. */
bool case_keep_over(struct case_state *, struct text *into, struct text from);

/* An element that stands beside its step: the check of an approve step, who is told of a publicity, an objection. It
 * holds nothing open and counts for no outcome. */
static inline bool case_is_beside(const struct definition *definition, uint16_t step, int32_t index) {
    enum step_kind kind = definition->steps[step].kind;
    return index >= 0 && (kind == STEP_APPROVE || kind == STEP_PUBLICITY);
}
/* Do answers name elements of such a step? */
static inline bool case_has_elements(const struct step_definition *step) {
    return step->is_each || step->kind == STEP_INSPECTION || step->kind == STEP_PUBLICITY || step->kind == STEP_APPROVE;
}
/* Do its elements make up the step, so that they count for the outcome and end with it? */
static inline bool case_is_its_elements(const struct step_definition *step) {
    return step->is_each || step->kind == STEP_INSPECTION;
}
/* Is this work the check of an approve step (its one element), and does it hold its case open? */
static inline bool case_is_check(const struct definition *definition, uint16_t step, int32_t index) {
    return index >= 0 && definition->steps[step].kind == STEP_APPROVE;
}
/* The item that a work belongs to; NO_INDEX: none. */
static inline uint16_t case_item_of(const struct definition *definition, uint16_t step, int32_t index) {
    const struct step_definition *asked = &definition->steps[step];
    bool shares = asked->kind == STEP_INSPECTION && index >= 0 && index < asked->inspection.item_count;
    return shares ? asked->inspection.items[index].item : asked->item;
}
static inline bool case_holds_open(const struct definition *definition, uint16_t step, int32_t index) {
    return definition->steps[step].kind != STEP_DELIVER && !definition->steps[step].is_fetch &&
           !case_is_beside(definition, step, index);
}

#endif
