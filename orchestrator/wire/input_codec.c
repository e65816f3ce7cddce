/* One table says how every field of an input stands in JSON; both directions walk it. */
#include "wire/input_codec.h"

#include "model/limits.h"
#include "wire/codec.h"

CODEC_ENUM(input_kind, input_kind_name, input_kind_parse)
CODEC_ENUM(answer_kind, answer_kind_name, answer_kind_parse)
CODEC_ENUM(case_outcome, state_outcome_name, state_outcome_parse)
CODEC_ENUM(case_stop, state_stop_name, state_stop_parse)

#define AT(member) offsetof(struct input, member)
static const struct codec_field fields[] = {
    {"kind", CODEC_NAME, AT(kind), INPUT_NONE, input_kind_name_of, input_kind_parse_of},
    {"case", CODEC_TEXT, AT(case_id), 0, NULL, NULL},
    {"sent", CODEC_TIME, AT(sent_us), TIME_NONE, NULL, NULL},
    {"source", CODEC_TEXT, AT(source), 0, NULL, NULL},
    {"id", CODEC_TEXT, AT(id), 0, NULL, NULL},
    {"index", CODEC_INT32, AT(index), -1, NULL, NULL},
    {"attempt", CODEC_UINT32, AT(attempt), 0, NULL, NULL},
    {"undo", CODEC_UINT32, AT(undo), 0, NULL, NULL},
    {"answer", CODEC_NAME, AT(answer), ANSWER_NONE, answer_kind_name_of, answer_kind_parse_of},
    {"level", CODEC_UINT32, AT(level), 0, NULL, NULL},
    {"incident", CODEC_UINT32, AT(incident), 0, NULL, NULL},
    {"retryable", CODEC_BOOL, AT(retryable), 0, NULL, NULL},
    {"outcome", CODEC_NAME, AT(outcome), CASE_OUTCOME_NONE, case_outcome_name_of, case_outcome_parse_of},
    {"stop", CODEC_NAME, AT(stop), CASE_STOP_NONE, case_stop_name_of, case_stop_parse_of},
    {"department", CODEC_TEXT, AT(department), 0, NULL, NULL},
    {"region", CODEC_TEXT, AT(region), 0, NULL, NULL},
    {"thing", CODEC_TEXT, AT(thing), 0, NULL, NULL},
    {"number", CODEC_TEXT, AT(number), 0, NULL, NULL},
    {"definition", CODEC_TEXT, AT(definition), 0, NULL, NULL},
    {"parent", CODEC_TEXT, AT(parent), 0, NULL, NULL},
    {"parent_step", CODEC_TEXT, AT(parent_step), 0, NULL, NULL},
    {"parent_index", CODEC_INT32, AT(parent_index), -1, NULL, NULL},
    {"actor", CODEC_TEXT, AT(actor), 0, NULL, NULL},
    {"confirmed_by", CODEC_TEXT, AT(confirmed_by), 0, NULL, NULL},
    {"evidence", CODEC_TEXT, AT(evidence), 0, NULL, NULL},
    {"reason", CODEC_TEXT, AT(reason), 0, NULL, NULL},
    {"traceparent", CODEC_TEXT, AT(traceparent), 0, NULL, NULL},
    {"priority", CODEC_INT32, AT(priority), 0, NULL, NULL},
    {"data", CODEC_JSON, AT(data), 0, NULL, NULL},
    {"extra", CODEC_JSON, AT(extra), 0, NULL, NULL},
};
enum { FIELD_COUNT = sizeof(fields) / sizeof(fields[0]) };

void input_write(struct buffer *out, const struct input *input) {
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, '{');
    if (!text_is_none(input->step)) {
        json_key(&w, TEXT("step"));
        json_put_text(&w, input->step);
    }
    codec_write(&w, fields, FIELD_COUNT, input);
    json_close(&w, '}');
}

