/* Outcomes and errors: one result type for everything that can fail.
 *
 * A function that can fail returns an outcome and fills the error it was handed (which may be NULL when the caller
 * does not care). `ret_` parameters are written only on OUTCOME_OK.
 */
#ifndef YJS_BASE_ERROR_H
#define YJS_BASE_ERROR_H

#include "text.h"

enum outcome {
    OUTCOME_OK = 0,
    OUTCOME_RETRY,     /* not now: the other side is away or busy; trying again later may succeed */
    OUTCOME_REJECT,    /* the input is bad; trying again will not help; the error says why and what to do */
    OUTCOME_FATAL,     /* our own state can't be trusted or the system has no memory: stop or start afresh */
};

#define ERROR_CODE_SIZE 64
#define ERROR_MESSAGE_SIZE 512

struct error {
    enum outcome outcome;
    char code[ERROR_CODE_SIZE];        /* stable, snake_case, documented: programs may rely on it */
    char message[ERROR_MESSAGE_SIZE];  /* for people: what is wrong and what to do; may change */
};

/* Fills *error (when not NULL) and returns `outcome`, so that a caller writes `return error_set(...)`. A message too
 * long for its field ends with "…" at a code point's edge; line ends and tabs in it become blanks: it is one line. */
enum outcome error_set(struct error *, enum outcome, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The one for refused allocations: OUTCOME_FATAL, code "out_of_memory". */
enum outcome error_no_memory(struct error *);
const char *outcome_name(enum outcome);   /* "ok", "retry", "reject", "fatal" */

#endif
