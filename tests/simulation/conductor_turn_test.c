/* What chance shows too seldom: the conductor on the fakes, each heap as large as it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

#include "model/limits.h"
#include "simulation/conductor_scene.h"

#define TASKS TEXT("441300.d.task.v1")

/* A thing that asks department d for one task with this text. */
static struct text ask(const char *input) {
    return text_format(&scene.store.arena, "thing: ask\ntitle: {zh-Hant: 問, zh-Hans: 問, en: Ask}\nform: form.json\n"
                                           "steps:\n  - {id: s, department: d, input: {a: \"%s\"}}\n", input);
}

static void test_more_commands_than_a_batch_takes_hold_up_neither_timers_nor_a_calendar(void **state) {
    (void)state;
    scene_start(false);
    scene_publish_calendar();
    const struct fake_case *due = scene_timer();
    scene_command_rubbish(20000);
    scene_turns(10);
    assert_true(scene_waits(20000));
    assert_true(scene.store.shards[0].calendar.done);
    assert_int_equal(due->timer_us, TIME_NONE);
}

static void test_who_tries_inputs_one_at_a_time_comes_to_each_kind_of_them(void **state) {
    (void)state;
    scene_start(true);
    const struct fake_case *due = scene_timer();
    scene_send_rubbish(2000);
    scene_command_rubbish(500);
    scene_turns(100);
    assert_in_range(scene.store.dead.count, 10, 99);
    assert_false(scene_waits(1));
    assert_int_equal(due->timer_us, TIME_NONE);
}

static void test_message_is_named_before_anything_of_it_is_read(void **state) {
    (void)state;
    scene_start(true);
    scene_send_rubbish(20);
    scene_turns(60);
    assert_int_equal(scene.store.dead.count, 20);
    assert_int_equal(scene.read_unnamed, 0);
}

static void test_timer_that_the_database_refuses_is_an_incident_until_it_is_done(void **state) {
    (void)state;
    scene_start(false);
    scene_begin_case("");
    scene.store.hooks.refused = "";   /* every event */
    scene.now_us += TIME_MINUTE_US;
    int64_t refused_at_us = scene.now_us;
    scene_turns(600);
    assert_non_null(scene_incident());
    assert_true(text_is(scene_incident()->code, "timer_refused"));
    assert_int_equal(scene.store.dead.count, 0);
    int64_t again_us = store_truth_case(&scene.store, TEXT("n1"))->timer_us;
    assert_in_range(again_us - refused_at_us, 59 * TIME_MINUTE_US, 61 * TIME_MINUTE_US);
    scene.now_us = again_us + 1;
    scene_turns(600);
    assert_true(store_truth_case(&scene.store, TEXT("n1"))->timer_us > scene.now_us);
    assert_in_range(scene_incident()->opened_at_us - refused_at_us, 0, TIME_SECOND_US);   /* the first time */
    scene.store.hooks.refused = NULL;
    scene_expect_closed_after(TIME_HOUR_US, 600);
    assert_int_not_equal(scene_incident()->closed_at_us, TIME_NONE);
}

/* Signals until the case takes not even a small one. */
static void fill_case(void) {
    static char signal[60200];
    for (size_t size = 60000; size >= 8; size /= 2) {
        snprintf(signal, sizeof signal, "\"kind\":\"signal\",\"id\":\"paid\",\"data\":\"%0*d\"", (int)size, 0);
        while (scene_command(signal))
            assert_true(scene_command("\"kind\":\"signal\",\"id\":\"paid\""));   /* else it would be the same again */
    }
}

/* A case that takes no more data; when it has rested, so many steps have to be asked. */
static void full_case(int steps) {
    static char text[65536];
    int length = snprintf(text, sizeof text, "  - id: paid\n    wait: {signal: paid}\n");
    for (int i = 0; i < steps; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, "  - {id: s%d, department: d, needs: [rest], input: {a: 1}}\n", i);
    scene_begin_case(text);
    fill_case();
    scene.now_us = store_truth_case(&scene.store, TEXT("n1"))->timer_us + 1;
    scene_turns(200);
    scene_expect_no_drop();
}

static void test_case_that_takes_no_more_data_does_what_is_due(void **state) {
    (void)state;
    scene_start(false);
    full_case(60);
    const struct fake_case *one = store_truth_case(&scene.store, TEXT("n1"));
    int asked = 0;
    for (uint32_t i = 0; i < one->events.count; i++)
        asked += text_is(vector_at(&one->events, struct store_event *)[i]->kind, "step_asked");
    assert_true(asked >= 60);
    assert_null(scene_incident());
}

