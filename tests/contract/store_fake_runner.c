/* The store suite on the fake that the simulation runs on: it must tell the truth. */
#include "simulation/store_fake.h"
#include "store_suite.h"

static struct store_truth truth;
static int64_t clock_us;

static int64_t now(void *context) { (void)context; return clock_us += 1000; }

static void reset(void *context) {
    (void)context;
    store_truth_free(&truth);
    store_truth_init(&truth, STORE_SUITE_SHARDS, &(struct store_hooks){.now_us = now});
}

static struct store_port make(void *context, const char *instance) {
    (void)context;
    return store_client_port(store_client_make(&truth, text_from(instance)));
}

int main(void) {
    const struct store_world world = {.reset = reset, .make = make};
    int failed = store_suite_run(&world);
    store_truth_free(&truth);
    return failed;
}
