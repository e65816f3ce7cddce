/* Applicants, intake platforms, the moments at which definitions are published and parts of the world go away. */
#include "sim_world.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/murmur2.h"
#include "wire/cloud_event.h"
#include "wire/input_codec.h"

static void on_action(struct sim *s, void *argument) {
    struct action *action = argument;
    bool away = action->is_command ? s->now_us < s->store_away_until_us : s->bus.down;
    if (away) {
        sim_at(s, s->now_us + 300 * MS, on_action, action);
        return;
    }
    s->world->pending--;
    if (!action->is_command) {
        bus_truth_append(&s->bus, action->topic, action->partition, action->key, action->value, action->headers, action->header_count);
        return;
    }
    bool repeated;
    int64_t id = store_truth_put(&s->store, TEXT("command"), action->key, action->value, action->command_key, &repeated);
    sim_say(s, "command %lld%s: %.*s", (long long)id, repeated ? " again" : "", TEXT_ARG(action->value));
    if (sim_chance(s, 700000))
        for (uint32_t i = 0; i < SIM_DAEMONS_MOST; i++)
            if (s->daemons[i].alive && s->daemons[i].idle) {
                conductor_hint_inbox(s->daemons[i].conductor);
                sim_daemon_wake(&s->daemons[i], s->now_us + sim_between(s, 50, 1000));
            }
}

void world_send(struct sim *s, struct action *action, int64_t at_us) {
    s->world->pending++;
    sim_at(s, at_us, on_action, action);
}

void world_command(struct sim *s, struct text root, struct text data, int64_t at_us) {
    struct action *action = arena_new(&s->arena, struct action);
    *action = (struct action){.world = s->world, .is_command = true, .key = text_copy(&s->arena, root), .value = data};
    if (sim_chance(s, 600000))
        action->command_key = text_format(&s->arena, "key-%u", ++s->world->commands);
    world_send(s, action, at_us);
    if (!text_is_none(action->command_key) && sim_chance(s, 100000))   /* the client did not hear the first answer */
        world_send(s, action, at_us + sim_between(s, 0, 3000 * MS));
}

/* ---- applications ---- */

static struct text form_of(struct sim *s, uint32_t number, bool poison) {
    static const char *const banks[] = {"102", "103"};
    struct buffer out;
    buffer_init(&out, 1 << 16);
    buffer_format(&out, "{\"n\":%u,\"go\":%s,%s\"banks\":[", number, sim_chance(s, 700000) ? "true" : "false",
                  poison ? "\"poison\":true," : "");
    for (uint32_t i = 0, count = sim_below(s, 5); i < count; i++)
        buffer_format(&out, "%s{\"code\":\"%s\"}", i ? "," : "", banks[sim_below(s, 2)]);
    buffer_format(&out, "],\"items\":[");
    for (uint32_t i = 0, count = sim_below(s, 4); i < count; i++)
        buffer_format(&out, "%s{\"n\":%u,\"go\":true}", i ? "," : "", i);
    buffer_put_string(&out, "]}");
    struct text form = text_copy(&s->arena, buffer_text(&out));
    buffer_free(&out);
    return form;
}

