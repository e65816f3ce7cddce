/* Invariants of every batch: numbers dense, epochs ours, offsets forward, every input with its trace, every publication
 * committed before it is sent and sent in order with the same bytes. */
#include "sim_check.h"

#include <stdio.h>

#include "base/murmur2.h"
#include "wire/event_codec.h"
#include "wire/input_codec.h"

struct text sim_header(const struct bus_header *headers, uint32_t count, const char *name) {
    for (uint32_t i = 0; i < count; i++)
        if (text_is(headers[i].name, name))
            return headers[i].value;
    return TEXT_NONE;
}

void sim_check_begin(struct sim *s) {
    struct checker *c = s->checker = arena_new(&s->arena, struct checker);
    c->sim = s;
    map_init(&c->cases);
    map_init(&c->pubs);
    map_init(&c->effects);
    arena_init(&c->batch, (size_t)1 << 30);
    c->shards = arena_new_array(&s->arena, (size_t)s->profile.shards, struct check_shard);
    for (int32_t i = 0; i < s->profile.shards; i++)
        c->shards[i].next_seq = 1;
}

void sim_check_free(struct sim *s) {
    struct checker *c = s->checker;
    if (!c)
        return;
    for (uint32_t i = 0; i < c->case_list.count; i++)
        arena_free(&vector_at(&c->case_list, struct check_case *)[i]->arena);
    map_free(&c->cases);
    map_free(&c->pubs);
    map_free(&c->effects);
    arena_free(&c->batch);
}

/* ---- before a batch ---- */

static int64_t offset_now(struct sim *s, int32_t shard, struct text topic) {
    const struct vector *offsets = &s->store.shards[shard].offsets;
    for (uint32_t i = 0; i < offsets->count; i++)
        if (text_equal(vector_at(offsets, struct fake_offset)[i].topic, topic))
            return vector_at(offsets, struct fake_offset)[i].next;
    return 0;
}

static void read_events(struct sim *s, const struct store_batch *b) {
    struct checker *c = s->checker;
    struct error error = {0};
    arena_reset(&c->batch);
    c->events = (struct vector){0};
    for (uint32_t i = 0; i < b->event_count; i++) {
        struct event *event = vector_new(&c->events, &c->batch, struct event);
        const struct store_event *row = &b->events[i];
        if (event_read(&c->batch, row->kind, (uint32_t)row->version, row->at_us, row->step, row->data, event, &error) != OUTCOME_OK)
            sim_fail(s, "an event that can't be read back: %s", error.message);
    }
}

/* Does the batch say what became of an input that is known by (source, id)? */
static bool has_trace(struct sim *s, const struct store_batch *b, struct text source, struct text id) {
    struct checker *c = s->checker;
    (void)b;
    for (uint32_t i = 0; i < c->events.count; i++) {
        const struct event *event = &vector_at(&c->events, struct event)[i];
        if (text_equal(event->id, id) && text_equal(event->source, source))
            return true;
    }
    return false;
}

static void check_message(struct sim *s, const struct store_batch *b, const struct bus_message *m) {
    for (uint32_t i = 0; i < b->dead_count; i++)
        if (b->dead[i].offset == m->offset && b->dead[i].partition == m->partition && text_equal(b->dead[i].topic, m->topic))
            return;
    char key[256];
    snprintf(key, sizeof key, "%.*s@%d:%lld", TEXT_ARG(m->topic), m->partition, (long long)m->offset);
    for (uint32_t i = 0; i < b->forward_count; i++)
        if (text_is(b->forwards[i].idempotency_key, key))
            return;
    struct text source = sim_header(m->headers, m->header_count, "ce_source"), id = sim_header(m->headers, m->header_count, "ce_id");
    if (has_trace(s, b, source, id))
        return;
    bool intake = text_ends_with(m->topic, ".intake.v1");
    struct text started = text_format(&s->checker->batch, "|case_started||-1|%.*s|%.*s", TEXT_ARG(source), TEXT_ARG(id));
    if (!intake || (!map_get(&s->checker->cases, m->key) && !map_get(&s->checker->effects, started)))
        sim_fail(s, "message %s (%.*s) was passed over without a trace", key, TEXT_ARG(id));
}

