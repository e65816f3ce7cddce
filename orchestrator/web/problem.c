/* One table of everything that can be refused, so that programs may rely on codes and people get a title. */
#include "web/problem.h"

#include <stddef.h>

#include "base/json.h"

const struct problem problem_table[] = {
    /* the request */
    {"request_malformed", 400, "The request is not as HTTP wants it"},
    {"parameter_unknown", 400, "There is no such query parameter"},
    {"parameter_bad", 400, "A query parameter has no value of its kind"},
    {"body_missing", 400, "The request needs a body"},
    {"json_syntax", 400, "The body is not JSON"},
    {"json_utf8", 400, "The body is not UTF-8"},
    {"json_duplicate_key", 400, "A key stands twice in an object"},
    {"json_nul", 400, "A text has U+0000"},
    {"json_surrogate", 400, "A text has half a surrogate pair"},
    {"json_number_range", 400, "A number is past a double's range"},
    {"json_depth", 400, "The body is nested too deeply"},
    {"json_trailing", 400, "Something stands behind the body's value"},
    {"header_bad", 400, "A header is not as it must be"},
    {"head_too_long", 431, "The request's line and headers are too long"},
    {"token_missing", 401, "A bearer token is needed"},
    {"token_bad", 401, "This token is not valid"},
    {"code_wrong", 401, "This number and this query code do not belong together"},
    {"codes_tried", 429, "Too many wrong query codes"},
    {"act_forbidden", 403, "This person may not do this for this case"},
    {"role_forbidden", 403, "This role may not do this"},
    {"department_forbidden", 403, "This belongs to another department"},
    {"route_unknown", 404, "There is nothing here"},
    {"method_not_allowed", 405, "This path does not take this method"},
    {"body_too_long", 413, "The body is too long"},
    {"content_type_bad", 415, "The body is not of a type that is taken here"},
    {"body_invalid", 422, "The body is not as it must be"},
    {"form_invalid", 422, "The form is not as its schema says"},
    {"definition_faulty", 422, "The definition has faults"},
    {"material_too_large", 413, "The material is too large"},
    {"material_type_refused", 415, "Materials of this type are not taken"},
    {"material_empty", 422, "The material is empty"},
    {"material_infected", 422, "The virus scanner found something"},
    {"uploads_most", 409, "This person has uploaded as many files for the case as it may"},
    {"material_not_kept", 422, "A material that is named was not uploaded, or is another one"},
    {"number_bad", 422, "The number is not as numbers are"},
    /* what is not there */
    {"case_unknown", 404, "There is no such case"},
    {"unknown_case", 404, "There is no such case"},
    {"thing_unknown", 404, "There is no such thing"},
    {"field_unknown", 422, "The form has no such personal field"},
    {"step_unknown", 404, "There is no such step"},
    {"unknown_step", 404, "The case has no such step"},
    {"unknown_element", 404, "The step has no such element"},
    {"document_unknown", 404, "The case has no such document"},
    {"task_unknown", 404, "There is no such task"},
    {"unknown_signal", 404, "Nothing waits for such a signal"},
    {"unknown_command", 404, "There is no such command"},
    {"notice_unknown", 404, "There is no such notice"},
    {"notice_over", 409, "The notice is not to be sent any more"},
    {"incident_unknown", 404, "There is no such incident"},
    {"dead_letter_unknown", 404, "There is no such dead letter"},
    {"material_unknown", 404, "There is no such material"},
    {"calendar_year_unknown", 404, "There is no such year"},
    {"department_unknown", 404, "This department has nothing open"},
    {"token_unknown", 404, "There is no such token"},
    /* what does not fit */
    {"idempotency_conflict", 409, "The idempotency key was used for another content"},
    {"number_conflict", 409, "The number is a case with other content"},
    {"case_conflict", 409, "The number is a case with other content"},
    {"case_closed", 409, "The case is closed"},
    {"case_open", 409, "The case is not closed yet"},
    {"rated_already", 409, "The case was rated already"},
    {"rating_bad", 422, "A rating is 1 to 5"},
    {"case_stopping", 409, "The case is stopping already"},
    {"case_undoing", 409, "The case is being undone"},
    {"not_in_place", 409, "The step is not in a state that takes this"},
    {"wrong_department", 409, "The step was asked of another department"},
    {"incident_newer", 409, "The step has a newer incident; look at it first"},
    {"no_incident", 409, "There is no open incident"},
    {"no_dispute", 409, "There is no open dispute"},
    {"no_department", 409, "There is no such department"},
    {"reassign_to_nobody", 409, "Neither department nor region is named"},
    {"region_not_offered", 409, "The thing is not offered in this region"},
    {"material_missing", 409, "Required materials are missing"},
    {"material_trust_too_low", 409, "The material is taken only as its source has it"},
    {"material_condition", 409, "Whether a material is needed can't be told from the form"},
    {"unknown_material", 409, "The thing has no such material"},
    {"offer_not_allowed", 403, "This department may not start cases of this thing"},
    {"window_not_open", 409, "Applications are not taken yet"},
    {"window_closed", 409, "Applications are not taken any more"},
    {"consent_not_asked", 409, "Nothing is looked up by such a consent"},
    {"consent_word_bad", 422, "A consent is given, refused or withdrawn"},
    {"person_unknown", 404, "The case has no such person"},
    {"party_invalid", 422, "The parties of the application are not as the definition wants them"},
    {"unknown_party", 409, "There is no such person in the case who signs"},
    {"objection_to_which", 409, "It is not clear to which publicity this is an objection"},
    {"objections_most", 409, "The publicity takes no more objections"},
    {"objection_without_reason", 422, "An objection needs its reason"},
    {"answer_for_incomplete", 422, "Evidence and a second person are needed"},
    {"answer_for_same_person", 422, "The person who confirms must be another one"},
    {"incident_unknown", 422, "The incident is not one of this step"},
    {"answer_kind_unknown", 422, "There is no such kind of answer"},
    {"answer_data_bad", 422, "The answer's data is not as it must be"},
    {"result_invalid", 422, "The result is not as its schema says"},
    {"input_unreadable", 422, "The command can't be read"},
    {"task_claimed", 409, "Somebody else has claimed the task"},
    {"task_not_claimed", 409, "The task is not claimed by this caller"},
    {"task_over", 409, "The task is over"},
    {"already_redriven", 409, "The dead letter was redriven or discarded before"},
    {"redrive_refused", 409, "The dead letter still can't be taken"},
    {"precondition_failed", 412, "The case has changed meanwhile"},
    /* not now */
    {"out_of_memory", 500, "The server has no memory for this"},
    {"internal", 500, "Something is wrong in the server"},
    {"document_font", 500, "The server has no font for the document"},
    {"seal_bad", 500, "The server's seal can't be used"},
    {"press_failed", 500, "The document could not be printed"},
    {"not_offered", 501, "This daemon does not offer this"},
    {"material_damaged", 500, "What is kept is not what it is called"},
    {"vault_busy", 503, "Too many materials are being looked at or brought"},
    {"vault_away", 503, "The store of materials does not answer"},
    {"scanner_away", 503, "The virus scanner does not answer; nothing is taken unscanned"},
    {"store_away", 503, "The database does not answer"},
    {"store_busy", 503, "The database is busy"},
    {"records_busy", 503, "The database is busy"},
    {"inbox_full", 503, "Too many commands wait"},
    {"not_ready", 503, "The daemon is not ready"},
    {NULL, 0, NULL},
};

