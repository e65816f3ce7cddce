/* Records: a pool of connections for the web's threads; queries by name, answers, numbers. See port/records.h. */
#include <stdio.h>
#include <time.h>

#include "model/number.h"
#include "store/records_part.h"
#include "store/statements.h"

static char *copy_string(const char *string) {
    size_t size = strlen(string) + 1;
    char *copy = memory_alloc(size);
    return copy ? memcpy(copy, string, size) : NULL;
}

enum outcome records_create(const struct store_settings *settings, struct records **ret, struct error *error) {
    struct records *records = memory_alloc(sizeof *records);
    if (!records)
        return error_no_memory(error);
    records->conninfo = copy_string(settings->conninfo);
    records->instance = copy_string(settings->instance);
    records->statement_timeout_ms = settings->statement_timeout_ms ? settings->statement_timeout_ms : 10000;
    records->wait_ms = settings->wait_ms ? settings->wait_ms : 30000;
    records->pool_wait_ms = settings->pool_wait_ms ? settings->pool_wait_ms : 5000;
    records->pool = settings->pool <= 0 ? 4 : settings->pool > RECORDS_POOL_MOST ? RECORDS_POOL_MOST : settings->pool;
    list_init(&records->calls);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&records->mutex, NULL);
    pthread_cond_init(&records->freed, &monotonic);
    pthread_cond_init(&records->written, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (!records->conninfo || !records->instance) {
        records_free(records);
        return error_no_memory(error);
    }
    *ret = records;
    return OUTCOME_OK;
}

void records_free(struct records *records) {
    if (!records)
        return;
    for (int i = 0; i < records->pool; i++)
        pg_close(&records->connections[i].pg);
    for (int i = 0; i < RECORDS_PUT_COLUMNS; i++)
        pg_array_free(&records->columns[i]);
    pg_array_free(&records->keys);
    pthread_cond_destroy(&records->written);
    pthread_cond_destroy(&records->freed);
    pthread_mutex_destroy(&records->mutex);
    memory_free(records->conninfo);
    memory_free(records->instance);
    memory_free(records);
}

/* Every statement and query is prepared when a connection opens: a name the schema does not know shows at once. */
static enum outcome connect_one(struct records *records, struct pg *pg, struct error *error) {
    const struct pg_settings settings = {.conninfo = records->conninfo, .application = records->instance,
                                         /* Filters that are absent vanish from a plan made for the parameters at hand. */
                                         .plan_cache_mode = "force_custom_plan",
                                         .statement_timeout_ms = records->statement_timeout_ms, .wait_ms = records->wait_ms};
    enum outcome outcome = pg_open(pg, &settings, statements_records, error);
    for (const struct query *const *table = query_tables; outcome == OUTCOME_OK && *table; table++) {
        struct pg_statement statements[64] = {{NULL, NULL}};
        int count = 0;
        for (const struct query *query = *table; query->name && count < 63; query++)
            statements[count++] = (struct pg_statement){query->name, query->sql};
        outcome = pg_prepare(pg, statements, error);
    }
    if (outcome != OUTCOME_OK)
        pg_close(pg);
    return outcome;
}

static struct records_connection *free_one(struct records *records) {
    struct records_connection *found = NULL;
    for (int i = 0; i < records->pool; i++) {
        struct records_connection *one = &records->connections[i];
        if (!one->busy && (!found || pg_is_up(&one->pg)))
            found = one;
        if (found && pg_is_up(&found->pg))
            break;
    }
    return found;
}

enum outcome records_lend(struct records *records, struct records_connection **ret, struct error *error) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += records->pool_wait_ms / 1000;
    until.tv_nsec += (long)(records->pool_wait_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&records->mutex);
    struct records_connection *one;
    int waited = 0;
    while (!(one = free_one(records)) && waited == 0)
        waited = pthread_cond_timedwait(&records->freed, &records->mutex, &until);
    if (one)
        one->busy = true;
    pthread_mutex_unlock(&records->mutex);
    if (!one)
        return error_set(error, OUTCOME_RETRY, "records_busy", "all %d connections to the database are busy", records->pool);
    enum outcome outcome = pg_refresh(&one->pg) ? OUTCOME_OK : connect_one(records, &one->pg, error);
    pthread_mutex_lock(&records->mutex);
    records->up = outcome == OUTCOME_OK;
    pthread_mutex_unlock(&records->mutex);
    if (outcome != OUTCOME_OK) {
        records_give_back(records, one);
        return outcome;
    }
    *ret = one;
    return OUTCOME_OK;
}

void records_give_back(struct records *records, struct records_connection *one) {
    /* What was left in a transaction or in the middle of a command is not handed on. */
    if (one->pg.connection && PQtransactionStatus(one->pg.connection) != PQTRANS_IDLE)
        pg_close(&one->pg);
    pthread_mutex_lock(&records->mutex);
    one->busy = false;
    pthread_cond_signal(&records->freed);
    pthread_mutex_unlock(&records->mutex);
}

enum outcome records_shard_count(struct records *records, struct records_connection *one, int32_t *ret,
                                 struct error *error) {
    pthread_mutex_lock(&records->mutex);
    int32_t known = records->shard_count;
    pthread_mutex_unlock(&records->mutex);
    if (known == 0) {
        _cleanup_result_ PGresult *result = NULL;
        enum outcome outcome = pg_run(&one->pg, "shard_count", NULL, true, &result, error);
        if (outcome != OUTCOME_OK)
            return outcome;
        known = PQntuples(result) == 1 ? pg_get_int32(result, 0, 0, 0) : 0;
        if (known <= 0)
            return error_set(error, OUTCOME_REJECT, "schema_missing", "the database has no shards: run `yjsctl db migrate`");
        pthread_mutex_lock(&records->mutex);
        records->shard_count = known;
        pthread_mutex_unlock(&records->mutex);
    }
    *ret = known;
    return OUTCOME_OK;
}

