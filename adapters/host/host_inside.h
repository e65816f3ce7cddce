/* What config.c fills and host.c runs. Not for drivers. */
#ifndef YJS_HOST_INSIDE_H
#define YJS_HOST_INSIDE_H

#include <stdatomic.h>
#include "host.h"

#define PROPERTIES_MOST 128

struct driver_name { const char *name; };
struct step_expressions { const char *request, *answer, *require; };

struct host {
    struct host_config *config;
    struct yjs_options options;
    const struct yjs_driver *driver;
    void *driver_settings, *self;
    struct host_step *steps;            /* step_count configured ones, and one with defaults behind them */
    size_t step_count;
    const struct node *driver_node, *steps_node, *http_node, *retry_node, *breaker_node;
    int assign, keep;
    int64_t http_port;
    struct yjs_adapter *adapter;
    pthread_t thread;
    bool has_thread;
    int verdict;
};

struct host_config {
    struct node *root;
    struct host *hosts;
    size_t host_count;
    const char *region, *bootstrap, *tls_ca, *tls_certificate, *tls_key, *tls_password;
    const struct node *kafka_node, *log_node, *departments_node, *properties_node, *tls_node;
    int log_level, log_format;
    struct yjs_property properties[PROPERTIES_MOST];
    size_t property_count;
    pthread_t waiter;                   /* who is told when a department ends by itself */
};

#endif
