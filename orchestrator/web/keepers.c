/* Uploads at their end are looked at, scanned and kept, and materials are brought out of the store, by a few threads of their own,
 * while the connections sleep: a scanner or a bucket that takes its time holds up those who want its materials, and nobody else.
 * What more comes than they and so many waiting can take is refused, to come again. A keeper that has nothing to do takes away what no
 * case names (sweep.c). */
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "web/web_part.h"

enum { KEEPERS_MOST = 64, UPLOADS_A_KEEPER = 2, FETCHES_A_KEEPER = 16 };

/* An upload, or a material that is fetched, with a keeper. The MHD connection is suspended meanwhile; the request holds it from then on. */
struct keeping {
    struct list link;
    struct MHD_Connection *connection;
    struct vault_upload *upload;
    struct vault_kept kept;
    bool is_fetch;
    char digest[VAULT_DIGEST_SIZE];        /* of what is fetched */
    int fd;                                /* its content; -1: none, or it is the request's */
    int64_t size;
    struct error error;
    enum outcome outcome;
};

struct keepers {
    struct web *web;
    pthread_t threads[KEEPERS_MOST];
    uint32_t thread_count, uploads, fetches;   /* under way, waiting ones too */
    pthread_mutex_t mutex;
    pthread_cond_t work;
    struct list waiting;
    int64_t sweep_at_us;                   /* monotonic */
    bool is_sweeping, stopping;            /* stopping: atomic for who reads it without the mutex */
};

static bool is_stopping(void *context) { return __atomic_load_n(&((struct keepers *)context)->stopping, __ATOMIC_RELAXED); }

/* Under the mutex. Who has nothing to keep sweeps when it is time. */
static void wait_for_work(struct keepers *keepers) {
    struct web *web = keepers->web;
    struct timespec until;
    if (web->settings.materials_keep_us == 0) {
        pthread_cond_wait(&keepers->work, &keepers->mutex);
        return;
    }
    int64_t now = web->clock.monotonic_us(web->clock.context), wait_us = keepers->sweep_at_us - now;
    if (wait_us <= 0 && !keepers->is_sweeping) {
        keepers->is_sweeping = true;
        keepers->sweep_at_us = now + sweep_every_us(web);
        pthread_mutex_unlock(&keepers->mutex);
        sweep_materials(web, is_stopping, keepers);
        pthread_mutex_lock(&keepers->mutex);
        keepers->is_sweeping = false;
        return;
    }
    clock_gettime(CLOCK_REALTIME, &until);
    wait_us = wait_us > 100000 ? wait_us : 100000;
    until.tv_sec += wait_us / 1000000;
    until.tv_nsec += wait_us % 1000000 * 1000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(&keepers->work, &keepers->mutex, &until);
}

static void work(const struct vault_port *vault, struct keeping *keeping, bool stopping) {
    if (stopping)
        keeping->outcome = error_set(&keeping->error, OUTCOME_RETRY, "not_ready", "the daemon stops");
    else if (keeping->is_fetch)
        keeping->outcome = vault->fetch(vault->context, text_from(keeping->digest), &keeping->fd, &keeping->size, &keeping->error);
    else
        keeping->outcome = vault->keep(keeping->upload, &keeping->kept, &keeping->error);
    if (stopping)
        vault->drop(keeping->upload);
    keeping->upload = NULL;
}

static void *keep(void *context) {
    struct keepers *keepers = context;
    pthread_mutex_lock(&keepers->mutex);
    for (;;) {
        while (list_is_empty(&keepers->waiting) && !keepers->stopping)
            wait_for_work(keepers);
        if (list_is_empty(&keepers->waiting))
            break;
        struct keeping *keeping = list_entry(keepers->waiting.next, struct keeping, link);
        list_remove(&keeping->link);
        bool stopping = keepers->stopping;
        pthread_mutex_unlock(&keepers->mutex);
        work(keepers->web->settings.vault, keeping, stopping);
        pthread_mutex_lock(&keepers->mutex);
        keepers->uploads -= !keeping->is_fetch;
        keepers->fetches -= keeping->is_fetch;
        MHD_resume_connection(keeping->connection);   /* the request's thread frees it */
    }
    pthread_mutex_unlock(&keepers->mutex);
    return NULL;
}

