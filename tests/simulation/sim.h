/* The simulation's world: one seed, one clock, one thread. Daemons are coroutines, so that they can be stopped within a
 * port call; everything else is events on a heap.
 *
 * sim_fail ends the seed: what comes after it in a coroutine is never run. */
#ifndef YJS_TESTS_SIMULATION_SIM_H
#define YJS_TESTS_SIMULATION_SIM_H

#include <setjmp.h>
#include <ucontext.h>

#include "bus_fake.h"
#include "calendar/calendar.h"
#include "conductor/conductor.h"
#include "model/definition.h"
#include "model/directory.h"
#include "store_fake.h"

enum { SIM_DAEMONS_MOST = 4, SIM_THINGS = 11, SIM_CALENDARS = 3, SIM_STACK_BYTES = 1 << 20 };

#define SIM_REGION "441300"
#define SIM_EPOCH_US INT64_C(1830297600000000)   /* Saturday, 1 January 2028, 8 o'clock in China */
#define MS INT64_C(1000)

/* ---- definitions, compiled once a process (sim_things.c) ---- */

struct sim_thing { struct text thing, hash, canonical; const struct definition *definition; };
struct sim_calendar { struct text canonical; const struct calendar *calendar; };
struct sim_things {
    struct arena arena;
    const struct directory *directory;
    struct sim_thing things[SIM_THINGS];   /* the last is a newer version of the first */
    struct sim_calendar calendars[SIM_CALENDARS];   /* in the order of their publication */
};
bool sim_things_make(struct sim_things *);
void sim_things_free(struct sim_things *);
const struct definition *sim_things_find(const struct sim_things *, struct text hash);

/* What daemons compile is taken from `things` (sim_known.c), while it is used. False: no memory. */
bool sim_known_begin(struct sim_things *things);
void sim_known_end(void);
void sim_known_use(bool used);

/* ---- a seed's temper ---- */

struct sim_profile {
    int32_t shards;
    uint32_t daemons, cases;
    uint32_t crash, pause, lost, busy, unknown;   /* chances in a million: per port call; unknown: per commit */
    uint32_t publish_fails, publish_impossible, publish_untold;
    int64_t store_latency_us, bus_latency_us;
    bool deadly;                                  /* inputs that are tried alone kill (poison.c) */
    bool late_topics, topics_removed, rebalance, night, bad_messages, small_cache, small_queue, store_outage, disk_full, bus_outage, steps_on_case_topic;
    int64_t storm_us;                             /* when it ends, healing begins */
};

/* ---- one harm a run (sim_torture.c) ---- */

/* X(name, what happens, which is counted): each kind has places of its own, counted from 0 in the order they are met. */
#define SIM_HARMS(X) \
    X(crash_before, "the daemon dies before a call of a port") \
    X(crash_after, "the daemon dies after a call of a port") \
    X(standstill, "the daemon stands still within a call of a port, long enough to be taken for dead") \
    X(store_busy, "the store refuses a call for now") \
    X(store_lost, "the store's session is gone before a call") \
    X(commit_unknown_done, "a commit's fate is unknown: it was done") \
    X(commit_unknown_not, "a commit's fate is unknown: it was not done") \
    X(bus_retry, "the bus does not take a call for now") \
    X(bus_fatal, "the bus's client can't go on") \
    X(publication_fails, "a publication is not delivered") \
    X(publication_untold, "a publication lands and its failure is told") \
    X(publication_impossible, "a publication is refused for good") \
    X(no_memory, "an allocation is refused")
enum sim_harm {
    HARM_NONE,
#define X(name, what) HARM_##name,
    SIM_HARMS(X)
#undef X
    HARM_COUNT
};
struct sim_torture { enum sim_harm harm; uint64_t at, seen; bool struck; };

/* ---- troubles of a seed, and which of them it takes to fail (sim_shrink.c) ---- */

enum { SIM_TROUBLES_MOST = 4096 };
/* Troubles are numbered as they are met; one that is spared was drawn and does not happen. */
struct sim_troubles { bool spared[SIM_TROUBLES_MOST]; uint32_t count; };
/* Spares one trouble after the other, halves first, as long as the seed still fails. `play` plays with `troubles` and
 * gives whether it failed. The number that are left. */
uint32_t sim_shrink(struct sim_troubles *, bool (*play)(void *context, struct sim_troubles *), void *context);

struct sim;
struct case_state;
struct event;
struct sim_event { int64_t at_us; uint64_t order; void (*run)(struct sim *, void *argument); void *argument; };

struct sim_daemon {
    struct sim *sim;
    uint32_t number, life;        /* life: rises with every start */
    char name[16];
    ucontext_t context;           /* its beginning; from then on `at` */
    sigjmp_buf at;
    void *stack;
    bool begun, alive, idle, wants_end, draining;
    uint64_t wake_token;
    int64_t wake_at_us;
    struct conductor *conductor;
    struct store_client *store;
    struct bus_client *bus;
    bool died;                    /* its last life ended by a crash */
    bool in_port;                 /* what is allocated now is not the daemon's own */
};

struct checker;                   /* sim_check.c */
struct world;                     /* sim_world.c */

