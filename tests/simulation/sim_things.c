/* Small definitions that use everything the engine runs: serial steps, joins with deadlines, fan-outs over another
 * group's departments, sub-cases, compensation, waits, approval, lookup, delivery. */
#include "sim.h"

#include <stdio.h>
#include <string.h>

#include "definition/calendar_file.h"
#include "definition/definition.h"

static const char departments[] =
    "groups:\n"
    "  - {id: banks, title: {zh-Hant: 銀行, zh-Hans: 银行, en: Banks}}\n"
    "departments:\n"
#define D(id) "  - {id: " id ", title: {zh-Hant: 甲, zh-Hans: 甲, en: A}, offices: [{region: \"441300\"}]}\n"
    D("alpha") D("beta") D("gamma") D("delta") D("omega") D("post")
#undef D
    "  - {id: icbc, title: {zh-Hant: 甲, zh-Hans: 甲, en: A}, offices: [{region: \"441300\"}], groups: {banks: \"102\"}}\n"
    "  - {id: abc_bank, title: {zh-Hant: 甲, zh-Hans: 甲, en: A}, offices: [{region: \"441300\"}], groups: {banks: \"103\"}}\n"
    "  - {id: licences, title: {zh-Hant: 甲, zh-Hans: 甲, en: A}, offices: [{region: \"441300\"}], source: true}\n";

static const char form[] =
    "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"number\"},\"go\":{\"type\":\"boolean\"},\"poison\":{\"type\":\"boolean\"},"
    "\"banks\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"code\":{\"type\":\"string\"}}}},"
    "\"items\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"number\"},\"go\":{\"type\":\"boolean\"}}}}}}";
static const char result[] = "{\"type\":\"object\",\"properties\":{\"receipt\":{\"type\":\"string\"}}}";

