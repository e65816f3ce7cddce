/* Compiles the steps: who, when, with what, how often, until when; and what is particular to each kind. */
#include "definition/compile.h"

#include "base/time.h"
#include "model/procedure.h"

#define TYPES_TEXT EXPRESSION_TYPE_STRING

static bool group_is_known(const struct directory *directory, struct text group) {
    for (uint16_t i = 0; i < directory->count; i++)
        for (uint16_t k = 0; k < directory->departments[i].group_count; k++) {
            struct text entry = directory->departments[i].groups[k];
            size_t colon = text_find(entry, ':');
            if (text_equal(text_span(entry.at, colon == SIZE_MAX ? entry.length : colon), group))
                return true;
        }
    return false;
}

static void unknown_department(struct compiler *c, const struct node *n, bool is_group) {
    const struct directory *directory = c->context->directory;
    struct text nearest = TEXT_NONE;
    unsigned least = 4;
    for (uint16_t i = 0; i < directory->count && !is_group; i++) {
        unsigned distance = text_distance(n->text, directory->departments[i].id, 3);
        if (distance < least) {
            least = distance;
            nearest = directory->departments[i].id;
        }
    }
    compiler_fault_remedy(c, n->place, is_group ? "unknown_group" : "unknown_department",
                          nearest.at ? text_format(c->arena, "Did you mean %.*s?", TEXT_ARG(nearest)) : TEXT_NONE,
                          "there is no %s \"%.*s\" in departments.yaml", is_group ? "group" : "department",
                          TEXT_HEAD(n->text));
}

struct department_rule compile_department(struct compiler *c, const struct node *value, const struct node *at,
                                          uint16_t step, bool as_is_known) {
    const struct directory *directory = c->context->directory;
    struct reading reading = {.compiler = c, .step = step, .as_is_known = as_is_known, .key = "at"};
    struct department_rule rule = {0};
    if (node_is_text(value) && id_is_well_formed(value->text)) {
        rule.id = value->text;
        if (directory && !directory_find(directory, rule.id))
            unknown_department(c, value, false);
    } else if (value && value->type == JSON_OBJECT) {
        const struct node *group = node_get(value, "group");
        rule.group = node_text(group);
        if (node_is_text(group) && directory && !group_is_known(directory, rule.group))
            unknown_department(c, group, true);
        reading.key = "is";
        rule.is = read_typed(&reading, node_get(value, "is"), TYPES_TEXT, "text (an id or a code)");
        reading.key = "at";
    }
    rule.at = read_typed(&reading, at, TYPES_TEXT, "text (a region code)");
    return rule;
}

static struct join_rule compile_join(struct compiler *c, const struct node *n, uint32_t count, const char *what) {
    struct join_rule join = {.mode = JOIN_ALL, .at_least = 1};
    if (!n)
        return join;
    const struct node *least = node_get(n, "at_least"), *deadline = node_get(n, "deadline");
    int ways = (least != NULL) + node_is_true(node_get(n, "all")) + node_is_true(node_get(n, "any"));
    if (text_is(node_text(n), "any") || node_is_true(node_get(n, "any")) || least)
        join.mode = JOIN_AT_LEAST;
    join.at_least = (uint16_t)read_count(least, 1);
    join.deadline = read_limit(deadline);
    if (n->type == JSON_OBJECT && ways > 1)
        compiler_fault(c, n->place, "join_never_met", "`%s` says more than one of all, any and at_least", what);
    if (n->type == JSON_OBJECT && (deadline == NULL) != (node_get(n, "then") == NULL))
        compiler_fault(c, n->place, "missing_key", "`%s`: deadline and then belong together", what);
    if (join.mode == JOIN_AT_LEAST && join.at_least > count)
        compiler_fault(c, (least ? least : n)->place, "join_never_met", "`%s` wants %u granted, but there %s %u %s", what,
                       join.at_least, count == 1 ? "is" : "are", count, count == 1 ? "need" : "needs");
    return join;
}

