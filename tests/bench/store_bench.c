/* What a transition costs in the store: batches as the conductor makes them for W2 (five serial tasks), on a private
 * PostgreSQL with fsync.
 *
 *   store_bench [--seconds 10] [--batch 1000] [--open 20000] [--payload 1024] [--shards 12] [--hints 0]
 *               [--sql 'what to change before measuring']
 *
 * --hints 0: the rows' `row` is ANY throughout. A transition ends a step and asks the next: two events with a payload each, its case's row, two steps' rows. Every
 * fifth closes its case and starts another. Prints transitions a second (wall), CPU microseconds a transition of
 * PostgreSQL (the backend; and all its processes) and of this program, and log (WAL) bytes a transition. */
#include <inttypes.h>
#include <sys/resource.h>
#include <time.h>

#include "base/murmur2.h"
#include "lib/pg_cluster.h"
#include "store/migrate.h"
#include "store/store.h"

#define STEPS 5
#define NUMBER_SIZE 32

static const char *const step_names[STEPS] = {"contract_filing", "tax_payment", "title_transfer", "water_transfer", "gas_transfer"};
static const char *const departments[STEPS] = {"housing", "tax", "real_estate", "water", "gas"};

struct options { int seconds, batch, open, payload, shards, hints; };
struct open_case { char number[NUMBER_SIZE]; int32_t shard, version, step; int64_t started_at_us; };
struct bench {
    struct options options;
    struct store_port port;
    struct store_shard *shards, *touched;
    struct open_case *open;
    int64_t numbers, cases_closed;
    char *payload;
    struct store_event *events;
    struct store_case *cases;
    struct store_step *steps;
    struct store_offset *offsets;
    uint32_t event_count, case_count, step_count, offset_count;
};

