/* Publications: what committed events ask to be sent goes to the bus in the order of the journal; acknowledgements move
 * the point up to which everything has arrived. What is not acknowledged when a shard is taken is sent again first. */
#include "conductor/internal.h"

#include "wire/event_codec.h"
#include "wire/input_codec.h"

#define CATCH_UP_EVENTS 500
#define RESUME_AFTER_US (200 * INT64_C(1000))   /* after a failed delivery */
#define TRY_AGAIN_AFTER_US (10 * INT64_C(1000)) /* when the bus took nothing yet: its queue is full, a topic is looked up */
#define READ_AGAIN_AFTER_US TIME_MINUTE_US      /* what the store can't read */

/* of no shard: */
#define TOKEN_DEAD UINT64_MAX                   /* nobody asks what became of a dead letter's notice */
#define TOKEN_AGAIN (UINT64_MAX - 1)            /* a task that had left its topic */

/* token: generation (12 bits) | shard (12) | seq (40) */
static uint64_t token_of(const struct shard *shard, int64_t seq) {
    return (uint64_t)(shard->generation & 0xfff) << 52 | (uint64_t)(shard->number & 0xfff) << 40 |
           ((uint64_t)seq & UINT64_C(0xffffffffff));
}

static struct publication *ring_at(struct shard *shard, uint32_t index) {
    return &shard->ring[(shard->ring_head + index) & (shard->ring_room - 1)];
}

static bool ring_add(struct shard *shard, int64_t seq, uint32_t open) {
    if (shard->ring_count == shard->ring_room) {
        uint32_t room = shard->ring_room ? shard->ring_room * 2 : 1024;
        struct publication *ring = memory_alloc(sizeof *ring * room);
        if (!ring)
            return false;
        for (uint32_t i = 0; i < shard->ring_count; i++)
            ring[i] = *ring_at(shard, i);
        memory_free(shard->ring);
        shard->ring = ring;
        shard->ring_head = 0;
        shard->ring_room = room;
    }
    shard->ring_count++;
    *ring_at(shard, shard->ring_count - 1) = (struct publication){.seq = seq, .open = open};
    return true;
}

int64_t publish_acknowledged(const struct shard *shard) {
    if (shard->ring_count > 0 && !mutation_is(all_acknowledged))
        return shard->ring[shard->ring_head].seq - 1;
    return shard->sent_seq;
}

static void count_open(struct conductor *c, struct shard *shard, int64_t change) {
    shard->open = (uint32_t)((int64_t)shard->open + change);
    METER_ADD(c, publications_open, change);
}

/* Each shard has its share of what may be under way: a partition that takes nothing keeps no other's messages waiting.
 * How many messages more of this shard may be, those of the last one's size; one always, when none is. */
static uint32_t room_of(const struct conductor *c, const struct shard *shard) {
    uint32_t owned = (uint32_t)c->meters.shards_owned, share = c->settings.publications_most / owned;
    size_t share_bytes = LIMIT_publications_bytes_most / owned;
    if (shard->open == 0)
        return share ? share : 1;
    if (shard->open >= share || shard->open_bytes >= share_bytes)
        return 0;
    size_t of_size = (share_bytes - shard->open_bytes) / (shard->last_bytes + 1) + 1;
    return of_size < share - shard->open ? (uint32_t)of_size : share - shard->open;
}

bool publish_is_full(const struct conductor *c) {
    for (int32_t i = 0; i < c->shard_count; i++)
        if (c->shards[i].owned && room_of(c, &c->shards[i]) > 0)
            return false;
    return c->meters.shards_owned > 0;
}

/* Whatever is under way for this shard no longer counts. */
void publish_forget(struct shard *shard, struct conductor *c) {
    if (!mutation_is(open_leaks))
        count_open(c, shard, -(int64_t)shard->open);
    shard->open_bytes = 0;
    shard->ring_head = shard->ring_count = 0;
    shard->generation++;
}

/* Starts again above the last acknowledged event. */
static void rewind_shard(struct conductor *c, struct shard *shard, int64_t monotonic_us) {
    int64_t acknowledged = publish_acknowledged(shard);
    publish_forget(shard, c);
    shard->sent_seq = acknowledged;
    shard->resume_at_us = monotonic_us + RESUME_AFTER_US;
    if (shard->stalled_since_us == 0)
        shard->stalled_since_us = monotonic_us;
}

