/* What the seeds have done: how often each kind of input was decided, of event was committed, of step was begun, of answer
 * was given each fate. What never happens is no proof of anything; it is red unless a reason stands here. */
#include <stdio.h>

#include "engine/engine.h"
#include "sim.h"

static struct { uint64_t inputs[INPUT_KIND_COUNT], events[EVENT_KIND_COUNT], steps[STEP_KIND_COUNT], answers[ANSWER_KIND_COUNT], fates[FATE_COUNT]; } seen;

/* Never met, and why. */
static const struct { const char *of, *name, *reason; } allowed[] = {
    {"input", "migrated", "decided by nothing yet: engine/decide.c refuses it"},
    {"event", "migrated", "nothing decides it yet"},
    {"fate", "spent", "given to no answer: a refusal that triggers nothing is a step_ended that says so itself"},
};

enum outcome __real_engine_decide(const struct world *, const struct case_state *, const struct input *, struct arena *,
                                  struct event_list *, struct error *);
enum outcome __wrap_engine_decide(const struct world *, const struct case_state *, const struct input *, struct arena *,
                                  struct event_list *, struct error *);

enum outcome __wrap_engine_decide(const struct world *world, const struct case_state *before, const struct input *input,
                                  struct arena *arena, struct event_list *ret, struct error *error) {
    seen.inputs[input->kind]++;
    return __real_engine_decide(world, before, input, arena, ret, error);
}

void sim_coverage_event(const struct case_state *state, const struct event *event) {
    seen.events[event->kind]++;
    seen.fates[event->fate]++;
    if (event->kind == EVENT_ANSWER_NOTED || event->kind == EVENT_STEP_ENDED)
        seen.answers[event->answer]++;
    bool begins = event->kind == EVENT_STEP_ASKED || event->kind == EVENT_STEP_EXPANDED || event->kind == EVENT_STEP_HELD ||
                  event->kind == EVENT_CHILD_ASKED || event->kind == EVENT_STEP_ENDED;
    if (begins && event->step_index != NO_INDEX)
        seen.steps[state->definition->steps[event->step_index].kind]++;
}

static bool is_allowed(const char *of, const char *name) {
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        if (strcmp(allowed[i].of, of) == 0 && strcmp(allowed[i].name, name) == 0)
            return printf("    (%s)\n", allowed[i].reason), true;
    return false;
}

static uint32_t say(const char *of, const char *name, uint64_t count) {
    printf("%-7s %-22s %10llu\n", of, name, (unsigned long long)count);
    if (count > 0 || is_allowed(of, name))
        return 0;
    printf("    NEVER MET\n");
    return 1;
}

uint32_t sim_coverage_say(void) {
    uint32_t missing = 0;
    for (int i = 1; i < INPUT_KIND_COUNT; i++)
        missing += say("input", input_kind_name((enum input_kind)i), seen.inputs[i]);
    for (int i = 1; i < EVENT_KIND_COUNT; i++)
        missing += say("event", event_kind_name((enum event_kind)i), seen.events[i]);
    for (int i = 0; i < STEP_KIND_COUNT; i++)
        missing += say("step", step_kind_name((enum step_kind)i), seen.steps[i]);
    for (int i = 1; i < ANSWER_KIND_COUNT; i++)
        missing += say("answer", answer_kind_name((enum answer_kind)i), seen.answers[i]);
    for (int i = 1; i < FATE_COUNT; i++)
        missing += say("fate", answer_fate_name((enum answer_fate)i), seen.fates[i]);
    printf("%u kinds were never met\n", missing);
    return missing;
}
