/* Arithmetic on decimal text, because a fee of 0.10 is not the nearest double and a land parcel's number has 20 digits. */
#include "expression/internal.h"

#include <stdlib.h>

#define DIGITS_ROOM (2 * EXPRESSION_DIGITS_MOST + 4)
#define POWER_MOST 308     /* of the leading digit: a double's range */
#define POWER_LEAST (-400)
#define PLAIN_INTEGER_DIGITS 34
#define PLAIN_FRACTION_ZEROS 6

/* value = digits × 10^exponent; the first and last digit are not 0; no digit: zero. */
struct decimal {
    bool negative;
    unsigned count;
    int exponent;
    uint8_t digits[DIGITS_ROOM];
};

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool decimal_is_number(struct text t) {
    size_t at = 0;
    if (at < t.length && t.at[at] == '-')
        at++;
    size_t start = at;
    while (at < t.length && is_digit(t.at[at]))
        at++;
    if (at == start || (t.at[start] == '0' && at > start + 1))
        return false;
    size_t digits = at - start;
    if (at < t.length && t.at[at] == '.') {
        size_t fraction = ++at;
        while (at < t.length && is_digit(t.at[at]))
            at++;
        if (at == fraction)
            return false;
    }
    bool exponent = at < t.length && (t.at[at] == 'e' || t.at[at] == 'E');
    if (exponent) {
        at++;
        if (at < t.length && (t.at[at] == '+' || t.at[at] == '-'))
            at++;
        start = at;
        while (at < t.length && is_digit(t.at[at]))
            at++;
        if (at == start)
            return false;
    }
    if (at != t.length)
        return false;
    if (!exponent && digits < POWER_MOST)
        return true;
    double value = decimal_double(t);
    return value - value == 0;   /* finite */
}

double decimal_double(struct text t) {
    char copy[4096 + 1];         /* longer ones: their size is in their first digits and the exponent behind is lost */
    size_t length = t.length < sizeof(copy) ? t.length : sizeof(copy) - 1;
    memcpy(copy, t.at, length);
    copy[length] = '\0';
    return strtod(copy, NULL);
}

/* Leading and trailing zeros are dropped; the trailing ones go to the exponent. */
static void normalize(struct decimal *d) {
    unsigned leading = 0;
    while (leading < d->count && d->digits[leading] == 0)
        leading++;
    if (leading) {
        memmove(d->digits, d->digits + leading, d->count - leading);
        d->count -= leading;
    }
    while (d->count && d->digits[d->count - 1] == 0) {
        d->count--;
        d->exponent++;
    }
    if (d->count == 0) {
        d->negative = false;
        d->exponent = 0;
    }
}

static enum decimal_result check(const struct decimal *d) {
    if (d->count > EXPRESSION_DIGITS_MOST)
        return DECIMAL_DIGITS;
    int power = d->exponent + (int)d->count - 1;
    if (d->count == 0 || (power < POWER_MOST && power >= POWER_LEAST))
        return DECIMAL_OK;
    if (power > POWER_MOST || power < POWER_LEAST)
        return DECIMAL_RANGE;
    /* A little below the greatest double, 1.797…e308. */
    return d->digits[0] > 1 || (d->count > 1 && d->digits[1] > 6) ? DECIMAL_RANGE : DECIMAL_OK;
}

static int read_exponent(struct text t, size_t at) {
    bool negative = t.at[at] == '-';
    long value = 0;
    at += t.at[at] == '-' || t.at[at] == '+';
    for (; at < t.length; at++)
        if (value < 1000000)
            value = value * 10 + (t.at[at] - '0');
    return (int)(negative ? -value : value);
}

/* `t` is a JSON number. */
static enum decimal_result read_decimal(struct text t, struct decimal *d) {
    size_t at = 0, zeros = 0;    /* zeros behind the last digit kept that may turn out to be trailing */
    bool fraction = false;
    d->negative = t.at[0] == '-';
    d->count = 0;
    d->exponent = 0;
    for (at = d->negative; at < t.length && t.at[at] != 'e' && t.at[at] != 'E'; at++) {
        if (t.at[at] == '.') {
            fraction = true;
            continue;
        }
        if (fraction)
            d->exponent--;
        if (t.at[at] == '0') {
            zeros += d->count > 0;
            continue;
        }
        if (d->count + zeros + 1 > EXPRESSION_DIGITS_MOST)
            return DECIMAL_DIGITS;
        memset(d->digits + d->count, 0, zeros);
        d->count += (unsigned)zeros;
        zeros = 0;
        d->digits[d->count++] = (uint8_t)(t.at[at] - '0');
    }
    if (zeros > 1000000)
        return DECIMAL_DIGITS;
    d->exponent += (int)zeros;
    if (at < t.length)
        d->exponent += read_exponent(t, at + 1);
    normalize(d);
    return check(d);
}

