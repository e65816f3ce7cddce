/* Puts the daemon's parts together: the only place, beside the tests, that knows all implementations. */
#include "cli/daemon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "bus/bus.h"
#include "cli/crash_mark.h"
#include "cli/daemon_config.h"
#include "cli/daemon_vault.h"
#include "cli/daemon_web.h"
#include "cli/disclose.h"
#include "cli/documents.h"
#include "cli/files.h"
#include "cli/publish.h"
#include "conductor/conductor.h"
#include "model/limits.h"
#include "notifier/notifier.h"
#include "store/store.h"
#include "web/web.h"

struct rules_kept { struct arena arena; struct notice_rules rules; struct rules_kept *older; };
struct daemon {
    struct settings settings;
    struct clock_port clock;
    struct arena directory_arena;
    const struct directory *directory;
    pthread_rwlock_t directory_lock;   /* the web reads the directory too */
    struct store *store;
    struct bus *bus;
    struct conductor_ports ports;
    struct conductor *conductor;
    struct records *records;
    struct records_port records_port;
    struct vault *vault;         /* NULL: none is configured */
    struct vault_port vault_port;
    struct press *press;         /* sets documents for the web */
    const char *seals;           /* the folder of seals; NULL: none */
    struct web *web;             /* NULL: none is wanted */
    struct rules_kept *rules;    /* the newest, then those that may be used still; NULL: nobody is told anything */
    struct records *notices;     /* the notifier's own connections */
    struct records_port notices_port;
    struct notifier *notifier;   /* NULL: likewise */
    int wake_fd;                 /* the web's hint that a command waits */
    bool check_only;
    char instance[128];
};

static const char *c_string(struct settings *settings, struct text t) {
    (void)settings;
    return t.at; /* copied into the arena with a NUL behind it */
}

/* The settings were checked. */
static void setup_log(struct daemon *d, const struct settings *settings) {
    enum log_level level = LOG_INFO;
    enum log_format format = LOG_FORMAT_TEXT;
    log_level_parse(settings->log_level, &level);
    log_format_parse(settings->log_format, &format);
    log_setup(STDERR_FILENO, level, format, d->instance);
}

static enum outcome make_store(struct daemon *d, struct error *error) {
    struct store_settings settings = {.conninfo = c_string(&d->settings, d->settings.database_url), .instance = d->instance,
                                      .pool = (int)d->settings.database_connections};
    enum outcome outcome = store_create(&settings, &d->store, error);
    if (outcome == OUTCOME_OK)
        d->ports.store = store_port(d->store);
    return outcome;
}

/* A batch's messages for one partition are handed over within it, and leave in one request. */
#define LINGER_US 500

static enum outcome make_bus(struct daemon *d, struct error *error) {
    struct bus_property properties[SETTINGS_PROPERTIES_MOST];
    for (uint32_t i = 0; i < d->settings.kafka_property_count; i++)
        properties[i] = (struct bus_property){d->settings.kafka_properties[i].name.at, d->settings.kafka_properties[i].value.at};
    struct bus_settings settings = {.bootstrap = c_string(&d->settings, d->settings.kafka_bootstrap), .instance = d->instance,
                                    .linger_us = LINGER_US,
                                    .queue_messages = (uint32_t)d->settings.publications * 2,
                                    .properties = properties, .property_count = d->settings.kafka_property_count};
    enum outcome outcome = bus_create(&settings, &d->bus, error);
    if (outcome == OUTCOME_OK)
        d->ports.bus = *bus_port(d->bus);
    return outcome;
}

static enum outcome make_conductor(struct daemon *d, struct error *error) {
    const struct settings *s = &d->settings;
    struct conductor_settings settings = {
        .instance = text_from(d->instance), .region = s->region, .batch_inputs_most = (uint32_t)s->batch_inputs,
        .cache_bytes_most = (size_t)s->cache_bytes, .member_ttl_us = s->member_ttl, .heartbeat_us = s->heartbeat,
        .inbox_poll_us = s->poll, .definitions_poll_us = 2 * TIME_SECOND_US, .publish_give_up_us = s->publish_give_up,
        .tasks_check_us = s->tasks_check, .publications_most = (uint32_t)s->publications, .life_cycle_steps = s->life_cycle_steps,
        .notices = d->rules != NULL, .materials = s->materials_store.length > 0, .url = s->http_url,
        .materials_elsewhere = s->materials_elsewhere,
        .crashed = !d->check_only && crash_mark_arm(settings_path(&d->settings, s->state), d->instance),
    };
    d->ports.clock = d->clock;
    return conductor_create(&settings, &d->ports, d->directory, &d->conductor, error);
}

