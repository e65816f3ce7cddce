/* Numbers as decimal text: compared, bounded and normalised exactly, without ever becoming a double. */
#include "base/json_part.h"

/* 2^1024 - 2^970: from here on a number rounds to infinity as a double. */
#define DOUBLE_OVERFLOW \
    "1797693134862315807937289714053034150799341327100378269361737789804449682927647509466490179775872070" \
    "9633028641669288791094655554785194040263065748867150582068190890200070838367627385484581771153176447" \
    "5730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880177904" \
    "174497792"

/* An exponent of this many digits and any place of a point fit into an int64 together. */
#define EXPONENT_DIGITS_MOST 17

struct json_decimal json_decimal_read(struct text number) {
    struct json_decimal d = {0};
    const char *at = number.at, *end = number.at + number.length, *last = NULL;
    if (at < end && *at == '-') {
        d.negative = true;
        at++;
    }
    bool fraction = false;
    size_t seen = 0;
    for (; at < end && *at != 'e' && *at != 'E'; at++) {
        if (*at == '.') {
            fraction = true;
            continue;
        }
        if (*at != '0' && !d.digits)
            d.digits = at;
        if (d.digits) {
            seen++;
            d.point += !fraction;
        } else {
            d.point -= fraction;
        }
        if (*at != '0') {
            last = at;
            d.count = seen;
        }
    }
    if (!last)
        return (struct json_decimal){.exponent = TEXT("")};
    if (at < end)
        at++;
    if (at < end && (*at == '-' || *at == '+'))
        d.exponent_negative = *at++ == '-';
    while (at < end && *at == '0')
        at++;
    d.exponent = text_span(at, (size_t)(end - at));
    return d;
}

bool json_decimal_scale(const struct json_decimal *d, int64_t *ret) {
    if (d->exponent.length > EXPONENT_DIGITS_MOST)
        return false;
    int64_t exponent = 0;
    for (size_t i = 0; i < d->exponent.length; i++)
        exponent = exponent * 10 + (d->exponent.at[i] - '0');
    *ret = d->point + (d->exponent_negative ? -exponent : exponent);
    return true;
}

/* a's exponent less b's, held within ±10^17, which is farther apart than any two points. */
static int64_t exponent_difference(const struct json_decimal *a, const struct json_decimal *b) {
    const int64_t far = INT64_C(100000000000000000);
    size_t length = a->exponent.length > b->exponent.length ? a->exponent.length : b->exponent.length;
    int64_t difference = 0;
    for (size_t place = length; place-- > 0 && difference < far && difference > -far;) {
        int of_a = place < a->exponent.length ? a->exponent.at[a->exponent.length - 1 - place] - '0' : 0;
        int of_b = place < b->exponent.length ? b->exponent.at[b->exponent.length - 1 - place] - '0' : 0;
        difference = difference * 10 + (a->exponent_negative ? -of_a : of_a) - (b->exponent_negative ? -of_b : of_b);
    }
    return difference; /* once far it could only have grown farther */
}

static int magnitude_compare(const struct json_decimal *a, const struct json_decimal *b) {
    if (a->count == 0 || b->count == 0)
        return (a->count != 0) - (b->count != 0);
    int64_t scale = exponent_difference(a, b) + a->point - b->point;
    if (scale)
        return scale < 0 ? -1 : 1;
    const char *at_a = a->digits, *at_b = b->digits;
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        int difference = json_decimal_digit(&at_a) - json_decimal_digit(&at_b);
        if (difference)
            return difference < 0 ? -1 : 1;
    }
    return (a->count > b->count) - (a->count < b->count);
}

int json_number_compare(struct text a, struct text b) {
    struct json_decimal of_a = json_decimal_read(a), of_b = json_decimal_read(b);
    if (of_a.negative != of_b.negative)
        return of_a.negative ? -1 : 1;
    int order = magnitude_compare(&of_a, &of_b);
    return of_a.negative ? -order : order;
}

