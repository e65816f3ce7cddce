/* Keys and certificates of seals, and the signature that one makes: CMS SignedData, SM3 with SM2. */
#include "press/press_part.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#define DIGITS_OF_SERIAL 127

static enum outcome crypto_failed(struct error *error, const char *what) {
    char room[160];
    ERR_error_string_n(ERR_get_error(), room, sizeof room);
    ERR_clear_error();
    return error_set(error, OUTCOME_FATAL, "press_failed", "%s: %s", what, room);
}

static void free_bio(BIO **bio) { BIO_free(*bio); }
static void free_md(EVP_MD_CTX **context) { EVP_MD_CTX_free(*context); }
static void free_pkey_context(EVP_PKEY_CTX **context) { EVP_PKEY_CTX_free(*context); }
static void free_cms(CMS_ContentInfo **cms) { CMS_ContentInfo_free(*cms); }
#define _cleanup_bio_ _cleanup_(free_bio)
#define _cleanup_md_ _cleanup_(free_md)
#define _cleanup_pkey_context_ _cleanup_(free_pkey_context)
#define _cleanup_cms_ _cleanup_(free_cms)

void seal_free(struct seal *seal) {
    if (!seal)
        return;
    EVP_PKEY_free(seal->key);
    X509_free(seal->certificate);
    sk_X509_pop_free(seal->chain, X509_free);
    memory_free(seal);
}

/* Keys of SM2 call themselves so or, read from a file, EC on the curve of SM2. */
static bool is_sm2(const EVP_PKEY *key) {
    char group[32] = "";
    size_t length;
    return EVP_PKEY_is_a(key, "SM2") ||
           (EVP_PKEY_get_group_name(key, group, sizeof group, &length) == 1 && strcmp(group, "SM2") == 0);
}

enum outcome seal_read(struct text pem, struct seal **ret, struct error *error) {
    _cleanup_bio_ BIO *in = BIO_new_mem_buf(pem.at ? pem.at : "", (int)pem.length), *again = BIO_new_mem_buf(pem.at ? pem.at : "", (int)pem.length);
    struct seal *seal = memory_alloc(sizeof *seal);
    X509 *one;
    if (!seal || !in || !again) {
        seal_free(seal);
        return error_no_memory(error);
    }
    seal->key = PEM_read_bio_PrivateKey(in, NULL, NULL, "");
    seal->chain = sk_X509_new_null();
    while (seal->chain && (one = PEM_read_bio_X509(again, NULL, NULL, NULL)) != NULL) {
        if (!seal->certificate)
            seal->certificate = one;
        else
            sk_X509_push(seal->chain, one);
    }
    ERR_clear_error();
    const char *wrong = !seal->key ? "there is no private key in it" : !seal->certificate ? "there is no certificate in it"
                        : !is_sm2(seal->key) ? "the key is none of SM2"
                        : EVP_PKEY_eq(seal->key, X509_get0_pubkey(seal->certificate)) != 1 ? "the first certificate is another key's" : NULL;
    if (wrong) {
        seal_free(seal);
        return error_set(error, OUTCOME_REJECT, "seal_bad", "this is no seal: %s (a PEM file with an SM2 key and its certificate)", wrong);
    }
    *ret = seal;
    return OUTCOME_OK;
}

/* ---- a trial key ---- */

static bool fill_certificate(X509 *certificate, EVP_PKEY *key, struct text name, int64_t now_us, uint32_t days) {
    static const struct { int nid; const char *value; } extensions[] = {
        {NID_basic_constraints, "critical,CA:FALSE"}, {NID_key_usage, "critical,digitalSignature,nonRepudiation"}};
    unsigned char serial[16];
    int64_t now = now_us / TIME_SECOND_US;
    X509_NAME *subject = X509_get_subject_name(certificate);
    BIGNUM *number = RAND_bytes(serial, sizeof serial) == 1 ? BN_bin2bn(serial, sizeof serial, NULL) : NULL;
    bool fine = number && BN_mask_bits(number, DIGITS_OF_SERIAL) >= 0 && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    fine = fine && X509_set_version(certificate, 2) && ASN1_TIME_set(X509_getm_notBefore(certificate), now) &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), now + (int64_t)days * 86400) &&
           X509_NAME_add_entry_by_txt(subject, "C", MBSTRING_UTF8, (const unsigned char *)"CN", -1, -1, 0) &&
           X509_NAME_add_entry_by_txt(subject, "OU", MBSTRING_UTF8, (const unsigned char *)"trial seal of yijianshi", -1, -1, 0) &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name.at, (int)name.length, -1, 0) &&
           X509_set_issuer_name(certificate, subject) && X509_set_pubkey(certificate, key);
    for (size_t i = 0; fine && i < sizeof extensions / sizeof *extensions; i++) {
        X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, extensions[i].nid, extensions[i].value);
        fine = extension && X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
    }
    return fine;
}

