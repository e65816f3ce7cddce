/* Answers on their way: posted in order, kept until the broker has acknowledged them, posted again when it has not. */
#include <stdlib.h>
#include "internal.h"

#define IN_FLIGHT_MOST 20000
#define BURST_WAIT_US (20 * INT64_C(1000))
#define BACKOFF_FIRST_US (100 * INT64_C(1000))
#define BACKOFF_MOST_US (10 * TIME_SECOND_US)
#define REFUSED_WAIT_US (10 * TIME_SECOND_US)

void outbox_append(struct yjs_adapter *a, struct answer *answer) {
    struct outbox *o = &a->outbox;
    list_append(&o->answers, &answer->link);
    if (o->unsent == &o->answers)
        o->unsent = &answer->link;
    o->count++;
}

static void outbox_take_out(struct yjs_adapter *a, struct answer *answer) {
    struct outbox *o = &a->outbox;
    if (o->unsent == &answer->link)
        o->unsent = answer->link.next;
    list_remove(&answer->link);
    o->count--;
}

static void answer_free(struct answer *answer) {
    task_reference_drop(answer->task);
    free(answer);
}

/* Acknowledgements are written along with something else, or after a moment: losing one only posts an answer twice. */
void outbox_write_acknowledged(struct yjs_adapter *a, bool now) {
    if (list_is_empty(&a->outbox.acknowledged) || (!now && !a->store.open_transaction))
        return;
    list_each_safe(&a->outbox.acknowledged, node) {
        struct answer *answer = list_entry(node, struct answer, link);
        store_acknowledge(&a->store, answer->task->open.id, answer->n);
        list_remove(node);
        answer_free(answer);
    }
}

/* What has become durable goes out in bursts: the next one when the one before is acknowledged, or BURST_WAIT_US after it
 * when a broker takes its time. librdkafka (2.0.2 to 2.8) sends nothing more for a partition with five messages in flight,
 * and its thread spins for as long as others wait behind them; and few full requests cost a broker less than many. */
static bool burst_is_under_way(const struct outbox *o, int64_t now_us) { return o->in_flight > 0 && now_us < o->burst_until_us; }

int64_t outbox_next_us(const struct yjs_adapter *a) {
    const struct outbox *o = &a->outbox;
    return o->unsent != &o->answers && !o->stalled && o->in_flight > 0 ? o->burst_until_us : INT64_MAX;
}

/* Is it a fault of this answer alone, or of a topic that its task names and that is not the department's? Then only this task's
 * answers wait: what is refused for good would hold up all others for good. */
static bool is_own_fault(const struct yjs_adapter *a, const struct task *t, rd_kafka_resp_err_t code) {
    switch (code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD: return true;
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: return strcmp(t->open.reply_to, a->result_topic) != 0;
    default: return false;
    }
}

/* Each for another time: small ones that were refused because they were in one batch do not meet in one again. */
static void rest_refused(struct yjs_adapter *a, struct task *t, rd_kafka_resp_err_t code, int64_t now_us) {
    t->refused_until_us = now_us + REFUSED_WAIT_US / 2 + backoff_jitter_us(&a->random, REFUSED_WAIT_US, REFUSED_WAIT_US, 0);
    log_error("answer_refused", "Kafka does not take a task's answer; it is kept and tried again, others do not wait for it",
              LOG_STRING("task", t->open.id), LOG_STRING("topic", t->open.reply_to), LOG_STRING("reason", rd_kafka_err2str(code)));
}

