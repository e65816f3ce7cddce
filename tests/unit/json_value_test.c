/* Holds JSON values to their questions and their texts: pointers, exact numbers, equality, the three writers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/json.h"

static struct arena arena;
static struct buffer out;

static int set_up(void **state) {
    (void)state;
    arena_init(&arena, 64 << 20);
    buffer_init(&out, 4 << 20);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    memory_fail_after(SIZE_MAX);
    arena_free(&arena);
    buffer_free(&out);
    return 0;
}

static struct json read_text(const char *source) {
    struct json value;
    struct error error;
    if (json_read(&arena, text_from(source), 64, &value, &error))
        fail_msg("%s: %s", source, error.message);
    return value;
}

static void test_pointer_is_that_of_rfc_6901(void **state) {
    (void)state;
    struct json value = read_text("{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,\"i\\\\j\":5,"
                                  "\"k\\\"l\":6,\" \":7,\"m~n\":8}");
    static const struct { const char *pointer, *number; } table[] = {
        {"/", "0"}, {"/a~1b", "1"}, {"/c%d", "2"}, {"/e^f", "3"}, {"/g|h", "4"}, {"/i\\j", "5"},
        {"/k\"l", "6"}, {"/ ", "7"}, {"/m~0n", "8"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_true(text_is(json_pointer(&value, text_from(table[i].pointer))->text, table[i].number));
    assert_ptr_equal(json_pointer(&value, TEXT("")), &value);
    assert_true(text_is(json_pointer(&value, TEXT("/foo/1"))->text, "baz"));
    static const char *const nowhere[] = {"foo", "/foo/2", "/foo/01", "/foo/-", "/foo/-0", "/foo/", "/foo/1/x", "/x",
                                          "/m~n", "/m~2n", "/a~", "//", "/foo/99999999999999999999"};
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++)
        assert_null(json_pointer(&value, text_from(nowhere[i])));
    assert_null(json_pointer(NULL, TEXT("")));
}

static void test_members_are_found_and_missing_ones_are_null(void **state) {
    (void)state;
    struct json value = read_text("{\"a\":\"x\",\"b\":1,\"t\":true}");
    assert_true(text_is(json_get_text(&value, TEXT("a")), "x"));
    assert_true(text_is_none(json_get_text(&value, TEXT("b"))));
    assert_true(text_is_none(json_get_text(&value, TEXT("c"))));
    assert_null(json_get_string(json_get_string(&value, "b"), "x"));
    assert_null(json_get_string(NULL, "x"));
    assert_true(json_is_true(json_get_string(&value, "t")));
    assert_false(json_is_true(json_get_string(&value, "b")));
    assert_false(json_is_true(NULL));
}

static void test_only_integers_of_64_bits_become_such(void **state) {
    (void)state;
    static const struct { const char *text; int64_t value; } good[] = {
        {"0", 0}, {"-0.0e5", 0}, {"1e3", 1000}, {"5.0", 5}, {"-12.500e1", -125}, {"0.001e3", 1},
        {"9223372036854775807", INT64_MAX}, {"-9223372036854775808", INT64_MIN}, {"-9.223372036854775808e18", INT64_MIN},
        {"922337203685477580700000e-5", INT64_MAX}, {"0e99999999999999999999", 0},
    };
    static const char *const bad[] = {"0.5", "1e-1", "9223372036854775808", "-9223372036854775809", "1e19", "1e300",
                                      "1e-99999999999999999999", "\"5\"", "true", "null", "[5]"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct json value = read_text(good[i].text);
        int64_t number;
        assert_true(json_to_int64(&value, &number));
        assert_true(number == good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct json value = read_text(bad[i]);
        int64_t number = 42;
        assert_false(json_to_int64(&value, &number));
        assert_int_equal(number, 42);
    }
}

static void test_numbers_compare_exactly(void **state) {
    (void)state;
    static const struct { const char *a, *b; int order; } table[] = {
        {"1", "1.0", 0}, {"1", "1e0", 0}, {"100", "1e2", 0}, {"0.1e1", "1", 0}, {"-0", "0", 0}, {"0", "0.000e9", 0},
        {"1", "2", -1}, {"-1", "1", -1}, {"-2", "-1", -1}, {"9", "10", -1}, {"0.9", "0.10", 1}, {"0", "-1e-9", 1},
        {"0", "1e-99999999999999999999", -1},
        {"9007199254740993", "9007199254740992", 1}, {"0.1", "0.1000000000000000000000000001", -1},
        {"1e-99999999999999999999", "1e-99999999999999999998", -1}, {"1e-99999999999999999999", "1e-5", -1},
        {"10e-99999999999999999999", "1e-99999999999999999998", 0},
        {"0.01e-99999999999999999998", "1e-100000000000000000000", 0},
        {"1e99999999999999999999", "9e99999999999999999998", 1}, {"-1e99999999999999999999", "-1e5", -1},
        {"1e100000000000000000000", "10e99999999999999999999", 0}, {"1e99999999999999999999", "1e-99999999999999999999", 1},
        {"123.456", "123456e-3", 0}, {"1.23456e2", "123.457", -1}, {"1e+2", "1e002", 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct text a = text_from(table[i].a), b = text_from(table[i].b);
        if (json_number_compare(a, b) != table[i].order || json_number_compare(b, a) != -table[i].order)
            fail_msg("%s and %s: %d", table[i].a, table[i].b, json_number_compare(a, b));
    }
}

/* Against whole numbers: mantissa * 10^(exponent + 8) fits an int64. */
static void test_numbers_compare_as_scaled_integers_do(void **state) {
    (void)state;
    uint64_t random = 3;
    char texts[2][40];
    int64_t scaled[2];
    for (int round = 0; round < 200000; round++) {
        for (int i = 0; i < 2; i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            int64_t mantissa = (int64_t)(random >> 40) % 3000 - 1500;
            int exponent = (int)(random >> 20 & 0xFFF) % 9 - 4, decimals = (int)(random >> 12 & 0xFF) % 4;
            scaled[i] = mantissa;
            for (int j = 0; j < exponent - decimals + 8; j++)
                scaled[i] *= 10;
            static const int64_t powers[] = {1, 10, 100, 1000};
            int64_t magnitude = mantissa < 0 ? -mantissa : mantissa;
            int length = snprintf(texts[i], sizeof texts[i], "%s%lld", mantissa < 0 ? "-" : "",
                                  (long long)(magnitude / powers[decimals]));
            if (decimals)
                length += snprintf(texts[i] + length, sizeof texts[i] - (size_t)length, ".%0*lld", decimals,
                                   (long long)(magnitude % powers[decimals]));
            snprintf(texts[i] + length, sizeof texts[i] - (size_t)length, "%c%d", random >> 63 ? 'e' : 'E', exponent);
        }
        int order = (scaled[0] > scaled[1]) - (scaled[0] < scaled[1]);
        if (json_number_compare(text_from(texts[0]), text_from(texts[1])) != order)
            fail_msg("%s and %s", texts[0], texts[1]);
    }
}

