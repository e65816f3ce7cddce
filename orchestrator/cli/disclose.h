/* The ledger of a case and all below it: who was given what, and who looked. Any thread; everything lives in the arena. */
#ifndef YJS_CLI_DISCLOSE_H
#define YJS_CLI_DISCLOSE_H

#include "cli/publish.h"

/* OK: *ret is {"case", "given": […] (privacy/disclosure.h), "consents": [{case, at, by, person, source, word, reason}], "seen":
 * [rows of access]} in the language (zh-Hant, zh-Hans,
 * en). REJECT case_unknown; RETRY: the store is away. */
enum outcome case_disclosures(const struct publisher *, struct text case_id, struct text language, struct arena *, struct text *ret,
                              struct error *);

#endif
