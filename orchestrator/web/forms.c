/* Forms are held against their schema before they become commands, so that the applicant gets all faults at once. The
 * schemas come out of the published definitions, compiled once a definition and kept by its hash. */
#include <stdio.h>

#include "model/limits.h"
#include "web/web_part.h"
#include "wire/schema.h"

#define CURRENT_BELIEVED_US (1 * TIME_SECOND_US)
#define FORM_ARENA_BYTES ((size_t)LIMIT_definition_bytes_most * 16)
enum { FORMS_MOST = 256 };

/* A thing's current form. Held by its place in the table and by who validates with it. */
struct form {
    char thing[LIMIT_name_bytes_most + 1], hash[65];
    struct arena arena;
    struct schema *schema;           /* NULL: the definition has none */
    uint32_t holds;
    int64_t current_until_us;
};

struct forms {
    pthread_mutex_t mutex;
    struct form *at[FORMS_MOST];
};

enum outcome forms_create(struct forms **ret) {
    struct forms *forms = memory_alloc(sizeof *forms);
    if (!forms)
        return OUTCOME_FATAL;
    pthread_mutex_init(&forms->mutex, NULL);
    *ret = forms;
    return OUTCOME_OK;
}

static void free_form(struct form *form) {
    schema_free(form->schema);
    arena_free(&form->arena);
    memory_free(form);
}

static void let_go(struct forms *forms, struct form *form) {
    pthread_mutex_lock(&forms->mutex);
    bool last = --form->holds == 0;
    pthread_mutex_unlock(&forms->mutex);
    if (last)
        free_form(form);
}

void forms_free(struct forms *forms) {
    if (!forms)
        return;
    for (int i = 0; i < FORMS_MOST; i++)
        if (forms->at[i])
            free_form(forms->at[i]);
    pthread_mutex_destroy(&forms->mutex);
    memory_free(forms);
}

static int64_t monotonic(const struct web *web) { return web->clock.monotonic_us(web->clock.context); }

/* Holds the thing's form when it is known; *ret_fresh: nobody needs to be asked whether it is still the current one. */
static struct form *find_known(struct web *web, struct text thing, bool *ret_fresh) {
    struct form *found = NULL;
    pthread_mutex_lock(&web->forms->mutex);
    for (int i = 0; i < FORMS_MOST && !found; i++)
        if (web->forms->at[i] && text_is(thing, web->forms->at[i]->thing))
            found = web->forms->at[i];
    if (found) {
        found->holds++;
        *ret_fresh = found->current_until_us > monotonic(web);
    }
    pthread_mutex_unlock(&web->forms->mutex);
    return found;
}

/* Into the thing's place, a free one, or the one whose belief is oldest. */
static void keep(struct web *web, struct form *form) {
    struct forms *forms = web->forms;
    struct form *out = NULL;
    int place = -1;
    pthread_mutex_lock(&forms->mutex);
    for (int i = 0; i < FORMS_MOST; i++)
        if (forms->at[i] && strcmp(forms->at[i]->thing, form->thing) == 0)
            place = i;
    for (int i = 0; i < FORMS_MOST && place < 0; i++)
        if (!forms->at[i])
            place = i;
    for (int i = 0, oldest = 0; i < FORMS_MOST && place < 0; i++) {
        if (forms->at[i]->current_until_us < forms->at[oldest]->current_until_us)
            oldest = i;
        if (i == FORMS_MOST - 1)
            place = oldest;
    }
    if (forms->at[place] && --forms->at[place]->holds == 0)
        out = forms->at[place];
    forms->at[place] = form;
    form->holds++;
    pthread_mutex_unlock(&forms->mutex);
    if (out)
        free_form(out);
}

const struct json *thing_form(const struct json *row) {
    const struct json *definition = json_get_string(row, "canonical"), *form = json_get_string(definition, "form");
    if (form && form->type == JSON_STRING)   /* a path; the canonical form carries what stands there */
        form = json_get(json_get_string(definition, "schemas"), form->text);
    return form && form->type == JSON_OBJECT ? form : NULL;
}

