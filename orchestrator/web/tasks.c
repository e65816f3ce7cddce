/* Worklists: what a department's people have to do, and what they and outbound-only systems (lease) answer. */
#include <stdio.h>

#include "model/limits.h"
#include "wire/cloud_event.h"
#include "wire/input_codec.h"
#include "web/handlers.h"
#include "web/web_part.h"

enum { CLAIM_SECONDS = 8 * 3600, CLAIM_SECONDS_MOST = 7 * 86400 };

struct task { struct text case_id, step, department, region; int32_t index; uint32_t attempt, undo; int64_t current; };

void handle_tasks(struct request *request) {
    uint32_t limit = request_limit(request);
    struct record_list rows;
    struct text department = request_parameter(request, "department"), region = request_parameter(request, "region");
    const struct caller *caller = &request->caller;
    if (caller->role == ROLE_DEPARTMENT) {
        bool other = !text_is_none(department) && !text_equal(department, caller->department);
        bool elsewhere = caller->region.length > 0 && !text_is_none(region) && !text_equal(region, caller->region);
        if (other || elsewhere) {
            reply_problem(request, "department_forbidden", "this token is %.*s's", TEXT_ARG(caller->department));
            return;
        }
        department = caller->department;
        region = caller->region.length > 0 ? caller->region : region;
    }
    if (ASK(request, "tasks_list", &rows, department, region, request_parameter(request, "cursor"),
            text_format(&request->arena, "%u", limit + 1), request_parameter(request, "state")))
        reply_page(request, &rows, limit, "at");
}

/* The task in the path, for who may see it; false: answered. */
static bool find_task(struct request *request, struct task *ret, struct text *ret_row) {
    struct record_list rows;
    struct json row;
    if (!task_id_split(request->at[0], &ret->case_id, &ret->step, &ret->index, &ret->attempt, &ret->undo)) {
        reply_problem(request, "task_unknown", "a task is named <case>:<step>[.<index>]:<attempt>");
        return false;
    }
    struct text index = text_format(&request->arena, "%d", ret->index);
    if (!ASK(request, "task_show", &rows, ret->case_id, ret->step, index))
        return false;
    bool there = rows.count == 1 && json_read(&request->arena, rows.at[0], LIMIT_json_depth_most * 2, &row, NULL) == OUTCOME_OK;
    if (there) {
        ret->department = json_get_text(&row, TEXT("department"));
        ret->region = json_get_text(&row, TEXT("region"));
        json_to_int64(json_get_string(&row, "attempt"), &ret->current);
    }
    /* What is another's is not even confirmed to be there. */
    if (!there || !auth_department(request, ret->department, ret->region)) {
        reply_problem(request, "task_unknown", "there is no task %.*s for this caller", TEXT_ARG(request->at[0]));
        return false;
    }
    *ret_row = rows.at[0];
    return true;
}

/* What was asked is the department's to read; an operator sees it masked. False: answered. */
static bool veil_task(struct request *request, struct text case_id, struct text *row) {
    struct json task;
    struct record_list asked = {.count = 1};
    _cleanup_buffer_ struct buffer out = {0}, event = {0};
    struct json_writer w;
    if (json_read(&request->arena, *row, LIMIT_json_depth_most * 2, &task, NULL) != OUTCOME_OK || !json_get_string(&task, "asked"))
        return true;
    buffer_init(&out, REPLY_BYTES_MOST);
    buffer_init(&event, REPLY_BYTES_MOST);
    json_begin(&w, &event);
    json_put_value(&w, json_get_string(&task, "asked"));
    struct text one = buffer_text(&event), step = json_get_text(&task, TEXT("step"));
    one = one.length > 2 && one.at[0] == '{' ? text_format(&request->arena, "{\"step\":\"%.*s\",%.*s", TEXT_ARG(step), (int)one.length - 1, one.at + 1)
                                             : TEXT("{}");
    asked.at = &one;
    if (!veil_rows(request, case_id, &asked))
        return false;
    json_begin(&w, &out);
    json_open(&w, '{');
    for (uint32_t i = 0; i < task.count; i++) {
        json_key(&w, task.children[i].key);
        if (text_is(task.children[i].key, "asked"))
            json_put_raw(&w, one);
        else
            json_put_value(&w, &task.children[i].value);
    }
    json_close(&w, '}');
    *row = text_copy(&request->arena, buffer_text(&out));
    return true;
}

