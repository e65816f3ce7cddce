/* Settings of yjsd and yjsctl: one table. A value comes from the flag, else the environment (YJS_ and the name in
 * capitals, '.' as '_'), else the file (YAML, nested by the dots), else the default. The same table prints the reference
 * (yjsd --settings, config/orchestrator.yaml's comments).
 *
 * Main thread only. Texts live in the arena of the struct. */
#ifndef YJS_CLI_SETTINGS_H
#define YJS_CLI_SETTINGS_H

#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "definition/definition.h"

enum { SETTINGS_PROPERTIES_MOST = 64 };
/* Where a value stands: the file with line and column, a variable or a flag with 0; file absent: it is the default. */
struct setting_origin { struct text file; uint32_t line, column; };
struct setting_property { struct text name, value; struct setting_origin origin; };

struct settings {
    struct arena arena;
    struct text file;                  /* the file read, absent: none */
    struct text root;                  /* folder that relative paths stand in: the file's, up one when it is config/ */
    /* one member a row of the table; X(member, kind, name, default, reloads, help) */
#define SETTINGS(X) \
    X(instance, TEXT, "instance", "", false, "This daemon's name; a restart under it takes its shards at once. Empty: the host's name") \
    X(region, TEXT, "region", "441300", false, "GB/T 2260 code of this installation: intake, life-cycle and dead-letter topics") \
    X(departments, PATH, "departments", "config/departments.yaml", true, "The directory of departments and their offices") \
    X(notices, PATH, "notice.rules", "", false, "The rules of notices (config/notices.yaml): who is told over which channel. Empty: nobody is told") \
    X(notices_poll, DURATION, "notice.poll", "1s", false, "How often the notifier looks for what has to be told, and to be sent") \
    X(database_url, TEXT, "database.url", "host=127.0.0.1 dbname=yijianshi user=yijianshi", false, "libpq connection string or URI") \
    X(database_connections, COUNT, "database.connections", "4", false, "Connections of the HTTP side") \
    X(kafka_bootstrap, TEXT, "kafka.bootstrap", "127.0.0.1:9092", false, "Brokers, host:port, separated by commas") \
    X(kafka_partitions, COUNT, "kafka.partitions", "8", false, "Partitions of every topic = shards; fixed by yjsctl db migrate") \
    X(kafka_replication, COUNT, "kafka.replication", "1", false, "Replicas of a topic that yjsctl topic apply makes") \
    X(kafka_retention, DURATION, "kafka.retention", "30d", false, "Retention of topics; longer than the longest limit") \
    X(http_listen, TEXT, "http.listen", "127.0.0.1:8080", false, "Address and port of the HTTP API; empty: none") \
    X(http_threads, COUNT, "http.threads", "16", false, "Threads that serve HTTP; each may wait for one commit, and commands that wait are written together") \
    X(http_connections, COUNT, "http.connections", "1000", false, "Open HTTP connections at most") \
    X(http_waiting, COUNT, "http.waiting", "5000", false, "Commands that wait in the database at most; further ones get 503. It is how long an accepted one may wait: at 1,000 cases a second, five seconds") \
    X(http_certificate, PATH, "http.certificate", "", false, "PEM certificate chain: HTTPS") \
    X(http_key, PATH, "http.key", "", false, "PEM key of the certificate") \
    X(http_metrics_open, BOOL, "http.metrics_open", "false", false, "/metrics without a token from other machines too") \
    X(http_url, TEXT, "http.url", "", false, "How others reach the HTTP API, https://host: stands before the addresses of materials; empty: they are paths") \
    X(materials_store, TEXT, "materials.store", "", false, "Where materials are kept: a folder, or a bucket as https://host/bucket/prefix (S3). Empty: none is taken, and digests are not checked") \
    X(materials_bytes, BYTES, "materials.bytes", "20MiB", false, "One material at most; at most material_bytes_most") \
    X(materials_types, TEXT, "materials.types", "application/pdf,application/ofd,image/jpeg,image/png,image/tiff", false, "Media types that are taken, told by the content; separated by commas") \
    X(materials_scanner, TEXT, "materials.scanner", "", false, "clamd, tcp:HOST:PORT or unix:/PATH; when it is away nothing is taken. Empty: nothing is scanned") \
    X(materials_scan_wait, DURATION, "materials.scan_wait", "30s", false, "A scanner that says nothing for so long is away") \
    X(materials_elsewhere, TEXT, "materials.elsewhere", "", false, "What the addresses of other stores begin with, separated by commas: materials of the intake topic with such a uri are not looked up in this store") \
    X(materials_keepers, COUNT, "materials.keepers", "4", false, "Uploads that are looked at and kept, and materials that are brought, at once; as many uploads more wait, and 15 times as many that are brought; what comes beyond is to come again (503)") \
    X(materials_keep, DURATION, "materials.keep", "30d", false, "An uploaded material that no case has named is deleted after so long (36500d: never). What an integrator brings stays") \
    X(materials_uploads, COUNT, "materials.uploads", "50", false, "Files that one person may upload for a case by query code") \
    X(materials_region, TEXT, "materials.region", "us-east-1", false, "Region of the bucket, as its signature wants it") \
    X(materials_key, TEXT, "materials.key", "", false, "Access key of the bucket") \
    X(materials_secret_file, PATH, "materials.secret_file", "", false, "File whose first line is the bucket's secret key") \
    X(documents_seals, PATH, "documents.seals", "", false, "Folder of seals: <department>.pem, else seal.pem for all; each an SM2 key with its certificate (yjsctl seal create). Empty: documents are not sealed") \
    X(documents_issuer, TEXT, "documents.issuer", "service_hall", false, "The department whose name and seal stand on what is the whole case's: its closing") \
    X(log_level, TEXT, "log.level", "info", true, "debug, info, warn or error") \
    X(log_format, TEXT, "log.format", "text", true, "text or json") \
    X(batch_inputs, COUNT, "batch.inputs", "1000", false, "Inputs in one transaction at most") \
    X(cache_bytes, BYTES, "cache.bytes", "48MiB", false, "Memory for open cases") \
    X(heartbeat, DURATION, "cluster.heartbeat", "1s", false, "How often a daemon says that it lives") \
    X(member_ttl, DURATION, "cluster.member_ttl", "4s", false, "A daemon not seen for so long is dead and loses its shards") \
    X(poll, DURATION, "poll", "200ms", false, "How often commands and timers are looked for, behind the notification") \
    X(publish_give_up, DURATION, "publish.give_up", "30s", false, "A message that can't be published for so long is put aside, with an incident") \
    X(tasks_check, DURATION, "publish.check", "5m", false, "How often topics are asked whether they still have the tasks that wait for an answer (removed and made again, retention too short); those that have left are published again") \
    X(publications, COUNT, "publish.most", "50000", false, "Messages handed to the broker and not yet acknowledged; each shard has its share") \
    X(life_cycle_steps, BOOL, "publish.steps", "false", false, "step_ended on the case topic, besides the case's own events") \
    X(state, PATH, "state", "/var/lib/yijianshi", false, "Folder for the mark that a fatal signal leaves; without it a poisonous input is not told from bad luck") \
    X(drain, DURATION, "drain", "10s", false, "How long a stop waits for what is under way")
#define SETTING_TYPE_TEXT struct text
#define SETTING_TYPE_PATH struct text
#define SETTING_TYPE_COUNT int64_t
#define SETTING_TYPE_BYTES int64_t
#define SETTING_TYPE_DURATION int64_t     /* µs */
#define SETTING_TYPE_BOOL bool
#define X(member, kind, name, default_, reloads, help) SETTING_TYPE_##kind member;
    SETTINGS(X)
#undef X
    /* kafka.properties.*: handed to librdkafka as they are */
    struct setting_property kafka_properties[SETTINGS_PROPERTIES_MOST];
    uint32_t kafka_property_count;
#define X(member, kind, name, default_, reloads, help) +1
    struct setting_origin origins[0 SETTINGS(X)];   /* in the order of the table */
#undef X
};

