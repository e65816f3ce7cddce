/* libcurl on the adapter's epoll. */
#include <curl/curl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include "base/list.h"
#include "web_client.h"

#define RESPONSE_MOST_BYTES (4u * 1024 * 1024)

struct web {
    struct yjs_adapter *adapter;
    struct web_options options;
    CURLM *multi;
    int64_t timer_us;              /* when curl wants to be called; INT64_MAX: not */
    struct list calls;
};
struct call {
    struct list link;
    struct web *web;
    CURL *easy;
    struct curl_slist *headers;
    struct buffer body;
    char fault[CURL_ERROR_SIZE];
    void (*done)(void *, const struct web_response *);
    void *user;
};

static void finish(struct web *w) {
    int left;
    for (CURLMsg *m; (m = curl_multi_info_read(w->multi, &left));) {
        if (m->msg != CURLMSG_DONE)
            continue;
        struct call *call;
        long status = 0;
        CURLcode code = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &call);
        curl_easy_getinfo(m->easy_handle, CURLINFO_RESPONSE_CODE, &status);
        struct web_response response = {
            .status = code || call->body.failed ? 0 : (int)status, .body = buffer_text(&call->body).at, .length = call->body.length,
            .error = call->fault[0] ? call->fault : curl_easy_strerror(code),
        };
        curl_multi_remove_handle(w->multi, call->easy);
        list_remove(&call->link);
        call->done(call->user, &response);
        curl_easy_cleanup(call->easy);
        curl_slist_free_all(call->headers);
        buffer_free(&call->body);
        free(call);
    }
}

static void on_ready(void *user, int fd, uint32_t events) {
    struct web *w = user;
    int running, flags = (events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                         (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
    curl_multi_socket_action(w->multi, fd, flags, &running);
    finish(w);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user) {
    (void)easy, (void)socket_user;
    struct web *w = user;
    uint32_t events = what == CURL_POLL_IN ? EPOLLIN : what == CURL_POLL_OUT ? EPOLLOUT
                      : what == CURL_POLL_INOUT ? EPOLLIN | EPOLLOUT : 0;
    yjs_watch(w->adapter, fd, events, on_ready, w);
    return 0;
}

static int on_timer(CURLM *multi, long wait_ms, void *user) {
    (void)multi;
    struct web *w = user;
    w->timer_us = wait_ms < 0 ? INT64_MAX : yjs_steady_us() + wait_ms * 1000;
    if (wait_ms >= 0)
        yjs_wake_at(w->adapter, w->timer_us);
    return 0;
}

void web_tick(struct web *w, int64_t now_us) {
    int running;
    if (now_us >= w->timer_us) {
        w->timer_us = INT64_MAX;
        curl_multi_socket_action(w->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        finish(w);
    }
    if (w->timer_us != INT64_MAX)
        yjs_wake_at(w->adapter, w->timer_us);
}

struct web *web_open(struct yjs_adapter *adapter, const struct web_options *options) {
    struct web *w = calloc(1, sizeof(*w));
    if (!w || !(w->multi = curl_multi_init()))
        abort();
    w->adapter = adapter;
    w->options = *options;
    w->timer_us = INT64_MAX;
    list_init(&w->calls);
    curl_multi_setopt(w->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(w->multi, CURLMOPT_SOCKETDATA, w);
    curl_multi_setopt(w->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(w->multi, CURLMOPT_TIMERDATA, w);
    curl_multi_setopt(w->multi, CURLMOPT_MAX_HOST_CONNECTIONS, 64L);
    return w;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *user) {
    struct call *call = user;
    buffer_put(&call->body, bytes, size * count);
    return call->body.failed ? 0 : size * count;
}

static void add_headers(struct call *call, const struct web_request *r) {
    const struct web_options *o = &call->web->options;
    char line[2048];
    call->headers = curl_slist_append(NULL, "Expect:");
    if (r->body)
        call->headers = curl_slist_append(call->headers, "Content-Type: application/json");
    for (size_t i = 0; o->headers && o->headers->kind == NODE_MAP && i < o->headers->count; i++)
        if (o->headers->members[i].value->kind == NODE_SCALAR) {
            snprintf(line, sizeof(line), "%s: %s", o->headers->members[i].key->text, o->headers->members[i].value->text);
            call->headers = curl_slist_append(call->headers, line);
        }
    if (o->token) {
        snprintf(line, sizeof(line), "Authorization: Bearer %s", o->token);
        call->headers = curl_slist_append(call->headers, line);
    }
    for (const char *const *header = r->headers; header && *header; header++)
        call->headers = curl_slist_append(call->headers, *header);
}

void web_send(struct web *w, const struct web_request *r) {
    const struct web_options *o = &w->options;
    struct call *call = calloc(1, sizeof(*call));
    if (!call || !(call->easy = curl_easy_init()))
        abort();
    call->web = w;
    call->done = r->done;
    call->user = r->user;
    buffer_init(&call->body, RESPONSE_MOST_BYTES);
    add_headers(call, r);
    CURL *easy = call->easy;
    curl_easy_setopt(easy, CURLOPT_URL, r->url);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, r->method);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->fault);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(o->timeout_us / 1000));
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    if (r->body) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->length);
        curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, r->body);
    }
    if (o->ca)
        curl_easy_setopt(easy, CURLOPT_CAINFO, o->ca);
    if (o->certificate)
        curl_easy_setopt(easy, CURLOPT_SSLCERT, o->certificate);
    if (o->key)
        curl_easy_setopt(easy, CURLOPT_SSLKEY, o->key);
    list_append(&w->calls, &call->link);
    curl_multi_add_handle(w->multi, easy);
}

void web_close(struct web *w, void (*forget)(void *user)) {
    if (!w)
        return;
    list_each_safe(&w->calls, node) {
        struct call *call = list_entry(node, struct call, link);
        curl_multi_remove_handle(w->multi, call->easy);
        curl_easy_cleanup(call->easy);
        curl_slist_free_all(call->headers);
        buffer_free(&call->body);
        forget(call->user);
        free(call);
    }
    curl_multi_cleanup(w->multi);
    free(w);
}

static const char *pair_value(const char *const *pairs, const char *name, size_t length) {
    for (; pairs[0]; pairs += 2)
        if (strlen(pairs[0]) == length && !memcmp(pairs[0], name, length))
            return pairs[1];
    return NULL;
}

char *web_url(const char *base, const char *path, const char *const *pairs) {
    struct buffer url;
    buffer_init(&url, 16384);
    buffer_put_string(&url, base);
    for (const char *c = path ? path : ""; *c; c++) {
        const char *end = *c == '{' ? strchr(c, '}') : NULL;
        const char *value = end ? pair_value(pairs, c + 1, (size_t)(end - c - 1)) : NULL;
        if (!value) {
            buffer_put_byte(&url, *c);
            continue;
        }
        char *escaped = curl_easy_escape(NULL, value, 0);
        buffer_put_string(&url, escaped ? escaped : "");
        curl_free(escaped);
        c = end;
    }
    char *copy = strdup(buffer_text(&url).at);
    buffer_free(&url);
    return copy;
}
