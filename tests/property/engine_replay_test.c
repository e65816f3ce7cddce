/* Random graphs under random schedules: the state is the replay of its journal, counters count what is there, nothing
 * new begins after a stop, the same event gives the same commands and the same messages, which keep to their schemas, a
 * repeated answer changes nothing, and every case ends when its answers come. A failing case prints its seed. */
#include "unit/engine_builder.h"
#include "engine/clock.h"
#include "model/procedure.h"
#include "unit/calendar_kit.h"
#include "unit/message_check.h"

enum { CASES = 5000, INPUTS_MOST = 1500 };

static uint64_t random_state, playing_seed;
static struct message_check messages;

/* Says how to play the failing case again: SEED=n <this program>. */
static void say_seed(void) { fprintf(stderr, "last seed: SEED=%llu\n", (unsigned long long)playing_seed); }

static uint64_t draw(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}
static uint32_t below(uint32_t bound) { return (uint32_t)(draw() >> 11) % bound; }
static bool chance(uint32_t percent) { return below(100) < percent; }

/* ---- graphs ---- */

struct graph { struct spec specs[STEPS_MOST]; char ids[STEPS_MOST][8], needs[STEPS_MOST][STEPS_MOST * 4]; uint32_t count; };

static struct join_rule random_join(uint32_t needs) {
    struct join_rule join = {.mode = JOIN_ALL};
    if (needs > 1 && chance(35)) {
        join.mode = JOIN_AT_LEAST;
        join.at_least = (uint16_t)(1 + below(needs));
    }
    if (needs && chance(20))
        join.deadline = WITHIN((int64_t)(1 + below(100)) * HOURS);
    return join;
}

static uint32_t random_needs(struct graph *g, uint32_t step) {
    uint32_t count = 0;
    g->needs[step][0] = '\0';
    for (uint32_t i = 0; i < step; i++)
        if (g->specs[i].kind != STEP_DELIVER && chance(step > 6 ? 25 : 45)) {
            strcat(strcat(g->needs[step], count ? " " : ""), g->ids[i]);
            count++;
        }
    g->specs[step].needs = g->needs[step];
    return count;
}

static void random_kind(struct spec *spec) {
    uint32_t kind = below(20);
    if (kind == 0) {
        *spec = (struct spec){.id = spec->id, .needs = spec->needs, .kind = STEP_WAIT, .wait = WAIT_FOR_DURATION,
                              .span = WITHIN((int64_t)below(50) * HOURS)};
    } else if (kind == 1) {
        spec->kind = STEP_WAIT;
        spec->wait = WAIT_SIGNAL;
        spec->signal = chance(50) ? "paid" : "signed";
    } else if (kind == 2) {
        spec->kind = STEP_APPROVE;
        spec->condition = chance(80) ? "true" : "false";
        spec->check = chance(50) ? "fire" : NULL;
        spec->check_within = WITHIN(20 * DAYS);
    } else if (kind == 3) {
        spec->kind = STEP_LOOKUP;
        spec->department = "e_licence";
    } else if (kind == 4) {
        spec->kind = STEP_DELIVER;
        spec->department = chance(50) ? "post" : NULL;
        spec->by = "post";
    }
    if (spec->kind == STEP_TASK && chance(15)) {
        spec->each = chance(20) ? ".form.empty" : ".form.list";
        spec->as = "one";
        spec->gather = random_join(3);
    }
}

static void random_step(struct graph *g, uint32_t step) {
    struct spec *spec = &g->specs[step];
    static const enum on_refused policies[] = {ON_REFUSED_BLOCK, ON_REFUSED_BLOCK, ON_REFUSED_BLOCK, ON_REFUSED_CONTINUE,
                                               ON_REFUSED_CONTINUE, ON_REFUSED_CLOSE, ON_REFUSED_COMPENSATE};
    snprintf(g->ids[step], sizeof g->ids[step], "s%u", (unsigned)step);
    *spec = (struct spec){.id = g->ids[step]};
    uint32_t needs = random_needs(g, step);
    random_kind(spec);
    spec->join = random_join(needs);
    spec->on_refused = policies[below(7)];
    spec->own_on_expired = chance(30);
    spec->on_expired = policies[below(7)];
    spec->reversible = chance(50);
    spec->compensate = chance(70) ? "" : NULL;
    if (chance(20))
        spec->when = chance(50) ? ".form.no" : chance(90) ? ".form.yes" : ".form.neither";
    if (chance(25))
        spec->timeout = WITHIN((int64_t)(1 + below(200)) * HOURS);
    spec->timeout_then = chance(50) ? ON_TIMEOUT_EXPIRE : ON_TIMEOUT_INCIDENT;
    if (chance(20))
        spec->input = "{\"x\":\"${ .form.list[0] }\",\"all\":\"${ .steps }\"}";
}

