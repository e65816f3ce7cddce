/* The scout: one thread that asks the brokers what can only be asked by waiting, so that the conductor never waits. It
 * uses the reader's connections. It says AWAY when no broker can be reached or none answered a question within some
 * seconds, BACK when one does; whether each topic we have named is there and with how many partitions; and the offsets of a partition. */
#include "bus/bus_part.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include <sys/eventfd.h>
#include "base/log.h"

#define ASK_MS 1000              /* how long a broker has to answer */
#define ASK_AGAIN_MS 3000        /* … when it was there and is slow, or we are about to connect: neither is away */
#define SOON_MS 200              /* between two looks at what is missing or away … */
#define SOON_LOOKS 50            /* … so often, then */
#define LATER_MS 1000
#define FINDINGS_MOST 65536
#define OUTSIDE_WAIT_MS 200      /* before a partition's ends are asked for, whose broker says that we stand outside … */
#define OUTSIDE_FOR_US 5000000   /* … and so long it is asked again when we stand behind its end: it may be a follower's */

static bool findings_add(struct scout_findings *findings, const struct scout_finding *finding) {
    if (findings->count == findings->room) {
        uint32_t room = findings->room ? findings->room * 2 : 16;
        struct scout_finding *more =
            room <= FINDINGS_MOST ? memory_resize(findings->at, room * sizeof *more) : NULL;
        if (!more) {
            log_warn("bus_finding_lost", "no memory for what was learnt about a topic; it is asked again later",
                     LOG_TEXT("topic", finding->topic ? finding->topic->name : TEXT_NONE));
            return false;
        }
        findings->at = more;
        findings->room = room;
    }
    findings->at[findings->count++] = *finding;
    return true;
}

static void scout_say(struct scout *scout, const struct scout_finding *finding) {
    pthread_mutex_lock(&scout->lock);
    findings_add(&scout->found, finding);
    pthread_mutex_unlock(&scout->lock);
    bus_fd_raise(scout->fd);
}

/* Says what was seen of one wanted topic, unless that was said before. */
static void scout_judge_topic(struct scout *scout, struct bus_topic_entry *topic) {
    bool there = topic->scouted.seen && !topic->scouted.error && topic->scouted.partition_count > 0;
    int32_t count = there ? topic->scouted.partition_count : 0;
    if (!there)
        scout->topics_missing = true;
    if (topic->scouted.said && topic->scouted.partition_count_said == count)
        return;
    struct scout_finding finding = {.kind = SCOUT_TOPIC, .topic = topic, .partition_count = count};
    if (!there)
        snprintf(finding.reason, sizeof finding.reason, "%s",
                 topic->scouted.error ? rd_kafka_err2str(topic->scouted.error)
                                      : "the brokers know no such topic, or we may not see it");
    topic->scouted.said = findings_add(&scout->found, &finding);
    topic->scouted.partition_count_said = count;
    bus_fd_raise(scout->fd);
}

/* Compares what the brokers have with what is wanted. */
static void scout_judge(struct scout *scout, const struct rd_kafka_metadata *metadata) {
    pthread_mutex_lock(&scout->lock);
    map_each(&scout->wanted, slot)
        ((struct bus_topic_entry *)slot->value)->scouted.seen = false;
    for (int i = 0; i < metadata->topic_cnt; i++) {
        struct bus_topic_entry *topic = map_get(&scout->wanted, text_from(metadata->topics[i].topic));
        if (!topic)
            continue;
        topic->scouted.seen = true;
        topic->scouted.error = metadata->topics[i].err;
        topic->scouted.partition_count = metadata->topics[i].partition_cnt;
    }
    scout->topics_missing = false;
    map_each(&scout->wanted, slot)
        scout_judge_topic(scout, slot->value);
    scout->looks = scout->topics_missing ? scout->looks + 1 : 0;
    pthread_mutex_unlock(&scout->lock);
}

