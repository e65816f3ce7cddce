/* A case on the engine alone: an agenda of inputs on a virtual clock, answered by a script. */
#include "cli/thing_run.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/list.h"
#include "base/map.h"
#include "base/time.h"
#include "calendar/calendar.h"
#include "cli/thing_expect.h"
#include "engine/engine.h"
#include "model/limits.h"
#include "wire/cloud_event.h"
#include "wire/event_codec.h"
#include "wire/input_check.h"
#include "wire/input_codec.h"

enum { RUN_INPUTS_MOST = 200000 };
#define RUN_ARENA_MOST ((size_t)256 << 20)

struct run_case { struct case_state state; struct arena arena; const struct json *script; struct list all; };

/* What will happen, and when; equal moments in the order in which they were put. */
struct appointment { int64_t at_us; uint64_t order; struct input input; };

struct run {
    const struct thing_run *what;
    FILE *out;
    struct arena arena;
    struct map cases;                 /* id -> struct run_case */
    struct list in_order;
    struct appointment *agenda;       /* a binary heap */
    size_t agenda_count, agenda_room;
    uint64_t order;
    int64_t now_us, start_us;
    struct buffer line;
};

static bool before(const struct appointment *a, const struct appointment *b) {
    return a->at_us < b->at_us || (a->at_us == b->at_us && a->order < b->order);
}

static enum outcome agenda_put(struct run *run, int64_t at_us, const struct input *input, struct error *error) {
    if (run->order >= RUN_INPUTS_MOST)
        return error_set(error, OUTCOME_REJECT, "run_too_long", "the run has more than %d inputs", RUN_INPUTS_MOST);
    if (run->agenda_count == run->agenda_room) {
        size_t room = run->agenda_room ? run->agenda_room * 2 : 64;
        struct appointment *agenda = memory_resize(run->agenda, room * sizeof *agenda);
        if (!agenda)
            return error_no_memory(error);
        run->agenda = agenda;
        run->agenda_room = room;
    }
    size_t i = run->agenda_count++;
    run->agenda[i] = (struct appointment){at_us, run->order++, *input};
    run->agenda[i].input.at_us = at_us;
    for (; i > 0 && before(&run->agenda[i], &run->agenda[(i - 1) / 2]); i = (i - 1) / 2) {
        struct appointment swap = run->agenda[i];
        run->agenda[i] = run->agenda[(i - 1) / 2];
        run->agenda[(i - 1) / 2] = swap;
    }
    return OUTCOME_OK;
}

static struct appointment agenda_take(struct run *run) {
    struct appointment first = run->agenda[0];
    run->agenda[0] = run->agenda[--run->agenda_count];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < run->agenda_count; child++)
            if (before(&run->agenda[child], &run->agenda[least]))
                least = child;
        if (least == i)
            return first;
        struct appointment swap = run->agenda[i];
        run->agenda[i] = run->agenda[least];
        run->agenda[least] = swap;
        i = least;
    }
}

static enum outcome bad(struct error *error, const char *what, struct text where) {
    return error_set(error, OUTCOME_REJECT, "run_script_bad", "the script's %s: %.*s", what, TEXT_ARG(where));
}

/* `known` ends with NULL. */
static enum outcome check_members(const struct json *object, const char *const *known, const char *what,
                                  struct error *error) {
    for (uint32_t i = 0; i < object->count; i++) {
        size_t j = 0;
        while (known[j] && !text_is(object->children[i].key, known[j]))
            j++;
        if (!known[j])
            return bad(error, what, object->children[i].key);
    }
    return OUTCOME_OK;
}

static enum outcome read_duration(const struct json *object, struct text key, int64_t *ret, struct error *error) {
    const struct json *value = json_get(object, key);
    *ret = 0;
    if (!value)
        return OUTCOME_OK;
    if (value->type != JSON_STRING || duration_parse(value->text, ret, NULL) != OUTCOME_OK)
        return error_set(error, OUTCOME_REJECT, "run_script_bad", "\"%.*s\" must be a duration such as 2h", TEXT_ARG(key));
    return OUTCOME_OK;
}

static struct text bytes_of(struct run *run, const struct json *value) {
    if (!value)
        return TEXT_NONE;
    buffer_clear(&run->line);
    json_write(&run->line, value);
    return text_copy(&run->arena, buffer_text(&run->line));
}

