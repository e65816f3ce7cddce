/* What the files of document/ share. */
#ifndef YJS_DOCUMENT_PART_H
#define YJS_DOCUMENT_PART_H

#include "base/json.h"
#include "document/document.h"

enum { LANGUAGES = 3 };                          /* zh-Hant, zh-Hans, en: the order in struct title */
enum document_language { HANT, HANS, ENGLISH };

/* ---- sentences.c: everything that is said, in three languages; {name} is replaced by a slot ---- */
#define SENTENCES(X) \
    X(LETTER_NUMBER) X(FOOT_SEALED) X(FOOT_UNSEALED) X(COPY) X(ADDRESSED) X(ADDRESSED_MANY) X(APPLICANT) \
    X(ROW_CASE) X(ROW_THING) X(ROW_ITEM) X(ROW_CODE) X(ROW_APPLICANT) X(ROW_RECEIVED) X(ROW_PROMISE) X(ROW_STATUTE) X(ROW_RESULT) \
    X(ROW_CERTIFICATE) X(ROW_DELIVERED_BY) X(ROW_DELIVERED) X(ROW_PLACE) X(ROW_RECEIVER) X(ROW_RECEIVED_ON) X(ROW_AGENT) X(ROW_HANDED_BY) \
    X(ROW_REMARKS) X(ACCEPTED) X(ACCEPTED_SILENCE) X(ACCEPTED_CORRECTED) X(ACCEPTED_SERVICE) X(LIMIT_FROM) X(LIMIT_STANDS) X(DUE_PASSED) \
    X(DAYS_SPAN) X(DAY_ONE) X(WEEKEND) X(NOT_ACCEPTED) X(NOT_ACCEPTED_SERVICE) X(REASON_IS) X(CORRECTION) X(CORRECTION_SERVICE) \
    X(CORRECTION_THEN) X(CORRECTION_TOLERATED) X(TOLERATED_ENTRY) X(MISSING_ENTRY) X(CORRECTION_ENTRY) X(EXTENDED) X(EXTENDED_SERVICE) \
    X(EXTENDED_APPROVED) X(NEW_DUE) X(SPECIAL) X(SPECIAL_DAYS) X(SPECIAL_OPEN) X(SPECIAL_PROMISE) X(SPECIAL_THEN) X(GRANTED) \
    X(GRANTED_SERVICE) X(DELIVER_WITHIN) X(REFUSED) X(REFUSED_SERVICE) X(REMEDY) X(REMEDY_SERVICE) X(CLOSED) X(CLOSED_ITEMS) \
    X(ITEM_GRANTED) X(ITEM_REFUSED) X(ITEM_NOT_ACCEPTED) X(ITEM_DROPPED) X(ITEM_SKIPPED) X(RATE) X(RECEIPT) X(NO_REASON) \
    X(PASSED) X(RECTIFY) X(RECTIFY_UNTIL) X(RECTIFY_THEN) X(FAILED) X(FAILED_ROUNDS) X(FOUND)
enum sentence {
#define X(name) SAY_##name,
    SENTENCES(X)
#undef X
    SENTENCE_COUNT
};
extern const char *const sentences[SENTENCE_COUNT][LANGUAGES];

enum slot { SLOT_THING, SLOT_ITEM, SLOT_DEPARTMENT, SLOT_LAW, SLOT_RECEIVED, SLOT_SINCE, SLOT_LIMIT, SLOT_DUE, SLOT_REASON,
            SLOT_DAYS, SLOT_PROCEDURE, SLOT_BY, SLOT_ENDING, SLOT_WHAT, SLOT_NUMBER, SLOT_BASIS, SLOT_COUNT };

/* The articles that documents cite, in three languages. */
enum law { LAW_ACCEPT /* 行政許可法 32 */, LAW_DECIDE /* 38 */, LAW_EXTEND /* 42 */, LAW_DELIVER /* 44 */, LAW_SPECIAL /* 45 */,
           LAW_COUNT };
extern const char *const laws[LAW_COUNT][LANGUAGES];

/* ---- people.c: who the applicant is, and what is not for others ---- */
struct hidden { struct text value, masked; };
struct people {
    const struct text *names; uint32_t name_count;         /* of the parties; else the form's first ones */
    const struct hidden *hidden; uint32_t hidden_count;    /* personal values of the form, the longest first */
};
bool people_find(const struct document_journal *, struct arena *, struct people *ret);
/* The text with every personal value in it masked. */
struct text people_masked(const struct people *, struct arena *, struct text);

/* ---- document.c ---- */
/* Is the item decided by law (it cites a basis or a statutory limit), or is it a service? The whole case is decided by law. */
bool document_is_of_law(const struct definition *, uint16_t item);
/* The clock's moments that the event's decision set, of one item: due is TIME_NONE when it stands still. */
bool document_clock(const struct document_journal *, uint32_t event, struct text item, enum clock_kind, int64_t *ret_since_us,
                    int64_t *ret_due_us);
/* The last event before `event` of this kind for the same step and element; NULL: none. */
const struct event *document_before(const struct document_journal *, uint32_t event, enum event_kind);
/* The one at the same moment and of the same item, behind or before it: what the same decision said; NULL: none. */
const struct event *document_beside(const struct document_journal *, uint32_t event, enum event_kind);
uint16_t document_item_of(const struct document_journal *, const struct event *);

/* ---- composing ---- */
struct compose {
    const struct document_journal *journal;
    const struct document *document;
    const struct event *event;
    enum document_language language;
    bool for_party, of_law;
    struct people people;
    struct arena *arena;
    struct text slots[SLOT_COUNT];
    struct block *blocks;
    uint32_t count, room;
};
/* compose_text.c */
struct text title_in(struct title, enum document_language);
struct text say(struct compose *, enum sentence);                   /* with the slots filled */
void put(struct compose *, enum block_kind, struct text label, struct text);
void put_paragraph(struct compose *, enum sentence);
void put_row(struct compose *, enum sentence label, struct text);   /* nothing when the text is absent */
struct text date_in(struct compose *, int64_t us);                  /* 2026年3月2日 */
struct text moment_in(struct compose *, int64_t us);                /* … 下午5時30分 where a limit is counted in hours */
/* As it was called then: a reprint says what the original said. */
struct text department_in(const struct document_journal *, struct text id, int64_t at_us, enum document_language);
/* "承諾期限 … 至 … 屆滿", with the days that are passed over; nothing when no such clock was set. */
void put_limit(struct compose *, enum clock_kind, enum sentence label);
/* compose_kinds.c: what stands on a document of each kind */
void compose_blocks(struct compose *);

#endif
