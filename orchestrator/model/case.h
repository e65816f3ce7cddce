/* A case as the engine sees it: the fold of its events. Changed by case_apply (engine/) alone.
 *
 * Memory: one arena a case (bounded by LIMIT_case_state_bytes_most); texts taken from events are copied into it.
 * Rows are filled again by replaying the journal; form and materials change by corrections, parties when a person is reached otherwise.
 * Owner: the conductor's cache of open cases. */
#ifndef YJS_MODEL_CASE_H
#define YJS_MODEL_CASE_H

#include "base/arena.h"
#include "base/json.h"
#include "base/time.h"
#include "model/clock.h"
#include "model/definition.h"
#include "model/event.h"
#include "model/state.h"

enum { CASE_SEEN_MOST = 8 };

/* What a step whose join has opened still waits for before it begins. */
enum hold { HOLD_NONE, HOLD_WINDOW, HOLD_MATERIALS };

/* One element of an `each` step, or the step itself. */
struct work_state {
    enum step_state state;
    uint32_t attempt;              /* current one, 0: never asked */
    uint32_t undo;                 /* compensations asked so far */
    uint32_t correction;           /* corrections asked for so far */
    uint32_t attempts_before;      /* attempts made before an operator's last retry: they no longer count */
    uint32_t undos_before;
    uint32_t incident_count;       /* open ones */
    uint32_t incident_version;     /* of the event that opened the newest; 0: none was */
    bool accepted;                 /* the department said accepted: it must decide */
    bool correcting;               /* a correction is asked and not yet answered */
    bool cancel_asked;             /* of the current attempt */
    bool spent;
    bool overdue;                  /* its timeout has opened an incident; it does not fire again */
    bool answered_for;             /* an operator recorded the answer (代錄) */
    enum hold hold;                /* running, but not begun yet */
    bool undo_over;                /* its compensation was given up: it stays granted */
    bool disputed;
    enum answer_kind final_answer; /* the answer that ended it; none: no department did */
    enum answer_kind dispute_answer;
    int64_t asked_at_us;           /* first attempt; TIME_NONE: never asked */
    int64_t since_us;              /* from when timeout and give_up_after count: the first attempt or an operator's retry */
    int64_t attempt_at_us;         /* current attempt */
    int64_t ended_at_us;
    int64_t due_at_us;             /* timeout of the step, end of a wait, TIME_NONE: none */
    int64_t retry_at_us;           /* retrying: when */
    struct text department, region;        /* of the office asked */
    struct text reassigned_department, reassigned_region;  /* for the next attempt */
    struct text result;            /* JSON bytes of the result's data; absent: none. Read when an expression asks. */
    struct text certificates;      /* JSON bytes; absent: none */
    struct text reason;
    struct text child;             /* sub-case */
    struct text about;             /* JSON: a publicity's period, an objection, the visit that was arranged */
    struct text foreign_number;    /* delegated: under which the other system knows it */
    enum answer_kind mirrored;     /* delegated: how it stands there */
    struct text final_source, final_id;        /* of the answer that ended it */
    struct text dispute_result, dispute_reason;    /* of the answer that contradicts it */
    /* Dedupe marks: hashes of (source, id) of this attempt's last answers, the newest at (seen_count - 1) % most. */
    uint64_t seen[CASE_SEEN_MOST];
    uint32_t seen_count;
};

struct step_row {
    struct work_state self;
    bool join_open;                /* the join opened (once) */
    int64_t deadline_at_us;        /* of the step's join, while waiting; TIME_NONE: none yet */
    struct text missing;           /* JSON array: who was silent when its join (or gathering) opened by deadline */
    /* each; the items of an inspection; the check of an approve step, which is its one element */
    uint32_t element_count, element_room;
    struct work_state *elements;   /* of a publicity: who is told, then each objection */
    struct text elements_data;     /* JSON bytes of the array */
    uint32_t granted_count, skipped_count, continued_count, refused_count, ended_count;   /* elements; continued: refused
                                    * or expired under `continue`; refused: all others that ended without being granted */
    int64_t gather_at_us;          /* deadline of the gathering, TIME_NONE: none */
};

/* A signal that has come: a wait that opens later finds it. */
struct signal_row { struct text name, data; int64_t at_us; };

/* 容缺受理: a required material that may come later. */
struct tolerated_row {
    uint16_t material;
    bool is_open;                  /* it has not come, and its day has not either: the case stays open */
    int64_t since_us;
    int64_t due_at_us;             /* TIME_NONE: not open */
    struct text grade;             /* for whose trust */
};

struct case_draft;                 /* engine/: changed rows only, while a decision is being made */

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
    struct text source, source_id;   /* of the submission */
    struct text trust;             /* the credit subject's grade as the application says it; absent: none */
    struct text offered_by;        /* 免申即享: the department that started it; absent: an application did */
    struct json form, parties, materials;            /* values of the first event, as later ones left them */
    struct json first_form, first_materials, first_parties;   /* as they were submitted: a repeat is compared with these */
    struct json consent;           /* of extra: what nobody's own `consent` says: a boolean, or one by lookup source */
    bool corrected, readdressed;                     /* else form and materials, the parties, are not kept apart */
    struct step_row *steps;        /* definition->step_count of them */
    struct item_row *items;        /* definition->item_count of them and one of the case itself; NULL: no clock runs here */
    struct signal_row *signals;
    uint32_t signal_count;
    struct tolerated_row *tolerated;
    uint32_t tolerated_count;
    uint32_t open_count;           /* steps and elements that wait or are active (deliver and checks excluded) */
    uint32_t undo_count;           /* those of them that are being undone */
    uint32_t due_count;            /* moments that case_next_due looks for: 0 saves the walk */
    uint32_t answered_for_count;   /* answers recorded by operators (代錄) */
    uint32_t incident_count;       /* open ones */
    uint32_t rating;               /* 好差評 1 to 5; 0: not rated */
    uint32_t dispute_count;        /* open ones */
    struct case_draft *draft;      /* NULL outside a decision */
};

#endif
