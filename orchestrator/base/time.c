/* Moments between RFC 3339 text and microseconds. */
#include "base/time.h"

#define YEAR_LEAST 1900
#define YEAR_MOST 9999

/* Reads exactly `digits` digits; false when they are not there. */
static bool take_digits(struct text *rest, int digits, int *ret) {
    if (rest->length < (size_t)digits)
        return false;
    int value = 0;
    for (int i = 0; i < digits; i++) {
        if (rest->at[i] < '0' || rest->at[i] > '9')
            return false;
        value = value * 10 + (rest->at[i] - '0');
    }
    *rest = text_span(rest->at + digits, rest->length - (size_t)digits);
    *ret = value;
    return true;
}

/* Takes one byte if it is among `bytes`; gives it, or '\0'. */
static char take_byte(struct text *rest, const char *bytes) {
    if (rest->length == 0 || rest->at[0] == '\0' || !strchr(bytes, rest->at[0]))
        return '\0';
    char byte = rest->at[0];
    *rest = text_span(rest->at + 1, rest->length - 1);
    return byte;
}

/* ":SS" and ".fff…", both optional; digits past the microsecond are dropped. */
static bool take_seconds(struct text *rest, int *ret_second, int64_t *ret_fraction_us) {
    *ret_second = 0;
    *ret_fraction_us = 0;
    if (!take_byte(rest, ":"))
        return true;
    if (!take_digits(rest, 2, ret_second))
        return false;
    if (!take_byte(rest, "."))
        return true;
    int digit;
    int64_t unit = TIME_SECOND_US / 10;
    if (!take_digits(rest, 1, &digit))
        return false;
    do {
        *ret_fraction_us += digit * unit;
        unit /= 10;
    } while (take_digits(rest, 1, &digit));
    return true;
}

static bool take_offset(struct text *rest, int64_t *ret_us) {
    char sign = take_byte(rest, "+-Zz");
    int hours, minutes;
    *ret_us = 0;
    if (sign == 'Z' || sign == 'z')
        return true;
    if (!sign || !take_digits(rest, 2, &hours) || !take_byte(rest, ":") || !take_digits(rest, 2, &minutes) ||
        hours > 23 || minutes > 59)
        return false;
    *ret_us = (sign == '-' ? -1 : 1) * (hours * TIME_HOUR_US + minutes * TIME_MINUTE_US);
    return true;
}

/* What is wrong with the text, or NULL. */
static const char *time_read(struct text rest, int64_t *ret_us) {
    struct civil_date date;
    int hour, minute, second;
    int64_t fraction_us, offset_us;
    if (!take_digits(&rest, 4, &date.year) || !take_byte(&rest, "-") || !take_digits(&rest, 2, &date.month) ||
        !take_byte(&rest, "-") || !take_digits(&rest, 2, &date.day) || !take_byte(&rest, "Tt") ||
        !take_digits(&rest, 2, &hour) || !take_byte(&rest, ":") || !take_digits(&rest, 2, &minute) ||
        !take_seconds(&rest, &second, &fraction_us))
        return "is not written as in 2026-03-02T09:00:00+08:00";
    if (!take_offset(&rest, &offset_us))
        return "lacks a time zone offset: write Z or, as in China, +08:00 behind it";
    if (rest.length)
        return "goes on behind the offset";
    if (!civil_is_valid(date))
        return "names a day that the calendar does not have";
    if (hour > 23 || minute > 59 || second > 60)
        return "names an hour, minute or second that a day does not have";
    int64_t us = civil_to_days(date) * TIME_DAY_US + hour * TIME_HOUR_US + minute * TIME_MINUTE_US - offset_us;
    if (second == 60 && (us - 23 * TIME_HOUR_US - 59 * TIME_MINUTE_US) % TIME_DAY_US != 0)
        return "has a leap second elsewhere than at 23:59:60 UTC";
    int64_t least = civil_to_days((struct civil_date){YEAR_LEAST, 1, 1}) * TIME_DAY_US;
    int64_t beyond = civil_to_days((struct civil_date){YEAR_MOST + 1, 1, 1}) * TIME_DAY_US;
    us += second * TIME_SECOND_US + fraction_us;
    if (us < least || us >= beyond)
        return "lies outside the years 1900 to 9999";
    *ret_us = us;
    return NULL;
}

enum outcome time_parse(struct text t, int64_t *ret_us, struct error *error) {
    const char *fault = time_read(t, ret_us);
    if (!fault)
        return OUTCOME_OK;
    return error_set(error, OUTCOME_REJECT, "bad_time", "the time \"%.*s\" %s", TEXT_HEAD(t), fault);
}

/* Writes `value` with at least `digits` digits; gives the place behind them. */
static char *put_number(char *at, int64_t value, int digits) {
    char reversed[20];
    int count = 0;
    bool negative = value < 0;
    uint64_t rest = negative ? 0 - (uint64_t)value : (uint64_t)value;
    while (rest || count < digits) {
        reversed[count++] = (char)('0' + rest % 10);
        rest /= 10;
    }
    if (negative)
        *at++ = '-';
    while (count)
        *at++ = reversed[--count];
    return at;
}

/* "2026-03-02T09:00:00" of a moment that was shifted by its offset; leaves what is below a second. */
static char *put_date_time(char *at, int64_t us, int64_t *ret_below_second_us) {
    int64_t days = us / TIME_DAY_US, rest = us % TIME_DAY_US;
    if (rest < 0) {
        days--;
        rest += TIME_DAY_US;
    }
    struct civil_date date = civil_from_days(days);
    at = put_number(at, date.year, 4);
    *at++ = '-';
    at = put_number(at, date.month, 2);
    *at++ = '-';
    at = put_number(at, date.day, 2);
    *at++ = 'T';
    at = put_number(at, rest / TIME_HOUR_US, 2);
    *at++ = ':';
    at = put_number(at, rest / TIME_MINUTE_US % 60, 2);
    *at++ = ':';
    at = put_number(at, rest / TIME_SECOND_US % 60, 2);
    *ret_below_second_us = rest % TIME_SECOND_US;
    return at;
}

static struct text finish(char *room, char *at) {
    *at = '\0';
    return text_span(room, (size_t)(at - room));
}

struct text time_format_utc(int64_t us, char room[TIME_TEXT_SIZE]) {
    if (us == TIME_NONE) {
        room[0] = '\0';
        return TEXT_NONE;
    }
    int64_t fraction_us;
    char *at = put_date_time(room, us, &fraction_us);
    if (fraction_us) {
        *at++ = '.';
        at = fraction_us % 1000 ? put_number(at, fraction_us, 6) : put_number(at, fraction_us / 1000, 3);
    }
    *at++ = 'Z';
    return finish(room, at);
}

struct text time_format_china(int64_t us, char room[TIME_TEXT_SIZE]) {
    if (us == TIME_NONE || us > INT64_MAX - TIME_CHINA_OFFSET_US) {
        room[0] = '\0';
        return TEXT_NONE;
    }
    int64_t fraction_us;
    char *at = put_date_time(room, us + TIME_CHINA_OFFSET_US, &fraction_us);
    memcpy(at, "+08:00", sizeof "+08:00");
    return text_span(room, (size_t)(at - room) + 6);
}
