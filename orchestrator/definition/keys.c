/* The rows of the definition language: what may be written where, in one place for the checker and the reference. */
#include "definition/keys.h"

#include "model/limits.h"

#define KIND(kind) (1u << (kind))
#define ASKS_DEPARTMENT (KIND(STEP_TASK) | KIND(STEP_INSPECTION) | KIND(STEP_PUBLICITY) | KIND(STEP_DELEGATED))
#define SENDS_TASK (ASKS_DEPARTMENT | KIND(STEP_LOOKUP) | KIND(STEP_DELIVER))
#define RETRIES (SENDS_TASK & ~KIND(STEP_DELEGATED))
#define END {.key = NULL}

const struct shape shape_department_rule = {"department", "department: {…} of a step", (const struct key_row[]){
    {.key = "group", .type = VALUE_ID, .flags = KEY_REQUIRED, .meaning = "a group of departments.yaml"},
    {.key = "is", .type = VALUE_TEMPLATE, .flags = KEY_REQUIRED, .meaning = "gives the member: its id, or its code in the group"},
    END}};

const struct shape shape_join = {"join", "join: {…} and gather: {…}", (const struct key_row[]){
    {.key = "all", .type = VALUE_BOOLEAN, .meaning = "every need (element) must be met; the default"},
    {.key = "any", .type = VALUE_BOOLEAN, .meaning = "the first granted one is enough; the same as `at_least: 1`"},
    {.key = "at_least", .type = VALUE_COUNT, .least = 1, .most = LIMIT_elements_most, .meaning = "so many granted ones are enough"},
    {.key = "deadline", .type = VALUE_LIMIT, .meaning = "from the moment the first need was asked; then the join opens with what is there"},
    {.key = "then", .type = VALUE_WORD, .words = "partial", .meaning = "what happens at the deadline; `partial` is the only way"},
    END}};

const struct shape shape_each = {"each", "each: {…}", (const struct key_row[]){
    {.key = "in", .type = VALUE_TEMPLATE, .flags = KEY_REQUIRED, .meaning = "gives a list; one task (or sub-case) an element"},
    {.key = "as", .type = VALUE_ID, .flags = KEY_REQUIRED, .meaning = "the name by which expressions of this step see the element"},
    {.key = "gather", .type = VALUE_WORD_OR_SHAPE, .shape = &shape_join, .words = "all any", .meaning = "when the elements are enough; default `all`"},
    END}};

const struct shape shape_retry = {"retry", "retry: {…}", (const struct key_row[]){
    {.key = "attempts", .type = VALUE_COUNT, .least = 1, .most = LIMIT_attempts_most, .meaning = "how often a department is asked before the step is stuck; default 8"},
    {.key = "first", .type = VALUE_DURATION, .meaning = "wait before the second attempt; doubles each time; default 1s"},
    {.key = "most", .type = VALUE_DURATION, .meaning = "the longest wait; default 5m"},
    {.key = "give_up_after", .type = VALUE_DURATION, .meaning = "from the first attempt; then the step is stuck; default 1d"},
    END}};

const struct shape shape_timeout = {"timeout", "timeout: {…}", (const struct key_row[]){
    {.key = "limit", .type = VALUE_LIMIT, .flags = KEY_REQUIRED, .meaning = "from the moment the step was asked"},
    {.key = "then", .type = VALUE_WORD, .words = "expire incident", .meaning = "the step ends expired, or an operator is called; default `incident`"},
    END}};

const struct shape shape_compensate = {"compensate", "compensate: {…}", (const struct key_row[]){
    {.key = "department", .type = VALUE_ID_OR_SHAPE, .shape = &shape_department_rule, .meaning = "who undoes it; default the step's department"},
    {.key = "at", .type = VALUE_TEMPLATE, .meaning = "gives the region code of the office; default the step's"},
    {.key = "input", .type = VALUE_TEMPLATE, .meaning = "what it is given; it may also read the step's own `.steps.<id>.result`: what is undone (of an `each` step: the element's own)"},
    END}};

