/* Chance, the clock and the heap of events: everything that happens in a seed follows from here. */
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

uint64_t sim_draw(struct sim *s) {
    uint64_t z = s->random += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

uint32_t sim_below(struct sim *s, uint32_t bound) { return bound ? (uint32_t)((sim_draw(s) >> 32) * bound >> 32) : 0; }
bool sim_chance(struct sim *s, uint32_t in_a_million) { return in_a_million > 0 && sim_below(s, 1000000) < in_a_million; }
bool sim_trouble(struct sim *s, uint32_t in_a_million, const char *what) {
    if (!sim_chance(s, in_a_million))
        return false;
    uint32_t number = s->troubles->count++;
    bool spared = number < SIM_TROUBLES_MOST && s->troubles->spared[number];
    if (!spared)
        sim_say(s, "trouble %u: %s", number, what);
    return !spared;
}
int64_t sim_between(struct sim *s, int64_t least, int64_t most) {
    return most <= least ? least : least + (int64_t)(sim_draw(s) % (uint64_t)(most - least + 1));
}
int64_t sim_now(void *sim) { return ((struct sim *)sim)->now_us; }

static bool is_before(const struct sim_event *a, const struct sim_event *b) {
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

void sim_at(struct sim *s, int64_t at_us, void (*run)(struct sim *, void *), void *argument) {
    if (s->heap_count == s->heap_room) {
        s->heap_room = s->heap_room ? s->heap_room * 2 : 1024;
        s->heap = realloc(s->heap, s->heap_room * sizeof *s->heap);
        if (!s->heap)
            abort();
    }
    struct sim_event event = {at_us < s->now_us ? s->now_us : at_us, ++s->event_order, run, argument};
    uint32_t at = s->heap_count++;
    while (at > 0 && is_before(&event, &s->heap[(at - 1) / 2])) {
        s->heap[at] = s->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    s->heap[at] = event;
}

static struct sim_event pop(struct sim *s) {
    struct sim_event first = s->heap[0], last = s->heap[--s->heap_count];
    uint32_t at = 0;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= s->heap_count)
            break;
        if (child + 1 < s->heap_count && is_before(&s->heap[child + 1], &s->heap[child]))
            child++;
        if (!is_before(&s->heap[child], &last))
            break;
        s->heap[at] = s->heap[child];
        at = child;
    }
    s->heap[at] = last;
    return first;
}

bool sim_step(struct sim *s, int64_t until_us) {
    if (s->heap_count == 0 || s->heap[0].at_us > until_us)
        return false;
    struct sim_event event = pop(s);
    if (event.at_us > s->now_us)   /* else a night has passed since it was due */
        s->now_us = event.at_us;
    event.run(s, event.argument);
    return true;
}

/* swapcontext asks the kernel for the signal mask each time: a seed switches thousands of times. The sanitizers know
 * swapcontext and no jumps to other stacks. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
void sim_enter(struct sim_daemon *d) { swapcontext(&d->sim->scheduler, &d->context); }
void sim_leave(struct sim_daemon *d) { swapcontext(&d->context, &d->sim->scheduler); }
#else
void sim_enter(struct sim_daemon *d) {
    struct sim *s = d->sim;
    if (sigsetjmp(s->scheduler_at, 0) != 0)
        return;
    if (d->begun)
        siglongjmp(d->at, 1);
    d->begun = true;
    setcontext(&d->context);
    abort();
}

void sim_leave(struct sim_daemon *d) {
    if (sigsetjmp(d->at, 0) == 0)
        siglongjmp(d->sim->scheduler_at, 1);
}
#endif

void sim_fail(struct sim *s, const char *format, ...) {
    if (!s->failed) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(s->fault, sizeof s->fault, format, arguments);
        va_end(arguments);
        sim_say(s, "FAULT %s", s->fault);
    }
    s->failed = true;
    if (s->current) {   /* what called us is never gone on with */
        struct sim_daemon *here = s->current;
        s->current = NULL;
        sim_leave(here);
        abort();
    }
}

void sim_say(struct sim *s, const char *format, ...) {
    if (!s->verbose)
        return;
    va_list arguments;
    va_start(arguments, format);
    printf("%10.3f %-4s ", (double)(s->now_us - SIM_EPOCH_US) / 1e6, s->current ? s->current->name : "");
    vprintf(format, arguments);
    putchar('\n');
    va_end(arguments);
}

void sim_trace(struct sim *s, struct text text) {
    s->trace = (s->trace ^ text_hash_quick(text) ^ (uint64_t)s->now_us) * UINT64_C(0x100000001B3);
}
