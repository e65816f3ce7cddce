/* Metrics in Prometheus' text format, and whether the adapter is healthy. */
#include "internal.h"

static void put(struct buffer *out, const struct yjs_adapter *a, const char *name, const char *type, const char *help,
                uint64_t value) {
    buffer_format(out, "# HELP yjs_adapter_%s %s\n# TYPE yjs_adapter_%s %s\nyjs_adapter_%s{department=\"%s\"} %llu\n", name,
                  help, name, type, name, a->options.department, (unsigned long long)value);
}

void metrics_write(struct yjs_adapter *a, struct buffer *out) {
    const struct counters *c = &a->counters;
    const struct { const char *name, *type, *help; uint64_t value; } rows[] = {
        {"messages_total", "counter", "Messages read from the task topic.", c->messages},
        {"tasks_total", "counter", "Tasks and compensations read.", c->tasks},
        {"repeats_total", "counter", "Messages that were known already.", c->repeats},
        {"resent_total", "counter", "Tasks known to be answered whose answers were posted again.", c->resent},
        {"refused_total", "counter", "Messages that could not be read.", c->malformed},
        {"cancels_total", "counter", "Cancellations.", c->cancels},
        {"corrections_total", "counter", "Corrections by applicants.", c->corrections},
        {"warnings_total", "counter", "Warnings.", c->warnings},
        {"acknowledged_total", "counter", "Answers the broker has acknowledged.", c->acknowledged},
        {"delivery_failures_total", "counter", "Posts the broker did not take; tried again.", c->delivery_failures},
        {"away_total", "counter", "Times the department's system could not be reached.", c->away},
        {"retries_total", "counter", "Times a task's work failed retryably.", c->again},
        {"breaker_opened_total", "counter", "Times the circuit breaker opened.", c->breaker_opened},
        {"breaker_state", "gauge", "0 closed, 1 open, 2 half open.", a->breaker.state},
        {"tasks_open", "gauge", "Tasks without a final answer.", a->tasks.count},
        {"tasks_ready", "gauge", "Tasks waiting for their turn or held.", a->ready_count},
        {"tasks_running", "gauge", "Tasks the driver works on.", a->running_count},
        {"tasks_resting", "gauge", "Tasks that wait for a time or an event.", a->resting_count},
        {"outbox", "gauge", "Answers not yet acknowledged.", a->outbox.count},
        {"commits_total", "counter", "Commits of the local store.", (uint64_t)a->store.commits},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        put(out, a, rows[i].name, rows[i].type, rows[i].help, rows[i].value);
    buffer_put_string(out, "# HELP yjs_adapter_answers_total Answers by kind.\n# TYPE yjs_adapter_answers_total counter\n");
    for (int kind = 0; kind < YJS_KINDS; kind++)
        buffer_format(out, "yjs_adapter_answers_total{department=\"%s\",kind=\"%s\"} %llu\n", a->options.department,
                      yjs_kind_name((enum yjs_kind)kind), (unsigned long long)c->answers[kind]);
    for (size_t i = 0; i < sizeof(a->named) / sizeof(a->named[0]) && a->named[i].name; i++)
        buffer_format(out, "yjs_adapter_%s_total{department=\"%s\"} %llu\n", a->named[i].name, a->options.department,
                      (unsigned long long)a->named[i].value);
}

void yjs_count(struct yjs_adapter *a, const char *name, uint64_t by) {
    for (size_t i = 0; i < sizeof(a->named) / sizeof(a->named[0]); i++) {
        if (!a->named[i].name)
            a->named[i].name = name;
        if (a->named[i].name == name || !strcmp(a->named[i].name, name)) {
            a->named[i].value += by;
            return;
        }
    }
}

bool adapter_is_healthy(struct yjs_adapter *a, const char **ret_reason) {
    if (!a->assigned)
        *ret_reason = "not reading: Kafka is away or the task topic is missing";
    else if (a->outbox.stalled)
        *ret_reason = "answers cannot be posted";
    else if (a->breaker.state == BREAKER_OPEN)
        *ret_reason = "the department's system is away";
    else
        return true;
    return false;
}
