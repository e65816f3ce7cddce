/* A case's journal from the database, page by page. */
#include "cli/case_journal.h"

#include "base/json.h"
#include "model/limits.h"
#include "wire/event_codec.h"

enum { PAGE_EVENTS = 10000 };
static enum outcome take_row(struct case_journal *r, struct arena *arena, struct text row, struct error *error) {
    struct json value;
    int64_t at_us, version;
    enum outcome outcome = json_read(arena, row, LIMIT_json_depth_most * 2, &value, error);
    const struct json *of = outcome == OUTCOME_OK ? json_get_string(&value, "data") : NULL;
    if (!of || time_parse(json_get_text(&value, TEXT("at")), &at_us, error) != OUTCOME_OK ||
        !json_to_int64(json_get_string(&value, "version"), &version))
        return outcome == OUTCOME_FATAL ? outcome : error_set(error, OUTCOME_FATAL, "internal", "a journal's row can't be read");
    struct text data = of->text;
    if (r->count == r->room) {
        uint32_t room = r->room ? r->room * 2 : 256;
        struct event *events = arena_new_array(arena, room, struct event);
        if (!events)
            return error_no_memory(error);
        if (r->count)
            memcpy(events, r->events, r->count * sizeof *events);
        r->events = events;
        r->room = room;
    }
    struct text step = json_get_text(&value, TEXT("step"));
    outcome = event_read(arena, json_get_text(&value, TEXT("kind")), (uint32_t)version, at_us, step, data, &r->events[r->count], error);
    r->count += outcome == OUTCOME_OK;
    return outcome;
}

enum outcome case_journal_read(const struct records_port *records, struct text case_id, struct arena *arena, struct case_journal *r,
                               struct error *error) {
    *r = (struct case_journal){0};
    for (;;) {
        struct record_list rows;
        uint32_t after = r->count ? r->events[r->count - 1].version : 0;
        const struct text parameters[] = {case_id, text_format(arena, "%u", after), TEXT("yes"), text_format(arena, "%d", PAGE_EVENTS)};
        enum outcome outcome = records->query(records->context, "case_timeline", parameters, 4, arena, &rows, error);
        for (uint32_t i = 0; outcome == OUTCOME_OK && i < rows.count; i++)
            outcome = take_row(r, arena, rows.at[i], error);
        if (outcome != OUTCOME_OK)
            return outcome;
        if (rows.count < PAGE_EVENTS)
            break;
    }
    if (r->count == 0 || r->events[0].kind != EVENT_CASE_STARTED)
        return error_set(error, OUTCOME_REJECT, "case_unknown", "there is no case %.*s", TEXT_ARG(case_id));
    return OUTCOME_OK;
}
