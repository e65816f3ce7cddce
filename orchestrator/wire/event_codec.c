/* One table says how every field of an event stands in JSON; both directions walk it. */
#include "wire/event_codec.h"

#include "base/json.h"
#include "model/limits.h"
#include "wire/codec.h"

CODEC_ENUM(step_state, state_step_name, state_step_parse)
CODEC_ENUM(answer_kind, answer_kind_name, answer_kind_parse)
CODEC_ENUM(answer_fate, answer_fate_name, answer_fate_parse)
CODEC_ENUM(case_outcome, state_outcome_name, state_outcome_parse)
CODEC_ENUM(clock_kind, clock_kind_name, clock_kind_parse)
CODEC_ENUM(clock_light, clock_light_name, clock_light_parse)
CODEC_ENUM(case_stop, state_stop_name, state_stop_parse)

#define AT(member) offsetof(struct event, member)
static const struct codec_field fields[] = {
    {"index", CODEC_INT32, AT(index), -1, NULL, NULL},
    {"attempt", CODEC_UINT32, AT(attempt), 0, NULL, NULL},
    {"ordinal", CODEC_UINT32, AT(ordinal), 0, NULL, NULL},
    {"count", CODEC_UINT32, AT(count), 0, NULL, NULL},
    {"state", CODEC_NAME, AT(state), STEP_WAITING, step_state_name_of, step_state_parse_of},
    {"answer", CODEC_NAME, AT(answer), ANSWER_NONE, answer_kind_name_of, answer_kind_parse_of},
    {"fate", CODEC_NAME, AT(fate), FATE_APPLIED, answer_fate_name_of, answer_fate_parse_of},
    {"outcome", CODEC_NAME, AT(outcome), CASE_OUTCOME_NONE, case_outcome_name_of, case_outcome_parse_of},
    {"stop", CODEC_NAME, AT(stop), CASE_STOP_NONE, case_stop_name_of, case_stop_parse_of},
    {"delivers", CODEC_BOOL, AT(delivers), 0, NULL, NULL},
    {"spent", CODEC_BOOL, AT(spent), 0, NULL, NULL},
    {"due", CODEC_TIME, AT(due_us), TIME_NONE, NULL, NULL},
    {"sent", CODEC_TIME, AT(sent_us), TIME_NONE, NULL, NULL},
    {"department", CODEC_TEXT, AT(department), 0, NULL, NULL},
    {"region", CODEC_TEXT, AT(region), 0, NULL, NULL},
    {"thing", CODEC_TEXT, AT(thing), 0, NULL, NULL},
    {"definition", CODEC_TEXT, AT(definition), 0, NULL, NULL},
    {"number", CODEC_TEXT, AT(number), 0, NULL, NULL},
    {"parent", CODEC_TEXT, AT(parent), 0, NULL, NULL},
    {"parent_step", CODEC_TEXT, AT(parent_step), 0, NULL, NULL},
    {"parent_index", CODEC_INT32, AT(parent_index), -1, NULL, NULL},
    {"child", CODEC_TEXT, AT(child), 0, NULL, NULL},
    {"material", CODEC_TEXT, AT(material), 0, NULL, NULL},
    {"source", CODEC_TEXT, AT(source), 0, NULL, NULL},
    {"id", CODEC_TEXT, AT(id), 0, NULL, NULL},
    {"digest", CODEC_TEXT, AT(digest), 0, NULL, NULL},
    {"reason", CODEC_TEXT, AT(reason), 0, NULL, NULL},
    {"actor", CODEC_TEXT, AT(actor), 0, NULL, NULL},
    {"dataschema", CODEC_TEXT, AT(dataschema), 0, NULL, NULL},
    {"traceparent", CODEC_TEXT, AT(traceparent), 0, NULL, NULL},
    {"calendar", CODEC_TEXT, AT(calendar), 0, NULL, NULL},
    {"item", CODEC_TEXT, AT(item), 0, NULL, NULL},
    {"basis", CODEC_TEXT, AT(basis), 0, NULL, NULL},
    {"clock", CODEC_NAME, AT(clock), CLOCK_NONE, clock_kind_name_of, clock_kind_parse_of},
    {"light", CODEC_NAME, AT(light), LIGHT_GREEN, clock_light_name_of, clock_light_parse_of},
    {"since", CODEC_TIME, AT(since_us), TIME_NONE, NULL, NULL},
    {"yellow", CODEC_TIME, AT(yellow_us), TIME_NONE, NULL, NULL},
    {"priority", CODEC_INT32, AT(priority), 0, NULL, NULL},
    {"missing", CODEC_JSON, AT(missing), 0, NULL, NULL},
    {"data", CODEC_JSON, AT(data), 0, NULL, NULL},
    {"extra", CODEC_JSON, AT(extra), 0, NULL, NULL},
};
enum {
    FIELD_COUNT = sizeof(fields) / sizeof(fields[0]),
    EVENT_DEPTH_MOST = LIMIT_json_depth_most + 4,   /* what an expression gave, in a task's data, in an event */
};

void event_write(struct buffer *out, const struct event *event) {
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, '{');
    codec_write(&w, fields, FIELD_COUNT, event);
    json_close(&w, '}');
}

enum outcome event_read(struct arena *arena, struct text kind, uint32_t version, int64_t at_us, struct text step,
                        struct text data, struct event *ret, struct error *error) {
    enum event_kind known;
    if (!event_kind_parse(kind, &known))
        return error_set(error, OUTCOME_REJECT, "event_unreadable", "event kind \"%.*s\" is not known to this program",
                         TEXT_ARG(kind));
    struct event event = event_of(known, at_us);
    event.version = version;
    event.step = step;
    struct json object;
    struct error syntax;
    enum outcome outcome = json_read(arena, data, EVENT_DEPTH_MOST, &object, &syntax);
    if (outcome == OUTCOME_FATAL)
        return error_no_memory(error);
    if (outcome != OUTCOME_OK || object.type != JSON_OBJECT)
        return error_set(error, OUTCOME_REJECT, "event_unreadable", "an event's data is no JSON object%s%s",
                         outcome != OUTCOME_OK ? ": " : "", outcome != OUTCOME_OK ? syntax.message : "");
    size_t next = 0;
    for (uint32_t i = 0; i < object.count; i++) {
        const struct json_member *member = &object.children[i];
        const struct codec_field *field = codec_find(fields, FIELD_COUNT, &next, member->key);
        if (!field)
            return error_set(error, OUTCOME_REJECT, "event_unreadable",
                             "an event has the field \"%.*s\", which this program does not know", TEXT_ARG(member->key));
        if (!codec_read(arena, field, &member->value, &event))
            return error_set(error, OUTCOME_REJECT, "event_unreadable", "field \"%s\" of an event has no value of its type",
                             field->name);
    }
    *ret = event;
    return OUTCOME_OK;
}
