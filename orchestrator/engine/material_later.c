/* Materials that come after the application: 容缺受理 and its day, what a lookup had asked the applicant for, and what he
 * brings without being asked. */
#include "engine/kinds.h"

static const struct material_definition *material_of(const struct decision *d, uint16_t material) {
    return &d->definition->materials[material];
}

/* ---- what may come later ---- */

static bool is_trusted(struct decision *d, uint16_t material, struct text *ret_grade) {
    const struct material_definition *wanted = material_of(d, material);
    struct json grade = {.type = JSON_STRING, .text = d->draft.trust};
    struct error error;
    if (wanted->tolerable_until.unit == LIMIT_NONE ||
        (d->definition->trust && !evaluate(d, d->definition->trust, 0, -1, &grade, &error)))
        return false;
    *ret_grade = grade.text;
    return grade.type == JSON_STRING && grade.text.length == 1 &&
           text_find(wanted->tolerable_trust, grade.text.at[0]) != SIZE_MAX;
}

bool material_tolerate(struct decision *d, uint16_t material) {
    struct event tolerated = event_of(EVENT_MATERIAL_TOLERATED, d->input->at_us);
    struct error error;
    if (!is_trusted(d, material, &tolerated.reason))
        return false;
    tolerated.material = material_of(d, material)->id;
    if (calendar_due(d->world->calendar, CALENDAR_PROMISE, d->input->at_us, material_of(d, material)->tolerable_until,
                     &tolerated.due_us, &error) != OUTCOME_OK)
        return false;
    if (d->world->calendar)
        tolerated.calendar = d->world->calendar->version;
    return emit(d, &tolerated);
}

bool material_is_tolerated(const struct decision *d, uint16_t material) {
    for (uint32_t i = 0; i < d->draft.tolerated_count; i++)
        if (d->draft.tolerated[i].material == material)
            return true;
    return false;
}

void material_calendar(struct decision *d) {
    for (uint32_t i = 0; i < d->draft.tolerated_count && !d->failed; i++) {
        const struct tolerated_row *row = &d->draft.tolerated[i];
        struct event moved = event_of(EVENT_MATERIAL_TOLERATED, d->input->at_us);
        moved.material = material_of(d, row->material)->id;
        moved.reason = row->grade;
        if (!row->is_open || calendar_due(d->world->calendar, CALENDAR_PROMISE, row->since_us,
                                          material_of(d, row->material)->tolerable_until, &moved.due_us, NULL) != OUTCOME_OK ||
            moved.due_us == row->due_at_us)
            continue;
        if (d->world->calendar)
            moved.calendar = d->world->calendar->version;
        emit(d, &moved);
    }
}

/* ---- the applicant brings it ---- */

static void send_to_department(struct decision *d, uint16_t step, int32_t index, const struct json *given) {
    const struct work_state *work = work_of(d, step, index);
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    uint32_t count = 0;
    buffer_init(&out, LIMIT_message_bytes_most);
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("form"));
    json_put_raw(&w, TEXT("{}"));
    json_key(&w, TEXT("materials"));
    json_open(&w, '[');
    for (uint32_t k = 0; k < given->count; k++)
        if (material_is_carried(d, step, json_get_text(&given->children[k].value, TEXT("id")))) {
            json_put_value(&w, &given->children[k].value);
            count++;
        }
    json_close(&w, ']');
    json_close(&w, '}');
    if (count == 0)
        return;
    struct event sent = step_event(d, EVENT_MATERIALS_SENT, step, index);
    sent.attempt = work->attempt;
    sent.department = work->department;
    sent.region = work->region;
    sent.thing = d->draft.thing;
    sent.data = keep_buffer(d, &out);
    emit(d, &sent);
}

/* To every department whose task carries it and is out. */
static void send_on(struct decision *d, const struct json *given) {
    for (uint16_t i = 0; i < d->definition->step_count; i++)
        for (int32_t k = -1; k < (int32_t)row_of(d, i)->element_count && !d->failed; k++) {
            bool is_out = work_of(d, i, k)->state == STEP_RUNNING && work_of(d, i, k)->attempt > 0 &&
                          step_of(d, i)->kind != STEP_THING && !(k < 0 && kind_is_its_elements(d, i));
            if (is_out && !step_of(d, i)->is_fetch)
                send_to_department(d, i, k, given);
        }
}

static enum outcome check_given(struct decision *d, const struct json *materials) {
    if (!materials || materials->type != JSON_ARRAY || materials->count == 0 || materials->count > LIMIT_materials_most)
        return error_set(d->error, OUTCOME_REJECT, "unknown_material", "/materials lists what is given, 1 to %d of them",
                         (int)LIMIT_materials_most);
    for (uint32_t i = 0; i < materials->count; i++) {
        struct text id = json_get_text(&materials->children[i].value, TEXT("id"));
        bool known = false;
        for (uint16_t k = 0; k < d->definition->material_count; k++)
            known = known || (text_equal(material_of(d, k)->id, id) && material_of(d, k)->any_of_count == 0);
        if (!known)
            return error_set(d->error, OUTCOME_REJECT, "unknown_material", "/materials/%u: there is no material \"%.*s\"",
                             (unsigned)i, TEXT_ARG(id));
    }
    return materials_may_be_brought(d, materials);
}

