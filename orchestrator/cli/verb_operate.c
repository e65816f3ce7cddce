/* task, incident, dead: what departments answer, and what operators mend. */
#include "cli/verb_part.h"
#include "model/limits.h"

static bool post(struct invocation *c, struct text path, struct text body, struct client_answer *ret,
                 enum verb_status *ret_status) {
    const struct client_request request = {.method = "POST", .path = path, .body = body, .prefer = "wait=10"};
    return client_do(c, &request, ret, ret_status);
}

/* A list with parameters from options of the same names; "open" for incidents and dead letters. */
static bool list(struct invocation *c, const char *path, const char *const *options, bool open, struct json *ret,
                 enum verb_status *ret_status) {
    _cleanup_buffer_ struct buffer full;
    buffer_init(&full, 16384);
    buffer_put_string(&full, path);
    for (int i = 0; options[i]; i++)
        client_parameter(&full, options[i], invocation_text(c, options[i]));
    if (open)
        client_parameter(&full, "open", invocation_has(c, "closed") ? TEXT("no") : TEXT("yes"));
    return list_items(c, buffer_text(&full), ret, ret_status);
}

/* ---- task ---- */

enum verb_status verb_task_list(struct invocation *c) {
    static const char *const options[] = {"department", "region", "state", NULL};
    static const char *const headings[] = {"TASK",   "DEPARTMENT", "STATE",      "TITLE*", ">PRIORITY",
                                           ">WAITS", "DUE",        "CLAIMED BY", NULL};
    struct json items;
    enum verb_status status;
    struct table table;
    int64_t now = display_now_us();
    if (!list(c, "/v1/tasks", options, false, &items, &status))
        return status;
    if (list_print_json(c, &items))
        return STATUS_DONE;
    table_begin(&table, &c->arena, headings);
    for (uint32_t i = 0; i < items.count; i++) {
        const struct json *row = json_at(&items, i);
        table_put(&table, member(row, "task"));
        table_put(&table, member(row, "department"));
        table_put_state(&table, member(row, "state"));
        table_put(&table, member(row, "title"));
        int64_t priority = member_int64(row, "priority", 0);
        table_put(&table, priority ? member(row, "priority") : TEXT(" "));
        table_put(&table, display_between(&c->arena, member(row, "asked_at"), TEXT_NONE, now));
        table_put(&table, display_time(&c->arena, member(row, "due_at"), now));
        table_put(&table, member(json_get_string(row, "claim"), "by"));
    }
    return list_print(c, &table, items.count, "nothing to do");
}

enum verb_status verb_task_show(struct invocation *c) {
    return print_one(c, "/v1/tasks/");
}

static enum verb_status claim(struct invocation *c, const char *tail, const char *what) {
    struct client_answer answer;
    enum verb_status status;
    struct text body = BODY_OF(c, {"by", invocation_text(c, "by"), false});
    return post(c, path_of(c, "/v1/tasks/", invocation_argument(c, 0), tail), body, &answer, &status)
               ? print_command(c, &answer, what)
               : status;
}

enum verb_status verb_task_claim(struct invocation *c) {
    return claim(c, "/claim", "claim");
}
enum verb_status verb_task_release(struct invocation *c) {
    return claim(c, "/release", "release");
}

enum verb_status verb_task_answer(struct invocation *c) {
    struct client_answer answer;
    enum verb_status status;
    struct text data, type = invocation_text(c, "type");
    if (!data_option(c, "data", &data, &status))
        return status;
    struct text body = BODY_OF(c, {"type", text_is_none(type) ? TEXT("result") : type, false}, {"data", data, true});
    return post(c, path_of(c, "/v1/tasks/", invocation_argument(c, 0), "/answer"), body, &answer, &status)
               ? print_command(c, &answer, "answer")
               : status;
}

/* ---- incident ---- */

