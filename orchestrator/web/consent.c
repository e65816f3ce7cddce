/* Consents over HTTP: what is looked up by whose consent, and the word of a person about it (engine/consent.c). */
#include "model/limits.h"
#include "web/handlers.h"
#include "web/party_part.h"

static void put(struct json_writer *w, const char *name, struct text value) {
    json_key(w, text_from(name));
    json_put_text(w, value);
}

/* ---- what there is to consent to ---- */

static bool is_of(const struct json *of, struct text party) {
    if (!of || of->type != JSON_ARRAY || of->count == 0)
        return true;
    for (uint32_t i = 0; i < of->count; i++)
        if (text_equal(json_at(of, i)->text, party))
            return true;
    return false;
}

struct asking { struct text source, person; bool separately; };
/* The words of a case, in order. */
struct said { struct request *request; const struct record_list *rows; };

static bool next_of_case(const struct said *said, uint32_t *at, struct json *ret) {
    while (*at < said->rows->count)
        if (json_read(&said->request->arena, said->rows->at[(*at)++], LIMIT_json_depth_most, ret, NULL) == OUTCOME_OK &&
            text_equal(json_get_text(ret, TEXT("case")), said->request->at[0]))
            return true;
    return false;
}

/* What the application says of the source for a person, or is taken to say. A separate consent is given by the name of its source, or
 * not at all. */
static struct text applied_word(const struct said *said, const struct asking *a, struct text person) {
    struct text named = TEXT_NONE, general = TEXT_NONE;
    struct json row;
    for (uint32_t i = 0; next_of_case(said, &i, &row);) {
        struct text of = json_get_text(&row, TEXT("source"));
        if (!json_is_true(json_get_string(&row, "applied")) || !text_equal(json_get_text(&row, TEXT("person")), person))
            continue;
        if (text_is_none(of))
            general = json_get_text(&row, TEXT("word"));
        else if (text_equal(of, a->source))
            named = json_get_text(&row, TEXT("word"));
    }
    if (text_is(text_is_none(named) ? general : named, "refused"))
        return TEXT("refused");
    return !a->separately || text_is(named, "given") ? TEXT("given") : TEXT_NONE;
}

/* The last word about the source: of the person or of all, about it or about everything; else the application's; null: none yet. */
static void put_word(struct json_writer *w, const struct said *said, const struct asking *a) {
    struct text applied = applied_word(said, a, a->person), word = applied, at = TEXT_NONE;
    bool by_name = false, for_all = text_is(applied_word(said, a, TEXT("applicant")), "refused");
    struct json row;
    for (uint32_t i = 0; next_of_case(said, &i, &row);) {
        struct text whose = json_get_text(&row, TEXT("person")), of = json_get_text(&row, TEXT("source"));
        if (json_is_true(json_get_string(&row, "applied")) || (!text_is_none(whose) && !text_equal(whose, a->person)) ||
            (!text_is_none(of) && !text_equal(of, a->source)))
            continue;
        by_name |= !text_is_none(of);
        bool general = a->separately && text_is_none(of) && text_is(json_get_text(&row, TEXT("word")), "given");
        if (general && by_name)
            continue;
        word = general ? applied : json_get_text(&row, TEXT("word"));
        at = json_get_text(&row, TEXT("at"));
        if (text_is_none(whose))
            break;   /* for good */
    }
    put(w, "word", for_all && !text_is(a->person, "applicant") ? TEXT("refused") : word);   /* the application refused for everybody */
    put(w, "at", at);
}