struct sim {
    uint64_t seed, random;
    bool verbose, healing, failed;
    char fault[512];
    struct arena arena;
    struct sim_things *things;
    struct sim_profile profile;
    struct sim_torture torture;
    struct sim_troubles *troubles;
    int64_t now_us;
    struct sim_event *heap;
    uint32_t heap_count, heap_room;
    uint64_t event_order;
    ucontext_t scheduler;
    sigjmp_buf scheduler_at;
    struct sim_daemon *current;
    struct sim_daemon daemons[SIM_DAEMONS_MOST];
    void *stacks[SIM_DAEMONS_MOST];
    struct store_truth store;
    struct bus_truth bus;
    int64_t store_away_until_us, disk_full_until_us;
    struct checker *checker;
    struct world *world;
    uint64_t trace;               /* a hash of all that happened */
    uint64_t calls, commits, crashes, pauses, unknowns;
    uint32_t cases_closed;
};

/* ---- mutations (sim_mutations.c) ---- */
/* Faults that are switched on by name for the whole process; false: there is none of that name. */
bool sim_mutation_set(struct text name);
void sim_mutation_apply(struct sim *);
/* Every mutation must be caught within `seeds`; `play` gives whether a seed failed. The number that were not. */
uint32_t sim_mutations_run(uint64_t from, uint64_t seeds, bool (*play)(void *context, uint64_t seed), void *context);

/* ---- torture (sim_torture.c) ---- */
/* Is this the place where the run's one harm is to happen? To be asked at every place of its kind. */
bool sim_strikes(struct sim *, enum sim_harm);
/* A small calm run for each place of each harm (`only`: of this one), every `stride`-th of them from `from` on; `play`
 * gives what was wrong, or nothing. The number of runs that were wrong. */
typedef const char *sim_torture_play(void *context, struct sim_torture *);
uint32_t sim_torture_run(struct text only, uint64_t from, uint64_t stride, sim_torture_play *play, void *context);
void sim_torture_profile(struct sim_profile *);
const char *sim_harm_name(enum sim_harm);
extern struct sim_torture sim_torture_now;   /* for the last words of a process that aborts */

/* ---- chance and time (sim_core.c) ---- */
uint64_t sim_draw(struct sim *);
uint32_t sim_below(struct sim *, uint32_t bound);
bool sim_chance(struct sim *, uint32_t in_a_million);
int64_t sim_between(struct sim *, int64_t least, int64_t most);
/* Chance's no to what should go well: as sim_chance, numbered, and perhaps spared. */
bool sim_trouble(struct sim *, uint32_t in_a_million, const char *what);
void sim_at(struct sim *, int64_t at_us, void (*run)(struct sim *, void *), void *argument);
bool sim_step(struct sim *, int64_t until_us);   /* the next event; false: none before `until_us` */
void sim_fail(struct sim *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_say(struct sim *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_trace(struct sim *, struct text);
int64_t sim_now(void *sim);

/* From the scheduler into a daemon's coroutine, and back from within it. */
void sim_enter(struct sim_daemon *);
void sim_leave(struct sim_daemon *);

/* ---- daemons (sim_daemon.c) ---- */
void sim_daemons_begin(struct sim *);
void sim_daemon_start(struct sim *, uint32_t number);
void sim_daemon_wake(struct sim_daemon *, int64_t at_us);
void sim_daemons_wake_readers(struct sim *, int32_t partition);
void sim_daemons_heal(struct sim *);
void sim_daemons_end(struct sim *);
struct store_hooks sim_store_hooks(struct sim *);
struct bus_hooks sim_bus_hooks(struct sim *);

/* ---- the others: applicants, departments, operators (sim_world.c, sim_department.c) ---- */
void sim_world_begin(struct sim *);
void sim_world_landed(struct sim *, const struct bus_message *);
void sim_world_heal(struct sim *);
/* Nothing is left that they still want to do. */
bool sim_world_is_done(struct sim *);
void sim_world_free(struct sim *);

/* ---- what was met (sim_coverage.c) ---- */
void sim_coverage_event(const struct case_state *before, const struct event *);
/* A line for each kind of input, event, step, answer and fate; gives how many were never met without a reason. */
uint32_t sim_coverage_say(void);

/* ---- invariants (sim_check.c) ---- */
void sim_check_begin(struct sim *);
void sim_check_applying(struct sim *, struct store_client *, const struct store_batch *);
void sim_check_applied(struct sim *, struct store_client *, const struct store_batch *);
void sim_check_handed_over(struct sim *, const struct bus_publication *);
void sim_check_landed(struct sim *, const struct bus_message *);
void sim_check_refused(struct sim *, const struct bus_publication *);
/* NULL when all has come to its end; else what has not. */
const char *sim_check_unfinished(struct sim *);
/* An open incident says so, of this case or (TEXT_NONE) of any. */
bool sim_check_timer_put_off(struct sim *, struct text case_id);
void sim_check_end(struct sim *);
void sim_check_free(struct sim *);
struct text sim_header(const struct bus_header *headers, uint32_t count, const char *name);

#endif
