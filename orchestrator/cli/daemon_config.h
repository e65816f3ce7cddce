/* The files that the daemon's settings name; what is wrong with them stands behind the faults of the settings. Main thread. */
#ifndef YJS_CLI_DAEMON_CONFIG_H
#define YJS_CLI_DAEMON_CONFIG_H

#include "cli/settings.h"
#include "model/directory.h"

/* A file that the setting `setting` names, in the arena. False: it can't be read, which is a fault of the setting. */
bool daemon_read_named(struct settings *, const char *setting, const char *path, struct arena *, struct text *ret, struct fault_list *faults);
/* Faults of a file behind those of the settings; they live in the arena of the settings then. */
void daemon_add_faults(struct settings *, struct fault_list *faults, const struct fault_list *more);
/* The directory of departments, compiled into the arena; *ret stays as it is when it has faults. */
void daemon_read_directory(struct settings *, struct arena *, const struct directory **ret, struct fault_list *faults);
/* Faults of the settings' own file first, by their places; the others stay in their order behind them. */
void daemon_order_faults(const struct settings *, struct fault_list *);
/* A reload that is refused: each fault in the log, and that everything stays; `why`: what else stood in its way, NULL: nothing. */
void daemon_log_faults(const struct fault_list *, const char *why);

#endif
