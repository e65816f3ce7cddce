/* Latencies of a run, kept whole: percentiles are exact. Used by one thread; ends the program without memory. */
#ifndef YJS_BENCH_SAMPLES_H
#define YJS_BENCH_SAMPLES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct samples { uint32_t *at; size_t count, room; };   /* µs */

static inline void samples_add(struct samples *s, int64_t us) {
    if (s->count == s->room) {
        s->room = s->room ? s->room * 2 : 65536;
        s->at = realloc(s->at, s->room * sizeof *s->at);
        if (!s->at)
            abort();
    }
    s->at[s->count++] = us < 0 ? 0 : us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

static inline int samples_compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* "name":{"count":…,"p50_ms":…,…} */
static inline void samples_print(struct samples *s, const char *name) {
    printf("\"%s\":{\"count\":%zu", name, s->count);
    if (s->count > 0) {
        qsort(s->at, s->count, sizeof *s->at, samples_compare);
        printf(",\"p50_ms\":%.2f,\"p90_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f", s->at[s->count / 2] / 1e3,
               s->at[s->count * 9 / 10] / 1e3, s->at[s->count * 99 / 100] / 1e3, s->at[s->count - 1] / 1e3);
    }
    printf("}");
}

#endif
