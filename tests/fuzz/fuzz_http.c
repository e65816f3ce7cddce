/* A request's bytes to the real server over a loopback socket, with records that are made up: it answers each complete
 * request with a status and, where it writes JSON, with JSON; it never falls. "TOKEN" in the bytes stands for a role's
 * token: the first byte says whose, and how commands are answered. libmicrohttpd keeps the connection of a request whose
 * rest never comes until it has been idle for long, so white space is sent behind it, which ends a head or a body. */
#include "fuzz.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "lib/fake_records.h"
#include "web/web.h"

enum { REPLY_MOST = 1 << 20, ANSWER_MS = 100, STREAM_MS = 3 };
static const char *const roles[] = {"window", "operator", "supervisor", "integrator", "auditor", "admin", "department"};
enum { ROLES_HERE = sizeof roles / sizeof roles[0] };

static struct fake_records records;
static struct web *web;
static uint32_t queries_kept;
static char reply[REPLY_MOST + 1];

static int64_t clock_us(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
static int64_t now_us(void *context) { (void)context; return clock_us(CLOCK_REALTIME); }
/* A hundred times as fast: who waits five seconds for an answer shall not hold up the run. */
static int64_t monotonic_us(void *context) { (void)context; return clock_us(CLOCK_MONOTONIC) * 100; }
static void random_bytes(void *context, void *room, size_t length) {
    (void)context;
    memset(room, 7, length);
}

static void fill_records(void) {
    fake_records_init(&records);
    for (int i = 0; i < ROLES_HERE; i++) {
        char secret[64];
        bool department = strcmp(roles[i], "department") == 0;
        snprintf(secret, sizeof secret, "yjs_secret_of_%s", roles[i]);
        fake_records_token(&records, secret, i + 1, roles[i], department ? "tax" : NULL, department ? "441300" : NULL);
    }
    fake_records_rows(&records, "inbox_waiting", "{\"waiting\":0}", NULL);
    fake_records_rows(&records, "thing_current", "{\"hash\":\"abc\"}", NULL);
    fake_records_rows(&records, "thing_show",
                      "{\"thing\":\"t\",\"hash\":\"abc\",\"current\":true,\"canonical\":{\"title\":{\"en\":\"T\"},\"form\":\"schemas/f.json\","
                      "\"schemas\":{\"schemas/f.json\":{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{\"type\":"
                      "\"string\",\"maxLength\":3},\"b\":{\"type\":\"integer\"}}}}}}", NULL);
    fake_records_rows(&records, "thing_source", "{\"thing\":\"t\",\"hash\":\"abc\",\"source\":\"thing: t\"}", NULL);
    fake_records_rows(&records, "things_list", "{\"thing\":\"t\"}", NULL);
    fake_records_rows(&records, "cases_list", "{\"id\":\"c3\"}", "{\"id\":\"c2\"}", "{\"id\":\"c1\"}", NULL);
    fake_records_rows(&records, "case_show", "{\"id\":\"N\",\"version\":4,\"steps\":[{\"department\":\"tax\",\"region\":\"441300\"}]}", NULL);
    fake_records_rows(&records, "case_events", "{\"version\":4,\"kind\":\"step_asked\"}",
                      "{\"version\":6,\"kind\":\"case_closed\",\"data\":{\"x\":\"a\\nb\"}}", NULL);
    fake_records_rows(&records, "case_personal", "{\"definition\":\"abc\",\"forms\":[{\"a\":\"x\"}]}", NULL);
    fake_records_rows(&records, "case_versions", "{\"id\":\"N\",\"version\":6}", NULL);
    fake_records_rows(&records, "task_show", "{\"department\":\"tax\",\"region\":\"441300\",\"attempt\":1}", NULL);
    fake_records_rows(&records, "tasks_list", "{\"id\":\"N:tax:1\"}", NULL);
    fake_records_rows(&records, "task_claim", "{\"id\":\"N:tax:1\"}", NULL);
    fake_records_rows(&records, "task_release", "{\"id\":\"N:tax:1\"}", NULL);
    fake_records_rows(&records, "incidents_list",
                      "{\"id\":\"N:tax:stuck\",\"case_id\":\"N\",\"step\":\"tax\",\"index\":-1,\"closed_at\":null}", NULL);
    fake_records_rows(&records, "incident_show", "{\"id\":\"N:tax:stuck\",\"case_id\":\"N\",\"step\":\"tax\",\"index\":-1}", NULL);
    fake_records_rows(&records, "dead_list", "{\"id\":9}", "{\"id\":8}", NULL);
    fake_records_rows(&records, "dead_show",
                      "{\"id\":5,\"topic\":\"441300.tax.result.v1\",\"redriven_at\":null,\"key\":\"N\",\"headers\":[[\"ce_type\",\"result\"]],"
                      "\"value\":\"e30=\"}", NULL);
    fake_records_rows(&records, "dead_redrive_mark", "{\"id\":5}", NULL);
    fake_records_rows(&records, "departments_stats", "{\"department\":\"tax\"}", NULL);
    fake_records_rows(&records, "token_create", "{\"id\":9,\"role\":\"department\"}", NULL);
    fake_records_rows(&records, "token_revoke", "{\"id\":3}", NULL);
    fake_records_rows(&records, "token_list", "{\"id\":3}", NULL);
    queries_kept = records.query_count;
}

/* What the last request left behind: commands, and rows of queries that it was the first to ask. */
static void clear_records(uint8_t how) {
    pthread_mutex_lock(&records.mutex);
    for (; records.query_count > queries_kept + 12; records.query_count--)   /* the server's own queries come to stay */
        for (int j = 0; j < FAKE_PARAMETERS_MOST; j++) {
            free(records.queries[records.query_count - 1].parameters[j]);
            records.queries[records.query_count - 1].parameters[j] = NULL;
        }
    for (uint32_t i = 0; i < records.command_count; i++) {
        struct fake_command *c = &records.commands[i];
        free(c->kind), free(c->root), free(c->case_id), free(c->data), free(c->key), free(c->content), free(c->body);
        memset(c, 0, sizeof *c);
    }
    records.command_count = 0;
    records.away = (how & 0x30) == 0x10;
    records.answer_status = how & 0x40 ? 409 : 200;
    records.answer_body = how & 0x40 ? "{\"code\":\"case_unknown\",\"detail\":\"x\"}" : "{\"case\":\"N\"}";
    pthread_mutex_unlock(&records.mutex);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    static const struct clock_port clock = {NULL, now_us, monotonic_us, random_bytes};
    static struct web_settings settings = {.listen = "127.0.0.1:0", .threads = 1, .region = {"441300", 6}};
    struct error error = {0};
    (void)argc;
    (void)argv;
    log_setup(2, LOG_ERROR, LOG_FORMAT_TEXT, NULL);
    fill_records();
    struct records_port port = fake_records_port(&records);
    FUZZ_CHECK(web_create(&settings, &port, &clock, &web, &error) == OUTCOME_OK, "%s", error.message);
    return 0;
}

/* A connection that ended in order keeps its port for a minute, and a minute has more of them than an address has ports:
 * they come from several addresses of the loopback's network. */
static int connect_to(uint16_t port) {
    static uint32_t connections;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + ++connections % 16)};
    struct linger none = {1, 0};   /* what is left while the server still speaks is over at once */
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    FUZZ_CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&from, sizeof from) == 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0,
               "the server does not listen any longer: %s", strerror(errno));
    return fd;
}

