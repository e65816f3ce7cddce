/* A connection to PostgreSQL as store/ needs it: prepared statements named in tables, every wait with an end, errors
 * sorted into outcomes. The only files that include libpq's header are this one's users in store/.
 *
 * Thread: one thread at a time. Nothing here blocks longer than `wait_ms` a call (connecting: `connect_timeout_s` for
 * each address). */
#ifndef YJS_STORE_PG_H
#define YJS_STORE_PG_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

struct pg_statement { const char *name, *sql; };          /* a table of them ends with name == NULL */

struct pg_settings {
    const char *conninfo;
    const char *application;          /* application_name: how operators find the connection */
    const char *plan_cache_mode;      /* force_generic_plan, force_custom_plan, auto */
    bool by_index;                    /* plans once and for all: look rows up by index, whatever the tables' size is now */
    int statement_timeout_ms;         /* on the server, a statement */
    int wait_ms;                      /* here, a round trip: when it is over the connection is given up */
};

struct pg { PGconn *connection; int wait_ms; };

/* Connects and prepares `statements` in one round trip. RETRY store_away, REJECT store_refused (credentials, no such
 * database, a statement the schema does not know). */
enum outcome pg_open(struct pg *, const struct pg_settings *, const struct pg_statement *statements, struct error *);
void pg_close(struct pg *);                               /* safe on a zeroed struct */
/* Is it connected, as far as is known here? */
bool pg_is_up(const struct pg *);
/* Reads what has come without waiting; false when the other side has gone. For connections that were idle. */
bool pg_refresh(struct pg *);

/* Arguments of one statement. Texts are borrowed until it is sent; numbers are kept inside. */
#define PG_ARGUMENTS_MOST 24
struct pg_arguments {
    int count;
    const char *values[PG_ARGUMENTS_MOST];
    int lengths[PG_ARGUMENTS_MOST], formats[PG_ARGUMENTS_MOST];
    uint64_t numbers[PG_ARGUMENTS_MOST];
};
void pg_argument_text(struct pg_arguments *, struct text);            /* text, or bytes already in binary form; absent: null */
void pg_argument_int32(struct pg_arguments *, int32_t);
void pg_argument_int64(struct pg_arguments *, int64_t);

/* One prepared statement, its rows in binary (or text) form. *ret is to be freed with PQclear. */
enum outcome pg_run(struct pg *, const char *name, const struct pg_arguments *, bool binary, PGresult **ret, struct error *);
/* One statement that is not prepared and has no parameters; binary rows. */
enum outcome pg_ask(struct pg *, const char *sql, PGresult **ret, struct error *);
/* Prepares more statements, in one round trip. */
enum outcome pg_prepare(struct pg *, const struct pg_statement *, struct error *);
/* SQL text, several statements allowed, no parameters (BEGIN, migrations). */
enum outcome pg_script(struct pg *, const char *sql, struct error *);

/* The pieces of a pipeline, for commits: queue without waiting, flush, then one result after the other. */
bool pg_send(struct pg *, const char *name, const struct pg_arguments *, bool binary);
bool pg_flush(struct pg *);
/* Sends what can be sent without waiting; what is wrong shows later. */
void pg_push(struct pg *);
/* The next result or NULL between two statements; false when the connection broke or the wait was over. */
bool pg_next(struct pg *, PGresult **ret);

/* Sorts an error result (NULL: the connection's own): OUTCOME_RETRY when trying again later may help and nothing is
 * known to have happened, else OUTCOME_REJECT. Code: store_away, store_busy, store_fenced, store_refused. */
enum outcome pg_error(const struct pg *, const PGresult *, const char *doing, struct error *);
/* SQLSTATE or "" */
const char *pg_state(const PGresult *);

#define PG_STATE_FENCED "YJ001"

/* Reading binary rows. Texts are copied into the arena; NULL is absent / TIME_NONE / `otherwise`. */
struct text pg_get_text(struct arena *, const PGresult *, int row, int column);
int32_t pg_get_int32(const PGresult *, int row, int column, int32_t otherwise);
int64_t pg_get_int64(const PGresult *, int row, int column, int64_t otherwise);
int64_t pg_get_time(const PGresult *, int row, int column);
bool pg_get_bool(const PGresult *, int row, int column);

static inline void pg_result_free(PGresult **result) { PQclear(*result); }
#define _cleanup_result_ _cleanup_(pg_result_free)

#endif