/* ---- items: what the law's time hangs on ---- */

static const struct uncounted left_out[] = {
    {.reason = {"payment", 7}}, {.reason = {"survey", 6}, .of_statute = true, .basis = {"某條例 5", 10}},
    {.reason = {"correction", 10}, .of_statute = true, .basis = {"某條例 9", 10}}};

static struct limit_time random_legal_limit(void) {
    static const enum limit_unit units[] = {LIMIT_WORKDAYS, LIMIT_HALF_DAYS, LIMIT_BUSINESS_HOURS, LIMIT_CALENDAR_DAYS,
                                            LIMIT_MICROSECONDS, LIMIT_ON_THE_SPOT, LIMIT_NONE};
    enum limit_unit unit = units[below(7)];
    return (struct limit_time){unit, unit == LIMIT_MICROSECONDS ? (int64_t)(1 + below(200)) * HOURS : 1 + (int64_t)below(12)};
}

static void random_items(struct run *run) {
    static const char *const ids[] = {"x", "y", "z"}, *const reasons[] = {"payment", "survey", "hearing", "unknown"};
    uint32_t count = 1 + below(3);
    for (uint32_t i = 0; i < count; i++) {
        struct item_definition item = {.id = text_from(ids[i]), .department = TEXT("housing"), .promise = random_legal_limit(),
                                       .statute = random_legal_limit(), .extension_days = 10,
                                       .correction_within = chance(50) ? random_legal_limit() : WITHIN((int64_t)(1 + below(50)) * HOURS),
                                       .uncounted = left_out, .uncounted_count = (uint16_t)below(4)};
        run_limits(run, &item, chance(50) ? random_legal_limit() : (struct limit_time){LIMIT_NONE, 0});
    }
    for (uint16_t i = 0; i < run->definition.step_count; i++) {
        if (chance(75))
            run->steps[i].item = (uint16_t)below(count);
        if (chance(20))
            run->steps[i].uncounted = text_from(reasons[below(4)]);
    }
}

/* ---- what must always hold ---- */

struct recount { uint32_t open, undo, incidents, disputes, dues; };

static void recount_work(const struct run *run, uint16_t step, int32_t index, const struct work_state *w,
                         struct recount *n) {
    bool holds = run->steps[step].kind != STEP_DELIVER && !(run->steps[step].kind == STEP_APPROVE && index >= 0);
    n->open += holds && !state_step_has_ended(w->state);
    n->undo += holds && state_step_is_undoing(w->state);
    n->incidents += w->incident_count;
    n->disputes += w->disputed;
    n->dues += (w->due_at_us != TIME_NONE) + (w->retry_at_us != TIME_NONE);
    if (w->state == STEP_STUCK || w->state == STEP_UNDO_STUCK)
        assert_true(w->incident_count > 0);
    if (state_step_has_ended(w->state))
        assert_int_equal(w->due_at_us, TIME_NONE);
}

/* What only the promise may leave out never stops the statute: a pause of it has its basis, in the law or the item. */
static void check_pauses(const struct run *run, uint16_t index) {
    const struct item_row *row = &run->state.items[index];
    const struct item_definition *item = index < run->definition.item_count ? &run->definition.items[index] : NULL;
    for (uint32_t i = 0; i < row->pause_count; i++) {
        const struct clock_pause *pause = &row->pauses[i];
        bool listed = procedure_find(pause->reason) != NULL, cited = false;
        for (uint16_t k = 0; item && k < item->uncounted_count; k++)
            cited = cited || (item->uncounted[k].of_statute && text_equal(item->uncounted[k].reason, pause->reason));
        if (pause->of_statute && (!item || !(listed || cited)))
            fail_msg("the statute stands still for %.*s", TEXT_ARG(pause->reason));
        assert_true(pause->to_us == TIME_NONE || pause->to_us >= pause->from_us);
    }
    for (enum clock_kind kind = CLOCK_PROMISE; kind < CLOCK_KIND_COUNT; kind++) {
        const struct clock_row *clock = &row->clocks[kind];
        if (clock->state == CLOCK_RUNNING || clock->state == CLOCK_PAUSED)
            assert_int_equal(clock_is_paused(&run->definition, index, row, kind), clock->state == CLOCK_PAUSED);
        if (clock->state == CLOCK_RUNNING)
            assert_int_not_equal(clock->due_us, TIME_NONE);
        if (clock->state != CLOCK_RUNNING)
            assert_int_equal(clock->timer_us, TIME_NONE);
    }
}

