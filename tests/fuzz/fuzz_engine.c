/* Bytes as a schedule: inputs of every kind, in and out of place, for a case and its sub-cases on fixed definitions. No
 * gate stops the process, what the journal keeps is read back as it was, commands are functions of their events and fit
 * their schemas, a fired timer is over, and the journal played again is the state. */
#include "fuzz.h"

#include "definition/definition.h"
#include "engine/engine.h"
#include "model/limits.h"
#include "wire/cloud_event.h"
#include "wire/event_codec.h"
#include "wire/input_check.h"
#include "wire/input_codec.h"
#include "wire/message_schema.h"

enum { CASES_MOST = 48, INPUTS_MOST = 400, JOURNAL_MOST = 2000, WAITING_MOST = 256 };

/* ---- what stands for the whole run ---- */

static struct arena setting;
static const char *const files[] = {"leaf", "joins", "kinds"};
enum { THINGS = sizeof files / sizeof files[0] };
static const struct definition *things[THINGS];
static const struct directory *directory;
static struct message_schemas *schemas;

static const struct definition *find_thing(void *context, struct text thing, struct text hash) {
    (void)context;
    for (int i = 0; i < THINGS; i++)
        if (things[i] && (text_is_none(hash) ? text_equal(things[i]->thing, thing) : text_equal(things[i]->hash, hash)))
            return things[i];
    return NULL;
}
static const struct definition *find_hash(void *context, struct text hash) { return find_thing(context, TEXT_NONE, hash); }

static struct text read_whole(const char *folder, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/tests/fuzz/%s/%s.yaml", YJS_SOURCE_DIR, folder, name);
    FILE *file = fopen(path, "re");
    char *content = arena_alloc(&setting, 1 << 16);
    FUZZ_CHECK(file && content, "%s is not there", path);
    struct text whole = text_span(content, fread(content, 1, 1 << 16, file));
    fclose(file);
    return whole;
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    struct fault_list faults;
    struct error error = {0};
    (void)argc;
    (void)argv;
    arena_init(&setting, (size_t)256 << 20);
    FUZZ_CHECK(message_schemas_make(&setting, &schemas, &error) == OUTCOME_OK, "%s", error.message);
    FUZZ_CHECK(directory_compile(&setting, read_whole("definition", "departments"), TEXT("d.yaml"), &faults, &directory, &error) ==
                   OUTCOME_OK, "%s", error.message);
    struct definition_context context = {.directory = directory, .find_thing = find_thing};
    for (int i = 0; i < THINGS; i++) {
        enum outcome outcome = definition_compile(&setting, read_whole("things", files[i]), text_from(files[i]), &context, &faults,
                                                  &things[i], &error);
        for (uint32_t j = 0; outcome != OUTCOME_OK && j < faults.count; j++)
            fprintf(stderr, "%s:%u:%u: %.*s\n", files[i], faults.at[j].line, faults.at[j].column, TEXT_ARG(faults.at[j].message));
        FUZZ_CHECK(outcome == OUTCOME_OK, "%s", error.message);
    }
    return 0;
}

/* ---- one schedule ---- */

struct row { struct text kind, step, data; uint32_t version; int64_t at_us; };
struct played { struct case_state state; struct arena arena; struct row *rows; uint32_t count; };
struct schedule {
    const uint8_t *at, *end;
    struct arena arena;
    struct played cases[CASES_MOST];
    uint32_t case_count;
    struct input waiting[WAITING_MOST];     /* between cases, in the same batch */
    uint32_t waiting_count, next_id;
    int64_t now_us;
    struct input last;
};

static uint8_t byte(struct schedule *s) { return s->at < s->end ? *s->at++ : 0; }
static uint32_t below(struct schedule *s, uint32_t bound) { return byte(s) % bound; }

static struct text raw(struct schedule *s) {
    size_t length = byte(s), left = (size_t)(s->end - s->at);
    struct text t = text_span((const char *)s->at, length < left ? length : left);
    s->at += t.length;
    return fuzz_text(&s->arena, t);
}

