/* Faults planted in definitions: each is found, and the run that shows it happens again by `thing run`. */
#include "proof/setting.h"

#include "cli/thing_run.h"

#define ITEM(id, promise) "  - {id: " id ", code: \"" id "\", title: {zh-Hant: 一, zh-Hans: 一, en: One}, department: a, promise: " promise "}\n"

/* `fault`: "code subject", "" when the definition holds, "?" when not everything can be tried. */
struct row { const char *says, *fault, *yaml; };
static const struct row rows[] = {
    {"a chain of tasks", "", "steps:\n  - {id: x, department: a}\n  - {id: y, department: b, needs: [x]}\n"},
    {"a wait that nobody is told of", "waits_for_ever pay",
     "steps:\n  - {id: x, department: a}\n  - {id: pay, needs: [x], wait: {signal: paid}}\n"},
    {"a wait that an operator is told of", "",
     "steps:\n  - {id: x, department: a}\n  - {id: pay, needs: [x], wait: {signal: paid}, timeout: {limit: 30 days, then: incident}}\n"},
    {"a wait that expires", "",
     "steps:\n  - {id: x, department: a}\n  - {id: pay, needs: [x], wait: {signal: paid}, timeout: {limit: 30 days, then: expire}}\n"},
    {"a join that waits for ever behind a wait", "waits_for_ever sign",
     "steps:\n  - {id: x, department: a}\n  - {id: sign, wait: {signal: signed}}\n  - {id: y, department: b, needs: [x, sign]}\n"},
    {"a wait that only a refusal leads to", "waits_for_ever appeal",
     "steps:\n  - {id: x, department: a, on_refused: continue}\n"
     "  - {id: appeal, needs: [x], when: {field: steps.x.state, is: refused}, wait: {signal: appeal}}\n"},
    {"a wait beside a join that any of them opens", "waits_for_ever sign",
     "steps:\n  - {id: x, department: a}\n  - {id: sign, wait: {signal: signed}}\n"
     "  - {id: y, department: b, needs: [x, sign], join: any}\n"},
    {"a refusal takes away the deadline that would have ended a wait", "waits_for_ever sign",
     "steps:\n  - {id: x, department: a}\n  - {id: sign, wait: {signal: signed}}\n"
     "  - {id: y, department: b, needs: [x, sign], join: {all: true, deadline: 3 workdays, then: partial}}\n"},
    {"a wait that a deadline ends", "",
     "steps:\n  - {id: x, department: a, on_refused: continue}\n  - {id: sign, wait: {signal: signed}}\n"
     "  - {id: y, department: b, needs: [x, sign], join: {all: true, deadline: 3 workdays, then: partial}}\n"},
    {"two conditions that exclude each other", "step_never_happens y",
     "steps:\n  - {id: x, department: a}\n"
     "  - {id: y, department: b, needs: [x], when: {all: [{field: form.kind, is: new}, {field: form.kind, is: old}]}}\n"},
    {"a result that the schema does not allow", "step_never_happens y",
     "steps:\n  - {id: x, department: a, result: result.json}\n"
     "  - {id: y, department: b, needs: [x], when: {field: steps.x.result.level, over: 5}}\n"},
    {"a rule that grants nobody", "step_never_granted rule",
     "steps:\n  - {id: x, department: a, result: result.json}\n"
     "  - {id: rule, needs: [x], approve: {if: {field: steps.x.result.level, over: 9}}}\n"},
    {"what comes behind a rule that grants nobody", "step_never_happens z",
     "steps:\n  - {id: x, department: a, result: result.json}\n"
     "  - {id: rule, needs: [x], approve: {if: {field: steps.x.result.level, over: 9}}}\n  - {id: z, department: b, needs: [rule]}\n"},
    {"two rules of which one always refuses", "case_never_granted case",
     "steps:\n  - {id: p, approve: {if: {field: form.urgent, is: true}}, on_refused: continue}\n"
     "  - {id: q, approve: {if: {field: form.urgent, is: false}}, on_refused: continue}\n  - {id: x, department: a, needs: [p, q]}\n"},
    {"a join of two that can't both be granted", "step_never_happens x",
     "steps:\n  - {id: p, approve: {if: {field: form.urgent, is: true}}}\n  - {id: q, approve: {if: {field: form.urgent, is: false}}}\n"
     "  - {id: x, department: a, needs: [p, q], join: {at_least: 2}}\n"},
    {"an item half of which is undone", "granted_item_undone x",
     "items:\n" ITEM("i", "1 workdays")
     "steps:\n  - {id: x, department: a, item: i, reversible: true, compensate: {}}\n"
     "  - {id: y, department: b, item: i, needs: [x]}\n  - {id: z, department: b, needs: [y], on_refused: compensate}\n"},
    {"an item all of which may be undone", "",
     "items:\n" ITEM("i", "1 workdays")
     "steps:\n  - {id: x, department: a, item: i, reversible: true, compensate: {}}\n"
     "  - {id: y, department: b, item: i, needs: [x], reversible: true, compensate: {}}\n"
     "  - {id: z, department: b, needs: [y], on_refused: compensate}\n"},
    {"a number that may be a word", "expression_fails y",
     "steps:\n  - {id: x, department: a}\n"
     "  - {id: y, department: b, needs: [x], when: \"${ (.form.count | tonumber) > 1 }\"}\n"},
    {"a fan-out over what may be absent", "expression_fails y",
     "steps:\n  - {id: x, department: a}\n"
     "  - {id: y, department: b, needs: [x], each: {in: \"${ .form.owners }\", as: owner, gather: {all: true, deadline: 1 workdays, then: partial}}}\n"},
    {"a fan-out over what may be empty", "",
     "steps:\n  - {id: x, department: a}\n"
     "  - {id: y, department: b, needs: [x], each: {in: \"${ .form.owners // [] }\", as: owner, gather: {all: true, deadline: 1 workdays, then: partial}}}\n"},
    {"a wait until a day that may be none", "expression_fails y",
     "steps:\n  - {id: x, department: a}\n  - {id: y, needs: [x], wait: {until: \"${ .form.day }\"}}\n"},
    {"a rule over what may be absent", "expression_fails rule",
     "steps:\n  - {id: x, department: a}\n  - {id: rule, needs: [x], approve: {if: \"${ .form.plain }\"}}\n  - {id: y, department: b}\n"},
    {"items that fit by their sum and not by their days", "promise_exceeded case",
     "promise: 12 hours\nitems:\n" ITEM("i", "4 hours") ITEM("k", "1 workdays")
     "steps:\n  - {id: x, department: a, item: i}\n  - {id: y, department: b, item: k, needs: [x]}\n"},
    {"a condition over each side", "",
     "steps:\n  - {id: x, department: a, result: result.json}\n"
     "  - {id: y, department: b, needs: [x], when: {any: [{field: steps.x.result.clear, is: true}, {field: form.age, over: 18}]}}\n"},
    {"a condition that data alone never make false", "?",
     "steps:\n  - {id: x, department: a, result: result.json}\n"
     "  - {id: y, department: b, needs: [x], when: {field: steps.x.result.level, under: 6}}\n"},
    {"what only an answer at the last moment brings about", "",
     "steps:\n  - {id: a, wait: {for: 20 days}}\n  - {id: b, department: b, timeout: {limit: 10 days, then: expire}}\n"
     "  - {id: c, needs: [b], wait: {for: 15 days}}\n"
     "  - {id: j, department: a, needs: [a, c], join: any, when: {all: [{field: steps.a.state, is: granted}, {field: steps.b.state, is: granted}]}}\n"},
    {"a rule that whole results decide, each of several", "",
     "steps:\n  - {id: x, department: a, result: result.json, each: {in: \"${ .form.owners // [] }\", as: o, gather: {all: true, deadline: 1 workdays, then: partial}}}\n"
     "  - {id: rule, needs: [x], approve: {if: \"${ ((.steps.x.result // []) | map(select(. != null)) | any(.clear)) | not }\"}}\n"},
    {"a wait for signatures that nobody is told of", "waits_for_ever sign",
     "parties:\n  - {id: p, title: {zh-Hant: 一, zh-Hans: 一, en: One}, signs: true}\n"
     "steps:\n  - {id: x, department: a}\n  - {id: sign, needs: [x], wait: {signed: [p]}}\n"},
    {"a visit in which one item is never looked at", "step_never_happens z",
     "items:\n" ITEM("i", "1 workdays") ITEM("k", "1 workdays")
     "steps:\n  - {id: v, kind: inspection, lead: a, for: [i, {item: k, when: {all: [{field: form.kind, is: new}, {field: form.kind, is: old}]}}], rounds: 2}\n"
     "  - {id: y, department: a, item: i, needs: [v]}\n"
     "  - {id: z, department: b, needs: [y], when: {all: [{field: form.kind, is: new}, {field: form.urgent, is: true}, {field: form.urgent, is: false}]}}\n"},
    {"a publicity with an objection that somebody decides", "",
     "steps:\n  - {id: x, department: a}\n  - {id: p, kind: publicity, needs: [x], limit: 20 days, on_objection: incident}\n"
     "  - {id: y, department: b, needs: [p]}\n"},
    {"a compensation, a cancellation and a deadline", "",
     "steps:\n  - {id: x, department: a, reversible: true, compensate: {}}\n  - {id: y, department: b}\n"
     "  - {id: z, department: b, needs: [x], on_refused: compensate, timeout: {limit: 5 days, then: expire}}\n"},
};