/* The moments are those that the calendar of now gives: no event and no new calendar was missed. */
static void check_moments(struct run *run, uint16_t i) {
    const struct item_row *row = &run->state.items[i];
    for (enum clock_kind kind = CLOCK_PROMISE; kind < CLOCK_KIND_COUNT; kind++) {
        const struct clock_row *clock = &row->clocks[kind];
        struct clock_moments moments;
        if (clock->state != CLOCK_RUNNING && clock->state != CLOCK_PAUSED)
            continue;
        assert_true(clock_reckon(run->world.calendar, &run->scratch, &run->definition, i, row, kind, clock->start_us, run->now_us,
                                 &moments));
        assert_int_equal(clock->due_us, moments.due_us);
        if (clock->state == CLOCK_RUNNING)
            assert_int_equal(clock->yellow_us, moments.yellow_us);
    }
}

static void check_items(struct run *run, struct recount *n) {
    for (uint16_t i = 0; run->state.items && i <= run->definition.item_count; i++) {
        const struct item_row *row = &run->state.items[i];
        n->dues += row->accept_by_us != TIME_NONE;
        for (int kind = 0; kind < CLOCK_KIND_COUNT; kind++)
            n->dues += row->clocks[kind].timer_us != TIME_NONE;
        check_moments(run, i);
        check_pauses(run, i);
        if (row->phase == ITEM_ENDED || run->state.phase == CASE_CLOSED) {
            assert_true(row->phase == ITEM_ENDED || row->phase == ITEM_WAITING);
            assert_int_not_equal(row->clocks[CLOCK_STATUTE].state, CLOCK_RUNNING);
            assert_int_not_equal(row->clocks[CLOCK_STATUTE].state, CLOCK_PAUSED);
        }
    }
}

static void check_counters(struct run *run) {
    struct recount n = {0};
    check_items(run, &n);
    for (uint16_t i = 0; i < run->definition.step_count; i++) {
        const struct step_row *row = &run->state.steps[i];
        uint32_t ended = 0, granted = 0;
        recount_work(run, i, -1, &row->self, &n);
        n.dues += (row->deadline_at_us != TIME_NONE) + (row->gather_at_us != TIME_NONE);
        for (uint32_t j = 0; j < row->element_count; j++) {
            recount_work(run, i, (int32_t)j, &row->elements[j], &n);
            enum step_state state = row->elements[j].state;
            bool was_granted = state == STEP_GRANTED || state == STEP_COMPENSATED || state_step_is_undoing(state);
            ended += state_step_has_ended(state) || state_step_is_undoing(state);
            granted += was_granted;
        }
        assert_int_equal(row->ended_count, ended);
        assert_int_equal(row->granted_count, granted);
    }
    assert_int_equal(run->state.open_count, n.open);
    assert_int_equal(run->state.undo_count, n.undo);
    assert_int_equal(run->state.incident_count, n.incidents);
    assert_int_equal(run->state.dispute_count, n.disputes);
    assert_int_equal(run->state.due_count, n.dues);
    if (run->state.phase == CASE_CLOSED)
        assert_int_equal(n.open, 0);
}

static bool is_first_asking(const struct run *run, const struct event *e) {
    bool asks = e->kind == EVENT_STEP_ASKED || e->kind == EVENT_CHILD_ASKED || e->kind == EVENT_STEP_HELD;
    const struct step_definition *step = asks ? &run->steps[run_index_of(run, e->step)] : NULL;
    return asks && e->attempt <= 1 && step->kind != STEP_DELIVER && step->kind != STEP_APPROVE;
}

static void check_events(struct run *run, enum case_phase before) {
    bool stopped = before != CASE_NONE && before != CASE_RUNNING;
    for (uint32_t i = 0; i < run->events.count; i++) {
        const struct event *e = &run->events.at[i];
        struct command_list first, again;
        struct event read;
        const struct recorded *row = &run->journal[run->journal_count - run->events.count + i];
        assert_false(stopped && is_first_asking(run, e));
        stopped = stopped || e->kind == EVENT_STOP_DECIDED || e->kind == EVENT_CASE_CLOSED;
        assert_int_equal(event_read(&run->scratch, row->kind, row->version, row->at_us, row->step, row->data, &read,
                                    &run->error), OUTCOME_OK);
        engine_commands(run->state.id, e, &first);
        engine_commands(run->state.id, &read, &again);
        assert_int_equal(first.count, again.count);
        for (uint32_t j = 0; j < first.count; j++) {
            assert_int_equal(first.at[j].kind, again.at[j].kind);
            assert_string_equal(first.at[j].id, again.at[j].id);
            assert_true(text_equal(first.at[j].region, again.at[j].region));
            assert_true(text_equal(first.at[j].department, again.at[j].department));
        }
        assert_true(text_equal(e->data, read.data));
        message_check_event(&messages, run->state.id, e, &read);
    }
}

