/* Holds text, buffers and errors to their promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "base/uuid.h"

static void test_order_is_by_bytes_and_a_prefix_comes_first(void **state) {
    (void)state;
    assert_int_equal(text_compare(TEXT("a"), TEXT("b")), -1);
    assert_int_equal(text_compare(TEXT("ab"), TEXT("a")), 1);
    assert_int_equal(text_compare(TEXT(""), TEXT_NONE), 0);
    assert_int_equal(text_compare(TEXT("\x7f"), TEXT("\x80")), -1);
    assert_true(text_equal(TEXT(""), TEXT_NONE));
    assert_true(text_is(TEXT("gas"), "gas"));
    assert_true(text_starts_with(TEXT("case:step"), "case:"));
    assert_false(text_starts_with(TEXT("cas"), "case"));
    assert_true(text_ends_with(TEXT("a.yaml"), ".yaml"));
    assert_false(text_ends_with(TEXT("yaml"), ".yaml"));
    assert_true(text_starts_with(TEXT_NONE, "") && text_ends_with(TEXT_NONE, ""));
    assert_int_equal(text_find(TEXT("a:b:c"), ':'), 1);
    assert_true(text_find(TEXT("abc"), ':') == SIZE_MAX);
    assert_true(text_find(TEXT_NONE, ':') == SIZE_MAX);
}

static void test_only_whole_integers_in_range_are_read(void **state) {
    (void)state;
    static const struct { const char *text; int64_t value; } good[] = {
        {"0", 0}, {"-0", 0}, {"007", 7}, {"-12", -12},
        {"9223372036854775807", INT64_MAX}, {"-9223372036854775808", INT64_MIN},
    };
    static const char *const bad[] = {"", "-", "+1", " 1", "1 ", "1.0", "--1", "9223372036854775808",
                                      "-9223372036854775809", "99999999999999999999999"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t value = -1;
        assert_true(text_to_int64(text_from(good[i].text), &value));
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t value = 42;
        assert_false(text_to_int64(text_from(bad[i]), &value));
        assert_int_equal(value, 42);
    }
}

static void test_utf8_is_that_of_rfc_3629(void **state) {
    (void)state;
    static const char *const good[] = {"", "abc", "é", "不動產", "😀", "\xED\x9F\xBF", "\xEE\x80\x80",
                                       "\xF4\x8F\xBF\xBF", "\xC2\x80", "\xE0\xA0\x80", "\xF0\x90\x80\x80"};
    static const char *const bad[] = {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
                                      "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3",
                                      "\xE4\xB8", "\xF0\x9F\x98", "\xE4\xB8" "a", "a\xC3" "a"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(text_is_utf8(text_from(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(text_is_utf8(text_from(bad[i])));
    assert_true(text_is_utf8(TEXT_NONE));
    assert_int_equal(text_code_points(TEXT("a不😀é")), 4);
}

static void test_distance_counts_edits_up_to_a_bound(void **state) {
    (void)state;
    static const struct { const char *a, *b; unsigned most, distance; } table[] = {
        {"", "", 3, 0},      {"needs", "needs", 3, 0},     {"need", "needs", 3, 1},   {"kitten", "sitting", 5, 3},
        {"", "abc", 3, 3},   {"", "abcd", 3, 4},           {"abcdef", "uvwxyz", 2, 3}, {"flaw", "lawn", 2, 2},
        {"ab", "ba", 5, 2},  {"department", "departemnt", 2, 2},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct text a = text_from(table[i].a), b = text_from(table[i].b);
        assert_int_equal(text_distance(a, b, table[i].most), table[i].distance);
        assert_int_equal(text_distance(b, a, table[i].most), table[i].distance);
    }
    char a[300], b[300];
    memset(a, 'x', sizeof a);
    memset(b, 'x', sizeof b);
    b[100] = b[200] = 'y';
    assert_int_equal(text_distance(text_span(a, 300), text_span(b, 300), 5), 2);
    memory_fail_after(0);
    assert_int_equal(text_distance(text_span(a, 300), text_span(b, 300), 5), 6);
    memory_fail_after(SIZE_MAX);
}

static void test_texts_are_copied_and_formatted_into_an_arena(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 4096);
    assert_true(text_is_none(text_copy(&arena, TEXT_NONE)));
    assert_string_equal(text_copy(&arena, TEXT("gas")).at, "gas");
    assert_non_null(text_copy(&arena, TEXT("")).at);
    assert_true(text_is(text_format(&arena, "%s:%d", "case", 7), "case:7"));
    char wide[601];
    memset(wide, 'w', 600);
    wide[600] = '\0';
    struct text formatted = text_format(&arena, "%s", wide);
    assert_int_equal(formatted.length, 600);
    assert_string_equal(formatted.at, wide);
    arena.ceiling_bytes = arena.used_bytes;
    assert_true(text_is_none(text_format(&arena, "x")));
    assert_true(text_is_none(text_format(&arena, "%s", wide)));
    assert_true(text_is_none(text_copy(&arena, TEXT("x"))));
    assert_true(arena.failed);
    arena_free(&arena);
}

static void test_buffer_grows_to_its_ceiling_and_not_beyond(void **state) {
    (void)state;
    _cleanup_buffer_ struct buffer b;
    buffer_init(&b, 1000);
    for (int i = 0; i < 1000; i++)
        buffer_put_byte(&b, 'a');
    assert_false(b.failed);
    assert_int_equal(b.length, 1000);
    assert_int_equal(strlen(b.at), 1000);
    buffer_put_byte(&b, 'a');
    assert_true(b.failed);
    assert_true(b.room <= 1001);
    buffer_put_string(&b, "");
    assert_true(b.failed);
    buffer_clear(&b);
    assert_false(b.failed);
    assert_string_equal(b.at, "");
    buffer_put(&b, "xy", 2);
    assert_string_equal(b.at, "xy");
}

static void test_buffer_writes_numbers_and_formats(void **state) {
    (void)state;
    _cleanup_buffer_ struct buffer b;
    buffer_init(&b, 2000);
    buffer_put_int64(&b, INT64_MIN);
    buffer_put_byte(&b, ' ');
    buffer_put_int64(&b, 0);
    buffer_put_byte(&b, ' ');
    buffer_put_int64(&b, INT64_MAX);
    buffer_format(&b, " %s/%03d", "x", 5);
    buffer_put_text(&b, TEXT_NONE);
    assert_string_equal(b.at, "-9223372036854775808 0 9223372036854775807 x/005");
    buffer_clear(&b);
    char wide[1501];
    memset(wide, 'w', 1500);
    wide[1500] = '\0';
    buffer_format(&b, "%s", wide);
    assert_false(b.failed);
    assert_string_equal(b.at, wide);
    buffer_format(&b, "%.500s", wide);
    assert_false(b.failed);
    assert_int_equal(b.length, 2000);
    buffer_format(&b, "%s", "x");
    assert_true(b.failed);
    assert_int_equal(b.length, 2000);
}

static void test_buffer_fails_when_the_system_refuses(void **state) {
    (void)state;
    _cleanup_buffer_ struct buffer b;
    buffer_init(&b, SIZE_MAX);
    memory_fail_after(0);
    buffer_put_string(&b, "x");
    memory_fail_after(SIZE_MAX);
    assert_true(b.failed);
    assert_string_equal(buffer_text(&b).at, "");
    buffer_clear(&b);
    buffer_put_string(&b, "x");
    assert_true(text_is(buffer_text(&b), "x"));
}

static void test_long_error_message_is_cut_at_a_code_point(void **state) {
    (void)state;
    char wide[3 * 400 + 1] = "";
    for (int i = 0; i < 400; i++)
        strcat(wide, "證");
    for (int shift = 0; shift < 4; shift++) {
        struct error error;
        assert_int_equal(error_set(&error, OUTCOME_REJECT, "some_code", "%.*s%s", shift, "abc", wide), OUTCOME_REJECT);
        assert_true(strlen(error.message) < ERROR_MESSAGE_SIZE);
        assert_true(strlen(error.message) > ERROR_MESSAGE_SIZE - 8);
        assert_true(text_is_utf8(text_from(error.message)));
        assert_true(text_ends_with(text_from(error.message), "證…"));
        assert_string_equal(error.code, "some_code");
    }
    char exact[ERROR_MESSAGE_SIZE];
    memset(exact, 'e', sizeof exact - 1);
    exact[sizeof exact - 1] = '\0';
    struct error error;
    error_set(&error, OUTCOME_RETRY, "c", "%s", exact);
    assert_string_equal(error.message, exact);
    error_set(&error, OUTCOME_RETRY, "c", "again: %.20s", error.message);
    assert_string_equal(error.message, "again: eeeeeeeeeeeeeeeeeeee");
}

static void test_an_error_message_is_one_line(void **state) {
    (void)state;
    struct error error;
    error_set(&error, OUTCOME_RETRY, "c", "%s", "no socket: No such file\n\tIs the server running?\n");
    assert_string_equal(error.message, "no socket: No such file; Is the server running?");
    error_set(&error, OUTCOME_RETRY, "c", "%s", "first.\nsecond:\r\n  third\tfourth\n\nfifth");
    assert_string_equal(error.message, "first. second: third fourth; fifth");
    error_set(&error, OUTCOME_RETRY, "c", "\n");
    assert_string_equal(error.message, "");
}

static void test_outcome_is_given_back_without_an_error_to_fill(void **state) {
    (void)state;
    assert_int_equal(error_set(NULL, OUTCOME_RETRY, "x", "y"), OUTCOME_RETRY);
    assert_int_equal(error_no_memory(NULL), OUTCOME_FATAL);
    struct error error;
    assert_int_equal(error_no_memory(&error), OUTCOME_FATAL);
    assert_string_equal(error.code, "out_of_memory");
    assert_string_equal(outcome_name(OUTCOME_OK), "ok");
    assert_string_equal(outcome_name(OUTCOME_FATAL), "fatal");
}

static void test_uuid_of_rfc_9562_example(void **state) {
    (void)state;
    /* RFC 9562 A.6: 2022-02-22 14:22:22 -05:00, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F */
    const uint8_t random[10] = {0x0C, 0xC3, 0x18, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F};
    char room[UUID_TEXT_SIZE];
    struct text id = uuid_v7(INT64_C(1645557742000) * 1000 + 999, random, room);
    assert_string_equal(room, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    assert_int_equal(id.length, 36);
    const uint8_t ones[10] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    uuid_v7(0, ones, room);
    assert_string_equal(room, "00000000-0000-7fff-bfff-ffffffffffff");
}

