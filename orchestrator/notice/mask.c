/* Masks: enough to know oneself, too little for anybody else. */
#include "notice/mask.h"

enum { CITIZEN_ID = 18, MOBILE = 11 };

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_wordy(char c) { return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

/* Bytes of the first code point of well-formed UTF-8. */
static size_t first_length(struct text t) {
    unsigned char c = t.length ? (unsigned char)t.at[0] : 0;
    size_t length = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    return length < t.length ? length : t.length;
}

struct text mask_name(struct arena *arena, struct text name) {
    if (name.length == 0)
        return name;
    return text_format(arena, "%.*s*", (int)first_length(name), name.at);
}

struct text mask_phone(struct arena *arena, struct text phone) {
    if (text_is_none(phone))
        return phone;
    if (phone.length < MOBILE)
        return text_format(arena, "****%.*s", phone.length < 2 ? 0 : 2, phone.at + (phone.length < 2 ? 0 : phone.length - 2));
    return text_format(arena, "%.*s****%.*s", (int)phone.length - 8, phone.at, 4, phone.at + phone.length - 4);
}

struct text mask_email(struct arena *arena, struct text email) {
    size_t at = text_find(email, '@');
    if (email.length == 0)
        return email;
    if (at == SIZE_MAX)
        return TEXT("***");
    return text_format(arena, "%.*s***%.*s", (int)first_length(email), email.at, (int)(email.length - at), email.at + at);
}

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
        if (names[i].length > first_length(names[i]) && names[i].length <= t.length - at &&
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
            size_t head = length == CITIZEN_ID ? 4 : 3;
            buffer_put(&out, t.at + i, head);
            for (size_t k = head; k < length - 4; k++)
                buffer_put_byte(&out, '*');
            buffer_put(&out, t.at + i + length - 4, 4);
        } else if (name) {
            length = name->length;
            buffer_put(&out, t.at + i, first_length(*name));
            buffer_put_byte(&out, '*');
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
