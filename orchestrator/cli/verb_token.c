/* token: who may call the API. Talks to the database itself, so that the first token can be made. */
#include <sys/random.h>

#include "base/sha256.h"
#include "cli/verb_part.h"

enum { TOKEN_RANDOM_BYTES = 32 };

/* "yjs_" and 64 hexadecimal digits: recognisable for scanners of leaked secrets. The API makes them alike. */
static bool make_token(char room[4 + TOKEN_RANDOM_BYTES * 2 + 1]) {
    unsigned char random[TOKEN_RANDOM_BYTES];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return false;
    snprintf(room, 5, "yjs_");
    for (int i = 0; i < TOKEN_RANDOM_BYTES; i++)
        snprintf(room + 4 + i * 2, 3, "%02x", random[i]);
    return true;
}

/* A moment, or a span from now: "2027-01-01T00:00:00+08:00", "90d". */
static bool read_expiry(struct invocation *c, struct text *ret) {
    struct text given = invocation_text(c, "expires");
    int64_t moment, span;
    char room[TIME_TEXT_SIZE];
    *ret = TEXT_NONE;
    if (text_is_none(given))
        return true;
    if (duration_parse(given, &span, NULL) == OUTCOME_OK && span > 0)
        moment = display_now_us() + span;
    else if (time_parse(given, &moment, NULL) != OUTCOME_OK || moment <= display_now_us())
        return false;
    *ret = text_copy(&c->arena, time_format_utc(moment, room));
    return true;
}

enum verb_status verb_token_create(struct invocation *c) {
    struct text role = invocation_text(c, "role"), department = invocation_text(c, "department"),
                name = invocation_text(c, "name");
    struct text expires;
    if (text_is_none(role))
        return invocation_usage(c, "--role is needed");
    if (text_is(role, "department") != !text_is_none(department))
        return invocation_usage(c, "--department is needed for the role department, and for no other");
    if (!read_expiry(c, &expires))
        return invocation_usage(c, "--expires takes a moment to come (2027-01-01T00:00:00+08:00) or a span (90d)");
    char token[4 + TOKEN_RANDOM_BYTES * 2 + 1], hash[SHA256_TEXT_SIZE];
    struct error error = {0};
    if (!make_token(token)) {
        error_set(&error, OUTCOME_RETRY, "no_random", "the system gave no random bytes");
        return invocation_failed(c, &error);
    }
    if (text_is_none(name))
        name = text_is_none(department) ? role : department;
    struct database database;
    struct record_list rows;
    enum verb_status status;
    const struct text parameters[] = {sha256_text(text_from(token), hash),
                                      role,
                                      department,
                                      invocation_text(c, "region"),
                                      name,
                                      invocation_user(c),
                                      expires};
    bool fine = database_open(c, &database, &status) &&
                database_ask(c, &database, "token_create", parameters, 7, &rows, &status);
    database_close(&database);
    if (!fine)
        return status;
    if (c->json && rows.count == 1)
        printf("{\"secret\":\"%s\",\"token\":%.*s}\n", token, TEXT_ARG(rows.at[0]));
    else
        printf("%s\n", token);
    explicit_bzero(token, sizeof token);
    if (!c->json && c->display.terminal)
        fprintf(stderr,
                "This is shown once; only its hash is kept. Put it into ~/.config/yijianshi/token or YJS_TOKEN.\n");
    return STATUS_DONE;
}

enum verb_status verb_token_list(struct invocation *c) {
    struct database database;
    struct record_list rows;
    enum verb_status status;
    bool fine =
        database_open(c, &database, &status) && database_ask(c, &database, "token_list", NULL, 0, &rows, &status);
    database_close(&database);
    if (!fine)
        return status;
    if (c->json) {
        printf("{\"items\":[");
        for (uint32_t i = 0; i < rows.count; i++)
            printf("%s%.*s", i ? "," : "", TEXT_ARG(rows.at[i]));
        printf("]}\n");
        return STATUS_DONE;
    }
    static const char *const headings[] = {">ID",     "ROLE",    "DEPARTMENT", "REGION", "NAME*",
                                           "CREATED", "EXPIRES", "REVOKED",    NULL};
    static const char *const times[] = {"created_at", "expires_at", "revoked_at"};
    struct table table;
    table_begin(&table, &c->arena, headings);
    for (uint32_t i = 0; i < rows.count; i++) {
        struct json row;
        if (json_read(&c->arena, rows.at[i], 16, &row, NULL) != OUTCOME_OK)
            continue;
        table_put(&table, member(&row, "id"));
        table_put(&table, member(&row, "role"));
        table_put(&table, member(&row, "department"));
        table_put(&table, member(&row, "region"));
        table_put(&table, member(&row, "name"));
        for (int t = 0; t < 3; t++)
            table_put(&table, display_time(&c->arena, member(&row, times[t]), display_now_us()));
    }
    table_print(&table, &c->display, stdout);
    return STATUS_DONE;
}

enum verb_status verb_token_revoke(struct invocation *c) {
    int64_t id;
    struct text given = text_from(invocation_argument(c, 0));
    if (!text_to_int64(given, &id) || id < 1)
        return invocation_usage(c, "a token's id is a number, as token list shows it");
    struct database database;
    struct record_list rows;
    enum verb_status status;
    bool fine =
        database_open(c, &database, &status) && database_ask(c, &database, "token_revoke", &given, 1, &rows, &status);
    database_close(&database);
    if (!fine)
        return status;
    if (rows.count == 0) {
        struct error error;
        error_set(&error, OUTCOME_REJECT, "token_unknown", "there is no token %lld, or it was revoked before",
                  (long long)id);
        return invocation_failed(c, &error);
    }
    if (c->json)
        printf("%.*s\n", TEXT_ARG(rows.at[0]));
    invocation_say(c, "token %lld is revoked; running daemons believe it for 5 seconds more", (long long)id);
    return STATUS_DONE;
}
