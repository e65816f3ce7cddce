/* Holds the JSON reader to RFC 8259 and to the refusals of this house, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/json.h"

static struct arena arena;
static struct error error;

static int set_up(void **state) {
    (void)state;
    arena_init(&arena, 64 << 20);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    memory_fail_after(SIZE_MAX);
    arena_free(&arena);
    return 0;
}

/* Reads from a block that ends where the source ends, so that a sanitizer sees a byte read past it. */
static enum outcome read_exactly(struct text source, unsigned depth_most, struct json *ret) {
    char *block = malloc(source.length ? source.length : 1);
    assert_non_null(block);
    memcpy(block, source.at, source.length);
    memset(&error, 0, sizeof error);
    enum outcome outcome = json_read(&arena, text_span(block, source.length), depth_most, ret, &error);
    if (outcome == OUTCOME_OK) { /* touch every byte while the block lives */
        struct buffer written;
        buffer_init(&written, 64 << 20);
        json_write(&written, ret);
        assert_false(written.failed);
        buffer_free(&written);
    }
    free(block);
    return outcome;
}

struct accepted { struct text source; const char *written; };
#define ACCEPT(source, written) {{source, sizeof source - 1}, written}
static const struct accepted accepted[] = {
    ACCEPT("null", "null"),
    ACCEPT(" \t\r\n true \n", "true"),
    ACCEPT("false", "false"),
    ACCEPT("\"\"", "\"\""),
    ACCEPT("[]", "[]"),
    ACCEPT("{}", "{}"),
    ACCEPT("[ ]", "[]"),
    ACCEPT("{ \n}", "{}"),
    ACCEPT("0", "0"),
    ACCEPT("-0", "-0"),
    ACCEPT("-0.0e+00", "-0.0e+00"),
    ACCEPT("12345678901234567890123", "12345678901234567890123"),
    ACCEPT("1E5", "1E5"),
    ACCEPT("1.5e-3", "1.5e-3"),
    ACCEPT("1e-400", "1e-400"),
    ACCEPT("1e-99999999999999999999999", "1e-99999999999999999999999"),
    ACCEPT("0e99999999999999999999999", "0e99999999999999999999999"),
    ACCEPT("1e308", "1e308"),
    ACCEPT("1.7976931348623157e308", "1.7976931348623157e308"),
    ACCEPT("17976931348623158079372897140530341507993e268", "17976931348623158079372897140530341507993e268"),
    ACCEPT("0.00001e313", "0.00001e313"),
    ACCEPT("[1,[2,{\"a\":[3]}],{}]", "[1,[2,{\"a\":[3]}],{}]"),
    ACCEPT("{\"b\" : 1 , \"a\" : [ true , null ] }", "{\"b\":1,\"a\":[true,null]}"),
    ACCEPT("{\"\":1,\"a\":2,\"A\":3}", "{\"\":1,\"a\":2,\"A\":3}"),
    ACCEPT("\"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\t\"", "\"a\\\"b\\\\c/d\\b\\f\\n\\r\\t\""),
    ACCEPT("\"\\u0041\\u00e9\\u4e0d\\uD83D\\uDE00\\u001f\"", "\"Aé不😀\\u001f\""),
    ACCEPT("\"不動產登記\"", "\"不動產登記\""),
    ACCEPT("\"\x7f\xEF\xBF\xBF\xF4\x8F\xBF\xBF\"", "\"\x7f\xEF\xBF\xBF\xF4\x8F\xBF\xBF\""),
    ACCEPT("{\"a\\u0062\":\"x\\ny\"}", "{\"ab\":\"x\\ny\"}"),
};

static void test_what_is_json_is_read(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
        struct json value;
        _cleanup_buffer_ struct buffer written;
        buffer_init(&written, 4096);
        if (read_exactly(accepted[i].source, 64, &value))
            fail_msg("%.*s: %s", TEXT_ARG(accepted[i].source), error.message);
        assert_int_equal(json_read(&arena, accepted[i].source, 64, &value, NULL), OUTCOME_OK);
        json_write(&written, &value);
        assert_string_equal(written.at, accepted[i].written);
    }
}