enum verb_status verb_incident_list(struct invocation *c) {
    static const char *const options[] = {"department", "code", "thing", NULL};
    static const char *const open_ones[] = {"INCIDENT", "CODE", "DEPARTMENT", "SINCE", "MESSAGE*", NULL};
    static const char *const closed_ones[] = {"INCIDENT", "CODE", "DEPARTMENT", "SINCE", "CLOSED", "BY", "HOW", "MESSAGE*", NULL};
    struct json items;
    enum verb_status status;
    struct table table;
    bool closed = invocation_has(c, "closed");
    int64_t now = display_now_us();
    if (!list(c, "/v1/incidents", options, true, &items, &status))
        return status;
    if (list_print_json(c, &items))
        return STATUS_DONE;
    table_begin(&table, &c->arena, closed ? closed_ones : open_ones);
    for (uint32_t i = 0; i < items.count; i++) {
        const struct json *row = json_at(&items, i);
        table_put(&table, member(row, "id"));
        table_put_colour(&table, member(row, "code"), COLOUR_BAD);
        table_put(&table, member(row, "department"));
        table_put(&table, display_time(&c->arena, member(row, "opened_at"), now));
        if (closed) {
            table_put(&table, display_time(&c->arena, member(row, "closed_at"), now));
            table_put(&table, member(row, "closed_by"));
            table_put(&table, member(row, "closed_how"));
        }
        table_put(&table, member(row, "message"));
    }
    return list_print(c, &table, items.count, "no incident");
}

enum verb_status verb_incident_show(struct invocation *c) {
    return print_one(c, "/v1/incidents/");
}

/* What the command line lacks, before anything is asked of the server; STATUS_DONE: nothing. */
static enum verb_status mend_lacks(struct invocation *c) {
    bool all = invocation_has(c, "all-of");
    if (all == (c->argument_count > 0))
        return invocation_usage(c, "name incidents, or give --all-of with --department, --code, --thing: one of both");
    if (all && !invocation_has(c, "department") && !invocation_has(c, "code") && !invocation_has(c, "thing"))
        return invocation_usage(c, "--all-of needs at least one of --department, --code, --thing");
    if (!invocation_has(c, "reason"))
        return invocation_usage(c, "--reason is needed: it stands in the journal");
    return STATUS_DONE;
}

/* The open incidents that --all-of means, or those named; each as its row. */
static bool chosen(struct invocation *c, struct json *ret, enum verb_status *ret_status) {
    static const char *const options[] = {"department", "code", "thing", NULL};
    if (invocation_has(c, "all-of")) {
        if (!invocation_has(c, "limit"))
            invocation_set(c, "limit", "1000000");
        return list(c, "/v1/incidents", options, true, ret, ret_status);
    }
    *ret = json_array(&c->arena, c->argument_count);
    for (uint32_t i = 0; i < c->argument_count; i++) {
        struct client_answer answer;
        if (!client_get(c, path_of(c, "/v1/incidents/", invocation_argument(c, i), ""), &answer, ret_status))
            return false;
        ret->children[i].value = answer.json;
    }
    return true;
}

/* The verb done to each incident's step; what is refused is said and the rest goes on. */
static enum verb_status mend(struct invocation *c, const char *verb) {
    struct json incidents;
    enum verb_status status = mend_lacks(c), worst = STATUS_DONE;
    uint32_t done = 0;
    if (status != STATUS_DONE || !chosen(c, &incidents, &status))
        return status;
    for (uint32_t i = 0; i < incidents.count; i++) {
        const struct json *row = json_at(&incidents, i);
        struct client_answer answer;
        struct text case_id = member(row, "case_id");
        if (text_is_none(case_id) || text_is_none(member(row, "step"))) {
            struct error error = {0};
            error_set(&error, OUTCOME_REJECT, "no_step", "%.*s is no step's incident", TEXT_ARG(member(row, "id")));
            worst = invocation_failed(c, &error);
            continue;
        }
        struct text path = path_of(c, "/v1/cases/", text_copy(&c->arena, case_id).at, "/steps/");
        struct text step = text_copy(&c->arena, case_step_name(&c->arena, row)); /* with its NUL: the row has none */
        path = path_of(c, text_copy(&c->arena, path).at, step.at, verb);
        path = text_format(&c->arena, "%s", path.at);
        struct text body = BODY_OF(c, {"reason", invocation_text(c, "reason"), false}, {"incident", member(row, "id"), false},
                                   {"department", invocation_text(c, "to-department"), false},
                                   {"region", invocation_text(c, "to-region"), false});
        if (post(c, path, body, &answer, &status)) {
            done++;
            continue;
        }
        if (!c->json)
            fprintf(stderr, "    at %.*s\n", TEXT_ARG(member(row, "id")));
        worst = status > worst ? status : worst;
        if (status == STATUS_AWAY || status == STATUS_FORBIDDEN)
            break;
    }
    if (c->json)
        printf("{\"done\":%u,\"of\":%u}\n", done, incidents.count);
    invocation_say(c, "%u of %u done", done, incidents.count);
    return worst;
}

