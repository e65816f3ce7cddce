/* The conductor: the only place that knows the order of things. It owns the shards that are this daemon's, reads their
 * messages, commands and timers, lets the engine decide, writes each batch in one transaction, and publishes what was
 * written. DESIGN §5 is its law.
 *
 * It is stepped: conductor_turn does what can be done now and says when it wants to be called again. It waits for
 * nothing but the store. All state that a crash may lose can be read again from the store; after anything doubtful it
 * drops its shards and takes them afresh, by the same code as any take-over.
 *
 * Thread: one, except conductor_read_meters. */
#ifndef YJS_CONDUCTOR_CONDUCTOR_H
#define YJS_CONDUCTOR_CONDUCTOR_H

#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "model/directory.h"
#include "port/bus.h"
#include "port/clock.h"
#include "port/store.h"

struct conductor_settings {
    struct text instance;             /* this daemon's name; a restart under it takes its shards at once */
    struct text region;               /* of this installation: intake, life-cycle and dead-letter topics */
    uint32_t batch_inputs_most;       /* 1 … LIMIT_batch_inputs_most */
    size_t cache_bytes_most;          /* open cases kept in memory */
    int64_t member_ttl_us;            /* a daemon not seen for so long is dead */
    int64_t heartbeat_us;
    int64_t inbox_poll_us;            /* behind the NOTIFY hint, and for timers */
    int64_t definitions_poll_us;
    int64_t publish_give_up_us;       /* a message that can't be published for so long is put aside */
    int64_t tasks_check_us;           /* how often it is seen whether tasks have left their topics; 0: never */
    uint32_t publications_most;       /* handed to the bus and not acknowledged; each shard has its share; when all have, no new batch */
    bool life_cycle_steps;            /* step_ended on the case topic too */
    bool notices;                     /* people are told of what happens: such events become rows of notice_due */
    bool materials;                   /* there is a store of materials: what applications of the topic name is held against it */
    struct text url;                  /* stands before a material's path in its uri */
    struct text materials_elsewhere;  /* what addresses of other stores begin with, separated by commas: they are not looked up */
    bool crashed;                     /* this instance's last run ended by a fatal signal: begin carefully */
};

struct conductor_ports { struct store_port store; struct bus_port bus; struct clock_port clock; };

/* What has been counted since the start; written by the conductor, read by any thread. X(name, help) */
#define CONDUCTOR_COUNTERS(X) \
    X(inputs_applied, "inputs that changed a case") \
    X(inputs_duplicate, "inputs that had been applied before") \
    X(inputs_recorded, "inputs recorded without effect") \
    X(inputs_dead, "inputs that went to the dead letters") \
    X(inputs_forwarded, "messages carried to the shard they belong to") \
    X(events, "events written") \
    X(batches, "transactions committed") \
    X(batches_lost, "transactions that did not commit") \
    X(published, "messages acknowledged by the broker") \
    X(publish_failed, "deliveries that failed and were taken up again") \
    X(unsent, "messages put aside") \
    X(published_again, "messages published again because they had left their topic") \
    X(cases_started, "cases started") \
    X(cases_closed, "cases closed") \
    X(steps_asked, "tasks asked, attempts included") \
    X(steps_ended, "steps that ended") \
    X(answers_for, "answers recorded on a department's behalf (代錄)") \
    X(incidents, "incidents opened") \
    X(cases_loaded, "cases read from their journals") \
    X(calendar_cases, "open cases reckoned anew by a calendar that was published") \
    X(takeovers, "shards taken") \
    X(fenced, "shards lost to another daemon")
#define CONDUCTOR_GAUGES(X) \
    X(shards_owned, "shards that are this daemon's") \
    X(cache_cases, "open cases in memory") \
    X(cache_bytes, "bytes of open cases in memory") \
    X(publications_open, "messages handed to the broker and not acknowledged") \
    X(bus_lag, "messages to this daemon's shards that it has not taken yet; -1: not known") \
    X(store_up, "1 when the database answers") \
    X(bus_up, "1 when a broker answers") \
    X(ready, "1 when the daemon owns its shards and works") \
    X(batch_inputs_last, "inputs in the last batch") \
    X(batch_microseconds_last, "from the first decision to the commit of the last batch")

/* From an answer produced to its batch committed, which is when the next tasks leave: buckets of a histogram. */
#define CONDUCTOR_HAND_OFF_BOUNDS_US {1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 10000000}
enum { CONDUCTOR_HAND_OFF_BUCKETS = 13 };   /* the last is for what is longer */

struct conductor_meters {
    int64_t hand_offs[CONDUCTOR_HAND_OFF_BUCKETS], hand_off_sum_us;
#define X(name, help) int64_t name;
    CONDUCTOR_COUNTERS(X)
    CONDUCTOR_GAUGES(X)
#undef X
};

struct conductor;

/* Ports and directory are borrowed and must outlive it. FATAL: no memory. */
enum outcome conductor_create(const struct conductor_settings *, const struct conductor_ports *,
                              const struct directory *, struct conductor **ret, struct error *);
/* Does what can be done now. *ret_wake_at_us (monotonic clock): when to call again at the latest. FATAL: stop. */
enum outcome conductor_turn(struct conductor *, int64_t *ret_wake_at_us, struct error *);
/* A new directory (SIGHUP); the old one may be given back when this returns. */
void conductor_set_directory(struct conductor *, const struct directory *);
/* A hint that commands wait in the inbox. */
void conductor_hint_inbox(struct conductor *);
/* Would a turn take what the bus has now? False while the store is away or too much is unacknowledged: then the bus's
 * descriptor is not to be waited on, or waiting would be spinning. */
bool conductor_is_reading(const struct conductor *);
/* Takes in nothing new; true when all publications are acknowledged (or the time is over) and shards are let go. */
bool conductor_drain(struct conductor *, int64_t until_monotonic_us);
void conductor_free(struct conductor *);
void conductor_read_meters(const struct conductor *, struct conductor_meters *ret);

#endif
