/* yjs-sim: whole daemons on fakes, from one seed. The same seed is the same run, byte for byte.
 *
 *     yjs-sim --seeds 1000 --from 1          a thousand seeds; says how to play a failing one again
 *     yjs-sim --seed 42 --verbose            one, told event by event
 *     yjs-sim --seed 42 --shrink             and, when it fails, with as few troubles as it takes
 *     yjs-sim --seeds 100 --twice            each played twice: both runs must be the same
 *     yjs-sim --seeds 300 --coverage         and what was met; what never was is wrong
 *     yjs-sim --mutations --seeds 200        faults on purpose: each must be caught within so many seeds
 *     yjs-sim --mutation NAME --seed 7       one of them
 *     yjs-sim --torture --stride 1           a calm run with one harm, at each place in turn
 *     yjs-sim --harm NAME --at 17 --verbose  one of those runs */
#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "sim.h"

struct options { uint64_t from, seeds; bool verbose, twice, go_on, mutations, torture, shrink, coverage; const char *mutation; struct text harm; uint64_t at, stride; };
struct totals { uint64_t seeds, failed, cases, commits, calls, crashes, pauses, unknowns, virtual_us; };

static uint64_t playing;   /* for the last words of a process that aborts */

static void last_words(int signal_number) {
    char text[192];
    int length = snprintf(text, sizeof text, "\nsignal %d in seed %llu: play it again with  yjs-sim --seed %llu --verbose\n", signal_number,
                          (unsigned long long)playing, (unsigned long long)playing);
    if (sim_torture_now.harm != HARM_NONE)
        length = snprintf(text, sizeof text, "\nsignal %d: play it again with  yjs-sim --harm %s --at %llu --verbose\n", signal_number,
                          sim_harm_name(sim_torture_now.harm), (unsigned long long)sim_torture_now.at);
    if (write(STDERR_FILENO, text, (size_t)length) < 0)
        _exit(3);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void draw_profile(struct sim *s) {
    struct sim_profile *p = &s->profile;
    bool calm = sim_chance(s, 100000);
    p->shards = (int32_t)(1 + sim_below(s, 6));
    p->daemons = 1 + sim_below(s, 3);
    p->cases = 5 + sim_below(s, 30);
    p->crash = calm ? 0 : sim_below(s, 500);
    p->pause = calm ? 0 : sim_below(s, 300);
    p->lost = calm ? 0 : sim_below(s, 3000);
    p->busy = calm ? 0 : sim_below(s, 3000);
    p->unknown = calm ? 0 : 10000 + sim_below(s, 40000);
    p->publish_fails = calm ? 0 : sim_below(s, 20000);
    p->publish_untold = calm ? 0 : sim_below(s, 10000);
    p->publish_impossible = sim_chance(s, 200000) ? sim_below(s, 10000) : 0;
    p->store_latency_us = sim_chance(s, 700000) ? 1 + sim_between(s, 0, 20 * MS) : 0;
    p->bus_latency_us = sim_between(s, 100, 10 * MS);
    p->late_topics = sim_chance(s, 200000);
    p->rebalance = sim_chance(s, 400000);
    p->bad_messages = sim_chance(s, 500000);
    p->small_cache = sim_chance(s, 300000);
    p->small_queue = sim_chance(s, 150000);
    p->store_outage = !calm && sim_chance(s, 300000);
    p->bus_outage = !calm && sim_chance(s, 300000);
    p->steps_on_case_topic = sim_chance(s, 500000);
    p->storm_us = sim_between(s, 5000 * MS, 25000 * MS);
    p->topics_removed = !calm && sim_chance(s, 300000);
    p->night = sim_chance(s, 300000);
    p->disk_full = !calm && sim_chance(s, 250000);
    p->deadly = !calm && sim_chance(s, 150000);
}

static void play(struct sim *s) {
    s->now_us = SIM_EPOCH_US;
    if (s->torture.harm != HARM_NONE)
        sim_torture_profile(&s->profile);
    else
        draw_profile(s);
    arena_init(&s->arena, (size_t)4 << 30);
    struct store_hooks store = sim_store_hooks(s);
    struct bus_hooks bus = sim_bus_hooks(s);
    store_truth_init(&s->store, s->profile.shards, &store);
    bus_truth_init(&s->bus, &bus);
    sim_mutation_apply(s);
    sim_check_begin(s);
    sim_world_begin(s);
    sim_daemons_begin(s);
    int64_t storm_ends_us = s->now_us + s->profile.storm_us;
    while (!s->failed && sim_step(s, storm_ends_us))
        ;
    s->healing = true;
    s->now_us = storm_ends_us;
    sim_say(s, "--- healing ---");
    if (s->profile.night)   /* everything sleeps for ten days; what counts in days comes due at once */
        s->now_us += 10 * 86400 * 1000 * MS;
    sim_daemons_heal(s);
    sim_world_heal(s);
    int64_t last_us = s->now_us + 400000 * MS;
    const char *unfinished = "";
    bool waited_for_timers = false;   /* one at which a daemon died is put off by an hour */
    for (int64_t until_us = s->now_us + 3000 * MS; !s->failed && unfinished && until_us < last_us; until_us += 1000 * MS) {
        while (!s->failed && sim_step(s, until_us))
            ;
        unfinished = !sim_world_is_done(s) ? "somebody outside still waits" : sim_check_unfinished(s);
        if (!unfinished && sim_check_timer_put_off(s, TEXT_NONE))
            unfinished = "an incident still says that a timer is to be tried again";
        if (unfinished && until_us > s->now_us)
            s->now_us = until_us;
        if (unfinished && until_us + 1000 * MS >= last_us && !waited_for_timers && sim_check_timer_put_off(s, TEXT_NONE)) {
            waited_for_timers = true;
            last_us += 3600 * 1000 * MS;
        }
    }
    if (!s->failed && unfinished)
        sim_fail(s, "it does not come to its end: %s", unfinished);
    if (!s->failed)
        sim_check_end(s);
}

static void end(struct sim *s) {
    sim_daemons_end(s);
    sim_check_free(s);
    sim_world_free(s);
    store_truth_free(&s->store);
    bus_truth_free(&s->bus);
    arena_free(&s->arena);
    free(s->heap);
}

static uint64_t play_harmed(struct sim_things *things, uint64_t seed, bool verbose, struct sim_torture *torture,
                            struct sim_troubles *troubles, struct totals *totals, char fault[512]) {
    struct sim *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    playing = seed;
    s->seed = seed;
    s->random = seed * UINT64_C(0x2545F4914F6CDD1D) + 1;
    s->things = things;
    s->verbose = verbose;
    s->torture = *torture;
    s->troubles = troubles;
    memory_fail_hold(true);
    sim_known_use(seed % 64 != 0);
    if (torture->harm == HARM_no_memory)
        memory_fail_once_after((size_t)torture->at);
    play(s);
    if (torture->harm == HARM_no_memory) {
        s->torture.struck = memory_has_refused_one();
        memory_fail_after(SIZE_MAX);
    }
    memory_fail_hold(false);
    *torture = s->torture;
    uint64_t trace = s->trace;
    totals->cases += s->cases_closed;
    totals->commits += s->commits;
    totals->calls += s->calls;
    totals->crashes += s->crashes;
    totals->pauses += s->pauses;
    totals->unknowns += s->unknowns;
    totals->virtual_us += (uint64_t)(s->now_us - SIM_EPOCH_US);
    snprintf(fault, 512, "%s", s->failed ? s->fault : "");
    end(s);
    free(s);
    return trace;
}

static uint64_t play_seed(struct sim_things *things, uint64_t seed, bool verbose, struct totals *totals, char fault[512]) {
    struct sim_torture none = {0};
    struct sim_troubles all = {.count = 0};
    return play_harmed(things, seed, verbose, &none, &all, totals, fault);
}

struct shrinking { struct sim_things *things; uint64_t seed; bool verbose; char fault[512]; };

static bool play_spared(void *context, struct sim_troubles *troubles) {
    struct shrinking *shrinking = context;
    struct sim_torture none = {0};
    struct totals totals = {0};
    play_harmed(shrinking->things, shrinking->seed, shrinking->verbose, &none, troubles, &totals, shrinking->fault);
    return shrinking->fault[0] != '\0';
}

/* Says what it takes, and tells that run when `verbose`. */
static void shrink(struct sim_things *things, uint64_t seed, bool verbose) {
    struct shrinking shrinking = {.things = things, .seed = seed};
    struct sim_troubles troubles = {.count = 0};
    if (!play_spared(&shrinking, &troubles)) {
        printf("seed %llu does not fail\n", (unsigned long long)seed);
        return;
    }
    uint32_t all = troubles.count, left = sim_shrink(&troubles, play_spared, &shrinking);
    shrinking.verbose = verbose;
    troubles.count = 0;
    play_spared(&shrinking, &troubles);
    printf("seed %llu fails with %u of its %u troubles: %s\n", (unsigned long long)seed, (unsigned)left, (unsigned)all, shrinking.fault);
}

struct tortured { struct sim_things *things; bool verbose; char fault[512]; };

static const char *play_tortured(void *context, struct sim_torture *torture) {
    struct tortured *tortured = context;
    struct totals totals = {0};
    struct sim_troubles none = {.count = 0};
    play_harmed(tortured->things, 1, tortured->verbose, torture, &none, &totals, tortured->fault);
    return tortured->fault;
}

enum { KEY_SEEDS = 256, KEY_FROM, KEY_SEED, KEY_VERBOSE, KEY_TWICE, KEY_SHRINK, KEY_GO_ON, KEY_COVERAGE, KEY_MUTATIONS, KEY_MUTATION, KEY_TORTURE, KEY_STRIDE, KEY_HARM, KEY_AT };

static const struct argp_option known_options[] = {
    {NULL, 0, NULL, 0, "Seeds", 1},
    {"seeds", KEY_SEEDS, "N", 0, "so many, the first that fails ends the run (100)", 0},
    {"from", KEY_FROM, "S", 0, "the first of them (1)", 0},
    {"seed", KEY_SEED, "S", 0, "this one alone", 0},
    {"go-on", KEY_GO_ON, NULL, 0, "behind a seed that fails, too", 0},
    {"verbose", KEY_VERBOSE, NULL, 0, "told event by event", 0},
    {"shrink", KEY_SHRINK, NULL, 0, "one that fails, with as few troubles as it takes", 0},
    {"twice", KEY_TWICE, NULL, 0, "each is played twice, and both runs must be the same", 0},
    {"coverage", KEY_COVERAGE, NULL, 0, "says what was met; what never was is wrong", 0},
    {NULL, 0, NULL, 0, "Faults of the daemon on purpose", 2},
    {"mutations", KEY_MUTATIONS, NULL, 0, "each must be caught within --seeds", 0},
    {"mutation", KEY_MUTATION, "NAME", 0, "this one, in the seeds that are played; they have to fail", 0},
    {NULL, 0, NULL, 0, "A calm run with one harm", 3},
    {"torture", KEY_TORTURE, NULL, 0, "every harm, at each place in turn", 0},
    {"harm", KEY_HARM, "NAME", 0, "this one", 0},
    {"stride", KEY_STRIDE, "N", 0, "at every Nth place (1)", 0},
    {"at", KEY_AT, "PLACE", 0, "at this place alone", 0},
    {0},
};

static uint64_t number_of(const char *argument, int64_t least, struct argp_state *state) {
    int64_t number;
    if (!text_to_int64(text_from(argument), &number) || number < least)
        argp_error(state, "\"%s\" is no number from %lld on", argument, (long long)least);
    return (uint64_t)number;
}

static error_t take_option(int key, char *argument, struct argp_state *state) {
    struct options *o = state->input;
    switch (key) {
    case KEY_SEEDS: o->seeds = number_of(argument, 1, state); break;
    case KEY_FROM: o->from = number_of(argument, 0, state); break;
    case KEY_SEED: o->from = number_of(argument, 0, state), o->seeds = 1; break;
    case KEY_GO_ON: o->go_on = true; break;
    case KEY_VERBOSE: o->verbose = true; break;
    case KEY_SHRINK: o->shrink = true; break;
    case KEY_TWICE: o->twice = true; break;
    case KEY_COVERAGE: o->coverage = true; break;
    case KEY_MUTATIONS: o->mutations = true; break;
    case KEY_MUTATION:
        if (!sim_mutation_set(text_from(argument)))
            argp_error(state, "there is no mutation \"%s\"; --mutations tells them all", argument);
        o->mutation = argument;
        break;
    case KEY_TORTURE: o->torture = true; break;
    case KEY_HARM: o->harm = text_from(argument), o->torture = true; break;
    case KEY_STRIDE: o->stride = number_of(argument, 1, state); break;
    case KEY_AT: o->at = number_of(argument, 0, state), o->stride = UINT64_MAX / 4; break;
    case ARGP_KEY_ARG: argp_error(state, "\"%s\" is no option", argument); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp usage = {
    .options = known_options, .parser = take_option,
    .doc = "Whole daemons on fakes, from one seed: the same seed is the same run, byte for byte. Ends with 0 when everything held, "
           "1 when something did not (and says how to play it again), 2 when it was asked for what there is not."};

static bool play_mutated(void *context, uint64_t seed) {
    struct totals totals = {0};
    char fault[512];
    play_seed(context, seed, false, &totals, fault);
    return *fault != '\0';
}

static void play_all(const struct options *o, struct sim_things *things, struct totals *totals) {
    char fault[512], again[512];
    for (uint64_t seed = o->from; seed < o->from + o->seeds; seed++) {
        uint64_t trace = play_seed(things, seed, o->verbose, totals, fault);
        totals->seeds++;
        if (o->twice && play_seed(things, seed, false, totals, again) != trace)
            snprintf(fault, sizeof fault, "played twice, it was not the same");
        if (!*fault)
            continue;
        totals->failed++;
        printf("seed %llu: %s\n    play it again: yjs-sim --seed %llu%s%s --verbose; with as few troubles as it takes: --shrink\n",
               (unsigned long long)seed, fault, (unsigned long long)seed, o->mutation ? " --mutation " : "",
               o->mutation ? o->mutation : "");
        fflush(stdout);
        if (!o->go_on)
            return;
    }
}

int main(int argc, char **argv) {
    struct options options = {.from = 1, .seeds = 100, .stride = 1};
    argp_err_exit_status = 2;
    argp_parse(&usage, argc, argv, 0, NULL, &options);
    setvbuf(stdout, NULL, _IOLBF, 1 << 16);
    static const int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE};
    for (size_t i = 0; i < sizeof signals / sizeof *signals && !options.mutations; i++)
        signal(signals[i], last_words);
    log_setup(options.verbose ? STDOUT_FILENO : STDERR_FILENO, options.verbose ? LOG_INFO : (enum log_level)(LOG_ERROR + 1), LOG_FORMAT_TEXT, "sim");
    struct sim_things things;
    if (!sim_things_make(&things))
        return 2;
    if (options.shrink) {
        shrink(&things, options.from, options.verbose);
        sim_things_free(&things);
        return 0;
    }
    if (options.mutations) {
        uint32_t missed = sim_mutations_run(options.from, options.seeds, play_mutated, &things);
        sim_things_free(&things);
        return missed > 0;
    }
    if (options.torture) {
        struct tortured tortured = {.things = &things, .verbose = options.verbose};
        uint32_t wrong = sim_torture_run(options.harm, options.at, options.stride, play_tortured, &tortured);
        sim_things_free(&things);
        return wrong > 0;
    }
    struct totals totals = {0};
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    play_all(&options, &things, &totals);
    clock_gettime(CLOCK_MONOTONIC, &to);
    double seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    printf("%llu seeds, %llu failed: %llu cases, %llu commits (%llu of unknown fate), %llu port calls, %llu crashes, %llu pauses; "
           "%.0f s of virtual time in %.1f s, %.0f cases/s\n",
           (unsigned long long)totals.seeds, (unsigned long long)totals.failed, (unsigned long long)totals.cases,
           (unsigned long long)totals.commits, (unsigned long long)totals.unknowns, (unsigned long long)totals.calls,
           (unsigned long long)totals.crashes, (unsigned long long)totals.pauses, (double)totals.virtual_us / 1e6, seconds,
           (double)totals.cases / seconds);
    uint32_t missing = options.coverage ? sim_coverage_say() : 0;
    sim_things_free(&things);
    return totals.failed > 0 || missing > 0;
}
