/* A definition, built by hand, and one case of it that runs on the engine alone: the tests' words for inputs and for
 * what is expected. Every input goes through engine_decide, every event through the journal's codec, and at the end
 * the journal is replayed: the state must come out the same. */
#ifndef YJS_TESTS_ENGINE_BUILDER_H
#define YJS_TESTS_ENGINE_BUILDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json.h"
#include "engine/engine.h"
#include "expression/expression.h"
#include "model/limits.h"
#include "wire/event_codec.h"

#define SECONDS TIME_SECOND_US
#define MINUTES TIME_MINUTE_US
#define HOURS TIME_HOUR_US
#define DAYS TIME_DAY_US
#define START_US (INT64_C(1772413200) * TIME_SECOND_US)     /* 2026-03-02T09:00+08:00, a Monday */
#define WITHIN(us) ((struct limit_time){LIMIT_MICROSECONDS, (us)})
#define ANY {.mode = JOIN_AT_LEAST, .at_least = 1}
#define AT_LEAST(k) {.mode = JOIN_AT_LEAST, .at_least = (k)}

enum { STEPS_MOST = 64, JOURNAL_MOST = 4096 };

/* One step as a test writes it; the rest of step_definition is made of it. `needs` is ids with blanks between. */
struct spec {
    const char *id;
    enum step_kind kind;
    const char *department, *needs;
    struct join_rule join;
    const char *when, *input;                  /* expression; JSON template */
    enum on_refused on_refused, on_expired;    /* on_expired is on_refused's unless `own_on_expired` */
    bool own_on_expired;
    struct retry_rule retry;                   /* attempts 0: 3, first 1 s, most 1 min */
    struct limit_time timeout;
    enum on_timeout timeout_then;
    bool reversible;
    const char *compensate, *compensate_input; /* department of the compensation, "" the same */
    const char *each, *as;
    struct join_rule gather;
    const char *condition;                     /* approve */
    const char *check;                         /* approve: department of the later check */
    struct limit_time check_within;
    const char *on_fail;
    enum wait_for wait;
    struct limit_time span;
    const char *until, *signal;
    const char *thing, *thing_form;
    const char *group, *is, *at;
    const char *basis;                         /* lookup */
    const char *by, *what;                     /* deliver */
    const char *material;
    const char *uncounted;                     /* the reason why the step's time is not counted */
    int32_t priority;
    const char *item;                          /* made on first use, of a department of the same name */
    const char *inspects;                      /* items with blanks between; `fire?` only when .form.fire */
    uint16_t rounds;                           /* 0: 2 */
    enum on_objection on_objection;
    const char *told;                          /* departments with blanks between */
    const char *system, *follow;
    int64_t opens_us, closes_us;               /* 0: not bounded */
    const char *signed_by;                     /* parties with blanks between, made on first use */
    const char *revoked_by;                    /* approve: who is asked when the check fails */
};

struct recorded { struct text kind, step, data; uint32_t version; int64_t at_us; };

struct run {
    struct arena definition_arena, case_arena, journal_arena, scratch;
    struct definition definition;
    struct step_definition steps[STEPS_MOST];
    struct thing_reference things[4];
    struct material_definition materials[8];
    struct item_definition items[8];
    struct party_definition parties[4];
    struct text regions[4];
    struct directory directory;
    struct department departments[8];
    bool with_directory;
    struct world world;
    struct case_state state;
    struct event_list events;                  /* of the last input; valid until the next */
    struct recorded journal[JOURNAL_MOST];
    uint32_t journal_count;
    int64_t now_us;
    struct error error;
    enum outcome outcome;                      /* of the last input */
    uint32_t next_id;
};

static inline const struct expression *run_expression(struct run *run, const char *source) {
    if (!source)
        return NULL;
    const struct expression *tree = NULL;
    struct expression_fault fault;
    if (expression_parse(&run->definition_arena, text_from(source), &tree, &fault) != OUTCOME_OK)
        fail_msg("%s: %.*s", source, TEXT_ARG(fault.message));
    return tree;
}