/* The request sleeps until it is done. False: answered. */
static bool hand_over(struct request *request, struct keeping *keeping) {
    struct keepers *keepers = request->web->keepers;
    pthread_mutex_lock(&keepers->mutex);
    uint32_t under_way = keeping->is_fetch ? keepers->fetches : keepers->uploads;
    bool takes = !keepers->stopping && under_way < (keeping->is_fetch ? FETCHES_A_KEEPER : UPLOADS_A_KEEPER) * keepers->thread_count;
    if (takes) {
        keepers->uploads += !keeping->is_fetch;
        keepers->fetches += keeping->is_fetch;
        request->upload = NULL;
        request->keeping = keeping;
        request->stage = STAGE_WAITING;
        MHD_suspend_connection(request->connection);
        list_append(&keepers->waiting, &keeping->link);
        pthread_cond_signal(&keepers->work);
    }
    pthread_mutex_unlock(&keepers->mutex);
    if (takes)
        return true;
    reply_problem(request, "vault_busy", "so many materials are being %s that yours would wait for long; come again",
                  keeping->is_fetch ? "brought" : "looked at");
    memory_free(keeping);
    return false;
}

static struct keeping *make(struct request *request) {
    struct keeping *keeping = memory_alloc(sizeof *keeping);
    if (keeping)
        *keeping = (struct keeping){.connection = request->connection, .fd = -1};
    else
        reply_problem(request, "out_of_memory", "the material can't be %s", request->upload ? "kept" : "brought");
    return keeping;
}

bool keepers_take(struct request *request) {
    struct keeping *keeping = make(request);
    if (!keeping)
        return false;
    keeping->upload = request->upload;
    return hand_over(request, keeping);
}

bool keepers_fetch(struct request *request, struct text digest) {
    struct keeping *keeping = make(request);
    if (!keeping)
        return false;
    keeping->is_fetch = true;
    snprintf(keeping->digest, sizeof keeping->digest, "%.*s", TEXT_ARG(digest));
    return hand_over(request, keeping);
}

enum outcome keepers_kept(struct request *request, struct vault_kept *ret, struct error *error) {
    struct keeping *keeping = request->keeping;
    enum outcome outcome = keeping->outcome;
    *error = keeping->error;
    if (outcome == OUTCOME_OK)
        *ret = keeping->kept;
    memory_free(keeping);
    request->keeping = NULL;
    return outcome;
}

enum outcome keepers_fetched(struct request *request, int *ret_fd, int64_t *ret_size, struct error *error) {
    struct keeping *keeping = request->keeping;
    enum outcome outcome = keeping->outcome;
    *error = keeping->error;
    if (outcome == OUTCOME_OK) {
        *ret_fd = keeping->fd;
        *ret_size = keeping->size;
        keeping->fd = -1;
    }
    keepers_forget(request);
    return outcome;
}

void keepers_forget(struct request *request) {
    if (request->keeping && request->keeping->fd >= 0)
        close(request->keeping->fd);
    memory_free(request->keeping);   /* never amid its keeping: the connection sleeps as long */
    request->keeping = NULL;
}

enum outcome keepers_create(struct web *web, uint32_t count, struct keepers **ret, struct error *error) {
    struct keepers *keepers = memory_alloc(sizeof *keepers);
    if (!keepers)
        return error_no_memory(error);
    *keepers = (struct keepers){.web = web, .sweep_at_us = web->clock.monotonic_us(web->clock.context) + sweep_every_us(web)};
    list_init(&keepers->waiting);
    pthread_mutex_init(&keepers->mutex, NULL);
    pthread_cond_init(&keepers->work, NULL);
    count = count > KEEPERS_MOST ? KEEPERS_MOST : count ? count : 4;
    while (keepers->thread_count < count &&
           pthread_create(&keepers->threads[keepers->thread_count], NULL, keep, keepers) == 0)
        keepers->thread_count++;
    *ret = keepers;
    if (keepers->thread_count == count)
        return OUTCOME_OK;
    return error_set(error, OUTCOME_FATAL, "no_thread", "a thread that keeps materials could not be started");
}

void keepers_stop(struct keepers *keepers) {
    if (!keepers)
        return;
    pthread_mutex_lock(&keepers->mutex);
    __atomic_store_n(&keepers->stopping, true, __ATOMIC_RELAXED);
    pthread_cond_broadcast(&keepers->work);
    pthread_mutex_unlock(&keepers->mutex);
    for (; keepers->thread_count > 0; keepers->thread_count--)
        pthread_join(keepers->threads[keepers->thread_count - 1], NULL);
}

void keepers_free(struct keepers *keepers) {
    if (!keepers)
        return;
    keepers_stop(keepers);
    pthread_cond_destroy(&keepers->work);
    pthread_mutex_destroy(&keepers->mutex);
    memory_free(keepers);
}
