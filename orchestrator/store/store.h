/* The store on PostgreSQL (15 and 17): makes the ports of port/store.h and port/records.h.
 *
 * `struct store` is the conductor's: one connection on which it works, and one on which it listens for NOTIFY (the
 * first one is blocked while a commit is under way). `struct records` is the web's: a pool of connections, any thread.
 * Both survive any ending of the database: functions say RETRY until open() (store) or the next call (records) has
 * connected again. Neither changes the schema: that is store/migrate.h. */
#ifndef YJS_STORE_STORE_H
#define YJS_STORE_STORE_H

#include "port/records.h"
#include "port/store.h"

struct store_settings {
    const char *conninfo;              /* libpq's, URI or keywords; copied, like `instance` */
    const char *instance;              /* name of this daemon: application_name of its connections */
    int statement_timeout_ms;          /* 0: 10,000 */
    int wait_ms;                       /* a round trip at most, then the connection is given up; 0: 30,000 */
    int pool;                          /* records: connections; 0: 4 */
    int pool_wait_ms;                  /* records: for a free connection; 0: 5,000 */
};

/* Can libpq read it? Connects to nothing. REJECT conninfo_bad, with libpq's reason. */
enum outcome store_check_conninfo(const char *conninfo, struct error *);

struct store;
/* Connects nothing yet. FATAL out_of_memory. */
enum outcome store_create(const struct store_settings *, struct store **ret, struct error *);
struct store_port store_port(struct store *);
void store_free(struct store *);       /* NULL is safe */

struct records;
enum outcome records_create(const struct store_settings *, struct records **ret, struct error *);
struct records_port records_port(struct records *);
void records_free(struct records *);   /* no call may be under way */

#endif
