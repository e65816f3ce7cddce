/* What comes in: a table of messages that are refused, with their codes, and what is read out of those that are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/limits.h"
#include "wire/cloud_event.h"

static struct arena arena;
static char long_text[LIMIT_id_bytes_most + 2];   /* one byte more than an attribute may have */

static int begin(void **unused) {
    (void)unused;
    arena_init(&arena, 64u << 20);
    memset(long_text, 'x', sizeof long_text - 1);
    return 0;
}
static int end(void **unused) { (void)unused; arena_free(&arena); return 0; }

enum { HEADERS_MOST = 20 };
struct headers { struct bus_header at[HEADERS_MOST]; uint32_t count; };

/* "name=value" lines; "\n" between. */
static struct headers headers_of(const char *lines) {
    struct headers all = {.count = 0};
    while (*lines) {
        size_t line = strcspn(lines, "\n"), name = strcspn(lines, "=");
        all.at[all.count++] = (struct bus_header){text_span(lines, name), text_span(lines + name + 1, line - name - 1)};
        lines += line + (lines[line] == '\n');
    }
    return all;
}

#define WHOLE "ce_specversion=1.0\nce_id=7\nce_source=tax\nce_type=result\nce_caseid=N1\nce_step=tax\nce_attempt=1"
#define STRUCTURED "content-type=application/cloudevents+json"
#define ENVELOPE "\"specversion\":\"1.0\",\"id\":\"7\",\"source\":\"tax\",\"type\":\"result\",\"caseid\":\"N1\",\"step\":\"tax\""

static const struct refused { const char *title, *headers, *value, *code; } refused[] = {
    {"no headers at all", "", "{}", "header_missing"},
    {"no specversion", "ce_id=7\nce_source=tax\nce_type=result", "{}", "header_missing"},
    {"another specversion", "ce_specversion=0.3\nce_id=7\nce_source=tax\nce_type=result", "{}", "cloud_event_bad"},
    {"no id", "ce_specversion=1.0\nce_source=tax\nce_type=result", "{}", "header_missing"},
    {"an empty id", "ce_specversion=1.0\nce_id=\nce_source=tax\nce_type=result", "{}", "header_missing"},
    {"no source", "ce_specversion=1.0\nce_id=7\nce_type=result", "{}", "header_missing"},
    {"no type", "ce_specversion=1.0\nce_id=7\nce_source=tax", "{}", "header_missing"},
    {"a doubled id", WHOLE "\nce_id=7", "{}", "header_doubled"},
    {"an id in two spellings", WHOLE "\nce-id=8", "{}", "header_doubled"},
    {"a doubled empty id", "ce_specversion=1.0\nce_id=\nce_source=tax\nce_type=result\nce_id=7", "{}", "header_doubled"},
    {"a doubled specversion", WHOLE "\nce_specversion=1.0", "{}", "header_doubled"},
    {"a doubled caseid", WHOLE "\nce_caseid=N2", "{}", "header_doubled"},
    {"a doubled content-type", WHOLE "\ncontent-type=application/json\nContent-Type=application/json", "{}", "header_doubled"},
    {"a control character", WHOLE "\nce_traceparent=a\tb", "{}", "header_bad"},
    {"a deleted character", WHOLE "\nce_traceparent=a\x7f", "{}", "header_bad"},
    {"a header that is not UTF-8", WHOLE "\nce_thing=\xff", "{}", "header_bad"},
    {"an overlong form in a header", WHOLE "\nce_thing=\xc0\xaf", "{}", "header_bad"},
    {"no JSON", WHOLE, "result", "json_syntax"},
    {"half JSON", WHOLE, "{\"result\":{", "json_syntax"},
    {"two values", WHOLE, "{}{}", "json_trailing"},
    {"a byte order mark", WHOLE, "\xef\xbb\xbf{}", "json_syntax"},
    {"a key twice", WHOLE, "{\"result\":{},\"result\":{}}", "json_duplicate_key"},
    {"bytes that are no UTF-8", WHOLE, "{\"reason\":\"\xff\"}", "json_utf8"},
    {"an escaped NUL", WHOLE, "{\"reason\":\"\\u0000\"}", "json_nul"},
    {"half a surrogate pair", WHOLE, "{\"reason\":\"\\ud800\"}", "json_surrogate"},
    {"a number past a double", WHOLE, "{\"x\":1e999}", "json_number_range"},
    {"structured without a value", STRUCTURED, "", "json_syntax"},
    {"structured, an array", STRUCTURED, "[]", "cloud_event_bad"},
    {"structured, no specversion", STRUCTURED, "{\"id\":\"7\",\"source\":\"s\",\"type\":\"result\"}", "header_missing"},
    {"structured, specversion a number", STRUCTURED, "{\"specversion\":1.0,\"id\":\"7\",\"source\":\"s\",\"type\":\"result\"}",
     "cloud_event_bad"},
    {"structured, id a number", STRUCTURED, "{\"specversion\":\"1.0\",\"id\":7,\"source\":\"s\",\"type\":\"result\"}",
     "cloud_event_bad"},
    {"structured, id null", STRUCTURED, "{\"specversion\":\"1.0\",\"id\":null,\"source\":\"s\",\"type\":\"result\"}",
     "header_missing"},
    {"structured, an attribute twice", STRUCTURED, "{" ENVELOPE ",\"id\":\"8\"}", "json_duplicate_key"},
    {"structured, base64", STRUCTURED, "{" ENVELOPE ",\"data_base64\":\"e30=\"}", "cloud_event_bad"},
    {"structured, a control character", STRUCTURED, "{" ENVELOPE ",\"traceparent\":\"a\\nb\"}", "header_bad"},
    {"structured, attempt an object", STRUCTURED, "{" ENVELOPE ",\"attempt\":{}}", "cloud_event_bad"},
    {"a batch", "content-type=application/cloudevents-batch+json", "[]", "cloud_event_bad"},
    {"structured in another format", "content-type=application/cloudevents+avro", "x", "cloud_event_bad"},
    {"a media type that only begins so", "content-type=application/cloudevents+jsonx", "{" ENVELOPE "}", "cloud_event_bad"},
};

