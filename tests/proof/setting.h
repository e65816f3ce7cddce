/* Definitions of the proof's tests, compiled from text, with a form and results of their own. */
#ifndef YJS_TESTS_PROOF_SETTING_H
#define YJS_TESTS_PROOF_SETTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"
#include "definition/definition.h"
#include "proof/proof.h"

#define PROOF_ARENA_BYTES ((size_t)1 << 30)

static const struct { const char *path, *content; } proof_files[] = {
    {"form.json",
     "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"kind\",\"urgent\",\"count\"],\"properties\":{"
     "\"kind\":{\"type\":\"string\",\"enum\":[\"new\",\"old\",\"other\"]},\"urgent\":{\"type\":\"boolean\"},"
     "\"plain\":{\"type\":\"boolean\"},\"post\":{\"type\":\"boolean\"},"
     "\"count\":{\"type\":\"string\",\"enum\":[\"1\",\"2\",\"many\"]},\"day\":{\"type\":\"string\",\"minLength\":1},"
     "\"age\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":120},"
     "\"owners\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"name\"],\"properties\":{\"name\":{\"type\":\"string\"}}}}}}"},
    {"result.json",
     "{\"type\":\"object\",\"required\":[\"clear\",\"level\"],\"properties\":{\"clear\":{\"type\":\"boolean\"},"
     "\"level\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":5},\"number\":{\"type\":\"string\",\"pattern\":\"^[A-Z]{2}[0-9]{4}$\"}}}"},
};

static inline enum outcome proof_read(void *context, struct text path, struct arena *arena, struct text *ret,
                                      struct error *error) {
    (void)context;
    for (size_t i = 0; i < sizeof proof_files / sizeof *proof_files; i++)
        if (text_is(path, proof_files[i].path)) {
            *ret = text_copy(arena, text_from(proof_files[i].content));
            return OUTCOME_OK;
        }
    return error_set(error, OUTCOME_REJECT, "not_there", "no such file");
}

static const char proof_departments[] =
    "groups:\n  - {id: banks, title: {zh-Hant: 銀, zh-Hans: 银, en: Banks}}\n"
    "departments:\n"
    "  - {id: a, title: {zh-Hant: 甲, zh-Hans: 甲, en: A}, offices: [{region: \"441300\"}]}\n"
    "  - {id: b, title: {zh-Hant: 乙, zh-Hans: 乙, en: B}, offices: [{region: \"441300\"}]}\n"
    "  - {id: src, title: {zh-Hant: 源, zh-Hans: 源, en: S}, offices: [{region: \"441300\"}], source: true}\n"
    "  - {id: abc, title: {zh-Hant: 農, zh-Hans: 农, en: ABC}, offices: [{region: \"441300\"}], groups: [banks]}\n";

#define PROOF_HEAD "thing: t\ntitle: {zh-Hant: 一, zh-Hans: 一, en: One}\nform: form.json\nregions: [\"441300\"]\n"

/* NULL: it has faults of the checker's, which were printed. */
static inline const struct definition *proof_compile(struct arena *arena, const char *yaml, const struct directory **ret_directory) {
    static const struct source_reader reader = {NULL, proof_read};
    struct fault_list faults;
    const struct definition *definition = NULL;
    struct text whole = text_format(arena, PROOF_HEAD "%s", yaml);
    if (directory_compile(arena, text_from(proof_departments), TEXT("departments.yaml"), &faults, ret_directory, NULL) != OUTCOME_OK)
        return NULL;
    struct definition_context context = {.reader = &reader, .directory = *ret_directory};
    if (definition_compile(arena, whole, TEXT("t.yaml"), &context, &faults, &definition, NULL) == OUTCOME_OK)
        return definition;
    struct buffer out;
    buffer_init(&out, 1 << 20);
    fault_list_write_text(&faults, &out);
    fprintf(stderr, "%s\n%s", whole.at, buffer_text(&out).at);
    buffer_free(&out);
    return NULL;
}

static inline struct proof_options proof_options_of(const struct definition *definition, const struct directory *directory) {
    struct proof_options options = {.definition = definition, .directory = directory, .states_most = 300000};
    time_parse(TEXT("2026-03-02T09:00:00+08:00"), &options.start_us, NULL);
    return options;
}

#endif
