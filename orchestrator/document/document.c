/* Which events are documents, who issues them and under which number. */
#include "document/document_part.h"

/* One row a kind: the letters of its number, its title; of a service the word is another. */
static const struct {
    const char *name, *letters;
    struct { const char *zh_hant, *zh_hans, *en; } title, of_service;
} kinds[DOCUMENT_KIND_COUNT] = {
    [DOCUMENT_ACCEPTED] = {"accepted", "SL", {"受理通知書", "受理通知书", "Notice of Acceptance"}, {NULL, NULL, NULL}},
    [DOCUMENT_NOT_ACCEPTED] = {"not_accepted", "BYSL", {"不予受理決定書", "不予受理决定书", "Decision not to Accept"},
                               {"不予受理通知書", "不予受理通知书", "Notice that an Application Is not Accepted"}},
    [DOCUMENT_CORRECTION] = {"correction", "BZGZ", {"補正告知書", "补正告知书", "Notice of What Is to Be Corrected"}, {NULL, NULL, NULL}},
    [DOCUMENT_EXTENDED] = {"extended", "YQ", {"延長辦理期限通知書", "延长办理期限通知书", "Notice of Extension"}, {NULL, NULL, NULL}},
    [DOCUMENT_SPECIAL] = {"special", "TBCX", {"特別程序告知書", "特别程序告知书", "Notice of a Special Procedure"}, {NULL, NULL, NULL}},
    [DOCUMENT_GRANTED] = {"granted", "ZY", {"准予決定書", "准予决定书", "Decision: Granted"},
                          {"辦理結果通知書", "办理结果通知书", "Notice of the Result"}},
    [DOCUMENT_REFUSED] = {"refused", "BY", {"不予許可決定書", "不予许可决定书", "Decision: Refused"},
                          {"辦理結果通知書", "办理结果通知书", "Notice of the Result"}},
    [DOCUMENT_CLOSED] = {"closed", "BJ", {"辦結通知書", "办结通知书", "Notice of Closing"}, {NULL, NULL, NULL}},
    [DOCUMENT_RECEIPT] = {"receipt", "SD", {"送達回證", "送达回证", "Certificate of Service"}, {NULL, NULL, NULL}},
    [DOCUMENT_INSPECTION] = {"inspection", "HY", {"現場核驗意見書", "现场核验意见书", "Findings of an Inspection"}, {NULL, NULL, NULL}},
};

const char *document_kind_name(enum document_kind kind) { return kind < DOCUMENT_KIND_COUNT ? kinds[kind].name : ""; }

bool document_is_of_law(const struct definition *d, uint16_t item) {
    return item == NO_INDEX || d->items[item].basis.length > 0 || d->items[item].statute.unit != LIMIT_NONE;
}

struct title document_title(const struct document_journal *j, const struct document *document) {
    bool service = !document_is_of_law(j->definition, document->item) && kinds[document->kind].of_service.en;
#define WORD(language) text_from(service ? kinds[document->kind].of_service.language : kinds[document->kind].title.language)
    return (struct title){WORD(zh_hant), WORD(zh_hans), WORD(en)};
#undef WORD
}

/* ---- what stands around an event ---- */

uint16_t document_item_of(const struct document_journal *j, const struct event *e) {
    const struct definition *d = j->definition;
    for (uint16_t i = 0; !text_is_none(e->item) && i < d->item_count; i++)
        if (text_equal(d->items[i].id, e->item))
            return i;
    uint16_t step = text_is_none(e->step) ? NO_INDEX : definition_find_step(d, e->step);
    if (step == NO_INDEX || !text_is_none(e->item))
        return NO_INDEX;
    const struct step_definition *s = &d->steps[step];
    if (s->kind == STEP_INSPECTION)   /* each item that shares the visit is an element */
        return e->index >= 0 && e->index < s->inspection.item_count ? s->inspection.items[e->index].item : NO_INDEX;
    return s->item;
}

const struct event *document_before(const struct document_journal *j, uint32_t event, enum event_kind kind) {
    const struct event *e = &j->events[event];
    for (uint32_t i = event; i-- > 0;)
        if (j->events[i].kind == kind && text_equal(j->events[i].step, e->step) && j->events[i].index == e->index)
            return &j->events[i];
    return NULL;
}

/* The nearest first: two inputs may have had one moment. */
const struct event *document_beside(const struct document_journal *j, uint32_t event, enum event_kind kind) {
    int64_t at_us = j->events[event].at_us;
    uint16_t item = document_item_of(j, &j->events[event]);
    bool more = true;
    for (uint32_t distance = 1; more; distance++) {
        more = false;
        for (int side = 0; side < 2; side++) {
            bool is_there = side ? event + distance < j->event_count : distance <= event;
            const struct event *e = is_there ? &j->events[side ? event + distance : event - distance] : NULL;
            if (!e || e->at_us != at_us)
                continue;
            more = true;
            if (e->kind == kind && document_item_of(j, e) == item)
                return e;
        }
    }
    return NULL;
}

bool document_clock(const struct document_journal *j, uint32_t event, struct text item, enum clock_kind kind,
                    int64_t *ret_since_us, int64_t *ret_due_us) {
    for (uint32_t i = event; i < j->event_count && j->events[i].at_us == j->events[event].at_us; i++) {
        const struct event *e = &j->events[i];
        if (e->kind != EVENT_CLOCK_SET || e->clock != kind || !text_equal(e->item, item))
            continue;
        *ret_since_us = e->since_us;
        *ret_due_us = e->due_us;
        return true;
    }
    return false;
}

/* ---- which are ---- */

