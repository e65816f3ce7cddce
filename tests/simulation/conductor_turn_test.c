/* What chance shows too seldom: the conductor on the fakes, without troubles, each heap as large as it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

#include "conductor/conductor.h"
#include "definition/calendar_file.h"
#include "simulation/bus_fake.h"
#include "simulation/store_fake.h"
#include "wire/cloud_event.h"

enum { BUS_POLLS_HELD = 2 };   /* port/bus.h */
#define INTAKE TEXT("441300.intake.v1")

static struct {
    struct store_truth store;
    struct bus_truth bus;
    struct conductor *conductor;
    int64_t now_us;
    const struct definition *published;   /* the last one */
    bool is_damaged;              /* the journal of case n1 */
    bool is_huge;                 /* likewise, and a hundred events of a shard: larger than what may be read at once */
    int64_t damaged_seq;          /* the event of a shard that can't be read; 0: none */
    bool is_short;                /* of memory, whenever case n1 is read */
    bool is_slow;                 /* the store */
    bool loses_reading, is_reading_lost;   /* the store's second connection */
    int calendars_asked;
    bool is_strange;              /* the bus */
    uint32_t read_unnamed;        /* messages that were read before their name stood in the store */
} scene;

static int64_t now(void *context) { (void)context; return scene.now_us; }
static void random_bytes(void *context, void *room, size_t length) {
    (void)context;
    memset(room, 7, length);
}

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
static enum outcome (*real_journals)(void *, const struct text *, uint32_t, struct arena *, struct store_event **, uint32_t *, struct error *);
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
    return real_journals(context, ids, count, arena, ret, ret_count, error);
}

/* The store whose second connection, by which it reads while the first one commits, ends when a calendar is asked for. */
static struct store_port real;
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
static enum store_fate (*real_commit_begin)(void *, const struct store_batch *, struct error *);
static enum store_fate commit_begin(void *context, const struct store_batch *batch, struct error *error) {
    if (scene.is_slow && batch->inbox_done_count > 10) {
        error_set(error, OUTCOME_RETRY, "store_busy", "canceling statement due to statement timeout (57014)");
        return STORE_AWAY;
    }
    return real_commit_begin(context, batch, error);
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
    if (scene.is_huge && most > 100 && !arena_alloc(arena, (size_t)1 << 30))
        return error_no_memory(error);
    if (scene.damaged_seq > after && scene.damaged_seq <= after + most)
        return error_set(error, OUTCOME_REJECT, "store_refused", "invalid page in a block");
    return real.events_after(context, shard, after, most, arena, ret, ret_count, error);
}

static int set_up(void **state) {
    *state = NULL;
    memset(&scene, 0, sizeof scene);
    scene.now_us = INT64_C(1900000000000000);
    store_truth_init(&scene.store, 1, &(struct store_hooks){.now_us = now});
    bus_truth_init(&scene.bus, &(struct bus_hooks){.now_us = now});
    assert_true(bus_truth_topic_make(&scene.bus, INTAKE, 1));
    assert_true(bus_truth_topic_make(&scene.bus, TEXT("441300.dead.v1"), 1));
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    conductor_free(scene.conductor);
    bus_truth_free(&scene.bus);
    store_truth_free(&scene.store);
    return 0;
}

static void start(bool crashed) {
    const struct conductor_settings settings = {
        .instance = TEXT("d1"), .region = TEXT("441300"), .batch_inputs_most = 1000, .cache_bytes_most = (size_t)1 << 20,
        .member_ttl_us = 3 * TIME_SECOND_US, .heartbeat_us = TIME_SECOND_US, .inbox_poll_us = 200000,
        .definitions_poll_us = 2 * TIME_SECOND_US, .publish_give_up_us = 6 * TIME_SECOND_US, .publications_most = 1000,
        .crashed = crashed};
    struct conductor_ports ports = {.store = store_client_port(store_client_make(&scene.store, TEXT("d1"))),
                                          .bus = bus_client_port(bus_client_make(&scene.bus)),
                                          .clock = {NULL, now, now, random_bytes}};
    struct error error;
    if (scene.is_strange) {
        ports.bus.poll = poll_strange;
        ports.bus.release = release_strange;
    }
    real_commit_begin = ports.store.commit_begin;
    ports.store.commit_begin = commit_begin;
    real = ports.store;
    ports.store.open = open_again;
    ports.store.calendar = calendar;
    ports.store.events_after = events_after;
    ports.store.definitions = definitions;
    real_journals = ports.store.journals;
    ports.store.journals = journals;
    conductor_free(scene.conductor);
    assert_int_equal(conductor_create(&settings, &ports, NULL, &scene.conductor, &error), OUTCOME_OK);
}