/* One answer of the script: {after, kind, data, reason, retryable, certificates, source, id, …}. */
static enum outcome put_answer(struct run *run, const struct json *entry, const struct input *to, struct error *error) {
    static const char *const known[] = {"after", "kind", "data", "reason", "retryable", "certificates",
                                        "source", "id", "reasons", NULL};
    struct input input = *to;
    int64_t after;
    enum outcome outcome = read_duration(entry, TEXT("after"), &after, error);
    if (outcome == OUTCOME_OK)
        outcome = check_members(entry, known, "answers have no member", error);
    if (outcome != OUTCOME_OK)
        return outcome;
    struct text kind = json_get_text(entry, TEXT("kind"));
    if (!answer_kind_parse(text_is_none(kind) ? TEXT("result") : kind, &input.answer) || input.answer == ANSWER_NONE)
        return bad(error, "answers know no kind", kind);
    input.data = bytes_of(run, json_get_string(entry, "data"));
    if (input.answer == ANSWER_CORRECTION && text_is_none(input.data))
        input.data = bytes_of(run, entry);
    if (input.answer == ANSWER_RESULT && text_is_none(input.data))
        input.data = TEXT("{}");
    input.reason = json_get_text(entry, TEXT("reason"));
    input.extra = bytes_of(run, json_get_string(entry, "certificates"));
    input.retryable = json_is_true(json_get_string(entry, "retryable"));
    input.source = json_get_text(entry, TEXT("source"));
    input.id = json_get_text(entry, TEXT("id"));
    if (text_is_none(input.source))
        input.source = TEXT("script");
    if (text_is_none(input.id))
        input.id = text_format(&run->arena, "answer-%llu", (unsigned long long)run->order);
    if ((input.answer == ANSWER_REJECTED || input.answer == ANSWER_NOT_ACCEPTED) && text_is_none(input.reason))
        input.reason = TEXT("script");
    return agenda_put(run, run->now_us + after, &input, error);
}

/* What the script says to a wait is the signal that it waits for, or one person's signature: {after, data}. */
static enum outcome put_signal(struct run *run, const struct json *entry, const struct input *to, struct error *error) {
    static const char *const known[] = {"after", "data", "actor", NULL};
    struct input input = *to;
    int64_t after;
    enum outcome outcome = read_duration(entry, TEXT("after"), &after, error);
    if (outcome == OUTCOME_OK)
        outcome = check_members(entry, known, "answers to a wait have no member", error);
    if (outcome != OUTCOME_OK)
        return outcome;
    input.data = bytes_of(run, json_get_string(entry, "data"));
    input.actor = json_get_text(entry, TEXT("actor"));
    return agenda_put(run, run->now_us + after, &input, error);
}

/* A lookup of a material of which the script says nothing finds it at once. */
static enum outcome put_found(struct run *run, const struct run_case *c, const struct event *event, struct error *error) {
    const struct definition *definition = c->state.definition;
    const struct step_definition *fetch = &definition->steps[event->step_index];
    struct input input = input_of(INPUT_ANSWER, run->now_us);
    if (!fetch->is_fetch || event->kind != EVENT_STEP_ASKED || event->attempt > 1)
        return OUTCOME_OK;
    input.case_id = c->state.id;
    input.step = event->step;
    input.attempt = event->attempt;
    input.department = event->department;
    input.answer = ANSWER_RESULT;
    input.source = TEXT("script");
    input.id = text_format(&run->arena, "answer-%llu", (unsigned long long)run->order);
    input.data = text_format(&run->arena, "{\"uri\":\"%.*s:%.*s\"}", TEXT_ARG(fetch->lookup.source),
                             TEXT_ARG(definition->materials[fetch->fetches].id));
    if (text_is_none(input.id) || text_is_none(input.data))
        return error_no_memory(error);
    return agenda_put(run, run->now_us, &input, error);
}

/* The script's entries for this step: under `step.index`, else `step`; the attempt'th (from 1), an object or a list of
 * several answers to one attempt. */
