/* The notifier's threads: one finds out who is told, one a channel sends. */
#include "notifier/notifier.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/time.h"
#include "model/limits.h"
#include "privacy/mask.h"
#include "notifier/notifier_part.h"

enum { PLAN_ROWS = 50, CLAIM_ROWS = 5, AWAY_LOG_TURNS = 60 };
#define ARENA_BYTES ((size_t)64 << 20)
#define TIDY_US (10 * TIME_SECOND_US)
#define CLAIM_MARGIN_S 30

struct worker {
    struct notifier *notifier;
    const struct channel *channel;       /* NULL: the one that plans */
    struct sender *sender;
    struct arena arena;
    pthread_t thread;
    bool started;
    uint32_t away;                       /* turns in a row in which the database was away */
};

struct notifier {
    struct notifier_settings settings;
    struct records_port records;
    struct clock_port clock;
    pthread_mutex_t mutex;
    pthread_cond_t stop_asked;
    bool stop, senders_stop;             /* the senders alone: other rules are taken */
    const struct notice_rules *next;     /* other rules that are to be taken; NULL: none */
    struct worker workers[RULES_CHANNELS_MOST + 1];
    uint32_t worker_count;
    struct notifier_meters meters;       /* atomic */
};

#define ADD(n, name, value) __atomic_add_fetch(&(n)->meters.name, (value), __ATOMIC_RELAXED)
#define SET(n, name, value) __atomic_store_n(&(n)->meters.name, (value), __ATOMIC_RELAXED)

static bool ask(struct worker *w, const char *query, const struct text *parameters, uint32_t count, struct record_list *ret) {
    struct error error = {0};
    const struct records_port *records = &w->notifier->records;
    if (records->query(records->context, query, parameters, count, &w->arena, ret, &error) == OUTCOME_OK) {
        w->away = 0;
        return true;
    }
    if (w->away++ % AWAY_LOG_TURNS == 0)
        log_warn("notices_wait", "the notifier can't ask the database", LOG_STRING("query", query), LOG_STRING("why", error.message));
    return false;
}
#define ASK(worker, query, ret, ...) \
    ask((worker), (query), (const struct text[]){__VA_ARGS__}, sizeof((struct text[]){__VA_ARGS__}) / sizeof(struct text), (ret))

static bool is_stopped(struct worker *w) {
    struct notifier *n = w->notifier;
    pthread_mutex_lock(&n->mutex);
    bool stop = n->stop || (w->channel && n->senders_stop);
    pthread_mutex_unlock(&n->mutex);
    return stop;
}

/* ---- planning ---- */

/* One event that is due: who is told, written down. */
static bool plan_one(struct worker *w, struct text row) {
    struct notifier *n = w->notifier;
    struct error error = {0};
    struct json due;
    struct buffer out;
    struct record_list made;
    int64_t version = 0, count = 0;
    if (json_read(&w->arena, row, LIMIT_json_depth_most * 2, &due, NULL) != OUTCOME_OK)
        return false;
    buffer_init(&out, ARENA_BYTES / 4);
    enum outcome outcome = telling_write(n->settings.rules, &n->settings.names, &due, &w->arena, &out, &error);
    if (outcome == OUTCOME_REJECT) {   /* a text that can't be filled would stand in everybody's way */
        log_error("notice_untold", "an event could not be put into words; nobody is told of it", LOG_TEXT("case", json_get_text(&due, TEXT("case_id"))),
                  LOG_TEXT("kind", json_get_text(&due, TEXT("kind"))), LOG_STRING("why", error.message));
        buffer_clear(&out);
        buffer_put_string(&out, "[]");
        outcome = OUTCOME_OK;
    }
    json_to_int64(json_get_string(&due, "version"), &version);
    bool fine = outcome == OUTCOME_OK && ASK(w, "notice_plan", &made, json_get_text(&due, TEXT("case_id")),
                                             text_format(&w->arena, "%lld", (long long)version), buffer_text(&out));
    struct json answer;
    if (fine && made.count == 1 && json_read(&w->arena, made.at[0], 4, &answer, NULL) == OUTCOME_OK &&
        json_to_int64(json_get_string(&answer, "made"), &count))
        ADD(n, told, count);
    buffer_free(&out);
    return fine;
}