static size_t write_exponent(char *out, int power) {
    size_t length = 0;
    char reversed[8];
    unsigned value = (unsigned)(power < 0 ? -power : power), count = 0;
    out[length++] = 'e';
    if (power < 0)
        out[length++] = '-';
    do
        reversed[count++] = (char)('0' + value % 10);
    while (value /= 10);
    while (count)
        out[length++] = reversed[--count];
    return length;
}

/* Plain where a person would write it plain, else d.ddde±n. Fits DECIMAL_TEXT_SIZE: 200 digits and few zeros. */
static size_t write_decimal(const struct decimal *d, char *out) {
    size_t length = 0;
    if (d->count == 0) {
        out[0] = '0';
        return 1;
    }
    if (d->negative)
        out[length++] = '-';
    int whole = (int)d->count + d->exponent;   /* digits before the point */
    bool plain = d->exponent >= 0 ? whole <= PLAIN_INTEGER_DIGITS || d->exponent == 0 : whole > -PLAIN_FRACTION_ZEROS;
    if (plain && whole <= 0) {
        out[length++] = '0';
        out[length++] = '.';
        for (int i = whole; i < 0; i++)
            out[length++] = '0';
    }
    for (unsigned i = 0; i < d->count; i++) {
        if (plain ? (whole > 0 && (int)i == whole) : i == 1)
            out[length++] = '.';
        out[length++] = (char)('0' + d->digits[i]);
    }
    for (int i = 0; plain && i < d->exponent; i++)
        out[length++] = '0';
    if (!plain)
        length += write_exponent(out + length, whole - 1);
    return length;
}

