/* rest: the department has an HTTP API that answers at once, by a callback, or when it is asked again. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stddef.h>
#include <stdlib.h>
#include "base/log.h"
#include "base/json.h"
#include "drivers.h"
#include "rest_status.h"
#include "template.h"
#include "web_client.h"

enum mode { MODE_IMMEDIATE, MODE_CALLBACK, MODE_POLLING };
static const char *const modes[] = {"immediate", "callback", "polling", NULL};

struct settings {
    const char *url, *path, *method, *poll_path, *cancel_path, *token, *ca, *certificate, *key, *callback_url, *secret;
    int mode;
    int64_t timeout_us, poll_every_us, answer_within_us;
    const struct node *headers, *statuses;
};
struct step_settings { const char *path, *method, *poll_path, *cancel_path, *ticket; const struct node *statuses; };

#define AT(field) offsetof(struct settings, field)
static const struct setting settings_table[] = {
    {"url", SETTING_TEXT, AT(url), NULL, true, "where the system is: https://system.example/api", NULL},
    {"mode", SETTING_CHOICE, AT(mode), "immediate", false, "how it answers", modes},
    {"path", SETTING_TEXT, AT(path), "/tasks", false, "behind url; {task} {number} {step} {attempt} are filled in", NULL},
    {"method", SETTING_TEXT, AT(method), "POST", false, "of the request", NULL},
    {"poll_path", SETTING_TEXT, AT(poll_path), "/tasks/{ticket}", false, "polling: where the answer is asked for", NULL},
    {"poll_every", SETTING_DURATION, AT(poll_every_us), "5s", false, "polling: this often", NULL},
    {"cancel_path", SETTING_TEXT, AT(cancel_path), NULL, false, "where a cancellation is sent (POST {task, ticket, reason}): 2xx cancelled, else refused", NULL},
    {"callback_url", SETTING_TEXT, AT(callback_url), NULL, false, "callback: this adapter's http listener as the system sees it", NULL},
    {"secret", SETTING_TEXT, AT(secret), NULL, false, "callback: key from which each task's own secret is made", NULL},
    {"answer_within", SETTING_DURATION, AT(answer_within_us), "1h", false, "callback: without one the request is sent again", NULL},
    {"timeout", SETTING_DURATION, AT(timeout_us), "30s", false, "of one request", NULL},
    {"token", SETTING_TEXT, AT(token), NULL, false, "bearer token", NULL},
    {"headers", SETTING_NODE, AT(headers), NULL, false, "further headers", NULL},
    {"ca", SETTING_TEXT, AT(ca), NULL, false, "file of authorities to trust in place of the system's", NULL},
    {"certificate", SETTING_TEXT, AT(certificate), NULL, false, "own certificate", NULL},
    {"key", SETTING_TEXT, AT(key), NULL, false, "its private key", NULL},
    {"statuses", SETTING_NODE, AT(statuses), NULL, false, "HTTP status -> answer | taken | pending | reject | never | again | held; over the defaults", NULL},
    SETTINGS_END,
};
#undef AT
#define AT(field) offsetof(struct step_settings, field)
static const struct setting step_table[] = {
    {"path", SETTING_TEXT, AT(path), NULL, false, "as above, for this step", NULL},
    {"method", SETTING_TEXT, AT(method), NULL, false, "as above, for this step", NULL},
    {"poll_path", SETTING_TEXT, AT(poll_path), NULL, false, "as above, for this step", NULL},
    {"cancel_path", SETTING_TEXT, AT(cancel_path), NULL, false, "as above, for this step", NULL},
    {"ticket", SETTING_TEXT, AT(ticket), "ticket", false, "polling: name of the response's member that is the ticket", NULL},
    {"statuses", SETTING_NODE, AT(statuses), NULL, false, "as above, for this step", NULL},
    SETTINGS_END,
};
#undef AT

struct rest { struct host *host; const struct settings *s; struct web *web; };
enum purpose { PURPOSE_SEND, PURPOSE_POLL, PURPOSE_CANCEL };
struct call { struct rest *rest; enum purpose purpose; char id[]; };

static const char *pick(const char *own, const char *general) { return own ? own : general; }

/* ---- What is kept about a task: {"ticket": …, "corrected": n} ---- */

struct kept { char ticket[512]; int64_t corrected; bool sent; };

static struct kept read_kept(const struct yjs_task *task) {
    struct kept k = {0};
    struct arena arena;
    struct json state;
    arena_init(&arena, 65536);
    if (task->state && !json_read(&arena, text_from(task->state), 8, &state, NULL)) {
        snprintf(k.ticket, sizeof(k.ticket), "%.*s", TEXT_ARG(json_get_text(&state, TEXT("ticket"))));
        k.sent = json_is_true(json_get_string(&state, "sent"));
        if (!json_to_int64(json_get_string(&state, "corrected"), &k.corrected))
            k.corrected = 0;
    }
    arena_free(&arena);
    return k;
}

