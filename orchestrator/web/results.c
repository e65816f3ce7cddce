/* Results are held against their step's schema before they become commands, so that whoever hands one in gets all its
 * faults at once. The conductor holds them too. Definitions never change: a schema is compiled once and kept. */
#include "model/limits.h"
#include "web/web_part.h"
#include "wire/schema.h"

enum { RESULTS_MOST = 2048 };
#define RESULT_ARENA_BYTES ((size_t)LIMIT_definition_bytes_most * 4)

/* `schema` NULL: the step has none. */
struct result { char hash[65], step[LIMIT_name_bytes_most + 1]; enum step_kind kind; struct arena arena; struct schema *schema; };

enum outcome results_create(struct once **ret) { return once_create(RESULTS_MOST, ret); }

static void free_result(void *one) {
    struct result *result = one;
    schema_free(result->schema);
    arena_free(&result->arena);
    memory_free(result);
}

void results_free(struct once *results) { once_free(results, free_result); }

/* `key`: definition and step. */
static bool is_of_step(const void *one, const void *key) {
    const struct result *result = one;
    const struct text *texts = key;
    return text_is(texts[0], result->hash) && text_is(texts[1], result->step);
}

/* Rows and text stay in the result's own arena, the schema points into them. */
static enum outcome load(struct web *web, const struct text key[2], struct result *result, bool *ret_there, struct error *error) {
    struct record_list rows;
    struct json *row = arena_new(&result->arena, struct json);
    if (!row)
        return error_no_memory(error);
    enum outcome outcome = web->records.query(web->records.context, "step_result", key, 2, &result->arena, &rows, error);
    *ret_there = outcome == OUTCOME_OK && rows.count > 0;
    if (*ret_there)
        outcome = json_read(&result->arena, rows.at[0], LIMIT_json_depth_most * 2, row, error);
    if (!*ret_there || outcome != OUTCOME_OK)
        return outcome;
    if (!step_kind_parse(json_get_text(row, TEXT("kind")), &result->kind))
        result->kind = STEP_TASK;
    const struct json *schema = json_get_string(row, "schema");
    if (!schema || schema->type == JSON_NULL)
        return OUTCOME_OK;
    outcome = schema_compile(&result->arena, schema, NULL, NULL, &result->schema, error);
    return outcome == OUTCOME_REJECT ? OUTCOME_OK : outcome;   /* the conductor holds the result against it too */
}

static struct result *make(struct text hash, struct text step) {
    struct result *result = memory_alloc(sizeof *result);
    if (!result)
        return NULL;
    memcpy(result->hash, hash.at, hash.length);
    memcpy(result->step, step.at, step.length);
    arena_init(&result->arena, RESULT_ARENA_BYTES);
    return result;
}

/* The schema of a case's step; *ret NULL: there is no such case or step, the conductor says so. *ret_own: freed after use. */
static enum outcome get(struct request *request, struct text case_id, struct text step, struct result **ret, bool *ret_own,
                        struct error *error) {
    struct web *web = request->web;
    struct record_list rows;
    struct json row;
    bool there = false;
    *ret = NULL;
    *ret_own = false;
    enum outcome outcome = web->records.query(web->records.context, "case_definition", &case_id, 1, &request->arena, &rows, error);
    if (outcome != OUTCOME_OK || rows.count == 0)
        return outcome;
    outcome = json_read(&request->arena, rows.at[0], 4, &row, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    const struct text key[2] = {json_get_text(&row, TEXT("definition")), step};
    if (step.length > LIMIT_name_bytes_most || key[0].length >= sizeof (*ret)->hash || (*ret = once_find(web->results, is_of_step, key)))
        return OUTCOME_OK;
    struct result *result = make(key[0], step);
    if (!result)
        return error_no_memory(error);
    outcome = load(web, key, result, &there, error);
    if (outcome != OUTCOME_OK || !there) {
        free_result(result);
        return outcome;
    }
    *ret_own = !once_keep(web->results, result);
    *ret = result;
    return OUTCOME_OK;
}

static enum outcome hold(struct request *request, const struct schema *schema, const struct json *value, struct error *error) {
    if (!value) {
        request_fault(request, TEXT("/data/result"), "required", "\"result\" is missing: what the step's schema asks for stands in it");
        return error_set(error, OUTCOME_REJECT, "result_invalid", "there is no result");
    }
    return schema_hold(request, schema, value, "/data/result", "result", error);
}

bool results_stand(struct request *request, const struct input *input) {
    struct error error = {0};
    struct result *result = NULL;
    bool own = false;
    if (input->answer != ANSWER_RESULT || input->undo != 0)
        return true;
    enum outcome outcome = get(request, input->case_id, input->step, &result, &own, &error);
    if (outcome == OUTCOME_OK && result && result->schema && step_kind_has_result_schema(result->kind, input->index))
        outcome = hold(request, result->schema, input->value, &error);
    if (own)
        free_result(result);
    if (outcome != OUTCOME_OK)
        reply_error(request, &error);
    return outcome == OUTCOME_OK;
}