static size_t exchange(struct text request) {
    int fd = connect_to(web_port(web));
    size_t length = 0;
    for (size_t sent = 0; sent < request.length;) {
        ssize_t n = send(fd, request.at + sent, request.length - sent, MSG_NOSIGNAL);
        if (n <= 0)
            break;
        sent += (size_t)n;
    }
    shutdown(fd, SHUT_WR);
    struct pollfd wait = {fd, POLLIN, 0};
    bool stream = false;
    while (length < REPLY_MOST) {
        int ready = poll(&wait, 1, stream ? STREAM_MS : ANSWER_MS);
        ssize_t n = ready > 0 ? recv(fd, reply + length, REPLY_MOST - length, 0) : 0;
        if (n <= 0)
            break;
        length += (size_t)n;
        reply[length] = '\0';
        stream = stream || strstr(reply, "text/event-stream");   /* it goes on: it is left */
    }
    close(fd);
    reply[length] = '\0';
    return length;
}

/* The first answer, when it is whole. That to a HEAD says a length and has no body. */
static void check_reply(struct arena *arena, struct text request, size_t length) {
    char *body = strstr(reply, "\r\n\r\n"), *head = reply;
    if (length == 0 || !body || memmem(request.at, request.length, "HEAD", 4))
        return;
    FUZZ_CHECK(strncmp(head, "HTTP/1.", 7) == 0 && head[9] >= '1' && head[9] <= '5', "that is no status line: %.40s", head);
    *body = '\0';
    body += 4;
    const char *size = strcasestr(head, "\r\nContent-Length: "), *type = strcasestr(head, "\r\nContent-Type: application/");
    size_t wanted = size ? strtoul(size + 18, NULL, 10) : 0;
    if (!size || !type || wanted == 0 || (size_t)(body - reply) + wanted > length)
        return;
    if (strncmp(type + 28, "json", 4) == 0 || strncmp(type + 28, "problem+json", 12) == 0)
        fuzz_check_json(arena, text_span(body, wanted), "the server");
    FUZZ_CHECK(strncmp(head + 9, "500", 3) != 0, "an internal error: %.*s", (int)wanted, body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena;
    struct buffer request;
    struct text rest = text_span((const char *)data + (size ? 1 : 0), size ? size - 1 : 0);
    uint8_t how = size ? data[0] : 0;
    arena_init(&arena, (size_t)64 << 20);
    buffer_init(&request, 4 << 20);
    for (const char *mark; rest.length && (mark = memmem(rest.at, rest.length, "TOKEN", 5));) {
        buffer_put(&request, rest.at, (size_t)(mark - rest.at));
        buffer_format(&request, "yjs_secret_of_%s", roles[how % ROLES_HERE]);
        rest = text_span(mark + 5, rest.length - (size_t)(mark - rest.at) - 5);
    }
    buffer_put_text(&request, rest);
    buffer_format(&request, "\r\n\r\n%256s\r\n\r\n", "");
    clear_records(how);
    check_reply(&arena, buffer_text(&request), exchange(buffer_text(&request)));
    buffer_free(&request);
    arena_free(&arena);
    return 0;
}
