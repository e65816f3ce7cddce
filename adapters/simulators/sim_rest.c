/* yjs-sim-rest: a department's system with an HTTP API, answering at once, by callback, or when polled.
 *
 * POST /tasks takes a task envelope; GET /tasks/<ticket> tells its state; POST /cancel calls it back. A repeat of a task
 * (by its id) is recognised: 409, or the same answer again in immediate mode. Tasks survive in the record file. */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <stdio.h>
#include <strings.h>
#include "base/map.h"
#include "base/time.h"
#include "sim.h"

struct work { char *id, *callback, *answer; int64_t ready_at_us; unsigned tries; bool taken, delivered, cancelled; };
struct system { struct sim sim; const char *mode, *token; pthread_mutex_t lock; struct map works; };
struct upload { struct buffer body; };
struct reply { int status; struct buffer body; };

static struct work *work_of(struct system *s, struct text id) {      /* under the lock */
    struct work *w = map_get(&s->works, id);
    if (!w) {
        w = calloc(1, sizeof(*w));
        w->id = strndup(id.at, id.length);
        map_put(&s->works, text_from(w->id), w);
    }
    return w;
}

/* True when this request fails by its fate; the reply is then written. */
static bool fails(struct system *s, struct work *w, struct reply *reply) {
    w->tries++;
    if (!sim_fails(&s->sim, text_from(w->id), w->tries))
        return false;
    reply->status = template_draw(s->sim.seed, text_from(w->id), 200 + w->tries) < 0.5 ? 503 : 500;
    buffer_put_string(&reply->body, "{\"error\":\"simulated failure\"}");
    sim_record(&s->sim, "failed", text_from(w->id), TEXT_NONE);
    return true;
}

static void take_task(struct system *s, const struct json *envelope, struct reply *reply) {
    struct text id = json_get_text(envelope, TEXT("task"));
    bool immediate = !strcmp(s->mode, "immediate");
    if (id.length == 0) {
        reply->status = 422;
        buffer_put_string(&reply->body, "{\"error\":\"task is missing\"}");
        return;
    }
    pthread_mutex_lock(&s->lock);
    struct work *w = work_of(s, id);
    bool repeat = w->taken, failed = fails(s, w, reply);
    if (!failed && !repeat) {
        struct buffer answer;
        struct text callback = json_get_text(envelope, TEXT("callback"));
        buffer_init(&answer, 1024 * 1024);
        sim_answer(&s->sim, envelope, &answer);
        w->answer = strdup(buffer_text(&answer).at);
        w->callback = callback.at ? strndup(callback.at, callback.length) : NULL;
        w->ready_at_us = sim_now_us() + sim_latency_us(&s->sim, id);
        w->taken = true;
        sim_record(&s->sim, "taken", id, text_from(w->answer));
        buffer_free(&answer);
    } else if (!failed) {
        w->delivered = false;        /* asked again: the callback is sent again */
        sim_record(&s->sim, "repeat", id, TEXT_NONE);
    }
    const char *answer = w->answer;
    int64_t wait_us = w->ready_at_us - sim_now_us();
    pthread_mutex_unlock(&s->lock);
    if (failed)
        return;
    if (immediate && wait_us > 0)
        sim_sleep_us(wait_us);
    reply->status = immediate ? 200 : repeat ? 409 : 202;
    if (immediate)
        buffer_put_string(&reply->body, answer);
    else
        buffer_format(&reply->body, "{\"ticket\":\"T%llu\"}", (unsigned long long)template_seq(id));
}

static void tell_state(struct system *s, const char *ticket, struct reply *reply) {
    uint64_t seq = ticket[0] == 'T' ? strtoull(ticket + 1, NULL, 10) : 0;
    pthread_mutex_lock(&s->lock);
    struct work *found = NULL;
    map_each(&s->works, slot) {
        if (template_seq(slot->key) == seq)
            found = slot->value;
    }
    if (!found || !found->taken) {
        reply->status = 404;
    } else if (!fails(s, found, reply)) {
        bool ready = sim_now_us() >= found->ready_at_us;
        reply->status = ready ? 200 : 202;
        buffer_put_string(&reply->body, ready ? found->answer : "{\"pending\":true}");
        if (ready && !found->delivered)
            sim_record(&s->sim, "told", text_from(found->id), TEXT_NONE);
        found->delivered |= ready;
    }
    pthread_mutex_unlock(&s->lock);
}

static void take_cancel(struct system *s, const struct json *body, struct reply *reply) {
    struct text id = json_get_text(body, TEXT("task"));
    pthread_mutex_lock(&s->lock);
    struct work *w = work_of(s, id);
    bool late = w->taken && sim_now_us() >= w->ready_at_us;
    if (!late) {
        w->cancelled = true;
        sim_record(&s->sim, "cancelled", id, TEXT_NONE);
    }
    pthread_mutex_unlock(&s->lock);
    reply->status = late ? 409 : 200;
    buffer_put_string(&reply->body, "{}");
}