/* Every byte and the length count: a table whose keys differ in one place must not hold them all in one. */
static void test_quick_hash_sees_every_byte_and_the_length(void **state) {
    (void)state;
    char bytes[40] = {0};
    for (size_t length = 0; length < sizeof bytes; length++) {
        uint64_t of_zeros = text_hash_quick(text_span(bytes, length));
        assert_true(of_zeros == text_hash_quick(text_span(bytes, length)));
        assert_true(of_zeros != text_hash_quick(text_span(bytes, length + 1)));
        for (size_t i = 0; i < length; i++) {
            bytes[i] = 1;
            assert_true(of_zeros != text_hash_quick(text_span(bytes, length)));
            bytes[i] = 0;
        }
    }
}

/* The head of a stranger's text stays UTF-8 wherever the cut falls. */
static void test_a_head_ends_at_a_code_point(void **state) {
    char text[TEXT_HEAD_BYTES_MOST + 16];
    (void)state;
    for (size_t lead = TEXT_HEAD_BYTES_MOST - 6; lead <= TEXT_HEAD_BYTES_MOST; lead++) {
        struct text whole = text_span(text, (size_t)snprintf(text, sizeof text, "%.*s第一😀", (int)lead,
            "................................................................................"));
        size_t length = text_head_length(whole);
        assert_in_range(length, TEXT_HEAD_BYTES_MOST - 3, TEXT_HEAD_BYTES_MOST);
        assert_true(text_is_utf8(text_span(whole.at, length)));
        assert_int_equal(text_head_length(text_span(text, lead)), lead);
    }
    assert_int_equal(text_head_length(TEXT_NONE), 0);
}