/* Lookups that had asked the applicant, and have what they looked for, or another of its group. */
static void end_asking(struct decision *d) {
    for (uint16_t i = 0; i < d->definition->step_count && !d->failed; i++) {
        const struct work_state *work = work_of(d, i, -1);
        if (!step_of(d, i)->is_fetch || !state_step_is_active(work->state) || work->correction == 0)
            continue;
        bool has = material_is_given(d, step_of(d, i)->fetches);
        for (uint16_t k = 0; k < d->definition->material_count; k++)
            has = has || (definition_group_has(d->definition, k, step_of(d, i)->fetches) && material_is_given(d, k));
        if (has)
            flow_end_as(d, i, -1, STEP_GRANTED, TEXT_NONE);
    }
}

static enum outcome give(struct decision *d, uint16_t asking) {
    struct json data = JSON_NULL_VALUE;
    enum outcome outcome = d->input->value ? (data = *d->input->value, OUTCOME_OK)
                                           : json_read(d->arena, d->input->data, LIMIT_json_depth_most, &data, d->error);
    const struct json *given = json_get(&data, TEXT("materials"));
    if (outcome == OUTCOME_OK)
        outcome = check_given(d, given);
    if (outcome != OUTCOME_OK)
        return outcome;
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, LIMIT_message_bytes_most);
    buffer_put_string(&out, "{\"form\":{},\"materials\":");
    json_write(&out, given);
    buffer_put_byte(&out, '}');
    struct event event = asking == NO_INDEX ? event_of(EVENT_MATERIALS_GIVEN, d->input->at_us)
                                            : step_event(d, EVENT_MATERIALS_GIVEN, asking, -1);
    event.source = d->input->source;
    event.id = d->input->id;
    event.actor = d->input->actor;
    event.data = keep_buffer(d, &out);
    if (!emit(d, &event))
        return OUTCOME_OK;
    end_asking(d);
    send_on(d, given);
    return OUTCOME_OK;
}

enum outcome material_correction(struct decision *d, uint16_t step) { return give(d, step); }

enum outcome decide_materials(struct decision *d) {
    if (d->draft.phase == CASE_RUNNING)
        return give(d, NO_INDEX);
    record(d, NO_INDEX, d->draft.phase == CASE_CLOSED ? FATE_CASE_CLOSED : FATE_OUT_OF_PLACE);
    return OUTCOME_OK;
}

/* ---- its day has come, and it has not ---- */

static void open_incident(struct decision *d, uint16_t step, int32_t index) {
    struct event incident = step_event(d, EVENT_INCIDENT_OPENED, step, index);
    incident.thing = d->draft.thing;
    incident.region = d->draft.region;
    incident.reason = TEXT("material_missing");
    incident.data = message_data(d, "a material that was to come later did not come in time");
    emit(d, &incident);
}

/* True when the work was refused, or needs a person because the department has accepted it. */
static bool refuse_work(struct decision *d, uint16_t step, int32_t index) {
    const struct work_state *work = work_of(d, step, index);
    if (state_step_has_ended(work->state) || state_step_is_undoing(work->state))
        return false;
    if (work->accepted) {   /* what is accepted must be decided */
        open_incident(d, step, index);
        return true;
    }
    if (work->state == STEP_RUNNING)
        ask_cancel(d, step, index, STEP_WAITING, TEXT("material_missing"));
    flow_end_as(d, step, index, STEP_REFUSED, TEXT("material_missing"));
    return true;
}

static bool refuse_step(struct decision *d, uint16_t step) {
    uint32_t elements = case_is_its_elements(step_of(d, step)) ? row_of(d, step)->element_count : 0;
    bool done = elements == 0 && refuse_work(d, step, -1);
    for (uint32_t i = 0; i < elements && !d->failed; i++)
        done = refuse_work(d, step, (int32_t)i) || done;
    return done;
}

void material_missed(struct decision *d, uint32_t row) {
    uint16_t material = d->draft.tolerated[row].material, first = NO_INDEX;
    struct event missed = event_of(EVENT_MATERIAL_MISSED, d->input->at_us);
    bool refuses = text_is(material_of(d, material)->if_missing, "refuse"), done = false;
    missed.material = material_of(d, material)->id;
    missed.reason = material_of(d, material)->if_missing;
    if (!emit(d, &missed))
        return;
    for (uint16_t i = 0; i < d->definition->step_count && !d->failed; i++) {
        if (step_of(d, i)->is_fetch || !definition_step_lists(d->definition, i, material))
            continue;
        first = first == NO_INDEX ? i : first;
        done = (refuses && refuse_step(d, i)) || done;
    }
    if (!done && first != NO_INDEX && !d->failed)   /* a person is to look, or nobody could be refused any more */
        open_incident(d, first, -1);
}
