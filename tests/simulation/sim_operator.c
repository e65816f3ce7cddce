/* Operators: they look at open incidents and at cases, and act over the inbox; sometimes wrongly. */
#include <stdio.h>

#include "sim_world.h"

#include "wire/input_codec.h"

static struct text step_name(struct sim *s, struct text step, int32_t index) {
    return index < 0 ? step : text_format(&s->arena, "%.*s.%d", TEXT_ARG(step), index);
}

static void act(struct sim *s, const char *verb, struct text case_id, struct text step, int32_t index, const char *more) {
    world_command(s, case_root(case_id),
                  text_format(&s->arena, "{\"kind\":\"%s\",\"case\":\"%.*s\",\"step\":\"%.*s\",\"actor\":\"op\",\"reason\":\"r\"%s}", verb,
                              TEXT_ARG(case_id), TEXT_ARG(step_name(s, step, index)), more),
                  s->now_us + sim_between(s, 0, 500 * MS));
}

static const struct store_step *step_row(struct sim *s, struct text case_id, struct text step, int32_t index) {
    struct fake_case *one = store_truth_case(&s->store, case_id);
    for (uint32_t i = 0; one && i < one->steps.count; i++) {
        const struct store_step *row = &vector_at(&one->steps, struct fake_step)[i].row;
        if (row->index == index && text_equal(row->step, step))
            return row;
    }
    return NULL;
}

/* The version behind the last ':' of an incident's id. */
static int64_t version_of(const struct store_incident *row) {
    int64_t version = 0;
    size_t at = row->id.length;
    while (at > 0 && row->id.at[at - 1] != ':')
        at--;
    text_to_int64(text_span(row->id.at + at, row->id.length - at), &version);
    return version;
}

/* Whoever acts has looked at all that is open at the step: gives the newest. *ret_unsent: does a message of it stand unsent? To
 * acknowledge another incident would close that one with it. */
static int64_t look_at_step(struct sim *s, const struct store_incident *row, bool *ret_unsent) {
    int64_t newest = 0;
    *ret_unsent = false;
    for (uint32_t i = 0; i < s->store.incident_list.count; i++) {
        const struct store_incident *other = &vector_at(&s->store.incident_list, struct fake_incident *)[i]->row;
        if (other->closed_at_us != TIME_NONE || other->index != row->index || !text_equal(other->case_id, row->case_id) ||
            !text_equal(other->step, row->step))
            continue;
        newest = version_of(other) > newest ? version_of(other) : newest;
        *ret_unsent |= text_is(other->code, "unsent");
    }
    return newest;
}

static void look_at_incident(struct sim *s, const struct store_incident *row) {
    if (text_is_none(row->case_id))
        return;
    if (text_is(row->code, "disputed")) {
        act(s, "resolve_dispute", row->case_id, row->step, row->index, "");
        return;
    }
    char seen[40];
    bool unsent;
    snprintf(seen, sizeof seen, ",\"incident\":%lld", (long long)look_at_step(s, row, &unsent));
    const struct store_step *step = step_row(s, row->case_id, row->step, row->index);
    bool stuck = step && (text_is(step->state, "stuck") || text_is(step->state, "undo_stuck"));
    if (text_is(row->code, "unsent") && step && !stuck) {   /* whoever waits for its answer is asked again */
        bool cancelling = text_is(step->state, "cancelling");
        bool waits = text_is(step->state, "running") || text_is(step->state, "undoing");
        act(s, cancelling ? "skip" : waits ? "retry" : "acknowledge", row->case_id, row->step, row->index, seen);
        return;
    }
    if (!stuck && unsent)
        return;
    static const char *const of_stuck[] = {"retry", "retry", "skip", "refuse", "skip"};
    static const char *const of_running[] = {"retry", "acknowledge", "acknowledge", "skip"};
    const char *verb = stuck ? of_stuck[s->healing ? 2 : sim_below(s, 5)] : of_running[s->healing ? 1 : sim_below(s, 4)];
    act(s, verb, row->case_id, row->step, row->index, text_is_none(row->step) ? "" : seen);
}

