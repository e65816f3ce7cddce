/* Puts the ledger of a case together: its events, in order, by the definitions that its cases run on. */
#include "cli/disclose.h"

#include "model/limits.h"
#include "privacy/disclosure.h"

enum { CASES_MOST = 512 };

/* A case of the family: how its definition gives, and its form as far as the events have come. */
struct member_case { struct text id; const struct disclosing *disclosing; struct json form; };
/* A definition in a region, compiled for this call. */
struct compiled { struct text hash, region; const struct definition *whole; struct disclosing disclosing; struct compiled *next; };
struct ledger {
    const struct publisher *publisher;
    struct arena *arena;
    struct text language;
    struct compiled *compiled;
    struct member_case cases[CASES_MOST];
    uint32_t case_count;
};

static enum outcome query(struct ledger *l, const char *name, struct text a, struct record_list *ret, struct error *error) {
    return l->publisher->records->query(l->publisher->records->context, name, &a, 1, l->arena, ret, error);
}

static enum outcome compile(struct ledger *l, struct text hash, struct text region, struct compiled *c, struct error *error) {
    struct record_list rows;
    struct json row;
    struct fault_list faults = {0};
    struct definition_context context = {0};
    enum outcome outcome = query(l, "thing_show", hash, &rows, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (rows.count == 0 || json_read(l->arena, rows.at[0], LIMIT_json_depth_most * 2, &row, NULL) != OUTCOME_OK ||
        !json_get_string(&row, "canonical") ||
        definition_compile(l->arena, json_get_string(&row, "canonical")->text, hash, &context, &faults, &c->whole, error) != OUTCOME_OK)
        return error_set(error, OUTCOME_FATAL, "definition_missing", "the definition %.*s of a case can't be read", TEXT_ARG(hash));
    c->disclosing = (struct disclosing){definition_for_region(c->whole, region), l->publisher->directory, l->language, {0}};
    return definition_matrix(c->disclosing.definition, l->language, l->arena, &c->disclosing.matrix, error);
}

static enum outcome disclosing_of(struct ledger *l, struct text hash, struct text region, const struct disclosing **ret,
                                  struct error *error) {
    struct compiled *c = l->compiled;
    while (c && !(text_equal(c->hash, hash) && text_equal(c->region, region)))
        c = c->next;
    if (!c) {
        if (!(c = arena_new(l->arena, struct compiled)))
            return error_no_memory(error);
        *c = (struct compiled){.hash = hash, .region = region, .next = l->compiled};
        l->compiled = c;   /* at once: what was compiled is freed, whatever follows */
        enum outcome outcome = compile(l, hash, region, c, error);
        if (outcome != OUTCOME_OK)
            return outcome;
    }
    *ret = &c->disclosing;
    return OUTCOME_OK;
}

static enum outcome case_of(struct ledger *l, const struct json *row, struct member_case **ret, struct error *error) {
    struct text id = json_get_text(row, TEXT("case"));
    for (uint32_t i = 0; i < l->case_count; i++)
        if (text_equal(l->cases[i].id, id)) {
            *ret = &l->cases[i];
            return OUTCOME_OK;
        }
    if (l->case_count == CASES_MOST)
        return error_set(error, OUTCOME_REJECT, "too_many_cases", "more than %d sub-cases: ask for one of them", CASES_MOST);
    struct member_case *one = &l->cases[l->case_count];
    *one = (struct member_case){.id = id, .form = JSON_NULL_VALUE};
    enum outcome outcome = disclosing_of(l, json_get_text(row, TEXT("definition")), json_get_text(row, TEXT("region")), &one->disclosing, error);
    if (outcome == OUTCOME_OK) {
        l->case_count++;
        *ret = one;
    }
    return outcome;
}

static bool put_event(struct ledger *l, struct json_writer *w, struct member_case *one, const struct json *row) {
    const struct json *fields = json_get_string(row, "data"), *data = json_get_string(fields, "data");
    struct disclosure_event event = {one->id, json_get_text(row, TEXT("kind")), json_get_text(row, TEXT("step")),
                                     json_get_text(row, TEXT("at")), fields};
    bool starts = text_is(event.kind, "case_started");
    const struct json *form = starts ? data : json_get_string(data, "form");
    if ((starts || text_is(event.kind, "correction_sent") || text_is(event.kind, "materials_given")) && form && form->type == JSON_OBJECT)
        one->form = json_merged(l->arena, one->form.type == JSON_NULL ? NULL : &one->form, form);
    if (starts || text_is(event.kind, "materials_given"))
        return true;
    return disclosure_put(w, one->disclosing, &one->form, &event, l->arena);
}

static enum outcome put_given(struct ledger *l, struct json_writer *w, const struct record_list *rows, struct error *error) {
    enum outcome outcome = OUTCOME_OK;
    for (uint32_t i = 0; outcome == OUTCOME_OK && i < rows->count; i++) {
        struct json row;
        struct member_case *one = NULL;
        outcome = json_read(l->arena, rows->at[i], LIMIT_json_depth_most * 2, &row, error);
        if (outcome == OUTCOME_OK)
            outcome = case_of(l, &row, &one, error);
        if (outcome == OUTCOME_OK && !put_event(l, w, one, &row))
            outcome = error_no_memory(error);
    }
    return outcome;
}

static void put_rows(struct json_writer *w, const char *name, const struct record_list *rows) {
    json_key(w, text_from(name));
    json_open(w, '[');
    for (uint32_t i = 0; i < rows->count; i++)
        json_put_raw(w, rows->at[i]);
    json_close(w, ']');
}

static enum outcome put_all(struct ledger *l, struct text case_id, struct buffer *out, struct error *error) {
    struct record_list events, seen, consents;
    struct json_writer w;
    enum outcome outcome = query(l, "case_given", case_id, &events, error);
    if (outcome == OUTCOME_OK)
        outcome = query(l, "case_seen", case_id, &seen, error);
    if (outcome == OUTCOME_OK)
        outcome = query(l, "case_consents", case_id, &consents, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (events.count == 0)
        return error_set(error, OUTCOME_REJECT, "case_unknown", "there is no case %.*s", TEXT_ARG(case_id));
    json_begin(&w, out);
    json_open(&w, '{');
    json_key(&w, TEXT("case"));
    json_put_text(&w, case_id);
    json_key(&w, TEXT("given"));
    json_open(&w, '[');
    outcome = put_given(l, &w, &events, error);
    json_close(&w, ']');
    put_rows(&w, "consents", &consents);
    put_rows(&w, "seen", &seen);
    json_close(&w, '}');
    return outcome;
}

enum outcome case_disclosures(const struct publisher *publisher, struct text case_id, struct text language, struct arena *arena,
                              struct text *ret, struct error *error) {
    _cleanup_buffer_ struct buffer out = {0};
    struct ledger *l = arena_new(arena, struct ledger);
    if (!l)
        return error_no_memory(error);
    *l = (struct ledger){.publisher = publisher, .arena = arena, .language = language};
    buffer_init(&out, (size_t)32 << 20);
    enum outcome outcome = put_all(l, case_id, &out, error);
    for (struct compiled *c = l->compiled; c; c = c->next)
        definition_free(c->whole);
    if (outcome == OUTCOME_OK && (out.failed || arena->failed || text_is_none(*ret = text_copy(arena, buffer_text(&out)))))
        outcome = error_no_memory(error);
    return outcome;
}
