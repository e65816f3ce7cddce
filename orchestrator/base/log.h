/* Log: one line an event, JSON or text, to a file descriptor (standard error). The only global state outside main.
 *
 * May be called from any thread: a line is one write(2). A line is never longer than LOG_LINE_SIZE; what does not
 * fit is cut and marked. Personal data never goes to the log: log ids, codes and counts.
 *
 *     log_warn("store_away", "the database does not answer; trying again",
 *              LOG_TEXT("host", host), LOG_INT("attempt", n));
 */
#ifndef YJS_BASE_LOG_H
#define YJS_BASE_LOG_H

#include <stdint.h>
#include "text.h"

#define LOG_LINE_SIZE 4096

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

struct log_field { const char *name; enum { LOG_FIELD_TEXT, LOG_FIELD_INT } kind; struct text text; int64_t number; };
#define LOG_TEXT(name_, text_) (struct log_field){.name = (name_), .kind = LOG_FIELD_TEXT, .text = (text_)}
#define LOG_STRING(name_, string_) (struct log_field){.name = (name_), .kind = LOG_FIELD_TEXT, .text = text_from(string_)}
#define LOG_INT(name_, number_) (struct log_field){.name = (name_), .kind = LOG_FIELD_INT, .number = (number_)}

/* Set once at start (and on SIGHUP); `instance` is put on each line and must stay valid. */
void log_setup(int fd, enum log_level least, enum log_format, const char *instance);
bool log_level_parse(struct text, enum log_level *ret);      /* debug, info, warn, error */
bool log_format_parse(struct text, enum log_format *ret);    /* text, json */
/* `event` is a stable snake_case name; `message` a sentence for people. `fields` ends with name == NULL. */
void log_line(enum log_level, const char *event, const char *message, const struct log_field *fields);

#ifdef __cppcheck__   /* 2.10 can't read __VA_OPT__ and would pass over whole files */
#define log_at(level, event, message, ...) log_line((level), (event), (message), NULL)
#else
#define log_at(level, event, message, ...) \
    log_line((level), (event), (message), (const struct log_field[]){__VA_ARGS__ __VA_OPT__(,) {.name = NULL}})
#endif
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_at(LOG_INFO, __VA_ARGS__)
#define log_warn(...) log_at(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)

#endif
