/* notice: what people were told, and what could not be told them. */
#include <stdio.h>

#include "cli/verb_part.h"

enum verb_status verb_notice_list(struct invocation *c) {
    static const char *const options[] = {"case", "kind", "audience", "state", "channel", NULL};
    static const char *const headings[] = {">NUMBER", "AT", "KIND", "TO", "OVER", "STATE", "TEXT*", NULL};
    struct json items;
    enum verb_status status;
    struct table table;
    _cleanup_buffer_ struct buffer path;
    buffer_init(&path, 16384);
    buffer_put_string(&path, "/v1/notices");
    for (int i = 0; options[i]; i++)
        client_parameter(&path, options[i], invocation_text(c, options[i]));
    if (!list_items(c, buffer_text(&path), &items, &status))
        return status;
    if (list_print_json(c, &items))
        return STATUS_DONE;
    table_begin(&table, &c->arena, headings);
    for (uint32_t i = 0; i < items.count; i++) {
        const struct json *row = json_at(&items, i), *texts = json_get_string(row, "texts");
        struct text language = invocation_has(c, "language") ? invocation_text(c, "language") : member(row, "language");
        bool failed = text_is(member(row, "state"), "given_up");
        table_put(&table, member(row, "number"));
        table_put(&table, display_time(&c->arena, member(row, "at"), display_now_us()));
        table_put(&table, member(row, "kind"));
        table_put(&table, text_format(&c->arena, "%.*s %.*s", TEXT_ARG(member(row, "recipient")), TEXT_ARG(member(row, "shown_as"))));
        table_put(&table, member(row, "channel"));
        table_put_colour(&table, member(row, "state"), failed ? COLOUR_BAD : COLOUR_PLAIN);
        table_put(&table, json_get_text(json_get(texts, language), TEXT("text")));
    }
    return list_print(c, &table, items.count, "nobody was told anything");
}

enum verb_status verb_notice_show(struct invocation *c) { return print_one(c, "/v1/notices/"); }

enum verb_status verb_notice_retry(struct invocation *c) {
    enum verb_status worst = STATUS_DONE;
    for (unsigned i = 0; i < c->argument_count; i++) {
        struct client_answer answer;
        enum verb_status status = STATUS_DONE;
        const struct client_request request = {.method = "POST", .path = path_of(c, "/v1/notices/", invocation_argument(c, i), "/retry"),
                                               .body = TEXT("{}")};
        if (!client_do(c, &request, &answer, &status))
            worst = status;
        else if (c->json)
            printf("%.*s\n", TEXT_ARG(answer.body));
        else
            printf("%s: to be sent at once\n", invocation_argument(c, i));
    }
    return worst;
}
