/* What the files of the JSON module share among themselves; nobody else includes it. */
#ifndef YJS_BASE_JSON_PART_H
#define YJS_BASE_JSON_PART_H

#include "base/json.h"

/* A decimal number taken apart where it stands, nothing expanded: value = ± 0.DIGITS * 10^(point + exponent). */
struct json_decimal {
    bool negative;          /* never for zero */
    const char *digits;     /* from the first digit that is not 0; one '.' may stand within */
    size_t count;           /* of digits up to the last that is not 0; 0: the number is zero */
    int64_t point;
    bool exponent_negative;
    struct text exponent;   /* without sign and leading zeros; may be longer than any integer type */
};
struct json_decimal json_decimal_read(struct text number);
/* point + exponent, when an int64 surely holds them. */
bool json_decimal_scale(const struct json_decimal *, int64_t *ret);
/* The next digit, '.' passed over. */
static inline char json_decimal_digit(const char **at) {
    if (**at == '.')
        ++*at;
    return *(*at)++;
}
/* Does the number overflow to infinity as a double (round to nearest)? */
bool json_number_overflows(struct text number);
void json_number_write_canonical(struct buffer *, struct text number);

/* Sorts by key, in bytes: a heap sort, so that no input makes it slow and no memory is needed. */
void json_sort_members(const struct json_member **members, size_t count);

/* Bytes 0x01 where a byte of the word is below 0x20, '"' or '\\' (exact up to the first such byte); `high` also
 * finds bytes from 0x80. */
#define JSON_WORD_ONES UINT64_C(0x0101010101010101)
static inline uint64_t json_word_special(uint64_t word, bool high) {
    uint64_t tops = JSON_WORD_ONES * 0x80;
    uint64_t quote = word ^ (JSON_WORD_ONES * '"'), back = word ^ (JSON_WORD_ONES * '\\');
    uint64_t found = ((word - JSON_WORD_ONES * 0x20) & ~word) | ((quote - JSON_WORD_ONES) & ~quote) |
                     ((back - JSON_WORD_ONES) & ~back);
    return (high ? found | word : found) & tops;
}
/* The first byte that is a control, '"', '\\' or (when `high`) beyond ASCII; `end` when there is none. */
static inline const char *json_skip_plain(const char *at, const char *end, bool high) {
    while (end - at >= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        uint64_t found = json_word_special(word, high);
        if (found) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
            return at + __builtin_ctzll(found) / 8;
#else
            break;
#endif
        }
        at += 8;
    }
    for (; at < end; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte < 0x20 || byte == '"' || byte == '\\' || (high && byte >= 0x80))
            break;
    }
    return at;
}

#endif
