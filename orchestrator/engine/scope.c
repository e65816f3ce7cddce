/* What an expression sees: .form .case .parties .materials .steps.<id>.{state,result,reason,missing} and the element
 * under its `as` name. Asked path by path; a result is read from its bytes when somebody asks for it, once a decision. */
#include "engine/kinds.h"

struct scope { struct decision *d; uint16_t step; int32_t index; };

static const struct json *new_json(struct arena *arena, struct json value) {
    struct json *node = arena_new(arena, struct json);
    if (node)
        *node = value;
    return node;
}

static struct json text_or_null(struct text text) { return text_is_none(text) ? JSON_NULL_VALUE : json_string(text); }

static const struct json *read_bytes(struct decision *d, struct text bytes) {
    struct json value = JSON_NULL_VALUE;
    if (!text_is_none(bytes) &&
        json_read(d->arena, bytes, LIMIT_json_depth_most + 4, &value, NULL) == OUTCOME_FATAL)
        d->failed = true;
    return new_json(d->arena, value);
}

static const struct json *element_array(struct decision *d, uint16_t step) {
    if (!d->elements)
        d->elements = arena_new_array(d->arena, d->definition->step_count, const struct json *);
    if (!d->elements)
        return NULL;
    if (!d->elements[step])
        d->elements[step] = read_bytes(d, row_of(d, step)->elements_data);
    return d->elements[step];
}

static const struct json *result_of(struct decision *d, uint16_t step) {
    const struct step_row *row = row_of(d, step);
    if (step_of(d, step)->kind == STEP_INSPECTION)
        return inspection_result(d, step);   /* an item's outcome is read before the others have theirs */
    if (row->self.state != STEP_GRANTED)
        return NULL;
    if (!step_of(d, step)->is_each) {
        if (!d->results)
            d->results = arena_new_array(d->arena, d->definition->step_count, const struct json *);
        if (d->results && !d->results[step])
            d->results[step] = read_bytes(d, row->self.result);
        return d->results ? d->results[step] : NULL;
    }
    /* Each: the elements' results in their order, null for one that was not granted. */
    struct json all = json_array(d->arena, row->element_count);
    for (uint32_t i = 0; all.children && i < row->element_count; i++) {
        const struct work_state *work = work_of(d, step, (int32_t)i);
        const struct json *one = work->state == STEP_GRANTED ? read_bytes(d, work->result) : NULL;
        if (one)
            all.children[i].value = *one;
    }
    return new_json(d->arena, all);
}

static const char *const step_members[] = {"state", "result", "reason", "missing"};
enum { STEP_MEMBERS = 4 };

static const struct json *step_member(struct decision *d, uint16_t step, size_t member) {
    const struct step_row *row = row_of(d, step);
    switch (member) {
    case 0: return new_json(d->arena, json_string(text_from(state_step_name(row->self.state))));
    case 1: return result_of(d, step);
    case 2: return new_json(d->arena, text_or_null(row->self.reason));
    default: return read_bytes(d, step == d->opening ? d->opening_missing : row->missing);
    }
}

static const struct json *whole_step(struct decision *d, uint16_t step) {
    struct json object = json_object(d->arena, STEP_MEMBERS);
    if (!object.children)
        return NULL;
    for (size_t i = 0; i < STEP_MEMBERS; i++) {
        const struct json *value = step_member(d, step, i);
        object.children[i] = (struct json_member){text_from(step_members[i]), value ? *value : JSON_NULL_VALUE};
    }
    return new_json(d->arena, object);
}

static const struct json *all_steps(struct decision *d) {
    struct json object = json_object(d->arena, d->definition->step_count);
    for (uint16_t i = 0; object.children && i < d->definition->step_count; i++) {
        const struct json *value = whole_step(d, i);
        object.children[i] = (struct json_member){step_of(d, i)->id, value ? *value : JSON_NULL_VALUE};
    }
    return new_json(d->arena, object);
}

static void resolve_steps(const struct scope *scope, struct expression_lookup *lookup) {
    struct decision *d = scope->d;
    lookup->used = 1;
    if (lookup->count == 1) {
        lookup->value = all_steps(d);
        return;
    }
    uint16_t step = definition_find_step(d->definition, lookup->path[1]);
    lookup->used = 2;
    if (step == NO_INDEX)
        return;
    if (lookup->count == 2) {
        lookup->value = whole_step(d, step);
        return;
    }
    lookup->used = 3;
    if (step == d->undoing && text_is(lookup->path[2], "result")) {   /* an element's: its own, not the list */
        lookup->value = read_bytes(d, work_of(d, step, scope->index)->result);
        return;
    }
    for (size_t i = 0; i < STEP_MEMBERS; i++)
        if (text_is(lookup->path[2], step_members[i]))
            lookup->value = step_member(d, step, i);
}

