/* Every fault of the checker by an example: a few lines of YAML, and the codes with their places. */
#include "definition_setting.h"

#include "definition/calendar_file.h"

/* Lines 1 to 3; what a row adds begins in line 4. */
#define HEAD "thing: t\ntitle: {zh-Hant: 一, zh-Hans: 一, en: One}\nform: form.json\n"
#define TASK "steps:\n  - {id: a, department: housing"   /* line 5; to be closed by } */

struct row { const char *says, *yaml, *faults; };
static const struct row rows[] = {
#include "definition_faults_rows.h"
};
static const struct row directory_rows[] = {
#include "directory_faults_rows.h"
};
static const struct row calendar_rows[] = {
#include "calendar_faults_rows.h"
};
enum source_kind { OF_DEFINITION, OF_DIRECTORY, OF_CALENDAR };

static void list_faults(const struct fault_list *faults, struct buffer *out) {
    buffer_clear(out);
    for (uint32_t i = 0; i < faults->count; i++)
        buffer_format(out, "%s%s %u:%u", i ? ", " : "", faults->at[i].code, faults->at[i].line, faults->at[i].column);
}

static bool seen[256];

static void mark_seen(const struct fault_list *faults) {
    for (uint32_t i = 0; i < faults->count; i++) {
        assert_true(faults->at[i].message.length > 0);
        assert_true(faults->at[i].remedy.length > 0);
        for (size_t k = 0; definition_fault_codes[k].code; k++)
            seen[k] |= strcmp(definition_fault_codes[k].code, faults->at[i].code) == 0;
    }
}

static enum outcome compile_row(const struct row *row, enum source_kind kind, struct arena *arena, struct fault_list *faults,
                                const struct definition **ret_definition) {
    const struct directory *directory = NULL;
    const struct calendar *calendar = NULL;
    struct definition_context context = setting_context(arena);
    struct text yaml = text_from(row->yaml);
    switch (kind) {
    case OF_DIRECTORY: return directory_compile(arena, yaml, TEXT("d.yaml"), faults, &directory, NULL);
    case OF_CALENDAR:
        return calendar_compile(arena, TEXT_NONE, &(struct calendar_source){TEXT("c.yaml"), yaml}, 1, faults, &calendar,
                                NULL, NULL);
    default: return definition_compile(arena, yaml, TEXT("t.yaml"), &context, faults, ret_definition, NULL);
    }
}

static bool row_holds(const struct row *row, enum source_kind kind) {
    struct arena arena;
    struct fault_list faults;
    struct buffer out;
    const struct definition *definition = NULL;
    arena_init(&arena, SETTING_ARENA_BYTES);
    buffer_init(&out, 1 << 20);
    enum outcome outcome = compile_row(row, kind, &arena, &faults, &definition);
    list_faults(&faults, &out);
    mark_seen(&faults);
    bool holds = strcmp(buffer_text(&out).at, row->faults) == 0 &&
                 outcome == (faults.error_count == 0 ? OUTCOME_OK : OUTCOME_REJECT);
    if (!holds || getenv("YJS_SHOW_FAULTS")) {
        fprintf(stderr, "%s\n%s  wanted: %s\n  got:    %s\n", row->says, row->yaml, row->faults, buffer_text(&out).at);
        buffer_clear(&out);
        fault_list_write_text(&faults, &out);
        fputs(buffer_text(&out).at, stderr);
    }
    definition_free(definition);
    buffer_free(&out);
    arena_free(&arena);
    return holds;
}

static void test_every_row_has_its_faults_at_their_places(void **state) {
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        wrong += !row_holds(&rows[i], OF_DEFINITION);
    for (size_t i = 0; i < sizeof directory_rows / sizeof *directory_rows; i++)
        wrong += !row_holds(&directory_rows[i], OF_DIRECTORY);
    for (size_t i = 0; i < sizeof calendar_rows / sizeof *calendar_rows; i++)
        wrong += !row_holds(&calendar_rows[i], OF_CALENDAR);
    assert_int_equal(wrong, 0);
}

