/* The vault of materials out of the settings. */
#include "cli/daemon_vault.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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

enum outcome daemon_vault(struct settings *s, struct vault **ret, struct error *error) {
    char secret[SECRET_BYTES_MOST] = "";
    *ret = NULL;
    if (s->materials_store.length == 0)
        return OUTCOME_OK;
    bool remote = text_starts_with(s->materials_store, "http://") || text_starts_with(s->materials_store, "https://");
    if (s->materials_bytes < 1 || s->materials_bytes > LIMIT_material_bytes_most)
        return error_set(error, OUTCOME_REJECT, "setting_bad", "materials.bytes is at most material_bytes_most (%d)",
                         LIMIT_material_bytes_most);
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