static void test_messages_not_as_the_contract_says_are_refused(void **unused) {
    (void)unused;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct headers headers = headers_of(refused[i].headers);
        struct cloud_event event = {.id = TEXT("untouched")};
        struct error error = {0};
        arena_reset(&arena);
        enum outcome outcome =
            cloud_event_read(&arena, text_from(refused[i].value), headers.at, headers.count, &event, &error);
        if (outcome != OUTCOME_REJECT || strcmp(error.code, refused[i].code) != 0)
            fail_msg("%s: %s %s, not %s", refused[i].title, outcome_name(outcome), error.code, refused[i].code);
        assert_true(text_is(event.id, "untouched"));
        assert_true(error.message[0] != '\0');
    }
}

static enum outcome read_with(const char *lines, struct text value, struct cloud_event *ret, struct error *error) {
    static struct headers headers;   /* the event points into it */
    headers = headers_of(lines);
    arena_reset(&arena);
    return cloud_event_read(&arena, value, headers.at, headers.count, ret, error);
}

static void test_long_things_are_refused_by_their_limits_name(void **unused) {
    (void)unused;
    struct cloud_event event;
    struct error error;
    static char value[LIMIT_message_bytes_most + 2];
    memset(value, ' ', sizeof value);
    value[0] = '1';
    assert_int_equal(read_with(WHOLE, text_span(value, LIMIT_message_bytes_most), &event, &error), OUTCOME_OK);
    assert_int_equal(read_with(WHOLE, text_span(value, LIMIT_message_bytes_most + 1), &event, &error), OUTCOME_REJECT);
    assert_string_equal(error.code, "message_too_long");
    assert_non_null(strstr(error.message, "message_bytes_most"));

    struct headers headers = headers_of(WHOLE);
    headers.at[1].value = text_span(long_text, LIMIT_id_bytes_most);
    assert_int_equal(cloud_event_read(&arena, TEXT("{}"), headers.at, headers.count, &event, &error), OUTCOME_OK);
    headers.at[1].value = text_span(long_text, LIMIT_id_bytes_most + 1);
    assert_int_equal(cloud_event_read(&arena, TEXT("{}"), headers.at, headers.count, &event, &error), OUTCOME_REJECT);
    assert_string_equal(error.code, "header_bad");
    assert_non_null(strstr(error.message, "id_bytes_most"));

    char deep[2 * LIMIT_json_depth_most + 3] = "";
    for (int i = 0; i <= LIMIT_json_depth_most; i++) {
        deep[i] = '[';
        deep[2 * LIMIT_json_depth_most + 1 - i] = ']';
    }
    assert_int_equal(read_with(WHOLE, text_from(deep), &event, &error), OUTCOME_REJECT);
    assert_string_equal(error.code, "json_depth");
    deep[2 * LIMIT_json_depth_most + 1] = '\0';
    assert_int_equal(read_with(WHOLE, text_from(deep + 1), &event, &error), OUTCOME_OK);
}

