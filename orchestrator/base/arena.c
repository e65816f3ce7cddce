/* Memory that is given back all at once: a chain of growing chunks, filled from the front. */
#include "base/arena.h"

#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONED 1
#endif
#endif
#ifdef ARENA_POISONED
#include <sanitizer/asan_interface.h>
#else /* the sanitizer sees what lies beyond an allocation; without it these are nothing */
#define ASAN_POISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

#define ARENA_ALIGNMENT (sizeof(max_align_t) > 16 ? _Alignof(max_align_t) : (size_t)16)
#define ARENA_CHUNK_LEAST ((size_t)4096)        /* an open case or a request mostly fits into one */
#define ARENA_CHUNK_MOST ((size_t)1024 * 1024)  /* chunks double up to here; a larger allocation gets its own */
#define ARENA_ALLOCATION_MOST ((size_t)PTRDIFF_MAX / 2) /* rounding up and a chunk's head cannot overflow */

struct arena_chunk {
    struct arena_chunk *older;
    size_t room, used; /* bytes of `bytes` */
    _Alignas(max_align_t) char bytes[];
};

void arena_init(struct arena *arena, size_t ceiling_bytes) {
    *arena = (struct arena){.ceiling_bytes = ceiling_bytes};
}

void arena_reset(struct arena *arena) {
    while (arena->chunk && arena->chunk->older) {
        struct arena_chunk *older = arena->chunk->older;
        memory_free(arena->chunk);
        arena->chunk = older;
    }
    if (arena->chunk) {
        arena->chunk->used = 0;
        ASAN_POISON_MEMORY_REGION(arena->chunk->bytes, arena->chunk->room);
    }
    arena->used_bytes = 0;
    arena->failed = arena->full = false;
}

void arena_free(struct arena *arena) {
    while (arena->chunk) {
        struct arena_chunk *older = arena->chunk->older;
        memory_free(arena->chunk);
        arena->chunk = older;
    }
    arena->used_bytes = 0;
    arena->failed = arena->full = false;
}

/* A new chunk with room for `needed` bytes, which the ceiling is known to allow. */
static bool arena_grow(struct arena *arena, size_t needed) {
    size_t room = arena->chunk ? arena->chunk->room * 2 : ARENA_CHUNK_LEAST;
    if (room > ARENA_CHUNK_MOST)
        room = ARENA_CHUNK_MOST;
    if (room > arena->ceiling_bytes - arena->used_bytes)
        room = arena->ceiling_bytes - arena->used_bytes;
    if (room < needed || memory_is_watched())
        room = needed;
    struct arena_chunk *chunk = memory_resize(NULL, sizeof(struct arena_chunk) + room);
    if (!chunk)
        return false;
    chunk->older = arena->chunk;
    chunk->room = room;
    chunk->used = 0;
    ASAN_POISON_MEMORY_REGION(chunk->bytes, room);
    arena->chunk = chunk;
    return true;
}

/* `size` bytes as they come, not zeroed. */
static void *arena_take(struct arena *arena, size_t size) {
    size_t left = arena->ceiling_bytes - arena->used_bytes;
    if (size > left || size > ARENA_ALLOCATION_MOST)
        goto full;
    size_t rounded = (size + (ARENA_ALIGNMENT - 1)) & ~(ARENA_ALIGNMENT - 1);
    if (rounded == 0)
        rounded = ARENA_ALIGNMENT;
    if (rounded > left)
        goto full;
    struct arena_chunk *chunk = arena->chunk;
    if (!chunk || rounded > chunk->room - chunk->used) {
        if (!arena_grow(arena, rounded))
            goto refused;
        chunk = arena->chunk;
    }
    void *at = chunk->bytes + chunk->used;
    chunk->used += rounded;
    arena->used_bytes += rounded;
    ASAN_UNPOISON_MEMORY_REGION(at, size);
    return at;
full:
    arena->full = true;
refused:
    arena->failed = true;
    return NULL;
}

void *arena_alloc(struct arena *arena, size_t size) {
    void *at = arena_take(arena, size);
    return at ? memset(at, 0, size) : NULL;
}

void *arena_room(struct arena *arena, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        arena->failed = true;
        return NULL;
    }
    return arena_take(arena, bytes);
}

void *arena_array(struct arena *arena, size_t count, size_t size) {
    void *at = arena_room(arena, count, size);
    return at ? memset(at, 0, count * size) : NULL;
}

char *arena_copy(struct arena *arena, const void *bytes, size_t length) {
    if (length == SIZE_MAX) {
        arena->failed = true;
        return NULL;
    }
    char *at = arena_take(arena, length + 1);
    if (!at)
        return NULL;
    if (length)
        memcpy(at, bytes, length);
    at[length] = '\0';
    return at;
}
