/* Is a sealed PDF as it was sealed, and by whom? Shares nothing with how it is made but the format. */
#include "press/press_part.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/ess.h>
#include <openssl/pem.h>
#include <stdlib.h>

#define ATTRIBUTES_MOST 16
#define SIGNATURE_BYTES_MOST ((size_t)64 << 10)

struct checked {
    struct text pdf;
    size_t before, behind;                   /* the first bytes up to `before`, those from `behind` on are covered */
    unsigned char *der; size_t der_length;
    CMS_ContentInfo *cms;
    STACK_OF(X509) *certificates;
    X509 *certificate;
    CMS_SignerInfo *signer;
    unsigned char digest[32];
};

static enum outcome reject(struct error *error, const char *code, const char *why) {
    ERR_clear_error();
    return error_set(error, OUTCOME_REJECT, code, "%s", why);
}

/* The last place of `word` before `end`. */
static size_t last_of(struct text t, const char *word) {
    size_t length = strlen(word);
    for (size_t at = t.length >= length ? t.length - length + 1 : 0; at-- > 0;)
        if (memcmp(t.at + at, word, length) == 0)
            return at;
    return SIZE_MAX;
}

static bool next_number(struct text t, size_t *at, size_t *ret) {
    size_t digits = 0;
    while (*at < t.length && t.at[*at] == ' ')
        ++*at;
    for (*ret = 0; *at < t.length && t.at[*at] >= '0' && t.at[*at] <= '9' && digits < 12; ++*at, digits++)
        *ret = *ret * 10 + (size_t)(t.at[*at] - '0');
    return digits > 0;
}