struct refused { struct text source; const char *code; size_t at; };
#define REFUSE(source, code, at) {{source, sizeof source - 1}, "json_" code, at}
static const struct refused refused[] = {
    REFUSE("", "syntax", 0), REFUSE("  ", "syntax", 2), REFUSE("nul", "syntax", 0), REFUSE("nulL", "syntax", 0),
    REFUSE("True", "syntax", 0), REFUSE("NaN", "syntax", 0), REFUSE("Infinity", "syntax", 0),
    REFUSE("-", "syntax", 0), REFUSE("+1", "syntax", 0), REFUSE("01", "syntax", 0), REFUSE("-01", "syntax", 0),
    REFUSE(".5", "syntax", 0), REFUSE("1.", "syntax", 2), REFUSE("1.e1", "syntax", 2), REFUSE("1e", "syntax", 2),
    REFUSE("1e+", "syntax", 3), REFUSE("-Infinity", "syntax", 0),
    REFUSE("0x10", "trailing", 1), REFUSE("1 2", "trailing", 2), REFUSE("{}}", "trailing", 2),
    REFUSE("nullx", "trailing", 4), REFUSE("1\0", "trailing", 1), REFUSE("[]\xEF\xBB\xBF", "trailing", 2),
    REFUSE("\xEF\xBB\xBF[]", "syntax", 0), REFUSE("\0", "syntax", 0), REFUSE("\v1", "syntax", 0),
    REFUSE("\xC2\xA0" "1", "syntax", 0),
    REFUSE("[", "syntax", 1), REFUSE("[1", "syntax", 2), REFUSE("[1,", "syntax", 3), REFUSE("[1,]", "syntax", 3),
    REFUSE("[,1]", "syntax", 1), REFUSE("[1 2]", "syntax", 3), REFUSE("[1}", "syntax", 2), REFUSE("]", "syntax", 0),
    REFUSE("{", "syntax", 1), REFUSE("{1:2}", "syntax", 1), REFUSE("{\"a\"}", "syntax", 4),
    REFUSE("{\"a\":}", "syntax", 5), REFUSE("{\"a\":1", "syntax", 6), REFUSE("{\"a\":1,}", "syntax", 7),
    REFUSE("{\"a\":1]", "syntax", 6), REFUSE("{'a':1}", "syntax", 1), REFUSE("{a:1}", "syntax", 1),
    REFUSE("{\"a\":1 \"b\":2}", "syntax", 7), REFUSE("{\"a\" 1}", "syntax", 5), REFUSE("{,}", "syntax", 1),
    REFUSE("[1]//", "trailing", 3), REFUSE("[/**/]", "syntax", 1),
    REFUSE("\"", "syntax", 1), REFUSE("\"abc", "syntax", 4), REFUSE("\"abc\\", "syntax", 4),
    REFUSE("\"abc\\\"", "syntax", 6), REFUSE("'a'", "syntax", 0), REFUSE("\"a\nb\"", "syntax", 2),
    REFUSE("\"12345678\x1f\"", "syntax", 9), REFUSE("\"\\x41\"", "syntax", 1), REFUSE("\"\\u12\"", "syntax", 1),
    REFUSE("\"\\u12g4\"", "syntax", 1), REFUSE("\"\\U0041\"", "syntax", 1), REFUSE("\"\\\0\"", "syntax", 1),
    REFUSE("\"a\0b\"", "nul", 2), REFUSE("\"a\\u0000b\"", "nul", 2), REFUSE("{\"\\u0000\":1}", "nul", 2),
    REFUSE("\"\\uD800\"", "surrogate", 1), REFUSE("\"\\uDC00\"", "surrogate", 1),
    REFUSE("\"\\uD800\\u0041\"", "surrogate", 1), REFUSE("\"\\uDC00\\uD800\"", "surrogate", 1),
    REFUSE("\"\\uD800\\uD800\"", "surrogate", 1), REFUSE("\"\\uD83D\\n\"", "surrogate", 1),
    REFUSE("\"x\\uD83D", "surrogate", 2),
    REFUSE("\"\x80\"", "utf8", 1), REFUSE("\"ab\xC0\x80\"", "utf8", 3), REFUSE("\"\xED\xA0\x80\"", "utf8", 1),
    REFUSE("\"\xF4\x90\x80\x80\"", "utf8", 1), REFUSE("\"\xE4\xB8\"", "utf8", 1), REFUSE("\"12345678\xFF\"", "utf8", 9),
    REFUSE("\"\xE4\xB8", "utf8", 1), REFUSE("\"不\xFF\"", "utf8", 4),
    REFUSE("\"1234\xFF" "5678 and more than a word behind it\"", "utf8", 5),
    REFUSE("\"1234\x01" "5678 and more than a word behind it\"", "syntax", 5),
    REFUSE("1e309", "number_range", 0), REFUSE("[-1e309]", "number_range", 1), REFUSE("1e400", "number_range", 0),
    REFUSE("1.7976931348623159e308", "number_range", 0), REFUSE("1e99999999999999999999999", "number_range", 0),
    REFUSE("0.0001e400", "number_range", 0), REFUSE("17976931348623158079372897140530341507994e268", "number_range", 0),
    REFUSE("{\"a\":1,\"a\":1}", "duplicate_key", 0), REFUSE("[{\"a\":1,\"b\":2,\"\\u0061\":3}]", "duplicate_key", 1),
    REFUSE("{\"\":1,\"\":1}", "duplicate_key", 0), REFUSE("{\"x\":{\"a\":1,\"a\":1}}", "duplicate_key", 5),
};

