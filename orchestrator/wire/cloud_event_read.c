/* Takes messages from outside apart, strictly: whatever is not as the contract says is refused with its reason. */
#include "wire/cloud_event.h"

#include <stddef.h>

#include "model/limits.h"
#include "wire/input_codec.h"

struct attribute { const char *name; size_t offset; bool required; };
#define AT(member) offsetof(struct cloud_event, member)
/* `specversion` is looked at apart: it is checked and not kept. */
static const struct attribute attributes[] = {
    {"id", AT(id), true},           {"source", AT(source), true},         {"type", AT(type), true},
    {"time", AT(time), false},      {"caseid", AT(caseid), false},        {"thing", AT(thing), false},
    {"step", AT(step), false},      {"attempt", AT(attempt), false},      {"task", AT(task), false},
    {"dataschema", AT(dataschema), false}, {"traceparent", AT(traceparent), false},
};
enum { ATTRIBUTE_COUNT = sizeof(attributes) / sizeof(attributes[0]) };

static struct text *attribute_at(struct cloud_event *event, const struct attribute *a) {
    return (struct text *)(void *)((char *)event + a->offset);
}

static bool has_prefix_folded(struct text t, const char *prefix) {
    size_t length = strlen(prefix);
    if (t.length < length)
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = t.at[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c != prefix[i])
            return false;
    }
    return true;
}

/* Is it `type`, with or without parameters? */
static bool is_media_type(struct text value, const char *type) {
    size_t length = strlen(type);
    return has_prefix_folded(value, type) &&
           (value.length == length || value.at[length] == ';' || value.at[length] == ' ');
}

/* A header's or attribute's value: UTF-8, without controls, within the limit. */
static enum outcome check_value(const char *name, struct text value, struct error *error) {
    if (value.length > LIMIT_id_bytes_most)
        return error_set(error, OUTCOME_REJECT, "header_bad", "%s is longer than id_bytes_most (%d bytes)", name,
                         LIMIT_id_bytes_most);
    for (size_t i = 0; i < value.length; i++)
        if ((unsigned char)value.at[i] < 0x20 || value.at[i] == 0x7f)
            return error_set(error, OUTCOME_REJECT, "header_bad", "%s has a control character", name);
    if (!text_is_utf8(value))
        return error_set(error, OUTCOME_REJECT, "header_bad", "%s is not UTF-8", name);
    return OUTCOME_OK;
}

static enum outcome check_required(struct cloud_event *event, struct text specversion, struct error *error) {
    if (text_is_none(specversion))
        return error_set(error, OUTCOME_REJECT, "header_missing", "specversion is missing");
    if (!text_is(specversion, "1.0"))
        return error_set(error, OUTCOME_REJECT, "cloud_event_bad", "specversion must be 1.0");
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++) {
        struct text value = *attribute_at(event, &attributes[i]);
        if (attributes[i].required && value.length == 0)
            return error_set(error, OUTCOME_REJECT, "header_missing", "%s is missing", attributes[i].name);
        if (!text_is_none(value)) {
            enum outcome outcome = check_value(attributes[i].name, value, error);
            if (outcome != OUTCOME_OK)
                return outcome;
        }
    }
    return OUTCOME_OK;
}

