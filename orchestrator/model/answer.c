/* What a department can say, by name. */
#include "model/answer.h"

#include "model/names.h"

static const char *const kind_names[ANSWER_KIND_COUNT] = {
    [ANSWER_NONE] = "none",
    [ANSWER_RECEIVED] = "received",
    [ANSWER_ACCEPTED] = "accepted",
    [ANSWER_NOT_ACCEPTED] = "not_accepted",
    [ANSWER_CORRECTION] = "correction",
    [ANSWER_SPECIAL_START] = "special_start",
    [ANSWER_SPECIAL_END] = "special_end",
    [ANSWER_EXTEND] = "extend",
    [ANSWER_RESULT] = "result",
    [ANSWER_REJECTED] = "rejected",
    [ANSWER_CANCELLED] = "cancelled",
    [ANSWER_CANCEL_REFUSED] = "cancel_refused",
    [ANSWER_ERROR] = "error",
};
static const char *const fate_names[FATE_COUNT] = {
    [FATE_APPLIED] = "applied",
    [FATE_DUPLICATE] = "duplicate",
    [FATE_CASE_CLOSED] = "case_closed",
    [FATE_NOT_ASKED] = "not_asked",
    [FATE_OLDER_ATTEMPT] = "older_attempt",
    [FATE_LATE] = "late",
    [FATE_SPENT] = "spent",
    [FATE_DISPUTED] = "disputed",
    [FATE_OUT_OF_PLACE] = "out_of_place",
};

const char *answer_kind_name(enum answer_kind kind) {
    return names_of(kind_names, ANSWER_KIND_COUNT, (size_t)kind);
}

bool answer_kind_parse(struct text name, enum answer_kind *ret) {
    size_t value;
    if (!names_find(kind_names, ANSWER_KIND_COUNT, name, &value) || value == ANSWER_NONE)
        return false;
    *ret = (enum answer_kind)value;
    return true;
}

bool answer_kind_is_final(enum answer_kind kind) {
    return kind == ANSWER_NOT_ACCEPTED || kind == ANSWER_RESULT || kind == ANSWER_REJECTED || kind == ANSWER_CANCELLED;
}

NAMES_DEFINE(answer_fate, answer_fate_name, answer_fate_parse, fate_names)
