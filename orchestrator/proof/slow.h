/* Time: the longest way through the items' promises, and the slowest run in which everybody keeps what he promised. For
 * proof/ alone. */
#ifndef YJS_PROOF_SLOW_H
#define YJS_PROOF_SLOW_H

#include "proof/script.h"

/* Working days step by step; what never happens takes none. False: no memory. */
bool slow_way(struct explorer *, struct proof_report *);

/* Plays a case in which each item takes all of its promise; whoever has promised nothing answers at once or, `silent`,
 * not before a deadline ends the silence; applicants act at once. OK: *ret is the state at the end. A wait for a time is
 * not counted against a promise: *ret_waited. REJECT: the engine refused something. */
enum outcome slow_run(struct explorer *, uint16_t form, bool silent, struct position *ret, struct played *, bool *ret_waited,
                      struct error *);

#endif
