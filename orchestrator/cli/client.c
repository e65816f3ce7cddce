/* Speaks HTTP for the verbs, by libcurl. */
#include "cli/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/files.h"
#include "model/limits.h"

#define ANSWER_BYTES_MOST ((size_t)256 << 20)

struct client {
    CURL *curl;
    struct curl_slist *headers;
    char url[512], token[600];
    char curl_error[CURL_ERROR_SIZE];
    struct buffer body;
};

void client_free(struct client *client) {
    if (!client)
        return;
    curl_slist_free_all(client->headers);
    if (client->curl)
        curl_easy_cleanup(client->curl);
    buffer_free(&client->body);
    explicit_bzero(client->token, sizeof client->token);
    memory_free(client);
    curl_global_cleanup();
}

/* A token's file: its first line. Warns when others may read it. */
static bool read_token_file(struct invocation *c, struct client *client, const char *path, bool must,
                            enum verb_status *ret_status) {
    struct error error = {0};
    struct stat status;
    struct text content;
    if (!must && stat(path, &status) != 0)
        return true;
    if (file_read(path, sizeof client->token - 1, &c->arena, &content, &error) != OUTCOME_OK) {
        *ret_status = invocation_failed(c, &error);
        return false;
    }
    size_t line = strcspn(content.at, "\r\n");
    snprintf(client->token, sizeof client->token, "%.*s", (int)line, content.at);
    if (stat(path, &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 077) != 0)
        fprintf(stderr, "yjsctl: %s may be read by others; do: chmod 600 %s\n", path, path);
    return true;
}

static bool find_token(struct invocation *c, struct client *client, enum verb_status *ret_status) {
    const char *file = invocation_option(c, "token-file"), *token = getenv("YJS_TOKEN"), *home = getenv("HOME");
    const char *config = getenv("XDG_CONFIG_HOME");
    if (file)
        return read_token_file(c, client, file, true, ret_status);
    if (token && *token) {
        snprintf(client->token, sizeof client->token, "%s", token);
        return true;
    }
    struct text usual = config && *config ? text_format(&c->arena, "%s/yijianshi/token", config)
                                          : text_format(&c->arena, "%s/.config/yijianshi/token", home ? home : "");
    return text_is_none(usual) || read_token_file(c, client, usual.at, false, ret_status);
}

static struct client *client_of(struct invocation *c, enum verb_status *ret_status) {
    if (c->client)
        return c->client;
    const char *url = invocation_option(c, "url");
    if (!url)
        url = getenv("YJS_URL");
    if (!url || !*url)
        url = "http://127.0.0.1:8080";
    struct client *client = memory_alloc(sizeof *client);
    *ret_status = STATUS_REFUSED;
    if (!client || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return memory_free(client), NULL;
    client->curl = curl_easy_init();
    buffer_init(&client->body, ANSWER_BYTES_MOST);
    c->client = client;
    size_t length = strlen(url);
    while (length > 0 && url[length - 1] == '/')
        length--;
    snprintf(client->url, sizeof client->url, "%.*s", (int)length, url);
    if (!client->curl || length >= sizeof client->url)
        return NULL;
    return find_token(c, client, ret_status) ? client : NULL;
}

static size_t take_body(char *at, size_t size, size_t count, void *context) {
    struct buffer *body = context;
    buffer_put(body, at, size * count);
    return body->failed ? 0 : size * count;
}

static void add_header(struct client *client, const char *header) {
    struct curl_slist *longer = curl_slist_append(client->headers, header);
    client->headers = longer ? longer : client->headers;
}

static void prepare(struct client *client, struct text path, struct arena *arena) {
    CURL *curl = client->curl;
    curl_easy_reset(curl);
    curl_slist_free_all(client->headers);
    client->headers = NULL;
    client->curl_error[0] = '\0';
    curl_easy_setopt(curl, CURLOPT_URL, text_format(arena, "%s%.*s", client->url, TEXT_ARG(path)).at);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, client->curl_error);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 10L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "yjsctl/" YJS_VERSION);
    if (client->token[0]) {
        char header[sizeof client->token + 32];
        snprintf(header, sizeof header, "Authorization: Bearer %s", client->token);
        add_header(client, header);
    }
}

