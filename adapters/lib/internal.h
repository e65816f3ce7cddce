/* The inside of libyjs-adapter: one struct an adapter, and the functions by which its files work together.
 *
 * One turn of the loop (loop.c): read messages (bus.c) -> note tasks (inbound.c, task.c) in an open SQLite transaction
 * (store.c) -> commit -> hand tasks to the handler -> post what is durable (outbox.c) -> sleep on epoll. Everything
 * runs on the adapter's one thread; only `stop_fd` is touched from others.
 *
 * When the system has no memory the process ends (adapter_alloc): what was durable goes on at the next start.
 */
#ifndef YJS_LIB_INTERNAL_H
#define YJS_LIB_INTERNAL_H

#include <librdkafka/rdkafka.h>
#include <sqlite3.h>

#include "base/contact.h"
#include "base/json.h"
#include "base/list.h"
#include "base/log.h"
#include "base/map.h"
#include "base/ranks.h"
#include "base/time.h"
#include "yjs_adapter.h"

#define MESSAGE_MOST_BYTES (1024 * 1024)    /* DESIGN §11 */
#define ANSWER_MOST_BYTES (64 * 1024)       /* DESIGN §11 */
#define JSON_DEPTH_MOST 64
#define CONSUME_BATCH 1000
#define PARTITIONS_MOST 4096

void *adapter_alloc(size_t size);           /* zeroed; never NULL */
void *adapter_resize(void *old, size_t size);
char *adapter_string(const char *);         /* copy; NULL stays NULL */

/* ---- store.c: what must outlive the process ---- */
enum stored { STORED_TAKEN = 0, STORED_WAITING = 1, STORED_ANSWERED = 2, STORED_CANCELLED = 3 };
struct store {
    sqlite3 *db;
    sqlite3_stmt **statements;              /* by enum statement */
    bool open_transaction, failed;
    int64_t commits;
};

/* ---- offsets.c: which messages of a partition are done with ---- */
struct partition {
    int32_t id;
    bool active;
    int64_t safe;                           /* everything below is done with; -1: nothing known */
    int64_t written;                        /* safe, as last stored */
    int64_t *ring;                          /* offsets in order, negated-minus-one when done */
    uint64_t head, tail, room;
};

/* ---- tasks ---- */
enum task_place { PLACE_FRESH, PLACE_READY, PLACE_RUNNING, PLACE_RESTING, PLACE_ENDED };
struct task {
    struct yjs_task open;                   /* first: the public pointer is ours */
    struct list link;
    enum task_place place;
    bool stored, undo, correction_pending;
    uint32_t references;
    size_t heap_at;                         /* in the timer heap; SIZE_MAX: not there */
    int64_t wake_at_us;
    int64_t held_since_us;                  /* steady */
    int32_t partition;                      /* YJS_KEEP_OFFSETS: where it came from; -1 otherwise */
    uint64_t sequence;                      /* its place in the partition's ring */
    char *state_text, *correction_text;
    char *cancel_reason;                    /* of its last cancellation */
    bool cancel_asked;                      /* the handler was asked about it and has not answered yet */
    bool ask_again;                         /* to be asked when the task is with the handler again */
    uint16_t answers[YJS_KINDS];            /* how many of each kind */
    int32_t answer_count;
    int64_t time_us;                        /* YJS_KEEP_OFFSETS: the answers' time */
    int64_t refused_until_us;               /* steady: where its answers go they are not taken; tried again then */
};

struct answer {
    struct list link;
    struct task *task;                      /* a reference */
    enum yjs_kind kind;
    int32_t n;                              /* of the task's answers */
    int32_t of_kind;                        /* of those of its kind; 1: the id has no number */
    bool sent, acknowledged, again;         /* again: a kept answer posted once more */
    struct contact *contact;                /* of the partition that it goes to; while it is sent */
    char time[TIME_TEXT_SIZE];
    size_t length;
    char data[];
};

struct outbox {
    struct list answers;                    /* in order */
    struct list acknowledged;               /* stored ones, whose acknowledgement is still to be written */
    struct list *unsent;                    /* all before it are sent; the head when all are */
    size_t count, in_flight;
    bool stalled;                           /* a delivery failed: wait for all reports, then go back */
    int64_t resume_at_us, backoff_us;
    int64_t burst_until_us;                 /* steady: until then the next burst waits for the last one's reports */
};

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };
struct breaker { enum breaker_state state; int64_t failures_in_row, open_until_us; };    /* steady */

struct watch { int fd; uint32_t events; void (*ready)(void *, int, uint32_t); void *user; struct list link; bool gone; };