static struct text some_data(struct schedule *s) {
    static const char *const known[] = {"{}", "{\"no\":\"T-1\"}", "{\"no\":\"T-2\",\"n\":1.50}", "{\"no\":5}", "{\"field\":\"x\"}",
                                        "{\"reasons\":[{\"message\":\"x\"}]}", "{\"days\":3,\"reason\":\"survey\"}", "[]", "null",
                                        "{\"form\":{\"yes\":true,\"extra\":1},\"materials\":[{\"id\":\"m\"}]}"};
    enum { KNOWN = sizeof known / sizeof known[0] };
    uint32_t which = below(s, KNOWN + 2);
    if (which < KNOWN)
        return text_from(known[which]);
    struct text t = which == KNOWN ? raw(s) : TEXT_NONE;
    while (t.length && strchr(" \t\r\n", t.at[0]) && t.at[0])   /* data are the bytes of a value, without what stands around it */
        t = text_span(t.at + 1, t.length - 1);
    while (t.length && strchr(" \t\r\n", t.at[t.length - 1]) && t.at[t.length - 1])
        t.length--;
    struct json value;
    return t.length && json_read(&s->arena, t, LIMIT_json_depth_most, &value, NULL) == OUTCOME_OK ? t : TEXT_NONE;
}

static struct played *find_case(struct schedule *s, struct text id) {
    for (uint32_t i = 0; i < s->case_count; i++)
        if (text_equal(s->cases[i].state.id, id))
            return &s->cases[i];
    return NULL;
}

static struct played *make_case(struct schedule *s, const struct input *input) {
    const struct definition *definition = find_thing(NULL, input->thing, input->definition);
    if (!definition || s->case_count == CASES_MOST)
        return NULL;
    struct played *p = &s->cases[s->case_count];
    arena_init(&p->arena, LIMIT_case_state_bytes_most);
    FUZZ_CHECK(case_init(&p->state, &p->arena, definition_for_region(definition, input->region), input->case_id) == OUTCOME_OK, "no memory");
    p->rows = arena_new_array(&s->arena, JOURNAL_MOST, struct row);
    p->count = 0;
    s->case_count++;
    return p;
}

static void check_message(struct schedule *s, struct text id, const struct command *command) {
    struct bus_header headers[CLOUD_EVENT_HEADERS_MOST];
    uint32_t count;
    struct text value;
    struct cloud_event read;
    struct error error = {0};
    FUZZ_CHECK(cloud_event_write(&s->arena, id, command, headers, &count, &value), "a message can't be written");
    FUZZ_CHECK(cloud_event_read(&s->arena, value, headers, count, &read, &error) == OUTCOME_OK, "what is sent can't be read: %s: %.*s",
               error.message, TEXT_ARG(value));
    FUZZ_CHECK(message_schemas_check(schemas, read.type, &read.data, &s->arena, &error) == OUTCOME_OK, "what is sent does not fit: %s: %.*s",
               error.message, TEXT_ARG(value));
}

static void check_commands(struct schedule *s, struct text id, const struct event *event, const struct event *again) {
    struct command_list first, second;
    engine_commands(id, event, &first);
    engine_commands(id, again, &second);
    FUZZ_CHECK(first.count == second.count, "another number of commands");
    for (uint32_t i = 0; i < first.count; i++) {
        const struct command *a = &first.at[i], *b = &second.at[i];
        FUZZ_CHECK(a->kind == b->kind && strcmp(a->id, b->id) == 0 && text_equal(a->region, b->region) &&
                       text_equal(a->department, b->department), "another command: %s", a->id);
        struct input input;
        if (!engine_command_input(id, a, &input))
            check_message(s, id, a);
        else if (s->waiting_count < WAITING_MOST)
            s->waiting[s->waiting_count++] = input;
    }
}

