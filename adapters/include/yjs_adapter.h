/* libyjs-adapter: everything a department's adapter needs, so that it only has to do the department's own work.
 *
 * An adapter reads its department's tasks from Kafka (`<region>.<department>.task.v1`) and posts answers on the topic
 * each task names. The library consumes, keeps tasks in a small local store (SQLite), drops repeats, minds
 * cancellations, retries, holds tasks while the department's system is away (circuit breaker), and posts answers until
 * the broker has acknowledged them. No answer is lost and none is invented: a task counts as consumed only when it is
 * durably in the local store, or (YJS_KEEP_OFFSETS) when its final answer has been acknowledged.
 *
 *     static void start(void *user, struct yjs_task *task) {
 *         yjs_answer(task, YJS_RESULT, "{\"result\":{\"ok\":true}}", 24);
 *     }
 *     int main(void) {
 *         struct yjs_error error;
 *         struct yjs_adapter *adapter;
 *         struct yjs_options options = {.bootstrap = "127.0.0.1:9092", .region = "441300", .department = "water",
 *                                       .source = "/441300/water", .store_path = "water.sqlite"};
 *         if (yjs_adapter_open(&options, &(struct yjs_handler){.start = start}, &adapter, &error) < 0)
 *             return fprintf(stderr, "%s: %s\n", error.code, error.message), 1;
 *         yjs_adapter_run(adapter);
 *         yjs_adapter_close(adapter);
 *     }
 *
 * Threads: an adapter belongs to the thread that runs it. Every function here is called from that thread (from within
 * the handler's functions), but for yjs_adapter_stop, which any thread and a signal handler may call. Several adapters
 * may run in one process, each on its own thread. Nothing here blocks longer than one fsync.
 *
 * Times are microseconds since 1970 (…_us), but for those of yjs_steady_us. When the wall clock is set back, a task that waits
 * (yjs_wait) is woken when the pause it asked for is over. Text is UTF-8, NUL-terminated.
 */
#ifndef YJS_ADAPTER_H
#define YJS_ADAPTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct yjs_adapter;

struct yjs_error {
    char code[64];       /* stable, snake_case */
    char message[512];   /* what is wrong and what to do */
};

/* ---- A task ------------------------------------------------------------------------------------------------ */

/* One piece of work. Fields are for reading; the pointer stays valid until the handler has given the task its final
 * answer (and then until the function that did it returns), or `forget` was called for it. */
struct yjs_task {
    const char *id;             /* the task's id, or the compensation's: what the answers' ids are made from */
    const char *type;           /* "task", "compensate"; "correction_answer" when the applicant's correction came */
    const char *number;         /* 流水號 of the root case: the Kafka key */
    const char *caseid, *thing, *step, *reply_to;
    const char *traceparent;    /* NULL when there is none */
    int64_t attempt;
    int64_t priority;           /* the message's; tasks are begun the higher first, then the oldest */
    const char *data;           /* the message's JSON document, NUL-terminated */
    size_t data_length;
    const char *correction;     /* the correction_answer's document; NULL when none has come */
    const char *state;          /* what yjs_wait kept; NULL before the first yjs_wait */
    uint32_t tries;             /* times the work was begun before and failed retryably */
    int64_t taken_at_us;
    struct yjs_adapter *adapter;
    void *mine;                 /* the handler's own; NULL at first and after a restart */
};

/* Kinds of answer; schemas/README.md says what each one's data must have. */
enum yjs_kind {
    YJS_RECEIVED, YJS_ACCEPTED, YJS_NOT_ACCEPTED, YJS_CORRECTION, YJS_SPECIAL_START, YJS_SPECIAL_END, YJS_EXTEND,
    YJS_RESULT, YJS_REJECTED, YJS_CANCELLED, YJS_CANCEL_REFUSED, YJS_ERROR, YJS_KINDS
};
const char *yjs_kind_name(enum yjs_kind);               /* "received" … */
bool yjs_kind_parse(const char *name, enum yjs_kind *ret);
bool yjs_kind_is_final(enum yjs_kind);

/* ---- What a handler does with a task: exactly one of answer (final), wait or fail, now or later --------------- */

/* Posts an answer with the JSON object `data`. Its id is `<task id>:<kind>`, from the second of a kind on
 * `<task id>:<kind>:<n>`, so a repeat after a crash has the same id. Kept until the broker acknowledges it. Final kinds
 * end the task. 0, or -1 when `data` is not what the kind needs: then the task is ended by an `error` answer, code
 * `bad_answer` (or `answer_too_large` past 64 KiB), and `task` must not be used again. */
