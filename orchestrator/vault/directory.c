/* Materials in a folder: <store>/<first two digits>/<digest>, moved there when they are complete and on disk. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vault/vault_part.h"

static enum outcome away(struct error *error, const char *path) {
    return error_set(error, OUTCOME_RETRY, "vault_away", "%s: %s", path, strerror(errno));
}

/* A new name in a folder is durable when the folder is. */
static bool sync_folder(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool fine = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return fine;
}

/* What lies there already is replaced by the same content, which mends what was damaged. */
static enum outcome directory_keep(struct vault *vault, const char *hex, const char *sha256, int fd, int64_t size, const char *path,
                                   struct error *error) {
    char folder[600], place[700];
    (void)sha256;
    (void)fd;
    (void)size;
    snprintf(folder, sizeof folder, "%s/%.2s", vault->store, hex);
    snprintf(place, sizeof place, "%s/%s", folder, hex);
    bool made = mkdir(folder, 0700) == 0;
    if (!made && errno != EEXIST)
        return away(error, folder);
    if (made && !sync_folder(vault->store))
        return away(error, vault->store);
    if (rename(path, place) != 0)
        return away(error, place);
    return sync_folder(folder) ? OUTCOME_OK : away(error, folder);
}

static enum outcome directory_open(struct vault *vault, const char *hex, int *ret_fd, struct error *error) {
    char place[700];
    snprintf(place, sizeof place, "%s/%.2s/%s", vault->store, hex, hex);
    int fd = open(place, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT)
        return error_set(error, OUTCOME_REJECT, "material_unknown", "there is no material sm3:%s", hex);
    if (fd < 0)
        return away(error, place);
    *ret_fd = fd;
    return OUTCOME_OK;
}

static enum outcome directory_has(struct vault *vault, const char *hex, bool *ret, struct error *error) {
    char place[700];
    snprintf(place, sizeof place, "%s/%.2s/%s", vault->store, hex, hex);
    *ret = access(place, F_OK) == 0;
    return *ret || errno == ENOENT ? OUTCOME_OK : away(error, place);
}

static enum outcome directory_remove(struct vault *vault, const char *hex, struct error *error) {
    char place[700];
    snprintf(place, sizeof place, "%s/%.2s/%s", vault->store, hex, hex);
    return unlink(place) == 0 || errno == ENOENT ? OUTCOME_OK : away(error, place);
}

const struct vault_backend vault_directory = {directory_keep, directory_open, directory_has, directory_remove};
