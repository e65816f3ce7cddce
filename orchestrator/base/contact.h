/* First contact of an idempotent Kafka producer with a partition.
 *
 * A broker checks a producer's sequence numbers against those it keeps; of a producer that it does not know it takes any
 * (KIP-360, so that what was forgotten by age does no harm). Of several requests under way to a partition that does not
 * know their producer yet, the first may thus be refused, by a leader that is just being elected, say, and the second be
 * taken; librdkafka (2.0.2 to 2.8) then holds the first for arrived, as it is sure that otherwise the second would have
 * been refused too. It is lost, and said to be delivered. So the first message to a partition goes alone; once it is
 * acknowledged all replicas know the producer. Brokers forget one that was silent for producer.id.expiration.ms (a day);
 * CONTACT_LASTS_US is far below it. */
#ifndef YJS_BASE_CONTACT_H
#define YJS_BASE_CONTACT_H

#include <stdbool.h>
#include <stdint.h>

#define CONTACT_LASTS_US (10 * 60 * INT64_C(1000000))

struct contact {                        /* of one producer's life with one partition; {0} before it */
    uint32_t open;                      /* messages handed over whose report is due */
    int64_t met_at_us;                  /* monotonic: the last acknowledgement; 0: none, or too long ago */
};

/* May another message be handed over now? Asked again when a report has come. */
static inline bool contact_takes(struct contact *contact, int64_t now_us) {
    if (contact->open > 0)
        return contact->met_at_us > 0;
    if (now_us - contact->met_at_us > CONTACT_LASTS_US)
        contact->met_at_us = 0;
    return true;
}

static inline void contact_reported(struct contact *contact, bool acknowledged, int64_t now_us) {
    contact->open -= contact->open > 0;
    if (acknowledged)
        contact->met_at_us = now_us;
}

#endif
