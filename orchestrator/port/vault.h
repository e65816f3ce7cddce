/* The vault: where the bytes of materials lie, named by their SM3 digest. Implemented by vault/.
 *
 * An upload is streamed: nothing ever holds a whole material in memory. Thread-safe: several uploads and readings at once,
 * each of them belongs to one thread at a time. keep and fetch may wait for the scanner and for the store behind. */
#ifndef YJS_PORT_VAULT_H
#define YJS_PORT_VAULT_H

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"
#include "base/text.h"

#define VAULT_DIGEST_SIZE 69      /* "sm3:", 64 hexadecimal digits, NUL */

struct vault_upload;
/* What was kept. scan: "clean", or "not_scanned" when no scanner is configured. */
struct vault_kept { char digest[VAULT_DIGEST_SIZE], media_type[128]; int64_t size; const char *scan; };

struct vault_port {
    void *context;
    int64_t bytes_most;           /* of one material */
    enum outcome (*begin)(void *context, struct vault_upload **ret, struct error *);
    /* REJECT material_too_large; RETRY vault_away (no room, the disk refuses). After an error only drop may follow. */
    enum outcome (*take)(struct vault_upload *, const void *bytes, size_t count, struct error *);
    /* Looks what it is, has it scanned and keeps it; the same content again is kept once. The upload is over, whatever
     * is returned. REJECT material_empty, material_type_refused, material_infected, material_too_large (for the scanner);
     * RETRY scanner_away, vault_away: nothing is kept. */
    enum outcome (*keep)(struct vault_upload *, struct vault_kept *ret, struct error *);
    void (*drop)(struct vault_upload *);                    /* NULL is safe */
    /* Is it there? RETRY vault_away. */
    enum outcome (*has)(void *context, struct text digest, bool *ret, struct error *);
    /* Takes it away; also what is not there is away. RETRY vault_away. */
    enum outcome (*remove)(void *context, struct text digest, struct error *);
    /* A descriptor at the content's beginning, the caller's to close. The content was held against its digest.
     * REJECT material_unknown; RETRY vault_away; FATAL material_damaged: what lies there is something else. */
    enum outcome (*fetch)(void *context, struct text digest, int *ret_fd, int64_t *ret_size, struct error *);
};

/* "sm3:" and 64 hexadecimal digits in lower case? */
static inline bool vault_digest_is_sound(struct text digest) {
    bool sound = digest.length == VAULT_DIGEST_SIZE - 1 && memcmp(digest.at, "sm3:", 4) == 0;
    for (size_t i = 4; sound && i < digest.length; i++)
        sound = (digest.at[i] >= '0' && digest.at[i] <= '9') || (digest.at[i] >= 'a' && digest.at[i] <= 'f');
    return sound;
}

#endif
