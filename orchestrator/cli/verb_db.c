/* db: the database made, brought up to date, looked at. */
#include "base/time.h"
#include "cli/verb_part.h"
#include "store/migrate.h"

enum verb_status verb_db_migrate(struct invocation *c) {
    enum verb_status status = invocation_settings(c);
    if (status != STATUS_DONE)
        return status;
    struct error error = {0};
    struct migrate_report report;
    int64_t partitions = 0;
    const char *given = invocation_option(c, "partitions");
    if (given && (!text_to_int64(text_from(given), &partitions) || partitions < 1 || partitions > 4096))
        return invocation_usage(c, "--partitions is a number from 1 to 4096, not \"%s\"", given);
    const char *region = invocation_option(c, "region");
    struct migrate_settings settings = {
        .conninfo = c->settings.database_url.at, .shard_count = (int32_t)partitions, .region = region};
    enum outcome outcome = migrate_apply(&settings, &report, &error);
    /* A new database takes what the settings say, unless told otherwise; an old one stays as it was made. */
    bool made = false;
    for (int again = 0; again < 2 && outcome == OUTCOME_REJECT; again++) {
        if (!given && text_is(text_from(error.code), "shard_count_missing"))
            settings.shard_count = (int32_t)c->settings.kafka_partitions;
        else if (!region && text_is(text_from(error.code), "region_missing"))
            settings.region = c->settings.region.at;
        else
            break;
        made = true;
        outcome = migrate_apply(&settings, &report, &error);
    }
    if (outcome != OUTCOME_OK)
        return invocation_failed(c, &error);
    if (c->json)
        printf("{\"version\":%d,\"applied\":%d,\"shard_count\":%d}\n", report.version, report.applied,
               report.shard_count);
    else if (made)
        printf("database made at version %d, with %d shards\n", report.version, report.shard_count);
    else if (report.applied > 0)
        printf("database at version %d (%d migrations applied), %d shards\n", report.version, report.applied,
               report.shard_count);
    else
        printf("database at version %d already, %d shards\n", report.version, report.shard_count);
    return STATUS_DONE;
}

static void print_members(struct invocation *c, const struct record_list *rows) {
    static const char *const headings[] = {"DAEMON", ">SHARDS", "SINCE", "SEEN", NULL};
    struct table table;
    int64_t now = display_now_us();
    table_begin(&table, &c->arena, headings);
    for (uint32_t i = 0; i < rows->count; i++) {
        struct json row;
        if (json_read(&c->arena, rows->at[i], 16, &row, NULL) != OUTCOME_OK)
            continue;
        table_put(&table, member(&row, "instance"));
        table_put(&table, member(&row, "shards"));
        table_put(&table, display_time(&c->arena, member(&row, "since"), now));
        table_put(&table, text_format(&c->arena, "%s ago",
                                      display_between(&c->arena, member(&row, "seen_at"), TEXT_NONE, now).at));
    }
    list_print(c, &table, rows->count, "no daemon has been seen");
}

enum verb_status verb_db_status(struct invocation *c) {
    struct database database;
    struct record_list rows, members;
    enum verb_status status = STATUS_REFUSED;
    struct json row;
    bool fine = database_open(c, &database, &status) &&
                database_ask(c, &database, "readiness", NULL, 0, &rows, &status) &&
                database_ask(c, &database, "members_list", NULL, 0, &members, &status);
    database_close(&database);
    if (!fine)
        return status;
    if (rows.count != 1 || json_read(&c->arena, rows.at[0], 16, &row, NULL) != OUTCOME_OK)
        return STATUS_REFUSED;
    int64_t version = member_int64(&row, "schema_version", 0);
    if (c->json) {
        printf("%.*s,\"wanted_version\":%d,\"daemons\":[", (int)rows.at[0].length - 1, rows.at[0].at,
               migrate_version());
        for (uint32_t i = 0; i < members.count; i++)
            printf("%s%.*s", i ? "," : "", TEXT_ARG(members.at[i]));
        printf("]}\n");
    } else {
        const struct pair pairs[] = {
            {"version", text_format(&c->arena, "%lld (this program: %d)", (long long)version, migrate_version()),
             COLOUR_PLAIN},
            {"region", member(&row, "region"), COLOUR_PLAIN},
            {"shards", member(&row, "shard_count"), COLOUR_PLAIN},
            {"owned", member(&row, "owned"), COLOUR_PLAIN},
        };
        print_pairs(&c->display, pairs, sizeof pairs / sizeof pairs[0]);
        print_members(c, &members);
        if (version < migrate_version())
            printf("the database is behind this program: yjsctl db migrate\n");
    }
    return version < migrate_version() ? STATUS_REFUSED : STATUS_DONE;
}
