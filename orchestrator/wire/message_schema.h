/* The schemas of schemas/messages, built into the program: what comes in is held against them, and in the tests what
 * goes out. */
#ifndef YJS_WIRE_MESSAGE_SCHEMA_H
#define YJS_WIRE_MESSAGE_SCHEMA_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

/* Made by the build; in the order of their names; ends with type == NULL. */
struct message_schema_source { const char *type, *text; };
extern const struct message_schema_source message_schema_sources[];

struct message_schemas;

/* Compiles all of them. The arena must outlive the result; message_schemas_free gives back what the patterns hold.
 * FATAL: no memory, or a schema that is none (a fault of the build). */
enum outcome message_schemas_make(struct arena *, struct message_schemas **ret, struct error *);
void message_schemas_free(struct message_schemas *);          /* NULL is fine */

/* Holds the data of a message of `type` against its schema; null data counts as {}. REJECT message_invalid (the faults
 * with their pointers), message_unknown. Faults and scratch live in `arena`. */
enum outcome message_schemas_check(const struct message_schemas *, struct text type, const struct json *data, struct arena *,
                                   struct error *);

#endif
