/* The table of statuses, and which of them may follow which in what a case shows. */
#include "model/status.h"


#define SAME NULL   /* Guangdong's word is the nation's */
static const struct { const char *name, *zh_hant, *zh_hans, *en, *guangdong_hant, *guangdong_hans; } words[STATUS_COUNT] = {
    [STATUS_NONE] = {"none", "", "", "", SAME, SAME},
    [STATUS_SUBMITTED] = {"submitted", "申辦", "申办", "Submitted", SAME, SAME},
    [STATUS_PRE_ACCEPTED] = {"pre_accepted", "預受理", "预受理", "Received", SAME, SAME},
    [STATUS_ACCEPTED] = {"accepted", "受理", "受理", "Accepted", SAME, SAME},
    [STATUS_NOT_ACCEPTED] = {"not_accepted", "不予受理", "不予受理", "Not accepted", SAME, SAME},
    [STATUS_CORRECTION_ASKED] = {"correction_asked", "補正告知", "补正告知", "Correction asked", "補交告知", "补交告知"},
    [STATUS_CORRECTED] = {"corrected", "補正受理", "补正受理", "Correction accepted", "補交受理", "补交受理"},
    [STATUS_SPECIAL_STARTED] = {"special_started", "特別程序申請", "特别程序申请", "Special procedure begun", SAME, SAME},
    [STATUS_SPECIAL_ENDED] = {"special_ended", "特別程序結果", "特别程序结果", "Special procedure ended", SAME, SAME},
    [STATUS_EXAMINED] = {"examined", "審批", "审批", "Under decision", SAME, SAME},
    [STATUS_CLOSED] = {"closed", "辦結", "办结", "Closed", SAME, SAME},
    [STATUS_DELIVERED] = {"delivered", "送達", "送达", "Delivered", "領取登記", "领取登记"},
};
static const struct { const char *name, *zh_hant, *zh_hans, *en; } endings[ENDING_COUNT] = {
    [ENDING_NONE] = {"none", "", "", ""},
    [ENDING_GRANTED] = {"granted", "准予", "准予", "Granted"},
    [ENDING_REFUSED] = {"refused", "不予許可", "不予许可", "Refused"},
    [ENDING_PARTIAL] = {"partial", "部分辦結", "部分办结", "Granted in part"},
    [ENDING_RETURNED] = {"returned", "退件", "退件", "Returned"},
    [ENDING_WITHDRAWN] = {"withdrawn", "撤回", "撤回", "Withdrawn"},
    [ENDING_TERMINATED] = {"terminated", "終止", "终止", "Terminated"},
    [ENDING_VOID] = {"void", "作廢", "作废", "Void"},
};

const char *status_name(enum case_status status) { return status < STATUS_COUNT ? words[status].name : "none"; }
const char *ending_name(enum case_ending ending) { return ending < ENDING_COUNT ? endings[ending].name : "none"; }

struct title status_words(enum case_status status, struct text region) {
    if (status >= STATUS_COUNT)
        status = STATUS_NONE;
    bool guangdong = text_starts_with(region, "44") && words[status].guangdong_hant;
    return (struct title){text_from(guangdong ? words[status].guangdong_hant : words[status].zh_hant),
                          text_from(guangdong ? words[status].guangdong_hans : words[status].zh_hans),
                          text_from(words[status].en)};
}

struct title ending_words(enum case_ending ending) {
    if (ending >= ENDING_COUNT)
        ending = ENDING_NONE;
    return (struct title){text_from(endings[ending].zh_hant), text_from(endings[ending].zh_hans), text_from(endings[ending].en)};
}

static enum case_status status_of_answer(enum answer_kind answer) {
    switch (answer) {
    case ANSWER_ACCEPTED: return STATUS_ACCEPTED;
    case ANSWER_NOT_ACCEPTED: return STATUS_NOT_ACCEPTED;
    case ANSWER_CORRECTION: return STATUS_CORRECTION_ASKED;
    case ANSWER_SPECIAL_START: return STATUS_SPECIAL_STARTED;
    case ANSWER_SPECIAL_END: return STATUS_SPECIAL_ENDED;
    case ANSWER_RESULT: case ANSWER_REJECTED: return STATUS_EXAMINED;
    default: return STATUS_NONE;
    }
}

