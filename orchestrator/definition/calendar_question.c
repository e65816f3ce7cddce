/* Reads a date and a limit, and says when it is due. */
#include "definition/calendar_question.h"

#include <stdio.h>


enum outcome calendar_moment_parse(struct text text, int64_t *ret_us, struct error *error) {
    struct civil_date date;
    struct text day = text_span(text.at, text.length < 10 ? text.length : 10);
    if (!civil_read(day, &date))
        return error_set(error, OUTCOME_REJECT, "bad_date", "\"%.*s\" is not a date as 2026-02-13", TEXT_HEAD(text));
    if (!civil_is_valid(date))
        return error_set(error, OUTCOME_REJECT, "bad_date", "there is no day %.*s", TEXT_HEAD(day));
    if (date.year < 1900)
        return error_set(error, OUTCOME_REJECT, "bad_date", "%.*s lies before 1900", TEXT_HEAD(day));
    if (text.length == 10) {
        *ret_us = calendar_day_begins_us(civil_to_days(date));
        return OUTCOME_OK;
    }
    char room[TIME_TEXT_SIZE];
    bool is_local = (text.length == 16 || text.length == 19) && text.at[text.length - 1] != 'Z';
    int length = is_local ? snprintf(room, sizeof room, "%.*s+08:00", TEXT_ARG(text)) : 0;
    struct text whole = is_local ? text_span(room, (size_t)length) : text;
    if (time_parse(whole, ret_us, NULL) == OUTCOME_OK)
        return OUTCOME_OK;
    return error_set(error, OUTCOME_REJECT, "bad_date", "\"%.*s\" is no moment as 2026-02-13T09:30", TEXT_HEAD(text));
}

enum outcome calendar_answer(const struct calendar *calendar, enum calendar_clock clock, struct text from, struct text limit,
                             int64_t *ret_start_us, struct limit_time *ret_limit, int64_t *ret_due_us,
                             struct error *error) {
    int64_t start_us, due_us;
    struct limit_time read;
    enum outcome outcome = calendar_moment_parse(from, &start_us, error);
    if (outcome == OUTCOME_OK)
        outcome = limit_parse(limit, &read, error);
    if (outcome == OUTCOME_OK)
        outcome = calendar_due(calendar, clock, start_us, read, &due_us, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (read.unit == LIMIT_UNTIL_DATE && due_us <= start_us)
        return error_set(error, OUTCOME_REJECT, "window_over", "the window \"%.*s\" was over before %.*s", TEXT_HEAD(limit),
                         TEXT_HEAD(from));
    if (due_us >= calendar_day_begins_us(civil_to_days((struct civil_date){10000, 1, 1})))
        return error_set(error, OUTCOME_REJECT, "calendar_limit", "%.*s from %.*s is over after the year 9999, which no calendar reaches",
                         TEXT_HEAD(limit), TEXT_HEAD(from));
    *ret_start_us = start_us;
    *ret_limit = read;
    *ret_due_us = due_us;
    return OUTCOME_OK;
}
