/* A message as it comes from Kafka: a line "topic key", lines "header: value", an empty line, the body. What the wire
 * takes, the inbox writes and reads back as the same input; the rest is refused with a code. */
#include "fuzz.h"

#include "model/limits.h"
#include "wire/cloud_event.h"
#include "wire/input_codec.h"
#include "wire/message_schema.h"

static struct arena schemas_arena;
static struct message_schemas *schemas;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    struct error error = {0};
    (void)argc;
    (void)argv;
    arena_init(&schemas_arena, (size_t)64 << 20);
    FUZZ_CHECK(message_schemas_make(&schemas_arena, &schemas, &error) == OUTCOME_OK, "%s", error.message);
    return 0;
}

static struct text cut_line(struct text *rest) {
    size_t end = text_find(*rest, '\n');
    struct text line = end == SIZE_MAX ? *rest : text_span(rest->at, end);
    *rest = end == SIZE_MAX ? TEXT("") : text_span(rest->at + end + 1, rest->length - end - 1);
    return line;
}

/* What a broker lets through. */
static bool is_topic(struct text topic) {
    for (size_t i = 0; i < topic.length; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", topic.at[i]) || !topic.at[i])
            return false;
    return topic.length > 0;
}

static void check_round_trip(struct arena *arena, const struct input *input) {
    struct buffer first, second;
    struct json object;
    struct input again;
    struct error error = {0};
    buffer_init(&first, LIMIT_message_bytes_most * 2);   /* as the conductor's, who forwards it */
    buffer_init(&second, LIMIT_message_bytes_most * 2);
    input_write(&first, input);
    FUZZ_CHECK(!first.failed, "an input does not fit");
    FUZZ_CHECK(json_read(arena, buffer_text(&first), LIMIT_json_depth_most + 2, &object, &error) == OUTCOME_OK &&
                   input_read(arena, &object, input->at_us, &again, &error) == OUTCOME_OK,
               "an input can't be read back: %s: %s", error.message, first.at);
    input_write(&second, &again);
    FUZZ_CHECK(text_equal(buffer_text(&first), buffer_text(&second)), "an input changes:\n%s\n%s", first.at, second.at);
#define SAME(member) FUZZ_CHECK(text_equal(input->member, again.member) && text_is_none(input->member) == text_is_none(again.member), #member " changes: %s", first.at)
    SAME(case_id); SAME(source); SAME(id); SAME(step); SAME(department); SAME(region); SAME(thing); SAME(number);
    SAME(reason); SAME(data); SAME(extra); SAME(traceparent);
    FUZZ_CHECK(input->kind == again.kind && input->index == again.index && input->attempt == again.attempt && input->undo == again.undo &&
                   input->answer == again.answer && input->retryable == again.retryable, "an input changes: %s", first.at);
    buffer_free(&first);
    buffer_free(&second);
}

static void read_message(struct arena *arena, struct text topic, struct text key, const struct bus_header *headers, uint32_t count,
                         struct text body) {
    struct text region, department;
    struct cloud_event event;
    struct input input;
    struct error error = {0};
    enum topic_kind kind = topic_parse(arena, topic, &region, &department);
    enum outcome outcome = cloud_event_read(arena, body, headers, count, &event, &error);
    if (outcome == OUTCOME_OK)
        outcome = message_schemas_check(schemas, event.type, &event.data, arena, &error);
    if (outcome == OUTCOME_OK && kind == TOPIC_INTAKE)
        outcome = cloud_event_application(&event, key, region, 1, &input, &error);
    else if (outcome == OUTCOME_OK && kind == TOPIC_RESULT)
        outcome = cloud_event_answer(&event, department, region, 1, &input, &error);
    else if (outcome == OUTCOME_OK)
        return;
    FUZZ_CHECK(outcome == OUTCOME_OK || (outcome == OUTCOME_REJECT && error.code[0] && text_is_utf8(text_from(error.message))),
               "a message ends with %s: %s", outcome_name(outcome), error.message);
    if (outcome == OUTCOME_OK)
        check_round_trip(arena, &input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena;
    struct bus_header headers[LIMIT_headers_most];
    uint32_t count = 0;
    struct text rest = text_span((const char *)data, size), line = cut_line(&rest);
    arena_init(&arena, (size_t)256 << 20);
    size_t space = text_find(line, ' ');
    struct text topic = space == SIZE_MAX ? line : text_span(line.at, space);
    struct text key = space == SIZE_MAX ? TEXT_NONE : text_span(line.at + space + 1, line.length - space - 1);
    while ((line = cut_line(&rest)).length > 0 && count < LIMIT_headers_most) {
        size_t colon = text_find(line, ':');
        struct text name = colon == SIZE_MAX ? line : text_span(line.at, colon);
        struct text value = colon == SIZE_MAX ? TEXT_NONE : text_span(line.at + colon + 1, line.length - colon - 1);
        while (value.length > 0 && value.at[0] == ' ')
            value = text_span(value.at + 1, value.length - 1);
        headers[count++] = (struct bus_header){fuzz_text(&arena, name), text_is_none(value) ? value : fuzz_text(&arena, value)};
    }
    if (is_topic(topic))
        read_message(&arena, topic, key, headers, count, fuzz_text(&arena, rest));
    /* What stands in the inbox is ours; a damaged row must not end the daemon either. */
    struct json object;
    struct input input;
    struct text region, department, step;
    int32_t index;
    uint32_t attempt, undo;
    if (json_read(&arena, rest, LIMIT_json_depth_most + 2, &object, NULL) == OUTCOME_OK &&
        input_read(&arena, &object, 1, &input, NULL) == OUTCOME_OK)
        check_round_trip(&arena, &input);
    topic_parse(&arena, topic, &region, &department);
    task_id_split(key, &region, &step, &index, &attempt, &undo);
    arena_free(&arena);
    return 0;
}