static void test_binary_and_structured_mode_say_the_same(void **unused) {
    (void)unused;
    struct cloud_event binary, structured;
    struct error error;
    assert_int_equal(read_with(WHOLE "\nce_thing=home\nce_task=N1:tax:1\nother=x\nce_mine=y\nce_time=2026-03-02T01:00:00Z",
                               TEXT("{\"result\":{\"a\":1}}"), &binary, &error), OUTCOME_OK);
    assert_true(text_is(binary.time, "2026-03-02T01:00:00Z"));
    struct text result = json_get_string(&binary.data, "result")->text;
    assert_true(text_is(result, "{\"a\":1}"));
    assert_int_equal(read_with("Content-Type=application/cloudevents+json; charset=utf-8",
                               TEXT("{" ENVELOPE ",\"attempt\":1,\"thing\":\"home\",\"task\":\"N1:tax:1\",\"mine\":\"y\","
                                    "\"time\":null,\"data\":{\"result\":{\"a\":1}}}"), &structured, &error), OUTCOME_OK);
    assert_true(text_is(structured.id, "7") && text_is(structured.source, "tax") && text_is(structured.type, "result"));
    assert_true(text_is(structured.caseid, "N1") && text_is(structured.step, "tax") && text_is(structured.attempt, "1"));
    assert_true(text_is(structured.thing, "home") && text_is(structured.task, "N1:tax:1"));
    assert_true(text_is_none(structured.time));
    assert_true(text_is(json_get_string(&structured.data, "result")->text, "{\"a\":1}"));
}

static void test_no_value_is_no_data(void **unused) {
    (void)unused;
    struct cloud_event event;
    struct error error;
    assert_int_equal(read_with(WHOLE, TEXT(""), &event, &error), OUTCOME_OK);
    assert_int_equal(event.data.type, JSON_NULL);
    assert_int_equal(read_with(WHOLE, TEXT_NONE, &event, &error), OUTCOME_OK);
    assert_int_equal(event.data.type, JSON_NULL);
    assert_int_equal(read_with(STRUCTURED, TEXT("{" ENVELOPE "}"), &event, &error), OUTCOME_OK);
    assert_int_equal(event.data.type, JSON_NULL);
}

static void test_header_without_a_value_counts_as_empty(void **unused) {
    (void)unused;
    struct cloud_event event;
    struct error error;
    struct headers headers = headers_of(WHOLE);
    headers.at[1].value = TEXT_NONE;
    assert_int_equal(cloud_event_read(&arena, TEXT("{}"), headers.at, headers.count, &event, &error), OUTCOME_REJECT);
    assert_string_equal(error.code, "header_missing");
    headers.at[headers.count++] = (struct bus_header){TEXT("ce_id"), TEXT("7")};
    assert_int_equal(cloud_event_read(&arena, TEXT("{}"), headers.at, headers.count, &event, &error), OUTCOME_REJECT);
    assert_string_equal(error.code, "header_doubled");
}

/* ---- answers ---- */

