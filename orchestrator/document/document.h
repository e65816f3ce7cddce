/* The documents that the law asks for in writing: 受理通知書, 不予受理決定書, 補正告知書, 延長通知書, 特別程序告知書, decisions,
 * 辦結通知書, 送達回證 and 現場核驗意見書. Which of them a case has, and what stands on each, follows from its journal and its definition
 * alone, so that the same one can be printed again at any time.
 *
 * Called by the daemon for the HTTP API (cli/documents.c). Pure; any thread. press/ draws and seals what is written here.
 *
 * The number. 行政許可法 32 asks for the seal and the date of a written proof, and no law for a register without gaps (that
 * is for the official papers of an office, 黨政機關公文處理工作條例). So a number is derived: its kind by the letters that
 * the platforms use (SL 受理, BZGZ 補正告知 …), the year, the case's 流水號 and the place among the case's documents:
 * SL〔2026〕4413002026112900018-1. It needs no counter, is the same whenever it is printed, and leads back to the case.
 *
 * An item that cites no basis and no statutory limit (the water account of a home that was sold) is a service and no act of
 * an authority: its documents cite no law and name the hotline instead of 復議 and 訴訟. */
#ifndef YJS_DOCUMENT_DOCUMENT_H
#define YJS_DOCUMENT_DOCUMENT_H

#include "base/arena.h"
#include "model/definition.h"
#include "model/directory.h"
#include "model/event.h"

struct calendar;

enum document_kind {
    DOCUMENT_ACCEPTED,        /* 受理通知書 */
    DOCUMENT_NOT_ACCEPTED,    /* 不予受理決定書 */
    DOCUMENT_CORRECTION,      /* 補正告知書: once, with everything that is missing */
    DOCUMENT_EXTENDED,        /* 延長辦理期限通知書 */
    DOCUMENT_SPECIAL,         /* 特別程序告知書: what is not counted, and how long */
    DOCUMENT_GRANTED,         /* 准予決定書 */
    DOCUMENT_REFUSED,         /* 不予許可決定書 */
    DOCUMENT_CLOSED,          /* 辦結通知書: the whole case, item by item */
    DOCUMENT_RECEIPT,         /* 送達回證: to be signed by who receives */
    DOCUMENT_INSPECTION,      /* 現場核驗意見書: of each item that a visit looked at: passed, to be rectified by when, failed */
    DOCUMENT_KIND_COUNT
};

/* A case's journal with what it is read by. Everything is borrowed. */
struct document_journal {
    struct text case_id;
    const struct definition *definition;       /* the case's, in its region */
    const struct directory *directory;         /* names of departments; NULL: their ids stand for them */
    const struct calendar *calendar;           /* of the case's region, of the version that the events name; NULL: the days
                                                * that were passed over are not named */
    struct text issuer;                        /* the department whose name stands on what is the whole case's */
    const struct event *events;                /* from the first one on, in their order */
    uint32_t event_count;
};

struct document {
    enum document_kind kind;
    uint32_t n;                                /* 1, 2, 3 … among the case's; never changes */
    uint32_t event;                            /* index of the event that it tells of */
    int64_t at_us;
    uint16_t item;                             /* NO_INDEX: the whole case's */
    struct text department;                    /* id of who issues it */
    struct text number;
    int64_t due_us;                            /* the promise as it stood then, or what is owed by the applicant; TIME_NONE */
};

/* The documents of a case in the order of their events. False: no memory. */
bool document_list(const struct document_journal *, struct arena *, struct document **ret, uint32_t *ret_count);
const char *document_kind_name(enum document_kind);      /* "accepted", "not_accepted", … */
/* 受理通知書 … in three languages; of a service the word is another. */
struct title document_title(const struct document_journal *, const struct document *);

/* ---- what stands on it ---- */

enum block_kind {
    BLOCK_PARAGRAPH,          /* two characters in, justified */
    BLOCK_ENTRY,              /* of a list: `label` is its number */
    BLOCK_ROW,                /* of the table: label and text */
    BLOCK_BLANK,              /* a row whose text is written by hand; as high as a signature */
    BLOCK_HEADING,            /* a line that begins a part */
};
struct block { enum block_kind kind; struct text label, text; };

struct letter {
    struct text language;               /* zh-Hant, zh-Hans or en */
    struct text issuer;                 /* the head of the page and the signature */
    struct text seal_name;              /* as a seal is engraved: simplified characters, whatever the letter's language */
    struct text department;             /* id: whose seal */
    struct text title, number_label, number, addressee;
    const struct block *blocks; uint32_t block_count;
    struct text date;
    struct text copy;                   /* "masked copy": it is not the party's; absent on the party's own */
    struct text foot, foot_unsealed;    /* small, at the foot of every page: how to check it; that there is nothing to check */
    int64_t at_us;                      /* the event's moment: the file's dates */
};

/* `for_party`: with names as they are; else names, identity numbers, telephones and addresses that the form marks (x-mask) are
 * masked wherever they stand, and the letter says that it is a copy. A `language` that is none of the three is zh-Hans.
 * False: no memory. */
bool document_write(const struct document_journal *, const struct document *, struct text language, bool for_party,
                    struct arena *, struct letter *ret);

/* The best of an Accept-Language header (RFC 9110 12.5.4, weights heeded): "zh-Hant", "zh-Hans" or "en"; zh-Hans when it
 * names none of them or is absent. zh-TW, zh-HK and zh-MO are zh-Hant, other zh is zh-Hans. */
struct text document_language(struct text accept);

#endif
