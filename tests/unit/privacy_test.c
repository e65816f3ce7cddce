/* What is personal: masks, and a case's events without it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "privacy/personal.h"

static struct arena arena;
static struct personal personal;
static struct personal_values known;

static const char *masked(const char *word, const char *value) {
    static struct buffer out;
    buffer_free(&out);
    buffer_init(&out, 4096);
    mask_put(&out, mask_of(text_from(word)), text_from(value));
    return buffer_text(&out).at;
}

static void test_each_mask_shows_so_much_and_no_more(void **state) {
    static const struct { const char *word, *value, *shown; } rows[] = {
        {"name", "張建國", "張*"}, {"name", "张", "张*"}, {"name", "John Smith", "J*"}, {"name", "", "*"},
        {"id", "441302199001011234", "4413**********1234"}, {"id", "44130219901X", "4413****901X"}, {"id", "44130219901", "***********"},
        {"phone", "13800000001", "138****0001"}, {"phone", "0752-2808888", "075*****8888"}, {"phone", "2808888", "*****88"},
        {"phone", "110", "***"}, {"account", "6222021234567890", "************7890"}, {"account", "1234567", "*******"},
        {"address", "惠州仲愷高新區和暢四路18號", "惠州仲愷高新***"}, {"address", "惠州江北12號", "***"},
        {"", "anything", "***"}, {"colour", "anything", "***"}, {"id", "4413\xff", "*****"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(masked(rows[i].word, rows[i].value), rows[i].shown);
}

static struct json read(const char *source) {
    struct json value;
    assert_int_equal(json_read(&arena, text_from(source), 64, &value, NULL), OUTCOME_OK);
    return value;
}

#define CANONICAL \
    "{\"thing\":\"t\",\"form\":\"f.json\",\"schemas\":{\"f.json\":{\"type\":\"object\",\"properties\":{" \
    "\"buyers\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{" \
    "\"name\":{\"type\":\"string\",\"x-personal\":true,\"x-mask\":\"name\",\"x-title\":{\"en\":\"Name\"}}," \
    "\"age\":{\"type\":\"integer\",\"x-personal\":true},\"share\":{\"type\":\"string\"}}}}," \
    "\"home\":{\"type\":\"object\",\"x-personal\":true,\"properties\":{\"street\":{\"type\":\"string\"}}}}}," \
    "\"r.json\":{\"type\":\"object\",\"properties\":{\"card\":{\"type\":\"string\",\"x-personal\":true,\"x-mask\":\"account\"}}}}," \
    "\"steps\":[{\"id\":\"a\",\"result\":\"r.json\"}]}"
#define FORM "{\"buyers\":[{\"name\":\"陳思遠\",\"age\":33,\"share\":\"100%\"}],\"home\":{\"street\":\"Long Road\",\"floors\":[3]}}"

static int set_up(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    memset(&personal, 0, sizeof personal);
    memset(&known, 0, sizeof known);
    struct json canonical = read(CANONICAL);
    static struct json form;
    form = read(FORM);
    assert_true(personal_read(&canonical, &arena, &personal));
    assert_true(personal_values_add(&personal.form, &form, &arena, &known));
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    arena_free(&arena);
    return 0;
}

static void test_the_personal_values_of_a_form_have_pointers_and_titles(void **state) {
    static const char *const pointers[] = {"/buyers/0/name", "/buyers/0/age", "/home/street", "/home/floors/0"};
    (void)state;
    assert_int_equal(known.count, 4);
    for (uint32_t i = 0; i < known.count; i++)
        assert_string_equal(text_copy(&arena, known.at[i].pointer).at, pointers[i]);
    assert_string_equal(text_copy(&arena, json_get_text(&known.at[0].mark->title, TEXT("en"))).at, "Name");
}

static void event_is(const char *kind, const char *step, const char *fields, const char *wanted) {
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    struct json value = read(fields);
    buffer_init(&out, 65536);
    json_begin(&w, &out);
    personal_put_event(&w, &personal, &known, text_from(kind), text_from(step), &value);
    assert_string_equal(buffer_text(&out).at, wanted);
}

static void test_an_event_shows_nothing_personal_wherever_it_stands(void **state) {
    (void)state;
    event_is("case_started", "", "{\"thing\":\"t\",\"data\":" FORM "}",
             "{\"thing\":\"t\",\"data\":{\"buyers\":[{\"name\":\"陳*\",\"age\":\"***\",\"share\":\"100%\"}],\"home\":{\"street\":\"***\",\"floors\":[\"***\"]}}}");
    event_is("correction_sent", "a", "{\"data\":{\"form\":{\"buyers\":[{\"name\":\"王\",\"share\":\"1\"}]},\"materials\":[]}}",
             "{\"data\":{\"form\":{\"buyers\":[{\"name\":\"王*\",\"share\":\"1\"}]},\"materials\":[]}}");
    event_is("correction_sent", "a", "{\"data\":{},\"extra\":{\"form\":{\"buyers\":[{\"name\":\"王\"}]},\"materials\":[]}}",
             "{\"data\":{},\"extra\":{\"form\":{\"buyers\":[{\"name\":\"王*\"}]},\"materials\":[]}}");
    /* what was made from it: alone, and within a longer text */
    event_is("step_asked", "a", "{\"department\":\"tax\",\"data\":{\"input\":{\"who\":\"陳思遠\",\"text\":\"for 陳思遠 of Long Road\",\"n\":1}}}",
             "{\"department\":\"tax\",\"data\":{\"input\":{\"who\":\"陳*\",\"text\":\"for 陳* of ***\",\"n\":1}}}");
    event_is("step_ended", "a", "{\"state\":\"granted\",\"data\":{\"card\":\"6222021234567890\",\"no\":\"N-1\"},\"reason\":\"陳思遠 paid\"}",
             "{\"state\":\"granted\",\"data\":{\"card\":\"************7890\",\"no\":\"N-1\"},\"reason\":\"陳* paid\"}");
    event_is("step_ended", "b", "{\"data\":{\"card\":\"1\"}}", "{\"data\":{\"card\":\"1\"}}");
    event_is("case_started", "", "{\"data\":{},\"extra\":{\"parties\":{\"buyer\":[{\"name\":\"李四\",\"id\":\"441302199001011234\",\"agent\":{\"x\":\"y\"}}]},\"trust\":\"A\"}}",
             "{\"data\":{},\"extra\":{\"parties\":{\"buyer\":[{\"name\":\"李*\",\"id\":\"4413**********1234\",\"agent\":{\"x\":\"***\"}}]},\"trust\":\"A\"}}");
}