/* Attributes of an answer over those of WHOLE; NULL: as there. */
static const struct refused_answer { const char *title, *type, *caseid, *step, *attempt, *task, *data, *code; } answers[] = {
    {"a kind that nobody knows", "granted", NULL, NULL, NULL, NULL, "{}", "answer_kind_unknown"},
    {"our own task", "task", NULL, NULL, NULL, NULL, "{}", "answer_kind_unknown"},
    {"no case", NULL, "", NULL, NULL, NULL, "{}", "answer_case_missing"},
    {"no step", NULL, NULL, "", NULL, NULL, "{}", "answer_step_bad"},
    {"an element that is no number", NULL, NULL, "tax.x", NULL, NULL, "{}", "answer_step_bad"},
    {"an element without a number", NULL, NULL, "tax.", NULL, NULL, "{}", "answer_step_bad"},
    {"an element with a zero before it", NULL, NULL, "tax.01", NULL, NULL, "{}", "answer_step_bad"},
    {"an element past the limit", NULL, NULL, "tax.1000", NULL, NULL, "{}", "answer_step_bad"},
    {"no attempt", NULL, NULL, NULL, "", NULL, "{}", "answer_attempt_bad"},
    {"attempt 0", NULL, NULL, NULL, "0", NULL, "{}", "answer_attempt_bad"},
    {"a negative attempt", NULL, NULL, NULL, "-1", NULL, "{}", "answer_attempt_bad"},
    {"a broken attempt", NULL, NULL, NULL, "1.5", NULL, "{}", "answer_attempt_bad"},
    {"an attempt past the limit", NULL, NULL, NULL, "1001", NULL, "{}", "answer_attempt_bad"},
    {"a task of another case", NULL, NULL, NULL, NULL, "N2:tax:1:undo:1", "{}", "answer_step_bad"},
    {"a task of another step", NULL, NULL, NULL, NULL, "N1:gas:1:undo:1", "{}", "answer_step_bad"},
    {"a task of another element", NULL, NULL, NULL, NULL, "N1:tax.0:1:undo:1", "{}", "answer_step_bad"},
    {"a task of another attempt", NULL, NULL, NULL, NULL, "N1:tax:2:undo:1", "{}", "answer_step_bad"},
    {"a task that is no id", NULL, NULL, NULL, NULL, "tax", "{}", "answer_step_bad"},
    {"an undo 0", NULL, NULL, NULL, NULL, "N1:tax:1:undo:0", "{}", "answer_step_bad"},
    {"data that are an array", NULL, NULL, NULL, NULL, NULL, "[]", "answer_data_bad"},
    {"data that are a text", NULL, NULL, NULL, NULL, NULL, "\"granted\"", "answer_data_bad"},
    {"a result that is a text", NULL, NULL, NULL, NULL, NULL, "{\"result\":\"x\"}", "answer_data_bad"},
    {"certificates that are an object", NULL, NULL, NULL, NULL, NULL, "{\"certificates\":{}}", "answer_data_bad"},
    {"a refusal without a reason", "rejected", NULL, NULL, NULL, NULL, "{}", "answer_data_bad"},
    {"a refusal with an empty reason", "rejected", NULL, NULL, NULL, NULL, "{\"reason\":\"\"}", "answer_data_bad"},
    {"a refusal with a reason that is a number", "rejected", NULL, NULL, NULL, NULL, "{\"reason\":1}", "answer_data_bad"},
    {"not accepted without a reason", "not_accepted", NULL, NULL, NULL, NULL, NULL, "answer_data_bad"},
    {"too late to cancel without a reason", "cancel_refused", NULL, NULL, NULL, NULL, "{}", "answer_data_bad"},
    {"a correction without reasons", "correction", NULL, NULL, NULL, NULL, "{\"reasons\":[]}", "answer_data_bad"},
    {"a correction with one text", "correction", NULL, NULL, NULL, NULL, "{\"reasons\":\"x\"}", "answer_data_bad"},
    {"an error that does not say", "error", NULL, NULL, NULL, NULL, "{\"message\":\"x\"}", "answer_data_bad"},
    {"an error that says it in words", "error", NULL, NULL, NULL, NULL, "{\"retryable\":\"true\"}", "answer_data_bad"},
};

static struct cloud_event answer_event(const struct refused_answer *row) {
    struct cloud_event event = {.id = TEXT("7"), .source = TEXT("tax")};
    event.type = text_from(row->type ? row->type : "result");
    event.caseid = text_from(row->caseid ? row->caseid : "N1");
    event.step = text_from(row->step ? row->step : "tax");
    event.attempt = text_from(row->attempt ? row->attempt : "1");
    event.task = text_from(row->task);
    event.data = JSON_NULL_VALUE;
    if (row->data)
        assert_int_equal(json_read(&arena, text_from(row->data), 8, &event.data, NULL), OUTCOME_OK);
    return event;
}

static void test_answers_not_as_the_contract_says_are_refused(void **unused) {
    (void)unused;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct cloud_event event = answer_event(&answers[i]);
        struct input input = {.kind = INPUT_NONE};
        struct error error = {0};
        enum outcome outcome = cloud_event_answer(&event, TEXT("tax"), TEXT("441300"), 1, &input, &error);
        if (outcome != OUTCOME_REJECT || strcmp(error.code, answers[i].code) != 0)
            fail_msg("%s: %s %s, not %s", answers[i].title, outcome_name(outcome), error.code, answers[i].code);
        assert_int_equal(input.kind, INPUT_NONE);
    }
}

