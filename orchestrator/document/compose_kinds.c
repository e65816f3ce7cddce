/* What stands on a document of each kind: a function a kind, from its event and those of the same decision. */
#include "document/document_part.h"

#include "calendar/calendar.h"
#include "model/limits.h"
#include "model/procedure.h"
#include "model/status.h"

static struct json data_of(struct compose *c, struct text data) {
    struct json value = JSON_NULL_VALUE;
    if (!text_is_none(data) && json_read(c->arena, data, LIMIT_json_depth_most, &value, NULL) != OUTCOME_OK)
        value = JSON_NULL_VALUE;
    return value;
}

static const struct item_definition *item_of(const struct compose *c) {
    return c->document->item == NO_INDEX ? NULL : &c->journal->definition->items[c->document->item];
}

/* "《行政許可法》第三十二條、《不動產登記暫行條例》": the article, and the item's own basis. */
static void cite(struct compose *c, enum law law) {
    const struct item_definition *item = item_of(c);
    struct text article = text_from(laws[law][c->language]), basis = item ? item->basis : TEXT_NONE;
    bool is_name = basis.length > 0 && !memmem(basis.at, basis.length, "《", strlen("《")) && text_find(basis, ' ') == SIZE_MAX;
    if (basis.length == 0)
        c->slots[SLOT_LAW] = article;
    else
        c->slots[SLOT_LAW] = text_format(c->arena, is_name ? "%.*s%s《%.*s》" : "%.*s%s%.*s", TEXT_ARG(article),
                                         c->language == ENGLISH ? " and " : "及", TEXT_ARG(basis));
}

static struct text applicants(struct compose *c) {
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, 8192);
    for (uint32_t i = 0; i < c->people.name_count; i++) {
        buffer_put_string(&out, i == 0 ? "" : c->language == ENGLISH ? ", " : "、");
        buffer_put_text(&out, c->people.names[i]);
    }
    return out.failed || out.length == 0 ? TEXT_NONE : text_copy(c->arena, buffer_text(&out));
}

static void put_case_rows(struct compose *c) {
    const struct item_definition *item = item_of(c);
    put_row(c, SAY_ROW_CASE, c->journal->case_id);
    put_row(c, SAY_ROW_THING, c->slots[SLOT_THING]);
    if (item) {
        put_row(c, SAY_ROW_ITEM, c->slots[SLOT_ITEM]);
        put_row(c, SAY_ROW_CODE, item->code);
    }
    put_row(c, SAY_ROW_APPLICANT, applicants(c));
}

static void put_reason(struct compose *c, struct text reason) {
    c->slots[SLOT_REASON] = reason.length ? reason : text_from(sentences[SAY_NO_REASON][c->language]);
    put_paragraph(c, SAY_REASON_IS);
}

/* ---- 受理 ---- */

static void accepted(struct compose *c) {
    struct text by = c->event->reason;
    cite(c, LAW_ACCEPT);
    c->slots[SLOT_SINCE] = date_in(c, c->event->since_us);
    put_paragraph(c, text_is(by, "silence") ? SAY_ACCEPTED_SILENCE : !c->of_law ? SAY_ACCEPTED_SERVICE
                     : text_is(by, "correction_answered") ? SAY_ACCEPTED_CORRECTED : SAY_ACCEPTED);
    put_case_rows(c);
    put_row(c, SAY_ROW_RECEIVED, c->slots[SLOT_RECEIVED]);
    put_limit(c, CLOCK_PROMISE, SAY_ROW_PROMISE);
    put_limit(c, CLOCK_STATUTE, SAY_ROW_STATUTE);
}

static void not_accepted(struct compose *c) {
    cite(c, LAW_ACCEPT);
    put_paragraph(c, c->of_law ? SAY_NOT_ACCEPTED : SAY_NOT_ACCEPTED_SERVICE);
    put_reason(c, c->event->reason);
    put_case_rows(c);
    put_paragraph(c, c->of_law ? SAY_REMEDY : SAY_REMEDY_SERVICE);
}

