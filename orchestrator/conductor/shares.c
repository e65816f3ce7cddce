/* Rendezvous hashing in equal shares: a shard goes to the member with the greatest weight for it that has room left. Without the room
 * eight shards over three daemons would be six, one and one as likely as not. */
#include "conductor/shares.h"

#include "conductor/mutation.h"

static uint64_t weight_of(struct text member, int32_t shard) {
    uint64_t weight = text_hash(member) ^ ((uint64_t)shard * UINT64_C(0x9E3779B97F4A7C15));
    weight ^= weight >> 33;
    weight *= UINT64_C(0xFF51AFD7ED558CCD);
    weight ^= weight >> 33;
    weight *= UINT64_C(0xC4CEB9FE1A85EC53);
    weight ^= weight >> 33;
    return weight;
}

struct text *shares_of(struct arena *arena, const struct text *members, uint32_t count, int32_t shard_count) {
    struct text *wanted = arena_new_array(arena, (size_t)shard_count, struct text);
    uint32_t *held = arena_new_array(arena, (size_t)count + 1, uint32_t);
    if (!wanted || !held)
        return NULL;
    uint32_t all = count > 0 ? (uint32_t)shard_count / count : 0;        /* so many each, … */
    uint32_t more = count > 0 ? (uint32_t)shard_count % count : 0;       /* … and so many members have one more */
    for (int32_t shard = 0; shard < shard_count; shard++) {
        uint32_t best = count;
        uint64_t best_weight = 0;
        for (uint32_t i = 0; i < count; i++) {
            bool has_room = held[i] < all || (held[i] == all && more > 0) || mutation_is(shares_uneven);
            uint64_t weight = weight_of(members[i], shard);
            if (has_room && (best == count || weight > best_weight ||
                             (weight == best_weight && text_compare(members[i], members[best]) < 0))) {
                best = i;
                best_weight = weight;
            }
        }
        wanted[shard] = best < count ? members[best] : TEXT_NONE;
        more -= best < count && held[best] == all && more > 0;
        held[best]++;
    }
    return wanted;
}
