/* Plays a way again and writes it down as a script of `thing run`. */
#include "proof/script.h"

#include "model/limits.h"
#include "wire/input_codec.h"

enum { TIMERS_MOST = 10000 };

bool played_add(struct played *list, struct arena *arena, const struct input *input) {
    if (list->count == list->room) {
        uint32_t room = list->room ? list->room * 2 : 32;
        struct input *at = arena_new_array(arena, room, struct input);
        if (!at)
            return false;
        if (list->count)
            memcpy(at, list->at, list->count * sizeof *at);
        list->at = at;
        list->room = room;
    }
    list->at[list->count++] = *input;
    return true;
}

bool script_replay(struct explorer *e, uint32_t node, struct position *ret, struct played *played) {
    uint32_t length = 0;
    struct event_list events;
    struct input in;
    struct error error;
    for (uint32_t n = node; n != NO_NODE; n = e->nodes[n].parent)
        length++;
    uint32_t *way = arena_new_array(e->arena, length, uint32_t);
    arena_reset(&ret->arena);
    if (!way || case_init(&ret->state, &ret->arena, e->definition, TEXT("run")) != OUTCOME_OK)
        return false;
    ret->now_us = e->options->start_us;
    for (uint32_t n = node, i = length; n != NO_NODE; n = e->nodes[n].parent)
        way[--i] = n;
    for (uint32_t i = 0; i < length; i++) {
        const struct move *move = &e->nodes[way[i]].move;
        if (explore_step(e, ret, move, &events, &in, &error) != OUTCOME_OK)
            return false;
        in.at_us = move->kind == MOVE_TIME ? TIME_NONE : in.at_us;
        if (!played_add(played, e->arena, &in))
            return false;
    }
    return true;
}

bool script_let_time_pass(struct explorer *e, struct position *p) {
    struct move time = {.kind = MOVE_TIME, .step = NO_INDEX, .index = -1};
    struct event_list events;
    struct input in;
    struct error error;
    for (int i = 0; i < TIMERS_MOST && position_next_due(p) != TIME_NONE; i++)
        if (explore_step(e, p, &time, &events, &in, &error) != OUTCOME_OK)
            return false;
    return true;
}

static void write_inputs(struct explorer *e, struct buffer *out, const struct played *played) {
    char room[TIME_TEXT_SIZE];
    bool any = false;
    for (uint32_t i = 0; i < played->count; i++) {
        const struct input *in = &played->at[i];
        if (in->kind == INPUT_SUBMIT || in->kind == INPUT_TIMER_FIRED)
            continue;
        buffer_put_string(out, any ? "" : "inputs:\n");
        any = true;
        buffer_format(out, "  - {\"at\":\"%.*s\",", TEXT_ARG(duration_format(in->at_us - e->options->start_us, room)));
        struct input named = *in;
        named.case_id = TEXT_NONE;
        struct buffer rest;
        buffer_init(&rest, LIMIT_message_bytes_most);
        input_write(&rest, &named);
        buffer_put(out, rest.at ? rest.at + 1 : "", rest.length ? rest.length - 1 : 0);
        out->failed |= rest.failed;
        buffer_free(&rest);
        buffer_put_byte(out, '\n');
    }
}

static void put_member(struct buffer *out, const struct json *state, const char *name, bool *first) {
    const struct json *value = json_get(state, text_from(name));
    if (!value)
        return;
    buffer_format(out, "%s\"%s\":", *first ? "" : ",", name);
    json_write(out, value);
    *first = false;
}

static void write_expect(struct explorer *e, struct buffer *out, const struct position *p, const struct step_set *steps,
                         bool closing) {
    struct arena scratch;
    struct json state;
    _cleanup_buffer_ struct buffer whole;
    buffer_init(&whole, (size_t)LIMIT_case_state_bytes_most * 2);
    arena_init(&scratch, (size_t)256 << 20);
    case_write_json(&p->state, &whole);
    bool first = true, first_step = true;
    if (!whole.failed && json_read(&scratch, buffer_text(&whole), LIMIT_json_depth_most + 8, &state, NULL) == OUTCOME_OK) {
        buffer_put_string(out, "expect: {");
        put_member(out, &state, "state", &first);
        put_member(out, &state, "outcome", &first);
        put_member(out, &state, "incidents", &first);
        if (closing)
            put_member(out, &state, "closed_at", &first);
        for (uint16_t i = 0; steps && i < e->definition->step_count; i++) {
            if (!set_has(steps, i))
                continue;
            bool member = true;
            buffer_format(out, "%s\"%.*s\":{", first_step ? ",\"steps\":{" : ",", TEXT_ARG(e->definition->steps[i].id));
            put_member(out, json_get(json_get_string(&state, "steps"), e->definition->steps[i].id), "state", &member);
            buffer_put_byte(out, '}');
            first_step = false;
        }
        buffer_put_string(out, first_step ? "}\n" : "}}\n");
    } else {
        out->failed = true;
    }
    arena_free(&scratch);
}

struct text script_write(struct explorer *e, const struct position *p, const struct played *played,
                         const struct step_set *steps, bool closing, struct text comment) {
    char room[TIME_TEXT_SIZE];
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, (size_t)LIMIT_message_bytes_most * 8);
    buffer_put_string(&out, "# ");
    for (size_t i = 0; i < comment.length; i++)
        buffer_put_byte(&out, (unsigned char)comment.at[i] < ' ' ? ' ' : comment.at[i]);
    buffer_format(&out, "\nstart: %.*s\n", TEXT_ARG(time_format_china(e->options->start_us, room)));
    buffer_format(&out, "region: \"%.*s\"\n", TEXT_ARG(e->options->region));
    for (uint32_t i = 0; i < played->count; i++)
        if (played->at[i].kind == INPUT_SUBMIT) {
            buffer_format(&out, "form: %.*s\n", TEXT_ARG(played->at[i].data));
            if (!text_is_none(played->at[i].extra))
                buffer_format(&out, "extra: %.*s\n", TEXT_ARG(played->at[i].extra));
        }
    write_inputs(e, &out, played);
    write_expect(e, &out, p, steps, closing);
    return out.failed ? TEXT_NONE : text_copy(e->arena, buffer_text(&out));
}