void handle_task(struct request *request) {
    struct task task = {0};
    struct text row;
    if (!find_task(request, &task, &row))
        return;
    if (request->caller.role == ROLE_SUPERVISOR) {   /* sees that it is there, not what it says */
        reply_problem(request, "role_forbidden", "a task's data is for its department and for operators");
        return;
    }
    if (request->caller.role != ROLE_DEPARTMENT && !veil_task(request, task.case_id, &row))
        return;
    reply_json(request, 200, row);
}

/* Who takes it: the token's name, and the person's where several share one. */
static struct text claimer(struct request *request, const struct json *by) {
    return by ? text_format(&request->arena, "%.*s/%.*s", TEXT_ARG(request->caller.name), TEXT_ARG(by->text)) : request->caller.name;
}

void handle_claim(struct request *request) {
    const struct json *by, *seconds;
    struct task task = {0};
    struct text row;
    struct record_list rows;
    int64_t span = CLAIM_SECONDS;
    if (!BODY_FIELDS(request, {"by", JSON_STRING, false, MOST(person_bytes_most), &by}, {"seconds", JSON_NUMBER, false, UNBOUNDED, &seconds}) ||
        !find_task(request, &task, &row))
        return;
    if (seconds && (!json_to_int64(seconds, &span) || span < 1 || span > CLAIM_SECONDS_MOST)) {
        request_fault(request, TEXT("/seconds"), "maximum", "is a whole number from 1 to %d", CLAIM_SECONDS_MOST);
        reply_problem(request, "body_invalid", "the body has a fault");
        return;
    }
    if (!ASK(request, "task_claim", &rows, task.case_id, task.step, text_format(&request->arena, "%d", task.index),
             text_format(&request->arena, "%u", task.attempt), claimer(request, by), text_format(&request->arena, "%lld", (long long)span)))
        return;
    if (rows.count == 1)
        reply_json(request, 200, rows.at[0]);
    else if (task.current != task.attempt)
        reply_problem(request, "task_over", "this attempt is over");
    else
        reply_problem(request, "task_claimed", "the task is over, or somebody else has claimed it");
}

void handle_release(struct request *request) {
    const struct json *by;
    struct task task = {0};
    struct text row;
    struct record_list rows;
    if (!BODY_FIELDS(request, {"by", JSON_STRING, false, MOST(person_bytes_most), &by}) || !find_task(request, &task, &row) ||
        !ASK(request, "task_release", &rows, task.case_id, task.step, text_format(&request->arena, "%d", task.index), claimer(request, by)))
        return;
    if (rows.count > 0)
        reply_json(request, 200, rows.at[0]);
    else
        reply_problem(request, "task_not_claimed", "nobody by this name has claimed it");
}

void handle_answer(struct request *request) {
    const struct json *type, *data;
    struct task task = {0};
    struct text row;
    struct error error = {0};
    enum answer_kind kind;
    if (!BODY_FIELDS(request, {"type", JSON_STRING, true, MOST(name_bytes_most), &type}, {"data", JSON_OBJECT, false, MOST(answer_bytes_most), &data}))
        return;
    if (!answer_kind_parse(type->text, &kind) || kind == ANSWER_NONE) {
        request_fault(request, TEXT("/type"), "enum", "is no kind of answer; see schemas/README.md");
        reply_problem(request, "answer_kind_unknown", "there is no such kind of answer");
        return;
    }
    if (!find_task(request, &task, &row))
        return;
    struct input input = command_input(request, INPUT_ANSWER, task.case_id);
    if (answer_data_read(kind, data, &input, &error) != OUTCOME_OK) {
        reply_error(request, &error);
        return;
    }
    input.step = task.step;
    input.index = task.index;
    input.attempt = task.attempt;
    input.undo = task.undo;
    input.department = request->caller.department;
    input.region = task.region;
    if (results_stand(request, &input) && !command_is_full(request))
        command_send(request, &input, false);
}
