/* One UTF-8 sequence (RFC 3629): shared by the JSON reader, the text functions and the log. */
#ifndef YJS_BASE_UTF8_H
#define YJS_BASE_UTF8_H

#include <stddef.h>

/* Length (1 to 4) of the well-formed sequence that starts at `at`, 0 when there is none before `end`.
 * Well-formed is table 3-7 of the Unicode standard: no overlong form, no surrogate, at most U+10FFFF. `at` < `end`. */
static inline size_t utf8_length(const char *at, const char *end) {
    const unsigned char *b = (const unsigned char *)at;
    size_t left = (size_t)(end - at);
    if (b[0] < 0x80)
        return 1;
    if (b[0] < 0xC2 || b[0] > 0xF4)
        return 0;
    if (b[0] < 0xE0)
        return left >= 2 && (b[1] & 0xC0) == 0x80 ? 2 : 0;
    if (left < 3 || (b[1] & 0xC0) != 0x80 || (b[2] & 0xC0) != 0x80)
        return 0;
    if (b[0] < 0xF0) {
        if ((b[0] == 0xE0 && b[1] < 0xA0) || (b[0] == 0xED && b[1] > 0x9F))
            return 0;
        return 3;
    }
    if (left < 4 || (b[3] & 0xC0) != 0x80 || (b[0] == 0xF0 && b[1] < 0x90) || (b[0] == 0xF4 && b[1] > 0x8F))
        return 0;
    return 4;
}

#endif