/* The definition's form out of its canonical JSON. */
static enum outcome load(struct web *web, struct text hash, struct form *form, struct error *error) {
    struct record_list rows;
    struct json *row = arena_new(&form->arena, struct json);
    enum outcome outcome = web->records.query(web->records.context, "thing_show", &hash, 1, &form->arena, &rows, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (rows.count == 0)
        return error_set(error, OUTCOME_REJECT, "thing_unknown", "there is no such definition");
    if (!row)
        return error_no_memory(error);
    outcome = json_read(&form->arena, rows.at[0], LIMIT_json_depth_most * 2, row, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    const struct json *document = thing_form(row);
    if (!document)
        return OUTCOME_OK;
    outcome = schema_compile(&form->arena, document, NULL, NULL, &form->schema, error);
    return outcome == OUTCOME_REJECT ? OUTCOME_OK : outcome;   /* the conductor holds the form against it too */
}

static enum outcome ask_current(struct request *request, struct text thing, struct text *ret, struct error *error) {
    const struct records_port *records = &request->web->records;
    struct record_list rows;
    struct json row;
    enum outcome outcome = records->query(records->context, "thing_current", &thing, 1, &request->arena, &rows, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (rows.count == 0)
        return error_set(error, OUTCOME_REJECT, "thing_unknown", "there is no thing %.*s", TEXT_ARG(thing));
    outcome = json_read(&request->arena, rows.at[0], 4, &row, error);
    if (outcome == OUTCOME_OK)
        *ret = json_get_text(&row, TEXT("hash"));
    return outcome;
}

static enum outcome get(struct request *request, struct text thing, struct form **ret, struct error *error) {
    struct web *web = request->web;
    bool fresh = false;
    struct text hash;
    struct form *form = find_known(web, thing, &fresh);
    if (form && fresh) {
        *ret = form;
        return OUTCOME_OK;
    }
    enum outcome outcome = ask_current(request, thing, &hash, error);
    bool same = outcome == OUTCOME_OK && form && text_is(hash, form->hash);
    if (form && same) {
        pthread_mutex_lock(&web->forms->mutex);
        form->current_until_us = monotonic(web) + CURRENT_BELIEVED_US;
        pthread_mutex_unlock(&web->forms->mutex);
        *ret = form;
        return OUTCOME_OK;
    }
    if (form)
        let_go(web->forms, form);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (thing.length >= sizeof form->thing || hash.length >= sizeof form->hash)
        return error_set(error, OUTCOME_REJECT, "thing_unknown", "there is no such thing");
    form = memory_alloc(sizeof *form);
    if (!form)
        return error_no_memory(error);
    memcpy(form->thing, thing.at, thing.length);
    memcpy(form->hash, hash.at, hash.length);
    form->holds = 1;
    form->current_until_us = monotonic(web) + CURRENT_BELIEVED_US;
    arena_init(&form->arena, FORM_ARENA_BYTES);
    outcome = load(web, hash, form, error);
    if (outcome != OUTCOME_OK) {
        free_form(form);
        return outcome;
    }
    keep(web, form);
    *ret = form;
    return OUTCOME_OK;
}

enum outcome schema_hold(struct request *request, const struct schema *schema, const struct json *value, const char *pointer,
                         const char *what, struct error *error) {
    struct schema_fault_list faults = {.most = FAULTS_MOST};
    char code[32];
    enum outcome outcome = schema_validate(schema, value, &request->arena, &faults);
    if (outcome == OUTCOME_OK)
        return OUTCOME_OK;
    if (outcome != OUTCOME_REJECT)
        return error_no_memory(error);
    for (size_t i = 0; i < faults.count; i++) {
        struct text keyword = text_copy(&request->arena, faults.fault[i].keyword);
        request_fault(request, text_format(&request->arena, "%s%.*s", pointer, TEXT_ARG(faults.fault[i].at)),
                      keyword.at ? keyword.at : "", "%.*s", TEXT_ARG(faults.fault[i].message));
    }
    snprintf(code, sizeof code, "%s_invalid", what);
    return error_set(error, OUTCOME_REJECT, code, "the %s has %zu fault%s%s", what, faults.count, faults.count == 1 ? "" : "s",
                     faults.cut ? " and more" : "");
}

enum outcome forms_check(struct request *request, struct text thing, const struct json *value, struct error *error) {
    struct form *form = NULL;
    enum outcome outcome = get(request, thing, &form, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (form->schema)
        outcome = schema_hold(request, form->schema, value, "/form", "form", error);
    let_go(request->web->forms, form);
    return outcome;
}
