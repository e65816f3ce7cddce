/* Materials in a bucket, by the S3 protocol: <bucket>/<prefix>/<first two digits>/<digest>, requests signed by libcurl (AWS
 * Signature Version 4). The PUT names the content's SHA-256, so that the store refuses what was changed on its way. */
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vault/vault_part.h"

#define SHA256_OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
/* Silence for so long is an end, and so is a whole that would be slower than 256 KiB a second. */
enum { CONNECT_SECONDS = 5, SLOW_BYTES = 1024, SLOW_SECONDS = 20, WHOLE_SECONDS_LEAST = 60, WHOLE_BYTES_A_SECOND = 256 << 10 };

struct body { int fd; int64_t at, most; bool broken; char said[256]; size_t said_length; };

static size_t give(char *to, size_t size, size_t count, void *context) {
    struct body *body = context;
    ssize_t got = pread(body->fd, to, size * count, body->at);
    if (got < 0)
        return CURL_READFUNC_ABORT;
    body->at += got;
    return (size_t)got;
}

/* For a redirection, or a connection that was closed meanwhile. */
static int rewind_body(void *context, curl_off_t offset, int origin) {
    struct body *body = context;
    if (origin != SEEK_SET)
        return CURL_SEEKFUNC_CANTSEEK;
    body->at = offset;
    return CURL_SEEKFUNC_OK;
}

static size_t keep_said(char *at, size_t size, size_t count, void *context) {
    struct body *body = context;
    size_t room = sizeof body->said - 1 - body->said_length, length = size * count < room ? size * count : room;
    memcpy(body->said + body->said_length, at, length);
    body->said_length += length;
    return size * count;
}

static size_t keep_content(char *at, size_t size, size_t count, void *context) {
    struct body *body = context;
    body->at += (int64_t)(size * count);
    body->broken = body->broken || body->at > body->most || !write_whole(body->fd, at, size * count);
    return body->broken ? 0 : size * count;
}

/* libcurl before 8.0 signs a Host without its port: it signs what is given, so it is given. */
static bool add_host(struct vault *vault, struct curl_slist **headers) {
    const char *host = strstr(vault->store, "://") + 3;
    char header[300];
    snprintf(header, sizeof header, "Host: %.*s", (int)strcspn(host, "/"), host);
    struct curl_slist *more = curl_slist_append(*headers, header);
    *headers = more ? more : *headers;
    return more != NULL;
}

static CURL *prepare(struct vault *vault, const char *hex, struct body *body, struct curl_slist **headers) {
    char url[1024], provider[128];
    CURL *curl = add_host(vault, headers) ? curl_easy_init() : NULL;
    if (!curl)
        return NULL;
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, *headers);
    size_t end = strlen(vault->store);
    while (end > 0 && vault->store[end - 1] == '/')
        end--;
    snprintf(url, sizeof url, "%.*s/%.2s/%s", (int)end, vault->store, hex, hex);
    snprintf(provider, sizeof provider, "aws:amz:%s:s3", vault->s3_region);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, provider);
    curl_easy_setopt(curl, CURLOPT_USERPWD, vault->s3_credentials);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)SLOW_SECONDS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)(WHOLE_SECONDS_LEAST + vault->bytes_most / WHOLE_BYTES_A_SECOND));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_said);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    return curl;
}

/* The status; 0: nobody answered. */
static long perform(CURL *curl, struct error *error) {
    long status = 0;
    CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK)
        error_set(error, OUTCOME_RETRY, "vault_away", "the store of materials: %s", curl_easy_strerror(code));
    else
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static enum outcome s3_keep(struct vault *vault, const char *hex, const char *sha256, int fd, int64_t size, const char *path,
                            struct error *error) {
    struct body body = {.fd = fd};
    char hash[128];
    snprintf(hash, sizeof hash, "x-amz-content-sha256: %s", sha256);
    struct curl_slist *headers = curl_slist_append(NULL, hash);
    CURL *curl = headers ? prepare(vault, hex, &body, &headers) : NULL;
    (void)path;
    if (!curl) {
        curl_slist_free_all(headers);
        return error_no_memory(error);
    }
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)size);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(curl, CURLOPT_READDATA, &body);
    curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, rewind_body);
    curl_easy_setopt(curl, CURLOPT_SEEKDATA, &body);
    long status = perform(curl, error);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    if (status == 0)
        return OUTCOME_RETRY;
    return status / 100 == 2 ? OUTCOME_OK
                             : error_set(error, OUTCOME_RETRY, "vault_away", "the store of materials answered %ld: %s", status, body.said);
}

static enum outcome s3_open(struct vault *vault, const char *hex, int *ret_fd, struct error *error) {
    char path[512];
    struct body body = {.fd = spool_file(vault, path), .most = vault->bytes_most};
    if (body.fd < 0)
        return error_set(error, OUTCOME_RETRY, "vault_away", "%s: %s", vault->spool, strerror(errno));
    unlink(path);
    struct curl_slist *headers = curl_slist_append(NULL, "x-amz-content-sha256: " SHA256_OF_NOTHING);
    CURL *curl = headers ? prepare(vault, hex, &body, &headers) : NULL;
    if (!curl) {
        curl_slist_free_all(headers);
        close(body.fd);
        return error_no_memory(error);
    }
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_content);
    long status = perform(curl, error);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    if (status == 200) {
        *ret_fd = body.fd;
        return OUTCOME_OK;
    }
    close(body.fd);
    if (status == 0)
        return OUTCOME_RETRY;
    if (status == 404)
        return error_set(error, OUTCOME_REJECT, "material_unknown", "there is no material sm3:%s", hex);
    return error_set(error, OUTCOME_RETRY, "vault_away", "the store of materials answered %ld", status);
}

/* A request without content whose answer is its status alone; 0: nobody answered. */
static long ask_status(struct vault *vault, const char *hex, const char *method, struct error *error) {
    struct body body = {.fd = -1};
    struct curl_slist *headers = curl_slist_append(NULL, "x-amz-content-sha256: " SHA256_OF_NOTHING);
    CURL *curl = headers ? prepare(vault, hex, &body, &headers) : NULL;
    if (!curl) {
        curl_slist_free_all(headers);
        error_no_memory(error);
        return 0;
    }
    if (method)
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    else
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    long status = perform(curl, error);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    if (status != 0 && status / 100 != 2 && status != 404)
        error_set(error, OUTCOME_RETRY, "vault_away", "the store of materials answered %ld: %s", status, body.said);
    return status;
}

static enum outcome s3_has(struct vault *vault, const char *hex, bool *ret, struct error *error) {
    long status = ask_status(vault, hex, NULL, error);
    *ret = status / 100 == 2;
    return *ret || status == 404 ? OUTCOME_OK : OUTCOME_RETRY;
}

static enum outcome s3_remove(struct vault *vault, const char *hex, struct error *error) {
    long status = ask_status(vault, hex, "DELETE", error);
    return status / 100 == 2 || status == 404 ? OUTCOME_OK : OUTCOME_RETRY;
}

const struct vault_backend vault_s3 = {s3_keep, s3_open, s3_has, s3_remove};
