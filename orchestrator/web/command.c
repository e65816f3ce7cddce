/* Commands: what clients want done goes into the inbox as an input; the conductor's answer comes back to who waits. */
#include <stdio.h>

#include "base/uuid.h"
#include "wire/input_codec.h"
#include "web/web_part.h"

#define WAIT_SECONDS_MOST 30
#define FULL_ASKED_US (TIME_SECOND_US / 4)
enum { KEY_BYTES_MOST = 255 };

bool ask(struct request *request, const char *query, const struct text *parameters, uint32_t count, struct record_list *ret) {
    struct error error = {0};
    const struct records_port *records = &request->web->records;
    enum outcome outcome = records->query(records->context, query, parameters, count, &request->arena, ret, &error);
    if (outcome == OUTCOME_OK)
        return true;
    if (strcmp(error.code, "store_refused") == 0)   /* a parameter that is no number, no time … */
        reply_problem(request, "parameter_bad", "a parameter has no value of its kind");
    else
        reply_error(request, &error);
    return false;
}

/* The client's key, ours from then on: a token's keys are its own. Without '@', which marks keys of messages. False:
 * answered; absent: none given. */
static bool idempotency_key(struct request *request, struct text suffix, struct text *ret) {
    struct text given = request_header(request, "Idempotency-Key");
    *ret = TEXT_NONE;
    if (text_is_none(given))
        return true;
    bool fine = given.length > 0 && given.length <= KEY_BYTES_MOST;
    for (size_t i = 0; fine && i < given.length; i++)
        fine = given.at[i] > 0x20 && given.at[i] < 0x7f;
    if (!fine) {
        reply_problem(request, "header_bad", "Idempotency-Key is 1 to %d visible ASCII characters", KEY_BYTES_MOST);
        return false;
    }
    *ret = text_format(&request->arena, "%lld:%.*s%.*s", (long long)request->caller.token,
                       TEXT_ARG(encode_segment(&request->arena, given)), TEXT_ARG(suffix));
    return true;
}

struct input command_input(struct request *request, enum input_kind kind, struct text case_id) {
    struct input input = input_of(kind, request_now_us(request));
    uint8_t random[10];
    char room[UUID_TEXT_SIZE];
    request->web->clock.random_bytes(request->web->clock.context, random, sizeof random);
    struct text key = request_header(request, "Idempotency-Key");
    input.case_id = case_id;
    input.source = text_format(&request->arena, "api:%lld", (long long)request->caller.token);
    input.id = text_copy(&request->arena, text_is_none(key) ? uuid_v7(input.at_us, random, room) : key);
    input.actor = request->caller.name;
    input.traceparent = request_traceparent(request);
    return input;
}

bool command_is_full(struct request *request) {
    struct web *web = request->web;
    int64_t now = web->clock.monotonic_us(web->clock.context);
    if (now - __atomic_load_n(&web->inbox_asked_us, __ATOMIC_RELAXED) > FULL_ASKED_US) {
        __atomic_store_n(&web->inbox_asked_us, now, __ATOMIC_RELAXED);
        struct record_list rows;
        struct json row;
        int64_t waiting;
        if (!ask(request, "inbox_waiting", NULL, 0, &rows))
            return true;
        if (rows.count == 1 && json_read(&request->arena, rows.at[0], 4, &row, NULL) == OUTCOME_OK &&
            json_to_int64(json_get_string(&row, "waiting"), &waiting))
            __atomic_store_n(&web->inbox_waiting, waiting, __ATOMIC_RELAXED);
    }
    if (__atomic_load_n(&web->inbox_waiting, __ATOMIC_RELAXED) < web->settings.inbox_most)
        return false;
    reply_problem(request, "inbox_full", "more than %u commands wait; come again", web->settings.inbox_most);
    return true;
}

/* What has to be alike when a key comes again. */
static struct text content_of(struct request *request) {
    return text_format(&request->arena, "%.*s %.*s\n%.*s", TEXT_ARG(request->method), TEXT_ARG(request->uri),
                       TEXT_ARG(buffer_text(&request->body)));
}

static bool fill_command(struct request *request, const struct input *input, struct text suffix, bool own_number,
                         struct record_command *ret) {
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, REPLY_BYTES_MOST);
    input_write(&out, input);
    struct text data = out.failed ? TEXT_NONE : text_copy(&request->arena, buffer_text(&out));
    struct text key;
    if (!idempotency_key(request, suffix, &key))
        return false;
    *ret = (struct record_command){.kind = text_from(input_kind_name(input->kind)), .root = case_root(input->case_id),
                                   /* A number that we drew is another one when the same request comes again. */
                                   .case_id = own_number ? TEXT_NONE : input->case_id, .data = data, .idempotency_key = key,
                                   .content = content_of(request)};
    if (!text_is_none(data) && !text_is_none(ret->content))
        return true;
    reply_problem(request, "out_of_memory", "the command could not be written");
    return false;
}

static bool put(struct request *request, const struct record_command *commands, uint32_t count, struct record_ticket *ret) {
    struct web *web = request->web;
    struct error error = {0};
    if (web->records.put(web->records.context, commands, count, ret, &error) != OUTCOME_OK) {
        if (strcmp(error.code, "idempotency_conflict") == 0)   /* by the caller's own word for it */
            reply_problem(request, error.code, "the key \"%.*s\" was used for another content",
                          TEXT_ARG(request_header(request, "Idempotency-Key")));
        else
            reply_error(request, &error);
        return false;
    }
    if (web->settings.parts.hint)
        web->settings.parts.hint(web->settings.parts.context);
    return true;
}