#define HEAD(id) "thing: " id "\ntitle: {zh-Hant: 事, zh-Hans: 事, en: Thing}\nform: form.json\nsteps:\n"
#define RETRY "    retry: {attempts: 3, first: 400ms, most: 4s, give_up_after: 40s}\n"
static const char *const sources[SIM_THINGS] = {
    HEAD("serial")
    "  - id: one\n    department: alpha\n    input: {n: \"${ .form.n }\"}\n    result: result.json\n" RETRY
    "    timeout: {limit: 2 workdays, then: incident}\n"
    "  - id: two\n    department: beta\n    needs: [one]\n    timeout: {limit: 15s, then: incident}\n" RETRY
    "    input: {receipt: \"${ .steps.one.result.receipt }\"}\n"
    "  - id: three\n    department: gamma\n    needs: [two]\n    when: \"${ .form.go == true }\"\n    on_refused: continue\n"
    "  - id: known\n    kind: lookup\n    source: licences\n    basis: consent\n    needs: [one]\n    on_refused: continue\n",

    HEAD("fan")
    "  - id: look\n    department: alpha\n" RETRY
    "  - id: water\n    department: beta\n    needs: [look]\n"
    "  - id: power\n    department: gamma\n    needs: [look]\n    on_refused: continue\n"
    "  - id: gas\n    department: omega\n    needs: [look]\n    timeout: {limit: 12s, then: expire}\n    on_expired: continue\n"
    "  - id: note\n    department: delta\n    needs: [water, power, gas]\n    join: {at_least: 2, deadline: 9s, then: partial}\n"
    "  - id: last\n    department: alpha\n    needs: [water, note]\n    join: any\n",

    HEAD("banks")
    "  - id: list\n    department: alpha\n"
    "  - id: ask\n    needs: [list]\n    each: {in: \"${ .form.banks }\", as: bank, gather: {at_least: 2, deadline: 8s, then: partial}}\n"
    "    department: {group: banks, is: \"${ .bank.code }\"}\n    input: {code: \"${ .bank.code }\"}\n" RETRY
    "  - id: end\n    department: delta\n    needs: [ask]\n    input: {all: \"${ .steps.ask.result }\"}\n",

    HEAD("undo")
    "  - id: book\n    department: alpha\n    reversible: true\n    compensate: {input: {n: \"${ .form.n }\"}}\n" RETRY
    "  - id: pay\n    department: beta\n    needs: [book]\n    reversible: true\n    compensate: {department: delta}\n"
    "  - id: ship\n    department: gamma\n    needs: [book]\n    on_refused: close\n"
    "  - id: seal\n    department: omega\n    needs: [pay, ship]\n    on_refused: compensate\n    on_expired: compensate\n"
    "    timeout: {limit: 10s, then: expire}\n",

    HEAD("waits")
    "  - id: fit\n    kind: approve\n    if: \"${ .form.go == true }\"\n    check: {department: beta, within: 20s, on_fail: incident}\n"
    "  - id: rest\n    needs: [fit]\n    wait: {for: 3s}\n"
    "  - id: paid\n    needs: [fit]\n    wait: {signal: paid}\n"
    "  - id: licence\n    kind: lookup\n    source: licences\n    basis: law\n    needs: [rest]\n    input: {n: \"${ .form.n }\"}\n"
    "  - id: work\n    department: gamma\n    needs: [paid, licence]\n    timeout: {limit: 9 half days, then: incident}\n" RETRY
    "  - id: hand\n    kind: deliver\n    by: post\n    needs: [work]\n",

    HEAD("parent")
    "  - id: open\n    department: delta\n    reversible: true\n    compensate: {}\n"
    "  - id: parts\n    kind: thing\n    name: serial\n    needs: [open]\n"
    "    each: {in: \"${ .form.items }\", as: item, gather: {all: true, deadline: 30s, then: partial}}\n"
    "    form: {n: \"${ .item.n }\", go: \"${ .item.go }\"}\n    on_refused: continue\n"
    "  - id: sum\n    department: alpha\n    needs: [parts]\n    on_refused: compensate\n",

    HEAD("timed")
    "  - id: file\n    department: alpha\n    item: deed\n" RETRY
    "  - id: pay\n    item: deed\n    uncounted: payment\n    needs: [file]\n    wait: {signal: paid}\n    timeout: {limit: 15s, then: expire}\n"
    "  - id: enter\n    department: beta\n    item: deed\n    needs: [file, pay]\n    on_refused: close\n" RETRY
    "  - id: meter\n    department: gamma\n    item: gas\n    needs: [file]\n    on_refused: continue\n"
    "  - id: hand\n    kind: deliver\n    by: post\n    needs: [enter]\n"
    "promise: 25s\nitems:\n"
    "  - {id: deed, department: alpha, promise: 6s, statute: 9s, basis: law, correction_within: 2s, uncounted: [{reason: payment}]}\n"
    "  - {id: gas, department: gamma, promise: 1s}\n",

    HEAD("visits")
    "  - id: visit\n    inspection: {lead: alpha, for: [food, {item: fire, when: \"${ .form.go == true }\"}], rounds: 2}\n" RETRY
    "  - id: permit\n    department: beta\n    item: food\n    needs: [visit]\n"
    "  - id: mirror\n    delegated: {system: delta}\n    needs: [visit]\n    timeout: {limit: 20s, then: expire}\n"
    "items:\n  - {id: food, department: beta}\n  - {id: fire, department: gamma, uncounted: [{reason: hearing}]}\n",

    HEAD("public")
    "  - id: notice\n    department: alpha\n    publicity: {limit: 1 days, may_object: [beta, gamma], on_objection: decide}\n"
    "  - id: contract\n    wait: {signed: [seller, buyer]}\n    timeout: {limit: 20s, then: expire}\n    on_expired: continue\n"
    "  - id: enter\n    department: delta\n    needs: [notice, contract]\n"
    "parties: [{id: seller, many: true, signs: true}, {id: buyer, signs: true}]\n",

    HEAD("papers")
    "  - id: file\n    department: alpha\n    materials: [deed, plan]\n" RETRY
    "  - id: enter\n    department: beta\n    needs: [file]\n    materials: [deed]\n"
    "offered: {by: delta, basis: law}\n"
    "materials:\n  - {id: deed, required: true, from: {lookup: licences, basis: consent, input: {n: \"${ .form.n }\"}}}\n"
    "  - {id: plan, required: true, from: applicant, tolerable: {until: 6s, trust: [A, B], if_missing: incident}}\n",

    HEAD("serial")
    "  - id: zero\n    department: delta\n"
    "  - id: one\n    department: alpha\n    needs: [zero]\n    input: {n: \"${ .form.n }\"}\n    result: result.json\n" RETRY
    "  - id: two\n    department: beta\n    needs: [one]\n    on_refused: close\n",
};

