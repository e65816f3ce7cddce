/* A small layered layout for drawings of steps: layers by the longest way from the start, few crossings, little bend. */
#ifndef YJS_DEFINITION_LAYOUT_H
#define YJS_DEFINITION_LAYOUT_H

#include "base/arena.h"
#include "model/definition.h"

struct layout_node {
    uint16_t step;               /* NO_INDEX: a bend of a long line */
    uint16_t layer;
    double height, y;            /* in: height; out: y of its middle, from 0 */
    double weight;               /* of the ordering under way */
    uint32_t order;              /* within its layer */
};
/* A line from a need to its dependent, through bends: node numbers. */
struct layout_line { uint32_t first, count; uint16_t from, to; };   /* layout.path[first … first + count - 1] */

struct layout {
    uint32_t node_count, line_count, layer_count, path_count;
    struct layout_node *nodes;   /* nodes[i].step == i for the first step_count of them */
    struct layout_line *lines;
    uint32_t *path;
    uint32_t **layers;           /* node numbers in order */
    uint32_t *layer_size;
    double height;
};

/* `heights`: of each step's box; `gap` between boxes. False: no memory. */
bool layout_make(struct arena *, const struct definition *, const double *heights, double gap, struct layout *ret);

#endif
