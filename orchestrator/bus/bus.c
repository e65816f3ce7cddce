/* The life of a bus: made from settings, its clients started, stopped and started again, and the table of functions
 * that the conductor holds. */
#include "bus/bus_part.h"

#include <errno.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

void bus_fd_raise(int fd) {
    uint64_t one = 1;
    ssize_t written = write(fd, &one, sizeof one);
    (void)written; /* EAGAIN: it is raised already */
}

void bus_fd_lower(int fd) {
    uint64_t count;
    ssize_t got = read(fd, &count, sizeof count);
    (void)got; /* EAGAIN: it was low */
}

static enum outcome client_make(rd_kafka_type_t type, const rd_kafka_conf_t *template, rd_kafka_t **ret,
                                struct error *error) {
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_dup(template);
    rd_kafka_t *client = rd_kafka_new(type, conf, reason, sizeof reason);
    if (!client) {
        rd_kafka_conf_destroy(conf);
        return error_set(error, OUTCOME_FATAL, "bus_client", "a Kafka client can't be made: %s", reason);
    }
    *ret = client;
    return OUTCOME_OK;
}

/* A client's queue raises a descriptor whenever it stops being empty. */
enum outcome bus_reader_start(struct bus *bus, enum bus_reader which, struct error *error) {
    static const uint64_t one = 1;
    if (bus->readers[which])
        return OUTCOME_OK;
    enum outcome outcome = client_make(RD_KAFKA_CONSUMER, bus->reader_confs[which], &bus->readers[which], error);
    if (outcome)
        return outcome;
    rd_kafka_poll_set_consumer(bus->readers[which]);
    bus->reader_queues[which] = rd_kafka_queue_get_consumer(bus->readers[which]);
    rd_kafka_queue_io_event_enable(bus->reader_queues[which], bus->reader_fd, &one, sizeof one);
    return OUTCOME_OK;
}

static enum outcome writer_start(struct bus *bus, struct error *error) {
    static const uint64_t one = 1;
    enum outcome outcome = client_make(RD_KAFKA_PRODUCER, bus->writer_conf, &bus->writer, error);
    if (outcome)
        return outcome;
    bus->writer_queue = rd_kafka_queue_get_main(bus->writer);
    rd_kafka_queue_io_event_enable(bus->writer_queue, bus->writer_fd, &one, sizeof one);
    return OUTCOME_OK;
}

