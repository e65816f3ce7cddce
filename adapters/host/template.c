/* Fills in result templates, and draws fates, from nothing but the task's id and a seed. */
#include "template.h"

static uint64_t mix(uint64_t z) {      /* splitmix64's finisher */
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t template_seq(struct text id) { return 10000000 + mix(text_hash(id)) % 90000000; }

double template_draw(uint64_t seed, struct text id, unsigned n) {
    uint64_t z = mix(text_hash(id) ^ mix(seed + (n + 1) * UINT64_C(0x9e3779b97f4a7c15)));
    return (double)(z >> 11) / (double)(UINT64_C(1) << 53);
}

static const struct json *lookup(const struct json *input, struct text path) {
    while (input && path.length) {
        size_t dot = text_find(path, '.');
        struct text key = dot == SIZE_MAX ? path : text_span(path.at, dot);
        int64_t index;
        input = input->type == JSON_ARRAY && text_to_int64(key, &index) && index >= 0 ? json_at(input, (size_t)index)
                                                                                      : json_get(input, key);
        path = dot == SIZE_MAX ? TEXT("") : text_span(path.at + dot + 1, path.length - dot - 1);
    }
    return input;
}

static const struct json *input_value(struct text name, const struct template_values *v) {
    if (!text_starts_with(name, "input."))
        return NULL;
    return lookup(v->input, text_span(name.at + 6, name.length - 6));
}

static void put_name(struct buffer *out, struct text name, const struct template_values *v) {
    const struct json *value = input_value(name, v);
    if (text_is(name, "seq"))
        buffer_put_int64(out, (int64_t)v->seq);
    else if (text_is(name, "task"))
        buffer_put_text(out, v->task);
    else if (text_is(name, "number"))
        buffer_put_text(out, v->number);
    else if (text_is(name, "step"))
        buffer_put_text(out, v->step);
    else if (value && (value->type == JSON_STRING || value->type == JSON_NUMBER))
        buffer_put_text(out, value->text);
}

static size_t placeholder(struct text source, size_t at, struct text *ret_name) {
    if (at + 2 >= source.length || source.at[at] != '$' || source.at[at + 1] != '{')
        return 0;
    size_t end = text_find(text_span(source.at + at, source.length - at), '}');
    if (end == SIZE_MAX)
        return 0;
    *ret_name = text_span(source.at + at + 2, end - 2);
    return end + 1;
}

static void write_string(struct buffer *out, struct text source, const struct template_values *v) {
    struct text name;
    if (text_find(source, '$') == SIZE_MAX) {
        json_write_string(out, source);
        return;
    }
    size_t length = placeholder(source, 0, &name);
    const struct json *value = length && length == source.length ? input_value(name, v) : NULL;
    if (value) {
        json_write(out, value);
        return;
    }
    struct buffer filled;
    buffer_init(&filled, 65536);
    for (size_t at = 0; at < source.length;) {
        length = placeholder(source, at, &name);
        if (length)
            put_name(&filled, name, v);
        else
            buffer_put_byte(&filled, source.at[at]);
        at += length ? length : 1;
    }
    json_write_string(out, buffer_text(&filled));
    buffer_free(&filled);
}

static void write_value(struct buffer *out, const struct json *value, const struct template_values *v);

/* What stands between `before` and the closing brace of a key that is one placeholder; absent: it is none. */
static struct text key_of(struct text key, const char *before) {
    size_t length = strlen(before);
    if (!text_starts_with(key, before) || key.at[key.length - 1] != '}')
        return TEXT_NONE;
    return text_span(key.at + length, key.length - length - 1);
}

static void write_each(struct buffer *out, const struct json *list, const struct json *element, const struct template_values *v) {
    struct template_values inner = *v;
    buffer_put_byte(out, '[');
    for (uint32_t i = 0; list && list->type == JSON_ARRAY && i < list->count; i++) {
        inner.input = &list->children[i].value;
        if (i)
            buffer_put_byte(out, ',');
        write_value(out, element, &inner);
    }
    buffer_put_byte(out, ']');
}

/* `input.kind = illness`, `input.list has x`: texts and numbers as they are written, true and false by name. */
static bool holds(struct text condition, const struct template_values *v) {
    size_t name = text_find(condition, ' ');
    struct text rest = name == SIZE_MAX ? TEXT("") : text_span(condition.at + name, condition.length - name);
    bool has = text_starts_with(rest, " has ");
    if (!has && !text_starts_with(rest, " = "))
        return false;
    size_t skip = has ? 5 : 3;
    struct text wanted = text_span(rest.at + skip, rest.length - skip);
    const struct json *value = input_value(text_span(condition.at, name), v);
    for (uint32_t i = 0; has && value && value->type == JSON_ARRAY && i < value->count; i++)
        if (text_equal(value->children[i].value.text, wanted))
            return true;
    if (has || !value)
        return false;
    if (value->type == JSON_TRUE || value->type == JSON_FALSE)
        return text_is(wanted, value->type == JSON_TRUE ? "true" : "false");
    return text_equal(value->text, wanted);
}

/* An object that is a choice: the first branch that holds, `${else}` always. */
static void write_choice(struct buffer *out, const struct json *branches, const struct template_values *v) {
    for (uint32_t i = 0; i < branches->count; i++) {
        struct text condition = key_of(branches->children[i].key, "${if ");
        if (condition.at ? holds(condition, v) : text_is(branches->children[i].key, "${else}")) {
            write_value(out, &branches->children[i].value, v);
            return;
        }
    }
    buffer_put_string(out, "null");
}

static void write_value(struct buffer *out, const struct json *value, const struct template_values *v) {
    struct text first = value->type == JSON_OBJECT && value->count ? value->children[0].key : TEXT_NONE;
    if (first.at && key_of(first, "${each ").at) {
        write_each(out, input_value(key_of(first, "${each "), v), &value->children[0].value, v);
        return;
    }
    if (first.at && key_of(first, "${if ").at) {
        write_choice(out, value, v);
        return;
    }
    if (value->type == JSON_STRING) {
        write_string(out, value->text, v);
        return;
    }
    if (value->type != JSON_OBJECT && value->type != JSON_ARRAY) {
        json_write(out, value);
        return;
    }
    bool object = value->type == JSON_OBJECT;
    buffer_put_byte(out, object ? '{' : '[');
    for (uint32_t i = 0; i < value->count; i++) {
        if (i)
            buffer_put_byte(out, ',');
        if (object) {
            json_write_string(out, value->children[i].key);
            buffer_put_byte(out, ':');
        }
        write_value(out, &value->children[i].value, v);
    }
    buffer_put_byte(out, object ? '}' : ']');
}

void template_write(struct buffer *out, struct text source, const struct template_values *v) {
    struct arena arena;
    struct json value;
    arena_init(&arena, 1024 * 1024);
    if (json_read(&arena, source, 32, &value, NULL))
        buffer_put_string(out, "{}");
    else
        write_value(out, &value, v);
    arena_free(&arena);
}