static void tidy(struct worker *w) {
    struct record_list rows;
    struct json counts;
    int64_t due, waiting, undelivered;
    if (ask(w, "notice_drop_stale", NULL, 0, &rows))
        ADD(w->notifier, dropped, rows.count);
    ask(w, "notice_show_due", NULL, 0, &rows);
    if (!ask(w, "notice_counts", NULL, 0, &rows) || rows.count != 1 || json_read(&w->arena, rows.at[0], 4, &counts, NULL) != OUTCOME_OK)
        return;
    if (json_to_int64(json_get_string(&counts, "due"), &due))
        SET(w->notifier, due, due);
    if (json_to_int64(json_get_string(&counts, "waiting"), &waiting))
        SET(w->notifier, waiting, waiting);
    if (json_to_int64(json_get_string(&counts, "given_up"), &undelivered))
        SET(w->notifier, undelivered, undelivered);
}

/* True: there was something to do, and there may be more. */
static bool plan(struct worker *w) {
    struct record_list rows;
    arena_reset(&w->arena);
    if (!ASK(w, "notice_due_list", &rows, text_format(&w->arena, "%d", PLAN_ROWS)))
        return false;
    bool fine = true;
    for (uint32_t i = 0; i < rows.count && fine && !is_stopped(w); i++)
        fine = plan_one(w, rows.at[i]);
    return fine && rows.count > 0;
}

/* ---- sending ---- */

/* When a notice is tried again, in seconds; spread, so that what failed together does not come together. 0: never. */
static int64_t again_s(const struct notice_rules *rules, int64_t attempts, struct text id) {
    if (attempts >= rules->attempts)
        return 0;
    int64_t wait_us = rules->first_us;
    for (int64_t i = 1; i < attempts && wait_us < rules->most_us; i++)
        wait_us *= 3;
    wait_us = wait_us < rules->most_us ? wait_us : rules->most_us;
    wait_us += wait_us / 5 * (int64_t)(text_hash(id) % 100) / 100;
    return wait_us < TIME_SECOND_US ? 1 : wait_us / TIME_SECOND_US;
}

static bool read_parcel(struct worker *w, struct text row, struct parcel *ret, int64_t *ret_attempts) {
    struct json claimed;
    if (json_read(&w->arena, row, LIMIT_json_depth_most, &claimed, NULL) != OUTCOME_OK)
        return false;
    struct text language = json_get_text(&claimed, TEXT("language"));
    const struct json *words = json_get(json_get_string(&claimed, "texts"), language);
    *ret = (struct parcel){.id = json_get_text(&claimed, TEXT("id")), .case_id = json_get_text(&claimed, TEXT("case")),
                           .kind = json_get_text(&claimed, TEXT("kind")), .recipient = json_get_text(&claimed, TEXT("recipient")),
                           .language = language, .address = json_get_text(&claimed, TEXT("address")),
                           .title = json_get_text(words, TEXT("title")), .text = json_get_text(words, TEXT("text"))};
    return json_to_int64(json_get_string(&claimed, "attempts"), ret_attempts);
}

static void send_one(struct worker *w, struct text row) {
    struct notifier *n = w->notifier;
    struct parcel parcel;
    struct error error = {0};
    struct record_list rows;
    int64_t attempts;
    long status = 0;
    if (!read_parcel(w, row, &parcel, &attempts))
        return;
    int64_t begun = n->clock.monotonic_us(n->clock.context);
    enum outcome outcome = sender_send(w->sender, &parcel, &w->arena, n->clock.now_us(n->clock.context), &status, &error);
    struct text took = text_format(&w->arena, "%lld", (long long)((n->clock.monotonic_us(n->clock.context) - begun) / 1000));
    struct text said = status ? text_format(&w->arena, "%ld", status) : TEXT_NONE;
    if (outcome == OUTCOME_OK) {
        if (ASK(w, "notice_sent", &rows, parcel.id, took, said))   /* else the claim ends, and it is sent once more */
            ADD(n, sent, 1);
        return;
    }
    int64_t wait_s = outcome == OUTCOME_REJECT ? 0 : again_s(n->settings.rules, attempts, parcel.id);
    struct text why = mask_words(&w->arena, text_from(error.message), NULL, 0);
    ADD(n, failed, 1);
    if (wait_s == 0) {
        ADD(n, given_up, 1);
        log_warn("notice_given_up", "a notice could not be sent; an incident is open", LOG_TEXT("notice", parcel.id), LOG_TEXT("why", why));
    }
    ASK(w, "notice_failed", &rows, parcel.id, took, said, why, wait_s ? text_format(&w->arena, "%lld", (long long)wait_s) : TEXT_NONE);
}

