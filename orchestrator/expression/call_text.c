/* Functions of text: parts, joins, cases, and text of values. */
#include "expression/internal.h"

size_t text_search(struct text whole, struct text part, size_t start) {
    if (start > whole.length)
        return SIZE_MAX;
    if (part.length == 0)
        return start;
    const char *found = whole.length > start ? memmem(whole.at + start, whole.length - start, part.at, part.length) : NULL;
    return found ? (size_t)(found - whole.at) : SIZE_MAX;
}

bool value_json_text(struct evaluation *e, const struct json *value, struct text *ret) {
    if (value->type == JSON_NUMBER) {
        *ret = value->text;
        return true;
    }
    if (!value_check(e, value))
        return false;
    _cleanup_buffer_ struct buffer out = {0};
    buffer_init(&out, (size_t)e->budget->bytes_left + 1);
    json_write(&out, value);
    if (out.failed && !spend_alloc(e, (size_t)e->budget->bytes_left + 1))   /* the ceiling: the budget is spent */
        return false;
    char *kept = spend_alloc(e, out.length + 1);
    if (!kept)
        return false;
    memcpy(kept, out.at ? out.at : "", out.length);
    *ret = text_span(kept, out.length);
    return true;
}

bool value_text(struct evaluation *e, const struct json *value, struct text *ret) {
    if (value->type != JSON_STRING)
        return value_json_text(e, value, ret);
    *ret = value->text;
    return true;
}

static bool split_points(struct evaluation *e, struct text whole, struct value_list *list) {
    for (size_t at = 0; at < whole.length;) {
        size_t end = at + 1;
        while (end < whole.length && ((unsigned char)whole.at[end] & 0xc0) == 0x80)
            end++;
        if (!list_add(e, list, TEXT_NONE, json_string(text_span(whole.at + at, end - at))))
            return false;
        at = end;
    }
    return true;
}

bool value_split(struct evaluation *e, struct text whole, struct text by, struct json *ret) {
    struct value_list list = {0};
    if (!spend_steps(e, whole.length / 64))
        return false;
    if (by.length == 0) {
        if (!split_points(e, whole, &list))
            return false;
    } else if (whole.length) {
        for (size_t at = 0;;) {
            size_t found = text_search(whole, by, at);
            size_t end = found == SIZE_MAX ? whole.length : found;
            if (!list_add(e, &list, TEXT_NONE, json_string(text_span(whole.at + at, end - at))))
                return false;
            if (found == SIZE_MAX)
                break;
            at = found + by.length;
        }
    }
    *ret = list_array(&list);
    return true;
}

static bool join_part(struct evaluation *e, const struct json *value, struct text *ret) {
    if (value->type == JSON_NULL) {
        *ret = TEXT("");
        return true;
    }
    if (value->type == JSON_ARRAY || value->type == JSON_OBJECT)
        return fail_type(e, "join does not take %s as a part", type_word(value));
    return value_text(e, value, ret);
}

static bool call_join(struct evaluation *e, const struct json *input, struct text by, struct json *ret) {
    struct text *parts = spend_alloc(e, (input->count + 1) * sizeof(*parts));
    if (!parts || !spend_steps(e, input->count))
        return false;
    size_t length = 0, at = 0;
    for (uint32_t i = 0; i < input->count; i++) {
        if (!join_part(e, &input->children[i].value, &parts[i]))
            return false;
        length += parts[i].length + (i ? by.length : 0);
    }
    char *out = spend_alloc(e, length + 1);
    if (!out)
        return false;
    for (uint32_t i = 0; i < input->count; i++) {
        if (i && by.length)
            memcpy(out + at, by.at, by.length);
        at += i ? by.length : 0;
        if (parts[i].length)
            memcpy(out + at, parts[i].at, parts[i].length);
        at += parts[i].length;
    }
    *ret = json_string(text_span(out, length));
    return true;
}

static bool call_case(struct evaluation *e, struct text text, char first, char last, struct json *ret) {
    char *out = spend_alloc(e, text.length + 1);
    if (!out)
        return false;
    for (size_t i = 0; i < text.length; i++)
        out[i] = (char)(text.at[i] >= first && text.at[i] <= last ? text.at[i] ^ 0x20 : text.at[i]);
    *ret = json_string(text_span(out, text.length));
    return true;
}

