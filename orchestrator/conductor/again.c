/* Tasks that have left their topic: it was removed and made again, or its retention was shorter than the department's
 * answer took. Now and then, and when a shard was taken, the bus is asked whether each task topic still reaches back to
 * the oldest that its department has not answered. Where it doesn't, all that was said to the department of what is
 * older than the topic's first message is published again from the journal: the same ids, the same bytes, in the
 * journal's order, nothing new in the journal. A department may get a task again; it never waits for one that is nowhere.
 *
 * It errs on the side of once more: a copy too many is dropped by its id, one too few is a case that stands still. */
#include "conductor/internal.h"

#include <stdlib.h>

#include "wire/event_codec.h"

#define AGAIN_STEPS 64                          /* whose cases' journals are read in one turn */

/* What is known of one partition of a task topic. */
struct task_log {
    struct text topic, region, department;
    int32_t shard;
    int64_t asked_seq;                          /* acknowledged when the bus was asked: what is above is on its way */
    int64_t begins_us, settled_seq;             /* events up to this one were compared with a log that began then */
    int64_t before_us;                          /* what is older goes out again; TIME_NONE: nothing does */
    int64_t after_us;                           /* the last step that did: when it was asked (TIME_NONE: none did yet), its case, its name */
    size_t after_case_length, after_step_length;
    char after_case[LIMIT_case_id_bytes_most + 1], after_step[LIMIT_case_id_bytes_most + 1];
    int32_t after_index;
    uint32_t count;                             /* messages that did */
};

void again_forget(struct conductor *c) {
    map_each(&c->task_logs, slot) {
        ((struct task_log *)slot->value)->before_us = TIME_NONE;
        ((struct task_log *)slot->value)->begins_us = TIME_NONE;
    }
    c->again_open = 0;
}

static struct text key_of(struct arena *arena, struct text topic, int32_t shard) {
    return text_format(arena, "%.*s/%d", TEXT_ARG(topic), shard);
}

/* NULL: no memory. */
static struct task_log *know_log(struct conductor *c, const struct store_asked *asked) {
    struct text region = text_is_none(asked->region) ? c->settings.region : asked->region;
    struct text topic = topic_name(&c->turn_arena, region, asked->department, "task.v1");
    struct text key = key_of(&c->turn_arena, topic, asked->shard);
    struct task_log *log = text_is_none(key) ? NULL : map_get(&c->task_logs, key);
    if (log || text_is_none(key))
        return log;
    const struct topic_known *known = conductor_know_topic(c, topic);
    log = known ? arena_new(&c->arena, struct task_log) : NULL;
    if (!log || text_is_none(key = text_copy(&c->arena, key)))
        return NULL;
    *log = (struct task_log){.topic = known->name, .region = text_copy(&c->arena, asked->region), .shard = asked->shard,
                             .department = text_copy(&c->arena, asked->department), .begins_us = TIME_NONE,
                             .before_us = TIME_NONE};
    return map_put(&c->task_logs, key, log) ? log : NULL;
}

/* Asks the bus about every partition of which something is wanted. */
static enum outcome ask(struct conductor *c, struct error *error) {
    int32_t *owned = arena_new_array(&c->turn_arena, (size_t)c->shard_count, int32_t);
    struct store_asked *rows = NULL;
    uint32_t owned_count = 0, count = 0;
    for (int32_t i = 0; owned && i < c->shard_count; i++)
        if (c->shards[i].owned)
            owned[owned_count++] = i;
    if (owned_count == 0)
        return OUTCOME_OK;
    enum outcome outcome =
        c->ports.store.asked_offices(c->ports.store.context, owned, owned_count, &c->turn_arena, &rows, &count, error);
    for (uint32_t i = 0; outcome == OUTCOME_OK && i < count; i++) {
        struct task_log *log = know_log(c, &rows[i]);
        if (!log || log->before_us != TIME_NONE)
            continue;                           /* one that is still being mended is asked about the next time */
        log->asked_seq = publish_acknowledged(&c->shards[log->shard]);
        c->ports.bus.ask_reaches(c->ports.bus.context, log->topic, log->shard, rows[i].asked_at_us);
    }
    return outcome;
}

void again_begins(struct conductor *c, const struct bus_notice *notice) {
    struct text key = key_of(&c->turn_arena, text_from(notice->topic), notice->partition);
    struct task_log *log = text_is_none(key) ? NULL : map_get(&c->task_logs, key);
    if (!log || log->before_us != TIME_NONE || mutation_is(left_tasks_forgotten))
        return;
    int64_t now_us = conductor_now(c);
    /* An empty log is never settled: what was published into it again would be at its beginning. */
    if (notice->begins_us == INT64_MAX || notice->begins_us != log->begins_us)
        log->settled_seq = 0;
    log->begins_us = notice->begins_us;
    log->before_us = notice->begins_us < now_us ? notice->begins_us : now_us;
    log->after_us = TIME_NONE;
    log->count = 0;
    c->again_open++;
}

