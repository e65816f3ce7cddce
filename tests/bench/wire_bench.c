/* What a message costs on its way between bytes and events, without engine, store and bus; payloads of 1, 11 and 45 KB.
 *
 * Prints JSON lines: microseconds of CPU for an answer read from its CloudEvent, a task written as one, and an event written for the
 * journal and read back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/engine.h"
#include "port/bus.h"
#include "wire/cloud_event.h"
#include "wire/event_codec.h"

#define CASE_ID "44130020260302000017"

static double cpu_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void must(bool holds, const char *what) {
    if (holds)
        return;
    fprintf(stderr, "wire_bench: %s\n", what);
    exit(1);
}

static void bench_read(struct arena *arena, struct text value, uint32_t rounds, double *ret_us) {
    const struct bus_header headers[] = {
        {TEXT("ce_specversion"), TEXT("1.0")}, {TEXT("ce_id"), TEXT(CASE_ID ":tax:1:result")}, {TEXT("ce_source"), TEXT("/441300/tax")},
        {TEXT("ce_type"), TEXT("result")}, {TEXT("ce_time"), TEXT("2026-03-02T09:00:00.000000+08:00")}, {TEXT("ce_caseid"), TEXT(CASE_ID)},
        {TEXT("ce_thing"), TEXT("w2")}, {TEXT("ce_step"), TEXT("tax")}, {TEXT("ce_attempt"), TEXT("1")},
        {TEXT("content-type"), TEXT("application/json")}};
    double begun = cpu_us();
    for (uint32_t i = 0; i < rounds; i++) {
        struct cloud_event message;
        struct input input;
        struct error error;
        arena_reset(arena);
        must(cloud_event_read(arena, value, headers, sizeof headers / sizeof *headers, &message, &error) == OUTCOME_OK &&
             cloud_event_answer(&message, TEXT("tax"), TEXT("441300"), 1, &input, &error) == OUTCOME_OK, "the answer can't be read");
    }
    *ret_us = (cpu_us() - begun) / rounds;
}

static void bench_write(struct arena *arena, const struct event *event, uint32_t rounds, double *ret_us) {
    double begun = cpu_us();
    for (uint32_t i = 0; i < rounds; i++) {
        struct command_list commands;
        struct bus_header headers[CLOUD_EVENT_HEADERS_MOST];
        uint32_t count = 0;
        struct text value;
        arena_reset(arena);
        engine_commands(TEXT(CASE_ID), event, &commands);
        must(commands.count == 1 && cloud_event_write(arena, TEXT(CASE_ID), &commands.at[0], headers, &count, &value),
             "the task can't be written");
    }
    *ret_us = (cpu_us() - begun) / rounds;
}

static void bench_journal(struct arena *arena, const struct event *event, uint32_t rounds, double *ret_write_us, double *ret_read_us) {
    struct buffer out;
    buffer_init(&out, 1u << 20);
    double begun = cpu_us();
    for (uint32_t i = 0; i < rounds; i++) {
        buffer_clear(&out);
        event_write(&out, event);
    }
    *ret_write_us = (cpu_us() - begun) / rounds;
    must(!out.failed, "the event can't be written");
    begun = cpu_us();
    for (uint32_t i = 0; i < rounds; i++) {
        struct event back;
        struct error error;
        arena_reset(arena);
        must(event_read(arena, text_from(event_kind_name(event->kind)), 1, 1, event->step, buffer_text(&out), &back, &error) == OUTCOME_OK,
             "the event can't be read back");
    }
    *ret_read_us = (cpu_us() - begun) / rounds;
    buffer_free(&out);
}

static void bench(size_t bytes, uint32_t rounds) {
    struct arena arena;
    arena_init(&arena, 64u << 20);
    char *answer = malloc(bytes + 64), *data = malloc(bytes + 64);
    must(answer && data, "no memory");
    snprintf(answer, bytes + 64, "{\"result\":{\"receipt_no\":\"R-20260302\",\"text\":\"%0*d\"}}", (int)bytes - 50, 1);
    snprintf(data, bytes + 64, "{\"no\":\"HT-1\",\"text\":\"%0*d\"}", (int)bytes - 24, 1);
    struct event event = event_of(EVENT_STEP_ASKED, 1772413200000000);
    event.step = TEXT("tax");
    event.version = 3;
    event.attempt = 1;
    event.department = TEXT("tax");
    event.region = TEXT("441300");
    event.number = TEXT(CASE_ID);
    event.thing = TEXT("w2");
    event.data = text_from(data);
    double read_us, write_us, journal_us, back_us;
    bench_read(&arena, text_from(answer), rounds, &read_us);
    bench_write(&arena, &event, rounds, &write_us);
    bench_journal(&arena, &event, rounds, &journal_us, &back_us);
    printf("{\"payload\":%zu,\"answer_read_us\":%.2f,\"task_write_us\":%.2f,\"event_write_us\":%.2f,\"event_read_us\":%.2f}\n", bytes,
           read_us, write_us, journal_us, back_us);
    free(answer);
    free(data);
    arena_free(&arena);
}

int main(void) {
    bench(1024, 200000);
    bench(11 * 1024, 50000);
    bench(45 * 1024, 20000);
    return 0;
}
