/* What the simulated outside shares: tasks that departments have seen, and what they still mean to do. */
#ifndef YJS_TESTS_SIMULATION_SIM_WORLD_H
#define YJS_TESTS_SIMULATION_SIM_WORLD_H

#include "sim.h"

struct task {
    struct text id, type, case_id, step, department;
    char attempt[12];
    bool final_sent;              /* or on its way */
    uint32_t answers;             /* for their ids */
    struct action *last;          /* the last answer, to be sent again */
};

/* A message or command on its way from outside. */
struct action {
    struct world *world;
    struct task *task;
    struct text topic, key, value, command_key;
    int32_t partition;
    struct bus_header headers[12];
    uint32_t header_count;
    bool is_command;
};

struct world {
    struct sim *sim;
    struct map tasks, handled;    /* incidents, signals that were dealt with */
    struct vector task_list;
    uint32_t pending, commands;
};

void world_send(struct sim *, struct action *, int64_t at_us);
/* An HTTP command; `data` is its JSON. */
void world_command(struct sim *, struct text root, struct text data, int64_t at_us);
void world_department(struct sim *, struct text department, const struct bus_message *);
void world_department_heals(struct sim *);
void world_operator_tick(struct sim *, void *);
void world_applicants_tick(struct sim *);
/* Parties, materials, trust, an offer: what an application of `thing` has beside its form, JSON. */
struct text world_extra(struct sim *, struct text thing);

#endif