struct counters {
    uint64_t messages, tasks, repeats, malformed, cancels, corrections, warnings, answers[YJS_KINDS], acknowledged,
        delivery_failures, away, again, breaker_opened, resent;
};
struct named_count { const char *name; uint64_t value; };

struct http;

struct yjs_adapter {
    struct yjs_options options;             /* strings are ours */
    struct yjs_handler handler;
    char *task_topic, *result_topic, *dataschema;
    rd_kafka_topic_t *answers;    /* kept, so that the leaders of its partitions are known before the first answer */
    struct store store;
    rd_kafka_t *consumer, *producer;
    rd_kafka_queue_t *queue, *reports;
    rd_kafka_message_t **batch;
    struct partition *partitions;
    size_t partition_count;
    struct contact *contacts;     /* by partition of the result topic */
    struct contact contact_unknown, contact_elsewhere;      /* with it while its partitions are not known; with other topics */
    int32_t contact_count;                  /* 0: how many partitions it has is not known yet */
    int64_t contacts_at_us;                 /* steady: when that may be asked again */
    bool assigned, said_away, more_waits;
    bool topic_said;
    int64_t assign_at_us, assign_backoff_us, offsets_at_us;        /* steady */
    struct arena arena, answer_arena;
    struct buffer scratch;
    struct map tasks;                       /* open ones by id */
    struct list fresh, running, resting, ended;
    struct ranks ready;                     /* by priority */
    size_t fresh_count, ready_count, running_count, resting_count;
    struct task **heap;
    size_t heap_count, heap_room;
    struct map tombstones;                  /* ids cancelled before they came -> itself */
    uint64_t *recent;                       /* YJS_KEEP_OFFSETS: hashes of ids answered lately */
    struct outbox outbox;
    struct task *probe;                     /* the one try of a half-open breaker */
    struct breaker breaker;
    struct counters counters;
    struct named_count named[32];
    int epoll_fd, stop_fd, kafka_fd, report_fd;
    struct list watches, dead_watches;
    int64_t turn_us;                        /* wall clock at the turn's start */
    int64_t last_turn_us;                   /* the same moment, steady; what follows is steady, too */
    int64_t tick_at_us, heartbeat_at_us, purge_at_us, handler_wake_us;
    int64_t wall_ahead_us;                  /* of the steady clock */
    bool stopping, broken;
    bool producer_broken;            /* its client had a fatal error: it is made afresh at the next turn */
    uint64_t random;
    struct http *http;
};

/* store.c */
int store_open(struct store *, const char *path, struct yjs_error *);
void store_close(struct store *);
int store_commit(struct store *);                             /* no open transaction: nothing to do */
/* Puts a task; false when its id is there already (then *ret_state is its state). */
bool store_put_task(struct store *, const struct task *, enum stored, enum stored *ret_state);
bool store_task_state(struct store *, const char *id, enum stored *ret);
void store_rest_task(struct store *, const struct task *, enum stored);
void store_end_task(struct store *, const char *id, enum stored, int64_t now_us);
void store_put_answer(struct store *, const struct answer *);
void store_acknowledge(struct store *, const char *task_id, int32_t n);
/* The task's cancellation, while the handler is asking the department about it. */
void store_put_cancellation(struct store *, const char *task_id, const char *reason);
void store_drop_cancellation(struct store *, const char *task_id);
/* Notes a message id; false when it was noted before. */
bool store_note_message(struct store *, const char *id, int64_t now_us);
void store_put_offset(struct store *, const char *topic, int32_t partition, int64_t next);
int64_t store_get_offset(struct store *, const char *topic, int32_t partition);      /* -1: none */
void store_forget_offsets(struct store *);
/* Meta values: copied into `room`; "" when there is none. */
void store_get_meta(struct store *, const char *key, char *room, size_t size);
void store_put_meta(struct store *, const char *key, const char *value);
void store_refuse(struct store *, const rd_kafka_message_t *, const char *reason, int64_t now_us);
void store_purge(struct store *, int64_t before_us);
int store_load(struct yjs_adapter *);                         /* open tasks, their cancellations, unacknowledged answers, tombstones */
void store_load_answers(struct yjs_adapter *, struct task *, bool all);   /* kept answers into the outbox */
struct task *store_load_task(struct yjs_adapter *, const char *id);       /* of an ended task, for its answers */

/* offsets.c */
struct partition *partition_get(struct yjs_adapter *, int32_t id);
uint64_t partition_begin(struct partition *, int64_t offset);             /* gives the message's sequence */
void partition_done(struct partition *, uint64_t sequence);
void partition_reset(struct partition *, int64_t safe);
void offsets_write(struct yjs_adapter *, bool now);

