/* Flat structs <-> JSON objects by a table: one row a field. Used by event_codec.c and input_codec.c alone. */
#ifndef YJS_WIRE_CODEC_H
#define YJS_WIRE_CODEC_H

#include <stddef.h>

#include "base/arena.h"
#include "base/json.h"

enum codec_kind { CODEC_TEXT, CODEC_JSON, CODEC_INT32, CODEC_UINT32, CODEC_TIME, CODEC_BOOL, CODEC_NAME };

struct codec_field {
    const char *name;
    enum codec_kind kind;
    size_t offset;                                /* of the member in the struct */
    int64_t absent;                               /* numbers and enums: the value that is left out */
    const char *(*name_of)(unsigned value);       /* CODEC_NAME: an enum by its name */
    bool (*parse)(struct text, unsigned *ret);
};

/* The two functions of a row whose member is `enum type_`. */
#define CODEC_ENUM(type_, name_, parse_)                                                       \
    static const char *type_##_name_of(unsigned value) { return name_((enum type_)value); }    \
    static bool type_##_parse_of(struct text t, unsigned *ret) {                               \
        enum type_ value;                                                                      \
        if (!parse_(t, &value))                                                                \
            return false;                                                                      \
        *ret = (unsigned)value;                                                                \
        return true;                                                                           \
    }

/* Members of `from` that are not absent, in the table's order, into the object that is open in `w`. */
void codec_write(struct json_writer *w, const struct codec_field *fields, size_t count, const void *from);
/* One member's value into the struct; false when it is of another type or out of range. Texts point into the value's
 * source or the arena. */
bool codec_read(struct arena *, const struct codec_field *, const struct json *value, void *into);
/* The row of `key`, looked for from *next on, around: a reader that meets members in the table's order finds each at
 * once. NULL when there is none. */
const struct codec_field *codec_find(const struct codec_field *fields, size_t count, size_t *next, struct text key);

#endif
