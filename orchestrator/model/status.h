/* The law's words for where a case stands: one table from the engine's events to the national vocabulary (申辦, 預受理,
 * 受理 …) and, where a platform says it otherwise, to a region's (Guangdong: 補交告知, 補交受理, 領取登記).
 *
 * The journal keeps the engine's states; API, messages and tools show these words beside them, in three languages. */
#ifndef YJS_MODEL_STATUS_H
#define YJS_MODEL_STATUS_H

#include "model/definition.h"
#include "model/event.h"

enum case_status {
    STATUS_NONE,
    STATUS_SUBMITTED,          /* 申辦 */
    STATUS_PRE_ACCEPTED,       /* 預受理 */
    STATUS_ACCEPTED,           /* 受理 */
    STATUS_NOT_ACCEPTED,       /* 不予受理 */
    STATUS_CORRECTION_ASKED,   /* 補正告知 */
    STATUS_CORRECTED,          /* 補正受理 */
    STATUS_SPECIAL_STARTED,    /* 特別程序申請 */
    STATUS_SPECIAL_ENDED,      /* 特別程序結果 */
    STATUS_EXAMINED,           /* 審批 */
    STATUS_CLOSED,             /* 辦結 */
    STATUS_DELIVERED,          /* 送達 */
    STATUS_COUNT
};
/* How a case ended (辦結), which of the engine's outcomes alone does not say: 退件 is a refusal before any acceptance. */
enum case_ending { ENDING_NONE, ENDING_GRANTED, ENDING_REFUSED, ENDING_PARTIAL, ENDING_RETURNED, ENDING_WITHDRAWN,
                   ENDING_TERMINATED, ENDING_VOID, ENDING_COUNT };

const char *status_name(enum case_status);            /* "submitted", "pre_accepted", … */
const char *ending_name(enum case_ending);
/* The words of `region` (44xxxx: Guangdong's), in zh-Hant, zh-Hans and English. */
struct title status_words(enum case_status, struct text region);
struct title ending_words(enum case_ending);

/* What one event says by itself: kind, answer, state, and whether its step hands over (a step_ended says so itself);
 * STATUS_NONE: nothing. */
enum case_status status_of_event(const struct event *, bool is_deliver);

/* A case's status is the fold of its events' in their order: one item that goes back to be received does not take back
 * what another has reached. */
struct case_status_fold {
    enum case_status now;
    bool was_accepted, is_closed;
    enum case_outcome outcome;
};
void status_take(struct case_status_fold *, const struct event *, bool is_deliver);
enum case_ending status_ending(const struct case_status_fold *);

#endif