/* A command as its message, but for the token; its topic is interned. `headers`: CLOUD_EVENT_HEADERS_MOST of them. */
static enum outcome make_publication(struct conductor *c, int32_t shard, struct text case_id, const struct command *command,
                                     struct bus_header *headers, struct arena *arena, struct bus_publication *ret) {
    uint32_t header_count = 0;
    struct text value;
    bool to_department = !text_is_none(command->department);
    struct text region = text_is_none(command->region) ? c->settings.region : command->region;
    struct text topic = topic_name(arena, to_department ? region : c->settings.region, command->department,
                                   to_department ? "task.v1" : "case.v1");
    if (text_is_none(topic) || !cloud_event_write(arena, case_id, command, headers, &header_count, &value))
        return OUTCOME_FATAL;
    const struct topic_known *known = conductor_know_topic(c, topic);
    if (!known)
        return OUTCOME_FATAL;
    *ret = (struct bus_publication){.topic = known->name, .partition = shard, .key = case_root(case_id), .value = value,
                                    .headers = headers, .header_count = header_count};
    return OUTCOME_OK;
}

static enum outcome publish_command(struct conductor *c, struct shard *shard, struct text case_id,
                                    const struct command *command, uint64_t token, struct arena *arena, struct error *error) {
    struct bus_header headers[CLOUD_EVENT_HEADERS_MOST];
    struct bus_publication publication;
    if (make_publication(c, shard->number, case_id, command, headers, arena, &publication) != OUTCOME_OK)
        return error_no_memory(error);
    shard->topic = ring_at(shard, shard->ring_count - 1)->topic = publication.topic;
    publication.token = token;
    enum outcome outcome = c->ports.bus.publish(c->ports.bus.context, &publication, error);
    if (outcome == OUTCOME_OK) {
        shard->last_bytes = publication.value.length;
        shard->open_bytes += shard->last_bytes;
        ring_at(shard, shard->ring_count - 1)->bytes += shard->last_bytes;
    }
    return outcome;
}

enum outcome publish_again(struct conductor *c, int32_t shard, struct text case_id, const struct command *command,
                           struct arena *arena, struct error *error) {
    struct bus_header headers[CLOUD_EVENT_HEADERS_MOST];
    struct bus_publication publication;
    if (make_publication(c, shard, case_id, command, headers, arena, &publication) != OUTCOME_OK)
        return error_no_memory(error);
    publication.token = TOKEN_AGAIN;
    enum outcome outcome = c->ports.bus.publish(c->ports.bus.context, &publication, error);
    c->again_under_way += outcome == OUTCOME_OK;
    return outcome;
}

static bool is_wanted(const struct conductor *c, const struct command *command) {
    if (command->kind != COMMAND_PUBLISH)
        return false;
    return command->message != MESSAGE_STEP_ENDED || c->settings.life_cycle_steps;
}

/* The bus did not take an event. Was nothing of it sent, the shard goes on from it soon; else from the last acknowledged
 * event, under a new generation, so that no acknowledgement is counted twice. */
static void stop_at(struct conductor *c, struct shard *shard, uint32_t sent, uint32_t open) {
    int64_t monotonic_us = conductor_monotonic(c);
    if (sent > 0) {
        rewind_shard(c, shard, monotonic_us);
        return;
    }
    shard->ring_count--;
    count_open(c, shard, -(int64_t)open);
    shard->resume_at_us = monotonic_us + TRY_AGAIN_AFTER_US;
}

/* Hands over all that one event asks for. OK: sent_seq is past it. Else the shard goes on from the store later. */
static enum outcome publish_event(struct conductor *c, struct shard *shard, int64_t seq, struct text case_id,
                                  const struct event *event, struct arena *arena, struct error *error) {
    struct command_list commands;
    engine_commands(case_id, event, &commands);
    uint32_t open = 0;
    for (uint32_t i = 0; i < commands.count; i++)
        open += is_wanted(c, &commands.at[i]);
    if (open > 0 && !aside_has(shard, seq)) {
        if (room_of(c, shard) == 0) {
            shard->resume_at_us = conductor_monotonic(c) + TRY_AGAIN_AFTER_US;
            return error_set(error, OUTCOME_RETRY, "shard_has_its_share", "too many of the shard's messages wait for the broker's answer");
        }
        if (!ring_add(shard, seq, open))
            return error_no_memory(error);
        count_open(c, shard, open);
        for (uint32_t i = 0, sent = 0; i < commands.count; i++) {
            if (!is_wanted(c, &commands.at[i]))
                continue;
            enum outcome outcome = publish_command(c, shard, case_id, &commands.at[i], token_of(shard, seq), arena, error);
            if (outcome != OUTCOME_OK) {
                stop_at(c, shard, sent, open);
                return outcome;
            }
            sent++;
        }
    }
    shard->sent_seq = seq;
    return OUTCOME_OK;
}

