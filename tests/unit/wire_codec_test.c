/* Events and inputs as JSON and back, and the names that cross the border: steps, tasks, topics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/limits.h"
#include "wire/cloud_event.h"
#include "wire/event_codec.h"
#include "wire/input_codec.h"

static struct arena arena;

static int begin(void **unused) { (void)unused; arena_init(&arena, 16u << 20); return 0; }
static int end(void **unused) { (void)unused; arena_free(&arena); return 0; }

static struct text written(const struct event *event) {
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, 1u << 20);
    event_write(&out, event);
    assert_false(out.failed);
    return text_copy(&arena, buffer_text(&out));
}

static enum outcome read_back(const char *kind, struct text data, struct event *ret, struct error *error) {
    return event_read(&arena, text_from(kind), 3, 5, TEXT("tax"), data, ret, error);
}

/* Every field set to something that is not its absence. */
static struct event full_event(void) {
    struct event e = event_of(EVENT_STEP_ENDED, 5);
    e.version = 3;
    e.step = TEXT("tax");
    e.index = 0;
    e.attempt = UINT32_MAX;
    e.ordinal = 2;
    e.count = 3;
    e.state = STEP_GRANTED;
    e.answer = ANSWER_RESULT;
    e.fate = FATE_LATE;
    e.outcome = CASE_GRANTED;
    e.stop = CASE_STOP_CLOSE;
    e.spent = true;
    e.due_us = -1;
    e.sent_us = INT64_MAX;
    e.parent_index = 999;
    e.priority = INT32_MIN;
    struct text *texts[] = {&e.department, &e.region, &e.thing, &e.definition, &e.number, &e.parent, &e.parent_step,
                            &e.child, &e.source, &e.id, &e.digest, &e.reason, &e.actor, &e.dataschema, &e.traceparent,
                            &e.calendar};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i] = text_format(&arena, "水\"\\\n\x7f %zu", i);
    e.data = TEXT("{\"a\": [1.0, 1e2 ]}");
    e.extra = TEXT("[]");
    e.missing = TEXT("[{\"department\":\"gas\"}]");
    return e;
}

static void test_full_event_comes_back_as_the_same_bytes(void **unused) {
    (void)unused;
    struct event e = full_event(), back;
    struct text first = written(&e);
    assert_int_equal(read_back("step_ended", first, &back, NULL), OUTCOME_OK);
    assert_string_equal(written(&back).at, first.at);
    assert_int_equal(back.kind, EVENT_STEP_ENDED);
    assert_int_equal(back.version, 3);
    assert_int_equal(back.at_us, 5);
    assert_true(text_is(back.step, "tax"));
    assert_int_equal(back.state, STEP_GRANTED);
    assert_int_equal(back.attempt, UINT32_MAX);
    assert_int_equal(back.index, 0);
    assert_true(back.due_us == -1 && back.sent_us == INT64_MAX && back.priority == INT32_MIN && back.spent);
    assert_true(text_equal(back.data, e.data));   /* not written anew: the department gets these bytes */
    assert_true(text_equal(back.calendar, e.calendar) && text_equal(back.department, e.department));
}

static void test_empty_event_is_an_empty_object(void **unused) {
    (void)unused;
    for (unsigned kind = EVENT_NONE + 1; kind < EVENT_KIND_COUNT; kind++) {
        struct event e = event_of((enum event_kind)kind, 5), back;
        assert_string_equal(written(&e).at, "{}");
        assert_int_equal(read_back(event_kind_name(e.kind), TEXT("{}"), &back, NULL), OUTCOME_OK);
        assert_int_equal(back.index, -1);
        assert_int_equal(back.parent_index, -1);
        assert_true(back.due_us == TIME_NONE && back.sent_us == TIME_NONE);
        assert_true(text_is_none(back.data) && text_is_none(back.reason));
    }
}

static void test_empty_text_is_not_an_absent_one(void **unused) {
    (void)unused;
    struct event e = event_of(EVENT_STEP_ENDED, 5), back;
    e.reason = TEXT("");
    assert_string_equal(written(&e).at, "{\"reason\":\"\"}");
    assert_int_equal(read_back("step_ended", TEXT("{\"reason\":\"\"}"), &back, NULL), OUTCOME_OK);
    assert_false(text_is_none(back.reason));
}

