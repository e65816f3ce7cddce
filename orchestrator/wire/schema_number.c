/* Numbers as decimal text: whole or not, multiple or not, without ever rounding one. */
#include "wire/schema_part.h"

#define EXPONENT_MOST INT64_C(1000000000000000)

static int64_t read_exponent(const char *at, const char *end) {
    bool negative = at < end && *at == '-';
    int64_t value = 0;
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    for (; at < end; at++)
        value = value >= EXPONENT_MOST ? EXPONENT_MOST : value * 10 + (*at - '0');
    return negative ? -value : value;
}

struct decimal decimal_read(struct text number) {
    struct decimal d = {.negative = number.length && number.at[0] == '-'};
    const char *at = number.at + d.negative, *end = number.at + number.length, *mantissa_end = at;
    const char *first = NULL, *last = NULL, *point = NULL;
    for (; mantissa_end < end && *mantissa_end != 'e' && *mantissa_end != 'E'; mantissa_end++) {
        if (*mantissa_end == '.') {
            point = mantissa_end;
        } else if (*mantissa_end != '0') {
            first = first ? first : mantissa_end;
            last = mantissa_end;
        }
    }
    if (!first)
        return (struct decimal){.digits = "", .negative = false};
    if (mantissa_end < end)
        d.exponent = read_exponent(mantissa_end + 1, end);
    const char *unit = point ? point : mantissa_end;           /* the digit before it counts ones */
    d.exponent += last < unit ? unit - last - 1 : -(last - unit);
    d.digits = first;
    d.span_bytes = (size_t)(last - first) + 1;
    d.digit_count = d.span_bytes - (point && point > first && point < last);
    return d;
}

bool decimal_is_integer(struct text number) {
    bool plain = true;
    for (size_t i = 0; i < number.length && plain; i++)
        plain = number.at[i] == '-' || (number.at[i] >= '0' && number.at[i] <= '9');
    return plain || decimal_read(number).exponent >= 0;
}

static uint64_t power_of_ten_modulo(uint64_t exponent, uint64_t modulus) {
    unsigned __int128 result = 1 % modulus, base = 10 % modulus;
    for (; exponent; exponent >>= 1) {
        if (exponent & 1)
            result = result * base % modulus;
        base = base * base % modulus;
    }
    return (uint64_t)result;
}

static uint64_t digits_modulo(const struct decimal *d, uint64_t modulus) {
    unsigned __int128 rest = 0;
    for (size_t i = 0; i < d->span_bytes; i++)
        if (d->digits[i] != '.')
            rest = (rest * 10 + (unsigned)(d->digits[i] - '0')) % modulus;
    return (uint64_t)rest;
}

/* number / step = m·10^e / (n·10^f). With e ≥ f it is whole when n divides m·10^(e−f); with e < f it never is, as m,
 * being without trailing zeros, has no factor 10. */
bool decimal_is_multiple(struct text number, const struct decimal *step) {
    struct decimal d = decimal_read(number);
    if (d.digit_count == 0)
        return true;
    if (d.exponent < step->exponent)
        return false;
    uint64_t n = digits_modulo(step, UINT64_MAX);
    unsigned __int128 rest = digits_modulo(&d, n);
    return rest * power_of_ten_modulo((uint64_t)(d.exponent - step->exponent), n) % n == 0;
}

uint64_t decimal_hash(struct text number) {
    struct decimal d = decimal_read(number);
    uint64_t hash = UINT64_C(14695981039346656037) ^ d.negative ^ (uint64_t)d.exponent << 8;
    for (size_t i = 0; i < d.span_bytes; i++)
        if (d.digits[i] != '.')
            hash = (hash ^ (unsigned char)d.digits[i]) * UINT64_C(1099511628211);
    return hash;
}
