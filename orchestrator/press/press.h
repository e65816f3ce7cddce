/* The press: a letter (document/document.h) set on A4 as PDF by Pango and Cairo, and sealed by SM2.
 *
 * Called by the daemon for the HTTP API (from several threads; one letter is set at a time) and by yjsctl, which makes trial
 * keys and checks seals. It reads the system's fonts and the files of keys, and nothing else of the world.
 *
 * The page follows GB/T 9704 where it says something of a page (A4, margins, a red head, the seal over name and date, page
 * numbers between dashes). The same letter gives the same bytes: dates of the file are the event's, fonts are subset by
 * what stands on the page.
 *
 * The seal. A PDF signature (ISO 32000-2, 12.8): /ByteRange covers every byte but the signature itself, /Contents is CMS
 * SignedData (RFC 5652), digest SM3 (GB/T 32905), signature SM2 (GB/T 32918) with the user identity of GB/T 35276
 * (1234567812345678); the certificate is named by its digest within what is signed (RFC 5035). The CMS has the usual identifiers of its content types and not those of GB/T 35275, so that programs that
 * know CMS can read it; OpenSSL's `cms -verify` reads it but knows no user identity, `pkeyutl -verify` does. SM2 signatures are
 * random: two sealings of one letter differ in /Contents, and in nothing else. The round mark on the page is a picture: only
 * the signature proves anything, and without a key no mark is drawn. */
#ifndef YJS_PRESS_PRESS_H
#define YJS_PRESS_PRESS_H

#include "base/error.h"
#include "document/document.h"

#define SEAL_USER_ID "1234567812345678"      /* GB/T 35276 */
#define PRESS_BYTES_MOST ((size_t)16 << 20)

struct press;
struct seal;

/* FATAL out_of_memory. */
enum outcome press_create(struct press **ret, struct error *);
void press_free(struct press *);             /* NULL is safe */
/* Appends the letter as PDF to `out`, sealed when there is a seal (NULL: none). REJECT document_font: no font here has all
 * its characters. FATAL out_of_memory, press_failed. Any thread. */
enum outcome press_print(struct press *, const struct letter *, const struct seal *, struct buffer *out, struct error *);

/* ---- seals ---- */

/* A private key and its certificate (with others behind it, which go into the signature) from one PEM text. REJECT seal_bad:
 * not PEM, no SM2 key, a certificate of another key. */
enum outcome seal_read(struct text pem, struct seal **ret, struct error *);
void seal_free(struct seal *);
/* A key of its own with a certificate signed by itself, for trials: as PEM, into `out`. `name`: whose seal, in the subject.
 * The authority's key comes from its certification authority (GM/T 0034). `now_us`: valid from then on, for `days`. */
enum outcome seal_create(struct text name, int64_t now_us, uint32_t days, struct buffer *out, struct error *);

/* What a sealed file says of itself. */
struct seal_report {
    struct text signer, serial;              /* subject of the certificate (RFC 2253, UTF-8); hexadecimal */
    struct text digest;                      /* SM3 of what is covered, hexadecimal */
    int64_t sealed_at_us, valid_from_us, valid_to_us;
    bool self_signed;
    bool trusted;                            /* the certificate is one of `trusted`, or issued by one of them */
};
/* Checks the seal of a PDF: what the signature covers is the whole file but for the signature, its digest is that of the bytes,
 * and the certificate's key made it. `trusted`: PEM certificates; absent: nobody is asked, and *ret->trusted is false.
 * REJECT document_unsealed; seal_range (bytes stand outside of what is covered); document_changed (the digest is another);
 * seal_forged (the signature is not of this key); seal_unreadable. */
enum outcome seal_verify(struct text pdf, struct text trusted, struct arena *, struct seal_report *ret, struct error *);

#endif