static void test_damaged_events_are_unreadable(void **unused) {
    (void)unused;
    static const struct { const char *kind, *data; } rows[] = {
        {"step_granted", "{}"},                      {"step_ended", ""},
        {"step_ended", "[]"},                        {"step_ended", "null"},
        {"step_ended", "{"},                         {"step_ended", "{\"attempt\":1,\"attempt\":1}"},
        {"step_ended", "{\"colour\":1}"},            {"step_ended", "{\"attempt\":-1}"},
        {"step_ended", "{\"attempt\":4294967296}"},  {"step_ended", "{\"attempt\":\"1\"}"},
        {"step_ended", "{\"attempt\":1.5}"},         {"step_ended", "{\"index\":2147483648}"},
        {"step_ended", "{\"state\":\"grante\"}"},    {"step_ended", "{\"state\":4}"},
        {"step_ended", "{\"spent\":1}"},             {"step_ended", "{\"due\":1e30}"},
        {"step_ended", "{\"reason\":null}"},         {"step_ended", "{\"reason\":{}}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct event event = {.kind = EVENT_NONE};
        struct error error = {0};
        if (read_back(rows[i].kind, text_from(rows[i].data), &event, &error) != OUTCOME_REJECT ||
            strcmp(error.code, "event_unreadable") != 0)
            fail_msg("%s %s: %s", rows[i].kind, rows[i].data, error.code);
        assert_int_equal(event.kind, EVENT_NONE);
    }
}

/* ---- inputs ---- */

static enum outcome read_input(const char *json, struct input *ret, struct error *error) {
    struct json *object = arena_new(&arena, struct json);
    assert_int_equal(json_read(&arena, text_from(json), 8, object, NULL), OUTCOME_OK);
    return input_read(&arena, object, 5, ret, error);
}

static void test_full_input_comes_back(void **unused) {
    (void)unused;
    struct input in = input_of(INPUT_ANSWER_FOR, 5), back;
    in.sent_us = 77;
    in.index = 3;
    in.attempt = 2;
    in.undo = 1;
    in.answer = ANSWER_ERROR;
    in.retryable = true;
    in.outcome = CASE_PARTIAL;
    in.stop = CASE_STOP_WITHDRAW;
    in.parent_index = 0;
    in.priority = -4;
    struct text *texts[] = {&in.case_id, &in.source, &in.id, &in.step, &in.department, &in.region, &in.thing, &in.number,
                            &in.definition, &in.parent, &in.parent_step, &in.actor, &in.confirmed_by, &in.evidence,
                            &in.reason, &in.traceparent};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i] = text_format(&arena, "t%zu", i);
    in.data = TEXT("{\"a\":1}");
    in.extra = TEXT("[2]");
    _cleanup_buffer_ struct buffer out, again;
    buffer_init(&out, 1u << 16);
    buffer_init(&again, 1u << 16);
    input_write(&out, &in);
    assert_int_equal(read_input(out.at, &back, NULL), OUTCOME_OK);
    input_write(&again, &back);
    assert_string_equal(again.at, out.at);
    assert_int_equal(back.kind, INPUT_ANSWER_FOR);
    assert_int_equal(back.index, 3);
    assert_true(text_is(back.step, "t3") && text_is(back.traceparent, "t15") && back.retryable && back.at_us == 5);
    assert_true(text_equal(back.data, in.data) && json_get_string(back.value, "a") != NULL);
}

static void test_element_stands_in_step_or_in_index_in_any_order(void **unused) {
    (void)unused;
    static const char *const same[] = {"{\"kind\":\"answer\",\"step\":\"a.3\"}", "{\"kind\":\"answer\",\"step\":\"a\",\"index\":3}",
                                       "{\"index\":3,\"step\":\"a\",\"kind\":\"answer\"}", "{\"kind\":\"answer\",\"step\":\"a.3\",\"index\":3}"};
    for (size_t i = 0; i < 4; i++) {
        struct input in;
        assert_int_equal(read_input(same[i], &in, NULL), OUTCOME_OK);
        assert_true(text_is(in.step, "a"));
        assert_int_equal(in.index, 3);
    }
}

static void test_null_data_are_no_data(void **unused) {
    (void)unused;
    struct input in;
    assert_int_equal(read_input("{\"kind\":\"signal\",\"id\":\"paid\",\"data\":null,\"extra\":null}", &in, NULL), OUTCOME_OK);
    assert_true(text_is_none(in.data) && text_is_none(in.extra) && in.value == NULL);
}

