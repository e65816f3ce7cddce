/* One batch, one transaction, one round trip: fence, rows, COMMIT in one pipeline; then exactly what became of it. The
 * pipeline is written as the socket takes it, from the first half on; its results are read in the second. */
#include <stddef.h>

#include "model/state.h"
#include "store/store_part.h"

/* How a field of a row becomes an element of its column's array. */
enum column_kind { COLUMN_END, COLUMN_TEXT, COLUMN_BYTES, COLUMN_INT32, COLUMN_INT64, COLUMN_TIME, COLUMN_IS_OPEN, COLUMN_BOOL };
struct column { enum column_kind kind; size_t offset; };

/* Which rows of a batch's array a statement is for. */
enum part_filter { FILTER_NONE, FILTER_TIMER_GONE, FILTER_TIMER_SET, FILTER_CASE, FILTER_STEP, FILTER_PACKED /* store_journal.c */ };

struct part {
    const char *statement;
    size_t rows_offset, count_offset, row_size;   /* in struct store_batch; of a row */
    enum part_filter filter;
    enum store_row row;                           /* FILTER_CASE, FILTER_STEP: those known in this way */
    struct column columns[STORE_COLUMNS_MOST + 1];
};

#define ROWS(field, count, type) offsetof(struct store_batch, field), offsetof(struct store_batch, count), sizeof(type)
#define C(kind, type, field) {COLUMN_##kind, offsetof(type, field)}

/* An inserted row has all columns; an update leaves out what never changes. */
#define CASE_ALL_COLUMNS \
    C(TEXT, struct store_case, case_id), C(TEXT, struct store_case, root), C(TEXT, struct store_case, parent), \
    C(INT32, struct store_case, shard), C(TEXT, struct store_case, thing), C(TEXT, struct store_case, region), \
    C(TEXT, struct store_case, source), C(TEXT, struct store_case, source_id), \
    C(TEXT, struct store_case, title), \
    C(TIME, struct store_case, started_at_us), C(TEXT, struct store_case, definition_hash), \
    C(INT32, struct store_case, priority), C(TEXT, struct store_case, phase), C(TEXT, struct store_case, outcome), \
    C(TEXT, struct store_case, stop), C(TIME, struct store_case, closed_at_us), \
    C(INT32, struct store_case, incidents), C(TIME, struct store_case, changed_at_us), \
    C(INT32, struct store_case, version)
#define CASE_CHANGED_COLUMNS \
    C(TEXT, struct store_case, case_id), C(TEXT, struct store_case, definition_hash), \
    C(INT32, struct store_case, priority), C(TEXT, struct store_case, phase), C(TEXT, struct store_case, outcome), \
    C(TEXT, struct store_case, stop), C(TIME, struct store_case, closed_at_us), \
    C(INT32, struct store_case, incidents), C(TIME, struct store_case, changed_at_us), \
    C(INT32, struct store_case, version)
#define STEP_ALL_COLUMNS \
    C(TEXT, struct store_step, case_id), C(TEXT, struct store_step, step), C(INT32, struct store_step, index), \
    C(INT32, struct store_step, shard), C(INT32, struct store_step, position), C(TEXT, struct store_step, kind), \
    C(TEXT, struct store_step, child), C(TEXT, struct store_step, department), C(TEXT, struct store_step, region), \
    C(TIME, struct store_step, asked_at_us), C(TIME, struct store_step, due_at_us), \
    C(INT32, struct store_step, attempt), C(IS_OPEN, struct store_step, state), C(TEXT, struct store_step, state), \
    C(TEXT, struct store_step, reason), C(TIME, struct store_step, ended_at_us)
