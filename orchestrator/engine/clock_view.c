/* A due date explained: its limit, its beginning, what was not counted and on which basis, which days were passed over. */
#include "engine/clock_view.h"

#include <stdio.h>

#include "engine/clock.h"

enum { PASSED_DAYS_MOST = 1000, VIEWS_A_ROW = 4 };

const char *clock_unit_name(enum limit_unit unit) {
    switch (unit) {
    case LIMIT_WORKDAYS: return "workdays";
    case LIMIT_HALF_DAYS: return "half_days";
    case LIMIT_BUSINESS_HOURS: return "hours";
    case LIMIT_CALENDAR_DAYS: return "days";
    case LIMIT_ON_THE_SPOT: return "on_the_spot";
    case LIMIT_UNTIL_DATE: return "until";
    case LIMIT_MICROSECONDS: return "duration";
    case LIMIT_NONE: break;
    }
    return "none";
}

static void put_text(struct json_writer *w, const char *name, struct text value) {
    if (text_is_none(value))
        return;
    json_key(w, text_from(name));
    json_put_text(w, value);
}

static void put_time(struct json_writer *w, const char *name, int64_t us) {
    char room[TIME_TEXT_SIZE];
    if (us != TIME_NONE)
        put_text(w, name, time_format_china(us, room));
}

static void put_limit(struct json_writer *w, struct limit_time limit) {
    char room[TIME_TEXT_SIZE];
    json_key(w, TEXT("limit"));
    json_open(w, '{');
    put_text(w, "unit", text_from(clock_unit_name(limit.unit)));
    if (limit.unit == LIMIT_UNTIL_DATE)
        put_text(w, "amount", time_format_china(limit.amount, room));
    else if (limit.unit == LIMIT_MICROSECONDS)
        put_text(w, "amount", duration_format(limit.amount, room));
    else if (limit.unit != LIMIT_ON_THE_SPOT) {
        json_key(w, TEXT("amount"));
        json_put_int64(w, limit.amount);
    }
    json_close(w, '}');
}

static void put_uncounted(struct json_writer *w, const struct case_state *s, const struct item_row *row, enum clock_kind kind) {
    json_key(w, TEXT("uncounted"));
    json_open(w, '[');
    for (uint32_t i = 0; i < row->pause_count; i++) {
        const struct clock_pause *pause = &row->pauses[i];
        if (!clock_pause_is_of(pause, kind))
            continue;
        json_open(w, '{');
        put_text(w, "reason", pause->reason);
        put_text(w, "basis", pause->basis);
        put_text(w, "of", pause->of_statute ? TEXT("statute") : TEXT("promise"));
        put_text(w, "step", s->definition->steps[pause->step].id);
        put_time(w, "from", pause->from_us);
        put_time(w, "to", pause->to_us);
        json_close(w, '}');
    }
    json_close(w, ']');
}

static void put_day(struct json_writer *w, const char *name, int64_t day) {
    char room[16];
    struct civil_date date = civil_from_days(day);
    int length = snprintf(room, sizeof room, "%04d-%02d-%02d", date.year, date.month, date.day);
    put_text(w, name, text_span(room, (size_t)length));
}

/* Days off between the beginning and the end, those of one kind and name together. */
static void put_passed(struct json_writer *w, const struct calendar *calendar, enum calendar_clock clock, int64_t from_us,
                       int64_t to_us) {
    int64_t day = calendar_day_of(from_us) + 1, last = calendar_day_of(to_us);
    if (last - day > PASSED_DAYS_MOST)
        last = day + PASSED_DAYS_MOST;
    json_key(w, TEXT("passed"));
    json_open(w, '[');
    while (day <= last) {
        struct calendar_day off = calendar_day(calendar, day);
        int64_t first = day++;
        if (off.is_working[clock])
            continue;
        for (; day <= last; day++) {
            struct calendar_day next = calendar_day(calendar, day);
            if (next.is_working[clock] || next.kind != off.kind || !text_equal(next.name, off.name))
                break;
        }
        json_open(w, '{');
        put_day(w, "from", first);
        put_day(w, "to", day - 1);
        put_text(w, "kind", text_from(calendar_day_kind_name(off.kind)));
        put_text(w, "name", off.name);
        put_text(w, "basis", off.basis);
        json_close(w, '}');
    }
    json_close(w, ']');
}

/* "2.5" of parts, with at most two digits behind the point. */
static void put_units(struct json_writer *w, const char *name, int64_t parts, int64_t of_unit) {
    char room[32];
    int64_t hundredths = of_unit > 0 ? parts / of_unit * 100 + parts % of_unit * 100 / of_unit : 0;
    int length = snprintf(room, sizeof room, "%lld.%02lld", (long long)(hundredths / 100), (long long)(hundredths % 100));
    put_text(w, name, text_span(room, (size_t)length));
}

/* What is being described. */
struct subject {
    const struct case_state *state;
    const struct calendar *calendar;
    uint16_t row_index;
    const struct item_row *row;
    int64_t now_us;
    struct arena *arena;
};

static void put_counts(struct json_writer *w, const struct subject *s, enum clock_kind kind, struct limit_time limit,
                       int64_t start_us, int64_t until_us) {
    enum calendar_clock clock = kind == CLOCK_PROMISE ? CALENDAR_PROMISE : CALENDAR_STATUTE;
    struct calendar_count count = {s->calendar, clock, limit, start_us};
    struct calendar_run run;
    size_t pause_count;
    struct calendar_pause *pauses = clock_pauses(s->arena, s->row, kind, &pause_count);
    if (!pauses || !calendar_is_pausable(limit) ||
        calendar_run(&count, pauses, pause_count, until_us, &run, NULL) != OUTCOME_OK)
        return;
    put_units(w, "counted", run.counted, run.parts_of_unit);
    put_units(w, "of", run.parts, run.parts_of_unit);
    put_time(w, "counted_at", until_us);
}

