/* Values to and from PostgreSQL, and its errors sorted. See pg.h. */
#include "store/pg.h"

#include <endian.h>
#include <string.h>

#include "base/time.h"
#include "store/pg_array.h"

static void argument(struct pg_arguments *a, const char *value, size_t length, int format) {
    if (a->count >= PG_ARGUMENTS_MOST)
        return;
    a->values[a->count] = value;
    a->lengths[a->count] = (int)length;
    a->formats[a->count] = format;
    a->count++;
}

/* Sent as binary, which for text is its bytes: no NUL is needed behind it. A statement that wants a number from a text
 * parameter casts it: $1::text::bigint. */
void pg_argument_text(struct pg_arguments *a, struct text value) {
    argument(a, value.at, value.length, 1);
}

void pg_argument_int32(struct pg_arguments *a, int32_t value) {
    if (a->count >= PG_ARGUMENTS_MOST)
        return;
    uint32_t big = htobe32((uint32_t)value);
    memcpy(&a->numbers[a->count], &big, sizeof big);
    argument(a, (const char *)&a->numbers[a->count], sizeof big, 1);
}

void pg_argument_int64(struct pg_arguments *a, int64_t value) {
    if (a->count >= PG_ARGUMENTS_MOST)
        return;
    a->numbers[a->count] = htobe64((uint64_t)value);
    argument(a, (const char *)&a->numbers[a->count], sizeof(uint64_t), 1);
}

struct text pg_get_text(struct arena *arena, const PGresult *result, int row, int column) {
    if (PQgetisnull(result, row, column))
        return TEXT_NONE;
    return text_copy(arena, text_span(PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column)));
}

int32_t pg_get_int32(const PGresult *result, int row, int column, int32_t otherwise) {
    if (PQgetisnull(result, row, column) || PQgetlength(result, row, column) != 4)
        return otherwise;
    uint32_t big;
    memcpy(&big, PQgetvalue(result, row, column), sizeof big);
    return (int32_t)be32toh(big);
}

int64_t pg_get_int64(const PGresult *result, int row, int column, int64_t otherwise) {
    if (PQgetisnull(result, row, column) || PQgetlength(result, row, column) != 8)
        return otherwise;
    uint64_t big;
    memcpy(&big, PQgetvalue(result, row, column), sizeof big);
    return (int64_t)be64toh(big);
}

int64_t pg_get_time(const PGresult *result, int row, int column) {
    int64_t us = pg_get_int64(result, row, column, TIME_NONE);
    return us == TIME_NONE ? TIME_NONE : us + PG_EPOCH_US;
}

bool pg_get_bool(const PGresult *result, int row, int column) {
    return !PQgetisnull(result, row, column) && PQgetvalue(result, row, column)[0] != 0;
}

const char *pg_state(const PGresult *result) {
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    return state ? state : "";
}

/* SQLSTATEs (PostgreSQL, appendix A) that say "not now"; a class of two characters stands for all of it. */
static const struct { const char *prefix, *code; } passing_states[] = {
    {"08", "store_away"},      /* connection exception */
    {"57P", "store_away"},     /* shutdown, crash, starting up */
    {"53", "store_away"},      /* disk full, out of memory, too many connections */
    {"58", "store_away"},      /* the server's own input and output */
    {"25006", "store_away"},   /* read only: a replica that is not yet, or no longer, the primary */
    {"40", "store_busy"},      /* serialization, deadlock */
    {"55P03", "store_busy"},   /* a lock was not to be had */
    {"55006", "store_busy"},   /* object in use */
    {"57014", "store_busy"},   /* statement timeout */
    {"25P", "store_busy"},     /* transaction aborted or idle too long */
};

enum outcome pg_error(const struct pg *pg, const PGresult *result, const char *doing, struct error *error) {
    const char *state = pg_state(result);
    if (!result || !*state)
        return error_set(error, OUTCOME_RETRY, "store_away", "%s: the connection to the database broke: %s", doing,
                         pg->connection ? PQerrorMessage(pg->connection) : "");
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    for (size_t i = 0; i < sizeof passing_states / sizeof *passing_states; i++)
        if (strncmp(state, passing_states[i].prefix, strlen(passing_states[i].prefix)) == 0)
            return error_set(error, OUTCOME_RETRY, passing_states[i].code, "%s: %s (%s)", doing, message ? message : "", state);
    return error_set(error, OUTCOME_REJECT, strcmp(state, PG_STATE_FENCED) == 0 ? "store_fenced" : "store_refused",
                     "%s: %s (%s) %s", doing, message ? message : "", state, detail ? detail : "");
}
