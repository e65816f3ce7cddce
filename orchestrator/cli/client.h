/* The HTTP API from the command line's side: one request at a time, with a token, answers as JSON, problems in words.
 *
 * Where: --url, YJS_URL, http://127.0.0.1:8080. Token: --token-file, YJS_TOKEN, ~/.config/yijianshi/token. */
#ifndef YJS_CLI_CLIENT_H
#define YJS_CLI_CLIENT_H

#include "base/json.h"
#include "cli/verb.h"

struct client;

struct client_request {
    const char *method;            /* "GET" */
    struct text path;              /* "/v1/cases?…", percent-encoded */
    struct text body;              /* JSON; absent: none */
    const char *prefer;            /* "wait=5"; NULL: none */
    const char *idempotency_key;   /* NULL: none */
    const char *if_none_match;     /* an ETag: the answer may be 304, without a body; NULL: none */
    bool text;                     /* the answer is no JSON */
    FILE *send;                    /* the body instead of `body`: read to its end, of any type; NULL: none */
    FILE *save;                    /* where a 200's body goes, instead of ret->body; NULL: there */
    bool quiet_away;               /* nothing is said when nobody answers: the caller tries again */
};
struct client_answer { long status; struct json json; struct text body; };   /* json null when the body is empty */

/* True: 2xx or 304, *ret lives in the invocation's arena. False: everything was said on standard error and *ret_status is how
 * to end: a problem with its faults, or that nobody answers. */
bool client_do(struct invocation *, const struct client_request *, struct client_answer *ret, enum verb_status *ret_status);
/* GET `path`. */
bool client_get(struct invocation *, struct text path, struct client_answer *ret, enum verb_status *ret_status);
/* The same for what is no JSON: ret->json stays null. */
bool client_get_text(struct invocation *, struct text path, struct client_answer *ret, enum verb_status *ret_status);
/* POST a body. */
bool client_post(struct invocation *, struct text path, struct text body, struct client_answer *ret, enum verb_status *ret_status);

/* Server-sent events: calls `take` with each event's name, id and data until it says false, the stream ends (OK) or
 * breaks (RETRY). REJECT: refused, it was said. */
enum outcome client_stream(struct invocation *, struct text path,
                           bool (*take)(void *context, struct text name, struct text id, struct text data), void *context,
                           enum verb_status *ret_status);

/* Path building: appends "?name=value" or "&name=value", encoded; an absent value is left out. */
void client_parameter(struct buffer *path, const char *name, struct text value);
/* Percent-encodes what stands in a path's place. */
void client_segment(struct buffer *path, struct text segment);
void client_free(struct client *);

#endif
