/* What the store is told of a batch: rows of the touched cases, timers, incidents, dead letters, answers. Rows are a
 * projection of the state for operators and queries; the daemon itself reads the journal. */
#include "conductor/internal.h"

#include <stdio.h>

#include "base/base64.h"
#include "base/json.h"
#include "calendar/calendar.h"

#define TIMER_PUT_OFF_US (60 * TIME_SECOND_US)
#define DEADLY_TIMER_PUT_OFF_US TIME_HOUR_US   /* at which the daemon died, or which the database refused: it may again */

static struct text name_or_none(const char *name) { return text_from(name); }

/* What the store may take for granted of a row, which saves it the look. */
static bool case_row(struct batch *batch, const struct open_case *open) {
    const struct case_state *state = &open->state;
    struct store_case *row = vector_new(&batch->cases, batch->arena, struct store_case);
    if (!row)
        return false;
    *row = (struct store_case){
        .case_id = state->id, .root = state->root, .parent = state->parent, .thing = state->thing,
        .definition_hash = state->definition_hash, .region = state->region,
        .phase = name_or_none(state_case_name(state->phase)), .outcome = name_or_none(state_outcome_name(state->outcome)),
        .stop = state->stop == CASE_STOP_NONE ? TEXT_NONE : name_or_none(state_stop_name(state->stop)),
        .shard = open->shard, .version = (int32_t)state->version, .priority = state->priority,
        .incidents = (int32_t)(state->incident_count + state->dispute_count),
        .started_at_us = state->started_at_us, .changed_at_us = state->changed_at_us, .closed_at_us = state->closed_at_us,
        .row = open->version_before == 0 ? STORE_ROW_NEW : STORE_ROW_KNOWN, .title = state->definition->title.zh_hant, .source = state->source, .source_id = state->source_id,
    };
    return true;
}

static bool step_row(struct batch *batch, const struct open_case *open, uint16_t position, int32_t index) {
    const struct step_row *step = &open->state.steps[position];
    const struct step_definition *definition = &open->state.definition->steps[position];
    if (index >= 0 && ((uint32_t)index >= step->element_count || mutation_is(elements_unwritten)))
        return true;
    const struct work_state *work = index < 0 ? &step->self : &step->elements[index];
    struct store_step *row = vector_new(&batch->steps, batch->arena, struct store_step);
    if (!row)
        return false;
    enum store_row known = (uint32_t)(index + 1) < open->rows_written[position] ? STORE_ROW_KNOWN : STORE_ROW_NEW;
    *row = (struct store_step){
        .row = known,
        .case_id = open->state.id, .step = definition->id, .index = index,
        .state = name_or_none(state_step_name(work->state)), .department = work->department, .region = work->region,
        .child = work->child, .reason = text_copy(batch->arena, work->reason) /* the next batch may write over it */, .attempt = (int32_t)work->attempt,
        .asked_at_us = work->asked_at_us, .ended_at_us = work->ended_at_us,
        .due_at_us = work->state == STEP_WAITING ? step->deadline_at_us
                     : work->state == STEP_RETRYING || work->state == STEP_UNDO_RETRYING ? work->retry_at_us
                                                                                           : work->due_at_us,
        .position = position, .kind = text_from(step_kind_name(definition->kind)), .shard = open->shard,
    };
    return !batch->arena->failed;
}

static struct store_timer *refused_timer(struct batch *batch, struct text case_id) {
    for (uint32_t i = 0; i < batch->timers.count; i++)
        if (text_equal(vector_at(&batch->timers, struct store_timer)[i].case_id, case_id))
            return &vector_at(&batch->timers, struct store_timer)[i];
    return NULL;
}

static const char *closed_as(struct text code) {
    return text_is(code, "disputed") ? "dispute" : text_is(code, "timer_refused") ? "timer" : "incident";
}

