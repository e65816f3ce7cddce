/* What the daemon tells its HTTP side: readiness and metrics out of the conductor's meters. */
#ifndef YJS_CLI_DAEMON_WEB_H
#define YJS_CLI_DAEMON_WEB_H

#include "conductor/conductor.h"
#include "notifier/notifier.h"

/* Prometheus text (exposition format 0.0.4): every counter and gauge with HELP and TYPE, prefix yijianshi_. */
void daemon_write_metrics(const struct conductor_meters *, struct buffer *out);
void daemon_write_notices(const struct notifier_meters *, struct buffer *out);
bool daemon_meters_ready(const struct conductor_meters *);
/* {"ready","database","broker","working","shards"} */
void daemon_write_readiness(const struct conductor_meters *, struct buffer *out);

/* daemon_calendar.c: web_parts' questions about calendars */
struct calendar_question;
struct records_port;
enum outcome daemon_calendar_year(const struct records_port *, int32_t year, struct text region, struct arena *,
                                  struct text *ret, struct error *);
enum outcome daemon_calendar_due(const struct records_port *, const struct calendar_question *, struct arena *,
                                 struct text *ret, struct error *);

#endif
