/* Base64 (RFC 4648, section 10), and bytes in JSON that come back as they were, readable or not. */
#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void test_vectors_of_rfc_4648_both_ways(void **unused) {
    static const char *const pairs[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
    struct arena arena;
    (void)unused;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        _cleanup_buffer_ struct buffer out;
        buffer_init(&out, 100);
        base64_write(&out, text_from(pairs[i][0]));
        assert_string_equal(buffer_text(&out).at, pairs[i][1]);
        assert_true(text_is(base64_decode(&arena, text_from(pairs[i][1])), pairs[i][0]));
    }
    assert_true(text_is_none(base64_decode(&arena, TEXT_NONE)));
    assert_false(base64_is(TEXT("Zg=")));
    assert_false(base64_is(TEXT("Zg=!")));
    assert_false(base64_is(TEXT("Z===")));
    arena_free(&arena);
}

static struct text there_and_back(struct arena *arena, struct text bytes, const char *expected) {
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    struct json value;
    struct text back = TEXT("not read");
    buffer_init(&out, 10000);
    json_begin(&w, &out);
    json_open(&w, '[');
    json_put_bytes(&w, bytes);
    json_put_bytes(&w, bytes);
    json_close(&w, ']');
    struct text json = text_copy(arena, buffer_text(&out));
    if (expected)
        assert_string_equal(json.at, expected);
    assert_int_equal(json_read(arena, json, 4, &value, NULL), OUTCOME_OK);
    assert_int_equal(value.count, 2);
    assert_true(json_get_bytes(arena, json_at(&value, 1), &back));
    return back;
}

static void test_bytes_come_back_as_they_were_and_are_readable_when_they_are_text(void **unused) {
    struct arena arena;
    (void)unused;
    arena_init(&arena, 1 << 20);
    assert_true(text_is_none(there_and_back(&arena, TEXT_NONE, "[null,null]")));
    struct text empty = there_and_back(&arena, TEXT(""), "[\"\",\"\"]");
    assert_true(!text_is_none(empty) && empty.length == 0);
    assert_true(text_is(there_and_back(&arena, TEXT("二手房\"\n"), NULL), "二手房\"\n"));
    assert_true(text_equal(there_and_back(&arena, TEXT("\xff"), "[{\"base64\":\"/w==\"},{\"base64\":\"/w==\"}]"), TEXT("\xff")));
    assert_true(text_equal(there_and_back(&arena, TEXT("a\0b"), NULL), TEXT("a\0b")));
    assert_true(text_equal(there_and_back(&arena, TEXT("\xed\xa0\x80"), NULL), TEXT("\xed\xa0\x80")));   /* half a surrogate pair */
    char all[256];
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    assert_true(text_equal(there_and_back(&arena, text_span(all, 256), NULL), text_span(all, 256)));
    arena_free(&arena);
}

static void test_what_json_put_bytes_never_wrote_is_refused(void **unused) {
    struct arena arena;
    struct json value;
    struct text ret;
    (void)unused;
    arena_init(&arena, 1 << 20);
    static const char *const cases[] = {"1", "[]", "{}", "{\"base64\":1}", "{\"base64\":\"?\"}", "{\"base64\":\"Zg=\"}"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(json_read(&arena, text_from(cases[i]), 4, &value, NULL), OUTCOME_OK);
        assert_false(json_get_bytes(&arena, &value, &ret));
    }
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors_of_rfc_4648_both_ways),
        cmocka_unit_test(test_bytes_come_back_as_they_were_and_are_readable_when_they_are_text),
        cmocka_unit_test(test_what_json_put_bytes_never_wrote_is_refused),
    };
    return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
