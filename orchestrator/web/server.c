/* The HTTP server: libmicrohttpd with a few threads; from its calls to a route and back. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "model/limits.h"
#include "web/parameter.h"
#include "web/web_part.h"

/* Beyond what is kept, so much more is read and thrown away before the connection is cut: the client shall read why. */
#define DISCARD_FACTOR 4
#define BODY_BYTES_MOST ((size_t)LIMIT_message_bytes_most)
/* So much of a head is read in order to refuse it in our words; what is longer still, the library refuses in its own. */
#define CONNECTION_BYTES ((size_t)LIMIT_http_head_bytes_most * 4)

static int64_t monotonic(const struct web *web) { return web->clock.monotonic_us(web->clock.context); }

/* ---- a request's way ---- */

static void *begin_request(void *context, const char *uri, struct MHD_Connection *connection) {
    struct web *web = context;
    struct request *request = memory_alloc(sizeof *request);
    if (!request)
        return NULL;
    request->web = web;
    request->connection = connection;
    request->send_fd = -1;
    request->started_us = monotonic(web);
    arena_init(&request->arena, REQUEST_ARENA_BYTES);
    buffer_init(&request->body, LIMIT_definition_bytes_most);
    buffer_init(&request->out, REPLY_BYTES_MOST);
    request->uri = text_copy(&request->arena, text_from(uri));
    __atomic_add_fetch(&web->requests_open, 1, __ATOMIC_RELAXED);
    return request;
}

static void count_request(struct request *request) {
    struct web *web = request->web;
    size_t place = 0;
    while (route_table[place].method && &route_table[place] != request->route)
        place++;
    struct route_count *count = &web->counts[place];
    int64_t took_us = monotonic(web) - request->started_us;
    __atomic_add_fetch(&count->by_class[request->status / 100 < 6 ? request->status / 100 : 0], 1, __ATOMIC_RELAXED);
    __atomic_add_fetch(&count->microseconds, took_us, __ATOMIC_RELAXED);
    enum log_level level = request->status >= 500 ? LOG_WARN : request->status >= 400 ? LOG_INFO : LOG_DEBUG;
    log_at(level, "http", "a request was answered", LOG_TEXT("method", request->method),
           LOG_STRING("route", request->route ? request->route->path : "-"), LOG_INT("status", (int64_t)request->status),
           LOG_INT("us", took_us));
}

static void end_request(void *context, struct MHD_Connection *connection, void **place, enum MHD_RequestTerminationCode how) {
    struct request *request = *place;
    (void)context;
    (void)connection;
    (void)how;
    if (!request)
        return;
    if (request->status)
        count_request(request);
    watch_forget(request);
    upload_forget(request);
    if (request->upload)
        request->web->settings.vault->drop(request->upload);
    if (request->send_fd >= 0)
        close(request->send_fd);
    __atomic_sub_fetch(&request->web->requests_open, 1, __ATOMIC_RELAXED);
    buffer_free(&request->body);
    buffer_free(&request->out);
    arena_free(&request->arena);
    memory_free(request);
    *place = NULL;
}

static bool is_upload(const struct request *request) { return request->route && request->route->body == BODY_FILE; }

static size_t body_most(const struct request *request) {
    if (is_upload(request))
        return request->web->settings.vault ? (size_t)request->web->settings.vault->bytes_most : 0;
    return request->route && request->route->body == BODY_DEFINITION ? (size_t)LIMIT_definition_bytes_most : BODY_BYTES_MOST;
}

static void refuse_length(struct request *request) {
    bool definition = request->route && request->route->body == BODY_DEFINITION;
    if (is_upload(request)) {
        reply_problem(request, "material_too_large", "a material is at most materials.bytes (%zu bytes)", body_most(request));
        return;
    }
    reply_problem(request, "body_too_long", "a body is at most %s (%zu bytes)",
                  definition ? "definition_bytes_most" : "message_bytes_most", body_most(request));
}

/* "application/json; charset=utf-8" -> is it `wanted`? */
static bool is_type(struct text type, const char *wanted) {
    size_t end = text_find(type, ';');
    if (end != SIZE_MAX)
        type.length = end;
    while (type.length > 0 && type.at[type.length - 1] == ' ')
        type.length--;
    return type.length == strlen(wanted) && strncasecmp(type.at, wanted, type.length) == 0;
}

