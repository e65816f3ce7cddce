/* The local store: SQLite in WAL mode with synchronous=FULL, written in one transaction a turn of the loop. */
#include <stdio.h>
#include <stdlib.h>
#include "internal.h"

static const char *const schema =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA locking_mode=EXCLUSIVE;"
    "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS task("
    "  id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, number TEXT NOT NULL, caseid TEXT NOT NULL, thing TEXT NOT NULL,"
    "  step TEXT NOT NULL, attempt INTEGER NOT NULL, reply_to TEXT NOT NULL, traceparent TEXT, data BLOB,"
    "  correction BLOB, state INTEGER NOT NULL, driver_state TEXT, wake_at_us INTEGER, tries INTEGER NOT NULL,"
    "  taken_at_us INTEGER NOT NULL, ended_at_us INTEGER);"
    "CREATE INDEX IF NOT EXISTS task_open ON task(state) WHERE state < 2;"
    "CREATE INDEX IF NOT EXISTS task_ended ON task(ended_at_us) WHERE ended_at_us IS NOT NULL;"
    "CREATE TABLE IF NOT EXISTS answer("
    "  sequence INTEGER PRIMARY KEY, task_id TEXT NOT NULL, n INTEGER NOT NULL, kind INTEGER NOT NULL,"
    "  of_kind INTEGER NOT NULL, time TEXT NOT NULL, data BLOB NOT NULL, acknowledged INTEGER NOT NULL,"
    "  UNIQUE(task_id, n));"
    "CREATE INDEX IF NOT EXISTS answer_unacknowledged ON answer(acknowledged) WHERE acknowledged = 0;"
    "CREATE TABLE IF NOT EXISTS cancellation(task_id TEXT PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS message(id TEXT PRIMARY KEY, seen_at_us INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS offset_(topic TEXT, partition INTEGER, next INTEGER NOT NULL,"
    "  PRIMARY KEY(topic, partition)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS refused(topic TEXT, partition INTEGER, offset_ INTEGER, reason TEXT NOT NULL, key BLOB,"
    "  value BLOB, at_us INTEGER NOT NULL, PRIMARY KEY(topic, partition, offset_)) WITHOUT ROWID;";

enum statement {
    BEGIN, COMMIT, PUT_TASK, TASK_STATE, REST_TASK, END_TASK, PUT_ANSWER, ACKNOWLEDGE, NOTE_MESSAGE, PUT_OFFSET,
    GET_OFFSET, FORGET_OFFSETS, GET_META, PUT_META, REFUSE, PURGE_ANSWERS, PURGE_TASKS, PURGE_MESSAGES, PURGE_REFUSED,
    LOAD_OPEN, LOAD_TASK, LOAD_UNACKNOWLEDGED, LOAD_ANSWERS, COUNT_KINDS, LOAD_TOMBSTONES, PUT_CANCELLATION,
    DROP_CANCELLATION, LOAD_CANCELLATIONS, STATEMENTS
};
#define TASK_COLUMNS "id, type, number, caseid, thing, step, attempt, reply_to, traceparent, data, correction, state, " \
                     "driver_state, wake_at_us, tries, taken_at_us"