static void apply_by_topic(struct sim *s, uint32_t i, struct text number, struct text thing, struct text form, int64_t at_us) {
    struct action *action = arena_new(&s->arena, struct action);
    *action = (struct action){.world = s->world, .topic = TEXT(SIM_REGION ".intake.v1"), .key = number};
    action->partition = text_is_none(number) || sim_chance(s, 100000) ? (int32_t)sim_below(s, (uint32_t)s->profile.shards)
                                                                      : murmur2_partition(number, s->profile.shards);
    action->value = text_format(&s->arena, "{\"thing\":\"%.*s\",\"form\":%.*s,\"extra\":%.*s}", TEXT_ARG(thing), TEXT_ARG(form),
                                TEXT_ARG(world_extra(s, thing)));
    struct bus_header headers[] = {{TEXT("ce_specversion"), TEXT("1.0")}, {TEXT("ce_type"), TEXT("application")},
                                   {TEXT("ce_source"), TEXT("/intake")}, {TEXT("ce_time"), TEXT("2028-01-03T01:00:00Z")},
                                   {TEXT("ce_id"), text_format(&s->arena, "app-%u", i)}, {TEXT("content-type"), TEXT("application/json")}};
    memcpy(action->headers, headers, sizeof headers);
    action->header_count = 6;
    world_send(s, action, at_us);
    if (sim_chance(s, 100000)) {   /* the producer did not hear that it had arrived */
        struct action *again = arena_new(&s->arena, struct action);
        *again = *action;
        if (text_is_none(number))
            again->partition = (int32_t)sim_below(s, (uint32_t)s->profile.shards);
        world_send(s, again, at_us + sim_between(s, 0, 5000 * MS));
    }
    if (text_is_none(number))
        return;
    if (sim_chance(s, 30000)) {   /* the same number with another content */
        struct action *other = arena_new(&s->arena, struct action);
        *other = *action;
        other->value = text_format(&s->arena, "{\"thing\":\"%.*s\",\"form\":{\"n\":-1}}", TEXT_ARG(thing));
        other->headers[4].value = text_format(&s->arena, "app-%u-other", i);
        world_send(s, other, at_us + sim_between(s, 1 * MS, 9000 * MS));
    }
}

static void applications(struct sim *s) {
    for (uint32_t i = 0; i < s->profile.cases; i++) {
        struct text number = text_format(&s->arena, "2028-%u", i), thing = s->things->things[sim_below(s, SIM_THINGS - 1)].thing;
        struct text form = form_of(s, i, s->profile.bad_messages && sim_chance(s, 20000));
        int64_t at_us = s->now_us + sim_between(s, 0, s->profile.storm_us * 2 / 3);
        if (s->profile.bad_messages && sim_chance(s, 15000))
            thing = TEXT("nothing");
        uint32_t way = sim_below(s, 100);
        if (way < 15)
            apply_by_topic(s, i, TEXT_NONE, thing, form, at_us);
        else if (way < 60)
            apply_by_topic(s, i, number, thing, form, at_us);
        else
            world_command(s, number,
                          text_format(&s->arena,
                                      "{\"kind\":\"submit\",\"case\":\"%.*s\",\"number\":\"%.*s\",\"source\":\"/web\",\"id\":\"req-%u\","
                                      "\"thing\":\"%.*s\",\"region\":\"" SIM_REGION "\",\"data\":%.*s,\"extra\":%.*s}",
                                      TEXT_ARG(number), TEXT_ARG(number), i, TEXT_ARG(thing), TEXT_ARG(form),
                                      TEXT_ARG(world_extra(s, thing))),
                          at_us);
    }
}

/* ---- what goes away and what comes ---- */

static void on_publish(struct sim *s, void *argument) {
    const struct sim_thing *thing = argument;
    store_truth_publish(&s->store, thing->hash, thing->thing, thing->canonical);
    sim_say(s, "published: %.*s %.8s", TEXT_ARG(thing->thing), thing->hash.at);
}

static void on_calendar(struct sim *s, void *argument) {
    const struct sim_calendar *one = argument;
    store_truth_publish_calendar(&s->store, one->calendar->version, one->canonical);
    sim_say(s, "calendar: %.8s", one->calendar->version.at);
}

static void make_topics_of(struct sim *s, const char *department) {
    static const char *const suffixes[] = {"task.v1", "result.v1"};
    for (int i = 0; i < 2; i++)
        bus_truth_topic_make(&s->bus, topic_name(&s->arena, TEXT(SIM_REGION), text_from(department), suffixes[i]), s->profile.shards);
}