const struct shape shape_check = {"check", "check: {…} of an approve step", (const struct key_row[]){
    {.key = "department", .type = VALUE_ID_OR_SHAPE, .shape = &shape_department_rule, .flags = KEY_REQUIRED, .meaning = "who checks afterwards (告知承諾)"},
    {.key = "within", .type = VALUE_LIMIT, .flags = KEY_REQUIRED, .meaning = "from the approval; the case does not wait for it"},
    {.key = "input", .type = VALUE_TEMPLATE, .meaning = "what the department is given; default nothing"},
    {.key = "on_fail", .type = VALUE_WORD, .words = "incident notice revoke", .meaning = "an incident for an operator, a notice to the department that approved, or a task to the one that may revoke; default `incident`"},
    {.key = "revoked_by", .type = VALUE_ID, .meaning = "`on_fail: revoke`: who is asked to revoke; default the department of the step's item"},
    END}};

const struct shape shape_inspected = {"inspected", "for: […] of an inspection", (const struct key_row[]){
    {.key = "item", .type = VALUE_ID, .flags = KEY_REQUIRED, .meaning = "the item; its department looks at it"},
    {.key = "when", .type = VALUE_CONDITION, .meaning = "false: the visit does not concern it; evaluated before the visit is arranged"},
    {.key = "input", .type = VALUE_TEMPLATE, .meaning = "what its department is given; default the step's `input`; `visit` is added"},
    END}};

const struct shape shape_delegated = {"delegated", "delegated: {…} in `override`", (const struct key_row[]){
    {.key = "system", .type = VALUE_ID, .flags = KEY_REQUIRED, .meaning = "as in a step"},
    {.key = "follow", .type = VALUE_TEMPLATE, .meaning = "as in a step"},
    END}};

const struct shape shape_window = {"window", "window: {…} of a step", (const struct key_row[]){
    {.key = "opens", .type = VALUE_TEXT, .meaning = "a date, whose day begins it, or a moment; before it the step is held"},
    {.key = "closes", .type = VALUE_TEXT, .meaning = "a date, whose day ends it, or a moment; after it the step expires, also when it runs, unless it has a `timeout`"},
    END}};

const struct shape shape_window_whole = {"window of the whole", "window: {…} of a definition", (const struct key_row[]){
    {.key = "opens", .type = VALUE_TEXT, .meaning = "a date or a moment"},
    {.key = "closes", .type = VALUE_TEXT, .meaning = "a date, which still belongs to it, or a moment; later applications are refused"},
    {.key = "early", .type = VALUE_WORD, .words = "refuse hold", .meaning = "an application before it opens is refused, or taken and held until then; default `refuse`"},
    END}};

