/* One pending input through the engine and into the batch: decide, apply, number, and on to the sub-cases. */
#include "conductor/internal.h"

#include "calendar/calendar.h"
#include "wire/event_codec.h"
#include "wire/input_check.h"

static const struct definition *find_definition(void *context, struct text hash) {
    struct error error = {0};
    return definitions_get(context, hash, &error);
}

static bool touch(struct batch *batch, struct open_case *open) {
    if (open->touched)
        return true;
    struct open_case **place = vector_new(&batch->touched, batch->arena, struct open_case *);
    if (!place)
        return false;
    *place = open;
    open->touched = true;
    open->last_batch = batch->serial;
    open->version_before = open->state.version;
    open->dirty = (struct vector){0};
    return true;
}

static bool mark_dirty(struct batch *batch, struct open_case *open, uint16_t step, int32_t index) {
    const struct dirty_step *at = open->dirty.at;
    for (uint32_t i = 0; i < open->dirty.count; i++)
        if (at[i].step == step && at[i].index == index)
            return true;
    struct dirty_step *dirty = vector_new(&open->dirty, batch->arena, struct dirty_step);
    if (dirty)
        *dirty = (struct dirty_step){step, index};
    return dirty != NULL;
}

static void count_event(struct batch *batch, const struct event *event) {
    struct conductor_meters *m = &batch->counted;
    m->events++;
    switch (event->kind) {
    case EVENT_CASE_STARTED: m->cases_started++; break;
    case EVENT_CASE_CLOSED: m->cases_closed++; break;
    case EVENT_STEP_ASKED: m->steps_asked++; break;
    case EVENT_STEP_ENDED: m->steps_ended++; break;
    case EVENT_STEP_STUCK:
    case EVENT_INCIDENT_OPENED: m->incidents++; break;
    default: break;
    }
}

static bool is_incident(enum event_kind kind) {
    return kind == EVENT_STEP_STUCK || kind == EVENT_INCIDENT_OPENED || kind == EVENT_INCIDENT_CLOSED ||
           kind == EVENT_DISPUTE_OPENED || kind == EVENT_DISPUTE_RESOLVED;
}

/* One event: into the state, the journal's rows, the incidents. */
static enum outcome take_event(struct conductor *c, struct batch *batch, struct open_case *open, struct event *event,
                               struct error *error) {
    if (event->step_index == NO_INDEX && !text_is_none(event->step))
        event->step_index = definition_find_step(open->state.definition, event->step);
    if (!case_apply(&open->state, event) || (is_incident(event->kind) && !rows_incident(batch, open, event)))
        return error_no_memory(error);
    if (c->settings.notices && !rows_notice(batch, open, event))
        return error_no_memory(error);
    if (event->step_index != NO_INDEX) {
        bool fine = mark_dirty(batch, open, event->step_index, event->index);
        if (event->index >= 0) /* the step's own row counts its elements */
            fine = fine && mark_dirty(batch, open, event->step_index, -1);
        if (event->kind == EVENT_STEP_EXPANDED)
            for (uint32_t i = 0; fine && i < event->count; i++)
                fine = mark_dirty(batch, open, event->step_index, (int32_t)i);
        if (!fine)
            return error_no_memory(error);
    }
    struct shard *shard = &c->shards[open->shard];
    struct store_event *row = vector_new(&batch->events, batch->arena, struct store_event);
    struct event *kept = vector_new(&batch->commands_of, batch->arena, struct event);
    buffer_clear(&c->scratch);
    event_write(&c->scratch, event);
    if (!row || !kept || c->scratch.failed)
        return error_no_memory(error);
    *kept = *event;
    *row = (struct store_event){.shard = shard->number, .seq = shard->next_seq++ + (mutation_is(seq_gap) ? 1 : 0), .case_id = open->state.id,
                                .version = (int32_t)event->version, .at_us = event->at_us,
                                .kind = text_from(event_kind_name(event->kind)), .step = event->step,
                                .data = text_copy(batch->arena, buffer_text(&c->scratch))};
    shard->touched = true;
    count_event(batch, event);
    return text_is_none(row->data) ? error_no_memory(error) : OUTCOME_OK;
}