static enum outcome put_answers(struct run *run, const struct run_case *c, const char *section, const struct event *event,
                                uint32_t attempt, struct error *error) {
    const struct json *answers = json_get(c->script, text_from(section));
    const struct json *entries = NULL;
    if (event->index >= 0)
        entries = json_get(answers, text_format(&run->arena, "%.*s.%d", TEXT_ARG(event->step), event->index));
    /* What the lead of an inspection says is nothing that its items say. */
    bool own = event->index >= 0 && c->state.definition->steps[event->step_index].kind == STEP_INSPECTION;
    if (!entries && !own)
        entries = json_get(answers, event->step);
    if (!entries)
        return put_found(run, c, event, error);
    if (entries->type == JSON_OBJECT && attempt > 1)
        return OUTCOME_OK;
    const struct json *entry = entries->type == JSON_OBJECT ? entries : json_at(entries, attempt - 1);
    if (!entry)
        return OUTCOME_OK;
    bool signals = event->kind == EVENT_STEP_HELD;
    struct input input = input_of(signals ? INPUT_SIGNAL : INPUT_ANSWER, run->now_us);
    input.case_id = c->state.id;
    input.source = TEXT("script");
    if (signals) {
        input.id = event->reason;
    } else {
        input.step = event->step;
        input.index = event->index;
        input.attempt = event->attempt;
        input.undo = event->kind == EVENT_UNDO_ASKED ? event->ordinal : 0;
        input.department = event->department;
    }
    if (entry->type != JSON_OBJECT && entry->type != JSON_ARRAY)
        return bad(error, "answers must be objects, at step", event->step);
    bool one = entry->type == JSON_OBJECT;
    enum outcome outcome = OUTCOME_OK;
    for (uint32_t i = 0; i < (one ? 1 : entry->count) && outcome == OUTCOME_OK; i++)
        outcome = (signals ? put_signal : put_answer)(run, one ? entry : &entry->children[i].value, &input, error);
    return outcome;
}

/* A wait for a signal or for signatures has begun: not one that is held by its window or its materials. */
static bool waits_for_signal(const struct run_case *c, const struct event *event) {
    const struct step_definition *step = event->step_index == NO_INDEX ? NULL : &c->state.definition->steps[event->step_index];
    return event->kind == EVENT_STEP_HELD && step && step->kind == STEP_WAIT &&
           ((step->wait.mode == WAIT_SIGNED && text_is(event->reason, "signed")) ||
            (step->wait.mode == WAIT_SIGNAL && text_equal(event->reason, step->wait.signal)));
}

static void print_event(struct run *run, const struct run_case *c, const struct event *event) {
    if (run->what->quiet)
        return;
    char room[TIME_TEXT_SIZE];
    buffer_clear(&run->line);
    struct json_writer w;
    json_begin(&w, &run->line);
    json_open(&w, '{');
    json_key(&w, TEXT("case"));
    json_put_text(&w, c->state.id);
    json_key(&w, TEXT("version"));
    json_put_int64(&w, event->version);
    json_key(&w, TEXT("at"));
    json_put_text(&w, time_format_china(event->at_us, room));
    json_key(&w, TEXT("kind"));
    json_put_text(&w, text_from(event_kind_name(event->kind)));
    if (!text_is_none(event->step)) {
        json_key(&w, TEXT("step"));
        json_put_text(&w, event->step);
    }
    _cleanup_buffer_ struct buffer rest;
    buffer_init(&rest, LIMIT_case_state_bytes_most);
    event_write(&rest, event);
    if (rest.length > 2) {
        buffer_put_byte(&run->line, ',');
        buffer_put(&run->line, rest.at + 1, rest.length - 1);
    } else {
        buffer_put_byte(&run->line, '}');
    }
    fwrite(run->line.at, 1, run->line.length, run->out);
    fputc('\n', run->out);
}

static enum outcome follow_event(struct run *run, struct run_case *c, const struct event *event, struct error *error) {
    struct command_list commands;
    enum outcome outcome = OUTCOME_OK;
    if (event->kind == EVENT_STEP_ASKED)
        outcome = put_answers(run, c, "answers", event, event->attempt, error);
    else if (waits_for_signal(c, event))
        outcome = put_answers(run, c, "answers", event, 1, error);
    else if (event->kind == EVENT_UNDO_ASKED)
        outcome = put_answers(run, c, "undo_answers", event, event->ordinal, error);
    else if (event->kind == EVENT_CANCEL_ASKED)
        outcome = put_answers(run, c, "cancel_answers", event, 1, error);
    engine_commands(c->state.id, event, &commands);
    for (uint32_t i = 0; i < commands.count && outcome == OUTCOME_OK; i++) {
        struct input input;
        if (engine_command_input(c->state.id, &commands.at[i], &input))
            outcome = agenda_put(run, run->now_us, &input, error);
    }
    return outcome;
}

