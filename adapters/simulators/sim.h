/* What every simulated department has: options, fates drawn from a seed and the task's id, results from templates, and
 * a record of what it did, appended line by line, to be compared later with what the other side believes. */
#ifndef YJS_SIMULATORS_SIM_H
#define YJS_SIMULATORS_SIM_H

#include "base/json.h"
#include "settings.h"
#include "template.h"

#define SIM_OPTIONS_MOST 12
/* A further option of one simulator. */
struct sim_option { const char *name, *fallback, *help; const char *value; };

struct sim {
    const char *name, *help;
    uint64_t seed;
    struct setting_range latency;
    double refuse, fail;
    int record_fd;
    struct node *results;              /* step -> result template; NULL: {} */
    struct sim_option *options;        /* its own; ends with name NULL */
};

/* Reads --seed --latency --refuse --fail --record --results and the simulator's own. Exits on bad ones, and on --help. */
void sim_options(struct sim *, int count, char **arguments);
const char *sim_option(const struct sim *, const char *name);
/* The same as an integer of 0 to `most`; exits when it is none. */
int sim_option_number(const struct sim *, const char *name, int most);
/* How long this task's work takes. */
int64_t sim_latency_us(const struct sim *, struct text task);
/* Does this try (from 1) of the task fail? Never from the fifth try on, so that work ends. */
bool sim_fails(const struct sim *, struct text task, unsigned try_number);
/* The answer to a task envelope ({task, number, step, input …}): {"kind": "result", …} or {"kind": "rejected", …}. */
void sim_answer(const struct sim *, const struct json *envelope, struct buffer *out);
/* One line {"at", "what", "task", "data"}; `data` is JSON or absent. One write(2). Any thread. */
void sim_record(const struct sim *, const char *what, struct text task, struct text data);
void sim_sleep_us(int64_t);
int64_t sim_now_us(void);

#endif
