/* What leaves: every kind of message, with long, odd and missing things in it, is as its schema and schemas/README.md
 * say, at most 1 MiB, and the same bytes whenever it is written. (Random cases: property/engine_replay.) */
#include "unit/message_check.h"

static struct message_check check;

static int begin(void **unused) { (void)unused; message_check_begin(&check); return 0; }
static int end(void **unused) { (void)unused; message_check_end(&check); return 0; }

/* All messages of the last input. */
static void check_all(struct run *run) {
    for (uint32_t i = 0; i < run->events.count; i++) {
        const struct recorded *row = &run->journal[run->journal_count - run->events.count + i];
        struct event read;
        assert_int_equal(event_read(&run->scratch, row->kind, row->version, row->at_us, row->step, row->data, &read,
                                    &run->error), OUTCOME_OK);
        message_check_event(&check, run->state.id, &run->events.at[i], &read);
    }
}

/* The one message of `kind` that the last input sends, in check.arena. */
static struct message message_of(struct run *run, enum message_kind kind) {
    struct message message = {0};
    uint32_t count = 0;
    for (uint32_t i = 0; i < run->events.count; i++) {
        struct command_list commands;
        engine_commands(run->state.id, &run->events.at[i], &commands);
        for (uint32_t j = 0; j < commands.count; j++)
            if (commands.at[j].kind == COMMAND_PUBLISH && commands.at[j].message == kind) {
                count++;
                assert_true(cloud_event_write(&check.arena, run->state.id, &commands.at[j], message.headers,
                                              &message.header_count, &message.value));
            }
    }
    assert_int_equal(count, 1);
    return message;
}

static void submit_with(struct run *run, const char *form, const char *extra) {
    struct input in = input_of(INPUT_SUBMIT, run->now_us);
    in.thing = run->definition.thing;
    in.region = TEXT("441300");
    in.data = text_from(form);
    in.extra = optional(extra);
    assert_int_equal(run_input(run, &in), OUTCOME_OK);
    check_all(run);
}

static void test_task_has_its_headers_and_materials(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .material = "deed", .input = "{\"x\":\"${ .form.x }\"}", .priority = 2,
                               .timeout = WITHIN(3 * DAYS)});
    submit_with(run, "{\"x\":\"水\\u0001\\\"\"}",
                "{\"materials\":[{\"id\":\"deed\",\"uri\":\"https://m.example/1\",\"digest\":"
                "\"sm3:0123456789abcdef0123456789abcdef\",\"size\":9,\"media_type\":\"application/pdf\"}]}");
    struct message task = message_of(run, MESSAGE_TASK);
    assert_header(&task, "ce_step", TEXT("a"));
    assert_header(&task, "ce_attempt", TEXT("1"));
    assert_string_equal(task.value.at,
        "{\"department\":\"housing\",\"region\":\"441300\",\"input\":{\"x\":\"水\\u0001\\\"\"},\"materials\":[{\"id\":\"deed\","
        "\"uri\":\"https://m.example/1\",\"digest\":\"sm3:0123456789abcdef0123456789abcdef\",\"size\":9,\"media_type\":"
        "\"application/pdf\"}],\"reply_to\":\"441300.housing.result.v1\",\"due\":\"2026-03-05T01:00:00Z\",\"priority\":2}");
    run_end(run);
}

static void test_lookup_says_on_what_basis_it_asks(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "deed", .kind = STEP_LOOKUP, .department = "e_licence", .basis = "consent"});
    submit_with(run, "{}", NULL);
    struct message task = message_of(run, MESSAGE_TASK);
    assert_non_null(strstr(task.value.at, "\"basis\":\"consent\""));
    assert_non_null(strstr(task.value.at, "\"reply_to\":\"441300.e-licence.result.v1\""));
    run_end(run);
}

static void test_element_is_named_in_step_and_id(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "bank_check", .each = ".form.banks", .as = "bank", .input = "{\"code\":\"${ .bank }\"}"});
    submit_with(run, "{\"banks\":[\"icbc\"]}", NULL);
    struct message task = message_of(run, MESSAGE_TASK);
    assert_header(&task, "ce_step", TEXT("bank_check.0"));
    assert_header(&task, "ce_id", TEXT("44130020260302000017:bank_check.0:1"));
    run_end(run);
}

static void test_task_longer_than_a_message_is_not_sent(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .input = "{\"a\":\"${ .form }\",\"b\":\"${ .form }\",\"c\":\"${ .form }\","
                                                   "\"d\":\"${ .form }\",\"e\":\"${ .form }\"}"});
    struct buffer form;
    buffer_init(&form, 1u << 20);
    buffer_put_string(&form, "{\"x\":\"");
    for (int i = 0; i < 120000; i++)
        buffer_put_string(&form, "\\n");   /* two bytes each way */
    buffer_put_string(&form, "\"}");
    submit_with(run, form.at, NULL);
    assert_state(run, "a", STEP_STUCK);
    assert_non_null(event_at(run, EVENT_STEP_STUCK, "a", 0));
    struct message incident = message_of(run, MESSAGE_INCIDENT_OPENED);
    assert_non_null(strstr(incident.value.at, "\"code\":\"message_bytes_most\""));
    buffer_free(&form);
    run_end(run);
}