/* A script that answers for a step that is not there would wait for ever without a word. */
static enum outcome check_steps(const struct definition *definition, const struct json *script, struct error *error) {
    static const char *const sections[] = {"answers", "undo_answers", "cancel_answers", "children"};
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        const struct json *section = json_get(script, text_from(sections[i]));
        if (section && section->type != JSON_OBJECT)
            return bad(error, "sections by step must be mappings", text_from(sections[i]));
        for (uint32_t j = 0; section && j < section->count; j++) {
            struct text step;
            int32_t index;
            if (!step_name_split(section->children[j].key, &step, &index) || definition_find_step(definition, step) == NO_INDEX)
                return error_set(error, OUTCOME_REJECT, "run_script_bad", "the script's %s: there is no step \"%.*s\"", sections[i],
                                 TEXT_ARG(section->children[j].key));
        }
    }
    return OUTCOME_OK;
}

static struct run_case *make_case(struct run *run, const struct input *input, struct error *error) {
    const struct definition *definition = run->what->definition;
    const struct json *script = NULL;
    if (!text_is_none(input->parent)) {
        definition = run->what->find_definition ? run->what->find_definition(run->what->context, input->definition) : NULL;
        const struct run_case *parent = map_get(&run->cases, input->parent);
        const struct json *children = parent ? json_get_string(parent->script, "children") : NULL;
        script = input->parent_index >= 0
                     ? json_get(children, text_format(&run->arena, "%.*s.%d", TEXT_ARG(input->parent_step), input->parent_index))
                     : NULL;
        if (!script)
            script = json_get(children, input->parent_step);
    }
    if (!definition) {
        error_set(error, OUTCOME_REJECT, "definition_unknown", "the sub-thing %.*s is not at hand", TEXT_ARG(input->thing));
        return NULL;
    }
    if (check_steps(definition, script, error) != OUTCOME_OK)
        return NULL;
    struct run_case *c = arena_new(&run->arena, struct run_case);
    if (!c) {
        error_no_memory(error);
        return NULL;
    }
    arena_init(&c->arena, LIMIT_case_state_bytes_most);
    c->script = script;
    definition = definition_for_region(definition, input->region);
    if (case_init(&c->state, &c->arena, definition, input->case_id) != OUTCOME_OK || !map_put(&run->cases, c->state.id, c)) {
        arena_free(&c->arena);
        error_no_memory(error);
        return NULL;
    }
    list_append(&run->in_order, &c->all);
    return c;
}

static enum outcome take_input(struct run *run, struct input *input, struct error *error) {
    struct run_case *c = map_get(&run->cases, input->case_id);
    if (!c && input->kind == INPUT_SUBMIT && !(c = make_case(run, input, error)))
        return error ? error->outcome : OUTCOME_REJECT;
    if (!c)
        return error_set(error, OUTCOME_REJECT, "case_unknown", "there is no case %.*s", TEXT_ARG(input->case_id));
    struct text region = c->state.version == 0 ? input->region : c->state.region;
    struct world world = {.definition = c->state.definition, .find_definition = run->what->find_definition,
                          .context = run->what->context, .directory = run->what->directory,
                          .calendar = calendar_for_region(run->what->calendar, region)};
    struct event_list events = {0};
    enum outcome outcome = c->state.phase == CASE_CLOSED ? OUTCOME_OK
                                                         : input_check(c->state.definition, input, &run->arena, error);
    if (outcome == OUTCOME_OK)
        outcome = engine_decide(&world, &c->state, input, &run->arena, &events, error);
    for (uint32_t i = 0; outcome == OUTCOME_OK && i < events.count; i++) {
        struct event *event = &events.at[i];
        if (event->step_index == NO_INDEX && !text_is_none(event->step))
            event->step_index = definition_find_step(c->state.definition, event->step);
        if (!case_apply(&c->state, event))
            return error_no_memory(error);
        print_event(run, c, event);
        outcome = follow_event(run, c, event, error);
    }
    return outcome;
}

