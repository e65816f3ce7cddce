/* The fake store's sessions, members, shards and reading; store_fake_commit.c has the batch. */
#include "store_fake.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/murmur2.h"

#define FAKE_BYTES_MOST ((size_t)8 << 30)

static struct text keep(struct store_truth *t, struct text text) { return text_copy(&t->arena, text); }

void store_truth_init(struct store_truth *t, int32_t shard_count, const struct store_hooks *hooks) {
    *t = (struct store_truth){.hooks = *hooks, .shard_count = shard_count};
    arena_init(&t->arena, FAKE_BYTES_MOST);
    map_init(&t->cases);
    map_init(&t->keys);
    map_init(&t->numbers_given);
    map_init(&t->incidents);
    t->shards = arena_new_array(&t->arena, (size_t)shard_count, struct fake_shard);
    for (int32_t i = 0; i < shard_count; i++)
        t->shards[i] = (struct fake_shard){.next_seq = 1, .clean = true};
}

void store_truth_free(struct store_truth *t) {
    map_free(&t->cases);
    map_free(&t->keys);
    map_free(&t->numbers_given);
    map_free(&t->incidents);
    arena_free(&t->arena);
}

struct store_client *store_client_make(struct store_truth *t, struct text instance) {
    struct store_client *client = arena_new(&t->arena, struct store_client);
    struct store_client **place = vector_new(&t->clients, &t->arena, struct store_client *);
    if (!client || !place)
        return NULL;
    *client = (struct store_client){.truth = t, .instance = keep(t, instance), .run = ++t->runs};
    *place = client;
    return client;
}

void store_client_end(struct store_client *client) {
    store_fake_commit_abandon(client);
    client->up = false;
    client->session = 0;
}

enum store_trouble store_fake_enter(struct store_client *client, const char *call) {
    struct store_truth *t = client->truth;
    enum store_trouble trouble = t->hooks.before ? t->hooks.before(t->hooks.context, client, call) : STORE_TROUBLE_NONE;
    if (!client->up)   /* while we waited, too */
        return STORE_TROUBLE_LOST;
    if (trouble > STORE_TROUBLE_BUSY)
        client->up = false;
    return trouble;
}

void store_fake_leave(struct store_client *client, const char *call) {
    if (client->truth->hooks.after)
        client->truth->hooks.after(client->truth->hooks.context, client, call);
}

static enum outcome away(struct error *error) {
    return error_set(error, OUTCOME_RETRY, "store_away", "the fake store does not answer");
}

#define ENTER(call_)                                                                 \
    struct store_client *client = context;                                           \
    struct store_truth *t = client->truth;                                           \
    if (store_fake_enter(client, call_) != STORE_TROUBLE_NONE) {                     \
        store_fake_leave(client, call_);                                             \
        return away(error);                                                          \
    }
#define LEAVE(call_)                                                                 \
    do {                                                                             \
        store_fake_leave(client, call_);                                             \
        return OUTCOME_OK;                                                           \
    } while (0)

static enum outcome fake_open(void *context, struct error *error) {
    struct store_client *client = context;
    struct store_truth *t = client->truth;
    client->up = true;
    client->session = ++t->sessions;
    enum store_trouble trouble = store_fake_enter(client, "open");
    if (trouble != STORE_TROUBLE_NONE)
        client->up = false;
    store_fake_leave(client, "open");
    return client->up ? OUTCOME_OK : away(error);
}

static void fake_close(void *context) { store_client_end(context); }
static int32_t fake_shard_count(void *context) { return ((struct store_client *)context)->truth->shard_count; }
static int fake_descriptor(void *context) { (void)context; return -1; }

/* ---- members and shards ---- */

static int compare_texts(const void *a, const void *b) { return text_compare(*(const struct text *)a, *(const struct text *)b); }

static enum outcome fake_note_unread(void *context, const int32_t *shards, const int64_t *messages, uint32_t count, struct error *error) {
    (void)shards, (void)messages, (void)count;   /* nobody looks */
    ENTER("note_unread")
    (void)t;
    LEAVE("note_unread");
}

