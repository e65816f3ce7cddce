/* table: a front-end database (前置機): tasks are rows of a request table, answers rows of a result table (PostgreSQL).
 *
 * One connection, one statement at a time, never waited for. A request is inserted only when its id is not there yet,
 * so that a repeat changes nothing. Result rows are found by a flag that is set after their answers are durable here, or by
 * rising ids; ids of concurrent transactions become visible out of order, so the last `overlap` ids are read again, and
 * each task remembers the last row that was taken for it. */
#include <libpq-fe.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include "base/json.h"
#include "base/log.h"
#include "base/time.h"
#include "drivers.h"
#include "table_sql.h"
#include "template.h"

enum doing { DOING_NOTHING, DOING_CONNECT, DOING_LISTEN, DOING_INSERT, DOING_CATCH_UP, DOING_READ, DOING_FLAG };

struct row { char *id, *task, *type, *number, *step, *payload; };
struct table {
    struct host *host;
    const struct table_settings *s;
    struct table_statements sql;
    PGconn *connection;
    int fd;
    enum doing doing;
    int64_t connect_at_us, backoff_us, read_at_us;
    bool was_connected, said_away, caught_up, read_now;
    struct row *waiting;               /* to be inserted; the first `inserting` are in the statement under way */
    size_t waiting_count, waiting_room, inserting;
    bool refused;                      /* the statement under way */
    int64_t watermark;
    struct buffer flags, arrays[6];
};

static void go_on(struct table *t);

/* ---- Rows to insert ---- */

static void add_row(struct table *t, const struct yjs_task *task, const char *id, const char *type, const char *payload) {
    if (t->waiting_count == t->waiting_room) {
        t->waiting_room = t->waiting_room ? t->waiting_room * 2 : 64;
        t->waiting = realloc(t->waiting, t->waiting_room * sizeof(*t->waiting));
        if (!t->waiting)
            abort();
    }
    t->waiting[t->waiting_count++] = (struct row){strdup(id), strdup(task->id), strdup(type), strdup(task->number),
                                                  strdup(task->step), strdup(payload)};
}

static void drop_rows(struct table *t, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct row *r = &t->waiting[i];
        char *const fields[] = {r->id, r->task, r->type, r->number, r->step, r->payload};
        for (size_t j = 0; j < 6; j++)
            free(fields[j]);
    }
    t->waiting_count -= count;
    if (t->waiting_count > 0)
        memmove(t->waiting, t->waiting + count, t->waiting_count * sizeof(*t->waiting));
}

static void fail_rows(struct table *t, size_t count, enum yjs_failure how, const char *code, const char *message) {
    for (size_t i = 0; i < count; i++) {
        struct yjs_task *task = yjs_find(host_adapter(t->host), t->waiting[i].task);
        if (task && strcmp(t->waiting[i].type, "cancel"))
            yjs_fail(task, how, code, message);
        else if (task)
            answer_literal(task, YJS_CANCEL_REFUSED, "{\"reason\":\"the department's database is away\"}");
    }
    drop_rows(t, count);
    t->inserting = 0;
}

/* ---- The connection ---- */

static void on_ready(void *user, int fd, uint32_t events);

static void watch(struct table *t, uint32_t events) {
    struct yjs_adapter *adapter = host_adapter(t->host);
    int fd = t->connection ? PQsocket(t->connection) : -1;
    if (t->fd >= 0 && (t->fd != fd || events == 0))
        yjs_watch(adapter, t->fd, 0, NULL, NULL);
    t->fd = events ? fd : -1;
    if (t->fd >= 0)
        yjs_watch(adapter, t->fd, events, on_ready, t);
}

static void disconnect(struct table *t, const char *why) {
    if (!t->said_away)
        log_warn("database_away", "the department's database cannot be used; trying again until it can",
                 LOG_STRING("department", host_department(t->host)), LOG_STRING("reason", why));
    t->said_away = true;
    watch(t, 0);
    PQfinish(t->connection);
    t->connection = NULL;
    t->doing = DOING_NOTHING;
    t->caught_up = false;
    buffer_clear(&t->flags);        /* rows not marked are read again; their answers are known by then */
    t->backoff_us = t->backoff_us ? t->backoff_us * 2 : 100000;
    if (t->backoff_us > 10 * TIME_SECOND_US)
        t->backoff_us = 10 * TIME_SECOND_US;
    t->connect_at_us = yjs_steady_us() + t->backoff_us;
    if (t->was_connected)           /* before that only cancellations wait, whose rows may be there from an earlier run */
        fail_rows(t, t->waiting_count, YJS_AWAY, "database_away", "the department's database cannot be reached");
}