static int64_t now_us(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void die(const char *what, const struct error *error) {
    fprintf(stderr, "%s: %s %s\n", what, error->code, error->message);
    exit(1);
}

/* CPU microseconds of the processes that `sql` lists (what was not used for a hundredth of a second is in, too). */
static int64_t cpu_us(const char *conninfo, const char *sql) {
    int64_t total_ns = 0;
    PGconn *connection = PQconnectdb(conninfo);
    PGresult *result = PQexec(connection, sql);
    for (int i = 0; i < PQntuples(result); i++) {
        char path[64];
        long long on_cpu_ns = 0;
        snprintf(path, sizeof path, "/proc/%s/schedstat", PQgetvalue(result, i, 0));
        FILE *file = fopen(path, "r");
        if (file && fscanf(file, "%lld", &on_cpu_ns) == 1)
            total_ns += on_cpu_ns;
        if (file)
            fclose(file);
    }
    PQclear(result);
    PQfinish(connection);
    return total_ns / 1000;
}

static int64_t ask(const char *conninfo, const char *sql) {
    char value[64];
    if (!pg_cluster_sql(conninfo, sql, value, sizeof value))
        exit(1);
    return strtoll(value, NULL, 10);
}

static void start_case(struct bench *b, struct open_case *c, int64_t at_us) {
    snprintf(c->number, sizeof c->number, "44130020260302%07" PRId64, ++b->numbers);
    c->shard = murmur2_partition(text_from(c->number), b->options.shards);
    c->version = 0;
    c->step = -1;
    c->started_at_us = at_us;
}

static void add_event(struct bench *b, struct open_case *c, const char *kind, const char *step, int64_t at_us) {
    struct store_shard *shard = &b->shards[c->shard];
    b->events[b->event_count++] = (struct store_event){
        .shard = c->shard, .seq = shard->next_seq++, .case_id = text_from(c->number), .version = ++c->version, .at_us = at_us,
        .kind = text_from(kind), .step = text_from(step), .data = text_span(b->payload, (size_t)b->options.payload)};
}

static void add_step(struct bench *b, struct open_case *c, int step, bool ended, int64_t at_us) {
    b->steps[b->step_count++] = (struct store_step){
        .case_id = text_from(c->number), .step = text_from(step_names[step]), .index = -1,
        .state = text_from(ended ? "granted" : "running"), .department = text_from(departments[step]), .region = TEXT("441300"),
        .attempt = 1, .asked_at_us = at_us, .ended_at_us = ended ? at_us : TIME_NONE, .due_at_us = at_us + TIME_DAY_US,
        .position = step, .kind = TEXT("task"), .shard = c->shard,
        .row = !b->options.hints ? STORE_ROW_ANY : ended ? STORE_ROW_KNOWN : STORE_ROW_NEW};
}

static void transition(struct bench *b, struct open_case *c, int64_t at_us) {
    bool first = c->step < 0, last = c->step == STEPS - 1;
    if (first)
        add_event(b, c, "case_started", NULL, at_us);
    else {
        add_event(b, c, "step_ended", step_names[c->step], at_us);
        add_step(b, c, c->step, true, at_us);
    }
    if (last)
        add_event(b, c, "case_closed", NULL, at_us);
    else {
        add_event(b, c, "step_asked", step_names[c->step + 1], at_us);
        add_step(b, c, c->step + 1, false, at_us);
    }
    c->step++;
    b->cases[b->case_count++] = (struct store_case){
        .case_id = text_from(c->number), .root = text_from(c->number), .thing = TEXT("secondhand_home_transfer"),
        .definition_hash = TEXT("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"), .region = TEXT("441300"),
        .phase = text_from(last ? "closed" : "running"), .outcome = text_from(last ? "granted" : "none"), .shard = c->shard,
        .version = c->version, .started_at_us = c->started_at_us, .changed_at_us = at_us, .closed_at_us = last ? at_us : TIME_NONE,
        .title = TEXT("二手房轉移登記+水電氣過戶"), .source = TEXT("window/zhongkai"), .source_id = text_from(c->number),
        .row = !b->options.hints ? STORE_ROW_ANY : first ? STORE_ROW_NEW : STORE_ROW_KNOWN};
}

/* One batch over `batch` cases beginning with *at; a closed case's place is taken by a new one afterwards. */
static void run_batch(struct bench *b, int *at, struct arena *arena) {
    int64_t now = now_us(CLOCK_REALTIME);
    b->event_count = b->case_count = b->step_count = b->offset_count = 0;
    uint32_t touched = 0;
    for (int i = 0; i < b->options.batch; i++)
        transition(b, &b->open[(*at + i) % b->options.open], now);
    for (int i = 0; i < b->options.shards; i++) {
        b->shards[i].published_seq = b->shards[i].next_seq - 1;
        b->touched[touched++] = b->shards[i];
        for (int d = 0; d < STEPS; d++)
            b->offsets[b->offset_count++] = (struct store_offset){i, text_from(departments[d]), b->shards[i].next_seq};
    }
    struct store_batch batch = {.shards = b->touched, .shard_count = touched, .offsets = b->offsets, .offset_count = b->offset_count,
                                .events = b->events, .event_count = b->event_count, .cases = b->cases, .case_count = b->case_count,
                                .steps = b->steps, .step_count = b->step_count};
    int32_t *fenced;
    uint32_t fenced_count;
    struct error error;
    if (store_commit_whole(&b->port, &batch, arena, &fenced, &fenced_count, &error) != STORE_COMMITTED)
        die("commit", &error);
    for (int i = 0; i < b->options.batch; i++, *at = (*at + 1) % b->options.open)
        if (b->open[*at].step == STEPS) {
            start_case(b, &b->open[*at], now);
            b->cases_closed++;
        }
}

static void measure(struct bench *b, const char *conninfo) {
    struct arena arena;
    int at = 0;
    arena_init(&arena, (size_t)64 << 20);
    for (int i = 0; i < b->options.open; i++)
        start_case(b, &b->open[i], now_us(CLOCK_REALTIME));
    for (int i = 0; i < b->options.open * 3; i += b->options.batch)   /* every case is somewhere in its way */
        run_batch(b, &at, &arena);
    static const char backend[] = "SELECT backend_pid FROM shard WHERE backend_pid IS NOT NULL LIMIT 1";
    static const char everyone[] = "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()";
    static const char wal[] = "SELECT (pg_current_wal_lsn() - '0/0')::bigint";
    static const char updates[] = "SELECT sum(n_tup_hot_upd) * 1000 / greatest(sum(n_tup_upd), 1) FROM pg_stat_user_tables "
                                  "WHERE relname IN ('case_', 'shard', 'shard_offset')";
    int64_t wal_before = ask(conninfo, wal), backend_before = cpu_us(conninfo, backend), all_before = cpu_us(conninfo, everyone);
    int64_t own_before = now_us(CLOCK_PROCESS_CPUTIME_ID), start = now_us(CLOCK_MONOTONIC), end = start, done = 0, longest = 0;
    int64_t window_done = 0, window_cpu = backend_before;
    double best = 1e9;
    while (end - start < b->options.seconds * INT64_C(1000000)) {
        run_batch(b, &at, &arena);
        int64_t now = now_us(CLOCK_MONOTONIC);
        longest = now - end > longest ? now - end : longest;
        end = now;
        done += b->options.batch;
        if (done - window_done >= 10000) {   /* the least is what it costs when nobody else is on the machine */
            int64_t cpu = cpu_us(conninfo, backend);
            double cost = (double)(cpu - window_cpu) / (double)(done - window_done);
            best = cost < best ? cost : best;
            window_done = done;
            window_cpu = cpu;
        }
    }
    double n = (double)done;
    printf("%.0f transitions/s  backend %.1f us (best %.1f)  all of PostgreSQL %.1f us  this program %.1f us  WAL %.0f bytes a transition "
           "(%d of them payload)  longest batch %" PRId64 " ms  cases closed %" PRId64 "  hot updates (case, shard) %.1f %%\n",
           n * 1e6 / (double)(end - start), (double)(cpu_us(conninfo, backend) - backend_before) / n, best,
           (double)(cpu_us(conninfo, everyone) - all_before) / n, (double)(now_us(CLOCK_PROCESS_CPUTIME_ID) - own_before) / n,
           (double)(ask(conninfo, wal) - wal_before) / n, 2 * b->options.payload, longest / 1000, b->cases_closed,
           (double)ask(conninfo, updates) / 10);
    arena_free(&arena);
}

static void prepare(struct bench *b, const char *conninfo) {
    struct options *o = &b->options;
    struct error error;
    struct store *store = NULL;
    const struct migrate_settings migration = {.conninfo = conninfo, .shard_count = o->shards, .region = "441300"};
    const struct store_settings settings = {.conninfo = conninfo, .instance = "bench"};
    if (migrate_apply(&migration, NULL, &error) || store_create(&settings, &store, &error))
        die("migrate", &error);
    b->port = store_port(store);
    size_t batch = (size_t)o->batch;
    b->open = calloc((size_t)o->open, sizeof *b->open);
    b->events = calloc(2 * batch, sizeof *b->events);
    b->cases = calloc(batch, sizeof *b->cases);
    b->steps = calloc(2 * batch, sizeof *b->steps);
    b->offsets = calloc((size_t)o->shards * STEPS, sizeof *b->offsets);
    b->touched = calloc((size_t)o->shards, sizeof *b->touched);
    b->payload = malloc((size_t)o->payload + 1);
    for (int i = 0; i < o->payload; i++)
        b->payload[i] = "{\"field\":\"value 0123456789 abcdef\"}"[i % 35];
    int32_t *wanted = calloc((size_t)o->shards, sizeof *wanted);
    for (int i = 0; i < o->shards; i++)
        wanted[i] = i;
    static struct arena arena;
    uint32_t count;
    arena_init(&arena, (size_t)1 << 20);
    if (b->port.open(b->port.context, &error) ||
        b->port.take(b->port.context, TEXT("bench"), wanted, (uint32_t)o->shards, &arena, &b->shards, &count, &error))
        die("take", &error);
    for (int32_t i = 0; i < o->shards; i++)   /* taken in any order, used by number */
        while (b->shards[i].shard != i) {
            struct store_shard other = b->shards[b->shards[i].shard];
            b->shards[b->shards[i].shard] = b->shards[i];
            b->shards[i] = other;
        }
    free(wanted);
}

int main(int argc, char **argv) {
    const char *try = NULL;
    struct bench bench = {.options = {.seconds = 10, .batch = 1000, .open = 20000, .payload = 1024, .shards = 12, .hints = 1}};
    const struct { const char *name; int *value; } flags[] = {
        {"--seconds", &bench.options.seconds}, {"--batch", &bench.options.batch}, {"--open", &bench.options.open},
        {"--payload", &bench.options.payload}, {"--shards", &bench.options.shards}, {"--hints", &bench.options.hints},
    };
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--sql") == 0)
            try = argv[i + 1];
        for (size_t j = 0; j < sizeof flags / sizeof *flags; j++)
            if (strcmp(argv[i], flags[j].name) == 0)
                *flags[j].value = (int)strtol(argv[i + 1], NULL, 10);
    }
    char cluster[512], conninfo[600];
    pg_cluster_start(cluster, sizeof cluster);
    pg_cluster_sql(cluster, "CREATE DATABASE bench", NULL, 0);
    snprintf(conninfo, sizeof conninfo, "%s dbname=bench", cluster);
    prepare(&bench, conninfo);
    if (try && !pg_cluster_sql(conninfo, try, NULL, 0))
        return 1;
    measure(&bench, conninfo);
    return 0;
}
