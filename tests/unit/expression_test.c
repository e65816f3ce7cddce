/* The expression language by example: values, faults with their offsets, budgets, paths, types, conditions, templates. */
#include "expression/expression.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct arena arena;
static const char scope_text[] =
    "{\"form\":{\"name\":\"張三\",\"area\":89.50,\"fee\":0.10,\"number\":12345678901234567890,\"utilities\":[\"water\",\"gas\"],"
    "\"owners\":[{\"name\":\"a\",\"share\":2},{\"name\":\"b\",\"share\":1},{\"name\":\"c\"}],\"empty\":null,\"yes\":true},"
    "\"steps\":{\"tax\":{\"state\":\"granted\",\"result\":{\"receipt_no\":\"T-1\"}}},\"bank\":{\"code\":\"ICBC\"}}";

static int set_up(void **state) {
    (void)state;
    arena_init(&arena, 64u << 20);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    arena_free(&arena);
    return 0;
}

static struct json read_json(const char *text) {
    struct json value;
    struct error error;
    if (json_read(&arena, text_copy(&arena, text_from(text)), 64, &value, &error) != OUTCOME_OK)
        fail_msg("%s: %s", text, error.message);
    return value;
}

static const struct expression *parse(const char *source) {
    const struct expression *tree;
    struct expression_fault fault;
    if (expression_parse(&arena, text_from(source), &tree, &fault) != OUTCOME_OK)
        fail_msg("%s: %s at %u: %.*s", source, fault.code, fault.offset, TEXT_ARG(fault.message));
    return tree;
}

/* The value as JSON, or the error's code in angle brackets. */
static const char *evaluate(const struct expression *tree) {
    struct json document = read_json(scope_text), value;
    struct expression_scope scope = expression_scope_of(&document);
    struct expression_budget budget = EXPRESSION_BUDGET;
    struct error error;
    if (expression_evaluate(tree, &scope, &budget, &arena, &value, &error) != OUTCOME_OK)
        return text_format(&arena, "<%s>", error.code).at;
    _cleanup_buffer_ struct buffer out = {0};
    buffer_init(&out, 16u << 20);
    json_write(&out, &value);
    return text_copy(&arena, buffer_text(&out)).at;
}

struct example { const char *source, *result; };

static void check_examples(const struct example *examples, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const char *result = evaluate(parse(examples[i].source));
        if (strcmp(result, examples[i].result) != 0)
            fail_msg("%s gives %s, not %s", examples[i].source, result, examples[i].result);
    }
}
#define CHECK_EXAMPLES(table) check_examples((table), sizeof(table) / sizeof((table)[0]))

static void test_paths_read_the_scope_and_null_leads_to_null(void **state) {
    (void)state;
    static const struct example examples[] = {
        {".form.name", "\"張三\""}, {".form[\"name\"]", "\"張三\""}, {".form.\"name\"", "\"張三\""},
        {".steps.tax.result.receipt_no", "\"T-1\""}, {".bank.code", "\"ICBC\""},
        {".form.nothing.at.all", "null"}, {".form.name.first", "<expression_type>"}, {".form.name.first?", "null"},
        {".form.utilities[0]", "\"water\""}, {".form.utilities[-1]", "\"gas\""}, {".form.utilities[7]", "null"},
        {".form.utilities[1:]", "[\"gas\"]"}, {".form.name[0:1]", "\"張\""}, {".form | .name", "\"張三\""},
        {". | .form.name", "\"張三\""}, {".form.owners[.form.owners | length - 1].name", "\"c\""},
    };
    CHECK_EXAMPLES(examples);
}