static void test_cancellation_names_the_task_and_may_have_no_reason(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b", .on_refused = ON_REFUSED_CLOSE});
    submit_with(run, "{}", NULL);
    refuse(run, "b");
    check_all(run);
    struct message cancel = message_of(run, MESSAGE_CANCEL);
    assert_header(&cancel, "ce_id", TEXT("44130020260302000017:a:1:cancel"));
    assert_non_null(strstr(cancel.value.at, "{\"task\":\"44130020260302000017:a:1\",\"reason\":"));
    run_end(run);
}

static void test_compensation_names_what_it_undoes(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .reversible = true, .compensate = "", .compensate_input = "{\"n\":1}"},
                              {.id = "b", .needs = "a", .on_refused = ON_REFUSED_COMPENSATE});
    submit_with(run, "{}", NULL);
    grant(run, "a");
    check_all(run);
    refuse(run, "b");
    check_all(run);
    struct message undo = message_of(run, MESSAGE_COMPENSATE);
    assert_header(&undo, "ce_id", TEXT("44130020260302000017:a:1:undo:1"));
    assert_non_null(strstr(undo.value.at, "\"undoes\":\"44130020260302000017:a:1\",\"input\":{\"n\":1}"));
    undo_answered(run, "a", 1, ANSWER_RESULT);
    check_all(run);
    assert_closed(run, CASE_REFUSED);
    run_end(run);
}

static void test_correction_answer_carries_form_and_materials(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a", .input = "{\"x\":\"${ .form.x }\"}"});
    submit_with(run, "{}", NULL);
    answer(run, "a", ANSWER_CORRECTION);
    check_all(run);
    struct input in = input_of(INPUT_CORRECTION_ANSWERED, run->now_us);
    in.step = TEXT("a");
    in.data = TEXT("{\"form\":{\"x\":1}}");
    run_input(run, &in);
    check_all(run);
    struct message correction = message_of(run, MESSAGE_CORRECTION_ANSWER);
    assert_header(&correction, "ce_id", TEXT("44130020260302000017:a:1:1"));
    assert_string_equal(correction.value.at, "{\"task\":\"44130020260302000017:a:1\",\"correction\":"
                                             "{\"form\":{\"x\":1},\"materials\":[]}}");
    run_end(run);
}

/* Journals of before: what was published once is published again as the same bytes. */
static void test_correction_without_what_is_given_is_published_whole(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"});
    struct event event = event_of(EVENT_CORRECTION_SENT, run->now_us);
    struct command_list commands;
    struct bus_header headers[32];
    uint32_t count;
    struct text value;
    event.step = TEXT("a");
    event.attempt = event.ordinal = 1;
    event.data = TEXT("{\"form\":{\"secret\":1},\"materials\":[]}");
    engine_commands(TEXT("C"), &event, &commands);
    assert_true(cloud_event_write(&run->scratch, TEXT("C"), &commands.at[0], headers, &count, &value));
    assert_true(text_is(value, "{\"task\":\"C:a:1\",\"correction\":{\"form\":{\"secret\":1},\"materials\":[]}}"));
    event.extra = TEXT("{\"form\":{},\"materials\":[]}");
    assert_true(cloud_event_write(&run->scratch, TEXT("C"), &commands.at[0], headers, &count, &value));
    assert_true(text_is(value, "{\"task\":\"C:a:1\",\"correction\":{\"form\":{},\"materials\":[]}}"));
    run_end(run);
}

static void test_traceparent_of_what_came_goes_on(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "b", .needs = "a"});
    submit_with(run, "{}", NULL);
    struct input in = answer_input(run, "a", ANSWER_RESULT);
    in.traceparent = TEXT("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    run_input(run, &in);
    check_all(run);
    struct message task = message_of(run, MESSAGE_TASK);
    assert_header(&task, "ce_traceparent", in.traceparent);
    run_end(run);
}

static void test_reasons_of_departments_never_break_a_message(void **unused) {
    (void)unused;
    static char longest[LIMIT_reason_bytes_most + 1];
    memset(longest, 'x', sizeof longest - 1);
    const char *const reasons[] = {longest, "\"\\\n\x7f", "水電氣", ""};
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        for (int retryable = 0; retryable < 2; retryable++) {
            struct run *run = RUN_NEW({.id = "a", .retry = {1, 1 * SECONDS, 1 * SECONDS, 0}}, {.id = "b", .on_refused = ON_REFUSED_CLOSE});
            submit_with(run, "{}", NULL);
            struct input in = answer_input(run, "a", ANSWER_ERROR);
            in.retryable = retryable;
            in.reason = text_from(reasons[i]);
            run_input(run, &in);
            check_all(run);
            assert_state(run, "a", STEP_STUCK);
            in = answer_input(run, "b", ANSWER_REJECTED);
            in.reason = text_from(reasons[i]);
            run_input(run, &in);
            check_all(run);
            run_end(run);
        }
}

