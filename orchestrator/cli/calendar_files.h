/* config/calendar as files: found, read and compiled, for yjsctl. */
#ifndef YJS_CLI_CALENDAR_FILES_H
#define YJS_CLI_CALENDAR_FILES_H

#include "definition/calendar_file.h"

/* The folder `given`, else config/calendar of the project at `root`, else /etc/yijianshi/calendar; NULL: none of them is
 * there (and none was given). In the arena. */
const char *calendar_folder(const char *given, const char *root, struct arena *);
/* All its *.yaml, compiled. Faults go to standard error as a compiler prints them. REJECT file_unreadable, or the first
 * fault. A folder without files gives a calendar in which every year is provisional. */
enum outcome calendar_read_folder(const char *folder, struct arena *, const struct calendar **ret, struct error *);

#endif
