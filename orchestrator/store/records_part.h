/* What the files of the records port share: the pool and the queue of commands. */
#ifndef YJS_STORE_RECORDS_PART_H
#define YJS_STORE_RECORDS_PART_H

#include <pthread.h>

#include "base/list.h"
#include "store/pg.h"
#include "store/pg_array.h"
#include "store/store.h"

#define RECORDS_POOL_MOST 64
/* Commands written in one transaction at most; the rest waits for the next one. */
#define RECORDS_GROUP_MOST 1000
/* Numbers drawn at once; what is not used when the process ends is a gap, which a 流水號 may have. */
#define RECORDS_NUMBERS_AT_ONCE 50
#define RECORDS_PUT_COLUMNS 7

struct records_connection { struct pg pg; bool busy; };

/* A call of put() that waits, on its caller's stack. */
struct put_call {
    struct list link;
    const struct record_command *commands;
    uint32_t count;
    struct record_ticket *tickets;
    uint32_t first;               /* its first command's place in the group */
    bool done, refused;           /* refused: its outcome is settled already, it takes no part in the next try */
    enum outcome outcome;
    struct error error;
};

struct records {
    char *conninfo, *instance;
    int statement_timeout_ms, wait_ms, pool_wait_ms, pool;
    struct records_connection connections[RECORDS_POOL_MOST];

    pthread_mutex_t mutex;        /* over all below, and the connections' `busy` */
    pthread_cond_t freed;         /* a connection is free */
    pthread_cond_t written;       /* a group was written */
    struct list calls;            /* struct put_call, in order */
    bool writing;                 /* one of the callers writes for all */
    int32_t shard_count;          /* 0: not yet known */
    int64_t number_next, number_end;
    bool up;                      /* the last thing that was tried worked */

    struct pg_array columns[RECORDS_PUT_COLUMNS], keys;   /* the writer's */
};

/* A connected connection, or why there is none: RETRY records_busy, store_away. To be given back. */
enum outcome records_lend(struct records *, struct records_connection **ret, struct error *);
void records_give_back(struct records *, struct records_connection *);
/* P, asked once. */
enum outcome records_shard_count(struct records *, struct records_connection *, int32_t *ret, struct error *);
/* records_put.c */
enum outcome records_put(void *context, const struct record_command *, uint32_t count, struct record_ticket *ret,
                         struct error *);

#endif
