/* What may be shown of a person: masks of names, telephones, addresses of mail, and of identifiers within free text. */
#ifndef YJS_NOTICE_MASK_H
#define YJS_NOTICE_MASK_H

#include "base/arena.h"
#include "base/text.h"

/* 張建國 → 張*; "Anna Smith" → A*. */
struct text mask_name(struct arena *, struct text);
/* 13800000001 → 138****0001; shorter numbers show their last two digits. */
struct text mask_phone(struct arena *, struct text);
/* anna@example.cn → a***@example.cn */
struct text mask_email(struct arena *, struct text);
/* Free text of a department: citizen ids (18 characters) as 4413**********1234, mobile numbers as 138****0001, and each of
 * `names` (at least two characters) as mask_name shows it. Absent stays absent. */
struct text mask_words(struct arena *, struct text, const struct text *names, uint32_t count);

#endif
