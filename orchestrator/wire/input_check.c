/* Forms and results against their schemas. */
#include "wire/input_check.h"

#include "base/json.h"
#include "model/limits.h"
#include "wire/fault_text.h"
#include "wire/party_check.h"

/* `data` as a value; absent data is an empty object. */
static enum outcome read_data(struct input *input, struct arena *arena, struct error *error) {
    if (input->value)
        return OUTCOME_OK;
    struct json *value = arena_new(arena, struct json);
    if (!value)
        return error_no_memory(error);
    enum outcome outcome = json_read(arena, text_is_none(input->data) ? TEXT("{}") : input->data, LIMIT_json_depth_most, value, error);
    if (outcome == OUTCOME_OK)
        input->value = value;
    return outcome;
}

enum outcome input_check(const struct definition *definition, struct input *input, struct arena *arena, struct error *error) {
    const struct schema *schema = NULL;
    const char *code = "result_invalid";
    if (input->kind == INPUT_SUBMIT) {
        schema = definition->form_schema;
        code = "form_invalid";
        if (input->data.length > LIMIT_form_bytes_most)
            return error_set(error, OUTCOME_REJECT, code, "a form is at most form_bytes_most (%d) bytes", LIMIT_form_bytes_most);
        /* A sub-case takes its parent's parties as they are. */
        enum outcome parties = text_is_none(input->parent) ? party_check(definition, input->extra, arena, error) : OUTCOME_OK;
        if (parties != OUTCOME_OK)
            return parties;
    } else if ((input->kind == INPUT_ANSWER || input->kind == INPUT_ANSWER_FOR) && input->answer == ANSWER_RESULT && input->undo == 0) {
        uint16_t step = definition_find_step(definition, input->step);
        if (step == NO_INDEX)
            return OUTCOME_OK; /* the engine says so */
        if (step_has_result_schema(&definition->steps[step], input->index))
            schema = definition->steps[step].result_schema;
    } else if (input->kind == INPUT_SIGNAL) {
        for (uint16_t i = 0; i < definition->step_count && !schema; i++)
            if (definition->steps[i].kind == STEP_WAIT && definition->steps[i].wait.mode == WAIT_SIGNAL &&
                text_equal(definition->steps[i].wait.signal, input->id))
                schema = definition->steps[i].result_schema;
    } else {
        return OUTCOME_OK;
    }
    bool carries_nothing = input->kind != INPUT_SUBMIT && !input->value && text_is_none(input->data);
    enum outcome outcome = read_data(input, arena, error);
    if (outcome == OUTCOME_OK)
        outcome = fault_text_check(schema, input->value, code, arena, error);
    /* Members laid beside `result` instead of in it are not seen here; "missing" alone would mislead who sent them. */
    if (outcome == OUTCOME_REJECT && carries_nothing && input->kind != INPUT_SIGNAL)
        return error_set(error, outcome, code, "there is no `result`: what the step's schema asks for stands in it, as {\"result\": {…}}");
    return outcome;
}
