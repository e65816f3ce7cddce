/* When memory ends: a decision says so and leaves the case as it was; an event that can't be applied says so. */
#include "engine_builder.h"

/* Refuses the n'th allocation, for every n, until the input goes through; the case must be as before each time. */
static void assert_survives(struct run *run, struct input *in) {
    struct text before = run_json(&run->state, &run->journal_arena);
    in->at_us = run->now_us;
    in->case_id = run->state.id;
    for (size_t n = 0;; n++) {
        struct event_list events = {0};
        struct arena arena;
        arena_init(&arena, 64u << 20);
        memory_fail_after(n);
        enum outcome outcome = engine_decide(&run->world, &run->state, in, &arena, &events, &run->error);
        memory_fail_after(SIZE_MAX);
        arena_free(&arena);
        struct text now = run_json(&run->state, &run->journal_arena);
        assert_string_equal(before.at, now.at);
        if (outcome == OUTCOME_OK)
            break;
        assert_int_equal(outcome, OUTCOME_FATAL);
        assert_string_equal(run->error.code, "out_of_memory");
        assert_true(n < 1000);
    }
    assert_int_equal(run_input(run, in), OUTCOME_OK);
}

/* The same with an arena that is full after so many bytes: finer than the system's allocations. */
static void assert_survives_small_arenas(struct run *run, struct input *in) {
    in->at_us = run->now_us;
    in->case_id = run->state.id;
    for (size_t bytes = 64;; bytes += 64) {
        struct event_list events = {0};
        struct arena arena;
        arena_init(&arena, bytes);
        enum outcome outcome = engine_decide(&run->world, &run->state, in, &arena, &events, &run->error);
        arena_free(&arena);
        if (outcome == OUTCOME_OK)
            break;
        assert_int_equal(outcome, OUTCOME_FATAL);
        assert_true(bytes < 1u << 20);
    }
}

static struct run *rich_case(void) {
    return RUN_NEW({.id = "a", .reversible = true, .compensate = "", .input = "{\"x\":\"${ .form.x }\",\"c\":\"${ .case }\"}"},
                   {.id = "bank", .each = ".form.banks", .as = "bank", .input = "{\"code\":\"${ .bank }\"}"},
                   {.id = "sub", .kind = STEP_THING, .thing = "child"},
                   {.id = "p", .kind = STEP_APPROVE, .condition = ".form.x == 1", .check = "fire", .check_within = WITHIN(1 * DAYS)},
                   {.id = "c", .needs = "a bank", .join = {.deadline = WITHIN(1 * DAYS)}, .input = "{\"all\":\"${ .steps }\"}",
                    .on_refused = ON_REFUSED_COMPENSATE});
}

static void test_out_of_memory_in_a_decision_changes_nothing(void **unused) {
    (void)unused;
    struct run *run = rich_case();
    struct input in = input_of(INPUT_SUBMIT, 0);
    in.region = TEXT("441300");
    in.data = TEXT("{\"x\":1,\"banks\":[\"a\",\"b\"]}");
    assert_survives_small_arenas(run, &in);
    assert_survives(run, &in);
    in = answer_input(run, "a", ANSWER_RESULT);
    in.data = TEXT("{\"n\":[1,2,3]}");
    assert_survives_small_arenas(run, &in);
    assert_survives(run, &in);
    run->now_us += 1 * DAYS;
    in = input_of(INPUT_TIMER_FIRED, 0);
    assert_survives_small_arenas(run, &in);
    assert_survives(run, &in);
    in = answer_input(run, "c", ANSWER_REJECTED);
    assert_survives_small_arenas(run, &in);
    assert_survives(run, &in);
    run_end(run);
}

static struct input timed_answer(struct run *run, enum answer_kind kind, const char *data) {
    struct input in = answer_input(run, "a", kind);
    in.data = optional(data);
    return in;
}