static bool has_fault(const struct proof_report *report, const char *wanted) {
    char room[256];
    for (uint32_t i = 0; i < report->fault_count; i++) {
        snprintf(room, sizeof room, "%s %.*s", report->faults[i].code, TEXT_ARG(report->faults[i].subject));
        if (strcmp(room, wanted) == 0)
            return true;
    }
    return false;
}

/* The script does what it says: `thing run` accepts it, and its end is as expected. */
static bool plays(const struct definition *definition, const struct directory *directory, const struct proof_fault *fault) {
    struct arena arena;
    struct fault_list faults;
    const struct json *script = NULL;
    struct error error = {0};
    bool closed;
    arena_init(&arena, (size_t)64 << 20);
    FILE *nowhere = fopen("/dev/null", "w");
    const struct thing_run what = {.definition = definition, .directory = directory, .quiet = true};
    enum outcome outcome = definition_yaml_to_json(&arena, fault->script, TEXT("script"), &faults, &script, &error);
    if (outcome == OUTCOME_OK)
        outcome = thing_run(&what, script, nowhere, &closed, &error);
    if (outcome != OUTCOME_OK)
        fprintf(stderr, "%s: %s\n%.*s", fault->code, error.message, TEXT_ARG(fault->script));
    bool expects = script && json_get_string(script, "expect");
    fclose(nowhere);
    arena_free(&arena);
    return outcome == OUTCOME_OK && expects;
}

