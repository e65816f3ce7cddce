/* A private PostgreSQL cluster for a test program: started by tests/lib/pg.sh, gone when the program ends. With
 * YJS_TEST_PG set to a conninfo that cluster is used instead (another version, for instance). */
#ifndef YJS_TESTS_LIB_PG_CLUSTER_H
#define YJS_TESTS_LIB_PG_CLUSTER_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Writes the conninfo; exits with a message when there is no server. */
static inline void pg_cluster_start(char *conninfo, size_t size) {
    const char *given = getenv("YJS_TEST_PG");
    if (given) {
        snprintf(conninfo, size, "%s", given);
        return;
    }
    char command[512];
    snprintf(command, sizeof command, "%s/tests/lib/pg.sh --parent %d", YJS_SOURCE_DIR, (int)getpid());
    FILE *output = popen(command, "r");
    if (!output || !fgets(conninfo, (int)size, output)) {
        fprintf(stderr, "no PostgreSQL for the tests\n");
        exit(1);
    }
    pclose(output);
    conninfo[strcspn(conninfo, "\n")] = '\0';
}

/* SQL on a connection of its own; the first field of the first row into `ret` (may be NULL). False on an error, which
 * is printed. */
static inline bool pg_cluster_sql(const char *conninfo, const char *sql, char *ret, size_t size) {
    PGconn *connection = PQconnectdb(conninfo);
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    bool well = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!well)
        fprintf(stderr, "%s: %s", sql, PQerrorMessage(connection));
    if (ret)
        snprintf(ret, size, "%s", well && PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    PQfinish(connection);
    return well;
}

#endif
