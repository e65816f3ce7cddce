/* The fake store's batch: looked at whole, with every constraint that PostgreSQL has; then applied whole, or not. */
#include "store_fake.h"

#include "base/json.h"

static struct text keep(struct store_truth *t, struct text text) { return text_copy(&t->arena, text); }

static bool refuse(struct error *error, const char *what) {
    error_set(error, OUTCOME_REJECT, "store_refused", "the fake store refuses %s", what);
    return false;
}

/* As a text column takes it: UTF-8 without U+0000; null only where it may be. */
static bool fits(struct text text, bool may_be_null) {
    if (text_is_none(text))
        return may_be_null;
    return text_is_utf8(text) && text_find(text, '\0') == SIZE_MAX;
}

static bool has_event(const struct vector *events, int64_t value, bool by_version) {
    for (uint32_t i = events->count; i-- > 0;) {
        const struct store_event *event = vector_at(events, struct store_event *)[i];
        int64_t at = by_version ? event->version : event->seq;
        if (at == value)
            return true;
        if (at < value)
            return false;
    }
    return false;
}

static bool check_events(struct store_truth *t, const struct store_batch *b, struct error *error) {
    for (uint32_t i = 0; i < b->event_count; i++) {
        const struct store_event *e = &b->events[i];
        if (!fits(e->case_id, false) || !fits(e->kind, false) || !fits(e->step, true) || !fits(e->data, false))
            return refuse(error, "an event's text");
        if (t->hooks.refused && memmem(e->data.at, e->data.length, t->hooks.refused, strlen(t->hooks.refused)))
            return refuse(error, "what an event carries");
        struct fake_shard *shard = &t->shards[e->shard];
        struct fake_case *one = store_fake_case_make(t, e->case_id);
        bool doubled = has_event(&shard->events, e->seq, false) || has_event(&one->events, e->version, true);
        doubled = doubled || (shard->stamp == t->stamp && e->seq <= shard->last) ||
                  (one->event_stamp == t->stamp && e->version <= one->last_version);
        if (doubled)
            return refuse(error, "an event whose number or version is there");
        shard->stamp = one->event_stamp = t->stamp;
        shard->last = e->seq;
        one->last_version = e->version;
    }
    return true;
}

static bool check_cases(struct store_truth *t, const struct store_batch *b, struct error *error) {
    for (uint32_t i = 0; i < b->case_count; i++) {
        const struct store_case *row = &b->cases[i];
        if (!fits(row->case_id, false) || !fits(row->root, false) || !fits(row->thing, false) || !fits(row->region, false) ||
            !fits(row->definition_hash, false) || !fits(row->phase, false) || !fits(row->title, true) ||
            row->started_at_us == TIME_NONE || row->changed_at_us == TIME_NONE)
            return refuse(error, "a case's column");
        struct fake_case *one = store_fake_case_make(t, row->case_id);
        if (one->case_stamp == t->stamp)
            return refuse(error, "a case twice");
        one->case_stamp = t->stamp;
        if ((row->row == STORE_ROW_NEW && one->there) || (row->row == STORE_ROW_KNOWN && !one->there))
            return refuse(error, "wrong knowledge of a case's row");
    }
    return true;
}

static struct fake_step *find_step(struct fake_case *one, struct text step, int32_t index) {
    for (uint32_t i = 0; i < one->steps.count; i++) {
        struct fake_step *at = &vector_at(&one->steps, struct fake_step)[i];
        if (at->row.index == index && text_equal(at->row.step, step))
            return at;
    }
    return NULL;
}

