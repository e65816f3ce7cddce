/* What a request is answered: JSON, pages of a list, problems; and the headers that every answer has. */
#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"
#include "web/web_part.h"

void reply_header(struct request *request, const char *name, struct text value) {
    struct text kept = text_copy(&request->arena, value);   /* with a NUL behind it, as libmicrohttpd wants it */
    if (request->header_count < HEADERS_MOST && !text_is_none(kept))
        request->headers[request->header_count++] = (struct parameter){text_from(name), kept};
}

static bool begin(struct request *request, unsigned status, const char *content_type) {
    if (request->status)
        return false;
    request->status = status;
    request->content_type = content_type;
    buffer_clear(&request->out);
    return true;
}

void reply_forget(struct request *request) {
    request->status = 0;
    buffer_clear(&request->out);
}

void reply_json(struct request *request, unsigned status, struct text json) {
    if (begin(request, status, "application/json"))
        buffer_put_text(&request->out, json);
}

void reply_page(struct request *request, const struct record_list *rows, uint32_t limit, const char *cursor) {
    uint32_t count = rows->count > limit ? limit : rows->count;
    struct text next = TEXT_NONE;
    struct json last;
    char number[24];
    int64_t id;
    if (rows->count > limit && json_read(&request->arena, rows->at[count - 1], 64, &last, NULL) == OUTCOME_OK) {
        const struct json *member = json_get(&last, text_from(cursor));
        if (member && member->type == JSON_NUMBER && json_to_int64(member, &id)) {
            snprintf(number, sizeof number, "%lld", (long long)id);
            next = text_from(number);
        } else {
            next = json_get_text(&last, text_from(cursor));
        }
    }
    if (!begin(request, 200, "application/json"))
        return;
    struct json_writer w;
    json_begin(&w, &request->out);
    json_open(&w, '{');
    json_key(&w, TEXT("items"));
    json_open(&w, '[');
    for (uint32_t i = 0; i < count; i++)
        json_put_raw(&w, rows->at[i]);
    json_close(&w, ']');
    json_key(&w, TEXT("next"));
    json_put_text(&w, next);
    json_close(&w, '}');
}

void request_fault(struct request *request, struct text pointer, const char *keyword, const char *format, ...) {
    if (request->fault_count == FAULTS_MOST)
        return;
    char room[512];
    va_list arguments;
    va_start(arguments, format);
    struct text said = text_print(room, sizeof room, format, arguments);
    va_end(arguments);
    struct problem_fault *fault = &request->faults[request->fault_count++];
    struct text word = text_copy(&request->arena, text_from(keyword));
    *fault = (struct problem_fault){text_copy(&request->arena, pointer), word.at ? word.at : "",
                                    text_copy(&request->arena, said)};
}

void reply_problem_status(struct request *request, unsigned status, const char *code, struct text detail) {
    const struct problem *problem = problem_find(code);
    if (!status)
        status = problem ? problem->status : 500;
    if (!begin(request, status, "application/problem+json"))
        return;
    if (status == 401)
        reply_header(request, "WWW-Authenticate", TEXT("Bearer realm=\"yijianshi\""));
    if (status == 503)
        reply_header(request, "Retry-After", TEXT("2"));
    problem_write(&request->out, code, status, detail, request->faults, request->fault_count);
}

void reply_problem(struct request *request, const char *code, const char *format, ...) {
    char room[ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    struct text detail = text_print(room, sizeof room, format, arguments);
    va_end(arguments);
    reply_problem_status(request, 0, code, detail);
}

void reply_error(struct request *request, const struct error *error) {
    unsigned status = problem_find(error->code)          ? 0
                      : error->outcome == OUTCOME_RETRY  ? 503
                      : error->outcome == OUTCOME_REJECT ? 400
                                                         : 500;
    /* What the system says of itself (hosts, paths) is for the log. */
    if (error->outcome == OUTCOME_REJECT) {
        reply_problem_status(request, status, error->code, text_from(error->message));
        return;
    }
    enum log_level level = error->outcome == OUTCOME_FATAL ? LOG_ERROR : LOG_DEBUG;
    log_at(level, "http_failed", "a request could not be served", LOG_STRING("code", error->code), LOG_STRING("why", error->message));
    reply_problem_status(request, status, error->code,
                         error->outcome == OUTCOME_RETRY ? TEXT("come again; with an Idempotency-Key a command may be sent twice")
                                                         : TEXT("the log of the daemon has the reason"));
}

static void common_headers(struct request *request, struct MHD_Response *response) {
    static const char *const headers[][2] = {
        {"X-Content-Type-Options", "nosniff"},
        {"Cache-Control", "no-store"},
        {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
        {"Referrer-Policy", "no-referrer"},
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        MHD_add_response_header(response, headers[i][0], headers[i][1]);
    if (request->web->settings.certificate)
        MHD_add_response_header(response, "Strict-Transport-Security", "max-age=31536000");
    if (request->content_type)
        MHD_add_response_header(response, "Content-Type", request->content_type);
    for (uint32_t i = 0; i < request->header_count; i++)
        MHD_add_response_header(response, request->headers[i].name.at, request->headers[i].value.at);
}

enum MHD_Result reply_send(struct request *request) {
    struct MHD_Response *response;
    if (request->stream && request->status == 200) {
        response = watch_response(request);
    } else if (request->send_fd >= 0 && request->status == 200) {
        response = MHD_create_response_from_fd64((uint64_t)request->send_bytes, request->send_fd);
        if (response)
            request->send_fd = -1;   /* libmicrohttpd closes it */
    } else {
        bool broken = request->out.failed || request->arena.failed || request->status == 0;
        if (broken) {
            request->status = 500;
            request->content_type = "application/problem+json";
            request->header_count = 0;
        }
        static const char no_memory[] = "{\"type\":\"urn:yijianshi:problem:out_of_memory\",\"title\":\"The server has no memory for "
                                        "this\",\"status\":500,\"code\":\"out_of_memory\"}";
        struct text body = broken ? TEXT(no_memory) : buffer_text(&request->out);
        response = MHD_create_response_from_buffer(body.length, (void *)(uintptr_t)body.at,
                                                   broken ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_COPY);
    }
    if (!response)
        return MHD_NO;
    common_headers(request, response);
    enum MHD_Result result = MHD_queue_response(request->connection, request->status, response);
    MHD_destroy_response(response);
    request->stage = STAGE_ANSWERED;
    return result;
}
