/* `yjsctl thing run`: one case of a definition on the pure engine, with a virtual clock and a script for what the
 * departments answer. No server, no file but what it is given. The script's format: config/README.md. */
#ifndef YJS_CLI_THING_RUN_H
#define YJS_CLI_THING_RUN_H

#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/definition.h"
#include "model/directory.h"

struct calendar;      /* calendar/calendar.h */

struct thing_run {
    const struct definition *definition;
    const struct directory *directory;                  /* may be NULL */
    const struct calendar *calendar;                    /* NULL: weekends alone are off */
    const struct definition *(*find_definition)(void *context, struct text hash);   /* of sub-things */
    void *context;
    bool quiet;                                         /* the final state alone */
};

/* Runs `script` (JSON of the YAML) and prints a line of JSON for each event, and the final state last, to `out`.
 * REJECT: the script is not as it should be, its application was refused, or the final state is not as it expects:
 * run_script_bad, form_invalid, run_unexpected …; what was printed before stands. *ret_closed: did the case close? */
enum outcome thing_run(const struct thing_run *, const struct json *script, FILE *out, bool *ret_closed, struct error *);

#endif