static bool check_body_type(struct request *request) {
    struct text length = request_header(request, "Content-Length"), type = request_header(request, "Content-Type");
    bool has_body = (!text_is_none(length) && !text_is(length, "0")) || !text_is_none(request_header(request, "Transfer-Encoding"));
    if (!has_body || request->route->body == BODY_NONE || is_upload(request))
        return true;
    bool fine = is_type(type, "application/json");
    if (request->route->body == BODY_DEFINITION)
        fine = fine || is_type(type, "application/yaml") || is_type(type, "text/yaml") || is_type(type, "application/x-yaml");
    if (fine && !text_is_none(request_header(request, "Content-Encoding")))
        fine = is_type(request_header(request, "Content-Encoding"), "identity");
    if (!fine)
        reply_problem(request, "content_type_bad", "send %s, without an encoding",
                      request->route->body == BODY_JSON ? "application/json" : "application/yaml or application/json");
    return fine;
}

static bool is_loopback(struct request *request) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;
    if (address && address->sa_family == AF_INET)
        return (ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24) == 127;
    return address && address->sa_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}

/* Paths without roles are open; of these /metrics only to this machine, unless a setting says otherwise. */
static bool check_caller(struct request *request) {
    const struct route *route = request->route;
    if (route->roles == 0) {
        if (strcmp(route->path, "/metrics") != 0 || request->web->settings.metrics_open || is_loopback(request))
            return true;
        return auth_caller(request);
    }
    if (!auth_caller(request))
        return false;
    if (request->caller.role == ROLE_APPLICANT && !text_equal(request->at[0], request->caller.case_id)) {
        reply_problem(request, "case_unknown", "the code is another case's");
        return false;
    }
    if (route->roles & (1u << request->caller.role))
        return true;
    reply_problem(request, "role_forbidden", "the role %s may not use %s %s", role_name(request->caller.role), route->method,
                  route->path);
    return false;
}

static void begin_upload(struct request *request) {
    const struct vault_port *vault = request->web->settings.vault;
    struct error error = {0};
    if (vault->begin(vault->context, &request->upload, &error) != OUTCOME_OK)
        reply_error(request, &error);
}

/* A piece of what is uploaded goes to the vault at once; after a refusal the rest is read and thrown away, within reason. */
static enum MHD_Result take_upload(struct request *request, const char *data, size_t *size) {
    const struct vault_port *vault = request->web->settings.vault;
    struct error error = {0};
    request->body_bytes += *size;
    if (!request->status && vault->take(request->upload, data, *size, &error) != OUTCOME_OK)
        reply_error(request, &error);
    if (request->status && request->body_bytes > body_most(request) * DISCARD_FACTOR)
        return MHD_NO;
    *size = 0;
    return MHD_YES;
}

static bool head_is_short(struct request *request) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (!info || info->header_size <= (size_t)LIMIT_http_head_bytes_most)
        return true;
    reply_problem(request, "head_too_long", "path, query and headers are %zu bytes, at most http_head_bytes_most (%d) are allowed",
                  info->header_size, LIMIT_http_head_bytes_most);
    return false;
}

/* The head of a request: everything that can be refused before its body is read. */
static void take_head(struct request *request, const char *method) {
    struct text path, raw[ROUTE_NAMES_MOST] = {{NULL, 0}};
    char allow[64];
    int64_t length = 0;
    request->method = text_copy(&request->arena, text_from(method));
    if (!head_is_short(request))
        return;
    if (!request_parse(request, &path)) {
        reply_problem(request, "request_malformed", "the path or query is not percent-encoded UTF-8, or has too many parameters");
        return;
    }
    request->route = route_find(request->method, path, raw, allow);
    if (!request->route && allow[0]) {
        reply_header(request, "Allow", text_from(allow));
        reply_problem(request, "method_not_allowed", "this path takes %s", allow);
        return;
    }
    if (!request->route) {
        reply_problem(request, "route_unknown", "see schemas/openapi.yaml for the paths");
        return;
    }
    if (!request_names(request, raw))
        return;
    struct text given = request_header(request, "Content-Length");
    if (!check_caller(request) || !parameters_check(request) || !check_body_type(request))
        return;
    if (is_upload(request) && !request->web->settings.vault) {
        reply_problem(request, "not_offered", "no store of materials is configured (materials.store)");
        return;
    }
    if (!text_is_none(given) && (!text_to_int64(given, &length) || length > (int64_t)body_most(request)))
        refuse_length(request);
    else if (is_upload(request) && upload_may_begin(request))
        begin_upload(request);
}

static enum MHD_Result take_body(struct request *request, const char *data, size_t *size) {
    request->body_bytes += *size;
    if (request->body_bytes > body_most(request)) {
        refuse_length(request);
        buffer_clear(&request->body);
    }
    if (request->body_bytes > body_most(request) * DISCARD_FACTOR)
        return MHD_NO;
    if (!request->status)
        buffer_put(&request->body, data, *size);
    *size = 0;
    return MHD_YES;
}

