/* What comes on the task topic: tasks, compensations, cancellations, corrections, warnings; each noted once. */
#include <stdio.h>
#include <stdlib.h>
#include "internal.h"

/* The number of the root case: what stands before the first '/'. */
static struct text root_number(struct text caseid) {
    size_t slash = text_find(caseid, '/');
    return slash == SIZE_MAX ? caseid : text_span(caseid.at, slash);
}

static struct task_fields fields_of(struct yjs_adapter *a, const struct event *e, const struct json *data) {
    struct text number = json_get_text(data, TEXT("number")), reply_to = json_get_text(data, TEXT("reply_to"));
    int64_t priority;
    if (!json_to_int64(json_get_string(data, "priority"), &priority))
        priority = 0;
    return (struct task_fields){
        .id = e->id, .type = e->type, .number = number.length ? number : root_number(e->caseid), .caseid = e->caseid,
        .thing = e->thing.at ? e->thing : json_get_text(data, TEXT("thing")), .step = e->step, .attempt = e->attempt,
        .reply_to = reply_to.length ? reply_to : text_from(a->result_topic), .traceparent = e->traceparent,
        .data = e->data, .priority = priority,
    };
}

/* The same task again: its answers may have been lost on the other side, so those kept are posted again. */
static void take_repeat(struct yjs_adapter *a, struct task *t, enum stored state) {
    a->counters.repeats++;
    if (state == STORED_ANSWERED) {
        struct task *ended = store_load_task(a, t->open.id);
        if (ended) {
            a->counters.resent++;
            store_load_answers(a, ended, true);
            task_reference_drop(ended);
        }
    }
    task_reference_drop(t);
}

/* With stored offsets, of a task that is open. When its partition was given away and came back it is read anew: what stands
 * for it is then this message, or the offset would pass a task that is not answered yet. True: this one is kept back. */
static bool take_open_again(struct yjs_adapter *a, struct task *open, int32_t partition, uint64_t sequence) {
    a->counters.repeats++;
    if (open->partition < 0 || open->sequence >= partition_get(a, open->partition)->head)
        return false;
    open->partition = partition;
    open->sequence = sequence;
    return true;
}

/* True when the message's offset is to be kept back until the task's final answer is acknowledged. */
static bool take_task(struct yjs_adapter *a, const rd_kafka_message_t *m, const struct event *e,
                      const struct json *data, uint64_t sequence) {
    struct task_fields fields = fields_of(a, e, data);
    a->counters.tasks++;
    if (a->options.keep == YJS_KEEP_OFFSETS) {
        if (a->tombstones.count && map_get(&a->tombstones, e->id))
            return false;
        struct task *open = map_get(&a->tasks, e->id);
        if (open)
            return take_open_again(a, open, m->partition, sequence);
    }
    struct task *t = task_new(a, &fields);
    t->open.taken_at_us = a->turn_us;
    if (a->options.keep == YJS_KEEP_OFFSETS) {
        rd_kafka_timestamp_type_t type;
        int64_t created_ms = rd_kafka_message_timestamp(m, &type);
        t->time_us = created_ms > 0 ? created_ms * 1000 : a->turn_us;
        t->partition = m->partition;
        t->sequence = sequence;
        task_open(a, t);
        return true;
    }
    enum stored state;
    if (!store_put_task(&a->store, t, STORED_TAKEN, &state)) {
        take_repeat(a, t, state);
        return false;
    }
    t->stored = true;
    task_open(a, t);
    return false;
}

/* A cancellation of something that is not open: refuse when it was decided, otherwise suppress it for good. In a group that
 * keeps tasks, another process may have it, who read the partition before: only it could say that nothing comes of the task. */
static void cancel_absent(struct yjs_adapter *a, const struct event *e, const struct json *data, const char *id) {
    enum stored state;
    struct task_fields fields = fields_of(a, e, data);
    fields.id = text_from(id);
    fields.type = strstr(id, ":undo:") ? TEXT("compensate") : TEXT("task");
    fields.data = TEXT_NONE;
    bool known = store_task_state(&a->store, id, &state);
    if (known && state == STORED_CANCELLED)
        return;
    struct task *t = known ? store_load_task(a, id) : task_new(a, &fields);
    if (!t)
        return;
    if (known || recent_has(a, fields.id)) {
        task_answer_literal(a, t, YJS_CANCEL_REFUSED, "{\"reason\":\"already decided\"}");
    } else if (a->options.assign == YJS_ASSIGN_GROUP && a->options.keep == YJS_KEEP_TASKS) {
        task_answer_literal(a, t, YJS_CANCEL_REFUSED, "{\"reason\":\"another process of the department may be working on it\"}");
    } else {
        t->open.taken_at_us = a->turn_us;
        store_put_task(&a->store, t, STORED_CANCELLED, &state);
        t->stored = true;
        if (a->options.keep == YJS_KEEP_OFFSETS)
            tombstone_add(a, id);
        task_answer_literal(a, t, YJS_CANCELLED, "{}");
    }
    task_reference_drop(t);
}