static void test_timer_for_which_a_case_has_no_room_is_put_off_and_holds_up_nobody(void **state) {
    (void)state;
    scene_start(false);
    scene_publish_calendar();
    full_case(1020);
    assert_non_null(scene_incident());
    assert_true(store_truth_case(&scene.store, TEXT("n1"))->timer_us > scene.now_us + 50 * TIME_SECOND_US);
}

/* The journal of case n1 can't be read: its timer is put off until it can, and nobody else is held up. */
static void expect_put_off(void) {
    const struct fake_case *one = store_truth_case(&scene.store, TEXT("n1"));
    bool repeated;
    scene.now_us = one->timer_us + 4 * TIME_SECOND_US;   /* whoever was here before is dead */
    int64_t other = store_truth_put(&scene.store, TEXT("command"), TEXT("n2"), TEXT("{\"kind\":\"signal\",\"case\":\"n2\","
                                    "\"source\":\"/web\",\"id\":\"paid\"}"), TEXT("other"), &repeated);
    scene_turns(100);
    assert_false(scene_waits(other));
    scene_expect_no_drop();
    assert_non_null(scene_incident());
    assert_true(one->timer_us != TIME_NONE && one->timer_us > scene.now_us);
}

static void test_timer_of_a_case_whose_journal_is_of_a_later_version_is_put_off(void **state) {
    (void)state;
    scene_start(false);
    scene_begin_case("");
    struct store_event *last = vector_at(&store_truth_case(&scene.store, TEXT("n1"))->events, struct store_event *)[1];
    struct text kind = last->kind;
    last->kind = TEXT("kind_of_the_year_2040");
    scene_start(false);
    expect_put_off();
    last->kind = kind;
    scene_expect_closed_after(TIME_MINUTE_US, 100);
}

static void test_journal_that_the_database_can_not_read_holds_up_nobody_else(void **state) {
    (void)state;
    scene_start(false);
    scene_begin_case("");
    scene.is_damaged = true;
    scene_start(false);
    expect_put_off();
}

static void test_journal_that_is_too_large_to_read_holds_up_nobody_else(void **state) {
    (void)state;
    scene_start(false);
    scene_begin_case("");
    scene.is_huge = true;
    scene_start(false);
    expect_put_off();
    scene.is_huge = false;
    scene_expect_closed_after(TIME_MINUTE_US, 100);
}

static void test_input_for_which_there_is_never_memory_is_refused_and_holds_up_nobody_for_long(void **state) {
    (void)state;
    scene_start(false);
    scene_begin_case("");
    scene.is_short = true;
    scene_start(false);
    scene.now_us += 4 * TIME_SECOND_US;
    assert_false(scene_command("\"kind\":\"signal\",\"id\":\"paid\""));
    assert_int_equal(scene.store.dead.count, 0);
    scene.is_short = false;
    scene_expect_closed_after(TIME_HOUR_US, 200);
}

static void test_shard_that_is_behind_by_large_events_reads_fewer_at_a_time(void **state) {
    (void)state;
    scene_start(false);
    scene_begin_case("");
    scene_turns(300);
    int64_t published = scene.store.shards[0].published_seq;
    assert_true(published > 0);
    scene.store.shards[0].published_seq = 0;
    scene.is_huge = true;
    scene_start(false);
    scene.now_us += 4 * TIME_SECOND_US;
    scene_turns(600);
    scene_expect_no_drop();
    assert_int_equal(scene.store.shards[0].published_seq, published);
}

static void test_event_that_can_not_be_read_holds_up_the_messages_behind_it_and_no_input(void **state) {
    (void)state;
    scene_start(false);
    scene_begin_case("  - id: paid\n    wait: {signal: paid}\n");
    while (scene.store.shards[0].next_seq < 20)
        assert_true(scene_command("\"kind\":\"signal\",\"id\":\"paid\",\"data\":1") && scene_command("\"kind\":\"signal\",\"id\":\"paid\""));
    scene_turns(300);
    int64_t published = scene.store.shards[0].published_seq;
    scene.store.shards[0].published_seq = 0;
    scene.damaged_seq = 13;
    scene_start(false);
    scene.now_us += 4 * TIME_SECOND_US;
    scene_turns(600);
    scene_expect_no_drop();
    assert_int_equal(scene.store.shards[0].published_seq, scene.damaged_seq - 1);
    assert_non_null(map_get(&scene.store.incidents, TEXT("journal:0:13")));
    scene_expect_closed_after(TIME_MINUTE_US, 50);
    scene.damaged_seq = 0;
    scene.now_us += TIME_MINUTE_US;
    scene_turns(300);
    assert_true(scene.store.shards[0].published_seq > published);
    scene_expect_no_drop();
}

