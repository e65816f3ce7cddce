/* Waits for many clients with one thread: which commands were answered, which cases have new events. Connections sleep
 * meanwhile (suspended in libmicrohttpd), so that a thousand streams need no thread of their own. */
#include <stdio.h>
#include <time.h>

#include "base/log.h"
#include "web/web_part.h"

#define COMMAND_TICK_US 8000
#define STREAM_TICK_US 200000
#define STREAM_PENDING_MOST ((size_t)4 << 20)
#define ROUND_ARENA_BYTES ((size_t)128 << 20)
enum { STREAM_EVENTS_AT_ONCE = 200, ROUND_MOST = 4096 };

/* A request that waits for a command's answer. The MHD connection is suspended while it is in the list. */
struct waiter {
    struct list link;
    struct MHD_Connection *connection;
    int64_t inbox_id, until_us;
    int32_t status;
    struct buffer body;
    bool listed;
};

/* An event stream. Held by its response and, while it looks for events, by the thread. */
struct stream {
    struct list link;
    struct watch *watch;
    struct MHD_Connection *connection;
    uint32_t holds;
    bool asleep, ended;
    struct text case_id, data;       /* in `names` */
    char names[1200];
    int64_t version;                 /* of the last event in `pending` or before */
    int64_t said_us;
    struct buffer pending;
    size_t sent;                     /* bytes of `pending` that are with libmicrohttpd */
};

struct watch {
    struct web *web;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t work;
    struct list waiters, streams;
    int64_t streams_due_us;
    bool stopping, running;
};

static int64_t monotonic(struct watch *watch) { return watch->web->clock.monotonic_us(watch->web->clock.context); }

/* ---- commands ---- */

/* Under the mutex: takes it out of the list and lets libmicrohttpd call again. */
static void wake_waiter(struct waiter *waiter) {
    list_remove(&waiter->link);
    waiter->listed = false;
    MHD_resume_connection(waiter->connection);
}

bool watch_command(struct request *request, int64_t inbox_id, int64_t wait_us) {
    struct watch *watch = request->web->watch;
    struct waiter *waiter = memory_alloc(sizeof *waiter);
    if (!waiter)
        return false;
    *waiter = (struct waiter){.connection = request->connection, .inbox_id = inbox_id, .until_us = monotonic(watch) + wait_us};
    buffer_init(&waiter->body, (size_t)1 << 20);
    request->waiter = waiter;
    request->stage = STAGE_WAITING;
    pthread_mutex_lock(&watch->mutex);
    if (!watch->stopping) {
        MHD_suspend_connection(request->connection);
        list_append(&watch->waiters, &waiter->link);
        waiter->listed = true;
        pthread_cond_signal(&watch->work);
    }
    pthread_mutex_unlock(&watch->mutex);
    return true;
}

void watch_command_take(struct request *request, int64_t *ret_id, int32_t *ret_status, struct text *ret_body) {
    struct waiter *waiter = request->waiter;
    *ret_id = waiter->inbox_id;
    *ret_status = waiter->status;
    *ret_body = text_copy(&request->arena, buffer_text(&waiter->body));
    buffer_free(&waiter->body);
    memory_free(waiter);
    request->waiter = NULL;
}

static void write_ids(struct watch *watch, struct buffer *out) {
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, '[');
    uint32_t count = 0;
    list_each(&watch->waiters, link)
        if (count++ < ROUND_MOST)
            json_put_int64(&w, list_entry(link, struct waiter, link)->inbox_id);
    json_close(&w, ']');
}

/* One row {"command", "status", "body"}. */
static void hand_answer(struct watch *watch, struct arena *arena, struct text row) {
    struct json answer;
    int64_t id, status;
    if (json_read(arena, row, 64, &answer, NULL) != OUTCOME_OK || !json_to_int64(json_get_string(&answer, "command"), &id) ||
        !json_to_int64(json_get_string(&answer, "status"), &status) || status == 0)
        return;
    list_each_safe(&watch->waiters, link) {
        struct waiter *waiter = list_entry(link, struct waiter, link);
        if (waiter->inbox_id != id)
            continue;
        waiter->status = (int32_t)status;
        buffer_put_text(&waiter->body, json_get_text(&answer, TEXT("body")));
        wake_waiter(waiter);
    }
}