static void take_correction(struct yjs_adapter *a, struct task *t, const struct event *e) {
    task_set_text(&t->correction_text, &t->open.correction, e->data.at, e->data.length);
    t->correction_pending = true;
    if (t->stored)
        store_rest_task(&a->store, t, STORED_TAKEN);
    if (t->place == PLACE_RESTING)
        task_place(a, t, PLACE_FRESH);
}

/* A correction is as durable as its task: with stored offsets both are read again after a crash. */
static bool is_noted(struct yjs_adapter *a, const struct event *e, const struct task *t) {
    if (t && !t->stored && text_is(e->type, "correction_answer")) {
        bool noted = recent_has(a, e->id);
        recent_add(a, e->id);
        return noted;
    }
    char id[1100];
    snprintf(id, sizeof(id), "%.*s", TEXT_ARG(e->id));
    return !store_note_message(&a->store, id, a->turn_us);
}

/* Messages about a task: `cancel`, `correction_answer`, `warning`. */
static enum outcome take_about(struct yjs_adapter *a, const struct event *e, const struct json *data, struct error *error) {
    char id[1024], reason[512];
    struct text about = json_get_text(data, TEXT("task")), why = json_get_text(data, TEXT("reason"));
    if (about.length == 0 || about.length >= sizeof(id))
        return error_set(error, OUTCOME_REJECT, "no_task", "data.task must name the task");
    snprintf(id, sizeof(id), "%.*s", TEXT_ARG(about));
    snprintf(reason, sizeof(reason), "%.*s", TEXT_ARG(why));
    struct task *t = map_get(&a->tasks, about);
    if (text_is(e->type, "warning")) {
        a->counters.warnings++;
        char *copy = adapter_alloc(e->data.length + 1);
        memcpy(copy, e->data.at, e->data.length);
        if (t && a->handler.warn)
            a->handler.warn(a->handler.user, &t->open, copy);
        free(copy);
        return OUTCOME_OK;
    }
    if (is_noted(a, e, t)) {
        a->counters.repeats++;
        return OUTCOME_OK;
    }
    if (text_is(e->type, "cancel")) {
        a->counters.cancels++;
        if (t)
            task_cancel(a, t, reason);
        else
            cancel_absent(a, e, data, id);
        return OUTCOME_OK;
    }
    a->counters.corrections++;
    if (t)
        take_correction(a, t, e);
    else
        log_warn("correction_without_task", "a correction came for a task that is not open", LOG_STRING("task", id));
    return OUTCOME_OK;
}

static enum outcome take(struct yjs_adapter *a, const rd_kafka_message_t *m, uint64_t sequence, bool *ret_kept,
                         struct error *error) {
    struct event event;
    struct json data;
    enum outcome outcome = event_read(&a->arena, m, &event, error);
    if (!outcome)
        outcome = json_read(&a->arena, event.data, JSON_DEPTH_MOST, &data, error);
    if (outcome)
        return outcome;
    if (data.type != JSON_OBJECT)
        return error_set(error, OUTCOME_REJECT, "bad_data", "the data must be a JSON object");
    if (event.id.length > 900)
        return error_set(error, OUTCOME_REJECT, "id_too_long", "an id is at most 900 bytes");
    if (text_is(event.type, "task") || text_is(event.type, "compensate")) {
        *ret_kept = take_task(a, m, &event, &data, sequence);
        return OUTCOME_OK;
    }
    if (text_is(event.type, "cancel") || text_is(event.type, "correction_answer") || text_is(event.type, "warning"))
        return take_about(a, &event, &data, error);
    return error_set(error, OUTCOME_REJECT, "unknown_type", "no such type of message: %.*s", TEXT_ARG(event.type));
}

void inbound_take(struct yjs_adapter *a, const rd_kafka_message_t *m) {
    struct partition *p = partition_get(a, m->partition);
    if (!p->active)
        return;     /* of a partition that was given away */
    uint64_t sequence = partition_begin(p, m->offset);
    struct error error = {0};
    bool kept = false;
    a->counters.messages++;
    arena_reset(&a->arena);
    if (take(a, m, sequence, &kept, &error)) {
        a->counters.malformed++;
        store_refuse(&a->store, m, error.code, a->turn_us);
        log_warn("message_refused", error.message, LOG_STRING("code", error.code), LOG_INT("partition", m->partition),
                 LOG_INT("offset", m->offset));
    }
    if (!kept)
        partition_done(p, sequence);
}
