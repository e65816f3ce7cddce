/* An example of what a JSON Schema allows: the data with which a definition is tried where nobody gave any.
 *
 * Pure. Best effort: what is made here is held against the compiled schema by the caller, and what can't be made (a
 * pattern with a look-ahead, a rule over several members) has to be given by a person. */
#ifndef YJS_PROOF_SAMPLE_H
#define YJS_PROOF_SAMPLE_H

#include "base/arena.h"
#include "base/json.h"
#include "definition/schema_walk.h"

struct sampler { struct arena *arena; const struct schema_library *library; };

/* An example for `schema`, which stands in `source`: the required members, the least of everything. False: none could
 * be made, or there is no memory (the arena then says so). */
bool sample_make(const struct sampler *, const struct schema_source *source, const struct json *schema, unsigned depth,
                 struct json *ret);
/* The first schema that speaks of the place `segments` (an absent one: any element); NULL when none does. *source is
 * the document it stands in. */
const struct json *sample_find(const struct sampler *, const struct schema_source **source, const struct json *schema,
                               const struct text *segments, size_t count);
/* `schema` behind its references; NULL when one leads nowhere. */
const struct json *sample_follow(const struct sampler *, const struct schema_source **source, const struct json *schema);

/* `whole` with `value` at `segments` (in every element where a segment is absent); NULL takes the member out. Objects on
 * the way are made; what is no object or array on the way stays as it is. */
struct json json_with(struct arena *, const struct json *whole, const struct text *segments, size_t count,
                      const struct json *value);

#endif
