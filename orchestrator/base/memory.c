/* The one door to the system's allocator, so that tests can make any allocation fail. */
#include "base/arena.h"

#include <stdatomic.h>
#include <stdlib.h>

/* How many allocations may still succeed; SIZE_MAX: no limit is set. Only tests set one. */
static atomic_size_t allocations_left = SIZE_MAX;

static bool memory_permit(void) {
    size_t left = atomic_load_explicit(&allocations_left, memory_order_relaxed);
    while (left != SIZE_MAX) {
        if (left == 0)
            return false;
        if (atomic_compare_exchange_weak_explicit(&allocations_left, &left, left - 1, memory_order_relaxed,
                                                  memory_order_relaxed))
            return true;
    }
    return true;
}

void memory_fail_after(size_t allocations) {
    atomic_store_explicit(&allocations_left, allocations, memory_order_relaxed);
}

void *memory_alloc(size_t size) {
    return memory_permit() ? calloc(1, size ? size : 1) : NULL;
}

void *memory_resize(void *old, size_t size) {
    return memory_permit() ? realloc(old, size ? size : 1) : NULL;
}

void memory_free(void *pointer) {
    free(pointer);
}