static void test_numbers_are_decimal_text(void **state) {
    (void)state;
    static const struct example examples[] = {
        {".form.fee", "0.10"}, {".form.number", "12345678901234567890"}, {".form.number + 1", "12345678901234567891"},
        {"0.1 + 0.2", "0.3"}, {"1 / 3", "0.3333333333333333333333333333333333"},
        {"2 / 3", "0.6666666666666666666666666666666667"}, {"5 / 9", "0.5555555555555555555555555555555556"}, {"10 / 4", "2.5"}, {"1e20 % 7", "2"}, {"-7 % 4", "-3"},
        {"7 % -4", "3"}, {"5.9 % 3", "2"}, {"1 / 0", "<expression_division>"}, {"1 % 0.5", "<expression_division>"},
        {".form.fee * 3", "0.3"}, {"0 * -1", "0"}, {"1.0 == 1", "true"}, {"12345678901234567890 < .form.number", "false"},
        {"12345678901234567889 < .form.number", "true"}, {"\"\\(.form.fee)\"", "\"0.10\""}, {"2.5 | round", "3"},
        {"-2.5 | round", "-3"}, {"-0.5 | ceil", "0"}, {"-0.5 | floor", "-1"}, {"1e300 * 1e300", "<expression_number>"},
        {"1e200 + 1e-200", "<expression_digits>"}, {"99999999999999999999 + 1", "100000000000000000000"},
        {"0.0000001 * 1", "1e-7"}, {"1e40 * 5", "5e40"}, {"100 - 100.00", "0"}, {"1e2 + 0", "100"},
        {"\"12.50\" | tonumber", "12.50"}, {"\"012\" | tonumber", "<expression_number>"}, {"999999999999999999 * 999999999999999999",
         "999999999999999998000000000000000001"}, {"1 / 8 * 8", "1"}, {"-(3)", "-3"}, {"- 3 * 2", "-6"},
    };
    CHECK_EXAMPLES(examples);
}

static void test_operators_have_the_precedence_of_jq(void **state) {
    (void)state;
    static const struct example examples[] = {
        {"1 + 2 * 3", "7"}, {"(1 + 2) * 3", "9"}, {"2 - 1 - 1", "0"}, {"true or false and false", "true"},
        {"null // 1 + 1", "2"}, {"null // false // 3", "3"}, {"1 == 1 and 2 > 1", "true"}, {"false and (1 | .x)", "false"},
        {"\"a\" < 1", "false"}, {"null < false", "true"}, {"[1] < {}", "true"}, {"{\"a\": 2} < {\"b\": 1}", "true"},
        {"[1, 2, 1] - [1]", "[2]"}, {"{a: 1} + {a: 2, b: 3}", "{\"a\":2,\"b\":3}"}, {"null + 1", "1"},
        {"{a: {b: 1}} * {a: {c: 2}}", "{\"a\":{\"b\":1,\"c\":2}}"}, {"\"ab\" * 3", "\"ababab\""}, {"\"a,b\" / \",\"", "[\"a\",\"b\"]"},
        {"1 + \"a\"", "<expression_type>"}, {"if 0 then \"yes\" else \"no\" end", "\"yes\""},
        {"if null then 1 elif false then 2 else 3 end", "3"}, {"1 # a remark\n + 1", "2"},
    };
    CHECK_EXAMPLES(examples);
}

