/* What the exploration leaves out (orders of independent steps, one of two that are alike) loses nothing: on generated
 * definitions it sees the same outcomes, the same steps and the same faults as one that tries every order. */
#include "proof/setting.h"

enum { CASES = 150, STEPS_MOST = 5 };

static uint64_t seed_state;
static uint32_t below(uint32_t n) {
    seed_state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = (seed_state ^ (seed_state >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    return (uint32_t)(((z ^ (z >> 27)) >> 16) % n);
}

static void put_join(struct buffer *out, uint32_t needs) {
    if (needs < 2)
        return;
    switch (below(5)) {
    case 0: buffer_put_string(out, ", join: any"); break;
    case 2: buffer_put_string(out, ", join: {at_least: 2}"); break;
    case 1: buffer_put_string(out, ", join: {all: true, deadline: 3 workdays, then: partial}"); break;
    default: break;
    }
}

static void put_policies(struct buffer *out, uint32_t i) {
    static const char *const refused[] = {"", ", on_refused: continue", ", on_refused: close", "", ""};
    buffer_put_string(out, refused[below(5)]);
    if (below(4) == 0)
        buffer_put_string(out, below(2) ? ", timeout: {limit: 2 workdays, then: expire}" : ", timeout: {limit: 5 workdays, then: incident}");
    if (i > 0 && below(4) == 0)
        buffer_put_string(out, below(2) ? ", when: {field: form.urgent, is: true}" : ", when: {field: form.kind, is: new}");
}

static void make(struct buffer *out) {
    uint32_t count = 2 + below(STEPS_MOST - 1);
    buffer_put_string(out, "steps:\n");
    for (uint32_t i = 0; i < count; i++) {
        uint32_t needs = 0;
        bool wait = i > 0 && below(6) == 0;
        buffer_format(out, "  - {id: s%u", i);
        if (wait)
            buffer_format(out, ", wait: {signal: w%u}, timeout: {limit: 9 days, then: expire}", i);
        else
            buffer_format(out, ", department: %s", below(2) ? "a" : "b");
        for (uint32_t k = 0; k < i; k++)
            if (below(5) < 2)
                buffer_format(out, "%ss%u", needs++ ? ", " : ", needs: [", k);
        buffer_put_string(out, needs ? "]" : "");
        put_join(out, needs);
        if (!wait)
            put_policies(out, i);
        buffer_put_string(out, "}\n");
    }
}

/* Faults as "code subject" in one line, by the order in which they are judged; outcomes; how each step, or one that is
 * like it, can end, and in which way of stopping. */
static void summary(const struct proof_report *report, const uint16_t *alike, struct buffer *out) {
    struct proof_ends ends[STEPS_MOST + 1] = {{{0}}};
    for (uint32_t i = 0; i < report->steps; i++)
        for (int k = 0; k < 2; k++)
            ends[alike[i]].bits[k] |= report->step_ends[i].bits[k];
    buffer_format(out, "%s outcomes %x steps %u:", proof_verdict_name(report->verdict), report->outcomes, report->steps_happened);
    for (uint32_t i = 0; i < report->fault_count; i++)
        buffer_format(out, " %s %.*s", report->faults[i].code, TEXT_ARG(report->faults[i].subject));
    for (uint32_t i = 0; i < report->steps; i++)
        buffer_format(out, " s%u %llx.%llx", i, (unsigned long long)ends[i].bits[1], (unsigned long long)ends[i].bits[0]);
}

#define T "{zh-Hant: 一, zh-Hans: 一, en: One}"
/* Beside the generated ones: what chance seldom makes. */
static const char *const by_hand[] = {
    "steps:\n  - {id: s0, department: a, on_refused: continue}\n  - {id: s1, department: a}\n"
    "  - {id: s2, department: b, needs: [s0, s1], join: {all: true, deadline: 2 workdays, then: partial}}\n",
    "steps:\n  - {id: s0, department: a, on_refused: close}\n  - {id: s1, department: a, timeout: {limit: 2 workdays, then: expire}}\n"
    "  - {id: s2, department: b}\n  - {id: s3, department: b, needs: [s0, s1, s2], join: {at_least: 2}}\n",
    "steps:\n  - {id: s0, department: a}\n  - {id: s1, department: a}\n  - {id: s2, department: a}\n  - {id: s3, department: a}\n"
    "  - {id: s4, department: b, needs: [s0, s1, s2, s3], join: {all: true, deadline: 2 workdays, then: partial}}\n",
    "materials:\n  - {id: m, required: true, from: applicant, title: " T ", tolerable: {until: 3 workdays, trust: [A], if_missing: refuse}}\n"
    "steps:\n  - {id: s0, department: a}\n  - {id: s1, department: a, materials: [m], timeout: {limit: 2 workdays, then: expire}}\n"
    "  - {id: s2, department: b, needs: [s0], materials: [m], on_refused: continue}\n  - {id: s3, department: b, needs: [s1, s2]}\n",
    "materials:\n  - {id: m, required: true, from: applicant, title: " T ", tolerable: {until: 1 workdays, trust: [A], if_missing: incident}}\n"
    "  - {id: n, required: true, from: applicant, title: " T ", tolerable: {until: 5 workdays, trust: [A], if_missing: refuse}}\n"
    "steps:\n  - {id: s0, department: a, materials: [m]}\n  - {id: s1, department: a, on_refused: close, materials: [n]}\n"
    "  - {id: s2, department: b, materials: [m, n]}\n  - {id: s3, department: b, needs: [s0, s1, s2], join: {any: true, deadline: 3 workdays, then: partial}}\n",
    "materials:\n  - {id: m, required: true, from: applicant, title: " T ", tolerable: {until: 3 workdays, trust: [A], if_missing: refuse}}\n"
    "steps:\n  - {id: s0, department: a, materials: [m]}\n  - {id: s1, department: a}\n  - {id: s2, department: a}\n",
};
enum { BY_HAND = sizeof by_hand / sizeof *by_hand };

/* A definition of the list, or, behind it, one made from the seed. */
static bool same(uint64_t seed, uint64_t *few, uint64_t *many) {
    struct arena arena;
    struct buffer yaml, reduced, whole;
    const struct directory *directory;
    seed_state = seed;
    arena_init(&arena, PROOF_ARENA_BYTES);
    buffer_init(&yaml, 1 << 16);
    buffer_init(&reduced, 1 << 16);
    buffer_init(&whole, 1 << 16);
    if (seed < BY_HAND)
        buffer_put_string(&yaml, by_hand[seed]);
    else
        make(&yaml);
    const struct definition *definition = proof_compile(&arena, buffer_text(&yaml).at, &directory);
    bool agree = false;
    if (definition) {
        struct proof_report a, b;
        struct proof_options options = proof_options_of(definition, directory);
        agree = proof_run(&options, &arena, &a, NULL) == OUTCOME_OK;
        options.every_order = true;
        options.states_most = 2000000;
        agree = agree && proof_run(&options, &arena, &b, NULL) == OUTCOME_OK;
        summary(&a, a.alike, &reduced);
        summary(&b, a.alike, &whole);
        agree = agree && text_equal(buffer_text(&reduced), buffer_text(&whole));
        *few += a.states;
        *many += b.states;
    }
    if (!agree)
        fprintf(stderr, "SEED=%llu\n%s%s\n%s\n", (unsigned long long)seed, buffer_text(&yaml).at, buffer_text(&reduced).at,
                buffer_text(&whole).at);
    definition_free(definition);
    buffer_free(&yaml);
    buffer_free(&reduced);
    buffer_free(&whole);
    arena_free(&arena);
    return agree;
}

static void test_leaving_orders_out_loses_nothing(void **state) {
    (void)state;
    uint64_t few = 0, many = 0;
    const char *one = getenv("SEED"), *cases = getenv("SEEDS");
    uint64_t first = one ? strtoull(one, NULL, 10) : 0, count = one ? 1 : cases ? strtoull(cases, NULL, 10) : CASES;
    unsigned wrong = 0;
    for (uint64_t seed = first; seed < first + count; seed++)
        wrong += !same(seed, &few, &many);
    print_message("%llu definitions: %llu states instead of %llu\n", (unsigned long long)count, (unsigned long long)few,
                  (unsigned long long)many);
    assert_int_equal(wrong, 0);
}

/* How many states there are when the material of the first step is so. */
static uint64_t states_with(const char *tolerable) {
    struct arena arena;
    struct buffer yaml;
    const struct directory *directory;
    struct proof_report report;
    arena_init(&arena, PROOF_ARENA_BYTES);
    buffer_init(&yaml, 1 << 16);
    buffer_format(&yaml, "materials:\n  - {id: m, required: true, from: applicant, title: " T "%s}\n"
                         "steps:\n  - {id: s0, department: a, materials: [m]}\n  - {id: s1, department: b, needs: [s0]}\n", tolerable);
    const struct definition *definition = proof_compile(&arena, buffer_text(&yaml).at, &directory);
    assert_non_null(definition);
    struct proof_options options = proof_options_of(definition, directory);
    assert_int_equal(proof_run(&options, &arena, &report, NULL), OUTCOME_OK);
    assert_int_equal(report.verdict, PROOF_HOLDS);
    definition_free(definition);
    buffer_free(&yaml);
    arena_free(&arena);
    return report.states;
}

static void test_what_may_come_later_is_tried_in_time_and_late(void **state) {
    (void)state;
    uint64_t with_it = states_with(""), refusing = states_with(", tolerable: {until: 3 workdays, trust: [A], if_missing: refuse}"),
             calling = states_with(", tolerable: {until: 3 workdays, trust: [A], if_missing: incident}");
    print_message("%llu states; with a late material that refuses %llu, that calls an operator %llu\n", (unsigned long long)with_it,
                  (unsigned long long)refusing, (unsigned long long)calling);
    assert_true(refusing > with_it);
    assert_true(calling > refusing);   /* a state more: missed, and still at work */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_leaving_orders_out_loses_nothing),
                                       cmocka_unit_test(test_what_may_come_later_is_tried_in_time_and_late)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