static int64_t correction_mark(const struct yjs_task *task) {
    return task->correction ? (int64_t)template_seq(text_from(task->correction)) : 0;
}

static void rest_until(struct yjs_task *task, const char *ticket, bool sent, int64_t wake_at_us) {
    struct buffer out;
    struct json_writer w;
    buffer_init(&out, 8192);
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("ticket"));
    json_put_text(&w, text_from(ticket));
    json_key(&w, TEXT("sent"));
    json_put_bool(&w, sent);
    json_key(&w, TEXT("corrected"));
    json_put_int64(&w, sent ? correction_mark(task) : 0);
    json_close(&w, '}');
    yjs_wait(task, buffer_text(&out).at, wake_at_us);
    buffer_free(&out);
}

/* ---- The callback's secret: HMAC-SHA256 of the task's id, so that nothing needs to be kept ---- */

static void make_secret(const struct rest *r, const char *id, char room[65]) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    HMAC(EVP_sha256(), r->s->secret, (int)strlen(r->s->secret), (const unsigned char *)id, strlen(id), digest, &length);
    for (unsigned i = 0; i < 32; i++)
        snprintf(room + i * 2, 3, "%02x", digest[i]);
}

static char *callback_of(const struct rest *r, const struct yjs_task *task) {
    char secret[65];
    if (r->s->mode != MODE_CALLBACK)
        return NULL;
    make_secret(r, task->id, secret);
    return web_url(r->s->callback_url, "/callback?task={task}&secret={secret}",
                   (const char *const[]){"task", task->id, "secret", secret, NULL});
}

/* ---- Requests ---- */

static void on_response(void *user, const struct web_response *);

static void send_call(struct rest *r, struct yjs_task *task, enum purpose purpose, const struct web_request *request) {
    size_t size = strlen(task->id) + 1;
    struct call *call = calloc(1, sizeof(*call) + size);
    char key[1100], trace[512];
    if (!call)
        abort();
    call->rest = r;
    call->purpose = purpose;
    memcpy(call->id, task->id, size);
    snprintf(key, sizeof(key), "Idempotency-Key: %s%s", task->id, task->correction ? ":corrected" : "");
    snprintf(trace, sizeof(trace), "traceparent: %s", task->traceparent ? task->traceparent : "");
    const char *headers[] = {key, task->traceparent ? trace : NULL, NULL};
    struct web_request whole = *request;
    whole.headers = headers;
    whole.done = on_response;
    whole.user = call;
    web_send(r->web, &whole);
}

static char *url_of(const struct rest *r, const struct yjs_task *task, const char *path, const char *ticket) {
    char attempt[24];
    snprintf(attempt, sizeof(attempt), "%lld", (long long)task->attempt);
    return web_url(r->s->url, path, (const char *const[]){"task", task->id, "number", task->number, "step", task->step,
                                                          "attempt", attempt, "ticket", ticket, NULL});
}

static void send_task(struct rest *r, struct yjs_task *task) {
    const struct step_settings *step = host_step(r->host, task)->settings;
    char *callback = callback_of(r, task);
    size_t length;
    char *body = host_request(r->host, task, callback, &length);
    if (body) {
        char *url = url_of(r, task, pick(step->path, r->s->path), "");
        send_call(r, task, PURPOSE_SEND, &(struct web_request){.method = pick(step->method, r->s->method), .url = url,
                                                               .body = body, .length = length});
        free(url);
    }
    free(body);
    free(callback);
}

static void send_poll(struct rest *r, struct yjs_task *task, const char *ticket) {
    const struct step_settings *step = host_step(r->host, task)->settings;
    char *url = url_of(r, task, pick(step->poll_path, r->s->poll_path), ticket);
    send_call(r, task, PURPOSE_POLL, &(struct web_request){.method = "GET", .url = url});
    free(url);
}

static void rest_start(void *self, struct yjs_task *task) {
    struct rest *r = self;
    struct kept kept = read_kept(task);
    bool corrected = task->correction && kept.corrected != correction_mark(task);
    if (r->s->mode == MODE_POLLING && kept.sent && !corrected)
        send_poll(r, task, kept.ticket);
    else
        send_task(r, task);
}

/* ---- Responses ---- */

static void ticket_of(struct rest *r, const struct yjs_task *task, const struct web_response *response, char *room, size_t size) {
    const struct step_settings *step = host_step(r->host, task)->settings;
    struct arena arena;
    struct json body;
    arena_init(&arena, 1024 * 1024);
    struct text ticket = TEXT_NONE;
    if (!json_read(&arena, text_span(response->body, response->length), 32, &body, NULL)) {
        const struct json *value = json_get(&body, text_from(step->ticket));
        if (value && (value->type == JSON_STRING || value->type == JSON_NUMBER))
            ticket = value->text;
    }
    if (ticket.length)
        snprintf(room, size, "%.*s", TEXT_ARG(ticket));
    else
        snprintf(room, size, "%s", task->id);       /* no ticket: the task's own id is one */
    arena_free(&arena);
}

