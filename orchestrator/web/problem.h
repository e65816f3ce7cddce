/* Problems: application/problem+json (RFC 9457) by one table of codes. */
#ifndef YJS_WEB_PROBLEM_H
#define YJS_WEB_PROBLEM_H

#include "base/text.h"

/* `code` is stable; `type` is urn:yijianshi:problem:<code>. Ends with code == NULL. */
struct problem { const char *code; unsigned status; const char *title; };
extern const struct problem problem_table[];
/* NULL: not in the table. */
const struct problem *problem_find(const char *code);

/* One thing that is wrong in the body: RFC 6901 pointer, the rule's word, a sentence. */
struct problem_fault { struct text pointer; const char *keyword; struct text message; };

/* {"type","title","status","detail","code","faults"}; status 0: the table's. */
void problem_write(struct buffer *out, const char *code, unsigned status, struct text detail, const struct problem_fault *,
                   uint32_t fault_count);

#endif
