/* The table of verbs: everything yjsctl can be told, in the words its help, manual and completion use. */
#include <limits.h>

#include "cli/verb.h"

#define LIMIT_OPTION {"limit", "N", NULL, false, "How many at most; 50 unless told otherwise"}
#define REASON_OPTION {"reason", "TEXT", NULL, false, "Why; it stands in the journal"}
#define NO_OPTIONS {{NULL, NULL, NULL, false, NULL}}
#define INCIDENT_FILTER \
    {"all-of", NULL, NULL, false, "All open incidents that fit --department, --code and --thing, instead of named ones"}, \
    {"department", "ID", NULL, false, "Only of this department"}, {"code", "CODE", NULL, false, "Only with this code"}, \
    {"thing", "THING", NULL, false, "Only of this thing's cases"}, REASON_OPTION

#define CALENDAR_OPTIONS \
    {"calendar", "DIR", NULL, false, "The folder of calendar files; otherwise config/calendar of the project, /etc/yijianshi/calendar"}, \
    {"region", "CODE", NULL, false, "With the local closures of this region; otherwise those that hold everywhere"}, \
    {"clock", "CLOCK", "promise statute", false, "Whose: a closure moves a statutory limit only with a basis; promise unless told otherwise"}

const struct verb_option verb_options_everywhere[] = {
    {"json", NULL, NULL, false, "Print JSON for programs instead of text for people; errors too"},
    {"colour", "WHEN", "auto always never", false, "Colours; auto: on a terminal, unless NO_COLOR is set"},
    {"language", "LANG", "zh-Hant zh-Hans en", false, "Language of titles; otherwise the environment's (LANG)"},
    {"help", NULL, NULL, false, "Explain the verb"},
    {NULL, NULL, NULL, false, NULL},
};
const struct verb_option verb_options_server[] = {
    {"url", "URL", NULL, false, "The HTTP API; otherwise YJS_URL, otherwise http://127.0.0.1:8080"},
    {"token-file", "FILE", NULL, false, "File with the bearer token; otherwise YJS_TOKEN, otherwise ~/.config/yijianshi/token"},
    {NULL, NULL, NULL, false, NULL},
};
const struct verb_option verb_options_settings[] = {
    {"config", "FILE", NULL, false,
     "Settings; otherwise YJS_CONFIG, config/orchestrator.yaml, /etc/yijianshi/orchestrator.yaml. Every setting may also be given "
     "as an option, as in --database-url=…"},
    {NULL, NULL, NULL, false, NULL},
};

const struct verb_noun verb_nouns[] = {
    {"thing", "definitions of one-things"},      {"case", "applications on their way"},
    {"material", "what applicants bring"},
    {"document", "documents that were printed"}, {"seal", "seals of documents"},
    {"task", "what departments have to do"},     {"incident", "what needs a person"},
    {"notice", "what people were told"},
    {"dead", "messages that could not be taken"}, {"department", "what each department has open"},
    {"shard", "shards and their owners"},        {"stats", "cases by thing, phase and outcome"},
    {"topic", "Kafka topics"},                   {"db", "the database"},
    {"token", "who may call the API"},           {"schema", "JSON Schemas"},
    {"calendar", "working days and due dates"},  {"id", "identifiers and their check characters"},
    {"completion", "completion for a shell"},    {"man", "the manual page"},
    {"reference", "the reference as Markdown"},  {"help", "explain a verb"},
    {"version", "the version"},                  {NULL, NULL},
};

