/* The identifiers of the domain, by their national standards. They are strings: leading zeros and check characters
 * carry meaning. */
#include "wire/schema_format.h"

/* GB/T 2260: the first two digits of every province-level region. */
static bool is_province(struct text t) {
    static const char provinces[][3] = {
        "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42",
        "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82",
    };
    for (size_t i = 0; i < sizeof provinces / sizeof provinces[0]; i++)
        if (memcmp(t.at, provinces[i], 2) == 0)
            return true;
    return false;
}

bool format_is_region_code(struct text t, const char **why) {
    if (t.length != 6 || !format_is_digits(t))
        return format_refuse(why, "a region code has six digits");
    if (!is_province(t))
        return format_refuse(why, "the first two digits name no province");
    if (memcmp(t.at + 2, "00", 2) == 0 && memcmp(t.at + 4, "00", 2) != 0)
        return format_refuse(why, "a county without its prefecture: the middle digits are 00");
    return true;
}

/* GB 11643-1999 §4: address code, day of birth, sequence, check character by ISO 7064 MOD 11-2. Address codes 81, 82
 * and 83 also stand on the residence permits of Hong Kong, Macao and Taiwan residents. */
bool format_is_citizen_id(struct text t, const char **why) {
    static const int weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    if (t.length != 18 || !format_is_digits(text_part(t, 0, 17)))
        return format_refuse(why, "a citizen's number has 17 digits and a check character");
    char last = t.at[17];
    if ((last < '0' || last > '9') && last != 'X')
        return format_refuse(why, "the check character is a digit or a capital X");
    if (!is_province(t) && memcmp(t.at, "83", 2) != 0)
        return format_refuse(why, "the first two digits name no province");
    char date[11] = {t.at[6], t.at[7], t.at[8], t.at[9], '-', t.at[10], t.at[11], '-', t.at[12], t.at[13], 0};
    const char *why_date;
    if (!format_is_date(TEXT(date), &why_date) || memcmp(date, "18", 2) < 0 || memcmp(date, "21", 2) > 0)
        return format_refuse(why, "digits 7 to 14 are no day of birth");
    int sum = 0;
    for (size_t i = 0; i < 17; i++)
        sum += (t.at[i] - '0') * weights[i];
    if ("10X98765432"[sum % 11] != last)
        return format_refuse(why, "the check character does not fit: a digit is wrong or two are exchanged");
    return true;
}

/* GB 32100-2015 §5: registering authority, kind, region, subject (GB 11714), check character modulo 31 with the
 * weights 3^i. The alphabet leaves out I, O, S, V and Z. */
bool format_is_company_id(struct text t, const char **why) {
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    static const int weights[] = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
    if (t.length != 18)
        return format_refuse(why, "a unified social credit code has 18 characters");
    int sum = 0;
    for (size_t i = 0; i < 18; i++) {
        const char *found = t.at[i] ? strchr(alphabet, t.at[i]) : NULL;
        if (!found)
            return format_refuse(why, "only digits and capital letters but I, O, S, V, Z stand in this code");
        if (i < 17)
            sum += (int)(found - alphabet) * weights[i];
    }
    if (!strchr("123456789ANY", t.at[0]))
        return format_refuse(why, "the first character names no registering authority");
    struct text region = text_part(t, 2, 6);
    if (!format_is_digits(region) || (!is_province(region) && memcmp(region.at, "10", 2) != 0))
        return format_refuse(why, "characters 3 to 8 are no region code");
    if (alphabet[(31 - sum % 31) % 31] != t.at[17])
        return format_refuse(why, "the check character does not fit: a character is wrong or two are exchanged");
    return true;
}

static bool is_one_of(char c, const char *set) { return c && strchr(set, c) != NULL; }

/* GB/T 37346-2019 §5: county (6), cadastral district (3) and sub-district (3), ownership and kind of the parcel
 * (2 letters) with its number (5), kind of the fixture (letter) with its number (8). Without a fixture the last nine
 * are W00000000. */
bool format_is_real_estate_unit(struct text t, const char **why) {
    if (t.length != 28)
        return format_refuse(why, "a real-estate unit number has 28 characters, without spaces");
    if (!format_is_digits(text_part(t, 0, 12)))
        return format_refuse(why, "the cadastral area (characters 1 to 12) is not all digits");
    if (!format_is_region_code(text_part(t, 0, 6), why))
        return false;
    if (!is_one_of(t.at[12], "GJZ"))
        return format_refuse(why, "character 13 is not G (state), J (collective) or Z (disputed)");
    if (!is_one_of(t.at[13], "ABCDEFGHLNSWXY"))
        return format_refuse(why, "character 14 names no kind of parcel");
    if (!format_is_digits(text_part(t, 14, 5)))
        return format_refuse(why, "the parcel's number (characters 15 to 19) is not five digits");
    if (!is_one_of(t.at[19], "FLQW"))
        return format_refuse(why, "character 20 is not F (building), L (forest), Q (other) or W (none)");
    if (!format_is_digits(text_part(t, 20, 8)))
        return format_refuse(why, "the fixture's number (characters 21 to 28) is not eight digits");
    if (t.at[19] == 'W' && memcmp(t.at + 20, "00000000", 8) != 0)
        return format_refuse(why, "a parcel without a fixture ends with W00000000");
    return true;
}
