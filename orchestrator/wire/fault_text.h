/* A schema's verdict as one error, for those who have room for one: dead letters, commands' answers. */
#ifndef YJS_WIRE_FAULT_TEXT_H
#define YJS_WIRE_FAULT_TEXT_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

struct schema;

/* OK when `value` is valid by `schema` (NULL: everything is). REJECT with `code`: the message has the faults, each with
 * its JSON pointer, as many as fit, and says when there are more. FATAL: no memory. */
enum outcome fault_text_check(const struct schema *, const struct json *value, const char *code, struct arena *,
                              struct error *);

#endif
