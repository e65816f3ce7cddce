/* Host names in any script: IDNA 2008 labels (RFC 5890 to 5892), with punycode (RFC 3492) both ways.
 *
 * Not checked: the rule for right-to-left labels (RFC 5893), which registries apply and no schema needs. */
#include "wire/schema_format.h"

#define LABEL_BYTES_MOST 63
enum { PUNY_BASE = 36, PUNY_TMIN = 1, PUNY_TMAX = 26, PUNY_SKEW = 38, PUNY_DAMP = 700, PUNY_BIAS = 72, PUNY_N = 128 };

struct label { uint32_t points[LABEL_BYTES_MOST]; size_t count; };

static uint32_t property_of(uint32_t point) {
    size_t low = 0, high = idn_range_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (point > idn_ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < idn_range_count && point >= idn_ranges[low].first ? idn_ranges[low].properties : 0;
}

static uint32_t puny_adapt(uint32_t delta, uint32_t points, bool first) {
    uint32_t k = 0;
    delta = first ? delta / PUNY_DAMP : delta / 2;
    for (delta += delta / points; delta > (PUNY_BASE - PUNY_TMIN) * PUNY_TMAX / 2; k += PUNY_BASE)
        delta /= PUNY_BASE - PUNY_TMIN;
    return k + (PUNY_BASE - PUNY_TMIN + 1) * delta / (delta + PUNY_SKEW);
}

static uint32_t puny_threshold(uint32_t k, uint32_t bias) {
    return k <= bias ? PUNY_TMIN : k >= bias + PUNY_TMAX ? PUNY_TMAX : k - bias;
}

static int puny_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0' + 26;
    c |= 32;
    return c >= 'a' && c <= 'z' ? c - 'a' : -1;
}

/* Reads one generalized integer, the distance to the next insertion (RFC 3492 §6.2). */
static bool puny_read(struct text t, size_t *at, uint32_t bias, uint32_t *i) {
    uint32_t weight = 1;
    for (uint32_t k = PUNY_BASE;; k += PUNY_BASE) {
        int digit = *at < t.length ? puny_digit(t.at[(*at)++]) : -1;
        uint32_t step;
        if (digit < 0 || __builtin_mul_overflow((uint32_t)digit, weight, &step) || __builtin_add_overflow(*i, step, i))
            return false;
        uint32_t threshold = puny_threshold(k, bias);
        if ((uint32_t)digit < threshold)
            return true;
        if (__builtin_mul_overflow(weight, PUNY_BASE - threshold, &weight))
            return false;
    }
}

/* What follows xn-- to code points; all of them ASCII (nothing was encoded) is refused. */
static bool puny_decode(struct text t, struct label *label) {
    size_t basic = 0, at;
    for (at = t.length; at > 0 && basic == 0; at--)
        basic = t.at[at - 1] == '-' ? at - 1 : 0;
    label->count = basic;
    for (size_t i = 0; i < basic; i++)
        label->points[i] = (uint32_t)(t.at[i] >= 'A' && t.at[i] <= 'Z' ? t.at[i] | 32 : t.at[i]);
    uint32_t n = PUNY_N, i = 0, bias = PUNY_BIAS;
    at = basic ? basic + 1 : 0;
    if (at >= t.length)
        return false;
    while (at < t.length) {
        uint32_t before = i, count = (uint32_t)label->count + 1;
        if (count > LABEL_BYTES_MOST || !puny_read(t, &at, bias, &i))
            return false;
        bias = puny_adapt(i - before, count, before == 0);
        if (__builtin_add_overflow(n, i / count, &n) || n > 0x10ffff)
            return false;
        i %= count;
        memmove(label->points + i + 1, label->points + i, (label->count - i) * sizeof label->points[0]);
        label->points[i++] = n;
        label->count++;
    }
    return true;
}

/* How many characters the label takes as xn--… (RFC 3492 §6.3); above LABEL_BYTES_MOST it may stop counting. */
static size_t puny_length(const struct label *label) {
    uint32_t n = PUNY_N, delta = 0, bias = PUNY_BIAS, done = 0;
    for (size_t i = 0; i < label->count; i++)
        done += label->points[i] < PUNY_N;
    uint32_t basic = done;
    size_t length = 4 + basic + (basic ? 1 : 0);
    while (done < label->count && length <= LABEL_BYTES_MOST) {
        uint32_t next = UINT32_MAX;
        for (size_t i = 0; i < label->count; i++)
            if (label->points[i] >= n && label->points[i] < next)
                next = label->points[i];
        delta += (next - n) * (done + 1);           /* at most 0x110000 * 64: no overflow */
        n = next;
        for (size_t i = 0; i < label->count; i++) {
            delta += label->points[i] < n;
            if (label->points[i] != n)
                continue;
            uint32_t rest = delta, k = PUNY_BASE;
            for (uint32_t t; rest >= (t = puny_threshold(k, bias)); k += PUNY_BASE, length++)
                rest = (rest - t) / (PUNY_BASE - t);
            length++;
            bias = puny_adapt(delta, done + 1, done == basic);
            delta = 0;
            done++;
        }
        delta++;
        n++;
    }
    return length;
}

static bool has_property(const struct label *label, size_t index, uint32_t properties) {
    return index < label->count && (property_of(label->points[index]) & properties) != 0;
}

