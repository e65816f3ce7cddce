/* 好差評: the applicant rates a case once, after it has closed, on five levels. */
#include "engine/decision.h"

enum { RATING_LEAST = 1, RATING_MOST = 5 };   /* very dissatisfied … very satisfied */

enum outcome decide_rated(struct decision *d) {
    const struct input *in = d->input;
    if (in->level < RATING_LEAST || in->level > RATING_MOST)
        return error_set(d->error, OUTCOME_REJECT, "rating_bad", "a rating is %d to %d, not %u", (int)RATING_LEAST,
                         (int)RATING_MOST, (unsigned)in->level);
    if (d->draft.phase != CASE_CLOSED)
        return error_set(d->error, OUTCOME_REJECT, "case_open", "case %.*s is not closed yet; it is rated afterwards",
                         TEXT_ARG(d->draft.id));
    if (d->draft.rating == in->level) {
        record(d, NO_INDEX, FATE_DUPLICATE);
        return OUTCOME_OK;
    }
    if (d->draft.rating)
        return error_set(d->error, OUTCOME_REJECT, "rated_already", "case %.*s was rated %u already", TEXT_ARG(d->draft.id),
                         (unsigned)d->draft.rating);
    struct event rated = event_of(EVENT_CASE_RATED, in->at_us);
    rated.count = in->level;
    rated.reason = in->reason;
    rated.actor = in->actor;
    rated.source = in->source;
    rated.id = in->id;
    emit(d, &rated);
    return OUTCOME_OK;
}
