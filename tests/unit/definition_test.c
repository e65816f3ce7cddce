/* A definition without fault: what the engine will read, the same from the source and from its canonical form; regional
 * variants; limits. */
#include "definition_setting.h"

#include "definition/limit.h"
#include "expression/expression.h"

static struct text file(struct arena *arena, const char *name) {
    char path[1024];
    static char content[1 << 20];
    snprintf(path, sizeof path, YJS_SOURCE_DIR "/tests/fixtures/definition/%s", name);
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return TEXT_NONE;
    size_t length = fread(content, 1, sizeof content, stream);
    fclose(stream);
    return text_copy(arena, text_span(content, length));
}

static enum outcome fixture_read(void *context, struct text path, struct arena *arena, struct text *ret,
                                 struct error *error) {
    char name[256];
    (void)context;
    snprintf(name, sizeof name, "%.*s", TEXT_ARG(path));
    *ret = file(arena, name);
    return ret->at ? OUTCOME_OK : error_set(error, OUTCOME_REJECT, "not_there", "no such file");
}

static const struct source_reader fixture_reader = {NULL, fixture_read};

static const struct definition *compile_example(struct arena *arena, const struct directory **ret_directory) {
    struct fault_list faults;
    struct buffer out;
    const struct definition *definition = NULL;
    const struct directory *directory = NULL;
    buffer_init(&out, 1 << 20);
    assert_int_equal(directory_compile(arena, file(arena, "departments.yaml"), TEXT("departments.yaml"), &faults,
                                       &directory, NULL), OUTCOME_OK);
    struct definition_context context = {.reader = &fixture_reader, .directory = directory};
    definition_compile(arena, file(arena, "design_example.yaml"), TEXT("design_example.yaml"), &context, &faults,
                       &definition, NULL);
    fault_list_write_text(&faults, &out);
    assert_string_equal(buffer_text(&out).at, "");
    buffer_free(&out);
    if (ret_directory)
        *ret_directory = directory;
    return definition;
}

static const struct step_definition *step_of(const struct definition *definition, const char *id) {
    uint16_t index = definition_find_step(definition, text_from(id));
    assert_int_not_equal(index, NO_INDEX);
    return &definition->steps[index];
}

static void test_the_designs_example_compiles_without_fault(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, SETTING_ARENA_BYTES);
    const struct definition *d = compile_example(&arena, NULL);
    assert_int_equal(d->step_count, 8);   /* with the lookup of the title deed */
    assert_int_equal(d->fetch_count, 1);
    assert_int_equal(d->promise.amount, 10);
    const struct step_definition *title = step_of(d, "title_transfer");
    assert_int_equal(title->need_count, 2);
    assert_int_equal(title->retry.attempts, 8);
    assert_int_equal(title->retry.most_us, INT64_C(300000000));
    assert_int_equal(title->material_count, 2);
    assert_true(text_is(title->department.id, "real_estate"));
    assert_true(text_is(title->title.en, "Title transfer"));
    assert_true(d->items[title->item].uncounted_count == 1);
    assert_int_equal(d->items[title->item].correction_within.unit, LIMIT_ON_THE_SPOT);
    const struct step_definition *banks = step_of(d, "bank_check");
    assert_true(banks->is_each);
    assert_true(text_is(banks->each_as, "bank"));
    assert_true(text_is(banks->department.group, "banks"));
    assert_int_equal(banks->gather.mode, JOIN_ALL);
    assert_int_equal(banks->gather.deadline.amount, 3);
    assert_int_equal(step_of(d, "handover")->kind, STEP_DELIVER);
    assert_true(text_is(d->materials[1].tolerable_trust, "AB"));
    for (uint16_t i = 0; i < d->step_count; i++)
        for (uint16_t k = 0; k < d->steps[i].need_count; k++)
            assert_true(d->steps[i].needs[k] < i);
    definition_free(d);
    arena_free(&arena);
}

