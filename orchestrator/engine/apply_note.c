/* Events that remember something beside the flow: submissions, records, deadlines, incidents, disputes, operators. */
#include "base/json.h"
#include "engine/apply_part.h"
#include "model/limits.h"

uint64_t answer_mark(struct text source, struct text id) {
    return text_hash(source) * UINT64_C(0x9E3779B97F4A7C15) ^ text_hash(id);
}

bool apply_seen(struct case_state *s, struct work_state *work, struct text source, struct text id) {
    (void)s;
    if (!text_is_none(source) && !text_is_none(id))
        work->seen[work->seen_count++ % CASE_SEEN_MOST] = answer_mark(source, id);
    return true;
}

static bool read_kept(struct case_state *s, struct text bytes, struct json *ret) {
    struct text kept = TEXT_NONE;
    if (!case_keep(s, &kept, bytes))
        return false;
    return json_read(case_arena(s), kept, LIMIT_json_depth_most, ret, NULL) == OUTCOME_OK;
}

bool apply_submission(struct case_state *s, struct text form, struct text extra) {
    if (s->draft && s->draft->form)
        s->form = *s->draft->form;
    else if (!text_is_none(form) && !read_kept(s, form, &s->form))
        return false;
    if (text_is_none(extra))
        return true;
    struct json both;
    if (!read_kept(s, extra, &both))
        return false;
    const struct json *parties = json_get_string(&both, "parties"), *materials = json_get_string(&both, "materials");
    s->trust = json_get_text(&both, TEXT("trust"));
    s->offered_by = json_get_text(json_get_string(&both, "offer"), TEXT("by"));
    if (json_get_string(&both, "consent"))
        s->consent = *json_get_string(&both, "consent");
    if (parties)
        s->parties = *parties;
    if (materials)
        s->materials = *materials;
    return true;
}

bool apply_contact(struct case_state *s, const struct event *e) {
    struct json now;
    if (!read_kept(s, e->extra, &now))
        return false;
    const struct json *parties = json_get_string(&now, "parties");
    if (!s->readdressed)
        s->first_parties = s->parties;
    s->readdressed = true;
    if (parties)
        s->parties = *parties;
    return true;
}

/* Materials are an array of objects with ids: one with the same id is replaced, others are added. */
static struct json merged_materials(struct arena *arena, const struct json *old, const struct json *more) {
    uint32_t old_count = old->type == JSON_ARRAY ? old->count : 0, count = 0;
    struct json result = json_array(arena, (size_t)old_count + more->count);
    if (!result.children)
        return result;
    for (uint32_t i = 0; i < old_count; i++) {
        struct text id = json_get_text(&old->children[i].value, TEXT("id"));
        bool replaced = false;
        for (uint32_t j = 0; j < more->count && !replaced; j++)
            replaced = !text_is_none(id) && text_equal(json_get_text(&more->children[j].value, TEXT("id")), id);
        if (!replaced)
            result.children[count++] = old->children[i];
    }
    for (uint32_t i = 0; i < more->count; i++)
        result.children[count++] = more->children[i];
    result.count = count;
    return result;
}

static void keep_first(struct case_state *s) {   /* merging makes new values: the old ones stay */
    if (s->corrected)
        return;
    s->first_form = s->form;
    s->first_materials = s->materials;
    s->corrected = true;
}

bool apply_materials(struct case_state *s, const struct json *materials) {
    keep_first(s);
    s->materials = merged_materials(case_arena(s), &s->materials, materials);
    return !case_arena(s)->failed;
}

bool apply_corrected_form(struct case_state *s, struct text data) {
    struct json correction;
    if (text_is_none(data))
        return true;
    if (!read_kept(s, data, &correction))
        return false;
    const struct json *form = json_get_string(&correction, "form");
    const struct json *materials = json_get_string(&correction, "materials");
    keep_first(s);
    if (form && form->type == JSON_OBJECT)
        s->form = json_merged(case_arena(s), &s->form, form);   /* RFC 7396 */
    if (materials && materials->type == JSON_ARRAY)
        return apply_materials(s, materials);
    return !case_arena(s)->failed;
}

bool apply_correction(struct case_state *s, const struct event *e) {
    struct work_state *work = case_work_write(s, e->step_index, e->index);
    if (!work)
        return false;
    work->correcting = false;
    return apply_corrected_form(s, e->data);
}

bool apply_recorded(struct case_state *s, const struct event *e) {
    /* What came before its time or for an older attempt leaves no mark: its true answer later is no repeat. */
    bool marks = e->fate == FATE_LATE || e->fate == FATE_OUT_OF_PLACE;
    if (!marks || e->step_index == NO_INDEX ||
        (e->index >= 0 && (uint32_t)e->index >= case_row(s, e->step_index)->element_count))
        return true;
    struct work_state *work = case_work_write(s, e->step_index, e->index);
    return work && apply_seen(s, work, e->source, e->id);
}

