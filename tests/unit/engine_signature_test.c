/* Signatures of parties, and the revoking that may follow a later check. */
#include "engine_builder.h"

static struct run *sale(const char *parties) {
    struct run *run = RUN_NEW({.id = "contract", .kind = STEP_WAIT, .wait = WAIT_SIGNED, .signed_by = "seller buyer"},
                              {.id = "filing", .needs = "contract", .input = "{\"n\":\"${ .steps.contract.result.signatures }\"}"});
    struct input in = input_of(INPUT_SUBMIT, run->now_us);
    in.thing = run->definition.thing;
    in.region = TEXT("441300");
    in.data = TEXT("{}");
    in.extra = text_from(parties);
    assert_int_equal(run_input(run, &in), OUTCOME_OK);
    return run;
}
#define THREE "{\"parties\":{\"seller\":[{\"name\":\"Li\"},{\"name\":\"Wu\"}],\"buyer\":{\"name\":\"Zhang\"}}}"

static void test_wait_ends_when_every_person_has_signed(void **unused) {
    (void)unused;
    struct run *run = sale(THREE);
    send_signal(run, "signed", "{\"party\":\"seller\",\"index\":1}");
    assert_true(text_is(event_at(run, EVENT_SIGNAL_NOTED, NULL, 0)->id, "signed.seller.1"));
    send_signal(run, "signed", "{\"party\":\"buyer\"}");
    assert_state(run, "contract", STEP_RUNNING);
    send_signal(run, "signed", "{\"party\":\"seller\",\"index\":0}");
    assert_state(run, "contract", STEP_GRANTED);
    assert_non_null(strstr(event_at(run, EVENT_STEP_ASKED, "filing", 0)->data.at, "{\"n\":3}"));
    run_end(run);
}

static void test_who_signs_twice_has_signed_once(void **unused) {
    (void)unused;
    struct run *run = sale(THREE);
    send_signal(run, "signed", "{\"party\":\"buyer\"}");
    send_signal(run, "signed", "{\"party\":\"buyer\",\"again\":true}");
    assert_recorded(run, FATE_DUPLICATE);
    run_end(run);
}

static void test_nobody_else_can_sign(void **unused) {
    (void)unused;
    struct run *run = sale(THREE);
    send_signal(run, "signed", "{\"party\":\"agent\"}");
    assert_rejected(run, "unknown_party");
    send_signal(run, "signed", "{\"party\":\"seller\",\"index\":2}");
    assert_rejected(run, "unknown_party");
    send_signal(run, "signed", "{\"party\":\"seller\",\"index\":-1}");
    assert_rejected(run, "unknown_party");
    send_signal(run, "signed", NULL);
    assert_rejected(run, "unknown_party");
    run_end(run);
}

static void test_signatures_that_came_before_their_wait_count(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"}, {.id = "contract", .kind = STEP_WAIT, .needs = "a", .wait = WAIT_SIGNED, .signed_by = "buyer"});
    struct input in = input_of(INPUT_SUBMIT, run->now_us);
    in.region = TEXT("441300");
    in.data = TEXT("{}");
    in.extra = TEXT("{\"parties\":{\"buyer\":[{}]}}");
    run_input(run, &in);
    send_signal(run, "signed", "{\"party\":\"buyer\",\"index\":0}");
    grant(run, "a");
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_signatures_have_their_time(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "contract", .kind = STEP_WAIT, .wait = WAIT_SIGNED, .signed_by = "buyer",
                               .timeout = WITHIN(1 * DAYS), .timeout_then = ON_TIMEOUT_EXPIRE});
    struct input in = input_of(INPUT_SUBMIT, run->now_us);
    in.region = TEXT("441300");
    in.data = TEXT("{}");
    in.extra = TEXT("{\"parties\":{\"buyer\":[{}]}}");
    run_input(run, &in);
    pass(run, 1 * DAYS);
    assert_state(run, "contract", STEP_EXPIRED);
    run_end(run);
}

/* ---- 告知承諾 ---- */

static struct run *promised(void) {
    struct run *run = RUN_NEW({.id = "fire", .kind = STEP_APPROVE, .condition = ".form.papers", .check = "brigade",
                               .check_within = {LIMIT_WORKDAYS, 20}, .on_fail = "revoke", .revoked_by = "licensing"});
    submit(run, "{\"papers\":true}");
    return run;
}

static void test_promise_is_granted_at_once_and_checked_later(void **unused) {
    (void)unused;
    struct run *run = promised();
    assert_state(run, "fire", STEP_GRANTED);
    assert_closed(run, CASE_GRANTED);
    assert_true(text_is(work(run, "fire.0")->department, "brigade"));
    assert_int_equal(work(run, "fire.0")->due_at_us, START_US + 28 * DAYS + 9 * HOURS);
    grant(run, "fire.0");
    assert_state(run, "fire.1", STEP_SKIPPED);
    assert_int_equal(case_next_due(&run->state), TIME_NONE);
    run_end(run);
}

static void test_failed_check_asks_for_the_revoking_as_a_task_of_its_own(void **unused) {
    (void)unused;
    struct run *run = promised();
    struct input in = answer_input(run, "fire.0", ANSWER_REJECTED);
    in.reason = TEXT("no second exit");
    run_input(run, &in);
    const struct event *asked = event_at(run, EVENT_STEP_ASKED, "fire.1", 0);
    assert_true(text_is(asked->department, "licensing"));
    assert_non_null(strstr(asked->data.at, "\"check_failed\":\"no second exit\""));
    assert_int_equal(count_of(run, EVENT_UNDO_ASKED), 0);
    assert_state(run, "fire", STEP_GRANTED);
    grant(run, "fire.1");
    assert_state(run, "fire.1", STEP_GRANTED);
    assert_int_equal(run->state.incident_count, 0);
    run_end(run);
}

static void test_revoking_that_is_refused_is_an_incident(void **unused) {
    (void)unused;
    struct run *run = promised();
    refuse(run, "fire.0");
    refuse(run, "fire.1");
    assert_true(text_is(event_at(run, EVENT_INCIDENT_OPENED, "fire.1", 0)->reason, "not_revoked"));
    run_end(run);
}

static void test_check_that_nobody_made_in_time_revokes_nothing(void **unused) {
    (void)unused;
    struct run *run = promised();
    pass(run, 40 * DAYS);
    assert_state(run, "fire.0", STEP_EXPIRED);
    assert_true(text_is(event_at(run, EVENT_INCIDENT_OPENED, "fire.0", 0)->reason, "check_failed"));
    assert_state(run, "fire.1", STEP_WAITING);
    run_end(run);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wait_ends_when_every_person_has_signed),
        cmocka_unit_test(test_who_signs_twice_has_signed_once),
        cmocka_unit_test(test_nobody_else_can_sign),
        cmocka_unit_test(test_signatures_that_came_before_their_wait_count),
        cmocka_unit_test(test_signatures_have_their_time),
        cmocka_unit_test(test_promise_is_granted_at_once_and_checked_later),
        cmocka_unit_test(test_failed_check_asks_for_the_revoking_as_a_task_of_its_own),
        cmocka_unit_test(test_revoking_that_is_refused_is_an_incident),
        cmocka_unit_test(test_check_that_nobody_made_in_time_revokes_nothing),
    };
    return cmocka_run_group_tests_name("engine: signatures, later checks", tests, NULL, NULL);
}
