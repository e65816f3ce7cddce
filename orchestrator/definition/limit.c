/* Reads and compares the limits of items, steps and cases. */
#include "definition/limit.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/time.h"

const struct limit_unit_row limit_units[] = {
    {LIMIT_WORKDAYS, "workday", "workdays", "working days of the State Council's calendar; the first day is not counted"},
    {LIMIT_HALF_DAYS, "half day", "half days", "half working days"},
    {LIMIT_BUSINESS_HOURS, "hour", "hours", "business hours (4h is four hours of the clock)"},
    {LIMIT_CALENDAR_DAYS, "day", "days", "calendar days; one that ends on a day off ends on the next working day"},
    {LIMIT_ON_THE_SPOT, "on the spot", "on the spot", "at once, before the applicant leaves"},
    {LIMIT_UNTIL_DATE, "until", "until", "until the end of a date: until 2026-08-31"},
    {LIMIT_MICROSECONDS, "4h", "1d12h", "a machine's duration in d, h, m, s, ms; runs by the clock"},
    {LIMIT_NONE, NULL, NULL, NULL},
};

static enum outcome bad_limit(struct text text, struct error *error) {
    return error_set(error, OUTCOME_REJECT, "bad_limit",
                     "\"%.*s\" is no limit; write 3 workdays, 2 half days, 4 hours, 20 days, on the spot, "
                     "until 2026-08-31, or a duration as 4h", TEXT_HEAD(text));
}

static bool parse_date(struct text text, int64_t *ret_us) {
    struct civil_date date;
    if (!civil_read(text, &date) || date.year < 1900 || !civil_is_valid(date))
        return false;
    *ret_us = (civil_to_days(date) + 1) * TIME_DAY_US - TIME_CHINA_OFFSET_US;
    return true;
}

static bool parse_until(struct text text, struct limit_time *ret) {
    int64_t us;
    if (text_starts_with(text, "until ")) {
        text.at += 6;
        text.length -= 6;
    }
    if (!parse_date(text, &us))
        return false;
    *ret = (struct limit_time){LIMIT_UNTIL_DATE, us};
    return true;
}

static enum limit_unit counted_unit(struct text name) {
    for (const struct limit_unit_row *row = limit_units; row->unit != LIMIT_NONE; row++)
        if (row->unit != LIMIT_ON_THE_SPOT && row->unit != LIMIT_UNTIL_DATE && row->unit != LIMIT_MICROSECONDS &&
            (text_is(name, row->singular) || text_is(name, row->plural)))
            return row->unit;
    return LIMIT_NONE;
}

static bool is_number(struct text text) {
    size_t sign = text.length > 1 && text.at[0] == '-';
    for (size_t i = sign; i < text.length; i++)
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
    return text.length > 0;
}

/* A number and a unit that is counted; `within`: the number is one that a limit may have. */
static bool parse_counted(struct text text, struct limit_time *ret, bool *ret_within) {
    size_t space = text_find(text, ' ');
    struct text number = text_span(text.at, space == SIZE_MAX ? 0 : space);
    enum limit_unit unit = space == SIZE_MAX ? LIMIT_NONE : counted_unit(text_span(text.at + space + 1, text.length - space - 1));
    int64_t amount = 0;
    if (unit == LIMIT_NONE || !is_number(number) || (number.at[0] == '0' && number.length > 1))
        return false;
    *ret_within = text_to_int64(number, &amount) && amount >= 1 && amount <= LIMIT_TIME_AMOUNT_MOST;
    *ret = (struct limit_time){unit, amount};
    return true;
}

enum outcome limit_parse(struct text text, struct limit_time *ret, struct error *error) {
    int64_t us;
    struct limit_time counted;
    bool within;
    if (text_is(text, "on the spot")) {
        *ret = (struct limit_time){LIMIT_ON_THE_SPOT, 0};
        return OUTCOME_OK;
    }
    if (parse_counted(text, &counted, &within)) {
        if (!within)
            return error_set(error, OUTCOME_REJECT, "bad_limit", "\"%.*s\" is too %s: a limit is 1 at least and %d at most", TEXT_HEAD(text),
                             counted.amount < 1 && (text.at[0] == '-' || text.at[0] == '0') ? "little" : "much", LIMIT_TIME_AMOUNT_MOST);
        *ret = counted;
        return OUTCOME_OK;
    }
    if (parse_until(text, ret))
        return OUTCOME_OK;
    if (text_starts_with(text, "until ") && civil_read(text_span(text.at + 6, text.length - 6), &(struct civil_date){0}))
        return error_set(error, OUTCOME_REJECT, "bad_limit", "\"%.*s\": there is no such day, or it lies before 1900", TEXT_HEAD(text));
    if (duration_parse(text, &us, NULL) != OUTCOME_OK || us <= 0)
        return bad_limit(text, error);
    *ret = (struct limit_time){LIMIT_MICROSECONDS, us};
    return OUTCOME_OK;
}

