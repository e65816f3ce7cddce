/* The floor's transaction: see floor.h. */
#include "bench/floor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char tables[] =
    "CREATE TABLE IF NOT EXISTS floor_shard (shard int PRIMARY KEY, epoch bigint NOT NULL, next_seq bigint NOT NULL,"
    "    published bigint NOT NULL) WITH (fillfactor = 10);"
    "CREATE TABLE IF NOT EXISTS floor_offset (shard int, topic text COLLATE \"C\", next bigint NOT NULL,"
    "    PRIMARY KEY (shard, topic)) WITH (fillfactor = 50);"
    "CREATE TABLE IF NOT EXISTS floor_journal (shard int NOT NULL, seq bigint NOT NULL, case_id text COLLATE \"C\" NOT NULL,"
    "    version int NOT NULL, data bytea NOT NULL, PRIMARY KEY (shard, seq)) WITH (toast_tuple_target = 8160);"
    "CREATE TABLE IF NOT EXISTS floor_state (id text COLLATE \"C\" PRIMARY KEY, blob bytea NOT NULL) WITH (fillfactor = 50);"
    "CREATE OR REPLACE FUNCTION floor_fence(shards int[], epochs bigint[]) RETURNS void LANGUAGE plpgsql AS $$"
    "BEGIN"
    "    IF (SELECT count(*) FROM (SELECT FROM unnest(shards, epochs) AS w (shard, epoch) JOIN floor_shard s USING (shard, epoch)"
    "        FOR NO KEY UPDATE OF s) AS held) <> cardinality(shards) THEN RAISE EXCEPTION 'fenced'; END IF;"
    "END $$;"
    "TRUNCATE floor_shard, floor_offset, floor_journal, floor_state;";

static const struct pg_statement statements[] = {
    {"begin", "BEGIN"},
    {"fence", "SELECT floor_fence($1::int[], $2::bigint[])"},
    {"journal", "INSERT INTO floor_journal SELECT unnest($1::int[]), unnest($2::bigint[]), unnest($3::text[]), unnest($4::int[]), "
                "unnest($5::bytea[])"},
    {"fresh", "INSERT INTO floor_state SELECT unnest($1::text[]), unnest($2::bytea[])"},
    {"known", "UPDATE floor_state s SET blob = g.blob FROM (SELECT unnest($1::text[]) AS id, unnest($2::bytea[]) AS blob) g "
              "WHERE s.id = g.id"},
    {"offsets", "INSERT INTO floor_offset SELECT unnest($1::int[]), unnest($2::text[]), unnest($3::bigint[]) "
                "ON CONFLICT (shard, topic) DO UPDATE SET next = excluded.next"},
    {"shards", "UPDATE floor_shard s SET next_seq = g.next_seq, published = $3::bigint FROM (SELECT unnest($1::int[]) AS shard, "
               "unnest($2::bigint[]) AS next_seq) g WHERE s.shard = g.shard"},
    {"commit", "COMMIT"},
    {NULL, NULL},
};

enum column { FENCE_SHARD, FENCE_EPOCH, ROW_SHARD, ROW_SEQ, ROW_CASE, ROW_VERSION, ROW_DATA, FRESH_ID, FRESH_BLOB, KNOWN_ID,
              KNOWN_BLOB, OFFSET_SHARD, OFFSET_TOPIC, OFFSET_NEXT, SHARD_NUMBER, SHARD_NEXT };

static void die(const struct floor_store *s, const char *what, const struct error *error) {
    fprintf(stderr, "floor: %s: %s %s\n", what, error ? error->message : "", s->pg.connection ? PQerrorMessage(s->pg.connection) : "");
    exit(1);
}

void floor_store_open(struct floor_store *s, const char *conninfo, int shards) {
    struct error error = {0};
    struct pg_settings settings = {.conninfo = conninfo, .application = "floor", .plan_cache_mode = "force_generic_plan",
                                   .by_index = true, .statement_timeout_ms = 60000, .wait_ms = 60000};
    static const struct pg_statement none[] = {{NULL, NULL}};
    s->shard_count = shards;
    if (shards > FLOOR_SHARDS_MOST || pg_open(&s->pg, &settings, none, &error) != OUTCOME_OK ||
        pg_script(&s->pg, tables, &error) != OUTCOME_OK)
        die(s, "opening", &error);
    char sql[200];
    snprintf(sql, sizeof sql, "INSERT INTO floor_shard SELECT i, 1, 1, 0 FROM generate_series(0, %d) i", shards - 1);
    if (pg_script(&s->pg, sql, &error) != OUTCOME_OK || pg_prepare(&s->pg, statements, &error) != OUTCOME_OK)
        die(s, "opening", &error);
    for (int i = 0; i < shards; i++)
        s->next_seq[i] = 1;
}

void floor_store_begin(struct floor_store *s) {
    memset(s->touched, 0, sizeof s->touched);
    s->offset_count = s->fresh_count = s->known_count = 0;
    pg_array_begin(&s->columns[FRESH_ID], PG_TEXT);
    pg_array_begin(&s->columns[FRESH_BLOB], PG_BYTEA);
    pg_array_begin(&s->columns[KNOWN_ID], PG_TEXT);
    pg_array_begin(&s->columns[KNOWN_BLOB], PG_BYTEA);
}