static bool starts(struct text whole, struct text part) {
    return part.length <= whole.length && (part.length == 0 || memcmp(whole.at, part.at, part.length) == 0);
}

static bool ends(struct text whole, struct text part) {
    return part.length <= whole.length &&
           (part.length == 0 || memcmp(whole.at + whole.length - part.length, part.at, part.length) == 0);
}

/* What is no string, or has no such end, comes back unchanged. */
static bool call_trim(enum function_id id, const struct json *input, const struct json *part, struct json *ret) {
    *ret = *input;
    if (input->type != JSON_STRING || part->type != JSON_STRING || part->text.length == 0)
        return true;
    if (id == FUNCTION_LTRIMSTR && starts(input->text, part->text))
        ret->text = text_span(input->text.at + part->text.length, input->text.length - part->text.length);
    else if (id == FUNCTION_RTRIMSTR && ends(input->text, part->text))
        ret->text.length -= part->text.length;
    return true;
}

static bool call_tonumber(struct evaluation *e, const struct json *input, struct json *ret) {
    *ret = *input;
    ret->type = JSON_NUMBER;
    if (input->type == JSON_STRING && !decimal_is_number(input->text))
        return fail_with(e, false, "expression_number", "\"%.*s\" writes no number",
                         TEXT_HEAD(input->text));
    return true;
}

/* First position of an element, of a row of elements, or of a text; null when there is none. */
static bool call_index(struct evaluation *e, const struct json *input, const struct json *part, struct json *ret) {
    struct json positions, one = {.type = JSON_ARRAY, .count = 1};
    struct json_member element = {.value = *part};
    one.children = &element;
    *ret = JSON_NULL_VALUE;
    if (input->type == JSON_NULL)
        return true;
    if (input->type == JSON_ARRAY) {
        if (!value_index(e, input, part->type == JSON_ARRAY ? part : &one, &positions))
            return false;
        if (positions.count)
            *ret = positions.children[0].value;
        return true;
    }
    if (part->type != JSON_STRING)
        return fail_type(e, "index looks for a string in a string, not for %s", type_word(part));
    if (!spend_steps(e, input->text.length / 64))
        return false;
    size_t found = part->text.length ? text_search(input->text, part->text, 0) : SIZE_MAX;
    return found == SIZE_MAX || value_integer(e, (int64_t)text_code_points(text_span(input->text.at, found)), ret);
}

enum yield call_text(struct evaluation *e, const struct expression *node, const struct json *input,
                     const struct json *argument, struct json *ret) {
    enum function_id id = node->function->id;
    struct text text;
    bool done = false;
    switch (id) {
    case FUNCTION_STARTSWITH: case FUNCTION_ENDSWITH:
        *ret = json_bool(id == FUNCTION_STARTSWITH ? starts(input->text, argument->text)
                                                   : ends(input->text, argument->text));
        return YIELD_VALUE;
    case FUNCTION_LTRIMSTR: case FUNCTION_RTRIMSTR:
        done = call_trim(id, input, argument, ret);
        break;
    case FUNCTION_SPLIT:
        done = value_split(e, input->text, argument->text, ret);
        break;
    case FUNCTION_JOIN:
        done = call_join(e, input, argument->text, ret);
        break;
    case FUNCTION_ASCII_DOWNCASE:
        done = call_case(e, input->text, 'A', 'Z', ret);
        break;
    case FUNCTION_ASCII_UPCASE:
        done = call_case(e, input->text, 'a', 'z', ret);
        break;
    case FUNCTION_TONUMBER:
        done = call_tonumber(e, input, ret);
        break;
    case FUNCTION_INDEX:
        done = call_index(e, input, argument, ret);
        break;
    default:   /* tostring, tojson */
        done = id == FUNCTION_TOJSON ? value_json_text(e, input, &text) : value_text(e, input, &text);
        if (done)
            *ret = json_string(text);
        break;
    }
    return done ? YIELD_VALUE : YIELD_FAILED;
}