enum outcome input_read(struct arena *arena, const struct json *object, int64_t at_us, struct input *ret,
                        struct error *error) {
    if (!object || object->type != JSON_OBJECT)
        return error_set(error, OUTCOME_REJECT, "input_unreadable", "an input must be a JSON object");
    struct input input = input_of(INPUT_NONE, at_us);
    int32_t element = -1;   /* the one that `step` names */
    size_t next = 0;
    for (uint32_t i = 0; i < object->count; i++) {
        const struct json_member *member = &object->children[i];
        if (text_is(member->key, "step")) {
            if (member->value.type != JSON_STRING || !step_name_split(member->value.text, &input.step, &element))
                return error_set(error, OUTCOME_REJECT, "input_unreadable", "\"step\" must be a step's id or <id>.<index>");
            continue;
        }
        const struct codec_field *field = codec_find(fields, FIELD_COUNT, &next, member->key);
        if (!field)
            return error_set(error, OUTCOME_REJECT, "input_unreadable", "an input has no member \"%.*s\"",
                             TEXT_ARG(member->key));
        if (field->kind == CODEC_JSON && member->value.type == JSON_NULL)
            continue;
        if (!codec_read(arena, field, &member->value, &input))
            return error_set(error, OUTCOME_REJECT, "input_unreadable", "\"%s\" has no value of its type", field->name);
        if (field->offset == AT(data))
            input.value = &member->value;
    }
    if (element >= 0 && input.index >= 0 && element != input.index)
        return error_set(error, OUTCOME_REJECT, "input_unreadable", "\"step\" and \"index\" name two elements");
    input.index = element >= 0 ? element : input.index;
    if (input.index < -1 || input.index >= LIMIT_elements_most)
        return error_set(error, OUTCOME_REJECT, "input_unreadable", "\"index\" is 0 to elements_most (%d) - 1",
                         LIMIT_elements_most);
    if (input.kind == INPUT_NONE)
        return error_set(error, OUTCOME_REJECT, "input_unreadable", "an input needs its \"kind\"");
    *ret = input;
    return OUTCOME_OK;
}

static bool read_count(struct text t, int64_t most, int64_t *ret) {
    if (t.length == 0 || t.length > 10 || t.at[0] == '-' || (t.length > 1 && t.at[0] == '0'))
        return false;
    return text_to_int64(t, ret) && *ret >= 0 && *ret <= most;
}

bool step_name_split(struct text name, struct text *ret_step, int32_t *ret_index) {
    size_t dot = text_find(name, '.');
    int64_t index = -1;
    if (dot != SIZE_MAX) {
        if (!read_count(text_span(name.at + dot + 1, name.length - dot - 1), LIMIT_elements_most - 1, &index))
            return false;
        name.length = dot;
    }
    if (name.length == 0 || name.length > LIMIT_name_bytes_most)
        return false;
    *ret_step = name;
    *ret_index = (int32_t)index;
    return true;
}

/* Cuts the part behind the last ':' off; false when there is none. */
static bool cut_last(struct text *whole, struct text *ret_last) {
    for (size_t i = whole->length; i > 0; i--)
        if (whole->at[i - 1] == ':') {
            *ret_last = text_span(whole->at + i, whole->length - i);
            whole->length = i - 1;
            return true;
        }
    return false;
}

bool task_id_split(struct text id, struct text *ret_case, struct text *ret_step, int32_t *ret_index,
                   uint32_t *ret_attempt, uint32_t *ret_undo) {
    struct text last, word;
    int64_t attempt, undo = 0;
    if (text_is_none(id) || !cut_last(&id, &last) || !read_count(last, UINT32_MAX, &attempt))
        return false;
    struct text rest = id;
    /* `undo` is a fine name for a step as well: then nothing but the case stands before it. */
    if (cut_last(&rest, &word) && text_is(word, "undo") && text_find(rest, ':') != SIZE_MAX) {
        undo = attempt;
        if (undo == 0 || !cut_last(&rest, &last) || !read_count(last, UINT32_MAX, &attempt))
            return false;
        id = rest;
    }
    struct text step;
    int32_t index;
    if (attempt == 0 || !cut_last(&id, &step) || id.length == 0 || !step_name_split(step, &step, &index))
        return false;
    *ret_case = id;
    *ret_step = step;
    *ret_index = index;
    *ret_attempt = (uint32_t)attempt;
    *ret_undo = (uint32_t)undo;
    return true;
}

struct text case_root(struct text case_id) {
    size_t slash = text_find(case_id, '/');
    return slash == SIZE_MAX ? case_id : text_span(case_id.at, slash);
}