static int hex_value(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The bytes that are covered, and the signature between them. */
static enum outcome find_range(struct checked *c, struct error *error) {
    size_t at = last_of(c->pdf, "/ByteRange"), numbers[4];
    if (at == SIZE_MAX)
        return reject(error, "document_unsealed", "the file has no seal");
    at += strlen("/ByteRange");
    while (at < c->pdf.length && (c->pdf.at[at] == ' ' || c->pdf.at[at] == '['))
        at++;
    for (int i = 0; i < 4; i++)
        if (!next_number(c->pdf, &at, &numbers[i]))
            return reject(error, "seal_unreadable", "the seal does not say what it covers");
    c->before = numbers[1];
    c->behind = numbers[2];
    bool whole = numbers[0] == 0 && c->before < c->behind && c->behind <= c->pdf.length && numbers[3] == c->pdf.length - c->behind &&
                 c->pdf.at[c->before] == '<' && c->pdf.at[c->behind - 1] == '>';
    if (!whole)
        return reject(error, "seal_range", "bytes of the file stand outside of what the seal covers: something was added or cut off");
    size_t digits = c->behind - c->before - 2;
    c->der = digits / 2 <= SIGNATURE_BYTES_MOST ? memory_alloc(digits / 2 + 1) : NULL;
    if (!c->der)
        return reject(error, "seal_unreadable", "the seal has no sensible size");
    for (size_t i = 0; i + 1 < digits; i += 2) {
        int high = hex_value(c->pdf.at[c->before + 1 + i]), low = hex_value(c->pdf.at[c->before + 2 + i]);
        if (high < 0 || low < 0)
            return reject(error, "seal_unreadable", "the seal is not written in hexadecimal");
        c->der[c->der_length++] = (unsigned char)(high << 4 | low);
    }
    return OUTCOME_OK;
}

/* Length of the head of a DER element; *ret: of its content. 0: it is none. */
static size_t der_head(const unsigned char *at, size_t room, size_t *ret) {
    size_t count = room > 1 && (at[1] & 0x80) ? at[1] & 0x7f : 0;
    if (room < 2 || count > 3 || room < 2 + count)
        return 0;
    *ret = count ? 0 : at[1];
    for (size_t i = 0; i < count; i++)
        *ret = *ret << 8 | at[2 + i];
    return *ret <= room - 2 - count ? 2 + count : 0;
}

/* What no signature covers and everybody fills alike: versions, the digest's name, the kind of content. It must stand as it is
 * written here, so that no digit of the signature is free. */
static bool is_plain(const struct checked *c) {
    static const unsigned char head[] = {0x02, 0x01, 0x01, 0x31, 0x0e, 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x11,
                                         0x05, 0x00, 0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
    static const unsigned char version[] = {0x02, 0x01, 0x01};
    const unsigned char *at = c->der, *end = c->der + c->der_length;
    size_t content, step;
    for (int i = 0; i < 4; i++) {   /* ContentInfo; behind its type, [0]; SignedData */
        if ((step = der_head(at, (size_t)(end - at), &content)) == 0)
            return false;
        at += i == 1 ? step + content : step;
    }
    if ((size_t)(end - at) < sizeof head || memcmp(at, head, sizeof head) != 0)
        return false;
    at += sizeof head;
    for (int i = 0; i < 3; i++) {   /* past the certificates; into the set of signers, into the one */
        if ((step = der_head(at, (size_t)(end - at), &content)) == 0)
            return false;
        at += i == 0 ? step + content : step;
    }
    return (size_t)(end - at) > sizeof version && memcmp(at, version, sizeof version) == 0;
}

static enum outcome read_cms(struct checked *c, struct error *error) {
    const unsigned char *at = c->der;
    c->cms = d2i_CMS_ContentInfo(NULL, &at, (long)c->der_length);
    STACK_OF(CMS_SignerInfo) *signers = c->cms ? CMS_get0_SignerInfos(c->cms) : NULL;
    if (!signers || sk_CMS_SignerInfo_num(signers) != 1)
        return reject(error, "seal_unreadable", "the seal is no CMS signature of one signer");
    for (const unsigned char *rest = at; rest < c->der + c->der_length; rest++)
        if (*rest)
            return reject(error, "seal_range", "something stands behind the signature, within its room");
    c->signer = sk_CMS_SignerInfo_value(signers, 0);
    c->certificates = CMS_get1_certs(c->cms);
    for (int i = 0; i < sk_X509_num(c->certificates) && !c->certificate; i++)
        if (CMS_SignerInfo_cert_cmp(c->signer, sk_X509_value(c->certificates, i)) == 0)
            c->certificate = sk_X509_value(c->certificates, i);
    X509_ALGOR *digest, *signature;
    CMS_SignerInfo_get0_algs(c->signer, NULL, NULL, &digest, &signature);
    const ASN1_OBJECT *digest_kind, *signature_kind;
    int digest_more, signature_more;
    X509_ALGOR_get0(&digest_kind, &digest_more, NULL, digest);
    X509_ALGOR_get0(&signature_kind, &signature_more, NULL, signature);
    if (!is_plain(c) || (digest_more != V_ASN1_NULL && digest_more != V_ASN1_UNDEF) || signature_more != V_ASN1_UNDEF)
        return reject(error, "seal_unreadable", "the seal's frame is not as it is written");
    if (!c->certificate || OBJ_obj2nid(digest_kind) != NID_sm3 || OBJ_obj2nid(signature_kind) != NID_SM2_with_SM3)
        return reject(error, "seal_unreadable", "the seal is none of SM3 with SM2, or its certificate is missing");
    return OUTCOME_OK;
}

static enum outcome check_digest(struct checked *c, struct error *error) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned length = 0;
    bool fine = context && EVP_DigestInit_ex(context, EVP_sm3(), NULL) == 1 && EVP_DigestUpdate(context, c->pdf.at, c->before) == 1 &&
                EVP_DigestUpdate(context, c->pdf.at + c->behind, c->pdf.length - c->behind) == 1 &&
                EVP_DigestFinal_ex(context, c->digest, &length) == 1;
    EVP_MD_CTX_free(context);
    const ASN1_OCTET_STRING *said = CMS_signed_get0_data_by_OBJ(c->signer, OBJ_nid2obj(NID_pkcs9_messageDigest), -3, V_ASN1_OCTET_STRING);
    if (!fine || !said)
        return reject(error, "seal_unreadable", "the seal names no digest");
    if ((unsigned)ASN1_STRING_length(said) != length || memcmp(ASN1_STRING_get0_data(said), c->digest, length) != 0)
        return reject(error, "document_changed", "the file is not what was sealed: its digest is another");
    return OUTCOME_OK;
}

static int by_bytes(const void *a, const void *b) {
    const struct text *x = a, *y = b;
    return text_compare(*x, *y);
}

/* What was signed: the attributes as a SET in DER (RFC 5652, 5.4), which are not kept so in the file. */
static bool write_attributes(const struct checked *c, struct buffer *out) {
    struct text attributes[ATTRIBUTES_MOST];
    int count = CMS_signed_get_attr_count(c->signer);
    size_t length = 0;
    bool fine = count > 0 && count <= ATTRIBUTES_MOST;
    for (int i = 0; i < count && fine; i++) {
        unsigned char *der = NULL;
        int bytes = i2d_X509_ATTRIBUTE(CMS_signed_get_attr(c->signer, i), &der);
        attributes[i] = text_span((const char *)der, bytes > 0 ? (size_t)bytes : 0);
        length += attributes[i].length;
        fine = bytes > 0;
    }
    if (!fine)
        return false;
    qsort(attributes, (size_t)count, sizeof *attributes, by_bytes);
    buffer_put_byte(out, 0x31);
    if (length > 0xff)
        buffer_put_byte(out, (char)0x82);
    if (length > 0xff)
        buffer_put_byte(out, (char)(length >> 8));
    else if (length > 0x7f)
        buffer_put_byte(out, (char)0x81);
    buffer_put_byte(out, (char)(length & 0xff));
    for (int i = 0; i < count; i++) {
        buffer_put_text(out, attributes[i]);
        OPENSSL_free((void *)(uintptr_t)attributes[i].at);
    }
    return !out->failed;
}

static bool signed_by(X509 *certificate, X509 *other) {
    ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
    if (!id || !ASN1_OCTET_STRING_set(id, (const unsigned char *)SEAL_USER_ID, -1)) {
        ASN1_OCTET_STRING_free(id);
        return false;
    }
    X509_set0_distinguishing_id(certificate, id);   /* takes it */
    return X509_verify(certificate, X509_get0_pubkey(other)) == 1;
}

/* The certificate lies outside of what it signs: one that says to be signed by itself must be. */
static bool is_self_signed(const X509 *certificate) {
    return X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0;
}

/* The signature names its certificate by its digest (RFC 5035): else another could be put in its place. */
static bool names_certificate(const struct checked *c) {
    int place = CMS_signed_get_attr_by_NID(c->signer, NID_id_smime_aa_signingCertificateV2, -1);
    const ASN1_TYPE *value = place < 0 ? NULL : X509_ATTRIBUTE_get0_type(CMS_signed_get_attr(c->signer, place), 0);
    if (!value || value->type != V_ASN1_SEQUENCE)
        return false;
    const unsigned char *at = ASN1_STRING_get0_data(value->value.sequence);
    ESS_SIGNING_CERT_V2 *named = d2i_ESS_SIGNING_CERT_V2(NULL, &at, ASN1_STRING_length(value->value.sequence));
    STACK_OF(X509) *one = sk_X509_new_null();
    bool fine = named && one && sk_X509_push(one, c->certificate) > 0 && OSSL_ESS_check_signing_certs(NULL, named, one, 1) == 1;
    sk_X509_free(one);
    ESS_SIGNING_CERT_V2_free(named);
    return fine;
}

static enum outcome check_signature(struct checked *c, struct error *error) {
    _cleanup_buffer_ struct buffer attributes;
    buffer_init(&attributes, SIGNATURE_BYTES_MOST);
    EVP_PKEY *key = X509_get0_pubkey(c->certificate);
    EVP_PKEY_CTX *context = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    const ASN1_OCTET_STRING *signature = CMS_SignerInfo_get0_signature(c->signer);
    bool fine = context && digest && write_attributes(c, &attributes) &&
                EVP_PKEY_CTX_set1_id(context, SEAL_USER_ID, sizeof SEAL_USER_ID - 1) == 1;
    if (fine) {
        EVP_MD_CTX_set_pkey_ctx(digest, context);
        fine = EVP_DigestVerifyInit(digest, NULL, EVP_sm3(), NULL, key) == 1 &&
               EVP_DigestVerify(digest, ASN1_STRING_get0_data(signature), (size_t)ASN1_STRING_length(signature),
                                (const unsigned char *)attributes.at, attributes.length) == 1;
    }
    EVP_MD_CTX_free(digest);
    EVP_PKEY_CTX_free(context);
    fine = fine && names_certificate(c) && (!is_self_signed(c->certificate) || signed_by(c->certificate, c->certificate));
    return fine ? OUTCOME_OK : reject(error, "seal_forged", "the signature was not made by the key of the seal's certificate");
}

/* ---- what is told ---- */

static int64_t time_of(const ASN1_TIME *time) {
    struct tm tm;
    if (!time || ASN1_TIME_to_tm(time, &tm) != 1)
        return TIME_NONE;
    int64_t days = civil_to_days((struct civil_date){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday});
    return ((days * 24 + tm.tm_hour) * 60 + tm.tm_min) * TIME_MINUTE_US + tm.tm_sec * TIME_SECOND_US;
}

static struct text hexadecimal(struct arena *arena, const unsigned char *bytes, size_t length) {
    char *room = arena_alloc(arena, 2 * length + 1);
    for (size_t i = 0; room && i < length; i++) {
        room[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        room[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    return room ? text_span(room, 2 * length) : TEXT_NONE;
}

static struct text name_of(struct arena *arena, const X509_NAME *name) {
    BIO *out = BIO_new(BIO_s_mem());
    char *bytes;
    struct text text = TEXT_NONE;
    if (out && X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
        long length = BIO_get_mem_data(out, &bytes);
        text = text_copy(arena, text_span(bytes, (size_t)length));
    }
    BIO_free(out);
    return text;
}

static bool issued_by(X509 *certificate, X509 *other) {
    return X509_cmp(certificate, other) == 0 || (X509_check_issued(other, certificate) == X509_V_OK && signed_by(certificate, other));
}

static bool is_trusted(X509 *certificate, struct text trusted) {
    BIO *in = text_is_none(trusted) ? NULL : BIO_new_mem_buf(trusted.at, (int)trusted.length);
    bool found = false;
    X509 *one;
    while (in && !found && (one = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
        found = issued_by(certificate, one);
        X509_free(one);
    }
    BIO_free(in);
    ERR_clear_error();
    return found;
}

static void release(struct checked *c) {
    sk_X509_pop_free(c->certificates, X509_free);
    CMS_ContentInfo_free(c->cms);
    memory_free(c->der);
}

enum outcome seal_verify(struct text pdf, struct text trusted, struct arena *arena, struct seal_report *ret, struct error *error) {
    _cleanup_(release) struct checked c = {.pdf = pdf};
    enum outcome outcome = find_range(&c, error);
    if (outcome == OUTCOME_OK)
        outcome = read_cms(&c, error);
    if (outcome == OUTCOME_OK)
        outcome = check_digest(&c, error);
    if (outcome == OUTCOME_OK)
        outcome = check_signature(&c, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    const ASN1_INTEGER *serial = X509_get0_serialNumber(c.certificate);
    const ASN1_TYPE *signed_at = NULL;
    int place = CMS_signed_get_attr_by_NID(c.signer, NID_pkcs9_signingTime, -1);
    if (place >= 0)
        signed_at = X509_ATTRIBUTE_get0_type(CMS_signed_get_attr(c.signer, place), 0);
    *ret = (struct seal_report){
        .signer = name_of(arena, X509_get_subject_name(c.certificate)),
        .serial = hexadecimal(arena, ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial)),
        .digest = hexadecimal(arena, c.digest, sizeof c.digest),
        .sealed_at_us = signed_at ? time_of(signed_at->value.asn1_string) : TIME_NONE,
        .valid_from_us = time_of(X509_get0_notBefore(c.certificate)), .valid_to_us = time_of(X509_get0_notAfter(c.certificate)),
        .self_signed = is_self_signed(c.certificate),
        .trusted = is_trusted(c.certificate, trusted)};
    return arena->failed ? error_no_memory(error) : OUTCOME_OK;
}