/* What an event asks of other cases of the same root becomes an input of this batch. */
static bool pass_on(struct batch *batch, const struct open_case *open, const struct event *event) {
    struct command_list commands;
    if (!engine_asks_cases(event->kind))
        return true;
    engine_commands(open->state.id, event, &commands);
    for (uint32_t i = 0; i < commands.count && !mutation_is(children_lost); i++) {
        struct input input;
        if (!engine_command_input(open->state.id, &commands.at[i], &input))
            continue; /* it is published */
        struct pending *next = vector_new(&batch->internal, batch->arena, struct pending);
        if (!next)
            return false;
        *next = (struct pending){.origin = ORIGIN_INTERNAL, .shard = open->shard, .input = input};
    }
    return true;
}

/* A sub-case that can't be started is told to its parent as one that ended without an outcome. */
static bool tell_parent(struct batch *batch, const struct pending *refused) {
    const struct input *start = &refused->input;
    struct pending *next = vector_new(&batch->internal, batch->arena, struct pending);
    if (!next)
        return false;
    *next = (struct pending){.origin = ORIGIN_INTERNAL, .shard = refused->shard,
                             .input = input_of(INPUT_CHILD_ENDED, start->at_us)};
    next->input.case_id = start->parent;
    next->input.step = start->parent_step;
    next->input.index = start->parent_index;
    next->input.reason = text_format(batch->arena, "%s: %s", refused->error.code, refused->error.message);
    return !text_is_none(next->input.reason);
}

/* A new application: its definition, its form against the schema, and an empty case to begin with. */
static enum outcome begin_case(struct conductor *c, struct batch *batch, struct pending *pending, struct open_case **ret) {
    struct input *input = &pending->input;
    const struct definition *definition = text_is_none(input->definition)
                                              ? definitions_current(c, input->thing, &pending->error)
                                              : definitions_get(c, input->definition, &pending->error);
    if (!definition)
        return pending->error.outcome == OUTCOME_OK ? OUTCOME_REJECT : pending->error.outcome;
    enum outcome outcome = input_check(definition, input, batch->arena, &pending->error);
    if (outcome != OUTCOME_OK)
        return outcome;
    struct open_case *open = cache_make(c, input->case_id, definition_for_region(definition, input->region));
    if (!open)
        return error_no_memory(&pending->error);
    open->fresh = true;
    open->timer_known = true;
    open->timer_in_doubt = false;
    *ret = open;
    return OUTCOME_OK;
}

static enum outcome find_case(struct conductor *c, struct batch *batch, struct pending *pending, struct open_case **ret) {
    struct text id = pending->input.case_id;
    *ret = cache_find(c, id);
    if (*ret)
        return OUTCOME_OK;
    if (cache_is_unreadable(c, id))
        return error_set(&pending->error, OUTCOME_REJECT, "journal_unreadable", "the journal of case %.*s can't be read; the log says why",
                         TEXT_ARG(id));
    if (pending->input.kind == INPUT_SUBMIT)
        return begin_case(c, batch, pending, ret);
    return error_set(&pending->error, OUTCOME_REJECT, "case_unknown", "there is no case %.*s", TEXT_ARG(id));
}

static bool content_is_same(const struct case_state *state, const struct input *input, struct batch *batch,
                            struct pending *pending);

/* Same number, same content as it was submitted first, whatever was corrected since: the same case. Same number, other content: a conflict that names the fields. */
static enum outcome submit_again(const struct open_case *open, struct batch *batch, struct pending *pending) {
    const struct input *input = &pending->input;
    if (text_equal(open->state.thing, input->thing) && content_is_same(&open->state, input, batch, pending))
        return OUTCOME_OK;
    if (pending->error.outcome == OUTCOME_OK)
        error_set(&pending->error, OUTCOME_REJECT, "number_conflict", "number %.*s is already a case of %.*s",
                  TEXT_ARG(input->number), TEXT_ARG(open->state.thing));
    return OUTCOME_REJECT;
}

