/* Base64 (RFC 4648 §4), and bytes in JSON: as the text that they are, or as {"base64": "…"} where they are none, so that
 * people read what can be read and nothing is lost of the rest. */
#ifndef YJS_BASE_BASE64_H
#define YJS_BASE_BASE64_H

#include "base/arena.h"
#include "base/json.h"

bool base64_is(struct text);                                  /* its alphabet, padded to fours */
/* `text` is base64 (base64_is). Absent without memory; absent stays absent. */
struct text base64_decode(struct arena *, struct text);
void base64_write(struct buffer *, struct text bytes);

/* Can a column of text, and so a JSON text in the store, hold them: UTF-8 without U+0000? */
bool bytes_are_text(struct text);
/* Absent gives null. */
void json_put_bytes(struct json_writer *, struct text bytes);
/* The bytes that json_put_bytes wrote; false: it is no such value, or there is no memory. */
bool json_get_bytes(struct arena *, const struct json *, struct text *ret);

#endif
