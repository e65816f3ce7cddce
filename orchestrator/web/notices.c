/* What was told to whom: every notice with its words in three languages, never with an address. */
#include "web/handlers.h"
#include "web/web_part.h"

/* A department sees what it was told itself; `audience` and `recipient` are then its own. */
static struct text own_recipient(struct request *request) {
    if (request->caller.role != ROLE_DEPARTMENT)
        return request_parameter(request, "recipient");
    return text_format(&request->arena, "department.%.*s", TEXT_ARG(request->caller.department));
}

void handle_notices(struct request *request) {
    uint32_t limit = request_limit(request);
    struct record_list rows;
    if (ASK(request, "notices_list", &rows, request_parameter(request, "case"), request_parameter(request, "kind"),
            request_parameter(request, "audience"), request_parameter(request, "state"), request_parameter(request, "channel"),
            request_parameter(request, "cursor"), text_format(&request->arena, "%u", limit + 1), own_recipient(request)))
        reply_page(request, &rows, limit, "number");
}

static bool is_number(struct request *request) {
    int64_t number;
    if (text_to_int64(request->at[0], &number))
        return true;
    reply_problem(request, "notice_unknown", "a notice is named by its number");
    return false;
}

void handle_notice(struct request *request) {
    struct record_list rows;
    if (!is_number(request) || !ASK(request, "notice_show", &rows, request->at[0]))
        return;
    if (rows.count > 0)
        reply_json(request, 200, rows.at[0]);
    else
        reply_problem(request, "notice_unknown", "there is no notice %.*s", TEXT_ARG(request->at[0]));
}

void handle_notice_retry(struct request *request) {
    struct record_list rows;
    if (!is_number(request) || !ASK(request, "notice_retry", &rows, request->at[0]))
        return;
    if (rows.count > 0)
        reply_json(request, 200, rows.at[0]);
    else
        reply_problem(request, "notice_over", "notice %.*s has left, is shown on the console alone, or there is none", TEXT_ARG(request->at[0]));
}
