/* The mark of a death by a fatal signal: a file that the signal's handler writes and the next start reads, so that
 * poison (conductor/poison.c) is told from kill -9 and power cuts. */
#ifndef YJS_CLI_CRASH_MARK_H
#define YJS_CLI_CRASH_MARK_H

#include <stdbool.h>

/* Opens (makes) `folder`/`instance`.crash, gives whether the last run left its mark and wipes it, and arms the handlers
 * of SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT on a stack of their own. Where the folder can't be written nothing is
 * armed and false is given. Once a process, before threads start. */
bool crash_mark_arm(const char *folder, const char *instance);

#endif
