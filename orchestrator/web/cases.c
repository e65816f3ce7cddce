/* Cases as they are, were and become: lists, one case, its timeline, its events while they happen; and commands' fates. */
#include <stdio.h>

#include "model/limits.h"
#include "web/handlers.h"
#include "web/web_part.h"

void handle_cases(struct request *request) {
    uint32_t limit = request_limit(request);
    struct record_list rows;
    struct text department = request_parameter(request, "department"), cursor = request_parameter(request, "cursor");
    if (request->caller.role == ROLE_DEPARTMENT)
        department = request->caller.department;
    if (ASK(request, "cases_list", &rows, request_parameter(request, "thing"), request_parameter(request, "phase"),
            request_parameter(request, "outcome"), request_parameter(request, "region"), department, request_parameter(request, "q"),
            request_parameter(request, "changed_since"), cursor, text_format(&request->arena, "%u", limit + 1),
            request_parameter(request, "scope")) &&
        request_cursor_stands(request, &rows, "case_show", cursor) && status_of_cases(request, &rows))
        reply_page(request, &rows, limit, "id");
}

/* A department sees the cases in which it has, or had, a step. */
static bool may_see(const struct request *request, const struct json *row) {
    if (request->caller.role != ROLE_DEPARTMENT)
        return true;
    const struct json *steps = json_get_string(row, "steps");
    for (uint32_t i = 0; steps && i < steps->count; i++) {
        const struct json *step = &steps->children[i].value;
        if (auth_department(request, json_get_text(step, TEXT("department")), json_get_text(step, TEXT("region"))))
            return true;
    }
    return false;
}

bool case_find(struct request *request, struct text *ret_source, struct json *ret) {
    struct record_list rows;
    if (!ASK(request, "case_show", &rows, request->at[0]))
        return false;
    if (rows.count == 0 || json_read(&request->arena, rows.at[0], LIMIT_json_depth_most * 2, ret, NULL) != OUTCOME_OK ||
        !may_see(request, ret)) {
        reply_problem(request, "case_unknown", "there is no case %.*s", TEXT_ARG(request->at[0]));
        return false;
    }
    *ret_source = rows.at[0];
    return true;
}

/* Does If-None-Match name this tag? */
static bool matches_tag(struct text header, struct text tag) {
    if (text_is(header, "*"))
        return true;
    for (size_t i = 0; tag.length > 0 && i + tag.length <= header.length; i++)
        if (memcmp(header.at + i, tag.at, tag.length) == 0)
            return true;
    return false;
}

void handle_case(struct request *request) {
    struct json row;
    struct text source;
    int64_t version = 0;
    if (!case_find(request, &source, &row))
        return;
    json_to_int64(json_get_string(&row, "version"), &version);
    struct text tag = text_format(&request->arena, "\"%lld\"", (long long)version);
    reply_header(request, "ETag", tag);
    if (matches_tag(request_header(request, "If-None-Match"), tag))
        reply_json(request, 304, TEXT(""));
    else if (!text_is_none(source = status_of_case(request, &row, source)))
        reply_json(request, 200, source);
}

/* A row of the table `clock` with its `explained` as of now. */
static struct text clock_now(struct arena *arena, struct text source, const struct json *now) {
    struct json row;
    if (json_read(arena, source, LIMIT_json_depth_most, &row, NULL) != OUTCOME_OK)
        return source;
    const struct json *explained = NULL;
    for (uint32_t i = 0; !explained && i < now->count; i++)
        if (text_equal(json_get_text(json_at(now, i), TEXT("item")), json_get_text(&row, TEXT("item"))) &&
            text_equal(json_get_text(json_at(now, i), TEXT("clock")), json_get_text(&row, TEXT("clock"))))
            explained = json_get_string(json_at(now, i), "explained");
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, REPLY_BYTES_MOST);
    json_begin(&w, &out);
    json_open(&w, '{');
    for (uint32_t i = 0; i < row.count; i++) {
        bool is = explained && text_is(row.children[i].key, "explained");
        json_key(&w, row.children[i].key);
        json_put_value(&w, is ? explained : &row.children[i].value);
    }
    json_close(&w, '}');
    struct text with = out.failed ? TEXT_NONE : text_copy(arena, buffer_text(&out));
    return text_is_none(with) ? source : with;
}