const struct shape shape_step = {"step", "a step (環節)", (const struct key_row[]){
    {.key = "id", .type = VALUE_ID, .flags = KEY_REQUIRED, .meaning = "its name, once in the definition"},
    {.key = "kind", .type = VALUE_WORD, .words = "task lookup approve inspection publicity wait thing delegated deliver", .meaning = "default `task`; a kind's own keys stand on the step or in a mapping named after the kind (`approve: {if: …}`), which names the kind too"},
    {.key = "title", .type = VALUE_TITLE, .meaning = "default the item's title"},
    {.key = "department", .type = VALUE_ID_OR_SHAPE, .shape = &shape_department_rule, .kinds = ASKS_DEPARTMENT, .meaning = "who works on it: an id of departments.yaml, or a member of a group picked by data"},
    {.key = "at", .type = VALUE_TEMPLATE, .kinds = ASKS_DEPARTMENT | KIND(STEP_LOOKUP) | KIND(STEP_DELIVER), .meaning = "gives the region code of the office asked; default the case's region"},
    {.key = "item", .type = VALUE_ID, .meaning = "the item (事項) whose clock runs over this step"},
    {.key = "uncounted", .type = VALUE_ID, .meaning = "while this step is open, its item's clocks and the case's promise leave the time out for this reason; one that the item's `uncounted` names, or that 行政許可法 45 lists"},
    {.key = "needs", .type = VALUE_IDS, .meaning = "steps that must end before it may start"},
    {.key = "join", .type = VALUE_WORD_OR_SHAPE, .shape = &shape_join, .words = "all any", .meaning = "how many of its needs; default `all`"},
    {.key = "each", .type = VALUE_SHAPE, .shape = &shape_each, .kinds = KIND(STEP_TASK) | KIND(STEP_LOOKUP) | KIND(STEP_THING), .meaning = "one task an element of a list"},
    {.key = "when", .type = VALUE_CONDITION, .meaning = "evaluated once, when the join is met; false: the step is skipped"},
    {.key = "window", .type = VALUE_SHAPE, .shape = &shape_window, .meaning = "the dates within which it may begin"},
    {.key = "input", .type = VALUE_TEMPLATE, .kinds = SENDS_TASK, .meaning = "what the department is given; default nothing"},
    {.key = "input_schema", .type = VALUE_SCHEMA, .kinds = SENDS_TASK, .meaning = "what `input` must be; the keys of `input` are checked against it"},
    {.key = "materials", .type = VALUE_IDS, .kinds = SENDS_TASK, .meaning = "the materials the department is given"},
    {.key = "result", .type = VALUE_SCHEMA, .kinds = SENDS_TASK | KIND(STEP_WAIT), .meaning = "what its result must be; default any object"},
    {.key = "retry", .type = VALUE_SHAPE, .shape = &shape_retry, .kinds = RETRIES, .meaning = "how often and when to ask again after a retryable error"},
    {.key = "timeout", .type = VALUE_LIMIT_OR_SHAPE, .shape = &shape_timeout, .kinds = SENDS_TASK | KIND(STEP_WAIT) | KIND(STEP_THING), .meaning = "how long it may take; a limit alone means `{limit: …, then: incident}`"},
    {.key = "on_refused", .type = VALUE_WORD, .words = "block continue close compensate", .meaning = "what a refusal does; default `block`"},
    {.key = "on_expired", .type = VALUE_WORD, .words = "block continue close compensate", .meaning = "likewise when it expires; default as `on_refused`"},
    {.key = "compensate", .type = VALUE_SHAPE, .shape = &shape_compensate, .kinds = KIND(STEP_TASK), .meaning = "how it is undone when the case compensates"},
    {.key = "reversible", .type = VALUE_BOOLEAN, .kinds = KIND(STEP_TASK) | KIND(STEP_THING), .meaning = "may be undone; default false; of a thing: what is reversible in its sub-case"},
    {.key = "priority", .type = VALUE_COUNT, .least = -100, .most = 100, .meaning = "higher first, where the department and its worklist have several; default 0"},
    {.key = "source", .type = VALUE_ID, .flags = KEY_REQUIRED | KEY_OWN, .kinds = KIND(STEP_LOOKUP), .meaning = "a department marked `source: true` that answers lookups"},
    {.key = "cache", .type = VALUE_DURATION, .flags = KEY_OWN, .kinds = KIND(STEP_LOOKUP), .meaning = "an answer to the same input so recent is used again; default never"},
    {.key = "basis", .type = VALUE_TEXT, .flags = KEY_REQUIRED | KEY_OWN, .kinds = KIND(STEP_LOOKUP), .meaning = "why the data may be fetched: consent, separate_consent, guardian, court, or the law"},
    {.key = "least_trust", .type = VALUE_WORD, .words = "A B C", .flags = KEY_OWN, .kinds = KIND(STEP_LOOKUP), .meaning = "what its result must be worth at least: a result says it as `trust`, A to D, and is A when it does not; one of less ends the lookup refused, reason `trust_too_low`"},
    {.key = "of", .type = VALUE_IDS, .flags = KEY_OWN, .kinds = KIND(STEP_LOOKUP), .meaning = "the parties on whose consent it rests; default every party"},
    {.key = "if", .type = VALUE_CONDITION, .flags = KEY_REQUIRED | KEY_OWN, .kinds = KIND(STEP_APPROVE), .meaning = "true: granted (秒批), false: refused"},
    {.key = "check", .type = VALUE_SHAPE, .shape = &shape_check, .flags = KEY_OWN, .kinds = KIND(STEP_APPROVE), .meaning = "a later check that does not hold the case open (告知承諾)"},
    {.key = "for", .type = VALUE_ANY, .flags = KEY_OWN, .kinds = KIND(STEP_WAIT) | KIND(STEP_INSPECTION), .meaning = "wait: a limit, how long; inspection: the items that share the visit, each an id or `{item, when, input}`"},
    {.key = "until", .type = VALUE_TEMPLATE, .flags = KEY_OWN, .kinds = KIND(STEP_WAIT), .meaning = "gives a moment or a date"},
    {.key = "signal", .type = VALUE_ID, .flags = KEY_OWN, .kinds = KIND(STEP_WAIT), .meaning = "waits for the signal of this name (payment made, party signed)"},
    {.key = "signed", .type = VALUE_IDS, .flags = KEY_OWN, .kinds = KIND(STEP_WAIT), .meaning = "waits until every person of these parties has signed"},
    {.key = "lead", .type = VALUE_ID, .flags = KEY_REQUIRED | KEY_OWN, .kinds = KIND(STEP_INSPECTION), .meaning = "the department that leads the visit"},
    {.key = "rounds", .type = VALUE_COUNT, .least = 1, .most = 20, .flags = KEY_OWN, .kinds = KIND(STEP_INSPECTION), .meaning = "visits before `rectify` counts as fail; default 2"},
    {.key = "limit", .type = VALUE_LIMIT, .flags = KEY_REQUIRED | KEY_OWN, .kinds = KIND(STEP_PUBLICITY), .meaning = "how long it is public, in days; the last one ends at midnight"},
    {.key = "may_object", .type = VALUE_IDS, .flags = KEY_OWN, .kinds = KIND(STEP_PUBLICITY), .meaning = "departments that are told of it by a task until the last day: `rejected` is an objection, `result` none"},
    {.key = "on_objection", .type = VALUE_WORD, .words = "block continue close compensate incident decide", .flags = KEY_OWN, .kinds = KIND(STEP_PUBLICITY), .meaning = "what an objection does; `continue`: it is recorded; `incident`: an operator looks; `decide`: `department` upholds or dismisses it; default `block`"},
    {.key = "name", .type = VALUE_ID, .flags = KEY_REQUIRED | KEY_OWN, .kinds = KIND(STEP_THING), .meaning = "the thing that runs as a sub-case"},
    {.key = "form", .type = VALUE_TEMPLATE, .flags = KEY_REQUIRED | KEY_OWN, .kinds = KIND(STEP_THING), .meaning = "the sub-case's form"},
    {.key = "system", .type = VALUE_ID, .flags = KEY_REQUIRED | KEY_OWN, .kinds = KIND(STEP_DELEGATED), .meaning = "the system in which it is worked, an id of departments.yaml; asked when there is no `department`"},
    {.key = "follow", .type = VALUE_TEMPLATE, .flags = KEY_OWN, .kinds = KIND(STEP_DELEGATED), .meaning = "gives the reference under which that system knows the case"},
    {.key = "by", .type = VALUE_ID, .flags = KEY_REQUIRED | KEY_OWN, .kinds = KIND(STEP_DELIVER), .meaning = "who hands it over, an id of departments.yaml (post, window)"},
    {.key = "what", .type = VALUE_TEMPLATE, .flags = KEY_OWN, .kinds = KIND(STEP_DELIVER), .meaning = "what is handed over"},
    END}};

