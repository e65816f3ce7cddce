/* A task's way through the adapter: fresh -> ready -> running <-> resting -> ended; every change goes through here. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include "internal.h"

#define RECENT_SLOTS (1u << 17)

/* ---- Memory ---- */

static const char *put_text(char **at, struct text value) {
    if (!value.at)
        return NULL;
    char *start = *at;
    memcpy(start, value.at, value.length);
    start[value.length] = '\0';
    *at = start + value.length + 1;
    return start;
}

struct task *task_new(struct yjs_adapter *a, const struct task_fields *f) {
    size_t size = f->id.length + f->number.length + f->caseid.length + f->thing.length + f->step.length +
                  f->reply_to.length + f->traceparent.length + f->data.length + 8;
    struct task *t = adapter_alloc(sizeof(*t) + size);
    char *at = (char *)(t + 1);
    struct text thing = f->thing.at ? f->thing : TEXT("");
    t->open = (struct yjs_task){
        .type = text_is(f->type, "compensate") ? "compensate" : "task", .attempt = f->attempt, .priority = f->priority, .adapter = a,
        .id = put_text(&at, f->id), .number = put_text(&at, f->number), .caseid = put_text(&at, f->caseid),
        .thing = put_text(&at, thing), .step = put_text(&at, f->step), .reply_to = put_text(&at, f->reply_to),
        .traceparent = put_text(&at, f->traceparent), .data = put_text(&at, f->data.at ? f->data : TEXT("")),
        .data_length = f->data.length,
    };
    t->undo = text_is(f->type, "compensate");
    t->references = 1;
    t->heap_at = SIZE_MAX;
    t->wake_at_us = YJS_NEVER_WAKE;
    t->partition = -1;
    t->place = PLACE_ENDED;
    list_init(&t->link);
    return t;
}

void task_reference_drop(struct task *t) {
    assert(t->references > 0);
    if (--t->references > 0)
        return;
    free(t->state_text);
    free(t->correction_text);
    free(t->cancel_reason);
    free(t);
}

void task_set_text(char **field, const char **shown, const char *value, size_t length) {
    char *copy = adapter_alloc(length + 1);
    memcpy(copy, value, length);
    free(*field);
    *shown = *field = copy;
}

/* ---- Timers: a binary heap by wake_at_us ---- */

static void heap_set(struct yjs_adapter *a, size_t at, struct task *t) {
    a->heap[at] = t;
    t->heap_at = at;
}

static void heap_sift(struct yjs_adapter *a, size_t at) {
    struct task *t = a->heap[at];
    for (size_t up; at > 0 && a->heap[up = (at - 1) / 2]->wake_at_us > t->wake_at_us; at = up)
        heap_set(a, at, a->heap[up]);
    for (size_t down; (down = at * 2 + 1) < a->heap_count; at = down) {
        if (down + 1 < a->heap_count && a->heap[down + 1]->wake_at_us < a->heap[down]->wake_at_us)
            down++;
        if (a->heap[down]->wake_at_us >= t->wake_at_us)
            break;
        heap_set(a, at, a->heap[down]);
    }
    heap_set(a, at, t);
}

static void heap_add(struct yjs_adapter *a, struct task *t) {
    if (a->heap_count == a->heap_room) {
        a->heap_room = a->heap_room ? a->heap_room * 2 : 256;
        a->heap = adapter_resize(a->heap, a->heap_room * sizeof(struct task *));
    }
    heap_set(a, a->heap_count++, t);
    heap_sift(a, t->heap_at);
}

static void heap_remove(struct yjs_adapter *a, struct task *t) {
    if (t->heap_at == SIZE_MAX)
        return;
    struct task *last = a->heap[--a->heap_count];
    size_t at = t->heap_at;
    t->heap_at = SIZE_MAX;
    if (last != t) {
        heap_set(a, at, last);
        heap_sift(a, at);
    }
}

void tasks_bring_forward(struct yjs_adapter *a, int64_t by_us) {
    for (size_t i = 0; i < a->heap_count; i++)
        a->heap[i]->wake_at_us -= by_us;
}

int64_t tasks_next_us(const struct yjs_adapter *a) { return a->heap_count ? a->heap[0]->wake_at_us : INT64_MAX; }

/* ---- Places ---- */

void task_place(struct yjs_adapter *a, struct task *t, enum task_place place) {
    size_t *const counts[] = {&a->fresh_count, &a->ready_count, &a->running_count, &a->resting_count};
    struct list *const lists[] = {&a->fresh, NULL, &a->running, &a->resting, &a->ended};
    if (t->place != PLACE_ENDED)
        (*counts[t->place])--;
    if (a->probe == t)
        a->probe = NULL;
    list_remove(&t->link);
    heap_remove(a, t);
    t->place = place;
    if (place == PLACE_READY)
        ranks_append(&a->ready, t->open.priority, &t->link);
    else
        list_append(lists[place], &t->link);
    if (place != PLACE_ENDED)
        (*counts[place])++;
    if (place == PLACE_RESTING && t->wake_at_us != YJS_NEVER_WAKE)
        heap_add(a, t);
    if (place == PLACE_READY && t->held_since_us == 0)
        t->held_since_us = a->last_turn_us;
}

