/* A growing array in an arena: what a batch gathers. */
#ifndef YJS_CONDUCTOR_VECTOR_H
#define YJS_CONDUCTOR_VECTOR_H

#include <stdint.h>
#include <string.h>

#include "base/arena.h"

struct vector { void *at; uint32_t count, room; };

/* Room for one more element of `size` bytes, zeroed; NULL when the arena is full. Earlier elements may move. */
static inline void *vector_add(struct vector *v, struct arena *arena, size_t size) {
    if (v->count == v->room) {
        uint32_t room = v->room ? v->room * 2 : 64;
        void *at = arena_room(arena, room, size);
        if (!at)
            return NULL;
        if (v->count)
            memcpy(at, v->at, v->count * size);
        v->at = at;
        v->room = room;
    }
    return memset((char *)v->at + size * v->count++, 0, size);
}
/* Room for `count` elements in an empty vector, so that growing copies nothing. */
static inline void vector_reserve(struct vector *v, struct arena *arena, uint32_t count, size_t size) {
    v->at = count > 0 ? arena_room(arena, count, size) : NULL;
    v->room = v->at ? count : 0;
}
#define vector_new(vector, arena, type) ((type *)vector_add((vector), (arena), sizeof(type)))
#define vector_at(vector, type) ((type *)(vector)->at)

#endif
