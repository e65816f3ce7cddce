/* Brings a database to this program's schema. See migrate.h. */
#include "store/migrate.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/sha256.h"
#include "store/pg.h"

/* Only these stand here and not in the statements' tables: the tables they name may not exist when a connection opens. */
static const struct pg_statement early_statements[] = {
    {"lock", "SELECT pg_advisory_lock(7936450120)"},
    {"is_there", "SELECT to_regclass('schema_version') IS NOT NULL"},
    {NULL, NULL},
};
static const struct pg_statement later_statements[] = {
    {"applied", "SELECT checksum FROM schema_version WHERE version = $1::int"},
    {"note", "INSERT INTO schema_version (version, name, checksum) VALUES ($1::int, $2::text, $3::text)"},
    {NULL, NULL},
};
static const struct pg_statement setting_statements[] = {
    {"setting", "SELECT value FROM setting WHERE name = $1::text"},
    {"setting_put", "INSERT INTO setting (name, value) VALUES ($1::text, $2::text)"},
    {"shards", "INSERT INTO shard (shard) SELECT generate_series(0, $1::int - 1)"},
    {NULL, NULL},
};

int migrate_version(void) {
    int version = 0;
    for (const struct migration *m = migrations; m->name; m++)
        version = m->version;
    return version;
}

enum outcome migrate_is_there(struct pg *pg, struct error *error) {
    _cleanup_result_ PGresult *result = NULL;
    enum outcome outcome = pg_ask(pg, early_statements[1].sql, &result, error);
    if (outcome == OUTCOME_OK && !pg_get_bool(result, 0, 0))
        return error_set(error, OUTCOME_REJECT, "schema_missing",
                         "the database has no schema of ours: run `yjsctl db migrate`");
    return outcome;
}