void task_open(struct yjs_adapter *a, struct task *t) {
    if (!map_put(&a->tasks, text_from(t->open.id), t))
        abort();
    task_place(a, t, PLACE_FRESH);
}

void task_end(struct yjs_adapter *a, struct task *t, enum stored state, bool tell) {
    if (t->place == PLACE_ENDED)
        return;
    if (tell && a->handler.forget)
        a->handler.forget(a->handler.user, &t->open);
    task_cancel_answered(a, t);
    if (t->stored)
        store_end_task(&a->store, t->open.id, state, yjs_now_us());
    else
        recent_add(a, text_from(t->open.id));
    map_remove(&a->tasks, text_from(t->open.id));
    task_place(a, t, PLACE_ENDED);
}

void tasks_free_ended(struct yjs_adapter *a) {
    list_each_safe(&a->ended, node) {
        list_remove(node);
        task_reference_drop(list_entry(node, struct task, link));
    }
}

static void post_failure(struct yjs_adapter *a, struct task *t, bool retryable, const char *code, const char *message) {
    struct buffer out;
    struct json_writer w;
    buffer_init(&out, 4096);
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("message"));
    json_put_text(&w, text_from(message));
    json_key(&w, TEXT("retryable"));
    json_put_bool(&w, retryable);
    json_key(&w, TEXT("code"));
    json_put_text(&w, text_from(code));
    json_close(&w, '}');
    if (out.failed)
        task_answer_literal(a, t, YJS_ERROR, "{\"message\":\"failed\",\"retryable\":false}");
    else
        task_answer(a, t, YJS_ERROR, out.at, out.length);
    buffer_free(&out);
}

/* Tasks that were held too long go back to whoever sent them; of one priority the oldest stand in front. */
static void give_up_held(struct yjs_adapter *a, int64_t now_us) {
    ranks_each(&a->ready, head)
        while (!list_is_empty(head)) {
            struct task *t = list_entry(head->next, struct task, link);
            if (t->held_since_us + a->options.hold_most_us > now_us)
                break;
            if (a->handler.forget && t->open.mine)
                a->handler.forget(a->handler.user, &t->open);
            post_failure(a, t, true, "department_away", "the department's system could not be reached in time");
        }
}

void tasks_start(struct yjs_adapter *a, int64_t now_us) {
    if (a->breaker.state != BREAKER_CLOSED)
        give_up_held(a, now_us);
    while (a->ready_count > 0 && (int64_t)a->running_count < a->options.most_running && !a->stopping) {
        if (a->breaker.state != BREAKER_CLOSED && !breaker_allows(&a->breaker, now_us, a->probe != NULL))
            return;
        struct task *t = list_entry(ranks_first(&a->ready), struct task, link);
        task_place(a, t, PLACE_RUNNING);
        if (a->breaker.state == BREAKER_HALF_OPEN)
            a->probe = t;
        if (t->correction_pending) {
            t->correction_pending = false;
            t->open.type = "correction_answer";
        }
        bool ask = t->ask_again;
        t->ask_again = false;
        a->handler.start(a->handler.user, &t->open);
        if (ask && !t->ask_again)       /* it did not fail at once */
            task_cancel_again(a, t);
    }
}

void tasks_fire(struct yjs_adapter *a, int64_t now_us) {
    while (a->heap_count && a->heap[0]->wake_at_us <= now_us)
        task_place(a, a->heap[0], PLACE_READY);
}

/* ---- What the handler says ---- */

void yjs_fail(struct yjs_task *open, enum yjs_failure how, const char *code, const char *message) {
    struct yjs_adapter *a = open->adapter;
    struct task *t = (struct task *)open;
    int64_t now_us = yjs_now_us();
    if (t->place == PLACE_ENDED)
        return;
    t->ask_again = t->cancel_asked;     /* what was asked may have failed with it */
    if (how == YJS_BUSY) {
        t->wake_at_us = now_us + 10000;
        task_place(a, t, PLACE_RESTING);
        return;
    }
    if (how == YJS_AWAY) {
        a->counters.away++;
        breaker_failed(a, yjs_steady_us());
        t->wake_at_us = now_us + backoff_jitter_us(&a->random, 100000, 2 * TIME_SECOND_US, (uint32_t)a->breaker.failures_in_row);
        task_place(a, t, PLACE_RESTING);
        return;
    }
    breaker_succeeded(a);
    a->counters.again += how == YJS_AGAIN;
    if (how == YJS_NEVER || t->open.tries + 1 >= a->options.retry_attempts) {
        post_failure(a, t, how == YJS_AGAIN, code, message);
        return;
    }
    t->wake_at_us = now_us + backoff_jitter_us(&a->random, a->options.retry_first_us, a->options.retry_most_us, t->open.tries);
    t->open.tries++;
    if (t->stored)
        store_rest_task(&a->store, t, STORED_TAKEN);
    task_place(a, t, PLACE_RESTING);
}

