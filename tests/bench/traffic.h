/* The Kafka side of the load: what an intake platform, a listener on the case topic and five departments say and read.
 * One thread. CloudEvents in binary mode, as schemas/README.md has it. */
#ifndef YJS_BENCH_TRAFFIC_H
#define YJS_BENCH_TRAFFIC_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define TRAFFIC_DEPARTMENTS 5            /* bench_a … bench_e */

struct header { const char *at; size_t length; };
static inline bool header_is(const struct header *h, const char *value) {
    return h->length == strlen(value) && !memcmp(h->at, value, h->length);
}

struct message {
    const char *key, *value;
    size_t key_length, value_length;
    int department;                      /* 0…: a task of that department; -1: of the case topic */
    struct header id, type, caseid, thing, step, attempt;
};

struct traffic {
    rd_kafka_t *consumer, *producer;
    rd_kafka_queue_t *queue;
    rd_kafka_topic_t *intake, *results[TRAFFIC_DEPARTMENTS];
    int wake_fd;                         /* readable when messages may have come */
    char time[32];                       /* of the answers, renewed every millisecond */
    int64_t time_ms;
};

/* Reads the case topic from its beginning and, when `departments`, the five task topics. False with the reason. */
bool traffic_open(struct traffic *, const char *bootstrap, const char *region, bool departments, char *why, size_t size);
void traffic_close(struct traffic *);
/* False: the queue is full, poll the producer and try again. */
bool traffic_submit(struct traffic *, const char *number, size_t length, const char *application, size_t application_length);
/* Takes a message apart; it must stay as long as `ret`. False: not one of ours to read. */
bool traffic_read(struct traffic *, const rd_kafka_message_t *, struct message *ret);
/* The result of a task; waits while the queue is full. */
void traffic_answer(struct traffic *, const struct message *task);

#endif
