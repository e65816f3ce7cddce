/* The questions that the flow of every step asks of its kind, so that no other file lists the kinds. */
#include "engine/kinds.h"

static bool is_element_of(const struct decision *d, uint16_t step, int32_t index, enum step_kind kind) {
    return index >= 0 && step_of(d, step)->kind == kind;
}

struct department_rule kind_department(const struct decision *d, uint16_t step, int32_t index) {
    const struct step_definition *asked = step_of(d, step);
    struct department_rule rule = asked->department;
    if (is_element_of(d, step, index, STEP_APPROVE))
        return index == 0 ? asked->approve.check_department : (struct department_rule){.id = asked->approve.revoked_by};
    if (is_element_of(d, step, index, STEP_INSPECTION)) {
        rule = (struct department_rule){.at = asked->department.at};
        rule.id = d->definition->items[asked->inspection.items[index].item].department;
    } else if (publicity_is_told(d, step, index)) {
        rule = (struct department_rule){.id = asked->publicity.told[index], .at = asked->department.at};
    } else if (text_is_none(rule.id) && text_is_none(rule.group)) {
        rule.id = asked->kind == STEP_LOOKUP ? asked->lookup.source
                  : asked->kind == STEP_DELIVER ? asked->deliver.by
                  : asked->kind == STEP_DELEGATED ? asked->delegated.system : TEXT_NONE;
    }
    return rule;
}

bool kind_due(struct decision *d, uint16_t step, int32_t index, int64_t *ret_us, struct error *error) {
    const struct step_definition *asked = step_of(d, step);
    int64_t since_us = work_of(d, step, index)->since_us;
    if (publicity_is_told(d, step, index)) {   /* they may object as long as it is public */
        *ret_us = work_of(d, step, -1)->due_at_us;
        return true;
    }
    struct limit_time limit = !case_is_check(d->definition, step, index) ? asked->timeout
                              : index == 0 ? asked->approve.check_within : (struct limit_time){LIMIT_NONE, 0};
    return calendar_due(d->world->calendar, CALENDAR_PROMISE, since_us == TIME_NONE ? d->input->at_us : since_us, limit,
                        ret_us, error) == OUTCOME_OK;
}

void kind_set_member(struct decision *d, struct json *object, const char *name, struct json value) {
    uint32_t count = object->type == JSON_OBJECT ? object->count : 0, kept = 0;
    struct json more = json_object(d->arena, count + 1u);
    if (!more.children) {
        d->failed = true;
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        if (!text_is(object->children[i].key, name))
            more.children[kept++] = object->children[i];
    more.children[kept++] = (struct json_member){text_from(name), value};
    more.count = kept;
    *object = more;
}

static void add_bytes(struct decision *d, struct json *input, const char *name, struct text bytes) {
    struct json value = JSON_NULL_VALUE;
    if (!text_is_none(bytes) && json_read(d->arena, bytes, LIMIT_json_depth_most, &value, NULL) == OUTCOME_FATAL)
        d->failed = true;
    kind_set_member(d, input, name, value);
}

static bool add_items(struct decision *d, uint16_t step, struct json *input, struct error *error) {
    const struct step_definition *asked = step_of(d, step);
    bool *wanted = arena_new_array(d->arena, asked->inspection.item_count, bool);
    struct json list = json_array(d->arena, asked->inspection.item_count);
    uint32_t count = 0;
    if (!wanted || !list.children) {
        d->failed = true;
        return false;
    }
    if (!inspection_items(d, step, wanted, error))
        return false;
    for (uint16_t i = 0; i < asked->inspection.item_count; i++)
        if (wanted[i])
            list.children[count++].value = json_string(d->definition->items[asked->inspection.items[i].item].id);
    list.count = count;
    kind_set_member(d, input, "items", list);
    return !d->failed;
}

bool kind_add_input(struct decision *d, uint16_t step, int32_t index, struct json *input, struct error *error) {
    enum step_kind kind = step_of(d, step)->kind;
    if (kind == STEP_PUBLICITY && index >= 0) {
        add_bytes(d, input, "publicity", work_of(d, step, -1)->about);
        if (!publicity_is_told(d, step, index))
            add_bytes(d, input, "objection", work_of(d, step, index)->about);
    } else if (kind == STEP_APPROVE && index > 0) {   /* why it is to be revoked */
        struct text reason = work_of(d, step, 0)->reason;
        kind_set_member(d, input, "check_failed", text_is_none(reason) ? JSON_NULL_VALUE : json_string(reason));
    } else if (kind == STEP_INSPECTION && index >= 0) {
        add_bytes(d, input, "visit", work_of(d, step, -1)->about);
    } else if (kind == STEP_INSPECTION) {
        return add_items(d, step, input, error);
    }
    return !d->failed;
}

uint16_t kind_item(const struct decision *d, uint16_t step, int32_t index) {
    return case_item_of(d->definition, step, index);
}

enum step_state kind_need_state(const struct decision *d, uint16_t waiting, uint16_t need) {
    const struct step_row *row = row_of(d, need);
    int32_t element = inspection_element(step_of(d, need), step_of(d, waiting)->item);
    if (element < 0 || (uint32_t)element >= row->element_count)
        return row->self.state;
    return work_of(d, need, element)->state;
}

bool kind_is_its_elements(const struct decision *d, uint16_t step) {
    return step_of(d, step)->kind == STEP_INSPECTION && row_of(d, step)->element_count > 0;
}

void kind_element_ended(struct decision *d, uint16_t step, int32_t index) {
    if (step_of(d, step)->kind == STEP_PUBLICITY)
        publicity_element_ended(d, step, index);
    else
        check_ended(d, step, index);
}

void kind_step_ended(struct decision *d, uint16_t step) {
    if (step_of(d, step)->is_fetch)
        material_fetched(d, step);
    if (step_of(d, step)->kind != STEP_PUBLICITY)
        return;
    for (uint32_t i = 0; i < row_of(d, step)->element_count && !d->failed; i++) {
        enum step_state state = work_of(d, step, (int32_t)i)->state;
        if (state == STEP_RUNNING)
            ask_cancel(d, step, (int32_t)i, STEP_WAITING, TEXT("publicity_over"));
        if (!state_step_has_ended(state))
            flow_end_as(d, step, (int32_t)i, STEP_CANCELLED, TEXT("publicity_over"));
    }
}

bool kind_time_over(struct decision *d, uint16_t step, int32_t index) {
    if (index < 0 && work_of(d, step, -1)->hold == HOLD_WINDOW) {
        hold_over(d, step);
        return true;
    }
    if (step_of(d, step)->kind != STEP_PUBLICITY)
        return false;
    if (index < 0) {
        publicity_over(d, step);
        return true;
    }
    if (!publicity_is_told(d, step, index))
        return false;
    if (work_of(d, step, index)->state == STEP_RUNNING)
        ask_cancel(d, step, index, STEP_WAITING, TEXT("publicity_over"));
    flow_end_as(d, step, index, STEP_EXPIRED, TEXT("publicity_over"));
    return true;
}
