/* Events: what happened to a case. A case's state is the fold of its events (engine/: case_apply), its tasks and
 * notices are functions of single events (engine_commands). An event is written once into the journal and never
 * changes; its names are part of the wire (wire/event_codec.h) with a version.
 *
 * One flat struct for all kinds: which fields a kind uses is a table (event_fields). Texts are borrowed: they live in
 * the arena of whoever made the event. Absent fields are TEXT_NONE, TIME_NONE, 0 or -1 (index). */
#ifndef YJS_MODEL_EVENT_H
#define YJS_MODEL_EVENT_H

#include "base/text.h"
#include "base/time.h"
#include "model/answer.h"
#include "model/clock.h"
#include "model/definition.h"
#include "model/state.h"

#define EVENT_WIRE_VERSION 1     /* a daemon reads this and the one before */

enum event_kind {
    EVENT_NONE,
    EVENT_CASE_STARTED,        /* thing, definition, region, number (root), parent…, priority, data = form,
                                * extra = {parties, materials, trust, offer}, source, id, actor; reason = the legal basis
                                * of what a department offers */
    EVENT_STEP_ASKED,          /* step, index, attempt, department and region = whose topic, data = the task message's
                                * data, due = timeout, dataschema (opens the step's join when it was waiting;
                                * missing = list for a join by deadline); number = a delegated step's, as the other
                                * system knows it */
    EVENT_STEP_EXPANDED,       /* each: data = the array of elements; count; missing; due = deadline of the gathering.
                                * Of an approve step: count 1, its later check, which is its element 0. Of a publicity:
                                * those who are told of it. Of an inspection: the lead has arranged the visit, count =
                                * its items; answer, data = the visit, extra, source, id of the lead's answer */
    EVENT_STEP_HELD,           /* a wait: due, reason = the signal's name, "until" or "for"; missing. A publicity:
                                * reason "publicity", due = the end of its last day, calendar, data = {"first_day","last_day"}.
                                * Any step that may not begin yet: reason "window", due = when it opens;
                                * or "materials": they are being fetched */
    EVENT_CHILD_ASKED,         /* thing: child, attempt, definition (hash), thing, region, data = the child's form,
                                * extra = {parties, materials}, due = timeout, missing */
    EVENT_STEP_ENDED,          /* state = one of the ends, answer, data = result, extra = certificates, reason, spent, source,
                                * id, missing, attempt, department = the one asked; thing and region = the case's. Of an
                                * undoing: state = compensated, or granted when it was given up */
    EVENT_ANSWER_NOTED,        /* answer = received, accepted, correction, …: progress without end; data, ordinal;
                                * number = a delegated step's */
    EVENT_ANSWER_RECORDED,     /* no effect: fate, answer, data, source, id; step absent: a submission, signal, withdrawal */
    EVENT_CORRECTION_SENT,     /* the applicant's correction: data = {"form","materials"}, ordinal; extra = that of it which the
                                * department is given (absent, in old journals: all of it) */
    EVENT_RETRY_SET,           /* state = retrying or undo_retrying: due, reason, attempt = the failed one, ordinal = its undo */
    EVENT_STEP_STUCK,          /* an incident opens: reason = code, data = {"message"}, missing; thing and region = the case's */
    EVENT_DEADLINE_SET,        /* the first need of a join by deadline was asked: step = the waiting one, due */
    EVENT_CANCEL_ASKED,        /* the task's cancellation goes out: attempt, reason, department, region, data = the message's
                                * data; state cancelling: the step waits for its answer; else it only follows an end */
    EVENT_CHILD_CANCEL_ASKED,  /* the sub-case is to be stopped: child, stop (compensate: of a closed one), state as above */
    EVENT_UNDO_ASKED,          /* compensation goes out: attempt, ordinal n, department, region, data = message data */
    EVENT_STOP_DECIDED,        /* the case starts nothing new: stop, step = whose refusal, reason, actor */
    EVENT_INCIDENT_OPENED,     /* holds nothing: reason = code (timeout, unsent, second_correction, correction_after_acceptance,
                                * check_failed or the definition's on_fail), data = {"message"} */
    EVENT_INCIDENT_CLOSED,     /* all open ones of this step or element: count, reason = why (step_ended or a verb), actor =
                                * the person whose input it follows from */
    EVENT_DISPUTE_OPENED,      /* the first answer stands: answer, data = second answer, extra, reason, source, id */
    EVENT_DISPUTE_RESOLVED,    /* actor, reason, state = the end that stands now; answer, data: of the second when it stands */
    EVENT_SIGNAL_NOTED,        /* id = name of the signal, data */
    EVENT_OPERATOR_ACTED,      /* actor, reason = verb; precedes the events it causes; extra = {"reason"}, or
                                * {"evidence","confirmed_by"} for answer_for */
    EVENT_REASSIGNED,          /* the step's next attempts go to department / region */
    EVENT_CASE_CLOSED,         /* outcome, stop, thing, region; parent… when it has one */
    EVENT_MIGRATED,            /* definition = the new hash, data = map */
    EVENT_CALENDAR_CHANGED,    /* new calendar version: a due moment recomputed: step, due, calendar, reason = which:
                                * timeout, wait, deadline, gather, acceptance (of an item); data = a publicity's new period */
    EVENT_OBJECTION_RAISED,    /* to a publicity: index = the new element that stands for it, data = {"by","reason","at",
                                * "data"?}, department when one objects, actor, source, id */
    EVENT_PERIOD_OVER,         /* a publicity's days are over, but an objection is not decided yet: it waits for that */
    /* The law's time (engine/clock.h). `item` absent: the case itself. step and index: whose task it is about. */
    EVENT_ITEM_RECEIVED,       /* 預受理: item, step; due = silence until then accepts, calendar */
    EVENT_ITEM_ACCEPTED,       /* 受理, 補正受理: item, step; since = from when the clocks count; reason = accepted, silence,
                                * correction_answered, or answered (by a decision without a word of acceptance) */
    EVENT_ITEM_EXTENDED,       /* 延長: item, step; count = working days, reason, actor = who approved */
    EVENT_ITEM_ENDED,          /* item; state = how, reason = decided, not_accepted or dropped; its clocks stop */
    EVENT_CLOCK_SET,           /* item, clock; since = its beginning, due, yellow, light, calendar; reason = why: began,
                                * resumed, extended, calendar. due absent: it stands still */
    EVENT_CLOCK_PAUSED,        /* item, step, clock = promise alone, or statute: both; reason, basis; count = days announced */
    EVENT_CLOCK_RESUMED,       /* item, step, reason: that pause is over; a CLOCK_SET follows for what runs again */
    EVENT_CLOCK_STOPPED,       /* item, clock; reason */
    EVENT_LIGHT_CHANGED,       /* item, clock, light, due */
    EVENT_WARNING_SENT,        /* item, step, attempt, department, region: the task of a warning; reason = the light, due */
    EVENT_CASE_RATED,          /* 好差評: count = 5 very satisfied … 1 very dissatisfied, reason = the comment, actor */
    EVENT_MATERIAL_ASKED,      /* the lookup of a material (step) found nothing: the applicant is asked for it, as for a
                                * correction; material, reason, source, id, ordinal */
    EVENT_MATERIALS_GIVEN,     /* by the applicant: data = {"form","materials"}, source, id, actor; step = the lookup that
                                * had asked for it */
    EVENT_MATERIALS_SENT,      /* what came later goes to a department whose task is out: attempt, department, region,
                                * data = {"form","materials"} */
    EVENT_MATERIAL_TOLERATED,  /* 容缺受理: material, due, calendar, reason = the subject's grade; again: a new calendar */
    EVENT_MATERIAL_MISSED,     /* its day has come and it has not: material, reason = refuse or incident */
    EVENT_CHILD_TOLD,          /* a word about consents goes on to a sub-case: step, child, id = the signal's name, data, actor */
    EVENT_CONTACT_CHANGED,     /* a person of the case is reached otherwise: data = {"party","index","agent","changed": [names of
                                * members]}, extra = {"parties"}: all of them, as they are now; actor, source, id */
    EVENT_KIND_COUNT
};

