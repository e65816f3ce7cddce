/* The fake bus: logs, clients that read at their own places, and publications that land in time, late or never. */
#include "bus_fake.h"

#include <stdio.h>
#include <stdlib.h>

#include "model/limits.h"

void bus_truth_init(struct bus_truth *t, const struct bus_hooks *hooks) {
    *t = (struct bus_truth){.hooks = *hooks};
    arena_init(&t->arena, (size_t)8 << 30);
    map_init(&t->topics);
}

void bus_truth_free(struct bus_truth *t) {
    for (uint32_t i = 0; i < t->clients.count; i++)
        map_free(&vector_at(&t->clients, struct bus_client *)[i]->known);
    map_free(&t->topics);
    arena_free(&t->arena);
}

static int64_t now_of(const struct bus_truth *t) { return t->hooks.now_us(t->hooks.context); }

struct fake_topic *bus_truth_topic(struct bus_truth *t, struct text name) { return map_get(&t->topics, name); }

bool bus_truth_topic_make(struct bus_truth *t, struct text name, int32_t partition_count) {
    if (bus_truth_topic(t, name))
        return true;
    struct fake_topic *topic = arena_new(&t->arena, struct fake_topic);
    *topic = (struct fake_topic){.name = text_copy(&t->arena, name), .partition_count = partition_count,
                                 .logs = arena_new_array(&t->arena, (size_t)partition_count, struct fake_log)};
    *vector_new(&t->topic_list, &t->arena, struct fake_topic *) = topic;
    t->changes++;
    return map_put(&t->topics, topic->name, topic);
}

static struct bus_message message_copy(struct bus_truth *t, struct text topic, int32_t partition, struct text key, struct text value,
                                       const struct bus_header *headers, uint32_t count) {
    struct bus_message m = {.topic = text_copy(&t->arena, topic), .partition = partition, .key = text_copy(&t->arena, key),
                            .value = text_copy(&t->arena, value)};
    m.header_count = count;
    struct bus_header *copies = arena_new_array(&t->arena, m.header_count ? m.header_count : 1, struct bus_header);
    for (uint32_t i = 0; i < m.header_count; i++)
        copies[i] = (struct bus_header){text_copy(&t->arena, headers[i].name), text_copy(&t->arena, headers[i].value)};
    m.headers = copies;
    return m;
}

static void land(struct bus_truth *t, struct fake_topic *topic, struct bus_message *message) {
    struct fake_log *log = &topic->logs[message->partition];
    t->changes++;
    message->topic = topic->name;
    message->offset = log->low + log->messages.count;
    message->timestamp_us = now_of(t);
    *vector_new(&log->messages, &t->arena, struct bus_message *) = message;
    if (t->hooks.landed)
        t->hooks.landed(t->hooks.context, message);
}

bool bus_truth_append(struct bus_truth *t, struct text name, int32_t partition, struct text key, struct text value,
                      const struct bus_header *headers, uint32_t header_count) {
    struct fake_topic *topic = bus_truth_topic(t, name);
    if (!topic || partition < 0 || partition >= topic->partition_count)
        return false;
    struct bus_message *message = arena_new(&t->arena, struct bus_message);
    *message = message_copy(t, name, partition, key, value, headers, header_count);
    land(t, topic, message);
    return true;
}

void bus_truth_empty(struct bus_truth *t, struct text name) {
    struct fake_topic *topic = bus_truth_topic(t, name);
    t->changes++;
    for (int32_t i = 0; topic && i < topic->partition_count; i++)
        topic->logs[i] = (struct fake_log){0};
}

/* ---- what is under way ---- */

static void tell(struct bus_client *client, struct fake_sending *s, enum bus_delivery_fate fate, const char *reason) {
    if (s->is_told)
        return;
    s->is_told = true;
    struct bus_delivery *delivery = vector_new(&client->deliveries, &client->truth->arena, struct bus_delivery);
    *delivery = (struct bus_delivery){.token = s->token, .fate = fate};
    snprintf(delivery->reason, sizeof delivery->reason, "%s", reason);
    client->outstanding--;
}

static void notice(struct bus_client *client, const struct bus_notice *one) {
    *vector_new(&client->notices, &client->truth->arena, struct bus_notice) = *one;
}

/* One publication's next step. `now`: what was due till then is done. A failure shows only to who asks for deliveries.
 * True: it has failed just now. */
