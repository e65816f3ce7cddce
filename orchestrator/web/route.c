/* The one table of routes, and the way from a path to its row. */
#include "web/route.h"

#include <stdio.h>

#include "web/handlers.h"

#define BIT(role) (1u << ROLE_##role)
#define ALL (BIT(WINDOW) | BIT(DEPARTMENT) | BIT(OPERATOR) | BIT(SUPERVISOR) | BIT(INTEGRATOR) | BIT(AUDITOR) | BIT(ADMIN))
#define SUBMITS (BIT(WINDOW) | BIT(INTEGRATOR) | BIT(OPERATOR))
#define WATCHES (BIT(OPERATOR) | BIT(SUPERVISOR) | BIT(AUDITOR) | BIT(ADMIN))
#define OPERATES BIT(OPERATOR)
#define WORKS (BIT(DEPARTMENT) | BIT(OPERATOR))

const struct route route_table[] = {
    {"GET", "/healthz", 0, BODY_NONE, "", handle_healthz, "The process lives"},
    {"GET", "/readyz", 0, BODY_NONE, "", handle_readyz, "The daemon owns its shards, reaches database and broker, and works"},
    {"GET", "/metrics", 0, BODY_NONE, "", handle_metrics, "Metrics as Prometheus text"},

    {"GET", "/v1/things", ALL, BODY_NONE, "", handle_things, "The things that are offered"},
    {"POST", "/v1/things", BIT(ADMIN), BODY_DEFINITION, "", handle_thing_publish, "Check a definition and publish it"},
    {"POST", "/v1/things/check", BIT(ADMIN) | BIT(OPERATOR) | BIT(INTEGRATOR), BODY_DEFINITION, "", handle_thing_check,
     "Check a definition: all its faults"},
    {"GET", "/v1/things/{thing}", ALL, BODY_NONE, "", handle_thing, "A thing: form, parties, materials, steps"},
    {"GET", "/v1/things/{thing}/versions", ALL, BODY_NONE, "", handle_thing_versions, "Its published definitions"},
    {"POST", "/v1/things/{thing}/checklist", ALL, BODY_JSON, "", handle_thing_checklist,
     "The one notice for an applicant's answers: what to bring, what is fetched, which items apply"},
    {"GET", "/v1/things/{thing}/source", ALL, BODY_NONE, "", handle_thing_source, "A definition as its author wrote it"},
    {"POST", "/v1/things/{thing}/offers", SUBMITS | BIT(DEPARTMENT), BODY_JSON, "", handle_offer,
     "Start a case for somebody who is entitled, without an application (免申即享)"},

    {"GET", "/v1/calendar/due", ALL, BODY_NONE, "from,limit:duration,region,clock", handle_calendar_due, "When a limit is due"},
    {"GET", "/v1/calendar/{year}", ALL, BODY_NONE, "region", handle_calendar_year, "A year's working days, holidays and closures"},

    {"POST", "/v1/cases", SUBMITS, BODY_JSON, "", handle_submit, "Submit an application"},
    {"GET", "/v1/cases", ALL, BODY_NONE, "thing,phase,outcome,region,department,q,changed_since,scope,cursor:case,limit", handle_cases,
     "List and search cases, newest first"},
    {"GET", "/v1/cases/{case}", ALL, BODY_NONE, "", handle_case, "A case with its steps, sub-cases and incidents"},
    {"GET", "/v1/cases/{case}/timeline", ALL, BODY_NONE, "after,limit", handle_timeline, "What happened, oldest first"},
    {"GET", "/v1/cases/{case}/clocks", ALL, BODY_NONE, "", handle_clocks, "Its clocks, each due date explained"},
    {"GET", "/v1/cases/{case}/figures", ALL, BODY_NONE, "", handle_figures,
     "What nobody had to key in or bring, and what was recorded on a department's behalf (代錄)"},
    {"GET", "/v1/cases/{case}/documents", ALL, BODY_NONE, "", handle_documents, "Its documents: notices and decisions that can be printed"},
    {"GET", "/v1/cases/{case}/documents/{n}", ALL, BODY_NONE, "copy,language", handle_document, "One as PDF, sealed when there is a seal"},
    {"GET", "/v1/cases/{case}/events", ALL, BODY_NONE, "after", handle_events, "What happens, as it happens (server-sent events)"},
    {"GET", "/v1/cases/{case}/form", BIT(WINDOW) | BIT(OPERATOR) | BIT(AUDITOR), BODY_NONE, "", handle_case_form,
     "What the case's form says now, personal fields masked"},
    {"GET", "/v1/cases/{case}/disclosures", BIT(APPLICANT) | BIT(WINDOW) | BIT(OPERATOR) | BIT(AUDITOR), BODY_NONE, "language", handle_disclosures,
     "Who was given what of the applicant's data, when, why, on which basis; and who looked"},
    {"POST", "/v1/cases/{case}/reveal", BIT(WINDOW) | BIT(OPERATOR) | BIT(AUDITOR), BODY_JSON, "", handle_reveal,
     "Personal fields in clear, for a reason that is written down"},
    {"POST", "/v1/cases/{case}/consent", SUBMITS | BIT(APPLICANT), BODY_JSON, "", handle_consent,
     "A person gives, refuses or withdraws the own consent to look things up"},
    {"POST", "/v1/cases/{case}/consent/withdraw", SUBMITS, BODY_JSON, "", handle_consent_withdraw,
     "All parties withdraw their consents, at the window: nothing more is looked up on any of them"},
    {"POST", "/v1/cases/{case}/withdraw", SUBMITS | BIT(APPLICANT), BODY_JSON, "", handle_withdraw, "The applicant withdraws"},
    {"POST", "/v1/cases/{case}/correction", SUBMITS | BIT(APPLICANT), BODY_JSON, "", handle_correction, "The applicant's correction for a step"},
    {"POST", "/v1/cases/{case}/materials", SUBMITS | BIT(APPLICANT), BODY_JSON, "", handle_materials, "Materials that come after the application"},
    {"POST", "/v1/cases/{case}/uploads", BIT(APPLICANT), BODY_FILE, "", handle_material_put,
     "A party uploads a material for its case; a correction or a later bringing names it by its digest"},
    {"POST", "/v1/cases/{case}/objection", SUBMITS | BIT(DEPARTMENT), BODY_JSON, "", handle_objection, "An objection to a publicity"},
    {"POST", "/v1/cases/{case}/signal/{name}", SUBMITS, BODY_JSON, "", handle_signal, "A signal that a step waits for"},
    {"POST", "/v1/cases/{case}/rating", SUBMITS | BIT(APPLICANT), BODY_JSON, "", handle_rating, "The applicant's rating of a closed case (好差評)"},
    {"GET", "/v1/cases/{case}/progress", BIT(APPLICANT) | BIT(WINDOW) | BIT(OPERATOR), BODY_NONE, "", handle_progress,
     "What a party sees: where it stands, whose turn it is and until when"},
    {"GET", "/v1/cases/{case}/history", BIT(APPLICANT) | BIT(WINDOW) | BIT(OPERATOR), BODY_NONE, "", handle_history,
     "What happened, in the law's words, for a party"},
    {"GET", "/v1/cases/{case}/notices", BIT(APPLICANT), BODY_NONE, "cursor:number,limit", handle_party_notices, "What this party was told, newest first"},
    {"POST", "/v1/cases/{case}/signature", SUBMITS | BIT(APPLICANT), BODY_JSON, "", handle_signature, "A party signs"},
    {"POST", "/v1/cases/{case}/contact", BIT(APPLICANT) | BIT(WINDOW), BODY_JSON, "", handle_contact,
     "A person of the case is reached otherwise from now on"},
    {"POST", "/v1/cases/{case}/codes", BIT(WINDOW), BODY_JSON, "", handle_codes, "New query codes for a case's parties; shown once"},
    {"POST", "/v1/cases/{case}/close", OPERATES, BODY_JSON, "", handle_close, "Terminate a case"},
    {"POST", "/v1/cases/{case}/void", OPERATES | BIT(ADMIN), BODY_JSON, "", handle_void, "Declare a case void"},
    {"POST", "/v1/cases/{case}/steps/{step}/retry", OPERATES, BODY_JSON, "", handle_retry, "Ask a step's department again"},
    {"POST", "/v1/cases/{case}/steps/{step}/skip", OPERATES, BODY_JSON, "", handle_skip, "Go on without a step"},
    {"POST", "/v1/cases/{case}/steps/{step}/reassign", OPERATES, BODY_JSON, "", handle_reassign, "Ask another department or office"},
    {"POST", "/v1/cases/{case}/steps/{step}/refuse", OPERATES, BODY_JSON, "", handle_refuse, "End a step as refused"},
    {"POST", "/v1/cases/{case}/steps/{step}/acknowledge", OPERATES, BODY_JSON, "", handle_acknowledge,
     "Close a step's incidents that hold nothing"},
    {"POST", "/v1/cases/{case}/steps/{step}/resolve_dispute", OPERATES, BODY_JSON, "", handle_resolve_dispute,
     "Say which of two answers stands"},
    {"POST", "/v1/cases/{case}/steps/{step}/answer_for", OPERATES, BODY_JSON, "", handle_answer_for,
     "Record a department's answer on its behalf (代錄)"},
    {"POST", "/v1/materials", SUBMITS, BODY_FILE, "", handle_material_put, "Upload a material; what it is called is its SM3 digest"},
    {"GET", "/v1/materials/{digest}", BIT(WINDOW) | BIT(DEPARTMENT) | BIT(AUDITOR), BODY_NONE, "", handle_material,
     "A material's content; who takes it is written down"},
    {"GET", "/v1/materials/{digest}/about", SUBMITS | BIT(AUDITOR), BODY_NONE, "", handle_material_about,
     "What a material is, who brought it, which cases name it"},
    {"GET", "/v1/commands/{command}", ALL, BODY_NONE, "", handle_command, "What became of a command"},

    {"GET", "/v1/tasks", WORKS | BIT(SUPERVISOR), BODY_NONE, "department,region,state:step_state,cursor:task_at,limit", handle_tasks, "A worklist"},
    {"GET", "/v1/tasks/{task}", WORKS | BIT(SUPERVISOR), BODY_NONE, "", handle_task, "A task with what the department is given"},
    {"POST", "/v1/tasks/{task}/claim", BIT(DEPARTMENT), BODY_JSON, "", handle_claim, "Take a task from the worklist"},
    {"POST", "/v1/tasks/{task}/release", BIT(DEPARTMENT), BODY_JSON, "", handle_release, "Put a task back"},
    {"POST", "/v1/tasks/{task}/answer", BIT(DEPARTMENT), BODY_JSON, "", handle_answer, "A department's answer"},

    {"GET", "/v1/incidents", WATCHES, BODY_NONE, "open,code,department,thing,cursor:incident,limit", handle_incidents, "What needs a person"},
    {"POST", "/v1/incidents/bulk", OPERATES, BODY_JSON, "", handle_incidents_bulk, "Retry, skip or reassign many stuck steps"},
    {"GET", "/v1/incidents/{incident}", WATCHES, BODY_NONE, "", handle_incident, "One incident"},
    {"GET", "/v1/notices", WATCHES | BIT(WINDOW) | BIT(DEPARTMENT), BODY_NONE, "case,kind,audience,state:notice_state,channel,recipient,cursor:number,limit", handle_notices,
     "What people were told, newest first"},
    {"GET", "/v1/notices/{notice}", WATCHES, BODY_NONE, "", handle_notice, "One notice, with every try to send it"},
    {"POST", "/v1/notices/{notice}/retry", OPERATES, BODY_JSON, "", handle_notice_retry, "Send a notice again that was given up"},
    {"GET", "/v1/dead-letters", WATCHES, BODY_NONE, "open,code,topic,cursor:number,limit", handle_dead_letters,
     "Messages that could not be taken"},
    {"GET", "/v1/dead-letters/{dead}", OPERATES | BIT(AUDITOR), BODY_NONE, "", handle_dead_letter, "One, with what it carries, personal values masked"},
    {"POST", "/v1/dead-letters/{dead}/reveal", OPERATES | BIT(AUDITOR), BODY_JSON, "", handle_dead_letter_reveal,
     "One, with its bytes in clear, for a reason that is written down"},
    {"POST", "/v1/dead-letters/{dead}/redrive", OPERATES, BODY_JSON, "", handle_redrive, "Take it again"},
    {"POST", "/v1/dead-letters/{dead}/discard", OPERATES, BODY_JSON, "", handle_discard, "Put it aside for good"},

    {"GET", "/v1/departments", WATCHES, BODY_NONE, "", handle_departments, "What each department has open"},
    {"GET", "/v1/departments/{department}", WATCHES | BIT(DEPARTMENT), BODY_NONE, "", handle_department, "One department"},
    {"GET", "/v1/clocks", WATCHES | BIT(DEPARTMENT), BODY_NONE, "department,light,item,cursor:clock_at,limit", handle_late,
     "Open clocks whose light is not green, the first due first"},
    {"GET", "/v1/statistics", WATCHES, BODY_NONE, "", handle_statistics, "Cases by thing, phase and outcome"},
    {"GET", "/v1/shards", BIT(OPERATOR) | BIT(ADMIN), BODY_NONE, "", handle_shards, "Shards, their owners and what they have to do"},

    {"POST", "/v1/tokens", BIT(ADMIN), BODY_JSON, "", handle_token_create, "Make a token; it is shown once"},
    {"GET", "/v1/tokens", BIT(ADMIN) | BIT(AUDITOR), BODY_NONE, "", handle_tokens, "All tokens, without their secrets"},
    {"DELETE", "/v1/tokens/{token}", BIT(ADMIN), BODY_NONE, "", handle_token_revoke, "Revoke a token"},
    {NULL, NULL, 0, BODY_NONE, NULL, NULL, NULL},
};

