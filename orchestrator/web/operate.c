/* What applicants, windows and operators do to a case or one of its steps: each verb is an input with what it needs. */
#include "model/limits.h"
#include "wire/cloud_event.h"
#include "wire/input_codec.h"
#include "web/handlers.h"
#include "web/web_part.h"

static struct text text_of(const struct json *value) { return value ? value->text : TEXT_NONE; }

/* A case's id as the path names it. */
static bool is_case_id(struct request *request) {
    struct text id = request->at[0];
    if (number_is_sound(case_root(id)) && id.length <= LIMIT_id_bytes_most)
        return true;
    reply_problem(request, "case_unknown", "no case can have this id");
    return false;
}

/* The step in the path's second place into the input. */
static bool take_step(struct request *request, struct text name, struct input *input) {
    if (step_name_split(name, &input->step, &input->index))
        return true;
    reply_problem(request, "step_unknown", "a step is named <id> or <id>.<index>");
    return false;
}

static void send_case(struct request *request, enum input_kind kind, bool reason_needed) {
    const struct json *reason;
    if (!is_case_id(request) ||
        !BODY_FIELDS(request, {"reason", JSON_STRING, reason_needed, MOST(reason_bytes_most), &reason}))
        return;
    struct input input = command_input(request, kind, request->at[0]);
    input.reason = text_of(reason);
    if (!command_is_full(request))
        command_send(request, &input, false);
}

void handle_withdraw(struct request *request) {
    if (party_may(request, "withdraw"))
        send_case(request, INPUT_WITHDRAWN, false);
}
void handle_close(struct request *request) { send_case(request, INPUT_CLOSE, true); }
void handle_void(struct request *request) { send_case(request, INPUT_VOID, true); }

/* 好差評: 5 very satisfied … 1 very dissatisfied. */
void handle_rating(struct request *request) {
    const struct json *level, *comment;
    int64_t value = 0;
    if (!is_case_id(request) ||
        !BODY_FIELDS(request, {"level", JSON_NUMBER, true, UNBOUNDED, &level},
                     {"comment", JSON_STRING, false, MOST(reason_bytes_most), &comment}))
        return;
    if (!party_may(request, "rate"))
        return;
    if (!json_to_int64(level, &value) || value < 1 || value > 5) {
        request_fault(request, TEXT("/level"), "maximum", "is a whole number from 1 (very dissatisfied) to 5 (very satisfied)");
        reply_problem(request, "body_invalid", "the body has 1 fault");
        return;
    }
    struct input input = command_input(request, INPUT_RATED, request->at[0]);
    input.level = (uint32_t)value;
    input.reason = text_of(comment);
    if (!command_is_full(request))
        command_send(request, &input, false);
}

/* JSON bytes of any value. */
static struct text bytes_of(struct request *request, const struct json *value) {
    if (!value || value->type == JSON_OBJECT || value->type == JSON_ARRAY)
        return text_of(value);
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, LIMIT_answer_bytes_most * 8);
    json_write(&out, value);
    return out.failed ? TEXT_NONE : text_copy(&request->arena, buffer_text(&out));
}

void handle_signal(struct request *request) {
    const struct json *data;
    if (!is_case_id(request) || !BODY_FIELDS(request, {"data", JSON_NULL, false, MOST(answer_bytes_most), &data}))
        return;
    struct input input = command_input(request, INPUT_SIGNAL, request->at[0]);
    input.id = request->at[1];
    input.data = bytes_of(request, data);
    if (!command_is_full(request))
        command_send(request, &input, false);
}