static void give(struct run *run, const struct input *in) {
    enum case_phase before = run->state.phase;
    run_input(run, in);
    check_events(run, before);
    check_counters(run);
}

/* ---- schedules ---- */

struct place { uint16_t step; int32_t index; };

static uint32_t active_places(const struct run *run, struct place *places) {
    uint32_t count = 0;
    for (uint16_t i = 0; i < run->definition.step_count; i++)
        for (int32_t j = -1; j < (int32_t)run->state.steps[i].element_count; j++) {
            const struct step_row *row = &run->state.steps[i];
            bool gathers = j < 0 && run->steps[i].is_each && row->element_count;
            if (!gathers && state_step_is_active(j < 0 ? row->self.state : row->elements[j].state))
                places[count++] = (struct place){i, j};
        }
    return count;
}

static struct input input_at(struct run *run, struct place place, enum input_kind kind, enum answer_kind answer) {
    struct input in = answer_input(run, "x", answer);
    in.kind = kind;
    in.step = run->steps[place.step].id;
    in.index = place.index;
    in.actor = TEXT("li");
    return in;
}

static enum answer_kind random_answer(enum step_state state) {
    static const enum answer_kind usual[] = {ANSWER_RESULT, ANSWER_RESULT, ANSWER_RESULT, ANSWER_RESULT, ANSWER_REJECTED,
                                             ANSWER_NOT_ACCEPTED, ANSWER_ACCEPTED, ANSWER_RECEIVED, ANSWER_ERROR,
                                             ANSWER_ERROR, ANSWER_CORRECTION, ANSWER_SPECIAL_START, ANSWER_CANCELLED,
                                             ANSWER_SPECIAL_START, ANSWER_SPECIAL_END, ANSWER_EXTEND};
    static const enum answer_kind to_cancel[] = {ANSWER_CANCELLED, ANSWER_CANCELLED, ANSWER_CANCEL_REFUSED, ANSWER_RESULT,
                                                 ANSWER_REJECTED, ANSWER_ERROR};
    return state == STEP_CANCELLING ? to_cancel[below(6)] : usual[below(16)];
}

static void act_at(struct run *run, struct place place) {
    const struct step_row *row = &run->state.steps[place.step];
    const struct work_state *w = place.index < 0 ? &row->self : &row->elements[place.index];
    if (w->state == STEP_STUCK || w->state == STEP_UNDO_STUCK) {
        static const enum input_kind verbs[] = {INPUT_RETRY, INPUT_SKIP, INPUT_SKIP, INPUT_REFUSE, INPUT_REASSIGN};
        struct input in = input_at(run, place, verbs[below(5)], ANSWER_NONE);
        in.department = in.kind == INPUT_REASSIGN ? TEXT("tax") : TEXT_NONE;
        give(run, &in);
        return;
    }
    struct input in = input_at(run, place, INPUT_ANSWER, random_answer(w->state));
    in.undo = state_step_is_undoing(w->state) ? w->undo : 0;
    in.retryable = chance(80);
    if (in.answer == ANSWER_SPECIAL_START || in.answer == ANSWER_SPECIAL_END)
        in.data = chance(40) ? TEXT("{\"procedure\":\"hearing\"}") : chance(60) ? TEXT("{\"procedure\":\"survey\"}") : TEXT("{}");
    if (in.answer == ANSWER_EXTEND)
        in.data = chance(50) ? TEXT("{\"days\":3,\"approved_by\":\"head\"}") : TEXT("{\"days\":3}");
    if (chance(5)) {
        in.kind = INPUT_ANSWER_FOR;
        in.confirmed_by = TEXT("wang");
        in.evidence = TEXT("sm3:1");
    }
    give(run, &in);
    if (!chance(20))
        return;
    give(run, &in);   /* the same message again: recorded at most */
    if (run->outcome == OUTCOME_OK && run->events.count == 1)
        assert_int_equal(run->events.at[0].kind, EVENT_ANSWER_RECORDED);
    else if (run->events.count) {
        fprintf(stderr, "%s", run_json(&run->state, &run->definition_arena).at);
        fail_msg("%s repeated: %s", answer_kind_name(in.answer), event_kind_name(run->events.at[0].kind));
    }
}

