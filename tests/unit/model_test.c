/* Names and gates of the model: what stands in the journal, and which state may follow which. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/directory.h"
#include "model/event.h"
#include "model/input.h"

static void test_every_name_is_read_back(void **unused) {
    (void)unused;
#define ROUND(enum_, count_, name_, parse_, first)                               \
    for (unsigned i = (first); i < (count_); i++) {                              \
        enum enum_ back;                                                         \
        assert_true(parse_(text_from(name_((enum enum_)i)), &back));             \
        assert_int_equal(back, i);                                               \
    }
    ROUND(step_state, STEP_STATE_COUNT, state_step_name, state_step_parse, 0)
    ROUND(case_phase, CASE_PHASE_COUNT, state_case_name, state_case_parse, 0)
    ROUND(case_outcome, CASE_OUTCOME_COUNT, state_outcome_name, state_outcome_parse, 0)
    ROUND(case_stop, CASE_STOP_COUNT, state_stop_name, state_stop_parse, 0)
    ROUND(answer_kind, ANSWER_KIND_COUNT, answer_kind_name, answer_kind_parse, 1)
    ROUND(answer_fate, FATE_COUNT, answer_fate_name, answer_fate_parse, 0)
    ROUND(event_kind, EVENT_KIND_COUNT, event_kind_name, event_kind_parse, 1)
    ROUND(input_kind, INPUT_KIND_COUNT, input_kind_name, input_kind_parse, 1)
    ROUND(step_kind, STEP_KIND_COUNT, step_kind_name, step_kind_parse, 0)
}

static void test_unknown_names_are_refused(void **unused) {
    (void)unused;
    enum step_state state;
    enum answer_kind kind;
    assert_false(state_step_parse(TEXT("grante"), &state));
    assert_false(answer_kind_parse(TEXT("none"), &kind));
}

static void test_ended_steps_move_only_to_be_undone_or_by_a_dispute(void **unused) {
    (void)unused;
    for (unsigned from = STEP_GRANTED; from < STEP_STATE_COUNT; from++)
        for (unsigned to = 0; to < STEP_STATE_COUNT; to++) {
            bool allowed = (from == STEP_GRANTED && (to == STEP_UNDOING || to == STEP_UNDO_STUCK || to == STEP_REFUSED)) ||
                           (from == STEP_REFUSED && to == STEP_GRANTED);
            assert_int_equal(state_step_may_move((enum step_state)from, (enum step_state)to), allowed);
        }
}

static void test_nothing_waits_again_and_nothing_leaves_waiting_for_undoing(void **unused) {
    (void)unused;
    for (unsigned from = 0; from < STEP_STATE_COUNT; from++)
        assert_false(state_step_may_move((enum step_state)from, STEP_WAITING));
    assert_false(state_step_may_move(STEP_WAITING, STEP_UNDOING));
    assert_false(state_step_may_move(STEP_WAITING, STEP_COMPENSATED));
    assert_false(state_step_may_move(STEP_WAITING, STEP_CANCELLING));
}

static void test_closed_case_opens_only_to_be_undone(void **unused) {
    (void)unused;
    assert_true(state_case_may_move(CASE_CLOSED, CASE_STOPPING));
    assert_false(state_case_may_move(CASE_CLOSED, CASE_RUNNING));
    assert_false(state_case_may_move(CASE_STOPPING, CASE_RUNNING));
    assert_false(state_case_may_move(CASE_NONE, CASE_CLOSED));
}

static void test_office_is_the_region_s_own_else_the_city_s_else_the_province_s(void **unused) {
    (void)unused;
    const struct office offices[] = {{TEXT("440000"), true}, {TEXT("441300"), true}, {TEXT("441302"), true}};
    const struct department department = {.id = TEXT("tax"), .office_count = 3, .offices = offices};
    assert_ptr_equal(directory_office(&department, TEXT("441302")), &offices[2]);
    assert_ptr_equal(directory_office(&department, TEXT("441303")), &offices[1]);
    assert_ptr_equal(directory_office(&department, TEXT("440100")), &offices[0]);
    assert_null(directory_office(&department, TEXT("110000")));
    const struct department only = {.id = TEXT("tax"), .office_count = 1, .offices = offices};
    assert_ptr_equal(directory_office(&only, TEXT("110000")), &offices[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_name_is_read_back),
        cmocka_unit_test(test_unknown_names_are_refused),
        cmocka_unit_test(test_ended_steps_move_only_to_be_undone_or_by_a_dispute),
        cmocka_unit_test(test_nothing_waits_again_and_nothing_leaves_waiting_for_undoing),
        cmocka_unit_test(test_closed_case_opens_only_to_be_undone),
        cmocka_unit_test(test_office_is_the_region_s_own_else_the_city_s_else_the_province_s),
    };
    return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
