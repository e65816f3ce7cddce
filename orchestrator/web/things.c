/* Things: what is offered, with form, materials and steps; checking and publishing their definitions. */
#include "model/limits.h"
#include "web/handlers.h"
#include "web/web_part.h"

void handle_things(struct request *request) {
    struct record_list rows;
    if (ask(request, "things_list", NULL, 0, &rows))
        reply_page(request, &rows, rows.count, "");
}

/* By name (the current one) or by hash; false: answered. */
static bool find_thing(struct request *request, struct json *ret) {
    struct record_list rows;
    if (!ASK(request, "thing_show", &rows, request->at[0]))
        return false;
    if (rows.count > 0 && json_read(&request->arena, rows.at[0], LIMIT_json_depth_most * 2, ret, NULL) == OUTCOME_OK)
        return true;
    reply_problem(request, "thing_unknown", "there is no thing %.*s", TEXT_ARG(request->at[0]));
    return false;
}

void handle_thing(struct request *request) {
    static const char *const own[] = {"thing", "hash", "current", "published_at", "published_by", "withdrawn_at"};
    static const char *const canonical[] = {"title", "regions", "promise", "form", "parties", "items", "materials", "steps"};
    struct json row;
    if (!find_thing(request, &row))
        return;
    const struct json *definition = json_get_string(&row, "canonical");
    struct text tag = text_format(&request->arena, "\"%.*s\"", TEXT_ARG(json_get_text(&row, TEXT("hash"))));
    reply_header(request, "ETag", tag);
    if (text_equal(request_header(request, "If-None-Match"), tag)) {
        reply_json(request, 304, TEXT(""));
        return;
    }
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, LIMIT_definition_bytes_most * 2);
    json_begin(&w, &out);
    json_open(&w, '{');
    for (size_t i = 0; i < sizeof own / sizeof own[0] + sizeof canonical / sizeof canonical[0]; i++) {
        size_t count = sizeof own / sizeof own[0];
        const char *name = i < count ? own[i] : canonical[i - count];
        const struct json *value = json_get(i < count ? &row : definition, text_from(name));
        if (strcmp(name, "form") == 0)
            value = thing_form(&row);
        if (!value)
            continue;
        json_key(&w, text_from(name));
        json_put_value(&w, value);
    }
    json_close(&w, '}');
    reply_json(request, out.failed ? 500 : 200, buffer_text(&out));
}

void handle_thing_versions(struct request *request) {
    struct json row;
    if (!find_thing(request, &row))
        return;
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, (size_t)1 << 24);
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("items"));
    const struct json *versions = json_get_string(&row, "versions");
    if (versions && versions->type == JSON_ARRAY)
        json_put_value(&w, versions);
    else
        json_put_raw(&w, TEXT("[]"));
    json_key(&w, TEXT("next"));
    json_put_null(&w);
    json_close(&w, '}');
    reply_json(request, 200, buffer_text(&out));
}

void handle_thing_source(struct request *request) {
    struct record_list rows;
    struct json row;
    if (!ASK(request, "thing_source", &rows, request->at[0]))
        return;
    if (rows.count == 0 || json_read(&request->arena, rows.at[0], 4, &row, NULL) != OUTCOME_OK) {
        reply_problem(request, "thing_unknown", "there is no thing %.*s", TEXT_ARG(request->at[0]));
        return;
    }
    reply_json(request, 200, json_get_text(&row, TEXT("source")));
    request->content_type = "application/yaml; charset=utf-8";
}

/* A definition that can't be published: the problem carries the report, whose faults name file, line and column. */
static void reply_faulty(struct request *request, struct text report) {
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, REPLY_BYTES_MOST);
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("type"));
    json_put_text(&w, TEXT("urn:yijianshi:problem:definition_faulty"));
    json_key(&w, TEXT("title"));
    json_put_text(&w, text_from(problem_find("definition_faulty")->title));
    json_key(&w, TEXT("status"));
    json_put_int64(&w, 422);
    json_key(&w, TEXT("code"));
    json_put_text(&w, TEXT("definition_faulty"));
    json_key(&w, TEXT("report"));
    json_put_raw(&w, report);
    json_close(&w, '}');
    reply_json(request, 422, buffer_text(&out));
    request->content_type = "application/problem+json";
}

static bool has_source(struct request *request) {
    if (request->body.length > 0)
        return true;
    reply_problem(request, "body_missing", "send the definition as the body");
    return false;
}

void handle_thing_check(struct request *request) {
    const struct web_parts *parts = &request->web->settings.parts;
    struct error error = {0};
    struct text report = TEXT_NONE;
    if (!parts->thing_check) {
        reply_problem(request, "not_offered", "this daemon checks no definitions");
        return;
    }
    if (!has_source(request))
        return;
    enum outcome outcome = parts->thing_check(parts->context, buffer_text(&request->body), &request->arena, &report, &error);
    if (outcome == OUTCOME_OK || (outcome == OUTCOME_REJECT && !text_is_none(report)))
        reply_json(request, 200, report);   /* the check itself went well, whatever it found */
    else
        reply_error(request, &error);
}

void handle_thing_publish(struct request *request) {
    const struct web_parts *parts = &request->web->settings.parts;
    struct error error = {0};
    struct text report = TEXT_NONE;
    if (!parts->thing_publish) {
        reply_problem(request, "not_offered", "this daemon publishes no definitions");
        return;
    }
    if (!has_source(request))
        return;
    enum outcome outcome = parts->thing_publish(parts->context, buffer_text(&request->body), request->caller.name, &request->arena,
                                                &report, &error);
    if (outcome == OUTCOME_OK)
        reply_json(request, 201, report);
    else if (outcome == OUTCOME_REJECT && !text_is_none(report))
        reply_faulty(request, report);
    else
        reply_error(request, &error);
}

void handle_thing_checklist(struct request *request) {
    const struct web_parts *parts = &request->web->settings.parts;
    const struct json *form = NULL, *region = NULL;
    struct error error = {0};
    struct text notice = TEXT_NONE;
    if (!parts->thing_checklist) {
        reply_problem(request, "not_offered", "this daemon derives no notices");
        return;
    }
    if (!BODY_FIELDS(request, {"form", JSON_OBJECT, true, MOST(form_bytes_most), &form},
                     {"region", JSON_STRING, false, MOST(name_bytes_most), &region}))
        return;
    enum outcome outcome = parts->thing_checklist(parts->context, request->at[0], form, region ? region->text : TEXT_NONE,
                                                  &request->arena, &notice, &error);
    if (outcome == OUTCOME_OK)
        reply_json(request, 200, notice);
    else
        reply_error(request, &error);
}
