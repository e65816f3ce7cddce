/* How long one decision takes: the way from an answer to the next task, without wire, store and bus.
 *
 *   cmake --build build/release --target engine_bench && build/release/tests/bench/engine_bench
 *
 * Prints JSON lines: microseconds of CPU an input for decide, apply and commands, apart. */
#include <time.h>

#include "unit/engine_builder.h"

static int64_t cpu_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct spent { int64_t decide_ns, apply_ns, commands_ns; uint64_t inputs, events; };

static void timed_input(struct run *run, struct input *in, struct spent *spent) {
    struct command_list commands;
    arena_reset(&run->scratch);
    in->at_us = run->now_us;
    in->case_id = run->state.id;
    run->events = (struct event_list){0};
    int64_t start = cpu_ns();
    if (engine_decide(&run->world, &run->state, in, &run->scratch, &run->events, &run->error) != OUTCOME_OK)
        abort();
    int64_t decided = cpu_ns();
    for (uint32_t i = 0; i < run->events.count; i++)
        if (!case_apply(&run->state, &run->events.at[i]))
            abort();
    int64_t applied = cpu_ns();
    for (uint32_t i = 0; i < run->events.count; i++)
        engine_commands(run->state.id, &run->events.at[i], &commands);
    spent->decide_ns += decided - start;
    spent->apply_ns += applied - decided;
    spent->commands_ns += cpu_ns() - applied;
    spent->inputs++;
    spent->events += run->events.count;
}

/* `steps` serial tasks, each with an input of three fields, and results of about a kilobyte. */
static void bench_serial(uint32_t steps, uint32_t cases) {
    static char ids[STEPS_MOST][8], data[1200], form[1200];
    struct spec specs[STEPS_MOST] = {0};
    struct spent submits = {0}, answers = {0};
    snprintf(data, sizeof data, "{\"receipt_no\":\"R-20260302\",\"text\":\"%0900d\"}", 1);
    snprintf(form, sizeof form, "{\"contract\":{\"number\":\"HT-1\"},\"text\":\"%0900d\"}", 1);
    for (uint32_t i = 0; i < steps; i++) {
        snprintf(ids[i], sizeof ids[i], "s%u", (unsigned)i);
        specs[i] = (struct spec){.id = ids[i], .needs = i ? ids[i - 1] : NULL,
                                 .input = i ? "{\"no\":\"${ .form.contract.number }\",\"case\":\"${ .case.number }\"}"
                                            : "{\"no\":\"${ .form.contract.number }\",\"text\":\"${ .form.text }\"}"};
    }
    struct run *run = run_new(specs, steps);
    for (uint32_t i = 0; i < cases; i++) {
        arena_reset(&run->case_arena);
        case_init(&run->state, &run->case_arena, &run->definition, TEXT("44130020260302000017"));
        struct input in = input_of(INPUT_SUBMIT, 0);
        in.data = text_from(form);
        in.region = TEXT("441300");
        timed_input(run, &in, &submits);
        for (uint32_t j = 0; j < steps; j++) {
            in = answer_input(run, ids[j], ANSWER_RESULT);
            in.data = text_from(data);
            in.attempt = 1;
            timed_input(run, &in, &answers);
        }
        if (run->state.phase != CASE_CLOSED)
            abort();
    }
    const struct { const char *name; const struct spent *spent; } rows[] = {{"submit", &submits}, {"answer", &answers}};
    for (int i = 0; i < 2; i++)
        printf("{\"steps\":%u,\"input\":\"%s\",\"inputs\":%llu,\"events\":%llu,\"decide_us\":%.2f,\"apply_us\":%.2f,"
               "\"commands_us\":%.2f}\n", (unsigned)steps, rows[i].name, (unsigned long long)rows[i].spent->inputs,
               (unsigned long long)rows[i].spent->events, (double)rows[i].spent->decide_ns / 1e3 / (double)rows[i].spent->inputs,
               (double)rows[i].spent->apply_ns / 1e3 / (double)rows[i].spent->inputs,
               (double)rows[i].spent->commands_ns / 1e3 / (double)rows[i].spent->inputs);
    run->journal_count = 0;
    arena_free(&run->definition_arena);
    arena_free(&run->case_arena);
    arena_free(&run->journal_arena);
    arena_free(&run->scratch);
    free(run);
}

/* One `each` of many elements: an answer must cost the same however many there are. */
static void bench_each(uint32_t elements, uint32_t cases) {
    struct spent submits = {0}, answers = {0};
    static char form[16384];
    size_t length = (size_t)snprintf(form, sizeof form, "{\"list\":[1");
    for (uint32_t i = 1; i < elements; i++)
        length += (size_t)snprintf(form + length, sizeof form - length, ",1");
    snprintf(form + length, sizeof form - length, "]}");
    struct run *run = RUN_NEW({.id = "bank", .each = ".form.list", .as = "bank"});
    for (uint32_t i = 0; i < cases; i++) {
        arena_reset(&run->case_arena);
        case_init(&run->state, &run->case_arena, &run->definition, TEXT("44130020260302000017"));
        struct input in = input_of(INPUT_SUBMIT, 0);
        in.data = text_from(form);
        in.region = TEXT("441300");
        timed_input(run, &in, &submits);
        for (uint32_t j = 0; j < elements; j++) {
            in = answer_input(run, "bank", ANSWER_RESULT);
            in.index = (int32_t)j;
            timed_input(run, &in, &answers);
        }
        if (run->state.phase != CASE_CLOSED)
            abort();
    }
    printf("{\"elements\":%u,\"input\":\"answer\",\"decide_us\":%.2f,\"apply_us\":%.2f,\"submit_us\":%.2f}\n",
           (unsigned)elements, (double)answers.decide_ns / 1e3 / (double)answers.inputs,
           (double)answers.apply_ns / 1e3 / (double)answers.inputs, (double)submits.decide_ns / 1e3 / (double)submits.inputs);
    arena_free(&run->definition_arena);
    arena_free(&run->case_arena);
    arena_free(&run->journal_arena);
    arena_free(&run->scratch);
    free(run);
}

int main(void) {
    bench_serial(1, 40000);
    bench_serial(5, 20000);
    bench_serial(60, 2000);
    bench_each(10, 5000);
    bench_each(1000, 50);
    return 0;
}