/* In the store, and in this batch. */
static bool put_closing(struct batch *batch, const struct store_closing *closing) {
    struct store_closing *put = vector_new(&batch->closings, batch->arena, struct store_closing);
    if (!put)
        return false;
    *put = *closing;
    for (uint32_t i = 0; i < batch->incidents.count; i++) {
        struct store_incident *row = &vector_at(&batch->incidents, struct store_incident)[i];
        if (row->closed_at_us != TIME_NONE || !text_equal(row->case_id, closing->case_id) ||
            !text_equal(row->step, closing->step) || row->index != closing->index || !text_is(closing->of, closed_as(row->code)))
            continue;
        row->closed_at_us = closing->at_us;
        row->closed_by = closing->by;
        row->closed_how = closing->how;
    }
    return true;
}

/* The incident that a timer was refused, if there may be one: closed when what was due is done, or nothing is due. */
static bool close_timer_incident(struct batch *batch, struct open_case *open, const char *how) {
    if (!open->timer_in_doubt || mutation_is(timer_incident_kept))
        return true;
    open->timer_in_doubt = false;
    return put_closing(batch, &(struct store_closing){.case_id = open->state.id, .index = -1, .of = TEXT("timer"),
                                                      .at_us = batch->now_us, .by = TEXT("yijianshi"), .how = text_from(how)});
}

bool rows_timer_done(struct batch *batch, struct open_case *open) {
    open->timer_at_us = TIME_NONE; /* it is used up: armed anew, or its row is deleted */
    open->timer_known = false;
    return close_timer_incident(batch, open, "done");
}

/* One row a case, never later than its earliest due clock; moved only for something earlier. */
static bool timer_row(struct batch *batch, struct open_case *open) {
    int64_t due = case_next_due(&open->state);
    if (mutation_is(timer_late) && due != TIME_NONE)
        due += TIME_SECOND_US;
    if (due == TIME_NONE) {
        if (open->timer_known && open->timer_at_us == TIME_NONE)
            return true;
        if (open->timer_known && open->state.phase != CASE_CLOSED)
            return true; /* it fires, finds nothing due and goes */
    } else if (open->timer_known && open->timer_at_us != TIME_NONE &&
               (open->timer_at_us <= due || mutation_is(timer_unmoved))) {
        return true;
    }
    struct store_timer *row = batch->has_refused_timers ? refused_timer(batch, open->state.id) : NULL;   /* one row a case */
    if (row && row->due_at_us != TIME_NONE && due != TIME_NONE && due <= batch->now_us)
        return true;   /* what is due was refused just now */
    if (!row && !(row = vector_new(&batch->timers, batch->arena, struct store_timer)))
        return false;
    *row = (struct store_timer){open->state.id, open->shard, due};
    open->timer_at_us = due;
    open->timer_known = true;
    return due != TIME_NONE || close_timer_incident(batch, open, open->state.phase == CASE_CLOSED ? "case_closed" : "nothing_due");
}

/* A timer without a case goes. One of a case that could not be acted upon is put off, never dropped: a case without its
 * timer would have lost its limits without a word. A calendar's input at which the daemon died becomes the timer, due at
 * once: a timer has the longer patience, and reckons its case anew (decide.c). */