static inline const struct expression *run_template(struct run *run, const char *json) {
    if (!json)
        return NULL;
    const struct expression *tree = NULL;
    struct expression_fault fault;
    struct json *value = arena_new(&run->definition_arena, struct json);
    assert_int_equal(json_read(&run->definition_arena, text_from(json), 64, value, NULL), OUTCOME_OK);
    if (expression_from_template(&run->definition_arena, value, &tree, &fault) != OUTCOME_OK)
        fail_msg("%s: %.*s", json, TEXT_ARG(fault.message));
    return tree;
}

static inline uint16_t run_index_of(const struct run *run, struct text id) {
    for (uint16_t i = 0; i < run->definition.step_count; i++)
        if (text_equal(run->steps[i].id, id))
            return i;
    fail_msg("no step %.*s", TEXT_ARG(id));
    return NO_INDEX;
}

static inline void run_needs(struct run *run, struct step_definition *step, const char *needs) {
    uint16_t *list = arena_new_array(&run->definition_arena, STEPS_MOST, uint16_t);
    struct text rest = text_from(needs ? needs : "");
    while (rest.length) {
        size_t blank = text_find(rest, ' ');
        struct text one = text_span(rest.at, blank == SIZE_MAX ? rest.length : blank);
        list[step->need_count++] = run_index_of(run, one);
        size_t cut = blank == SIZE_MAX ? rest.length : blank + 1;
        rest = text_span(rest.at + cut, rest.length - cut);
    }
    step->needs = list;
}

static inline struct text optional(const char *string) { return string ? text_from(string) : TEXT_NONE; }

static inline uint16_t run_item(struct run *run, struct text id) {
    for (uint16_t i = 0; i < run->definition.item_count; i++)
        if (text_equal(run->items[i].id, id))
            return i;
    assert_true(run->definition.item_count < 8);
    run->items[run->definition.item_count] = (struct item_definition){.id = id, .department = id};
    return run->definition.item_count++;
}

/* The next of the words in `rest`, which loses it; false when there is none. */
static inline bool next_word(struct text *rest, struct text *ret) {
    if (rest->length == 0)
        return false;
    size_t blank = text_find(*rest, ' ');
    *ret = text_span(rest->at, blank == SIZE_MAX ? rest->length : blank);
    size_t cut = blank == SIZE_MAX ? rest->length : blank + 1;
    *rest = text_span(rest->at + cut, rest->length - cut);
    return true;
}

static inline void run_compile_inspection(struct run *run, struct step_definition *step, const struct spec *spec) {
    struct inspected_item *items = arena_new_array(&run->definition_arena, 8, struct inspected_item);
    struct text rest = text_from(spec->inspects ? spec->inspects : ""), word;
    step->inspection.rounds = spec->rounds ? spec->rounds : 2;
    step->inspection.items = items;
    while (next_word(&rest, &word)) {
        bool only_when = word.at[word.length - 1] == '?';
        struct text id = text_span(word.at, word.length - only_when);
        struct inspected_item *one = &items[step->inspection.item_count++];
        one->item = run_item(run, id);
        if (only_when)
            one->when = run_expression(run, text_format(&run->definition_arena, ".form.%.*s", TEXT_ARG(id)).at);
    }
}

static inline void run_compile_signed(struct run *run, struct step_definition *step, const char *by) {
    uint16_t *parties = arena_new_array(&run->definition_arena, 4, uint16_t);
    struct text rest = text_from(by ? by : ""), word;
    step->wait.parties = parties;
    while (next_word(&rest, &word)) {
        uint16_t i = 0;
        while (i < run->definition.party_count && !text_equal(run->parties[i].id, word))
            i++;
        if (i == run->definition.party_count)
            run->parties[run->definition.party_count++] = (struct party_definition){.id = word, .many = true, .signs = true};
        parties[step->wait.party_count++] = i;
    }
}

static inline void run_compile_publicity(struct run *run, struct step_definition *step, const struct spec *spec) {
    struct text *told = arena_new_array(&run->definition_arena, 8, struct text);
    struct text rest = text_from(spec->told ? spec->told : "");
    step->publicity.span = spec->span;
    step->publicity.on_objection = spec->on_objection;
    step->publicity.told = told;
    while (next_word(&rest, &told[step->publicity.told_count]))
        step->publicity.told_count++;
}

