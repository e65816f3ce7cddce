/* What the checker keeps: its own fold of every journal, and every publication that a committed event asks for. */
#ifndef YJS_TESTS_SIMULATION_SIM_CHECK_H
#define YJS_TESTS_SIMULATION_SIM_CHECK_H

#include "engine/engine.h"
#include "sim.h"

struct check_case { struct case_state state; struct arena arena; uint64_t stamp; };
struct check_pub { struct text id; int32_t shard; int64_t seq; uint64_t digest; bool handed; uint32_t landed; bool unsent; bool refused; /* for good, once: it may have been overtaken */ };
struct check_shard { int64_t next_seq; struct vector pubs; /* struct check_pub * */ uint32_t handed, confirmed; };

/* The last message of the journal that first landed in a partition of a topic. */
struct check_order { struct text topic; int32_t partition; int64_t last_seq; struct text last_id; };

struct checker {
    struct sim *sim;
    struct map cases, pubs, effects;
    struct check_shard *shards;
    struct vector case_list, orders;
    struct arena batch;                    /* of the batch being looked at */
    struct vector events;                  /* struct event, decoded */
    uint64_t stamp;
    char unfinished[256];
};

/* sim_check_case.c: one event against the case it is of, before it is applied; then the rows against the fold. */
void check_event(struct sim *, const struct case_state *, const struct event *);
void check_rows(struct sim *, const struct check_case *);
/* sim_check_calendar.c */
void check_calendars(struct sim *, const struct store_batch *);
bool check_calendar_is_done(struct sim *, int32_t shard);

#endif
