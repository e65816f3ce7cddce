/* Holds the comparison of schema versions to its rule: what may be sent by the old one is taken by the new one. Each
 * pair is asked both ways, as widening one way is narrowing the other. JSON is written with ' for ". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "wire/schema.h"

static struct arena arena;

static int set_up(void **state) {
    (void)state;
    arena_init(&arena, 64 << 20);
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    arena_free(&arena);
    return 0;
}

static struct schema *compile(const char *quoted) {
    struct json *value = arena_new(&arena, struct json);
    char *text = arena_copy(&arena, quoted, strlen(quoted));
    for (char *at = text; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    struct error error;
    struct schema *schema = NULL;
    if (json_read(&arena, text_from(text), 64, value, &error) != OUTCOME_OK ||
        schema_compile(&arena, value, NULL, NULL, &schema, &error) != OUTCOME_OK)
        fail_msg("%s: %s", quoted, error.message);
    return schema;
}

static struct schema_fault_list compare(const char *before, const char *after, enum outcome expected) {
    struct schema *old = compile(before), *new = compile(after);
    struct schema_fault_list faults = {.most = 20};
    enum outcome outcome = schema_compatible(old, new, &arena, &faults);
    enum outcome quick = schema_compatible(old, new, &arena, NULL);
    schema_free(old);
    schema_free(new);
    if (outcome != expected || quick != expected || (outcome == OUTCOME_OK) != (faults.count == 0))
        fail_msg("%s -> %s: %s, %s, %zu faults: %.*s", before, after, outcome_name(outcome), outcome_name(quick),
                 faults.count, TEXT_ARG(faults.count ? faults.fault[0].message : TEXT("")));
    return faults;
}
static void same(const char *a, const char *b) {
    compare(a, b, OUTCOME_OK);
    compare(b, a, OUTCOME_OK);
}
static void widens(const char *narrow, const char *wide) {
    compare(narrow, wide, OUTCOME_OK);
    compare(wide, narrow, OUTCOME_REJECT);
}

static void test_every_keyword_may_be_loosened_and_not_tightened(void **state) {
    (void)state;
    widens("{'type':'string'}", "{'type':['string','null']}");
    widens("{'type':'integer'}", "{'type':'number'}");
    widens("{'enum':['a','b']}", "{'enum':['a','b','c']}");
    widens("{'const':'a'}", "{'enum':['a','b']}");
    widens("{'enum':['a','b']}", "{'type':'string','maxLength':1}");
    widens("{'type':'string','maxLength':10}", "{'type':'string','maxLength':11}");
    widens("{'type':'string','minLength':2}", "{'type':'string','minLength':1}");
    widens("{'type':'number','minimum':2}", "{'type':'number','minimum':1.5}");
    widens("{'type':'number','exclusiveMinimum':2}", "{'type':'number','minimum':2}");
    widens("{'type':'number','maximum':1}", "{'type':'number','exclusiveMaximum':1.1}");
    widens("{'type':'number','multipleOf':0.5}", "{'type':'number','multipleOf':0.1}");
    widens("{'type':'string','pattern':'^a'}", "{'type':'string'}");
    widens("{'type':'string','format':'email'}", "{'type':'string','format':'idn-email'}");
    widens("{'type':'array','items':{'type':'string'}}", "{'type':'array','items':{}}");
    widens("{'type':'array','maxItems':3,'uniqueItems':true}", "{'type':'array','maxItems':4}");
    widens("{'type':'array','contains':{'const':1}}", "{'type':'array','contains':{'type':'integer'}}");
    widens("{'not':{'type':['string','null']}}", "{'not':{'type':'string'}}");
    widens("false", "{'type':'string'}");
    widens("{'type':'string'}", "true");
    same("{'type':'integer','multipleOf':1}", "{'type':'integer'}");
    same("{'type':'boolean'}", "{'enum':[true,false]}");
}

static void test_optional_property_may_come_and_required_one_not(void **state) {
    (void)state;
    compare("{'type':'object','properties':{'a':{'type':'string'}}}",
            "{'type':'object','properties':{'a':{'type':'string'},'b':{'type':'integer'}}}", OUTCOME_OK);
    widens("{'type':'object','properties':{'a':{}},'additionalProperties':false}",
           "{'type':'object','properties':{'a':{},'b':{'type':'integer'}},'additionalProperties':false}");
    struct schema_fault_list faults =
        compare("{'type':'object','properties':{'a':{}}}", "{'type':'object','properties':{'a':{}},'required':['a']}",
                OUTCOME_REJECT);
    assert_true(text_is(faults.fault[0].keyword, "required") && text_is(faults.fault[0].property, "a"));
    compare("{'additionalProperties':{'type':'string'}}", "{'properties':{'b':{'type':'integer'}}}", OUTCOME_REJECT);
    compare("{'type':'object'}", "{'type':'object','additionalProperties':false}", OUTCOME_REJECT);
    compare("{'type':'object'}", "{'type':'object','properties':{'a':false}}", OUTCOME_REJECT);
}

static void test_property_that_was_named_anywhere_is_not_new(void **state) {
    (void)state;
    const char *typed = "{'type':'object','properties':{'a':{'type':'string'}}}";
    compare("{'type':'object'}", typed, OUTCOME_OK);
    compare("{'type':'object','required':['a']}", typed, OUTCOME_REJECT);
    compare("{'type':'object','anyOf':[{'properties':{'a':{'type':'integer'}}},{}]}", typed, OUTCOME_REJECT);
    compare("{'type':'object','if':{'properties':{'a':{'const':1}}},'then':{'required':['b']}}", typed, OUTCOME_REJECT);
    compare("{'type':'object','properties':{'b':{}}}",
            "{'type':'object','properties':{'b':{}},'patternProperties':{'^a':{'type':'string'}}}", OUTCOME_OK);
    compare("{'type':'object','properties':{'ab':{}}}",
            "{'type':'object','properties':{'ab':{}},'patternProperties':{'^a':{'type':'string'}}}", OUTCOME_REJECT);
}

static void test_every_finding_is_told_with_its_place(void **state) {
    (void)state;
    struct schema_fault_list faults = compare(
        "{'type':'object','properties':{'a':{'type':'string'},'b':{'maximum':9},'c':{}},'additionalProperties':false}",
        "{'type':'object','properties':{'a':{'type':'integer'},'b':{'maximum':8}},'additionalProperties':false,"
        "'required':['a']}", OUTCOME_REJECT);
    assert_int_equal(faults.count, 4);
    assert_true(text_is(faults.fault[0].property, "a") && text_is(faults.fault[0].keyword, "required"));
    assert_true(text_is(faults.fault[1].at, "/properties/a") && text_is(faults.fault[1].keyword, "type"));
    assert_true(text_is(faults.fault[2].at, "/properties/b") && text_is(faults.fault[2].keyword, "maximum"));
    assert_true(text_is(faults.fault[3].property, "c"));
    for (size_t i = 0; i < faults.count; i++)
        assert_string_equal(faults.fault[i].code, "schema_narrowed");
}

static void test_property_may_move_between_names_and_patterns(void **state) {
    (void)state;
    compare("{'properties':{'x-a':{'type':'string'}},'additionalProperties':false}",
            "{'patternProperties':{'^x-':{'type':'string'}},'additionalProperties':false}", OUTCOME_OK);
    compare("{'properties':{'x-a':{'type':'string'}},'additionalProperties':false}",
            "{'patternProperties':{'^x-':{'type':'integer'}},'additionalProperties':false}", OUTCOME_REJECT);
    compare("{'patternProperties':{'^x-':{'type':'string'}},'additionalProperties':false}",
            "{'additionalProperties':{'type':'string'}}", OUTCOME_OK);
    compare("{'properties':{'a':{'type':'string'}}}", "{'additionalProperties':{'type':'string'}}", OUTCOME_REJECT);
}

static void test_alternatives_are_compared_case_by_case(void **state) {
    (void)state;
    widens("{'anyOf':[{'type':'string'}]}", "{'anyOf':[{'type':'integer'},{'type':'string'}]}");
    same("{'anyOf':[{'type':'string'},{'type':'null'}]}", "{'type':['string','null']}");
    same("{'allOf':[{'minLength':1},{'maxLength':3}]}", "{'minLength':1,'maxLength':3}");
    widens("{'type':'object','required':['kind'],'oneOf':[{'properties':{'kind':{'const':'a'}}}]}",
           "{'type':'object','required':['kind'],'oneOf':[{'type':'object','required':['kind'],'properties':"
           "{'kind':{'const':'a'}}},{'type':'object','required':['kind'],'properties':{'kind':{'const':'b'}}}]}");
    compare("{'oneOf':[{'minimum':1}]}", "{'oneOf':[{'minimum':1},{'maximum':5}]}", OUTCOME_REJECT);
    same("{'if':{'required':['a']},'then':{'required':['b']}}", "{'if':{'required':['a']},'then':{'required':['b']}}");
    widens("{'if':{'required':['a']},'then':{'required':['b']}}", "{'if':{'required':['a']},'then':true}");
    compare("{'if':{'properties':{'a':{'const':1}}},'then':{'required':['b']}}",
            "{'if':{'properties':{'a':{'const':1},'c':{'const':1}}},'else':{'required':['b']}}", OUTCOME_REJECT);
    widens("{'dependencies':{'a':['b','c']}}", "{'dependencies':{'a':['b']}}");
}

static void test_recursive_schema_is_compatible_with_itself(void **state) {
    (void)state;
    const char *tree = "{'type':'object','properties':{'children':{'type':'array','items':{'$ref':'#'}},"
                       "'name':{'type':'string','maxLength':5}},'additionalProperties':false}";
    const char *wider = "{'type':'object','properties':{'children':{'type':'array','items':{'$ref':'#'}},"
                        "'name':{'type':'string'}},'additionalProperties':false}";
    same(tree, tree);
    widens(tree, wider);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_keyword_may_be_loosened_and_not_tightened, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_optional_property_may_come_and_required_one_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_property_that_was_named_anywhere_is_not_new, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_finding_is_told_with_its_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_property_may_move_between_names_and_patterns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_alternatives_are_compared_case_by_case, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_recursive_schema_is_compatible_with_itself, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