static enum MHD_Result answer(struct request *request) {
    if (request->stage == STAGE_WAITING && request->keeping) {
        request->route->handle(request);
    } else if (request->stage == STAGE_WAITING) {
        int64_t id;
        int32_t status;
        struct text body;
        watch_command_take(request, &id, &status, &body);
        (request->answered ? request->answered : command_answered)(request, id, status, body);
    } else if (!request->status) {
        if (request->body.failed)
            reply_problem(request, "out_of_memory", "the body could not be kept");
        else
            request->route->handle(request);
        if (request->stage == STAGE_WAITING && !request->status)
            return MHD_YES; /* suspended, unless the server stops: then it is called again at once */
    }
    if (!request->status)
        reply_problem(request, "internal", "the request was not answered");
    return reply_send(request);
}

static enum MHD_Result serve(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                             const char *version, const char *data, size_t *size, void **place) {
    struct request *request = *place;
    (void)context;
    (void)connection;
    (void)url;
    (void)version;
    if (!request)
        return MHD_NO; /* no memory */
    if (request->stage == STAGE_NEW) {
        request->stage = STAGE_BODY;
        take_head(request, method);
        /* A client that waits for "100 Continue" is refused before it sends. */
        return is_upload(request) && request->status ? reply_send(request) : MHD_YES;
    }
    if (*size > 0)
        return is_upload(request) ? take_upload(request, data, size) : take_body(request, data, size);
    return request->stage == STAGE_ANSWERED ? MHD_YES : answer(request);
}

/* ---- starting ---- */

__attribute__((format(printf, 2, 0))) static void log_mhd(void *context, const char *format, va_list arguments) {
    char room[512];
    (void)context;
    text_print(room, sizeof room, format, arguments);
    size_t length = strcspn(room, "\n");
    log_debug("http_library", "libmicrohttpd says", LOG_TEXT("message", text_span(room, length)));
}

/* "127.0.0.1:8080", "[::]:8080" -> an address to bind. */
static enum outcome parse_listen(const char *listen, struct addrinfo **ret, struct error *error) {
    char host[256];
    const char *colon = strrchr(listen, ':');
    size_t length = colon ? (size_t)(colon - listen) : 0;
    if (!colon || length >= sizeof host || !colon[1])
        return error_set(error, OUTCOME_REJECT, "http_listen_bad", "\"%s\" is not host:port", listen);
    bool bracketed = length >= 2 && listen[0] == '[' && listen[length - 1] == ']';
    snprintf(host, sizeof host, "%.*s", (int)(bracketed ? length - 2 : length), listen + bracketed);
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    int fault = getaddrinfo(host[0] ? host : NULL, colon + 1, &hints, ret);
    if (fault != 0)
        return error_set(error, OUTCOME_REJECT, "http_listen_bad", "\"%s\": %s", listen, gai_strerror(fault));
    return OUTCOME_OK;
}

enum outcome web_check_listen(const char *listen, struct error *error) {
    struct addrinfo *address = NULL;
    enum outcome outcome = parse_listen(listen, &address, error);
    if (address)
        freeaddrinfo(address);
    return outcome;
}

static enum outcome open_socket(struct web *web, int *ret, struct error *error) {
    struct addrinfo *address;
    enum outcome outcome = parse_listen(web->settings.listen, &address, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    int one = 1, fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_storage own = {0};
    socklen_t own_length = sizeof own;
    bool fine = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
                bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, 1024) == 0 &&
                getsockname(fd, (struct sockaddr *)&own, &own_length) == 0;
    int reason = errno;
    freeaddrinfo(address);
    if (!fine) {
        if (fd >= 0)
            close(fd);
        return error_set(error, reason == EADDRINUSE ? OUTCOME_RETRY : OUTCOME_REJECT,
                         reason == EADDRINUSE ? "http_listen_busy" : "http_listen_bad", "can't listen on %s: %s",
                         web->settings.listen, strerror(reason));
    }
    web->port = ntohs(own.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&own)->sin6_port : ((struct sockaddr_in *)&own)->sin_port);
    *ret = fd;
    return OUTCOME_OK;
}

static char *read_pem(const char *path, struct error *error) {
    enum { PEM_BYTES_MOST = 1 << 20 };
    FILE *file = fopen(path, "re");
    char *content = file ? memory_alloc(PEM_BYTES_MOST + 1) : NULL;
    size_t length = content ? fread(content, 1, PEM_BYTES_MOST, file) : 0;
    if (file)
        fclose(file);
    if (length == 0) {
        memory_free(content);
        content = NULL;
        error_set(error, OUTCOME_REJECT, "http_tls_bad", "%s can't be read", path);
    }
    return content;
}