const struct shape shape_party = {"party", "a party (當事人)", (const struct key_row[]){
    {.key = "id", .type = VALUE_ID, .flags = KEY_REQUIRED, .meaning = "its role"},
    {.key = "title", .type = VALUE_TITLE, .meaning = "its name on screens"},
    {.key = "many", .type = VALUE_BOOLEAN, .meaning = "there may be several; default false"},
    {.key = "signs", .type = VALUE_BOOLEAN, .meaning = "has to sign; default false"},
    {.key = "withdraws", .type = VALUE_BOOLEAN, .meaning = "one person of it may withdraw the case by his own code; false: it is withdrawn at the window alone, where all of them are asked; default true"},
    {.key = "agent", .type = VALUE_WORD, .words = "allowed refused", .meaning = "may an agent (代辦人) act; default `refused`"},
    END}};

const struct shape shape_uncounted = {"uncounted", "a time that is not counted", (const struct key_row[]){
    {.key = "reason", .type = VALUE_ID, .flags = KEY_REQUIRED, .meaning = "its name: hearing, tender, auction, inspection, testing, quarantine, appraisal, expert_review (行政許可法 45); others as payment, applicant, construction, publicity, survey"},
    {.key = "of", .type = VALUE_WORD, .words = "promise statute", .meaning = "`statute` leaves it out of both clocks; default `promise`"},
    {.key = "basis", .type = VALUE_TEXT, .meaning = "the law that allows it; needed for `of: statute` with a reason that 行政許可法 45 does not list"},
    END}};

