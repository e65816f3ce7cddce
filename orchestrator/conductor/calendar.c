/* The calendar that holds: taken up when one is published, and every open case reckoned anew by it, in batches.
 *
 * Each shard's row of shard_calendar says how far a calendar has come, in the order of the cases' ids; it moves in the
 * transaction that reckons those cases, under the same fence, so that a crash or another owner goes on where this one
 * stood. A case that begins meanwhile, or changes, is reckoned by the new one anyway: whoever takes a shard reads the
 * calendar again before its first batch, so that no shard ever goes back to an older one. */
#include "calendar/calendar.h"
#include "conductor/internal.h"
#include "definition/calendar_file.h"

#define CALENDAR_ARENA_BYTES ((size_t)64 << 20)
enum { CASES_A_BATCH = 200, ROWS_A_BATCH = 2000 };   /* reckoned, and looked at: what arrives is not to wait for them */

struct known_calendar { struct arena arena; const struct calendar *calendar; struct known_calendar *before; };

/* Events and states may still name an older version: all are kept, a few a year. */
void calendar_free_all(struct conductor *c) {
    while (c->calendars) {
        struct known_calendar *known = c->calendars;
        c->calendars = known->before;
        arena_free(&known->arena);
        memory_free(known);
    }
}

static bool take_up(struct conductor *c, struct text canonical) {
    struct fault_list faults;
    struct error error = {0};
    struct known_calendar *known = memory_alloc(sizeof *known);
    if (!known)
        return false;
    arena_init(&known->arena, CALENDAR_ARENA_BYTES);
    if (calendar_compile(&known->arena, text_copy(&known->arena, canonical), NULL, 0, &faults, &known->calendar, NULL, &error) !=
        OUTCOME_OK) {
        log_error("calendar_unreadable", "the published calendar can't be read; the one before goes on",
                  LOG_STRING("code", error.code), LOG_STRING("why", error.message));
        arena_free(&known->arena);
        memory_free(known);
        return false;
    }
    known->before = c->calendars;
    c->calendars = known;
    c->calendar = known->calendar;
    for (int32_t i = 0; i < c->shard_count; i++)
        c->shards[i].calendar_state = CALENDAR_UNREAD;
    log_info("calendar", "a calendar is taken up; open cases are reckoned by it", LOG_TEXT("version", c->calendar->version),
             LOG_INT("years", c->calendar->content->year_count));
    return true;
}

static void remember(struct shard *shard, const struct store_calendar *row) {
    shard->calendar_state = row->done ? CALENDAR_DONE : CALENDAR_BEHIND;
    shard->calendar_after_length = row->after.length < sizeof shard->calendar_after ? row->after.length : 0;
    memcpy(shard->calendar_after, row->after.at, shard->calendar_after_length);
}

