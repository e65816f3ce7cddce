/* Daemons as coroutines: each runs the conductor as yjsd does, and may be stopped, slowed, cut off or killed before and
 * after every port call. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

struct wake { struct sim_daemon *daemon; uint32_t life; uint64_t token; };

static void collect(struct sim_daemon *d);

static void resume(struct sim_daemon *d) {
    struct sim *s = d->sim;
    d->idle = false;
    s->current = d;
    memory_fail_hold(d->in_port);
    sim_enter(d);
    memory_fail_hold(true);
    s->current = NULL;
    if (!d->alive && d->conductor && !s->failed)
        collect(d);
}

static void on_wake(struct sim *s, void *argument) {
    struct wake *wake = argument;
    (void)s;
    if (wake->daemon->alive && wake->daemon->life == wake->life && wake->daemon->wake_token == wake->token)
        resume(wake->daemon);
}

static void wake_at(struct sim_daemon *d, int64_t at_us) {
    struct wake *wake = arena_new(&d->sim->arena, struct wake);
    *wake = (struct wake){d, d->life, d->wake_token};
    d->wake_at_us = at_us;
    sim_at(d->sim, at_us, on_wake, wake);
}

/* From within the coroutine. */
static void switch_away(struct sim_daemon *d) {
    struct sim *s = d->sim;
    s->current = NULL;
    sim_leave(d);
    s->current = d;
}

static void sleep_until(struct sim_daemon *d, int64_t at_us, bool idle) {
    d->wake_token++;
    d->idle = idle;
    wake_at(d, at_us);
    switch_away(d);
    d->wake_token++;
}

void sim_daemon_wake(struct sim_daemon *d, int64_t at_us) {
    if (d->alive && d->idle && at_us < d->wake_at_us)
        wake_at(d, at_us);
}

void sim_daemons_wake_readers(struct sim *s, int32_t partition) {
    for (uint32_t i = 0; i < SIM_DAEMONS_MOST; i++) {
        struct sim_daemon *d = &s->daemons[i];
        if (!d->alive || !d->idle || !d->bus)
            continue;
        for (uint32_t j = 0; j < d->bus->readings.count; j++)
            if (vector_at(&d->bus->readings, struct fake_reading)[j].partition == partition) {
                sim_daemon_wake(d, s->now_us + sim_between(s, 50, 1500));
                break;
            }
    }
}

/* ---- troubles ---- */

static void pause_here(struct sim_daemon *d) {
    struct sim *s = d->sim;
    int64_t span = sim_chance(s, 400000) ? sim_between(s, 4000 * MS, 12000 * MS) : sim_between(s, 100 * MS, 3000 * MS);
    sim_say(s, "stands still for %.1f s", (double)span / 1e6);
    s->pauses++;
    d->bus->frozen = true;
    sleep_until(d, s->now_us + span, false);
    d->bus->frozen = false;
}

static void crash_here(struct sim_daemon *d, const char *call, const char *when) {
    sim_say(d->sim, "crashes %s %s", when, call);
    d->sim->crashes++;
    d->alive = false;
    d->died = true;
    switch_away(d);
    abort();
}

/* From here on it is not the daemon that allocates. */
static void enter_port(struct sim_daemon *d) {
    d->in_port = true;
    memory_fail_hold(true);
}

static void leave_port(struct sim_daemon *d) {
    d->in_port = false;
    memory_fail_hold(false);
}

static void troubles(struct sim_daemon *d, const char *call, const char *when) {
    struct sim *s = d->sim;
    if (sim_strikes(s, strcmp(when, "before") == 0 ? HARM_crash_before : HARM_crash_after))
        crash_here(d, call, when);
    if (strcmp(when, "before") == 0 && sim_strikes(s, HARM_standstill)) {
        s->pauses++;
        d->bus->frozen = true;
        sleep_until(d, s->now_us + 7000 * MS, false);
        d->bus->frozen = false;
    }
    if (s->healing)
        return;
    if (sim_trouble(s, s->profile.crash, "a crash"))
        crash_here(d, call, when);
    if (sim_trouble(s, s->profile.pause, "a standstill"))
        pause_here(d);
}