static void check_offset(struct sim *s, const struct store_batch *b, const struct store_offset *offset) {
    int64_t before = offset_now(s, offset->shard, offset->topic);
    const struct fake_topic *topic = bus_truth_topic(&s->bus, offset->topic);
    if (!topic || offset->next < before || offset->next > topic->logs[offset->shard].messages.count) {
        sim_fail(s, "the offset of %.*s@%d went from %lld to %lld", TEXT_ARG(offset->topic), offset->shard, (long long)before,
                 (long long)offset->next);
        return;
    }
    for (int64_t at = before; at < offset->next; at++)
        check_message(s, b, vector_at(&topic->logs[offset->shard].messages, struct bus_message *)[at]);
}

static void check_command(struct sim *s, const struct store_batch *b, int64_t id) {
    const struct fake_command *command = store_truth_command(&s->store, id);
    if (!command || !command->waits || command->status != 0) {
        sim_fail(s, "command %lld was done twice", (long long)id);
        return;
    }
    int32_t status = 0;
    for (uint32_t i = 0; i < b->answer_count; i++)
        if (b->answers[i].inbox_id == id)
            status = b->answers[i].status;
    if (status == 0)
        sim_fail(s, "command %lld was done without an answer", (long long)id);
    struct json object;
    struct input input;
    struct error error;
    if (status > 299 || json_read(&s->checker->batch, command->row.data, 64, &object, &error) != OUTCOME_OK ||
        input_read(&s->checker->batch, &object, 0, &input, &error) != OUTCOME_OK)
        return;
    if (input.kind == INPUT_SUBMIT && map_get(&s->checker->cases, input.number))
        return;
    bool leaves_source = input.kind == INPUT_ANSWER || input.kind == INPUT_SUBMIT || input.kind == INPUT_CORRECTION_ANSWERED;
    if (leaves_source && !has_trace(s, b, input.source, input.id))
        sim_fail(s, "command %lld was granted without a trace", (long long)id);
}

void sim_check_applying(struct sim *s, struct store_client *client, const struct store_batch *b) {
    (void)client;
    read_events(s, b);
    for (uint32_t i = 0; i < b->shard_count; i++) {
        const struct store_shard *row = &b->shards[i];
        const struct fake_shard *there = &s->store.shards[row->shard];
        if (row->epoch != there->epoch)
            sim_fail(s, "shard %d was written under epoch %lld, it is at %lld", row->shard, (long long)row->epoch, (long long)there->epoch);
        if (row->published_seq < there->published_seq)
            sim_fail(s, "published_seq of shard %d went back from %lld to %lld", row->shard, (long long)there->published_seq,
                     (long long)row->published_seq);
    }
    for (uint32_t i = 0; i < b->offset_count; i++)
        check_offset(s, b, &b->offsets[i]);
    for (uint32_t i = 0; i < b->inbox_done_count; i++)
        check_command(s, b, b->inbox_done[i]);
}

/* ---- a batch that was applied ---- */

static bool has_shard(const struct store_batch *b, int32_t shard) {
    for (uint32_t i = 0; i < b->shard_count; i++)
        if (b->shards[i].shard == shard)
            return true;
    return false;
}

static struct check_case *case_of(struct sim *s, struct text id, const struct event *event) {
    struct checker *c = s->checker;
    struct check_case *one = map_get(&c->cases, id);
    if (one)
        return one;
    const struct definition *definition = sim_things_find(s->things, event->definition);
    if (event->kind != EVENT_CASE_STARTED || !definition) {
        sim_fail(s, "case %.*s begins with %s", TEXT_ARG(id), event_kind_name(event->kind));
        return NULL;
    }
    one = arena_new(&s->arena, struct check_case);
    arena_init(&one->arena, (size_t)64 << 20);
    case_init(&one->state, &one->arena, definition, id);
    map_put(&c->cases, one->state.id, one);
    *vector_new(&c->case_list, &s->arena, struct check_case *) = one;
    return one;
}

