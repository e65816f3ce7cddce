/* What verbs print and send: pages gathered, members as text, bodies of requests. */
#include <stdlib.h>

#include "cli/files.h"
#include "cli/verb_part.h"
#include "model/limits.h"

struct text member(const struct json *object, const char *name) {
    const struct json *value = json_get(object, text_from(name));
    if (!value || value->type == JSON_NULL)
        return TEXT_NONE;
    return value->type == JSON_TRUE ? TEXT("yes") : value->type == JSON_FALSE ? TEXT("no") : value->text;
}

int64_t member_int64(const struct json *object, const char *name, int64_t otherwise) {
    int64_t number;
    return json_to_int64(json_get(object, text_from(name)), &number) ? number : otherwise;
}

void print_value(const struct json *value) {
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, (size_t)512 << 20);
    json_write_pretty(&out, value);
    printf("%.*s\n", TEXT_ARG(buffer_text(&out)));
}

void print_json(struct text json) {
    struct arena arena;
    struct json value;
    arena_init(&arena, (size_t)1 << 30);
    if (json_read(&arena, json, LIMIT_json_depth_most + 16, &value, NULL) == OUTCOME_OK)
        print_value(&value);
    else
        printf("%.*s\n", TEXT_ARG(json));
    arena_free(&arena);
}

void print_pairs(const struct display *display, const struct pair *pairs, uint32_t count) {
    unsigned widest = 0;
    for (uint32_t i = 0; i < count; i++)
        if (pairs[i].value.length > 0 && display_width(text_from(pairs[i].name)) > widest)
            widest = display_width(text_from(pairs[i].name));
    for (uint32_t i = 0; i < count; i++) {
        if (pairs[i].value.length == 0)
            continue;
        unsigned width = display_width(text_from(pairs[i].name));
        printf("%s%s%s%*s", display_colour(display, COLOUR_FAINT), pairs[i].name, display_colour(display, COLOUR_PLAIN),
               (int)(widest - width + 2), "");
        fputs(pairs[i].colour ? display_colour(display, pairs[i].colour) : "", stdout);
        display_put_safe(stdout, pairs[i].value);
        printf("%s\n", pairs[i].colour ? display_colour(display, COLOUR_PLAIN) : "");
    }
}

struct text body_of(struct invocation *c, const struct body_member *members, uint32_t count) {
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, (size_t)16 << 20);
    json_begin(&w, &out);
    json_open(&w, '{');
    for (uint32_t i = 0; i < count; i++) {
        if (text_is_none(members[i].value))
            continue;
        json_key(&w, text_from(members[i].name));
        if (members[i].raw)
            json_put_raw(&w, members[i].value);
        else
            json_put_text(&w, members[i].value);
    }
    json_close(&w, '}');
    return text_copy(&c->arena, buffer_text(&out));
}

bool read_input(struct invocation *c, const char *path, size_t bytes_most, struct text *ret,
                enum verb_status *ret_status) {
    struct error error = {0};
    if (file_read(path, bytes_most, &c->arena, ret, &error) == OUTCOME_OK)
        return true;
    *ret_status = invocation_failed(c, &error);
    return false;
}

bool data_option(struct invocation *c, const char *option, struct text *ret, enum verb_status *ret_status) {
    const char *given = invocation_option(c, option);
    struct error error = {0};
    struct json value;
    *ret = text_from(given);
    if (!given)
        return true;
    if (given[0] == '@' && !read_input(c, given + 1, LIMIT_message_bytes_most, ret, ret_status))
        return false;
    if (json_read(&c->arena, *ret, LIMIT_json_depth_most, &value, &error) == OUTCOME_OK)
        return true;
    fprintf(stderr, "yjsctl: --%s: %s [%s]\n    give JSON, as in --%s '{\"paid\": true}', or @FILE\n", option,
            error.message, error.code, option);
    *ret_status = STATUS_USAGE;
    return false;
}

struct text path_of(struct invocation *c, const char *head, const char *segment, const char *tail) {
    _cleanup_buffer_ struct buffer path;
    buffer_init(&path, 8192);
    buffer_put_string(&path, head);
    client_segment(&path, text_from(segment));
    buffer_put_string(&path, tail);
    return text_copy(&c->arena, buffer_text(&path));
}

enum { PAGE_ITEMS = 200, LIST_ITEMS = 50, LIST_ITEMS_MOST = 1000000 };

struct list_page {
    struct json items;
    struct list_page *next;
};

static bool list_limit(struct invocation *c, int64_t *ret, enum verb_status *ret_status) {
    const char *given = invocation_option(c, "limit");
    *ret = LIST_ITEMS;
    if (!given || (text_to_int64(text_from(given), ret) && *ret > 0 && *ret <= LIST_ITEMS_MOST))
        return true;
    *ret_status = invocation_usage(c, "--limit is a number from 1 to %d", LIST_ITEMS_MOST);
    return false;
}

bool list_items(struct invocation *c, struct text path, struct json *ret, enum verb_status *ret_status) {
    return list_items_by(c, path, "cursor", ret, ret_status);
}