#define STEP_CHANGED_COLUMNS \
    C(TEXT, struct store_step, case_id), C(TEXT, struct store_step, step), C(INT32, struct store_step, index), \
    C(TEXT, struct store_step, child), C(TEXT, struct store_step, department), C(TEXT, struct store_step, region), \
    C(TIME, struct store_step, asked_at_us), C(TIME, struct store_step, due_at_us), \
    C(INT32, struct store_step, attempt), C(IS_OPEN, struct store_step, state), C(TEXT, struct store_step, state), \
    C(TEXT, struct store_step, reason), C(TIME, struct store_step, ended_at_us)
#define CASE_ROWS ROWS(cases, case_count, struct store_case), FILTER_CASE
#define STEP_ROWS ROWS(steps, step_count, struct store_step), FILTER_STEP

/* In the order of the transaction. The columns are the statement's $1, $2 … (statements_store.c). */
static const struct part parts[] = {
    {"fence", ROWS(shards, shard_count, struct store_shard), FILTER_NONE, STORE_ROW_ANY,
     {C(INT32, struct store_shard, shard), C(INT64, struct store_shard, epoch)}},
    {"journal_insert", ROWS(events, event_count, struct store_event), FILTER_PACKED, STORE_ROW_ANY, {{COLUMN_END, 0}}},
    {"case_insert", CASE_ROWS, STORE_ROW_NEW, {CASE_ALL_COLUMNS}},
    {"case_update", CASE_ROWS, STORE_ROW_KNOWN, {CASE_CHANGED_COLUMNS}},
    {"case_upsert", CASE_ROWS, STORE_ROW_ANY, {CASE_ALL_COLUMNS}},
    {"step_insert", STEP_ROWS, STORE_ROW_NEW, {STEP_ALL_COLUMNS}},
    {"step_update", STEP_ROWS, STORE_ROW_KNOWN, {STEP_CHANGED_COLUMNS}},
    {"step_upsert", STEP_ROWS, STORE_ROW_ANY, {STEP_ALL_COLUMNS}},
    {"clock_upsert", ROWS(clocks, clock_count, struct store_clock), FILTER_NONE, STORE_ROW_ANY,
     {C(TEXT, struct store_clock, case_id), C(TEXT, struct store_clock, item), C(TEXT, struct store_clock, clock),
      C(INT32, struct store_clock, shard), C(TEXT, struct store_clock, thing), C(TEXT, struct store_clock, region),
      C(TEXT, struct store_clock, department), C(TEXT, struct store_clock, state), C(TEXT, struct store_clock, light),
      C(TIME, struct store_clock, started_at_us), C(TIME, struct store_clock, due_at_us),
      C(TIME, struct store_clock, ended_at_us), C(TIME, struct store_clock, changed_at_us),
      C(TEXT, struct store_clock, explained)}},
    {"timer_delete", ROWS(timers, timer_count, struct store_timer), FILTER_TIMER_GONE, STORE_ROW_ANY,
     {C(TEXT, struct store_timer, case_id)}},
    {"timer_upsert", ROWS(timers, timer_count, struct store_timer), FILTER_TIMER_SET, STORE_ROW_ANY,
     {C(TEXT, struct store_timer, case_id), C(INT32, struct store_timer, shard), C(TIME, struct store_timer, due_at_us)}},
    {"incident_close", ROWS(closings, closing_count, struct store_closing), FILTER_NONE, STORE_ROW_ANY,
     {C(TEXT, struct store_closing, case_id), C(TEXT, struct store_closing, step), C(INT32, struct store_closing, index),
      C(TEXT, struct store_closing, of), C(TIME, struct store_closing, at_us), C(TEXT, struct store_closing, by),
      C(TEXT, struct store_closing, how)}},
    {"incident_upsert", ROWS(incidents, incident_count, struct store_incident), FILTER_NONE, STORE_ROW_ANY,
     {C(TEXT, struct store_incident, id), C(TEXT, struct store_incident, case_id), C(TEXT, struct store_incident, step),
      C(INT32, struct store_incident, index), C(INT32, struct store_incident, shard), C(TEXT, struct store_incident, code),
      C(TEXT, struct store_incident, message), C(TEXT, struct store_incident, department),
      C(TEXT, struct store_incident, region), C(TIME, struct store_incident, opened_at_us),
      C(TIME, struct store_incident, closed_at_us), C(TEXT, struct store_incident, closed_by),
      C(TEXT, struct store_incident, closed_how)}},
    {"notice_insert", ROWS(notices, notice_count, struct store_notice), FILTER_NONE, STORE_ROW_ANY,
     {C(TEXT, struct store_notice, case_id), C(INT32, struct store_notice, version), C(INT32, struct store_notice, shard),
      C(TEXT, struct store_notice, kind), C(TIME, struct store_notice, at_us)}},
    {"dead_insert", ROWS(dead, dead_count, struct store_dead), FILTER_NONE, STORE_ROW_ANY,
     {C(INT32, struct store_dead, shard), C(TEXT, struct store_dead, topic), C(INT32, struct store_dead, partition),
      C(INT64, struct store_dead, offset), C(TIME, struct store_dead, at_us), C(TEXT, struct store_dead, code),
      C(TEXT, struct store_dead, message), C(BYTES, struct store_dead, key), C(TEXT, struct store_dead, headers),
      C(BYTES, struct store_dead, value)}},
    {"forward_insert", ROWS(forwards, forward_count, struct store_forward), FILTER_NONE, STORE_ROW_ANY,
     {C(INT32, struct store_forward, shard), C(TEXT, struct store_forward, key), C(TEXT, struct store_forward, kind),
      C(TEXT, struct store_forward, data), C(TEXT, struct store_forward, idempotency_key)}},
    {"answer_update", ROWS(answers, answer_count, struct store_answer), FILTER_NONE, STORE_ROW_ANY,
     {C(INT64, struct store_answer, inbox_id), C(INT32, struct store_answer, status), C(TEXT, struct store_answer, body)}},
    {"unsent_insert", ROWS(unsent, unsent_count, struct store_unsent), FILTER_NONE, STORE_ROW_ANY,
     {C(INT32, struct store_unsent, shard), C(INT64, struct store_unsent, seq), C(TEXT, struct store_unsent, topic),
      C(TEXT, struct store_unsent, reason), C(TIME, struct store_unsent, at_us)}},
    {"inbox_delete", ROWS(inbox_done, inbox_done_count, int64_t), FILTER_NONE, STORE_ROW_ANY, {{COLUMN_INT64, 0}}},
    {"offset_upsert", ROWS(offsets, offset_count, struct store_offset), FILTER_NONE, STORE_ROW_ANY,
     {C(INT32, struct store_offset, shard), C(TEXT, struct store_offset, topic), C(INT64, struct store_offset, next)}},
    {"calendar_upsert", ROWS(calendars, calendar_count, struct store_calendar), FILTER_NONE, STORE_ROW_ANY,
     {C(INT32, struct store_calendar, shard), C(TEXT, struct store_calendar, version),
      C(TEXT, struct store_calendar, after), C(BOOL, struct store_calendar, done)}},
    {"shard_update", ROWS(shards, shard_count, struct store_shard), FILTER_NONE, STORE_ROW_ANY,
     {C(INT32, struct store_shard, shard), C(INT64, struct store_shard, next_seq),
      C(INT64, struct store_shard, published_seq), C(TEXT, struct store_shard, trying),
      C(INT32, struct store_shard, trying_deaths)}},
};
#define PART_COUNT (sizeof parts / sizeof *parts)
_Static_assert(PART_COUNT <= STORE_PARTS_MOST, "every part has its arrays");

