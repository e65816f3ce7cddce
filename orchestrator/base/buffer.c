/* A growing byte buffer with a ceiling: what every writer of this house writes into. */
#include <stdarg.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/text.h"

#define BUFFER_ROOM_LEAST ((size_t)256)

void buffer_init(struct buffer *b, size_t ceiling_bytes) {
    *b = (struct buffer){.ceiling = ceiling_bytes};
}

void buffer_free(struct buffer *b) {
    memory_free(b->at);
    *b = (struct buffer){.ceiling = b->ceiling};
}

/* By doubling. */
char *buffer_grow(struct buffer *b, size_t more) {
    size_t needed;
    if (b->failed)
        return NULL;
    if (more > b->ceiling - b->length || __builtin_add_overflow(b->length + 1, more, &needed)) {
        b->failed = true;
        return NULL;
    }
    size_t room = b->room ? b->room : BUFFER_ROOM_LEAST;
    while (room < needed)
        room = room > SIZE_MAX / 2 ? needed : room * 2;
    if (room - 1 > b->ceiling)
        room = b->ceiling + 1;
    char *at = memory_resize(b->at, room);
    if (!at) {
        b->failed = true;
        return NULL;
    }
    b->at = at;
    b->room = room;
    return b->at + b->length;
}

void buffer_put(struct buffer *b, const void *bytes, size_t length) {
    char *at = buffer_reserve(b, length);
    if (!at)
        return;
    if (length)
        memcpy(at, bytes, length);
    at[length] = '\0';
    b->length += length;
}

void buffer_put_text(struct buffer *b, struct text t) {
    buffer_put(b, t.at, t.length);
}

void buffer_put_string(struct buffer *b, const char *string) {
    buffer_put(b, string, strlen(string));
}

void buffer_put_int64(struct buffer *b, int64_t value) {
    char digits[20], *at = digits + sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        *--at = '-';
    buffer_put(b, at, (size_t)(digits + sizeof digits - at));
}

void buffer_format(struct buffer *b, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    char *at = buffer_reserve(b, 64 < b->ceiling - b->length ? 64 : 0);
    if (at) {
        size_t room = b->room - b->length;
        int length = vsnprintf(at, room, format, arguments);
        if (length < 0) {
            b->failed = true;
        } else if ((size_t)length < room) {
            b->length += (size_t)length;
        } else {
            *at = '\0'; /* the half line is not content, should there be no room for all of it */
            at = buffer_reserve(b, (size_t)length);
            if (at) {
                vsnprintf(at, (size_t)length + 1, format, again);
                b->length += (size_t)length;
            }
        }
    }
    va_end(again);
    va_end(arguments);
}