static void test_out_of_memory_in_the_laws_time_changes_nothing(void **unused) {
    (void)unused;
    static const struct uncounted payment[] = {{.reason = {"payment", 7}}};
    struct item_definition item = {.id = TEXT("deed"), .department = TEXT("housing"), .promise = {LIMIT_WORKDAYS, 3},
                                   .statute = {LIMIT_WORKDAYS, 9}, .extension_days = 10, .uncounted = payment, .uncounted_count = 1};
    struct run *run = RUN_NEW({.id = "a", .item = "deed"},
                              {.id = "p", .kind = STEP_WAIT, .wait = WAIT_SIGNAL, .signal = "paid", .item = "deed", .uncounted = "payment"},
                              {.id = "h", .kind = STEP_DELIVER, .by = "post", .department = "post", .needs = "a"});
    run_limits(run, &item, (struct limit_time){LIMIT_WORKDAYS, 10});
    struct input in = input_of(INPUT_SUBMIT, 0);
    in.region = TEXT("441300");
    in.data = TEXT("{}");
    assert_survives_small_arenas(run, &in);
    assert_survives(run, &in);
    struct input answers[] = {timed_answer(run, ANSWER_ACCEPTED, NULL),
                              timed_answer(run, ANSWER_SPECIAL_START, "{\"procedure\":\"hearing\"}"),
                              timed_answer(run, ANSWER_SPECIAL_END, "{\"procedure\":\"hearing\"}"),
                              timed_answer(run, ANSWER_EXTEND, "{\"days\":2,\"approved_by\":\"head\",\"reason\":\"r\"}")};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        answers[i].id = (struct text){&"0123"[i], 1};
        assert_survives_small_arenas(run, &answers[i]);
        assert_survives(run, &answers[i]);
    }
    run->now_us += 40 * DAYS;
    in = input_of(INPUT_TIMER_FIRED, 0);
    assert_survives_small_arenas(run, &in);
    assert_survives(run, &in);
    in = timed_answer(run, ANSWER_RESULT, "{}");
    assert_survives_small_arenas(run, &in);
    assert_survives(run, &in);
    run_end(run);
}

static void test_event_that_finds_no_memory_is_not_applied(void **unused) {
    (void)unused;
    struct run *run = rich_case();
    struct input in = input_of(INPUT_SUBMIT, run->now_us);
    in.region = TEXT("441300");
    in.data = TEXT("{\"x\":1,\"banks\":[\"a\",\"b\"]}");
    assert_int_equal(engine_decide(&run->world, &run->state, &in, &run->scratch, &run->events, &run->error), OUTCOME_OK);
    bool refused = false;
    for (size_t bytes = 256; bytes < 1u << 15; bytes += 64) {
        struct arena arena;
        struct case_state state;
        arena_init(&arena, bytes);
        bool fits = case_init(&state, &arena, &run->definition, run->state.id) == OUTCOME_OK;
        for (uint32_t i = 0; fits && i < run->events.count; i++)
            fits = case_apply(&state, &run->events.at[i]);
        refused = refused || !fits;
        arena_free(&arena);
    }
    assert_true(refused);
    run_end(run);
}

static void test_answer_that_would_burst_the_case_is_refused_by_its_limit(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "bank", .each = ".form.list", .as = "bank"}, {.id = "z"});
    static char form[1024] = "{\"list\":[0", data[60100];
    for (int i = 1; i < 100; i++)
        strcat(form, ",0");
    strcat(form, "]}");
    snprintf(data, sizeof data, "{\"x\":\"%060000d\"}", 1);
    submit(run, form);
    uint32_t taken = 0;
    while (taken < 100) {
        char step[16];
        snprintf(step, sizeof step, "bank.%u", (unsigned)taken);
        if (grant_with(run, step, data) != OUTCOME_OK)
            break;
        taken++;
    }
    assert_rejected(run, "case_state_bytes_most");
    assert_in_range(taken, 50, 99);
    run_end(run);
}

