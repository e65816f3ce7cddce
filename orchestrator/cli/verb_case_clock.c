/* case clock: every due date of a case, explained line by line; case rate; case settle: which of two answers stands. */
#include "cli/verb_part.h"

static struct text day_and_time(struct invocation *c, struct text at) {
    char room[TIME_TEXT_SIZE];
    int64_t us;
    if (text_is_none(at) || time_parse(at, &us, NULL) != OUTCOME_OK)
        return TEXT("–");
    struct text china = time_format_china(us, room);
    return text_format(&c->arena, "%.10s %.5s", china.at, china.at + 11);
}

static void line(struct invocation *c, const char *label, struct text value) {
    if (!text_is_none(value))
        printf("    %s%-12s%s %.*s\n", display_colour(&c->display, COLOUR_FAINT), label, display_colour(&c->display, COLOUR_PLAIN),
               TEXT_ARG(value));
}

static struct text limit_words(struct invocation *c, const struct json *explained) {
    const struct json *limit = json_get_string(explained, "limit");
    struct text unit = member(limit, "unit"), amount = member(limit, "amount");
    struct text words = text_is(unit, "on_the_spot") ? TEXT("on the spot")
                        : text_is(unit, "until") ? text_format(&c->arena, "until %.*s", TEXT_ARG(day_and_time(c, amount)))
                        : text_is(unit, "duration") ? amount
                        : text_format(&c->arena, "%.*s %.*s", TEXT_ARG(amount), TEXT_ARG(unit));
    struct text days = member(explained, "extended_days");
    return text_is_none(days) ? words
                              : text_format(&c->arena, "%.*s, extended by %.*s working days (行政許可法 42)", TEXT_ARG(words),
                                            TEXT_ARG(days));
}

static struct text began_words(struct invocation *c, const struct json *row) {
    static const struct { const char *code, *words; } known[] = {
        {"received", "the complete application lay before the department"},
        {"accepted", "accepted (受理)"},
        {"silence", "accepted by silence, as of the day of receipt (行政許可法 32)"},
        {"correction_answered", "the complete correction arrived (補正受理)"},
        {"answered", "the department decided without a word of acceptance: as of the day of receipt"},
        {"submitted", "the application was submitted"},
        {"decided", "the decision (行政許可法 44)"},
    };
    struct text began = member(json_get_string(row, "explained"), "began");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (text_is(began, known[i].code))
            return text_format(&c->arena, "%.*s  %s", TEXT_ARG(day_and_time(c, member(row, "started_at"))), known[i].words);
    return day_and_time(c, member(row, "started_at"));
}

static void print_uncounted(struct invocation *c, const struct json *pauses) {
    for (uint32_t i = 0; pauses && i < pauses->count; i++) {
        const struct json *pause = json_at(pauses, i);
        struct text to = member(pause, "to"), basis = member(pause, "basis");
        line(c, "not counted", text_format(&c->arena, "%.*s to %.*s  %.*s at %.*s%s%.*s", TEXT_ARG(day_and_time(c, member(pause, "from"))),
                                           TEXT_ARG(text_is_none(to) ? TEXT("now") : day_and_time(c, to)),
                                           TEXT_ARG(member(pause, "reason")), TEXT_ARG(member(pause, "step")),
                                           text_is_none(basis) ? ", by the item's definition" : ", basis: ",
                                           TEXT_ARG(text_is_none(basis) ? TEXT("") : basis)));
    }
}

static void print_passed(struct invocation *c, const struct json *days) {
    for (uint32_t i = 0; days && i < days->count; i++) {
        const struct json *span = json_at(days, i);
        struct text from = member(span, "from"), to = member(span, "to"), name = member(span, "name"), basis = member(span, "basis");
        line(c, "passed over", text_format(&c->arena, "%.*s%s%.*s  %.*s%s%.*s%s%.*s", TEXT_ARG(from), text_equal(from, to) ? "" : " to ",
                                           TEXT_ARG(text_equal(from, to) ? TEXT("") : to), TEXT_ARG(member(span, "kind")),
                                           text_is_none(name) ? "" : " ", TEXT_ARG(text_is_none(name) ? TEXT("") : name),
                                           text_is_none(basis) ? "" : ", ", TEXT_ARG(text_is_none(basis) ? TEXT("") : basis)));
    }
}

static enum colour light_colour(struct text light) {
    return text_is(light, "green") ? COLOUR_GOOD : text_is(light, "yellow") ? COLOUR_STRONG : COLOUR_BAD;
}

