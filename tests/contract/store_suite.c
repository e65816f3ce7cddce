/* The contract of port/store.h as tests. */
#include "store_suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#define AT INT64_C(1900000000000000)   /* a moment in 2030: no partition of its own is needed for it */

static const struct store_world *world;

struct scene { struct arena arena; struct store_port a, b; struct error error; };

static int set_up(void **state) {
    static struct scene scene;
    memset(&scene, 0, sizeof scene);
    arena_init(&scene.arena, (size_t)64 << 20);
    world->reset(world->context);
    scene.a = world->make(world->context, "a");
    scene.b = world->make(world->context, "b");
    assert_int_equal(scene.a.open(scene.a.context, &scene.error), OUTCOME_OK);
    assert_int_equal(scene.b.open(scene.b.context, &scene.error), OUTCOME_OK);
    *state = &scene;
    return 0;
}

static int tear_down(void **state) {
    struct scene *s = *state;
    s->a.close(s->a.context);
    s->b.close(s->b.context);
    arena_free(&s->arena);
    return 0;
}

static struct store_shard take_one(struct scene *s, struct store_port *port, const char *instance, int32_t shard) {
    struct store_shard *taken = NULL;
    uint32_t count = 0;
    assert_int_equal(port->take(port->context, text_from(instance), &shard, 1, &s->arena, &taken, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 1);
    assert_int_equal(taken[0].shard, shard);
    return taken[0];
}

static struct store_event event_of_shard(const struct store_shard *shard, int64_t seq, const char *case_id, int32_t version) {
    return (struct store_event){.shard = shard->shard, .seq = seq, .case_id = text_from(case_id), .version = version, .at_us = AT,
                                .kind = TEXT("step_asked"), .step = TEXT("tax"), .data = TEXT("{\"a\":1}")};
}

static enum store_fate commit(struct scene *s, struct store_port *port, const struct store_batch *batch) {
    int32_t *fenced = NULL;
    uint32_t count = 0;
    return store_commit_whole(port, batch, &s->arena, &fenced, &count, &s->error);
}

static uint32_t events_after(struct scene *s, struct store_port *port, int32_t shard, int64_t after, struct store_event **ret) {
    uint32_t count = 0;
    assert_int_equal(port->events_after(port->context, shard, after, 1000, &s->arena, ret, &count, &s->error), OUTCOME_OK);
    return count;
}

static void test_fresh_store_gives_every_shard_under_its_first_epoch(void **state) {
    struct scene *s = *state;
    assert_int_equal(s->a.shard_count(s->a.context), STORE_SUITE_SHARDS);
    int32_t wanted[STORE_SUITE_SHARDS];
    for (int32_t i = 0; i < STORE_SUITE_SHARDS; i++)
        wanted[i] = i;
    struct store_shard *taken = NULL;
    uint32_t count = 0;
    assert_int_equal(s->a.take(s->a.context, TEXT("a"), wanted, STORE_SUITE_SHARDS, &s->arena, &taken, &count, &s->error),
                     OUTCOME_OK);
    assert_int_equal(count, STORE_SUITE_SHARDS);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(taken[i].epoch, 1);
        assert_int_equal(taken[i].next_seq, 1);
        assert_int_equal(taken[i].published_seq, 0);
        assert_false(taken[i].unclean);
        assert_true(text_is_none(taken[i].trying));
    }
}

