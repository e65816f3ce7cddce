/* Hash map from text keys to pointers; open addressing. Keys and values belong to the caller and must outlive their
 * place in the map. Owned by one thread. The hash is not keyed: keys that strangers choose in bulk belong elsewhere. */
#ifndef YJS_BASE_MAP_H
#define YJS_BASE_MAP_H

#include "text.h"

struct map_slot { struct text key; void *value; uint64_t hash; };
struct map { struct map_slot *slots; size_t count, room; };

static inline void map_init(struct map *m) { m->slots = NULL; m->count = m->room = 0; }
void map_free(struct map *);
/* NULL when the key is not there. */
void *map_get(const struct map *, struct text key);
/* Puts or replaces. `value` not NULL. False when there is no memory (the map is then unchanged). */
bool map_put(struct map *, struct text key, void *value);
/* Removes; gives the value that was there or NULL. */
void *map_remove(struct map *, struct text key);
void map_clear(struct map *);
/* The body must neither put nor remove: slots move. */
#define map_each(m, slot) \
    for (struct map_slot *slot = (m)->slots; slot && slot < (m)->slots + (m)->room; slot++) if (slot->key.at)

#endif
