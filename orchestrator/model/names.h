/* Names of enums as tables: index = value. For model/ alone. */
#ifndef YJS_MODEL_NAMES_H
#define YJS_MODEL_NAMES_H

#include "base/text.h"

#define NAMES_COUNT(table) (sizeof(table) / sizeof((table)[0]))

static inline const char *names_of(const char *const *table, size_t count, size_t value) {
    return value < count && table[value] ? table[value] : "unknown";
}
static inline bool names_find(const char *const *table, size_t count, struct text name, size_t *ret) {
    for (size_t i = 0; i < count; i++)
        if (table[i] && text_is(name, table[i])) {
            *ret = i;
            return true;
        }
    return false;
}

/* `const char *prefix_name(enum)` and `bool prefix_parse(struct text, enum *)` over a table. */
#define NAMES_DEFINE(enum_, name_, parse_, table)                                 \
    const char *name_(enum enum_ value) { return names_of(table, NAMES_COUNT(table), (size_t)value); } \
    bool parse_(struct text name, enum enum_ *ret) {                              \
        size_t value;                                                             \
        if (!names_find(table, NAMES_COUNT(table), name, &value))                 \
            return false;                                                         \
        *ret = (enum enum_)value;                                                 \
        return true;                                                              \
    }

#endif