static bool advance_one(struct bus_client *client, struct fake_sending *s, int64_t now, bool asks) {
    struct bus_truth *t = client->truth;
    bool will_land = s->fate == BUS_PLAN_LANDS || s->fate == BUS_PLAN_LANDS_UNTOLD;
    if (!s->landed && will_land && !t->down && now >= s->lands_us) {
        land(t, bus_truth_topic(t, s->message.topic), &s->message);
        s->landed = true;
    }
    bool failed = false;
    if (asks && !s->landed && !s->is_told && now - s->queued_us >= client->message_timeout_us) {
        tell(client, s, BUS_FAILED, "timed out");
        s->fate = BUS_PLAN_FAILS;
        failed = true;
    }
    bool fails = s->fate == BUS_PLAN_FAILS || s->fate == BUS_PLAN_LANDS_UNTOLD;
    if (!s->is_told && now >= s->told_us && (s->landed || !will_land) && (asks || !fails)) {
        failed = fails;
        tell(client, s, s->fate == BUS_PLAN_LANDS ? BUS_DELIVERED : s->fate == BUS_PLAN_IMPOSSIBLE ? BUS_IMPOSSIBLE : BUS_FAILED,
             s->reason);
    }
    will_land = s->fate == BUS_PLAN_LANDS || s->fate == BUS_PLAN_LANDS_UNTOLD;
    s->over = s->is_told && (s->landed || !will_land);
    return failed;
}

/* When a publication moves next. */
static int64_t moves_at(const struct bus_client *client, const struct fake_sending *s) {
    bool will_land = s->fate == BUS_PLAN_LANDS || s->fate == BUS_PLAN_LANDS_UNTOLD;
    int64_t times_out_us = s->landed || s->is_told ? INT64_MAX : s->queued_us + client->message_timeout_us;
    int64_t next_us = !s->landed && will_land ? s->lands_us : s->told_us;
    return next_us < times_out_us ? next_us : times_out_us;
}

static bool is_same_place(const struct fake_sending *a, const struct fake_sending *b) {
    return a->message.partition == b->message.partition && text_equal(a->message.topic, b->message.topic);
}

/* Whatever has not been told is told `fate` (when anyone hears it). What has not landed lands late or never, but nothing
 * lands without what was handed over before it for its partition. */
static void drop_all(struct bus_client *client, enum bus_delivery_fate fate) {
    struct bus_truth *t = client->truth;
    struct fake_sending **at = client->sendings.at;
    client->next_us = 0;
    for (uint32_t i = 0; i < client->sendings.count; i++) {
        tell(client, at[i], fate, fate == BUS_PURGED ? "purged" : "one before it failed");
        bool lands = at[i]->landed || (t->hooks.lands_late && t->hooks.lands_late(t->hooks.context));
        for (uint32_t j = 0; j < i && lands && !at[i]->landed; j++)
            lands = !is_same_place(at[i], at[j]) || at[j]->landed || at[j]->fate != BUS_PLAN_FAILS;
        if (!lands)
            at[i]->fate = BUS_PLAN_FAILS;
    }
}

/* Does one that will fail stand before it? Then it does not land before that is told. */
static bool is_behind_a_failing(const struct bus_client *client, uint32_t index, uint32_t first_failing) {
    struct fake_sending **at = client->sendings.at;
    for (uint32_t i = first_failing; i < index; i++)
        if (at[i]->fate == BUS_PLAN_FAILS && !at[i]->is_told && is_same_place(at[i], at[index]))
            return !client->truth->overtaken;
    return false;
}

static void advance_client(struct bus_client *client, int64_t now, bool asks) {
    bool down = client->truth->down;
    if (client->frozen || (now < client->next_us && !down && !client->advanced_down))
        return;
    client->advanced_down = down;
    client->next_us = INT64_MAX;
    if (client->started && (client->truth->down != client->told_away || (!client->greeted && !client->truth->down))) {
        client->told_away = client->truth->down;
        client->greeted |= !client->told_away;
        notice(client, &(struct bus_notice){.kind = client->told_away ? BUS_NOTICE_AWAY : BUS_NOTICE_BACK});
    }
    struct fake_sending **at = client->sendings.at;
    uint32_t kept = 0, count = client->sendings.count, first_failing = count;
    bool failed = false;
    for (uint32_t i = 0; i < count && !failed; i++) {
        if (at[i]->fate == BUS_PLAN_FAILS && !at[i]->is_told && first_failing == count)
            first_failing = i;
        if (!is_behind_a_failing(client, i, first_failing))
            failed = advance_one(client, at[i], now, asks) && !client->truth->overtaken;
    }
    if (failed)
        drop_all(client, BUS_FAILED);
    for (uint32_t i = 0; i < count; i++) {
        if (at[i]->over)
            continue;
        int64_t next_us = moves_at(client, at[i]);
        client->next_us = next_us < client->next_us ? next_us : client->next_us;
        at[kept++] = at[i];
    }
    client->sendings.count = kept;
}