/* One event of the batch; an event of a shard that is catching up is left to the store, which has it. */
static void publish_row(struct conductor *c, struct batch *batch, uint32_t index) {
    const struct store_event *row = &vector_at(&batch->events, struct store_event)[index];
    struct shard *shard = &c->shards[row->shard];
    struct error error;
    if (!shard->owned || shard->sent_seq != row->seq - 1 || aside_waits(c, shard))
        return;
    enum outcome outcome = publish_event(c, shard, row->seq, row->case_id, &vector_at(&batch->commands_of, struct event)[index],
                                         batch->arena, &error);
    if (outcome == OUTCOME_REJECT)
        aside_put(c, shard, row->seq, shard->topic, error.message);
}

/* Shard by shard: what goes to one partition is handed over in one go and so leaves in few requests, which are what costs
 * a broker. Without memory nothing is handed over: the shards catch up from the store. */
void publish_batch(struct conductor *c, struct batch *batch) {
    uint32_t count = batch->events.count, published = 0;
    uint32_t *first = arena_new_array(batch->arena, (size_t)c->shard_count, uint32_t);   /* index + 1; 0: none */
    uint32_t *next = arena_new_array(batch->arena, count + 1, uint32_t);
    if (!first || !next)
        return;
    for (uint32_t i = count; i-- > 0;) {
        int32_t shard = vector_at(&batch->events, struct store_event)[i].shard;
        next[i] = first[shard];
        first[shard] = i + 1;
    }
    for (int32_t shard = 0; shard < c->shard_count; shard++)
        for (uint32_t at = first[shard]; at > 0; at = next[at - 1]) {
            publish_row(c, batch, at - 1);
            batch_push(c, ++published);
        }
}

/* Keeps a dead letter for later: its topic is still being looked up, or the queue is full. */
static void keep_dead(struct conductor *c, const struct bus_publication *given) {
    struct arena *arena = &c->dead_arena;
    struct bus_header *headers = arena_new_array(arena, given->header_count, struct bus_header);
    struct bus_publication copy = *given, *kept;
    copy.topic = text_copy(arena, given->topic);
    copy.key = text_copy(arena, given->key);
    copy.value = text_copy(arena, given->value);
    for (uint32_t i = 0; headers && i < given->header_count; i++)
        headers[i] = (struct bus_header){text_copy(arena, given->headers[i].name), text_copy(arena, given->headers[i].value)};
    copy.headers = headers;
    kept = arena->failed ? NULL : vector_new(&c->dead_waiting, arena, struct bus_publication);
    if (kept) {
        *kept = copy;
        return;
    }
    log_warn("dead_letter_unsent", "a dead letter did not go to its topic; it stands in the store");
    arena->failed = false;   /* others may have room */
}

/* What waits goes out in order; the first that is still not taken ends the try. */
void publish_dead_again(struct conductor *c) {
    struct error error;
    while (c->dead_sent < c->dead_waiting.count &&
           c->ports.bus.publish(c->ports.bus.context, &vector_at(&c->dead_waiting, struct bus_publication)[c->dead_sent], &error) ==
               OUTCOME_OK)
        c->dead_sent++;
    if (c->dead_waiting.count == 0 || c->dead_sent < c->dead_waiting.count)
        return;
    c->dead_waiting = (struct vector){0};
    c->dead_sent = 0;
    arena_reset(&c->dead_arena);
}

/* To the dead-letter topic: key, headers and bytes as they came, with the reason and the place in further headers. The
 * truth is the store's row; the message is for those who watch topics, and what waits for its topic is lost with the
 * daemon. */
