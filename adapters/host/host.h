/* The host: one configured department, its driver, and the mappings between the department's words and ours.
 * Everything here is called on the department's own thread (the adapter's, see yjs_adapter.h). */
#ifndef YJS_HOST_HOST_H
#define YJS_HOST_HOST_H

#include <jv.h>
#include <pthread.h>
#include "settings.h"
#include "yjs_adapter.h"

struct host;
struct mapping;

/* A driver: how one kind of department is talked to. See drivers/README.md. */
struct yjs_driver {
    const char *name, *help;
    enum yjs_keep keep;                     /* what it needs kept, when the configuration does not say */
    const struct setting *settings;         /* under `driver:` */
    size_t settings_size;
    const struct setting *step_settings;    /* under `steps: <step>:`; may be NULL */
    size_t step_size;
    /* Checks what a table cannot; may be NULL. */
    void (*check)(const void *settings, const struct node *at, struct faults *);
    /* Makes the driver's own state. host_settings, host_adapter are ready. 0 or -1. */
    int (*open)(struct host *, void **ret_self, struct yjs_error *);
    struct yjs_handler handler;             /* `user` will be the self of open */
    void (*close)(void *self);
};
extern const struct yjs_driver *const yjs_drivers[];     /* ends with NULL */
const struct yjs_driver *driver_find(const char *name);

/* One step's settings. */
struct host_step {
    const char *name;                       /* "contract_filing", "title_transfer/undo", "*" */
    struct mapping *request, *answer, *require;
    void *settings;                         /* of the driver's step_size */
};

struct yjs_adapter *host_adapter(struct host *);
const void *host_settings(struct host *);
const char *host_department(struct host *);
/* The step's own settings: `<step>/undo` for a compensation, then `<step>` (without an element's index), then `*`, then
 * defaults. Never NULL. */
const struct host_step *host_step(struct host *, const struct yjs_task *);

/* The task for the department: by the step's `request` mapping, or the whole envelope (the message's document with
 * `task`, `type`, `attempt`, after a correction `correction`, and `callback` when given). To be freed. NULL: the mapping
 * failed, the task is answered. */
char *host_request(struct host *, struct yjs_task *, const char *callback, size_t *ret_length);
/* The same without any mapping. */
char *host_envelope(const struct yjs_task *, size_t *ret_length);

enum host_verdict { HOST_FINAL, HOST_OPEN, HOST_NOTHING, HOST_FAULTY };
/* What the department said, as answers: by the step's `answer` mapping over {status, body, task}, or by itself when it
 * is an object with `kind` (or a list of such), or else as the `result`. FINAL: the task has ended. OPEN: something was
 * answered that does not end it; the driver waits on. NOTHING: null or `pending: true`, nothing is decided yet. FAULTY:
 * it was no answer; the task is ended by an `error`. */
enum host_verdict host_answer(struct host *, struct yjs_task *, int status, const char *body, size_t length);

/* Why an answer document can't be taken: where in it (a JSON pointer; "": all of it), and what is wrong there. */
struct host_fault { char pointer[64], message[200]; };
/* For who can still be asked to mend it: would host_answer find it FAULTY? Nothing is posted, the task stays as it is. */
bool host_answer_stands(struct host *, struct yjs_task *, const char *body, size_t length, struct host_fault *ret);

static inline void reply_json(struct yjs_request *request, int status, const char *body) {
    yjs_reply(request, status, "application/json", body, strlen(body));
}
#define answer_literal(task, kind, literal) yjs_answer((task), (kind), (literal), sizeof(literal) - 1)

/* ---- mapping.c: jq expressions ---- */
struct mapping *mapping_new(const char *expression, char *ret_fault, size_t size);   /* NULL with the reason */
void mapping_free(struct mapping *);
/* First output; an invalid jv (with a message) when there is none or it failed. Consumes input. */
jv mapping_run(struct mapping *, jv input);

/* ---- host.c ---- */
struct host_config;
/* Reads and checks a configuration; all faults at once. NULL when there are any. */
struct host_config *host_config_read(const char *path, struct faults *);
void host_config_free(struct host_config *);
/* Runs all its departments until *stop is asked by host_config_stop; 0, or 1 when one could not go on. */
int host_config_run(struct host_config *, void (*wait_for_signal)(struct host_config *));
void host_config_stop(struct host_config *);
void host_config_print_settings(FILE *);

#endif