static void test_collections_and_functions(void **state) {
    (void)state;
    static const struct example examples[] = {
        {"[.form.owners[] | select(.share > 1) | .name]", "[\"a\"]"}, {"[.form.owners[].name]", "[\"a\",\"b\",\"c\"]"},
        {".form.owners | map(.share // 0) | add", "3"}, {".form.owners | map(select(.share)) | length", "2"},
        {".form.owners | sort_by(.share) | map(.name)", "[\"c\",\"b\",\"a\"]"}, {".form.owners | max_by(.share) | .name", "\"a\""},
        {".form.owners | any(.share == 2)", "true"}, {".form.owners | all(.share)", "false"},
        {"[.form.owners[] | .name, .share]", "[\"a\",2,\"b\",1,\"c\",null]"}, {"[1, 2 | . + 1]", "[2,3]"},
        {"[.form.utilities[].x?]", "[]"}, {"[3, 1, 3] | unique", "[1,3]"}, {"[1, [2, [3]]] | flatten(1)", "[1,2,[3]]"},
        {"{b: 1, a: 2} | keys", "[\"a\",\"b\"]"}, {"{a: 1} | with_entries({key: (.key + \"x\"), value})", "{\"ax\":1}"},
        {".form.utilities | join(\"、\")", "\"water、gas\""}, {"\"a,b,\" | split(\",\")", "[\"a\",\"b\",\"\"]"},
        {".form.name | length", "2"}, {".form | has(\"area\")", "true"}, {"\"area\" | in({area: 1})", "true"},
        {"\"abc\" | ltrimstr(\"a\") | rtrimstr(\"c\")", "\"b\""}, {"\"水電b\" | index(\"b\")", "2"}, {"[1, 2] | index(2)", "1"},
        {"[.form.owners | group_by(.share)[] | length]", "[1,1,1]"}, {"[5, 1] | min", "1"}, {"[] | first", "null"},
        {"{a: [1, null]} | tojson", "\"{\\\"a\\\":[1,null]}\""}, {"true | not", "false"}, {"{(.bank.code): 1}", "{\"ICBC\":1}"},
        {"{\"a b\": 1, if: 2} | .[\"a b\"] + .if", "3"}, {".form | {name, \"area\"}", "{\"name\":\"張三\",\"area\":89.50}"},
        {"{(1 | tostring): 1, a: 1 | 2}", "{\"1\":1,\"a\":2}"}, {"[.[] | type]", "[\"object\",\"object\",\"object\"]"},
    };
    CHECK_EXAMPLES(examples);
}

static void test_faults_name_their_place(void **state) {
    (void)state;
    static const struct { const char *source, *code; uint32_t offset; const char *word; } faults[] = {
        {"", "expression_empty", 0, ""}, {".a + ", "expression_syntax", 5, "ends"}, {".a[", "expression_syntax", 3, "ends"},
        {".a b", "expression_syntax", 3, "`b`"}, {"lenght", "expression_unknown_function", 0, "length"},
        {".a | zzzzzzzz", "expression_unknown_function", 5, "point"}, {"1 | join", "expression_arity", 4, "one argument"},
        {"length(1)", "expression_arity", 0, "no argument"}, {"$x", "expression_refused", 0, "$x"},
        {".a | range(3)", "expression_refused", 5, "budget"}, {"def f: 1; f", "expression_refused", 0, "names nothing"},
        {"reduce .[] as $x (0; 1)", "expression_refused", 0, "reduce"}, {"env.HOME", "expression_refused", 0, "case alone"},
        {".a | test(\"x\")", "expression_refused", 5, "regular"}, {".a |= 1", "expression_refused", 3, "changes nothing"},
        {".a = 1", "expression_refused", 3, "=="}, {"..", "expression_refused", 0, ".."}, {"@base64", "expression_refused", 0, ""},
        {"try .a", "expression_refused", 0, ""}, {".a[]", "expression_many_values", 2, "collect"},
        {".a, .b", "expression_many_values", 2, "`,`"}, {"[.a[] + 1]", "expression_many_values", 3, "pipe"},
        {"select(.a)", "expression_many_values", 0, "collection"}, {"{a: empty}", "expression_many_values", 4, ""},
        {"{a: 1 + 2}", "expression_syntax", 6, "parentheses"}, {"if . then 1 end", "expression_syntax", 12, "else"},
        {"1 < 2 < 3", "expression_syntax", 6, "chain"}, {"\"abc", "expression_syntax", 0, "does not end"},
        {"\"a\\q\"", "expression_syntax", 2, "escape"}, {"\"\\ud83d\"", "expression_syntax", 1, "surrogate"},
        {"\"\\u0000\"", "expression_syntax", 1, "u0000"}, {"007", "expression_syntax", 0, "JSON number"},
        {".5", "expression_syntax", 0, "JSON number"}, {"1e999", "expression_syntax", 0, "range"},
        {".form.名", "expression_syntax", 5, ""}, {"[1,]", "expression_syntax", 3, ""}, {"{a:1,}", "expression_syntax", 5, ""},
        {".a.[0]", "expression_syntax", 2, ""}, {"\"\\(1\"", "expression_syntax", 4, ""}, {"\xff", "expression_utf8", 0, ""},
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        const struct expression *tree;
        struct expression_fault fault;
        if (expression_parse(&arena, text_from(faults[i].source), &tree, &fault) != OUTCOME_REJECT)
            fail_msg("%s is taken", faults[i].source);
        if (strcmp(fault.code, faults[i].code) != 0 || fault.offset != faults[i].offset ||
            (*faults[i].word && !strstr(fault.message.at, faults[i].word)))
            fail_msg("%s: %s at %u: %s", faults[i].source, fault.code, fault.offset, fault.message.at);
    }
}