static const struct json *case_object(struct decision *d) {
    char room[TIME_TEXT_SIZE];
    struct json object = json_object(d->arena, 6);
    if (!object.children)
        return NULL;
    struct text started = text_copy(d->arena, time_format_utc(d->draft.started_at_us, room));
    object.children[0] = (struct json_member){TEXT("id"), json_string(d->draft.id)};
    object.children[1] = (struct json_member){TEXT("number"), json_string(d->draft.root)};
    object.children[2] = (struct json_member){TEXT("thing"), text_or_null(d->draft.thing)};
    object.children[3] = (struct json_member){TEXT("region"), text_or_null(d->draft.region)};
    object.children[4] = (struct json_member){TEXT("started_at"), text_or_null(started)};
    object.children[5] = (struct json_member){TEXT("offered_by"), text_or_null(d->draft.offered_by)};
    return new_json(d->arena, object);
}

/* Materials stand in an array; expressions see them by their ids. */
static const struct json *materials_object(struct decision *d) {
    const struct json *given = &d->draft.materials;
    uint32_t count = given->type == JSON_ARRAY ? given->count : 0, kept = 0;
    struct json object = json_object(d->arena, count);
    for (uint32_t i = 0; object.children && i < count; i++) {
        struct text id = json_get_text(&given->children[i].value, TEXT("id"));
        if (!text_is_none(id))
            object.children[kept++] = (struct json_member){id, given->children[i].value};
    }
    object.count = kept;
    return new_json(d->arena, object);
}

static const struct json *root_member(struct scope *scope, struct text name) {
    struct decision *d = scope->d;
    struct text as = step_of(d, scope->step)->each_as;
    if (text_is(name, "form"))
        return &d->draft.form;
    if (text_is(name, "case"))
        return case_object(d);
    if (text_is(name, "parties"))
        return &d->draft.parties;
    if (text_is(name, "materials"))
        return materials_object(d);
    if (scope->index >= 0 && !text_is_none(as) && text_equal(name, as))
        return json_at(element_array(d, scope->step), (size_t)scope->index);
    return NULL;
}

static const struct json *whole_scope(struct scope *scope) {
    static const char *const names[] = {"form", "case", "parties", "materials"};
    struct decision *d = scope->d;
    struct json object = json_object(d->arena, 6);
    if (!object.children)
        return NULL;
    for (size_t i = 0; i < 4; i++) {
        const struct json *value = root_member(scope, text_from(names[i]));
        object.children[i] = (struct json_member){text_from(names[i]), value ? *value : JSON_NULL_VALUE};
    }
    const struct json *steps = all_steps(d);
    object.children[4] = (struct json_member){TEXT("steps"), steps ? *steps : JSON_NULL_VALUE};
    struct text as = step_of(d, scope->step)->each_as;
    object.count = 5;
    if (scope->index >= 0 && !text_is_none(as)) {
        const struct json *element = root_member(scope, as);
        object.children[5] = (struct json_member){as, element ? *element : JSON_NULL_VALUE};
        object.count = 6;
    }
    return new_json(d->arena, object);
}

static enum outcome resolve(void *context, struct expression_lookup *lookup, struct error *error) {
    struct scope *scope = context;
    lookup->value = NULL;
    lookup->used = 0;
    if (lookup->count == 0) {
        lookup->value = whole_scope(scope);
    } else if (text_is(lookup->path[0], "steps")) {
        resolve_steps(scope, lookup);
    } else {
        lookup->used = 1;
        lookup->value = root_member(scope, lookup->path[0]);
    }
    return scope->d->arena->failed ? error_no_memory(error) : OUTCOME_OK;
}

bool evaluate(struct decision *d, const struct expression *expression, uint16_t step, int32_t index, struct json *ret,
              struct error *error) {
    struct scope context = {d, step, index};
    struct expression_scope scope = {resolve, &context};
    struct expression_budget budget = EXPRESSION_BUDGET;
    enum outcome outcome = expression_evaluate(expression, &scope, &budget, d->arena, ret, error);
    if (outcome != OUTCOME_OK && outcome != OUTCOME_REJECT)
        d->failed = true;
    return outcome == OUTCOME_OK;
}

bool evaluate_condition(struct decision *d, const struct expression *expression, uint16_t step, bool *ret,
                        struct error *error) {
    struct scope context = {d, step, -1};
    struct expression_scope scope = {resolve, &context};
    struct expression_budget budget = EXPRESSION_BUDGET;
    enum outcome outcome = expression_evaluate_condition(expression, &scope, &budget, d->arena, ret, error);
    if (outcome != OUTCOME_OK && outcome != OUTCOME_REJECT)
        d->failed = true;
    return outcome == OUTCOME_OK;
}
