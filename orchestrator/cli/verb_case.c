/* case: an application sent in, looked at, and what an applicant or operator does to it. */
#include "cli/verb_part.h"
#include "model/limits.h"

static const struct json *child(const struct json *object, const char *name) {
    return json_get(object, text_from(name));
}

/* The file's application with what the options say instead. */
static struct text submit_body(struct invocation *c, const struct json *file) {
    static const char *const replaced[] = {"thing", "number", "region", NULL};
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, LIMIT_message_bytes_most * 2);
    json_begin(&w, &out);
    json_open(&w, '{');
    for (int i = 0; replaced[i]; i++)
        if (invocation_has(c, replaced[i])) {
            json_key(&w, text_from(replaced[i]));
            json_put_text(&w, invocation_text(c, replaced[i]));
        }
    for (uint32_t i = 0; i < file->count; i++) {
        bool instead = false;
        for (int j = 0; replaced[j]; j++)
            instead = instead || (text_is(file->children[i].key, replaced[j]) && invocation_has(c, replaced[j]));
        if (instead)
            continue;
        json_key(&w, file->children[i].key);
        json_put_value(&w, &file->children[i].value);
    }
    json_close(&w, '}');
    return text_copy(&c->arena, buffer_text(&out));
}

/* --wait 5s -> "wait=5"; the API knows whole seconds, at most 30. */
static bool read_wait(struct invocation *c, char room[24], const char **ret, enum verb_status *ret_status) {
    const char *given = invocation_option(c, "wait");
    int64_t us = 10 * TIME_SECOND_US;
    *ret = NULL;
    if (given && !text_is(text_from(given), "0") && duration_parse(text_from(given), &us, NULL) != OUTCOME_OK) {
        *ret_status = invocation_usage(c, "--wait takes a duration such as 5s, not \"%s\"", given);
        return false;
    }
    if (given && text_is(text_from(given), "0"))
        us = 0;
    if (us > 0) {
        snprintf(room, 24, "wait=%lld", (long long)((us + TIME_SECOND_US - 1) / TIME_SECOND_US));
        *ret = room;
    }
    return true;
}

enum verb_status verb_case_submit(struct invocation *c) {
    struct text source;
    struct json file;
    struct error error = {0};
    struct client_answer answer;
    enum verb_status status = STATUS_REFUSED;
    char room[24];
    const char *prefer;
    if (!read_wait(c, room, &prefer, &status) ||
        !read_input(c, invocation_argument(c, 0), LIMIT_message_bytes_most, &source, &status))
        return status;
    if (json_read(&c->arena, source, LIMIT_json_depth_most, &file, &error) != OUTCOME_OK) {
        struct error named = {0};
        error_set(&named, error.outcome, error.code, "%s: %s", input_name(invocation_argument(c, 0)), error.message);
        return invocation_failed(c, &named);
    }
    if (file.type != JSON_OBJECT || !json_get_string(&file, "form")) {
        error_set(&error, OUTCOME_REJECT, "application_bad", "%s is no application: {\"thing\": …, \"form\": {…}}",
                  input_name(invocation_argument(c, 0)));
        return invocation_failed(c, &error);
    }
    struct client_request request = {.method = "POST",
                                     .path = TEXT("/v1/cases"),
                                     .body = submit_body(c, &file),
                                     .prefer = prefer,
                                     .idempotency_key = invocation_option(c, "idempotency-key")};
    if (!client_do(c, &request, &answer, &status))
        return status;
    struct text id = member(&answer.json, "case");
    bool follow = invocation_has(c, "follow");
    if (c->json && !follow)
        printf("%.*s\n", TEXT_ARG(answer.body));
    else if (answer.status == 202)
        invocation_say(c, "case %.*s: written down; it starts as soon as its shard's daemon takes it", TEXT_ARG(id));
    else
        invocation_say(c, "case %.*s: %s", TEXT_ARG(id),
                       answer.status == 201 ? "started" : "was there already, with the same content");
    if (!follow || text_is_none(id))
        return STATUS_DONE;
    return case_watch(c, &id, 1);
}

/* ---- reading ---- */

static void print_steps(struct invocation *c, const struct json *steps) {
    static const char *const headings[] = {"STEP", "STATE", "DEPARTMENT", "ASKED", ">TOOK", ">TRY", "REASON*", NULL};
    struct table table;
    int64_t now = display_now_us();
    table_begin(&table, &c->arena, headings);
    for (uint32_t i = 0; steps && i < steps->count; i++) {
        const struct json *step = json_at(steps, i);
        struct text asked = member(step, "asked_at"), ended = member(step, "ended_at");
        table_put(&table, case_step_name(&c->arena, step));
        table_put_state(&table, member(step, "state"));
        table_put(&table, member(step, "department"));
        table_put(&table, display_time(&c->arena, asked, now));
        table_put(&table, text_is_none(asked) ? TEXT_NONE : display_between(&c->arena, asked, ended, now));
        table_put(&table, member_int64(step, "attempt", 0) > 1 ? member(step, "attempt") : TEXT(" "));
        table_put(&table, text_is_none(member(step, "reason")) ? TEXT(" ") : member(step, "reason"));
    }
    if (steps && steps->count > 0)
        table_print(&table, &c->display, stdout);
}