bool list_items_by(struct invocation *c, struct text path, const char *cursor_name, struct json *ret,
                   enum verb_status *ret_status) {
    struct list_page *first = NULL, **end = &first;
    struct text cursor = TEXT_NONE;
    int64_t most;
    uint64_t count = 0;
    if (!list_limit(c, &most, ret_status))
        return false;
    do {
        _cleanup_buffer_ struct buffer full;
        struct client_answer answer;
        int64_t left = most - (int64_t)count;
        buffer_init(&full, 16384);
        buffer_put_text(&full, path);
        client_parameter(&full, "limit",
                         text_format(&c->arena, "%lld", (long long)(left < PAGE_ITEMS ? left : PAGE_ITEMS)));
        client_parameter(&full, cursor_name, cursor);
        if (!client_get(c, buffer_text(&full), &answer, ret_status))
            return false;
        const struct json *items = json_get_string(&answer.json, "items");
        struct list_page *page = arena_new(&c->arena, struct list_page);
        if (!items || items->type != JSON_ARRAY || !page)
            break;
        page->items = *items;
        *end = page;
        end = &page->next;
        count += items->count;
        const struct json *next = json_get_string(&answer.json, "next");
        cursor = next && (next->type == JSON_STRING || next->type == JSON_NUMBER) ? next->text : TEXT_NONE;
    } while (!text_is_none(cursor) && (int64_t)count < most);
    *ret = json_array(&c->arena, count);
    uint32_t at = 0;
    for (struct list_page *page = first; page; page = page->next)
        for (uint32_t i = 0; i < page->items.count && at < ret->count; i++)
            ret->children[at++].value = page->items.children[i].value;
    if (!text_is_none(cursor) && !c->json)
        fprintf(stderr, "yjsctl: there are more; --limit shows them\n");
    return true;
}

enum verb_status list_print(struct invocation *c, const struct table *table, uint32_t count, const char *none) {
    if (count > 0)
        table_print(table, &c->display, stdout);
    else
        printf("%s\n", none);
    return STATUS_DONE;
}

bool list_print_json(struct invocation *c, const struct json *items) {
    if (!c->json)
        return false;
    printf("{\"items\":[");
    for (uint32_t i = 0; i < items->count; i++) {
        _cleanup_buffer_ struct buffer out;
        buffer_init(&out, (size_t)16 << 20);
        json_write(&out, json_at(items, i));
        printf("%s%.*s", i ? "," : "", TEXT_ARG(buffer_text(&out)));
    }
    printf("]}\n");
    return true;
}

/* The report's faults as a compiler prints them; *ret_errors of *ret_count are errors. */
void print_report_faults(const struct json *report, FILE *out, unsigned *ret_errors, unsigned *ret_count) {
    const struct json *faults = json_get_string(report, "faults");
    *ret_errors = 0;
    *ret_count = faults ? faults->count : 0;
    for (uint32_t i = 0; i < *ret_count; i++) {
        const struct json *fault = json_at(faults, i);
        struct text severity = member(fault, "severity");
        int64_t line = member_int64(fault, "line", 0);
        *ret_errors += text_is(severity, "error");
        if (!out)
            continue;
        display_put_safe(out, member(fault, "file"));
        if (line > 0)
            fprintf(out, ":%lld:%lld", (long long)line, (long long)member_int64(fault, "column", 0));
        fprintf(out, ": %.*s: ", TEXT_ARG(severity));
        display_put_safe(out, member(fault, "message"));
        fprintf(out, " [%.*s]\n    ", TEXT_ARG(member(fault, "code")));
        display_put_safe(out, member(fault, "remedy"));
        fputc('\n', out);
    }
}

bool read_line(FILE *in, char **line, size_t *room, struct text *ret) {
    ssize_t length = getline(line, room, in);
    if (length < 0)
        return false;
    while (length > 0 && ((*line)[length - 1] == '\n' || (*line)[length - 1] == '\r'))
        length--;
    *ret = text_span(*line, (size_t)length);
    return true;
}

enum verb_status print_answer(struct invocation *c, const struct client_answer *answer) {
    if (c->json)
        printf("%.*s\n", TEXT_ARG(answer->body));
    else
        print_value(&answer->json);
    return STATUS_DONE;
}

enum verb_status print_one(struct invocation *c, const char *path) {
    struct client_answer answer;
    enum verb_status status;
    if (!client_get(c, path_of(c, path, invocation_argument(c, 0), ""), &answer, &status))
        return status;
    return print_answer(c, &answer);
}

enum verb_status print_command(struct invocation *c, const struct client_answer *answer, const char *what) {
    if (c->json) {
        printf("%.*s\n", TEXT_ARG(answer->body));
        return STATUS_DONE;
    }
    if (answer->status == 202)
        printf("%s: written down; it will be done (command %.*s)\n", what, TEXT_ARG(member(&answer->json, "command")));
    else
        printf("%s: done\n", what);
    return STATUS_DONE;
}