static void look_for_answers(struct watch *watch, struct arena *arena) {
    _cleanup_buffer_ struct buffer ids;
    buffer_init(&ids, (size_t)1 << 20);
    pthread_mutex_lock(&watch->mutex);
    bool none = list_is_empty(&watch->waiters);
    if (!none)
        write_ids(watch, &ids);
    pthread_mutex_unlock(&watch->mutex);
    if (none || ids.failed)
        return;
    const struct records_port *records = &watch->web->records;
    struct record_list rows = {0};
    struct text parameter = buffer_text(&ids);
    enum outcome outcome = records->query(records->context, "command_answers", &parameter, 1, arena, &rows, NULL);
    int64_t now = monotonic(watch);
    pthread_mutex_lock(&watch->mutex);
    for (uint32_t i = 0; outcome == OUTCOME_OK && i < rows.count; i++)
        hand_answer(watch, arena, rows.at[i]);
    list_each_safe(&watch->waiters, link) {
        struct waiter *waiter = list_entry(link, struct waiter, link);
        if (waiter->until_us <= now)
            wake_waiter(waiter);
    }
    pthread_mutex_unlock(&watch->mutex);
}

/* ---- streams ---- */

/* Under the mutex. */
static void let_go(struct stream *stream) {
    if (--stream->holds > 0)
        return;
    buffer_free(&stream->pending);
    memory_free(stream);
}

static void wake_stream(struct stream *stream) {
    if (!stream->asleep || stream->ended)
        return;
    stream->asleep = false;
    MHD_resume_connection(stream->connection);
}

static ssize_t read_stream(void *context, uint64_t position, char *room, size_t most) {
    struct stream *stream = context;
    struct watch *watch = stream->watch;
    ssize_t length = 0;
    (void)position;
    pthread_mutex_lock(&watch->mutex);
    if (stream->pending.failed || (watch->stopping && stream->pending.length == stream->sent)) {
        length = MHD_CONTENT_READER_END_OF_STREAM;
    } else if (stream->pending.length == stream->sent) {
        stream->asleep = true;
        MHD_suspend_connection(stream->connection);
    } else {
        size_t left = stream->pending.length - stream->sent;
        length = (ssize_t)(left < most ? left : most);
        memcpy(room, stream->pending.at + stream->sent, (size_t)length);
        stream->sent += (size_t)length;
        if (stream->sent == stream->pending.length) {
            buffer_clear(&stream->pending);
            stream->sent = 0;
        }
    }
    pthread_mutex_unlock(&watch->mutex);
    return length;
}

static void end_stream(void *context) {
    struct stream *stream = context;
    struct watch *watch = stream->watch;
    pthread_mutex_lock(&watch->mutex);
    stream->ended = true;
    list_remove(&stream->link);
    __atomic_sub_fetch(&watch->web->streams_open, 1, __ATOMIC_RELAXED);
    let_go(stream);
    pthread_mutex_unlock(&watch->mutex);
}

bool watch_stream(struct request *request, struct text case_id, int64_t after, struct text data) {
    struct watch *watch = request->web->watch;
    struct stream *stream = memory_alloc(sizeof *stream);
    if (!stream || case_id.length + data.length + 2 > sizeof stream->names) {
        memory_free(stream);
        return false;
    }
    memcpy(stream->names, case_id.at, case_id.length);
    if (data.length > 0)
        memcpy(stream->names + case_id.length, data.at, data.length);
    stream->case_id = text_span(stream->names, case_id.length);
    stream->data = data.length ? text_span(stream->names + case_id.length, data.length) : TEXT_NONE;
    stream->watch = watch;
    stream->connection = request->connection;
    stream->version = after;
    stream->holds = 1;
    stream->said_us = monotonic(watch);
    buffer_init(&stream->pending, STREAM_PENDING_MOST);
    buffer_put_string(&stream->pending, "retry: 2000\n\n");
    list_init(&stream->link);
    request->stream = stream;
    request->status = 200;
    request->content_type = "text/event-stream";
    return true;
}

