/* Whatever bytes stand between ${ and }: the parser takes them or names a fault within them, and what it takes ends
 * within its budget. Seed and count: EXPRESSION_SEED, EXPRESSION_CASES. */
#include "expression/expression.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static uint64_t random_state;

static unsigned pick(unsigned below) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)((random_state >> 20) % below);
}

static const char *const pieces[] = {
    ".a", ".", ".list", "[", "]", "{", "}", "(", ")", "|", ",", ":", ";", "?", "//", "\"", "\\(", "\"x\"", "\"\\(.a)\"", "1", "0",
    "-", "+", "*", "/", "%", "==", "<", "and", "or", " ", "if ", " then ", " else ", " elif ", " end", "map(", "select(", "sort_by(",
    "length", "add", "join(\",\")", "tojson", "not", "null", "true", "[]", "[.[]|", "[1:2]", "{a:", "$x", "def ", "#", "\n",
    "1e9", "9999999999", "0.1", "\\u00e9", "水", "\xff", "..", "with_entries(", "to_entries", "flatten", "\"a\" * 1e9", "as",
};

static void make_source(struct buffer *out) {
    unsigned count = 1 + pick(pick(8) ? 12 : 400);
    buffer_clear(out);
    for (unsigned i = 0; i < count; i++)
        buffer_put_string(out, pieces[pick(sizeof(pieces) / sizeof(pieces[0]))]);
}

static void ignore_path(void *context, const struct expression_path *path) {
    (void)context;
    assert_true(path->count <= EXPRESSION_HEIGHT_MOST);
}

static bool try_source(struct arena *arena, struct text source, const struct json *document) {
    const struct expression *tree;
    struct expression_fault fault;
    struct expression_scope scope = expression_scope_of(document);
    struct expression_budget budget = EXPRESSION_BUDGET;
    struct json value;
    enum outcome outcome = expression_parse(arena, source, &tree, &fault);
    if (outcome != OUTCOME_OK) {
        assert_int_equal(outcome, OUTCOME_REJECT);
        assert_true(fault.offset <= source.length && fault.message.length > 0);
        return false;
    }
    assert_true(tree->height <= EXPRESSION_HEIGHT_MOST);
    assert_true(expression_paths(tree, arena, ignore_path, NULL));
    unsigned types = expression_type(tree, NULL, arena);
    outcome = expression_evaluate(tree, &scope, &budget, arena, &value, NULL);
    assert_int_not_equal(outcome, OUTCOME_FATAL);
    if (outcome == OUTCOME_OK)
        assert_true(types & EXPRESSION_TYPE(value.type));
    return true;
}

static void test_any_source_is_taken_or_faulted_within_its_length(void **state) {
    (void)state;
    const char *seed_text = getenv("EXPRESSION_SEED"), *cases_text = getenv("EXPRESSION_CASES");
    unsigned long seed = seed_text ? strtoul(seed_text, NULL, 10) : 7, taken = 0;
    unsigned long cases = cases_text ? strtoul(cases_text, NULL, 10) : 100000;
    struct arena arena, documents;
    struct json document;
    _cleanup_buffer_ struct buffer source = {0};
    arena_init(&arena, 64u << 20);
    arena_init(&documents, 1u << 20);
    buffer_init(&source, 1u << 20);
    random_state = seed * 2654435761u + 88172645463325252u;
    printf("seed %lu, %lu cases\n", seed, cases);
    assert_int_equal(json_read(&documents, TEXT("{\"a\":\"text\",\"list\":[{\"a\":1},{\"a\":2},3,null]}"), 64, &document, NULL),
                     OUTCOME_OK);
    for (unsigned long i = 0; i < cases; i++) {
        arena_reset(&arena);
        make_source(&source);
        taken += try_source(&arena, buffer_text(&source), &document);
    }
    printf("taken: %lu\n", taken);
    assert_true(taken > cases / 100);
    arena_free(&arena);
    arena_free(&documents);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_source_is_taken_or_faulted_within_its_length)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