static void connect_on(struct table *t) {
    switch (PQconnectPoll(t->connection)) {
    case PGRES_POLLING_READING: watch(t, EPOLLIN); return;
    case PGRES_POLLING_WRITING: watch(t, EPOLLOUT); return;
    case PGRES_POLLING_OK: break;
    default: disconnect(t, PQerrorMessage(t->connection)); return;
    }
    PQsetnonblocking(t->connection, 1);
    t->was_connected = true;
    t->said_away = false;
    t->backoff_us = 0;
    t->doing = DOING_NOTHING;
    watch(t, EPOLLIN);
    log_info("database_ready", "connected to the department's database", LOG_STRING("department", host_department(t->host)));
    if (t->sql.listen && PQsendQuery(t->connection, t->sql.listen))
        t->doing = DOING_LISTEN;
    t->read_now = true;
    go_on(t);
}

static void connect_start(struct table *t) {
    t->connection = PQconnectStart(t->s->conninfo);
    if (!t->connection || PQstatus(t->connection) == CONNECTION_BAD) {
        disconnect(t, t->connection ? PQerrorMessage(t->connection) : "no memory");
        return;
    }
    t->doing = DOING_CONNECT;
    watch(t, EPOLLOUT);
}

/* ---- Statements ---- */

static bool send_statement(struct table *t, enum doing doing, const char *sql, int count, const char *const *values) {
    if (!PQsendQueryParams(t->connection, sql, count, NULL, values, NULL, NULL, 0)) {
        disconnect(t, PQerrorMessage(t->connection));
        return false;
    }
    t->doing = doing;
    t->refused = false;
    watch(t, PQflush(t->connection) > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
    return true;
}

static void send_insert(struct table *t) {
    const char *values[6];
    t->inserting = t->waiting_count < 200 ? t->waiting_count : 200;
    for (size_t f = 0; f < 6; f++) {
        buffer_clear(&t->arrays[f]);
        for (size_t i = 0; i < t->inserting; i++) {
            const struct row *r = &t->waiting[i];
            const char *const fields[] = {r->id, r->task, r->type, r->number, r->step, r->payload};
            table_array_put(&t->arrays[f], fields[f], i == 0);
        }
        table_array_end(&t->arrays[f], t->inserting == 0);
        values[f] = t->arrays[f].at;
    }
    send_statement(t, DOING_INSERT, t->sql.insert, 6, values);
}

static bool collect(void *user, struct yjs_task *task) {
    struct buffer *out = user;
    table_array_put(out, task->id, out->length == 0);
    return out->length < 4u * 1024 * 1024;
}

static void send_read(struct table *t) {
    char from[32];
    t->read_now = false;
    t->read_at_us = yjs_steady_us() + t->s->poll_every_us;
    if (t->s->by == TABLE_BY_FLAG) {
        send_statement(t, DOING_READ, t->sql.read, 0, NULL);
        return;
    }
    if (!t->caught_up) {
        buffer_clear(&t->arrays[0]);
        yjs_each(host_adapter(t->host), collect, &t->arrays[0]);
        table_array_end(&t->arrays[0], t->arrays[0].length == 0);
        send_statement(t, DOING_CATCH_UP, t->sql.catch_up, 1, (const char *const[]){t->arrays[0].at});
        return;
    }
    snprintf(from, sizeof(from), "%lld", (long long)(t->watermark - t->s->overlap));
    send_statement(t, DOING_READ, t->sql.read, 1, (const char *const[]){from});
}

static void go_on(struct table *t) {
    if (!t->connection || t->doing != DOING_NOTHING)
        return;
    if (t->flags.length > 0) {
        table_array_end(&t->flags, false);
        if (yjs_commit(host_adapter(t->host)) == 0)
            send_statement(t, DOING_FLAG, t->sql.flag, 1, (const char *const[]){t->flags.at});
        return;
    }
    if (t->waiting_count > 0)
        send_insert(t);
    else if (t->read_now || yjs_steady_us() >= t->read_at_us)
        send_read(t);
}

/* ---- Results ---- */

static int64_t last_of(const struct yjs_task *task, int64_t *ret_mark) {
    struct arena arena;
    struct json state;
    int64_t last = 0;
    *ret_mark = 0;
    arena_init(&arena, 16384);
    if (task->state && !json_read(&arena, text_from(task->state), 4, &state, NULL)) {
        if (!json_to_int64(json_get_string(&state, "last"), &last))
            last = 0;
        if (!json_to_int64(json_get_string(&state, "mark"), ret_mark))
            *ret_mark = 0;
    }
    arena_free(&arena);
    return last;
}

static void rest_with(struct yjs_task *task, int64_t last, int64_t mark) {
    char state[96];
    snprintf(state, sizeof(state), "{\"last\":%lld,\"mark\":%lld}", (long long)last, (long long)mark);
    yjs_wait(task, state, YJS_NEVER_WAKE);
}

/* Columns: id, task, payload, the whole row as JSON. */
static void take_result(struct table *t, PGresult *result, int i) {
    const char *id = PQgetvalue(result, i, 0);
    int64_t number = strtoll(id, NULL, 10), mark;
    struct yjs_task *task = yjs_find(host_adapter(t->host), PQgetvalue(result, i, 1));
    if (t->s->by == TABLE_BY_FLAG)
        table_array_put(&t->flags, id, t->flags.length == 0);
    if (number > t->watermark)
        t->watermark = number;
    if (!task || number <= last_of(task, &mark))
        return;
    bool mapped = host_step(t->host, task)->answer != NULL;
    const char *body = PQgetvalue(result, i, mapped ? 3 : 2);
    enum host_verdict verdict = host_answer(t->host, task, 0, body, strlen(body));
    if (verdict == HOST_OPEN || verdict == HOST_NOTHING)
        rest_with(task, number, mark);
}

static void take_inserted(struct table *t) {
    for (size_t i = 0; i < t->inserting; i++) {
        struct yjs_task *task = yjs_find(host_adapter(t->host), t->waiting[i].task);
        int64_t mark;
        if (task && strcmp(t->waiting[i].type, "cancel"))
            rest_with(task, last_of(task, &mark), task->correction ? (int64_t)template_seq(text_from(task->correction)) : 0);
    }
    drop_rows(t, t->inserting);
    t->inserting = 0;
}

/* The statement under way is over and its transaction with it. A result that says it went well is no proof: it is sent before the
 * commit, which may fail (a full disk, a deferred constraint), and then an error comes behind it. */
static void take_end(struct table *t) {
    if (t->doing == DOING_INSERT && !t->refused)
        take_inserted(t);
    if (t->doing == DOING_FLAG)   /* rows whose marks were refused are read again */
        buffer_clear(&t->flags);
    t->doing = DOING_NOTHING;
}

static void take_failed(struct table *t, PGresult *result) {
    const char *reason = PQresultErrorMessage(result), *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    bool away = !state || !strncmp(state, "08", 2) || !strncmp(state, "57", 2) || !strncmp(state, "53", 2);
    t->refused = true;
    log_error("statement_failed", "the department's database refused a statement", LOG_STRING("reason", reason));
    if (t->doing == DOING_INSERT)
        fail_rows(t, t->inserting, away ? YJS_AWAY : YJS_AGAIN, "insert_failed", "the department's database refused the request row");
    if (t->doing == DOING_CATCH_UP || t->doing == DOING_READ)
        t->read_at_us = yjs_steady_us() + TIME_SECOND_US;
}

static void take(struct table *t, PGresult *result) {
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        take_failed(t, result);
        return;
    }
    for (int i = 0; (t->doing == DOING_READ || t->doing == DOING_CATCH_UP) && i < PQntuples(result); i++)
        take_result(t, result, i);
    if (t->doing == DOING_CATCH_UP) {
        t->caught_up = true;
        int64_t top = PQntuples(result) ? strtoll(PQgetvalue(result, 0, 4), NULL, 10) : 0;
        if (top > t->watermark)
            t->watermark = top;
    }
    t->read_now |= t->doing == DOING_READ && PQntuples(result) == TABLE_READ_MOST;
}