static enum outcome fake_heartbeat(void *context, struct text instance, int64_t ttl_us, struct arena *arena,
                                   struct text **ret_members, uint32_t *ret_count, struct error *error) {
    ENTER("heartbeat")
    int64_t now = t->hooks.now_us(t->hooks.context);
    struct fake_member *mine = NULL;
    for (uint32_t i = 0; i < t->members.count && !mine; i++)
        if (text_equal(vector_at(&t->members, struct fake_member)[i].instance, instance))
            mine = &vector_at(&t->members, struct fake_member)[i];
    if (!mine) {
        mine = vector_new(&t->members, &t->arena, struct fake_member);
        mine->instance = keep(t, instance);
    }
    mine->seen_us = now;
    struct text *members = arena_new_array(arena, t->members.count, struct text);
    uint32_t count = 0;
    for (uint32_t i = 0; i < t->members.count; i++) {
        const struct fake_member *member = &vector_at(&t->members, struct fake_member)[i];
        if (member == mine || member->seen_us > now - ttl_us)
            members[count++] = text_copy(arena, member->instance);
    }
    qsort(members, count, sizeof *members, compare_texts);
    *ret_members = members;
    *ret_count = count;
    LEAVE("heartbeat");
}

static enum outcome fake_leave(void *context, struct text instance, struct error *error) {
    ENTER("leave")
    for (uint32_t i = 0; i < t->members.count; i++) {
        struct fake_member *members = t->members.at;
        if (text_equal(members[i].instance, instance))
            members[i--] = members[--t->members.count];
    }
    LEAVE("leave");
}

static void end_session(struct store_truth *t, int64_t session, const struct store_client *but) {
    for (uint32_t i = 0; session && i < t->clients.count; i++) {
        struct store_client *client = vector_at(&t->clients, struct store_client *)[i];
        if (client != but && client->session == session)
            client->up = false;
    }
}

static enum outcome fake_take(void *context, struct text instance, const int32_t *shards, uint32_t count, struct arena *arena,
                              struct store_shard **ret, uint32_t *ret_count, struct error *error) {
    ENTER("take")
    struct store_shard *taken = arena_new_array(arena, count ? count : 1, struct store_shard);
    for (uint32_t i = 0; i < count; i++) {
        struct fake_shard *shard = &t->shards[shards[i]];
        if (!t->fence_off && !(t->hooks.spares_session && t->hooks.spares_session(t->hooks.context)))
            end_session(t, shard->session, client);
        if (!shard->clean && !text_is_none(shard->trying) && shard->tried_run == shard->run && shard->run != client->run)
            shard->deaths++;
        if (shard->run != client->run)
            shard->tried_run = 0;
        shard->epoch++;
        shard->owner = keep(t, instance);
        shard->run = client->run;
        shard->session = client->session;
        taken[i] = (struct store_shard){.shard = shards[i], .epoch = shard->epoch, .next_seq = shard->next_seq,
                                        .published_seq = shard->published_seq, .trying_deaths = shard->deaths,
                                        .trying = text_copy(arena, shard->trying), .unclean = !shard->clean};
        shard->clean = false;
    }
    *ret = taken;
    *ret_count = count;
    LEAVE("take");
}

static enum outcome fake_let_go(void *context, const struct store_shard *rows, uint32_t count, struct error *error) {
    ENTER("let_go")
    for (uint32_t i = 0; i < count; i++) {
        struct fake_shard *shard = &t->shards[rows[i].shard];
        if (shard->epoch != rows[i].epoch)
            continue;
        shard->owner = shard->trying = TEXT_NONE;
        shard->run = shard->session = 0;
        shard->clean = true;
        shard->deaths = 0;
        if (rows[i].published_seq > shard->published_seq)
            shard->published_seq = rows[i].published_seq;
    }
    LEAVE("let_go");
}

static enum outcome fake_owners(void *context, struct arena *arena, struct text **ret, struct error *error) {
    ENTER("owners")
    struct text *owners = arena_new_array(arena, (size_t)t->shard_count, struct text);
    for (int32_t i = 0; i < t->shard_count; i++)
        owners[i] = text_copy(arena, t->shards[i].owner);
    *ret = owners;
    LEAVE("owners");
}

static enum outcome fake_trying(void *context, const struct store_shard *row, struct error *error) {
    ENTER("trying")
    struct fake_shard *shard = &t->shards[row->shard];
    bool ours = shard->epoch == row->epoch;
    if (ours) {
        shard->trying = keep(t, row->trying);
        shard->deaths = row->trying_deaths;
        shard->tried_run = shard->run;
    }
    store_fake_leave(client, "trying");
    return ours ? OUTCOME_OK : error_set(error, OUTCOME_RETRY, "store_fenced", "shard %d has another owner", row->shard);
}

