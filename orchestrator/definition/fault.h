/* Faults while they are gathered: used by every file of definition/, never from outside (see definition.h). */
#ifndef YJS_DEFINITION_FAULT_H
#define YJS_DEFINITION_FAULT_H

#include "definition/definition.h"

/* Where in the source; line 0: the whole file. */
struct place { uint32_t line, column; };
#define PLACE_NONE ((struct place){0, 0})

struct faults {
    struct arena *arena;
    struct text file;
    struct fault_list *list;
};

/* Adds one. `code` is a row of definition_fault_codes and gives the severity; `remedy` NULL: the row's. The same code
 * with the same message at the same place is added once. A refused allocation leaves arena->failed set. */
void fault_put(struct faults *, struct place, const char *code, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* As fault_put with a remedy that was formatted into the arena. */
void fault_put_text(struct faults *, struct place, const char *code, struct text remedy, struct text message);
/* By line and column, errors and warnings mixed. */
void fault_list_sort(struct fault_list *);
/* REJECT with the first error of the list. */
enum outcome fault_list_refuse(const struct fault_list *, struct error *);
const struct fault_code *fault_code_find(const char *code);

#endif