static void keep(struct schedule *s, struct played *p, struct event *event) {
    struct buffer out;
    struct event again;
    struct error error = {0};
    buffer_init(&out, LIMIT_case_state_bytes_most * 2);
    event_write(&out, event);
    FUZZ_CHECK(!out.failed && p->count < JOURNAL_MOST, "an event does not fit");
    struct row *row = &p->rows[p->count++];
    *row = (struct row){text_from(event_kind_name(event->kind)), event->step, text_copy(&s->arena, buffer_text(&out)), event->version,
                        event->at_us};
    buffer_clear(&out);
    FUZZ_CHECK(event_read(&s->arena, row->kind, row->version, row->at_us, row->step, row->data, &again, &error) == OUTCOME_OK,
               "an event can't be read back: %s: %.*s", error.message, TEXT_ARG(row->data));
    event_write(&out, &again);
    FUZZ_CHECK(text_equal(buffer_text(&out), row->data), "an event changes:\n%.*s\n%s", TEXT_ARG(row->data), out.at);
    buffer_free(&out);
    check_commands(s, p->state.id, event, &again);
}

/* One input, as the conductor gives it. */
static enum outcome take(struct schedule *s, struct input *input, struct error *error) {
    struct played *p = find_case(s, input->case_id);
    if (!p && input->kind == INPUT_SUBMIT)
        p = make_case(s, input);
    if (!p)
        return error_set(error, OUTCOME_REJECT, "unknown", "there is no such case or thing");
    struct world world = {p->state.definition, find_hash, NULL, directory, NULL};
    struct event_list events = {0};
    uint32_t version = p->state.version;
    enum outcome outcome = p->state.phase == CASE_CLOSED ? OUTCOME_OK : input_check(p->state.definition, input, &s->arena, error);
    if (outcome == OUTCOME_OK)
        outcome = engine_decide(&world, &p->state, input, &s->arena, &events, error);
    FUZZ_CHECK(outcome == OUTCOME_OK || outcome == OUTCOME_REJECT, "deciding ends with %s", outcome_name(outcome));
    FUZZ_CHECK(p->state.version == version, "deciding has changed the state");
    for (uint32_t i = 0; i < events.count; i++) {
        struct event *event = &events.at[i];
        FUZZ_CHECK(event->version == version + i + 1, "a gap in versions");
        keep(s, p, event);
        FUZZ_CHECK(case_apply(&p->state, event), "an event can't be applied");
    }
    if (p->state.phase == CASE_CLOSED)
        FUZZ_CHECK(p->state.open_count == 0 && p->state.outcome != CASE_OUTCOME_NONE, "closed with %u open", p->state.open_count);
    if (outcome == OUTCOME_OK && input->kind == INPUT_TIMER_FIRED) {
        int64_t due = case_next_due(&p->state);
        FUZZ_CHECK(due == TIME_NONE || due > input->at_us, "a timer that fired is due again");
    }
    return outcome;
}

static void give(struct schedule *s, const struct input *given) {
    struct input input = *given;
    struct error error = {0};
    input.at_us = s->now_us;
    s->last = input;
    take(s, &input, &error);
    while (s->waiting_count > 0) {
        struct input next = s->waiting[0];
        memmove(s->waiting, s->waiting + 1, --s->waiting_count * sizeof next);
        error = (struct error){0};
        if (take(s, &next, &error) == OUTCOME_OK || next.kind != INPUT_SUBMIT || s->waiting_count == WAITING_MOST)
            continue;
        struct input ended = input_of(INPUT_CHILD_ENDED, s->now_us);
        ended.case_id = next.parent;
        ended.step = next.parent_step;
        ended.index = next.parent_index;
        ended.reason = text_format(&s->arena, "%s: %s", error.code, error.message);
        s->waiting[s->waiting_count++] = ended;
    }
}

/* ---- what the bytes choose ---- */

static const struct work_state *choose_place(struct schedule *s, const struct played *p, struct input *input) {
    uint16_t step = (uint16_t)below(s, p->state.definition->step_count);
    for (uint16_t i = 0; i < p->state.definition->step_count && p->state.steps; i++) {   /* the next that works */
        uint16_t at = (uint16_t)((step + i) % p->state.definition->step_count);
        const struct step_row *row = &p->state.steps[at];
        input->step = p->state.definition->steps[at].id;
        input->index = -1;
        if (row->element_count > 0) {
            uint32_t element = below(s, row->element_count);
            input->index = (int32_t)element;
            return &row->elements[element];
        }
        if (state_step_is_active(row->self.state))
            return &row->self;
    }
    return NULL;
}