static void scout_set_away(struct scout *scout, bool away, rd_kafka_resp_err_t error) {
    if (scout->away == away)
        return;
    scout->away = away;
    struct scout_finding finding = {.kind = away ? SCOUT_AWAY : SCOUT_BACK};
    snprintf(finding.reason, sizeof finding.reason, "%s", away ? rd_kafka_err2str(error) : "");
    scout_say(scout, &finding);
}

/* All topics are asked for: to name one can make it (the trial broker's has no other way). */
static void scout_look(struct scout *scout) {
    const struct rd_kafka_metadata *metadata;
    scout->looked_us = bus_now_us();
    rd_kafka_resp_err_t error = rd_kafka_metadata(scout->reader, 1, NULL, &metadata, ASK_MS);
    if (!scout->away && (error == RD_KAFKA_RESP_ERR__TIMED_OUT || (error && !scout->met)))
        error = rd_kafka_metadata(scout->reader, 1, NULL, &metadata, ASK_AGAIN_MS);
    if (!error && !scout->met && !scout->away)
        scout_say(scout, &(struct scout_finding){.kind = SCOUT_BACK});
    scout_set_away(scout, error != RD_KAFKA_RESP_ERR_NO_ERROR, error);
    scout->met |= !error;
    if (error) {
        scout->topics_missing = true; /* look again */
        return;
    }
    scout_judge(scout, metadata);
    rd_kafka_metadata_destroy(metadata);
}

static bool is_stopping(struct scout *scout) {
    pthread_mutex_lock(&scout->lock);
    bool stopping = scout->stopping;
    pthread_mutex_unlock(&scout->lock);
    return stopping;
}

/* The first offset whose message is as young as `at_ms`; RD_KAFKA_OFFSET_END when there is none. */
static rd_kafka_resp_err_t first_since(struct scout *scout, const struct scout_finding *question, int64_t at_ms, int64_t *ret) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *one = rd_kafka_topic_partition_list_add(list, question->topic->name.at, question->partition);
    one->offset = at_ms;
    rd_kafka_resp_err_t error = rd_kafka_offsets_for_times(scout->reader, list, ASK_MS);
    if (!error)
        error = one->err;
    *ret = one->offset;
    rd_kafka_topic_partition_list_destroy(list);
    return error;
}

/* Both ends of a log, as times with names of their own. (librdkafka's call for the watermarks keeps to no time limit when the
 * broker goes while it is asked: a stop would wait for that.) */
static rd_kafka_resp_err_t ends_of(struct scout *scout, const struct scout_finding *question, int64_t *ret_low, int64_t *ret_high) {
    rd_kafka_resp_err_t error = first_since(scout, question, RD_KAFKA_OFFSET_BEGINNING, ret_low);
    return error ? error : first_since(scout, question, RD_KAFKA_OFFSET_END, ret_high);
}

/* Is anything in the partition at all? */
static rd_kafka_resp_err_t is_empty(struct scout *scout, const struct scout_finding *question, bool *ret) {
    int64_t low = 0, high = 0;
    rd_kafka_resp_err_t error = ends_of(scout, question, &low, &high);
    *ret = low >= high;
    return error;
}

/* The time stamp of the first message, when that is younger than was asked for: Kafka tells offsets of times only, so it
 * is closed in on between what is known to be too old and what is known to be young enough. A broker that keeps no times
 * (librdkafka's mock cluster) has no message since the year 1970 in a log with messages: there nobody can say. */
static rd_kafka_resp_err_t find_begin(struct scout *scout, struct scout_finding *question) {
    int64_t first = 0, offset = 0, old_ms = question->asked_us / 1000, young_ms;
    rd_kafka_resp_err_t error = first_since(scout, question, 0, &first);
    if (!error)
        error = first_since(scout, question, old_ms, &offset);
    if (error || (offset >= 0 && offset > first))
        return error;
    bool empty = true;
    if (first < 0)
        error = is_empty(scout, question, &empty);
    if (error || !empty)
        return error;
    question->begins_us = INT64_MAX;
    if (offset < 0)
        return error;
    for (young_ms = INT64_MAX / 1000; !error && young_ms - old_ms > 1;) {
        int64_t middle = old_ms + (young_ms - old_ms) / 2;
        /* half a hundred questions, of a slow broker a second each: a stop waits for one */
        error = is_stopping(scout) ? RD_KAFKA_RESP_ERR__DESTROY : first_since(scout, question, middle, &offset);
        if (offset == first)
            old_ms = middle;
        else
            young_ms = middle;
    }
    question->begins_us = error ? 0 : old_ms * 1000;
    return error;
}

