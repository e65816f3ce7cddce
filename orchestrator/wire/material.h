/* A material of an application as it stands once it was held against what is kept (web/materials.c for HTTP, conductor/materials.c for
 * the intake topic). Pure. */
#ifndef YJS_WIRE_MATERIAL_H
#define YJS_WIRE_MATERIAL_H

#include "base/json.h"

/* Where the bytes of a digest can be fetched: `<url>/v1/materials/<digest>`, in the arena; absent without memory. */
struct text material_uri(struct arena *, struct text url, struct text digest);

/* The material as the applicant gave it (an object), with `uri`, `size` (bytes) and `media_type` as it is kept. */
void material_put_kept(struct json_writer *, const struct json *given, struct text uri, int64_t size, struct text media_type);

#endif
