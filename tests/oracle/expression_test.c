/* Holds the expression language against libjq (1.6, and 1.7 of Debian 13): random expressions of the subset on random
 * documents give the same value, or fail on both sides. Where they are known to differ, a row below says why and is counted.
 *
 * Seed and count: EXPRESSION_SEED, EXPRESSION_CASES in the environment; the seed is printed. */
#include "expression/expression.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jq.h>

#define CASES 20000
#define DOCUMENTS_EACH 2
#define TOGETHER 40        /* expressions in one jq program: compiling jq's own library is what takes the time */
#define SOURCE_MOST 1500

/* ---- random ---------------------------------------------------------------------------------------------------------*/

static uint64_t random_state;

static unsigned pick(unsigned below) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)((random_state >> 20) % below);
}

#define PICK(table) (table)[pick(sizeof(table) / sizeof((table)[0]))]

static const char *const names[] = {"a", "b", "c", "list", "people", "name"};
static const char *const strings[] = {"\"\"", "\"a\"", "\"b\"", "\"ab\"", "\"abc\"", "\"a,b\"", "\",\"", "\"水电\"",
                                      "\"é\"", "\"12\"", "\"-3.5\"", "\"name\"", "\"A-z\""};
static const char *const numbers[] = {"0", "1", "2", "3", "10", "0.5", "2.5", "7", "100"};

static void put(struct buffer *out, const char *text) { buffer_put_string(out, text); }

static void put_scalar(struct buffer *out) {
    static const char *const words[] = {"null", "true", "false"};
    unsigned kind = pick(8);
    if (kind < 3)
        put(out, PICK(strings));
    else if (kind < 6)
        buffer_format(out, "%s%s", pick(4) ? "" : "-", PICK(numbers));
    else
        put(out, PICK(words));
}

static void put_document(struct buffer *out, unsigned depth) {
    unsigned kind = depth ? pick(5) : 4, count = pick(4);
    if (kind > 2) {
        put_scalar(out);
        return;
    }
    put(out, kind == 0 ? "[" : "{");
    unsigned used = 0;
    for (unsigned i = 0, first = 1; i < count; i++) {
        unsigned name = pick(6);
        if (kind && used & (1u << name))
            continue;
        used |= 1u << name;
        put(out, first ? "" : ",");
        first = 0;
        if (kind)
            buffer_format(out, "\"%s\":", names[name]);
        put_document(out, depth - 1);
    }
    put(out, kind == 0 ? "]" : "}");
}

/* ---- expressions ----------------------------------------------------------------------------------------------------*/

static void put_expression(struct buffer *out, unsigned depth);

static void put_path(struct buffer *out, unsigned depth) {
    unsigned steps = 1 + pick(3);
    for (unsigned i = 0; i < steps; i++) {
        unsigned kind = pick(12);
        if (i == 0 && kind >= 7)
            kind = 0;
        if (kind < 7)
            buffer_format(out, ".%s", PICK(names));
        else if (kind == 7)
            buffer_format(out, "[%d]", (int)pick(5) - 2);
        else if (kind == 8)
            buffer_format(out, "[%d:%d]", (int)pick(4) - 1, (int)pick(5) - 1);
        else if (kind == 9)
            buffer_format(out, "[\"%s\"]", PICK(names));
        else if (kind == 10)
            buffer_format(out, "[%s:]", PICK(numbers));
        else {
            put(out, "[");
            put_expression(out, depth ? depth - 1 : 0);
            put(out, "]");
        }
    }
}

static void put_operator(struct buffer *out, unsigned depth) {
    static const char *const operators[] = {"+", "+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "and", "or",
                                            "//"};
    bool brackets = pick(3) != 0;
    put(out, brackets ? "(" : "");
    put_expression(out, depth - 1);
    buffer_format(out, " %s ", PICK(operators));
    put_expression(out, depth - 1);
    put(out, brackets ? ")" : "");
}

