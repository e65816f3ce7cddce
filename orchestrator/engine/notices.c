/* Which events people are told of: one function from an event, and the state that it left, to the kind of notice. It runs
 * for every event of every batch: what says nothing costs a look at its kind. */
#include "engine/draft.h"
#include "engine/engine.h"

/* The first item that is accepted stands for the case (受理): seven messages would make nobody wiser. */
static bool is_first_accepted(const struct case_state *s) {
    uint32_t accepted = 0;
    for (uint16_t i = 0; s->items && i < s->definition->item_count; i++)
        accepted += s->items[i].accepted_us != TIME_NONE;
    return accepted == 1;
}

static enum notice_kind of_answer(const struct case_state *s, const struct event *e) {
    bool inspects = e->step_index != NO_INDEX && s->definition->steps[e->step_index].kind == STEP_INSPECTION;
    switch (e->answer) {
    case ANSWER_CORRECTION: return inspects ? NOTICE_RECTIFY : NOTICE_CORRECTION;   /* rectify is no 補正 */
    case ANSWER_SPECIAL_START: return NOTICE_SPECIAL_STARTED;
    case ANSWER_SPECIAL_END: return NOTICE_SPECIAL_ENDED;
    default: return NOTICE_NONE;
    }
}

/* A step that the applicant has to lead on: it waits for a signature, a payment, his own doing. */
static enum notice_kind of_wait(const struct case_state *s, const struct event *e) {
    if (e->step_index == NO_INDEX)
        return NOTICE_NONE;
    const struct step_definition *step = &s->definition->steps[e->step_index];
    if (step->kind != STEP_WAIT || s->steps[e->step_index].self.hold != HOLD_NONE)
        return NOTICE_NONE;
    if (step->wait.mode == WAIT_SIGNED)
        return NOTICE_SIGNATURE;
    bool is_applicants = text_is(step->uncounted, "payment") || text_is(step->uncounted, "applicant");
    return step->wait.mode == WAIT_SIGNAL && is_applicants ? NOTICE_TURN : NOTICE_NONE;
}

/* A department's word that an item is not taken up, refused, or handed over. */
static enum notice_kind of_end(const struct case_state *s, const struct event *e) {
    if (e->step_index == NO_INDEX)
        return NOTICE_NONE;
    if (s->definition->steps[e->step_index].kind == STEP_DELIVER)
        return e->state == STEP_GRANTED && e->index < 0 ? NOTICE_DELIVERED : NOTICE_NONE;
    if (e->answer == ANSWER_NOT_ACCEPTED)
        return NOTICE_NOT_ACCEPTED;
    bool is_decision = e->answer == ANSWER_REJECTED && case_item_of(s->definition, e->step_index, e->index) != NO_INDEX;
    return is_decision && !e->spent ? NOTICE_REFUSED : NOTICE_NONE;
}

static enum notice_kind of_light(enum clock_light light) {
    switch (light) {
    case LIGHT_YELLOW: return NOTICE_YELLOW;
    case LIGHT_RED: return NOTICE_RED;
    case LIGHT_DEEP_RED: return NOTICE_DEEP_RED;
    default: return NOTICE_NONE;
    }
}

enum notice_kind engine_notice(const struct case_state *after, const struct event *e) {
    switch (e->kind) {
    case EVENT_ITEM_ACCEPTED: return is_first_accepted(after) && text_is_none(after->parent) ? NOTICE_ACCEPTED : NOTICE_NONE;
    case EVENT_ITEM_EXTENDED: return NOTICE_EXTENDED;
    case EVENT_ANSWER_NOTED: return of_answer(after, e);
    case EVENT_STEP_HELD: return of_wait(after, e);
    case EVENT_STEP_ENDED: return of_end(after, e);
    case EVENT_MATERIAL_ASKED: return NOTICE_MATERIAL_ASKED;
    case EVENT_MATERIAL_TOLERATED: return NOTICE_MATERIAL_LATER;
    case EVENT_MATERIAL_MISSED: return NOTICE_MATERIAL_MISSED;
    case EVENT_LIGHT_CHANGED: return of_light(e->light);
    case EVENT_CONTACT_CHANGED: return NOTICE_CONTACT;
    case EVENT_CASE_CLOSED:
        if (!text_is_none(after->parent))
            return NOTICE_NONE;
        return e->outcome == CASE_WITHDRAWN ? NOTICE_WITHDRAWN : NOTICE_CLOSED;
    default: return NOTICE_NONE;
    }
}