bool command_put(struct request *request, const struct input *inputs, const struct text *key_suffix, uint32_t count,
                 struct record_ticket *ret) {
    struct record_command *commands = arena_new_array(&request->arena, count, struct record_command);
    if (!commands) {
        reply_problem(request, "out_of_memory", "too many commands");
        return false;
    }
    for (uint32_t i = 0; i < count; i++)
        if (!fill_command(request, &inputs[i], key_suffix[i], false, &commands[i]))
            return false;
    return put(request, commands, count, ret);
}

/* "wait=5" among the preferences (RFC 7240), in µs; 0: none. */
static int64_t preferred_wait(struct request *request) {
    struct text prefer = request_header(request, "Prefer");
    while (prefer.length > 0) {
        size_t end = text_find(prefer, ',');
        struct text one = end == SIZE_MAX ? prefer : text_span(prefer.at, end);
        prefer = end == SIZE_MAX ? TEXT("") : text_span(prefer.at + end + 1, prefer.length - end - 1);
        while (one.length > 0 && one.at[0] == ' ')
            one = text_span(one.at + 1, one.length - 1);
        int64_t seconds;
        if (text_starts_with(one, "wait=") && text_to_int64(text_span(one.at + 5, one.length - 5), &seconds) && seconds > 0)
            return (seconds > WAIT_SECONDS_MOST ? WAIT_SECONDS_MOST : seconds) * TIME_SECOND_US;
    }
    return 0;
}

void command_answered(struct request *request, int64_t id, int32_t status, struct text body) {
    struct text location;
    if (status == 0) {   /* it still waits */
        location = text_format(&request->arena, "/v1/commands/%lld", (long long)id);
        reply_header(request, "Location", location);
        struct text codes = text_is_none(request->codes) ? TEXT("") : text_format(&request->arena, ",\"codes\":%.*s", TEXT_ARG(request->codes));
        reply_json(request, 202, text_format(&request->arena, "{\"command\":%lld,\"state\":\"waiting\"%.*s}", (long long)id, TEXT_ARG(codes)));
        return;
    }
    struct json answer = {.type = JSON_NULL};
    if (body.length > 0 && json_read(&request->arena, body, 32, &answer, NULL) != OUTCOME_OK)
        answer = JSON_NULL_VALUE;
    if (preferred_wait(request))
        reply_header(request, "Preference-Applied", TEXT("wait"));
    if (status >= 400) {
        struct text code = text_copy(&request->arena, json_get_text(&answer, TEXT("code")));
        reply_problem_status(request, (unsigned)status, code.at ? code.at : "internal", json_get_text(&answer, TEXT("detail")));
        return;
    }
    struct text case_id = json_get_text(&answer, TEXT("case"));
    if (!text_is_none(case_id)) {
        location = text_format(&request->arena, "/v1/cases/%.*s", TEXT_ARG(encode_segment(&request->arena, case_id)));
        reply_header(request, "Location", location);
    }
    if (!text_is_none(request->codes) && body.length > 2)
        body = text_format(&request->arena, "%.*s,\"codes\":%.*s}", (int)body.length - 1, body.at, TEXT_ARG(request->codes));
    reply_json(request, (unsigned)status, body.length > 0 ? body : TEXT("{}"));
}

void command_send(struct request *request, const struct input *input, bool own_number) {
    struct record_command command;
    struct record_ticket ticket;
    if (!fill_command(request, input, TEXT(""), own_number, &command) || !put(request, &command, 1, &ticket))
        return;
    int64_t wait_us = preferred_wait(request);
    if (!ticket.repeated)
        __atomic_add_fetch(&request->web->inbox_waiting, 1, __ATOMIC_RELAXED);   /* until the database is asked again */
    if (input->kind == INPUT_SUBMIT && !ticket.repeated)
        parties_give_codes(request, input->case_id, input->extra);
    if (ticket.repeated) {
        struct error error = {0};
        int32_t status = 0;
        struct text body;
        const struct records_port *records = &request->web->records;
        if (records->answer(records->context, ticket.inbox_id, &request->arena, &status, &body, &error) != OUTCOME_OK) {
            reply_error(request, &error);
            return;
        }
        if (status != 0) {
            reply_header(request, "Idempotency-Replayed", TEXT("true"));
            command_answered(request, ticket.inbox_id, status, body);
            return;
        }
    }
    if (wait_us && watch_command(request, ticket.inbox_id, wait_us))
        return;
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, (size_t)1 << 20);
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("command"));
    json_put_int64(&w, ticket.inbox_id);
    json_key(&w, TEXT("state"));
    json_put_text(&w, TEXT("waiting"));
    if (!ticket.repeated) {
        json_key(&w, TEXT("case"));
        json_put_text(&w, input->case_id);
    }
    if (!text_is_none(request->codes)) {
        json_key(&w, TEXT("codes"));
        json_put_raw(&w, request->codes);
    }
    json_close(&w, '}');
    reply_header(request, "Location", text_format(&request->arena, "/v1/commands/%lld", (long long)ticket.inbox_id));
    reply_json(request, 202, buffer_text(&out));
}