enum verb_status verb_incident_retry(struct invocation *c) {
    return mend(c, "/retry");
}
enum verb_status verb_incident_skip(struct invocation *c) {
    return mend(c, "/skip");
}
enum verb_status verb_incident_refuse(struct invocation *c) {
    return mend(c, "/refuse");
}
enum verb_status verb_incident_acknowledge(struct invocation *c) {
    return mend(c, "/acknowledge");
}
enum verb_status verb_incident_reassign(struct invocation *c) {
    if (!invocation_has(c, "to-department") && !invocation_has(c, "to-region"))
        return invocation_usage(c, "--to-department or --to-region is needed");
    return mend(c, "/reassign");
}

/* ---- dead ---- */

enum verb_status verb_dead_list(struct invocation *c) {
    static const char *const options[] = {"code", "topic", NULL};
    static const char *const headings[] = {">ID", "TOPIC", ">PARTITION", ">OFFSET", "AT", "CODE", "MESSAGE*", NULL};
    struct json items;
    enum verb_status status;
    struct table table;
    if (!list(c, "/v1/dead-letters", options, true, &items, &status))
        return status;
    if (list_print_json(c, &items))
        return STATUS_DONE;
    table_begin(&table, &c->arena, headings);
    for (uint32_t i = 0; i < items.count; i++) {
        const struct json *row = json_at(&items, i);
        table_put(&table, member(row, "id"));
        table_put(&table, member(row, "topic"));
        table_put(&table, member(row, "partition"));
        table_put(&table, member(row, "offset"));
        table_put(&table, display_time(&c->arena, member(row, "at"), display_now_us()));
        table_put_colour(&table, member(row, "code"), COLOUR_BAD);
        table_put(&table, member(row, "message"));
    }
    return list_print(c, &table, items.count, "no dead letter");
}

enum verb_status verb_dead_show(struct invocation *c) {
    struct client_answer answer;
    enum verb_status status;
    if (!invocation_has(c, "reason"))
        return print_one(c, "/v1/dead-letters/");
    if (!post(c, path_of(c, "/v1/dead-letters/", invocation_argument(c, 0), "/reveal"),
              BODY_OF(c, {"reason", invocation_text(c, "reason"), false}), &answer, &status))
        return status;
    return print_answer(c, &answer);
}

static enum verb_status each_dead(struct invocation *c, const char *tail, const char *what) {
    enum verb_status worst = STATUS_DONE;
    struct text body = BODY_OF(c, {"reason", invocation_text(c, "reason"), false});
    for (uint32_t i = 0; i < c->argument_count; i++) {
        struct client_answer answer;
        enum verb_status status;
        if (post(c, path_of(c, "/v1/dead-letters/", invocation_argument(c, i), tail), body, &answer, &status)) {
            print_command(c, &answer, text_format(&c->arena, "%s of %s", what, invocation_argument(c, i)).at);
            continue;
        }
        worst = status > worst ? status : worst;
        if (status == STATUS_AWAY || status == STATUS_FORBIDDEN)
            break;
    }
    return worst;
}

enum verb_status verb_dead_redrive(struct invocation *c) {
    return each_dead(c, "/redrive", "redriving");
}
enum verb_status verb_dead_discard(struct invocation *c) {
    if (!invocation_has(c, "reason"))
        return invocation_usage(c, "--reason is needed: it stands with the letter");
    return each_dead(c, "/discard", "discarding");
}
