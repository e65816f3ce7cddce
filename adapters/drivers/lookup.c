/* lookup: 一網共享 and e-licence style queries: a signed HTTP request, whose answer is kept for a while by its input.
 *
 * The signature is HMAC over `<timestamp>\n<nonce>\n<query or body>`, in hexadecimal, with SHA-256 or SM3 (GB/T 32905). */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stddef.h>
#include <stdlib.h>
#include <curl/curl.h>
#include "base/json.h"
#include "base/list.h"
#include "base/map.h"
#include "drivers.h"
#include "rest_status.h"
#include "web_client.h"

static const char *const digests[] = {"sha256", "sm3", NULL};

struct settings {
    const char *url, *path, *method, *application, *secret, *token, *ca, *certificate, *key;
    const char *application_header, *timestamp_header, *nonce_header, *signature_header;
    int digest;
    int64_t cache_us, cache_most, timeout_us;
    const struct node *headers, *statuses;
};
struct step_settings { const char *path, *method; int64_t cache_us; const struct node *statuses; };

#define AT(field) offsetof(struct settings, field)
static const struct setting settings_table[] = {
    {"url", SETTING_TEXT, AT(url), NULL, true, "where queries go", NULL},
    {"path", SETTING_TEXT, AT(path), "", false, "behind url; {step} and {number} are filled in", NULL},
    {"method", SETTING_TEXT, AT(method), "POST", false, "POST: the request as JSON; GET: its plain members as the query", NULL},
    {"application", SETTING_TEXT, AT(application), NULL, false, "our name there; with `secret`, requests are signed", NULL},
    {"secret", SETTING_TEXT, AT(secret), NULL, false, "key of the signature", NULL},
    {"digest", SETTING_CHOICE, AT(digest), "sha256", false, "of the signature's HMAC", digests},
    {"application_header", SETTING_TEXT, AT(application_header), "X-App-Id", false, "header's name", NULL},
    {"timestamp_header", SETTING_TEXT, AT(timestamp_header), "X-Timestamp", false, "header's name; milliseconds since 1970", NULL},
    {"nonce_header", SETTING_TEXT, AT(nonce_header), "X-Nonce", false, "header's name", NULL},
    {"signature_header", SETTING_TEXT, AT(signature_header), "X-Signature", false, "header's name", NULL},
    {"cache", SETTING_DURATION, AT(cache_us), "0s", false, "answers of the same request are used again this long", NULL},
    {"cache_most", SETTING_INT, AT(cache_most), "10000", false, "answers kept at most", NULL},
    {"timeout", SETTING_DURATION, AT(timeout_us), "30s", false, "of one query", NULL},
    {"token", SETTING_TEXT, AT(token), NULL, false, "bearer token", NULL},
    {"headers", SETTING_NODE, AT(headers), NULL, false, "further headers", NULL},
    {"ca", SETTING_TEXT, AT(ca), NULL, false, "file of authorities to trust in place of the system's", NULL},
    {"certificate", SETTING_TEXT, AT(certificate), NULL, false, "own certificate", NULL},
    {"key", SETTING_TEXT, AT(key), NULL, false, "its private key", NULL},
    {"statuses", SETTING_NODE, AT(statuses), NULL, false, "HTTP status -> answer | reject | never | again | held; over the defaults", NULL},
    SETTINGS_END,
};
#undef AT
#define AT(field) offsetof(struct step_settings, field)
static const struct setting step_table[] = {
    {"path", SETTING_TEXT, AT(path), NULL, false, "as above, for this step", NULL},
    {"method", SETTING_TEXT, AT(method), NULL, false, "as above, for this step", NULL},
    {"cache", SETTING_DURATION, AT(cache_us), NULL, false, "as above, for this step", NULL},
    {"statuses", SETTING_NODE, AT(statuses), NULL, false, "as above, for this step", NULL},
    SETTINGS_END,
};

/* Kept answers, oldest first. */
struct kept { struct list link; char *key, *body; size_t length; int status; int64_t until_us; };
struct lookup { struct host *host; const struct settings *s; struct web *web; struct map kept; struct list oldest; };
struct query { struct lookup *lookup; char *id, *key; };

static void forget_kept(struct lookup *l, struct kept *k) {
    map_remove(&l->kept, text_from(k->key));
    list_remove(&k->link);
    free(k->key);
    free(k->body);
    free(k);
}

static const struct kept *find_kept(struct lookup *l, const char *key) {
    struct kept *k = map_get(&l->kept, text_from(key));
    if (k && k->until_us <= yjs_steady_us()) {
        forget_kept(l, k);
        return NULL;
    }
    return k;
}