bool rows_timer_refused(struct conductor *c, struct batch *batch, const struct pending *pending, bool has_case) {
    struct text case_id = pending->input.case_id;
    struct store_timer *row = vector_new(&batch->timers, batch->arena, struct store_timer);
    struct store_incident *incident = has_case ? vector_new(&batch->incidents, batch->arena, struct store_incident) : NULL;
    if (!row || (has_case && !incident))
        return false;
    batch->has_refused_timers = true;
    bool now = pending->origin == ORIGIN_CALENDAR;
    int64_t put_off_us = now ? 0 : pending->dead ? DEADLY_TIMER_PUT_OFF_US : TIMER_PUT_OFF_US;
    *row = (struct store_timer){case_id, pending->shard, has_case ? batch->now_us + put_off_us : TIME_NONE};
    if (!has_case)
        return true;
    const char *again = now ? "now" : pending->dead ? "in an hour" : "in a minute";
    *incident = (struct store_incident){
        .id = text_format(batch->arena, "%.*s:timer", TEXT_ARG(case_id)), .case_id = case_id, .index = -1,
        .shard = pending->shard,
        .code = TEXT("timer_refused"), .opened_at_us = batch->now_us, .closed_at_us = TIME_NONE,
        .message = text_format(batch->arena, "what was due in case %.*s could not be done and is tried again %s: %s",
                               TEXT_ARG(case_id), again, pending->error.message)};
    struct open_case *open = cache_find(c, case_id);
    if (open) {
        open->timer_at_us = row->due_at_us;
        open->timer_known = true;
        open->timer_in_doubt = true;
    }
    log_error("timer_refused", "what was due in a case could not be done; it is tried again",
              LOG_TEXT("case", case_id), LOG_STRING("when", again), LOG_STRING("code", pending->error.code),
              LOG_STRING("why", pending->error.message));
    return !text_is_none(incident->id) && !text_is_none(incident->message);
}

static bool shard_rows(struct conductor *c, struct batch *batch) {
    for (uint32_t i = 0; i < batch->offsets.count; i++)
        c->shards[vector_at(&batch->offsets, struct store_offset)[i].shard].touched = true;
    for (uint32_t i = 0; i < batch->pending.count; i++)
        c->shards[vector_at(&batch->pending, struct pending)[i].shard].touched = true;
    for (int32_t i = 0; i < c->shard_count; i++) {
        struct shard *shard = &c->shards[i];
        int64_t acknowledged = publish_acknowledged(shard);
        if (!shard->owned || (!shard->touched && acknowledged == shard->written_published_seq))
            continue;
        struct store_shard *row = vector_new(&batch->shards, batch->arena, struct store_shard);
        if (!row)
            return false;
        *row = (struct store_shard){.shard = i, .epoch = shard->epoch, .next_seq = shard->next_seq, .published_seq = acknowledged};
    }
    return true;
}

bool rows_gather(struct conductor *c, struct batch *batch) {
    for (uint32_t i = 0; i < batch->touched.count; i++) {
        struct open_case *open = vector_at(&batch->touched, struct open_case *)[i];
        bool unwritten = mutation_is(case_unwritten) && open->version_before > 0;
        if (open->state.version != open->version_before && !unwritten && !case_row(batch, open))
            return false;
        for (uint32_t j = 0; j < open->dirty.count; j++) {
            const struct dirty_step *dirty = &vector_at(&open->dirty, struct dirty_step)[j];
            if (!step_row(batch, open, dirty->step, dirty->index))
                return false;
        }
        for (uint32_t j = 0; j < open->dirty.count; j++) {   /* an element is written with the event that brings it */
            uint16_t step = vector_at(&open->dirty, struct dirty_step)[j].step;
            open->rows_written[step] = 1 + open->state.steps[step].element_count;
        }
        if (!timer_row(batch, open) || !rows_clocks(batch, open, calendar_for_region(c->calendar, open->state.region)))
            return false;
    }
    batch->has_notes = c->put_aside.count + c->noted.count > 0;
    for (uint32_t i = 0; i < c->put_aside.count; i++) {
        struct store_unsent *row = vector_new(&batch->unsent, batch->arena, struct store_unsent);
        if (!row)
            return false;
        *row = vector_at(&c->put_aside, struct store_unsent)[i];
    }
    for (uint32_t i = 0; i < c->noted.count; i++) {
        struct store_incident *row = vector_new(&batch->incidents, batch->arena, struct store_incident);
        if (!row)
            return false;
        *row = vector_at(&c->noted, struct store_incident)[i];
    }
    return shard_rows(c, batch);
}

