/* The daemon put together: settings, ports, conductor, web. yjsd's main waits and steps it; tests may too.
 *
 * Thread: main's. The web has its own. */
#ifndef YJS_CLI_DAEMON_H
#define YJS_CLI_DAEMON_H

#include <poll.h>

#include "base/error.h"
#include "cli/settings.h"
#include "port/clock.h"

struct daemon;

/* Reads the settings with all files that they name and makes every part; connects to nothing yet. `check_only`: no port is
 * opened. REJECT: what is wrong, everything in one run, stands in *ret_faults as text, or the error says it. Warnings alone
 * are written there too. */
enum outcome daemon_create(const char *config, const struct setting_flag *flags, uint32_t flag_count,
                           const struct clock_port *, bool check_only, struct daemon **ret, struct buffer *ret_faults, struct error *);
/* One turn of the conductor; *ret_wake_at_us by the monotonic clock. */
enum outcome daemon_turn(struct daemon *, int64_t *ret_wake_at_us, struct error *);
/* What to wait for besides the time; gives the number filled. */
int daemon_descriptors(struct daemon *, struct pollfd *room, int most);
bool daemon_is_ready(const struct daemon *);
/* Log settings, the directory of departments and the rules of notices, read again; what is wrong is said in the log
 * and changes nothing. What has changed and is read at the start only is named. */
void daemon_reload(struct daemon *, const char *config, const struct setting_flag *flags, uint32_t flag_count);
/* Finishes what is under way, as long as the setting `drain` allows. */
void daemon_drain(struct daemon *);
void daemon_free(struct daemon *);

#endif
