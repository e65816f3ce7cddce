/* Inputs: everything that can happen to a case from outside. All that is not determined by the case (now, new ids,
 * data fetched) stands in the input. Flat, like the event; texts are borrowed from the caller's arena. */
#ifndef YJS_MODEL_INPUT_H
#define YJS_MODEL_INPUT_H

#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "model/answer.h"
#include "model/definition.h"
#include "model/state.h"

enum input_kind {
    INPUT_NONE,
    INPUT_SUBMIT,               /* a new case: thing, region, number; data = form; extra = {parties, materials} */
    INPUT_ANSWER,               /* step, index, attempt, answer, data, extra (certificates), reason, retryable */
    INPUT_CORRECTION_ANSWERED,  /* step, index, data */
    INPUT_WITHDRAWN,            /* actor, reason */
    INPUT_TIMER_FIRED,
    INPUT_SIGNAL,               /* id = name; data */
    INPUT_RETRY, INPUT_SKIP, INPUT_REASSIGN, INPUT_REFUSE, INPUT_CLOSE, INPUT_VOID, INPUT_RESOLVE_DISPUTE,
    INPUT_ANSWER_FOR,           /* operator's; actor; evidence and confirmed_by for ANSWER_FOR */
    INPUT_CHILD_ENDED,          /* from the sub-case in the same batch: step, index, outcome, data */
    INPUT_ACKNOWLEDGE,          /* operator's: the open incidents of a step, or of the case, that hold nothing are closed */
    INPUT_UNSENT,               /* no broker takes a message to a department: id = its id, step, index, attempt, undo, reason */
    INPUT_CALENDAR_CHANGED,
    INPUT_MIGRATED,             /* definition */
    INPUT_RATED,                /* 好差評: level 1 to 5, reason = the comment */
    INPUT_MATERIALS_GIVEN,      /* by the applicant, not asked for: data = {"materials"} */
    INPUT_CONTACT_CHANGED,      /* data = {"party","index","agent","contact": {"phone","email","language","channel"}}; null takes out */
    INPUT_KIND_COUNT
};

struct input {
    enum input_kind kind;
    int64_t at_us;               /* the moment at which it is decided (the conductor's clock) */
    int64_t sent_us;             /* when the message was produced (the broker's time stamp), TIME_NONE: not known */
    struct text case_id;
    struct text source, id;      /* identity of the message or request; absent for timers and children */
    struct text step;
    int32_t index;               /* element, -1 when none */
    uint32_t attempt;            /* 0: the current one (worklist, scripts, operators) */
    uint32_t undo;               /* n of a compensation's answer; 0: none */
    enum answer_kind answer;
    uint32_t level;              /* of a rating; 0: none */
    uint32_t incident;           /* operator's: version of the newest incident of the step that he has seen; 0: he does not say */
    bool retryable;
    enum case_outcome outcome;   /* child_ended; resolve_dispute: none */
    enum case_stop stop;         /* close: none = an operator's (terminates); else the parent's */
    struct text department, region;   /* who answers (of the topic or token); reassign: the new one. Absent: trusted */
    struct text thing, number, definition, parent, parent_step;
    int32_t parent_index;
    struct text actor, confirmed_by, evidence, reason;
    struct text data, extra;     /* JSON bytes */
    const struct json *value;    /* `data` read, when the caller has it; else NULL */
    struct text traceparent;
    int32_t priority;
};

const char *input_kind_name(enum input_kind);
bool input_kind_parse(struct text, enum input_kind *ret);
struct input input_of(enum input_kind, int64_t at_us);   /* zeroed, "absent" values set */

#endif
