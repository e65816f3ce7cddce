/* Incidents: what needs a person, and the same done to many at once. */
#include "model/limits.h"
#include "wire/input_codec.h"
#include "web/handlers.h"
#include "web/web_part.h"

enum { BULK_MOST = 200 };   /* one transaction that other commands wait for; more is another call */

void handle_incidents(struct request *request) {
    uint32_t limit = request_limit(request);
    struct record_list rows;
    struct text cursor = request_parameter(request, "cursor");
    if (ASK(request, "incidents_list", &rows, request_parameter(request, "open"), request_parameter(request, "code"),
            request_parameter(request, "department"), request_parameter(request, "thing"), cursor,
            text_format(&request->arena, "%u", limit + 1)) &&
        request_cursor_stands(request, &rows, "incident_show", cursor) && veil_messages(request, &rows))
        reply_page(request, &rows, limit, "id");
}

void handle_incident(struct request *request) {
    struct record_list rows;
    if (!ASK(request, "incident_show", &rows, request->at[0]) || !veil_messages(request, &rows))
        return;
    if (rows.count > 0)
        reply_json(request, 200, rows.at[0]);
    else
        reply_problem(request, "incident_unknown", "there is no incident %.*s", TEXT_ARG(request->at[0]));
}

struct bulk {
    enum input_kind kind;
    struct text reason, department, region;
    struct input inputs[BULK_MOST];
    struct text keys[BULK_MOST], incidents[BULK_MOST];
    uint32_t count;
    struct buffer skipped;           /* JSON array's content: {"incident", "why"} */
    struct json_writer skip;
};

static void skip(struct bulk *bulk, struct text incident, const char *why) {
    json_open(&bulk->skip, '{');
    json_key(&bulk->skip, TEXT("incident"));
    json_put_text(&bulk->skip, incident);
    json_key(&bulk->skip, TEXT("why"));
    json_put_text(&bulk->skip, text_from(why));
    json_close(&bulk->skip, '}');
}

/* An incident's row as a command on its step. */
static void add(struct request *request, struct bulk *bulk, const struct json *row) {
    struct text id = json_get_text(row, TEXT("id")), case_id = json_get_text(row, TEXT("case_id"));
    struct text step = json_get_text(row, TEXT("step"));
    const struct json *closed = json_get_string(row, "closed_at");
    int64_t index = -1;
    if (closed && closed->type != JSON_NULL) {
        skip(bulk, id, "it is closed");
        return;
    }
    if (case_id.length == 0 || step.length == 0) {
        skip(bulk, id, "it is no step's");
        return;
    }
    json_to_int64(json_get_string(row, "index"), &index);
    struct input *input = &bulk->inputs[bulk->count];
    *input = command_input(request, bulk->kind, case_id);
    input->step = step;
    input->index = (int32_t)index;
    input->reason = bulk->reason;
    input->department = bulk->department;
    input->region = bulk->region;
    bulk->incidents[bulk->count] = id;
    bulk->keys[bulk->count++] = text_format(&request->arena, "#%.*s", TEXT_ARG(id));
}

static bool read_row(struct request *request, struct text source, struct json *ret) {
    if (json_read(&request->arena, source, LIMIT_json_depth_most, ret, NULL) == OUTCOME_OK)
        return true;
    reply_problem(request, "internal", "an incident's row can't be read");
    return false;
}

static bool add_ids(struct request *request, struct bulk *bulk, const struct json *ids) {
    if (ids->count > BULK_MOST) {
        reply_problem(request, "body_invalid", "at most %d incidents at once", BULK_MOST);
        return false;
    }
    for (uint32_t i = 0; i < ids->count; i++) {
        const struct json *id = &ids->children[i].value;
        struct record_list rows;
        struct json row;
        if (id->type != JSON_STRING) {
            reply_problem(request, "body_invalid", "ids are texts");
            return false;
        }
        if (!ASK(request, "incident_show", &rows, id->text))
            return false;
        if (rows.count == 0)
            skip(bulk, id->text, "there is no such incident");
        else if (!read_row(request, rows.at[0], &row))
            return false;
        else
            add(request, bulk, &row);
    }
    return true;
}