static void test_every_function_has_its_row_and_is_found(void **state) {
    (void)state;
    for (const struct expression_function *f = NULL; (f = expression_function_next(f));) {
        struct text source = text_format(&arena, "[.[] | %s%s]", f->name, f->arity ? "(.x)" : "");
        assert_int_equal(parse(source.at)->kind, EXPRESSION_ARRAY);
        assert_non_null(f->summary);
    }
}

/* ---- budgets --------------------------------------------------------------------------------------------------------*/

static const char *repeat(const char *before, const char *part, unsigned count, const char *behind) {
    struct buffer out;
    buffer_init(&out, 1u << 20);
    buffer_put_string(&out, before);
    for (unsigned i = 0; i < count; i++)
        buffer_put_string(&out, part);
    buffer_put_string(&out, behind);
    const char *kept = text_copy(&arena, buffer_text(&out)).at;
    buffer_free(&out);
    return kept;
}

static const char *fault_code(const char *source) {
    const struct expression *tree;
    struct expression_fault fault = {.code = "taken"};
    expression_parse(&arena, text_from(source), &tree, &fault);
    return fault.code;
}

static void test_nesting_length_and_height_have_limits(void **state) {
    (void)state;
    assert_string_equal(fault_code(repeat("", "(", 3000, "1")), "expression_nesting");
    assert_string_equal(fault_code(repeat("", "[", 3000, "")), "expression_nesting");
    assert_string_equal(fault_code(repeat("", "- ", 2000, "1")), "expression_nesting");
    assert_string_equal(fault_code(repeat("", "{a:", 1000, "")), "expression_nesting");
    assert_string_equal(fault_code(repeat("", "\"\\(", 1000, "")), "expression_nesting");
    assert_string_equal(fault_code(repeat("", "if ", 1000, "")), "expression_nesting");
    assert_string_equal(fault_code(repeat("1", "|if 1 then 1 else 1 end", 100, "")), "taken");
    assert_string_equal(fault_code(repeat("", "not|", 1000, "not")), "expression_nesting");
    assert_string_equal(fault_code(repeat("1", "+1", 600, "")), "expression_nesting");
    assert_string_equal(fault_code(repeat("", ".a", 600, "")), "expression_nesting");
    assert_string_equal(fault_code(repeat("1", "+1", 400, "")), "taken");
    assert_string_equal(fault_code(repeat("1", " ", EXPRESSION_SOURCE_BYTES_MOST - 1, "")), "taken");
    assert_string_equal(fault_code(repeat("1", " ", EXPRESSION_SOURCE_BYTES_MOST, "")), "expression_too_long");
}

static void test_steps_bytes_and_depth_have_limits_that_a_question_mark_does_not_pass_over(void **state) {
    (void)state;
    const char *doubled = repeat("\"0123456789abcdef\"", " | . + .", 30, "");
    assert_string_equal(evaluate(parse(doubled)), "<expression_bytes>");
    assert_string_equal(evaluate(parse(repeat("[1]", " | . + .", 30, ""))), "<expression_bytes>");
    assert_string_equal(evaluate(parse("(\"aaaaaaaaaa\" * 1e9)?")), "<expression_bytes>");
    assert_string_equal(evaluate(parse("\"a\" * 100000 | . / \"\" | map(.) | map(.) | length")), "<expression_bytes>");
    assert_string_equal(evaluate(parse("\"a\" * 2000 / \"\" | . - map({a: .})")), "<expression_steps>");
    assert_string_equal(evaluate(parse(repeat("1", "|[.]", 64, ""))), repeat("", "[", 64, repeat("1", "]", 64, "")));
    assert_string_equal(evaluate(parse(repeat("1", "|[.]", 65, ""))), "<expression_depth>");
    assert_string_equal(evaluate(parse(repeat("1", "|[.]", 200, "|tojson"))), "<expression_depth>");
    assert_string_equal(evaluate(parse(repeat("\"a\" * 2000", " | [., .]", 12, ""))), "<expression_bytes>");
    assert_string_equal(evaluate(parse(repeat("1", " | [., .]", 60, " | length"))), "2");
    assert_string_equal(evaluate(parse(repeat("1", " | [., .]", 60, ""))), "<expression_bytes>");
    assert_string_equal(evaluate(parse(repeat("7", " | . * .", 10, ""))), "<expression_digits>");
}

