/* The identifiers of the domain, by their national standards. They are strings: leading zeros and check characters
 * carry meaning. */
#include "wire/identifier.h"

#include <stdio.h>

#include "base/time.h"

/* Beside digits: the alphabet of a check character, of a code. */
#define CITIZEN_CHARACTERS 18u
#define COMPANY_CHARACTERS 18u
#define UNIT_CHARACTERS 28u
#define REGION_CHARACTERS 6u

static const char company_alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";   /* GB 32100: without I, O, S, V, Z */

static const struct { const char *name, *title; uint32_t characters; } kinds[] = {
    [IDENTIFIER_CITIZEN] = {"citizen", "a citizen's number", CITIZEN_CHARACTERS},
    [IDENTIFIER_COMPANY] = {"company", "a unified social credit code", COMPANY_CHARACTERS},
    [IDENTIFIER_UNIT] = {"unit", "a real-estate unit number", UNIT_CHARACTERS},
    [IDENTIFIER_REGION] = {"region", "a region code", REGION_CHARACTERS},
};

const char *identifier_kind_name(enum identifier_kind kind) { return kinds[kind].name; }

bool identifier_kind_parse(struct text t, enum identifier_kind *ret) {
    for (int kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++)
        if (text_is(t, kinds[kind].name)) {
            *ret = (enum identifier_kind)kind;
            return true;
        }
    return false;
}

static bool refuse(struct identifier_fault *fault, enum identifier_fault_code code, uint32_t position) {
    *fault = (struct identifier_fault){.code = code, .position = position};
    return false;
}

static bool is_one_of(char c, const char *set) { return c && strchr(set, c) != NULL; }

/* `count` digits from character `first` on (from 0). */
static bool are_digits(struct text t, uint32_t first, uint32_t count, struct identifier_fault *fault) {
    for (uint32_t i = first; i < first + count; i++)
        if (t.at[i] < '0' || t.at[i] > '9')
            return refuse(fault, IDENTIFIER_CHARACTER, i + 1);
    return true;
}

/* GB/T 2260: the first two digits of every province-level region. */
static bool is_province(const char *digits) {
    static const char provinces[][3] = {
        "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42",
        "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82",
    };
    for (size_t i = 0; i < sizeof provinces / sizeof provinces[0]; i++)
        if (memcmp(digits, provinces[i], 2) == 0)
            return true;
    return false;
}

/* Digits `first` to `first` + 5, which are digits. */
static bool is_region(struct text t, uint32_t first, struct identifier_fault *fault) {
    if (!is_province(t.at + first))
        return refuse(fault, IDENTIFIER_PROVINCE, first + 1);
    if (memcmp(t.at + first + 2, "00", 2) == 0 && memcmp(t.at + first + 4, "00", 2) != 0)
        return refuse(fault, IDENTIFIER_COUNTY, first + 3);
    return true;
}

static bool check_region(struct text t, struct identifier_fault *fault) {
    return are_digits(t, 0, REGION_CHARACTERS, fault) && is_region(t, 0, fault);
}

/* GB 11643-1999 §4: address code, day of birth, sequence, check character by ISO 7064 MOD 11-2. Address codes 81, 82
 * and 83 also stand on the residence permits of Hong Kong, Macao and Taiwan residents. */
static bool check_citizen(struct text t, struct identifier_fault *fault) {
    static const int weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    struct civil_date date = {0};
    int sum = 0;
    if (!are_digits(t, 0, 17, fault))
        return false;
    if (!is_one_of(t.at[17], "0123456789X"))
        return refuse(fault, IDENTIFIER_CHARACTER, 18);
    if (!is_province(t.at) && memcmp(t.at, "83", 2) != 0)
        return refuse(fault, IDENTIFIER_PROVINCE, 1);
    for (int i = 6; i < 14; i++) {
        int *part = i < 10 ? &date.year : i < 12 ? &date.month : &date.day;
        *part = *part * 10 + (t.at[i] - '0');
    }
    if (date.year < 1800 || date.year > 2199)
        return refuse(fault, IDENTIFIER_CENTURY, 7);
    if (!civil_is_valid(date))
        return refuse(fault, IDENTIFIER_DATE, 7);
    for (int i = 0; i < 17; i++)
        sum += (t.at[i] - '0') * weights[i];
    *fault = (struct identifier_fault){IDENTIFIER_CHECK, 18, "10X98765432"[sum % 11]};
    return fault->expected == t.at[17];
}

/* GB 32100-2015 §5: registering authority, kind, region, subject (GB 11714), check character modulo 31 with the
 * weights 3^i. The region 10 is the central authorities'. */
static bool check_company(struct text t, struct identifier_fault *fault) {
    static const int weights[] = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
    int sum = 0;
    for (uint32_t i = 0; i < COMPANY_CHARACTERS; i++) {
        const char *found = t.at[i] ? strchr(company_alphabet, t.at[i]) : NULL;
        if (!found)
            return refuse(fault, IDENTIFIER_CHARACTER, i + 1);
        if (i < 17)
            sum += (int)(found - company_alphabet) * weights[i];
    }
    if (!is_one_of(t.at[0], "123456789ANY"))
        return refuse(fault, IDENTIFIER_AUTHORITY, 1);
    if (!are_digits(t, 2, REGION_CHARACTERS, fault))
        return false;
    if (!is_province(t.at + 2) && memcmp(t.at + 2, "10", 2) != 0)
        return refuse(fault, IDENTIFIER_PROVINCE, 3);
    *fault = (struct identifier_fault){IDENTIFIER_CHECK, 18, company_alphabet[(31 - sum % 31) % 31]};
    return fault->expected == t.at[17];
}

