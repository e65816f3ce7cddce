/* Checking and publishing definitions against what is published already: for the daemon's API and for yjsctl.
 *
 * Any thread; everything made lives in the arena that the call is given. */
#ifndef YJS_CLI_PUBLISH_H
#define YJS_CLI_PUBLISH_H

#include "definition/definition.h"
#include "port/records.h"

struct publisher {
    const struct records_port *records;   /* NULL: sub-things are not looked up (a check without a database) */
    const struct directory *directory;    /* NULL: departments are not checked */
    const char *root;                     /* the project's: where `schemas/…` is read; NULL: only what the source carries */
};

/* OK: it could be published. REJECT: *ret_report has the faults. Both: a JSON object {"sound", "thing", "hash", "faults"}.
 * RETRY when the store is away (a sub-thing could not be looked up); then *ret_report is not written. */
enum outcome publish_check(const struct publisher *, struct text source, struct text file_name, struct arena *,
                           struct text *ret_report, struct error *);
/* The same, and publishes it as the thing's current one; the report has also published_at, fresh (it was not there) and
 * former (the hash that was current). The same content again changes nothing. */
enum outcome publish_definition(const struct publisher *, struct text source, struct text file_name, struct text by, struct arena *,
                                struct text *ret_report, struct error *);

/* Calls `use` with a published thing, by its name or hash, compiled in the arena; it is gone when this returns. REJECT:
 * thing_unknown. RETRY: the store is away. Else what `use` says. */
enum outcome published_with(const struct publisher *, struct text thing, struct arena *,
                            enum outcome (*use)(void *context, const struct definition *, struct arena *, struct error *), void *context,
                            struct error *);

/* The one notice (notice/notice.h) of a published thing, by its name or hash, for a form. OK: *ret is its JSON. REJECT:
 * thing_unknown, and what notice_write refuses. RETRY: the store is away. */
enum outcome published_checklist(const struct publisher *, struct text thing, const struct json *form, struct text region,
                                 struct arena *, struct text *ret, struct error *);

/* Files of config/calendar into the calendar that holds: each takes the place of the one of its name; all or none. OK:
 * *ret_report is {"version", "former", "published_at", "fresh", "years", "faults"} (fresh false: it held already).
 * REJECT: *ret_report is {"faults"}. RETRY: the store is away. */
struct calendar_source;
enum outcome publish_calendar(const struct records_port *, const struct calendar_source *, uint32_t count, struct text by,
                              struct arena *, struct text *ret_report, struct error *);
/* The calendar that holds, compiled in `arena`; *ret NULL when none was published. */
struct calendar;
/* The same of one version, which may hold no more. */
enum outcome published_calendar_of(const struct records_port *, struct text version, struct arena *, const struct calendar **ret,
                                   struct error *);
enum outcome published_calendar(const struct records_port *, struct arena *, const struct calendar **ret, struct error *);

#endif