static bool check_steps(struct store_truth *t, const struct store_batch *b, struct error *error) {
    for (uint32_t i = 0; i < b->step_count; i++) {
        const struct store_step *row = &b->steps[i];
        if (!fits(row->case_id, false) || !fits(row->step, false) || !fits(row->state, false) || !fits(row->kind, false) ||
            !fits(row->reason, true) || !fits(row->department, true) || !fits(row->child, true))
            return refuse(error, "a step's column");
        struct fake_step *at = find_step(store_fake_case_make(t, row->case_id), row->step, row->index);
        if ((row->row == STORE_ROW_NEW && at) || (row->row == STORE_ROW_KNOWN && !at))
            return refuse(error, "wrong knowledge of a step's row");
        for (uint32_t j = 0; j < i; j++)
            if (b->steps[j].index == row->index && text_equal(b->steps[j].case_id, row->case_id) &&
                text_equal(b->steps[j].step, row->step))
                return refuse(error, "a step twice");
    }
    return true;
}

static struct fake_clock *find_clock(struct fake_case *one, const struct store_clock *row) {
    for (uint32_t i = 0; i < one->clocks.count; i++) {
        struct fake_clock *at = &vector_at(&one->clocks, struct fake_clock)[i];
        if (text_equal(at->row.item, row->item) && text_equal(at->row.clock, row->clock))
            return at;
    }
    return NULL;
}

static bool check_clocks(struct store_truth *t, const struct store_batch *b, struct error *error) {
    for (uint32_t i = 0; i < b->clock_count; i++) {
        const struct store_clock *row = &b->clocks[i];
        struct json explained;
        if (!fits(row->case_id, false) || !fits(row->item, false) || !fits(row->clock, false) || !fits(row->thing, false) ||
            !fits(row->state, false) || !fits(row->light, false) || row->changed_at_us == TIME_NONE ||
            json_read(&t->arena, row->explained, 64, &explained, NULL) != OUTCOME_OK)
            return refuse(error, "a clock's column");
        for (uint32_t j = 0; j < i; j++)
            if (text_equal(b->clocks[j].case_id, row->case_id) && text_equal(b->clocks[j].item, row->item) &&
                text_equal(b->clocks[j].clock, row->clock))
                return refuse(error, "a clock twice");
    }
    return true;
}

static void apply_clocks(struct store_truth *t, const struct store_batch *b) {
    for (uint32_t i = 0; i < b->clock_count; i++) {
        struct fake_case *one = store_fake_case_make(t, b->clocks[i].case_id);
        struct fake_clock *clock = find_clock(one, &b->clocks[i]);
        if (!clock)
            clock = vector_new(&one->clocks, &t->arena, struct fake_clock);
        clock->row = b->clocks[i];
        clock->row.case_id = one->id;
        clock->row.item = keep(t, clock->row.item);
        clock->row.clock = keep(t, clock->row.clock);
        clock->row.thing = keep(t, clock->row.thing);
        clock->row.region = keep(t, clock->row.region);
        clock->row.department = keep(t, clock->row.department);
        clock->row.state = keep(t, clock->row.state);
        clock->row.light = keep(t, clock->row.light);
        clock->row.explained = keep(t, clock->row.explained);
    }
}

