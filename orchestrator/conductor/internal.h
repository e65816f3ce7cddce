/* The conductor's parts and what they share. Not included outside conductor/. */
#ifndef YJS_CONDUCTOR_INTERNAL_H
#define YJS_CONDUCTOR_INTERNAL_H

#include "base/list.h"
#include "base/log.h"
#include "base/map.h"
#include "conductor/conductor.h"
#include "conductor/mutation.h"
#include "conductor/vector.h"
#include "engine/engine.h"
#include "model/limits.h"
#include "wire/cloud_event.h"
#include "wire/message_schema.h"

/* ---- shards (ownership.c) ---- */

struct publication { int64_t seq; uint32_t open; size_t bytes; struct text topic; /* of the last it asked for; interned */ };

enum calendar_state { CALENDAR_UNREAD, CALENDAR_BEHIND, CALENDAR_DONE };

struct shard {
    int32_t number;
    bool owned;
    int64_t epoch;
    int64_t next_seq;             /* of the next event */
    int64_t committed_seq;        /* events up to here are in the store; those above are of batches under way */
    int64_t sent_seq;             /* events up to here were handed to the bus, or ask for nothing; <= committed_seq */
    int64_t written_published_seq;   /* as it stands in the store */
    uint32_t generation;          /* of publications: an acknowledgement of an older one counts for nothing */
    struct publication *ring;     /* handed over, not all acknowledged; ascending seq */
    uint32_t ring_head, ring_count, ring_room;
    uint32_t open;                /* messages of the ring that are not acknowledged */
    size_t open_bytes;            /* of the events of which one is not, and how large the last message was */
    size_t last_bytes;
    int64_t stalled_since_us;     /* monotonic; 0: publishing goes on */
    int64_t resume_at_us;         /* monotonic: after a failed delivery, or what can't be read */
    int64_t unreadable_seq;       /* the event that could not be read, last; 0: none */
    int64_t *aside;               /* events above the acknowledged whose message was put aside (aside.c) */
    uint32_t aside_count, aside_room;
    struct text topic;            /* of the last message that was tried */
    bool touched;                 /* by the batch under way */
    struct text trying;           /* what a daemon was trying when it died; absent: nothing */
    int32_t deaths;               /* so often */
    enum calendar_state calendar_state;   /* open cases up to `calendar_after` are reckoned by the calendar, or all */
    size_t calendar_after_length;
    char calendar_after[LIMIT_case_id_bytes_most + 1];
};

/* ---- open cases (cache.c) ---- */

struct dirty_step { uint16_t step; int32_t index; };

struct open_case {
    struct case_state state;
    struct arena arena;
    struct list by_use;           /* least recently used first */
    int32_t shard;
    int64_t timer_at_us;          /* in the store's row; TIME_NONE: no row */
    bool timer_known;
    bool timer_in_doubt;          /* an incident may stand open that says it was refused (rows.c) */
    bool fresh;                   /* not in the store before this batch */
    uint32_t *rows_written;       /* by step: how many of its rows stand in the store: its own, then its elements' in order */
    size_t counted_bytes;
    /* by the batch under way */
    bool touched;
    uint64_t last_batch;          /* serial of the batch that touched it last */
    uint32_t version_before;      /* the batch */
    struct vector dirty;          /* dirty_step */
};

struct known_definition { struct arena arena; const struct definition *definition; struct text hash; };

/* ---- a batch ---- */

enum origin_kind { ORIGIN_BUS, ORIGIN_INBOX, ORIGIN_TIMER, ORIGIN_CALENDAR, ORIGIN_INTERNAL };
struct pending {
    enum origin_kind origin;
    const struct bus_message *message;     /* ORIGIN_BUS */
    const struct store_inbox *row;         /* ORIGIN_INBOX */
    int32_t shard;
    struct input input;
    bool dead;                             /* refused before it came to a case: `error` says why */
    bool forwarded;
    struct error error;
};

struct batch {
    struct arena *arena;
    uint64_t serial;                       /* 1, 2, 3 … in this daemon's life */
    int64_t now_us;
    struct vector pending;                 /* struct pending */
    struct vector internal;                /* struct pending: sub-cases' inputs, in order */
    struct vector events, commands_of;     /* store_event; struct event (as decided) */
    struct vector shards, offsets, cases, steps, clocks, timers, incidents, closings, dead, forwards, inbox_done, answers, unsent;
    struct vector calendars;               /* struct store_calendar */
    struct vector notices;                 /* struct store_notice */
    struct vector dead_from;               /* struct pending: the messages among `dead` */
    struct vector touched;                 /* struct open_case * */
    struct conductor_meters counted;       /* added to the meters after the commit */
    uint32_t input_count;
    int64_t begun_us;                      /* monotonic */
    struct bus_message *messages;          /* LIMIT_batch_inputs_most of them */
    bool has_messages;                     /* of the bus's, to be given back to it */
    bool has_refused_timers;               /* put off, or gone: rows among `timers` */
    bool has_notes;                        /* of the daemon's own: put_aside, noted */
};

