/* Hash map from text to pointers: linear probing, removal by shifting back, so that no grave slows a search. */
#include "base/map.h"

#include <assert.h>

#include "base/arena.h"

#define MAP_ROOM_LEAST 16 /* a power of two; at most three quarters are filled */

void map_free(struct map *m) {
    memory_free(m->slots);
    map_init(m);
}

/* The slot that holds the key, or the free one where it would stand. `room` > `count`. */
static struct map_slot *map_find(struct map_slot *slots, size_t room, struct text key, uint64_t hash) {
    for (size_t i = (size_t)hash & (room - 1);; i = (i + 1) & (room - 1)) {
        struct map_slot *slot = &slots[i];
        if (!slot->key.at || (slot->hash == hash && text_equal(slot->key, key)))
            return slot;
    }
}

void *map_get(const struct map *m, struct text key) {
    if (m->count == 0 || text_is_none(key))
        return NULL;
    return map_find(m->slots, m->room, key, text_hash_quick(key))->value;
}

static bool map_grow(struct map *m) {
    size_t room = m->room ? m->room * 2 : MAP_ROOM_LEAST;
    if (room > SIZE_MAX / sizeof(struct map_slot))
        return false;
    struct map_slot *slots = memory_alloc(room * sizeof *slots);
    if (!slots)
        return false;
    map_each(m, slot) *map_find(slots, room, slot->key, slot->hash) = *slot;
    memory_free(m->slots);
    m->slots = slots;
    m->room = room;
    return true;
}

bool map_put(struct map *m, struct text key, void *value) {
    assert(key.at && value);
    uint64_t hash = text_hash_quick(key);
    struct map_slot *slot = m->room ? map_find(m->slots, m->room, key, hash) : NULL;
    if (!slot || !slot->key.at) {
        if (!slot || m->count >= m->room / 4 * 3) {
            if (!map_grow(m))
                return false;
            slot = map_find(m->slots, m->room, key, hash);
        }
        m->count++;
    }
    *slot = (struct map_slot){key, value, hash};
    return true;
}

void *map_remove(struct map *m, struct text key) {
    if (m->count == 0 || text_is_none(key))
        return NULL;
    struct map_slot *hole = map_find(m->slots, m->room, key, text_hash_quick(key));
    if (!hole->key.at)
        return NULL;
    void *value = hole->value;
    size_t mask = m->room - 1, free_at = (size_t)(hole - m->slots);
    for (size_t i = (free_at + 1) & mask; m->slots[i].key.at; i = (i + 1) & mask) {
        size_t home = (size_t)m->slots[i].hash & mask;
        if (((i - home) & mask) >= ((i - free_at) & mask)) { /* its search passes the hole: it may stand there */
            m->slots[free_at] = m->slots[i];
            free_at = i;
        }
    }
    m->slots[free_at] = (struct map_slot){0};
    m->count--;
    return value;
}

void map_clear(struct map *m) {
    if (m->slots)
        memset(m->slots, 0, m->room * sizeof *m->slots);
    m->count = 0;
}
