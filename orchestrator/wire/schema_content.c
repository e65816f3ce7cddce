/* Strings that carry something else: base64 (RFC 4648 §4) and JSON, as contentEncoding and contentMediaType say. */
#include "wire/schema_part.h"

#define CONTENT_DEPTH_MOST 64

static int sextet(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool is_base64(struct text t) {
    size_t padding = 0;
    while (padding < 2 && padding < t.length && t.at[t.length - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i + padding < t.length; i++)
        if (sextet(t.at[i]) < 0)
            return false;
    return t.length % 4 == 0;
}

/* `t` is base64. Absent without memory. */
static struct text decode_base64(struct arena *arena, struct text t) {
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

bool validate_content(struct validation *v, const struct schema_keyword *k, const struct json *value,
                      const struct instance_path *path) {
    if (k->kind == KEYWORD_CONTENT_ENCODING)
        return is_base64(value->text) ? true : validate_fault(v, path, k->kind, TEXT_NONE, "the text is no base64");
    struct text content = value->text;
    if (k->decode_first) {
        if (!is_base64(content))
            return true;                              /* contentEncoding has said so */
        content = decode_base64(v->scratch, content);
    }
    struct json ignored;
    struct error error;
    if (text_is_none(content) ||
        json_read(v->scratch, content, CONTENT_DEPTH_MOST, &ignored, &error) == OUTCOME_OK)
        return true;
    return validate_fault(v, path, k->kind, TEXT_NONE, "the text does not hold JSON: %s", error.message);
}