/* ---- 補正: everything that is missing at this moment ---- */

static uint16_t find_material(const struct definition *d, struct text id) {
    for (uint16_t i = 0; i < d->material_count; i++)
        if (text_equal(d->materials[i].id, id))
            return i;
    return NO_INDEX;
}

static struct text material_name(struct compose *c, struct text id) {
    uint16_t material = find_material(c->journal->definition, id);
    struct text title = material == NO_INDEX ? TEXT_NONE : title_in(c->journal->definition->materials[material].title, c->language);
    return title.length ? title : id;
}

/* Was it given between its asking and the document? */
static bool was_given(struct compose *c, uint32_t asked, struct text material) {
    for (uint32_t i = asked + 1; i <= c->document->event; i++) {
        const struct event *e = &c->journal->events[i];
        struct json data = e->kind == EVENT_MATERIALS_GIVEN || e->kind == EVENT_CORRECTION_SENT ? data_of(c, e->data) : JSON_NULL_VALUE;
        const struct json *given = json_get_string(&data, "materials");
        for (uint32_t k = 0; given && k < given->count; k++)
            if (text_equal(json_get_text(json_at(given, k), TEXT("id")), material))
                return true;
    }
    return false;
}

static uint32_t put_outstanding(struct compose *c, enum event_kind kind, enum sentence entry, uint32_t count) {
    for (uint32_t i = 0; i <= c->document->event; i++) {
        const struct event *e = &c->journal->events[i];
        if (e->kind != kind || was_given(c, i, e->material))
            continue;
        bool again = false;   /* told again: by a new calendar */
        for (uint32_t k = i + 1; k <= c->document->event; k++)
            again = again || (c->journal->events[k].kind == kind && text_equal(c->journal->events[k].material, e->material));
        if (again)
            continue;
        c->slots[SLOT_WHAT] = material_name(c, e->material);
        c->slots[SLOT_DUE] = date_in(c, e->due_us);
        put(c, BLOCK_ENTRY, text_format(c->arena, "%u.", ++count), say(c, entry));
    }
    return count;
}

static void correction(struct compose *c) {
    struct json data = data_of(c, c->event->data);
    const struct json *reasons = json_get_string(&data, "reasons");
    uint32_t count = 0, at;
    cite(c, LAW_ACCEPT);
    put_paragraph(c, c->of_law ? SAY_CORRECTION : SAY_CORRECTION_SERVICE);
    for (uint32_t i = 0; reasons && i < reasons->count; i++) {
        struct text what = json_get_text(json_at(reasons, i), TEXT("what"));
        c->slots[SLOT_WHAT] = material_name(c, what);
        c->slots[SLOT_REASON] = json_get_text(json_at(reasons, i), TEXT("why"));
        put(c, BLOCK_ENTRY, text_format(c->arena, "%u.", ++count), say(c, SAY_CORRECTION_ENTRY));
    }
    put_outstanding(c, EVENT_MATERIAL_ASKED, SAY_MISSING_ENTRY, count);
    put_paragraph(c, SAY_CORRECTION_THEN);
    at = c->count;
    put(c, BLOCK_PARAGRAPH, TEXT_NONE, say(c, SAY_CORRECTION_TOLERATED));
    if (put_outstanding(c, EVENT_MATERIAL_TOLERATED, SAY_TOLERATED_ENTRY, 0) == 0)
        c->count = at;
    put_case_rows(c);
}

/* ---- 延長, 特別程序 ---- */

static void extended(struct compose *c) {
    cite(c, LAW_EXTEND);
    c->slots[SLOT_DAYS] = text_format(c->arena, "%u", c->event->count);
    c->slots[SLOT_BY] = c->event->actor;
    put_paragraph(c, c->of_law ? SAY_EXTENDED : SAY_EXTENDED_SERVICE);
    put_reason(c, c->event->reason);
    if (c->event->actor.length)
        put_paragraph(c, SAY_EXTENDED_APPROVED);
    put_paragraph(c, SAY_NEW_DUE);
    put_case_rows(c);
    put_limit(c, CLOCK_PROMISE, SAY_ROW_PROMISE);
    put_limit(c, CLOCK_STATUTE, SAY_ROW_STATUTE);
}