/* `begin`, the piece as often as fits into `most` bytes, `end`. A piece may name its number by %u. */
static const char *repeated(char *room, size_t most, const char *begin, const char *piece, const char *end) {
    size_t length = (size_t)sprintf(room, "%s", begin);
    for (unsigned i = 0; length + strlen(piece) + strlen(end) + 16 < most; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        length += (size_t)sprintf(room + length, piece, i);
#pragma GCC diagnostic pop
        room[length++] = ',';
    }
    strcpy(room + length - 1, end);
    return room;
}

/* Values that are read take many times their bytes: what the engine takes has to find room in its case (run_input asserts it). */
static void test_application_that_is_taken_finds_room_in_its_case(void **unused) {
    (void)unused;
    static const char *const shapes[][3] = {{"{\"a\":[", "1", "]}"}, {"{\"a\":[", "[]", "]}"}, {"{\"a\":[", "\"\\n\"", "]}"},
                                            {"{", "\"%u\":0", "}"}, {"{\"a\":[", "\"longer than a node and all in one piece, as texts are\"", "]}"}};
    static char value[LIMIT_form_bytes_most];
    unsigned taken = 0, refused = 0;
    for (size_t shape = 0; shape < sizeof shapes / sizeof *shapes; shape++)
        for (size_t bytes = 2048; bytes <= sizeof value; bytes *= 2)
            for (int in_extra = 0; in_extra < 2; in_extra++) {
                struct run *run = RUN_NEW({.id = "a"});
                struct input in = input_of(INPUT_SUBMIT, 0);
                in.region = TEXT("441300");
                *(in_extra ? &in.extra : &in.data) = text_from(repeated(value, bytes, shapes[shape][0], shapes[shape][1], shapes[shape][2]));
                if (run_input(run, &in) == OUTCOME_OK)
                    taken++;
                else
                    refused += text_is(text_from(run->error.code), "case_state_bytes_most");
                run_end(run);
            }
    assert_in_range(taken, 50, 79);
    assert_int_equal(taken + refused, 80);
}

/* A small correction copies all that stands beside it. */
static void test_corrections_are_taken_as_long_as_their_case_has_room(void **unused) {
    (void)unused;
    static char form[100000];
    struct run *run = RUN_NEW({.id = "a"});
    submit(run, repeated(form, sizeof form, "{", "\"%u\":0", "}"));
    for (int i = 0; i < 100 && run->outcome == OUTCOME_OK; i++) {
        struct input asks = answer_input(run, "a", ANSWER_CORRECTION), in = input_of(INPUT_CORRECTION_ANSWERED, 0);
        asks.data = TEXT("{\"reasons\":[\"x\"]}");
        if (run_input(run, &asks) != OUTCOME_OK)
            break;
        in.step = TEXT("a");
        in.data = TEXT("{\"form\":{\"x\":1}}");
        run_input(run, &in);
    }
    assert_rejected(run, "case_state_bytes_most");
    run_end(run);
}

static void test_event_out_of_its_turn_is_not_applied(void **unused) {
    (void)unused;
    struct run *run = RUN_NEW({.id = "a"});
    submit(run, "{}");
    struct event event = event_of(EVENT_CASE_CLOSED, run->now_us);
    event.version = run->state.version;
    assert_false(case_apply(&run->state, &event));
    event = event_of(EVENT_STEP_ENDED, run->now_us);
    event.version = run->state.version + 1;
    event.step = TEXT("zzz");
    assert_false(case_apply(&run->state, &event));
    run_end(run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_out_of_memory_in_a_decision_changes_nothing),
        cmocka_unit_test(test_out_of_memory_in_the_laws_time_changes_nothing),
        cmocka_unit_test(test_event_that_finds_no_memory_is_not_applied),
        cmocka_unit_test(test_answer_that_would_burst_the_case_is_refused_by_its_limit),
        cmocka_unit_test(test_application_that_is_taken_finds_room_in_its_case),
        cmocka_unit_test(test_corrections_are_taken_as_long_as_their_case_has_room),
        cmocka_unit_test(test_event_out_of_its_turn_is_not_applied),
    };
    return cmocka_run_group_tests_name("engine: memory", tests, NULL, NULL);
}
