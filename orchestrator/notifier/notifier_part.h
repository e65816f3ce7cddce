/* What the files of the notifier share. */
#ifndef YJS_NOTIFIER_PART_H
#define YJS_NOTIFIER_PART_H

#include <curl/curl.h>

#include "notice/rules.h"

/* A notice on its way, texts in its own language. */
struct parcel { struct text id, case_id, kind, recipient, language, address, title, text; };

struct sender;
/* A channel's connection; `secret` may be absent. NULL: no memory. */
struct sender *sender_make(const struct channel *, const struct notice_rules *, const char *secret);
void sender_free(struct sender *);
/* OK: the gateway has it. RETRY: not now. REJECT: never, as it stands. *ret_status: of HTTP or SMTP, 0: there was none. */
enum outcome sender_send(struct sender *, const struct parcel *, struct arena *, int64_t now_us, long *ret_status, struct error *);

#endif
