/* Whether libpq can read a connection string, without connecting. */
#include <libpq-fe.h>
#include <string.h>

#include "store/store.h"

enum outcome store_check_conninfo(const char *conninfo, struct error *error) {
    char *why = NULL;
    PQconninfoOption *options = PQconninfoParse(conninfo, &why);
    enum outcome outcome = OUTCOME_OK;
    if (!options)
        outcome = error_set(error, OUTCOME_REJECT, "conninfo_bad", "%.*s", why ? (int)strcspn(why, "\n") : 0, why ? why : "");
    PQconninfoFree(options);
    PQfreemem(why);
    return outcome;
}