bool apply_deadline(struct case_state *s, const struct event *e) {
    struct step_row *row = case_row_write(s, e->step_index);
    if (!row)
        return false;
    apply_due(s, &row->deadline_at_us, e->due_us);
    return true;
}

bool apply_incident_opened(struct case_state *s, const struct event *e) {
    s->incident_count++;
    if (e->step_index == NO_INDEX)
        return true;
    struct work_state *work = case_work_write(s, e->step_index, e->index);
    if (!work)
        return false;
    work->incident_count++;
    work->incident_version = e->version;
    if (text_is(e->reason, "unsent"))
        return apply_seen(s, work, e->source, e->id);
    if (text_is(e->reason, "timeout")) {
        work->overdue = true;
        apply_due(s, &work->due_at_us, TIME_NONE);
    }
    return true;
}

bool apply_incident_closed(struct case_state *s, const struct event *e) {
    s->incident_count -= e->count;
    if (e->step_index == NO_INDEX)
        return true;
    struct work_state *work = case_work_write(s, e->step_index, e->index);
    if (!work)
        return false;
    work->incident_count -= e->count;
    return true;
}

bool apply_dispute_opened(struct case_state *s, const struct event *e) {
    struct work_state *work = case_work_write(s, e->step_index, e->index);
    if (!work)
        return false;
    s->dispute_count += !work->disputed;
    work->disputed = true;
    work->dispute_answer = e->answer;
    return case_keep_over(s, &work->dispute_result, e->data) && case_keep_over(s, &work->dispute_reason, e->reason) &&
           apply_seen(s, work, e->source, e->id);
}

bool apply_dispute_resolved(struct case_state *s, const struct event *e) {
    struct work_state *work = case_work_write(s, e->step_index, e->index);
    if (!work)
        return false;
    s->dispute_count -= work->disputed;
    work->disputed = false;
    if (e->answer == ANSWER_NONE)   /* the first answer stands */
        return true;
    struct step_row *row = case_row_write(s, e->step_index);
    if (!row)
        return false;
    if (e->index >= 0 && e->state != work->state) {
        row->granted_count += e->state == STEP_GRANTED ? 1u : -1u;
        bool continues = s->definition->steps[e->step_index].on_refused == ON_REFUSED_CONTINUE;
        uint32_t *other = continues ? &row->continued_count : &row->refused_count;
        *other += e->state == STEP_GRANTED ? -1u : 1u;
    }
    apply_move(s, e->step_index, e->index, work, e->state);
    work->final_answer = e->answer;
    return case_keep(s, &work->result, e->data) && case_keep(s, &work->reason, e->reason);
}

/* An operator's retry begins the count of attempts, and the time for them, anew. */
bool apply_operator(struct case_state *s, const struct event *e) {
    bool again = text_is(e->reason, "retry") || text_is(e->reason, "reassign");
    if (text_is(e->reason, "answer_for"))
        s->answered_for_count++;
    else if (!again)
        return true;
    if (e->step_index == NO_INDEX)
        return true;
    struct work_state *work = case_work_write(s, e->step_index, e->index);
    if (!work)
        return false;
    if (!again) {
        work->answered_for = true;
        return true;
    }
    work->attempts_before = work->attempt;
    work->undos_before = work->undo;
    work->overdue = false;
    if (work->since_us != TIME_NONE)
        work->since_us = e->at_us;
    return true;
}

bool apply_reassigned(struct case_state *s, const struct event *e) {
    struct work_state *work = case_work_write(s, e->step_index, e->index);
    return work && case_keep(s, &work->reassigned_department, e->department) &&
           case_keep(s, &work->reassigned_region, e->region);
}

/* reason: which of the moments of a step is moved. */
bool apply_calendar(struct case_state *s, const struct event *e) {
    if (text_is(e->reason, "acceptance"))
        return apply_acceptance_moved(s, e);
    if (text_is(e->reason, "timeout") || text_is(e->reason, "wait")) {
        struct work_state *work = case_work_write(s, e->step_index, e->index);
        if (work)
            apply_due(s, &work->due_at_us, e->due_us);
        return work && (text_is_none(e->data) || case_keep(s, &work->about, e->data));
    }
    struct step_row *row = case_row_write(s, e->step_index);
    if (row)
        apply_due(s, text_is(e->reason, "gather") ? &row->gather_at_us : &row->deadline_at_us, e->due_us);
    return row != NULL;
}
