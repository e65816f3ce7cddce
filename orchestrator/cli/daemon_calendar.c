/* What the web asks about calendars: the one that holds, from the database. */
#include "calendar/describe.h"
#include "cli/daemon_web.h"
#include "cli/publish.h"
#include "definition/calendar_question.h"
#include "web/web.h"

#define ANSWER_BYTES_MOST ((size_t)1 << 20)

static enum outcome keep(struct arena *arena, const struct buffer *out, struct text *ret, struct error *error) {
    struct text json = out->failed ? TEXT_NONE : text_copy(arena, buffer_text(out));
    if (text_is_none(json))
        return error_no_memory(error);
    *ret = json;
    return OUTCOME_OK;
}

enum outcome daemon_calendar_year(const struct records_port *records, int32_t year, struct text region, struct arena *arena,
                                  struct text *ret, struct error *error) {
    const struct calendar *calendar;
    enum outcome outcome = published_calendar(records, arena, &calendar, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, ANSWER_BYTES_MOST);
    calendar_write_year(text_is_none(region) ? calendar : calendar_for_region(calendar, region), year, &out);
    return keep(arena, &out, ret, error);
}

enum outcome daemon_calendar_due(const struct records_port *records, const struct calendar_question *question,
                                 struct arena *arena, struct text *ret, struct error *error) {
    const struct calendar *calendar;
    enum calendar_clock clock = CALENDAR_PROMISE;
    struct limit_time limit;
    int64_t start_us, due_us;
    if (!text_is_none(question->clock) && !calendar_clock_parse(question->clock, &clock))
        return error_set(error, OUTCOME_REJECT, "bad_clock", "`clock` is promise or statute");
    enum outcome outcome = published_calendar(records, arena, &calendar, error);
    if (outcome == OUTCOME_OK && !text_is_none(question->region))
        calendar = calendar_for_region(calendar, question->region);
    if (outcome == OUTCOME_OK)
        outcome = calendar_answer(calendar, clock, question->from, question->limit, &start_us, &limit, &due_us, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, ANSWER_BYTES_MOST);
    calendar_write_due(calendar, clock, start_us, question->limit, due_us, &out);
    return keep(arena, &out, ret, error);
}
