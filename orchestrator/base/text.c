/* Spans of text: comparing, searching, copying, and the few readings of them that every floor needs. */
#include "base/text.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/utf8.h"

/* Where a text of at least `most` bytes is cut so that no code point is. */
static size_t code_point_edge(const char *at, size_t most) {
    while (most > 0 && ((unsigned char)at[most] & 0xC0) == 0x80)
        most--;
    return most;
}

size_t text_head_length(struct text t) {
    return t.length <= TEXT_HEAD_BYTES_MOST ? t.length : code_point_edge(t.at, TEXT_HEAD_BYTES_MOST);
}

int text_compare(struct text a, struct text b) {
    size_t common = a.length < b.length ? a.length : b.length;
    int order = common ? memcmp(a.at, b.at, common) : 0;
    if (order)
        return order < 0 ? -1 : 1;
    return (a.length > b.length) - (a.length < b.length);
}

bool text_starts_with(struct text t, const char *prefix) {
    size_t length = strlen(prefix);
    return t.length >= length && text_equal(text_span(t.at, length), text_span(prefix, length));
}

bool text_ends_with(struct text t, const char *suffix) {
    size_t length = strlen(suffix);
    return length == 0 || (t.length >= length && memcmp(t.at + t.length - length, suffix, length) == 0);
}

size_t text_find(struct text t, char byte) {
    const char *found = t.length ? memchr(t.at, byte, t.length) : NULL;
    return found ? (size_t)(found - t.at) : SIZE_MAX;
}

struct text text_copy(struct arena *arena, struct text t) {
    if (text_is_none(t))
        return TEXT_NONE;
    char *at = arena_copy(arena, t.at, t.length);
    return at ? text_span(at, t.length) : TEXT_NONE;
}

struct text text_format(struct arena *arena, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    char first_try[256];
    struct text result = TEXT_NONE;
    int length = vsnprintf(first_try, sizeof first_try, format, arguments);
    if (length < 0) {
        arena->failed = true;
    } else if ((size_t)length < sizeof first_try) {
        result = text_copy(arena, text_span(first_try, (size_t)length));
    } else {
        char *at = arena_alloc(arena, (size_t)length + 1);
        if (at) {
            vsnprintf(at, (size_t)length + 1, format, again);
            result = text_span(at, (size_t)length);
        }
    }
    va_end(again);
    va_end(arguments);
    return result;
}

#define ELLIPSIS "…"

struct text text_print(char *room, size_t size, const char *format, va_list arguments) {
    int wanted = vsnprintf(room, size, format, arguments);
    size_t length = wanted < 0 ? 0 : (size_t)wanted;
    if (length >= size) {
        length = code_point_edge(room, size - sizeof ELLIPSIS);
        memcpy(room + length, ELLIPSIS, sizeof ELLIPSIS - 1);
        length += sizeof ELLIPSIS - 1;
    }
    room[length] = '\0';
    return text_span(room, length);
}

void pen_uint32(struct pen *pen, uint32_t value) {
    char digits[10];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    pen_text(pen, text_span(digits + at, sizeof digits - at));
}

bool text_to_int64(struct text t, int64_t *ret) {
    size_t i = 0;
    bool negative = t.length && t.at[0] == '-';
    if (negative)
        i = 1;
    if (i == t.length)
        return false;
    int64_t value = 0; /* counted downwards: INT64_MIN has no positive counterpart */
    for (; i < t.length; i++) {
        if (t.at[i] < '0' || t.at[i] > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, t.at[i] - '0', &value))
            return false;
    }
    if (!negative && value == INT64_MIN)
        return false;
    *ret = negative ? value : -value;
    return true;
}

uint64_t text_hash(struct text t) {
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < t.length; i++) {
        hash ^= (unsigned char)t.at[i];
        hash *= UINT64_C(1099511628211);
    }
    return hash;
}

static uint64_t hash_mix(uint64_t x) {
    x = (x ^ x >> 32) * UINT64_C(0xD6E8FEB86659FD93);
    return x ^ x >> 32;
}

uint64_t text_hash_quick(struct text t) {
    uint64_t hash = t.length * UINT64_C(0x9E3779B97F4A7C15), word = 0;
    size_t at = 0;
    for (; at + sizeof word <= t.length; at += sizeof word) {
        memcpy(&word, t.at + at, sizeof word);
        hash = hash_mix(hash ^ word);
    }
    if (at == t.length)
        return hash;
    if (t.length >= sizeof word)   /* the last eight again, some of them twice */
        memcpy(&word, t.at + t.length - sizeof word, sizeof word);
    else
        for (word = 0; at < t.length; at++)
            word = word << 8 | (unsigned char)t.at[at];
    return hash_mix(hash ^ word);
}

bool text_is_utf8(struct text t) {
    for (const char *at = t.at, *end = t.at + t.length; at < end;) {
        size_t length = utf8_length(at, end);
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

size_t text_code_points(struct text t) {
    size_t count = 0;
    for (size_t i = 0; i < t.length; i++)
        count += ((unsigned char)t.at[i] & 0xC0) != 0x80;
    return count;
}

#define DISTANCE_ROW_ON_STACK 128

unsigned text_distance(struct text a, struct text b, unsigned most) {
    if (a.length < b.length) {
        struct text longer = b;
        b = a;
        a = longer;
    }
    unsigned beyond = most == UINT32_MAX ? most : most + 1;
    if (a.length - b.length > most)
        return beyond;
    unsigned row_on_stack[DISTANCE_ROW_ON_STACK];
    _cleanup_memory_ void *room = NULL;
    unsigned *row = row_on_stack; /* row[j]: distance between a's first i bytes and b's first j */
    if (b.length >= DISTANCE_ROW_ON_STACK) {
        if (b.length >= UINT32_MAX || !(room = memory_alloc((b.length + 1) * sizeof *row)))
            return beyond; /* no hint is better than no answer */
        row = room;
    }
    for (size_t j = 0; j <= b.length; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= a.length; i++) {
        unsigned diagonal = row[0], least = row[0] = (unsigned)i;
        for (size_t j = 1; j <= b.length; j++) {
            unsigned best = diagonal + (a.at[i - 1] != b.at[j - 1]);
            diagonal = row[j];
            if (diagonal + 1 < best)
                best = diagonal + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
            if (best < least)
                least = best;
        }
        if (least > most)
            return beyond;
    }
    return row[b.length] > most ? beyond : row[b.length];
}
