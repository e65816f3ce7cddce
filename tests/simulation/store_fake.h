/* A store in memory that tells the truth: what PostgreSQL does with port/store.h, on a clock and with troubles that the
 * caller gives. Single-threaded and deterministic; the same contract suite runs on it as on PostgreSQL.
 *
 * A truth outlives its clients, as a database outlives its sessions. All memory is the truth's; nothing is given back
 * before store_truth_free. */
#ifndef YJS_TESTS_SIMULATION_STORE_FAKE_H
#define YJS_TESTS_SIMULATION_STORE_FAKE_H

#include "base/map.h"
#include "conductor/vector.h"
#include "port/store.h"

struct store_truth;
struct store_client;

/* What a call meets. For all but commit, UNKNOWN_* are as LOST. */
enum store_trouble {
    STORE_TROUBLE_NONE,
    STORE_TROUBLE_BUSY,           /* refused for now, the session lives: nothing happened */
    STORE_TROUBLE_LOST,           /* the session is gone: nothing happened */
    STORE_TROUBLE_UNKNOWN_DONE,   /* the session is gone with COMMIT under way: it was done */
    STORE_TROUBLE_UNKNOWN_NOT,    /* … it was not done */
};

struct store_hooks {
    void *context;
    int64_t (*now_us)(void *context);
    /* Before and after every call of a client; may switch to another daemon, may not come back. NULL: none. */
    enum store_trouble (*before)(void *context, struct store_client *, const char *call);
    void (*after)(void *context, struct store_client *, const char *call);
    /* Does the former owner's session outlive the taking of its shards (only the epoch stands in its way)? NULL: no. */
    bool (*spares_session)(void *context);
    /* Is a commit done at once when it is handed over, or when its session ends? NULL: when its fate is asked for. */
    bool (*commits_early)(void *context);
    const char *refused;          /* bytes that no event may carry; NULL: none */
    /* A batch about to be applied (it will be), and when it has been. */
    void (*applying)(void *context, struct store_client *, const struct store_batch *);
    void (*applied)(void *context, struct store_client *, const struct store_batch *);
};

struct fake_offset { struct text topic; int64_t next; };
struct fake_calendar { struct text version, canonical; };
struct fake_shard {
    int64_t epoch, next_seq, published_seq;
    struct text owner, trying;
    int64_t run, tried_run, session;
    int32_t deaths;
    bool clean;
    struct vector events;         /* struct store_event *, ascending seq */
    struct vector offsets;        /* struct fake_offset */
    struct vector timers;         /* struct fake_case * that have one */
    struct store_calendar calendar; bool calendar_known;   /* its row of shard_calendar */
    uint64_t stamp; int64_t last; /* while a batch is checked */
};
struct fake_step { struct store_step row; uint64_t stamp; };
struct fake_clock { struct store_clock row; uint64_t stamp; };
struct fake_case {
    struct text id;
    struct store_case row;
    bool there;
    struct vector events;         /* struct store_event *, by version */
    struct vector steps;          /* struct fake_step */
    struct vector clocks;         /* struct fake_clock */
    int64_t timer_us;             /* TIME_NONE: none */
    int32_t timer_shard;
    uint64_t case_stamp, timer_stamp, event_stamp;
    int32_t last_version;
};
struct fake_command { struct store_inbox row; bool waits; int32_t status; struct text body; };
struct fake_incident { struct store_incident row; uint64_t stamp; };
struct fake_member { struct text instance; int64_t seen_us; };

struct store_truth {
    struct arena arena;
    struct store_hooks hooks;
    int32_t shard_count;
    struct fake_shard *shards;
    struct map cases;             /* id -> fake_case */
    struct vector case_list;      /* struct fake_case * */
    struct vector commands;       /* struct fake_command; id = place + 1 */
    uint32_t commands_done;       /* all before this one are done */
    struct map keys;              /* idempotency key -> struct fake_command * (address may move: place + 1) */
    struct map numbers_given;     /* source|id -> struct store_number * */
    struct map incidents;
    struct vector incident_list;  /* struct fake_incident * */
    struct vector dead;           /* struct store_dead */
    struct vector unsent;         /* struct store_unsent */
    struct vector members;        /* struct fake_member */
    struct vector definitions;    /* struct store_definition */
    struct vector calendars;      /* struct fake_calendar; the last holds */
    struct vector clients;        /* struct store_client * */
    int64_t sessions, runs, numbers;
    uint64_t stamp;
    bool fence_off, inbox_kept, numbers_forgotten;   /* mutations of the store itself */
};

struct store_client {
    struct store_truth *truth;
    struct text instance;
    void *owner;                  /* the caller's */
    int64_t run, session;
    bool up;
    struct store_batch under_way;  /* handed over, its fate not asked for yet */
    bool is_under_way, is_settled; /* settled: done, or refused, already */
    enum store_fate fate;
    int32_t *fenced;
    uint32_t fenced_count;
    struct error error;
};

void store_truth_init(struct store_truth *, int32_t shard_count, const struct store_hooks *);
void store_truth_free(struct store_truth *);
/* Another process's view; NULL: no memory. */
struct store_client *store_client_make(struct store_truth *, struct text instance);
struct store_port store_client_port(struct store_client *);
/* Its process ended: its session is gone. */
void store_client_end(struct store_client *);

/* What others write beside the daemons: the web's inbox, published definitions. Gives the inbox id; *ret_repeated: the
 * key was there. */
int64_t store_truth_put(struct store_truth *, struct text kind, struct text root, struct text data, struct text key,
                        bool *ret_repeated);
void store_truth_publish(struct store_truth *, struct text hash, struct text thing, struct text canonical);
void store_truth_publish_calendar(struct store_truth *, struct text version, struct text canonical);
struct fake_case *store_truth_case(struct store_truth *, struct text id);
struct fake_command *store_truth_command(struct store_truth *, int64_t id);

/* store_fake_commit.c */
enum store_fate store_fake_commit_begin(void *context, const struct store_batch *, struct error *);
void store_fake_commit_push(void *context);
enum store_fate store_fake_commit_end(void *context, struct arena *, int32_t **ret_fenced, uint32_t *ret_fenced_count,
                                      struct error *);
/* The session ends with a commit under way: done, or not. */
void store_fake_commit_abandon(struct store_client *);
/* store_fake.c, for the above */
enum store_trouble store_fake_enter(struct store_client *, const char *call);
void store_fake_leave(struct store_client *, const char *call);
struct fake_case *store_fake_case_make(struct store_truth *, struct text id);

#endif
