/* What a script of `thing run` expects of the final state: a part of it, member by member.
 *
 * Pure; called by thing_run. */
#ifndef YJS_CLI_THING_EXPECT_H
#define YJS_CLI_THING_EXPECT_H

#include "base/json.h"

/* Does `is` have all that `expect` has? An object's members are looked for by name, null expects that there is none;
 * anything else must be equal. Otherwise writes a line "/steps/tax/state: is granted, not refused" for each difference. */
bool expect_holds(const struct json *expect, const struct json *is, struct buffer *why);

#endif