static void name_differences(struct arena *arena, struct buffer *out, const struct json *a, const struct json *b, struct text prefix, unsigned depth) {
    for (uint32_t i = 0; a && a->type == JSON_OBJECT && i < a->count; i++) {
        const struct json *other = json_get(b, a->children[i].key);
        const struct json *mine = &a->children[i].value;
        if (other && json_equal(mine, other))
            continue;
        struct text path = text_format(arena, "%.*s/%.*s", TEXT_ARG(prefix), TEXT_ARG(a->children[i].key));
        if (other && depth < 8 && mine->type == JSON_OBJECT && other->type == JSON_OBJECT)
            name_differences(arena, out, mine, other, path, depth + 1);
        else
            buffer_format(out, "%s%.*s", out->length ? ", " : "", TEXT_ARG(path));
        if (out->failed)
            return;   /* they are many */
    }
    for (uint32_t i = 0; b && b->type == JSON_OBJECT && i < b->count; i++)
        if (!json_get(a, b->children[i].key))
            buffer_format(out, "%s%.*s/%.*s", out->length ? ", " : "", TEXT_ARG(prefix), TEXT_ARG(b->children[i].key));
}

static bool content_is_same(const struct case_state *state, const struct input *input, struct batch *batch,
                            struct pending *pending) {
    struct json form = {.type = JSON_OBJECT};
    const struct json *value = input->value;
    if (!value && !text_is_none(input->data)) {
        if (json_read(batch->arena, input->data, LIMIT_json_depth_most, &form, &pending->error) != OUTCOME_OK)
            return false;
        value = &form;
    }
    struct json extra = {.type = JSON_OBJECT};
    if (!text_is_none(input->extra) &&
        json_read(batch->arena, input->extra, LIMIT_json_depth_most, &extra, &pending->error) != OUTCOME_OK)
        return false;
    static const struct json nothing = {.type = JSON_NULL};
    const struct json *parties = json_get_string(&extra, "parties"), *materials = json_get_string(&extra, "materials");
    _cleanup_buffer_ struct buffer fields;
    buffer_init(&fields, ERROR_MESSAGE_SIZE);
    const struct json *first = state->corrected ? &state->first_form : &state->form;
    const struct json *brought = state->corrected ? &state->first_materials : &state->materials;
    name_differences(batch->arena, &fields, first, value ? value : &form, TEXT("/form"), 0);
    if (!json_equal(state->readdressed ? &state->first_parties : &state->parties, parties ? parties : &nothing))
        buffer_format(&fields, "%s/parties", fields.length ? ", " : "");
    if (!json_equal(brought, materials ? materials : &nothing))
        buffer_format(&fields, "%s/materials", fields.length ? ", " : "");
    if (fields.length == 0 && !fields.failed)
        return true;
    error_set(&pending->error, OUTCOME_REJECT, "number_conflict", "number %.*s is a case with other content in: %s",
              TEXT_ARG(input->number), fields.failed ? "many fields" : fields.at);
    return false;
}

static void count_fate(struct batch *batch, const struct event_list *events) {
    const struct event *last = events->count ? &events->at[events->count - 1] : NULL;   /* behind what had come due */
    bool recorded = last && last->kind == EVENT_ANSWER_RECORDED;
    if (recorded && last->fate == FATE_DUPLICATE)
        batch->counted.inputs_duplicate++;
    else if (recorded)
        batch->counted.inputs_recorded++;
    else
        batch->counted.inputs_applied++;
}