/* One that waits for the first contact with its partition stays unsent, and with it all behind it that go there. */
static rd_kafka_resp_err_t outbox_post(struct yjs_adapter *a, struct answer *answer, int64_t now_us) {
    int32_t partition;
    if (now_us < answer->task->refused_until_us)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    struct contact *contact = bus_contact(a, answer->task, &partition);
    if (!contact_takes(contact, now_us))
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_resp_err_t code = event_produce(a, answer, partition);
    if (code && is_own_fault(a, answer->task, code)) {
        rest_refused(a, answer->task, code, now_us);
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    if (code)
        return code;
    contact->open++;
    answer->contact = contact;
    answer->sent = true;
    a->outbox.in_flight++;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* Everything in the outbox is durable when this is called: the loop commits first. */
void outbox_send(struct yjs_adapter *a, int64_t now_us) {
    struct outbox *o = &a->outbox;
    if (o->stalled) {
        if (o->in_flight > 0 || now_us < o->resume_at_us)
            return;
        o->stalled = false;
        o->unsent = o->answers.next;
        bus_forget_contacts(a);
    }
    if (burst_is_under_way(o, now_us))
        return;
    o->burst_until_us = now_us + BURST_WAIT_US;
    struct list *left = NULL, *at = o->unsent;              /* left: the first that waits for its partition */
    for (; at != &o->answers && o->in_flight < IN_FLIGHT_MOST; at = at->next) {
        struct answer *answer = list_entry(at, struct answer, link);
        rd_kafka_resp_err_t code = answer->sent ? RD_KAFKA_RESP_ERR_NO_ERROR : outbox_post(a, answer, now_us);
        if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
            break;
        if (code) {
            log_error("answer_unsent", "an answer cannot be handed to Kafka; it is kept and tried again",
                      LOG_STRING("task", answer->task->open.id), LOG_STRING("reason", rd_kafka_err2str(code)));
            o->stalled = true;
            o->backoff_us = o->backoff_us ? o->backoff_us : BACKOFF_FIRST_US;
            o->resume_at_us = now_us + BACKOFF_MOST_US;
            return;
        }
        left = left || answer->sent ? left : at;
    }
    o->unsent = left ? left : at;
}

static void outbox_acknowledged(struct yjs_adapter *a, struct answer *answer) {
    struct task *t = answer->task;
    a->counters.acknowledged++;
    if (t->partition >= 0 && yjs_kind_is_final(answer->kind)) {
        partition_done(partition_get(a, t->partition), t->sequence);
        t->partition = -1;
    }
    outbox_take_out(a, answer);
    if (t->stored && !answer->again)
        list_append(&a->outbox.acknowledged, &answer->link);
    else
        answer_free(answer);
}

void outbox_report(struct yjs_adapter *a, struct answer *answer, rd_kafka_resp_err_t code) {
    struct outbox *o = &a->outbox;
    o->in_flight--;
    answer->sent = false;
    bool met = !code && answer->contact != &a->contact_elsewhere && answer->contact != &a->contact_unknown;
    contact_reported(answer->contact, met, a->last_turn_us);
    if (!code) {
        o->backoff_us = 0;
        outbox_acknowledged(a, answer);
        return;
    }
    a->counters.delivery_failures++;
    if (is_own_fault(a, answer->task, code)) {
        rest_refused(a, answer->task, code, yjs_steady_us());
        o->unsent = o->answers.next;
    } else if (!o->stalled) {
        o->backoff_us = o->backoff_us ? o->backoff_us * 2 : BACKOFF_FIRST_US;
        if (o->backoff_us > BACKOFF_MOST_US)
            o->backoff_us = BACKOFF_MOST_US;
        o->resume_at_us = yjs_steady_us() + o->backoff_us;
        o->stalled = true;
        log_warn("answer_undelivered", "the broker did not take an answer; it is kept and posted again",
                 LOG_STRING("task", answer->task->open.id), LOG_STRING("reason", rd_kafka_err2str(code)));
    }
}

void outbox_free(struct yjs_adapter *a) {
    list_each_safe(&a->outbox.answers, node) {
        struct answer *answer = list_entry(node, struct answer, link);
        outbox_take_out(a, answer);
        answer_free(answer);
    }
    list_each_safe(&a->outbox.acknowledged, node) {
        list_remove(node);
        answer_free(list_entry(node, struct answer, link));
    }
}
