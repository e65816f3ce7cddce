/* Query codes of the persons of a case: drawn at random, shown once to who submitted or renewed them, kept as a slow hash. */
#include "web/party_part.h"

#include <openssl/evp.h>
#include <stdio.h>

#include "model/limits.h"
#include "web/handlers.h"

bool person_read(struct text name, struct person *ret) {
    size_t dot = text_find(name, '.');
    struct text rest = dot == SIZE_MAX ? TEXT("0") : text_span(name.at + dot + 1, name.length - dot - 1);
    *ret = (struct person){.party = dot == SIZE_MAX ? name : text_span(name.at, dot)};
    dot = text_find(rest, '.');
    ret->is_agent = dot != SIZE_MAX;
    if (ret->is_agent && !text_is(text_span(rest.at + dot + 1, rest.length - dot - 1), "agent"))
        return false;
    return text_to_int64(ret->is_agent ? text_span(rest.at, dot) : rest, &ret->index) && ret->index >= 0;
}

const struct json *person_find(const struct json *parties, const struct person *person) {
    const struct json *of = json_get(parties, person->party);
    const struct json *found = of && of->type == JSON_ARRAY ? json_at(of, (size_t)person->index) : person->index == 0 ? of : NULL;
    return person->is_agent ? json_get_string(found, "agent") : found;
}

uint32_t persons_of(struct arena *arena, const struct json *parties, struct text *room, uint32_t most) {
    uint32_t count = 0;
    for (uint32_t i = 0; parties && parties->type == JSON_OBJECT && i < parties->count; i++) {
        const struct json *of = &parties->children[i].value;
        uint32_t persons = of->type == JSON_ARRAY ? of->count : of->type == JSON_OBJECT;
        for (uint32_t k = 0; k < persons && count + 2 <= most; k++) {
            const struct json *agent = json_get_string(of->type == JSON_ARRAY ? &of->children[k].value : of, "agent");
            room[count++] = text_format(arena, "%.*s.%u", TEXT_ARG(parties->children[i].key), k);
            if (agent && agent->type == JSON_OBJECT)
                room[count++] = text_format(arena, "%.*s.%u.agent", TEXT_ARG(parties->children[i].key), k);
        }
    }
    if (count == 0 && most > 0)
        room[count++] = TEXT("applicant");
    return count;
}

static void put_hex(const uint8_t *bytes, size_t count, char *ret) {
    for (size_t i = 0; i < count; i++)
        snprintf(ret + i * 2, 3, "%02x", bytes[i]);
}

bool code_hash(struct text code, struct text salt, int64_t iterations, char ret[CODE_HASH_BYTES * 2 + 1]) {
    uint8_t hash[CODE_HASH_BYTES];
    if (iterations < 1 || iterations > 10000000 ||
        PKCS5_PBKDF2_HMAC(code.at, (int)code.length, (const unsigned char *)salt.at, (int)salt.length, (int)iterations, EVP_sha256(),
                          sizeof hash, hash) != 1)
        return false;
    put_hex(hash, sizeof hash, ret);
    return true;
}

/* Eight digits, each as likely as any other. */
static struct text draw_code(struct request *request) {
    char room[CODE_DIGITS + 1];
    for (int i = 0; i < CODE_DIGITS;) {
        uint8_t byte;
        request->web->clock.random_bytes(request->web->clock.context, &byte, 1);
        if (byte < 250)   /* 250 to 255 would make some digits likelier */
            room[i++] = (char)('0' + byte % 10);
    }
    room[CODE_DIGITS] = '\0';
    return text_copy(&request->arena, text_from(room));
}

static bool put_row(struct request *request, struct json_writer *w, struct text person, struct text code) {
    uint8_t random[CODE_SALT_BYTES];
    char salt[CODE_SALT_BYTES * 2 + 1], hash[CODE_HASH_BYTES * 2 + 1];
    request->web->clock.random_bytes(request->web->clock.context, random, sizeof random);
    put_hex(random, sizeof random, salt);
    if (text_is_none(person) || text_is_none(code) || !code_hash(code, text_from(salt), CODE_ITERATIONS, hash))
        return false;
    json_open(w, '{');
    json_key(w, TEXT("person"));
    json_put_text(w, person);
    json_key(w, TEXT("salt"));
    json_put_text(w, text_from(salt));
    json_key(w, TEXT("iterations"));
    json_put_int64(w, CODE_ITERATIONS);
    json_key(w, TEXT("hash"));
    json_put_text(w, text_from(hash));
    json_close(w, '}');
    return true;
}

