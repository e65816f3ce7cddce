/* The host's configuration file: its tables of settings, and how a department is made from them. */
#include <stddef.h>
#include <stdlib.h>
#include <librdkafka/rdkafka.h>
#include "host_inside.h"

static const char *const assigns[] = {"all", "group", NULL};
static const char *const keeps[] = {"tasks", "offsets", "driver", NULL};
static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
static const char *const formats[] = {"text", "json", NULL};

#define AT(field) offsetof(struct host_config, field)
static const struct setting process_settings[] = {
    {"kafka", SETTING_NODE, AT(kafka_node), NULL, true, "bootstrap, properties, tls", NULL},
    {"region", SETTING_TEXT, AT(region), NULL, true, "the region's code, as in topic names", NULL},
    {"log", SETTING_NODE, AT(log_node), NULL, false, "level, format", NULL},
    {"departments", SETTING_NODE, AT(departments_node), NULL, false, "a list of departments; without it the department's keys stand here", NULL},
    SETTINGS_END,
};
static const struct setting kafka_settings[] = {
    {"bootstrap", SETTING_TEXT, AT(bootstrap), NULL, true, "host:port[,host:port…]", NULL},
    {"properties", SETTING_NODE, AT(properties_node), NULL, false, "further librdkafka properties, as they are named there", NULL},
    {"tls", SETTING_NODE, AT(tls_node), NULL, false, "ca, certificate, key (PEM files), password: mutual TLS", NULL},
    SETTINGS_END,
};
static const struct setting tls_settings[] = {
    {"ca", SETTING_TEXT, AT(tls_ca), NULL, true, "file of the authority's certificates", NULL},
    {"certificate", SETTING_TEXT, AT(tls_certificate), NULL, false, "file of the department's certificate", NULL},
    {"key", SETTING_TEXT, AT(tls_key), NULL, false, "file of its private key", NULL},
    {"password", SETTING_TEXT, AT(tls_password), NULL, false, "of the private key", NULL},
    SETTINGS_END,
};
static const struct setting log_settings[] = {
    {"level", SETTING_CHOICE, AT(log_level), "info", false, "the least that is logged", levels},
    {"format", SETTING_CHOICE, AT(log_format), "text", false, "for people or for programs", formats},
    SETTINGS_END,
};
#undef AT
#define AT(field) offsetof(struct host, field)
static const struct setting department_settings[] = {
    {"department", SETTING_TEXT, AT(options.department), NULL, true, "the department's id, as in config/departments.yaml", NULL},
    {"driver", SETTING_NODE, AT(driver_node), NULL, true, "name, and the driver's own settings", NULL},
    {"store", SETTING_TEXT, AT(options.store_path), NULL, true, "SQLite file of this department alone; made when missing", NULL},
    {"source", SETTING_TEXT, AT(options.source), NULL, false, "CloudEvents source; default /<region>/<department>", NULL},
    {"steps", SETTING_NODE, AT(steps_node), NULL, false, "settings by step: request, answer, require (jq), and the driver's", NULL},
    {"assign", SETTING_CHOICE, AT(assign), "all", false, "all: this process alone reads; group: several share", assigns},
    {"keep", SETTING_CHOICE, AT(keep), "driver", false, "what is durable before work begins (see README)", keeps},
    {"instance", SETTING_TEXT, AT(options.instance), NULL, false, "name within the group; default the host's name", NULL},
    {"http", SETTING_NODE, AT(http_node), NULL, false, "address, port, token of the adapter's own listener", NULL},
    {"retry", SETTING_NODE, AT(retry_node), NULL, false, "attempts, first, most, hold", NULL},
    {"breaker", SETTING_NODE, AT(breaker_node), NULL, false, "failures, open", NULL},
    {"most_running", SETTING_INT, AT(options.most_running), "1000", false, "tasks worked on at a time", NULL},
    {"most_open", SETTING_INT, AT(options.most_open), "100000", false, "tasks without an answer in all; then reading rests", NULL},
    {"retention", SETTING_DURATION, AT(options.retention_us), "30d", false, "ended tasks are remembered this long: at least the topic's retention", NULL},
    {"drain", SETTING_DURATION, AT(options.drain_us), "10s", false, "a stop waits this long for running work", NULL},
    {"heartbeat", SETTING_DURATION, AT(options.heartbeat_us), "1m", false, "a line in the log this often", NULL},
    SETTINGS_END,
};
static const struct setting http_settings[] = {
    {"address", SETTING_TEXT, AT(options.http_address), "127.0.0.1", false, "IPv4 address to listen on", NULL},
    {"port", SETTING_INT, AT(http_port), "0", false, "0: no listener", NULL},
    {"certificate", SETTING_TEXT, AT(options.http_certificate), NULL, false, "PEM file; with `key` the listener speaks HTTPS", NULL},
    {"key", SETTING_TEXT, AT(options.http_key), NULL, false, "PEM file of its private key", NULL},
    {"token", SETTING_TEXT, AT(options.http_token), NULL, false, "bearer token of /metrics; without it they are open", NULL},
    SETTINGS_END,
};
static const struct setting retry_settings[] = {
    {"attempts", SETTING_INT, AT(options.retry_attempts), "3", false, "tries here, before `error` is answered", NULL},
    {"first", SETTING_DURATION, AT(options.retry_first_us), "1s", false, "first pause; doubled each time, with full jitter", NULL},
    {"most", SETTING_DURATION, AT(options.retry_most_us), "1m", false, "longest pause", NULL},
    {"hold", SETTING_DURATION, AT(options.hold_most_us), "1h", false, "held tasks (system away) are answered `error` after this", NULL},
    SETTINGS_END,
};
static const struct setting breaker_settings[] = {
    {"failures", SETTING_INT, AT(options.breaker_failures), "5", false, "times in a row the system is away", NULL},
    {"open", SETTING_DURATION, AT(options.breaker_open_us), "10s", false, "then a probe after this", NULL},
    SETTINGS_END,
};
#undef AT
#define AT(field) offsetof(struct step_expressions, field)
static const struct setting mapping_settings[] = {
    {"request", SETTING_TEXT, AT(request), NULL, false, "jq: task envelope -> what the department is sent", NULL},
    {"answer", SETTING_TEXT, AT(answer), NULL, false, "jq: {status, body, task} -> {kind, …}", NULL},
    {"require", SETTING_TEXT, AT(require), NULL, false, "jq over the envelope; not true: `error`, not retryable", NULL},
    SETTINGS_END,
};
static const struct setting driver_name_settings[] = {
    {"name", SETTING_TEXT, offsetof(struct driver_name, name), NULL, true, "one of --list-drivers", NULL},
    SETTINGS_END,
};

