/* JSON pointers (RFC 6901) and relative ones (draft-handrews-relative-json-pointer-01). */
#include "wire/schema_format.h"

bool format_is_json_pointer(struct text t, const char **why) {
    if (t.length && t.at[0] != '/')
        return format_refuse(why, "a JSON pointer is empty or begins with /");
    for (size_t i = 0; i < t.length; i++)
        if (t.at[i] == '~' && (i + 1 == t.length || (t.at[i + 1] != '0' && t.at[i + 1] != '1')))
            return format_refuse(why, "a ~ in a JSON pointer is written ~0, a / within a name ~1");
    return true;
}

bool format_is_relative_json_pointer(struct text t, const char **why) {
    size_t digits = 0;
    while (digits < t.length && t.at[digits] >= '0' && t.at[digits] <= '9')
        digits++;
    if (digits == 0 || (digits > 1 && t.at[0] == '0'))
        return format_refuse(why, "a relative JSON pointer begins with a number without leading zero");
    struct text rest = text_part(t, digits, t.length - digits);
    return text_is(rest, "#") || format_is_json_pointer(rest, why);
}
