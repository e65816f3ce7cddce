/* An adapter's life: opening, the loop, draining, closing. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>
#include "internal.h"

#define TICK_US (100 * INT64_C(1000))
#define EVENTS_MOST 64
#define CLOCK_BACK_US TIME_SECOND_US    /* less is borne */

void *adapter_alloc(size_t size) {
    void *memory = calloc(1, size ? size : 1);
    if (!memory) {
        log_error("out_of_memory", "the system has no memory; the adapter ends and goes on when started again");
        abort();
    }
    return memory;
}

void *adapter_resize(void *old, size_t size) {
    void *memory = realloc(old, size);
    if (!memory)
        abort();
    return memory;
}

char *adapter_string(const char *value) {
    if (!value)
        return NULL;
    size_t size = strlen(value) + 1;
    return memcpy(adapter_alloc(size), value, size);
}

static int64_t clock_us(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * TIME_SECOND_US + now.tv_nsec / 1000;
}

int64_t yjs_now_us(void) { return clock_us(CLOCK_REALTIME); }
int64_t yjs_steady_us(void) { return clock_us(CLOCK_MONOTONIC); }

int adapter_fault(struct yjs_error *error, const char *code, const char *format, ...) {
    if (!error)
        return -1;
    va_list arguments;
    va_start(arguments, format);
    snprintf(error->code, sizeof(error->code), "%s", code);
    text_print(error->message, sizeof(error->message), format, arguments);
    va_end(arguments);
    return -1;
}

/* ---- Opening ---- */

#define DEFAULT(field, value) o->field = o->field ? o->field : (value)

static void copy_options(struct yjs_adapter *a, const struct yjs_options *from) {
    struct yjs_options *o = &a->options;
    char host[256] = "adapter", source[512];
    *o = *from;
    gethostname(host, sizeof(host) - 1);
    snprintf(source, sizeof(source), "/%s/%s", from->region, from->department);
    o->bootstrap = adapter_string(from->bootstrap);
    o->region = adapter_string(from->region);
    o->department = adapter_string(from->department);
    o->source = adapter_string(from->source ? from->source : source);
    o->store_path = adapter_string(from->store_path);
    o->instance = adapter_string(from->instance ? from->instance : host);
    o->http_address = adapter_string(from->http_address ? from->http_address : "127.0.0.1");
    o->http_token = adapter_string(from->http_token);
    o->http_certificate = adapter_string(from->http_certificate);
    o->http_key = adapter_string(from->http_key);
    struct yjs_property *kafka = adapter_alloc(from->kafka_count * sizeof(*kafka));
    for (size_t i = 0; i < from->kafka_count; i++)
        kafka[i] = (struct yjs_property){adapter_string(from->kafka[i].name), adapter_string(from->kafka[i].value)};
    o->kafka = kafka;
    DEFAULT(most_running, 1000);
    DEFAULT(most_open, 100000);
    DEFAULT(retry_attempts, 3);
    DEFAULT(retry_first_us, TIME_SECOND_US);
    DEFAULT(retry_most_us, TIME_MINUTE_US);
    DEFAULT(hold_most_us, TIME_HOUR_US);
    DEFAULT(breaker_failures, 5);
    DEFAULT(breaker_open_us, 10 * TIME_SECOND_US);
    DEFAULT(retention_us, 30 * TIME_DAY_US);
    DEFAULT(drain_us, 10 * TIME_SECOND_US);
    DEFAULT(heartbeat_us, TIME_MINUTE_US);
}

static char *topic_name(const struct yjs_options *o, const char *what) {
    char name[512];
    size_t prefix = (size_t)snprintf(name, sizeof(name), "%s.", o->region);
    snprintf(name + prefix, sizeof(name) - prefix, "%s.%s.v1", o->department, what);
    for (char *c = name + prefix; *c; c++)
        if (*c == '_')
            *c = '-';
    return adapter_string(name);
}