/* With a full disk the store still reads, and refuses whatever it would have to write. */
static bool writes(const char *call) {
    static const char *const calls[] = {"commit_begin", "commit", "take", "let_go", "trying", "numbers", "heartbeat", "leave"};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (strcmp(call, calls[i]) == 0)
            return true;
    return false;
}

static enum store_trouble store_before(void *context, struct store_client *client, const char *call) {
    struct sim *s = context;
    struct sim_daemon *d = client->owner;
    enter_port(d);
    if (++s->calls > 2000000)
        sim_fail(s, "there is no end of port calls");
    sim_trace(s, text_from(call));
    troubles(d, call, "before");
    bool commits = strcmp(call, "commit") == 0;
    if (s->profile.store_latency_us > 0 && (commits || sim_chance(s, 100000)))
        sleep_until(d, s->now_us + sim_between(s, 100, s->profile.store_latency_us), false);
    if (s->now_us < s->store_away_until_us)
        return STORE_TROUBLE_LOST;
    if (s->now_us < s->disk_full_until_us && writes(call))
        return STORE_TROUBLE_BUSY;
    if (commits && sim_strikes(s, HARM_commit_unknown_done))
        return STORE_TROUBLE_UNKNOWN_DONE;
    if (commits && sim_strikes(s, HARM_commit_unknown_not))
        return STORE_TROUBLE_UNKNOWN_NOT;
    if (sim_strikes(s, HARM_store_busy))
        return STORE_TROUBLE_BUSY;
    if (sim_strikes(s, HARM_store_lost))
        return STORE_TROUBLE_LOST;
    if (s->healing)
        return STORE_TROUBLE_NONE;
    if (commits && sim_trouble(s, s->profile.unknown, "a commit of unknown fate")) {
        bool done = sim_chance(s, 500000);
        sim_say(s, "commit of unknown fate: %s", done ? "done" : "not done");
        s->unknowns++;
        return done ? STORE_TROUBLE_UNKNOWN_DONE : STORE_TROUBLE_UNKNOWN_NOT;
    }
    if (sim_trouble(s, s->profile.lost, "the store's session is lost"))
        return STORE_TROUBLE_LOST;
    return sim_trouble(s, s->profile.busy, "the store refuses for now") ? STORE_TROUBLE_BUSY : STORE_TROUBLE_NONE;
}

/* An input that kills: whoever has named it dies of it, of a timer more often, as they are few. */
static void die_of_input(struct sim *s, const struct store_client *client) {
    bool timer = false;
    for (int32_t i = 0; i < s->store.shard_count; i++)
        timer |= s->store.shards[i].tried_run == client->run && text_starts_with(s->store.shards[i].trying, "timer:");
    if (s->profile.deadly && !s->healing && sim_trouble(s, timer ? 900000 : 300000, "a deadly input"))
        crash_here(client->owner, "trying", "after");
}

static void store_after(void *context, struct store_client *client, const char *call) {
    if (strcmp(call, "trying") == 0)
        die_of_input(context, client);
    troubles(client->owner, call, "after");
    leave_port(client->owner);
}

static void bus_before(void *context, struct bus_client *client, const char *call) {
    struct sim *s = context;
    if (s->current != client->owner)
        return;
    enter_port(client->owner);
    s->calls++;
    sim_trace(s, text_from(call));
    troubles(client->owner, call, "before");
}

static void bus_after(void *context, struct bus_client *client, const char *call) {
    struct sim *s = context;
    if (s->current != client->owner)
        return;
    troubles(client->owner, call, "after");
    leave_port(client->owner);
}

