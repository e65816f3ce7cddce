/* Sugiyama's way in its simplest form: layers, bends for lines that pass layers, barycentres for the order, and a few
 * rounds of pulling every box towards its neighbours. */
#include "definition/layout.h"

#include <stdlib.h>

#define BENDS_MOST 20000u       /* beyond, long lines are drawn straight */
#define SWEEPS 12
#define BEND_HEIGHT 10.0

static void set_layers(const struct definition *d, struct layout *l) {
    for (uint16_t i = 0; i < d->step_count; i++) {
        uint16_t layer = 0;
        for (uint16_t k = 0; k < d->steps[i].need_count; k++) {
            uint16_t behind = l->nodes[d->steps[i].needs[k]].layer + 1u;
            layer = behind > layer ? behind : layer;
        }
        l->nodes[i].layer = layer;
        if (layer + 1u > l->layer_count)
            l->layer_count = layer + 1u;
    }
}

static void count_lines(const struct definition *d, const struct layout *l, uint32_t *lines, uint32_t *bends) {
    *lines = *bends = 0;
    for (uint16_t i = 0; i < d->step_count; i++)
        for (uint16_t k = 0; k < d->steps[i].need_count; k++) {
            *lines += 1;
            *bends += l->nodes[i].layer - l->nodes[d->steps[i].needs[k]].layer - 1u;
        }
}

static void add_lines(const struct definition *d, struct layout *l, bool with_bends) {
    for (uint16_t i = 0; i < d->step_count; i++)
        for (uint16_t k = 0; k < d->steps[i].need_count; k++) {
            uint16_t need = d->steps[i].needs[k];
            struct layout_line *line = &l->lines[l->line_count++];
            *line = (struct layout_line){.first = l->path_count, .from = need, .to = i};
            l->path[l->path_count++] = need;
            for (uint32_t layer = l->nodes[need].layer + 1u; with_bends && layer < l->nodes[i].layer; layer++) {
                l->nodes[l->node_count] = (struct layout_node){.step = NO_INDEX, .layer = (uint16_t)layer,
                                                               .height = BEND_HEIGHT};
                l->path[l->path_count++] = l->node_count++;
            }
            l->path[l->path_count++] = i;
            line->count = l->path_count - line->first;
        }
}

static bool fill_layers(struct arena *arena, struct layout *l) {
    l->layers = arena_new_array(arena, l->layer_count, uint32_t *);
    l->layer_size = arena_new_array(arena, l->layer_count, uint32_t);
    uint32_t *room = arena_new_array(arena, l->node_count, uint32_t);
    if (!l->layers || !l->layer_size || !room)
        return false;
    for (uint32_t i = 0; i < l->node_count; i++)
        l->layer_size[l->nodes[i].layer]++;
    for (uint32_t k = 0; k < l->layer_count; k++) {
        l->layers[k] = room;
        room += l->layer_size[k];
        l->layer_size[k] = 0;
    }
    for (uint32_t i = 0; i < l->node_count; i++) {
        struct layout_node *n = &l->nodes[i];
        n->order = l->layer_size[n->layer];
        l->layers[n->layer][l->layer_size[n->layer]++] = i;
    }
    return true;
}

