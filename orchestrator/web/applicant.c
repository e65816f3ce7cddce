/* A party enters by the case's number and its own query code: HTTP Basic, the number as the user's name. Eight digits are few,
 * so tries are counted: by case, in the database, before a code is looked at; and wrong ones by the client's address. */
#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <strings.h>

#include "base/base64.h"
#include "base/sha256.h"
#include "wire/cloud_event.h"
#include "web/party_part.h"

enum { CASE_TRIES_MOST = 10, BLOCK_SECONDS = 900, ADDRESS_TRIES_MOST = 30 };
#define ADDRESS_WINDOW_US (10 * TIME_MINUTE_US)

/* The client's address; behind a proxy on this machine, the one that it names. */
static uint64_t address_of(struct request *request) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;
    char room[INET6_ADDRSTRLEN] = "";
    if (address && address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, room, sizeof room);
    else if (address && address->sa_family == AF_INET6)   /* a household has a /64 */
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, room, 20);
    struct text proxied = request_header(request, "X-Real-IP");
    if ((strncmp(room, "127.", 4) == 0 || strcmp(room, "::1") == 0) && !text_is_none(proxied))
        return text_hash(proxied);
    return text_hash(text_from(room));
}

/* Counts a wrong try (`add` 1) or asks (0): has this address too many? */
static bool is_too_many(struct request *request, uint64_t address, uint32_t add) {
    struct web *web = request->web;
    int64_t now = web->clock.monotonic_us(web->clock.context);
    pthread_mutex_lock(&web->tokens_mutex);
    struct wrong_slot *slot = &web->wrong[address % WRONG_SLOTS];
    if (slot->address != address || now - slot->since_us > ADDRESS_WINDOW_US)
        if (slot->address == address || add || now - slot->since_us > ADDRESS_WINDOW_US)
            *slot = (struct wrong_slot){address, now, 0};
    slot->count += slot->address == address ? add : 0;
    bool many = slot->address == address && slot->count >= ADDRESS_TRIES_MOST;
    pthread_mutex_unlock(&web->tokens_mutex);
    return many;
}

static void refuse_for_now(struct request *request, int64_t seconds) {
    reply_header(request, "Retry-After", text_format(&request->arena, "%lld", (long long)seconds));
    reply_problem(request, "codes_tried", "too many wrong query codes; come again later, or have the window renew the code");
}

/* "4413…:1234 5678" → number and digits. */
static bool read_basic(struct request *request, struct text encoded, struct text *ret_case, struct text *ret_code) {
    struct text plain = base64_is(encoded) ? base64_decode(&request->arena, encoded) : TEXT_NONE;
    size_t colon = text_find(plain, ':');
    char *digits = arena_alloc(&request->arena, plain.length + 1);
    size_t count = 0;
    if (text_is_none(plain) || colon == SIZE_MAX || !digits || !text_is_utf8(plain))
        return false;
    for (size_t i = colon + 1; i < plain.length; i++) {
        if (plain.at[i] >= '0' && plain.at[i] <= '9')
            digits[count++] = plain.at[i];
        else if (plain.at[i] != ' ' && plain.at[i] != '-')
            return false;
    }
    *ret_case = text_span(plain.at, colon);
    *ret_code = text_span(digits, count);
    return number_is_sound(*ret_case) && count == CODE_DIGITS;
}

/* Every code of the case is reckoned, the right one or not, so that the time says nothing. */
static struct text match(struct request *request, const struct json *codes, struct text code) {
    struct text found = TEXT_NONE;
    for (uint32_t i = 0; codes && i < codes->count; i++) {
        const struct json *one = &codes->children[i].value;
        struct text wanted = json_get_text(one, TEXT("hash"));
        char hash[CODE_HASH_BYTES * 2 + 1];
        int64_t iterations = 0;
        if (json_to_int64(json_get_string(one, "iterations"), &iterations) && code_hash(code, json_get_text(one, TEXT("salt")), iterations, hash) &&
            wanted.length == sizeof hash - 1 && CRYPTO_memcmp(wanted.at, hash, wanted.length) == 0)
            found = text_copy(&request->arena, json_get_text(one, TEXT("person")));
    }
    return found;
}

/* Idempotency keys of one person are no other's: a number below all tokens' of its own. */
static int64_t own_number(struct text case_id, struct text person) {
    char name[512], room[SHA256_TEXT_SIZE];
    int length = snprintf(name, sizeof name, "%.*s:%.*s", TEXT_ARG(case_id), TEXT_ARG(person));
    struct text hash = sha256_text(text_span(name, (size_t)(length < (int)sizeof name ? length : (int)sizeof name - 1)), room);
    int64_t number = 0;
    for (int i = 0; i < 15; i++)
        number = number * 16 + (hash.at[i] <= '9' ? hash.at[i] - '0' : hash.at[i] - 'a' + 10);
    return -1 - number;
}

bool applicant_enter(struct request *request, struct text encoded) {
    struct record_list rows, none;
    struct json row = JSON_NULL_VALUE;
    struct text case_id, code;
    uint64_t address = address_of(request);
    int64_t blocked_s = 0;
    char waste[CODE_HASH_BYTES * 2 + 1];
    if (is_too_many(request, address, 0)) {
        refuse_for_now(request, ADDRESS_WINDOW_US / TIME_SECOND_US);
        return false;
    }
    if (!read_basic(request, encoded, &case_id, &code)) {
        reply_problem(request, "code_wrong", "send \"Authorization: Basic …\" of number:code; a code has %d digits", CODE_DIGITS);
        return false;
    }
    if (!ASK(request, "party_try", &rows, case_id, text_format(&request->arena, "%d", CASE_TRIES_MOST),
             text_format(&request->arena, "%d", BLOCK_SECONDS)))
        return false;
    if (rows.count == 0 || json_read(&request->arena, rows.at[0], 8, &row, NULL) != OUTCOME_OK)
        code_hash(code, TEXT("no such case has as much to do"), CODE_ITERATIONS, waste);
    if (json_to_int64(json_get_string(&row, "blocked_s"), &blocked_s)) {
        refuse_for_now(request, blocked_s);
        return false;
    }
    struct text person = match(request, json_get_string(&row, "codes"), code);
    if (text_is_none(person)) {
        is_too_many(request, address, 1);
        reply_problem(request, "code_wrong", "this number and this code do not belong together");
        return false;
    }
    if (!ASK(request, "party_passed", &none, case_id))
        return false;
    request->caller = (struct caller){.role = ROLE_APPLICANT, .token = own_number(case_id, person), .name = person, .case_id = case_id};
    return true;
}
