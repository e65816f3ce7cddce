/* What waits by rank: a higher one first, within one the oldest. An intrusive list a rank, so every act costs the same however
 * much waits. A node leaves by list_remove. Ranks past RANK_MOST count as it. */
#ifndef YJS_BASE_RANKS_H
#define YJS_BASE_RANKS_H

#include <stdint.h>

#include "base/list.h"

enum { RANK_MOST = 200, RANKS = 2 * RANK_MOST + 1, RANK_WORDS = (RANKS + 63) / 64 };
/* A bit of `used`: its list may hold something. */
struct ranks { struct list at[RANKS]; uint64_t used[RANK_WORDS]; };

static inline void ranks_init(struct ranks *r) {
    for (int i = 0; i < RANKS; i++)
        list_init(&r->at[i]);
    for (int i = 0; i < RANK_WORDS; i++)
        r->used[i] = 0;
}

static inline void ranks_append(struct ranks *r, int64_t rank, struct list *node) {
    size_t place = (size_t)((rank > RANK_MOST ? RANK_MOST : rank < -RANK_MOST ? -RANK_MOST : rank) + RANK_MOST);
    r->used[place / 64] |= UINT64_C(1) << place % 64;
    list_append(&r->at[place], node);
}

/* The head of the highest list below *place that holds something, and its place; NULL: none does. */
static inline struct list *ranks_below(struct ranks *r, size_t *place) {
    for (size_t word = (*place + 63) / 64; word-- > 0;) {
        uint64_t bits = r->used[word];
        if (*place < (word + 1) * 64)
            bits &= (UINT64_C(1) << *place % 64) - 1;
        for (; bits; bits &= ~(UINT64_C(1) << *place % 64)) {
            *place = word * 64 + 63 - (size_t)__builtin_clzll(bits);
            if (!list_is_empty(&r->at[*place]))
                return &r->at[*place];
            r->used[word] &= ~(UINT64_C(1) << *place % 64);
        }
    }
    return NULL;
}

/* What is next; NULL: nothing waits. */
static inline struct list *ranks_first(struct ranks *r) {
    size_t place = RANKS;
    struct list *head = ranks_below(r, &place);
    return head ? head->next : NULL;
}

/* Every list that holds something, the highest rank first; the body may empty it. */
#define ranks_each(ranks, head) \
    for (size_t head##_place = RANKS, head##_once = 1; head##_once; head##_once = 0) \
        for (struct list *head; (head = ranks_below((ranks), &head##_place));)

#endif
