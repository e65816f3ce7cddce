/* A decision in the making: the input, the draft of the case as the events so far leave it, and the steps whose end
 * has not yet been followed up. For engine/ alone.
 *
 * The functions here emit events and nothing else; an event that was emitted has already changed the draft. When
 * memory ends, `failed` is set, nothing more is emitted, and engine_decide answers out_of_memory. */
#ifndef YJS_ENGINE_DECISION_H
#define YJS_ENGINE_DECISION_H

#include "calendar/calendar.h"
#include "engine/draft.h"
#include "engine/engine.h"
#include "expression/expression.h"
#include "model/limits.h"

struct decision {
    const struct world *world;
    const struct definition *definition;
    const struct input *input;
    struct arena *arena;
    struct event_list *events;
    struct error *error;
    struct case_state draft;
    struct case_draft overlay;
    uint16_t *queue;                   /* ring of steps that ended; step_count + 1 places */
    bool *queued;
    uint32_t queue_head, queue_tail;
    const struct json **results;       /* results read so far, by step; NULL until the first */
    const struct json **elements;      /* arrays of elements read so far, by step */
    uint16_t opening;                  /* the step whose join opens by deadline now: its own `missing` may be read */
    struct text opening_missing;
    uint16_t undoing;                  /* the step whose compensation is asked now: its own result may be read */
    uint32_t clock_seen;               /* events that clock_settle has followed up */
    size_t applied_bytes;              /* what applying the events took of the arena: about what it will take of the case's */
    bool failed;
};

/* ---- decide.c ---- */
/* Gives the event its version, moment and trace, adds it and applies it to the draft. */
bool emit(struct decision *, struct event *);
struct event step_event(const struct decision *, enum event_kind, uint16_t step, int32_t index);
/* JSON in the decision's arena; absent when there is no memory (then failed). */
struct text keep_buffer(struct decision *, struct buffer *);
/* {"message":"…"} */
struct text message_data(struct decision *, const char *message);

/* The version by which a moment due by `limit` was reckoned, for its event; absent: the limit counts no days or business
 * hours, or no calendar was published. */
static inline struct text calendar_of(const struct decision *d, struct limit_time limit) {
    bool is_reckoned = limit.unit != LIMIT_NONE && limit.unit != LIMIT_MICROSECONDS && limit.unit != LIMIT_UNTIL_DATE;
    return is_reckoned && d->world->calendar ? d->world->calendar->version : TEXT_NONE;
}

static inline const struct step_definition *step_of(const struct decision *d, uint16_t step) {
    return &d->definition->steps[step];
}
static inline const struct step_row *row_of(const struct decision *d, uint16_t step) {
    return case_row(&d->draft, step);
}
static inline const struct work_state *work_of(const struct decision *d, uint16_t step, int32_t index) {
    return case_work(&d->draft, step, index);
}

/* ---- one function an input kind ---- */
enum outcome decide_submit(struct decision *);
enum outcome decide_answer(struct decision *);
enum outcome decide_answer_for(struct decision *);
enum outcome decide_correction(struct decision *);
enum outcome decide_timer(struct decision *);
enum outcome decide_signal(struct decision *);
enum outcome decide_withdrawn(struct decision *);
enum outcome decide_close(struct decision *);
enum outcome decide_void(struct decision *);
enum outcome decide_retry(struct decision *);
enum outcome decide_skip(struct decision *);
enum outcome decide_reassign(struct decision *);
enum outcome decide_refuse(struct decision *);
enum outcome decide_acknowledge(struct decision *);
enum outcome decide_resolve_dispute(struct decision *);
enum outcome decide_unsent(struct decision *);
enum outcome decide_child_ended(struct decision *);
enum outcome decide_calendar(struct decision *);
enum outcome decide_rated(struct decision *);
enum outcome decide_contact(struct decision *);
enum outcome decide_materials(struct decision *);