void publish_dead_letters(struct conductor *c, struct batch *batch) {
    struct error error;
    struct text topic = batch->dead_from.count > 0 ? topic_name(batch->arena, c->settings.region, TEXT_NONE, "dead.v1") : TEXT_NONE;
    for (uint32_t i = 0; i < batch->dead_from.count && !text_is_none(topic); i++) {
        const struct pending *dead = &vector_at(&batch->dead_from, struct pending)[i];
        const struct bus_message *message = dead->message;
        struct bus_header *headers = arena_new_array(batch->arena, message->header_count + 5u, struct bus_header);
        if (!headers)
            return;
        uint32_t count = message->header_count;
        if (count > 0)
            memcpy(headers, message->headers, sizeof *headers * count);
        headers[count++] = (struct bus_header){TEXT("yjs_reason"), text_from(dead->error.code)};
        headers[count++] = (struct bus_header){TEXT("yjs_message"), text_from(dead->error.message)};
        headers[count++] = (struct bus_header){TEXT("yjs_topic"), message->topic};
        headers[count++] = (struct bus_header){TEXT("yjs_partition"), text_format(batch->arena, "%d", message->partition)};
        headers[count++] = (struct bus_header){TEXT("yjs_offset"), text_format(batch->arena, "%lld", (long long)message->offset)};
        struct bus_publication publication = {.topic = topic, .partition = message->partition, .key = message->key,
                                              .value = message->value, .headers = headers, .header_count = count,
                                              .token = TOKEN_DEAD};
        if (c->dead_waiting.count > 0 || c->ports.bus.publish(c->ports.bus.context, &publication, &error) != OUTCOME_OK)
            keep_dead(c, &publication);
    }
}

/* The events behind what was sent, of large ones fewer at a time: reading takes many times their bytes, and once more when
 * they are taken apart. REJECT: the next one can't be read, not even alone. */
static enum outcome read_behind(struct conductor *c, const struct shard *shard, struct store_event **ret, uint32_t *ret_count,
                                struct error *error) {
    const struct arena *arena = &c->catch_up_arena;
    uint32_t room = room_of(c, shard);
    for (uint32_t most = room < CATCH_UP_EVENTS ? room : CATCH_UP_EVENTS;; most = most > 4 ? most / 4 : 1) {
        arena_reset(&c->catch_up_arena);
        enum outcome outcome = c->ports.store.events_after(c->ports.store.context, shard->number,
                                                           shard->sent_seq + mutation_is(catch_up_skips), most,
                                                           &c->catch_up_arena, ret, ret_count, error);
        bool is_too_much = outcome == OUTCOME_REJECT || arena->full || arena->used_bytes > arena->ceiling_bytes / 2;
        if (!is_too_much || most == 1)
            return outcome == OUTCOME_FATAL && arena->full ? OUTCOME_REJECT : outcome;
    }
}

/* Nothing is left out unread: the shard's messages wait, those of all others do not. */
static void stand_still(struct conductor *c, struct shard *shard, int64_t monotonic_us, const struct error *why) {
    long long seq = (long long)shard->sent_seq + 1;
    shard->resume_at_us = monotonic_us + READ_AGAIN_AFTER_US;
    log_error("journal_unreadable", "what a shard has to publish next can't be read; its messages wait, and it is tried again in a minute",
              LOG_INT("shard", shard->number), LOG_INT("seq", seq), LOG_STRING("why", why->message));
    if (shard->unreadable_seq == seq)
        return;
    shard->unreadable_seq = seq;
    note_incident(c, shard->number, TEXT_NONE, text_format(&c->aside_arena, "journal:%d:%lld", shard->number, seq), TEXT("journal_unreadable"),
                  text_format(&c->aside_arena, "{\"shard\":%d,\"seq\":%lld}", shard->number, seq));
}

/* Reads on where the shard stands and hands that over. OK: the whole of what was read is with the bus. FATAL: the store
 * is not there; else the rest comes at another turn. */
static enum outcome catch_up(struct conductor *c, struct shard *shard, int64_t monotonic_us, struct error *error) {
    struct store_event *rows = NULL;
    uint32_t count = 0;
    if (room_of(c, shard) == 0) {
        shard->resume_at_us = monotonic_us + TRY_AGAIN_AFTER_US;
        return OUTCOME_RETRY;
    }
    enum outcome outcome = read_behind(c, shard, &rows, &count, error);
    if (outcome == OUTCOME_REJECT) {
        stand_still(c, shard, monotonic_us, error);
        return OUTCOME_RETRY;
    }
    if (outcome != OUTCOME_OK)
        return OUTCOME_FATAL;
    for (uint32_t i = 0; i < count && outcome == OUTCOME_OK; i++) {
        struct event event;
        outcome = event_read(&c->catch_up_arena, rows[i].kind, (uint32_t)rows[i].version, rows[i].at_us, rows[i].step,
                             rows[i].data, &event, error);
        if (outcome == OUTCOME_OK)
            outcome = publish_event(c, shard, rows[i].seq, rows[i].case_id, &event, &c->catch_up_arena, error);
        if (outcome == OUTCOME_REJECT)
            aside_put(c, shard, rows[i].seq, shard->topic, error->message);
    }
    return outcome == OUTCOME_OK && count > 0 ? OUTCOME_OK : OUTCOME_RETRY;
}

