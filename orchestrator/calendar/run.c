/* A limit with its pauses: stretch by stretch in which the clock runs. */
#include "calendar/calendar_part.h"

#define YELLOW_SHARE_NUMERATOR 4     /* yellow when 20 % are left: at four fifths */
#define YELLOW_SHARE_DENOMINATOR 5
#define YELLOW_WORKING_DAYS 3        /* limits so long turn yellow no later than one working day before the end */

/* Four fifths, rounded up. */
static int64_t four_fifths(int64_t parts) {
    return parts / YELLOW_SHARE_DENOMINATOR * YELLOW_SHARE_NUMERATOR +
           divide_up(parts % YELLOW_SHARE_DENOMINATOR * YELLOW_SHARE_NUMERATOR, YELLOW_SHARE_DENOMINATOR);
}

/* So many parts are counted when the light turns yellow. Parts of a working day are those of two half days. */
static int64_t yellow_parts(const struct calendar_count *count) {
    int64_t parts = calendar_parts(count), share = four_fifths(parts), day = 0;
    switch (count->limit.unit) {
    case LIMIT_WORKDAYS: day = calendar_parts_of_unit(count); break;
    case LIMIT_HALF_DAYS: day = 2 * calendar_parts_of_unit(count); break;
    case LIMIT_BUSINESS_HOURS: {
        struct calendar_count days = *count;
        days.limit.unit = LIMIT_WORKDAYS;   /* hours and working days are counted in the same parts */
        day = calendar_parts_of_unit(&days);
        break;
    }
    case LIMIT_CALENDAR_DAYS:   /* what of the last day lies behind the close of business is not to be had */
        return four_fifths(parts - TIME_DAY_US + business_day_of(count->calendar).afternoon_to);
    default: return share;
    }
    return parts >= YELLOW_WORKING_DAYS * day && parts - day < share ? parts - day : share;
}

/* For limits whose working days depend on when they run: the same time of the working day before the end; TIME_NONE
 * when they have fewer than three. */
static int64_t one_working_day_before(const struct calendar_count *count, int64_t from_us, int64_t due_us) {
    if (count->limit.unit != LIMIT_CALENDAR_DAYS && count->limit.unit != LIMIT_UNTIL_DATE)
        return TIME_NONE;
    int64_t of_day_us, day = split_china(due_us - 1, &of_day_us);
    if (calendar_working_days(count->calendar, count->clock, calendar_day_of(count->start_us), day) < YELLOW_WORKING_DAYS)
        return TIME_NONE;
    int64_t last = calendar_nth_working_day(count->calendar, count->clock, day + 1, -1);
    int64_t before_us = join_china(calendar_nth_working_day(count->calendar, count->clock, last, -1), of_day_us + 1);
    return before_us > from_us ? before_us : from_us;
}

static int64_t earlier(int64_t a_us, int64_t b_us) {
    if (a_us == TIME_NONE || b_us == TIME_NONE)
        return a_us == TIME_NONE ? b_us : a_us;
    return a_us < b_us ? a_us : b_us;
}

static void run_fixed(const struct calendar_count *count, struct calendar_run *run) {
    run->due_us = fixed_end(count);
    if (run->due_us == TIME_NONE)
        return;
    int64_t whole_us = run->due_us > count->start_us ? run->due_us - count->start_us : 0;
    run->yellow_us = earlier(run->due_us - whole_us + four_fifths(whole_us),
                             one_working_day_before(count, count->start_us, run->due_us));
}

/* The clock runs from `from_us` to `to_us` (TIME_NONE: on and on); `before` parts were counted before. */
static void run_stretch(const struct calendar_count *count, int64_t from_us, int64_t to_us, int64_t before,
                        struct calendar_run *run) {
    int64_t begins_us = counting_begins_us(count), due_us = due_from(count, from_us, run->parts - before);
    int64_t lacking = yellow_parts(count) - before, yellow_us = begins_us > from_us ? begins_us : from_us;
    if (lacking > 0)
        yellow_us = moment_at(count, place_of(count, yellow_us) + lacking);
    yellow_us = earlier(earlier(yellow_us, one_working_day_before(count, from_us, due_us)), due_us);
    if (run->yellow_us == TIME_NONE && (to_us == TIME_NONE || yellow_us <= to_us))
        run->yellow_us = yellow_us;
    if (to_us == TIME_NONE || due_us <= to_us)
        run->due_us = due_us;
}

static enum outcome check_pauses(const struct calendar_count *count, const struct calendar_pause *pauses,
                                 size_t pause_count, struct error *error) {
    for (size_t i = 0; i < pause_count; i++) {
        bool is_open = pauses[i].to_us == TIME_NONE;
        if ((is_open && i + 1 < pause_count) || (!is_open && pauses[i].to_us < pauses[i].from_us) ||
            (i && pauses[i].from_us < pauses[i - 1].to_us))
            return error_set(error, OUTCOME_REJECT, "calendar_pauses",
                             "pause %zu overlaps another or ends before it begins", i + 1);
        enum outcome outcome = check_limit(is_open ? pauses[i].from_us : pauses[i].to_us, count->limit, error);
        if (outcome != OUTCOME_OK)
            return outcome;
    }
    return OUTCOME_OK;
}

static void run_stretches(const struct calendar_count *count, const struct calendar_pause *pauses, size_t pause_count,
                          int64_t until_us, struct calendar_run *run) {
    int64_t from_us = count->start_us, before = 0;
    for (size_t i = 0;; i++) {
        int64_t to_us = i < pause_count ? pauses[i].from_us : TIME_NONE;
        if (run->due_us == TIME_NONE)
            run_stretch(count, from_us, to_us, before, run);
        run->counted += calendar_counted(count, from_us, to_us == TIME_NONE || to_us > until_us ? until_us : to_us);
        if (i == pause_count || pauses[i].to_us == TIME_NONE)
            return;
        before += calendar_counted(count, from_us, to_us);
        from_us = pauses[i].to_us;
    }
}

enum outcome calendar_run(const struct calendar_count *count, const struct calendar_pause *pauses, size_t pause_count,
                          int64_t until_us, struct calendar_run *ret, struct error *error) {
    struct calendar_run run = {.due_us = TIME_NONE, .yellow_us = TIME_NONE};
    enum outcome outcome = check_limit(count->start_us, count->limit, error);
    if (outcome == OUTCOME_OK)
        outcome = check_pauses(count, pauses, pause_count, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (calendar_is_pausable(count->limit)) {
        run.parts = calendar_parts(count);
        run.parts_of_unit = calendar_parts_of_unit(count);
        run_stretches(count, pauses, pause_count, until_us, &run);
    } else {
        run_fixed(count, &run);
    }
    *ret = run;
    return OUTCOME_OK;
}
