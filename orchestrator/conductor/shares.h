/* Which living daemon is to have which shard. */
#ifndef YJS_CONDUCTOR_SHARES_H
#define YJS_CONDUCTOR_SHARES_H

#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

/* Gives `shard_count` names in the arena, the member of each shard: the same for everybody who has the same `members`
 * (`count` of them, distinct, in any order), so that nobody has to agree on it. Nobody has more than one shard more than
 * another; when a member comes or goes little else moves. NULL: no memory. Without members each is TEXT_NONE. */
struct text *shares_of(struct arena *arena, const struct text *members, uint32_t count, int32_t shard_count);

#endif
