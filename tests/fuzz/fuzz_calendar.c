/* A file of config/calendar as someone writes it, and a question for a due date behind a line "%%": "DATE LIMIT". Faults
 * have their places; what compiles has a canonical form that compiles to the same version, can be shown, and gives due
 * dates that lie behind the beginning. */
#include "fuzz.h"

#include "calendar/describe.h"
#include "definition/calendar_file.h"
#include "definition/calendar_question.h"

static void check_days(const struct calendar *calendar) {
    for (int clock = 0; clock < CALENDAR_CLOCK_COUNT; clock++)
        for (int32_t i = -3; i < calendar->day_count + 3; i += 1 + calendar->day_count / 500) {
            int64_t day = calendar->first_day + i, next = calendar_nth_working_day(calendar, (enum calendar_clock)clock, day, 1);
            FUZZ_CHECK(next > day && calendar_is_working_day(calendar, (enum calendar_clock)clock, next), "no working day behind %lld",
                       (long long)day);
            FUZZ_CHECK(calendar_working_days(calendar, (enum calendar_clock)clock, day, next) == 1, "days are miscounted");
            FUZZ_CHECK(calendar_is_working_day(calendar, (enum calendar_clock)clock, day) ==
                           calendar_day(calendar, day).is_working[clock], "table and content differ");
        }
}

static void check_question(const struct calendar *calendar, struct text question) {
    int64_t start_us, due_us;
    struct limit_time limit;
    size_t space = text_find(question, ' ');
    struct text from = text_span(question.at, space == SIZE_MAX ? question.length : space);
    struct text rest = text_span(question.at + from.length, question.length - from.length);
    if (rest.length > 0)
        rest = text_span(rest.at + 1, rest.length - 1);
    if (calendar_answer(calendar, CALENDAR_PROMISE, from, rest, &start_us, &limit, &due_us, NULL) != OUTCOME_OK)
        return;
    FUZZ_CHECK(due_us >= start_us, "due before it begins");
    struct calendar_count count = {calendar, CALENDAR_PROMISE, limit, start_us};
    struct calendar_run run;
    FUZZ_CHECK(calendar_run(&count, NULL, 0, due_us, &run, NULL) == OUTCOME_OK && run.due_us == due_us, "two due moments");
    FUZZ_CHECK(run.yellow_us <= due_us, "yellow behind the end");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena;
    struct fault_list faults, none;
    struct error error = {0};
    struct text rest = text_span((const char *)data, size), canonical, again;
    const struct calendar *calendar = NULL, *second = NULL;
    arena_init(&arena, (size_t)256 << 20);
    struct calendar_source source = {TEXT("c.yaml"), fuzz_text(&arena, fuzz_cut(&rest))};
    enum outcome outcome = calendar_compile(&arena, TEXT_NONE, &source, 1, &faults, &calendar, &canonical, &error);
    FUZZ_CHECK(outcome == OUTCOME_OK || outcome == OUTCOME_REJECT, "compiling ends with %s: %s", outcome_name(outcome), error.message);
    FUZZ_CHECK((outcome == OUTCOME_OK) == (faults.error_count == 0), "%s with %u errors", outcome_name(outcome), faults.error_count);
    if (outcome == OUTCOME_OK) {
        struct buffer out;
        FUZZ_CHECK(calendar_compile(&arena, canonical, NULL, 0, &none, &second, &again, &error) == OUTCOME_OK &&
                       text_equal(calendar->version, second->version) && text_equal(canonical, again),
                   "a canonical form changes (%s): %.*s", error.message, TEXT_ARG(canonical));
        buffer_init(&out, 64 << 20);
        int32_t year = calendar->content->year_count ? calendar->content->years[0].year : 2026;
        calendar_write_year(calendar_for_region(calendar, TEXT("441302")), year, &out);
        fuzz_check_json(&arena, buffer_text(&out), "calendar_write_year");
        buffer_free(&out);
        check_days(calendar);
        check_days(calendar_for_region(calendar, TEXT("441302")));
    }
    check_question(calendar, fuzz_text(&arena, rest));
    arena_free(&arena);
    return 0;
}
