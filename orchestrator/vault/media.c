/* What a material is, by its content: libmagic, and OFD (GB/T 33190), which libmagic knows only as the zip that it is. */
#include <string.h>
#include <unistd.h>

#include "vault/vault_part.h"

enum { TAIL_BYTES = 64 * 1024, ENTRY_BYTES = 46 };

/* Has the zip an entry OFD.xml at its top? Its directory stands at the end: 46 bytes, then the name. */
static bool is_ofd(int fd, int64_t size) {
    static const char name[] = "OFD.xml";
    char tail[TAIL_BYTES];
    int64_t from = size > TAIL_BYTES ? size - TAIL_BYTES : 0;
    ssize_t count = pread(fd, tail, sizeof tail, from);
    for (ssize_t i = 0; i + ENTRY_BYTES + (ssize_t)sizeof name - 1 <= count; i++)
        if (memcmp(tail + i, "PK\1\2", 4) == 0 && (unsigned char)tail[i + 28] == sizeof name - 1 && tail[i + 29] == 0 &&
            memcmp(tail + i + ENTRY_BYTES, name, sizeof name - 1) == 0)
            return true;
    return false;
}

enum outcome media_type_of(struct vault *vault, int fd, int64_t size, char ret[128], struct error *error) {
    enum outcome outcome = OUTCOME_OK;
    if (lseek(fd, 0, SEEK_SET) != 0)
        return error_set(error, OUTCOME_RETRY, "vault_away", "the spool can't be read");
    pthread_mutex_lock(&vault->magic_mutex);
    const char *type = magic_descriptor(vault->magic, fd);
    if (type)
        snprintf(ret, 128, "%s", type);
    else
        outcome = error_set(error, OUTCOME_RETRY, "vault_away", "what the material is can't be told: %s", magic_error(vault->magic));
    pthread_mutex_unlock(&vault->magic_mutex);
    if (outcome == OUTCOME_OK && strcmp(ret, "application/zip") == 0 && is_ofd(fd, size))
        snprintf(ret, 128, "application/ofd");
    return outcome;
}

bool media_type_in(const char *list, const char *type) {
    size_t length = strlen(type);
    while (*list) {
        list += strspn(list, ", ");
        size_t one = strcspn(list, ", ");
        if (one > 0 && one == length && memcmp(list, type, one) == 0)
            return true;
        list += one;
    }
    return false;
}
