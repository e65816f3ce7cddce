/* The limits as rows, for documents and error texts. */
#include "model/limits.h"

#include <stddef.h>

const struct limit limits_table[] = {
#define X(name, value, unit, reason) {#name, value, unit, reason},
    LIMITS(X)
#undef X
    {NULL, 0, NULL, NULL},
};
