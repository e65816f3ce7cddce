/* What the files of bus/ share: the bus, its topics and partitions, and the scout. Not for anyone outside bus/.
 *
 * Everything belongs to the conductor's thread except what stands between scout.lock and its unlock. */
#ifndef YJS_BUS_PART_H
#define YJS_BUS_PART_H

#include <pthread.h>
#include <librdkafka/rdkafka.h>
#include "base/arena.h"
#include "base/contact.h"
#include "base/map.h"
#include "bus/bus.h"

#define BUS_POLL_MOST 8192              /* messages of one poll */
#define BUS_POLLS_HELD_MOST 2           /* port/bus.h */
#define BUS_TOPIC_NAME_SIZE 256         /* Kafka: 249 bytes */
#define BUS_QUEUE_MESSAGES_DEFAULT 32768
#define BUS_FETCH_KBYTES_DEFAULT 65536
#define BUS_BULK_FETCH_KBYTES 8192
#define BUS_BEHIND_FETCH_KBYTES 32768
#define BUS_MESSAGE_BYTES_MOST 2097152  /* on the wire: 1 MiB of value, its key and its headers */
#define BUS_COMMIT_EVERY_US 5000000
#define BUS_GIVE_UP_US 10000000         /* a partition from which no acknowledgement came for so long, though some are due */
#define BUS_LOOK_EVERY_US 250000        /* … is looked for so often */
#define BUS_MISSING_FOR_US 100000       /* a topic that was not there is looked for anew by who writes to it later than that */

enum bus_role { BUS_READER = 1, BUS_WRITER = 2, BUS_COMMITTER = 4, BUS_ADMIN = 8 };

/* Clients that read, each with a queue of its own: nobody's messages wait behind what has much to read. */
enum bus_reader {
    BUS_READS_ANSWERS,
    BUS_READS_BULK,                     /* bulk topics, always */
    BUS_READS_BEHIND,                   /* topics that are far behind, as long as they are (behind.c); made when first needed */
    BUS_READERS,
};

enum bus_topic_state { BUS_TOPIC_UNCHECKED, BUS_TOPIC_THERE, BUS_TOPIC_MISSING };
enum bus_partition_state {
    BUS_PARTITION_UNREAD,               /* not assigned */
    BUS_PARTITION_WAITING,              /* assigned by the conductor; its topic has not been seen */
    BUS_PARTITION_READING,
    BUS_PARTITION_STOPPED,              /* its offset is outside the log */
};

struct bus_topic_entry;

struct bus_partition {
    struct bus_topic_entry *topic;
    int32_t number;
    enum bus_partition_state state;
    int64_t next;                       /* the next offset to read, or BUS_OFFSET_BEGINNING until the first message */
    uint64_t assigned_in;               /* the assign() that named it last */
    bool asked_reaches;                 /* the scout was asked how far back it reaches, and has not said */
    bool asked_low;                     /* the scout was asked where the beginning is, for lag() */
};

/* The topic in one reader's client; its opaque, so that a message leads to it without a search. */
struct bus_handle { rd_kafka_topic_t *topic; struct bus_topic_entry *entry; enum bus_reader reader; };

/* What was handed to librdkafka for one partition and is not reported yet. */
struct bus_writing {
    struct contact contact;
    int64_t moved_at_us;                /* monotonic: the last report, or the first of what is open handed over */
};

struct bus_topic_entry {
    struct text name;                   /* NUL behind it */
    enum bus_topic_state state;
    int32_t partition_count;            /* of a topic that is there */
    enum bus_reader reader;             /* who reads it now; what another still has in its queue is dropped */
    int64_t moved_at_us;                /* monotonic: when it came to its reader */
    uint32_t taken;                     /* messages, since behind.c looked */
    int64_t behind;                     /* messages that lie behind our place, over all partitions, as behind.c saw it */
    bool missing_said;
    int64_t missing_at_us;              /* monotonic: when it was not found; it may have been made since */
    bool wanted;                        /* the scout was asked to look for it */
    struct bus_handle handles[BUS_READERS];
    rd_kafka_topic_t *writer;           /* as the handles: made when the topic is there and they are needed: naming may make a topic */
    struct bus_partition **partitions;  /* by number; NULL: never assigned */
    int32_t partition_room;
    struct bus_writing *writing;        /* by partition */
    int32_t writing_room;
    /* the scout's, under its lock */
    struct { bool seen, said; int32_t partition_count, partition_count_said; rd_kafka_resp_err_t error; } scouted;
};

/* What the scout found, for the conductor's thread to take in. */
enum scout_finding_kind { SCOUT_AWAY, SCOUT_BACK, SCOUT_TOPIC, SCOUT_LOW_FOR_LAG, SCOUT_OFFSET_GONE, SCOUT_LOG_BEGINS };
struct scout_finding {
    enum scout_finding_kind kind;
    struct bus_topic_entry *topic;
    int32_t partition, partition_count; /* count 0: the topic is not there */
    int64_t offset, low, high;
    int64_t asked_us, begins_us;        /* LOG_BEGINS: of messages; else monotonic: when it was asked */
    char reason[192];
};
struct scout_findings { struct scout_finding *at; uint32_t count, room; };

struct scout {
    rd_kafka_t *reader;                 /* borrowed; outlives the thread */
    pthread_t thread;
    bool running;
    int fd;                             /* readable when there are findings */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping, look, suspect;
    struct scout_findings asked;        /* watermarks wanted, as half-filled findings */
    struct scout_findings found;
    struct map wanted;                  /* name -> struct bus_topic_entry */
    /* the thread's own */
    bool away, topics_missing;
    bool met;                           /* a broker has answered since the start */
    uint32_t looks;                     /* in vain, one after the other */
    int64_t looked_us;                  /* monotonic: the last look, as it began */
};

