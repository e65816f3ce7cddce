/* Items and clocks as JSON: in the case's state, and each due date explained line by line. */
#include "engine/clock.h"

static void put_text(struct json_writer *w, const char *name, struct text value) {
    if (text_is_none(value))
        return;
    json_key(w, text_from(name));
    json_put_text(w, value);
}

static void put_time(struct json_writer *w, const char *name, int64_t us) {
    char room[TIME_TEXT_SIZE];
    if (us != TIME_NONE)
        put_text(w, name, time_format_utc(us, room));
}

static void put_count(struct json_writer *w, const char *name, int64_t value) {
    if (value == 0)
        return;
    json_key(w, text_from(name));
    json_put_int64(w, value);
}

static void put_pauses(struct json_writer *w, const struct case_state *s, const struct item_row *row) {
    if (row->pause_count == 0)
        return;
    json_key(w, TEXT("uncounted"));
    json_open(w, '[');
    for (uint32_t i = 0; i < row->pause_count; i++) {
        const struct clock_pause *pause = &row->pauses[i];
        json_open(w, '{');
        put_text(w, "reason", pause->reason);
        put_text(w, "of", pause->of_statute ? TEXT("statute") : TEXT("promise"));
        put_text(w, "basis", pause->basis);
        if (pause->step != NO_INDEX)
            put_text(w, "step", s->definition->steps[pause->step].id);
        if (pause->index >= 0) {
            json_key(w, TEXT("index"));
            json_put_int64(w, pause->index);
        }
        put_time(w, "from", pause->from_us);
        put_time(w, "to", pause->to_us);
        json_close(w, '}');
    }
    json_close(w, ']');
}

static void put_clock(struct json_writer *w, const struct clock_row *clock) {
    json_open(w, '{');
    put_text(w, "state", text_from(clock_state_name(clock->state)));
    put_text(w, "light", text_from(clock_light_name(clock->light)));
    put_time(w, "start", clock->start_us);
    put_time(w, "due", clock->due_us);
    put_time(w, "yellow", clock->yellow_us);
    put_time(w, "end", clock->end_us);
    json_close(w, '}');
}

static void put_clocks(struct json_writer *w, const struct item_row *row) {
    for (enum clock_kind kind = CLOCK_PROMISE; kind < CLOCK_KIND_COUNT; kind++)
        if (row->clocks[kind].state != CLOCK_IDLE) {
            json_key(w, text_from(clock_kind_name(kind)));
            put_clock(w, &row->clocks[kind]);
        }
}

static void put_item(struct json_writer *w, const struct case_state *s, const struct item_row *row) {
    json_open(w, '{');
    put_text(w, "state", text_from(item_phase_name(row->phase)));
    put_time(w, "received_at", row->received_us);
    put_time(w, "accept_by", row->accept_by_us);
    put_time(w, "accepted_at", row->accepted_us);
    put_text(w, "accepted_by", row->accepted_by);
    put_count(w, "corrections", row->correction_count);
    put_count(w, "extended_days", row->extended_days);
    put_time(w, "ended_at", row->ended_us);
    put_text(w, "ended_by", row->ended_by);
    put_clocks(w, row);
    put_pauses(w, s, row);
    json_close(w, '}');
}

void clock_write_case(struct json_writer *w, const struct case_state *s) {
    if (!s->items)
        return;
    const struct item_row *whole = case_item(s, clock_case_row(s->definition));
    if (s->definition->promise.unit != LIMIT_NONE && whole->clocks[CLOCK_PROMISE].state != CLOCK_IDLE) {
        json_key(w, TEXT("clock"));
        json_open(w, '{');
        put_clocks(w, whole);
        put_pauses(w, s, whole);
        json_close(w, '}');
    }
    if (s->definition->item_count == 0)
        return;
    json_key(w, TEXT("items"));
    json_open(w, '{');
    for (uint16_t i = 0; i < s->definition->item_count; i++)
        if (case_item(s, i)->phase != ITEM_WAITING) {
            json_key(w, s->definition->items[i].id);
            put_item(w, s, case_item(s, i));
        }
    json_close(w, '}');
}
