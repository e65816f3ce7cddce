/* YAML as someone writes it: a definition, a directory of departments, a script. Faults have their places; what compiles
 * has a canonical form that compiles to the same hash, is no different from itself, can be drawn, and given back. */
#include "fuzz.h"

#include "definition/definition.h"
#include "model/limits.h"

static struct arena setting;                      /* for the whole run */
static const struct directory *directory;
static const struct definition *other;            /* to compare with */

static enum outcome read_file(void *context, struct text path, struct arena *arena, struct text *ret, struct error *error) {
    const char *const folders[] = {context ? "tests/fixtures/definition" : "tests/fuzz/definition", "."};
    char name[512];
    for (size_t i = 0; i < 2 && path.length < 256 && !memmem(path.at, path.length, "..", 2); i++) {
        snprintf(name, sizeof name, "%s/%s/%.*s", YJS_SOURCE_DIR, folders[i], TEXT_ARG(path));
        FILE *file = path.length > 5 && text_ends_with(path, ".json") ? fopen(name, "re") : NULL;
        if (!file)
            continue;
        char *content = arena_alloc(arena, 1 << 18);
        *ret = text_span(content, content ? fread(content, 1, 1 << 18, file) : 0);
        fclose(file);
        return OUTCOME_OK;
    }
    return error_set(error, OUTCOME_REJECT, "not_there", "no such file");
}

static const struct definition *find_thing(void *context, struct text thing, struct text hash) {
    static const struct definition leaf = {.thing = {"leaf", 4}, .hash = {"0123", 4}};
    (void)context;
    (void)hash;
    return text_is(thing, "leaf") ? &leaf : text_equal(thing, other->thing) ? other : NULL;
}

static const struct source_reader reader = {NULL, read_file};

static struct text read_whole(const char *name) {
    FILE *file = fopen(name, "re");
    char *content = arena_alloc(&setting, 1 << 18);
    FUZZ_CHECK(file && content, "%s is not there", name);
    struct text whole = text_span(content, fread(content, 1, 1 << 18, file));
    fclose(file);
    return whole;
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    struct fault_list faults;
    struct error error = {0};
    (void)argc;
    (void)argv;
    arena_init(&setting, (size_t)256 << 20);
    FUZZ_CHECK(directory_compile(&setting, read_whole(YJS_SOURCE_DIR "/tests/fuzz/definition/departments.yaml"), TEXT("d.yaml"), &faults,
                                 &directory, &error) == OUTCOME_OK, "%s", error.message);
    struct source_reader fixtures = {&setting, read_file};
    struct definition_context context = {.reader = &fixtures, .directory = directory};
    FUZZ_CHECK(definition_compile(&setting, read_whole(YJS_SOURCE_DIR "/tests/fixtures/definition/design_example.yaml"), TEXT("o.yaml"),
                                  &context, &faults, &other, &error) == OUTCOME_OK, "%s", error.message);
    return 0;
}

static void check_faults(struct arena *arena, const struct fault_list *faults, enum outcome outcome) {
    struct buffer out;
    FUZZ_CHECK(outcome != OUTCOME_FATAL, "compiling ends with fatal");
    FUZZ_CHECK((outcome == OUTCOME_OK) == (faults->error_count == 0), "%s with %u errors", outcome_name(outcome), faults->error_count);
    FUZZ_CHECK(faults->count <= DEFINITION_FAULTS_MOST, "too many faults");
    for (uint32_t i = 0; i < faults->count; i++)
        FUZZ_CHECK(faults->at[i].message.length > 0 && faults->at[i].remedy.length > 0, "%s says nothing", faults->at[i].code);
    buffer_init(&out, 64 << 20);
    fault_list_write_json(faults, &out);
    FUZZ_CHECK(!out.failed, "the list of faults does not fit");
    fuzz_check_json(arena, buffer_text(&out), "fault_list_write_json");
    buffer_clear(&out);
    fault_list_write_text(faults, &out);
    FUZZ_CHECK(!out.failed && text_is_utf8(buffer_text(&out)), "the list of faults is no UTF-8");
    buffer_free(&out);
}