static void special(struct compose *c) {
    struct json data = data_of(c, c->event->data);
    struct text named = json_get_text(&data, TEXT("procedure"));
    const struct event *paused = document_beside(c->journal, c->document->event, EVENT_CLOCK_PAUSED);
    const struct procedure *listed = procedure_find(named);
    int64_t days = 0;
    json_to_int64(json_get_string(&data, "days"), &days);
    c->slots[SLOT_PROCEDURE] = !listed ? named : text_from(c->language == HANT ? listed->zh_hant : c->language == HANS ? listed->zh_hans
                                                                                                                        : listed->en);
    bool by_law = paused && text_is(paused->basis, PROCEDURE_BASIS);
    c->slots[SLOT_BASIS] = by_law || !paused ? text_from(laws[LAW_SPECIAL][c->language]) : paused->basis;
    c->slots[SLOT_SINCE] = date_in(c, c->event->at_us);
    c->slots[SLOT_DAYS] = text_format(c->arena, "%lld", (long long)days);
    put_paragraph(c, paused && paused->clock == CLOCK_STATUTE ? SAY_SPECIAL : SAY_SPECIAL_PROMISE);
    put_paragraph(c, days > 0 ? SAY_SPECIAL_DAYS : SAY_SPECIAL_OPEN);
    struct text why = json_get_text(&data, TEXT("reason"));
    if (why.length)
        put_reason(c, why);
    put_paragraph(c, SAY_SPECIAL_THEN);
    put_case_rows(c);
}

/* ---- decisions ---- */

static void put_certificates(struct compose *c, struct text extra) {
    struct json list = data_of(c, extra);
    for (uint32_t i = 0; list.type == JSON_ARRAY && i < list.count; i++)
        put_row(c, SAY_ROW_CERTIFICATE, text_format(c->arena, "%.*s %.*s", TEXT_ARG(json_get_text(json_at(&list, i), TEXT("type"))),
                                                    TEXT_ARG(json_get_text(json_at(&list, i), TEXT("number")))));
}

static void granted(struct compose *c) {
    cite(c, LAW_DECIDE);
    put_paragraph(c, c->of_law ? SAY_GRANTED : SAY_GRANTED_SERVICE);
    put_case_rows(c);
    for (uint32_t i = 0; i <= c->document->event; i++)   /* what each step of the item gave */
        if (c->journal->events[i].kind == EVENT_STEP_ENDED && c->journal->events[i].state == STEP_GRANTED &&
            document_item_of(c->journal, &c->journal->events[i]) == c->document->item)
            put_certificates(c, c->journal->events[i].extra);
    c->slots[SLOT_LAW] = text_from(laws[LAW_DELIVER][c->language]);
    if (c->of_law)
        put_paragraph(c, SAY_DELIVER_WITHIN);
}

static void refused(struct compose *c) {
    const struct event *ended = NULL;
    for (uint32_t i = 0; i < c->document->event; i++)
        if (c->journal->events[i].kind == EVENT_STEP_ENDED && c->journal->events[i].state == STEP_REFUSED &&
            document_item_of(c->journal, &c->journal->events[i]) == c->document->item)
            ended = &c->journal->events[i];
    cite(c, LAW_DECIDE);
    put_paragraph(c, c->of_law ? SAY_REFUSED : SAY_REFUSED_SERVICE);
    put_reason(c, ended ? ended->reason : TEXT_NONE);
    put_case_rows(c);
    put_paragraph(c, c->of_law ? SAY_REMEDY : SAY_REMEDY_SERVICE);
}

/* ---- the whole case ---- */