static void choose_identity(struct schedule *s, struct input *input) {
    input->source = TEXT("fuzz");
    input->id = text_format(&s->arena, "m-%u", below(s, 8) == 0 ? s->next_id : ++s->next_id);
}

static void answer(struct schedule *s, const struct played *p, bool in_place) {
    struct input input = input_of(INPUT_ANSWER, s->now_us);
    input.case_id = p->state.id;
    const struct work_state *work = choose_place(s, p, &input);
    input.answer = (enum answer_kind)(1 + below(s, ANSWER_KIND_COUNT - 1));
    if (below(s, 3))
        input.answer = ANSWER_RESULT;
    choose_identity(s, &input);
    input.data = input.answer == ANSWER_RESULT || input.answer == ANSWER_CORRECTION ? some_data(s) : TEXT_NONE;
    input.reason = below(s, 2) ? TEXT("reason") : TEXT_NONE;
    input.retryable = below(s, 4) != 0;
    input.undo = work && state_step_is_undoing(work->state) ? work->undo : 0;
    if (!in_place) {
        input.attempt = below(s, 5);
        input.undo = below(s, 3);
        input.index = (int32_t)below(s, 6) - 1;
        input.department = below(s, 2) ? TEXT_NONE : TEXT("tax");
        input.kind = below(s, 2) ? INPUT_ANSWER : INPUT_ANSWER_FOR;
        input.confirmed_by = TEXT("wang");
        input.evidence = TEXT("sm3:1");
        input.actor = TEXT("li");
    }
    give(s, &input);
}

static void operate(struct schedule *s, const struct played *p) {
    static const enum input_kind kinds[] = {INPUT_RETRY, INPUT_SKIP, INPUT_REASSIGN, INPUT_REFUSE, INPUT_ACKNOWLEDGE,
                                            INPUT_RESOLVE_DISPUTE, INPUT_CORRECTION_ANSWERED, INPUT_CALENDAR_CHANGED,
                                            INPUT_CHILD_ENDED, INPUT_CLOSE, INPUT_VOID, INPUT_WITHDRAWN, INPUT_SIGNAL, INPUT_MIGRATED, INPUT_CONTACT_CHANGED};
    struct input input = input_of(kinds[below(s, sizeof kinds / sizeof kinds[0])], s->now_us);
    input.case_id = p->state.id;
    choose_place(s, p, &input);
    choose_identity(s, &input);
    input.actor = TEXT("li");
    input.reason = TEXT("because");
    input.data = some_data(s);
    uint8_t more = byte(s);
    if (more & 1)
        input.index = (int32_t)(more >> 4) - 1;
    input.outcome = (enum case_outcome)(more >> 1 & 7) % CASE_OUTCOME_COUNT;
    if (input.kind == INPUT_CLOSE)
        input.stop = (enum case_stop)(more >> 1 & 7) % CASE_STOP_COUNT;
    if (input.kind == INPUT_REASSIGN)
        input.department = more & 2 ? TEXT("tax") : TEXT("nobody");
    if (input.kind == INPUT_SIGNAL)
        input.id = more & 2 ? TEXT("paid") : TEXT("other");
    if (input.kind == INPUT_ACKNOWLEDGE && more & 4)
        input.step = TEXT_NONE;
    give(s, &input);
}

static void pass_time(struct schedule *s, struct played *p, bool to_due) {
    int64_t due = case_next_due(&p->state);
    s->now_us += to_due && due != TIME_NONE && due > s->now_us ? due - s->now_us : (int64_t)byte(s) * TIME_HOUR_US / 4;
    struct input input = input_of(INPUT_TIMER_FIRED, s->now_us);
    input.case_id = p->state.id;
    give(s, &input);
}