static void message_is(const struct personal *p, const char *step, const char *value, const char *wanted) {
    struct json message;
    struct buffer out;
    struct json_writer w;
    struct personal_values none = {0};
    buffer_init(&out, 1 << 16);
    assert_int_equal(json_read(&arena, text_from(value), 16, &message, NULL), OUTCOME_OK);
    json_begin(&w, &out);
    personal_put_message(&w, p, &none, step ? text_from(step) : TEXT_NONE, &message);
    assert_string_equal(text_format(&arena, "%.*s", TEXT_ARG(buffer_text(&out))).at, wanted);
    buffer_free(&out);
}

static void test_of_a_message_what_is_personal_is_masked_by_what_it_is_for(void **state) {
    (void)state;
    message_is(&personal, "a", "{\"result\":{\"card\":\"6222021234567890\",\"no\":\"N\"}}", "{\"result\":{\"card\":\"************7890\",\"no\":\"N\"}}");
    message_is(&personal, "a", "{\"kind\":\"answer\",\"data\":{\"card\":\"6222021234567890\"}}", "{\"kind\":\"answer\",\"data\":{\"card\":\"************7890\"}}");
    message_is(&personal, "unknown", "{\"result\":{\"no\":\"N\"}}", "{\"result\":{\"no\":\"***\"}}");
    message_is(&personal, NULL, "{\"result\":{\"no\":\"N\"}}", "{\"result\":{\"no\":\"***\"}}");
    message_is(&personal, NULL, "{\"form\":{\"buyers\":[{\"name\":\"王五\",\"share\":\"1\"}]}}", "{\"form\":{\"buyers\":[{\"name\":\"王*\",\"share\":\"1\"}]}}");
    message_is(&personal, NULL, "{\"data\":{\"form\":{\"buyers\":[{\"name\":\"王五\"}]}}}", "{\"data\":{\"form\":{\"buyers\":[{\"name\":\"王*\"}]}}}");
}

static void test_of_a_message_nobody_knows_only_where_it_belongs_is_shown(void **state) {
    (void)state;
    message_is(NULL, NULL, "{\"thing\":\"t\",\"number\":\"N\",\"form\":{\"a\":\"x\",\"n\":1,\"l\":[true,null]},\"note\":\"y\",\"region\":{\"a\":\"z\"}}",
               "{\"thing\":\"t\",\"number\":\"N\",\"form\":{\"a\":\"***\",\"n\":\"***\",\"l\":[\"***\",null]},\"note\":\"***\",\"region\":{\"a\":\"***\"}}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_mask_shows_so_much_and_no_more),
        cmocka_unit_test_setup_teardown(test_the_personal_values_of_a_form_have_pointers_and_titles, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_of_a_message_what_is_personal_is_masked_by_what_it_is_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_of_a_message_nobody_knows_only_where_it_belongs_is_shown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_event_shows_nothing_personal_wherever_it_stands, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
