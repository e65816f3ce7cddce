/* Builds what a department is asked: who it is, and the whole data of the message, which stands in the event, so that
 * the message is a function of the event alone. The data's form: schemas/README.md. */
#include "engine/kinds.h"

struct text task_id(struct decision *d, uint16_t step, int32_t index, uint32_t attempt) {
    char room[COMMAND_ID_SIZE];
    struct pen pen = pen_on(room, sizeof room);
    task_id_put(&pen, d->draft.id, step_of(d, step)->id, index, attempt);
    struct text id = text_copy(d->arena, pen_written(&pen));
    if (text_is_none(id))
        d->failed = true;
    return id;
}

static bool text_of(struct decision *d, const struct expression *expression, const char *what, uint16_t step,
                    int32_t index, struct text *ret, struct error *error) {
    struct json value;
    if (!evaluate(d, expression, step, index, &value, error))
        return false;
    if (value.type != JSON_STRING && value.type != JSON_NUMBER) {
        error_set(error, OUTCOME_REJECT, "no_department", "`%s` must give a text", what);
        return false;
    }
    *ret = value.text;
    return true;
}

/* The office of a department in a region, and whose topic it is asked on: an office without an adapter has its
 * fallback, the worklist. */
static bool office_of(const struct department *department, struct text region,
                      struct office_asked *ret, struct error *error) {
    const struct office *office = directory_office(department, region);
    if (!office) {
        error_set(error, OUTCOME_REJECT, "no_office", "department %.*s has no office that serves region %.*s",
                  TEXT_ARG(department->id), TEXT_ARG(region));
        return false;
    }
    if (!office->connected && text_is_none(department->fallback)) {
        error_set(error, OUTCOME_REJECT, "no_adapter",
                  "the office of %.*s in region %.*s has no adapter and no fallback; reassign the step",
                  TEXT_ARG(department->id), TEXT_ARG(office->region));
        return false;
    }
    ret->department = department->id;
    ret->topic_department = office->connected ? department->id : department->fallback;
    ret->region = office->region;
    return true;
}

static bool office_find(struct decision *d, const struct department_rule *rule, struct text otherwise, uint16_t step,
                        int32_t index, struct office_asked *ret, struct error *error) {
    const struct work_state *work = work_of(d, step, index);
    const struct directory *directory = d->world->directory;
    struct text id = text_is_none(rule->id) ? otherwise : rule->id, region = d->draft.region;
    bool reassigned = !text_is_none(work->reassigned_department), by_group = !reassigned && !text_is_none(rule->group);
    if (rule->at && !text_of(d, rule->at, "at", step, index, &region, error))
        return false;
    if (by_group && !text_of(d, rule->is, "is", step, index, &id, error))
        return false;
    if (reassigned)
        id = work->reassigned_department;
    if (!text_is_none(work->reassigned_region))
        region = work->reassigned_region;
    if (!directory) {   /* a trial without a directory: every department is there, in the case's region */
        *ret = (struct office_asked){id, id, region};
        return true;
    }
    const struct department *department =
        by_group ? directory_find_member(directory, rule->group, id) : directory_find(directory, id);
    if (!department) {
        error_set(error, OUTCOME_REJECT, "no_department", "there is no department \"%.*s\"%s%.*s", TEXT_ARG(id),
                  by_group ? " in group " : "", TEXT_ARG(by_group ? rule->group : TEXT_NONE));
        return false;
    }
    return office_of(department, region, ret, error);
}

static const struct json *material_given(const struct decision *d, uint16_t material) {
    const struct json *given = &d->draft.materials;
    for (uint32_t i = 0; given->type == JSON_ARRAY && i < given->count; i++)
        if (text_equal(json_get_text(&given->children[i].value, TEXT("id")), d->definition->materials[material].id))
            return &given->children[i].value;
    return NULL;
}

static void put_material(struct decision *d, struct json_writer *w, uint16_t material) {
    const struct material_definition *listed = &d->definition->materials[material];
    const struct json *given = material_is_trusted(d, material) ? material_given(d, material) : NULL;
    if (given)
        json_put_value(w, given);
    for (uint16_t i = 0; i < listed->any_of_count; i++)
        put_material(d, w, listed->any_of[i]);
}

/* The topic to answer on; in a topic's name the `_` of an id is written `-`. */
static void put_reply_to(struct json_writer *w, const struct office_asked *office) {
    _cleanup_buffer_ struct buffer topic;
    buffer_init(&topic, LIMIT_id_bytes_most);
    buffer_put_text(&topic, office->region);
    buffer_put_byte(&topic, '.');
    for (size_t i = 0; i < office->topic_department.length; i++)
        buffer_put_byte(&topic, office->topic_department.at[i] == '_' ? '-' : office->topic_department.at[i]);
    buffer_put_string(&topic, ".result.v1");
    json_key(w, TEXT("reply_to"));
    json_put_text(w, buffer_text(&topic));
    w->out->failed = w->out->failed || topic.failed;
}