static void test_sub_case_with_too_long_an_id_is_not_begun(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "sub", .kind = STEP_THING, .thing = "other"});
    char id[LIMIT_case_id_bytes_most + 1];
    memset(id, 'a', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    id[40] = '/';
    id[120] = '/';
    run->state.id = text_from(id);
    submit_with(run, "{}", NULL);
    assert_state(run, "sub", STEP_STUCK);
    assert_true(text_is(event_at(run, EVENT_STEP_STUCK, "sub", 0)->reason, "case_id_bytes_most"));
    run->state.id = TEXT("44130020260302000017");
    run_end(run);
}

static void test_longest_ids_are_taken_back(void **unused) {
    (void)unused;
    char name[LIMIT_name_bytes_most + 1], id[LIMIT_case_id_bytes_most + 1];
    memset(name, 's', sizeof name - 1);
    memset(id, '1', sizeof id - 1);
    name[sizeof name - 1] = id[sizeof id - 1] = '\0';
    memset(id + 64, '/', 1);
    struct run *run = RUN_NEW({.id = name, .reversible = true, .compensate = "", .each = ".form.all", .as = "one"},
                              {.id = "b", .on_refused = ON_REFUSED_COMPENSATE, .needs = name});
    run->state.id = text_from(id);
    submit_with(run, "{\"all\":[1]}", NULL);
    struct input in = answer_input(run, "x", ANSWER_RESULT);
    in.step = text_from(name);
    in.index = 0;
    run_input(run, &in);
    refuse(run, "b");
    check_all(run);   /* the compensation's id is read within id_bytes_most */
    run->state.id = TEXT("44130020260302000017");
    run_end(run);
}

/* 受理, 補正告知 and a light that gets worse: to the case topic in the law's words, and a warning to whoever has the task. */
static void test_the_laws_time_is_told(void **unused) {
    (void)unused;
    struct item_definition item = {.id = TEXT("deed"), .department = TEXT("housing"), .promise = {LIMIT_WORKDAYS, 1}};
    struct run *run = RUN_NEW({.id = "a", .item = "deed"}, {.id = "b", .item = "gas"});
    run_limits(run, &item, (struct limit_time){LIMIT_NONE, 0});
    submit_with(run, "{}", NULL);
    answer(run, "b", ANSWER_CORRECTION);
    check_all(run);
    answer(run, "a", ANSWER_ACCEPTED);
    check_all(run);
    pass(run, case_next_due(&run->state) - run->now_us);
    const struct event *light = event_at(run, EVENT_LIGHT_CHANGED, NULL, 0), *warning = event_at(run, EVENT_WARNING_SENT, "a", 0);
    assert_non_null(light);
    assert_non_null(warning);
    struct command_list commands;
    engine_commands(run->state.id, warning, &commands);
    assert_int_equal(commands.count, 1);
    assert_true(text_is(commands.at[0].department, "housing"));
    check_all(run);
    run_end(run);
}

static void test_every_kind_of_message_was_seen(void **unused) {
    (void)unused;
    for (unsigned kind = 0; kind < MESSAGE_KIND_COUNT; kind++)
        if (check.seen[kind] == 0)
            fail_msg("no %s was sent", message_kind_name((enum message_kind)kind));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_task_has_its_headers_and_materials),
        cmocka_unit_test(test_lookup_says_on_what_basis_it_asks),
        cmocka_unit_test(test_element_is_named_in_step_and_id),
        cmocka_unit_test(test_task_longer_than_a_message_is_not_sent),
        cmocka_unit_test(test_cancellation_names_the_task_and_may_have_no_reason),
        cmocka_unit_test(test_compensation_names_what_it_undoes),
        cmocka_unit_test(test_correction_answer_carries_form_and_materials),
        cmocka_unit_test(test_correction_without_what_is_given_is_published_whole),
        cmocka_unit_test(test_traceparent_of_what_came_goes_on),
        cmocka_unit_test(test_reasons_of_departments_never_break_a_message),
        cmocka_unit_test(test_sub_case_with_too_long_an_id_is_not_begun),
        cmocka_unit_test(test_longest_ids_are_taken_back),
        cmocka_unit_test(test_the_laws_time_is_told),
        cmocka_unit_test(test_every_kind_of_message_was_seen),
    };
    return cmocka_run_group_tests_name("wire: messages", tests, begin, end);
}
