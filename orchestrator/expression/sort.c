/* A stable sort that counts its steps and ends when they are spent; qsort can do neither. */
#include "expression/internal.h"

struct sorting {
    struct evaluation *evaluation;
    const struct json_member *elements;
    const struct json *keys;      /* NULL: the elements themselves */
};

static bool in_order(const struct sorting *s, uint32_t a, uint32_t b, bool *ret) {
    int order;
    const struct json *x = s->keys ? &s->keys[a] : &s->elements[a].value;
    const struct json *y = s->keys ? &s->keys[b] : &s->elements[b].value;
    if (!value_compare(s->evaluation, x, y, &order))
        return false;
    *ret = order <= 0;
    return true;
}

static bool merge(const struct sorting *s, const uint32_t *from, uint32_t *to, uint32_t middle, uint32_t count) {
    uint32_t left = 0, right = middle;
    for (uint32_t i = 0; i < count; i++) {
        bool take_left = left < middle;
        if (left < middle && right < count && !in_order(s, from[left], from[right], &take_left))
            return false;
        to[i] = take_left ? from[left++] : from[right++];
    }
    return true;
}

bool value_sort(struct evaluation *e, const struct json_member *elements, const struct json *keys, uint32_t count,
                uint32_t **ret_order) {
    struct sorting s = {e, elements, keys};
    uint32_t *order = spend_alloc(e, ((size_t)count + 1) * sizeof(*order));
    uint32_t *other = order ? spend_alloc(e, ((size_t)count + 1) * sizeof(*other)) : NULL;
    if (!other)
        return false;
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    for (uint32_t run = 1; run < count; run *= 2) {   /* bottom up: no recursion */
        for (uint32_t at = 0; at < count; at += 2 * run) {
            uint32_t rest = count - at, both = rest < 2 * run ? rest : 2 * run;
            if (!merge(&s, order + at, other + at, run < both ? run : both, both))
                return false;
        }
        uint32_t *swap = order;
        order = other;
        other = swap;
    }
    *ret_order = order;
    return true;
}
