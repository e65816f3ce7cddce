/* Sends one notice over one channel, by libcurl: HTTP by a template, mail by SMTP. */
#include <stdio.h>
#include <time.h>

#include "base/base64.h"
#include "base/time.h"
#include "notifier/notifier_part.h"

enum { SAID_BYTES_MOST = 256 };
#define BODY_BYTES_MOST ((size_t)1 << 20)

struct sender {
    const struct channel *channel;
    const struct notice_rules *rules;
    const char *secret;
    CURL *curl;
    char curl_error[CURL_ERROR_SIZE];
    char said[SAID_BYTES_MOST];          /* the beginning of what the gateway answered */
    size_t said_length;
};

struct sender *sender_make(const struct channel *channel, const struct notice_rules *rules, const char *secret) {
    struct sender *s = memory_alloc(sizeof *s);
    if (!s)
        return NULL;
    *s = (struct sender){.channel = channel, .rules = rules, .secret = secret, .curl = curl_easy_init()};
    if (!s->curl) {
        memory_free(s);
        return NULL;
    }
    return s;
}

void sender_free(struct sender *s) {
    if (!s)
        return;
    curl_easy_cleanup(s->curl);
    memory_free(s);
}

static size_t take_answer(char *data, size_t size, size_t count, void *context) {
    struct sender *s = context;
    size_t length = size * count, room = sizeof s->said - 1 - s->said_length;
    memcpy(s->said + s->said_length, data, length < room ? length : room);
    s->said_length += length < room ? length : room;
    return length;
}

/* Control characters would break headers and logs. */
static bool is_plain(struct text t) {
    for (size_t i = 0; i < t.length; i++)
        if ((unsigned char)t.at[i] < 0x20)
            return false;
    return true;
}

static struct text fill(struct sender *s, struct text pattern, const struct parcel *p, enum channel_escape escape, struct arena *arena,
                        struct error *error) {
    const struct notice_value values[] = {{"id", p->id}, {"address", p->address}, {"title", p->title}, {"text", p->text},
                                          {"language", p->language}, {"case", p->case_id}, {"kind", p->kind},
                                          {"recipient", p->recipient}, {"secret", text_from(s->secret)}, {"sign", s->rules->sign}};
    struct buffer out;
    buffer_init(&out, BODY_BYTES_MOST);
    struct text filled = TEXT_NONE;
    if (notice_fill(&out, pattern, values, sizeof values / sizeof values[0], escape, false, error) == OUTCOME_OK) {
        filled = text_copy(arena, buffer_text(&out));
        if (text_is_none(filled))
            error_no_memory(error);
    }
    buffer_free(&out);
    return filled;
}

static void common_options(struct sender *s, struct text url) {
    CURL *curl = s->curl;
    curl_easy_reset(curl);
    s->curl_error[0] = '\0';
    s->said_length = 0;
    curl_easy_setopt(curl, CURLOPT_URL, url.at);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, s->curl_error);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, s->channel->kind == CHANNEL_SMTP ? "smtp,smtps" : "http,https");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(s->rules->timeout_us / 1000));
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)(s->rules->timeout_us / 1000));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, s);
}

/* What the gateway said becomes the outcome. */
static enum outcome judge(struct sender *s, CURLcode code, long *ret_status, struct error *error) {
    long status = 0;
    curl_easy_getinfo(s->curl, CURLINFO_RESPONSE_CODE, &status);
    *ret_status = status;
    bool http = s->channel->kind == CHANNEL_HTTP;
    s->said[s->said_length] = '\0';
    for (size_t i = 0; i < s->said_length; i++)
        if ((unsigned char)s->said[i] < 0x20)
            s->said[i] = ' ';
    if (code == CURLE_OK && (!http || (status >= 200 && status < 300)))
        return OUTCOME_OK;
    if (http && code == CURLE_OK) {
        bool never = status == 400 || status == 404 || status == 410 || status == 413 || status == 422;
        return error_set(error, never ? OUTCOME_REJECT : OUTCOME_RETRY, "notice_refused", "%.*s answered %ld%s%s",
                         TEXT_ARG(s->channel->id), status, s->said_length ? ": " : "",
                         text_is_utf8(text_span(s->said, s->said_length)) ? s->said : "");
    }
    /* A recipient that does not exist is refused for good; a login that is refused waits for a person. */
    bool never = !http && status >= 550 && status <= 559;
    return error_set(error, never ? OUTCOME_REJECT : OUTCOME_RETRY, "notice_unsent", "%.*s: %s%s", TEXT_ARG(s->channel->id),
                     s->curl_error[0] ? s->curl_error : curl_easy_strerror(code), status ? " (the server answered)" : "");
}