static void settle(struct conductor *c, struct task_log *log) {
    log->before_us = TIME_NONE;
    log->settled_seq = log->asked_seq;
    c->again_open--;
    if (log->count > 0)
        log_warn("tasks_left", "tasks that wait for an answer were no longer in their topic and were published again",
                 LOG_TEXT("topic", log->topic), LOG_INT("partition", log->shard), LOG_INT("messages", log->count));
}

static bool is_of(const struct store_event *row, const struct event *event, const struct store_asked *asked) {
    return text_equal(row->case_id, asked->case_id) && text_equal(event->step, asked->step) && event->index == asked->index;
}

static bool begins_task(const struct event *event) {
    return event->kind == EVENT_STEP_ASKED || event->kind == EVENT_UNDO_ASKED;
}

/* Publishes one event's message to this log's department again. */
static enum outcome send(struct conductor *c, struct task_log *log, const struct store_event *row, const struct event *event,
                         struct error *error) {
    struct command_list commands;
    engine_commands(row->case_id, event, &commands);
    for (uint32_t i = 0; i < commands.count; i++) {
        if (commands.at[i].kind != COMMAND_PUBLISH || !text_equal(commands.at[i].department, log->department) ||
            !text_equal(commands.at[i].region, log->region))
            continue;
        enum outcome outcome = publish_again(c, log->shard, row->case_id, &commands.at[i], &c->journal_arena, error);
        if (outcome != OUTCOME_OK)
            return outcome;
        log->count++;
        METER_ADD(c, published_again, 1);
    }
    return OUTCOME_OK;
}

/* One case's journal: of each thing still asked, its task (compensation) and all that was said about it since. */
static enum outcome send_case(struct conductor *c, struct task_log *log, const struct store_event *rows, uint32_t row_count,
                              const struct store_asked *asked, uint32_t asked_count, struct error *error) {
    struct event *events = arena_new_array(&c->journal_arena, row_count, struct event);
    int64_t *from_seq = arena_new_array(&c->journal_arena, asked_count, int64_t);
    if (!events || !from_seq)
        return error_no_memory(error);
    for (uint32_t i = 0; i < row_count; i++) {
        enum outcome outcome = event_read(&c->journal_arena, rows[i].kind, (uint32_t)rows[i].version, rows[i].at_us, rows[i].step,
                                          rows[i].data, &events[i], error);
        if (outcome != OUTCOME_OK)
            return outcome;
        for (uint32_t j = 0; j < asked_count && begins_task(&events[i]); j++)
            if (is_of(&rows[i], &events[i], &asked[j]))
                from_seq[j] = rows[i].seq;
    }
    for (uint32_t i = 0; i < row_count; i++) {
        bool wanted = false;
        for (uint32_t j = 0; j < asked_count; j++)
            wanted |= from_seq[j] > 0 && rows[i].seq >= from_seq[j] && is_of(&rows[i], &events[i], &asked[j]);
        if (!wanted || rows[i].at_us >= log->before_us || rows[i].seq > log->asked_seq || rows[i].seq <= log->settled_seq)
            continue;
        enum outcome outcome = send(c, log, &rows[i], &events[i], error);
        if (outcome != OUTCOME_OK)
            return outcome;
    }
    return OUTCOME_OK;
}

/* Nothing more can be done for it here: an operator sees it, and that its department waits. */
static void leave_out(struct conductor *c, const struct task_log *log, struct text case_id, const struct error *why) {
    log_error("journal_unreadable", "a case's tasks have left their topic, and its journal can't be read to publish them again",
              LOG_TEXT("case", case_id), LOG_TEXT("topic", log->topic), LOG_STRING("code", why->code), LOG_STRING("why", why->message));
    note_incident(c, log->shard, text_copy(&c->aside_arena, case_id),
                  text_format(&c->aside_arena, "%.*s:tasks:%.*s", TEXT_ARG(case_id), TEXT_ARG(log->topic)), TEXT("journal_unreadable"),
                  text_format(&c->aside_arena, "{\"case\":\"%.*s\",\"topic\":\"%.*s\"}", TEXT_ARG(case_id), TEXT_ARG(log->topic)));
}

/* How many of `asked` from `first` on are the case's: they stand together. */
static uint32_t count_of_case(const struct store_asked *asked, uint32_t first, uint32_t asked_count, struct text case_id) {
    uint32_t end = first;
    while (end < asked_count && text_equal(asked[end].case_id, case_id))
        end++;
    return end - first;
}

static enum outcome send_read(struct conductor *c, struct task_log *log, const struct store_asked *asked, uint32_t asked_count,
                              const struct text *ids, uint32_t id_count, struct error *error) {
    struct store_event *rows = NULL;
    uint32_t row_count = 0;
    enum outcome outcome = cache_read_journals(c, ids, id_count, &rows, &row_count, error);
    for (uint32_t i = 0, row = 0, one = 0; outcome == OUTCOME_OK && i < id_count; i++) {
        uint32_t first_row = row, mine = count_of_case(asked, one, asked_count, ids[i]);
        while (row < row_count && text_equal(rows[row].case_id, ids[i]))
            row++;
        outcome = send_case(c, log, rows + first_row, row - first_row, asked + one, mine, error);
        one += mine;
    }
    if ((outcome == OUTCOME_FATAL || outcome == OUTCOME_REJECT) && c->journal_arena.failed)
        return cache_short_of_memory(c, error);
    return outcome;
}