/* ---- decide_answer.c, shared ---- */
/* The step and element that the input names; REJECT unknown_step, unknown_element. */
enum outcome find_work(struct decision *, uint16_t *ret_step);
void record(struct decision *, uint16_t step, enum answer_fate);
/* Has an input with this (source, id) left its mark on the work already? */
bool was_seen(const struct work_state *, const struct input *);
/* Before an effect of an operator's answer_for: who recorded it, who confirmed it, by which evidence. */
void acted_for(struct decision *, uint16_t step);

/* ---- join.c: when a join is met ---- */
enum join_verdict { JOIN_OPEN, JOIN_MET, JOIN_UNSATISFIED };
struct join_count { uint32_t granted, skipped, continued, negative, open; };
enum join_verdict join_decide(const struct join_rule *, const struct join_count *);
enum join_verdict join_of_needs(const struct decision *, uint16_t step);
enum join_verdict join_of_elements(const struct decision *, uint16_t step);
/* Who is silent: JSON array of {step, index?, department?, since?}; of the needs, or of the elements of `step`. */
struct text missing_needs(struct decision *, uint16_t step);
struct text missing_elements(struct decision *, uint16_t step);

/* ---- flow.c: what follows from an end ---- */
/* Emits the STEP_ENDED (its state set) and what hangs on it: its incidents close, a refusal does what it does, the
 * steps that need it are looked at later, by flow_settle. */
void flow_end(struct decision *, struct event *ended);
void flow_end_as(struct decision *, uint16_t step, int32_t index, enum step_state, struct text reason);
/* Looks at the joins behind every end, then at undoing, then at closing, until nothing follows any more. */
void flow_settle(struct decision *);
/* A waiting step whose join may now be met or unsatisfied. */
void flow_evaluate(struct decision *, uint16_t step);
void flow_open_by_deadline(struct decision *, uint16_t step);
void flow_gather_by_deadline(struct decision *, uint16_t step);
/* Ends what is open of a step (with cancel messages) as expired and spent. */
void flow_expire(struct decision *, uint16_t step);
/* Deadlines of the joins that wait for `step`, which was asked now. */
void flow_asked(struct decision *, uint16_t step);

/* ---- open.c: a join is met ---- */
void open_step(struct decision *, uint16_t step, struct text missing);
/* Asks (again): a task, a lookup, a sub-case, an element or the check of an approval. */
void open_work(struct decision *, uint16_t step, int32_t index, struct text missing);
void open_child(struct decision *, uint16_t step, int32_t index, struct text missing);

/* ---- ask.c ---- */
void ask_work(struct decision *, uint16_t step, int32_t index, struct text missing);
/* Its compensation, at the office that granted or the one that the definition names. */
void ask_undo(struct decision *, uint16_t step, int32_t index);
struct office_asked { struct text department, topic_department, region; };
struct text task_id(struct decision *, uint16_t step, int32_t index, uint32_t attempt);
/* A cancel message for the task that is out; `state` cancelling moves the step, else it follows its end. */
void ask_cancel(struct decision *, uint16_t step, int32_t index, enum step_state, struct text reason);

/* ---- attempt.c: an attempt failed ---- */
void attempt_failed(struct decision *, uint16_t step, int32_t index, bool retryable);
void stuck(struct decision *, uint16_t step, int32_t index, struct text missing, const char *code, const char *message);

/* ---- stop.c: the case stops ---- */
void stop_begin(struct decision *, enum case_stop, uint16_t step, struct text reason, struct text actor);

/* ---- undo.c ---- */
/* Asks the compensations whose turn it is; true when it emitted something. */
bool undo_next(struct decision *);
/* After an element's undoing has ended: the step's own may have, too. */
void undo_of_elements(struct decision *, uint16_t step);
enum outcome undo_answer(struct decision *, uint16_t step);

/* ---- close.c ---- */
bool close_when_done(struct decision *);

/* ---- scope.c ---- */
/* Evaluates in the scope of a step, or of one of its elements. False: *error says why, or d->failed. */
bool evaluate(struct decision *, const struct expression *, uint16_t step, int32_t index, struct json *ret,
              struct error *);
bool evaluate_condition(struct decision *, const struct expression *, uint16_t step, bool *ret, struct error *);

#endif