static void put_member(struct json_writer *w, const char *name, struct text value) {
    if (text_is_none(value))
        return;
    json_key(w, text_from(name));
    json_put_text(w, value);
}

/* Values are bounded by expressions' and the case's limits; escaped, they stay below this. */
#define DATA_BYTES_MOST ((size_t)64 << 20)

struct task_data {
    uint16_t step;
    int32_t index;
    const struct office_asked *office;
    const struct json *input;
    struct text undoes;      /* the granted task's id, of a compensation */
    struct text follow;      /* delegated: under which the other system knows it */
    int64_t due_us;
};

/* The data of a task or of a compensation. Absent: it is too long for a message, or there is no memory (then failed). */
static struct text task_data(struct decision *d, const struct task_data *data) {
    const struct step_definition *asked = step_of(d, data->step);
    uint16_t item = kind_item(d, data->step, data->index);
    char room[TIME_TEXT_SIZE];
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, DATA_BYTES_MOST);
    struct json_writer w;
    json_begin(&w, &out);
    json_open(&w, '{');
    put_member(&w, "department", data->office->department);
    put_member(&w, "region", data->office->region);
    put_member(&w, "undoes", data->undoes);
    put_member(&w, "follow", data->follow);
    if (item != NO_INDEX)
        put_member(&w, "item", d->definition->items[item].id);
    if (asked->kind == STEP_LOOKUP)
        put_member(&w, "basis", asked->lookup.basis);
    json_key(&w, TEXT("input"));
    json_put_value(&w, data->input);
    json_key(&w, TEXT("materials"));
    json_open(&w, '[');
    for (uint16_t i = 0; i < asked->material_count; i++)
        put_material(d, &w, asked->materials[i]);
    json_close(&w, ']');
    put_reply_to(&w, data->office);
    if (data->due_us != TIME_NONE)
        put_member(&w, "due", time_format_utc(data->due_us, room));
    if (asked->priority + d->draft.priority != 0) {
        json_key(&w, TEXT("priority"));
        json_put_int64(&w, asked->priority + d->draft.priority);
    }
    json_close(&w, '}');
    return out.length > LIMIT_message_bytes_most ? TEXT_NONE : keep_buffer(d, &out);
}

static bool input_of_work(struct decision *d, const struct expression *expression, uint16_t step, int32_t index,
                          struct json *ret, struct error *error) {
    *ret = (struct json){.type = JSON_OBJECT};
    if (expression && !evaluate(d, expression, step, index, ret, error))
        return false;
    if (ret->type == JSON_OBJECT)
        return true;
    error_set(error, OUTCOME_REJECT, "input_not_an_object", "`input` must give an object");
    return false;
}

/* When the step's time is over: counted from its first attempt or an operator's retry, not from this attempt. */
static bool due_of_work(struct decision *d, uint16_t step, int32_t index, int64_t *ret_us, struct error *error) {
    *ret_us = TIME_NONE;
    return work_of(d, step, index)->overdue || kind_due(d, step, index, ret_us, error);
}

static const struct expression *input_expression(const struct step_definition *step, int32_t index) {
    if (step->kind == STEP_DELIVER && !step->input)
        return step->deliver.what;
    if (step->kind == STEP_INSPECTION && index >= 0 && step->inspection.items[index].input)
        return step->inspection.items[index].input;
    if (step->kind == STEP_APPROVE)
        return step->approve.check_input;
    return step->input;
}

static bool prepare(struct decision *d, uint16_t step, int32_t index, struct event *asked, struct error *error) {
    const struct step_definition *definition = step_of(d, step);
    struct department_rule rule = kind_department(d, step, index);
    struct office_asked office;
    struct json input;
    if (!office_find(d, &rule, TEXT_NONE, step, index, &office, error) ||
        !input_of_work(d, input_expression(definition, index), step, index, &input, error) ||
        !kind_add_input(d, step, index, &input, error) || !delegated_follow(d, step, index, asked, error) ||
        !due_of_work(d, step, index, &asked->due_us, error))
        return false;
    asked->department = office.topic_department;
    asked->region = office.region;
    asked->thing = d->draft.thing;
    if (step_has_result_schema(definition, index))
        asked->dataschema = definition->result_schema_name;
    asked->data = task_data(d, &(struct task_data){step, index, &office, &input, TEXT_NONE, asked->number, asked->due_us});
    if (!text_is_none(asked->data))
        return true;
    error_set(error, OUTCOME_REJECT, "message_bytes_most", "the task would be longer than %d bytes",
              (int)LIMIT_message_bytes_most);
    return false;
}