static void test_what_is_no_json_is_refused_with_code_and_place(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct json value = {.count = 42};
        enum outcome outcome = read_exactly(refused[i].source, 64, &value);
        char place[40];
        snprintf(place, sizeof place, "at byte %zu", refused[i].at);
        if (outcome != OUTCOME_REJECT || strcmp(error.code, refused[i].code) || !strstr(error.message, place))
            fail_msg("%.*s: %s, %s: %s, not at %zu", TEXT_ARG(refused[i].source), outcome_name(outcome), error.code,
                     error.message, refused[i].at);
        assert_int_equal(value.count, 42);
    }
}

static void test_no_beginning_of_a_document_is_read_past_its_end(void **state) {
    (void)state;
    struct text whole = TEXT("{\"id\":\"不😀\\uD83D\\uDE00\\n\",\"n\":[-12.5e+3,0,true,false,null,{}],\"text of some length\":"
                             "\"0123456789abcdef不動產\\\"\\\\\\/\"}");
    for (size_t length = 0; length < whole.length; length++) {
        struct json value;
        assert_int_equal(read_exactly(text_span(whole.at, length), 64, &value), OUTCOME_REJECT);
    }
    struct json value;
    assert_int_equal(read_exactly(whole, 64, &value), OUTCOME_OK);
}

static void test_every_changed_byte_gives_a_verdict_and_what_is_read_reads_again(void **state) {
    (void)state;
    struct text whole = TEXT("{\"id\":\"不\\uD83D\\uDE00\\n\",\"n\":[-12.5e+3,0,true,null,{}],\"m\":{\"k\":\"v\"}}");
    char changed[128];
    for (size_t place = 0; place < whole.length; place++) {
        for (int byte = 0; byte < 256; byte++) {
            memcpy(changed, whole.at, whole.length);
            changed[place] = (char)byte;
            struct json value, again;
            if (read_exactly(text_span(changed, whole.length), 64, &value))
                continue;
            assert_int_equal(json_read(&arena, text_span(changed, whole.length), 64, &value, NULL), OUTCOME_OK);
            _cleanup_buffer_ struct buffer written;
            buffer_init(&written, 4096);
            json_write(&written, &value);
            assert_int_equal(json_read(&arena, buffer_text(&written), 64, &again, NULL), OUTCOME_OK);
            assert_true(json_equal(&value, &again));
        }
        arena_reset(&arena);
    }
}

static void test_long_numbers_without_an_exponent_keep_the_range(void **state) {
    (void)state;
    char digits[400];
    struct json value;
    memset(digits, '0', sizeof digits);
    digits[0] = '1';
    assert_int_equal(read_exactly(text_span(digits, 309), 64, &value), OUTCOME_OK);
    assert_int_equal(read_exactly(text_span(digits, 310), 64, &value), OUTCOME_REJECT);
    assert_string_equal(error.code, "json_number_range");
    digits[1] = '.';
    assert_int_equal(read_exactly(text_span(digits, 400), 64, &value), OUTCOME_OK);
}

static void test_depth_counts_each_bracket(void **state) {
    (void)state;
    struct json value;
    assert_int_equal(read_exactly(TEXT("1"), 0, &value), OUTCOME_OK);
    assert_int_equal(read_exactly(TEXT("[]"), 0, &value), OUTCOME_REJECT);
    assert_string_equal(error.code, "json_depth");
    assert_int_equal(read_exactly(TEXT("[1]"), 1, &value), OUTCOME_OK);
    assert_int_equal(read_exactly(TEXT("[1,[]]"), 1, &value), OUTCOME_REJECT);
    assert_int_equal(read_exactly(TEXT("[{},{},[]]"), 2, &value), OUTCOME_OK);
    assert_int_equal(read_exactly(TEXT("{\"a\":{\"b\":{}}}"), 2, &value), OUTCOME_REJECT);
    static char deep[200001];
    memset(deep, '[', 100000);
    memset(deep + 100000, ']', 100000);
    assert_int_equal(json_read(&arena, text_span(deep, 200000), 64, &value, &error), OUTCOME_REJECT);
    assert_string_equal(error.code, "json_depth");
    assert_int_equal(json_read(&arena, text_span(deep, 200000), 100000, &value, &error), OUTCOME_OK);
}

