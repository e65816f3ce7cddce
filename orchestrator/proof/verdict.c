/* What the exploration shows, held against what must hold of every definition. */
#include "proof/script.h"
#include "proof/slow.h"

#include "calendar/calendar.h"
#include "model/limits.h"

enum { FAULTS_MOST = 64, REPLAYS_MOST = 256, FORMS_MEASURED = 64 };

const struct proof_code proof_codes[] = {
    {"never_ends", "a case can come to a state from which it can't end, whoever acts",
     "See in the script what it waits for; give the step a way out."},
    {"waits_for_ever", "a case can come to wait for its applicant alone, and nobody is told when he never acts",
     "Give the wait a `timeout`, {limit: 30 days, then: incident} or {…, then: expire}."},
    {"step_never_happens", "no outcome of whatever comes before lets the step begin",
     "Correct its condition or its needs, or take it out. If its condition wants data that nobody thought of, show them in a "
     "script."},
    {"step_never_granted", "the step begins, but never ends granted", "Correct its rule."},
    {"case_never_granted", "no case ends granted, whatever is answered", "See which step stands against it in each run."},
    {"granted_item_undone", "what was granted is undone though the definition does not say so of all of its item",
     "Make every step of the item reversible, or none: what was granted stays granted."},
    {"expression_fails", "an expression fails on data that the schemas allow: the step is stuck, and a person has to help",
     "Say what a missing value means: (.form.x // \"\"), or let the schema require it."},
    {"promise_exceeded", "the case closes after its promise though every item keeps its own",
     "Promise more for the case, or less for an item."},
    {"late_answer_counts", "an answer that came after the step's end changed the case", "Report it: the engine must not."},
    {"move_refused", "the engine refuses what may happen", "Report it, with the definition."},
    {NULL, NULL, NULL},
};

const char *proof_verdict_name(enum proof_verdict verdict) {
    static const char *const names[] = {"holds", "fails", "not_exhausted"};
    return names[verdict];
}

struct judging { struct explorer *e; struct proof_fault faults[FAULTS_MOST]; uint32_t count; };

static const char *code_of(const char *name) {
    for (const struct proof_code *c = proof_codes; c->code; c++)
        if (strcmp(c->code, name) == 0)
            return c->code;
    return name;
}

/* A fault with the run that ends at `node`, or, NO_NODE, without. */
static void fault_at(struct judging *j, const char *code, struct text subject, struct text message, uint32_t node,
                     const struct step_set *steps) {
    if (j->count == FAULTS_MOST)
        return;
    struct proof_fault *fault = &j->faults[j->count++];
    *fault = (struct proof_fault){.code = code_of(code), .subject = subject, .message = message};
    struct position *p = node == NO_NODE ? NULL : position_new();
    struct played played = {0};
    if (p && script_replay(j->e, node, p, &played) && script_let_time_pass(j->e, p))
        fault->script = script_write(j->e, p, &played, steps, false,
                                     text_format(j->e->arena, "%s: %.*s", code, TEXT_ARG(message)));
    position_free(p);
}

static struct step_set set_of(uint16_t step) {
    struct step_set set = {{0}};
    if (step != NO_INDEX)
        set_add(&set, step);
    return set;
}

/* ---- every case ends ---- */

/* Marks the nodes from which an end can be reached; `certain`: without anybody's grace. False: no memory. */
static bool mark_ending(const struct explorer *e, bool certain, bool *marks) {
    uint32_t *start = memory_alloc(((size_t)e->node_count + 2) * sizeof *start);
    uint32_t *from = memory_alloc((e->edge_count + 1) * sizeof *from);
    uint32_t *queue = memory_alloc(((size_t)e->node_count + 1) * sizeof *queue);
    uint32_t head = 0, tail = 0;
    if (!start || !from || !queue) {
        memory_free(start);
        memory_free(from);
        memory_free(queue);
        return false;
    }
    for (size_t i = 0; i < e->edge_count; i++)
        start[e->edges[i].to + 2]++;
    for (uint32_t i = 2; i < e->node_count + 2; i++)
        start[i] += start[i - 1];
    for (size_t i = 0; i < e->edge_count; i++)
        from[start[e->edges[i].to + 1]++] = e->edges[i].from | (e->edges[i].by >= BY_APPLICANT ? UINT32_C(1) << 31 : 0);
    for (uint32_t i = 0; i < e->node_count; i++)
        if (e->nodes[i].is_end) {
            marks[i] = true;
            queue[tail++] = i;
        }
    while (head < tail) {
        uint32_t node = queue[head++];
        for (uint32_t k = start[node]; k < start[node + 1]; k++) {
            uint32_t before = from[k] & ~(UINT32_C(1) << 31);
            if ((certain && from[k] >> 31) || marks[before])
                continue;
            marks[before] = true;
            queue[tail++] = before;
        }
    }
    memory_free(start);
    memory_free(from);
    memory_free(queue);
    return true;
}

