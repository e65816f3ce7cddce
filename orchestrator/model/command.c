/* Messages by name: the CloudEvents `type`. */
#include "model/command.h"

#include "model/names.h"

static const char *const names[MESSAGE_KIND_COUNT] = {
    [MESSAGE_TASK] = "task",
    [MESSAGE_CORRECTION_ANSWER] = "correction_answer",
    [MESSAGE_CANCEL] = "cancel",
    [MESSAGE_COMPENSATE] = "compensate",
    [MESSAGE_WARNING] = "warning",
    [MESSAGE_CASE_STARTED] = "case_started",
    [MESSAGE_STEP_ENDED] = "step_ended",
    [MESSAGE_CASE_CLOSED] = "case_closed",
    [MESSAGE_INCIDENT_OPENED] = "incident_opened",
    [MESSAGE_STATUS_CHANGED] = "status_changed",
    [MESSAGE_LIGHT_CHANGED] = "light_changed",
};

void task_id_put(struct pen *pen, struct text case_id, struct text step, int32_t index, uint32_t attempt) {
    pen_text(pen, case_id);
    pen_text(pen, TEXT(":"));
    pen_text(pen, step);
    if (index >= 0) {
        pen_text(pen, TEXT("."));
        pen_uint32(pen, (uint32_t)index);
    }
    pen_text(pen, TEXT(":"));
    pen_uint32(pen, attempt);
}

const char *message_kind_name(enum message_kind kind) { return names_of(names, MESSAGE_KIND_COUNT, (size_t)kind); }