void handle_correction(struct request *request) {
    const struct json *step, *form, *materials;
    struct text given;
    struct input input = command_input(request, INPUT_CORRECTION_ANSWERED, request->at[0]);
    if (!is_case_id(request) ||
        !BODY_FIELDS(request, {"step", JSON_STRING, true, UNBOUNDED, &step}, {"form", JSON_OBJECT, false, MOST(form_bytes_most), &form},
                     {"materials", JSON_ARRAY, false, UNBOUNDED, &materials}) ||
        !take_step(request, step->text, &input) || !party_may(request, "correct") ||
        !materials_stand(request, request->at[0], TEXT_NONE, "/materials", text_of(materials), &given))
        return;
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, LIMIT_message_bytes_most);
    json_begin(&w, &out);
    json_open(&w, '{');
    if (form) {
        json_key(&w, TEXT("form"));
        json_put_raw(&w, form->text);
    }
    if (materials) {
        json_key(&w, TEXT("materials"));
        json_put_raw(&w, given);
    }
    json_close(&w, '}');
    input.data = text_copy(&request->arena, buffer_text(&out));
    if (!command_is_full(request))
        command_send(request, &input, false);
}

void handle_materials(struct request *request) {
    const struct json *materials;
    struct text given;
    struct input input = command_input(request, INPUT_MATERIALS_GIVEN, request->at[0]);
    if (!is_case_id(request) || !BODY_FIELDS(request, {"materials", JSON_ARRAY, true, UNBOUNDED, &materials}) || !party_may(request, "correct") ||
        !materials_stand(request, request->at[0], TEXT_NONE, "/materials", materials->text, &given))
        return;
    input.data = text_format(&request->arena, "{\"materials\":%.*s}", TEXT_ARG(given));
    if (!command_is_full(request))
        command_send(request, &input, false);
}

/* A department objects in its own name, anybody else over the desk that takes it. */
void handle_objection(struct request *request) {
    const struct json *reason, *by, *step, *data;
    int32_t index;
    struct input input = command_input(request, INPUT_SIGNAL, request->at[0]);
    if (!is_case_id(request) ||
        !BODY_FIELDS(request, {"reason", JSON_STRING, true, MOST(reason_bytes_most), &reason}, {"by", JSON_STRING, false, MOST(id_bytes_most), &by},
                     {"step", JSON_STRING, false, UNBOUNDED, &step}, {"data", JSON_OBJECT, false, MOST(answer_bytes_most), &data}))
        return;
    if (step && (!step_name_split(step->text, &input.step, &index) || index >= 0)) {
        reply_problem(request, "step_unknown", "a publicity is named by its id");
        return;
    }
    input.id = TEXT("objection");
    input.reason = reason->text;
    if (by)
        input.actor = text_of(by);
    input.department = request->caller.role == ROLE_DEPARTMENT ? request->caller.department : TEXT_NONE;
    input.data = text_of(data);
    if (!command_is_full(request))
        command_send(request, &input, false);
}

/* ---- steps ---- */

/* An incident's id is `<case>:<step>[.<index>]:<version>`. */
static bool take_incident(struct request *request, const struct json *incident, struct input *input) {
    int64_t version = 0;
    if (!incident)
        return true;
    struct text whole = incident->text, own = text_format(&request->arena, "%.*s:%.*s:", TEXT_ARG(request->at[0]), TEXT_ARG(request->at[1]));
    if (whole.length > own.length && text_equal(text_span(whole.at, own.length), own) &&
        text_to_int64(text_span(whole.at + own.length, whole.length - own.length), &version) && version > 0 && version <= UINT32_MAX) {
        input->incident = (uint32_t)version;
        return true;
    }
    request_fault(request, TEXT("/incident"), "incident", "is no incident of this step");
    reply_problem(request, "incident_unknown", "the incident is not one of this step");
    return false;
}

static void send_step(struct request *request, enum input_kind kind) {
    const struct json *reason, *incident;
    struct input input = command_input(request, kind, request->at[0]);
    if (!is_case_id(request) || !take_step(request, request->at[1], &input) ||
        !BODY_FIELDS(request, {"reason", JSON_STRING, true, MOST(reason_bytes_most), &reason},
                     {"incident", JSON_STRING, false, MOST(id_bytes_most), &incident}) ||
        !take_incident(request, incident, &input))
        return;
    input.reason = reason->text;
    if (!command_is_full(request))
        command_send(request, &input, false);
}