static struct input answered(struct refused_answer row) {
    struct cloud_event event = answer_event(&row);
    struct input input;
    struct error error;
    if (cloud_event_answer(&event, TEXT("tax"), TEXT("441300"), 1, &input, &error) != OUTCOME_OK)
        fail_msg("%s", error.message);
    return input;
}

static void test_result_becomes_an_input(void **unused) {
    (void)unused;
    struct input input = answered((struct refused_answer){
        .step = "bank_check.3", .attempt = "2", .data = "{\"result\":{\"ok\":true},\"certificates\":[{\"type\":\"t\"}]}"});
    assert_int_equal(input.kind, INPUT_ANSWER);
    assert_int_equal(input.answer, ANSWER_RESULT);
    assert_true(text_is(input.case_id, "N1") && text_is(input.step, "bank_check") && text_is(input.id, "7"));
    assert_true(text_is(input.source, "tax") && text_is(input.department, "tax") && text_is(input.region, "441300"));
    assert_int_equal(input.index, 3);
    assert_int_equal(input.attempt, 2);
    assert_int_equal(input.undo, 0);
    assert_true(text_is(input.data, "{\"ok\":true}"));
    assert_true(text_is(input.extra, "[{\"type\":\"t\"}]"));
    assert_non_null(json_get_string(input.value, "ok"));
}

static void test_compensations_answer_names_it(void **unused) {
    (void)unused;
    struct input input = answered((struct refused_answer){.attempt = "2", .task = "N1:tax:2:undo:3"});
    assert_int_equal(input.undo, 3);
    input = answered((struct refused_answer){.task = "N1:tax:1"});   /* a task's own id is no news */
    assert_int_equal(input.undo, 0);
}

static void test_error_keeps_its_message_as_the_reason(void **unused) {
    (void)unused;
    struct input input = answered((struct refused_answer){.type = "error", .data = "{\"retryable\":true,\"message\":\"down\"}"});
    assert_true(input.retryable);
    assert_true(text_is(input.reason, "down"));
    input = answered((struct refused_answer){.type = "error", .data = "{\"retryable\":false}"});
    assert_false(input.retryable);
}

static void test_answer_of_every_kind_is_taken(void **unused) {
    (void)unused;
    for (unsigned kind = ANSWER_NONE + 1; kind < ANSWER_KIND_COUNT; kind++) {
        struct input input = answered((struct refused_answer){
            .type = answer_kind_name((enum answer_kind)kind),
            .data = "{\"reason\":\"r\",\"reasons\":[{\"what\":\"w\",\"why\":\"y\"}],\"procedure\":\"p\",\"days\":1,\"retryable\":true}"});
        assert_int_equal(input.answer, kind);
    }
}

