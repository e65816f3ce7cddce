/* Masks: one table of how many characters of a value are shown, at its beginning and its end. */
#include "privacy/mask.h"

/* Of values of at least `from` characters `first` and `last` are shown. fixed: instead of a star for each of the others. */
struct rule { size_t from, first, last; const char *fixed; };
static const struct { const char *word; struct rule rules[2]; } masks[] = {
    [MASK_WHOLE] = {"", {{0, 0, 0, "***"}}},
    [MASK_NAME] = {"name", {{1, 1, 0, "*"}, {0, 0, 0, "*"}}},
    [MASK_ID] = {"id", {{12, 4, 4, NULL}, {0, 0, 0, NULL}}},
    [MASK_PHONE] = {"phone", {{11, 3, 4, NULL}, {7, 0, 2, NULL}}},
    [MASK_ACCOUNT] = {"account", {{8, 0, 4, NULL}, {0, 0, 0, NULL}}},
    [MASK_ADDRESS] = {"address", {{12, 6, 0, "***"}, {0, 0, 0, "***"}}},
};

enum mask mask_of(struct text word) {
    for (unsigned i = 1; i < sizeof masks / sizeof masks[0]; i++)
        if (text_is(word, masks[i].word))
            return (enum mask)i;
    return MASK_WHOLE;
}

/* The byte at which the n'th character begins. */
static size_t byte_of(struct text value, size_t n) {
    size_t at = 0;
    for (; n > 0 && at < value.length; n--)
        do
            at++;
        while (at < value.length && ((unsigned char)value.at[at] & 0xC0) == 0x80);
    return at;
}

void mask_put(struct buffer *out, enum mask mask, struct text value) {
    static const struct rule nothing = {0, 0, 0, NULL};
    bool sound = text_is_utf8(value);
    size_t count = sound ? text_code_points(value) : value.length;
    const struct rule *rule = &nothing;
    for (int i = 0; sound && i < 2; i++)
        if (count >= masks[mask].rules[i].from && rule == &nothing)
            rule = &masks[mask].rules[i];
    buffer_put(out, value.at, byte_of(value, rule->first));
    if (rule->fixed)
        buffer_put_string(out, rule->fixed);
    for (size_t i = rule->first + rule->last; !rule->fixed && i < count; i++)
        buffer_put_byte(out, '*');
    size_t last = byte_of(value, count - rule->last);
    if (rule->last)
        buffer_put(out, value.at + last, value.length - last);
}

struct text mask_text(struct arena *arena, enum mask mask, struct text value) {
    if (value.length == 0)
        return value;
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, value.length + 8);
    mask_put(&out, mask, value);
    return out.failed ? TEXT_NONE : text_copy(arena, buffer_text(&out));
}

struct text mask_email(struct arena *arena, struct text email) {
    size_t at = text_find(email, '@');
    if (email.length == 0)
        return email;
    if (at == SIZE_MAX || !text_is_utf8(email))
        return TEXT("***");
    return text_format(arena, "%.*s***%.*s", (int)byte_of(email, 1), email.at, (int)(email.length - at), email.at + at);
}
