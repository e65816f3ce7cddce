/* Commands: what an event asks of the world. A function of the event alone (engine_commands), so that they can be
 * given again after any crash with the same bytes. */
#ifndef YJS_MODEL_COMMAND_H
#define YJS_MODEL_COMMAND_H

#include "base/text.h"
#include "model/event.h"

enum command_kind {
    COMMAND_NONE,
    COMMAND_PUBLISH,          /* a message: to a department's task topic, or to the case topic */
    COMMAND_START_CHILD,      /* an input `submit` for the child, in the same batch */
    COMMAND_STOP_CHILD,       /* an input `close`/`withdrawn` for the child, in the same batch */
    COMMAND_TELL_CHILD,       /* an input `signal` for the child, in the same batch; it names its parent */
    COMMAND_TELL_PARENT,      /* an input `child_ended` for the parent, in the same batch */
};
enum message_kind { MESSAGE_TASK, MESSAGE_CORRECTION_ANSWER, MESSAGE_CANCEL, MESSAGE_COMPENSATE, MESSAGE_WARNING,
                    MESSAGE_CASE_STARTED, MESSAGE_STEP_ENDED, MESSAGE_CASE_CLOSED, MESSAGE_INCIDENT_OPENED,
                    MESSAGE_STATUS_CHANGED, MESSAGE_LIGHT_CHANGED,
                    MESSAGE_KIND_COUNT };

#define COMMAND_ID_SIZE 768

struct command {
    enum command_kind kind;
    enum message_kind message;
    /* publish: topic is <region>.<department>.task.v1, or <region>.case.v1 when department is absent */
    struct text region, department;
    char id[COMMAND_ID_SIZE];   /* the message's id (schemas/README.md) */
    const struct event *event;   /* the rest stands there */
};
struct command_list { struct command at[4]; uint32_t count; };   /* no event asks for more */

const char *message_kind_name(enum message_kind);   /* the CloudEvents type */

/* A task's id, case:step[.index]:attempt, of which the ids of what follows it begin too. `index` below 0: the step has no
 * elements. */
void task_id_put(struct pen *, struct text case_id, struct text step, int32_t index, uint32_t attempt);

#endif