void ask_work(struct decision *d, uint16_t step, int32_t index, struct text missing) {
    struct error error;
    struct text lack = consent_lack(d, step);
    if (!text_is_none(lack)) {
        flow_end_as(d, step, index, STEP_REFUSED, lack);
        return;
    }
    struct event asked = step_event(d, EVENT_STEP_ASKED, step, index);
    asked.attempt = work_of(d, step, index)->attempt + 1;
    asked.missing = missing;
    if (!prepare(d, step, index, &asked, &error)) {
        stuck(d, step, index, missing, error.code, error.message);
        return;
    }
    if (d->world->calendar && asked.due_us != TIME_NONE && step_of(d, step)->timeout.unit != LIMIT_MICROSECONDS)
        asked.calendar = d->world->calendar->version;
    if (emit(d, &asked) && index < 0 && asked.attempt == 1)
        flow_asked(d, step);
}

static bool prepare_undo(struct decision *d, uint16_t step, int32_t index, struct event *asked, struct error *error) {
    const struct step_definition *definition = step_of(d, step);
    const struct work_state *work = work_of(d, step, index);
    const struct department_rule *rule = &definition->compensate.department;
    struct office_asked office = {work->department, work->department, work->region};
    bool other = !text_is_none(rule->id) || !text_is_none(rule->group) || !text_is_none(work->reassigned_department);
    struct json input;
    if (!other && text_is_none(work->department)) {
        error_set(error, OUTCOME_REJECT, "no_department", "nobody was asked for this step and `compensate` names nobody");
        return false;
    }
    d->undoing = step;
    bool fine = (!other || office_find(d, rule, work->department, step, index, &office, error)) &&
                input_of_work(d, definition->compensate.input, step, index, &input, error);
    d->undoing = NO_INDEX;
    if (!fine)
        return false;
    asked->department = office.topic_department;
    asked->region = office.region;
    asked->data = task_data(d, &(struct task_data){step, index, &office, &input, task_id(d, step, index, work->attempt),
                                                   TEXT_NONE, TIME_NONE});
    if (!text_is_none(asked->data))
        return true;
    error_set(error, OUTCOME_REJECT, "message_bytes_most", "the compensation would be longer than %d bytes",
              (int)LIMIT_message_bytes_most);
    return false;
}

void ask_undo(struct decision *d, uint16_t step, int32_t index) {
    const struct work_state *work = work_of(d, step, index);
    struct error error;
    if (step_of(d, step)->kind == STEP_THING) {
        struct event asked = step_event(d, EVENT_CHILD_CANCEL_ASKED, step, index);
        asked.child = work->child;
        asked.stop = CASE_STOP_COMPENSATE;
        emit(d, &asked);
        return;
    }
    struct event asked = step_event(d, EVENT_UNDO_ASKED, step, index);
    asked.attempt = work->attempt;
    asked.ordinal = work->undo + 1;
    asked.thing = d->draft.thing;
    if (prepare_undo(d, step, index, &asked, &error))
        emit(d, &asked);
    else
        stuck(d, step, index, TEXT_NONE, error.code, error.message);
}

static enum case_stop child_stop(const struct decision *d, uint16_t step) {
    switch (d->draft.phase == CASE_STOPPING ? d->draft.stop : CASE_STOP_NONE) {
    case CASE_STOP_COMPENSATE: return step_of(d, step)->reversible ? CASE_STOP_COMPENSATE : CASE_STOP_CLOSE;
    case CASE_STOP_WITHDRAW: return CASE_STOP_WITHDRAW;
    case CASE_STOP_TERMINATE: return CASE_STOP_TERMINATE;
    case CASE_STOP_VOID: return CASE_STOP_VOID;
    default: return CASE_STOP_CLOSE;
    }
}

void ask_cancel(struct decision *d, uint16_t step, int32_t index, enum step_state state, struct text reason) {
    const struct work_state *work = work_of(d, step, index);
    bool child = step_of(d, step)->kind == STEP_THING;
    bool graver = child && d->draft.stop == CASE_STOP_VOID;   /* than what the sub-case was told before */
    if (work->attempt == 0 || (work->cancel_asked && !graver))
        return;
    struct event asked = step_event(d, child ? EVENT_CHILD_CANCEL_ASKED : EVENT_CANCEL_ASKED, step, index);
    asked.attempt = work->attempt;
    asked.state = state;
    asked.reason = reason;
    asked.thing = d->draft.thing;
    if (child) {
        asked.child = work->child;
        asked.stop = child_stop(d, step);
        emit(d, &asked);
        return;
    }
    asked.department = work->department;
    asked.region = work->region;
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, LIMIT_message_bytes_most);
    struct json_writer w;
    json_begin(&w, &out);
    json_open(&w, '{');
    put_member(&w, "task", task_id(d, step, index, work->attempt));
    put_member(&w, "reason", reason);
    json_close(&w, '}');
    asked.data = keep_buffer(d, &out);
    emit(d, &asked);
}