/* ---- reading ---- */

static enum outcome fake_offsets(void *context, const int32_t *shards, uint32_t count, struct arena *arena,
                                 struct store_offset **ret, uint32_t *ret_count, struct error *error) {
    ENTER("offsets")
    struct vector rows = {0};
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < t->shards[shards[i]].offsets.count; j++) {
            const struct fake_offset *from = &vector_at(&t->shards[shards[i]].offsets, struct fake_offset)[j];
            *vector_new(&rows, arena, struct store_offset) = (struct store_offset){shards[i], text_copy(arena, from->topic), from->next};
        }
    *ret = rows.at;
    *ret_count = rows.count;
    LEAVE("offsets");
}

static struct store_event event_copy(struct arena *arena, const struct store_event *from) {
    struct store_event event = *from;
    event.case_id = text_copy(arena, from->case_id);
    event.kind = text_copy(arena, from->kind);
    event.step = text_copy(arena, from->step);
    event.data = text_copy(arena, from->data);
    return event;
}

static enum outcome fake_events_after(void *context, int32_t shard, int64_t after, uint32_t most, struct arena *arena,
                                      struct store_event **ret, uint32_t *ret_count, struct error *error) {
    ENTER("events_after")
    const struct fake_shard *s = &t->shards[shard];
    struct store_event **events = s->events.at;
    struct vector rows = {0};
    uint32_t low = 0, high = s->events.count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (events[middle]->seq <= after)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < s->events.count && rows.count < most; low++)
        *vector_new(&rows, arena, struct store_event) = event_copy(arena, events[low]);
    *ret = rows.at;
    *ret_count = rows.count;
    LEAVE("events_after");
}

static enum outcome fake_journals(void *context, const struct text *ids, uint32_t count, struct arena *arena,
                                  struct store_event **ret, uint32_t *ret_count, struct error *error) {
    ENTER("journals")
    struct text *sorted = arena_new_array(arena, count ? count : 1, struct text);
    if (count)
        memcpy(sorted, ids, count * sizeof *ids);
    qsort(sorted, count, sizeof *sorted, compare_texts);
    struct vector rows = {0};
    for (uint32_t i = 0; i < count; i++) {
        const struct fake_case *one = map_get(&t->cases, sorted[i]);
        for (uint32_t j = 0; one && j < one->events.count; j++)
            *vector_new(&rows, arena, struct store_event) = event_copy(arena, vector_at(&one->events, struct store_event *)[j]);
    }
    *ret = rows.at;
    *ret_count = rows.count;
    LEAVE("journals");
}

static enum outcome fake_inbox(void *context, const int32_t *shards, uint32_t count, uint32_t most, struct arena *arena,
                               struct store_inbox **ret, uint32_t *ret_count, struct error *error) {
    ENTER("inbox")
    struct vector rows = {0};
    struct fake_command *commands = t->commands.at;
    while (t->commands_done < t->commands.count && !commands[t->commands_done].waits)
        t->commands_done++;
    for (uint32_t i = t->commands_done; i < t->commands.count && rows.count < most; i++) {
        bool wanted = false;
        for (uint32_t j = 0; j < count && !wanted; j++)
            wanted = shards[j] == commands[i].row.shard;
        if (!wanted || !commands[i].waits)
            continue;
        struct store_inbox *row = vector_new(&rows, arena, struct store_inbox);
        *row = commands[i].row;
        row->kind = text_copy(arena, row->kind);
        row->case_id = text_copy(arena, row->case_id);
        row->data = text_copy(arena, row->data);
        row->idempotency_key = text_copy(arena, row->idempotency_key);
        row->root = text_copy(arena, row->root);
    }
    *ret = rows.at;
    *ret_count = rows.count;
    LEAVE("inbox");
}

static int compare_dues(const void *a, const void *b) {
    const struct store_due *x = a, *y = b;
    if (x->due_at_us != y->due_at_us)
        return x->due_at_us < y->due_at_us ? -1 : 1;
    return text_compare(x->case_id, y->case_id);
}

