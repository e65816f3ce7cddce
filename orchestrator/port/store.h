/* The store as the conductor sees it: the truth. Implemented by store/ (PostgreSQL) and by the tests' fake.
 *
 * Thread: the conductor's only, but for the `records` port (records.h), which the web threads use on connections of
 * their own. Functions block for at most the statement timeout. RETRY means the database is away or refused for now:
 * nothing is known to have happened and the conductor takes its shards afresh (one path for all take-overs). */
#ifndef YJS_PORT_STORE_H
#define YJS_PORT_STORE_H

#include <stdint.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

struct store_shard {
    int32_t shard;
    int64_t epoch;               /* ours */
    int64_t next_seq;            /* of the next event in this shard: 1, 2, 3 … dense */
    int64_t published_seq;       /* every publication of events up to it is acknowledged */
    int32_t trying_deaths;       /* deaths by a fatal signal while `trying` was named */
    struct text trying;          /* the input that was being tried, absent: none */
    bool unclean;                /* the former owner did not let go in order */
};
struct store_offset { int32_t shard; struct text topic; int64_t next; };

/* An event as a row: `data` is the wire form (wire/event_codec.h). */
struct store_event {
    int32_t shard; int64_t seq;
    struct text case_id; int32_t version;
    int64_t at_us;
    struct text kind, step;      /* for people and indexes; step absent: null */
    struct text data;
};
/* What the caller knows of a row: telling it saves the database a third of the work. Wrong knowledge is refused, not
 * written. */
enum store_row { STORE_ROW_ANY /* there or not */, STORE_ROW_NEW /* never written */, STORE_ROW_KNOWN /* written and committed before */ };
struct store_case {
    struct text case_id, root, parent, thing, definition_hash, region, phase, outcome, stop;
    int32_t shard, version, priority, incidents;
    int64_t started_at_us, changed_at_us, closed_at_us;
    struct text title;           /* what lists show: masked, made from the form */
    struct text source, source_id;
    enum store_row row;          /* KNOWN: what never changes (root, thing, source, title …) is not looked at */
};
struct store_step {
    struct text case_id, step; int32_t index;   /* -1: the step itself */
    struct text state, department, region, child, reason;
    int32_t attempt;
    int64_t asked_at_us, ended_at_us, due_at_us;
    int32_t position;            /* in the definition's order */
    struct text kind;            /* task, lookup … */
    int32_t shard;
    enum store_row row;
};
struct store_timer { struct text case_id; int32_t shard; int64_t due_at_us; /* TIME_NONE: delete */ };
struct store_clock {             /* a projection of the law's time (engine/clock_view.h) */
    struct text case_id, item /* "": the case itself */, clock;
    int32_t shard;
    struct text thing, region, department, state, light;
    int64_t started_at_us, due_at_us, ended_at_us, changed_at_us;
    struct text explained;       /* JSON */
};
struct store_incident {
    struct text id;              /* case:step[.index]:version of the event that opened it, or topic@partition, unsent:shard:seq */
    struct text case_id, step; int32_t index; int32_t shard;
    struct text code, message, department, region;
    int64_t opened_at_us, closed_at_us;   /* closed: TIME_NONE while open */
    struct text closed_by, closed_how;
};
/* An event that people are told of: to whom and in which words is found later, by who sends (notifier/). */
struct store_notice { struct text case_id; int32_t version, shard; struct text kind; int64_t at_us; };
/* Closes what stands open of a step's (a case's) incidents, or disputes, before the batch's own are written. */
struct store_closing {
    struct text case_id, step; int32_t index; /* as in the incident */
    struct text of;              /* "incident", "dispute", or "timer": of code timer_refused */
    int64_t at_us;
    struct text by, how;
};
struct store_dead {
    int32_t shard; struct text topic; int32_t partition; int64_t offset;   /* where it came from; (inbox) when from there: offset = inbox id */
    int64_t at_us;
    struct text code, message, key, headers /* JSON */, value /* bytes, unchanged */;
};
struct store_forward { int32_t shard; struct text key, kind; struct text data; struct text idempotency_key; };   /* into another shard's inbox */
/* A material that an application names, and how it is kept. */
struct store_material {
    struct text case_id, thing, material, digest;         /* asked */
    bool is_kept, type_fits; int64_t size; struct text media_type, types;   /* told; types: those that the current definition takes */
};
struct store_inbox { int64_t id; int32_t shard; struct text kind, case_id, data, idempotency_key; int64_t at_us; struct text root /* number: routing key */; };
struct store_answer { int64_t inbox_id; int32_t status; struct text body; };   /* what became of a command: the web answers with it */
struct store_unsent { int32_t shard; int64_t seq; struct text topic, reason; int64_t at_us; };
/* How far a shard's open cases have been reckoned by a calendar: those up to `after` in the order of ids, or all. */
struct store_calendar { int32_t shard; struct text version, after; bool done; };