static bool check_others(struct store_truth *t, const struct store_batch *b, struct error *error) {
    for (uint32_t i = 0; i < b->timer_count; i++) {
        struct fake_case *one = store_fake_case_make(t, b->timers[i].case_id);
        if (b->timers[i].due_at_us != TIME_NONE && one->timer_stamp == t->stamp)
            return refuse(error, "a timer twice");
        if (b->timers[i].due_at_us != TIME_NONE)
            one->timer_stamp = t->stamp;
    }
    for (uint32_t i = 0; i < b->incident_count; i++) {
        const struct store_incident *row = &b->incidents[i];
        if (!fits(row->id, false) || !fits(row->code, false) || !fits(row->message, false) || row->opened_at_us == TIME_NONE)
            return refuse(error, "an incident's column");
        for (uint32_t j = 0; j < i; j++)
            if (text_equal(b->incidents[j].id, row->id))
                return refuse(error, "an incident twice");
    }
    for (uint32_t i = 0; i < b->dead_count; i++)
        if (!fits(b->dead[i].topic, false) || !fits(b->dead[i].code, false) || !fits(b->dead[i].message, false) ||
            !fits(b->dead[i].headers, true))
            return refuse(error, "a dead letter's column");
    for (uint32_t i = 0; i < b->forward_count; i++)
        if (!fits(b->forwards[i].key, false) || !fits(b->forwards[i].kind, false) || !fits(b->forwards[i].data, false))
            return refuse(error, "a forwarded input's column");
    for (uint32_t i = 0; i < b->unsent_count; i++)
        if (!fits(b->unsent[i].topic, false) || !fits(b->unsent[i].reason, false))
            return refuse(error, "an unsent message's column");
    for (uint32_t i = 0; i < b->answer_count; i++)
        if (!fits(b->answers[i].body, true))
            return refuse(error, "an answer's body");
    for (uint32_t i = 0; i < b->calendar_count; i++) {
        if (!fits(b->calendars[i].version, false) || !fits(b->calendars[i].after, false))
            return refuse(error, "a calendar's progress");
        for (uint32_t j = 0; j < i; j++)
            if (b->calendars[j].shard == b->calendars[i].shard)
                return refuse(error, "a calendar's progress twice");
    }
    for (uint32_t i = 0; i < b->offset_count; i++)
        for (uint32_t j = 0; j < i; j++)
            if (b->offsets[j].shard == b->offsets[i].shard && text_equal(b->offsets[j].topic, b->offsets[i].topic))
                return refuse(error, "an offset twice");
    return true;
}

/* ---- applying ---- */

static void add_event(struct store_truth *t, struct vector *events, struct store_event *event, bool by_version) {
    *vector_new(events, &t->arena, struct store_event *) = event;
    struct store_event **at = events->at;
    for (uint32_t i = events->count - 1; i > 0; i--) {
        bool after = by_version ? at[i - 1]->version > event->version : at[i - 1]->seq > event->seq;
        if (!after)
            break;
        at[i] = at[i - 1];
        at[i - 1] = event;
    }
}

static void apply_events(struct store_truth *t, const struct store_batch *b) {
    for (uint32_t i = 0; i < b->event_count; i++) {
        struct store_event *event = arena_new(&t->arena, struct store_event);
        struct fake_case *one = store_fake_case_make(t, b->events[i].case_id);
        *event = b->events[i];
        event->case_id = one->id;
        event->kind = keep(t, event->kind);
        event->step = keep(t, event->step);
        event->data = keep(t, event->data);
        add_event(t, &t->shards[event->shard].events, event, false);
        add_event(t, &one->events, event, true);
    }
}

static void apply_rows(struct store_truth *t, const struct store_batch *b) {
    for (uint32_t i = 0; i < b->case_count; i++) {
        struct fake_case *one = store_fake_case_make(t, b->cases[i].case_id);
        struct store_case row = b->cases[i];
        if (one->there) {   /* what never changes is not looked at */
            row.root = one->row.root;
            row.parent = one->row.parent;
            row.thing = one->row.thing;
            row.region = one->row.region;
            row.source = one->row.source;
            row.source_id = one->row.source_id;
            row.title = one->row.title;
            row.started_at_us = one->row.started_at_us;
        } else {
            row.root = keep(t, row.root);
            row.parent = keep(t, row.parent);
            row.thing = keep(t, row.thing);
            row.region = keep(t, row.region);
            row.source = keep(t, row.source);
            row.source_id = keep(t, row.source_id);
            row.title = keep(t, row.title);
        }
        row.case_id = one->id;
        row.definition_hash = keep(t, row.definition_hash);
        row.phase = keep(t, row.phase);
        row.outcome = keep(t, row.outcome);
        row.stop = keep(t, row.stop);
        one->row = row;
        one->there = true;
    }
    for (uint32_t i = 0; i < b->step_count; i++) {
        struct fake_case *one = store_fake_case_make(t, b->steps[i].case_id);
        struct fake_step *at = find_step(one, b->steps[i].step, b->steps[i].index);
        struct store_step row = b->steps[i];
        if (!at) {
            at = vector_new(&one->steps, &t->arena, struct fake_step);
            row.step = keep(t, row.step);
        } else {
            row.step = at->row.step;
        }
        row.case_id = one->id;
        row.kind = keep(t, row.kind);
        row.state = keep(t, row.state);
        row.department = keep(t, row.department);
        row.region = keep(t, row.region);
        row.child = keep(t, row.child);
        row.reason = keep(t, row.reason);
        at->row = row;
    }
}