static void test_canonical_form_compiles_to_the_same_definition_and_hash(void **state) {
    (void)state;
    struct arena arena;
    struct fault_list faults;
    const struct definition *again = NULL;
    arena_init(&arena, SETTING_ARENA_BYTES);
    const struct definition *d = compile_example(&arena, NULL);
    assert_int_equal(definition_compile(&arena, d->canonical, TEXT("canonical"), NULL, &faults, &again, NULL), OUTCOME_OK);
    assert_true(text_equal(d->hash, again->hash));
    assert_int_equal(d->hash.length, 64);
    assert_true(text_equal(d->canonical, again->canonical));
    assert_int_equal(d->step_count, again->step_count);
    for (uint16_t i = 0; i < d->step_count; i++) {
        assert_true(text_equal(d->steps[i].id, again->steps[i].id));
        assert_true(text_equal(d->steps[i].department.id, again->steps[i].department.id));
        assert_true((d->steps[i].result_schema == NULL) == (again->steps[i].result_schema == NULL));
    }
    assert_int_equal(again->override_count, 1);
    definition_free(d);
    definition_free(again);
    arena_free(&arena);
}

static void test_hash_does_not_hang_on_how_the_source_is_written(void **state) {
    (void)state;
    static const char one[] = "thing: t\ntitle: {zh-Hant: 一, zh-Hans: 一, en: One}\nform: form.json\n"
                              "steps:\n  - {id: a, department: housing, priority: 1}\n";
    static const char other[] = "# a comment\nform: \"form.json\"\nthing: 't'\nsteps: [{priority: 1, id: a, department: housing}]\n"
                                "title:\n  en: One\n  zh-Hant: 一\n  zh-Hans: \"\\u4e00\"\n";
    static const char third[] = "thing: t\ntitle: {zh-Hant: 一, zh-Hans: 一, en: One}\nform: form.json\n"
                                "steps:\n  - {id: a, department: housing, priority: 2}\n";
    struct arena arena;
    struct fault_list faults;
    const struct definition *a, *b, *c;
    arena_init(&arena, SETTING_ARENA_BYTES);
    struct definition_context context = setting_context(&arena);
    assert_int_equal(definition_compile(&arena, text_from(one), TEXT("1"), &context, &faults, &a, NULL), OUTCOME_OK);
    assert_int_equal(definition_compile(&arena, text_from(other), TEXT("2"), &context, &faults, &b, NULL), OUTCOME_OK);
    assert_int_equal(definition_compile(&arena, text_from(third), TEXT("3"), &context, &faults, &c, NULL), OUTCOME_OK);
    assert_true(text_equal(a->hash, b->hash));
    assert_false(text_equal(a->hash, c->hash));
    definition_free(a);
    definition_free(b);
    definition_free(c);
    arena_free(&arena);
}

static void test_region_with_an_override_has_other_departments_and_limits(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, SETTING_ARENA_BYTES);
    const struct definition *d = compile_example(&arena, NULL);
    const struct definition *there = definition_for_region(d, TEXT("441302"));
    assert_ptr_equal(definition_for_region(d, TEXT("441300")), d);
    assert_ptr_not_equal(there, d);
    assert_int_equal(there->promise.amount, 8);
    assert_true(text_is(step_of(there, "gas_transfer")->department.id, "gas_company"));
    assert_true(text_is(step_of(d, "gas_transfer")->department.id, "gas"));
    assert_int_equal(there->items[step_of(there, "title_transfer")->item].promise.amount, 3);
    assert_true(text_equal(there->hash, d->hash));
    for (uint16_t i = 0; i < d->step_count; i++)
        assert_true(text_equal(there->steps[i].id, d->steps[i].id));
    definition_free(d);
    arena_free(&arena);
}

