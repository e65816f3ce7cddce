/* HTTP requests on the adapter's loop (libcurl's multi interface), for the drivers that call a web service. */
#ifndef YJS_DRIVERS_WEB_CLIENT_H
#define YJS_DRIVERS_WEB_CLIENT_H

#include "host.h"

struct web;
struct web_options {
    const char *ca, *certificate, *key;     /* PEM files; NULL: the system's, none, none */
    const char *token;                      /* bearer; NULL: none */
    const struct node *headers;             /* map of further headers; NULL: none */
    int64_t timeout_us;
};
struct web_response {
    int status;                             /* 0: nothing came back, see error */
    const char *body;                       /* NUL-terminated */
    size_t length;
    const char *error;
};
struct web_request {
    const char *method, *url;
    const char *body;                       /* NULL: none; copied */
    size_t length;
    const char *const *headers;             /* "Name: value", ends with NULL; copied */
    void (*done)(void *user, const struct web_response *);     /* called once, from the loop, never from web_send */
    void *user;
};

struct web *web_open(struct yjs_adapter *, const struct web_options *);
void web_send(struct web *, const struct web_request *);
void web_tick(struct web *, int64_t now_us);
/* Ends all requests without calling done. */
void web_close(struct web *, void (*forget)(void *user));

/* `path` with {name} replaced by the URL-encoded values, behind `base`. To be freed. pairs: name, value …, NULL. */
char *web_url(const char *base, const char *path, const char *const *pairs);

#endif
