/* Departments: each answers its tasks: at once, late, twice, contradicting itself, on a wrong partition, not at all. */
#include "sim_world.h"

#include "base/murmur2.h"
#include "wire/cloud_event.h"
#include "wire/input_codec.h"

static struct action *answer(struct sim *s, struct task *task, const char *type, struct text data, int64_t at_us) {
    struct action *action = arena_new(&s->arena, struct action);
    struct text root = case_root(task->case_id);
    *action = (struct action){.world = s->world, .task = task, .key = root, .value = data,
                              .topic = topic_name(&s->arena, TEXT(SIM_REGION), task->department, "result.v1"),
                              .partition = murmur2_partition(root, s->profile.shards)};
    if (sim_chance(s, 50000))
        action->partition = (int32_t)sim_below(s, (uint32_t)s->profile.shards);
    struct bus_header headers[] = {
        {TEXT("ce_specversion"), TEXT("1.0")}, {TEXT("ce_type"), text_from(type)},
        {TEXT("ce_source"), text_format(&s->arena, "/%.*s", TEXT_ARG(task->department))},
        {TEXT("ce_time"), TEXT("2028-01-03T01:00:00Z")},
        {TEXT("ce_id"), text_format(&s->arena, "%.*s:a%u", TEXT_ARG(task->id), ++task->answers)},
        {TEXT("ce_caseid"), task->case_id}, {TEXT("ce_step"), task->step}, {TEXT("ce_attempt"), text_from(task->attempt)},
        {TEXT("content-type"), TEXT("application/json")}, {TEXT("ce_task"), task->id}};
    action->header_count = text_is(task->type, "compensate") ? 10 : 9;
    memcpy(action->headers, headers, sizeof *headers * action->header_count);
    task->last = action;
    world_send(s, action, at_us);
    return action;
}

static void result(struct sim *s, struct task *task, int64_t at_us) {
    task->final_sent = true;
    answer(s, task, "result", text_format(&s->arena, "{\"result\":{\"receipt\":\"r-%.*s-%u\"}}", TEXT_ARG(task->id), sim_below(s, 1000)),
           at_us);
}

/* What nobody can apply: it has to end as a dead letter. */
static void send_rubbish(struct sim *s, struct task *task, int64_t at_us) {
    struct action *action = answer(s, task, "result", TEXT("{\"result\":{}}"), at_us);
    switch (sim_below(s, 6)) {
    case 0: action->value = TEXT("{\"result\":"); break;
    case 1: action->headers[1].value = TEXT("shrug"); break;
    case 2: action->headers[6].value = TEXT("nostep"); break;
    case 3: action->headers[5].value = TEXT("nobody"); break;
    case 4: action->topic = topic_name(&s->arena, TEXT(SIM_REGION), text_is(task->department, "alpha") ? TEXT("beta") : TEXT("alpha"), "result.v1"); break;
    case 5: action->value = TEXT("{\"result\":{\"receipt\":\"poison\"}}"); break;
    }
    task->last = NULL;
}

static void answer_task(struct sim *s, struct task *task) {
    int64_t at_us = s->now_us + (sim_chance(s, 100000) ? sim_between(s, 1000 * MS, 14000 * MS) : sim_between(s, 1 * MS, 800 * MS));
    if (s->healing) {
        result(s, task, s->now_us + sim_between(s, 1 * MS, 50 * MS));
        return;
    }
    if (sim_chance(s, 200000))
        answer(s, task, "received", TEXT("{}"), s->now_us + sim_between(s, 1 * MS, 300 * MS));
    if (sim_chance(s, 200000))
        answer(s, task, "accepted", TEXT("{}"), s->now_us + sim_between(s, 1 * MS, 600 * MS));
    if (sim_chance(s, 60000)) {
        answer(s, task, "special_start", TEXT("{\"procedure\":\"hearing\"}"), s->now_us + sim_between(s, 1 * MS, 500 * MS));
        answer(s, task, "special_end", TEXT("{\"procedure\":\"hearing\"}"), s->now_us + sim_between(s, 1 * MS, 3000 * MS));
    }
    if (sim_chance(s, 40000))
        answer(s, task, "extend", TEXT("{\"reason\":\"much to do\",\"days\":2,\"approved_by\":\"head\"}"), s->now_us + sim_between(s, 1 * MS, 700 * MS));
    if (s->profile.bad_messages && sim_chance(s, 60000))
        send_rubbish(s, task, at_us - sim_between(s, 0, 500 * MS));
    uint32_t kind = sim_below(s, 100);
    if (kind < 2)
        return;   /* silent, until somebody asks */
    if (kind < 78) {
        result(s, task, at_us);
    } else if (kind < 86) {
        task->final_sent = true;
        answer(s, task, kind < 84 ? "rejected" : "not_accepted", TEXT("{\"reason\":\"no\"}"), at_us);
    } else if (kind < 95) {
        task->final_sent = true;   /* a further attempt has a task of its own */
        answer(s, task, "error", TEXT("{\"retryable\":true,\"message\":\"busy\"}"), at_us);
    } else if (kind < 97) {
        task->final_sent = true;
        answer(s, task, "error", TEXT("{\"retryable\":false,\"message\":\"broken\"}"), at_us);
    } else {
        answer(s, task, "correction", TEXT("{\"reasons\":[{\"what\":\"n\",\"why\":\"is wrong\"}]}"), at_us);
        world_command(s, case_root(task->case_id),
                      text_format(&s->arena, "{\"kind\":\"correction_answered\",\"case\":\"%.*s\",\"step\":\"%.*s\",\"source\":\"/web\","
                                             "\"id\":\"corr-%.*s\",\"data\":{\"form\":{\"n\":7}}}",
                                  TEXT_ARG(task->case_id), TEXT_ARG(task->step), TEXT_ARG(task->id)),
                      at_us + sim_between(s, 100 * MS, 4000 * MS));
    }
    struct action *last = task->last;
    for (uint32_t again = 0; last && again < 3 && sim_chance(s, 120000); again++)
        world_send(s, last, at_us + sim_between(s, 0, 5000 * MS));
    if (sim_chance(s, 40000))   /* it contradicts itself */
        answer(s, task, sim_chance(s, 500000) ? "rejected" : "result", TEXT("{\"reason\":\"otherwise\",\"result\":{\"receipt\":\"x\"}}"),
               at_us + sim_between(s, 0, 6000 * MS));
}

