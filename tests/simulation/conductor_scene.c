/* The conductor's scene: see conductor_scene.h. */
#include "simulation/conductor_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

#include "definition/calendar_file.h"
#include "wire/cloud_event.h"

enum { BUS_POLLS_HELD = 2 };   /* port/bus.h */
struct scene scene;

static int64_t now(void *context) { (void)context; return scene.now_us; }
static void random_bytes(void *context, void *room, size_t length) {
    (void)context;
    memset(room, 7, length);
}

static struct store_port real;   /* the store's, of which some calls meet what the test asks for */

/* Is a message read that is not yet named as what is being tried? */
enum outcome __real_cloud_event_read(struct arena *, struct text, const struct bus_header *, uint32_t, struct cloud_event *,
                                     struct error *);
enum outcome __wrap_cloud_event_read(struct arena *arena, struct text value, const struct bus_header *headers, uint32_t count,
                                     struct cloud_event *ret, struct error *error);
enum outcome __wrap_cloud_event_read(struct arena *arena, struct text value, const struct bus_header *headers, uint32_t count,
                                     struct cloud_event *ret, struct error *error) {
    scene.read_unnamed += !text_starts_with(scene.store.shards[0].trying, "441300.intake.v1@0:");
    return __real_cloud_event_read(arena, value, headers, count, ret, error);
}

/* The store that can't read the journal of case n1: a block of its disk is damaged, or there is too much of it. */
static enum outcome journals(void *context, const struct text *ids, uint32_t count, struct arena *arena, struct store_event **ret,
                             uint32_t *ret_count, struct error *error) {
    for (uint32_t i = 0; scene.is_damaged && i < count; i++)
        if (text_is(ids[i], "n1"))
            return error_set(error, OUTCOME_REJECT, "store_refused", "invalid page in a block");
    for (uint32_t i = 0; scene.is_short && i < count; i++)
        if (text_is(ids[i], "n1"))
            return error_no_memory(error);
    for (uint32_t i = 0; scene.is_huge && i < count; i++)
        if (text_is(ids[i], "n1") && !arena_alloc(arena, (size_t)1 << 30))
            return error_no_memory(error);
    return real.journals(context, ids, count, arena, ret, ret_count, error);
}

/* The store whose second connection, by which it reads while the first one commits, ends when a calendar is asked for. */
static bool reading_is_lost(void) { return scene.loses_reading && scene.is_reading_lost; }
static enum outcome lost(struct error *error) { return error_set(error, OUTCOME_RETRY, "store_away", "not connected"); }
static enum outcome open_again(void *context, struct error *error) {
    scene.is_reading_lost = false;
    return real.open(context, error);
}
static enum outcome calendar(void *context, struct text known, struct arena *arena, struct text *ret_version, struct text *ret_canonical,
                             struct error *error) {
    scene.is_reading_lost |= ++scene.calendars_asked == 3;
    return reading_is_lost() ? lost(error) : real.calendar(context, known, arena, ret_version, ret_canonical, error);
}
static enum outcome definitions(void *context, struct text hash, struct arena *arena, struct store_definition **ret, uint32_t *ret_count,
                                struct error *error) {
    return reading_is_lost() ? lost(error) : real.definitions(context, hash, arena, ret, ret_count, error);
}

/* The store that needs longer than a statement may take for more than some inputs. */
static enum store_fate commit_begin(void *context, const struct store_batch *batch, struct error *error) {
    if (scene.is_slow && batch->inbox_done_count > 10) {
        error_set(error, OUTCOME_RETRY, "store_busy", "canceling statement due to statement timeout (57014)");
        return STORE_AWAY;
    }
    return real.commit_begin(context, batch, error);
}

/* The bus that takes its messages back when they are released, and now and then has some of a partition that is no longer ours. */
static char polls[BUS_POLLS_HELD][16];
static uint32_t polls_first, polls_held;
static uint32_t poll_strange(void *context, int wait_ms, struct bus_message *room, uint32_t most) {
    static int turn;
    (void)context;
    (void)wait_ms;
    uint32_t at = (polls_first + polls_held) % BUS_POLLS_HELD;
    if (polls_held == BUS_POLLS_HELD || most == 0 || turn == 2)
        return 0;
    strcpy(polls[at], "rubbish");
    room[0] = (struct bus_message){.topic = INTAKE, .partition = turn++ == 0 ? 0 : 7, .value = text_from(polls[at])};
    polls_held++;
    return 1;
}
static void release_strange(void *context) {
    (void)context;
    if (polls_held == 0)
        return;
    memset(polls[polls_first], 'x', sizeof "rubbish" - 1);
    polls_first = (polls_first + 1) % BUS_POLLS_HELD;
    polls_held--;
}