/* An input has its effect once: no two events of a kind from the same (source, id). */
static void check_once(struct sim *s, const struct store_event *row, const struct event *event) {
    if (event->kind == EVENT_ANSWER_RECORDED || text_is_none(event->id) || text_is_none(event->source))
        return;
    bool starts = event->kind == EVENT_CASE_STARTED;
    struct text key = text_format(&s->arena, "%.*s|%s|%.*s|%d|%.*s|%.*s", TEXT_ARG(starts ? TEXT("") : row->case_id),
                                  event_kind_name(event->kind), TEXT_ARG(event->step), event->index, TEXT_ARG(event->source),
                                  TEXT_ARG(event->id));
    if (map_get(&s->checker->effects, key))
        sim_fail(s, "applied twice: %.*s", TEXT_ARG(key));
    map_put(&s->checker->effects, key, s);
}

static void expect_publications(struct sim *s, const struct store_event *row, const struct event *event) {
    struct checker *c = s->checker;
    struct command_list commands;
    engine_commands(row->case_id, event, &commands);
    for (uint32_t i = 0; i < commands.count; i++) {
        if (commands.at[i].kind != COMMAND_PUBLISH ||
            (commands.at[i].message == MESSAGE_STEP_ENDED && !s->profile.steps_on_case_topic))
            continue;
        struct check_pub *pub = arena_new(&s->arena, struct check_pub);
        *pub = (struct check_pub){.id = text_copy(&s->arena, text_from(commands.at[i].id)), .shard = row->shard, .seq = row->seq};
        if (map_get(&c->pubs, pub->id))
            sim_fail(s, "two events ask for the message %s", commands.at[i].id);
        map_put(&c->pubs, pub->id, pub);
        *vector_new(&c->shards[row->shard].pubs, &s->arena, struct check_pub *) = pub;
    }
}

static void take_event(struct sim *s, const struct store_batch *b, const struct store_event *row, struct event *event) {
    struct checker *c = s->checker;
    if (row->shard != murmur2_partition(case_root(row->case_id), s->profile.shards) || !has_shard(b, row->shard))
        sim_fail(s, "an event of %.*s in shard %d", TEXT_ARG(row->case_id), row->shard);
    if (row->seq != c->shards[row->shard].next_seq++)
        sim_fail(s, "shard %d: seq %lld where %lld was due", row->shard, (long long)row->seq,
                 (long long)c->shards[row->shard].next_seq - 1);
    struct check_case *one = case_of(s, row->case_id, event);
    if (!one)
        return;
    if (event->version != one->state.version + 1)
        sim_fail(s, "case %.*s: version %u after %u", TEXT_ARG(row->case_id), event->version, one->state.version);
    event->step_index = text_is_none(event->step) ? NO_INDEX : definition_find_step(one->state.definition, event->step);
    sim_say(s, "  %.*s %u %s %.*s%s%.*s", TEXT_ARG(row->case_id), event->version, event_kind_name(event->kind), TEXT_ARG(event->step),
            event->kind == EVENT_STEP_ENDED ? " " : "", event->kind == EVENT_STEP_ENDED ? 12 : 0, state_step_name(event->state));
    check_event(s, &one->state, event);
    sim_coverage_event(&one->state, event);
    check_once(s, row, event);
    expect_publications(s, row, event);
    if (!case_apply(&one->state, event))
        sim_fail(s, "no memory for case %.*s", TEXT_ARG(row->case_id));
}

