/* Records: what the web and yjsctl read and write in the store, beside the conductor. Implemented by store/.
 *
 * Statements are rows of one table (store/statements.sql.c or .sql files), called by name with text parameters; each
 * gives one JSON text per row, made by PostgreSQL, so that the web passes it on as it is. Thread-safe: a small pool of
 * connections; a call blocks until one is free or `wait_ms` is over (RETRY records_busy). */
#ifndef YJS_PORT_RECORDS_H
#define YJS_PORT_RECORDS_H

#include <stdint.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

struct record_list { struct text *at; uint32_t count; };   /* JSON texts */

/* A command that waits in the inbox for its shard's owner. */
struct record_command {
    struct text kind;              /* submit, answer, withdraw, retry, skip … */
    struct text root;              /* number: gives the shard */
    struct text case_id;
    struct text data;              /* JSON: the command's body with actor, at … */
    struct text idempotency_key;   /* absent: none; whose key it is (token, number) is for the caller to put into it */
    struct text content;           /* what has to be alike when the key comes again: the body as it came; absent: `data` */
};
struct record_ticket { int64_t inbox_id; bool repeated; /* the same key and the same content were there before */ };

struct records_port {
    void *context;
    /* `name` is a query's name (the tables in store/queries_*.c say each one's parameters and what it gives);
     * `parameters`: absent = NULL, those behind `count` are absent. REJECT unknown_statement, store_refused (a parameter
     * that is no number, no time …). RETRY store_away, store_busy, records_busy. */
    enum outcome (*query)(void *context, const char *name, const struct text *parameters, uint32_t count, struct arena *,
                          struct record_list *ret, struct error *);
    /* Writes commands into the inbox, all in one transaction, and notifies; REJECT idempotency_conflict when a key
     * is there with another content (then none of this call's commands is written). Called by many threads: calls that
     * wait are written together. After RETRY the commands may or may not be there: with an idempotency key it is safe to
     * come again. */
    enum outcome (*put)(void *context, const struct record_command *commands, uint32_t count, struct record_ticket *ret,
                        struct error *);
    /* What became of a command: status 0 while it waits. REJECT unknown_command (answers are kept for 7 days). */
    enum outcome (*answer)(void *context, int64_t inbox_id, struct arena *, int32_t *ret_status, struct text *ret_body,
                           struct error *);
    /* A new number for a case of `region` (area, date, sequence, check digit): DOMAIN's 流水號. `day`: YYYYMMDD. */
    enum outcome (*number)(void *context, struct text region, struct text day, struct arena *, struct text *ret,
                           struct error *);
    bool (*is_up)(void *context);
};

#endif