static void on_topics(struct sim *s, void *argument) { make_topics_of(s, argument); }
static void on_store_away(struct sim *s, void *argument) {
    (void)argument;
    if (!s->healing)
        s->store_away_until_us = s->now_us + sim_between(s, 200 * MS, 8000 * MS);
}
static void on_disk_full(struct sim *s, void *argument) {
    (void)argument;
    if (s->healing)
        return;
    s->disk_full_until_us = s->now_us + sim_between(s, 500 * MS, 12000 * MS);
    sim_say(s, "the store's disk is full for %.1f s", (double)(s->disk_full_until_us - s->now_us) / 1e6);
}
static void on_bus_back(struct sim *s, void *argument) { (void)argument; s->bus.down = false; bus_truth_advance(&s->bus); }
static void on_bus_away(struct sim *s, void *argument) {
    (void)argument;
    if (s->healing)
        return;
    s->bus.down = true;
    sim_at(s, s->now_us + sim_between(s, 500 * MS, 14000 * MS), on_bus_back, NULL);
}

void sim_world_begin(struct sim *s) {
    static const char *const departments[] = {"alpha", "beta", "gamma", "delta", "post", "icbc", "abc_bank", "licences"};
    struct world *world = s->world = arena_new(&s->arena, struct world);
    world->sim = s;
    map_init(&world->tasks);
    map_init(&world->handled);
    for (size_t i = 0; i < sizeof departments / sizeof *departments; i++)
        make_topics_of(s, departments[i]);
    for (int i = 0; i < 3; i++) {
        static const char *const own[] = {SIM_REGION ".intake.v1", SIM_REGION ".case.v1", SIM_REGION ".dead.v1"};
        bus_truth_topic_make(&s->bus, text_from(own[i]), s->profile.shards);
    }
    sim_at(s, s->now_us + (s->profile.late_topics ? sim_between(s, 2000 * MS, s->profile.storm_us) : 0), on_topics, "omega");
    for (int i = 0; i < SIM_THINGS - 1; i++)
        on_publish(s, &s->things->things[i]);
    sim_at(s, s->now_us + sim_between(s, 0, s->profile.storm_us), on_publish, &s->things->things[SIM_THINGS - 1]);
    for (int i = 0; i < SIM_CALENDARS; i++)   /* one after the other, the first at times before all else */
        sim_at(s, s->now_us + (s->profile.storm_us * i + sim_between(s, 0, s->profile.storm_us)) / SIM_CALENDARS, on_calendar,
               &s->things->calendars[i]);
    if (s->profile.store_outage)
        sim_at(s, s->now_us + sim_between(s, 0, s->profile.storm_us), on_store_away, NULL);
    if (s->profile.disk_full)
        sim_at(s, s->now_us + sim_between(s, 0, s->profile.storm_us), on_disk_full, NULL);
    if (s->profile.bus_outage)
        sim_at(s, s->now_us + sim_between(s, 0, s->profile.storm_us), on_bus_away, NULL);
    sim_at(s, s->now_us + 1000 * MS, world_operator_tick, NULL);
    applications(s);
}

static void on_topic_removed(struct sim *s, void *argument) {
    const struct bus_message *message = argument;
    sim_say(s, "     topic %.*s is removed and made again", TEXT_ARG(message->topic));
    bus_truth_empty(&s->bus, message->topic);
}

void sim_world_landed(struct sim *s, const struct bus_message *message) {
    struct text region, department;
    bool is_task = text_ends_with(message->topic, ".task.v1");
    if (is_task && !s->healing && s->profile.topics_removed && sim_chance(s, 20000)) {
        sim_at(s, s->now_us + 1, on_topic_removed, (void *)(uintptr_t)message);
        return;   /* it leaves with its topic before its department has read it */
    }
    if (is_task && topic_parse(&s->arena, message->topic, &region, &department) == TOPIC_TASK)
        world_department(s, department, message);
}

void sim_world_heal(struct sim *s) {
    make_topics_of(s, "omega");
    world_department_heals(s);
}

bool sim_world_is_done(struct sim *s) { return s->world->pending == 0; }

void sim_world_free(struct sim *s) {
    if (!s->world)
        return;
    map_free(&s->world->tasks);
    map_free(&s->world->handled);
}
