/* What people are told, in three languages: one row a kind of notice. Values in ${…}; what stands in [ ] is left out when
 * a value in it is not known. */
#ifndef YJS_NOTICE_WORDS_H
#define YJS_NOTICE_WORDS_H

#include "model/definition.h"
#include "model/notice.h"
#include "notice/rules.h"

enum { LANGUAGE_COUNT = 3 };   /* zh-Hant, zh-Hans, en, as in struct title */
extern const char *const notice_languages[LANGUAGE_COUNT];

struct notice_words {
    unsigned audiences;                            /* bits 1 << enum notice_audience */
    const char *title[LANGUAGE_COUNT];
    const char *party[LANGUAGE_COUNT];             /* to a party; NULL: parties are not told */
    const char *office[LANGUAGE_COUNT];            /* to a window, department, supervisor */
};
extern const struct notice_words notice_words[NOTICE_KIND_COUNT];

#endif
