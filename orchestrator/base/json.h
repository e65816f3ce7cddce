/* JSON: a strict one-pass reader into arena nodes that point into the source, and a writer.
 *
 * Reading is strict (RFC 8259, RFC 3629): refused are invalid UTF-8, a duplicate key in one object, U+0000 in a
 * string (raw or \u0000), a lone surrogate, a number past a double's range, nesting deeper than the limit, and any
 * byte but white space behind the value. Numbers keep their decimal text: nothing is rounded. There is one value type
 * for reading, for expressions and for schemas. Nodes are immutable once built and may be shared between trees.
 */
#ifndef YJS_BASE_JSON_H
#define YJS_BASE_JSON_H

#include "arena.h"
#include "error.h"

enum json_type { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* A member of an object or element of an array is a node in its container's `children` array, in source order. */
struct json {
    enum json_type type;
    uint32_t count;               /* children of an array or object */
    struct text text;             /* number: as written; string: decoded; container that was read: its source bytes,
                                   * absent in one that was built */
    struct json_member *children; /* `count` of them */
};
struct json_member {
    struct text key;              /* decoded; absent in an array */
    struct json value;
};

/* Reads `source`, which must stay valid as long as the nodes (strings without escapes and numbers point into it).
 * `depth_most`: how many [] and {} may stand within one another: 0 allows a scalar only, 1 allows [1] but not [[]].
 * REJECT codes: json_syntax, json_utf8, json_duplicate_key, json_nul, json_surrogate, json_number_range, json_depth,
 * json_trailing; the message names the byte offset. FATAL out_of_memory when the arena is full. */
enum outcome json_read(struct arena *, struct text source, unsigned depth_most, struct json *ret, struct error *);

/* Member of an object by key; NULL when it is not there or `value` is no object (or is NULL). */
const struct json *json_get(const struct json *value, struct text key);
#define json_get_string(value, literal) json_get((value), TEXT("" literal))   /* a pointer has no such length: it does not compile */
/* Text of a string member, absent when missing or not a string. */
struct text json_get_text(const struct json *object, struct text key);
/* Element of an array; NULL past its end. */
const struct json *json_at(const struct json *array, size_t index);
/* RFC 6901 pointer ("" is the value itself); NULL when nothing is there. */
const struct json *json_pointer(const struct json *value, struct text pointer);
bool json_is_true(const struct json *value);          /* NULL is not true */
/* An integer number within int64 ("1e3" and "5.0" count); false otherwise. */
bool json_to_int64(const struct json *value, int64_t *ret);
/* Equality by JSON Schema draft-07 / RFC 8259: numbers by value (1 = 1.0 = 1e0), objects without order. */
bool json_equal(const struct json *a, const struct json *b);
/* Compares two decimal texts of JSON numbers by value, exactly: -1, 0, 1. */
int json_number_compare(struct text a, struct text b);

/* Writes compactly, no white space, members in their order, numbers as they were written. (A container that was read
 * and is to leave unchanged is cheaper written from its source bytes, by buffer_put_text or json_put_raw of its
 * `text`.) Escapes ", \, controls; all else as UTF-8. */
void json_write(struct buffer *, const struct json *value);
/* Sorted keys (by bytes), no white space, shortest escapes, numbers in normal form: the same value gives the same
 * bytes (for hashes of definitions and for comparing contents). Normal form is ECMAScript's, of the exact decimal
 * digits: 0, -12.5, 100000000000000000000 (up to 21 digits), 1e+21, 0.000001, 1e-7. */
void json_write_canonical(struct buffer *, const struct json *value);
/* Indented by two, for people. */
void json_write_pretty(struct buffer *, const struct json *value);
/* A JSON string with quotes. */
void json_write_string(struct buffer *, struct text);

/* Building. The node is returned by value; children arrays live in the arena. */
struct json json_string(struct text);                 /* not copied */
struct json json_int64(struct arena *, int64_t);
struct json json_bool(bool);
#define JSON_NULL_VALUE ((struct json){.type = JSON_NULL})
struct json json_array(struct arena *, size_t count);   /* children zeroed (null), to be filled by the caller */
struct json json_object(struct arena *, size_t count);  /* keys absent, to be filled by the caller */
/* RFC 7396 merge patch: members of `patch` replace, null removes, objects are merged. `old` may be NULL. Shares the
 * children of both. Without memory the arena has failed. */
struct json json_merged(struct arena *, const struct json *old, const struct json *patch);

/* A streaming writer for hot paths: commas are placed by itself, into a buffer. Keys are written in the order given.
 * At most 63 levels may be open (asserted). */
struct json_writer { struct buffer *out; uint64_t comma; unsigned depth; };
void json_begin(struct json_writer *, struct buffer *out);
void json_open(struct json_writer *, char bracket);                    /* '{' or '[' */
void json_close(struct json_writer *, char bracket);                   /* '}' or ']' */
void json_key(struct json_writer *, struct text key);
void json_put_text(struct json_writer *, struct text);                 /* absent gives null */
void json_put_int64(struct json_writer *, int64_t);
void json_put_bool(struct json_writer *, bool);
void json_put_null(struct json_writer *);
void json_put_raw(struct json_writer *, struct text json_bytes);       /* already JSON; absent gives null */
void json_put_value(struct json_writer *, const struct json *);

#endif
