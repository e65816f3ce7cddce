/* yjs-sim-table: the department's side of a front-end database: reads the request table, writes the result table. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/time.h"
#include "sim.h"

/* What is due: requests whose time has come and that are not worked yet; the cancellations among them first. */
static const char *const due =
    "SELECT r.id, r.task, r.type, r.payload::text, extract(epoch FROM now() - r.created_at) * 1000000 "
    "FROM yjs_request r WHERE r.done IS NOT TRUE ORDER BY r.created_at LIMIT 500";
static const char *const schema =
    "CREATE TABLE IF NOT EXISTS yjs_request(id text PRIMARY KEY, task text NOT NULL, type text NOT NULL,"
    "  number text NOT NULL, step text NOT NULL, payload jsonb NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),"
    "  done boolean NOT NULL DEFAULT false);"
    "CREATE TABLE IF NOT EXISTS yjs_result(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, task text NOT NULL,"
    "  payload jsonb NOT NULL, taken boolean NOT NULL DEFAULT false, created_at timestamptz NOT NULL DEFAULT now());"
    "CREATE INDEX IF NOT EXISTS yjs_result_task ON yjs_result(task);"
    "CREATE INDEX IF NOT EXISTS yjs_result_new ON yjs_result(id) WHERE NOT taken;"
    "CREATE INDEX IF NOT EXISTS yjs_request_new ON yjs_request(created_at) WHERE NOT done";

/* Runs a statement; NULL (and the connection is to be looked at) when it failed. */
static PGresult *run(PGconn *db, const char *sql, int count, const char *const *values) {
    PGresult *result = PQexecParams(db, sql, count, NULL, values, NULL, NULL, 0);
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
        return result;
    fprintf(stderr, "yjs-sim-table: %s", PQerrorMessage(db));
    PQclear(result);
    return NULL;
}

/* One transaction: the result row and the request's mark. */
static void finish(PGconn *db, const char *id, const char *task, struct text answer) {
    const char *values[] = {id, task, answer.at};
    PQclear(run(db, "WITH mark AS (UPDATE yjs_request SET done = true WHERE id = $1 AND NOT done RETURNING 1) "
                    "INSERT INTO yjs_result(task, payload) SELECT $2, $3::jsonb FROM mark", 3, values));
    PQclear(run(db, "NOTIFY yjs_result", 0, NULL));
}

/* What was done is what stands in the table, not what finish was told: a server that ends between a commit and its word to us has
   committed. One writer, so rows are there in the order of their ids. `last`: the id of the last row recorded; NULL: none is yet. */
static void record_done(struct sim *sim, PGconn *db, char **last) {
    PGresult *rows = *last ? run(db, "SELECT id, task, payload::text FROM yjs_result WHERE id > $1::bigint ORDER BY id", 1, (const char *const *)last)
                           : run(db, "SELECT coalesce(max(id), 0) FROM yjs_result", 0, NULL);
    int count = PQntuples(rows);
    for (int i = 0; *last && i < count; i++)
        sim_record(sim, "answered", text_from(PQgetvalue(rows, i, 1)), text_from(PQgetvalue(rows, i, 2)));
    if (count > 0) {
        free(*last);
        *last = strdup(PQgetvalue(rows, count - 1, 0));
    }
    PQclear(rows);
}

static void cancel(PGconn *db, const char *id, const char *task) {
    PGresult *open = run(db, "UPDATE yjs_request SET done = true WHERE task = $1 AND type <> 'cancel' AND NOT done RETURNING 1", 1, &task);
    bool done = open && PQntuples(open) > 0;
    PQclear(open);
    finish(db, id, task, done ? TEXT("{\"kind\":\"cancelled\"}") : TEXT("{\"kind\":\"cancel_refused\",\"reason\":\"decided\"}"));
}

static void work(struct sim *sim, PGconn *db, PGresult *rows, int i) {
    const char *id = PQgetvalue(rows, i, 0), *task = PQgetvalue(rows, i, 1), *type = PQgetvalue(rows, i, 2);
    struct arena arena;
    struct json envelope;
    struct buffer answer;
    if (!strcmp(type, "cancel")) {
        cancel(db, id, task);
        return;
    }
    if (strtod(PQgetvalue(rows, i, 4), NULL) < (double)sim_latency_us(sim, text_from(task)))
        return;
    arena_init(&arena, 8 * 1024 * 1024);
    buffer_init(&answer, 1024 * 1024);
    if (sim_fails(sim, text_from(task), 1))
        buffer_put_string(&answer, "{\"kind\":\"error\",\"message\":\"simulated failure\",\"retryable\":true}");
    else if (!json_read(&arena, text_from(PQgetvalue(rows, i, 3)), 64, &envelope, NULL))
        sim_answer(sim, &envelope, &answer);
    finish(db, id, task, buffer_text(&answer));
    buffer_free(&answer);
    arena_free(&arena);
}

int main(int count, char **arguments) {
    struct sim_option options[] = {
        {"conninfo", "", "libpq connection string", NULL},
        {"every", "20ms", "the request table is read this often", NULL},
        {0},
    };
    struct sim sim = {.name = "yjs-sim-table", .help = "the department's side of a front-end database", .options = options};
    sim_options(&sim, count, arguments);
    int64_t every_us = 20000;
    duration_parse(text_from(sim_option(&sim, "every")), &every_us, NULL);
    PGconn *db = PQconnectdb(sim_option(&sim, "conninfo"));
    char *last = NULL;
    for (bool made = false;;) {
        if (PQstatus(db) != CONNECTION_OK) {
            sim_sleep_us(200000);
            PQreset(db);
            continue;
        }
        if (!made) {
            PQexec(db, "SET client_min_messages = warning");
            PGresult *result = PQexec(db, schema);
            made = PQresultStatus(result) == PGRES_COMMAND_OK;
            PQclear(result);
        }
        PGresult *rows = last ? run(db, due, 0, NULL) : NULL;
        for (int i = 0; rows && i < PQntuples(rows); i++)
            work(&sim, db, rows, i);
        PQclear(rows);
        record_done(&sim, db, &last);
        sim_sleep_us(every_us);
    }
}