static void test_what_a_visit_found_of_an_item_is_read_in_the_canonical_form_too(void **state) {
    (void)state;
    static const char source[] =
        "thing: t\ntitle: {zh-Hant: 一, zh-Hans: 一, en: One}\nform: form.json\nitems: [{id: fire, department: housing}]\nsteps:\n"
        "  - {id: visit, kind: inspection, lead: housing, for: [fire]}\n"
        "  - {id: a, department: housing, needs: [visit], input: {x: \"${ .steps.visit.result.fire.outcome }\"}}\n";
    struct arena arena;
    struct fault_list faults;
    const struct definition *d, *again;
    arena_init(&arena, SETTING_ARENA_BYTES);
    struct definition_context context = setting_context(&arena);
    assert_int_equal(definition_compile(&arena, text_from(source), TEXT("t"), &context, &faults, &d, NULL), OUTCOME_OK);
    assert_int_equal(definition_compile(&arena, d->canonical, TEXT("c"), NULL, &faults, &again, NULL), OUTCOME_OK);
    assert_true(text_equal(d->hash, again->hash));
    definition_free(d);
    definition_free(again);
    arena_free(&arena);
}

static void test_hash_of_a_sub_thing_is_fixed_by_publishing(void **state) {
    (void)state;
    static const char source[] = "thing: t\ntitle: {zh-Hant: 一, zh-Hans: 一, en: One}\nform: form.json\n"
                                 "steps:\n  - {id: a, thing: {name: leaf, form: {}}}\n";
    struct arena arena;
    struct fault_list faults;
    const struct definition *d, *again;
    arena_init(&arena, SETTING_ARENA_BYTES);
    struct definition_context context = setting_context(&arena);
    assert_int_equal(definition_compile(&arena, text_from(source), TEXT("t"), &context, &faults, &d, NULL), OUTCOME_OK);
    assert_int_equal(d->thing_count, 1);
    assert_true(text_is(d->things[0].hash, "0123"));
    assert_int_equal(definition_compile(&arena, d->canonical, TEXT("c"), NULL, &faults, &again, NULL), OUTCOME_OK);
    assert_true(text_is(again->things[0].hash, "0123"));
    assert_true(text_equal(d->hash, again->hash));
    definition_free(d);
    definition_free(again);
    arena_free(&arena);
}

static void test_refused_memory_is_fatal_and_leaks_nothing(void **state) {
    (void)state;
    static const char source[] = "thing: t\ntitle: {zh-Hant: 一, zh-Hans: 一, en: One}\nform: form.json\n"
                                 "steps:\n  - {id: a, department: housing, when: {field: form.utilities, has: gas}, input: {x: \"${ .form.note }\"}}\n";
    struct arena setting;
    arena_init(&setting, SETTING_ARENA_BYTES);
    struct definition_context context = setting_context(&setting);
    enum outcome outcome = OUTCOME_FATAL;
    for (size_t after = 0; outcome != OUTCOME_OK; after++) {
        struct arena arena;
        struct fault_list faults;
        const struct definition *definition = NULL;
        arena_init(&arena, SETTING_ARENA_BYTES);
        memory_fail_after(after);
        outcome = definition_compile(&arena, text_from(source), TEXT("t"), &context, &faults, &definition, NULL);
        memory_fail_after(SIZE_MAX);
        if (outcome == OUTCOME_REJECT)
            print_error("after %zu allocations: %s\n", after, faults.at[0].code);
        assert_int_not_equal(outcome, OUTCOME_REJECT);
        definition_free(definition);
        arena_free(&arena);
        assert_true(after < 1000);
    }
    for (size_t ceiling = 1000; ceiling < 60000; ceiling += 1009) {
        struct arena arena;
        struct fault_list faults;
        const struct definition *definition = NULL;
        arena_init(&arena, ceiling);
        outcome = definition_compile(&arena, text_from(source), TEXT("t"), &context, &faults, &definition, NULL);
        assert_int_not_equal(outcome, OUTCOME_REJECT);
        definition_free(definition);
        arena_free(&arena);
    }
    arena_free(&setting);
}