struct bus_delivered { uint64_t token; rd_kafka_resp_err_t error; };

struct bus {
    struct bus_port port;
    rd_kafka_conf_t *reader_confs[BUS_READERS], *writer_conf, *committer_conf;
    rd_kafka_t *readers[BUS_READERS], *writer, *committer;
    rd_kafka_queue_t *reader_queues[BUS_READERS], *writer_queue;
    int epoll_fd, reader_fd, writer_fd;
    struct scout scout;

    struct map topics;                  /* name -> struct bus_topic_entry */
    struct bus_partition **assigned;    /* every partition whose state is not UNREAD */
    uint32_t assigned_count, assigned_room;
    uint64_t assign_count;
    uint32_t behind_count;              /* topics read by BUS_READS_BEHIND */
    int64_t behind_looked_us;           /* monotonic */
    uint32_t polls;                     /* whose turn it is, of those who read */
    bool paused;

    struct bus_held {                   /* the messages of one poll */
        rd_kafka_message_t *messages[BUS_POLL_MOST];
        uint32_t count;
        struct bus_header *headers;     /* of all of them */
        size_t header_count, header_room;
    } held[BUS_POLLS_HELD_MOST];
    uint32_t held_first, held_count;

    struct bus_delivered *ring;         /* one place for each publication not yet reported */
    uint32_t ring_room, ring_first, ring_count;
    uint32_t outstanding;               /* taken by publish() and not yet given back by deliveries() */
    int64_t polled_at_us, looked_at_us; /* monotonic: the writer */
    bool gap;                           /* a publication failed and those behind it may still be under way */
    bool giving_up;                     /* what is purged is told as timed out */

    struct bus_notice *notices;
    uint32_t notice_count, notice_room;
    bool fatal;
    int64_t committed_at_us;
};

/* bus.c: makes the reader's client if there is none. */
enum outcome bus_reader_start(struct bus *, enum bus_reader, struct error *);

/* conf.c */
enum outcome bus_conf_make(const struct bus_settings *, enum bus_role, rd_kafka_conf_t **ret, struct error *);

/* topics.c: the entry of that name, made when it is new; NULL without memory. */
struct bus_topic_entry *bus_topic_get(struct bus *, struct text name);
struct bus_partition *bus_partition_get(struct bus_topic_entry *, int32_t number);
/* The partition if the entry knows it, else NULL. */
struct bus_partition *bus_partition_find(const struct bus_topic_entry *, int32_t number);
void bus_topics_forget_handles(struct bus *);
void bus_topics_free(struct bus *);

/* consume.c */
enum outcome bus_assign(void *, const struct bus_position *, uint32_t, struct error *);
uint32_t bus_poll(void *, int wait_ms, struct bus_message *, uint32_t most);
void bus_release(void *);
enum outcome bus_seek(void *, const struct bus_position *, struct error *);
void bus_pause(void *, bool paused);
int64_t bus_lag(void *, struct text topic, int32_t number);
/* Starts the partitions that waited for this topic, as far as it has them. */
void bus_take_up(struct bus *, struct bus_topic_entry *);
/* Has another reader read the topic's partitions, each from its place on. What fails is said as a notice FATAL. */
void bus_move(struct bus *, struct bus_topic_entry *, enum bus_reader);

/* behind.c: to be called behind each poll. has_more: not every queue was seen empty. */
void bus_look_who_is_behind(struct bus *, bool has_more);

/* produce.c */
enum outcome bus_publish(void *, const struct bus_publication *, struct error *);
uint32_t bus_deliveries(void *, struct bus_delivery *, uint32_t most);
void bus_purge(void *);
/* Room to follow what is written to partitions below `count`. */
bool bus_writing_reserve(struct bus_topic_entry *, int32_t count);
void bus_on_delivery(rd_kafka_t *, const rd_kafka_message_t *, void *bus);

/* notices.c */
uint32_t bus_notices(void *, struct bus_notice *, uint32_t most);
void bus_notice_add(struct bus *, const struct bus_notice *);
/* Takes in what the scout found. */
void bus_take_findings(struct bus *);
/* group.c: monotonic */
int64_t bus_now_us(void);
void bus_ask_reaches(void *, struct text topic, int32_t partition, int64_t asked_us);
/* The clients can't go on: said once, as a notice FATAL. */
void bus_give_up(struct bus *, const char *why);
void bus_on_error(rd_kafka_t *, int error, const char *reason, void *bus);
void bus_on_log(const rd_kafka_t *, int level, const char *facility, const char *line);

/* group.c */
void bus_commit_for_lag_tools(void *, const struct bus_position *, uint32_t);

/* scout.c */
enum outcome scout_prepare(struct scout *, struct error *);      /* once */
enum outcome scout_start(struct scout *, rd_kafka_t *reader, struct error *);
void scout_stop(struct scout *);                                  /* ends the thread; waits for it */
void scout_free(struct scout *);
/* Asks whether the topic is there; the answer comes as a finding, and again whenever it changes until it is there. */
void scout_look_for(struct scout *, struct bus_topic_entry *);
void scout_suspect(struct scout *);
/* Where does the log begin, of what is as young as asked_us? */
void scout_ask_reaches(struct scout *, const struct bus_partition *, int64_t asked_us);
void scout_ask(struct scout *, enum scout_finding_kind, const struct bus_partition *, const char *reason);
/* What was found since the last call; the caller frees `at` with memory_free. */
struct scout_findings scout_take(struct scout *);

/* Makes the eventfd readable; makes it unreadable. */
void bus_fd_raise(int fd);
void bus_fd_lower(int fd);

#endif