static enum pg_type type_of(enum column_kind kind) {
    switch (kind) {
    case COLUMN_BYTES: return PG_BYTEA;
    case COLUMN_INT32: return PG_INT32;
    case COLUMN_INT64: return PG_INT64;
    case COLUMN_TIME: return PG_TIME;
    case COLUMN_IS_OPEN:
    case COLUMN_BOOL: return PG_BOOL;
    case COLUMN_TEXT:
    case COLUMN_END: break;
    }
    return PG_TEXT;
}

static void put_field(struct pg_array *array, enum column_kind kind, const char *field) {
    enum step_state state;
    switch (kind) {
    case COLUMN_TEXT:
    case COLUMN_BYTES: pg_array_text(array, *(const struct text *)(const void *)field); break;
    case COLUMN_INT32: pg_array_int32(array, *(const int32_t *)(const void *)field); break;
    case COLUMN_INT64: pg_array_int64(array, *(const int64_t *)(const void *)field); break;
    case COLUMN_TIME: pg_array_time(array, *(const int64_t *)(const void *)field); break;
    case COLUMN_IS_OPEN:
        pg_array_bool(array, state_step_parse(*(const struct text *)(const void *)field, &state) &&
                                 state_step_is_active(state));
        break;
    case COLUMN_BOOL: pg_array_bool(array, *(const bool *)(const void *)field); break;
    case COLUMN_END: break;
    }
}

