/* config/notices.yaml, read into rules; everything that is wrong is named with its place, in one run. */
#include "notice/rules.h"

#include <stdio.h>

#include "base/time.h"
#include "definition/node.h"

static const char *const audiences[AUDIENCE_COUNT] = {"party", "window", "department", "supervisor"};
const char *audience_name(enum notice_audience audience) { return audience < AUDIENCE_COUNT ? audiences[audience] : ""; }

struct reader { struct arena *arena; struct text file; struct notice_rules *rules; struct fault_list *faults; };

static void bad(struct reader *r, const struct node *at, const char *what) {
    fault_list_add(r->faults, r->arena,
                   &(struct fault){.severity = FAULT_ERROR, .code = "notices_bad", .file = r->file, .line = at ? at->place.line : 0,
                                   .column = at ? at->place.column : 0, .message = text_copy(r->arena, text_from(what)),
                                   .remedy = TEXT("Write it as in config/notices.yaml.")});
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

static void read_duration(struct reader *r, const struct node *node, int64_t *ret) {
    if (node && duration_parse(node_text(node), ret, NULL) != OUTCOME_OK)
        bad(r, node, "a duration is written as 30s, 5m, 2h, 3d");
}

/* No key but these. */
static void known_keys(struct reader *r, const struct node *node, const char *const *keys) {
    for (uint32_t i = 0; i < node->count; i++) {
        bool known = false;
        for (int k = 0; keys[k] && !known; k++)
            known = text_is(node->members[i].key, keys[k]);
        if (!known)
            bad(r, &node->members[i].node, text_format(r->arena, "there is no key \"%.*s\" here", TEXT_ARG(node->members[i].key)).at);
    }
}

static void try_template(struct reader *r, const struct node *at, struct text pattern) {
    static const struct notice_value known[] = {{"id", TEXT_NONE},   {"address", TEXT_NONE}, {"title", TEXT_NONE}, {"text", TEXT_NONE},
                                                {"language", TEXT_NONE}, {"case", TEXT_NONE}, {"kind", TEXT_NONE},
                                                {"recipient", TEXT_NONE}, {"secret", TEXT_NONE}, {"sign", TEXT_NONE}};
    struct buffer out;
    struct error error = {0};
    buffer_init(&out, (size_t)1 << 20);
    if (notice_fill(&out, pattern, known, sizeof known / sizeof known[0], ESCAPE_NONE, false, &error) != OUTCOME_OK)
        bad(r, at, error.message);
    buffer_free(&out);
}

static void read_headers(struct reader *r, const struct node *headers, struct channel *ret) {
    for (uint32_t i = 0; headers && i < headers->count; i++) {
        if (ret->header_count == RULES_HEADERS_MOST) {
            bad(r, headers, "a channel has at most 16 headers");
            return;
        }
        ret->headers[ret->header_count++] = (struct channel_header){headers->members[i].key, node_text(&headers->members[i].node)};
        try_template(r, headers, node_text(&headers->members[i].node));
    }
}

static void read_channel(struct reader *r, const struct node *node, struct channel *ret) {
    static const char *const keys[] = {"id", "kind", "address", "url", "method", "headers", "body", "escape", "from", "user", "secret", NULL};
    static const char *const kinds[] = {"console", "http", "smtp", NULL}, *const addresses[] = {"none", "phone", "email", NULL};
    static const char *const escapes[] = {"json", "url", "xml", "none", NULL};
    int kind = 0, address = 0, escape = 0;
    if (node->type != JSON_OBJECT) {
        bad(r, node, "a channel is an object");
        return;
    }
    known_keys(r, node, keys);
    if (!read_word(node_get(node, "kind"), kinds, &kind) || !read_word(node_get(node, "address"), addresses, &address) ||
        !read_word(node_get(node, "escape"), escapes, &escape))
        bad(r, node, "kind is console, http or smtp; address none, phone or email; escape json, url, xml or none");
    *ret = (struct channel){.id = node_text(node_get(node, "id")), .kind = (enum channel_kind)kind,
                            .address = (enum channel_address)address, .escape = (enum channel_escape)escape,
                            .url = node_text(node_get(node, "url")), .method = node_text(node_get(node, "method")),
                            .body = node_text(node_get(node, "body")), .from = node_text(node_get(node, "from")),
                            .user = node_text(node_get(node, "user")), .secret = node_text(node_get(node, "secret"))};
    if (text_is_none(ret->id) || notice_channel(r->rules, ret->id))
        bad(r, node, "a channel has an id of its own");
    if (ret->kind != CHANNEL_CONSOLE && text_is_none(ret->url))
        bad(r, node, "http and smtp need a url");
    if (ret->kind == CHANNEL_SMTP && (text_is_none(ret->from) || ret->address != ADDRESS_EMAIL))
        bad(r, node, "smtp needs from, and address: email");
    if (text_is_none(ret->method))
        ret->method = TEXT("POST");
    read_headers(r, node_get(node, "headers"), ret);
    try_template(r, node, ret->url);
    try_template(r, node, ret->body);
}

static void read_audience(struct reader *r, const struct node *node, enum notice_audience audience) {
    if (node && (node->type != JSON_ARRAY || node->count >= RULES_CHANNELS_MOST)) {
        bad(r, node, "an audience has a list of channels");
        return;
    }
    for (uint32_t i = 0; node && i < node->count; i++) {
        const struct channel *channel = notice_channel(r->rules, node_text(&node->members[i].node));
        if (!channel)
            bad(r, &node->members[i].node, "there is no channel of this id");
        r->rules->over[audience][i] = channel;
    }
}

static void read_retry(struct reader *r, const struct node *node) {
    static const char *const keys[] = {"first", "most", "attempts", "timeout", NULL};
    int64_t attempts = 8;
    if (node)
        known_keys(r, node, keys);
    read_duration(r, node_get(node, "first"), &r->rules->first_us);
    read_duration(r, node_get(node, "most"), &r->rules->most_us);
    read_duration(r, node_get(node, "timeout"), &r->rules->timeout_us);
    const struct node *given = node_get(node, "attempts");
    if (given && (!text_to_int64(node_text(given), &attempts) || attempts < 1 || attempts > 100))
        bad(r, given, "attempts is a number from 1 to 100");
    r->rules->attempts = (uint32_t)attempts;
}

static void read_channels(struct reader *r, const struct node *channels) {
    if (channels && (channels->type != JSON_ARRAY || channels->count > RULES_CHANNELS_MOST)) {
        bad(r, channels, "channels is a list of at most 32");
        return;
    }
    for (uint32_t i = 0; channels && i < channels->count; i++) {
        struct channel channel = {.kind = CHANNEL_CONSOLE};
        read_channel(r, &channels->members[i].node, &channel);
        r->rules->channels[r->rules->channel_count++] = channel;   /* a faulty one too: who names it does no wrong */
    }
}

static void read_all(struct reader *r, struct node *node) {
    static const char *const keys[] = {"language", "sign", "query", "remind_after", "retry", "channels", "party", "window",
                                       "department", "supervisor", "addresses", NULL};
    static const char *const languages[] = {"zh-Hant", "zh-Hans", "en", NULL};
    int language = 0;
    struct notice_rules *rules = r->rules;
    if (node->type != JSON_OBJECT) {
        bad(r, node, "the rules of notices are an object");
        return;
    }
    known_keys(r, node, keys);
    if (!read_word(node_get(node, "language"), languages, &language))
        bad(r, node_get(node, "language"), "language is zh-Hant, zh-Hans or en");
    rules->language = text_from(languages[language]);
    rules->sign = node_text(node_get(node, "sign"));
    rules->query = node_text(node_get(node, "query"));
    read_channels(r, node_get(node, "channels"));
    for (int i = 0; i < AUDIENCE_COUNT; i++)
        read_audience(r, node_get(node, audiences[i]), (enum notice_audience)i);
    read_duration(r, node_get(node, "remind_after"), &rules->remind_after_us);
    const struct node *addresses = node_get(node, "addresses");
    rules->addresses = addresses ? addresses->value : NULL;
    read_retry(r, node_get(node, "retry"));
}

enum outcome notice_rules_read(struct arena *arena, struct text source, struct text file, struct fault_list *list, struct notice_rules *ret,
                               struct error *error) {
    *list = (struct fault_list){0};
    struct faults faults = {arena, file, list};
    struct node *root = arena_new(arena, struct node);
    struct notice_rules *rules = arena_new(arena, struct notice_rules);
    if (!root || !rules)
        return error_no_memory(error);
    rules->first_us = 30 * TIME_SECOND_US;
    rules->most_us = TIME_HOUR_US;
    rules->timeout_us = 10 * TIME_SECOND_US;
    struct reader reader = {arena, file, rules, list};
    if (node_read_yaml(arena, source, &faults, root) && node_to_json(arena, root))
        read_all(&reader, root);
    fault_list_sort(list);
    if (arena->failed)
        return error_no_memory(error);
    if (list->error_count > 0)
        return fault_list_refuse(list, error);
    *ret = *rules;
    for (int i = 0; i < AUDIENCE_COUNT; i++)   /* into the copy */
        for (int k = 0; k < RULES_CHANNELS_MOST && rules->over[i][k]; k++)
            ret->over[i][k] = &ret->channels[rules->over[i][k] - rules->channels];
    return OUTCOME_OK;
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