static const char *const sql[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [PUT_TASK] = "INSERT INTO task(" TASK_COLUMNS ", ended_at_us) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
                 "?12, ?13, ?14, ?15, ?16, ?17) ON CONFLICT(id) DO NOTHING",
    [TASK_STATE] = "SELECT state FROM task WHERE id = ?1",
    [REST_TASK] = "UPDATE task SET state = ?2, driver_state = ?3, wake_at_us = ?4, tries = ?5, correction = ?6, "
                  "ended_at_us = NULL WHERE id = ?1",
    [END_TASK] = "UPDATE task SET state = ?2, ended_at_us = ?3, driver_state = NULL WHERE id = ?1",
    [PUT_ANSWER] = "INSERT INTO answer(task_id, n, kind, of_kind, time, data, acknowledged) "
                   "VALUES(?1, ?2, ?3, ?4, ?5, ?6, 0) ON CONFLICT(task_id, n) DO NOTHING",
    [ACKNOWLEDGE] = "UPDATE answer SET acknowledged = 1 WHERE task_id = ?1 AND n = ?2",
    [NOTE_MESSAGE] = "INSERT INTO message(id, seen_at_us) VALUES(?1, ?2) ON CONFLICT(id) DO NOTHING",
    [PUT_OFFSET] = "INSERT INTO offset_(topic, partition, next) VALUES(?1, ?2, ?3) "
                   "ON CONFLICT(topic, partition) DO UPDATE SET next = excluded.next",
    [GET_OFFSET] = "SELECT next FROM offset_ WHERE topic = ?1 AND partition = ?2",
    [FORGET_OFFSETS] = "DELETE FROM offset_",
    [GET_META] = "SELECT value FROM meta WHERE key = ?1",
    [PUT_META] = "INSERT INTO meta(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
    [REFUSE] = "INSERT INTO refused(topic, partition, offset_, reason, key, value, at_us) "
               "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
    [PURGE_ANSWERS] = "DELETE FROM answer WHERE acknowledged = 1 AND task_id IN "
                      "(SELECT id FROM task WHERE ended_at_us IS NOT NULL AND ended_at_us < ?1)",
    [PURGE_TASKS] = "DELETE FROM task WHERE ended_at_us IS NOT NULL AND ended_at_us < ?1 AND NOT EXISTS "
                    "(SELECT 1 FROM answer WHERE task_id = task.id AND acknowledged = 0)",
    [PURGE_MESSAGES] = "DELETE FROM message WHERE seen_at_us < ?1",
    [PURGE_REFUSED] = "DELETE FROM refused WHERE at_us < ?1",
    [LOAD_OPEN] = "SELECT " TASK_COLUMNS " FROM task WHERE state < 2 ORDER BY rowid",
    [LOAD_TASK] = "SELECT " TASK_COLUMNS " FROM task WHERE id = ?1",
    [LOAD_UNACKNOWLEDGED] = "SELECT task_id FROM answer WHERE acknowledged = 0 GROUP BY task_id ORDER BY min(sequence)",
    [LOAD_ANSWERS] = "SELECT n, kind, of_kind, time, data, acknowledged FROM answer WHERE task_id = ?1 ORDER BY n",
    [COUNT_KINDS] = "SELECT kind, count(*) FROM answer WHERE task_id = ?1 GROUP BY kind",
    [LOAD_TOMBSTONES] = "SELECT id FROM task WHERE state = 3",
    [PUT_CANCELLATION] = "INSERT INTO cancellation(task_id, reason) VALUES(?1, ?2) "
                         "ON CONFLICT(task_id) DO UPDATE SET reason = excluded.reason",
    [DROP_CANCELLATION] = "DELETE FROM cancellation WHERE task_id = ?1",
    [LOAD_CANCELLATIONS] = "SELECT task_id, reason FROM cancellation",
};

int store_open(struct store *s, const char *path, struct yjs_error *error) {
    if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL))
        return adapter_fault(error, "store_open", "cannot open the store %s: %s", path, sqlite3_errmsg(s->db));
    sqlite3_busy_timeout(s->db, 2000);
    char *message = NULL;
    if (sqlite3_exec(s->db, schema, NULL, NULL, &message)) {
        adapter_fault(error, "store_open", "cannot use the store %s: %s (one process only may have it open)", path,
                      message ? message : "unknown");
        sqlite3_free(message);
        return -1;
    }
    s->statements = adapter_alloc(STATEMENTS * sizeof(*s->statements));
    for (int i = 0; i < STATEMENTS; i++)
        if (sqlite3_prepare_v3(s->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[i], NULL))
            return adapter_fault(error, "store_open", "the store %s is of another version: %s", path,
                                 sqlite3_errmsg(s->db));
    return 0;
}

void store_close(struct store *s) {
    for (int i = 0; s->statements && i < STATEMENTS; i++)
        sqlite3_finalize(s->statements[i]);
    free(s->statements);
    sqlite3_close(s->db);
    *s = (struct store){0};
}

/* Nothing is done any more in a store that failed: SQLite may have taken the whole transaction back (no memory, a full
 * disk), and what follows would be kept by itself, an offset without its tasks. */
static int store_step(struct store *s, enum statement which) {
    if (s->failed)
        return SQLITE_ERROR;
    int code = sqlite3_step(s->statements[which]);
    if (code != SQLITE_DONE && code != SQLITE_ROW && !s->failed) {
        s->failed = true;
        log_error("store_failed", "the local store cannot be used; the adapter stops", LOG_STRING("reason", sqlite3_errmsg(s->db)));
    }
    return code;
}

static void store_run(struct store *s, enum statement which) {
    store_step(s, which);
    sqlite3_reset(s->statements[which]);
}

static sqlite3_stmt *store_write(struct store *s, enum statement which) {
    if (!s->open_transaction) {
        store_run(s, BEGIN);
        s->open_transaction = true;
    }
    return s->statements[which];
}