static void test_no_allocation_that_fails_is_passed_over(void **state) {
    (void)state;
    for (size_t ceiling = 64; ceiling < 40000; ceiling += 97) {
        struct arena small;
        const struct expression *tree;
        struct expression_fault fault;
        struct json document = read_json(scope_text), value;
        struct expression_scope scope = expression_scope_of(&document);
        struct expression_budget budget = EXPRESSION_BUDGET;
        struct error error;
        arena_init(&small, ceiling);
        enum outcome outcome = expression_parse(
            &small, TEXT(".form.owners | sort_by(.name) | map({a: \"\\(.name)x\", b: (.share + 1)}) | group_by(.b)"), &tree, &fault);
        if (outcome == OUTCOME_OK)
            outcome = expression_evaluate(tree, &scope, &budget, &small, &value, &error);
        assert_true(outcome == OUTCOME_OK || outcome == OUTCOME_FATAL);
        arena_free(&small);
    }
}

/* ---- the scope ------------------------------------------------------------------------------------------------------*/

struct asked { char paths[200]; };

static enum outcome answer_lazily(void *context, struct expression_lookup *lookup, struct error *error) {
    struct asked *asked = context;
    size_t length = strlen(asked->paths);
    if (lookup->count == 0)
        length += (size_t)snprintf(asked->paths + length, sizeof(asked->paths) - length, ".");
    for (size_t i = 0; i < lookup->count; i++)
        length += (size_t)snprintf(asked->paths + length, sizeof(asked->paths) - length, "/%.*s", TEXT_ARG(lookup->path[i]));
    if (lookup->count && text_is(lookup->path[0], "away"))
        return error_set(error, OUTCOME_RETRY, "store_away", "not now");
    struct json *made = arena_new(lookup->arena, struct json);
    *made = json_string(TEXT("granted"));
    lookup->value = made;
    lookup->used = lookup->count < 3 ? lookup->count : 3;
    return OUTCOME_OK;
}

static void test_scope_is_asked_for_the_path_alone(void **state) {
    (void)state;
    struct asked asked = {""};
    struct expression_scope scope = {answer_lazily, &asked};
    struct expression_budget budget = EXPRESSION_BUDGET;
    struct json value;
    struct error error;
    assert_int_equal(expression_evaluate(parse("(.steps.tax.state == \"granted\") and (.steps | length) == 7"), &scope, &budget,
                                         &arena, &value, &error), OUTCOME_OK);
    assert_int_equal(value.type, JSON_TRUE);
    assert_string_equal(asked.paths, "/steps/tax/state/steps");
    assert_int_equal(expression_evaluate(parse("[empty, (empty | keys)]"), &scope, &budget, &arena, &value, &error), OUTCOME_OK);
    assert_string_equal(asked.paths, "/steps/tax/state/steps");
    assert_int_equal(expression_evaluate(parse(".steps.tax.state.more"), &scope, &budget, &arena, &value, &error), OUTCOME_REJECT);
    assert_int_equal(expression_evaluate(parse("(.away)? // 1"), &scope, &budget, &arena, &value, &error), OUTCOME_RETRY);
    assert_string_equal(error.code, "store_away");
}

