/* One line an event, one write(2) a line. The only base file that reads a clock (for the line's time) and writes. */
#include "base/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "base/utf8.h"

static atomic_int log_fd = STDERR_FILENO;
static atomic_int log_least = LOG_INFO;
static atomic_int log_form = LOG_FORMAT_TEXT;
static const char *_Atomic log_instance = NULL;

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warn", [LOG_ERROR] = "error"};
static const char *const format_names[] = {[LOG_FORMAT_TEXT] = "text", [LOG_FORMAT_JSON] = "json"};

void log_setup(int fd, enum log_level least, enum log_format format, const char *instance) {
    atomic_store(&log_fd, fd);
    atomic_store(&log_least, (int)least);
    atomic_store(&log_form, (int)format);
    atomic_store(&log_instance, instance);
}

bool log_level_parse(struct text t, enum log_level *ret) {
    for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++) {
        if (text_is(t, level_names[i])) {
            *ret = (enum log_level)i;
            return true;
        }
    }
    return false;
}

bool log_format_parse(struct text t, enum log_format *ret) {
    for (size_t i = 0; i < sizeof format_names / sizeof *format_names; i++) {
        if (text_is(t, format_names[i])) {
            *ret = (enum log_format)i;
            return true;
        }
    }
    return false;
}

#define CUT_JSON ",\"cut\":true}\n"
#define CUT_TEXT " (cut)\n"
/* Behind the content there is always room for the mark of a cut line, a closing quote and the newline. */
#define LINE_CONTENT_MOST (LOG_LINE_SIZE - 16)

struct line {
    size_t length;
    bool cut;
    char at[LOG_LINE_SIZE];
};

/* Wholly or not at all; once cut, a line takes no more. */
static bool line_put(struct line *line, const char *bytes, size_t length) {
    if (line->cut || line->length + length > LINE_CONTENT_MOST) {
        line->cut = true;
        return false;
    }
    memcpy(line->at + line->length, bytes, length);
    line->length += length;
    return true;
}

static void line_put_string(struct line *line, const char *string) {
    line_put(line, string, strlen(string));
}

/* As within a JSON string: controls, '"' and '\' escaped (no line break gets into a log), bad UTF-8 replaced. A value
 * that does not fit is cut at a code point's edge. */
static void line_put_escaped(struct line *line, struct text t, bool quotes) {
    for (const char *at = t.at, *end = t.at + t.length; at < end;) {
        size_t length = utf8_length(at, end);
        unsigned char byte = (unsigned char)*at;
        char escape[8];
        bool fits;
        if (length == 0)
            fits = line_put(line, "\xEF\xBF\xBD", 3), length = 1;
        else if (byte < 0x20 || byte == 0x7F)
            fits = line_put(line, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", byte));
        else if (quotes && (byte == '"' || byte == '\\'))
            fits = line_put(line, (char[]){'\\', (char)byte}, 2);
        else
            fits = line_put(line, at, length);
        if (!fits)
            return;
        at += length;
    }
}

/* A closing quote uses the room kept for it, so that a cut string is still a string. */
static void line_put_quoted(struct line *line, struct text t) {
    if (!line_put(line, "\"", 1))
        return;
    line_put_escaped(line, t, true);
    line->at[line->length++] = '"';
}

static void line_put_int64(struct line *line, int64_t number) {
    char digits[24];
    line_put(line, digits, (size_t)snprintf(digits, sizeof digits, "%lld", (long long)number));
}

static bool is_plain_word(struct text t) {
    for (size_t i = 0; i < t.length; i++)
        if ((unsigned char)t.at[i] <= ' ' || t.at[i] == '"' || t.at[i] == '=' || t.at[i] == 0x7F)
            return false;
    return t.length > 0;
}

static void line_put_value(struct line *line, const struct log_field *field, enum log_format format) {
    if (field->kind == LOG_FIELD_INT)
        line_put_int64(line, field->number);
    else if (text_is_none(field->text))
        line_put_string(line, format == LOG_FORMAT_JSON ? "null" : "-");
    else if (format == LOG_FORMAT_TEXT && is_plain_word(field->text))
        line_put_escaped(line, field->text, false);
    else
        line_put_quoted(line, field->text);
}

/* ,"name":"value" – the name and the start of its value fit, or nothing is put. */
static void line_put_member(struct line *line, const char *name, const struct log_field *field) {
    size_t before = line->length;
    line_put_string(line, ",\"");
    line_put_escaped(line, text_from(name), true);
    line_put_string(line, "\":");
    size_t value_at = line->length;
    if (!line->cut)
        line_put_value(line, field, LOG_FORMAT_JSON);
    if (line->cut && line->length <= value_at)
        line->length = before;
}

static void line_build_json(struct line *line, struct text time, const char *level, const char *instance,
                            const char *event, const char *message, const struct log_field *fields) {
    line_put_string(line, "{\"time\":");
    line_put_quoted(line, time);
    const struct log_field heads[] = {LOG_STRING("level", level), LOG_STRING("instance", instance),
                                      LOG_STRING("event", event), LOG_STRING("message", message)};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (!text_is_none(heads[i].text))
            line_put_member(line, heads[i].name, &heads[i]);
    for (; fields && fields->name; fields++)
        line_put_member(line, fields->name, fields);
    const char *end = line->cut ? CUT_JSON : "}\n";
    memcpy(line->at + line->length, end, strlen(end));
    line->length += strlen(end);
}

static void line_build_text(struct line *line, struct text time, const char *level, const char *instance,
                            const char *event, const char *message, const struct log_field *fields) {
    line_put(line, time.at, time.length);
    line_put_string(line, " ");
    line_put_string(line, level);
    line_put(line, "     ", strlen(level) < 5 ? 6 - strlen(level) : 1);
    if (instance) {
        line_put_escaped(line, text_from(instance), false);
        line_put_string(line, " ");
    }
    line_put_escaped(line, text_from(event), false);
    line_put_string(line, ": ");
    line_put_escaped(line, text_from(message), false);
    for (; fields && fields->name; fields++) {
        line_put_string(line, " ");
        line_put_escaped(line, text_from(fields->name), false);
        line_put_string(line, "=");
        if (!line->cut)
            line_put_value(line, fields, LOG_FORMAT_TEXT);
    }
    const char *end = line->cut ? CUT_TEXT : "\n";
    memcpy(line->at + line->length, end, strlen(end));
    line->length += strlen(end);
}

void log_line(enum log_level level, const char *event, const char *message, const struct log_field *fields) {
    if ((int)level < atomic_load(&log_least) || (size_t)level >= sizeof level_names / sizeof *level_names)
        return;
    int errno_before = errno;
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    char time_room[TIME_TEXT_SIZE];
    struct text time = time_format_utc((int64_t)now.tv_sec * TIME_SECOND_US + now.tv_nsec / 1000, time_room);
    struct line line;
    line.length = 0;
    line.cut = false;
    if (atomic_load(&log_form) == LOG_FORMAT_JSON)
        line_build_json(&line, time, level_names[level], atomic_load(&log_instance), event, message, fields);
    else
        line_build_text(&line, time, level_names[level], atomic_load(&log_instance), event, message, fields);
    ssize_t written;
    do
        written = write(atomic_load(&log_fd), line.at, line.length);
    while (written < 0 && errno == EINTR);
    errno = errno_before; /* a log line in an error path must not change what is reported next */
}
