/* Inputs by name. */
#include "model/input.h"

#include "model/names.h"

static const char *const names[INPUT_KIND_COUNT] = {
    [INPUT_NONE] = "none",
    [INPUT_SUBMIT] = "submit",
    [INPUT_ANSWER] = "answer",
    [INPUT_CORRECTION_ANSWERED] = "correction_answered",
    [INPUT_WITHDRAWN] = "withdrawn",
    [INPUT_TIMER_FIRED] = "timer_fired",
    [INPUT_SIGNAL] = "signal",
    [INPUT_RETRY] = "retry",
    [INPUT_SKIP] = "skip",
    [INPUT_REASSIGN] = "reassign",
    [INPUT_REFUSE] = "refuse",
    [INPUT_CLOSE] = "close",
    [INPUT_VOID] = "void",
    [INPUT_RESOLVE_DISPUTE] = "resolve_dispute",
    [INPUT_ANSWER_FOR] = "answer_for",
    [INPUT_CHILD_ENDED] = "child_ended",
    [INPUT_ACKNOWLEDGE] = "acknowledge",
    [INPUT_UNSENT] = "unsent",
    [INPUT_CALENDAR_CHANGED] = "calendar_changed",
    [INPUT_MIGRATED] = "migrated",
    [INPUT_RATED] = "rated",
    [INPUT_CONTACT_CHANGED] = "contact_changed",
    [INPUT_MATERIALS_GIVEN] = "materials_given",
};

const char *input_kind_name(enum input_kind kind) { return names_of(names, INPUT_KIND_COUNT, (size_t)kind); }

bool input_kind_parse(struct text name, enum input_kind *ret) {
    size_t value;
    if (!names_find(names, INPUT_KIND_COUNT, name, &value) || value == INPUT_NONE)
        return false;
    *ret = (enum input_kind)value;
    return true;
}

struct input input_of(enum input_kind kind, int64_t at_us) {
    return (struct input){.kind = kind, .at_us = at_us, .sent_us = TIME_NONE, .index = -1, .parent_index = -1};
}