static bool add_filtered(struct request *request, struct bulk *bulk, const struct json *filter) {
    static const char *const known[] = {"code", "department", "thing"};
    struct record_list rows;
    for (uint32_t i = 0; i < filter->count; i++) {
        bool fine = filter->children[i].value.type == JSON_STRING, named = false;
        for (int j = 0; j < 3; j++)
            named = named || text_is(filter->children[i].key, known[j]);
        if (!fine || !named)
            request_fault(request, text_format(&request->arena, "/filter/%.*s", TEXT_ARG(filter->children[i].key)),
                          "additionalProperties", "a filter has code, department, thing, as texts");
    }
    if (request->fault_count > 0) {
        reply_problem(request, "body_invalid", "the filter has faults");
        return false;
    }
    if (!ASK(request, "incidents_list", &rows, TEXT("yes"), json_get_text(filter, TEXT("code")),
             json_get_text(filter, TEXT("department")), json_get_text(filter, TEXT("thing")), TEXT_NONE,
             text_format(&request->arena, "%d", BULK_MOST)))
        return false;
    for (uint32_t i = 0; i < rows.count; i++) {
        struct json *row = arena_new(&request->arena, struct json);
        if (!row || !read_row(request, rows.at[i], row))
            return false;
        add(request, bulk, row);
    }
    return true;
}

static void reply_bulk(struct request *request, struct bulk *bulk, const struct record_ticket *tickets) {
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, REPLY_BYTES_MOST);
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("commands"));
    json_open(&w, '[');
    for (uint32_t i = 0; i < bulk->count; i++) {
        json_open(&w, '{');
        json_key(&w, TEXT("incident"));
        json_put_text(&w, bulk->incidents[i]);
        json_key(&w, TEXT("case"));
        json_put_text(&w, bulk->inputs[i].case_id);
        json_key(&w, TEXT("command"));
        json_put_int64(&w, tickets[i].inbox_id);
        json_close(&w, '}');
    }
    json_close(&w, ']');
    json_key(&w, TEXT("skipped"));
    json_put_raw(&w, buffer_text(&bulk->skipped));
    json_close(&w, '}');
    reply_json(request, 202, buffer_text(&out));
}

static bool take_action(struct request *request, struct text action, struct bulk *bulk) {
    static const struct { const char *word; enum input_kind kind; } actions[] = {
        {"retry", INPUT_RETRY}, {"skip", INPUT_SKIP}, {"reassign", INPUT_REASSIGN}};
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        if (text_is(action, actions[i].word)) {
            bulk->kind = actions[i].kind;
            if (bulk->kind == INPUT_REASSIGN && text_is_none(bulk->department) && text_is_none(bulk->region)) {
                reply_problem(request, "reassign_to_nobody", "name a department, a region, or both");
                return false;
            }
            return true;
        }
    request_fault(request, TEXT("/action"), "enum", "is retry, skip or reassign");
    reply_problem(request, "body_invalid", "the body has a fault");
    return false;
}

void handle_incidents_bulk(struct request *request) {
    const struct json *ids, *filter, *action, *reason, *department, *region;
    if (!BODY_FIELDS(request, {"ids", JSON_ARRAY, false, UNBOUNDED, &ids}, {"filter", JSON_OBJECT, false, UNBOUNDED, &filter},
                     {"action", JSON_STRING, true, MOST(name_bytes_most), &action}, {"reason", JSON_STRING, true, MOST(reason_bytes_most), &reason},
                     {"department", JSON_STRING, false, MOST(name_bytes_most), &department},
                     {"region", JSON_STRING, false, MOST(name_bytes_most), &region}))
        return;
    if (!ids == !filter) {
        reply_problem(request, "body_invalid", "give ids or a filter, one of both");
        return;
    }
    struct bulk *bulk = arena_new(&request->arena, struct bulk);
    if (!bulk) {
        reply_problem(request, "out_of_memory", "too much at once");
        return;
    }
    bulk->reason = reason->text;
    bulk->department = department ? department->text : TEXT_NONE;
    bulk->region = region ? region->text : TEXT_NONE;
    buffer_init(&bulk->skipped, REPLY_BYTES_MOST);
    json_begin(&bulk->skip, &bulk->skipped);
    json_open(&bulk->skip, '[');
    struct record_ticket tickets[BULK_MOST];
    if (take_action(request, action->text, bulk) && !command_is_full(request) &&
        (ids ? add_ids(request, bulk, ids) : add_filtered(request, bulk, filter)) &&
        (bulk->count == 0 || command_put(request, bulk->inputs, bulk->keys, bulk->count, tickets))) {
        json_close(&bulk->skip, ']');
        reply_bulk(request, bulk, tickets);
    }
    buffer_free(&bulk->skipped);
}