/* Where the shards stand whose progress has not been read. */
static enum outcome read_progress(struct conductor *c, struct error *error) {
    int32_t *unread = arena_new_array(&c->turn_arena, (size_t)c->shard_count, int32_t);
    struct store_calendar *rows = NULL;
    uint32_t unread_count = 0, count = 0;
    if (!unread)
        return error_no_memory(error);
    for (int32_t i = 0; i < c->shard_count; i++)
        if (c->shards[i].owned && c->shards[i].calendar_state == CALENDAR_UNREAD)
            unread[unread_count++] = i;
    if (unread_count == 0)
        return OUTCOME_OK;
    enum outcome outcome = c->ports.store.calendar_progress(c->ports.store.context, unread, unread_count, &c->turn_arena,
                                                            &rows, &count, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    for (uint32_t i = 0; i < unread_count; i++)
        remember(&c->shards[unread[i]], &(struct store_calendar){.after = TEXT(""), .done = !c->calendar});
    for (uint32_t i = 0; i < count; i++)
        if (c->calendar && text_equal(rows[i].version, c->calendar->version))
            remember(&c->shards[rows[i].shard], &rows[i]);
    return OUTCOME_OK;
}

/* Nothing is under way when it is time: what was decided by the calendar before is in the store, and will be found. */
bool calendar_keep(struct conductor *c, int64_t monotonic_us) {
    struct text known = c->calendar ? c->calendar->version : TEXT_NONE, version, canonical;
    struct error error = {0};
    if (monotonic_us < c->calendar_at_us)
        return true;
    enum outcome outcome = c->ports.store.calendar(c->ports.store.context, known, &c->turn_arena, &version, &canonical, &error);
    if (outcome == OUTCOME_OK && !text_is_none(canonical))
        take_up(c, canonical);
    if (outcome == OUTCOME_OK)
        outcome = read_progress(c, &error);
    if (outcome != OUTCOME_OK) {   /* without it nothing is decided, and so nothing else would find out that the store is lost */
        ownership_drop_all(c, error.message);
        return false;
    }
    c->calendar_at_us = monotonic_us + c->settings.definitions_poll_us;
    return true;
}

static struct text after_of(const struct shard *shard) {
    return text_span(shard->calendar_after, shard->calendar_after_length);
}

static bool is_behind(const struct shard *shard) { return shard->owned && shard->calendar_state == CALENDAR_BEHIND; }

/* How far each shard has come with these cases, `last` the last one that was looked at. */
static bool note_progress(struct conductor *c, struct batch *batch, struct text last, bool is_end) {
    for (int32_t i = 0; i < c->shard_count; i++) {
        struct shard *shard = &c->shards[i];
        if (!is_behind(shard))
            continue;
        struct text after = after_of(shard);
        bool moves = !text_is_none(last) && text_compare(last, after) > 0;
        if (!moves && !is_end)
            continue;
        struct store_calendar *row = vector_new(&batch->calendars, batch->arena, struct store_calendar);
        if (!row)
            return false;
        *row = (struct store_calendar){i, c->calendar->version, moves ? last : after, is_end || mutation_is(calendar_unfinished)};
        shard->touched = true;
    }
    return true;
}

bool calendar_is_behind(const struct conductor *c) {
    for (int32_t i = 0; i < c->shard_count; i++)
        if (is_behind(&c->shards[i]))
            return true;
    return false;
}

enum outcome calendar_gather(struct conductor *c, struct batch *batch, struct error *error) {
    const struct shard *first = NULL;
    for (int32_t i = 0; i < c->shard_count; i++)
        if (is_behind(&c->shards[i]) && (!first || text_compare(after_of(&c->shards[i]), after_of(first)) < 0))
            first = &c->shards[i];
    uint32_t room = c->batch_most - (batch->pending.count < c->batch_most ? batch->pending.count : c->batch_most);
    room = room < CASES_A_BATCH ? room : CASES_A_BATCH;
    if (!first || room == 0)
        return OUTCOME_OK;
    struct store_case_place *rows = NULL;
    struct text last = TEXT_NONE;
    uint32_t count = 0, i = 0;
    enum outcome outcome = c->ports.store.cases_after(c->ports.store.context, after_of(first), ROWS_A_BATCH, batch->arena,
                                                      &rows, &count, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    for (; i < count; i++) {
        const struct shard *shard = rows[i].shard >= 0 && rows[i].shard < c->shard_count ? &c->shards[rows[i].shard] : NULL;
        bool is_wanted = shard && rows[i].open && is_behind(shard) && text_compare(rows[i].case_id, after_of(shard)) > 0;
        if (is_wanted && room == 0)
            break;
        if (is_wanted && !mutation_is(calendar_unreckoned) &&
            (outcome = intake_calendar(c, batch, &rows[i], error)) != OUTCOME_OK)
            return outcome;
        room -= is_wanted;
        last = rows[i].case_id;
    }
    return note_progress(c, batch, last, i == count && count < ROWS_A_BATCH) ? OUTCOME_OK : error_no_memory(error);
}

void calendar_committed(struct conductor *c, const struct batch *batch) {
    for (uint32_t i = 0; i < batch->calendars.count; i++) {
        const struct store_calendar *row = &vector_at(&batch->calendars, struct store_calendar)[i];
        remember(&c->shards[row->shard], row);
        if (row->done)
            log_info("calendar_done", "all open cases of a shard are reckoned by the calendar", LOG_INT("shard", row->shard),
                     LOG_TEXT("version", row->version));
    }
}
