/* What the drawings share: names, conditions and marks of steps as people read them. */
#ifndef YJS_DEFINITION_GRAPH_H
#define YJS_DEFINITION_GRAPH_H

#include "definition/definition.h"

struct graph {
    struct arena *arena;
    const struct definition *definition;
    const struct directory *directory;   /* NULL: ids stand for names */
    struct text language;
    const struct json *steps;            /* of the canonical form; NULL: conditions are not shown */
    struct buffer *out;
};

struct text graph_title(const struct graph *, const struct title *, struct text otherwise);
/* The department's name, the group's id, or what a step without one does. */
struct text graph_worker(const struct graph *, const struct step_definition *);
/* "utilities has gas", shortened to about `most` columns; absent: always. */
struct text graph_condition(const struct graph *, const struct step_definition *, size_t most);
/* "any", "2 of 5", "≤ 3 workdays": absent: all, without a deadline. */
struct text graph_join(const struct graph *, const struct join_rule *, uint16_t of);
/* The item's promise, a wait's span, a publicity's limit; absent: none. */
struct text graph_limit(const struct graph *, const struct step_definition *);
/* Columns of a fixed-width grid: two for CJK, one for the rest. */
size_t graph_columns(struct text);

void graph_write_svg(struct graph *);

#endif
