/* The way of a material into the vault and out of it: spool, digests, what it is, scan, keep; open, hold against its name. */
#include <curl/curl.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "vault/vault_part.h"

enum { PIECE_BYTES = 64 * 1024, LEFT_OVER_SECONDS = 24 * 3600 };

static enum outcome away(struct error *error, const char *what) {
    return error_set(error, OUTCOME_RETRY, "vault_away", "%s: %s", what, strerror(errno));
}

bool write_whole(int fd, const void *bytes, size_t count) {
    const char *at = bytes;
    while (count > 0) {
        ssize_t written = write(fd, at, count);
        if (written < 0 && errno != EINTR)
            return false;
        at += written > 0 ? written : 0;
        count -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

void digest_hex(EVP_MD_CTX *digest, char ret[HEX_SIZE]) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    EVP_DigestFinal_ex(digest, bytes, &length);
    for (unsigned i = 0; i < length && i < HEX_SIZE / 2; i++)
        snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
}

int spool_file(struct vault *vault, char path[512]) {
    snprintf(path, 512, "%s/XXXXXX", vault->spool);
    return mkostemp(path, O_CLOEXEC);
}

/* ---- in ---- */

static void drop(struct vault_upload *upload) {
    if (!upload)
        return;
    if (upload->fd >= 0) {
        close(upload->fd);
        unlink(upload->path);
    }
    EVP_MD_CTX_free(upload->sm3);
    EVP_MD_CTX_free(upload->sha256);
    memory_free(upload);
}

static enum outcome begin(void *context, struct vault_upload **ret, struct error *error) {
    struct vault *vault = context;
    struct vault_upload *upload = memory_alloc(sizeof *upload);
    if (!upload)
        return error_no_memory(error);
    upload->vault = vault;
    upload->fd = -1;
    upload->sm3 = EVP_MD_CTX_new();
    upload->sha256 = EVP_MD_CTX_new();
    if (!upload->sm3 || !upload->sha256 || EVP_DigestInit_ex(upload->sm3, EVP_sm3(), NULL) != 1 ||
        EVP_DigestInit_ex(upload->sha256, EVP_sha256(), NULL) != 1) {
        drop(upload);
        return error_set(error, OUTCOME_FATAL, "sm3_missing", "OpenSSL does not give SM3");
    }
    upload->fd = spool_file(vault, upload->path);
    if (upload->fd < 0) {
        enum outcome outcome = away(error, vault->spool);
        drop(upload);
        return outcome;
    }
    *ret = upload;
    return OUTCOME_OK;
}

static enum outcome too_large(const struct vault *vault, struct error *error) {
    return error_set(error, OUTCOME_REJECT, "material_too_large", "a material is at most materials.bytes (%lld bytes)",
                     (long long)vault->bytes_most);
}

static enum outcome take(struct vault_upload *upload, const void *bytes, size_t count, struct error *error) {
    if ((int64_t)count > upload->vault->bytes_most - upload->size)
        return too_large(upload->vault, error);
    upload->size += (int64_t)count;
    EVP_DigestUpdate(upload->sm3, bytes, count);
    EVP_DigestUpdate(upload->sha256, bytes, count);
    return write_whole(upload->fd, bytes, count) ? OUTCOME_OK : away(error, upload->path);
}

static enum outcome examine(struct vault_upload *upload, struct vault_kept *kept, struct error *error) {
    struct vault *vault = upload->vault;
    if (upload->size == 0)
        return error_set(error, OUTCOME_REJECT, "material_empty", "the body has no bytes");
    enum outcome outcome = media_type_of(vault, upload->fd, upload->size, kept->media_type, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (!media_type_in(vault->types, kept->media_type))
        return error_set(error, OUTCOME_REJECT, "material_type_refused", "by its content this is %s; materials.types are %s",
                         kept->media_type, vault->types);
    kept->scan = vault->scanner ? "clean" : "not_scanned";
    return vault->scanner ? scan_file(vault->scanner, vault->scan_wait_us, upload->fd, error) : OUTCOME_OK;
}

static enum outcome keep(struct vault_upload *upload, struct vault_kept *ret, struct error *error) {
    struct vault *vault = upload->vault;
    struct vault_kept kept = {.size = upload->size};
    char sm3[HEX_SIZE], sha256[HEX_SIZE];
    enum outcome outcome = examine(upload, &kept, error);
    if (outcome == OUTCOME_OK && fsync(upload->fd) != 0)
        outcome = away(error, upload->path);
    if (outcome == OUTCOME_OK) {
        digest_hex(upload->sm3, sm3);
        digest_hex(upload->sha256, sha256);
        snprintf(kept.digest, sizeof kept.digest, "sm3:%s", sm3);
        outcome = vault->backend->keep(vault, sm3, sha256, upload->fd, upload->size, upload->path, error);
    }
    drop(upload);
    if (outcome == OUTCOME_OK)
        *ret = kept;
    return outcome;
}

/* ---- out ---- */

/* Is what lies there what it is called? *ret_size: how much it is. */
static bool is_sound(int fd, const char *hex, int64_t *ret_size) {
    EVP_MD_CTX *sm3 = EVP_MD_CTX_new();
    char piece[PIECE_BYTES], is[HEX_SIZE] = "";
    int64_t size = 0;
    ssize_t count = sm3 && EVP_DigestInit_ex(sm3, EVP_sm3(), NULL) == 1 ? 0 : -1;
    while (count >= 0 && (count = pread(fd, piece, sizeof piece, size)) > 0) {
        EVP_DigestUpdate(sm3, piece, (size_t)count);
        size += count;
    }
    if (count == 0)
        digest_hex(sm3, is);
    EVP_MD_CTX_free(sm3);
    *ret_size = size;
    return strcmp(is, hex) == 0;
}

static enum outcome fetch(void *context, struct text digest, int *ret_fd, int64_t *ret_size, struct error *error) {
    struct vault *vault = context;
    char hex[HEX_SIZE];
    int fd = -1;
    if (!vault_digest_is_sound(digest))
        return error_set(error, OUTCOME_REJECT, "material_unknown", "a material is called sm3: and 64 hexadecimal digits");
    snprintf(hex, sizeof hex, "%.*s", (int)digest.length - 4, digest.at + 4);
    enum outcome outcome = vault->backend->open(vault, hex, &fd, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (!is_sound(fd, hex, ret_size) || lseek(fd, 0, SEEK_SET) != 0) {
        close(fd);
        return error_set(error, OUTCOME_FATAL, "material_damaged", "what lies in the store as %s has another digest", hex);
    }
    *ret_fd = fd;
    return OUTCOME_OK;
}

static enum outcome has(void *context, struct text digest, bool *ret, struct error *error) {
    struct vault *vault = context;
    char hex[HEX_SIZE];
    *ret = false;
    if (!vault_digest_is_sound(digest))
        return OUTCOME_OK;
    snprintf(hex, sizeof hex, "%.*s", (int)digest.length - 4, digest.at + 4);
    return vault->backend->has(vault, hex, ret, error);
}

static enum outcome remove_kept(void *context, struct text digest, struct error *error) {
    struct vault *vault = context;
    char hex[HEX_SIZE];
    if (!vault_digest_is_sound(digest))
        return OUTCOME_OK;
    snprintf(hex, sizeof hex, "%.*s", (int)digest.length - 4, digest.at + 4);
    return vault->backend->remove(vault, hex, error);
}

/* ---- beginning and end ---- */

/* What an end amid an upload has left. Others may use the same folder: only what is old. */
static void sweep(const char *spool) {
    DIR *folder = opendir(spool);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        struct stat status;
        if (entry->d_name[0] != '.' && fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode) && status.st_mtime < time(NULL) - LEFT_OVER_SECONDS)
            unlinkat(dirfd(folder), entry->d_name, 0);
    }
    if (folder)
        closedir(folder);
}

static char *copy(const char *text) {
    size_t size = text ? strlen(text) + 1 : 0;
    char *to = size > 1 ? memory_alloc(size) : NULL;
    if (to)
        memcpy(to, text, size);
    return to;
}

static bool make_folder(const char *path) { return mkdir(path, 0700) == 0 || errno == EEXIST; }

static enum outcome make_places(struct vault *vault, const struct vault_settings *s, struct error *error) {
    char spool[512];
    bool remote = vault->backend == &vault_s3;
    snprintf(spool, sizeof spool, "%s%s", s->spool ? s->spool : vault->store, s->spool ? "" : "/incoming");
    vault->spool = copy(spool);
    if (!vault->spool)
        return error_no_memory(error);
    if ((!remote && !make_folder(vault->store)) || !make_folder(vault->spool) || access(vault->spool, W_OK) != 0)
        return error_set(error, OUTCOME_REJECT, "setting_bad", "materials.store: %s can't be used: %s", vault->spool, strerror(errno));
    sweep(vault->spool);
    return OUTCOME_OK;
}

static enum outcome make_credentials(struct vault *vault, const struct vault_settings *s, struct error *error) {
    char both[512];
    if (vault->backend != &vault_s3)
        return OUTCOME_OK;
    if (!s->s3_key || !s->s3_secret || !s->s3_region ||
        (size_t)snprintf(both, sizeof both, "%s:%s", s->s3_key, s->s3_secret) >= sizeof both)
        return error_set(error, OUTCOME_REJECT, "setting_bad", "a bucket wants materials.s3.region, .key and .secret_file");
    vault->uses_curl = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    vault->s3_region = copy(s->s3_region);
    vault->s3_credentials = copy(both);
    return vault->uses_curl && vault->s3_region && vault->s3_credentials ? OUTCOME_OK : error_no_memory(error);
}

enum outcome vault_create(const struct vault_settings *s, struct vault **ret, struct error *error) {
    struct vault *vault = memory_alloc(sizeof *vault);
    if (!vault)
        return error_no_memory(error);
    vault->backend = strncmp(s->store, "http://", 7) == 0 || strncmp(s->store, "https://", 8) == 0 ? &vault_s3 : &vault_directory;
    vault->bytes_most = s->bytes_most;
    vault->scan_wait_us = s->scan_wait_us;
    vault->store = copy(s->store);
    vault->types = copy(s->types);
    vault->scanner = copy(s->scanner);
    pthread_mutex_init(&vault->magic_mutex, NULL);
    vault->magic = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR);
    bool scans = !s->scanner || !*s->scanner || strncmp(s->scanner, "tcp:", 4) == 0 || strncmp(s->scanner, "unix:/", 6) == 0;
    enum outcome outcome = OUTCOME_OK;
    if (!vault->store || !vault->types)
        outcome = error_set(error, OUTCOME_REJECT, "setting_bad", "materials.store and materials.types must name something");
    else if (!scans)
        outcome = error_set(error, OUTCOME_REJECT, "setting_bad", "materials.scanner is tcp:HOST:PORT or unix:/PATH");
    else if (!vault->magic || magic_load(vault->magic, NULL) != 0)
        outcome = error_set(error, OUTCOME_FATAL, "media_types_missing", "libmagic has no data: %s",
                            vault->magic ? magic_error(vault->magic) : "no memory");
    if (outcome == OUTCOME_OK)
        outcome = make_credentials(vault, s, error);
    if (outcome == OUTCOME_OK)
        outcome = make_places(vault, s, error);
    if (outcome != OUTCOME_OK) {
        vault_free(vault);
        return outcome;
    }
    *ret = vault;
    return OUTCOME_OK;
}

struct vault_port vault_port_of(struct vault *vault) {
    return (struct vault_port){vault, vault->bytes_most, begin, take, keep, drop, has, remove_kept, fetch};
}

void vault_free(struct vault *vault) {
    if (!vault)
        return;
    if (vault->magic)
        magic_close(vault->magic);
    pthread_mutex_destroy(&vault->magic_mutex);
    if (vault->uses_curl)
        curl_global_cleanup();
    char *texts[] = {vault->store, vault->spool, vault->types, vault->scanner, vault->s3_region, vault->s3_credentials};
    if (vault->s3_credentials)
        explicit_bzero(vault->s3_credentials, strlen(vault->s3_credentials));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        memory_free(texts[i]);
    memory_free(vault);
}