static enum on_refused compile_on_refused(const struct node *n, enum on_refused otherwise) {
    static const char *const words[] = {"block", "continue", "close", "compensate"};
    for (int i = 0; i < 4; i++)
        if (text_is(node_text(n), words[i]))
            return (enum on_refused)i;
    return otherwise;
}

static void compile_retry(struct compiler *c, const struct node *n, struct retry_rule *retry) {
    *retry = (struct retry_rule){
        .attempts = (uint32_t)read_count(node_get(n, "attempts"), 8),
        .first_us = read_duration_us(node_get(n, "first"), TIME_SECOND_US),
        .most_us = read_duration_us(node_get(n, "most"), 5 * TIME_MINUTE_US),
        .give_up_after_us = read_duration_us(node_get(n, "give_up_after"), TIME_DAY_US)};
    if (!n)
        return;
    if (retry->first_us <= 0)
        compiler_fault(c, n->place, "retry_nonsense", "the first wait is nothing: the department would be flooded");
    if (node_get(n, "most") && retry->most_us < retry->first_us)
        compiler_fault(c, n->place, "retry_nonsense", "the longest wait (most) is shorter than the first one");
    else if (retry->most_us < retry->first_us)
        retry->most_us = retry->first_us;
    if (retry->attempts > 1 && retry->give_up_after_us < retry->first_us)
        compiler_fault(c, n->place, "retry_nonsense", "it gives up before the second attempt");
}

static void compile_timeout(struct compiler *c, const struct node *n, struct step_definition *step) {
    const struct node *limit = n && n->type == JSON_OBJECT ? node_get(n, "limit") : n;
    step->timeout = read_limit(limit);
    step->timeout_then = text_is(node_text(node_get(n, "then")), "expire") ? ON_TIMEOUT_EXPIRE : ON_TIMEOUT_INCIDENT;
    if (step->timeout.unit == LIMIT_ON_THE_SPOT)
        compiler_fault(c, limit->place, "timeout_nonsense", "nobody can answer within no time");
    if (step->timeout.unit == LIMIT_MICROSECONDS && step->retry.attempts > 1 &&
        step->timeout.amount < step->retry.first_us)
        compiler_fault(c, limit->place, "timeout_nonsense", "the timeout ends before a second attempt can begin");
}

static void compile_each(struct compiler *c, struct reading *reading, const struct node *n,
                         struct step_definition *step) {
    static const char *const taken[] = {"form", "case", "parties", "materials", "steps"};
    if (!n || n->type != JSON_OBJECT)
        return;
    const struct node *as = node_get(n, "as");
    step->is_each = true;
    step->each_as = node_text(as);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (text_is(step->each_as, taken[i]))
            compiler_fault(c, as->place, "bad_id", "`as`: \"%s\" is the name of something else", taken[i]);
    bool known = reading->as_is_known;
    reading->as_is_known = false;
    reading->key = "in";
    step->each_in = read_typed(reading, node_get(n, "in"), EXPRESSION_TYPE_ARRAY, "a list");
    reading->as_is_known = known;
    step->gather = compile_join(c, node_get(n, "gather"), UINT16_MAX, "gather");
    if (step->gather.deadline.unit == LIMIT_NONE)
        compiler_fault(c, n->place, "each_without_deadline",
                       "step %.*s waits for every one of its elements without a deadline", TEXT_ARG(step->id));
}

static void compile_compensate(struct compiler *c, struct reading *reading, const struct node *n,
                               struct step_definition *step) {
    if (!n || n->type != JSON_OBJECT)
        return;
    step->compensate.present = true;
    step->compensate.department = node_get(n, "department")
        ? compile_department(c, node_get(n, "department"), node_get(n, "at"), reading->step, reading->as_is_known)
        : step->department;
    const struct department_rule *receiver = reading->receiver;
    reading->receiver = &step->compensate.department;
    reading->key = "input";
    reading->undoes = true;
    step->compensate.input = read_template(reading, node_get(n, "input"));
    reading->undoes = false;
    reading->receiver = receiver;
}

/* ---- by kind ---- */

