/* Tasks that lie on a desk until someone takes them. */
#include <stdlib.h>
#include "desk.h"

struct entry { struct list link; char id[]; };

void desk_open(struct desk *d, struct host *host) {
    d->host = host;
    d->next_mark = (uint64_t)yjs_now_us();
    list_init(&d->ready);
}

static void take_off(struct desk *d, struct yjs_task *task) {
    struct entry *e = task->mine;
    if (!e)
        return;
    list_remove(&e->link);
    d->ready_count--;
    free(e);
    task->mine = NULL;
}

static void put_on(struct desk *d, struct yjs_task *task) {
    if (task->mine)
        return;
    size_t size = strlen(task->id) + 1;
    struct entry *e = calloc(1, sizeof(*e) + size);
    if (!e)
        abort();
    memcpy(e->id, task->id, size);
    list_append(&d->ready, &e->link);
    d->ready_count++;
    task->mine = e;
}

void desk_close(struct desk *d) {
    list_each_safe(&d->ready, node)
        free(list_entry(node, struct entry, link));
    list_init(&d->ready);
}

struct desk_state desk_state_of(const struct yjs_task *task) {
    struct desk_state s = {0};
    struct arena arena;
    struct json state;
    arena_init(&arena, 16384);
    if (task->state && !json_read(&arena, text_from(task->state), 4, &state, NULL)) {
        snprintf(s.holder, sizeof(s.holder), "%.*s", TEXT_ARG(json_get_text(&state, TEXT("holder"))));
        s.asked = json_is_true(json_get_string(&state, "asked"));
        if (!json_to_int64(json_get_string(&state, "mark"), &s.mark))
            s.mark = 0;
        if (!json_to_int64(json_get_string(&state, "until"), &s.until_us))
            s.until_us = 0;
    }
    arena_free(&arena);
    return s;
}

/* New, come back after its time, or corrected: it lies ready. */
void desk_start(void *desk, struct yjs_task *task) {
    put_on(desk, task);
    yjs_wait(task, "{}", YJS_NEVER_WAKE);
}

void desk_restored(void *desk, struct yjs_task *task) {
    struct desk_state s = desk_state_of(task);
    if (s.mark == 0 && !s.asked)
        put_on(desk, task);
}

void desk_forget(void *desk, struct yjs_task *task) { take_off(desk, task); }

/* What lies ready can be taken away; what someone works on cannot. */
enum yjs_cancel desk_cancel(void *desk, struct yjs_task *task, const char *reason) {
    (void)reason;
    if (desk_state_of(task).mark != 0)
        return YJS_CANCEL_TOO_LATE;
    take_off(desk, task);
    return YJS_CANCEL_DONE;
}

struct yjs_task *desk_next(struct desk *d, struct text step) {
    list_each(&d->ready, node) {
        struct yjs_task *task = yjs_find(host_adapter(d->host), list_entry(node, struct entry, link)->id);
        if (task && (step.length == 0 || text_equal(text_span(task->step, strcspn(task->step, ".")), step)))
            return task;
    }
    return NULL;
}

int64_t desk_hold(struct desk *d, struct yjs_task *task, struct text holder, int64_t until_us) {
    struct buffer out;
    struct json_writer w;
    int64_t mark = (int64_t)d->next_mark++;
    buffer_init(&out, 4096);
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("holder"));
    json_put_text(&w, holder);
    json_key(&w, TEXT("mark"));
    json_put_int64(&w, mark);
    json_key(&w, TEXT("until"));
    json_put_int64(&w, until_us);
    json_close(&w, '}');
    take_off(d, task);
    yjs_wait(task, buffer_text(&out).at, until_us);
    buffer_free(&out);
    return mark;
}

void desk_release(struct desk *d, struct yjs_task *task) { desk_start(d, task); }

const char *desk_answer(struct desk *d, struct yjs_task *task, const struct json *answer) {
    bool asks = text_is(json_get_text(answer, TEXT("kind")), "correction");
    struct buffer out;
    buffer_init(&out, 1024 * 1024);
    json_write(&out, answer);
    take_off(d, task);
    enum host_verdict verdict = host_answer(d->host, task, 0, buffer_text(&out).at, out.length);
    buffer_free(&out);
    if (verdict == HOST_FINAL)
        return "taken";
    if (verdict == HOST_FAULTY)
        return "faulty";
    if (asks) {
        yjs_wait(task, "{\"asked\":true}", YJS_NEVER_WAKE);
    } else {
        struct desk_state s = desk_state_of(task);
        if (s.mark == 0)
            desk_start(d, task);         /* nobody holds it: it lies ready again */
    }
    return "open";
}

bool desk_put_request(struct desk *d, struct yjs_task *task, struct buffer *out) {
    size_t length;
    char *request = host_request(d->host, task, NULL, &length);
    if (!request) {
        take_off(d, task);
        return false;
    }
    buffer_put(out, request, length);
    free(request);
    return true;
}

bool desk_admit(struct yjs_request *request, const char *token, struct arena *arena, struct json *ret_body) {
    if (!yjs_request_has_token(request, token)) {
        reply_json(request, 401, "{\"error\":\"a bearer token is needed\"}");
        return false;
    }
    struct text body = request->body_length ? text_span(request->body, request->body_length) : TEXT("{}");
    if (json_read(arena, body, 64, ret_body, NULL) || ret_body->type != JSON_OBJECT) {
        reply_json(request, 400, "{\"error\":\"the body must be a JSON object\"}");
        return false;
    }
    return true;
}