static void put_call(struct buffer *out, unsigned depth) {
    static const char *const plain[] = {"length", "keys", "type", "not", "add", "any", "all", "min", "max", "sort",
        "unique", "reverse", "first", "last", "flatten", "to_entries", "from_entries", "floor", "ceil", "round", "fabs",
        "tonumber", "tostring", "tojson", "ascii_downcase", "ascii_upcase"};
    static const char *const valued[] = {"has", "in", "contains", "inside", "flatten", "startswith", "endswith",
        "ltrimstr", "rtrimstr", "split", "join"};
    static const char *const filters[] = {"map", "any", "all", "sort_by", "group_by", "unique_by", "min_by", "max_by",
        "with_entries"};
    /* index of literals only: jq 1.6 takes all memory for index(""). */
    static const char *const indices[] = {"index(\"a\")", "index(\",\")", "index(1)", "index([1])", "index(null)"};
    unsigned kind = pick(6);
    put(out, "(");
    put_expression(out, depth - 1);
    put(out, " | ");
    if (pick(25) == 0) {
        put(out, PICK(indices));
    } else if (kind < 3) {
        put(out, PICK(plain));
    } else {
        buffer_format(out, "%s(", kind == 3 ? PICK(filters) : PICK(valued));
        if (pick(3))
            put_scalar(out);
        else
            put_expression(out, depth - 1);
        put(out, ")");
    }
    put(out, ")");
}

static void put_collection(struct buffer *out, unsigned depth) {
    put(out, "[");
    put_path(out, 0);
    put(out, "[] | ");
    if (pick(2)) {
        put(out, "select(");
        put_expression(out, depth - 1);
        put(out, ") | ");
    }
    if (pick(4) == 0)
        buffer_format(out, ".%s?", PICK(names));
    else
        put_expression(out, depth - 1);
    put(out, "]");
}

static void put_constructor(struct buffer *out, unsigned depth) {
    unsigned count = pick(4), kind = pick(3);
    put(out, kind == 0 ? "{" : kind == 1 ? "[" : "\"x");
    for (unsigned i = 0; i < count; i++) {
        put(out, i && kind != 2 ? ", " : "");
        if (kind == 0)
            buffer_format(out, "%s: (", PICK(names));
        put(out, kind == 2 ? "\\(" : "");
        put_expression(out, depth - 1);
        put(out, kind == 1 ? "" : ")");
    }
    put(out, kind == 0 ? "}" : kind == 1 ? "]" : "\"");
}

static void put_if(struct buffer *out, unsigned depth) {
    put(out, "(if ");
    put_expression(out, depth - 1);
    put(out, " then ");
    put_expression(out, depth - 1);
    if (pick(3) == 0) {
        put(out, " elif ");
        put_expression(out, depth - 1);
        put(out, " then ");
        put_expression(out, depth - 1);
    }
    put(out, " else ");
    put_expression(out, depth - 1);
    put(out, " end)");
}

static void put_expression(struct buffer *out, unsigned depth) {
    unsigned kind = depth ? pick(13) : pick(3);
    switch (kind) {
    case 0:
        put_scalar(out);
        break;
    case 1: case 2:
        put_path(out, depth);
        break;
    case 3: case 4: case 5:
        put_operator(out, depth);
        break;
    case 6: case 7: case 8:
        put_call(out, depth);
        break;
    case 9:
        put_collection(out, depth);
        break;
    case 10:
        put_constructor(out, depth);
        break;
    case 11:
        put_if(out, depth);
        break;
    default:
        put(out, "(");
        put_expression(out, depth - 1);
        put(out, " | ");
        put_expression(out, depth - 1);
        put(out, ")");
        break;
    }
}

/* ---- the oracle -----------------------------------------------------------------------------------------------------*/

struct verdict {
    enum { VERDICT_VALUE, VERDICT_ERROR, VERDICT_NONE, VERDICT_REFUSED } kind;
    struct text json;       /* value or error text, in the arena */
};

static void ignore_message(void *context, jv message) {
    (void)context;
    jv_free(message);
}

/* NULL: jq does not take the program. */
static jq_state *jq_program(const char *source) {
    jq_state *jq = jq_init();
    jq_set_error_cb(jq, ignore_message, NULL);
    if (!jq_compile(jq, source))
        jq_teardown(&jq);
    return jq;
}

