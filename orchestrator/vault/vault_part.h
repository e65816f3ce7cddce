/* What the files of vault/ share. */
#ifndef YJS_VAULT_PART_H
#define YJS_VAULT_PART_H

#include <magic.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>

#include "vault/vault.h"

enum { HEX_SIZE = 65 };
struct vault;

/* A store behind the vault. `hex`: the SM3 digest without its name. */
struct vault_backend {
    /* Keeps the file at `path` (open as `fd`, in the spool, complete and synced), which it may move away. */
    enum outcome (*keep)(struct vault *, const char *hex, const char *sha256, int fd, int64_t size, const char *path, struct error *);
    /* Opens, or brings into the spool, what is called so. */
    enum outcome (*open)(struct vault *, const char *hex, int *ret_fd, struct error *);
    enum outcome (*has)(struct vault *, const char *hex, bool *ret, struct error *);
    /* What is not there is away, too. */
    enum outcome (*remove)(struct vault *, const char *hex, struct error *);
};
extern const struct vault_backend vault_directory, vault_s3;

struct vault {
    const struct vault_backend *backend;
    char *store, *spool, *types, *scanner, *s3_region, *s3_credentials;
    int64_t bytes_most, scan_wait_us;
    bool uses_curl;                /* counted by curl_global_init */
    magic_t magic;                 /* under the mutex: libmagic's cookies are for one thread at a time */
    pthread_mutex_t magic_mutex;
};

struct vault_upload {
    struct vault *vault;
    int fd;
    char path[512];
    int64_t size;
    EVP_MD_CTX *sm3, *sha256;
};

/* media.c: what is in the file, by its content. "application/octet-stream" when nobody knows. */
enum outcome media_type_of(struct vault *, int fd, int64_t size, char ret[128], struct error *);
/* Is it in a list separated by commas? */
bool media_type_in(const char *list, const char *type);
/* scan.c: asks clamd about the file. OK: nothing was found. */
enum outcome scan_file(const char *scanner, int64_t wait_us, int fd, struct error *);
/* vault.c */
int spool_file(struct vault *, char path[512]);              /* an open file in the spool, -1: errno says why */
bool write_whole(int fd, const void *bytes, size_t count);
void digest_hex(EVP_MD_CTX *, char ret[HEX_SIZE]);           /* of 32 bytes */

#endif