int yjs_answer(struct yjs_task *, enum yjs_kind, const char *data, size_t length);

/* Would it be taken? For who can still be asked to mend it; nothing is posted. False: *ret_member is the member that is
 * at fault (NULL: all of it), *ret_why says what it must be. Both are constants. */
bool yjs_answer_stands(struct yjs_task *, enum yjs_kind, const char *data, size_t length, const char **ret_member,
                       const char **ret_why);

enum yjs_failure {
    YJS_BUSY,      /* the handler has no room just now: begun again in a moment, nothing is counted */
    YJS_AWAY,      /* the department's system cannot be reached: the task is held; counts for the circuit breaker */
    YJS_AGAIN,     /* this task failed and may succeed later: retried here, then answered `error`, retryable */
    YJS_NEVER,     /* it never will: answered `error`, not retryable */
};
/* Says that the work failed. `code` is stable, `message` for people; neither may carry personal data. */
void yjs_fail(struct yjs_task *, enum yjs_failure, const char *code, const char *message);

/* Lets the task rest. `state` (JSON text, copied, may be NULL to keep the former) is durable, and `start` is called
 * again at `wake_at_us` (YJS_NEVER_WAKE: only when something from outside comes; find the task by yjs_find). */
#define YJS_NEVER_WAKE INT64_MAX
void yjs_wait(struct yjs_task *, const char *state, int64_t wake_at_us);

/* An open task by its id; NULL when it is not known or has ended. */
struct yjs_task *yjs_find(struct yjs_adapter *, const char *id);
/* Calls `each` for every open task until it returns false. `each` must not end tasks. */
void yjs_each(struct yjs_adapter *, bool (*each)(void *user, struct yjs_task *), void *user);
/* Is a task of this id known to the store, in whatever state? "open", "answered", "cancelled", or NULL. */
const char *yjs_known(struct yjs_adapter *, const char *id);
/* Makes everything said so far durable, now (one fsync): for a driver that must confirm to its caller. 0 or -1. */
int yjs_commit(struct yjs_adapter *);

enum yjs_cancel { YJS_CANCEL_DONE, YJS_CANCEL_TOO_LATE, YJS_CANCEL_ASKED };

/* The department's side. Every function but `start` may be NULL. */
struct yjs_handler {
    void *user;
    /* Begin (or, with task->state, go on with) the work. Must not block. */
    void (*start)(void *user, struct yjs_task *);
    /* The case is called back. DONE: nothing will come of it (answered `cancelled`); TOO_LATE (`cancel_refused`): its
     * decision follows; ASKED: the handler answers cancelled or cancel_refused later. Without this function a task that
     * runs is too late, one that is held or rests is done. What is ASKED is as durable as its task (YJS_KEEP_TASKS): until it
     * is answered it is called again after a restart (behind `restored` of a task that rests, behind `start` of another) and
     * behind the `start` that follows a yjs_fail. The department may hear of it twice. */
    enum yjs_cancel (*cancel)(void *user, struct yjs_task *, const char *reason);
    /* A warning (light) about an open task. */
    void (*warn)(void *user, struct yjs_task *, const char *data);
    /* After a restart, for each task that rests with YJS_NEVER_WAKE or a later time, before anything else. */
    void (*restored)(void *user, struct yjs_task *);
    /* The task ends without the handler's doing (cancelled, given up): drop pointers to it. */
    void (*forget)(void *user, struct yjs_task *);
    /* Called at least ten times a second, and at yjs_wake_at. `now_us` is yjs_steady_us. */
    void (*tick)(void *user, int64_t now_us);
};

/* ---- Options ------------------------------------------------------------------------------------------------- */

enum yjs_assign {
    YJS_ASSIGN_ALL,      /* this process alone reads every partition; offsets in the local store (default) */
    YJS_ASSIGN_GROUP,    /* several processes share the partitions by a consumer group */
};
enum yjs_keep {
    YJS_KEEP_TASKS,      /* a task is durable here before its work begins (default) */
    YJS_KEEP_OFFSETS,    /* nothing is written but offsets, and those only behind acknowledged final answers: after a
                          * crash the tasks in flight are read and worked again, giving answers of the same ids. Only for
                          * work that may be repeated with the same outcome. */
};
struct yjs_property { const char *name, *value; };

