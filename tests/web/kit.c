/* Starts the server, asks it by libcurl, reads what it says. */
#include "kit.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/json.h"
#include "base/log.h"

struct fake_records records;
struct web *web;
struct web_settings kit_settings;

static int64_t clock_us(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
static int64_t now_us(void *context) { (void)context; return clock_us(CLOCK_REALTIME); }
static int64_t monotonic_us(void *context) { (void)context; return clock_us(CLOCK_MONOTONIC); }
static void random_bytes(void *context, void *room, size_t length) {
    static uint8_t next;
    (void)context;
    for (size_t i = 0; i < length; i++)
        ((uint8_t *)room)[i] = next++;
}

static atomic_bool body_came;

int kit_start(void **state) {
    static const char *const roles[] = {"window", "operator", "supervisor", "integrator", "auditor", "admin"};
    static const struct clock_port clock = {NULL, now_us, monotonic_us, random_bytes};
    struct error error = {0};
    (void)state;
    log_setup(2, LOG_ERROR, LOG_FORMAT_TEXT, NULL);
    body_came = false;
    fake_records_init(&records);
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        char secret[64];
        snprintf(secret, sizeof secret, "yjs_secret_of_%s", roles[i]);
        fake_records_token(&records, secret, (int64_t)i + 1, roles[i], NULL, NULL);
    }
    fake_records_token(&records, "yjs_secret_of_department", 7, "department", "tax", "441300");
    fake_records_rows(&records, "inbox_waiting", "{\"waiting\":0}", NULL);
    fake_records_rows(&records, "thing_current", "{\"hash\":\"abc\"}", NULL);
    fake_records_rows(&records, "thing_show",
                      "{\"thing\":\"t\",\"hash\":\"abc\",\"current\":true,\"canonical\":{\"title\":{\"en\":\"T\"},\"form\":\"schemas/f.json\","
                      "\"schemas\":{\"schemas/f.json\":{\"type\":\"object\",\"required\":[\"a\",\"b\"],\"properties\":{\"a\":{\"type\":"
                      "\"string\",\"maxLength\":3},\"b\":{\"type\":\"integer\"}}}}}}", NULL);
    struct records_port port = fake_records_port(&records);
    struct web_settings settings = kit_settings;
    if (!settings.listen)
        settings.listen = "127.0.0.1:0";
    settings.region = TEXT("441300");
    if (web_create(&settings, &port, &clock, &web, &error) != OUTCOME_OK) {
        fprintf(stderr, "%s: %s\n", error.code, error.message);
        return -1;
    }
    return 0;
}

static struct reply last;

int kit_stop(void **state) {
    (void)state;
    web_free(web);
    web = NULL;
    fake_records_free(&records);
    free(last.body);
    free(last.head);
    last = (struct reply){0};
    return 0;
}

static size_t append(char **into, const char *bytes, size_t length) {
    size_t before = *into ? strlen(*into) : 0;
    *into = realloc(*into, before + length + 1);
    memcpy(*into + before, bytes, length);
    (*into)[before + length] = '\0';
    return length;
}
static const char *const *awaited;

static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
    (void)context;
    append(&last.body, bytes, size * count);
    body_came = true;
    if (!awaited)
        return size * count;
    for (const char *const *part = awaited; *part; part++)
        if (!strstr(last.body, *part))
            return size * count;
    return CURL_WRITEFUNC_ERROR;   /* enough */
}
static size_t take_head(char *bytes, size_t size, size_t count, void *context) { (void)context; return append(&last.head, bytes, size * count); }

static const struct reply *ask(const char *role, const char *method, const char *path, const char *headers, const char *body, long ms) {
    CURL *curl = curl_easy_init();
    struct curl_slist *list = NULL;
    static char url[256 * 1024], line[256 * 1024];   /* longer than any server takes */
    free(last.body);
    free(last.head);
    last = (struct reply){0, calloc(1, 1), calloc(1, 1), false};
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", web_port(web), path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_NOBODY, strcmp(method, "HEAD") == 0 ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ms);
    if (role) {
        snprintf(line, sizeof line, "Authorization: Bearer yjs_secret_of_%s", role);
        list = curl_slist_append(list, line);
    }
    list = curl_slist_append(list, "Expect:");
    for (const char *at = headers; at && *at; at += *at == '\n') {
        size_t length = strcspn(at, "\n");
        snprintf(line, sizeof line, "%.*s", (int)length, at);
        list = curl_slist_append(list, line);
        at += length;
    }
    if (body)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_head);
    last.timed_out = curl_easy_perform(curl) == CURLE_OPERATION_TIMEDOUT;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &last.status);
    curl_slist_free_all(list);
    curl_easy_cleanup(curl);
    return &last;
}

const struct reply *call(const char *role, const char *method, const char *path, const char *headers, const char *body) {
    return ask(role, method, path, headers, body, 10000);
}

const struct reply *listen_until(const char *role, const char *path, const char *headers, const char *const *parts) {
    awaited = parts;
    const struct reply *reply = ask(role, "GET", path, headers, NULL, 20000);
    awaited = NULL;
    return reply;
}

void kit_await_body(void) {
    KIT_AWAIT(body_came);
}

const char *header_of(const struct reply *reply, const char *name) {
    static char value[1024];
    for (const char *line = reply->head; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (strncasecmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':') {
            const char *at = line + strlen(name) + 1 + strspn(line + strlen(name) + 1, " ");
            snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\r\n"), at);
            return value;
        }
    return "";
}

const char *member(const struct reply *reply, const char *pointer) {
    static char value[4096];
    struct arena arena;
    struct json json;
    arena_init(&arena, 1 << 24);
    value[0] = '\0';
    if (json_read(&arena, text_from(reply->body), 100, &json, NULL) == OUTCOME_OK) {
        const struct json *at = json_pointer(&json, text_from(pointer));
        if (at && at->type == JSON_TRUE)
            snprintf(value, sizeof value, "true");
        else if (at)
            snprintf(value, sizeof value, "%.*s", TEXT_ARG(at->text));
    }
    arena_free(&arena);
    return value;
}
