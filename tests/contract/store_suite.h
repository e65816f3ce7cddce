/* What every store must do, said once: the same suite runs on PostgreSQL and on the tests' fake, so that the fake tells
 * the truth. Give it a world; each test begins with an empty one. */
#ifndef YJS_TESTS_CONTRACT_STORE_SUITE_H
#define YJS_TESTS_CONTRACT_STORE_SUITE_H

#include "port/store.h"

#define STORE_SUITE_SHARDS 12

struct store_world {
    void *context;
    /* Forgets everything and makes an empty truth of STORE_SUITE_SHARDS shards. Ports made before are gone. */
    void (*reset)(void *context);
    /* Another daemon's view of the truth (another process: its takings are told from the first one's). Not opened. */
    struct store_port (*make)(void *context, const char *instance);
};

/* cmocka's result: the number of failed tests. */
int store_suite_run(const struct store_world *);

#endif