static struct text print(char *room, size_t size, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    struct text said = text_print(room, size, format, arguments);
    va_end(arguments);
    return said;
}

static void test_what_does_not_fit_its_room_ends_in_an_ellipsis(void **state) {
    char room[12];
    (void)state;
    assert_true(text_is(print(room, sizeof room, "%s", "elevenbytes"), "elevenbytes"));
    assert_true(text_is(print(room, sizeof room, "%s", "twelve bytes"), "twelve b…"));
    assert_true(text_is(print(room, sizeof room, "%s", "一二三四"), "一二…"));
    assert_true(text_is(print(room, sizeof room, "a%s", "一二三四"), "a一二…"));
    assert_true(text_is(print(room, sizeof room, "abc%s", "一二三"), "abc一…"));
    assert_int_equal(strlen(room), 9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_is_by_bytes_and_a_prefix_comes_first),
        cmocka_unit_test(test_only_whole_integers_in_range_are_read),
        cmocka_unit_test(test_utf8_is_that_of_rfc_3629),
        cmocka_unit_test(test_distance_counts_edits_up_to_a_bound),
        cmocka_unit_test(test_texts_are_copied_and_formatted_into_an_arena),
        cmocka_unit_test(test_buffer_grows_to_its_ceiling_and_not_beyond),
        cmocka_unit_test(test_buffer_writes_numbers_and_formats),
        cmocka_unit_test(test_buffer_fails_when_the_system_refuses),
        cmocka_unit_test(test_a_head_ends_at_a_code_point),
        cmocka_unit_test(test_what_does_not_fit_its_room_ends_in_an_ellipsis),
        cmocka_unit_test(test_long_error_message_is_cut_at_a_code_point),
        cmocka_unit_test(test_an_error_message_is_one_line),
        cmocka_unit_test(test_outcome_is_given_back_without_an_error_to_fill),
        cmocka_unit_test(test_uuid_of_rfc_9562_example),
        cmocka_unit_test(test_quick_hash_sees_every_byte_and_the_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