/* A broker that stood still wakes as a leader that it no longer is, and its log ends before the new leader's: we would
 * stand outside. So the leader is looked for first, and who is behind the end asks again for a while. */
static rd_kafka_resp_err_t find_ends(struct scout *scout, struct scout_finding *question) {
    if (question->kind == SCOUT_OFFSET_GONE && scout->looked_us < question->asked_us + OUTSIDE_WAIT_MS * 1000) {
        struct timespec wait = {.tv_nsec = OUTSIDE_WAIT_MS * 1000000L};
        nanosleep(&wait, NULL);
        scout_look(scout);
    }
    rd_kafka_resp_err_t error = ends_of(scout, question, &question->low, &question->high);
    bool behind = question->kind == SCOUT_OFFSET_GONE && question->offset > question->high;
    if (error || !behind || bus_now_us() - question->asked_us >= OUTSIDE_FOR_US)
        return error;
    scout->looked_us = 0;
    return RD_KAFKA_RESP_ERR__IN_PROGRESS;
}

static rd_kafka_resp_err_t find_answer(struct scout *scout, struct scout_finding *question) {
    if (question->kind == SCOUT_LOG_BEGINS) {
        find_begin(scout, question);
        return RD_KAFKA_RESP_ERR_NO_ERROR; /* whoever asked asks again some time */
    }
    return find_ends(scout, question);
}

/* Answers the oldest question about a partition's offsets, or leaves it for later. */
static void scout_answer_one(struct scout *scout) {
    pthread_mutex_lock(&scout->lock);
    struct scout_finding question = {0};
    bool any = scout->asked.count > 0;
    if (any) {
        question = scout->asked.at[0];
        memmove(scout->asked.at, scout->asked.at + 1, --scout->asked.count * sizeof *scout->asked.at);
    }
    pthread_mutex_unlock(&scout->lock);
    if (!any)
        return;
    rd_kafka_resp_err_t error = find_answer(scout, &question);
    if (!error) {
        scout_say(scout, &question);
        return;
    }
    pthread_mutex_lock(&scout->lock);
    findings_add(&scout->asked, &question);
    pthread_mutex_unlock(&scout->lock);
    scout_look(scout); /* is anyone there at all? */
}

static void deadline_in(struct timespec *ret, int ms) {
    clock_gettime(CLOCK_MONOTONIC, ret);
    ret->tv_nsec += (long)ms * 1000000;
    ret->tv_sec += ret->tv_nsec / 1000000000;
    ret->tv_nsec %= 1000000000;
}

/* Waits until there is something to ask. False: stop. */
static bool scout_wait(struct scout *scout, bool *ret_look) {
    pthread_mutex_lock(&scout->lock);
    bool owed = scout->away || scout->topics_missing;
    struct timespec deadline;
    deadline_in(&deadline, scout->looks < SOON_LOOKS ? SOON_MS : LATER_MS);
    while (!scout->stopping) {
        bool asked = scout->suspect || scout->look || scout->asked.count > 0;
        if (asked && !scout->away)
            break;
        if (!owed)
            pthread_cond_wait(&scout->wake, &scout->lock);
        else if (pthread_cond_timedwait(&scout->wake, &scout->lock, &deadline) == ETIMEDOUT)
            break;
    }
    *ret_look = owed || scout->suspect || scout->look;
    scout->suspect = scout->look = false;
    bool go_on = !scout->stopping;
    pthread_mutex_unlock(&scout->lock);
    return go_on;
}