static bool is_deliver(const struct document_journal *j, const struct event *e) {
    uint16_t step = text_is_none(e->step) ? NO_INDEX : definition_find_step(j->definition, e->step);
    return e->delivers || (step != NO_INDEX && j->definition->steps[step].kind == STEP_DELIVER);
}

static bool is_inspection(const struct document_journal *j, const struct event *e) {
    uint16_t step = text_is_none(e->step) ? NO_INDEX : definition_find_step(j->definition, e->step);
    return step != NO_INDEX && j->definition->steps[step].kind == STEP_INSPECTION;
}

/* What a department said of its item at a visit; what an operator ended is nobody's finding. */
static bool is_finding(const struct document_journal *j, const struct event *e) {
    bool said = e->kind == EVENT_ANSWER_NOTED ? e->answer == ANSWER_CORRECTION
                                              : e->answer == ANSWER_RESULT || e->answer == ANSWER_REJECTED || e->answer == ANSWER_CORRECTION;
    return said && e->index >= 0 && is_inspection(j, e);
}

/* DOCUMENT_KIND_COUNT: none. What an inspection finds is to be rectified, not to be corrected: no 補正告知. A special
 * procedure for which no clock stands still has nothing to tell. */
static enum document_kind kind_of(const struct document_journal *j, uint32_t event) {
    const struct event *e = &j->events[event];
    bool of_item = document_item_of(j, e) != NO_INDEX;
    switch (e->kind) {
    case EVENT_ITEM_ACCEPTED: return DOCUMENT_ACCEPTED;
    case EVENT_ITEM_EXTENDED: return DOCUMENT_EXTENDED;
    case EVENT_ANSWER_NOTED:
        if (e->answer == ANSWER_CORRECTION && of_item)
            return is_finding(j, e) ? DOCUMENT_INSPECTION : is_inspection(j, e) ? DOCUMENT_KIND_COUNT : DOCUMENT_CORRECTION;
        return e->answer == ANSWER_SPECIAL_START && of_item && document_beside(j, event, EVENT_CLOCK_PAUSED) ? DOCUMENT_SPECIAL
                                                                                                              : DOCUMENT_KIND_COUNT;
    case EVENT_STEP_ENDED:
        if (of_item && is_finding(j, e))
            return DOCUMENT_INSPECTION;
        if (is_deliver(j, e))
            return e->state == STEP_GRANTED ? DOCUMENT_RECEIPT : DOCUMENT_KIND_COUNT;
        return e->answer == ANSWER_NOT_ACCEPTED && of_item ? DOCUMENT_NOT_ACCEPTED : DOCUMENT_KIND_COUNT;
    case EVENT_ITEM_ENDED:
        if (!text_is(e->reason, "decided"))
            return DOCUMENT_KIND_COUNT;
        return e->state == STEP_GRANTED ? DOCUMENT_GRANTED : e->state == STEP_REFUSED ? DOCUMENT_REFUSED : DOCUMENT_KIND_COUNT;
    case EVENT_CASE_CLOSED: return DOCUMENT_CLOSED;
    default: return DOCUMENT_KIND_COUNT;
    }
}

/* An item is its department's; what a step hands over, or what is said at another office, that office's. */
static struct text issuer_of(const struct document_journal *j, uint32_t event, enum document_kind kind, uint16_t item) {
    const struct event *e = &j->events[event];
    if (kind == DOCUMENT_CLOSED)
        return j->issuer;
    if (item != NO_INDEX && e->kind != EVENT_ANSWER_NOTED && e->kind != EVENT_STEP_ENDED)
        return j->definition->items[item].department;
    const struct event *asked = document_before(j, event, EVENT_STEP_ASKED);
    return asked && !text_is_none(asked->department) ? asked->department
           : !text_is_none(e->department)            ? e->department
           : item != NO_INDEX                        ? j->definition->items[item].department : j->issuer;
}

static int64_t due_of(const struct document_journal *j, uint32_t event, uint16_t item) {
    int64_t since_us, due_us = TIME_NONE;
    if (item != NO_INDEX && !document_clock(j, event, j->definition->items[item].id, CLOCK_PROMISE, &since_us, &due_us))
        document_clock(j, event, j->definition->items[item].id, CLOCK_STATUTE, &since_us, &due_us);
    return due_us;
}

static int year_of(int64_t us) {
    return civil_from_days((us + TIME_CHINA_OFFSET_US) / TIME_DAY_US).year;
}

bool document_list(const struct document_journal *j, struct arena *arena, struct document **ret, uint32_t *ret_count) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < j->event_count; i++)
        count += kind_of(j, i) != DOCUMENT_KIND_COUNT;
    struct document *documents = arena_new_array(arena, count ? count : 1, struct document);
    count = 0;
    for (uint32_t i = 0; documents && i < j->event_count; i++) {
        enum document_kind kind = kind_of(j, i);
        if (kind == DOCUMENT_KIND_COUNT)
            continue;
        const struct event *e = &j->events[i];
        uint16_t item = kind == DOCUMENT_CLOSED || kind == DOCUMENT_RECEIPT ? NO_INDEX : document_item_of(j, e);
        bool has_due = kind == DOCUMENT_ACCEPTED || kind == DOCUMENT_EXTENDED;
        documents[count] = (struct document){
            .kind = kind, .n = count + 1, .event = i, .at_us = e->at_us, .item = item, .department = issuer_of(j, i, kind, item),
            .due_us = has_due ? due_of(j, i, item) : TIME_NONE,
            .number = text_format(arena, "%s〔%d〕%.*s-%u", kinds[kind].letters, year_of(e->at_us), TEXT_ARG(j->case_id), count + 1)};
        count++;
    }
    *ret = documents;
    *ret_count = count;
    return documents && !arena->failed;
}
