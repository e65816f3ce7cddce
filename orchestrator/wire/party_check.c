/* Who files an application, held against what its definition says of parties. */
#include "wire/party_check.h"

#include "base/json.h"
#include "base/time.h"
#include "model/limits.h"

static enum outcome bad(struct error *error, struct text party, uint32_t index, const char *why) {
    return error_set(error, OUTCOME_REJECT, "party_invalid", "/extra/parties/%.*s/%u: %s", TEXT_ARG(party), index, why);
}

static enum outcome check_authority(struct text party, uint32_t index, const struct json *authority, struct error *error) {
    static const char *const known[] = {"sign", "correct", "withdraw", "rate", "consent"};
    const struct json *scope = json_get_string(authority, "scope");
    struct text until = json_get_text(authority, TEXT("until"));
    struct civil_date day;
    if (json_get_text(authority, TEXT("basis")).length == 0)
        return bad(error, party, index, "an agent acts on an authority whose basis is recorded (agent.authority.basis)");
    if (!text_is_none(until) && (!civil_read(until, &day) || !civil_is_valid(day)))
        return bad(error, party, index, "agent.authority.until is a date");
    if (scope && scope->type != JSON_ARRAY)
        return bad(error, party, index, "agent.authority.scope is a list");
    for (uint32_t i = 0; scope && i < scope->count; i++) {
        bool fine = false;
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
            fine |= scope->children[i].value.type == JSON_STRING && text_is(scope->children[i].value.text, known[k]);
        if (!fine)
            return bad(error, party, index, "agent.authority.scope has sign, correct, withdraw, rate, consent");
    }
    return OUTCOME_OK;
}

/* true, false, or one of them by lookup source; "*": all others. */
static bool is_consent(const struct json *consent) {
    bool fine = !consent || consent->type == JSON_NULL || consent->type == JSON_TRUE || consent->type == JSON_FALSE || consent->type == JSON_OBJECT;
    for (uint32_t i = 0; consent && consent->type == JSON_OBJECT && i < consent->count; i++)
        fine = fine && (consent->children[i].value.type == JSON_TRUE || consent->children[i].value.type == JSON_FALSE);
    return fine;
}

static enum outcome check_person(const struct party_definition *party, uint32_t index, const struct json *person, struct error *error) {
    const struct json *agent = json_get_string(person, "agent");
    if (person->type != JSON_OBJECT || json_get_text(person, TEXT("name")).length == 0)
        return bad(error, party->id, index, "a person has a name");
    if (!is_consent(json_get_string(person, "consent")))
        return bad(error, party->id, index, "consent is true, false, or one of them by the source of a lookup");
    if (!agent || agent->type == JSON_NULL)
        return OUTCOME_OK;
    if (!party->agent_allowed)
        return bad(error, party->id, index, "nobody may act for this party");
    if (agent->type != JSON_OBJECT || json_get_text(agent, TEXT("name")).length == 0)
        return bad(error, party->id, index, "an agent has a name");
    return check_authority(party->id, index, json_get_string(agent, "authority"), error);
}

static enum outcome check_party(const struct definition *definition, struct text id, const struct json *given, struct error *error) {
    const struct party_definition *party = NULL;
    for (uint16_t i = 0; i < definition->party_count && !party; i++)
        if (text_equal(definition->parties[i].id, id))
            party = &definition->parties[i];
    bool many = given->type == JSON_ARRAY;
    if (!party)
        return bad(error, id, 0, "the thing has no such party");
    if (many && (given->count > PARTY_PERSONS_MOST || (given->count > 1 && !party->many)))
        return bad(error, id, given->count - 1, party->many ? "a party has at most 100 persons" : "this party is one person");
    enum outcome outcome = OUTCOME_OK;
    for (uint32_t i = 0; i < (many ? given->count : 1) && outcome == OUTCOME_OK; i++)
        outcome = check_person(party, i, many ? &given->children[i].value : given, error);
    return outcome;
}

/* Whoever has to sign has to be there: an empty party would have signed. */
static enum outcome check_signers(const struct definition *definition, const struct json *parties, struct error *error) {
    for (uint16_t i = 0; i < definition->step_count; i++) {
        const struct step_definition *step = &definition->steps[i];
        if (step->kind != STEP_WAIT || step->wait.mode != WAIT_SIGNED)
            continue;
        for (uint16_t k = 0; k < step->wait.party_count; k++) {
            struct text id = definition->parties[step->wait.parties[k]].id;
            const struct json *given = json_get(parties, id);
            if (!given || given->type == JSON_NULL || (given->type == JSON_ARRAY && given->count == 0))
                return bad(error, id, 0, "nobody is named who could sign");
        }
    }
    return OUTCOME_OK;
}

enum outcome party_check(const struct definition *definition, struct text extra, struct arena *arena, struct error *error) {
    struct json value = JSON_NULL_VALUE;
    if (!text_is_none(extra)) {
        enum outcome read = json_read(arena, extra, LIMIT_json_depth_most, &value, error);
        if (read != OUTCOME_OK)
            return read;
    }
    const struct json *parties = json_get_string(&value, "parties");
    if (!is_consent(json_get_string(&value, "consent")))
        return error_set(error, OUTCOME_REJECT, "party_invalid", "/extra/consent: is true, false, or one of them by the source of a lookup");
    if (parties && parties->type != JSON_NULL && parties->type != JSON_OBJECT)
        return error_set(error, OUTCOME_REJECT, "party_invalid", "/extra/parties: is an object, a member a party");
    enum outcome outcome = OUTCOME_OK;
    for (uint32_t i = 0; parties && i < parties->count && outcome == OUTCOME_OK; i++)
        if (parties->children[i].value.type != JSON_NULL)
            outcome = check_party(definition, parties->children[i].key, &parties->children[i].value, error);
    return outcome == OUTCOME_OK ? check_signers(definition, parties, error) : outcome;
}