/* Everything up to published_seq has arrived, or stands among the unsent. */
static void check_published(struct sim *s, const struct store_shard *row) {
    struct check_shard *shard = &s->checker->shards[row->shard];
    struct check_pub **pubs = shard->pubs.at;
    for (; shard->confirmed < shard->pubs.count && pubs[shard->confirmed]->seq <= row->published_seq; shard->confirmed++)
        if (pubs[shard->confirmed]->landed == 0 && !pubs[shard->confirmed]->unsent)
            sim_fail(s, "shard %d says %lld are published; %.*s (%lld) never was", row->shard, (long long)row->published_seq,
                     TEXT_ARG(pubs[shard->confirmed]->id), (long long)pubs[shard->confirmed]->seq);
    if (row->next_seq != shard->next_seq)
        sim_fail(s, "shard %d: next_seq %lld, its journal ends at %lld", row->shard, (long long)row->next_seq,
                 (long long)shard->next_seq - 1);
    if (row->published_seq >= row->next_seq)
        sim_fail(s, "shard %d: published_seq %lld is past its journal", row->shard, (long long)row->published_seq);
}

/* It could not be started, and its parent was told so. */
static bool has_child_end(struct sim *s, struct text child) {
    for (uint32_t i = 0; i < s->checker->events.count; i++) {
        const struct event *event = &vector_at(&s->checker->events, struct event)[i];
        if (event->kind == EVENT_STEP_ENDED && event->step_index != NO_INDEX && child.length > event->step.length &&
            memmem(child.at, child.length, event->step.at, event->step.length))
            return true;
    }
    return false;
}

/* What was due could not be done, an incident says so, and it is tried again. */
static bool is_put_off(const struct store_batch *b, const struct store_timer *timer) {
    for (uint32_t i = 0; i < b->incident_count; i++)
        if (text_is(b->incidents[i].code, "timer_refused") && text_ends_with(b->incidents[i].id, ":timer") &&
            text_equal(text_span(b->incidents[i].id.at, b->incidents[i].id.length - strlen(":timer")), timer->case_id))
            return timer->due_at_us != TIME_NONE;
    return false;
}

void sim_check_applied(struct sim *s, struct store_client *client, const struct store_batch *b) {
    struct checker *c = s->checker;
    (void)client;
    for (uint32_t i = 0; i < b->event_count; i++)
        take_event(s, b, &b->events[i], &vector_at(&c->events, struct event)[i]);
    for (uint32_t i = 0; i < c->events.count; i++) {
        const struct event *event = &vector_at(&c->events, struct event)[i];
        if (event->kind == EVENT_CHILD_ASKED && !map_get(&c->cases, event->child) && !has_child_end(s, event->child))
            sim_fail(s, "sub-case %.*s was asked for and did not begin in the same batch", TEXT_ARG(event->child));
    }
    for (uint32_t i = 0; i < b->unsent_count; i++) {
        struct check_pub **pubs = c->shards[b->unsent[i].shard].pubs.at;
        for (uint32_t j = 0; j < c->shards[b->unsent[i].shard].pubs.count; j++)
            if (pubs[j]->seq == b->unsent[i].seq)
                pubs[j]->unsent = true;
    }
    check_calendars(s, b);
    for (uint32_t i = 0; i < b->shard_count; i++)
        check_published(s, &b->shards[i]);
    c->stamp++;
    for (uint32_t i = 0; i < b->event_count; i++) {
        struct check_case *one = map_get(&c->cases, b->events[i].case_id);
        if (!one || one->stamp == c->stamp)
            continue;
        one->stamp = c->stamp;
        check_rows(s, one);
    }
    for (uint32_t i = 0; i < b->timer_count; i++) {
        const struct check_case *one = map_get(&c->cases, b->timers[i].case_id);
        int64_t due = one ? case_next_due(&one->state) : TIME_NONE;
        if (is_put_off(b, &b->timers[i]))
            continue;
        if (due != TIME_NONE && (b->timers[i].due_at_us == TIME_NONE || b->timers[i].due_at_us > due))
            sim_fail(s, "the timer of %.*s is later than what is due", TEXT_ARG(b->timers[i].case_id));
    }
}

/* ---- publications ---- */

