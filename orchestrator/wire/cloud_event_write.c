/* Makes our messages: headers and value, from a command and its event alone. */
#include "wire/cloud_event.h"

#include "base/time.h"
#include "model/limits.h"
#include "model/status.h"
#include "wire/input_codec.h"

static struct text text_of_uint(struct arena *arena, uint32_t value) {
    char room[11];
    struct pen pen = pen_on(room, sizeof room);
    pen_uint32(&pen, value);
    return text_copy(arena, pen_written(&pen));
}

static struct text step_name(struct arena *arena, const struct event *event) {
    if (event->index < 0)
        return event->step;
    return text_format(arena, "%.*s.%d", TEXT_ARG(event->step), event->index);
}

/* The id of the task whose step and attempt the event names. */
static void put_task_id(struct json_writer *w, struct text case_id, const struct event *event) {
    char room[COMMAND_ID_SIZE];
    struct pen pen = pen_on(room, sizeof room);
    task_id_put(&pen, case_id, event->step, event->index, event->attempt);
    json_put_text(w, pen_written(&pen));
}

/* The law's words for what the event says, in those of its region. */
static void write_status(struct json_writer *w, const struct event *event) {
    enum case_status status = status_of_event(event, false);
    if (status == STATUS_NONE)
        return;
    struct title words = status_words(status, event->region);
    json_key(w, TEXT("status"));
    json_open(w, '{');
    json_key(w, TEXT("code"));
    json_put_text(w, text_from(status_name(status)));
    title_write(w, words);
    json_close(w, '}');
}

static void write_law(struct json_writer *w, const struct event *event) {
    if (!text_is_none(event->item)) {
        json_key(w, TEXT("item"));
        json_put_text(w, event->item);
    }
    if (event->kind == EVENT_ITEM_EXTENDED) {
        json_key(w, TEXT("extended_days"));
        json_put_int64(w, event->count);
    }
    if (event->kind != EVENT_LIGHT_CHANGED)
        return;
    json_key(w, TEXT("clock"));
    json_put_text(w, text_from(clock_kind_name(event->clock)));
    json_key(w, TEXT("light"));
    json_put_text(w, text_from(clock_light_name(event->light)));
    if (event->due_us != TIME_NONE) {
        char room[TIME_TEXT_SIZE];
        json_key(w, TEXT("due"));
        json_put_text(w, time_format_utc(event->due_us, room));
    }
}

static void write_life_cycle(struct json_writer *w, struct arena *arena, struct text case_id, const struct event *event) {
    json_key(w, TEXT("number"));
    json_put_text(w, case_root(case_id));
    json_key(w, TEXT("caseid"));
    json_put_text(w, case_id);
    if (!text_is_none(event->thing)) {
        json_key(w, TEXT("thing"));
        json_put_text(w, event->thing);
    }
    if (!text_is_none(event->step)) {
        json_key(w, TEXT("step"));
        json_put_text(w, step_name(arena, event));
    }
    if (event->kind == EVENT_STEP_ENDED) {
        json_key(w, TEXT("state"));
        json_put_text(w, text_from(state_step_name(event->state)));
    }
    if (event->kind == EVENT_CASE_CLOSED) {
        json_key(w, TEXT("outcome"));
        json_put_text(w, text_from(state_outcome_name(event->outcome)));
    }
    if (event->kind == EVENT_STEP_STUCK || event->kind == EVENT_INCIDENT_OPENED) {
        json_key(w, TEXT("code"));
        json_put_text(w, event->reason);
    }
    write_law(w, event);
    write_status(w, event);
    json_key(w, TEXT("version"));
    json_put_int64(w, event->version);
}

static struct text write_value(struct arena *arena, struct text case_id, const struct command *command) {
    const struct event *event = command->event;
    if (command->message == MESSAGE_TASK || command->message == MESSAGE_COMPENSATE)
        return text_is_none(event->data) ? TEXT("{}") : event->data;
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, LIMIT_message_bytes_most);
    struct json_writer w;
    json_begin(&w, &out);
    json_open(&w, '{');
    switch (command->message) {
    case MESSAGE_CANCEL:
        json_key(&w, TEXT("task"));
        put_task_id(&w, case_id, event);
        json_key(&w, TEXT("reason"));
        json_put_text(&w, event->reason);
        break;
    case MESSAGE_CORRECTION_ANSWER:
        json_key(&w, TEXT("task"));
        put_task_id(&w, case_id, event);
        json_key(&w, TEXT("correction"));
        if (event->kind == EVENT_CORRECTION_SENT && !text_is_none(event->extra))
            json_put_raw(&w, event->extra);
        else
            json_put_raw(&w, text_is_none(event->data) ? TEXT("{}") : event->data);
        break;
    case MESSAGE_WARNING:
        json_key(&w, TEXT("task"));
        put_task_id(&w, case_id, event);
        json_key(&w, TEXT("light"));
        json_put_text(&w, event->reason);
        if (event->due_us != TIME_NONE) {
            char room[TIME_TEXT_SIZE];
            json_key(&w, TEXT("due"));
            json_put_text(&w, time_format_utc(event->due_us, room));
        }
        break;
    default:
        write_life_cycle(&w, arena, case_id, event);
        break;
    }
    json_close(&w, '}');
    return out.failed ? TEXT_NONE : text_copy(arena, buffer_text(&out));
}

bool cloud_event_write(struct arena *arena, struct text case_id, const struct command *command,
                       struct bus_header *ret_headers, uint32_t *ret_count, struct text *ret_value) {
    const struct event *event = command->event;
    char room[TIME_TEXT_SIZE];
    uint32_t n = 0;
#define PUT(name_, value_) ret_headers[n++] = (struct bus_header){TEXT(name_), (value_)}
    PUT("ce_specversion", TEXT("1.0"));
    PUT("ce_id", text_copy(arena, text_from(command->id)));
    PUT("ce_source", TEXT(CLOUD_EVENT_SOURCE));
    PUT("ce_type", text_from(message_kind_name(command->message)));
    PUT("ce_time", text_copy(arena, time_format_utc(event->at_us, room)));
    PUT("ce_caseid", case_id);
    if (!text_is_none(event->thing))
        PUT("ce_thing", event->thing);
    if (!text_is_none(event->step))
        PUT("ce_step", step_name(arena, event));
    if (event->attempt > 0)
        PUT("ce_attempt", text_of_uint(arena, event->attempt));
    if (!text_is_none(event->dataschema))
        PUT("ce_dataschema", event->dataschema);
    if (!text_is_none(event->traceparent))
        PUT("ce_traceparent", event->traceparent);
    PUT("content-type", TEXT("application/json"));
#undef PUT
    struct text value = write_value(arena, case_id, command);
    if (text_is_none(value) || arena->failed)
        return false;
    *ret_count = n;
    *ret_value = value;
    return true;
}
