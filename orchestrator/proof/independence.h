/* Which steps may disturb each other, so that of all others the moves need be tried in one order only.
 *
 * Two steps at work are independent when in whatever order they go on the case comes to the same: their ends are looked
 * at by joins, and a join `all` without a deadline opens, or can't be met, however the ends before it came. What is not
 * independent, as long as it can still happen:
 *  - a step that may close or undo the case by its refusal or expiry, as long as others may be at work then: with every
 *    step that does not wait for its end;
 *  - the needs of a join that may open before all have ended (any, at least, by deadline), and what these wait for;
 *  - waits for the same signal;
 *  - the lookup of a material that is out, and the steps that are given it;
 *  - steps whose time is over at the same moment.
 * While a case stops nothing begins and no policy is followed: every step is on its own. Pure. */
#ifndef YJS_PROOF_INDEPENDENCE_H
#define YJS_PROOF_INDEPENDENCE_H

#include "model/case.h"
#include "proof/data.h"

struct dependence {
    uint16_t while_step;
    bool until_opened;   /* else: until it has ended */
    bool while_asked;    /* … and not before it was asked */
    struct step_set members;
};
struct independence { const struct data *data; const struct definition *definition; struct dependence *at; uint32_t count; };

bool independence_make(struct independence *, const struct data *, struct arena *);
/* The steps to try now: those of *seeds with all that any of them is not independent of. */
void independence_grow(const struct independence *, const struct case_state *, struct step_set *seeds);

#endif