static void compile_approve(struct compiler *c, struct reading *reading, const struct node *n,
                            struct step_definition *step) {
    const struct node *check = step_get(n, "check");
    reading->key = "if";
    step->approve.condition = read_condition(reading, step_get(n, "if"));
    step->approve.on_fail = TEXT("incident");
    if (!check || check->type != JSON_OBJECT)
        return;
    step->approve.has_check = true;
    step->approve.check_department = compile_department(c, node_get(check, "department"), NULL, reading->step, false);
    step->approve.check_within = read_limit(node_get(check, "within"));
    if (node_is_text(node_get(check, "on_fail")))
        step->approve.on_fail = node_get(check, "on_fail")->text;
    compile_check(c, reading, n, check, step);
}

static void compile_wait(struct compiler *c, struct reading *reading, const struct node *n,
                         struct step_definition *step) {
    const struct node *span = step_get(n, "for"), *until = step_get(n, "until"), *signal = step_get(n, "signal");
    const struct node *parties = step_get(n, "signed");
    if ((span != NULL) + (until != NULL) + (signal != NULL) + (parties != NULL) != 1) {
        compiler_fault(c, n->place, "missing_key", "a step of kind wait needs one of for, until, signal and signed");
        return;
    }
    if (parties) {
        compile_signed(c, parties, step);
        return;
    }
    if (span) {
        step->wait.mode = WAIT_FOR_DURATION;
        step->wait.span = read_limit(span);
        if (step->wait.span.unit == LIMIT_NONE)
            compiler_fault(c, span->place, "bad_limit", "`for` wants a limit: 3 workdays, 20 days, 4h");
    } else if (until) {
        step->wait.mode = WAIT_UNTIL;
        reading->key = "until";
        step->wait.until = read_typed(reading, until, TYPES_TEXT, "a moment or a date");
        int64_t us;
        struct limit_time date = node_is_text(until) ? read_limit(until) : (struct limit_time){LIMIT_NONE, 0};
        if (node_is_text(until) && !memmem(until->text.at, until->text.length, "${", 2) &&
            date.unit != LIMIT_UNTIL_DATE && time_parse(until->text, &us, NULL) != OUTCOME_OK)
            compiler_fault(c, until->place, "bad_limit", "`until` wants a date (2026-08-31) or a moment with its offset");
    } else {
        step->wait.mode = WAIT_SIGNAL;
        step->wait.signal = node_text(signal);
    }
}

static void compile_thing(struct compiler *c, struct reading *reading, const struct node *n,
                          struct step_definition *step) {
    const struct node *name = step_get(n, "name");
    reading->key = "form";
    step->thing.form = read_template(reading, step_get(n, "form"));
    step->thing.thing = NO_INDEX;
    for (uint16_t i = 0; i < c->out->thing_count; i++)
        if (text_equal(c->things[i].thing, node_text(name)))
            step->thing.thing = i;
    if (step->thing.thing == NO_INDEX && node_is_text(name)) {
        step->thing.thing = c->out->thing_count;
        c->things[c->out->thing_count++] = (struct thing_reference){name->text, TEXT_NONE};
    }
}

static void compile_deliver(struct compiler *c, struct reading *reading, const struct node *n,
                            struct step_definition *step) {
    struct department_rule by = compile_department(c, step_get(n, "by"), step_get(n, "at"), reading->step, false);
    step->deliver.by = by.id;
    step->department = by;
    reading->receiver = &step->department;
    reading->key = "what";
    step->deliver.what = read_template(reading, step_get(n, "what"));
}

static void compile_lookup(struct compiler *c, struct reading *reading, const struct node *n,
                           struct step_definition *step) {
    const struct node *source = step_get(n, "source");
    step->department = compile_department(c, source, step_get(n, "at"), reading->step, reading->as_is_known);
    step->lookup.source = step->department.id;
    step->lookup.cache_us = read_duration_us(step_get(n, "cache"), 0);
    step->lookup.basis = node_text(step_get(n, "basis"));
    step->lookup.least_trust = read_least_trust(step_get(n, "least_trust"));
    step->lookup.of_count = compile_consent_of(c, step_get(n, "of"), step->lookup.basis, &step->lookup.of);
    const struct department *department = c->context->directory && step->department.id.at
        ? directory_find(c->context->directory, step->department.id) : NULL;
    if (department && !department->may_act_as_source)
        compiler_fault(c, source->place, "not_a_source", "department %.*s does not answer lookups",
                       TEXT_HEAD(step->department.id));
}