/* One file and its row in one transaction; what was applied is only compared. */
static enum outcome apply_one(struct pg *pg, const struct migration *m, bool *ret_applied, struct error *error) {
    char checksum[SHA256_TEXT_SIZE];
    sha256_text(text_from(m->sql), checksum);
    struct pg_arguments arguments = {0};
    pg_argument_int32(&arguments, m->version);
    _cleanup_result_ PGresult *result = NULL;
    enum outcome outcome = pg_run(pg, "applied", &arguments, true, &result, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (PQntuples(result) == 1) {
        if (!text_is(text_span(PQgetvalue(result, 0, 0), (size_t)PQgetlength(result, 0, 0)), checksum))
            return error_set(error, OUTCOME_REJECT, "migration_changed",
                             "%s was applied with another content; a migration is never edited, add a new one", m->name);
        *ret_applied = false;
        return OUTCOME_OK;
    }
    struct error why = {0};
    pg_argument_text(&arguments, text_from(m->name));
    pg_argument_text(&arguments, text_from(checksum));
    _cleanup_result_ PGresult *noted = NULL;
    outcome = pg_script(pg, "BEGIN", &why);
    if (outcome == OUTCOME_OK)
        outcome = pg_script(pg, m->sql, &why);
    if (outcome == OUTCOME_OK)
        outcome = pg_run(pg, "note", &arguments, true, &noted, &why);
    if (outcome == OUTCOME_OK)
        outcome = pg_script(pg, "COMMIT", &why);
    *ret_applied = true;
    if (outcome == OUTCOME_OK)
        return OUTCOME_OK;
    pg_script(pg, "ROLLBACK", NULL);
    return error_set(error, outcome, outcome == OUTCOME_RETRY ? why.code : "migration_failed", "%s: %s", m->name,
                     why.message);
}

/* The value of a setting, or `wanted` written down; absent in both: absent. */
static enum outcome settle_setting(struct pg *pg, const char *name, struct text wanted, char room[64], bool *ret_made,
                                   struct error *error) {
    struct pg_arguments arguments = {0};
    pg_argument_text(&arguments, text_from(name));
    _cleanup_result_ PGresult *result = NULL, *put = NULL;
    enum outcome outcome = pg_run(pg, "setting", &arguments, true, &result, error);
    *ret_made = false;
    room[0] = '\0';
    if (outcome != OUTCOME_OK)
        return outcome;
    if (PQntuples(result) == 1) {
        snprintf(room, 64, "%.*s", PQgetlength(result, 0, 0), PQgetvalue(result, 0, 0));
        return OUTCOME_OK;
    }
    if (text_is_none(wanted))
        return OUTCOME_OK;
    snprintf(room, 64, "%.*s", TEXT_ARG(wanted));
    pg_argument_text(&arguments, wanted);
    *ret_made = true;
    return pg_run(pg, "setting_put", &arguments, true, &put, error);
}

/* P and the region: given by the first run, compared by later ones. */
static enum outcome settle_settings(struct pg *pg, const struct migrate_settings *settings, int32_t *ret_shard_count,
                                    struct error *error) {
    char wanted[16], shard_count[64], region[64];
    bool made = false, ignored = false;
    snprintf(wanted, sizeof wanted, "%d", settings->shard_count);
    enum outcome outcome = settle_setting(pg, "shard_count", settings->shard_count > 0 ? text_from(wanted) : TEXT_NONE,
                                          shard_count, &made, error);
    if (outcome == OUTCOME_OK)
        outcome = settle_setting(pg, "region", text_from(settings->region), region, &ignored, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (!*shard_count)
        return error_set(error, OUTCOME_REJECT, "shard_count_missing",
                         "a new database needs its number of shards (= partitions of every topic)");
    if (!*region)
        return error_set(error, OUTCOME_REJECT, "region_missing", "a new database needs its region (GB/T 2260 code)");
    int32_t count = (int32_t)strtol(shard_count, NULL, 10);
    if (settings->shard_count > 0 && settings->shard_count != count)
        return error_set(error, OUTCOME_REJECT, "shard_count_differs",
                         "the database was made with %d shards, not %d; the number can't be changed", count,
                         settings->shard_count);
    *ret_shard_count = count;
    if (!made)
        return OUTCOME_OK;
    struct pg_arguments arguments = {0};
    pg_argument_int32(&arguments, count);
    _cleanup_result_ PGresult *result = NULL;
    return pg_run(pg, "shards", &arguments, true, &result, error);
}

/* All under the lock, which ends with the connection. */
static enum outcome apply_all(struct pg *pg, const struct migrate_settings *settings, struct migrate_report *report,
                              struct error *error) {
    _cleanup_result_ PGresult *locked = NULL;
    enum outcome outcome = pg_run(pg, "lock", NULL, true, &locked, error);
    if (outcome == OUTCOME_OK)
        outcome = pg_script(pg, migrations[0].sql, error);
    if (outcome == OUTCOME_OK)
        outcome = pg_prepare(pg, later_statements, error);
    for (const struct migration *m = migrations + 1; outcome == OUTCOME_OK && m->name; m++) {
        bool applied = false;
        outcome = apply_one(pg, m, &applied, error);
        report->applied += applied;
    }
    if (outcome == OUTCOME_OK)
        outcome = pg_prepare(pg, setting_statements, error);
    if (outcome == OUTCOME_OK)
        outcome = pg_script(pg, "BEGIN", error);
    if (outcome == OUTCOME_OK)
        outcome = settle_settings(pg, settings, &report->shard_count, error);
    return outcome == OUTCOME_OK ? pg_script(pg, "COMMIT", error) : outcome;
}

enum outcome migrate_apply(const struct migrate_settings *settings, struct migrate_report *ret, struct error *error) {
    struct pg pg = {0};
    struct migrate_report report = {.version = migrate_version()};
    /* A migration may take long and may wait for another one: no timeouts but the connection's own. */
    const struct pg_settings connection = {.conninfo = settings->conninfo, .application = "yjsctl db migrate",
                                           .statement_timeout_ms = 0, .wait_ms = 24 * 3600 * 1000};
    enum outcome outcome = pg_open(&pg, &connection, early_statements, error);
    if (outcome == OUTCOME_OK)
        outcome = apply_all(&pg, settings, &report, error);
    pg_close(&pg);
    if (outcome == OUTCOME_OK && ret)
        *ret = report;
    return outcome;
}