static void print_incidents(struct invocation *c, const struct json *incidents) {
    for (uint32_t i = 0; incidents && i < incidents->count; i++) {
        const struct json *incident = json_at(incidents, i);
        if (!text_is_none(member(incident, "closed_at")))
            continue;
        printf("%sincident %.*s%s: %.*s at %.*s: ", display_colour(&c->display, COLOUR_BAD),
               TEXT_ARG(member(incident, "id")), display_colour(&c->display, COLOUR_PLAIN),
               TEXT_ARG(member(incident, "code")), TEXT_ARG(member(incident, "step")));
        display_put_safe(stdout, member(incident, "message"));
        fputc('\n', stdout);
    }
}

/* "受理 Accepted", with how it ended behind it. */
static struct text status_words(struct invocation *c, const struct json *row) {
    const struct json *status = child(row, "status"), *ending = child(row, "ending");
    if (!status || text_is_none(member(status, "zh-Hant")))
        return TEXT_NONE;
    if (!ending)
        return text_format(&c->arena, "%.*s %.*s", TEXT_ARG(member(status, "zh-Hant")), TEXT_ARG(member(status, "en")));
    return text_format(&c->arena, "%.*s %.*s, %.*s %.*s", TEXT_ARG(member(status, "zh-Hant")), TEXT_ARG(member(status, "en")),
                       TEXT_ARG(member(ending, "zh-Hant")), TEXT_ARG(member(ending, "en")));
}

struct text case_status(struct invocation *c, struct arena *arena, const struct json *row) {
    struct text status = json_get_text(child(row, "status"), c->display.language);
    struct text ending = json_get_text(child(row, "ending"), c->display.language);
    if (status.length == 0 || ending.length == 0)
        return status.length == 0 ? TEXT_NONE : status;
    return text_format(arena, "%.*s %.*s", TEXT_ARG(status), TEXT_ARG(ending));
}

enum verb_status verb_case_show(struct invocation *c) {
    struct client_answer answer;
    enum verb_status status;
    if (!client_get(c, path_of(c, "/v1/cases/", invocation_argument(c, 0), ""), &answer, &status))
        return status;
    if (c->json) {
        printf("%.*s\n", TEXT_ARG(answer.body));
        return STATUS_DONE;
    }
    const struct json *row = &answer.json;
    int64_t now = display_now_us();
    struct text outcome = member(row, "outcome"), closed = member(row, "closed_at");
    const struct pair pairs[] = {
        {"case", member(row, "id"), COLOUR_STRONG},
        {"thing", member(row, "thing"), COLOUR_PLAIN},
        {"title", member(row, "title"), COLOUR_PLAIN},
        {"region", member(row, "region"), COLOUR_PLAIN},
        {"status", status_words(c, row), COLOUR_STRONG},
        {"phase", member(row, "phase"), display_colour_of(member(row, "phase"))},
        {"outcome", text_is(outcome, "none") ? TEXT_NONE : outcome, display_colour_of(outcome)},
        {"part of", member(row, "parent"), COLOUR_PLAIN},
        {"started", display_time(&c->arena, member(row, "started_at"), now), COLOUR_PLAIN},
        {"closed", text_is_none(closed) ? TEXT_NONE : display_time(&c->arena, closed, now), COLOUR_PLAIN},
        {"took", display_between(&c->arena, member(row, "started_at"), closed, now), COLOUR_PLAIN},
        {"version", member(row, "version"), COLOUR_PLAIN},
    };
    print_pairs(&c->display, pairs, sizeof pairs / sizeof pairs[0]);
    fputc('\n', stdout);
    print_steps(c, child(row, "steps"));
    const struct json *children = child(row, "children");
    for (uint32_t i = 0; children && i < children->count; i++)
        printf("sub-case %.*s: %.*s %.*s\n", TEXT_ARG(member(json_at(children, i), "id")),
               TEXT_ARG(member(json_at(children, i), "phase")), TEXT_ARG(member(json_at(children, i), "outcome")));
    print_incidents(c, child(row, "incidents"));
    return STATUS_DONE;
}

