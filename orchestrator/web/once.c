/* A list that grows only, under a mutex. */
#include "web/once.h"

#include <pthread.h>

#include "base/arena.h"

struct once {
    pthread_mutex_t mutex;
    uint32_t count, most;
    void *at[];
};

enum outcome once_create(uint32_t most, struct once **ret) {
    struct once *once = memory_alloc(sizeof *once + most * sizeof *once->at);
    if (!once)
        return OUTCOME_FATAL;
    pthread_mutex_init(&once->mutex, NULL);
    once->most = most;
    *ret = once;
    return OUTCOME_OK;
}

void once_free(struct once *once, void (*free_one)(void *one)) {
    if (!once)
        return;
    for (uint32_t i = 0; i < once->count; i++)
        free_one(once->at[i]);
    pthread_mutex_destroy(&once->mutex);
    memory_free(once);
}

void *once_find(struct once *once, bool (*is)(const void *one, const void *key), const void *key) {
    void *found = NULL;
    pthread_mutex_lock(&once->mutex);
    for (uint32_t i = 0; i < once->count && !found; i++)
        if (is(once->at[i], key))
            found = once->at[i];
    pthread_mutex_unlock(&once->mutex);
    return found;
}

bool once_keep(struct once *once, void *one) {
    pthread_mutex_lock(&once->mutex);
    bool fits = once->count < once->most;
    if (fits)
        once->at[once->count++] = one;
    pthread_mutex_unlock(&once->mutex);
    return fits;
}
