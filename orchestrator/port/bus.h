/* The bus as the conductor sees it: partitions that it reads at offsets it was told, and messages that it hands over
 * and later hears of. Implemented by bus/ (Kafka by librdkafka) and by the tests' fake.
 *
 * Thread: all functions are called by the conductor's thread only. None blocks (poll waits at most `wait_ms`).
 * No function keeps what it is handed beyond the call unless it says so. */
#ifndef YJS_PORT_BUS_H
#define YJS_PORT_BUS_H

#include <stdint.h>
#include "base/error.h"
#include "base/text.h"
#include "model/header.h"

#define BUS_OFFSET_BEGINNING INT64_C(-2)



struct bus_message {
    struct text topic;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_us;          /* of the broker or producer; for latency only */
    struct text key, value;        /* absent when null */
    const struct bus_header *headers;
    uint32_t header_count;         /* all there are, however many */
};

/* The next one to read. bulk: of a topic that may have very much to read at once, for which others' messages must not wait
 * (a topic is bulk or not, always). */
struct bus_position { struct text topic; int32_t partition; int64_t offset; bool bulk; };

/* One message to send. The bus copies what it needs before it returns. `token` comes back in a delivery. */
struct bus_publication {
    struct text topic;
    int32_t partition;             /* explicit: the shard */
    struct text key, value;        /* key absent: null */
    const struct bus_header *headers;
    uint32_t header_count;
    uint64_t token;
};

enum bus_delivery_fate { BUS_DELIVERED, BUS_FAILED /* may be tried again */, BUS_IMPOSSIBLE /* this message never: too large, no topic, not allowed */,
                         BUS_PURGED };
struct bus_delivery { uint64_t token; enum bus_delivery_fate fate; char reason[96]; };

enum bus_notice_kind {
    BUS_NOTICE_AWAY,               /* no broker answers; said once, until … */
    BUS_NOTICE_BACK,               /* … one does; and once behind each start, when the first one answers */
    BUS_NOTICE_OFFSET_GONE,        /* the position is outside the log: the partition is stopped; low..high is what there is */
    BUS_NOTICE_TOPIC_MISSING,      /* an assigned topic is not there (it is taken up when it appears) */
    BUS_NOTICE_LOG_BEGINS,         /* the answer to ask_reaches: of what was written from `asked_us` on, nothing is there that
                                    * is older than `begins_us` (INT64_MAX: nothing at all) */
    BUS_NOTICE_FATAL,              /* a client can't go on: the conductor drops its shards and starts the bus afresh */
};
struct bus_notice {
    enum bus_notice_kind kind;
    char topic[256];
    int32_t partition;
    int64_t offset, low, high;
    int64_t asked_us, begins_us;
    char reason[192];
};

struct bus_port {
    void *context;
    /* (Re)creates clients. OK does not mean that a broker is there: see notices. */
    enum outcome (*start)(void *context, struct error *);
    /* Reads exactly these partitions from now on, each named once: new ones start at their offset, those already read keep their place
     * (their `offset` is ignored), others are dropped, with messages already fetched. Incremental, no group. FATAL: a notice says
     * so, and the bus has to be started afresh. */
    enum outcome (*assign)(void *context, const struct bus_position *positions, uint32_t count, struct error *);
    /* Up to `most` messages in order within a partition, of bulk topics no more than a quarter while others have some (who
     * asks for fewer than four has one in so many polls), and none long behind a topic that has very many; waits at most
     * wait_ms for the first. They stay valid until they are released; the messages of two polls may be held at a time. */
    uint32_t (*poll)(void *context, int wait_ms, struct bus_message *room, uint32_t most);
    /* The messages of the oldest poll whose messages are held are no longer needed. Nothing when none are held. */
    void (*release)(void *context);
    /* Seeks a partition that is being read back or forth (after a batch that did not commit). */
    enum outcome (*seek)(void *context, const struct bus_position *, struct error *);
    /* Stops fetching (the store is behind) or goes on. */
    void (*pause)(void *context, bool paused);
    /* OK: a delivery with this token will come. RETRY: not taken, the queue is full or the topic has not been looked
     * up yet (its first message; some milliseconds): go on with deliveries and notices and try again when `descriptor`
     * becomes readable. FATAL: see BUS_NOTICE_FATAL. A topic that is not there is never made: BUS_IMPOSSIBLE. */
    enum outcome (*publish)(void *context, const struct bus_publication *, struct error *);
    /* What became of publications, at most `most`; serves librdkafka's callbacks. When one FAILED, nothing that was handed
     * over behind it for its partition lands without it: all that is under way comes back FAILED, in this call or, when
     * there is no room, the next. Whoever takes all of them before he publishes again keeps each partition's order. */
    uint32_t (*deliveries)(void *context, struct bus_delivery *room, uint32_t most);
    /* Drops every publication not yet acknowledged, in flight too (an epoch was lost): their deliveries come as PURGED. */
    void (*purge)(void *context);
    uint32_t (*notices)(void *context, struct bus_notice *room, uint32_t most);
    /* A descriptor that becomes readable when poll, deliveries or notices may have something; -1: none. */
    int (*descriptor)(void *context);
    /* Messages that lie behind the read position, over the assigned partitions of `topic` (absent: of all topics) with the
     * number `partition` (-1: of any); -1 unknown. */
    int64_t (*lag)(void *context, struct text topic, int32_t partition);
    /* Asks whether the partition still reaches back to `asked_us` (by its messages' time stamps). When its first message is
     * younger, or it has none from then on, a notice LOG_BEGINS comes; when it does, or it can't be said (no such topic,
     * no broker), none comes: ask again some time. One question a partition is under way at a time; a further one is
     * dropped. */
    void (*ask_reaches)(void *context, struct text topic, int32_t partition, int64_t asked_us);
    /* Ends the clients; waits at most wait_ms for what is queued. Deliveries that came meanwhile may still be taken;
     * what was not acknowledged comes as PURGED. */
    void (*stop)(void *context, int wait_ms);
    /* Tells tools that show a consumer group's lag how far we have read. May be NULL, may be called as often as one
     * likes (at most one commit in some seconds leaves), never fails and never matters: PostgreSQL has the truth. */
    void (*commit_for_lag_tools)(void *context, const struct bus_position *positions, uint32_t count);
};

/* Provisioning, for yjsctl and the readiness check; blocking, any thread, own connection. */
struct bus_topic { char name[256]; int32_t partition_count; int32_t replication; int64_t retention_ms; };
struct bus_admin_port {
    void *context;
    enum outcome (*topics)(void *context, struct bus_topic *room, uint32_t most, uint32_t *ret_count, struct error *);
    /* OK when it is there now with the partition count (its retention is then set too, when it differs); REJECT
     * "topic_partitions" when it is there with another, "topic_not_made" when the broker refuses; RETRY "bus_away".
     * replication 0: the broker's default; retention_ms 0: the broker's default, -1: for ever. */
    enum outcome (*topic_make)(void *context, const struct bus_topic *, struct error *);
};

#endif
