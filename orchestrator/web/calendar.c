/* Working days and due dates, by the calendar that was published. */
#include "web/handlers.h"
#include "web/web_part.h"

static void answer(struct request *request, enum outcome outcome, struct text json, const struct error *error) {
    if (outcome == OUTCOME_OK)
        reply_json(request, 200, json);
    else if (outcome == OUTCOME_REJECT)
        reply_problem(request, "parameter_bad", "%s [%s]", error->message, error->code);
    else
        reply_error(request, error);
}

void handle_calendar_year(struct request *request) {
    const struct web_parts *parts = &request->web->settings.parts;
    struct error error = {0};
    struct text json = TEXT_NONE;
    int64_t year;
    if (!parts->calendar_year) {
        reply_problem(request, "not_offered", "this daemon shows no calendar");
        return;
    }
    if (request->at[0].length != 4 || !text_to_int64(request->at[0], &year) || year < 1900) {
        reply_problem(request, "calendar_year_unknown", "\"%.*s\" is no year", TEXT_ARG(request->at[0]));
        return;
    }
    enum outcome outcome = parts->calendar_year(parts->context, (int32_t)year, request_parameter(request, "region"),
                                                &request->arena, &json, &error);
    answer(request, outcome, json, &error);
}

void handle_calendar_due(struct request *request) {
    const struct web_parts *parts = &request->web->settings.parts;
    const struct calendar_question question = {
        .from = request_parameter(request, "from"), .limit = request_parameter(request, "limit"),
        .region = request_parameter(request, "region"), .clock = request_parameter(request, "clock")};
    struct error error = {0};
    struct text json = TEXT_NONE;
    if (!parts->calendar_due) {
        reply_problem(request, "not_offered", "this daemon reckons no due dates");
        return;
    }
    if (text_is_none(question.from) || text_is_none(question.limit)) {
        reply_problem(request, "parameter_bad", "`from` (2026-02-13) and `limit` (3 workdays) are needed");
        return;
    }
    enum outcome outcome = parts->calendar_due(parts->context, &question, &request->arena, &json, &error);
    answer(request, outcome, json, &error);
}
