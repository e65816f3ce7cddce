/* Who is calling: bearer tokens, known by their hash; what was found is believed for some seconds.
 *
 * A party of a case comes by number and query code instead (applicant.c), on the routes that are for applicants.
 *
 * JWT by an issuer's keys (JWKS) has its place in auth_caller: another way to a struct caller. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <strings.h>

#include "base/sha256.h"
#include "web/web_part.h"

#define BELIEVED_US (5 * INT64_C(1000000))
enum { TOKEN_BYTES_LEAST = 16, TOKEN_BYTES_MOST = 512 };

static int64_t monotonic(const struct web *web) { return web->clock.monotonic_us(web->clock.context); }

static struct token_slot *slot_of(struct web *web, struct text hash) { return &web->tokens[text_hash(hash) % TOKEN_SLOTS]; }

static bool find_known(struct web *web, struct request *request, struct text hash) {
    pthread_mutex_lock(&web->tokens_mutex);
    const struct token_slot *slot = slot_of(web, hash);
    bool found = slot->until_us > monotonic(web) && CRYPTO_memcmp(slot->hash, hash.at, sizeof slot->hash - 1) == 0;
    if (found) {
        request->caller.role = slot->caller.role;
        request->caller.token = slot->caller.token;
        request->caller.name = text_copy(&request->arena, text_from(slot->name));
        request->caller.department = slot->department[0] ? text_copy(&request->arena, text_from(slot->department)) : TEXT_NONE;
        request->caller.region = slot->region[0] ? text_copy(&request->arena, text_from(slot->region)) : TEXT_NONE;
    }
    pthread_mutex_unlock(&web->tokens_mutex);
    return found;
}

static void remember(struct web *web, const struct caller *caller, struct text hash) {
    if (caller->name.length >= sizeof web->tokens[0].name || caller->department.length >= sizeof web->tokens[0].department ||
        caller->region.length >= sizeof web->tokens[0].region)
        return; /* asked again each time */
    pthread_mutex_lock(&web->tokens_mutex);
    struct token_slot *slot = slot_of(web, hash);
    snprintf(slot->hash, sizeof slot->hash, "%.*s", TEXT_ARG(hash));
    slot->until_us = monotonic(web) + BELIEVED_US;
    slot->caller = *caller;
    snprintf(slot->name, sizeof slot->name, "%.*s", TEXT_ARG(caller->name));
    snprintf(slot->department, sizeof slot->department, "%.*s", TEXT_ARG(caller->department));
    snprintf(slot->region, sizeof slot->region, "%.*s", TEXT_ARG(caller->region));
    pthread_mutex_unlock(&web->tokens_mutex);
}

void auth_forget(struct web *web) {
    pthread_mutex_lock(&web->tokens_mutex);
    memset(web->tokens, 0, sizeof web->tokens);
    pthread_mutex_unlock(&web->tokens_mutex);
}

static bool read_caller(struct request *request, struct text row) {
    struct json token;
    struct caller *caller = &request->caller;
    if (json_read(&request->arena, row, 8, &token, NULL) != OUTCOME_OK ||
        !role_parse(json_get_text(&token, TEXT("role")), &caller->role) ||
        !json_to_int64(json_get_string(&token, "id"), &caller->token))
        return false;
    caller->name = json_get_text(&token, TEXT("name"));
    caller->department = json_get_text(&token, TEXT("department"));
    caller->region = json_get_text(&token, TEXT("region"));
    return caller->role != ROLE_DEPARTMENT || caller->department.length > 0;
}

bool auth_caller(struct request *request) {
    struct text header = request_header(request, "Authorization");
    bool is_basic = header.length > 6 && strncasecmp(header.at, "Basic ", 6) == 0;
    if (is_basic && request->route->roles & (1u << ROLE_APPLICANT))
        return applicant_enter(request, text_span(header.at + 6, header.length - 6));
    if (text_is_none(header) || header.length < 8 || strncasecmp(header.at, "Bearer ", 7) != 0) {
        reply_problem(request, "token_missing", "send \"Authorization: Bearer …\" with a token of `yjsctl token create`");
        return false;
    }
    struct text secret = text_span(header.at + 7, header.length - 7);
    char room[SHA256_TEXT_SIZE];
    struct text hash = sha256_text(secret, room);
    if (secret.length < TOKEN_BYTES_LEAST || secret.length > TOKEN_BYTES_MOST) {
        reply_problem(request, "token_bad", "no token is so short or long");
        return false;
    }
    if (find_known(request->web, request, hash))
        return true;
    struct record_list rows;
    if (!ASK(request, "token_find", &rows, hash))
        return false;
    if (rows.count == 0 || !read_caller(request, rows.at[0])) {
        reply_problem(request, "token_bad", "there is no such token, it has expired, or it was revoked");
        return false;
    }
    remember(request->web, &request->caller, hash);
    return true;
}

bool auth_department(const struct request *request, struct text department, struct text region) {
    const struct caller *caller = &request->caller;
    if (caller->role != ROLE_DEPARTMENT)
        return true;
    return text_equal(caller->department, department) &&
           (caller->region.length == 0 || text_equal(caller->region, region));
}

bool auth_sees_data(const struct request *request) {
    enum role role = request->caller.role;
    return role == ROLE_WINDOW || role == ROLE_OPERATOR || role == ROLE_AUDITOR;
}