static void test_inputs_that_are_none_are_unreadable(void **unused) {
    (void)unused;
    static const char *const rows[] = {
        "[]", "null", "\"answer\"", "{}", "{\"step\":\"a\"}", "{\"kind\":\"answers\"}", "{\"kind\":\"none\"}", "{\"kind\":3}",
        "{\"kind\":\"answer\",\"colour\":1}", "{\"kind\":\"answer\",\"step\":3}", "{\"kind\":\"answer\",\"step\":\"\"}",
        "{\"kind\":\"answer\",\"step\":\"a.\"}", "{\"kind\":\"answer\",\"step\":\"a.-1\"}", "{\"kind\":\"answer\",\"step\":\"a.1.2\"}",
        "{\"kind\":\"answer\",\"step\":\"a.1\",\"index\":2}", "{\"kind\":\"answer\",\"index\":-2}",
        "{\"kind\":\"answer\",\"index\":1000}", "{\"kind\":\"answer\",\"attempt\":-1}", "{\"kind\":\"answer\",\"answer\":\"granted\"}",
        "{\"kind\":\"answer\",\"retryable\":\"yes\"}", "{\"kind\":\"answer\",\"case\":null}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct input in = {.kind = INPUT_NONE};
        struct error error = {0};
        if (read_input(rows[i], &in, &error) != OUTCOME_REJECT || strcmp(error.code, "input_unreadable") != 0)
            fail_msg("%s: %s", rows[i], error.code);
    }
    struct input in;
    assert_int_equal(input_read(&arena, NULL, 5, &in, NULL), OUTCOME_REJECT);
}

/* ---- names ---- */