void floor_store_offset(struct floor_store *s, const char *topic, int32_t shard, int64_t next) {
    for (uint32_t i = s->offset_count; i-- > 0;)
        if (s->offsets[i].shard == shard && !strcmp(s->offsets[i].topic, topic)) {
            s->offsets[i].next = next;
            return;
        }
    if (s->offset_count == sizeof s->offsets / sizeof *s->offsets)
        die(s, "too many partitions", NULL);
    s->offsets[s->offset_count].topic = topic;
    s->offsets[s->offset_count].shard = shard;
    s->offsets[s->offset_count++].next = next;
}

void floor_store_state(struct floor_store *s, struct text case_id, struct text blob, bool fresh) {
    pg_array_text(&s->columns[fresh ? FRESH_ID : KNOWN_ID], case_id);
    pg_array_text(&s->columns[fresh ? FRESH_BLOB : KNOWN_BLOB], blob);
    s->fresh_count += fresh;
    s->known_count += !fresh;
}

static void send_arrays(struct floor_store *s, const char *statement, enum column first, int count, const int64_t *number) {
    struct pg_arguments a = {0};
    for (int i = 0; i < count; i++)
        pg_argument_text(&a, pg_array_end(&s->columns[first + (enum column)i]));
    if (number)
        pg_argument_int64(&a, *number);
    if (!pg_send(&s->pg, statement, &a, true))
        die(s, statement, NULL);
}

static void fill_shards(struct floor_store *s) {
    static const enum pg_type types[] = {PG_INT32, PG_INT64};
    for (int i = 0; i < 2; i++) {
        pg_array_begin(&s->columns[FENCE_SHARD + i], types[i]);
        pg_array_begin(&s->columns[SHARD_NUMBER + i], types[i]);
    }
    for (int i = 0; i < s->shard_count; i++) {
        if (!s->touched[i])
            continue;
        pg_array_int32(&s->columns[FENCE_SHARD], i);
        pg_array_int64(&s->columns[FENCE_EPOCH], 1);
        pg_array_int32(&s->columns[SHARD_NUMBER], i);
        pg_array_int64(&s->columns[SHARD_NEXT], s->next_seq[i]);
    }
    pg_array_begin(&s->columns[OFFSET_SHARD], PG_INT32);
    pg_array_begin(&s->columns[OFFSET_TOPIC], PG_TEXT);
    pg_array_begin(&s->columns[OFFSET_NEXT], PG_INT64);
    for (uint32_t i = 0; i < s->offset_count; i++) {
        pg_array_int32(&s->columns[OFFSET_SHARD], s->offsets[i].shard);
        pg_array_text(&s->columns[OFFSET_TOPIC], text_from(s->offsets[i].topic));
        pg_array_int64(&s->columns[OFFSET_NEXT], s->offsets[i].next);
    }
}

static void fill_rows(struct floor_store *s, struct floor_row *rows, uint32_t count) {
    static const enum pg_type types[] = {PG_INT32, PG_INT64, PG_TEXT, PG_INT32, PG_BYTEA};
    for (int i = 0; i < 5; i++)
        pg_array_begin(&s->columns[ROW_SHARD + i], types[i]);
    for (uint32_t i = 0; i < count; i++) {
        rows[i].seq = s->next_seq[rows[i].shard]++;
        s->touched[rows[i].shard] = true;
        pg_array_int32(&s->columns[ROW_SHARD], rows[i].shard);
        pg_array_int64(&s->columns[ROW_SEQ], rows[i].seq);
        pg_array_text(&s->columns[ROW_CASE], rows[i].case_id);
        pg_array_int32(&s->columns[ROW_VERSION], (int32_t)rows[i].version);
        pg_array_text(&s->columns[ROW_DATA], rows[i].data);
    }
}

/* Reads everything up to the pipeline's end; any error ends the program. */
static void finish(struct floor_store *s) {
    for (;;) {
        PGresult *result = NULL;
        if (!pg_next(&s->pg, &result))
            die(s, "commit", NULL);
        ExecStatusType status = result ? PQresultStatus(result) : PGRES_COMMAND_OK;
        if (status == PGRES_FATAL_ERROR || status == PGRES_PIPELINE_ABORTED)
            die(s, PQresultErrorMessage(result), NULL);
        PQclear(result);
        if (status == PGRES_PIPELINE_SYNC)
            break;
    }
    PQexitPipelineMode(s->pg.connection);
}

void floor_store_commit(struct floor_store *s, struct floor_row *rows, uint32_t count, int64_t published) {
    fill_rows(s, rows, count);
    fill_shards(s);
    if (!PQenterPipelineMode(s->pg.connection) || !pg_send(&s->pg, "begin", NULL, true))
        die(s, "begin", NULL);
    send_arrays(s, "fence", FENCE_SHARD, 2, NULL);
    send_arrays(s, "journal", ROW_SHARD, 5, NULL);
    if (s->fresh_count > 0)
        send_arrays(s, "fresh", FRESH_ID, 2, NULL);
    if (s->known_count > 0)
        send_arrays(s, "known", KNOWN_ID, 2, NULL);
    send_arrays(s, "offsets", OFFSET_SHARD, 3, NULL);
    send_arrays(s, "shards", SHARD_NUMBER, 2, &published);
    if (!pg_send(&s->pg, "commit", NULL, true) || !PQpipelineSync(s->pg.connection) || !pg_flush(&s->pg))
        die(s, "commit", NULL);
    finish(s);
}
