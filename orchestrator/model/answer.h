/* What a department can say, and what becomes of what it said. */
#ifndef YJS_MODEL_ANSWER_H
#define YJS_MODEL_ANSWER_H

#include <stdbool.h>
#include "base/text.h"

enum answer_kind {
    ANSWER_NONE,
    ANSWER_RECEIVED, ANSWER_ACCEPTED, ANSWER_NOT_ACCEPTED, ANSWER_CORRECTION, ANSWER_SPECIAL_START,
    ANSWER_SPECIAL_END, ANSWER_EXTEND, ANSWER_RESULT, ANSWER_REJECTED, ANSWER_CANCELLED, ANSWER_CANCEL_REFUSED,
    ANSWER_ERROR,
    ANSWER_KIND_COUNT
};

/* Where an input ended when it had no effect on the flow; also the metric's label. */
enum answer_fate {
    FATE_APPLIED,
    FATE_DUPLICATE,         /* same (source, id), or the same final content again */
    FATE_CASE_CLOSED,       /* recorded */
    FATE_NOT_ASKED,         /* recorded: the step waits or was skipped */
    FATE_OLDER_ATTEMPT,     /* recorded */
    FATE_LATE,              /* recorded: the step had expired or been cancelled */
    FATE_SPENT,             /* recorded: nothing waits for it any more */
    FATE_DISPUTED,          /* a second final answer that differs: the first stands, a dispute is open */
    FATE_OUT_OF_PLACE,      /* recorded: the kind does not fit the step's state (a cancelled without a cancel) */
    FATE_COUNT
};

const char *answer_kind_name(enum answer_kind);          /* the message's `type` */
bool answer_kind_parse(struct text, enum answer_kind *ret);
/* not_accepted, result, rejected, cancelled end an attempt for good. */
bool answer_kind_is_final(enum answer_kind);
const char *answer_fate_name(enum answer_fate);
bool answer_fate_parse(struct text, enum answer_fate *ret);

#endif
