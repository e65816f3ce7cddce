/* A script of `thing run` as it stands in its file, with what it refers to: an application, another script it is like.
 * The format: config/README.md. */
#ifndef YJS_CLI_SCRIPT_H
#define YJS_CLI_SCRIPT_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "definition/fault.h"

/* Reads the script at `path`, YAML, into one object without `like` and `application`:
 * - `like: FILE`, beside it: a script on which this one is a merge patch (RFC 7396); `inputs` and `expect` are taken whole;
 * - `application: FILE`, beside it: its members stand in place of those of `like`, and the script is a patch on them.
 * REJECT: a file can't be read, faults of the YAML in `faults`, run_script_bad. All in the arena. */
enum outcome script_read(struct arena *, const char *path, const struct json **ret, struct fault_list *faults, struct error *);

#endif
