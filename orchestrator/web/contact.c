/* How a person of a case is reached: changed by himself with his query code, or by the window before which he stands. */
#include "model/limits.h"
#include "web/handlers.h"
#include "web/party_part.h"

enum { PHONE_BYTES_MOST = 32, EMAIL_BYTES_MOST = 254, CHANNEL_BYTES_MOST = 64 };

static bool is_phone(struct text t) {
    size_t digits = 0;
    for (size_t i = 0; i < t.length; i++) {
        bool digit = t.at[i] >= '0' && t.at[i] <= '9';
        digits += digit;
        if (!digit && t.at[i] != '-' && t.at[i] != ' ' && !(t.at[i] == '+' && i == 0))
            return false;
    }
    return digits >= 3 && digits <= 15;
}

/* One @ with something on both sides, nothing that a header of a message would take for more. */
static bool is_email(struct text t) {
    size_t ats = 0, at = 0;
    for (size_t i = 0; i < t.length; i++) {
        unsigned char c = (unsigned char)t.at[i];
        if (c <= ' ' || c == 127 || c == '<' || c == '>' || c == ',' || c == ';' || c == '"')
            return false;
        if (c == '@') {
            ats++;
            at = i;
        }
    }
    return ats == 1 && at > 0 && at + 1 < t.length;
}

static bool is_language(struct text t) { return text_is(t, "zh-Hant") || text_is(t, "zh-Hans") || text_is(t, "en"); }
static bool is_channel(struct text t) { return t.length > 0; }

struct member_of_contact { const char *name; const struct json *given; size_t bytes_most; bool (*fine)(struct text); const char *what; };

/* {"phone": …}: an empty one is taken out. False: answered. */
static bool put_contact(struct request *request, struct json_writer *w, const struct member_of_contact *members, size_t count) {
    uint32_t named = 0, faults = 0;
    json_key(w, TEXT("contact"));
    json_open(w, '{');
    for (size_t i = 0; i < count; i++) {
        if (!members[i].given)
            continue;
        struct text value = members[i].given->text;
        named++;
        json_key(w, text_from(members[i].name));
        if (value.length == 0) {
            json_put_null(w);
            continue;
        }
        if (value.length > members[i].bytes_most || !members[i].fine(value)) {
            request_fault(request, text_format(&request->arena, "/%s", members[i].name), "format", "%s", members[i].what);
            faults++;
        }
        json_put_text(w, value);
    }
    json_close(w, '}');
    if (named == 0)
        request_fault(request, TEXT(""), "required", "says what is changed: phone, email, language, channel");
    if (named > 0 && faults == 0)
        return true;
    reply_problem(request, "body_invalid", "the body has %u fault%s", named ? faults : 1, named && faults > 1 ? "s" : "");
    return false;
}

/* Whose contact it is: one's own, or of whom the window names. False: answered. */
static bool whose(struct request *request, const struct json *given, struct person *ret) {
    bool own = request->caller.role == ROLE_APPLICANT;
    struct text name = own ? request->caller.name : given ? given->text : TEXT_NONE;
    if (own && given && !text_equal(given->text, name)) {
        reply_problem(request, "act_forbidden", "one changes one's own contact");
        return false;
    }
    if (!text_is_none(name) && person_read(name, ret))
        return true;
    request_fault(request, TEXT("/person"), "required", "names whose contact it is: seller.0, buyer.1.agent");
    reply_problem(request, "body_invalid", "the body has 1 fault");
    return false;
}

void handle_contact(struct request *request) {
    const struct json *name, *phone, *email, *language, *channel;
    struct person person;
    if (!BODY_FIELDS(request, {"person", JSON_STRING, false, MOST(name_bytes_most), &name}, {"phone", JSON_STRING, false, UNBOUNDED, &phone},
                     {"email", JSON_STRING, false, UNBOUNDED, &email}, {"language", JSON_STRING, false, UNBOUNDED, &language},
                     {"channel", JSON_STRING, false, UNBOUNDED, &channel}) ||
        !whose(request, name, &person))
        return;
    const struct member_of_contact members[] = {
        {"phone", phone, PHONE_BYTES_MOST, is_phone, "is a telephone number: 3 to 15 digits, with +, - or spaces; empty takes it out"},
        {"email", email, EMAIL_BYTES_MOST, is_email, "is an address such as anna@example.cn; empty takes it out"},
        {"language", language, CHANNEL_BYTES_MOST, is_language, "is zh-Hant, zh-Hans or en"},
        {"channel", channel, CHANNEL_BYTES_MOST, is_channel, "is the id of a channel of notices"},
    };
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, LIMIT_answer_bytes_most);
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("party"));
    json_put_text(&w, person.party);
    json_key(&w, TEXT("index"));
    json_put_int64(&w, person.index);
    json_key(&w, TEXT("agent"));
    json_put_bool(&w, person.is_agent);
    if (!put_contact(request, &w, members, sizeof members / sizeof members[0]))
        return;
    json_close(&w, '}');
    struct input input = command_input(request, INPUT_CONTACT_CHANGED, request->at[0]);
    input.data = out.failed ? TEXT_NONE : text_copy(&request->arena, buffer_text(&out));
    if (text_is_none(input.data))
        reply_problem(request, "out_of_memory", "no memory for the contact");
    else if (!command_is_full(request))
        command_send(request, &input, false);
}
