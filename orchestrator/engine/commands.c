/* What an event asks of the world, as a table from kind to function. The ids are those of schemas/README.md. */
#include "engine/engine.h"

static struct command *add(struct command_list *list, enum command_kind kind, enum message_kind message,
                           const struct event *e) {
    struct command *command = &list->at[list->count++];
    command->kind = kind;
    command->message = message;
    command->region = e->region;
    command->department = TEXT_NONE;
    command->id[0] = '\0';
    command->event = e;
    return command;
}

/* To the case topic; the version makes the id unique within the case. */
static void tell_topic(struct command_list *list, enum message_kind message, struct text case_id,
                       const struct event *e) {
    struct command *command = add(list, COMMAND_PUBLISH, message, e);
    struct pen pen = pen_on(command->id, sizeof command->id);
    pen_text(&pen, case_id);
    pen_text(&pen, TEXT(":event:"));
    pen_uint32(&pen, e->version);
}

/* The task's id and what follows it. */
static void ask_department(struct command_list *list, enum message_kind message, struct text case_id,
                           const struct event *e) {
    struct command *command = add(list, COMMAND_PUBLISH, message, e);
    struct pen pen = pen_on(command->id, sizeof command->id);
    command->department = e->department;
    task_id_put(&pen, case_id, e->step, e->index, e->attempt);
    bool materials = e->kind == EVENT_MATERIALS_SENT;
    switch (message) {
    case MESSAGE_CANCEL: pen_text(&pen, TEXT(":cancel")); break;
    case MESSAGE_COMPENSATE:
        pen_text(&pen, TEXT(":undo:"));
        pen_uint32(&pen, e->ordinal);
        break;
    case MESSAGE_CORRECTION_ANSWER:
        pen_text(&pen, materials ? TEXT(":materials:") : TEXT(":"));
        pen_uint32(&pen, materials ? e->version : e->ordinal);
        break;
    case MESSAGE_WARNING:
        pen_text(&pen, TEXT(":warning:"));
        pen_uint32(&pen, e->version);
        break;
    default: break;
    }
}

void engine_commands(struct text case_id, const struct event *e, struct command_list *ret) {
    ret->count = 0;
    switch (e->kind) {
    case EVENT_STEP_ASKED: ask_department(ret, MESSAGE_TASK, case_id, e); break;
    case EVENT_CANCEL_ASKED: ask_department(ret, MESSAGE_CANCEL, case_id, e); break;
    case EVENT_UNDO_ASKED: ask_department(ret, MESSAGE_COMPENSATE, case_id, e); break;
    case EVENT_WARNING_SENT: ask_department(ret, MESSAGE_WARNING, case_id, e); break;
    case EVENT_MATERIALS_SENT:
    case EVENT_CORRECTION_SENT: ask_department(ret, MESSAGE_CORRECTION_ANSWER, case_id, e); break;
    case EVENT_CASE_STARTED: tell_topic(ret, MESSAGE_CASE_STARTED, case_id, e); break;
    case EVENT_STEP_ENDED: tell_topic(ret, MESSAGE_STEP_ENDED, case_id, e); break;
    case EVENT_STEP_STUCK:
    case EVENT_INCIDENT_OPENED: tell_topic(ret, MESSAGE_INCIDENT_OPENED, case_id, e); break;
    case EVENT_ITEM_ACCEPTED:
    case EVENT_ITEM_EXTENDED: tell_topic(ret, MESSAGE_STATUS_CHANGED, case_id, e); break;
    case EVENT_ANSWER_NOTED:   /* 補正告知, 特別程序: those that name the case's region */
        if (!text_is_none(e->region))
            tell_topic(ret, MESSAGE_STATUS_CHANGED, case_id, e);
        break;
    case EVENT_LIGHT_CHANGED: tell_topic(ret, MESSAGE_LIGHT_CHANGED, case_id, e); break;
    case EVENT_CHILD_ASKED: add(ret, COMMAND_START_CHILD, MESSAGE_TASK, e); break;
    case EVENT_CHILD_CANCEL_ASKED: add(ret, COMMAND_STOP_CHILD, MESSAGE_TASK, e); break;
    case EVENT_CHILD_TOLD: add(ret, COMMAND_TELL_CHILD, MESSAGE_TASK, e); break;
    case EVENT_CASE_CLOSED:
        tell_topic(ret, MESSAGE_CASE_CLOSED, case_id, e);
        if (!text_is_none(e->parent))
            add(ret, COMMAND_TELL_PARENT, MESSAGE_TASK, e);
        break;
    default: break;
    }
}

bool engine_asks_cases(enum event_kind kind) {
    return kind == EVENT_CHILD_ASKED || kind == EVENT_CHILD_CANCEL_ASKED || kind == EVENT_CHILD_TOLD || kind == EVENT_CASE_CLOSED;
}

bool engine_command_input(struct text case_id, const struct command *command, struct input *ret) {
    const struct event *e = command->event;
    struct input input;
    switch (command->kind) {
    case COMMAND_START_CHILD:
        input = input_of(INPUT_SUBMIT, e->at_us);
        input.case_id = e->child;
        input.thing = e->thing;
        input.definition = e->definition;
        input.region = e->region;
        input.parent = case_id;
        input.parent_step = e->step;
        input.parent_index = e->index;
        input.data = e->data;
        input.extra = e->extra;
        input.priority = e->priority;
        break;
    case COMMAND_STOP_CHILD:
        input = input_of(INPUT_CLOSE, e->at_us);
        input.case_id = e->child;
        input.stop = e->stop;
        input.reason = e->reason;
        break;
    case COMMAND_TELL_CHILD:
        input = input_of(INPUT_SIGNAL, e->at_us);
        input.case_id = e->child;
        input.parent = case_id;
        input.id = e->id;
        input.data = e->data;
        input.actor = e->actor;
        break;
    case COMMAND_TELL_PARENT:
        input = input_of(INPUT_CHILD_ENDED, e->at_us);
        input.case_id = e->parent;
        input.step = e->parent_step;
        input.index = e->parent_index;
        input.outcome = e->outcome;
        input.stop = e->stop;
        break;
    default: return false;
    }
    input.source = TEXT_NONE;
    input.traceparent = e->traceparent;
    *ret = input;
    return true;
}