static void set_timer(struct store_truth *t, const struct store_timer *row) {
    struct fake_case *one = store_fake_case_make(t, row->case_id);
    if (one->timer_us != TIME_NONE) {
        struct vector *timers = &t->shards[one->timer_shard].timers;
        struct fake_case **at = timers->at;
        for (uint32_t i = 0; i < timers->count; i++)
            if (at[i] == one) {
                at[i] = at[--timers->count];
                break;
            }
    } else {
        one->timer_shard = row->shard;
    }
    one->timer_us = row->due_at_us;
    if (row->due_at_us != TIME_NONE)
        *vector_new(&t->shards[one->timer_shard].timers, &t->arena, struct fake_case *) = one;
}

static bool is_closed_by(const struct store_incident *row, const struct store_closing *closing) {
    const char *kind = text_is(row->code, "disputed") ? "dispute" : text_is(row->code, "timer_refused") ? "timer" : "incident";
    return row->closed_at_us == TIME_NONE && row->index == closing->index && text_equal(row->case_id, closing->case_id) &&
           text_equal(row->step, closing->step) && text_is(closing->of, kind);
}

static void apply_incidents(struct store_truth *t, const struct store_batch *b) {
    struct fake_incident **all = t->incident_list.at;
    for (uint32_t i = 0; i < b->closing_count; i++) {
        const struct store_closing *closing = &b->closings[i];
        for (uint32_t j = 0; j < t->incident_list.count; j++) {
            struct store_incident *row = &all[j]->row;
            if (is_closed_by(row, closing))
                row->closed_at_us = closing->at_us;
        }
    }
    for (uint32_t i = 0; i < b->incident_count; i++) {
        struct fake_incident *incident = map_get(&t->incidents, b->incidents[i].id);
        struct store_incident row = b->incidents[i];
        if (!incident) {
            incident = arena_new(&t->arena, struct fake_incident);
            row.id = keep(t, row.id);
            map_put(&t->incidents, row.id, incident);
            *vector_new(&t->incident_list, &t->arena, struct fake_incident *) = incident;
        } else {
            row.id = incident->row.id;
            if (incident->row.closed_at_us == TIME_NONE)
                row.opened_at_us = incident->row.opened_at_us;
        }
        row.case_id = keep(t, row.case_id);
        row.step = keep(t, row.step);
        row.code = keep(t, row.code);
        row.message = keep(t, row.message);
        row.department = row.region = row.closed_by = row.closed_how = TEXT_NONE;
        incident->row = row;
    }
}

static void apply_inbox(struct store_truth *t, const struct store_batch *b) {
    for (uint32_t i = 0; i < b->forward_count; i++) {
        struct fake_command *command = vector_new(&t->commands, &t->arena, struct fake_command);
        command->row = (struct store_inbox){.id = t->commands.count, .shard = b->forwards[i].shard,
                                            .kind = keep(t, b->forwards[i].kind), .data = keep(t, b->forwards[i].data),
                                            .idempotency_key = keep(t, b->forwards[i].idempotency_key),
                                            .root = keep(t, b->forwards[i].key), .at_us = t->hooks.now_us(t->hooks.context)};
        command->waits = true;
    }
    for (uint32_t i = 0; i < b->inbox_done_count && !t->inbox_kept; i++) {
        struct fake_command *command = store_truth_command(t, b->inbox_done[i]);
        if (command)
            command->waits = false;
    }
    for (uint32_t i = 0; i < b->answer_count; i++) {
        struct fake_command *command = store_truth_command(t, b->answers[i].inbox_id);
        if (command) {
            command->status = b->answers[i].status;
            command->body = keep(t, b->answers[i].body);
        }
    }
}