static enum outcome read_file(void *context, struct text path, struct arena *arena, struct text *ret, struct error *error) {
    (void)context;
    const char *content = text_is(path, "form.json") ? form : text_is(path, "result.json") ? result : NULL;
    if (!content)
        return error_set(error, OUTCOME_REJECT, "not_there", "no such file");
    *ret = text_copy(arena, text_from(content));
    return OUTCOME_OK;
}

static const struct definition *find_thing(void *context, struct text thing, struct text hash) {
    const struct sim_things *all = context;
    for (int i = 0; i < SIM_THINGS; i++)
        if (all->things[i].definition && text_equal(all->things[i].thing, thing) &&
            (text_is_none(hash) || text_equal(hash, all->things[i].hash)))
            return all->things[i].definition;
    return NULL;
}

/* Each moves all limits that count working days. */
static const char *const calendars[SIM_CALENDARS] = {
    "year: 2028\nbasis: a\nholidays: []\n",
    "year: 2028\nbasis: b\nholidays: []\nclosures:\n  - {days: 2028-01-04, regions: [\"441300\"], reason: typhoon, basis: order}\n",
    "year: 2028\nbasis: c\nholidays:\n  - {name: c, days: 2028-01-03..2028-01-06}\n",
};

static enum outcome make_calendars(struct sim_things *all, struct fault_list *faults, struct error *error) {
    for (int i = 0; i < SIM_CALENDARS; i++) {
        const struct calendar_source source = {TEXT("calendar.yaml"), text_from(calendars[i])};
        enum outcome outcome = calendar_compile(&all->arena, TEXT_NONE, &source, 1, faults, &all->calendars[i].calendar,
                                                &all->calendars[i].canonical, error);
        if (outcome != OUTCOME_OK)
            return outcome;
    }
    return OUTCOME_OK;
}

bool sim_things_make(struct sim_things *all) {
    *all = (struct sim_things){0};
    arena_init(&all->arena, (size_t)256 << 20);
    struct fault_list faults;
    struct error error = {0};
    struct source_reader reader = {NULL, read_file};
    enum outcome outcome =
        directory_compile(&all->arena, text_from(departments), TEXT("departments.yaml"), &faults, &all->directory, &error);
    for (int i = 0; i < SIM_THINGS && outcome == OUTCOME_OK; i++) {
        struct definition_context context = {.reader = &reader, .directory = all->directory, .find_thing = find_thing,
                                             .find_context = all};
        const struct definition *definition = NULL;
        outcome = definition_compile(&all->arena, text_from(sources[i]), TEXT("sim.yaml"), &context, &faults, &definition, &error);
        if (outcome == OUTCOME_OK)
            all->things[i] = (struct sim_thing){definition->thing, definition->hash, definition->canonical, definition};
    }
    if (outcome == OUTCOME_OK)
        outcome = make_calendars(all, &faults, &error);
    if (outcome != OUTCOME_OK) {
        struct buffer out;
        buffer_init(&out, 1 << 20);
        fault_list_write_text(&faults, &out);
        fprintf(stderr, "%s\n%.*s\n", error.message, TEXT_ARG(buffer_text(&out)));
        buffer_free(&out);
    }
    return outcome == OUTCOME_OK && sim_known_begin(all);
}

void sim_things_free(struct sim_things *all) {
    sim_known_end();
    for (int i = 0; i < SIM_THINGS; i++)
        definition_free(all->things[i].definition);
    arena_free(&all->arena);
}

const struct definition *sim_things_find(const struct sim_things *all, struct text hash) {
    for (int i = 0; i < SIM_THINGS; i++)
        if (text_equal(all->things[i].hash, hash))
            return all->things[i].definition;
    return NULL;
}
