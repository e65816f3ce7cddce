/* The bus suite on the fake that the simulation runs on: it must tell the truth. */
#include <time.h>

#include "bus_suite.h"
#include "simulation/bus_fake.h"

static struct bus_truth truth;
static struct bus_port ports[256];
static unsigned port_count;

static int64_t now(void *context) {
    struct timespec at;
    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

static void wait(void *context, int64_t us) {
    (void)context;
    nanosleep(&(struct timespec){0, us * 1000}, NULL);
}

static bool looks_up(void *context) { (void)context; return true; }

static const struct bus_port *fake_open(void *context, uint32_t queue_messages) {
    (void)context;
    struct bus_client *client = bus_client_make(&truth);
    client->message_timeout_us = 3000000;
    if (queue_messages)
        client->queue_most = queue_messages;
    ports[port_count] = bus_client_port(client);
    return &ports[port_count++];
}

static void fake_close(void *context, const struct bus_port *port) { (void)context; bus_client_end(port->context); }
static bool topic_make(void *context, const char *name, int partition_count) {
    (void)context;
    return bus_truth_topic_make(&truth, text_from(name), partition_count);
}
static void broker_stop(void *context) { (void)context; truth.down = true; }
static void broker_go(void *context) { (void)context; truth.down = false; }

static struct bus_plan plan(void *context, struct bus_client *client, const struct bus_publication *publication) {
    (void)context;
    (void)client;
    (void)publication;
    return (struct bus_plan){.fate = BUS_PLAN_LANDS, .lands_after_us = 200, .told_after_us = 100};
}

int main(void) {
    bus_truth_init(&truth, &(struct bus_hooks){.now_us = now, .looks_up = looks_up, .plan = plan, .wait = wait});
    const struct bus_suite_factory factory = {.name = "fake", .open = fake_open, .close = fake_close, .topic_make = topic_make,
                                              .broker_stop = broker_stop, .broker_go = broker_go, .tells_times = true};
    int failed = bus_suite_run(&factory);
    bus_truth_free(&truth);
    return failed;
}