const struct shape shape_item = {"item", "an item (事項)", (const struct key_row[]){
    {.key = "id", .type = VALUE_ID, .flags = KEY_REQUIRED, .meaning = "its name, once in the definition"},
    {.key = "code", .type = VALUE_TEXT, .meaning = "事項編碼"},
    {.key = "title", .type = VALUE_TITLE, .meaning = "its name on screens and notices"},
    {.key = "department", .type = VALUE_ID, .flags = KEY_REQUIRED, .meaning = "whose item it is"},
    {.key = "promise", .type = VALUE_LIMIT, .meaning = "承諾時限, from acceptance to result"},
    {.key = "statute", .type = VALUE_LIMIT, .meaning = "法定時限"},
    {.key = "basis", .type = VALUE_TEXT, .meaning = "the law the item rests on"},
    {.key = "correction_within", .type = VALUE_LIMIT, .meaning = "補正: how long corrections may be asked; silent until then, the department has accepted as of the day of receipt; default 5 workdays (行政許可法 32)"},
    {.key = "extension", .type = VALUE_COUNT, .least = 0, .most = 1000, .meaning = "延長: by how many working days at most, once, with the approval of whom the law says; default 10 (行政許可法 42); 0: not at all"},
    {.key = "uncounted", .type = VALUE_SHAPES, .shape = &shape_uncounted, .meaning = "times that are not counted"},
    {.key = "form", .type = VALUE_SCHEMA, .meaning = "the data this item itself asks, as a part of the one form; two items may not disagree"},
    END}};

const struct shape shape_lookup_from = {"from", "from: {…} of a material", (const struct key_row[]){
    {.key = "lookup", .type = VALUE_ID, .flags = KEY_REQUIRED, .meaning = "a department marked `source: true`"},
    {.key = "input", .type = VALUE_TEMPLATE, .meaning = "what it is asked; sees .form, .case and .parties"},
    {.key = "basis", .type = VALUE_TEXT, .flags = KEY_REQUIRED, .meaning = "consent, separate_consent, guardian, court, or the law"},
    {.key = "of", .type = VALUE_IDS, .meaning = "the parties on whose consent it rests; default every party"},
    {.key = "least_trust", .type = VALUE_WORD, .words = "A B C", .meaning = "what its result must be worth at least: a result says it as `trust`, A to D, and is A when it does not; one of less counts as not found. What is brought instead: an original seen at the window is worth B, a certified copy C, an upload D; less is refused"},
    {.key = "if_not_found", .type = VALUE_WORD, .words = "ask refuse continue", .meaning = "the applicant is asked for it (when it is required), the steps that are given it are refused, or they go on without it; default `ask`"},
    END}};

const struct shape shape_tolerable = {"tolerable", "tolerable: {…} of a material (容缺)", (const struct key_row[]){
    {.key = "until", .type = VALUE_LIMIT, .flags = KEY_REQUIRED, .meaning = "when it must be there at last"},
    {.key = "trust", .type = VALUE_WORDS, .words = "A B C D", .flags = KEY_REQUIRED, .meaning = "for credit subjects of these grades"},
    {.key = "if_missing", .type = VALUE_WORD, .words = "refuse incident", .flags = KEY_REQUIRED, .meaning = "what follows when it never came"},
    END}};

const struct shape shape_material = {"material", "a material (材料)", (const struct key_row[]){
    {.key = "id", .type = VALUE_ID, .flags = KEY_REQUIRED, .meaning = "its name, once in the definition"},
    {.key = "title", .type = VALUE_TITLE, .meaning = "its name on the notice"},
    {.key = "required", .type = VALUE_BOOLEAN, .meaning = "default false"},
    {.key = "when", .type = VALUE_CONDITION, .meaning = "asked only then; sees .form, .case and .parties"},
    {.key = "from", .type = VALUE_WORD_OR_SHAPE, .shape = &shape_lookup_from, .words = "applicant", .meaning = "who brings it; default `applicant`"},
    {.key = "least_trust", .type = VALUE_WORD, .words = "B C", .meaning = "what the applicant brings must be worth at least: an original seen at the window is worth B, a certified copy C, an upload D; less is refused"},
    {.key = "any_of", .type = VALUE_IDS, .meaning = "a group: one of these materials is enough; a step that is given the group is given those that are there"},
    {.key = "tolerable", .type = VALUE_SHAPE, .shape = &shape_tolerable, .meaning = "may come later (容缺受理)"},
    {.key = "types", .type = VALUE_TEXTS, .meaning = "media types that are taken, as `application/pdf`; default all that the store of materials takes"},
    END}};

