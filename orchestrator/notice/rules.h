/* How notices leave: what config/notices.yaml says of channels, of who is told over which, and of trying again. Pure:
 * the text comes in, the rules go out; the notifier (notifier/) does what they say.
 *
 *   language: zh-Hant                what those get who named no language
 *   sign: 仲愷政務服務               stands before every text to a party: 【仲愷政務服務】
 *   query: https://…/?case=${case}   where a party may look
 *   remind_after: 3d                 a correction that is not answered is reminded of; absent: never
 *   retry: {first: 30s, most: 1h, attempts: 8}
 *   channels:
 *     - {id: sms, kind: http, address: phone, url: …, method: POST, headers: {…}, body: "…", escape: json, secret: VARIABLE}
 *     - {id: mail, kind: smtp, address: email, url: smtp://…, from: …, user: …, secret: VARIABLE}
 *   party: [sms, mail]               the first whose address a person has, unless he prefers another
 *   window: [desk]  department: [desk]  supervisor: [desk]
 *   addresses: {mail: {supervisor: …, window: …, "window.441302": …, department: …, "department.tax": …}}
 *
 * Who can be reached over none of them is told on the console alone (GET /v1/notices), which has every notice anyway.
 * A template's ${names}: id, address, title, text, language, case, kind, recipient, secret, sign; each is escaped as
 * `escape` says. `secret` names an environment variable: no secret stands in a file of settings. */
#ifndef YJS_NOTICE_RULES_H
#define YJS_NOTICE_RULES_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "definition/definition.h"

enum { RULES_CHANNELS_MOST = 32, RULES_HEADERS_MOST = 16 };
enum channel_kind { CHANNEL_CONSOLE, CHANNEL_HTTP, CHANNEL_SMTP };
enum channel_address { ADDRESS_NONE, ADDRESS_PHONE, ADDRESS_EMAIL };
enum channel_escape { ESCAPE_JSON, ESCAPE_URL, ESCAPE_XML, ESCAPE_NONE };
enum notice_audience { AUDIENCE_PARTY, AUDIENCE_WINDOW, AUDIENCE_DEPARTMENT, AUDIENCE_SUPERVISOR, AUDIENCE_COUNT };
const char *audience_name(enum notice_audience);

struct channel_header { struct text name, value; };
struct channel {
    struct text id;
    enum channel_kind kind;
    enum channel_address address;      /* what of a person it needs */
    enum channel_escape escape;        /* of the body; in `url` every value is percent-encoded */
    struct text url, method, body, from, user, secret;
    struct channel_header headers[RULES_HEADERS_MOST];
    uint32_t header_count;
};
struct notice_rules {
    struct text language, sign, query;
    int64_t remind_after_us;           /* 0: never */
    int64_t first_us, most_us, timeout_us;
    uint32_t attempts;
    struct channel channels[RULES_CHANNELS_MOST];
    uint32_t channel_count;
    const struct channel *over[AUDIENCE_COUNT][RULES_CHANNELS_MOST];   /* in the order of preference, NULL behind */
    const struct json *addresses;      /* channel → recipient → address; NULL: none */
};

/* Reads config/notices.yaml; texts live in the arena. REJECT: *faults (initialised here) has everything that is wrong, and
 * where; *error (may be NULL) the first of it. */
enum outcome notice_rules_read(struct arena *, struct text source, struct text file, struct fault_list *faults, struct notice_rules *ret,
                               struct error *);
/* By id; NULL: there is none. */
const struct channel *notice_channel(const struct notice_rules *, struct text id);
/* The address of an office over a channel: "department.tax" else "department"; absent: none. */
struct text notice_office_address(const struct notice_rules *, const struct channel *, enum notice_audience, struct text id);

/* ---- templates (template.c) ---- */
struct notice_value { const char *name; struct text value; };   /* absent: not known here */
/* ${name} by the values, each escaped; what stands between [ and ] is left out when a value in it is absent or empty
 * (`optional`). REJECT template_bad: a name that is not among the values, or one that does not end. */
enum outcome notice_fill(struct buffer *out, struct text pattern, const struct notice_value *, uint32_t count, enum channel_escape,
                         bool optional, struct error *);

#endif