/* One batch, one transaction. Arrays may be empty. */
struct store_batch {
    const struct store_shard *shards; uint32_t shard_count;      /* those the batch touches: shard, epoch, next_seq and published_seq after it, trying */
    const struct store_offset *offsets; uint32_t offset_count;
    const struct store_event *events; uint32_t event_count;
    const struct store_case *cases; uint32_t case_count;         /* upsert, each once */
    const struct store_step *steps; uint32_t step_count;         /* upsert, each once */
    const struct store_clock *clocks; uint32_t clock_count;      /* upsert, each once */
    const struct store_timer *timers; uint32_t timer_count;
    const struct store_incident *incidents; uint32_t incident_count;
    const struct store_closing *closings; uint32_t closing_count;
    const struct store_notice *notices; uint32_t notice_count;
    const struct store_dead *dead; uint32_t dead_count;
    const struct store_forward *forwards; uint32_t forward_count;
    const int64_t *inbox_done; uint32_t inbox_done_count;
    const struct store_answer *answers; uint32_t answer_count;
    const struct store_unsent *unsent; uint32_t unsent_count;
    const struct store_calendar *calendars; uint32_t calendar_count;   /* upsert, each shard once */
};

enum store_fate {
    STORE_COMMITTED,
    STORE_FENCED,       /* a shard's epoch is not ours; nothing was written. ret_fenced names the shards */
    STORE_REFUSED,      /* an error that would come again (constraint, encoding); nothing was written; error tells */
    STORE_AWAY,         /* nothing was written, for certain (failed before COMMIT was sent) */
    STORE_UNKNOWN,      /* the connection broke with COMMIT under way */
    STORE_UNDER_WAY,    /* handed over: commit_end tells the rest */
};

struct store_number { struct text source, id, region; int64_t at_us, value; };
struct store_due { struct text case_id; int32_t shard; int64_t due_at_us; };
struct store_definition { struct text hash, thing; bool current; struct text canonical; int64_t published_at_us; };
struct store_case_place { struct text case_id; int32_t shard; bool open; };

/* What departments are asked of and have not answered: an office (the oldest of its), or a step or element. */
struct store_asked {
    int32_t shard;
    struct text department, region;   /* region absent: the installation's */
    struct text case_id, step;
    int32_t index;
    int64_t asked_at_us;
};