void note_incident(struct conductor *c, int32_t shard, struct text case_id, struct text id, struct text code, struct text message) {
    for (uint32_t i = 0; i < c->noted.count; i++)
        if (text_equal(vector_at(&c->noted, struct store_incident)[i].id, id))
            return; /* a batch writes a row once */
    bool is_whole = !text_is_none(id) && !text_is_none(message);
    struct store_incident *row = is_whole ? vector_new(&c->noted, &c->aside_arena, struct store_incident) : NULL;
    if (!row)
        return; /* it was said in the log */
    *row = (struct store_incident){.id = id, .case_id = case_id, .index = -1, .shard = shard, .code = code, .message = message,
                                   .opened_at_us = conductor_now(c), .closed_at_us = TIME_NONE};
    METER_ADD(c, incidents, 1);
}

/* All of them, byte for byte. A message is below 2 MiB on the wire; a header of three bytes there has eight here. */
static struct text headers_json(struct batch *batch, const struct bus_message *message) {
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, (size_t)16 << 20);
    struct json_writer w;
    json_begin(&w, &out);
    json_open(&w, '[');
    for (uint32_t i = 0; i < message->header_count; i++) {
        json_open(&w, '[');
        json_put_bytes(&w, message->headers[i].name);
        json_put_bytes(&w, message->headers[i].value);
        json_close(&w, ']');
    }
    json_close(&w, ']');
    return out.failed ? TEXT_NONE : text_copy(batch->arena, buffer_text(&out));
}

static bool rows_dead(struct batch *batch, const struct pending *pending) {
    struct vector lost = {0};
    struct store_dead *row = vector_new(mutation_is(dead_letter_lost) ? &lost : &batch->dead, batch->arena, struct store_dead);
    if (!row)
        return false;
    const struct bus_message *message = pending->message;
    *row = (struct store_dead){.shard = pending->shard, .at_us = batch->now_us,
                               .code = text_copy(batch->arena, text_from(pending->error.code)),
                               .message = text_copy(batch->arena, text_from(pending->error.message))};
    if (message) {
        struct pending *from = vector_new(&batch->dead_from, batch->arena, struct pending);
        if (!from)
            return false;
        *from = *pending;
        row->topic = message->topic;
        row->partition = message->partition;
        row->offset = message->offset;
        row->key = message->key;
        row->headers = headers_json(batch, message);
        row->value = message->value;
    } else {
        row->topic = pending->origin == ORIGIN_CALENDAR ? TEXT("calendar") : TEXT("inbox");
        row->partition = pending->shard;
        row->offset = pending->row ? pending->row->id : 0;
        row->value = pending->row ? pending->row->data : TEXT("");
    }
    log_warn("dead_letter", "an input was refused and kept as a dead letter", LOG_STRING("code", pending->error.code),
             LOG_TEXT("topic", row->topic), LOG_INT("partition", row->partition), LOG_INT("offset", row->offset));
    return true;
}

bool rows_answer(struct batch *batch, const struct pending *pending, int32_t status, struct text body) {
    struct vector lost = {0};
    struct store_answer *row = vector_new(mutation_is(answer_omitted) ? &lost : &batch->answers, batch->arena, struct store_answer);
    int64_t *done = vector_new(&batch->inbox_done, batch->arena, int64_t);
    if (!row || !done)
        return false;
    *row = (struct store_answer){pending->row->id, status, body};
    *done = pending->row->id;
    return true;
}

static int32_t status_of(const char *code) {
    static const struct { const char *code; int32_t status; } table[] = {
        {"case_unknown", 404}, {"unknown_case", 404}, {"thing_unknown", 404}, {"step_unknown", 404}, {"unknown_step", 404},
        {"unknown_element", 404}, {"unknown_signal", 404}, {"person_unknown", 404}, {"consent_word_bad", 422}, {"form_invalid", 422}, {"party_invalid", 422}, {"result_invalid", 422},
        {"offer_not_allowed", 403}, {"objection_without_reason", 422},
        {"input_unreadable", 422}, {"answer_kind_unknown", 422}, {"answer_data_bad", 422}, {"answer_for_incomplete", 422},
        {"answer_for_same_person", 422}, {"no_room", 422},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(code, table[i].code) == 0)
            return table[i].status;
    return 409; /* the case is not in a state that takes this */
}

