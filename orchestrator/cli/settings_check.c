/* What settings mean together, and to those who get them: everything that can be known before a server is asked, so that
 * --check-config and a start say all of it at once. */
#include <dirent.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "bus/bus.h"
#include "cli/daemon_vault.h"
#include "cli/settings.h"
#include "model/limits.h"
#include "store/store.h"
#include "web/web.h"

enum { INSTANCE_BYTES_MOST = 127 };   /* application_name, client.id and a file's name */

static void check_names(struct settings *s, struct fault_list *faults) {
    enum log_level level;
    enum log_format format;
    bool digits = s->region.length == 6;
    for (size_t i = 0; i < s->region.length && digits; i++)
        digits = s->region.at[i] >= '0' && s->region.at[i] <= '9';
    if (!digits)
        settings_fault(s, faults, "region", "Write it as \"441300\", with quotes.", "\"%.*s\" is not a region code of six digits (GB/T 2260)",
                       TEXT_ARG(s->region));
    if (s->instance.length > INSTANCE_BYTES_MOST || text_find(s->instance, '/') != SIZE_MAX)
        settings_fault(s, faults, "instance", "Choose a short word.", "at most %d bytes, without /", INSTANCE_BYTES_MOST);
    if (!log_level_parse(s->log_level, &level))
        settings_fault(s, faults, "log.level", "Write one of debug, info, warn, error.", "there is no level \"%.*s\"", TEXT_ARG(s->log_level));
    if (!log_format_parse(s->log_format, &format))
        settings_fault(s, faults, "log.format", "Write text or json.", "there is no format \"%.*s\"", TEXT_ARG(s->log_format));
    if (s->departments.length == 0)
        settings_fault(s, faults, "departments", "Name the file, such as config/departments.yaml.", "the directory of departments is needed");
}

static void check_numbers(struct settings *s, struct fault_list *faults) {
    if (s->batch_inputs > LIMIT_batch_inputs_most)
        settings_fault(s, faults, "batch.inputs", "Leave it out: more gains nothing.", "the limit batch_inputs_most is %d", LIMIT_batch_inputs_most);
    if (s->member_ttl < 2 * s->heartbeat)
        settings_fault(s, faults, "cluster.member_ttl", "Let four heartbeats pass before a daemon is dead.",
                       "must be at least twice cluster.heartbeat, or daemons that live are taken for dead");
    if (s->materials_bytes < 1 || s->materials_bytes > LIMIT_material_bytes_most)
        settings_fault(s, faults, "materials.bytes", "Write less.", "the limit material_bytes_most is %d", LIMIT_material_bytes_most);
}

static void check_servers(struct settings *s, struct fault_list *faults) {
    struct error error = {0};
    if (store_check_conninfo(s->database_url.at, &error) != OUTCOME_OK)
        settings_fault(s, faults, "database.url", "Write it as libpq wants it: \"host=… dbname=… user=…\", or postgresql://….", "%s",
                       error.message);
    if (s->kafka_bootstrap.length == 0)
        settings_fault(s, faults, "kafka.bootstrap", "Write host:port, several with commas.", "no broker is named");
    for (uint32_t i = 0; i < s->kafka_property_count; i++) {
        char name[300];
        snprintf(name, sizeof name, "kafka.properties.%.*s", TEXT_ARG(s->kafka_properties[i].name));
        if (bus_check_property(&(struct bus_property){s->kafka_properties[i].name.at, s->kafka_properties[i].value.at}, &error) != OUTCOME_OK)
            settings_fault(s, faults, name, "See librdkafka's CONFIGURATION.md.", "%s", error.message);
    }
}

/* Nobody is asked for a password at a start. */
static int no_password(char *room, int size, int writing, void *context) {
    (void)room, (void)size, (void)writing, (void)context;
    return 0;
}

static void check_certificate(struct settings *s, struct fault_list *faults) {
    const char *certificate = settings_path(s, s->http_certificate), *key = settings_path(s, s->http_key);
    if (!certificate && !key)
        return;
    if (!certificate || !key) {
        settings_fault(s, faults, certificate ? "http.certificate" : "http.key", "Name both, or none.",
                       "http.certificate and http.key belong together");
        return;
    }
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (!context)
        return;
    SSL_CTX_set_default_passwd_cb(context, no_password);
    bool is_chain = SSL_CTX_use_certificate_chain_file(context, certificate) == 1;
    bool is_key = SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1;
    if (!is_chain)
        settings_fault(s, faults, "http.certificate", "Name a PEM file with the certificate first.", "%s has no certificate that can be read",
                       certificate);
    if (!is_key)
        settings_fault(s, faults, "http.key", "Name the certificate's own key, PEM, without a password.",
                       is_chain ? "%s has no key that can be read, or not the certificate's" : "%s has no key that can be read", key);
    SSL_CTX_free(context);
}

static void check_http(struct settings *s, struct fault_list *faults) {
    struct error error = {0};
    if (s->http_listen.length > 0 && web_check_listen(s->http_listen.at, &error) != OUTCOME_OK)
        settings_fault(s, faults, "http.listen", "Write address and port: 127.0.0.1:8080, [::1]:8080; leave it empty for none.", "%s",
                       error.message);
    if (s->http_url.length > 0 && !text_starts_with(s->http_url, "http://") && !text_starts_with(s->http_url, "https://"))
        settings_fault(s, faults, "http.url", "Write it as https://host.", "\"%.*s\" is no address of HTTP", TEXT_ARG(s->http_url));
    check_certificate(s, faults);
}

static void check_seals(struct settings *s, struct fault_list *faults) {
    const char *path = settings_path(s, s->documents_seals);
    DIR *folder = path ? opendir(path) : NULL;
    if (path && !folder)
        settings_fault(s, faults, "documents.seals", "Make it, with a seal in it: yjsctl seal create.", "%s is no folder that can be read", path);
    if (folder)
        closedir(folder);
}

void settings_check(struct settings *settings, struct fault_list *faults) {
    check_names(settings, faults);
    check_numbers(settings, faults);
    check_servers(settings, faults);
    check_http(settings, faults);
    daemon_vault_check(settings, faults);
    check_seals(settings, faults);
}
