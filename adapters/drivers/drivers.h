/* The drivers' descriptors, one a file. */
#ifndef YJS_DRIVERS_DRIVERS_H
#define YJS_DRIVERS_DRIVERS_H

#include "host.h"

extern const struct yjs_driver driver_rest, driver_exec, driver_table, driver_worklist, driver_lease, driver_lookup,
    driver_simulate;

#endif
