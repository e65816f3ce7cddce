/* Which messages of a partition are done with: the offset below which nothing is owed any more. */
#include <assert.h>
#include <stdlib.h>
#include "internal.h"

struct partition *partition_get(struct yjs_adapter *a, int32_t id) {
    assert(id >= 0 && id < PARTITIONS_MOST);
    if ((size_t)id >= a->partition_count) {
        a->partitions = adapter_resize(a->partitions, ((size_t)id + 1) * sizeof(*a->partitions));
        for (size_t i = a->partition_count; i <= (size_t)id; i++)
            a->partitions[i] = (struct partition){.id = (int32_t)i, .safe = -1, .written = -1};
        a->partition_count = (size_t)id + 1;
    }
    return &a->partitions[id];
}

/* Sequences go on rising over a reset, so that a late partition_done of before it is recognised. */
void partition_reset(struct partition *p, int64_t safe) {
    p->head = p->tail;
    p->safe = p->written = safe;
}

/* The ring keeps offsets; a done one as -1 - offset. */
uint64_t partition_begin(struct partition *p, int64_t offset) {
    if (p->tail - p->head == p->room) {
        uint64_t room = p->room ? p->room * 2 : 1024;
        int64_t *ring = adapter_alloc(room * sizeof(*ring));
        for (uint64_t i = p->head; i < p->tail; i++)
            ring[i & (room - 1)] = p->ring[i & (p->room - 1)];
        free(p->ring);
        p->ring = ring;
        p->room = room;
    }
    p->ring[p->tail & (p->room - 1)] = offset;
    return p->tail++;
}

void partition_done(struct partition *p, uint64_t sequence) {
    if (sequence < p->head || sequence >= p->tail)
        return;
    int64_t *slot = &p->ring[sequence & (p->room - 1)];
    if (*slot >= 0)
        *slot = -1 - *slot;
    while (p->head < p->tail && p->ring[p->head & (p->room - 1)] < 0) {
        p->safe = -p->ring[p->head & (p->room - 1)];      /* -(-1 - offset) = offset + 1 */
        p->head++;
    }
}

/* With stored tasks every commit takes the offsets along; otherwise they are written once a second. */
void offsets_write(struct yjs_adapter *a, bool now) {
    if (!now && a->options.keep == YJS_KEEP_OFFSETS && !a->store.open_transaction)
        return;
    for (size_t i = 0; i < a->partition_count; i++) {
        struct partition *p = &a->partitions[i];
        if (p->active && p->safe != p->written) {
            store_put_offset(&a->store, a->task_topic, p->id, p->safe);
            p->written = p->safe;
        }
    }
}
