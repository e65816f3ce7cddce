/* The adapter's own small HTTP listener (libmicrohttpd on the adapter's loop): metrics, health, drivers' routes. */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include "internal.h"

#define ROUTES_MOST 32
#define BODY_MOST_BYTES (4u * 1024 * 1024)

struct route { const char *method, *prefix; void (*serve)(void *, struct yjs_request *); void *user; };
struct http { struct MHD_Daemon *daemon; char *certificate, *key; struct route routes[ROUTES_MOST]; size_t count; int fd; };
struct exchange { struct buffer body; };

/* What a request's `connection` points to while its route runs. */
struct serving { struct MHD_Connection *connection; bool replied; };

const char *yjs_request_header(const struct yjs_request *r, const char *name) {
    return MHD_lookup_connection_value(((struct serving *)r->connection)->connection, MHD_HEADER_KIND, name);
}

const char *yjs_request_query(const struct yjs_request *r, const char *name) {
    return MHD_lookup_connection_value(((struct serving *)r->connection)->connection, MHD_GET_ARGUMENT_KIND, name);
}

bool yjs_request_has_token(const struct yjs_request *r, const char *token) {
    const char *header = yjs_request_header(r, "Authorization");
    if (!header || !token || strncasecmp(header, "Bearer ", 7))
        return false;
    size_t length = strlen(token);
    return strlen(header + 7) == length && CRYPTO_memcmp(header + 7, token, length) == 0;
}

void yjs_reply(struct yjs_request *r, int status, const char *media_type, const char *body, size_t length) {
    struct serving *s = r->connection;
    if (s->replied)
        return;
    struct MHD_Response *response = MHD_create_response_from_buffer(length, (void *)(uintptr_t)(body ? body : ""), MHD_RESPMEM_MUST_COPY);
    if (media_type)
        MHD_add_response_header(response, "Content-Type", media_type);
    if (status == 401)
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
    MHD_queue_response(s->connection, (unsigned)status, response);
    MHD_destroy_response(response);
    s->replied = true;
}

int yjs_route(struct yjs_adapter *a, const char *method, const char *prefix, void (*serve)(void *, struct yjs_request *),
              void *user) {
    if (!a->http || a->http->count == ROUTES_MOST)
        return -1;
    a->http->routes[a->http->count++] = (struct route){method, adapter_string(prefix), serve, user};
    return 0;
}

static void serve_metrics(void *user, struct yjs_request *r) {
    struct yjs_adapter *a = user;
    if (a->options.http_token && !yjs_request_has_token(r, a->options.http_token)) {
        yjs_reply(r, 401, "text/plain", "a bearer token is needed\n", 25);
        return;
    }
    struct buffer out;
    buffer_init(&out, 1024 * 1024);
    metrics_write(a, &out);
    yjs_reply(r, 200, "text/plain; version=0.0.4", buffer_text(&out).at, out.length);
    buffer_free(&out);
}

static void serve_health(void *user, struct yjs_request *r) {
    const char *reason = "ok";
    bool healthy = adapter_is_healthy(user, &reason);
    char body[256];
    int length = snprintf(body, sizeof(body), "%s\n", reason);
    yjs_reply(r, healthy ? 200 : 503, "text/plain", body, (size_t)length);
}

static const struct route *find_route(const struct http *h, const char *method, const char *path, bool *ret_path_known) {
    const struct route *best = NULL;
    for (size_t i = 0; i < h->count; i++) {
        const struct route *route = &h->routes[i];
        if (strncmp(path, route->prefix, strlen(route->prefix)))
            continue;
        *ret_path_known = true;
        if ((!route->method || !strcmp(route->method, method)) && (!best || strlen(route->prefix) > strlen(best->prefix)))
            best = route;
    }
    return best;
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *path, const char *method,
                                  const char *version, const char *data, size_t *size, void **state) {
    (void)version;
    struct yjs_adapter *a = user;
    struct exchange *x = *state;
    if (!x) {
        *state = x = adapter_alloc(sizeof(*x));
        buffer_init(&x->body, BODY_MOST_BYTES);
        return MHD_YES;
    }
    if (*size) {
        buffer_put(&x->body, data, *size);
        *size = 0;
        return MHD_YES;
    }
    struct serving serving = {.connection = connection};
    struct yjs_request request = {.method = method, .path = path, .body = buffer_text(&x->body).at,
                                  .body_length = x->body.length, .connection = &serving};
    bool path_known = false;
    const struct route *route = find_route(a->http, method, path, &path_known);
    if (x->body.failed)
        yjs_reply(&request, 413, "text/plain", "a body is at most 4 MiB\n", 24);
    else if (!route)
        yjs_reply(&request, path_known ? 405 : 404, "text/plain", "no such path or method\n", 23);
    else {
        request.rest = path + strlen(route->prefix);
        route->serve(route->user, &request);
    }
    if (!serving.replied)
        yjs_reply(&request, 500, "text/plain", "no answer\n", 10);
    return MHD_YES;
}