static void *need(size_t size) {
    void *memory = calloc(1, size ? size : 1);
    if (!memory)
        abort();
    return memory;
}

static void add_property(struct host_config *c, const char *name, const char *value) {
    if (value && c->property_count < PROPERTIES_MOST)
        c->properties[c->property_count++] = (struct yjs_property){name, value};
}

static void read_kafka(struct host_config *c, struct faults *faults) {
    settings_read(c->kafka_node, (struct setting_binding[]){{kafka_settings, c}, {0}}, faults);
    if (c->tls_node) {
        settings_read(c->tls_node, (struct setting_binding[]){{tls_settings, c}, {0}}, faults);
        add_property(c, "security.protocol", "ssl");
        add_property(c, "ssl.ca.location", c->tls_ca);
        add_property(c, "ssl.certificate.location", c->tls_certificate);
        add_property(c, "ssl.key.location", c->tls_key);
        add_property(c, "ssl.key.password", c->tls_password);
    }
    const struct node *list = c->properties_node;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; conf && list && list->kind == NODE_MAP && i < list->count; i++) {
        const struct node *key = list->members[i].key, *value = list->members[i].value;
        char reason[256];
        if (value->kind != NODE_SCALAR)
            fault_add(faults, value, "bad_value", "a property is plain text");
        else if (rd_kafka_conf_set(conf, key->text, value->text, reason, sizeof(reason)) != RD_KAFKA_CONF_OK)
            fault_add(faults, key, "kafka_property", "%s (see librdkafka's CONFIGURATION.md)", reason);
        else
            add_property(c, key->text, value->text);
    }
    if (conf)
        rd_kafka_conf_destroy(conf);
}

