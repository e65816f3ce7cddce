/* Result templates: JSON in whose strings `${…}` stands for something of the task. For simulated departments.
 *
 * `${seq}` a number of eight digits that is always the same for one task, `${number}`, `${step}`, `${task}`, and
 * `${input.a.b}` a field, `${input.list.0}` an element of the input. A string that is nothing but one `${input.…}` becomes
 * that value with its type. An object whose first key is a placeholder is not an object:
 * {"${each input.list}": X}                               a list of X, one an element, which is `input` within X
 * {"${if input.kind = illness}": X, "${else}": Y}         the first that holds; also `${if input.list has x}`. */
#ifndef YJS_HOST_TEMPLATE_H
#define YJS_HOST_TEMPLATE_H

#include "base/json.h"

struct template_values { struct text task, number, step; uint64_t seq; const struct json *input; };
/* Writes `source` (JSON text) with its placeholders filled in. */
void template_write(struct buffer *, struct text source, const struct template_values *);
/* A number of eight digits out of a task's id. */
uint64_t template_seq(struct text task_id);
/* The n'th draw, in [0, 1), of a task under a seed: the same for one task whenever and wherever it is drawn. */
double template_draw(uint64_t seed, struct text task_id, unsigned n);

#endif
