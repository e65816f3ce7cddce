/* Persons of a case, and the codes by which they enter. For web/parties.c, web/applicant.c, web/progress.c. */
#ifndef YJS_WEB_PARTY_PART_H
#define YJS_WEB_PARTY_PART_H

#include "web/web_part.h"

enum { CODE_DIGITS = 8, CODE_SALT_BYTES = 16, CODE_HASH_BYTES = 32, CODE_ITERATIONS = 10000, PERSONS_MOST = 400, PERSON_NAME_SIZE = 160 };

/* "seller.0.agent" → party "seller", index 0, its agent. */
struct person { struct text party; int64_t index; bool is_agent; };
bool person_read(struct text name, struct person *ret);
/* The person's own member of `parties` (the agent's, when it is one); NULL: there is none. */
const struct json *person_find(const struct json *parties, const struct person *);
/* The names of all persons of `parties` and of their agents; "applicant" when nobody is named. Gives the count. */
uint32_t persons_of(struct arena *, const struct json *parties, struct text *room, uint32_t most);

/* consent.c: the member `consents` of the object that is open: what is looked up by this person's consent, in sub-cases too, and its
 * last word: said in the case, else in the application. */
void consent_put(struct request *, struct json_writer *, const struct person *);

/* PBKDF2-HMAC-SHA256 as hexadecimal digits. */
bool code_hash(struct text code, struct text salt, int64_t iterations, char ret[CODE_HASH_BYTES * 2 + 1]);

#endif
