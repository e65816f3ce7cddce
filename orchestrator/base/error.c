/* Filling an error, and the names of outcomes. */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

static bool is_blank(char c) { return c == '\n' || c == '\r' || c == '\t' || c == ' '; }

/* Libraries end their sentences with line ends, or tell in several: a log and a terminal have one line for them. */
static void one_line(const char *from, char ret[ERROR_MESSAGE_SIZE]) {
    size_t length = 0;
    for (const char *at = from; *at; at++) {
        bool ends_line = *at == '\n' && length > 0;
        if (*at != '\n' && *at != '\r' && *at != '\t') {
            ret[length++] = *at;
            continue;
        }
        const char *next = at;
        while (is_blank(*next))
            next++;
        bool parts = ends_line && *next && !strchr(".:,;? ", ret[length - 1]) && length + strlen(next) + 3 < ERROR_MESSAGE_SIZE;
        if (parts)
            ret[length++] = ';';
        if (length > 0 && ret[length - 1] != ' ')
            ret[length++] = ' ';
        at = next - 1;
    }
    while (length > 0 && ret[length - 1] == ' ')
        length--;
    ret[length] = '\0';
}

enum outcome error_set(struct error *error, enum outcome outcome, const char *code, const char *format, ...) {
    if (!error)
        return outcome;
    error->outcome = outcome;
    snprintf(error->code, sizeof error->code, "%s", code);
    va_list arguments;
    va_start(arguments, format);
    char message[ERROR_MESSAGE_SIZE]; /* an argument may be the old message */
    text_print(message, sizeof message, format, arguments);
    va_end(arguments);
    one_line(message, error->message);
    return outcome;
}

enum outcome error_no_memory(struct error *error) {
    return error_set(error, OUTCOME_FATAL, "out_of_memory",
                     "no memory, or the ceiling set for this work is reached; give it more or make the input smaller");
}

const char *outcome_name(enum outcome outcome) {
    static const char *const names[] = {
        [OUTCOME_OK] = "ok", [OUTCOME_RETRY] = "retry", [OUTCOME_REJECT] = "reject", [OUTCOME_FATAL] = "fatal"};
    return (size_t)outcome < sizeof names / sizeof *names ? names[outcome] : "unknown";
}