static bool send_some(struct worker *w) {
    struct record_list rows;
    const struct notice_rules *rules = w->notifier->settings.rules;
    arena_reset(&w->arena);
    int64_t seconds = CLAIM_ROWS * (rules->timeout_us / TIME_SECOND_US + 1) + CLAIM_MARGIN_S;
    if (!ASK(w, "notice_claim", &rows, w->channel->id, text_format(&w->arena, "%d", CLAIM_ROWS),
             text_format(&w->arena, "%lld", (long long)seconds)))
        return false;
    for (uint32_t i = 0; i < rows.count; i++)   /* what is claimed is sent, even when the daemon stops */
        send_one(w, rows.at[i]);
    return rows.count > 0;
}

/* ---- threads ---- */

static void wait_a_while(struct notifier *n) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t us = (int64_t)until.tv_nsec / 1000 + n->settings.poll_us;
    until.tv_sec += us / TIME_SECOND_US;
    until.tv_nsec = (us % TIME_SECOND_US) * 1000;
    pthread_mutex_lock(&n->mutex);
    if (!n->stop && !n->senders_stop && !n->next)
        pthread_cond_timedwait(&n->stop_asked, &n->mutex, &until);
    pthread_mutex_unlock(&n->mutex);
}

static enum outcome start_senders(struct notifier *, struct error *);

static void end_sender(struct worker *w) {
    if (w->started)
        pthread_join(w->thread, NULL);
    w->started = false;
    sender_free(w->sender);
    arena_free(&w->arena);
}

/* The planner's: ends those who send by the old rules, and starts those of the new ones. */
static void take_rules(struct notifier *n) {
    struct error error = {0};
    pthread_mutex_lock(&n->mutex);
    bool change = n->next && !n->stop;
    n->senders_stop = change;
    pthread_cond_broadcast(&n->stop_asked);
    pthread_mutex_unlock(&n->mutex);
    if (!change)
        return;
    for (uint32_t i = 1; i < n->worker_count; i++)
        end_sender(&n->workers[i]);
    n->worker_count = 1;
    pthread_mutex_lock(&n->mutex);
    n->settings.rules = n->next;
    n->next = NULL;
    n->senders_stop = false;
    pthread_mutex_unlock(&n->mutex);
    if (start_senders(n, &error) != OUTCOME_OK)
        log_error("notices_stand_still", "not every channel sends by the new rules: restart", LOG_STRING("why", error.message));
}

static void *work(void *context) {
    struct worker *w = context;
    struct notifier *n = w->notifier;
    int64_t tidied = 0;
    while (!is_stopped(w)) {
        if (!w->channel)
            take_rules(n);
        bool more = w->channel ? send_some(w) : plan(w);
        int64_t now = n->clock.monotonic_us(n->clock.context);
        if (!w->channel && now - tidied >= (n->settings.poll_us < TIDY_US ? n->settings.poll_us * 5 : TIDY_US)) {
            tidied = now;
            tidy(w);
        }
        if (!more)
            wait_a_while(n);
    }
    return NULL;
}

static const char *secret_of(const struct channel *channel) { return channel->secret.at ? getenv(channel->secret.at) : NULL; }

enum outcome notifier_check_rules(const struct notice_rules *rules, struct error *error) {
    for (uint32_t i = 0; i < rules->channel_count; i++)
        if (rules->channels[i].secret.at && !secret_of(&rules->channels[i]))
            return error_set(error, OUTCOME_REJECT, "notices_secret", "channel %.*s: the environment has no %s",
                             TEXT_ARG(rules->channels[i].id), rules->channels[i].secret.at);
    return OUTCOME_OK;
}