static uint32_t tasks_of(const char *number) {
    const struct fake_log *log = bus_truth_topic(&scene.bus, TASKS)->logs;
    uint32_t count = 0;
    for (uint32_t i = 0; i < log->messages.count; i++)
        count += text_is(vector_at(&log->messages, struct bus_message *)[i]->key, number);
    return count;
}

/* Three cases' tasks have left their topic, and the journal of the first can't be read. */
static void expect_others_published_again(bool *trouble) {
    scene.tasks_check_us = TIME_SECOND_US / 10;   /* and so within one heartbeat several times */
    assert_true(bus_truth_topic_make(&scene.bus, TASKS, 1));
    scene_start(false);
    scene_publish(ask(""));
    for (int i = 1; i <= 3; i++)
        scene_submit(text_format(&scene.store.arena, "n%d", i), "ask");
    scene_turns(100);
    assert_true(tasks_of("n1") > 0 && tasks_of("n2") > 0 && tasks_of("n3") > 0);
    bus_truth_empty(&scene.bus, TASKS);
    *trouble = true;
    scene_turns(500);
    assert_true(tasks_of("n1") == 0 && tasks_of("n2") > 0 && tasks_of("n3") > 0);
    assert_non_null(map_get(&scene.store.incidents, TEXT("n1:tasks:441300.d.task.v1")));
    scene_expect_no_drop();
}

static void test_tasks_that_left_their_topic_are_published_again_whatever_journal_the_database_can_not_read(void **state) {
    (void)state;
    expect_others_published_again(&scene.is_damaged);
}

static void test_tasks_that_left_their_topic_are_published_again_however_large_a_journal_is(void **state) {
    (void)state;
    expect_others_published_again(&scene.is_huge);
}

/* An application of number n3 whose only field has this name. */
static const struct fake_command *apply_with(const char *field, int value) {
    bool repeated;
    int64_t id = store_truth_put(&scene.store, TEXT("command"), TEXT("n3"),
                                 text_format(&scene.store.arena, "{\"kind\":\"submit\",\"case\":\"n3\",\"number\":\"n3\",\"source\":\"/web\",\"id\":\"%d\","
                                             "\"thing\":\"pause\",\"region\":\"441300\",\"data\":{\"%s\":%d}}", value, field, value),
                                 text_format(&scene.store.arena, "apply-%d", value), &repeated);
    for (int i = 0; i < 100 && scene_waits(id); i++)
        scene_turns(1);
    return store_truth_command(&scene.store, id);
}

static void test_fields_that_differ_are_named_in_whole_characters(void **state) {
    (void)state;
    char field[256];
    int length = snprintf(field, sizeof field, "a");
    while (length < 248)
        length += snprintf(field + length, sizeof field - (size_t)length, "漢");
    scene_start(false);
    scene_begin_case("");
    assert_int_equal(apply_with(field, 1)->status, 201);
    const struct fake_command *answer = apply_with(field, 2);
    assert_int_equal(answer->status, 409);
    assert_true(text_is_utf8(answer->body));
    assert_non_null(strstr(answer->body.at, field));
}

static void test_messages_are_given_back_in_the_order_in_which_they_were_read(void **state) {
    (void)state;
    scene.is_strange = true;
    scene_start(false);
    scene_turns(20);
    assert_int_equal(scene.store.dead.count, 1);
    assert_true(text_is(vector_at(&scene.store.dead, struct store_dead)[0].value, "rubbish"));
}

static void test_batch_for_which_the_database_needs_too_long_is_taken_apart(void **state) {
    (void)state;
    scene.is_slow = true;
    scene_start(false);
    scene_command_rubbish(50);
    scene_turns(200);
    assert_false(scene_waits(50));
}

static void test_connection_that_ends_while_the_calendar_is_asked_for_is_made_anew(void **state) {
    (void)state;
    scene.loses_reading = true;
    scene_start(false);
    scene_turns(2000);
    assert_true(scene.calendars_asked > 3);
    scene_command_rubbish(1);
    scene_turns(100);
    assert_false(scene_waits(1));
}

