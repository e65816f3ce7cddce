/* id: identifiers held against their standards. */
#include <stdlib.h>

#include "cli/verb_part.h"
#include "wire/identifier.h"

static void print_json_answer(struct text value, const char *why) {
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, 1 << 20);
    buffer_put_string(&out, "{\"value\":");
    json_write_string(&out, text_is_utf8(value) ? value : TEXT("?"));
    buffer_format(&out, ",\"valid\":%s,\"why\":", why ? "false" : "true");
    if (why)
        json_write_string(&out, text_from(why));
    else
        buffer_put_string(&out, "null");
    buffer_put_string(&out, "}\n");
    fwrite(out.at, 1, out.length, stdout);
}

/* One value, one line: valid, or invalid and why. */
static bool answer(struct invocation *c, enum identifier_kind kind, struct text value) {
    struct identifier_fault fault;
    char why[IDENTIFIER_TEXT_SIZE];
    bool is_valid = identifier_check(kind, value, &fault);
    if (!is_valid)
        identifier_fault_text(kind, value, fault, why);
    if (c->json)
        print_json_answer(value, is_valid ? NULL : why);
    else if (is_valid)
        fputs("valid\n", stdout);
    else
        printf("invalid: %s\n", why);
    return is_valid;
}

static enum verb_status answer_lines(struct invocation *c, enum identifier_kind kind) {
    char *line = NULL;
    size_t room = 0;
    struct text value;
    while (read_line(stdin, &line, &room, &value))
        answer(c, kind, value);
    free(line);
    return STATUS_DONE;
}

enum verb_status verb_id_check(struct invocation *c) {
    enum identifier_kind kind;
    const char *word = invocation_argument(c, 0);
    if (!identifier_kind_parse(text_from(word), &kind))
        return invocation_usage(c, "\"%s\" is no kind of identifier: citizen, company, unit or region", word);
    if (invocation_has(c, "stdin")) {
        if (c->argument_count > 1)
            return invocation_usage(c, "with --stdin the values come by standard input");
        return answer_lines(c, kind);
    }
    if (c->argument_count < 2)
        return invocation_usage(c, "id check wants a value, or --stdin");
    return answer(c, kind, text_from(invocation_argument(c, 1))) ? STATUS_DONE : STATUS_REFUSED;
}