void yjs_wait(struct yjs_task *open, const char *state, int64_t wake_at_us) {
    struct yjs_adapter *a = open->adapter;
    struct task *t = (struct task *)open;
    if (t->place == PLACE_ENDED)
        return;
    if (state)
        task_set_text(&t->state_text, &t->open.state, state, strlen(state));
    if (t->place == PLACE_RUNNING)
        breaker_succeeded(a);
    t->wake_at_us = wake_at_us;
    t->held_since_us = 0;
    if (t->stored)
        store_rest_task(&a->store, t, t->correction_pending ? STORED_TAKEN : STORED_WAITING);
    task_place(a, t, t->correction_pending ? PLACE_READY : PLACE_RESTING);
}

struct yjs_task *yjs_find(struct yjs_adapter *a, const char *id) {
    struct task *t = map_get(&a->tasks, text_from(id));
    return t ? &t->open : NULL;
}

void yjs_each(struct yjs_adapter *a, bool (*each)(void *, struct yjs_task *), void *user) {
    struct list *const lists[] = {&a->fresh, &a->running, &a->resting};
    ranks_each(&a->ready, head)
        list_each(head, node)
            if (!each(user, &list_entry(node, struct task, link)->open))
                return;
    for (size_t i = 0; i < 3; i++)
        list_each(lists[i], node)
            if (!each(user, &list_entry(node, struct task, link)->open))
                return;
}

const char *yjs_known(struct yjs_adapter *a, const char *id) {
    enum stored state;
    if (map_get(&a->tasks, text_from(id)))
        return "open";
    if (store_task_state(&a->store, id, &state))
        return state == STORED_CANCELLED ? "cancelled" : state == STORED_ANSWERED ? "answered" : "open";
    return recent_has(a, text_from(id)) ? "answered" : NULL;
}

/* With stored offsets the task may be read again after a crash, when its cancellation is known and passed over: so that it stays
 * cancelled, this is stored, and the answer with it. */
static void end_cancelled(struct yjs_adapter *a, struct task *t) {
    enum stored state;
    bool suppress = !t->stored;
    if (suppress) {
        store_put_task(&a->store, t, STORED_CANCELLED, &state);
        t->stored = true;
        tombstone_add(a, t->open.id);
    }
    task_answer_literal(a, t, YJS_CANCELLED, "{}");
    if (suppress)
        store_end_task(&a->store, t->open.id, STORED_CANCELLED, a->turn_us);
}

static void put_cancellation(struct yjs_adapter *a, struct task *t, bool begun) {
    enum yjs_cancel verdict = YJS_CANCEL_DONE;
    t->cancel_asked = true;
    if (begun && a->handler.cancel)
        verdict = a->handler.cancel(a->handler.user, &t->open, t->cancel_reason);
    else if (t->place == PLACE_RUNNING)
        verdict = YJS_CANCEL_TOO_LATE;
    else if (begun && a->handler.forget)
        a->handler.forget(a->handler.user, &t->open);
    if (verdict == YJS_CANCEL_DONE)
        end_cancelled(a, t);
    else if (verdict == YJS_CANCEL_TOO_LATE)
        task_answer_literal(a, t, YJS_CANCEL_REFUSED, "{\"reason\":\"the work has begun and cannot be called back\"}");
    else if (t->cancel_asked && t->stored)
        store_put_cancellation(&a->store, t->open.id, t->cancel_reason);
}

void task_cancel(struct yjs_adapter *a, struct task *t, const char *reason) {
    free(t->cancel_reason);
    t->cancel_reason = adapter_string(reason);
    put_cancellation(a, t, t->place == PLACE_RUNNING || t->open.state != NULL);
}

void task_restore_cancellation(struct task *t, const char *reason) {
    t->cancel_reason = adapter_string(reason);
    t->cancel_asked = t->ask_again = true;
}

void task_cancel_again(struct yjs_adapter *a, struct task *t) {
    t->ask_again = false;
    if (t->cancel_asked)
        put_cancellation(a, t, true);
}

void task_cancel_answered(struct yjs_adapter *a, struct task *t) {
    if (t->cancel_asked && t->stored)
        store_drop_cancellation(&a->store, t->open.id);
    t->cancel_asked = false;
}

/* ---- Ids of the past ---- */

void tombstone_add(struct yjs_adapter *a, const char *id) {
    if (map_get(&a->tombstones, text_from(id)))
        return;
    char *copy = adapter_string(id);
    if (!map_put(&a->tombstones, text_from(copy), copy))
        abort();
}

bool recent_has(const struct yjs_adapter *a, struct text id) {
    uint64_t hash = text_hash(id) | 1;
    return a->recent && a->recent[hash / 2 % RECENT_SLOTS] == hash;
}

void recent_add(struct yjs_adapter *a, struct text id) {
    uint64_t hash = text_hash(id) | 1;
    if (!a->recent)
        a->recent = adapter_alloc(RECENT_SLOTS * sizeof(*a->recent));
    a->recent[hash / 2 % RECENT_SLOTS] = hash;
}
