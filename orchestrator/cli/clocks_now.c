/* What a case's clocks have counted by now: its journal folded, each due date explained as of this moment. The table `clock` says
 * it as of the case's last event. */
#include "cli/documents.h"

#include "cli/case_journal.h"
#include "calendar/calendar.h"
#include "engine/clock_view.h"
#include "engine/engine.h"
#include "model/limits.h"

struct looking { const struct publisher *publisher; struct text case_id; int64_t now_us; struct case_journal journal; struct text *ret; };

static enum outcome write_views(const struct clock_view *views, uint32_t count, struct arena *arena, struct text *ret, struct error *error) {
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, LIMIT_case_state_bytes_most * 2);
    json_begin(&w, &out);
    json_open(&w, '[');
    for (uint32_t i = 0; i < count; i++) {
        json_open(&w, '{');
        json_key(&w, TEXT("item"));
        json_put_text(&w, text_is_none(views[i].item) ? TEXT("") : views[i].item);
        json_key(&w, TEXT("clock"));
        json_put_text(&w, views[i].clock);
        json_key(&w, TEXT("explained"));
        json_put_raw(&w, views[i].explained);
        json_close(&w, '}');
    }
    json_close(&w, ']');
    *ret = out.failed ? TEXT_NONE : text_copy(arena, buffer_text(&out));
    return text_is_none(*ret) ? error_no_memory(error) : OUTCOME_OK;
}

static enum outcome look(void *context, const struct definition *definition, struct arena *arena, struct error *error) {
    const struct looking *l = context;
    const struct definition *of_region = definition_for_region(definition, l->journal.events[0].region);
    struct arena own;
    struct case_state state;
    const struct calendar *calendar;
    struct clock_view *views;
    uint32_t count;
    enum outcome outcome = published_calendar(l->publisher->records, arena, &calendar, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    arena_init(&own, LIMIT_case_state_bytes_most);
    bool fine = case_init(&state, &own, of_region, l->case_id) == OUTCOME_OK;
    for (uint32_t i = 0; fine && i < l->journal.count; i++) {
        struct event event = l->journal.events[i];
        event.step_index = text_is_none(event.step) ? NO_INDEX : definition_find_step(of_region, event.step);
        fine = case_apply(&state, &event);
    }
    fine = fine && clock_views(&state, calendar_for_region(calendar, state.region), 0, l->now_us, arena, &views, &count);
    if (fine)
        outcome = write_views(views, count, arena, l->ret, error);
    arena_free(&own);
    return fine ? outcome : error_no_memory(error);
}

enum outcome clocks_now(const struct publisher *publisher, struct text case_id, int64_t now_us, struct arena *arena, struct text *ret,
                        struct error *error) {
    struct looking l = {.publisher = publisher, .case_id = case_id, .now_us = now_us, .ret = ret};
    enum outcome outcome = case_journal_read(publisher->records, case_id, arena, &l.journal, error);
    return outcome == OUTCOME_OK ? published_with(publisher, l.journal.events[0].definition, arena, look, &l, error) : outcome;
}
