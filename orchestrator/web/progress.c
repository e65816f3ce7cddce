/* What a party sees of its case, in the law's words: where it stands, whose turn it is and until when; who the parties are
 * (masked), what it may do; and its signature. */
#include "model/limits.h"
#include "model/status.h"
#include "web/handlers.h"
#include "web/party_part.h"

static struct text member(const struct json *object, const char *name) { return json_get_text(object, text_from(name)); }

static const struct json *find_by(const struct json *array, const char *key, struct text value) {
    for (uint32_t i = 0; array && array->type == JSON_ARRAY && i < array->count; i++)
        if (text_equal(member(&array->children[i].value, key), value))
            return &array->children[i].value;
    return NULL;
}

static void put(struct json_writer *w, const char *name, struct text value) {
    json_key(w, text_from(name));
    json_put_text(w, value);
}
static void put_member(struct json_writer *w, const char *name, const struct json *value) {
    json_key(w, text_from(name));
    if (value)
        json_put_value(w, value);
    else
        json_put_null(w);
}

/* The case's row as party_case gives it; false: answered. */
static bool find_case(struct request *request, struct json *ret) {
    struct record_list rows;
    if (!ASK(request, "party_case", &rows, request->at[0]))
        return false;
    if (rows.count > 0 && json_read(&request->arena, rows.at[0], LIMIT_json_depth_most * 2, ret, NULL) == OUTCOME_OK)
        return true;
    reply_problem(request, "case_unknown", "there is no case %.*s", TEXT_ARG(request->at[0]));
    return false;
}

static bool has_signed(struct request *request, const struct json *row, struct text party, int64_t index) {
    const struct json *names = json_get_string(row, "signed");
    struct text wanted = text_format(&request->arena, "signed.%.*s.%lld", TEXT_ARG(party), (long long)index);
    for (uint32_t i = 0; names && names->type == JSON_ARRAY && i < names->count; i++)
        if (text_equal(names->children[i].value.text, wanted))
            return true;
    return false;
}

/* ---- what a person may do ---- */

/* An agent's authority covers the act and has not ended. */
static bool has_authority(struct request *request, const struct json *agent, const char *act) {
    const struct json *authority = json_get_string(agent, "authority"), *scope = json_get_string(authority, "scope");
    struct text until = member(authority, "until");
    struct civil_date d = civil_from_days((request_now_us(request) + TIME_CHINA_OFFSET_US) / TIME_DAY_US);
    struct text today = text_format(&request->arena, "%04d-%02d-%02d", d.year, d.month, d.day);
    bool covers = !scope || scope->type != JSON_ARRAY;
    for (uint32_t i = 0; !covers && i < scope->count; i++)
        covers = text_is(scope->children[i].value.text, act);
    return covers && (text_is_none(until) || text_compare(today, until) <= 0);
}

static const char *why_not(struct request *request, const struct json *row, const struct person *person, const char *act) {
    const struct json *own = person_find(json_get_string(row, "parties"), person);
    const struct json *rules = find_by(json_get_string(row, "party_titles"), "id", person->party);
    const struct json *withdraws = json_get_string(rules, "withdraws");
    bool anybody = text_is(request->caller.name, "applicant");   /* of a case that names no parties */
    if (!own && !anybody)
        return "the application names no such person";
    if (person->is_agent && !has_authority(request, own, act))
        return "the authority that is recorded for this agent does not cover it, or has ended";
    if (strcmp(act, "withdraw") == 0 && withdraws && withdraws->type == JSON_FALSE)
        return "this case is withdrawn by all parties together, at the window";
    if (strcmp(act, "sign") == 0 && !json_is_true(json_get_string(rules, "signs")))
        return "this party does not sign";
    return NULL;
}

bool party_may(struct request *request, const char *act) {
    struct json row;
    struct person person;
    if (request->caller.role != ROLE_APPLICANT)
        return true;
    if (!find_case(request, &row))
        return false;
    const char *why = person_read(request->caller.name, &person) ? why_not(request, &row, &person, act) : "the code is nobody's";
    if (!why)
        return true;
    reply_problem(request, "act_forbidden", "%s", why);
    return false;
}

