/* How a person of a case is reached may change; who he is may not. */
#include "engine_builder.h"

static struct run *sale(void) {
    struct run *run = RUN_NEW({.id = "filing"}, {.id = "title", .needs = "filing", .input = "{\"phone\":\"${ .parties.seller[1].phone }\"}"});
    struct input in = input_of(INPUT_SUBMIT, run->now_us);
    in.region = TEXT("441300");
    in.data = TEXT("{}");
    in.extra = TEXT("{\"parties\":{\"seller\":[{\"name\":\"Li\",\"phone\":\"138\"},{\"name\":\"Wu\",\"phone\":\"139\",\"email\":\"wu@a.cn\","
                    "\"agent\":{\"name\":\"Ho\"}}],\"buyer\":{\"name\":\"Zhang\"}}}");
    assert_int_equal(run_input(run, &in), OUTCOME_OK);
    return run;
}

static void change(struct run *run, const char *data) {
    struct input in = input_of(INPUT_CONTACT_CHANGED, run->now_us);
    in.actor = TEXT("window-3");
    in.data = text_from(data);
    run_input(run, &in);
}

static void test_one_person_is_reached_otherwise_and_the_others_as_before(void **unused) {
    (void)unused;
    struct run *run = sale();
    change(run, "{\"party\":\"seller\",\"index\":1,\"contact\":{\"phone\":\"170\",\"email\":null}}");
    const struct event *changed = event_at(run, EVENT_CONTACT_CHANGED, NULL, 0);
    assert_true(text_is(changed->actor, "window-3"));
    assert_true(text_is(changed->data, "{\"party\":\"seller\",\"index\":1,\"agent\":false,\"changed\":[\"phone\",\"email\"]}"));
    assert_true(text_is(changed->extra, "{\"parties\":{\"seller\":[{\"name\":\"Li\",\"phone\":\"138\"},{\"name\":\"Wu\",\"phone\":\"170\","
                                        "\"agent\":{\"name\":\"Ho\"}}],\"buyer\":{\"name\":\"Zhang\"}}}"));
    run_end(run);
}

static void test_an_agent_and_a_party_of_one_are_changed_alike(void **unused) {
    (void)unused;
    struct run *run = sale();
    change(run, "{\"party\":\"seller\",\"index\":1,\"agent\":true,\"contact\":{\"phone\":\"171\"}}");
    assert_non_null(strstr(event_at(run, EVENT_CONTACT_CHANGED, NULL, 0)->extra.at, "\"agent\":{\"name\":\"Ho\",\"phone\":\"171\"}"));
    change(run, "{\"party\":\"buyer\",\"contact\":{\"language\":\"en\"}}");
    assert_non_null(strstr(event_at(run, EVENT_CONTACT_CHANGED, NULL, 0)->extra.at, "\"buyer\":{\"name\":\"Zhang\",\"language\":\"en\"}"));
    run_end(run);
}

static void test_later_steps_are_given_the_new_one(void **unused) {
    (void)unused;
    struct run *run = sale();
    change(run, "{\"party\":\"seller\",\"index\":1,\"contact\":{\"phone\":\"170\"}}");
    grant(run, "filing");
    assert_non_null(strstr(event_at(run, EVENT_STEP_ASKED, "title", 0)->data.at, "{\"phone\":\"170\"}"));
    run_end(run);
}

