/* The case as JSON for people and programs. Absent and zero things are left out; members come in a fixed order, so that
 * equal states give equal bytes. */
#include "engine/clock.h"
#include "engine/draft.h"
#include "engine/engine.h"

static void put_text(struct json_writer *w, const char *name, struct text value) {
    if (text_is_none(value))
        return;
    json_key(w, text_from(name));
    json_put_text(w, value);
}

static void put_raw(struct json_writer *w, const char *name, struct text value) {
    if (text_is_none(value))
        return;
    json_key(w, text_from(name));
    json_put_raw(w, value);
}

static void put_time(struct json_writer *w, const char *name, int64_t us) {
    char room[TIME_TEXT_SIZE];
    if (us != TIME_NONE)
        put_text(w, name, time_format_utc(us, room));
}

static void put_number(struct json_writer *w, const char *name, int64_t value) {
    if (value == 0)
        return;
    json_key(w, text_from(name));
    json_put_int64(w, value);
}

static void put_flag(struct json_writer *w, const char *name, bool value) {
    if (!value)
        return;
    json_key(w, text_from(name));
    json_put_bool(w, true);
}

static void put_answer(struct json_writer *w, const char *name, enum answer_kind kind) {
    if (kind != ANSWER_NONE)
        put_text(w, name, text_from(answer_kind_name(kind)));
}

static void put_work(struct json_writer *w, const struct work_state *work) {
    put_text(w, "state", text_from(state_step_name(work->state)));
    put_number(w, "attempt", work->attempt);
    put_number(w, "undo", work->undo);
    put_text(w, "department", work->department);
    put_text(w, "region", work->region);
    put_text(w, "reassigned_department", work->reassigned_department);
    put_text(w, "reassigned_region", work->reassigned_region);
    put_time(w, "asked_at", work->asked_at_us);
    if (work->attempt_at_us != work->asked_at_us)
        put_time(w, "attempt_at", work->attempt_at_us);
    put_time(w, "ended_at", work->ended_at_us);
    put_time(w, "due", work->due_at_us);
    put_time(w, "retry_at", work->retry_at_us);
    if (work->hold != HOLD_NONE)
        put_text(w, "waits_for", work->hold == HOLD_WINDOW ? TEXT("window") : TEXT("materials"));
    put_flag(w, "accepted", work->accepted);
    put_number(w, "corrections", work->correction);
    put_flag(w, "correcting", work->correcting);
    put_flag(w, "cancel_asked", work->cancel_asked);
    put_flag(w, "overdue", work->overdue);
    put_flag(w, "spent", work->spent);
    put_flag(w, "answered_for", work->answered_for);
    put_flag(w, "undo_given_up", work->undo_over);
    put_number(w, "incidents", work->incident_count);
    put_answer(w, "answer", work->final_answer);
    put_text(w, "reason", work->reason);
    put_raw(w, "result", work->result);
    put_raw(w, "certificates", work->certificates);
    put_text(w, "child", work->child);
    put_raw(w, "about", work->about);
    put_text(w, "foreign_number", work->foreign_number);
    put_answer(w, "mirrored", work->mirrored);
    put_flag(w, "disputed", work->disputed);
    if (work->disputed) {
        put_answer(w, "disputing_answer", work->dispute_answer);
        put_raw(w, "disputing_result", work->dispute_result);
        put_text(w, "disputing_reason", work->dispute_reason);
    }
}

static void put_step(struct json_writer *w, const struct case_state *s, uint16_t step) {
    const struct step_row *row = case_row(s, step);
    json_key(w, s->definition->steps[step].id);
    json_open(w, '{');
    put_work(w, &row->self);
    put_time(w, "deadline", row->deadline_at_us);
    put_time(w, "gather_deadline", row->gather_at_us);
    put_raw(w, "missing", row->missing);
    if (row->element_count) {
        json_key(w, TEXT("elements"));
        json_open(w, '[');
        for (uint32_t i = 0; i < row->element_count; i++) {
            json_open(w, '{');
            put_work(w, case_work(s, step, (int32_t)i));
            json_close(w, '}');
        }
        json_close(w, ']');
    }
    json_close(w, '}');
}

static void put_case(struct json_writer *w, const struct case_state *s) {
    put_text(w, "id", s->id);
    put_text(w, "number", s->root);
    put_text(w, "thing", s->thing);
    put_text(w, "definition", s->definition_hash);
    put_text(w, "region", s->region);
    put_text(w, "offered_by", s->offered_by);
    put_text(w, "parent", s->parent);
    put_text(w, "parent_step", s->parent_step);
    if (s->parent_index >= 0) {
        json_key(w, TEXT("parent_index"));
        json_put_int64(w, s->parent_index);
    }
    put_text(w, "state", text_from(state_case_name(s->phase)));
    put_text(w, "outcome", text_from(state_outcome_name(s->outcome)));
    if (s->stop != CASE_STOP_NONE)
        put_text(w, "stop", text_from(state_stop_name(s->stop)));
    put_text(w, "stop_reason", s->stop_reason);
    put_number(w, "version", s->version);
    put_number(w, "priority", s->priority);
    put_time(w, "started_at", s->started_at_us);
    put_time(w, "closed_at", s->closed_at_us);
    put_time(w, "changed_at", s->changed_at_us);
    put_number(w, "open", s->open_count);
    put_number(w, "incidents", s->incident_count);
    put_number(w, "disputes", s->dispute_count);
    put_number(w, "rating", s->rating);
    put_number(w, "answered_for", s->answered_for_count);
}

static void put_tolerated(struct json_writer *w, const struct case_state *s) {
    if (s->tolerated_count == 0)
        return;
    json_key(w, TEXT("tolerated"));
    json_open(w, '{');
    for (uint32_t i = 0; i < s->tolerated_count; i++) {
        json_key(w, s->definition->materials[s->tolerated[i].material].id);
        json_open(w, '{');
        put_flag(w, "open", s->tolerated[i].is_open);
        put_time(w, "due", s->tolerated[i].due_at_us);
        put_text(w, "grade", s->tolerated[i].grade);
        json_close(w, '}');
    }
    json_close(w, '}');
}

/* The lookup of a material that nobody has needed is nothing to show. */
static bool is_shown(const struct case_state *s, uint16_t step) {
    return !s->definition->steps[step].is_fetch || case_row(s, step)->self.state != STEP_WAITING;
}

void case_write_json(const struct case_state *s, struct buffer *out) {
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, '{');
    put_case(&w, s);
    if (s->signal_count) {
        json_key(&w, TEXT("signals"));
        json_open(&w, '{');
        for (uint32_t i = 0; i < s->signal_count; i++) {
            json_key(&w, s->signals[i].name);
            json_put_raw(&w, s->signals[i].data);
        }
        json_close(&w, '}');
    }
    clock_write_case(&w, s);
    put_tolerated(&w, s);
    json_key(&w, TEXT("steps"));
    json_open(&w, '{');
    for (uint16_t i = 0; i < s->definition->step_count; i++)
        if (is_shown(s, i))
            put_step(&w, s, i);
    json_close(&w, '}');
    json_close(&w, '}');
}