static void put_item_result(struct compose *c, const struct event *e) {
    uint16_t index = document_item_of(c->journal, e);
    const struct item_definition *item = index == NO_INDEX ? NULL : &c->journal->definition->items[index];
    if (!item)
        return;
    c->slots[SLOT_DEPARTMENT] = department_in(c->journal, item->department, c->document->at_us, c->language);
    c->slots[SLOT_SINCE] = date_in(c, e->at_us);
    enum sentence how = text_is(e->reason, "not_accepted") ? SAY_ITEM_NOT_ACCEPTED
                        : e->state == STEP_GRANTED ? SAY_ITEM_GRANTED : e->state == STEP_REFUSED ? SAY_ITEM_REFUSED
                        : e->state == STEP_SKIPPED ? SAY_ITEM_SKIPPED : SAY_ITEM_DROPPED;
    struct text title = title_in(item->title, c->language);
    put(c, BLOCK_ROW, title.length ? title : item->id, say(c, how));
}

static void closed(struct compose *c) {
    struct case_status_fold fold = {0};
    uint32_t ended = 0;
    for (uint32_t i = 0; i <= c->document->event; i++) {
        uint16_t step = text_is_none(c->journal->events[i].step) ? NO_INDEX
                                                                 : definition_find_step(c->journal->definition, c->journal->events[i].step);
        status_take(&fold, &c->journal->events[i], step != NO_INDEX && c->journal->definition->steps[step].kind == STEP_DELIVER);
        ended += c->journal->events[i].kind == EVENT_ITEM_ENDED;
    }
    c->slots[SLOT_ENDING] = title_in(ending_words(status_ending(&fold)), c->language);
    c->slots[SLOT_SINCE] = date_in(c, c->event->at_us);
    put_paragraph(c, ended ? SAY_CLOSED : SAY_CLOSED_ITEMS);
    for (uint32_t i = 0; i <= c->document->event; i++)
        if (c->journal->events[i].kind == EVENT_ITEM_ENDED)
            put_item_result(c, &c->journal->events[i]);
    put_paragraph(c, SAY_RATE);
}

/* Decisions that stand before it, by their numbers; then what is written by hand. */
static void receipt(struct compose *c) {
    static const enum sentence blanks[] = {SAY_ROW_PLACE, SAY_ROW_RECEIVER, SAY_ROW_RECEIVED_ON, SAY_ROW_AGENT, SAY_ROW_HANDED_BY,
                                           SAY_ROW_REMARKS};
    struct document *documents;
    uint32_t count;
    if (!document_list(c->journal, c->arena, &documents, &count))
        return;
    c->slots[SLOT_LAW] = text_from(laws[LAW_DELIVER][c->language]);
    c->slots[SLOT_DEPARTMENT] = department_in(c->journal, c->document->department, c->document->at_us, c->language);
    put_paragraph(c, SAY_RECEIPT);
    put_case_rows(c);
    put_row(c, SAY_ROW_DELIVERED_BY, c->slots[SLOT_DEPARTMENT]);
    for (uint32_t i = 0; i < count && documents[i].n < c->document->n; i++)
        if (documents[i].kind == DOCUMENT_GRANTED || documents[i].kind == DOCUMENT_REFUSED)
            put_row(c, SAY_ROW_DELIVERED,
                    text_format(c->arena, "%.*s %.*s", TEXT_ARG(title_in(document_title(c->journal, &documents[i]), c->language)),
                                TEXT_ARG(documents[i].number)));
    for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++)
        put(c, BLOCK_BLANK, say(c, blanks[i]), TEXT_NONE);
}

/* ---- 現場核驗 ---- */

/* {what, why}, numbered; how many there were. */
static uint32_t put_findings(struct compose *c, const struct json *list) {
    for (uint32_t i = 0; list && list->type == JSON_ARRAY && i < list->count; i++) {
        c->slots[SLOT_WHAT] = material_name(c, json_get_text(json_at(list, i), TEXT("what")));
        c->slots[SLOT_REASON] = json_get_text(json_at(list, i), TEXT("why"));
        put(c, BLOCK_ENTRY, text_format(c->arena, "%u.", i + 1), say(c, SAY_CORRECTION_ENTRY));
    }
    return list && list->type == JSON_ARRAY ? list->count : 0;
}