void bus_truth_advance(struct bus_truth *t) {
    int64_t now = now_of(t);
    for (uint32_t i = 0; i < t->clients.count; i++)
        advance_client(vector_at(&t->clients, struct bus_client *)[i], now, false);
}

void bus_client_end(struct bus_client *client) {
    drop_all(client, BUS_PURGED);
    client->started = client->frozen = false;
    client->readings.count = 0;
    client->has_read_all = false;
}

/* ---- the port ---- */

#define ENTER(call)                                                       \
    struct bus_client *client = context;                                  \
    struct bus_truth *t = client->truth;                                  \
    if (t->hooks.before)                                                  \
        t->hooks.before(t->hooks.context, client, call);                  \
    advance_client(client, now_of(t), false)
#define LEAVE(call)                                                       \
    do {                                                                  \
        if (t->hooks.after)                                               \
            t->hooks.after(t->hooks.context, client, call);               \
    } while (0)

static enum outcome refused(struct bus_client *client, const char *call, struct error *error) {
    struct bus_truth *t = client->truth;
    enum outcome outcome = t->hooks.refuses ? t->hooks.refuses(t->hooks.context, client, call) : OUTCOME_OK;
    if (outcome == OUTCOME_FATAL && client->started) {
        drop_all(client, BUS_PURGED);
        client->started = false;
        notice(client, &(struct bus_notice){.kind = BUS_NOTICE_FATAL});
    }
    return outcome ? error_set(error, outcome, "bus_refuses", "the fake bus refuses %s", call) : OUTCOME_OK;
}

static enum outcome fake_start(void *context, struct error *error) {
    ENTER("start");
    if (refused(client, "start", error) != OUTCOME_OK) {
        LEAVE("start");
        return error->outcome;
    }
    drop_all(client, BUS_PURGED);
    client->started = true;
    client->greeted = false;
    client->next_us = 0;
    client->paused = false;
    client->readings.count = 0;
    client->has_read_all = false;
    LEAVE("start");
    return OUTCOME_OK;
}

static bool is_same(const struct fake_reading *r, const struct bus_position *p) {
    return r->partition == p->partition && text_equal(r->topic, p->topic);
}

static enum outcome fake_assign(void *context, const struct bus_position *positions, uint32_t count, struct error *error) {
    ENTER("assign");
    if (refused(client, "assign", error) != OUTCOME_OK) {
        LEAVE("assign");
        return error->outcome;
    }
    if (!client->started) {
        LEAVE("assign");
        return error_set(error, OUTCOME_FATAL, "bus_stopped", "the bus has not been started");
    }
    struct vector fresh = {0};
    for (uint32_t i = 0; i < count; i++) {
        struct fake_reading *one = vector_new(&fresh, &t->arena, struct fake_reading);
        *one = (struct fake_reading){.topic = text_copy(&t->arena, positions[i].topic), .partition = positions[i].partition,
                                     .next = positions[i].offset};
        for (uint32_t j = 0; j < client->readings.count; j++)
            if (is_same(&vector_at(&client->readings, struct fake_reading)[j], &positions[i]))
                *one = vector_at(&client->readings, struct fake_reading)[j];
    }
    client->readings = fresh;
    client->has_read_all = false;
    client->first_reading = 0;
    LEAVE("assign");
    return OUTCOME_OK;
}

/* The log a reading is at, or NULL: missing (said once), beyond the topic, stopped. */
static struct fake_log *log_of(struct bus_client *client, struct fake_reading *r) {
    const struct fake_topic *topic = r->found ? r->found : (r->found = bus_truth_topic(client->truth, r->topic));
    if (!topic) {
        struct bus_notice missing = {.kind = BUS_NOTICE_TOPIC_MISSING, .partition = r->partition};
        snprintf(missing.topic, sizeof missing.topic, "%.*s", TEXT_ARG(r->topic));
        if (!r->told_missing)
            notice(client, &missing);
        r->told_missing = true;
        return NULL;
    }
    if (r->partition >= topic->partition_count || r->stopped)
        return NULL;
    struct fake_log *log = &topic->logs[r->partition];
    int64_t high = log->low + log->messages.count;
    if (r->next == BUS_OFFSET_BEGINNING)
        r->next = log->low;
    if (r->next >= log->low && r->next <= high)
        return log;
    struct bus_notice gone = {.kind = BUS_NOTICE_OFFSET_GONE, .partition = r->partition, .offset = r->next, .low = log->low,
                              .high = high};
    snprintf(gone.topic, sizeof gone.topic, "%.*s", TEXT_ARG(r->topic));
    notice(client, &gone);
    r->stopped = true;
    return NULL;
}