static void test_spans_point_into_the_source_and_containers_know_theirs(void **state) {
    (void)state;
    struct text source = TEXT(" {\"a\": [1, \"plain\", \"esc\\n\"] , \"b\":{ }} ");
    struct json value;
    assert_int_equal(json_read(&arena, source, 64, &value, NULL), OUTCOME_OK);
    assert_true(text_is(value.text, "{\"a\": [1, \"plain\", \"esc\\n\"] , \"b\":{ }}"));
    const struct json *list = json_get_string(&value, "a");
    assert_true(text_is(list->text, "[1, \"plain\", \"esc\\n\"]"));
    assert_true(text_is(json_get_string(&value, "b")->text, "{ }"));
    assert_ptr_equal(json_at(list, 1)->text.at, source.at + 12);
    assert_true(text_is(json_at(list, 2)->text, "esc\n"));
    assert_null(json_at(list, 3));
    assert_null(json_at(&value, 0));
    assert_ptr_equal(&list->children[1].value, json_at(list, 1)); /* one array, in source order */
}

/* {"k0":0,"k1":1,…}, with the last key the same as the one at `twice` unless that is negative. */
static struct text many_members(struct buffer *b, int count, int twice) {
    buffer_clear(b);
    for (int i = 0; i < count; i++)
        buffer_format(b, "%c\"some_key_%d\":%d", i ? ',' : '{', i == count - 1 && twice >= 0 ? twice : i, i);
    buffer_put_byte(b, '}');
    return buffer_text(b);
}

static void test_duplicate_keys_are_found_in_objects_of_every_size(void **state) {
    (void)state;
    _cleanup_buffer_ struct buffer b;
    buffer_init(&b, 1 << 20);
    static const int counts[] = {2, 3, 30, 63, 64, 65, 66, 127, 128, 129, 1000, 10000};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        int count = counts[i];
        struct json value;
        assert_int_equal(read_exactly(many_members(&b, count, -1), 64, &value), OUTCOME_OK);
        assert_int_equal(value.count, count);
        for (int twice = 0; twice < count - 1; twice += 1 + count / 5) {
            assert_int_equal(read_exactly(many_members(&b, count, twice), 64, &value), OUTCOME_REJECT);
            assert_string_equal(error.code, "json_duplicate_key");
        }
        arena_reset(&arena);
    }
}

static void test_duplicate_key_is_named_cut_at_a_code_point(void **state) {
    (void)state;
    struct json value;
    assert_int_equal(read_exactly(TEXT("{\"x不動產登記不動產登記不動產登記不動產登記\":1,"
                                       "\"x不動產登記不動產登記不動產登記不動產登記\":1}"), 64, &value), OUTCOME_REJECT);
    assert_true(text_is_utf8(text_from(error.message)));
    assert_non_null(strstr(error.message, "\"x不動產登記不動產登記不動產登記\""));
}

static void test_refused_allocation_is_fatal_wherever_it_comes(void **state) {
    (void)state;
    _cleanup_buffer_ struct buffer b;
    buffer_init(&b, 1 << 20);
    struct text source = many_members(&b, 500, -1);
    enum outcome outcome = OUTCOME_FATAL;
    size_t allowed = 0;
    for (; outcome != OUTCOME_OK && allowed < 1000; allowed++) {
        struct json value = {.count = 42};
        struct arena tight;
        arena_init(&tight, 1 << 20);
        memory_fail_after(allowed);
        outcome = json_read(&tight, source, 64, &value, &error);
        memory_fail_after(SIZE_MAX);
        if (outcome != OUTCOME_OK) {
            assert_int_equal(outcome, OUTCOME_FATAL);
            assert_string_equal(error.code, "out_of_memory");
            assert_int_equal(value.count, 42);
        }
        arena_free(&tight);
    }
    assert_int_equal(outcome, OUTCOME_OK);
    assert_true(allowed > 3);
}

static void test_arena_ceiling_bounds_the_reader(void **state) {
    (void)state;
    _cleanup_buffer_ struct buffer b;
    buffer_init(&b, 4 << 20);
    buffer_put_byte(&b, '[');
    for (int i = 0; i < 1000000; i++)
        buffer_put(&b, "1,", 2);
    buffer_put(&b, "1]", 2);
    struct arena tight;
    arena_init(&tight, 100000);
    struct json value;
    assert_int_equal(json_read(&tight, buffer_text(&b), 64, &value, &error), OUTCOME_FATAL);
    assert_string_equal(error.code, "out_of_memory");
    assert_true(tight.failed);
    arena_free(&tight);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_json_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_no_json_is_refused_with_code_and_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_beginning_of_a_document_is_read_past_its_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_changed_byte_gives_a_verdict_and_what_is_read_reads_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_long_numbers_without_an_exponent_keep_the_range, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_depth_counts_each_bracket, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_spans_point_into_the_source_and_containers_know_theirs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_duplicate_keys_are_found_in_objects_of_every_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_duplicate_key_is_named_cut_at_a_code_point, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused_allocation_is_fatal_wherever_it_comes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_arena_ceiling_bounds_the_reader, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
