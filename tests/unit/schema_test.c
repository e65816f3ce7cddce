/* Holds compiling and validating to what the official suite does not ask: all faults with their places, bounded work,
 * exact numbers, what is refused in a schema, memory that ends. JSON is written with ' for ". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "wire/schema.h"

static struct arena arena, scratch;
static struct schema_fault_list faults;
static struct schema_options options;
static struct schema *schema;

static int set_up(void **state) {
    (void)state;
    arena_init(&arena, 64 << 20);
    arena_init(&scratch, 64 << 20);
    options = (struct schema_options){.strict = false};
    faults = (struct schema_fault_list){.most = 0};
    schema = NULL;
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    memory_fail_after(SIZE_MAX);
    schema_free(schema);
    arena_free(&arena);
    arena_free(&scratch);
    return 0;
}

static struct json *read_quoted(const char *quoted) {
    struct json *value = arena_new(&arena, struct json);
    char *text = arena_copy(&arena, quoted, strlen(quoted));
    assert_non_null(text);
    for (char *at = text; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    struct error error;
    if (json_read(&arena, text_from(text), 64, value, &error) != OUTCOME_OK)
        fail_msg("%s: %s", quoted, error.message);
    return value;
}

static void compile(const char *quoted) {
    struct error error;
    schema_free(schema);
    schema = NULL;
    if (schema_compile(&arena, read_quoted(quoted), &options, &faults, &schema, &error) != OUTCOME_OK)
        fail_msg("%s: %s", quoted, error.message);
}
static void refused(const char *quoted, const char *code, const char *at) {
    struct error error;
    struct schema *none = NULL;
    assert_int_equal(schema_compile(&arena, read_quoted(quoted), &options, &faults, &none, &error), OUTCOME_REJECT);
    assert_null(none);
    assert_string_equal(error.code, "schema_bad");
    if (strcmp(faults.fault[0].code, code) != 0 || !text_is(faults.fault[0].at, at))
        fail_msg("%s: %s at \"%.*s\": %.*s", quoted, faults.fault[0].code, TEXT_ARG(faults.fault[0].at),
                 TEXT_ARG(faults.fault[0].message));
}
static enum outcome validate(const char *quoted) {
    return schema_validate(schema, read_quoted(quoted), &scratch, &faults);
}
static void takes(const char *quoted) {
    if (validate(quoted) != OUTCOME_OK)
        fail_msg("%s: %.*s", quoted, TEXT_ARG(faults.fault[0].message));
}
static void refuses(const char *quoted) { assert_int_equal(validate(quoted), OUTCOME_REJECT); }

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void expect_fault(size_t index, const char *at, const char *keyword, const char *message) {
    assert_true(index < faults.count);
    const struct schema_fault *fault = &faults.fault[index];
    if (!text_is(fault->at, at) || !text_is(fault->keyword, keyword) || !text_is(fault->message, message))
        fail_msg("%zu: \"%.*s\" %.*s: %.*s", index, TEXT_ARG(fault->at), TEXT_ARG(fault->keyword),
                 TEXT_ARG(fault->message));
}

static void test_all_faults_come_at_once_with_their_pointers(void **state) {
    (void)state;
    compile("{'type':'object','required':['name','id'],'properties':{'name':{'type':'string','maxLength':3},"
            "'id':{'format':'citizen-id'},'a/b~c':{'items':{'minimum':5}},'on':{'type':['boolean','integer']}},"
            "'additionalProperties':false}");
    refuses("{'name':'張三李四','a/b~c':[7,3],'nam':1,'on':1.5,'zzzzz':0}");
    assert_int_equal(faults.count, 6);
    expect_fault(0, "/name", "maxLength", "at most 3 characters are expected; there are 4");
    expect_fault(1, "/a~1b~0c/1", "minimum", "the number has to be at least 5");
    expect_fault(2, "/nam", "additionalProperties", "no property of this name is expected here; is \"name\" meant?");
    expect_fault(3, "/on", "type", "expected is boolean or whole number; this is a number with a fraction");
    expect_fault(4, "/zzzzz", "additionalProperties", "no property of this name is expected here");
    expect_fault(5, "", "required", "the property \"id\" is missing");
    assert_true(text_is(faults.fault[5].property, "id"));
    assert_false(faults.cut);
    takes("{'name':'張三','id':'11010519491231002X'}");
    assert_int_equal(faults.count, 0);
}

static void test_fault_list_is_bounded_and_says_so(void **state) {
    (void)state;
    compile("{'items':{'type':'string'}}");
    faults.most = 3;
    refuses("[1,2,3]");
    assert_int_equal(faults.count, 3);
    assert_false(faults.cut);
    refuses("[1,2,3,4]");
    assert_int_equal(faults.count, 3);
    assert_true(faults.cut);
}

static void test_nearest_alternative_is_named(void **state) {
    (void)state;
    compile("{'oneOf':[{'type':'string'},{'type':'object','properties':{'n':{'maximum':3}}}]}");
    refuses("{'n':4}");
    expect_fault(0, "", "oneOf", "this fits none of the 2 forms allowed here; the nearest: at \"/n\", the number has "
                                 "to be at most 3");
}

static void test_numbers_are_compared_exactly(void **state) {
    (void)state;
    compile("{'maximum':9007199254740993,'minimum':-0.1}");
    takes("9007199254740993.0");
    refuses("9007199254740993.0000000000000001");
    takes("-1e-1");
    refuses("-0.10000000000000000000001");
    compile("{'multipleOf':0.1}");
    takes("0.3");
    takes("12345678901234567890123456789.7");
    takes("1e300");
    takes("-0");
    refuses("0.35");
    refuses("1e-999999999999999999999");
    compile("{'multipleOf':0.01}");
    takes("4.35");
    compile("{'type':'integer'}");
    takes("1.50e1");
    refuses("1.5e0");
    takes("-0.0");
}

static void test_long_numbers_and_big_arrays_cost_linear_work(void **state) {
    (void)state;
    enum { DIGITS = 200000, ELEMENTS = 60000 };
    struct buffer text _cleanup_buffer_;
    buffer_init(&text, 4 << 20);
    buffer_put_string(&text, "0.");
    for (int i = 0; i < DIGITS; i++)
        buffer_put_byte(&text, '7');
    double before = seconds_now();
    compile("{'multipleOf':0.7,'maximum':1}");
    refuses(text.at);
    compile("{'uniqueItems':true}");
    buffer_clear(&text);
    for (int i = 0; i < ELEMENTS; i++)
        buffer_format(&text, "%s{'a':%d,'b':[%d.0]}", i ? "," : "[", i, i);
    buffer_put_string(&text, "]");
    takes(text.at);
    text.at[text.length - 1] = ',';
    buffer_put_string(&text, "{'b':[5],'a':5e0}]");
    refuses(text.at);
    expect_fault(0, "", "uniqueItems", "the elements 5 and 60000 are equal; all have to differ");
    assert_true(seconds_now() - before < 5);
}

static void test_work_without_end_is_refused(void **state) {
    (void)state;
    compile("{'definitions':{'a':{'allOf':[{'$ref':'#/definitions/b'},{'$ref':'#/definitions/b'}]},"
            "'b':{'anyOf':[{'not':{'$ref':'#/definitions/a'}},{'$ref':'#/definitions/a'}]}},'$ref':'#/definitions/a'}");
    refuses("1");
    assert_string_equal(faults.fault[0].code, "schema_work");
    compile("{'not':{'allOf':[{'not':{'pattern':'^(a+)+$'}}]}}");
    refuses("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'");
    assert_string_equal(faults.fault[0].code, "schema_work");
}

static void test_many_texts_that_each_stay_within_a_match_s_limit_are_work_too(void **state) {
    (void)state;
    struct buffer text _cleanup_buffer_;
    buffer_init(&text, 4 << 20);
    for (int i = 0; i < 3000; i++)
        buffer_put_string(&text, i ? ",'aaaaaaaaaaaaaaaaaa!'" : "['aaaaaaaaaaaaaaaaaa!'");
    buffer_put_string(&text, "]");
    compile("{'items':{'not':{'pattern':'^(a+)+$'}}}");
    double before = seconds_now();
    refuses(text.at);
    assert_string_equal(faults.fault[0].code, "schema_work");
    assert_true(seconds_now() - before < 5);
    takes("['aaaaaaaaaaaaaaaaaa!','aaaaaaaaaaaaaaaaaa!']");
}

static void test_pattern_on_a_long_text_neither_overflows_nor_lasts(void **state) {
    (void)state;
    struct buffer text _cleanup_buffer_;
    buffer_init(&text, 4 << 20);
    buffer_put_byte(&text, '\'');
    for (int i = 0; i < 100000; i++)
        buffer_put_string(&text, "é");
    buffer_put_byte(&text, '\'');
    compile("{'pattern':'^(?:[a-z]|é)*$','maxLength':100000}");
    takes(text.at);
}

static void test_patterns_mean_what_ecma_262_says(void **state) {
    (void)state;
    compile("{'pattern':'^a$'}");
    takes("'a'");
    refuses("'a\\n'");
    compile("{'pattern':'^.$'}");
    refuses("'\\u2028'");
    takes("'𠮷'");
    compile("{'pattern':'^[\\\\s\\\\S]$'}");
    takes("'\\u3000'");
    compile("{'pattern':'^[^\\\\S]\\\\v$'}");
    takes("'\\u3000\\u000b'");
    compile("{'pattern':'^[]a]$'}");
    refuses("'a'");
    compile("{'pattern':'^[[:alpha:]]$'}");
    takes("':]'");
    compile("{'pattern':'^(?:(a)|b)\\\\1$'}");
    takes("'b'");
    compile("{'pattern':'^\\\\p{Script=Han}+\\\\u{4e00}$'}");
    takes("'張一'");
}

static void test_what_is_wrong_with_a_schema_is_told_with_its_place(void **state) {
    (void)state;
    refused("{'properties':{'a':{'type':'text'}}}", "schema_keyword_value", "/properties/a/type");
    refused("{'minLength':-1}", "schema_keyword_value", "/minLength");
    refused("{'multipleOf':0}", "schema_keyword_value", "/multipleOf");
    refused("{'allOf':[]}", "schema_keyword_value", "/allOf");
    refused("{'items':[{},3]}", "schema_keyword_value", "/items/1");
    refused("[]", "schema_keyword_value", "");
    refused("{'pattern':'('}", "schema_pattern", "/pattern");
    refused("{'pattern':'(?<=a*)b'}", "schema_pattern", "/pattern");
    refused("{'patternProperties':{'a\\\\Z':{}}}", "schema_pattern", "/patternProperties");
    refused("{'$ref':'#/definitions/x'}", "schema_ref_missing", "/$ref");
    refused("{'$ref':'other.json'}", "schema_ref_remote", "/$ref");
    refused("{'$ref':'#'}", "schema_ref_loop", "/$ref");
    refused("{'definitions':{'a':{'$ref':'#/definitions/b'},'b':{'$ref':'#/definitions/a'}},'items':"
            "{'$ref':'#/definitions/a'}}", "schema_ref_loop", "/definitions/a/$ref");
    refused("{'$schema':'http://json-schema.org/draft-04/schema#'}", "schema_draft", "/$schema");
    refused("{'definitions':{'a':{'$id':'#x'},'b':{'$id':'#x'}}}", "schema_id_twice", "/definitions/b");
}

static void test_strict_compiling_finds_unknown_keywords_and_formats(void **state) {
    (void)state;
    const char *text = "{'minLenght':3,'format':'shoe-size','$defs':{},'x-mask':'name','title':'t'}";
    compile(text);
    options.strict = true;
    refused(text, "schema_keyword_unknown", "/minLenght");
    assert_int_equal(faults.count, 3);
    expect_fault(0, "/minLenght", "minLenght", "draft-07 has no keyword \"minLenght\"; is \"minLength\" meant?");
    assert_string_equal(faults.fault[2].code, "schema_format_unknown");
}

static void test_references_reach_documents_that_are_handed_in(void **state) {
    (void)state;
    struct schema_document documents[] = {
        {TEXT("https://yjs.test/common/person.json"),
         read_quoted("{'definitions':{'name':{'maxLength':2}},'properties':{'id':{'$ref':'id.json#/definitions/id'}}}")},
        {TEXT("https://yjs.test/common/id.json"), read_quoted("{'definitions':{'id':{'format':'citizen-id'}}}")},
    };
    options = (struct schema_options){.documents = documents, .document_count = 2,
                                      .base_uri = TEXT("https://yjs.test/things/form.json")};
    compile("{'properties':{'seller':{'$ref':'../common/person.json'},'n':{'$ref':"
            "'../common/person.json#/definitions/name'}}}");
    refuses("{'seller':{'id':'1'},'n':'abc'}");
    assert_int_equal(faults.count, 2);
    expect_fault(1, "/n", "maxLength", "at most 2 characters are expected; there are 3");
    refused("{'$ref':'../common/nobody.json'}", "schema_ref_remote", "/$ref");
}

static void test_refused_allocation_is_fatal_wherever_it_comes(void **state) {
    (void)state;
    const char *text = "{'properties':{'a':{'pattern':'^a+$','enum':[1,2,3,4,5,6,7,8]},'b':{'uniqueItems':true,'type':"
                       "'array'}},'patternProperties':{'^x':{'$ref':'http://json-schema.org/draft-07/schema#'}}}";
    const struct json *document = read_quoted(text), *value = read_quoted("{'a':'b','b':[1,2,3,4,5,6,7,8],'x':{}}");
    for (size_t n = 0;; n++) {
        struct arena own;
        struct error error;
        struct schema *made = NULL;
        arena_init(&own, 8 << 20);
        memory_fail_after(n);
        enum outcome outcome = schema_compile(&own, document, NULL, NULL, &made, &error);
        memory_fail_after(SIZE_MAX);
        assert_true(outcome == OUTCOME_OK ? made != NULL : outcome == OUTCOME_FATAL && !made);
        for (size_t m = 0; outcome == OUTCOME_OK; m++) {
            struct arena empty;
            struct schema_fault_list list = {.most = 0};
            arena_init(&empty, 8 << 20);
            memory_fail_after(m);
            enum outcome verdict = schema_validate(made, value, &empty, &list);
            memory_fail_after(SIZE_MAX);
            arena_free(&empty);
            if (verdict == OUTCOME_REJECT)
                break;
            assert_int_equal(verdict, OUTCOME_FATAL);
        }
        schema_free(made);
        arena_free(&own);
        if (outcome == OUTCOME_OK)
            return;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all_faults_come_at_once_with_their_pointers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fault_list_is_bounded_and_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nearest_alternative_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_numbers_are_compared_exactly, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_long_numbers_and_big_arrays_cost_linear_work, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_work_without_end_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_texts_that_each_stay_within_a_match_s_limit_are_work_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pattern_on_a_long_text_neither_overflows_nor_lasts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_patterns_mean_what_ecma_262_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_wrong_with_a_schema_is_told_with_its_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_strict_compiling_finds_unknown_keywords_and_formats, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_references_reach_documents_that_are_handed_in, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused_allocation_is_fatal_wherever_it_comes, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