/* So many turns, some milliseconds each. */
static void turns(int count) {
    struct error error;
    int64_t wake;
    for (int i = 0; i < count; i++) {
        assert_int_equal(conductor_turn(scene.conductor, &wake, &error), OUTCOME_OK);
        scene.now_us += 5000;
    }
}

/* Case n1 comes to its end when so much time has passed. */
static void expect_closed_after(int64_t us, int count) {
    scene.now_us += us;
    turns(count);
    assert_true(text_is(store_truth_case(&scene.store, TEXT("n1"))->row.phase, "closed"));
}

/* Nothing was so wrong that all shards were dropped and taken afresh. */
static void expect_no_drop(void) {
    struct conductor_meters meters;
    conductor_read_meters(scene.conductor, &meters);
    assert_int_equal(meters.takeovers, 1);
}

static void send_rubbish(int count) {
    for (int i = 0; i < count; i++)
        assert_true(bus_truth_append(&scene.bus, INTAKE, 0, TEXT("k"), TEXT("rubbish"), NULL, 0));
}

static void command_rubbish(int count) {
    char key[32];
    bool repeated;
    for (int i = 0; i < count; i++) {
        snprintf(key, sizeof key, "key-%d", i);
        store_truth_put(&scene.store, TEXT("input"), TEXT("n1"), TEXT("[]"), text_from(key), &repeated);
    }
}

/* Of a case that nobody has: the timer goes when it is looked at. */
static const struct fake_case *timer(void) {
    struct fake_case *one = store_fake_case_make(&scene.store, TEXT("n1"));
    one->timer_us = scene.now_us - 1;
    *vector_new(&scene.store.shards[0].timers, &scene.store.arena, struct fake_case *) = one;
    return one;
}

static bool waits(int64_t command) { return store_truth_command(&scene.store, command)->waits; }

static void publish_calendar(void) {
    struct fault_list faults;
    const struct calendar *calendar;
    struct text canonical;
    const struct calendar_source source = {TEXT("2030.yaml"), TEXT("year: 2030\nbasis: a\nholidays: []\n")};
    assert_int_equal(calendar_compile(&scene.store.arena, TEXT_NONE, &source, 1, &faults, &calendar, &canonical, NULL), OUTCOME_OK);
    store_truth_publish_calendar(&scene.store, calendar->version, canonical);
}

static void test_more_commands_than_a_batch_takes_hold_up_neither_timers_nor_a_calendar(void **state) {
    (void)state;
    start(false);
    publish_calendar();
    const struct fake_case *due = timer();
    command_rubbish(20000);
    turns(10);
    assert_true(waits(20000));
    assert_true(scene.store.shards[0].calendar.done);
    assert_int_equal(due->timer_us, TIME_NONE);
}

static void test_who_tries_inputs_one_at_a_time_comes_to_each_kind_of_them(void **state) {
    (void)state;
    start(true);
    const struct fake_case *due = timer();
    send_rubbish(2000);
    command_rubbish(500);
    turns(100);
    assert_in_range(scene.store.dead.count, 10, 99);
    assert_false(waits(1));
    assert_int_equal(due->timer_us, TIME_NONE);
}