static enum outcome bus_refuses(void *context, struct bus_client *client, const char *call) {
    struct sim *s = context;
    if (s->current != client->owner)
        return OUTCOME_OK;
    if (sim_strikes(s, HARM_bus_retry))
        return OUTCOME_RETRY;
    return strcmp(call, "start") != 0 && sim_strikes(s, HARM_bus_fatal) ? OUTCOME_FATAL : OUTCOME_OK;
}

static void advance_bus(struct sim *s, void *argument) {
    struct wake *wake = argument;
    bus_truth_advance(&s->bus);
    struct sim_daemon *d = wake->daemon;
    if (d->alive && d->life == wake->life && d->bus->deliveries.count > 0)
        sim_daemon_wake(d, s->now_us + sim_between(s, 20, 500));
}

static struct bus_plan plan(void *context, struct bus_client *client, const struct bus_publication *p) {
    struct sim *s = context;
    struct sim_daemon *d = client->owner;
    struct bus_plan one = {.fate = BUS_PLAN_LANDS, .lands_after_us = sim_between(s, 50, s->profile.bus_latency_us),
                           .told_after_us = sim_between(s, 50, 2 * MS)};
    sim_check_handed_over(s, p);
    if (sim_strikes(s, HARM_publication_fails))
        one.fate = BUS_PLAN_FAILS;
    else if (sim_strikes(s, HARM_publication_untold))
        one.fate = BUS_PLAN_LANDS_UNTOLD;
    else if (sim_strikes(s, HARM_publication_impossible))
        one.fate = BUS_PLAN_IMPOSSIBLE;
    else if (!s->healing && sim_trouble(s, s->profile.publish_fails, "a delivery fails"))
        one.fate = BUS_PLAN_FAILS;
    else if (!s->healing && sim_trouble(s, s->profile.publish_untold, "a delivery is told as failed"))
        one.fate = BUS_PLAN_LANDS_UNTOLD;
    else if (!s->healing && sim_trouble(s, s->profile.publish_impossible, "a message is refused for good"))
        one.fate = BUS_PLAN_IMPOSSIBLE;
    if (!s->healing && sim_trouble(s, 5000, "a delivery is slow"))
        one.lands_after_us += sim_between(s, 100 * MS, 9000 * MS);
    if (one.fate == BUS_PLAN_IMPOSSIBLE || !bus_truth_topic(&s->bus, p->topic))
        sim_check_refused(s, p);
    static const char *const fates[] = {"lands", "fails", "lands untold", "impossible"};
    sim_say(s, "    sends %.*s to %.*s: %s", TEXT_ARG(sim_header(p->headers, p->header_count, "ce_id")), TEXT_ARG(p->topic), fates[one.fate]);
    struct wake *wake = arena_new(&s->arena, struct wake);
    *wake = (struct wake){d, d->life, 0};
    sim_at(s, s->now_us + one.lands_after_us, advance_bus, wake);
    sim_at(s, s->now_us + one.lands_after_us + one.told_after_us, advance_bus, wake);
    sim_at(s, s->now_us + 10100 * MS, advance_bus, wake);
    return one;
}

static bool spares_session(void *context) { return sim_chance(context, 500000); }
static bool commits_early(void *context) { return sim_chance(context, 300000); }
static bool lands_late(void *context) { return sim_chance(context, 500000); }
static bool looks_up(void *context) { return sim_chance(context, 500000); }
static uint32_t fetch_most(void *context, uint32_t most) {
    struct sim *s = context;
    if (sim_chance(s, 50000))
        return 0;
    return sim_chance(s, 200000) && most > 1 ? 1 + sim_below(s, most < 5 ? most : 5) : most;
}

static void on_landed(void *context, const struct bus_message *message) {
    struct sim *s = context;
    sim_trace(s, message->topic);
    sim_check_landed(s, message);
    sim_world_landed(s, message);
    sim_daemons_wake_readers(s, message->partition);
}

static void on_applying(void *context, struct store_client *client, const struct store_batch *b) {
    sim_check_applying(context, client, b);
}

