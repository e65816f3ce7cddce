/* From an event that has to be told to what each person is told: who, over which channel, in which words. Pure. */
#ifndef YJS_NOTICE_TELLING_H
#define YJS_NOTICE_TELLING_H

#include "notice/rules.h"
#include "notice/words.h"

/* A department's title; absent titles: it is not known. */
struct telling_names {
    void *context;
    struct title (*department)(void *context, struct text id, struct arena *);
};

/* `due`: a row of the query notice_due_list (store/queries_notices.c). Appends to `out` a JSON array with a row a person
 * and channel, as the query notice_plan takes them:
 *   [{"id","kind","audience","recipient","channel","language","step","shown_as","texts":{"zh-Hant":{"title","text"},…},
 *     "address","state","wait_s"}…]
 * The same address gets one event once. A correction's reminder is among them, to be sent later. REJECT due_unreadable.
 * FATAL out_of_memory. */
enum outcome telling_write(const struct notice_rules *, const struct telling_names *, const struct json *due, struct arena *,
                           struct buffer *out, struct error *);

#endif
