/* The notifier: finds out who has to be told of what happened, and tells them over the channels of config/notices.yaml.
 *
 * One thread turns events that are due (table notice_due, written with their batch) into notices, one a person and channel;
 * one a channel sends, so that a slow gateway holds up nobody else's. Everything stands in the database: several daemons
 * share the work (a notice is claimed for a time, SKIP LOCKED), and a crash loses nothing.
 *
 * At least once: a daemon that dies between sending and writing it down has it sent once more when the claim is over, with
 * the same identity (HTTP: the header Notice-Id and ${id}; mail: the Message-ID), by which a gateway knows it.
 *
 * Threads: its own. notifier_create, notifier_stop, notifier_free belong to the main thread; meters may be read by any. */
#ifndef YJS_NOTIFIER_NOTIFIER_H
#define YJS_NOTIFIER_NOTIFIER_H

#include "notice/telling.h"
#include "port/clock.h"
#include "port/records.h"

struct notifier_settings {
    const struct notice_rules *rules;     /* borrowed as long as notifier_uses_rules says so */
    struct telling_names names;           /* called from the notifier's thread */
    int64_t poll_us;                      /* how often it looks; 0: 1 s */
};
#define NOTIFIER_COUNTERS(X) \
    X(told, "notices made for a person and channel") \
    X(sent, "notices that left") \
    X(failed, "tries to send a notice that failed") \
    X(given_up, "notices given up, each an incident") \
    X(dropped, "reminders of what was done meanwhile")
#define NOTIFIER_GAUGES(X) \
    X(due, "events of which nobody has been told yet") \
    X(waiting, "notices that wait to be sent") \
    X(undelivered, "notices that were given up and not retried")
struct notifier_meters {
#define X(name, help) int64_t name;
    NOTIFIER_COUNTERS(X)
    NOTIFIER_GAUGES(X)
#undef X
};

struct notifier;
/* Starts. `records` must outlive it. REJECT notices_secret: an environment variable that a channel names is not set. FATAL. */
enum outcome notifier_create(const struct notifier_settings *, const struct records_port *, const struct clock_port *,
                             struct notifier **ret, struct error *);
/* Is every environment variable set that a channel of these rules names? REJECT notices_secret. */
enum outcome notifier_check_rules(const struct notice_rules *, struct error *);
/* Goes on by other rules, which notifier_check_rules has passed, within a turn: what is being sent is finished by the old ones,
 * and nothing is lost or sent twice, for what waits stands in the database. Main thread; does not wait. */
void notifier_set_rules(struct notifier *, const struct notice_rules *);
/* Are they used still, or about to be? */
bool notifier_uses_rules(struct notifier *, const struct notice_rules *);
/* Ends its threads; what is being sent is finished (at most the rules' timeout). Free does it, too; NULL is safe. */
void notifier_stop(struct notifier *);
void notifier_free(struct notifier *);
void notifier_read_meters(const struct notifier *, struct notifier_meters *ret);

#endif