static void test_condition_is_true_or_false_and_nothing_else(void **state) {
    (void)state;
    struct json document = read_json(scope_text);
    struct expression_scope scope = expression_scope_of(&document);
    struct expression_budget budget = EXPRESSION_BUDGET;
    struct error error;
    bool holds = false;
    assert_int_equal(expression_evaluate_condition(parse(".form.yes"), &scope, &budget, &arena, &holds, &error), OUTCOME_OK);
    assert_true(holds);
    assert_int_equal(expression_evaluate_condition(parse(".form.empty"), &scope, &budget, &arena, &holds, &error), OUTCOME_REJECT);
    assert_string_equal(error.code, "expression_not_boolean");
}

/* ---- conditions and templates ---------------------------------------------------------------------------------------*/

static void test_plain_conditions_decide(void **state) {
    (void)state;
    static const struct example examples[] = {
        {"{\"field\":\"form.utilities\",\"has\":\"gas\"}", "true"}, {"{\"field\":\"form.utilities\",\"has\":\"power\"}", "false"},
        {"{\"field\":\"form.name\",\"has\":\"張\"}", "true"}, {"{\"field\":\"form.empty\",\"has\":\"x\"}", "false"},
        {"{\"field\":\"form.area\",\"has\":\"x\"}", "<expression_type>"}, {"{\"field\":\"form.area\",\"is\":89.5}", "true"},
        {"{\"field\":\"form.area\",\"not\":89.5}", "false"}, {"{\"field\":\"form.empty\",\"not\":1}", "true"},
        {"{\"field\":\"form.empty\",\"is\":null}", "true"}, {"{\"field\":\"form.area\",\"over\":80,\"under\":90}", "true"},
        {"{\"field\":\"form.area\",\"over\":90}", "false"}, {"{\"field\":\"form.area\",\"over\":89.5}", "false"},
        {"{\"field\":\"form.area\",\"under\":89.5}", "false"}, {"{\"field\":\"form.empty\",\"under\":90}", "false"},
        {"{\"field\":\"form.name\",\"over\":1}", "<expression_type>"}, {"{\"field\":\"form.no\",\"exists\":true}", "false"},
        {"{\"field\":\"form.no\",\"exists\":false}", "true"}, {"{\"field\":\"form.owners.0.name\",\"is\":\"a\"}", "true"},
        {"{\"all\":[{\"field\":\"form.yes\",\"is\":true},{\"any\":[false,{\"field\":\"form.area\",\"over\":1}]}]}", "true"},
        {"{\"field\":\"form.owners.1.share\",\"under\":\"${ .form.owners[0].share }\"}", "true"}, {"\"${ .form.area > 3 }\"", "true"},
        {"true", "true"},
    };
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct json *condition = arena_new(&arena, struct json);
        *condition = read_json(examples[i].source);
        const struct expression *tree;
        struct expression_fault fault;
        if (expression_from_condition(&arena, condition, &tree, &fault) != OUTCOME_OK)
            fail_msg("%s: %.*s", examples[i].source, TEXT_ARG(fault.message));
        const char *result = evaluate(tree);
        if (strcmp(result, examples[i].result) != 0)
            fail_msg("%s gives %s", examples[i].source, result);
    }
}

static void test_all_faults_of_a_condition_are_listed_with_their_pointer(void **state) {
    (void)state;
    struct json condition = read_json("{\"all\":[{\"field\":\"form.a\",\"si\":1},{\"field\":\".form\",\"is\":1},{\"any\":[]},7,"
                                      "{\"field\":\"form.a\",\"exists\":3},{\"field\":\"form.a\",\"over\":[1]},{\"field\":\"a\"},"
                                      "{\"field\":\"form.a\",\"is\":\"x${ .a + }\"}]}");
    static const struct { const char *code, *pointer; uint32_t offset; } expected[] = {
        {"condition_shape", "/all/0/si", 0}, {"condition_field", "/all/1/field", 0}, {"condition_shape", "/all/2/any", 0},
        {"condition_shape", "/all/3", 0}, {"condition_operand", "/all/4/exists", 0}, {"condition_operand", "/all/5/over", 0},
        {"condition_shape", "/all/6", 0}, {"expression_syntax", "/all/7/is", 9},
    };
    const struct expression *tree;
    struct expression_fault first;
    assert_int_equal(expression_from_condition(&arena, &condition, &tree, &first), OUTCOME_REJECT);
    const struct expression_fault *fault = &first;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++, fault = fault->next) {
        assert_non_null(fault);
        assert_string_equal(fault->code, expected[i].code);
        assert_string_equal(fault->pointer.at, expected[i].pointer);
        assert_int_equal(fault->offset, expected[i].offset);
        assert_non_null(fault->value);
    }
    assert_null(fault);
}

