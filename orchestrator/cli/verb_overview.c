/* department, shard, stats: how the whole is doing. */
#include "cli/verb_part.h"

static bool get_items(struct invocation *c, const char *path, struct json *ret, enum verb_status *ret_status) {
    struct client_answer answer;
    if (!client_get(c, text_from(path), &answer, ret_status))
        return false;
    const struct json *items = json_get_string(&answer.json, "items");
    *ret = items ? *items : json_array(&c->arena, 0);
    return true;
}

static void put_department(struct invocation *c, struct table *table, const struct json *row) {
    struct text stuck = member(row, "stuck"), overdue = member(row, "overdue");
    table_put(table, member(row, "department"));
    table_put(table, member(row, "open"));
    table_put_colour(table, stuck, text_is(stuck, "0") ? COLOUR_FAINT : COLOUR_BAD);
    table_put(table, member(row, "retrying"));
    table_put_colour(table, overdue, text_is(overdue, "0") ? COLOUR_FAINT : COLOUR_BAD);
    table_put(table, display_between(&c->arena, member(row, "oldest"), TEXT_NONE, display_now_us()));
    struct text answered_for = member(row, "answered_for");
    table_put_colour(table, answered_for, text_is(answered_for, "0") ? COLOUR_FAINT : COLOUR_BAD);
}

static const char *const department_headings[] = {"DEPARTMENT", ">OPEN",   ">STUCK", ">RETRYING",
                                                  ">OVERDUE",   ">OLDEST", ">代錄", NULL};

enum verb_status verb_department_list(struct invocation *c) {
    struct json items;
    enum verb_status status;
    struct table table;
    if (!get_items(c, "/v1/departments", &items, &status))
        return status;
    if (list_print_json(c, &items))
        return STATUS_DONE;
    table_begin(&table, &c->arena, department_headings);
    for (uint32_t i = 0; i < items.count; i++)
        put_department(c, &table, json_at(&items, i));
    return list_print(c, &table, items.count, "no department has anything open, and none was answered for");
}

enum verb_status verb_department_show(struct invocation *c) {
    struct client_answer answer;
    enum verb_status status;
    struct table table;
    if (!client_get(c, path_of(c, "/v1/departments/", invocation_argument(c, 0), ""), &answer, &status))
        return status;
    if (c->json) {
        printf("%.*s\n", TEXT_ARG(answer.body));
        return STATUS_DONE;
    }
    table_begin(&table, &c->arena, department_headings);
    put_department(c, &table, &answer.json);
    table_print(&table, &c->display, stdout);
    return STATUS_DONE;
}

enum verb_status verb_shard_list(struct invocation *c) {
    static const char *const headings[] = {">SHARD", "OWNER*", ">EPOCH",   "TAKEN",   ">UNREAD", ">UNPUBLISHED",
                                           ">INBOX", ">OVERDUE", ">UNSENT", NULL};
    static const char *const counts[] = {"unread", "unpublished", "inbox", "timers_overdue", "unsent"};
    struct json items;
    enum verb_status status;
    struct table table;
    if (!get_items(c, "/v1/shards", &items, &status))
        return status;
    if (list_print_json(c, &items))
        return STATUS_DONE;
    table_begin(&table, &c->arena, headings);
    for (uint32_t i = 0; i < items.count; i++) {
        const struct json *row = json_at(&items, i);
        struct text owner = member(row, "owner");
        table_put(&table, member(row, "shard"));
        table_put_colour(&table, text_is_none(owner) ? TEXT("nobody") : owner,
                         text_is_none(owner) ? COLOUR_BAD : COLOUR_PLAIN);
        table_put(&table, member(row, "epoch"));
        table_put(&table, display_time(&c->arena, member(row, "taken_at"), display_now_us()));
        for (size_t j = 0; j < sizeof counts / sizeof *counts; j++)
            table_put(&table, text_is_none(member(row, counts[j])) ? TEXT("-") : member(row, counts[j]));
    }
    table_print(&table, &c->display, stdout);
    return STATUS_DONE;
}

enum verb_status verb_stats(struct invocation *c) {
    static const char *const headings[] = {"THING", "PHASE", "OUTCOME", ">CASES", "OLDEST", "NEWEST", NULL};
    struct json items;
    enum verb_status status;
    struct table table;
    int64_t now = display_now_us();
    if (!get_items(c, "/v1/statistics", &items, &status))
        return status;
    if (list_print_json(c, &items))
        return STATUS_DONE;
    table_begin(&table, &c->arena, headings);
    for (uint32_t i = 0; i < items.count; i++) {
        const struct json *row = json_at(&items, i);
        struct text outcome = member(row, "outcome");
        table_put(&table, member(row, "thing"));
        table_put_state(&table, member(row, "phase"));
        table_put_state(&table, text_is(outcome, "none") ? TEXT_NONE : outcome);
        table_put(&table, member(row, "count"));
        table_put(&table, display_time(&c->arena, member(row, "oldest"), now));
        table_put(&table, display_time(&c->arena, member(row, "newest"), now));
    }
    return list_print(c, &table, items.count, "no case");
}
