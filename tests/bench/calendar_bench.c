/* Due dates a second by the shipped calendar of 2026, for each unit, with and without a pause, and of limits of 10 years. */
#include <stdio.h>
#include <time.h>

#include "definition/calendar_file.h"

#define ROUNDS 2000000

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void measure(const char *what, const struct calendar *calendar, struct limit_time limit, bool paused) {
    int64_t first_us = calendar_day_begins_us(civil_to_days((struct civil_date){2026, 1, 1})), sum = 0, began_ns = now_ns();
    for (int i = 0; i < ROUNDS; i++) {
        struct calendar_count count = {calendar, CALENDAR_STATUTE, limit, first_us + (i % 365) * TIME_DAY_US + 10 * TIME_HOUR_US};
        struct calendar_pause pause = {count.start_us + 2 * TIME_DAY_US, count.start_us + 9 * TIME_DAY_US};
        struct calendar_run run;
        int64_t due_us = 0;
        if (paused && calendar_run(&count, &pause, 1, count.start_us, &run, NULL) == OUTCOME_OK)
            due_us = run.due_us;
        else if (!paused)
            calendar_due(calendar, CALENDAR_STATUTE, count.start_us, limit, &due_us, NULL);
        sum += due_us;
    }
    double seconds = (double)(now_ns() - began_ns) / 1e9;
    printf("%-28s %12.0f a second %8.0f ns each  (sum %lld)\n", what, ROUNDS / seconds, seconds * 1e9 / ROUNDS, (long long)sum);
}

int main(void) {
    static char content[1 << 16];
    struct arena arena;
    struct fault_list faults;
    const struct calendar *calendar;
    FILE *file = fopen(YJS_SOURCE_DIR "/config/calendar/2026.yaml", "rb");
    size_t length = file ? fread(content, 1, sizeof content, file) : 0;
    arena_init(&arena, 16 << 20);
    if (file)
        fclose(file);
    if (calendar_compile(&arena, TEXT_NONE, &(struct calendar_source){TEXT("2026.yaml"), text_span(content, length)}, 1, &faults,
                         &calendar, NULL, NULL) != OUTCOME_OK)
        return 1;
    measure("7 workdays", calendar, (struct limit_time){LIMIT_WORKDAYS, 7}, false);
    measure("2500 workdays", calendar, (struct limit_time){LIMIT_WORKDAYS, 2500}, false);
    measure("3 half days", calendar, (struct limit_time){LIMIT_HALF_DAYS, 3}, false);
    measure("20 hours", calendar, (struct limit_time){LIMIT_BUSINESS_HOURS, 20}, false);
    measure("20 days", calendar, (struct limit_time){LIMIT_CALENDAR_DAYS, 20}, false);
    measure("7 workdays, paused, light", calendar, (struct limit_time){LIMIT_WORKDAYS, 7}, true);
    arena_free(&arena);
    return 0;
}
