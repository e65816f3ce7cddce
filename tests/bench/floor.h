/* The floor's PostgreSQL side: tables of its own (floor_*), one transaction a batch, as floor.c tells. One thread; any
 * fault ends the program. */
#ifndef YJS_BENCH_FLOOR_H
#define YJS_BENCH_FLOOR_H

#include <librdkafka/rdkafka.h>
#include "store/pg.h"
#include "store/pg_array.h"

#define FLOOR_SHARDS_MOST 1024

/* One message's journal row; `seq` is filled in by the store. */
struct floor_row { int32_t shard; int64_t seq; struct text case_id; uint32_t version; struct text data; };

struct floor_store {
    struct pg pg;
    int shard_count;
    int64_t next_seq[FLOOR_SHARDS_MOST];
    bool touched[FLOOR_SHARDS_MOST];
    struct { const char *topic; int32_t shard; int64_t next; } offsets[1024];   /* topic: librdkafka's name, compared by content */
    uint32_t offset_count;
    struct pg_array columns[24];
    uint32_t fresh_count, known_count;
};

void floor_store_open(struct floor_store *, const char *conninfo, int shards);
void floor_store_begin(struct floor_store *);
void floor_store_offset(struct floor_store *, const char *topic, int32_t shard, int64_t next);
void floor_store_state(struct floor_store *, struct text case_id, struct text blob, bool fresh);
void floor_store_commit(struct floor_store *, struct floor_row *rows, uint32_t count, int64_t published);

#endif