/* Those codes that were written, for the answer. */
static struct text shown(struct request *request, const struct record_list *made, const struct text *persons, const struct text *codes,
                         uint32_t count) {
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, (size_t)1 << 20);
    json_begin(&w, &out);
    json_open(&w, '[');
    for (uint32_t i = 0; i < count; i++) {
        bool written = false;
        for (uint32_t k = 0; k < made->count && !written; k++) {
            struct json row;
            written = json_read(&request->arena, made->at[k], 4, &row, NULL) == OUTCOME_OK &&
                      text_equal(json_get_text(&row, TEXT("person")), persons[i]);
        }
        if (!written)
            continue;
        json_open(&w, '{');
        json_key(&w, TEXT("person"));
        json_put_text(&w, persons[i]);
        json_key(&w, TEXT("code"));
        json_put_text(&w, codes[i]);
        json_close(&w, '}');
    }
    json_close(&w, ']');
    return out.failed ? TEXT_NONE : text_copy(&request->arena, buffer_text(&out));
}

/* Draws and writes; *ret: [{"person","code"}…] of those written. False: answered. */
static bool give(struct request *request, struct text case_id, const struct text *persons, uint32_t count, bool renew, struct text *ret) {
    struct text *codes = arena_new_array(&request->arena, count ? count : 1, struct text);
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    struct record_list made;
    buffer_init(&out, (size_t)1 << 20);
    json_begin(&w, &out);
    json_open(&w, '[');
    bool fine = codes != NULL;
    for (uint32_t i = 0; i < count && fine; i++)
        fine = put_row(request, &w, persons[i], codes[i] = draw_code(request));
    json_close(&w, ']');
    if (!fine || out.failed) {
        reply_problem(request, "out_of_memory", "no memory for query codes");
        return false;
    }
    if (!ASK(request, "party_codes_put", &made, case_id, request->caller.name, buffer_text(&out), renew ? TEXT("yes") : TEXT("no")))
        return false;
    *ret = shown(request, &made, persons, codes, count);
    return true;
}

/* Behind a submission that stands in the inbox. Should the database go away just now, the application stands and the
 * window renews the codes. */
void parties_give_codes(struct request *request, struct text case_id, struct text extra) {
    struct json value;
    const struct json *parties;
    struct text *persons = arena_new_array(&request->arena, PERSONS_MOST, struct text);
    if (!persons || text_is_none(extra) || json_read(&request->arena, extra, LIMIT_json_depth_most, &value, NULL) != OUTCOME_OK ||
        !(parties = json_get_string(&value, "parties")) || parties->type != JSON_OBJECT || parties->count == 0)
        return;
    uint32_t count = persons_of(&request->arena, parties, persons, PERSONS_MOST);
    if (!give(request, case_id, persons, count, false, &request->codes))
        reply_forget(request);
}

/* POST …/codes: new codes for a person, or for all; the old ones end. */
void handle_codes(struct request *request) {
    const struct json *person_given;
    struct record_list rows;
    struct json row;
    struct text wanted, codes, *persons = arena_new_array(&request->arena, PERSONS_MOST, struct text);
    if (!BODY_FIELDS(request, {"person", JSON_STRING, false, MOST(name_bytes_most), &person_given}) || !persons ||
        !ASK(request, "party_case", &rows, request->at[0]))
        return;
    if (rows.count == 0 || json_read(&request->arena, rows.at[0], LIMIT_json_depth_most * 2, &row, NULL) != OUTCOME_OK) {
        reply_problem(request, "case_unknown", "there is no case %.*s", TEXT_ARG(request->at[0]));
        return;
    }
    uint32_t count = persons_of(&request->arena, json_get_string(&row, "parties"), persons, PERSONS_MOST);
    wanted = person_given ? person_given->text : TEXT_NONE;
    for (uint32_t i = 0; i < count && !text_is_none(wanted); i++)
        if (text_equal(persons[i], wanted)) {
            persons[0] = wanted;
            count = 1;
            wanted = TEXT_NONE;
        }
    if (!text_is_none(wanted))
        reply_problem(request, "person_unknown", "the case has no person %.*s", TEXT_ARG(wanted));
    else if (give(request, request->at[0], persons, count, true, &codes))
        reply_json(request, 201, text_format(&request->arena, "{\"case\":\"%.*s\",\"codes\":%.*s}", TEXT_ARG(request->at[0]), TEXT_ARG(codes)));
}