struct MHD_Response *watch_response(struct request *request) {
    struct stream *stream = request->stream;
    struct watch *watch = request->web->watch;
    struct MHD_Response *response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_stream, stream, end_stream);
    if (!response)
        return NULL;
    request->stream = NULL;   /* the response's from here on */
    pthread_mutex_lock(&watch->mutex);
    list_append(&watch->streams, &stream->link);
    __atomic_add_fetch(&watch->web->streams_open, 1, __ATOMIC_RELAXED);
    watch->streams_due_us = 0;
    pthread_cond_signal(&watch->work);
    pthread_mutex_unlock(&watch->mutex);
    return response;
}

void watch_forget(struct request *request) {
    if (request->stream) {   /* never became a response */
        buffer_free(&request->stream->pending);
        memory_free(request->stream);
    }
    if (request->waiter) {
        struct watch *watch = request->web->watch;
        pthread_mutex_lock(&watch->mutex);
        if (request->waiter->listed)
            list_remove(&request->waiter->link);
        pthread_mutex_unlock(&watch->mutex);
        buffer_free(&request->waiter->body);
        memory_free(request->waiter);
    }
    request->stream = NULL;
    request->waiter = NULL;
}

/* One event: id is the version, so that Last-Event-ID says where to go on. */
static void say_event(struct stream *stream, struct arena *arena, struct text row) {
    struct json event;
    int64_t version;
    row = text_is_none(row) ? row : status_of_row(arena, row);
    if (text_is_none(row) || json_read(arena, row, 96, &event, NULL) != OUTCOME_OK || !json_to_int64(json_get_string(&event, "version"), &version) ||
        version <= stream->version)
        return;
    struct text kind = json_get_text(&event, TEXT("kind"));
    buffer_format(&stream->pending, "id: %lld\nevent: %.*s\ndata: ", (long long)version, TEXT_ARG(kind));
    json_write(&stream->pending, &event);   /* without line ends */
    buffer_put_string(&stream->pending, "\n\n");
    stream->version = version;
}

static void read_events(struct watch *watch, struct arena *arena, struct stream *stream) {
    const struct records_port *records = &watch->web->records;
    char version[24];
    snprintf(version, sizeof version, "%lld", (long long)stream->version);
    struct text parameters[] = {stream->case_id, text_from(version), stream->data, TEXT("200")};
    struct record_list rows = {0};
    if (records->query(records->context, "case_events", parameters, 4, arena, &rows, NULL) != OUTCOME_OK)
        return;
    struct veil veil;
    bool veiled = text_is(stream->data, "*");   /* a department is shown its own steps' alone, and those in clear */
    if (veiled && veil_load(watch->web, stream->case_id, arena, &veil, NULL) != OUTCOME_OK)
        return;
    for (uint32_t i = 0; veiled && i < rows.count; i++)
        rows.at[i] = veil_row(arena, &veil, rows.at[i]);
    pthread_mutex_lock(&watch->mutex);
    for (uint32_t i = 0; i < rows.count && !stream->pending.failed; i++)
        say_event(stream, arena, rows.at[i]);
    if (rows.count > 0) {
        stream->said_us = monotonic(watch);
        wake_stream(stream);
    }
    if (rows.count == STREAM_EVENTS_AT_ONCE)
        watch->streams_due_us = 0;
    pthread_mutex_unlock(&watch->mutex);
}

/* Streams that may be asked about now, held; their number. */
static uint32_t hold_streams(struct watch *watch, struct stream **held, struct buffer *ids) {
    uint32_t count = 0;
    struct json_writer w;
    json_begin(&w, ids);
    json_open(&w, '[');
    pthread_mutex_lock(&watch->mutex);
    int64_t now = monotonic(watch);
    list_each(&watch->streams, link) {
        struct stream *stream = list_entry(link, struct stream, link);
        if (now - stream->said_us >= watch->web->settings.heartbeat_us) {
            buffer_put_string(&stream->pending, ": alive\n\n");   /* a client that is gone shows by this */
            stream->said_us = now;
            wake_stream(stream);
        }
        if (count == ROUND_MOST || stream->pending.length > STREAM_PENDING_MOST / 2)
            continue; /* a slow reader: its events wait in the journal */
        stream->holds++;
        held[count++] = stream;
        json_put_text(&w, stream->case_id);
    }
    watch->streams_due_us = now + STREAM_TICK_US;
    pthread_mutex_unlock(&watch->mutex);
    json_close(&w, ']');
    return count;
}