static enum outcome read_certificate(struct web *web, struct error *error) {
    const char *certificate = web->settings.certificate, *key = web->settings.key;
    if (!certificate && !key)
        return OUTCOME_OK;
    if (!certificate || !key)
        return error_set(error, OUTCOME_REJECT, "http_tls_bad", "http.certificate and http.key belong together");
    if (!(web->certificate = read_pem(certificate, error)) || !(web->key = read_pem(key, error)))
        return OUTCOME_REJECT;
    return OUTCOME_OK;
}

static enum outcome start_mhd(struct web *web, int fd, struct error *error) {
    const struct web_settings *s = &web->settings;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem more[8];
    int count = 0;
    if (web->certificate) {
        flags |= MHD_USE_TLS;
        more[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, web->certificate};
        more[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, web->key};
    }
    if (s->threads > 1)
        more[count++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)s->threads, NULL};
    more[count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    web->daemon = MHD_start_daemon(flags, web->port, NULL, NULL, serve, web, MHD_OPTION_EXTERNAL_LOGGER, log_mhd, NULL,
                                   MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK, begin_request, web,
                                   MHD_OPTION_NOTIFY_COMPLETED, end_request, web, MHD_OPTION_CONNECTION_LIMIT,
                                   s->connections_most, MHD_OPTION_CONNECTION_TIMEOUT, s->idle_seconds,
                                   MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES, MHD_OPTION_ARRAY, more, MHD_OPTION_END);
    if (web->daemon)
        return OUTCOME_OK;
    close(fd);
    return error_set(error, web->certificate ? OUTCOME_REJECT : OUTCOME_FATAL, web->certificate ? "http_tls_bad" : "http_start",
                     "the HTTP server did not start%s", web->certificate ? ": certificate and key may not fit" : "");
}

static void fill_defaults(struct web_settings *s) {
    s->threads = s->threads ? s->threads : 16;
    s->connections_most = s->connections_most ? s->connections_most : 1000;
    s->idle_seconds = s->idle_seconds ? s->idle_seconds : 60;
    s->inbox_most = s->inbox_most ? s->inbox_most : 5000;
    s->uploads_most = s->uploads_most ? s->uploads_most : 50;
    s->heartbeat_us = s->heartbeat_us ? s->heartbeat_us : 15 * TIME_SECOND_US;
    if (s->connections_most < s->threads)
        s->connections_most = s->threads;
}

enum outcome web_create(const struct web_settings *settings, const struct records_port *records, const struct clock_port *clock,
                        struct web **ret, struct error *error) {
    struct web *web = memory_alloc(sizeof *web);
    size_t routes = 0;
    if (!web)
        return error_no_memory(error);
    web->settings = *settings;
    web->records = *records;
    web->clock = *clock;
    web->inbox_asked_us = INT64_MIN / 2;
    fill_defaults(&web->settings);
    pthread_mutex_init(&web->tokens_mutex, NULL);
    while (route_table[routes].method)
        routes++;
    web->counts = memory_alloc((routes + 1) * sizeof *web->counts);
    int fd = -1;
    enum outcome outcome = web->counts ? read_certificate(web, error) : error_no_memory(error);
    if (outcome == OUTCOME_OK)
        outcome = forms_create(&web->forms);
    if (outcome == OUTCOME_OK)
        outcome = results_create(&web->results);
    if (outcome == OUTCOME_OK)
        outcome = veils_create(&web->veils);
    if (outcome == OUTCOME_OK)
        outcome = watch_create(web, &web->watch, error);
    if (outcome == OUTCOME_OK && web->settings.vault)
        outcome = keepers_create(web, web->settings.keepers, &web->keepers, error);
    if (outcome == OUTCOME_OK)
        outcome = open_socket(web, &fd, error);
    if (outcome == OUTCOME_OK)
        outcome = start_mhd(web, fd, error);
    if (outcome != OUTCOME_OK) {
        web_free(web);
        return outcome;
    }
    log_info("http_listens", "the HTTP API can be reached", LOG_STRING("at", web->settings.listen), LOG_INT("port", web->port));
    *ret = web;
    return OUTCOME_OK;
}

uint16_t web_port(const struct web *web) { return web->port; }

void web_stop(struct web *web) {
    if (!web || web->stopped)
        return;
    web->stopped = true;
    if (web->daemon) {
        int fd = MHD_quiesce_daemon(web->daemon);
        watch_stop(web->watch);
        keepers_stop(web->keepers);
        MHD_stop_daemon(web->daemon);
        if (fd >= 0)
            close(fd);
        web->daemon = NULL;
    }
}

void web_free(struct web *web) {
    if (!web)
        return;
    web_stop(web);
    watch_free(web->watch);
    keepers_free(web->keepers);
    forms_free(web->forms);
    results_free(web->results);
    veils_free(web->veils);
    pthread_mutex_destroy(&web->tokens_mutex);
    memory_free(web->counts);
    memory_free(web->certificate);
    memory_free(web->key);
    memory_free(web);
}