static void serve(struct system *s, const char *method, const char *path, struct text body, struct reply *reply) {
    struct arena arena;
    struct json value;
    arena_init(&arena, 8 * 1024 * 1024);
    reply->status = 404;
    if (!strcmp(method, "GET") && !strncmp(path, "/tasks/", 7)) {
        tell_state(s, path + 7, reply);
    } else if (!strcmp(method, "POST") && (!strcmp(path, "/tasks") || !strcmp(path, "/cancel"))) {
        if (json_read(&arena, body, 64, &value, NULL))
            reply->status = 400;
        else if (!strcmp(path, "/tasks"))
            take_task(s, &value, reply);
        else
            take_cancel(s, &value, reply);
    }
    arena_free(&arena);
}

static bool allowed(const struct system *s, struct MHD_Connection *connection) {
    const char *given = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
    return !s->token || (given && !strncasecmp(given, "Bearer ", 7) && !strcmp(given + 7, s->token));
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *path, const char *method,
                                  const char *version, const char *data, size_t *size, void **state) {
    (void)version;
    struct system *s = user;
    struct upload *u = *state;
    if (!u) {
        *state = u = calloc(1, sizeof(*u));
        buffer_init(&u->body, 4 * 1024 * 1024);
        return u ? MHD_YES : MHD_NO;
    }
    if (*size) {
        buffer_put(&u->body, data, *size);
        *size = 0;
        return MHD_YES;
    }
    struct reply reply = {.status = 401};
    buffer_init(&reply.body, 4 * 1024 * 1024);
    if (allowed(s, connection))
        serve(s, method, path, buffer_text(&u->body), &reply);
    struct MHD_Response *response = MHD_create_response_from_buffer(reply.body.length, (void *)(uintptr_t)buffer_text(&reply.body).at, MHD_RESPMEM_MUST_COPY);
    MHD_add_response_header(response, "Content-Type", "application/json");
    enum MHD_Result code = MHD_queue_response(connection, (unsigned)reply.status, response);
    MHD_destroy_response(response);
    buffer_free(&reply.body);
    return code;
}

static void on_done(void *user, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code) {
    (void)user, (void)connection, (void)code;
    if (*state)
        buffer_free(&((struct upload *)*state)->body);
    free(*state);
}

static size_t drop(char *bytes, size_t size, size_t count, void *user) { (void)bytes, (void)user; return size * count; }

static bool call_back(const struct work *w) {
    long status = 0;
    CURL *easy = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    curl_easy_setopt(easy, CURLOPT_URL, w->callback);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, w->answer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 5000L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    if (curl_easy_perform(easy) == CURLE_OK)
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
    return status >= 200 && status < 500;
}

/* One ready work that is to be called back; NULL when there is none. Works are never freed. */
static struct work *next_callback(struct system *s) {
    struct work *next = NULL;
    pthread_mutex_lock(&s->lock);
    map_each(&s->works, slot) {
        struct work *w = slot->value;
        if (w->taken && w->callback && !w->delivered && !w->cancelled && sim_now_us() >= w->ready_at_us)
            next = w;
    }
    pthread_mutex_unlock(&s->lock);
    return next;
}

static void call_back_for_ever(struct system *s) {
    for (;;) {
        struct work *w = next_callback(s);
        if (!w) {
            sim_sleep_us(5000);
            continue;
        }
        if (call_back(w)) {
            pthread_mutex_lock(&s->lock);
            w->delivered = true;
            pthread_mutex_unlock(&s->lock);
            sim_record(&s->sim, "told", text_from(w->id), TEXT_NONE);
        } else {
            sim_sleep_us(100000);
        }
    }
}

int main(int count, char **arguments) {
    struct sim_option options[] = {
        {"address", "127.0.0.1", "IPv4 address to listen on", NULL},
        {"port", "8181", "port to listen on", NULL},
        {"mode", "immediate", "immediate, callback or polling", NULL},
        {"token", NULL, "bearer token that is asked for", NULL},
        {0},
    };
    static struct system s;
    s.sim = (struct sim){.name = "yjs-sim-rest", .help = "a department's system with an HTTP API", .options = options};
    sim_options(&s.sim, count, arguments);
    s.mode = sim_option(&s.sim, "mode");
    s.token = sim_option(&s.sim, "token");
    pthread_mutex_init(&s.lock, NULL);
    map_init(&s.works);
    signal(SIGPIPE, SIG_IGN);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    const char *address = sim_option(&s.sim, "address");
    uint16_t port = (uint16_t)sim_option_number(&s.sim, "port", UINT16_MAX);
    struct sockaddr_in listen = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct MHD_Daemon *daemon = inet_pton(AF_INET, address, &listen.sin_addr) != 1 ? NULL :
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION, port, NULL, NULL, on_request, &s,
                         MHD_OPTION_NOTIFY_COMPLETED, on_done, NULL, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u,
                         MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&listen, MHD_OPTION_END);
    if (!daemon) {
        fprintf(stderr, "yjs-sim-rest: cannot listen on %s:%u\n", address, port);
        return 1;
    }
    call_back_for_ever(&s);
}
