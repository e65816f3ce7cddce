/* Compares what a script expects with what became of its case. */
#include "cli/thing_expect.h"

enum { POINTER_BYTES_MOST = 512, DEPTH_MOST = 60 };

static void put_value(struct buffer *out, const struct json *value) {
    if (!value)
        buffer_put_string(out, "nothing");
    else if (value->type == JSON_STRING)
        buffer_put_text(out, value->text);
    else
        json_write(out, value);
}

static bool compare(const struct json *expect, const struct json *is, struct buffer *pointer, unsigned depth, struct buffer *why) {
    if (is && expect->type == JSON_OBJECT && is->type == JSON_OBJECT && depth < DEPTH_MOST) {
        bool holds = true;
        for (uint32_t i = 0; i < expect->count; i++) {
            size_t length = pointer->length;
            buffer_put_byte(pointer, '/');
            buffer_put_text(pointer, expect->children[i].key);
            holds &= compare(&expect->children[i].value, json_get(is, expect->children[i].key), pointer, depth + 1, why);
            if (!pointer->failed)
                pointer->at[pointer->length = length] = '\0';
        }
        return holds;
    }
    if (is ? json_equal(expect, is) : expect->type == JSON_NULL)
        return true;
    buffer_format(why, "%s%.*s: is ", why->length > 0 ? "; " : "", TEXT_ARG(buffer_text(pointer)));
    put_value(why, is);
    buffer_put_string(why, ", not ");
    put_value(why, expect);
    return false;
}

bool expect_holds(const struct json *expect, const struct json *is, struct buffer *why) {
    _cleanup_buffer_ struct buffer pointer;
    buffer_init(&pointer, POINTER_BYTES_MOST);
    return compare(expect, is, &pointer, 0, why) && !pointer.failed;
}