static void check_same(struct arena *arena, const struct definition *definition, const struct definition_context *context) {
    struct fault_list faults;
    struct difference_list differences;
    struct error error = {0};
    const struct definition *again = NULL;
    enum outcome outcome = definition_compile(arena, definition->canonical, TEXT("c.json"), context, &faults, &again, &error);
    FUZZ_CHECK(outcome == OUTCOME_OK, "a canonical form does not compile: %s %s: %.*s", error.code, error.message,
               TEXT_ARG(definition->canonical));
    FUZZ_CHECK(text_equal(definition->hash, again->hash) && text_equal(definition->canonical, again->canonical),
               "a canonical form changes:\n%.*s\n%.*s", TEXT_ARG(definition->canonical), TEXT_ARG(again->canonical));
    FUZZ_CHECK(definition_diff(definition, again, arena, &differences, &error) == OUTCOME_OK && differences.count == 0,
               "a definition differs from itself");
    definition_free(again);
}

static void check_differences(struct arena *arena, const struct definition *definition, struct buffer *out) {
    struct difference_list differences;
    for (int i = 0; i < 2; i++) {
        FUZZ_CHECK(definition_diff(i ? other : definition, i ? definition : other, arena, &differences, NULL) == OUTCOME_OK,
                   "comparing fails");
        buffer_clear(out);
        definition_diff_write_json(&differences, out);
        fuzz_check_json(arena, buffer_text(out), "definition_diff_write_json");
        definition_diff_write_text(&differences, out);
        FUZZ_CHECK(!out->failed && text_is_utf8(buffer_text(out)), "differences are no UTF-8");
    }
}

static void check_drawings(const struct definition *definition, struct buffer *out) {
    static const char *const languages[] = {"zh-Hant", "zh-Hans", "en"};
    for (int i = 0; i < 6; i++) {
        buffer_clear(out);
        definition_graph(definition, i & 1 ? directory : NULL, text_from(languages[i / 2]), (enum graph_format)(i / 2), out);
        FUZZ_CHECK(!out->failed && out->length > 0 && text_is_utf8(buffer_text(out)), "a drawing can't be made");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena;
    struct fault_list faults;
    const struct definition *definition = NULL;
    const struct directory *own = NULL;
    const struct json *script = NULL;
    arena_init(&arena, (size_t)512 << 20);
    struct text source = fuzz_text(&arena, text_span((const char *)data, size));
    struct definition_context context = {.reader = &reader, .directory = directory, .find_thing = find_thing}, bare = {NULL, NULL, NULL, NULL};
    int64_t began_us = fuzz_cpu_us();
    enum outcome outcome = definition_compile(&arena, source, TEXT("t.yaml"), &context, &faults, &definition, NULL);
    FUZZ_CHECK(fuzz_cpu_us() - began_us < 10 * 1000000, "compiling took more than 10 s");
    check_faults(&arena, &faults, outcome);
    if (outcome == OUTCOME_OK) {
        struct buffer out;
        buffer_init(&out, 64 << 20);
        check_same(&arena, definition, &context);
        check_same(&arena, definition, &bare);
        check_differences(&arena, definition, &out);
        check_drawings(definition, &out);
        buffer_free(&out);
    } else {
        check_faults(&arena, &faults, directory_compile(&arena, source, TEXT("d.yaml"), &faults, &own, NULL));
        if (definition_yaml_to_json(&arena, source, TEXT("s.yaml"), &faults, &script, NULL) == OUTCOME_OK) {
            struct buffer out;
            buffer_init(&out, 64 << 20);
            json_write(&out, script);
            fuzz_check_json(&arena, buffer_text(&out), "definition_yaml_to_json");
            buffer_free(&out);
        }
    }
    definition_free(definition);
    arena_free(&arena);
    return 0;
}