static void noise(struct run *run) {
    struct place place = {(uint16_t)below(run->definition.step_count), chance(80) ? -1 : (int32_t)below(4)};
    static const enum input_kind kinds[] = {INPUT_ANSWER, INPUT_ANSWER, INPUT_ANSWER, INPUT_RETRY, INPUT_SKIP, INPUT_REASSIGN,
                                            INPUT_CHILD_ENDED, INPUT_ACKNOWLEDGE, INPUT_UNSENT, INPUT_RESOLVE_DISPUTE, INPUT_CALENDAR_CHANGED,
                                            INPUT_CORRECTION_ANSWERED};
    struct input in = input_at(run, place, kinds[below(12)], (enum answer_kind)(1 + below(ANSWER_KIND_COUNT - 1)));
    if (in.kind == INPUT_CALENDAR_CHANGED)
        run->world.calendar = chance(50) ? NULL : calendar_of_both(&run->definition_arena, NULL, 0);
    in.attempt = below(4);
    in.undo = chance(20) ? 1 + below(2) : 0;
    if (in.kind == INPUT_CORRECTION_ANSWERED)
        in.data = TEXT("{\"form\":{\"extra\":1},\"materials\":[{\"id\":\"m\"}]}");
    in.department = in.kind == INPUT_REASSIGN ? TEXT("tax") : chance(10) ? TEXT("gas") : TEXT_NONE;
    give(run, &in);
}

static void stop_by_hand(struct run *run) {
    static const enum input_kind kinds[] = {INPUT_WITHDRAWN, INPUT_CLOSE, INPUT_VOID};
    struct input in = input_of(kinds[below(3)], run->now_us);
    give(run, &in);
}

static void let_time_pass(struct run *run) {
    int64_t due = case_next_due(&run->state);
    run->now_us += chance(60) && due != TIME_NONE && due > run->now_us ? due - run->now_us : (int64_t)below(20) * HOURS;
    struct input in = input_of(INPUT_TIMER_FIRED, run->now_us);
    give(run, &in);
    due = case_next_due(&run->state);
    assert_true(due == TIME_NONE || due > run->now_us);
}

static void play(struct run *run) {
    static struct place places[STEPS_MOST * 8];
    for (uint32_t i = 0; i < INPUTS_MOST; i++) {
        uint32_t count = active_places(run, places);
        if (count == 0 && run->state.phase == CASE_CLOSED)
            return;
        uint32_t what = below(100);
        if (what < 10)
            noise(run);
        else if (what < 30 || count == 0)
            let_time_pass(run);
        else if (what < 35) {
            struct input in = input_of(INPUT_SIGNAL, run->now_us);
            in.id = chance(50) ? TEXT("paid") : TEXT("signed");
            in.data = chance(50) ? TEXT("{}") : TEXT_NONE;
            give(run, &in);
        } else if (what == 35 && chance(15))
            stop_by_hand(run);
        else
            act_at(run, places[below(count)]);
    }
    fprintf(stderr, "%s\n", run_json(&run->state, &run->journal_arena).at);
    fail_msg("the case does not end");
}

static void test_random_cases_end_and_replay_to_the_same_state(void **unused) {
    (void)unused;
    static struct graph graph;
    const char *chosen = getenv("SEED");
    const char *count = getenv("SEEDS");   /* how many, when another number than usual */
    uint64_t first = chosen ? strtoull(chosen, NULL, 10) : 1;
    message_check_begin(&messages);
    uint64_t last = chosen ? first : count ? strtoull(count, NULL, 10) : CASES;
    for (uint64_t seed = first; seed <= last; seed++) {
        random_state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
        draw();
        graph.count = 1 + below(14);
        for (uint32_t i = 0; i < graph.count; i++)
            random_step(&graph, i);
        playing_seed = seed;
        struct run *run = run_new(graph.specs, graph.count);
        if (chance(60))
            random_items(run);
        submit(run, "{\"yes\":true,\"no\":false,\"neither\":1,\"list\":[1,2,3],\"empty\":[]}");
        check_events(run, CASE_NONE);
        check_counters(run);
        play(run);
        run_end(run);
    }
    message_check_end(&messages);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_cases_end_and_replay_to_the_same_state),
    };
    atexit(say_seed);
    return cmocka_run_group_tests_name("engine: replay", tests, NULL, NULL);
}
