/* The records port's own statements, and the way to a query by its name. */
#include "store/statements.h"

#include <stddef.h>

const struct pg_statement statements_records[] = {
    {"begin", "BEGIN"},
    /* Ids are drawn first, so that a command keeps its place; a key that is there already (or twice in this call) leaves
     * its row out of both tables. */
    {"put",
     "WITH given AS MATERIALIZED (SELECT nextval('inbox_id_seq') AS id, g.* FROM unnest($1::int[], $2::text[], $3::text[], "
     "$4::text[], $5::text[], $6::text[], $7::text[]) WITH ORDINALITY "
     "AS g (shard, root, kind, case_id, data, key, digest, place)), "
     "fresh AS (INSERT INTO command_answer (inbox_id, idempotency_key, digest) SELECT id, key, digest FROM given ORDER BY place "
     "ON CONFLICT (idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING RETURNING inbox_id), "
     "put AS (INSERT INTO inbox (id, shard, root, kind, case_id, data, idempotency_key) "
     "SELECT g.id, g.shard, g.root, g.kind, g.case_id, g.data, g.key FROM given g JOIN fresh f ON f.inbox_id = g.id "
     "ORDER BY g.place) "
     "SELECT g.id, f.inbox_id IS NOT NULL FROM given g LEFT JOIN fresh f ON f.inbox_id = g.id ORDER BY g.place"},
    /* A statement of its own: it sees what the one above, and others meanwhile, have written. */
    {"repeated",
     "SELECT g.place::int, a.inbox_id, a.digest FROM unnest($1::text[]) WITH ORDINALITY AS g (key, place) "
     "JOIN command_answer a ON a.idempotency_key = g.key"},
    {"commit", "COMMIT"},
    {"rollback", "ROLLBACK"},
    {"answer", "SELECT status, body FROM command_answer WHERE inbox_id = $1::bigint"},
    {"numbers", "SELECT take_numbers($1::int)"},
    {"shard_count", "SELECT value::int FROM setting WHERE name = 'shard_count'"},
    {NULL, NULL},
};

const struct query *const query_tables[] = {queries_cases, queries_operation, queries_administration, queries_privacy, queries_notices, queries_parties, NULL};

const struct query *query_find(const char *name) {
    for (const struct query *const *table = query_tables; *table; table++)
        for (const struct query *query = *table; query->name; query++)
            if (strcmp(query->name, name) == 0)
                return query;
    return NULL;
}

uint32_t query_parameter_count(const struct query *query) {
    uint32_t count = *query->parameters ? 1 : 0;
    for (const char *at = query->parameters; *at; at++)
        count += *at == ',';
    return count;
}
