/* libcurl, the easy way. */
#include <curl/curl.h>
#include <stdio.h>
#include "sim_http.h"

static size_t on_body(char *bytes, size_t size, size_t count, void *user) {
    buffer_put(user, bytes, size * count);
    return size * count;
}

int sim_http(const char *method, const char *base, const char *path, const char *token, const char *body, struct buffer *out) {
    static CURL *easy;       /* kept, so that connections are */
    char url[2048], header[1024];
    long status = 0;
    if (!easy)
        easy = curl_easy_init();
    curl_easy_reset(easy);
    snprintf(url, sizeof(url), "%s%s", base, path);
    snprintf(header, sizeof(header), "Authorization: Bearer %s", token ? token : "");
    struct curl_slist *headers = curl_slist_append(curl_slist_append(NULL, "Content-Type: application/json"), header);
    buffer_clear(out);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, out);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 10000L);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    if (body)
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    if (curl_easy_perform(easy) == CURLE_OK)
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    return (int)status;
}