/* A body that carries an answer, whatever the mode: {kind: …}. */
static bool speaks(const struct web_response *response) {
    return response->length && strstr(response->body, "\"kind\"");
}

static void wait_on(struct rest *r, struct yjs_task *task, const struct web_response *response, bool sent_now) {
    char ticket[512];
    int64_t pause_us = r->s->mode == MODE_POLLING ? r->s->poll_every_us : r->s->answer_within_us;
    if (sent_now)
        ticket_of(r, task, response, ticket, sizeof(ticket));
    else
        snprintf(ticket, sizeof(ticket), "%s", read_kept(task).ticket);
    rest_until(task, ticket, true, yjs_now_us() + pause_us);
}

static void take_answer(struct rest *r, struct yjs_task *task, const struct web_response *response, enum purpose purpose) {
    if (purpose == PURPOSE_SEND && r->s->mode != MODE_IMMEDIATE && !speaks(response)) {
        wait_on(r, task, response, true);
        return;
    }
    enum host_verdict verdict = host_answer(r->host, task, response->status, response->body, response->length);
    if (verdict == HOST_NOTHING && r->s->mode == MODE_IMMEDIATE)
        yjs_fail(task, YJS_NEVER, "answer_mapping", "the department's system answered nothing");
    else if (verdict == HOST_OPEN && r->s->mode == MODE_IMMEDIATE)
        rest_until(task, "", true, YJS_NEVER_WAKE);      /* a correction was asked: its answer wakes the task */
    else if (verdict == HOST_OPEN || verdict == HOST_NOTHING)
        wait_on(r, task, response, purpose == PURPOSE_SEND);
}

static void finish_cancel(struct yjs_task *task, const struct web_response *response) {
    if (response->status >= 200 && response->status < 300)
        answer_literal(task, YJS_CANCELLED, "{}");
    else
        answer_literal(task, YJS_CANCEL_REFUSED, "{\"reason\":\"the department's system did not cancel the task\"}");
}

static void reject(struct yjs_task *task, const struct web_response *response) {
    struct arena arena;
    struct json body;
    struct buffer out;
    arena_init(&arena, 1024 * 1024);
    buffer_init(&out, 60000);
    struct text reason = TEXT("refused by the department's system");
    if (!json_read(&arena, text_span(response->body, response->length), 32, &body, NULL) &&
        json_get_text(&body, TEXT("reason")).length)
        reason = json_get_text(&body, TEXT("reason"));
    buffer_put_string(&out, "{\"reason\":");
    json_write_string(&out, reason);
    buffer_put_byte(&out, '}');
    yjs_answer(task, YJS_REJECTED, buffer_text(&out).at, out.length);
    buffer_free(&out);
    arena_free(&arena);
}

static void act(struct rest *r, struct yjs_task *task, const struct web_response *response, enum purpose purpose) {
    const struct step_settings *step = host_step(r->host, task)->settings;
    char message[300];
    snprintf(message, sizeof(message), "the department's system answered HTTP %d", response->status);
    enum rest_meaning meaning = rest_meaning(response->status, step->statuses, r->s->statuses);
    if (purpose == PURPOSE_POLL && response->status == 404 && meaning == MEANS_NEVER) {
        rest_until(task, "", false, yjs_now_us() + r->s->poll_every_us);     /* it forgot the ticket: ask anew */
        return;
    }
    switch (meaning) {
    case MEANS_ANSWER: take_answer(r, task, response, purpose); break;
    case MEANS_PENDING:
        if (purpose == PURPOSE_POLL) {
            wait_on(r, task, response, false);
            break;
        } /* fall through */
    case MEANS_TAKEN:
        if (r->s->mode == MODE_IMMEDIATE)
            take_answer(r, task, response, purpose);
        else
            wait_on(r, task, response, purpose == PURPOSE_SEND);
        break;
    case MEANS_REJECT: reject(task, response); break;
    case MEANS_NEVER: yjs_fail(task, YJS_NEVER, "http_refused", message); break;
    case MEANS_AGAIN: yjs_fail(task, YJS_AGAIN, "http_failed", message); break;
    case MEANS_HELD: yjs_fail(task, YJS_AWAY, "http_away", message); break;
    }
}

