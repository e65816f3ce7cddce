/* The documents of a case: which there are, and one as PDF. They are set and sealed by the daemon's press. */
#include "web/handlers.h"
#include "web/web_part.h"

/* A department is shown what it issues itself. */
static struct document_request asked(const struct request *request) {
    bool department = request->caller.role == ROLE_DEPARTMENT;
    return (struct document_request){.case_id = request->at[0], .department = department ? request->caller.department : TEXT_NONE};
}

/* May the caller see the case, and does this daemon print? False: answered. */
static bool may_print(struct request *request) {
    struct json row;
    struct text source;
    if (request->web->settings.parts.case_document)
        return case_find(request, &source, &row);
    reply_problem(request, "not_offered", "this daemon prints no documents");
    return false;
}

void handle_documents(struct request *request) {
    const struct web_parts *parts = &request->web->settings.parts;
    struct error error = {0};
    struct text list = TEXT_NONE;
    if (!may_print(request))
        return;
    struct document_request wanted = asked(request);
    if (parts->case_documents(parts->context, &wanted, &request->arena, &list, &error) == OUTCOME_OK)
        reply_json(request, 200, list);
    else
        reply_error(request, &error);
}

/* `copy=party`: with the names as they are, for the hands of who is addressed: asked by who sees personal data. */
static bool read_copy(struct request *request, struct document_request *wanted) {
    wanted->for_party = text_is(request_parameter(request, "copy"), "party");
    if (wanted->for_party && !auth_sees_data(request)) {
        reply_problem(request, "role_forbidden", "the party's own copy is printed by the window; ask for copy=masked");
        return false;
    }
    return true;
}

void handle_document(struct request *request) {
    const struct web_parts *parts = &request->web->settings.parts;
    _cleanup_buffer_ struct buffer pdf;
    struct error error = {0};
    struct text language = request_parameter(request, "language"), printed = TEXT_NONE;
    struct document_request wanted = asked(request);
    int64_t n;
    buffer_init(&pdf, REPLY_BYTES_MOST);
    if (!read_copy(request, &wanted) || !may_print(request))
        return;
    if (!text_to_int64(request->at[1], &n) || n < 1 || n > UINT32_MAX) {
        reply_problem(request, "document_unknown", "documents of a case are numbered from 1 on");
        return;
    }
    wanted.n = (uint32_t)n;
    struct record_list noted;   /* written down before it is shown, as every reveal */
    if (wanted.for_party && !ASK(request, "access_note", &noted, request->caller.name, text_from(role_name(request->caller.role)),
                                 request->caller.department, TEXT("document"), wanted.case_id,
                                 text_format(&request->arena, "%lld", (long long)n), TEXT("the party's own copy")))
        return;
    wanted.accept = text_is_none(language) ? request_header(request, "Accept-Language") : language;
    if (parts->case_document(parts->context, &wanted, &request->arena, &pdf, &printed, &error) != OUTCOME_OK) {
        reply_error(request, &error);
        return;
    }
    reply_json(request, 200, buffer_text(&pdf));
    request->content_type = "application/pdf";
    reply_header(request, "Content-Language", printed);
    reply_header(request, "Content-Disposition",
                 text_format(&request->arena, "inline; filename=\"%.*s-%lld.pdf\"", TEXT_ARG(wanted.case_id), (long long)n));
}