const struct shape shape_override_item = {"override item", "an item in `override`", (const struct key_row[]){
    {.key = "code", .type = VALUE_TEXT, .meaning = "as in an item"},
    {.key = "department", .type = VALUE_ID, .meaning = "as in an item"},
    {.key = "promise", .type = VALUE_LIMIT, .meaning = "as in an item"},
    {.key = "statute", .type = VALUE_LIMIT, .meaning = "as in an item"},
    {.key = "basis", .type = VALUE_TEXT, .meaning = "as in an item"},
    {.key = "correction_within", .type = VALUE_LIMIT, .meaning = "as in an item"},
    {.key = "extension", .type = VALUE_COUNT, .least = 0, .most = 1000, .meaning = "as in an item"},
    {.key = "uncounted", .type = VALUE_SHAPES, .shape = &shape_uncounted, .meaning = "as in an item; replaces the list"},
    END}};

const struct shape shape_override_step = {"override step", "a step in `override`", (const struct key_row[]){
    {.key = "department", .type = VALUE_ID_OR_SHAPE, .shape = &shape_department_rule, .meaning = "as in a step"},
    {.key = "at", .type = VALUE_TEMPLATE, .meaning = "as in a step"},
    {.key = "retry", .type = VALUE_SHAPE, .shape = &shape_retry, .meaning = "as in a step; replaces it"},
    {.key = "timeout", .type = VALUE_LIMIT_OR_SHAPE, .shape = &shape_timeout, .meaning = "as in a step; replaces it"},
    {.key = "window", .type = VALUE_SHAPE, .shape = &shape_window, .meaning = "as in a step; replaces it"},
    {.key = "delegated", .type = VALUE_SHAPE, .shape = &shape_delegated, .meaning = "the step becomes one of kind `delegated` there: another system works on it"},
    END}};

const struct shape shape_override = {"override", "override: {\"<region>\": {…}}", (const struct key_row[]){
    {.key = "promise", .type = VALUE_LIMIT, .meaning = "the case's promise there"},
    {.key = "window", .type = VALUE_SHAPE, .shape = &shape_window_whole, .meaning = "when applications are taken there"},
    {.key = "departments", .type = VALUE_ID_MAP, .meaning = "`{gas: gas_company}`: who takes a department's place there, in steps, checks, compensations and items"},
    {.key = "items", .type = VALUE_MAP, .shape = &shape_override_item, .meaning = "by id, what differs"},
    {.key = "steps", .type = VALUE_MAP, .shape = &shape_override_step, .meaning = "by id, what differs"},
    END}};

const struct shape shape_offered = {"offered", "offered: {…}", (const struct key_row[]){
    {.key = "by", .type = VALUE_ID, .flags = KEY_REQUIRED, .meaning = "the department whose list of entitled persons starts cases"},
    {.key = "basis", .type = VALUE_TEXT, .flags = KEY_REQUIRED, .meaning = "the law by which their data are used; recorded with each case"},
    END}};

const struct shape shape_definition = {"definition", "the definition", (const struct key_row[]){
    {.key = "thing", .type = VALUE_ID, .flags = KEY_REQUIRED, .meaning = "the thing's id"},
    {.key = "title", .type = VALUE_TITLE, .flags = KEY_REQUIRED, .meaning = "its name"},
    {.key = "regions", .type = VALUE_REGIONS, .meaning = "where it is offered; default everywhere"},
    {.key = "form", .type = VALUE_SCHEMA, .flags = KEY_REQUIRED, .meaning = "the one form (一套表), JSON Schema draft-07; `x-mask` and `x-personal: true` on fields"},
    {.key = "parties", .type = VALUE_SHAPES, .shape = &shape_party, .meaning = "who files"},
    {.key = "promise", .type = VALUE_LIMIT, .meaning = "what the case as a whole promises"},
    {.key = "window", .type = VALUE_SHAPE, .shape = &shape_window_whole, .meaning = "when applications are taken; default always"},
    {.key = "items", .type = VALUE_SHAPES, .shape = &shape_item, .meaning = "what the law knows; clocks and bases hang here"},
    {.key = "trust", .type = VALUE_TEMPLATE, .meaning = "gives the credit subject's grade, A to D, where the form says it; sees .form, .case and .parties; default the application's `extra.trust`"},
    {.key = "offered", .type = VALUE_SHAPE, .shape = &shape_offered, .meaning = "a department may start cases without an application (免申即享)"},
    {.key = "materials", .type = VALUE_SHAPES, .shape = &shape_material, .meaning = "what has to be there"},
    {.key = "steps", .type = VALUE_SHAPES, .shape = &shape_step, .flags = KEY_REQUIRED, .meaning = "what is done"},
    {.key = "override", .type = VALUE_REGION_MAP, .shape = &shape_override, .meaning = "what differs in a region"},
    {.key = "canonical", .type = VALUE_ANY, .flags = KEY_CANONICAL, .meaning = "version of the canonical form"},
    {.key = "schemas", .type = VALUE_ANY, .flags = KEY_CANONICAL, .meaning = "the schemas by their paths"},
    {.key = "things", .type = VALUE_ANY, .flags = KEY_CANONICAL, .meaning = "the hashes of sub-things"},
    END}};

