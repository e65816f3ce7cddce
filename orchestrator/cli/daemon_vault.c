/* The vault of materials out of the settings. */
#include "cli/daemon_vault.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/limits.h"

enum { SECRET_BYTES_MOST = 256 };

static const char *or_none(struct text t) { return t.length > 0 ? t.at : NULL; }

static bool read_secret(const char *path, char room[SECRET_BYTES_MOST]) {
    FILE *file = path ? fopen(path, "re") : NULL;
    bool fine = file && fgets(room, SECRET_BYTES_MOST, file);
    if (file)
        fclose(file);
    if (fine)
        room[strcspn(room, "\r\n")] = '\0';
    return fine && room[0];
}

static bool is_bucket(const struct settings *s) {
    return text_starts_with(s->materials_store, "http://") || text_starts_with(s->materials_store, "https://");
}

static void check_bucket(struct settings *s, struct fault_list *faults) {
    char secret[SECRET_BYTES_MOST] = "";
    if (s->materials_key.length == 0 || s->materials_region.length == 0)
        settings_fault(s, faults, "materials.store", "Add materials.key, and materials.region as the bucket's signature wants it.",
                       "a bucket wants materials.key and materials.region");
    if (!read_secret(settings_path(s, s->materials_secret_file), secret))
        settings_fault(s, faults, "materials.secret_file", "Put the bucket's secret key into its first line.", "there is no secret in \"%.*s\"",
                       TEXT_ARG(s->materials_secret_file));
    explicit_bzero(secret, sizeof secret);
}

/* It, or what it is to be made in, can be written. */
static void check_folder(struct settings *s, struct fault_list *faults) {
    struct stat about;
    struct text store = text_from(settings_path(s, s->materials_store));
    size_t end = store.length;
    while (end > 1 && store.at[end - 1] != '/')
        end--;
    struct text above = text_format(&s->arena, "%.*s", (int)end, store.at);
    bool there = stat(store.at, &about) == 0;
    if (there ? !S_ISDIR(about.st_mode) || access(store.at, W_OK | X_OK) != 0 : above.at && access(above.at, W_OK | X_OK) != 0)
        settings_fault(s, faults, "materials.store", "Make the folder, and let yjsd's user write into it.", "%s is no folder that can be written",
                       store.at);
}

void daemon_vault_check(struct settings *s, struct fault_list *faults) {
    struct text scanner = s->materials_scanner;
    if (scanner.length > 0 && !text_starts_with(scanner, "tcp:") && !text_starts_with(scanner, "unix:/"))
        settings_fault(s, faults, "materials.scanner", "Write tcp:HOST:PORT or unix:/PATH.", "\"%.*s\" is no address of clamd", TEXT_ARG(scanner));
    if (s->materials_store.length == 0)
        return;
    if (s->materials_types.length == 0)
        settings_fault(s, faults, "materials.types", "Name media types, such as application/pdf,image/jpeg.", "nothing would be taken");
    if (is_bucket(s))
        check_bucket(s, faults);
    else
        check_folder(s, faults);
}

enum outcome daemon_vault(struct settings *s, struct vault **ret, struct error *error) {
    char secret[SECRET_BYTES_MOST] = "";
    *ret = NULL;
    if (s->materials_store.length == 0)
        return OUTCOME_OK;
    bool remote = is_bucket(s);
    if (remote && !read_secret(settings_path(s, s->materials_secret_file), secret))
        return error_set(error, OUTCOME_REJECT, "setting_bad", "materials.secret_file must have the bucket's secret key in its first line");
    struct text spool = text_format(&s->arena, "%s/materials", settings_path(s, s->state));
    if (remote)
        mkdir(settings_path(s, s->state), 0700);   /* what can't be used there is said by vault_create */
    struct vault_settings settings = {
        .store = remote ? s->materials_store.at : settings_path(s, s->materials_store), .spool = remote ? spool.at : NULL,
        .bytes_most = s->materials_bytes, .types = s->materials_types.at, .scanner = or_none(s->materials_scanner),
        .scan_wait_us = s->materials_scan_wait, .s3_region = or_none(s->materials_region), .s3_key = or_none(s->materials_key),
        .s3_secret = remote ? secret : NULL};
    enum outcome outcome = vault_create(&settings, ret, error);
    explicit_bzero(secret, sizeof secret);
    return outcome;
}