static uint32_t read_some(struct bus_client *client, struct bus_message *room, uint32_t most) {
    uint32_t given = 0, readings = client->readings.count;
    if (client->has_read_all && client->read_at_change == client->truth->changes) {
        client->first_reading += readings ? 1 : 0;
        return 0;
    }
    for (uint32_t i = 0; i < readings && client->started && !client->truth->down; i++) {
        struct fake_reading *r = &vector_at(&client->readings, struct fake_reading)[(client->first_reading + i) % readings];
        struct fake_log *log = log_of(client, r);
        for (; log && !client->paused && given < most && r->next < log->low + log->messages.count; given++, r->next++)
            room[given] = *vector_at(&log->messages, struct bus_message *)[r->next - log->low];
    }
    client->first_reading += readings ? 1 : 0;
    client->has_read_all = given == 0 && most > 0 && client->started && !client->paused && !client->truth->down;
    client->read_at_change = client->truth->changes;
    return given;
}

static uint32_t fake_poll(void *context, int wait_ms, struct bus_message *room, uint32_t most) {
    ENTER("poll");
    int64_t until = now_of(t) + wait_ms * INT64_C(1000);
    if (t->hooks.fetch_most)
        most = t->hooks.fetch_most(t->hooks.context, most);
    uint32_t given = read_some(client, room, most);
    while (given == 0 && t->hooks.wait && now_of(t) < until) {
        t->hooks.wait(t->hooks.context, 500);
        advance_client(client, now_of(t), false);
        given = read_some(client, room, most);
    }
    LEAVE("poll");
    return given;
}

static void fake_release(void *context) { (void)context; }

static enum outcome fake_seek(void *context, const struct bus_position *to, struct error *error) {
    ENTER("seek");
    enum outcome outcome = OUTCOME_REJECT;
    for (uint32_t i = 0; i < client->readings.count; i++) {
        struct fake_reading *r = &vector_at(&client->readings, struct fake_reading)[i];
        if (!is_same(r, to))
            continue;
        r->next = to->offset;
        client->has_read_all = false;
        r->stopped = false;
        outcome = OUTCOME_OK;
    }
    LEAVE("seek");
    return outcome ? error_set(error, outcome, "bus_not_read", "this partition is not being read") : OUTCOME_OK;
}

static void fake_pause(void *context, bool paused) { ((struct bus_client *)context)->paused = paused; }

static int64_t last_due(const struct bus_client *client, const struct bus_publication *p) {
    int64_t last = INT64_MIN;
    for (uint32_t i = client->sendings.count; i-- > 0;) {
        const struct fake_sending *s = vector_at(&client->sendings, struct fake_sending *)[i];
        if (s->message.partition == p->partition && text_equal(s->message.topic, p->topic))
            return s->lands_us;
    }
    return last;
}

static enum outcome fake_publish(void *context, const struct bus_publication *p, struct error *error) {
    ENTER("publish");
    enum outcome outcome = refused(client, "publish", error);
    int64_t now = now_of(t);
    if (outcome != OUTCOME_OK)
        ;
    else if (!client->started)
        outcome = error_set(error, OUTCOME_FATAL, "bus_stopped", "the bus has not been started");
    else if (client->outstanding >= client->queue_most)
        outcome = error_set(error, OUTCOME_RETRY, "bus_full", "the queue is full");
    else if (!map_get(&client->known, p->topic) && t->hooks.looks_up && t->hooks.looks_up(t->hooks.context))
        outcome = error_set(error, OUTCOME_RETRY, "bus_looks_up", "the topic is being looked up");
    if (!map_get(&client->known, p->topic))
        map_put(&client->known, text_copy(&t->arena, p->topic), client);
    if (outcome != OUTCOME_OK) {
        LEAVE("publish");
        return outcome;
    }
    struct bus_plan plan = {.fate = BUS_PLAN_LANDS};
    if (t->hooks.plan)
        plan = t->hooks.plan(t->hooks.context, client, p);
    const struct fake_topic *topic = bus_truth_topic(t, p->topic);
    bool no_place = !topic || p->partition < 0 || p->partition >= topic->partition_count;
    if (no_place || p->value.length > BUS_FAKE_MESSAGE_BYTES_MOST)
        plan = (struct bus_plan){.fate = BUS_PLAN_IMPOSSIBLE};
    struct fake_sending *s = arena_new(&t->arena, struct fake_sending);
    int64_t last = last_due(client, p);
    *s = (struct fake_sending){.message = message_copy(t, p->topic, p->partition, p->key, p->value, p->headers, p->header_count),
                               .token = p->token, .queued_us = now, .fate = plan.fate};
    s->lands_us = now + plan.lands_after_us > last ? now + plan.lands_after_us : last;
    s->told_us = s->lands_us + plan.told_after_us;
    snprintf(s->reason, sizeof s->reason, "%s", no_place ? "no such topic" : "as planned");
    *vector_new(&client->sendings, &t->arena, struct fake_sending *) = s;
    client->outstanding++;
    client->next_us = now < client->next_us ? now : client->next_us;
    LEAVE("publish");
    return OUTCOME_OK;
}