static enum outcome fake_timers(void *context, const int32_t *shards, uint32_t count, int64_t until_us, uint32_t most,
                                struct arena *arena, struct store_due **ret, uint32_t *ret_count, struct error *error) {
    ENTER("timers")
    struct vector rows = {0};
    for (uint32_t i = 0; i < count; i++) {
        const struct fake_shard *s = &t->shards[shards[i]];
        for (uint32_t j = 0; j < s->timers.count; j++) {
            const struct fake_case *one = vector_at(&s->timers, struct fake_case *)[j];
            if (one->timer_us != TIME_NONE && one->timer_us <= until_us)
                *vector_new(&rows, arena, struct store_due) = (struct store_due){text_copy(arena, one->id), shards[i], one->timer_us};
        }
    }
    if (rows.count)
        qsort(rows.at, rows.count, sizeof(struct store_due), compare_dues);
    *ret = rows.at;
    *ret_count = rows.count < most ? rows.count : most;
    LEAVE("timers");
}

static enum outcome fake_definitions(void *context, struct text hash, struct arena *arena, struct store_definition **ret,
                                     uint32_t *ret_count, struct error *error) {
    ENTER("definitions")
    struct vector rows = {0};
    for (uint32_t i = 0; i < t->definitions.count; i++) {
        const struct store_definition *from = &vector_at(&t->definitions, struct store_definition)[i];
        if (text_is_none(hash) ? !from->current : !text_equal(hash, from->hash))
            continue;
        struct store_definition *row = vector_new(&rows, arena, struct store_definition);
        *row = *from;
        row->hash = text_copy(arena, from->hash);
        row->thing = text_copy(arena, from->thing);
        row->canonical = text_is_none(hash) ? TEXT_NONE : text_copy(arena, from->canonical);
    }
    *ret = rows.at;
    *ret_count = rows.count;
    LEAVE("definitions");
}

static enum outcome fake_calendar(void *context, struct text known, struct arena *arena, struct text *ret_version,
                                  struct text *ret_canonical, struct error *error) {
    ENTER("calendar")
    const struct fake_calendar *last =
        t->calendars.count ? &vector_at(&t->calendars, struct fake_calendar)[t->calendars.count - 1] : NULL;
    *ret_version = last ? text_copy(arena, last->version) : TEXT_NONE;
    *ret_canonical = last && !text_equal(last->version, known) ? text_copy(arena, last->canonical) : TEXT_NONE;
    LEAVE("calendar");
}

static enum outcome fake_calendar_progress(void *context, const int32_t *shards, uint32_t count, struct arena *arena,
                                           struct store_calendar **ret, uint32_t *ret_count, struct error *error) {
    ENTER("calendar_progress")
    struct vector rows = {0};
    for (uint32_t i = 0; i < count; i++) {
        const struct fake_shard *s = &t->shards[shards[i]];
        if (!s->calendar_known)
            continue;
        struct store_calendar *row = vector_new(&rows, arena, struct store_calendar);
        *row = (struct store_calendar){shards[i], text_copy(arena, s->calendar.version), text_copy(arena, s->calendar.after),
                                       s->calendar.done};
    }
    *ret = rows.at;
    *ret_count = rows.count;
    LEAVE("calendar_progress");
}

static int compare_places(const void *a, const void *b) {
    return text_compare(((const struct store_case_place *)a)->case_id, ((const struct store_case_place *)b)->case_id);
}

static enum outcome fake_cases_after(void *context, struct text after, uint32_t most, struct arena *arena,
                                     struct store_case_place **ret, uint32_t *ret_count, struct error *error) {
    ENTER("cases_after")
    struct vector rows = {0};
    for (uint32_t i = 0; i < t->case_list.count; i++) {
        const struct fake_case *one = vector_at(&t->case_list, struct fake_case *)[i];
        if (one->there && (text_is_none(after) || text_compare(one->id, after) > 0))
            *vector_new(&rows, arena, struct store_case_place) = (struct store_case_place){
                text_copy(arena, one->id), one->row.shard, !text_is(one->row.phase, "closed")};
    }
    if (rows.count)
        qsort(rows.at, rows.count, sizeof(struct store_case_place), compare_places);
    *ret = rows.at;
    *ret_count = rows.count < most ? rows.count : most;
    LEAVE("cases_after");
}

/* A compensation may be another department's than the step's: its event says whose. */
static void take_undo_office(const struct fake_case *one, struct arena *arena, struct store_asked *asked) {
    for (uint32_t i = one->events.count; i-- > 0;) {
        const struct store_event *event = vector_at(&one->events, struct store_event *)[i];
        struct json data;
        struct error error;
        int64_t index = -1;
        if (!text_is(event->kind, "undo_asked") || !text_equal(event->step, asked->step) ||
            json_read(arena, event->data, 96, &data, &error) != OUTCOME_OK)
            continue;
        const struct json *element = json_get_string(&data, "index");
        if (element)
            json_to_int64(element, &index);
        if (index != asked->index)
            continue;
        asked->department = json_get_text(&data, TEXT("department"));
        asked->region = json_get_text(&data, TEXT("region"));
        asked->asked_at_us = event->at_us;
        return;
    }
}