int store_commit(struct store *s) {
    if (s->open_transaction && !s->failed) {
        store_run(s, COMMIT);
        s->open_transaction = false;
        s->commits++;
    }
    return s->failed ? -1 : 0;
}

static void bind_text(sqlite3_stmt *st, int at, const char *value) { sqlite3_bind_text(st, at, value, -1, SQLITE_STATIC); }

static void bind_wake(sqlite3_stmt *st, int at, int64_t wake_at_us) { sqlite3_bind_int64(st, at, wake_at_us); }

bool store_put_task(struct store *s, const struct task *t, enum stored state, enum stored *ret_state) {
    const struct yjs_task *o = &t->open;
    sqlite3_stmt *st = store_write(s, PUT_TASK);
    bind_text(st, 1, o->id);
    bind_text(st, 2, o->type);
    bind_text(st, 3, o->number);
    bind_text(st, 4, o->caseid);
    bind_text(st, 5, o->thing);
    bind_text(st, 6, o->step);
    sqlite3_bind_int64(st, 7, o->attempt);
    bind_text(st, 8, o->reply_to);
    bind_text(st, 9, o->traceparent);
    if (state == STORED_CANCELLED)
        sqlite3_bind_null(st, 10);
    else
        sqlite3_bind_blob(st, 10, o->data, (int)o->data_length, SQLITE_STATIC);
    bind_text(st, 11, o->correction);
    sqlite3_bind_int(st, 12, state);
    bind_text(st, 13, o->state);
    bind_wake(st, 14, t->wake_at_us);
    sqlite3_bind_int64(st, 15, o->tries);
    sqlite3_bind_int64(st, 16, o->taken_at_us);
    if (state >= STORED_ANSWERED)
        sqlite3_bind_int64(st, 17, o->taken_at_us);
    else
        sqlite3_bind_null(st, 17);
    store_run(s, PUT_TASK);
    if (sqlite3_changes(s->db) > 0)
        return true;
    store_task_state(s, o->id, ret_state);
    return false;
}

bool store_task_state(struct store *s, const char *id, enum stored *ret) {
    bind_text(s->statements[TASK_STATE], 1, id);
    bool found = store_step(s, TASK_STATE) == SQLITE_ROW;
    if (found)
        *ret = (enum stored)sqlite3_column_int(s->statements[TASK_STATE], 0);
    sqlite3_reset(s->statements[TASK_STATE]);
    return found;
}

void store_rest_task(struct store *s, const struct task *t, enum stored state) {
    sqlite3_stmt *st = store_write(s, REST_TASK);
    bind_text(st, 1, t->open.id);
    sqlite3_bind_int(st, 2, state);
    bind_text(st, 3, t->open.state);
    bind_wake(st, 4, t->wake_at_us);
    sqlite3_bind_int64(st, 5, t->open.tries);
    bind_text(st, 6, t->open.correction);
    store_run(s, REST_TASK);
}

void store_end_task(struct store *s, const char *id, enum stored state, int64_t now_us) {
    sqlite3_stmt *st = store_write(s, END_TASK);
    bind_text(st, 1, id);
    sqlite3_bind_int(st, 2, state);
    sqlite3_bind_int64(st, 3, now_us);
    store_run(s, END_TASK);
}

void store_put_answer(struct store *s, const struct answer *a) {
    sqlite3_stmt *st = store_write(s, PUT_ANSWER);
    bind_text(st, 1, a->task->open.id);
    sqlite3_bind_int(st, 2, a->n);
    sqlite3_bind_int(st, 3, a->kind);
    sqlite3_bind_int(st, 4, a->of_kind);
    bind_text(st, 5, a->time);
    sqlite3_bind_blob(st, 6, a->data, (int)a->length, SQLITE_STATIC);
    store_run(s, PUT_ANSWER);
}

void store_acknowledge(struct store *s, const char *task_id, int32_t n) {
    sqlite3_stmt *st = store_write(s, ACKNOWLEDGE);
    bind_text(st, 1, task_id);
    sqlite3_bind_int(st, 2, n);
    store_run(s, ACKNOWLEDGE);
}

void store_put_cancellation(struct store *s, const char *task_id, const char *reason) {
    sqlite3_stmt *st = store_write(s, PUT_CANCELLATION);
    bind_text(st, 1, task_id);
    bind_text(st, 2, reason);
    store_run(s, PUT_CANCELLATION);
}