static uint64_t digest_of(struct text topic, int32_t partition, struct text key, struct text value, const struct bus_header *headers,
                          uint32_t count) {
    uint64_t digest = text_hash_quick(topic) * 31 + (uint64_t)partition;
    digest = (digest ^ text_hash_quick(key)) * UINT64_C(0x9E3779B97F4A7C15);
    digest = (digest ^ text_hash_quick(value)) * UINT64_C(0x9E3779B97F4A7C15);
    for (uint32_t i = 0; i < count; i++)
        digest = (digest ^ text_hash_quick(headers[i].name) ^ text_hash_quick(headers[i].value) * 3) * UINT64_C(0x9E3779B97F4A7C15);
    return digest | 1;
}

void sim_check_handed_over(struct sim *s, const struct bus_publication *p) {
    if (text_ends_with(p->topic, ".dead.v1"))
        return;
    struct checker *c = s->checker;
    struct text id = sim_header(p->headers, p->header_count, "ce_id");
    struct check_pub *pub = map_get(&c->pubs, id);
    if (!pub) {
        sim_fail(s, "%.*s is published and no committed event asks for it", TEXT_ARG(id));
        return;
    }
    uint64_t digest = digest_of(p->topic, p->partition, p->key, p->value, p->headers, p->header_count);
    if (pub->handed && pub->digest != digest)
        sim_fail(s, "%.*s is published with other bytes than before", TEXT_ARG(id));
    if (p->partition != pub->shard)
        sim_fail(s, "%.*s goes to partition %d", TEXT_ARG(id), p->partition);
    struct check_shard *shard = &c->shards[pub->shard];
    struct check_pub **pubs = shard->pubs.at;
    pub->digest = digest;
    pub->handed = true;
    while (shard->handed < shard->pubs.count && pubs[shard->handed]->handed)
        shard->handed++;
    if (shard->handed < shard->pubs.count && pubs[shard->handed]->seq < pub->seq && !pubs[shard->handed]->unsent)
        sim_fail(s, "%.*s (%lld) is published before %.*s (%lld)", TEXT_ARG(id), (long long)pub->seq,
                 TEXT_ARG(pubs[shard->handed]->id), (long long)pubs[shard->handed]->seq);
}

void sim_check_refused(struct sim *s, const struct bus_publication *p) {
    struct check_pub *pub = map_get(&s->checker->pubs, sim_header(p->headers, p->header_count, "ce_id"));
    if (pub)
        pub->refused = true;
}

static struct check_order *order_of(struct sim *s, struct text topic, int32_t partition) {
    struct vector *orders = &s->checker->orders;
    for (uint32_t i = 0; i < orders->count; i++) {
        struct check_order *one = &vector_at(orders, struct check_order)[i];
        if (one->partition == partition && text_equal(one->topic, topic))
            return one;
    }
    struct check_order *one = vector_new(orders, &s->arena, struct check_order);
    *one = (struct check_order){.topic = text_copy(&s->arena, topic), .partition = partition};
    return one;
}

void sim_check_landed(struct sim *s, const struct bus_message *m) {
    struct text id = sim_header(m->headers, m->header_count, "ce_id");
    struct check_pub *pub = text_ends_with(m->topic, ".task.v1") || text_ends_with(m->topic, ".case.v1") ? map_get(&s->checker->pubs, id) : NULL;
    if (!pub || pub->landed++ > 0)
        return;
    /* First copies stand in the order of the journal; what was refused for good or put aside has left it. */
    struct check_order *order = order_of(s, m->topic, m->partition);
    if (pub->seq < order->last_seq && !pub->unsent && !pub->refused)
        sim_fail(s, "%.*s (%lld) first lands behind %.*s (%lld)", TEXT_ARG(id), (long long)pub->seq, TEXT_ARG(order->last_id),
                 (long long)order->last_seq);
    if (pub->seq > order->last_seq)
        *order = (struct check_order){order->topic, order->partition, pub->seq, pub->id};
}

/* ---- the end ---- */

#define NOT(...) return snprintf(c->unfinished, sizeof c->unfinished, __VA_ARGS__), c->unfinished