/* ---- the HTTP side: what it asks of the others; its threads ---- */

static void write_metrics(void *context, struct buffer *out) {
    struct daemon *d = context;
    struct conductor_meters meters;
    conductor_read_meters(d->conductor, &meters);
    daemon_write_metrics(&meters, out);
    struct notifier_meters notices;
    notifier_read_meters(d->notifier, &notices);
    if (d->notifier)
        daemon_write_notices(&notices, out);
}

static bool is_ready(void *context, struct buffer *why) {
    struct daemon *d = context;
    struct conductor_meters meters;
    conductor_read_meters(d->conductor, &meters);
    daemon_write_readiness(&meters, why);
    return daemon_meters_ready(&meters);
}

static void hint(void *context) {
    struct daemon *d = context;
    uint64_t one = 1;
    if (write(d->wake_fd, &one, sizeof one) < 0)
        log_debug("hint_lost", "the conductor finds the command by itself");
}

static enum outcome thing_check(void *context, struct text source, struct arena *arena, struct text *ret, struct error *error) {
    struct daemon *d = context;
    pthread_rwlock_rdlock(&d->directory_lock);
    struct publisher publisher = {&d->records_port, d->directory, d->settings.root.at};
    enum outcome outcome = publish_check(&publisher, source, TEXT("definition"), arena, ret, error);
    pthread_rwlock_unlock(&d->directory_lock);
    return outcome;
}

static enum outcome thing_publish(void *context, struct text source, struct text by, struct arena *arena, struct text *ret,
                                  struct error *error) {
    struct daemon *d = context;
    pthread_rwlock_rdlock(&d->directory_lock);
    struct publisher publisher = {&d->records_port, d->directory, d->settings.root.at};
    enum outcome outcome = publish_definition(&publisher, source, TEXT("definition"), by, arena, ret, error);
    pthread_rwlock_unlock(&d->directory_lock);
    return outcome;
}

static enum outcome thing_checklist(void *context, struct text thing, const struct json *form, struct text region,
                                    struct arena *arena, struct text *ret, struct error *error) {
    struct daemon *d = context;
    pthread_rwlock_rdlock(&d->directory_lock);
    struct publisher publisher = {&d->records_port, d->directory, d->settings.root.at};
    enum outcome outcome = published_checklist(&publisher, thing, form, region, arena, ret, error);
    pthread_rwlock_unlock(&d->directory_lock);
    return outcome;
}

static struct document_desk desk_of(struct daemon *d) {
    return (struct document_desk){{&d->records_port, d->directory, d->settings.root.at}, d->press,
                                  d->seals, d->settings.documents_issuer};
}

static struct document_question question_of(const struct document_request *asked) {
    return (struct document_question){asked->case_id, asked->n, asked->accept, asked->for_party, asked->department};
}

static enum outcome case_documents(void *context, const struct document_request *asked, struct arena *arena, struct text *ret,
                                   struct error *error) {
    struct daemon *d = context;
    pthread_rwlock_rdlock(&d->directory_lock);
    struct document_desk desk = desk_of(d);
    struct document_question question = question_of(asked);
    enum outcome outcome = documents_list(&desk, &question, arena, ret, error);
    pthread_rwlock_unlock(&d->directory_lock);
    return outcome;
}

static enum outcome case_document(void *context, const struct document_request *asked, struct arena *arena, struct buffer *out,
                                  struct text *ret_language, struct error *error) {
    struct daemon *d = context;
    pthread_rwlock_rdlock(&d->directory_lock);
    struct document_desk desk = desk_of(d);
    struct document_question question = question_of(asked);
    enum outcome outcome = documents_print(&desk, &question, arena, out, ret_language, error);
    pthread_rwlock_unlock(&d->directory_lock);
    return outcome;
}

static enum outcome case_clocks(void *context, struct text case_id, struct arena *arena, struct text *ret, struct error *error) {
    struct daemon *d = context;
    struct publisher publisher = {&d->records_port, NULL, d->settings.root.at};
    return clocks_now(&publisher, case_id, d->clock.now_us(d->clock.context), arena, ret, error);
}