static inline void run_compile_kind(struct run *run, struct step_definition *step, const struct spec *spec) {
    step->approve.condition = run_expression(run, spec->condition);
    step->approve.has_check = spec->check != NULL;
    step->approve.check_department.id = optional(spec->check);
    step->approve.check_within = spec->check_within;
    step->approve.on_fail = optional(spec->on_fail);
    step->approve.revoked_by = optional(spec->revoked_by);
    run_compile_signed(run, step, spec->signed_by);
    step->wait.mode = spec->wait;
    step->wait.span = spec->span;
    step->wait.until = run_expression(run, spec->until);
    step->wait.signal = optional(spec->signal);
    step->lookup.basis = optional(spec->basis);
    run_compile_inspection(run, step, spec);
    run_compile_publicity(run, step, spec);
    step->delegated.system = optional(spec->system);
    step->delegated.follow = run_expression(run, spec->follow);
    step->deliver.by = optional(spec->by);
    step->deliver.what = run_template(run, spec->what);
    if (!spec->thing)
        return;
    step->thing.thing = run->definition.thing_count;
    step->thing.form = run_template(run, spec->thing_form);
    run->things[run->definition.thing_count++] = (struct thing_reference){text_from(spec->thing), text_from(spec->thing)};
}

static inline void run_step(struct run *run, const struct spec *spec) {
    struct step_definition *step = &run->steps[run->definition.step_count];
    bool asks = spec->kind == STEP_TASK || spec->kind == STEP_LOOKUP;
    *step = (struct step_definition){.id = text_from(spec->id), .kind = spec->kind, .item = NO_INDEX};
    step->department.id = spec->department ? text_from(spec->department)
                          : spec->group || !asks ? TEXT_NONE : TEXT("housing");
    step->department.group = optional(spec->group);
    step->department.is = run_expression(run, spec->is);
    step->department.at = run_expression(run, spec->at);
    run_needs(run, step, spec->needs);
    step->join = spec->join;
    step->when = run_expression(run, spec->when);
    step->input = run_template(run, spec->input);
    step->on_refused = spec->on_refused;
    step->on_expired = spec->own_on_expired ? spec->on_expired : spec->on_refused;
    step->retry = spec->retry.attempts ? spec->retry : (struct retry_rule){3, 1 * SECONDS, 1 * MINUTES, 0};
    step->timeout = spec->timeout;
    step->timeout_then = spec->timeout_then;
    step->reversible = spec->reversible;
    step->compensate.present = spec->compensate != NULL;
    step->compensate.department.id = spec->compensate && *spec->compensate ? text_from(spec->compensate) : TEXT_NONE;
    step->compensate.input = run_template(run, spec->compensate_input);
    step->priority = spec->priority;
    step->window = (struct window){spec->opens_us || spec->closes_us, spec->opens_us ? spec->opens_us : TIME_NONE,
                                   spec->closes_us ? spec->closes_us : TIME_NONE};
    step->item = spec->item ? run_item(run, text_from(spec->item)) : NO_INDEX;
    step->is_each = spec->each != NULL;
    step->each_in = run_expression(run, spec->each);
    step->each_as = optional(spec->as);
    step->gather = spec->gather;
    step->uncounted = optional(spec->uncounted);
    run_compile_kind(run, step, spec);
    if (spec->material) {
        uint16_t *materials = arena_new(&run->definition_arena, uint16_t);
        run->materials[run->definition.material_count] = (struct material_definition){.id = text_from(spec->material)};
        *materials = run->definition.material_count++;
        step->materials = materials;
        step->material_count = 1;
    }
    run->definition.step_count++;
}

static inline int run_compare_steps(const void *a, const void *b, void *steps) {
    const struct step_definition *all = steps;
    return text_compare(all[*(const uint16_t *)a].id, all[*(const uint16_t *)b].id);
}