static void on_response(void *user, const struct web_response *response) {
    struct call *call = user;
    struct rest *r = call->rest;
    struct yjs_task *task = yjs_find(host_adapter(r->host), call->id);
    yjs_count(host_adapter(r->host), "http_requests", 1);
    if (task && call->purpose == PURPOSE_CANCEL) {
        task->mine = NULL;
        finish_cancel(task, response);
    } else if (task && response->status == 0)
        yjs_fail(task, YJS_AWAY, "no_connection", response->error);
    else if (task)
        act(r, task, response, call->purpose);
    free(call);
}

/* ---- Callbacks ---- */

static void serve_callback(void *user, struct yjs_request *request) {
    struct rest *r = user;
    struct yjs_adapter *adapter = host_adapter(r->host);
    const char *id = yjs_request_query(request, "task"), *given = yjs_request_query(request, "secret");
    char secret[65];
    if (!id || !given) {
        reply_json(request, 400, "{\"error\":\"task and secret are needed\"}");
        return;
    }
    make_secret(r, id, secret);
    if (strlen(given) != 64 || CRYPTO_memcmp(given, secret, 64)) {
        reply_json(request, 403, "{\"error\":\"the secret is not this task's\"}");
        return;
    }
    struct yjs_task *task = yjs_find(adapter, id);
    if (!task) {
        bool known = yjs_known(adapter, id) != NULL;
        reply_json(request, known ? 200 : 404, known ? "{\"state\":\"ended\"}" : "{\"error\":\"no such task\"}");
        return;
    }
    enum host_verdict verdict = host_answer(r->host, task, 200, request->body, request->body_length);
    if (verdict == HOST_OPEN || verdict == HOST_NOTHING)
        rest_until(task, "", true, yjs_now_us() + r->s->answer_within_us);
    if (yjs_commit(adapter)) {
        reply_json(request, 503, "{\"error\":\"try again\"}");
        return;
    }
    yjs_reply(request, 204, NULL, "", 0);
}

/* ---- Life ---- */

static enum yjs_cancel rest_cancel(void *self, struct yjs_task *task, const char *reason) {
    struct rest *r = self;
    const struct step_settings *step = host_step(r->host, task)->settings;
    const char *path = pick(step->cancel_path, r->s->cancel_path);
    struct kept kept = read_kept(task);
    if (!path)
        return YJS_CANCEL_TOO_LATE;
    if (task->mine)     /* its response is still to come */
        return YJS_CANCEL_ASKED;
    task->mine = r;
    struct buffer body;
    struct json_writer w;
    buffer_init(&body, 16384);
    json_begin(&w, &body);
    json_open(&w, '{');
    json_key(&w, TEXT("task"));
    json_put_text(&w, text_from(task->id));
    json_key(&w, TEXT("ticket"));
    json_put_text(&w, text_from(kept.ticket));
    json_key(&w, TEXT("reason"));
    json_put_text(&w, text_from(reason));
    json_close(&w, '}');
    char *url = url_of(r, task, path, kept.ticket);
    send_call(r, task, PURPOSE_CANCEL, &(struct web_request){.method = "POST", .url = url, .body = buffer_text(&body).at,
                                                             .length = body.length});
    free(url);
    buffer_free(&body);
    return YJS_CANCEL_ASKED;
}

static void rest_check(const void *settings, const struct node *at, struct faults *faults) {
    const struct settings *s = settings;
    if (s->mode == MODE_CALLBACK && (!s->callback_url || !s->secret))
        fault_add(faults, at, "missing_key", "`mode: callback` needs `callback_url`, `secret` and the department's `http: {port}`");
    rest_check_statuses(s->statuses, faults);
}

static int rest_open(struct host *host, void **ret, struct yjs_error *error) {
    struct rest *r = calloc(1, sizeof(*r));
    if (!r)
        abort();
    r->host = host;
    r->s = host_settings(host);
    r->web = web_open(host_adapter(host), &(struct web_options){.ca = r->s->ca, .certificate = r->s->certificate,
                      .key = r->s->key, .token = r->s->token, .headers = r->s->headers, .timeout_us = r->s->timeout_us});
    *ret = r;
    if (r->s->mode == MODE_CALLBACK && yjs_route(host_adapter(host), "POST", "/callback", serve_callback, r)) {
        *error = (struct yjs_error){"no_listener", "`mode: callback` needs the department's `http: {port: …}`"};
        return -1;
    }
    return 0;
}

static void rest_tick(void *self, int64_t now_us) { web_tick(((struct rest *)self)->web, now_us); }

static void rest_close(void *self) {
    struct rest *r = self;
    web_close(r->web, free);
    free(r);
}

const struct yjs_driver driver_rest = {
    .name = "rest", .help = "an HTTP API that answers at once, by callback, or when polled",
    .settings = settings_table, .settings_size = sizeof(struct settings),
    .step_settings = step_table, .step_size = sizeof(struct step_settings),
    .check = rest_check, .open = rest_open, .close = rest_close,
    .handler = {.start = rest_start, .cancel = rest_cancel, .tick = rest_tick},
};