struct topic_known { struct text name, region, department; enum topic_kind kind; };

struct conductor {
    struct conductor_settings settings;
    struct conductor_ports ports;
    const struct directory *directory;
    struct arena arena;                    /* for settings' texts and topics; grows only with the directory */
    struct arena batch_arenas[2], turn_arena, catch_up_arena;
    struct batch batches[2];               /* one is decided while the store works on the other */
    struct batch *under_way;               /* handed to the store, its fate not known; NULL: none */
    uint64_t batch_serial;
    struct buffer scratch;
    struct message_schemas *messages_known; /* in `arena` */

    bool store_open, store_away_said, bus_started, draining, assignment_stale;
    bool doubtful;                         /* something the batch under way asked for was not to be had: a definition, memory */
    bool look_for_mine;                    /* shards may stand under our name that are not ours */
    int64_t reopen_at_us, reopen_wait_us;
    int32_t shard_count;
    struct shard *shards;                  /* shard_count of them */
    struct map topics;                     /* name -> struct topic_known */
    struct map cases;                      /* id -> struct open_case */
    struct list cases_by_use;
    size_t cache_bytes;
    struct arena journal_arena;            /* of the journals that are read now */
    struct vector unreadable;              /* struct text: of the batch that is decided, the cases left out; in its arena */
    struct map definitions;                /* hash -> struct known_definition */
    struct map current;                    /* thing -> struct text * (hash) */
    struct arena current_arena;
    struct known_calendar *calendars;      /* newest first */
    const struct calendar *calendar;       /* the newest; NULL: none was published, weekends alone are off */
    int64_t heartbeat_at_us, inbox_at_us, timers_at_us, definitions_at_us, calendar_at_us, mark_at_us;
    bool inbox_hint;
    uint32_t batch_most;                   /* 1 while a batch that was refused is taken apart */
    uint32_t careful_left;                 /* inputs until batches are whole again */
    bool careful;                          /* name each input before it is read (poison.c) */
    struct { uint64_t name; uint32_t tries; } no_room[8];   /* inputs for which, alone, there was no memory, by their names' hash */
    struct vector put_aside;               /* struct store_unsent, for the next batch; in aside_arena */
    struct vector noted;                   /* struct store_incident, likewise: those of no case */
    struct arena aside_arena;
    struct vector dead_waiting;            /* struct bus_publication: dead letters whose topic is looked up; in dead_arena */
    uint32_t dead_sent;                    /* of them */
    struct map task_logs;                  /* topic/partition -> struct task_log (again.c), in `arena` */
    uint32_t again_open;                   /* of them, those whose tasks go out again */
    uint32_t again_under_way;              /* messages that did, and are not told of */
    bool bus_told_away;
    int64_t again_at_us;
    struct arena dead_arena;               /* bounded: beyond it a dead letter stands in the store alone */
    struct bus_message messages[2][LIMIT_batch_inputs_most];
    struct conductor_meters meters;
};

/* ownership.c */
enum outcome ownership_open_store(struct conductor *, int64_t now_us);
void ownership_keep(struct conductor *, int64_t now_us);          /* heartbeat, take, let go */
void ownership_drop_all(struct conductor *, const char *why);     /* after anything doubtful */
void ownership_drop(struct conductor *, int32_t shard);
void ownership_assign(struct conductor *);                        /* tells the bus what to read */

/* cache.c */
struct open_case *cache_find(struct conductor *, struct text case_id);
/* Loads those of `ids` that are not in memory. RETRY: the store is away. FATAL: no memory. A case that is not in the store
 * is not made. */
enum outcome cache_load(struct conductor *, const struct text *ids, uint32_t count, struct arena *, struct error *);
/* The journals of these cases, in journal_arena, which is emptied first. REJECT: they can't be read, by the store or for their
 * size; one alone may be. */
enum outcome cache_read_journals(struct conductor *, const struct text *ids, uint32_t count, struct store_event **ret,
                                 uint32_t *ret_count, struct error *);