const struct problem *problem_find(const char *code) {
    for (const struct problem *p = problem_table; p->code; p++)
        if (strcmp(p->code, code) == 0)
            return p;
    return NULL;
}

void problem_write(struct buffer *out, const char *code, unsigned status, struct text detail,
                   const struct problem_fault *faults, uint32_t fault_count) {
    const struct problem *problem = problem_find(code);
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, '{');
    json_key(&w, TEXT("type"));
    char type[96] = "urn:yijianshi:problem:";
    strncat(type, code, sizeof type - strlen(type) - 1);
    json_put_text(&w, text_from(type));
    json_key(&w, TEXT("title"));
    json_put_text(&w, text_from(problem ? problem->title : "The command was refused"));
    json_key(&w, TEXT("status"));
    json_put_int64(&w, status ? status : problem ? problem->status : 500);
    json_key(&w, TEXT("code"));
    json_put_text(&w, text_from(code));
    if (detail.length > 0) {
        json_key(&w, TEXT("detail"));
        json_put_text(&w, detail);
    }
    if (fault_count > 0) {
        json_key(&w, TEXT("faults"));
        json_open(&w, '[');
        for (uint32_t i = 0; i < fault_count; i++) {
            json_open(&w, '{');
            json_key(&w, TEXT("pointer"));
            json_put_text(&w, faults[i].pointer);
            json_key(&w, TEXT("keyword"));
            json_put_text(&w, text_from(faults[i].keyword));
            json_key(&w, TEXT("message"));
            json_put_text(&w, faults[i].message);
            json_close(&w, '}');
        }
        json_close(&w, ']');
    }
    json_close(&w, '}');
}
