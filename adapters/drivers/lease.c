/* lease: outbound HTTPS is all the department has: its robot, script or system comes here, takes work and answers.
 *
 * POST /lease {"most", "seconds", "who", "step"} -> {"tasks": [{"lease", "until", "task", "request"}]}
 * POST /answer {"task", "answer"} or {"answers": [{"task", "answer"} …]} -> {"answers": [{"task", "state"}]}
 * POST /extend {"task", "lease", "seconds"}, POST /release {"task", "lease"}.
 * A lease that runs out makes the task ready again; an answer that comes late is taken as long as nobody else answered. */
#include <stddef.h>
#include <stdlib.h>
#include "base/time.h"
#include "desk.h"
#include "drivers.h"

#define ANSWERS_MOST 500

struct settings { const char *token; int64_t most, longest_us, usual_us; };

#define AT(field) offsetof(struct settings, field)
static const struct setting settings_table[] = {
    {"token", SETTING_TEXT, AT(token), NULL, true, "bearer token of the department", NULL},
    {"most", SETTING_INT, AT(most), "100", false, "tasks in one lease at most", NULL},
    {"usual", SETTING_DURATION, AT(usual_us), "1m", false, "length of a lease that does not say", NULL},
    {"longest", SETTING_DURATION, AT(longest_us), "1h", false, "length of a lease at most", NULL},
    SETTINGS_END,
};

struct lease { struct desk desk; const struct settings *s; };

static int64_t until_of(const struct lease *l, const struct json *body) {
    int64_t seconds, length_us = l->s->usual_us;
    if (json_to_int64(json_get_string(body, "seconds"), &seconds) && seconds > 0 && seconds < 1000000)
        length_us = seconds * TIME_SECOND_US;
    return yjs_now_us() + (length_us > l->s->longest_us ? l->s->longest_us : length_us);
}

/* What was said is durable before the caller hears of it. */
static void reply_durably(struct lease *l, struct yjs_request *request, struct buffer *out) {
    if (out->failed || yjs_commit(host_adapter(l->desk.host)))
        desk_problem(request, "store_away", "try again", NULL);
    else
        yjs_reply(request, 200, "application/json", buffer_text(out).at, out->length);
}

static void put_lease(struct lease *l, struct yjs_task *task, struct text who, int64_t until_us, struct buffer *out, bool first) {
    char until[TIME_TEXT_SIZE];
    struct buffer document;
    buffer_init(&document, 2u * 1024 * 1024);
    if (desk_put_request(&l->desk, task, &document)) {
        int64_t mark = desk_hold(&l->desk, task, who, until_us);
        time_format_utc(until_us, until);
        buffer_format(out, "%s{\"lease\":\"%lld\",\"until\":\"%s\",\"task\":", first ? "" : ",", (long long)mark, until);
        json_write_string(out, text_from(task->id));
        buffer_put_string(out, ",\"request\":");
        buffer_put(out, document.at, document.length);
        buffer_put_byte(out, '}');
    }
    buffer_free(&document);
}

static void serve_lease(struct lease *l, struct yjs_request *request, const struct json *body) {
    int64_t most = 1, until_us = until_of(l, body);
    struct text step = json_get_text(body, TEXT("step")), who = json_get_text(body, TEXT("who"));
    struct buffer out;
    if (!json_to_int64(json_get_string(body, "most"), &most) || most > l->s->most)
        most = most > l->s->most ? l->s->most : 1;
    buffer_init(&out, 64u * 1024 * 1024);
    buffer_put_string(&out, "{\"tasks\":[");
    size_t bare = out.length;
    for (struct yjs_task *task; most > 0 && out.length < 3u * 1024 * 1024 && (task = desk_next(&l->desk, step)); most--)
        put_lease(l, task, who.at ? who : TEXT("?"), until_us, &out, out.length == bare);
    buffer_put_string(&out, "]}");
    reply_durably(l, request, &out);
    buffer_free(&out);
}

/* What becomes of one answer. "faulty": it is not taken, and why. */
static const char *take(struct lease *l, const struct json *given, struct host_fault *ret_fault) {
    char id[1024];
    const struct json *answer = json_get_string(given, "answer");
    snprintf(id, sizeof(id), "%.*s", TEXT_ARG(json_get_text(given, TEXT("task"))));
    struct yjs_task *task = yjs_find(host_adapter(l->desk.host), id);
    if (!task)
        return yjs_known(host_adapter(l->desk.host), id) ? "ended" : "unknown";
    if (!answer || answer->type != JSON_OBJECT)
        return "no_answer";
    return desk_answer(&l->desk, task, answer, ret_fault);
}