static void raw_input(struct schedule *s, const struct played *p) {
    struct json object;
    struct input input;
    if (json_read(&s->arena, raw(s), LIMIT_json_depth_most, &object, NULL) != OUTCOME_OK ||
        input_read(&s->arena, &object, s->now_us, &input, NULL) != OUTCOME_OK)
        return;
    if (text_is_none(input.case_id))
        input.case_id = p->state.id;
    give(s, &input);
}

static void act(struct schedule *s) {
    struct played *p = &s->cases[below(s, 3) ? 0 : below(s, s->case_count)];
    switch (below(s, 16)) {
    case 0: case 1: case 2: case 3: case 4: case 5: case 6: case 7: answer(s, p, true); break;
    case 8: case 9: pass_time(s, p, true); break;
    case 10: pass_time(s, p, false); break;
    case 11: answer(s, p, false); break;
    case 12: raw_input(s, p); break;
    case 13: if (s->last.kind != INPUT_SUBMIT) give(s, &s->last); break;
    default: operate(s, p); break;
    }
}

static void check_replay(struct schedule *s, const struct played *p) {
    struct arena arena;
    struct case_state again;
    struct buffer one, other;
    arena_init(&arena, LIMIT_case_state_bytes_most);
    buffer_init(&one, LIMIT_case_state_bytes_most * 4);
    buffer_init(&other, LIMIT_case_state_bytes_most * 4);
    FUZZ_CHECK(case_init(&again, &arena, p->state.definition, p->state.id) == OUTCOME_OK, "no memory");
    for (uint32_t i = 0; i < p->count; i++) {
        struct event event;
        const struct row *row = &p->rows[i];
        FUZZ_CHECK(event_read(&s->arena, row->kind, row->version, row->at_us, row->step, row->data, &event, NULL) == OUTCOME_OK &&
                       case_apply(&again, &event), "the journal can't be played again");
    }
    case_write_json(&p->state, &one);
    case_write_json(&again, &other);
    FUZZ_CHECK(!one.failed && text_equal(buffer_text(&one), buffer_text(&other)), "the journal played again is another state:\n%s\n%s",
               one.at, other.at);
    fuzz_check_json(&s->arena, buffer_text(&one), "case_write_json");
    FUZZ_CHECK(case_next_due(&p->state) == case_next_due(&again) && p->state.due_count == again.due_count &&
                   p->state.open_count == again.open_count && p->state.undo_count == again.undo_count &&
                   p->state.incident_count == again.incident_count && p->state.dispute_count == again.dispute_count,
               "the journal played again counts otherwise");
    buffer_free(&one);
    buffer_free(&other);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct schedule schedule;   /* large */
    static const char *const forms[] = {
        "{\"yes\":true,\"n\":1,\"list\":[{\"code\":\"102\"},{\"code\":\"abc\"},{\"code\":\"icbc\"}],\"text\":\"x\"}",
        "{\"yes\":false,\"n\":0,\"list\":[],\"text\":\"y\"}", "{}",
        "{\"yes\":true,\"n\":2.5,\"list\":[{\"code\":\"nobody\"},{\"code\":\"abc\"}],\"text\":\"much too long for a leaf\"}"};
    struct schedule *s = &schedule;
    memset(s, 0, sizeof *s);
    s->at = data;
    s->end = data + size;
    s->now_us = INT64_C(1772413200) * TIME_SECOND_US;
    arena_init(&s->arena, (size_t)512 << 20);
    struct input input = input_of(INPUT_SUBMIT, s->now_us);
    uint8_t first = byte(s);
    input.thing = things[first % THINGS]->thing;
    input.definition = things[first % THINGS]->hash;
    input.number = input.case_id = TEXT("44130020260302000017");
    input.region = first & 128 ? TEXT("441302") : TEXT("441300");
    input.data = text_from(forms[first / 4 % 4]);
    input.source = TEXT("portal");
    input.id = TEXT("a1");
    give(s, &input);
    for (uint32_t i = 0; i < INPUTS_MOST && s->at < s->end && s->case_count > 0; i++)
        act(s);
    for (uint32_t i = 0; i < s->case_count; i++) {
        check_replay(s, &s->cases[i]);
        arena_free(&s->cases[i].arena);
    }
    arena_free(&s->arena);
    return 0;
}
