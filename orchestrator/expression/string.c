/* Reads the pieces of a string literal: escapes decoded, up to its end or to an interpolation. */
#include "expression/internal.h"

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool read_hex4(struct text source, size_t at, unsigned *ret) {
    if (source.length - at < 4)
        return false;
    unsigned value = 0;
    for (size_t i = at; i < at + 4; i++) {
        int digit = hex_digit(source.at[i]);
        if (digit < 0)
            return false;
        value = value * 16 + (unsigned)digit;
    }
    *ret = value;
    return true;
}

static size_t put_utf8(char *out, unsigned c) {
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)((length == 2 ? 0xc0 : length == 3 ? 0xe0 : 0xf0) | c);
    return length;
}

/* \uXXXX at `*at` (behind the u): a code point, with its second half when it is a surrogate. */
static bool read_unicode(struct making *m, struct text source, size_t *at, char *out, size_t *length) {
    unsigned code, low;
    uint32_t offset = (uint32_t)(*at - 2);
    if (!read_hex4(source, *at, &code))
        return making_fault(m, offset, "expression_syntax", "\\u wants four hexadecimal digits");
    *at += 4;
    if (code >= 0xd800 && code < 0xdc00 && source.length - *at >= 6 && source.at[*at] == '\\' &&
        source.at[*at + 1] == 'u' && read_hex4(source, *at + 2, &low) && low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        *at += 6;
    } else if (code == 0 || (code >= 0xd800 && code < 0xe000)) {
        return making_fault(m, offset, "expression_syntax", code ? "half of a surrogate pair is no character"
                                                                         : "\\u0000 is not allowed in a text");
    }
    *length += put_utf8(out + *length, code);
    return true;
}

static bool read_escape(struct making *m, struct text source, size_t *at, char *out, size_t *length) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = *at < source.length ? source.at[*at] : '\0';
    const char *found = c ? strchr(from, c) : NULL;
    if (found) {
        out[(*length)++] = to[found - from];
        (*at)++;
        return true;
    }
    if (c == 'u') {
        (*at)++;
        return read_unicode(m, source, at, out, length);
    }
    return making_fault(m, (uint32_t)(*at - 1), "expression_syntax",
                        "unknown escape in a string; there are \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX and \\( )");
}

/* Bytes up to what ends the piece that begins at `at`. */
static size_t piece_length(struct text source, size_t at) {
    size_t end = at;
    while (end < source.length && source.at[end] != '"') {
        if (source.at[end] == '\\' && end + 1 < source.length) {
            if (source.at[end + 1] == '(')
                break;
            end++;
        }
        end++;
    }
    return end - at;
}

bool string_read_piece(struct making *m, struct text source, size_t quote, size_t *at, struct text *ret,
                       bool *ret_interpolation) {
    char *out = arena_alloc(m->arena, piece_length(source, *at) + 1);   /* an escape is never shorter than what it means */
    if (!out)
        return making_no_memory(m);
    size_t length = 0;
    while (*at < source.length) {
        char c = source.at[(*at)++];
        if (c == '"' || (c == '\\' && *at < source.length && source.at[*at] == '(')) {
            *ret_interpolation = c == '\\';
            *at += c == '\\';
            *ret = text_span(out, length);
            return true;
        }
        if (c != '\\')
            out[length++] = c;
        else if (!read_escape(m, source, at, out, &length))
            return false;
    }
    return making_fault(m, (uint32_t)quote, "expression_syntax", "the string that begins here does not end");
}
