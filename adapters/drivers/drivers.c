/* The list of drivers: a new one is one file and one row here. */
#include "drivers.h"

const struct yjs_driver *const yjs_drivers[] = {
    &driver_rest, &driver_exec, &driver_table, &driver_worklist, &driver_lease, &driver_lookup, &driver_simulate, NULL,
};

const struct yjs_driver *driver_find(const char *name) {
    for (size_t i = 0; yjs_drivers[i]; i++)
        if (!strcmp(yjs_drivers[i]->name, name))
            return yjs_drivers[i];
    return NULL;
}