/* What it means that journal_arena gave no more. REJECT: it is full. FATAL: there is no memory. */
enum outcome cache_short_of_memory(const struct conductor *, struct error *);
/* Has it a journal that could not be read for this batch? */
bool cache_is_unreadable(const struct conductor *, struct text case_id);
/* An empty case on `definition`, in memory only. NULL: no memory. */
struct open_case *cache_make(struct conductor *, struct text case_id, const struct definition *);
void cache_forget(struct conductor *, struct open_case *);
void cache_forget_shard(struct conductor *, int32_t shard);       /* -1: all */
void cache_trim(struct conductor *);
void cache_count(struct conductor *, struct open_case *);

/* definitions.c */
/* By hash, from memory or the store; NULL when it can't be had. */
const struct definition *definitions_get(struct conductor *, struct text hash, struct error *);
const struct definition *definitions_current(struct conductor *, struct text thing, struct error *);
void definitions_forget(struct known_definition *);
void definitions_refresh(struct conductor *, int64_t now_us);

/* calendar.c */
/* The newest calendar and how far the owned shards have come with it. False: the store did not say, and the shards were
 * dropped. */
bool calendar_keep(struct conductor *, int64_t monotonic_us);
/* Are there cases still to be reckoned by the calendar that holds? */
bool calendar_is_behind(const struct conductor *);
enum outcome calendar_gather(struct conductor *, struct batch *, struct error *);
void calendar_committed(struct conductor *, const struct batch *);
void calendar_free_all(struct conductor *);

/* intake.c: what arrived becomes pending inputs. Not OK: nothing may be decided. */
enum outcome intake_message(struct conductor *, struct batch *, const struct bus_message *, struct error *);
enum outcome intake_numbers(struct conductor *, struct batch *, struct error *);   /* when all messages are taken in */
enum outcome intake_materials(struct conductor *, struct batch *, struct error *); /* when they have their numbers; materials.c */
enum outcome intake_inbox(struct conductor *, struct batch *, const struct store_inbox *, struct error *);
enum outcome intake_timer(struct conductor *, struct batch *, const struct store_due *, struct error *);
enum outcome intake_calendar(struct conductor *, struct batch *, const struct store_case_place *, struct error *);

/* forward.c: messages carried to the shard they belong to */
bool forward_write(struct batch *, struct pending *, int32_t shard);
bool forward_is_message(const struct store_inbox *);
/* REJECT: the row is not as forward_write made it. */
enum outcome forward_read(struct batch *, const struct store_inbox *, const struct bus_message **ret, struct text *ret_case,
                          struct error *);

/* batch.c: a batch's life. While one is in the store's hands (c->under_way), the next is decided upon the state that it
 * leaves in memory; whatever is wrong with the first takes both. */
/* An empty batch, in the memory that the one under way does not use. */
struct batch *batch_make(struct conductor *);
/* Decides everything and makes the rows. Not OK: nothing was written. */
enum outcome batch_decide(struct conductor *, struct batch *, struct error *);
/* Hands it to the store. */
enum outcome batch_send(struct conductor *, struct batch *, struct error *);
/* Waits for what is under way. OK: *ret_landed (NULL: nothing was) is in the store, and batch_publish is owed to it.
 * Else the shards are to be taken afresh. */
enum outcome batch_land(struct conductor *, struct batch **ret_landed, struct error *);
/* Sends what a landed batch asks for and is done with it; the store may have the next one in hand already. */
void batch_publish(struct conductor *, struct batch *);
/* Its messages go back to the bus. */
void batch_release(struct conductor *, struct batch *);
/* From now on one input a batch, until so many went well as a batch may have: what is too much together may go alone. */
void batch_take_apart(struct conductor *);
/* To be called for each of many things that are `done` while the store may have a batch under way: gives it now and then what
 * it could not take at once. */
void batch_push(struct conductor *, uint32_t done);
int32_t conductor_shard_of(const struct conductor *, struct text case_id);

/* decide.c: one pending input through the engine, into the batch */
enum outcome decide_pending(struct conductor *, struct batch *, struct pending *, struct error *);

/* publish.c, conductor.c: an incident that belongs to no case; its texts live in aside_arena */
void note_incident(struct conductor *, int32_t shard, struct text case_id, struct text id, struct text code, struct text message);