static void test_long_reasons_and_data_are_refused_by_their_limits_name(void **unused) {
    (void)unused;
    static const struct { const char *type, *member; size_t bytes; const char *limit; } rows[] = {
        {"rejected", "reason", LIMIT_reason_bytes_most + 1, "reason_bytes_most"},
        {"error", "message", LIMIT_reason_bytes_most + 1, "reason_bytes_most"},
        {"result", "x", LIMIT_answer_bytes_most, "answer_bytes_most"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int more = 0; more < 2; more++) {
            _cleanup_buffer_ struct buffer data;
            buffer_init(&data, 1u << 20);
            buffer_format(&data, "{\"retryable\":true,\"%s\":\"", rows[i].member);
            size_t bytes = more ? rows[i].bytes : rows[i].bytes / 2;
            for (size_t j = 0; j < bytes; j++)
                buffer_put_byte(&data, 'x');
            buffer_put_string(&data, "\"}");
            struct cloud_event event = answer_event(&(struct refused_answer){.type = rows[i].type, .data = data.at});
            struct input input;
            struct error error = {0};
            enum outcome outcome = cloud_event_answer(&event, TEXT("tax"), TEXT("441300"), 1, &input, &error);
            assert_int_equal(outcome, more ? OUTCOME_REJECT : OUTCOME_OK);
            if (more)
                assert_non_null(strstr(error.message, rows[i].limit));
        }
}

/* ---- applications ---- */

static enum outcome apply(const char *data, struct text key, struct input *ret, struct error *error) {
    struct cloud_event event = {.id = TEXT("7"), .source = TEXT("intake"), .type = TEXT("application")};
    assert_int_equal(json_read(&arena, text_from(data), 8, &event.data, NULL), OUTCOME_OK);
    return cloud_event_application(&event, key, TEXT("441300"), 1, ret, error);
}

static void test_applications_not_as_the_contract_says_are_refused(void **unused) {
    (void)unused;
    static const struct { const char *data, *key; } rows[] = {
        {"[]", NULL},
        {"{}", NULL},
        {"{\"thing\":\"home\"}", NULL},
        {"{\"form\":{}}", NULL},
        {"{\"thing\":\"\",\"form\":{}}", NULL},
        {"{\"thing\":\"home\",\"form\":[]}", NULL},
        {"{\"thing\":\"home\",\"form\":{},\"number\":\"\"}", NULL},
        {"{\"thing\":\"home\",\"form\":{},\"number\":\"N/1\"}", NULL},
        {"{\"thing\":\"home\",\"form\":{},\"number\":\"N:1\"}", NULL},
        {"{\"thing\":\"home\",\"form\":{},\"number\":\"水\"}", NULL},
        {"{\"thing\":\"home\",\"form\":{}}", "N 1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct input input;
        struct error error = {0};
        if (apply(rows[i].data, text_from(rows[i].key), &input, &error) != OUTCOME_REJECT)
            fail_msg("%s is taken", rows[i].data);
        assert_string_equal(error.code, "application_bad");
    }
    struct cloud_event event = {.type = TEXT("result"), .data = {.type = JSON_OBJECT}};
    struct input input;
    assert_int_equal(cloud_event_application(&event, TEXT("N1"), TEXT("441300"), 1, &input, NULL), OUTCOME_REJECT);
}

static void test_number_is_the_datas_else_the_keys_else_none(void **unused) {
    (void)unused;
    struct input input;
    assert_int_equal(apply("{\"thing\":\"home\",\"form\":{\"a\":1},\"number\":\"N-1\",\"region\":\"441302\",\"extra\":"
                           "{\"materials\":[]}}", TEXT("K1"), &input, NULL), OUTCOME_OK);
    assert_true(text_is(input.number, "N-1") && text_is(input.case_id, "N-1") && text_is(input.region, "441302"));
    assert_true(text_is(input.data, "{\"a\":1}") && text_is(input.extra, "{\"materials\":[]}"));
    assert_int_equal(apply("{\"thing\":\"home\",\"form\":{}}", TEXT("K1"), &input, NULL), OUTCOME_OK);
    assert_true(text_is(input.number, "K1") && text_is(input.region, "441300"));
    assert_int_equal(apply("{\"thing\":\"home\",\"form\":{}}", TEXT_NONE, &input, NULL), OUTCOME_OK);
    assert_true(text_is_none(input.number) && text_is_none(input.case_id));
}

static void test_number_is_letters_digits_and_three_signs(void **unused) {
    (void)unused;
    assert_true(number_is_sound(TEXT("Az09-_.")));
    assert_true(number_is_sound(text_span(long_text, LIMIT_number_bytes_most)));
    assert_false(number_is_sound(text_span(long_text, LIMIT_number_bytes_most + 1)));
    assert_false(number_is_sound(TEXT("")));
    assert_false(number_is_sound(TEXT_NONE));
    assert_false(number_is_sound(TEXT("a/b")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_not_as_the_contract_says_are_refused),
        cmocka_unit_test(test_long_things_are_refused_by_their_limits_name),
        cmocka_unit_test(test_binary_and_structured_mode_say_the_same),
        cmocka_unit_test(test_no_value_is_no_data),
        cmocka_unit_test(test_header_without_a_value_counts_as_empty),
        cmocka_unit_test(test_answers_not_as_the_contract_says_are_refused),
        cmocka_unit_test(test_result_becomes_an_input),
        cmocka_unit_test(test_compensations_answer_names_it),
        cmocka_unit_test(test_error_keeps_its_message_as_the_reason),
        cmocka_unit_test(test_answer_of_every_kind_is_taken),
        cmocka_unit_test(test_long_reasons_and_data_are_refused_by_their_limits_name),
        cmocka_unit_test(test_applications_not_as_the_contract_says_are_refused),
        cmocka_unit_test(test_number_is_the_datas_else_the_keys_else_none),
        cmocka_unit_test(test_number_is_letters_digits_and_three_signs),
    };
    return cmocka_run_group_tests_name("wire: CloudEvents in", tests, begin, end);
}