static void compile_kind(struct compiler *c, struct reading *reading, const struct node *n,
                         struct step_definition *step) {
    switch (step->kind) {
    case STEP_LOOKUP: compile_lookup(c, reading, n, step); break;
    case STEP_APPROVE: compile_approve(c, reading, n, step); break;
    case STEP_INSPECTION: compile_inspection(c, reading, n, step); break;
    case STEP_WAIT: compile_wait(c, reading, n, step); break;
    case STEP_THING: compile_thing(c, reading, n, step); break;
    case STEP_DELEGATED: compile_delegated(c, reading, n, step); break;
    case STEP_DELIVER: compile_deliver(c, reading, n, step); break;
    case STEP_PUBLICITY: compile_publicity(c, n, step); break;
    case STEP_TASK:
        if (!node_get(n, "department"))
            compiler_fault(c, n->place, "missing_key", "a step of kind task needs `department`");
        break;
    case STEP_KIND_COUNT:
        break;
    }
}

/* Of a group to each of its members. */
static void check_entitled_to(struct compiler *c, const struct step_definition *step, const struct node *at, uint16_t material) {
    const struct material_definition *listed = &c->materials[material];
    const struct department *refused =
        listed->any_of_count ? NULL : entitled_not_to_material(c, &step->department, listed->id);
    if (refused)
        compiler_fault(c, at->place, "not_entitled", "department %.*s is not entitled to the material %.*s",
                       TEXT_ARG(refused->id), TEXT_ARG(listed->id));
    for (uint16_t i = 0; i < listed->any_of_count; i++)
        check_entitled_to(c, step, at, listed->any_of[i]);
}

static void compile_step_materials(struct compiler *c, const struct node *list, struct step_definition *step) {
    uint16_t count = 0;
    if (!list || list->type != JSON_ARRAY)
        return;
    uint16_t *materials = arena_new_array(c->arena, list->count, uint16_t);
    for (uint32_t i = 0; materials && i < list->count; i++) {
        const struct node *id = &list->members[i].node;
        uint16_t material = compiler_find(&c->material_ids, node_text(id));
        bool is_double = false;
        for (uint16_t k = 0; k < count; k++)
            is_double |= materials[k] == material;
        if (!node_is_text(id))
            continue;
        if (material == NO_INDEX)
            compiler_unknown(c, id->place, "unknown_material", "material", &c->material_ids, id->text);
        else if (is_double)
            compiler_fault(c, id->place, "duplicate_id", "the material %.*s stands here twice", TEXT_ARG(id->text));
        else {
            materials[count++] = material;
            check_entitled_to(c, step, id, material);
        }
    }
    step->materials = materials;
    step->material_count = count;
}

/* A reason that the item does not leave out would pause nothing, without a word. */
static void check_uncounted(struct compiler *c, const struct node *n, const struct step_definition *step) {
    const struct item_definition *item = &c->items[step->item];
    bool known = text_is_none(step->uncounted) || procedure_find(step->uncounted);
    for (uint16_t i = 0; i < item->uncounted_count && !known; i++)
        known = text_equal(item->uncounted[i].reason, step->uncounted);
    if (!known)
        compiler_fault(c, node_get(n, "uncounted")->place, "unknown_uncounted",
                       "item %.*s does not leave \"%.*s\" out of any clock", TEXT_ARG(item->id), TEXT_HEAD(step->uncounted));
}