static enum outcome run_engine(struct conductor *c, struct batch *batch, struct pending *pending, struct open_case *open) {
    struct text region = open->state.version == 0 ? pending->input.region : open->state.region;
    struct world world = {.definition = open->state.definition, .find_definition = find_definition, .context = c,
                          .directory = c->directory, .calendar = calendar_for_region(c->calendar, region)};
    struct event_list events = {0};
    bool checked = pending->input.kind == INPUT_SUBMIT || open->state.phase == CASE_CLOSED; /* a closed case records */
    enum outcome outcome = checked ? OUTCOME_OK
                                   : input_check(open->state.definition, &pending->input, batch->arena, &pending->error);
    if (outcome == OUTCOME_OK)
        outcome = engine_decide(&world, &open->state, &pending->input, batch->arena, &events, &pending->error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (!touch(batch, open))
        return error_no_memory(&pending->error);
    for (uint32_t i = 0; i < events.count && outcome == OUTCOME_OK; i++) {
        outcome = take_event(c, batch, open, &events.at[i], &pending->error);
        if (outcome == OUTCOME_OK && !pass_on(batch, open, &events.at[i]))
            outcome = error_no_memory(&pending->error);
    }
    if (outcome == OUTCOME_OK && (pending->origin == ORIGIN_BUS || pending->origin == ORIGIN_INBOX))
        count_fate(batch, &events);
    batch->counted.calendar_cases += pending->origin == ORIGIN_CALENDAR && outcome == OUTCOME_OK;
    if (pending->input.kind == INPUT_TIMER_FIRED && outcome == OUTCOME_OK)
        outcome = rows_timer_done(batch, open) ? OUTCOME_OK : error_no_memory(&pending->error);
    if (pending->input.kind == INPUT_ANSWER_FOR && outcome == OUTCOME_OK) {
        batch->counted.answers_for++;
        outcome = rows_answered_for(batch, open, &events) ? OUTCOME_OK : error_no_memory(&pending->error);
    }
    return outcome;
}

/* A timer that may have been refused before stands for a calendar's input that was, too. */
static enum outcome reckon_anew(struct conductor *c, struct batch *batch, struct pending *timer, struct open_case *open) {
    if (timer->origin != ORIGIN_TIMER || !open->timer_in_doubt || !c->calendar || open->state.phase == CASE_CLOSED)
        return OUTCOME_OK;
    struct pending reckoning = *timer;
    reckoning.origin = ORIGIN_CALENDAR;
    reckoning.input.kind = INPUT_CALENDAR_CHANGED;
    enum outcome outcome = run_engine(c, batch, &reckoning, open);
    timer->error = reckoning.error;
    return outcome;
}

enum outcome decide_pending(struct conductor *c, struct batch *batch, struct pending *pending, struct error *error) {
    struct open_case *open = NULL;
    enum outcome outcome = pending->dead ? pending->error.outcome : find_case(c, batch, pending, &open);
    bool again = outcome == OUTCOME_OK && pending->input.kind == INPUT_SUBMIT && open->state.phase != CASE_NONE;
    if (again && (outcome = submit_again(open, batch, pending)) == OUTCOME_OK)
        batch->counted.inputs_duplicate++;
    else if (outcome == OUTCOME_OK && (outcome = reckon_anew(c, batch, pending, open)) == OUTCOME_OK)
        outcome = run_engine(c, batch, pending, open);
    if (outcome != OUTCOME_OK && open && open->fresh && open->state.version == 0 && !open->touched)
        cache_forget(c, open);
    if (outcome == OUTCOME_REJECT) {
        if (pending->origin == ORIGIN_TIMER || (pending->origin == ORIGIN_CALENDAR && pending->dead))
            return rows_timer_refused(c, batch, pending, strcmp(pending->error.code, "case_unknown") != 0) ? OUTCOME_OK
                                                                                                           : error_no_memory(error);
        if (pending->origin == ORIGIN_INTERNAL && pending->input.kind == INPUT_SUBMIT)
            return tell_parent(batch, pending) ? OUTCOME_OK : error_no_memory(error);
        batch->counted.inputs_dead += pending->message != NULL;
        return rows_problem(batch, pending) ? OUTCOME_OK : error_no_memory(error);
    }
    if (outcome != OUTCOME_OK) {
        *error = pending->error;
        return outcome;
    }
    if (pending->origin == ORIGIN_INBOX) {
        struct text body = text_format(batch->arena, "{\"case\":\"%.*s\",\"version\":%u,\"repeated\":%s}",
                                       TEXT_ARG(open->state.id), open->state.version, again ? "true" : "false");
        bool created = pending->input.kind == INPUT_SUBMIT && !again;
        return rows_answer(batch, pending, created ? 201 : 200, body) ? OUTCOME_OK : error_no_memory(error);
    }
    return OUTCOME_OK;
}
