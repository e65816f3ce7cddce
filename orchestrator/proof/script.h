/* What was found as a script of `thing run`: the application, every input with its moment, and the state at the end as
 * `expect`, so that whoever doubts can see it happen. For proof/ alone. */
#ifndef YJS_PROOF_SCRIPT_H
#define YJS_PROOF_SCRIPT_H

#include "proof/explore.h"

/* Inputs that were played, in order. */
struct played { struct input *at; uint32_t count, room; };
bool played_add(struct played *, struct arena *, const struct input *);

/* Plays the way to `node` again; *ret is the state there. False: no memory. */
bool script_replay(struct explorer *, uint32_t node, struct position *ret, struct played *);
/* Lets what is due by itself come to its end, as `thing run` does behind its last input. False: no memory. */
bool script_let_time_pass(struct explorer *, struct position *);
/* The script's text (YAML). `steps`: those whose state is expected; the case's own state and outcome always are, and
 * when it closed if `closing`. Absent: no memory. */
struct text script_write(struct explorer *, const struct position *, const struct played *, const struct step_set *steps,
                         bool closing, struct text comment);

#endif