/* -1, 0, 1 by size without the sign. */
static int compare_digits(const struct decimal *a, const struct decimal *b) {
    int power_a = (int)a->count + a->exponent, power_b = (int)b->count + b->exponent;
    if (a->count == 0 || b->count == 0)
        return (a->count != 0) - (b->count != 0);
    if (power_a != power_b)
        return power_a < power_b ? -1 : 1;
    for (unsigned i = 0; i < a->count || i < b->count; i++) {
        int x = i < a->count ? a->digits[i] : 0, y = i < b->count ? b->digits[i] : 0;
        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

/* The digit of d at 10^power. */
static int digit_at(const struct decimal *d, int power) {
    int index = (int)d->count - 1 - (power - d->exponent);
    return index >= 0 && index < (int)d->count ? d->digits[index] : 0;
}

static enum decimal_result add(const struct decimal *a, const struct decimal *b, bool subtract, struct decimal *ret) {
    bool b_negative = b->negative != subtract;
    int low, high, carry = 0, sign = 1;
    if (a->count == 0 || b->count == 0) {
        *ret = a->count ? *a : *b;
        ret->negative = a->count ? a->negative : b->count && b_negative;
        return DECIMAL_OK;
    }
    low = a->exponent < b->exponent ? a->exponent : b->exponent;
    high = (int)a->count + a->exponent;
    if ((int)b->count + b->exponent > high)
        high = (int)b->count + b->exponent;
    if (high - low > EXPRESSION_DIGITS_MOST)
        return DECIMAL_DIGITS;
    const struct decimal *large = a, *small = b;
    ret->negative = a->negative;
    if (a->negative != b_negative) {
        sign = -1;
        if (compare_digits(a, b) < 0) {
            large = b;
            small = a;
            ret->negative = b_negative;
        }
    }
    ret->count = (unsigned)(high - low + 1);
    ret->exponent = low;
    for (int power = low; power <= high; power++) {
        int digit = digit_at(large, power) + sign * digit_at(small, power) + carry;
        carry = digit < 0 ? -1 : digit > 9 ? 1 : 0;
        ret->digits[ret->count - 1 - (unsigned)(power - low)] = (uint8_t)(digit - 10 * carry);
    }
    normalize(ret);
    return check(ret);
}

static enum decimal_result multiply(const struct decimal *a, const struct decimal *b, struct decimal *ret) {
    unsigned total = a->count + b->count;   /* at most twice the bound: fits */
    unsigned sums[DIGITS_ROOM] = {0};
    for (unsigned i = 0; i < a->count; i++)
        for (unsigned j = 0; j < b->count; j++)
            sums[i + j + 1] += (unsigned)a->digits[i] * b->digits[j];
    for (unsigned i = total; i-- > 1;) {
        sums[i - 1] += sums[i] / 10;
        sums[i] %= 10;
    }
    ret->count = a->count && b->count ? total : 0;
    ret->exponent = a->exponent + b->exponent;
    ret->negative = a->negative != b->negative;
    for (unsigned i = 0; i < ret->count; i++)
        ret->digits[i] = (uint8_t)sums[i];
    normalize(ret);
    return check(ret);
}

/* Long division's one step: how often b fits in the remainder r (most significant digit first, `count` + 1 digits). */
static uint8_t divide_step(uint8_t *r, const struct decimal *b) {
    uint8_t times = 0;
    for (;;) {
        int order = r[0] ? 1 : memcmp(r + 1, b->digits, b->count);
        if (order < 0)
            return times;
        int borrow = 0;
        for (unsigned i = b->count + 1; i-- > 0;) {
            int digit = r[i] - (i ? b->digits[i - 1] : 0) - borrow;
            borrow = digit < 0;
            r[i] = (uint8_t)(digit + 10 * borrow);
        }
        times++;
    }
}

/* Half to even at EXPRESSION_DIVISION_DIGITS. */
static void round_quotient(struct decimal *q, bool rest) {
    unsigned most = EXPRESSION_DIVISION_DIGITS;
    if (q->count <= most)
        return;
    unsigned last = q->digits[most];
    for (unsigned i = most + 1; i < q->count; i++)
        rest |= q->digits[i] != 0;
    q->exponent += (int)(q->count - most);
    q->count = most;
    if (last < 5 || (last == 5 && !rest && q->digits[most - 1] % 2 == 0))
        return;
    unsigned i = most;
    while (i > 0 && q->digits[i - 1] == 9)
        q->digits[--i] = 0;
    if (i > 0) {
        q->digits[i - 1]++;
    } else {
        q->digits[0] = 1;   /* 99…9 became 100…0 */
        q->exponent++;
    }
}

static enum decimal_result divide(const struct decimal *a, const struct decimal *b, struct decimal *ret) {
    uint8_t remainder[EXPRESSION_DIGITS_MOST + 1] = {0};
    if (b->count == 0)
        return DECIMAL_DIVISION;
    ret->count = 0;
    ret->negative = a->negative != b->negative;
    bool started = false, rest = a->count != 0;
    unsigned produced = 0;
    /* Digit by digit, until all of a is used and two digits more than are kept have come (or nothing is left). */
    unsigned step = 0;
    for (; a->count && (step < a->count || (rest && produced < EXPRESSION_DIVISION_DIGITS + 2)); step++) {
        memmove(remainder, remainder + 1, b->count);
        remainder[b->count] = step < a->count ? a->digits[step] : 0;
        uint8_t digit = divide_step(remainder, b);
        started |= digit != 0;
        produced += started;
        ret->digits[ret->count++] = digit;
        rest = false;
        for (unsigned i = 0; i <= b->count && !rest; i++)
            rest = remainder[i] != 0;
    }
    ret->exponent = a->exponent - b->exponent - ((int)step - (int)a->count);
    unsigned leading = 0;
    while (leading < ret->count && ret->digits[leading] == 0)
        leading++;
    memmove(ret->digits, ret->digits + leading, ret->count - leading);
    ret->count -= leading;
    round_quotient(ret, rest);
    normalize(ret);
    return check(ret);
}

static void increment(struct decimal *d) {
    unsigned i = d->count;
    while (i > 0 && d->digits[i - 1] == 9)
        d->digits[--i] = 0;
    if (i > 0) {
        d->digits[i - 1]++;
        return;
    }
    memmove(d->digits + 1, d->digits, d->count);
    d->digits[0] = 1;
    d->count++;
}

static void round_to_integer(struct decimal *d, enum decimal_rounding rounding) {
    if (d->exponent >= 0)
        return;
    int whole = (int)d->count + d->exponent;
    int first = whole >= 0 ? d->digits[whole] : 0;   /* first digit behind the point; count > whole here */
    bool away = rounding == DECIMAL_CEIL ? !d->negative : rounding == DECIMAL_FLOOR ? d->negative
                : rounding == DECIMAL_ROUND && first >= 5;
    d->count = whole > 0 ? (unsigned)whole : 0;
    d->exponent = 0;
    if (away)
        increment(d);
    normalize(d);
}

/* Both as integers, the sign that of a, as C has it. */
static enum decimal_result modulo(struct decimal *a, struct decimal *b, struct decimal *ret) {
    bool negative = a->negative;
    round_to_integer(a, DECIMAL_TRUNCATE);
    round_to_integer(b, DECIMAL_TRUNCATE);
    if (b->count == 0)
        return DECIMAL_DIVISION;
    int zeros_a = a->exponent, zeros_b = b->exponent;
    if ((int)a->count + zeros_a > EXPRESSION_DIGITS_MOST || (int)b->count + zeros_b > EXPRESSION_DIGITS_MOST)
        return DECIMAL_DIGITS;
    memset(b->digits + b->count, 0, (size_t)zeros_b);
    b->count += (unsigned)zeros_b;
    uint8_t remainder[EXPRESSION_DIGITS_MOST + 1] = {0};
    for (unsigned step = 0; step < a->count + (unsigned)zeros_a; step++) {
        memmove(remainder, remainder + 1, b->count);
        remainder[b->count] = step < a->count ? a->digits[step] : 0;
        divide_step(remainder, b);
    }
    ret->count = b->count + 1;
    ret->exponent = 0;
    ret->negative = negative;
    memcpy(ret->digits, remainder, ret->count);
    normalize(ret);
    return DECIMAL_OK;
}

static bool operate_small(enum expression_operator operator, struct text a, struct text b, int64_t *ret) {
    int64_t x, y;
    if (a.length > 18 || b.length > 18 || !text_to_int64(a, &x) || !text_to_int64(b, &y))
        return false;
    switch (operator) {
    case EXPRESSION_ADD:
        return !__builtin_add_overflow(x, y, ret);
    case EXPRESSION_SUBTRACT:
        return !__builtin_sub_overflow(x, y, ret);
    case EXPRESSION_MULTIPLY:
        return !__builtin_mul_overflow(x, y, ret);
    case EXPRESSION_MODULO:
        *ret = y ? x % y : 0;
        return y != 0;
    default:
        return false;
    }
}

static size_t write_int64(int64_t value, char *out) {
    char reversed[24];
    size_t length = 0, count = 0;
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    if (value < 0)
        out[length++] = '-';
    do
        reversed[count++] = (char)('0' + size % 10);
    while (size /= 10);
    while (count)
        out[length++] = reversed[--count];
    return length;
}

enum decimal_result decimal_operate(enum expression_operator operator, struct text a, struct text b, char *ret_text,
                                    size_t *ret_length) {
    struct decimal x, y, z;
    int64_t small;
    if (operate_small(operator, a, b, &small)) {
        *ret_length = write_int64(small, ret_text);
        return DECIMAL_OK;
    }
    enum decimal_result result = read_decimal(a, &x);
    if (result == DECIMAL_OK)
        result = read_decimal(b, &y);
    if (result != DECIMAL_OK)
        return result;
    switch (operator) {
    case EXPRESSION_ADD: case EXPRESSION_SUBTRACT:
        result = add(&x, &y, operator == EXPRESSION_SUBTRACT, &z);
        break;
    case EXPRESSION_MULTIPLY:
        result = multiply(&x, &y, &z);
        break;
    case EXPRESSION_DIVIDE:
        result = divide(&x, &y, &z);
        break;
    default:
        result = modulo(&x, &y, &z);
        break;
    }
    if (result == DECIMAL_OK)
        *ret_length = write_decimal(&z, ret_text);
    return result;
}

enum decimal_result decimal_round(enum decimal_rounding rounding, struct text t, char *ret_text, size_t *ret_length) {
    struct decimal d;
    enum decimal_result result = read_decimal(t, &d);
    if (result != DECIMAL_OK)
        return result;
    round_to_integer(&d, rounding);
    *ret_length = write_decimal(&d, ret_text);
    return DECIMAL_OK;
}
