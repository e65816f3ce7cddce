/* Open cases by the million, as the product would have written them: copies of one that it did write.
 *
 *   bench_backlog --pg CONNINFO --like CASE --count N --prefix P --partitions P
 *
 * The daemon must not run. CASE is a root whose first task is asked and not answered. Its rows of journal, case_, step
 * and timer are copied N times under the numbers <prefix>0000000 …, each in the shard of its number, with the shard's next
 * sequence numbers, by COPY. What was published of them counts as acknowledged. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libpq-fe.h>
#include "base/murmur2.h"

#define SHARDS_MOST 1024
#define ROWS_MOST 64

struct options { const char *pg, *like, *prefix; long count; int partitions; };

/* A row of the case that is copied: `tail` are its other columns as COPY writes them; `events` how many a journal row has. */
struct row { char *tail; int events; };
struct table { const char *name, *first, *rest; bool numbered; struct row rows[ROWS_MOST]; int row_count; };

static void die(const char *what, const char *why) {
    fprintf(stderr, "backlog: %s: %s\n", what, why);
    exit(1);
}

static PGresult *run(PGconn *db, const char *sql, ExecStatusType want) {
    PGresult *result = PQexec(db, sql);
    if (PQresultStatus(result) != want)
        die(sql, PQerrorMessage(db));
    return result;
}

static void run_off(PGconn *db, const char *sql, ExecStatusType want) { PQclear(run(db, sql, want)); }

/* The columns that a copy changes stand first, the others follow as they are. */
static struct table tables[] = {
    {"journal", "shard, case_id, seq", "events, version, at, data", true, {{0}}, 0},
    {"case_", "shard, id, root", "parent, thing, region, source, source_id, title, started_at, definition_hash, priority, phase, "
     "outcome, stop, closed_at, incidents, changed_at, version", false, {{0}}, 0},
    {"step", "shard, case_id", "step, index, position, kind, child, department, region, asked_at, due_at, attempt, open, state, "
     "reason, ended_at", false, {{0}}, 0},
    {"timer", "shard, case_id", "due_at", false, {{0}}, 0},
};
#define TABLE_COUNT (int)(sizeof tables / sizeof *tables)

static void read_table(PGconn *db, struct table *t, const char *like) {
    char sql[1024];
    snprintf(sql, sizeof sql, "COPY (SELECT %s FROM %s WHERE %s = '%s' ORDER BY %s) TO STDOUT", t->rest, t->name,
             strcmp(t->name, "case_") ? "case_id" : "id", like, t->numbered ? "version" : "1");
    run_off(db, sql, PGRES_COPY_OUT);
    char *line;
    for (int length; (length = PQgetCopyData(db, &line, 0)) > 0; PQfreemem(line)) {
        if (t->row_count == ROWS_MOST)
            die(t->name, "the case has too many rows");
        t->rows[t->row_count++] = (struct row){strndup(line, (size_t)length), t->numbered ? atoi(line) : 0};
    }
    PQclear(PQgetResult(db));
    while (PQgetResult(db))
        ;
}

/* A closed case's copies would be no backlog. */
static void check_open(PGconn *db, const char *like) {
    char sql[1024];
    snprintf(sql, sizeof sql, "SELECT FROM step s JOIN case_ c ON c.id = s.case_id WHERE c.id = '%s' AND c.phase = 'running' AND s.open "
             "AND s.state = 'running'", like);
    PGresult *result = run(db, sql, PGRES_TUPLES_OK);
    if (PQntuples(result) == 0)
        die(like, "it is no case with a step that was asked and not answered");
    PQclear(result);
}

static void put(PGconn *db, const char *bytes, int length) {
    if (PQputCopyData(db, bytes, length) != 1)
        die("COPY", PQerrorMessage(db));
}

