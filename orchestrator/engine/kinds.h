/* What the kinds of step beyond a task do differently, where the flow of every step asks for it: a publicity and those
 * who object to it, an inspection and the items that share its visit, a step that another system works on, what is
 * checked after an approval. A kind's own file has the rest. For engine/ alone. */
#ifndef YJS_ENGINE_KINDS_H
#define YJS_ENGINE_KINDS_H

#include "engine/decision.h"

/* ---- kinds.c: one question each, answered by kind ---- */

/* Who works on a step or one of its elements; `id` absent and no group: nobody is named. */
struct department_rule kind_department(const struct decision *, uint16_t step, int32_t index);
/* How long: TIME_NONE when nothing limits it. False: *error says why. */
bool kind_due(struct decision *, uint16_t step, int32_t index, int64_t *ret_us, struct error *);
/* Adds to what the department is given (an object) that which only the kind knows. */
bool kind_add_input(struct decision *, uint16_t step, int32_t index, struct json *input, struct error *);
/* The item that this work belongs to; NO_INDEX: none. */
uint16_t kind_item(const struct decision *, uint16_t step, int32_t index);
/* How `need` stands for `waiting`: of an inspection, the waiting step's own item decides. */
enum step_state kind_need_state(const struct decision *, uint16_t waiting, uint16_t need);
/* Has this step of another kind than `each` come to be its elements? */
bool kind_is_its_elements(const struct decision *, uint16_t step);
/* An element that stands beside its step (a check, one who is told, an objection) has ended. */
void kind_element_ended(struct decision *, uint16_t step, int32_t index);
/* A step has ended: what stood beside it is called back. */
void kind_step_ended(struct decision *, uint16_t step);
/* Its moment has come; false when the kind has nothing of its own to do. */
bool kind_time_over(struct decision *, uint16_t step, int32_t index);
/* `object` with one more member; null when there is no memory (then failed). */
void kind_set_member(struct decision *, struct json *object, const char *name, struct json value);

/* ---- hold.c: what a step whose join has opened still waits for ---- */
/* Holds the step, or ends it when its window is over; false: it may begin now. */
bool hold(struct decision *, uint16_t step, struct text missing);
/* What held it is over: it begins, or is held by the next. */
void hold_over(struct decision *, uint16_t step);
/* May an application come now? REJECT window_not_open, window_closed. */
enum outcome hold_submission(struct decision *);
/* Begins by its kind: open.c. */
void begin_step(struct decision *, uint16_t step, struct text missing);

/* ---- material.c ---- */
/* One notice with all that is missing: REJECT material_missing; what may come later is tolerated. */
enum outcome materials_at_intake(struct decision *);
/* Is it there, or of a group one of its members? */
bool material_is_given(const struct decision *, uint16_t material);
/* A material of a least trust counts only as its lookup has found it, or as it was seen at the window: `seen` "original" is worth B,
 * "certified_copy" C, whatever else is brought D. */
bool material_is_trusted(const struct decision *, uint16_t material);
/* May the applicant bring these (of an application, a correction)? REJECT material_trust_too_low. */
enum outcome materials_may_be_brought(struct decision *, const struct json *list);
/* Is the result of a lookup, which the input is, worth less than the definition asks? */
bool lookup_is_distrusted(const struct decision *, uint16_t step);
/* Does a task of the step carry the material of this id? */
bool material_is_carried(const struct decision *, uint16_t step, struct text id);
/* Holds the step while its materials are fetched, or refuses it when one was not found; false: it may begin. */
bool hold_by_materials(struct decision *, uint16_t step, struct text missing);
/* The lookup of a material has ended: who was held for it goes on. */
void material_fetched(struct decision *, uint16_t fetch);
/* An answer to the lookup of a material that found nothing; false: it is none. */
bool material_not_found(struct decision *, uint16_t step);