static bool row_is_wanted(const struct part *part, const char *row) {
    switch (part->filter) {
    case FILTER_PACKED:
    case FILTER_NONE: return true;
    case FILTER_CASE: return ((const struct store_case *)(const void *)row)->row == part->row;
    case FILTER_STEP: return ((const struct store_step *)(const void *)row)->row == part->row;
    case FILTER_TIMER_GONE: return ((const struct store_timer *)(const void *)row)->due_at_us == TIME_NONE;
    case FILTER_TIMER_SET: return ((const struct store_timer *)(const void *)row)->due_at_us != TIME_NONE;
    }
    return false;
}

/* The part's rows as arrays in `a`; *ret_count rows. False when an array grew past its ceiling. */
static bool fill_part(struct pg_array *arrays, const struct part *part, const struct store_batch *batch,
                      struct pg_arguments *a, uint32_t *ret_count) {
    const char *base = (const char *)batch;
    const char *rows = *(const char *const *)(const void *)(base + part->rows_offset);
    uint32_t count = *(const uint32_t *)(const void *)(base + part->count_offset), wanted = 0;
    for (uint32_t i = 0; i < count; i++)
        wanted += row_is_wanted(part, rows + i * part->row_size);
    *ret_count = wanted;
    if (wanted == 0)
        return true;
    for (const struct column *column = part->columns; column->kind != COLUMN_END; column++) {
        struct pg_array *array = &arrays[column - part->columns];
        pg_array_begin(array, type_of(column->kind));
        for (uint32_t i = 0; i < count; i++) {
            const char *row = rows + i * part->row_size;
            if (row_is_wanted(part, row))
                put_field(array, column->kind, row + column->offset);
        }
        struct text bytes = pg_array_end(array);
        if (text_is_none(bytes))
            return false;
        pg_argument_text(a, bytes);
    }
    return true;
}

/* So many bytes are handed to libpq before the socket is looked at; of the journal at least so many in one statement. What the
 * socket does not take libpq keeps, and moves in memory at every further try: a batch's megabytes, handed over at once, would be
 * moved dozens of times. */
#define PIECE_BYTES ((size_t)256 << 10)

static size_t bytes_of(const struct pg_arguments *arguments) {
    size_t bytes = 0;
    for (int i = 0; i < arguments->count; i++)
        bytes += (size_t)arguments->lengths[i];
    return bytes;
}

