/* Templates of notices: texts for people, and what a gateway is sent. */
#include "notice/rules.h"

static void put_escaped(struct buffer *out, struct text value, enum channel_escape escape) {
    static const char digits[] = "0123456789ABCDEF";
    if (escape == ESCAPE_NONE) {
        buffer_put_text(out, value);
        return;
    }
    if (escape == ESCAPE_JSON) {   /* the quotes are the template's own */
        struct buffer quoted;
        buffer_init(&quoted, value.length * 6 + 16);
        json_write_string(&quoted, value);
        if (quoted.failed)
            out->failed = true;
        else
            buffer_put(out, quoted.at + 1, quoted.length - 2);
        buffer_free(&quoted);
        return;
    }
    for (size_t i = 0; i < value.length; i++) {
        unsigned char c = (unsigned char)value.at[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("-._~", c);
        if (escape == ESCAPE_URL && !plain) {
            buffer_put_byte(out, '%');
            buffer_put_byte(out, digits[c >> 4]);
            buffer_put_byte(out, digits[c & 15]);
        } else if (escape == ESCAPE_XML && c < 0x80 && strchr("<>&\"'", c)) {
            buffer_format(out, "&#%d;", c);
        } else {
            buffer_put_byte(out, (char)c);
        }
    }
}

/* The value of the name that begins at `at` ("${"), and how long it is written. */
static const struct notice_value *find_value(struct text rest, const struct notice_value *values, uint32_t count, size_t *ret_length) {
    size_t end = text_find(rest, '}');
    if (end == SIZE_MAX)
        return NULL;
    struct text name = text_span(rest.at + 2, end - 2);
    for (uint32_t i = 0; i < count; i++)
        if (text_is(name, values[i].name)) {
            *ret_length = end + 1;
            return &values[i];
        }
    return NULL;
}

/* Everything of `pattern` into `out`; *ret_lacks: a value was absent or empty. */
static enum outcome fill(struct buffer *out, struct text pattern, const struct notice_value *values, uint32_t count,
                         enum channel_escape escape, bool optional, bool *ret_lacks, struct error *error) {
    for (size_t i = 0; i < pattern.length;) {
        struct text rest = text_span(pattern.at + i, pattern.length - i);
        size_t length = 1;
        if (text_starts_with(rest, "${")) {
            const struct notice_value *value = find_value(rest, values, count, &length);
            if (!value)
                return error_set(error, OUTCOME_REJECT, "template_bad", "no value has the name in \"%.*s\"",
                                 TEXT_HEAD(rest));
            *ret_lacks |= value->value.length == 0;
            put_escaped(out, value->value, escape);
        } else if (optional && rest.at[0] == '[') {
            struct buffer part;
            bool lacks = false;
            size_t end = text_find(rest, ']');
            if (end == SIZE_MAX)
                return error_set(error, OUTCOME_REJECT, "template_bad", "a [ has no ]");
            buffer_init(&part, out->ceiling);
            enum outcome outcome = fill(&part, text_span(rest.at + 1, end - 1), values, count, escape, false, &lacks, error);
            if (outcome == OUTCOME_OK && !lacks)
                buffer_put_text(out, buffer_text(&part));
            out->failed |= part.failed;
            buffer_free(&part);
            if (outcome != OUTCOME_OK)
                return outcome;
            length = end + 1;
        } else {
            buffer_put_byte(out, rest.at[0]);
        }
        i += length;
    }
    return out->failed ? error_set(error, OUTCOME_FATAL, "out_of_memory", "no memory for a notice") : OUTCOME_OK;
}

enum outcome notice_fill(struct buffer *out, struct text pattern, const struct notice_value *values, uint32_t count,
                         enum channel_escape escape, bool optional, struct error *error) {
    bool lacks = false;
    return fill(out, pattern, values, count, escape, optional, &lacks, error);
}