/* ---- material_later.c ---- */
/* Lets it come later when the subject's trust allows. */
bool material_tolerate(struct decision *, uint16_t material);
/* A newly published calendar: the days by which it must be there. */
void material_calendar(struct decision *);
bool material_is_tolerated(const struct decision *, uint16_t material);
/* The applicant brings what a lookup had asked for. */
enum outcome material_correction(struct decision *, uint16_t step);
/* The day of tolerated row `row` has come. */
void material_missed(struct decision *, uint32_t row);

/* ---- entitled.c: what the department of a step is given of what came later ---- */
/* Of a form (or a part of one) the places that the step's input reads. */
void entitled_put_form(struct decision *, struct json_writer *, uint16_t step, int32_t index, const struct json *form);
/* Of a list of materials those that the step lists. */
void entitled_put_materials(struct decision *, struct json_writer *, uint16_t step, const struct json *materials);

/* ---- signature.c ---- */
bool signature_takes(const struct decision *, struct text signal);
/* ---- consent.c ---- */
/* Is it a word about the consents by which this definition, or a sub-thing of it, looks things up? */
bool consent_takes(const struct decision *, struct text signal);
/* A signal "consent": one person's word; "consent_withdrawn": nothing more for anybody. Sub-cases are told. */
enum outcome decide_consent(struct decision *);
/* Why the lookup is not asked (again): it rests on a consent that was refused or withdrawn (consent_withdrawn), or on a separate
 * one that not everybody has given by naming the source (consent_not_given). Absent: it may be asked. */
struct text consent_lack(struct decision *, uint16_t step);
/* The members `parties` and `consent` of a sub-case's extra, with what was said of consents so far. */
void consent_put_parties(struct decision *, struct json_writer *);
/* A signal "signed": {"party","index"} has signed. */
enum outcome decide_signature(struct decision *);
/* Ends the wait when all have signed. */
void signatures_look(struct decision *, uint16_t step);

/* ---- check.c: after an approval ---- */
/* The later check, or the revoking that followed from it, has ended. */
void check_ended(struct decision *, uint16_t step, int32_t index);

/* ---- publicity.c ---- */
void open_publicity(struct decision *, uint16_t step, struct text missing);
/* A signal "objection" to the publicity that it names, or to the only one that runs. */
enum outcome decide_objection(struct decision *);
bool publicity_takes(const struct decision *, struct text signal);
bool publicity_is_told(const struct decision *, uint16_t step, int32_t index);
bool publicity_due(struct decision *, uint16_t step, int64_t start_us, int64_t *ret_us, struct error *);
void publicity_element_ended(struct decision *, uint16_t step, int32_t index);
/* Ends it when its days are over and nothing is undecided; after an incident was acknowledged, too. */
void publicity_go_on(struct decision *, uint16_t step);
/* A newly published calendar: what was announced is never shortened. */
void publicity_calendar(struct decision *, uint16_t step, int32_t index);
void publicity_over(struct decision *, uint16_t step);

/* ---- inspection.c ---- */
void open_inspection(struct decision *, uint16_t step, struct text missing);
/* The lead has arranged the visit: each item's department is asked. */
void inspection_arranged(struct decision *, uint16_t step);
/* `rectify` of an item; false when the answer is none. */
bool inspection_rectify(struct decision *, uint16_t step);
/* All items have been looked at: the step ends with what they said. */
void inspection_gather(struct decision *, uint16_t step);
bool inspection_items(struct decision *, uint16_t step, bool *wanted, struct error *);
/* Which element is that item's; -1 when the visit does not concern it. */
int32_t inspection_element(const struct step_definition *, uint16_t item);
/* Does none of those that wait for this element still wait (there were some)? */
bool inspection_dependents_left(const struct decision *, uint16_t step, int32_t index);
/* What later steps read: {"<item>": {"outcome","reason","result"}}. */
const struct json *inspection_result(struct decision *, uint16_t step);

/* ---- delegated.c ---- */
/* The reference under which the other system knows it: `follow`, written into the event that asks. */
bool delegated_follow(struct decision *, uint16_t step, int32_t index, struct event *asked, struct error *);
/* The number that the other system says in an answer; absent: none. */
struct text delegated_number(struct decision *, uint16_t step);

#endif