struct event {
    enum event_kind kind;
    uint32_t version;            /* of the case after this event: 1, 2, 3 … without gaps */
    int64_t at_us;               /* the input's moment */
    uint16_t step_index;         /* of `step` in the definition, NO_INDEX when unknown: a convenience, not written */
    struct text step;
    int32_t index;               /* element, -1 when none */
    uint32_t attempt, ordinal, count;
    enum step_state state;
    enum answer_kind answer;
    enum answer_fate fate;
    enum case_outcome outcome;
    enum case_stop stop;
    bool delivers;               /* step_ended: of a step that hands over */
    bool spent;                  /* a refusal or expiry that triggers nothing and does not count for the outcome */
    int64_t due_us;
    int64_t sent_us;             /* when the answer that caused it was produced (the broker's time stamp), TIME_NONE: not known */
    struct text department, region;
    struct text thing, definition, number, parent, parent_step, child, material;
    int32_t parent_index;
    struct text source, id, digest;   /* of the message that caused it; digest: of a final answer's content */
    struct text reason, actor;
    struct text data, extra, missing; /* JSON bytes */
    struct text dataschema, traceparent;
    struct text calendar;             /* version of the calendar by which due_us was reckoned */
    struct text item, basis;
    enum clock_kind clock;
    enum clock_light light;
    int64_t since_us, yellow_us;
    int32_t priority;
};

const char *event_kind_name(enum event_kind);
bool event_kind_parse(struct text, enum event_kind *ret);
/* A zeroed event with its "absent" values set. */
struct event event_of(enum event_kind, int64_t at_us);

struct event_list { struct event *at; uint32_t count, room; };   /* in an arena, in order */
/* Appends a copy; NULL when the arena is full. */
struct event *event_list_add(struct event_list *, struct arena *, const struct event *);

#endif
