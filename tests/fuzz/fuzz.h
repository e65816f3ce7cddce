/* What every fuzzer needs: its input as texts, and a check that ends the run with a sentence. A fuzzer is one file
 * fuzz_<name>.c with LLVMFuzzerTestOneInput; README.md says how it is run and how a found input is played again. */
#ifndef YJS_TESTS_FUZZ_H
#define YJS_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Ends the run: libFuzzer keeps the input. */
#define FUZZ_CHECK(holds, ...)                                         \
    do {                                                               \
        if (!(holds)) {                                                \
            fprintf(stderr, "fuzz: %s:%d: ", __FILE__, __LINE__);      \
            fprintf(stderr, __VA_ARGS__);                              \
            fputc('\n', stderr);                                       \
            abort();                                                   \
        }                                                              \
    } while (0)

/* What stands before the next line "%%", cut off from `rest`; all of it when there is no such line. */
static inline struct text fuzz_cut(struct text *rest) {
    static const char mark[] = "\n%%\n";
    const char *at = rest->length ? memmem(rest->at, rest->length, mark, sizeof mark - 1) : NULL;
    struct text part = at ? text_span(rest->at, (size_t)(at - rest->at)) : *rest;
    *rest = at ? text_span(at + sizeof mark - 1, rest->length - part.length - (sizeof mark - 1)) : TEXT("");
    return part;
}

/* A copy of just the input's size, so that a read beyond its end is seen (libFuzzer's own may be larger). */
static inline struct text fuzz_text(struct arena *arena, struct text part) {
    char *at = arena_alloc(arena, part.length ? part.length : 1);
    if (at && part.length)
        memcpy(at, part.at, part.length);
    return text_span(at, part.length);
}

static inline int64_t fuzz_cpu_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Does every part of the program read what it writes? */
static inline void fuzz_check_json(struct arena *arena, struct text written, const char *by) {
    struct json value;
    struct error error = {0};
    FUZZ_CHECK(json_read(arena, written, 200, &value, &error) == OUTCOME_OK, "%s writes what json_read refuses (%s): %.*s", by,
               error.message, TEXT_ARG(written));
}

#endif