/* The store in whose journal a hundred events are more than may be read at once, or one can't be read at all. */
static enum outcome events_after(void *context, int32_t shard, int64_t after, uint32_t most, struct arena *arena, struct store_event **ret,
                                 uint32_t *ret_count, struct error *error) {
    scene.times_read++;
    if (scene.is_huge && most > 100 && !arena_alloc(arena, (size_t)1 << 30))
        return error_no_memory(error);
    if (scene.damaged_seq > after && scene.damaged_seq <= after + most)
        return error_set(error, OUTCOME_REJECT, "store_refused", "invalid page in a block");
    return real.events_after(context, shard, after, most, arena, ret, ret_count, error);
}

static struct bus_plan plan(void *context, struct bus_client *client, const struct bus_publication *publication) {
    (void)context;
    (void)client;
    int64_t after_us = scene.is_leaderless && publication->partition == 0 ? SCENE_LEADERLESS_US : 0;
    return (struct bus_plan){.fate = BUS_PLAN_LANDS, .lands_after_us = after_us};
}

static int set_up(void **state, int32_t shards) {
    *state = NULL;
    memset(&scene, 0, sizeof scene);
    scene.now_us = INT64_C(1900000000000000);
    scene.publications_most = 1000;
    store_truth_init(&scene.store, shards, &(struct store_hooks){.now_us = now});
    bus_truth_init(&scene.bus, &(struct bus_hooks){.now_us = now, .plan = plan});
    assert_true(bus_truth_topic_make(&scene.bus, INTAKE, shards));
    assert_true(bus_truth_topic_make(&scene.bus, TEXT("441300.dead.v1"), shards));
    return 0;
}

int scene_set_up(void **state) { return set_up(state, 1); }
int scene_set_up_two_shards(void **state) { return set_up(state, 2); }

int scene_tear_down(void **state) {
    (void)state;
    conductor_free(scene.conductor);
    bus_truth_free(&scene.bus);
    store_truth_free(&scene.store);
    return 0;
}

void scene_start(bool crashed) {
    const struct conductor_settings settings = {
        .instance = TEXT("d1"), .region = TEXT("441300"), .batch_inputs_most = 1000, .cache_bytes_most = (size_t)1 << 20,
        .member_ttl_us = 3 * TIME_SECOND_US, .heartbeat_us = TIME_SECOND_US, .inbox_poll_us = 200000,
        .definitions_poll_us = 2 * TIME_SECOND_US, .publish_give_up_us = 6 * TIME_SECOND_US, .publications_most = scene.publications_most,
        .tasks_check_us = scene.tasks_check_us, .crashed = crashed};
    struct conductor_ports ports = {.store = store_client_port(store_client_make(&scene.store, TEXT("d1"))),
                                    .bus = bus_client_port(bus_client_make(&scene.bus)),
                                    .clock = {NULL, now, now, random_bytes}};
    struct error error;
    if (scene.is_strange) {
        ports.bus.poll = poll_strange;
        ports.bus.release = release_strange;
    }
    real = ports.store;
    ports.store.commit_begin = commit_begin;
    ports.store.open = open_again;
    ports.store.calendar = calendar;
    ports.store.events_after = events_after;
    ports.store.definitions = definitions;
    ports.store.journals = journals;
    conductor_free(scene.conductor);
    assert_int_equal(conductor_create(&settings, &ports, NULL, &scene.conductor, &error), OUTCOME_OK);
}

void scene_turns(int count) {
    struct error error;
    int64_t wake;
    for (int i = 0; i < count; i++) {
        assert_int_equal(conductor_turn(scene.conductor, &wake, &error), OUTCOME_OK);
        scene.now_us += 5000;
    }
}

void scene_expect_closed_after(int64_t us, int count) {
    scene.now_us += us;
    scene_turns(count);
    assert_true(text_is(store_truth_case(&scene.store, TEXT("n1"))->row.phase, "closed"));
}

void scene_expect_no_drop(void) {
    struct conductor_meters meters;
    conductor_read_meters(scene.conductor, &meters);
    assert_int_equal(meters.takeovers, scene.store.shard_count);   /* each once */
}

