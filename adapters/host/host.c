/* Runs departments: each its adapter, its driver and its thread. */
#include <signal.h>
#include <stdlib.h>
#include "base/log.h"
#include "host_inside.h"

struct yjs_adapter *host_adapter(struct host *h) { return h->adapter; }
const void *host_settings(struct host *h) { return h->driver_settings; }
const char *host_department(struct host *h) { return h->options.department; }

static const struct host_step *find_step(const struct host *h, const char *name, size_t length) {
    for (size_t i = 0; i < h->step_count; i++)
        if (strlen(h->steps[i].name) == length && !memcmp(h->steps[i].name, name, length))
            return &h->steps[i];
    return NULL;
}

const struct host_step *host_step(struct host *h, const struct yjs_task *task) {
    char undo[128];
    size_t length = strcspn(task->step, ".");
    const struct host_step *found = NULL;
    if (h->step_count == 0)
        return &h->steps[0];
    if (strstr(task->id, ":undo:"))
        found = find_step(h, undo, (size_t)snprintf(undo, sizeof(undo), "%.*s/undo", (int)(length > 100 ? 100 : length), task->step));
    if (!found)
        found = find_step(h, task->step, length);
    if (!found)
        found = find_step(h, "*", 1);
    return found ? found : &h->steps[h->step_count];
}

/* ---- The driver's functions, by way of the host ---- */

static void on_start(void *user, struct yjs_task *task) {
    struct host *h = user;
    h->driver->handler.start(h->self, task);
}
static enum yjs_cancel on_cancel(void *user, struct yjs_task *task, const char *reason) {
    struct host *h = user;
    return h->driver->handler.cancel(h->self, task, reason);
}
static void on_warn(void *user, struct yjs_task *task, const char *data) {
    struct host *h = user;
    h->driver->handler.warn(h->self, task, data);
}
static void on_restored(void *user, struct yjs_task *task) {
    struct host *h = user;
    h->driver->handler.restored(h->self, task);
}
static void on_forget(void *user, struct yjs_task *task) {
    struct host *h = user;
    h->driver->handler.forget(h->self, task);
}
static void on_tick(void *user, int64_t now_us) {
    struct host *h = user;
    h->driver->handler.tick(h->self, now_us);
}

static int open_department(struct host *h, struct yjs_error *error) {
    const struct yjs_handler *d = &h->driver->handler;
    struct yjs_handler handler = {
        .user = h, .start = on_start, .cancel = d->cancel ? on_cancel : NULL, .warn = d->warn ? on_warn : NULL,
        .restored = d->restored ? on_restored : NULL, .forget = d->forget ? on_forget : NULL,
        .tick = d->tick ? on_tick : NULL,
    };
    if (yjs_adapter_open(&h->options, &handler, &h->adapter, error))
        return -1;
    return h->driver->open(h, &h->self, error);
}

static void *run_department(void *user) {
    struct host *h = user;
    h->verdict = yjs_adapter_run(h->adapter);
    if (h->verdict)
        pthread_kill(h->config->waiter, SIGTERM);
    return NULL;
}

void host_config_stop(struct host_config *c) {
    for (size_t i = 0; i < c->host_count; i++)
        if (c->hosts[i].adapter)
            yjs_adapter_stop(c->hosts[i].adapter);
}

int host_config_run(struct host_config *c, void (*wait_for_signal)(struct host_config *)) {
    int verdict = 0;
    struct yjs_error error = {0};
    c->waiter = pthread_self();
    for (size_t i = 0; i < c->host_count && !verdict; i++)
        if (open_department(&c->hosts[i], &error)) {
            log_error("cannot_start", error.message, LOG_STRING("code", error.code),
                      LOG_STRING("department", c->hosts[i].options.department));
            verdict = 1;
        }
    for (size_t i = 0; i < c->host_count && !verdict; i++)
        c->hosts[i].has_thread = !pthread_create(&c->hosts[i].thread, NULL, run_department, &c->hosts[i]);
    if (!verdict)
        wait_for_signal(c);
    host_config_stop(c);
    for (size_t i = 0; i < c->host_count; i++) {
        struct host *h = &c->hosts[i];
        if (h->has_thread)
            pthread_join(h->thread, NULL);
        verdict |= h->verdict != 0;
        if (h->self && h->driver->close)
            h->driver->close(h->self);
        yjs_adapter_close(h->adapter);
    }
    return verdict;
}
