/* Consent: what is fetched with the party's consent (or the guardian's) may be withdrawn (個人信息保護法 15, 16); a duty of the
 * law and a court's appointment may not. It comes as a signal of a name of its own and is kept as one, so that every lookup
 * that would be asked later finds it. */
#include "engine/kinds.h"

#define WITHDRAWN "consent_withdrawn"

static bool is_consent(struct text basis) {
    return text_is(basis, "consent") || text_is(basis, "separate_consent") || text_is(basis, "guardian");
}

bool consent_takes(const struct decision *d, struct text signal) {
    bool waits = false, asks = false;
    for (uint16_t i = 0; text_is(signal, WITHDRAWN) && i < d->definition->step_count; i++) {
        waits = waits || (step_of(d, i)->kind == STEP_WAIT && text_equal(step_of(d, i)->wait.signal, signal));
        asks = asks || (step_of(d, i)->kind == STEP_LOOKUP && is_consent(step_of(d, i)->lookup.basis));
    }
    return asks && !waits;   /* a definition may mean a signal of its own */
}

bool consent_is_withdrawn(const struct decision *d, uint16_t step) {
    if (step_of(d, step)->kind != STEP_LOOKUP || !is_consent(step_of(d, step)->lookup.basis) || !consent_takes(d, TEXT(WITHDRAWN)))
        return false;
    for (uint32_t i = 0; i < d->draft.signal_count; i++)
        if (text_is(d->draft.signals[i].name, WITHDRAWN))
            return true;
    return false;
}
