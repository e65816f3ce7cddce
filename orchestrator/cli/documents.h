/* A case's documents from the database: its journal and its definition read, what stands on a letter asked of document/, the
 * letter printed and sealed by press/. For the daemon's HTTP side.
 *
 * Any thread; everything made lives in the arena that the call is given. */
#ifndef YJS_CLI_DOCUMENTS_H
#define YJS_CLI_DOCUMENTS_H

#include "cli/publish.h"
#include "press/press.h"

struct document_desk {
    struct publisher publisher;
    struct press *press;
    const char *seals;                   /* folder: <department>.pem, else seal.pem for all; NULL: nothing is sealed */
    struct text issuer;                  /* the department that signs what is the whole case's */
};

struct document_question {
    struct text case_id;
    uint32_t n;
    struct text accept;                  /* an Accept-Language, or a language */
    bool for_party;                      /* with names as they are; else masked */
    struct text department;              /* only what this one issues; absent: all */
};

/* {"items":[{"n","kind","number","title":{…},"item"?,"department","at","due"?}…]}. REJECT case_unknown. RETRY: the store is
 * away. */
enum outcome documents_list(const struct document_desk *, const struct document_question *, struct arena *, struct text *ret,
                            struct error *);
/* One as PDF, appended to `out`. *ret_language: the one it is in. REJECT case_unknown, document_unknown; document_font,
 * seal_bad. */
enum outcome documents_print(const struct document_desk *, const struct document_question *, struct arena *, struct buffer *out,
                             struct text *ret_language, struct error *);

/* case_figures.c: what a case spared and what it did not: {"fields","shared","keyings_saved","fetched","lookups",
 * "answered_for":[{"department","count"}…]}: the figures of its definition's form (notice/notice.h), materials that were fetched in
 * it, and answers recorded on a department's behalf (代錄). REJECT and RETRY as below. */
enum outcome case_figures(const struct publisher *, struct text case_id, struct arena *, struct text *ret, struct error *);
/* clocks_now.c: [{"item","clock","explained"}…] of a case, counted up to `now_us` (the table `clock` has it as of the last
 * event). REJECT case_unknown, thing_unknown. RETRY: the store is away. */
enum outcome clocks_now(const struct publisher *, struct text case_id, int64_t now_us, struct arena *, struct text *ret, struct error *);

#endif