static enum outcome add_header(struct curl_slist **headers, struct text line, struct error *error) {
    if (!is_plain(line))
        return error_set(error, OUTCOME_REJECT, "notice_header", "a header would have a control character");
    struct curl_slist *longer = curl_slist_append(*headers, line.at);
    if (!longer)
        return error_no_memory(error);
    *headers = longer;
    return OUTCOME_OK;
}

static enum outcome http_headers(struct sender *s, const struct parcel *p, struct arena *arena, struct curl_slist **headers, struct error *error) {
    enum outcome outcome = add_header(headers, text_format(arena, "Notice-Id: %.*s", TEXT_ARG(p->id)), error);
    for (uint32_t i = 0; i < s->channel->header_count && outcome == OUTCOME_OK; i++) {
        struct text value = fill(s, s->channel->headers[i].value, p, ESCAPE_NONE, arena, error);
        outcome = text_is_none(value) ? error->outcome
                                      : add_header(headers, text_format(arena, "%.*s: %.*s", TEXT_ARG(s->channel->headers[i].name), TEXT_ARG(value)), error);
    }
    return outcome;
}

static enum outcome send_http(struct sender *s, const struct parcel *p, struct arena *arena, long *ret_status, struct error *error) {
    struct curl_slist *headers = NULL;
    struct text url = fill(s, s->channel->url, p, ESCAPE_URL, arena, error);
    struct text body = text_is_none(url) || text_is_none(s->channel->body) ? TEXT("") : fill(s, s->channel->body, p, s->channel->escape, arena, error);
    if (text_is_none(url) || text_is_none(body))
        return error->outcome;
    common_options(s, url);
    enum outcome outcome = http_headers(s, p, arena, &headers, error);
    if (outcome == OUTCOME_OK) {
        bool get = text_is(s->channel->method, "GET");
        curl_easy_setopt(s->curl, CURLOPT_HTTPHEADER, headers);
        if (!get) {
            curl_easy_setopt(s->curl, CURLOPT_POST, 1L);
            curl_easy_setopt(s->curl, CURLOPT_POSTFIELDS, body.at);
            curl_easy_setopt(s->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.length);
        }
        curl_easy_setopt(s->curl, CURLOPT_CUSTOMREQUEST, text_copy(arena, s->channel->method).at);
        outcome = judge(s, curl_easy_perform(s->curl), ret_status, error);
    }
    curl_slist_free_all(headers);
    return outcome;
}

/* ---- mail ---- */

/* =?UTF-8?B?…?= (RFC 2047): words of at most 45 bytes that end with a whole character. */
static void put_subject(struct buffer *out, struct text title) {
    enum { WORD_BYTES = 45 };
    for (size_t at = 0; at < title.length;) {
        size_t length = title.length - at < WORD_BYTES ? title.length - at : WORD_BYTES;
        while (at + length < title.length && ((unsigned char)title.at[at + length] & 0xc0) == 0x80)
            length--;
        buffer_put_string(out, at ? "\r\n =?UTF-8?B?" : "=?UTF-8?B?");
        base64_write(out, text_span(title.at + at, length));
        buffer_put_string(out, "?=");
        at += length;
    }
}

static void put_base64_lines(struct buffer *out, struct text body) {
    enum { LINE_BYTES = 57 };   /* 76 characters */
    for (size_t at = 0; at < body.length; at += LINE_BYTES) {
        base64_write(out, text_span(body.at + at, body.length - at < LINE_BYTES ? body.length - at : LINE_BYTES));
        buffer_put_string(out, "\r\n");
    }
}

