/* What a change is called, and which open cases it lets migrate; and drawings that hold every step. */
#include "definition_setting.h"

#define HEAD "thing: t\ntitle: {zh-Hant: 一, zh-Hans: 一, en: One}\nform: form.json\n"
#define STEPS "steps:\n  - {id: a, department: housing}\n  - {id: b, department: tax, needs: [a]}\n"

struct change { const char *says, *before, *after, *codes; };
static const struct change changes[] = {
    {"nothing", HEAD STEPS, HEAD STEPS, ""},
    {"a step behind the last one", HEAD STEPS, HEAD STEPS "  - {id: c, department: gas, needs: [b]}\n", "step_added"},
    {"a step between", HEAD STEPS, HEAD "steps:\n  - {id: a, department: housing}\n  - {id: c, department: gas, needs: [a]}\n  - {id: b, department: tax, needs: [c]}\n",
     "needs_changed!b step_added!b"},
    {"a step gone", HEAD STEPS, HEAD "steps:\n  - {id: a, department: housing}\n", "step_removed!b"},
    {"a step renamed", HEAD STEPS, HEAD "steps:\n  - {id: a, department: housing}\n  - {id: z, department: tax, needs: [a]}\n", "step_renamed!b"},
    {"another department", HEAD STEPS, HEAD "steps:\n  - {id: a, department: tax}\n  - {id: b, department: tax, needs: [a]}\n", "department_changed!a"},
    {"another retry", HEAD STEPS, HEAD "steps:\n  - {id: a, department: housing, retry: {attempts: 3}}\n  - {id: b, department: tax, needs: [a]}\n", "step_changed"},
    {"another promise", HEAD "promise: 5 workdays\n" STEPS, HEAD "promise: 3 workdays\n" STEPS, "promise_changed"},
    {"another title", HEAD STEPS, "thing: t\ntitle: {zh-Hant: 二, zh-Hans: 一, en: One}\nform: form.json\n" STEPS, "title_changed"},
    {"another thing", HEAD STEPS, "thing: u\ntitle: {zh-Hant: 一, zh-Hans: 一, en: One}\nform: form.json\n" STEPS, "thing_renamed!"},
    {"a region more and one less", HEAD "regions: [\"441300\"]\n" STEPS, HEAD "regions: [\"441302\"]\n" STEPS, "region_added region_removed"},
    {"an item's promise", HEAD "items: [{id: i, department: tax, promise: 3 workdays}]\n" STEPS, HEAD "items: [{id: i, department: tax, promise: 2 workdays}]\n" STEPS, "item_changed"},
    {"a material more, required", HEAD STEPS, HEAD "materials: [{id: m, required: true}]\n" STEPS, "material_added!"},
    {"a material more, not required", HEAD STEPS, HEAD "materials: [{id: m}]\n" STEPS, "material_added"},
    {"another form", HEAD STEPS, "thing: t\ntitle: {zh-Hant: 一, zh-Hans: 一, en: One}\nform: {type: object, required: [note], properties: {note: {type: string}, home: {type: object, properties: {unit: {type: string, maxLength: 9}}}}}\n" STEPS,
     "field_removed field_removed field_changed field_removed field_removed field_removed field_removed field_removed field_required!"},
    {"an override", HEAD STEPS, HEAD STEPS "override: {\"441302\": {departments: {tax: gas}}}\n", "override_changed"},
};

static const struct definition *compile(struct arena *arena, const char *source) {
    struct fault_list faults;
    const struct definition *definition = NULL;
    struct error error = {0};
    struct definition_context context = setting_context(arena);
    if (definition_compile(arena, text_from(source), TEXT("t.yaml"), &context, &faults, &definition, &error) != OUTCOME_OK)
        print_error("%s\n", error.message);
    assert_non_null(definition);
    return definition;
}

