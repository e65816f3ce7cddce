/* Tasks that lie on a desk until someone takes them. */
#include <stdlib.h>
#include "desk.h"

struct entry { struct list link; char id[]; };

void desk_open(struct desk *d, struct host *host) {
    d->host = host;
    d->next_mark = (uint64_t)yjs_now_us();
    ranks_init(&d->ready);
}

static void take_off(struct yjs_task *task) {
    struct entry *e = task->mine;
    if (!e)
        return;
    list_remove(&e->link);
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
    ranks_append(&d->ready, task->priority, &e->link);
    task->mine = e;
}

void desk_close(struct desk *d) {
    ranks_each(&d->ready, head)
        list_each_safe(head, node)
            free(list_entry(node, struct entry, link));
    ranks_init(&d->ready);
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

void desk_forget(void *desk, struct yjs_task *task) {
    (void)desk;
    take_off(task);
}

/* What lies ready can be taken away; what someone works on cannot. */
enum yjs_cancel desk_cancel(void *desk, struct yjs_task *task, const char *reason) {
    (void)desk, (void)reason;
    if (desk_state_of(task).mark != 0)
        return YJS_CANCEL_TOO_LATE;
    take_off(task);
    return YJS_CANCEL_DONE;
}

void desk_each(struct desk *d, bool (*each)(void *, struct yjs_task *), void *user) {
    ranks_each(&d->ready, head)
        list_each(head, node) {
            struct yjs_task *task = yjs_find(host_adapter(d->host), list_entry(node, struct entry, link)->id);
            if (task && !each(user, task))
                return;
        }
}

struct wanted { struct text step; struct yjs_task *found; };

static bool is_wanted(void *user, struct yjs_task *task) {
    struct wanted *w = user;
    if (w->step.length == 0 || text_equal(text_span(task->step, strcspn(task->step, ".")), w->step))
        w->found = task;
    return !w->found;
}

struct yjs_task *desk_next(struct desk *d, struct text step) {
    struct wanted wanted = {.step = step};
    desk_each(d, is_wanted, &wanted);
    return wanted.found;
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
    take_off(task);
    yjs_wait(task, buffer_text(&out).at, until_us);
    buffer_free(&out);
    return mark;
}

void desk_release(struct desk *d, struct yjs_task *task) { desk_start(d, task); }

const char *desk_answer(struct desk *d, struct yjs_task *task, const struct json *answer, struct host_fault *ret_fault) {
    bool asks = text_is(json_get_text(answer, TEXT("kind")), "correction");
    struct buffer out;
    buffer_init(&out, 1024 * 1024);
    json_write(&out, answer);
    if (out.failed || !host_answer_stands(d->host, task, buffer_text(&out).at, out.length, ret_fault)) {
        if (out.failed)
            *ret_fault = (struct host_fault){"", "is too long"};
        buffer_free(&out);
        return "faulty";
    }
    take_off(task);
    enum host_verdict verdict = host_answer(d->host, task, 0, buffer_text(&out).at, out.length);
    buffer_free(&out);
    if (verdict == HOST_FINAL)
        return "taken";
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
        take_off(task);
        return false;
    }
    buffer_put(out, request, length);
    free(request);
    return true;
}

static const struct { const char *code; int status; const char *title; } problems[] = {
    {"body_invalid", 400, "The body is not as it must be"},
    {"parameter_bad", 400, "A query parameter has no value of its kind"},
    {"token_bad", 401, "A bearer token is needed"},
    {"route_unknown", 404, "There is nothing here"},
    {"task_unknown", 404, "There is no such open task"},
    {"task_claimed", 409, "Somebody else has claimed the task"},
    {"task_not_claimed", 409, "The task is not claimed by this person"},
    {"task_corrected", 409, "The applicant is to correct something first"},
    {"lease_over", 409, "The lease has run out"},
    {"mapping_failed", 409, "The task can't be shown"},
    {"answer_faulty", 422, "The answer is not as its kind needs it"},
    {"store_away", 503, "Nothing can be kept at the moment"},
};

void desk_put_fault(struct buffer *out, const char *under, const struct host_fault *fault) {
    struct json_writer w;
    char pointer[128];
    snprintf(pointer, sizeof(pointer), "%s%s", under, fault->pointer);
    json_begin(&w, out);
    json_open(&w, '[');
    json_open(&w, '{');
    json_key(&w, TEXT("pointer"));
    json_put_text(&w, text_from(pointer));
    json_key(&w, TEXT("message"));
    json_put_text(&w, text_from(fault->message));
    json_close(&w, '}');
    json_close(&w, ']');
}

void desk_problem(struct yjs_request *request, const char *code, const char *detail, const struct host_fault *fault) {
    size_t i = 0;
    struct buffer out;
    while (i + 1 < sizeof(problems) / sizeof(problems[0]) && strcmp(problems[i].code, code))
        i++;
    buffer_init(&out, 4096);
    buffer_format(&out, "{\"type\":\"urn:yijianshi:problem:%s\",\"title\":\"%s\",\"status\":%d,\"code\":\"%s\"", code,
                  problems[i].title, problems[i].status, code);
    if (detail) {
        buffer_put_string(&out, ",\"detail\":");
        json_write_string(&out, text_from(detail));
    }
    if (fault) {
        buffer_put_string(&out, ",\"faults\":");
        desk_put_fault(&out, "/answer", fault);
    }
    buffer_put_byte(&out, '}');
    yjs_reply(request, problems[i].status, "application/problem+json", buffer_text(&out).at, out.length);
    buffer_free(&out);
}

bool desk_admit(struct yjs_request *request, const char *token, struct arena *arena, struct json *ret_body) {
    if (!yjs_request_has_token(request, token)) {
        desk_problem(request, "token_bad", NULL, NULL);
        return false;
    }
    struct text body = request->body_length ? text_span(request->body, request->body_length) : TEXT("{}");
    if (json_read(arena, body, 64, ret_body, NULL) || ret_body->type != JSON_OBJECT) {
        desk_problem(request, "body_invalid", "the body must be a JSON object", NULL);
        return false;
    }
    return true;
}
