/* Path steps: members, positions and slices of values, with jq's treatment of null. */
#include "expression/internal.h"

bool value_field(struct evaluation *e, const struct json *value, struct text name, struct json *ret) {
    if (value->type == JSON_OBJECT) {
        if (!spend_steps(e, value->count / 8))
            return false;
        const struct json *member = json_get(value, name);
        *ret = member ? *member : JSON_NULL_VALUE;
        return true;
    }
    if (value->type == JSON_NULL) {
        *ret = JSON_NULL_VALUE;
        return true;
    }
    return fail_type(e, "`%.*s` is asked of %s; only an object has members", TEXT_HEAD(name), type_word(value));
}

/* Positions at which `part`'s elements stand in a row, as jq's .[[…]]. */
static bool array_positions(struct evaluation *e, const struct json *array, const struct json *part, struct json *ret) {
    struct value_list list = {0};
    for (uint32_t i = 0; part->count && i + part->count <= array->count; i++) {
        bool same = true;
        for (uint32_t j = 0; j < part->count && same; j++)
            if (!value_equal(e, &array->children[i + j].value, &part->children[j].value, &same))
                return false;
        struct json position;
        if (same && (!value_integer(e, i, &position) || !list_add(e, &list, TEXT_NONE, position)))
            return false;
    }
    *ret = list_array(&list);
    return true;
}

bool value_index(struct evaluation *e, const struct json *value, const struct json *key, struct json *ret) {
    int64_t position;
    if (key->type == JSON_STRING && (value->type == JSON_OBJECT || value->type == JSON_NULL))
        return value_field(e, value, key->text, ret);
    if (value->type == JSON_NULL && (key->type == JSON_NUMBER || key->type == JSON_OBJECT)) {
        *ret = JSON_NULL_VALUE;
        return true;
    }
    if (value->type == JSON_ARRAY && key->type == JSON_ARRAY)
        return array_positions(e, value, key, ret);
    if (value->type != JSON_ARRAY || key->type != JSON_NUMBER)
        return fail_type(e, "%s cannot be indexed with %s", type_word(value), type_word(key));
    *ret = JSON_NULL_VALUE;
    if (!json_to_int64(key, &position))
        return true;   /* 1.5 is no position; past int64 there is nothing */
    if (position < 0)
        position += value->count;
    const struct json *element = position >= 0 ? json_at(value, (size_t)position) : NULL;
    if (element)
        *ret = *element;
    return true;
}

/* The bounds as jq has them: negative from the end, start rounded down, end up, both within 0 … length. */
static bool slice_bounds(struct evaluation *e, const struct json *from, const struct json *to, size_t length,
                         size_t *ret_start, size_t *ret_end) {
    if ((from->type != JSON_NULL && from->type != JSON_NUMBER) || (to->type != JSON_NULL && to->type != JSON_NUMBER))
        return fail_type(e, "the ends of a slice are numbers, not %s and %s", type_word(from), type_word(to));
    double most = (double)length;
    double start = from->type == JSON_NULL ? 0 : decimal_double(from->text);
    double end = to->type == JSON_NULL ? most : decimal_double(to->text);
    start = start < 0 ? start + most : start;
    end = end < 0 ? end + most : end;
    start = start < 0 ? 0 : start > most ? most : start;
    end = end > most ? most : end < start ? start : end;
    *ret_start = (size_t)start;
    *ret_end = (size_t)end + ((double)(size_t)end < end);
    return true;
}

/* Bytes taken by the first `count` code points. */
static size_t bytes_of_points(struct text text, size_t count) {
    size_t at = 0;
    while (at < text.length && count) {
        at++;
        while (at < text.length && ((unsigned char)text.at[at] & 0xc0) == 0x80)
            at++;
        count--;
    }
    return at;
}

bool value_slice(struct evaluation *e, const struct json *value, const struct json *from, const struct json *to,
                 struct json *ret) {
    size_t start, end;
    if (value->type == JSON_NULL) {
        *ret = JSON_NULL_VALUE;
        return true;
    }
    if (value->type == JSON_ARRAY) {
        if (!slice_bounds(e, from, to, value->count, &start, &end))
            return false;
        *ret = (struct json){.type = JSON_ARRAY, .count = (uint32_t)(end - start),
                             .children = end > start ? value->children + start : NULL};
        return true;
    }
    if (value->type != JSON_STRING)
        return fail_type(e, "%s cannot be sliced; an array or a string can", type_word(value));
    if (!spend_steps(e, value->text.length / 64) ||
        !slice_bounds(e, from, to, text_code_points(value->text), &start, &end))
        return false;
    size_t first = bytes_of_points(value->text, start), behind = bytes_of_points(value->text, end);
    *ret = json_string(text_span(value->text.at ? value->text.at + first : "", behind - first));
    return true;
}

/* Bytes of one value's own part in a JSON text, escapes aside. */
static size_t written_bytes(const struct json_member *member) {
    bool scalar = member->value.type == JSON_NUMBER || member->value.type == JSON_STRING;
    return member->key.length + (scalar ? member->value.text.length : 0) + 4;
}

/* Iterative: a stack of what is open, because a value made by an expression may be deeper than any limit. Its size counts
 * too: [., .] | [., .] | … shares its parts and costs nothing until it is written. */
bool value_check(struct evaluation *e, const struct json *root) {
    struct { const struct json *value; uint32_t next; } open[EXPRESSION_VALUE_DEPTH_MOST];
    unsigned depth = 0;
    const struct json *value = root;
    struct json_member first = {.value = *root};
    size_t bytes = written_bytes(&first);
    for (;;) {
        if (bytes > EXPRESSION_RESULT_BYTES_MOST)
            return fail_with(e, true, "expression_bytes", "the value has more than %d bytes",
                             EXPRESSION_RESULT_BYTES_MOST);
        if (value->type == JSON_ARRAY || value->type == JSON_OBJECT) {
            if (depth == EXPRESSION_VALUE_DEPTH_MOST)
                return fail_with(e, true, "expression_depth", "the value is nested deeper than %d",
                                 EXPRESSION_VALUE_DEPTH_MOST);
            open[depth].value = value;
            open[depth++].next = 0;
        }
        while (depth && open[depth - 1].next == open[depth - 1].value->count)
            depth--;
        if (depth == 0)
            return true;
        if (!spend_steps(e, open[depth - 1].next % 4 == 3))   /* a step for four elements */
            return false;
        const struct json_member *member = &open[depth - 1].value->children[open[depth - 1].next++];
        bytes += written_bytes(member);
        value = &member->value;
    }
}
