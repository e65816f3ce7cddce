/* A task as an adapter reads it: lines "header: value", an empty line, the body. librdkafka's message is stood in for:
 * the two functions by which its headers are read are ours here. */
#include "fuzz.h"

#include "lib/internal.h"

static struct { char *name; struct text value; } headers[64];
static size_t header_count;

rd_kafka_resp_err_t rd_kafka_message_headers(const rd_kafka_message_t *m, rd_kafka_headers_t **ret) {
    (void)m;
    *ret = (rd_kafka_headers_t *)(void *)headers;
    return header_count ? RD_KAFKA_RESP_ERR_NO_ERROR : RD_KAFKA_RESP_ERR__NOENT;
}

rd_kafka_resp_err_t rd_kafka_header_get_all(const rd_kafka_headers_t *all, size_t index, const char **name, const void **value,
                                            size_t *size) {
    (void)all;
    if (index >= header_count)
        return RD_KAFKA_RESP_ERR__NOENT;
    *name = headers[index].name;
    *value = headers[index].value.at;
    *size = headers[index].value.length;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena;
    struct event event;
    struct error error = {0};
    struct text rest = text_span((const char *)data, size);
    arena_init(&arena, (size_t)64 << 20);
    for (header_count = 0; header_count < 64 && rest.length > 0;) {
        size_t end = text_find(rest, '\n');
        struct text line = end == SIZE_MAX ? rest : text_span(rest.at, end);
        rest = text_span(rest.at + line.length, rest.length - line.length);
        if (rest.length)
            rest = text_span(rest.at + 1, rest.length - 1);
        if (line.length == 0)
            break;
        size_t colon = text_find(line, ':');
        headers[header_count].name = arena_copy(&arena, line.at, colon == SIZE_MAX ? line.length : colon);
        struct text value = colon == SIZE_MAX ? TEXT_NONE : text_span(line.at + colon + 1, line.length - colon - 1);
        while (value.length > 0 && value.at[0] == ' ')
            value = text_span(value.at + 1, value.length - 1);
        headers[header_count++].value = text_is_none(value) ? value : fuzz_text(&arena, value);
    }
    struct text body = fuzz_text(&arena, rest);
    rd_kafka_message_t message = {.payload = (void *)(uintptr_t)(body.length ? body.at : NULL), .len = body.length};
    enum outcome outcome = event_read(&arena, &message, &event, &error);
    FUZZ_CHECK(outcome == OUTCOME_OK || (outcome == OUTCOME_REJECT && error.code[0]), "an event ends with %s", outcome_name(outcome));
    if (outcome == OUTCOME_OK)
        FUZZ_CHECK(event.id.length && event.source.length && event.type.length && event.caseid.length && event.step.length &&
                       event.attempt >= 1, "an event without its attributes");
    arena_free(&arena);
    return 0;
}