/* What stands one behind the other in a shard, of one case and one moment, is one row of the journal. */
static void test_what_sub_cases_of_one_batch_tell_their_parent_stands_together(void **state) {
    (void)state;
    int64_t last = 0;
    uint32_t told = 0;
    scene_start(false);
    scene_publish_pause("");
    scene_publish(TEXT("thing: many\ntitle: {zh-Hant: 眾, zh-Hans: 众, en: Many}\nform: form.json\nsteps:\n  - id: parts\n    kind: thing\n"
                 "    title: {zh-Hant: 停, zh-Hans: 停, en: Parts}\n"
                 "    each: {in: \"${ [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] }\", as: part, gather: all}\n    thing: {name: pause, form: {}}\n"));
    scene_submit(TEXT("n1"), "many");
    scene_expect_closed_after(TIME_MINUTE_US, 10);
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

/* Partition 0 has no leader, and so many cases ask one task each. */
static void begin_leaderless(const char *input, int cases) {
    scene.is_leaderless = true;
    assert_true(bus_truth_topic_make(&scene.bus, TASKS, 2));
    assert_true(bus_truth_topic_make(&scene.bus, TEXT("441300.case.v1"), 2));
    scene_start(false);
    scene_publish(ask(input));
    for (int i = 0; i < cases; i++)
        scene_submit(text_format(&scene.store.arena, "n%d", i), "ask");
    scene_turns(100);
}

/* Its own messages wait, those of the other shard do not, and neither do inputs. */
static void test_partition_that_takes_nothing_holds_up_its_own_shard_alone(void **state) {
    (void)state;
    uint32_t of_shard[2] = {0};
    scene.publications_most = 20;
    begin_leaderless("", 100);
    const struct fake_log *tasks = bus_truth_topic(&scene.bus, TASKS)->logs;
    for (int i = 0; i < 100; i++) {
        const struct fake_case *one = store_truth_case(&scene.store, text_format(&scene.store.arena, "n%d", i));
        assert_non_null(one);
        of_shard[one->row.shard]++;
    }
    assert_true(of_shard[0] > 20 && of_shard[1] > 20);
    assert_int_equal(tasks[1].messages.count, of_shard[1]);
    assert_int_equal(tasks[0].messages.count, 0);
    assert_in_range(scene.times_read, 0, 20);   /* not with every turn, for nothing */
    scene.is_leaderless = false;
    scene.now_us += SCENE_LEADERLESS_US;   /* what was handed over lands */
    scene_turns(300);
    assert_int_equal(tasks[0].messages.count, of_shard[0]);
    scene_expect_no_drop();
}

static void test_partition_that_takes_nothing_fills_no_more_memory_than_its_share(void **state) {
    (void)state;
    static char input[250001];
    memset(input, 'x', sizeof input - 1);
    scene.publications_most = 100000;
    begin_leaderless(input, 320);
    const struct bus_client *client = vector_at(&scene.bus.clients, struct bus_client *)[0];
    size_t bytes = 0;
    for (uint32_t i = 0; i < client->sendings.count; i++)
        bytes += vector_at(&client->sendings, struct fake_sending *)[i]->message.value.length;
    assert_in_range(bytes, LIMIT_publications_bytes_most / 2, LIMIT_publications_bytes_most / 2 + sizeof input * 2);
}

int main(void) {
#define T(test) cmocka_unit_test_setup_teardown(test, scene_set_up, scene_tear_down)
#define T2(test) cmocka_unit_test_setup_teardown(test, scene_set_up_two_shards, scene_tear_down)
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
        T(test_tasks_that_left_their_topic_are_published_again_whatever_journal_the_database_can_not_read),
        T(test_tasks_that_left_their_topic_are_published_again_however_large_a_journal_is),
        T(test_fields_that_differ_are_named_in_whole_characters),
        T(test_messages_are_given_back_in_the_order_in_which_they_were_read),
        T(test_batch_for_which_the_database_needs_too_long_is_taken_apart),
        T(test_connection_that_ends_while_the_calendar_is_asked_for_is_made_anew),
        T(test_what_sub_cases_of_one_batch_tell_their_parent_stands_together),
        T2(test_partition_that_takes_nothing_holds_up_its_own_shard_alone),
        T2(test_partition_that_takes_nothing_fills_no_more_memory_than_its_share),
    };
    return cmocka_run_group_tests_name("conductor_turn", tests, NULL, NULL);
}
