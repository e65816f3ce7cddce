/* Consents: each person gives, refuses and withdraws the own one; lookups rest on those of whom the definition names; sub-cases
 * are told, and begin with what was said. */
#include "definition/definition.h"
#include "engine_builder.h"

#define PARTIES "parties:\n  - {id: seller, many: true}\n  - {id: buyer}\n"
#define LOOKUPS \
    PARTIES "steps:\n  - {id: filing, department: housing}\n" \
    "  - {id: deed, needs: [filing], kind: lookup, lookup: {source: e_licence, basis: consent, of: [seller]}}\n" \
    "  - {id: debts, needs: [filing], kind: lookup, lookup: {source: bank, basis: separate_consent}}\n" \
    "  - {id: taxes, needs: [filing], kind: lookup, lookup: {source: tax, basis: 税收征收管理法}}\n"
#define SILENT "{\"parties\":{\"seller\":[{\"name\":\"a\"},{\"name\":\"b\"}],\"buyer\":{\"name\":\"c\"}}}"
#define GIVES ",\"consent\":{\"bank\":true}"   /* the separate one, by the name of its source */
#define SELLERS "{\"parties\":{\"seller\":[{\"name\":\"a\"" GIVES "},{\"name\":\"b\"" GIVES "}],\"buyer\":{\"name\":\"c\"" GIVES "}}}"

static struct run *of(const char *rest, const char *extra) {
    struct run *run = run_new(NULL, 0);
    struct fault_list faults;
    const struct definition *definition = NULL;
    struct buffer source;
    buffer_init(&source, 1 << 20);
    buffer_format(&source, "thing: t\ntitle: {zh-Hant: 一, zh-Hans: 一, en: One}\nform: {type: object}\n%s", rest);
    if (definition_compile(&run->definition_arena, buffer_text(&source), TEXT("t.yaml"), NULL, &faults, &definition,
                           &run->error) != OUTCOME_OK)
        fail_msg("%s: %s", run->error.code, run->error.message);
    buffer_free(&source);
    run->definition = *definition;
    memcpy(run->steps, definition->steps, definition->step_count * sizeof *run->steps);
    run->definition.steps = run->steps;
    assert_int_equal(case_init(&run->state, &run->case_arena, &run->definition, TEXT("44130020260302000017")), OUTCOME_OK);
    struct input in = input_of(INPUT_SUBMIT, run->now_us);
    in.thing = run->definition.thing;
    in.data = TEXT("{}");
    in.extra = extra ? text_from(extra) : TEXT_NONE;
    assert_int_equal(run_input(run, &in), OUTCOME_OK);
    return run;
}

static enum outcome say(struct run *run, const char *data) {
    struct input in = input_of(INPUT_SIGNAL, run->now_us);
    in.id = TEXT("consent_said");
    in.data = text_from(data);
    in.actor = TEXT("window");
    return run_input(run, &in);
}
#define SAYS(run, person, word) assert_int_equal(say((run), "{\"person\":\"" person "\",\"word\":\"" word "\"}"), OUTCOME_OK)
#define SAYS_OF(run, person, source, word) \
    assert_int_equal(say((run), "{\"person\":\"" person "\",\"source\":\"" source "\",\"word\":\"" word "\"}"), OUTCOME_OK)

/* Which of deed, debts, taxes are asked once the filing is granted: "110"; '-': nobody has said anything that would let it be. */
static void assert_asked(struct run *run, const char *wanted) {
    static const char *const lookups[] = {"deed", "debts", "taxes"};
    grant(run, "filing");
    for (int i = 0; i < 3; i++) {
        assert_state(run, lookups[i], wanted[i] == '1' ? STEP_RUNNING : STEP_REFUSED);
        if (wanted[i] != '1')
            assert_true(text_is(work(run, lookups[i])->reason, wanted[i] == '0' ? "consent_withdrawn" : "consent_not_given"));
    }
    run_end(run);
}

static void test_a_person_stops_the_lookups_that_rest_on_the_own_consent_and_no_other(void **unused) {
    (void)unused;
    struct run *run = of(LOOKUPS, SELLERS);
    SAYS_OF(run, "seller.1", "e_licence", "withdrawn");
    const struct event *noted = event_at(run, EVENT_SIGNAL_NOTED, NULL, 0);
    assert_true(text_is(noted->id, "consent.seller.1.e_licence"));
    assert_true(text_is(noted->data, "{\"word\":\"withdrawn\",\"person\":\"seller.1\",\"source\":\"e_licence\"}"));
    assert_asked(run, "011");
    run = of(LOOKUPS, SELLERS);
    SAYS(run, "buyer.0", "refused");      /* the deed is the sellers' */
    assert_asked(run, "101");
    run = of(LOOKUPS, SELLERS);
    assert_asked(run, "111");
}