/* RFC 5322, as plain text. The Message-ID is the notice's id, hashed into what a Message-ID may have. */
static struct text write_mail(struct sender *s, const struct parcel *p, struct arena *arena, int64_t now_us) {
    struct buffer out;
    char date[64];
    time_t seconds = (time_t)(now_us / TIME_SECOND_US);
    struct tm moment;
    size_t at = text_find(s->channel->from, '@');
    struct text host = at == SIZE_MAX ? TEXT("localhost") : text_span(s->channel->from.at + at + 1, s->channel->from.length - at - 1);
    buffer_init(&out, BODY_BYTES_MOST);
    gmtime_r(&seconds, &moment);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &moment);
    buffer_format(&out, "Date: %s\r\nFrom: <%.*s>\r\nTo: <%.*s>\r\nMessage-ID: <", date, TEXT_ARG(s->channel->from), TEXT_ARG(p->address));
    for (size_t i = 0; i < p->id.length; i++) {
        char c = p->id.at[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("._-", c);
        buffer_put_byte(&out, plain ? c : '.');
    }
    buffer_format(&out, "@%.*s>\r\nAuto-Submitted: auto-generated\r\nContent-Language: %.*s\r\nSubject: ", TEXT_ARG(host), TEXT_ARG(p->language));
    put_subject(&out, p->title);
    buffer_put_string(&out, "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n");
    put_base64_lines(&out, p->text);
    struct text mail = out.failed ? TEXT_NONE : text_copy(arena, buffer_text(&out));
    buffer_free(&out);
    return mail;
}

struct reading { struct text rest; };
static size_t give_mail(char *room, size_t size, size_t count, void *context) {
    struct reading *reading = context;
    size_t length = size * count < reading->rest.length ? size * count : reading->rest.length;
    memcpy(room, reading->rest.at, length);
    reading->rest = text_span(reading->rest.at + length, reading->rest.length - length);
    return length;
}

static enum outcome send_smtp(struct sender *s, const struct parcel *p, struct arena *arena, int64_t now_us, long *ret_status,
                              struct error *error) {
    if (!is_plain(p->address) || text_find(p->address, '@') == SIZE_MAX || text_find(p->address, '>') != SIZE_MAX)
        return error_set(error, OUTCOME_REJECT, "notice_address", "the address of mail is none");
    struct text url = fill(s, s->channel->url, p, ESCAPE_URL, arena, error), mail = write_mail(s, p, arena, now_us);
    struct text from = text_format(arena, "<%.*s>", TEXT_ARG(s->channel->from)), to = text_format(arena, "<%.*s>", TEXT_ARG(p->address));
    struct reading reading = {mail};
    struct curl_slist *recipients = NULL;
    if (text_is_none(url) || text_is_none(mail) || text_is_none(from) || text_is_none(to))
        return error->outcome != OUTCOME_OK ? error->outcome : error_no_memory(error);
    enum outcome outcome = add_header(&recipients, to, error);
    if (outcome == OUTCOME_OK) {
        bool login = !text_is_none(s->channel->user);
        common_options(s, url);
        curl_easy_setopt(s->curl, CURLOPT_USE_SSL, (long)(login ? CURLUSESSL_ALL : CURLUSESSL_TRY));   /* no password in the clear */
        if (login) {
            curl_easy_setopt(s->curl, CURLOPT_USERNAME, text_copy(arena, s->channel->user).at);
            curl_easy_setopt(s->curl, CURLOPT_PASSWORD, s->secret ? s->secret : "");
        }
        curl_easy_setopt(s->curl, CURLOPT_MAIL_FROM, from.at);
        curl_easy_setopt(s->curl, CURLOPT_MAIL_RCPT, recipients);
        curl_easy_setopt(s->curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(s->curl, CURLOPT_READFUNCTION, give_mail);
        curl_easy_setopt(s->curl, CURLOPT_READDATA, &reading);
        outcome = judge(s, curl_easy_perform(s->curl), ret_status, error);
    }
    curl_slist_free_all(recipients);
    return outcome;
}

enum outcome sender_send(struct sender *s, const struct parcel *p, struct arena *arena, int64_t now_us, long *ret_status,
                         struct error *error) {
    *ret_status = 0;
    return s->channel->kind == CHANNEL_SMTP ? send_smtp(s, p, arena, now_us, ret_status, error)
                                            : send_http(s, p, arena, ret_status, error);
}