/* A command that can't be carried out is answered; a message goes to the dead letters. */
bool rows_problem(struct batch *batch, const struct pending *pending) {
    if (pending->origin == ORIGIN_INTERNAL) {
        log_error("internal_refused", "a sub-case's input was refused", LOG_TEXT("case", pending->input.case_id),
                  LOG_STRING("code", pending->error.code), LOG_STRING("why", pending->error.message));
        return true;
    }
    if (pending->origin == ORIGIN_BUS || pending->origin == ORIGIN_TIMER || pending->origin == ORIGIN_CALENDAR)
        return rows_dead(batch, pending);
    bool carried = forward_is_message(pending->row); /* it came by a topic */
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, 4096);
    struct json_writer w;
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("code"));
    json_put_text(&w, text_from(pending->error.code));
    json_key(&w, TEXT("detail"));
    json_put_text(&w, text_from(pending->error.message));
    json_close(&w, '}');
    if (out.failed || (carried && !rows_dead(batch, pending)))
        return false;
    return rows_answer(batch, pending, status_of(pending->error.code), text_copy(batch->arena, buffer_text(&out)));
}

static struct text or_empty(struct text t) { return text_is_none(t) ? TEXT("") : t; }

/* Whatever is open of this step (of this case, when the event names none) is closed. */
static bool close_incidents(struct batch *batch, const struct open_case *open, const struct event *event, bool dispute) {
    return put_closing(batch, &(struct store_closing){
        .case_id = open->state.id, .step = event->step, .index = event->index,
        .of = dispute ? TEXT("dispute") : TEXT("incident"), .at_us = event->at_us,
        .by = text_is_none(event->actor) ? TEXT("yijianshi") : event->actor,
        .how = text_is_none(event->reason) ? text_from(event_kind_name(event->kind)) : event->reason});
}

const struct work_state *rows_work(const struct open_case *open, const struct event *event) {
    if (event->step_index == NO_INDEX)
        return NULL;
    const struct step_row *step = &open->state.steps[event->step_index];
    return event->index >= 0 && (uint32_t)event->index < step->element_count ? &step->elements[event->index] : &step->self;
}

/* For people: the sentence within {"message": …}; what is none of these as it stands. */
static struct text said_of(struct batch *batch, const struct event *event) {
    struct json data;
    if (text_is_none(event->data))
        return TEXT("");
    bool read = json_read(batch->arena, event->data, LIMIT_json_depth_most, &data, NULL) == OUTCOME_OK;
    struct text message = read ? json_get_text(&data, TEXT("message")) : TEXT_NONE;
    return text_is_none(message) ? event->data : message;
}

bool rows_incident(struct batch *batch, const struct open_case *open, const struct event *event) {
    bool dispute = event->kind == EVENT_DISPUTE_OPENED || event->kind == EVENT_DISPUTE_RESOLVED;
    if (event->kind == EVENT_INCIDENT_CLOSED || event->kind == EVENT_DISPUTE_RESOLVED)
        return close_incidents(batch, open, event, dispute);
    const struct work_state *work = rows_work(open, event);
    char index[16] = "";
    if (event->index >= 0)
        snprintf(index, sizeof index, ".%d", event->index);
    struct store_incident *row = vector_new(&batch->incidents, batch->arena, struct store_incident);
    if (!row)
        return false;
    *row = (struct store_incident){
        .id = text_format(batch->arena, "%.*s:%.*s%s:%u", TEXT_ARG(open->state.id), TEXT_ARG(event->step), index, event->version),
        .case_id = open->state.id, .step = event->step, .index = event->index, .shard = open->shard,
        .code = dispute ? TEXT("disputed") : or_empty(event->reason), .message = said_of(batch, event),
        .department = text_is_none(event->department) && work ? text_copy(batch->arena, work->department) : event->department,
        .region = event->region, .opened_at_us = event->at_us, .closed_at_us = TIME_NONE,
    };
    return !text_is_none(row->id);
}