static struct text explain_clock(const struct subject *s, enum clock_kind kind) {
    const struct clock_row *clock = &s->row->clocks[kind];
    const struct definition *definition = s->state->definition;
    struct limit_time limit = clock_limit(definition, s->row_index, s->row, kind);
    enum calendar_clock days = kind == CLOCK_PROMISE ? CALENDAR_PROMISE : CALENDAR_STATUTE;
    int64_t until_us = clock->end_us != TIME_NONE ? clock->end_us : s->now_us;
    int64_t last_us = clock->due_us != TIME_NONE ? clock->due_us : until_us;
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, LIMIT_case_state_bytes_most);
    json_begin(&w, &out);
    json_open(&w, '{');
    put_limit(&w, limit);
    if (s->row->extended_days && kind != CLOCK_DELIVERY) {
        json_key(&w, TEXT("extended_days"));
        json_put_int64(&w, s->row->extended_days);
    }
    put_text(&w, "began", s->row_index == clock_case_row(definition) ? TEXT("submitted")
                          : kind == CLOCK_DELIVERY ? TEXT("decided") : s->row->accepted_by);
    put_uncounted(&w, s->state, s->row, kind);
    if (limit.unit != LIMIT_MICROSECONDS)
        put_passed(&w, s->calendar, days, clock->start_us, last_us);
    put_time(&w, "yellow", clock->yellow_us);
    put_counts(&w, s, kind, limit, clock->start_us, until_us);
    if (kind == CLOCK_PROMISE && s->row_index < definition->item_count) {
        int64_t unit, parts = clock_own_parts(s->calendar, s->arena, s->state, s->row_index, until_us, &unit);
        put_units(&w, "own", parts, unit);
    }
    if (limit.unit != LIMIT_MICROSECONDS && calendar_is_provisional_between(s->calendar, clock->start_us, last_us)) {
        json_key(&w, TEXT("provisional"));
        json_put_bool(&w, true);
    }
    json_close(&w, '}');
    return out.failed ? TEXT_NONE : text_copy(s->arena, buffer_text(&out));
}

static struct text explain_acceptance(const struct subject *s) {
    struct limit_time within = s->state->definition->items[s->row_index].correction_within;
    int64_t last_us = s->row->accept_by_us != TIME_NONE ? s->row->accept_by_us
                      : s->row->accepted_us != TIME_NONE ? s->row->accepted_us : s->now_us;
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, LIMIT_case_state_bytes_most);
    json_begin(&w, &out);
    json_open(&w, '{');
    put_limit(&w, within.unit == LIMIT_NONE ? CLOCK_CORRECTION_WITHIN : within);
    put_text(&w, "began", TEXT("received"));
    put_text(&w, "ended", text_is_none(s->row->accepted_by) ? s->row->ended_by : s->row->accepted_by);
    put_passed(&w, s->calendar, CALENDAR_STATUTE, s->row->received_us, last_us);
    json_close(&w, '}');
    return out.failed ? TEXT_NONE : text_copy(s->arena, buffer_text(&out));
}

static bool describe(const struct subject *s, struct clock_view *views, uint32_t *count) {
    const struct definition *definition = s->state->definition;
    const struct item_definition *item = s->row_index < definition->item_count ? &definition->items[s->row_index] : NULL;
    const struct item_row *row = s->row;
    if (item && row->phase != ITEM_WAITING) {
        struct clock_view *view = &views[(*count)++];
        *view = (struct clock_view){
            .item = item->id, .department = item->department, .clock = TEXT("acceptance"),
            .state = text_from(item_phase_name(row->phase)), .light = text_from(clock_light_name(LIGHT_GREEN)),
            .started_us = row->received_us, .due_us = row->accept_by_us,
            .ended_us = row->accepted_us != TIME_NONE ? row->accepted_us : row->ended_us, .explained = explain_acceptance(s)};
        if (text_is_none(view->explained))
            return false;
    }
    for (enum clock_kind kind = CLOCK_PROMISE; kind < CLOCK_KIND_COUNT; kind++) {
        const struct clock_row *clock = &row->clocks[kind];
        if (clock->state == CLOCK_IDLE)
            continue;
        struct clock_view *view = &views[(*count)++];
        *view = (struct clock_view){
            .item = item ? item->id : TEXT_NONE, .department = item ? item->department : TEXT_NONE,
            .clock = text_from(clock_kind_name(kind)), .state = text_from(clock_state_name(clock->state)),
            .light = text_from(clock_light_name(clock->light)), .started_us = clock->start_us, .due_us = clock->due_us,
            .ended_us = clock->end_us, .explained = explain_clock(s, kind)};
        if (text_is_none(view->explained))
            return false;
    }
    return true;
}

bool clock_views(const struct case_state *state, const struct calendar *calendar, uint32_t since_version, int64_t now_us,
                 struct arena *arena, struct clock_view **ret, uint32_t *ret_count) {
    uint32_t count = 0, rows = 0;
    for (uint16_t i = 0; state->items && i <= state->definition->item_count; i++)
        rows += case_item(state, i)->changed_version > since_version;
    *ret = NULL;
    *ret_count = 0;
    if (rows == 0)
        return true;
    struct clock_view *views = arena_new_array(arena, (size_t)rows * VIEWS_A_ROW, struct clock_view);
    for (uint16_t i = 0; views && i <= state->definition->item_count; i++) {
        struct subject subject = {state, calendar, i, case_item(state, i), now_us, arena};
        if (subject.row->changed_version > since_version && !describe(&subject, views, &count))
            return false;
    }
    *ret = views;
    *ret_count = count;
    return views != NULL;
}