void store_drop_cancellation(struct store *s, const char *task_id) {
    bind_text(store_write(s, DROP_CANCELLATION), 1, task_id);
    store_run(s, DROP_CANCELLATION);
}

bool store_note_message(struct store *s, const char *id, int64_t now_us) {
    sqlite3_stmt *st = store_write(s, NOTE_MESSAGE);
    bind_text(st, 1, id);
    sqlite3_bind_int64(st, 2, now_us);
    store_run(s, NOTE_MESSAGE);
    return sqlite3_changes(s->db) > 0;
}

void store_put_offset(struct store *s, const char *topic, int32_t partition, int64_t next) {
    sqlite3_stmt *st = store_write(s, PUT_OFFSET);
    bind_text(st, 1, topic);
    sqlite3_bind_int(st, 2, partition);
    sqlite3_bind_int64(st, 3, next);
    store_run(s, PUT_OFFSET);
}

int64_t store_get_offset(struct store *s, const char *topic, int32_t partition) {
    sqlite3_stmt *st = s->statements[GET_OFFSET];
    bind_text(st, 1, topic);
    sqlite3_bind_int(st, 2, partition);
    int64_t next = store_step(s, GET_OFFSET) == SQLITE_ROW ? sqlite3_column_int64(st, 0) : -1;
    sqlite3_reset(st);
    return next;
}

void store_forget_offsets(struct store *s) {
    store_write(s, FORGET_OFFSETS);
    store_run(s, FORGET_OFFSETS);
}

void store_get_meta(struct store *s, const char *key, char *room, size_t size) {
    sqlite3_stmt *st = s->statements[GET_META];
    bind_text(st, 1, key);
    bool found = store_step(s, GET_META) == SQLITE_ROW;
    snprintf(room, size, "%s", found ? (const char *)sqlite3_column_text(st, 0) : "");
    sqlite3_reset(st);
}

void store_put_meta(struct store *s, const char *key, const char *value) {
    sqlite3_stmt *st = store_write(s, PUT_META);
    bind_text(st, 1, key);
    bind_text(st, 2, value);
    store_run(s, PUT_META);
}

void store_refuse(struct store *s, const rd_kafka_message_t *m, const char *reason, int64_t now_us) {
    sqlite3_stmt *st = store_write(s, REFUSE);
    bind_text(st, 1, rd_kafka_topic_name(m->rkt));
    sqlite3_bind_int(st, 2, m->partition);
    sqlite3_bind_int64(st, 3, m->offset);
    bind_text(st, 4, reason);
    sqlite3_bind_blob(st, 5, m->key, (int)m->key_len, SQLITE_STATIC);
    sqlite3_bind_blob(st, 6, m->payload, (int)m->len, SQLITE_STATIC);
    sqlite3_bind_int64(st, 7, now_us);
    store_run(s, REFUSE);
}

void store_purge(struct store *s, int64_t before_us) {
    for (enum statement which = PURGE_ANSWERS; which <= PURGE_REFUSED; which++) {
        sqlite3_bind_int64(store_write(s, which), 1, before_us);
        store_run(s, which);
    }
}

/* ---- Loading ---- */

static struct text column_text(sqlite3_stmt *st, int at) {
    const void *bytes = sqlite3_column_blob(st, at);
    return bytes ? text_span(bytes, (size_t)sqlite3_column_bytes(st, at))
                 : sqlite3_column_type(st, at) == SQLITE_NULL ? TEXT_NONE : TEXT("");
}

/* Of a kept message; few name one, and only those are read for it. */
static int64_t priority_of(struct yjs_adapter *a, struct text data) {
    struct json read;
    int64_t priority;
    if (!data.at || !memmem(data.at, data.length, "\"priority\"", 10))
        return 0;
    arena_reset(&a->answer_arena);
    bool named = !json_read(&a->answer_arena, data, JSON_DEPTH_MOST, &read, NULL) &&
                 json_to_int64(json_get_string(&read, "priority"), &priority);
    return named ? priority : 0;
}