/* One program for all: an array with [value], [] for none, or null for an error, for each expression. */
static jq_state *jq_programs(struct buffer *const sources, unsigned count) {
    _cleanup_buffer_ struct buffer all = {0};
    buffer_init(&all, 1 << 20);
    for (unsigned i = 0; i < count; i++)
        buffer_format(&all, "%s(try [%s] catch null)", i ? ", " : "[", sources[i].at);
    put(&all, "]");
    jq_state *jq = jq_program(all.at);
    for (unsigned i = 0; !jq && i < count; i++) {
        jq_state *one = jq_program(sources[i].at);
        if (!one)
            fail_msg("jq refuses what we take: %s", sources[i].at);
        jq_teardown(&one);
    }
    assert_non_null(jq);
    return jq;
}

static void ask_jq(struct arena *arena, jq_state *jq, const char *document, struct verdict *ret, unsigned count) {
    jq_start(jq, jv_parse(document), 0);
    jv all = jq_next(jq);
    assert_int_equal(jv_get_kind(all), JV_KIND_ARRAY);
    for (unsigned i = 0; i < count; i++) {
        jv one = jv_array_get(jv_copy(all), (int)i);
        ret[i] = (struct verdict){.kind = VERDICT_ERROR};
        if (jv_get_kind(one) == JV_KIND_ARRAY && jv_array_length(jv_copy(one)) == 0) {
            ret[i].kind = VERDICT_NONE;
        } else if (jv_get_kind(one) == JV_KIND_ARRAY) {
            jv text = jv_dump_string(jv_array_get(jv_copy(one), 0), 0);
            ret[i].kind = VERDICT_VALUE;
            ret[i].json = text_copy(arena, text_from(jv_string_value(text)));
            jv_free(text);
        }
        jv_free(one);
    }
    jv_free(all);
}

static struct verdict ask_ours(struct arena *arena, const char *source, const struct json *document) {
    struct verdict verdict = {.kind = VERDICT_REFUSED};
    const struct expression *tree;
    struct expression_fault fault;
    struct expression_scope scope = expression_scope_of(document);
    struct expression_budget budget = EXPRESSION_BUDGET;
    struct json value;
    struct error error;
    if (expression_parse(arena, text_from(source), &tree, &fault) != OUTCOME_OK) {
        verdict.json = text_format(arena, "%s at %u: %.*s", fault.code, fault.offset, TEXT_ARG(fault.message));
        return verdict;
    }
    enum outcome outcome = expression_evaluate(tree, &scope, &budget, arena, &value, &error);
    assert_int_not_equal(outcome, OUTCOME_FATAL);
    if (outcome != OUTCOME_OK) {
        verdict.kind = VERDICT_ERROR;
        verdict.json = text_format(arena, "%s: %s", error.code, error.message);
        return verdict;
    }
    /* What the static guess excludes must not come about. */
    if (!(expression_type(tree, NULL, arena) & EXPRESSION_TYPE(value.type)))
        fail_msg("type: %s", source);
    _cleanup_buffer_ struct buffer out = {0};
    buffer_init(&out, 16 << 20);
    json_write(&out, &value);
    verdict.kind = VERDICT_VALUE;
    verdict.json = text_copy(arena, buffer_text(&out));
    return verdict;
}

/* ---- comparing ------------------------------------------------------------------------------------------------------*/

static double number_value(struct text t) {
    char copy[512];
    snprintf(copy, sizeof(copy), "%.*s", TEXT_ARG(t));
    return strtod(copy, NULL);
}

static bool nearly_equal(const struct json *a, const struct json *b) {
    if (a->type == JSON_NUMBER && b->type == JSON_NUMBER) {
        double x = number_value(a->text), y = number_value(b->text), size = x < 0 ? -x : x;
        return (x - y < 0 ? y - x : x - y) <= 1e-12 * (size > 1 ? size : 1);
    }
    if (a->type != b->type || a->count != b->count)
        return false;
    if (a->type == JSON_STRING)
        return text_equal(a->text, b->text);
    for (uint32_t i = 0; i < a->count; i++) {
        const struct json *other = a->type == JSON_OBJECT ? json_get(b, a->children[i].key) : &b->children[i].value;
        if (!other || !nearly_equal(&a->children[i].value, other))
            return false;
    }
    return true;
}