static void on_applied(void *context, struct store_client *client, const struct store_batch *b) {
    ((struct sim *)context)->commits++;
    sim_check_applied(context, client, b);
}

struct store_hooks sim_store_hooks(struct sim *s) {
    return (struct store_hooks){.context = s, .now_us = sim_now, .before = store_before, .after = store_after,
                                .spares_session = spares_session, .commits_early = commits_early, .refused = "poison",
                                .applying = on_applying, .applied = on_applied};
}

struct bus_hooks sim_bus_hooks(struct sim *s) {
    return (struct bus_hooks){.context = s, .now_us = sim_now, .plan = plan, .lands_late = lands_late, .looks_up = looks_up,
                              .fetch_most = fetch_most, .refuses = bus_refuses, .before = bus_before, .after = bus_after, .landed = on_landed};
}

/* ---- a life ---- */

static int64_t monotonic(void *context) { return ((struct sim *)context)->now_us - SIM_EPOCH_US + 1000 * MS; }
static void random_bytes(void *context, void *room, size_t length) {
    for (size_t i = 0; i < length; i++)
        ((unsigned char *)room)[i] = (unsigned char)sim_draw(context);
}

static void live(struct sim_daemon *d) {
    struct sim *s = d->sim;
    struct error error = {0};
    int64_t wake;
    while (!d->wants_end) {
        leave_port(d);
        enum outcome outcome = conductor_turn(d->conductor, &wake, &error);
        enter_port(d);
        if (outcome != OUTCOME_OK) {
            if (s->torture.harm == HARM_no_memory && memory_has_refused_one())
                crash_here(d, error.code, "for");   /* as yjsd ends, to be started again */
            sim_fail(s, "%s can't go on: %s: %s", d->name, error.code, error.message);
        }
        struct conductor_meters meters;
        conductor_read_meters(d->conductor, &meters);
        wake += SIM_EPOCH_US - 1000 * MS;
        /* while a batch is under way its cases stay, whatever they need */
        if (s->profile.small_cache && wake > s->now_us && meters.cache_bytes > 40000)
            sim_fail(s, "%s keeps %lld bytes of cases", d->name, (long long)meters.cache_bytes);
        if (wake > s->now_us)
            sleep_until(d, wake, true);
        else if (sim_chance(s, 200000))
            sleep_until(d, s->now_us + sim_between(s, 10, 300), false);
    }
    d->draining = true;
    sim_say(s, "drains");
    int64_t until = monotonic(s) + 5000 * MS;
    for (bool drained = false; !drained;) {
        leave_port(d);
        drained = conductor_drain(d->conductor, until);
        enter_port(d);
        if (!drained)
            sleep_until(d, s->now_us + 5 * MS, false);
    }
    struct bus_port bus = bus_client_port(d->bus);
    bus.stop(bus.context, 1000);
}

static void begin(unsigned high, unsigned low) {
    struct sim_daemon *d = (struct sim_daemon *)((uintptr_t)high << 32 | low);
    live(d);
    d->alive = false;
    d->died = false;
    switch_away(d);
    abort();
}

static void on_start(struct sim *s, void *argument) {
    struct sim_daemon *d = argument;
    if (!d->alive && !s->failed)
        sim_daemon_start(s, d->number);
}

/* Its process is gone: what it held is given back, and it may start again. */
static void collect(struct sim_daemon *d) {
    struct sim *s = d->sim;
    store_client_end(d->store);
    bus_client_end(d->bus);
    conductor_free(d->conductor);
    d->conductor = NULL;
    bool quick = sim_chance(s, 600000);
    int64_t after = quick ? sim_between(s, 50 * MS, 500 * MS) : sim_between(s, 1000 * MS, 8000 * MS);
    sim_at(s, s->now_us + after, on_start, d);
}

