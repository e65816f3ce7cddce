/* yjsctl case form, reveal: what a case knows of people, masked, and in clear for a reason. */
#include <string.h>

#include "cli/verb_part.h"
#include "model/limits.h"

static enum verb_status print_fields(struct invocation *c, const struct client_answer *answer) {
    const struct json *fields = json_get_string(&answer->json, "fields");
    static const char *const headings[] = {"FIELD", "TITLE", "VALUE*", NULL};
    struct table table;
    if (c->json) {
        printf("%.*s\n", TEXT_ARG(answer->body));
        return STATUS_DONE;
    }
    table_begin(&table, &c->arena, headings);
    for (uint32_t i = 0; fields && fields->type == JSON_ARRAY && i < fields->count; i++) {
        const struct json *field = json_at(fields, i);
        table_put(&table, member(field, "pointer"));
        table_put(&table, display_title(&c->display, json_get_string(field, "title")));
        table_put(&table, member(field, "value"));
    }
    return list_print(c, &table, fields ? fields->count : 0, "The form has no personal fields.");
}

enum verb_status verb_case_form(struct invocation *c) {
    struct client_answer answer;
    enum verb_status status;
    if (!client_get(c, path_of(c, "/v1/cases/", invocation_argument(c, 0), "/form"), &answer, &status))
        return status;
    const struct json *form = json_get_string(&answer.json, "form");
    if (!c->json && form) {
        print_value(form);
        fputc('\n', stdout);
    }
    return print_fields(c, &answer);
}

/* --field …, as a JSON array; "all" when none stood there. */
static struct text wanted_fields(struct invocation *c) {
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    uint32_t count = 0;
    buffer_init(&out, LIMIT_message_bytes_most);
    json_begin(&w, &out);
    json_open(&w, '[');
    for (uint32_t i = 0; i < c->value_count; i++)
        if (strcmp(c->values[i].option, "field") == 0) {
            json_put_text(&w, text_from(c->values[i].value));
            count++;
        }
    json_close(&w, ']');
    return count ? text_copy(&c->arena, buffer_text(&out)) : TEXT("\"all\"");
}

enum verb_status verb_case_reveal(struct invocation *c) {
    struct client_answer answer;
    enum verb_status status;
    if (!invocation_has(c, "reason"))
        return invocation_usage(c, "say why: --reason TEXT");
    struct text body = BODY_OF(c, {"fields", wanted_fields(c), true}, {"reason", invocation_text(c, "reason"), false});
    if (!client_post(c, path_of(c, "/v1/cases/", invocation_argument(c, 0), "/reveal"), body, &answer, &status))
        return status;
    return print_fields(c, &answer);
}