static void print_clock(struct invocation *c, const struct json *row) {
    const struct json *explained = json_get_string(row, "explained");
    struct text item = member(row, "item"), light = member(row, "light"), due = member(row, "due_at"), state = member(row, "state");
    struct text counted = member(explained, "counted"), own = member(explained, "own"), unit = member(json_get_string(explained, "limit"), "unit");
    printf("%s%.*s%s  %.*s  %s%.*s%s  %.*s\n", display_colour(&c->display, COLOUR_STRONG), TEXT_ARG(item.length ? item : TEXT("the case")),
           display_colour(&c->display, COLOUR_PLAIN), TEXT_ARG(member(row, "clock")), display_colour(&c->display, light_colour(light)),
           TEXT_ARG(light), display_colour(&c->display, COLOUR_PLAIN), TEXT_ARG(state));
    line(c, "limit", limit_words(c, explained));
    line(c, "start", began_words(c, row));
    print_uncounted(c, json_get_string(explained, "uncounted"));
    print_passed(c, json_get_string(explained, "passed"));
    if (counted.length)
        line(c, "counted", text_format(&c->arena, "%.*s of %.*s %.*s until %.*s", TEXT_ARG(counted), TEXT_ARG(member(explained, "of")),
                                       TEXT_ARG(unit), TEXT_ARG(day_and_time(c, member(explained, "counted_at")))));
    if (own.length)
        line(c, "own time", text_format(&c->arena, "%.*s %.*s with the departments asked", TEXT_ARG(own), TEXT_ARG(unit)));
    line(c, "yellow", text_is_none(member(explained, "yellow")) ? TEXT_NONE : day_and_time(c, member(explained, "yellow")));
    if (json_is_true(json_get_string(explained, "provisional")))
        line(c, "provisional", TEXT("a year not yet published: weekends alone are off; reckoned again when it is"));
    line(c, "due", text_is(state, "paused") && text_is_none(due) ? TEXT("stands still")
                   : text_is_none(due) ? TEXT_NONE : day_and_time(c, due));
    line(c, "ended", text_is_none(member(row, "ended_at")) ? TEXT_NONE
                     : text_format(&c->arena, "%.*s  %.*s", TEXT_ARG(day_and_time(c, member(row, "ended_at"))),
                                   TEXT_ARG(text_is_none(member(explained, "ended")) ? TEXT("") : member(explained, "ended"))));
}

enum verb_status verb_case_clock(struct invocation *c) {
    struct client_answer answer;
    enum verb_status status;
    if (!client_get(c, path_of(c, "/v1/cases/", invocation_argument(c, 0), "/clocks"), &answer, &status))
        return status;
    if (c->json) {
        printf("%.*s\n", TEXT_ARG(answer.body));
        return STATUS_DONE;
    }
    const struct json *items = json_get_string(&answer.json, "items");
    for (uint32_t i = 0; items && i < items->count; i++)
        print_clock(c, json_at(items, i));
    if (!items || items->count == 0)
        printf("no clock: the definition has neither items nor a promise, or nothing was asked yet\n");
    return STATUS_DONE;
}

static enum verb_status send(struct invocation *c, struct text path, struct text body, const char *what) {
    struct client_answer answer;
    enum verb_status status;
    const struct client_request request = {.method = "POST", .path = path, .body = body, .prefer = "wait=10"};
    return client_do(c, &request, &answer, &status) ? print_command(c, &answer, what) : status;
}

enum verb_status verb_case_rate(struct invocation *c) {
    struct text level = text_from(invocation_argument(c, 1));
    int64_t value;
    if (!text_to_int64(level, &value) || value < 1 || value > 5)
        return invocation_usage(c, "LEVEL is 5 (very satisfied) to 1 (very dissatisfied)");
    return send(c, path_of(c, "/v1/cases/", invocation_argument(c, 0), "/rating"),
                BODY_OF(c, {"level", level, true}, {"comment", invocation_text(c, "comment"), false}), "rating");
}

enum verb_status verb_case_settle(struct invocation *c) {
    if (!invocation_has(c, "reason"))
        return invocation_usage(c, "--reason is needed: the journal keeps it beside both answers");
    struct text path = path_of(c, text_format(&c->arena, "%s/steps/", path_of(c, "/v1/cases/", invocation_argument(c, 0), "").at).at,
                               invocation_argument(c, 1), "/resolve_dispute");
    return send(c, path,
                BODY_OF(c, {"reason", invocation_text(c, "reason"), false}, {"stands", invocation_text(c, "stands"), false}), "settlement");
}