static enum outcome disclosures(void *context, struct text case_id, struct text language, struct arena *arena, struct text *ret,
                                struct error *error) {
    struct daemon *d = context;
    pthread_rwlock_rdlock(&d->directory_lock);
    struct publisher publisher = {&d->records_port, d->directory, d->settings.root.at};
    enum outcome outcome = case_disclosures(&publisher, case_id, language, arena, ret, error);
    pthread_rwlock_unlock(&d->directory_lock);
    return outcome;
}

static enum outcome figures_of_case(void *context, struct text case_id, struct arena *arena, struct text *ret, struct error *error) {
    struct daemon *d = context;
    struct publisher publisher = {&d->records_port, NULL, d->settings.root.at};
    return case_figures(&publisher, case_id, arena, ret, error);
}

static enum outcome calendar_year(void *context, int32_t year, struct text region, struct arena *arena, struct text *ret,
                                  struct error *error) {
    struct daemon *d = context;
    return daemon_calendar_year(&d->records_port, year, region, arena, ret, error);
}

static enum outcome calendar_due(void *context, const struct calendar_question *question, struct arena *arena,
                                 struct text *ret, struct error *error) {
    struct daemon *d = context;
    return daemon_calendar_due(&d->records_port, question, arena, ret, error);
}

static enum outcome make_web(struct daemon *d, struct error *error) {
    struct settings *s = &d->settings;
    if (s->http_listen.length == 0 || d->check_only)
        return OUTCOME_OK;
    struct store_settings store = {.conninfo = c_string(s, s->database_url), .instance = d->instance,
                                   .pool = (int)s->database_connections};
    enum outcome outcome = records_create(&store, &d->records, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    d->records_port = records_port(d->records);
    if ((outcome = daemon_vault(s, &d->vault, error)) != OUTCOME_OK)
        return outcome;
    if (d->vault)
        d->vault_port = vault_port_of(d->vault);
    outcome = press_create(&d->press, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    d->seals = settings_path(s, s->documents_seals);
    struct web_settings settings = {
        .listen = c_string(s, s->http_listen), .certificate = settings_path(s, s->http_certificate),
        .key = settings_path(s, s->http_key), .threads = (uint32_t)s->http_threads, .connections_most = (uint32_t)s->http_connections,
        .inbox_most = (uint32_t)s->http_waiting,
        .metrics_open = s->http_metrics_open, .region = s->region, .vault = d->vault ? &d->vault_port : NULL,
        .keepers = (uint32_t)s->materials_keepers, .uploads_most = (uint32_t)s->materials_uploads,
        .materials_keep_us = s->materials_keep, .instance = text_from(d->instance),
        .url = s->http_url.length > 0 ? c_string(s, s->http_url) : NULL,
        .parts = {.context = d, .write_metrics = write_metrics, .is_ready = is_ready, .hint = hint, .thing_check = thing_check,
                  .thing_publish = thing_publish, .thing_checklist = thing_checklist, .calendar_year = calendar_year,
                  .case_documents = case_documents, .case_clocks = case_clocks,
                  .case_figures = figures_of_case, .case_document = case_document,
                  .case_disclosures = disclosures,
                  .calendar_due = calendar_due},
    };
    return web_create(&settings, &d->records_port, &d->clock, &d->web, error);
}

/* ---- notices ---- */

static void rules_free(struct rules_kept *kept) {
    if (kept)
        arena_free(&kept->arena);
    memory_free(kept);
}

/* NULL: none are configured, or they have faults. */
static struct rules_kept *read_rules(struct settings *settings, struct text file, struct fault_list *faults) {
    const char *path = settings_path(settings, file);
    struct rules_kept *kept = path ? memory_alloc(sizeof *kept) : NULL;
    struct fault_list more = {0};
    struct text source;
    if (!kept)
        return NULL;
    *kept = (struct rules_kept){0};
    arena_init(&kept->arena, 4u << 20);
    if (daemon_read_named(settings, "notice.rules", path, &kept->arena, &source, faults) &&
        notice_rules_read(&kept->arena, source, text_from(path), &more, &kept->rules, NULL) == OUTCOME_OK)
        return kept;
    daemon_add_faults(settings, faults, &more);
    rules_free(kept);
    return NULL;
}

/* The older ones are let go as soon as nobody is told by them any more. */
static void take_rules(struct daemon *d, struct rules_kept *kept) {
    notifier_set_rules(d->notifier, &kept->rules);
    kept->older = d->rules;
    d->rules = kept;
    for (struct rules_kept **at = &kept->older; *at;) {
        struct rules_kept *old = *at;
        if (notifier_uses_rules(d->notifier, &old->rules)) {
            at = &old->older;
            continue;
        }
        *at = old->older;
        rules_free(old);
    }
}

/* The directory may be read again meanwhile: the title is copied. */
static struct title department_title_of(void *context, struct text id, struct arena *arena) {
    struct daemon *d = context;
    struct title title = {TEXT_NONE, TEXT_NONE, TEXT_NONE};
    pthread_rwlock_rdlock(&d->directory_lock);
    const struct department *department = directory_find(d->directory, id);
    if (department)
        title = (struct title){text_copy(arena, department->title.zh_hant), text_copy(arena, department->title.zh_hans),
                               text_copy(arena, department->title.en)};
    pthread_rwlock_unlock(&d->directory_lock);
    return title;
}

static enum outcome make_notifier(struct daemon *d, struct error *error) {
    if (!d->rules || d->check_only)
        return OUTCOME_OK;
    struct store_settings store = {.conninfo = c_string(&d->settings, d->settings.database_url), .instance = d->instance, .pool = 2};
    enum outcome outcome = records_create(&store, &d->notices, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    d->notices_port = records_port(d->notices);
    struct notifier_settings settings = {.rules = &d->rules->rules, .names = {d, department_title_of}, .poll_us = d->settings.notices_poll};
    return notifier_create(&settings, &d->notices_port, &d->clock, &d->notifier, error);
}

/* Settings and the files they name; everything that is wrong in one run. */
static enum outcome read_all(struct daemon *d, const char *config, const struct setting_flag *flags, uint32_t flag_count,
                             struct buffer *ret_faults, struct error *error) {
    struct fault_list faults;
    enum outcome outcome = settings_gather(&d->settings, config, flags, flag_count, &faults, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    settings_check(&d->settings, &faults);
    daemon_read_directory(&d->settings, &d->directory_arena, &d->directory, &faults);
    d->rules = read_rules(&d->settings, d->settings.notices, &faults);
    bool has_rules = !settings_path(&d->settings, d->settings.notices) || d->rules || faults.error_count > 0;
    if (d->settings.arena.failed || d->directory_arena.failed || !has_rules)
        return error_no_memory(error);
    daemon_order_faults(&d->settings, &faults);
    fault_list_write_text(&faults, ret_faults);
    if (faults.error_count > 0)
        return error_set(error, OUTCOME_REJECT, "settings_faulty", "%u fault%s in the configuration", faults.error_count,
                         faults.error_count == 1 ? "" : "s");
    return OUTCOME_OK;
}

static void name_instance(struct daemon *d) {
    if (d->settings.instance.length > 0)
        snprintf(d->instance, sizeof d->instance, "%.*s", TEXT_ARG(d->settings.instance));
    else if (gethostname(d->instance, sizeof d->instance - 1) != 0)
        snprintf(d->instance, sizeof d->instance, "yjsd");
}

enum outcome daemon_create(const char *config, const struct setting_flag *flags, uint32_t flag_count,
                           const struct clock_port *clock, bool check_only, struct daemon **ret, struct buffer *ret_faults,
                           struct error *error) {
    struct daemon *d = memory_alloc(sizeof *d);
    if (!d)
        return error_no_memory(error);
    d->clock = *clock;
    d->check_only = check_only;
    d->wake_fd = -1;
    arena_init(&d->directory_arena, 64u << 20);
    pthread_rwlock_init(&d->directory_lock, NULL);
    enum outcome outcome = read_all(d, config, flags, flag_count, ret_faults, error);
    if (outcome == OUTCOME_OK) {
        name_instance(d);
        setup_log(d, &d->settings);
        outcome = make_store(d, error);
    }
    if (outcome == OUTCOME_OK)
        outcome = make_bus(d, error);
    if (outcome == OUTCOME_OK)
        outcome = make_conductor(d, error);
    if (outcome == OUTCOME_OK && (d->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) < 0)
        outcome = error_set(error, OUTCOME_FATAL, "no_descriptor", "no event descriptor: %m");
    if (outcome == OUTCOME_OK)
        outcome = make_web(d, error);
    if (outcome == OUTCOME_OK)
        outcome = make_notifier(d, error);
    if (outcome != OUTCOME_OK) {
        daemon_free(d);
        return outcome;
    }
    *ret = d;
    return OUTCOME_OK;
}

enum outcome daemon_turn(struct daemon *d, int64_t *ret_wake_at_us, struct error *error) {
    uint64_t hints;
    if (read(d->wake_fd, &hints, sizeof hints) == (ssize_t)sizeof hints)
        conductor_hint_inbox(d->conductor);
    return conductor_turn(d->conductor, ret_wake_at_us, error);
}

int daemon_descriptors(struct daemon *d, struct pollfd *room, int most) {
    int fds[] = {d->wake_fd, conductor_is_reading(d->conductor) ? d->ports.bus.descriptor(d->ports.bus.context) : -1, d->ports.store.descriptor(d->ports.store.context)};
    int count = 0;
    for (size_t i = 0; i < sizeof fds / sizeof fds[0] && count < most; i++)
        if (fds[i] >= 0)
            room[count++] = (struct pollfd){fds[i], POLLIN, 0};
    return count;
}

bool daemon_is_ready(const struct daemon *d) {
    struct conductor_meters meters;
    conductor_read_meters(d->conductor, &meters);
    return meters.ready == 1 && meters.bus_up == 1;
}

static void take_directory(struct daemon *d, struct arena *arena, const struct directory *directory) {
    conductor_set_directory(d->conductor, directory);
    pthread_rwlock_wrlock(&d->directory_lock);
    arena_free(&d->directory_arena);
    d->directory_arena = *arena;
    d->directory = directory;
    pthread_rwlock_unlock(&d->directory_lock);
}

void daemon_reload(struct daemon *d, const char *config, const struct setting_flag *flags, uint32_t flag_count) {
    struct settings settings;
    struct fault_list faults;
    struct error error = {0};
    struct arena arena;
    const struct directory *directory = NULL;
    _cleanup_buffer_ struct buffer fixed;
    buffer_init(&fixed, 65536);
    if (settings_gather(&settings, config, flags, flag_count, &faults, &error) != OUTCOME_OK) {
        log_error("reload_refused", "there was no memory to read anything; everything stays as it was");
        return;
    }
    arena_init(&arena, 64u << 20);
    settings_check(&settings, &faults);
    daemon_read_directory(&settings, &arena, &directory, &faults);
    struct rules_kept *rules = d->notifier ? read_rules(&settings, d->settings.notices, &faults) : NULL;
    enum outcome secrets = rules ? notifier_check_rules(&rules->rules, &error) : OUTCOME_OK;
    if (faults.error_count > 0 || !directory || secrets != OUTCOME_OK || (d->notifier && !rules)) {
        daemon_log_faults(&faults, secrets == OUTCOME_OK ? NULL : error.message);
        arena_free(&arena);
        rules_free(rules);
    } else {
        setup_log(d, &settings);
        take_directory(d, &arena, directory);
        if (rules)
            take_rules(d, rules);
        log_info("reloaded", "log settings, the directory of departments and the rules of notices were read again");
        settings_compare(&d->settings, &settings, &fixed);
        if (fixed.length > 0)
            log_warn("reload_needs_restart", "these settings have changed and are read at the start only: restart to use them",
                     LOG_TEXT("settings", buffer_text(&fixed)));
    }
    settings_free(&settings);
}

void daemon_drain(struct daemon *d) {
    web_stop(d->web);
    notifier_stop(d->notifier);
    int64_t until = d->clock.monotonic_us(d->clock.context) + d->settings.drain;
    while (!conductor_drain(d->conductor, until))
        usleep(5000);
    d->ports.bus.stop(d->ports.bus.context, 1000);
}

void daemon_free(struct daemon *d) {
    if (!d)
        return;
    web_free(d->web);
    notifier_free(d->notifier);
    records_free(d->notices);
    vault_free(d->vault);
    press_free(d->press);
    records_free(d->records);
    conductor_free(d->conductor);
    bus_destroy(d->bus);
    store_free(d->store);
    if (d->wake_fd >= 0)
        close(d->wake_fd);
    pthread_rwlock_destroy(&d->directory_lock);
    arena_free(&d->directory_arena);
    while (d->rules) {
        struct rules_kept *older = d->rules->older;
        rules_free(d->rules);
        d->rules = older;
    }
    settings_free(&d->settings);
    memory_free(d);
}