static void look_for_events(struct watch *watch, struct arena *arena) {
    static _Thread_local struct stream *held[ROUND_MOST];
    _cleanup_buffer_ struct buffer ids;
    buffer_init(&ids, (size_t)8 << 20);
    const struct records_port *records = &watch->web->records;
    uint32_t count = hold_streams(watch, held, &ids);
    struct record_list rows = {0};
    struct text parameter = buffer_text(&ids);
    bool fine = count > 0 && !ids.failed &&
                records->query(records->context, "case_versions", &parameter, 1, arena, &rows, NULL) == OUTCOME_OK;
    for (uint32_t i = 0; fine && i < rows.count; i++) {
        struct json row;
        int64_t version;
        if (json_read(arena, rows.at[i], 8, &row, NULL) != OUTCOME_OK || !json_to_int64(json_get_string(&row, "version"), &version))
            continue;
        for (uint32_t j = 0; j < count; j++)
            if (held[j]->version < version && text_equal(held[j]->case_id, json_get_text(&row, TEXT("id"))))
                read_events(watch, arena, held[j]);
    }
    pthread_mutex_lock(&watch->mutex);
    for (uint32_t i = 0; i < count; i++)
        let_go(held[i]);
    pthread_mutex_unlock(&watch->mutex);
}

/* ---- the thread ---- */

static void *run(void *context) {
    struct watch *watch = context;
    struct arena arena;
    arena_init(&arena, ROUND_ARENA_BYTES);
    pthread_mutex_lock(&watch->mutex);
    while (!watch->stopping) {
        bool waiters = !list_is_empty(&watch->waiters), streams = !list_is_empty(&watch->streams);
        int64_t now = monotonic(watch), until = waiters ? now + COMMAND_TICK_US : streams ? watch->streams_due_us : now + 1000000;
        if (until > now) {
            struct timespec t;
            clock_gettime(CLOCK_MONOTONIC, &t);
            int64_t at = t.tv_nsec / 1000 + (until - now);
            t.tv_sec += at / 1000000;
            t.tv_nsec = at % 1000000 * 1000;
            pthread_cond_timedwait(&watch->work, &watch->mutex, &t);
        }
        bool due = !list_is_empty(&watch->streams) && watch->streams_due_us <= monotonic(watch);
        pthread_mutex_unlock(&watch->mutex);
        look_for_answers(watch, &arena);
        if (due)
            look_for_events(watch, &arena);
        arena_reset(&arena);
        pthread_mutex_lock(&watch->mutex);
    }
    pthread_mutex_unlock(&watch->mutex);
    arena_free(&arena);
    return NULL;
}

enum outcome watch_create(struct web *web, struct watch **ret, struct error *error) {
    struct watch *watch = memory_alloc(sizeof *watch);
    if (!watch)
        return error_no_memory(error);
    watch->web = web;
    list_init(&watch->waiters);
    list_init(&watch->streams);
    pthread_mutex_init(&watch->mutex, NULL);
    pthread_condattr_t monotonic_clock;
    pthread_condattr_init(&monotonic_clock);
    pthread_condattr_setclock(&monotonic_clock, CLOCK_MONOTONIC);
    pthread_cond_init(&watch->work, &monotonic_clock);
    pthread_condattr_destroy(&monotonic_clock);
    if (pthread_create(&watch->thread, NULL, run, watch) != 0) {
        watch_free(watch);
        return error_set(error, OUTCOME_FATAL, "no_thread", "the web's watching thread could not be started");
    }
    watch->running = true;
    *ret = watch;
    return OUTCOME_OK;
}

void watch_stop(struct watch *watch) {
    if (!watch || !watch->running)
        return;
    pthread_mutex_lock(&watch->mutex);
    watch->stopping = true;
    list_each_safe(&watch->waiters, link) wake_waiter(list_entry(link, struct waiter, link));
    list_each(&watch->streams, link) wake_stream(list_entry(link, struct stream, link));
    pthread_cond_signal(&watch->work);
    pthread_mutex_unlock(&watch->mutex);
    pthread_join(watch->thread, NULL);
    watch->running = false;
}

void watch_free(struct watch *watch) {
    if (!watch)
        return;
    watch_stop(watch);
    pthread_cond_destroy(&watch->work);
    pthread_mutex_destroy(&watch->mutex);
    memory_free(watch);
}
