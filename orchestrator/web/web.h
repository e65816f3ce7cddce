/* The HTTP API (/v1; schemas/openapi.yaml is its contract): reads through the records port, writes commands into the
 * inbox, and shows the journal as it grows. It decides nothing: the conductor answers commands.
 *
 * One table (web/route.h) says every route with the roles that may use it. Errors are application/problem+json
 * (RFC 9457) with a stable `code` (web/problem.h).
 *
 * Threads: libmicrohttpd's, one of the web's own that watches cases and commands for waiting clients. web_create,
 * web_stop and web_free belong to the main thread. */
#ifndef YJS_WEB_WEB_H
#define YJS_WEB_WEB_H

#include "base/arena.h"
#include "base/error.h"
#include "port/clock.h"
#include "base/json.h"
#include "port/records.h"
#include "port/vault.h"

/* When is `limit` due, begun at `from`? As people write them; region and clock may be absent. */
struct calendar_question { struct text from, limit, region, clock; };

/* A document of a case: the n'th; `accept`: an Accept-Language or a language; `for_party`: with names as they are, else
 * masked; `department`: only what this one issues, absent: all. */
struct document_request { struct text case_id; uint32_t n; struct text accept; bool for_party; struct text department; };

/* What the web asks of the daemon's other parts, which it does not know. Called from its threads, several at once; each
 * function may be NULL: then that part is not offered. */
struct web_parts {
    void *context;
    /* Prometheus text with HELP and TYPE, appended. */
    void (*write_metrics)(void *context, struct buffer *out);
    /* Is this daemon ready to work? *why: JSON object with what is up and what is not, always written. */
    bool (*is_ready)(void *context, struct buffer *why);
    /* A command waits in the inbox. */
    void (*hint)(void *context);
    /* Checks a definition (YAML or canonical JSON). *ret_report: a JSON object {"thing", "hash", "faults": […]} in the
     * arena. OK: it could be published. REJECT: *ret_report has the faults. RETRY: the store is away. */
    enum outcome (*thing_check)(void *context, struct text source, struct arena *, struct text *ret_report, struct error *);
    /* The same, and publishes it; `by`: who. *ret_report has also "published_at", "fresh", "former". */
    enum outcome (*thing_publish)(void *context, struct text source, struct text by, struct arena *, struct text *ret_report,
                                  struct error *);
    /* The one notice of a published thing, by name or hash, for a form; `region` may be absent. OK: *ret is its JSON in the
     * arena. REJECT thing_unknown, form_invalid, region_not_offered, material_condition. RETRY: the store is away. */
    enum outcome (*thing_checklist)(void *context, struct text thing, const struct json *form, struct text region, struct arena *,
                                    struct text *ret, struct error *);
    /* The documents of a case, as {"items":[…]} in the arena; one of them as PDF, appended to `out`, with the language that it
     * is in. REJECT case_unknown, document_unknown, document_font, seal_bad. RETRY: the store is away. */
    enum outcome (*case_documents)(void *context, const struct document_request *, struct arena *, struct text *ret,
                                   struct error *);
    /* What it spared, and what was recorded on a department's behalf: a JSON object (cli/documents.h). */
    enum outcome (*case_figures)(void *context, struct text case_id, struct arena *, struct text *ret, struct error *);
    /* Its clocks explained as of this moment: [{"item","clock","explained"}…]. */
    enum outcome (*case_clocks)(void *context, struct text case_id, struct arena *, struct text *ret, struct error *);
    enum outcome (*case_document)(void *context, const struct document_request *, struct arena *, struct buffer *out,
                                  struct text *ret_language, struct error *);
    /* Who was given what of a case, and who looked (cli/disclose.h); `language`: zh-Hant, zh-Hans or en. OK: *ret is its JSON in
     * the arena. REJECT case_unknown. RETRY: the store is away. */
    enum outcome (*case_disclosures)(void *context, struct text case_id, struct text language, struct arena *, struct text *ret,
                                     struct error *);
    /* A year of the calendar that holds, and a due date by it, each a JSON object (calendar/describe.h). REJECT: the
     * question can't be understood. RETRY: the store is away. */
    enum outcome (*calendar_year)(void *context, int32_t year, struct text region, struct arena *, struct text *ret,
                                  struct error *);
    enum outcome (*calendar_due)(void *context, const struct calendar_question *, struct arena *, struct text *ret,
                                 struct error *);
};

struct web_settings {
    const char *listen;            /* "127.0.0.1:8080", "[::1]:8080"; port 0: one that is free (web_port says which) */
    const char *certificate, *key; /* PEM files; both or none. None: plain HTTP */
    uint32_t threads;              /* that serve HTTP; 0: 16. Each may wait for one commit: what waits is written together */
    uint32_t connections_most;     /* 0: 1,000 */
    uint32_t idle_seconds;         /* a connection that says nothing is closed; 0: 60 */
    uint32_t inbox_most;           /* waiting commands beyond which new ones get 503; 0: 5,000 */
    int64_t heartbeat_us;          /* of event streams; 0: 15 s */
    bool metrics_open;             /* /metrics without a token from other machines too */
    struct text region;            /* of cases that name none */
    const struct vault_port *vault; /* NULL: no store of materials is configured: nothing is uploaded, nothing is checked */
    uint32_t keepers;              /* threads that look at uploads and keep them; 0: 4 */
    int64_t materials_keep_us;     /* after so long a material that no case names is taken away; 0: never */
    struct text instance;          /* this daemon's name */
    uint32_t uploads_most;         /* of one person for a case, by query code; 0: 50 */
    const char *url;               /* how others reach this API: stands before a material's path in its uri; NULL: nothing does */
    struct web_parts parts;
};

struct web;

/* Is it an address and a port, "127.0.0.1:8080", "[::1]:8080"? Opens nothing. REJECT http_listen_bad. */
enum outcome web_check_listen(const char *listen, struct error *);

/* Listens and serves from here on. Settings, ports and what their pointers name are borrowed and must outlive it.
 * REJECT http_listen_bad, http_tls_bad; RETRY http_listen_busy (the port is taken); FATAL out_of_memory. */
enum outcome web_create(const struct web_settings *, const struct records_port *, const struct clock_port *,
                        struct web **ret, struct error *);
/* The port it listens on. */
uint16_t web_port(const struct web *);
/* Takes no new connection, ends event streams and waiting requests. */
void web_stop(struct web *);
/* Stops when that was not done; NULL is safe. */
void web_free(struct web *);

#endif
