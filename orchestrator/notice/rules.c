/* config/notices.yaml, read into rules; what is wrong is named with its place. */
#include "notice/rules.h"

#include <stdio.h>

#include "base/time.h"
#include "definition/node.h"

static const char *const audiences[AUDIENCE_COUNT] = {"party", "window", "department", "supervisor"};
const char *audience_name(enum notice_audience audience) { return audience < AUDIENCE_COUNT ? audiences[audience] : ""; }

struct reader { struct arena *arena; struct text file; struct notice_rules *rules; struct error *error; };

static enum outcome bad(struct reader *r, const struct node *at, const char *what) {
    return error_set(r->error, OUTCOME_REJECT, "notices_bad", "%.*s:%u:%u: %s", TEXT_ARG(r->file), at ? at->place.line : 0,
                     at ? at->place.column : 0, what);
}

/* One of the words, as its number; absent: the first. */
static bool read_word(const struct node *node, const char *const *words, int *ret) {
    struct text given = node_text(node);
    for (int i = 0; words[i]; i++)
        if (text_is_none(given) || text_is(given, words[i])) {
            *ret = i;
            return true;
        }
    return false;
}

static enum outcome read_duration(struct reader *r, const struct node *node, int64_t *ret) {
    if (node && duration_parse(node_text(node), ret, NULL) != OUTCOME_OK)
        return bad(r, node, "a duration is written as 30s, 5m, 2h, 3d");
    return OUTCOME_OK;
}

/* No key but these. */
static enum outcome known_keys(struct reader *r, const struct node *node, const char *const *keys) {
    for (uint32_t i = 0; i < node->count; i++) {
        bool known = false;
        for (int k = 0; keys[k] && !known; k++)
            known = text_is(node->members[i].key, keys[k]);
        if (!known)
            return bad(r, &node->members[i].node,
                       text_format(r->arena, "there is no key \"%.*s\" here", TEXT_ARG(node->members[i].key)).at);
    }
    return OUTCOME_OK;
}

static enum outcome try_template(struct reader *r, const struct node *at, struct text pattern) {
    static const struct notice_value known[] = {{"id", TEXT_NONE},   {"address", TEXT_NONE}, {"title", TEXT_NONE}, {"text", TEXT_NONE},
                                                {"language", TEXT_NONE}, {"case", TEXT_NONE}, {"kind", TEXT_NONE},
                                                {"recipient", TEXT_NONE}, {"secret", TEXT_NONE}, {"sign", TEXT_NONE}};
    struct buffer out;
    struct error error = {0};
    buffer_init(&out, (size_t)1 << 20);
    enum outcome outcome = notice_fill(&out, pattern, known, sizeof known / sizeof known[0], ESCAPE_NONE, false, &error);
    buffer_free(&out);
    return outcome == OUTCOME_OK ? OUTCOME_OK : bad(r, at, error.message);
}

static enum outcome read_channel(struct reader *r, const struct node *node, struct channel *ret) {
    static const char *const keys[] = {"id", "kind", "address", "url", "method", "headers", "body", "escape", "from", "user", "secret", NULL};
    static const char *const kinds[] = {"console", "http", "smtp", NULL}, *const addresses[] = {"none", "phone", "email", NULL};
    static const char *const escapes[] = {"json", "url", "xml", "none", NULL};
    int kind, address, escape;
    enum outcome outcome = node->type == JSON_OBJECT ? known_keys(r, node, keys) : bad(r, node, "a channel is an object");
    if (outcome != OUTCOME_OK)
        return outcome;
    if (!read_word(node_get(node, "kind"), kinds, &kind) || !read_word(node_get(node, "address"), addresses, &address) ||
        !read_word(node_get(node, "escape"), escapes, &escape))
        return bad(r, node, "kind is console, http or smtp; address none, phone or email; escape json, url, xml or none");
    *ret = (struct channel){.id = node_text(node_get(node, "id")), .kind = (enum channel_kind)kind,
                            .address = (enum channel_address)address, .escape = (enum channel_escape)escape,
                            .url = node_text(node_get(node, "url")), .method = node_text(node_get(node, "method")),
                            .body = node_text(node_get(node, "body")), .from = node_text(node_get(node, "from")),
                            .user = node_text(node_get(node, "user")), .secret = node_text(node_get(node, "secret"))};
    if (text_is_none(ret->id) || notice_channel(r->rules, ret->id))
        return bad(r, node, "a channel has an id of its own");
    if (ret->kind != CHANNEL_CONSOLE && text_is_none(ret->url))
        return bad(r, node, "http and smtp need a url");
    if (ret->kind == CHANNEL_SMTP && (text_is_none(ret->from) || ret->address != ADDRESS_EMAIL))
        return bad(r, node, "smtp needs from, and address: email");
    if (text_is_none(ret->method))
        ret->method = TEXT("POST");
    const struct node *headers = node_get(node, "headers");
    for (uint32_t i = 0; headers && i < headers->count && outcome == OUTCOME_OK; i++) {
        if (ret->header_count == RULES_HEADERS_MOST)
            return bad(r, headers, "a channel has at most 16 headers");
        ret->headers[ret->header_count++] = (struct channel_header){headers->members[i].key, node_text(&headers->members[i].node)};
        outcome = try_template(r, headers, node_text(&headers->members[i].node));
    }
    if (outcome == OUTCOME_OK)
        outcome = try_template(r, node, ret->url);
    return outcome == OUTCOME_OK ? try_template(r, node, ret->body) : outcome;
}

