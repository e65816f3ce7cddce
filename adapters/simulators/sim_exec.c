/* yjs-sim-exec: a department's program for the driver exec: a task a line in, an answer a line out, each when its time
 * has come; now and then it dies (--die), as programs do. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/list.h"
#include "sim.h"

struct pending { struct list link; char *line; int64_t at_us; };
struct state { struct sim sim; struct list pending; double die; unsigned taken; };

static void answer(struct state *s, struct pending *p) {
    struct arena arena;
    struct json envelope;
    struct buffer out, line;
    arena_init(&arena, 8 * 1024 * 1024);
    buffer_init(&out, 1024 * 1024);
    buffer_init(&line, 1024 * 1024);
    if (!json_read(&arena, text_from(p->line), 64, &envelope, NULL)) {
        struct text task = json_get_text(&envelope, TEXT("task"));
        unsigned again = (unsigned)getpid() % 3 + 1;     /* a restarted program has another fate */
        if (sim_fails(&s->sim, task, again))
            buffer_put_string(&out, "{\"kind\":\"error\",\"message\":\"simulated failure\",\"retryable\":true}");
        else
            sim_answer(&s->sim, &envelope, &out);
        sim_record(&s->sim, "answered", task, buffer_text(&out));
        buffer_put_string(&line, "{\"task\":");
        json_write_string(&line, task);
        buffer_put_byte(&line, ',');
        buffer_put(&line, out.at + 1, out.length - 1);
        puts(buffer_text(&line).at);
        fflush(stdout);
    }
    buffer_free(&line);
    buffer_free(&out);
    arena_free(&arena);
}

static void cancel(struct state *s, struct text task) {
    list_each_safe(&s->pending, node) {
        struct pending *p = list_entry(node, struct pending, link);
        if (!strstr(p->line, task.at ? "\"task\"" : "") || !memmem(p->line, strlen(p->line), task.at, task.length))
            continue;
        list_remove(node);
        free(p->line);
        free(p);
        sim_record(&s->sim, "cancelled", task, TEXT_NONE);
        printf("{\"task\":\"%.*s\",\"kind\":\"cancelled\"}\n", TEXT_ARG(task));
        fflush(stdout);
    }
}

static void take(struct state *s, char *line) {
    struct arena arena;
    struct json envelope;
    arena_init(&arena, 8 * 1024 * 1024);
    if (!json_read(&arena, text_from(line), 64, &envelope, NULL)) {
        struct text task = json_get_text(&envelope, TEXT("task"));
        if (text_is(json_get_text(&envelope, TEXT("type")), "cancel")) {
            cancel(s, task);
        } else {
            struct pending *p = calloc(1, sizeof(*p));
            p->line = strdup(line);
            p->at_us = sim_now_us() + sim_latency_us(&s->sim, task);
            list_append(&s->pending, &p->link);
            sim_record(&s->sim, "taken", task, TEXT_NONE);
            if (s->die > 0 && ++s->taken > 10 && drand48() < s->die)
                _exit(1);
        }
    }
    arena_free(&arena);
}

static int work_off(struct state *s) {        /* milliseconds until the next; -1: none */
    int64_t now_us = sim_now_us(), next_us = INT64_MAX;
    list_each_safe(&s->pending, node) {
        struct pending *p = list_entry(node, struct pending, link);
        if (p->at_us > now_us) {
            next_us = p->at_us < next_us ? p->at_us : next_us;
            continue;
        }
        list_remove(node);
        answer(s, p);
        free(p->line);
        free(p);
    }
    return next_us == INT64_MAX ? -1 : (int)((next_us - now_us) / 1000 + 1);
}

int main(int count, char **arguments) {
    struct sim_option options[] = {{"die", "0", "chance, at each task, that the program ends", NULL}, {0}};
    struct state s = {.sim = {.name = "yjs-sim-exec", .help = "a department's program for the driver exec", .options = options}};
    sim_options(&s.sim, count, arguments);
    s.die = strtod(sim_option(&s.sim, "die"), NULL);
    srand48(getpid());
    list_init(&s.pending);
    struct buffer in;
    char bytes[65536];
    buffer_init(&in, 16u * 1024 * 1024);
    for (;;) {
        struct pollfd fd = {.fd = 0, .events = POLLIN};
        if (poll(&fd, 1, work_off(&s)) <= 0)
            continue;
        ssize_t got = read(0, bytes, sizeof(bytes));
        if (got <= 0)
            return 0;
        buffer_put(&in, bytes, (size_t)got);
        char *line = in.at, *end;
        for (; (end = strchr(line, '\n')); line = end + 1) {
            *end = '\0';
            take(&s, line);
        }
        size_t left = in.length - (size_t)(line - in.at);
        memmove(in.at, line, left + 1);
        in.length = left;
    }
}
