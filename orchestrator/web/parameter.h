/* Query parameters: what each may say, as one table. Which ones a route takes stands in its row of route_table, as
 * "thing,phase"; "state:step_state" is the parameter `state` held against the rule `step_state`.
 *
 * Who calls: server.c before any handler, so that no handler meets a value that is none; the dump of routes for the test
 * that holds schemas/openapi.yaml to it. Any thread. */
#ifndef YJS_WEB_PARAMETER_H
#define YJS_WEB_PARAMETER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct request;
struct route;

enum parameter_kind {
    PARAMETER_TEXT,        /* at most `most` bytes */
    PARAMETER_ID,          /* lower-case letters, digits and _, at most name_bytes_most */
    PARAMETER_WORD,        /* one of `words` */
    PARAMETER_NOTICE,      /* a kind of notice (model/notice.h) */
    PARAMETER_REGION,      /* six digits (GB/T 2260) */
    PARAMETER_NUMBER,      /* from `least` to `most` */
    PARAMETER_MOMENT,      /* RFC 3339 */
    PARAMETER_TASK_AT,     /* where a task stands in a worklist: <priority>~<µs>~<task> */
};
struct parameter_rule {
    const char *name;
    enum parameter_kind kind;
    const char *words;     /* separated by ", " */
    int64_t least, most;
    const char *limit;     /* what a refusal calls `most` */
};
extern const struct parameter_rule parameter_table[];   /* ends with name == NULL */

/* Cuts the first one off a route's list; *ret_name is what the query calls it. Aborts when the table has no such rule.
 * NULL: the list is at its end. */
const struct parameter_rule *parameter_next(struct text *list, struct text *ret_name);

/* Six digits (GB/T 2260); bodies are held to it too. */
bool parameter_is_region(struct text);

/* Takes the route each of the query's parameters, once, with such a value? False: answered with all that is wrong. */
bool parameters_check(struct request *);

#endif
