/* Masks: how a personal value is shown to those who need not know it. Pure; any thread. */
#ifndef YJS_PRIVACY_MASK_H
#define YJS_PRIVACY_MASK_H

#include "base/arena.h"
#include "base/text.h"

/* What `x-mask` in a form may say. */
enum mask {
    MASK_WHOLE,      /* nothing is shown: *** (x-personal without a mask, or one that is not known) */
    MASK_NAME,       /* 張建國 -> 張*, John Smith -> J*: not even its length */
    MASK_ID,         /* 441302199001011234 -> 4413**********1234; what has fewer than 12 characters is shown by none */
    MASK_PHONE,      /* 13800000001 -> 138****0001; of 7 to 10 characters the last two */
    MASK_ACCOUNT,    /* 6222021234567890 -> ************7890; of fewer than 8 characters none */
    MASK_ADDRESS,    /* 惠州仲愷高新區和暢四路18號 -> 惠州仲愷高新***: six characters, of fewer than 12 none */
};
enum mask mask_of(struct text word);
/* The value as it may be shown; absent or empty stays so. None: no memory. */
struct text mask_text(struct arena *, enum mask, struct text value);
/* anna@example.cn -> a***@example.cn; what is no address is not shown. */
struct text mask_email(struct arena *, struct text);
/* Free text of a department: citizen ids (18 characters) as MASK_ID and mobile numbers as MASK_PHONE have them, and each
 * of `names` (at least two characters) as MASK_NAME. Absent stays absent. None: no memory. */
struct text mask_words(struct arena *, struct text, const struct text *names, uint32_t count);
/* Appends the value as it may be shown. Bytes that are no UTF-8 are not shown. */
void mask_put(struct buffer *, enum mask, struct text value);

#endif