static void test_equality_is_by_value_and_without_order_of_members(void **state) {
    (void)state;
    static const struct { const char *a, *b; bool equal; } table[] = {
        {"1", "1.0", true}, {"1", "\"1\"", false}, {"true", "1", false}, {"null", "false", false},
        {"\"a\"", "\"\\u0061\"", true}, {"[1,2]", "[2,1]", false}, {"[1,2]", "[1.0,2e0]", true}, {"[1]", "[1,2]", false},
        {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true}, {"{\"a\":1}", "{\"b\":1}", false}, {"{}", "[]", false},
        {"{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":3}", false}, {"{\"a\":{\"x\":[]}}", "{\"a\":{\"x\":[]}}", true},
        {"{\"a\":null}", "{}", false},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct json a = read_text(table[i].a), b = read_text(table[i].b);
        assert_int_equal(json_equal(&a, &b), table[i].equal);
        assert_int_equal(json_equal(&b, &a), table[i].equal);
    }
}

static void test_large_objects_are_equal_in_any_order_with_and_without_memory(void **state) {
    (void)state;
    struct json a = json_object(&arena, 1000), b = json_object(&arena, 1000);
    for (int i = 0; i < 1000; i++) {
        struct json_member member = {text_format(&arena, "k%d", i), json_int64(&arena, i)};
        a.children[i] = member;
        b.children[(i * 7 + 13) % 1000] = member;
    }
    assert_true(json_equal(&a, &b));
    memory_fail_after(0);
    assert_true(json_equal(&a, &b));
    memory_fail_after(SIZE_MAX);
    b.children[500].value = JSON_NULL_VALUE;
    assert_false(json_equal(&a, &b));
    memory_fail_after(0);
    json_write_canonical(&out, &a);
    assert_true(out.failed);
    memory_fail_after(SIZE_MAX);
}

