/* Arena: memory that is given back all at once.
 *
 * Used by every floor. A batch, a definition, an open case and an HTTP request each own one arena; nothing in it
 * is freed singly. Not thread-safe: one arena belongs to one thread at a time.
 *
 * Every arena has a ceiling, given at its creation; past it, and when the system has no memory, allocation returns
 * NULL and the arena remembers it (`failed`), so that a caller may build much and check once.
 */
#ifndef YJS_BASE_ARENA_H
#define YJS_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunk;     /* newest chunk; older ones are linked behind it */
    size_t used_bytes;             /* over all chunks */
    size_t ceiling_bytes;
    bool failed;                   /* an allocation was refused since the last reset */
    bool full;                     /* … for the ceiling: the same work would be refused again */
};

/* Prepares an empty arena; allocates nothing yet. `ceiling_bytes` > 0. */
void arena_init(struct arena *, size_t ceiling_bytes);
/* Gives back everything but the first chunk and clears `failed`: the arena is empty and ready again. */
void arena_reset(struct arena *);
/* Gives back everything. The arena may be initialised again. Safe on a zeroed struct. */
void arena_free(struct arena *);

/* `size` bytes, zeroed, aligned for any type. NULL past the ceiling or when the system refuses. size 0 gives a
 * valid pointer. */
void *arena_alloc(struct arena *, size_t size);
/* count * size with overflow check. */
void *arena_array(struct arena *, size_t count, size_t size);
/* The same, its bytes as they come: for who fills them anyway. */
void *arena_room(struct arena *, size_t count, size_t size);
/* A copy of `length` bytes with a NUL behind it. */
char *arena_copy(struct arena *, const void *bytes, size_t length);

#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define arena_new_array(arena, count, type) ((type *)arena_array((arena), (count), sizeof(type)))

/* The one door to the system's allocator for all of orchestrator/. Tests make the n'th allocation fail:
 * memory_fail_after(n) lets n allocations succeed and refuses every later one until memory_fail_after(SIZE_MAX). */
void *memory_alloc(size_t size);               /* zeroed */
void *memory_resize(void *old, size_t size);   /* new bytes are not zeroed */
void memory_free(void *);
void memory_fail_after(size_t allocations);
/* Refuses one: that behind `allocations` more. */
void memory_fail_once_after(size_t allocations);
/* While held, nothing is counted and nothing refused: what a test does itself. */
void memory_fail_hold(bool);
bool memory_has_refused_one(void);
/* A test refuses allocations, or may: then each allocation in an arena is one of the system's, so that it can be refused. */
bool memory_is_watched(void);

static inline void memory_free_pointer(void *pointer) { memory_free(*(void **)pointer); }
#define _cleanup_(function) __attribute__((cleanup(function)))
#define _cleanup_memory_ _cleanup_(memory_free_pointer)

#endif