/* rows.c: what the store is told of the touched cases */
/* clocks.c: clocks of a touched case, which of the law's days its calendar says */
struct calendar;
bool rows_clocks(struct batch *, const struct open_case *, const struct calendar *);
bool rows_gather(struct conductor *, struct batch *);
/* notices.c: an event that people are told of becomes a row. */
bool rows_notice(struct batch *, const struct open_case *, const struct event *);
bool rows_answer(struct batch *, const struct pending *, int32_t status, struct text body);
bool rows_problem(struct batch *, const struct pending *);
/* Of a timer's input: what was due is done; it was refused (of a calendar's, too, at which the daemon died). `dead`: not
 * soon again. */
bool rows_timer_done(struct batch *, struct open_case *);
bool rows_timer_refused(struct conductor *, struct batch *, const struct pending *, bool has_case);
/* The step, or the element of it, that the event is about, as it stands; NULL: none. */
const struct work_state *rows_work(const struct open_case *, const struct event *);
/* An event that opens or closes incidents or disputes. */
bool rows_incident(struct batch *, const struct open_case *, const struct event *);
/* answered_for.c: an answer recorded on a department's behalf, as an incident that is over. False: no memory. */
bool rows_answered_for(struct batch *, const struct open_case *, const struct event_list *);

/* poison.c */
void poison_taken(struct conductor *, struct shard *, const struct store_shard *taken);
/* Names the input, or marks it dead. To be called before anything of it is read; not OK: it may not be tried. */
enum outcome poison_name(struct conductor *, struct batch *, struct pending *, struct error *);
/* There was no memory for the batch. */
void poison_no_room(struct conductor *, const struct batch *);

/* aside.c */
bool aside_has(const struct shard *, int64_t seq);
/* Is a message of it put aside and not yet written down? Nothing behind it leaves before: whoever takes the shard meanwhile would
 * send it then, behind those. */
bool aside_waits(const struct conductor *, const struct shard *);
void aside_pass(struct shard *, int64_t acknowledged);            /* those up to here are done with */
void aside_put(struct conductor *, struct shard *, int64_t seq, struct text topic, const char *reason);
/* Up to where everything has arrived or stands among the unsent in the store. */
int64_t aside_settled(const struct conductor *, const struct shard *);
void aside_forget(struct conductor *, int32_t shard);             /* -1: all that is to be written */
/* Tasks and their like that were put aside become inputs of their cases: whoever waits for the answer needs a person. */
enum outcome aside_gather(struct conductor *, struct batch *, struct error *);

/* again.c: tasks that have left their topic */
bool again_turn(struct conductor *, int64_t monotonic_us);       /* true: there is more to do at once */
void again_begins(struct conductor *, const struct bus_notice *); /* what the bus says of one partition */
void again_forget(struct conductor *);                            /* the next look finds everything anew */

/* conductor.c: a topic by its name, known from now on; NULL: no memory */
const struct topic_known *conductor_know_topic(struct conductor *, struct text name);

/* publish.c */
void publish_batch(struct conductor *, struct batch *);           /* after its commit */
void publish_dead_letters(struct conductor *, struct batch *);    /* likewise, to the dead-letter topic */
void publish_dead_again(struct conductor *);
/* One message of the journal once more, which nobody waits for: should it fail, again_forget has it tried again. */
enum outcome publish_again(struct conductor *, int32_t shard, struct text case_id, const struct command *, struct arena *,
                           struct error *);
void publish_bus_back(struct conductor *, int64_t monotonic_us);
void publish_deliveries(struct conductor *, int64_t monotonic_us);
void publish_catch_up(struct conductor *, int64_t monotonic_us);  /* what lies above sent_seq, from the store */
/* When the first shard that is behind goes on, or `otherwise_us` when that is earlier. */
int64_t publish_next_resume(const struct conductor *, int64_t otherwise_us);
int64_t publish_acknowledged(const struct shard *);
void publish_forget(struct shard *, struct conductor *);
/* Has every shard its share of what may wait for acknowledgements? Then nothing more is taken in. */
bool publish_is_full(const struct conductor *);

static inline int64_t conductor_now(const struct conductor *c) { return c->ports.clock.now_us(c->ports.clock.context); }
static inline int64_t conductor_monotonic(const struct conductor *c) {
    return c->ports.clock.monotonic_us(c->ports.clock.context);
}
#define METER_ADD(c, name, n) __atomic_add_fetch(&(c)->meters.name, (n), __ATOMIC_RELAXED)
#define METER_SET(c, name, n) __atomic_store_n(&(c)->meters.name, (n), __ATOMIC_RELAXED)

#endif