/* Made by a program, being too long to write down. */
static void test_what_is_too_large_is_refused_by_its_limit(void **state) {
    (void)state;
    static const struct { const char *says, *before, *unit, *after; int count; const char *code; } large[] = {
        {"too many steps", HEAD "steps:\n", "  - {id: s%d, department: housing}\n", "", 1025, "too_many_steps"},
        {"nested too deep", HEAD "x: ", "[", "", 80, "yaml_depth"},
        {"too many values", HEAD "x:\n", "- a\n", "", 200001, "yaml_size"},
        {"too many keys", HEAD "x:\n", "  k%d: a\n", "", 2100, "yaml_size"},
        {"too many faults", HEAD "steps:\n", "  - {id: s%d, department: nobody}\n", "", 600, "too_many_faults"},
        {"too many materials", HEAD "steps:\n  - {id: a, department: housing}\nmaterials:\n", "  - {id: m%d}\n", "", 201, "too_many_materials"},
        {"too many needs", HEAD "steps:\n  - {id: a, department: housing}\n  - id: b\n    department: tax\n    needs:\n",
         "      - a\n", "", 257, "too_many_needs"},
        {"a canonical form that escapes make too large", HEAD TASK ", input: {k: \"", "\\x01", "\"}}\n", 720000,
         "definition_too_large"},
    };
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        struct arena arena;
        struct fault_list faults;
        struct buffer source;
        const struct definition *definition = NULL;
        bool found = false;
        arena_init(&arena, SETTING_ARENA_BYTES);
        buffer_init(&source, 16 << 20);
        buffer_put_string(&source, large[i].before);
        for (int k = 0; k < large[i].count; k++) {
            char room[256];
            const char *number = strstr(large[i].unit, "%d");
            if (number)
                snprintf(room, sizeof room, "%.*s%d%s", (int)(number - large[i].unit), large[i].unit, k, number + 2);
            else
                snprintf(room, sizeof room, "%s", large[i].unit);
            buffer_put_string(&source, room);
        }
        buffer_put_string(&source, large[i].after);
        struct definition_context context = setting_context(&arena);
        definition_compile(&arena, buffer_text(&source), TEXT("t.yaml"), &context, &faults, &definition, NULL);
        mark_seen(&faults);
        for (uint32_t k = 0; k < faults.count; k++)
            found |= strcmp(faults.at[k].code, large[i].code) == 0;
        if (!found)
            fprintf(stderr, "%s: no %s\n", large[i].says, large[i].code);
        assert_true(found);
        assert_true(faults.count <= DEFINITION_FAULTS_MOST);
        definition_free(definition);
        buffer_free(&source);
        arena_free(&arena);
    }
}

static void test_calendar_of_several_files_that_contradict_each_other(void **state) {
    (void)state;
    static const struct { const char *first, *second, *before, *faults; } sets[] = {
        {"year: 2026\nbasis: a\nholidays: []\n", "year: 2026\nbasis: b\nholidays: []\n", NULL, "calendar_twice 1:7"},
        {"year: 1990\nbasis: a\nholidays: []\n", "year: 2060\nbasis: b\nholidays: []\n", NULL, "calendar_too_long 0:0"},
        {"year: 2026\nbasis: a\nholidays: []\n", "year: 2027\nbasis: b\nholidays: []\n", "{\"files\":[]}", "bad_canonical 0:0"},
    };
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        struct arena arena;
        struct fault_list faults;
        struct buffer out;
        const struct calendar *calendar;
        const struct calendar_source sources[] = {{TEXT("a.yaml"), text_from(sets[i].first)},
                                                  {TEXT("b.yaml"), text_from(sets[i].second)}};
        arena_init(&arena, SETTING_ARENA_BYTES);
        buffer_init(&out, 1 << 20);
        assert_int_equal(calendar_compile(&arena, text_from(sets[i].before), sources, 2, &faults, &calendar, NULL, NULL),
                         OUTCOME_REJECT);
        list_faults(&faults, &out);
        mark_seen(&faults);
        assert_string_equal(buffer_text(&out).at, sets[i].faults);
        buffer_free(&out);
        arena_free(&arena);
    }
}

static void test_every_code_has_an_example(void **state) {
    (void)state;
    int missing = 0;
    for (size_t i = 0; definition_fault_codes[i].code; i++)
        if (!seen[i]) {
            fprintf(stderr, "no example of %s\n", definition_fault_codes[i].code);
            missing++;
        }
    assert_int_equal(missing, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_has_its_faults_at_their_places),
        cmocka_unit_test(test_what_is_too_large_is_refused_by_its_limit),
        cmocka_unit_test(test_calendar_of_several_files_that_contradict_each_other),
        cmocka_unit_test(test_every_code_has_an_example),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