static inline void run_finish(struct run *run) {
    uint16_t count = run->definition.step_count;
    uint16_t *order = arena_new_array(&run->definition_arena, count, uint16_t);
    for (uint16_t i = 0; i < count; i++) {
        order[i] = i;
        uint16_t *dependents = arena_new_array(&run->definition_arena, count, uint16_t);
        for (uint16_t j = 0; j < count; j++)
            for (uint16_t k = 0; k < run->steps[j].need_count; k++)
                if (run->steps[j].needs[k] == i)
                    dependents[run->steps[i].dependent_count++] = j;
        run->steps[i].dependents = dependents;
    }
    qsort_r(order, count, sizeof *order, run_compare_steps, run->steps);
    run->definition.step_order_by_id = order;
}

static inline struct run *run_new(const struct spec *specs, size_t count) {
    struct run *run = calloc(1, sizeof *run);
    arena_init(&run->definition_arena, 16u << 20);
    arena_init(&run->case_arena, LIMIT_case_state_bytes_most);
    arena_init(&run->journal_arena, 64u << 20);
    arena_init(&run->scratch, 64u << 20);
    run->definition.thing = TEXT("moving_home");
    run->definition.hash = TEXT("hash");
    run->definition.steps = run->steps;
    run->definition.things = run->things;
    run->definition.materials = run->materials;
    run->definition.items = run->items;
    run->definition.parties = run->parties;
    run->definition.regions = run->regions;
    for (size_t i = 0; i < count; i++)
        run_step(run, &specs[i]);
    run_finish(run);
    run->world = (struct world){.definition = &run->definition};
    run->now_us = START_US;
    assert_int_equal(case_init(&run->state, &run->case_arena, &run->definition, TEXT("44130020260302000017")), OUTCOME_OK);
    return run;
}
#define RUN_NEW(...) run_new((const struct spec[]){__VA_ARGS__}, sizeof((const struct spec[]){__VA_ARGS__}) / sizeof(struct spec))

/* Limits for an item that the steps name, and for the case (LIMIT_NONE: none); before the first input. */
static inline void run_limits(struct run *run, const struct item_definition *item, struct limit_time promise) {
    if (item)
        run->items[run_item(run, item->id)] = *item;
    run->definition.promise = promise;
    arena_reset(&run->case_arena);
    assert_int_equal(case_init(&run->state, &run->case_arena, &run->definition, TEXT("44130020260302000017")), OUTCOME_OK);
}

static inline void run_keep(struct run *run, const struct event *event) {
    struct buffer out;
    buffer_init(&out, 64u << 20);
    event_write(&out, event);
    assert_false(out.failed);
    assert_true(run->journal_count < JOURNAL_MOST);
    run->journal[run->journal_count++] =
        (struct recorded){text_from(event_kind_name(event->kind)), text_copy(&run->journal_arena, event->step),
                          text_copy(&run->journal_arena, buffer_text(&out)), event->version, event->at_us};
    buffer_free(&out);
}

/* One input through the engine. */
static inline enum outcome run_input(struct run *run, const struct input *input) {
    arena_reset(&run->scratch);
    run->events = (struct event_list){0};
    run->error = (struct error){0};
    struct input in = *input;
    in.at_us = run->now_us;
    in.case_id = run->state.id;
    run->world.directory = run->with_directory ? &run->directory : NULL;
    uint32_t version = run->state.version;
    run->outcome = engine_decide(&run->world, &run->state, &in, &run->scratch, &run->events, &run->error);
    assert_int_not_equal(run->outcome, OUTCOME_FATAL);
    for (uint32_t i = 0; i < run->events.count; i++) {
        assert_int_equal(run->events.at[i].version, version + i + 1);
        run_keep(run, &run->events.at[i]);
        assert_true(case_apply(&run->state, &run->events.at[i]));
    }
    return run->outcome;
}

static inline struct text run_json(const struct case_state *state, struct arena *arena) {
    struct buffer out;
    buffer_init(&out, 64u << 20);
    case_write_json(state, &out);
    assert_false(out.failed);
    struct text copy = text_copy(arena, buffer_text(&out));
    buffer_free(&out);
    return copy;
}