static void test_templates_keep_order_and_literals(void **state) {
    (void)state;
    static const struct example examples[] = {
        {"{\"b\":\"${ .form.fee }\",\"a\":[1,\" ${ .bank.code } \",\"x\"]}", "{\"b\":0.10,\"a\":[1,\"ICBC\",\"x\"]}"},
        {"\"證號 ${ .steps.tax.result.receipt_no }/${ .form.empty }${ .form.fee }\"", "\"證號 T-1/0.10\""},
        {"\"$${ .a } costs $5\"", "\"${ .a } costs $5\""}, {"{\"a\":\"$${\"}", "{\"a\":\"${\"}"},
        {"\"${ {a: \\\"}\\\"} }\"", "{\"a\":\"}\"}"}, {"\"${ \\\"\\\\(.bank.code)}\\\" }\"", "\"ICBC}\""}, {"{\"x\":[]}", "{\"x\":[]}"},
        {"\"${ 1 }${ 2 }\"", "\"12\""},
    };
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct json *value = arena_new(&arena, struct json);
        *value = read_json(examples[i].source);
        const struct expression *tree;
        struct expression_fault fault;
        if (expression_from_template(&arena, value, &tree, &fault) != OUTCOME_OK)
            fail_msg("%s: %.*s", examples[i].source, TEXT_ARG(fault.message));
        const char *result = evaluate(tree);
        if (strcmp(result, examples[i].result) != 0)
            fail_msg("%s gives %s", examples[i].source, result);
    }
    struct json bad = read_json("{\"a/b\":[\"${ .x \",\"ok ${ lenght }\"]}");
    const struct expression *tree;
    struct expression_fault fault;
    assert_int_equal(expression_from_template(&arena, &bad, &tree, &fault), OUTCOME_REJECT);
    assert_string_equal(fault.code, "template_unclosed");
    assert_string_equal(fault.pointer.at, "/a~1b/0");
    assert_string_equal(fault.next->code, "expression_unknown_function");
    assert_int_equal(fault.next->offset, 6);
}

/* ---- the checker's questions ----------------------------------------------------------------------------------------*/

static void note_path(void *context, const struct expression_path *path) {
    struct buffer *out = context;
    buffer_put_byte(out, ' ');
    for (size_t i = 0; i < path->count; i++)
        buffer_format(out, "/%.*s", text_is_none(path->segments[i]) ? 1 : (int)path->segments[i].length,
                      text_is_none(path->segments[i]) ? "*" : path->segments[i].at);
    if (path->count == 0)
        buffer_put_byte(out, '.');
}

static void test_paths_that_are_read_are_named(void **state) {
    (void)state;
    static const struct example examples[] = {
        {".form.a.b", " /form/a/b"}, {".form | .a | .b", " /form/a/b"}, {".form.people | map(.name)", " /form/people/*/name"},
        {"[.form.people[] | select(.age > 3) | .name]", " /form/people/*/age /form/people/*/name"},
        {".form.people | sort_by(.age) | first | .name", " /form/people/*/age /form/people/*/name"},
        {"if .form.a then .form.b else .form.c end | .d", " /form/a /form/b/d /form/c/d"}, {".form.a // .form.b", " /form/a /form/b"},
        {"1 + 2", ""}, {".", " ."}, {"keys", " ."}, {".form[.steps.a.result]", " /steps/a/result /form/*"},
        {"[.form.list[] | 1]", " /form/list/*"}, {".form | has(\"a\")", " /form/a"}, {"{a: .form.x} | .a", " /form/x"},
        {".form.list[1:] | map(.x)", " /form/list/*/x"}, {"\"a\" | .", ""}, {".form.a | 1", " /form/a"},
        {"[empty | keys]", ""},
    };
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct buffer out;
        buffer_init(&out, 1 << 16);
        assert_true(expression_paths(parse(examples[i].source), &arena, note_path, &out));
        struct text seen = text_copy(&arena, buffer_text(&out));
        buffer_free(&out);
        if (!text_is(seen, examples[i].result))
            fail_msg("%s reads%s", examples[i].source, seen.at);
    }
}