static struct task *load_row(struct yjs_adapter *a, sqlite3_stmt *st) {
    struct task_fields fields = {
        .id = column_text(st, 0), .type = column_text(st, 1), .number = column_text(st, 2), .caseid = column_text(st, 3),
        .thing = column_text(st, 4), .step = column_text(st, 5), .attempt = sqlite3_column_int64(st, 6),
        .reply_to = column_text(st, 7), .traceparent = column_text(st, 8), .data = column_text(st, 9),
        .priority = priority_of(a, column_text(st, 9)),
    };
    struct task *t = task_new(a, &fields);
    t->stored = true;
    t->open.tries = (uint32_t)sqlite3_column_int64(st, 14);
    t->open.taken_at_us = sqlite3_column_int64(st, 15);
    t->wake_at_us = sqlite3_column_int64(st, 13);
    struct text correction = column_text(st, 10), state = column_text(st, 12);
    if (correction.at)
        task_set_text(&t->correction_text, &t->open.correction, correction.at, correction.length);
    if (state.at)
        task_set_text(&t->state_text, &t->open.state, state.at, state.length);
    return t;
}

static void load_counts(struct yjs_adapter *a, struct task *t) {
    sqlite3_stmt *st = a->store.statements[COUNT_KINDS];
    bind_text(st, 1, t->open.id);
    while (store_step(&a->store, COUNT_KINDS) == SQLITE_ROW) {
        int kind = sqlite3_column_int(st, 0), count = sqlite3_column_int(st, 1);
        t->answers[kind] = (uint16_t)count;
        t->answer_count += count;
    }
    sqlite3_reset(st);
}

struct task *store_load_task(struct yjs_adapter *a, const char *id) {
    sqlite3_stmt *st = a->store.statements[LOAD_TASK];
    bind_text(st, 1, id);
    struct task *t = store_step(&a->store, LOAD_TASK) == SQLITE_ROW ? load_row(a, st) : NULL;
    sqlite3_reset(st);
    if (t)
        load_counts(a, t);
    return t;
}

void store_load_answers(struct yjs_adapter *a, struct task *t, bool all) {
    sqlite3_stmt *st = a->store.statements[LOAD_ANSWERS];
    bind_text(st, 1, t->open.id);
    while (store_step(&a->store, LOAD_ANSWERS) == SQLITE_ROW) {
        bool acknowledged = sqlite3_column_int(st, 5) != 0;
        if (acknowledged && !all)
            continue;
        struct text data = column_text(st, 4);
        struct answer *answer = adapter_alloc(sizeof(*answer) + data.length + 1);
        answer->task = t;
        answer->n = sqlite3_column_int(st, 0);
        answer->kind = (enum yjs_kind)sqlite3_column_int(st, 1);
        answer->of_kind = sqlite3_column_int(st, 2);
        snprintf(answer->time, sizeof(answer->time), "%s", (const char *)sqlite3_column_text(st, 3));
        answer->again = acknowledged;
        answer->length = data.length;
        if (data.length)
            memcpy(answer->data, data.at, data.length);
        t->references++;
        outbox_append(a, answer);
    }
    sqlite3_reset(st);
}

int store_load(struct yjs_adapter *a) {
    struct store *s = &a->store;
    while (store_step(s, LOAD_OPEN) == SQLITE_ROW) {
        struct task *t = load_row(a, s->statements[LOAD_OPEN]);
        load_counts(a, t);
        task_open(a, t);
        if (sqlite3_column_int(s->statements[LOAD_OPEN], 11) == STORED_WAITING)
            task_place(a, t, PLACE_RESTING);
    }
    sqlite3_reset(s->statements[LOAD_OPEN]);
    while (store_step(s, LOAD_CANCELLATIONS) == SQLITE_ROW) {
        sqlite3_stmt *st = s->statements[LOAD_CANCELLATIONS];
        struct task *t = map_get(&a->tasks, column_text(st, 0));
        if (t)
            task_restore_cancellation(t, (const char *)sqlite3_column_text(st, 1));
    }
    sqlite3_reset(s->statements[LOAD_CANCELLATIONS]);
    while (store_step(s, LOAD_UNACKNOWLEDGED) == SQLITE_ROW) {
        const char *id = (const char *)sqlite3_column_text(s->statements[LOAD_UNACKNOWLEDGED], 0);
        struct task *open = map_get(&a->tasks, text_from(id)), *t = open ? open : store_load_task(a, id);
        if (!t)
            continue;
        store_load_answers(a, t, false);
        if (!open)
            task_reference_drop(t);
    }
    sqlite3_reset(s->statements[LOAD_UNACKNOWLEDGED]);
    while (a->options.keep == YJS_KEEP_OFFSETS && store_step(s, LOAD_TOMBSTONES) == SQLITE_ROW)
        tombstone_add(a, (const char *)sqlite3_column_text(s->statements[LOAD_TOMBSTONES], 0));
    sqlite3_reset(s->statements[LOAD_TOMBSTONES]);
    return s->failed ? -1 : 0;
}