/* Parties of nearly a message's bytes, which may well come, and a little more: no lack of memory, which would be tried again for ever. */
static void test_large_parties_are_changed_as_long_as_their_case_has_room(void **unused) {
    (void)unused;
    static char extra[LIMIT_message_bytes_most];
    struct run *run = RUN_NEW({.id = "filing"});
    struct input in = input_of(INPUT_SUBMIT, run->now_us);
    in.region = TEXT("441300");
    snprintf(extra, sizeof extra, "{\"parties\":{\"buyer\":{\"name\":\"%0*d\"}}}", LIMIT_message_bytes_most - 40, 0);
    in.data = TEXT("{}");
    in.extra = text_from(extra);
    assert_int_equal(run_input(run, &in), OUTCOME_OK);
    change(run, "{\"party\":\"buyer\",\"contact\":{\"phone\":\"+853 2888 0001\"}}");
    assert_int_equal(run->outcome, OUTCOME_OK);
    for (int i = 0; i < 4 && run->outcome == OUTCOME_OK; i++)
        change(run, i % 2 ? "{\"party\":\"buyer\",\"contact\":{\"phone\":\"1380\"}}" : "{\"party\":\"buyer\",\"contact\":{\"phone\":\"1390\"}}");
    assert_rejected(run, "case_state_bytes_most");
    run_end(run);
}

static void test_what_changes_nothing_is_a_duplicate(void **unused) {
    (void)unused;
    struct run *run = sale();
    change(run, "{\"party\":\"seller\",\"index\":0,\"contact\":{\"phone\":\"138\"}}");
    assert_recorded(run, FATE_DUPLICATE);
    run_end(run);
}

static void test_nobody_else_and_nothing_else_is_changed(void **unused) {
    (void)unused;
    static const struct { const char *data, *code; } rows[] = {
        {"{\"party\":\"seller\",\"index\":2,\"contact\":{\"phone\":\"1\"}}", "person_unknown"},
        {"{\"party\":\"seller\",\"index\":-1,\"contact\":{\"phone\":\"1\"}}", "person_unknown"},
        {"{\"party\":\"seller\",\"index\":0,\"agent\":true,\"contact\":{\"phone\":\"1\"}}", "person_unknown"},
        {"{\"party\":\"heir\",\"contact\":{\"phone\":\"1\"}}", "person_unknown"},
        {"{\"party\":\"buyer\",\"index\":1,\"contact\":{\"phone\":\"1\"}}", "person_unknown"},
        {"{\"party\":\"buyer\",\"contact\":{\"name\":\"Huang\"}}", "input_unreadable"},
        {"{\"party\":\"buyer\",\"contact\":{\"phone\":{\"a\":1}}}", "input_unreadable"},
        {"{\"party\":\"buyer\",\"contact\":{}}", "input_unreadable"},
        {"{\"party\":\"buyer\"}", "input_unreadable"},
    };
    struct run *run = sale();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        change(run, rows[i].data);
        assert_rejected(run, rows[i].code);
    }
    run_end(run);
}

static void test_the_same_application_again_is_the_same_case_although_a_contact_changed(void **unused) {
    (void)unused;
    struct run *run = sale();
    change(run, "{\"party\":\"buyer\",\"contact\":{\"phone\":\"170\"}}");
    struct input in = input_of(INPUT_SUBMIT, run->now_us);
    in.data = TEXT("{}");
    in.extra = TEXT("{\"parties\":{\"seller\":[{\"name\":\"Li\",\"phone\":\"138\"},{\"name\":\"Wu\",\"phone\":\"139\",\"email\":\"wu@a.cn\","
                    "\"agent\":{\"name\":\"Ho\"}}],\"buyer\":{\"name\":\"Zhang\"}}}");
    assert_int_equal(run_input(run, &in), OUTCOME_OK);
    assert_recorded(run, FATE_DUPLICATE);
    run_end(run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_person_is_reached_otherwise_and_the_others_as_before),
        cmocka_unit_test(test_an_agent_and_a_party_of_one_are_changed_alike),
        cmocka_unit_test(test_later_steps_are_given_the_new_one),
        cmocka_unit_test(test_large_parties_are_changed_as_long_as_their_case_has_room),
        cmocka_unit_test(test_what_changes_nothing_is_a_duplicate),
        cmocka_unit_test(test_nobody_else_and_nothing_else_is_changed),
        cmocka_unit_test(test_the_same_application_again_is_the_same_case_although_a_contact_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
