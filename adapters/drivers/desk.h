/* A desk: tasks that lie ready to be taken by someone, are held for a time, and come back when that has passed. Under
 * the drivers lease and worklist. What a task's state says: {"holder": …, "mark": n, "until": µs} while held, {} while it
 * lies ready, {"asked": true} while the applicant is to correct something. */
#ifndef YJS_DRIVERS_DESK_H
#define YJS_DRIVERS_DESK_H

#include "base/json.h"
#include "base/ranks.h"
#include "host.h"

struct desk { struct host *host; struct ranks ready; uint64_t next_mark; };   /* ready: by priority, then as they came */
struct desk_state { char holder[128]; int64_t mark, until_us; bool asked; };

void desk_open(struct desk *, struct host *);
void desk_close(struct desk *);
/* The handler's functions of both drivers; `desk` is the first member of their selves. */
void desk_start(void *desk, struct yjs_task *);
void desk_restored(void *desk, struct yjs_task *);
void desk_forget(void *desk, struct yjs_task *);
enum yjs_cancel desk_cancel(void *desk, struct yjs_task *, const char *reason);

struct desk_state desk_state_of(const struct yjs_task *);
/* The next ready task, of `step` when that is not absent: of the highest priority, then the one that lies longest. NULL
 * when there is none. */
struct yjs_task *desk_next(struct desk *, struct text step);
/* Calls `each` for what lies ready, in that order, until it returns false. */
void desk_each(struct desk *, bool (*each)(void *user, struct yjs_task *), void *user);
/* Gives the task to a holder until then (YJS_NEVER_WAKE: without end); gives the hold's mark. */
int64_t desk_hold(struct desk *, struct yjs_task *, struct text holder, int64_t until_us);
void desk_release(struct desk *, struct yjs_task *);
/* Takes a holder's answer document: "taken", "open" (it did not end the task); "faulty": it is not taken, *ret_fault says
 * why, and the holder has the task as before. */
const char *desk_answer(struct desk *, struct yjs_task *, const struct json *answer, struct host_fault *ret_fault);
/* A list of faults, which is this one; its pointer is below `under`. */
void desk_put_fault(struct buffer *, const char *under, const struct host_fault *);
/* Refuses (RFC 9457) with a code of the table in desk.c. `detail` and `fault` (of the member "answer") may be NULL. */
void desk_problem(struct yjs_request *, const char *code, const char *detail, const struct host_fault *fault);
/* The task's document for the holder, put as a JSON value. False: the mapping failed and the task has ended. */
bool desk_put_request(struct desk *, struct yjs_task *, struct buffer *);
/* Checks the bearer token and, for a POST, reads the body. False: the request was answered. */
bool desk_admit(struct yjs_request *, const char *token, struct arena *, struct json *ret_body);

#endif
