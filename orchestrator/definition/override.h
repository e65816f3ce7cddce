/* See override.c. */
#ifndef YJS_DEFINITION_OVERRIDE_H
#define YJS_DEFINITION_OVERRIDE_H

#include "definition/node.h"

struct compiler;
/* The tree as it holds in one region (a member of `override`), with its JSON. Unknown items, steps and departments are
 * reported. False: no memory. */
bool override_lay_over(struct compiler *, const struct node_member *region, struct node *ret);

#endif