static void keep(struct lookup *l, const char *key, const struct web_response *response, int64_t cache_us) {
    if (cache_us <= 0 || map_get(&l->kept, text_from(key)))
        return;
    if ((int64_t)l->kept.count >= l->s->cache_most && !list_is_empty(&l->oldest))
        forget_kept(l, list_entry(l->oldest.next, struct kept, link));
    struct kept *k = calloc(1, sizeof(*k));
    if (!k)
        abort();
    k->key = strdup(key);
    k->body = strndup(response->body, response->length);
    k->length = response->length;
    k->status = response->status;
    k->until_us = yjs_steady_us() + cache_us;
    if (!k->key || !k->body || !map_put(&l->kept, text_from(k->key), k))
        abort();
    list_append(&l->oldest, &k->link);
}

/* ---- The request ---- */

struct signature { char application[300], timestamp[300], nonce[300], signature[300]; };

static void sign(const struct lookup *l, const char *what, struct signature *ret) {
    unsigned char random[16], digest[EVP_MAX_MD_SIZE];
    char nonce[33], hex[EVP_MAX_MD_SIZE * 2 + 1];
    unsigned length = 0;
    long long now_ms = (long long)(yjs_now_us() / 1000);
    struct buffer text;
    if (RAND_bytes(random, sizeof(random)) != 1)
        abort();
    for (size_t i = 0; i < sizeof(random); i++)
        snprintf(nonce + i * 2, 3, "%02x", random[i]);
    buffer_init(&text, 8u * 1024 * 1024);
    buffer_format(&text, "%lld\n%s\n", now_ms, nonce);
    buffer_put_string(&text, what);
    HMAC(l->s->digest == 1 ? EVP_sm3() : EVP_sha256(), l->s->secret, (int)strlen(l->s->secret), (const unsigned char *)text.at,
         text.length, digest, &length);
    for (unsigned i = 0; i < length; i++)
        snprintf(hex + i * 2, 3, "%02x", digest[i]);
    buffer_free(&text);
    snprintf(ret->application, sizeof(ret->application), "%s: %s", l->s->application_header, l->s->application);
    snprintf(ret->timestamp, sizeof(ret->timestamp), "%s: %lld", l->s->timestamp_header, now_ms);
    snprintf(ret->nonce, sizeof(ret->nonce), "%s: %s", l->s->nonce_header, nonce);
    snprintf(ret->signature, sizeof(ret->signature), "%s: %s", l->s->signature_header, hex);
}

/* Plain members of the request as a query string. */
static char *query_of(const char *request) {
    struct arena arena;
    struct json value;
    struct buffer out;
    arena_init(&arena, 4u * 1024 * 1024);
    buffer_init(&out, 65536);
    bool good = !json_read(&arena, text_from(request), 32, &value, NULL) && value.type == JSON_OBJECT;
    for (uint32_t i = 0; good && i < value.count; i++) {
        const struct json_member *m = &value.children[i];
        if (m->value.type != JSON_STRING && m->value.type != JSON_NUMBER)
            continue;
        char *name = curl_easy_escape(NULL, m->key.at, (int)m->key.length);
        char *text = m->value.text.length ? curl_easy_escape(NULL, m->value.text.at, (int)m->value.text.length) : NULL;
        buffer_format(&out, "%s%s=%s", out.length ? "&" : "", name ? name : "", text ? text : "");
        curl_free(name);
        curl_free(text);
    }
    char *copy = strdup(buffer_text(&out).at);
    buffer_free(&out);
    arena_free(&arena);
    return copy;
}

static void on_response(void *user, const struct web_response *);

static void send_query(struct lookup *l, struct yjs_task *task, const char *request, char *key) {
    const struct step_settings *step = host_step(l->host, task)->settings;
    const char *method = step->method ? step->method : l->s->method;
    bool get = !strcmp(method, "GET");
    char *query = get ? query_of(request) : NULL;
    struct signature signature;
    struct query *q = calloc(1, sizeof(*q));
    if (!q)
        abort();
    *q = (struct query){l, strdup(task->id), key};
    char *base = web_url(l->s->url, step->path ? step->path : l->s->path,
                         (const char *const[]){"step", task->step, "number", task->number, NULL});
    struct buffer url;
    buffer_init(&url, 65536 * 2);
    buffer_put_string(&url, base);
    if (get)
        buffer_format(&url, "%s%s", strchr(base, '?') ? "&" : "?", query);
    bool signs = l->s->application && l->s->secret;
    if (signs)
        sign(l, get ? query : request, &signature);
    const char *headers[] = {signs ? signature.application : NULL, signature.timestamp, signature.nonce, signature.signature, NULL};
    web_send(l->web, &(struct web_request){.method = method, .url = buffer_text(&url).at, .body = get ? NULL : request,
             .length = get ? 0 : strlen(request), .headers = headers, .done = on_response, .user = q});
    buffer_free(&url);
    free(base);
    free(query);
}

