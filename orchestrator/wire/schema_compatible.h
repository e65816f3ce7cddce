/* What schema_compatible.c and schema_compatible_object.c share. Not for others; they include schema.h. */
#ifndef YJS_WIRE_SCHEMA_COMPATIBLE_H
#define YJS_WIRE_SCHEMA_COMPATIBLE_H

#include "wire/schema_part.h"

#define FACTS_MOST 48         /* nodes known to hold at once; leaving some out only makes the answer more careful */
#define COMPARE_DEPTH_MOST 96
#define COMPARE_STEPS_MOST 1000000

/* Schemas of which every document in question is known to fulfil all; `$ref` and allOf are opened. */
struct facts { const struct schema_node *node[FACTS_MOST]; unsigned count; };

struct comparison_frame {
    const struct comparison_frame *up;
    const struct facts *facts;
    const struct schema_node *node;
};

struct comparison {
    const struct schema *before, *after;
    struct arena *scratch;
    struct schema_fault_list *faults;
    unsigned quiet, depth;               /* quiet > 0: something is only tried, no fault is written */
    unsigned exact;                      /* > 0: without the exception for new properties, as inside `not` and `if` */
    size_t steps;
    bool stopped, no_memory;
    const struct comparison_frame *frame;
    const struct schema_node *current;   /* the node of `after` whose keyword is looked at */
};

void facts_add(struct facts *, const struct schema_node *);
/* Is every document that fulfils the facts valid by `node`? Notes why not. */
bool facts_imply(struct comparison *, const struct facts *, const struct schema_node *node);
bool facts_imply_object(struct comparison *, const struct facts *, const struct schema_object *);
bool facts_imply_dependencies(struct comparison *, const struct facts *, const struct schema_keyword *);
/* Is no document that fulfils the facts valid by `node`? Only when it is easily seen. */
bool facts_exclude(struct comparison *, const struct facts *, const struct schema_node *node);
/* The property's schemas among the facts. *closed: by the facts there is no such property. */
void facts_of_property(struct comparison *, const struct facts *, struct text key, struct facts *ret, bool *closed);
bool comparison_fault(struct comparison *, struct text keyword, const char *code, struct text property,
                      const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Runs `body` over every keyword of that kind among the facts, as `name`. */
#define facts_each(facts_, kind_, name)                                                                               \
    for (unsigned name##_n = 0; name##_n < (facts_)->count; name##_n++)                                               \
        for (uint32_t name##_k = 0; name##_k < (facts_)->node[name##_n]->keyword_count; name##_k++)                   \
            for (const struct schema_keyword *name = &(facts_)->node[name##_n]->keywords[name##_k];                   \
                 name && name->kind == (kind_); name = NULL)

#endif