static const char *unfinished_shard(struct sim *s, int32_t shard) {
    struct checker *c = s->checker;
    const struct fake_shard *row = &s->store.shards[shard];
    if (text_is_none(row->owner))
        NOT("shard %d has no owner", shard);
    if (row->published_seq != row->next_seq - 1)
        NOT("shard %d: published %lld of %lld", shard, (long long)row->published_seq, (long long)row->next_seq - 1);
    if (!check_calendar_is_done(s, shard))
        NOT("shard %d is not done with the last calendar", shard);
    for (uint32_t i = 0; i < s->bus.topic_list.count; i++) {
        const struct fake_topic *topic = vector_at(&s->bus.topic_list, struct fake_topic *)[i];
        if (!text_ends_with(topic->name, ".result.v1") && !text_ends_with(topic->name, ".intake.v1"))
            continue;
        if (offset_now(s, shard, topic->name) != topic->logs[shard].messages.count)
            NOT("%.*s@%d was read to %lld of %u", TEXT_ARG(topic->name), shard, (long long)offset_now(s, shard, topic->name),
                topic->logs[shard].messages.count);
    }
    return NULL;
}

const char *sim_check_unfinished(struct sim *s) {
    struct checker *c = s->checker;
    for (uint32_t i = 0; i < c->case_list.count; i++) {
        const struct check_case *one = vector_at(&c->case_list, struct check_case *)[i];
        if (one->state.phase != CASE_CLOSED)
            NOT("case %.*s (%.*s) is %s", TEXT_ARG(one->state.id), TEXT_ARG(one->state.thing), state_case_name(one->state.phase));
    }
    for (uint32_t i = 0; i < s->store.commands.count; i++)
        if (vector_at(&s->store.commands, struct fake_command)[i].waits)
            NOT("command %u still waits", i + 1);
    for (int32_t i = 0; i < s->profile.shards; i++)
        if (unfinished_shard(s, i))
            return c->unfinished;
    int64_t owned = 0, each = s->profile.shards / (int64_t)s->profile.daemons;
    for (uint32_t i = 0; i < s->profile.daemons; i++) {
        struct conductor_meters meters;
        if (!s->daemons[i].alive)
            NOT("%s does not live", s->daemons[i].name);
        conductor_read_meters(s->daemons[i].conductor, &meters);
        owned += meters.shards_owned;
        if (meters.shards_owned < each || meters.shards_owned > each + 1)
            NOT("%s has %lld shards, and %u daemons share %d", s->daemons[i].name, (long long)meters.shards_owned,
                s->profile.daemons, s->profile.shards);
        if (meters.publications_open != 0)
            NOT("%s counts %lld open publications", s->daemons[i].name, (long long)meters.publications_open);
    }
    if (owned != s->profile.shards)
        NOT("%lld shards are owned, %d there are", (long long)owned, s->profile.shards);
    return NULL;
}

bool sim_check_timer_put_off(struct sim *s, struct text case_id) {
    for (uint32_t i = 0; i < s->store.incident_list.count; i++) {
        const struct store_incident *row = &vector_at(&s->store.incident_list, struct fake_incident *)[i]->row;
        if (text_is(row->code, "timer_refused") && row->closed_at_us == TIME_NONE &&
            (text_is_none(case_id) || text_equal(case_id, row->case_id)))
            return true;
    }
    return false;
}

void sim_check_end(struct sim *s) {
    struct checker *c = s->checker;
    for (uint32_t i = 0; i < s->profile.daemons; i++) {
        struct conductor_meters meters;
        conductor_read_meters(s->daemons[i].conductor, &meters);
        if (meters.cache_bytes < 0 || meters.cache_bytes > (s->profile.small_cache ? 40000 : 64 << 20))
            sim_fail(s, "%s keeps %lld bytes of cases", s->daemons[i].name, (long long)meters.cache_bytes);
    }
    for (uint32_t i = 0; i < c->case_list.count; i++)
        check_rows(s, vector_at(&c->case_list, struct check_case *)[i]);
    s->cases_closed += c->case_list.count;
}