static void test_step_names_split(void **unused) {
    (void)unused;
    static const struct { const char *name, *step; int32_t index; } rows[] = {
        {"tax", "tax", -1}, {"tax.0", "tax", 0}, {"tax.999", "tax", 999}, {"tax.1000", NULL, 0}, {"tax.00", NULL, 0},
        {".1", NULL, 0},    {"", NULL, 0},       {"tax.1x", NULL, 0},     {"tax. 1", NULL, 0},   {"tax.+1", NULL, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text step = TEXT_NONE;
        int32_t index = -7;
        assert_int_equal(step_name_split(text_from(rows[i].name), &step, &index), rows[i].step != NULL);
        if (rows[i].step)
            assert_true(text_is(step, rows[i].step) && index == rows[i].index);
        else
            assert_true(text_is_none(step) && index == -7);
    }
    char longest[LIMIT_name_bytes_most + 2];
    memset(longest, 'a', sizeof longest);
    struct text step;
    int32_t index;
    assert_true(step_name_split(text_span(longest, LIMIT_name_bytes_most), &step, &index));
    assert_false(step_name_split(text_span(longest, LIMIT_name_bytes_most + 1), &step, &index));
}

static void test_task_ids_split(void **unused) {
    (void)unused;
    static const struct { const char *id, *case_id, *step; int32_t index; uint32_t attempt, undo; } rows[] = {
        {"N1:tax:1", "N1", "tax", -1, 1, 0},
        {"N1/sub.0:bank.12:3", "N1/sub.0", "bank", 12, 3, 0},
        {"N1:tax:2:undo:1", "N1", "tax", -1, 2, 1},
        {"N1:tax.0:2:undo:17", "N1", "tax", 0, 2, 17},
        {"N1:undo:1", "N1", "undo", -1, 1, 0},               /* a step may be called so */
        {"N1:undo:1:undo:2", "N1", "undo", -1, 1, 2},
        {"N1:tax:4294967295", "N1", "tax", -1, UINT32_MAX, 0},
        {"N1:tax:4294967296", NULL, NULL, 0, 0, 0},
        {"N1:tax:0", NULL, NULL, 0, 0, 0},
        {"N1:tax:01", NULL, NULL, 0, 0, 0},
        {"N1:tax:", NULL, NULL, 0, 0, 0},
        {"N1:tax", NULL, NULL, 0, 0, 0},
        {":tax:1", NULL, NULL, 0, 0, 0},
        {"N1::1", NULL, NULL, 0, 0, 0},
        {"N1:tax:1:cancel", NULL, NULL, 0, 0, 0},
        {"N1:tax:1:undo:0", NULL, NULL, 0, 0, 0},
        {"N1:tax:0:undo:1", NULL, NULL, 0, 0, 0},
        {"", NULL, NULL, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text case_id, step;
        int32_t index;
        uint32_t attempt, undo;
        bool read = task_id_split(text_from(rows[i].id), &case_id, &step, &index, &attempt, &undo);
        if (read != (rows[i].step != NULL))
            fail_msg("%s", rows[i].id);
        if (read && !(text_is(case_id, rows[i].case_id) && text_is(step, rows[i].step) && index == rows[i].index &&
                      attempt == rows[i].attempt && undo == rows[i].undo))
            fail_msg("%s: %.*s %.*s %d %u %u", rows[i].id, TEXT_ARG(case_id), TEXT_ARG(step), index, attempt, undo);
    }
}

static void test_root_stands_before_the_first_stroke(void **unused) {
    (void)unused;
    assert_true(text_is(case_root(TEXT("N1")), "N1"));
    assert_true(text_is(case_root(TEXT("N1/a.0/b.3")), "N1"));
    assert_true(text_is(case_root(TEXT("")), ""));
}

static void test_topics_are_named_and_read_back(void **unused) {
    (void)unused;
    static const struct { const char *region, *department, *suffix, *topic; enum topic_kind kind; } rows[] = {
        {"441300", "real_estate", "task.v1", "441300.real-estate.task.v1", TOPIC_TASK},
        {"441300", "tax", "result.v1", "441300.tax.result.v1", TOPIC_RESULT},
        {"441300", NULL, "intake.v1", "441300.intake.v1", TOPIC_INTAKE},
        {"441300", NULL, "case.v1", "441300.case.v1", TOPIC_CASE},
        {"441300", NULL, "dead.v1", "441300.dead.v1", TOPIC_DEAD},
        {"441300", "intake", "result.v1", "441300.intake.result.v1", TOPIC_RESULT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text region, department;
        struct text topic = topic_name(&arena, text_from(rows[i].region), text_from(rows[i].department), rows[i].suffix);
        assert_string_equal(topic.at, rows[i].topic);
        assert_int_equal(topic_parse(&arena, topic, &region, &department), rows[i].kind);
        assert_true(text_is(region, rows[i].region));
        assert_true(text_equal(department, text_from(rows[i].department)));
    }
}

static void test_topics_of_others_are_let_be(void **unused) {
    (void)unused;
    static const char *const rows[] = {
        "", "441300", "task.v1", ".task.v1", "441300.task.v1", "441300..task.v1", ".tax.task.v1", "441300.a.b.task.v1",
        "441300.tax.task.v2", "441300.tax.task.v10", "441300.tax.case.v1", "intake.v1", ".intake.v1", "441300.tax.TASK.v1",
        "441300.Tax.task.v1", "__consumer_offsets", "441300.tax.task.v1.dead",
        "441300.real_estate.result.v1",   /* a second topic of real_estate, which no rule of the broker guards */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text region = TEXT("r"), department = TEXT("d");
        if (topic_parse(&arena, text_from(rows[i]), &region, &department) != TOPIC_OTHER)
            fail_msg("%s", rows[i]);
        assert_true(text_is(region, "r") && text_is(department, "d"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_event_comes_back_as_the_same_bytes),
        cmocka_unit_test(test_empty_event_is_an_empty_object),
        cmocka_unit_test(test_empty_text_is_not_an_absent_one),
        cmocka_unit_test(test_damaged_events_are_unreadable),
        cmocka_unit_test(test_full_input_comes_back),
        cmocka_unit_test(test_element_stands_in_step_or_in_index_in_any_order),
        cmocka_unit_test(test_null_data_are_no_data),
        cmocka_unit_test(test_inputs_that_are_none_are_unreadable),
        cmocka_unit_test(test_step_names_split),
        cmocka_unit_test(test_task_ids_split),
        cmocka_unit_test(test_root_stands_before_the_first_stroke),
        cmocka_unit_test(test_topics_are_named_and_read_back),
        cmocka_unit_test(test_topics_of_others_are_let_be),
    };
    return cmocka_run_group_tests_name("wire: codecs and names", tests, begin, end);
}