/* Zero means the default named. Strings are copied. */
struct yjs_options {
    const char *bootstrap, *region, *department;
    const char *source;                  /* CloudEvents source; default "/<region>/<department>" */
    const char *store_path;              /* SQLite file, made when missing. One process only. */
    const struct yjs_property *kafka;    /* further librdkafka properties, for consumer and producer alike */
    size_t kafka_count;
    enum yjs_assign assign;
    const char *instance;                /* group.instance.id of YJS_ASSIGN_GROUP; default the host's name */
    enum yjs_keep keep;
    int64_t most_running;                /* tasks handed to `start` at a time; 1000 */
    int64_t most_open;                   /* tasks open in all; past it reading rests; 100,000 */
    int64_t retry_attempts;              /* of YJS_AGAIN, here; 3 */
    int64_t retry_first_us, retry_most_us;   /* back-off with full jitter; 1 s, 60 s */
    int64_t hold_most_us;                /* a task held this long is answered `error`, retryable; 1 h */
    int64_t breaker_failures;            /* YJS_AWAYs in a row that open the breaker; 5 */
    int64_t breaker_open_us;             /* then one probe after this long; 10 s */
    int64_t retention_us;                /* ended tasks and tombstones are kept this long; 30 days */
    int64_t drain_us;                    /* a stop waits this long for running work; 10 s */
    int64_t heartbeat_us;                /* a line in the log this often; 60 s */
    const char *http_address;            /* default 127.0.0.1 */
    int http_port;                       /* 0: no listener */
    const char *http_certificate, *http_key;   /* PEM files: the listener speaks HTTPS; NULL: HTTP */
    const char *http_token;              /* bearer token of /metrics; NULL: open. Routes check their own. */
};

/* Opens the store, connects (in the background: a broker that is away is waited for), restores what was open. */
int yjs_adapter_open(const struct yjs_options *, const struct yjs_handler *, struct yjs_adapter **ret,
                     struct yjs_error *ret_error);
/* Runs until yjs_adapter_stop; then drains. 0, or -1 when its own store failed (see the log): start afresh. */
int yjs_adapter_run(struct yjs_adapter *);
void yjs_adapter_stop(struct yjs_adapter *);      /* any thread, and signal handlers */
void yjs_adapter_close(struct yjs_adapter *);     /* NULL is fine */

/* ---- The loop: for handlers that talk to the world -------------------------------------------------------------- */

int64_t yjs_now_us(void);                          /* wall clock: for yjs_wait, and for what people read */
int64_t yjs_steady_us(void);                       /* never set forward or back: for a driver's own pauses and time limits */
/* Calls `ready` when `fd` has `events` (EPOLLIN …); events 0 takes the watch away (before close(fd)). 0 or -1. */
int yjs_watch(struct yjs_adapter *, int fd, uint32_t events, void (*ready)(void *user, int fd, uint32_t events),
              void *user);
/* Has `tick` called no later than this, of yjs_steady_us. */
void yjs_wake_at(struct yjs_adapter *, int64_t at_us);
/* Adds to a counter shown at /metrics as yjs_adapter_<name>_total; `name` must be a literal. */
void yjs_count(struct yjs_adapter *, const char *name, uint64_t by);

/* ---- HTTP: routes on the adapter's own listener (next to /metrics and /healthz) --------------------------------- */

struct yjs_request {
    const char *method, *path;
    const char *rest;            /* path behind the route's prefix */
    const char *body;            /* NUL-terminated; "" when none */
    size_t body_length;
    void *connection;
};
const char *yjs_request_header(const struct yjs_request *, const char *name);    /* NULL when missing */
const char *yjs_request_query(const struct yjs_request *, const char *name);
/* Is the Authorization header `Bearer <token>`? Compared in constant time. */
bool yjs_request_has_token(const struct yjs_request *, const char *token);
/* Answers the request; `body` is copied. Call exactly once in the route's function. */
void yjs_reply(struct yjs_request *, int status, const char *media_type, const char *body, size_t length);
/* `method` NULL: any. The longest prefix wins. -1 when there is no listener (http_port 0). */
int yjs_route(struct yjs_adapter *, const char *method, const char *prefix,
              void (*serve)(void *user, struct yjs_request *), void *user);

#ifdef __cplusplus
}
#endif
#endif