enum side { SIDE_VALUES, SIDE_OURS_FAILS, SIDE_JQ_FAILS, SIDE_JQ_NONE };

/* Where the two are known to differ: the source has `word`, and they differ on this side. `only`: a jq program
 * that is true where the installed jq has this difference; NULL: all have it. */
static struct difference {
    const char *word; enum side side; const char *reason; unsigned count; const char *only; bool absent;
} differences[] = {
    {"?", SIDE_JQ_NONE, "outside a collection `?` gives null where jq gives nothing", 0, NULL, false},
    {"join", SIDE_OURS_FAILS, "join wants a string between", 0, NULL, false},
    {"reverse", SIDE_OURS_FAILS, "jq 1.6 reverses what is empty or zero", 0, NULL, false},
    {"flatten", SIDE_OURS_FAILS, "jq 1.6 looks at flatten's depth only when it meets an array", 0, NULL, false},
    {"index", SIDE_OURS_FAILS, "jq 1.6 indexes an object with index's argument", 0, NULL, false},
    {"index", SIDE_JQ_FAILS, "jq 1.6 does not look for all kinds of argument in null", 0, NULL, false},
    {"index", SIDE_VALUES, "jq 1.6 counts bytes", 0, NULL, false},
    {"tonumber", SIDE_OURS_FAILS, "jq 1.6 reads more than a JSON number", 0, NULL, false},
    {"tostring", SIDE_VALUES, "the number as written or exact (jq: 17 digits, -0)", 0, NULL, false},
    {"tojson", SIDE_VALUES, "the number as written or exact (jq: 17 digits, -0)", 0, NULL, false},
    {"join", SIDE_VALUES, "the number as written or exact (jq: 17 digits, -0)", 0, NULL, false},
    {"\\(", SIDE_VALUES, "the number as written or exact (jq: 17 digits, -0)", 0, NULL, false},
    {"/", SIDE_VALUES, "a quotient compared or cut: 34 digits here, a double there", 0, NULL, false},
    {"*", SIDE_VALUES, "jq of Debian 13 repeats text less than once differently", 0, "\"a\" * 0 != null or 0.5 * \"a\" != \"a\"", false},
};
#define DIFFERENCES (sizeof(differences) / sizeof(differences[0]))

static void ask_which_differences_are_here(void) {
    for (size_t i = 0; i < DIFFERENCES; i++) {
        if (!differences[i].only)
            continue;
        jq_state *jq = jq_program(differences[i].only);
        assert_non_null(jq);
        jq_start(jq, jv_null(), 0);
        jv verdict = jq_next(jq);
        differences[i].absent = jv_get_kind(verdict) != JV_KIND_TRUE;
        jv_free(verdict);
        jq_teardown(&jq);
    }
}

static bool is_known(const char *source, enum side side) {
    for (size_t i = 0; i < DIFFERENCES; i++)
        if (!differences[i].absent && differences[i].side == side && strstr(source, differences[i].word)) {
            differences[i].count++;
            return true;
        }
    return false;
}

static bool agree(struct arena *arena, const char *source, const struct verdict *ours, const struct verdict *theirs) {
    struct json a, b;
    if (ours->kind == VERDICT_REFUSED || theirs->kind == VERDICT_REFUSED)
        return ours->kind == theirs->kind;
    if (theirs->kind == VERDICT_NONE)
        return is_known(source, SIDE_JQ_NONE);
    if (ours->kind != theirs->kind)
        return is_known(source, ours->kind == VERDICT_ERROR ? SIDE_OURS_FAILS : SIDE_JQ_FAILS);
    if (ours->kind == VERDICT_ERROR)
        return true;
    if (json_read(arena, ours->json, 64, &a, NULL) != OUTCOME_OK || json_read(arena, theirs->json, 64, &b, NULL) != OUTCOME_OK)
        return false;
    return nearly_equal(&a, &b) || is_known(source, SIDE_VALUES);
}

static unsigned long setting(const char *name, unsigned long otherwise) {
    const char *value = getenv(name);
    return value ? strtoul(value, NULL, 10) : otherwise;
}