static void prepare(struct yjs_adapter *a, const struct yjs_handler *handler) {
    struct list *const lists[] = {&a->fresh, &a->running, &a->resting, &a->ended, &a->watches,
                                  &a->dead_watches, &a->outbox.answers, &a->outbox.acknowledged};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        list_init(lists[i]);
    ranks_init(&a->ready);
    a->outbox.unsent = &a->outbox.answers;
    a->handler = *handler;
    a->task_topic = topic_name(&a->options, "task");
    a->result_topic = topic_name(&a->options, "result");
    a->kafka_fd = a->report_fd = -1;
    a->last_turn_us = yjs_steady_us();
    map_init(&a->tasks);
    map_init(&a->tombstones);
    arena_init(&a->arena, 16 * MESSAGE_MOST_BYTES);
    arena_init(&a->answer_arena, 4 * MESSAGE_MOST_BYTES);
    if (getrandom(&a->random, sizeof(a->random), 0) < 0)
        a->random = (uint64_t)yjs_now_us();
    a->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    a->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

static void tell_restored(struct yjs_adapter *a) {
    list_each_safe(&a->resting, node)
        if (a->handler.restored)
            a->handler.restored(a->handler.user, &list_entry(node, struct task, link)->open);
    list_each_safe(&a->resting, node) {
        struct task *t = list_entry(node, struct task, link);
        if (t->ask_again)               /* of one that does not rest: when it is begun anew */
            task_cancel_again(a, t);
    }
}

static void on_event_fd(void *user, int fd, uint32_t events) {     /* the turn itself does the work */
    (void)user, (void)fd, (void)events;
}

int yjs_adapter_open(const struct yjs_options *options, const struct yjs_handler *handler, struct yjs_adapter **ret,
                     struct yjs_error *error) {
    if (!options->bootstrap || !options->region || !options->department || !options->store_path || !handler->start)
        return adapter_fault(error, "missing_option", "bootstrap, region, department, store_path and start are needed");
    struct yjs_adapter *a = adapter_alloc(sizeof(*a));
    copy_options(a, options);
    prepare(a, handler);
    if (a->epoll_fd < 0 || a->stop_fd < 0)
        adapter_fault(error, "no_descriptor", "the system gave no file descriptor");
    else if (!store_open(&a->store, a->options.store_path, error) && !bus_open(a, error) && !http_open(a, error)) {
        yjs_watch(a, a->stop_fd, EPOLLIN, on_event_fd, a);
        yjs_watch(a, a->kafka_fd, EPOLLIN, on_event_fd, a);
        yjs_watch(a, a->report_fd, EPOLLIN, on_event_fd, a);
        *ret = a;
        return 0;
    }
    yjs_adapter_close(a);
    return -1;
}

/* ---- The loop ---- */

static bool write_down(struct yjs_adapter *a) {
    bool second = a->last_turn_us >= a->offsets_at_us;
    if (second)
        a->offsets_at_us = a->last_turn_us + TIME_SECOND_US;
    outbox_write_acknowledged(a, second);
    if (a->store.open_transaction || second)
        offsets_write(a, second);
    if (store_commit(&a->store))
        a->broken = true;
    if (second)
        bus_commit_group(a, false);
    return !a->broken;
}

static void fresh_to_ready(struct yjs_adapter *a) {
    list_each_safe(&a->fresh, node)
        task_place(a, list_entry(node, struct task, link), PLACE_READY);
}

static void heartbeat(struct yjs_adapter *a) {
    if (a->last_turn_us < a->heartbeat_at_us)
        return;
    if (a->heartbeat_at_us)
        log_info("heartbeat", "at work", LOG_STRING("department", a->options.department),
                 LOG_INT("tasks", (int64_t)a->counters.tasks), LOG_INT("acknowledged", (int64_t)a->counters.acknowledged),
                 LOG_INT("open", (int64_t)a->tasks.count), LOG_INT("outbox", (int64_t)a->outbox.count),
                 LOG_INT("breaker", a->breaker.state));
    a->heartbeat_at_us = a->last_turn_us + a->options.heartbeat_us;
}

static void housekeep(struct yjs_adapter *a) {
    heartbeat(a);
    if (a->last_turn_us >= a->purge_at_us) {
        store_purge(&a->store, a->turn_us - a->options.retention_us);
        a->purge_at_us = a->last_turn_us + TIME_HOUR_US;
    }
}

static void tick(struct yjs_adapter *a) {
    if (a->last_turn_us < a->tick_at_us && a->last_turn_us < a->handler_wake_us)
        return;
    a->tick_at_us = a->last_turn_us + TICK_US;
    a->handler_wake_us = INT64_MAX;
    if (a->handler.tick)
        a->handler.tick(a->handler.user, a->last_turn_us);
    housekeep(a);
}

/* Were the wall clock set back, what waits would wait as much longer. */
static void read_clocks(struct yjs_adapter *a) {
    a->turn_us = yjs_now_us();
    a->last_turn_us = yjs_steady_us();
    int64_t ahead_us = a->turn_us - a->last_turn_us, back_us = a->wall_ahead_us - ahead_us;
    if (a->wall_ahead_us && back_us >= CLOCK_BACK_US) {
        log_warn("clock_set_back", "the system's clock was set back; what waits does not wait longer for it",
                 LOG_INT("seconds", back_us / TIME_SECOND_US));
        tasks_bring_forward(a, back_us);
    }
    a->wall_ahead_us = ahead_us;
}

/* One turn; gives how long the loop may sleep. */
static int64_t turn(struct yjs_adapter *a) {
    read_clocks(a);
    bus_assign(a, a->last_turn_us);
    size_t read = bus_consume(a);
    bus_reports(a);
    tasks_fire(a, a->turn_us);
    tick(a);
    if (!write_down(a))
        return 0;
    outbox_send(a, a->last_turn_us);
    fresh_to_ready(a);
    tasks_start(a, a->last_turn_us);
    tasks_free_ended(a);
    if (a->store.open_transaction)
        return 0;       /* answers of this turn are posted once they are committed, with what comes next */
    outbox_send(a, a->last_turn_us);
    if (read > 0)
        return 0;
    int64_t until = a->tick_at_us < a->handler_wake_us ? a->tick_at_us : a->handler_wake_us;
    if (outbox_next_us(a) < until)
        until = outbox_next_us(a);
    int64_t wait_us = until - yjs_steady_us(), http_us = http_timeout_us(a), task_at_us = tasks_next_us(a);
    if (task_at_us < INT64_MAX && task_at_us - yjs_now_us() < wait_us)
        wait_us = task_at_us - yjs_now_us();
    return http_us < wait_us ? http_us : wait_us;
}

static void sleep_on(struct yjs_adapter *a, int64_t wait_us) {
    struct epoll_event events[EVENTS_MOST];
    int timeout_ms = wait_us <= 0 ? 0 : wait_us > TICK_US ? (int)(TICK_US / 1000) : (int)((wait_us + 999) / 1000);
    int count = epoll_wait(a->epoll_fd, events, EVENTS_MOST, timeout_ms);
    for (int i = 0; i < count; i++) {
        struct watch *w = events[i].data.ptr;
        if (!w->gone)
            w->ready(w->user, w->fd, events[i].events);
    }
    list_each_safe(&a->dead_watches, node) {
        list_remove(node);
        free(list_entry(node, struct watch, link));
    }
    http_run(a);
}

static bool stop_asked(struct yjs_adapter *a) {
    uint64_t count;
    return read(a->stop_fd, &count, sizeof(count)) == sizeof(count);
}

int yjs_adapter_run(struct yjs_adapter *a) {
    if (store_load(a))
        return -1;
    tell_restored(a);
    int64_t drain_until_us = INT64_MAX;
    while (!a->broken) {
        int64_t wait_us = turn(a);
        if (a->stopping && ((a->running_count == 0 && a->outbox.count == 0 && !a->store.open_transaction) ||
                            yjs_steady_us() >= drain_until_us))
            break;
        sleep_on(a, wait_us);
        if (!a->stopping && stop_asked(a)) {
            a->stopping = true;
            drain_until_us = yjs_steady_us() + a->options.drain_us;
            log_info("stopping", "no new tasks are begun; running work is finished", LOG_INT("running", (int64_t)a->running_count));
        }
    }
    if (!a->broken) {
        outbox_write_acknowledged(a, true);
        offsets_write(a, true);
        a->broken = store_commit(&a->store) != 0;
        bus_commit_group(a, true);
    }
    bus_leave(a);
    return a->broken ? -1 : 0;
}

int yjs_commit(struct yjs_adapter *a) {
    offsets_write(a, false);
    return store_commit(&a->store);
}

void yjs_wake_at(struct yjs_adapter *a, int64_t at_us) {
    if (at_us < a->handler_wake_us)
        a->handler_wake_us = at_us;
}

void yjs_adapter_stop(struct yjs_adapter *a) {
    uint64_t one = 1;
    ssize_t sent = write(a->stop_fd, &one, sizeof(one));
    (void)sent;
}

/* ---- Closing ---- */

static void free_options(struct yjs_options *o) {
    const void *const strings[] = {o->bootstrap, o->region, o->department, o->source, o->store_path, o->instance,
                                   o->http_address, o->http_token, o->http_certificate, o->http_key};
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
        free((void *)(uintptr_t)strings[i]);
    for (size_t i = 0; i < o->kafka_count; i++) {
        free((void *)(uintptr_t)o->kafka[i].name);
        free((void *)(uintptr_t)o->kafka[i].value);
    }
    free((void *)(uintptr_t)o->kafka);
}

static void drop_tasks(struct list *tasks) {
    list_each_safe(tasks, node) {
        list_remove(node);
        task_reference_drop(list_entry(node, struct task, link));
    }
}

void yjs_adapter_close(struct yjs_adapter *a) {
    if (!a)
        return;
    http_close(a);
    bus_close(a);
    outbox_free(a);
    struct list *const lists[] = {&a->fresh, &a->running, &a->resting, &a->ended};
    for (size_t i = 0; i < 4; i++)
        drop_tasks(lists[i]);
    ranks_each(&a->ready, head)
        drop_tasks(head);
    map_each(&a->tombstones, slot)
        free(slot->value);
    map_free(&a->tombstones);
    map_free(&a->tasks);
    free(a->heap);
    free(a->recent);
    for (size_t i = 0; i < a->partition_count; i++)
        free(a->partitions[i].ring);
    free(a->partitions);
    watches_free(a);
    store_close(&a->store);
    arena_free(&a->arena);
    arena_free(&a->answer_arena);
    close(a->epoll_fd);
    close(a->stop_fd);
    free(a->task_topic);
    free(a->result_topic);
    free_options(&a->options);
    free(a);
}
