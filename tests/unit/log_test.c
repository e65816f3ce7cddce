/* Holds a log line to its form: valid JSON or one line of text, bounded, whatever is put in. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/json.h"
#include "base/log.h"
#include "base/time.h"

static int ends[2];
static char taken[3 * LOG_LINE_SIZE];

static int open_pipe(void **state) {
    (void)state;
    return pipe(ends);
}

static int close_pipe(void **state) {
    (void)state;
    log_setup(STDERR_FILENO, LOG_INFO, LOG_FORMAT_TEXT, NULL);
    return close(ends[0]) | close(ends[1]);
}

/* What has been logged since; a marker line tells an empty pipe from a waiting one. */
static struct text take(void) {
    assert_int_equal(write(ends[1], "\n", 1), 1);
    ssize_t length = read(ends[0], taken, sizeof taken);
    assert_true(length > 0);
    return text_span(taken, (size_t)length - 1);
}

static struct json read_line(struct arena *arena, struct text line) {
    struct json value;
    struct error error = {0};
    assert_true(line.length > 0 && line.at[line.length - 1] == '\n');
    assert_null(memchr(line.at, '\n', line.length - 1));
    if (json_read(arena, line, 8, &value, &error))
        fail_msg("%s in %.*s", error.message, TEXT_ARG(line));
    return value;
}

static void test_json_line_holds_time_level_event_message_and_fields(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    log_setup(ends[1], LOG_INFO, LOG_FORMAT_JSON, "yjsd-1");
    errno = EIO;
    log_warn("store_away", "the database does not \"answer\"", LOG_TEXT("host", TEXT("db\n1")), LOG_INT("attempt", -3),
             LOG_TEXT("none", TEXT_NONE), LOG_STRING("bad", "a\xFF" "b"));
    assert_int_equal(errno, EIO);
    struct json line = read_line(&arena, take());
    int64_t us, attempt;
    assert_int_equal(time_parse(json_get_text(&line, TEXT("time")), &us, NULL), OUTCOME_OK);
    assert_true(us > INT64_C(1700000000) * TIME_SECOND_US);
    assert_true(text_is(json_get_text(&line, TEXT("level")), "warn"));
    assert_true(text_is(json_get_text(&line, TEXT("instance")), "yjsd-1"));
    assert_true(text_is(json_get_text(&line, TEXT("event")), "store_away"));
    assert_true(text_is(json_get_text(&line, TEXT("message")), "the database does not \"answer\""));
    assert_true(text_is(json_get_text(&line, TEXT("host")), "db\n1"));
    assert_true(json_to_int64(json_get_string(&line, "attempt"), &attempt) && attempt == -3);
    assert_int_equal(json_get_string(&line, "none")->type, JSON_NULL);
    assert_true(text_is(json_get_text(&line, TEXT("bad")), "a\xEF\xBF\xBD" "b"));
    assert_null(json_get_string(&line, "cut"));
    arena_free(&arena);
}

static void test_text_line_quotes_what_needs_it(void **state) {
    (void)state;
    log_setup(ends[1], LOG_DEBUG, LOG_FORMAT_TEXT, "yjsd-1");
    log_info("started", "ready\nnow", LOG_STRING("host", "db1"), LOG_STRING("say", "a \"b\""), LOG_INT("n", 5),
             LOG_TEXT("empty", TEXT("")), LOG_TEXT("none", TEXT_NONE));
    struct text line = take();
    size_t space = text_find(line, ' ');
    assert_true(space < 30);
    assert_true(text_is(text_span(line.at + space, line.length - space),
                        " info  yjsd-1 started: ready\\u000anow host=db1 say=\"a \\\"b\\\"\" n=5 empty=\"\" none=-\n"));
    log_setup(ends[1], LOG_DEBUG, LOG_FORMAT_TEXT, NULL);
    log_debug("e", "m");
    assert_true(text_ends_with(take(), " debug e: m\n"));
}

static void test_level_below_the_least_is_silent(void **state) {
    (void)state;
    log_setup(ends[1], LOG_WARN, LOG_FORMAT_TEXT, NULL);
    log_info("quiet", "not seen");
    log_debug("quiet", "not seen");
    assert_int_equal(take().length, 0);
    log_error("loud", "seen");
    assert_true(take().length > 0);
}

/* Every length around the bound, in both forms, with and without a field behind. */
static void test_long_line_is_cut_and_marked_and_stays_whole(void **state) {
    (void)state;
    static char wide[LOG_LINE_SIZE + 200];
    for (int letter = 0; letter < 3; letter++) {
        static const char *const letters[] = {"x", "證", "\""};
        for (size_t length = LOG_LINE_SIZE - 220; length < LOG_LINE_SIZE + 100; length++) {
            wide[0] = '\0';
            size_t used = 0, step = strlen(letters[letter]);
            for (; used + step <= length / (letter == 2 ? 2 : 1); used += step)
                memcpy(wide + used, letters[letter], step);
            struct text text = text_span(wide, used);
            struct arena arena;
            arena_init(&arena, 1 << 20);
            log_setup(ends[1], LOG_INFO, LOG_FORMAT_JSON, "yjsd-1");
            log_info("wide", "m", LOG_TEXT("text", text), LOG_INT("number", 123456789));
            struct text line = take();
            assert_true(line.length <= LOG_LINE_SIZE);
            struct json value = read_line(&arena, line);
            bool whole = text_equal(json_get_text(&value, TEXT("text")), text) && json_get_string(&value, "number");
            assert_int_equal(json_is_true(json_get_string(&value, "cut")), !whole);
            log_setup(ends[1], LOG_INFO, LOG_FORMAT_TEXT, NULL);
            log_info("wide", "m", LOG_TEXT("text", text), LOG_INT("number", 123456789));
            line = take();
            assert_true(line.length <= LOG_LINE_SIZE && line.at[line.length - 1] == '\n' && text_is_utf8(line));
            assert_int_equal(text_ends_with(line, " (cut)\n"), !text_ends_with(line, "number=123456789\n"));
            arena_free(&arena);
        }
    }
}

static void test_levels_and_formats_are_known_by_name(void **state) {
    (void)state;
    enum log_level level;
    enum log_format format;
    assert_true(log_level_parse(TEXT("debug"), &level) && level == LOG_DEBUG);
    assert_true(log_level_parse(TEXT("error"), &level) && level == LOG_ERROR);
    assert_false(log_level_parse(TEXT("loud"), &level));
    assert_true(log_format_parse(TEXT("json"), &format) && format == LOG_FORMAT_JSON);
    assert_false(log_format_parse(TEXT("xml"), &format));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_json_line_holds_time_level_event_message_and_fields, open_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(test_text_line_quotes_what_needs_it, open_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(test_level_below_the_least_is_silent, open_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(test_long_line_is_cut_and_marked_and_stays_whole, open_pipe, close_pipe),
        cmocka_unit_test(test_levels_and_formats_are_known_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
