/* One connection to PostgreSQL: connecting, waiting with an end, sending. See pg.h. */
#include "store/pg.h"

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

#include "base/time.h"
#include "store/pg_array.h"

static int64_t monotonic_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A batch's megabytes reach a server on this machine in few pieces: by default a local socket takes 208 KiB, and the server
 * sleeps until the daemon hands on the rest. TCP finds its own size. What the kernel does not allow it cuts down. */
static void widen(PGconn *connection) {
    const int bytes = 1 << 20;
    const char *host = PQhost(connection);
    if (host && *host == '/')
        setsockopt(PQsocket(connection), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

/* Waits for the socket to be readable (and writable when there is something to write); false at the deadline. */
static bool wait_for(struct pg *pg, bool writing, int64_t deadline_ms) {
    struct pollfd fd = {.fd = PQsocket(pg->connection), .events = (short)(POLLIN | (writing ? POLLOUT : 0))};
    for (;;) {
        int64_t left = deadline_ms - monotonic_ms();
        if (fd.fd < 0 || left <= 0)
            return false;
        int ready = poll(&fd, 1, (int)left);
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return false;
    }
}

bool pg_flush(struct pg *pg) {
    int64_t deadline = monotonic_ms() + pg->wait_ms;
    int left;
    while ((left = PQflush(pg->connection)) == 1) {
        if (!wait_for(pg, true, deadline) || !PQconsumeInput(pg->connection))
            return false;
    }
    return left == 0;
}

void pg_push(struct pg *pg) {
    if (pg_is_up(pg))
        PQflush(pg->connection);
}

bool pg_next(struct pg *pg, PGresult **ret) {
    int64_t deadline = monotonic_ms() + pg->wait_ms;
    while (PQisBusy(pg->connection)) {
        if (!wait_for(pg, false, deadline) || !PQconsumeInput(pg->connection))
            return false;
    }
    *ret = PQgetResult(pg->connection);
    return PQstatus(pg->connection) == CONNECTION_OK || *ret;
}

bool pg_send(struct pg *pg, const char *name, const struct pg_arguments *a, bool binary) {
    return PQsendQueryPrepared(pg->connection, name, a ? a->count : 0, a ? a->values : NULL, a ? a->lengths : NULL,
                               a ? a->formats : NULL, binary) == 1;
}

/* Every result up to the end of the command; the last one, or the first that is an error, is kept. */
static enum outcome collect(struct pg *pg, const char *doing, PGresult **ret, struct error *error) {
    _cleanup_result_ PGresult *kept = NULL;
    bool failed = false;
    for (;;) {
        PGresult *result = NULL;
        if (!pg_next(pg, &result)) {
            pg_close(pg);
            return error_set(error, OUTCOME_RETRY, "store_away", "%s: the database does not answer", doing);
        }
        if (!result)
            break;
        ExecStatusType status = PQresultStatus(result);
        if (failed) {
            PQclear(result);
            continue;
        }
        PQclear(kept);
        kept = result;
        failed = status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY;
    }
    if (failed || !kept)
        return pg_error(pg, kept, doing, error);
    *ret = kept;
    kept = NULL;
    return OUTCOME_OK;
}

enum outcome pg_run(struct pg *pg, const char *name, const struct pg_arguments *arguments, bool binary, PGresult **ret,
                    struct error *error) {
    if (!pg_is_up(pg))
        return error_set(error, OUTCOME_RETRY, "store_away", "%s: not connected to the database", name);
    if (!pg_send(pg, name, arguments, binary) || !pg_flush(pg))
        return pg_error(pg, NULL, name, error);
    return collect(pg, name, ret, error);
}

enum outcome pg_ask(struct pg *pg, const char *sql, PGresult **ret, struct error *error) {
    if (!pg_is_up(pg))
        return error_set(error, OUTCOME_RETRY, "store_away", "not connected to the database");
    if (!PQsendQueryParams(pg->connection, sql, 0, NULL, NULL, NULL, NULL, 1) || !pg_flush(pg))
        return pg_error(pg, NULL, "sql", error);
    return collect(pg, "sql", ret, error);
}

enum outcome pg_script(struct pg *pg, const char *sql, struct error *error) {
    _cleanup_result_ PGresult *result = NULL;
    if (!pg_is_up(pg))
        return error_set(error, OUTCOME_RETRY, "store_away", "not connected to the database");
    if (!PQsendQuery(pg->connection, sql) || !pg_flush(pg))
        return pg_error(pg, NULL, "sql", error);
    return collect(pg, "sql", &result, error);
}

/* All statements in one pipeline, so that a start costs one round trip. */
enum outcome pg_prepare(struct pg *pg, const struct pg_statement *statements, struct error *error) {
    if (!statements || !statements->name)
        return OUTCOME_OK;
    bool sent = PQenterPipelineMode(pg->connection) == 1;
    for (const struct pg_statement *s = statements; sent && s->name; s++)
        sent = PQsendPrepare(pg->connection, s->name, s->sql, 0, NULL) == 1;
    if (!sent || !PQpipelineSync(pg->connection) || !pg_flush(pg))
        return pg_error(pg, NULL, "prepare", error);
    enum outcome outcome = OUTCOME_OK;
    for (const struct pg_statement *s = statements; s->name;) {
        PGresult *result = NULL;
        if (!pg_next(pg, &result))
            return error_set(error, OUTCOME_RETRY, "store_away", "the database does not answer");
        if (!result) {   /* the gap between two statements */
            s++;
            continue;
        }
        if (outcome == OUTCOME_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
            outcome = pg_error(pg, result, s->name, error);
        PQclear(result);
    }
    PGresult *sync = NULL;
    if (!pg_next(pg, &sync) || PQresultStatus(sync) != PGRES_PIPELINE_SYNC)
        outcome = outcome ? outcome : error_set(error, OUTCOME_RETRY, "store_away", "the database does not answer");
    PQclear(sync);
    PQexitPipelineMode(pg->connection);
    return outcome;
}

static enum outcome configure(struct pg *pg, const struct pg_settings *settings, struct error *error) {
    char sql[256];
    snprintf(sql, sizeof sql,
             "SET statement_timeout = %d; SET lock_timeout = %d; SET plan_cache_mode = %s; SET TimeZone = 'Asia/Shanghai'; "
             "SET jit = off; SET client_min_messages = warning",
             settings->statement_timeout_ms, settings->statement_timeout_ms / 2,
             settings->plan_cache_mode ? settings->plan_cache_mode : "auto");
    enum outcome outcome = pg_script(pg, sql, error);
    if (outcome == OUTCOME_OK && settings->by_index)   /* a plan without its values takes a range of a large table for thousands of rows */
        outcome = pg_script(pg, "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; "
                                "SET enable_mergejoin = off; SET max_parallel_workers_per_gather = 0", error);
    return outcome;
}

static void ignore_notice(void *context, const PGresult *notice) {
    (void)context;
    (void)notice;
}

enum outcome pg_open(struct pg *pg, const struct pg_settings *settings, const struct pg_statement *statements,
                     struct error *error) {
    /* After expand_dbname, later keywords win over the conninfo's; earlier ones are defaults that it may override. */
    static const char *const keywords[] = {"connect_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count",
                                           "tcp_user_timeout", "dbname", "application_name", "client_encoding", NULL};
    const char *const values[] = {"3", "5", "2", "3", "10000", settings->conninfo, settings->application, "UTF8", NULL};
    pg_close(pg);
    pg->wait_ms = settings->wait_ms;
    pg->connection = PQconnectdbParams(keywords, values, 1);
    if (!pg->connection)
        return error_no_memory(error);
    enum outcome outcome = OUTCOME_OK;
    if (PQstatus(pg->connection) != CONNECTION_OK || PQsetnonblocking(pg->connection, 1) != 0) {
        outcome = error_set(error, OUTCOME_RETRY, "store_away", "the database can't be reached: %s",
                            PQerrorMessage(pg->connection));
    } else {
        PQsetNoticeReceiver(pg->connection, ignore_notice, NULL);
        widen(pg->connection);
    }
    if (outcome == OUTCOME_OK)
        outcome = configure(pg, settings, error);
    if (outcome == OUTCOME_OK)
        outcome = pg_prepare(pg, statements, error);
    if (outcome != OUTCOME_OK)
        pg_close(pg);
    return outcome;
}

void pg_close(struct pg *pg) {
    if (pg->connection)
        PQfinish(pg->connection);
    pg->connection = NULL;
}

bool pg_is_up(const struct pg *pg) {
    return pg->connection && PQstatus(pg->connection) == CONNECTION_OK;
}

bool pg_refresh(struct pg *pg) {
    /* An ended session sends its last words (57P01) and then closes: the first reading gets the words. */
    for (int reading = 0; reading < 2; reading++)
        if (!pg_is_up(pg) || !PQconsumeInput(pg->connection) || PQisBusy(pg->connection))
            return false;
    return pg_is_up(pg);
}