/* The journal, read back from its bytes, gives the same state. */
static inline void run_check_replay(struct run *run) {
    struct arena arena;
    struct case_state again;
    arena_init(&arena, LIMIT_case_state_bytes_most);
    arena_reset(&run->scratch);
    assert_int_equal(case_init(&again, &arena, &run->definition, run->state.id), OUTCOME_OK);
    for (uint32_t i = 0; i < run->journal_count; i++) {
        struct event event;
        const struct recorded *row = &run->journal[i];
        assert_int_equal(event_read(&run->scratch, row->kind, row->version, row->at_us, row->step, row->data, &event,
                                    &run->error), OUTCOME_OK);
        assert_true(case_apply(&again, &event));
    }
    struct text one = run_json(&run->state, &run->scratch), other = run_json(&again, &run->scratch);
    assert_string_equal(one.at, other.at);
    assert_int_equal(case_next_due(&run->state), case_next_due(&again));
    assert_int_equal(run->state.due_count, again.due_count);
    assert_int_equal(run->state.undo_count, again.undo_count);
    arena_free(&arena);
}

static inline void run_end(struct run *run) {
    run_check_replay(run);
    arena_free(&run->definition_arena);
    arena_free(&run->case_arena);
    arena_free(&run->journal_arena);
    arena_free(&run->scratch);
    free(run);
}

/* ---- inputs ---- */

static inline enum outcome submit(struct run *run, const char *form) {
    struct input in = input_of(INPUT_SUBMIT, run->now_us);
    in.thing = run->definition.thing;
    in.region = TEXT("441300");
    in.data = text_from(form);
    return run_input(run, &in);
}

/* "bank.2" -> bank, 2 */
static inline void name_step(struct input *in, const char *step) {
    in->step = text_from(step);
    size_t dot = text_find(in->step, '.');
    if (dot == SIZE_MAX)
        return;
    in->index = atoi(step + dot + 1);
    in->step.length = dot;
}

static inline struct input answer_input(struct run *run, const char *step, enum answer_kind kind) {
    static char id[32];
    struct input in = input_of(INPUT_ANSWER, run->now_us);
    name_step(&in, step);
    in.answer = kind;
    snprintf(id, sizeof id, "a%u", (unsigned)++run->next_id);
    in.source = TEXT("adapter");
    in.id = text_from(id);
    if (kind == ANSWER_RESULT)
        in.data = TEXT("{}");
    if (kind == ANSWER_REJECTED || kind == ANSWER_NOT_ACCEPTED)
        in.reason = TEXT("no");
    return in;
}

static inline enum outcome answer(struct run *run, const char *step, enum answer_kind kind) {
    struct input in = answer_input(run, step, kind);
    return run_input(run, &in);
}
static inline enum outcome grant(struct run *run, const char *step) { return answer(run, step, ANSWER_RESULT); }
static inline enum outcome refuse(struct run *run, const char *step) { return answer(run, step, ANSWER_REJECTED); }
static inline enum outcome grant_with(struct run *run, const char *step, const char *data) {
    struct input in = answer_input(run, step, ANSWER_RESULT);
    in.data = text_from(data);
    return run_input(run, &in);
}
static inline enum outcome fail_retryably(struct run *run, const char *step) {
    struct input in = answer_input(run, step, ANSWER_ERROR);
    in.retryable = true;
    in.reason = TEXT("down");
    return run_input(run, &in);
}
static inline enum outcome fail_for_good(struct run *run, const char *step) {
    struct input in = answer_input(run, step, ANSWER_ERROR);
    in.reason = TEXT("no such unit");
    return run_input(run, &in);
}
static inline enum outcome undo_answered(struct run *run, const char *step, uint32_t n, enum answer_kind kind) {
    struct input in = answer_input(run, step, kind);
    in.undo = n;
    in.retryable = true;
    return run_input(run, &in);
}
static inline enum outcome operate(struct run *run, enum input_kind kind, const char *step) {
    struct input in = input_of(kind, run->now_us);
    if (step)
        name_step(&in, step);
    in.actor = TEXT("li");
    in.reason = TEXT("by hand");
    return run_input(run, &in);
}
static inline enum outcome send_signal(struct run *run, const char *name, const char *data) {
    struct input in = input_of(INPUT_SIGNAL, run->now_us);
    in.id = text_from(name);
    in.data = optional(data);
    return run_input(run, &in);
}
static inline enum outcome child_ended(struct run *run, const char *step, enum case_outcome outcome) {
    struct input in = input_of(INPUT_CHILD_ENDED, run->now_us);
    name_step(&in, step);
    in.outcome = outcome;
    return run_input(run, &in);
}
/* Lets `us` pass and the timer fire. */
static inline enum outcome pass(struct run *run, int64_t us) {
    run->now_us += us;
    struct input in = input_of(INPUT_TIMER_FIRED, run->now_us);
    return run_input(run, &in);
}