static void on_done(void *user, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code) {
    (void)user, (void)connection, (void)code;
    struct exchange *x = *state;
    if (x)
        buffer_free(&x->body);
    free(x);
    *state = NULL;
}

static void on_ready(void *user, int fd, uint32_t events) { (void)user, (void)fd, (void)events; }

/* A whole PEM file; NULL when it cannot be read. */
static char *read_pem(const char *path) {
    struct buffer out;
    char bytes[4096];
    FILE *file = fopen(path, "r");
    if (!file)
        return NULL;
    buffer_init(&out, 1024 * 1024);
    for (size_t got; (got = fread(bytes, 1, sizeof(bytes), file)) > 0;)
        buffer_put(&out, bytes, got);
    fclose(file);
    char *copy = adapter_string(buffer_text(&out).at);
    buffer_free(&out);
    return copy;
}

int http_open(struct yjs_adapter *a, struct yjs_error *error) {
    if (a->options.http_port <= 0)
        return 0;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)a->options.http_port)};
    if (inet_pton(AF_INET, a->options.http_address, &address.sin_addr) != 1)
        return adapter_fault(error, "bad_address", "http address %s is not an IPv4 address", a->options.http_address);
    a->http = adapter_alloc(sizeof(*a->http));
    bool secure = a->options.http_certificate && a->options.http_key;
    if (secure && (!(a->http->certificate = read_pem(a->options.http_certificate)) || !(a->http->key = read_pem(a->options.http_key))))
        return adapter_fault(error, "bad_certificate", "the listener's certificate or key cannot be read");
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, a->http->certificate},
                                   {MHD_OPTION_HTTPS_MEM_KEY, 0, a->http->key}, {MHD_OPTION_END, 0, NULL}};
    a->http->daemon = MHD_start_daemon(MHD_USE_EPOLL | (secure ? MHD_USE_TLS : 0), (uint16_t)a->options.http_port, NULL, NULL, on_request, a,
                                       MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_NOTIFY_COMPLETED, on_done, NULL,
                                       MHD_OPTION_CONNECTION_TIMEOUT, 60u, MHD_OPTION_CONNECTION_LIMIT, 500u,
                                       MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_ARRAY, secure ? tls : &tls[2],
                                       MHD_OPTION_END);
    if (!a->http->daemon)
        return adapter_fault(error, "http_listen", "cannot listen on %s:%d (is the port taken?)", a->options.http_address,
                             a->options.http_port);
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(a->http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    a->http->fd = info->epoll_fd;
    yjs_watch(a, info->epoll_fd, EPOLLIN, on_ready, a);
    yjs_route(a, "GET", "/metrics", serve_metrics, a);
    yjs_route(a, "GET", "/healthz", serve_health, a);
    return 0;
}

void http_run(struct yjs_adapter *a) {
    if (a->http)
        MHD_run(a->http->daemon);
}

int64_t http_timeout_us(struct yjs_adapter *a) {
    MHD_UNSIGNED_LONG_LONG wait_ms;
    if (!a->http || MHD_get_timeout(a->http->daemon, &wait_ms) != MHD_YES)
        return INT64_MAX;
    return (int64_t)wait_ms * 1000;
}

void http_close(struct yjs_adapter *a) {
    if (!a->http)
        return;
    if (a->http->daemon)
        MHD_stop_daemon(a->http->daemon);
    for (size_t i = 0; i < a->http->count; i++)
        free((void *)(uintptr_t)a->http->routes[i].prefix);
    free(a->http->certificate);
    free(a->http->key);
    free(a->http);
    a->http = NULL;
}