static void test_canonical_form_is_one_for_one_value(void **state) {
    (void)state;
    static const struct { const char *source, *canonical; } table[] = {
        {"0", "0"}, {"-0", "0"}, {"-0.00e7", "0"}, {"1.0", "1"}, {"100e-2", "1"}, {"1e3", "1000"}, {"-12.50", "-12.5"},
        {"123456789012345678901", "123456789012345678901"}, {"1e20", "100000000000000000000"}, {"1e21", "1e+21"},
        {"1234567890123456789012", "1.234567890123456789012e+21"}, {"-1.5E300", "-1.5e+300"},
        {"0.1", "0.1"}, {"0.000001", "0.000001"}, {"1e-7", "1e-7"}, {"0.00000012", "1.2e-7"},
        {"0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"},
        {"12e-100000000000000000000", "1.2e-99999999999999999999"}, {"0.1e-99999999999999999999", "1e-100000000000000000000"},
        {"1e-100000000000000000000", "1e-100000000000000000000"}, {"123e-1000000000000000000", "1.23e-999999999999999998"},
        {"{\"b\":1,\"a\":{\"d\":[1.0, 2],\"c\":\"\\u0041\\/\\u001F\"}}", "{\"a\":{\"c\":\"A/\\u001f\",\"d\":[1,2]},\"b\":1}"},
        {"{\"b\":1,\"\":2,\"aa\":3,\"a\":4,\"é\":5,\"Z\":6}", "{\"\":2,\"Z\":6,\"a\":4,\"aa\":3,\"b\":1,\"é\":5}"},
        {" [ ] ", "[]"}, {"{ }", "{}"}, {"[null,true,false]", "[null,true,false]"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct json value = read_text(table[i].source);
        buffer_clear(&out);
        json_write_canonical(&out, &value);
        assert_string_equal(out.at, table[i].canonical);
        struct json again = read_text(text_copy(&arena, buffer_text(&out)).at);
        assert_true(json_equal(&value, &again));
        buffer_clear(&out);
        json_write_canonical(&out, &again);
        assert_string_equal(out.at, table[i].canonical);
    }
    struct json value = {.type = JSON_NUMBER, .text = TEXT("123e99999999999999999998")};
    buffer_clear(&out);
    json_write_canonical(&out, &value);
    assert_string_equal(out.at, "1.23e+100000000000000000000");
}

static void test_strings_are_escaped_wherever_the_special_byte_stands(void **state) {
    (void)state;
    static const struct { char byte; const char *escaped; } specials[] = {
        {'"', "\\\""}, {'\\', "\\\\"}, {'\n', "\\n"}, {'\t', "\\t"}, {'\b', "\\b"}, {'\f', "\\f"}, {'\r', "\\r"},
        {'\0', "\\u0000"}, {'\x1f', "\\u001f"}, {'\x7f', "\x7f"}, {' ', " "}, {'!', "!"}, {'#', "#"}, {'[', "["}, {']', "]"},
    };
    for (size_t i = 0; i < sizeof specials / sizeof *specials; i++) {
        for (size_t place = 0; place < 20; place++) {
            char content[20], expected[64];
            memset(content, 'x', sizeof content);
            content[place] = specials[i].byte;
            snprintf(expected, sizeof expected, "\"%.*s%s%.*s\"", (int)place, "xxxxxxxxxxxxxxxxxxxx",
                     specials[i].escaped, (int)(19 - place), "xxxxxxxxxxxxxxxxxxxx");
            buffer_clear(&out);
            json_write_string(&out, text_span(content, sizeof content));
            assert_string_equal(out.at, expected);
            struct buffer tight; /* the exact room suffices and a byte less does not */
            buffer_init(&tight, strlen(expected));
            json_write_string(&tight, text_span(content, sizeof content));
            assert_false(tight.failed);
            buffer_free(&tight);
            buffer_init(&tight, strlen(expected) - 1);
            json_write_string(&tight, text_span(content, sizeof content));
            assert_true(tight.failed);
            buffer_free(&tight);
        }
    }
    buffer_clear(&out);
    json_write_string(&out, TEXT_NONE);
    assert_string_equal(out.at, "\"\"");
}

static void test_pretty_form_is_indented_by_two(void **state) {
    (void)state;
    struct json value = read_text("{\"a\":[1,{\"b\":null}],\"c\":{},\"d\":[]}");
    json_write_pretty(&out, &value);
    assert_string_equal(out.at, "{\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}");
}

static void test_streaming_writer_places_commas(void **state) {
    (void)state;
    struct json_writer w;
    struct json value = read_text("{\"x\":[1]}");
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("a\""));
    json_put_text(&w, TEXT("不"));
    json_key(&w, TEXT("b"));
    json_open(&w, '[');
    json_put_int64(&w, -5);
    json_open(&w, '{');
    json_close(&w, '}');
    json_put_bool(&w, true);
    json_put_null(&w);
    json_open(&w, '[');
    json_put_text(&w, TEXT_NONE);
    json_close(&w, ']');
    json_close(&w, ']');
    json_key(&w, TEXT("c"));
    json_put_raw(&w, TEXT("{\"raw\": 1}"));
    json_key(&w, TEXT("d"));
    json_put_raw(&w, TEXT_NONE);
    json_key(&w, TEXT("e"));
    json_put_value(&w, &value);
    json_close(&w, '}');
    assert_string_equal(out.at, "{\"a\\\"\":\"不\",\"b\":[-5,{},true,null,[null]],\"c\":{\"raw\": 1},\"d\":null,\"e\":{\"x\":[1]}}");
}