/* A flag as it stood on the command line: --database-url=… gives {"database.url", "…"}. */
struct setting_flag { const char *name, *value; };

/* Reads file (absent: none), environment and flags, and gathers everything that is wrong in one run: settings_unreadable,
 * setting_unknown (with the nearest known one), setting_twice, setting_bad. A value that is none leaves what stood before.
 * FATAL: no memory, nothing to free. *faults lives in the arena of the settings, as long as they do. */
enum outcome settings_gather(struct settings *, const char *file, const struct setting_flag *flags, uint32_t flag_count,
                             struct fault_list *faults, struct error *);
/* What the values mean together and to those who get them: names of levels, addresses, limits, folders, certificates,
 * Kafka's properties. Asks no server. settings_check.c */
void settings_check(struct settings *, struct fault_list *faults);
/* A fault of a setting, where its value stands. */
void settings_fault(struct settings *, struct fault_list *faults, const char *name, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Names of the settings that differ and are read at the start only, separated by ", ". */
void settings_compare(const struct settings *, const struct settings *, struct buffer *ret_names);
void settings_free(struct settings *);
/* Is it a flag of the table ("--database-url", "--database-url=x")? Fills name (dotted) and value (NULL when it is the
 * next argument). */
bool settings_flag(const char *argument, struct setting_flag *ret);
/* The reference: every setting with default, environment name, flag, help; Markdown table or YAML with comments. */
void settings_print_reference(FILE *);
void settings_print_yaml(FILE *);
/* The n'th setting of the table, from 0; false: there are no more. */
struct setting_about { const char *name, *help; bool is_path; };
bool settings_about(size_t n, struct setting_about *ret);
/* A path of the settings as a C string in the arena: absolute as it is, else under root. NULL when empty. */
const char *settings_path(struct settings *, struct text path);

#endif