void scene_send_rubbish(int count) {
    for (int i = 0; i < count; i++)
        assert_true(bus_truth_append(&scene.bus, INTAKE, 0, TEXT("k"), TEXT("rubbish"), NULL, 0));
}

void scene_command_rubbish(int count) {
    char key[32];
    bool repeated;
    for (int i = 0; i < count; i++) {
        snprintf(key, sizeof key, "key-%d", i);
        store_truth_put(&scene.store, TEXT("input"), TEXT("n1"), TEXT("[]"), text_from(key), &repeated);
    }
}

const struct fake_case *scene_timer(void) {
    struct fake_case *one = store_fake_case_make(&scene.store, TEXT("n1"));
    one->timer_us = scene.now_us - 1;
    *vector_new(&scene.store.shards[0].timers, &scene.store.arena, struct fake_case *) = one;
    return one;
}

bool scene_waits(int64_t command) { return store_truth_command(&scene.store, command)->waits; }

void scene_publish_calendar(void) {
    struct fault_list faults;
    const struct calendar *calendar;
    struct text canonical;
    const struct calendar_source source = {TEXT("2030.yaml"), TEXT("year: 2030\nbasis: a\nholidays: []\n")};
    assert_int_equal(calendar_compile(&scene.store.arena, TEXT_NONE, &source, 1, &faults, &calendar, &canonical, NULL), OUTCOME_OK);
    store_truth_publish_calendar(&scene.store, calendar->version, canonical);
}

static enum outcome read_file(void *context, struct text path, struct arena *arena, struct text *ret, struct error *error) {
    (void)context;
    (void)path;
    (void)error;
    *ret = text_copy(arena, TEXT("{\"type\":\"object\"}"));
    return OUTCOME_OK;
}

static const struct definition *last_published(void *context, struct text thing, struct text hash) {
    (void)context;
    (void)hash;
    return text_equal(scene.published->thing, thing) ? scene.published : NULL;
}

void scene_publish(struct text source) {
    const struct source_reader reader = {NULL, read_file};
    const struct definition_context context = {.reader = &reader, .find_thing = last_published};
    struct fault_list faults;
    const struct definition *thing;
    assert_int_equal(definition_compile(&scene.store.arena, source, TEXT("thing.yaml"), &context, &faults, &thing, NULL), OUTCOME_OK);
    store_truth_publish(&scene.store, thing->hash, thing->thing, thing->canonical);
    scene.published = thing;
}

void scene_publish_pause(const char *steps) {
    scene_publish(text_format(&scene.store.arena, "thing: pause\ntitle: {zh-Hant: 停, zh-Hans: 停, en: Pause}\nform: form.json\n"
                                                  "steps:\n  - id: rest\n    wait: {for: 60s}\n%s", steps));
}

void scene_submit(struct text number, const char *thing) {
    bool repeated;
    store_truth_put(&scene.store, TEXT("command"), number,
                    text_format(&scene.store.arena, "{\"kind\":\"submit\",\"case\":\"%.*s\",\"number\":\"%.*s\",\"source\":\"/web\","
                                "\"id\":\"%.*s\",\"thing\":\"%s\",\"region\":\"441300\",\"data\":{}}", TEXT_ARG(number), TEXT_ARG(number),
                                TEXT_ARG(number), thing), number, &repeated);
    scene_turns(3);
}

void scene_begin_case(const char *steps) {
    scene_publish_pause(steps);
    scene_submit(TEXT("n1"), "pause");
    assert_int_equal(store_truth_case(&scene.store, TEXT("n1"))->timer_us / TIME_SECOND_US, scene.now_us / TIME_SECOND_US + 60);
}

const struct store_incident *scene_incident(void) {
    const struct fake_incident *one = map_get(&scene.store.incidents, TEXT("n1:timer"));
    return one ? &one->row : NULL;
}

bool scene_command(const char *rest) {
    static int number;
    bool repeated;
    struct text key = text_format(&scene.store.arena, "command-%d", ++number);
    int64_t id = store_truth_put(&scene.store, TEXT("command"), TEXT("n1"),
                                 text_format(&scene.store.arena, "{\"case\":\"n1\",\"source\":\"/web\",%s}", rest), key, &repeated);
    for (int i = 0; i < 2000 && scene_waits(id); i++)
        scene_turns(1);
    assert_false(scene_waits(id));
    return store_truth_command(&scene.store, id)->status < 300;
}
