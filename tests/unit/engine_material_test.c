/* Materials: what is missing at intake, what a lookup fetches, what may come later, of which one is enough. */
#include "definition/definition.h"
#include "engine_builder.h"

/* A case of a definition as it is written; without a directory every department is there. */
static struct run *of(const char *rest) {
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
    assert_true(definition->step_count <= STEPS_MOST);
    run->definition = *definition;
    memcpy(run->steps, definition->steps, definition->step_count * sizeof *run->steps);
    run->definition.steps = run->steps;
    assert_int_equal(case_init(&run->state, &run->case_arena, &run->definition, TEXT("44130020260302000017")), OUTCOME_OK);
    return run;
}

static enum outcome apply_with(struct run *run, const char *form, const char *materials) {
    struct input in = input_of(INPUT_SUBMIT, run->now_us);
    in.thing = run->definition.thing;
    in.data = text_from(form);
    in.extra = text_format(&run->definition_arena, "{\"materials\":[%s]}", materials);
    return run_input(run, &in);
}

static enum outcome give(struct run *run, const char *step, const char *materials) {
    struct input in = input_of(step ? INPUT_CORRECTION_ANSWERED : INPUT_MATERIALS_GIVEN, run->now_us);
    if (step)
        name_step(&in, step);
    in.data = text_format(&run->definition_arena, "{\"materials\":[%s]}", materials);
    in.source = TEXT("desk");
    in.id = TEXT("g");
    return run_input(run, &in);
}

#define DEED(keys) \
    "materials:\n  - {id: deed, required: true, from: {lookup: e_licence, basis: consent, input: {unit: \"${ .form.unit }\"}" keys "}}\n" \
    "steps:\n  - {id: title, department: real_estate, materials: [deed], input: {uri: \"${ .materials.deed.uri }\"}}\n" \
    "  - {id: tax, department: tax, materials: [deed]}\n  - {id: gas, department: gas}\n"

