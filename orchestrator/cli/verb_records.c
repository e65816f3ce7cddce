/* The database as verbs see it: for what must work before any daemon runs. */
#include <pwd.h>
#include <unistd.h>

#include "cli/verb_part.h"
#include "store/store.h"

bool database_open(struct invocation *c, struct database *ret, enum verb_status *ret_status) {
    *ret = (struct database){0};
    *ret_status = invocation_settings(c);
    if (*ret_status != STATUS_DONE)
        return false;
    struct error error = {0};
    const struct store_settings settings = {.conninfo = c->settings.database_url.at, .instance = "yjsctl", .pool = 1};
    if (records_create(&settings, &ret->records, &error) != OUTCOME_OK) {
        *ret_status = invocation_failed(c, &error);
        return false;
    }
    ret->port = records_port(ret->records);
    return true;
}

void database_close(struct database *database) {
    if (database->records)
        records_free(database->records);
    database->records = NULL;
}

bool database_ask(struct invocation *c, struct database *database, const char *query, const struct text *parameters,
                  uint32_t count, struct record_list *ret, enum verb_status *ret_status) {
    struct error error = {0};
    if (database->port.query(database->port.context, query, parameters, count, &c->arena, ret, &error) == OUTCOME_OK)
        return true;
    /* A table or column that is not there: PostgreSQL's 42P01 and 42703. */
    if (strstr(error.message, "42P01") || strstr(error.message, "42703"))
        error_set(&error, OUTCOME_REJECT, "schema_missing",
                  "the database is not at this program's version; bring it there by: yjsctl db migrate");
    *ret_status = invocation_failed(c, &error);
    return false;
}

struct text invocation_user(struct invocation *c) {
    struct passwd entry, *found = NULL;
    char room[4096];
    if (getpwuid_r(getuid(), &entry, room, sizeof room, &found) == 0 && found)
        return text_format(&c->arena, "yjsctl:%s", found->pw_name);
    return text_format(&c->arena, "yjsctl:%u", (unsigned)getuid());
}