static void test_the_last_word_holds(void **unused) {
    (void)unused;
    struct run *run = of(LOOKUPS, SELLERS);
    SAYS_OF(run, "seller.0", "e_licence", "refused");
    SAYS_OF(run, "seller.0", "e_licence", "given");
    assert_asked(run, "111");
    run = of(LOOKUPS, SELLERS);
    SAYS_OF(run, "seller.0", "e_licence", "given");
    SAYS(run, "seller.0", "withdrawn");   /* about everything: over what was said of one */
    assert_asked(run, "001");
    run = of(LOOKUPS, SELLERS);
    SAYS(run, "seller.0", "withdrawn");
    SAYS_OF(run, "seller.0", "e_licence", "given");
    assert_asked(run, "101");
}

static void test_the_application_may_refuse(void **unused) {
    (void)unused;
    assert_asked(of(LOOKUPS, "{\"parties\":{\"seller\":[{\"name\":\"a\",\"consent\":{\"e_licence\":false,\"bank\":true}}],"
                    "\"buyer\":{\"name\":\"c\"" GIVES "}}}"), "011");
    assert_asked(of(LOOKUPS, "{\"parties\":{\"seller\":[{\"name\":\"a\",\"consent\":{\"*\":false,\"e_licence\":true}}]}}"), "101");
    assert_asked(of(LOOKUPS, "{\"parties\":{\"buyer\":{\"name\":\"c\",\"consent\":false}}}"), "101");
    assert_asked(of(LOOKUPS, "{\"consent\":{\"bank\":false}}"), "101");
    struct run *run = of(LOOKUPS, "{\"consent\":false}");
    SAYS(run, "applicant", "given");
    SAYS_OF(run, "applicant", "bank", "given");
    assert_asked(run, "111");
}

static void test_nobody_gives_a_separate_consent_by_applying_or_by_a_word_about_everything(void **unused) {
    (void)unused;
    assert_asked(of(LOOKUPS, NULL), "1-1");
    assert_asked(of(LOOKUPS, SILENT), "1-1");
    assert_asked(of(LOOKUPS, "{\"consent\":true}"), "1-1");
    assert_asked(of(LOOKUPS, "{\"consent\":{\"*\":true}}"), "1-1");
    assert_asked(of(LOOKUPS, "{\"consent\":{\"bank\":true}}"), "111");
    struct run *run = of(LOOKUPS, SILENT);
    SAYS(run, "buyer.0", "given");
    assert_asked(run, "1-1");
}

static void test_a_separate_consent_is_everybodys_by_the_name_of_its_source(void **unused) {
    (void)unused;
    struct run *run = of(LOOKUPS, SILENT);
    SAYS_OF(run, "buyer.0", "bank", "given");
    SAYS_OF(run, "seller.0", "bank", "given");
    assert_asked(run, "1-1");   /* one of the sellers has said nothing */
    run = of(LOOKUPS, SILENT);
    SAYS_OF(run, "buyer.0", "bank", "given");
    SAYS_OF(run, "seller.0", "bank", "given");
    SAYS_OF(run, "seller.1", "bank", "given");
    assert_asked(run, "111");
    run = of(LOOKUPS, SELLERS);
    SAYS_OF(run, "buyer.0", "bank", "refused");
    SAYS(run, "buyer.0", "given");   /* about everything: what was refused by name stays refused */
    assert_asked(run, "101");
    assert_asked(of(LOOKUPS, "{\"consent\":{\"bank\":true},\"parties\":{\"buyer\":{\"name\":\"c\"}}}"), "1-1");   /* nobody's word for another */
}

static void test_only_a_consent_of_somebody_who_is_there_can_be_refused(void **unused) {
    (void)unused;
    struct run *run = of(LOOKUPS, SELLERS);
    assert_int_equal(say(run, "{\"person\":\"seller.0\",\"source\":\"tax\",\"word\":\"refused\"}"), OUTCOME_REJECT);
    assert_string_equal(run->error.code, "consent_not_asked");
    assert_int_equal(say(run, "{\"person\":\"seller.2\",\"word\":\"refused\"}"), OUTCOME_REJECT);
    assert_string_equal(run->error.code, "person_unknown");
    assert_int_equal(say(run, "{\"person\":\"applicant\",\"word\":\"refused\"}"), OUTCOME_REJECT);
    assert_string_equal(run->error.code, "person_unknown");
    assert_int_equal(say(run, "{\"person\":\"seller.0\",\"word\":\"no\"}"), OUTCOME_REJECT);
    assert_string_equal(run->error.code, "consent_word_bad");
    assert_asked(run, "111");
    run = of("steps:\n  - {id: filing, department: housing}\n", NULL);
    assert_int_equal(say(run, "{\"person\":\"applicant\",\"word\":\"refused\"}"), OUTCOME_REJECT);
    assert_string_equal(run->error.code, "unknown_signal");
    run_end(run);
}

