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
#include "model/definition.h"
#include "model/state.h"

#define EVENT_WIRE_VERSION 1     /* a daemon reads this and the one before */

enum event_kind {
    EVENT_NONE,
    EVENT_CASE_STARTED,        /* thing, definition, region, number (root), parent…, data = form, extra = {parties, materials}, source, id, digest */
    EVENT_STEP_ASKED,          /* step, index, attempt, department, region, data = the task message's data, due = timeout, dataschema
                                * (opens the step's join when it was waiting; missing = list for a join by deadline) */
    EVENT_STEP_EXPANDED,       /* each: data = the array of elements; count; missing */
    EVENT_STEP_HELD,           /* a step that asks no department went to running: wait, approve's check, gather…: due, reason = what for */
    EVENT_CHILD_ASKED,         /* thing: child, definition (hash), thing, data = the child's form */
    EVENT_STEP_ENDED,          /* state = one of the ends, data = result, extra = certificates, reason, source, id, digest, missing */
    EVENT_ANSWER_NOTED,        /* answer = received, accepted, correction, …: progress without end; data, ordinal */
    EVENT_ANSWER_RECORDED,     /* no effect: fate, answer, data, source, id */
    EVENT_CORRECTION_SENT,     /* the applicant's correction goes to the department: data, ordinal */
    EVENT_RETRY_SET,           /* state = retrying or undo_retrying: due, reason, attempt = the failed one */
    EVENT_STEP_STUCK,          /* an incident opens: reason = code, data = details */
    EVENT_DEADLINE_SET,        /* the first need of a join by deadline was asked: step = the waiting one, due */
    EVENT_CANCEL_ASKED,        /* the task's cancellation goes out: step, index, attempt, reason, department, region */
    EVENT_CHILD_CANCEL_ASKED,  /* the sub-case is to be stopped: child, stop */
    EVENT_UNDO_ASKED,          /* compensation goes out: ordinal n, department, region, data = message data */
    EVENT_STOP_DECIDED,        /* the case starts nothing new: stop, step = whose refusal, reason, actor */
    EVENT_INCIDENT_OPENED,     /* of the case, not of a step's end: reason = code (late second correction, …), data */
    EVENT_INCIDENT_CLOSED,     /* reason, actor */
    EVENT_DISPUTE_OPENED,      /* the first answer stands: answer, data = second answer, source, id */
    EVENT_DISPUTE_RESOLVED,    /* actor, reason; state: the end that stands now */
    EVENT_SIGNAL_NOTED,        /* id = name of the signal, data */
    EVENT_OPERATOR_ACTED,      /* actor, reason = verb; precedes the events it causes; extra = evidence for answer_for */
    EVENT_REASSIGNED,          /* the step's next attempt goes to department / region */
    EVENT_CASE_CLOSED,         /* outcome */
    EVENT_MIGRATED,            /* definition = the new hash, data = map */
    EVENT_CALENDAR_CHANGED,    /* new calendar version: due moments recomputed: step, due */
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
    bool spent;                  /* a refusal or expiry that triggers nothing and does not count for the outcome */
    int64_t due_us;
    struct text department, region;
    struct text thing, definition, number, parent, parent_step, child;
    int32_t parent_index;
    struct text source, id, digest;   /* of the message that caused it; digest: of a final answer's content */
    struct text reason, actor;
    struct text data, extra, missing; /* JSON bytes */
    struct text dataschema, traceparent;
    struct text calendar;             /* version of the calendar by which due_us was reckoned */
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