static void put_verdict(struct buffer *out, const struct json *given, const char *state, const struct host_fault *fault) {
    buffer_put_string(out, out->at[out->length - 1] == '[' ? "{\"task\":" : ",{\"task\":");
    json_write_string(out, json_get_text(given, TEXT("task")));
    buffer_format(out, ",\"state\":\"%s\"", state);
    if (!strcmp(state, "faulty")) {
        buffer_put_string(out, ",\"faults\":");
        desk_put_fault(out, "/answer", fault);
    }
    buffer_put_byte(out, '}');
}

static void serve_answer(struct lease *l, struct yjs_request *request, const struct json *body) {
    const struct json *list = json_get_string(body, "answers");
    struct host_fault fault = {"", ""};
    struct buffer out;
    if (list && (list->type != JSON_ARRAY || list->count > ANSWERS_MOST)) {
        desk_problem(request, "body_invalid", "answers is a list of at most 500", NULL);
        return;
    }
    const char *only = list ? NULL : take(l, body, &fault);
    if (only && !strcmp(only, "faulty")) {
        desk_problem(request, "answer_faulty", "the answer was not taken, the task stays open", &fault);
        return;
    }
    buffer_init(&out, 4u * 1024 * 1024);
    buffer_put_string(&out, "{\"answers\":[");
    if (only)
        put_verdict(&out, body, only, &fault);
    for (size_t i = 0; list && i < list->count; i++) {
        const char *state = take(l, json_at(list, i), &fault);
        put_verdict(&out, json_at(list, i), state, &fault);
    }
    buffer_put_string(&out, "]}");
    reply_durably(l, request, &out);
    buffer_free(&out);
}

/* The task that the body names, if its lease is the one that holds it. */
static struct yjs_task *held_task(struct lease *l, struct yjs_request *request, const struct json *body) {
    char id[1024], mark[32];
    snprintf(id, sizeof(id), "%.*s", TEXT_ARG(json_get_text(body, TEXT("task"))));
    struct yjs_task *task = yjs_find(host_adapter(l->desk.host), id);
    if (!task) {
        desk_problem(request, "task_unknown", NULL, NULL);
        return NULL;
    }
    snprintf(mark, sizeof(mark), "%lld", (long long)desk_state_of(task).mark);
    if (task->mine || !text_is(json_get_text(body, TEXT("lease")), mark)) {
        desk_problem(request, "lease_over", NULL, NULL);
        return NULL;
    }
    return task;
}

static void serve_extend(struct lease *l, struct yjs_request *request, const struct json *body) {
    struct yjs_task *task = held_task(l, request, body);
    char until[TIME_TEXT_SIZE];
    struct buffer out;
    if (!task)
        return;
    struct desk_state state = desk_state_of(task);
    int64_t until_us = until_of(l, body), mark = desk_hold(&l->desk, task, text_from(state.holder), until_us);
    time_format_utc(until_us, until);
    buffer_init(&out, 4096);
    buffer_format(&out, "{\"lease\":\"%lld\",\"until\":\"%s\"}", (long long)mark, until);
    reply_durably(l, request, &out);
    buffer_free(&out);
}

static void serve_release(struct lease *l, struct yjs_request *request, const struct json *body) {
    struct yjs_task *task = held_task(l, request, body);
    struct buffer out;
    if (!task)
        return;
    desk_release(&l->desk, task);
    buffer_init(&out, 4096);
    buffer_put_string(&out, "{}");
    reply_durably(l, request, &out);
    buffer_free(&out);
}

static const struct { const char *path; void (*serve)(struct lease *, struct yjs_request *, const struct json *); } routes[] = {
    {"/lease", serve_lease}, {"/answer", serve_answer}, {"/extend", serve_extend}, {"/release", serve_release},
};

static void serve(void *user, struct yjs_request *request) {
    struct lease *l = user;
    struct arena arena;
    struct json body;
    arena_init(&arena, 64u * 1024 * 1024);
    if (desk_admit(request, l->s->token, &arena, &body))
        for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
            if (!strcmp(request->path, routes[i].path))
                routes[i].serve(l, request, &body);
    arena_free(&arena);
}

static int lease_open(struct host *host, void **ret, struct yjs_error *error) {
    struct lease *l = calloc(1, sizeof(*l));
    if (!l)
        abort();
    desk_open(&l->desk, host);
    l->s = host_settings(host);
    *ret = l;
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
        if (yjs_route(host_adapter(host), "POST", routes[i].path, serve, l)) {
            *error = (struct yjs_error){"no_listener", "the driver lease needs the department's `http: {port: …}`"};
            return -1;
        }
    return 0;
}

static void lease_close(void *self) {
    desk_close(self);
    free(self);
}

const struct yjs_driver driver_lease = {
    .name = "lease", .help = "outbound HTTPS only: the department's robot or system comes here, takes work and answers",
    .settings = settings_table, .settings_size = sizeof(struct settings),
    .open = lease_open, .close = lease_close,
    .handler = {.start = desk_start, .restored = desk_restored, .forget = desk_forget, .cancel = desk_cancel},
};
