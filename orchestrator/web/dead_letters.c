/* Dead letters: looked at, taken again after the reason is mended, or put aside for good. */
#include "base/base64.h"
#include "model/limits.h"
#include "model/number.h"
#include "wire/cloud_event.h"
#include "wire/input_codec.h"
#include "web/handlers.h"
#include "web/web_part.h"

/* How long one waits for the case to take a letter; who is not answered by then asks again. */
#define REDRIVE_WAIT_US (10 * TIME_SECOND_US)

void handle_dead_letters(struct request *request) {
    uint32_t limit = request_limit(request);
    struct record_list rows;
    if (ASK(request, "dead_list", &rows, request_parameter(request, "open"), request_parameter(request, "code"),
            request_parameter(request, "topic"), request_parameter(request, "cursor"),
            text_format(&request->arena, "%u", limit + 1)) && veil_messages(request, &rows))
        reply_page(request, &rows, limit, "id");
}

/* The row of the one in the path; false: answered. */
static bool find_dead(struct request *request, struct text *ret_source, struct json *ret) {
    struct record_list rows;
    int64_t id;
    bool fine = text_to_int64(request->at[0], &id);
    if (fine && !ASK(request, "dead_show", &rows, request->at[0]))
        return false;
    if (!fine || rows.count == 0 || json_read(&request->arena, rows.at[0], LIMIT_json_depth_most, ret, NULL) != OUTCOME_OK) {
        reply_problem(request, "dead_letter_unknown", "there is no dead letter %.*s", TEXT_ARG(request->at[0]));
        return false;
    }
    *ret_source = rows.at[0];
    return true;
}

void handle_dead_letter(struct request *request) {
    struct json row;
    struct text source;
    if (!find_dead(request, &source, &row))
        return;
    if (text_is_none(source = veil_letter(request, &row)))
        reply_problem(request, "out_of_memory", "the letter is too long to be shown");
    else
        reply_json(request, 200, source);
}

void handle_dead_letter_reveal(struct request *request) {
    const struct json *reason;
    struct record_list rows;
    struct json row;
    struct text source;
    if (BODY_FIELDS(request, {"reason", JSON_STRING, true, MOST(reason_bytes_most), &reason}) && find_dead(request, &source, &row) &&
        ASK(request, "access_note", &rows, request->caller.name, text_from(role_name(request->caller.role)), request->caller.department,
            TEXT("dead_letter"), TEXT_NONE, request->at[0], reason->text))
        reply_json(request, 200, source);
}

/* [[name, value] …] as rows.c wrote them. */
static enum outcome read_headers(struct arena *arena, const struct json *list, struct bus_header *room, uint32_t *ret_count,
                                 struct error *error) {
    uint32_t count = list && list->type == JSON_ARRAY ? list->count : 0;
    if (count > LIMIT_headers_most)
        return error_set(error, OUTCOME_REJECT, "headers_too_many", "a message has at most headers_most (%d) headers",
                         LIMIT_headers_most);
    for (uint32_t i = 0; i < count; i++) {
        const struct json *pair = &list->children[i].value;
        if (!json_get_bytes(arena, json_at(pair, 0), &room[i].name) || !json_get_bytes(arena, json_at(pair, 1), &room[i].value))
            return error_set(error, OUTCOME_REJECT, "headers_unreadable", "header %u of the dead letter can't be read", i + 1);
    }
    *ret_count = count;
    return OUTCOME_OK;
}

