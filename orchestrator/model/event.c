/* Events by name, and lists of them. */
#include "model/event.h"

#include "base/arena.h"
#include "model/names.h"

static const char *const names[EVENT_KIND_COUNT] = {
    [EVENT_NONE] = "none",
    [EVENT_CASE_STARTED] = "case_started",
    [EVENT_STEP_ASKED] = "step_asked",
    [EVENT_STEP_EXPANDED] = "step_expanded",
    [EVENT_STEP_HELD] = "step_held",
    [EVENT_CHILD_ASKED] = "child_asked",
    [EVENT_STEP_ENDED] = "step_ended",
    [EVENT_ANSWER_NOTED] = "answer_noted",
    [EVENT_ANSWER_RECORDED] = "answer_recorded",
    [EVENT_CORRECTION_SENT] = "correction_sent",
    [EVENT_RETRY_SET] = "retry_set",
    [EVENT_STEP_STUCK] = "step_stuck",
    [EVENT_DEADLINE_SET] = "deadline_set",
    [EVENT_CANCEL_ASKED] = "cancel_asked",
    [EVENT_CHILD_CANCEL_ASKED] = "child_cancel_asked",
    [EVENT_UNDO_ASKED] = "undo_asked",
    [EVENT_STOP_DECIDED] = "stop_decided",
    [EVENT_INCIDENT_OPENED] = "incident_opened",
    [EVENT_INCIDENT_CLOSED] = "incident_closed",
    [EVENT_DISPUTE_OPENED] = "dispute_opened",
    [EVENT_DISPUTE_RESOLVED] = "dispute_resolved",
    [EVENT_SIGNAL_NOTED] = "signal_noted",
    [EVENT_OPERATOR_ACTED] = "operator_acted",
    [EVENT_REASSIGNED] = "reassigned",
    [EVENT_CASE_CLOSED] = "case_closed",
    [EVENT_MIGRATED] = "migrated",
    [EVENT_CALENDAR_CHANGED] = "calendar_changed",
    [EVENT_OBJECTION_RAISED] = "objection_raised",
    [EVENT_PERIOD_OVER] = "period_over",
    [EVENT_MATERIAL_ASKED] = "material_asked",
    [EVENT_MATERIALS_GIVEN] = "materials_given",
    [EVENT_MATERIALS_SENT] = "materials_sent",
    [EVENT_MATERIAL_TOLERATED] = "material_tolerated",
    [EVENT_MATERIAL_MISSED] = "material_missed",
    [EVENT_ITEM_RECEIVED] = "item_received",
    [EVENT_ITEM_ACCEPTED] = "item_accepted",
    [EVENT_ITEM_EXTENDED] = "item_extended",
    [EVENT_ITEM_ENDED] = "item_ended",
    [EVENT_CLOCK_SET] = "clock_set",
    [EVENT_CLOCK_PAUSED] = "clock_paused",
    [EVENT_CLOCK_RESUMED] = "clock_resumed",
    [EVENT_CLOCK_STOPPED] = "clock_stopped",
    [EVENT_LIGHT_CHANGED] = "light_changed",
    [EVENT_WARNING_SENT] = "warning_sent",
    [EVENT_CASE_RATED] = "case_rated",
    [EVENT_CHILD_TOLD] = "child_told",
    [EVENT_CONTACT_CHANGED] = "contact_changed",
};

const char *event_kind_name(enum event_kind kind) { return names_of(names, EVENT_KIND_COUNT, (size_t)kind); }

bool event_kind_parse(struct text name, enum event_kind *ret) {
    size_t value;
    if (!names_find(names, EVENT_KIND_COUNT, name, &value) || value == EVENT_NONE)
        return false;
    *ret = (enum event_kind)value;
    return true;
}

struct event event_of(enum event_kind kind, int64_t at_us) {
    return (struct event){
        .kind = kind, .at_us = at_us, .step_index = NO_INDEX, .index = -1, .parent_index = -1, .due_us = TIME_NONE,
        .sent_us = TIME_NONE, .since_us = TIME_NONE, .yellow_us = TIME_NONE};
}

struct event *event_list_add(struct event_list *list, struct arena *arena, const struct event *event) {
    if (list->count == list->room) {
        uint32_t room = list->room ? list->room * 2 : 4;
        struct event *at = arena_array(arena, room, sizeof *at);
        if (!at)
            return NULL;
        if (list->count)
            memcpy(at, list->at, list->count * sizeof *at);
        list->at = at;
        list->room = room;
    }
    list->at[list->count] = *event;
    return &list->at[list->count++];
}
