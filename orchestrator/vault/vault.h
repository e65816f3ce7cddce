/* The vault of materials: takes what is uploaded to a spool on disk while it reckons its digests, looks what it is, has it
 * scanned, and keeps it under its SM3 digest (GB/T 32905) in a folder or a bucket.
 *
 * What is kept is durable when keep returns: a folder by fsync and rename, a bucket by its answer to a PUT that carries the
 * content's SHA-256. Keeping the same content again changes nothing. vault_create and vault_free belong to the main thread. */
#ifndef YJS_VAULT_VAULT_H
#define YJS_VAULT_VAULT_H

#include "port/vault.h"

struct vault_settings {
    const char *store;            /* a folder, or http(s)://host[:port]/bucket[/prefix] */
    const char *spool;            /* folder for what is under way; NULL: `incoming` in the store's folder */
    int64_t bytes_most;
    const char *types;            /* media types that are taken, separated by commas */
    const char *scanner;          /* clamd: "tcp:host:port" or "unix:/path"; NULL: nothing is scanned */
    int64_t scan_wait_us;         /* a scanner that says nothing for so long is away */
    const char *s3_region, *s3_key, *s3_secret;   /* of a bucket */
};

struct vault;
/* Settings are copied. REJECT setting_bad (no folder can be made there, an address that is none, no key); FATAL. */
enum outcome vault_create(const struct vault_settings *, struct vault **ret, struct error *);
struct vault_port vault_port_of(struct vault *);
void vault_free(struct vault *);   /* NULL is safe */

#endif
