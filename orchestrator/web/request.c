/* What a request asks: its path and query taken apart by ourselves (a sub-case's id has an encoded '/'), headers, body. */
#include <stdio.h>

#include "model/limits.h"
#include "web/parameter.h"
#include "web/web_part.h"

#define NAME_IN_PATH_BYTES_MOST (LIMIT_id_bytes_most * 2)

static int hex(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Absent when it is broken. */
static struct text decode(struct arena *arena, struct text raw, bool plus_is_space) {
    char *at = arena_alloc(arena, raw.length + 1);
    size_t length = 0;
    for (size_t i = 0; at && i < raw.length; i++) {
        char c = raw.at[i];
        if (c == '%') {
            int high = i + 2 < raw.length ? hex(raw.at[i + 1]) : -1, low = i + 2 < raw.length ? hex(raw.at[i + 2]) : -1;
            if (high < 0 || low < 0)
                return TEXT_NONE;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c == '\0')
            return TEXT_NONE;
        at[length++] = c;
    }
    struct text text = text_span(at, length);
    return at && text_is_utf8(text) ? text : TEXT_NONE;
}

static bool parse_query(struct request *request, struct text query) {
    while (query.length > 0) {
        size_t end = text_find(query, '&');
        struct text one = end == SIZE_MAX ? query : text_span(query.at, end);
        query = end == SIZE_MAX ? TEXT("") : text_span(query.at + end + 1, query.length - end - 1);
        if (one.length == 0)
            continue;
        size_t equals = text_find(one, '=');
        struct text name = equals == SIZE_MAX ? one : text_span(one.at, equals);
        struct text value = equals == SIZE_MAX ? TEXT("") : text_span(one.at + equals + 1, one.length - equals - 1);
        if (request->parameter_count == PARAMETERS_MOST)
            return false;
        struct parameter *parameter = &request->parameters[request->parameter_count++];
        parameter->name = decode(&request->arena, name, true);
        parameter->value = decode(&request->arena, value, true);
        if (text_is_none(parameter->name) || text_is_none(parameter->value))
            return false;
    }
    return true;
}

bool request_parse(struct request *request, struct text *ret_path) {
    size_t mark = text_find(request->uri, '?');
    *ret_path = mark == SIZE_MAX ? request->uri : text_span(request->uri.at, mark);
    struct text query = mark == SIZE_MAX ? TEXT("")
                                         : text_span(request->uri.at + mark + 1, request->uri.length - mark - 1);
    return parse_query(request, query);
}

bool request_names(struct request *request, const struct text raw[ROUTE_NAMES_MOST]) {
    for (int i = 0; i < ROUTE_NAMES_MOST && !text_is_none(raw[i]); i++) {
        request->at[i] = decode(&request->arena, raw[i], false);
        if (text_is_none(request->at[i]))
            reply_problem(request, "request_malformed", "the path is not percent-encoded UTF-8");
        else if (request->at[i].length > NAME_IN_PATH_BYTES_MOST)
            reply_problem(request, "request_malformed", "a name in the path is at most %d bytes long (twice id_bytes_most)", NAME_IN_PATH_BYTES_MOST);
        if (request->status)
            return false;
    }
    return true;
}

struct text request_header(struct request *request, const char *name) {
    const char *value = NULL;
    size_t length = 0;
    if (MHD_lookup_connection_value_n(request->connection, MHD_HEADER_KIND, name, strlen(name), &value, &length) != MHD_YES || !value)
        return TEXT_NONE;
    return text_span(value, length);
}

struct text request_parameter(struct request *request, const char *name) {
    for (uint32_t i = 0; i < request->parameter_count; i++)
        if (text_is(request->parameters[i].name, name))
            return request->parameters[i].value.length ? request->parameters[i].value : TEXT_NONE;
    return TEXT_NONE;
}

uint32_t request_limit(struct request *request) {
    int64_t limit = PAGE_ROWS;
    text_to_int64(request_parameter(request, "limit"), &limit);
    return (uint32_t)limit;
}

bool request_cursor_stands(struct request *request, const struct record_list *page, const char *query, struct text key) {
    struct record_list rows;
    if (page->count > 0 || text_is_none(request_parameter(request, "cursor")))
        return true;
    if (!ASK(request, query, &rows, key))
        return false;
    if (rows.count > 0)
        return true;
    reply_problem(request, "parameter_bad", "cursor is `next` of the page before");
    return false;
}

int64_t request_now_us(const struct request *request) {
    const struct clock_port *clock = &request->web->clock;
    return clock->now_us(clock->context);
}

struct text encode_segment(struct arena *arena, struct text t) {
    static const char digits[] = "0123456789ABCDEF";
    char *at = arena_alloc(arena, t.length * 3 + 1);
    size_t length = 0;
    for (size_t i = 0; at && i < t.length; i++) {
        unsigned char c = (unsigned char)t.at[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("-._~:", c);
        if (plain) {
            at[length++] = (char)c;
        } else {
            at[length++] = '%';
            at[length++] = digits[c >> 4];
            at[length++] = digits[c & 15];
        }
    }
    return at ? text_span(at, length) : TEXT_NONE;
}

/* "00-<32 hex>-<16 hex>-<2 hex>", https://www.w3.org/TR/trace-context/ */
struct text request_traceparent(struct request *request) {
    struct text t = request_header(request, "traceparent");
    if (t.length != 55 || memcmp(t.at, "00-", 3) != 0 || t.at[35] != '-' || t.at[52] != '-')
        return TEXT_NONE;
    for (size_t i = 3; i < 55; i++)
        if (i != 35 && i != 52 && !((t.at[i] >= '0' && t.at[i] <= '9') || (t.at[i] >= 'a' && t.at[i] <= 'f')))
            return TEXT_NONE;
    return t;
}

/* ---- the body ---- */

static const char *type_word(enum json_type type) {
    static const char *const words[] = {"anything", "true or false", "true or false", "a number", "a text", "an array", "an object"};
    return words[type];
}

static bool type_fits(const struct field *field, const struct json *value) {
    if (field->type == JSON_NULL)
        return true;
    if (field->type == JSON_TRUE)
        return value->type == JSON_TRUE || value->type == JSON_FALSE;
    return value->type == field->type;
}

static void take_field(struct request *request, const struct field *field) {
    const struct json *value = json_get(&request->json, text_from(field->name));
    char pointer[96] = "/";
    strncat(pointer, field->name, sizeof pointer - 2);
    *field->ret = NULL;
    if (!value || (value->type == JSON_NULL && field->type != JSON_NULL)) {
        if (field->required)
            request_fault(request, TEXT(""), "required", "\"%s\" is missing", field->name);
        return;
    }
    if (!type_fits(field, value))
        request_fault(request, text_from(pointer), "type", "must be %s", type_word(field->type));
    else if (field->most.limit && value->text.length > field->most.bytes)
        request_fault(request, text_from(pointer), "maxLength", "is longer than %s (%zu bytes)", field->most.limit, field->most.bytes);
    else if (field->required && value->type == JSON_STRING && value->text.length == 0)
        request_fault(request, text_from(pointer), "minLength", "must not be empty");
    else if (strcmp(field->name, "region") == 0 && !parameter_is_region(value->text))
        request_fault(request, text_from(pointer), "pattern", "a region code has six digits (GB/T 2260)");
    else
        *field->ret = value;
}

bool body_fields(struct request *request, const struct field *fields, uint32_t count) {
    struct error error = {0};
    struct text body = buffer_text(&request->body);
    if (body.length == 0)
        body = TEXT("{}"); /* commands without content may come without a body */
    enum outcome outcome = json_read(&request->arena, body, LIMIT_json_depth_most + 2, &request->json, &error);
    if (outcome != OUTCOME_OK) {
        reply_error(request, &error);
        return false;
    }
    if (request->json.type != JSON_OBJECT) {
        reply_problem(request, "body_invalid", "the body must be a JSON object");
        return false;
    }
    for (uint32_t i = 0; i < count; i++)
        take_field(request, &fields[i]);
    for (uint32_t i = 0; i < request->json.count; i++) {
        struct text key = request->json.children[i].key;
        bool known = false;
        for (uint32_t j = 0; j < count && !known; j++)
            known = text_is(key, fields[j].name);
        if (!known)
            request_fault(request, text_format(&request->arena, "/%.*s", TEXT_ARG(key)), "additionalProperties",
                          "there is no such member here");
    }
    if (request->fault_count == 0)
        return true;
    reply_problem(request, "body_invalid", "the body has %u fault%s", request->fault_count,
                      request->fault_count == 1 ? "" : "s");
    return false;
}