static enum outcome read_audience(struct reader *r, const struct node *node, enum notice_audience audience) {
    if (node && (node->type != JSON_ARRAY || node->count >= RULES_CHANNELS_MOST))
        return bad(r, node, "an audience has a list of channels");
    for (uint32_t i = 0; node && i < node->count; i++) {
        const struct channel *channel = notice_channel(r->rules, node_text(&node->members[i].node));
        if (!channel)
            return bad(r, &node->members[i].node, "there is no channel of this id");
        r->rules->over[audience][i] = channel;
    }
    return OUTCOME_OK;
}

static enum outcome read_retry(struct reader *r, const struct node *node) {
    static const char *const keys[] = {"first", "most", "attempts", "timeout", NULL};
    int64_t attempts = 8;
    enum outcome outcome = node ? known_keys(r, node, keys) : OUTCOME_OK;
    if (outcome == OUTCOME_OK)
        outcome = read_duration(r, node_get(node, "first"), &r->rules->first_us);
    if (outcome == OUTCOME_OK)
        outcome = read_duration(r, node_get(node, "most"), &r->rules->most_us);
    if (outcome == OUTCOME_OK)
        outcome = read_duration(r, node_get(node, "timeout"), &r->rules->timeout_us);
    const struct node *given = node_get(node, "attempts");
    if (outcome == OUTCOME_OK && given && (!text_to_int64(node_text(given), &attempts) || attempts < 1 || attempts > 100))
        return bad(r, given, "attempts is a number from 1 to 100");
    r->rules->attempts = (uint32_t)attempts;
    return outcome;
}

static enum outcome read_all(struct reader *r, struct node *node) {
    static const char *const keys[] = {"language", "sign", "query", "remind_after", "retry", "channels", "party", "window",
                                       "department", "supervisor", "addresses", NULL};
    static const char *const languages[] = {"zh-Hant", "zh-Hans", "en", NULL};
    int language;
    struct notice_rules *rules = r->rules;
    if (node->type != JSON_OBJECT)
        return bad(r, node, "the rules of notices are an object");
    enum outcome outcome = known_keys(r, node, keys);
    if (outcome == OUTCOME_OK && !read_word(node_get(node, "language"), languages, &language))
        return bad(r, node_get(node, "language"), "language is zh-Hant, zh-Hans or en");
    if (outcome != OUTCOME_OK)
        return outcome;
    rules->language = text_from(languages[language]);
    rules->sign = node_text(node_get(node, "sign"));
    rules->query = node_text(node_get(node, "query"));
    const struct node *channels = node_get(node, "channels");
    if (channels && (channels->type != JSON_ARRAY || channels->count > RULES_CHANNELS_MOST))
        return bad(r, channels, "channels is a list of at most 32");
    for (uint32_t i = 0; channels && i < channels->count && outcome == OUTCOME_OK; i++) {
        struct channel channel;
        outcome = read_channel(r, &channels->members[i].node, &channel);
        if (outcome == OUTCOME_OK)
            rules->channels[rules->channel_count++] = channel;
    }
    for (int i = 0; i < AUDIENCE_COUNT && outcome == OUTCOME_OK; i++)
        outcome = read_audience(r, node_get(node, audiences[i]), (enum notice_audience)i);
    if (outcome == OUTCOME_OK)
        outcome = read_duration(r, node_get(node, "remind_after"), &rules->remind_after_us);
    const struct node *addresses = node_get(node, "addresses");
    rules->addresses = addresses ? addresses->value : NULL;
    return outcome == OUTCOME_OK ? read_retry(r, node_get(node, "retry")) : outcome;
}

enum outcome notice_rules_read(struct arena *arena, struct text source, struct text file, struct notice_rules *ret, struct error *error) {
    struct fault_list list = {0};
    struct faults faults = {arena, file, &list};
    struct node *root = arena_new(arena, struct node);
    struct notice_rules *rules = arena_new(arena, struct notice_rules);
    if (!root || !rules)
        return error_no_memory(error);
    rules->first_us = 30 * TIME_SECOND_US;
    rules->most_us = TIME_HOUR_US;
    rules->timeout_us = 10 * TIME_SECOND_US;
    if (!node_read_yaml(arena, source, &faults, root) || !node_to_json(arena, root))
        return arena->failed ? error_no_memory(error)
                             : error_set(error, OUTCOME_REJECT, "notices_bad", "%.*s: %.*s", TEXT_ARG(file),
                                         TEXT_ARG(list.count ? list.at[0].message : TEXT("it can't be read as YAML")));
    struct reader reader = {arena, file, rules, error};
    enum outcome outcome = read_all(&reader, root);
    if (outcome != OUTCOME_OK)
        return outcome;
    *ret = *rules;
    for (int i = 0; i < AUDIENCE_COUNT; i++)   /* into the copy */
        for (int k = 0; k < RULES_CHANNELS_MOST && rules->over[i][k]; k++)
            ret->over[i][k] = &ret->channels[rules->over[i][k] - rules->channels];
    return arena->failed ? error_no_memory(error) : OUTCOME_OK;
}

const struct channel *notice_channel(const struct notice_rules *rules, struct text id) {
    for (uint32_t i = 0; i < rules->channel_count; i++)
        if (text_equal(rules->channels[i].id, id))
            return &rules->channels[i];
    return NULL;
}

struct text notice_office_address(const struct notice_rules *rules, const struct channel *channel, enum notice_audience audience,
                                  struct text id) {
    const struct json *of = json_get(rules->addresses, channel->id);
    char name[128];
    snprintf(name, sizeof name, "%s.%.*s", audiences[audience], TEXT_ARG(id));
    struct text own = json_get_text(of, text_from(name));
    return text_is_none(own) ? json_get_text(of, text_from(audiences[audience])) : own;
}