/* A page's cases. Where some journals can't be read, by the store or for their size, each is read alone, and those that can't
 * even then are left out. */
static enum outcome send_cases(struct conductor *c, struct task_log *log, const struct store_asked *asked, uint32_t asked_count,
                               const struct text *ids, uint32_t id_count, struct error *error) {
    enum outcome outcome = send_read(c, log, asked, asked_count, ids, id_count, error);
    for (uint32_t i = 0, one = 0, mine; outcome == OUTCOME_REJECT && i < id_count; i++, one += mine) {
        mine = count_of_case(asked, one, asked_count, ids[i]);
        enum outcome alone = send_read(c, log, asked + one, mine, &ids[i], 1, error);
        if (alone == OUTCOME_REJECT)
            leave_out(c, log, ids[i], error);
        else if (alone != OUTCOME_OK)
            return alone;
    }
    return outcome == OUTCOME_REJECT ? OUTCOME_OK : outcome;
}

static int compare_cases(const void *a, const void *b) {
    return text_compare(((const struct store_asked *)a)->case_id, ((const struct store_asked *)b)->case_id);
}

static void go_behind(struct task_log *log, const struct store_asked *last) {
    log->after_us = last->asked_at_us;
    log->after_index = last->index;
    log->after_case_length = log->after_step_length = 0;
    if (last->case_id.length < sizeof log->after_case)
        memcpy(log->after_case, last->case_id.at, log->after_case_length = last->case_id.length);
    if (last->step.length < sizeof log->after_step)
        memcpy(log->after_step, last->step.at, log->after_step_length = last->step.length);
}

/* The next steps of one log. RETRY: the bus took no more for now. */
static enum outcome mend(struct conductor *c, struct task_log *log, struct error *error) {
    struct store_asked *asked = NULL;
    uint32_t asked_count = 0, id_count = 0;
    arena_reset(&c->catch_up_arena);
    struct store_asked last = {.shard = log->shard, .department = log->department, .region = log->region, .asked_at_us = log->after_us,
                               .case_id = text_span(log->after_case, log->after_case_length),
                               .step = text_span(log->after_step, log->after_step_length), .index = log->after_index};
    enum outcome outcome = c->ports.store.asked_steps(c->ports.store.context, &last, log->before_us, AGAIN_STEPS, &c->catch_up_arena,
                                                      &asked, &asked_count, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (asked_count > 0) {
        last = asked[asked_count - 1];
        qsort(asked, asked_count, sizeof *asked, compare_cases);
    }
    struct text *ids = arena_new_array(&c->catch_up_arena, asked_count + 1, struct text);
    if (!ids)
        return error_no_memory(error);
    for (uint32_t i = 0; i < asked_count; i++)
        if (id_count == 0 || !text_equal(ids[id_count - 1], asked[i].case_id))
            ids[id_count++] = asked[i].case_id;
    if (id_count > 0)
        outcome = send_cases(c, log, asked, asked_count, ids, id_count, error);
    if (outcome != OUTCOME_OK)
        return outcome;                         /* this page again */
    if (asked_count < AGAIN_STEPS)
        settle(c, log);
    else
        go_behind(log, &last);
    return OUTCOME_OK;
}

/* The first log whose tasks go out again; one whose shard went to another daemon is that one's matter. */
static struct task_log *next_open(struct conductor *c) {
    struct task_log *next = NULL;
    map_each(&c->task_logs, slot) {
        struct task_log *log = slot->value;
        if (log->before_us == TIME_NONE)
            continue;
        if (c->shards[log->shard].owned) {
            next = next ? next : log;
            continue;
        }
        log->before_us = log->begins_us = TIME_NONE;
        c->again_open--;
    }
    return next;
}

bool again_turn(struct conductor *c, int64_t monotonic_us) {
    struct error error = {0};
    enum outcome outcome = OUTCOME_OK;
    if (c->settings.tasks_check_us > 0 && monotonic_us >= c->again_at_us && c->meters.bus_up) {
        c->again_at_us = monotonic_us + c->settings.tasks_check_us;
        c->again_under_way = 0;                 /* what is not told of by now never is */
        outcome = ask(c, &error);
    }
    struct task_log *log = outcome == OUTCOME_OK && c->again_open > 0 && c->again_under_way == 0 ? next_open(c) : NULL;
    if (log)
        outcome = mend(c, log, &error);
    if (outcome == OUTCOME_FATAL)
        log_warn("tasks_check", "whether tasks have left their topics can't be seen now; it is tried again",
                 LOG_STRING("why", error.message));
    return outcome == OUTCOME_OK && c->again_open > 0 && c->again_under_way == 0;
}