static void *scout_run(void *argument) {
    struct scout *scout = argument;
    pthread_setname_np(pthread_self(), "bus-scout");
    bool look;
    while (scout_wait(scout, &look)) {
        if (look)
            scout_look(scout);
        if (!scout->away)
            scout_answer_one(scout);
    }
    return NULL;
}

enum outcome scout_prepare(struct scout *scout, struct error *error) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&scout->lock, NULL);
    pthread_cond_init(&scout->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    map_init(&scout->wanted);
    scout->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (scout->fd < 0)
        return error_set(error, OUTCOME_FATAL, "no_descriptor", "eventfd: %s; raise the limit of open files",
                         strerror(errno));
    return OUTCOME_OK;
}

enum outcome scout_start(struct scout *scout, rd_kafka_t *reader, struct error *error) {
    scout->reader = reader;
    scout->stopping = scout->away = scout->met = scout->topics_missing = false;
    scout->suspect = true; /* the first question: is anyone there? */
    scout->asked.count = scout->found.count = 0;
    scout->looks = 0;
    map_clear(&scout->wanted);
    int failed = pthread_create(&scout->thread, NULL, scout_run, scout);
    if (failed)
        return error_set(error, OUTCOME_FATAL, "no_thread", "a thread can't be made: %s", strerror(failed));
    scout->running = true;
    return OUTCOME_OK;
}

void scout_stop(struct scout *scout) {
    if (!scout->running)
        return;
    pthread_mutex_lock(&scout->lock);
    scout->stopping = true;
    pthread_cond_signal(&scout->wake);
    pthread_mutex_unlock(&scout->lock);
    pthread_join(scout->thread, NULL);
    scout->running = false;
    scout->reader = NULL;
}

void scout_free(struct scout *scout) {
    if (scout->fd >= 0)
        close(scout->fd);
    memory_free(scout->asked.at);
    memory_free(scout->found.at);
    map_free(&scout->wanted);
    pthread_cond_destroy(&scout->wake);
    pthread_mutex_destroy(&scout->lock);
}

void scout_look_for(struct scout *scout, struct bus_topic_entry *topic) {
    pthread_mutex_lock(&scout->lock);
    topic->scouted.said = false;
    topic->wanted = map_put(&scout->wanted, topic->name, topic);
    scout->look = true;
    scout->looks = 0;
    pthread_cond_signal(&scout->wake);
    pthread_mutex_unlock(&scout->lock);
}

void scout_suspect(struct scout *scout) {
    pthread_mutex_lock(&scout->lock);
    scout->suspect = true;
    pthread_cond_signal(&scout->wake);
    pthread_mutex_unlock(&scout->lock);
}

static void scout_put(struct scout *scout, const struct scout_finding *question) {
    pthread_mutex_lock(&scout->lock);
    findings_add(&scout->asked, question);
    pthread_cond_signal(&scout->wake);
    pthread_mutex_unlock(&scout->lock);
}

void scout_ask(struct scout *scout, enum scout_finding_kind kind, const struct bus_partition *partition,
               const char *reason) {
    struct scout_finding question = {
        .kind = kind, .topic = partition->topic, .partition = partition->number, .offset = partition->next,
        .asked_us = bus_now_us()};
    snprintf(question.reason, sizeof question.reason, "%s", reason);
    scout_put(scout, &question);
}

void scout_ask_reaches(struct scout *scout, const struct bus_partition *partition, int64_t asked_us) {
    scout_put(scout, &(struct scout_finding){.kind = SCOUT_LOG_BEGINS, .topic = partition->topic,
                                             .partition = partition->number, .asked_us = asked_us});
}

struct scout_findings scout_take(struct scout *scout) {
    bus_fd_lower(scout->fd);
    pthread_mutex_lock(&scout->lock);
    struct scout_findings found = scout->found;
    scout->found = (struct scout_findings){0};
    pthread_mutex_unlock(&scout->lock);
    return found;
}