/* The next piece of what is under way: a part, or as much of the journal as is one. */
static enum store_fate send_piece(struct store *store, struct error *error) {
    struct store_sending *sending = &store->sending;
    const struct part *part = &parts[sending->part];
    struct pg_arguments arguments = {0};
    uint32_t rows = 0;
    bool is_journal = part->filter == FILTER_PACKED;
    bool fits = is_journal ? store_journal_fill(store->columns[sending->part], &sending->batch, &sending->event, PIECE_BYTES, &arguments, &rows)
                           : fill_part(store->columns[sending->part], part, &sending->batch, &arguments, &rows);
    if (!fits) {
        error_set(error, OUTCOME_REJECT, "batch_too_large", "the batch's rows for %s are too many bytes", part->statement);
        return STORE_REFUSED;
    }
    if (!is_journal || sending->event == sending->batch.event_count)
        sending->part++;
    if (rows == 0)
        return STORE_COMMITTED;
    sending->bytes += bytes_of(&arguments);
    store->under_way++;
    return pg_send(&store->pg, part->statement, &arguments, true) ? STORE_COMMITTED : STORE_AWAY;
}

/* Hands over what the socket takes, or (`waits`) all of it, COMMIT last. COMMITTED: nothing went wrong so far; of what is
 * broken once COMMIT was handed over the results tell. */
static enum store_fate send_on(struct store *store, bool waits, struct error *error) {
    struct store_sending *sending = &store->sending;
    while (sending->part < PART_COUNT) {
        if (sending->bytes >= PIECE_BYTES) {
            int left = waits ? -!pg_flush(&store->pg) : PQflush(store->pg.connection);
            if (left != 0)
                return left > 0 ? STORE_COMMITTED : STORE_AWAY;
            sending->bytes = 0;
        }
        enum store_fate fate = send_piece(store, error);
        if (fate != STORE_COMMITTED)
            return fate;
        if (sending->part == PART_COUNT) {
            store->under_way++;   /* from here on a broken connection leaves the fate unknown, until a result says otherwise */
            if (!pg_send(&store->pg, "commit", NULL, true) || !PQpipelineSync(store->pg.connection))
                pg_close(&store->pg);
        }
    }
    return STORE_COMMITTED;
}

/* The shards named in the exception's detail, "3,17". */
static void read_fenced(const PGresult *result, struct arena *arena, int32_t **ret, uint32_t *ret_count) {
    struct text detail = text_from(PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL));
    int32_t *shards = arena_new_array(arena, detail.length / 2 + 1, int32_t);
    uint32_t count = 0;
    while (shards && detail.length > 0) {
        size_t comma = text_find(detail, ',');
        size_t length = comma == SIZE_MAX ? detail.length : comma;
        int64_t shard;
        if (text_to_int64(text_span(detail.at, length), &shard))
            shards[count++] = (int32_t)shard;
        length += comma != SIZE_MAX;
        detail = text_span(detail.at + length, detail.length - length);
    }
    *ret = shards;
    *ret_count = shards ? count : 0;
}

/* What the first error result means. `at_commit`: it stands in the place of COMMIT's own result. An error before that
 * place is certain: the server passes over everything up to the pipeline's end. */
static enum store_fate judge(struct store *store, const PGresult *result, bool at_commit, struct error *error) {
    enum outcome outcome = pg_error(&store->pg, result, "commit", error);
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (!*pg_state(result))   /* libpq's own words: the server said nothing before it went */
        return STORE_UNKNOWN;
    if (at_commit && severity && strcmp(severity, "ERROR") != 0)
        return STORE_UNKNOWN;   /* the session ended within COMMIT: it may be done but for its answer */
    if (strcmp(pg_state(result), PG_STATE_FENCED) == 0)
        return STORE_FENCED;
    return outcome == OUTCOME_RETRY ? STORE_AWAY : STORE_REFUSED;
}