static void on_ready(void *user, int fd, uint32_t events) {
    struct table *t = user;
    (void)fd, (void)events;
    if (t->doing == DOING_CONNECT) {
        connect_on(t);
        return;
    }
    if (!PQconsumeInput(t->connection)) {
        disconnect(t, PQerrorMessage(t->connection));
        return;
    }
    watch(t, PQflush(t->connection) > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
    while (t->doing != DOING_NOTHING && !PQisBusy(t->connection)) {
        PGresult *result = PQgetResult(t->connection);
        if (!result) {
            take_end(t);
            break;
        }
        take(t, result);
        PQclear(result);
    }
    for (PGnotify *n; (n = PQnotifies(t->connection)); PQfreemem(n))
        t->read_now = true;
    go_on(t);
}

/* ---- The driver ---- */

static void table_start(void *self, struct yjs_task *task) {
    struct table *t = self;
    size_t length;
    char id[1200];
    if (!t->connection || t->doing == DOING_CONNECT) {
        yjs_fail(task, YJS_AWAY, "database_away", "the department's database cannot be reached");
        return;
    }
    char *payload = host_request(t->host, task, NULL, &length);
    if (!payload)
        return;
    if (task->correction)
        snprintf(id, sizeof(id), "%s:correction:%llu", task->id, (unsigned long long)template_seq(text_from(task->correction)));
    else
        snprintf(id, sizeof(id), "%s", task->id);
    add_row(t, task, id, task->type, payload);
    free(payload);
    yjs_wake_at(host_adapter(t->host), 0);      /* the tick sends what has gathered in one statement */
}

static enum yjs_cancel table_cancel(void *self, struct yjs_task *task, const char *reason) {
    struct table *t = self;
    char id[1200];
    struct buffer payload;
    if (t->was_connected && (!t->connection || t->doing == DOING_CONNECT))
        return YJS_CANCEL_TOO_LATE;
    snprintf(id, sizeof(id), "%s:cancel", task->id);
    buffer_init(&payload, 16384);
    buffer_put_string(&payload, "{\"type\":\"cancel\",\"reason\":");
    json_write_string(&payload, text_from(reason));
    buffer_put_byte(&payload, '}');
    add_row(t, task, id, "cancel", buffer_text(&payload).at);
    buffer_free(&payload);
    yjs_wake_at(host_adapter(t->host), 0);
    return YJS_CANCEL_ASKED;
}

static void table_tick(void *self, int64_t now_us) {
    struct table *t = self;
    if (!t->connection && now_us >= t->connect_at_us)
        connect_start(t);
    else
        go_on(t);
    yjs_wake_at(host_adapter(t->host), t->connection ? t->read_at_us > now_us ? t->read_at_us : now_us + 5000 : t->connect_at_us);
}

static int table_open(struct host *host, void **ret, struct yjs_error *error) {
    struct table *t = calloc(1, sizeof(*t));
    if (!t)
        abort();
    t->host = host;
    t->s = host_settings(host);
    t->fd = -1;
    for (size_t i = 0; i < 6; i++)
        buffer_init(&t->arrays[i], 256u * 1024 * 1024);
    buffer_init(&t->flags, 16u * 1024 * 1024);
    *ret = t;
    if (table_statements_make(t->s, &t->sql))
        return 0;
    *error = (struct yjs_error){"bad_table", "a table's or column's name is too long"};
    return -1;
}

static void table_close(void *self) {
    struct table *t = self;
    watch(t, 0);
    PQfinish(t->connection);
    drop_rows(t, t->waiting_count);
    free(t->waiting);
    for (size_t i = 0; i < 6; i++)
        buffer_free(&t->arrays[i]);
    buffer_free(&t->flags);
    table_statements_free(&t->sql);
    free(t);
}

const struct yjs_driver driver_table = {
    .name = "table", .help = "a front-end database (PostgreSQL): a request table and a result table",
    .settings = table_settings_table, .settings_size = sizeof(struct table_settings),
    .open = table_open, .close = table_close,
    .handler = {.start = table_start, .cancel = table_cancel, .tick = table_tick},
};