static void test_the_same_word_again_is_a_duplicate(void **unused) {
    (void)unused;
    struct run *run = of(LOOKUPS, SELLERS);
    SAYS(run, "seller.0", "withdrawn");
    SAYS(run, "seller.0", "withdrawn");
    assert_int_equal(count_of(run, EVENT_SIGNAL_NOTED), 0);
    assert_int_equal(event_at(run, EVENT_ANSWER_RECORDED, NULL, 0)->fate, FATE_DUPLICATE);
    SAYS_OF(run, "seller.0", "bank", "given");
    SAYS(run, "seller.0", "withdrawn");   /* now it says something about the bank */
    assert_int_equal(count_of(run, EVENT_SIGNAL_NOTED), 2);
    assert_asked(run, "001");
}

/* ---- sub-cases ---- */

static void test_sub_case_is_told_and_one_that_begins_later_knows(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "sub", .kind = STEP_THING, .thing = "child"}, {.id = "a"},
                              {.id = "late", .kind = STEP_THING, .thing = "child", .needs = "a"});
    struct input in = input_of(INPUT_SUBMIT, run->now_us), told;
    struct command_list commands;
    in.thing = run->definition.thing;
    in.data = TEXT("{}");
    in.extra = TEXT(SELLERS);
    run_input(run, &in);
    assert_true(text_is(event_at(run, EVENT_CHILD_ASKED, "sub", 0)->extra, SELLERS));
    SAYS_OF(run, "seller.1", "bank", "withdrawn");
    engine_commands(run->state.id, event_at(run, EVENT_CHILD_TOLD, "sub", 0), &commands);
    assert_true(engine_asks_cases(EVENT_CHILD_TOLD));
    assert_true(engine_command_input(run->state.id, &commands.at[0], &told));
    assert_int_equal(told.kind, INPUT_SIGNAL);
    assert_true(text_is(told.case_id, "44130020260302000017/sub.0") && text_is(told.id, "consent_said") && text_is(told.actor, "window"));
    assert_non_null(strstr(told.data.at, "\"person\":\"seller.1\",\"source\":\"bank\",\"word\":\"withdrawn\""));
    grant(run, "a");
    assert_non_null(strstr(event_at(run, EVENT_CHILD_ASKED, "late", 0)->extra.at, "{\"name\":\"b\",\"consent\":{\"bank\":false}}"));
    run_end(run);
    run = of(LOOKUPS, SELLERS);   /* the sub-case: what it does not look up itself it keeps for those below it */
    told.case_id = run->state.id;
    assert_int_equal(run_input(run, &told), OUTCOME_OK);
    assert_asked(run, "101");
}

static void test_withdrawal_for_all_reaches_sub_cases(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "sub", .kind = STEP_THING, .thing = "child"}, {.id = "a"},
                              {.id = "late", .kind = STEP_THING, .thing = "child", .needs = "a"});
    struct input in = input_of(INPUT_SIGNAL, run->now_us);
    submit(run, "{}");
    in.id = TEXT("consent_withdrawn");
    assert_int_equal(run_input(run, &in), OUTCOME_OK);
    assert_true(text_is(event_at(run, EVENT_CHILD_TOLD, "sub", 0)->id, "consent_withdrawn"));
    grant(run, "a");
    assert_true(text_is(event_at(run, EVENT_CHILD_ASKED, "late", 0)->extra, "{\"consent\":false}"));
    run_end(run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_person_stops_the_lookups_that_rest_on_the_own_consent_and_no_other),
        cmocka_unit_test(test_the_last_word_holds),
        cmocka_unit_test(test_the_application_may_refuse),
        cmocka_unit_test(test_nobody_gives_a_separate_consent_by_applying_or_by_a_word_about_everything),
        cmocka_unit_test(test_a_separate_consent_is_everybodys_by_the_name_of_its_source),
        cmocka_unit_test(test_only_a_consent_of_somebody_who_is_there_can_be_refused),
        cmocka_unit_test(test_the_same_word_again_is_a_duplicate),
        cmocka_unit_test(test_sub_case_is_told_and_one_that_begins_later_knows),
        cmocka_unit_test(test_withdrawal_for_all_reaches_sub_cases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