static void apply_rest(struct store_truth *t, const struct store_batch *b) {
    for (uint32_t i = 0; i < b->timer_count; i++)
        if (b->timers[i].due_at_us == TIME_NONE)
            set_timer(t, &b->timers[i]);
    for (uint32_t i = 0; i < b->timer_count; i++)
        if (b->timers[i].due_at_us != TIME_NONE)
            set_timer(t, &b->timers[i]);
    for (uint32_t i = 0; i < b->dead_count; i++) {
        struct store_dead *row = vector_new(&t->dead, &t->arena, struct store_dead);
        *row = b->dead[i];
        row->topic = keep(t, row->topic);
        row->code = keep(t, row->code);
        row->message = keep(t, row->message);
        row->key = keep(t, row->key);
        row->value = keep(t, row->value);
        row->headers = keep(t, row->headers);
    }
    for (uint32_t i = 0; i < b->unsent_count; i++) {
        struct store_unsent *row = vector_new(&t->unsent, &t->arena, struct store_unsent);
        *row = b->unsent[i];
        row->topic = keep(t, row->topic);
        row->reason = keep(t, row->reason);
    }
    for (uint32_t i = 0; i < b->calendar_count; i++) {
        struct fake_shard *shard = &t->shards[b->calendars[i].shard];
        shard->calendar = b->calendars[i];
        shard->calendar.version = keep(t, shard->calendar.version);
        shard->calendar.after = keep(t, shard->calendar.after);
        shard->calendar_known = true;
    }
    for (uint32_t i = 0; i < b->offset_count; i++) {
        struct vector *offsets = &t->shards[b->offsets[i].shard].offsets;
        struct fake_offset *at = NULL;
        for (uint32_t j = 0; j < offsets->count && !at; j++)
            if (text_equal(vector_at(offsets, struct fake_offset)[j].topic, b->offsets[i].topic))
                at = &vector_at(offsets, struct fake_offset)[j];
        if (!at) {
            at = vector_new(offsets, &t->arena, struct fake_offset);
            at->topic = keep(t, b->offsets[i].topic);
        }
        at->next = b->offsets[i].next;
    }
    for (uint32_t i = 0; i < b->shard_count; i++) {
        struct fake_shard *shard = &t->shards[b->shards[i].shard];
        shard->next_seq = b->shards[i].next_seq;
        shard->published_seq = b->shards[i].published_seq;
        shard->trying = keep(t, b->shards[i].trying);
        shard->deaths = b->shards[i].trying_deaths;
    }
}

static bool fence(struct store_truth *t, const struct store_batch *b, struct arena *arena, int32_t **ret, uint32_t *ret_count) {
    struct vector lost = {0};
    for (uint32_t i = 0; i < b->shard_count && !t->fence_off; i++)
        if (t->shards[b->shards[i].shard].epoch != b->shards[i].epoch)
            *vector_new(&lost, arena, int32_t) = b->shards[i].shard;
    *ret = lost.at;
    *ret_count = lost.count;
    return lost.count == 0;
}

