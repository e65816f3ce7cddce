/* The applicant's correction goes to the department that asked for it, as far as its step is given such data; later steps see
 * the corrected form. */
#include "engine/kinds.h"

/* {"form","materials"}: all of it for the case (step NO_INDEX), or what the step's department is given. */
static struct text correction_data(struct decision *d, uint16_t step, int32_t index, const struct json *form, const struct json *materials) {
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, LIMIT_message_bytes_most);
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("form"));
    if (step != NO_INDEX)
        entitled_put_form(d, &w, step, index, form);
    else if (form && form->type == JSON_OBJECT)
        json_put_value(&w, form);
    else
        json_put_raw(&w, TEXT("{}"));
    json_key(&w, TEXT("materials"));
    if (step != NO_INDEX)
        entitled_put_materials(d, &w, step, materials);
    else if (materials && materials->type == JSON_ARRAY)
        json_put_value(&w, materials);
    else
        json_put_raw(&w, TEXT("[]"));
    json_close(&w, '}');
    return keep_buffer(d, &out);
}

enum outcome decide_correction(struct decision *d) {
    const struct input *in = d->input;
    uint16_t step;
    enum outcome outcome = find_work(d, &step);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (d->draft.phase == CASE_CLOSED) {
        record(d, step, FATE_CASE_CLOSED);
        return OUTCOME_OK;
    }
    bool no_element = in->index >= 0 && (uint32_t)in->index >= row_of(d, step)->element_count;
    if (no_element || !work_of(d, step, in->index)->correcting) {
        record(d, step, no_element ? FATE_NOT_ASKED : FATE_OUT_OF_PLACE);
        return OUTCOME_OK;
    }
    if (step_of(d, step)->is_fetch)
        return material_correction(d, step);
    struct json data;
    outcome = in->value ? (data = *in->value, OUTCOME_OK)
                        : json_read(d->arena, in->data, LIMIT_json_depth_most, &data, d->error);
    if (outcome != OUTCOME_OK)
        return outcome;
    const struct json *form = json_get_string(&data, "form"), *materials = json_get_string(&data, "materials");
    outcome = materials_may_be_brought(d, materials);
    if (outcome != OUTCOME_OK)
        return outcome;
    const struct work_state *work = work_of(d, step, in->index);
    struct event sent = step_event(d, EVENT_CORRECTION_SENT, step, in->index);
    sent.attempt = work->attempt;
    sent.ordinal = work->correction;
    sent.department = work->department;
    sent.region = work->region;
    sent.thing = d->draft.thing;
    sent.source = in->source;
    sent.id = in->id;
    sent.actor = in->actor;
    sent.data = correction_data(d, NO_INDEX, -1, form, materials);
    sent.extra = correction_data(d, step, in->index, form, materials);
    emit(d, &sent);
    return OUTCOME_OK;
}