/* GB/T 37346-2019 §5: county (6), cadastral district (3) and sub-district (3), ownership and kind of the parcel
 * (2 letters) with its number (5), kind of the fixture (letter) with its number (8). Without a fixture the last nine
 * are W00000000. */
static bool check_unit(struct text t, struct identifier_fault *fault) {
    if (!are_digits(t, 0, 12, fault) || !is_region(t, 0, fault))
        return false;
    if (!is_one_of(t.at[12], "GJZ"))
        return refuse(fault, IDENTIFIER_OWNERSHIP, 13);
    if (!is_one_of(t.at[13], "ABCDEFGHLNSWXY"))
        return refuse(fault, IDENTIFIER_PARCEL, 14);
    if (!are_digits(t, 14, 5, fault))
        return false;
    if (!is_one_of(t.at[19], "FLQW"))
        return refuse(fault, IDENTIFIER_FIXTURE, 20);
    if (!are_digits(t, 20, 8, fault))
        return false;
    if (t.at[19] == 'W' && memcmp(t.at + 20, "00000000", 8) != 0)
        return refuse(fault, IDENTIFIER_NO_FIXTURE, 21);
    return true;
}

bool identifier_check(enum identifier_kind kind, struct text value, struct identifier_fault *ret_fault) {
    static bool (*const checks[])(struct text, struct identifier_fault *) = {
        [IDENTIFIER_CITIZEN] = check_citizen, [IDENTIFIER_COMPANY] = check_company, [IDENTIFIER_UNIT] = check_unit,
        [IDENTIFIER_REGION] = check_region};
    for (uint32_t i = 0; i < value.length; i++)   /* as many characters, but not all of one byte */
        if ((unsigned char)value.at[i] >= 0x80 && text_is_utf8(value) && text_code_points(value) == kinds[kind].characters)
            return refuse(ret_fault, IDENTIFIER_CHARACTER, i + 1);
    if (value.length != kinds[kind].characters)
        return refuse(ret_fault, IDENTIFIER_LENGTH, 0);
    return checks[kind](value, ret_fault);
}

const char *identifier_fault_sentence(enum identifier_fault_code code) {
    static const char *const sentences[] = {
        [IDENTIFIER_SOUND] = "nothing is wrong",
#define X(name, sentence) [IDENTIFIER_##name] = sentence,
        IDENTIFIER_FAULTS(X)
#undef X
    };
    return sentences[code];
}

/* The character at `position` as people may see it: a whole code point, "?" for what can't be shown. */
static struct text shown_at(struct text value, uint32_t position) {
    size_t at = position - 1, end = at + 1;
    while (end < value.length && ((unsigned char)value.at[end] & 0xc0) == 0x80)
        end++;
    struct text shown = text_span(value.at + at, end - at);
    return (unsigned char)shown.at[0] < 0x20 || shown.at[0] == 0x7f || !text_is_utf8(shown) ? TEXT("?") : shown;
}

struct text identifier_fault_text(enum identifier_kind kind, struct text value, struct identifier_fault fault,
                                  char room[IDENTIFIER_TEXT_SIZE]) {
    const char *hint = "";
    int length = 0;
    switch (fault.code) {
    case IDENTIFIER_LENGTH:
        length = snprintf(room, IDENTIFIER_TEXT_SIZE, "length: %zu characters, %s has %u",
                          text_is_utf8(value) ? text_code_points(value) : value.length, kinds[kind].title,
                          kinds[kind].characters);
        break;
    case IDENTIFIER_CHARACTER: {
        char c = value.at[fault.position - 1];
        if (kind == IDENTIFIER_CITIZEN && fault.position == 18)
            hint = c == 'x' ? "; write a capital X" : "; a digit or X stands there";
        else if (kind != IDENTIFIER_COMPANY || (fault.position >= 3 && fault.position <= 8))
            hint = "; a digit stands there";
        else
            hint = c >= 'a' && c <= 'z' ? "; write a capital letter" : "; digits and capital letters but I, O, S, V, Z";
        length = snprintf(room, IDENTIFIER_TEXT_SIZE, "character: %.*s at position %u%s",
                          TEXT_ARG(shown_at(value, fault.position)), fault.position, hint);
        break;
    }
    case IDENTIFIER_PROVINCE:
        length = snprintf(room, IDENTIFIER_TEXT_SIZE, "region: %.2s names no province", value.at + fault.position - 1);
        break;
    case IDENTIFIER_COUNTY:
        length = snprintf(room, IDENTIFIER_TEXT_SIZE, "region: %.6s is a county without its prefecture",
                          value.at + fault.position - 3);
        break;
    case IDENTIFIER_DATE:
    case IDENTIFIER_CENTURY:
        length = snprintf(room, IDENTIFIER_TEXT_SIZE, "date: %.4s-%.2s-%.2s %s", value.at + 6, value.at + 10, value.at + 12,
                          fault.code == IDENTIFIER_DATE ? "is no day" : "is no year of birth");
        break;
    case IDENTIFIER_CHECK:
        length = snprintf(room, IDENTIFIER_TEXT_SIZE, "check character: %c, expected %c", value.at[17], fault.expected);
        break;
    default:
        length = snprintf(room, IDENTIFIER_TEXT_SIZE, "%s", identifier_fault_sentence(fault.code));
        break;
    }
    return text_span(room, length > 0 ? (size_t)length : 0);
}