/* The how manieth visit of the item this was. */
static uint32_t round_of(const struct compose *c) {
    uint32_t rounds = 1;
    for (uint32_t i = 0; i < c->document->event; i++) {
        const struct event *e = &c->journal->events[i];
        rounds += e->kind == EVENT_ANSWER_NOTED && e->answer == ANSWER_CORRECTION && text_equal(e->step, c->event->step) &&
                  e->index == c->event->index;
    }
    return rounds;
}

/* By when: as the department says (a date, to its end), else until the step's own time is over. */
static struct text rectify_by(struct compose *c, const struct json *data) {
    struct text said = json_get_text(data, TEXT("until"));
    struct civil_date day;
    if (civil_read(said, &day) && civil_is_valid(day))
        return date_in(c, calendar_day_begins_us(civil_to_days(day)));
    const struct event *asked = document_before(c->journal, c->document->event, EVENT_STEP_ASKED);
    int64_t due_us = asked ? asked->due_us : TIME_NONE;
    for (uint32_t i = 0; i < c->document->event; i++) {
        const struct event *e = &c->journal->events[i];
        if (e->kind == EVENT_CALENDAR_CHANGED && text_is(e->reason, "timeout") && text_equal(e->step, c->event->step) &&
            e->index == c->event->index && e->at_us >= (asked ? asked->at_us : 0))
            due_us = e->due_us;
    }
    return date_in(c, due_us);
}

static void inspection(struct compose *c) {
    struct json data = data_of(c, c->event->data);
    const struct json *reasons = json_get_string(&data, "reasons");
    const struct step_definition *step = &c->journal->definition->steps[definition_find_step(c->journal->definition, c->event->step)];
    bool passes = c->event->kind == EVENT_STEP_ENDED && c->event->state == STEP_GRANTED;
    bool rectifies = c->event->kind == EVENT_ANSWER_NOTED, spent = !rectifies && c->event->answer == ANSWER_CORRECTION;
    c->slots[SLOT_NUMBER] = text_format(c->arena, "%u", round_of(c));
    put_paragraph(c, passes ? SAY_PASSED : rectifies ? SAY_RECTIFY : spent ? SAY_FAILED_ROUNDS : SAY_FAILED);
    if (passes) {
        uint32_t at = c->count;
        put_paragraph(c, SAY_FOUND);
        if (put_findings(c, json_get_string(&data, "findings")) == 0)
            c->count = at;
    } else if (put_findings(c, reasons) == 0) {
        put_reason(c, c->event->reason);
    }
    if (rectifies) {
        c->slots[SLOT_DUE] = rectify_by(c, &data);
        if (c->slots[SLOT_DUE].length)
            put_paragraph(c, SAY_RECTIFY_UNTIL);
        c->slots[SLOT_DAYS] = text_format(c->arena, "%u", (unsigned)step->inspection.rounds);
        put_paragraph(c, SAY_RECTIFY_THEN);
    }
    put_case_rows(c);
    put_certificates(c, c->event->extra);
}

void compose_blocks(struct compose *c) {
    static void (*const of[DOCUMENT_KIND_COUNT])(struct compose *) = {
        [DOCUMENT_ACCEPTED] = accepted, [DOCUMENT_NOT_ACCEPTED] = not_accepted, [DOCUMENT_CORRECTION] = correction,
        [DOCUMENT_EXTENDED] = extended, [DOCUMENT_SPECIAL] = special, [DOCUMENT_GRANTED] = granted,
        [DOCUMENT_REFUSED] = refused, [DOCUMENT_CLOSED] = closed, [DOCUMENT_RECEIPT] = receipt,
        [DOCUMENT_INSPECTION] = inspection,
    };
    of[c->document->kind](c);
}