/* ---- the view ---- */

/* First character and a star. */
static struct text masked(struct request *request, struct text name) {
    size_t length = 1;
    while (length < name.length && ((unsigned char)name.at[length] & 0xc0) == 0x80)
        length++;
    return name.length ? text_format(&request->arena, "%.*s*", (int)length, name.at) : TEXT_NONE;
}

static void put_parties(struct request *request, struct json_writer *w, const struct json *row) {
    const struct json *parties = json_get_string(row, "parties");
    struct text *names = arena_new_array(&request->arena, PERSONS_MOST, struct text);
    uint32_t count = names ? persons_of(&request->arena, parties, names, PERSONS_MOST) : 0;
    json_key(w, TEXT("parties"));
    json_open(w, '[');
    for (uint32_t i = 0; i < count; i++) {
        struct person person;
        if (!person_read(names[i], &person) || !person_find(parties, &person))
            continue;
        const struct json *rules = find_by(json_get_string(row, "party_titles"), "id", person.party);
        bool signs = json_is_true(json_get_string(rules, "signs")) && !person.is_agent;
        json_open(w, '{');
        put(w, "person", names[i]);
        put_member(w, "title", json_get_string(rules, "title"));
        put(w, "name", masked(request, member(person_find(parties, &person), "name")));
        json_key(w, TEXT("signed"));
        if (signs)
            json_put_bool(w, has_signed(request, row, person.party, person.index));
        else
            json_put_null(w);
        json_close(w, '}');
    }
    json_close(w, ']');
}

static void put_you(struct request *request, struct json_writer *w, const struct json *row) {
    static const char *const acts[] = {"sign", "correct", "withdraw", "rate", "consent"};
    struct person person;
    if (request->caller.role != ROLE_APPLICANT || !person_read(request->caller.name, &person))
        return;
    const struct json *own = person_find(json_get_string(row, "parties"), &person);
    json_key(w, TEXT("you"));
    json_open(w, '{');
    put(w, "person", request->caller.name);
    put_member(w, "consent", json_get_string(own, "consent"));
    consent_put(request, w, &person);
    put_member(w, "authority", person.is_agent ? json_get_string(own, "authority") : NULL);
    put(w, "language", member(own, "language"));
    put(w, "channel", member(own, "channel"));
    put(w, "phone", mask_text(&request->arena, MASK_PHONE, member(own, "phone")));
    put(w, "email", mask_email(&request->arena, member(own, "email")));
    json_key(w, TEXT("may"));
    json_open(w, '[');
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
        if (!why_not(request, row, &person, acts[i]))
            json_put_text(w, text_from(acts[i]));
    json_close(w, ']');
    json_close(w, '}');
}

/* A correction, a material, a payment, a signature is the applicant's; anything else is the department's that has it. */
static const char *whose_turn(const struct json *open, const struct json *step) {
    const struct json *correcting = json_get_string(open, "correcting");
    struct text uncounted = member(step, "uncounted");
    if (correcting && correcting->type == JSON_OBJECT)
        return "applicant";
    if (!text_is(member(open, "kind"), "wait"))
        return text_is_none(member(open, "department")) ? "nobody" : "department";
    bool is_signed = json_get_string(json_get_string(step, "wait"), "signed") != NULL;
    return is_signed ? "signers" : text_is(uncounted, "payment") || text_is(uncounted, "applicant") ? "applicant" : "nobody";
}