void consent_put(struct request *request, struct json_writer *w, const struct person *person) {
    struct record_list asked, said;
    const struct record_list none = {0};
    struct error error = {0};
    const struct records_port *records = &request->web->records;
    bool nobody = text_is(request->caller.name, "applicant");   /* of a case that names no parties; a party may be called so, too */
    struct text name = nobody ? TEXT("applicant") : text_format(&request->arena, "%.*s.%lld", TEXT_ARG(person->party), (long long)person->index);
    if (records->query(records->context, "party_consents", &request->at[0], 1, &request->arena, &asked, &error) != OUTCOME_OK)
        return;
    if (asked.count == 0 ||
        records->query(records->context, "case_consents", &request->at[0], 1, &request->arena, &said, &error) != OUTCOME_OK)
        said = none;
    json_key(w, TEXT("consents"));
    json_open(w, '[');
    for (uint32_t i = 0; i < asked.count; i++) {
        struct json row;
        if (json_read(&request->arena, asked.at[i], LIMIT_json_depth_most, &row, NULL) != OUTCOME_OK ||
            (!nobody && !is_of(json_get_string(&row, "of"), person->party)))
            continue;
        json_open(w, '{');
        put(w, "source", json_get_text(&row, TEXT("source")));
        put(w, "basis", json_get_text(&row, TEXT("basis")));
        json_key(w, TEXT("for"));
        json_put_value(w, json_get_string(&row, "for"));
        put(w, "asked_at", json_get_text(&row, TEXT("asked_at")));
        put_word(w, &(struct said){request, &said},
                 &(struct asking){json_get_text(&row, TEXT("source")), name, basis_is_separate(json_get_text(&row, TEXT("basis")))});
        json_close(w, '}');
    }
    json_close(w, ']');
}

/* ---- a word ---- */

static void say(struct request *request, const char *signal, struct buffer *data) {
    struct input input = command_input(request, INPUT_SIGNAL, request->at[0]);
    input.id = text_from(signal);
    input.data = data->failed ? TEXT_NONE : text_copy(&request->arena, buffer_text(data));
    if (text_is_none(input.data))
        reply_problem(request, "out_of_memory", "the word could not be written");
    else if (!command_is_full(request))
        command_send(request, &input, false);
}

/* "seller.0.agent" speaks for seller.0. */
static struct text whose(struct request *request, struct text name) {
    struct person person;
    if (text_is(name, "applicant"))
        return name;
    if (!person_read(name, &person))
        return TEXT_NONE;
    return text_format(&request->arena, "%.*s.%lld", TEXT_ARG(person.party), (long long)person.index);
}

void handle_consent(struct request *request) {
    const struct json *word, *source, *person, *reason;
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, LIMIT_message_bytes_most);
    if (!BODY_FIELDS(request, {"word", JSON_STRING, true, MOST(name_bytes_most), &word}, {"source", JSON_STRING, false, MOST(name_bytes_most), &source},
                     {"person", JSON_STRING, false, MOST(name_bytes_most), &person}, {"reason", JSON_STRING, false, MOST(reason_bytes_most), &reason}) ||
        !party_may(request, "consent"))
        return;
    bool own = request->caller.role == ROLE_APPLICANT;
    struct text name = own ? request->caller.name : person ? person->text : TEXT_NONE, of = text_is_none(name) ? name : whose(request, name);
    if (own && person && !text_equal(person->text, name) && !text_equal(person->text, of)) {
        reply_problem(request, "act_forbidden", "one consents for oneself");
        return;
    }
    if (text_is_none(of)) {
        request_fault(request, TEXT("/person"), "required", "names whose consent it is: seller.0, or applicant where nobody is named");
        reply_problem(request, "body_invalid", "the body has a fault");
        return;
    }
    json_begin(&w, &out);
    json_open(&w, '{');
    put(&w, "person", of);
    put(&w, "word", word->text);
    if (source)
        put(&w, "source", source->text);
    if (reason)
        put(&w, "reason", reason->text);
    json_close(&w, '}');
    say(request, "consent_said", &out);
}

void handle_consent_withdraw(struct request *request) {
    const struct json *reason;
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, LIMIT_message_bytes_most);
    if (!BODY_FIELDS(request, {"reason", JSON_STRING, false, MOST(reason_bytes_most), &reason}))
        return;
    json_begin(&w, &out);
    json_open(&w, '{');
    put(&w, "reason", reason ? reason->text : TEXT_NONE);
    json_close(&w, '}');
    say(request, "consent_withdrawn", &out);
}