/* Rows tell how clocks stand as of the last event; what has been counted since is reckoned here. */
static bool clocks_as_of_now(struct request *request, struct record_list *rows) {
    const struct web_parts *parts = &request->web->settings.parts;
    struct error error = {0};
    struct text list = TEXT_NONE;
    struct json now;
    if (!parts->case_clocks || rows->count == 0)
        return true;
    if (parts->case_clocks(parts->context, request->at[0], &request->arena, &list, &error) != OUTCOME_OK) {
        reply_error(request, &error);
        return false;
    }
    if (json_read(&request->arena, list, LIMIT_json_depth_most, &now, NULL) == OUTCOME_OK)
        for (uint32_t i = 0; i < rows->count; i++)
            rows->at[i] = clock_now(&request->arena, rows->at[i], &now);
    return true;
}

void handle_clocks(struct request *request) {
    struct json row;
    struct text source;
    struct record_list rows;
    if (case_find(request, &source, &row) && ASK(request, "case_clocks", &rows, request->at[0]) &&
        clocks_as_of_now(request, &rows))
        reply_page(request, &rows, rows.count, "clock");
}

void handle_figures(struct request *request) {
    const struct web_parts *parts = &request->web->settings.parts;
    struct error error = {0};
    struct json row;
    struct text source, figures = TEXT_NONE;
    if (!parts->case_figures)
        reply_problem(request, "not_offered", "this daemon counts no figures");
    else if (!case_find(request, &source, &row))
        return;
    else if (parts->case_figures(parts->context, request->at[0], &request->arena, &figures, &error) == OUTCOME_OK)
        reply_json(request, 200, figures);
    else
        reply_error(request, &error);
}

/* Whose data this caller is shown: all, its own department's, nobody's. */
static struct text data_scope(const struct request *request) {
    if (auth_sees_data(request))
        return TEXT("*");
    return request->caller.role == ROLE_DEPARTMENT ? request->caller.department : TEXT_NONE;
}

static bool read_version(struct request *request, struct text given, int64_t *ret) {
    *ret = 0;
    if (text_is_none(given) || (text_to_int64(given, ret) && *ret >= 0 && *ret <= INT32_MAX))
        return true;
    reply_problem(request, "parameter_bad", "after (or Last-Event-ID) is a version: a number from 0");
    return false;
}

void handle_timeline(struct request *request) {
    uint32_t limit = request_limit(request);
    int64_t after;
    struct json row;
    struct text source;
    struct record_list rows;
    if (!read_version(request, request_parameter(request, "after"), &after) ||
        !case_find(request, &source, &row))
        return;
    if (ASK(request, "case_events", &rows, request->at[0], text_format(&request->arena, "%lld", (long long)after),
            data_scope(request), text_format(&request->arena, "%u", limit + 1))) {
        if (auth_sees_data(request) && !veil_rows(request, request->at[0], &rows))
            return;
        for (uint32_t i = 0; i < rows.count; i++)
            rows.at[i] = status_of_row(&request->arena, rows.at[i]);
        reply_page(request, &rows, limit, "version");
    }
}

void handle_events(struct request *request) {
    int64_t after;
    struct json row;
    struct text source, last = request_header(request, "Last-Event-ID");
    if (!read_version(request, text_is_none(last) ? request_parameter(request, "after") : last, &after) ||
        !case_find(request, &source, &row))
        return;
    reply_header(request, "X-Accel-Buffering", TEXT("no"));
    if (text_is(request->method, "HEAD"))
        reply_json(request, 200, TEXT(""));
    else if (!watch_stream(request, request->at[0], after, data_scope(request)))
        reply_problem(request, "out_of_memory", "the stream could not be made");
}

void handle_command(struct request *request) {
    int64_t id;
    int32_t status;
    struct text body;
    struct error error = {0};
    const struct records_port *records = &request->web->records;
    if (!text_to_int64(request->at[0], &id)) {
        reply_problem(request, "unknown_command", "a command's id is a number");
        return;
    }
    if (records->answer(records->context, id, &request->arena, &status, &body, &error) != OUTCOME_OK) {
        reply_error(request, &error);
        return;
    }
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, (size_t)1 << 20);
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("command"));
    json_put_int64(&w, id);
    json_key(&w, TEXT("state"));
    json_put_text(&w, status ? TEXT("done") : TEXT("waiting"));
    if (status) {
        json_key(&w, TEXT("status"));
        json_put_int64(&w, status);
        json_key(&w, TEXT("answer"));
        json_put_raw(&w, body.length > 0 ? body : TEXT("null"));
    }
    json_close(&w, '}');
    reply_json(request, 200, buffer_text(&out));
}
