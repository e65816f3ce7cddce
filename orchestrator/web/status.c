/* The law's words beside the journal's: a status on each event of a timeline, and on a case the fold of them. */
#include "model/status.h"

#include "model/limits.h"
#include "web/web_part.h"

/* What a query says of an event, apart from its data, so that a status can be told to whoever may not see the data. */
static bool read_said(const struct json *said, struct event *ret, bool *ret_deliver) {
    struct text state = json_get_text(said, TEXT("state")), outcome = json_get_text(said, TEXT("outcome"));
    struct text answer = json_get_text(said, TEXT("answer"));
    enum event_kind kind;
    if (!event_kind_parse(json_get_text(said, TEXT("kind")), &kind))
        return false;
    *ret = event_of(kind, 0);
    ret->reason = json_get_text(said, TEXT("reason"));
    if (!text_is_none(answer))
        answer_kind_parse(answer, &ret->answer);
    if (!text_is_none(state))
        state_step_parse(state, &ret->state);
    if (!text_is_none(outcome))
        state_outcome_parse(outcome, &ret->outcome);
    *ret_deliver = text_is(json_get_text(said, TEXT("step_kind")), "deliver");
    return true;
}

static void put_words(struct json_writer *w, const char *member, const char *code, struct title title) {
    json_key(w, text_from(member));
    json_open(w, '{');
    json_key(w, TEXT("code"));
    json_put_text(w, text_from(code));
    title_write(w, title);
    json_close(w, '}');
}

/* `row` (a JSON object) with the members of `first` before its own, but for its member `said`. */
static struct text with_members(struct arena *arena, const struct json *row, struct text first) {
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, REPLY_BYTES_MOST);
    json_begin(&w, &out);
    json_open(&w, '{');
    for (uint32_t i = 0; i < row->count; i++) {
        if (text_is(row->children[i].key, "said"))
            continue;
        json_key(&w, row->children[i].key);
        json_put_value(&w, &row->children[i].value);
    }
    json_close(&w, '}');
    if (out.failed || first.length == 0)
        return out.failed ? TEXT_NONE : text_copy(arena, buffer_text(&out));
    return text_format(arena, "{%.*s%s%.*s", TEXT_ARG(first), row->count > 1 ? "," : "", (int)out.length - 1, out.at + 1);
}

struct text status_of_row(struct arena *arena, struct text row) {
    struct json value;
    struct event event;
    bool deliver;
    if (json_read(arena, row, LIMIT_json_depth_most * 2, &value, NULL) != OUTCOME_OK)
        return row;
    const struct json *said = json_get_string(&value, "said");
    if (!said || said->type != JSON_OBJECT || !read_said(said, &event, &deliver))
        return row;
    enum case_status status = status_of_event(&event, deliver);
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, 4096);
    json_begin(&w, &out);
    json_open(&w, '{');
    if (status != STATUS_NONE)
        put_words(&w, "status", status_name(status), status_words(status, json_get_text(said, TEXT("region"))));
    json_close(&w, '}');
    struct text with = with_members(arena, &value, out.failed ? TEXT_NONE : text_span(out.at + 1, out.length - 2));
    return text_is_none(with) ? row : with;
}

/* `row` with what its events say first: `status` and, when it is closed, `ending`. */
static struct text with_status(struct arena *arena, const struct json *row, struct text source, const struct json *events) {
    struct case_status_fold fold = {0};
    for (uint32_t i = 0; events && events->type == JSON_ARRAY && i < events->count; i++) {
        struct event event;
        bool deliver;
        if (read_said(&events->children[i].value, &event, &deliver))
            status_take(&fold, &event, deliver);
    }
    enum case_ending ending = status_ending(&fold);
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, 4096);
    json_begin(&w, &out);
    json_open(&w, '{');
    put_words(&w, "status", status_name(fold.now), status_words(fold.now, json_get_text(row, TEXT("region"))));
    if (ending != ENDING_NONE)
        put_words(&w, "ending", ending_name(ending), ending_words(ending));
    json_close(&w, '}');
    struct text with = with_members(arena, row, out.failed ? TEXT_NONE : text_span(out.at + 1, out.length - 2));
    return text_is_none(with) ? source : with;
}

struct text status_of_case(struct request *request, const struct json *row, struct text source) {
    struct record_list rows;
    struct json said;
    if (!ASK(request, "case_said", &rows, request->at[0]))
        return TEXT_NONE;
    if (rows.count == 0 || json_read(&request->arena, rows.at[0], LIMIT_json_depth_most, &said, NULL) != OUTCOME_OK)
        return source;
    return with_status(&request->arena, row, source, json_get_string(&said, "events"));
}

static struct text ids_of(struct request *request, const struct json *cases, uint32_t count) {
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, (size_t)1 << 20);
    json_begin(&w, &out);
    json_open(&w, '[');
    for (uint32_t i = 0; i < count; i++)
        json_put_text(&w, json_get_text(&cases[i], TEXT("id")));
    json_close(&w, ']');
    return out.failed ? TEXT_NONE : text_copy(&request->arena, buffer_text(&out));
}

bool status_of_cases(struct request *request, struct record_list *cases) {
    struct record_list said;
    struct json *read = arena_new_array(&request->arena, cases->count ? cases->count : 1, struct json), events;
    for (uint32_t i = 0; read && i < cases->count; i++)
        if (json_read(&request->arena, cases->at[i], LIMIT_json_depth_most * 2, &read[i], NULL) != OUTCOME_OK)
            read[i] = JSON_NULL_VALUE;
    struct text ids = read ? ids_of(request, read, cases->count) : TEXT_NONE;
    if (text_is_none(ids)) {
        reply_problem(request, "out_of_memory", "the list is too long");
        return false;
    }
    if (cases->count == 0)
        return true;
    if (!ASK(request, "cases_said", &said, ids))
        return false;
    for (uint32_t k = 0; k < said.count; k++) {
        if (json_read(&request->arena, said.at[k], LIMIT_json_depth_most, &events, NULL) != OUTCOME_OK)
            continue;
        for (uint32_t i = 0; i < cases->count; i++)
            if (text_equal(json_get_text(&read[i], TEXT("id")), json_get_text(&events, TEXT("id"))))
                cases->at[i] = with_status(&request->arena, &read[i], cases->at[i], json_get_string(&events, "events"));
    }
    return true;
}
