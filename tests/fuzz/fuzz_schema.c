/* Two parts: a JSON Schema and a document; a third, another JSON Schema to compare with. Compiling names its faults; validating says twice the same, with and without
 * reasons, each with a place in the document; comparing with itself ends; all within bounded time, whatever the pattern. */
#include "fuzz.h"

#include "wire/schema.h"

enum { STEPS = 400000, SECONDS_MOST = 4 };   /* a part of what the program allows; sanitizers are slow */

static void check_faults(const struct schema_fault_list *faults, const struct json *in, bool whole) {
    for (size_t i = 0; i < faults->count; i++) {
        const struct schema_fault *fault = &faults->fault[i];
        FUZZ_CHECK(fault->code && fault->message.length > 0 && text_is_utf8(fault->message), "a fault without its message");
        FUZZ_CHECK(!whole || json_pointer(in, fault->at), "a fault at %.*s, where nothing is", TEXT_ARG(fault->at));
    }
}

static void check_document(struct arena *arena, const struct schema *schema, struct text source) {
    struct json document;
    struct schema_fault_list faults = {.most = 0};
    if (json_read(arena, source, 64, &document, NULL) != OUTCOME_OK)
        return;
    int64_t began_us = fuzz_cpu_us();
    enum outcome outcome = schema_validate(schema, &document, arena, &faults);
    FUZZ_CHECK(fuzz_cpu_us() - began_us < SECONDS_MOST * 1000000, "validating took more than %d s", SECONDS_MOST);
    FUZZ_CHECK(outcome == OUTCOME_OK ? faults.count == 0 : outcome == OUTCOME_REJECT && faults.count > 0,
               "%s with %zu faults", outcome_name(outcome), faults.count);
    FUZZ_CHECK(faults.count <= SCHEMA_FAULTS_MOST, "more faults than wanted");
    check_faults(&faults, &document, true);
    /* Without reasons it may stop earlier, so it can decide what ran out of steps; otherwise it says the same. */
    bool worked_out = faults.count && strcmp(faults.fault[faults.count - 1].code, "schema_work") == 0;
    enum outcome verdict = schema_validate(schema, &document, arena, NULL);
    FUZZ_CHECK(worked_out || verdict == outcome, "without reasons the verdict is %s, with them %s", outcome_name(verdict),
               outcome_name(outcome));
}

static void compare(struct arena *arena, const struct schema *before, struct text source) {
    struct json document;
    struct schema *after = NULL;
    struct schema_options options = {.strict = true, .steps_most = STEPS};
    struct schema_fault_list changes = {.most = 0};
    if (json_read(arena, source, 64, &document, NULL) != OUTCOME_OK ||
        schema_compile(arena, &document, &options, NULL, &after, NULL) != OUTCOME_OK)
        return;
    int64_t began_us = fuzz_cpu_us();
    enum outcome outcome = schema_compatible(before, after, arena, &changes);
    FUZZ_CHECK(fuzz_cpu_us() - began_us < 15 * 1000000, "comparing took more than 15 s");
    FUZZ_CHECK(outcome == OUTCOME_OK ? changes.count == 0 : outcome == OUTCOME_REJECT && changes.count > 0, "comparing: %s, %zu changes",
               outcome_name(outcome), changes.count);
    check_faults(&changes, NULL, false);
    schema_free(after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena;
    struct text rest = text_span((const char *)data, size);
    struct json document;
    struct schema *schema = NULL;
    struct error error = {0};
    arena_init(&arena, (size_t)512 << 20);
    struct text source = fuzz_text(&arena, fuzz_cut(&rest));
    if (json_read(&arena, source, 64, &document, NULL) == OUTCOME_OK) {
        struct schema_options options = {.base_uri = TEXT("schemas/t/form.json"), .steps_most = STEPS};
        struct schema_fault_list faults = {.most = 0};
        int64_t began_us = fuzz_cpu_us();
        enum outcome outcome = schema_compile(&arena, &document, &options, &faults, &schema, &error);
        FUZZ_CHECK(fuzz_cpu_us() - began_us < SECONDS_MOST * 1000000, "compiling took more than %d s", SECONDS_MOST);
        FUZZ_CHECK(outcome == OUTCOME_OK || (outcome == OUTCOME_REJECT && faults.count > 0), "compiling ends with %s, %zu faults",
                   outcome_name(outcome), faults.count);
        check_faults(&faults, &document, false);
        if (outcome == OUTCOME_OK) {
            check_document(&arena, schema, fuzz_text(&arena, fuzz_cut(&rest)));
            if (rest.length > 0)
                compare(&arena, schema, fuzz_text(&arena, rest));
        }
        schema_free(schema);
    }
    arena_free(&arena);
    return 0;
}
