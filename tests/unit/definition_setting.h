/* What the tests of definition/ compile against: a few schemas and departments held in memory, and published things. */
#ifndef YJS_TESTS_DEFINITION_SETTING_H
#define YJS_TESTS_DEFINITION_SETTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "definition/definition.h"

#define SETTING_ARENA_BYTES ((size_t)256 << 20)

static const struct { const char *path, *content; } setting_files[] = {
    {"form.json",
     "{\"type\":\"object\",\"required\":[\"home\"],\"properties\":{"
     "\"home\":{\"type\":\"object\",\"required\":[\"unit\"],\"properties\":{"
     "\"unit\":{\"type\":\"string\"},\"area\":{\"type\":\"number\"},\"open\":{\"properties\":{\"known\":{}},\"additionalProperties\":true}},"
     "\"additionalProperties\":false},"
     "\"utilities\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"enum\":[\"water\",\"power\",\"gas\"]}},"
     "\"owners\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/definitions/person\"}},"
     "\"urgent\":{\"type\":\"boolean\"},\"note\":{\"type\":\"string\"},"
     "\"way\":{\"oneOf\":[{\"properties\":{\"post\":{\"type\":\"string\"}}},{\"properties\":{\"fetch\":{\"type\":\"string\"}}}]}},"
     "\"additionalProperties\":false,"
     "\"definitions\":{\"person\":{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"}}}}}"},
    {"personal.json",
     "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\",\"x-personal\":true},"
     "\"phone\":{\"type\":\"string\",\"x-personal\":true}}}"},
    {"result.json", "{\"type\":\"object\",\"properties\":{\"number\":{\"type\":\"string\"},"
                    "\"banks\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"code\":{\"type\":\"string\"}}}}}}"},
    {"input.json", "{\"type\":\"object\",\"required\":[\"unit\"],\"properties\":{\"unit\":{\"type\":\"string\"},"
                   "\"area\":{\"type\":\"string\"}},\"additionalProperties\":false}"},
    {"item_a.json", "{\"type\":\"object\",\"properties\":{\"note\":{\"type\":\"string\",\"title\":\"x\"}}}"},
    {"item_b.json", "{\"type\":\"object\",\"properties\":{\"note\":{\"type\":\"string\",\"maxLength\":5}}}"},
    {"item_c.json", "{\"type\":\"object\",\"properties\":{\"colour\":{\"type\":\"string\"}}}"},
    {"apart/outer.json", "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"../shared.json#/definitions/a\"}}}"},
    {"shared.json", "{\"definitions\":{\"a\":{\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"string\"}}}}}"},
    {"broken.json", "{\"type\":"},
    {"wrong.json", "{\"type\":\"strng\"}"},
};

static inline enum outcome setting_read(void *context, struct text path, struct arena *arena, struct text *ret,
                                        struct error *error) {
    (void)context;
    for (size_t i = 0; i < sizeof setting_files / sizeof *setting_files; i++)
        if (text_is(path, setting_files[i].path)) {
            *ret = text_copy(arena, text_from(setting_files[i].content));
            return OUTCOME_OK;
        }
    return error_set(error, OUTCOME_REJECT, "not_there", "no such file");
}

static const char setting_departments[] =
    "groups:\n"
    "  - {id: banks, title: {zh-Hant: 銀行, zh-Hans: 银行, en: Banks}, fallback: hall}\n"
    "departments:\n"
    "  - {id: housing, title: {zh-Hant: 住建, zh-Hans: 住建, en: Housing}, offices: [{region: \"441300\"}]}\n"
    "  - {id: tax, title: {zh-Hant: 稅務, zh-Hans: 税务, en: Tax}, offices: [{region: \"441300\"}, {region: \"441302\"}]}\n"
    "  - {id: gas, title: {zh-Hant: 燃氣, zh-Hans: 燃气, en: Gas}, offices: [{region: \"441300\"}], fields: [home.unit], materials: [deed]}\n"
    "  - {id: icbc, title: {zh-Hant: 工行, zh-Hans: 工行, en: ICBC}, offices: [{region: \"441300\", adapter: false}], groups: {banks: \"102\"}}\n"
    "  - {id: abc, title: {zh-Hant: 農行, zh-Hans: 农行, en: ABC}, offices: [{region: \"441300\"}], groups: [banks]}\n"
    "  - {id: licences, title: {zh-Hant: 證照, zh-Hans: 证照, en: Licences}, offices: [{region: \"441300\"}], source: true}\n"
    "  - {id: hall, title: {zh-Hant: 大廳, zh-Hans: 大厅, en: Hall}, offices: [{region: \"441300\"}]}\n";

static inline const struct directory *setting_directory(struct arena *arena) {
    struct fault_list faults;
    struct error error = {0};
    const struct directory *directory = NULL;
    enum outcome outcome =
        directory_compile(arena, text_from(setting_departments), TEXT("departments.yaml"), &faults, &directory, &error);
    if (outcome != OUTCOME_OK)
        print_error("%s\n", error.message);
    assert_int_equal(outcome, OUTCOME_OK);
    return directory;
}

/* Published: `leaf` (no sub-things), `looped`, which runs a thing `t`, and `deep`, a chain of sub-cases. */
static inline const struct definition *setting_find(void *context, struct text thing, struct text hash) {
    static const struct thing_reference back = {{"t", 1}, {"00", 2}};
    static const struct definition leaf = {.thing = {"leaf", 4}, .hash = {"0123", 4}};
    static const struct definition looped = {.thing = {"looped", 6}, .hash = {"4567", 4}, .thing_count = 1, .things = &back};
    /* deep runs deep (an older one, by its hash) and so on without end */
    static const struct thing_reference deeper = {{"deep", 4}, {"89", 2}};
    static const struct definition deep = {.thing = {"deep", 4}, .hash = {"89", 2}, .thing_count = 1, .things = &deeper};
    (void)context;
    (void)hash;
    return text_is(thing, "leaf") ? &leaf : text_is(thing, "looped") ? &looped : text_is(thing, "deep") ? &deep : NULL;
}

static const struct source_reader setting_reader = {NULL, setting_read};

static inline struct definition_context setting_context(struct arena *arena) {
    return (struct definition_context){.reader = &setting_reader, .directory = setting_directory(arena),
                                       .find_thing = setting_find};
}

#endif