const struct shape shape_office = {"office", "an office", (const struct key_row[]){
    {.key = "region", .type = VALUE_REGION, .flags = KEY_REQUIRED, .meaning = "the region it serves; a city's serves its districts too"},
    {.key = "adapter", .type = VALUE_BOOLEAN, .meaning = "has an adapter; default true; without one `fallback` works its tasks"},
    END}};

const struct shape shape_former = {"former title", "a former name", (const struct key_row[]){
    {.key = "until", .type = VALUE_TEXT, .flags = KEY_REQUIRED, .meaning = "the last day on which it was called so, 2026-04-30"},
    {.key = "title", .type = VALUE_TITLE, .flags = KEY_REQUIRED, .meaning = "its name then"},
    END}};

const struct shape shape_department = {"department entry", "a department", (const struct key_row[]){
    {.key = "id", .type = VALUE_ID, .flags = KEY_REQUIRED, .meaning = "its name in definitions and, with - for _, in topics"},
    {.key = "title", .type = VALUE_TITLE, .flags = KEY_REQUIRED, .meaning = "its name"},
    {.key = "formerly", .type = VALUE_SHAPES, .shape = &shape_former, .meaning = "names that it had: documents of that time are printed with them"},
    {.key = "groups", .type = VALUE_ANY, .meaning = "the groups it is in: a list of ids, or `{group: code}` where `is` gives a code"},
    {.key = "offices", .type = VALUE_SHAPES, .shape = &shape_office, .flags = KEY_REQUIRED, .meaning = "where it works"},
    {.key = "fallback", .type = VALUE_ID, .meaning = "the department whose queue takes the tasks of offices without an adapter (worklist); default the group's"},
    {.key = "fields", .type = VALUE_TEXTS, .meaning = "the form fields it is entitled to, `home.unit_number`, each with all below it; default all"},
    {.key = "materials", .type = VALUE_IDS, .meaning = "the materials it is entitled to; default all"},
    {.key = "source", .type = VALUE_BOOLEAN, .meaning = "answers lookups; default false"},
    END}};

const struct shape shape_group = {"group", "a group", (const struct key_row[]){
    {.key = "id", .type = VALUE_ID, .flags = KEY_REQUIRED, .meaning = "its name"},
    {.key = "title", .type = VALUE_TITLE, .flags = KEY_REQUIRED, .meaning = "its name on screens"},
    {.key = "fallback", .type = VALUE_ID, .meaning = "the fallback of its members without one"},
    END}};

const struct shape shape_directory = {"directory", "departments.yaml", (const struct key_row[]){
    {.key = "groups", .type = VALUE_SHAPES, .shape = &shape_group, .meaning = "departments of one sort (banks)"},
    {.key = "departments", .type = VALUE_SHAPES, .shape = &shape_department, .flags = KEY_REQUIRED, .meaning = "everyone who can be asked"},
    END}};

const struct shape *const shapes_definition[] = {
    &shape_definition, &shape_party, &shape_item, &shape_uncounted, &shape_material, &shape_lookup_from,
    &shape_tolerable, &shape_offered, &shape_step, &shape_department_rule, &shape_join, &shape_each, &shape_retry, &shape_timeout,
    &shape_compensate, &shape_check, &shape_inspected, &shape_window, &shape_window_whole, &shape_override, &shape_override_item, &shape_override_step, &shape_delegated, NULL};
const struct shape *const shapes_directory[] = {&shape_directory, &shape_group, &shape_department, &shape_former, &shape_office, NULL};
