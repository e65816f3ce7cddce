/* Tokens: made here or by yjsctl, shown once, kept as a hash. */
#include <stdio.h>

#include "base/sha256.h"
#include "model/limits.h"
#include "web/handlers.h"
#include "web/web_part.h"

enum { TOKEN_RANDOM_BYTES = 32 };

/* "yjs_" and 64 hexadecimal digits: recognisable for scanners of leaked secrets. */
static struct text make_token(struct request *request) {
    uint8_t random[TOKEN_RANDOM_BYTES];
    char room[4 + TOKEN_RANDOM_BYTES * 2 + 1] = "yjs_";
    request->web->clock.random_bytes(request->web->clock.context, random, sizeof random);
    for (int i = 0; i < TOKEN_RANDOM_BYTES; i++)
        snprintf(room + 4 + i * 2, 3, "%02x", random[i]);
    return text_copy(&request->arena, text_from(room));
}

void handle_token_create(struct request *request) {
    const struct json *role_given, *department, *region, *name, *expires;
    enum role role;
    int64_t moment;
    struct record_list rows;
    if (!BODY_FIELDS(request, {"role", JSON_STRING, true, MOST(name_bytes_most), &role_given}, {"name", JSON_STRING, true, MOST(person_bytes_most), &name},
                     {"department", JSON_STRING, false, MOST(name_bytes_most), &department},
                     {"region", JSON_STRING, false, MOST(name_bytes_most), &region}, {"expires_at", JSON_STRING, false, MOST(name_bytes_most), &expires}))
        return;
    if (!role_parse(role_given->text, &role) || role == ROLE_APPLICANT)
        request_fault(request, TEXT("/role"), "enum", "is no role that a token can have");
    else if ((role == ROLE_DEPARTMENT) != (department != NULL))
        request_fault(request, TEXT("/department"), "dependencies", "is needed for the role department, and for no other");
    if (expires && (time_parse(expires->text, &moment, NULL) != OUTCOME_OK || moment <= request_now_us(request)))
        request_fault(request, TEXT("/expires_at"), "format", "must be a moment to come, as in RFC 3339");
    if (request->fault_count > 0) {
        reply_problem(request, "body_invalid", "the body has %u fault%s", request->fault_count,
                      request->fault_count == 1 ? "" : "s");
        return;
    }
    struct text token = make_token(request);
    char hash[SHA256_TEXT_SIZE];
    if (text_is_none(token) ||
        !ASK(request, "token_create", &rows, sha256_text(token, hash), role_given->text, department ? department->text : TEXT_NONE,
             region ? region->text : TEXT_NONE, name->text, request->caller.name, expires ? expires->text : TEXT_NONE))
        return;
    if (rows.count != 1) {
        reply_problem(request, "internal", "the token was not written");
        return;
    }
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, 1 << 16);
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("secret"));
    json_put_text(&w, token);
    json_key(&w, TEXT("token"));
    json_put_raw(&w, rows.at[0]);
    json_close(&w, '}');
    reply_json(request, 201, buffer_text(&out));
}

void handle_tokens(struct request *request) {
    struct record_list rows;
    if (ask(request, "token_list", NULL, 0, &rows))
        reply_page(request, &rows, rows.count, "");
}

void handle_token_revoke(struct request *request) {
    struct record_list rows;
    int64_t id;
    if (!text_to_int64(request->at[0], &id)) {
        reply_problem(request, "token_unknown", "a token's id is a number");
        return;
    }
    if (!ASK(request, "token_revoke", &rows, request->at[0]))
        return;
    auth_forget(request->web);   /* other daemons believe it for 5 s more */
    if (rows.count > 0)
        reply_json(request, 200, rows.at[0]);
    else
        reply_problem(request, "token_unknown", "there is no such token, or it was revoked before");
}