static bool say_away(struct invocation *c, struct client *client, CURLcode code, enum verb_status *ret_status) {
    struct error error;
    const char *why = client->curl_error[0] ? client->curl_error : curl_easy_strerror(code);
    if (client->body.failed)
        error_set(&error, OUTCOME_REJECT, "answer_too_long", "the answer is longer than %zu bytes; ask for less",
                  ANSWER_BYTES_MOST);
    else if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
        error_set(&error, OUTCOME_REJECT, "url_bad", "%s is no address of the API: http://HOST:PORT", client->url);
    else
        error_set(&error, OUTCOME_RETRY, "server_away",
                  "%s does not answer (%s); is yjsd running, is --url or YJS_URL right?", client->url, why);
    *ret_status = invocation_failed(c, &error);
    return false;
}

/* application/problem+json in words: title, detail, each fault with its pointer, what to do. */
static enum verb_status say_problem(struct invocation *c, long status, struct text body) {
    enum verb_status ends = status == 401 || status == 403                                     ? STATUS_FORBIDDEN
                            : status == 502 || status == 503 || status == 504 || status == 429 ? STATUS_AWAY
                                                                                               : STATUS_REFUSED;
    struct json problem;
    bool read =
        body.length > 0 && json_read(&c->arena, body, 64, &problem, NULL) == OUTCOME_OK && problem.type == JSON_OBJECT;
    if (c->json && read) {
        fprintf(stderr, "%.*s\n", TEXT_ARG(body));
        return ends;
    }
    struct text title = read ? json_get_text(&problem, TEXT("title")) : TEXT_NONE;
    struct text code = read ? json_get_text(&problem, TEXT("code")) : TEXT_NONE;
    struct text detail = read ? json_get_text(&problem, TEXT("detail")) : TEXT_NONE;
    const struct json *faults = read ? json_get_string(&problem, "faults") : NULL;
    if (text_is_none(title))
        title = text_format(&c->arena, "the server answered %ld", status);
    fprintf(stderr, "yjsctl: ");
    display_put_safe(stderr, title);
    fprintf(stderr, " [%.*s]\n", TEXT_ARG(text_is_none(code) ? TEXT("http") : code));
    if (detail.length > 0) {
        fputs("    ", stderr);
        display_put_safe(stderr, detail);
        fputc('\n', stderr);
    }
    for (uint32_t i = 0; faults && i < faults->count && faults->type == JSON_ARRAY; i++) {
        const struct json *fault = json_at(faults, i);
        struct text pointer = json_get_text(fault, TEXT("pointer"));
        fputs("    ", stderr);
        display_put_safe(stderr, pointer.length > 0 ? pointer : TEXT("(whole)"));
        fputs(": ", stderr);
        display_put_safe(stderr, json_get_text(fault, TEXT("message")));
        fputc('\n', stderr);
    }
    if (status == 401)
        fputs(
            "    give a token by --token-file, YJS_TOKEN or ~/.config/yijianshi/token; yjsctl token create makes one\n",
            stderr);
    return ends;
}

/* An answer's body: what was asked for into the file, a problem into memory. */
struct saving { CURL *curl; FILE *file; struct buffer *body; };

static size_t take_saved(char *at, size_t size, size_t count, void *context) {
    struct saving *saving = context;
    long status = 0;
    curl_easy_getinfo(saving->curl, CURLINFO_RESPONSE_CODE, &status);
    return status == 200 ? fwrite(at, 1, size * count, saving->file) : take_body(at, size, count, saving->body);
}

static size_t give_file(char *to, size_t size, size_t count, void *context) { return fread(to, size, count, context); }