static void test_a_change_is_named_and_says_who_could_migrate(void **state) {
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct arena arena;
        struct difference_list list;
        struct buffer out;
        arena_init(&arena, SETTING_ARENA_BYTES);
        buffer_init(&out, 1 << 20);
        const struct definition *before = compile(&arena, changes[i].before), *after = compile(&arena, changes[i].after);
        assert_int_equal(definition_diff(before, after, &arena, &list, NULL), OUTCOME_OK);
        for (uint32_t k = 0; k < list.count; k++) {
            buffer_format(&out, "%s%s", k ? " " : "", list.at[k].code);
            if (list.at[k].blocks)
                buffer_format(&out, "!%.*s", TEXT_ARG(list.at[k].step));
        }
        if (strcmp(buffer_text(&out).at, changes[i].codes) != 0) {
            wrong++;
            print_error("%s\n  wanted %s\n  got    %s\n", changes[i].says, changes[i].codes, buffer_text(&out).at);
        }
        buffer_clear(&out);
        definition_diff_write_text(&list, &out);
        assert_true(out.length > 0 && !out.failed);
        buffer_clear(&out);
        definition_diff_write_json(&list, &out);
        struct json value;
        assert_int_equal(json_read(&arena, buffer_text(&out), 8, &value, NULL), OUTCOME_OK);
        definition_free(before);
        definition_free(after);
        buffer_free(&out);
        arena_free(&arena);
    }
    assert_int_equal(wrong, 0);
}

static void test_every_step_stands_in_every_drawing(void **state) {
    (void)state;
    static const char source[] =
        HEAD "promise: 5 workdays\nsteps:\n  - {id: a, department: housing, title: {zh-Hant: \"<甲> & \\\"乙\\\"\", zh-Hans: 甲, en: A}}\n"
        "  - {id: b, department: tax, needs: [a], when: {field: form.utilities, has: gas}}\n"
        "  - {id: c, kind: wait, signal: paid, needs: [a]}\n"
        "  - {id: d, department: tax, needs: [a, b, c], join: any}\n"
        "  - {id: end, department: {group: banks, is: \"${ .n.c }\"}, needs: [d], each: {in: \"${ .form.owners }\", as: n, gather: {all: true, deadline: 1 workday, then: partial}}}\n";
    struct arena arena;
    arena_init(&arena, SETTING_ARENA_BYTES);
    const struct definition *definition = compile(&arena, source);
    for (int format = GRAPH_MERMAID; format <= GRAPH_SVG; format++) {
        struct buffer out;
        buffer_init(&out, 1 << 20);
        definition_graph(definition, setting_directory(&arena), TEXT("zh-Hant"), (enum graph_format)format, &out);
        assert_false(out.failed);
        for (uint16_t i = 0; i < definition->step_count; i++) {
            char id[80], mark[100];
            snprintf(id, sizeof id, "%.*s", TEXT_ARG(definition->steps[i].id));
            snprintf(mark, sizeof mark, format == 0 ? "s_%s" : format == 1 ? "\"%s\"" : "step-%s", id);
            assert_non_null(strstr(out.at, mark));
        }
        assert_null(format == GRAPH_SVG ? strstr(out.at, "<甲>") : NULL);
        assert_non_null(strstr(out.at, "utilities has gas"));
        buffer_free(&out);
    }
    definition_free(definition);
    arena_free(&arena);
}

static void test_a_large_definition_is_drawn_within_its_bounds(void **state) {
    (void)state;
    struct arena arena;
    struct buffer source, out;
    arena_init(&arena, SETTING_ARENA_BYTES);
    buffer_init(&source, 1 << 22);
    buffer_init(&out, 64 << 20);
    buffer_put_string(&source, HEAD "steps:\n");
    for (int i = 0; i < 1024; i++) {
        buffer_format(&source, "  - {id: s%d, department: tax, needs: [", i);
        for (int k = 1; k <= 4 && i - k * k >= 0; k++)
            buffer_format(&source, "%ss%d", k > 1 ? ", " : "", i - k * k);
        buffer_put_string(&source, "]}\n");
    }
    const struct definition *definition = compile(&arena, buffer_text(&source).at);
    definition_graph(definition, NULL, TEXT("en"), GRAPH_SVG, &out);
    assert_false(out.failed);
    definition_free(definition);
    buffer_free(&source);
    buffer_free(&out);
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_change_is_named_and_says_who_could_migrate),
        cmocka_unit_test(test_every_step_stands_in_every_drawing),
        cmocka_unit_test(test_a_large_definition_is_drawn_within_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
