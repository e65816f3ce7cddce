/* Holds the parties of an application against its definition: who files, and with which authority somebody acts for them.
 * Pure.
 *
 *   "parties": {"seller": [{"name": …, "phone"?, "email"?, "language"?, "channel"?, "consent"?, "agent"?: {"name": …,
 *               "authority": {"basis": …, "scope"?: ["sign", "correct", "withdraw", "rate", "consent"], "until"?: "2026-12-31"}, …}}],
 *               "buyer": {…}}
 *   "consent"?: true, false, or {"e_licence": true, …, "*"?: …}: the source of a lookup; beside `parties`: of a case that names
 *               nobody. Who does not say has consented by applying, but for a separate consent: that is a true by the name of its
 *               source. */
#ifndef YJS_WIRE_PARTY_CHECK_H
#define YJS_WIRE_PARTY_CHECK_H

#include "base/arena.h"
#include "base/error.h"
#include "model/definition.h"

enum { PARTY_PERSONS_MOST = 100 };

/* `extra`: the application's, JSON, may be absent. REJECT party_invalid: a party that the definition does not know, two
 * persons where there is one, nobody where a signature is awaited, a person without a name, an agent where none is allowed or
 * without a recorded basis of his authority; the message names whom. FATAL out_of_memory. */
enum outcome party_check(const struct definition *, struct text extra, struct arena *, struct error *);

#endif
