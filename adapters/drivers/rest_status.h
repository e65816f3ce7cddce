/* What an HTTP status of a department's system means for its task: a table, with the configuration's rows over it. */
#ifndef YJS_DRIVERS_REST_STATUS_H
#define YJS_DRIVERS_REST_STATUS_H

#include "node.h"

enum rest_meaning {
    MEANS_ANSWER,      /* the body is the answer */
    MEANS_TAKEN,       /* it has the task (now or already); the answer comes later */
    MEANS_PENDING,     /* no decision yet */
    MEANS_REJECT,      /* refused: the body's `reason` */
    MEANS_NEVER,       /* `error`, not retryable */
    MEANS_AGAIN,       /* retried here, then `error`, retryable */
    MEANS_HELD,        /* the system is away: held, breaker */
};
/* `step` and `general` are the maps of the configuration, or NULL. */
enum rest_meaning rest_meaning(int status, const struct node *step, const struct node *general);
void rest_check_statuses(const struct node *, struct faults *);

#endif