static enum store_fate settle(struct store_client *client, enum store_trouble trouble, const struct store_batch *b,
                              struct arena *arena, int32_t **ret_fenced, uint32_t *ret_fenced_count, struct error *error) {
    struct store_truth *t = client->truth;
    bool unknown = trouble == STORE_TROUBLE_UNKNOWN_DONE || trouble == STORE_TROUBLE_UNKNOWN_NOT;
    if (trouble == STORE_TROUBLE_BUSY || trouble == STORE_TROUBLE_LOST) {
        error_set(error, OUTCOME_RETRY, "store_away", "the fake store does not answer");
        return STORE_AWAY;
    }
    t->stamp++;
    if (!fence(t, b, arena, ret_fenced, ret_fenced_count)) {
        error_set(error, OUTCOME_RETRY, "store_fenced", "shards have another owner");
        return unknown ? STORE_UNKNOWN : STORE_FENCED;
    }
    if (!check_events(t, b, error) || !check_cases(t, b, error) || !check_steps(t, b, error) || !check_clocks(t, b, error) || !check_others(t, b, error))
        return unknown ? STORE_UNKNOWN : STORE_REFUSED;
    if (trouble != STORE_TROUBLE_UNKNOWN_NOT) {
        if (t->hooks.applying)
            t->hooks.applying(t->hooks.context, client, b);
        apply_events(t, b);
        apply_rows(t, b);
        apply_clocks(t, b);
        apply_incidents(t, b);
        apply_inbox(t, b);
        apply_rest(t, b);
        if (t->hooks.applied)
            t->hooks.applied(t->hooks.context, client, b);
    }
    if (unknown)
        error_set(error, OUTCOME_RETRY, "store_unknown", "the connection broke with COMMIT under way");
    return unknown ? STORE_UNKNOWN : STORE_COMMITTED;
}

/* Some commits are done as soon as they are handed over, others only when their fate is asked for. */
enum store_fate store_fake_commit_begin(void *context, const struct store_batch *b, struct error *error) {
    struct store_client *client = context;
    struct store_truth *t = client->truth;
    enum store_trouble trouble = store_fake_enter(client, "commit_begin");
    enum store_fate fate = STORE_UNDER_WAY;
    client->under_way = *b;
    client->is_under_way = true;
    client->is_settled = false;
    if (trouble != STORE_TROUBLE_NONE) {
        client->is_under_way = false;
        error_set(error, OUTCOME_RETRY, "store_away", "the fake store does not answer");
        fate = STORE_AWAY;
    } else if (t->hooks.commits_early && t->hooks.commits_early(t->hooks.context)) {
        client->is_settled = true;
        client->fate = settle(client, trouble, b, &t->arena, &client->fenced, &client->fenced_count, &client->error);
    }
    store_fake_leave(client, "commit_begin");
    return fate;
}

void store_fake_commit_push(void *context) { (void)context; }

enum store_fate store_fake_commit_end(void *context, struct arena *arena, int32_t **ret_fenced, uint32_t *ret_fenced_count,
                                      struct error *error) {
    struct store_client *client = context;
    enum store_trouble trouble = store_fake_enter(client, "commit");
    enum store_fate fate = STORE_UNKNOWN;
    if (trouble == STORE_TROUBLE_LOST)   /* COMMIT had been sent */
        trouble = STORE_TROUBLE_UNKNOWN_NOT;
    if (!client->is_under_way) {
        error_set(error, OUTCOME_RETRY, "store_unknown", "the session ended with COMMIT under way");
    } else if (!client->is_settled) {
        fate = settle(client, trouble, &client->under_way, arena, ret_fenced, ret_fenced_count, error);
    } else if (trouble == STORE_TROUBLE_NONE || trouble == STORE_TROUBLE_BUSY) {
        fate = client->fate;
        *error = client->error;
        *ret_fenced = client->fenced;
        *ret_fenced_count = client->fenced_count;
    } else {
        error_set(error, OUTCOME_RETRY, "store_unknown", "the connection broke with COMMIT under way");
    }
    client->is_under_way = false;
    store_fake_leave(client, "commit");
    return fate;
}

void store_fake_commit_abandon(struct store_client *client) {
    struct store_truth *t = client->truth;
    bool open = client->is_under_way && !client->is_settled && client->up;
    client->is_under_way = false;
    if (open && t->hooks.commits_early && t->hooks.commits_early(t->hooks.context))
        settle(client, STORE_TROUBLE_UNKNOWN_DONE, &client->under_way, &t->arena, &client->fenced, &client->fenced_count, &client->error);
}