/* What is at work in a state, and the joins that wait for it. */
static struct text describe_waiting(struct judging *j, const struct position *p, struct step_set *ret_active, uint16_t *ret_first) {
    struct text active = TEXT_NONE, joins = TEXT_NONE;
    *ret_first = NO_INDEX;
    for (uint16_t i = 0; i < p->state.definition->step_count; i++) {
        enum step_state state = p->state.steps[i].self.state;
        if (state != STEP_WAITING && !state_step_is_active(state))
            continue;
        struct text *list = state == STEP_WAITING ? &joins : &active;
        *list = text_format(j->e->arena, "%.*s%s%.*s", TEXT_ARG(*list), text_is_none(*list) ? "" : ", ",
                            TEXT_ARG(p->state.definition->steps[i].id));
        set_add(ret_active, i);
        if (*ret_first == NO_INDEX || (state_step_is_active(state) && p->state.steps[*ret_first].self.state == STEP_WAITING))
            *ret_first = i;
    }
    return text_format(j->e->arena, "%.*s%s%.*s", TEXT_ARG(text_is_none(active) ? TEXT("nothing is at work") : active),
                       text_is_none(joins) ? "" : "; for ever waits: ", TEXT_ARG(joins));
}

static bool is_known(const struct judging *j, const char *code, struct text subject) {
    for (uint32_t i = 0; i < j->count; i++)
        if (strcmp(j->faults[i].code, code) == 0 && text_equal(j->faults[i].subject, subject))
            return true;
    return false;
}

static bool judge_waiting(struct judging *j, uint32_t node, const char *code, const char *says) {
    struct position *p = position_new();
    struct played played = {0};
    struct step_set steps = {{0}};
    uint16_t first;
    bool held = p && script_replay(j->e, node, p, &played) && script_let_time_pass(j->e, p);
    if (held) {
        struct text what = describe_waiting(j, p, &steps, &first);
        struct text subject = first == NO_INDEX ? TEXT("case") : j->e->definition->steps[first].id;
        if (!is_known(j, code, subject))
            fault_at(j, code, subject, text_format(j->e->arena, "%s: %.*s", says, TEXT_ARG(what)), node, &steps);
    }
    position_free(p);
    return held;
}

/* The deepest of each kind: a state from which nobody but the applicant leads on is where it stands still. */
static bool judge_ends(struct judging *j) {
    const struct explorer *e = j->e;
    bool *any = memory_alloc(e->node_count + 1), *certain = memory_alloc(e->node_count + 1);
    bool *leads_on = memory_alloc(e->node_count + 1);
    bool ok = any && certain && leads_on && mark_ending(e, false, any) && mark_ending(e, true, certain);
    uint32_t replays = 0;
    for (size_t i = 0; ok && i < e->edge_count; i++)
        if (e->edges[i].by < BY_APPLICANT && e->edges[i].from != e->edges[i].to)
            leads_on[e->edges[i].from] = true;
    for (uint32_t n = 0; ok && n < e->node_count && replays < REPLAYS_MOST; n++) {
        if (certain[n] || leads_on[n])
            continue;
        replays++;
        ok = any[n] ? judge_waiting(j, n, "waits_for_ever", "only the applicant can lead on")
                    : judge_waiting(j, n, "never_ends", "nothing leads on");
    }
    for (uint32_t n = 0; ok && n < e->node_count && j->count == 0 && replays < REPLAYS_MOST; n++)
        if (!certain[n]) {   /* it goes round in circles */
            replays++;
            ok = judge_waiting(j, n, any[n] ? "waits_for_ever" : "never_ends", "it goes round and never ends by itself");
        }
    memory_free(any);
    memory_free(certain);
    memory_free(leads_on);
    return ok;
}

