/* The one door to the system's allocator, so that tests can make any allocation fail. */
#include "base/arena.h"

#include <stdatomic.h>
#include <stdlib.h>

#define MEMORY_REFUSED (SIZE_MAX - 1)   /* the one was refused; more than any test lets pass */

/* How many allocations may still succeed; SIZE_MAX: no limit is set. Only tests set one. */
static atomic_size_t allocations_left = SIZE_MAX;

/* After one refusal all goes on; nothing is counted or refused for now. Only tests set them. */
static atomic_bool refuse_one, held;

static bool memory_permit(void) {
    size_t left = atomic_load_explicit(&allocations_left, memory_order_relaxed);
    while (left != SIZE_MAX && !atomic_load_explicit(&held, memory_order_relaxed)) {
        if (left == 0) {
            if (atomic_load_explicit(&refuse_one, memory_order_relaxed))
                atomic_store_explicit(&allocations_left, MEMORY_REFUSED, memory_order_relaxed);
            return false;
        }
        if (atomic_compare_exchange_weak_explicit(&allocations_left, &left, left - 1, memory_order_relaxed,
                                                  memory_order_relaxed))
            return true;
    }
    return true;
}

void memory_fail_after(size_t allocations) {
    atomic_store_explicit(&refuse_one, false, memory_order_relaxed);
    atomic_store_explicit(&allocations_left, allocations, memory_order_relaxed);
}

void memory_fail_once_after(size_t allocations) {
    atomic_store_explicit(&refuse_one, true, memory_order_relaxed);
    atomic_store_explicit(&allocations_left, allocations, memory_order_relaxed);
}

void memory_fail_hold(bool hold) { atomic_store_explicit(&held, hold, memory_order_relaxed); }

bool memory_has_refused_one(void) {
    size_t left = atomic_load_explicit(&allocations_left, memory_order_relaxed);
    return left != SIZE_MAX && left > MEMORY_REFUSED / 2;
}

bool memory_is_watched(void) { return atomic_load_explicit(&allocations_left, memory_order_relaxed) != SIZE_MAX; }

void *memory_alloc(size_t size) {
    return memory_permit() ? calloc(1, size ? size : 1) : NULL;
}

void *memory_resize(void *old, size_t size) {
    return memory_permit() ? realloc(old, size ? size : 1) : NULL;
}

void memory_free(void *pointer) {
    free(pointer);
}