/* ---- what is expected ---- */

static inline const struct work_state *work(const struct run *run, const char *step) {
    struct input in = input_of(INPUT_NONE, 0);
    name_step(&in, step);
    const struct step_row *row = &run->state.steps[run_index_of(run, in.step)];
    if (in.index < 0)
        return &row->self;
    assert_true((uint32_t)in.index < row->element_count);
    return &row->elements[in.index];
}
static inline void assert_state_at(const struct run *run, const char *step, enum step_state expected, const char *file,
                                   int line) {
    if (work(run, step)->state != expected) {
        print_error("%s is %s, not %s\n", step, state_step_name(work(run, step)->state), state_step_name(expected));
        _fail(file, line);
    }
}
#define assert_state(run, step, expected) assert_state_at((run), (step), (expected), __FILE__, __LINE__)
static inline void assert_closed_at(const struct run *run, enum case_outcome expected, const char *file, int line) {
    if (run->state.phase != CASE_CLOSED || run->state.outcome != expected) {
        print_error("case is %s %s, not closed %s\n", state_case_name(run->state.phase),
                    state_outcome_name(run->state.outcome), state_outcome_name(expected));
        _fail(file, line);
    }
}
#define assert_closed(run, expected) assert_closed_at((run), (expected), __FILE__, __LINE__)
#define assert_open(run) assert_int_not_equal((run)->state.phase, CASE_CLOSED)

/* The n'th (from 0) event of a kind among those of the last input, of a step or (NULL) of any; NULL when there is none. */
static inline const struct event *event_at(const struct run *run, enum event_kind kind, const char *step, uint32_t n) {
    struct input in = input_of(INPUT_NONE, 0);
    if (step)
        name_step(&in, step);
    for (uint32_t i = 0; i < run->events.count; i++) {
        const struct event *event = &run->events.at[i];
        if (event->kind == kind && (!step || (text_equal(event->step, in.step) && event->index == in.index)) && n-- == 0)
            return event;
    }
    return NULL;
}
static inline uint32_t count_of(const struct run *run, enum event_kind kind) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < run->events.count; i++)
        count += run->events.at[i].kind == kind;
    return count;
}
static inline void assert_recorded_at(const struct run *run, enum answer_fate fate, const char *file, int line) {
    if (run->outcome != OUTCOME_OK || run->events.count != 1 || run->events.at[0].kind != EVENT_ANSWER_RECORDED ||
        run->events.at[0].fate != fate) {
        print_error("not recorded as %s: outcome %s (%s), %u events, the first %s %s\n", answer_fate_name(fate),
                    outcome_name(run->outcome), run->error.code, (unsigned)run->events.count,
                    run->events.count ? event_kind_name(run->events.at[0].kind) : "",
                    run->events.count ? answer_fate_name(run->events.at[0].fate) : "");
        _fail(file, line);
    }
}
#define assert_recorded(run, fate) assert_recorded_at((run), (fate), __FILE__, __LINE__)
#define assert_rejected(run, code_) \
    do { assert_int_equal((run)->outcome, OUTCOME_REJECT); assert_string_equal((run)->error.code, (code_)); } while (0)

#endif
