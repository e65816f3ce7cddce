/* The journal's rows: consecutive events of one case at one moment stand in one row, as a JSON array of
 * {"kind", "step"?, "data"} (deploy/sql/0008_journal.sql). Packed when written, taken apart when read; the port knows
 * events only. */
#include "base/json.h"
#include "model/limits.h"
#include "store/store_part.h"

/* May `event` stand in one row with those from `first` on, `count` so far? */
static bool belongs(const struct store_event *first, uint32_t count, const struct store_event *event) {
    return count < STORE_PACK_MOST && event->shard == first->shard && event->seq == first->seq + count &&
           event->version == first->version + (int32_t)count && event->at_us == first->at_us &&
           text_equal(event->case_id, first->case_id);
}

static void put_event(struct buffer *out, const struct store_event *event, bool first) {
    buffer_put_string(out, first ? "[{\"kind\":" : ",{\"kind\":");
    json_write_string(out, event->kind);
    if (!text_is_none(event->step)) {
        buffer_put_string(out, ",\"step\":");
        json_write_string(out, event->step);
    }
    buffer_put_string(out, ",\"data\":");
    buffer_put_text(out, event->data);
    buffer_put_byte(out, '}');
}

enum { JOURNAL_SHARD, JOURNAL_VERSION, JOURNAL_SEQ, JOURNAL_AT, JOURNAL_EVENTS, JOURNAL_CASE, JOURNAL_DATA, JOURNAL_COLUMNS };

bool store_journal_fill(struct pg_array *arrays, const struct store_batch *batch, uint32_t *from, size_t bytes, struct pg_arguments *a,
                        uint32_t *ret_rows) {
    static const enum pg_type types[JOURNAL_COLUMNS] = {PG_INT32, PG_INT32, PG_INT64, PG_TIME, PG_INT32, PG_TEXT, PG_TEXT};
    *ret_rows = 0;
    if (*from == batch->event_count)
        return true;
    for (int i = 0; i < JOURNAL_COLUMNS; i++)
        pg_array_begin(&arrays[i], types[i]);
    for (uint32_t count; *from < batch->event_count && arrays[JOURNAL_DATA].bytes.length < bytes; *from += count) {
        const struct store_event *first = &batch->events[*from];
        struct buffer *data = pg_array_open(&arrays[JOURNAL_DATA]);
        for (count = 0; *from + count < batch->event_count && belongs(first, count, &first[count]); count++)
            put_event(data, &first[count], count == 0);
        buffer_put_byte(data, ']');
        pg_array_close(&arrays[JOURNAL_DATA]);
        pg_array_int32(&arrays[JOURNAL_SHARD], first->shard);
        pg_array_int32(&arrays[JOURNAL_VERSION], first->version);
        pg_array_int64(&arrays[JOURNAL_SEQ], first->seq);
        pg_array_time(&arrays[JOURNAL_AT], first->at_us);
        pg_array_int32(&arrays[JOURNAL_EVENTS], (int32_t)count);
        pg_array_text(&arrays[JOURNAL_CASE], first->case_id);
        ++*ret_rows;
    }
    for (int i = 0; i < JOURNAL_COLUMNS; i++) {
        struct text array = pg_array_end(&arrays[i]);
        if (text_is_none(array))
            return false;
        pg_argument_text(a, array);
    }
    return true;
}

static uint32_t count_events(const PGresult *result) {
    uint32_t count = 0;
    for (int i = 0; i < PQntuples(result); i++)
        count += (uint32_t)pg_get_int32(result, i, JOURNAL_EVENTS, 0);
    return count;
}

/* One row's events; what is no pack (somebody wrote into the journal by hand) is refused, not guessed at. */
static enum outcome take_apart(struct arena *arena, const PGresult *result, int row, struct store_event *into,
                               uint32_t count, struct error *error) {
    struct text case_id = pg_get_text(arena, result, row, JOURNAL_CASE), bytes = pg_get_text(arena, result, row, JOURNAL_DATA);
    struct json pack = {0};
    struct error syntax = {0};
    if (arena->failed)
        return error_no_memory(error);
    /* an event may be as deep as the wire allows (wire/event_codec.c), and stands two levels down */
    if (json_read(arena, bytes, LIMIT_json_depth_most + 8, &pack, &syntax) != OUTCOME_OK || pack.type != JSON_ARRAY ||
        pack.count != count)
        return arena->failed ? error_no_memory(error)
                             : error_set(error, OUTCOME_REJECT, "journal_damaged", "a row of the journal of %.*s is no pack of %u events %s",
                                         TEXT_ARG(case_id), count, syntax.message);
    for (uint32_t i = 0; i < count; i++) {
        const struct json *event = &pack.children[i].value, *data = json_get_string(event, "data");
        into[i] = (struct store_event){
            .shard = pg_get_int32(result, row, JOURNAL_SHARD, -1),
            .seq = pg_get_int64(result, row, JOURNAL_SEQ, 0) + i,
            .case_id = case_id,
            .version = pg_get_int32(result, row, JOURNAL_VERSION, 0) + (int32_t)i,
            .at_us = pg_get_time(result, row, JOURNAL_AT),
            .kind = json_get_text(event, TEXT("kind")),
            .step = json_get_text(event, TEXT("step")),
            .data = data ? data->text : TEXT_NONE,
        };
        if (text_is_none(into[i].kind) || text_is_none(into[i].data))
            return error_set(error, OUTCOME_REJECT, "journal_damaged", "an event of %.*s has no kind or no data", TEXT_ARG(case_id));
    }
    return OUTCOME_OK;
}

enum outcome store_journal_read(const PGresult *result, struct arena *arena, struct store_event **ret, uint32_t *ret_count,
                                struct error *error) {
    uint32_t count = count_events(result), at = 0;
    struct store_event *events = arena_new_array(arena, count ? count : 1, struct store_event);
    if (!events)
        return error_no_memory(error);
    for (int i = 0; i < PQntuples(result); i++) {
        uint32_t here = (uint32_t)pg_get_int32(result, i, JOURNAL_EVENTS, 0);
        enum outcome outcome = take_apart(arena, result, i, events + at, here, error);
        if (outcome != OUTCOME_OK)
            return outcome;
        at += here;
    }
    *ret = events;
    *ret_count = count;
    return OUTCOME_OK;
}
