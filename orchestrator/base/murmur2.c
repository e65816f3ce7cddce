/* Kafka's hash of keys: see murmur2.h. */
#include "base/murmur2.h"

#include <assert.h>

uint32_t murmur2(struct text key) {
    const uint32_t m = 0x5bd1e995;
    const unsigned char *at = (const unsigned char *)key.at;
    size_t left = key.length;
    uint32_t hash = UINT32_C(0x9747b28c) ^ (uint32_t)key.length;
    for (; left >= 4; at += 4, left -= 4) {
        uint32_t k = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        k *= m;
        k ^= k >> 24;
        hash = (hash * m) ^ (k * m);
    }
    if (left >= 3)
        hash ^= (uint32_t)at[2] << 16;
    if (left >= 2)
        hash ^= (uint32_t)at[1] << 8;
    if (left >= 1)
        hash = (hash ^ at[0]) * m;
    hash = (hash ^ (hash >> 13)) * m;
    return hash ^ (hash >> 15);
}

int32_t murmur2_partition(struct text key, int32_t count) {
    assert(count > 0);
    return (int32_t)((murmur2(key) & 0x7fffffff) % (uint32_t)count);
}