/* The earliest clock of any case; TIME_NONE: none. */
static int64_t next_timer(const struct run *run, struct text *ret_case) {
    int64_t next = TIME_NONE;
    list_each(&run->in_order, node) {
        const struct run_case *c = list_entry(node, struct run_case, all);
        int64_t due = case_next_due(&c->state);
        if (due != TIME_NONE && (next == TIME_NONE || due < next)) {
            next = due;
            *ret_case = c->state.id;
        }
    }
    return next;
}

/* A refused input is a line of its own and ends nothing: so contradictory and impossible inputs can be tried. */
static void print_refusal(struct run *run, const struct input *input, const struct error *error) {
    char room[TIME_TEXT_SIZE];
    buffer_clear(&run->line);
    struct json_writer w;
    json_begin(&w, &run->line);
    json_open(&w, '{');
    json_key(&w, TEXT("case"));
    json_put_text(&w, input->case_id);
    json_key(&w, TEXT("at"));
    json_put_text(&w, time_format_china(run->now_us, room));
    json_key(&w, TEXT("refused"));
    json_put_text(&w, text_from(input_kind_name(input->kind)));
    json_key(&w, TEXT("step"));
    json_put_text(&w, input->step);
    json_key(&w, TEXT("code"));
    json_put_text(&w, text_from(error->code));
    json_key(&w, TEXT("message"));
    json_put_text(&w, text_from(error->message));
    json_close(&w, '}');
    if (!run->what->quiet) {
        fwrite(run->line.at, 1, run->line.length, run->out);
        fputc('\n', run->out);
    }
}

static enum outcome run_all(struct run *run, struct error *error) {
    bool first = true;
    for (;;) {
        struct text due_case = TEXT_NONE;
        int64_t due = next_timer(run, &due_case);
        if (run->agenda_count == 0 && due == TIME_NONE)
            return OUTCOME_OK;
        struct input input;
        if (run->agenda_count > 0 && (due == TIME_NONE || run->agenda[0].at_us <= due)) {
            struct appointment next = agenda_take(run);
            run->now_us = next.at_us > run->now_us ? next.at_us : run->now_us;
            input = next.input;
        } else {
            run->now_us = due > run->now_us ? due : run->now_us;
            input = input_of(INPUT_TIMER_FIRED, run->now_us);
            input.case_id = due_case;
            if (++run->order >= RUN_INPUTS_MOST)
                return error_set(error, OUTCOME_REJECT, "run_too_long", "the run has more than %d inputs", RUN_INPUTS_MOST);
        }
        input.at_us = run->now_us;
        enum outcome outcome = take_input(run, &input, error);
        /* The script itself is at fault, or what runs is not at hand: nothing that a case could meet. */
        bool ours = outcome == OUTCOME_REJECT && (strncmp(error->code, "run_", 4) == 0 || strcmp(error->code, "definition_unknown") == 0);
        if (outcome == OUTCOME_FATAL || ours || (first && outcome != OUTCOME_OK))
            return outcome;
        if (outcome != OUTCOME_OK)
            print_refusal(run, &input, error);
        first = false;
    }
}

/* `inputs: [{at: 3h, kind: …, …}]`: raw inputs of any kind. */
static enum outcome put_inputs(struct run *run, const struct json *script, struct text root, struct error *error) {
    const struct json *inputs = json_get_string(script, "inputs");
    if (inputs && inputs->type != JSON_ARRAY)
        return bad(error, "\"inputs\" must be a list", TEXT(""));
    for (uint32_t i = 0; inputs && i < inputs->count; i++) {
        const struct json *entry = &inputs->children[i].value;
        int64_t at;
        enum outcome outcome = read_duration(entry, TEXT("at"), &at, error);
        if (outcome != OUTCOME_OK)
            return outcome;
        struct json rest = json_object(&run->arena, entry->count);
        rest.count = 0;
        for (uint32_t j = 0; j < entry->count; j++)
            if (!text_is(entry->children[j].key, "at"))
                rest.children[rest.count++] = entry->children[j];
        struct input input;
        outcome = input_read(&run->arena, &rest, run->start_us + at, &input, error);
        if (outcome != OUTCOME_OK)
            return outcome;
        if (text_is_none(input.case_id))
            input.case_id = root;
        if (text_is_none(input.source)) {
            input.source = TEXT("script");
            input.id = text_is_none(input.id) ? text_format(&run->arena, "input-%u", i) : input.id;
        }
        outcome = agenda_put(run, run->start_us + at, &input, error);
        if (outcome != OUTCOME_OK)
            return outcome;
    }
    return OUTCOME_OK;
}