void sim_daemon_start(struct sim *s, uint32_t number) {
    struct sim_daemon *d = &s->daemons[number];
    bool died = d->died;
    *d = (struct sim_daemon){.sim = s, .number = number, .life = d->life + 1, .wake_token = d->wake_token, .in_port = true};
    snprintf(d->name, sizeof d->name, "d%u", number);
    if (!s->stacks[number])
        s->stacks[number] = mmap(NULL, SIM_STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    d->store = store_client_make(&s->store, text_from(d->name));
    d->bus = bus_client_make(&s->bus);
    d->store->owner = d->bus->owner = d;
    if (s->profile.small_queue)
        d->bus->queue_most = 6;
    struct conductor_settings settings = {
        .instance = text_from(d->name), .region = TEXT(SIM_REGION), .batch_inputs_most = sim_chance(s, 200000) ? 3 : 1000,
        .cache_bytes_most = s->profile.small_cache ? 40000 : (size_t)64 << 20, .member_ttl_us = 3000 * MS,
        .heartbeat_us = 1000 * MS, .inbox_poll_us = 200 * MS, .definitions_poll_us = 2000 * MS,
        .publish_give_up_us = 6000 * MS, .tasks_check_us = 5000 * MS, .publications_most = s->profile.small_queue ? 20 : 1000,
        .life_cycle_steps = s->profile.steps_on_case_topic, .crashed = died && (s->profile.deadly || sim_chance(s, 300000)),
    };
    struct conductor_ports ports = {.store = store_client_port(d->store), .bus = bus_client_port(d->bus),
                                    .clock = {s, sim_now, monotonic, random_bytes}};
    struct error error = {0};
    if (conductor_create(&settings, &ports, s->things->directory, &d->conductor, &error) != OUTCOME_OK) {
        sim_fail(s, "no conductor: %s", error.message);
        return;
    }
    sim_say(s, "%s starts (life %u)%s", d->name, d->life, settings.crashed ? ", carefully" : "");
    getcontext(&d->context);
    d->context.uc_stack = (stack_t){.ss_sp = s->stacks[number], .ss_size = SIM_STACK_BYTES};
    d->context.uc_link = NULL;
    makecontext(&d->context, (void (*)(void))begin, 2, (unsigned)((uintptr_t)d >> 32), (unsigned)(uintptr_t)d);
    d->alive = true;
    wake_at(d, s->now_us + sim_between(s, 0, 100));
}

static void on_end(struct sim *s, void *argument) {
    struct sim_daemon *d = argument;
    if (!d->alive || s->healing)
        return;
    d->wants_end = true;
    sim_daemon_wake(d, s->now_us);
}

void sim_daemons_begin(struct sim *s) {
    for (uint32_t i = 0; i < s->profile.daemons; i++) {
        s->daemons[i].sim = s;
        s->daemons[i].number = i;
        bool later = s->profile.rebalance && i > 0;
        sim_at(s, s->now_us + (later ? sim_between(s, 0, s->profile.storm_us) : 0), on_start, &s->daemons[i]);
        if (s->profile.rebalance)
            sim_at(s, s->now_us + sim_between(s, 0, s->profile.storm_us), on_end, &s->daemons[i]);
    }
}

void sim_daemons_heal(struct sim *s) {
    s->store_away_until_us = s->disk_full_until_us = 0;
    s->bus.down = false;
    for (uint32_t i = 0; i < s->profile.daemons; i++)
        if (!s->daemons[i].alive)
            sim_at(s, s->now_us + 10 * MS, on_start, &s->daemons[i]);
        else if (!s->daemons[i].idle)   /* who stands still goes on */
            wake_at(&s->daemons[i], s->now_us + sim_between(s, 0, 2000 * MS));
}

void sim_daemons_end(struct sim *s) {
    for (uint32_t i = 0; i < SIM_DAEMONS_MOST; i++) {
        conductor_free(s->daemons[i].conductor);
        if (s->stacks[i])
            munmap(s->stacks[i], SIM_STACK_BYTES);
    }
}