bool json_number_overflows(struct text number) {
    struct json_decimal d = json_decimal_read(number), limit = json_decimal_read(TEXT(DOUBLE_OVERFLOW));
    return magnitude_compare(&d, &limit) >= 0;
}

bool json_to_int64(const struct json *value, int64_t *ret) {
    if (!value || value->type != JSON_NUMBER)
        return false;
    struct json_decimal d = json_decimal_read(value->text);
    if (d.count == 0) {
        *ret = 0;
        return true;
    }
    int64_t scale;
    if (!json_decimal_scale(&d, &scale) || scale < (int64_t)d.count || scale > 19)
        return false;
    uint64_t magnitude = 0; /* 19 digits always fit */
    const char *at = d.digits;
    for (int64_t i = 0; i < scale; i++)
        magnitude = magnitude * 10 + (uint64_t)(i < (int64_t)d.count ? json_decimal_digit(&at) - '0' : 0);
    if (magnitude > (uint64_t)INT64_MAX + d.negative)
        return false;
    *ret = (int64_t)(d.negative ? 0 - magnitude : magnitude);
    return true;
}

/* Adds a small number to a decimal magnitude far larger than it. */
static void put_long_exponent(struct buffer *out, struct text magnitude, int64_t more) {
    buffer_put_byte(out, '0'); /* for a carry */
    size_t first = out->length - 1;
    buffer_put_text(out, magnitude);
    if (out->failed)
        return;
    for (size_t place = out->length; more && place-- > first;) {
        int64_t sum = out->at[place] - '0' + more;
        int64_t digit = sum % 10;
        more = sum / 10;
        if (digit < 0) {
            digit += 10;
            more--;
        }
        out->at[place] = (char)('0' + digit);
    }
    size_t zeros = 0;
    while (out->at[first + zeros] == '0')
        zeros++;
    memmove(out->at + first, out->at + first + zeros, out->length - first - zeros + 1);
    out->length -= zeros;
}

/* "e+21": the exponent of the form d.ddd, one less than that of 0.dddd. */
static void put_exponent(struct buffer *out, const struct json_decimal *d) {
    int64_t scale = 0;
    if (json_decimal_scale(d, &scale)) {
        buffer_put_string(out, scale > 0 ? "e+" : "e");
        buffer_put_int64(out, scale - 1);
        return;
    }
    buffer_put_string(out, d->exponent_negative ? "e-" : "e+");
    put_long_exponent(out, d->exponent, d->exponent_negative ? 1 - d->point : d->point - 1);
}

static void put_digits(struct buffer *out, const char **at, size_t count) {
    while (count--)
        buffer_put_byte(out, json_decimal_digit(at));
}

static void put_zeros(struct buffer *out, int64_t count) {
    while (count-- > 0)
        buffer_put_byte(out, '0');
}

/* The forms of ECMAScript's Number.prototype.toString, but of the exact decimal digits. */
void json_number_write_canonical(struct buffer *out, struct text number) {
    struct json_decimal d = json_decimal_read(number);
    if (d.count == 0) {
        buffer_put_byte(out, '0');
        return;
    }
    if (d.negative)
        buffer_put_byte(out, '-');
    const char *at = d.digits;
    int64_t scale = 0, count = (int64_t)d.count;
    bool plain = json_decimal_scale(&d, &scale) && scale > -6 && scale <= 21;
    if (plain && scale >= count) {
        put_digits(out, &at, d.count);
        put_zeros(out, scale - count);
    } else if (plain && scale > 0) {
        put_digits(out, &at, (size_t)scale);
        buffer_put_byte(out, '.');
        put_digits(out, &at, (size_t)(count - scale));
    } else if (plain) {
        buffer_put_string(out, "0.");
        put_zeros(out, -scale);
        put_digits(out, &at, d.count);
    } else {
        put_digits(out, &at, 1);
        if (count > 1)
            buffer_put_byte(out, '.');
        put_digits(out, &at, d.count - 1);
        put_exponent(out, &d);
    }
}
