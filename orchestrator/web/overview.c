/* How the whole is doing: health, metrics, what departments have open, statistics, shards. */
#include "web/handlers.h"
#include "web/web_part.h"

void handle_healthz(struct request *request) { reply_json(request, 200, TEXT("{\"status\":\"up\"}")); }

void handle_readyz(struct request *request) {
    const struct web_parts *parts = &request->web->settings.parts;
    _cleanup_buffer_ struct buffer why;
    buffer_init(&why, 1 << 16);
    bool ready = parts->is_ready ? parts->is_ready(parts->context, &why) : request->web->records.is_up(request->web->records.context);
    if (!ready)
        reply_header(request, "Retry-After", TEXT("1"));
    reply_json(request, ready ? 200 : 503, why.length > 0 ? buffer_text(&why) : ready ? TEXT("{\"ready\":true}") : TEXT("{\"ready\":false}"));
}

static void write_counts(const struct web *web, struct buffer *out) {
    static const char *const classes[] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
    buffer_put_string(out, "# HELP yijianshi_http_requests_total answered requests by route and class of status\n"
                           "# TYPE yijianshi_http_requests_total counter\n");
    for (size_t i = 0;; i++) {
        const struct route *route = &route_table[i];
        for (int class_ = 0; class_ < 6; class_++) {
            int64_t count = __atomic_load_n(&web->counts[i].by_class[class_], __ATOMIC_RELAXED);
            if (count)
                buffer_format(out, "yijianshi_http_requests_total{method=\"%s\",route=\"%s\",status=\"%s\"} %lld\n",
                              route->method ? route->method : "-", route->method ? route->path : "-", classes[class_], (long long)count);
        }
        if (!route->method)
            break;
    }
    buffer_put_string(out, "# HELP yijianshi_http_request_seconds_total time spent on requests, waiting included\n"
                           "# TYPE yijianshi_http_request_seconds_total counter\n");
    for (size_t i = 0; route_table[i].method; i++) {
        int64_t us = __atomic_load_n(&web->counts[i].microseconds, __ATOMIC_RELAXED);
        if (us)
            buffer_format(out, "yijianshi_http_request_seconds_total{method=\"%s\",route=\"%s\"} %lld.%06lld\n", route_table[i].method,
                          route_table[i].path, (long long)(us / 1000000), (long long)(us % 1000000));
    }
    buffer_format(out, "# HELP yijianshi_http_requests_open requests that are being served\n"
                       "# TYPE yijianshi_http_requests_open gauge\nyijianshi_http_requests_open %lld\n"
                       "# HELP yijianshi_http_streams_open event streams\n"
                       "# TYPE yijianshi_http_streams_open gauge\nyijianshi_http_streams_open %lld\n"
                       "# HELP yijianshi_http_inbox_waiting commands that wait in the database, as last seen\n"
                       "# TYPE yijianshi_http_inbox_waiting gauge\nyijianshi_http_inbox_waiting %lld\n",
                  (long long)__atomic_load_n(&web->requests_open, __ATOMIC_RELAXED),
                  (long long)__atomic_load_n(&web->streams_open, __ATOMIC_RELAXED),
                  (long long)__atomic_load_n(&web->inbox_waiting, __ATOMIC_RELAXED));
}

void handle_metrics(struct request *request) {
    const struct web_parts *parts = &request->web->settings.parts;
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, 1 << 20);
    if (parts->write_metrics)
        parts->write_metrics(parts->context, &out);
    write_counts(request->web, &out);
    reply_json(request, 200, buffer_text(&out));
    request->content_type = "text/plain; version=0.0.4; charset=utf-8";
}

/* All rows of a query without parameters, as {"items":[…]}. */
static void reply_all(struct request *request, const char *query) {
    struct record_list rows;
    if (ask(request, query, NULL, 0, &rows))
        reply_page(request, &rows, rows.count, "");
}

void handle_departments(struct request *request) { reply_all(request, "departments_stats"); }

/* A clock's cursor is `<case>/<item>/<clock>`. */
static bool clock_cursor_stands(struct request *request, const struct record_list *page, struct text cursor) {
    size_t end = cursor.length;
    for (int slashes = 0; end > 0 && slashes < 2; slashes += cursor.at[end] == '/')
        end--;
    return request_cursor_stands(request, page, "case_clocks", text_span(cursor.at, end));
}

/* A department sees its own. */
void handle_late(struct request *request) {
    uint32_t limit = request_limit(request);
    struct record_list rows;
    struct text department = request->caller.role == ROLE_DEPARTMENT ? request->caller.department
                                                                      : request_parameter(request, "department");
    struct text cursor = request_parameter(request, "cursor");
    if (ASK(request, "clocks_list", &rows, department, request_parameter(request, "light"), request_parameter(request, "item"),
            cursor, text_format(&request->arena, "%u", limit + 1)) &&
        clock_cursor_stands(request, &rows, cursor))
        reply_page(request, &rows, limit, "at");
}

void handle_statistics(struct request *request) { reply_all(request, "statistics"); }
void handle_shards(struct request *request) { reply_all(request, "shards_list"); }

void handle_department(struct request *request) {
    struct record_list rows;
    struct json row;
    struct text wanted = request->at[0];
    if (request->caller.role == ROLE_DEPARTMENT && !text_equal(wanted, request->caller.department)) {
        reply_problem(request, "department_forbidden", "this token is %.*s's", TEXT_ARG(request->caller.department));
        return;
    }
    if (!ask(request, "departments_stats", NULL, 0, &rows))
        return;
    for (uint32_t i = 0; i < rows.count; i++)
        if (json_read(&request->arena, rows.at[i], 8, &row, NULL) == OUTCOME_OK &&
            text_equal(json_get_text(&row, TEXT("department")), wanted)) {
            reply_json(request, 200, rows.at[i]);
            return;
        }
    reply_problem(request, "department_unknown", "no open step is with %.*s", TEXT_ARG(wanted));
}