/* Topics are named by it. */
static void check_department(const struct host *h, const struct node *node, struct faults *faults) {
    const char *department = h->options.department;
    if (department && (!*department || strspn(department, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(department)))
        fault_add(faults, node_get(node, "department"), "bad_value", "`department`: %s is no id; write it as in config/departments.yaml", department);
}

static struct mapping *read_mapping(const char *what, const char *expression, const struct node *at, struct faults *faults) {
    char fault[256];
    if (!expression)
        return NULL;
    struct mapping *mapping = mapping_new(expression, fault, sizeof(fault));
    if (!mapping)
        fault_add(faults, at, "bad_jq", "`%s`: %s", what, fault);
    return mapping;
}

static void read_step(struct host *h, struct host_step *step, const char *name, const struct node *node, struct faults *faults) {
    struct step_expressions e = {0};
    step->name = name;
    step->settings = need(h->driver->step_size);
    struct setting_binding bindings[] = {{mapping_settings, &e}, {h->driver->step_settings, step->settings}, {0}};
    settings_read(node, bindings, faults);
    step->request = read_mapping("request", e.request, node, faults);
    step->answer = read_mapping("answer", e.answer, node, faults);
    step->require = read_mapping("require", e.require, node, faults);
}

static void read_steps(struct host *h, struct faults *faults) {
    const struct node *list = h->steps_node;
    if (list && list->kind != NODE_MAP) {
        fault_add(faults, list, "bad_value", "`steps` is a map: <step>: {…}");
        list = NULL;
    }
    h->step_count = list ? list->count : 0;
    h->steps = need((h->step_count + 1) * sizeof(*h->steps));
    for (size_t i = 0; i < h->step_count; i++)
        read_step(h, &h->steps[i], list->members[i].key->text, list->members[i].value, faults);
    read_step(h, &h->steps[h->step_count], "*", NULL, faults);
}

static void read_driver(struct host *h, struct faults *faults) {
    struct driver_name name = {0};
    const struct node *named = node_get(h->driver_node, "name");
    if (!named || named->kind != NODE_SCALAR || !(h->driver = driver_find(named->text))) {
        char drivers[256] = "";
        for (size_t i = 0; yjs_drivers[i]; i++)
            snprintf(drivers + strlen(drivers), sizeof(drivers) - strlen(drivers), "%s%s", i ? ", " : "", yjs_drivers[i]->name);
        fault_add(faults, named ? named : h->driver_node, "unknown_driver", "`driver: {name: …}` names one of --list-drivers: %s", drivers);
        return;
    }
    h->driver_settings = need(h->driver->settings_size);
    struct setting_binding bindings[] = {{driver_name_settings, &name}, {h->driver->settings, h->driver_settings}, {0}};
    settings_read(h->driver_node, bindings, faults);
    if (h->driver->check)
        h->driver->check(h->driver_settings, h->driver_node, faults);
    h->options.keep = h->keep == 2 ? h->driver->keep : (enum yjs_keep)h->keep;
    if (h->options.keep == YJS_KEEP_OFFSETS && h->driver->keep == YJS_KEEP_TASKS)
        fault_add(faults, h->driver_node, "keep_needed", "the driver %s needs `keep: tasks`", h->driver->name);
    read_steps(h, faults);
}

static void read_department(struct host_config *c, const struct node *node, bool whole, struct faults *faults) {
    struct host *h = &c->hosts[c->host_count++];
    struct setting_binding bindings[] = {{department_settings, h}, {whole ? process_settings : NULL, c}, {0}};
    settings_read(node, bindings, faults);
    settings_read(h->http_node, (struct setting_binding[]){{http_settings, h}, {0}}, faults);
    settings_read(h->retry_node, (struct setting_binding[]){{retry_settings, h}, {0}}, faults);
    settings_read(h->breaker_node, (struct setting_binding[]){{breaker_settings, h}, {0}}, faults);
    h->config = c;
    h->options.region = c->region;
    h->options.assign = (enum yjs_assign)h->assign;
    h->options.http_port = (int)h->http_port;
    if (h->http_port > 65535)
        fault_add(faults, h->http_node, "bad_value", "`port` is at most 65535");
    check_department(h, node, faults);
    if (h->driver_node)
        read_driver(h, faults);
}

/* Two departments of one process share neither store nor port. */
static void check_apart(const struct host_config *c, struct faults *faults) {
    for (size_t i = 0; i < c->host_count; i++)
        for (size_t j = 0; j < i; j++) {
            const struct host *a = &c->hosts[i], *b = &c->hosts[j];
            if (a->options.store_path && b->options.store_path && !strcmp(a->options.store_path, b->options.store_path))
                fault_add(faults, a->driver_node, "store_shared", "two departments cannot share the store %s", a->options.store_path);
            if (a->http_port && a->http_port == b->http_port)
                fault_add(faults, a->http_node, "port_shared", "two departments cannot share the port %d", (int)a->http_port);
        }
}

struct host_config *host_config_read(const char *path, struct faults *faults) {
    struct host_config *c = need(sizeof(*c));
    faults->file = path;
    if (!(c->root = node_read_file(path, faults))) {
        free(c);
        return NULL;
    }
    const struct node *list = node_get(c->root, "departments");
    c->hosts = need((list ? list->count : 1) * sizeof(*c->hosts));
    if (list && list->kind == NODE_LIST) {
        settings_read(c->root, (struct setting_binding[]){{process_settings, c}, {0}}, faults);
        for (size_t i = 0; i < list->count; i++)
            read_department(c, list->members[i].value, false, faults);
    } else {
        read_department(c, c->root, true, faults);
    }
    read_kafka(c, faults);
    settings_read(c->log_node, (struct setting_binding[]){{log_settings, c}, {0}}, faults);
    for (size_t i = 0; i < c->host_count; i++) {
        c->hosts[i].options.bootstrap = c->bootstrap;
        c->hosts[i].options.kafka = c->properties;
        c->hosts[i].options.kafka_count = c->property_count;
    }
    check_apart(c, faults);
    if (faults->count == 0)
        return c;
    host_config_free(c);
    return NULL;
}

void host_config_free(struct host_config *c) {
    for (size_t i = 0; c && i < c->host_count; i++) {
        struct host *h = &c->hosts[i];
        for (size_t j = 0; h->steps && j <= h->step_count; j++) {
            mapping_free(h->steps[j].request);
            mapping_free(h->steps[j].answer);
            mapping_free(h->steps[j].require);
            free(h->steps[j].settings);
        }
        free(h->steps);
        free(h->driver_settings);
    }
    if (c) {
        node_free(c->root);
        free(c->hosts);
    }
    free(c);
}

void host_config_print_settings(FILE *out) {
    static const struct { const char *title; const struct setting *table; } tables[] = {
        {"The process", process_settings}, {"kafka:", kafka_settings}, {"kafka: tls:", tls_settings}, {"log:", log_settings},
        {"A department", department_settings}, {"http:", http_settings}, {"retry:", retry_settings},
        {"breaker:", breaker_settings}, {"steps: <step>:", mapping_settings},
    };
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        fprintf(out, "%s\n", tables[i].title);
        settings_print(out, tables[i].table, "  ");
    }
}