/* What is asked in one shard. */
static void asked_rows(struct store_truth *t, int32_t shard, struct arena *arena, struct vector *rows) {
    for (uint32_t i = 0; i < t->case_list.count; i++) {
        const struct fake_case *one = vector_at(&t->case_list, struct fake_case *)[i];
        for (uint32_t j = 0; one->there && j < one->steps.count; j++) {
            const struct store_step *row = &vector_at(&one->steps, struct fake_step)[j].row;
            bool is_undo = text_is(row->state, "undoing");
            if (row->shard != shard || (!is_undo && !text_is(row->state, "running") && !text_is(row->state, "cancelling")))
                continue;
            struct store_asked asked = {.shard = shard, .department = text_copy(arena, row->department),
                                        .region = text_copy(arena, row->region), .case_id = text_copy(arena, row->case_id),
                                        .step = text_copy(arena, row->step), .index = row->index, .asked_at_us = row->asked_at_us};
            if (is_undo)
                take_undo_office(one, arena, &asked);
            if (!text_is_none(asked.department) && asked.asked_at_us != TIME_NONE)
                *vector_new(rows, arena, struct store_asked) = asked;
        }
    }
}

static bool same_office(const struct store_asked *a, struct text department, struct text region) {
    return text_equal(a->department, department) && text_is_none(a->region) == text_is_none(region) &&
           (text_is_none(region) || text_equal(a->region, region));
}

static enum outcome fake_asked_offices(void *context, const int32_t *shards, uint32_t count, struct arena *arena,
                                       struct store_asked **ret, uint32_t *ret_count, struct error *error) {
    ENTER("asked_offices")
    struct vector offices = {0};
    for (uint32_t i = 0; i < count; i++) {
        struct vector rows = {0};
        asked_rows(t, shards[i], arena, &rows);
        for (uint32_t j = 0; j < rows.count; j++) {
            const struct store_asked *row = &vector_at(&rows, struct store_asked)[j];
            struct store_asked *office = NULL;
            for (uint32_t k = 0; k < offices.count && !office; k++) {
                struct store_asked *known = &vector_at(&offices, struct store_asked)[k];
                office = known->shard == row->shard && same_office(known, row->department, row->region) ? known : NULL;
            }
            if (!office)
                *vector_new(&offices, arena, struct store_asked) = *row;
            else if (row->asked_at_us < office->asked_at_us)
                office->asked_at_us = row->asked_at_us;
        }
    }
    *ret = offices.at;
    *ret_count = offices.count;
    LEAVE("asked_offices");
}

static int compare_asked(const void *a, const void *b) {
    const struct store_asked *x = a, *y = b;
    if (x->asked_at_us != y->asked_at_us)
        return x->asked_at_us < y->asked_at_us ? -1 : 1;
    int order = text_compare(x->case_id, y->case_id);
    return order ? order : (order = text_compare(x->step, y->step)) ? order : x->index - y->index;
}

static enum outcome fake_asked_steps(void *context, const struct store_asked *after, int64_t before_us, uint32_t most,
                                     struct arena *arena, struct store_asked **ret, uint32_t *ret_count, struct error *error) {
    ENTER("asked_steps")
    struct vector all = {0}, rows = {0};
    asked_rows(t, after->shard, arena, &all);
    if (all.count)
        qsort(all.at, all.count, sizeof(struct store_asked), compare_asked);
    for (uint32_t i = 0; i < all.count && rows.count < most; i++) {
        const struct store_asked *row = &vector_at(&all, struct store_asked)[i];
        if (same_office(row, after->department, after->region) && row->asked_at_us < before_us &&
            (after->asked_at_us == TIME_NONE || compare_asked(row, after) > 0))
            *vector_new(&rows, arena, struct store_asked) = *row;
    }
    *ret = rows.at;
    *ret_count = rows.count;
    LEAVE("asked_steps");
}