/* ---- every step can happen ---- */

static void judge_steps(struct judging *j) {
    struct explorer *e = j->e;
    const struct definition *d = e->definition;
    for (uint16_t i = 0; i < d->step_count; i++) {
        struct step_set set = set_of(i);
        if (!e->happened[i])
            fault_at(j, "step_never_happens", d->steps[i].id,
                     text_format(e->arena, "%.*s never begins", TEXT_ARG(d->steps[i].id)), e->without[i], &set);
        else if (!e->granted[i])
            fault_at(j, "step_never_granted", d->steps[i].id,
                     text_format(e->arena, "%.*s begins, but is never granted", TEXT_ARG(d->steps[i].id)), NO_NODE, NULL);
    }
    if (!(e->outcomes >> CASE_GRANTED & 1)) {
        uint32_t node = NO_NODE;
        for (int i = 0; i < CASE_OUTCOME_COUNT && node == NO_NODE; i++)
            if (e->outcomes >> i & 1)
                node = e->first_with_outcome[i];
        fault_at(j, "case_never_granted", TEXT("case"), TEXT("no case ends granted"), node, NULL);
    }
}

/* A condition that was only ever seen one way: of a `when`, not everything was tried; a rule may be as good as true, where
 * it only gathers, and is named. */
static void judge_conditions(struct judging *j, struct proof_report *report) {
    struct explorer *e = j->e;
    for (uint16_t i = 0; i < e->definition->step_count; i++) {
        const struct step_definition *step = &e->definition->steps[i];
        if (step->when && e->happened[i] && !e->passed_over[i] && !e->stopped_by)
            e->stopped_by = text_format(e->arena, "data: the condition of %.*s was never seen false", TEXT_ARG(step->id)).at;
        if (step->kind == STEP_APPROVE && step->approve.condition && e->granted[i] && !e->refused[i])
            report->never_refused = text_format(e->arena, "%.*s%s%.*s", TEXT_ARG(report->never_refused),
                                                text_is_none(report->never_refused) ? "" : ", ", TEXT_ARG(step->id));
    }
}

/* ---- time ---- */

static void judge_time(struct judging *j) {
    struct explorer *e = j->e;
    int64_t promised;
    if (e->definition->promise.unit == LIMIT_NONE ||
        calendar_due(e->options->calendar, CALENDAR_PROMISE, e->options->start_us, e->definition->promise, &promised, NULL) != OUTCOME_OK)
        return;
    for (uint32_t form = 0; form < e->data.sources[0].count && form < FORMS_MEASURED; form++) {
        struct position *p = position_new();
        struct played played = {0};
        struct error error;
        bool waited, over = p && slow_run(e, (uint16_t)form, false, p, &played, &waited, &error) == OUTCOME_OK && !waited &&
                            p->state.phase == CASE_CLOSED && p->state.closed_at_us > promised;
        if (over && script_let_time_pass(e, p) && j->count < FAULTS_MOST) {
            char promise_room[TIME_TEXT_SIZE], closed_room[TIME_TEXT_SIZE];
            struct text message = text_format(e->arena, "promised until %.*s, closed %.*s",
                                              TEXT_ARG(time_format_china(promised, promise_room)),
                                              TEXT_ARG(time_format_china(p->state.closed_at_us, closed_room)));
            j->faults[j->count++] = (struct proof_fault){
                code_of("promise_exceeded"), TEXT("case"), message,
                script_write(e, p, &played, NULL, true, text_format(e->arena, "promise_exceeded: %.*s", TEXT_ARG(message)))};
        }
        position_free(p);
        if (over)
            return;
    }
}

/* How long it takes where whoever has promised nothing is silent until his deadline. */
static void measure_silence(struct judging *j, struct proof_report *report) {
    struct explorer *e = j->e;
    for (uint32_t form = 0; form < e->data.sources[0].count && form < FORMS_MEASURED; form++) {
        struct position *p = position_new();
        struct played played = {0};
        struct error error;
        bool waited;
        if (p && slow_run(e, (uint16_t)form, true, p, &played, &waited, &error) == OUTCOME_OK && !waited &&
            p->state.phase == CASE_CLOSED) {
            int64_t days = calendar_working_days(e->options->calendar, CALENDAR_PROMISE,
                                                 calendar_day_of(e->options->start_us), calendar_day_of(p->state.closed_at_us));
            if (days > report->silence_workdays)
                report->silence_workdays = days;
        }
        position_free(p);
    }
}