enum verb_status verb_case_list(struct invocation *c) {
    static const char *const parameters[] = {"thing", "phase",         "outcome", "region", "department",
                                             "q",     "changed-since", "scope",   NULL};
    _cleanup_buffer_ struct buffer path;
    struct json items;
    enum verb_status status;
    buffer_init(&path, 16384);
    buffer_put_string(&path, "/v1/cases");
    for (int i = 0; parameters[i]; i++)
        client_parameter(&path, i == 6 ? "changed_since" : parameters[i], invocation_text(c, parameters[i]));
    if (!list_items(c, buffer_text(&path), &items, &status))
        return status;
    if (list_print_json(c, &items))
        return STATUS_DONE;
    static const char *const headings[] = {"CASE",    "THING", "TITLE*",     "STATUS", "PHASE", "OUTCOME",
                                           "STARTED", ">TOOK", ">INCIDENTS", NULL};
    struct table table;
    int64_t now = display_now_us();
    table_begin(&table, &c->arena, headings);
    for (uint32_t i = 0; i < items.count; i++) {
        const struct json *row = json_at(&items, i);
        struct text outcome = member(row, "outcome");
        table_put(&table, member(row, "id"));
        table_put(&table, member(row, "thing"));
        table_put(&table, member(row, "title"));
        table_put(&table, case_status(c, &c->arena, row));
        table_put_state(&table, member(row, "phase"));
        table_put_state(&table, text_is(outcome, "none") ? TEXT_NONE : outcome);
        table_put(&table, display_time(&c->arena, member(row, "started_at"), now));
        table_put(&table, display_between(&c->arena, member(row, "started_at"), member(row, "closed_at"), now));
        int64_t incidents = member_int64(row, "open_incidents", 0);
        table_put_colour(&table, incidents ? member(row, "open_incidents") : TEXT(" "), COLOUR_BAD);
    }
    return list_print(c, &table, items.count, "no case");
}

/* ---- doing ---- */

static enum verb_status send(struct invocation *c, struct text path, struct text body, const char *what) {
    struct client_answer answer;
    enum verb_status status;
    const struct client_request request = {.method = "POST", .path = path, .body = body, .prefer = "wait=10"};
    return client_do(c, &request, &answer, &status) ? print_command(c, &answer, what) : status;
}

static enum verb_status send_reason(struct invocation *c, const char *tail, const char *what) {
    return send(c, path_of(c, "/v1/cases/", invocation_argument(c, 0), tail),
                BODY_OF(c, {"reason", invocation_text(c, "reason"), false}), what);
}

enum verb_status verb_case_withdraw(struct invocation *c) {
    return send_reason(c, "/withdraw", "withdrawal");
}

enum verb_status verb_case_close(struct invocation *c) {
    return invocation_has(c, "reason") ? send_reason(c, "/close", "closing")
                                       : invocation_usage(c, "--reason is needed");
}

enum verb_status verb_case_void(struct invocation *c) {
    return invocation_has(c, "reason") ? send_reason(c, "/void", "declaring void")
                                       : invocation_usage(c, "--reason is needed");
}

enum verb_status verb_case_signal(struct invocation *c) {
    struct text data;
    enum verb_status status;
    if (!data_option(c, "data", &data, &status))
        return status;
    struct text path =
        path_of(c, text_format(&c->arena, "%s/signal/", path_of(c, "/v1/cases/", invocation_argument(c, 0), "").at).at,
                invocation_argument(c, 1), "");
    return send(c, path, BODY_OF(c, {"data", data, true}), "signal");
}

enum verb_status verb_case_materials(struct invocation *c) {
    struct text materials;
    enum verb_status status;
    if (!data_option(c, "materials", &materials, &status))
        return status;
    if (text_is_none(materials))
        return invocation_usage(c, "give what has come: --materials '[…]'");
    return send(c, path_of(c, "/v1/cases/", invocation_argument(c, 0), "/materials"), BODY_OF(c, {"materials", materials, true}),
                "materials");
}

enum verb_status verb_case_objection(struct invocation *c) {
    struct text body = BODY_OF(c, {"reason", text_from(invocation_option(c, "reason")), false},
                               {"by", text_from(invocation_option(c, "by")), false},
                               {"step", text_from(invocation_option(c, "step")), false});
    if (!invocation_option(c, "reason"))
        return invocation_usage(c, "an objection needs its --reason");
    return send(c, path_of(c, "/v1/cases/", invocation_argument(c, 0), "/objection"), body, "objection");
}

enum verb_status verb_case_correction(struct invocation *c) {
    struct text form, materials;
    enum verb_status status;
    if (!data_option(c, "form", &form, &status) || !data_option(c, "materials", &materials, &status))
        return status;
    if (text_is_none(form) && text_is_none(materials))
        return invocation_usage(c, "give what is corrected: --form '{…}' or --materials '[…]'");
    struct text body = BODY_OF(c, {"step", text_from(invocation_argument(c, 1)), false}, {"form", form, true},
                               {"materials", materials, true});
    return send(c, path_of(c, "/v1/cases/", invocation_argument(c, 0), "/correction"), body, "correction");
}