static enum outcome fake_numbers(void *context, struct store_number *numbers, uint32_t count, struct arena *arena,
                                 struct error *error) {
    ENTER("numbers")
    for (uint32_t i = 0; i < count; i++) {
        struct text key = text_format(&t->arena, "%.*s|%.*s", TEXT_ARG(numbers[i].source), TEXT_ARG(numbers[i].id));
        struct store_number *given = t->numbers_forgotten ? NULL : map_get(&t->numbers_given, key);
        if (!given) {
            given = arena_new(&t->arena, struct store_number);
            *given = (struct store_number){.region = keep(t, numbers[i].region), .at_us = numbers[i].at_us, .value = ++t->numbers};
            map_put(&t->numbers_given, key, given);
        }
        numbers[i].region = text_copy(arena, given->region);
        numbers[i].at_us = given->at_us;
        numbers[i].value = given->value;
    }
    LEAVE("numbers");
}

struct store_port store_client_port(struct store_client *client) {
    return (struct store_port){
        .context = client, .open = fake_open, .close = fake_close, .shard_count = fake_shard_count,
        .heartbeat = fake_heartbeat, .note_unread = fake_note_unread, .leave = fake_leave, .take = fake_take, .let_go = fake_let_go, .owners = fake_owners,
        .offsets = fake_offsets, .events_after = fake_events_after, .journals = fake_journals, .inbox = fake_inbox,
        .timers = fake_timers, .definitions = fake_definitions, .calendar = fake_calendar,
        .calendar_progress = fake_calendar_progress, .cases_after = fake_cases_after,
        .asked_offices = fake_asked_offices, .asked_steps = fake_asked_steps,
        .commit_begin = store_fake_commit_begin, .commit_push = store_fake_commit_push,
        .commit_end = store_fake_commit_end, .trying = fake_trying,
        .numbers = fake_numbers, .descriptor = fake_descriptor,
    };
}

/* ---- what others write ---- */

int64_t store_truth_put(struct store_truth *t, struct text kind, struct text root, struct text data, struct text key,
                        bool *ret_repeated) {
    intptr_t there = text_is_none(key) ? 0 : (intptr_t)map_get(&t->keys, key);
    *ret_repeated = there != 0;
    if (there)
        return there;
    struct fake_command *command = vector_new(&t->commands, &t->arena, struct fake_command);
    command->row = (struct store_inbox){.id = t->commands.count, .shard = murmur2_partition(root, t->shard_count),
                                        .kind = keep(t, kind), .data = keep(t, data), .idempotency_key = keep(t, key),
                                        .at_us = t->hooks.now_us(t->hooks.context), .root = keep(t, root)};
    command->waits = true;
    if (!text_is_none(key))
        map_put(&t->keys, command->row.idempotency_key, (void *)(intptr_t)command->row.id);
    return command->row.id;
}

struct fake_command *store_truth_command(struct store_truth *t, int64_t id) {
    return id >= 1 && id <= t->commands.count ? &vector_at(&t->commands, struct fake_command)[id - 1] : NULL;
}

void store_truth_publish(struct store_truth *t, struct text hash, struct text thing, struct text canonical) {
    bool there = false;
    for (uint32_t i = 0; i < t->definitions.count; i++) {
        struct store_definition *row = &vector_at(&t->definitions, struct store_definition)[i];
        if (text_equal(row->thing, thing))
            row->current = text_equal(row->hash, hash);
        there = there || text_equal(row->hash, hash);
    }
    if (!there)
        *vector_new(&t->definitions, &t->arena, struct store_definition) =
            (struct store_definition){.hash = hash, .thing = thing, .current = true, .canonical = canonical,
                                      .published_at_us = t->hooks.now_us(t->hooks.context)};
}

void store_truth_publish_calendar(struct store_truth *t, struct text version, struct text canonical) {
    *vector_new(&t->calendars, &t->arena, struct fake_calendar) = (struct fake_calendar){keep(t, version), keep(t, canonical)};
}

struct fake_case *store_truth_case(struct store_truth *t, struct text id) { return map_get(&t->cases, id); }

struct fake_case *store_fake_case_make(struct store_truth *t, struct text id) {
    struct fake_case *one = map_get(&t->cases, id);
    if (one)
        return one;
    one = arena_new(&t->arena, struct fake_case);
    one->id = keep(t, id);
    one->timer_us = TIME_NONE;
    map_put(&t->cases, one->id, one);
    *vector_new(&t->case_list, &t->arena, struct fake_case *) = one;
    return one;
}
