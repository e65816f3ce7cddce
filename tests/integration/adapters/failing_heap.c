/* To be preloaded: the FAIL_AFTER'th allocation of a process is refused, whoever asks for it. */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

/* The allocator behind this one: libc's, or the one that the program brings. What is asked for while it is looked for is
 * never given back. */
static void *(*next_malloc)(size_t);
static void *(*next_calloc)(size_t, size_t);
static void *(*next_realloc)(void *, size_t);
static _Alignas(16) char early[8192];
static size_t early_used;
static int looking;

static void *of_early(size_t size) {
    size = (size + 15) & ~(size_t)15;
    if (size > sizeof early - early_used)
        abort();
    early_used += size;
    return early + early_used - size;
}

static int is_found(void) {
    if (!next_realloc && !looking) {
        looking = 1;
        *(void **)&next_malloc = dlsym(RTLD_NEXT, "malloc");
        *(void **)&next_calloc = dlsym(RTLD_NEXT, "calloc");
        *(void **)&next_realloc = dlsym(RTLD_NEXT, "realloc");
        looking = 0;
    }
    return next_realloc != NULL;
}

static atomic_long left = -1;   /* below 0: none is refused any more */

__attribute__((constructor)) static void begin(void) {
    const char *after = getenv("FAIL_AFTER");
    atomic_store(&left, after ? atol(after) : -1);
    unsetenv("LD_PRELOAD");   /* what it starts is not to fail */
}

static int is_refused(void) {
    if (atomic_load_explicit(&left, memory_order_relaxed) < 0 || atomic_fetch_sub_explicit(&left, 1, memory_order_relaxed) != 0)
        return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size) { return is_refused() ? NULL : is_found() ? next_malloc(size) : of_early(size); }
void *calloc(size_t count, size_t size) { return is_refused() ? NULL : is_found() ? next_calloc(count, size) : of_early(count * size); }
void *realloc(void *old, size_t size) { return is_refused() ? NULL : is_found() ? next_realloc(old, size) : of_early(size); }
