/* What is personal within free text. */
#include "privacy/mask.h"

enum { CITIZEN_ID = 18, MOBILE = 11 };

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_wordy(char c) { return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

/* How long a run of digits (the last of 18 may be X) stands at `at`, when nothing wordy stands beside it; 0: none that is masked. */
static size_t number_length(struct text t, size_t at) {
    size_t length = 0;
    if (at > 0 && is_wordy(t.at[at - 1]))
        return 0;
    while (at + length < t.length && is_digit(t.at[at + length]))
        length++;
    if (length == CITIZEN_ID - 1 && at + length < t.length && (t.at[at + length] == 'X' || t.at[at + length] == 'x'))
        length++;
    if (at + length < t.length && is_wordy(t.at[at + length]))
        return 0;
    return length == CITIZEN_ID || (length == MOBILE && t.at[at] == '1') ? length : 0;
}

static const struct text *name_at(struct text t, size_t at, const struct text *names, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (text_code_points(names[i]) > 1 && names[i].length <= t.length - at &&
            memcmp(t.at + at, names[i].at, names[i].length) == 0)
            return &names[i];
    return NULL;
}

struct text mask_words(struct arena *arena, struct text t, const struct text *names, uint32_t count) {
    if (text_is_none(t))
        return t;
    struct buffer out;
    buffer_init(&out, t.length * 2 + 64);
    for (size_t i = 0; i < t.length;) {
        size_t length = number_length(t, i);
        const struct text *name = length ? NULL : name_at(t, i, names, count);
        if (length) {
            mask_put(&out, length == CITIZEN_ID ? MASK_ID : MASK_PHONE, text_span(t.at + i, length));
        } else if (name) {
            length = name->length;
            mask_put(&out, MASK_NAME, *name);
        } else {
            length = 1;
            buffer_put_byte(&out, t.at[i]);
        }
        i += length;
    }
    struct text masked = out.failed ? TEXT_NONE : text_copy(arena, buffer_text(&out));
    buffer_free(&out);
    return masked;
}
