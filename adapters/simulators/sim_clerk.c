/* yjs-sim-clerk: a clerk at a worklist: looks, claims the first task, reads it, takes a while, answers it. */
#include <stdio.h>
#include <stdlib.h>
#include "sim_http.h"

struct clerk { struct sim sim; const char *url, *token, *person; struct buffer reply, body; };

/* POST /worklist/<verb> for a task; `answer` absent: none. */
static int say(struct clerk *c, const char *verb, struct text task, struct text answer) {
    char path[64];
    snprintf(path, sizeof(path), "/worklist/%s", verb);
    buffer_clear(&c->body);
    buffer_put_string(&c->body, "{\"person\":");
    json_write_string(&c->body, text_from(c->person));
    buffer_put_string(&c->body, ",\"task\":");
    json_write_string(&c->body, task);
    if (answer.at) {
        buffer_put_string(&c->body, ",\"answer\":");
        buffer_put_text(&c->body, answer);
    }
    buffer_put_byte(&c->body, '}');
    return sim_http("POST", c->url, path, c->token, c->body.at, &c->reply);
}

static void put_escaped(struct buffer *out, struct text value) {
    for (size_t i = 0; i < value.length; i++)
        buffer_format(out, "%%%02X", (unsigned char)value.at[i]);
}

static void work(struct clerk *c, struct text task) {
    struct arena arena;
    struct json body;
    struct buffer answer, path;
    arena_init(&arena, 8 * 1024 * 1024);
    buffer_init(&answer, 1024 * 1024);
    buffer_init(&path, 16384);
    buffer_put_string(&path, "/worklist/task?id=");
    put_escaped(&path, task);
    if (sim_http("GET", c->url, path.at, c->token, NULL, &c->reply) == 200 && !json_read(&arena, buffer_text(&c->reply), 64, &body, NULL)) {
        sim_answer(&c->sim, json_get_string(&body, "request"), &answer);
        sim_sleep_us(sim_latency_us(&c->sim, task));
        sim_record(&c->sim, "answered", task, buffer_text(&answer));
        int status;
        for (int tries = 0; ((status = say(c, "answer", task, buffer_text(&answer))) == 0 || status == 503) && tries < 100; tries++)
            sim_sleep_us(100000);
    }
    buffer_free(&path);
    buffer_free(&answer);
    arena_free(&arena);
}

static bool turn(struct clerk *c) {
    struct arena arena;
    struct json body;
    char path[256];
    bool any = false;
    arena_init(&arena, 8 * 1024 * 1024);
    snprintf(path, sizeof(path), "/worklist?most=10&person=%s", c->person);
    if (sim_http("GET", c->url, path, c->token, NULL, &c->reply) == 200 && !json_read(&arena, text_copy(&arena, buffer_text(&c->reply)), 64, &body, NULL)) {
        const struct json *tasks = json_get_string(&body, "tasks");
        for (size_t i = 0; tasks && i < tasks->count; i++) {
            struct text task = json_get_text(json_at(tasks, i), TEXT("task"));
            if (say(c, "claim", task, TEXT_NONE) != 200)
                continue;
            sim_record(&c->sim, "claimed", task, TEXT_NONE);
            work(c, task);
            any = true;
        }
    }
    arena_free(&arena);
    return any;
}

int main(int count, char **arguments) {
    struct sim_option options[] = {
        {"url", "http://127.0.0.1:8282", "the adapter's address", NULL}, {"token", "", "bearer token", NULL},
        {"person", "clerk", "the clerk's name", NULL}, {0},
    };
    struct clerk c = {.sim = {.name = "yjs-sim-clerk", .help = "a clerk who claims and answers tasks", .options = options}};
    sim_options(&c.sim, count, arguments);
    c.url = sim_option(&c.sim, "url");
    c.token = sim_option(&c.sim, "token");
    c.person = sim_option(&c.sim, "person");
    buffer_init(&c.reply, 64u * 1024 * 1024);
    buffer_init(&c.body, 4u * 1024 * 1024);
    for (;;)
        if (!turn(&c))
            sim_sleep_us(50000);
}
