/* What is made of definitions once and kept. Definitions never change, so nothing kept is ever replaced or let go before the end: what
 * was handed out stays. Any thread. */
#ifndef YJS_WEB_ONCE_H
#define YJS_WEB_ONCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct once;

/* Room for `most`. FATAL without memory. */
enum outcome once_create(uint32_t most, struct once **ret);
/* With all that is kept. NULL: nothing. */
void once_free(struct once *, void (*free_one)(void *one));
/* The one that `is` the key's; NULL: none is kept. */
void *once_find(struct once *, bool (*is)(const void *one, const void *key), const void *key);
/* False: there is no room, `one` stays the caller's. Two threads may keep the same, which does no harm. */
bool once_keep(struct once *, void *one);

#endif