struct text limit_format(struct limit_time limit, char room[LIMIT_TIME_TEXT_SIZE]) {
    int length = 0;
    if (limit.unit == LIMIT_NONE)
        length = snprintf(room, LIMIT_TIME_TEXT_SIZE, "none");
    if (limit.unit == LIMIT_MICROSECONDS) {
        _Static_assert(LIMIT_TIME_TEXT_SIZE >= TIME_TEXT_SIZE, "a duration fits");
        return duration_format(limit.amount, room);
    }
    if (limit.unit == LIMIT_UNTIL_DATE) {
        struct civil_date d = civil_from_days((limit.amount + TIME_CHINA_OFFSET_US) / TIME_DAY_US - 1);
        length = snprintf(room, LIMIT_TIME_TEXT_SIZE, "until %04d-%02d-%02d", d.year % 10000, d.month % 100, d.day % 100);
    }
    for (const struct limit_unit_row *row = limit_units; row->unit != LIMIT_NONE && length == 0; row++) {
        if (row->unit != limit.unit)
            continue;
        length = row->unit == LIMIT_ON_THE_SPOT
            ? snprintf(room, LIMIT_TIME_TEXT_SIZE, "%s", row->singular)
            : snprintf(room, LIMIT_TIME_TEXT_SIZE, "%" PRId64 " %s", limit.amount,
                       limit.amount == 1 ? row->singular : row->plural);
    }
    return text_span(room, (size_t)length);
}

static bool is_counted(enum limit_unit unit) {
    return unit == LIMIT_WORKDAYS || unit == LIMIT_HALF_DAYS || unit == LIMIT_BUSINESS_HOURS;
}

int64_t limit_workday_eighths(struct limit_time limit) {
    switch (limit.unit) {
    case LIMIT_WORKDAYS: return limit.amount * 8;
    case LIMIT_HALF_DAYS: return limit.amount * 4;
    case LIMIT_BUSINESS_HOURS: return limit.amount;
    case LIMIT_CALENDAR_DAYS: return limit.amount * 5 * 8 / 7;
    default: return 0;
    }
}

/* The fewest and the most calendar days a limit can take. Holidays give at most nine days off in a row and about a
 * quarter of them in any long stretch: two calendar days a working day and ten more are never reached. */
static void span_of(struct limit_time limit, int64_t *least, int64_t *most) {
    int64_t days = limit_workday_eighths(limit) / 8;
    *least = *most = 0;
    if (is_counted(limit.unit)) {
        *least = days;
        *most = days * 2 + 10;
    } else if (limit.unit == LIMIT_CALENDAR_DAYS) {
        *least = limit.amount;
        *most = limit.amount + 10;
    } else if (limit.unit == LIMIT_MICROSECONDS) {
        *least = limit.amount / TIME_DAY_US;
        *most = *least + 1;
    }
}

bool limit_is_surely_longer(struct limit_time a, struct limit_time b) {
    int64_t a_least, a_most, b_least, b_most;
    if (a.unit == LIMIT_NONE || b.unit == LIMIT_NONE)
        return false;
    if (a.unit == LIMIT_UNTIL_DATE || b.unit == LIMIT_UNTIL_DATE)
        return a.unit == b.unit && a.amount > b.amount;
    if (a.unit == b.unit)
        return a.amount > b.amount;
    if (is_counted(a.unit) && is_counted(b.unit))
        return limit_workday_eighths(a) > limit_workday_eighths(b);
    span_of(a, &a_least, &a_most);
    span_of(b, &b_least, &b_most);
    return a_least > b_most || (b.unit == LIMIT_ON_THE_SPOT && a_least > 0);
}
