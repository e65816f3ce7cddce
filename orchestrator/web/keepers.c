/* Uploads at their end are looked at, scanned and kept by a few threads of their own, while their connections sleep: a scanner or
 * a bucket that takes its time holds up those who upload, and nobody else. What more comes than they and as many waiting can
 * take is refused, to come again. A keeper that has nothing to keep takes away what no case names (sweep.c). */
#include <pthread.h>
#include <time.h>

#include "base/log.h"
#include "web/web_part.h"

enum { KEEPERS_MOST = 64 };

/* An upload with a keeper. The MHD connection is suspended until it is kept; the request holds it from then on. */
struct keeping {
    struct list link;
    struct MHD_Connection *connection;
    struct vault_upload *upload;
    struct vault_kept kept;
    struct error error;
    enum outcome outcome;
};

struct keepers {
    struct web *web;
    pthread_t threads[KEEPERS_MOST];
    uint32_t thread_count, under_way;      /* waiting ones are under way, too */
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

static void *keep_uploads(void *context) {
    struct keepers *keepers = context;
    const struct vault_port *vault = keepers->web->settings.vault;
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
        if (stopping) {
            vault->drop(keeping->upload);
            keeping->outcome = error_set(&keeping->error, OUTCOME_RETRY, "not_ready", "the daemon stops");
        } else {
            keeping->outcome = vault->keep(keeping->upload, &keeping->kept, &keeping->error);
        }
        keeping->upload = NULL;
        pthread_mutex_lock(&keepers->mutex);
        keepers->under_way--;
        MHD_resume_connection(keeping->connection);   /* the request's thread frees it */
    }
    pthread_mutex_unlock(&keepers->mutex);
    return NULL;
}

bool keepers_take(struct request *request) {
    struct keepers *keepers = request->web->keepers;
    struct keeping *keeping = memory_alloc(sizeof *keeping);
    if (!keeping) {
        reply_problem(request, "out_of_memory", "the upload can't be kept");
        return false;
    }
    *keeping = (struct keeping){.connection = request->connection, .upload = request->upload};
    pthread_mutex_lock(&keepers->mutex);
    bool takes = !keepers->stopping && keepers->under_way < 2 * keepers->thread_count;
    if (takes) {
        keepers->under_way++;
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
    memory_free(keeping);
    reply_problem(request, "vault_busy", "so many uploads are being looked at that yours would wait for long; come again");
    return false;
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

void keepers_forget(struct request *request) {
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
           pthread_create(&keepers->threads[keepers->thread_count], NULL, keep_uploads, keepers) == 0)
        keepers->thread_count++;
    *ret = keepers;
    if (keepers->thread_count == count)
        return OUTCOME_OK;
    return error_set(error, OUTCOME_FATAL, "no_thread", "a thread that keeps uploads could not be started");
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