/* RFC 5892 A.1: ZERO WIDTH NON-JOINER between joining letters */
static bool joins_around(const struct label *label, size_t at) {
    size_t left = at, right = at + 1;
    while (left > 0 && has_property(label, left - 1, IDN_JOIN_TRANSPARENT))
        left--;
    while (has_property(label, right, IDN_JOIN_TRANSPARENT))
        right++;
    return left > 0 && has_property(label, left - 1, IDN_JOIN_LEFT | IDN_JOIN_DUAL) &&
           has_property(label, right, IDN_JOIN_RIGHT | IDN_JOIN_DUAL);
}

/* Are there code points of both [a, a+9] and [b, b+9]? */
static bool mixes_digits(const struct label *label) {
    bool arabic = false, extended = false;
    for (size_t i = 0; i < label->count; i++) {
        arabic |= label->points[i] >= 0x660 && label->points[i] <= 0x669;
        extended |= label->points[i] >= 0x6f0 && label->points[i] <= 0x6f9;
    }
    return arabic && extended;
}

static bool has_kana_or_han(const struct label *label) {
    for (size_t i = 0; i < label->count; i++)
        if (label->points[i] != 0x30fb && has_property(label, i, IDN_KANA_HAN))
            return true;
    return false;
}

/* RFC 5892 Appendix A: may this code point stand here? */
static bool fits_context(const struct label *label, size_t i) {
    uint32_t point = label->points[i];
    switch (point) {
    case 0x200c: return (i > 0 && has_property(label, i - 1, IDN_VIRAMA)) || joins_around(label, i);
    case 0x200d: return i > 0 && has_property(label, i - 1, IDN_VIRAMA);
    case 0xb7: return i > 0 && label->points[i - 1] == 'l' && i + 1 < label->count && label->points[i + 1] == 'l';
    case 0x375: return has_property(label, i + 1, IDN_GREEK);
    case 0x5f3:
    case 0x5f4: return i > 0 && has_property(label, i - 1, IDN_HEBREW);
    case 0x30fb: return has_kana_or_han(label);
    }
    if ((point >= 0x660 && point <= 0x669) || (point >= 0x6f0 && point <= 0x6f9))
        return !mixes_digits(label);
    if (point < 0x80)
        return (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z') || (point >= '0' && point <= '9') ||
               point == '-';
    return (property_of(point) & IDN_PVALID) != 0;
}

static bool is_u_label(const struct label *label, const char **why) {
    const uint32_t *points = label->points;
    if (label->count == 0)
        return format_refuse(why, "a part of the host name is empty");
    if (points[0] == '-' || points[label->count - 1] == '-')
        return format_refuse(why, "a part of a host name neither begins nor ends with a hyphen");
    if (label->count >= 4 && points[2] == '-' && points[3] == '-')
        return format_refuse(why, "a part of a host name has -- at its third and fourth place");
    if (has_property(label, 0, IDN_MARK))
        return format_refuse(why, "a part of a host name begins with a combining mark");
    bool ascii = true;
    for (size_t i = 0; i < label->count; i++) {
        if (!fits_context(label, i))
            return format_refuse(why, "a character may not stand in a host name, or not at this place");
        ascii &= points[i] < 0x80;
    }
    if (!ascii && puny_length(label) > LABEL_BYTES_MOST)
        return format_refuse(why, "a part of the host name is too long");
    return true;
}

static bool is_label(const struct label *label, const char **why) {
    const uint32_t *p = label->points;
    bool encoded = label->count >= 4 && (p[0] | 32) == 'x' && (p[1] | 32) == 'n' && p[2] == '-' && p[3] == '-';
    if (!encoded)
        return is_u_label(label, why);
    char ascii[LABEL_BYTES_MOST];
    for (size_t i = 4; i < label->count; i++) {
        if (p[i] >= 0x80)
            return format_refuse(why, "a part that begins with xn-- is not all ASCII");
        ascii[i - 4] = (char)p[i];
    }
    struct label decoded = {.count = 0};
    if (!puny_decode(text_span(ascii, label->count - 4), &decoded))
        return format_refuse(why, "a part that begins with xn-- is no punycode");
    bool all_ascii = true;
    for (size_t i = 0; i < decoded.count; i++)
        all_ascii &= decoded.points[i] < 0x80;
    if (all_ascii)
        return format_refuse(why, "a part that begins with xn-- hides nothing but ASCII");
    return is_u_label(&decoded, why);
}

bool format_is_idn_hostname(struct text t, const char **why) {
    struct label label = {.count = 0};
    if (t.length == 0 || t.length > 4 * 253)
        return format_refuse(why, "a host name has 1 to 253 characters");
    for (size_t at = 0; at < t.length;) {
        uint32_t point = format_next_code_point(t, &at);
        bool dot = point == '.' || point == 0x3002 || point == 0xff0e || point == 0xff61;   /* RFC 3490 §3.1 */
        if (dot) {
            if (!is_label(&label, why))
                return false;
            label.count = 0;
        } else {
            if (label.count == LABEL_BYTES_MOST)
                return format_refuse(why, "a part of the host name is too long");
            label.points[label.count++] = point;
        }
    }
    return is_label(&label, why);
}