/* Reads the results of `sent` statements, COMMIT the last, and the sync behind them. */
static enum store_fate read_fate(struct store *store, int sent, struct arena *arena, int32_t **ret_fenced,
                                 uint32_t *ret_fenced_count, struct error *error) {
    enum store_fate fate = STORE_UNKNOWN;
    bool decided = false;
    for (int done = 0; done < sent;) {
        _cleanup_result_ PGresult *result = NULL;
        if (!pg_next(&store->pg, &result)) {
            pg_close(&store->pg);
            if (!decided)
                error_set(error, OUTCOME_RETRY, "store_unknown", "the connection broke with COMMIT under way");
            return fate;
        }
        if (!result) {   /* the gap behind a statement */
            done++;
            continue;
        }
        ExecStatusType status = PQresultStatus(result);
        bool at_commit = done == sent - 1;
        if (!decided && (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE)) {
            fate = judge(store, result, at_commit, error);
            decided = true;
            if (fate == STORE_FENCED)
                read_fenced(result, arena, ret_fenced, ret_fenced_count);
        } else if (!decided && at_commit && status == PGRES_COMMAND_OK) {
            fate = strcmp(PQcmdStatus(result), "COMMIT") == 0 ? STORE_COMMITTED : STORE_REFUSED;
            decided = true;
        }
    }
    return fate;
}

/* Out of the pipeline and, after an error, out of the transaction, or the connection is given up. */
static void settle(struct store *store, bool failed) {
    PGresult *sync = NULL;
    bool well = pg_is_up(&store->pg) && pg_next(&store->pg, &sync) && PQresultStatus(sync) == PGRES_PIPELINE_SYNC;
    PQclear(sync);
    well = well && PQexitPipelineMode(store->pg.connection);
    if (well && failed && PQtransactionStatus(store->pg.connection) != PQTRANS_IDLE) {
        _cleanup_result_ PGresult *result = NULL;
        well = pg_run(&store->pg, "rollback", NULL, true, &result, NULL) == OUTCOME_OK;
    }
    if (!well)
        pg_close(&store->pg);
}

/* COMMIT was not handed over: with the connection the transaction ends. */
static enum store_fate give_up(struct store *store, enum store_fate fate, struct error *error) {
    store->under_way = 0;
    if (fate == STORE_AWAY)
        pg_error(&store->pg, NULL, "commit", error);
    pg_close(&store->pg);
    return fate;
}

enum store_fate store_commit_begin(void *context, const struct store_batch *batch, struct error *error) {
    struct store *store = context;
    if (!pg_refresh(&store->pg)) {   /* a session that has ended already is told from one that ends under way */
        pg_close(&store->pg);
        error_set(error, OUTCOME_RETRY, "store_away", "commit: not connected to the database");
        return STORE_AWAY;
    }
    store->sending = (struct store_sending){.batch = *batch};
    store->under_way = 1;
    enum store_fate fate = PQenterPipelineMode(store->pg.connection) && pg_send(&store->pg, "begin", NULL, true)
                               ? send_on(store, false, error) : STORE_AWAY;
    if (fate != STORE_COMMITTED)
        return give_up(store, fate, error);
    pg_push(&store->pg);
    return STORE_UNDER_WAY;
}

void store_commit_push(void *context) {
    struct store *store = context;
    if (store->under_way == 0 || store->sending.fate != STORE_COMMITTED)
        return;
    if (store->sending.part < PART_COUNT)
        store->sending.fate = send_on(store, false, &store->sending.error);
    else
        pg_push(&store->pg);
}

enum store_fate store_commit_end(void *context, struct arena *arena, int32_t **ret_fenced, uint32_t *ret_fenced_count,
                                 struct error *error) {
    struct store *store = context;
    if (store->sending.fate == STORE_COMMITTED)
        store->sending.fate = send_on(store, true, &store->sending.error);
    enum store_fate fate = store->sending.fate;
    int sent = store->under_way;
    store->under_way = 0;
    if (fate != STORE_COMMITTED) {
        if (error)
            *error = store->sending.error;
        return give_up(store, fate, error);
    }
    if (!pg_is_up(&store->pg) || !pg_flush(&store->pg)) {
        error_set(error, OUTCOME_RETRY, "store_unknown", "the connection broke with COMMIT under way");
        pg_close(&store->pg);
        return STORE_UNKNOWN;
    }
    fate = read_fate(store, sent, arena, ret_fenced, ret_fenced_count, error);
    settle(store, fate != STORE_COMMITTED);
    return fate;
}