static void test_limits_are_read_and_written(void **state) {
    (void)state;
    static const struct { const char *text; enum limit_unit unit; int64_t amount; const char *again; } good[] = {
        {"3 workdays", LIMIT_WORKDAYS, 3, NULL}, {"1 workday", LIMIT_WORKDAYS, 1, NULL},
        {"1 workdays", LIMIT_WORKDAYS, 1, "1 workday"}, {"2 half days", LIMIT_HALF_DAYS, 2, NULL},
        {"1 half day", LIMIT_HALF_DAYS, 1, NULL}, {"4 hours", LIMIT_BUSINESS_HOURS, 4, NULL},
        {"20 days", LIMIT_CALENDAR_DAYS, 20, NULL}, {"on the spot", LIMIT_ON_THE_SPOT, 0, NULL},
        {"4h", LIMIT_MICROSECONDS, INT64_C(14400000000), NULL},
        {"until 2026-08-31", LIMIT_UNTIL_DATE, INT64_C(1788192000000000), NULL},   /* 2026-09-01T00:00+08:00 */
        {"2026-08-31", LIMIT_UNTIL_DATE, INT64_C(1788192000000000), "until 2026-08-31"},
    };
    static const char *const bad[] = {"", "3", "workdays", "0 workdays", "-1 days", "03 days", "3  workdays", "3 workdays ",
                                      "3 weeks", "99999 days", "until 2026-02-30", "2026-13-01", "on spot", "0s", "3 Workdays"};
    static const struct { const char *text, *why; } said[] = {
        {"36501 workdays", "too much: a limit is 1 at least and 36500 at most"}, {"99999999999999999999 days", "too much"},
        {"0 hours", "too little"}, {"-3 half days", "too little"}, {"until 2026-02-30", "there is no such day"}, {"1.5 workdays", "is no limit"}};
    char room[LIMIT_TIME_TEXT_SIZE];
    struct limit_time limit;
    struct error error;
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        assert_int_equal(limit_parse(text_from(said[i].text), &limit, &error), OUTCOME_REJECT);
        assert_string_equal(error.code, "bad_limit");
        assert_non_null(strstr(error.message, said[i].why));
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(limit_parse(text_from(good[i].text), &limit, &error), OUTCOME_OK);
        assert_int_equal(limit.unit, good[i].unit);
        assert_int_equal(limit.amount, good[i].amount);
        assert_true(text_is(limit_format(limit, room), good[i].again ? good[i].again : good[i].text));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(limit_parse(text_from(bad[i]), &limit, &error), OUTCOME_REJECT);
        assert_string_equal(error.code, "bad_limit");
    }
}

static void test_a_limit_is_longer_only_where_no_calendar_makes_it_otherwise(void **state) {
    (void)state;
    static const struct { const char *a, *b; bool longer; } rows[] = {
        {"31 workdays", "30 workdays", true}, {"30 workdays", "30 workdays", false}, {"3 half days", "1 workday", true},
        {"2 half days", "1 workday", false}, {"5 workdays", "5 days", false}, {"30 workdays", "10 days", true},
        {"20 days", "10 workdays", false}, {"60 days", "10 workdays", true}, {"1 workday", "on the spot", true},
        {"on the spot", "1 workday", false}, {"until 2026-09-01", "until 2026-08-31", true},
        {"until 2026-09-01", "3 workdays", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct limit_time a, b;
        assert_int_equal(limit_parse(text_from(rows[i].a), &a, NULL), OUTCOME_OK);
        assert_int_equal(limit_parse(text_from(rows[i].b), &b, NULL), OUTCOME_OK);
        assert_int_equal(limit_is_surely_longer(a, b), rows[i].longer);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_designs_example_compiles_without_fault),
        cmocka_unit_test(test_canonical_form_compiles_to_the_same_definition_and_hash),
        cmocka_unit_test(test_what_a_visit_found_of_an_item_is_read_in_the_canonical_form_too),
        cmocka_unit_test(test_hash_does_not_hang_on_how_the_source_is_written),
        cmocka_unit_test(test_region_with_an_override_has_other_departments_and_limits),
        cmocka_unit_test(test_hash_of_a_sub_thing_is_fixed_by_publishing),
        cmocka_unit_test(test_refused_memory_is_fatal_and_leaks_nothing),
        cmocka_unit_test(test_limits_are_read_and_written),
        cmocka_unit_test(test_a_limit_is_longer_only_where_no_calendar_makes_it_otherwise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
