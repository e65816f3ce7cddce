/* Clock and random as ports: the only sources of now and of chance above the pure floors. */
#ifndef YJS_PORT_CLOCK_H
#define YJS_PORT_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct clock_port {
    void *context;
    int64_t (*now_us)(void *context);          /* wall clock, UTC */
    int64_t (*monotonic_us)(void *context);    /* for waiting and measuring */
    void (*random_bytes)(void *context, void *room, size_t length);
};

#endif