static uint32_t fake_deliveries(void *context, struct bus_delivery *room, uint32_t most) {
    ENTER("deliveries");
    advance_client(client, now_of(t), true);
    uint32_t given = 0;
    while (given < most && client->deliveries_taken < client->deliveries.count)
        room[given++] = vector_at(&client->deliveries, struct bus_delivery)[client->deliveries_taken++];
    if (client->deliveries_taken == client->deliveries.count)
        client->deliveries_taken = client->deliveries.count = 0;
    LEAVE("deliveries");
    return given;
}

static void fake_purge(void *context) {
    ENTER("purge");
    drop_all(client, BUS_PURGED);
    LEAVE("purge");
}

static uint32_t fake_notices(void *context, struct bus_notice *room, uint32_t most) {
    ENTER("notices");
    uint32_t given = 0;
    while (given < most && client->notices_taken < client->notices.count)
        room[given++] = vector_at(&client->notices, struct bus_notice)[client->notices_taken++];
    if (client->notices_taken == client->notices.count)
        client->notices_taken = client->notices.count = 0;
    LEAVE("notices");
    return given;
}

static int fake_descriptor(void *context) { (void)context; return -1; }

static int64_t fake_lag(void *context, struct text topic, int32_t partition) {
    struct bus_client *client = context;
    int64_t lag = 0;
    for (uint32_t i = 0; i < client->readings.count; i++) {
        struct fake_reading *r = &vector_at(&client->readings, struct fake_reading)[i];
        if ((!text_is_none(topic) && !text_equal(topic, r->topic)) || (partition >= 0 && partition != r->partition))
            continue;
        const struct fake_log *log = log_of(client, r);
        if (log)
            lag += log->low + log->messages.count - r->next;
    }
    return lag;
}

static void fake_ask_reaches(void *context, struct text name, int32_t partition, int64_t asked_us) {
    ENTER("ask_reaches");
    const struct fake_topic *topic = bus_truth_topic(t, name);
    if (topic && !t->down && partition >= 0 && partition < topic->partition_count) {
        const struct fake_log *log = &topic->logs[partition];
        struct bus_message **messages = log->messages.at;
        struct bus_notice begins = {.kind = BUS_NOTICE_LOG_BEGINS, .partition = partition, .asked_us = asked_us, .begins_us = INT64_MAX};
        snprintf(begins.topic, sizeof begins.topic, "%.*s", TEXT_ARG(name));
        for (uint32_t i = log->messages.count; i-- > 0 && messages[i]->timestamp_us >= asked_us;)
            begins.begins_us = messages[i]->timestamp_us;
        if (begins.begins_us == INT64_MAX || messages[0]->timestamp_us >= asked_us)
            notice(client, &begins);
    }
    LEAVE("ask_reaches");
}

static void fake_stop(void *context, int wait_ms) {
    ENTER("stop");
    if (wait_ms > 0 && !t->down)
        advance_client(client, INT64_MAX / 4, true);   /* nothing lands behind what fails, now either */
    drop_all(client, BUS_PURGED);
    client->started = false;
    client->readings.count = 0;
    client->has_read_all = false;
    LEAVE("stop");
}

struct bus_client *bus_client_make(struct bus_truth *t) {
    struct bus_client *client = arena_new(&t->arena, struct bus_client);
    *client = (struct bus_client){.truth = t, .queue_most = 100000, .message_timeout_us = INT64_C(10000000)};
    map_init(&client->known);
    *vector_new(&t->clients, &t->arena, struct bus_client *) = client;
    return client;
}

struct bus_port bus_client_port(struct bus_client *client) {
    return (struct bus_port){
        .context = client, .start = fake_start, .assign = fake_assign, .poll = fake_poll, .release = fake_release,
        .seek = fake_seek, .pause = fake_pause, .publish = fake_publish, .deliveries = fake_deliveries, .purge = fake_purge,
        .notices = fake_notices, .descriptor = fake_descriptor, .lag = fake_lag, .ask_reaches = fake_ask_reaches, .stop = fake_stop,
    };
}