/* event.c: CloudEvents */
struct event {
    struct text id, source, type, time, caseid, thing, step, traceparent, data;
    int64_t attempt;
};
/* Reads a message's attributes, binary or structured; what `ret` names lives as long as the message and the arena.
 * REJECT with the reason. */
enum outcome event_read(struct arena *, const rd_kafka_message_t *, struct event *ret, struct error *);
/* Hands an answer to the producer. RD_KAFKA_RESP_ERR_NO_ERROR or the reason. */
rd_kafka_resp_err_t event_produce(struct yjs_adapter *, struct answer *, int32_t partition);   /* -1: the client chooses */

/* bus.c: Kafka */
/* The producer's contact with the partition that the task's answers go to, and that partition's number; -1 when it is not
 * known, then answers go one at a time. */
struct contact *bus_contact(struct yjs_adapter *, const struct task *, int32_t *ret_partition);
/* After a failure, when nothing is under way: the topic may be another one now. */
void bus_forget_contacts(struct yjs_adapter *);
int bus_open(struct yjs_adapter *, struct yjs_error *);
/* Reads no more, and leaves the group; takes up to 8 s when the broker stands still, so each adapter's thread does its own. */
void bus_leave(struct yjs_adapter *);
void bus_close(struct yjs_adapter *);
void bus_assign(struct yjs_adapter *, int64_t now_us);        /* tries to, when not assigned yet */
size_t bus_consume(struct yjs_adapter *);                     /* how many messages were read */
void bus_reports(struct yjs_adapter *);
void bus_commit_group(struct yjs_adapter *, bool wait);

/* inbound.c */
void inbound_take(struct yjs_adapter *, const rd_kafka_message_t *);

/* task.c */
struct task_fields { struct text id, type, number, caseid, thing, step, reply_to, traceparent, data; int64_t attempt, priority; };
struct task *task_new(struct yjs_adapter *, const struct task_fields *);
void task_reference_drop(struct task *);
void task_place(struct yjs_adapter *, struct task *, enum task_place);
void task_open(struct yjs_adapter *, struct task *);          /* into the map and PLACE_FRESH */
void task_end(struct yjs_adapter *, struct task *, enum stored, bool tell);
void task_set_text(char **field, const char **shown, const char *value, size_t length);
void tasks_start(struct yjs_adapter *, int64_t now_us);       /* steady */
void tasks_fire(struct yjs_adapter *, int64_t now_us);        /* wall */
int64_t tasks_next_us(const struct yjs_adapter *);            /* earliest wake, wall; INT64_MAX */
void tasks_bring_forward(struct yjs_adapter *, int64_t by_us);
void tasks_free_ended(struct yjs_adapter *);
void task_cancel(struct yjs_adapter *, struct task *, const char *reason);
void task_restore_cancellation(struct task *, const char *reason);        /* from the store: it was being asked about */
void task_cancel_again(struct yjs_adapter *, struct task *);              /* puts it to the handler once more */
void task_cancel_answered(struct yjs_adapter *, struct task *);           /* nothing is asked any more */
void tombstone_add(struct yjs_adapter *, const char *id);
bool recent_has(const struct yjs_adapter *, struct text id);
void recent_add(struct yjs_adapter *, struct text id);

/* breaker.c: pure */
bool breaker_allows(struct breaker *, int64_t now_us, bool probe_runs);
void breaker_failed(struct yjs_adapter *, int64_t now_us);
void breaker_succeeded(struct yjs_adapter *);
int64_t backoff_jitter_us(uint64_t *random, int64_t first_us, int64_t most_us, uint32_t tries);

/* answer.c */
int task_answer(struct yjs_adapter *, struct task *, enum yjs_kind, const char *data, size_t length);
#define task_answer_literal(a, t, kind, literal) task_answer((a), (t), (kind), (literal), sizeof(literal) - 1)

/* outbox.c */
void outbox_append(struct yjs_adapter *, struct answer *);
void outbox_send(struct yjs_adapter *, int64_t now_us);
int64_t outbox_next_us(const struct yjs_adapter *);            /* steady: when to send again without a report; INT64_MAX */
void outbox_report(struct yjs_adapter *, struct answer *, rd_kafka_resp_err_t);
void outbox_write_acknowledged(struct yjs_adapter *, bool now);
void outbox_free(struct yjs_adapter *);

/* watch.c */
void watches_free(struct yjs_adapter *);

/* http.c, metrics.c */
int http_open(struct yjs_adapter *, struct yjs_error *);
void http_run(struct yjs_adapter *);
int64_t http_timeout_us(struct yjs_adapter *);
void http_close(struct yjs_adapter *);
void metrics_write(struct yjs_adapter *, struct buffer *);
bool adapter_is_healthy(struct yjs_adapter *, const char **ret_reason);

int adapter_fault(struct yjs_error *, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