const struct verb verb_table[] = {
    {"thing", "check", "FILE…", 0, UINT_MAX, NEEDS_NOTHING, verb_thing_check, "Check definitions: all faults at once",
     "Compiles each definition as publishing would and prints every fault as file:line:column, with its code, the reason and what to "
     "do. Schemas are read from the project's folder, the nearest above the file that holds schemas/.\n\n"
     "Ends with 1 when a file has an error; warnings alone end with 0.",
     {{"departments", "FILE", NULL, false, "The directory of departments; otherwise config/departments.yaml of the project"},
      {"explain", "CODE", NULL, false, "Explain a fault's code (\"all\" lists them) instead of checking"}}},
    {"thing", "publish", "FILE…", 1, UINT_MAX, NEEDS_SETTINGS, verb_thing_publish, "Check definitions and publish them",
     "Checks each definition and writes it into the database, where daemons find it within seconds. A published definition is never "
     "changed: the new one becomes current, running cases stay on theirs. Publishing the same content again changes nothing. Of several "
     "files those that others run as sub-cases go first.\n\nTalks to the database itself (database.url), so it works before any daemon runs.", NO_OPTIONS},
    {"thing", "list", "", 0, 0, NEEDS_SERVER, verb_thing_list, "List the things that are offered",
     "The current definition of each thing, with its title, hash and who published it.", NO_OPTIONS},
    {"thing", "show", "NAME|HASH", 1, 1, NEEDS_SERVER, verb_thing_show, "Show a published thing",
     "The current definition of a thing, or any by its hash: what it is and its steps.",
     {{"versions", NULL, NULL, false, "Its published definitions, newest first"},
      {"source", NULL, NULL, false, "The definition as its author wrote it"}}},
    {"thing", "diff", "[OLD] NEW", 1, 2, NEEDS_SETTINGS, verb_thing_diff, "Say what changed between two definitions",
     "In the domain's words, and which open cases could migrate. OLD and NEW are files, names of things (the current definition) or "
     "hashes; without OLD it is the thing's current one.",
     {{"departments", "FILE", NULL, false, "The directory of departments; otherwise config/departments.yaml of the project"}}},
    {"thing", "graph", "FILE|NAME", 1, 1, NEEDS_SETTINGS, verb_thing_graph, "Draw a definition",
     "Its steps in the order of their needs, with departments, joins and conditions: for a page (mermaid), for Graphviz (dot), or as a "
     "picture (svg). A file, the name of a published thing, or a hash.",
     {{"format", "FORMAT", "mermaid dot svg", false, "mermaid unless told otherwise"},
      {"departments", "FILE", NULL, false, "The directory of departments; otherwise config/departments.yaml of the project"}}},
    {"thing", "matrix", "FILE|NAME", 1, 1, NEEDS_SETTINGS, verb_thing_matrix, "Say who receives which data, and on which basis",
     "A row for each field of the form and each material that a step gives away: the step, the department, the item with its code, the "
     "basis of the look-up or of the item, and whether it is personal. Says when personal data leave without a basis. Titles are in the "
     "language of --language. What asking once saves is said by thing form.",
     {{"csv", NULL, NULL, false, "For a spreadsheet: UTF-8 with its mark, RFC 4180"},
      {"departments", "FILE", NULL, false, "The directory of departments; otherwise config/departments.yaml of the project"}}},
    {"thing", "run", "FILE [SCRIPT…]", 1, UINT_MAX, NEEDS_NOTHING, verb_thing_run, "Run cases by scripts, without a server",
     "Runs a case of the definition for each script, on the engine alone and a virtual clock; prints its events as JSON lines and the "
     "final state last. The definition writer's test kit. Ends with 1 when an application is refused or a final state is not as expected.\n\n"
     "A script is YAML: \"form\" and \"extra\" (or \"application\": a file beside it that has them), \"start\" (a moment), \"region\", "
     "\"answers\" (by step: a list, one entry an attempt, each {after, kind, data, reason, retryable} or a list of such), "
     "\"undo_answers\" and \"cancel_answers\" alike, \"children\" (scripts of sub-cases by step), \"inputs\" (a list of {at: 3h, kind: "
     "signal, …}: anything else at any time, counted from the start) and \"expect\" (members that the final state must have; null: must "
     "not have).",
     {{"script", "FILE", NULL, true, "A script; each runs a case of its own"},
      {"things", "FILE", NULL, true, "The definition of a sub-thing that is not published"},
      {"departments", "FILE", NULL, false, "The directory of departments; otherwise config/departments.yaml of the project"},
      {"calendar", "DIR", NULL, false, "The folder of calendar files; otherwise config/calendar of the project"},
      {"quiet", NULL, NULL, false, "The final state alone"}}},
    {"thing", "verify", "FILE…", 1, UINT_MAX, NEEDS_NOTHING, verb_thing_verify, "Prove definitions, or show where they fail",
     "Plays every combination of outcomes through the engine: granted, refused, corrected, expired, skipped, withdrawn, late, stuck, of "
     "every step, with data on both sides of every condition. Proves that every case ends, that every step can happen, that no join "
     "waits for ever and that what is granted stays granted unless the definition says otherwise; and shows the longest way through "
     "the items' promises. What fails is printed as a script for thing run.\n\n"
     "Data that are needed and can't be made from the schemas are taken from the project's samples, config/samples/THING.json and "
     "config/samples/scripts/THING/*.yaml, or from what is named here.\n\n"
     "Each file has the whole budget; what is wrong with one does not keep the others from being tried. With --json an object a "
     "definition. Ends with 1 when a fault was found and with 5 when a budget ended before everything was tried.",
     {{"application", "FILE", NULL, false, "An application that is sound, instead of the project's sample"},
      {"script", "FILE", NULL, true, "A script of thing run whose answers are taken as examples"},
      {"scripts", "FOLDER", NULL, false, "Write the scripts of what fails into this folder instead of printing them"},
      {"states", "N", NULL, false, "States at most; 2000000 unless told otherwise"},
      {"seconds", "N", NULL, false, "Seconds at most; 120 unless told otherwise"},
      {"region", "CODE", NULL, false, "In which region; the definition's first unless told otherwise"},
      {"things", "FILE", NULL, true, "The definition of a sub-thing that is not published"},
      {"departments", "FILE", NULL, false, "The directory of departments; otherwise config/departments.yaml of the project"}}},
    {"thing", "checklist", "FILE", 1, 1, NEEDS_NOTHING, verb_thing_checklist, "Print the one notice for an applicant's answers",
     "Once and complete (一次性告知): what has to be brought, what may come later and until when, what is fetched instead and on which "
     "basis, which items apply, of which departments, and how long each may take. Derived from the definition and the form; with "
     "--language in traditional or simplified Chinese or English.",
     {{"form", "FILE", NULL, false, "The answers: a form, or an application that has one; \"-\" is standard input"},
      {"region", "CODE", NULL, false, "In which region; the application's, or the definition's first, unless told otherwise"},
      {"things", "FILE", NULL, true, "The definition of a sub-thing that is not published"},
      {"departments", "FILE", NULL, false, "The directory of departments; otherwise config/departments.yaml of the project"}}},
    {"thing", "form", "FILE", 1, 1, NEEDS_NOTHING, verb_thing_form, "Print the one form, and who uses each of its fields",
     "The form that all items share (一套表): for each field which departments are given it, for which items, and which steps it "
     "decides; and how often nobody has to type it again: a field that n departments use is typed once instead of n times.",
     {{"things", "FILE", NULL, true, "The definition of a sub-thing that is not published"},
      {"departments", "FILE", NULL, false, "The directory of departments; otherwise config/departments.yaml of the project"}}},
    {"case", "submit", "FILE", 1, 1, NEEDS_SERVER, verb_case_submit, "Submit an application",
     "Sends an application {\"thing\", \"form\", \"region\", \"number\", \"extra\"}; \"-\" is standard input. The same number with the same "
     "content is the same case; with another content it is refused, naming the fields.",
     {{"number", "NUMBER", NULL, false, "Its number; otherwise the file's, otherwise one is given"},
      {"thing", "THING", NULL, false, "The thing, instead of the file's"},
      {"region", "CODE", NULL, false, "The region, instead of the file's"},
      {"wait", "TIME", NULL, false, "How long to wait until it has started; 10s unless told otherwise, 0: not at all"},
      {"idempotency-key", "KEY", NULL, false, "Sending again with the same key does nothing twice"},
      {"follow", NULL, NULL, false, "Watch it until it is closed"}}},
    {"case", "show", "ID", 1, 1, NEEDS_SERVER, verb_case_show, "Show a case with its steps",
     "The case, its steps in the definition's order, its sub-cases and its open incidents.", NO_OPTIONS},
    {"case", "list", "", 0, 0, NEEDS_SERVER, verb_case_list, "List and search cases, newest first",
     "Cases that fit all that is given.",
     {{"thing", "THING", NULL, false, "Only of this thing"},
      {"phase", "PHASE", "running stopping closed open", false, "Only in this phase; open: not closed"},
      {"outcome", "OUTCOME", "granted partial refused withdrawn terminated void", false, "Only with this outcome"},
      {"region", "CODE", NULL, false, "Only of this region"},
      {"department", "ID", NULL, false, "Only those with an open step at this department"},
      {"q", "TEXT", NULL, false, "Beginning of the number or title"},
      {"changed-since", "TIME", NULL, false, "Only those changed since (RFC 3339)"},
      {"scope", "SCOPE", "all", false, "all: sub-cases too"},
      LIMIT_OPTION}},
    {"case", "timeline", "ID", 1, 1, NEEDS_SERVER, verb_case_timeline, "Show what happened in a case",
     "Its journal, oldest first: version, time of China, kind, step and the main data.",
     {{"follow", NULL, NULL, false, "Go on as events happen (server-sent events), until the case is closed"}, LIMIT_OPTION}},
    {"case", "clock", "ID", 1, 1, NEEDS_SERVER, verb_case_clock, "Explain every due date of a case",
     "Acceptance, promise, statute and delivery of each item and the promise of the case, as of now: limit, start, what was not counted and on "
     "which basis, the days that were passed over, due date, light, and the departments' own time.",
     NO_OPTIONS},
    {"case", "report", "ID", 1, 1, NEEDS_SERVER, verb_case_report, "What the case would have cost without yijianshi",
     "Its hand-offs from department to department and how long each took (from the answer to the next task), the values that were "
     "carried to departments by nobody (every plain value in the tasks' inputs), the data that the one form asks once and that nobody "
     "keys in again, the materials that were fetched rather than asked for, and the answers that were recorded on each department's "
     "behalf (代錄).",
     NO_OPTIONS},
    {"case", "form", "ID", 1, 1, NEEDS_SERVER, verb_case_form, "Show what a case's form says, personal fields masked",
     "As corrections left it. case reveal shows them in clear.", NO_OPTIONS},
    {"case", "reveal", "ID", 1, 1, NEEDS_SERVER, verb_case_reveal, "Show personal fields in clear, for a reason",
     "Who was shown which fields, when and why is written down before they are shown; the applicant is told when he asks.",
     {{"field", "POINTER", NULL, true, "Only this one, as case form names it; may stand several times"}, REASON_OPTION}},
    {"case", "disclosures", "ID", 1, 1, NEEDS_SERVER, verb_case_disclosures, "Tell who was given the applicant's data",
     "Which department got which fields and materials, in which step, when and on which basis; and who had them shown in clear.",
     NO_OPTIONS},
    {"case", "consent", "ID", 1, 1, NEEDS_SERVER, verb_case_consent, "Record what a person says of the consent to look things up",
     "What was refused or withdrawn is not looked up any more on that person's consent, also in sub-cases; what was asked before stays. "
     "The party brings what is needed. --withdraw without --person is everybody's, for everything and for good. What rests on a "
     "law or a court can't be refused.",
     {{"give", NULL, NULL, false, "The person consents"}, {"refuse", NULL, NULL, false, "The person does not consent"},
      {"withdraw", NULL, NULL, false, "The person, or everybody, does not consent any more"},
      {"person", "NAME", NULL, false, "Whose consent: seller.0, or applicant where nobody is named"},
      {"source", "DEPARTMENT", NULL, false, "About this source alone; else about all"}, REASON_OPTION}},
    {"case", "watch", "ID…", 1, 100, NEEDS_SERVER, verb_case_watch, "Watch cases until they are closed",
     "In a terminal the steps are drawn and change in place; elsewhere each change is a line, with --json each state of the case.",
     NO_OPTIONS},
    {"case", "withdraw", "ID", 1, 1, NEEDS_SERVER, verb_case_withdraw, "Withdraw an application",
     "The applicant withdraws: nothing new starts, tasks not yet accepted are cancelled, the rest runs to its decision.",
     {REASON_OPTION}},
    {"case", "sign", "ID PERSON", 2, 2, NEEDS_SERVER, verb_case_sign, "A person of a party signs before the window",
     "PERSON as the case's progress names them: seller.0, seller.1, buyer.0.agent. At home a person signs with the query code.", NO_OPTIONS},
    {"case", "contact", "ID PERSON", 2, 2, NEEDS_SERVER, verb_case_contact, "Change how a person of a case is reached",
     "What is not named stays as it was. The person is told at the new place, and what still waited for him goes there; the journal keeps "
     "who changed it.",
     {{"phone", "NUMBER", NULL, false, "A telephone number; an empty one takes it out"},
      {"email", "ADDRESS", NULL, false, "An address; an empty one takes it out"},
      {"language", "LANGUAGE", "zh-Hant zh-Hans en", false, "In which he is told"},
      {"channel", "ID", NULL, false, "The channel of config/notices.yaml that he prefers"}}},
    {"case", "signal", "ID NAME", 2, 2, NEEDS_SERVER, verb_case_signal, "Give a signal that a step waits for",
     "A payment was made, a party signed: the step that waits for the signal of this name goes on.",
     {{"data", "JSON", NULL, false, "What comes with it: JSON, @FILE or @-"}}},
    {"case", "materials", "ID", 1, 1, NEEDS_SERVER, verb_case_materials, "Bring materials after the application",
     "What was to come later (容缺受理), or what a lookup did not find; departments whose tasks are out get it at once.",
     {{"materials", "JSON", NULL, false, "What has come: a JSON list, @FILE or @-"}}},
    {"case", "objection", "ID", 1, 1, NEEDS_SERVER, verb_case_objection, "Object to what is made public",
     "Within the days of the publicity; what follows is as the definition says.",
     {REASON_OPTION, {"by", "WHO", NULL, false, "Who objects"}, {"step", "STEP", NULL, false, "The publicity, where there are several"}}},
    {"case", "correction", "ID STEP", 2, 2, NEEDS_SERVER, verb_case_correction, "Send the applicant's correction for a step",
     "Answers a department's request for correction; the department gets it as a message of the same attempt.",
     {{"form", "JSON", NULL, false, "Corrected parts of the form: JSON, @FILE or @-"},
      {"materials", "JSON", NULL, false, "Corrected materials: a JSON list, @FILE or @-"}}},
    {"case", "rate", "ID LEVEL", 2, 2, NEEDS_SERVER, verb_case_rate, "Rate a closed case (好差評)",
     "Once, after closing: 5 very satisfied, 4 satisfied, 3 on the whole, 2 dissatisfied, 1 very dissatisfied.",
     {{"comment", "TEXT", NULL, false, "What the applicant has to say"}}},
    {"case", "settle", "ID STEP", 2, 2, NEEDS_SERVER, verb_case_settle, "Settle a dispute: say which of two answers stands",
     "A department contradicted itself; the first answer stands until then. The journal keeps both answers and the reason. What was "
     "started or not started by the first is not turned back.",
     {{"stands", "TYPE", "result rejected not_accepted", false, "The answer that stands, by its kind; the first unless told otherwise"},
      REASON_OPTION}},
    {"case", "close", "ID", 1, 1, NEEDS_SERVER, verb_case_close, "Terminate a case",
     "An operator ends it: like a withdrawal, its outcome is terminated.", {REASON_OPTION}},
    {"case", "void", "ID", 1, 1, NEEDS_SERVER, verb_case_void, "Declare a case void", "What was granted is void.", {REASON_OPTION}},
    {"case", "documents", "ID", 1, 1, NEEDS_SERVER, verb_case_documents, "List a case's documents",
     "The notices and decisions that the law asks for in writing (受理, 不予受理, 補正告知, 延長, 特別程序, decisions, 辦結, 送達回證, 現場核驗), each "
     "with its number, the item, who issues it, and the due date that it names.",
     NO_OPTIONS},
    {"case", "document", "ID N", 2, 2, NEEDS_SERVER, verb_case_document, "Print a document of a case as PDF",
     "The n'th of case documents, in the language of --language. Names, identity numbers, telephones and addresses are masked unless it "
     "is the party's own copy. It is sealed when the daemon has a seal (setting documents.seals).",
     {{"output", "FILE", NULL, false, "Where to; \"-\" is standard output; ID-N.pdf unless told otherwise (-o is the same)"},
      {"copy", "WHOSE", "party masked", false, "party: with all names, for the hands of who is addressed; it is written down. masked unless told "
       "otherwise"}}},
    {"material", "put", "FILE…", 1, UINT_MAX, NEEDS_SERVER, verb_material_put, "Upload materials",
     "Prints each one's digest (SM3): an application names the material by it. What it is is told by its content; the same content "
     "again is the same material.", NO_OPTIONS},
    {"material", "get", "DIGEST", 1, 1, NEEDS_SERVER, verb_material_get, "Fetch a material's content",
     "For windows, auditors and departments whose task carries it; it is written down who took it.",
     {{"to", "FILE", NULL, false, "Where it goes; otherwise standard output"}}},
    {"material", "show", "DIGEST", 1, 1, NEEDS_SERVER, verb_material_show, "Show what a material is",
     "Size, type, whether it was scanned, who brought it, which cases name it.", NO_OPTIONS},
    {"document", "verify", "FILE", 1, 1, NEEDS_NOTHING, verb_document_verify, "Check the seal of a printed document",
     "That every byte of the file is as it was sealed, that the signature (SM2 over SM3) is of the certificate's key, and whose that is. "
     "Whether the certificate is the authority's is known by --certificate alone.\n\n"
     "Ends with 1 when the file was changed, has no seal, or its certificate is none of those named.",
     {{"certificate", "FILE", NULL, false, "PEM certificates that are trusted: the seal's own, or of who issues seals"}}},
    {"seal", "create", "", 0, 0, NEEDS_NOTHING, verb_seal_create, "Make a trial seal",
     "A key of SM2 and a certificate signed by itself, in one PEM file that only its owner may read: documents.seals/<department>.pem, or "
     "seal.pem for all departments. It says in its subject that it is for trials.",
     {{"name", "NAME", NULL, false, "Whose seal it is"},
      {"output", "FILE", NULL, false, "Where to; one that is there is not replaced (-o is the same)"},
      {"days", "N", NULL, false, "For how long it is valid; three years unless told otherwise"}}},
    {"task", "list", "", 0, 0, NEEDS_SERVER, verb_task_list, "List a worklist",
     "Open tasks of a department, the higher priority first, then the oldest; with a department's token its own.",
     {{"department", "ID", NULL, false, "The department"},
      {"region", "CODE", NULL, false, "Only of this office"},
      {"state", "STATE", "running retrying stuck cancelling undoing undo_retrying undo_stuck", false, "Only in this state"},
      LIMIT_OPTION}},
    {"task", "show", "TASK", 1, 1, NEEDS_SERVER, verb_task_show, "Show a task with what the department is given",
     "A task is named <case>:<step>[.<index>]:<attempt>, as task list shows it.", NO_OPTIONS},
    {"task", "claim", "TASK", 1, 1, NEEDS_SERVER, verb_task_claim, "Take a task from the worklist",
     "Nobody else can claim it while it is yours (8 hours).", {{"by", "NAME", NULL, false, "Who takes it, where several share a token"}}},
    {"task", "release", "TASK", 1, 1, NEEDS_SERVER, verb_task_release, "Put a task back", "Gives up a claim.",
     {{"by", "NAME", NULL, false, "Who had taken it"}}},
    {"task", "answer", "TASK", 1, 1, NEEDS_SERVER, verb_task_answer, "Answer a task",
     "A department's answer, with a department's token. What --data holds depends on the type; a rejection wants {\"reason\": …}.",
     {{"type", "TYPE",
       "received accepted not_accepted correction special_start special_end extend result rejected cancelled cancel_refused error", false,
       "Kind of answer; result unless told otherwise"},
      {"data", "JSON", NULL, false, "The answer's data: JSON, @FILE or @-"}}},
    {"incident", "list", "", 0, 0, NEEDS_SERVER, verb_incident_list, "List what needs a person",
     "Open incidents, newest first.",
     {{"department", "ID", NULL, false, "Only of this department"}, {"code", "CODE", NULL, false, "Only with this code"},
      {"thing", "THING", NULL, false, "Only of this thing's cases"},
      {"closed", NULL, NULL, false, "Closed ones instead"},
      LIMIT_OPTION}},
    {"incident", "show", "ID", 1, 1, NEEDS_SERVER, verb_incident_show, "Show an incident", "All that is known about it.", NO_OPTIONS},
    {"incident", "retry", "ID…", 0, 200, NEEDS_SERVER, verb_incident_retry, "Ask the departments of stuck steps again",
     "A new attempt for the step of each incident.", {INCIDENT_FILTER}},
    {"incident", "skip", "ID…", 0, 200, NEEDS_SERVER, verb_incident_skip, "Go on without stuck steps",
     "Each incident's step ends skipped; what needs it goes on.", {INCIDENT_FILTER}},
    {"incident", "reassign", "ID…", 0, 200, NEEDS_SERVER, verb_incident_reassign, "Ask another department or office",
     "Each incident's step is asked of --to-department, or of the office of --to-region.",
     {INCIDENT_FILTER, {"to-department", "ID", NULL, false, "The department that is asked instead"},
      {"to-region", "CODE", NULL, false, "The region whose office is asked instead"}}},
    {"incident", "refuse", "ID…", 0, 200, NEEDS_SERVER, verb_incident_refuse, "End stuck steps as refused",
     "Each incident's step ends refused; what follows is what its definition says of a refusal.", {INCIDENT_FILTER}},
    {"incident", "acknowledge", "ID…", 0, 200, NEEDS_SERVER, verb_incident_acknowledge, "Close incidents that hold nothing",
     "For those that only tell something.", {INCIDENT_FILTER}},
    {"notice", "list", "", 0, 0, NEEDS_SERVER, verb_notice_list, "List what people were told, newest first",
     "Each notice to a person over a channel, with its text in that person's language (--language: in another). Names and addresses are masked.",
     {{"case", "ID", NULL, false, "Only of this case and its sub-cases"}, {"kind", "KIND", NULL, false, "Only of this kind: accepted, correction, closed …"},
      {"audience", "AUDIENCE", "party window department supervisor", false, "Only to these"},
      {"state", "STATE", "waiting sent shown given_up dropped", false, "Only in this state; given_up: could not be sent"},
      {"channel", "ID", NULL, false, "Only over this channel of config/notices.yaml"}, LIMIT_OPTION}},
    {"notice", "show", "NUMBER", 1, 1, NEEDS_SERVER, verb_notice_show, "Show a notice with its texts and every try to send it",
     "In all three languages; each try with its time, how long it took and what the gateway answered.", NO_OPTIONS},
    {"notice", "retry", "NUMBER…", 1, 1000, NEEDS_SERVER, verb_notice_retry, "Send notices again that were given up",
     "At once; with the same identity as before, by which a gateway knows a repetition. Its incident closes when it has left.", NO_OPTIONS},
    {"dead", "list", "", 0, 0, NEEDS_SERVER, verb_dead_list, "List messages that could not be taken",
     "Dead letters that were neither redriven nor discarded, newest first.",
     {{"code", "CODE", NULL, false, "Only with this reason's code"}, {"topic", "TOPIC", NULL, false, "Only from this topic"},
      {"closed", NULL, NULL, false, "Those redriven or discarded instead"},
      LIMIT_OPTION}},
    {"dead", "show", "ID", 1, 1, NEEDS_SERVER, verb_dead_show, "Show a dead letter with what it carries",
     "Where it came from, why it could not be taken, its headers, key and value, personal values masked; nothing of a value that is no "
     "JSON. With a reason its bytes as they came: who saw them and why is written down.",
     {REASON_OPTION}},
    {"dead", "redrive", "ID…", 1, 1000, NEEDS_SERVER, verb_dead_redrive, "Take dead letters again",
     "After the reason is mended. What still can't be taken stays, with the reason.", NO_OPTIONS},
    {"dead", "discard", "ID…", 1, 1000, NEEDS_SERVER, verb_dead_discard, "Put dead letters aside for good", "They stay readable.",
     {REASON_OPTION}},
    {"department", "list", "", 0, 0, NEEDS_SERVER, verb_department_list, "List what each department has open",
     "Open, stuck, retrying and overdue steps of each department, and since when the oldest waits.", NO_OPTIONS},
    {"department", "show", "ID", 1, 1, NEEDS_SERVER, verb_department_show, "Show one department", "As in department list.", NO_OPTIONS},
    {"shard", "list", "", 0, 0, NEEDS_SERVER, verb_shard_list, "List shards, their owners and what they have to do",
     "Each shard's owner and epoch, and what is unread on its topics, unpublished, waiting in the inbox, overdue, unsent.", NO_OPTIONS},
    {"stats", NULL, "", 0, 0, NEEDS_SERVER, verb_stats, "Count cases by thing, phase and outcome", "Over all cases in the database.",
     NO_OPTIONS},
    {"topic", "apply", "", 0, 0, NEEDS_SETTINGS, verb_topic_apply, "Make the topics that are missing",
     "Two topics for each office of the directory (task, result), and the region's intake, case and dead: each with as many partitions "
     "as the database has shards, with the retention of kafka.retention. A topic with another number of partitions is refused: cases "
     "would be read by the wrong shard. What is there already only gets its retention.",
     {{"partitions", "P", NULL, false, "How many, instead of the database's number of shards"},
      {"dry-run", NULL, NULL, false, "Only name the topics, one a line; asks nobody"}}},
    {"topic", "list", "", 0, 0, NEEDS_SETTINGS, verb_topic_list, "List the broker's topics of this installation",
     "With partitions and replicas; those that are missing, and those of no office, are marked. Topics of regions that the directory does "
     "not have are another installation's.", NO_OPTIONS},
    {"db", "migrate", "", 0, 0, NEEDS_SETTINGS, verb_db_migrate, "Bring the database to this program's version",
     "Makes the tables of a new database, or applies what a newer program needs; may run any number of times. The number of shards is "
     "fixed for ever when the database is made.",
     {{"partitions", "P", NULL, false, "Shards of a new database; kafka.partitions unless told otherwise"},
      {"region", "CODE", NULL, false, "Region of a new database (GB/T 2260); the setting region unless told otherwise"}}},
    {"db", "status", "", 0, 0, NEEDS_SETTINGS, verb_db_status, "Show the database's version, shards and daemons",
     "Ends with 1 when the database is behind this program.", NO_OPTIONS},
    {"token", "create", "", 0, 0, NEEDS_SETTINGS, verb_token_create, "Make a token and print it, once",
     "The database keeps its hash alone. Talks to the database itself, so that the first token can be made.",
     {{"role", "ROLE", "window department operator supervisor integrator auditor admin", false, "What it may do"},
      {"department", "ID", NULL, false, "Whose tasks; for the role department"},
      {"region", "CODE", NULL, false, "Only this office's"},
      {"name", "NAME", NULL, false, "What the journal calls its bearer; otherwise the department or role"},
      {"expires", "TIME", NULL, false, "A moment (RFC 3339) or a span from now (90d)"}}},
    {"token", "list", "", 0, 0, NEEDS_SETTINGS, verb_token_list, "List all tokens, without their secrets", "Newest first.", NO_OPTIONS},
    {"token", "revoke", "ID", 1, 1, NEEDS_SETTINGS, verb_token_revoke, "Revoke a token", "By its number, as token list shows it.", NO_OPTIONS},
    {"schema", "check", "FILE…", 1, UINT_MAX, NEEDS_NOTHING, verb_schema_check, "Check JSON Schemas, or a change of one",
     "Compiles each schema strictly (draft-07): unknown keywords and formats are faults. With --compatible the two files are an old and a "
     "new version: may a sender of the old one go on as he is? Ends with 1 when not, naming each narrowing.",
     {{"compatible", NULL, NULL, false, "Compare OLD with NEW"}}},
    {"calendar", "due", "", 0, 0, NEEDS_NOTHING, verb_calendar_due, "Say when a limit is due",
     "From a date (the day itself is not counted) or a moment: working days with 調休, half days, business hours, calendar days (one "
     "that ends on a day off ends on the next working day), on the spot, until a date, or a machine's duration. Prints the date; for "
     "half days, hours and durations date and time. From config/calendar, without any server. A year that is not published is "
     "provisional, weekends alone are off in it, and this is said.\n\n"
     "With --stdin each line \"2026-02-13 7 workdays\" is answered by a line: a date, or \"error: …\".",
     {{"from", "DATE", NULL, false, "The date, 2026-02-13, or moment, 2026-02-13T09:30, of the beginning"},
      {"limit", "LIMIT", NULL, false, "\"3 workdays\", \"2 half days\", \"4 hours\", \"20 days\", \"on the spot\", \"until 2026-08-31\", 4h"},
      {"stdin", NULL, NULL, false, "Answer lines of standard input"},
      CALENDAR_OPTIONS}},
    {"calendar", "show", "YEAR", 1, 1, NEEDS_NOTHING, verb_calendar_show, "Show a year's holidays, worked weekends and closures",
     "From config/calendar, without any server. A year that is not published is provisional, and this is said.",
     {CALENDAR_OPTIONS}},
    {"calendar", "publish", "FILE…", 1, UINT_MAX, NEEDS_SETTINGS, verb_calendar_publish, "Publish years, closures and business hours",
     "Checks files of config/calendar (2026.yaml, hours.yaml) and makes them part of the calendar that holds, each in the place of the "
     "one of its name. Daemons take it up within seconds and reckon every open due date anew; each that moves stands in its case's "
     "journal. The versions before stay in the database. Publishing the same content again changes nothing.\n\n"
     "Talks to the database itself (database.url), so it works before any daemon runs.", NO_OPTIONS},
    {"id", "check", "KIND [VALUE]", 1, 2, NEEDS_NOTHING, verb_id_check, "Hold an identifier against its standard",
     "KIND is citizen (GB 11643), company (unified social credit code, GB 32100), unit (不動產單元號, GB/T 37346) or region "
     "(GB/T 2260). Prints \"valid\", or \"invalid: \" and why, and ends with 1 when it is not valid.\n\n"
     "With --stdin each line is a value and is answered by a line.",
     {{"stdin", NULL, NULL, false, "Answer lines of standard input"}}},
    {"completion", NULL, "SHELL", 1, 1, NEEDS_NOTHING, verb_completion, "Print the completion for bash, zsh or fish",
     "For bash: yjsctl completion bash > ~/.local/share/bash-completion/completions/yjsctl", NO_OPTIONS},
    {"man", NULL, "", 0, 0, NEEDS_NOTHING, verb_man, "Print the manual page", "As troff: yjsctl man | man -l -", NO_OPTIONS},
    {"reference", NULL, "", 0, 0, NEEDS_NOTHING, verb_reference, "Print this reference as Markdown", "For the documentation.", NO_OPTIONS},
    {"help", NULL, "[VERB…]", 0, 2, NEEDS_NOTHING, verb_help, "Explain a verb", "yjsctl help case watch", NO_OPTIONS},
    {"version", NULL, "", 0, 0, NEEDS_NOTHING, verb_version, "Print the version", "Of this program and of the database that it wants.",
     NO_OPTIONS},
    {NULL, NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NO_OPTIONS},
};