static void write_table(PGconn *db, const struct table *t, const struct options *o, int64_t *next_seq) {
    char sql[1024], *room = malloc(1 << 20);
    if (!room)
        die("memory", "there is none");
    snprintf(sql, sizeof sql, "COPY %s (%s, %s) FROM STDIN", t->name, t->first, t->rest);
    run_off(db, sql, PGRES_COPY_IN);
    int used = 0;
    for (long i = 0; i < o->count; i++) {
        char number[64];
        int length = snprintf(number, sizeof number, "%s%07ld", o->prefix, i);
        int shard = murmur2_partition((struct text){number, (size_t)length}, o->partitions);
        for (int r = 0; r < t->row_count; r++) {
            if ((size_t)used + strlen(t->rows[r].tail) + 512 > 1 << 20) {
                put(db, room, used);
                used = 0;
            }
            used += sprintf(room + used, "%d\t%s\t", shard, number);
            if (t->numbered) {
                used += sprintf(room + used, "%" PRId64 "\t", next_seq[shard]);
                next_seq[shard] += t->rows[r].events;
            } else if (!strcmp(t->name, "case_")) {
                used += sprintf(room + used, "%s\t", number);
            }
            used += sprintf(room + used, "%s", t->rows[r].tail);
        }
    }
    put(db, room, used);
    if (PQputCopyEnd(db, NULL) != 1)
        die("COPY", PQerrorMessage(db));
    PGresult *result = PQgetResult(db);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        die(t->name, PQerrorMessage(db));
    PQclear(result);
    PQclear(PQgetResult(db));
    free(room);
}

static void move_shards(PGconn *db, const struct options *o, int64_t *next_seq, bool write) {
    for (int i = 0; i < o->partitions; i++) {
        char sql[256];
        if (write) {
            snprintf(sql, sizeof sql, "UPDATE shard SET next_seq = %" PRId64 ", published_seq = %" PRId64 " WHERE shard = %d",
                     next_seq[i], next_seq[i] - 1, i);
            run_off(db, sql, PGRES_COMMAND_OK);
            continue;
        }
        snprintf(sql, sizeof sql, "SELECT next_seq FROM shard WHERE shard = %d", i);
        PGresult *result = run(db, sql, PGRES_TUPLES_OK);
        if (PQntuples(result) != 1)
            die("shard", "the database has fewer than --partitions");
        next_seq[i] = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
        PQclear(result);
    }
}

int main(int argc, char **argv) {
    static const struct option long_options[] = {{"pg", required_argument, NULL, 'g'}, {"like", required_argument, NULL, 'l'},
        {"count", required_argument, NULL, 'c'}, {"prefix", required_argument, NULL, 'x'},
        {"partitions", required_argument, NULL, 'p'}, {0}};
    static int64_t next_seq[SHARDS_MOST];
    struct options o = {0};
    for (int option; (option = getopt_long(argc, argv, "", long_options, NULL)) != -1;) {
        switch (option) {
        case 'g': o.pg = optarg; break;
        case 'l': o.like = optarg; break;
        case 'c': o.count = atol(optarg); break;
        case 'x': o.prefix = optarg; break;
        case 'p': o.partitions = atoi(optarg); break;
        default: return 2;
        }
    }
    if (!o.pg || !o.like || !o.prefix || o.count < 1 || o.partitions < 1 || o.partitions > SHARDS_MOST)
        die("arguments", "--pg, --like, --count, --prefix and --partitions are needed");
    PGconn *db = PQconnectdb(o.pg);
    if (PQstatus(db) != CONNECTION_OK)
        die("PostgreSQL", PQerrorMessage(db));
    run_off(db, "BEGIN", PGRES_COMMAND_OK);
    move_shards(db, &o, next_seq, false);
    check_open(db, o.like);
    for (int i = 0; i < TABLE_COUNT; i++)
        read_table(db, &tables[i], o.like);
    if (tables[0].row_count == 0 || tables[1].row_count != 1 || tables[2].row_count == 0)
        die(o.like, "it is no case with a step that was asked");
    for (int i = 0; i < TABLE_COUNT; i++)
        write_table(db, &tables[i], &o, next_seq);
    move_shards(db, &o, next_seq, true);
    run_off(db, "COMMIT", PGRES_COMMAND_OK);
    PQfinish(db);
    return 0;
}