static enum outcome begin(struct run *run, const struct json *script, struct error *error) {
    static const char *const known[] = {"form", "extra", "start", "number", "region", "answers", "undo_answers",
                                        "cancel_answers", "children", "inputs", "priority", "expect", NULL};
    if (!script || script->type != JSON_OBJECT)
        return bad(error, "top must be a mapping", TEXT(""));
    struct text start = json_get_text(script, TEXT("start"));
    enum outcome outcome = check_members(script, known, "top has no member", error);
    if (outcome == OUTCOME_OK)
        outcome = time_parse(text_is_none(start) ? TEXT("2026-03-02T09:00+08:00") : start, &run->start_us, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    run->now_us = run->start_us;
    struct text number = json_get_text(script, TEXT("number")), region = json_get_text(script, TEXT("region"));
    struct input input = input_of(INPUT_SUBMIT, run->start_us);
    input.case_id = input.number = text_is_none(number) ? TEXT("run") : number;
    input.thing = run->what->definition->thing;
    input.definition = run->what->definition->hash;
    input.region = !text_is_none(region) ? region
                   : run->what->definition->region_count > 0 ? run->what->definition->regions[0] : TEXT("441300");
    input.data = bytes_of(run, json_get_string(script, "form"));
    input.data = text_is_none(input.data) ? TEXT("{}") : input.data;
    input.extra = bytes_of(run, json_get_string(script, "extra"));
    int64_t priority;
    if (json_to_int64(json_get_string(script, "priority"), &priority))
        input.priority = (int32_t)priority;
    input.source = TEXT("script");
    input.id = TEXT("submit");
    outcome = agenda_put(run, run->start_us, &input, error);
    return outcome == OUTCOME_OK ? put_inputs(run, script, input.case_id, error) : outcome;
}

/* The last line, and whether it is as the script expects. */
static enum outcome finish(struct run *run, const struct run_case *root, const struct json *script, struct error *error) {
    const struct json *expect = json_get_string(script, "expect");
    struct json state;
    buffer_clear(&run->line);
    case_write_json(&root->state, &run->line);
    if (run->line.failed)
        return error_no_memory(error);
    fprintf(run->out, "%.*s\n", TEXT_ARG(buffer_text(&run->line)));
    if (!expect)
        return OUTCOME_OK;
    enum outcome outcome = json_read(&run->arena, buffer_text(&run->line), LIMIT_json_depth_most + 8, &state, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    _cleanup_buffer_ struct buffer why;
    buffer_init(&why, LIMIT_case_state_bytes_most);
    return expect_holds(expect, &state, &why)
               ? OUTCOME_OK
               : error_set(error, OUTCOME_REJECT, "run_unexpected", "the final state is not as expected: %.*s", TEXT_ARG(buffer_text(&why)));
}

enum outcome thing_run(const struct thing_run *what, const struct json *script, FILE *out, bool *ret_closed,
                       struct error *error) {
    struct run run = {.what = what, .out = out};
    arena_init(&run.arena, RUN_ARENA_MOST);
    buffer_init(&run.line, LIMIT_case_state_bytes_most * 2);
    map_init(&run.cases);
    list_init(&run.in_order);
    enum outcome outcome = begin(&run, script, error);
    if (outcome == OUTCOME_OK) {
        /* The root's script is the whole one; make_case gives children theirs. */
        struct input first = run.agenda[0].input;
        struct run_case *root = check_steps(what->definition, script, error) == OUTCOME_OK ? make_case(&run, &first, error) : NULL;
        if (root)
            root->script = script;
        outcome = root ? run_all(&run, error) : error->outcome;
        if (root && outcome == OUTCOME_OK) {
            *ret_closed = root->state.phase == CASE_CLOSED;
            outcome = finish(&run, root, script, error);
        }
    }
    list_each(&run.in_order, node)
        arena_free(&list_entry(node, struct run_case, all)->arena);
    map_free(&run.cases);
    memory_free(run.agenda);
    buffer_free(&run.line);
    arena_free(&run.arena);
    return outcome;
}