static void make_document(struct buffer *out) {
    buffer_clear(out);
    put(out, "{\"a\":");
    put_document(out, 2);
    put(out, ",\"list\":[");
    put_document(out, 2);
    put(out, ",");
    put_document(out, 2);
    put(out, "],\"b\":");
    put_document(out, 3);
    put(out, "}");
}

struct tally { unsigned values, refused, bad; };

static bool is_taken(struct arena *arena, const char *source) {
    const struct expression *tree;
    struct expression_fault fault;
    return expression_parse(arena, text_from(source), &tree, &fault) == OUTCOME_OK;
}

/* Expressions that we take; what we refuse, jq must refuse as well (tried for some: each costs a compilation). */
static void make_expressions(struct arena *arena, struct buffer *sources, struct tally *tally) {
    for (unsigned i = 0; i < TOGETHER; i++) {
        for (;;) {
            buffer_clear(&sources[i]);
            put_expression(&sources[i], 1 + pick(4));
            /* jq refuses a literal division by zero while compiling; here it fails when (and if) it is reached. */
            if (sources[i].length > SOURCE_MOST || strstr(sources[i].at, "/ 0") || strstr(sources[i].at, "% 0"))
                continue;
            if (is_taken(arena, sources[i].at))
                break;
            if (++tally->refused % 16 == 1 && jq_program(sources[i].at))
                fail_msg("we refuse what jq takes: %s", sources[i].at);
        }
    }
}

static void try_together(struct arena *arena, struct buffer *sources, struct tally *tally) {
    _cleanup_buffer_ struct buffer document = {0};
    buffer_init(&document, 1 << 20);
    make_expressions(arena, sources, tally);
    jq_state *jq = jq_programs(sources, TOGETHER);
    for (unsigned i = 0; i < DOCUMENTS_EACH; i++) {
        struct json scope;
        struct verdict theirs[TOGETHER];
        arena_reset(arena);
        make_document(&document);
        assert_int_equal(json_read(arena, buffer_text(&document), 64, &scope, NULL), OUTCOME_OK);
        ask_jq(arena, jq, document.at, theirs, TOGETHER);
        for (unsigned j = 0; j < TOGETHER; j++) {
            struct verdict ours = ask_ours(arena, sources[j].at, &scope);
            tally->values += ours.kind == VERDICT_VALUE && theirs[j].kind == VERDICT_VALUE;
            if (!agree(arena, sources[j].at, &ours, &theirs[j]) && ++tally->bad <= 20)
                printf("%s\n  on %s\n  jq   %d %.*s\n  ours %d %.*s\n", sources[j].at, document.at, theirs[j].kind,
                       TEXT_ARG(theirs[j].json), ours.kind, TEXT_ARG(ours.json));
        }
    }
    jq_teardown(&jq);
}

static void test_random_expressions_give_what_jq_gives(void **state) {
    (void)state;
    unsigned long seed = setting("EXPRESSION_SEED", 20260302), cases = setting("EXPRESSION_CASES", CASES);
    struct tally tally = {0, 0, 0};
    unsigned known = 0;
    struct arena arena;
    struct buffer sources[TOGETHER] = {0};
    arena_init(&arena, 256u << 20);
    for (unsigned i = 0; i < TOGETHER; i++)
        buffer_init(&sources[i], 1 << 20);
    random_state = seed * 2654435761u + 88172645463325252u;
    printf("seed %lu, %lu cases\n", seed, cases);
    ask_which_differences_are_here();
    for (unsigned long i = 0; i < cases; i += TOGETHER * DOCUMENTS_EACH)
        try_together(&arena, sources, &tally);
    for (size_t i = 0; i < DIFFERENCES; i++) {
        known += differences[i].count;
        printf("%6u  %-10s %s\n", differences[i].count, differences[i].word, differences[i].reason);
    }
    printf("%lu cases, both a value %u, known differences %u, others %u; %u refused\n", cases, tally.values, known,
           tally.bad, tally.refused);
    for (unsigned i = 0; i < TOGETHER; i++)
        buffer_free(&sources[i]);
    arena_free(&arena);
    assert_int_equal(tally.bad, 0);
    assert_true(tally.values > cases / 5);      /* the generator makes more than errors */
    assert_true(known < cases / 50);            /* and the list of differences is no carpet */
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_expressions_give_what_jq_gives)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
