/* A bus in memory that tells the truth: what Kafka and its client do with port/bus.h, on a clock and with troubles that
 * the caller gives. Single-threaded and deterministic; the same contract suite runs on it as on Kafka.
 *
 * A truth is the brokers with their logs and outlives its clients. All memory is the truth's; messages stay where they
 * are until bus_truth_free. */
#ifndef YJS_TESTS_SIMULATION_BUS_FAKE_H
#define YJS_TESTS_SIMULATION_BUS_FAKE_H

#include "base/map.h"
#include "conductor/vector.h"
#include "port/bus.h"

#define BUS_FAKE_MESSAGE_BYTES_MOST (2u << 20)

struct bus_client;

enum bus_plan_fate {
    BUS_PLAN_LANDS,
    BUS_PLAN_FAILS,               /* it never lands; its failure is told when it was due */
    BUS_PLAN_LANDS_UNTOLD,        /* it lands, but the client hears of a failure: its acknowledgement was lost */
    BUS_PLAN_IMPOSSIBLE,          /* refused: not allowed, too large for the topic … */
};
struct bus_plan { enum bus_plan_fate fate; int64_t lands_after_us, told_after_us; };

struct bus_hooks {
    void *context;
    int64_t (*now_us)(void *context);
    /* What will become of a publication. NULL: it lands at once. */
    struct bus_plan (*plan)(void *context, struct bus_client *, const struct bus_publication *);
    /* Does what was purged, or whose process died, before it landed, land all the same? NULL: no. */
    bool (*lands_late)(void *context);
    /* Is a topic's first publication put off (it is looked up)? NULL: no. */
    bool (*looks_up)(void *context);
    /* May limit what a poll gives. NULL: all. */
    uint32_t (*fetch_most)(void *context, uint32_t most);
    /* What a call that can fail fails with, before it does anything. FATAL: the client can't go on, a notice says so, and
     * it has to be started afresh. NULL: none fails. */
    enum outcome (*refuses)(void *context, struct bus_client *, const char *call);
    /* Before and after every call; may switch to another daemon, may not come back. NULL: none. */
    void (*before)(void *context, struct bus_client *, const char *call);
    void (*after)(void *context, struct bus_client *, const char *call);
    /* Lets time pass while a poll waits. NULL: no poll waits. */
    void (*wait)(void *context, int64_t us);
    /* A message stands in a log. */
    void (*landed)(void *context, const struct bus_message *);
};

struct fake_message { struct bus_message message; };
struct fake_log { struct vector messages; /* struct bus_message * */ int64_t low; };
struct fake_topic { struct text name; int32_t partition_count; struct fake_log *logs; };
struct bus_truth {
    struct arena arena;
    struct bus_hooks hooks;
    struct map topics;
    struct vector topic_list;     /* struct fake_topic * */
    struct vector clients;
    bool down;                    /* no broker answers */
    uint64_t changes;             /* of any log */
    bool overtaken;               /* a failure leaves those behind it under way (a mutation) */
};

struct fake_reading { struct text topic; int32_t partition; int64_t next; bool stopped, told_missing; struct fake_topic *found; };
struct fake_sending {
    struct bus_message message;   /* as it will stand in the log */
    uint64_t token;
    int64_t queued_us, lands_us, told_us;
    enum bus_plan_fate fate;
    enum bus_delivery_fate told;
    bool landed, over;            /* over: it is told of, and has landed or never will */
    bool is_told;
    char reason[64];
};
struct bus_client {
    struct bus_truth *truth;
    void *owner;
    uint32_t queue_most;
    int64_t message_timeout_us;
    bool started, paused, frozen; /* frozen: its process stands still, nothing leaves */
    bool told_away, greeted;           /* greeted: since the start a broker has answered */
    struct vector readings;       /* struct fake_reading */
    uint32_t first_reading;
    struct vector sendings;       /* struct fake_sending *, in order */
    uint32_t outstanding;
    int64_t next_us;              /* nothing of what it sends moves before */
    bool advanced_down;           /* … unless brokers went, or came back */
    bool has_read_all; uint64_t read_at_change;   /* nothing was left to read then */
    struct vector deliveries;     /* struct bus_delivery, told and not taken */
    uint32_t deliveries_taken;
    struct vector notices;        /* struct bus_notice */
    uint32_t notices_taken;
    struct map known;             /* topics looked up */
};

void bus_truth_init(struct bus_truth *, const struct bus_hooks *);
void bus_truth_free(struct bus_truth *);
bool bus_truth_topic_make(struct bus_truth *, struct text name, int32_t partition_count);
struct fake_topic *bus_truth_topic(struct bus_truth *, struct text name);
/* As any other producer. What it is handed is copied. False: no such topic. */
bool bus_truth_append(struct bus_truth *, struct text topic, int32_t partition, struct text key, struct text value,
                      const struct bus_header *headers, uint32_t header_count);
/* The topic is removed and made again. */
void bus_truth_empty(struct bus_truth *, struct text topic);
/* Lets what is due land, and be told. */
void bus_truth_advance(struct bus_truth *);

struct bus_client *bus_client_make(struct bus_truth *);
struct bus_port bus_client_port(struct bus_client *);
/* Its process ended: what was under way may land, nobody hears of it. */
void bus_client_end(struct bus_client *);

#endif