static int by_weight(const void *left, const void *right, void *context) {
    const struct layout_node *nodes = context;
    const struct layout_node *a = &nodes[*(const uint32_t *)left], *b = &nodes[*(const uint32_t *)right];
    if (a->weight != b->weight)
        return a->weight < b->weight ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

struct mean { double *sum; uint32_t *count; };

/* For every node the mean of `value` over its neighbours one layer before (or behind). */
static void gather_means(const struct layout *l, struct mean *mean, bool from_before, bool by_place) {
    for (uint32_t i = 0; i < l->node_count; i++) {
        mean->sum[i] = 0;
        mean->count[i] = 0;
    }
    for (uint32_t i = 0; i < l->line_count; i++)
        for (uint32_t k = 0; k + 1 < l->lines[i].count; k++) {
            uint32_t a = l->path[l->lines[i].first + k], b = l->path[l->lines[i].first + k + 1];
            uint32_t to = from_before ? b : a, from = from_before ? a : b;
            mean->sum[to] += by_place ? l->nodes[from].y : l->nodes[from].order;
            mean->count[to]++;
        }
}

static void sweep_order(struct layout *l, struct mean *mean, bool forward) {
    for (uint32_t turn = 0; turn < l->layer_count; turn++) {
        uint32_t layer = forward ? turn : l->layer_count - 1 - turn;
        gather_means(l, mean, forward, false);
        for (uint32_t k = 0; k < l->layer_size[layer]; k++) {
            uint32_t n = l->layers[layer][k];
            l->nodes[n].weight = mean->count[n] ? mean->sum[n] / mean->count[n] : l->nodes[n].order;
        }
        qsort_r(l->layers[layer], l->layer_size[layer], sizeof(uint32_t), by_weight, l->nodes);
        for (uint32_t k = 0; k < l->layer_size[layer]; k++)
            l->nodes[l->layers[layer][k]].order = k;
    }
}

/* Puts a layer's boxes at the places they wish for, in order and without overlap: pushed down, then pulled up again. */
static void settle_layer(struct layout *l, uint32_t layer, double gap) {
    uint32_t *members = l->layers[layer], count = l->layer_size[layer];
    double shift = 0;
    for (uint32_t k = 0; k < count; k++)
        shift += l->nodes[members[k]].weight;
    for (uint32_t k = 0; k < count; k++) {
        struct layout_node *n = &l->nodes[members[k]];
        n->y = n->weight;
        if (k) {
            const struct layout_node *above = &l->nodes[members[k - 1]];
            double least = above->y + (above->height + n->height) / 2 + gap;
            n->y = n->y < least ? least : n->y;
        }
    }
    for (uint32_t k = 0; k < count; k++)
        shift -= l->nodes[members[k]].y;
    for (uint32_t k = 0; k < count; k++)
        l->nodes[members[k]].y += shift / count;
}

static void place(struct layout *l, struct mean *mean, double gap, int sweeps) {
    double least = 0;
    for (uint32_t layer = 0; layer < l->layer_count; layer++) {
        for (uint32_t k = 0; k < l->layer_size[layer]; k++)
            l->nodes[l->layers[layer][k]].weight = 0;
        settle_layer(l, layer, gap);
    }
    for (int sweep = 0; sweep < sweeps; sweep++) {
        for (uint32_t turn = 0; turn < l->layer_count; turn++) {
            uint32_t layer = sweep % 2 ? l->layer_count - 1 - turn : turn;
            gather_means(l, mean, sweep % 2 == 0, true);
            for (uint32_t k = 0; k < l->layer_size[layer]; k++) {
                uint32_t n = l->layers[layer][k];
                l->nodes[n].weight = mean->count[n] ? mean->sum[n] / mean->count[n] : l->nodes[n].y;
            }
            settle_layer(l, layer, gap);
        }
    }
    for (uint32_t i = 0; i < l->node_count; i++)
        if (l->nodes[i].y - l->nodes[i].height / 2 < least)
            least = l->nodes[i].y - l->nodes[i].height / 2;
    for (uint32_t i = 0; i < l->node_count; i++) {
        l->nodes[i].y -= least;
        if (l->nodes[i].y + l->nodes[i].height / 2 > l->height)
            l->height = l->nodes[i].y + l->nodes[i].height / 2;
    }
}

bool layout_make(struct arena *arena, const struct definition *d, const double *heights, double gap,
                 struct layout *ret) {
    struct layout l = {.node_count = d->step_count};
    uint32_t lines, bends;
    l.nodes = arena_new_array(arena, d->step_count, struct layout_node);
    if (!l.nodes)
        return false;
    set_layers(d, &l);
    count_lines(d, &l, &lines, &bends);
    bool with_bends = bends <= BENDS_MOST && (uint64_t)l.layer_count * (lines + bends) < 4000000;
    struct layout_node *nodes = arena_new_array(arena, d->step_count + (with_bends ? bends : 0), struct layout_node);
    l.lines = arena_new_array(arena, lines, struct layout_line);
    l.path = arena_new_array(arena, lines * 2u + (with_bends ? bends : 0), uint32_t);
    if (!nodes || !l.lines || !l.path)
        return false;
    for (uint16_t i = 0; i < d->step_count; i++)
        nodes[i] = (struct layout_node){.step = i, .layer = l.nodes[i].layer, .height = heights[i]};
    l.nodes = nodes;
    add_lines(d, &l, with_bends);
    struct mean mean = {arena_new_array(arena, l.node_count, double), arena_new_array(arena, l.node_count, uint32_t)};
    if (!mean.sum || !mean.count || !fill_layers(arena, &l))
        return false;
    int sweeps = (uint64_t)l.layer_count * (lines + bends) < 200000 ? SWEEPS : 2;
    for (int sweep = 0; sweep < sweeps; sweep++)
        sweep_order(&l, &mean, sweep % 2 == 0);
    place(&l, &mean, gap, sweeps == SWEEPS ? SWEEPS * 2 : 0);
    *ret = l;
    return true;
}