/* Header values are UTF-8 as they stand: the Kafka binding knows no percent-encoding. */
static enum outcome read_binary(struct arena *arena, struct text value, const struct bus_header *headers,
                                uint32_t header_count, struct cloud_event *ret, struct error *error) {
    struct text specversion = TEXT_NONE;
    for (uint32_t i = 0; i < header_count; i++) {
        struct text name = headers[i].name;
        if (!has_prefix_folded(name, "ce_") && !has_prefix_folded(name, "ce-"))
            continue;
        name = text_span(name.at + 3, name.length - 3);
        struct text *place = text_is(name, "specversion") ? &specversion : NULL;
        for (size_t j = 0; j < ATTRIBUTE_COUNT && !place; j++)
            if (text_is(name, attributes[j].name))
                place = attribute_at(ret, &attributes[j]);
        if (!place)
            continue; /* an extension that is not ours */
        if (!text_is_none(*place))
            return error_set(error, OUTCOME_REJECT, "header_doubled", "the header ce_%.*s stands twice", TEXT_ARG(name));
        *place = text_is_none(headers[i].value) ? TEXT("") : headers[i].value;
    }
    enum outcome outcome = check_required(ret, specversion, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    ret->data = JSON_NULL_VALUE;
    return value.length == 0 ? OUTCOME_OK : json_read(arena, value, LIMIT_json_depth_most, &ret->data, error);
}

static enum outcome read_structured(struct arena *arena, struct text value, struct cloud_event *ret,
                                    struct error *error) {
    struct json object;
    enum outcome outcome = json_read(arena, value, LIMIT_json_depth_most + 1, &object, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (object.type != JSON_OBJECT)
        return error_set(error, OUTCOME_REJECT, "cloud_event_bad", "a structured CloudEvent must be a JSON object");
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++) {
        const struct json *member = json_get(&object, text_from(attributes[i].name));
        if (!member || member->type == JSON_NULL)
            continue;
        bool integer = member->type == JSON_NUMBER && attributes[i].offset == AT(attempt);
        if (member->type != JSON_STRING && !integer)
            return error_set(error, OUTCOME_REJECT, "cloud_event_bad", "%s must be a string", attributes[i].name);
        *attribute_at(ret, &attributes[i]) = member->text;
    }
    const struct json *version = json_get_string(&object, "specversion");
    if (version && version->type != JSON_STRING)
        return error_set(error, OUTCOME_REJECT, "cloud_event_bad", "specversion must be the string \"1.0\"");
    if (json_get_string(&object, "data_base64"))
        return error_set(error, OUTCOME_REJECT, "cloud_event_bad", "data_base64 is not taken: data is JSON");
    outcome = check_required(ret, version ? version->text : TEXT_NONE, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    const struct json *data = json_get_string(&object, "data");
    ret->data = data ? *data : JSON_NULL_VALUE;
    return OUTCOME_OK;
}

enum outcome cloud_event_read(struct arena *arena, struct text value, const struct bus_header *headers,
                              uint32_t header_count, struct cloud_event *ret, struct error *error) {
    if (value.length > LIMIT_message_bytes_most)
        return error_set(error, OUTCOME_REJECT, "message_too_long", "a message is at most message_bytes_most (%d) bytes",
                         LIMIT_message_bytes_most);
    bool structured = false, seen = false;
    for (uint32_t i = 0; i < header_count; i++)
        if (has_prefix_folded(headers[i].name, "content-type") && headers[i].name.length == strlen("content-type")) {
            if (seen)
                return error_set(error, OUTCOME_REJECT, "header_doubled", "the header content-type stands twice");
            seen = true;
            structured = has_prefix_folded(headers[i].value, "application/cloudevents");
            if (structured && !is_media_type(headers[i].value, "application/cloudevents+json"))
                return error_set(error, OUTCOME_REJECT, "cloud_event_bad",
                                 "of structured messages only application/cloudevents+json is taken, one event a message");
        }
    struct cloud_event event = {0};
    enum outcome outcome = structured ? read_structured(arena, value, &event, error)
                                      : read_binary(arena, value, headers, header_count, &event, error);
    if (outcome == OUTCOME_OK)
        *ret = event;
    return outcome;
}

static struct text source_bytes(const struct json *value) {
    return value && (value->type == JSON_OBJECT || value->type == JSON_ARRAY) ? value->text : TEXT_NONE;
}

enum outcome answer_data_read(enum answer_kind kind, const struct json *data, struct input *input,
                              struct error *error) {
    bool empty = !data || data->type == JSON_NULL;
    if (!empty && data->type != JSON_OBJECT)
        return error_set(error, OUTCOME_REJECT, "answer_data_bad", "the data of an answer must be a JSON object");
    if (data && data->text.length > LIMIT_answer_bytes_most)
        return error_set(error, OUTCOME_REJECT, "answer_data_bad", "an answer's data is at most answer_bytes_most (%d) bytes",
                         LIMIT_answer_bytes_most);
    input->answer = kind;
    input->reason = json_get_text(data, kind == ANSWER_ERROR ? TEXT("message") : TEXT("reason"));
    if (input->reason.length > LIMIT_reason_bytes_most)
        return error_set(error, OUTCOME_REJECT, "answer_data_bad", "a reason is at most reason_bytes_most (%d) bytes",
                         LIMIT_reason_bytes_most);
    switch (kind) {
    case ANSWER_RESULT: {
        const struct json *result = json_get_string(data, "result");
        if (result && result->type != JSON_OBJECT)
            return error_set(error, OUTCOME_REJECT, "answer_data_bad", "\"result\" must be an object");
        input->value = result;
        input->data = source_bytes(result);
        const struct json *certificates = json_get_string(data, "certificates");
        if (certificates && certificates->type != JSON_ARRAY)
            return error_set(error, OUTCOME_REJECT, "answer_data_bad", "\"certificates\" must be an array");
        input->extra = source_bytes(certificates);
        return OUTCOME_OK;
    }
    case ANSWER_REJECTED:
    case ANSWER_NOT_ACCEPTED:
    case ANSWER_CANCEL_REFUSED:
        if (input->reason.length == 0)
            return error_set(error, OUTCOME_REJECT, "answer_data_bad", "%s needs a \"reason\"", answer_kind_name(kind));
        break;
    case ANSWER_CORRECTION: {
        const struct json *reasons = json_get_string(data, "reasons");
        if (!reasons || reasons->type != JSON_ARRAY || reasons->count == 0)
            return error_set(error, OUTCOME_REJECT, "answer_data_bad", "correction needs its \"reasons\", all at once");
        break;
    }
    case ANSWER_ERROR: {
        const struct json *retryable = json_get_string(data, "retryable");
        if (!retryable || (retryable->type != JSON_TRUE && retryable->type != JSON_FALSE))
            return error_set(error, OUTCOME_REJECT, "answer_data_bad", "error needs \"retryable\": true or false");
        input->retryable = json_is_true(retryable);
        break;
    }
    default:
        break;
    }
    input->value = empty ? NULL : data;
    input->data = source_bytes(data);
    return OUTCOME_OK;
}

enum outcome cloud_event_answer(const struct cloud_event *event, struct text department, struct text region,
                                int64_t at_us, struct input *ret, struct error *error) {
    struct input input = input_of(INPUT_ANSWER, at_us);
    enum answer_kind kind;
    if (!answer_kind_parse(event->type, &kind) || kind == ANSWER_NONE)
        return error_set(error, OUTCOME_REJECT, "answer_kind_unknown", "\"%.*s\" is no kind of answer", TEXT_ARG(event->type));
    if (event->caseid.length == 0)
        return error_set(error, OUTCOME_REJECT, "answer_case_missing", "an answer names its case in caseid");
    if (!step_name_split(event->step, &input.step, &input.index))
        return error_set(error, OUTCOME_REJECT, "answer_step_bad", "an answer names its step: <id> or <id>.<index>");
    int64_t attempt;
    if (!text_to_int64(event->attempt, &attempt) || attempt < 1 || attempt > LIMIT_attempts_most)
        return error_set(error, OUTCOME_REJECT, "answer_attempt_bad", "an answer names its attempt, from 1");
    input.attempt = (uint32_t)attempt;
    if (event->task.length > 0) {
        struct text case_id, step;
        int32_t index;
        uint32_t task_attempt;
        if (!task_id_split(event->task, &case_id, &step, &index, &task_attempt, &input.undo) ||
            !text_equal(case_id, event->caseid) || !text_equal(step, input.step) || index != input.index ||
            task_attempt != input.attempt)
            return error_set(error, OUTCOME_REJECT, "answer_step_bad",
                             "task names another case, step or attempt than the attributes");
    }
    input.case_id = event->caseid;
    input.source = event->source;
    input.id = event->id;
    input.department = department;
    input.region = region;
    input.traceparent = event->traceparent;
    enum outcome outcome = answer_data_read(kind, &event->data, &input, error);
    if (outcome == OUTCOME_OK)
        *ret = input;
    return outcome;
}

bool number_is_sound(struct text number) {
    if (number.length == 0 || number.length > LIMIT_number_bytes_most)
        return false;
    for (size_t i = 0; i < number.length; i++) {
        char c = number.at[i];
        bool fine = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.';
        if (!fine)
            return false;
    }
    return true;
}

enum outcome cloud_event_application(const struct cloud_event *event, struct text key, struct text region,
                                     int64_t at_us, struct input *ret, struct error *error) {
    if (!text_is(event->type, "application"))
        return error_set(error, OUTCOME_REJECT, "application_bad", "on an intake topic the type is \"application\"");
    const struct json *data = &event->data;
    struct input input = input_of(INPUT_SUBMIT, at_us);
    input.thing = json_get_text(data, TEXT("thing"));
    const struct json *form = json_get_string(data, "form");
    if (input.thing.length == 0 || !form || form->type != JSON_OBJECT)
        return error_set(error, OUTCOME_REJECT, "application_bad", "an application needs \"thing\" and \"form\"");
    if (form->text.length > LIMIT_form_bytes_most)
        return error_set(error, OUTCOME_REJECT, "application_bad", "a form is at most form_bytes_most (%d) bytes",
                         LIMIT_form_bytes_most);
    input.number = json_get_text(data, TEXT("number"));
    if (text_is_none(input.number) && key.length > 0)
        input.number = key;
    if (!text_is_none(input.number) && !number_is_sound(input.number))
        return error_set(error, OUTCOME_REJECT, "application_bad",
                         "a number is 1 to number_bytes_most (%d) letters, digits, '-', '_', '.'", LIMIT_number_bytes_most);
    struct text own_region = json_get_text(data, TEXT("region"));
    input.region = text_is_none(own_region) ? region : own_region;
    input.case_id = input.number;
    input.source = event->source;
    input.id = event->id;
    input.traceparent = event->traceparent;
    input.value = form;
    input.data = form->text;
    const struct json *extra = json_get_string(data, "extra");
    input.extra = source_bytes(extra);
    *ret = input;
    return OUTCOME_OK;
}