static void bus_stop(void *context, int wait_ms) {
    struct bus *bus = context;
    while (bus->held_count > 0)
        bus_release(bus);
    if (bus->writer) {
        /* in short waits: what failed must not be overtaken here either */
        for (int64_t until_us = bus_now_us() + wait_ms * INT64_C(1000); !bus->gap && bus_now_us() < until_us;)
            if (rd_kafka_flush(bus->writer, 10) == RD_KAFKA_RESP_ERR_NO_ERROR)
                break;
        rd_kafka_purge(bus->writer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_flush(bus->writer, 100);
    }
    scout_stop(&bus->scout);
    for (uint32_t i = 0; i < bus->assigned_count; i++)
        bus->assigned[i]->state = BUS_PARTITION_UNREAD;
    bus->assigned_count = 0;
    bus_topics_forget_handles(bus);
    for (int i = 0; i < BUS_READERS; i++)
        if (bus->reader_queues[i])
            rd_kafka_queue_destroy(bus->reader_queues[i]);
    if (bus->writer_queue)
        rd_kafka_queue_destroy(bus->writer_queue);
    if (bus->committer)
        rd_kafka_destroy_flags(bus->committer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    for (int i = 0; i < BUS_READERS; i++)
        if (bus->readers[i])
            rd_kafka_destroy_flags(bus->readers[i], RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    if (bus->writer)
        rd_kafka_destroy(bus->writer);
    memset(bus->reader_queues, 0, sizeof bus->reader_queues);
    memset(bus->readers, 0, sizeof bus->readers);
    bus->writer_queue = NULL;
    bus->writer = bus->committer = NULL;
    bus->behind_count = 0;
    bus->committed_at_us = 0;
}

static enum outcome bus_start(void *context, struct error *error) {
    struct bus *bus = context;
    bus_stop(bus, 0);
    bus->ring_first = bus->ring_count = bus->outstanding = 0;
    bus->notice_count = 0;
    bus->paused = bus->fatal = false;
    enum outcome outcome = bus_reader_start(bus, BUS_READS_ANSWERS, error);
    if (!outcome)
        outcome = bus_reader_start(bus, BUS_READS_BULK, error);
    if (!outcome)
        outcome = writer_start(bus, error);
    if (!outcome)
        outcome = scout_start(&bus->scout, bus->readers[BUS_READS_ANSWERS], error);
    if (outcome)
        bus_stop(bus, 0);
    return outcome;
}

static int bus_descriptor(void *context) { return ((struct bus *)context)->epoll_fd; }

static const struct bus_port functions = {
    .start = bus_start,
    .assign = bus_assign,
    .poll = bus_poll,
    .release = bus_release,
    .seek = bus_seek,
    .pause = bus_pause,
    .publish = bus_publish,
    .deliveries = bus_deliveries,
    .purge = bus_purge,
    .notices = bus_notices,
    .descriptor = bus_descriptor,
    .lag = bus_lag,
    .ask_reaches = bus_ask_reaches,
    .stop = bus_stop,
    .commit_for_lag_tools = bus_commit_for_lag_tools,
};

static enum outcome descriptors_make(struct bus *bus, struct error *error) {
    bus->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    bus->reader_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    bus->writer_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    enum outcome outcome = scout_prepare(&bus->scout, error);
    if (outcome)
        return outcome;
    const int fds[] = {bus->reader_fd, bus->writer_fd, bus->scout.fd};
    for (size_t i = 0; i < 3; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fds[i]};
        if (epoll_ctl(bus->epoll_fd, EPOLL_CTL_ADD, fds[i], &event))
            return error_set(error, OUTCOME_FATAL, "no_descriptor", "epoll: %s; raise the limit of open files",
                             strerror(errno));
    }
    return OUTCOME_OK;
}

static enum outcome confs_make(struct bus *bus, const struct bus_settings *settings, struct error *error) {
    const uint32_t fetch_kbytes[BUS_READERS] = {settings->fetch_kbytes, BUS_BULK_FETCH_KBYTES, BUS_BEHIND_FETCH_KBYTES};
    enum outcome outcome = OUTCOME_OK;
    for (int i = 0; !outcome && i < BUS_READERS; i++) {
        struct bus_settings its = *settings;
        its.fetch_kbytes = fetch_kbytes[i];
        outcome = bus_conf_make(&its, BUS_READER, &bus->reader_confs[i], error);
    }
    if (!outcome)
        outcome = bus_conf_make(settings, BUS_WRITER, &bus->writer_conf, error);
    if (!outcome)
        outcome = bus_conf_make(settings, BUS_COMMITTER, &bus->committer_conf, error);
    if (outcome)
        return outcome;
    for (int i = 0; i <= BUS_READERS; i++) {
        rd_kafka_conf_t *conf = i < BUS_READERS ? bus->reader_confs[i] : bus->writer_conf;
        rd_kafka_conf_set_opaque(conf, bus);
        rd_kafka_conf_set_error_cb(conf, bus_on_error);
    }
    rd_kafka_conf_set_dr_msg_cb(bus->writer_conf, bus_on_delivery);
    return OUTCOME_OK;
}

enum outcome bus_create(const struct bus_settings *settings, struct bus **ret, struct error *error) {
    struct bus *bus = memory_alloc(sizeof *bus);
    if (!bus)
        return error_no_memory(error);
    bus->port = functions;
    bus->port.context = bus;
    map_init(&bus->topics);
    bus->ring_room = settings->queue_messages ? settings->queue_messages : BUS_QUEUE_MESSAGES_DEFAULT;
    bus->ring = memory_alloc(bus->ring_room * sizeof *bus->ring);
    enum outcome outcome = descriptors_make(bus, error);
    if (!outcome && !bus->ring)
        outcome = error_no_memory(error);
    if (!outcome)
        outcome = confs_make(bus, settings, error);
    if (outcome) {
        bus_destroy(bus);
        return outcome;
    }
    *ret = bus;
    return OUTCOME_OK;
}

const struct bus_port *bus_port(struct bus *bus) { return &bus->port; }

void bus_destroy(struct bus *bus) {
    if (!bus)
        return;
    bus_stop(bus, 0);
    bus_topics_free(bus);
    scout_free(&bus->scout);
    const int fds[] = {bus->epoll_fd, bus->reader_fd, bus->writer_fd};
    for (size_t i = 0; i < 3; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    for (int i = 0; i < BUS_READERS; i++)
        if (bus->reader_confs[i])
            rd_kafka_conf_destroy(bus->reader_confs[i]);
    if (bus->writer_conf)
        rd_kafka_conf_destroy(bus->writer_conf);
    if (bus->committer_conf)
        rd_kafka_conf_destroy(bus->committer_conf);
    memory_free(bus->assigned);
    for (size_t i = 0; i < BUS_POLLS_HELD_MOST; i++)
        memory_free(bus->held[i].headers);
    memory_free(bus->ring);
    memory_free(bus->notices);
    memory_free(bus);
}