static void test_message_is_named_before_anything_of_it_is_read(void **state) {
    (void)state;
    start(true);
    send_rubbish(20);
    turns(60);
    assert_int_equal(scene.store.dead.count, 20);
    assert_int_equal(scene.read_unnamed, 0);
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

static void publish(struct text source) {
    const struct source_reader reader = {NULL, read_file};
    const struct definition_context context = {.reader = &reader, .find_thing = last_published};
    struct fault_list faults;
    const struct definition *thing;
    assert_int_equal(definition_compile(&scene.store.arena, source, TEXT("thing.yaml"), &context, &faults, &thing, NULL), OUTCOME_OK);
    store_truth_publish(&scene.store, thing->hash, thing->thing, thing->canonical);
    scene.published = thing;
}

/* A thing whose first step ends by itself after a minute; `steps` are the others. */
static void publish_pause(const char *steps) {
    publish(text_format(&scene.store.arena, "thing: pause\ntitle: {zh-Hant: 停, zh-Hans: 停, en: Pause}\nform: form.json\n"
                                            "steps:\n  - id: rest\n    wait: {for: 60s}\n%s", steps));
}

static void submit(const char *thing) {
    bool repeated;
    store_truth_put(&scene.store, TEXT("command"), TEXT("n1"),
                    text_format(&scene.store.arena, "{\"kind\":\"submit\",\"case\":\"n1\",\"number\":\"n1\",\"source\":\"/web\","
                                "\"id\":\"1\",\"thing\":\"%s\",\"region\":\"441300\",\"data\":{}}", thing), TEXT("begin"), &repeated);
    turns(3);
}

/* A case: its first step ends by itself a minute after it began, `steps` are the others. */
static void begin_case(const char *steps) {
    publish_pause(steps);
    submit("pause");
    assert_int_equal(store_truth_case(&scene.store, TEXT("n1"))->timer_us / TIME_SECOND_US, scene.now_us / TIME_SECOND_US + 60);
}

static const struct store_incident *incident(void) {
    const struct fake_incident *one = map_get(&scene.store.incidents, TEXT("n1:timer"));
    return one ? &one->row : NULL;
}

static void test_timer_that_the_database_refuses_is_an_incident_until_it_is_done(void **state) {
    (void)state;
    start(false);
    begin_case("");
    scene.store.hooks.refused = "";   /* every event */
    scene.now_us += TIME_MINUTE_US;
    int64_t refused_at_us = scene.now_us;
    turns(600);
    assert_non_null(incident());
    assert_true(text_is(incident()->code, "timer_refused"));
    assert_int_equal(scene.store.dead.count, 0);
    int64_t again_us = store_truth_case(&scene.store, TEXT("n1"))->timer_us;
    assert_in_range(again_us - refused_at_us, 59 * TIME_MINUTE_US, 61 * TIME_MINUTE_US);
    scene.now_us = again_us + 1;
    turns(600);
    assert_true(store_truth_case(&scene.store, TEXT("n1"))->timer_us > scene.now_us);
    assert_in_range(incident()->opened_at_us - refused_at_us, 0, TIME_SECOND_US);   /* the first time */
    scene.store.hooks.refused = NULL;
    expect_closed_after(TIME_HOUR_US, 600);
    assert_int_not_equal(incident()->closed_at_us, TIME_NONE);
}

/* A command of case n1, awaited. False: it was refused. */
static bool command(const char *rest) {
    static int number;
    bool repeated;
    struct text key = text_format(&scene.store.arena, "command-%d", ++number);
    int64_t id = store_truth_put(&scene.store, TEXT("command"), TEXT("n1"),
                                 text_format(&scene.store.arena, "{\"case\":\"n1\",\"source\":\"/web\",%s}", rest), key, &repeated);
    for (int i = 0; i < 2000 && waits(id); i++)
        turns(1);
    assert_false(waits(id));
    return store_truth_command(&scene.store, id)->status < 300;
}

/* Signals until the case takes not even a small one. */
static void fill_case(void) {
    static char signal[60200];
    for (size_t size = 60000; size >= 8; size /= 2) {
        snprintf(signal, sizeof signal, "\"kind\":\"signal\",\"id\":\"paid\",\"data\":\"%0*d\"", (int)size, 0);
        while (command(signal))
            assert_true(command("\"kind\":\"signal\",\"id\":\"paid\""));   /* else it would be the same again */
    }
}

/* A case that takes no more data; when it has rested, so many steps have to be asked. */
static void full_case(int steps) {
    static char text[65536];
    int length = snprintf(text, sizeof text, "  - id: paid\n    wait: {signal: paid}\n");
    for (int i = 0; i < steps; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, "  - {id: s%d, department: d, needs: [rest], input: {a: 1}}\n", i);
    begin_case(text);
    fill_case();
    scene.now_us = store_truth_case(&scene.store, TEXT("n1"))->timer_us + 1;
    turns(200);
    expect_no_drop();
}

static void test_case_that_takes_no_more_data_does_what_is_due(void **state) {
    (void)state;
    start(false);
    full_case(60);
    const struct fake_case *one = store_truth_case(&scene.store, TEXT("n1"));
    int asked = 0;
    for (uint32_t i = 0; i < one->events.count; i++)
        asked += text_is(vector_at(&one->events, struct store_event *)[i]->kind, "step_asked");
    assert_true(asked >= 60);
    assert_null(incident());
}

static void test_timer_for_which_a_case_has_no_room_is_put_off_and_holds_up_nobody(void **state) {
    (void)state;
    start(false);
    publish_calendar();
    full_case(1020);
    assert_non_null(incident());
    assert_true(store_truth_case(&scene.store, TEXT("n1"))->timer_us > scene.now_us + 50 * TIME_SECOND_US);
}

/* The journal of case n1 can't be read: its timer is put off until it can, and nobody else is held up. */
static void expect_put_off(void) {
    const struct fake_case *one = store_truth_case(&scene.store, TEXT("n1"));
    bool repeated;
    scene.now_us = one->timer_us + 4 * TIME_SECOND_US;   /* whoever was here before is dead */
    int64_t other = store_truth_put(&scene.store, TEXT("command"), TEXT("n2"), TEXT("{\"kind\":\"signal\",\"case\":\"n2\","
                                    "\"source\":\"/web\",\"id\":\"paid\"}"), TEXT("other"), &repeated);
    turns(100);
    assert_false(waits(other));
    expect_no_drop();
    assert_non_null(incident());
    assert_true(one->timer_us != TIME_NONE && one->timer_us > scene.now_us);
}

static void test_timer_of_a_case_whose_journal_is_of_a_later_version_is_put_off(void **state) {
    (void)state;
    start(false);
    begin_case("");
    struct store_event *last = vector_at(&store_truth_case(&scene.store, TEXT("n1"))->events, struct store_event *)[1];
    struct text kind = last->kind;
    last->kind = TEXT("kind_of_the_year_2040");
    start(false);
    expect_put_off();
    last->kind = kind;
    expect_closed_after(TIME_MINUTE_US, 100);
}

static void test_journal_that_the_database_can_not_read_holds_up_nobody_else(void **state) {
    (void)state;
    start(false);
    begin_case("");
    scene.is_damaged = true;
    start(false);
    expect_put_off();
}

static void test_journal_that_is_too_large_to_read_holds_up_nobody_else(void **state) {
    (void)state;
    start(false);
    begin_case("");
    scene.is_huge = true;
    start(false);
    expect_put_off();
    scene.is_huge = false;
    expect_closed_after(TIME_MINUTE_US, 100);
}

static void test_input_for_which_there_is_never_memory_is_refused_and_holds_up_nobody_for_long(void **state) {
    (void)state;
    start(false);
    begin_case("");
    scene.is_short = true;
    start(false);
    scene.now_us += 4 * TIME_SECOND_US;
    assert_false(command("\"kind\":\"signal\",\"id\":\"paid\""));
    assert_int_equal(scene.store.dead.count, 0);
    scene.is_short = false;
    expect_closed_after(TIME_HOUR_US, 200);
}

static void test_shard_that_is_behind_by_large_events_reads_fewer_at_a_time(void **state) {
    (void)state;
    start(false);
    begin_case("");
    turns(300);
    int64_t published = scene.store.shards[0].published_seq;
    assert_true(published > 0);
    scene.store.shards[0].published_seq = 0;
    scene.is_huge = true;
    start(false);
    scene.now_us += 4 * TIME_SECOND_US;
    turns(600);
    expect_no_drop();
    assert_int_equal(scene.store.shards[0].published_seq, published);
}

static void test_event_that_can_not_be_read_holds_up_the_messages_behind_it_and_no_input(void **state) {
    (void)state;
    start(false);
    begin_case("  - id: paid\n    wait: {signal: paid}\n");
    while (scene.store.shards[0].next_seq < 20)
        assert_true(command("\"kind\":\"signal\",\"id\":\"paid\",\"data\":1") && command("\"kind\":\"signal\",\"id\":\"paid\""));
    turns(300);
    int64_t published = scene.store.shards[0].published_seq;
    scene.store.shards[0].published_seq = 0;
    scene.damaged_seq = 13;
    start(false);
    scene.now_us += 4 * TIME_SECOND_US;
    turns(600);
    expect_no_drop();
    assert_int_equal(scene.store.shards[0].published_seq, scene.damaged_seq - 1);
    assert_non_null(map_get(&scene.store.incidents, TEXT("journal:0:13")));
    expect_closed_after(TIME_MINUTE_US, 50);
    scene.damaged_seq = 0;
    scene.now_us += TIME_MINUTE_US;
    turns(300);
    assert_true(scene.store.shards[0].published_seq > published);
    expect_no_drop();
}

/* An application of number n3 whose only field has this name. */
static const struct fake_command *apply_with(const char *field, int value) {
    bool repeated;
    int64_t id = store_truth_put(&scene.store, TEXT("command"), TEXT("n3"),
                                 text_format(&scene.store.arena, "{\"kind\":\"submit\",\"case\":\"n3\",\"number\":\"n3\",\"source\":\"/web\",\"id\":\"%d\","
                                             "\"thing\":\"pause\",\"region\":\"441300\",\"data\":{\"%s\":%d}}", value, field, value),
                                 text_format(&scene.store.arena, "apply-%d", value), &repeated);
    for (int i = 0; i < 100 && waits(id); i++)
        turns(1);
    return store_truth_command(&scene.store, id);
}

static void test_fields_that_differ_are_named_in_whole_characters(void **state) {
    (void)state;
    char field[256];
    int length = snprintf(field, sizeof field, "a");
    while (length < 248)
        length += snprintf(field + length, sizeof field - (size_t)length, "漢");
    start(false);
    begin_case("");
    assert_int_equal(apply_with(field, 1)->status, 201);
    const struct fake_command *answer = apply_with(field, 2);
    assert_int_equal(answer->status, 409);
    assert_true(text_is_utf8(answer->body));
    assert_non_null(strstr(answer->body.at, field));
}

static void test_messages_are_given_back_in_the_order_in_which_they_were_read(void **state) {
    (void)state;
    scene.is_strange = true;
    start(false);
    turns(20);
    assert_int_equal(scene.store.dead.count, 1);
    assert_true(text_is(vector_at(&scene.store.dead, struct store_dead)[0].value, "rubbish"));
}

static void test_batch_for_which_the_database_needs_too_long_is_taken_apart(void **state) {
    (void)state;
    scene.is_slow = true;
    start(false);
    command_rubbish(50);
    turns(200);
    assert_false(waits(50));
}

static void test_connection_that_ends_while_the_calendar_is_asked_for_is_made_anew(void **state) {
    (void)state;
    scene.loses_reading = true;
    start(false);
    turns(2000);
    assert_true(scene.calendars_asked > 3);
    command_rubbish(1);
    turns(100);
    assert_false(waits(1));
}

/* What stands one behind the other in a shard, of one case and one moment, is one row of the journal. */
static void test_what_sub_cases_of_one_batch_tell_their_parent_stands_together(void **state) {
    (void)state;
    int64_t last = 0;
    uint32_t told = 0;
    start(false);
    publish_pause("");
    publish(TEXT("thing: many\ntitle: {zh-Hant: 眾, zh-Hans: 众, en: Many}\nform: form.json\nsteps:\n  - id: parts\n    kind: thing\n"
                 "    title: {zh-Hant: 停, zh-Hans: 停, en: Parts}\n"
                 "    each: {in: \"${ [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] }\", as: part, gather: all}\n    thing: {name: pause, form: {}}\n"));
    submit("many");
    expect_closed_after(TIME_MINUTE_US, 10);
    const struct fake_case *root = store_truth_case(&scene.store, TEXT("n1"));
    for (uint32_t i = 0; i < root->events.count; i++) {
        const struct store_event *event = vector_at(&root->events, struct store_event *)[i];
        if (!text_is(event->kind, "step_ended") || last == event->seq)
            continue;
        assert_true(last == 0 || (event->seq == last + 1 && event->at_us == scene.now_us - 10 * 5000));
        last = event->seq;
        told++;
    }
    assert_in_range(told, 12, 13);   /* the elements, and maybe the step itself */
}

int main(void) {
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_more_commands_than_a_batch_takes_hold_up_neither_timers_nor_a_calendar),
        T(test_who_tries_inputs_one_at_a_time_comes_to_each_kind_of_them),
        T(test_message_is_named_before_anything_of_it_is_read),
        T(test_timer_that_the_database_refuses_is_an_incident_until_it_is_done),
        T(test_case_that_takes_no_more_data_does_what_is_due),
        T(test_timer_for_which_a_case_has_no_room_is_put_off_and_holds_up_nobody),
        T(test_timer_of_a_case_whose_journal_is_of_a_later_version_is_put_off),
        T(test_journal_that_the_database_can_not_read_holds_up_nobody_else),
        T(test_journal_that_is_too_large_to_read_holds_up_nobody_else),
        T(test_input_for_which_there_is_never_memory_is_refused_and_holds_up_nobody_for_long),
        T(test_shard_that_is_behind_by_large_events_reads_fewer_at_a_time),
        T(test_event_that_can_not_be_read_holds_up_the_messages_behind_it_and_no_input),
        T(test_fields_that_differ_are_named_in_whole_characters),
        T(test_messages_are_given_back_in_the_order_in_which_they_were_read),
        T(test_batch_for_which_the_database_needs_too_long_is_taken_apart),
        T(test_connection_that_ends_while_the_calendar_is_asked_for_is_made_anew),
        T(test_what_sub_cases_of_one_batch_tell_their_parent_stands_together),
    };
    return cmocka_run_group_tests_name("conductor_turn", tests, NULL, NULL);
}
