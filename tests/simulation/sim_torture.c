/* Torture: a small calm run is played again and again, each time with one harm at the next place: every call of a port
 * fails in every way it can, every allocation is refused once. Whatever it is, all must come to its end and nothing may
 * be lost or done twice. */
#include <stdio.h>

#include "sim.h"

static const char *const names[] = {
    "none",
#define X(name, what) #name,
    SIM_HARMS(X)
#undef X
};

struct sim_torture sim_torture_now;

const char *sim_harm_name(enum sim_harm harm) { return names[harm]; }

bool sim_strikes(struct sim *s, enum sim_harm harm) {
    if (s->torture.harm != harm || s->torture.seen++ != s->torture.at)
        return false;
    s->torture.struck = true;
    sim_say(s, "--- %s, place %llu ---", names[harm], (unsigned long long)s->torture.at);
    return true;
}

/* Two daemons that meet, cases over both ways in; nothing goes wrong by itself. */
void sim_torture_profile(struct sim_profile *p) {
    *p = (struct sim_profile){.shards = 2, .daemons = 2, .cases = 6, .bus_latency_us = 2 * MS, .steps_on_case_topic = true,
                              .storm_us = 6000 * MS};
}

uint32_t sim_torture_run(struct text only, uint64_t from, uint64_t stride, sim_torture_play *play, void *context) {
    uint32_t wrong = 0;
    bool known = text_is_none(only);
    for (int harm = HARM_NONE + 1; harm < HARM_COUNT; harm++) {
        if (!text_is_none(only) && !text_is(only, names[harm]))
            continue;
        known = true;
        uint64_t runs = 0;
        struct sim_torture torture = {.struck = true};
        for (uint64_t at = from; torture.struck; at += stride, runs++) {
            torture = (struct sim_torture){.harm = (enum sim_harm)harm, .at = at};
            sim_torture_now = torture;
            const char *fault = play(context, &torture);
            if (!fault || !*fault)
                continue;
            wrong++;
            printf("%s, place %llu: %s\n    play it again: yjs-sim --harm %s --at %llu --verbose\n", names[harm],
                   (unsigned long long)at, fault, names[harm], (unsigned long long)at);
        }
        printf("%-24s %5llu places, one of %llu\n", names[harm], (unsigned long long)(runs - 1), (unsigned long long)stride);
    }
    if (!known)
        printf("there is no harm \"%.*s\"\n", TEXT_ARG(only));
    return known ? wrong : 1;
}