/* A shard that is behind gets no batch's messages from memory, so it is brought up to where the journal stands in one go:
 * else new batches would keep it behind, and everything would be read again from the store. */
void publish_catch_up(struct conductor *c, int64_t monotonic_us) {
    struct error error = {0};
    for (int32_t i = 0; i < c->shard_count && c->store_open; i++) {
        struct shard *shard = &c->shards[i];
        enum outcome outcome = OUTCOME_OK;
        while (outcome == OUTCOME_OK && shard->owned && shard->sent_seq < shard->committed_seq &&
               monotonic_us >= shard->resume_at_us && !aside_waits(c, shard))
            outcome = catch_up(c, shard, monotonic_us, &error);
        if (outcome == OUTCOME_FATAL) {
            ownership_drop_all(c, error.message);
            return;
        }
    }
}

static struct publication *find(struct shard *shard, uint64_t seq_low) {
    uint32_t low = 0, high = shard->ring_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        struct publication *p = ring_at(shard, middle);
        if (((uint64_t)p->seq & UINT64_C(0xffffffffff)) == seq_low)
            return p;
        if (((uint64_t)p->seq & UINT64_C(0xffffffffff)) < seq_low)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static void take_delivery(struct conductor *c, const struct bus_delivery *delivery, int64_t monotonic_us) {
    if (delivery->token == TOKEN_AGAIN) {
        c->again_under_way -= c->again_under_way > 0;
        if (delivery->fate != BUS_DELIVERED)
            again_forget(c);
        return;
    }
    int32_t number = (int32_t)(delivery->token >> 40 & 0xfff);
    if (number >= c->shard_count)
        return;
    struct shard *shard = &c->shards[number];
    uint64_t seq_low = delivery->token & UINT64_C(0xffffffffff);
    struct publication *p = find(shard, seq_low);
    if (!shard->owned || !p || (delivery->token >> 52) != (shard->generation & 0xfff))
        return;
    /* what the shard stands at: the message that can't be delivered, else the first that is not */
    const struct publication *at = delivery->fate == BUS_IMPOSSIBLE ? p : ring_at(shard, 0);
    int64_t seq = at->seq;
    struct text topic = at->topic;
    if (delivery->fate == BUS_DELIVERED || mutation_is(failure_is_delivered)) {
        METER_ADD(c, published, 1);
        if (p->open > 0) {
            p->open--;
            count_open(c, shard, -1);
            shard->open_bytes -= p->open == 0 ? p->bytes : 0;
        }
        while (shard->ring_count > 0 && ring_at(shard, 0)->open == 0) {
            shard->ring_head = (shard->ring_head + 1) & (shard->ring_room - 1);
            shard->ring_count--;
            shard->stalled_since_us = 0;
        }
        if (shard->aside_count > 0)
            aside_pass(shard, publish_acknowledged(shard));
        return;
    }
    METER_ADD(c, publish_failed, 1);
    int64_t stalled_since_us = shard->stalled_since_us;
    rewind_shard(c, shard, monotonic_us);
    if (delivery->fate == BUS_IMPOSSIBLE ||
        (stalled_since_us > 0 && monotonic_us - stalled_since_us >= c->settings.publish_give_up_us && c->meters.bus_up))
        aside_put(c, shard, seq, topic, delivery->reason);
}

/* Time without a broker is no fault of a message: what stands still is given its whole time again. */
void publish_bus_back(struct conductor *c, int64_t monotonic_us) {
    for (int32_t i = 0; i < c->shard_count; i++)
        if (c->shards[i].stalled_since_us > 0)
            c->shards[i].stalled_since_us = monotonic_us;
}

void publish_deliveries(struct conductor *c, int64_t monotonic_us) {
    struct bus_delivery room[256];
    uint32_t count;
    do {
        count = c->ports.bus.deliveries(c->ports.bus.context, room, 256);
        for (uint32_t i = 0; i < count; i++)
            take_delivery(c, &room[i], monotonic_us);
    } while (count == 256);
}

int64_t publish_next_resume(const struct conductor *c, int64_t otherwise_us) {
    int64_t next = otherwise_us;
    for (int32_t i = 0; i < c->shard_count; i++) {
        const struct shard *shard = &c->shards[i];
        if (shard->owned && shard->sent_seq < shard->committed_seq && shard->resume_at_us < next)
            next = shard->resume_at_us;
    }
    return next;
}
