/* CloudEvents 1.0 in the Kafka protocol binding: reading tasks (binary and structured), writing answers (binary). */
#include <stdio.h>
#include <strings.h>
#include "internal.h"

enum attribute { SPECVERSION, ID, SOURCE, TYPE, TIME, CASEID, THING, STEP, ATTEMPT, TRACEPARENT, ATTRIBUTES };
static const struct { const char *name; bool required; } attributes[ATTRIBUTES] = {
    [SPECVERSION] = {"specversion", true}, [ID] = {"id", true},         [SOURCE] = {"source", true},
    [TYPE] = {"type", true},               [TIME] = {"time", false},    [CASEID] = {"caseid", true},
    [THING] = {"thing", false},            [STEP] = {"step", true},     [ATTEMPT] = {"attempt", true},
    [TRACEPARENT] = {"traceparent", false},
};

static enum outcome read_headers(const rd_kafka_message_t *m, struct text found[ATTRIBUTES], struct text *ret_type,
                                 struct error *error) {
    rd_kafka_headers_t *headers = NULL;
    if (rd_kafka_message_headers(m, &headers))
        return OUTCOME_OK;
    const char *name;
    const void *value;
    size_t size;
    for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &value, &size); i++) {
        if (!strcasecmp(name, "content-type"))
            *ret_type = text_span(value ? value : "", size);
        if (strncmp(name, "ce_", 3))
            continue;
        for (int which = 0; which < ATTRIBUTES; which++) {
            if (strcmp(name + 3, attributes[which].name))
                continue;
            if (found[which].at)
                return error_set(error, OUTCOME_REJECT, "doubled_header", "the header %s stands twice", name);
            found[which] = text_span(value ? value : "", size);
            break;
        }
    }
    return OUTCOME_OK;
}

static enum outcome read_structured(struct arena *arena, const rd_kafka_message_t *m, struct text found[ATTRIBUTES],
                                    struct text *ret_data, struct error *error) {
    struct json event;
    enum outcome outcome = json_read(arena, text_span(m->payload ? m->payload : "", m->len), JSON_DEPTH_MOST, &event, error);
    if (outcome)
        return outcome;
    for (int which = 0; which < ATTRIBUTES; which++) {
        const struct json *value = json_get(&event, text_from(attributes[which].name));
        if (value && (value->type == JSON_STRING || value->type == JSON_NUMBER))
            found[which] = value->text;
    }
    const struct json *data = json_get_string(&event, "data");
    if (data && data->type == JSON_OBJECT)
        *ret_data = data->text;
    return OUTCOME_OK;
}

enum outcome event_read(struct arena *arena, const rd_kafka_message_t *m, struct event *ret, struct error *error) {
    struct text found[ATTRIBUTES] = {{0}}, media = TEXT_NONE, data = text_span(m->payload ? m->payload : "", m->len);
    if (m->len > MESSAGE_MOST_BYTES)
        return error_set(error, OUTCOME_REJECT, "message_too_large", "a message is at most 1 MiB");
    enum outcome outcome = read_headers(m, found, &media, error);
    if (!outcome && text_starts_with(media, "application/cloudevents+json")) {
        memset(found, 0, sizeof(found));
        outcome = read_structured(arena, m, found, &data, error);
    }
    if (outcome)
        return outcome;
    for (int which = 0; which < ATTRIBUTES; which++)
        if (attributes[which].required && found[which].length == 0)
            return error_set(error, OUTCOME_REJECT, "missing_attribute", "the CloudEvents attribute %s is missing",
                             attributes[which].name);
    if (!text_is(found[SPECVERSION], "1.0"))
        return error_set(error, OUTCOME_REJECT, "bad_specversion", "CloudEvents 1.0 is read only");
    struct event e = {.id = found[ID], .source = found[SOURCE], .type = found[TYPE], .time = found[TIME],
                      .caseid = found[CASEID], .thing = found[THING], .step = found[STEP],
                      .traceparent = found[TRACEPARENT], .data = data};
    if (!text_to_int64(found[ATTEMPT], &e.attempt) || e.attempt < 1)
        return error_set(error, OUTCOME_REJECT, "bad_attempt", "the attribute attempt is a number from 1");
    *ret = e;
    return OUTCOME_OK;
}

#define HEADER(name_, value_, size_) \
    {.vtype = RD_KAFKA_VTYPE_HEADER, .u.header = {.name = (name_), .val = (value_), .size = (ssize_t)(size_)}}

rd_kafka_resp_err_t event_produce(struct yjs_adapter *a, struct answer *answer, int32_t partition) {
    const struct yjs_task *t = &answer->task->open;
    const char *kind = yjs_kind_name(answer->kind);
    char id[1024], attempt[24];
    int id_length = answer->of_kind == 1 ? snprintf(id, sizeof(id), "%s:%s", t->id, kind)
                                         : snprintf(id, sizeof(id), "%s:%s:%d", t->id, kind, answer->of_kind);
    int attempt_length = snprintf(attempt, sizeof(attempt), "%lld", (long long)t->attempt);
    rd_kafka_vu_t parts[20] = {
        partition < 0 ? (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = t->reply_to}
                      : (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = a->answers},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = partition < 0 ? RD_KAFKA_PARTITION_UA : partition},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {.ptr = (void *)(uintptr_t)t->number, .size = strlen(t->number)}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {.ptr = answer->data, .size = answer->length}},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = answer},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = 0},       /* the answer owns the bytes until its report */
        HEADER("ce_specversion", "1.0", 3),
        HEADER("ce_id", id, id_length),
        HEADER("ce_source", a->options.source, strlen(a->options.source)),
        HEADER("ce_type", kind, strlen(kind)),
        HEADER("ce_time", answer->time, strlen(answer->time)),
        HEADER("ce_caseid", t->caseid, strlen(t->caseid)),
        HEADER("ce_thing", t->thing, strlen(t->thing)),
        HEADER("ce_step", t->step, strlen(t->step)),
        HEADER("ce_attempt", attempt, attempt_length),
        HEADER("content-type", "application/json", 16),
    };
    size_t count = 16;
    if (answer->task->undo)
        parts[count++] = (rd_kafka_vu_t)HEADER("ce_task", t->id, strlen(t->id));
    if (t->traceparent)
        parts[count++] = (rd_kafka_vu_t)HEADER("ce_traceparent", t->traceparent, strlen(t->traceparent));
    rd_kafka_error_t *error = rd_kafka_produceva(a->producer, parts, count);
    if (!error)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    return code;
}
