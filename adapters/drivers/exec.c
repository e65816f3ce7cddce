/* exec: any program is the department: tasks as JSON lines on its standard input, answers as lines on its output. */
#include <errno.h>
#include <fcntl.h>
#include <jv.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/json.h"
#include "base/log.h"
#include "base/time.h"
#include "drivers.h"

#define ARGUMENTS_MOST 64
#define PROCESSES_MOST 64
#define END_WAIT_US INT64_C(1000000)
#define LINE_MOST_BYTES (2u * 1024 * 1024)
#define RESTART_FIRST_US (100 * INT64_C(1000))
#define RESTART_MOST_US (30 * TIME_SECOND_US)

struct settings { const struct node *command; int64_t processes, in_flight, answer_within_us; };

#define AT(field) offsetof(struct settings, field)
static const struct setting settings_table[] = {
    {"command", SETTING_NODE, AT(command), NULL, true, "the program and its arguments, a list; no shell is between", NULL},
    {"processes", SETTING_INT, AT(processes), "1", false, "how many of it run", NULL},
    {"in_flight", SETTING_INT, AT(in_flight), "100", false, "tasks each has at a time", NULL},
    {"answer_within", SETTING_DURATION, AT(answer_within_us), "5m", false, "a task without an answer after this has failed (retried)", NULL},
    SETTINGS_END,
};

struct given { char *id; int64_t until_us; struct given *next; };
struct child {
    struct exec *exec;
    pid_t pid;                     /* 0: not running */
    int in, out;
    int64_t start_at_us, backoff_us, started_at_us;
    struct buffer reading, writing;
    size_t written;
    struct given *given;
    int64_t given_count;
};
struct exec {
    struct host *host;
    const struct settings *s;
    char *arguments[ARGUMENTS_MOST + 1];
    struct child children[PROCESSES_MOST];
    size_t count;
};

/* ---- What a child has ---- */

static void give(struct child *c, const char *id) {
    struct given *g = calloc(1, sizeof(*g));
    if (!g || !(g->id = strdup(id)))
        abort();
    g->until_us = yjs_steady_us() + c->exec->s->answer_within_us;
    g->next = c->given;
    c->given = g;
    c->given_count++;
}

static void take_back(struct child *c, struct given **at) {
    struct given *g = *at;
    *at = g->next;
    c->given_count--;
    free(g->id);
    free(g);
}

static bool take_back_id(struct exec *e, const char *id) {
    for (size_t i = 0; i < e->count; i++)
        for (struct given **at = &e->children[i].given; *at; at = &(*at)->next)
            if (!strcmp((*at)->id, id)) {
                take_back(&e->children[i], at);
                return true;
            }
    return false;
}

static struct child *child_of(struct exec *e, const char *id) {
    for (size_t i = 0; i < e->count; i++)
        for (struct given *g = e->children[i].given; g; g = g->next)
            if (!strcmp(g->id, id))
                return &e->children[i];
    return NULL;
}

/* ---- The process ---- */

static void stop_child(struct child *c, const char *why) {
    struct yjs_adapter *adapter = host_adapter(c->exec->host);
    int64_t now_us = yjs_steady_us();
    yjs_watch(adapter, c->in, 0, NULL, NULL);
    yjs_watch(adapter, c->out, 0, NULL, NULL);
    close(c->in);
    close(c->out);
    kill(c->pid, SIGKILL);
    waitpid(c->pid, NULL, 0);
    log_warn("program_ended", "the department's program ended; it is started again", LOG_STRING("why", why),
             LOG_INT("pid", c->pid), LOG_INT("had_tasks", c->given_count));
    c->pid = 0;
    if (now_us - c->started_at_us > RESTART_MOST_US)
        c->backoff_us = 0;
    c->backoff_us = c->backoff_us ? c->backoff_us * 2 : RESTART_FIRST_US;
    if (c->backoff_us > RESTART_MOST_US)
        c->backoff_us = RESTART_MOST_US;
    c->start_at_us = now_us + c->backoff_us;
    yjs_wake_at(adapter, c->start_at_us);
    buffer_clear(&c->reading);
    buffer_clear(&c->writing);
    c->written = 0;
    while (c->given) {
        struct yjs_task *task = yjs_find(adapter, c->given->id);
        take_back(c, &c->given);
        if (task)
            yjs_fail(task, YJS_AWAY, "program_ended", "the department's program ended while it had the task");
    }
}

static bool kind_is(jv answer, const char *name) {
    jv kind = jv_object_get(jv_copy(answer), jv_string("kind"));
    bool is = jv_get_kind(kind) == JV_KIND_STRING && !strcmp(jv_string_value(kind), name);
    jv_free(kind);
    return is;
}

