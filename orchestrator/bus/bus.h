/* The bus on Kafka, by librdkafka: the conductor's port, and the port for provisioning.
 *
 * Who calls: main makes a bus and hands its port to the conductor, whose thread alone uses it. librdkafka has its own
 * threads; one more of ours, the scout, asks the brokers what can only be asked by waiting (is a topic there, which
 * offsets does a partition have, does anyone answer), so that the port never waits.
 *
 * Reading: partitions are assigned with offsets from PostgreSQL; there is no subscription and no group membership
 * (DESIGN §5). Writing: idempotent, acks=all, explicit partitions. Topics are never made by use, only by the admin port.
 */
#ifndef YJS_BUS_BUS_H
#define YJS_BUS_BUS_H

#include "port/bus.h"

struct bus;
struct bus_admin;

/* A property of librdkafka (its CONFIGURATION.md). "consumer.NAME" and "producer.NAME" go to that side only. */
struct bus_property { const char *name, *value; };

struct bus_settings {
    const char *bootstrap;       /* "host:port,host:port" */
    const char *instance;        /* client.id; shows in the broker's logs and quotas */
    const char *group;           /* group.id for lag tools; NULL: "yijianshi" */
    int linger_us;               /* how long a message may wait for company; 0: not at all */
    uint32_t queue_messages;     /* publications not yet acknowledged, at most; 0: 32,768 */
    uint32_t fetch_kbytes;       /* messages fetched ahead, at most; 0: 65,536 */
    const struct bus_property *properties;   /* TLS, SASL and what an operator tunes */
    uint32_t property_count;
};

/* One property alone: REJECT as below. Makes no client. */
enum outcome bus_check_property(const struct bus_property *, struct error *);
/* Checks and copies the settings; connects to nothing before the port's start(). REJECT: "bus_property" (librdkafka
 * refuses it, the message says why), "bus_property_fixed" (correctness hangs on it); FATAL: no memory or descriptors. */
enum outcome bus_create(const struct bus_settings *, struct bus **ret, struct error *);
/* Valid until bus_destroy. */
const struct bus_port *bus_port(struct bus *);
/* Stops without waiting for what is queued, and frees. NULL is fine. */
void bus_destroy(struct bus *);

/* The same for provisioning: topics are made with cleanup.policy=delete, room for messages of 1 MiB and their headers
 * (max.message.bytes 2 MiB) and, from three replicas on, min.insync.replicas=2. */
enum outcome bus_admin_create(const struct bus_settings *, struct bus_admin **ret, struct error *);
const struct bus_admin_port *bus_admin_port(struct bus_admin *);
void bus_admin_destroy(struct bus_admin *);

#endif
