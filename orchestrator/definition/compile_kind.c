/* Compiles the kinds of step that have more than one to ask: an inspection, a publicity, what another system works on. */
#include "definition/compile.h"

#include <stdio.h>

#include "base/time.h"
#include "definition/limit.h"
#include "model/limits.h"

static bool is_listed_before(const struct node *list, uint32_t index, struct text id) {
    for (uint32_t i = 0; i < index; i++) {
        const struct node *before = &list->members[i].node;
        if (text_equal(node_text(before->type == JSON_OBJECT ? node_get(before, "item") : before), id))
            return true;
    }
    return false;
}

/* An item of the visit: its id, or {item, when, input}. */
static bool compile_inspected(struct compiler *c, struct reading *reading, const struct node *n,
                              struct inspected_item *ret) {
    const struct node *id = n;
    if (n->type == JSON_OBJECT) {
        shape_check_node(&c->faults, &shape_inspected, n, c->is_canonical);
        id = node_get(n, "item");
    }
    if (!node_is_text(id)) {
        if (n->type != JSON_OBJECT)
            compiler_fault(c, n->place, "wrong_type", "`for` lists items: an id, or {item, when, input}");
        return false;
    }
    ret->item = compiler_find(&c->item_ids, id->text);
    if (ret->item == NO_INDEX) {
        compiler_unknown(c, id->place, "unknown_item", "item", &c->item_ids, id->text);
        return false;
    }
    struct department_rule looks = {.id = c->items[ret->item].department};
    const struct department_rule *receiver = reading->receiver;
    reading->receiver = NULL;
    reading->key = "when";
    ret->when = read_condition(reading, node_get(n, "when"));
    reading->receiver = &looks;
    reading->key = "input";
    ret->input = read_template(reading, node_get(n, "input"));
    reading->receiver = receiver;
    return true;
}

void compile_inspection(struct compiler *c, struct reading *reading, const struct node *n,
                        struct step_definition *step) {
    const struct node *list = step_get(n, "for"), *lead = step_get(n, "lead");
    struct department_rule rule = compile_department(c, lead, step_get(n, "at"), reading->step, false);
    uint16_t count = 0;
    step->department = rule;
    step->inspection.rounds = (uint16_t)read_count(step_get(n, "rounds"), 2);
    if (!list || list->type != JSON_ARRAY || list->count == 0) {
        compiler_fault(c, list ? list->place : n->place, list ? "wrong_type" : "missing_key",
                       "a step of kind inspection needs `for`, the list of items that share the visit");
        return;
    }
    struct inspected_item *items = arena_new_array(c->arena, list->count, struct inspected_item);
    for (uint32_t i = 0; items && i < list->count; i++) {
        const struct node *one = &list->members[i].node;
        struct text id = node_text(one->type == JSON_OBJECT ? node_get(one, "item") : one);
        if (!text_is_none(id) && is_listed_before(list, i, id))
            compiler_fault(c, one->place, "duplicate_id", "the item %.*s stands here twice", TEXT_HEAD(id));
        else if (compile_inspected(c, reading, one, &items[count]))
            count++;
    }
    step->inspection.items = items;
    step->inspection.item_count = count;
}

void check_inspection_input(struct reading *reading, const struct node *input, const struct step_definition *step) {
    struct compiler *c = reading->compiler;
    const struct department_rule *receiver = reading->receiver;
    for (uint16_t i = 0; step->kind == STEP_INSPECTION && i < step->inspection.item_count; i++) {
        struct department_rule looks = {.id = c->items[step->inspection.items[i].item].department};
        reading->receiver = &looks;
        if (!step->inspection.items[i].input && !text_equal(looks.id, step->department.id))
            read_template(reading, input);
    }
    reading->receiver = receiver;
}

static enum on_objection compile_on_objection(const struct node *n) {
    static const char *const words[] = {"block", "continue", "close", "compensate", "incident", "decide"};
    for (int i = 0; i < 6; i++)
        if (text_is(node_text(n), words[i]))
            return (enum on_objection)i;
    return ON_OBJECTION_BLOCK;
}

static void compile_told(struct compiler *c, const struct node *list, struct step_definition *step) {
    uint16_t count = 0;
    if (!list || list->type != JSON_ARRAY)
        return;
    struct text *told = arena_new_array(c->arena, list->count, struct text);
    for (uint32_t i = 0; told && i < list->count && count < LIMIT_needs_most; i++) {
        const struct node *id = &list->members[i].node;
        struct department_rule rule = compile_department(c, id, NULL, NO_INDEX, false);
        bool is_double = false;
        for (uint16_t k = 0; k < count; k++)
            is_double |= text_equal(told[k], rule.id);
        if (is_double)
            compiler_fault(c, id->place, "duplicate_id", "the department %.*s stands here twice", TEXT_HEAD(rule.id));
        else if (!text_is_none(rule.id))
            told[count++] = rule.id;
    }
    step->publicity.told = told;
    step->publicity.told_count = count;
}

