/* Base64 by hand, as it is a screen: no library of ours has it below libpq and OpenSSL. */
#include "base/base64.h"

static int sextet(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_is(struct text t) {
    size_t padding = 0;
    while (padding < 2 && padding < t.length && t.at[t.length - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i + padding < t.length; i++)
        if (sextet(t.at[i]) < 0)
            return false;
    return t.length % 4 == 0;
}

struct text base64_decode(struct arena *arena, struct text t) {
    if (text_is_none(t))
        return TEXT_NONE;
    char *room = arena_alloc(arena, t.length / 4 * 3 + 1);
    size_t out = 0;
    uint32_t bits = 0, count = 0;
    for (size_t i = 0; room && i < t.length && t.at[i] != '='; i++) {
        bits = bits << 6 | (uint32_t)sextet(t.at[i]);
        count += 6;
        if (count >= 8) {
            count -= 8;
            room[out++] = (char)(bits >> count & 0xff);
        }
    }
    return room ? text_span(room, out) : TEXT_NONE;
}

void base64_write(struct buffer *out, struct text bytes) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes.length; i += 3) {
        size_t left = bytes.length - i;
        uint32_t three = (uint32_t)(unsigned char)bytes.at[i] << 16;
        three |= left > 1 ? (uint32_t)(unsigned char)bytes.at[i + 1] << 8 : 0;
        three |= left > 2 ? (uint32_t)(unsigned char)bytes.at[i + 2] : 0;
        buffer_put_byte(out, alphabet[three >> 18]);
        buffer_put_byte(out, alphabet[three >> 12 & 63]);
        buffer_put_byte(out, left > 1 ? alphabet[three >> 6 & 63] : '=');
        buffer_put_byte(out, left > 2 ? alphabet[three & 63] : '=');
    }
}

bool bytes_are_text(struct text bytes) { return text_is_utf8(bytes) && text_find(bytes, '\0') == SIZE_MAX; }

void json_put_bytes(struct json_writer *w, struct text bytes) {
    if (text_is_none(bytes) || bytes_are_text(bytes)) {
        json_put_text(w, bytes);
        return;
    }
    json_open(w, '{');
    json_key(w, TEXT("base64"));
    buffer_put_byte(w->out, '"');
    base64_write(w->out, bytes);
    buffer_put_byte(w->out, '"');
    json_close(w, '}');
}

bool json_get_bytes(struct arena *arena, const struct json *value, struct text *ret) {
    if (!value || value->type == JSON_NULL) {
        *ret = TEXT_NONE;
        return true;
    }
    if (value->type == JSON_STRING) {
        *ret = value->text;
        return true;
    }
    struct text encoded = json_get_text(value, TEXT("base64"));
    if (text_is_none(encoded) || !base64_is(encoded))
        return false;
    *ret = base64_decode(arena, encoded);
    return !text_is_none(*ret);
}