static void take_line(struct child *c, char *line, size_t length) {
    struct exec *e = c->exec;
    jv answer = jv_parse_sized(line, (int)length);
    jv id = jv_get_kind(answer) == JV_KIND_OBJECT ? jv_object_get(jv_copy(answer), jv_string("task")) : jv_null();
    struct yjs_task *task = jv_get_kind(id) == JV_KIND_STRING ? yjs_find(host_adapter(e->host), jv_string_value(id)) : NULL;
    if (!task) {
        yjs_count(host_adapter(e->host), "exec_unknown_lines", 1);
        jv_free(answer);
    } else {
        c->backoff_us = 0;      /* it works: should it end, it is started again soon */
        bool asks = kind_is(answer, "correction");
        jv text = jv_dump_string(jv_object_delete(answer, jv_string("task")), 0);
        char *known = strdup(jv_string_value(id));
        enum host_verdict verdict = host_answer(e->host, task, 0, jv_string_value(text), (size_t)jv_string_length_bytes(jv_copy(text)));
        if (verdict == HOST_FINAL || verdict == HOST_FAULTY)
            take_back_id(e, known);
        else if (asks && take_back_id(e, known))
            yjs_wait(task, "{}", YJS_NEVER_WAKE);       /* the applicant's correction wakes it */
        free(known);
        jv_free(text);
    }
    jv_free(id);
}

static void on_output(void *user, int fd, uint32_t events) {
    struct child *c = user;
    char bytes[65536];
    (void)events;
    ssize_t got = read(fd, bytes, sizeof(bytes));
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        stop_child(c, "its output closed");
        return;
    }
    buffer_put(&c->reading, bytes, (size_t)got);
    if (c->reading.failed) {
        stop_child(c, "a line is longer than 2 MiB");
        return;
    }
    char *line = c->reading.at, *end;
    while (c->pid && (end = memchr(line, '\n', c->reading.length - (size_t)(line - c->reading.at)))) {
        if (end > line)
            take_line(c, line, (size_t)(end - line));
        line = end + 1;
    }
    size_t left = c->reading.length - (size_t)(line - c->reading.at);
    memmove(c->reading.at, line, left);
    c->reading.length = left;
}

static void flush(struct child *c);
static void on_room(void *user, int fd, uint32_t events) {
    (void)fd, (void)events;
    flush(user);
}

static void flush(struct child *c) {
    while (c->written < c->writing.length) {
        ssize_t sent = write(c->in, c->writing.at + c->written, c->writing.length - c->written);
        if (sent < 0 && errno == EAGAIN) {
            yjs_watch(host_adapter(c->exec->host), c->in, EPOLLOUT, on_room, c);
            return;
        }
        if (sent < 0) {
            yjs_watch(host_adapter(c->exec->host), c->in, 0, NULL, NULL);
            return;       /* its output will say that it ended */
        }
        c->written += (size_t)sent;
    }
    yjs_watch(host_adapter(c->exec->host), c->in, 0, NULL, NULL);
    buffer_clear(&c->writing);
    c->written = 0;
}

static bool start_child(struct child *c) {
    int to[2], from[2];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, pipe_only;
    if (pipe2(to, O_CLOEXEC))
        return false;
    if (pipe2(from, O_CLOEXEC)) {
        close(to[0]);
        close(to[1]);
        return false;
    }
    sigemptyset(&none);
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to[0], 0);
    posix_spawn_file_actions_adddup2(&actions, from[1], 1);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &pipe_only);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int code = posix_spawnp(&c->pid, c->exec->arguments[0], &actions, &attributes, c->exec->arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(to[0]);
    close(from[1]);
    c->in = to[1];
    c->out = from[0];
    fcntl(c->in, F_SETFL, O_NONBLOCK);
    fcntl(c->out, F_SETFL, O_NONBLOCK);
    if (code) {
        close(c->in);
        close(c->out);
        c->pid = 0;
        log_error("program_not_started", "the department's program cannot be started", LOG_STRING("reason", strerror(code)));
        return false;
    }
    c->started_at_us = yjs_steady_us();
    yjs_watch(host_adapter(c->exec->host), c->out, EPOLLIN, on_output, c);
    return true;
}

static void exec_tick(void *self, int64_t now_us) {
    struct exec *e = self;
    for (size_t i = 0; i < e->count; i++) {
        struct child *c = &e->children[i];
        if (!c->pid && now_us >= c->start_at_us && !start_child(c))
            c->start_at_us = now_us + RESTART_MOST_US / 10;
        for (struct given **at = &c->given; *at;) {
            struct yjs_task *task = yjs_find(host_adapter(e->host), (*at)->id);
            bool late = now_us >= (*at)->until_us;
            if (!late && task) {
                at = &(*at)->next;
                continue;
            }
            take_back(c, at);
            if (task)
                yjs_fail(task, YJS_AGAIN, "no_answer", "the department's program did not answer in time");
        }
    }
}

/* ---- Tasks ---- */

static struct child *idlest(struct exec *e) {
    struct child *best = NULL;
    for (size_t i = 0; i < e->count; i++) {
        struct child *c = &e->children[i];
        if (c->pid && c->given_count < e->s->in_flight && (!best || c->given_count < best->given_count))
            best = c;
    }
    return best;
}