static void test_lookup_is_asked_once_before_the_steps_that_need_it(void **unused) {
    (void)unused;
    struct run *run = of(DEED(""));
    apply_with(run, "{\"unit\":\"U7\"}", "");
    assert_int_equal(count_of(run, EVENT_STEP_ASKED), 2);   /* the lookup, and gas, which needs nothing */
    const struct event *asked = event_at(run, EVENT_STEP_ASKED, "fetch_deed", 0);
    assert_true(text_is(asked->department, "e_licence"));
    assert_non_null(strstr(asked->data.at, "\"basis\":\"consent\",\"input\":{\"unit\":\"U7\"}"));
    assert_int_equal(work(run, "title")->hold, HOLD_MATERIALS);
    assert_int_equal(work(run, "tax")->hold, HOLD_MATERIALS);
    grant_with(run, "fetch_deed", "{\"uri\":\"s3://deed\",\"digest\":\"sm3:00\"}");
    asked = event_at(run, EVENT_STEP_ASKED, "title", 0);
    assert_non_null(strstr(asked->data.at, "\"input\":{\"uri\":\"s3://deed\"},\"materials\":[{\"id\":\"deed\",\"uri\":\"s3://deed\""));
    assert_non_null(event_at(run, EVENT_STEP_ASKED, "tax", 0));
    grant(run, "title");
    grant(run, "tax");
    grant(run, "gas");
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_what_the_applicant_brought_is_not_fetched(void **unused) {
    (void)unused;
    struct run *run = of(DEED(""));
    apply_with(run, "{}", "{\"id\":\"deed\",\"uri\":\"mine\"}");
    assert_null(event_at(run, EVENT_STEP_ASKED, "fetch_deed", 0));
    assert_non_null(event_at(run, EVENT_STEP_ASKED, "title", 0));
    grant(run, "title");
    grant(run, "tax");
    grant(run, "gas");
    assert_closed(run, CASE_GRANTED);
    assert_state(run, "fetch_deed", STEP_WAITING);
    assert_null(strstr(run_json(&run->state, &run->scratch).at, "fetch_deed"));
    run_end(run);
}

static void test_lookup_that_finds_nothing_asks_the_applicant(void **unused) {
    (void)unused;
    struct run *run = of(DEED(""));
    apply_with(run, "{}", "");
    refuse(run, "fetch_deed");
    assert_true(text_is(event_at(run, EVENT_MATERIAL_ASKED, "fetch_deed", 0)->material, "deed"));
    assert_true(work(run, "fetch_deed")->correcting);
    assert_state(run, "title", STEP_RUNNING);
    give(run, "fetch_deed", "{\"id\":\"deed\",\"uri\":\"mine\"}");
    assert_state(run, "fetch_deed", STEP_GRANTED);
    assert_non_null(strstr(event_at(run, EVENT_STEP_ASKED, "title", 0)->data.at, "\"uri\":\"mine\""));
    run_end(run);
}

static void test_found_false_is_nothing_found(void **unused) {
    (void)unused;
    struct run *run = of(DEED(""));
    apply_with(run, "{}", "");
    grant_with(run, "fetch_deed", "{\"found\":false}");
    assert_true(work(run, "fetch_deed")->correcting);
    grant_with(run, "fetch_deed", "{\"uri\":\"found after all\"}");
    assert_non_null(event_at(run, EVENT_STEP_ASKED, "title", 0));
    run_end(run);
}

static void test_lookup_that_finds_nothing_may_refuse(void **unused) {
    (void)unused;
    struct run *run = of(DEED(", if_not_found: refuse"));
    apply_with(run, "{}", "");
    refuse(run, "fetch_deed");
    assert_state(run, "title", STEP_REFUSED);
    assert_true(text_is(work(run, "title")->reason, "material_missing"));
    grant(run, "gas");
    assert_closed(run, CASE_PARTIAL);
    run_end(run);
}

static void test_lookup_that_finds_nothing_may_be_passed_over(void **unused) {
    (void)unused;
    struct run *run = of(DEED(", if_not_found: continue"));
    apply_with(run, "{}", "");
    refuse(run, "fetch_deed");
    assert_non_null(strstr(event_at(run, EVENT_STEP_ASKED, "title", 0)->data.at, "\"materials\":[]"));
    grant(run, "title");
    grant(run, "tax");
    grant(run, "gas");
    assert_closed(run, CASE_GRANTED);   /* the lookup's refusal is nobody's refusal */
    run_end(run);
}

static void test_lookup_is_retried_as_any_other(void **unused) {
    (void)unused;
    struct run *run = of(DEED(""));
    apply_with(run, "{}", "");
    fail_retryably(run, "fetch_deed");
    assert_state(run, "fetch_deed", STEP_RETRYING);
    pass(run, 1 * MINUTES);
    assert_int_equal(work(run, "fetch_deed")->attempt, 2);
    fail_for_good(run, "fetch_deed");
    assert_state(run, "fetch_deed", STEP_STUCK);
    operate(run, INPUT_SKIP, "fetch_deed");
    assert_non_null(event_at(run, EVENT_STEP_ASKED, "title", 0));
    run_end(run);
}

static void test_withdrawal_ends_what_is_held_for_materials(void **unused) {
    (void)unused;
    struct run *run = of(DEED(""));
    apply_with(run, "{}", "");
    operate(run, INPUT_WITHDRAWN, NULL);
    assert_state(run, "title", STEP_CANCELLED);
    assert_non_null(event_at(run, EVENT_CANCEL_ASKED, "fetch_deed", 0));
    answer(run, "gas", ANSWER_CANCELLED);
    assert_closed(run, CASE_WITHDRAWN);
    answer(run, "fetch_deed", ANSWER_CANCELLED);
    assert_state(run, "fetch_deed", STEP_CANCELLED);
    run_end(run);
}

/* Nobody waits for it any more: it is called back, and never asked for again. */
static void test_lookup_that_is_open_when_its_case_closes_is_called_back(void **unused) {
    (void)unused;
    struct run *run = of(DEED(""));
    apply_with(run, "{}", "");
    grant(run, "gas");
    operate(run, INPUT_REFUSE, "title");
    operate(run, INPUT_REFUSE, "tax");
    assert_closed(run, CASE_PARTIAL);
    assert_non_null(event_at(run, EVENT_CANCEL_ASKED, "fetch_deed", 0));
    assert_state(run, "fetch_deed", STEP_CANCELLED);
    fail_retryably(run, "fetch_deed");
    assert_recorded(run, FATE_CASE_CLOSED);
    run_end(run);
}

static void test_lookup_that_is_to_be_tried_again_ends_with_its_case(void **unused) {
    (void)unused;
    struct run *run = of(DEED(""));
    apply_with(run, "{}", "");
    grant(run, "gas");
    fail_retryably(run, "fetch_deed");
    operate(run, INPUT_REFUSE, "title");
    assert_state(run, "fetch_deed", STEP_RETRYING);
    operate(run, INPUT_REFUSE, "tax");
    assert_closed(run, CASE_PARTIAL);
    assert_null(event_at(run, EVENT_CANCEL_ASKED, "fetch_deed", 0));
    assert_state(run, "fetch_deed", STEP_CANCELLED);
    run_end(run);
}

static enum outcome withdraw_consent(struct run *run) {
    struct input in = input_of(INPUT_SIGNAL, run->now_us);
    in.id = TEXT("consent_withdrawn");
    return run_input(run, &in);
}

#define LATE(basis, keys) \
    "materials:\n  - {id: deed, required: true, from: {lookup: e_licence, basis: " basis ", input: {unit: \"${ .form.unit }\"}" keys "}}\n" \
    "steps:\n  - {id: filing, department: housing}\n  - {id: title, department: real_estate, needs: [filing], materials: [deed]}\n"

static void test_lookup_is_not_asked_once_its_consent_is_withdrawn(void **unused) {
    (void)unused;
    struct run *run = of(LATE("separate_consent", ""));
    apply_with(run, "{}", "");
    assert_int_equal(withdraw_consent(run), OUTCOME_OK);
    assert_true(text_is(event_at(run, EVENT_SIGNAL_NOTED, NULL, 0)->id, "consent_withdrawn"));
    grant(run, "filing");
    assert_null(event_at(run, EVENT_STEP_ASKED, "fetch_deed", 0));
    assert_state(run, "fetch_deed", STEP_REFUSED);
    assert_true(text_is(work(run, "fetch_deed")->reason, "consent_withdrawn"));
    assert_non_null(strstr(event_at(run, EVENT_STEP_ASKED, "title", 0)->data.at, "\"materials\":[]"));
    grant(run, "title");
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_what_the_applicant_brings_goes_instead_of_what_he_does_not_let_fetch(void **unused) {
    (void)unused;
    struct run *run = of(LATE("consent", ", if_not_found: refuse"));
    apply_with(run, "{}", "");
    assert_int_equal(withdraw_consent(run), OUTCOME_OK);
    assert_int_equal(give(run, NULL, "{\"id\":\"deed\",\"uri\":\"mine\"}"), OUTCOME_OK);
    grant(run, "filing");
    assert_non_null(strstr(event_at(run, EVENT_STEP_ASKED, "title", 0)->data.at, "\"uri\":\"mine\""));
    run_end(run);
    run = of(LATE("guardian", ", if_not_found: refuse"));
    apply_with(run, "{}", "");
    withdraw_consent(run);
    grant(run, "filing");
    assert_state(run, "title", STEP_REFUSED);
    run_end(run);
}

static void test_what_was_asked_before_the_withdrawal_runs_and_is_not_asked_again(void **unused) {
    (void)unused;
    struct run *run = of(DEED(""));
    apply_with(run, "{}", "");
    assert_non_null(event_at(run, EVENT_STEP_ASKED, "fetch_deed", 0));
    withdraw_consent(run);
    assert_state(run, "fetch_deed", STEP_RUNNING);
    fail_retryably(run, "fetch_deed");
    pass(run, 1 * MINUTES);
    assert_state(run, "fetch_deed", STEP_REFUSED);
    assert_non_null(event_at(run, EVENT_STEP_ASKED, "title", 0));
    run_end(run);
    run = of(DEED(""));
    apply_with(run, "{}", "");
    withdraw_consent(run);
    grant_with(run, "fetch_deed", "{\"uri\":\"s3://deed\"}");
    assert_non_null(strstr(event_at(run, EVENT_STEP_ASKED, "title", 0)->data.at, "s3://deed"));
    run_end(run);
}

static void test_a_duty_of_the_law_is_no_consent_to_be_withdrawn(void **unused) {
    (void)unused;
    struct run *run = of(LATE("court", ""));
    apply_with(run, "{}", "");
    assert_int_equal(withdraw_consent(run), OUTCOME_REJECT);
    assert_string_equal(run->error.code, "unknown_signal");
    grant(run, "filing");
    assert_non_null(event_at(run, EVENT_STEP_ASKED, "fetch_deed", 0));
    run_end(run);
}

/* ---- trust ---- */

#define TRUSTED(keys) \
    "materials:\n  - {id: deed, required: true, from: {lookup: e_licence, basis: consent, least_trust: B" keys "}}\n" \
    "steps:\n  - {id: title, department: real_estate, materials: [deed]}\n"

static void test_what_a_lookup_found_of_less_trust_counts_as_not_found(void **unused) {
    (void)unused;
    static const struct { const char *result; bool enough; } rows[] = {
        {"{\"uri\":\"x\"}", true}, {"{\"uri\":\"x\",\"trust\":\"A\"}", true}, {"{\"uri\":\"x\",\"trust\":\"B\"}", true},
        {"{\"uri\":\"x\",\"trust\":\"C\"}", false}, {"{\"uri\":\"x\",\"trust\":\"D\"}", false}, {"{\"uri\":\"x\",\"trust\":\"good\"}", false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run *run = of(TRUSTED(", if_not_found: refuse"));
        apply_with(run, "{}", "");
        grant_with(run, "fetch_deed", rows[i].result);
        assert_state(run, "fetch_deed", rows[i].enough ? STEP_GRANTED : STEP_REFUSED);
        assert_state(run, "title", rows[i].enough ? STEP_RUNNING : STEP_REFUSED);
        if (!rows[i].enough)
            assert_true(text_is(work(run, "fetch_deed")->reason, "trust_too_low"));
        run_end(run);
    }
    struct run *run = of(TRUSTED(", if_not_found: continue"));
    apply_with(run, "{}", "");
    grant_with(run, "fetch_deed", "{\"uri\":\"x\",\"trust\":\"C\"}");
    assert_non_null(strstr(event_at(run, EVENT_STEP_ASKED, "title", 0)->data.at, "\"materials\":[]"));
    run_end(run);
}

static void test_what_is_brought_is_not_what_its_source_has(void **unused) {
    (void)unused;
    struct run *run = of(TRUSTED(", if_not_found: refuse"));
    apply_with(run, "{}", "{\"id\":\"deed\",\"uri\":\"mine\",\"trust\":\"A\"}");
    assert_rejected(run, "material_trust_too_low");
    run_end(run);
    run = of(TRUSTED(", if_not_found: refuse"));
    apply_with(run, "{}", "");
    grant_with(run, "fetch_deed", "{\"uri\":\"s3://deed\"}");
    assert_int_equal(give(run, NULL, "{\"id\":\"deed\",\"uri\":\"mine\"}"), OUTCOME_REJECT);
    answer(run, "title", ANSWER_CORRECTION);
    assert_int_equal(give(run, "title", "{\"id\":\"deed\",\"uri\":\"mine\"}"), OUTCOME_REJECT);
    assert_string_equal(run->error.code, "material_trust_too_low");
    run_end(run);
}

static void test_what_is_brought_is_worth_as_much_as_the_way_it_came(void **unused) {
    (void)unused;
    static const struct { char least; const char *seen; bool enough; } rows[] = {
        {'B', "", false}, {'B', ",\"seen\":\"certified_copy\"", false}, {'B', ",\"seen\":\"original\"", true},
        {'C', "", false}, {'C', ",\"seen\":\"certified_copy\"", true}, {'C', ",\"seen\":\"original\"", true},
        {'C', ",\"seen\":\"photo\"", false}, {'C', ",\"trust\":\"A\"", false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char yaml[512], material[128];
        snprintf(yaml, sizeof yaml, "materials:\n  - {id: deed, required: true, least_trust: %c}\n"
                 "steps:\n  - {id: title, department: real_estate, materials: [deed]}\n", rows[i].least);
        snprintf(material, sizeof material, "{\"id\":\"deed\",\"uri\":\"mine\"%s}", rows[i].seen);
        struct run *run = of(yaml);
        apply_with(run, "{}", material);
        if (rows[i].enough)
            assert_non_null(strstr(event_at(run, EVENT_STEP_ASKED, "title", 0)->data.at, rows[i].seen));
        else
            assert_rejected(run, "material_trust_too_low");
        run_end(run);
    }
    struct run *run = of("materials:\n  - {id: deed, required: true, least_trust: B}\nsteps:\n  - {id: title, department: real_estate, materials: [deed]}\n");
    apply_with(run, "{}", "");
    assert_rejected(run, "material_missing");
    assert_non_null(strstr(run->error.message, "/materials/deed (an original that was seen at the window)"));
    run_end(run);
}

static void test_original_seen_at_the_window_stands_for_a_source_that_has_nothing(void **unused) {
    (void)unused;
    struct run *run = of(TRUSTED(""));   /* B at least; asked for when it is not found */
    apply_with(run, "{}", "{\"id\":\"deed\",\"uri\":\"seen\",\"seen\":\"original\"}");
    assert_null(event_at(run, EVENT_STEP_ASKED, "fetch_deed", 0));
    assert_non_null(strstr(event_at(run, EVENT_STEP_ASKED, "title", 0)->data.at, "\"uri\":\"seen\""));
    run_end(run);
    run = of(TRUSTED(""));
    apply_with(run, "{}", "");
    refuse(run, "fetch_deed");
    assert_int_equal(give(run, "fetch_deed", "{\"id\":\"deed\",\"uri\":\"mine\"}"), OUTCOME_REJECT);
    assert_int_equal(give(run, "fetch_deed", "{\"id\":\"deed\",\"uri\":\"seen\",\"seen\":\"original\"}"), OUTCOME_OK);
    assert_non_null(strstr(event_at(run, EVENT_STEP_ASKED, "title", 0)->data.at, "\"uri\":\"seen\""));
    run_end(run);
}

static void test_sub_case_looks_up_again_what_its_parent_was_brought(void **unused) {
    (void)unused;
    struct run *run = of(TRUSTED(", if_not_found: continue"));
    struct input in = input_of(INPUT_SUBMIT, run->now_us);
    in.thing = run->definition.thing;
    in.parent = TEXT("P");
    in.data = TEXT("{}");
    in.extra = TEXT("{\"materials\":[{\"id\":\"deed\",\"uri\":\"brought\"}]}");
    assert_int_equal(run_input(run, &in), OUTCOME_OK);
    assert_non_null(event_at(run, EVENT_STEP_ASKED, "fetch_deed", 0));
    refuse(run, "fetch_deed");
    assert_non_null(strstr(event_at(run, EVENT_STEP_ASKED, "title", 0)->data.at, "\"materials\":[]"));
    run_end(run);
}

static void test_datum_of_less_trust_ends_its_lookup_refused(void **unused) {
    (void)unused;
    struct run *run = of("steps:\n  - {id: look, kind: lookup, on_refused: continue, lookup: {source: bank, basis: court, least_trust: A}}\n"
                         "  - {id: use, department: tax, needs: [look], input: {n: \"${ .steps.look.result.n }\"}}\n");
    apply_with(run, "{}", "");
    grant_with(run, "look", "{\"n\":7,\"trust\":\"B\"}");
    assert_state(run, "look", STEP_REFUSED);
    assert_true(text_is(work(run, "look")->reason, "trust_too_low"));
    assert_non_null(strstr(event_at(run, EVENT_STEP_ASKED, "use", 0)->data.at, "\"input\":{\"n\":null}"));
    run_end(run);
}

static void test_material_that_is_not_wanted_is_not_fetched(void **unused) {
    (void)unused;
    struct run *run = of("materials:\n  - {id: deed, required: true, when: {field: form.owned, is: true}, from: {lookup: e_licence, basis: consent}}\n"
                         "steps:\n  - {id: title, department: real_estate, materials: [deed]}\n");
    apply_with(run, "{\"owned\":false}", "");
    assert_non_null(event_at(run, EVENT_STEP_ASKED, "title", 0));
    run_end(run);
}

/* ---- at intake ---- */

#define INTAKE \
    "trust: \"${ .form.grade }\"\n" \
    "materials:\n  - {id: contract, required: true}\n  - {id: id_card}\n  - {id: passport}\n" \
    "  - {id: identity, required: true, any_of: [id_card, passport]}\n" \
    "  - {id: survey, required: true, tolerable: {until: 5 workdays, trust: [A, B], if_missing: refuse}}\n" \
    "steps:\n  - {id: filing, department: housing, materials: [contract, identity]}\n" \
    "  - {id: title, department: real_estate, materials: [survey]}\n"

static void test_one_notice_names_all_that_is_missing(void **unused) {
    (void)unused;
    struct run *run = of(INTAKE);
    apply_with(run, "{\"grade\":\"C\"}", "");
    assert_rejected(run, "material_missing");
    assert_non_null(strstr(run->error.message, "/materials/contract, /materials/identity (id_card | passport), "
                                               "/materials/survey (later only with trust AB)"));
    assert_int_equal(run->state.phase, CASE_NONE);
    run_end(run);
}

static void test_one_of_a_group_is_enough(void **unused) {
    (void)unused;
    struct run *run = of(INTAKE);
    assert_int_equal(apply_with(run, "{}", "{\"id\":\"contract\"},{\"id\":\"passport\",\"uri\":\"p\"},{\"id\":\"survey\"}"), OUTCOME_OK);
    assert_non_null(strstr(event_at(run, EVENT_STEP_ASKED, "filing", 0)->data.at,
                           "\"materials\":[{\"id\":\"contract\"},{\"id\":\"passport\",\"uri\":\"p\"}]"));
    run_end(run);
}

#define REST "{\"id\":\"contract\"},{\"id\":\"id_card\"}"

static void test_trusted_subject_may_bring_it_later(void **unused) {
    (void)unused;
    struct run *run = of(INTAKE);
    apply_with(run, "{\"grade\":\"B\"}", REST);
    const struct event *tolerated = event_at(run, EVENT_MATERIAL_TOLERATED, NULL, 0);
    assert_true(text_is(tolerated->material, "survey"));
    assert_true(text_is(tolerated->reason, "B"));
    assert_int_equal(tolerated->due_us, START_US + 7 * DAYS + 9 * HOURS);   /* the fifth working day's close */
    assert_non_null(event_at(run, EVENT_STEP_ASKED, "title", 0));
    grant(run, "filing");
    give(run, NULL, "{\"id\":\"survey\",\"uri\":\"here\"}");
    const struct event *sent = event_at(run, EVENT_MATERIALS_SENT, "title", 0);
    assert_non_null(strstr(sent->data.at, "{\"id\":\"survey\",\"uri\":\"here\"}"));
    struct command_list commands;
    engine_commands(run->state.id, sent, &commands);
    assert_int_equal(commands.count, 1);
    assert_int_equal(commands.at[0].message, MESSAGE_CORRECTION_ANSWER);
    assert_string_equal(commands.at[0].id, "44130020260302000017:title:1:materials:7");
    assert_int_equal(case_next_due(&run->state), TIME_NONE);
    grant(run, "title");
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_case_stays_open_for_what_is_to_come(void **unused) {
    (void)unused;
    struct run *run = of(INTAKE);
    apply_with(run, "{\"grade\":\"A\"}", REST);
    grant(run, "filing");
    grant(run, "title");
    assert_open(run);
    give(run, NULL, "{\"id\":\"survey\"}");
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_what_does_not_come_refuses_what_needs_it(void **unused) {
    (void)unused;
    struct run *run = of(INTAKE);
    apply_with(run, "{\"grade\":\"A\"}", REST);
    grant(run, "filing");
    pass(run, 8 * DAYS);
    assert_true(text_is(event_at(run, EVENT_MATERIAL_MISSED, NULL, 0)->reason, "refuse"));
    assert_non_null(event_at(run, EVENT_CANCEL_ASKED, "title", 0));
    assert_state(run, "title", STEP_REFUSED);
    assert_closed(run, CASE_PARTIAL);
    run_end(run);
}

static void test_what_a_department_has_accepted_it_decides(void **unused) {
    (void)unused;
    struct run *run = of(INTAKE);
    apply_with(run, "{\"grade\":\"A\"}", REST);
    answer(run, "title", ANSWER_ACCEPTED);
    pass(run, 8 * DAYS);
    assert_state(run, "title", STEP_RUNNING);
    assert_true(text_is(event_at(run, EVENT_INCIDENT_OPENED, "title", 0)->reason, "material_missing"));
    run_end(run);
}

static void test_what_was_granted_without_it_is_an_incident(void **unused) {
    (void)unused;
    struct run *run = of(INTAKE);
    apply_with(run, "{\"grade\":\"A\"}", REST);
    grant(run, "title");
    grant(run, "filing");
    pass(run, 8 * DAYS);
    assert_non_null(event_at(run, EVENT_INCIDENT_OPENED, "title", 0));
    assert_closed(run, CASE_GRANTED);
    run_end(run);
}

static void test_case_that_stops_waits_for_nothing_to_come(void **unused) {
    (void)unused;
    struct run *run = of(INTAKE);
    apply_with(run, "{\"grade\":\"A\"}", REST);
    operate(run, INPUT_WITHDRAWN, NULL);
    answer(run, "title", ANSWER_CANCELLED);
    answer(run, "filing", ANSWER_CANCELLED);
    assert_closed(run, CASE_WITHDRAWN);
    assert_int_equal(case_next_due(&run->state), TIME_NONE);
    run_end(run);
}

static void test_materials_that_nobody_knows_are_refused(void **unused) {
    (void)unused;
    struct run *run = of(INTAKE);
    apply_with(run, "{\"grade\":\"A\"}", REST);
    give(run, NULL, "{\"id\":\"survey\"},{\"id\":\"identity\"}");
    assert_rejected(run, "unknown_material");
    assert_non_null(strstr(run->error.message, "/materials/1"));
    give(run, NULL, "");
    assert_rejected(run, "unknown_material");
    run_end(run);
}

static void test_lookup_that_finds_nothing_is_tolerated_from_the_trusted(void **unused) {
    (void)unused;
    struct run *run = of("trust: \"${ .form.grade }\"\n"
                         "materials:\n  - {id: deed, required: true, from: {lookup: e_licence, basis: consent}, "
                         "tolerable: {until: 5 workdays, trust: [A], if_missing: incident}}\n"
                         "steps:\n  - {id: title, department: real_estate, materials: [deed]}\n");
    apply_with(run, "{\"grade\":\"A\"}", "");
    refuse(run, "fetch_deed");
    assert_non_null(event_at(run, EVENT_MATERIAL_TOLERATED, NULL, 0));
    assert_non_null(event_at(run, EVENT_STEP_ASKED, "title", 0));
    pass(run, 8 * DAYS);
    assert_non_null(event_at(run, EVENT_INCIDENT_OPENED, "title", 0));
    run_end(run);
}

static void test_group_is_fetched_where_one_of_it_can_be(void **unused) {
    (void)unused;
    struct run *run = of("materials:\n  - {id: passport}\n  - {id: id_card, from: {lookup: e_licence, basis: consent}}\n"
                         "  - {id: identity, required: true, any_of: [passport, id_card]}\n"
                         "steps:\n  - {id: filing, department: housing, materials: [identity]}\n");
    apply_with(run, "{}", "");
    refuse(run, "fetch_id_card");
    assert_true(work(run, "fetch_id_card")->correcting);
    give(run, "fetch_id_card", "{\"id\":\"passport\",\"uri\":\"p\"}");
    assert_non_null(strstr(event_at(run, EVENT_STEP_ASKED, "filing", 0)->data.at, "\"materials\":[{\"id\":\"passport\""));
    run_end(run);
}

/* ---- trust and offers that come with the application ---- */

static enum outcome submit_extra(struct run *run, const char *extra) {
    struct input in = input_of(INPUT_SUBMIT, run->now_us);
    in.thing = run->definition.thing;
    in.data = TEXT("{}");
    in.extra = text_from(extra);
    return run_input(run, &in);
}

static void test_grade_comes_with_the_application_where_no_form_says_it(void **unused) {
    (void)unused;
    struct run *run = of("materials:\n  - {id: survey, required: true, tolerable: {until: 5 workdays, trust: [A], if_missing: refuse}}\n"
                         "steps:\n  - {id: title, department: real_estate, materials: [survey]}\n");
    submit_extra(run, "{\"trust\":\"B\"}");
    assert_rejected(run, "material_missing");
    submit_extra(run, "{\"trust\":\"A\"}");
    assert_int_equal(run->state.tolerated_count, 1);
    run_end(run);
}

#define REWARD \
    "offered: {by: health, basis: family law}\n" \
    "steps:\n  - {id: consent, kind: wait, signal: consent, when: {field: case.offered_by, exists: true}}\n" \
    "  - {id: reward, department: health, needs: [consent]}\n"

static void test_department_starts_what_it_may_offer(void **unused) {
    (void)unused;
    struct run *run = of(REWARD);
    assert_int_equal(submit_extra(run, "{\"offer\":{\"by\":\"health\",\"list\":\"2026-03\"}}"), OUTCOME_OK);
    assert_true(text_is(event_at(run, EVENT_CASE_STARTED, NULL, 0)->reason, "family law"));
    assert_state(run, "consent", STEP_RUNNING);
    send_signal(run, "consent", "{}");
    assert_state(run, "reward", STEP_RUNNING);
    run_end(run);
}

static void test_nobody_else_offers_it(void **unused) {
    (void)unused;
    struct run *run = of(REWARD);
    submit_extra(run, "{\"offer\":{\"by\":\"tax\"}}");
    assert_rejected(run, "offer_not_allowed");
    submit_extra(run, "{\"offer\":{}}");
    assert_rejected(run, "offer_not_allowed");
    assert_int_equal(submit_extra(run, "{}"), OUTCOME_OK);   /* applied for */
    assert_state(run, "consent", STEP_SKIPPED);
    run_end(run);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lookup_is_asked_once_before_the_steps_that_need_it),
        cmocka_unit_test(test_what_the_applicant_brought_is_not_fetched),
        cmocka_unit_test(test_lookup_is_not_asked_once_its_consent_is_withdrawn),
        cmocka_unit_test(test_what_the_applicant_brings_goes_instead_of_what_he_does_not_let_fetch),
        cmocka_unit_test(test_what_was_asked_before_the_withdrawal_runs_and_is_not_asked_again),
        cmocka_unit_test(test_what_a_lookup_found_of_less_trust_counts_as_not_found),
        cmocka_unit_test(test_what_is_brought_is_not_what_its_source_has),
        cmocka_unit_test(test_sub_case_looks_up_again_what_its_parent_was_brought),
        cmocka_unit_test(test_what_is_brought_is_worth_as_much_as_the_way_it_came),
        cmocka_unit_test(test_original_seen_at_the_window_stands_for_a_source_that_has_nothing),
        cmocka_unit_test(test_datum_of_less_trust_ends_its_lookup_refused),
        cmocka_unit_test(test_a_duty_of_the_law_is_no_consent_to_be_withdrawn),
        cmocka_unit_test(test_lookup_that_finds_nothing_asks_the_applicant),
        cmocka_unit_test(test_found_false_is_nothing_found),
        cmocka_unit_test(test_lookup_that_finds_nothing_may_refuse),
        cmocka_unit_test(test_lookup_that_finds_nothing_may_be_passed_over),
        cmocka_unit_test(test_lookup_is_retried_as_any_other),
        cmocka_unit_test(test_withdrawal_ends_what_is_held_for_materials),
        cmocka_unit_test(test_lookup_that_is_open_when_its_case_closes_is_called_back),
        cmocka_unit_test(test_lookup_that_is_to_be_tried_again_ends_with_its_case),
        cmocka_unit_test(test_material_that_is_not_wanted_is_not_fetched),
        cmocka_unit_test(test_one_notice_names_all_that_is_missing),
        cmocka_unit_test(test_one_of_a_group_is_enough),
        cmocka_unit_test(test_trusted_subject_may_bring_it_later),
        cmocka_unit_test(test_case_stays_open_for_what_is_to_come),
        cmocka_unit_test(test_what_does_not_come_refuses_what_needs_it),
        cmocka_unit_test(test_what_a_department_has_accepted_it_decides),
        cmocka_unit_test(test_what_was_granted_without_it_is_an_incident),
        cmocka_unit_test(test_case_that_stops_waits_for_nothing_to_come),
        cmocka_unit_test(test_materials_that_nobody_knows_are_refused),
        cmocka_unit_test(test_lookup_that_finds_nothing_is_tolerated_from_the_trusted),
        cmocka_unit_test(test_group_is_fetched_where_one_of_it_can_be),
        cmocka_unit_test(test_grade_comes_with_the_application_where_no_form_says_it),
        cmocka_unit_test(test_department_starts_what_it_may_offer),
        cmocka_unit_test(test_nobody_else_offers_it),
    };
    return cmocka_run_group_tests_name("engine: materials", tests, NULL, NULL);
}