void compile_publicity(struct compiler *c, const struct node *n, struct step_definition *step) {
    const struct node *limit = step_get(n, "limit"), *objection = step_get(n, "on_objection");
    step->publicity.span = read_limit(limit);
    step->publicity.on_objection = compile_on_objection(objection);
    compile_told(c, step_get(n, "may_object"), step);
    enum limit_unit unit = step->publicity.span.unit;
    if (unit == LIMIT_HALF_DAYS || unit == LIMIT_BUSINESS_HOURS || unit == LIMIT_ON_THE_SPOT)
        compiler_fault(c, limit->place, "publicity_not_days", "step %.*s is public for less than full days",
                       TEXT_ARG(step->id));
    if (step->publicity.on_objection == ON_OBJECTION_CLOSE)
        step->on_refused = ON_REFUSED_CLOSE;
    else if (step->publicity.on_objection == ON_OBJECTION_COMPENSATE)
        step->on_refused = ON_REFUSED_COMPENSATE;
    else if (step->publicity.on_objection == ON_OBJECTION_DECIDE && !node_get(n, "department"))
        compiler_fault(c, objection->place, "missing_key", "`on_objection: decide` needs `department`: who decides");
}

/* What another system works on is retried and undone there. */
void compile_delegated(struct compiler *c, struct reading *reading, const struct node *n,
                       struct step_definition *step) {
    struct department_rule system = compile_department(c, step_get(n, "system"), NULL, NO_INDEX, false);
    step->delegated.system = system.id;
    if (!step->department.id.at && !step->department.group.at)
        step->department.id = system.id;
    step->retry.attempts = 1;
    step->reversible = false;
    reading->key = "follow";
    step->delegated.follow =
        read_typed(reading, step_get(n, "follow"), EXPRESSION_TYPE_STRING, "text");
}

/* ---- windows, signatures, later checks ---- */

/* A date (the whole of that day in China) or a moment. */
static bool read_moment(const struct node *n, bool is_end, int64_t *ret_us) {
    char room[32];
    struct limit_time date;
    if (!node_is_text(n))
        return false;
    if (n->text.length != 10)
        return time_parse(n->text, ret_us, NULL) == OUTCOME_OK;
    snprintf(room, sizeof room, "until %.*s", TEXT_ARG(n->text));
    if (limit_parse(text_from(room), &date, NULL) != OUTCOME_OK)
        return false;
    *ret_us = is_end ? date.amount : date.amount - TIME_DAY_US;
    return true;
}

int64_t compile_moment(struct compiler *c, const struct node *n, bool is_end) {
    int64_t us = TIME_NONE;
    if (node_is_text(n) && !read_moment(n, is_end, &us))
        compiler_fault(c, n->place, "bad_date", "\"%.*s\" is no date", TEXT_HEAD(n->text));
    return us;
}

struct window compile_window(struct compiler *c, const struct node *n) {
    struct window window = {false, TIME_NONE, TIME_NONE};
    if (!n || n->type != JSON_OBJECT)
        return window;
    uint32_t faults = c->faults.list->count;
    window.present = true;
    window.opens_us = compile_moment(c, node_get(n, "opens"), false);
    window.closes_us = compile_moment(c, node_get(n, "closes"), true);
    bool is_read = c->faults.list->count == faults;
    if (is_read && window.opens_us == TIME_NONE && window.closes_us == TIME_NONE)
        compiler_fault(c, n->place, "window_nonsense", "a window opens or closes at some time");
    if (is_read && window.opens_us != TIME_NONE && window.closes_us != TIME_NONE && window.closes_us <= window.opens_us)
        compiler_fault(c, n->place, "window_nonsense", "the window closes before it opens");
    return window;
}

void compile_offered(struct compiler *c, const struct node *n) {
    if (!n || n->type != JSON_OBJECT)
        return;
    c->out->offered.by = compile_department(c, node_get(n, "by"), NULL, NO_INDEX, false).id;
    c->out->offered.basis = node_text(node_get(n, "basis"));
}

void compile_signed(struct compiler *c, const struct node *list, struct step_definition *step) {
    step->wait.mode = WAIT_SIGNED;
    step->wait.party_count = read_party_list(c, list, true, &step->wait.parties);
}

/* What the later check is given, and who revokes when it is not passed: named, or the department of the step's item. */
void compile_check(struct compiler *c, struct reading *reading, const struct node *n, const struct node *check,
                   struct step_definition *step) {
    const struct node *by = node_get(check, "revoked_by");
    uint16_t item = compiler_find(&c->item_ids, node_text(node_get(n, "item")));
    const struct department_rule *receiver = reading->receiver;
    reading->receiver = &step->approve.check_department;
    reading->key = "input";
    step->approve.check_input = read_template(reading, node_get(check, "input"));
    reading->receiver = receiver;
    bool revokes = text_is(step->approve.on_fail, "revoke");
    if (by && !revokes)
        compiler_fault(c, by->place, "key_of_other_kind", "`revoked_by` belongs to `on_fail: revoke`");
    if (!revokes)
        return;
    if (by)
        step->approve.revoked_by = compile_department(c, by, NULL, NO_INDEX, false).id;
    else if (item != NO_INDEX)
        step->approve.revoked_by = c->items[item].department;
    else
        compiler_fault(c, check->place, "missing_key", "`on_fail: revoke` needs `revoked_by`, or the step an item");
}
