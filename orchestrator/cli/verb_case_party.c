/* case sign, case contact: what the window does for the persons of a case who stand before it. */
#include "cli/verb_part.h"

static enum verb_status send(struct invocation *c, const char *tail, struct text body, const char *what) {
    struct client_answer answer;
    enum verb_status status;
    const struct client_request request = {.method = "POST", .path = path_of(c, "/v1/cases/", invocation_argument(c, 0), tail),
                                           .body = body, .prefer = "wait=10"};
    return client_do(c, &request, &answer, &status) ? print_command(c, &answer, what) : status;
}

enum verb_status verb_case_sign(struct invocation *c) {
    return send(c, "/signature", BODY_OF(c, {"person", text_from(invocation_argument(c, 1)), false}), "signature");
}

enum verb_status verb_case_contact(struct invocation *c) {
    struct text phone = invocation_text(c, "phone"), email = invocation_text(c, "email"), language = invocation_text(c, "language"),
                channel = invocation_text(c, "channel");
    if (text_is_none(phone) && text_is_none(email) && text_is_none(language) && text_is_none(channel))
        return invocation_usage(c, "say what is changed: --phone, --email, --language, --channel");
    return send(c, "/contact",
                BODY_OF(c, {"person", text_from(invocation_argument(c, 1)), false}, {"phone", phone, false}, {"email", email, false},
                        {"language", language, false}, {"channel", channel, false}),
                "contact");
}
