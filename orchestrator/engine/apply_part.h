/* The functions of case_apply's table, over the files that hold them. For engine/apply*.c alone. */
#ifndef YJS_ENGINE_APPLY_PART_H
#define YJS_ENGINE_APPLY_PART_H

#include "engine/draft.h"
#include "model/case.h"
#include "model/event.h"

/* Form, parties and materials of a submission or a correction. */
bool apply_submission(struct case_state *, struct text form, struct text extra);
bool apply_corrected_form(struct case_state *, struct text data);
/* Materials (an array) that replace those of the same id; others are added. */
bool apply_materials(struct case_state *, const struct json *materials);

/* apply_step.c: what moves a step or an element */
bool apply_asked(struct case_state *, const struct event *);
bool apply_expanded(struct case_state *, const struct event *);
bool apply_held(struct case_state *, const struct event *);
bool apply_child_asked(struct case_state *, const struct event *);
bool apply_ended(struct case_state *, const struct event *);
bool apply_retry(struct case_state *, const struct event *);
bool apply_stuck(struct case_state *, const struct event *);
bool apply_cancel(struct case_state *, const struct event *);
bool apply_undo(struct case_state *, const struct event *);
bool apply_noted(struct case_state *, const struct event *);

/* apply_kind.c: what only some kinds of step have */
bool apply_objection(struct case_state *, const struct event *);
bool apply_period_over(struct case_state *, const struct event *);
bool apply_visit(struct case_state *, const struct event *, struct work_state *self);
bool apply_mirrored(struct case_state *, const struct event *, struct work_state *);
/* apply_material.c */
bool apply_material_asked(struct case_state *, const struct event *);
bool apply_materials_given(struct case_state *, const struct event *);
bool apply_material_tolerated(struct case_state *, const struct event *);
bool apply_material_missed(struct case_state *, const struct event *);
/* What the lookup of a material has found becomes that material. */
bool apply_fetched(struct case_state *, const struct event *);
/* A case that stops waits for nothing that was to come later. */
bool apply_tolerated_over(struct case_state *);
bool apply_final(struct case_state *, struct work_state *, const struct event *);   /* apply_step.c */

/* apply_note.c: what is remembered beside the flow */
bool apply_recorded(struct case_state *, const struct event *);
bool apply_correction(struct case_state *, const struct event *);
bool apply_deadline(struct case_state *, const struct event *);
bool apply_incident_opened(struct case_state *, const struct event *);
bool apply_incident_closed(struct case_state *, const struct event *);
bool apply_dispute_opened(struct case_state *, const struct event *);
bool apply_dispute_resolved(struct case_state *, const struct event *);
bool apply_operator(struct case_state *, const struct event *);
bool apply_reassigned(struct case_state *, const struct event *);
bool apply_contact(struct case_state *, const struct event *);
bool apply_calendar(struct case_state *, const struct event *);

/* The gate, with the case's counters behind it. */
void apply_move(struct case_state *, uint16_t step, int32_t index, struct work_state *, enum step_state to);
/* apply_clock.c: the law's time */
bool apply_item_received(struct case_state *, const struct event *);
bool apply_acceptance_moved(struct case_state *, const struct event *);
bool apply_item_accepted(struct case_state *, const struct event *);
bool apply_item_extended(struct case_state *, const struct event *);
bool apply_item_ended(struct case_state *, const struct event *);
bool apply_clock_set(struct case_state *, const struct event *);
bool apply_clock_paused(struct case_state *, const struct event *);
bool apply_clock_resumed(struct case_state *, const struct event *);
bool apply_clock_stopped(struct case_state *, const struct event *);
bool apply_light(struct case_state *, const struct event *);
/* With a correction that was asked: its item is corrected before it is accepted, if it is not accepted yet. */
bool apply_item_correcting(struct case_state *, const struct event *);

/* A moment that case_next_due looks for. */
void apply_due(struct case_state *, int64_t *moment, int64_t to_us);
/* Remembers an answer's (source, id). */
bool apply_seen(struct case_state *, struct work_state *, struct text source, struct text id);
uint64_t answer_mark(struct text source, struct text id);

#endif