static bool needs_no_script(const struct proof_fault *fault) { return strcmp(fault->code, "step_never_granted") == 0; }

static bool row_holds(const struct row *row, unsigned *replayed) {
    struct arena arena;
    struct proof_report report = {0};
    struct error error = {0};
    const struct directory *directory;
    arena_init(&arena, PROOF_ARENA_BYTES);
    const struct definition *definition = proof_compile(&arena, row->yaml, &directory);
    bool holds = definition != NULL;
    if (holds) {
        struct proof_options options = proof_options_of(definition, directory);
        holds = proof_run(&options, &arena, &report, &error) == OUTCOME_OK;
        enum proof_verdict wanted = !*row->fault ? PROOF_HOLDS : *row->fault == '?' ? PROOF_NOT_EXHAUSTED : PROOF_FAILS;
        holds = holds && report.verdict == wanted && (wanted != PROOF_FAILS || has_fault(&report, row->fault));
    }
    if (!holds) {
        fprintf(stderr, "%s: wanted \"%s\", got %s %s %s\n", row->says, row->fault, proof_verdict_name(report.verdict),
                report.stopped_by ? report.stopped_by : "", error.message);
        for (uint32_t i = 0; i < report.fault_count; i++)
            fprintf(stderr, "  %s %.*s: %.*s\n", report.faults[i].code, TEXT_ARG(report.faults[i].subject),
                    TEXT_ARG(report.faults[i].message));
    }
    for (uint32_t i = 0; i < report.fault_count; i++)
        if (!text_is_none(report.faults[i].script)) {
            holds = plays(definition, directory, &report.faults[i]) && holds;
            *replayed += 1;
        } else if (!needs_no_script(&report.faults[i])) {
            fprintf(stderr, "%s: no script for %s\n", row->says, report.faults[i].code);
            holds = false;
        }
    definition_free(definition);
    arena_free(&arena);
    return holds;
}

static void test_every_planted_fault_is_found_and_its_script_plays(void **state) {
    (void)state;
    unsigned wrong = 0, replayed = 0, planted = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        wrong += !row_holds(&rows[i], &replayed);
        planted += *rows[i].fault && *rows[i].fault != '?';
    }
    print_message("%u definitions, %u with a planted fault, %u runs played again\n", (unsigned)(sizeof rows / sizeof *rows),
                  planted, replayed);
    assert_int_equal(wrong, 0);
    assert_true(planted >= 12 && replayed >= planted - 1);
}

/* What no definition can bring about, since it would be the engine's own fault, is shown by none. */
static void test_every_code_is_planted(void **state) {
    (void)state;
    static const char *const engines[] = {"never_ends", "late_answer_counts", "move_refused"};
    for (const struct proof_code *code = proof_codes; code->code; code++) {
        bool found = false;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            found |= strncmp(rows[i].fault, code->code, strlen(code->code)) == 0;
        for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
            found |= strcmp(code->code, engines[i]) == 0;
        if (!found)
            fprintf(stderr, "no planted fault shows %s\n", code->code);
        assert_true(found);
    }
}

static void test_a_budget_that_ends_is_said_and_proves_nothing(void **state) {
    (void)state;
    struct arena arena;
    struct proof_report report;
    const struct directory *directory;
    arena_init(&arena, PROOF_ARENA_BYTES);
    const struct definition *definition = proof_compile(&arena, rows[0].yaml, &directory);
    assert_non_null(definition);
    struct proof_options options = proof_options_of(definition, directory);
    options.states_most = 3;
    assert_int_equal(proof_run(&options, &arena, &report, NULL), OUTCOME_OK);
    assert_int_equal(report.verdict, PROOF_NOT_EXHAUSTED);
    assert_string_equal(report.stopped_by, "states");
    definition_free(definition);
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_planted_fault_is_found_and_its_script_plays),
        cmocka_unit_test(test_every_code_is_planted),
        cmocka_unit_test(test_a_budget_that_ends_is_said_and_proves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