/* A dead letter as the input that it wanted to be. REJECT: it still can't be taken. */
static enum outcome read_input(struct request *request, const struct json *row, struct input *ret, struct error *error) {
    struct arena *arena = &request->arena;
    struct text value = base64_decode(arena, json_get_text(row, TEXT("value"))), key = base64_decode(arena, json_get_text(row, TEXT("key")));
    struct text topic = json_get_text(row, TEXT("topic")), region, department;
    int64_t now = request_now_us(request);
    enum topic_kind kind = topic_parse(arena, topic, &region, &department);
    struct json *object = arena_new(arena, struct json);
    if (!object)
        return error_no_memory(error);
    if (kind != TOPIC_INTAKE && kind != TOPIC_RESULT) {   /* a command of the inbox: the value is the input */
        enum outcome outcome = json_read(arena, value, LIMIT_json_depth_most + 2, object, error);
        return outcome == OUTCOME_OK ? input_read(arena, object, now, ret, error) : outcome;
    }
    struct bus_header headers[LIMIT_headers_most];
    struct cloud_event *event = arena_new(arena, struct cloud_event);
    if (!event)
        return error_no_memory(error);
    uint32_t count = 0;
    enum outcome outcome = read_headers(arena, json_get_string(row, "headers"), headers, &count, error);
    if (outcome == OUTCOME_OK)
        outcome = cloud_event_read(arena, value, headers, count, event, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    return kind == TOPIC_INTAKE ? cloud_event_application(event, key, region, now, ret, error)
                                : cloud_event_answer(event, department, region, now, ret, error);
}

static bool is_over(struct request *request, const struct json *row) {
    const struct json *redriven = json_get_string(row, "redriven_at");
    if (!redriven || redriven->type == JSON_NULL)
        return false;
    reply_problem(request, "already_redriven", "%.*s did it", TEXT_ARG(json_get_text(row, TEXT("redriven_by"))));
    return true;
}

/* The one that it was given when it came, or would have been. */
static bool give_number(struct request *request, struct input *input) {
    struct record_list rows;
    struct json row;
    int64_t value = 0, at_us = 0;
    if (!ASK(request, "number_given", &rows, input->source, input->id, input->region))
        return false;
    if (rows.count == 1 && json_read(&request->arena, rows.at[0], 4, &row, NULL) == OUTCOME_OK &&
        json_to_int64(json_get_string(&row, "value"), &value) &&
        time_parse(json_get_text(&row, TEXT("at")), &at_us, NULL) == OUTCOME_OK) {
        struct civil_date day = civil_from_days((at_us + TIME_CHINA_OFFSET_US) / TIME_DAY_US);
        input->number = input->case_id = case_number(&request->arena, json_get_text(&row, TEXT("region")), day, value);
    }
    if (!text_is_none(input->case_id))
        return true;
    reply_problem(request, "internal", "no number could be given");
    return false;
}

/* What became of it: it is over only when the case has taken it. */
static void redriven(struct request *request, int64_t id, int32_t status, struct text body) {
    struct json answer;
    struct record_list rows;
    struct text code = TEXT("internal"), why = TEXT("");
    if (status >= 400) {
        if (json_read(&request->arena, body, LIMIT_json_depth_most, &answer, NULL) == OUTCOME_OK) {
            code = json_get_text(&answer, TEXT("code"));
            why = json_get_text(&answer, TEXT("detail"));
        }
        if (ASK(request, "dead_reason", &rows, request->at[0], code, why))
            reply_problem(request, "redrive_refused", "%.*s: %.*s", TEXT_ARG(code), TEXT_ARG(why));
    } else if (status == 0 || ASK(request, "dead_redrive_mark", &rows, request->at[0], request->caller.name)) {
        command_answered(request, id, status, body);
    }
}

/* Into the inbox under a key of its own, so that two at once, or one who was cut off, have one effect. What was refused
 * before is tried anew. False: answered. */
static bool put_again(struct request *request, const struct input *input, struct record_ticket *ret) {
    const struct records_port *records = &request->web->records;
    struct error error = {0};
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, REPLY_BYTES_MOST);
    input_write(&out, input);
    struct record_command command = {.kind = text_from(input_kind_name(input->kind)), .root = case_root(input->case_id),
                                     .data = text_copy(&request->arena, buffer_text(&out)),
                                     .idempotency_key = text_format(&request->arena, "redrive:%.*s", TEXT_ARG(request->at[0])),
                                     .content = request->at[0]};
    enum outcome outcome = records->put(records->context, &command, 1, ret, &error);
    int32_t status = 0;
    struct text body;
    struct record_list rows;
    if (outcome == OUTCOME_OK && ret->repeated)
        outcome = records->answer(records->context, ret->inbox_id, &request->arena, &status, &body, &error);
    if (outcome == OUTCOME_OK && status >= 400) {
        if (!ASK(request, "command_forget", &rows, text_format(&request->arena, "%lld", (long long)ret->inbox_id)))
            return false;
        outcome = records->put(records->context, &command, 1, ret, &error);
    }
    if (outcome != OUTCOME_OK)
        reply_error(request, &error);
    return outcome == OUTCOME_OK;
}

void handle_redrive(struct request *request) {
    struct json row;
    struct text source;
    struct error error = {0};
    struct input input;
    struct record_ticket ticket;
    if (!body_fields(request, NULL, 0) || !find_dead(request, &source, &row) || is_over(request, &row))
        return;
    enum outcome outcome = read_input(request, &row, &input, &error);
    if (outcome == OUTCOME_REJECT)
        reply_problem(request, "redrive_refused", "%s: %s", error.code, error.message);
    else if (outcome != OUTCOME_OK)
        reply_error(request, &error);
    if (outcome != OUTCOME_OK || (text_is_none(input.case_id) && !give_number(request, &input)) ||
        !put_again(request, &input, &ticket))
        return;
    if (request->web->settings.parts.hint)
        request->web->settings.parts.hint(request->web->settings.parts.context);
    request->answered = redriven;
    if (!watch_command(request, ticket.inbox_id, REDRIVE_WAIT_US))
        reply_problem(request, "out_of_memory", "no memory to wait for what becomes of it");
}

void handle_discard(struct request *request) {
    const struct json *reason;
    struct json row;
    struct text source;
    struct record_list marked;
    if (!BODY_FIELDS(request, {"reason", JSON_STRING, true, MOST(reason_bytes_most), &reason}) ||
        !find_dead(request, &source, &row) || is_over(request, &row) ||
        !ASK(request, "dead_redrive_mark", &marked, request->at[0],
             text_format(&request->arena, "discarded by %.*s: %.*s", TEXT_ARG(request->caller.name), TEXT_ARG(reason->text))))
        return;
    if (marked.count > 0)
        reply_json(request, 200, marked.at[0]);
    else
        reply_problem(request, "already_redriven", "somebody was quicker");
}
