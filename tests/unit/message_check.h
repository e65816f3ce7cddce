/* What every message that leaves must be: the tests' one reading of schemas/README.md. Each message is written, held
 * against the schema of its type, read back by our own strict reader, and written again from its event's row. */
#ifndef YJS_TESTS_MESSAGE_CHECK_H
#define YJS_TESTS_MESSAGE_CHECK_H

#include "unit/engine_builder.h"
#include "wire/cloud_event.h"
#include "wire/input_codec.h"
#include "wire/message_schema.h"

struct message_check {
    struct arena schema_arena, arena;
    struct message_schemas *schemas;
    uint32_t seen[MESSAGE_KIND_COUNT];     /* how many of each kind were checked */
};

struct message { struct bus_header headers[CLOUD_EVENT_HEADERS_MOST]; uint32_t header_count; struct text value; };

static inline void message_check_begin(struct message_check *check) {
    struct error error = {0};
    *check = (struct message_check){0};
    arena_init(&check->schema_arena, 16u << 20);
    arena_init(&check->arena, 64u << 20);
    if (message_schemas_make(&check->schema_arena, &check->schemas, &error) != OUTCOME_OK)
        fail_msg("%s", error.message);
}

static inline void message_check_end(struct message_check *check) {
    message_schemas_free(check->schemas);
    arena_free(&check->schema_arena);
    arena_free(&check->arena);
}

/* The header of that name, which must stand exactly once; absent when it stands not at all. */
static inline struct text message_header(const struct message *message, const char *name) {
    struct text value = TEXT_NONE;
    for (uint32_t i = 0; i < message->header_count; i++)
        if (text_is(message->headers[i].name, name)) {
            assert_true(text_is_none(value));
            value = message->headers[i].value;
            assert_false(text_is_none(value));
        }
    return value;
}
#define assert_header(message, name, expected) \
    do { \
        struct text found_ = message_header((message), (name)), expected_ = (expected); \
        if (!text_equal(found_, expected_) || text_is_none(found_) != text_is_none(expected_)) \
            fail_msg("%s is \"%.*s\", not \"%.*s\"", (name), TEXT_ARG(found_), TEXT_ARG(expected_)); \
    } while (0)

static inline void message_check_headers(const struct message *message, struct text case_id,
                                         const struct command *command, struct arena *arena) {
    const struct event *event = command->event;
    char room[TIME_TEXT_SIZE];
    bool to_department = !text_is_none(command->department);
    assert_header(message, "ce_specversion", TEXT("1.0"));
    assert_header(message, "ce_id", text_from(command->id));
    assert_header(message, "ce_source", TEXT("yijianshi"));
    assert_header(message, "ce_type", text_from(message_kind_name(command->message)));
    assert_header(message, "ce_time", time_format_utc(event->at_us, room));
    assert_header(message, "ce_caseid", case_id);
    assert_header(message, "ce_thing", TEXT("moving_home"));
    assert_header(message, "content-type", TEXT("application/json"));
    struct text step = event->index < 0 ? event->step : text_format(arena, "%.*s.%d", TEXT_ARG(event->step), event->index);
    assert_header(message, "ce_step", step);
    assert_header(message, "ce_attempt", event->attempt ? text_format(arena, "%u", event->attempt) : TEXT_NONE);
    if (to_department)
        assert_true(event->attempt > 0 && !text_is_none(event->step));
    assert_header(message, "ce_dataschema", event->dataschema);
    assert_header(message, "ce_traceparent", event->traceparent);
}

/* One of our own messages comes through our own door, unchanged. */
static inline void message_check_value(struct message_check *check, const struct message *message,
                                       const struct command *command) {
    struct cloud_event back;
    struct error error = {0};
    assert_true(message->value.length <= LIMIT_message_bytes_most);
    if (cloud_event_read(&check->arena, message->value, message->headers, message->header_count, &back, &error) != OUTCOME_OK)
        fail_msg("%s: %s", command->id, error.message);
    assert_true(text_is(back.id, command->id));
    if (message_schemas_check(check->schemas, back.type, &back.data, &check->arena, &error) != OUTCOME_OK)
        fail_msg("%s: %s\n%.*s", command->id, error.message, TEXT_ARG(message->value));
    struct text named = json_get_text(&back.data, TEXT("task")), case_id, step;
    int32_t index;
    uint32_t attempt, undo;
    if (!text_is_none(named)) {
        assert_true(task_id_split(named, &case_id, &step, &index, &attempt, &undo));
        assert_true(text_equal(case_id, back.caseid));
    }
}

static inline void message_check_same(const struct message *one, const struct message *other) {
    assert_int_equal(one->header_count, other->header_count);
    for (uint32_t i = 0; i < one->header_count; i++) {
        assert_true(text_equal(one->headers[i].name, other->headers[i].name));
        assert_true(text_equal(one->headers[i].value, other->headers[i].value));
    }
    assert_true(text_equal(one->value, other->value));
}

/* All that `event` asks to be published; `read`: the same event, read back from its row. */
static inline void message_check_event(struct message_check *check, struct text case_id, const struct event *event,
                                       const struct event *read) {
    struct command_list commands, again;
    arena_reset(&check->arena);
    engine_commands(case_id, event, &commands);
    engine_commands(case_id, read, &again);
    for (uint32_t i = 0; i < commands.count; i++) {
        struct message first, second;
        if (commands.at[i].kind != COMMAND_PUBLISH)
            continue;
        assert_true(cloud_event_write(&check->arena, case_id, &commands.at[i], first.headers, &first.header_count, &first.value));
        assert_true(cloud_event_write(&check->arena, case_id, &again.at[i], second.headers, &second.header_count, &second.value));
        message_check_same(&first, &second);
        message_check_headers(&first, case_id, &commands.at[i], &check->arena);
        message_check_value(check, &first, &commands.at[i]);
        check->seen[commands.at[i].message]++;
    }
}

#endif