static void lookup_start(void *self, struct yjs_task *task) {
    struct lookup *l = self;
    size_t length;
    char *request;
    if (host_step(l->host, task)->request) {
        request = host_request(l->host, task, NULL, &length);
    } else {      /* without a mapping the input itself is asked, so that the same question has the same words */
        struct arena arena;
        struct json data;
        arena_init(&arena, 8u * 1024 * 1024);
        const struct json *input = json_read(&arena, text_span(task->data, task->data_length), 64, &data, NULL)
                                       ? NULL : json_get_string(&data, "input");
        request = input && input->type == JSON_OBJECT ? strndup(input->text.at, input->text.length) : strdup("{}");
        arena_free(&arena);
    }
    if (!request)
        return;
    char *key = malloc(strlen(task->step) + strlen(request) + 2);
    if (!key)
        abort();
    sprintf(key, "%s\n%s", task->step, request);
    const struct kept *kept = find_kept(l, key);
    if (kept) {
        yjs_count(host_adapter(l->host), "lookup_cached", 1);
        if (host_answer(l->host, task, kept->status, kept->body, kept->length) == HOST_NOTHING)
            yjs_fail(task, YJS_NEVER, "answer_mapping", "the query was answered with nothing");
        free(key);
    } else {
        send_query(l, task, request, key);
    }
    free(request);
}

/* ---- The response ---- */

static void act(struct lookup *l, struct yjs_task *task, const char *key, const struct web_response *response) {
    const struct step_settings *step = host_step(l->host, task)->settings;
    char message[200];
    snprintf(message, sizeof(message), "the query was answered HTTP %d", response->status);
    enum host_verdict verdict;
    switch (rest_meaning(response->status, step->statuses, l->s->statuses)) {
    case MEANS_ANSWER:
    case MEANS_TAKEN:
    case MEANS_PENDING:
        verdict = host_answer(l->host, task, response->status, response->body, response->length);
        if (verdict == HOST_FINAL)
            keep(l, key, response, step->cache_us ? step->cache_us : l->s->cache_us);
        else if (verdict != HOST_FAULTY)
            yjs_fail(task, YJS_AGAIN, "not_yet", "the query brought no decision");
        break;
    case MEANS_REJECT: answer_literal(task, YJS_REJECTED, "{\"reason\":\"nothing was found\"}"); break;
    case MEANS_NEVER: yjs_fail(task, YJS_NEVER, "http_refused", message); break;
    case MEANS_AGAIN: yjs_fail(task, YJS_AGAIN, "http_failed", message); break;
    case MEANS_HELD: yjs_fail(task, YJS_AWAY, "http_away", message); break;
    }
}

static void query_free(void *user) {
    struct query *q = user;
    free(q->id);
    free(q->key);
    free(q);
}

static void on_response(void *user, const struct web_response *response) {
    struct query *q = user;
    struct yjs_task *task = yjs_find(host_adapter(q->lookup->host), q->id);
    yjs_count(host_adapter(q->lookup->host), "http_requests", 1);
    if (task && response->status == 0)
        yjs_fail(task, YJS_AWAY, "no_connection", response->error);
    else if (task)
        act(q->lookup, task, q->key, response);
    query_free(q);
}

static void lookup_check(const void *settings, const struct node *at, struct faults *faults) {
    const struct settings *s = settings;
    if ((s->application == NULL) != (s->secret == NULL))
        fault_add(faults, at, "missing_key", "`application` and `secret` belong together");
    rest_check_statuses(s->statuses, faults);
}

static int lookup_open(struct host *host, void **ret, struct yjs_error *error) {
    (void)error;
    struct lookup *l = calloc(1, sizeof(*l));
    if (!l)
        abort();
    l->host = host;
    l->s = host_settings(host);
    map_init(&l->kept);
    list_init(&l->oldest);
    l->web = web_open(host_adapter(host), &(struct web_options){.ca = l->s->ca, .certificate = l->s->certificate,
                      .key = l->s->key, .token = l->s->token, .headers = l->s->headers, .timeout_us = l->s->timeout_us});
    *ret = l;
    return 0;
}

static void lookup_tick(void *self, int64_t now_us) { web_tick(((struct lookup *)self)->web, now_us); }

static void lookup_close(void *self) {
    struct lookup *l = self;
    web_close(l->web, query_free);
    while (!list_is_empty(&l->oldest))
        forget_kept(l, list_entry(l->oldest.next, struct kept, link));
    map_free(&l->kept);
    free(l);
}

const struct yjs_driver driver_lookup = {
    .name = "lookup", .help = "queries: a signed HTTP request whose answers are kept for a while by their input",
    .settings = settings_table, .settings_size = sizeof(struct settings),
    .step_settings = step_table, .step_size = sizeof(struct step_settings),
    .check = lookup_check, .open = lookup_open, .close = lookup_close,
    .handler = {.start = lookup_start, .tick = lookup_tick},
};
