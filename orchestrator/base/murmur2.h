/* MurmurHash2 as Kafka's clients use it to choose a key's partition (org.apache.kafka.common.utils.Utils.murmur2,
 * seed 0x9747b28c; librdkafka's murmur2 partitioners are the same). So every client puts a case's messages where we
 * read them, and a case's shard is a function of its root's number. */
#ifndef YJS_BASE_MURMUR2_H
#define YJS_BASE_MURMUR2_H

#include <stdint.h>
#include "base/text.h"

uint32_t murmur2(struct text);
/* (murmur2(key) & 0x7fffffff) % count; count > 0. */
int32_t murmur2_partition(struct text key, int32_t count);

#endif
