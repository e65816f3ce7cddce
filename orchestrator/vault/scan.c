/* Asks clamd whether a material carries a virus: its protocol's INSTREAM (clamd(8)), over TCP or a Unix socket. Only a plain
 * "OK" lets a material pass; anything else that is not a finding counts as a scanner that is away. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "vault/vault_part.h"

enum { CHUNK_BYTES = 64 * 1024, SAID_BYTES = 512 };

static enum outcome away(struct error *error, const char *scanner, const char *why) {
    return error_set(error, OUTCOME_RETRY, "scanner_away", "the virus scanner at %s: %s", scanner, why);
}

static int connect_unix(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = strlen(path) < sizeof address.sun_path ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    if (fd < 0)
        return -1;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static void limit_waiting(int fd, int64_t wait_us) {
    struct timeval wait = {.tv_sec = wait_us / 1000000, .tv_usec = wait_us % 1000000};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);   /* for connect, too */
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
}

static int connect_tcp(const char *where, int64_t wait_us) {
    char host[256];
    const char *colon = strrchr(where, ':');
    if (!colon || (size_t)(colon - where) >= sizeof host)
        return -1;
    bool bracketed = where[0] == '[' && colon > where + 1 && colon[-1] == ']';
    snprintf(host, sizeof host, "%.*s", (int)(colon - where) - (bracketed ? 2 : 0), where + (bracketed ? 1 : 0));
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *addresses = NULL;
    int fd = -1;
    if (getaddrinfo(host, colon + 1, &hints, &addresses) != 0)
        return -1;
    for (struct addrinfo *a = addresses; a && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
        if (fd < 0)
            continue;
        limit_waiting(fd, wait_us);
        if (connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(addresses);
    return fd;
}

static bool send_whole(int fd, const void *bytes, size_t count) {
    const char *at = bytes;
    while (count > 0) {
        ssize_t sent = send(fd, at, count, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        at += sent;
        count -= (size_t)sent;
    }
    return true;
}

/* The content in chunks, each behind its length; one of no length ends it. clamd may answer and close before. */
static bool send_content(int fd, int file) {
    char chunk[CHUNK_BYTES];
    int64_t at = 0;
    ssize_t count;
    if (!send_whole(fd, "zINSTREAM", sizeof "zINSTREAM"))
        return false;
    while ((count = pread(file, chunk, sizeof chunk, at)) > 0) {
        uint32_t length = htonl((uint32_t)count);
        if (!send_whole(fd, &length, sizeof length) || !send_whole(fd, chunk, (size_t)count))
            return true;   /* its answer says why */
        at += count;
    }
    uint32_t end = 0;
    return count == 0 && (send_whole(fd, &end, sizeof end) || true);
}

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), wanted = strlen(end);
    return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

static enum outcome read_verdict(const char *scanner, const char *said, struct error *error) {
    if (strcmp(said, "stream: OK") == 0)
        return OUTCOME_OK;
    if (strncmp(said, "stream: ", 8) == 0 && ends_with(said, " FOUND"))
        return error_set(error, OUTCOME_REJECT, "material_infected", "the virus scanner found %.*s", (int)(strlen(said) - 14), said + 8);
    if (strstr(said, "size limit exceeded"))
        return error_set(error, OUTCOME_REJECT, "material_too_large", "it is larger than what the virus scanner takes (clamd's StreamMaxLength)");
    return away(error, scanner, said[0] ? said : "it ended without an answer");
}

enum outcome scan_file(const char *scanner, int64_t wait_us, int file, struct error *error) {
    char said[SAID_BYTES] = "";
    size_t length = 0;
    ssize_t count;
    int fd = strncmp(scanner, "unix:", 5) == 0 ? connect_unix(scanner + 5) : connect_tcp(scanner + 4, wait_us);
    if (fd < 0)
        return away(error, scanner, strerror(errno));
    limit_waiting(fd, wait_us);
    if (!send_content(fd, file)) {
        close(fd);
        return away(error, scanner, "the question could not be sent");
    }
    while (length < sizeof said - 1 && (count = recv(fd, said + length, sizeof said - 1 - length, 0)) > 0) {
        length += (size_t)count;
        if (memchr(said, '\0', length))
            break;
    }
    close(fd);
    said[length] = '\0';
    said[strcspn(said, "\n")] = '\0';
    return read_verdict(scanner, said, error);
}
