/* Writing JSON: values in three styles, and the streaming writer of the hot paths. */
#include <assert.h>

#include "base/json_part.h"

/* The letter behind the backslash for controls that have a short escape. */
static const char short_escapes[0x20] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};

static bool has_short_escape(unsigned char byte) {
    return byte >= 0x20 || short_escapes[byte];
}

static char *put_escape(char *at, unsigned char byte) {
    static const char digits[] = "0123456789abcdef";
    *at++ = '\\';
    if (has_short_escape(byte)) {
        *at++ = byte >= 0x20 ? (char)byte : short_escapes[byte];
        return at;
    }
    at[0] = 'u';
    at[1] = at[2] = '0';
    at[3] = digits[byte >> 4];
    at[4] = digits[byte & 15];
    return at + 5;
}

void json_write_string(struct buffer *out, struct text t) {
    const char *from = t.at, *end = t.at + t.length;
    char *at = buffer_reserve(out, t.length + 2);
    if (!at)
        return;
    *at++ = '"';
    while (from < end) {
        const char *special = json_skip_plain(from, end, false);
        memcpy(at, from, (size_t)(special - from));
        at += special - from;
        from = special;
        if (from == end)
            break;
        out->length = (size_t)(at - out->at);
        size_t escaped = has_short_escape((unsigned char)*from) ? 2 : 6;
        at = buffer_reserve(out, escaped + (size_t)(end - from - 1) + 1); /* this escape, the rest and the quote */
        if (!at)
            return;
        at = put_escape(at, (unsigned char)*from++);
    }
    *at++ = '"';
    *at = '\0';
    out->length = (size_t)(at - out->at);
}

enum style { STYLE_COMPACT, STYLE_CANONICAL, STYLE_PRETTY };

static void write_value(struct buffer *, const struct json *, enum style, unsigned indent);

static void new_line(struct buffer *out, enum style style, unsigned indent) {
    if (style != STYLE_PRETTY)
        return;
    buffer_put_byte(out, '\n');
    while (indent--)
        buffer_put(out, "  ", 2);
}

static void write_member(struct buffer *out, const struct json_member *member, bool object, enum style style,
                         unsigned indent) {
    if (object) {
        json_write_string(out, member->key);
        if (style == STYLE_PRETTY)
            buffer_put(out, ": ", 2);
        else
            buffer_put_byte(out, ':');
    }
    write_value(out, &member->value, style, indent);
}

#define SORTED_ON_STACK 32

static void write_sorted(struct buffer *out, const struct json *value) {
    const struct json_member *on_stack[SORTED_ON_STACK], **sorted = on_stack;
    _cleanup_memory_ void *room = NULL;
    if (value->count > SORTED_ON_STACK) {
        room = memory_alloc(sizeof(void *) * (size_t)value->count);
        if (!room) {
            out->failed = true;
            return;
        }
        sorted = room;
    }
    for (uint32_t i = 0; i < value->count; i++)
        sorted[i] = &value->children[i];
    json_sort_members(sorted, value->count);
    for (uint32_t i = 0; i < value->count && !out->failed; i++) {
        if (i)
            buffer_put_byte(out, ',');
        write_member(out, sorted[i], true, STYLE_CANONICAL, 0);
    }
}

static void write_container(struct buffer *out, const struct json *value, enum style style, unsigned indent) {
    bool object = value->type == JSON_OBJECT;
    buffer_put_byte(out, object ? '{' : '[');
    if (object && style == STYLE_CANONICAL) {
        write_sorted(out, value);
    } else {
        for (uint32_t i = 0; i < value->count && !out->failed; i++) {
            if (i)
                buffer_put_byte(out, ',');
            new_line(out, style, indent + 1);
            write_member(out, &value->children[i], object, style, indent + 1);
        }
        if (value->count)
            new_line(out, style, indent);
    }
    buffer_put_byte(out, object ? '}' : ']');
}

static void write_value(struct buffer *out, const struct json *value, enum style style, unsigned indent) {
    switch (value->type) {
    case JSON_NULL:
        buffer_put(out, "null", 4);
        break;
    case JSON_FALSE:
        buffer_put(out, "false", 5);
        break;
    case JSON_TRUE:
        buffer_put(out, "true", 4);
        break;
    case JSON_NUMBER:
        if (style == STYLE_CANONICAL)
            json_number_write_canonical(out, value->text);
        else
            buffer_put_text(out, value->text);
        break;
    case JSON_STRING:
        json_write_string(out, value->text);
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        write_container(out, value, style, indent);
        break;
    }
}

void json_write(struct buffer *out, const struct json *value) {
    write_value(out, value, STYLE_COMPACT, 0);
}

void json_write_canonical(struct buffer *out, const struct json *value) {
    write_value(out, value, STYLE_CANONICAL, 0);
}

void json_write_pretty(struct buffer *out, const struct json *value) {
    write_value(out, value, STYLE_PRETTY, 0);
}

void json_begin(struct json_writer *w, struct buffer *out) {
    *w = (struct json_writer){.out = out};
}

/* Bit `depth` of `comma`: something stands before, on this level. A key clears it, so that its value gets none. */
static void separate(struct json_writer *w) {
    uint64_t bit = UINT64_C(1) << w->depth;
    if (w->comma & bit)
        buffer_put_byte(w->out, ',');
    w->comma |= bit;
}

void json_open(struct json_writer *w, char bracket) {
    assert(w->depth < 63);
    separate(w);
    buffer_put_byte(w->out, bracket);
    w->depth++;
    w->comma &= ~(UINT64_C(1) << w->depth);
}

void json_close(struct json_writer *w, char bracket) {
    assert(w->depth > 0);
    w->depth--;
    buffer_put_byte(w->out, bracket);
}

/* Nearly every key is a plain word: comma, quotes and colon in one go. */
static bool put_plain_key(struct json_writer *w, struct text key, bool comma) {
    char *at = buffer_reserve(w->out, key.length + 4);
    if (!at || json_skip_plain(key.at, key.at + key.length, false) != key.at + key.length)
        return false;
    if (comma)
        *at++ = ',';
    *at++ = '"';
    memcpy(at, key.at, key.length);
    at += key.length;
    *at++ = '"';
    *at++ = ':';
    *at = '\0';
    w->out->length = (size_t)(at - w->out->at);
    return true;
}

void json_key(struct json_writer *w, struct text key) {
    uint64_t bit = UINT64_C(1) << w->depth;
    if (!put_plain_key(w, key, w->comma & bit)) {
        separate(w);
        json_write_string(w->out, key);
        buffer_put_byte(w->out, ':');
    }
    w->comma &= ~bit;
}

void json_put_text(struct json_writer *w, struct text t) {
    separate(w);
    if (text_is_none(t))
        buffer_put(w->out, "null", 4);
    else
        json_write_string(w->out, t);
}

void json_put_int64(struct json_writer *w, int64_t number) {
    separate(w);
    buffer_put_int64(w->out, number);
}

void json_put_bool(struct json_writer *w, bool value) {
    separate(w);
    buffer_put_string(w->out, value ? "true" : "false");
}

void json_put_null(struct json_writer *w) {
    separate(w);
    buffer_put(w->out, "null", 4);
}

void json_put_raw(struct json_writer *w, struct text json_bytes) {
    separate(w);
    buffer_put_text(w->out, text_is_none(json_bytes) ? TEXT("null") : json_bytes);
}

void json_put_value(struct json_writer *w, const struct json *value) {
    separate(w);
    json_write(w->out, value);
}
