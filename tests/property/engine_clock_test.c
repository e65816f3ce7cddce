/* Clocks under random pauses: whatever begins and ends when, the due moment is the one that a walk from minute to minute
 * finds, and what only the promise may leave out does not move the statute by a minute. A failing case prints its seed. */
#include "unit/engine_builder.h"

#include "engine/clock.h"
#include "unit/calendar_kit.h"

enum { CASES = 3000, MINUTES_MOST = 400 * 24 * 60, TURNS_MOST = 12 };

static uint64_t seed;
static uint64_t draw(uint64_t below) {   /* splitmix64 */
    uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) % below;
}

/* ---- the oracle: a walk from minute to minute, on tables of its own ---- */

struct stretch { int64_t from_us, to_us; };   /* standing still; to_us INT64_MAX: for good */
struct stretches { struct stretch at[TURNS_MOST]; int count; };

static const struct calendar *calendar;

static bool is_worked(int64_t day) { return calendar_day(calendar, day).is_working[CALENDAR_STATUTE]; }

static bool stands_still(const struct stretches *s, int64_t us) {
    for (int i = 0; i < s->count; i++)
        if (us >= s->at[i].from_us && us < s->at[i].to_us)
            return true;
    return false;
}

/* What a minute of this unit weighs; a morning and an afternoon weigh the same when halves are counted. */
static int weight(enum limit_unit unit, int64_t us) {
    int64_t day = calendar_day_of(us), minute = (us - calendar_day_begins_us(day)) / TIME_MINUTE_US;
    bool morning = minute >= 540 && minute < 720, afternoon = minute >= 840 && minute < 1080;
    if (unit == LIMIT_CALENDAR_DAYS || unit == LIMIT_MICROSECONDS)
        return 1;
    if (!is_worked(day) || (!morning && !afternoon))
        return 0;
    return unit == LIMIT_HALF_DAYS ? (morning ? 4 : 3) : 1;
}

static int64_t whole(struct limit_time limit) {
    switch (limit.unit) {
    case LIMIT_WORKDAYS: return limit.amount * 420;
    case LIMIT_HALF_DAYS: return limit.amount * 720;
    case LIMIT_BUSINESS_HOURS: return limit.amount * 60;
    case LIMIT_CALENDAR_DAYS: return limit.amount * 1440;
    default: return limit.amount / TIME_MINUTE_US;
    }
}

static bool is_counted_yet(enum limit_unit unit, int64_t start_us, int64_t us) {
    int64_t day = calendar_day_of(start_us), minute = (start_us - calendar_day_begins_us(day)) / TIME_MINUTE_US;
    int64_t of_day = (us - calendar_day_begins_us(day)) / TIME_MINUTE_US;
    if (unit == LIMIT_WORKDAYS || unit == LIMIT_CALENDAR_DAYS)
        return of_day >= 1440;
    if (unit != LIMIT_HALF_DAYS || minute < 540)
        return true;
    return of_day >= (minute < 840 ? 840 : 1440);
}

/* The end of business of the day (of the half) in which the last minute lies, or of the next that is worked. */
static int64_t end_of_unit(enum limit_unit unit, int64_t full_us) {
    int64_t day = calendar_day_of(full_us - 1), minute = (full_us - 1 - calendar_day_begins_us(day)) / TIME_MINUTE_US;
    if (unit == LIMIT_BUSINESS_HOURS || unit == LIMIT_MICROSECONDS)
        return full_us;
    bool half = unit == LIMIT_HALF_DAYS;
    if (half && is_worked(day) && minute < 720)
        return calendar_day_begins_us(day) + 720 * TIME_MINUTE_US;
    while (!is_worked(day))
        day++;
    return calendar_day_begins_us(day) + 1080 * TIME_MINUTE_US;
}

/* The end of the unit in which the count became full; one that was over before the clock ran again is the next. */
static int64_t end_after(enum limit_unit unit, int64_t full_us, int64_t resumed_us) {
    int64_t end_us = end_of_unit(unit, full_us);
    for (int64_t day = calendar_day_of(resumed_us); end_us <= resumed_us; day++)
        end_us = end_of_unit(unit, calendar_day_begins_us(day + 1) + 1);
    return end_us;
}

/* TIME_NONE: it stands still and is not over. */
static int64_t walk(struct limit_time limit, int64_t start_us, const struct stretches *still) {
    int64_t left = whole(limit), due_us = TIME_NONE, resumed_us = start_us - 1;
    bool stood = false;
    for (int64_t i = 0, us = start_us; i < MINUTES_MOST; i++, us += TIME_MINUTE_US) {
        if (due_us != TIME_NONE && us >= due_us)
            return due_us;
        if (stands_still(still, us)) {
            due_us = TIME_NONE;   /* its last unit may have come, but not its end: it ends when it runs again */
            stood = true;
            continue;
        }
        if (stood)
            resumed_us = us;
        if (stood && left <= 0)
            due_us = end_after(limit.unit, us + 1, us);
        stood = false;
        if (!is_counted_yet(limit.unit, start_us, us))
            continue;
        /* The last of calendar days ends when business does, before its own last minute. */
        if (limit.unit == LIMIT_CALENDAR_DAYS && left <= 360 && us > resumed_us && is_worked(calendar_day_of(us)) &&
            us == calendar_day_begins_us(calendar_day_of(us)) + 1080 * TIME_MINUTE_US)
            return us;
        left -= weight(limit.unit, us);
        if (left <= 0 && due_us == TIME_NONE)
            due_us = end_after(limit.unit, us + TIME_MINUTE_US, resumed_us);
    }
    return TIME_NONE;
}

