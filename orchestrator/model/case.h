/* A case as the engine sees it: the fold of its events. Changed by case_apply (engine/) alone.
 *
 * Memory: one arena a case (bounded by LIMIT_case_state_bytes_most); texts taken from events are copied into it.
 * Owner: the conductor's cache of open cases. */
#ifndef YJS_MODEL_CASE_H
#define YJS_MODEL_CASE_H

#include "base/arena.h"
#include "base/json.h"
#include "base/time.h"
#include "model/definition.h"
#include "model/event.h"
#include "model/state.h"

/* One element of an `each` step, or the step itself. */
struct work_state {
    enum step_state state;
    uint32_t attempt;              /* current one, 0: never asked */
    uint32_t undo;                 /* compensations asked so far */
    uint32_t correction;           /* corrections sent so far */
    bool accepted;                 /* the department said accepted: it must decide */
    bool correcting;               /* a correction is asked and not yet answered */
    bool spent;
    int64_t asked_at_us;           /* first attempt */
    int64_t attempt_at_us;         /* current attempt */
    int64_t ended_at_us;
    int64_t due_at_us;             /* timeout of the attempt, end of a wait, TIME_NONE: none */
    int64_t retry_at_us;           /* retrying: when */
    struct text department, region;        /* of the office asked */
    struct text reassigned_department, reassigned_region;  /* for the next attempt */
    struct text result;            /* JSON bytes of the result's data; absent: none */
    struct json result_value;      /* read from `result` when it was applied */
    struct text reason;
    struct text child;             /* sub-case */
    struct text final_source, final_id, final_digest;   /* dedupe marks of the answer that ended it */
    struct text last_source, last_id;                   /* of the last answer of any kind */
    bool disputed;
};

struct step_row {
    struct work_state self;
    bool join_open;                /* the join opened (once) */
    int64_t deadline_at_us;        /* of the step's join, while waiting; TIME_NONE: none yet */
    struct text missing;           /* JSON array: who was silent when the join opened by deadline */
    struct json missing_value;
    /* each */
    uint32_t element_count;
    struct work_state *elements;
    struct json elements_value;    /* the array */
    uint32_t granted_count, refused_count, ended_count;   /* elements */
    int64_t gather_at_us;          /* deadline of the gathering, TIME_NONE: none */
};

struct case_state {
    struct arena *arena;           /* everything below lives here */
    const struct definition *definition;
    struct text id, root, parent, parent_step;
    int32_t parent_index;
    struct text thing, definition_hash, region;
    enum case_phase phase;
    enum case_outcome outcome;
    enum case_stop stop;
    struct text stop_reason;
    uint32_t version;              /* events applied */
    int64_t started_at_us, closed_at_us, changed_at_us;
    int32_t priority;
    struct text source, source_id, content_digest;   /* of the submission: same number, same content */
    struct json form, parties, materials;            /* values read from the first event */
    struct step_row *steps;        /* definition->step_count of them */
    uint32_t open_count;           /* steps that wait or are active (deliver excluded) */
    uint32_t incident_count;       /* open ones */
    uint32_t dispute_count;        /* open ones */
};

#endif
