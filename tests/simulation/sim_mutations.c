/* The mutations (conductor/mutation.h) switched on one after the other, each in a process of its own: one that no seed
 * catches is a hole in the simulation. */
#include "conductor/mutation.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim.h"

enum mutation mutation_now = MUTATION_none;

static const struct { const char *name, *what; } mutations[] = {
    {"none", "nothing is wrong"},
#define X(name, what) {#name, what},
    MUTATIONS(X)
#undef X
};

bool sim_mutation_set(struct text name) {
    for (int i = 0; i < MUTATION_COUNT; i++)
        if (text_is(name, mutations[i].name)) {
            mutation_now = (enum mutation)i;
            return true;
        }
    return false;
}

void sim_mutation_apply(struct sim *s) {
    s->store.fence_off = mutation_is(fence_off);
    s->store.numbers_forgotten = mutation_is(numbers_forgotten);
    s->store.inbox_kept = mutation_is(inbox_kept);
    s->bus.overtaken = mutation_is(overtaken);
}

/* In a child: 0 when no seed failed, 1 when one did; a process that aborts has caught itself. */
static void run_one(uint64_t from, uint64_t seeds, bool (*play)(void *context, uint64_t seed), void *context, int out) {
    for (uint64_t seed = from; seed < from + seeds; seed++) {
        if (write(out, &seed, sizeof seed) != sizeof seed)
            _exit(2);
        if (play(context, seed))
            _exit(1);
    }
    _exit(0);
}

uint32_t sim_mutations_run(uint64_t from, uint64_t seeds, bool (*play)(void *context, uint64_t seed), void *context) {
    uint32_t missed = 0;
    for (int i = 1; i < MUTATION_COUNT; i++) {
        int ends[2], status = 0;
        uint64_t seed = 0, last = 0;
        fflush(stdout);
        if (pipe(ends) != 0)
            abort();
        pid_t child = fork();
        if (child == 0) {
            close(ends[0]);
            mutation_now = (enum mutation)i;
            run_one(from, seeds, play, context, ends[1]);
        }
        close(ends[1]);
        while (read(ends[0], &seed, sizeof seed) == sizeof seed)
            last = seed;
        close(ends[0]);
        waitpid(child, &status, 0);
        bool caught = WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) == 1);
        printf("%-24s %s", mutations[i].name, caught ? "caught" : "NOT CAUGHT");
        if (caught)
            printf(" after %llu seeds", (unsigned long long)(last - from + 1));
        printf("  (%s)\n", mutations[i].what);
        missed += !caught;
    }
    printf("%d mutations, %u not caught\n", MUTATION_COUNT - 1, missed);
    return missed;
}
