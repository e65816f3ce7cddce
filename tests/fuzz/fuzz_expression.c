/* Two parts: what stands between ${ and } (also taken as a template and as a condition), and a document. The parser
 * takes it or names a fault within it; what it takes ends within its budget, and twice with the same end; its value is
 * of a type that was foretold, and it read no path that was not. */
#include "fuzz.h"

#include "expression/expression.h"

enum { PATHS_MOST = 4000 };
struct watched { struct expression_path paths[PATHS_MOST]; size_t count; struct expression_scope scope; };

static void keep_path(void *context, const struct expression_path *path) {
    struct watched *watched = context;
    for (size_t i = 0; i < path->count; i++)
        FUZZ_CHECK(text_is_none(path->segments[i]) || text_is_utf8(path->segments[i]), "a path's name is no UTF-8");
    if (watched->count < PATHS_MOST)
        watched->paths[watched->count++] = *path;
    else
        watched->count = PATHS_MOST + 1;   /* not watched any longer */
}

static bool covers(const struct expression_path *path, const struct expression_lookup *lookup) {
    size_t least = path->count < lookup->count ? path->count : lookup->count;
    for (size_t i = 0; i < least; i++)
        if (!text_is_none(path->segments[i]) && !text_equal(path->segments[i], lookup->path[i]))
            return false;
    return true;
}

static enum outcome resolve(void *context, struct expression_lookup *lookup, struct error *error) {
    struct watched *watched = context;
    bool foretold = watched->count > PATHS_MOST;
    for (size_t i = 0; i < watched->count && !foretold; i++)
        foretold = covers(&watched->paths[i], lookup);
    FUZZ_CHECK(foretold, "a path of %zu names is read that expression_paths did not name", lookup->count);
    return watched->scope.resolve(watched->scope.context, lookup, error);
}

/* What an evaluation may cost: a minute of a sanitizer's machine, not of a department. */
static void check_tree(struct arena *arena, const struct expression *tree, const struct json *document, bool condition) {
    struct watched *watched = arena_new(arena, struct watched);
    struct expression_scope scope = {resolve, watched};
    struct json value[2], constant;
    struct error error[2] = {{0}, {0}};
    enum outcome outcome[2];
    struct expression_budget budget[2] = {EXPRESSION_BUDGET, EXPRESSION_BUDGET};
    FUZZ_CHECK(tree->height <= EXPRESSION_HEIGHT_MOST, "a tree is too high");
    watched->scope = expression_scope_of(document);
    FUZZ_CHECK(expression_paths(tree, arena, keep_path, watched), "no memory for paths");
    unsigned types = expression_type(tree, NULL, arena);
    for (int i = 0; i < 2; i++) {
        int64_t began_us = fuzz_cpu_us();
        outcome[i] = expression_evaluate(tree, &scope, &budget[i], arena, &value[i], &error[i]);
        FUZZ_CHECK(fuzz_cpu_us() - began_us < 3000000, "an evaluation took more than 3 s");
        FUZZ_CHECK(outcome[i] == OUTCOME_OK || outcome[i] == OUTCOME_REJECT, "an evaluation ends with %s", outcome_name(outcome[i]));
    }
    FUZZ_CHECK(outcome[0] == outcome[1] && strcmp(error[0].code, error[1].code) == 0 && budget[0].steps_left == budget[1].steps_left &&
                   budget[0].bytes_left == budget[1].bytes_left, "two evaluations differ: %s, %s", error[0].code, error[1].code);
    bool is_constant = expression_constant(tree, arena, &constant);
    if (outcome[0] == OUTCOME_OK) {
        struct buffer out;
        buffer_init(&out, 16 << 20);
        FUZZ_CHECK(types & EXPRESSION_TYPE(value[0].type), "a type that was not foretold");
        FUZZ_CHECK(json_equal(&value[0], &value[1]), "two evaluations give two values");
        json_write(&out, &value[0]);
        FUZZ_CHECK(!out.failed, "a result does not fit");
        fuzz_check_json(arena, buffer_text(&out), "an expression");
        buffer_free(&out);
        FUZZ_CHECK(!is_constant || json_equal(&constant, &value[0]), "a constant has another value");
    }
    FUZZ_CHECK(!is_constant || outcome[0] == OUTCOME_OK, "a constant has no value: %s", error[0].message);
    if (condition) {
        bool decided;
        struct expression_budget third = EXPRESSION_BUDGET;
        enum outcome then = expression_evaluate_condition(tree, &scope, &third, arena, &decided, NULL);
        bool boolean = outcome[0] == OUTCOME_OK && (value[0].type == JSON_TRUE || value[0].type == JSON_FALSE);
        FUZZ_CHECK((then == OUTCOME_OK) == boolean && (!boolean || decided == (value[0].type == JSON_TRUE)), "a condition decides otherwise");
    }
}

static void check_fault(const struct expression_fault *fault, struct text source) {
    FUZZ_CHECK(fault->code && fault->message.length > 0 && text_is_utf8(fault->message), "a fault without its message");
    if (!fault->value)
        FUZZ_CHECK(fault->offset <= source.length, "a fault beyond its source");
    for (; fault && fault->value; fault = fault->next)
        if (fault->value->type == JSON_STRING)
            FUZZ_CHECK(fault->offset <= fault->value->text.length, "a fault beyond its string");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena;
    struct text rest = text_span((const char *)data, size);
    struct json document, mapping;
    struct expression_fault fault = {0};
    const struct expression *tree;
    arena_init(&arena, (size_t)512 << 20);
    struct text source = fuzz_text(&arena, fuzz_cut(&rest));
    if (json_read(&arena, fuzz_text(&arena, rest), EXPRESSION_VALUE_DEPTH_MOST, &document, NULL) != OUTCOME_OK || document.type != JSON_OBJECT)
        json_read(&arena, TEXT("{\"form\":{\"a\":1,\"b\":[1,2,{\"c\":\"x\"}],\"s\":\"水電\"},\"case\":{},\"steps\":{\"t\":{\"state\":"
                               "\"granted\",\"result\":{\"n\":\"0.10\"}}}}"), 64, &document, NULL);
    enum outcome outcome = expression_parse(&arena, source, &tree, &fault);
    FUZZ_CHECK(outcome != OUTCOME_FATAL, "parsing ends with fatal");
    if (outcome == OUTCOME_OK)
        check_tree(&arena, tree, &document, true);
    else
        check_fault(&fault, source);
    if (json_read(&arena, source, EXPRESSION_VALUE_DEPTH_MOST, &mapping, NULL) == OUTCOME_OK) {
        static enum outcome (*const makers[])(struct arena *, const struct json *, const struct expression **,
                                              struct expression_fault *) = {expression_from_template, expression_from_condition};
        for (int i = 0; i < 2; i++) {
            fault = (struct expression_fault){0};
            outcome = makers[i](&arena, &mapping, &tree, &fault);
            FUZZ_CHECK(outcome != OUTCOME_FATAL, "a mapping ends with fatal");
            if (outcome == OUTCOME_OK)
                check_tree(&arena, tree, &document, i == 1);
            else
                check_fault(&fault, source);
        }
    }
    arena_free(&arena);
    return 0;
}