enum case_status status_of_event(const struct event *e, bool is_deliver) {
    is_deliver = is_deliver || e->delivers;
    switch (e->kind) {
    case EVENT_CASE_STARTED: return STATUS_SUBMITTED;
    case EVENT_ITEM_RECEIVED: return STATUS_PRE_ACCEPTED;
    case EVENT_STEP_ASKED: return is_deliver ? STATUS_NONE : STATUS_PRE_ACCEPTED;
    case EVENT_ITEM_ACCEPTED: return text_is(e->reason, "correction_answered") ? STATUS_CORRECTED : STATUS_ACCEPTED;
    case EVENT_ANSWER_NOTED: return is_deliver ? STATUS_NONE : status_of_answer(e->answer);
    case EVENT_CORRECTION_SENT: return STATUS_CORRECTED;
    case EVENT_STEP_ENDED:
        if (is_deliver)
            return e->state == STEP_GRANTED ? STATUS_DELIVERED : STATUS_NONE;
        return status_of_answer(e->answer);
    case EVENT_CASE_CLOSED: return STATUS_CLOSED;
    default: return STATUS_NONE;
    }
}

/* Bit n: what is shown now gives way to n. Before an acceptance everything does; once a department has accepted,
 * another's receipt or refusal to accept is that item's alone. */
#define TO(status) (1u << (status))
#define LATER (TO(STATUS_CORRECTION_ASKED) | TO(STATUS_CORRECTED) | TO(STATUS_SPECIAL_STARTED) | TO(STATUS_SPECIAL_ENDED) | \
               TO(STATUS_EXAMINED) | TO(STATUS_CLOSED) | TO(STATUS_DELIVERED))
static const unsigned gives_way[STATUS_COUNT] = {
    [STATUS_NONE] = ~0u,
    [STATUS_SUBMITTED] = ~TO(STATUS_SUBMITTED),
    [STATUS_PRE_ACCEPTED] = ~(TO(STATUS_SUBMITTED) | TO(STATUS_PRE_ACCEPTED)),
    [STATUS_ACCEPTED] = LATER,
    [STATUS_NOT_ACCEPTED] = LATER | TO(STATUS_PRE_ACCEPTED) | TO(STATUS_ACCEPTED),
    [STATUS_CORRECTION_ASKED] = LATER | TO(STATUS_ACCEPTED) | TO(STATUS_NOT_ACCEPTED),
    [STATUS_CORRECTED] = LATER | TO(STATUS_NOT_ACCEPTED),
    [STATUS_SPECIAL_STARTED] = LATER,
    [STATUS_SPECIAL_ENDED] = LATER,
    [STATUS_EXAMINED] = LATER,
    [STATUS_CLOSED] = TO(STATUS_DELIVERED),
    [STATUS_DELIVERED] = 0,
};

void status_take(struct case_status_fold *fold, const struct event *e, bool is_deliver) {
    enum case_status next = status_of_event(e, is_deliver);
    if (next == STATUS_ACCEPTED || next == STATUS_CORRECTED || next == STATUS_EXAMINED || next == STATUS_SPECIAL_STARTED)
        fold->was_accepted = true;
    if (e->kind == EVENT_STOP_DECIDED && fold->is_closed) {   /* a closed sub-case is opened again to be undone */
        fold->is_closed = false;
        fold->now = STATUS_EXAMINED;
    }
    if (e->kind == EVENT_CASE_CLOSED) {
        fold->is_closed = true;
        fold->outcome = e->outcome;
    }
    if (next != STATUS_NONE && (gives_way[fold->now] & TO(next)) != 0)
        fold->now = next;
}

enum case_ending status_ending(const struct case_status_fold *fold) {
    static const enum case_ending of[CASE_OUTCOME_COUNT] = {
        [CASE_OUTCOME_NONE] = ENDING_NONE,       [CASE_GRANTED] = ENDING_GRANTED,     [CASE_PARTIAL] = ENDING_PARTIAL,
        [CASE_REFUSED] = ENDING_REFUSED,         [CASE_WITHDRAWN] = ENDING_WITHDRAWN, [CASE_TERMINATED] = ENDING_TERMINATED,
        [CASE_VOID] = ENDING_VOID,
    };
    if (!fold->is_closed)
        return ENDING_NONE;
    return fold->outcome == CASE_REFUSED && !fold->was_accepted ? ENDING_RETURNED : of[fold->outcome];
}
