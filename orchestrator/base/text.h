/* Text: a span of UTF-8 bytes that belongs to someone else, and a growing buffer with a ceiling. */
#ifndef YJS_BASE_TEXT_H
#define YJS_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena;

/* Not NUL-terminated unless its maker says so. {NULL, 0} means absent; {"", 0} means empty. */
struct text {
    const char *at;
    size_t length;
};

#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})
#define TEXT_NONE ((struct text){NULL, 0})
/* For printf's %.*s */
#define TEXT_ARG(t) (int)(t).length, ((t).at ? (t).at : "")
/* The same of a stranger's text, which a sentence shows only the head of. */
#define TEXT_HEAD(t) (int)text_head_length(t), ((t).at ? (t).at : "")
#define TEXT_HEAD_BYTES_MOST 80

static inline struct text text_from(const char *string) {
    return string ? (struct text){string, strlen(string)} : TEXT_NONE;
}
static inline struct text text_span(const char *at, size_t length) { return (struct text){at, length}; }
static inline bool text_is_none(struct text t) { return t.at == NULL; }
size_t text_head_length(struct text);   /* at most TEXT_HEAD_BYTES_MOST bytes, up to a code point's edge */
static inline bool text_equal(struct text a, struct text b) {
    return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}
/* The first byte is looked at before the string is measured: who walks a table mostly needs no more. */
static inline bool text_is(struct text a, const char *string) {
    return (a.length == 0 || !string || a.at[0] == *string) && text_equal(a, text_from(string));
}
/* Byte order; a prefix comes first. */
int text_compare(struct text a, struct text b);
bool text_starts_with(struct text, const char *prefix);
bool text_ends_with(struct text, const char *suffix);
/* Position of the first `byte`, or SIZE_MAX. */
size_t text_find(struct text, char byte);
/* Copy into the arena with a NUL behind it; absent stays absent. On refusal the result is absent and the arena has failed. */
struct text text_copy(struct arena *, struct text);
/* printf into the arena; absent on refusal. */
struct text text_format(struct arena *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same into a room of `size` bytes (at least 8), with a NUL behind it. What does not fit ends in "…", cut at a code point's edge:
   what was UTF-8 stays UTF-8. The text lies in `room`. */
struct text text_print(char *room, size_t size, const char *format, va_list) __attribute__((format(printf, 3, 0)));
/* Decimal integer, whole text, optional '-'; false when it is none or out of range. */
bool text_to_int64(struct text, int64_t *ret);
/* FNV-1a: the same on every machine and in every version. */
uint64_t text_hash(struct text);
/* Quicker, for tables in memory only: it may differ from machine to machine. */
uint64_t text_hash_quick(struct text);
/* Are the bytes well-formed UTF-8 (RFC 3629: no overlong form, no surrogate, at most U+10FFFF)? */
bool text_is_utf8(struct text);
/* Number of code points of well-formed UTF-8. */
size_t text_code_points(struct text);
/* Levenshtein distance in bytes, counted up to `most` (returns most + 1 beyond); for "did you mean". */
unsigned text_distance(struct text a, struct text b, unsigned most);

/* Writes into a room of fixed size that keeps a place for the NUL; what does not fit is left out. For ids and names on hot
   paths, where printf costs more than all the rest. */
struct pen { char *from, *at, *last; };
static inline struct pen pen_on(char *room, size_t size) { return (struct pen){room, room, room + size - 1}; }
static inline struct text pen_written(const struct pen *pen) { return text_span(pen->from, (size_t)(pen->at - pen->from)); }
static inline void pen_text(struct pen *pen, struct text t) {
    size_t room = (size_t)(pen->last - pen->at), length = t.length < room ? t.length : room;
    if (length > 0)
        memcpy(pen->at, t.at, length);
    pen->at += length;
    *pen->at = '\0';
}
void pen_uint32(struct pen *, uint32_t value);

/* A growing byte buffer. All functions keep a NUL behind the content. After a refusal (ceiling, no memory) `failed`
 * is set, further writing does nothing, and the content is not to be used. Owned by one thread. */
struct buffer {
    char *at;
    size_t length, room, ceiling;
    bool failed;
};

void buffer_init(struct buffer *, size_t ceiling_bytes);
void buffer_free(struct buffer *);                     /* safe on a zeroed struct */
static inline void buffer_clear(struct buffer *b) { b->length = 0; b->failed = false; if (b->at) b->at[0] = '\0'; }
/* Where the next `more` bytes may be written, with room for the NUL behind them, or NULL after a refusal. Who writes
 * there adds to `length` and puts the NUL; for writers on hot paths. */
char *buffer_grow(struct buffer *, size_t more);       /* the slow way of buffer_reserve */
static inline char *buffer_reserve(struct buffer *b, size_t more) {
    return more < b->room - b->length && !b->failed ? b->at + b->length : buffer_grow(b, more);
}
void buffer_put(struct buffer *, const void *bytes, size_t length);
static inline void buffer_put_byte(struct buffer *b, char byte) {
    char *at = buffer_reserve(b, 1);
    if (!at)
        return;
    at[0] = byte;
    at[1] = '\0';
    b->length++;
}
void buffer_put_text(struct buffer *, struct text);
void buffer_put_string(struct buffer *, const char *string);
void buffer_put_int64(struct buffer *, int64_t value);
void buffer_format(struct buffer *, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline struct text buffer_text(const struct buffer *b) { return (struct text){b->at ? b->at : "", b->length}; }
#define _cleanup_buffer_ _cleanup_(buffer_free)

#endif
