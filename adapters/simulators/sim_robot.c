/* yjs-sim-robot: a department's robot behind its firewall: leases work, does it, answers; sometimes forgets a lease. */
#include <stdio.h>
#include <stdlib.h>
#include "sim_http.h"

struct robot { struct sim sim; const char *url, *token; struct buffer answers; bool any; };

/* Works one leased task; a failed try means that it forgets the lease, which then runs out. */
static int64_t work(struct robot *r, const struct json *leased) {
    struct text task = json_get_text(leased, TEXT("task")), lease = json_get_text(leased, TEXT("lease"));
    int64_t number = 0;
    text_to_int64(lease, &number);
    sim_record(&r->sim, "leased", task, TEXT_NONE);
    if (sim_fails(&r->sim, task, (unsigned)(number % 4) + 1)) {
        sim_record(&r->sim, "forgotten", task, TEXT_NONE);
        return 0;
    }
    struct buffer answer;
    buffer_init(&answer, 1024 * 1024);
    sim_answer(&r->sim, json_get_string(leased, "request"), &answer);
    sim_record(&r->sim, "answered", task, buffer_text(&answer));
    buffer_put_string(&r->answers, r->any ? ",{\"task\":" : "{\"task\":");
    json_write_string(&r->answers, task);
    buffer_put_string(&r->answers, ",\"lease\":");
    json_write_string(&r->answers, lease);
    buffer_put_string(&r->answers, ",\"answer\":");
    buffer_put_text(&r->answers, buffer_text(&answer));
    buffer_put_byte(&r->answers, '}');
    buffer_free(&answer);
    r->any = true;
    return sim_latency_us(&r->sim, task);
}

/* How many tasks were leased. */
static size_t turn(struct robot *r, const char *request, struct buffer *reply) {
    struct arena arena;
    struct json body;
    size_t count = 0;
    int64_t longest_us = 0;
    arena_init(&arena, 64u * 1024 * 1024);
    buffer_clear(&r->answers);
    buffer_put_string(&r->answers, "{\"answers\":[");
    r->any = false;
    if (sim_http("POST", r->url, "/lease", r->token, request, reply) == 200 &&
        !json_read(&arena, buffer_text(reply), 64, &body, NULL)) {
        const struct json *tasks = json_get_string(&body, "tasks");
        for (; tasks && count < tasks->count; count++) {
            int64_t took_us = work(r, json_at(tasks, count));
            longest_us = took_us > longest_us ? took_us : longest_us;
        }
    }
    buffer_put_string(&r->answers, "]}");
    sim_sleep_us(longest_us);
    for (int tries = 0; r->any && tries < 100; tries++) {
        int status = sim_http("POST", r->url, "/answer", r->token, r->answers.at, reply);
        if (status >= 200 && status < 500)
            break;
        sim_sleep_us(100000);
    }
    arena_free(&arena);
    return count;
}

int main(int count, char **arguments) {
    struct sim_option options[] = {
        {"url", "http://127.0.0.1:8282", "the adapter's address", NULL}, {"token", "", "bearer token", NULL},
        {"most", "10", "tasks in a lease", NULL},                        {"seconds", "60", "length of a lease", NULL},
        {0},
    };
    struct robot r = {.sim = {.name = "yjs-sim-robot", .help = "a robot that leases work and answers it", .options = options}};
    sim_options(&r.sim, count, arguments);
    r.url = sim_option(&r.sim, "url");
    r.token = sim_option(&r.sim, "token");
    char request[128];
    struct buffer reply;
    snprintf(request, sizeof(request), "{\"most\":%d,\"seconds\":%d,\"who\":\"robot\"}", sim_option_number(&r.sim, "most", 1000),
             sim_option_number(&r.sim, "seconds", 86400));
    buffer_init(&reply, 64u * 1024 * 1024);
    buffer_init(&r.answers, 64u * 1024 * 1024);
    for (;;)
        if (turn(&r, request, &reply) == 0)
            sim_sleep_us(50000);
}