void handle_retry(struct request *request) { send_step(request, INPUT_RETRY); }
void handle_skip(struct request *request) { send_step(request, INPUT_SKIP); }
void handle_refuse(struct request *request) { send_step(request, INPUT_REFUSE); }
void handle_acknowledge(struct request *request) { send_step(request, INPUT_ACKNOWLEDGE); }

void handle_reassign(struct request *request) {
    const struct json *reason, *department, *region, *incident;
    struct input input = command_input(request, INPUT_REASSIGN, request->at[0]);
    if (!is_case_id(request) || !take_step(request, request->at[1], &input) ||
        !BODY_FIELDS(request, {"reason", JSON_STRING, true, MOST(reason_bytes_most), &reason},
                     {"department", JSON_STRING, false, MOST(name_bytes_most), &department},
                     {"region", JSON_STRING, false, MOST(name_bytes_most), &region},
                     {"incident", JSON_STRING, false, MOST(id_bytes_most), &incident}) ||
        !take_incident(request, incident, &input))
        return;
    if (!department && !region) {
        reply_problem(request, "reassign_to_nobody", "name a department, a region, or both");
        return;
    }
    input.reason = reason->text;
    input.department = text_of(department);
    input.region = text_of(region);
    if (!command_is_full(request))
        command_send(request, &input, false);
}

/* Reads "type" into the kind of answer; `where` is its member's pointer. */
static bool take_kind(struct request *request, const struct json *type, const char *where, enum answer_kind *ret) {
    if (answer_kind_parse(type->text, ret) && *ret != ANSWER_NONE)
        return true;
    request_fault(request, text_from(where), "enum", "is no kind of answer; see schemas/README.md");
    reply_problem(request, "answer_kind_unknown", "there is no such kind of answer");
    return false;
}

void handle_resolve_dispute(struct request *request) {
    const struct json *reason, *stands;
    struct input input = command_input(request, INPUT_RESOLVE_DISPUTE, request->at[0]);
    if (!is_case_id(request) || !take_step(request, request->at[1], &input) ||
        !BODY_FIELDS(request, {"reason", JSON_STRING, true, MOST(reason_bytes_most), &reason},
                     {"stands", JSON_STRING, false, MOST(name_bytes_most), &stands}))
        return;
    if (stands && !take_kind(request, stands, "/stands", &input.answer))
        return;
    input.reason = reason->text;
    if (!command_is_full(request))
        command_send(request, &input, false);
}

void handle_answer_for(struct request *request) {
    const struct json *type, *data, *evidence, *confirmed_by, *reason;
    struct error error = {0};
    struct input input = command_input(request, INPUT_ANSWER_FOR, request->at[0]);
    if (!is_case_id(request) || !take_step(request, request->at[1], &input) ||
        !BODY_FIELDS(request, {"type", JSON_STRING, true, MOST(name_bytes_most), &type}, {"data", JSON_OBJECT, false, MOST(answer_bytes_most), &data},
                     {"evidence", JSON_STRING, true, MOST(id_bytes_most), &evidence},
                     {"confirmed_by", JSON_STRING, true, MOST(id_bytes_most), &confirmed_by},
                     {"reason", JSON_STRING, true, MOST(reason_bytes_most), &reason}))
        return;
    enum answer_kind kind;
    if (text_equal(confirmed_by->text, request->caller.name)) {
        reply_problem(request, "answer_for_same_person", "the person who confirms must be another than the one who records");
        return;
    }
    if (!take_kind(request, type, "/type", &kind))
        return;
    if (answer_data_read(kind, data, &input, &error) != OUTCOME_OK) {
        reply_error(request, &error);
        return;
    }
    if (text_is_none(input.reason))   /* a refusal's own reason stands before the operator's */
        input.reason = reason->text;
    input.evidence = evidence->text;
    input.confirmed_by = confirmed_by->text;
    if (results_stand(request, &input) && !command_is_full(request))
        command_send(request, &input, false);
}