static void put_turns(struct json_writer *w, const struct json *row) {
    const struct json *open = json_get_string(row, "open");
    json_key(w, TEXT("turns"));
    json_open(w, '[');
    for (uint32_t i = 0; open && i < open->count; i++) {
        const struct json *one = &open->children[i].value, *step = find_by(json_get_string(row, "steps"), "id", member(one, "step"));
        const struct json *item = find_by(json_get_string(row, "items"), "id", member(step, "item")), *clock = NULL;
        const struct json *clocks = json_get_string(row, "clocks"), *title = json_get_string(step, "title");
        for (uint32_t k = 0; item && clocks && k < clocks->count && !clock; k++)
            if (text_equal(member(&clocks->children[k].value, "item"), member(item, "id")) && text_is(member(&clocks->children[k].value, "clock"), "promise"))
                clock = &clocks->children[k].value;
        const struct json *due = json_get_string(clock, "due_at");
        json_open(w, '{');
        put(w, "whose", text_from(whose_turn(one, step)));
        put(w, "step", member(one, "step"));
        put_member(w, "title", title && title->type == JSON_OBJECT ? title : json_get_string(item, "title"));
        put(w, "department", member(one, "department"));
        put_member(w, "since", json_get_string(one, "asked_at"));
        put_member(w, "due_at", due && due->type == JSON_STRING ? due : json_get_string(one, "due_at"));
        const struct json *asked = json_get_string(one, "correcting");
        if (asked && asked->type == JSON_OBJECT)
            put_member(w, "asked", json_get_string(json_get_string(asked, "data"), "reasons"));
        json_close(w, '}');
    }
    json_close(w, ']');
}

void handle_progress(struct request *request) {
    struct json row;
    struct text with;
    if (!find_case(request, &row))
        return;
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, REPLY_BYTES_MOST);
    json_begin(&w, &out);
    json_open(&w, '{');
    static const char *const members[] = {"id", "thing", "title", "region", "phase", "outcome", "started_at", "closed_at", "rated"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        put_member(&w, members[i], json_get(&row, text_from(members[i])));
    put_turns(&w, &row);
    put_member(&w, "items", json_get_string(&row, "items"));
    put_member(&w, "clocks", json_get_string(&row, "clocks"));
    put_parties(request, &w, &row);
    put_you(request, &w, &row);
    json_close(&w, '}');
    struct json view;
    struct text source = out.failed ? TEXT_NONE : text_copy(&request->arena, buffer_text(&out));
    if (text_is_none(source) || json_read(&request->arena, source, LIMIT_json_depth_most * 2, &view, NULL) != OUTCOME_OK)
        reply_problem(request, "out_of_memory", "no memory for this case");
    else if (!text_is_none(with = status_of_case(request, &view, source)))
        reply_json(request, 200, with);
}

void handle_history(struct request *request) {
    struct record_list rows;
    if (!ASK(request, "party_history", &rows, request->at[0]))
        return;
    for (uint32_t i = 0; i < rows.count; i++)
        rows.at[i] = status_of_row(&request->arena, rows.at[i]);
    reply_page(request, &rows, rows.count, "version");
}

void handle_party_notices(struct request *request) {
    struct record_list rows;
    uint32_t limit = request_limit(request);
    if (ASK(request, "notices_list", &rows, request->at[0], TEXT_NONE, TEXT("party"), TEXT_NONE, TEXT_NONE, request_parameter(request, "cursor"),
            text_format(&request->arena, "%u", limit + 1), request->caller.name))
        reply_page(request, &rows, limit, "number");
}

/* A person of a party signs, or his agent for him; the window names the person who signs before its eyes. */
void handle_signature(struct request *request) {
    const struct json *person_given;
    struct person person;
    if (!BODY_FIELDS(request, {"person", JSON_STRING, false, MOST(name_bytes_most), &person_given}) || !party_may(request, "sign"))
        return;
    bool own = request->caller.role == ROLE_APPLICANT;
    struct text name = own ? request->caller.name : person_given ? person_given->text : TEXT_NONE;
    if (own && person_given && !text_equal(person_given->text, name)) {
        reply_problem(request, "act_forbidden", "one signs for oneself");
        return;
    }
    if (text_is_none(name) || !person_read(name, &person)) {
        request_fault(request, TEXT("/person"), "required", "names who signs: seller.0, buyer.1.agent");
        reply_problem(request, "body_invalid", "the body has a fault");
        return;
    }
    struct input input = command_input(request, INPUT_SIGNAL, request->at[0]);
    input.id = TEXT("signed");
    input.data = text_format(&request->arena, "{\"party\":\"%.*s\",\"index\":%lld,\"agent\":%s}", TEXT_ARG(person.party), (long long)person.index,
                             person.is_agent ? "true" : "false");
    if (!command_is_full(request))
        command_send(request, &input, false);
}