static unsigned type_of(void *context, const struct text *path, size_t count) {
    (void)context;
    return count == 2 && text_is(path[1], "age") ? EXPRESSION_TYPE_NUMBER : EXPRESSION_TYPE_ANY;
}

static void test_types_tell_what_a_condition_can_never_be(void **state) {
    (void)state;
    static const struct { const char *source; unsigned types; } examples[] = {
        {"1 == 2", EXPRESSION_TYPE_FALSE}, {".form.x == 1", EXPRESSION_TYPE_BOOLEAN}, {"true or .form.x", EXPRESSION_TYPE_TRUE},
        {"false and .form.x", EXPRESSION_TYPE_FALSE}, {".form.age == \"x\"", EXPRESSION_TYPE_FALSE},
        {".form.age != null", EXPRESSION_TYPE_TRUE}, {".form.age + 1", EXPRESSION_TYPE_NUMBER}, {".form.age | length > 3 | not", EXPRESSION_TYPE_BOOLEAN},
        {"\"a\" + 1", 0}, {".form.age.x", EXPRESSION_TYPE_ANY}, {"[.form.x[] | .y]", EXPRESSION_TYPE_ARRAY}, {"1 / 0", 0},
        {".form.age < \"a\"", EXPRESSION_TYPE_TRUE}, {".form.x | tostring", EXPRESSION_TYPE_STRING}, {"{a: .form.x}", EXPRESSION_TYPE_OBJECT},
        {".form.x // 1", EXPRESSION_TYPE_ANY & ~(EXPRESSION_TYPE_NULL | EXPRESSION_TYPE_FALSE)}, {".form.age | not", EXPRESSION_TYPE_FALSE},
        {".form.x - 1", EXPRESSION_TYPE_NUMBER},
    };
    const struct expression_typing typing = {type_of, NULL};
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        unsigned types = expression_type(parse(examples[i].source), &typing, &arena);
        if (types != examples[i].types)
            fail_msg("%s: 0x%x", examples[i].source, types);
    }
}

static void test_constants_fold(void **state) {
    (void)state;
    struct json value;
    assert_true(expression_constant(parse("[1, 2] | map(. + 1) | add"), &arena, &value));
    assert_true(text_is(value.text, "5"));
    assert_false(expression_constant(parse("[.form.list[] | 1] | length"), &arena, &value));
    assert_false(expression_constant(parse("1 / 0"), &arena, &value));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_paths_read_the_scope_and_null_leads_to_null),
        TEST(test_numbers_are_decimal_text),
        TEST(test_operators_have_the_precedence_of_jq),
        TEST(test_collections_and_functions),
        TEST(test_faults_name_their_place),
        TEST(test_every_function_has_its_row_and_is_found),
        TEST(test_nesting_length_and_height_have_limits),
        TEST(test_steps_bytes_and_depth_have_limits_that_a_question_mark_does_not_pass_over),
        TEST(test_no_allocation_that_fails_is_passed_over),
        TEST(test_scope_is_asked_for_the_path_alone),
        TEST(test_condition_is_true_or_false_and_nothing_else),
        TEST(test_plain_conditions_decide),
        TEST(test_all_faults_of_a_condition_are_listed_with_their_pointer),
        TEST(test_templates_keep_order_and_literals),
        TEST(test_paths_that_are_read_are_named),
        TEST(test_types_tell_what_a_condition_can_never_be),
        TEST(test_constants_fold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