/* Begins an SM3-with-SM2 signature; the context of the key must live as long as that of the digest. */
static bool begin_signing(EVP_MD_CTX *digest, EVP_PKEY_CTX *context, EVP_PKEY *key) {
    if (EVP_PKEY_CTX_set1_id(context, SEAL_USER_ID, sizeof SEAL_USER_ID - 1) != 1)
        return false;
    EVP_MD_CTX_set_pkey_ctx(digest, context);
    return EVP_DigestSignInit(digest, NULL, EVP_sm3(), NULL, key) == 1;
}

static void free_key(EVP_PKEY **key) { EVP_PKEY_free(*key); }
static void free_certificate(X509 **certificate) { X509_free(*certificate); }

enum outcome seal_create(struct text name, int64_t now_us, uint32_t days, struct buffer *out, struct error *error) {
    _cleanup_(free_key) EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
    _cleanup_(free_certificate) X509 *certificate = X509_new();
    _cleanup_pkey_context_ EVP_PKEY_CTX *context = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
    _cleanup_md_ EVP_MD_CTX *digest = EVP_MD_CTX_new();
    _cleanup_bio_ BIO *pem = BIO_new(BIO_s_mem());
    char *bytes;
    if (!key || !certificate || !context || !digest || !pem)
        return crypto_failed(error, "no key could be made");
    if (!fill_certificate(certificate, key, name, now_us, days) || !begin_signing(digest, context, key) || X509_sign_ctx(certificate, digest) <= 0 ||
        PEM_write_bio_PKCS8PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL) != 1 || PEM_write_bio_X509(pem, certificate) != 1)
        return crypto_failed(error, "no certificate could be made");
    long length = BIO_get_mem_data(pem, &bytes);
    buffer_put(out, bytes, (size_t)length);
    return out->failed ? error_no_memory(error) : OUTCOME_OK;
}

/* ---- signing ---- */

size_t seal_room(const struct seal *seal) {
    int room = 1024 + i2d_X509(seal->certificate, NULL);
    for (int i = 0; i < sk_X509_num(seal->chain); i++)
        room += i2d_X509(sk_X509_value(seal->chain, i), NULL);
    return (size_t)room;
}

enum outcome seal_sign(const struct seal *seal, struct text before, struct text behind, unsigned char *ret, size_t room,
                       size_t *ret_length, struct error *error) {
    enum { FLAGS = CMS_DETACHED | CMS_PARTIAL | CMS_BINARY };
    _cleanup_bio_ BIO *covered = BIO_new(BIO_s_mem());
    _cleanup_cms_ CMS_ContentInfo *cms = CMS_sign(NULL, NULL, seal->chain, NULL, FLAGS);
    X509_ALGOR *signature = NULL;
    if (!covered || !cms || BIO_write(covered, before.at, (int)before.length) != (int)before.length ||
        BIO_write(covered, behind.at, (int)behind.length) != (int)behind.length)
        return crypto_failed(error, "the seal could not be begun");
    CMS_SignerInfo *signer = CMS_add1_signer(cms, seal->certificate, seal->key, EVP_sm3(), FLAGS | CMS_NOSMIMECAP | CMS_KEY_PARAM | CMS_CADES);
    EVP_PKEY_CTX *context = signer ? CMS_SignerInfo_get0_pkey_ctx(signer) : NULL;
    if (!context || EVP_PKEY_CTX_set1_id(context, SEAL_USER_ID, sizeof SEAL_USER_ID - 1) != 1)
        return crypto_failed(error, "the seal takes no user identity");
    CMS_SignerInfo_get0_algs(signer, NULL, NULL, NULL, &signature);   /* OpenSSL does not name SM2's by itself */
    X509_ALGOR_set0(signature, OBJ_nid2obj(NID_SM2_with_SM3), V_ASN1_UNDEF, NULL);
    if (CMS_final(cms, covered, NULL, CMS_DETACHED | CMS_BINARY) != 1)
        return crypto_failed(error, "the seal could not be made");
    int length = i2d_CMS_ContentInfo(cms, NULL);
    if (length <= 0 || (size_t)length > room)
        return crypto_failed(error, "the seal is larger than its room");
    unsigned char *at = ret;
    i2d_CMS_ContentInfo(cms, &at);
    *ret_length = (size_t)length;
    return OUTCOME_OK;
}
