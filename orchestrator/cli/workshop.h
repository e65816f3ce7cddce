/* What the verbs share that try a definition without a server (thing run, verify, checklist, form): the definition with
 * its sub-things and the directory, compiled from files, and scripts. For cli/verb_*.c alone. */
#ifndef YJS_CLI_WORKSHOP_H
#define YJS_CLI_WORKSHOP_H

#include "cli/verb.h"
#include "model/definition.h"
#include "model/directory.h"

enum { WORKSHOP_THINGS_MOST = 64 };
struct calendar;      /* calendar/calendar.h */
struct workshop {
    struct invocation *invocation;
    const char *path;                    /* of the definition that is tried */
    const char *root;                    /* of the project whose surroundings were read last */
    enum verb_status surroundings;       /* how that went: the directory and the calendar */
    const struct directory *directory;
    const struct calendar *calendar;     /* --calendar, or the project's, as daemons have it once it is published; NULL: none */
    const struct definition *things[WORKSHOP_THINGS_MOST];   /* sub-things; the one that is tried last */
    uint32_t thing_count;
    unsigned depth;                      /* of sub-things being looked for */
};

/* The directory, the calendar, the sub-things (named by --things, or beside the definition under their names), and the
 * definition that the first argument names. What is wrong was said: all of it, a fault of one hides none of another.
 * Close it in any case. */
enum verb_status workshop_open(struct workshop *, struct invocation *);
/* Another definition in the place of the one before, which is gone; what surrounds both is read and told of once. */
enum verb_status workshop_take(struct workshop *, const char *path);
void workshop_close(struct workshop *);
/* The one that counts of two: a fault that was found weighs more than a question left open. */
enum verb_status workshop_worse(enum verb_status, enum verb_status);
enum verb_status workshop_add(struct workshop *, const char *path);
static inline const struct definition *workshop_definition(const struct workshop *w) { return w->things[w->thing_count - 1]; }
/* A definition by its hash; `context` is the workshop. */
const struct definition *workshop_find(void *context, struct text hash);
/* script_read; faults of the YAML were said. */
enum outcome workshop_script(struct arena *, const char *path, const struct json **ret, struct error *);

#endif
