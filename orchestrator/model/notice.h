/* Notices (告知): what of a case's events is told to people, by name. Which event gives which notice is
 * engine/notices.c; to whom, and in which words, is notice/words.c.
 * Names stand in the database and the API: they never change. */
#ifndef YJS_MODEL_NOTICE_H
#define YJS_MODEL_NOTICE_H

#include "base/text.h"

enum notice_kind {
    NOTICE_NONE,
    NOTICE_ACCEPTED,           /* 受理: the first item of a case; those that follow say nothing new */
    NOTICE_NOT_ACCEPTED,       /* 不予受理 */
    NOTICE_CORRECTION,         /* 補正告知 */
    NOTICE_CORRECTION_DUE,     /* it still waits for the applicant: a reminder, made by the notifier itself */
    NOTICE_MATERIAL_ASKED,     /* a lookup found nothing: the applicant is asked to bring it */
    NOTICE_MATERIAL_LATER,     /* 容缺受理: it may come later, until when */
    NOTICE_MATERIAL_MISSED,    /* it did not come by its day */
    NOTICE_SIGNATURE,          /* parties have to sign */
    NOTICE_TURN,               /* something else waits for the applicant: a payment, a construction */
    NOTICE_SPECIAL_STARTED,    /* 特別程序, with how long */
    NOTICE_SPECIAL_ENDED,
    NOTICE_EXTENDED,           /* 延長 */
    NOTICE_REFUSED,            /* 不予許可 of an item */
    NOTICE_CLOSED,             /* 辦結 */
    NOTICE_WITHDRAWN,          /* 撤回 */
    NOTICE_DELIVERED,          /* 送達 */
    NOTICE_YELLOW,             /* 黃燈: a limit comes near */
    NOTICE_RED,                /* 紅燈: past the promise */
    NOTICE_DEEP_RED,           /* 深紅: past the law's limit */
    NOTICE_CONTACT,            /* he is told here from now on, and was until now elsewhere */
    NOTICE_RECTIFY,            /* 整改: what an inspection found has to be put right, by when */
    NOTICE_KIND_COUNT
};

const char *notice_kind_name(enum notice_kind);
bool notice_kind_parse(struct text, enum notice_kind *ret);

#endif
