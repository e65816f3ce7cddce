/* Invariants of calendars: once a shard is said to be done with one, every open due moment of its cases is reckoned by it,
 * and nothing in that shard is reckoned by an older one any more. */
#include "sim_check.h"

static int place_of(struct sim *s, struct text version) {
    for (int i = 0; i < SIM_CALENDARS; i++)
        if (text_equal(s->things->calendars[i].calendar->version, version))
            return i;
    return -1;
}

static void check_case_by(struct sim *s, const struct case_state *state, const struct calendar *calendar) {
    for (uint16_t i = 0; i < state->definition->step_count; i++) {
        const struct work_state *work = &state->steps[i].self;
        struct limit_time limit = state->definition->steps[i].timeout;
        int64_t due_us;
        if ((limit.unit != LIMIT_WORKDAYS && limit.unit != LIMIT_HALF_DAYS) || work->due_at_us == TIME_NONE ||
            work->since_us == TIME_NONE ||
            calendar_due(calendar, CALENDAR_PROMISE, work->since_us, limit, &due_us, NULL) != OUTCOME_OK)
            continue;
        if (due_us != work->due_at_us)
            sim_fail(s, "%.*s:%.*s is not due as the calendar has it, though its shard is done with it", TEXT_ARG(state->id),
                     TEXT_ARG(state->definition->steps[i].id));
    }
}

void check_calendars(struct sim *s, const struct store_batch *b) {
    struct checker *c = s->checker;
    for (uint32_t i = 0; i < b->event_count; i++) {
        const struct event *event = &vector_at(&c->events, struct event)[i];
        const struct fake_shard *shard = &s->store.shards[b->events[i].shard];
        if (!text_is_none(event->calendar) && shard->calendar_known &&
            place_of(s, event->calendar) < place_of(s, shard->calendar.version))
            sim_fail(s, "an event of %.*s is reckoned by an older calendar than its shard", TEXT_ARG(b->events[i].case_id));
    }
    for (uint32_t i = 0; i < b->calendar_count; i++) {
        int place = place_of(s, b->calendars[i].version);
        if (place < 0) {
            sim_fail(s, "shard %d follows a calendar that nobody published", b->calendars[i].shard);
            return;
        }
        const struct calendar *calendar = calendar_for_region(s->things->calendars[place].calendar, TEXT(SIM_REGION));
        for (uint32_t j = 0; b->calendars[i].done && j < c->case_list.count; j++) {
            const struct check_case *one = vector_at(&c->case_list, struct check_case *)[j];
            const struct fake_case *row = store_truth_case(&s->store, one->state.id);
            if (row && row->row.shard == b->calendars[i].shard && one->state.phase != CASE_CLOSED &&
                !sim_check_timer_put_off(s, one->state.id))   /* its timer will reckon it */
                check_case_by(s, &one->state, calendar);
        }
    }
}

bool check_calendar_is_done(struct sim *s, int32_t shard) {
    const struct store_calendar *row = &s->store.shards[shard].calendar;
    return s->store.calendars.count == SIM_CALENDARS && row->done && place_of(s, row->version) == SIM_CALENDARS - 1;
}