static void test_committed_events_are_read_back_bytes_unchanged(void **state) {
    struct scene *s = *state;
    struct store_shard shard = take_one(s, &s->a, "a", 3);
    struct store_event events[3] = {event_of_shard(&shard, 1, "n1", 1), event_of_shard(&shard, 2, "n1", 2),
                                    event_of_shard(&shard, 3, "n2", 1)};
    events[1].data = TEXT("{ \"b\" : 1.0 ,\"a\":\"\xe4\xbd\x8f\xe5\xbb\xba \xf0\x9f\x8f\xa0\",  \"a2\":[] }");
    events[2].step = TEXT_NONE;
    shard.next_seq = 4;
    shard.published_seq = 2;
    struct store_batch batch = {.shards = &shard, .shard_count = 1, .events = events, .event_count = 3};
    assert_int_equal(commit(s, &s->a, &batch), STORE_COMMITTED);

    struct store_event *read = NULL;
    assert_int_equal(events_after(s, &s->b, 3, 1, &read), 2);
    assert_int_equal(read[0].seq, 2);
    assert_true(text_equal(read[0].data, events[1].data));
    assert_int_equal(read[0].at_us, AT);
    assert_true(text_is_none(read[1].step));
    uint32_t count = 0;
    struct text ids[] = {TEXT("n2"), TEXT("n1"), TEXT("missing")};
    assert_int_equal(s->b.journals(s->b.context, ids, 3, &s->arena, &read, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 3);
    assert_true(text_is(read[0].case_id, "n1") && read[0].version == 1 && read[1].version == 2);
    assert_true(text_is(read[2].case_id, "n2"));
    shard = take_one(s, &s->a, "a", 3);
    assert_int_equal(shard.next_seq, 4);
    assert_int_equal(shard.published_seq, 2);
}

static void test_stale_epoch_is_fenced_by_name_and_nothing_is_written(void **state) {
    struct scene *s = *state;
    struct store_shard old[3] = {take_one(s, &s->a, "a", 2), take_one(s, &s->a, "a", 5), take_one(s, &s->a, "a", 7)};
    struct store_shard newer = take_one(s, &s->b, "b", 5);
    assert_int_equal(newer.epoch, old[1].epoch + 1);
    /* Taking may end the former owner's session: it connects again and does not know better. */
    assert_int_equal(s->a.open(s->a.context, &s->error), OUTCOME_OK);
    struct store_event events[] = {event_of_shard(&old[0], 1, "n1", 1), event_of_shard(&old[1], 1, "n2", 1)};
    struct store_offset offset = {.shard = 2, .topic = TEXT("t"), .next = 9};
    struct store_batch batch = {.shards = old, .shard_count = 3, .events = events, .event_count = 2, .offsets = &offset,
                                .offset_count = 1};
    int32_t *fenced = NULL;
    uint32_t fenced_count = 0, count = 0;
    assert_int_equal(store_commit_whole(&s->a, &batch, &s->arena, &fenced, &fenced_count, &s->error), STORE_FENCED);
    assert_int_equal(fenced_count, 1);
    assert_int_equal(fenced[0], 5);
    struct store_event *read = NULL;
    struct store_offset *offsets = NULL;
    assert_int_equal(events_after(s, &s->a, 2, 0, &read), 0);
    int32_t two = 2;
    assert_int_equal(s->a.offsets(s->a.context, &two, 1, &s->arena, &offsets, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 0);
    /* Without the lost shard the rest goes through, on the same connection. */
    struct store_shard rest[] = {old[0], old[2]};
    batch = (struct store_batch){.shards = rest, .shard_count = 2, .events = events, .event_count = 1};
    assert_int_equal(commit(s, &s->a, &batch), STORE_COMMITTED);
}

static void test_every_lost_shard_is_named(void **state) {
    struct scene *s = *state;
    struct store_shard old[3] = {take_one(s, &s->a, "a", 0), take_one(s, &s->a, "a", 10), take_one(s, &s->a, "a", 11)};
    take_one(s, &s->b, "b", 0);
    take_one(s, &s->b, "b", 11);
    assert_int_equal(s->a.open(s->a.context, &s->error), OUTCOME_OK);
    struct store_batch batch = {.shards = old, .shard_count = 3};
    int32_t *fenced = NULL;
    uint32_t count = 0;
    assert_int_equal(store_commit_whole(&s->a, &batch, &s->arena, &fenced, &count, &s->error), STORE_FENCED);
    assert_int_equal(count, 2);
    assert_int_equal(fenced[0], 0);
    assert_int_equal(fenced[1], 11);
}

static void test_refused_row_leaves_nothing_and_the_store_usable(void **state) {
    struct scene *s = *state;
    struct store_shard shard = take_one(s, &s->a, "a", 1);
    struct store_event events[] = {event_of_shard(&shard, 1, "n1", 1), event_of_shard(&shard, 1, "n1", 2)};
    struct store_batch batch = {.shards = &shard, .shard_count = 1, .events = events, .event_count = 2};
    assert_int_equal(commit(s, &s->a, &batch), STORE_REFUSED);
    struct store_event *read = NULL;
    assert_int_equal(events_after(s, &s->a, 1, 0, &read), 0);
    batch.event_count = 1;
    assert_int_equal(commit(s, &s->a, &batch), STORE_COMMITTED);
    assert_int_equal(commit(s, &s->a, &batch), STORE_REFUSED);   /* the same number again */
    assert_int_equal(events_after(s, &s->a, 1, 0, &read), 1);
}

static void test_offsets_move_with_the_batch(void **state) {
    struct scene *s = *state;
    struct store_shard shard = take_one(s, &s->a, "a", 4);
    struct store_offset offsets[] = {{4, TEXT("t1"), 10}, {4, TEXT("t2"), 20}};
    struct store_batch batch = {.shards = &shard, .shard_count = 1, .offsets = offsets, .offset_count = 2};
    assert_int_equal(commit(s, &s->a, &batch), STORE_COMMITTED);
    offsets[1].next = 21;
    assert_int_equal(commit(s, &s->a, &batch), STORE_COMMITTED);
    struct store_offset *read = NULL;
    uint32_t count = 0;
    int32_t shards[] = {4, 5};
    assert_int_equal(s->b.offsets(s->b.context, shards, 2, &s->arena, &read, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 2);
    assert_int_equal(read[0].next, 10);
    assert_int_equal(read[1].next, 21);
}

static struct store_case case_row_of(const char *id, int32_t shard, const char *phase) {
    return (struct store_case){.case_id = text_from(id), .root = text_from(id), .thing = TEXT("t"),
                               .definition_hash = TEXT("h"), .region = TEXT("441300"), .phase = text_from(phase),
                               .shard = shard, .version = 1, .started_at_us = AT, .changed_at_us = AT,
                               .closed_at_us = TIME_NONE, .row = STORE_ROW_NEW};
}

static void test_cases_come_in_the_order_of_their_ids(void **state) {
    struct scene *s = *state;
    struct store_shard shard[] = {take_one(s, &s->a, "a", 4), take_one(s, &s->a, "a", 6)};
    struct store_case rows[] = {case_row_of("b", 4, "running"), case_row_of("B", 6, "closed"), case_row_of("a/x.1", 4, "stopping"),
                                case_row_of("\xe4\xba\x8c", 4, "running")};
    struct store_batch batch = {.shards = shard, .shard_count = 2, .cases = rows, .case_count = 4};
    assert_int_equal(commit(s, &s->a, &batch), STORE_COMMITTED);
    struct store_case_place *found = NULL;
    uint32_t count = 0;
    assert_int_equal(s->b.cases_after(s->b.context, TEXT_NONE, 10, &s->arena, &found, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 4);   /* by bytes: capitals first, letters of other scripts last */
    assert_true(text_is(found[0].case_id, "B") && !found[0].open && found[0].shard == 6);
    assert_true(text_is(found[1].case_id, "a/x.1") && found[1].open && found[1].shard == 4);
    assert_true(text_is(found[2].case_id, "b") && text_is(found[3].case_id, "\xe4\xba\x8c"));
    assert_int_equal(s->b.cases_after(s->b.context, TEXT("a/x.1"), 1, &s->arena, &found, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 1);
    assert_true(text_is(found[0].case_id, "b"));
}

static struct store_step asked_step(const char *case_id, int32_t index, const char *state, const char *department, int64_t at_us) {
    return (struct store_step){.case_id = text_from(case_id), .step = TEXT("tax"), .index = index, .state = text_from(state), .shard = 4,
                               .department = text_from(department), .region = TEXT("441300"), .kind = TEXT("task"), .attempt = 1,
                               .asked_at_us = at_us, .ended_at_us = TIME_NONE, .due_at_us = TIME_NONE};
}

static void test_what_departments_have_not_answered_is_told_by_office_and_a_compensation_by_the_one_it_went_to(void **state) {
    struct scene *s = *state;
    struct store_shard shard = take_one(s, &s->a, "a", 4);
    struct store_case cases[] = {case_row_of("n1", 4, "running"), case_row_of("n2", 4, "running"), case_row_of("n3", 4, "stopping")};
    struct store_step steps[] = {asked_step("n1", 0, "running", "tax", AT + 2), asked_step("n1", 1, "granted", "tax", AT),
                                 asked_step("n2", -1, "cancelling", "tax", AT + 1), asked_step("n3", -1, "undoing", "tax", AT),
                                 asked_step("n2", 3, "stuck", "tax", AT)};
    struct store_event undo = {.shard = 4, .seq = 1, .case_id = TEXT("n3"), .version = 1, .at_us = AT + 5, .kind = TEXT("undo_asked"),
                               .step = TEXT("tax"), .data = TEXT("{\"department\":\"housing\",\"region\":\"441302\"}")};
    shard.next_seq = 2;
    struct store_batch batch = {.shards = &shard, .shard_count = 1, .cases = cases, .case_count = 3, .steps = steps, .step_count = 5,
                                .events = &undo, .event_count = 1};
    assert_int_equal(commit(s, &s->a, &batch), STORE_COMMITTED);
    struct store_asked *found = NULL;
    uint32_t count = 0;
    assert_int_equal(s->b.asked_offices(s->b.context, (int32_t[]){4}, 1, &s->arena, &found, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        bool is_tax = text_is(found[i].department, "tax");
        assert_true(is_tax || (text_is(found[i].department, "housing") && text_is(found[i].region, "441302")));
        assert_int_equal(found[i].asked_at_us, is_tax ? AT + 1 : AT + 5);
        assert_int_equal(found[i].shard, 4);
    }
    assert_int_equal(s->b.asked_offices(s->b.context, (int32_t[]){3}, 1, &s->arena, &found, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 0);
    struct store_asked after = {.shard = 4, .department = TEXT("tax"), .region = TEXT("441300"), .asked_at_us = TIME_NONE};
    assert_int_equal(s->b.asked_steps(s->b.context, &after, AT + 3, 10, &s->arena, &found, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 2);
    assert_true(text_is(found[0].case_id, "n2") && found[0].index == -1 && text_is(found[1].case_id, "n1") && found[1].index == 0);
    after = found[0];
    assert_int_equal(s->b.asked_steps(s->b.context, &after, AT + 3, 1, &s->arena, &found, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 1);
    assert_true(text_is(found[0].case_id, "n1"));
    after = found[0];
    assert_int_equal(s->b.asked_steps(s->b.context, &after, AT + 3, 1, &s->arena, &found, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 0);
    after = (struct store_asked){.shard = 4, .department = TEXT("housing"), .region = TEXT("441302"), .asked_at_us = TIME_NONE};
    assert_int_equal(s->b.asked_steps(s->b.context, &after, AT + 6, 10, &s->arena, &found, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 1);
    assert_true(text_is(found[0].case_id, "n3") && found[0].asked_at_us == AT + 5);
}

static void test_progress_of_a_calendar_is_written_with_the_batch_and_fenced(void **state) {
    struct scene *s = *state;
    struct store_shard shard = take_one(s, &s->a, "a", 4);
    struct store_calendar row = {4, TEXT("v1"), TEXT("case 7"), false};
    struct store_batch batch = {.shards = &shard, .shard_count = 1, .calendars = &row, .calendar_count = 1};
    int32_t shards[] = {3, 4};
    struct store_calendar *found = NULL;
    uint32_t count = 9;
    assert_int_equal(s->a.calendar_progress(s->a.context, shards, 2, &s->arena, &found, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 0);
    assert_int_equal(commit(s, &s->a, &batch), STORE_COMMITTED);
    row = (struct store_calendar){4, TEXT("v2"), TEXT(""), true};
    assert_int_equal(commit(s, &s->a, &batch), STORE_COMMITTED);
    take_one(s, &s->b, "b", 4);
    row.after = TEXT("of one who lost it");
    assert_int_not_equal(commit(s, &s->a, &batch), STORE_COMMITTED);
    assert_int_equal(s->b.calendar_progress(s->b.context, shards, 2, &s->arena, &found, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 1);
    assert_true(found[0].shard == 4 && text_is(found[0].version, "v2") && text_is(found[0].after, "") && found[0].done);
}

static void test_store_without_a_calendar_says_so(void **state) {
    struct scene *s = *state;
    struct text version = TEXT("?"), canonical = TEXT("?");
    assert_int_equal(s->a.calendar(s->a.context, TEXT_NONE, &s->arena, &version, &canonical, &s->error), OUTCOME_OK);
    assert_true(text_is_none(version) && text_is_none(canonical));
}

static void test_timers_come_in_order_of_their_due_moment(void **state) {
    struct scene *s = *state;
    struct store_shard shard[2] = {take_one(s, &s->a, "a", 4), take_one(s, &s->a, "a", 6)};
    struct store_timer timers[] = {{TEXT("late"), 4, AT + 9}, {TEXT("early"), 6, AT - 5}, {TEXT("mid"), 4, AT}, {TEXT("gone"), 4, AT}};
    struct store_batch batch = {.shards = shard, .shard_count = 2, .timers = timers, .timer_count = 4};
    assert_int_equal(commit(s, &s->a, &batch), STORE_COMMITTED);
    timers[0] = (struct store_timer){TEXT("gone"), 4, TIME_NONE};
    timers[1] = (struct store_timer){TEXT("late"), 4, AT - 9};
    batch.timer_count = 2;
    assert_int_equal(commit(s, &s->a, &batch), STORE_COMMITTED);
    struct store_due *due = NULL;
    uint32_t count = 0;
    int32_t shards[] = {4, 6, 7};
    assert_int_equal(s->a.timers(s->a.context, shards, 3, AT, 10, &s->arena, &due, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 3);
    assert_true(text_is(due[0].case_id, "late") && due[0].due_at_us == AT - 9);
    assert_true(text_is(due[1].case_id, "early"));
    assert_true(text_is(due[2].case_id, "mid"));
    assert_int_equal(s->a.timers(s->a.context, shards, 1, AT - 1, 10, &s->arena, &due, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 1);
    assert_int_equal(s->a.timers(s->a.context, shards, 3, AT, 2, &s->arena, &due, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 2);
    /* Of one shard, too, the earliest is not left out for want of room. */
    assert_int_equal(s->a.timers(s->a.context, shards, 1, AT, 1, &s->arena, &due, &count, &s->error), OUTCOME_OK);
    assert_true(count == 1 && text_is(due[0].case_id, "late"));
}

static void test_forwarded_input_waits_in_the_other_shards_inbox_until_it_is_done(void **state) {
    struct scene *s = *state;
    struct store_shard shard[2] = {take_one(s, &s->a, "a", 4), take_one(s, &s->a, "a", 9)};
    struct store_forward forwards[] = {{9, TEXT("n1"), TEXT("answer"), TEXT("{\"x\":1}"), TEXT("k1")},
                                       {9, TEXT("n2"), TEXT("answer"), TEXT("{}"), TEXT_NONE}};
    struct store_batch batch = {.shards = shard, .shard_count = 1, .forwards = forwards, .forward_count = 2};
    assert_int_equal(commit(s, &s->a, &batch), STORE_COMMITTED);
    int32_t four = 4, nine = 9;
    struct store_inbox *inbox = NULL;
    uint32_t count = 0;
    assert_int_equal(s->a.inbox(s->a.context, &four, 1, 10, &s->arena, &inbox, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 0);
    assert_int_equal(s->a.inbox(s->a.context, &nine, 1, 10, &s->arena, &inbox, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 2);
    assert_true(text_is(inbox[0].root, "n1") && text_is(inbox[0].kind, "answer") && text_is(inbox[0].data, "{\"x\":1}"));
    assert_true(text_is(inbox[0].idempotency_key, "k1") && text_is_none(inbox[1].idempotency_key));
    batch = (struct store_batch){.shards = &shard[1], .shard_count = 1, .inbox_done = &inbox[0].id, .inbox_done_count = 1};
    assert_int_equal(commit(s, &s->a, &batch), STORE_COMMITTED);
    int64_t left = inbox[1].id;
    assert_int_equal(s->a.inbox(s->a.context, &nine, 1, 10, &s->arena, &inbox, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 1);
    assert_int_equal(inbox[0].id, left);
}

static void test_shard_let_go_in_order_is_clean_and_ownerless(void **state) {
    struct scene *s = *state;
    struct store_shard shard = take_one(s, &s->a, "a", 8);
    struct text *owners = NULL;
    assert_int_equal(s->b.owners(s->b.context, &s->arena, &owners, &s->error), OUTCOME_OK);
    assert_true(text_is(owners[8], "a"));
    assert_true(text_is_none(owners[7]));
    shard.published_seq = 5; /* acknowledged behind the last batch */
    assert_int_equal(s->a.let_go(s->a.context, &shard, 1, &s->error), OUTCOME_OK);
    assert_int_equal(s->b.owners(s->b.context, &s->arena, &owners, &s->error), OUTCOME_OK);
    assert_true(text_is_none(owners[8]));
    shard = take_one(s, &s->b, "b", 8);
    assert_false(shard.unclean);
    assert_int_equal(shard.published_seq, 5);
    assert_int_equal(shard.epoch, 2);
}

static void test_shard_not_let_go_is_unclean_and_a_former_owner_can_not_let_it_go(void **state) {
    struct scene *s = *state;
    struct store_shard old = take_one(s, &s->a, "a", 8);
    struct store_shard now = take_one(s, &s->b, "b", 8);
    assert_true(now.unclean);
    assert_int_equal(s->a.open(s->a.context, &s->error), OUTCOME_OK);
    assert_int_equal(s->a.let_go(s->a.context, &old, 1, &s->error), OUTCOME_OK);
    struct store_batch batch = {.shards = &now, .shard_count = 1};
    assert_int_equal(commit(s, &s->b, &batch), STORE_COMMITTED);
    struct text *owners = NULL;
    assert_int_equal(s->b.owners(s->b.context, &s->arena, &owners, &s->error), OUTCOME_OK);
    assert_true(text_is(owners[8], "b"));
}

static void test_input_tried_at_a_death_is_named_and_counted(void **state) {
    struct scene *s = *state;
    struct store_shard shard = take_one(s, &s->a, "a", 8);
    shard.trying = TEXT("t@8:17");
    assert_int_equal(s->a.trying(s->a.context, &shard, &s->error), OUTCOME_OK);
    shard = take_one(s, &s->a, "a", 8);   /* the same process again: no death */
    assert_true(text_is(shard.trying, "t@8:17"));
    assert_int_equal(shard.trying_deaths, 0);
    shard = take_one(s, &s->b, "b", 8);
    assert_true(text_is(shard.trying, "t@8:17") && shard.unclean);
    assert_int_equal(shard.trying_deaths, 1);
    /* b never comes to it: its death is no death of this input. (Who takes ends the other's session.) */
    assert_int_equal(s->a.open(s->a.context, &s->error), OUTCOME_OK);
    shard = take_one(s, &s->a, "a", 8);
    assert_int_equal(shard.trying_deaths, 1);
    assert_int_equal(s->b.open(s->b.context, &s->error), OUTCOME_OK);
    shard = take_one(s, &s->b, "b", 8);
    assert_int_equal(shard.trying_deaths, 1);
    /* A batch without it forgets it. */
    shard.trying = TEXT_NONE;
    shard.trying_deaths = 0;
    struct store_batch batch = {.shards = &shard, .shard_count = 1};
    assert_int_equal(commit(s, &s->b, &batch), STORE_COMMITTED);
    shard = take_one(s, &s->b, "b", 8);
    assert_true(text_is_none(shard.trying));
    assert_int_equal(shard.trying_deaths, 0);
}

static void test_input_can_not_be_named_by_a_former_owner(void **state) {
    struct scene *s = *state;
    struct store_shard old = take_one(s, &s->a, "a", 8);
    take_one(s, &s->b, "b", 8);
    assert_int_equal(s->a.open(s->a.context, &s->error), OUTCOME_OK);
    old.trying = TEXT("x");
    assert_int_equal(s->a.trying(s->a.context, &old, &s->error), OUTCOME_RETRY);
    assert_string_equal(s->error.code, "store_fenced");
}

static void test_members_are_those_seen_lately(void **state) {
    struct scene *s = *state;
    struct text *members = NULL;
    uint32_t count = 0;
    assert_int_equal(s->a.heartbeat(s->a.context, TEXT("a"), 5 * TIME_SECOND_US, &s->arena, &members, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 1);
    assert_int_equal(s->b.heartbeat(s->b.context, TEXT("b"), 5 * TIME_SECOND_US, &s->arena, &members, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 2);
    assert_true(text_is(members[0], "a") && text_is(members[1], "b"));
    /* One that has just been seen is not counted with a time to live of nothing, but oneself always is. */
    assert_int_equal(s->b.heartbeat(s->b.context, TEXT("b"), 0, &s->arena, &members, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 1);
    assert_int_equal(s->a.leave(s->a.context, TEXT("a"), &s->error), OUTCOME_OK);
    assert_int_equal(s->b.heartbeat(s->b.context, TEXT("b"), 5 * TIME_SECOND_US, &s->arena, &members, &count, &s->error), OUTCOME_OK);
    assert_int_equal(count, 1);
}

static void test_what_is_unread_of_a_shard_is_noted_and_noted_again(void **state) {
    struct scene *s = *state;
    static const int32_t shards[] = {0, 1};
    assert_int_equal(s->a.note_unread(s->a.context, shards, (const int64_t[]){5, -1}, 2, &s->error), OUTCOME_OK);
    assert_int_equal(s->b.note_unread(s->b.context, shards, (const int64_t[]){0, 1234567890123}, 2, &s->error), OUTCOME_OK);
}

static void ask_numbers(struct scene *s, const struct store_port *port, struct store_number *numbers, uint32_t count) {
    assert_int_equal(port->numbers(port->context, numbers, count, &s->arena, &s->error), OUTCOME_OK);
}

static void test_application_without_a_number_keeps_the_one_it_is_given(void **state) {
    struct scene *s = *state;
    struct store_number first[] = {{TEXT("/intake"), TEXT("a"), TEXT("441300"), AT, 0}, {TEXT("/intake"), TEXT("b"), TEXT("441300"), AT, 0},
                                   {TEXT("/intake"), TEXT("a"), TEXT("441302"), AT, 0}};
    ask_numbers(s, &s->a, first, 3);
    assert_true(first[0].value >= 1 && first[1].value != first[0].value);
    assert_int_equal(first[2].value, first[0].value);   /* twice in one call */
    assert_true(text_is(first[2].region, "441300"));
    struct store_number again[] = {{TEXT("/intake"), TEXT("b"), TEXT("441302"), AT + TIME_DAY_US, 0},
                                   {TEXT("/other"), TEXT("a"), TEXT("441302"), AT + TIME_DAY_US, 0}};
    ask_numbers(s, &s->b, again, 2);   /* another daemon, another day */
    assert_int_equal(again[0].value, first[1].value);
    assert_int_equal(again[0].at_us, AT);
    assert_true(text_is(again[0].region, "441300"));
    assert_true(again[1].value != first[0].value && again[1].value != first[1].value);
    assert_int_equal(again[1].at_us, AT + TIME_DAY_US);
}

static void test_full_batch_of_every_kind_of_row_commits_twice(void **state) {
    struct scene *s = *state;
    struct store_shard shard = take_one(s, &s->a, "a", 4);
    struct store_case cases[] = {{.case_id = TEXT("n1"), .root = TEXT("n1"), .thing = TEXT("sale"), .definition_hash = TEXT("h"),
                                  .region = TEXT("441300"), .phase = TEXT("running"), .outcome = TEXT("none"), .shard = 4,
                                  .version = 2, .started_at_us = AT, .changed_at_us = AT, .closed_at_us = TIME_NONE}};
    struct store_step steps[] = {{.case_id = TEXT("n1"), .step = TEXT("tax"), .index = -1, .state = TEXT("running"), .shard = 4,
                                  .kind = TEXT("task"), .attempt = 1, .asked_at_us = AT, .ended_at_us = TIME_NONE,
                                  .due_at_us = TIME_NONE},
                                 {.case_id = TEXT("n1"), .step = TEXT("gas"), .index = 0, .state = TEXT("waiting"), .shard = 4,
                                  .kind = TEXT("task"), .asked_at_us = TIME_NONE, .ended_at_us = TIME_NONE,
                                  .due_at_us = TIME_NONE}};
    struct store_incident incident = {.id = TEXT("n1:tax:1"), .case_id = TEXT("n1"), .step = TEXT("tax"), .index = -1, .shard = 4,
                                      .code = TEXT("stuck"), .message = TEXT("gave up"), .opened_at_us = AT,
                                      .closed_at_us = TIME_NONE};
    struct store_dead dead = {.shard = 4, .topic = TEXT("t"), .partition = 4, .offset = 3, .at_us = AT, .code = TEXT("json_utf8"),
                              .message = TEXT("no"), .key = TEXT_NONE, .headers = TEXT("{}"), .value = {"\xff\x00\x01", 3}};
    struct store_unsent unsent = {.shard = 4, .seq = 1, .topic = TEXT("t"), .reason = TEXT("too large"), .at_us = AT};
    struct store_answer answer = {.inbox_id = 1, .status = 202, .body = TEXT("{}")};
    struct store_batch batch = {.shards = &shard, .shard_count = 1, .cases = cases, .case_count = 1, .steps = steps, .step_count = 2,
                                .incidents = &incident, .incident_count = 1, .dead = &dead, .dead_count = 1, .unsent = &unsent,
                                .unsent_count = 1, .answers = &answer, .answer_count = 1};
    if (commit(s, &s->a, &batch) != STORE_COMMITTED)
        fail_msg("%s", s->error.message);
    cases[0].phase = TEXT("closed");
    incident.closed_at_us = AT + 5;
    assert_int_equal(commit(s, &s->a, &batch), STORE_COMMITTED);
}

static void test_clock_is_one_row_and_written_over(void **state) {
    struct scene *s = *state;
    struct store_shard shard = take_one(s, &s->a, "a", 4);
    struct store_clock clocks[] = {{.case_id = TEXT("n1"), .item = TEXT(""), .clock = TEXT("promise"), .shard = 4, .thing = TEXT("sale"),
                                    .state = TEXT("running"), .light = TEXT("green"), .started_at_us = AT, .due_at_us = AT + 5,
                                    .ended_at_us = TIME_NONE, .changed_at_us = AT, .explained = TEXT("{\"uncounted\":[]}")}};
    struct store_clock twice[2];
    struct store_batch batch = {.shards = &shard, .shard_count = 1, .clocks = clocks, .clock_count = 1};
    assert_int_equal(commit(s, &s->a, &batch), STORE_COMMITTED);
    clocks[0].state = TEXT("paused");
    clocks[0].due_at_us = TIME_NONE;
    assert_int_equal(commit(s, &s->a, &batch), STORE_COMMITTED);
    twice[0] = twice[1] = clocks[0];
    batch.clocks = twice;
    batch.clock_count = 2;
    assert_int_equal(commit(s, &s->a, &batch), STORE_REFUSED);
    clocks[0].explained = TEXT("{no JSON");
    batch.clocks = clocks;
    batch.clock_count = 1;
    assert_int_equal(commit(s, &s->a, &batch), STORE_REFUSED);
}

static void test_wrong_knowledge_of_a_row_is_refused_and_right_knowledge_is_taken(void **state) {
    struct scene *s = *state;
    struct store_shard shard = take_one(s, &s->a, "a", 4);
    struct store_case row = {.case_id = TEXT("n1"), .root = TEXT("n1"), .thing = TEXT("sale"), .definition_hash = TEXT("h"),
                             .region = TEXT("441300"), .phase = TEXT("running"), .outcome = TEXT("none"), .shard = 4, .version = 2,
                             .started_at_us = AT, .changed_at_us = AT, .closed_at_us = TIME_NONE};
    struct store_step step = {.case_id = TEXT("n1"), .step = TEXT("tax"), .index = -1, .state = TEXT("running"), .shard = 4,
                              .kind = TEXT("task"), .attempt = 1, .asked_at_us = AT, .ended_at_us = TIME_NONE,
                              .due_at_us = TIME_NONE};
    struct store_batch batch = {.shards = &shard, .shard_count = 1, .cases = &row, .case_count = 1, .steps = &step, .step_count = 1};
    static const struct { enum store_row row, step; enum store_fate fate; } tries[] = {
        {STORE_ROW_KNOWN, STORE_ROW_NEW, STORE_REFUSED}, {STORE_ROW_NEW, STORE_ROW_KNOWN, STORE_REFUSED},
        {STORE_ROW_NEW, STORE_ROW_NEW, STORE_COMMITTED}, {STORE_ROW_NEW, STORE_ROW_ANY, STORE_REFUSED},
        {STORE_ROW_ANY, STORE_ROW_NEW, STORE_REFUSED},   {STORE_ROW_KNOWN, STORE_ROW_KNOWN, STORE_COMMITTED},
        {STORE_ROW_ANY, STORE_ROW_ANY, STORE_COMMITTED},
    };
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        row.row = tries[i].row;
        step.row = tries[i].step;
        if (commit(s, &s->a, &batch) != tries[i].fate)
            fail_msg("try %d: %s", (int)i, s->error.message);
    }
}

static void test_thousand_events_are_one_batch(void **state) {
    struct scene *s = *state;
    struct store_shard shard = take_one(s, &s->a, "a", 0);
    struct store_event *events = arena_new_array(&s->arena, 1000, struct store_event);
    for (int i = 0; i < 1000; i++) {
        events[i] = event_of_shard(&shard, i + 1, "x", i + 1);
        events[i].case_id = text_format(&s->arena, "n%d", i);
    }
    shard.next_seq = 1001;
    struct store_batch batch = {.shards = &shard, .shard_count = 1, .events = events, .event_count = 1000};
    assert_int_equal(commit(s, &s->a, &batch), STORE_COMMITTED);
    struct store_event *read = NULL;
    assert_int_equal(events_after(s, &s->b, 0, 0, &read), 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(read[i].seq, i + 1);
}

int store_suite_run(const struct store_world *given) {
    world = given;
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_fresh_store_gives_every_shard_under_its_first_epoch),
        T(test_committed_events_are_read_back_bytes_unchanged),
        T(test_stale_epoch_is_fenced_by_name_and_nothing_is_written),
        T(test_every_lost_shard_is_named),
        T(test_refused_row_leaves_nothing_and_the_store_usable),
        T(test_offsets_move_with_the_batch),
        T(test_timers_come_in_order_of_their_due_moment),
        T(test_cases_come_in_the_order_of_their_ids),
        T(test_what_departments_have_not_answered_is_told_by_office_and_a_compensation_by_the_one_it_went_to),
        T(test_progress_of_a_calendar_is_written_with_the_batch_and_fenced),
        T(test_store_without_a_calendar_says_so),
        T(test_forwarded_input_waits_in_the_other_shards_inbox_until_it_is_done),
        T(test_shard_let_go_in_order_is_clean_and_ownerless),
        T(test_shard_not_let_go_is_unclean_and_a_former_owner_can_not_let_it_go),
        T(test_input_tried_at_a_death_is_named_and_counted),
        T(test_input_can_not_be_named_by_a_former_owner),
        T(test_members_are_those_seen_lately),
        T(test_what_is_unread_of_a_shard_is_noted_and_noted_again),
        T(test_application_without_a_number_keeps_the_one_it_is_given),
        T(test_full_batch_of_every_kind_of_row_commits_twice),
        T(test_clock_is_one_row_and_written_over),
        T(test_wrong_knowledge_of_a_row_is_refused_and_right_knowledge_is_taken),
        T(test_thousand_events_are_one_batch),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