static void answer_cancel(struct sim *s, struct task *task) {
    int64_t at_us = s->now_us + sim_between(s, 1 * MS, 900 * MS);
    task->final_sent = true;
    if (sim_chance(s, 700000)) {
        answer(s, task, "cancelled", TEXT("{}"), at_us);
        return;
    }
    answer(s, task, "cancel_refused", TEXT("{\"reason\":\"done already\"}"), at_us);
    result(s, task, at_us + sim_between(s, 0, 2000 * MS));
}

static void answer_compensate(struct sim *s, struct task *task) {
    int64_t at_us = s->now_us + sim_between(s, 1 * MS, 900 * MS);
    task->final_sent = true;
    uint32_t kind = s->healing ? 0 : sim_below(s, 100);
    if (kind < 85)
        answer(s, task, "result", TEXT("{\"result\":{}}"), at_us);
    else if (kind < 93)
        answer(s, task, "rejected", TEXT("{\"reason\":\"can not be undone\"}"), at_us);
    else
        answer(s, task, "error", TEXT("{\"retryable\":true}"), at_us);
}

void world_department(struct sim *s, struct text department, const struct bus_message *message) {
    struct text id = sim_header(message->headers, message->header_count, "ce_id");
    struct task *task = map_get(&s->world->tasks, id);
    if (text_is(sim_header(message->headers, message->header_count, "ce_type"), "warning"))
        return;   /* it is read, perhaps */
    if (task) {   /* it has seen it; an adapter that lost its notes answers again */
        if (task->last && sim_chance(s, 300000))
            world_send(s, task->last, s->now_us + sim_between(s, 1 * MS, 500 * MS));
        return;
    }
    task = arena_new(&s->arena, struct task);
    *task = (struct task){.id = id, .department = department,
                          .type = sim_header(message->headers, message->header_count, "ce_type"),
                          .case_id = sim_header(message->headers, message->header_count, "ce_caseid"),
                          .step = sim_header(message->headers, message->header_count, "ce_step")};
    struct text attempt = sim_header(message->headers, message->header_count, "ce_attempt");
    memcpy(task->attempt, attempt.at, attempt.length < sizeof task->attempt ? attempt.length : sizeof task->attempt - 1);
    map_put(&s->world->tasks, task->id, task);
    *vector_new(&s->world->task_list, &s->arena, struct task *) = task;
    if (text_is(task->type, "task"))
        answer_task(s, task);
    else if (text_is(task->type, "cancel"))
        answer_cancel(s, task);
    else if (text_is(task->type, "compensate"))
        answer_compensate(s, task);
    else
        result(s, task, s->now_us + sim_between(s, 1 * MS, 900 * MS));
}

void world_department_heals(struct sim *s) {
    for (uint32_t i = 0; i < s->world->task_list.count; i++) {
        struct task *task = vector_at(&s->world->task_list, struct task *)[i];
        if (!task->final_sent)
            result(s, task, s->now_us + sim_between(s, 1 * MS, 2000 * MS));
    }
}