/* ---- the report ---- */

static void report_numbers(const struct judging *j, struct proof_report *report) {
    const struct explorer *e = j->e;
    report->states = e->node_count;
    report->transitions = e->transitions;
    report->ends = e->ends;
    report->forms = e->data.sources[0].count;
    for (uint32_t i = 0; i < e->data.source_count; i++)
        report->examples += e->data.sources[i].count;
    report->steps = e->definition->step_count;
    for (uint16_t i = 0; i < e->definition->step_count; i++)
        report->steps_happened += e->happened[i];
    report->outcomes = e->outcomes;
    report->step_ends = e->step_ends;
    report->alike = e->classes.class_of;
    report->stopped_by = e->stopped_by;
    report->verdict = j->count > 0 ? PROOF_FAILS : e->stopped_by ? PROOF_NOT_EXHAUSTED : PROOF_HOLDS;
}

/* Cases begin when applications are taken, and while every step can still begin. */
static int64_t start_of(const struct proof_options *options) {
    const struct definition *d = options->definition;
    int64_t start_us = options->start_us;
    if (d->window.present && d->window.opens_us != TIME_NONE &&
        (start_us < d->window.opens_us || (d->window.closes_us != TIME_NONE && start_us >= d->window.closes_us)))
        start_us = d->window.opens_us;
    else if (d->window.present && d->window.closes_us != TIME_NONE && start_us >= d->window.closes_us)
        start_us = d->window.closes_us - TIME_DAY_US;
    for (uint16_t i = 0; i < d->step_count; i++) {
        const struct window *window = &d->steps[i].window;
        if (window->present && window->closes_us != TIME_NONE && start_us >= window->closes_us)
            start_us = (window->opens_us != TIME_NONE ? window->opens_us : window->closes_us) - TIME_DAY_US;
    }
    return start_us;
}

enum outcome proof_run(const struct proof_options *given, struct arena *arena, struct proof_report *ret, struct error *error) {
    struct proof_options options = *given;
    struct proof_report report = {0};
    struct explorer e;
    if (text_is_none(options.region))
        options.region = options.definition->region_count ? options.definition->regions[0] : TEXT("441300");
    options.definition = definition_for_region(options.definition, options.region);
    if (text_is_none(options.definition->canonical)) {   /* a region's variant: the canonical form is the whole one's */
        struct definition *whole = arena_new(arena, struct definition);
        if (!whole)
            return error_no_memory(error);
        *whole = *options.definition;
        whole->canonical = given->definition->canonical;
        options.definition = whole;
    }
    options.start_us = start_of(&options);
    struct judging *j = arena_new(arena, struct judging);
    enum outcome outcome = explore(&e, &options, arena, error);
    if (!j && outcome == OUTCOME_OK)
        outcome = error_no_memory(error);
    if (outcome == OUTCOME_OK) {
        j->e = &e;
        for (uint32_t i = 0; i < e.finding_count; i++) {
            struct step_set set = set_of(e.findings[i].step);
            fault_at(j, e.findings[i].code,
                     e.findings[i].step == NO_INDEX ? TEXT("case") : options.definition->steps[e.findings[i].step].id,
                     e.findings[i].message, e.findings[i].node, &set);
        }
        if (!e.stopped_by || strncmp(e.stopped_by, "data", 4) == 0) {
            if (!judge_ends(j))
                outcome = error_no_memory(error);
            judge_steps(j);
            judge_conditions(j, &report);
        }
        judge_time(j);
        measure_silence(j, &report);
        report_numbers(j, &report);
        report.faults = j->faults;
        report.fault_count = j->count;
        if (outcome == OUTCOME_OK && !slow_way(&e, &report))
            outcome = error_no_memory(error);
    }
    explore_free(&e);
    if (outcome == OUTCOME_OK)
        *ret = report;
    return outcome;
}