static void compile_step(struct compiler *c, uint16_t index) {
    const struct node *n = c->step_nodes[index], *item = node_get(n, "item");
    struct step_definition *step = &c->steps[index];
    struct reading reading = {.compiler = c, .step = index, .key = "when"};
    step->line = n->place.line;
    step->column = n->place.column;
    step->join = compile_join(c, node_get(n, "join"), step->need_count, "join");
    step->on_refused = compile_on_refused(node_get(n, "on_refused"), ON_REFUSED_BLOCK);
    step->on_expired = compile_on_refused(node_get(n, "on_expired"), step->on_refused);
    step->reversible = node_is_true(step_get(n, "reversible"));
    step->priority = (int32_t)read_count(node_get(n, "priority"), 0);
    step->when = read_condition(&reading, node_get(n, "when"));
    step->window = compile_window(c, node_get(n, "window"));
    reading.as_is_known = node_is_text(node_get(step_get(n, "each"), "as"));
    compile_each(c, &reading, step_get(n, "each"), step);
    step->department = compile_department(c, step_get(n, "department"), step_get(n, "at"), index, reading.as_is_known);
    reading.receiver = &step->department;
    compile_retry(c, step_get(n, "retry"), &step->retry);
    compile_timeout(c, step_get(n, "timeout"), step);
    if (step->window.closes_us != TIME_NONE && step->window.present && step->timeout.unit == LIMIT_NONE) {
        step->timeout = (struct limit_time){LIMIT_UNTIL_DATE, step->window.closes_us};
        step->timeout_then = ON_TIMEOUT_EXPIRE;
    }
    compile_kind(c, &reading, n, step);
    reading.key = "input";
    uint32_t faults = c->faults.list->count;
    step->input = read_template(&reading, step_get(n, "input"));
    if (c->faults.list->count == faults)
        check_inspection_input(&reading, step_get(n, "input"), step);
    if (c->step_inputs[index])
        check_input(&reading, c->step_inputs[index], step_get(n, "input"));
    if (step->kind != STEP_DELEGATED)
        compile_compensate(c, &reading, step_get(n, "compensate"), step);
    compile_step_materials(c, step_get(n, "materials"), step);
    step->title = read_title(c, node_get(n, "title"));
    step->uncounted = node_text(node_get(n, "uncounted"));
    step->item = compiler_find(&c->item_ids, node_text(item));
    if (node_is_text(item) && id_is_well_formed(item->text) && step->item == NO_INDEX)
        compiler_unknown(c, item->place, "unknown_item", "item", &c->item_ids, item->text);
    if (step->item == NO_INDEX)
        return;
    check_uncounted(c, n, step);
    if (!node_get(n, "title"))
        step->title = c->items[step->item].title;
    if (c->items[step->item].first_step == NO_INDEX)
        c->items[step->item].first_step = index;
    c->items[step->item].last_step = index;
}

void compile_steps(struct compiler *c) {
    c->things = arena_new_array(c->arena, c->out->step_count, struct thing_reference);
    if (!c->things)
        return;
    c->out->things = c->things;
    for (uint16_t i = 0; i < c->out->step_count; i++) {   /* results and names first: later steps read them */
        struct step_definition *step = &c->steps[i];
        if (step->is_fetch)
            continue;
        const struct node *n = c->step_nodes[i];
        step->kind = step_kind_of(n);
        step->is_each = step_get(n, "each") != NULL;
        step->each_as = node_text(node_get(step_get(n, "each"), "as"));
        c->step_results[i] = schemas_get(c, step_get(n, "result"), "result");
        c->step_inputs[i] = schemas_get(c, step_get(n, "input_schema"), "input_schema");
        if (c->step_results[i]) {
            step->result_schema = c->step_results[i]->schema;
            step->result_schema_name = c->step_results[i]->is_inline ? TEXT_NONE : c->step_results[i]->path;
        }
        if (c->step_inputs[i]) {
            step->input_schema = c->step_inputs[i]->schema;
            step->input_schema_name = c->step_inputs[i]->is_inline ? TEXT_NONE : c->step_inputs[i]->path;
        }
    }
    for (uint16_t i = 0; i < c->out->step_count && !c->arena->failed; i++)
        if (c->steps[i].is_fetch)
            fetch_step_compile(c, i);
        else
            compile_step(c, i);
}