static enum outcome start_at(struct worker *w, struct notifier *n, const struct channel *channel, struct error *error) {
    *w = (struct worker){.notifier = n, .channel = channel};
    arena_init(&w->arena, ARENA_BYTES);
    if (channel && !(w->sender = sender_make(channel, n->settings.rules, secret_of(channel))))
        return error_no_memory(error);
    if (pthread_create(&w->thread, NULL, work, w) != 0)
        return error_set(error, OUTCOME_FATAL, "thread_start", "the notifier's thread did not start");
    w->started = true;
    return OUTCOME_OK;
}

static enum outcome start_senders(struct notifier *n, struct error *error) {
    const struct notice_rules *rules = n->settings.rules;
    enum outcome outcome = OUTCOME_OK;
    for (uint32_t i = 0; i < rules->channel_count && outcome == OUTCOME_OK; i++)
        if (rules->channels[i].kind != CHANNEL_CONSOLE)
            outcome = start_at(&n->workers[n->worker_count++], n, &rules->channels[i], error);
    return outcome;
}

enum outcome notifier_create(const struct notifier_settings *settings, const struct records_port *records, const struct clock_port *clock,
                             struct notifier **ret, struct error *error) {
    enum outcome outcome = notifier_check_rules(settings->rules, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    struct notifier *n = memory_alloc(sizeof *n);
    if (!n)
        return error_no_memory(error);
    *n = (struct notifier){.settings = *settings, .records = *records, .clock = *clock};
    if (n->settings.poll_us <= 0)
        n->settings.poll_us = TIME_SECOND_US;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&n->mutex, NULL);
    pthread_cond_init(&n->stop_asked, &monotonic);
    pthread_condattr_destroy(&monotonic);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    n->worker_count = 1;   /* the place of the planner, who starts last: it may end and start the others */
    outcome = start_senders(n, error);
    if (outcome == OUTCOME_OK)
        outcome = start_at(&n->workers[0], n, NULL, error);
    if (outcome != OUTCOME_OK) {
        notifier_free(n);
        return outcome;
    }
    *ret = n;
    return OUTCOME_OK;
}

void notifier_set_rules(struct notifier *n, const struct notice_rules *rules) {
    pthread_mutex_lock(&n->mutex);
    n->next = rules;
    pthread_cond_broadcast(&n->stop_asked);
    pthread_mutex_unlock(&n->mutex);
}

bool notifier_uses_rules(struct notifier *n, const struct notice_rules *rules) {
    pthread_mutex_lock(&n->mutex);
    bool uses = rules == n->settings.rules || rules == n->next;
    pthread_mutex_unlock(&n->mutex);
    return uses;
}

void notifier_stop(struct notifier *n) {
    if (!n)
        return;
    pthread_mutex_lock(&n->mutex);
    n->stop = true;
    pthread_cond_broadcast(&n->stop_asked);
    pthread_mutex_unlock(&n->mutex);
    for (uint32_t i = 0; i < n->worker_count; i++) {
        if (n->workers[i].started)
            pthread_join(n->workers[i].thread, NULL);
        n->workers[i].started = false;
    }
}

void notifier_free(struct notifier *n) {
    if (!n)
        return;
    notifier_stop(n);
    for (uint32_t i = 0; i < n->worker_count; i++) {
        sender_free(n->workers[i].sender);
        arena_free(&n->workers[i].arena);
    }
    pthread_cond_destroy(&n->stop_asked);
    pthread_mutex_destroy(&n->mutex);
    memory_free(n);
}

void notifier_read_meters(const struct notifier *n, struct notifier_meters *ret) {
    *ret = (struct notifier_meters){0};
    if (!n)
        return;
#define X(name, help) ret->name = __atomic_load_n(&n->meters.name, __ATOMIC_RELAXED);
    NOTIFIER_COUNTERS(X)
    NOTIFIER_GAUGES(X)
#undef X
}