const char *role_name(enum role role) {
    static const char *const names[] = {
#define X(name, word) word,
        ROLES(X)
#undef X
    };
    return role < ROLE_COUNT ? names[role] : "";
}

bool role_parse(struct text word, enum role *ret) {
    for (unsigned i = 0; i < ROLE_COUNT; i++)
        if (text_is(word, role_name((enum role)i))) {
            *ret = (enum role)i;
            return true;
        }
    return false;
}

/* Cuts the first segment off: "/a/b" -> "a", rest "/b". */
static bool next_segment(struct text *path, struct text *ret) {
    if (path->length == 0 || path->at[0] != '/')
        return false;
    struct text rest = text_span(path->at + 1, path->length - 1);
    size_t slash = text_find(rest, '/');
    *ret = slash == SIZE_MAX ? rest : text_span(rest.at, slash);
    *path = text_span(rest.at + ret->length, rest.length - ret->length);
    return true;
}

static bool matches(const char *pattern, struct text path, struct text raw[ROUTE_NAMES_MOST]) {
    struct text left = text_from(pattern), wanted, is;
    unsigned names = 0;
    while (next_segment(&left, &wanted)) {
        if (!next_segment(&path, &is))
            return false;
        if (wanted.at[0] == '{') {
            if (is.length == 0)
                return false;
            raw[names++] = is;
        } else if (!text_equal(wanted, is)) {
            return false;
        }
    }
    return path.length == 0;
}

const struct route *route_find(struct text method, struct text path, struct text ret_raw[ROUTE_NAMES_MOST], char ret_allow[64]) {
    bool head = text_is(method, "HEAD");
    const struct route *found = NULL;
    ret_allow[0] = '\0';
    for (const struct route *route = route_table; route->method; route++) {
        struct text raw[ROUTE_NAMES_MOST] = {{NULL, 0}};
        if (!matches(route->path, path, raw))
            continue;
        bool get = strcmp(route->method, "GET") == 0;
        /* A row without places stands before one with them: "/v1/things/check" is no thing's name for POST. */
        if (!found && (text_is(method, route->method) || (head && get))) {
            found = route;
            memcpy(ret_raw, raw, sizeof raw);
        }
        size_t length = strlen(ret_allow);
        snprintf(ret_allow + length, 64 - length, "%s%s%s", length ? ", " : "", route->method, get ? ", HEAD" : "");
    }
    return found;
}