/* The program must be able to name the task, whatever the mapping made of it. */
static char *with_id(const struct yjs_task *task, char *request, size_t *length) {
    jv value = jv_parse_sized(request, (int)*length);
    if (jv_get_kind(value) != JV_KIND_OBJECT)
        value = jv_object_set(jv_object(), jv_string("request"), value);
    jv text = jv_dump_string(jv_object_set(value, jv_string("task"), jv_string(task->id)), 0);
    *length = (size_t)jv_string_length_bytes(jv_copy(text));
    free(request);
    request = strdup(jv_string_value(text));
    jv_free(text);
    return request;
}

static void exec_start(void *self, struct yjs_task *task) {
    struct exec *e = self;
    struct child *c = idlest(e);
    size_t length;
    if (!c) {
        yjs_fail(task, YJS_BUSY, "busy", "all programs have as much as they take");
        return;
    }
    char *request = host_request(e->host, task, NULL, &length);
    if (!request)
        return;
    if (host_step(e->host, task)->request)
        request = with_id(task, request, &length);
    buffer_put(&c->writing, request, length);
    buffer_put_byte(&c->writing, '\n');
    free(request);
    give(c, task->id);
    flush(c);
}

static enum yjs_cancel exec_cancel(void *self, struct yjs_task *task, const char *reason) {
    struct exec *e = self;
    struct child *c = child_of(e, task->id);
    if (!c)
        return YJS_CANCEL_DONE;
    struct json_writer w;
    json_begin(&w, &c->writing);
    json_open(&w, '{');
    json_key(&w, TEXT("type"));
    json_put_text(&w, TEXT("cancel"));
    json_key(&w, TEXT("task"));
    json_put_text(&w, text_from(task->id));
    json_key(&w, TEXT("reason"));
    json_put_text(&w, text_from(reason));
    json_close(&w, '}');
    buffer_put_byte(&c->writing, '\n');
    flush(c);
    return YJS_CANCEL_ASKED;
}

static void exec_check(const void *settings, const struct node *at, struct faults *faults) {
    const struct settings *s = settings;
    if (s->command && (s->command->kind != NODE_LIST || s->command->count < 1 || s->command->count > ARGUMENTS_MOST))
        fault_add(faults, s->command, "bad_value", "`command` is a list of 1 to %d texts", ARGUMENTS_MOST);
    for (size_t i = 0; s->command && i < s->command->count; i++)
        if (s->command->members[i].value->kind != NODE_SCALAR)
            fault_add(faults, s->command->members[i].value, "bad_value", "an argument is a text");
        else if (!settings_resolve(s->command->members[i].value->text))
            fault_add(faults, s->command->members[i].value, "no_value", "the file or variable of %s cannot be read", s->command->members[i].value->text);
    if (s->processes < 1 || s->processes > PROCESSES_MOST || s->in_flight < 1)
        fault_add(faults, at, "bad_value", "`processes` is 1 to %d, `in_flight` at least 1", PROCESSES_MOST);
}

static int exec_open(struct host *host, void **ret, struct yjs_error *error) {
    (void)error;
    struct exec *e = calloc(1, sizeof(*e));
    if (!e)
        abort();
    e->host = host;
    e->s = host_settings(host);
    for (size_t i = 0; i < e->s->command->count; i++)
        e->arguments[i] = (char *)(uintptr_t)settings_resolve(e->s->command->members[i].value->text);
    e->count = (size_t)e->s->processes;
    for (size_t i = 0; i < e->count; i++) {
        e->children[i].exec = e;
        buffer_init(&e->children[i].reading, LINE_MOST_BYTES);
        buffer_init(&e->children[i].writing, 256u * 1024 * 1024);
    }
    *ret = e;
    return 0;
}

/* Closing its input asks a program to end; one that does not within the second that all have together is killed. */
static void end_children(struct exec *e) {
    for (size_t i = 0; i < e->count; i++)
        if (e->children[i].pid) {
            close(e->children[i].in);
            close(e->children[i].out);
        }
    int64_t until_us = yjs_steady_us() + END_WAIT_US;
    for (size_t i = 0; i < e->count; i++) {
        pid_t pid = e->children[i].pid;
        bool ended = !pid;
        while (!ended && !(ended = waitpid(pid, NULL, WNOHANG) != 0) && yjs_steady_us() < until_us)
            usleep(20000);
        if (!ended) {
            kill(pid, SIGKILL);
            waitpid(pid, NULL, 0);
        }
    }
}

static void exec_close(void *self) {
    struct exec *e = self;
    end_children(e);
    for (size_t i = 0; i < e->count; i++) {
        struct child *c = &e->children[i];
        while (c->given)
            take_back(c, &c->given);
        buffer_free(&c->reading);
        buffer_free(&c->writing);
    }
    free(e);
}

const struct yjs_driver driver_exec = {
    .name = "exec", .help = "any program: JSON lines on its standard input and output",
    .settings = settings_table, .settings_size = sizeof(struct settings),
    .check = exec_check, .open = exec_open, .close = exec_close,
    .handler = {.start = exec_start, .cancel = exec_cancel, .tick = exec_tick},
};