static void send_file(struct client *client, FILE *file) {
    struct stat status;
    add_header(client, "Content-Type: application/octet-stream");
    curl_easy_setopt(client->curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(client->curl, CURLOPT_READFUNCTION, give_file);
    curl_easy_setopt(client->curl, CURLOPT_READDATA, file);
    if (fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode))
        curl_easy_setopt(client->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)status.st_size);
}

bool client_do(struct invocation *c, const struct client_request *request, struct client_answer *ret,
               enum verb_status *ret_status) {
    struct client *client = client_of(c, ret_status);
    if (!client)
        return false;
    prepare(client, request->path, &c->arena);
    buffer_clear(&client->body);
    curl_easy_setopt(client->curl, CURLOPT_CUSTOMREQUEST, request->method);
    curl_easy_setopt(client->curl, CURLOPT_TIMEOUT, request->send || request->save ? 3600L : 120L);
    struct saving saving = {client->curl, request->save, &client->body};
    curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, request->save ? take_saved : take_body);
    curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, request->save ? (void *)&saving : (void *)&client->body);
    if (request->send)
        send_file(client, request->send);
    char header[256];
    if (request->prefer && snprintf(header, sizeof header, "Prefer: %s", request->prefer) > 0)
        add_header(client, header);
    if (request->idempotency_key &&
        snprintf(header, sizeof header, "Idempotency-Key: %s", request->idempotency_key) > 0)
        add_header(client, header);
    if (request->if_none_match && snprintf(header, sizeof header, "If-None-Match: %s", request->if_none_match) > 0)
        add_header(client, header);
    if (!text_is_none(request->body)) {
        add_header(client, "Content-Type: application/json");
        add_header(client, "Expect:");
        curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, request->body.at);
        curl_easy_setopt(client->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.length);
    }
    curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, client->headers);
    CURLcode code = curl_easy_perform(client->curl);
    if (code != CURLE_OK && request->quiet_away) {
        *ret_status = STATUS_AWAY;
        return false;
    }
    if (code != CURLE_OK)
        return say_away(c, client, code, ret_status);
    struct client_answer answer = {.body = text_copy(&c->arena, buffer_text(&client->body))};
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &answer.status);
    if ((answer.status < 200 || answer.status > 299) && answer.status != 304) {
        *ret_status =
            request->quiet_away && answer.status == 503 ? STATUS_AWAY : say_problem(c, answer.status, answer.body);
        return false;
    }
    struct error error = {0};
    if (!request->text && answer.body.length > 0 &&
        json_read(&c->arena, answer.body, LIMIT_json_depth_most + 16, &answer.json, &error) != OUTCOME_OK) {
        *ret_status = invocation_failed(c, &error);
        return false;
    }
    *ret = answer;
    return true;
}

bool client_get(struct invocation *c, struct text path, struct client_answer *ret, enum verb_status *ret_status) {
    struct client_request request = {.method = "GET", .path = path};
    return client_do(c, &request, ret, ret_status);
}

bool client_get_text(struct invocation *c, struct text path, struct client_answer *ret, enum verb_status *ret_status) {
    struct client_request request = {.method = "GET", .path = path, .text = true};
    return client_do(c, &request, ret, ret_status);
}

bool client_post(struct invocation *c, struct text path, struct text body, struct client_answer *ret,
                 enum verb_status *ret_status) {
    struct client_request request = {.method = "POST", .path = path, .body = body};
    return client_do(c, &request, ret, ret_status);
}

/* ---- event streams (WHATWG HTML §9.2) ---- */

struct stream {
    struct client *client;
    struct arena *arena;
    bool (*take)(void *context, struct text name, struct text id, struct text data);
    void *context;
    struct buffer line, name, id, data;
    bool stopped;
};