/* Lends, runs, gives back; once more on a fresh connection when the old one broke and nothing can have changed. */
static enum outcome run(struct records *records, const char *name, const struct pg_arguments *arguments, bool again,
                        PGresult **ret, struct error *error) {
    for (;;) {
        struct records_connection *one = NULL;
        enum outcome outcome = records_lend(records, &one, error);
        if (outcome != OUTCOME_OK)
            return outcome;
        outcome = pg_run(&one->pg, name, arguments, true, ret, error);
        bool broken = !pg_is_up(&one->pg);
        records_give_back(records, one);
        if (!broken || !again || outcome == OUTCOME_OK)
            return outcome;
        again = false;
    }
}

static enum outcome records_query(void *context, const char *name, const struct text *parameters, uint32_t count,
                                  struct arena *arena, struct record_list *ret, struct error *error) {
    const struct query *query = query_find(name);
    if (!query)
        return error_set(error, OUTCOME_REJECT, "unknown_statement", "there is no query %s", name);
    if (count > query_parameter_count(query))
        return error_set(error, OUTCOME_REJECT, "unknown_statement", "%s takes (%s), not %u parameters", name,
                         query->parameters, count);
    struct pg_arguments arguments = {0};
    for (uint32_t i = 0; i < query_parameter_count(query); i++)   /* those not given are absent */
        pg_argument_text(&arguments, i < count ? parameters[i] : TEXT_NONE);
    _cleanup_result_ PGresult *result = NULL;
    enum outcome outcome = run(context, name, &arguments, !query->writes, &result, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    struct record_list list = {.count = (uint32_t)PQntuples(result)};
    list.at = arena_new_array(arena, list.count, struct text);
    for (uint32_t i = 0; list.at && i < list.count; i++)
        list.at[i] = pg_get_text(arena, result, (int)i, 0);
    if (arena->failed)
        return error_no_memory(error);
    *ret = list;
    return OUTCOME_OK;
}

static enum outcome records_answer(void *context, int64_t inbox_id, struct arena *arena, int32_t *ret_status,
                                   struct text *ret_body, struct error *error) {
    struct pg_arguments arguments = {0};
    pg_argument_int64(&arguments, inbox_id);
    _cleanup_result_ PGresult *result = NULL;
    enum outcome outcome = run(context, "answer", &arguments, true, &result, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (PQntuples(result) == 0)
        return error_set(error, OUTCOME_REJECT, "unknown_command", "there is no command %lld (answers are kept for 7 days)",
                         (long long)inbox_id);
    struct text body = pg_get_text(arena, result, 0, 1);
    if (arena->failed)
        return error_no_memory(error);
    *ret_status = pg_get_int32(result, 0, 0, 0);
    *ret_body = body;
    return OUTCOME_OK;
}

/* From the numbers in hand, or a new lot. */
static enum outcome next_sequence(struct records *records, int64_t *ret, struct error *error) {
    for (;;) {
        pthread_mutex_lock(&records->mutex);
        bool there = records->number_next < records->number_end;
        if (there)
            *ret = records->number_next++;
        pthread_mutex_unlock(&records->mutex);
        if (there)
            return OUTCOME_OK;
        struct pg_arguments arguments = {0};
        pg_argument_int32(&arguments, RECORDS_NUMBERS_AT_ONCE);
        _cleanup_result_ PGresult *result = NULL;
        enum outcome outcome = run(records, "numbers", &arguments, true, &result, error);
        if (outcome != OUTCOME_OK)
            return outcome;
        pthread_mutex_lock(&records->mutex);   /* another thread may have drawn a lot too: the later one stays */
        records->number_next = pg_get_int64(result, 0, 0, 0);
        records->number_end = records->number_next + RECORDS_NUMBERS_AT_ONCE;
        pthread_mutex_unlock(&records->mutex);
    }
}

static bool is_digits(struct text t, size_t length) {
    for (size_t i = 0; i < t.length; i++)
        if (t.at[i] < '0' || t.at[i] > '9')
            return false;
    return t.length == length;
}

static enum outcome records_number(void *context, struct text region, struct text day, struct arena *arena,
                                   struct text *ret, struct error *error) {
    int64_t sequence, digits = 0;
    struct civil_date date = {0};
    if (is_digits(day, 8) && text_to_int64(day, &digits))
        date = (struct civil_date){.year = (int)(digits / 10000), .month = (int)(digits / 100 % 100), .day = (int)(digits % 100)};
    if (!is_digits(region, 6) || !civil_is_valid(date))
        return error_set(error, OUTCOME_REJECT, "bad_number_part",
                         "a region is 6 digits and a day YYYYMMDD, not %.*s and %.*s", TEXT_ARG(region), TEXT_ARG(day));
    enum outcome outcome = next_sequence(context, &sequence, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    struct text number = case_number(arena, region, date, sequence);
    if (text_is_none(number))
        return error_no_memory(error);
    *ret = number;
    return OUTCOME_OK;
}

static bool records_is_up(void *context) {
    struct records *records = context;
    struct records_connection *one = NULL;
    pthread_mutex_lock(&records->mutex);
    bool all_busy = !free_one(records), up = records->up;
    pthread_mutex_unlock(&records->mutex);
    if (all_busy)
        return up;
    if (records_lend(records, &one, NULL) != OUTCOME_OK)
        return false;
    records_give_back(records, one);
    return true;
}

struct records_port records_port(struct records *records) {
    return (struct records_port){.context = records, .query = records_query, .put = records_put, .answer = records_answer,
                                 .number = records_number, .is_up = records_is_up};
}
