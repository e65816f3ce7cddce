/* Migrations: deploy/sql/NNNN_name.sql, built into the program. `yjsctl db migrate` is their caller, and tests.
 *
 * Each file is applied once, in order, in a transaction of its own, under an advisory lock; its checksum is kept in
 * schema_version and compared ever after. 0000 makes that table and may run any number of times. */
#ifndef YJS_STORE_MIGRATE_H
#define YJS_STORE_MIGRATE_H

#include <stdint.h>
#include "base/error.h"

struct pg;

struct migration { int version; const char *name; const char *sql; };
/* Made by the build from deploy/sql (store/migrations.cmake); ends with name == NULL. */
extern const struct migration migrations[];

struct migrate_settings {
    const char *conninfo;        /* of a user who may create tables in schema public */
    int32_t shard_count;         /* P: fixed for ever by the first run; 0 on later ones: as it is */
    const char *region;          /* GB/T 2260, of the city; NULL on later runs: as it is */
};
struct migrate_report { int applied, version; int32_t shard_count; };

/* Brings the database to this program's version. Idempotent. RETRY store_away; REJECT migration_changed (an applied
 * file has another checksum), migration_failed (with file, message and line), shard_count_differs, shard_count_missing,
 * region_missing. *ret (may be NULL) on OK. */
enum outcome migrate_apply(const struct migrate_settings *, struct migrate_report *ret, struct error *);

/* The last migration's version: what a daemon asks of the schema at least. */
int migrate_version(void);
/* REJECT schema_missing when the database was never migrated. */
enum outcome migrate_is_there(struct pg *, struct error *);

#endif