static void take_line(struct stream *s, struct text line) {
    if (line.length == 0) {
        if (s->data.length > 0 && !s->stopped)
            s->stopped = !s->take(s->context, buffer_text(&s->name), buffer_text(&s->id), buffer_text(&s->data));
        buffer_clear(&s->name);
        buffer_clear(&s->data);
        return;
    }
    size_t colon = text_find(line, ':');
    if (colon == 0)
        return; /* a comment: the heartbeat */
    struct text field = colon == SIZE_MAX ? line : text_span(line.at, colon);
    struct text value = colon == SIZE_MAX ? TEXT("") : text_span(line.at + colon + 1, line.length - colon - 1);
    if (value.length > 0 && value.at[0] == ' ')
        value = text_span(value.at + 1, value.length - 1);
    struct buffer *into = text_is(field, "event")  ? &s->name
                          : text_is(field, "id")   ? &s->id
                          : text_is(field, "data") ? &s->data
                                                   : NULL;
    if (!into)
        return;
    if (into == &s->data && into->length > 0)
        buffer_put_byte(into, '\n');
    else if (into != &s->data)
        buffer_clear(into);
    buffer_put_text(into, value);
}

static size_t take_stream(char *at, size_t size, size_t count, void *context) {
    struct stream *s = context;
    long status = 0;
    curl_easy_getinfo(s->client->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200)
        return take_body(at, size, count, &s->client->body);
    for (size_t i = 0; i < size * count && !s->stopped; i++) {
        if (at[i] == '\n') {
            struct text line = buffer_text(&s->line);
            if (line.length > 0 && line.at[line.length - 1] == '\r')
                line.length--;
            take_line(s, line);
            buffer_clear(&s->line);
        } else {
            buffer_put_byte(&s->line, at[i]);
        }
    }
    return s->stopped ? 0 : size * count;
}

enum outcome client_stream(struct invocation *c, struct text path,
                           bool (*take)(void *context, struct text name, struct text id, struct text data),
                           void *context, enum verb_status *ret_status) {
    struct client *client = client_of(c, ret_status);
    if (!client)
        return OUTCOME_REJECT;
    struct stream s = {.client = client, .arena = &c->arena, .take = take, .context = context};
    struct buffer *buffers[] = {&s.line, &s.name, &s.id, &s.data};
    for (size_t i = 0; i < 4; i++)
        buffer_init(buffers[i], (size_t)8 << 20);
    prepare(client, path, &c->arena);
    buffer_clear(&client->body);
    add_header(client, "Accept: text/event-stream");
    curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, client->headers);
    curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, take_stream);
    curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, &s);
    /* The server says something every 15 s; silence for four times as long is a broken line. */
    curl_easy_setopt(client->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(client->curl, CURLOPT_LOW_SPEED_TIME, 60L);
    CURLcode code = curl_easy_perform(client->curl);
    long status = 0;
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    for (size_t i = 0; i < 4; i++)
        buffer_free(buffers[i]);
    if (s.stopped || (code == CURLE_OK && status == 200))
        return OUTCOME_OK;
    if (status == 0 || status == 200 || status >= 500)
        return OUTCOME_RETRY;
    *ret_status = say_problem(c, status, buffer_text(&client->body));
    return OUTCOME_REJECT;
}

/* ---- paths ---- */

static void put_encoded(struct buffer *out, struct text value) {
    for (size_t i = 0; i < value.length; i++) {
        unsigned char byte = (unsigned char)value.at[i];
        bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                     strchr("-._~", byte) != NULL;
        if (plain && byte)
            buffer_put_byte(out, (char)byte);
        else
            buffer_format(out, "%%%02X", byte);
    }
}

void client_segment(struct buffer *path, struct text segment) {
    put_encoded(path, segment);
}

void client_parameter(struct buffer *path, const char *name, struct text value) {
    if (text_is_none(value))
        return;
    buffer_format(path, "%c%s=", text_find(buffer_text(path), '?') == SIZE_MAX ? '?' : '&', name);
    put_encoded(path, value);
}
