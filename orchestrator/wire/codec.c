/* Walks the tables of codec.h in both directions. */
#include "wire/codec.h"

#include "model/limits.h"

static void write_number(struct json_writer *w, const struct codec_field *f, int64_t value) {
    if (value == f->absent)
        return;
    json_key(w, text_from(f->name));
    json_put_int64(w, value);
}

static void write_field(struct json_writer *w, const struct codec_field *f, const void *at) {
    switch (f->kind) {
    case CODEC_TEXT:
        if (!text_is_none(*(const struct text *)at)) {
            json_key(w, text_from(f->name));
            json_put_text(w, *(const struct text *)at);
        }
        break;
    case CODEC_JSON:
        if (!text_is_none(*(const struct text *)at)) {
            json_key(w, text_from(f->name));
            json_put_raw(w, *(const struct text *)at);
        }
        break;
    case CODEC_INT32:
        write_number(w, f, *(const int32_t *)at);
        break;
    case CODEC_UINT32:
        write_number(w, f, *(const uint32_t *)at);
        break;
    case CODEC_TIME:
        write_number(w, f, *(const int64_t *)at);
        break;
    case CODEC_BOOL:
        if (*(const bool *)at) {
            json_key(w, text_from(f->name));
            json_put_bool(w, true);
        }
        break;
    case CODEC_NAME: {
        unsigned value = *(const unsigned *)at;
        if ((int64_t)value != f->absent) {
            json_key(w, text_from(f->name));
            json_put_text(w, text_from(f->name_of(value)));
        }
        break;
    }
    }
}

void codec_write(struct json_writer *w, const struct codec_field *fields, size_t count, const void *from) {
    for (size_t i = 0; i < count; i++)
        write_field(w, &fields[i], (const char *)from + fields[i].offset);
}

/* JSON bytes of a member: a container's source, a scalar written again. Absent when there is no memory. */
static struct text raw_json(struct arena *arena, const struct json *value) {
    if ((value->type == JSON_ARRAY || value->type == JSON_OBJECT) && !text_is_none(value->text))
        return value->text;
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, LIMIT_case_state_bytes_most);
    json_write(&out, value);
    return out.failed ? TEXT_NONE : text_copy(arena, buffer_text(&out));
}

bool codec_read(struct arena *arena, const struct codec_field *f, const struct json *value, void *into) {
    void *at = (char *)into + f->offset;
    int64_t number = 0;
    switch (f->kind) {
    case CODEC_TEXT:
        *(struct text *)at = value->text;
        return value->type == JSON_STRING;
    case CODEC_JSON:
        *(struct text *)at = raw_json(arena, value);
        return !text_is_none(*(struct text *)at);
    case CODEC_INT32:
        if (!json_to_int64(value, &number) || number < INT32_MIN || number > INT32_MAX)
            return false;
        *(int32_t *)at = (int32_t)number;
        return true;
    case CODEC_UINT32:
        if (!json_to_int64(value, &number) || number < 0 || number > UINT32_MAX)
            return false;
        *(uint32_t *)at = (uint32_t)number;
        return true;
    case CODEC_TIME:
        return json_to_int64(value, (int64_t *)at);
    case CODEC_BOOL:
        *(bool *)at = json_is_true(value);
        return value->type == JSON_TRUE || value->type == JSON_FALSE;
    case CODEC_NAME:
        return value->type == JSON_STRING && f->parse(value->text, (unsigned *)at);
    }
    return false;
}

const struct codec_field *codec_find(const struct codec_field *fields, size_t count, size_t *next, struct text key) {
    for (size_t tried = 0; tried < count; tried++, *next = (*next + 1) % count)
        if (text_is(key, fields[*next].name))
            return &fields[*next];
    return NULL;
}