static void meddle(struct sim *s) {
    if (s->store.case_list.count == 0)
        return;
    const struct fake_case *one = vector_at(&s->store.case_list, struct fake_case *)[sim_below(s, s->store.case_list.count)];
    struct text step = one->steps.count ? vector_at(&one->steps, struct fake_step)[sim_below(s, one->steps.count)].row.step : TEXT("none");
    static const char *const verbs[] = {"retry", "skip", "refuse", "reassign", "answer_for"};
    uint32_t kind = sim_below(s, 16);
    if (!one->there)
        return;
    if (kind < 2)
        act(s, kind ? "close" : "withdrawn", one->id, step, -1, "");
    else if (kind == 2)
        act(s, "void", one->id, step, -1, "");
    else if (kind == 3)
        act(s, "retry", TEXT("nobody"), step, -1, "");
    else
        act(s, verbs[kind % 5], one->id, step, -1,
            kind % 5 == 3   ? ",\"department\":\"delta\""
            : kind % 5 == 4 ? ",\"answer\":\"result\",\"evidence\":\"paper\",\"confirmed_by\":\"second\",\"data\":{\"receipt\":\"p\"}"
                            : "");
}

/* Whoever waits to be paid is, at last. */
static void pay(struct sim *s) {
    for (uint32_t i = 0; i < s->store.case_list.count; i++) {
        const struct fake_case *one = vector_at(&s->store.case_list, struct fake_case *)[i];
        struct text key = s->healing ? text_format(&s->arena, "paid|%.*s|%lld", TEXT_ARG(one->id), (long long)(s->now_us / (60000 * MS)))
                                     : one->id;   /* a daemon may have died twice at it, and said so: it is said again */
        if (!one->there || !text_is(one->row.thing, "waits") || text_is(one->row.phase, "closed") || map_get(&s->world->handled, key))
            continue;
        if (!s->healing && !sim_chance(s, 300000))
            continue;
        map_put(&s->world->handled, key, s);
        world_command(s, case_root(one->id),
                      text_format(&s->arena, "{\"kind\":\"signal\",\"case\":\"%.*s\",\"id\":\"paid\",\"source\":\"/bank\",\"data\":{\"yuan\":5}}",
                                  TEXT_ARG(one->id)),
                      s->now_us);
    }
}

/* What two daemons happened to die at is nobody's fault: an operator lets it in again. */
static void redrive(struct sim *s) {
    for (uint32_t i = 0; i < s->store.dead.count; i++) {
        const struct store_dead *row = &vector_at(&s->store.dead, struct store_dead)[i];
        const struct fake_topic *topic = text_is(row->code, "crashed") ? bus_truth_topic(&s->bus, row->topic) : NULL;
        struct text key = text_format(&s->arena, "dead|%.*s|%d|%lld", TEXT_ARG(row->topic), row->partition, (long long)row->offset);
        if (!topic || map_get(&s->world->handled, key))
            continue;
        map_put(&s->world->handled, key, s);
        const struct fake_log *log = &topic->logs[row->partition];
        if (row->offset < log->low || row->offset >= log->low + log->messages.count)
            continue; /* the topic was removed and made again */
        const struct bus_message *m = vector_at(&log->messages, struct bus_message *)[row->offset - log->low];
        sim_say(s, "lets in again what had crashed: %.*s@%d:%lld", TEXT_ARG(row->topic), row->partition, (long long)row->offset);
        bus_truth_append(&s->bus, row->topic, row->partition, m->key, m->value, m->headers, m->header_count);
    }
}

void world_operator_tick(struct sim *s, void *argument) {
    (void)argument;
    pay(s);
    world_applicants_tick(s);
    if (s->healing)
        redrive(s);
    for (uint32_t i = 0; i < s->store.incident_list.count; i++) {
        const struct store_incident *row = &vector_at(&s->store.incident_list, struct fake_incident *)[i]->row;
        if (row->closed_at_us != TIME_NONE || (!s->healing && !sim_chance(s, 400000)))
            continue;
        struct text key = text_format(&s->arena, "%.*s@%lld", TEXT_ARG(row->id), (long long)(s->now_us / (5000 * MS)));
        if (map_get(&s->world->handled, key))
            continue;
        map_put(&s->world->handled, key, s);
        look_at_incident(s, row);
    }
    if (!s->healing && sim_chance(s, 300000))
        meddle(s);
    sim_at(s, s->now_us + 1000 * MS, world_operator_tick, NULL);
}