/* ---- a case ---- */

static struct limit_time random_limit(bool long_) {
    static const enum limit_unit units[] = {LIMIT_WORKDAYS, LIMIT_HALF_DAYS, LIMIT_BUSINESS_HOURS, LIMIT_CALENDAR_DAYS,
                                            LIMIT_MICROSECONDS};
    enum limit_unit unit = units[draw(5)];
    int64_t amount = (int64_t)(1 + draw(long_ ? 20 : 8));
    return (struct limit_time){unit, unit == LIMIT_MICROSECONDS ? amount * 7 * TIME_HOUR_US : amount};
}

static void say(struct run *run, enum answer_kind kind, const char *procedure) {
    char data[64];
    snprintf(data, sizeof data, "{\"procedure\":\"%s\"}", procedure);
    struct input in = answer_input(run, "a", kind);
    if (procedure)
        in.data = text_from(data);
    assert_int_equal(run_input(run, &in), OUTCOME_OK);
}

static void let_pass(struct run *run, int64_t to_us) {
    for (;;) {
        int64_t due_us = case_next_due(&run->state);
        bool first = due_us != TIME_NONE && due_us <= to_us;
        run->now_us = first && due_us > run->now_us ? due_us : first ? run->now_us : to_us;
        struct input in = input_of(INPUT_TIMER_FIRED, run->now_us);
        run_input(run, &in);
        if (!first)
            return;
    }
}

static void begin(struct stretches *s, int64_t us) { s->at[s->count++] = (struct stretch){us, INT64_MAX}; }
static void end(struct stretches *s, int64_t us) { s->at[s->count - 1].to_us = us; }

static void assert_due(struct run *run, enum clock_kind kind, struct limit_time limit, const struct stretches *still,
                       uint64_t of_seed) {
    const struct clock_row *clock = &run->state.items[0].clocks[kind];
    int64_t wanted_us = walk(limit, clock->start_us, still);
    char is[TIME_TEXT_SIZE], wanted[TIME_TEXT_SIZE];
    if (clock->due_us == wanted_us)
        return;
    struct text a = time_format_china(clock->due_us, is), b = time_format_china(wanted_us, wanted);
    fprintf(stderr, "seed %llu: %s of %lld (unit %d) is due %.*s, the walk says %.*s\n%s\n", (unsigned long long)of_seed,
            clock_kind_name(kind), (long long)limit.amount, (int)limit.unit, TEXT_ARG(a), TEXT_ARG(b),
            run_json(&run->state, &run->definition_arena).at);
    fail();
}

static void test_pauses_neither_lose_nor_invent_time(void **unused) {
    (void)unused;
    static const struct uncounted survey[] = {{.reason = {"survey", 6}}};
    struct arena arena;
    arena_init(&arena, 1 << 20);
    calendar = calendar_of_both(&arena, NULL, 0);
    for (uint64_t round = 1; round <= CASES; round++) {
        seed = round;
        struct item_definition item = {.id = TEXT("i"), .department = TEXT("i"), .promise = random_limit(false),
                                       .statute = random_limit(true), .uncounted = survey, .uncounted_count = 1};
        struct run *run = RUN_NEW({.id = "a", .item = "i"});
        run_limits(run, &item, (struct limit_time){LIMIT_NONE, 0});
        run->world.calendar = calendar;
        run->now_us = START_US + (int64_t)draw(40 * 24 * 60) * TIME_MINUTE_US;
        submit(run, "{}");
        let_pass(run, run->now_us + (int64_t)draw(3 * 24 * 60) * TIME_MINUTE_US);
        say(run, ANSWER_ACCEPTED, NULL);
        struct stretches of_law = {0}, of_promise = {0}, both = {0};
        bool heard = false, surveyed = false;
        for (uint64_t turns = draw(TURNS_MOST / 2); turns > 0; turns--) {
            let_pass(run, run->now_us + (int64_t)draw(draw(2) ? 300 : 4 * 24 * 60) * TIME_MINUTE_US);
            if (draw(2)) {
                say(run, heard ? ANSWER_SPECIAL_END : ANSWER_SPECIAL_START, "hearing");
                heard ? end(&of_law, run->now_us) : begin(&of_law, run->now_us);
                heard = !heard;
            } else {
                say(run, surveyed ? ANSWER_SPECIAL_END : ANSWER_SPECIAL_START, "survey");
                surveyed ? end(&of_promise, run->now_us) : begin(&of_promise, run->now_us);
                surveyed = !surveyed;
            }
        }
        for (int i = 0; i < of_law.count; i++)
            both.at[both.count++] = of_law.at[i];
        for (int i = 0; i < of_promise.count; i++)
            both.at[both.count++] = of_promise.at[i];
        assert_due(run, CLOCK_PROMISE, item.promise, &both, round);
        assert_due(run, CLOCK_STATUTE, item.statute, &of_law, round);
        run_end(run);
    }
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pauses_neither_lose_nor_invent_time)};
    return cmocka_run_group_tests_name("engine: clocks under pauses", tests, NULL, NULL);
}
