/* Dates and times of RFC 3339 §5.6, checked without building a moment, because a schema only asks whether it is one. */
#include "wire/schema_format.h"

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Two digits at `at` as a number; -1 when there are none. */
static int two_digits(struct text t, size_t at) {
    if (at + 2 > t.length || !is_digit(t.at[at]) || !is_digit(t.at[at + 1]))
        return -1;
    return (t.at[at] - '0') * 10 + (t.at[at + 1] - '0');
}

bool format_is_date(struct text t, const char **why) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (t.length != 10 || t.at[4] != '-' || t.at[7] != '-')
        return format_refuse(why, "a date is written YYYY-MM-DD");
    int century = two_digits(t, 0), year = two_digits(t, 2), month = two_digits(t, 5), day = two_digits(t, 8);
    if (century < 0 || year < 0 || month < 0 || day < 0)
        return format_refuse(why, "a date is written YYYY-MM-DD");
    if (month < 1 || month > 12)
        return format_refuse(why, "the month is not between 01 and 12");
    int full = century * 100 + year;
    bool leap = (full % 4 == 0 && full % 100 != 0) || full % 400 == 0;
    int last = days[month - 1] + (month == 2 && leap ? 1 : 0);
    if (day < 1 || day > last)
        return format_refuse(why, "the month does not have this day");
    return true;
}

/* Offset at `at` to the end of the text, in minutes east of UTC. */
static bool read_offset(struct text t, size_t at, int *ret_minutes, const char **why) {
    if (at < t.length && (t.at[at] == 'Z' || t.at[at] == 'z')) {
        *ret_minutes = 0;
        return at + 1 == t.length ? true : format_refuse(why, "something stands behind the Z");
    }
    if (at >= t.length || (t.at[at] != '+' && t.at[at] != '-'))
        return format_refuse(why, "the offset from UTC is missing; write Z or such as +08:00");
    int hours = two_digits(t, at + 1), minutes = two_digits(t, at + 4);
    if (at + 6 != t.length || t.at[at + 3] != ':' || hours < 0 || minutes < 0 || hours > 23 || minutes > 59)
        return format_refuse(why, "the offset is not such as +08:00");
    *ret_minutes = (hours * 60 + minutes) * (t.at[at] == '-' ? -1 : 1);
    return true;
}

bool format_is_time(struct text t, const char **why) {
    int hour = two_digits(t, 0), minute = two_digits(t, 3), second = two_digits(t, 6);
    if (hour < 0 || minute < 0 || second < 0 || t.at[2] != ':' || t.at[5] != ':')
        return format_refuse(why, "a time is written HH:MM:SS with an offset");
    if (hour > 23 || minute > 59 || second > 60)
        return format_refuse(why, "the hour, minute or second does not exist");
    size_t at = 8;
    if (at < t.length && t.at[at] == '.') {
        size_t first = ++at;
        while (at < t.length && is_digit(t.at[at]))
            at++;
        if (at == first)
            return format_refuse(why, "the fraction of a second has no digits");
    }
    int offset;
    if (!read_offset(t, at, &offset, why))
        return false;
    int utc = ((hour * 60 + minute - offset) % 1440 + 1440) % 1440;
    if (second == 60 && utc != 23 * 60 + 59)
        return format_refuse(why, "a leap second exists only at 23:59:60 UTC");
    return true;
}

bool format_is_date_time(struct text t, const char **why) {
    if (t.length < 11 || (t.at[10] != 'T' && t.at[10] != 't'))
        return format_refuse(why, "a moment is written such as 2026-03-02T09:00:00+08:00");
    return format_is_date(text_part(t, 0, 10), why) && format_is_time(text_part(t, 11, t.length - 11), why);
}