static void test_streaming_writer_nests_63_levels(void **state) {
    (void)state;
    struct json_writer w;
    json_begin(&w, &out);
    for (int i = 0; i < 63; i++) {
        json_open(&w, '[');
        json_put_int64(&w, i);
    }
    for (int i = 0; i < 63; i++) {
        json_put_null(&w);
        json_close(&w, ']');
    }
    struct json value;
    assert_int_equal(json_read(&arena, buffer_text(&out), 63, &value, NULL), OUTCOME_OK);
    assert_int_equal(value.count, 3);
}

static void test_built_values_are_written(void **state) {
    (void)state;
    struct json value = json_object(&arena, 3);
    value.children[0] = (struct json_member){TEXT("n"), json_int64(&arena, INT64_MIN)};
    value.children[1] = (struct json_member){TEXT("s"), json_string(TEXT("x"))};
    value.children[2] = (struct json_member){TEXT("l"), json_array(&arena, 2)};
    value.children[2].value.children[1].value = json_bool(true);
    json_write(&out, &value);
    assert_string_equal(out.at, "{\"n\":-9223372036854775808,\"s\":\"x\",\"l\":[null,true]}");
    assert_int_equal(json_array(&arena, 0).count, 0);
    arena.ceiling_bytes = arena.used_bytes;
    assert_int_equal(json_array(&arena, 2).count, 0);
    assert_true(arena.failed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pointer_is_that_of_rfc_6901, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_members_are_found_and_missing_ones_are_null, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_only_integers_of_64_bits_become_such, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_numbers_compare_exactly, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_numbers_compare_as_scaled_integers_do, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_equality_is_by_value_and_without_order_of_members, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_large_objects_are_equal_in_any_order_with_and_without_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_canonical_form_is_one_for_one_value, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_strings_are_escaped_wherever_the_special_byte_stands, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pretty_form_is_indented_by_two, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_streaming_writer_places_commas, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_streaming_writer_nests_63_levels, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_built_values_are_written, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
