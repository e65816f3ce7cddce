/* One comparison under way: what diff.c and diff_steps.c share. */
#ifndef YJS_DEFINITION_DIFF_H
#define YJS_DEFINITION_DIFF_H

#include "definition/definition.h"

struct diff {
    struct arena *arena;
    struct difference_list *list;
    const struct json *before, *after;          /* canonical forms */
    const struct definition *old, *new_;
};

/* `blocks` with `step`: a case that has reached the step can't migrate; without: no case can. */
void diff_add(struct diff *, const char *code, struct text subject, struct text step, bool blocks, struct text sentence);
struct text diff_show(struct diff *, const struct json *);
bool diff_same(const struct json *, const struct json *);
/* The element of a list with that `id`; NULL: none. */
const struct json *diff_find(const struct json *list, struct text id);

void diff_steps(struct diff *);
void diff_forms(struct diff *);

#endif
