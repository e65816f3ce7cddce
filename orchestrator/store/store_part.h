/* What the files of the conductor's store share. */
#ifndef YJS_STORE_STORE_PART_H
#define YJS_STORE_STORE_PART_H

#include "store/pg.h"
#include "store/pg_array.h"
#include "store/store.h"

#define STORE_COLUMNS_MOST 20
#define STORE_PARTS_MOST 26
/* Events in one row of the journal; the statement events_after knows the number, too. */
#define STORE_PACK_MOST 64
/* The connection on which it listens is tried again no sooner than this. */
#define STORE_LISTEN_AGAIN_MS 2000

/* What of a commit is handed to libpq (store_commit.c). The rows are the caller's until its end. */
struct store_sending {
    struct store_batch batch;
    size_t part;                        /* the next; behind the last: COMMIT was handed over */
    uint32_t event;                     /* of the journal: the first that was not */
    size_t bytes;                       /* since the socket last took all */
    enum store_fate fate;               /* COMMITTED, or what went wrong meanwhile, and `error` */
    struct error error;
};

struct store {
    char *conninfo, *instance;
    int statement_timeout_ms, wait_ms;
    struct pg pg, aside, listener;      /* commits, members, shards; what may be asked meanwhile; notifications */
    int under_way;                      /* statements handed over of the commit under way, COMMIT with them; 0: none */
    struct store_sending sending;       /* of it */
    int64_t listen_again_ms, chores_at_ms;
    size_t chore;                       /* the next of the day's (store_shards.c) */
    int64_t run;                        /* this process and this store: tells a death from a reconnection */
    int32_t shard_count;
    struct pg_array columns[STORE_PARTS_MOST][STORE_COLUMNS_MOST];   /* used again for every batch */
    struct pg_array scratch[4];
};

/* store.c */
int64_t store_monotonic_ms(void);
struct text store_int32_array(struct pg_array *, const int32_t *, uint32_t count);
/* store_listen.c */
void store_listen(struct store *);
void store_drain(struct store *);
/* store_journal.c */
/* The batch's events from *from on, until they are `bytes` or more, as the arguments of journal_insert; *ret_rows rows. *from is
 * moved on. False: an array grew past its ceiling. */
bool store_journal_fill(struct pg_array *arrays, const struct store_batch *, uint32_t *from, size_t bytes, struct pg_arguments *,
                        uint32_t *ret_rows);
/* Events of rows with the journal's columns in order. REJECT journal_damaged. */
enum outcome store_journal_read(const PGresult *, struct arena *, struct store_event **ret, uint32_t *ret_count, struct error *);
/* The port's functions; `context` is the struct store. */
enum store_fate store_commit_begin(void *, const struct store_batch *, struct error *);
void store_commit_push(void *);
enum store_fate store_commit_end(void *, struct arena *, int32_t **, uint32_t *, struct error *);
enum outcome store_note_unread(void *, const int32_t *, const int64_t *, uint32_t, struct error *);
enum outcome store_heartbeat(void *, struct text, int64_t, struct arena *, struct text **, uint32_t *, struct error *);
enum outcome store_leave(void *, struct text, struct error *);
enum outcome store_take(void *, struct text, const int32_t *, uint32_t, struct arena *, struct store_shard **, uint32_t *,
                        struct error *);
enum outcome store_let_go(void *, const struct store_shard *, uint32_t, struct error *);
enum outcome store_owners(void *, struct arena *, struct text **, struct error *);
enum outcome store_trying(void *, const struct store_shard *, struct error *);
enum outcome store_offsets(void *, const int32_t *, uint32_t, struct arena *, struct store_offset **, uint32_t *, struct error *);
enum outcome store_events_after(void *, int32_t, int64_t, uint32_t, struct arena *, struct store_event **, uint32_t *,
                                struct error *);
enum outcome store_journals(void *, const struct text *, uint32_t, struct arena *, struct store_event **, uint32_t *,
                            struct error *);
enum outcome store_inbox(void *, const int32_t *, uint32_t, uint32_t, struct arena *, struct store_inbox **, uint32_t *,
                         struct error *);
enum outcome store_timers(void *, const int32_t *, uint32_t, int64_t, uint32_t, struct arena *, struct store_due **, uint32_t *,
                          struct error *);
enum outcome store_definitions(void *, struct text, struct arena *, struct store_definition **, uint32_t *, struct error *);
/* store_asked.c */
enum outcome store_asked_offices(void *, const int32_t *, uint32_t, struct arena *, struct store_asked **, uint32_t *,
                                 struct error *);
enum outcome store_asked_steps(void *, const struct store_asked *, int64_t, uint32_t, struct arena *,
                               struct store_asked **, uint32_t *, struct error *);
/* store_materials.c */
enum outcome store_materials(void *, struct store_material *, uint32_t, struct arena *, struct error *);
/* store_calendar.c */
enum outcome store_calendar(void *, struct text, struct arena *, struct text *, struct text *, struct error *);
enum outcome store_calendar_progress(void *, const int32_t *, uint32_t, struct arena *, struct store_calendar **, uint32_t *,
                                     struct error *);
enum outcome store_cases_after(void *, struct text, uint32_t, struct arena *, struct store_case_place **, uint32_t *,
                               struct error *);

#endif