struct store_port {
    void *context;
    /* Connects (again), checks the schema's version and P; RETRY while the database is away. */
    enum outcome (*open)(void *context, struct error *);
    void (*close)(void *context);
    /* P, fixed when the database was made. */
    int32_t (*shard_count)(void *context);
    /* Renews member(instance, seen_at), does a bite of the day's housekeeping (partitions, old answers), and gives the live members' instance names (whose each shard is to be is the caller's to reckon). */
    enum outcome (*heartbeat)(void *context, struct text instance, int64_t ttl_us, struct arena *, struct text **ret_members,
                              uint32_t *ret_count, struct error *);
    /* How many messages of each shard's topics are still to be read (-1: not known), for people to see; with each heartbeat. */
    enum outcome (*note_unread)(void *context, const int32_t *shards, const int64_t *messages, uint32_t count, struct error *error);
    /* The member goes (SIGTERM): others need not wait until its row is too old. */
    enum outcome (*leave)(void *context, struct text instance, struct error *);
    /* Takes the shards under new epochs, after ending the former owner's backend. Those whose live owner is another
     * member that still wants them are the caller's not to ask for. Gives what could be taken. Where the former
     * owner (another process) did not let go while an input stood named that it had named itself, trying_deaths has been
     * counted up. */
    enum outcome (*take)(void *context, struct text instance, const int32_t *shards, uint32_t count, struct arena *,
                         struct store_shard **ret, uint32_t *ret_count, struct error *);
    /* Gives shards up in order (rebalance, SIGTERM): clean mark, owner null. */
    enum outcome (*let_go)(void *context, const struct store_shard *, uint32_t count, struct error *);
    /* The owner of every shard, by number (P of them); absent: none. */
    enum outcome (*owners)(void *context, struct arena *, struct text **ret_owner_by_shard, struct error *);
    enum outcome (*offsets)(void *context, const int32_t *shards, uint32_t count, struct arena *, struct store_offset **ret,
                            uint32_t *ret_count, struct error *);
    /* Events of `shard` with seq > after, in order, at most `most`. */
    enum outcome (*events_after)(void *context, int32_t shard, int64_t after, uint32_t most, struct arena *,
                                 struct store_event **ret, uint32_t *ret_count, struct error *);
    /* The journals of these cases, ordered by case and version. */
    enum outcome (*journals)(void *context, const struct text *case_ids, uint32_t count, struct arena *,
                             struct store_event **ret, uint32_t *ret_count, struct error *);
    enum outcome (*inbox)(void *context, const int32_t *shards, uint32_t count, uint32_t most, struct arena *,
                          struct store_inbox **ret, uint32_t *ret_count, struct error *);
    enum outcome (*timers)(void *context, const int32_t *shards, uint32_t count, int64_t until_us, uint32_t most,
                           struct arena *, struct store_due **ret, uint32_t *ret_count, struct error *);
    /* By hash, or (hash absent) all current ones without their canonical text. */
    enum outcome (*definitions)(void *context, struct text hash, struct arena *, struct store_definition **ret,
                                uint32_t *ret_count, struct error *);
    /* The calendar that holds. *ret_version absent: none was published. *ret_canonical absent, too, when it is `known`. */
    enum outcome (*calendar)(void *context, struct text known, struct arena *, struct text *ret_version,
                             struct text *ret_canonical, struct error *);
    /* Of these shards, those for which a batch has written how far a calendar has come. */
    enum outcome (*calendar_progress)(void *context, const int32_t *shards, uint32_t count, struct arena *,
                                      struct store_calendar **ret, uint32_t *ret_count, struct error *);
    /* All cases with ids behind `after` (absent: from the first), in the order of ids by bytes, of every shard, open or
     * not, at most `most`. */
    enum outcome (*cases_after)(void *context, struct text after, uint32_t most, struct arena *,
                                struct store_case_place **ret, uint32_t *ret_count, struct error *);
    /* The offices of which something is asked in these shards: shard, department, region, asked_at_us of the oldest. */
    enum outcome (*asked_offices)(void *context, const int32_t *shards, uint32_t count, struct arena *, struct store_asked **ret,
                                  uint32_t *ret_count, struct error *);
    /* What was asked of one office (department, region) in `after->shard` before `before_us`: the first `most` behind `after`,
     * in the order of asked_at_us (TIME_NONE in `after`: from the first), case, step, index. */
    enum outcome (*asked_steps)(void *context, const struct store_asked *after, int64_t before_us, uint32_t most, struct arena *,
                                struct store_asked **ret, uint32_t *ret_count, struct error *);
    /* A commit has two halves, so that the next batch can be decided while the store works on this one. `begin` hands it
     * over: UNDER_WAY; or AWAY, REFUSED, and it is over. What the batch points to stays as it is until `end`, or until
     * `close`. One commit is under way at a time; meanwhile only offsets, events_after, journals, inbox, timers,
     * definitions, calendar, calendar_progress, cases_after, asked_offices, asked_steps, numbers and materials may be called. They see what was committed: perhaps this batch, perhaps not yet. */
    enum store_fate (*commit_begin)(void *context, const struct store_batch *, struct error *);
    /* Hands over what the store could not take at once; never waits. To be called now and then while deciding. */
    void (*commit_push)(void *context);
    /* Waits for the fate of what is under way. ret_fenced: array of shard numbers in the arena, when STORE_FENCED. */
    enum store_fate (*commit_end)(void *context, struct arena *, int32_t **ret_fenced, uint32_t *ret_fenced_count,
                                  struct error *);
    /* Names the input that is tried next (after an unclean end), in a transaction of its own. */
    enum outcome (*trying)(void *context, const struct store_shard *, struct error *);
    /* The numbers of applications that came without one. What was given to a (source, id) once is given to it again, at
     * least for 90 days, also when nothing came of it; who asks twice in one call gets one number. `region` and `at_us` are
     * the caller's for a new one, and become those of the first giving. */
    enum outcome (*numbers)(void *context, struct store_number *, uint32_t count, struct arena *, struct error *);
    /* How these are kept, in the order asked; of those that are it is noted which case names them, so that they stay. */
    enum outcome (*materials)(void *context, struct store_material *, uint32_t count, struct arena *, struct error *);
    /* A descriptor that becomes readable when a NOTIFY may be there; -1: none. Drain by inbox(). */
    int (*descriptor)(void *context);
};

/* Both halves at once. */
static inline enum store_fate store_commit_whole(const struct store_port *store, const struct store_batch *batch,
                                                 struct arena *arena, int32_t **ret_fenced, uint32_t *ret_fenced_count,
                                                 struct error *error) {
    enum store_fate fate = store->commit_begin(store->context, batch, error);
    return fate == STORE_UNDER_WAY ? store->commit_end(store->context, arena, ret_fenced, ret_fenced_count, error) : fate;
}

#endif
