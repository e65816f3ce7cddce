/* config/README.md is what people read: its tables are those of the code. */
#include "definition_setting.h"

#include "definition/keys.h"
#include "definition/limit.h"
#include "expression/expression.h"

static char *readme(void) {
    static char content[1 << 20];
    FILE *file = fopen(YJS_SOURCE_DIR "/config/README.md", "rb");
    assert_non_null(file);
    content[fread(content, 1, sizeof content - 1, file)] = '\0';
    fclose(file);
    return content;
}

static void section_is(const char *name, void (*write)(struct buffer *)) {
    char mark[64];
    struct buffer wanted;
    buffer_init(&wanted, 1 << 20);
    write(&wanted);
    while (wanted.length && wanted.at[wanted.length - 1] == '\n')
        wanted.at[--wanted.length] = '\0';
    snprintf(mark, sizeof mark, "<!-- %s -->\n", name);
    char *begin = strstr(readme(), mark), *end = begin ? strstr(begin, "\n<!-- end -->") : NULL;
    assert_non_null(end);
    begin += strlen(mark);
    *end = '\0';
    assert_string_equal(begin, buffer_text(&wanted).at);
    buffer_free(&wanted);
}

static void test_reference_of_the_definition_is_the_tables(void **state) {
    (void)state;
    section_is("definition keys", definition_keys_write_markdown);
}

static void test_reference_of_the_departments_is_the_tables(void **state) {
    (void)state;
    section_is("directory keys", directory_keys_write_markdown);
}

static void test_reference_of_the_calendar_is_the_tables(void **state) {
    (void)state;
    section_is("calendar keys", calendar_keys_write_markdown);
}

static void test_reference_of_the_faults_is_the_table(void **state) {
    (void)state;
    section_is("faults", definition_faults_write_markdown);
}

static void test_every_function_and_limit_is_in_the_reference(void **state) {
    (void)state;
    char wanted[64];
    for (const struct expression_function *row = expression_function_next(NULL); row; row = expression_function_next(row)) {
        snprintf(wanted, sizeof wanted, "| `%s", row->name);
        assert_non_null(strstr(readme(), wanted));
    }
    for (const struct limit_unit_row *row = limit_units; row->unit != LIMIT_NONE; row++)
        assert_non_null(strstr(readme(), row->plural));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference_of_the_definition_is_the_tables),
        cmocka_unit_test(test_reference_of_the_departments_is_the_tables),
        cmocka_unit_test(test_reference_of_the_calendar_is_the_tables),
        cmocka_unit_test(test_reference_of_the_faults_is_the_table),
        cmocka_unit_test(test_every_function_and_limit_is_in_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
